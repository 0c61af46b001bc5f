// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Advices: judged as of their own time, never refused, and who bears them.

#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

class AdviceTest : public LedgerWorld {
 protected:
  explicit AdviceTest(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  // Of what happened at `at`; each the next of the terminal's count.
  AdviceRequest Evidence(TimestampNs at, int64_t member_paid = 0) {
    AdviceRequest advice;
    advice.occurred_at = at;
    advice.member_paid = Fen{member_paid};
    advice.sequence = ++sequence_;
    advice.business_day = 20'577;
    return advice;
  }
  const Result& Advise(uint64_t request, int64_t price, int64_t member_paid, TimestampNs at) {
    return Run(OwnAdvice(Sale(request, price), Evidence(at, member_paid)));
  }
  void ExpectBorne(Liability liability, int64_t acquirer_bears) const {
    ASSERT_TRUE(details().is_advice);
    EXPECT_EQ(details().advice.liability, liability);
    EXPECT_EQ(details().advice.acquirer_bears, Fen{acquirer_bears});
  }
  void ExpectDeclined(const Result& result, Reason reason, int64_t acquirer_bears) const {
    EXPECT_EQ(result.transaction.outcome, Outcome::kDeclined);
    EXPECT_EQ(result.transaction.reason, reason);
    ExpectBorne(Liability::kAcquirer, acquirer_bears);
  }
  void ExpectGiven(const Result& result, int64_t subsidy, Outcome outcome) const {
    EXPECT_EQ(result.transaction.outcome, outcome) << NameOf(result.transaction.reason);
    EXPECT_EQ(result.transaction.subsidy, Fen{subsidy});
    EXPECT_EQ(result.transaction.state, TransactionState::kCaptured);
  }
  void SetMember(MemberStatus status) {
    Run(Own(MemberStatusRequest{CodeOf<MemberId>("M1"), status}));
  }
  void SetCard(CardStatus status) { Run(Own(CardStatusRequest{kCard, status})); }
  // Another version of "p" with this percentage, limited to `uses` a day (0 = not).
  void ApplyPercentOff(int32_t rate, int64_t uses = 0) {
    OwnedProgramme programme = Programme("p");
    BenefitSpec& benefit = AddPercentOff(&programme, "b", rate, "F");
    if (uses != 0) {
      LimitSpec limit;
      limit.code = CodeOf<LimitCode>("daily");
      limit.max = uses;
      programme.limits = {limit};
      benefit.limits = Append<uint32_t>(programme.limit_refs, {0});
    }
    Run(Own(programme));
  }

  uint32_t sequence_ = 0;
};

// ---- A sale ------------------------------------------------------------------------

TEST_F(AdviceTest, WhatHasBegunSinceIsNoneOfIt) {
  OwnedProgramme programme = Programme("p");
  AddPercentOff(&programme, "b", 5'000, "F").starts_at = After(2);
  Run(Own(programme));
  now_ = After(3);
  ExpectDeclined(
      Advise(1, 100, 50, TimestampNs{After(2).value() - 1}), Reason::kProgrammeNotStarted, 50);
  ExpectGiven(Advise(2, 100, 50, After(2)), 50, Outcome::kApproved);
  ExpectGiven(Run(Own(Sale(3, 100))), 50, Outcome::kApproved);
}

TEST_F(AdviceTest, AsMuchAsWasClaimedAndAtMostTheRule) {
  now_ = After(2);
  ExpectGiven(Advise(1, 100, 50, After(1)), 50, Outcome::kApproved);
  ExpectBorne(Liability::kProgramme, 0);
  EXPECT_EQ(details().advice.judged_at, After(1));
  EXPECT_FALSE(details().advice.clock_adjusted);
  EXPECT_EQ(details().advice.member_paid, Fen{50});
  EXPECT_EQ(result_.transaction.decided_at, now_);
  EXPECT_EQ(result_.transaction.captured, Fen{100});

  ExpectGiven(Advise(2, 100, 80, After(1)), 20, Outcome::kApproved);
  ExpectBorne(Liability::kProgramme, 0);

  ExpectGiven(Advise(3, 100, 20, After(1)), 50, Outcome::kApprovedPartial);
  ExpectBorne(Liability::kAcquirer, 30);
  EXPECT_EQ(result_.transaction.member_pays, Fen{50});
  EXPECT_EQ(FundOf("F").spent, Fen{120});
}

TEST_F(AdviceTest, WhereTheMemberPaidAllThereIsNothingToJudge) {
  Command sale = Sale(1, 100);
  sale.authorize.card = CardNumber{1};
  const Result& result = Run(OwnAdvice(sale, Evidence(kNow, 100)));
  ExpectGiven(result, 0, Outcome::kApproved);
  EXPECT_EQ(result.transaction.reason, Reason::kNone);
  ExpectBorne(Liability::kNone, 0);
  EXPECT_EQ(result.share_count, 0U);
}

TEST_F(AdviceTest, ItHasItsLines) {
  const LineItem lines[] = {{CodeOf<ItemCode>("A"), Fen{40}, 1, 0},
                            {CodeOf<ItemCode>("B"), Fen{60}, 1, 0}};
  Command sale = Sale(1, 100);
  sale.authorize.lines = lines;
  sale.authorize.line_count = 2;
  const AdviceRequest evidence = Evidence(kNow, 70);
  Run(OwnAdvice(sale, evidence));
  ASSERT_EQ(details().line_count, 2U);
  EXPECT_EQ(details().lines[0].subsidy, Fen{12});
  EXPECT_EQ(details().lines[1].subsidy, Fen{18});
  sale.authorize.line_count = 1;
  EXPECT_EQ(Run(OwnAdvice(sale, evidence)).field, Field::kLines);
}

TEST_F(AdviceTest, AnUnknownTerminalsIsNotKept) {
  Command sale = Sale(1, 100);
  sale.terminal = CodeOf<TerminalId>("T9");
  const Result& result = Run(OwnAdvice(sale, Evidence(kNow)));
  EXPECT_EQ(result.transaction.reason, Reason::kInvalidTerminal);
  EXPECT_EQ(result.transaction_id, TransactionId{});
  EXPECT_FALSE(details().is_advice);
  EXPECT_EQ(ledger_->advices().size(), 0U);
}

TEST_F(AdviceTest, OneThatIsTooOldGoesToAPerson) {
  now_ = After(24 * 60);
  ExpectGiven(Advise(1, 100, 50, kNow), 50, Outcome::kApproved);  // sixty days to the instant
  const AdviceRequest old = Evidence(TimestampNs{kNow.value() - 1}, 50);
  for (const bool replay : {false, true}) {
    const Result& result = Run(OwnAdvice(Sale(2, 100), old));
    EXPECT_EQ(result.transaction.reason, Reason::kAdviceTooOld);
    EXPECT_EQ(result.replay, replay);
    ExpectBorne(Liability::kManual, 0);
  }
}

TEST_F(AdviceTest, WhatWasReversedBeforeItCameIsDeclined) {
  Run(Own(About(CommandKind::kReverse, 2, 1)));
  now_ = After(24 * 61);  // and too old
  const AdviceRequest evidence = Evidence(kNow, 50);
  EXPECT_EQ(Run(OwnAdvice(Sale(1, 100), evidence)).transaction.reason, Reason::kPreviouslyReversed);
  ExpectBorne(Liability::kNone, 0);
  EXPECT_TRUE(Run(OwnAdvice(Sale(1, 100), evidence)).replay);
}

// ---- Once --------------------------------------------------------------------------

TEST_F(AdviceTest, ARepeatUnderTheSameIdIsComparedByItsEvidence) {
  AdviceRequest evidence = Evidence(kNow, 50);
  Run(OwnAdvice(Sale(1, 100), evidence));
  AdviceRequest again = evidence;
  again.occurred_at = After(-1);
  again.deny_list_at = kNow;
  again.queue_empty = true;
  EXPECT_TRUE(Run(OwnAdvice(Sale(1, 100), again)).replay);
  EXPECT_EQ(details().advice.occurred_at, kNow);
  EXPECT_EQ(ledger_->open_batches()[TerminalRow{1}].queue_empty_at, TimestampNs{});

  const auto field_of = [&](auto change) {
    AdviceRequest other = evidence;
    change(other);
    const Result& result = Run(OwnAdvice(Sale(1, 100), other));
    EXPECT_EQ(result.verdict, Verdict::kDuplicateMismatch);
    return result.field;
  };
  EXPECT_EQ(field_of([](AdviceRequest& other) { other.sequence = 99; }), Field::kSequence);
  EXPECT_EQ(field_of([](AdviceRequest& other) { other.business_day = 1; }), Field::kBusinessDay);
  EXPECT_EQ(field_of([](AdviceRequest& other) { other.member_paid = Fen{51}; }),
            Field::kMemberPaid);
  EXPECT_EQ(Run(OwnAdvice(Sale(1, 101), evidence)).field, Field::kListPrice);
}

TEST_F(AdviceTest, OnlineAndAdviceAreDifferentCalls) {
  Run(Own(Sale(1, 100)));
  EXPECT_EQ(Run(OwnAdvice(Sale(1, 100), Evidence(kNow))).field, Field::kMethod);
  const AdviceRequest evidence = Evidence(kNow);
  Run(OwnAdvice(Sale(2, 100), evidence));
  EXPECT_EQ(Run(Own(Sale(2, 100))).field, Field::kMethod);

  Run(Own(Authorize(3, 100)));
  const Command capture = About(CommandKind::kCapture, 4, 3);
  Run(OwnAdvice(capture, Evidence(kNow)));
  EXPECT_EQ(Run(Own(capture)).field, Field::kMethod);
}

TEST_F(AdviceTest, ARepeatUnderANewIdIsTold) {
  const AdviceRequest evidence = Evidence(kNow, 50);
  const TransactionId first = Run(OwnAdvice(Sale(1, 100), evidence)).transaction_id;
  const Result& repeat = Run(OwnAdvice(Sale(2, 100), evidence));
  EXPECT_TRUE(repeat.replay);
  EXPECT_EQ(repeat.transaction_id, first);
  EXPECT_EQ(event_.kind, EventKind::kNone);
  EXPECT_TRUE(details().is_advice);

  // What differs in one part of it is another.
  uint64_t request = 3;
  const auto is_other = [&](Command sale, AdviceRequest other) {
    sale.request_id = RequestId{1, request++};
    return !Run(OwnAdvice(sale, other)).replay;
  };
  AdviceRequest other = evidence;
  other.sequence += 100;
  EXPECT_TRUE(is_other(Sale(0, 100), other));
  other = evidence;
  ++other.business_day;
  EXPECT_TRUE(is_other(Sale(0, 100), other));
  EXPECT_TRUE(is_other(Sale(0, 99), evidence));
  Command by_another_card = Sale(0, 100);
  by_another_card.authorize.card = CardNumber{1};
  EXPECT_TRUE(is_other(by_another_card, evidence));
  other = evidence;
  other.member_paid = Fen{100};  // no part of it
  EXPECT_FALSE(is_other(Sale(0, 100), other));

  // It is found again in a ledger that was loaded.
  Event event;
  Result result;
  const OwnedCommand again = OwnAdvice(Sale(1'000, 100), evidence);
  Copy()->Decide(again.command, now_, &event, &result);
  EXPECT_TRUE(result.replay);
  EXPECT_EQ(result.transaction_id, first);

  // One of another terminal, too, is another.
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T2");
  terminal.merchant = CodeOf<MerchantId>("S1");
  Run(Own(terminal));
  Command elsewhere = Sale(0, 100);
  elsewhere.terminal = terminal.id;
  EXPECT_TRUE(is_other(elsewhere, evidence));
}

TEST_F(AdviceTest, OneWhoseIdWasReversedIsDeclinedThoughItsLikeWasNot) {
  const AdviceRequest evidence = Evidence(kNow, 50);
  const TransactionId first = Run(OwnAdvice(Sale(1, 100), evidence)).transaction_id;
  Run(Own(About(CommandKind::kReverse, 3, 2)));
  EXPECT_EQ(Run(OwnAdvice(Sale(2, 100), evidence)).transaction.reason, Reason::kPreviouslyReversed);
  EXPECT_FALSE(result_.replay);
  EXPECT_EQ(Run(OwnAdvice(Sale(4, 100), evidence)).transaction_id, first);
}

TEST_F(AdviceTest, CapturesAreToldApartFromSalesAndByWhatTheyAsk) {
  Run(Own(Authorize(1, 100)));
  AdviceRequest evidence = Evidence(kNow);
  Run(OwnAdvice(Sale(2, 30), evidence));
  Command capture = AboutPart(CommandKind::kCapture, 3, 1, 30);
  capture.capture.final_capture = false;
  EXPECT_FALSE(Run(OwnAdvice(capture, evidence)).replay);
  capture.request_id = RequestId{1, 4};
  EXPECT_TRUE(Run(OwnAdvice(capture, evidence)).replay);
  capture.capture.amount = Fen{20};
  EXPECT_FALSE(Run(OwnAdvice(capture, evidence)).replay);
  EXPECT_EQ(Run(OwnAdvice(About(CommandKind::kCapture, 5, 1), evidence)).replay, false);
  EXPECT_EQ(Run(OwnAdvice(About(CommandKind::kCapture, 6, 1), evidence)).replay, true);
}

// ---- When --------------------------------------------------------------------------

TEST_F(AdviceTest, TheClockIsBelievedFromWhenTheQueueWasEmptyUntilNow) {
  now_ = After(5);
  Advise(1, 10, 5, After(6));
  EXPECT_EQ(details().advice.judged_at, After(5));
  EXPECT_TRUE(details().advice.clock_adjusted);
  AdviceRequest last = Evidence(After(1), 5);
  last.queue_empty = true;
  Run(OwnAdvice(Sale(2, 10), last));
  EXPECT_EQ(details().advice.judged_at, After(1));
  EXPECT_FALSE(details().advice.clock_adjusted);
  EXPECT_EQ(ledger_->open_batches()[TerminalRow{1}].queue_empty_at, After(5));

  now_ = After(7);
  Advise(3, 10, 5, After(4));  // it would have been in the queue
  EXPECT_EQ(details().advice.judged_at, After(5));
  EXPECT_TRUE(details().advice.clock_adjusted);
  EXPECT_EQ(details().advice.occurred_at, After(4));
  Advise(4, 10, 5, After(5));
  EXPECT_FALSE(details().advice.clock_adjusted);

  // One that is declined empties the queue all the same; a close of the batch does not.
  last = Evidence(kNow, 5);
  last.queue_empty = true;
  Command unknown = Sale(5, 10);
  unknown.authorize.card = CardNumber{1};
  Run(OwnAdvice(unknown, last));
  Run(Own(Close(6, Totals{})));
  EXPECT_EQ(ledger_->open_batches()[TerminalRow{1}].queue_empty_at, After(7));
}

TEST_F(AdviceTest, TheRulesAreThoseThatWereLiveThen) {
  now_ = After(10);
  ApplyPercentOff(2'000);
  now_ = After(20);
  Run(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("p")}));
  now_ = After(30);
  ApplyPercentOff(1'000);
  now_ = After(40);
  uint64_t request = 0;
  const auto given = [&](TimestampNs at) { return Advise(++request, 100, 0, at).transaction; };
  EXPECT_EQ(given(kNow).subsidy, Fen{50});
  EXPECT_EQ(given(TimestampNs{After(10).value() - 1}).subsidy, Fen{50});
  EXPECT_EQ(given(After(10)).subsidy, Fen{20});
  EXPECT_EQ(given(TimestampNs{After(20).value() - 1}).subsidy, Fen{20});
  EXPECT_EQ(given(After(20)).reason, Reason::kNoApplicableBenefit);
  EXPECT_EQ(given(After(30)).subsidy, Fen{10});
  EXPECT_EQ(given(TimestampNs{kNow.value() - 1}).reason, Reason::kNoApplicableBenefit);

  Command named = Sale(100, 100);
  named.authorize.programme = CodeOf<ProgrammeCode>("p");
  ExpectGiven(Run(OwnAdvice(named, Evidence(After(15)))), 20, Outcome::kApprovedPartial);
  named.request_id = RequestId{1, 101};
  ExpectDeclined(Run(OwnAdvice(named, Evidence(After(25)))), Reason::kProgrammeNotFound, 100);
  named.request_id = RequestId{1, 102};
  named.authorize.programme = CodeOf<ProgrammeCode>("q");
  ExpectDeclined(Run(OwnAdvice(named, Evidence(After(15)))), Reason::kProgrammeNotFound, 100);
}

TEST_F(AdviceTest, PastCandidatesAreOfTheCategoryAndInOrderOfPrecedence) {
  OwnedProgramme other = Programme("a");
  AddPercentOff(&other, "same", 5'000, "F");
  BenefitSpec& elsewhere = AddPercentOff(&other, "elsewhere", 9'000, "F");
  elsewhere.mccs = Append(other.mccs, {MccRange{5812, 5812}});
  Run(Own(other));
  now_ = After(10);
  Run(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("a")}));
  const Result& result = Advise(1, 100, 0, After(1));
  ExpectGiven(result, 50, Outcome::kApprovedPartial);
  EXPECT_EQ(ledger_->benefits()[result.shares[0].benefit].code, CodeOf<BenefitCode>("b"));
}

TEST_F(AdviceTest, UsesCountInTheWindowOfThen) {
  ApplyPercentOff(5'000, 1);
  now_ = After(24);
  EXPECT_EQ(Run(Own(Sale(1, 100))).transaction.outcome, Outcome::kApproved);  // today's
  const CalendarMoment& moment = ledger_->MomentOf(CalendarRow{1}, now_);
  const CivilDay today = moment.day;
  const Result& yesterday = Advise(2, 100, 50, After(1));
  ExpectGiven(yesterday, 50, Outcome::kApproved);
  EXPECT_FALSE(yesterday.transaction.overrun);
  ASSERT_EQ(yesterday.limit_count, 1U);
  EXPECT_EQ(yesterday.limits[0].left, 0);
  EXPECT_EQ(yesterday.limits[0].resets_at.value(), kNow.value() + 14 * 3600 * kNsPerSecond);
  EXPECT_EQ(moment.day, today);  // what is remembered is still of now
  EXPECT_TRUE(moment.Holds(now_));
}

TEST_F(AdviceTest, SegmentsAndFundsAreAskedForThen) {
  SegmentRequest segment;
  segment.code = CodeOf<SegmentCode>("hero");
  Run(Own(segment));
  MemberRequest member;
  member.id = CodeOf<MemberId>("M1");
  member.union_node = CodeOf<UnionNodeId>("U");
  member.keep.status = member.keep.real_name_verified = true;
  member.span_count = 1;
  member.spans[0] = SegmentSpanRequest{segment.code, kNow, After(2)};
  Run(Own(member));
  FundRequest fund;
  fund.code = CodeOf<FundCode>("SHORT");
  fund.budget = Fen{1'000};
  fund.opens_at = After(1);
  fund.closes_at = After(3);
  Run(Own(fund));
  OwnedProgramme programme = Programme("q");
  BenefitSpec& benefit = AddPercentOff(&programme, "heroes", 9'000, "SHORT");
  programme.segments = {segment.code};
  benefit.segments_any = PoolRange{0, 1};
  Run(Own(programme));
  now_ = After(10);
  ExpectGiven(Advise(1, 100, 10, After(1)), 90, Outcome::kApproved);
  // The fund was not open: the other programme's benefit is the better choice.
  ExpectGiven(Advise(2, 100, 10, kNow), 50, Outcome::kApprovedPartial);
  ExpectGiven(Advise(3, 100, 10, After(2)), 50, Outcome::kApprovedPartial);
}

// ---- The parties -------------------------------------------------------------------

TEST_F(AdviceTest, TheStatusesAreThoseOfThen) {
  now_ = After(5);
  SetMember(MemberStatus::kSuspended);
  now_ = After(10);
  const Result& before = Advise(1, 100, 50, After(4));
  ExpectGiven(before, 50, Outcome::kApproved);
  EXPECT_EQ(before.transaction.reason, Reason::kNone);
  ExpectDeclined(Advise(2, 100, 50, After(5)), Reason::kMemberSuspended, 50);
  SetMember(MemberStatus::kActive);
  ExpectDeclined(Advise(3, 100, 50, After(6)), Reason::kMemberSuspended, 50);
  EXPECT_EQ(result_.transaction.member, MemberRow{1});
}

TEST_F(AdviceTest, WhatTheDenyListCouldNotTellIsTheProgrammes) {
  now_ = After(5);
  SetMember(MemberStatus::kLapsed);
  now_ = After(10);
  const auto advise = [this](uint64_t request, TimestampNs deny_list_at) {
    AdviceRequest evidence = Evidence(After(7), 50);
    evidence.deny_list_at = deny_list_at;
    return OwnAdvice(Sale(request, 100), evidence);
  };
  const Result& not_delivered = Run(advise(1, TimestampNs{After(5).value() - 1}));
  ExpectGiven(not_delivered, 50, Outcome::kApproved);
  EXPECT_EQ(not_delivered.transaction.reason, Reason::kMembershipExpired);
  ExpectBorne(Liability::kProgramme, 0);
  ExpectDeclined(Run(advise(2, After(5))), Reason::kMembershipExpired, 50);
  ExpectDeclined(Run(advise(3, TimestampNs{})), Reason::kMembershipExpired, 50);

  // A card and its member, one after the other.
  now_ = After(11);
  SetCard(CardStatus::kLost);
  now_ = After(12);
  AdviceRequest evidence = Evidence(After(11), 50);
  evidence.deny_list_at = After(4);
  EXPECT_EQ(Run(OwnAdvice(Sale(4, 100), evidence)).transaction.reason, Reason::kCardLostOrStolen);
  ExpectBorne(Liability::kProgramme, 0);
  evidence = Evidence(After(11), 50);
  evidence.deny_list_at = After(6);  // it told of the member
  ExpectDeclined(Run(OwnAdvice(Sale(5, 100), evidence)), Reason::kMembershipExpired, 50);
}

TEST_F(AdviceTest, OnlyWhatADenyListTellsIsForgiven) {
  now_ = After(1);
  SetCard(CardStatus::kExpired);
  now_ = After(2);
  AdviceRequest evidence = Evidence(After(1), 50);
  evidence.deny_list_at = kNow;
  ExpectDeclined(Run(OwnAdvice(Sale(1, 100), evidence)), Reason::kCardExpired, 50);
  Command unknown = Sale(2, 100);
  unknown.authorize.card = CardNumber{1};
  ++evidence.sequence;
  ExpectDeclined(Run(OwnAdvice(unknown, evidence)), Reason::kInvalidCard, 50);
  CardRequest nobodys;
  nobodys.number = CardNumber{62'000'002};
  Run(Own(nobodys));
  unknown = Sale(3, 100);
  unknown.authorize.card = nobodys.number;
  ExpectDeclined(Run(OwnAdvice(unknown, evidence)), Reason::kMemberNotFound, 50);
  nobodys.number = CardNumber{62'000'003};
  nobodys.status = CardStatus::kIssued;
  Run(Own(nobodys));
  unknown = Sale(4, 100);
  unknown.authorize.card = nobodys.number;
  ExpectDeclined(Run(OwnAdvice(unknown, evidence)), Reason::kCardNotActive, 50);

  MerchantRequest merchant;
  merchant.id = CodeOf<MerchantId>("S1");
  merchant.union_node = CodeOf<UnionNodeId>("U");
  merchant.mcc = 5411;
  merchant.status = MerchantStatus::kSuspended;
  now_ = After(3);
  Run(Own(merchant));
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T1");
  terminal.merchant = merchant.id;
  terminal.status = TerminalStatus::kInactive;
  now_ = After(4);
  Run(Own(terminal));
  evidence = Evidence(After(3), 50);
  evidence.deny_list_at = kNow;
  ExpectDeclined(Run(OwnAdvice(Sale(5, 100), evidence)), Reason::kMerchantInactive, 50);
  evidence = Evidence(After(4), 50);
  evidence.deny_list_at = kNow;
  ExpectDeclined(Run(OwnAdvice(Sale(6, 100), evidence)), Reason::kTerminalInactive, 50);
  ExpectDeclined(Advise(7, 100, 50, After(2)), Reason::kCardExpired, 50);
}

// ---- Forced booking ----------------------------------------------------------------

TEST_F(AdviceTest, ALimitIsExceeded) {
  ApplyPercentOff(5'000, 1);
  ExpectGiven(Advise(1, 100, 50, now_), 50, Outcome::kApproved);
  const Result& second = Advise(2, 100, 50, now_);
  ExpectGiven(second, 50, Outcome::kApproved);
  EXPECT_TRUE(second.transaction.overrun);
  EXPECT_EQ(second.limits[0].used, 2);
  EXPECT_EQ(second.limits[0].left, -1);
  ExpectBorne(Liability::kProgramme, 0);
  EXPECT_EQ(Run(Own(Sale(3, 100))).transaction.reason, Reason::kExceedsFrequencyLimit);
}

TEST_F(AdviceTest, AFundPaysWhatItHas) {
  OwnedProgramme programme = Programme("q");
  AddPercentOff(&programme, "b", 9'000, "SMALL");
  for (const bool may_overrun : {false, true}) {
    SetFund("SMALL", may_overrun ? 160 : 80, may_overrun);
    Run(Own(programme));
    const Result& result = Advise(may_overrun ? 2 : 1, 100, 10, now_);
    // Eighty is more than the half that the other programme gives.
    ExpectGiven(result,
                may_overrun ? 90 : 80,
                may_overrun ? Outcome::kApproved : Outcome::kApprovedPartial);
    EXPECT_EQ(result.transaction.overrun, may_overrun);
    ExpectBorne(may_overrun ? Liability::kProgramme : Liability::kAcquirer, may_overrun ? 0 : 10);
    EXPECT_EQ(FundOf("SMALL").spent, Fen{may_overrun ? 160 : 80});
    EXPECT_EQ(FundOf("SMALL").overrun, Fen{may_overrun ? 10 : 0});
  }
  // What it gave beyond its budget comes back first.
  Run(Own(About(CommandKind::kReverse, 3, 2)));
  EXPECT_EQ(FundOf("SMALL").spent, Fen{80});
  EXPECT_EQ(FundOf("SMALL").overrun, Fen{0});
}

TEST_F(AdviceTest, WhatWasChosenStandsUnlessMoreIsForced) {
  OwnedProgramme programme = Programme("q");
  AddPercentOff(&programme, "b", 9'000, "SMALL");
  for (const int64_t has : {0, 50, 51}) {
    SetFund("SMALL", has);
    Run(Own(programme));
    const Result& result = Advise(static_cast<uint64_t>(1 + has), 100, 10, now_);
    ExpectGiven(result, has == 51 ? 51 : 50, Outcome::kApprovedPartial);
    EXPECT_FALSE(result.transaction.overrun);
    EXPECT_EQ(FundOf("SMALL").spent, Fen{has == 51 ? 51 : 0});
  }
}

TEST_F(AdviceTest, WhereNothingCanBeBookedItIsTheAcquirers) {
  SetFund("F", 0);
  ExpectDeclined(Advise(1, 100, 50, now_), Reason::kBudgetExhausted, 50);
  EXPECT_EQ(ledger_->benefits()[result_.transaction.benefit].code, CodeOf<BenefitCode>("b"));
  Command hard = Sale(2, 100);
  hard.authorize.if_no_benefit = IfNoBenefit::kFullPrice;  // the goods are gone at less
  ExpectDeclined(Run(OwnAdvice(hard, Evidence(now_, 50))), Reason::kBudgetExhausted, 50);
}

TEST_F(AdviceTest, ALimitThatRefusedIsToldInItsWindowOfThen) {
  ApplyPercentOff(5'000, 1);
  SetFund("F", 50);
  Advise(1, 100, 50, now_);  // the use, and all the money
  now_ = After(24);
  const AdviceRequest evidence = Evidence(After(1), 50);
  const Result first = Run(OwnAdvice(Sale(2, 100), evidence));
  ExpectDeclined(first, Reason::kExceedsFrequencyLimit, 50);
  ASSERT_EQ(first.limit_count, 1U);
  EXPECT_EQ(first.limits[0].used, 1);
  EXPECT_EQ(first.limits[0].resets_at.value(), kNow.value() + 14 * 3600 * kNsPerSecond);
  const Result& repeat = Run(OwnAdvice(Sale(2, 100), evidence));
  ASSERT_EQ(repeat.limit_count, 1U);
  EXPECT_EQ(repeat.limits[0].resets_at, first.limits[0].resets_at);
}

TEST_F(AdviceTest, AStockThatHasTooFewLeavesItToTheNext) {
  FundRequest stock;
  stock.code = CodeOf<FundCode>("PACKS");
  stock.asset = Asset::kThing;
  stock.budget = Fen{1};
  Run(Own(stock));
  OwnedProgramme programme = Programme("q");
  BenefitSpec& packs = AddPercentOff(&programme, "packs", 9'000, "F");
  packs.stock = stock.code;
  packs.stock_units = 2;
  AddPercentOff(&programme, "less", 6'000, "EMPTY");
  SetFund("EMPTY", 20, /*advice_may_overrun=*/true);
  Run(Own(programme));
  const Result& next = Advise(1, 100, 0, now_);
  ExpectGiven(next, 60, Outcome::kApprovedPartial);
  EXPECT_EQ(ledger_->benefits()[next.shares[0].benefit].code, CodeOf<BenefitCode>("less"));
  EXPECT_EQ(FundOf("EMPTY").overrun, Fen{40});
  EXPECT_EQ(FundOf("PACKS").spent, Fen{0});

  stock.advice_may_overrun = true;
  Run(Own(stock));
  ExpectGiven(Advise(2, 100, 10, now_), 90, Outcome::kApproved);
  EXPECT_EQ(FundOf("PACKS").spent, Fen{1});
  EXPECT_EQ(FundOf("PACKS").overrun, Fen{1});
  EXPECT_TRUE(result_.transaction.overrun);
}

TEST_F(AdviceTest, AThingForNothing) {
  FundRequest stock;
  stock.code = CodeOf<FundCode>("PACKS");
  stock.asset = Asset::kThing;
  stock.budget = Fen{1};
  Run(Own(stock));
  OwnedProgramme programme = Programme("q");
  BenefitSpec packs;
  packs.code = CodeOf<BenefitCode>("packs");
  packs.price.kind = PriceKind::kFree;
  packs.ends_at = kTimestampMax;
  packs.stock = stock.code;
  packs.stock_units = 1;
  programme.benefits = {packs};
  Run(Own(programme));
  ExpectGiven(Advise(1, 0, 0, now_), 0, Outcome::kApproved);
  ExpectBorne(Liability::kProgramme, 0);
  ExpectDeclined(Advise(2, 0, 0, now_), Reason::kQuotaExhausted, 0);
}

TEST_F(AdviceTest, AllowPartialDoesNothing) {
  SetFund("F", 30);
  Command sale = Sale(1, 100);
  sale.authorize.allow_partial = true;
  const AdviceRequest evidence = Evidence(now_, 50);
  ExpectGiven(Run(OwnAdvice(sale, evidence)), 30, Outcome::kApprovedPartial);
  ExpectBorne(Liability::kAcquirer, 20);
  sale.authorize.allow_partial = false;
  EXPECT_EQ(Run(OwnAdvice(sale, evidence)).field, Field::kAllowPartial);
}

// ---- A capture ---------------------------------------------------------------------

class CaptureAdviceTest : public AdviceTest {
 protected:
  void Hold(uint64_t request, int64_t price) {
    Command hold = Authorize(request, price);
    hold.authorize.hold_s = 3600;
    hold.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
    ASSERT_EQ(Run(Own(hold)).transaction.outcome, Outcome::kApproved);
  }
  void Sweep() {
    Command expire;
    expire.kind = CommandKind::kExpireHolds;
    Run(Own(expire));
    ASSERT_EQ(event_.kind, EventKind::kHoldExpired);
  }
};

TEST_F(CaptureAdviceTest, ItMayBeLateWhateverTheProgrammeSays) {
  for (const bool swept : {false, true}) {
    Hold(swept ? 3 : 1, 100);
    now_ = TimestampNs{now_.value() + 7'200 * kNsPerSecond};
    if (swept) {
      Sweep();
    }
    const uint64_t hold = swept ? 3 : 1;
    EXPECT_EQ(Run(Own(About(CommandKind::kCapture, 100 + hold, hold))).transaction.reason,
              Reason::kHoldExpired);
    const TimestampNs occurred_at{now_.value() - 5'000 * kNsPerSecond};
    const Result& result =
        Run(OwnAdvice(About(CommandKind::kCapture, 200 + hold, hold), Evidence(occurred_at)));
    EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
    EXPECT_EQ(result.transaction.subsidy, Fen{50});
    ExpectBorne(Liability::kProgramme, 0);
    EXPECT_EQ(details().advice.judged_at, now_);
    EXPECT_FALSE(details().advice.clock_adjusted);
  }
}

TEST_F(CaptureAdviceTest, WhatWasNotBookedIsNobodysEvenLate) {
  Hold(1, 30'000);
  now_ = After(2);
  Sweep();
  const Result& result = Run(OwnAdvice(About(CommandKind::kCapture, 2, 1), Evidence(kNow)));
  EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(result.transaction.member_pays, Fen{30'000});
  ExpectBorne(Liability::kNone, 0);
}

TEST_F(CaptureAdviceTest, ItMayExceedWhatWasAuthorized) {
  Hold(1, 100);
  EXPECT_EQ(Run(Own(AboutPart(CommandKind::kCapture, 2, 1, 101))).transaction.reason,
            Reason::kExceedsAuthorizedAmount);
  const Result& result =
      Run(OwnAdvice(AboutPart(CommandKind::kCapture, 3, 1, 900), Evidence(now_)));
  EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(result.transaction.subsidy, Fen{50});
  Hold(4, 100);
  const Result& beyond = Run(
      OwnAdvice(AboutPart(CommandKind::kCapture, 5, 4, kTransactionFenMax + 1), Evidence(now_)));
  ExpectDeclined(beyond, Reason::kExceedsAuthorizedAmount, kTransactionFenMax + 1);
}

TEST_F(CaptureAdviceTest, DeclinedItIsTheAcquirersAsFarAsItSaid) {
  ExpectDeclined(Run(OwnAdvice(AboutPart(CommandKind::kCapture, 1, 99, 70), Evidence(now_))),
                 Reason::kOriginalNotFound,
                 70);
  Hold(2, 100);
  Run(Own(About(CommandKind::kReverse, 3, 2)));
  ExpectDeclined(Run(OwnAdvice(About(CommandKind::kCapture, 4, 2), Evidence(now_))),
                 Reason::kPreviouslyReversed,
                 0);
  const AdviceRequest evidence = Evidence(now_);
  const Command capture = AboutPart(CommandKind::kCapture, 5, 2, 10);
  Run(OwnAdvice(capture, evidence));
  AdviceRequest other = evidence;
  other.sequence = 99;
  EXPECT_EQ(Run(OwnAdvice(capture, other)).field, Field::kSequence);
}

TEST_F(CaptureAdviceTest, TooOldOnlyWhereNothingElseIsWrong) {
  Hold(1, 100);
  now_ = After(24 * 60 + 1);
  EXPECT_EQ(Run(OwnAdvice(About(CommandKind::kCapture, 2, 1), Evidence(kNow))).transaction.reason,
            Reason::kAdviceTooOld);
  ExpectBorne(Liability::kManual, 0);
  ExpectDeclined(Run(OwnAdvice(About(CommandKind::kCapture, 3, 99), Evidence(kNow))),
                 Reason::kOriginalNotFound,
                 0);
}

class FewAdvicesTest : public AdviceTest {
 protected:
  FewAdvicesTest() : AdviceTest(One()) {}
  static LedgerLimits One() {
    LedgerLimits limits = SmallLimits();
    limits.advices_max = 1;
    return limits;
  }
};

TEST_F(FewAdvicesTest, AFullTableRefusesAdvicesAlone) {
  const auto expect_full = [](const Result& result) {
    EXPECT_EQ(result.verdict, Verdict::kFull);
    EXPECT_EQ(result.field, Field::kTransactions);
  };
  Run(Own(Authorize(1, 100)));
  EXPECT_EQ(Advise(2, 100, 50, now_).verdict, Verdict::kDecided);
  expect_full(Advise(3, 100, 50, now_));
  expect_full(Run(OwnAdvice(About(CommandKind::kCapture, 4, 1), Evidence(now_))));
  EXPECT_EQ(Run(Own(About(CommandKind::kCapture, 4, 1))).verdict, Verdict::kDecided);
}

}  // namespace
}  // namespace gonghui
