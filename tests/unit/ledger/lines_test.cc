// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines: the split, frozen with the authorization, and refunds by line.

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

LineItem Item(const char* code, int64_t price, uint32_t quantity = 1) {
  return LineItem{CodeOf<ItemCode>(code), Fen{price}, quantity, 0};
}

class LinesTest : public LedgerWorld {
 protected:
  explicit LinesTest(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  [[nodiscard]] std::vector<int64_t> Subsidies() const {
    std::vector<int64_t> subsidies;
    for (uint32_t i = 0; i < details().line_count; ++i) {
      subsidies.push_back(details().lines[i].subsidy.value());
    }
    return subsidies;
  }
  const Result& Refund(uint64_t request,
                       uint64_t original,
                       const std::vector<ReturnedLine>& lines) {
    return Run(OwnWithLines(About(CommandKind::kRefund, request, original), lines));
  }
  // 1,000 fen, half of it paid by the fund: 167, 166 and 167.
  const Result& SellThree(uint64_t request) {
    return Run(
        OwnWithLines(Sale(request, 1'000), {Item("A", 333, 3), Item("B", 333), Item("C", 334, 2)}));
  }
};

TEST_F(LinesTest, TheSubsidyIsSplitByLargestRemainderTiesToTheFirst) {
  EXPECT_EQ(SellThree(1).transaction.subsidy, Fen{500});
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{167, 166, 167}));
  ASSERT_EQ(details().line_count, 3U);
  EXPECT_EQ(details().lines[2].item, CodeOf<ItemCode>("C"));
  EXPECT_EQ(details().lines[2].number, 3U);
  EXPECT_EQ(details().lines[2].quantity, 2U);
  EXPECT_EQ(details().lines[2].price, Fen{334});

  Run(OwnWithLines(Sale(2, 4), {Item("A", 1), Item("B", 1), Item("C", 1), Item("D", 1)}));
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{1, 1, 0, 0}));
  Run(OwnWithLines(Sale(3, 100), {Item("free", 0), Item("B", 100)}));
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{0, 50}));
  EXPECT_EQ(ledger_->lines().size(), 9U);

  // Of large amounts, whose products do not fit 64 bits.
  SetFund("F", kFundFenMax);
  Run(OwnWithLines(Sale(4, kTransactionFenMax),
                   {Item("A", kTransactionFenMax / 4), Item("B", kTransactionFenMax / 4 * 3)}));
  EXPECT_EQ(Subsidies(),
            (std::vector<int64_t>{kTransactionFenMax / 8, kTransactionFenMax / 8 * 3}));
}

TEST_F(LinesTest, AsManyLinesAsThereMayBe) {
  std::vector<LineItem> items;
  int64_t price = 0;
  for (uint32_t i = 0; i < kLinesPerTransactionMax; ++i) {
    items.push_back(Item("A", 1 + i % 7));
    price += 1 + i % 7;
  }
  const Result& result = Run(OwnWithLines(Sale(1, price), items));
  EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(details().line_count, kLinesPerTransactionMax);
}

TEST_F(LinesTest, AQuoteTellsTheSplitAndKeepsNothing) {
  Command quote = Authorize(1, 100);
  quote.kind = CommandKind::kQuote;
  Run(OwnWithLines(quote, {Item("A", 30), Item("B", 70)}));
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{15, 35}));
  EXPECT_EQ(ledger_->lines().size(), 0U);
}

