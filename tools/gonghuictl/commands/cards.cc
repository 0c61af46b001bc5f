// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// card

#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "gonghui/v1/member_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/suggest.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

struct ChangeFlags {
  std::string card_number;
  std::string reason;
  bool dry_run = false;
  bool yes = false;
};

// A hint must not take longer than the mistake: of a register with more cards there is none.
constexpr size_t kCardsLookedAtMax = 10'000;

// Below the answer that there is no such card: the one that is a slip of the finger away, a digit
// or two neighbours.  Of more than one nothing, nor when not all cards were seen, since a wrong
// card must not be offered; it is only told, never taken.
void NoteNearCard(Context* context, ExitCode exit, const std::string& card_number) {
  if (exit != ExitCode::kNotFound) {
    return;
  }
  std::vector<std::string> near;
  size_t count = 0;
  bool all = false;
  v1::ListCardsRequest request;
  request.set_page_size(kPageRowsMax);
  do {
    v1::ListCardsResponse response;
    const RpcStatus listed = context->CallQuietly(
        Listener::kOperator, "gonghui.v1.MemberService.ListCards", request, &response);
    if (!listed.ok()) {
      break;
    }
    for (const v1::Card& card : response.cards()) {
      if (EditDistance(card.card_number(), card_number) == 1) {
        near.push_back(card.card_number());
      }
    }
    count += static_cast<size_t>(response.cards_size());
    request.set_page_token(response.next_page_token());
    all = request.page_token().empty();
  } while (!all && count < kCardsLookedAtMax);
  context->Note(all && near.size() == 1
                    ? fmt::format("did you mean \"{}\"? (是否指 {}？)", near[0], near[0])
                    : "card list has all numbers, member show MEMBER those of a member "
                      "(card list 列出全部卡号，member show 会员号 列出其名下的卡)");
}

ExitCode ShowCard(Context* context, const std::string& card_number) {
  v1::GetCardRequest request;
  request.set_card_number(card_number);
  v1::GetCardResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.MemberService.GetCard", request, &response);
  if (exit == ExitCode::kOk) {
    ShowOne(context, response, response.card(), CardView());
  }
  NoteNearCard(context, exit, card_number);
  return exit;
}

ExitCode SetCardStatus(Context* context, const ChangeFlags& flags, v1::CardStatus status) {
  v1::SetCardStatusRequest request;
  request.set_card_number(flags.card_number);
  request.set_status(status);
  request.set_validate_only(flags.dry_run);
  v1::SetCardStatusResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.MemberService.SetCardStatus", request, &response);
  if (exit == ExitCode::kOk) {
    ShowOne(context, response, response.card(), CardView());
    if (flags.dry_run) {
      NoteDryRun(*context);
    }
  }
  NoteNearCard(context, exit, flags.card_number);
  return exit;
}

