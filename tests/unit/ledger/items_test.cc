// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Benefits for items: the base, the cheapest pieces, and which lines bear the subsidy.

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/ledger/pricing.h"
#include "tests/unit/ledger/rule_world.h"

namespace gonghui {
namespace {

class ItemsTest : public RuleWorld {
 protected:
  // 50 % off these items, but not of those; of the cheapest so many pieces.
  void ApplyItems(std::vector<const char*> any,
                  std::vector<const char*> none = {},
                  uint32_t pieces_max = 0,
                  int64_t minimum = 0) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      const auto append = [&programme](const std::vector<const char*>& codes) {
        std::vector<ItemCode> items;
        for (const char* const code : codes) {
          items.push_back(CodeOf<ItemCode>(code));
        }
        std::sort(items.begin(), items.end());
        return Append(programme.items, items);
      };
      benefit.items_any = append(any);
      benefit.items_none = append(none);
      benefit.pieces_max = pieces_max;
      benefit.price.threshold = Fen{minimum};
    });
  }
  static int64_t SumOf(const std::vector<LineItem>& lines) {
    int64_t sum = 0;
    for (const LineItem& line : lines) {
      sum += line.price.value();
    }
    return sum;
  }
  const Result& Buy(uint64_t request, const std::vector<LineItem>& lines) {
    return Run(OwnWithLines(Sale(request, SumOf(lines)), lines));
  }
  [[nodiscard]] std::vector<int64_t> Subsidies() const {
    std::vector<int64_t> subsidies;
    for (uint32_t i = 0; i < details().line_count; ++i) {
      subsidies.push_back(details().lines[i].subsidy.value());
    }
    return subsidies;
  }
  using Parts = std::vector<int64_t>;
};

TEST_F(ItemsTest, OnlyTheItemsThatAreNamedCount) {
  ApplyItems({"milk", "rice", "salt"});
  ExpectGiven(Buy(1, {Item("beer", 600), Item("milk", 300), Item("rice", 100)}), 200);
  EXPECT_EQ(Subsidies(), (Parts{0, 150, 50}));
  ExpectDeclined(Buy(2, {Item("beer", 600)}), Reason::kNoEligibleItem);
  ExpectDeclined(Run(Own(Sale(3, 600))), Reason::kNoEligibleItem);  // without lines
  EXPECT_EQ(FundOf("F").spent, Fen{200});
}

TEST_F(ItemsTest, AllButTheItemsThatAreExcepted) {
  ApplyItems({}, {"beer", "wine"});
  ExpectGiven(Buy(1, {Item("beer", 600), Item("milk", 300), Item("wine", 100)}), 150);
  EXPECT_EQ(Subsidies(), (Parts{0, 150, 0}));
  ExpectDeclined(Buy(2, {Item("wine", 1), Item("beer", 1)}), Reason::kNoEligibleItem);

  ApplyItems({"milk", "wine"}, {"wine"});
  ExpectGiven(Buy(3, {Item("beer", 600), Item("milk", 300), Item("wine", 100)}), 150);
}

TEST_F(ItemsTest, AMinimumIsComparedWithTheBase) {
  ApplyItems({"milk"}, {}, 0, 300);
  ExpectDeclined(Buy(1, {Item("milk", 299), Item("beer", 900)}), Reason::kBelowMinimumAmount);
  ExpectGiven(Buy(2, {Item("milk", 300), Item("beer", 900)}), 150);
  // With none that is eligible neither minimum nor effect is asked.
  ExpectDeclined(Buy(3, {Item("beer", 0)}), Reason::kNoEligibleItem);
}

TEST_F(ItemsTest, TheCheapestPiecesCount) {
  ApplyItems({"milk", "rice", "salt"}, {}, 3);
  // Pieces of 40 (rice, the first of two), 40 (salt) and 100: two of rice and one of salt.
  ExpectGiven(Buy(1, {Item("milk", 300, 3), Item("rice", 80, 2), Item("salt", 80, 2)}), 60);
  EXPECT_EQ(Subsidies(), (Parts{0, 40, 20}));
  // Fewer than may count.
  ExpectGiven(Buy(2, {Item("milk", 300, 2)}), 150);
  // Two thirds of 100, half up: 67.
  ApplyItems({"milk"}, {}, 2);
  ExpectGiven(Buy(3, {Item("milk", 100, 3)}), 33);  // the member pays 33.5, half up
  EXPECT_EQ(result_.transaction.member_pays, Fen{67});
}

