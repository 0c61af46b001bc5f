// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A category with more live benefits than may compete for one decision: those for other
// merchants and other members cost nothing, and of the rest the first 1,024 compete.
// Ledger, follower and model beside one another.

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/model/ledger_pair.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Node V stands below U.  Member 0, merchant S0 and its terminal T0 are of U, the others of V.
class CrowdTest : public ::testing::Test {
 protected:
  using Change = std::function<void(uint32_t, OwnedProgramme*, BenefitSpec*)>;

  CrowdTest() {
    for (const uint64_t i : {uint64_t{0}, uint64_t{1}}) {
      UnionNodeRequest node;
      node.id = CodeOf<UnionNodeId>(i == 0 ? "U" : "V");
      node.parent = i == 0 ? UnionNodeId{} : CodeOf<UnionNodeId>("U");
      Apply(Own(node));
      MemberRequest member;
      member.id = CodeOf<MemberId>("M" + std::to_string(i));
      member.union_node = node.id;
      Apply(Own(member));
      CardRequest card;
      card.number = CardNumber{6'200'000'000 + i};
      card.member = member.id;
      Apply(Own(card));
      MerchantRequest merchant;
      merchant.id = CodeOf<MerchantId>("S" + std::to_string(i));
      merchant.union_node = node.id;
      merchant.mcc = 5411;
      Apply(Own(merchant));
      TerminalRequest terminal;
      terminal.id = CodeOf<TerminalId>("T" + std::to_string(i));
      terminal.merchant = merchant.id;
      Apply(Own(terminal));
    }
    FundRequest fund;
    fund.code = CodeOf<FundCode>("F");
    fund.budget = Fen{1'000'000};
    Apply(Own(fund));
  }

  void Apply(const OwnedCommand& command) {
    EXPECT_EQ(pair_.Apply(command, TimestampNs{kTimestampNsMin}), "");
  }

  void Make(const char* code, uint32_t count, const Change& change) {
    OwnedProgramme programme;
    programme.spec.code = CodeOf<ProgrammeCode>(code);
    programme.spec.calendar = TestCalendar("UTC");
    programme.spec.ends_at = kTimestampMax;
    for (uint32_t i = 0; i < count; ++i) {
      BenefitSpec benefit;
      benefit.code = CodeOf<BenefitCode>("b" + std::to_string(i));
      benefit.price.kind = PriceKind::kFixedPrice;
      benefit.require_real_name = false;
      benefit.ends_at = kTimestampMax;
      benefit.funding = Append(programme.funding, {{CodeOf<FundCode>("F"), Bps{10'000}, 0}});
      change(i, &programme, &benefit);
      programme.benefits.push_back(benefit);
    }
    Apply(Own(programme));
  }

  // What it gives.
  Fen Sell(uint64_t member,
           uint64_t terminal,
           const char* programme = "",
           int64_t price = 1000,
           const OccasionRequest* occasion = nullptr) {
    Command sale;
    sale.kind = CommandKind::kAuthorize;
    sale.terminal = CodeOf<TerminalId>("T" + std::to_string(terminal));
    sale.request_id = RequestId{1, ++last_id_};
    sale.authorize = AuthorizeRequest{};
    sale.authorize.card = CardNumber{6'200'000'000 + member};
    sale.authorize.list_price = Fen{price};
    if (*programme != 0) {
      sale.authorize.programme = CodeOf<ProgrammeCode>(programme);
    }
    sale.authorize.occasion = occasion;
    Apply(Own(sale));
    return pair_.answer().subsidy;
  }

  LedgerPair pair_;

 private:
  uint64_t last_id_ = 0;
};

TEST_F(CrowdTest, TheFirstOfThoseThatMayApplyCompete) {
  Make("at-s1", 700, [](uint32_t, OwnedProgramme* programme, BenefitSpec* benefit) {
    benefit->price.amount = Fen{900};
    benefit->merchants = Append(programme->merchants, {CodeOf<MerchantId>("S1")});
  });
  Make("for-v", 700, [](uint32_t, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->price.amount = Fen{800};
    benefit->member_union = CodeOf<UnionNodeId>("V");
  });
  Make("all", 600, [](uint32_t i, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->price.amount = Fen{700 - i / 2};
    benefit->layer = i % 100 == 99 ? 1 : 0;
  });
  Make("more", 600, [](uint32_t i, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->price.amount = Fen{i < 424 ? 300 : 1};  // what must not be reached gives most
  });
  for (const bool crashed : {false, true}) {
    SCOPED_TRACE(crashed ? "after a crash" : "before a crash");
    EXPECT_EQ(Sell(0, 0), Fen{700});  // all of the third, 424 of the last
    EXPECT_EQ(Sell(1, 0), Fen{461});  // all for V, 324 of the third
    EXPECT_EQ(Sell(0, 1), Fen{461});  // all at S1, 324 of the third
    EXPECT_EQ(Sell(1, 1), Fen{200});  // all at S1, 324 for V
    // Of a programme that is named, its own.
    EXPECT_EQ(Sell(1, 1, "more"), Fen{999});
    if (!crashed) {
      EXPECT_EQ(pair_.CheckEverything(), "");
      EXPECT_EQ(pair_.Crash(), "");
    }
  }
}

// What declines is about all of the category, also of those that can not apply.
TEST_F(CrowdTest, WhenNothingAppliesAllAreAsked) {
  Make("for-v", 1030, [](uint32_t i, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->member_union = CodeOf<UnionNodeId>("V");
    benefit->ends_at = TimestampNs{i == 1029 ? kTimestampNsMin : kTimestampNsMax};
  });
  EXPECT_EQ(Sell(0, 0), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNotPermittedToMember);
  EXPECT_EQ(pair_.answer().benefit, CodeOf<BenefitCode>("b0"));
  Make("at-s1", 1030, [](uint32_t, OwnedProgramme* programme, BenefitSpec* benefit) {
    benefit->merchants = Append(programme->merchants, {CodeOf<MerchantId>("S1")});
  });
  EXPECT_EQ(Sell(0, 0, "at-s1"), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kMerchantNotInProgramme);
  EXPECT_EQ(Sell(0, 0), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNotPermittedToMember);
  EXPECT_EQ(Sell(0, 1, "", 0), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNoEffect);
}

// Of what the merchant offers to members of some union node, the first 256 have a say in
// what a decline is about; of a programme that is named, all.
TEST_F(CrowdTest, OfOthersTheFirstHaveASay) {
  Make("for-v", 300, [](uint32_t i, OwnedProgramme* programme, BenefitSpec* benefit) {
    benefit->member_union = CodeOf<UnionNodeId>("V");
    if (i < 256) {  // comes less far than the rest
      benefit->terminals = Append(programme->terminals, {CodeOf<TerminalId>("T1")});
    }
  });
  EXPECT_EQ(Sell(0, 0), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNotPermittedToTerminal);
  EXPECT_EQ(Sell(0, 0, "for-v"), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNotPermittedToMember);
  EXPECT_EQ(pair_.answer().benefit, CodeOf<BenefitCode>("b256"));
  EXPECT_EQ(Sell(1, 0), Fen{1000});
}

// Those of another occasion are candidates that are asked nothing: they are counted.
TEST_F(CrowdTest, OfAnotherOccasionTheyAreCountedAllTheSame) {
  Make("claims", 1000, [](uint32_t, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->price.amount = Fen{100};
    benefit->asks = static_cast<uint8_t>(Asks::kClaim);
    benefit->claim_days_max = 30;
    benefit->offline = OfflinePolicy::kRefuse;
  });
  Make("plain", 100, [](uint32_t i, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->price.amount = Fen{i < 24 ? 500 : 1};
  });
  EXPECT_EQ(Sell(0, 0), Fen{500});
  OccasionRequest event;
  event.event_at = TimestampNs{kTimestampNsMin};
  EXPECT_EQ(Sell(0, 0, "", 1000, &event), Fen{900});
  EXPECT_EQ(Sell(0, 0, "plain", 1000, &event), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNoApplicableBenefit);
  EXPECT_EQ(Sell(0, 0, "claims"), Fen{});
  EXPECT_EQ(pair_.answer().reason, Reason::kNoApplicableBenefit);
  EXPECT_EQ(pair_.CheckEverything(), "");
}

// A member who moves, and a merchant whose category is another, are asked for anew.
TEST_F(CrowdTest, WhoMovesIsAnother) {
  Make("for-v", 10, [](uint32_t, OwnedProgramme*, BenefitSpec* benefit) {
    benefit->member_union = CodeOf<UnionNodeId>("V");
    benefit->merchant_union = CodeOf<UnionNodeId>("V");
  });
  EXPECT_EQ(Sell(0, 1), Fen{});
  MemberRequest member;
  member.id = CodeOf<MemberId>("M0");
  member.union_node = CodeOf<UnionNodeId>("V");
  Apply(Own(member));
  EXPECT_EQ(Sell(0, 1), Fen{1000});
  EXPECT_EQ(Sell(0, 0), Fen{});
  MerchantRequest merchant;
  merchant.id = CodeOf<MerchantId>("S0");
  merchant.union_node = CodeOf<UnionNodeId>("V");
  merchant.mcc = 5411;
  Apply(Own(merchant));
  EXPECT_EQ(Sell(0, 0), Fen{1000});
  Make("of-5812", 10, [](uint32_t, OwnedProgramme* programme, BenefitSpec* benefit) {
    benefit->price.amount = Fen{1};
    benefit->mccs = Append(programme->mccs, {MccRange{5812, 5812}});
  });
  merchant.mcc = 5812;
  Apply(Own(merchant));
  EXPECT_EQ(Sell(0, 0), Fen{1000});
  EXPECT_EQ(Sell(0, 0, "of-5812"), Fen{999});
}

}  // namespace
}  // namespace gonghui
