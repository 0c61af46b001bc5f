// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Latency histograms in the manner of HdrHistogram: log-linear buckets, 128 to
// every power of two, so that any value up to 18 minutes is kept to within
// 1/128 (0.8 %) of itself in 36 KiB, whatever its size.
//
// HistogramRecorder is written by one thread; Histogram is a plain copy to merge
// and ask.

#ifndef GONGHUI_TOOLS_LOAD_HISTOGRAM_H_
#define GONGHUI_TOOLS_LOAD_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gonghui::load {

namespace histogram_internal {

inline constexpr int kPrecisionBits = 7;
inline constexpr int kValueBitsMax = 40;  // larger values count as the largest
inline constexpr uint64_t kValueMax = (uint64_t{1} << kValueBitsMax) - 1;
inline constexpr size_t kPerDoubling = size_t{1} << kPrecisionBits;
inline constexpr size_t kBucketCount =
    kPerDoubling * static_cast<size_t>(kValueBitsMax - kPrecisionBits + 1);

// Values below 2 * kPerDoubling have a bucket each.  Above, a bucket is named by
// the leading one and the kPrecisionBits that follow it.
constexpr size_t BucketOf(uint64_t value) {
  value = std::min(value, kValueMax);
  if (value < 2 * kPerDoubling) {
    return static_cast<size_t>(value);
  }
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kPrecisionBits;
  return static_cast<size_t>(shift) * kPerDoubling + static_cast<size_t>(value >> shift);
}

// The largest value of a bucket.
constexpr uint64_t BucketMax(size_t bucket) {
  if (bucket < 2 * kPerDoubling) {
    return bucket;
  }
  const size_t shift = bucket / kPerDoubling - 1;
  const uint64_t leading = bucket % kPerDoubling + kPerDoubling;
  return ((leading + 1) << shift) - 1;
}

static_assert(BucketOf(kValueMax) == kBucketCount - 1);
static_assert(BucketMax(kBucketCount - 1) == kValueMax);
static_assert(BucketOf(255) == 255 && BucketOf(256) == 256 && BucketOf(257) == 256);

}  // namespace histogram_internal

// Values are in nanoseconds here, but nothing depends on it.
// Thread safety: none.
class Histogram {
 public:
  Histogram() : counts_(histogram_internal::kBucketCount) {}

  void Record(uint64_t value, uint64_t count = 1);

  void Merge(const Histogram& other);

  // Takes away what `earlier` held, for the last second's figures.
  // REQUIRES: `earlier` is an earlier copy of the same histogram.  Min and max
  // become those of the buckets that remain.
  void Subtract(const Histogram& earlier);

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t min() const { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] uint64_t max() const { return max_; }

  // The smallest recorded value that at least `per_million` of a million values
  // do not exceed, at most 1/128 too large; 0 when empty.  500'000 = median.
  [[nodiscard]] uint64_t AtPerMillion(uint64_t per_million) const;

 private:
  friend class HistogramRecorder;

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
};

// Counts while another thread looks on.
//
// One thread calls Record(); any thread may call Snapshot() at any time.  All
// accesses are relaxed: a snapshot may miss the latest values and is exact once
// the recording thread has been joined.
class HistogramRecorder {
 public:
  void Record(uint64_t value, uint64_t count = 1) {
    Bump(counts_[histogram_internal::BucketOf(value)], count);
    if (value < min_.load(std::memory_order_relaxed)) {
      min_.store(value, std::memory_order_relaxed);
    }
    if (value > max_.load(std::memory_order_relaxed)) {
      max_.store(value, std::memory_order_relaxed);
    }
  }

  [[nodiscard]] Histogram Snapshot() const;

 private:
  // Not fetch_add: there is one writer, and a locked instruction costs more than
  // the rest of Record().
  static void Bump(std::atomic<uint64_t>& counter, uint64_t count) {
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, histogram_internal::kBucketCount> counts_{};
  std::atomic<uint64_t> min_{UINT64_MAX};
  std::atomic<uint64_t> max_{0};
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_HISTOGRAM_H_
