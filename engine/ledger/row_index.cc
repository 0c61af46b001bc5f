// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/row_index.h"

#include <bit>

namespace gonghui {
namespace {

// Places are taken up to three quarters; beyond that full buckets become common, and
// look-ups go on to the next.
constexpr uint64_t UsableOf(uint64_t buckets) {
  return buckets * 6;
}

}  // namespace

RowIndex::RowIndex(uint32_t segment_bits)
    : segment_mask_((uint64_t{1} << segment_bits) - 1),
      segments_(static_cast<size_t>(segment_mask_) + 1) {
  bytes_ = segments_.capacity() * sizeof(Segment);
  for (size_t i = 0; i < segments_.capacity(); ++i) {
    Grow(i, 1);
  }
}

// The first free place from the tag's own bucket on.
void RowIndex::Put(Segment& segment, uint32_t tag, uint32_t row) {
  uint32_t i = tag & segment.mask;
  while (IsFull(segment.buckets[i])) {
    i = (i + 1) & segment.mask;
  }
  Bucket& bucket = segment.buckets[i];
  uint32_t place = 0;
  while (bucket.rows[place] != 0) {
    ++place;
  }
  bucket.tags[place] = tag;
  bucket.rows[place] = row;
}

void RowIndex::Grow(size_t number, uint32_t buckets) {
  Segment& segment = segments_[number];
  const Bucket* const old_buckets = segment.buckets;
  const uint32_t old_count = old_buckets == nullptr ? 0 : segment.mask + 1;
  Arena& arena = arenas_[static_cast<size_t>(std::countr_zero(buckets))];
  if (arena.memory.data() == nullptr) {
    arena.memory =
        VirtualMemory(segments_.capacity() * buckets * sizeof(Bucket), VirtualMemory::Use::kDense);
    constexpr size_t kWorthTelling = size_t{4} << 20;
    if (arena.memory.size() >= kWorthTelling) {
      upcoming_ = {arena.memory.data(), arena.memory.size()};
    }
  }
  ++arena.segments;
  segment.buckets = static_cast<Bucket*>(arena.memory.data()) + number * buckets;
  segment.mask = buckets - 1;
  for (uint32_t i = 0; i < old_count; ++i) {
    for (uint32_t place = 0; place < kPlaces && old_buckets[i].rows[place] != 0; ++place) {
      Put(segment, old_buckets[i].tags[place], old_buckets[i].rows[place]);
    }
  }
  bytes_ += (uint64_t{buckets} - old_count) * sizeof(Bucket);
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
    GH_CHECK(segment.mask < (1u << (kArenas - 1)) - 1, "segment=", number, " rows=", segment.size);
    Grow(number, (segment.mask + 1) * 2);
  }
  Put(segment, TagOf(hash), row);
  ++segment.size;
  ++size_;
}

void RowIndex::Replace(uint64_t hash, uint32_t old_row, uint32_t new_row) {
  Segment& segment = segments_[SegmentOf(hash)];
  for (uint32_t i = TagOf(hash) & segment.mask;; i = (i + 1) & segment.mask) {
    Bucket& bucket = segment.buckets[i];
    for (uint32_t& row : bucket.rows) {
      if (row == old_row) {
        row = new_row;
        return;
      }
    }
    GH_CHECK(IsFull(bucket), "row=", old_row, " is not in the index");
  }
}

void RowIndex::Reserve(uint64_t rows) {
  const uint64_t segments = segment_mask_ + 1;
  // Rows spread over segments like balls over bins; an eighth more covers it.
  const uint64_t each = rows / segments + rows / segments / 8 + 8;
  uint64_t buckets = 1;
  while (UsableOf(buckets) < each) {
    buckets *= 2;
  }
  for (size_t i = 0; i <= segment_mask_; ++i) {
    if (segments_[i].mask + 1 < buckets) {
      Grow(i, static_cast<uint32_t>(buckets));
    }
  }
}

}  // namespace gonghui
