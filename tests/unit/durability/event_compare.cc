// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <span>

#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

// Remembers the first difference; a field is compared by its bytes, and so must
// have no padding.
class Comparison {
 public:
  template <class T>
  void Field(const char* name, const T& a, const T& b) {
    static_assert(std::has_unique_object_representations_v<T>);
    if (first_.empty() && std::memcmp(&a, &b, sizeof(T)) != 0) {
      first_ = name;
    }
  }
  template <class T>
  void List(const char* name, std::span<const T> a, std::span<const T> b) {
    if (first_.empty() && a.size() != b.size()) {
      first_ = name;
    }
    for (size_t i = 0; first_.empty() && i < a.size(); ++i) {
      Field(name, a[i], b[i]);
    }
  }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::string first_;
};

#define GH_SAME(field) c.Field(#field, a.field, b.field)

void Compare(Comparison& c, const AuthorizeRequest& a, const AuthorizeRequest& b) {
  GH_SAME(merchant);
  GH_SAME(card);
  GH_SAME(list_price);
  GH_SAME(programme);
  GH_SAME(stan);
  GH_SAME(hold_s);
  GH_SAME(capture_at_once);
  GH_SAME(allow_partial);
  GH_SAME(if_no_benefit);
  GH_SAME(entry_mode);
  GH_SAME(code_issued_at);
  GH_SAME(code_valid_s);
  GH_SAME(code_purpose);
  c.List("lines", std::span(a.lines, a.line_count), std::span(b.lines, b.line_count));
  c.Field("occasion", a.occasion != nullptr, b.occasion != nullptr);
  if (a.occasion != nullptr && b.occasion != nullptr) {
    c.Field("occasion", *a.occasion, *b.occasion);
  }
}

void Compare(Comparison& c, const CaptureRequest& a, const CaptureRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(has_amount);
  GH_SAME(final_capture);
  GH_SAME(stan);
}

void Compare(Comparison& c, const ReverseRequest& a, const ReverseRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(has_amount);
  GH_SAME(reason);
  GH_SAME(stan);
}

void Compare(Comparison& c, const IncrementRequest& a, const IncrementRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(hold_s);
  GH_SAME(stan);
}

void Compare(Comparison& c, const RefundRequest& a, const RefundRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(has_amount);
  GH_SAME(stan);
  c.List("lines", std::span(a.lines, a.line_count), std::span(b.lines, b.line_count));
}

void Compare(Comparison& c, const AdviceRequest* a, const AdviceRequest* b) {
  c.Field("advice", a != nullptr, b != nullptr);
  if (a == nullptr || b == nullptr) {
    return;
  }
  c.Field("advice.occurred_at", a->occurred_at, b->occurred_at);
  c.Field("advice.deny_list_at", a->deny_list_at, b->deny_list_at);
  c.Field("advice.member_paid", a->member_paid, b->member_paid);
  c.Field("advice.sequence", a->sequence, b->sequence);
  c.Field("advice.business_day", a->business_day, b->business_day);
  c.Field("advice.queue_empty", a->queue_empty, b->queue_empty);
}

void Compare(Comparison& c, const SegmentRequest& a, const SegmentRequest& b) {
  GH_SAME(code);
  GH_SAME(name);
}

void Compare(Comparison& c, const UnionNodeRequest& a, const UnionNodeRequest& b) {
  GH_SAME(id);
  GH_SAME(parent);
  GH_SAME(level);
  GH_SAME(name);
}

void Compare(Comparison& c, const MemberRequest& a, const MemberRequest& b) {
  GH_SAME(id);
  GH_SAME(union_node);
  GH_SAME(status);
  GH_SAME(real_name_verified);
  GH_SAME(sex);
  GH_SAME(joined_day);
  GH_SAME(span_count);
  GH_SAME(spans);
  GH_SAME(keep.union_node);
  GH_SAME(keep.status);
  GH_SAME(keep.real_name_verified);
  GH_SAME(keep.sex);
  GH_SAME(keep.joined_day);
  GH_SAME(keep.segments);
}

