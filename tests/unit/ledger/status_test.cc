// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The status of a member, card, merchant or terminal as of any past instant.

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

class StatusTest : public LedgerWorld {
 protected:
  explicit StatusTest(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  const Result& SetMember(MemberStatus status) {
    return Run(Own(MemberStatusRequest{CodeOf<MemberId>("M1"), status}));
  }
  const Result& SetCard(CardStatus status) { return Run(Own(CardStatusRequest{kCard, status})); }
  const Result& SetMerchant(MerchantStatus status) {
    MerchantRequest merchant;
    merchant.id = CodeOf<MerchantId>("S1");
    merchant.union_node = CodeOf<UnionNodeId>("U");
    merchant.mcc = 5411;
    merchant.status = status;
    return Run(Own(merchant));
  }
  const Result& SetTerminal(TerminalStatus status, TerminalKind kind = TerminalKind::kPos) {
    TerminalRequest terminal;
    terminal.id = CodeOf<TerminalId>("T1");
    terminal.merchant = CodeOf<MerchantId>("S1");
    terminal.kind = kind;
    terminal.status = status;
    return Run(Own(terminal));
  }
  [[nodiscard]] MemberStatus MemberAt(TimestampNs at) const {
    return ledger_->StatusAt(ledger_->members()[MemberRow{1}], at);
  }
  [[nodiscard]] CardStatus CardAt(TimestampNs at) const {
    return ledger_->StatusAt(ledger_->cards()[CardRow{1}], at);
  }
};

TEST_F(StatusTest, EachHeldUntilTheNext) {
  now_ = After(1);
  SetMember(MemberStatus::kSuspended);
  now_ = After(2);
  SetMember(MemberStatus::kLapsed);
  SetMember(MemberStatus::kActive);  // in the same instant
  now_ = After(3);
  SetMember(MemberStatus::kClosed);
  EXPECT_EQ(MemberAt(TimestampNs{}), MemberStatus::kActive);  // the first, from the beginning
  EXPECT_EQ(MemberAt(TimestampNs{After(1).value() - 1}), MemberStatus::kActive);
  EXPECT_EQ(MemberAt(After(1)), MemberStatus::kSuspended);
  EXPECT_EQ(MemberAt(TimestampNs{After(2).value() - 1}), MemberStatus::kSuspended);
  EXPECT_EQ(MemberAt(After(2)), MemberStatus::kActive);
  EXPECT_EQ(MemberAt(After(3)), MemberStatus::kClosed);
  EXPECT_EQ(MemberAt(kTimestampMax), MemberStatus::kClosed);
}

TEST_F(StatusTest, ImportsLeaveARowOnlyWhenTheStatusChanges) {
  MemberRequest member;
  member.id = CodeOf<MemberId>("M1");
  member.union_node = CodeOf<UnionNodeId>("U");
  member.status = MemberStatus::kLapsed;
  now_ = After(1);
  Run(Own(member));
  EXPECT_EQ(ledger_->status_changes().size(), 1U);
  member.sex = Sex::kMale;
  member.keep.status = true;
  member.status = MemberStatus::kActive;
  now_ = After(2);
  Run(Own(member));
  EXPECT_EQ(ledger_->status_changes().size(), 1U);
  EXPECT_EQ(MemberAt(After(0)), MemberStatus::kActive);
  EXPECT_EQ(MemberAt(After(2)), MemberStatus::kLapsed);

  CardRequest card;
  card.number = kCard;
  card.member = member.id;
  card.kind = CardKind::kDigital;
  card.status = CardStatus::kPaused;
  Run(Own(card));
  EXPECT_EQ(ledger_->status_changes().size(), 2U);
  card.kind = CardKind::kPhysical;
  now_ = After(3);
  Run(Own(card));
  EXPECT_EQ(ledger_->status_changes().size(), 2U);
  EXPECT_EQ(CardAt(After(1)), CardStatus::kActive);
  EXPECT_EQ(CardAt(After(3)), CardStatus::kPaused);
}

TEST_F(StatusTest, CardsMerchantsAndTerminalsToo) {
  now_ = After(1);
  SetCard(CardStatus::kLost);
  SetMerchant(MerchantStatus::kSuspended);
  SetTerminal(TerminalStatus::kInactive);
  now_ = After(2);
  SetMerchant(MerchantStatus::kClosed);
  SetTerminal(TerminalStatus::kInactive, TerminalKind::kGate);  // no change of status
  SetTerminal(TerminalStatus::kActive, TerminalKind::kGate);
  CardRequest card;
  card.number = CardNumber{kCard.value() + 1};
  Run(Own(ReplaceCardRequest{kCard, card}));
  EXPECT_EQ(CardAt(After(0)), CardStatus::kActive);
  EXPECT_EQ(CardAt(After(1)), CardStatus::kLost);
  EXPECT_EQ(CardAt(After(2)), CardStatus::kReplaced);
  EXPECT_EQ(ledger_->cards()[CardRow{1}].replaced_by, CardRow{2});
  EXPECT_EQ(ledger_->StatusAt(ledger_->cards()[CardRow{2}], After(0)), CardStatus::kActive);
  const Merchant& merchant = ledger_->merchants()[MerchantRow{1}];
  EXPECT_EQ(ledger_->StatusAt(merchant, After(0)), MerchantStatus::kActive);
  EXPECT_EQ(ledger_->StatusAt(merchant, After(1)), MerchantStatus::kSuspended);
  EXPECT_EQ(ledger_->StatusAt(merchant, After(2)), MerchantStatus::kClosed);
  const Terminal& terminal = ledger_->terminals()[TerminalRow{1}];
  EXPECT_EQ(ledger_->StatusAt(terminal, After(0)), TerminalStatus::kActive);
  EXPECT_EQ(ledger_->StatusAt(terminal, After(1)), TerminalStatus::kInactive);
  EXPECT_EQ(ledger_->StatusAt(terminal, After(2)), TerminalStatus::kActive);
}

class NoStatusChangesTest : public StatusTest {
 protected:
  NoStatusChangesTest() : StatusTest(None()) {}
  static LedgerLimits None() {
    LedgerLimits limits = SmallLimits();
    limits.status_changes_max = 0;
    return limits;
  }
  static void ExpectFull(const Result& result, Field table) {
    EXPECT_EQ(result.verdict, Verdict::kFull);
    EXPECT_EQ(result.field, table);
  }
};

TEST_F(NoStatusChangesTest, AFullTableRefusesChangesOfStatusAlone) {
  ExpectFull(SetMember(MemberStatus::kLapsed), Field::kMembers);
  ExpectFull(SetCard(CardStatus::kPaused), Field::kCards);
  ExpectFull(SetMerchant(MerchantStatus::kClosed), Field::kMerchants);
  ExpectFull(SetTerminal(TerminalStatus::kInactive), Field::kTerminals);
  MemberRequest member;
  member.id = CodeOf<MemberId>("M1");
  member.union_node = CodeOf<UnionNodeId>("U");
  member.status = MemberStatus::kLapsed;
  ExpectFull(Run(Own(member)), Field::kMembers);
  member.keep.status = true;
  EXPECT_EQ(Run(Own(member)).verdict, Verdict::kDecided);  // real_name_verified
  CardRequest card;
  card.number = kCard;
  card.member = member.id;
  card.status = CardStatus::kPaused;
  ExpectFull(Run(Own(card)), Field::kCards);
  card.number = CardNumber{kCard.value() + 1};
  card.status = CardStatus::kActive;
  ExpectFull(Run(Own(ReplaceCardRequest{kCard, card})), Field::kCards);
  EXPECT_EQ(SetMember(MemberStatus::kActive).verdict, Verdict::kUnchanged);
  EXPECT_EQ(SetTerminal(TerminalStatus::kActive, TerminalKind::kGate).verdict, Verdict::kDecided);
}

}  // namespace
}  // namespace gonghui
