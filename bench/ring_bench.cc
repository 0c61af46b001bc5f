// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The ring between those who submit and the ledger thread, as the engine uses it: pointers
// to submissions, pushed one by one and each announced by the doorbell; taken as many at a
// time as the ledger prefetches, by a thread that sleeps when there is nothing.
//
// Every item is looked at: nothing is lost, made up, torn or out of its producer's order.

#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/engine.h"
#include "engine/pipeline/ring.h"

namespace gonghui {
namespace {

constexpr size_t kTaken = Ledger::kPrefetchMax;
constexpr uint64_t kItems = uint64_t{1} << 20;  // of all producers, in one turn
constexpr int64_t kSleepNsMax = 1'000'000'000;

// What the consumer finds behind a pointer.
struct Item {
  uint32_t producer = 0;
  uint64_t number = 0;
  uint64_t check = 0;
};

using Ring = MpscRing<const Item*>;

uint32_t Slots() {
  return EngineOptions{}.ring_slots;
}

uint64_t CheckOf(uint32_t producer, uint64_t number) {
  return Mix64(number << 8 | producer);
}

// Writes items, as a lane writes submissions, and submits each.  `items` are used in turn: one
// is written again when twice as many as the ring has slots were pushed after it.  By then the
// consumer has taken later ones, so it is done with this one.
void Produce(
    Ring& ring, Doorbell& bell, uint32_t producer, uint64_t count, std::vector<Item>& items) {
  GH_CHECK_EQ(items.size(), size_t{2} * Slots());
  for (uint64_t number = 0; number < count; ++number) {
    Item& item = items[number % items.size()];
    item = Item{producer, number, CheckOf(producer, number)};
    while (!ring.Push(&item)) {
      // A lane would refuse the call; here the consumer may need this core.
      std::this_thread::yield();
    }
    bell.RingSoftly();
  }
}

// Takes `count` items of `producers` producers; gives in how many turns.
uint64_t Consume(Ring& ring, Doorbell& bell, uint32_t producers, uint64_t count) {
  std::vector<uint64_t> expected(producers);
  std::array<const Item*, kTaken> taken{};
  uint64_t turns = 0;
  for (uint64_t left = count; left > 0;) {
    size_t size = 0;
    while (size < taken.size() && ring.Pop(&taken[size])) {
      __builtin_prefetch(taken[size]);
      ++size;
    }
    if (size == 0) {
      bell.Prepare();
      if (!ring.Empty()) {
        bell.Cancel();
      } else {
        bell.Sleep(kSleepNsMax);
      }
      continue;
    }
    ++turns;
    for (size_t i = 0; i < size; ++i) {
      const Item& item = *taken[i];
      GH_CHECK(item.producer < producers, "producer=", item.producer);
      GH_CHECK_EQ(item.number, expected[item.producer]);
      GH_CHECK_EQ(item.check, CheckOf(item.producer, item.number));
      ++expected[item.producer];
    }
    GH_CHECK(size <= left, "items too many: ", size - left);
    left -= size;
  }
  for (const uint64_t number : expected) {
    GH_CHECK_EQ(number, count / producers);
  }
  return turns;
}

void Transfer(benchmark::State& state) {
  const auto producers = static_cast<uint32_t>(state.range(0));
  Ring ring(Slots());
  Doorbell bell;
  std::vector<std::vector<Item>> items(producers, std::vector<Item>(size_t{2} * Slots()));
  uint64_t turns = 0;
  for (auto _ : state) {
    // Threads begin within the time: a few microseconds of tens of milliseconds.
    std::vector<std::thread> threads;
    threads.reserve(producers);
    for (uint32_t producer = 0; producer < producers; ++producer) {
      threads.emplace_back(
          [&, producer] { Produce(ring, bell, producer, kItems / producers, items[producer]); });
    }
    turns += Consume(ring, bell, producers, kItems);
    for (std::thread& thread : threads) {
      thread.join();
    }
    GH_CHECK(ring.Empty());
  }
  const auto moved = static_cast<double>(state.iterations()) * static_cast<double>(kItems);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kItems));
  state.counters["items_per_turn"] = moved / static_cast<double>(turns);
}

// What the two ends cost where no other core takes part: as many pushed, then popped, as the
// ledger thread takes at once.
void PushPop(benchmark::State& state) {
  Ring ring(Slots());
  std::array<Item, kTaken> items{};
  for (auto _ : state) {
    for (const Item& item : items) {
      GH_CHECK(ring.Push(&item));
    }
    for (const Item& item : items) {
      const Item* popped = nullptr;
      GH_CHECK(ring.Pop(&popped));
      GH_CHECK(popped == &item);
    }
  }
  GH_CHECK(ring.Empty());
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kTaken));
}

BENCHMARK(PushPop);
BENCHMARK(Transfer)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace gonghui
