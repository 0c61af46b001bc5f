// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fields of operators' commands, in the order in which a record holds them.
// One template a structure, for writing and reading alike.  The order is stored:
// DO NOT CHANGE it; a new field makes a new record version.
//
// Part of record_format.cc; nobody else includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_OPERATOR_CONTENT_H_
#define GONGHUI_ENGINE_DURABILITY_OPERATOR_CONTENT_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/limits.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

template <class C>
void Content(C& c, Ref<C, SegmentRequest> r) {
  c.CodeField(r.code);
  c.Text(r.name);
}

template <class C>
void Content(C& c, Ref<C, UnionNodeRequest> r) {
  c.CodeField(r.id);
  c.CodeField(r.parent);
  c.EnumByte(r.level, UnionLevel::kOther);
  c.Text(r.name);
}

template <class C>
using FlagRef = std::conditional_t<C::kReading, bool*, const bool*>;

// A status, and above its bits in the same byte what stays as it stands, flags[0]
// lowest.  A request that keeps nothing has the bytes it always had.
template <class C, class Status, size_t kFlags>
void StatusAndFlags(C& c,
                    Status& status,
                    std::type_identity_t<Status> last,
                    int status_bits,
                    const std::array<FlagRef<C>, kFlags>& flags) {
  const int mask = (1 << status_bits) - 1;
  const int shift = status_bits;
  if constexpr (C::kReading) {
    const uint8_t byte = c.Byte();
    status = c.EnumOf(static_cast<uint8_t>(byte & mask), last);
    for (size_t i = 0; i < kFlags; ++i) {
      *flags[i] = (byte >> (shift + static_cast<int>(i)) & 1) != 0;
    }
    if (byte >> (shift + static_cast<int>(kFlags)) != 0) {
      c.Fail("unknown flag beside a status");
    }
  } else {
    GH_DCHECK(static_cast<int>(status) >= 1 && status <= last, "status=", status);
    int byte = static_cast<int>(status);
    for (size_t i = 0; i < kFlags; ++i) {
      byte |= *flags[i] ? 1 << (shift + static_cast<int>(i)) : 0;
    }
    c.Byte(static_cast<uint8_t>(byte));
  }
}

template <class C>
void Content(C& c, Ref<C, MemberRequest> r) {
  c.CodeField(r.id);
  c.CodeField(r.union_node);
  StatusAndFlags(c,
                 r.status,
                 MemberStatus::kClosed,
                 3,
                 std::array<FlagRef<C>, 5>{&r.keep.status,
                                           &r.keep.union_node,
                                           &r.keep.real_name_verified,
                                           &r.keep.sex,
                                           &r.keep.segments});
  c.Bool(r.real_name_verified);
  c.EnumByte(r.sex, Sex::kFemale, Sex::kUnknown);
  c.Count(r.span_count, kSegmentSpansPerMemberMax);
  for (uint32_t i = 0; i < r.span_count; ++i) {
    c.CodeField(r.spans[i].segment);
    c.Time(r.spans[i].starts_at);
    c.Time(r.spans[i].ends_at);
  }
}

template <class C>
void Content(C& c, Ref<C, CardRequest> r) {
  c.Id64(r.number);
  c.CodeField(r.member);
  StatusAndFlags(c,
                 r.status,
                 CardStatus::kClosed,
                 4,
                 std::array<FlagRef<C>, 3>{&r.keep.status, &r.keep.kind, &r.keep.expires_day});
  c.EnumByte(r.kind, CardKind::kDigital);
  c.Number(r.expires_day);
}

template <class C>
void Content(C& c, Ref<C, MerchantRequest> r) {
  c.CodeField(r.id);
  c.CodeField(r.union_node);
  c.Number(r.mcc);
  c.EnumByte(r.status, MerchantStatus::kClosed);
  c.Text(r.name);
}

