// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What members pay into a mutual fund, and the cover that it buys:
// docs/decisions/0009-aid-and-mutual-funds.md.

#include <algorithm>

#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

Answer Refused(AdminReason reason, Field field) {
  Answer answer;
  answer.verdict = Verdict::kRefused;
  answer.field = field;
  answer.admin_reason = reason;
  return answer;
}

// At the end; where there is no room, in place of one that covers nothing any more.
std::optional<uint32_t> PlaceForSpan(const MemberRequest& member) {
  if (member.span_count < kSegmentSpansPerMemberMax) {
    return member.span_count;
  }
  for (uint32_t i = 0; i < member.span_count; ++i) {
    if (member.spans[i].starts_at == member.spans[i].ends_at) {
      return i;
    }
  }
  return std::nullopt;
}

bool IsSame(const ContributeRequest& a, const ContributeRequest& b) {
  return a.member == b.member && a.segment == b.segment && a.amount == b.amount &&
         a.covers_from == b.covers_from && a.covers_until == b.covers_until;
}

}  // namespace

int64_t NaiveLedger::ContributedTo(const FundCode& fund) const {
  int64_t sum = 0;
  for (const auto& [key, of_receipt] : contributions_) {
    const NaiveContribution& newest = of_receipt.back();
    sum += key.first == fund && !newest.revoked ? newest.asked.amount.value() : 0;
  }
  return sum;
}

Answer NaiveLedger::Contribute(const ContributeRequest& request, TimestampNs now) {
  const auto fund = funds_.find(request.fund);
  if (fund == funds_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kFund);
  }
  const auto member = members_.find(request.member);
  if (member == members_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kMember);
  }
  if (segments_.find(request.segment) == segments_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kSegment);
  }
  if (fund->second.asset != Asset::kMoney) {
    return Refused(AdminReason::kWrongAsset, Field::kFund);
  }
  const auto key = std::make_pair(request.fund, request.receipt);
  if (const auto known = contributions_.find(key); known != contributions_.end()) {
    const std::vector<NaiveContribution>& of_receipt = known->second;
    // A repeat of what was revoked brings nothing back, whatever stands there now.
    if (std::any_of(of_receipt.begin(), of_receipt.end(), [&](const NaiveContribution& one) {
          return IsSame(one.asked, request);
        })) {
      const bool is_newest = IsSame(of_receipt.back().asked, request);
      Went(NaivePath::kReceiptRevokedBefore, !is_newest && of_receipt.back().revoked);
      Went(NaivePath::kReceiptPutRightBefore, !is_newest && !of_receipt.back().revoked);
      return Only(Verdict::kUnchanged);
    }
    if (!of_receipt.back().revoked) {
      return Refused(AdminReason::kBelongsToAnother, Field::kReceipt);
    }
  }
  const int64_t before = fund->second.budget.value() + ContributedTo(request.fund);
  if (before + request.amount.value() > kFundFenMax) {
    return Only(Verdict::kOutOfRange, Field::kAmount);
  }
  MemberRequest& covered = member->second;
  std::vector<uint64_t>& names = span_names_[request.member];
  NaiveContribution contribution{request, now, 0, {}, false};
  for (uint32_t i = 0; i < covered.span_count; ++i) {
    SegmentSpanRequest& span = covered.spans[i];
    const bool is_empty = span.starts_at == span.ends_at;  // revoked
    if (span.segment == request.segment && !is_empty && span.starts_at <= request.covers_from &&
        request.covers_from <= span.ends_at) {
      Went(NaivePath::kCoverRenewed, span.ends_at == request.covers_from);
      Went(NaivePath::kCoverLongerAlready, request.covers_until <= span.ends_at);
      contribution.span = names.at(i);
      contribution.covered_until = std::min(span.ends_at, request.covers_until);
      span.ends_at = std::max(span.ends_at, request.covers_until);
      break;
    }
  }
  if (contribution.span == 0) {
    const std::optional<uint32_t> place = PlaceForSpan(covered);
    if (!place.has_value()) {
      Went(NaivePath::kCoverTooMany);
      return Refused(AdminReason::kTooMany, Field::kCover);
    }
    Went(NaivePath::kCoverInPlaceOfEmpty, *place < covered.span_count);
    if (*place == covered.span_count) {
      ++covered.span_count;
      names.push_back(++last_span_name_);
    }
    covered.spans[*place] = {request.segment, request.covers_from, request.covers_until};
    contribution.span = names.at(*place);
    contribution.covered_until = request.covers_from;
  }
  std::vector<NaiveContribution>& of_receipt = contributions_[key];
  Went(NaivePath::kReceiptPutRight, !of_receipt.empty());
  of_receipt.push_back(contribution);
  return {};
}

Answer NaiveLedger::RevokeContribution(const RevokeContributionRequest& request) {
  if (funds_.find(request.fund) == funds_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kFund);
  }
  const auto found = contributions_.find({request.fund, request.receipt});
  if (found == contributions_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kReceipt);
  }
  NaiveContribution& contribution = found->second.back();
  const ContributeRequest& asked = contribution.asked;
  if (contribution.revoked) {
    return Only(Verdict::kUnchanged);
  }
  const NaiveFundTotals totals = TotalsOf(request.fund);
  const int64_t left = funds_.at(request.fund).budget.value() + ContributedTo(request.fund) -
                       totals.held - totals.spent - totals.overrun - totals.suspense;
  if (left < asked.amount.value()) {
    return Refused(AdminReason::kBelowCommitted, Field::kAmount);
  }
  if (contribution.covered_until < asked.covers_until) {
    MemberRequest& covered = members_.at(asked.member);
    const std::vector<uint64_t>& names = span_names_[asked.member];
    for (uint32_t i = 0; i < covered.span_count; ++i) {
      SegmentSpanRequest& span = covered.spans[i];
      // An import may have put another one in its place.
      const bool is_it = names.at(i) == contribution.span && span.segment == asked.segment &&
                         span.starts_at <= asked.covers_from;
      if (is_it && span.ends_at > asked.covers_until) {
        Went(NaivePath::kCoverRenewedSince);
        return Refused(AdminReason::kNotAllowedFromState, Field::kCover);
      }
      if (is_it && span.ends_at == asked.covers_until) {
        Went(NaivePath::kCoverTakenBack);
        span.ends_at = contribution.covered_until;
      }
    }
  }
  contribution.revoked = true;
  return {};
}

}  // namespace gonghui
