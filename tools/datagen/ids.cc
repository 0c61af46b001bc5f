// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/datagen/ids.h"

#include <fmt/format.h>

#include <array>

#include <absl/time/civil_time.h>

#include "engine/base/check.h"

namespace gonghui::datagen {
namespace {

// Birthdays: 42 years of them.
constexpr uint64_t kBirthdays = 15'340;
constexpr absl::civil_year_t kFirstBirthYear = 1962;

// Numbers of one birthday and sex; the third digit's parity is the sex.
constexpr uint64_t kOrders = 500;
static_assert(kMembersMax < kBirthdays * kOrders);

}  // namespace

std::string MemberId(uint64_t n) {
  return fmt::format("M{:07}", n);
}

std::string MerchantId(uint64_t n) {
  return fmt::format("S{:07}", n);
}

std::string TerminalId(uint64_t n) {
  return fmt::format("T{:07}", n);
}

std::string EnterpriseId(uint64_t n) {
  return fmt::format("E{:05}", n);
}

char LuhnDigit(std::string_view digits) {
  int sum = 0;
  bool doubled = true;  // the last digit stands next to the one we look for
  for (size_t i = digits.size(); i-- > 0;) {
    const int digit = digits[i] - '0';
    const int value = doubled ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    doubled = !doubled;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string CardNumber(uint64_t member, CardKind kind) {
  GH_CHECK_LT(member, 100'000'000U);
  std::string number =
      fmt::format("625301{}{:08}", kind == CardKind::kPhysical ? '1' : '2', member);
  number += LuhnDigit(number);
  return number;
}

char NationalIdCheck(std::string_view digits) {
  GH_CHECK_EQ(digits.size(), 17U);
  constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  constexpr std::string_view kChecks = "10X98765432";
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    sum += kWeights[i] * (digits[i] - '0');
  }
  return kChecks[static_cast<size_t>(sum % 11)];
}

std::string NationalId(uint64_t member, bool male) {
  GH_CHECK_LT(member, kMembersMax);
  // 7919 shares no factor with the number of birthdays, nor 37 with that of
  // orders: members that share a birthday differ in their order.
  const uint64_t birthday = member * 7'919 % kBirthdays;
  const uint64_t order = (member / kBirthdays * 37 + birthday * 11) % kOrders;
  const absl::CivilDay day =
      absl::CivilDay(kFirstBirthYear, 1, 1) + static_cast<absl::civil_diff_t>(birthday);
  std::string id = fmt::format(
      "530199{:04}{:02}{:02}{:03}", day.year(), day.month(), day.day(), order * 2 + (male ? 1 : 0));
  id += NationalIdCheck(id);
  return id;
}

std::string Phone(uint64_t member) {
  // A power of three: no factor in common with ten, hence a permutation.
  return fmt::format("12{:09}", member * 387'420'489 % 1'000'000'000);
}

}  // namespace gonghui::datagen
