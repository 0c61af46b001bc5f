// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The lists of candidates against a walk over all live benefits, also where there is room
// for hardly any of them; and trails that are older than what changed since.

#include "engine/ledger/candidates.h"

#include <array>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
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
  [[nodiscard]] std::vector<BenefitRow> Walked(MerchantRow shop, UnionNodeRow node) const {
    const Ledger& ledger = *ledger_;
    const Merchant& merchant = ledger.merchants()[shop];
    std::vector<BenefitRow> rows;
    for (uint32_t h = 1; h <= ledger.programme_heads().size(); ++h) {
      const ProgrammeRow version = ledger.programme_heads()[ProgrammeHeadRow{h}].active;
      for (uint32_t i = 0; i < ledger.programmes()[version].benefit_count; ++i) {
        const BenefitRow row{ledger.programmes()[version].first_benefit.value() + i};
        const Benefit& benefit = ledger.benefits()[row];
        bool offered = benefit.mccs.count == 0;
        for (const MccRange& range : ledger.MccsOf(benefit.mccs)) {
          offered = offered || (merchant.mcc >= range.first && merchant.mcc <= range.last);
        }
        if (offered && ledger.IsInside(merchant.union_node, benefit.merchant_union) &&
            ledger.IsInside(node, benefit.member_union) &&
            (benefit.merchants.count == 0 || ledger.IsListed(benefit.merchants, shop))) {
          rows.push_back(row);
        }
      }
    }
    return rows;
  }

  void CompareAll(CandidateIndex* index) {
    for (uint32_t shop = 0; shop < kShops; ++shop) {
      for (uint32_t node = 0; node < kNodes; ++node) {
        const MerchantRow merchant = ledger_->FindMerchant(ShopOf(shop));
        const UnionNodeRow member_node = ledger_->FindUnionNode(NodeOf(node));
        std::vector<BenefitRow> listed;
        for (const Candidate& candidate :
             index->ListOf(*ledger_, index->Find(*ledger_, merchant, member_node))) {
          listed.push_back(candidate.benefit);
        }
        ASSERT_EQ(listed, Walked(merchant, member_node)) << "shop " << shop << " node " << node;
      }
    }
  }
};

TEST_F(CandidatesTest, ListsAreWhatAWalkFinds) {
  BuildProvince();
  constexpr uint64_t kSeed = 2022;
  std::cout << "seed " << kSeed << "\n";
  Prng prng{kSeed};
  for (uint32_t round = 0; round < 12; ++round) {
    // Now and then a new version of one that is there; some are large enough for groups.
    const auto number = static_cast<uint32_t>(prng.Below(6));
    Run(Own(AnyProgramme(prng, number, round % 3 == 0 ? 40 : 6)));
    ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
    CandidateIndex roomy(/*shadow=*/false, CandidateIndex::Sizes{});
    roomy.Rebuild(*ledger_);
    ASSERT_NO_FATAL_FAILURE(CompareAll(&roomy));
    // With room for sixteen lists all are made again and again.
    CandidateIndex narrow(/*shadow=*/false, CandidateIndex::Sizes{64, 4'096});
    narrow.Rebuild(*ledger_);
    ASSERT_NO_FATAL_FAILURE(CompareAll(&narrow));
  }
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

}  // namespace
}  // namespace gonghui
