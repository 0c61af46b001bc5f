// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which lines a benefit is for, and what they count for.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_ITEMS_H_
#define GONGHUI_TESTS_MODEL_NAIVE_ITEMS_H_

#include <cstdint>
#include <vector>

#include "engine/domain/line.h"

namespace gonghui {

struct NaiveItemRule {
  std::vector<ItemCode> any;  // none = all
  std::vector<ItemCode> except;
  uint32_t pieces_at_most = 0;  // 0 = all

  [[nodiscard]] bool asks() const { return !any.empty() || !except.empty() || pieces_at_most > 0; }
};

struct NaiveCount {
  bool eligible = false;         // some line is
  std::vector<int64_t> by_line;  // what it counts for, in fen
  [[nodiscard]] int64_t base() const;
};

NaiveCount CountLines(const NaiveItemRule& rule, const std::vector<LineItem>& lines);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_ITEMS_H_