ExitCode BlockCard(Context* context, const ChangeFlags& flags) {
  const v1::CardStatus status = flags.reason == "lost"     ? v1::CARD_STATUS_LOST
                                : flags.reason == "stolen" ? v1::CARD_STATUS_STOLEN
                                                           : v1::CARD_STATUS_PAUSED;
  if (!flags.dry_run) {
    const ExitCode asked =
        context->Confirm("Block card " + flags.card_number + " (" + flags.reason + ")?", flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  return SetCardStatus(context, flags, status);
}

struct ReplaceFlags {
  std::string old_number;
  std::string new_number;
  std::string kind;
  std::string expires_on;
  bool dry_run = false;
  bool yes = false;
};

ExitCode ReplaceCard(Context* context, const ReplaceFlags& flags) {
  if (!flags.expires_on.empty() && !IsDay(flags.expires_on)) {
    return context->Fail(ExitCode::kUsage, "--expires-on: not a day such as 2026-01-31");
  }
  if (!flags.dry_run) {
    const ExitCode asked = context->Confirm(
        "Close card " + flags.old_number + " for good, in favour of " + flags.new_number + "?",
        flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  v1::ReplaceCardRequest request;
  request.set_old_card_number(flags.old_number);
  request.set_validate_only(flags.dry_run);
  v1::Card& card = *request.mutable_new_card();
  card.set_card_number(flags.new_number);
  card.set_expires_on(flags.expires_on);
  card.set_kind(flags.kind == "digital" ? v1::CARD_KIND_DIGITAL : v1::CARD_KIND_PHYSICAL);
  v1::ReplaceCardResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.MemberService.ReplaceCard", request, &response);
  NoteNearCard(context, exit, flags.old_number);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  if (context->out().is_json()) {
    context->out().Json(response);
  } else if (response.has_old_card()) {  // unset after a dry run
    const v1::Card cards[] = {response.old_card(), response.new_card()};
    context->out().TableOf<v1::Card>(cards, CardView());
  }
  if (flags.dry_run) {
    NoteDryRun(*context);
  }
  return exit;
}

void AddChanges(CLI::App* group, Context* context) {
  const auto block_flags = std::make_shared<ChangeFlags>();
  CLI::App* block =
      AddCommand(group,
                 context,
                 "block",
                 "Blocks a card from now on: pauses it, or lost or stolen (暂停、挂失)",
                 {"card block 6253011000000016 --reason lost",
                  "card block 6253011000000016 --reason pause --yes",
                  "card block 6253011000000016 --reason stolen --dry-run"},
                 [context, block_flags] { return BlockCard(context, *block_flags); });
  block->add_option("CARD", block_flags->card_number, "Card number")->required();
  block->add_option("--reason", block_flags->reason, "lost, stolen or pause (遗失、被盗、暂停)")
      ->required()
      ->check(CLI::IsMember({"lost", "stolen", "pause"}));
  AddDryRun(block, &block_flags->dry_run);
  AddYes(block, &block_flags->yes);

  const auto activate_flags = std::make_shared<ChangeFlags>();
  CLI::App* activate =
      AddCommand(group,
                 context,
                 "activate",
                 "Activates an issued card, or one that was blocked (启用、解挂)",
                 {"card activate 6253011000000016", "card activate 6253011000000016 --dry-run"},
                 [context, activate_flags] {
                   return SetCardStatus(context, *activate_flags, v1::CARD_STATUS_ACTIVE);
                 });
  activate->add_option("CARD", activate_flags->card_number, "Card number")->required();
  AddDryRun(activate, &activate_flags->dry_run);

  const auto replace_flags = std::make_shared<ReplaceFlags>();
  CLI::App* replace =
      AddCommand(group,
                 context,
                 "replace",
                 "Closes a card for good and gives its member a new one; limits go on (补卡、换卡)",
                 {"card replace 6253011000000016 6253011990000018",
                  "card replace 6253011000000016 6253011990000018 --kind digital --yes",
                  "card replace 6253011000000016 6253011990000018 --dry-run"},
                 [context, replace_flags] { return ReplaceCard(context, *replace_flags); });
  replace->add_option("OLD", replace_flags->old_number, "Card to close")->required();
  replace->add_option("NEW", replace_flags->new_number, "New card number")->required();
  replace->add_option("--kind", replace_flags->kind, "physical or digital")
      ->check(CLI::IsMember({"physical", "digital"}));
  replace->add_option("--expires-on",
                      replace_flags->expires_on,
                      "First day (UTC) on which the new card is no longer valid");
  AddDryRun(replace, &replace_flags->dry_run);
  AddYes(replace, &replace_flags->yes);
}

}  // namespace

void AddCardCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "card",
                             "Cards (工会卡)",
                             "Members",
                             {"card show 6253011000000016",
                              "card block 6253011000000016 --reason lost",
                              "card replace 6253011000000016 6253011990000018"});

  const auto card_number = std::make_shared<std::string>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows a card",
                              {"card show 6253011000000016", "card show 6253011000000016 -o json"},
                              [context, card_number] { return ShowCard(context, *card_number); });
  show->add_option("CARD", *card_number, "Card number")->required();

  const auto page = std::make_shared<PageOptions>();
  CLI::App* list = AddCommand(group,
                              context,
                              "list",
                              "Lists cards in order of creation",
                              {"card list --limit 20", "card list --limit 0 -o csv"},
                              [context, page] {
                                return ListRows<v1::Card>(context,
                                                          "gonghui.v1.MemberService.ListCards",
                                                          v1::ListCardsRequest(),
                                                          &v1::ListCardsResponse::mutable_cards,
                                                          CardView(),
                                                          *page);
                              });
  AddPageOptions(list, page.get());
  AddChanges(group, context);
}

}  // namespace gonghui::ctl
