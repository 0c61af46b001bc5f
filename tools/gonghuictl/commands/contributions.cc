// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// contribution: what members pay into funds, with the cover that it buys (缴费)

#include <memory>
#include <string>

#include "engine/base/check.h"
#include "gonghui/v1/aid_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/views_aid.h"

namespace gonghui::ctl {
namespace {

struct RevokeFlags {
  std::string fund_code;
  std::string receipt_code;
  bool dry_run = false;
  bool yes = false;
};

ExitCode Revoke(Context* context, const RevokeFlags& flags) {
  if (!flags.dry_run) {
    const ExitCode asked = context->Confirm("Revoke receipt " + flags.receipt_code + " of fund " +
                                                flags.fund_code + ", and its cover (撤销缴费)?",
                                            flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  v1::RevokeContributionRequest request;
  request.set_fund_code(flags.fund_code);
  request.set_receipt_code(flags.receipt_code);
  request.set_validate_only(flags.dry_run);
  v1::RevokeContributionResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.AidService.RevokeContribution", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  ShowOne(context, response, response.contribution(), ContributionView());
  if (flags.dry_run) {
    NoteDryRun(*context);
  }
  return exit;
}

}  // namespace

void AddContributionCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "contribution",
                             "What members pay into mutual funds (缴费)",
                             "Programmes",
                             {"contribution import contributions.csv --dry-run",
                              "contribution import contributions.csv",
                              "contribution list --fund mutual-2026",
                              "contribution revoke mutual-2026 R0000001"});
  const ImportKind* const kind = FindImportKind("contributions");
  GH_CHECK(kind != nullptr);
  AddImportCommand(group, context, *kind, "contribution", "import");

  const auto revoke_flags = std::make_shared<RevokeFlags>();
  CLI::App* revoke =
      AddCommand(group,
                 context,
                 "revoke",
                 "Undoes a contribution in whole, with the cover that it bought (撤销缴费)",
                 {"contribution revoke mutual-2026 R0000001",
                  "contribution revoke mutual-2026 R0000001 --dry-run"},
                 [context, revoke_flags] { return Revoke(context, *revoke_flags); });
  revoke->add_option("FUND", revoke_flags->fund_code, "Fund code")->required();
  revoke->add_option("RECEIPT", revoke_flags->receipt_code, "Receipt code")->required();
  AddDryRun(revoke, &revoke_flags->dry_run);
  AddYes(revoke, &revoke_flags->yes);

  struct ListFlags {
    PageOptions page;
    std::string fund_code;
  };
  const auto list_flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(
      group,
      context,
      "list",
      "Lists contributions in the order in which they came",
      {"contribution list --fund mutual-2026", "contribution list --limit 0 -o csv"},
      [context, list_flags] {
        v1::ListContributionsRequest request;
        request.set_fund_code(list_flags->fund_code);
        return ListRows<v1::Contribution>(context,
                                          "gonghui.v1.AidService.ListContributions",
                                          request,
                                          &v1::ListContributionsResponse::mutable_contributions,
                                          ContributionView(),
                                          list_flags->page);
      });
  list->add_option("--fund", list_flags->fund_code, "Into this fund alone");
  AddPageOptions(list, &list_flags->page);
}

}  // namespace gonghui::ctl
