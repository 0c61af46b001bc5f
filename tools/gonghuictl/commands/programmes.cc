// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// programme, fund

#include <fmt/format.h>

#include <memory>
#include <string>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kProgrammeBytesMax = 1 << 20;  // by the contract

struct ApplyFlags {
  std::string path;
  bool dry_run = false;
  bool yes = false;
};

void ShowProgramme(Context* context,
                   const google::protobuf::Message& response,
                   const v1::Programme& programme) {
  ShowOne(context, response, programme, ProgrammeView());
  Output& out = context->out();
  if (out.format() != OutputFormat::kTable) {
    return;
  }
  if (!programme.benefits().empty()) {
    out.Heading("Benefits");
    out.TableOf<v1::Benefit>(programme.benefits(), BenefitView());
  }
  if (!programme.limits().empty()) {
    out.Heading("Limits");
    out.TableOf<v1::Limit>(programme.limits(), LimitView());
  }
}

// "metro.yaml:12:7: benefits[0].price: what is wrong (how to mend it)"
std::string FormatDiagnostic(const std::string& path, const v1::Diagnostic& diagnostic) {
  std::string line = fmt::format("{}:{}:{}: ", path, diagnostic.line(), diagnostic.column());
  if (!diagnostic.path().empty()) {
    line += Printable(diagnostic.path()) + ": ";
  }
  line += Printable(diagnostic.message());
  if (!diagnostic.hint().empty()) {
    line += " (" + Printable(diagnostic.hint()) + ")";
  }
  return line;
}

// "limit day, max: 3 uses -> 2 uses (less)"
std::string FormatChange(const v1::ProgrammeChange& change) {
  const auto side = [](const std::string& text) {
    return text.empty() ? std::string("(none)") : Printable(text);
  };
  return fmt::format("{}{}{}: {} -> {}{}",
                     Printable(change.subject()),
                     change.property().empty() ? "" : ", ",
                     Printable(change.property()),
                     side(change.before()),
                     side(change.after()),
                     change.reduces() ? " (less)" : "");
}

// Shows old against new, and asks when somebody has less afterwards.  On standard
// error: the answer on standard output is about what was done.
ExitCode AskAboutChanges(Context* context, const v1::ApplyProgrammeResponse& response, bool yes) {
  size_t reductions = 0;
  for (const v1::ProgrammeChange& change : response.changes()) {
    context->Note(FormatChange(change));
    reductions += change.reduces() ? 1U : 0U;
  }
  if (reductions == 0) {
    return ExitCode::kOk;
  }
  return context->Confirm(
      fmt::format(
          "{} of these take{} something away. Apply?", reductions, reductions == 1 ? "s" : ""),
      yes);
}

ExitCode Apply(Context* context, const ApplyFlags& flags) {
  absl::StatusOr<std::string> content = ReadFile(flags.path, kProgrammeBytesMax);
  if (!content.ok()) {
    return context->Fail(content.status().code() == absl::StatusCode::kInvalidArgument
                             ? ExitCode::kRefused
                             : ExitCode::kError,
                         std::string(content.status().message()));
  }
  if (const size_t bad = FindBadUtf8(*content); bad != std::string::npos) {
    // The message's field is a string; gRPC would refuse it without saying where.
    const std::string_view before = std::string_view(*content).substr(0, bad);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t column = bad - (before.rfind('\n') + 1) + 1;
    context->Note(fmt::format("{}:{}:{}: not UTF-8", flags.path, line, column));
    return ExitCode::kRefused;
  }
  v1::ApplyProgrammeRequest request;
  request.set_file_name(flags.path);
  request.set_content(*std::move(content));
  // What would change is asked first, since it may be less than people expect to have.
  request.set_validate_only(true);
  v1::ApplyProgrammeResponse response;
  const auto call = [&] {
    response.Clear();
    return context->Call(
        Listener::kOperator, "gonghui.v1.ProgrammeService.ApplyProgramme", request, &response);
  };
  ExitCode exit = call();
  if (exit == ExitCode::kOk && response.diagnostics().empty() && !flags.dry_run) {
    if (!response.unchanged()) {
      exit = AskAboutChanges(context, response, flags.yes);
    }
    if (exit == ExitCode::kOk) {
      request.set_validate_only(false);
      exit = call();
    }
  }
  if (exit != ExitCode::kOk) {
    return exit;
  }
  for (const v1::Diagnostic& diagnostic : response.diagnostics()) {
    context->Note(FormatDiagnostic(flags.path, diagnostic));
  }
  const bool refused = !response.diagnostics().empty();
  if (context->out().is_json()) {
    context->out().Json(response);
  } else if (!refused && flags.dry_run && !response.changes().empty()) {
    context->out().TableOf<v1::ProgrammeChange>(response.changes(), ProgrammeChangeView());
  } else if (!refused && response.has_programme()) {
    ShowProgramme(context, response, response.programme());
  }
  if (refused) {
    return context->Fail(ExitCode::kRefused,
                         fmt::format("{} diagnostic{}; nothing was changed",
                                     response.diagnostics_size(),
                                     response.diagnostics_size() == 1 ? "" : "s"));
  }
  if (response.unchanged()) {
    context->Note("the live version already says the same; nothing was changed");
  } else if (flags.dry_run) {
    context->out().Flush();
    context->Note(fmt::format("dry run: {} is right; nothing was changed", flags.path));
  }
  return ExitCode::kOk;
}

