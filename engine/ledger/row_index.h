// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds the row of a key: open addressing over buckets of eight (tag, row) slots, a
// cache line each, filled from the front.  Hardly any look-up leaves its first bucket,
// so it costs one cache miss, which a prefetch can take ahead of time.  The keys stay
// in the rows; the caller says whether a row is the one it means.
//
// The table is cut into segments by the first bits of the hash, each growing on
// its own, so that no insert ever moves more than one segment: that bounds the
// pause of the ledger thread, which a doubling of one large table would not.
// Within a segment the bucket follows from the tag alone, so growing reads no row.
//
// Segments of one size lie side by side in one arena, so that the buckets of a large
// index are on huge pages: a look-up at random is then one cache miss, not that
// and a TLB miss.  An arena is given back when the last segment has left it.
//
// Order is never visible: there is no iteration.  Thread safety: the ledger
// thread alone.

#ifndef GONGHUI_ENGINE_LEDGER_ROW_INDEX_H_
#define GONGHUI_ENGINE_LEDGER_ROW_INDEX_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
      const Bucket& bucket = segment.buckets[i];
      for (uint32_t places = PlacesOf(tag, bucket); places != 0; places &= places - 1) {
        const uint32_t row = bucket.rows[static_cast<size_t>(std::countr_zero(places))];
        if (row >= first_row_ && is_it(row)) {
          return row;
        }
      }
      if (!IsFull(bucket)) {
        return 0;
      }
    }
  }

  // A row that may be the one, by its tag alone; for prefetching, no row is read.
  [[nodiscard]] uint32_t Guess(uint64_t hash) const {
    return Find(hash, [](uint32_t) { return true; });
  }

  // Rows before `row` are gone: nobody finds them, and their places are free.  Rises.
  void set_first_row(uint32_t row) { first_row_ = row; }

  // REQUIRES: row != 0 and not yet inserted.
  void Insert(uint64_t hash, uint32_t row);
  // REQUIRES: old_row was inserted under `hash`.
  void Replace(uint64_t hash, uint32_t old_row, uint32_t new_row);
  // Makes room for `rows` in all, so that inserts up to there never grow.
  void Reserve(uint64_t rows);

  void Prefetch(uint64_t hash) const {
    const Segment& segment = segments_[SegmentOf(hash)];
    __builtin_prefetch(segment.buckets + (TagOf(hash) & segment.mask));
  }

  // Memory that growing segments will be the first to write, told once; see Table.
  MemoryRange TakeUpcomingMemory() { return std::exchange(upcoming_, MemoryRange{}); }

  // Places taken: rows that were inserted, less the dead whose places were used again.
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  static constexpr uint32_t kPlaces = 8;
  struct alignas(64) Bucket {
    std::array<uint32_t, kPlaces> tags;
    // 0 = free; none after a free one is taken.  A dead row's place counts as taken, so
    // that no chain ends early, but may be taken again.
    std::array<uint32_t, kPlaces> rows;
  };
  static_assert(sizeof(Bucket) == 64);
  struct Segment {
    Bucket* buckets;
    uint32_t mask;  // of bucket numbers
    uint32_t size;  // places taken, those of dead rows among them
  };
  // All segments of 2^k buckets, each at its own number's place.
  struct Arena {
    VirtualMemory memory;
    uint32_t segments = 0;  // that live here
  };
  static constexpr size_t kArenas = 29;  // a segment has less than 2^32 places

  [[nodiscard]] size_t SegmentOf(uint64_t hash) const {
    return static_cast<size_t>((hash >> 32) & segment_mask_);
  }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash); }
  static bool IsFull(const Bucket& bucket) { return bucket.rows[kPlaces - 1] != 0; }
  // The places of `tag`, one bit each; some may be free.
  static uint32_t PlacesOf(uint32_t tag, const Bucket& bucket) {
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
    const auto* const tags = reinterpret_cast<const __m128i*>(bucket.tags.data());
    const __m128i halves = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(tags), wanted),
                                           _mm_cmpeq_epi32(_mm_load_si128(tags + 1), wanted));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(halves, _mm_setzero_si128())));
#else
    uint32_t places = 0;
    for (uint32_t i = 0; i < kPlaces; ++i) {
      places |= uint32_t{bucket.tags[i] == tag} << i;
    }
    return places;
#endif
  }
  // False when the place had been a dead row's, so that no more are taken than before.
  bool Put(Segment& segment, uint32_t tag, uint32_t row) const;
  void MakeRoom(size_t number);
  void Grow(size_t number, uint32_t buckets);
  void DropDead(Segment& segment, uint32_t living) const;
  [[nodiscard]] uint32_t LivingIn(const Segment& segment) const;

  const uint64_t segment_mask_;
  VirtualArray<Segment> segments_;
  std::array<Arena, kArenas> arenas_;
  MemoryRange upcoming_;
  uint32_t first_row_ = 1;
  uint64_t size_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_ROW_INDEX_H_
