// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/row_index.h"

#include <bit>

namespace gonghui {
namespace {

constexpr uint32_t kSlotsMin = 8;

// Slots are used up to three quarters: beyond that a miss walks too far.
constexpr uint64_t UsableOf(uint64_t slots) {
  return slots / 4 * 3;
}

}  // namespace

RowIndex::RowIndex(uint32_t segment_bits)
    : segment_mask_((uint64_t{1} << segment_bits) - 1),
      segments_(static_cast<size_t>(segment_mask_) + 1) {
  bytes_ = segments_.capacity() * sizeof(Segment);
  for (size_t i = 0; i < segments_.capacity(); ++i) {
    Grow(i, kSlotsMin);
  }
}

void RowIndex::Grow(size_t number, uint32_t slots) {
  Segment& segment = segments_[number];
  Slot* const old_slots = segment.slots;
  const uint32_t old_count = old_slots == nullptr ? 0 : segment.mask + 1;
  Arena& arena = arenas_[static_cast<size_t>(std::countr_zero(slots))];
  if (arena.memory.data() == nullptr) {
    arena.memory =
        VirtualMemory(segments_.capacity() * slots * sizeof(Slot), VirtualMemory::Use::kDense);
    constexpr size_t kWorthTelling = size_t{4} << 20;
    if (arena.memory.size() >= kWorthTelling) {
      upcoming_ = {arena.memory.data(), arena.memory.size()};
    }
  }
  ++arena.segments;
  segment.slots = static_cast<Slot*>(arena.memory.data()) + number * slots;
  segment.mask = slots - 1;
  for (uint32_t i = 0; i < old_count; ++i) {
    if (old_slots[i].row != 0) {
      uint32_t to = old_slots[i].tag & segment.mask;
      while (segment.slots[to].row != 0) {
        to = (to + 1) & segment.mask;
      }
      segment.slots[to] = old_slots[i];
    }
  }
  bytes_ += (uint64_t{slots} - old_count) * sizeof(Slot);
  if (old_count != 0) {
    Arena& left = arenas_[static_cast<size_t>(std::countr_zero(old_count))];
    // Never used again: segments only grow.
    if (--left.segments == 0) {
      if (upcoming_.data == left.memory.data()) {
        upcoming_ = {};
      }
      left.memory = VirtualMemory();
    }
  }
}

void RowIndex::Insert(uint64_t hash, uint32_t row) {
  GH_DCHECK(row != 0);
  const size_t number = SegmentOf(hash);
  Segment& segment = segments_[number];
  if (segment.size + 1 > UsableOf(uint64_t{segment.mask} + 1)) [[unlikely]] {
    GH_CHECK(segment.mask < UINT32_MAX / 2, "segment=", number, " rows=", segment.size);
    Grow(number, (segment.mask + 1) * 2);
  }
  const uint32_t tag = TagOf(hash);
  uint32_t i = tag & segment.mask;
  while (segment.slots[i].row != 0) {
    i = (i + 1) & segment.mask;
  }
  segment.slots[i] = Slot{tag, row};
  ++segment.size;
  ++size_;
}

void RowIndex::Replace(uint64_t hash, uint32_t old_row, uint32_t new_row) {
  Segment& segment = segments_[SegmentOf(hash)];
  uint32_t i = TagOf(hash) & segment.mask;
  while (segment.slots[i].row != old_row) {
    GH_CHECK(segment.slots[i].row != 0, "row=", old_row, " is not in the index");
    i = (i + 1) & segment.mask;
  }
  segment.slots[i].row = new_row;
}

void RowIndex::Reserve(uint64_t rows) {
  const uint64_t segments = segment_mask_ + 1;
  // Rows spread over segments like balls over bins; an eighth more covers it.
  const uint64_t each = rows / segments + rows / segments / 8 + 8;
  uint64_t slots = kSlotsMin;
  while (UsableOf(slots) < each) {
    slots *= 2;
  }
  for (size_t i = 0; i <= segment_mask_; ++i) {
    if (segments_[i].mask + 1 < slots) {
      Grow(i, static_cast<uint32_t>(slots));
    }
  }
}

}  // namespace gonghui
