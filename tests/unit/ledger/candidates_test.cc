// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The lists of candidates against a walk over all live benefits, also where there is room
// for hardly any of them; and trails that are older than what changed since.

#include "engine/ledger/candidates.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/ledger/digit_sort.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

constexpr std::array<Mcc, 3> kCategories = {5411, 5812, 4111};
constexpr uint32_t kNodes = 13;
constexpr uint32_t kShops = 24;
constexpr Fen kOfAll{500};  // what programme "p" gives of 1,000, to everybody

class CandidatesTest : public LedgerWorld {
 protected:
  // A tree of three levels; a member of each node, shops here and there.
  void BuildProvince() {
    for (uint32_t i = 1; i < kNodes; ++i) {
      UnionNodeRequest node;
      node.id = NodeOf(i);
      node.parent = NodeOf((i - 1) / 3);
      if (i == 1) {
        UnionNodeRequest root;
        root.id = NodeOf(0);
        Run(Own(root));
      }
      Run(Own(node));
    }
    for (uint32_t i = 0; i < kNodes; ++i) {
      MemberRequest member;
      member.id = CodeOf<MemberId>("N" + std::to_string(i));
      member.union_node = NodeOf(i);
      member.real_name_verified = true;
      Run(Own(member));
      CardRequest card;
      card.number = CardAt(i);
      card.member = member.id;
      Run(Own(card));
    }
    for (uint32_t i = 0; i < kShops; ++i) {
      SetShop(i, kCategories[i % kCategories.size()], i % kNodes);
      TerminalRequest terminal;
      terminal.id = CodeOf<TerminalId>("TX" + std::to_string(i));
      terminal.merchant = ShopOf(i);
      Run(Own(terminal));
    }
  }
  void SetShop(uint32_t shop, Mcc mcc, uint32_t node) {
    MerchantRequest merchant;
    merchant.id = ShopOf(shop);
    merchant.mcc = mcc;
    merchant.union_node = NodeOf(node);
    Run(Own(merchant));
  }
  static UnionNodeId NodeOf(uint32_t i) { return CodeOf<UnionNodeId>("U" + std::to_string(i)); }
  static MerchantId ShopOf(uint32_t i) { return CodeOf<MerchantId>("X" + std::to_string(i)); }
  static CardNumber CardAt(uint32_t i) { return CardNumber{62'100'000 + i}; }

  // Benefits with and without category, list and unions.
  static OwnedProgramme AnyProgramme(Prng& prng, uint32_t number, uint32_t benefits) {
    OwnedProgramme programme = Programme(("r" + std::to_string(number)).c_str());
    for (uint32_t i = 0; i < benefits; ++i) {
      BenefitSpec& benefit = AddPercentOff(
          &programme, ("b" + std::to_string(i)).c_str(), 100 + static_cast<int32_t>(i), "F");
      benefit.mccs = PoolRange{};
      if (prng.Chance(2, 3)) {
        const Mcc mcc = kCategories[prng.Below(kCategories.size())];
        benefit.mccs = Append(programme.mccs, {MccRange{mcc, mcc}});
        if (prng.Chance(1, 4)) {
          benefit.mccs = Append(programme.mccs, {MccRange{1, 4'000}, MccRange{5'000, mcc}});
        }
      }
      if (prng.Chance(1, 3)) {
        benefit.member_union = NodeOf(static_cast<uint32_t>(prng.Below(kNodes)));
      }
      if (prng.Chance(1, 3)) {
        benefit.merchant_union = NodeOf(static_cast<uint32_t>(prng.Below(kNodes)));
      }
      if (prng.Chance(1, 4)) {
        std::vector<MerchantId> shops;
        for (uint32_t shop = 0; shop < kShops; ++shop) {
          if (prng.Chance(1, 4)) {
            shops.push_back(ShopOf(shop));
          }
        }
        benefit.merchants = Append(programme.merchants, shops);
      }
    }
    return programme;
  }

