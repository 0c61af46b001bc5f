// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/draw.h"

#include <algorithm>
#include <array>

#include <absl/container/flat_hash_map.h>

#include "engine/base/check.h"
#include "engine/base/int128.h"

namespace gonghui {

Digest SeedHashOf(const Seed& seed) {
  Sha256 hash;
  hash.Add(seed);
  return hash.Finish();
}

RandomWords::RandomWords(const Seed& seed, std::string_view draw_code)
    : seed_(seed), code_(draw_code.begin(), draw_code.end()) {}

uint64_t RandomWords::Next() {
  if (next_ == 4) {
    std::array<uint8_t, 8> counter;
    for (size_t i = 0; i < counter.size(); ++i) {
      counter[i] = static_cast<uint8_t>(counter_ >> (56 - 8 * i));
    }
    ++counter_;
    hash_.Add(seed_);
    hash_.Add("draw:");
    hash_.Add(std::string_view{code_.data(), code_.size()});
    hash_.Add(counter);
    words_ = hash_.Finish();
    next_ = 0;
  }
  return BigEndianWord(words_, 8 * next_++);
}

uint64_t RandomWords::Below(uint64_t n) {
  GH_CHECK(n >= 1);
  const uint64_t beyond = (0 - n) % n;  // 2^64 mod n: so many words are skipped
  for (;;) {
    const uint64_t word = Next();
    if (word <= UINT64_MAX - beyond) {
      return word % n;
    }
  }
}

// Only places that a swap has changed are kept, so of a list of millions not the list.
std::vector<uint32_t> WinnersOf(const Seed& seed,
                                std::string_view draw_code,
                                uint32_t entry_count,
                                uint32_t count) {
  GH_CHECK(count <= entry_count, "count=", count, " entry_count=", entry_count);
  RandomWords random(seed, draw_code);
  absl::flat_hash_map<uint32_t, uint32_t> moved;
  const auto at = [&moved](uint32_t place) {
    const auto found = moved.find(place);
    return found == moved.end() ? place : found->second;
  };
  std::vector<uint32_t> winners;
  winners.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t other = i + static_cast<uint32_t>(random.Below(entry_count - i));
    winners.push_back(at(other));
    moved[other] = at(i);
  }
  return winners;
}

uint32_t WinnerCountOf(std::span<const uint32_t> prize_counts, uint32_t entry_count) {
  uint64_t total = 0;
  for (const uint32_t count : prize_counts) {
    total += count;
  }
  return static_cast<uint32_t>(std::min<uint64_t>(total, entry_count));
}

size_t PrizeOfRank(std::span<const uint32_t> prize_counts, uint32_t rank) {
  GH_CHECK(rank >= 1);
  uint64_t last_rank = 0;
  for (size_t i = 0; i < prize_counts.size(); ++i) {
    last_rank += prize_counts[i];
    if (rank <= last_rank) {
      return i;
    }
  }
  return prize_counts.size();
}

uint64_t PoolNumber(const Seed& seed,
                    std::string_view pool_code,
                    std::string_view source,
                    std::string_view event_id) {
  Sha256 hash;
  hash.Add(seed);
  hash.Add("pool:");
  hash.Add(pool_code);
  hash.Add(":");
  hash.Add(source);
  hash.Add(":");
  hash.Add(event_id);
  return BigEndianWord(hash.Finish(), 0);
}

size_t PrizeOfNumber(std::span<const uint32_t> weights, uint64_t number) {
  uint64_t total = 0;
  for (const uint32_t weight : weights) {
    total += weight;
  }
  auto place = static_cast<uint64_t>(static_cast<UInt128>(number) * total >> 64);
  for (size_t i = 0; i < weights.size(); ++i) {
    if (place < weights[i]) {
      return i;
    }
    place -= weights[i];
  }
  return weights.size();
}

}  // namespace gonghui