template <class C>
void Content(C& c, Ref<C, TerminalRequest> r) {
  c.CodeField(r.id);
  c.CodeField(r.merchant);
  c.EnumByte(r.kind, TerminalKind::kOnline);
  c.EnumByte(r.status, TerminalStatus::kInactive);
}

template <class C>
void Content(C& c, Ref<C, FundRequest> r) {
  c.CodeField(r.code);
  c.CodeField(r.owner);
  c.EnumByte(r.asset, Asset::kThing);
  c.Amount(r.budget);
  c.Time(r.opens_at);
  c.Time(r.closes_at);
  c.Bool(r.advice_may_overrun);
  c.Text(r.name);
}

template <class C>
void Content(C& c, Ref<C, MemberStatusRequest> r) {
  c.CodeField(r.member);
  c.EnumByte(r.status, MemberStatus::kClosed);
}

template <class C>
void Content(C& c, Ref<C, CardStatusRequest> r) {
  c.Id64(r.card);
  c.EnumByte(r.status, CardStatus::kClosed);
}

template <class C>
void Content(C& c, Ref<C, ReplaceCardRequest> r) {
  c.Id64(r.old_card);
  Content(c, r.new_card);
}

template <class C>
void Content(C& c, Ref<C, RetireProgrammeRequest> r) {
  c.CodeField(r.code);
}

// ---- Programmes --------------------------------------------------------------

template <class C>
void Content(C& c, Ref<C, Calendar> r) {
  c.CodeField(r.zone);
  c.Number(r.cutover_s);
  c.Count(r.offset_change_count, kOffsetChangesMax);
  for (uint32_t i = 0; i < r.offset_change_count; ++i) {
    c.Number(r.offset_changes[i].from_s);
    c.Number(r.offset_changes[i].offset_s);
  }
}

template <class C>
void Content(C& c, Ref<C, ProgrammeSpec> r) {
  c.CodeField(r.code);
  c.Text(r.name);
  Content(c, r.calendar);
  c.Time(r.starts_at);
  c.Time(r.ends_at);
  c.CodeField(r.owner);
  c.Fixed64(r.content_hash);
  c.EnumByte(r.late_capture, LateCapture::kForcePost);
}

template <class C>
void Content(C& c, Ref<C, Bps> r) {
  if constexpr (C::kReading) {
    int32_t bps = 0;
    c.Number(bps);
    r = Bps{bps};
  } else {
    c.Number(r.value());
  }
}

template <class C>
void Content(C& c, Ref<C, PriceRule> r) {
  c.EnumByte(r.kind, PriceKind::kFree);
  c.EnumByte(r.rounding, Rounding::kUp);
  c.Bool(r.repeat);
  c.EnumByte(r.on_return, OnReturn::kRefuse);
  Content(c, r.rate);
  c.Amount(r.amount);
  c.Amount(r.threshold);
  c.Amount(r.discount_max);
  c.Amount(r.member_pays_min);
}

template <class C>
void Content(C& c, Ref<C, PoolRange> r) {
  c.Number(r.first);
  c.Number(r.count);
}

template <class C>
void Content(C& c, Ref<C, BenefitSpec> r) {
  c.CodeField(r.code);
  c.Text(r.name);
  Content(c, r.price);
  Content(c, r.segments_any);
  Content(c, r.segments_all);
  Content(c, r.mccs);
  Content(c, r.merchants);
  Content(c, r.hours);
  Content(c, r.limits);
  Content(c, r.funding);
  c.CodeField(r.stock);
  c.Number(r.stock_units);
  c.Byte(r.terminal_kinds);
  c.Byte(r.weekdays);
  c.Bool(r.require_real_name);
  c.CodeField(r.member_union);
  c.CodeField(r.merchant_union);
  c.Time(r.starts_at);
  c.Time(r.ends_at);
  c.Number(r.hold_s);
}

