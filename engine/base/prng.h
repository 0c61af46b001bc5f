// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Seeded random numbers for tests, generators and the simulator: the same seed
// gives the same numbers on every machine and with every compiler, which
// <random>'s distributions do not promise.  Not for secrets, and not for the
// ledger, which knows no chance.

#ifndef GONGHUI_ENGINE_BASE_PRNG_H_
#define GONGHUI_ENGINE_BASE_PRNG_H_

#include <bit>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace gonghui {

// xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64.
// Thread safety: none.
class Prng {
 public:
  explicit constexpr Prng(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      word = Mix64(seed);
    }
  }

  constexpr uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound).  REQUIRES: bound > 0.
  constexpr uint64_t Below(uint64_t bound) {
    GH_DCHECK(bound > 0);
    // Values under `uneven` would make the low remainders more likely.
    const uint64_t uneven = (0 - bound) % bound;
    uint64_t value = Next();
    while (value < uneven) {
      value = Next();
    }
    return value % bound;
  }

  // Uniform in [low, high], both included.  REQUIRES: low <= high.
  constexpr int64_t Between(int64_t low, int64_t high) {
    GH_DCHECK(low <= high, "low=", low, " high=", high);
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
    const uint64_t offset = span == UINT64_MAX ? Next() : Below(span + 1);
    return static_cast<int64_t>(static_cast<uint64_t>(low) + offset);
  }

  // True `times` times out of `out_of`.  REQUIRES: out_of > 0.
  constexpr bool Chance(uint64_t times, uint64_t out_of) { return Below(out_of) < times; }

 private:
  uint64_t state_[4] = {};
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_PRNG_H_
