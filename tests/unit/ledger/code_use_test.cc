// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes that a digital card shows: fresh, and accepted once for each purpose.

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/explanation.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

class CodeUseTest : public LedgerWorld {
 protected:
  explicit CodeUseTest(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  static constexpr TimestampNs Seconds(int64_t seconds) {
    return TimestampNs{kNow.value() + seconds * kNsPerSecond};
  }
  // A sale of one yuan by a code that was issued so many seconds after kNow.
  static Command Showing(uint64_t request,
                         int64_t issued_s,
                         CodePurpose purpose = CodePurpose::kPayment) {
    Command command = Sale(request, 100);
    command.authorize.entry_mode = PosEntryMode::kQrCode;
    command.authorize.code_issued_at = Seconds(issued_s);
    command.authorize.code_valid_s = 60;
    command.authorize.code_purpose = purpose;
    return command;
  }
  Reason Show(uint64_t request, int64_t issued_s, CodePurpose purpose = CodePurpose::kPayment) {
    return Run(Own(Showing(request, issued_s, purpose))).transaction.reason;
  }
  // Issued so many seconds after kNow, the latest first.
  [[nodiscard]] std::vector<int64_t> Remembered(CodePurpose purpose) const {
    std::vector<int64_t> seconds;
    const CodeUseRow row = ledger_->FindCodeUse(ledger_->FindCard(kCard), purpose);
    for (const TimestampNs issued_at : ledger_->code_uses()[row].issued_at) {
      if (issued_at != TimestampNs{}) {
        seconds.push_back((issued_at.value() - kNow.value()) / kNsPerSecond);
      }
    }
    return seconds;
  }
};

TEST_F(CodeUseTest, ACodeIsAcceptedOnceForEachPurpose) {
  EXPECT_EQ(Show(1, 0, CodePurpose::kEntry), Reason::kNone);
  EXPECT_EQ(Show(2, 0, CodePurpose::kEntry), Reason::kSecurityViolation);
  EXPECT_EQ(result_.transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(result_.share_count, 0U);
  EXPECT_EQ(Show(3, 0, CodePurpose::kExit), Reason::kNone);
  EXPECT_EQ(Show(4, 0, CodePurpose::kExit), Reason::kSecurityViolation);
  EXPECT_EQ(Show(5, 0, CodePurpose::kPayment), Reason::kNone);
  EXPECT_EQ(ledger_->code_uses().size(), 3U);
  // The decline sticks to its id, and a repeat asks for no code.
  EXPECT_EQ(Show(2, 5, CodePurpose::kEntry), Reason::kSecurityViolation);
  EXPECT_TRUE(result_.replay);
  EXPECT_EQ(Show(1, 0, CodePurpose::kExit), Reason::kNone);
  EXPECT_TRUE(result_.replay);
  EXPECT_EQ(FundOf("F").spent, Fen{150});
}

TEST_F(CodeUseTest, ACodeIsFreshFromItsIssueUntilItsTimeIsOver) {
  now_ = Seconds(1'000);
  EXPECT_EQ(Show(1, 940), Reason::kCredentialExpired);
  EXPECT_EQ(Show(2, 941), Reason::kNone);
  // The phone's clock may be ahead of ours.
  EXPECT_EQ(Show(3, 1'300), Reason::kNone);
  EXPECT_EQ(Show(4, 1'301), Reason::kCredentialExpired);
  // Used stands before too old, for one that is both.
  now_ = Seconds(2'000);
  EXPECT_EQ(Show(5, 941), Reason::kSecurityViolation);
  EXPECT_EQ(Show(6, 942), Reason::kCredentialExpired);

  Command command = Showing(7, 0);
  command.authorize.code_valid_s = kCodeValidSMax;
  now_ = Seconds(kCodeValidSMax - 1);
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kNone);
  command.request_id = RequestId{1, 8};
  command.authorize.code_issued_at = TimestampNs{kNow.value() - kNsPerSecond};
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kCredentialExpired);
}

TEST_F(CodeUseTest, TheLastFourAreRememberedInOrder) {
  now_ = Seconds(10);
  EXPECT_EQ(Show(1, 5), Reason::kNone);
  EXPECT_EQ(Show(2, 9), Reason::kNone);
  EXPECT_EQ(Show(3, 2), Reason::kNone);  // out of order
  EXPECT_EQ(Remembered(CodePurpose::kPayment), (std::vector<int64_t>{9, 5, 2}));
  EXPECT_EQ(Show(4, 7), Reason::kNone);
  EXPECT_EQ(Remembered(CodePurpose::kPayment), (std::vector<int64_t>{9, 7, 5, 2}));
  // Before the oldest of four: it may have been accepted.
  EXPECT_EQ(Show(5, 1), Reason::kSecurityViolation);
  EXPECT_EQ(Show(6, 3), Reason::kNone);
  EXPECT_EQ(Remembered(CodePurpose::kPayment), (std::vector<int64_t>{9, 7, 5, 3}));
  EXPECT_EQ(Show(7, 2), Reason::kSecurityViolation);
  EXPECT_EQ(Show(8, 10), Reason::kNone);
  EXPECT_EQ(Remembered(CodePurpose::kPayment), (std::vector<int64_t>{10, 9, 7, 5}));
  EXPECT_EQ(ledger_->code_uses().size(), 1U);
  for (uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(Show(20 + i, Remembered(CodePurpose::kPayment)[i]), Reason::kSecurityViolation);
  }
}

TEST_F(CodeUseTest, OnlyAnApprovalUsesACodeUp) {
  // Declined by the budget, then at another price, in part.
  Command command = Showing(1, 0);
  command.authorize.list_price = Fen{30'000};
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kBudgetExhausted);
  EXPECT_EQ(ledger_->code_uses().size(), 0U);
  command.request_id = RequestId{1, 2};
  command.authorize.allow_partial = true;
  EXPECT_EQ(Run(Own(command)).transaction.outcome, Outcome::kApprovedPartial);
  EXPECT_EQ(Show(3, 0), Reason::kSecurityViolation);

  // At full price.
  command = Showing(4, 1);
  command.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  EXPECT_EQ(Run(Own(command)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(result_.transaction.subsidy, Fen{0});
  EXPECT_EQ(Show(5, 1), Reason::kSecurityViolation);

  // A reversal gives the money back, not the code.
  Run(Own(About(CommandKind::kReverse, 6, 4)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Show(7, 1), Reason::kSecurityViolation);
}

TEST_F(CodeUseTest, AQuoteJudgesACodeAndUsesNothing) {
  Command quote = Showing(0, 0);
  quote.kind = CommandKind::kQuote;
  EXPECT_EQ(Run(Own(quote)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(ledger_->code_uses().size(), 0U);
  EXPECT_EQ(Show(1, 0), Reason::kNone);
  EXPECT_EQ(Run(Own(quote)).transaction.reason, Reason::kSecurityViolation);
  quote.authorize.code_issued_at = Seconds(-60);
  EXPECT_EQ(Run(Own(quote)).transaction.reason, Reason::kCredentialExpired);
}

TEST_F(CodeUseTest, TheCodeIsJudgedBeforeAllButTheTerminalAndAReversal) {
  // An unknown card has no memory; only freshness is asked.
  Command command = Showing(1, -60);
  command.authorize.card = CardNumber{62'999'999};
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kCredentialExpired);
  command.request_id = RequestId{1, 2};
  command.authorize.code_issued_at = Seconds(0);
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kInvalidCard);
  // An id that was reversed before it came, with a code that was used.
  EXPECT_EQ(Show(3, 0), Reason::kNone);
  Run(Own(About(CommandKind::kReverse, 4, 5)));
  EXPECT_EQ(Show(5, 0), Reason::kPreviouslyReversed);
  Run(Own(About(CommandKind::kReverse, 6, 7)));
  EXPECT_EQ(Show(7, 1), Reason::kPreviouslyReversed);
  EXPECT_EQ(Show(8, 1), Reason::kNone);  // it was declined, so the code was not used
  // The terminal is known or not before any code.
  command = Showing(9, -60);
  command.terminal = CodeOf<TerminalId>("T9");
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kInvalidTerminal);
}

TEST_F(CodeUseTest, WithoutACodeOrWithAnAdviceNothingIsJudged) {
  Command command = Showing(1, 0);
  command.authorize.code_issued_at = TimestampNs{};
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kNone);
  command = Showing(2, -60);
  command.authorize.list_price = Fen{100};
  AdviceRequest advice;
  advice.occurred_at = kNow;
  advice.member_paid = Fen{50};
  advice.sequence = 1;
  EXPECT_EQ(Run(OwnAdvice(command, advice)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(ledger_->code_uses().size(), 0U);
}

TEST_F(CodeUseTest, AReplacedCardHasAMemoryOfItsOwn) {
  EXPECT_EQ(Show(1, 0), Reason::kNone);
  ReplaceCardRequest replace;
  replace.old_card = kCard;
  replace.new_card.number = CardNumber{62'000'002};
  Run(Own(replace));
  ASSERT_EQ(result_.verdict, Verdict::kDecided);
  Command command = Showing(2, 0);
  command.authorize.card = replace.new_card.number;
  EXPECT_EQ(Run(Own(command)).transaction.reason, Reason::kNone);
  EXPECT_EQ(Show(3, 1), Reason::kCardClosed);
}

TEST_F(CodeUseTest, TheChecksAreExplained) {
  const auto checks = [this](const Command& command) {
    Run(OwnExplained(command));
    const Explanation& explanation = *commands_.back().command.authorize.explanation;
    std::vector<std::string> told;
    for (uint32_t i = 0; i < explanation.count; ++i) {
      const CheckResult& check = explanation.checks[i];
      told.push_back((check.passed ? "+" : "-") + std::string(NameOf(check.check)));
    }
    return told;
  };
  std::vector<std::string> told = checks(Showing(1, 0));
  ASSERT_GT(told.size(), 3U);
  EXPECT_EQ(told[0], "+" + std::string(NameOf(Reason::kSecurityViolation)));
  EXPECT_EQ(told[1], "+" + std::string(NameOf(Reason::kCredentialExpired)));
  EXPECT_EQ(told[2], "+" + std::string(NameOf(Reason::kTerminalInactive)));
  EXPECT_EQ(checks(Showing(2, 0)),
            (std::vector<std::string>{"-" + std::string(NameOf(Reason::kSecurityViolation))}));
  told = checks(Showing(3, -60));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1], "-" + std::string(NameOf(Reason::kCredentialExpired)));
  // One that tells no code is explained no code.
  told = checks(Sale(4, 100));
  EXPECT_EQ(told[0], "+" + std::string(NameOf(Reason::kTerminalInactive)));
}

class FullCodeUseTest : public CodeUseTest {
 protected:
  FullCodeUseTest() : CodeUseTest(Limits()) {}
  static LedgerLimits Limits() {
    LedgerLimits limits = SmallLimits();
    limits.code_uses_max = 2;
    return limits;
  }
};

TEST_F(FullCodeUseTest, WhatCouldNotBeRememberedIsRefused) {
  EXPECT_EQ(Show(1, 0, CodePurpose::kEntry), Reason::kNone);
  EXPECT_EQ(Show(2, 0, CodePurpose::kExit), Reason::kNone);
  Command command = Showing(3, 0);
  EXPECT_EQ(Run(Own(command)).verdict, Verdict::kFull);
  EXPECT_EQ(result_.field, Field::kCodes);
  EXPECT_EQ(event_.kind, EventKind::kNone);
  // The rows that there are go on.
  EXPECT_EQ(Show(4, 1, CodePurpose::kEntry), Reason::kNone);
  EXPECT_EQ(Show(5, 0, CodePurpose::kEntry), Reason::kSecurityViolation);
  // A quote, and one that tells no code, need none.
  command.kind = CommandKind::kQuote;
  EXPECT_EQ(Run(Own(command)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Run(Own(Sale(6, 100))).transaction.outcome, Outcome::kApproved);
}

}  // namespace
}  // namespace gonghui