void Compare(Comparison& c, const CardRequest& a, const CardRequest& b) {
  GH_SAME(number);
  GH_SAME(member);
  GH_SAME(status);
  GH_SAME(kind);
  GH_SAME(expires_day);
  GH_SAME(keep.status);
  GH_SAME(keep.kind);
  GH_SAME(keep.expires_day);
}

void Compare(Comparison& c, const MerchantRequest& a, const MerchantRequest& b) {
  GH_SAME(id);
  GH_SAME(union_node);
  GH_SAME(mcc);
  GH_SAME(status);
  GH_SAME(name);
}

void Compare(Comparison& c, const TerminalRequest& a, const TerminalRequest& b) {
  GH_SAME(id);
  GH_SAME(merchant);
  GH_SAME(kind);
  GH_SAME(status);
}

void Compare(Comparison& c, const FundRequest& a, const FundRequest& b) {
  GH_SAME(code);
  GH_SAME(owner);
  GH_SAME(asset);
  GH_SAME(budget);
  GH_SAME(opens_at);
  GH_SAME(closes_at);
  GH_SAME(advice_may_overrun);
  GH_SAME(payer);
  GH_SAME(name);
  GH_SAME(keep.owner);
  GH_SAME(keep.asset);
  GH_SAME(keep.budget);
  GH_SAME(keep.opens_at);
  GH_SAME(keep.closes_at);
  GH_SAME(keep.advice_may_overrun);
  GH_SAME(keep.payer);
  GH_SAME(keep.name);
}

void Compare(Comparison& c, const BenefitSpec& a, const BenefitSpec& b) {
  GH_SAME(code);
  GH_SAME(name);
  GH_SAME(price);
  GH_SAME(segments_any);
  GH_SAME(segments_all);
  GH_SAME(segments_none);
  GH_SAME(mccs);
  GH_SAME(merchants);
  GH_SAME(terminals);
  GH_SAME(items_any);
  GH_SAME(items_none);
  GH_SAME(closed_days);
  GH_SAME(hours);
  GH_SAME(limits);
  GH_SAME(funding);
  GH_SAME(stock);
  GH_SAME(stock_units);
  GH_SAME(terminal_kinds);
  GH_SAME(weekdays);
  GH_SAME(require_real_name);
  GH_SAME(sexes);
  GH_SAME(day_kinds);
  GH_SAME(layer);
  GH_SAME(base);
  GH_SAME(offline);
  GH_SAME(member_days_min);
  GH_SAME(segment_days_min);
  GH_SAME(pieces_max);
  GH_SAME(member_union);
  GH_SAME(merchant_union);
  GH_SAME(starts_at);
  GH_SAME(ends_at);
  GH_SAME(hold_s);
  GH_SAME(asks);
  GH_SAME(voucher_returns);
  GH_SAME(approvals);
  GH_SAME(reserved);
  GH_SAME(claim_days_max);
  GH_SAME(slot_minutes);
  GH_SAME(slot_ahead_days);
  GH_SAME(slot_grace_minutes);
  GH_SAME(earlier_prices);
  GH_SAME(reserved_2);
  GH_SAME(voucher);
}

