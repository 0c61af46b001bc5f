// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an import does not say stays as it stands, and what was blocked is not made
// usable on the way.  The random commands of tests/model do the same against the model.

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

constexpr TimestampNs kNow{1'777'860'000 * kNsPerSecond};
constexpr CardNumber kCard{62'000'001};

class ImportTest : public ::testing::Test {
 protected:
  ImportTest() {
    LedgerLimits limits;
    limits.members_max = limits.cards_max = limits.counters_max = limits.transactions_max = 1 << 12;
    ledger_ = std::make_unique<Ledger>(uint16_t{3}, limits);
    for (const char* id : {"U1", "U2"}) {
      UnionNodeRequest node;
      node.id = CodeOf<UnionNodeId>(id);
      Run(Own(node));
    }
    SegmentRequest segment;
    segment.code = CodeOf<SegmentCode>("hero");
    Run(Own(segment));
    MemberRequest member;
    member.id = CodeOf<MemberId>("M1");
    member.union_node = CodeOf<UnionNodeId>("U1");
    member.real_name_verified = true;
    member.sex = Sex::kFemale;
    member.joined_day = 9'000;
    member.span_count = 1;
    member.spans[0].segment = segment.code;
    EXPECT_TRUE(Run(Own(member)).created);
    CardRequest card;
    card.number = kCard;
    card.member = member.id;
    card.kind = CardKind::kDigital;
    card.expires_day = 30'000;
    EXPECT_TRUE(Run(Own(card)).created);
  }

  const Result& Run(const OwnedCommand& command) {
    commands_.push_back(command);  // events point to it
    event_ = Event{};
    ledger_->Decide(command.command, kNow, &event_, &result_);
    if (event_.kind != EventKind::kNone) {
      ledger_->Evolve(event_);
    }
    return result_;
  }
  void SetCardStatus(CardStatus status) { Run(Own(CardStatusRequest{kCard, status})); }
  void SetMemberStatus(MemberStatus status) {
    Run(Own(MemberStatusRequest{CodeOf<MemberId>("M1"), status}));
  }
  const Card& TheCard() const { return ledger_->cards()[ledger_->FindCard(kCard)]; }
  const Member& TheMember() const {
    return ledger_->members()[ledger_->FindMember(CodeOf<MemberId>("M1"))];
  }

  // A row with no column but those that it must have.
  static CardRequest BareCard() {
    CardRequest card;
    card.number = kCard;
    card.member = CodeOf<MemberId>("M1");
    card.keep = {true, true, true};
    return card;
  }
  static MemberRequest BareMember() {
    MemberRequest member;
    member.id = CodeOf<MemberId>("M1");
    member.keep = {true, true, true, true, true, true};
    return member;
  }

  const Fund& TheFund() const { return ledger_->funds()[ledger_->FindFund(CodeOf<FundCode>("F"))]; }
  std::string FundName() const {
    const DisplayName& name = ledger_->fund_names()[ledger_->FindFund(CodeOf<FundCode>("F"))];
    return {name.data(), name.size()};
  }
  static FundRequest BareFund() {
    FundRequest fund;
    fund.code = CodeOf<FundCode>("F");
    fund.keep = {true, true, true, true, true, true, true, true};
    return fund;
  }
  // With something else than the default in every field.
  void MakeFund() { EXPECT_TRUE(Run(Own(WholeFund())).created); }
  void MakeFundAgain() { EXPECT_NE(Run(Own(WholeFund())).verdict, Verdict::kRefused); }
  static FundRequest WholeFund() {
    FundRequest fund = BareFund();
    fund.keep = FundKeeps{};
    fund.owner = CodeOf<UnionNodeId>("U2");
    fund.budget = Fen{1'000};
    fund.opens_at = TimestampNs{kNow.value() - 10};
    fund.closes_at = TimestampNs{kNow.value() + 10};
    fund.advice_may_overrun = true;
    fund.payer = Payer::kSponsor;
    fund.name = *DisplayName::From(std::string_view("films"));
    return fund;
  }

  std::unique_ptr<Ledger> ledger_;
  std::vector<OwnedCommand> commands_;
  Event event_;
  Result result_;
};

TEST_F(ImportTest, WhatARowDoesNotSayStays) {
  SetCardStatus(CardStatus::kLost);
  SetMemberStatus(MemberStatus::kSuspended);
  EXPECT_EQ(Run(Own(BareCard())).verdict, Verdict::kUnchanged);
  EXPECT_EQ(Run(Own(BareMember())).verdict, Verdict::kUnchanged);

  CardRequest card = BareCard();
  card.keep.expires_day = false;
  card.expires_day = 40'000;
  EXPECT_EQ(Run(Own(card)).verdict, Verdict::kDecided);
  EXPECT_FALSE(result_.created);
  EXPECT_EQ(TheCard().status, CardStatus::kLost);
  EXPECT_EQ(TheCard().kind, CardKind::kDigital);
  EXPECT_EQ(TheCard().expires_day, 40'000);

  MemberRequest member = BareMember();
  member.keep.union_node = false;
  member.union_node = CodeOf<UnionNodeId>("U2");
  member.span_count = 1;  // not said, though it is there
  member.spans[0].segment = CodeOf<SegmentCode>("hero");
  member.spans[0].starts_at = kNow;
  EXPECT_EQ(Run(Own(member)).verdict, Verdict::kDecided);
  EXPECT_EQ(TheMember().status, MemberStatus::kSuspended);
  EXPECT_TRUE(TheMember().real_name_verified);
  EXPECT_EQ(TheMember().sex, Sex::kFemale);
  EXPECT_EQ(TheMember().joined_day, 9'000);
  EXPECT_EQ(TheMember().union_node, ledger_->FindUnionNode(CodeOf<UnionNodeId>("U2")));
  ASSERT_NE(TheMember().first_span, SegmentSpanRow{});
  EXPECT_EQ(ledger_->segment_spans()[TheMember().first_span].starts_at, TimestampNs{});
  // And one thing at a time the other way round.
  member = BareMember();
  member.keep = {true, true, false, false, false, false};
  EXPECT_EQ(Run(Own(member)).verdict, Verdict::kDecided);
  EXPECT_FALSE(TheMember().real_name_verified);
  EXPECT_EQ(TheMember().sex, Sex::kUnknown);
  EXPECT_EQ(TheMember().joined_day, 0);
  EXPECT_EQ(TheMember().first_span, SegmentSpanRow{});
  EXPECT_EQ(TheMember().status, MemberStatus::kSuspended);
}

TEST_F(ImportTest, ANewRowHasTheDefaults) {
  CardRequest card = BareCard();
  card.number = CardNumber{62'000'002};
  EXPECT_EQ(Run(Own(card)).verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);
  const Card& made = ledger_->cards()[ledger_->FindCard(card.number)];
  EXPECT_EQ(made.status, CardStatus::kActive);
  EXPECT_EQ(made.kind, CardKind::kPhysical);
  EXPECT_EQ(made.expires_day, 0);

  MemberRequest member = BareMember();
  member.id = CodeOf<MemberId>("M2");
  EXPECT_EQ(Run(Own(member)).admin_reason, AdminReason::kMissing);
  EXPECT_EQ(result_.field, Field::kUnionNode);
  member.union_node = CodeOf<UnionNodeId>("U1");
  member.keep.union_node = false;
  EXPECT_EQ(Run(Own(member)).verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);
  EXPECT_EQ(ledger_->members()[MemberRow{result_.row}].status, MemberStatus::kActive);
}

TEST_F(ImportTest, WhatARowOfAFundDoesNotSayStays) {
  MakeFund();
  EXPECT_EQ(Run(Own(BareFund())).verdict, Verdict::kUnchanged);
  // One field at a time, the others as they were made.
  struct Change {
    bool FundKeeps::*keep;
    void (*set)(FundRequest*);
  };
  const Change changes[] = {
      {&FundKeeps::owner, [](FundRequest* r) { r->owner = CodeOf<UnionNodeId>("U1"); }},
      {&FundKeeps::budget, [](FundRequest* r) { r->budget = Fen{700}; }},
      {&FundKeeps::opens_at, [](FundRequest* r) { r->opens_at = TimestampNs{5}; }},
      {&FundKeeps::closes_at, [](FundRequest* r) { r->closes_at = kTimestampMax; }},
      {&FundKeeps::advice_may_overrun, [](FundRequest* r) { r->advice_may_overrun = false; }},
      {&FundKeeps::payer, [](FundRequest* r) { r->payer = Payer::kMerchant; }},
      {&FundKeeps::name,
       [](FundRequest* r) { r->name = *DisplayName::From(std::string_view("other")); }}};
  for (const Change& change : changes) {
    MakeFundAgain();
    FundRequest request = BareFund();
    request.keep.*change.keep = false;
    change.set(&request);
    EXPECT_EQ(Run(Own(request)).verdict, Verdict::kDecided);
    EXPECT_FALSE(result_.created);
    const auto changed = [&](bool FundKeeps::*field) { return field == change.keep; };
    EXPECT_EQ(TheFund().owner == ledger_->FindUnionNode(CodeOf<UnionNodeId>("U2")),
              !changed(&FundKeeps::owner));
    EXPECT_EQ(TheFund().budget == Fen{1'000}, !changed(&FundKeeps::budget));
    EXPECT_EQ(TheFund().opens_at.value() == kNow.value() - 10, !changed(&FundKeeps::opens_at));
    EXPECT_EQ(TheFund().closes_at.value() == kNow.value() + 10, !changed(&FundKeeps::closes_at));
    EXPECT_EQ(TheFund().advice_may_overrun, !changed(&FundKeeps::advice_may_overrun));
    EXPECT_EQ(TheFund().payer == Payer::kSponsor, !changed(&FundKeeps::payer));
    EXPECT_EQ(FundName() == "films", !changed(&FundKeeps::name));
    EXPECT_EQ(Run(Own(request)).verdict, Verdict::kUnchanged);
  }
}

TEST_F(ImportTest, ANewFundMustSayWhatItIs) {
  FundRequest fund = BareFund();
  EXPECT_EQ(Run(Own(fund)).admin_reason, AdminReason::kMissing);
  EXPECT_EQ(result_.field, Field::kAsset);
  fund.keep.asset = false;
  fund.asset = Asset::kThing;
  EXPECT_EQ(Run(Own(fund)).admin_reason, AdminReason::kMissing);
  EXPECT_EQ(result_.field, Field::kBudget);
  fund.keep.budget = false;
  fund.budget = Fen{5};
  EXPECT_EQ(Run(Own(fund)).verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);
  EXPECT_EQ(TheFund().asset, Asset::kThing);
  EXPECT_EQ(TheFund().budget, Fen{5});
  EXPECT_EQ(TheFund().owner, ledger_->FindUnionNode(CodeOf<UnionNodeId>("U1"))) << "the root's";
  EXPECT_EQ(TheFund().closes_at, kTimestampMax);
  EXPECT_EQ(TheFund().payer, Payer::kUnion);
  // What is said of one that is there is compared; what is not said is not.
  fund.asset = Asset::kMoney;
  EXPECT_EQ(Run(Own(fund)).admin_reason, AdminReason::kImmutable);
  fund.keep.asset = true;
  EXPECT_EQ(Run(Own(fund)).verdict, Verdict::kUnchanged);
}

// Who says one end of the period alone does not see the other.
TEST_F(ImportTest, AFundOpensBeforeItCloses) {
  MakeFund();
  FundRequest fund = BareFund();
  fund.keep.closes_at = false;
  fund.closes_at = TimestampNs{kNow.value() - 10};
  EXPECT_EQ(Run(Own(fund)).verdict, Verdict::kOutOfRange);
  EXPECT_EQ(result_.field, Field::kClosesAt);
  fund.closes_at = TimestampNs{kNow.value() - 9};
  EXPECT_EQ(Run(Own(fund)).verdict, Verdict::kDecided);
  fund = BareFund();
  fund.keep.opens_at = false;
  fund.opens_at = kNow;
  EXPECT_EQ(Run(Own(fund)).verdict, Verdict::kOutOfRange);
  fund.opens_at = TimestampNs{kNow.value() - 10};
  EXPECT_EQ(Run(Own(fund)).verdict, Verdict::kUnchanged);
}

TEST_F(ImportTest, ABlockedCardStaysBlocked) {
  for (const CardStatus blocked : {CardStatus::kPaused, CardStatus::kLost, CardStatus::kStolen}) {
    for (const CardStatus asked : {CardStatus::kActive, CardStatus::kIssued}) {
      SetCardStatus(blocked);
      CardRequest card = BareCard();
      card.keep.status = false;
      card.status = asked;
      EXPECT_EQ(Run(Own(card)).admin_reason, AdminReason::kWouldReactivate);
      EXPECT_EQ(result_.verdict, Verdict::kRefused);
      EXPECT_EQ(result_.field, Field::kStatus);
      EXPECT_EQ(result_.index, static_cast<uint32_t>(blocked));
      EXPECT_EQ(TheCard().status, blocked);
      card.reactivate = true;
      EXPECT_EQ(Run(Own(card)).verdict, Verdict::kDecided);
      EXPECT_EQ(TheCard().status, asked);
      SetCardStatus(CardStatus::kActive);
    }
  }
  SetCardStatus(CardStatus::kClosed);
  CardRequest card = BareCard();
  card.keep.status = false;
  card.reactivate = true;
  EXPECT_EQ(Run(Own(card)).admin_reason, AdminReason::kNotAllowedFromState);
}

TEST_F(ImportTest, AReplacedCardMayBeSaidToBeSo) {
  ReplaceCardRequest replace;
  replace.old_card = kCard;
  replace.new_card.number = CardNumber{62'000'009};
  Run(Own(replace));
  CardRequest card = BareCard();
  card.keep.status = false;
  card.status = CardStatus::kReplaced;
  EXPECT_EQ(Run(Own(card)).verdict, Verdict::kUnchanged);
  card.status = CardStatus::kActive;
  EXPECT_EQ(Run(Own(card)).admin_reason, AdminReason::kNotAllowedFromState);
}

TEST_F(ImportTest, ASuspendedMemberStaysSuspended) {
  SetMemberStatus(MemberStatus::kSuspended);
  MemberRequest member = BareMember();
  member.keep.status = false;
  EXPECT_EQ(Run(Own(member)).admin_reason, AdminReason::kWouldReinstate);
  EXPECT_EQ(TheMember().status, MemberStatus::kSuspended);
  member.reactivate = true;
  EXPECT_EQ(Run(Own(member)).verdict, Verdict::kDecided);
  EXPECT_EQ(TheMember().status, MemberStatus::kActive);
  SetMemberStatus(MemberStatus::kClosed);
  EXPECT_EQ(Run(Own(member)).admin_reason, AdminReason::kNotAllowedFromState);
}

// The row was written when the card was active, and arrives when it is not: it is the
// ledger that says so, at the moment at which it decides.
TEST_F(ImportTest, ARowThatWasRightWhenItWasSent) {
  CardRequest card = BareCard();
  card.keep.status = false;
  EXPECT_EQ(Run(Own(card)).verdict, Verdict::kUnchanged);
  SetCardStatus(CardStatus::kLost);
  EXPECT_EQ(Run(Own(card)).admin_reason, AdminReason::kWouldReactivate);
  EXPECT_EQ(TheCard().status, CardStatus::kLost);
}

}  // namespace
}  // namespace gonghui
