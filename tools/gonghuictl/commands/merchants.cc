// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// merchant, terminal

#include <memory>
#include <string>

#include "gonghui/v1/merchant_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

ExitCode ShowMerchant(Context* context, const std::string& id) {
  v1::GetMerchantRequest request;
  request.set_merchant_id(id);
  v1::GetMerchantResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.MerchantService.GetMerchant", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  ShowOne(context, response, response.merchant(), MerchantView());
  if (context->out().format() == OutputFormat::kTable && !response.terminals().empty()) {
    context->out().Heading("Terminals");
    context->out().TableOf<v1::Terminal>(response.terminals(), TerminalView());
  }
  return exit;
}

ExitCode ShowTerminal(Context* context, const std::string& id) {
  v1::GetTerminalRequest request;
  request.set_terminal_id(id);
  v1::GetTerminalResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.MerchantService.GetTerminal", request, &response);
  if (exit == ExitCode::kOk) {
    ShowOne(context, response, response.terminal(), TerminalView());
  }
  return exit;
}

}  // namespace

void AddMerchantCommands(CLI::App* app, Context* context) {
  CLI::App* merchants = AddGroup(app,
                                 "merchant",
                                 "Merchants and what they are owed (商户)",
                                 "Merchants",
                                 {"merchant show S0000001", "merchant list --limit 0 -o csv"});
  const auto merchant_id = std::make_shared<std::string>();
  CLI::App* show =
      AddCommand(merchants,
                 context,
                 "show",
                 "Shows a merchant with its terminals",
                 {"merchant show S0000001", "merchant show S0000001 -o json"},
                 [context, merchant_id] { return ShowMerchant(context, *merchant_id); });
  show->add_option("MERCHANT", *merchant_id, "Merchant id")->required();
  const auto page = std::make_shared<PageOptions>();
  CLI::App* list =
      AddCommand(merchants,
                 context,
                 "list",
                 "Lists merchants in order of creation",
                 {"merchant list", "merchant list --limit 0 -o csv"},
                 [context, page] {
                   return ListRows<v1::Merchant>(context,
                                                 "gonghui.v1.MerchantService.ListMerchants",
                                                 v1::ListMerchantsRequest(),
                                                 &v1::ListMerchantsResponse::mutable_merchants,
                                                 MerchantView(),
                                                 *page);
                 });
  AddPageOptions(list, page.get());

  CLI::App* terminals = AddGroup(app,
                                 "terminal",
                                 "Tills, gates and vending machines (终端)",
                                 "Merchants",
                                 {"terminal show T0000001", "terminal list"});
  const auto terminal_id = std::make_shared<std::string>();
  CLI::App* show_terminal =
      AddCommand(terminals,
                 context,
                 "show",
                 "Shows a terminal",
                 {"terminal show T0000001", "terminal show T0000001 -o json"},
                 [context, terminal_id] { return ShowTerminal(context, *terminal_id); });
  show_terminal->add_option("TERMINAL", *terminal_id, "Terminal id")->required();
  const auto terminal_page = std::make_shared<PageOptions>();
  CLI::App* list_terminals =
      AddCommand(terminals,
                 context,
                 "list",
                 "Lists terminals in order of creation",
                 {"terminal list", "terminal list --limit 0 -o jsonl"},
                 [context, terminal_page] {
                   return ListRows<v1::Terminal>(context,
                                                 "gonghui.v1.MerchantService.ListTerminals",
                                                 v1::ListTerminalsRequest(),
                                                 &v1::ListTerminalsResponse::mutable_terminals,
                                                 TerminalView(),
                                                 *terminal_page);
                 });
  AddPageOptions(list_terminals, terminal_page.get());
}

}  // namespace gonghui::ctl
