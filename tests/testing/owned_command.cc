// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/owned_command.h"

#include <span>
#include <utility>

#include "engine/base/check.h"
#include "engine/domain/details.h"
#include "engine/domain/explanation.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

template <class Request>
OwnedCommand OwnAs(CommandKind kind, const Request* Command::*member, const Request& request) {
  auto content = std::make_shared<Request>(request);
  OwnedCommand owned;
  owned.command.kind = kind;
  owned.command.*member = content.get();
  owned.content = std::move(content);
  return owned;
}

// With what a span of the request lists.
template <class Request, class Item>
OwnedCommand OwnListing(CommandKind kind,
                        const Request* Command::*member,
                        const Request& request,
                        std::span<const Item> Request::*list) {
  struct Content {
    Request request;
    std::vector<Item> items;
  };
  auto content = std::make_shared<Content>();
  content->request = request;
  content->items.assign((request.*list).begin(), (request.*list).end());
  content->request.*list = content->items;
  OwnedCommand owned;
  owned.command.kind = kind;
  owned.command.*member = &content->request;
  owned.content = std::move(content);
  return owned;
}

// What a terminal's command points to.
struct TerminalContent {
  std::vector<LineItem> lines;
  OccasionRequest occasion;
  std::vector<ReturnedLine> returned;
  AdviceRequest advice;
  Details details;
};

bool IsAuthorize(const Command& command) {
  return command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote;
}

}  // namespace

ProgrammeImage OwnedProgramme::Image() const {
  return ProgrammeImage{.programme = spec,
                        .benefits = benefits,
                        .limits = limits,
                        .segments = segments,
                        .mccs = mccs,
                        .merchants = merchants,
                        .terminals = terminals,
                        .items = items,
                        .steps = steps,
                        .days = days,
                        .hours = hours,
                        .limit_refs = limit_refs,
                        .funding = funding,
                        .over_capture = over_capture,
                        .stage = stage,
                        .activates_at = activates_at};
}

