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

// The first place from the tag's own bucket on that no living row has.
bool RowIndex::Put(Segment& segment, uint32_t tag, uint32_t row) const {
  for (uint32_t i = tag & segment.mask;; i = (i + 1) & segment.mask) {
    Bucket& bucket = segment.buckets[i];
    for (uint32_t place = 0; place < kPlaces; ++place) {
      const uint32_t taken = bucket.rows[place];
      if (taken < first_row_) {
        bucket.tags[place] = tag;
        bucket.rows[place] = row;
        return taken == 0;
      }
    }
  }
}

uint32_t RowIndex::LivingIn(const Segment& segment) const {
  uint32_t living = 0;
  for (uint32_t i = 0; i <= segment.mask; ++i) {
    for (const uint32_t row : segment.buckets[i].rows) {
      living += row >= first_row_ ? 1 : 0;
    }
  }
  return living;
}

// The living are put again from nothing: a place in the middle of a chain can not be freed.
void RowIndex::DropDead(Segment& segment, uint32_t living) const {
  struct Item {
    uint32_t tag;
    uint32_t row;
  };
  VirtualArray<Item> items(living);
  uint32_t count = 0;
  for (uint32_t i = 0; i <= segment.mask; ++i) {
    Bucket& bucket = segment.buckets[i];
    for (uint32_t place = 0; place < kPlaces; ++place) {
      if (bucket.rows[place] >= first_row_) {
        items[count++] = Item{bucket.tags[place], bucket.rows[place]};
      }
    }
    bucket = Bucket{};
  }
  for (uint32_t i = 0; i < count; ++i) {
    Put(segment, items[i].tag, items[i].row);
  }
  segment.size = count;
}

// Of a segment whose places are taken.
void RowIndex::MakeRoom(size_t number) {
  Segment& segment = segments_[number];
  const uint32_t living = LivingIn(segment);
  if (living <= segment.size / 2) {
    size_ -= segment.size - living;
    DropDead(segment, living);
    return;
  }
  GH_CHECK(segment.mask < (1u << (kArenas - 1)) - 1, "segment=", number, " rows=", segment.size);
  Grow(number, (segment.mask + 1) * 2);
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
  uint32_t living = 0;
  for (uint32_t i = 0; i < old_count; ++i) {
    for (uint32_t place = 0; place < kPlaces; ++place) {
      if (old_buckets[i].rows[place] >= first_row_) {
        Put(segment, old_buckets[i].tags[place], old_buckets[i].rows[place]);
        ++living;
      }
    }
  }
  size_ -= segment.size - living;
  segment.size = living;
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
    MakeRoom(number);
  }
  if (Put(segment, TagOf(hash), row)) [[likely]] {
    ++segment.size;
    ++size_;
  }
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