  // All live benefits of the category, in order, that are offered there to them.
  [[nodiscard]] std::vector<BenefitRow> Walked(MerchantRow shop,
                                               UnionNodeRow node,
                                               bool shadow) const {
    std::vector<BenefitRow> rows;
    ForEachOfCategory(shop, shadow, [&](BenefitRow row, const Benefit& benefit, bool at) {
      if (at && ledger_->IsInside(node, benefit.member_union)) {
        rows.push_back(row);
      }
    });
    return rows;
  }
  // Calls visit(row, benefit, whether it is offered at the shop).
  template <class Visit>
  void ForEachOfCategory(MerchantRow shop, bool shadow, Visit&& visit) const {
    const Ledger& ledger = *ledger_;
    const Merchant& merchant = ledger.merchants()[shop];
    for (uint32_t h = 1; h <= ledger.programme_heads().size(); ++h) {
      const ProgrammeHead& head = ledger.programme_heads()[ProgrammeHeadRow{h}];
      const ProgrammeRow version =
          shadow && head.shadow != ProgrammeRow{} ? head.shadow : head.active;
      for (uint32_t i = 0; i < ledger.programmes()[version].benefit_count; ++i) {
        const BenefitRow row{ledger.programmes()[version].first_benefit.value() + i};
        const Benefit& benefit = ledger.benefits()[row];
        bool offered = benefit.mccs.count == 0;
        for (const MccRange& range : ledger.MccsOf(benefit.mccs)) {
          offered = offered || (merchant.mcc >= range.first && merchant.mcc <= range.last);
        }
        if (offered) {
          visit(row,
                benefit,
                ledger.IsInside(merchant.union_node, benefit.merchant_union) &&
                    (benefit.merchants.count == 0 || ledger.IsListed(benefit.merchants, shop)));
        }
      }
    }
  }

  static std::vector<BenefitRow> RowsOf(std::span<const Candidate> candidates) {
    std::vector<BenefitRow> rows;
    for (const Candidate& candidate : candidates) {
      rows.push_back(candidate.benefit);
    }
    return rows;
  }

  void CompareAll(CandidateIndex* index, bool shadow = false) {
    for (uint32_t shop = 0; shop < kShops; ++shop) {
      for (uint32_t node = 0; node <= kNodes; ++node) {
        SCOPED_TRACE("shop " + std::to_string(shop) + " node " + std::to_string(node));
        const MerchantRow merchant = ledger_->FindMerchant(ShopOf(shop));
        // The last belongs nowhere.
        const UnionNodeRow member_node = ledger_->FindUnionNode(NodeOf(node));
        ASSERT_NO_FATAL_FAILURE(Compare(index, shadow, merchant, member_node));
      }
    }
  }
  void Compare(CandidateIndex* index, bool shadow, MerchantRow merchant, UnionNodeRow node) {
    const std::vector<BenefitRow> walked = Walked(merchant, node, shadow);
    const CandidateIndex::Found found = index->Find(*ledger_, merchant, node);
    ASSERT_EQ(RowsOf(index->ListOf(*ledger_, found)), walked);
    std::vector<BenefitRow> set = RowsOf(index->SetOf(*ledger_, found));
    std::vector<BenefitRow> sorted = walked;
    std::sort(set.begin(), set.end());
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(set, sorted);
    // Looked ahead, it is the same.
    CandidateIndex::Sought sought;
    CandidateIndex::Found seen;
    index->Seek(ledger_->merchants()[merchant], merchant, node, &sought);
    index->Peek(sought, &seen);
    ASSERT_TRUE(index->IsValid(seen));
    ASSERT_EQ(RowsOf(index->ListOf(*ledger_, seen)), walked);

    BenefitRow elsewhere;
    std::vector<BenefitRow> others;
    std::vector<BenefitRow> all;
    ForEachOfCategory(merchant, shadow, [&](BenefitRow row, const Benefit& benefit, bool at) {
      all.push_back(row);
      elsewhere = at || elsewhere != BenefitRow{} ? elsewhere : row;
      if (at && benefit.member_union != UnionNodeRow{} &&
          others.size() < CandidateIndex::kOthersMax) {
        others.push_back(row);
      }
    });
    ASSERT_EQ(index->ElsewhereOf(found).benefit, elsewhere);
    std::vector<BenefitRow> seen_others;
    index->ForEachForMembers(found, [&](const Candidate& candidate) {
      seen_others.push_back(candidate.benefit);
      return true;
    });
    ASSERT_EQ(seen_others, others);
    ASSERT_EQ(RowsOf(index->CategoryList(*ledger_, ledger_->merchants()[merchant].mcc)), all);
  }
};

