// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fast ledger against the naive model: the same random commands, the same
// answers, totals and digests after each.
//
//   differential_test                   fixed seeds, then fresh ones for a while
//   differential_test --seed=42         that seed alone (or GONGHUI_SEED=42)
//   differential_test --commands=5000   of each seed
//   differential_test --seconds=600     of fresh seeds
//   differential_test --archiving=always --seed=42   with an archive, or "sometimes"
//
// A seed that found a bug is added to kSeedsThatFoundBugs with its story.

#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "tests/model/ledger_pair.h"
#include "tests/model/random_commands.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

std::optional<uint64_t> seed_flag;
Archiving archiving_flag = Archiving::kNever;  // of the seed
int commands_flag = 1500;
int fresh_seconds_flag = 6;

// How often each answer was seen and each branch of the model was gone, so that a
// test which no longer reaches anything does not go unnoticed.
struct Seen {
  std::map<std::string, int> answers;
  std::map<Reason, int> failed_checks;
  std::map<Reason, int> entitlements;
  std::map<NaivePath, int> paths;
  RandomArchiver::Counts archived;
  int shadowed = 0;
  int shadowed_otherwise = 0;
};

std::string ReplayText(uint64_t seed, int commands, Archiving archiving) {
  return "Replay: differential_test --seed=" + std::to_string(seed) +
         " --commands=" + std::to_string(commands) +
         (archiving == Archiving::kNever       ? ""
          : archiving == Archiving::kSometimes ? " --archiving=sometimes"
                                               : " --archiving=always");
}

const char* KindOf(const Command& command, const Answer& answer) {
  return command.kind == CommandKind::kGetEntitlements ? NameOf(command.kind) : NameOf(answer.kind);
}

// False when the two disagree; says so.
bool RunSeed(uint64_t seed, int commands, Archiving archiving, Seen* seen) {
  RandomCommands random(seed);
  LedgerPair pair(LedgerPair::SmallLimits(), archiving, seed);
  int step = 0;
  std::string trail;
  const auto report =
      [&](const std::string& problem, const OwnedCommand& command, TimestampNs now) {
        ADD_FAILURE() << "seed " << seed << ", command " << step << " at " << TextOf(now) << ": "
                      << CommandText(command.command) << "\n"
                      << problem << "\nLast commands:\n"
                      << trail << ReplayText(seed, commands, archiving);
        return false;
      };
  const TimestampNs start{kTimestampNsMin};
  for (const OwnedCommand& command : random.Setup()) {
    if (const std::string problem = pair.Apply(command, start); !problem.empty()) {
      return report(problem, command, start);
    }
  }
  std::vector<std::string> lines;
  TimestampNs next_now;
  const auto next = [&] {
    return random.Next(pair.ledger().next_expiry(), pair.ledger().next_activation(), &next_now);
  };
  OwnedCommand following = next();
  for (step = 1; step <= commands; ++step) {
    const OwnedCommand command = following;
    const TimestampNs now = next_now;
    following = next();
    pair.LookAhead(following, next_now);
    std::string problem = pair.Apply(command, now);
    lines.push_back("  " + std::to_string(step) + " " + TextOf(now) + " " +
                    CommandText(command.command) + " -> " + TextOf(pair.answer()) + "\n");
    if (problem.empty() && step % 10 == 0) {
      problem = pair.CheckEverything(step % 100 == 0);
    }
    if (problem.empty() && step % 500 == 0) {
      problem = pair.Crash();
    }
    if (!problem.empty()) {
      for (size_t i = lines.size() - std::min<size_t>(lines.size(), 12); i < lines.size(); ++i) {
        trail += lines[i];
      }
      return report(problem, command, now);
    }
    const Answer& answer = pair.answer();
    ++seen->answers[std::string(NameOf(answer.verdict)) +
                    (answer.has_transaction
                         ? std::string(" ") + KindOf(command.command, answer) + " " +
                               NameOf(answer.outcome) + " " + NameOf(answer.reason)
                         : std::string())];
    for (const AnswerCheck& check : answer.checks) {
      seen->failed_checks[check.check] += check.passed ? 0 : 1;
    }
    for (const AnswerEntitlement& entitlement : answer.entitlements) {
      ++seen->entitlements[entitlement.reason];
    }
    if (!answer.replay) {
      random.Remember(command, answer);
    }
  }
  for (const auto& [path, times] : pair.model().paths()) {
    seen->paths[path] += times;
  }
  std::string problem = pair.CheckEverything();
  if (problem.empty() && archiving != Archiving::kNever) {
    problem = pair.BringAllBack(pair.ledger().applied_at());
    problem = problem.empty() ? pair.CheckEverything() : problem;
    problem = problem.empty() ? pair.Crash() : problem;
  }
  seen->shadowed += pair.shadowed();
  seen->shadowed_otherwise += pair.shadowed_otherwise();
  seen->archived.left += pair.archiver().counts().left;
  seen->archived.returned += pair.archiver().counts().returned;
  seen->archived.steps += pair.archiver().counts().steps;
  seen->archived.refused += pair.archiver().counts().refused;
  EXPECT_EQ(problem, "") << "seed " << seed << " at the end\n"
                         << ReplayText(seed, commands, archiving);
  return problem.empty();
}

