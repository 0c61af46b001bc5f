// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The real gonghuid, asked by clients at once through gRPC; replies are lost because a
// client stops waiting, a connection breaks or the server is killed.  For every
// history there must be an order that explains it.
//
//   GONGHUI_SECONDS=600 GONGHUI_SEED=7 linearizability_test
//
// A seed repeats what is asked for and what befalls it, not how the threads run: the
// history itself is the evidence, and is printed.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/prng.h"
#include "tests/linearizability/plan.h"
#include "tests/linearizability/real_round.h"
#include "tests/linearizability/round.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

constexpr uint64_t kSecondsDefault = 12;
constexpr int kRoundsMin = 48;  // however slow the machine is: all faults in all themes
constexpr size_t kLookedBackMax = 300;
// Of operations that were under way together with another one of their history; fewer
// tell nothing of concurrency.
constexpr int64_t kOverlappingPercentMin = 40;
// Of histories; a search that gives up has shown nothing.
constexpr int64_t kUndecidedPercentMax = 1;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What must have been seen, or the run has not tried what it is for.
struct Seen {
  int64_t rounds = 0;
  int64_t kills = 0;
  int64_t replays = 0;
  int64_t over_limit = 0;
  int64_t over_budget = 0;
  int64_t reversed_first = 0;  // late originals
  int64_t settled = 0;         // lost requests that had not been decided
  int64_t looked_back = 0;

  void Add(const History& history) {
    for (const Operation& operation : history) {
      if (!operation.answer.has_value() || IsRead(operation.request.kind)) {
        continue;
      }
      const Answer& answer = *operation.answer;
      replays += answer.replay ? 1 : 0;
      over_limit += answer.why == Why::kLimit ? 1 : 0;
      over_budget += answer.why == Why::kBudget ? 1 : 0;
      reversed_first +=
          operation.request.kind == Kind::kAuthorize && answer.why == Why::kPreviouslyReversed ? 1
                                                                                               : 0;
      settled += operation.client == kClients && !answer.replay ? 1 : 0;
    }
  }
};

// A server and its city, for kRoundsOfCity rounds.
class Trial {
 public:
  Trial(uint64_t seed, Seen* seen, RoundChecked* checked)
      : seed_(seed), prng_(seed), seen_(seen), checked_(checked) {}

  void Run(int64_t until_ns) {
    ASSERT_TRUE(shop_.Start()) << shop_.failures().front();
    shop_.Build();
    for (int round = 0; round < kRoundsOfCity && !::testing::Test::HasFailure() &&
                        (round < kRoundsMin || SystemClock::Instance().MonotonicNs() < until_ns);
         ++round) {
      RunRound(round);
    }
    if (!::testing::Test::HasFailure()) {
      LookBack();
    }
  }

  [[nodiscard]] const Losses& losses() const { return shop_.losses(); }

 private:
  void RunRound(int round) {
    SCOPED_TRACE(
        absl::StrCat("round ", round, "; its plan: GONGHUI_SEED=", seed_, " linearizability_test"));
    const Theme theme = kThemes[round % 3];
    const RoundNames names{.seed = seed_, .round = round, .theme = theme};
    const Plan plan = MakePlan(theme, &prng_);
    // In turns, so that a short run has all of it; three themes go round in another beat.
    const Fault fault = round % 8 == 7 ? Fault::kKill : round % 4 == 1 ? Fault::kCut : Fault::kNone;
    const auto after = static_cast<int64_t>(plan.StepCount() * (1 + prng_.Below(3)) / 4);

    // Each fund goes on from where the round before left it.
    World world = plan.world;
    World& fund = funds_[static_cast<size_t>(theme)];
    if (theme != Theme::kMembers) {
      world.fund_held_fen = fund.fund_held_fen;
      world.fund_spent_fen = fund.fund_spent_fen;
      world.budget_fen += world.fund_held_fen + world.fund_spent_fen;
      shop_.SetBudget(names, world.budget_fen);
    }
    const History history = shop_.Run(plan, names, fault, after);
    for (const std::string& failure : shop_.failures()) {
      ADD_FAILURE() << failure << "\n" << TableOf(history);
    }
    if (::testing::Test::HasFailure()) {
      return;
    }
    const RoundChecked checked = CheckRound(theme, world, history);
    EXPECT_EQ(checked.contradiction, "") << "not linearizable";
    EXPECT_EQ(checked.false_claim, "") << "not the order of the sequences";
    checked_->Add(checked);
    seen_->Add(history);
    seen_->rounds += 1;
    seen_->kills += fault == Fault::kKill ? 1 : 0;
    if (theme != Theme::kMembers) {
      fund.fund_held_fen = history.back().answer->fund_held_fen;
      fund.fund_spent_fen = history.back().answer->fund_spent_fen;
    }
    const uint64_t before = highest_seq_;
    for (const Operation& operation : history) {
      if (operation.seq != 0) {
        EXPECT_GT(operation.seq, before) << "of an earlier round: " << TextOf(operation);
        highest_seq_ = std::max(highest_seq_, operation.seq);
      }
      // Asked of by the last client, so of what was settled by then.
      if (operation.client == kClients && operation.request.kind == Kind::kInquire &&
          operation.answer.has_value() && operation.answer->found) {
        told_.emplace_back(names, operation);
      }
    }
  }

