// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Says of most ids that are not in the archive that they are not, without asking the disk.
//
// A list of blocked Bloom filters: an id sets eight bits of one cache line, so that a
// look-up costs a cache miss of each filter.  A filter holds as many ids as all before it
// together, so there are few; each takes 20 bits for an id when it is full, and then takes
// about one of 4,000 unknown ids for a known one.
//
// Bits are only ever set, and whoever sets them tells others afterwards (by a release
// store of its own, or SetComplete()); so a reader that has heard of an id finds all its
// bits, whatever else is being added meanwhile.
//
// Thread safety: all methods may be called by any thread; adding takes a mutex, looking
// takes none.

#ifndef GONGHUI_ENGINE_PIPELINE_ID_FILTER_H_
#define GONGHUI_ENGINE_PIPELINE_ID_FILTER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "engine/base/virtual_array.h"

namespace gonghui {

class IdFilter {
 public:
  static constexpr uint64_t kFirstIdsMin = uint64_t{1} << 20;

  // The first filter has room for `first_ids`, or kFirstIdsMin if that is more; of none it is made
  // when the first is added, and nobody looks into it before.  Memory is taken as it is touched.
  explicit IdFilter(uint64_t first_ids = 0);

  void Add(uint64_t hash);

  // Never false of an id that was added, and never false before SetComplete().
  [[nodiscard]] bool MayContain(uint64_t hash) const {
    // Acquire: pairs with the release in SetComplete(), whose caller has added all.
    return !complete_.load(std::memory_order_acquire) || Contains(hash);
  }
  // Has the lines fetched that MayContain() will read.
  void Prefetch(uint64_t hash) const {
    const uint32_t count = count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < count; ++i) {
      __builtin_prefetch(BlockOf(filters_[i], hash));
    }
  }

  // Everything that was there before the filter has been added.
  void SetComplete() { complete_.store(true, std::memory_order_release); }
  [[nodiscard]] bool complete() const { return complete_.load(std::memory_order_acquire); }

  // Ids that were not taken for known ones when they were added.
  [[nodiscard]] uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  // Of all filters, whether touched or not.
  [[nodiscard]] uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kWords = 8;  // of a block: one cache line
  static constexpr uint64_t kBitsPerId = 20;
  static constexpr size_t kFiltersMax = 32;

  struct Filter {
    VirtualMemory memory;
    uint64_t block_count = 0;
    uint64_t ids_max = 0;
  };

  static uint64_t* BlockOf(const Filter& filter, uint64_t hash);
  static bool IsIn(const Filter& filter, uint64_t hash);
  [[nodiscard]] bool Contains(uint64_t hash) const;
  void Grow(uint64_t ids_max);

  std::mutex mutex_;         // of writers
  uint64_t newest_ids_ = 0;  // in the newest filter; guarded by mutex_
  // Filters below count_ are whole and stay.  Release by whoever adds one, acquire by
  // whoever reads them.
  std::array<Filter, kFiltersMax> filters_;
  std::atomic<uint32_t> count_{0};
  std::atomic<uint64_t> size_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<bool> complete_{false};
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_ID_FILTER_H_
