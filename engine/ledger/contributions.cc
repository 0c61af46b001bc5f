// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What members pay into a mutual fund, and the cover that it buys them: a span of a segment
// (docs/decisions/0009-aid-and-mutual-funds.md).

#include <algorithm>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/keys.h"

namespace gonghui {
namespace {

// It begins cover, or is renewed without a gap by such.  What was revoked is empty.
bool Covers(const SegmentSpan& span, SegmentBit segment, TimestampNs from) {
  return span.segment == segment && span.starts_at < span.ends_at && span.starts_at <= from &&
         span.ends_at >= from;
}

// Otherwise what was covered before lasted longer, and its span stayed as it was.
bool ChangedItsSpan(const Contribution& contribution) {
  return contribution.covered_until < contribution.covers_until;
}

}  // namespace

// ---- Finding -------------------------------------------------------------------

ContributionRow Ledger::FindContribution(FundRow fund, const ReceiptCode& receipt) const {
  return ContributionRow{contribution_index_.Find(HashOf(fund, receipt), [&](uint32_t row) {
    const Contribution& contribution = contributions_[ContributionRow{row}];
    return contribution.fund == fund && contribution.receipt == receipt;
  })};
}

SegmentSpanRow Ledger::FindCover(const Member& member, SegmentBit segment, TimestampNs from) const {
  SegmentSpanRow row = member.first_span;
  while (row != SegmentSpanRow{} && !Covers(segment_spans_[row], segment, from)) {
    row = segment_spans_[row].next;
  }
  return row;
}

// Each step goes back to a span that begins earlier, so it ends.
TimestampNs Decider::BeginOfCover(const Member& member, const SegmentSpan& span) const {
  TimestampNs begin = span.starts_at;
  for (SegmentSpanRow row = member.first_span; row != SegmentSpanRow{};) {
    const SegmentSpan& other = ledger_.segment_spans_[row];
    const bool goes_back =
        other.segment == span.segment && other.starts_at < begin && other.ends_at >= begin;
    begin = goes_back ? other.starts_at : begin;
    row = goes_back ? member.first_span : other.next;
  }
  return begin;
}

// ---- Decide --------------------------------------------------------------------

void Decider::Contribute() {
  const ContributeRequest& request = *command_.contribute;
  const FundRow fund_row = ledger_.FindFund(request.fund);
  if (fund_row == FundRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kFund);
  }
  const MemberRow member_row = ledger_.FindMember(request.member);
  if (member_row == MemberRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kMember);
  }
  const uint32_t bit = ledger_.FindSegmentBit(request.segment);
  if (bit >= kSegmentsMax) {
    return Refuse(AdminReason::kUnknownReference, Field::kSegment);
  }
  const Fund& fund = ledger_.funds_[fund_row];
  if (fund.asset != Asset::kMoney) {
    return Refuse(AdminReason::kWrongAsset, Field::kFund);
  }
  // A repeat of what was revoked brings nothing back, whatever has taken its receipt since:
  // that is how a list looks that is read once more.
  const ContributionRow newest = ledger_.FindContribution(fund_row, request.receipt);
  for (ContributionRow row = newest; row != ContributionRow{};
       row = ledger_.contributions_[row].previous) {
    const Contribution& stored = ledger_.contributions_[row];
    if (stored.member == member_row && stored.segment == bit && stored.amount == request.amount &&
        stored.covers_from == request.covers_from && stored.covers_until == request.covers_until) {
      return Unchanged(row.value());
    }
  }
  // Something else puts a mistake right, but only one that was revoked.
  if (newest != ContributionRow{} && !ledger_.contributions_[newest].revoked) {
    return Refuse(AdminReason::kBelongsToAnother, Field::kReceipt);
  }
  if (request.amount > Fen{kFundFenMax} - fund.budget - fund.contributed) {
    result_->verdict = Verdict::kOutOfRange;
    result_->field = Field::kAmount;
    return;
  }
  const Member& member = ledger_.members_[member_row];
  SegmentSpanRow span =
      ledger_.FindCover(member, static_cast<SegmentBit>(bit), request.covers_from);
  bool is_new = false;
  if (span == SegmentSpanRow{}) {
    uint32_t span_count = 0;
    SegmentSpanRow empty;  // what was made by mistake, and revoked
    for (SegmentSpanRow at = member.first_span; at != SegmentSpanRow{};
         at = ledger_.segment_spans_[at].next) {
      const SegmentSpan& there = ledger_.segment_spans_[at];
      ++span_count;
      empty = empty == SegmentSpanRow{} && there.starts_at == there.ends_at ? at : empty;
    }
    is_new = span_count < kSegmentSpansPerMemberMax;
    span = is_new ? ledger_.segment_spans_.next() : empty;
    if (span == SegmentSpanRow{}) {
      return Refuse(AdminReason::kTooMany, Field::kCover);
    }
  }
  if (ledger_.contributions_.full()) {
    return Full(Field::kContributions);
  }
  if (is_new && ledger_.segment_spans_.full()) {
    return Full(Field::kMembers);
  }
  AcceptNew(EventKind::kContributed, ledger_.contributions_.next().value(), span.value());
}

