// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Names of people, enterprises and shops as they are found in Kunming, put
// together from parts; any likeness to a real one is chance.

#ifndef GONGHUI_TOOLS_DATAGEN_NAMES_H_
#define GONGHUI_TOOLS_DATAGEN_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/prng.h"

namespace gonghui::datagen {

// A surname by its frequency in China, then one or two characters.
[[nodiscard]] std::string PersonName(Prng* prng, bool male);

// "昆明翠湖机械制造有限公司工会委员会"
[[nodiscard]] std::string EnterpriseName(Prng* prng);

// A line of business.
struct Trade {
  uint32_t mcc;
  uint32_t weight;  // of all shops, in thousandths
  std::string_view what;
};
[[nodiscard]] std::span<const Trade> Trades();

// "滇池鲜生超市（北市区店）"
[[nodiscard]] std::string ShopName(Prng* prng, const Trade& trade);

// A district or county of Kunming.
struct District {
  std::string_view id;    // of its union
  std::string_view name;  // of its union
  uint32_t weight;        // of its members, in thousandths
};
[[nodiscard]] std::span<const District> Districts();

// One of `items` by its weight.
template <typename Item>
const Item& PickWeighted(Prng* prng, std::span<const Item> items) {
  uint64_t total = 0;
  for (const Item& item : items) {
    total += item.weight;
  }
  uint64_t at = prng->Below(total);
  for (const Item& item : items) {
    if (at < item.weight) {
      return item;
    }
    at -= item.weight;
  }
  return items.back();
}

}  // namespace gonghui::datagen

#endif  // GONGHUI_TOOLS_DATAGEN_NAMES_H_
