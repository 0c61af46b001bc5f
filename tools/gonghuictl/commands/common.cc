// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/commands/common.h"

#include <fmt/format.h>

#include <utility>

#include "engine/base/status_macros.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/text.h"

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
  // Else it would stand under the heading that its group has among the others.
  if (parent->get_parent() != nullptr) {
    command->group("Commands");
  }
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
  group->footer((examples.size() > 0 ? ExamplesFooter(examples) : "") +
                "Help on one of the commands: add --help behind it\n"
                "Options that all commands share: gonghuictl --help\n");
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

CLI::Option* AddAccount(CLI::App* command,
                        const std::string& name,
                        const std::string& what,
                        std::string* account) {
  return command->add_option(name, *account, what + ": an account name (账号), as li.na")
      ->type_name("ACCOUNT");
}

absl::Status CheckAccount(std::string_view option, const std::string& account) {
  if (IsCode(account, 32)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("{}: \"{}\" is no account name such as li.na: 1 to 32 of A-Z a-z 0-9 . _ : - "
                  "(用账号，如 li.na，不是姓名)",
                  option,
                  Printable(account)));
}

void NoteDryRun(const Context& context) {
  context.Note(
      "dry run: the server checked the request, nothing was changed "
      "(试运行：服务器已检查，未作任何变动)");
}

void AddAmount(CLI::App* command,
               const std::string& name,
               const std::string& what,
               AmountFlags* flags) {
  CLI::Option* yuan = command->add_option(name, flags->yuan, what + " in yuan, e.g. 12.34");
  CLI::Option* fen = command->add_option(name + "-fen", flags->fen, what + " in fen, e.g. 1234");
  yuan->excludes(fen);
}

absl::StatusOr<std::optional<int64_t>> Fen(const AmountFlags& flags) {
  if (flags.yuan.empty()) {
    return flags.fen;
  }
  const absl::StatusOr<int64_t> fen = ParseYuan(flags.yuan);
  if (!fen.ok()) {
    return fen.status();
  }
  return std::optional<int64_t>(*fen);
}

void AddZone(CLI::App* command, Context* context) {
  command->add_option("--zone",
                      context->options.zone,
                      "Time zone of days, and of times that name none, and of times in tables;\n"
                      "default: GONGHUI_ZONE, else Asia/Shanghai and in tables the machine's");
}

absl::StatusOr<google::protobuf::Timestamp> TimeOf(std::string_view option,
                                                   const std::string& text,
                                                   const std::string& zone) {
  const absl::StatusOr<Instant> instant = ParseDayOrInstant(text, zone);
  if (!instant.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {}", option, std::string(instant.status().message())));
  }
  google::protobuf::Timestamp time;
  time.set_seconds(instant->seconds);
  time.set_nanos(instant->nanos);
  return time;
}

void AddSpan(CLI::App* command, Context* context, SpanFlags* flags) {
  command
      ->add_option("--from",
                   flags->from,
                   "The first day, or instant as 2026-06-01 09:00:00, when it may be used")
      ->required();
  command
      ->add_option(
          "--until", flags->until, "The first day, or instant, when it may no longer be used")
      ->required();
  AddZone(command, context);
}

absl::Status FillSpan(const Context& context,
                      const SpanFlags& flags,
                      google::protobuf::Timestamp* from,
                      google::protobuf::Timestamp* until) {
  const std::string zone = context.input_zone();
  GH_ASSIGN_OR_RETURN(*from, TimeOf("--from", flags.from, zone));
  GH_ASSIGN_OR_RETURN(*until, TimeOf("--until", flags.until, zone));
  return IsBefore(*from, *until) ? absl::OkStatus()
                                 : absl::InvalidArgumentError(
                                       "--until: it ends before it begins; --until names the "
                                       "first day on which it can not be used");
}

void NoteUnknownOutcome(const Context& context, ExitCode exit, const std::string& request_id) {
  const bool unknown = exit == ExitCode::kTimeout || exit == ExitCode::kUnreachable ||
                       exit == ExitCode::kInterrupted;
  if (unknown && !context.never_sent()) {
    context.Note("the outcome is not known; ask again with --request-id " + request_id);
  }
}

void AddPageOptions(CLI::App* command, PageOptions* page) {
  command->add_option("--limit", page->limit, "Rows at most; 0 = all")->capture_default_str();
  command->add_option("--page-token", page->page_token, "Go on where an earlier list ended");
}

}  // namespace gonghui::ctl
