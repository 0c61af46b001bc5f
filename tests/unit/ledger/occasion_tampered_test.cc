// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is said of a ledger whose rows of vouchers, occasions, draws or contributions were
// changed behind its back: by its invariants, and when it is loaded.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;

Digest SomeDigest() {
  Digest digest;
  digest.fill(7);
  return digest;
}

// Vouchers 1 to 4 of member M1: the first is reserved, the second redeemed, the third taken
// back; the fifth is the bearer's.  A claim that two have approved and one has rejected, a
// draw with a winner, a pool that gave one prize and once nothing, and two contributions.
class OccasionTamperedTest : public OccasionWorld {
 protected:
  OccasionTamperedTest() {
    Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
      AskForVoucher(&benefit);
      LimitSpec& entry = AddLimit(programme, "entry", 100);
      entry.window = WindowKind::kProgramme;
      BenefitSpec& aid = AddPercentOff(&programme, "aid", 5'000, "F");
      AskForClaim(&aid);
      aid.approvals = 3;
    });
    AddMember("M2", 62'000'002);
    Issue({1, 2, 3, 4}, "M1");
    Issue({5}, nullptr);
    Run(WithCode(Authorize(1, 100), 1));
    Run(WithCode(Sale(2, 100), 2));
    Void(3);
    Run(OfEvent(Authorize(3, 100), kNow, "clerk"));
    claim_ = result_.transaction_id;
    Judge(CommandKind::kApproveClaim, "head");
    Judge(CommandKind::kApproveClaim, "deputy");
    Judge(CommandKind::kRejectClaim, "chair");
    DrawAndPool();
    ContributeTwice();
    spoiled_ = true;
  }

  void Judge(CommandKind kind, const char* by) {
    JudgeClaimRequest request;
    request.claim = claim_;
    request.by = CodeOf<OperatorName>(by);
    ASSERT_EQ(Run(Own(kind, request)).verdict, Verdict::kDecided);
  }
  void DrawAndPool() {
    const std::array<PrizeSpec, 1> prizes{
        PrizeSpec{CodeOf<SeriesCode>("V"), 2, 0, TimestampNs{}, kTimestampMax}};
    CommitDrawRequest draw;
    draw.code = CodeOf<DrawCode>("D");
    draw.seed_hash = SomeDigest();
    draw.programme = CodeOf<ProgrammeCode>("p");
    draw.limit = CodeOf<LimitCode>("entry");
    draw.prizes = prizes;
    draw.closes_at = TimestampNs{now_.value() + 1};
    ASSERT_EQ(Run(Own(draw)).verdict, Verdict::kDecided);
    now_ = draw.closes_at;
    ASSERT_EQ(Run(Own(CloseDrawRequest{draw.code, SomeDigest(), 1})).verdict, Verdict::kDecided);
    const std::array<VoucherToIssue, 1> won{VoucherToIssue{Key(6), CodeOf<MemberId>("M2")}};
    IssueVouchersRequest issue{
        CodeOf<SeriesCode>("V"), TimestampNs{}, kTimestampMax, draw.code, won};
    ASSERT_EQ(Run(Own(issue)).verdict, Verdict::kDecided);
    const std::array<PrizeSpec, 2> chances{
        PrizeSpec{CodeOf<SeriesCode>("V"), 1, 1, TimestampNs{}, kTimestampMax},
        PrizeSpec{SeriesCode{}, 0, 1, TimestampNs{}, kTimestampMax}};
    CommitDrawRequest pool;
    pool.code = CodeOf<DrawCode>("Q");
    pool.kind = DrawKind::kPool;
    pool.seed_hash = SomeDigest();
    pool.closes_at = kTimestampMax;
    pool.prizes = chances;
    ASSERT_EQ(Run(Own(pool)).verdict, Verdict::kDecided);
    for (const uint64_t event : {7U, 8U}) {
      ASSERT_EQ(Run(Own(DrawPrizeRequest{
                        pool.code, Key(event), CodeOf<MemberId>("M2"), event == 7 ? 0 : ~0ULL}))
                    .verdict,
                Verdict::kDecided);
    }
  }
  void ContributeTwice() {
    DefineSegment("covered");
    ContributeRequest request;
    request.fund = CodeOf<FundCode>("F");
    request.member = CodeOf<MemberId>("M2");
    request.segment = CodeOf<SegmentCode>("covered");
    request.amount = Fen{500};
    request.covers_from = kNow;
    for (const char* const receipt : {"R1", "R2"}) {
      request.receipt = CodeOf<ReceiptCode>(receipt);
      request.covers_until = AfterDays(100);
      ASSERT_EQ(Run(Own(request)).verdict, Verdict::kDecided);
    }
  }

  // A copy in which change(row) was done; `load` = before it is loaded, and what FinishLoad()
  // says of it, else what CheckInvariants() says.  "" when all hold.
  template <class Row, class RowId, class Change>
  std::string Tamper(const Table<Row, RowId>& table, RowId row, Change&& change, bool load) const {
    std::vector<Row> rows(table.size() + 1u);
    for (uint32_t i = 1; i <= table.size(); ++i) {
      rows[i] = table[RowId{i}];
    }
    change(rows[row.value()]);
    const auto* const bytes = reinterpret_cast<const uint8_t*>(rows.data());
    const std::span<const uint8_t> page{bytes, rows.size() * sizeof(Row)};
    const auto text = [](const char* problem) -> std::string {
      return problem == nullptr ? "" : problem;
    };
    if (!load) {
      const std::unique_ptr<Ledger> copy = Copy();
      TableBase& tampered = *copy->tables()[static_cast<size_t>(table.id()) - 1];
      EXPECT_TRUE(tampered.LoadPage(0, page));
      tampered.FinishLoad(1);  // the digest is that of what was loaded
      uint64_t at = 0;
      return text(copy->CheckInvariants(&at));
    }
    struct Loader : PageSink {
      void AddPage(TableId id, uint32_t number, std::span<const uint8_t> content) override {
        ASSERT_TRUE(into->tables()[static_cast<size_t>(id) - 1]->LoadPage(
            number, id == which ? page : content));
      }
      Ledger* into = nullptr;
      TableId which{};
      std::span<const uint8_t> page;
    };
    Ledger copy(ledger_->shard(), limits_);
    Loader loader;
    loader.into = &copy;
    loader.which = table.id();
    loader.page = page;
    for (size_t i = 0; i < ledger_->tables().size(); ++i) {
      TableBase& from = *ledger_->tables()[i];
      EXPECT_TRUE(copy.tables()[i]->BeginLoad(from.size()));
      from.MarkAllChanged();
      from.set_photo_sink(&loader);
      from.CopyPages(from.BeginPhoto() + 1, loader);
    }
    return text(copy.FinishLoad());
  }
  template <class Row, class RowId, class Change>
  std::string After(const Table<Row, RowId>& table, RowId row, Change&& change) const {
    return Tamper(table, row, change, /*load=*/false);
  }
  template <class Row, class RowId, class Change>
  std::string Loading(const Table<Row, RowId>& table, RowId row, Change&& change) const {
    return Tamper(table, row, change, /*load=*/true);
  }

  TransactionId claim_;
};

