// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Contributions to a mutual fund: what a fund may pay, and the cover that members have.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

class ContributionsTest : public OccasionWorld {
 protected:
  ContributionsTest() {
    DefineSegment("covered");
    DefineSegment("other");
    AddMember("M2", 62'000'002);
  }

  static ContributeRequest Of(const char* receipt,
                              int64_t from_day,
                              int64_t until_day,
                              int64_t amount = 10'000) {
    ContributeRequest request;
    request.receipt = CodeOf<ReceiptCode>(receipt);
    request.fund = CodeOf<FundCode>("F");
    request.member = CodeOf<MemberId>("M1");
    request.segment = CodeOf<SegmentCode>("covered");
    request.amount = Fen{amount};
    request.covers_from = AfterDays(from_day);
    request.covers_until = AfterDays(until_day);
    return request;
  }
  const Result& Contribute(const char* receipt,
                           int64_t from_day,
                           int64_t until_day,
                           int64_t amount = 10'000) {
    return Run(Own(Of(receipt, from_day, until_day, amount)));
  }
  const Result& Revoke(const char* receipt, const char* fund = "F") {
    RevokeContributionRequest request;
    request.receipt = CodeOf<ReceiptCode>(receipt);
    request.fund = CodeOf<FundCode>(fund);
    return Run(Own(request));
  }
  const Result& SetBudget(int64_t budget) {
    FundRequest request;
    request.code = CodeOf<FundCode>("F");
    request.budget = Fen{budget};
    request.opens_at = FundOf("F").opens_at;
    request.closes_at = FundOf("F").closes_at;
    return Run(Own(request));
  }
  void ExpectRefused(AdminReason reason, Field field) {
    EXPECT_EQ(result_.verdict, Verdict::kRefused);
    EXPECT_STREQ(NameOf(result_.admin_reason), NameOf(reason));
    EXPECT_STREQ(NameOf(result_.field), NameOf(field));
  }
  // [from, until) of the member's spans, in days.
  [[nodiscard]] std::vector<std::pair<int64_t, int64_t>> CoverOf(const char* member = "M1") const {
    const auto day_of = [](TimestampNs at) {
      return (at.value() - kNow.value()) / (kNsPerSecond * kSecondsPerDay);
    };
    std::vector<std::pair<int64_t, int64_t>> spans;
    SegmentSpanRow row =
        ledger_->members()[ledger_->FindMember(CodeOf<MemberId>(member))].first_span;
    for (; row != SegmentSpanRow{}; row = ledger_->segment_spans()[row].next) {
      const SegmentSpan& span = ledger_->segment_spans()[row];
      spans.emplace_back(day_of(span.starts_at), day_of(span.ends_at));
    }
    return spans;
  }
  using Spans = std::vector<std::pair<int64_t, int64_t>>;
};

