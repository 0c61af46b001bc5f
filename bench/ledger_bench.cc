// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Decide + Evolve in process, on one thread: sales of random cards at random
// merchants.  Commands are made ahead of the clock, and the memory that the ledger
// will write is populated ahead of it, as the engine's memory thread does; every
// outcome is checked.

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/resident.h"
#include "engine/base/check.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"
#include "tools/load/card_picker.h"

namespace gonghui {
namespace {

// One decided sale after another, as the ledger thread does it.
struct Runner {
  explicit Runner(const CityOptions& city) : options(city), ledger(std::make_unique<Ledger>()) {
    int64_t before = ResidentBytes();
    BuildCity(city, [&](const Command& command) {
      // Merchants come right behind the members and their cards.
      if (command.kind == CommandKind::kSetMember && ledger->members().size() == 0) {
        before = ResidentBytes();
      } else if (command.kind == CommandKind::kSetMerchant && ledger->merchants().size() == 0) {
        members_bytes = ResidentBytes() - before;
      }
      ledger->Decide(command, now, &event, &result);
      GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind, " field=", result.field);
      ledger->Evolve(event);
    });
  }

  CityOptions options;
  std::unique_ptr<Ledger> ledger;
  int64_t members_bytes = 0;  // resident, with their cards
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
      for (size_t j = i + next.size(); j < std::min(i + 2 * next.size(), commands.size()); ++j) {
        Ledger::PrefetchCommand(commands[j]);
      }
      runner.ledger->Prefetch(next, runner.now, trails);
    }
    runner.ledger->DecideFirst(
        commands[i], runner.now, trails[i % Ledger::kPrefetchMax], &runner.event, &runner.result);
    runner.ledger->Evolve(runner.event);
    Ledger::TellTransaction(runner.event, &runner.result);
    GH_CHECK(runner.result.transaction.outcome == Outcome::kApproved,
             "kind=",
             commands[i].kind,
             " reason=",
             runner.result.transaction.reason);
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

constexpr int kWarmUpBatches = 16;

// Cities of many sizes side by side, each kept to the end, so that their rounds can be
// interleaved: the machine's speed changes, and they are compared.
Runner& KeptCityOf(const CityOptions& options) {
  static std::map<std::pair<uint32_t, uint32_t>, std::unique_ptr<Runner>> runners;
  std::unique_ptr<Runner>& runner = runners[{options.members, options.funds}];
  if (runner == nullptr) {
    runner = std::make_unique<Runner>(options);
    // So that the first round is like the others.
    std::vector<Command> commands(kBatch);
    for (int i = 0; i < kWarmUpBatches; ++i) {
      std::generate(
          commands.begin(), commands.end(), [&] { return RandomSale(options, runner->prng); });
      PopulateAhead(*runner);
      DecideAll(*runner, commands);
    }
  }
  return *runner;
}

// Whose card is presented.
enum class Cards { kUniform, kZipf, kOneMember };

// A member's uses are counted; here nobody has too many, whoever takes all of them.
constexpr int64_t kUsesPerDayPlenty = 1'000'000'000'000;

// As Sales, of a fixed number of batches: a round leaves 45 MB behind.
constexpr benchmark::IterationCount kGrowthBatches = 32;

void Growth(benchmark::State& state, uint32_t members, Cards cards, uint32_t funds) {
  CityOptions options;
  options.members = members;
  options.merchants = 5'000;
  options.funds = funds;
  options.uses_per_day = kUsesPerDayPlenty;
  Runner& runner = KeptCityOf(options);
  const load::CardPicker picker(
      cards == Cards::kZipf ? load::CardOrder::kZipf : load::CardOrder::kUniform, members);
  std::vector<Command> commands(kBatch);
  for (auto _ : state) {
    state.PauseTiming();
    for (Command& command : commands) {
      command = RandomSale(options, runner.prng);
      const size_t member = cards == Cards::kOneMember ? 0 : picker.Pick(&runner.prng);
      command.authorize.card = CardOf(1 + static_cast<uint32_t>(member));
    }
    PopulateAhead(runner);
    const uint32_t before = runner.ledger->transactions().size();
    state.ResumeTiming();
    DecideAll(runner, commands);
    GH_CHECK_EQ(runner.ledger->transactions().size() - before, kBatch);
  }
  Report(state, kBatch);
  state.counters["bytes_per_member"] =
      static_cast<double>(runner.members_bytes) / static_cast<double>(members);
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

constexpr uint32_t kFunds = CityOptions{}.funds;

void Rounds(benchmark::internal::Benchmark* benchmark) {
  benchmark->Iterations(kGrowthBatches)->Unit(benchmark::kMillisecond);
}

// All of them together take 1.5 GB, and 45 MB more with each round.
BENCHMARK_CAPTURE(Growth, uniform_10k, 10'000, Cards::kUniform, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, zipf_10k, 10'000, Cards::kZipf, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, one_member_10k, 10'000, Cards::kOneMember, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, one_fund_10k, 10'000, Cards::kUniform, 1)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, uniform_100k, 100'000, Cards::kUniform, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, uniform_1m, 1'000'000, Cards::kUniform, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, zipf_1m, 1'000'000, Cards::kZipf, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, one_member_1m, 1'000'000, Cards::kOneMember, kFunds)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, one_fund_1m, 1'000'000, Cards::kUniform, 1)->Apply(Rounds);
BENCHMARK_CAPTURE(Growth, uniform_10m, 10'000'000, Cards::kUniform, kFunds)->Apply(Rounds);

}  // namespace
}  // namespace gonghui
