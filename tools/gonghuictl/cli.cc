// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/completion.h"
#include "tools/gonghuictl/context.h"
#include "tools/gonghuictl/suggest.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr const char* kEnvironmentHelp = R"(Environment (an option on the command line wins)
  GONGHUI_SERVER           --server, the operator listener
  GONGHUI_TERMINAL_SERVER  --terminal-server
  GONGHUI_OPERATOR         --by, who changes programmes or judges claims, for the record
  GONGHUI_TLS_CA           --tls-ca
  GONGHUI_TLS_CERT         --tls-cert
  GONGHUI_TLS_KEY          --tls-key
  NO_COLOR                 when set, no colour; TERM=dumb likewise
  GONGHUI_ZONE             --zone; else TZ, or the machine's own, is the zone of times in tables
)";

constexpr const char* kOutputHelp = R"(Output
  Data goes to standard output; progress, questions, warnings and errors go to
  standard error.
  -o table   for people: money in yuan; times with their offset from UTC, those of a
             programme in its own zone, others in --zone, which is the machine's by default.
             On a terminal as wide as it is: of what has no room a line below tells
  -o wide    the same with all columns, as also where a table goes to a file or a pipe
  -o json    the response in the proto3 JSON mapping, indented
  -o jsonl   one JSON object a line; lists print one row a line
  -o csv     one line a row under a header; money in fen, times in RFC 3339;
             of one transaction without its lines, benefits and limits
)";

// REQUIRES: one of the five names.
OutputFormat FormatOf(const std::string& name) {
  if (name == "json") {
    return OutputFormat::kJson;
  }
  if (name == "jsonl") {
    return OutputFormat::kJsonl;
  }
  return name == "csv" ? OutputFormat::kCsv : OutputFormat::kTable;
}

void AddGlobalOptions(CLI::App* app, GlobalOptions* options) {
  app->add_option("--server", options->server, "Operator listener: unix:PATH or HOST:PORT")
      ->envname("GONGHUI_SERVER")
      ->capture_default_str();
  app->add_option("--terminal-server", options->terminal_server, "Terminal listener")
      ->envname("GONGHUI_TERMINAL_SERVER")
      ->capture_default_str();
  app->add_option("--tls-ca", options->tls_ca_path, "PEM file: who signs the server's certificate")
      ->envname("GONGHUI_TLS_CA");
  app->add_option("--tls-cert", options->tls_cert_path, "PEM file: our certificate")
      ->envname("GONGHUI_TLS_CERT");
  app->add_option("--tls-key", options->tls_key_path, "PEM file: our private key")
      ->envname("GONGHUI_TLS_KEY");
  app->add_flag("--insecure", options->insecure, "Without TLS, for tests");
  app->add_option_function<std::string>(
         "-o,--output",
         [options](const std::string& name) {
           options->format = FormatOf(name);
           options->wide = name == "wide";
         },
         "How data is printed; see: gonghuictl help output")
      ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "csv"}));
  app->add_option("--zone",
                  options->zone,
                  "IANA time zone of times in tables (default: the machine's), and of days and\n"
                  "times that are given without one (default: Asia/Shanghai)")
      ->envname("GONGHUI_ZONE");
  app->add_option("--timeout-ms", options->timeout_ms, "How long to wait for an answer")
      ->check(CLI::Range(int64_t{1}, int64_t{86'400'000}))
      ->capture_default_str();
}

// The innermost command that was recognised.
const CLI::App* Innermost(const CLI::App* app) {
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().back();
  }
  return app;
}

std::string CommandPath(const CLI::App* app) {
  std::string path = app->get_name();
  for (const CLI::App* parent = app->get_parent(); parent != nullptr;
       parent = parent->get_parent()) {
    path = parent->get_name() + " " + path;
  }
  return path;
}

// With the whole path of the command in its usage line.
std::string HelpOf(const CLI::App& app) {
  return app.help(app.get_parent() == nullptr ? "" : CommandPath(app.get_parent()));
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == name) {
      return command;
    }
  }
  return nullptr;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

struct HelpFlags {
  std::vector<std::string> words;
};

// help, help COMMAND ..., help exit-codes|environment|output
ExitCode Help(const CLI::App& app, Context* context, const HelpFlags& flags) {
  if (flags.words.size() == 1 && flags.words[0] == "exit-codes") {
    context->out().Text(ExitCodesHelp());
    return ExitCode::kOk;
  }
  if (flags.words.size() == 1 && flags.words[0] == "environment") {
    context->out().Text(kEnvironmentHelp);
    return ExitCode::kOk;
  }
  if (flags.words.size() == 1 && flags.words[0] == "output") {
    context->out().Text(kOutputHelp);
    return ExitCode::kOk;
  }
  const CLI::App* at = &app;
  for (const std::string& word : flags.words) {
    const CLI::App* next = FindCommand(*at, word);
    if (next == nullptr) {
      return context->Fail(ExitCode::kUsage, fmt::format("there is no help on \"{}\"", word));
    }
    at = next;
  }
  context->out().Text(HelpOf(*at));
  return ExitCode::kOk;
}