TEST_F(OccasionTamperedTest, NothingIsFoundWhereNothingWasDone) {
  EXPECT_EQ(After(ledger_->vouchers(), VoucherRow{1}, [](Voucher&) {}), "");
  EXPECT_EQ(Loading(ledger_->vouchers(), VoucherRow{1}, [](Voucher&) {}), "");
}

TEST_F(OccasionTamperedTest, Vouchers) {
  const auto voucher = [this](uint32_t row, auto change) {
    return After(ledger_->vouchers(), VoucherRow{row}, change);
  };
  EXPECT_THAT(voucher(5, [](Voucher& v) { v.key.low ^= 1; }), HasSubstr("found by its key"));
  EXPECT_THAT(voucher(5, [](Voucher& v) { v.draw = DrawRow{9}; }), HasSubstr("no member or draw"));
  EXPECT_THAT(voucher(5, [](Voucher& v) { v.series = VoucherSeriesRow{}; }),
              HasSubstr("of no series"));
  EXPECT_THAT(voucher(8, [](Voucher& v) { v.state = VoucherState::kIssued; }),
              HasSubstr("of no series"));
  EXPECT_THAT(voucher(5, [](Voucher& v) { v.expires_at = v.valid_from; }),
              HasSubstr("never be used"));
  EXPECT_THAT(voucher(5, [](Voucher& v) { v.ordinal = 1; }), HasSubstr("is in a chain"));
  EXPECT_THAT(voucher(4, [](Voucher& v) { v.ordinal = 3; }), HasSubstr("does not follow"));
  EXPECT_THAT(voucher(4, [](Voucher& v) { v.previous = VoucherRow{4}; }),
              HasSubstr("does not follow"));
  EXPECT_THAT(voucher(4, [](Voucher& v) { v.state = VoucherState::kVoid; }),
              HasSubstr("does not count its vouchers"));
  EXPECT_THAT(voucher(4, [](Voucher& v) { v.authorization = CommandSeq{3}; }),
              HasSubstr("nobody has"));
  EXPECT_THAT(voucher(2, [](Voucher& v) { v.authorization = CommandSeq{}; }),
              HasSubstr("names no authorization"));
  EXPECT_THAT(voucher(2, [this](Voucher& v) { v.authorization = VoucherOf(1).authorization; }),
              HasSubstr("did not take it"));
  EXPECT_THAT(voucher(1, [](Voucher& v) { v.state = VoucherState::kRedeemed; }),
              HasSubstr("otherwise than its authorization"));
  EXPECT_THAT(voucher(2, [](Voucher& v) { v.state = VoucherState::kReserved; }),
              HasSubstr("otherwise than its authorization"));
  EXPECT_THAT(After(ledger_->voucher_series(),
                    VoucherSeriesRow{1},
                    [](VoucherSeries& series) { ++series.redeemed; }),
              HasSubstr("does not count its vouchers"));
  EXPECT_THAT(After(ledger_->voucher_series(),
                    VoucherSeriesRow{1},
                    [](VoucherSeries& series) { series.code = CodeOf<SeriesCode>("X"); }),
              HasSubstr("found by its code"));
}

