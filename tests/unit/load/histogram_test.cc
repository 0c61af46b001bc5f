// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/histogram.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui::load {
namespace {

using histogram_internal::BucketMax;
using histogram_internal::BucketOf;
using histogram_internal::kBucketCount;
using histogram_internal::kValueMax;

constexpr uint64_t kSeed = 20220801;

// Magnitudes evenly, as latencies are: from 1 ns to minutes.
uint64_t AnyMagnitude(Prng* prng) {
  const uint64_t bits = prng->Below(38) + 1;
  return prng->Below(uint64_t{1} << bits);
}

std::vector<uint64_t> Samples(uint64_t seed, size_t count) {
  Prng prng(seed);
  std::vector<uint64_t> samples(count);
  for (uint64_t& sample : samples) {
    sample = AnyMagnitude(&prng);
  }
  return samples;
}

// The smallest sample that per_million of a million do not exceed.
uint64_t Exact(const std::vector<uint64_t>& sorted, uint64_t per_million) {
  const uint64_t rank = std::max<uint64_t>(1, (sorted.size() * per_million + 999'999) / 1'000'000);
  return sorted[rank - 1];
}

void ExpectAgrees(const Histogram& histogram, std::vector<uint64_t> samples) {
  std::sort(samples.begin(), samples.end());
  ASSERT_EQ(histogram.count(), samples.size());
  EXPECT_EQ(histogram.min(), samples.front());
  EXPECT_EQ(histogram.max(), samples.back());
  for (const uint64_t per_million :
       {0U, 1U, 10'000U, 250'000U, 500'000U, 900'000U, 990'000U, 999'000U, 999'900U, 1'000'000U}) {
    const uint64_t exact = Exact(samples, per_million);
    const uint64_t got = histogram.AtPerMillion(per_million);
    EXPECT_GE(got, exact) << per_million;
    EXPECT_LE(got, exact + exact / 128) << per_million;
  }
}

TEST(HistogramTest, BucketsCoverEveryValueInOrderWithoutGaps) {
  EXPECT_EQ(BucketOf(0), 0U);
  for (size_t bucket = 0; bucket < kBucketCount; ++bucket) {
    EXPECT_EQ(BucketOf(BucketMax(bucket)), bucket);
    if (bucket + 1 < kBucketCount) {
      EXPECT_EQ(BucketOf(BucketMax(bucket) + 1), bucket + 1);
    }
  }
  EXPECT_EQ(BucketOf(UINT64_MAX), kBucketCount - 1) << "too large counts as the largest";
}

TEST(HistogramTest, EmptyIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.AtPerMillion(500'000), 0U);
}

TEST(HistogramTest, OneValueIsEveryPercentile) {
  Histogram histogram;
  histogram.Record(1'234'567);
  for (const uint64_t per_million : {0U, 500'000U, 1'000'000U}) {
    EXPECT_EQ(histogram.AtPerMillion(per_million), 1'234'567U);
  }
}

TEST(HistogramTest, AgreesWithSortedSamples) {
  for (uint64_t seed = kSeed; seed < kSeed + 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<uint64_t> samples = Samples(seed, 1 + seed % 7 * 3'001);
    Histogram histogram;
    for (const uint64_t sample : samples) {
      histogram.Record(sample);
    }
    ExpectAgrees(histogram, samples);
  }
}

TEST(HistogramTest, CountsMayBeGivenTogether) {
  Histogram together;
  Histogram one_by_one;
  together.Record(700, 512);
  for (int i = 0; i < 512; ++i) {
    one_by_one.Record(700);
  }
  EXPECT_EQ(together.count(), one_by_one.count());
  EXPECT_EQ(together.AtPerMillion(999'000), one_by_one.AtPerMillion(999'000));
}

TEST(HistogramTest, MergedIsAsIfRecordedTogether) {
  std::vector<uint64_t> all = Samples(kSeed, 5'000);
  const std::vector<uint64_t> more = Samples(kSeed + 1, 3'000);
  Histogram first;
  Histogram second;
  for (const uint64_t sample : all) {
    first.Record(sample);
  }
  for (const uint64_t sample : more) {
    second.Record(sample);
  }
  first.Merge(second);
  first.Merge(Histogram());
  all.insert(all.end(), more.begin(), more.end());
  ExpectAgrees(first, all);
}

TEST(HistogramTest, SubtractLeavesWhatCameLater) {
  HistogramRecorder recorder;
  recorder.Record(5);
  recorder.Record(1'000'000);
  const Histogram earlier = recorder.Snapshot();
  recorder.Record(300, 9);
  Histogram later = recorder.Snapshot();
  later.Subtract(earlier);
  EXPECT_EQ(later.count(), 9U);
  EXPECT_EQ(BucketOf(later.min()), BucketOf(300));
  EXPECT_EQ(BucketOf(later.max()), BucketOf(300));
  EXPECT_EQ(BucketOf(later.AtPerMillion(500'000)), BucketOf(300));
}

TEST(HistogramTest, SnapshotOfARecorderAgreesWithSortedSamples) {
  const std::vector<uint64_t> samples = Samples(kSeed, 10'000);
  HistogramRecorder recorder;
  for (const uint64_t sample : samples) {
    recorder.Record(sample);
  }
  ExpectAgrees(recorder.Snapshot(), samples);
}

TEST(HistogramTest, TooLargeIsKeptInMaxOnly) {
  Histogram histogram;
  histogram.Record(kValueMax * 2);
  EXPECT_EQ(histogram.max(), kValueMax * 2);
  EXPECT_EQ(histogram.count(), 1U);
}

}  // namespace
}  // namespace gonghui::load