// Seeds that once found a difference, and what it was.
struct NamedSeed {
  uint64_t seed;
  const char* story;
};
constexpr NamedSeed kSeedsThatFoundBugs[] = {
    {1, "a reversal that named itself left two transactions under one id: no checkpoint loaded"},
    {5, "an inquiry for an id that was reversed before it came told of the reversal instead"},
    {269435417002227,
     "the model called a late capture of nothing an overrun where another has the voucher by now"},
};

TEST(DifferentialTest, SeedsThatFoundBugs) {
  Seen seen;
  for (const NamedSeed& named : kSeedsThatFoundBugs) {
    SCOPED_TRACE(named.story);
    for (const Archiving archiving :
         {Archiving::kNever, Archiving::kSometimes, Archiving::kAlways}) {
      ASSERT_TRUE(RunSeed(named.seed, commands_flag, archiving, &seen));
    }
  }
}

// A ledger that archives gives the same answers as one that never does.
TEST(DifferentialTest, WithAnArchive) {
  Seen seen;
  for (uint64_t seed = 3'000; seed < 3'012; ++seed) {
    const Archiving archiving = seed % 3 == 0 ? Archiving::kAlways : Archiving::kSometimes;
    ASSERT_TRUE(RunSeed(seed, commands_flag, archiving, &seen));
  }
  std::cout << seen.archived.left << " rows left in " << seen.archived.steps << " steps, "
            << seen.archived.refused << " were refused; " << seen.archived.returned
            << " transactions came back\n";
  EXPECT_GT(seen.archived.left, 0);
  EXPECT_GT(seen.archived.returned, 0);
  EXPECT_GT(seen.archived.refused, 0);
}

// Under a sanitizer a seed takes ten times as long: then every fourth, and what all of them
// reach together is looked at without one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeedStep = 4;
#else
constexpr uint64_t kSeedStep = 1;
#endif

