// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/seq_map.h"

#include <algorithm>

#include "engine/base/check.h"

namespace gonghui {

SeqMap::SeqMap(uint64_t same_until) : last_(same_until) {
  runs_.push_back({1, 1});
}

void SeqMap::Set(uint64_t recorded, uint64_t scratch) {
  GH_CHECK(recorded > last_, "recorded=", recorded, " last=", last_);
  last_ = recorded;
  const Run& run = runs_.back();
  const bool goes_on = scratch == 0 ? run.scratch == 0
                                    : run.scratch != 0 && scratch > run.scratch &&
                                          recorded - run.recorded == scratch - run.scratch;
  if (!goes_on) {
    runs_.push_back({recorded, scratch});
  }
}

uint64_t SeqMap::Find(uint64_t recorded) const {
  if (recorded == 0 || recorded > last_) {
    return 0;
  }
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), recorded, [](uint64_t value, const Run& run) {
        return value < run.recorded;
      });
  const Run& run = *std::prev(after);
  return run.scratch == 0 ? 0 : run.scratch + (recorded - run.recorded);
}

}  // namespace gonghui