  // After one more kill: what earlier rounds were told stands, whatever came since.
  void LookBack() {
    shop_.Kill();
    ASSERT_TRUE(shop_.Start()) << shop_.failures().front();
    for (size_t i = 0; i < kLookedBackMax && !told_.empty(); ++i) {
      const auto& [names, operation] = told_[prng_.Below(told_.size())];
      const Reply reply = shop_.Ask(names, operation.request);
      ASSERT_EQ(reply.heard, Heard::kAnswer) << reply.words;
      EXPECT_EQ(reply.seq, operation.seq) << TextOf(operation);
      // A request that was settled after it was inquired about may have changed it.
      EXPECT_EQ(reply.answer.approved, operation.answer->approved) << TextOf(operation);
      EXPECT_EQ(reply.answer.why, operation.answer->why) << TextOf(operation);
      ++seen_->looked_back;
    }
  }

  const uint64_t seed_;
  Prng prng_;
  Seen* const seen_;
  RoundChecked* const checked_;
  Shop shop_;
  World funds_[3];
  uint64_t highest_seq_ = 0;  // of all rounds
  std::vector<std::pair<RoundNames, Operation>> told_;
};

void Add(const Losses& more, Losses* losses) {
  losses->late += more.late;
  losses->cut += more.cut;
  losses->killed += more.killed;
  losses->refused += more.refused;
  losses->connections += more.connections;
}

TEST(Linearizability, AnOrderExplainsWhatClientsSaw) {
  const uint64_t seed = NumberFromEnvironment(
      "GONGHUI_SEED", static_cast<uint64_t>(SystemClock::Instance().NowNs()) % 1'000'000);
  const uint64_t seconds = NumberFromEnvironment("GONGHUI_SECONDS", kSecondsDefault);
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(seed));
  const int64_t until_ns =
      SystemClock::Instance().MonotonicNs() + static_cast<int64_t>(seconds) * 1'000'000'000;
  Seen seen;
  RoundChecked checked;
  Losses losses;
  uint64_t cities = 0;
  do {
    Trial trial(seed + cities++, &seen, &checked);
    trial.Run(until_ns);
    Add(trial.losses(), &losses);
  } while (SystemClock::Instance().MonotonicNs() < until_ns && !HasFailure());

  std::printf(
      "%llu cities, %lld rounds: %lld histories of %lld operations, %lld of them overlapping; "
      "%lld unknown (%lld not waited for, %lld connections broke under %lld, %lld lost to %lld "
      "kills), %lld refused\n"
      "%lld replays, %lld beyond a limit, %lld beyond a budget, %lld originals after their "
      "reversal, %lld lost requests decided by their repeat, %lld looked back at\n"
      "%llu configurations, at most %llu of one history, %lld undecided\n",
      static_cast<unsigned long long>(cities),
      static_cast<long long>(seen.rounds),
      static_cast<long long>(checked.histories),
      static_cast<long long>(checked.operations),
      static_cast<long long>(checked.overlapping),
      static_cast<long long>(checked.unknown),
      static_cast<long long>(losses.late),
      static_cast<long long>(losses.connections),
      static_cast<long long>(losses.cut),
      static_cast<long long>(losses.killed),
      static_cast<long long>(seen.kills),
      static_cast<long long>(losses.refused),
      static_cast<long long>(seen.replays),
      static_cast<long long>(seen.over_limit),
      static_cast<long long>(seen.over_budget),
      static_cast<long long>(seen.reversed_first),
      static_cast<long long>(seen.settled),
      static_cast<long long>(seen.looked_back),
      static_cast<unsigned long long>(checked.configurations),
      static_cast<unsigned long long>(checked.configurations_most),
      static_cast<long long>(checked.undecided));
  EXPECT_GE(checked.overlapping * 100, checked.operations * kOverlappingPercentMin)
      << "too little was under way at once for the run to count";
  EXPECT_LE(checked.undecided * 100, checked.histories * kUndecidedPercentMax);
  EXPECT_GT(losses.late, 0);
  EXPECT_GT(losses.connections, 0);
  EXPECT_GT(seen.kills, 0);
  EXPECT_GT(losses.killed, 0);
  EXPECT_GT(seen.replays, 0);
  EXPECT_GT(seen.over_limit, 0);
  EXPECT_GT(seen.over_budget, 0);
  EXPECT_GT(seen.reversed_first, 0);
}

}  // namespace
}  // namespace gonghui::lin
