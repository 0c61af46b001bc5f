// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What programmes cost, in process and on one thread.
//
// Sales: a province of a thousand districts, in which a sale competes for two benefits
// whether ten programmes serve a hundred districts each, or a thousand one each; both in turn.
// Gifts: things are handed out of one stock, or of many; likewise.  Activations: a thousand
// programmes come one after another while sales go on, and nobody may wait.
//
// The worlds are built ahead of the clock and every outcome is checked.

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

constexpr uint32_t kCities = 10;
constexpr uint32_t kDistricts = 1'000;
constexpr uint32_t kMembers = 200'000;
constexpr uint32_t kMerchants = 5'000;
constexpr uint32_t kStocks = 100;
constexpr std::array<Mcc, 5> kCategories = {4111, 5411, 5812, 5311, 5499};
constexpr int64_t kPlenty = 1'000'000'000'000'000;

template <class Code>
Code Numbered(char prefix, uint32_t number) {
  std::array<char, Code::kBytes> text{prefix};
  const auto end = std::to_chars(text.data() + 1, text.data() + text.size(), number).ptr;
  return *Code::Parse({text.data(), static_cast<size_t>(end - text.data())});
}

uint32_t CityOfDistrict(uint32_t district) {
  return district % kCities;
}
uint32_t DistrictOfMerchant(uint32_t merchant) {
  return merchant / static_cast<uint32_t>(kCategories.size()) % kDistricts;
}

// A ledger with its clock.
struct World {
  World() : ledger(std::make_unique<Ledger>()) { BuildRegistry(); }

  void Run(const Command& command) {
    ledger->Decide(command, now, &event, &result);
    GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind, " field=", result.field);
    ledger->Evolve(event);
  }

  void BuildRegistry();
  void SetFund(FundCode code, Asset asset);
  void Apply(const OwnedProgramme& programme);

  std::unique_ptr<Ledger> ledger;
  TimestampNs now = kCityNoon;
  uint32_t batches = 0;
  bool is_one_day = false;
  Prng prng{42};
  Event event;
  Result result;
};

void World::BuildRegistry() {
  Command command;
  UnionNodeRequest node;
  command.kind = CommandKind::kSetUnionNode;
  command.union_node = &node;
  node.id = Numbered<UnionNodeId>('P', 0);
  Run(command);
  for (uint32_t city = 0; city < kCities; ++city) {
    node.id = Numbered<UnionNodeId>('C', city);
    node.parent = Numbered<UnionNodeId>('P', 0);
    Run(command);
  }
  for (uint32_t district = 0; district < kDistricts; ++district) {
    node.id = Numbered<UnionNodeId>('D', district);
    node.parent = Numbered<UnionNodeId>('C', CityOfDistrict(district));
    Run(command);
  }
  MemberRequest member;
  member.real_name_verified = true;
  CardRequest card;
  for (uint32_t i = 1; i <= kMembers; ++i) {
    member.id = Numbered<MemberId>('M', i);
    member.union_node = Numbered<UnionNodeId>('D', i % kDistricts);
    command.kind = CommandKind::kSetMember;
    command.member = &member;
    Run(command);
    card.number = CardOf(i);
    card.member = member.id;
    command.kind = CommandKind::kSetCard;
    command.card = &card;
    Run(command);
  }
  MerchantRequest merchant;
  TerminalRequest terminal;
  for (uint32_t i = 1; i <= kMerchants; ++i) {
    merchant.id = MerchantOf(i);
    merchant.mcc = kCategories[i % kCategories.size()];
    merchant.union_node = Numbered<UnionNodeId>('D', DistrictOfMerchant(i));
    command.kind = CommandKind::kSetMerchant;
    command.merchant = &merchant;
    Run(command);
    terminal.id = TerminalOf(i);
    terminal.merchant = merchant.id;
    command.kind = CommandKind::kSetTerminal;
    command.terminal_setting = &terminal;
    Run(command);
  }
}

void World::SetFund(FundCode code, Asset asset) {
  FundRequest fund;
  fund.code = code;
  fund.asset = asset;
  fund.budget = Fen{kPlenty};
  Command command;
  command.kind = CommandKind::kSetFund;
  command.fund = &fund;
  Run(command);
}

void World::Apply(const OwnedProgramme& programme) {
  const ProgrammeImage image = programme.Image();
  Command command;
  command.kind = CommandKind::kApplyProgramme;
  command.programme = &image;
  Run(command);
}