void Compare(Comparison& c, const ProgrammeImage& a, const ProgrammeImage& b) {
  GH_SAME(programme.code);
  GH_SAME(programme.name);
  GH_SAME(programme.calendar.zone);
  GH_SAME(programme.calendar.cutover_s);
  GH_SAME(programme.calendar.offset_change_count);
  GH_SAME(programme.calendar.offset_changes);
  GH_SAME(programme.starts_at);
  GH_SAME(programme.ends_at);
  GH_SAME(programme.owner);
  GH_SAME(programme.content_hash);
  GH_SAME(programme.late_capture);
  GH_SAME(programme.special_days);
  GH_SAME(stage);
  GH_SAME(activates_at);
  c.List("limits", a.limits, b.limits);
  c.List("segments", a.segments, b.segments);
  c.List("mccs", a.mccs, b.mccs);
  c.List("merchants", a.merchants, b.merchants);
  c.List("terminals", a.terminals, b.terminals);
  c.List("items", a.items, b.items);
  c.List("steps", a.steps, b.steps);
  c.List("days", a.days, b.days);
  c.List("hours", a.hours, b.hours);
  c.List("limit_refs", a.limit_refs, b.limit_refs);
  c.List("funding", a.funding, b.funding);
  c.List("over_capture", a.over_capture, b.over_capture);
  const size_t benefits[] = {a.benefits.size(), b.benefits.size()};
  c.Field("benefits", benefits[0], benefits[1]);
  for (size_t i = 0; c.first().empty() && i < a.benefits.size(); ++i) {
    Compare(c, a.benefits[i], b.benefits[i]);
  }
}

void Compare(Comparison& c, const IssueVouchersRequest& a, const IssueVouchersRequest& b) {
  GH_SAME(series);
  GH_SAME(valid_from);
  GH_SAME(expires_at);
  GH_SAME(draw);
  c.List("vouchers", a.vouchers, b.vouchers);
}

void Compare(Comparison& c, const CommitDrawRequest& a, const CommitDrawRequest& b) {
  GH_SAME(code);
  GH_SAME(kind);
  GH_SAME(seed_hash);
  GH_SAME(programme);
  GH_SAME(limit);
  GH_SAME(closes_at);
  c.List("prizes", a.prizes, b.prizes);
}

void Compare(Comparison& c, const CloseDrawRequest& a, const CloseDrawRequest& b) {
  GH_SAME(code);
  GH_SAME(entries_hash);
  GH_SAME(entry_count);
}

void Compare(Comparison& c, const ArchivedTransaction& a, const ArchivedTransaction& b) {
  GH_SAME(transaction);
  GH_SAME(advice);
  GH_SAME(applied);
  GH_SAME(uses);
  GH_SAME(lines);
}

void Compare(Comparison& c, const Command& a, const Command& b) {
  GH_SAME(kind);
  if (!c.first().empty()) {
    return;
  }
  GH_SAME(terminal);
  GH_SAME(request_id);
  Compare(c, a.advice, b.advice);
  switch (a.kind) {
    case CommandKind::kAuthorize:
      return Compare(c, a.authorize, b.authorize);
    case CommandKind::kCapture:
      return Compare(c, a.capture, b.capture);
    case CommandKind::kReverse:
      return Compare(c, a.reverse, b.reverse);
    case CommandKind::kIncrement:
      return Compare(c, a.increment, b.increment);
    case CommandKind::kRefund:
      return Compare(c, a.refund, b.refund);
    case CommandKind::kCloseBatch:
      GH_SAME(close_batch.theirs);
      return;
    case CommandKind::kArchive:
      c.Field("archive", *a.archive, *b.archive);
      return;
    case CommandKind::kThaw:
      return Compare(c, *a.thaw, *b.thaw);
    case CommandKind::kQuote:
    case CommandKind::kGetTransaction:
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
    case CommandKind::kActivateDue:
      return;
    case CommandKind::kDefineSegment:
      return Compare(c, *a.segment, *b.segment);
    case CommandKind::kSetUnionNode:
      return Compare(c, *a.union_node, *b.union_node);
    case CommandKind::kSetMember:
      return Compare(c, *a.member, *b.member);
    case CommandKind::kSetCard:
      return Compare(c, *a.card, *b.card);
    case CommandKind::kSetMerchant:
      return Compare(c, *a.merchant, *b.merchant);
    case CommandKind::kSetTerminal:
      return Compare(c, *a.terminal_setting, *b.terminal_setting);
    case CommandKind::kSetFund:
      return Compare(c, *a.fund, *b.fund);
    case CommandKind::kApplyProgramme:
      return Compare(c, *a.programme, *b.programme);
    case CommandKind::kSetMemberStatus:
      GH_SAME(member_status->member);
      GH_SAME(member_status->status);
      return;
    case CommandKind::kSetCardStatus:
      GH_SAME(card_status->card);
      GH_SAME(card_status->status);
      return;
    case CommandKind::kReplaceCard:
      GH_SAME(replace_card->old_card);
      return Compare(c, a.replace_card->new_card, b.replace_card->new_card);
    case CommandKind::kRetireProgramme:
      GH_SAME(retire_programme->code);
      return;
    case CommandKind::kStageProgramme:
      GH_SAME(stage_programme->code);
      GH_SAME(stage_programme->version);
      GH_SAME(stage_programme->stage);
      GH_SAME(stage_programme->activates_at);
      return;
    case CommandKind::kIssueVouchers:
      return Compare(c, *a.issue_vouchers, *b.issue_vouchers);
    case CommandKind::kVoidVouchers:
      return c.List("keys", a.void_vouchers->keys, b.void_vouchers->keys);
    case CommandKind::kCommitDraw:
      return Compare(c, *a.commit_draw, *b.commit_draw);
    case CommandKind::kCloseDraw:
      return Compare(c, *a.close_draw, *b.close_draw);
    case CommandKind::kSettleDraw:
      return c.Field("settle_draw", *a.settle_draw, *b.settle_draw);
    case CommandKind::kDrawPrize:
      return c.Field("draw_prize", *a.draw_prize, *b.draw_prize);
    case CommandKind::kContribute:
      return c.Field("contribute", *a.contribute, *b.contribute);
    case CommandKind::kRevokeContribution:
      return c.Field("revoke_contribution", *a.revoke_contribution, *b.revoke_contribution);
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      return c.Field("judge_claim", *a.judge_claim, *b.judge_claim);
  }
}

}  // namespace