TEST_F(CandidatesTest, ListsAreWhatAWalkFinds) {
  BuildProvince();
  constexpr uint64_t kSeed = 2022;
  std::cout << "seed " << kSeed << "\n";
  Prng prng{kSeed};
  CandidateIndex lasting(/*shadow=*/false, CandidateIndex::Sizes{});
  for (uint32_t round = 0; round < 12; ++round) {
    // Now and then a new version of one that is there; some are large enough for groups.
    const auto number = static_cast<uint32_t>(prng.Below(6));
    Run(Own(AnyProgramme(prng, number, round % 3 == 0 ? 40 : 6)));
    ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
    CandidateIndex roomy(/*shadow=*/false, CandidateIndex::Sizes{});
    roomy.Rebuild(*ledger_);
    ASSERT_NO_FATAL_FAILURE(CompareAll(&roomy));
    // With room for sixteen entries, or for hardly more candidates than a decision's, all are
    // made again and again; with room for more, in ever more places.
    CandidateIndex few_entries(/*shadow=*/false, CandidateIndex::Sizes{32, 1u << 20});
    few_entries.Rebuild(*ledger_);
    ASSERT_NO_FATAL_FAILURE(CompareAll(&few_entries));
    CandidateIndex few_candidates(/*shadow=*/false, CandidateIndex::Sizes{1u << 16, 1'024});
    few_candidates.Rebuild(*ledger_);
    ASSERT_NO_FATAL_FAILURE(CompareAll(&few_candidates));
    // One that hears of every version, as the ledger's does.
    for (uint32_t row = 1; row <= ledger_->programmes().size(); ++row) {
      lasting.Add(*ledger_, ProgrammeRow{row});
    }
    lasting.Invalidate();
    ASSERT_NO_FATAL_FAILURE(CompareAll(&lasting));
  }
}

// More than are sorted by comparing.
TEST_F(CandidatesTest, ThousandsOfOneKindStayInOrder) {
  BuildProvince();
  Prng prng{2023};
  constexpr uint32_t kProgrammes = 6;
  for (uint32_t number = 0; number < kProgrammes; ++number) {
    OwnedProgramme programme = Programme(("r" + std::to_string(number)).c_str());
    for (uint32_t i = 0; i < 500; ++i) {
      BenefitSpec& benefit = AddPercentOff(&programme, ("b" + std::to_string(i)).c_str(), 100, "F");
      benefit.mccs = PoolRange{};
      benefit.member_union = NodeOf(static_cast<uint32_t>(prng.Below(kNodes)));
      if (prng.Chance(1, 2)) {
        benefit.merchant_union = NodeOf(static_cast<uint32_t>(prng.Below(kNodes)));
      }
    }
    Run(Own(programme));
    ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
  }
  CandidateIndex index(/*shadow=*/false, CandidateIndex::Sizes{});
  index.Rebuild(*ledger_);
  CompareAll(&index);
}

// A version in shadow stands in place of the active one, which is there again when it goes.
TEST_F(CandidatesTest, AShadowThatGoesLeavesTheActiveVersion) {
  BuildProvince();
  const auto apply = [this](uint32_t shop, Stage stage) {
    OwnedProgramme programme = Programme("r");
    BenefitSpec& benefit = AddPercentOff(&programme, "b", 9'000, "F");
    benefit.mccs = PoolRange{};
    benefit.merchants = Append(programme.merchants, {ShopOf(shop)});
    benefit.member_union = NodeOf(1);
    programme.stage = stage;
    programme.spec.content_hash = shop;
    Run(Own(programme));
    ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
  };
  apply(1, Stage::kActive);
  apply(2, Stage::kShadow);
  CandidateIndex index(/*shadow=*/true, CandidateIndex::Sizes{});
  index.Rebuild(*ledger_);  // as after a start
  ASSERT_NO_FATAL_FAILURE(CompareAll(&index, /*shadow=*/true));
  const MerchantRow shop = ledger_->FindMerchant(ShopOf(2));
  const UnionNodeRow node = ledger_->FindUnionNode(NodeOf(1));
  EXPECT_TRUE(index.Find(*ledger_, shop, node).shadowed);
  EXPECT_FALSE(index.Find(*ledger_, shop, ledger_->FindUnionNode(NodeOf(0))).shadowed);
  Run(Own(StageProgrammeRequest{CodeOf<ProgrammeCode>("r"), 2, Stage::kValidated, TimestampNs{}}));
  ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
  index.Invalidate();
  ASSERT_NO_FATAL_FAILURE(CompareAll(&index, /*shadow=*/true));
  EXPECT_FALSE(index.Find(*ledger_, shop, node).shadowed);
}

// The ledger's own index hears of everything that may change a list.
TEST_F(CandidatesTest, DecisionsFollowEveryChange) {
  BuildProvince();
  OwnedProgramme programme = Programme("r");
  BenefitSpec& benefit = AddPercentOff(&programme, "b", 9'000, "F");
  benefit.mccs = PoolRange{};
  benefit.merchants = Append(programme.merchants, {ShopOf(0)});
  benefit.merchant_union = NodeOf(1);
  Run(Own(programme));
  const auto subsidy_at = [&](uint32_t shop, uint64_t request) {
    Command sale = Sale(request, 1'000);
    sale.terminal = CodeOf<TerminalId>("TX" + std::to_string(shop));
    sale.authorize.card = CardAt(4);
    sale.authorize.programme = ProgrammeCode{};
    sale.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
    return Run(Own(sale)).transaction.subsidy;
  };
  SetShop(0, 4111, 0);
  EXPECT_EQ(subsidy_at(0, 1), kOfAll);  // the shop is named, and stands elsewhere
  SetShop(0, 4111, 4);
  EXPECT_EQ(subsidy_at(0, 2), Fen{900});  // below the node
  SetShop(0, 5812, 4);
  EXPECT_EQ(subsidy_at(0, 3), Fen{900});
  SetShop(0, 5812, 2);
  EXPECT_EQ(subsidy_at(0, 4), kOfAll);
  SetShop(0, 5812, 1);
  EXPECT_EQ(subsidy_at(0, 5), Fen{900});
  RetireProgrammeRequest retire;
  retire.code = CodeOf<ProgrammeCode>("r");
  Run(Own(retire));
  EXPECT_EQ(subsidy_at(0, 6), kOfAll);
}

// Sixteen commands are looked ahead at once, and one of them may change what the others saw.
TEST_F(CandidatesTest, ATrailOfBeforeAnActivationIsNotBelieved) {
  BuildProvince();
  const auto apply = [this](uint32_t node, int32_t rate) {
    OwnedProgramme programme = Programme("r");
    BenefitSpec& benefit = AddPercentOff(&programme, "b", rate, "F");
    benefit.mccs = PoolRange{};
    benefit.member_union = NodeOf(node);
    Run(Own(programme));
  };
  apply(4, 9'000);
  const auto sale_of = [](uint32_t node, uint64_t request) {
    Command sale = Sale(request, 1'000);
    sale.terminal = CodeOf<TerminalId>("TX0");
    sale.authorize.card = CardAt(node);
    sale.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
    return Own(sale);
  };
  // Lists for members of both nodes are there.
  Run(sale_of(4, 1));
  Run(sale_of(5, 2));
  const OwnedCommand first = sale_of(4, 3);
  const OwnedCommand second = sale_of(5, 4);
  const std::array<const Command*, 2> commands = {&first.command, &second.command};
  std::array<Ledger::Trail, 2> trails;
  ledger_->Prefetch(commands, now_, trails);
  EXPECT_NE(trails[0].candidates.count, 0U);
  apply(5, 8'000);
  // Somebody's lists are made again, perhaps where the old ones were.
  Run(sale_of(6, 5));
  Event event;
  Result result;
  for (size_t i = 0; i < commands.size(); ++i) {
    ledger_->Decide(*commands[i], now_, trails[i], &event, &result);
    const Fen by_trail = result.transaction.subsidy;
    ledger_->Decide(*commands[i], now_, &event, &result);
    EXPECT_EQ(by_trail, result.transaction.subsidy) << "command " << i;
    EXPECT_EQ(result.transaction.subsidy, i == 0 ? kOfAll : Fen{800});
  }
}

// The first decisions wait for no page of the lists' memory.
TEST_F(CandidatesTest, MemoryIsToldOfBeforeItIsUsed) {
  BuildProvince();
  CandidateIndex index(/*shadow=*/false, CandidateIndex::Sizes{});
  std::array<MemoryRange, CandidateIndex::kUpcomingMax> ranges;
  EXPECT_EQ(index.TakeUpcomingMemory(ranges), ranges.size()) << "before the first programme";
  Prng prng{7};
  Run(Own(AnyProgramme(prng, 1, 40)));
  index.Rebuild(*ledger_);
  EXPECT_EQ(index.TakeUpcomingMemory(ranges), 0U) << "each part is told once";
  CompareAll(&index);
  EXPECT_EQ(index.TakeUpcomingMemory(ranges), 0U) << "there is as much again";
}

TEST(DigitSort, IsAStableSort) {
  Prng prng{2026};
  struct Item {
    uint32_t number;
    uint32_t place;
  };
  std::vector<Item> items;
  for (uint32_t i = 0; i < 5'000; ++i) {
    items.push_back({static_cast<uint32_t>(prng.Below(prng.Chance(1, 2) ? 50 : kDigitSortMax)), i});
  }
  items.push_back({kDigitSortMax - 1, 5'000});
  std::vector<Item> sorted = items;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Item& a, const Item& b) {
    return a.number < b.number;
  });
  std::vector<Item> spare(items.size());
  SortByDigits(std::span(items), std::span(spare), [](const Item& item) { return item.number; });
  for (size_t i = 0; i < items.size(); ++i) {
    ASSERT_EQ(items[i].number, sorted[i].number) << i;
    ASSERT_EQ(items[i].place, sorted[i].place) << i;
  }
}

}  // namespace
}  // namespace gonghui
