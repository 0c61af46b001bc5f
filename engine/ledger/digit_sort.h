// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Many items by a number of at most 24 bits, such as a row: a tenth of what comparing costs.

#ifndef GONGHUI_ENGINE_LEDGER_DIGIT_SORT_H_
#define GONGHUI_ENGINE_LEDGER_DIGIT_SORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/base/check.h"

namespace gonghui {

inline constexpr uint32_t kDigitSortMax = 1u << 24;  // no number reaches it
// Fewer are better compared.
inline constexpr size_t kDigitSortWorth = 1'024;

// Rising, digit by digit; equal ones stay in order.  `spare` is as long as `items`.
// REQUIRES: number_of(item) < kDigitSortMax for all.
template <class Item, class NumberOf>
void SortByDigits(std::span<Item> items, std::span<Item> spare, NumberOf&& number_of) {
  constexpr uint32_t kBits = 12;
  constexpr uint32_t kDigits = 1u << kBits;
  constexpr uint32_t kPasses = 2;  // so that what is sorted stands in `items`
  static_assert(kDigitSortMax == 1u << kPasses * kBits);
  GH_DCHECK(spare.size() == items.size());
  for (uint32_t pass = 0; pass < kPasses; ++pass) {
    const auto digit_of = [&](const Item& item) {
      return number_of(item) >> pass * kBits & (kDigits - 1);
    };
    std::array<uint32_t, kDigits> places{};
    for (const Item& item : items) {
      ++places[digit_of(item)];
    }
    uint32_t next = 0;
    for (uint32_t& place : places) {
      next += std::exchange(place, next);
    }
    for (const Item& item : items) {
      spare[places[digit_of(item)]++] = item;
    }
    std::swap(items, spare);
  }
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_DIGIT_SORT_H_
