// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The checker on histories written by hand: what can be explained and what can not.

#include "tests/linearizability/checker.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/linearizability/claimed_order.h"
#include "tests/linearizability/contradiction.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr World kWorld{.uses_max = 2, .budget_fen = 100, .members = 2, .requests = 8};

Request Hold(uint16_t id, int32_t fen, uint16_t member = 0) {
  return {.kind = Kind::kAuthorize, .id = id, .original = id, .member = member, .amount_fen = fen};
}
Request Capture(uint16_t id, uint16_t original, int32_t fen = 0) {
  return {.kind = Kind::kCapture, .id = id, .original = original, .amount_fen = fen};
}
Request Reverse(uint16_t id, uint16_t original) {
  return {.kind = Kind::kReverse, .id = id, .original = original};
}
Request Inquire(uint16_t id) {
  return {.kind = Kind::kInquire, .id = id};
}
Request LookAtFund() {
  return {.kind = Kind::kLookAtFund};
}

Answer Held(int32_t fen, int32_t uses_held) {
  return {.list_fen = fen,
          .subsidy_fen = fen / 2,
          .limit_used = 0,
          .limit_held = uses_held,
          .standing = Standing::kPending,
          .approved = true};
}
Answer Reversed(int32_t fen) {
  return {.list_fen = fen,
          .subsidy_fen = fen / 2,
          .standing = Standing::kCompleted,
          .approved = true,
          .original_found = fen != 0};
}
Answer Refused(int32_t fen, Why why) {
  return {.list_fen = fen, .why = why, .standing = Standing::kDeclined};
}
Answer NotFound() {
  return {.found = false};
}
Answer Fund(int32_t held_fen, int32_t spent_fen) {
  return {.fund_held_fen = held_fen, .fund_spent_fen = spent_fen};
}
Answer Again(Answer answer, Standing standing) {
  answer.replay = true;
  answer.standing = standing;
  return answer;
}

Operation Saw(int64_t call_ns, int64_t return_ns, const Request& request, const Answer& answer) {
  return {.request = request, .call_ns = call_ns, .return_ns = return_ns, .answer = answer};
}
Operation Lost(int64_t call_ns, int64_t until_ns, const Request& request) {
  return {.request = request, .call_ns = call_ns, .return_ns = until_ns, .answer = {}};
}

Verdict VerdictOf(const History& history) {
  return CheckHistory(kWorld, history).verdict;
}

TEST(Checker, NothingIsLinearizable) {
  EXPECT_EQ(VerdictOf({}), Verdict::kLinearizable);
}

