// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Decide + Evolve in process, on one thread: sales of random cards at random
// merchants.  Commands are made ahead of the clock, and the memory that the ledger
// will write is populated ahead of it, as the engine's memory thread does; every
// outcome is checked.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/base/check.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

// One decided sale after another, as the ledger thread does it.
struct Runner {
  explicit Runner(const CityOptions& city) : options(city), ledger(std::make_unique<Ledger>()) {
    BuildCity(city, [this](const Command& command) {
      ledger->Decide(command, now, &event, &result);
      GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind, " field=", result.field);
      ledger->Evolve(event);
    });
  }

  CityOptions options;
  std::unique_ptr<Ledger> ledger;
  TimestampNs now = kCityNoon;
  Prng prng{42};  // goes on from run to run: a request id is used once
  Event event;
  Result result;
};

Runner& CityOf(const CityOptions& options) {
  static std::unique_ptr<Runner> runner;
  static CityOptions built;
  if (runner == nullptr || built.members != options.members || built.funds != options.funds) {
    runner.reset();
    runner = std::make_unique<Runner>(options);
    built = options;
  }
  return *runner;
}

// As the ledger thread does: prefetch a batch, then decide one by one.
void DecideAll(Runner& runner, const std::vector<Command>& commands) {
  std::array<Ledger::Trail, Ledger::kPrefetchMax> trails;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i % Ledger::kPrefetchMax == 0) {
      std::array<const Command*, Ledger::kPrefetchMax> next;
      for (size_t j = 0; j < next.size(); ++j) {
        next[j] = &commands[i + j];
      }
      runner.ledger->Prefetch(next, runner.now, trails);
    }
    runner.ledger->Decide(
        commands[i], runner.now, trails[i % Ledger::kPrefetchMax], &runner.event, &runner.result);
    GH_CHECK(runner.result.transaction.outcome == Outcome::kApproved,
             "kind=",
             commands[i].kind,
             " reason=",
             runner.result.transaction.reason);
    runner.ledger->Evolve(runner.event);
  }
}

// In gonghuid the memory thread does it, on another core.
void PopulateAhead(Runner& runner) {
  std::array<MemoryRange, Ledger::kUpcomingMax> upcoming;
  const size_t ranges = runner.ledger->TakeUpcomingMemory(upcoming);
  std::for_each_n(upcoming.begin(), ranges, PopulateMemory);
}

constexpr size_t kBatch = 1 << 12;  // commands: a few messages of a stream
static_assert(kBatch % Ledger::kPrefetchMax == 0);

void Report(benchmark::State& state, size_t commands_each) {
  state.counters["decisions_per_s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(commands_each),
      benchmark::Counter::kIsRate);
}

// The lines' subsidies are the sale's.
void CheckSplit(const Ledger& ledger, const Transaction& sale) {
  Fen subsidy;
  for (uint32_t i = 0; i < sale.line_count(); ++i) {
    subsidy += ledger.lines()[LineRow{sale.first_line().value() + i}].subsidy;
  }
  GH_CHECK(sale.line_count() == 0 || subsidy == sale.subsidy, "row=", sale.seq);
}

void Sales(benchmark::State& state, const CityOptions& options) {
  Runner& runner = CityOf(options);
  std::vector<Command> commands(kBatch);
  for (auto _ : state) {
    state.PauseTiming();
    for (Command& command : commands) {
      command = RandomSale(options, runner.prng);
    }
    PopulateAhead(runner);
    state.ResumeTiming();
    DecideAll(runner, commands);
  }
  Report(state, kBatch);
}

// The same sales, each with as many lines of a price that does not divide.
void SalesWithLines(benchmark::State& state, const CityOptions& options, uint32_t lines) {
  Runner& runner = CityOf(options);
  std::vector<Command> commands(kBatch);
  std::vector<LineItem> items(kBatch * lines);
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      commands[i] = RandomSale(options, runner.prng);
      AuthorizeRequest& sale = commands[i].authorize;
      sale.lines = items.data() + i * lines;
      sale.line_count = lines;
      int64_t left = sale.list_price.value();
      for (uint32_t j = 0; j < lines; ++j) {
        LineItem& item = items[i * lines + j];
        item.item.words[0] = runner.prng.Next() | 1;
        item.quantity = 1 + j % 3;
        const int64_t price = j + 1 == lines ? left : left / (lines - j);
        item.price = Fen{price};
        left -= price;
      }
    }
    PopulateAhead(runner);
    const uint32_t lines_before = runner.ledger->lines().size();
    state.ResumeTiming();
    DecideAll(runner, commands);
    GH_CHECK_EQ(runner.ledger->lines().size() - lines_before, kBatch * lines);
    CheckSplit(*runner.ledger, runner.event.transaction);
  }
  Report(state, kBatch);
}

// One hold, its capture and its refund after another, each a command.
void Lifecycles(benchmark::State& state, const CityOptions& options) {
  Runner& runner = CityOf(options);
  std::vector<Command> holds(kBatch);
  std::vector<Command> captures(kBatch);
  std::vector<Command> refunds(kBatch);
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < kBatch; ++i) {
      holds[i] = RandomSale(options, runner.prng);
      holds[i].authorize.capture_at_once = false;
      const auto follow_up = [&](CommandKind kind) {
        Command command;
        command.kind = kind;
        command.terminal = holds[i].terminal;
        command.request_id = RequestId{runner.prng.Next(), runner.prng.Next()};
        return command;
      };
      captures[i] = follow_up(CommandKind::kCapture);
      captures[i].capture = CaptureRequest{};
      captures[i].capture.original_request_id = holds[i].request_id;
      refunds[i] = follow_up(CommandKind::kRefund);
      refunds[i].refund = RefundRequest{};
      refunds[i].refund.original_request_id = holds[i].request_id;
    }
    PopulateAhead(runner);
    state.ResumeTiming();
    DecideAll(runner, holds);
    DecideAll(runner, captures);
    DecideAll(runner, refunds);
  }
  Report(state, 3 * kBatch);
}

CityOptions OneMillion() {
  CityOptions options;
  options.members = 1'000'000;
  options.merchants = 5'000;
  return options;
}

CityOptions OneHotFund() {
  CityOptions options = OneMillion();
  options.funds = 1;
  return options;
}

CityOptions Small() {
  CityOptions options;
  options.members = 10'000;
  options.merchants = 500;
  return options;
}

// By city, because each is built once and kept until the next.
BENCHMARK_CAPTURE(Sales, ten_thousand_members, Small())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(SalesWithLines, ten_thousand_members, Small(), 20)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Lifecycles, ten_thousand_members, Small())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Sales, one_million_members, OneMillion())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(SalesWithLines, lines_0, OneMillion(), 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(SalesWithLines, lines_1, OneMillion(), 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(SalesWithLines, lines_20, OneMillion(), 20)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Lifecycles, hold_capture_refund, OneMillion())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Sales, one_hot_fund, OneHotFund())->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gonghui
