// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What it costs to know that an id is new: the filter of the archive's ids, a submission's
// commands at a time as the engine asks it, and one by one without fetching ahead.  It is
// checked that ids that were added are found, and that few others are.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <benchmark/benchmark.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/pipeline/id_filter.h"

namespace gonghui {
namespace {

// Numbers below `count` are in; hashes of ids are as random as these.
uint64_t HashOfNumber(uint64_t number) {
  return Mix64(number + 1);
}

const IdFilter& FilterOf(uint64_t count) {
  static std::unique_ptr<IdFilter> filter;
  static uint64_t built = 0;
  if (built != count) {
    filter = std::make_unique<IdFilter>(count);
    for (uint64_t i = 0; i < count; ++i) {
      filter->Add(HashOfNumber(i));
    }
    filter->SetComplete();
    for (uint64_t i = 0; i < count; i += 101) {
      GH_CHECK(filter->MayContain(HashOfNumber(i)), "i=", i);
    }
    built = count;
  }
  return *filter;
}

// At most one of 500 unknown ids may be taken for a known one.
void Report(benchmark::State& state, const IdFilter& filter, uint64_t asked, uint64_t taken) {
  GH_CHECK(asked < 10'000 || taken <= asked / 500, "asked=", asked, " taken=", taken);
  state.SetItemsProcessed(static_cast<int64_t>(asked));
  state.counters["taken_per_million"] =
      static_cast<double>(taken) * 1e6 / static_cast<double>(asked);
  state.counters["bytes_per_id"] =
      static_cast<double>(filter.bytes()) / static_cast<double>(filter.size());
}

void UnknownIdsOfASubmission(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  const IdFilter& filter = FilterOf(count);
  std::array<uint64_t, 32> hashes{};
  uint64_t next = count;
  uint64_t taken = 0;
  for (auto _ : state) {
    for (uint64_t& hash : hashes) {
      hash = HashOfNumber(next++);
      filter.Prefetch(hash);
    }
    for (const uint64_t hash : hashes) {
      taken += uint64_t{filter.MayContain(hash)};
    }
  }
  Report(state, filter, next - count, taken);
}

void UnknownIdsOneByOne(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  const IdFilter& filter = FilterOf(count);
  uint64_t next = count;
  uint64_t taken = 0;
  for (auto _ : state) {
    taken += uint64_t{filter.MayContain(HashOfNumber(next++))};
  }
  Report(state, filter, next - count, taken);
}

// By size, because each filter is built once and kept until the next.
BENCHMARK(UnknownIdsOfASubmission)->Arg(1'000'000);
BENCHMARK(UnknownIdsOneByOne)->Arg(1'000'000);
BENCHMARK(UnknownIdsOfASubmission)->Arg(100'000'000);
BENCHMARK(UnknownIdsOneByOne)->Arg(100'000'000);

}  // namespace
}  // namespace gonghui