TEST_F(OccasionTamperedTest, Transactions) {
  const auto first = [this](auto change) {
    return After(ledger_->transactions(), TransactionRow{1}, change);
  };
  EXPECT_EQ(first([](Transaction&) {}), "");
  EXPECT_THAT(first([](Transaction& changed) { changed.applied_count = 0; }),
              HasSubstr("nothing names the benefit"));
  EXPECT_THAT(first([](Transaction& changed) { changed.failed_row = 1; }),
              HasSubstr("no limit or fund refused"));
  EXPECT_THAT(first([](Transaction& changed) {
                changed.failed_row = 1;
                changed.reason = Reason::kNoEffect;
              }),
              HasSubstr("no limit or fund refused"));
}

TEST_F(OccasionTamperedTest, Occasions) {
  const auto occasion = [this](uint32_t row, auto change) {
    return After(ledger_->occasions(), OccasionRow{row}, change);
  };
  EXPECT_THAT(occasion(3, [](Occasion& o) { o.authorization = CommandSeq{1}; }),
              HasSubstr("not its own"));
  EXPECT_THAT(occasion(3, [](Occasion& o) { o.voucher = VoucherRow{99}; }),
              HasSubstr("no voucher that there is"));
  EXPECT_THAT(occasion(1, [](Occasion& o) { o.asked.voucher = Key(4); }),
              HasSubstr("another voucher"));
  EXPECT_THAT(occasion(3, [](Occasion& o) { o.approval_count = 1; }),
              HasSubstr("count its approvals"));
  EXPECT_THAT(occasion(3, [](Occasion& o) { o.last_approval = ApprovalRow{9}; }),
              HasSubstr("is not there"));
  EXPECT_THAT(occasion(3, [](Occasion& o) { o.asked.filed_by = CodeOf<OperatorName>("head"); }),
              HasSubstr("who filed"));
  EXPECT_THAT(occasion(3,
                       [](Occasion& o) {
                         o.last_approval = ApprovalRow{};
                         o.approval_count = 0;
                       }),
              HasSubstr("of no claim"));
  EXPECT_THAT(After(ledger_->transactions(),
                    TransactionRow{3},
                    [](Transaction& claim) { claim.progress.occasion = OccasionRow{}; }),
              HasSubstr("has no transaction"));
  const auto approval = [this](uint32_t row, auto change) {
    return After(ledger_->approvals(), ApprovalRow{row}, change);
  };
  EXPECT_THAT(approval(2, [](Approval& a) { a.by = CodeOf<OperatorName>("head"); }),
              HasSubstr("twice"));
  EXPECT_THAT(approval(2, [](Approval& a) { a.judgement = Judgement::kRejected; }),
              HasSubstr("after it was rejected"));
  EXPECT_THAT(approval(2, [](Approval& a) { a.occasion = OccasionRow{1}; }),
              HasSubstr("not in order"));
}

