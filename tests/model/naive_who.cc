// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whom and where a benefit is for: docs/decisions/0006-programme-language.md, "Who" and
// "Where".

#include <algorithm>

#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

template <class Item>
bool IsIn(const std::vector<Item>& items, const Item& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

constexpr int64_t kDayNs = kSecondsPerDay * kNsPerSecond;

}  // namespace

bool NaiveLedger::ServesCategory(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const Mcc mcc = merchants_.at(terminals_.at(terminal).merchant).mcc;
  return benefit.mccs.empty() ||
         std::any_of(benefit.mccs.begin(), benefit.mccs.end(), [mcc](const MccRange& range) {
           return range.first <= mcc && mcc <= range.last;
         });
}

bool NaiveLedger::ServesMerchant(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const MerchantRequest& merchant = merchants_.at(terminals_.at(terminal).merchant);
  return (benefit.merchants.empty() || IsIn(benefit.merchants, merchant.id)) &&
         IsInside(merchant.union_node, benefit.spec.merchant_union);
}

bool NaiveLedger::ServesTerminal(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const uint8_t kinds = benefit.spec.terminal_kinds;
  return (kinds == 0 || (kinds & MaskOf(terminals_.at(terminal).kind)) != 0) &&
         (benefit.terminals.empty() || IsIn(benefit.terminals, terminal));
}

bool NaiveLedger::ServesRealName(const BenefitEntry& benefit, const MemberId& member) const {
  return !benefit.spec.require_real_name ||
         (!member.IsNone() && members_.at(member).real_name_verified);
}

bool NaiveLedger::ServesMember(const BenefitEntry& benefit,
                               const MemberId& member_id,
                               TimestampNs at) const {
  if (member_id.IsNone()) {  // a bearer's: nothing is known of who it is
    return AsksForNobody(benefit);
  }
  const MemberRequest& member = members_.at(member_id);
  const auto in_segment = [&](const SegmentCode& segment) {
    return IsInSegment(member, segment, at);
  };
  const BenefitSpec& spec = benefit.spec;
  const auto& any = benefit.segments_any;
  const auto& all = benefit.segments_all;
  const auto& none = benefit.segments_none;
  return (spec.sexes == 0 || (spec.sexes & MaskOf(member.sex)) != 0) &&
         IsInside(member.union_node, spec.member_union) &&
         (any.empty() || std::any_of(any.begin(), any.end(), in_segment)) &&
         std::all_of(all.begin(), all.end(), in_segment) &&
         std::none_of(none.begin(), none.end(), in_segment) &&
         // A day that is not known is nothing that can be waited for.
         (spec.member_days_min == 0 || member.joined_day != 0);
}

// Of what the member does not have at all nothing can be waited for: ServesMember().
std::optional<TimestampNs> NaiveLedger::WaitsUntil(const BenefitEntry& benefit,
                                                   const MemberId& member_id,
                                                   TimestampNs at) const {
  if (member_id.IsNone()) {
    return std::nullopt;
  }
  const MemberRequest& member = members_.at(member_id);
  const BenefitSpec& spec = benefit.spec;
  std::vector<TimestampNs> ends;
  if (spec.member_days_min > 0 && member.joined_day != 0) {
    const CivilDay joined = kJoinedDayZero + member.joined_day;
    ends.push_back(TimestampNs{StartOfBusinessDay(benefit.calendar, joined).value() +
                               int64_t{spec.member_days_min} * kDayNs});
  }
  // Spans of a segment that touch are one.
  const auto begin_of = [&](const SegmentSpanRequest& span) {
    TimestampNs begin = span.starts_at;
    for (bool found = true; found;) {
      found = false;
      for (uint32_t i = 0; i < member.span_count; ++i) {
        const SegmentSpanRequest& other = member.spans[i];
        if (other.segment == span.segment && other.starts_at < begin && other.ends_at >= begin) {
          begin = other.starts_at;
          found = true;
        }
      }
    }
    return begin;
  };
  // Of a segment that the member is in: when the first of its spans has lasted long enough.
  const auto end_of = [&](const SegmentCode& segment) {
    std::optional<TimestampNs> end;
    for (uint32_t i = 0; i < member.span_count; ++i) {
      const SegmentSpanRequest& span = member.spans[i];
      if (span.segment == segment && span.starts_at <= at && at < span.ends_at) {
        const TimestampNs of_span{begin_of(span).value() + int64_t{spec.segment_days_min} * kDayNs};
        end = std::min(end.value_or(of_span), of_span);
      }
    }
    return end;
  };
  if (spec.segment_days_min > 0) {
    for (const SegmentCode& segment : benefit.segments_all) {
      ends.push_back(end_of(segment).value_or(at));
    }
    std::optional<TimestampNs> any;
    for (const SegmentCode& segment : benefit.segments_any) {
      if (const auto end = end_of(segment); end.has_value()) {
        any = std::min(any.value_or(*end), *end);
      }
    }
    ends.push_back(any.value_or(at));
  }
  const auto last = std::max_element(ends.begin(), ends.end());
  return last == ends.end() || *last <= at ? std::nullopt : std::optional<TimestampNs>(*last);
}

bool NaiveLedger::AsksForNobody(const BenefitEntry& benefit) {
  return benefit.spec.sexes == 0 && benefit.spec.member_union.IsNone() &&
         benefit.segments_any.empty() && benefit.segments_all.empty() &&
         benefit.segments_none.empty() && !AsksToWait(benefit);
}

bool NaiveLedger::AsksToWait(const BenefitEntry& benefit) {
  return benefit.spec.member_days_min > 0 || benefit.spec.segment_days_min > 0;
}

// A free thing of price zero is a use; of one that others have paid for nothing is left.
bool NaiveLedger::HasEffect(const BenefitEntry& benefit, int64_t subsidy, int64_t own_base) {
  return subsidy > 0 || !benefit.spec.stock.IsNone() ||
         (benefit.spec.price.kind == PriceKind::kFree && own_base == 0) ||
         (benefit.counts_on.has_value() && own_base > 0);  // it counts for later ones
}

bool NaiveLedger::IsInside(UnionNodeId node, const UnionNodeId& root) const {
  if (root.IsNone()) {
    return true;
  }
  while (!node.IsNone()) {
    if (node == root) {
      return true;
    }
    node = unions_.at(node).parent;
  }
  return false;
}

bool NaiveLedger::IsInSegment(const MemberRequest& member,
                              const SegmentCode& segment,
                              TimestampNs at) const {
  for (uint32_t i = 0; i < member.span_count; ++i) {
    const SegmentSpanRequest& span = member.spans[i];
    if (span.segment == segment && span.starts_at <= at && at < span.ends_at) {
      return true;
    }
  }
  return false;
}

}  // namespace gonghui
