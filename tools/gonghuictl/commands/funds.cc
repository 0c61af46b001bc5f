// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// fund

#include <memory>
#include <string>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/views.h"

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

}  // namespace

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

}  // namespace gonghui::ctl