TEST_F(ItemsTest, PiecesAreComparedExactly) {
  ApplyItems({"a", "b"}, {}, 1);
  // 333,334 / 1,000,000 is less than 1 / 3 + a millionth, more than 1 / 3.
  Buy(1, {Item("a", 333'334, 1'000'000), Item("b", 333'333, 1'000'000)});
  EXPECT_EQ(result_.transaction.subsidy, Fen{0});
  EXPECT_EQ(result_.transaction.reason, Reason::kNoEffect);  // a piece is less than half a fen
  Buy(2, {Item("a", 3 * kTransactionFenMax / 4, 3), Item("b", kTransactionFenMax / 4 - 1, 1)});
  EXPECT_EQ(result_.transaction.reason, Reason::kBudgetExhausted);
  SetFund("F", kFundFenMax);
  ExpectGiven(
      Buy(3, {Item("a", 3 * kTransactionFenMax / 4, 3), Item("b", kTransactionFenMax / 4 - 2, 1)}),
      kTransactionFenMax / 8 - 1);
  EXPECT_EQ(Subsidies(), (Parts{0, kTransactionFenMax / 8 - 1}));
}

TEST_F(ItemsTest, AFreeItemIsAUseEvenAtPriceZero) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.price = PriceRule{};
    benefit.price.kind = PriceKind::kFree;
    benefit.items_any = Append(programme.items, {CodeOf<ItemCode>("water")});
    AddLimit(programme, "daily", 2);
  });
  ExpectGiven(Buy(1, {Item("water", 0), Item("beer", 500)}), 0);
  EXPECT_EQ(result_.limits[0].used, 1);
  ExpectGiven(Buy(2, {Item("water", 200), Item("beer", 500)}), 200);
  EXPECT_EQ(Subsidies(), (Parts{200, 0}));
  EXPECT_EQ(result_.limits[0].left, 0);
  ExpectDeclined(Buy(3, {Item("beer", 500)}), Reason::kNoEligibleItem);
}

TEST_F(ItemsTest, TheSplitIsOfWhatALineCountsFor) {
  // Of 10 pieces at 10 fen only 5 count, beside 50 of another line: as much.
  ApplyItems({"a", "b"}, {}, 6);
  ExpectGiven(Buy(1, {Item("b", 50), Item("a", 100, 10)}), 30);  // six of a
  EXPECT_EQ(Subsidies(), (Parts{0, 30}));
  ApplyItems({"a", "b"}, {}, 11);
  ExpectGiven(Buy(2, {Item("b", 51), Item("a", 100, 10), Item("c", 49)}), 75);
  EXPECT_EQ(Subsidies(), (Parts{25, 50, 0}));  // 25.33 and 49.67
}

