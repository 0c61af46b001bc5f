// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// fund

#include <memory>
#include <string>

#include "engine/base/status_macros.h"
#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/views.h"
#include "tools/gonghuictl/views_aid.h"

namespace gonghui::ctl {
namespace {

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

struct SolvencyFlags {
  std::string fund_code;
  std::string segment_code;
  std::string at;
  std::string from;
  std::string until;
};

absl::Status FillSolvency(const Context& context,
                          const SolvencyFlags& flags,
                          v1::GetSolvencyRequest* request) {
  const std::string zone = context.input_zone();
  request->set_fund_code(flags.fund_code);
  request->set_segment_code(flags.segment_code);
  if (!flags.from.empty()) {
    GH_ASSIGN_OR_RETURN(*request->mutable_contributions_from(), TimeOf("--from", flags.from, zone));
  }
  if (!flags.until.empty()) {
    GH_ASSIGN_OR_RETURN(*request->mutable_contributions_until(),
                        TimeOf("--until", flags.until, zone));
  }
  if (!flags.at.empty()) {
    GH_ASSIGN_OR_RETURN(*request->mutable_covered_at(), TimeOf("--at", flags.at, zone));
  }
  return absl::OkStatus();
}

ExitCode ShowSolvency(Context* context, const SolvencyFlags& flags) {
  Solvency solvency;
  const absl::Status filled = FillSolvency(*context, flags, &solvency.asked);
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.AidService.GetSolvency", solvency.asked, &solvency.answer);
  if (exit == ExitCode::kOk) {
    if (context->out().is_json()) {
      context->out().Json(solvency.answer);
    } else {
      context->out().RecordOf<Solvency>(solvency, SolvencyView());
    }
  }
  return exit;
}

void AddSolvency(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<SolvencyFlags>();
  CLI::App* solvency = AddCommand(
      group,
      context,
      "solvency",
      "Whether a mutual fund can pay: contributions, claims, cover (偿付能力)",
      {"fund solvency mutual-2026",
       "fund solvency mutual-2026 --segment insured --at 2026-06-30 --from 2026-01-01 --until "
       "2026-07-01",
       "fund solvency mutual-2026 --segment insured -o csv"},
      [context, flags] { return ShowSolvency(context, *flags); });
  solvency->add_option("FUND", flags->fund_code, "A fund of money")->required();
  CLI::Option* segment =
      solvency->add_option("--segment", flags->segment_code, "Whose members are covered");
  solvency
      ->add_option(
          "--at", flags->at, "Covered at the beginning of this day, or at this instant; now")
      ->needs(segment);
  solvency->add_option("--from", flags->from, "Count contributions from this day, or instant, on");
  solvency->add_option("--until", flags->until, "And until before this one");
  AddZone(solvency, context);
}

}  // namespace

void AddFundCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "fund",
                             "Funds of money and stocks of things (资金、物资)",
                             "Programmes",
                             {"fund show metro-2026", "fund list", "fund solvency mutual-2026"});
  const auto code = std::make_shared<std::string>();
  CLI::App* show =
      AddCommand(group,
                 context,
                 "show",
                 "Shows a fund: budget + contributed = held + spent + left; beside it overrun",
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
  AddSolvency(group, context);
}

}  // namespace gonghui::ctl
