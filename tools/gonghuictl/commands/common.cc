// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/commands/common.h"

#include <utility>

namespace gonghui::ctl {

namespace {

std::string ExamplesFooter(std::initializer_list<std::string_view> examples) {
  std::string footer = "Examples:\n";
  for (const std::string_view example : examples) {
    footer += "  gonghuictl ";
    footer += example;
    footer += '\n';
  }
  return footer;
}

}  // namespace

CLI::App* AddCommand(CLI::App* parent,
                     Context* context,
                     const std::string& name,
                     const std::string& description,
                     std::initializer_list<std::string_view> examples,
                     std::function<ExitCode()> run) {
  CLI::App* command = parent->add_subcommand(name, description);
  command->footer(ExamplesFooter(examples) +
                  "Options that all commands share: gonghuictl --help\n");
  // Options that all commands share may stand after the command, too.
  command->fallthrough();
  command->callback([context, run = std::move(run)] { context->action = run; });
  return command;
}

CLI::App* AddGroup(CLI::App* parent,
                   const std::string& name,
                   const std::string& description,
                   const std::string& help_group,
                   std::initializer_list<std::string_view> examples) {
  CLI::App* group = parent->add_subcommand(name, description);
  group->group(help_group);
  if (examples.size() > 0) {
    group->footer(ExamplesFooter(examples));
  }
  group->require_subcommand(1);
  group->fallthrough();
  return group;
}

CLI::Option* AddDryRun(CLI::App* command, bool* flag) {
  return command->add_flag(
      "--dry-run", *flag, "The server decides and answers, and changes nothing");
}

CLI::Option* AddYes(CLI::App* command, bool* flag) {
  return command->add_flag("-y,--yes", *flag, "Do not ask");
}

void NoteDryRun(const Context& context) {
  context.Note("dry run: the server checked the request, nothing was changed");
}

void AddPageOptions(CLI::App* command, PageOptions* page) {
  command->add_option("--limit", page->limit, "Rows at most; 0 = all")->capture_default_str();
  command->add_option("--page-token", page->page_token, "Go on where an earlier list ended");
}

}  // namespace gonghui::ctl
