// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fields of operators' commands but a programme's (programme_content.h) and those of
// voucher_content.h, in the order in which a record holds them.  One template a structure, for
// writing and reading alike. The order is stored: DO NOT CHANGE it; a new field makes a new record
// version.
//
// Part of record_format.cc; nobody else includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_OPERATOR_CONTENT_H_
#define GONGHUI_ENGINE_DURABILITY_OPERATOR_CONTENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

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

// An enumerator, and above its bits in the same byte what stays as it stands, flags[0]
// lowest.
template <class C, class Enum, size_t kFlags>
void EnumAndFlags(C& c,
                  Enum& value,
                  std::type_identity_t<Enum> last,
                  std::type_identity_t<Enum> first,
                  int enum_bits,
                  const std::array<FlagRef<C>, kFlags>& flags) {
  const int mask = (1 << enum_bits) - 1;
  const int shift = enum_bits;
  if constexpr (C::kReading) {
    const uint8_t byte = c.Byte();
    value = c.EnumOf(static_cast<uint8_t>(byte & mask), last, first);
    for (size_t i = 0; i < kFlags; ++i) {
      *flags[i] = (byte >> (shift + static_cast<int>(i)) & 1) != 0;
    }
    if (byte >> (shift + static_cast<int>(kFlags)) != 0) {
      c.Fail("unknown flag beside an enumerator");
    }
  } else {
    GH_DCHECK(value >= first && value <= last, "value=", value);
    int byte = static_cast<int>(value);
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
  EnumAndFlags(c,
               r.status,
               MemberStatus::kClosed,
               MemberStatus::kActive,
               3,
               std::array<FlagRef<C>, 5>{&r.keep.status,
                                         &r.keep.union_node,
                                         &r.keep.real_name_verified,
                                         &r.keep.sex,
                                         &r.keep.segments});
  c.Bool(r.real_name_verified);
  EnumAndFlags(
      c, r.sex, Sex::kFemale, Sex::kUnknown, 2, std::array<FlagRef<C>, 1>{&r.keep.joined_day});
  c.Number(r.joined_day);
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
  EnumAndFlags(c,
               r.status,
               CardStatus::kClosed,
               CardStatus::kIssued,
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
  c.EnumByte(r.kind, TerminalKind::kOffice);
  c.EnumByte(r.status, TerminalStatus::kInactive);
}

template <class C>
void Content(C& c, Ref<C, FundRequest> r) {
  c.CodeField(r.code);
  c.CodeField(r.owner);
  EnumAndFlags(
      c,
      r.asset,
      Asset::kThing,
      Asset::kMoney,
      2,
      std::array<FlagRef<C>, 4>{&r.keep.owner, &r.keep.asset, &r.keep.budget, &r.keep.name});
  c.Amount(r.budget);
  c.Time(r.opens_at);
  c.Time(r.closes_at);
  c.Bool(r.advice_may_overrun);
  EnumAndFlags(c,
               r.payer,
               Payer::kSponsor,
               Payer::kUnion,
               2,
               std::array<FlagRef<C>, 4>{
                   &r.keep.opens_at, &r.keep.closes_at, &r.keep.advice_may_overrun, &r.keep.payer});
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

template <class C>
void Content(C& c, Ref<C, StageProgrammeRequest> r) {
  c.CodeField(r.code);
  c.Number(r.version);
  c.EnumByte(r.stage, Stage::kWithdrawn);
  c.Time(r.activates_at);
}

// ---- Upper bounds -----------------------------------------------------------

// Every operator's command but a programme (programme_content.h), lists of vouchers and draws
// (voucher_content.h); a member with all its spans is the largest.
inline constexpr size_t kOperatorContentBytesMax = 1024;
static_assert(2 * kCode2BytesMax + 3 + kInt32BytesMax + 1 +
                  kSegmentSpansPerMemberMax * (kCode4BytesMax + 2 * kVarintBytesMax) <=
              kOperatorContentBytesMax);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_OPERATOR_CONTENT_H_
