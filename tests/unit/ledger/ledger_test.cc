// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What only code can ask of a ledger; the rules are tested by tests/tables and
// tests/model.

#include "engine/ledger/ledger.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/postings.h"
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

constexpr TimestampNs kNow{1'777'860'000 * kNsPerSecond};

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    LedgerLimits limits;
    limits.members_max = limits.cards_max = limits.counters_max = limits.transactions_max = 1 << 12;
    ledger_ = std::make_unique<Ledger>(uint16_t{3}, limits);
    UnionNodeRequest node;
    node.id = CodeOf<UnionNodeId>("U");
    Run(Own(node));
    MemberRequest member;
    member.id = CodeOf<MemberId>("M1");
    member.union_node = node.id;
    member.real_name_verified = true;
    Run(Own(member));
    CardRequest card;
    card.number = CardNumber{62'000'001};
    card.member = member.id;
    Run(Own(card));
    MerchantRequest merchant;
    merchant.id = CodeOf<MerchantId>("S1");
    merchant.union_node = node.id;
    merchant.mcc = 5411;
    Run(Own(merchant));
    TerminalRequest terminal;
    terminal.id = CodeOf<TerminalId>("T1");
    terminal.merchant = merchant.id;
    Run(Own(terminal));
    FundRequest fund;
    fund.code = CodeOf<FundCode>("F");
    fund.budget = Fen{10'000};
    Run(Own(fund));
    OwnedProgramme programme;
    programme.spec.code = CodeOf<ProgrammeCode>("p");
    programme.spec.calendar = TestCalendar("Asia:Shanghai");
    programme.spec.ends_at = kTimestampMax;
    BenefitSpec benefit;
    benefit.code = CodeOf<BenefitCode>("b");
    benefit.price.kind = PriceKind::kPercentOff;
    benefit.price.rate = Bps{5000};
    benefit.ends_at = kTimestampMax;
    benefit.funding = Append(programme.funding, {{fund.code, Bps{kBpsPerOne}, 0}});
    programme.benefits.push_back(benefit);
    Run(Own(programme));
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

  static Command Authorize(uint64_t request, int64_t price) {
    Command command;
    command.terminal = CodeOf<TerminalId>("T1");
    command.request_id = RequestId{1, request};
    command.authorize.card = CardNumber{62'000'001};
    command.authorize.list_price = Fen{price};
    return command;
  }

  std::unique_ptr<Ledger> ledger_;
  std::vector<OwnedCommand> commands_;
  Event event_;
  Result result_;
};

TEST_F(LedgerTest, IdsCarryShardAndSequenceAndAreFound) {
  for (uint64_t i = 1; i <= 20; ++i) {
    const Result& result = Run(Own(Authorize(i, 10)));
    ASSERT_EQ(result.transaction.outcome, Outcome::kApproved);
    EXPECT_EQ(ShardOf(result.transaction_id), 3);
    EXPECT_EQ(SeqOf(result.transaction_id), ledger_->applied_seq());
    EXPECT_EQ(ledger_->FindTransaction(result.transaction_id).value(), result.row);
  }
  EXPECT_EQ(ledger_->FindTransaction(TransactionId{}), TransactionRow{});
  EXPECT_EQ(ledger_->FindTransaction(MakeTransactionId(3, CommandSeq{2})), TransactionRow{})
      << "the sequence of an operator's event";
  EXPECT_EQ(ledger_->FindTransaction(MakeTransactionId(4, ledger_->applied_seq())),
            TransactionRow{})
      << "another shard's";
  EXPECT_EQ(ledger_->FindTransaction(
                MakeTransactionId(3, CommandSeq{ledger_->applied_seq().value() + 1})),
            TransactionRow{});
}

TEST_F(LedgerTest, DecidingAloneChangesNothing) {
  const uint64_t hash = ledger_->StateHash();
  Event event;
  Result result;
  for (int i = 0; i < 3; ++i) {
    ledger_->Decide(Authorize(1, 10), kNow, &event, &result);
    EXPECT_EQ(event.kind, EventKind::kAuthorized);
    EXPECT_FALSE(result.replay);
  }
  EXPECT_EQ(ledger_->StateHash(), hash);
  EXPECT_EQ(ledger_->next_expiry(), kTimestampMax);
}

// Many contenders: the most generous are asked first, one by one and then all the
// rest in order, and nothing of that shows in the answer.
TEST_F(LedgerTest, TheBestOfManyWinsWhateverFailsBeforeIt) {
  FundRequest empty;
  empty.code = CodeOf<FundCode>("EMPTY");
  Run(Own(empty));
  OwnedProgramme many;
  many.spec.code = CodeOf<ProgrammeCode>("many");
  many.spec.calendar = TestCalendar("Asia:Shanghai");
  many.spec.ends_at = kTimestampMax;
  LimitSpec little;
  little.code = CodeOf<LimitCode>("little");
  little.measure = LimitMeasure::kAmount;
  little.when_exceeded = WhenExceeded::kReduce;
  little.max = 600;
  many.limits = {little};
  const auto add = [&many](const char* code, int32_t rate, const char* fund, bool limited) {
    BenefitSpec benefit;
    benefit.code = CodeOf<BenefitCode>(code);
    benefit.price.kind = PriceKind::kPercentOff;
    benefit.price.rate = Bps{rate};
    benefit.ends_at = kTimestampMax;
    benefit.funding = Append(many.funding, {{CodeOf<FundCode>(fund), Bps{kBpsPerOne}, 0}});
    if (limited) {
      benefit.limits = Append<uint32_t>(many.limit_refs, {0});
    }
    many.benefits.push_back(benefit);
  };
  // In order of the file, the less generous first.
  add("x0", 8'100, "EMPTY", false);
  for (int i = 1; i < 10; ++i) {
    add(("x" + std::to_string(i)).c_str(), 8'100 + i * 100, "EMPTY", false);
  }
  add("low", 5'500, "F", false);
  add("reduced", 9'500, "F", true);  // to 600, as much as the next two give
  add("first", 6'000, "F", false);
  add("second", 6'000, "F", false);
  Run(Own(many));

  const auto winner = [this](const Command& command) {
    const Result& result = Run(Own(command));
    EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
    EXPECT_EQ(result.transaction.subsidy, Fen{600});
    return TextOf(ledger_->benefits()[result.shares[0].benefit].code);
  };
  EXPECT_EQ(winner(Authorize(1, 1'000)), "reduced");
  EXPECT_EQ(winner(Authorize(2, 1'000)), "first");  // nothing is left of the limit

  // Nothing applies: the answer is about the first of those that came furthest, not
  // about the most generous.
  Run(Own([&] {
    OwnedProgramme broke = many;
    broke.spec.code = CodeOf<ProgrammeCode>("broke");
    broke.benefits.resize(10);
    return broke;
  }()));
  Command command = Authorize(3, 1'000);
  command.authorize.programme = CodeOf<ProgrammeCode>("broke");
  const Result& result = Run(Own(command));
  EXPECT_EQ(result.transaction.reason, Reason::kBudgetExhausted);
  const Benefit& failed = ledger_->benefits()[result.transaction.failed_benefit];
  EXPECT_EQ(TextOf(failed.code), "x0");
}

TEST_F(LedgerTest, AWrongTrailMisleadsNobody) {
  MemberRequest member;
  member.id = CodeOf<MemberId>("M2");
  member.union_node = CodeOf<UnionNodeId>("U");
  Run(Own(member));
  CardRequest card;
  card.number = CardNumber{62'000'002};
  card.member = member.id;
  const uint32_t other_card = Run(Own(card)).row;
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T2");
  terminal.merchant = CodeOf<MerchantId>("S1");
  const uint32_t other_terminal = Run(Own(terminal)).row;

  const Command command = Authorize(1, 10);
  Ledger::Trail right;
  const Command* const ahead[] = {&command};
  ledger_->Prefetch(ahead, kNow, {&right, 1});
  EXPECT_EQ(right.card, ledger_->FindCard(CardNumber{62'000'001}));
  EXPECT_EQ(right.terminal, ledger_->FindTerminal(CodeOf<TerminalId>("T1")));
  Ledger::Trail wrong;
  wrong.card = CardRow{other_card};
  wrong.terminal = TerminalRow{other_terminal};
  wrong.counter_count = 1;
  for (const Ledger::Trail& trail : {right, wrong, Ledger::Trail{}}) {
    Event event;
    Result result;
    ledger_->Decide(command, kNow, trail, &event, &result);
    EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
    EXPECT_EQ(event.transaction.card, command.authorize.card);
    EXPECT_EQ(event.transaction.terminal, right.terminal);
    EXPECT_EQ(event.transaction.member, ledger_->FindMember(CodeOf<MemberId>("M1")));
  }
}

TEST_F(LedgerTest, EveryEventChangesTheHash) {
  uint64_t before = ledger_->StateHash();
  for (const int64_t price : {10, 1'000'000}) {  // approved, declined
    Run(Own(Authorize(static_cast<uint64_t>(price), price)));
    EXPECT_NE(ledger_->StateHash(), before);
    before = ledger_->StateHash();
  }
}

TEST_F(LedgerTest, PostingsOfEveryEventSumToZeroInEachLayerAndAsset) {
  const auto check = [this] {
    std::map<std::pair<Layer, uint32_t>, int64_t> sums;
    int postings = 0;
    ForEachPosting(*ledger_, event_, [&](const Posting& posting) {
      sums[{posting.layer, posting.asset.value()}] += posting.amount.value();
      ++postings;
    });
    for (const auto& [key, sum] : sums) {
      EXPECT_EQ(sum, 0);
    }
    return postings;
  };
  Run(Own(Authorize(1, 1'001)));
  EXPECT_EQ(check(), 4);  // fund to merchant, members to merchant, both pending
  Command capture;
  capture.kind = CommandKind::kCapture;
  capture.terminal = CodeOf<TerminalId>("T1");
  capture.request_id = RequestId{2, 1};
  capture.capture = CaptureRequest{};
  capture.capture.original_request_id = RequestId{1, 1};
  capture.capture.has_amount = true;
  capture.capture.amount = Fen{301};
  Run(Own(capture));
  EXPECT_EQ(check(), 8);
  Command sale = Authorize(2, 999);
  sale.authorize.capture_at_once = true;
  Run(Own(sale));
  EXPECT_EQ(check(), 4);
  Command reverse;
  reverse.kind = CommandKind::kReverse;
  reverse.terminal = CodeOf<TerminalId>("T1");
  reverse.request_id = RequestId{3, 1};
  reverse.reverse = ReverseRequest{};
  reverse.reverse.original_request_id = RequestId{1, 2};
  Run(Own(reverse));
  EXPECT_EQ(check(), 4);
}

TEST_F(LedgerTest, EvolvingTheWrongEventIsABug) {
  Event event;
  Result result;
  ledger_->Decide(Authorize(1, 10), kNow, &event, &result);
  ledger_->Evolve(event);
  EXPECT_DEATH(ledger_->Evolve(event), "GH_CHECK");  // its sequence has passed
  event.seq = CommandSeq{event.seq.value() + 5};
  EXPECT_DEATH(ledger_->Evolve(event), "GH_CHECK");  // and this one is yet to come
}

TEST_F(LedgerTest, InvariantsHoldAndNoticeWhatWasTamperedWith) {
  Run(Own(Authorize(1, 10)));
  uint64_t row = 0;
  EXPECT_EQ(ledger_->CheckInvariants(&row), nullptr);
  // A table offers its pages to loading only; enough to break a fund.
  for (TableBase* table : ledger_->tables()) {
    if (table->id() == TableId::kFunds) {
      const std::vector<uint8_t> zeroes((table->size() + 1) * table->row_bytes());
      ASSERT_TRUE(table->LoadPage(0, zeroes));
    }
  }
  EXPECT_NE(ledger_->CheckInvariants(&row), nullptr);
}

}  // namespace
}  // namespace gonghui
