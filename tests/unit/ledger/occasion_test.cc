// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers at the till: with their code shown, with or without a card, and found by
// themselves.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/result.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

class OccasionTest : public OccasionWorld {
 protected:
  // Benefit "b", 50 % off, for a voucher of series "V".
  void ApplyVoucher() {
    ApplyVoucher([](OwnedProgramme&, BenefitSpec&) {});
  }
  template <class Change>
  void ApplyVoucher(Change&& change) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      AskForVoucher(&benefit);
      change(programme, benefit);
    });
  }
  // For those of whom nothing is known, too.
  void ApplyForAnybody() {
    ApplyVoucher([](OwnedProgramme&, BenefitSpec& benefit) { benefit.require_real_name = false; });
  }
};

// ---- With a code -----------------------------------------------------------------

TEST_F(OccasionTest, AHoldReservesAndASaleRedeems) {
  ApplyVoucher();
  Issue({1, 2}, nullptr);
  ExpectGiven(Run(WithCode(Authorize(1, 1'000), 1)), 500);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kReserved);
  EXPECT_EQ(VoucherOf(1).authorization, result_.transaction.seq);
  EXPECT_EQ(OccasionOfLast().asked.voucher, Key(1));
  EXPECT_EQ(OccasionOfLast().authorization, result_.transaction.seq);
  EXPECT_EQ(OccasionOfLast().voucher, ledger_->FindVoucher(Key(1)));
  ExpectGiven(Run(WithCode(Sale(2, 1'000), 2)), 500);
  EXPECT_EQ(VoucherOf(2).state, VoucherState::kRedeemed);
  EXPECT_EQ(VoucherOf(2).authorization, result_.transaction.seq);
}

TEST_F(OccasionTest, NoVoucherIsUsedTwice) {
  ApplyVoucher();
  Issue({1, 2}, nullptr);
  Run(WithCode(Authorize(1, 1'000), 1));
  Run(WithCode(Sale(2, 1'000), 2));
  ExpectDeclined(Run(WithCode(Sale(3, 1'000), 1)), Reason::kVoucherReserved);
  ExpectDeclined(Run(WithCode(Sale(4, 1'000), 2)), Reason::kVoucherRedeemed);
  // What was declined is remembered with what was shown, and takes nothing.
  EXPECT_EQ(OccasionOfLast().asked.voucher, Key(2));
  EXPECT_EQ(OccasionOfLast().voucher, VoucherRow{});
}

TEST_F(OccasionTest, OfACodeTheReasonsHaveAnOrder) {
  ApplyVoucher();
  Issue({1}, nullptr, AfterMinutes(10), AfterMinutes(20));
  Issue({2}, nullptr);
  Void(2);
  ExpectDeclined(Run(WithCode(Sale(1, 1'000), 9)), Reason::kVoucherNotFound);
  ExpectDeclined(Run(WithCode(Sale(2, 1'000), 2)), Reason::kVoucherVoid);
  ExpectDeclined(Run(WithCode(Sale(3, 1'000), 1)), Reason::kVoucherNotYetValid, AfterMinutes(10));
  now_ = TimestampNs{AfterMinutes(10).value() - 1};
  ExpectDeclined(Run(WithCode(Sale(4, 1'000), 1)), Reason::kVoucherNotYetValid, AfterMinutes(10));
  now_ = AfterMinutes(10);  // the first instant
  ExpectGiven(Run(WithCode(Quote(1'000), 1)), 500);
  now_ = TimestampNs{AfterMinutes(20).value() - 1};  // the last one
  ExpectGiven(Run(WithCode(Quote(1'000), 1)), 500);
  now_ = AfterMinutes(20);
  ExpectDeclined(Run(WithCode(Sale(5, 1'000), 1)), Reason::kVoucherExpired);
  // Before card and member, after terminal and merchant.
  Command unknown = Sale(6, 1'000);
  unknown.authorize.card = CardNumber{99'999'999};
  ExpectDeclined(Run(WithCode(unknown, 1)), Reason::kVoucherExpired);
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T1");
  terminal.merchant = CodeOf<MerchantId>("S1");
  terminal.status = TerminalStatus::kInactive;
  Run(Own(terminal));
  ExpectDeclined(Run(WithCode(Sale(7, 1'000), 1)), Reason::kTerminalInactive);
}

TEST_F(OccasionTest, ABoundVoucherIsForItsMemberAlone) {
  ApplyVoucher();
  AddMember("M2", 62'000'002);
  Issue({1}, "M2");
  ExpectDeclined(Run(WithCode(Sale(1, 1'000), 1)), Reason::kVoucherOfAnother);
  // Of the member's own reasons that is the last.
  SetStatus("M1", MemberStatus::kSuspended);
  ExpectDeclined(Run(WithCode(Sale(2, 1'000), 1)), Reason::kMemberSuspended);
  Command sale = Sale(3, 1'000);
  sale.authorize.card = CardNumber{62'000'002};
  ExpectGiven(Run(WithCode(sale, 1)), 500);
}

TEST_F(OccasionTest, WithACodeOnlyBenefitsOfItsSeriesCompete) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.price.rate = Bps{1'000};
    AskForVoucher(&benefit, "V");
    AskForVoucher(&AddPercentOff(&programme, "other", 2'000, "F"), "W");
    AddPercentOff(&programme, "plain", 9'000, "F");
  });
  Issue({1}, nullptr, TimestampNs{}, kTimestampMax, "V");
  Issue({2}, nullptr, TimestampNs{}, kTimestampMax, "W");
  Issue({3}, nullptr, TimestampNs{}, kTimestampMax, "X");
  ExpectGiven(Run(WithCode(Sale(1, 1'000), 1)), 100);
  ExpectGiven(Run(WithCode(Sale(2, 1'000), 2)), 200);
  ExpectDeclined(Run(WithCode(Sale(3, 1'000), 3)), Reason::kNoApplicableBenefit);
  ExpectGiven(Run(Own(Sale(4, 1'000))), 900);
}

TEST_F(OccasionTest, FullPriceTakesNoVoucherAndNoQuoteDoes) {
  ApplyVoucher([](OwnedProgramme&, BenefitSpec& benefit) { benefit.price.threshold = Fen{500}; });
  Issue({1}, nullptr);
  Command sale = Sale(1, 400);
  sale.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  Run(WithCode(sale, 1));
  EXPECT_EQ(result_.transaction.reason, Reason::kBelowMinimumAmount);
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kIssued);
  const uint32_t rows = ledger_->occasions().size();
  ExpectGiven(Run(WithCode(Quote(1'000), 1)), 500);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kIssued);
  EXPECT_EQ(ledger_->occasions().size(), rows);
  EXPECT_EQ(result_.transaction.progress.occasion, OccasionRow{});
}

// ---- Without a card ---------------------------------------------------------------

TEST_F(OccasionTest, AKioskKnowsTheMemberByTheCode) {
  ApplyVoucher([](OwnedProgramme& programme, BenefitSpec&) { AddLimit(programme, "daily", 1); });
  Issue({1, 2}, "M1");
  ExpectGiven(Run(WithCode(WithoutCard(Sale(1, 1'000)), 1)), 500);
  EXPECT_EQ(result_.transaction.member, ledger_->FindMember(CodeOf<MemberId>("M1")));
  ASSERT_EQ(result_.limit_count, 1u);
  EXPECT_EQ(result_.limits[0].used, 1);
  // It counts on the member, who has a card as well.
  ExpectDeclined(Run(WithCode(Sale(2, 1'000), 2)), Reason::kExceedsFrequencyLimit, After(14));
}

TEST_F(OccasionTest, AKiosksMemberIsJudgedByStatus) {
  ApplyVoucher();
  Issue({1}, "M1");
  SetStatus("M1", MemberStatus::kSuspended);
  ExpectDeclined(Run(WithCode(WithoutCard(Sale(1, 1'000)), 1)), Reason::kMemberSuspended);
}

TEST_F(OccasionTest, WithoutCardAndCodeThereIsNobody) {
  ApplyVoucher();
  ExpectDeclined(Run(Own(WithoutCard(Sale(1, 1'000)))), Reason::kInvalidCard);
  OccasionRequest none;
  none.filed_by = CodeOf<OperatorName>("wang");
  ExpectDeclined(Run(With(WithoutCard(Sale(2, 1'000)), none)), Reason::kInvalidCard);
}

TEST_F(OccasionTest, ABearersCodeAloneIsEnoughWhereNobodyIsAskedFor) {
  ApplyForAnybody();
  Issue({1}, nullptr);
  ExpectGiven(Run(WithCode(WithoutCard(Sale(1, 1'000)), 1)), 500);
  EXPECT_EQ(result_.transaction.member, MemberRow{});
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kRedeemed);
  // And its repeat is known.
  const CommandSeq seq = result_.transaction.seq;
  Run(WithCode(WithoutCard(Sale(1, 1'000)), 1));
  EXPECT_TRUE(result_.replay);
  EXPECT_EQ(result_.transaction.seq, seq);
}

TEST_F(OccasionTest, WithoutAMemberWhatAsksForOneFails) {
  DefineSegment("model");
  Issue({1}, nullptr);
  uint64_t request = 0;
  const auto expect = [&](Reason reason, auto&& change) {
    ApplyVoucher([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      benefit.require_real_name = false;
      change(programme, benefit);
    });
    ExpectDeclined(Run(WithCode(WithoutCard(Sale(++request, 1'000)), 1)), reason);
  };
  const auto limit_of = [](LimitSubject subject) {
    return [subject](OwnedProgramme& programme, BenefitSpec&) {
      AddLimit(programme, "limit", 1).subject = subject;
    };
  };
  expect(Reason::kMemberNotVerified,
         [](OwnedProgramme&, BenefitSpec& benefit) { benefit.require_real_name = true; });
  expect(Reason::kNotPermittedToMember, [](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.sexes = MaskOf(Sex::kMale) | MaskOf(Sex::kFemale);
  });
  expect(Reason::kNotPermittedToMember, [](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.sexes = MaskOf(Sex::kMale) | MaskOf(Sex::kUnknown);
  });
  expect(Reason::kNotPermittedToMember,
         [](OwnedProgramme&, BenefitSpec& benefit) { benefit.member_days_min = 1; });
  expect(Reason::kNotPermittedToMember, [](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.segments_any = Append(programme.segments, {CodeOf<SegmentCode>("model")});
  });
  expect(Reason::kNotPermittedToMember, [](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.segments_none = Append(programme.segments, {CodeOf<SegmentCode>("model")});
  });
  expect(Reason::kNotPermittedToMember, [](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.member_union = CodeOf<UnionNodeId>("U");
  });
  expect(Reason::kNotPermittedToMember, limit_of(LimitSubject::kPerson));
  expect(Reason::kNotPermittedToMember, limit_of(LimitSubject::kUnion));
  expect(Reason::kNotPermittedToMember, limit_of(LimitSubject::kCard));
  // Limits that nobody's card or name is needed for hold.
  ApplyForAnybody();
  for (const LimitSubject subject :
       {LimitSubject::kProgramme, LimitSubject::kMerchant, LimitSubject::kTerminal}) {
    ApplyVoucher([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      benefit.require_real_name = false;
      limit_of(subject)(programme, benefit);
    });
    ExpectGiven(Run(WithCode(WithoutCard(Quote(1'000)), 1)), 500);
  }
}

TEST_F(OccasionTest, AsksComeAfterAllOtherRules) {
  ApplyVoucher([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.require_real_name = false;
    benefit.price.threshold = Fen{500};
    AddLimit(programme, "limit", 1);
  });
  Issue({1}, nullptr);
  ExpectDeclined(Run(WithCode(WithoutCard(Sale(1, 400)), 1)), Reason::kBelowMinimumAmount);
  ExpectDeclined(Run(WithCode(WithoutCard(Sale(2, 500)), 1)), Reason::kNotPermittedToMember);
  // And before limits: a member without a voucher, who has used up the limit.
  Issue({2}, "M1");
  ExpectGiven(Run(Own(Sale(3, 500))), 250);
  ExpectDeclined(Run(Own(Sale(4, 500))), Reason::kNoVoucher);
  ExpectDeclined(Run(Own(Sale(5, 400))), Reason::kBelowMinimumAmount);
}

// ---- Without a code ----------------------------------------------------------------

TEST_F(OccasionTest, OfAMembersVouchersTheOneThatExpiresFirstIsTaken) {
  ApplyVoucher();
  Issue({1}, "M1", TimestampNs{}, After(30));
  Issue({2}, "M1", TimestampNs{}, After(20));
  Issue({3}, "M1", TimestampNs{}, After(20));
  Issue({4}, "M1", After(1), After(10));      // not yet
  Issue({5}, "M1", TimestampNs{}, After(0));  // over
  Issue({6}, nullptr, TimestampNs{}, After(5));
  AddMember("M2", 62'000'002);
  Issue({7}, "M2", TimestampNs{}, After(5));
  for (const uint64_t key : {2u, 3u, 1u}) {
    ExpectGiven(Run(Own(Sale(key, 1'000))), 500);
    EXPECT_EQ(VoucherOf(key).state, VoucherState::kRedeemed) << key;
    EXPECT_EQ(VoucherOf(key).authorization, result_.transaction.seq);
    EXPECT_TRUE(OccasionOfLast().asked.voucher.IsNone());
    EXPECT_EQ(OccasionOfLast().voucher, ledger_->FindVoucher(Key(key)));
  }
  ExpectDeclined(Run(Own(Sale(9, 1'000))), Reason::kNoVoucher);
  EXPECT_EQ(result_.transaction.progress.occasion, OccasionRow{});
  now_ = After(1);
  ExpectGiven(Run(Own(Sale(10, 1'000))), 500);
  EXPECT_EQ(VoucherOf(4).state, VoucherState::kRedeemed);
}

TEST_F(OccasionTest, WhatIsVoidIsNotTaken) {
  ApplyVoucher();
  Issue({1}, "M1");
  Void(1);
  ExpectDeclined(Run(Own(Sale(1, 1'000))), Reason::kNoVoucher);
}

TEST_F(OccasionTest, ABenefitWithoutOneStandsIn) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    AskForVoucher(&benefit);
    AddPercentOff(&programme, "plain", 1'000, "F");
  });
  Issue({1}, "M1");
  ExpectGiven(Run(Own(Sale(1, 1'000))), 500);
  ExpectGiven(Run(Own(Sale(2, 1'000))), 100);
}

TEST_F(OccasionTest, AnAdviceFindsNoneOfThese) {
  // Whatever the image says of it.
  ApplyVoucher(
      [](OwnedProgramme&, BenefitSpec& benefit) { benefit.offline = OfflinePolicy::kAccept; });
  Issue({1}, "M1");
  AdviceRequest advice;
  advice.sequence = 1;
  advice.occurred_at = kNow;
  advice.member_paid = Fen{500};
  Run(OwnAdvice(Sale(1, 1'000), advice));
  EXPECT_EQ(result_.transaction.reason, Reason::kOfflineNotPermitted);
  EXPECT_EQ(details().advice.liability, Liability::kAcquirer);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kIssued);
}

// ---- Repeats -----------------------------------------------------------------------

TEST_F(OccasionTest, ARepeatIsComparedWithTheOccasion) {
  ApplyVoucher();
  Issue({1, 2}, nullptr);
  OccasionRequest asked;
  asked.voucher = Key(1);
  asked.slot_at = After(1);
  asked.filed_by = CodeOf<OperatorName>("wang");
  Run(With(Sale(1, 1'000), asked));
  const auto expect = [&](Field field, auto&& change) {
    OccasionRequest other = asked;
    change(other);
    Run(With(Sale(1, 1'000), other));
    EXPECT_EQ(result_.verdict, Verdict::kDuplicateMismatch);
    EXPECT_EQ(result_.field, field) << NameOf(result_.field);
  };
  // The first that differs, in order.
  expect(Field::kVoucher, [](OccasionRequest& other) {
    other.voucher = Key(2);
    other.slot_at = After(2);
  });
  expect(Field::kSlotAt, [](OccasionRequest& other) {
    other.slot_at = After(2);
    other.event_at = kNow;
  });
  expect(Field::kEventAt, [](OccasionRequest& other) {
    other.event_at = kNow;
    other.filed_by = OperatorName{};
  });
  expect(Field::kFiledBy, [](OccasionRequest& other) { other.filed_by = OperatorName{}; });
  Run(Own(Sale(1, 1'000)));
  EXPECT_EQ(result_.verdict, Verdict::kDuplicateMismatch);
  EXPECT_EQ(result_.field, Field::kVoucher);
  // What comes before it is told before it.
  Run(WithCode(Sale(1, 2'000), 2));
  EXPECT_EQ(result_.field, Field::kListPrice);
  Run(With(Sale(1, 1'000), asked));
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.replay);
}

TEST_F(OccasionTest, WhoTookAVoucherByItselfAskedWithNone) {
  ApplyVoucher();
  Issue({1}, "M1");
  Run(Own(Sale(1, 1'000)));
  ASSERT_NE(result_.transaction.progress.occasion, OccasionRow{});
  Run(Own(Sale(1, 1'000)));
  EXPECT_TRUE(result_.replay);
  ExpectGiven(result_, 500);
  Run(WithCode(Sale(1, 1'000), 1));
  EXPECT_EQ(result_.verdict, Verdict::kDuplicateMismatch);
  EXPECT_EQ(result_.field, Field::kVoucher);
}

TEST_F(OccasionTest, AnIdThatWasReversedFirstKeepsItsOccasion) {
  ApplyVoucher();
  Issue({1}, nullptr);
  Run(Own(About(CommandKind::kReverse, 1, 2)));
  ExpectDeclined(Run(WithCode(Sale(2, 1'000), 1)), Reason::kPreviouslyReversed);
  EXPECT_EQ(OccasionOfLast().asked.voucher, Key(1));
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kIssued);
  Run(WithCode(Sale(2, 1'000), 1));
  EXPECT_TRUE(result_.replay);
}

// ---- Room --------------------------------------------------------------------------

class FewOccasionsTest : public OccasionWorld {
 protected:
  static LedgerLimits Few() {
    LedgerLimits limits = SmallLimits();
    limits.occasions_max = 1;
    limits.voucher_series_max = 2;
    return limits;
  }
  FewOccasionsTest() : OccasionWorld(Few()) {}
};

TEST_F(FewOccasionsTest, WithoutRoomNothingIsTaken) {
  Apply([](OwnedProgramme&, BenefitSpec& benefit) { AskForVoucher(&benefit); });
  Issue({1, 2, 3}, "M1");
  ExpectGiven(Run(WithCode(Sale(1, 1'000), 1)), 500);
  for (const OwnedCommand& command : {WithCode(Sale(2, 1'000), 2), Own(Sale(2, 1'000))}) {
    Run(command);
    EXPECT_EQ(result_.verdict, Verdict::kFull);
    EXPECT_EQ(result_.field, Field::kOccasions);
  }
  EXPECT_EQ(VoucherOf(2).state, VoucherState::kIssued);
  // What needs no row of it is decided: a quote, and a sale that takes no voucher.
  ExpectGiven(Run(WithCode(Quote(1'000), 2)), 500);
  Apply([](OwnedProgramme&, BenefitSpec&) {});
  ExpectGiven(Run(Own(Sale(3, 1'000))), 500);
}

TEST_F(FewOccasionsTest, AProgrammeNeedsRoomForItsSeries) {
  const auto apply = [this](std::initializer_list<const char*> names) {
    OwnedProgramme programme = Programme("q");
    for (const char* const name : names) {
      AskForVoucher(&AddPercentOff(&programme, name, 1'000, "F"), name);
    }
    Run(Own(programme));
  };
  apply({"A", "B", "C"});
  EXPECT_EQ(result_.verdict, Verdict::kFull);
  EXPECT_EQ(result_.field, Field::kSeries);
  EXPECT_EQ(ledger_->voucher_series().size(), 0u);
  apply({"A", "A", "B", "B"});  // two of them, each named twice
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_EQ(ledger_->voucher_series().size(), 2u);
  apply({"B", "A"});
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
  apply({"C"});
  EXPECT_EQ(result_.verdict, Verdict::kFull);
}

// ---- Answers that explain --------------------------------------------------------

TEST_F(OccasionTest, TheCodeIsExplainedAmongTheParties) {
  ApplyVoucher();
  Issue({1}, nullptr);
  Run(WithCode(Sale(1, 1'000), 1));
  bool passed = true;
  Run(Explained(WithCode(Quote(1'000), 1)));
  const std::vector<Reason> until_redeemed = {Reason::kTerminalInactive,
                                              Reason::kMerchantInactive,
                                              Reason::kVoucherNotFound,
                                              Reason::kVoucherVoid,
                                              Reason::kVoucherRedeemed};
  EXPECT_EQ(PartiesOfLast(&passed), until_redeemed);
  EXPECT_FALSE(passed);
  Issue({2}, nullptr);
  Run(Explained(WithCode(Quote(1'000), 2)));
  std::vector<Reason> all = until_redeemed;
  all.insert(all.end(),
             {Reason::kVoucherReserved, Reason::kVoucherNotYetValid, Reason::kVoucherExpired});
  std::vector<Reason> with_card = all;
  with_card.insert(with_card.end(),
                   {Reason::kInvalidCard,
                    Reason::kCardNotActive,
                    Reason::kMemberNotFound,
                    Reason::kMemberSuspended,
                    Reason::kVoucherOfAnother});
  EXPECT_EQ(PartiesOfLast(&passed), with_card);
  EXPECT_TRUE(passed);
  // Without a card there is nothing to say of it, nor of a bearer's member.
  Run(Explained(WithCode(WithoutCard(Quote(1'000)), 2)));
  all.push_back(Reason::kVoucherOfAnother);
  EXPECT_EQ(PartiesOfLast(&passed), all);
  EXPECT_TRUE(passed);
}

TEST_F(OccasionTest, NoVoucherIsExplainedAfterTheRules) {
  ApplyVoucher([](OwnedProgramme& programme, BenefitSpec&) { AddLimit(programme, "daily", 1); });
  ChecksOf(OwnExplained(Quote(1'000)));
  ASSERT_NE(CheckOf(Reason::kNoVoucher), nullptr);
  EXPECT_FALSE(CheckOf(Reason::kNoVoucher)->passed);
  Issue({1}, "M1");
  const std::vector<Reason> checks = ChecksOf(OwnExplained(Quote(1'000)));
  EXPECT_TRUE(CheckOf(Reason::kNoVoucher)->passed);
  const auto place = [&](Reason check) {
    return std::find(checks.begin(), checks.end(), check) - checks.begin();
  };
  EXPECT_LT(place(Reason::kNoEffect), place(Reason::kNoVoucher));
  EXPECT_LT(place(Reason::kNoVoucher), place(Reason::kExceedsFrequencyLimit));
  EXPECT_EQ(CheckOf(Reason::kSlotNotAvailable), nullptr);
  EXPECT_EQ(CheckOf(Reason::kClaimTooLate), nullptr);
  // Of a plain benefit there is none of these.
  Apply([](OwnedProgramme&, BenefitSpec&) {});
  ChecksOf(OwnExplained(Quote(1'000)));
  EXPECT_EQ(CheckOf(Reason::kNoVoucher), nullptr);
  // And with a code it is none of the candidates.
  EXPECT_TRUE(ChecksOf(Explained(WithCode(Quote(1'000), 1))).empty());
}

TEST_F(OccasionTest, ALimitOfNobodyIsExplainedAsSuch) {
  ApplyVoucher([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.require_real_name = false;
    AddLimit(programme, "daily", 1);
  });
  Issue({1}, nullptr);
  Run(Explained(WithCode(WithoutCard(Quote(1'000)), 1)));
  ASSERT_NE(CheckOf(Reason::kNotPermittedToMember), nullptr);
  EXPECT_FALSE(CheckOf(Reason::kNotPermittedToMember)->passed);
  EXPECT_EQ(CheckOf(Reason::kExceedsFrequencyLimit), nullptr);
}

TEST_F(OccasionTest, AnEntitlementSaysWhetherThereIsAVoucher) {
  ApplyVoucher([](OwnedProgramme& programme, BenefitSpec&) { AddLimit(programme, "daily", 1); });
  ASSERT_EQ(Entitlements().count, 1u);
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kNoVoucher);
  Issue({1, 2}, "M1");
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kNone);
  Run(Own(Sale(1, 1'000)));
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kExceedsFrequencyLimit);
  Void(2);
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kNoVoucher);
}

// ---- Shadow -------------------------------------------------------------------------

TEST_F(OccasionTest, AShadowJudgesWithTheSameOccasion) {
  ApplyForAnybody();
  Issue({1}, nullptr);
  OwnedProgramme shadow = Programme("p");
  BenefitSpec& benefit = AddPercentOff(&shadow, "b", 8'000, "F");
  AskForVoucher(&benefit);
  benefit.require_real_name = false;
  shadow.stage = Stage::kShadow;
  shadow.spec.content_hash = 7;
  Run(Own(shadow));
  ASSERT_EQ(result_.verdict, Verdict::kDecided);
  const OwnedCommand sale = WithCode(WithoutCard(Sale(1, 1'000)), 1);
  ASSERT_TRUE(ledger_->IsShadowed(sale.command));
  Event event;
  Result result;
  ledger_->DecideShadow(sale.command, now_, &event, &result);
  ExpectGiven(result, 800);
  ExpectGiven(Run(sale), 500);
}

}  // namespace
}  // namespace gonghui