TEST(Checker, OneAfterAnother) {
  const History history = {Saw(0, 1, Hold(0, 20), Held(20, 1)),
                           Saw(2, 3, Hold(1, 20), Held(20, 2)),
                           Saw(4, 5, LookAtFund(), Fund(20, 0)),
                           Saw(6, 7, Reverse(2, 0), Reversed(20)),
                           Saw(8, 9, LookAtFund(), Fund(10, 0)),
                           Saw(10, 11, Inquire(5), NotFound())};
  const Checked checked = CheckHistory(kWorld, history);
  EXPECT_EQ(checked.verdict, Verdict::kLinearizable);
  EXPECT_THAT(checked.order, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Checker, TogetherInTheOtherOrder) {
  const History history = {Saw(0, 9, Hold(0, 20), Held(20, 2)),
                           Saw(1, 8, Hold(1, 20), Held(20, 1))};
  const Checked checked = CheckHistory(kWorld, history);
  EXPECT_EQ(checked.verdict, Verdict::kLinearizable);
  EXPECT_THAT(checked.order, ElementsAre(1, 0));
}

TEST(Checker, TheOtherOrderIsNoneOnceOneHasReturned) {
  EXPECT_EQ(VerdictOf({Saw(0, 5, Hold(0, 20), Held(20, 2)), Saw(6, 8, Hold(1, 20), Held(20, 1))}),
            Verdict::kContradiction);
}

TEST(Checker, InstantsThatAreEqualAreTogether) {
  EXPECT_EQ(VerdictOf({Saw(0, 5, Hold(0, 20), Held(20, 2)), Saw(5, 8, Hold(1, 20), Held(20, 1))}),
            Verdict::kLinearizable);
}

TEST(Checker, StaleRead) {
  History history = {Saw(0, 5, Hold(0, 20), Held(20, 1)), Saw(4, 9, Inquire(0), NotFound())};
  EXPECT_EQ(VerdictOf(history), Verdict::kLinearizable) << "it may have come first";
  history[1].call_ns = 6;
  EXPECT_EQ(VerdictOf(history), Verdict::kContradiction);
}

TEST(Checker, ReadsThatGoBack) {
  // The hold is under way all the time, so either read alone is fine.
  EXPECT_EQ(VerdictOf({Saw(0, 9, Hold(0, 20), Held(20, 1)),
                       Saw(1, 2, LookAtFund(), Fund(10, 0)),
                       Saw(3, 4, LookAtFund(), Fund(0, 0))}),
            Verdict::kContradiction);
}

TEST(Checker, LostUpdate) {
  EXPECT_EQ(VerdictOf({Saw(0, 5, Hold(0, 20), Held(20, 1)),
                       Saw(1, 6, Hold(1, 40), Held(40, 1)),
                       Saw(7, 8, LookAtFund(), Fund(20, 0))}),
            Verdict::kContradiction);
}

TEST(Checker, OneUseTooMany) {
  // Each answer looks right to its client.
  EXPECT_EQ(VerdictOf({Saw(0, 9, Hold(0, 20), Held(20, 1)),
                       Saw(0, 9, Hold(1, 20), Held(20, 2)),
                       Saw(0, 9, Hold(2, 20), Held(20, 2))}),
            Verdict::kContradiction);
  // Unless one was given back in between, though nobody heard of it.
  EXPECT_EQ(VerdictOf({Saw(0, 9, Hold(0, 20), Held(20, 1)),
                       Saw(0, 9, Hold(1, 20), Held(20, 2)),
                       Lost(0, kNever, Reverse(3, 0)),
                       Saw(0, 9, Hold(2, 20), Held(20, 2))}),
            Verdict::kLinearizable);
}

TEST(Checker, FundOverspent) {
  const Answer mine = Held(120, 1);
  EXPECT_EQ(VerdictOf({Saw(0, 9, Hold(0, 120, 0), mine), Saw(0, 9, Hold(1, 120, 1), mine)}),
            Verdict::kContradiction);
  Answer refused = Refused(120, Why::kBudget);
  refused.fund_needed_fen = 60;
  refused.fund_available_fen = 40;
  EXPECT_EQ(VerdictOf({Saw(0, 9, Hold(0, 120, 0), mine), Saw(0, 9, Hold(1, 120, 1), refused)}),
            Verdict::kLinearizable);
}

TEST(Checker, AnAnswerThatChangedOnRepeat) {
  const Answer first = Held(20, 1);
  const Answer again = Again(first, Standing::kReversed);
  EXPECT_EQ(VerdictOf({Saw(0, 1, Hold(0, 20), first),
                       Saw(2, 3, Reverse(1, 0), Reversed(20)),
                       Saw(4, 5, Hold(0, 20), again)}),
            Verdict::kLinearizable);
  Answer changed = again;
  changed.subsidy_fen = 0;
  EXPECT_EQ(VerdictOf({Saw(0, 1, Hold(0, 20), first),
                       Saw(2, 3, Reverse(1, 0), Reversed(20)),
                       Saw(4, 5, Hold(0, 20), changed)}),
            Verdict::kContradiction);
}

TEST(Checker, TwoThatWereBothTheFirst) {
  EXPECT_EQ(VerdictOf({Saw(0, 9, Hold(0, 20), Held(20, 1)), Saw(0, 9, Hold(0, 20), Held(20, 1))}),
            Verdict::kContradiction);
}

TEST(Checker, AReversalThatCameFirst) {
  const Operation reversal = Saw(0, 5, Reverse(1, 0), Reversed(0));
  EXPECT_EQ(VerdictOf({reversal, Saw(6, 9, Hold(0, 20), Refused(20, Why::kPreviouslyReversed))}),
            Verdict::kLinearizable);
  EXPECT_EQ(VerdictOf({reversal, Saw(6, 9, Hold(0, 20), Held(20, 1))}), Verdict::kContradiction)
      << "ignored";
  EXPECT_EQ(VerdictOf({reversal, Saw(4, 9, Hold(0, 20), Held(20, 1))}), Verdict::kContradiction)
      << "it did not find its original, so it came first";
}

TEST(Checker, AnAcknowledgedOperationThatVanished) {
  EXPECT_EQ(VerdictOf({Saw(0, 5, Hold(0, 20), Held(20, 1)),
                       Saw(6, 7, Inquire(0), NotFound()),
                       Saw(8, 9, Hold(0, 20), Held(20, 1))}),
            Verdict::kContradiction);
}

TEST(Checker, ALostReplyMayHaveHappenedOrNot) {
  const Operation lost = Lost(0, kNever, Hold(0, 20));
  EXPECT_EQ(VerdictOf({lost, Saw(6, 7, Inquire(0), NotFound())}), Verdict::kLinearizable);
  Answer found = Held(20, 1);
  EXPECT_EQ(VerdictOf({lost, Saw(6, 7, Inquire(0), found)}), Verdict::kLinearizable);
  EXPECT_EQ(VerdictOf({lost, Saw(6, 7, Inquire(0), found), Saw(8, 9, Inquire(0), NotFound())}),
            Verdict::kContradiction);
  EXPECT_EQ(VerdictOf({lost, Saw(6, 7, Inquire(0), NotFound()), Saw(8, 9, Inquire(0), found)}),
            Verdict::kLinearizable)
      << "it may be late";
}

TEST(Checker, AfterACrashWhatWasUnderWayComesNoMore) {
  const Operation lost = Lost(0, 5, Hold(0, 20));
  EXPECT_EQ(VerdictOf({lost, Saw(6, 7, Inquire(0), NotFound()), Saw(8, 9, Inquire(0), NotFound())}),
            Verdict::kLinearizable);
  EXPECT_EQ(
      VerdictOf({lost, Saw(6, 7, Inquire(0), NotFound()), Saw(8, 9, Inquire(0), Held(20, 1))}),
      Verdict::kContradiction);
}

TEST(Checker, TwoCapturesOfAllOfOneHold) {
  Answer captured{.list_fen = 20,
                  .subsidy_fen = 10,
                  .standing = Standing::kCompleted,
                  .approved = true,
                  .original_found = true};
  Answer refused = Refused(0, Why::kAlreadyCaptured);
  refused.original_found = true;
  const Operation hold = Saw(0, 1, Hold(0, 20), Held(20, 1));
  EXPECT_EQ(
      VerdictOf({hold, Saw(2, 9, Capture(1, 0), captured), Saw(2, 9, Capture(2, 0), refused)}),
      Verdict::kLinearizable);
  EXPECT_EQ(
      VerdictOf({hold, Saw(2, 9, Capture(1, 0), captured), Saw(2, 9, Capture(2, 0), captured)}),
      Verdict::kContradiction);
}

TEST(Checker, GivesUpBeyondItsMemory) {
  History history;
  for (uint16_t i = 0; i < 8; ++i) {
    history.push_back(Lost(0, kNever, Hold(i, 2, i % 2)));
  }
  history.push_back(Saw(0, 9, LookAtFund(), Fund(99, 0)));
  const Checked checked = CheckHistory(kWorld, history, 16);
  EXPECT_EQ(checked.verdict, Verdict::kUndecided);
  EXPECT_EQ(checked.configurations, 16U);
  EXPECT_EQ(VerdictOf(history), Verdict::kContradiction);
}

TEST(Contradiction, IsMadeSmall) {
  // Of twelve operations two contradict each other.
  History history = {Saw(0, 1, Hold(0, 20), Held(20, 1)),
                     Saw(0, 1, Hold(1, 20, 1), Held(20, 1)),
                     Saw(2, 3, LookAtFund(), Fund(20, 0)),
                     Saw(2, 3, Reverse(2, 1), Reversed(20)),
                     Lost(2, kNever, Capture(3, 1)),
                     Saw(4, 5, Inquire(0), NotFound()),
                     Saw(4, 5, Hold(4, 10, 1), Held(10, 1)),
                     Saw(6, 7, Inquire(0), Held(20, 1)),
                     Saw(6, 7, Hold(5, 10, 1), Held(10, 2)),
                     Saw(8, 9, Inquire(0), Held(20, 1)),
                     Saw(8, 9, Inquire(1), Held(20, 1)),
                     Saw(8, 9, Inquire(7), NotFound())};
  ASSERT_EQ(VerdictOf(history), Verdict::kContradiction);
  const Contradiction small = Shrink(kWorld, history);
  ASSERT_EQ(small.told.size(), 2U) << TextOf(kWorld, small);
  EXPECT_EQ(TextOf(small.told[0].request), "hold r0 member 0 20 fen");
  EXPECT_EQ(TextOf(small.told[1].request), "inquire r0");
  EXPECT_EQ(small.told.size() + small.untold.size() + small.dropped, history.size());
  const std::string text = TextOf(kWorld, small);
  EXPECT_THAT(text, HasSubstr("2 uses a day, a fund of 100 fen"));
  EXPECT_THAT(text, HasSubstr("not found"));
}

TEST(Contradiction, KeepsWhatCouldExplainIt) {
  // The third use is one too many as long as nothing was given back, so the capture,
  // which forbids that, is a part of it.
  Answer captured{.list_fen = 20,
                  .subsidy_fen = 10,
                  .standing = Standing::kCompleted,
                  .approved = true,
                  .original_found = true};
  Answer third = Held(20, 1);
  third.limit_used = 1;
  const History history = {Saw(0, 1, Hold(0, 20), Held(20, 1)),
                           Saw(2, 3, Capture(1, 0), captured),
                           Saw(4, 5, Hold(2, 20), third),
                           Saw(6, 7, Hold(3, 20), third)};
  ASSERT_EQ(VerdictOf(history), Verdict::kContradiction);
  EXPECT_EQ(VerdictOf({history[0], history[1], history[2]}), Verdict::kLinearizable);
  const Contradiction small = Shrink(kWorld, history);
  EXPECT_EQ(small.told.size(), 2U) << TextOf(kWorld, small);
  EXPECT_EQ(small.untold.size(), 2U) << TextOf(kWorld, small);
}

// ---- The order that the server claims ---------------------------------------------

Operation Claimed(Operation operation, uint64_t seq) {
  operation.seq = seq;
  return operation;
}

TEST(ClaimedOrder, Holds) {
  EXPECT_THAT(CheckClaimedOrder(
                  kWorld,
                  {Claimed(Saw(0, 9, Hold(0, 20), Held(20, 2)), 12),
                   Claimed(Saw(1, 8, Hold(1, 20), Held(20, 1)), 11),
                   Lost(2, kNever, Hold(2, 20)),
                   Claimed(Saw(10, 11, Hold(0, 20), Again(Held(20, 2), Standing::kPending)), 12)}),
              IsEmpty());
}

TEST(ClaimedOrder, IsNotTheModels) {
  EXPECT_THAT(CheckClaimedOrder(kWorld,
                                {Claimed(Saw(0, 9, Hold(0, 20), Held(20, 2)), 11),
                                 Claimed(Saw(1, 8, Hold(1, 20), Held(20, 1)), 12)}),
              Contains(HasSubstr("at 11 the model answers")));
}

TEST(ClaimedOrder, IsNotThatOfTheClock) {
  EXPECT_THAT(CheckClaimedOrder(kWorld,
                                {Claimed(Saw(0, 3, Hold(0, 20, 0), Held(20, 1)), 12),
                                 Claimed(Saw(4, 8, Hold(1, 20, 1), Held(20, 1)), 11)}),
              ElementsAre(HasSubstr("answered before, decided after")));
}

TEST(ClaimedOrder, OneSequenceForTwoOrTwoForOne) {
  EXPECT_THAT(CheckClaimedOrder(kWorld,
                                {Claimed(Saw(0, 9, Hold(0, 20, 0), Held(20, 1)), 11),
                                 Claimed(Saw(0, 9, Hold(1, 20, 1), Held(20, 1)), 11)}),
              Contains(HasSubstr("one sequence for two")));
  EXPECT_THAT(CheckClaimedOrder(
                  kWorld,
                  {Claimed(Saw(0, 9, Hold(0, 20), Held(20, 1)), 11),
                   Claimed(Saw(10, 12, Hold(0, 20), Again(Held(20, 1), Standing::kPending)), 12)}),
              Contains(HasSubstr("decided at 11 too")));
  EXPECT_THAT(CheckClaimedOrder(kWorld, {Saw(0, 9, Hold(0, 20), Held(20, 1))}),
              Contains(HasSubstr("without a sequence")));
  EXPECT_THAT(CheckClaimedOrder(kWorld, {Claimed(Saw(0, 9, Inquire(0), Held(20, 1)), 11)}),
              Contains(HasSubstr("never asked for")));
}

TEST(ClaimedOrder, WhatALostReplyDidCounts) {
  // Its inquiry tells where it stands in the order.
  EXPECT_THAT(CheckClaimedOrder(kWorld,
                                {Lost(0, kNever, Hold(0, 20)),
                                 Claimed(Saw(1, 8, Hold(1, 20), Held(20, 2)), 12),
                                 Claimed(Saw(9, 10, Inquire(0), Held(20, 1)), 11)}),
              IsEmpty());
  EXPECT_THAT(CheckClaimedOrder(kWorld,
                                {Lost(0, kNever, Hold(0, 20)),
                                 Claimed(Saw(1, 8, Hold(1, 20), Held(20, 2)), 12),
                                 Claimed(Saw(9, 10, Inquire(0), Held(20, 1)), 13)}),
              Contains(HasSubstr("at 12 the model answers")));
}

}  // namespace
}  // namespace gonghui::lin
