// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_items.h"

#include <algorithm>
#include <numeric>

#include "engine/base/int128.h"
#include "tests/model/naive_arithmetic.h"

namespace gonghui {

int64_t NaiveCount::base() const {
  return std::accumulate(by_line.begin(), by_line.end(), int64_t{0});
}

NaiveCount CountLines(const NaiveItemRule& rule, const std::vector<LineItem>& lines) {
  const auto is_in = [](const std::vector<ItemCode>& items, const ItemCode& item) {
    return std::find(items.begin(), items.end(), item) != items.end();
  };
  std::vector<size_t> eligible;
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool wanted = rule.any.empty() || is_in(rule.any, lines[i].item);
    if (wanted && !is_in(rule.except, lines[i].item)) {
      eligible.push_back(i);
    }
  }
  NaiveCount count;
  count.eligible = !eligible.empty();
  count.by_line.resize(lines.size());
  if (rule.pieces_at_most == 0) {
    for (const size_t i : eligible) {
      count.by_line[i] = lines[i].price.value();
    }
    return count;
  }
  // The cheapest piece first; of equals the first line's.
  std::stable_sort(eligible.begin(), eligible.end(), [&lines](size_t a, size_t b) {
    return static_cast<Int128>(lines[a].price.value()) * lines[b].quantity <
           static_cast<Int128>(lines[b].price.value()) * lines[a].quantity;
  });
  int64_t pieces_left = rule.pieces_at_most;
  for (const size_t i : eligible) {
    const int64_t pieces = std::min<int64_t>(pieces_left, lines[i].quantity);
    count.by_line[i] = ScaledHalfUp(lines[i].price.value(), pieces, lines[i].quantity);
    pieces_left -= pieces;
  }
  return count;
}

}  // namespace gonghui
