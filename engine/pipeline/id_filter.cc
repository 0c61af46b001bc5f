// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/id_filter.h"

#include <algorithm>

#include "engine/base/cache_line.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/int128.h"

namespace gonghui {
namespace {

constexpr int kBitsOfPlace = 6;  // in a word of 64

// The block is chosen by the high bits of the hash; the places within it must not follow
// from these.
uint64_t PlacesOf(uint64_t hash) {
  return Mix64(hash + 0x9e3779b97f4a7c15);
}

uint64_t NextBit(uint64_t* places) {
  const uint64_t bit = uint64_t{1} << (*places & 63);
  *places >>= kBitsOfPlace;
  return bit;
}

}  // namespace

IdFilter::IdFilter(uint64_t first_ids) {
  static_assert(kWords * sizeof(uint64_t) == kCacheLineBytes);
  static_assert(kWords * kBitsOfPlace <= 64, "each word's place from bits of its own");
  if (first_ids > 0) {
    Grow(std::max(first_ids, kFirstIdsMin));
  }
}

uint64_t* IdFilter::BlockOf(const Filter& filter, uint64_t hash) {
  const auto block = static_cast<size_t>((static_cast<UInt128>(hash) * filter.block_count) >> 64);
  return static_cast<uint64_t*>(filter.memory.data()) + block * kWords;
}

// Relaxed: whoever must find an id has heard of it after its bits were set; see the
// header.  Others may see some of the bits, and are answered either way.
bool IdFilter::IsIn(const Filter& filter, uint64_t hash) {
  uint64_t* const block = BlockOf(filter, hash);
  uint64_t places = PlacesOf(hash);
  uint64_t missing = 0;
  for (size_t i = 0; i < kWords; ++i) {
    missing |=
        NextBit(&places) & ~std::atomic_ref<uint64_t>(block[i]).load(std::memory_order_relaxed);
  }
  return missing == 0;
}

bool IdFilter::Contains(uint64_t hash) const {
  // Acquire: pairs with the release in Grow().
  const uint32_t count = count_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) {
    if (IsIn(filters_[i], hash)) {
      return true;
    }
  }
  return false;
}

void IdFilter::Add(uint64_t hash) {
  const std::lock_guard lock(mutex_);
  // One that is taken for known is as good as added: bits are never cleared.
  if (Contains(hash)) {
    return;
  }
  const uint32_t count = count_.load(std::memory_order_relaxed);
  if (count == 0) {
    Grow(kFirstIdsMin);
  } else if (newest_ids_ == filters_[count - 1].ids_max) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < count; ++i) {
      all += filters_[i].ids_max;
    }
    Grow(all);
  }
  const Filter& newest = filters_[count_.load(std::memory_order_relaxed) - 1];
  uint64_t* const block = BlockOf(newest, hash);
  uint64_t places = PlacesOf(hash);
  for (size_t i = 0; i < kWords; ++i) {
    std::atomic_ref<uint64_t>(block[i]).fetch_or(NextBit(&places), std::memory_order_relaxed);
  }
  ++newest_ids_;
  size_.fetch_add(1, std::memory_order_relaxed);
}

void IdFilter::Grow(uint64_t ids_max) {
  const uint32_t count = count_.load(std::memory_order_relaxed);
  GH_CHECK(count < kFiltersMax, "the filter of archived ids can not grow, ids=", size());
  constexpr uint64_t kBlockBits = kWords * 64;
  Filter& filter = filters_[count];
  filter.ids_max = ids_max;
  filter.block_count = (ids_max * kBitsPerId + kBlockBits - 1) / kBlockBits;
  const size_t bytes = filter.block_count * kWords * sizeof(uint64_t);
  filter.memory = VirtualMemory(bytes, VirtualMemory::Use::kDense);
  newest_ids_ = 0;
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  // Release: publishes the filter; pairs with the acquire loads of readers.
  count_.store(count + 1, std::memory_order_release);
}

}  // namespace gonghui
