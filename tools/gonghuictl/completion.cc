// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The script walks the words that are already typed down the tree of commands;
// a `case` over the path then gives the words that may follow.

#include "tools/gonghuictl/completion.h"

#include <CLI/CLI.hpp>
#include <vector>

namespace gonghui::ctl {
namespace {

void AppendOptions(const CLI::App& app, std::string* words) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      *words += " --" + name;
    }
  }
}

// Lines "path) words=... ;;" for this command and all below it.
void AppendCases(const CLI::App& app,
                 const std::string& path,
                 const std::string& global_options,
                 std::string* cases,
                 std::string* paths) {
  std::string words;
  for (const CLI::App* command : app.get_subcommands({})) {
    words += " " + command->get_name();
    const std::string below = path + " " + command->get_name();
    *paths += "'" + below + "') path=\"$next\" ;;\n";
    AppendCases(*command, below, global_options, cases, paths);
  }
  AppendOptions(app, &words);
  *cases += "'" + path + "') words='" + words + global_options + "' ;;\n";
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  std::string global_options;
  AppendOptions(app, &global_options);
  std::string cases;
  std::string paths;
  AppendCases(app, "gonghuictl", global_options, &cases, &paths);
  return "# bash completion for gonghuictl; load it with: source <(gonghuictl completion bash)\n"
         "_gonghuictl() {\n"
         "local cur=\"${COMP_WORDS[COMP_CWORD]}\" path=gonghuictl next word words\n"
         "for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "next=\"$path $word\"\n"
         "case \"$next\" in\n" +
         paths +
         "esac\n"
         "done\n"
         "case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n"
         "-o|--output) COMPREPLY=($(compgen -W 'table wide json jsonl csv' -- \"$cur\")); return "
         ";;\n"
         "--stage) words='validated shadow scheduled active'\n"
         "COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return ;;\n"
         "--tls-ca|--tls-cert|--tls-key) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
         "esac\n"
         "case \"$path\" in\n" +
         cases +
         "esac\n"
         "if [[ \"$cur\" != -* ]]; then words=\"${words%% -*}\"; fi\n"
         "COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
         "}\n"
         "complete -o filenames -F _gonghuictl gonghuictl\n";
}

}  // namespace gonghui::ctl