TEST_F(ContributionsTest, RaisesWhatTheFundMayPay) {
  ASSERT_EQ(Contribute("R1", 0, 365, 10'000).verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);
  EXPECT_EQ(
      result_.row,
      ledger_->FindContribution(ledger_->FindFund(CodeOf<FundCode>("F")), CodeOf<ReceiptCode>("R1"))
          .value());
  EXPECT_EQ(FundOf("F").contributed, Fen{10'000});
  EXPECT_EQ(FundOf("F").contribution_count, 1U);
  EXPECT_EQ(FundOf("F").left(), Fen{20'000});
  EXPECT_EQ(CoverOf(), (Spans{{0, 365}}));
  // All of it can be spent, and no fen more.
  EXPECT_EQ(Run(Own(Sale(1, 40'000))).transaction.subsidy, Fen{20'000});
  EXPECT_EQ(Run(Own(Sale(2, 2))).transaction.reason, Reason::kBudgetExhausted);
}

TEST_F(ContributionsTest, AReceiptCountsOnce) {
  Contribute("R1", 0, 365);
  const uint64_t hash = ledger_->StateHash();
  EXPECT_EQ(Contribute("R1", 0, 365).verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, 1U);
  const auto refuse = [&](auto&& change) {
    ContributeRequest request = Of("R1", 0, 365);
    change(request);
    Run(Own(request));
    ExpectRefused(AdminReason::kBelongsToAnother, Field::kReceipt);
  };
  refuse([](ContributeRequest& r) { r.member = CodeOf<MemberId>("M2"); });
  refuse([](ContributeRequest& r) { r.segment = CodeOf<SegmentCode>("other"); });
  refuse([](ContributeRequest& r) { r.amount = Fen{10'001}; });
  refuse([](ContributeRequest& r) { r.covers_from = AfterDays(1); });
  refuse([](ContributeRequest& r) { r.covers_until = AfterDays(366); });
  EXPECT_EQ(ledger_->StateHash(), hash);
  // Of another fund it is another receipt.
  SetFund("G", 0);
  ContributeRequest other = Of("R1", 0, 365);
  other.fund = CodeOf<FundCode>("G");
  EXPECT_EQ(Run(Own(other)).verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("G").contributed, Fen{10'000});
  EXPECT_EQ(FundOf("F").contribution_count, 1U);
  // Also when it was revoked it is the same receipt.
  Revoke("R1");
  EXPECT_EQ(Contribute("R1", 0, 365).verdict, Verdict::kUnchanged);
  EXPECT_EQ(FundOf("F").contributed, Fen{0});
}

TEST_F(ContributionsTest, TheReceiptOfAMistakeIsFreeForWhatIsRight) {
  Contribute("R1", 0, 365, 100'000);
  Revoke("R1");
  ASSERT_EQ(Contribute("R1", 0, 365, 10'000).verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);
  EXPECT_EQ(result_.row, 2U);
  EXPECT_EQ(ledger_->contributions()[ContributionRow{2}].previous, ContributionRow{1});
  EXPECT_EQ(FundOf("F").contributed, Fen{10'000});
  // The list with the mistake is read once more, and nothing is booked.
  const uint64_t put_right = ledger_->StateHash();
  EXPECT_EQ(Contribute("R1", 0, 365, 100'000).verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, 1U);
  Contribute("R1", 0, 365, 10'001);
  ExpectRefused(AdminReason::kBelongsToAnother, Field::kReceipt);
  EXPECT_EQ(ledger_->StateHash(), put_right);
  EXPECT_EQ(FundOf("F").contributed, Fen{10'000});
  // Revoked is what stands.
  EXPECT_EQ(Revoke("R1").row, 2U);
  EXPECT_EQ(FundOf("F").contributed, Fen{0});
  EXPECT_TRUE(CoverOf().front().first == CoverOf().front().second);
  // A list that is read again brings back none of them.
  const uint64_t hash = ledger_->StateHash();
  EXPECT_EQ(Contribute("R1", 0, 365, 100'000).verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, 1U);
  EXPECT_EQ(Contribute("R1", 0, 365, 10'000).verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, 2U);
  EXPECT_EQ(ledger_->StateHash(), hash);
  ASSERT_EQ(Contribute("R1", 1, 365, 10'000).verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("F").contribution_count, 1U);
}

TEST_F(ContributionsTest, WhatItNamesMustBeThere) {
  const uint64_t hash = ledger_->StateHash();
  const auto refuse = [&](AdminReason reason, Field field, auto&& change) {
    ContributeRequest request = Of("R1", 0, 365);
    change(request);
    Run(Own(request));
    ExpectRefused(reason, field);
  };
  refuse(AdminReason::kUnknownReference, Field::kFund, [](ContributeRequest& r) {
    r.fund = CodeOf<FundCode>("X");
  });
  refuse(AdminReason::kUnknownReference, Field::kMember, [](ContributeRequest& r) {
    r.member = CodeOf<MemberId>("M9");
  });
  refuse(AdminReason::kUnknownReference, Field::kSegment, [](ContributeRequest& r) {
    r.segment = CodeOf<SegmentCode>("x");
  });
  EXPECT_EQ(ledger_->StateHash(), hash);
  FundRequest stock;
  stock.code = CodeOf<FundCode>("S");
  stock.asset = Asset::kThing;
  stock.budget = Fen{5};
  Run(Own(stock));
  refuse(AdminReason::kWrongAsset, Field::kFund, [](ContributeRequest& r) {
    r.fund = CodeOf<FundCode>("S");
  });
  Revoke("R1", "X");
  ExpectRefused(AdminReason::kUnknownReference, Field::kFund);
  Revoke("R1");
  ExpectRefused(AdminReason::kUnknownReference, Field::kReceipt);
}

TEST_F(ContributionsTest, CoverThatIsRenewedWithoutAGapIsOneCover) {
  Contribute("R1", 0, 100);
  Contribute("R2", 100, 200);  // to the day
  EXPECT_EQ(CoverOf(), (Spans{{0, 200}}));
  Contribute("R3", 150, 300);  // before it ends
  EXPECT_EQ(CoverOf(), (Spans{{0, 300}}));
  Contribute("R4", 10, 20);  // within it
  EXPECT_EQ(CoverOf(), (Spans{{0, 300}}));
  Contribute("R5", 0, 300);  // the very same
  EXPECT_EQ(CoverOf(), (Spans{{0, 300}}));
  Contribute("R6", 301, 400);  // a day late
  EXPECT_EQ(CoverOf(), (Spans{{0, 300}, {301, 400}}));
  Contribute("R7", -10, 5);  // begins before
  EXPECT_EQ(CoverOf(), (Spans{{0, 300}, {301, 400}, {-10, 5}}));
  Contribute("R8", 2, 500);  // the first that has its beginning
  EXPECT_EQ(CoverOf(), (Spans{{0, 500}, {301, 400}, {-10, 5}}));
  EXPECT_EQ(FundOf("F").contributed, Fen{80'000});
  // Another segment's is another cover.
  ContributeRequest other = Of("R9", 100, 200);
  other.segment = CodeOf<SegmentCode>("other");
  Run(Own(other));
  EXPECT_EQ(CoverOf(), (Spans{{0, 500}, {301, 400}, {-10, 5}, {100, 200}}));
  EXPECT_TRUE(CoverOf("M2").empty());
}

TEST_F(ContributionsTest, ASpanOfAnImportIsExtendedLikeAnyOther) {
  ChangeMember([](MemberRequest& member) {
    AddSpan(&member, "other", AfterDays(0));
    AddSpan(&member, "covered", AfterDays(-30), AfterDays(0));
  });
  Contribute("R1", 0, 365);
  EXPECT_EQ(CoverOf().back(), (std::pair<int64_t, int64_t>{-30, 365}));
  // Cover without end has nothing to be extended.
  ContributeRequest other = Of("R2", 5, 10);
  other.segment = CodeOf<SegmentCode>("other");
  EXPECT_EQ(Run(Own(other)).verdict, Verdict::kDecided);
  EXPECT_EQ(CoverOf().size(), 2U);
  // An import that lists segments replaces all of them.
  ChangeMember(
      [](MemberRequest& member) { AddSpan(&member, "covered", AfterDays(-30), AfterDays(0)); });
  EXPECT_EQ(CoverOf(), (Spans{{-30, 0}}));
  EXPECT_EQ(Revoke("R1").verdict, Verdict::kDecided);  // the money alone
  EXPECT_EQ(Revoke("R2").verdict, Verdict::kDecided);  // it changed no span
  EXPECT_EQ(CoverOf(), (Spans{{-30, 0}}));
}

TEST_F(ContributionsTest, AMemberHasAtMostSoManySpans) {
  for (int64_t i = 0; i < kSegmentSpansPerMemberMax; ++i) {
    ASSERT_EQ(Contribute(("R" + std::to_string(i)).c_str(), 10 * i, 10 * i + 5).verdict,
              Verdict::kDecided);
  }
  const uint64_t hash = ledger_->StateHash();
  Contribute("R8", 80, 85);
  ExpectRefused(AdminReason::kTooMany, Field::kCover);
  EXPECT_EQ(ledger_->StateHash(), hash);
  // One that is extended needs no other.
  EXPECT_EQ(Contribute("R8", 75, 85).verdict, Verdict::kDecided);
}

TEST_F(ContributionsTest, ARevokedOneIsTakenBackInWhole) {
  Contribute("R1", 0, 100);
  Contribute("R2", 100, 200);
  // The last one first.
  Revoke("R1");
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kCover);
  ASSERT_EQ(Revoke("R2").verdict, Verdict::kDecided);
  EXPECT_EQ(CoverOf(), (Spans{{0, 100}}));
  EXPECT_EQ(FundOf("F").contributed, Fen{10'000});
  EXPECT_EQ(FundOf("F").contribution_count, 1U);
  ASSERT_EQ(Revoke("R1").verdict, Verdict::kDecided);
  EXPECT_EQ(CoverOf(), (Spans{{0, 0}}));
  EXPECT_EQ(
      ledger_->SegmentsOf(ledger_->members()[ledger_->FindMember(CodeOf<MemberId>("M1"))], kNow),
      0U);
  EXPECT_EQ(Revoke("R1").verdict, Verdict::kUnchanged);
  EXPECT_EQ(FundOf("F").contributed, Fen{0});
  // Who pays again, is covered again; what was revoked stands in nobody's way.
  Contribute("R3", 0, 50);
  EXPECT_EQ(CoverOf(), (Spans{{0, 0}, {0, 50}}));
  EXPECT_EQ(Revoke("R3").verdict, Verdict::kDecided);
  EXPECT_EQ(CoverOf(), (Spans{{0, 0}, {0, 0}}));
}

TEST_F(ContributionsTest, OfCoverThatAnImportHasTakenAwayTheMoneyAloneComesBack) {
  ChangeMember([](MemberRequest& member) { AddSpan(&member, "other", AfterDays(0)); });
  Contribute("R1", 0, 100);
  // The span's row is in no chain any more; then it is another segment's.
  ChangeMember([](MemberRequest& member) { AddSpan(&member, "other", AfterDays(0)); });
  EXPECT_EQ(Revoke("R1").verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("F").contributed, Fen{0});
  Contribute("R2", 0, 100);
  ChangeMember([](MemberRequest& member) {
    AddSpan(&member, "covered", AfterDays(0), AfterDays(100));
    AddSpan(&member, "other", AfterDays(0), AfterDays(100));
  });
  const Spans before = CoverOf();
  EXPECT_EQ(Revoke("R2").verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("F").contributed, Fen{0});
  EXPECT_EQ(CoverOf(), before);
}

TEST_F(ContributionsTest, AnEmptySpanIsUsedAgainWhereThereIsNoRoomForAnother) {
  for (int i = 0; i < static_cast<int>(kSegmentSpansPerMemberMax); ++i) {
    const std::string receipt = "W" + std::to_string(i);
    EXPECT_EQ(Contribute(receipt.c_str(), 100 * i, 100 * i + 50).verdict, Verdict::kDecided);
    if (i % 2 == 1) {
      EXPECT_EQ(Revoke(receipt.c_str()).verdict, Verdict::kDecided);
    }
  }
  const uint32_t rows = ledger_->segment_spans().size();
  EXPECT_EQ(Contribute("R1", 2'000, 2'100).verdict, Verdict::kDecided);
  EXPECT_EQ(ledger_->segment_spans().size(), rows);
  EXPECT_EQ(Revoke("R1").verdict, Verdict::kDecided);
  EXPECT_EQ(Contribute("R2", 3'000, 3'100).verdict, Verdict::kDecided);
  EXPECT_EQ(ledger_->segment_spans().size(), rows);
}

TEST_F(ContributionsTest, WhatIsCommittedIsNotTakenBack) {
  SetBudget(0);
  Contribute("R1", 0, 100, 10'000);
  Contribute("R2", 0, 100, 5'000);
  ASSERT_EQ(Run(Own(Authorize(1, 20'001))).transaction.subsidy, Fen{10'000});
  Revoke("R1");
  ExpectRefused(AdminReason::kBelowCommitted, Field::kAmount);
  EXPECT_EQ(Revoke("R2").verdict, Verdict::kDecided);
  Revoke("R1");
  ExpectRefused(AdminReason::kBelowCommitted, Field::kAmount);
  Run(Own(About(CommandKind::kReverse, 2, 1)));
  EXPECT_EQ(Revoke("R1").verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("F").left(), Fen{0});
}

// What was given without asking, beyond what there was, is paid from what comes in.
TEST_F(ContributionsTest, AnOverrunIsMadeGoodFirst) {
  SetFund("F", 100, /*advice_may_overrun=*/true);
  AdviceRequest advice;
  advice.occurred_at = kNow;
  advice.sequence = 1;
  Run(OwnAdvice(Sale(1, 300), advice));
  ASSERT_EQ(FundOf("F").overrun, Fen{50});
  Contribute("R1", 0, 100, 80);
  Contribute("R2", 0, 100, 20);
  EXPECT_EQ(FundOf("F").left(), Fen{100});
  EXPECT_EQ(FundOf("F").available(), Fen{50});
  Revoke("R1");
  ExpectRefused(AdminReason::kBelowCommitted, Field::kAmount);
  EXPECT_EQ(Revoke("R2").verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("F").available(), Fen{30});
}

TEST_F(ContributionsTest, ABudgetMayFallAsFarAsContributionsReach) {
  Contribute("R1", 0, 100, 10'000);
  ASSERT_EQ(Run(Own(Authorize(1, 30'000))).transaction.subsidy, Fen{15'000});
  SetBudget(4'999);
  ExpectRefused(AdminReason::kBelowCommitted, Field::kBudget);
  EXPECT_EQ(SetBudget(5'000).verdict, Verdict::kDecided);
  EXPECT_EQ(FundOf("F").left(), Fen{0});
}

TEST_F(ContributionsTest, TheSumStaysWithinWhatAFundMayHave) {
  SetBudget(kFundFenMax - 10'000);
  EXPECT_EQ(Contribute("R1", 0, 100, 10'000).verdict, Verdict::kDecided);
  const uint64_t hash = ledger_->StateHash();
  EXPECT_EQ(Contribute("R2", 0, 100, 1).verdict, Verdict::kOutOfRange);
  EXPECT_STREQ(NameOf(result_.field), NameOf(Field::kAmount));
  EXPECT_EQ(SetBudget(kFundFenMax - 9'999).verdict, Verdict::kOutOfRange);
  EXPECT_STREQ(NameOf(result_.field), NameOf(Field::kBudget));
  EXPECT_EQ(ledger_->StateHash(), hash);
  EXPECT_EQ(Contribute("R1", 0, 100, 10'000).verdict, Verdict::kUnchanged);
}

TEST_F(ContributionsTest, NothingIsTakenWithoutRoom) {
  limits_.contributions_max = 1;
  ledger_ = std::make_unique<Ledger>(ledger_->shard(), limits_);
  for (const Event& event : events_) {
    ledger_->Evolve(event);
  }
  EXPECT_EQ(Contribute("R1", 0, 100).verdict, Verdict::kDecided);
  EXPECT_EQ(Contribute("R2", 0, 100).verdict, Verdict::kFull);
  EXPECT_STREQ(NameOf(result_.field), NameOf(Field::kContributions));
  EXPECT_EQ(Contribute("R1", 0, 100).verdict, Verdict::kUnchanged);
}

}  // namespace
}  // namespace gonghui
