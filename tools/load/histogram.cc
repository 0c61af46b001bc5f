// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/histogram.h"

#include "engine/base/check.h"

namespace gonghui::load {

using histogram_internal::BucketMax;
using histogram_internal::BucketOf;
using histogram_internal::kBucketCount;

void Histogram::Record(uint64_t value, uint64_t count) {
  counts_[BucketOf(value)] += count;
  count_ += count;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < kBucketCount; ++i) {
    counts_[i] += other.counts_[i];
  }
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::Subtract(const Histogram& earlier) {
  count_ = 0;
  min_ = UINT64_MAX;
  max_ = 0;
  for (size_t i = 0; i < kBucketCount; ++i) {
    GH_CHECK_GE(counts_[i], earlier.counts_[i], "bucket ", i);
    counts_[i] -= earlier.counts_[i];
    if (counts_[i] > 0) {
      count_ += counts_[i];
      min_ = std::min(min_, BucketMax(i));
      max_ = BucketMax(i);
    }
  }
}

uint64_t Histogram::AtPerMillion(uint64_t per_million) const {
  GH_CHECK_LE(per_million, 1'000'000U);
  if (count_ == 0) {
    return 0;
  }
  // Rounded up, and at least the first.  A run has far fewer than 2^44 values,
  // so the product fits.
  const uint64_t rank = std::max<uint64_t>(1, (count_ * per_million + 999'999) / 1'000'000);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBucketCount; ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      return std::clamp(BucketMax(i), min_, max_);
    }
  }
  return max_;
}

Histogram HistogramRecorder::Snapshot() const {
  Histogram copy;
  for (size_t i = 0; i < kBucketCount; ++i) {
    copy.counts_[i] = counts_[i].load(std::memory_order_relaxed);
    copy.count_ += copy.counts_[i];
  }
  copy.min_ = min_.load(std::memory_order_relaxed);
  copy.max_ = max_.load(std::memory_order_relaxed);
  return copy;
}

}  // namespace gonghui::load