template <class C>
void Content(C& c, Ref<C, LimitSpec> r) {
  c.CodeField(r.code);
  c.EnumByte(r.measure, LimitMeasure::kAmount);
  c.EnumByte(r.subject, LimitSubject::kTerminal);
  c.EnumByte(r.window, WindowKind::kYear);
  c.EnumByte(r.when_exceeded, WhenExceeded::kReduce);
  c.EnumByte(r.refund_to, RefundTo::kNever);
  c.Number(r.max);
}

template <class C>
void Content(C& c, Ref<C, SegmentCode> r) {
  c.CodeField(r);
}

template <class C>
void Content(C& c, Ref<C, MccRange> r) {
  c.Number(r.first);
  c.Number(r.last);
}

template <class C>
void Content(C& c, Ref<C, MerchantId> r) {
  c.CodeField(r);
}

template <class C>
void Content(C& c, Ref<C, HoursRange> r) {
  c.Number(r.from_s);
  c.Number(r.to_s);
}

template <class C>
void Content(C& c, Ref<C, uint32_t> r) {
  c.Number(r);
}

template <class C>
void Content(C& c, Ref<C, FundingShareSpec> r) {
  c.CodeField(r.fund);
  Content(c, r.share);
}

template <class C>
void Content(C& c, Ref<C, OverCapture> r) {
  Content(c, r.mccs);
  Content(c, r.rate);
}

// Where the decoder keeps what an image's spans point to.
struct ProgrammePools {
  std::vector<BenefitSpec> benefits;
  std::vector<LimitSpec> limits;
  std::vector<SegmentCode> segments;
  std::vector<MccRange> mccs;
  std::vector<MerchantId> merchants;
  std::vector<HoursRange> hours;
  std::vector<uint32_t> limit_refs;
  std::vector<FundingShareSpec> funding;
  std::vector<OverCapture> over_capture;
};

template <class T>
void WritePool(ByteWriter& c, std::span<const T> items, uint32_t max) {
  c.Count(static_cast<uint32_t>(items.size()), max);
  for (const T& item : items) {
    Content<ByteWriter>(c, item);
  }
}

template <class T>
std::span<const T> ReadPool(ByteReader& c, std::vector<T>& items, uint32_t max) {
  uint32_t count = 0;
  c.Count(count, max);
  items.clear();
  for (uint32_t i = 0; i < count && c.ok(); ++i) {
    items.emplace_back();
    Content<ByteReader>(c, items.back());
  }
  return items;
}

inline void WriteImage(ByteWriter& c, const ProgrammeImage& image) {
  Content(c, image.programme);
  WritePool(c, image.limits, kLimitsPerProgrammeMax);
  WritePool(c, image.segments, kPoolItemsPerProgrammeMax);
  WritePool(c, image.mccs, kPoolItemsPerProgrammeMax);
  WritePool(c, image.merchants, kPoolItemsPerProgrammeMax);
  WritePool(c, image.hours, kPoolItemsPerProgrammeMax);
  WritePool(c, image.limit_refs, kPoolItemsPerProgrammeMax);
  WritePool(c, image.funding, kPoolItemsPerProgrammeMax);
  WritePool(c, image.over_capture, kOverCapturesPerProgrammeMax);
  WritePool(c, image.benefits, kBenefitsPerProgrammeMax);
}

// True when the range lies within its pool.
constexpr bool Lies(const PoolRange& range, size_t pool_size, size_t count_max) {
  return range.count == 0 || (range.count <= count_max && range.first <= pool_size &&
                              range.count <= pool_size - range.first);
}

