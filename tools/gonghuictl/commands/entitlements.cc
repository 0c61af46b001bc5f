// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// entitlements: what a member may use now, as an operator or as a terminal

#include <fmt/format.h>

#include <memory>
#include <string>

#include "engine/base/check.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/reason_help.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

struct EntitlementFlags {
  std::string member_id;
  std::string card_number;
  std::string terminal_id;
  bool here = false;
};

ExitCode AskAsTerminal(Context* context,
                       const EntitlementFlags& flags,
                       v1::GetEntitlementsResponse* response) {
  v1::GetEntitlementsRequest request;
  request.set_terminal_id(flags.terminal_id);
  request.set_card_number(flags.card_number);
  request.set_here(flags.here);
  return context->Call(
      Listener::kTerminal, "gonghui.v1.AuthorizationService.GetEntitlements", request, response);
}

// Operators are answered with the same fields under the same numbers.
ExitCode AskAsOperator(Context* context,
                       const EntitlementFlags& flags,
                       v1::GetEntitlementsResponse* response) {
  v1::GetMemberEntitlementsRequest request;
  request.set_member_id(flags.member_id);
  request.set_card_number(flags.card_number);
  v1::GetMemberEntitlementsResponse answer;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.MemberService.GetMemberEntitlements", request, &answer);
  GH_CHECK(response->ParseFromString(answer.SerializeAsString()));
  return exit;
}

// A decline is an answer; scripts tell it by the exit code.
ExitCode ShowAnswer(Context* context, const v1::GetEntitlementsResponse& response) {
  Output& out = context->out();
  if (out.format() == OutputFormat::kJson) {
    out.Json(response);
  } else if (out.format() == OutputFormat::kJsonl) {
    for (const v1::Entitlement& entitlement : response.entitlements()) {
      out.Json(entitlement);
    }
  } else if (out.format() == OutputFormat::kCsv || !response.entitlements().empty()) {
    out.TableOf<v1::Entitlement>(response.entitlements(), EntitlementView());
  }
  if (response.truncated()) {
    context->Note("there are more benefits than one answer holds");
  }
  if (response.outcome() == v1::OUTCOME_DECLINED) {
    context->Note(fmt::format("declined: {} ({}): {} {}",
                              EnumWord(v1::Reason_descriptor(), response.reason()),
                              static_cast<int>(response.reason()),
                              response.display_message(),
                              response.display_message_zh()));
    const ReasonHelp help = HelpOf(response.reason());
    if (!help.english.empty()) {
      context->Note(fmt::format("what to do: {} 怎么办: {}", help.english, help.chinese));
    }
    return ExitCode::kRefused;
  }
  if (response.entitlements().empty()) {
    context->Note(response.display_message() + " " + response.display_message_zh());
  }
  return ExitCode::kOk;
}

ExitCode ShowEntitlements(Context* context, const EntitlementFlags& flags) {
  if (flags.member_id.empty() == flags.card_number.empty()) {
    return context->Fail(ExitCode::kUsage, "give --card or --member, one of them");
  }
  v1::GetEntitlementsResponse response;
  const ExitCode exit = flags.terminal_id.empty() ? AskAsOperator(context, flags, &response)
                                                  : AskAsTerminal(context, flags, &response);
  return exit == ExitCode::kOk ? ShowAnswer(context, response) : exit;
}

}  // namespace

void AddEntitlementCommands(CLI::App* app, Context* context) {
  const auto flags = std::make_shared<EntitlementFlags>();
  CLI::App* command =
      AddCommand(app,
                 context,
                 "entitlements",
                 "What a member may use now, and what of it when (可享优惠)",
                 {"entitlements --card 6253011000000016",
                  "entitlements --member M0000001 -o json",
                  "entitlements --card 6253011000000016 --terminal T0000001 --here"},
                 [context, flags] { return ShowEntitlements(context, *flags); });
  command->group("Members");
  CLI::Option* card = command->add_option("--card", flags->card_number, "A card of the member");
  CLI::Option* member = command->add_option("--member", flags->member_id, "The member");
  CLI::Option* terminal = command->add_option(
      "--terminal", flags->terminal_id, "Ask as this terminal, at the terminal listener");
  CLI::Option* here = command->add_flag("--here", flags->here, "Only what the terminal offers");
  member->excludes(card);
  member->excludes(terminal);
  here->needs(terminal);
}

}  // namespace gonghui::ctl
