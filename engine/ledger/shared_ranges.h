// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Benefits of one file share lists: thirty of them name the same group of merchants, and a
// price for each segment has the hours of all the others.  In the image they then have the
// same range of a pool, and so they have in the ledger's: the list is resolved, sorted and
// stored once for each version.

#ifndef GONGHUI_ENGINE_LEDGER_SHARED_RANGES_H_
#define GONGHUI_ENGINE_LEDGER_SHARED_RANGES_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/virtual_array.h"
#include "engine/domain/limits.h"
#include "engine/domain/programme.h"

namespace gonghui {

// Which ranges of an image have been met, and what they are in the ledger's pool.  Ranges
// are the same when they begin at the same item and have as many; of several that begin at
// one item the newest is known, which is that of all of them as files are compiled.  Whoever
// meets the ranges of an image in the same order is told the same.
class SharedRanges {
 public:
  enum Pool : uint8_t { kMccs, kMerchants, kTerminals, kItems, kSteps, kDays, kHours };
  static constexpr size_t kPools = kHours + 1;

  SharedRanges() : slots_(kPools * size_t{kPoolItemsPerProgrammeMax}) {}

  // Of another image nothing is known.
  void Begin() {
    if (++image_ == 0) [[unlikely]] {
      slots_.Reset();  // what was met 2^32 images ago would be believed again
      image_ = 1;
    }
  }

  // What append() answered when the range was met first; none of an empty one.
  template <class Append>
  PoolRange Find(Pool pool, PoolRange range, Append&& append) {
    if (range.count == 0) {
      return PoolRange{};
    }
    if (range.first >= kPoolItemsPerProgrammeMax) {  // of a longer list than files have
      return append();
    }
    Slot& slot = slots_[pool * size_t{kPoolItemsPerProgrammeMax} + range.first];
    if (slot.image != image_ || slot.shared.count != range.count) {
      slot = Slot{image_, append()};
    }
    return slot.shared;
  }

 private:
  struct Slot {
    uint32_t image;
    PoolRange shared;
  };

  VirtualArray<Slot> slots_;  // by pool and first item
  uint32_t image_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_SHARED_RANGES_H_