inline void ReadImage(ByteReader& c, ProgrammeImage& image, ProgrammePools& pools) {
  Content(c, image.programme);
  image.limits = ReadPool(c, pools.limits, kLimitsPerProgrammeMax);
  image.segments = ReadPool(c, pools.segments, kPoolItemsPerProgrammeMax);
  image.mccs = ReadPool(c, pools.mccs, kPoolItemsPerProgrammeMax);
  image.merchants = ReadPool(c, pools.merchants, kPoolItemsPerProgrammeMax);
  image.hours = ReadPool(c, pools.hours, kPoolItemsPerProgrammeMax);
  image.limit_refs = ReadPool(c, pools.limit_refs, kPoolItemsPerProgrammeMax);
  image.funding = ReadPool(c, pools.funding, kPoolItemsPerProgrammeMax);
  image.over_capture = ReadPool(c, pools.over_capture, kOverCapturesPerProgrammeMax);
  image.benefits = ReadPool(c, pools.benefits, kBenefitsPerProgrammeMax);

  // The ledger indexes with these.
  for (const uint32_t ref : image.limit_refs) {
    if (ref >= image.limits.size()) {
      c.Fail("limit reference beyond the programme's limits");
    }
  }
  for (const BenefitSpec& benefit : image.benefits) {
    if (!Lies(benefit.segments_any, image.segments.size(), kPoolItemsPerProgrammeMax) ||
        !Lies(benefit.segments_all, image.segments.size(), kPoolItemsPerProgrammeMax) ||
        !Lies(benefit.mccs, image.mccs.size(), kPoolItemsPerProgrammeMax) ||
        !Lies(benefit.merchants, image.merchants.size(), kPoolItemsPerProgrammeMax) ||
        !Lies(benefit.hours, image.hours.size(), kPoolItemsPerProgrammeMax) ||
        !Lies(benefit.limits, image.limit_refs.size(), kLimitsPerBenefitMax) ||
        !Lies(benefit.funding, image.funding.size(), kFundingSharesPerBenefitMax)) {
      c.Fail("benefit refers beyond its programme's lists");
    }
  }
}

// ---- Upper bounds -----------------------------------------------------------

// Every operator's command but a programme; a member with all its spans is the
// largest.
inline constexpr size_t kOperatorContentBytesMax = 1024;
static_assert(2 * kCode2BytesMax + 4 +
                  kSegmentSpansPerMemberMax * (kCode4BytesMax + 2 * kVarintBytesMax) <=
              kOperatorContentBytesMax);

inline constexpr size_t kProgrammeSpecBytesMax =
    2 * kCode4BytesMax + kTextBytesMax + kInt32BytesMax + 1 +
    kOffsetChangesMax * 2 * kVarintBytesMax + 2 * kVarintBytesMax + kCode2BytesMax + 8 + 1 +
    9 * kInt32BytesMax;  // the counts of the nine lists
inline constexpr size_t kPriceRuleBytesMax = 4 + kInt32BytesMax + 4 * kVarintBytesMax;
inline constexpr size_t kBenefitSpecBytesMax =
    2 * kCode4BytesMax + kTextBytesMax + kPriceRuleBytesMax + 14 * kInt32BytesMax + kInt32BytesMax +
    3 + 2 * kCode2BytesMax + 3 * kVarintBytesMax;
inline constexpr size_t kLimitSpecBytesMax = kCode4BytesMax + 5 + kVarintBytesMax;
inline constexpr size_t kMccRangeBytesMax = 6;
inline constexpr size_t kFundingBytesMax = kCode4BytesMax + kInt32BytesMax;
inline constexpr size_t kOverCaptureBytesMax = kMccRangeBytesMax + kInt32BytesMax;

inline size_t ImageBytesMax(const ProgrammeImage& image) {
  return kProgrammeSpecBytesMax + image.limits.size() * kLimitSpecBytesMax +
         image.segments.size() * kCode4BytesMax + image.mccs.size() * kMccRangeBytesMax +
         image.merchants.size() * kCode2BytesMax + image.hours.size() * 2 * kInt32BytesMax +
         image.limit_refs.size() * kInt32BytesMax + image.funding.size() * kFundingBytesMax +
         image.over_capture.size() * kOverCaptureBytesMax +
         image.benefits.size() * kBenefitSpecBytesMax;
}

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_OPERATOR_CONTENT_H_
