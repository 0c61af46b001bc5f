// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The two hash functions of the engine.  Both are part of stored formats (state
// hash, block hash, shard of a member): the values they give never change.
//
// XXH3 is inlined: for the small fixed sizes of the ledger that halves its cost
// (64 bytes: 4.4 ns against 9.7 ns through a call), and xxhash.h adds only 5,400
// lines to a translation unit.

#ifndef GONGHUI_ENGINE_BASE_HASH_H_
#define GONGHUI_ENGINE_BASE_HASH_H_

#include <cstddef>
#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gonghui {

// The finaliser of SplitMix64 (Stafford's variant 13): every bit of the input
// reaches every bit of the output.  A bijection; Mix64(0) is 0.
constexpr uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

// XXH3, 64 bits.
[[nodiscard]] inline uint64_t HashBytes(const void* data, size_t size, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(data, size, seed);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_HASH_H_