TEST(DifferentialTest, FixedSeeds) {
  Seen seen;
  if (seed_flag.has_value()) {
    ASSERT_TRUE(RunSeed(*seed_flag, commands_flag, archiving_flag, &seen));
    return;
  }
  for (uint64_t seed = 1'100; seed < 1'196; seed += kSeedStep) {
    ASSERT_TRUE(RunSeed(seed, commands_flag, Archiving::kNever, &seen));
  }
  if (kSeedStep > 1) {
    return;
  }
  std::cout << seen.shadowed << "\tin shadow, " << seen.shadowed_otherwise << " otherwise\n";
  EXPECT_GT(seen.shadowed_otherwise, 0);
  EXPECT_GT(seen.shadowed, seen.shadowed_otherwise);
  for (const auto& [answer, times] : seen.answers) {
    std::cout << times << "\t" << answer << "\n";
  }
  for (const NaivePath path : AllOf<NaivePath>()) {
    std::cout << seen.paths[path] << "\t" << NameOf(path) << "\n";
    if (path == NaivePath::kLateAfterRefundOfCombination || path == NaivePath::kSlotInOtherOffset ||
        path == NaivePath::kClaimBeforeFirstVersion) {
      // Too rare for so few seeds; combine.table, slots_test and filing_test show them.
      continue;
    }
    EXPECT_GT(seen.paths[path], 0) << NameOf(path) << " never occurred: the test has gone blind";
  }
  // Together they reach every answer but those that need a world of their own.
  for (const Reason reason : AllOf<Reason>()) {
    if (reason == Reason::kMemberNotFound || reason == Reason::kMemberClosed) {
      continue;
    }
    bool reached = false;
    for (const auto& [answer, times] : seen.answers) {
      reached |= answer.ends_with(std::string(" ") + NameOf(reason));
    }
    EXPECT_TRUE(reached) << NameOf(reason) << " was never answered: the test has gone blind";
  }
  // And of an explanation every check that can fail, of entitlements every reason.
  for (const auto& [reason, times] : seen.failed_checks) {
    std::cout << times << "\tcheck " << NameOf(reason) << "\n";
  }
  for (const auto& [reason, times] : seen.entitlements) {
    std::cout << times << "\tentitlement " << NameOf(reason) << "\n";
  }
  for (const Reason reason : AllOf<Reason>()) {
    // Of what was done without asking nobody asks why.
    if (reason >= Reason::kMerchantNotInProgramme && reason != Reason::kOfflineNotPermitted) {
      EXPECT_GT(seen.failed_checks[reason], 0) << NameOf(reason);
    }
  }
  for (const Reason reason : {Reason::kNone,
                              Reason::kProgrammeNotStarted,
                              Reason::kOutsideTimeWindow,
                              Reason::kNoVoucher,
                              Reason::kExceedsFrequencyLimit,
                              Reason::kExceedsAmountLimit,
                              Reason::kTooManyNoShows,
                              Reason::kFundNotOpen,
                              Reason::kQuotaExhausted,
                              Reason::kBudgetExhausted}) {
    EXPECT_GT(seen.entitlements[reason], 0) << NameOf(reason);
  }
}

