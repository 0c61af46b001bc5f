// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who wins a draw (抽签): a function of the seed, the draw's code and the list of entries, so
// that anybody can work it out again (docs/decisions/0008-vouchers-draws-appointments.md).
//
// The values it gives are promises to people: they never change.  Pure: seeds come from the
// caller.

#ifndef GONGHUI_ENGINE_PROGRAMMES_DRAW_H_
#define GONGHUI_ENGINE_PROGRAMMES_DRAW_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/domain/draw.h"
#include "engine/domain/ids.h"
#include "engine/programmes/sha256.h"

namespace gonghui {

using Seed = Digest;

// What is made known before anybody takes part.
[[nodiscard]] Digest SeedHashOf(const Seed& seed);

// SHA-256 of a list of entries: the members' ids in order, each followed by a line feed.
class EntriesHash {
 public:
  void Add(const MemberId& member) {
    const auto id = member.Text();
    Add(std::string_view{id.data(), id.size});
  }
  void Add(std::string_view member) {
    hash_.Add(member);
    hash_.Add("\n");
    ++count_;
  }
  [[nodiscard]] uint32_t count() const { return count_; }
  // Of all that was added; may be asked once.
  [[nodiscard]] Digest Finish() { return hash_.Finish(); }

 private:
  Sha256 hash_;
  uint32_t count_ = 0;
};

// Uniform 64-bit words: SHA-256(seed, "draw:", code, counter) gives four, big-endian; the
// counter is eight bytes, big-endian, from 0.
class RandomWords {
 public:
  RandomWords(const Seed& seed, std::string_view draw_code);

  uint64_t Next();
  // Uniform below n: a word at or above the largest multiple of n is skipped.
  // REQUIRES: n >= 1.
  uint64_t Below(uint64_t n);

 private:
  const Seed seed_;
  const std::vector<char> code_;
  Sha256 hash_;
  uint64_t counter_ = 0;
  Digest words_{};
  size_t next_ = 4;  // of the words; 4 = none is left
};

// The first `count` places (from 0) of the list after a Fisher-Yates shuffle: place i is
// swapped with i + Below(entry_count - i).  The first of them has rank 1.
// REQUIRES: count <= entry_count.
[[nodiscard]] std::vector<uint32_t> WinnersOf(const Seed& seed,
                                              std::string_view draw_code,
                                              uint32_t entry_count,
                                              uint32_t count);

// How many there are: of as many prizes as the counts add up to, no more than entries.
[[nodiscard]] uint32_t WinnerCountOf(std::span<const uint32_t> prize_counts, uint32_t entry_count);

// Which prize (from 0) who comes at `rank` has won: the first as many as it counts win the
// first, the next the second ...  prize_counts.size() = none.  REQUIRES: rank >= 1.
[[nodiscard]] size_t PrizeOfRank(std::span<const uint32_t> prize_counts, uint32_t rank);

// What an outside event draws from a pool: uniform, DrawPrizeRequest::number.
// REQUIRES: `source` holds no ':'.
[[nodiscard]] uint64_t PoolNumber(const Seed& seed,
                                  std::string_view pool_code,
                                  std::string_view source,
                                  std::string_view event_id);

// Which prize (from 0) such a number draws: the one in whose part of all weights it falls, in
// order.  The weight of one that has run out is 0.  weights.size() = there is none.
[[nodiscard]] size_t PrizeOfNumber(std::span<const uint32_t> weights, uint64_t number);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_DRAW_H_