ExitCode Show(Context* context, const std::string& code) {
  v1::GetProgrammeRequest request;
  request.set_programme_code(code);
  v1::GetProgrammeResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.GetProgramme", request, &response);
  if (exit == ExitCode::kOk) {
    ShowProgramme(context, response, response.programme());
  }
  return exit;
}

struct RetireFlags {
  std::string code;
  bool dry_run = false;
  bool yes = false;
};

ExitCode Retire(Context* context, const RetireFlags& flags) {
  if (!flags.dry_run) {
    const ExitCode asked = context->Confirm("End programme " + flags.code + " now?", flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  v1::RetireProgrammeRequest request;
  request.set_programme_code(flags.code);
  request.set_validate_only(flags.dry_run);
  v1::RetireProgrammeResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.RetireProgramme", request, &response);
  if (exit == ExitCode::kOk) {
    ShowProgramme(context, response, response.programme());
    if (flags.dry_run) {
      NoteDryRun(*context);
    }
  }
  return exit;
}

ExitCode ShowFund(Context* context, const std::string& code) {
  v1::GetFundRequest request;
  request.set_fund_code(code);
  v1::GetFundResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.ProgrammeService.GetFund", request, &response);
  if (exit == ExitCode::kOk) {
    ShowOne(context, response, response.fund(), FundView());
  }
  return exit;
}

void AddFundCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "fund",
                             "Funds of money and stocks of things",
                             "Programmes",
                             {"fund show metro-2026", "fund list"});
  const auto code = std::make_shared<std::string>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows a fund: budget = held + spent + left, and beside it overrun",
                              {"fund show metro-2026", "fund show metro-2026 -o json"},
                              [context, code] { return ShowFund(context, *code); });
  show->add_option("FUND", *code, "Fund code")->required();
  const auto page = std::make_shared<PageOptions>();
  CLI::App* list = AddCommand(group,
                              context,
                              "list",
                              "Lists funds in order of creation",
                              {"fund list", "fund list -o csv"},
                              [context, page] {
                                return ListRows<v1::Fund>(context,
                                                          "gonghui.v1.ProgrammeService.ListFunds",
                                                          v1::ListFundsRequest(),
                                                          &v1::ListFundsResponse::mutable_funds,
                                                          FundView(),
                                                          *page);
                              });
  AddPageOptions(list, page.get());
}

}  // namespace

void AddProgrammeCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "programme",
                             "Programmes and their benefits",
                             "Programmes",
                             {"programme apply metro.yaml --dry-run",
                              "programme apply metro.yaml",
                              "programme show metro"});

  const auto apply_flags = std::make_shared<ApplyFlags>();
  CLI::App* apply =
      AddCommand(group,
                 context,
                 "apply",
                 "Validates and activates a programme file; with one diagnostic nothing changes",
                 {"programme apply metro.yaml --dry-run",
                  "programme apply metro.yaml",
                  "programme apply metro.yaml --yes     (though a limit or budget falls)"},
                 [context, apply_flags] { return Apply(context, *apply_flags); });
  apply->add_option("FILE", apply_flags->path, "YAML, at most 1 MiB")->required();
  AddDryRun(apply, &apply_flags->dry_run);
  AddYes(apply, &apply_flags->yes);

  const auto code = std::make_shared<std::string>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows the live version of a programme",
                              {"programme show metro", "programme show metro -o json"},
                              [context, code] { return Show(context, *code); });
  show->add_option("PROGRAMME", *code, "Programme code")->required();

  const auto page = std::make_shared<PageOptions>();
  CLI::App* list =
      AddCommand(group,
                 context,
                 "list",
                 "Lists live programmes in order of precedence",
                 {"programme list", "programme list -o jsonl"},
                 [context, page] {
                   return ListRows<v1::Programme>(context,
                                                  "gonghui.v1.ProgrammeService.ListProgrammes",
                                                  v1::ListProgrammesRequest(),
                                                  &v1::ListProgrammesResponse::mutable_programmes,
                                                  ProgrammeView(),
                                                  *page);
                 });
  AddPageOptions(list, page.get());

  const auto retire_flags = std::make_shared<RetireFlags>();
  CLI::App* retire = AddCommand(group,
                                context,
                                "retire",
                                "Ends a programme now; what it granted goes on",
                                {"programme retire metro",
                                 "programme retire metro --dry-run",
                                 "programme retire metro --yes"},
                                [context, retire_flags] { return Retire(context, *retire_flags); });
  retire->add_option("PROGRAMME", retire_flags->code, "Programme code")->required();
  AddDryRun(retire, &retire_flags->dry_run);
  AddYes(retire, &retire_flags->yes);

  AddFundCommands(app, context);
}

}  // namespace gonghui::ctl