OwnedProgramme Frame(uint32_t number) {
  OwnedProgramme programme;
  programme.spec.code = Numbered<ProgrammeCode>('G', number);
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.starts_at = TimestampNs{kTimestampNsMin};
  programme.spec.ends_at = TimestampNs{kTimestampNsMax};
  LimitSpec per_day;
  per_day.code = *LimitCode::Parse("per-day");
  per_day.max = 1'000'000;
  programme.limits = {per_day};
  return programme;
}

// Ten benefits, two for each category, in turn for the members of a part of the province, at
// its merchants, for both (every second one whatever the category), or at a list of them.
OwnedProgramme DistrictProgramme(uint32_t number, uint32_t programmes) {
  OwnedProgramme programme = Frame(number);
  const bool by_district = programmes == kDistricts;
  const UnionNodeId part =
      by_district ? Numbered<UnionNodeId>('D', number) : Numbered<UnionNodeId>('C', number);
  const uint32_t shape = (number / kCities + number) % 4;
  PoolRange list;
  if (shape == 3) {
    std::vector<MerchantId> merchants;
    for (uint32_t i = 1; i <= kMerchants; ++i) {
      const uint32_t district = DistrictOfMerchant(i);
      if ((by_district ? district : CityOfDistrict(district)) == number) {
        merchants.push_back(MerchantOf(i));
      }
    }
    list = Append(programme.merchants, merchants);
  }
  for (uint32_t i = 0; i < 2 * kCategories.size(); ++i) {
    BenefitSpec benefit;
    benefit.code = Numbered<BenefitCode>('b', i);
    benefit.price.kind = PriceKind::kPercentOff;
    benefit.price.rate = Bps{static_cast<int32_t>(1'000 + 10 * i)};
    if (shape != 2 || i % 2 == 0) {
      benefit.mccs = Append(programme.mccs, {MccRange{kCategories[i / 2], kCategories[i / 2]}});
    }
    benefit.limits = Append<uint32_t>(programme.limit_refs, {0});
    benefit.funding =
        Append(programme.funding, {FundingShareSpec{FundOf(1 + number), Bps{kBpsPerOne}}});
    benefit.starts_at = programme.spec.starts_at;
    benefit.ends_at = programme.spec.ends_at;
    benefit.merchants = list;
    benefit.member_union = shape == 0 || shape == 2 ? part : UnionNodeId{};
    benefit.merchant_union = shape == 1 || shape == 2 ? part : UnionNodeId{};
    programme.benefits.push_back(benefit);
  }
  return programme;
}

// A gift at each merchant; neighbours' from the next of so many stocks.
OwnedProgramme GiftProgramme(uint32_t stocks) {
  OwnedProgramme programme = Frame(0);
  for (uint32_t i = 0; i < kStocks; ++i) {
    BenefitSpec benefit;
    benefit.code = Numbered<BenefitCode>('b', i);
    benefit.price.kind = PriceKind::kFree;
    benefit.limits = Append<uint32_t>(programme.limit_refs, {0});
    benefit.stock = FundOf(1 + i % stocks);
    benefit.stock_units = 1;
    benefit.starts_at = programme.spec.starts_at;
    benefit.ends_at = programme.spec.ends_at;
    std::vector<MerchantId> merchants;
    for (uint32_t merchant = 1 + i; merchant <= kMerchants; merchant += kStocks) {
      merchants.push_back(MerchantOf(merchant));
    }
    benefit.merchants = Append(programme.merchants, merchants);
    programme.benefits.push_back(benefit);
  }
  return programme;
}

World& ProvinceOf(uint32_t programmes, bool one_day = false) {
  static std::map<std::pair<uint32_t, bool>, std::unique_ptr<World>> worlds;
  std::unique_ptr<World>& world = worlds[{programmes, one_day}];
  if (world == nullptr) {
    world = std::make_unique<World>();
    world->is_one_day = one_day;
    for (uint32_t i = 0; i < programmes; ++i) {
      world->SetFund(FundOf(1 + i), Asset::kMoney);
      world->Apply(DistrictProgramme(i, programmes));
    }
  }
  return *world;
}

World& GiftsOf(uint32_t stocks) {
  static std::map<uint32_t, std::unique_ptr<World>> worlds;
  std::unique_ptr<World>& world = worlds[stocks];
  if (world == nullptr) {
    world = std::make_unique<World>();
    for (uint32_t i = 0; i < stocks; ++i) {
      world->SetFund(FundOf(1 + i), Asset::kThing);
    }
    world->Apply(GiftProgramme(stocks));
  }
  return *world;
}

// Approved whether or not a benefit applies.
Command SaleIn(World& world, bool gift) {
  Command command;
  command.kind = CommandKind::kAuthorize;
  command.terminal = TerminalOf(static_cast<uint32_t>(1 + world.prng.Below(kMerchants)));
  command.request_id = RequestId{world.prng.Next(), world.prng.Next()};
  command.authorize.card = CardOf(static_cast<uint32_t>(1 + world.prng.Below(kMembers)));
  command.authorize.list_price = Fen{gift ? 0 : world.prng.Between(100, 10'000)};
  command.authorize.capture_at_once = true;
  command.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  return command;
}

constexpr size_t kBatch = 1 << 12;
static_assert(kBatch % Ledger::kPrefetchMax == 0);
// A member buys once or twice a day.  With all sales on one day, a member of ten programmes'
// province would soon have all counters that there can be, one of a thousand's never: the one
// would be measured without new counters, the other with hardly anything else.
constexpr uint32_t kBatchesADay = 64;

void DecideAll(World& world, const std::vector<Command>& commands) {
  std::array<Ledger::Trail, Ledger::kPrefetchMax> trails;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i % Ledger::kPrefetchMax == 0) {
      std::array<const Command*, Ledger::kPrefetchMax> next;
      for (size_t j = 0; j < next.size(); ++j) {
        next[j] = &commands[i + j];
      }
      world.ledger->Prefetch(next, world.now, trails);
    }
    world.ledger->Decide(
        commands[i], world.now, trails[i % Ledger::kPrefetchMax], &world.event, &world.result);
    GH_CHECK(world.result.transaction.outcome == Outcome::kApproved,
             "reason=",
             world.result.transaction.reason);
    world.ledger->Evolve(world.event);
  }
}

// Of this process alone, which has one thread: what others on the machine take is no
// pause of ours.
double CpuMicroseconds() {
  return static_cast<double>(std::clock()) * (1e6 / CLOCKS_PER_SEC);
}

// Decides so many batches of sales; microseconds that it took.
double DecideSales(World& world, bool gift, uint32_t batches) {
  std::vector<Command> commands(kBatch);
  std::array<MemoryRange, Ledger::kUpcomingMax> upcoming;
  const uint32_t before = world.ledger->applied().size();
  double us = 0;
  for (uint32_t i = 0; i < batches; ++i) {
    for (Command& command : commands) {
      command = SaleIn(world, gift);
    }
    if (++world.batches % kBatchesADay == 0 && !world.is_one_day) {
      world.now = TimestampNs{world.now.value() + kSecondsPerDay * kNsPerSecond};
    }
    const size_t ranges = world.ledger->TakeUpcomingMemory(upcoming);
    std::for_each_n(upcoming.begin(), ranges, PopulateMemory);
    us -= CpuMicroseconds();
    DecideAll(world, commands);
    us += CpuMicroseconds();
  }
  const double decisions = double{kBatch} * batches;
  const double given = world.ledger->applied().size() - before;
  // Of the sales most find a benefit, of the gifts all.
  GH_CHECK(given >= decisions * (gift ? 1.0 : 0.5), "given=", given);
  return us;
}

// Two worlds in turn, for a moment each, so that what is compared has had the same machine.
// They have grown alike, too: the same indexes double in the same turn of both.
// REQUIRES: neither was measured alone before.
void Compare(benchmark::State& state, World& one, World& other, bool gift) {
  constexpr uint32_t kBatchesATurn = 16;
  GH_CHECK_EQ(one.batches, other.batches);
  double one_us = 0;
  double other_us = 0;
  std::vector<double> ratios;
  for (auto _ : state) {
    const bool one_first = ratios.size() % 2 == 0;
    const double before_us = one_first ? DecideSales(one, gift, kBatchesATurn) : 0;
    const double us = DecideSales(other, gift, kBatchesATurn);
    const double turn_us = one_first ? before_us : DecideSales(one, gift, kBatchesATurn);
    one_us += turn_us;
    other_us += us;
    ratios.push_back(us / turn_us);
  }
  const double decisions = static_cast<double>(state.iterations()) * kBatchesATurn * kBatch;
  std::sort(ratios.begin(), ratios.end());
  state.counters["decisions_per_s"] = decisions / (one_us / 1e6);
  state.counters["beside_per_s"] = decisions / (other_us / 1e6);
  // Of the rates: the median turn's, and those of the quarters.
  state.counters["ratio"] = ratios[ratios.size() / 2];
  state.counters["ratio_low"] = ratios[ratios.size() / 4];
  state.counters["ratio_high"] = ratios[ratios.size() * 3 / 4];
}

void ThousandProgrammesBesideTen(benchmark::State& state) {
  Compare(state, ProvinceOf(1'000), ProvinceOf(10), /*gift=*/false);
}

// The harder of the two for a thousand, and no day that there is.
void ThousandProgrammesBesideTenOnOneDay(benchmark::State& state) {
  Compare(state, ProvinceOf(1'000, true), ProvinceOf(10, true), /*gift=*/false);
}

void OneStockBesideMany(benchmark::State& state) {
  Compare(state, GiftsOf(1), GiftsOf(kStocks), /*gift=*/true);
}

// One world alone, for a profiler.
void Alone(benchmark::State& state, World& world, bool gift) {
  double us = 0;
  for (auto _ : state) {
    us += DecideSales(world, gift, 1);
  }
  state.counters["decisions_per_s"] = static_cast<double>(state.iterations()) * kBatch / (us / 1e6);
}

void Sales(benchmark::State& state) {
  Alone(state, ProvinceOf(static_cast<uint32_t>(state.range(0))), /*gift=*/false);
}

void Gifts(benchmark::State& state) {
  Alone(state, GiftsOf(static_cast<uint32_t>(state.range(0))), /*gift=*/true);
}

// A thousand programmes, and after each of them sales that find its lists to be made.
void Activations(benchmark::State& state) {
  constexpr uint32_t kSalesEach = 64;
  for (auto _ : state) {
    state.PauseTiming();
    World world;
    std::vector<OwnedProgramme> programmes;
    for (uint32_t i = 0; i < kDistricts; ++i) {
      world.SetFund(FundOf(1 + i), Asset::kMoney);
      programmes.push_back(DistrictProgramme(i, kDistricts));
    }
    std::array<MemoryRange, Ledger::kUpcomingMax> upcoming;
    state.ResumeTiming();
    double activation_us = 0;
    double activation_us_max = 0;
    double sale_us_max = 0;
    for (const OwnedProgramme& programme : programmes) {
      const size_t ranges = world.ledger->TakeUpcomingMemory(upcoming);
      std::for_each_n(upcoming.begin(), ranges, PopulateMemory);
      double before = CpuMicroseconds();
      world.Apply(programme);
      double after = CpuMicroseconds();
      activation_us += after - before;
      activation_us_max = std::max(activation_us_max, after - before);
      for (uint32_t i = 0; i < kSalesEach; ++i) {
        const Command sale = SaleIn(world, /*gift=*/false);
        before = CpuMicroseconds();
        world.Run(sale);
        after = CpuMicroseconds();
        sale_us_max = std::max(sale_us_max, after - before);
      }
    }
    GH_CHECK_EQ(world.ledger->programmes().size(), kDistricts);
    // Once more, all for one instant: nothing is decided before the last of them is active.
    for (OwnedProgramme& programme : programmes) {
      programme.stage = Stage::kScheduled;
      programme.activates_at = TimestampNs{world.now.value() + kNsPerSecond};
      programme.benefits[0].price.rate = Bps{9'000};
      world.Apply(programme);
    }
    world.now = TimestampNs{world.now.value() + kNsPerSecond};
    Command due;
    due.kind = CommandKind::kActivateDue;
    const double before_due = CpuMicroseconds();
    while (world.ledger->next_activation() <= world.now) {
      world.Run(due);
    }
    state.counters["due_together_us"] = CpuMicroseconds() - before_due;
    state.counters["activation_ms_all"] = activation_us / 1e3;
    state.counters["activation_us_max"] = activation_us_max;
    state.counters["sale_us_max"] = sale_us_max;
    state.counters["decisions_per_s"] =
        benchmark::Counter(static_cast<double>(kDistricts) * kSalesEach,
                           benchmark::Counter::kIsIterationInvariantRate);
  }
}

BENCHMARK(ThousandProgrammesBesideTen)->Unit(benchmark::kMillisecond);
BENCHMARK(ThousandProgrammesBesideTenOnOneDay)->Unit(benchmark::kMillisecond);
BENCHMARK(OneStockBesideMany)->Unit(benchmark::kMillisecond);
BENCHMARK(Sales)->Arg(10)->Arg(1'000)->Unit(benchmark::kMillisecond);
BENCHMARK(Gifts)->Arg(1)->Arg(kStocks)->Unit(benchmark::kMillisecond);
BENCHMARK(Activations)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gonghui