std::string FirstDifference(const Event& a, const Event& b) {
  Comparison c;
  GH_SAME(kind);
  GH_SAME(seq);
  GH_SAME(at);
  GH_SAME(transaction_row);
  GH_SAME(transaction);
  GH_SAME(original.row);
  GH_SAME(original.state);
  GH_SAME(original.restates);
  GH_SAME(original.list_price_delta);
  GH_SAME(original.subsidy_delta);
  GH_SAME(original.captured_delta);
  GH_SAME(original.captured_subsidy_delta);
  GH_SAME(original.refunded_delta);
  GH_SAME(original.refunded_subsidy_delta);
  GH_SAME(original.expires_at_delta_ns);
  GH_SAME(tombstone_row);
  GH_SAME(share_count);
  GH_SAME(use_count);
  GH_SAME(member_pending_delta);
  GH_SAME(member_posted_delta);
  GH_SAME(shares);
  for (size_t i = 0; i < a.uses.size(); ++i) {
    GH_SAME(uses[i].limit);
    GH_SAME(uses[i].subject);
    GH_SAME(uses[i].window);
    GH_SAME(uses[i].benefit);
    GH_SAME(uses[i].held_delta);
    GH_SAME(uses[i].used_delta);
    GH_SAME(uses[i].used_after);
    GH_SAME(uses[i].left_after);
  }
  GH_SAME(line_count);
  GH_SAME(lines);
  GH_SAME(is_advice);
  GH_SAME(queue_empty);
  GH_SAME(advice);
  GH_SAME(batch);
  GH_SAME(code_use_row);
  GH_SAME(has_occasion);
  GH_SAME(voucher_state);
  GH_SAME(voucher_row);
  GH_SAME(row);
  GH_SAME(row_2);
  GH_SAME(span_count);
  for (size_t i = 0; i < a.spans.size(); ++i) {
    GH_SAME(spans[i].starts_at);
    GH_SAME(spans[i].ends_at);
    GH_SAME(spans[i].segment);
  }
  Compare(c, *a.command, *b.command);
  return c.first();
}

std::string FirstDifference(const ArchivedTransaction& a, const ArchivedTransaction& b) {
  Comparison c;
  Compare(c, a, b);
  return c.first();
}

#undef GH_SAME

}  // namespace gonghui
