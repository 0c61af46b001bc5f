// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds the row of a key: open addressing over (tag, row) slots.  The keys stay
// in the rows; the caller says whether a row is the one it means.
//
// The table is cut into segments by the first bits of the hash, each growing on
// its own, so that no insert ever moves more than one segment: that bounds the
// pause of the ledger thread, which a doubling of one large table would not.
// Within a segment the slot follows from the tag alone, so growing reads no row.
//
// Segments of one size lie side by side in one arena, so that the slots of a large
// index are on huge pages: a look-up at random is then one cache miss, not that
// and a TLB miss.  An arena is given back when the last segment has left it.
//
// Order is never visible: there is no iteration.  Thread safety: the ledger
// thread alone.

#ifndef GONGHUI_ENGINE_LEDGER_ROW_INDEX_H_
#define GONGHUI_ENGINE_LEDGER_ROW_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/virtual_array.h"

namespace gonghui {

class RowIndex {
 public:
  // 2^segment_bits segments; 0 for small tables.
  explicit RowIndex(uint32_t segment_bits);
  RowIndex(const RowIndex&) = delete;
  RowIndex& operator=(const RowIndex&) = delete;

  // The row for which is_it(row) holds among those inserted under `hash`; 0 = none.
  template <class IsIt>
  [[nodiscard]] uint32_t Find(uint64_t hash, IsIt&& is_it) const {
    const Segment& segment = segments_[SegmentOf(hash)];
    const uint32_t tag = TagOf(hash);
    for (uint32_t i = tag & segment.mask;; i = (i + 1) & segment.mask) {
      const Slot& slot = segment.slots[i];
      if (slot.row == 0) {
        return 0;
      }
      if (slot.tag == tag && is_it(slot.row)) {
        return slot.row;
      }
    }
  }

  // A row that may be the one, by its tag alone; for prefetching, no row is read.
  [[nodiscard]] uint32_t Guess(uint64_t hash) const {
    const Segment& segment = segments_[SegmentOf(hash)];
    const uint32_t tag = TagOf(hash);
    uint32_t i = tag & segment.mask;
    while (segment.slots[i].row != 0 && segment.slots[i].tag != tag) {
      i = (i + 1) & segment.mask;
    }
    return segment.slots[i].row;
  }

  // REQUIRES: row != 0 and not yet inserted.
  void Insert(uint64_t hash, uint32_t row);
  // REQUIRES: old_row was inserted under `hash`.
  void Replace(uint64_t hash, uint32_t old_row, uint32_t new_row);
  // Makes room for `rows` in all, so that inserts up to there never grow.
  void Reserve(uint64_t rows);

  void Prefetch(uint64_t hash) const {
    const Segment& segment = segments_[SegmentOf(hash)];
    __builtin_prefetch(segment.slots + (TagOf(hash) & segment.mask));
  }

  // Memory that growing segments will be the first to write, told once; see Table.
  MemoryRange TakeUpcomingMemory() { return std::exchange(upcoming_, MemoryRange{}); }

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  struct Slot {
    uint32_t tag;
    uint32_t row;  // 0 = free
  };
  struct Segment {
    Slot* slots;
    uint32_t mask;
    uint32_t size;
  };
  // All segments of 2^k slots, each at its own number's place.
  struct Arena {
    VirtualMemory memory;
    uint32_t segments = 0;  // that live here
  };
  static constexpr size_t kArenas = 32;  // a segment has less than 2^32 slots

  [[nodiscard]] size_t SegmentOf(uint64_t hash) const {
    return static_cast<size_t>((hash >> 32) & segment_mask_);
  }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash); }
  void Grow(size_t number, uint32_t slots);

  const uint64_t segment_mask_;
  VirtualArray<Segment> segments_;
  std::array<Arena, kArenas> arenas_;
  MemoryRange upcoming_;
  uint64_t size_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_ROW_INDEX_H_