// Where the cover ends that this contribution made, or made longer; 0 = it is no more.  An
// import of segments may have put another span into its row, or left the row out of the chain.
TimestampNs Ledger::EndOfCover(const Contribution& contribution) const {
  SegmentSpanRow row = members_[contribution.member].first_span;
  while (row != SegmentSpanRow{} && row != contribution.span) {
    row = segment_spans_[row].next;
  }
  const SegmentSpan& span = segment_spans_[row];  // row 0 is all zero
  const bool is_it = row != SegmentSpanRow{} && span.segment == contribution.segment &&
                     span.starts_at <= contribution.covers_from;
  return is_it ? span.ends_at : TimestampNs{};
}

void Decider::RevokeContribution() {
  const RevokeContributionRequest& request = *command_.revoke_contribution;
  const FundRow fund_row = ledger_.FindFund(request.fund);
  if (fund_row == FundRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kFund);
  }
  const ContributionRow row = ledger_.FindContribution(fund_row, request.receipt);
  if (row == ContributionRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kReceipt);
  }
  const Contribution& contribution = ledger_.contributions_[row];
  if (contribution.revoked) {
    return Unchanged(row.value());
  }
  const Fund& fund = ledger_.funds_[fund_row];
  if (fund.left() - fund.overrun - fund.suspense < contribution.amount) {
    return Refuse(AdminReason::kBelowCommitted, Field::kAmount);
  }
  // What was renewed since is revoked first.
  if (ChangedItsSpan(contribution) &&
      ledger_.EndOfCover(contribution) > contribution.covers_until) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kCover);
  }
  Accept(EventKind::kContributionRevoked, row.value());
}

// ---- Evolve --------------------------------------------------------------------

void Ledger::EvolveContribution(const Event& event) {
  const ContributionRow row{event.row};
  if (event.kind == EventKind::kContributionRevoked) {
    const Contribution& contribution = contributions_[row];
    if (ChangedItsSpan(contribution) && EndOfCover(contribution) == contribution.covers_until) {
      segment_spans_.Update(contribution.span, [&contribution](SegmentSpan& span) {
        span.ends_at = contribution.covered_until;
      });
    }
    funds_.Update(contribution.fund, [&contribution](Fund& fund) {
      fund.contributed -= contribution.amount;
      --fund.contribution_count;
    });
    contributions_.Update(row, [](Contribution& revoked) { revoked.revoked = true; });
    return;
  }
  const ContributeRequest& request = *event.command->contribute;
  Contribution contribution;
  contribution.receipt = request.receipt;
  contribution.amount = request.amount;
  contribution.at = event.at;
  contribution.covers_from = request.covers_from;
  contribution.covers_until = request.covers_until;
  contribution.fund = FindFund(request.fund);
  contribution.member = FindMember(request.member);
  contribution.span = SegmentSpanRow{event.row_2};
  contribution.segment = static_cast<SegmentBit>(FindSegmentBit(request.segment));
  if (!segment_spans_.Contains(contribution.span)) {
    contribution.covered_until = request.covers_from;
    AppendCover(contribution);
  } else if (!Covers(segment_spans_[contribution.span],
                     contribution.segment,
                     contribution.covers_from)) {
    contribution.covered_until = request.covers_from;
    segment_spans_.Update(contribution.span, [&contribution](SegmentSpan& empty) {
      empty.segment = contribution.segment;
      empty.starts_at = contribution.covers_from;
      empty.ends_at = contribution.covers_until;
    });
  } else {
    const TimestampNs ended_at = segment_spans_[contribution.span].ends_at;
    contribution.covered_until = std::min(ended_at, request.covers_until);
    if (ended_at < request.covers_until) {
      segment_spans_.Update(contribution.span,
                            [&request](SegmentSpan& span) { span.ends_at = request.covers_until; });
    }
  }
  contribution.previous = FindContribution(contribution.fund, contribution.receipt);
  GH_CHECK_EQ(contributions_.Append(contribution).value(), event.row);
  const uint64_t hash = HashOf(contribution.fund, contribution.receipt);
  if (contribution.previous != ContributionRow{}) {
    contribution_index_.Replace(hash, contribution.previous.value(), event.row);
  } else {
    contribution_index_.Insert(hash, event.row);
  }
  funds_.Update(contribution.fund, [&request](Fund& fund) {
    fund.contributed += request.amount;
    ++fund.contribution_count;
  });
}

// A span at the end of the member's chain.
void Ledger::AppendCover(const Contribution& contribution) {
  SegmentSpan span;
  span.starts_at = contribution.covers_from;
  span.ends_at = contribution.covers_until;
  span.member = contribution.member;
  span.segment = contribution.segment;
  const SegmentSpanRow row = segment_spans_.Append(span);
  GH_CHECK_EQ(row.value(), contribution.span.value());
  SegmentSpanRow last = members_[contribution.member].first_span;
  if (last == SegmentSpanRow{}) {
    members_.Update(contribution.member, [row](Member& member) { member.first_span = row; });
    return;
  }
  while (segment_spans_[last].next != SegmentSpanRow{}) {
    last = segment_spans_[last].next;
  }
  segment_spans_.Update(last, [row](SegmentSpan& before) { before.next = row; });
}

}  // namespace gonghui