TEST_F(ItemsTest, CapturesAndRefundsFollowTheItems) {
  ApplyItems({"milk"});
  const std::vector<LineItem> lines = {Item("milk", 400), Item("beer", 600)};
  Run(OwnWithLines(Authorize(1, 1'000), lines));
  EXPECT_EQ(result_.transaction.subsidy, Fen{200});
  // Half of it, and so half of the milk.
  Run(Own(AboutPart(CommandKind::kCapture, 2, 1, 500)));
  EXPECT_EQ(result_.transaction.subsidy, Fen{100});
  EXPECT_EQ(result_.transaction.member_pays, Fen{400});

  Run(OwnWithLines(Sale(3, 1'000), lines));
  Run(OwnWithLines(About(CommandKind::kRefund, 4, 3), std::vector<ReturnedLine>{{2, 1}}));
  EXPECT_EQ(result_.transaction.list_price, Fen{600});
  EXPECT_EQ(result_.transaction.subsidy, Fen{0});
  Run(OwnWithLines(About(CommandKind::kRefund, 5, 3), std::vector<ReturnedLine>{{1, 1}}));
  EXPECT_EQ(result_.transaction.subsidy, Fen{200});
  EXPECT_EQ(FundOf("F").spent, Fen{100});
}

TEST_F(ItemsTest, AnIncrementHasNoLinesAndSoNoItems) {
  ApplyItems({"milk"});
  Run(OwnWithLines(Authorize(1, 1'000), {Item("milk", 400), Item("beer", 600)}));
  Run(Own(AboutPart(CommandKind::kIncrement, 2, 1, 1'000)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(result_.transaction.subsidy, Fen{0});
  Run(Own(About(CommandKind::kCapture, 3, 1)));
  EXPECT_EQ(result_.transaction.list_price, Fen{2'000});
  EXPECT_EQ(result_.transaction.subsidy, Fen{200});
}

TEST_F(ItemsTest, AnExplanationTellsOfItems) {
  ApplyItems({"milk"});
  ExpectGiven(Buy(1, {Item("milk", 100)}), 50);
  const std::vector<Reason> none = ChecksOf(OwnExplained(Quote(100)));
  EXPECT_EQ(std::count(none.begin(), none.end(), Reason::kBelowMinimumAmount), 0);
  EXPECT_EQ(std::count(none.begin(), none.end(), Reason::kNoEffect), 0);
  ASSERT_NE(CheckOf(Reason::kNoEligibleItem), nullptr);
  EXPECT_FALSE(CheckOf(Reason::kNoEligibleItem)->passed);

  std::vector<LineItem> lines = {Item("milk", 100)};
  Command quote = Quote(100);
  quote.authorize.lines = lines.data();
  quote.authorize.line_count = 1;
  const std::vector<Reason> some = ChecksOf(OwnExplained(quote));
  const auto at = std::find(some.begin(), some.end(), Reason::kNoEligibleItem);
  ASSERT_NE(at, some.end());
  EXPECT_EQ(*(at - 1), Reason::kNoEffect);
  EXPECT_TRUE(CheckOf(Reason::kNoEligibleItem)->passed);
}

// Against pieces laid out one by one.
TEST_F(ItemsTest, TheBaseIsThatOfPiecesLaidOutByPrice) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE("seed 11: ledger_test --gtest_filter=ItemsTest.TheBaseIsThat*");
  Prng prng(kSeed);
  SetFund("F", kFundFenMax);
  uint64_t request = 0;
  for (uint32_t pieces_max = 1; pieces_max <= 12; ++pieces_max) {
    ApplyItems({"a", "b"}, {}, pieces_max);
    for (int round = 0; round < 20; ++round) {
      std::vector<LineItem> lines;
      for (uint64_t i = 0; i < 1 + prng.Below(6); ++i) {
        lines.push_back(Item(prng.Chance(1, 3)   ? "c"
                             : prng.Chance(1, 2) ? "a"
                                                 : "b",
                             prng.Between(0, 30),
                             static_cast<uint32_t>(prng.Between(1, 5))));
      }
      struct Piece {
        int64_t price;
        int64_t quantity;
        size_t line;
      };
      std::vector<Piece> pieces;
      for (size_t i = 0; i < lines.size(); ++i) {
        for (uint32_t j = 0; j < lines[i].quantity; ++j) {
          if (lines[i].item != CodeOf<ItemCode>("c")) {
            pieces.push_back({lines[i].price.value(), lines[i].quantity, i});
          }
        }
      }
      std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& x, const Piece& y) {
        return x.price * y.quantity < y.price * x.quantity;
      });
      std::vector<int64_t> counted(lines.size());
      for (size_t i = 0; i < std::min<size_t>(pieces.size(), pieces_max); ++i) {
        ++counted[pieces[i].line];
      }
      int64_t base = 0;
      for (size_t i = 0; i < lines.size(); ++i) {
        const int64_t quantity = lines[i].quantity;
        base += (2 * lines[i].price.value() * counted[i] + quantity) / (2 * quantity);
      }
      Buy(++request, lines);
      if (pieces.empty()) {
        EXPECT_EQ(result_.transaction.reason, Reason::kNoEligibleItem);
      } else {
        EXPECT_EQ(result_.transaction.subsidy, Fen{base / 2}) << "base=" << base;
      }
    }
  }
}

}  // namespace
}  // namespace gonghui
