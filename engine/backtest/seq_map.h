// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a recorded event stands in the scratch ledger's history.  Both number their events
// one by one, so that the map is made of runs: it grows only where the two part.

#ifndef GONGHUI_ENGINE_BACKTEST_SEQ_MAP_H_
#define GONGHUI_ENGINE_BACKTEST_SEQ_MAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gonghui {

class SeqMap {
 public:
  // Up to `same_until` the histories are one.
  explicit SeqMap(uint64_t same_until);

  // The recorded event `recorded` is `scratch` there; 0 = it has none.
  // REQUIRES: `recorded` rises from call to call.
  void Set(uint64_t recorded, uint64_t scratch);

  // 0 = none, or not known.
  [[nodiscard]] uint64_t Find(uint64_t recorded) const;

  [[nodiscard]] size_t run_count() const { return runs_.size(); }

 private:
  struct Run {
    uint64_t recorded;  // the first of it
    uint64_t scratch;   // 0 = none of the run is there
  };

  uint64_t last_ = 0;
  std::vector<Run> runs_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_SEQ_MAP_H_