bool FindTestCalendar(std::string_view zone, Calendar* calendar) {
  std::vector<OffsetChange> changes;
  if (zone == "UTC") {
    changes = {{INT64_MIN, 0}};
  } else if (zone == "Asia:Shanghai") {
    changes = {{INT64_MIN, 8 * 3600}};
  } else if (zone == "Asia:Kathmandu") {
    changes = {{INT64_MIN, 5 * 3600 + 45 * 60}};
  } else if (zone == "Europe:Berlin") {
    changes = {{INT64_MIN, 3600},
               {1'743'296'400, 7200},  // 2025-03-30T01:00Z
               {1'761'440'400, 3600},  // 2025-10-26T01:00Z
               {1'774'746'000, 7200},  // 2026-03-29T01:00Z
               {1'792'890'000, 3600},  // 2026-10-25T01:00Z
               {1'806'195'600, 7200},  // 2027-03-28T01:00Z
               {1'824'944'400, 3600}};
  } else if (zone == "America:New_York") {
    changes = {{INT64_MIN, -5 * 3600},
               {1'741'503'600, -4 * 3600},  // 2025-03-09T07:00Z
               {1'762'063'200, -5 * 3600},  // 2025-11-02T06:00Z
               {1'772'953'200, -4 * 3600},  // 2026-03-08T07:00Z
               {1'793'512'800, -5 * 3600},  // 2026-11-01T06:00Z
               {1'805'007'600, -4 * 3600},  // 2027-03-14T07:00Z
               {1'825'567'200, -5 * 3600}};
  } else {
    return false;
  }
  *calendar = Calendar{};
  calendar->zone = CodeOf<ZoneName>(zone);
  for (const OffsetChange& change : changes) {
    calendar->offset_changes[calendar->offset_change_count++] = change;
  }
  return true;
}

Calendar TestCalendar(std::string_view zone, int32_t cutover_s) {
  Calendar calendar;
  GH_CHECK(FindTestCalendar(zone, &calendar), "zone=", zone);
  calendar.cutover_s = cutover_s;
  return calendar;
}

OwnedCommand Own(const Command& command) {
  GH_CHECK(!IsAdmin(command.kind), "kind=", command.kind);
  if (IsAuthorize(command) && command.authorize.explanation != nullptr) {
    return OwnExplained(command);
  }
  OwnedCommand owned{command, nullptr};
  if (command.kind == CommandKind::kExpireHolds || command.kind == CommandKind::kActivateDue) {
    return owned;
  }
  if (command.kind == CommandKind::kGetEntitlements) {
    auto list = std::make_shared<EntitlementList>();
    owned.command.entitlements.list = list.get();
    owned.content = std::move(list);
    return owned;
  }
  auto content = std::make_shared<TerminalContent>();
  owned.command.details = &content->details;
  if (command.advice != nullptr) {
    content->advice = *command.advice;
    owned.command.advice = &content->advice;
  }
  if (IsAuthorize(command)) {
    AuthorizeRequest& request = owned.command.authorize;
    content->lines.assign(request.lines, request.lines + request.line_count);
    request.lines = content->lines.data();
    if (request.occasion != nullptr) {
      content->occasion = *request.occasion;
      request.occasion = &content->occasion;
    }
  }
  if (command.kind == CommandKind::kRefund) {
    RefundRequest& request = owned.command.refund;
    content->returned.assign(request.lines, request.lines + request.line_count);
    request.lines = content->returned.data();
  }
  owned.content = std::move(content);
  return owned;
}
OwnedCommand OwnExplained(Command command) {
  struct Content {
    std::shared_ptr<const void> rest;
    Explanation explanation;
  };
  command.authorize.explanation = nullptr;
  OwnedCommand owned = Own(command);
  auto content = std::make_shared<Content>();
  content->rest = std::move(owned.content);
  owned.command.authorize.explanation = &content->explanation;
  owned.content = std::move(content);
  return owned;
}
OwnedCommand OwnWithLines(Command command, const std::vector<LineItem>& lines) {
  GH_CHECK(IsAuthorize(command), "kind=", command.kind);
  command.authorize.lines = lines.data();
  command.authorize.line_count = static_cast<uint32_t>(lines.size());
  return Own(command);
}
OwnedCommand OwnWithLines(Command command, const std::vector<ReturnedLine>& lines) {
  GH_CHECK(command.kind == CommandKind::kRefund, "kind=", command.kind);
  command.refund.lines = lines.data();
  command.refund.line_count = static_cast<uint8_t>(lines.size());
  return Own(command);
}
OwnedCommand OwnAdvice(Command command, const AdviceRequest& advice) {
  command.advice = &advice;
  return Own(command);
}
OwnedCommand OwnWithOccasion(Command command, const OccasionRequest& occasion) {
  GH_CHECK(IsAuthorize(command), "kind=", command.kind);
  command.authorize.occasion = &occasion;
  return Own(command);
}
void ClearAnswers(const Command& command) {
  if (command.details != nullptr) {
    *command.details = Details{};
  }
  if (IsAuthorize(command) && command.authorize.explanation != nullptr) {
    *command.authorize.explanation = Explanation{};
  }
  if (command.kind == CommandKind::kGetEntitlements && command.entitlements.list != nullptr) {
    *command.entitlements.list = EntitlementList{};
  }
}
OwnedCommand Own(const SegmentRequest& request) {
  return OwnAs(CommandKind::kDefineSegment, &Command::segment, request);
}
OwnedCommand Own(const UnionNodeRequest& request) {
  return OwnAs(CommandKind::kSetUnionNode, &Command::union_node, request);
}
OwnedCommand Own(const MemberRequest& request) {
  return OwnAs(CommandKind::kSetMember, &Command::member, request);
}
OwnedCommand Own(const CardRequest& request) {
  return OwnAs(CommandKind::kSetCard, &Command::card, request);
}
OwnedCommand Own(const MerchantRequest& request) {
  return OwnAs(CommandKind::kSetMerchant, &Command::merchant, request);
}
OwnedCommand Own(const TerminalRequest& request) {
  return OwnAs(CommandKind::kSetTerminal, &Command::terminal_setting, request);
}
OwnedCommand Own(const FundRequest& request) {
  return OwnAs(CommandKind::kSetFund, &Command::fund, request);
}
OwnedCommand Own(OwnedProgramme programme) {
  struct Content {
    OwnedProgramme programme;
    ProgrammeImage image;
  };
  auto content = std::make_shared<Content>();
  content->programme = std::move(programme);
  content->image = content->programme.Image();
  OwnedCommand owned;
  owned.command.kind = CommandKind::kApplyProgramme;
  owned.command.programme = &content->image;
  owned.content = std::move(content);
  return owned;
}
OwnedCommand Own(const MemberStatusRequest& request) {
  return OwnAs(CommandKind::kSetMemberStatus, &Command::member_status, request);
}
OwnedCommand Own(const CardStatusRequest& request) {
  return OwnAs(CommandKind::kSetCardStatus, &Command::card_status, request);
}
OwnedCommand Own(const ReplaceCardRequest& request) {
  return OwnAs(CommandKind::kReplaceCard, &Command::replace_card, request);
}
OwnedCommand Own(const RetireProgrammeRequest& request) {
  return OwnAs(CommandKind::kRetireProgramme, &Command::retire_programme, request);
}
OwnedCommand Own(const StageProgrammeRequest& request) {
  return OwnAs(CommandKind::kStageProgramme, &Command::stage_programme, request);
}
OwnedCommand Own(const IssueVouchersRequest& request) {
  return OwnListing(CommandKind::kIssueVouchers,
                    &Command::issue_vouchers,
                    request,
                    &IssueVouchersRequest::vouchers);
}
OwnedCommand Own(const VoidVouchersRequest& request) {
  return OwnListing(
      CommandKind::kVoidVouchers, &Command::void_vouchers, request, &VoidVouchersRequest::keys);
}
OwnedCommand Own(const CommitDrawRequest& request) {
  return OwnListing(
      CommandKind::kCommitDraw, &Command::commit_draw, request, &CommitDrawRequest::prizes);
}
OwnedCommand Own(const CloseDrawRequest& request) {
  return OwnAs(CommandKind::kCloseDraw, &Command::close_draw, request);
}
OwnedCommand Own(const SettleDrawRequest& request) {
  return OwnAs(CommandKind::kSettleDraw, &Command::settle_draw, request);
}
OwnedCommand Own(const DrawPrizeRequest& request) {
  return OwnAs(CommandKind::kDrawPrize, &Command::draw_prize, request);
}
OwnedCommand Own(const ContributeRequest& request) {
  return OwnAs(CommandKind::kContribute, &Command::contribute, request);
}
OwnedCommand Own(const RevokeContributionRequest& request) {
  return OwnAs(CommandKind::kRevokeContribution, &Command::revoke_contribution, request);
}
OwnedCommand Own(CommandKind kind, const JudgeClaimRequest& request) {
  GH_CHECK(kind == CommandKind::kApproveClaim || kind == CommandKind::kRejectClaim, "kind=", kind);
  return OwnAs(kind, &Command::judge_claim, request);
}

}  // namespace gonghui
