// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a member with a card takes of memory in the ledger: two rows and their places in two
// indexes, by what the kernel backs the process with while one ledger grows.  An index takes
// 8 bytes a place and is filled from three eighths to three quarters, so the answer depends
// on how many members there are: it is taken at many sizes.
//
// In the end every member and card is looked for, and found where it was put.

#include <algorithm>
#include <cstdint>
#include <memory>

#include <benchmark/benchmark.h>

#include "bench/resident.h"
#include "engine/base/check.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

// At so many sizes of the largest.  From a tenth of it on they count: below, a huge page for
// each table would be most of it.
constexpr uint32_t kSamples = 1'000;
constexpr uint32_t kFirstSample = kSamples / 10;

struct Curve {
  double at_a_tenth = 0;  // bytes a member
  double at_the_end = 0;
  double most = 0;
  double least = 0;
  uint32_t members_at_most = 0;
};

Curve Grow(const CityOptions& options, Ledger& ledger) {
  Curve curve;
  Event event;
  Result result;
  const uint32_t sample_every = std::max(1u, options.members / kSamples);
  int64_t before = 0;
  BuildCity(options, [&](const Command& command) {
    if (command.kind == CommandKind::kSetMember && ledger.members().size() == 0) {
      before = ResidentBytes();
    }
    ledger.Decide(command, kCityNoon, &event, &result);
    GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind, " field=", result.field);
    ledger.Evolve(event);
    if (command.kind != CommandKind::kSetCard) {
      return;
    }
    const uint32_t members = ledger.cards().size();
    if (members % sample_every != 0 || members / sample_every < kFirstSample) {
      return;
    }
    const double each =
        static_cast<double>(ResidentBytes() - before) / static_cast<double>(members);
    if (members / sample_every == kFirstSample) {
      curve.at_a_tenth = each;
      curve.least = each;
    }
    curve.at_the_end = each;
    curve.least = std::min(curve.least, each);
    if (each > curve.most) {
      curve.most = each;
      curve.members_at_most = members;
    }
  });
  return curve;
}

void CheckAllThere(const CityOptions& options, const Ledger& ledger) {
  GH_CHECK_EQ(ledger.members().size(), options.members);
  GH_CHECK_EQ(ledger.cards().size(), options.members);
  for (uint32_t i = 1; i <= options.members; ++i) {
    const CardRow card = ledger.FindCard(CardOf(i));
    GH_CHECK(card != CardRow{}, "member=", i);
    const MemberRow member = ledger.cards()[card].member;
    GH_CHECK_EQ(member.value(), i);
    GH_CHECK(ledger.FindMember(ledger.members()[member].id) == member, "member=", i);
  }
}

void MembersWithCards(benchmark::State& state) {
  CityOptions options;
  options.members = static_cast<uint32_t>(state.range(0));
  Curve curve;
  for (auto _ : state) {
    const auto ledger = std::make_unique<Ledger>();
    curve = Grow(options, *ledger);
    state.PauseTiming();
    CheckAllThere(options, *ledger);
    const auto rows = static_cast<double>(sizeof(Member) + sizeof(Card));
    // Or what was measured was not the ledger.
    GH_CHECK(curve.least >= rows, "bytes=", curve.least);
    state.counters["row_bytes"] = rows;
    state.ResumeTiming();
  }
  state.counters["members"] = options.members;
  state.counters["bytes_per_member"] = curve.at_the_end;
  state.counters["bytes_per_member_tenth"] = curve.at_a_tenth;
  state.counters["bytes_per_member_least"] = curve.least;
  state.counters["bytes_per_member_most"] = curve.most;
  state.counters["members_at_most"] = curve.members_at_most;
}

BENCHMARK(MembersWithCards)
    ->Arg(100'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gonghui
