// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Any value at all of the domain's types: edges more often than chance.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_ANY_VALUE_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_ANY_VALUE_H_

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/prng.h"
#include "engine/domain/calendar.h"
#include "engine/domain/code.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"
#include "engine/domain/reason.h"

namespace gonghui {

inline uint64_t AnyUint(Prng& prng, uint64_t max) {
  switch (prng.Below(6)) {
    case 0:
      return 0;
    case 1:
      return max;
    case 2:
      return prng.Below(max < 300 ? max + 1 : 300);
    default: {
      const uint64_t bits = prng.Below(64) + 1;
      const uint64_t value = prng.Next() >> (64 - bits);
      return value <= max ? value : (max == UINT64_MAX ? value : value % (max + 1));
    }
  }
}

inline int64_t AnyInt(Prng& prng) {
  switch (prng.Below(8)) {
    case 0:
      return INT64_MIN;
    case 1:
      return INT64_MAX;
    default: {
      const int64_t value = static_cast<int64_t>(AnyUint(prng, INT64_MAX));
      return prng.Chance(1, 2) ? value : -value;
    }
  }
}

inline int32_t AnyInt32(Prng& prng) {
  return static_cast<int32_t>(AnyInt(prng));
}
inline Fen AnyFen(Prng& prng) {
  return Fen{AnyInt(prng)};
}
inline TimestampNs AnyTime(Prng& prng) {
  return prng.Chance(1, 4) ? kTimestampMax : TimestampNs{AnyInt(prng)};
}
inline bool AnyBool(Prng& prng) {
  return prng.Chance(1, 2);
}

template <class Row>
Row AnyRow(Prng& prng, uint32_t max) {
  return Row{static_cast<uint32_t>(AnyUint(prng, max))};
}

template <class Enum>
Enum AnyEnum(Prng& prng, Enum last, Enum first = Enum{1}) {
  return static_cast<Enum>(prng.Between(static_cast<int64_t>(first), static_cast<int64_t>(last)));
}

template <class CodeType>
CodeType AnyCode(Prng& prng, bool may_be_none = true) {
  static constexpr std::string_view kCharacters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:-";
  if (may_be_none && prng.Chance(1, 6)) {
    return {};
  }
  const size_t size = prng.Chance(1, 4) ? CodeType::kBytes : 1 + prng.Below(CodeType::kBytes);
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += kCharacters[prng.Below(kCharacters.size())];
  }
  return *CodeType::Parse(std::span<const char>(text.data(), text.size()));
}

inline DisplayName AnyName(Prng& prng) {
  static constexpr std::string_view kNames[] = {"", "昆明市总工会", "翠湖超市（南屏街店）", "x"};
  std::string name(kNames[prng.Below(std::size(kNames))]);
  if (prng.Chance(1, 8)) {
    name.assign(96, 'n');
  }
  return *DisplayName::From(std::span<const char>(name.data(), name.size()));
}

inline RequestId AnyRequestId(Prng& prng, bool may_be_none = true) {
  return may_be_none && prng.Chance(1, 4) ? RequestId{} : RequestId{prng.Next(), prng.Next()};
}

inline Reason AnyReason(Prng& prng) {
  static constexpr Reason kReasons[] = {Reason::kNone,
                                        Reason::kOriginalNotFound,
                                        Reason::kExceedsCapturedAmount,
                                        Reason::kAdviceTooOld,
                                        Reason::kInvalidCard,
                                        Reason::kMemberClosed,
                                        Reason::kNoEffect,
                                        Reason::kWaitingPeriod,
                                        Reason::kApprovalMissing,
                                        Reason::kEventNotYet,
                                        Reason::kVoucherNotFound,
                                        Reason::kVoucherExpired,
                                        Reason::kVoucherOfAnother,
                                        Reason::kNoVoucher,
                                        Reason::kClaimTooLate,
                                        Reason::kTooManyNoShows,
                                        Reason::kExceedsAmountLimit,
                                        Reason::kBudgetExhausted};
  return kReasons[prng.Below(std::size(kReasons))];
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_ANY_VALUE_H_