void AddHelpAndCompletion(CLI::App* app, Context* context) {
  const auto help_flags = std::make_shared<HelpFlags>();
  CLI::App* help =
      AddCommand(app,
                 context,
                 "help",
                 "Help on a command, or on exit-codes, environment or output (帮助)",
                 {"help exit-codes", "help import members"},
                 [app, context, help_flags] { return Help(*app, context, *help_flags); });
  help->add_option("TOPIC", help_flags->words, "A command or a topic");
  help->fallthrough(false);
  help->group("Help");

  CLI::App* completion =
      app->add_subcommand("completion", "Completion scripts for shells (命令补全)");
  completion->group("Help");
  completion->require_subcommand(1);
  completion->fallthrough();
  AddCommand(completion,
             context,
             "bash",
             "Prints a completion script for bash",
             {"completion bash > /etc/bash_completion.d/gonghuictl", "completion bash | head"},
             [app, context] {
               context->out().Text(BashCompletion(*app));
               return ExitCode::kOk;
             });
}

ExitCode ApplyZone(const Context& context) {
  const std::string& zone = context.options.zone;
  if (zone.empty()) {
    return ExitCode::kOk;
  }
  if (!IsKnownZone(zone)) {
    return context.Fail(
        ExitCode::kUsage,
        fmt::format("unknown time zone \"{}\" (--zone or GONGHUI_ZONE): must be a name of the IANA "
                    "time zone database, such as Asia/Shanghai",
                    zone));
  }
  SetDisplayZone(zone);
  return ExitCode::kOk;
}

// "; did you mean "block"? (是否指 block？)", or nothing.
std::string DidYouMean(std::string_view what) {
  return what.empty() ? "" : fmt::format("; did you mean \"{}\"? (是否指 {}？)", what, what);
}

// All that may follow the command: its own, and those that all commands share.
std::vector<std::string> OptionNames(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

int UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = Innermost(&app);
  const std::string path = CommandPath(at);
  const std::vector<std::string> names = CommandNames(*at);
  std::string text = error.what();
  bool options_over = false;
  for (const std::string& word : app.remaining(true)) {
    if (word == "--") {
      options_over = true;  // what is behind it may look like one, and is none
      continue;
    }
    if (!options_over && word.starts_with("--")) {
      // Whatever else is wrong: what it asks for may be what is written wrong here.
      const std::string name = word.substr(0, word.find('='));
      text = fmt::format("{} has no option {} (没有这个选项){}",
                         path,
                         name,
                         DidYouMean(Nearest(name, OptionNames(at))));
      break;
    }
    if (!names.empty() && !word.starts_with("-")) {
      // What does it here has places to fill in: no quotes, since it is not to be typed as it is.
      const std::string_view other = OtherName(at->get_name(), word);
      text = fmt::format("\"{}\" is not a command of {} (没有这个命令){}",
                         word,
                         path,
                         other.empty() ? DidYouMean(Nearest(word, names))
                                       : fmt::format("; use (请用): {}", other));
      break;
    }
  }
  fmt::print(stderr, "gonghuictl: {}\nSee: {} --help\n", text, path);
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  Context context;
  CLI::App app(
      "Operates a Gonghui server: members, merchants, programmes, transactions (工会卡系统管理).",
      "gonghuictl");
  app.set_help_flag("-h,--help", "This text, or a command's own");
  app.set_version_flag("--version", GONGHUI_VERSION);
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.require_subcommand(1);
  app.fallthrough();
  AddGlobalOptions(&app, &context.options);
  AddImportCommands(&app, &context);
  AddMemberCommands(&app, &context);
  AddCardCommands(&app, &context);
  AddEntitlementCommands(&app, &context);
  AddMerchantCommands(&app, &context);
  AddProgrammeCommands(&app, &context);
  AddFundCommands(&app, &context);
  AddContributionCommands(&app, &context);
  AddVoucherCommands(&app, &context);
  AddDrawCommands(&app, &context);
  AddTransactionCommands(&app, &context);
  AddClaimCommands(&app, &context);
  AddAdviceCommands(&app, &context);
  AddBatchCommands(&app, &context);
  AddOperationsCommands(&app, &context);
  AddHelpAndCompletion(&app, &context);
  app.footer(ExitCodesHelp() +
             "\nExamples:\n"
             "  gonghuictl import members members.csv\n"
             "  gonghuictl authorize --terminal T0000001 --card 6253011000000016 --price 5.00\n"
             "\nMore: gonghuictl help environment, help output, help COMMAND\n");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", HelpOf(*Innermost(&app)));
    return 0;
  } catch (const CLI::CallForVersion&) {
    fmt::print("gonghuictl {}\n", GONGHUI_VERSION);
    return 0;
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  const bool is_help = app.got_subcommand("help") || app.got_subcommand("completion");
  ExitCode exit = is_help ? ExitCode::kOk : ApplyZone(context);
  exit = exit == ExitCode::kOk ? context.action() : exit;
  if (std::fflush(stdout) != 0) {
    fmt::print(stderr, "gonghuictl: can not write the output\n");
    return static_cast<int>(ExitCode::kError);
  }
  return static_cast<int>(exit);
}

}  // namespace gonghui::ctl