TEST_F(LinesTest, DeclinesAndFullPriceKeepTheLinesWithoutSubsidy) {
  EXPECT_EQ(Run(OwnWithLines(Sale(1, 30'000), {Item("A", 30'000)})).transaction.reason,
            Reason::kBudgetExhausted);
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{0}));
  Command full = Sale(2, 30'000);
  full.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  EXPECT_EQ(Run(OwnWithLines(full, {Item("A", 30'000)})).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{0}));
  // And so does an original that comes after its reversal.
  Run(Own(About(CommandKind::kReverse, 4, 3)));
  EXPECT_EQ(Run(OwnWithLines(Sale(3, 10), {Item("A", 10)})).transaction.reason,
            Reason::kPreviouslyReversed);
  EXPECT_EQ(ledger_->lines().size(), 3U);
}

TEST_F(LinesTest, ARepeatHasTheSameLines) {
  const std::vector<LineItem> lines = {Item("A", 60, 2), Item("B", 40)};
  Run(OwnWithLines(Sale(1, 100), lines));
  EXPECT_TRUE(Run(OwnWithLines(Sale(1, 100), lines)).replay);
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{30, 20}));

  const auto expect_mismatch = [this](const std::vector<LineItem>& other, uint32_t index) {
    const Result& result = Run(OwnWithLines(Sale(1, 100), other));
    EXPECT_EQ(result.verdict, Verdict::kDuplicateMismatch);
    EXPECT_EQ(result.field, Field::kLines);
    EXPECT_EQ(result.index, index);
    EXPECT_EQ(details().line_count, 0U);
  };
  expect_mismatch({}, 0);
  expect_mismatch({lines[0]}, 1);
  expect_mismatch({lines[0], lines[1], Item("C", 0)}, 2);
  expect_mismatch({lines[0], Item("C", 40)}, 1);
  expect_mismatch({lines[0], Item("B", 40, 2)}, 1);
  expect_mismatch({Item("A", 59, 2), Item("B", 41)}, 0);

  Run(Own(Sale(2, 100)));
  const Result& result = Run(OwnWithLines(Sale(2, 100), lines));
  EXPECT_EQ(result.field, Field::kLines);
  EXPECT_EQ(result.index, 0U);
}

TEST_F(LinesTest, EachPieceIsGivenBackForWhatItCost) {
  SellThree(1);
  // A third of 333 and of 167, half up.
  const Result& first = Refund(2, 1, {{1, 1}});
  EXPECT_EQ(first.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(first.transaction.list_price, Fen{111});
  EXPECT_EQ(first.transaction.subsidy, Fen{56});
  ASSERT_EQ(details().line_count, 1U);
  EXPECT_EQ(details().lines[0].item, CodeOf<ItemCode>("A"));
  EXPECT_EQ(details().lines[0].quantity, 1U);
  EXPECT_EQ(details().lines[0].price, Fen{111});
  EXPECT_EQ(details().lines[0].subsidy, Fen{56});
  EXPECT_EQ(ledger_->lines()[LineRow{1}].returned, 1U);

  const Result& second = Refund(3, 1, {{1, 2}, {3, 1}});
  EXPECT_EQ(second.transaction.list_price, Fen{222 + 167});
  EXPECT_EQ(second.transaction.subsidy, Fen{111 + 84});
  // The last refund gives back all that is left of the subsidy.
  const Result& last = Refund(4, 1, {{2, 1}, {3, 1}});
  EXPECT_EQ(last.transaction.list_price, Fen{333 + 167});
  EXPECT_EQ(last.transaction.subsidy, Fen{500 - 56 - 111 - 84});
  EXPECT_EQ(FundOf("F").spent, Fen{0});

  Command inquiry;
  inquiry.kind = CommandKind::kGetTransaction;
  inquiry.terminal = CodeOf<TerminalId>("T1");
  inquiry.inquiry = InquiryRequest{TransactionId{}, RequestId{1, 1}};
  EXPECT_EQ(Run(Own(inquiry)).transaction.state, TransactionState::kRefunded);
  ASSERT_EQ(details().line_count, 3U);
  EXPECT_EQ(details().lines[0].returned, 3U);
  EXPECT_EQ(details().lines[1].returned, 1U);
  EXPECT_EQ(details().lines[2].returned, 2U);
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{167, 166, 167}));  // frozen
}

TEST_F(LinesTest, PieceByPieceReAddsAndNoneGivesBackMoreThanItsPrice) {
  OwnedProgramme programme = Programme("q");
  AddPercentOff(&programme, "b", 6'700, "F");
  Run(Own(programme));
  Run(OwnWithLines(Sale(1, 100), {Item("A", 3, 4), Item("B", 97)}));
  EXPECT_EQ(Subsidies(), (std::vector<int64_t>{2, 65}));
  const std::vector<std::pair<int64_t, int64_t>> parts = {{1, 1}, {1, 0}, {0, 0}, {1, 1}};
  for (uint64_t i = 0; i < parts.size(); ++i) {
    Refund(2 + i, 1, {{1, 1}});
    EXPECT_EQ(details().lines[0].price, Fen{parts[i].first}) << i;
    EXPECT_EQ(details().lines[0].subsidy, Fen{parts[i].second}) << i;
  }
}

TEST_F(LinesTest, RefundsThatNameWhatIsNotThere) {
  const auto expect_declined = [this](uint64_t request,
                                      uint64_t original,
                                      const std::vector<ReturnedLine>& lines,
                                      Reason reason = Reason::kExceedsCapturedAmount) {
    const Result& result = Refund(request, original, lines);
    EXPECT_EQ(result.transaction.outcome, Outcome::kDeclined);
    EXPECT_EQ(result.transaction.reason, reason);
    EXPECT_EQ(result.transaction.list_price, Fen{0});
    // Its lines are kept for the comparison with a repeat, and give nothing back.
    ASSERT_EQ(details().line_count, lines.size());
    for (uint32_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(details().lines[i].quantity, lines[i].quantity);
      EXPECT_EQ(details().lines[i].price, Fen{0});
      EXPECT_EQ(details().lines[i].item, ItemCode{});
    }
    EXPECT_TRUE(Refund(request, original, lines).replay);
  };
  Run(Own(Sale(1, 100)));
  expect_declined(11, 1, {{1, 1}});  // it has no lines
  SellThree(2);
  expect_declined(12, 2, {{4, 1}});
  expect_declined(13, 2, {{0, 1}});
  expect_declined(14, 2, {{1, 1}, {2, 2}});
  Refund(15, 2, {{3, 1}});
  expect_declined(16, 2, {{3, 2}});
  expect_declined(17, 99, {{1, 1}}, Reason::kOriginalNotFound);

  // Too little is left of what was captured: 500 was given back by amount.
  Run(Own(AboutPart(CommandKind::kRefund, 18, 2, 500)));
  expect_declined(19, 2, {{1, 3}, {2, 1}});

  // Less was captured than the lines cost.
  Run(OwnWithLines(Authorize(3, 100), {Item("A", 100, 2)}));
  Run(Own(AboutPart(CommandKind::kCapture, 20, 3, 99)));
  expect_declined(21, 3, {{1, 1}});
  EXPECT_EQ(Run(Own(AboutPart(CommandKind::kRefund, 22, 3, 50))).transaction.outcome,
            Outcome::kApproved);
}

TEST_F(LinesTest, ARepeatedRefundNamesTheSamePieces) {
  SellThree(1);
  Refund(2, 1, {{1, 1}, {3, 2}});
  EXPECT_TRUE(Refund(2, 1, {{1, 1}, {3, 2}}).replay);
  ASSERT_EQ(details().line_count, 2U);
  EXPECT_EQ(details().lines[1].price, Fen{334});
  const auto expect_mismatch = [this](const std::vector<ReturnedLine>& lines, uint32_t index) {
    const Result& result = Refund(2, 1, lines);
    EXPECT_EQ(result.verdict, Verdict::kDuplicateMismatch);
    EXPECT_EQ(result.field, Field::kLines);
    EXPECT_EQ(result.index, index);
  };
  expect_mismatch({{1, 1}}, 1);
  expect_mismatch({{1, 2}, {3, 2}}, 0);
  expect_mismatch({{1, 1}, {2, 2}}, 1);
  expect_mismatch({{1, 1}, {3, 2}, {4, 1}}, 2);
  EXPECT_EQ(Run(Own(AboutPart(CommandKind::kRefund, 2, 1, 445))).field, Field::kAmount);
  EXPECT_EQ(Run(Own(About(CommandKind::kRefund, 2, 1))).field, Field::kLines);
  EXPECT_EQ(ledger_->lines()[LineRow{1}].returned, 1U);
}

// 100 off from 500: what a return may break.
class ThresholdLinesTest : public LinesTest {
 protected:
  void Sell(uint64_t request, OnReturn on_return) {
    OwnedProgramme programme = Programme("q");
    BenefitSpec& benefit = AddPercentOff(&programme, "t", 0, "F");
    benefit.price.kind = PriceKind::kThreshold;
    benefit.price.threshold = Fen{500};
    benefit.price.amount = Fen{100};
    benefit.price.on_return = on_return;
    Run(Own(programme));
    Command sale = Sale(request, 600);
    sale.authorize.programme = programme.spec.code;
    Run(OwnWithLines(sale, {Item("A", 100), Item("B", 500)}));
    ASSERT_EQ(Subsidies(), (std::vector<int64_t>{17, 83}));
  }
};

TEST_F(ThresholdLinesTest, AClawBackAsksTheRule) {
  Sell(1, OnReturn::kClawBack);
  const Result& kept = Refund(2, 1, {{1, 1}});
  EXPECT_EQ(kept.transaction.subsidy, Fen{0});     // the rest still earns it
  EXPECT_EQ(details().lines[0].subsidy, Fen{17});  // by the split, all the same
  EXPECT_EQ(Refund(3, 1, {{2, 1}}).transaction.subsidy, Fen{100});
}

TEST_F(ThresholdLinesTest, KeepGivesBackTheFrozenShare) {
  Sell(1, OnReturn::kKeep);
  EXPECT_EQ(Refund(2, 1, {{1, 1}}).transaction.subsidy, Fen{17});
}

TEST_F(ThresholdLinesTest, ARefusedReturnGivesNothingBack) {
  Sell(1, OnReturn::kRefuse);
  const Result& result = Refund(2, 1, {{2, 1}});
  EXPECT_EQ(result.transaction.reason, Reason::kBelowMinimumAmount);
  EXPECT_EQ(details().lines[0].price, Fen{0});
  EXPECT_EQ(details().lines[0].subsidy, Fen{0});
  EXPECT_EQ(Refund(3, 1, {{1, 1}}).transaction.outcome, Outcome::kApproved);
}

class FewLinesTest : public LinesTest {
 protected:
  FewLinesTest() : LinesTest(TwoLines()) {}
  static LedgerLimits TwoLines() {
    LedgerLimits limits = SmallLimits();
    limits.lines_max = 2;
    return limits;
  }
};

TEST_F(FewLinesTest, AFullTableRefusesWhatHasLines) {
  const auto expect_full = [](const Result& result) {
    EXPECT_EQ(result.verdict, Verdict::kFull);
    EXPECT_EQ(result.field, Field::kTransactions);
  };
  expect_full(SellThree(1));
  EXPECT_EQ(Run(OwnWithLines(Sale(2, 10), {Item("A", 10, 2)})).verdict, Verdict::kDecided);
  expect_full(Refund(3, 2, {{1, 1}, {2, 1}}));
  EXPECT_EQ(Refund(3, 2, {{1, 1}}).verdict, Verdict::kDecided);
  expect_full(Refund(4, 2, {{1, 1}}));
  EXPECT_EQ(Run(Own(Sale(5, 10))).verdict, Verdict::kDecided);
}

}  // namespace
}  // namespace gonghui