TEST_F(OccasionTamperedTest, Draws) {
  const auto draw = [this](uint32_t row, auto change) {
    return After(ledger_->draws(), DrawRow{row}, change);
  };
  EXPECT_THAT(draw(1, [](Draw& d) { d.code = CodeOf<DrawCode>("X"); }),
              HasSubstr("found by its code"));
  EXPECT_THAT(draw(2, [](Draw& d) { d.prizes.first = 1; }), HasSubstr("do not follow"));
  EXPECT_THAT(draw(2, [](Draw& d) { d.prizes.count = 1; }), HasSubstr("of no draw"));
  EXPECT_THAT(draw(1, [](Draw& d) { d.won_count = 0; }), HasSubstr("that were won"));
  EXPECT_THAT(draw(1, [](Draw& d) { d.entry_count = 0; }), HasSubstr("count its entries"));
  EXPECT_THAT(draw(2, [](Draw& d) { d.entry_count = 1; }), HasSubstr("count its entries"));
  EXPECT_THAT(draw(1, [](Draw& d) { d.seed = SomeDigest(); }), HasSubstr("more is known"));
  EXPECT_THAT(draw(1, [](Draw& d) { d.state = DrawState::kCommitted; }),
              HasSubstr("more is known"));
  const auto prize = [this](uint32_t row, auto change) {
    return After(ledger_->prizes(), Ledger::PrizeRow{row}, change);
  };
  EXPECT_THAT(prize(1, [](Prize& p) { p.won = 3; }), HasSubstr("more was won"));
  EXPECT_THAT(prize(1, [](Prize& p) { p.won = 2; }), HasSubstr("that were won"));
  EXPECT_THAT(prize(3, [](Prize& p) { p.won = 2; }), HasSubstr("count its entries"));
  EXPECT_THAT(After(ledger_->vouchers(), VoucherRow{8}, [](Voucher& v) { v.draw = DrawRow{}; }),
              HasSubstr("draw"));
}

// Of the entries of a draw.
TEST_F(OccasionTamperedTest, Counters) {
  ASSERT_GT(ledger_->counters().size(), 0U);
  const auto counter = [this](auto change) {
    return After(ledger_->counters(), CounterRow{1}, change);
  };
  EXPECT_THAT(counter([](Counter& c) { ++c.used; }), HasSubstr("sum of its uses"));
  const auto now_s = static_cast<uint32_t>(FloorSecond(ledger_->applied_at()));
  EXPECT_EQ(counter([=](Counter& c) { c.since_s = now_s; }), "");
  EXPECT_THAT(counter([=](Counter& c) { c.since_s = now_s + 1; }),
              HasSubstr("since later than now"));
}

TEST_F(OccasionTamperedTest, Contributions) {
  const auto contribution = [this](auto change) {
    return After(ledger_->contributions(), ContributionRow{1}, change);
  };
  EXPECT_THAT(contribution([](Contribution& c) { c.span = SegmentSpanRow{9}; }),
              HasSubstr("no fund, member or span"));
  EXPECT_THAT(contribution([](Contribution& c) { c.receipt = CodeOf<ReceiptCode>("X"); }),
              HasSubstr("by its receipt"));
  EXPECT_THAT(contribution([](Contribution& c) { c.previous = ContributionRow{1}; }),
              HasSubstr("follows a later one"));
  EXPECT_THAT(After(ledger_->contributions(),
                    ContributionRow{2},
                    [](Contribution& c) { c.previous = ContributionRow{1}; }),
              HasSubstr("was not revoked"));
  EXPECT_THAT(Loading(ledger_->contributions(),
                      ContributionRow{2},
                      [](Contribution& c) { c.previous = ContributionRow{1}; }),
              HasSubstr("the one before of its receipt"));
  EXPECT_THAT(contribution([](Contribution& c) { c.covered_until = AfterDays(101); }),
              HasSubstr("buys no cover"));
  EXPECT_THAT(contribution([](Contribution& c) { c.amount += Fen{1}; }),
              HasSubstr("sum of its receipts"));
  EXPECT_THAT(contribution([](Contribution& c) { c.revoked = true; }),
              HasSubstr("sum of its receipts"));
  EXPECT_THAT(After(ledger_->funds(), FundRow{1}, [](Fund& f) { ++f.contribution_count; }),
              HasSubstr("sum of its receipts"));
}

TEST_F(OccasionTamperedTest, WhatDoesNotHoldTogetherIsNotLoaded) {
  EXPECT_THAT(
      Loading(ledger_->vouchers(), VoucherRow{4}, [](Voucher& v) { v.previous = VoucherRow{2}; }),
      HasSubstr("the one before of its member"));
  EXPECT_THAT(Loading(ledger_->draws(), DrawRow{2}, [](Draw& d) { d.prizes.count = 3; }),
              HasSubstr("prizes are not there"));
  EXPECT_THAT(Loading(ledger_->draws(), DrawRow{2}, [](Draw& d) { d.prizes.first = 0; }),
              HasSubstr("prizes are not there"));
}

}  // namespace
}  // namespace gonghui
