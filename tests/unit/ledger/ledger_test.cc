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

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/ledger/postings.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

class LedgerTest : public LedgerWorld {};

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
  const Benefit& failed = ledger_->benefits()[result.transaction.benefit];
  EXPECT_EQ(TextOf(failed.code), "x0");
}

TEST_F(LedgerTest, AWrongTrailMisleadsNobody) {
  MemberRequest member;
  member.id = CodeOf<MemberId>("M2");
  member.union_node = CodeOf<UnionNodeId>("U");
  Run(Own(member));
  CardRequest card;
  card.number = CardNumber{kCard.value() + 1};
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
  EXPECT_EQ(right.card, ledger_->FindCard(kCard));
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

// ---- Memory ----------------------------------------------------------------------

constexpr uint64_t kHugePageBytes = uint64_t{2} << 20;

// All that a ledger with so many sales tells of its reserve, by where it lies.
std::map<const void*, uint64_t> ReserveOf(int sales, uint64_t bytes_max, uint64_t* in_use) {
  Ledger ledger(0, LedgerLimits{});
  Event event;
  Result result;
  const auto run = [&](const Command& command) {
    ledger.Decide(command, kCityNoon, Ledger::Trail{}, &event, &result);
    if (event.kind != EventKind::kNone) {
      ledger.Evolve(event);
    }
  };
  const CityOptions city;
  BuildCity(city, run);
  Prng prng(5);
  for (int i = 0; i < sales; ++i) {
    run(RandomSale(city, prng));
  }
  *in_use = ledger.transactions().bytes_in_use() + ledger.applied().bytes_in_use() +
            ledger.uses().bytes_in_use() + ledger.counters().bytes_in_use();
  std::map<const void*, uint64_t> told;
  for (MemoryRange range = ledger.TakeReserveMemory(bytes_max); range.size != 0;
       range = ledger.TakeReserveMemory(bytes_max)) {
    told[range.data] += range.size;
  }
  return told;
}

uint64_t SumOf(const std::map<const void*, uint64_t>& told) {
  uint64_t sum = 0;
  for (const auto& [data, bytes] : told) {
    sum += bytes;
  }
  return sum;
}

TEST(LedgerReserveTest, IsAsMuchAgainAsDecisionsTakeOrTheShareOfIt) {
  constexpr int kSales = 100'000;
  constexpr uint64_t kTables = 4;  // that a sale appends to
  uint64_t in_use = 0;
  const uint64_t all = SumOf(ReserveOf(kSales, UINT64_MAX / 2, &in_use));
  ASSERT_GT(in_use, 10 * kHugePageBytes);
  EXPECT_LE(all, in_use + kTables * kHugePageBytes);
  EXPECT_GE(all, in_use - kTables * kHugePageBytes);
  const uint64_t half = SumOf(ReserveOf(kSales, in_use / 2, &in_use));
  EXPECT_LE(half, in_use / 2 + kTables * kHugePageBytes);
  EXPECT_GE(half, in_use / 2 - kTables * kHugePageBytes);
  EXPECT_LT(half, all - 2 * kHugePageBytes);
}

TEST(LedgerReserveTest, NothingWantedNothingTold) {
  uint64_t in_use = 0;
  EXPECT_TRUE(ReserveOf(20'000, 0, &in_use).empty());
  EXPECT_TRUE(ReserveOf(100, UINT64_MAX / 2, &in_use).empty()) << "less than a page";
}

// ---- Bugs ------------------------------------------------------------------------

TEST_F(LedgerTest, EvolvingTheWrongEventIsABug) {
  Event event;
  Result result;
  ledger_->Decide(Authorize(1, 10), kNow, &event, &result);
  ledger_->Evolve(event);
  spoiled_ = true;                                   // it is not among those to replay
  EXPECT_DEATH(ledger_->Evolve(event), "GH_CHECK");  // its sequence has passed
  event.seq = CommandSeq{event.seq.value() + 5};
  EXPECT_DEATH(ledger_->Evolve(event), "GH_CHECK");  // and this one is yet to come
}

// A table offers its pages to loading only; enough to change a row of it.
class TamperedTest : public LedgerWorld {
 protected:
  TamperedTest() {
    const std::vector<LineItem> lines = {{CodeOf<ItemCode>("A"), Fen{40}, 2, 0},
                                         {CodeOf<ItemCode>("B"), Fen{60}, 1, 0}};
    Run(OwnWithLines(Sale(1, 100), lines));
    Run(OwnWithLines(About(CommandKind::kRefund, 2, 1), std::vector<ReturnedLine>{{1, 1}}));
    AdviceRequest advice;
    advice.occurred_at = kNow;
    advice.sequence = 1;
    Run(OwnAdvice(Sale(3, 100), advice));
    Run(Own(Close(4, Totals{})));
    Run(Own(Close(5, Totals{})));
    for (const MemberStatus status : {MemberStatus::kSuspended, MemberStatus::kActive}) {
      Run(Own(MemberStatusRequest{CodeOf<MemberId>("M1"), status}));
    }
    spoiled_ = true;
  }

  // What CheckInvariants() says of a copy after change(row); "" when all hold.
  template <class Row, class RowId, class Change>
  std::string After(const Table<Row, RowId>& table, RowId row, Change&& change) const {
    const std::unique_ptr<Ledger> copy = Copy();
    std::vector<Row> rows(table.size() + 1u);
    for (uint32_t i = 1; i <= table.size(); ++i) {
      rows[i] = table[RowId{i}];
    }
    change(rows[row.value()]);
    TableBase& tampered = *copy->tables()[static_cast<size_t>(table.id()) - 1];
    const auto* const bytes = reinterpret_cast<const uint8_t*>(rows.data());
    EXPECT_TRUE(tampered.LoadPage(0, {bytes, rows.size() * sizeof(Row)}));
    tampered.FinishLoad(1);  // the digest is that of what was loaded
    uint64_t at = 0;
    const char* const problem = copy->CheckInvariants(&at);
    return problem == nullptr ? "" : problem;
  }
};

TEST_F(TamperedTest, InvariantsHoldAndNoticeEachChange) {
  using ::testing::HasSubstr;
  uint64_t row = 0;
  EXPECT_EQ(ledger_->CheckInvariants(&row), nullptr);
  EXPECT_EQ(After(ledger_->funds(), FundRow{1}, [](Fund&) {}), "");
  EXPECT_THAT(After(ledger_->funds(), FundRow{1}, [](Fund& fund) { fund.spent += Fen{1}; }),
              HasSubstr("sum of its shares"));

  const auto third = [this](auto change) {
    return After(ledger_->transactions(), TransactionRow{3}, change);
  };
  EXPECT_THAT(third([](Transaction& changed) { changed.in_order = TransactionRow{1}; }),
              HasSubstr("stands out of order"));
  EXPECT_THAT(third([](Transaction& changed) { changed.progress.returned = true; }),
              HasSubstr("id does not find it"));
  EXPECT_THAT(third([](Transaction& changed) { changed.seq = CommandSeq{1}; }),
              HasSubstr("id does not find it"));

  EXPECT_THAT(third([](Transaction& changed) { changed.failed_row = 1; }),
              HasSubstr("is not there"));

  const auto line = [this](auto change) { return After(ledger_->lines(), LineRow{1}, change); };
  EXPECT_THAT(line([](Line& changed) { changed.price += Fen{1}; }), HasSubstr("list price"));
  EXPECT_THAT(line([](Line& changed) { changed.subsidy -= Fen{1}; }), HasSubstr("the subsidy"));
  EXPECT_THAT(line([](Line& changed) { changed.subsidy = Fen{41}; }), HasSubstr("no part"));
  EXPECT_THAT(line([](Line& changed) { changed.number = 2; }), HasSubstr("wrong number"));
  EXPECT_THAT(line([](Line& changed) { changed.returned = 3; }), HasSubstr("more than there was"));
  EXPECT_THAT(line([](Line& changed) { changed.returned = 0; }), HasSubstr("sum of its refunds"));
  EXPECT_THAT(After(ledger_->lines(), LineRow{3}, [](Line& changed) { changed.number = 3; }),
              HasSubstr("that there was not"));
  EXPECT_THAT(After(ledger_->transactions(),
                    TransactionRow{1},
                    [](Transaction& sale) { sale.progress.first_line = LineRow{9}; }),
              HasSubstr("line is not there"));
  EXPECT_THAT(After(ledger_->transactions(),
                    TransactionRow{3},
                    [](Transaction& sale) {
                      sale.progress.first_line = LineRow{1};
                      sale.progress.line_count = 2;
                    }),
              HasSubstr("line has no transaction"));

  EXPECT_THAT(
      After(
          ledger_->open_batches(), TerminalRow{1}, [](OpenBatch& open) { ++open.totals.captures; }),
      HasSubstr("what it was answered"));
  const auto batch = [this](auto change) { return After(ledger_->batches(), BatchRow{2}, change); };
  EXPECT_THAT(batch([](Batch& changed) { changed.number = 3; }), HasSubstr("does not follow"));
  EXPECT_THAT(batch([](Batch& changed) { changed.transaction = TransactionRow{1}; }),
              HasSubstr("name each other"));

  const auto advice = [this](auto change) {
    return After(ledger_->advices(), AdviceRow{1}, change);
  };
  EXPECT_THAT(advice([](Advice& changed) { changed.transaction = TransactionRow{1}; }),
              HasSubstr("name each other"));
  EXPECT_THAT(advice([](Advice& changed) { changed.acquirer_bears = Fen{51}; }),
              HasSubstr("bears more"));
  EXPECT_THAT(advice([](Advice& changed) { changed.judged_at = kTimestampMax; }),
              HasSubstr("later than now"));
  EXPECT_THAT(advice([](Advice& changed) { ++changed.sequence; }), HasSubstr("by its key"));
  EXPECT_THAT(After(ledger_->transactions(),
                    TransactionRow{3},
                    [](Transaction& sale) { sale.progress.advice = AdviceRow{}; }),
              HasSubstr("advice has no transaction"));

  const auto change = [this](auto tamper) {
    return After(ledger_->status_changes(), StatusChangeRow{2}, tamper);
  };
  EXPECT_THAT(change([](StatusChange& changed) { changed.subject_row = 2; }),
              HasSubstr("does not follow"));
  EXPECT_THAT(change([](StatusChange& changed) { changed.until = TimestampNs{1}; }),
              HasSubstr("does not follow"));
}

// ... and what FinishLoad() does.
TEST_F(TamperedTest, RowsThatDoNotHoldTogetherAreNotLoaded) {
  const auto finish_without = [this](TableId table) {
    const std::unique_ptr<Ledger> copy = Copy();
    EXPECT_TRUE(copy->tables()[static_cast<size_t>(table) - 1]->BeginLoad(0));
    const char* const problem = copy->FinishLoad();
    return std::string(problem == nullptr ? "" : problem);
  };
  EXPECT_EQ(finish_without(TableId::kOpenBatches), "a terminal has no open batch");
  EXPECT_EQ(finish_without(TableId::kFundNames), "a merchant or fund has no row of names");
}

}  // namespace
}  // namespace gonghui
