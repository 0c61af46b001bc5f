// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Keeping what two threads write apart, so that neither waits for the other's
// cache line.

#ifndef GONGHUI_ENGINE_BASE_CACHE_LINE_H_
#define GONGHUI_ENGINE_BASE_CACHE_LINE_H_

#include <cstddef>
#include <utility>

namespace gonghui {

// Not std::hardware_destructive_interference_size: that one may differ between
// two translation units compiled with other flags, and this is used in layouts.
inline constexpr size_t kCacheLineBytes = 64;

// A T alone on its cache line(s).
//
//   CacheLinePadded<std::atomic<uint64_t>> tail_;   // producers
//   CacheLinePadded<std::atomic<uint64_t>> head_;   // engine thread
template <typename T>
struct alignas(kCacheLineBytes) CacheLinePadded {
  T value{};

  CacheLinePadded() = default;
  template <typename... Args>
  explicit CacheLinePadded(std::in_place_t, Args&&... args) : value(std::forward<Args>(args)...) {}

  T& operator*() { return value; }
  const T& operator*() const { return value; }
  T* operator->() { return &value; }
  const T* operator->() const { return &value; }
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_CACHE_LINE_H_