// More candidates than one answer tells: it says so.
TEST(DifferentialTest, LongAnswersAreTruncated) {
  LedgerPair pair;
  const TimestampNs now{kTimestampNsMin};
  const auto apply = [&pair, now](const OwnedCommand& command) {
    EXPECT_EQ(pair.Apply(command, now), "");
  };
  UnionNodeRequest node;
  node.id = CodeOf<UnionNodeId>("U");
  apply(Own(node));
  MemberRequest member;
  member.id = CodeOf<MemberId>("M");
  member.union_node = node.id;
  apply(Own(member));
  CardRequest card;
  card.number = CardNumber{6'200'000'000};
  card.member = member.id;
  apply(Own(card));
  MerchantRequest merchant;
  merchant.id = CodeOf<MerchantId>("S");
  merchant.union_node = node.id;
  merchant.mcc = 5411;
  apply(Own(merchant));
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T");
  terminal.merchant = merchant.id;
  apply(Own(terminal));
  FundRequest fund;
  fund.code = CodeOf<FundCode>("F");
  fund.budget = Fen{1000};
  apply(Own(fund));
  OwnedProgramme programme;
  programme.spec.code = CodeOf<ProgrammeCode>("p");
  programme.spec.calendar = TestCalendar("UTC");
  programme.spec.ends_at = kTimestampMax;
  for (uint32_t i = 0; i <= kEntitlementsMax; ++i) {
    BenefitSpec benefit;
    benefit.code = CodeOf<BenefitCode>("b" + std::to_string(i));
    benefit.price.kind = PriceKind::kFree;
    benefit.require_real_name = false;
    benefit.ends_at = kTimestampMax;
    benefit.funding = Append(programme.funding, {{fund.code, Bps{10'000}, 0}});
    programme.benefits.push_back(benefit);
  }
  apply(Own(programme));

  Command quote;
  quote.kind = CommandKind::kQuote;
  quote.terminal = terminal.id;
  quote.authorize = AuthorizeRequest{};
  quote.authorize.card = card.number;
  quote.authorize.list_price = Fen{100};
  apply(OwnExplained(quote));
  EXPECT_EQ(pair.answer().checks.size(), kChecksPerExplanationMax);
  EXPECT_TRUE(pair.answer().truncated);

  Command question;
  question.kind = CommandKind::kGetEntitlements;
  question.terminal = terminal.id;
  question.entitlements = EntitlementsRequest{};
  question.entitlements.card = card.number;
  apply(Own(question));
  EXPECT_EQ(pair.answer().entitlements.size(), kEntitlementsMax);
  EXPECT_TRUE(pair.answer().truncated);
}

TEST(DifferentialTest, AnExplanationMustNotContradictItsAnswer) {
  const auto check = [](const char* benefit, Reason reason, bool passed) {
    AnswerCheck result;
    result.benefit = *benefit == 0 ? BenefitCode{} : CodeOf<BenefitCode>(benefit);
    result.check = reason;
    result.passed = passed;
    return result;
  };
  Answer answer;
  answer.reason = Reason::kNoEffect;
  answer.benefit = CodeOf<BenefitCode>("b");
  answer.checks = {check("", Reason::kInvalidCard, true),
                   check("a", Reason::kMemberNotVerified, false),
                   check("a", Reason::kBudgetExhausted, false),
                   check("b", Reason::kNoEffect, false),
                   check("c", Reason::kNoEffect, false)};
  EXPECT_EQ(ContradictionIn(answer), "");
  Answer other = answer;
  other.reason = Reason::kMemberNotVerified;
  EXPECT_NE(ContradictionIn(other), "") << "not the furthest";
  other = answer;
  other.benefit = CodeOf<BenefitCode>("c");
  EXPECT_NE(ContradictionIn(other), "") << "not the first of those";
  other = answer;
  other.checks[4].passed = true;
  EXPECT_NE(ContradictionIn(other), "") << "c passed";
  other = answer;
  other.checks[0].passed = false;
  EXPECT_NE(ContradictionIn(other), "") << "no card, and yet benefits";
  other = answer;
  other.outcome = Outcome::kApproved;
  other.reason = Reason::kNone;
  EXPECT_NE(ContradictionIn(other), "") << "nothing passed";
  other.checks[3].passed = true;
  EXPECT_EQ(ContradictionIn(other), "");
  other.shares = {{CodeOf<BenefitCode>("a"), CodeOf<FundCode>("F"), Fen{1}}};
  EXPECT_NE(ContradictionIn(other), "") << "b passed, a was given";
  answer.checks.resize(1);
  EXPECT_NE(ContradictionIn(answer), "") << "nobody failed";
  answer.reason = Reason::kNoApplicableBenefit;
  EXPECT_EQ(ContradictionIn(answer), "");
}

TEST(DifferentialTest, FreshSeeds) {
  std::random_device device;
  Seen seen;
  const SystemClock clock;
  const int64_t end_ns = clock.MonotonicNs() + fresh_seconds_flag * kNsPerSecond;
  int runs = 0;
  do {
    const uint64_t seed = uint64_t{device()} << 16 ^ device();
    constexpr Archiving kTurns[] = {Archiving::kNever, Archiving::kSometimes, Archiving::kAlways};
    ASSERT_TRUE(RunSeed(seed, commands_flag, kTurns[runs % 3], &seen));
    ++runs;
  } while (clock.MonotonicNs() < end_ns);
  std::cout << runs << " fresh seeds of " << commands_flag << " commands\n";
}

}  // namespace

void ReadFlags(int argc, char** argv) {
  if (const char* seed = std::getenv("GONGHUI_SEED"); seed != nullptr) {
    seed_flag = std::strtoull(seed, nullptr, 0);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--seed=")) {
      seed_flag = std::strtoull(argv[i] + 7, nullptr, 0);
    } else if (argument.starts_with("--commands=")) {
      commands_flag = std::atoi(argv[i] + 11);
    } else if (argument.starts_with("--seconds=")) {
      fresh_seconds_flag = std::atoi(argv[i] + 10);
    } else if (argument == "--archiving=sometimes") {
      archiving_flag = Archiving::kSometimes;
    } else if (argument == "--archiving=always") {
      archiving_flag = Archiving::kAlways;
    } else if (!argument.starts_with("--gtest")) {
      std::cerr << "unknown argument " << argument << "\n";
      std::exit(2);
    }
  }
  if (seed_flag.has_value()) {
    ::testing::GTEST_FLAG(filter) = "*FixedSeeds";
  }
}

}  // namespace gonghui

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  gonghui::ReadFlags(argc, argv);
  return RUN_ALL_TESTS();
}
