// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws and prize pools in the ledger: committed once, closed and settled in order, and no
// more won than was committed.  Who wins is engine/programmes/draw.h.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

constexpr uint64_t kHalf = uint64_t{1} << 63;

Digest DigestOf(uint8_t byte) {
  Digest digest;
  digest.fill(byte);
  return digest;
}

class DrawsTest : public OccasionWorld {
 protected:
  DrawsTest() {
    Apply([](OwnedProgramme& programme, BenefitSpec& /*benefit*/) {
      LimitSpec& entry = AddLimit(programme, "entry", 1);
      entry.window = WindowKind::kProgramme;
      AddLimit(programme, "daily", 1);
    });
    AddMember("M2", 62'000'002);
  }

  // Which can be used from the first hour on, for a day.
  static PrizeSpec Of(const char* series, uint32_t count, uint32_t weight = 0) {
    PrizeSpec prize;
    prize.series = series != nullptr ? CodeOf<SeriesCode>(series) : SeriesCode{};
    prize.count = count;
    prize.weight = weight;
    prize.valid_from = After(1);
    prize.expires_at = After(25);
    return prize;
  }
  // Closes at the second hour.
  static CommitDrawRequest DrawRequest(const char* code = "D") {
    CommitDrawRequest request;
    request.code = CodeOf<DrawCode>(code);
    request.seed_hash = DigestOf(1);
    request.programme = CodeOf<ProgrammeCode>("p");
    request.limit = CodeOf<LimitCode>("entry");
    request.closes_at = After(2);
    return request;
  }
  const Result& Commit(CommitDrawRequest request, const std::vector<PrizeSpec>& prizes) {
    request.prizes = prizes;
    return Run(Own(request));
  }
  const Result& CommitPool(const std::vector<PrizeSpec>& prizes, const char* code = "Q") {
    CommitDrawRequest request = DrawRequest(code);
    request.kind = DrawKind::kPool;
    request.programme = ProgrammeCode{};
    request.limit = LimitCode{};
    return Commit(request, prizes);
  }
  const Result& Close(uint32_t entries, uint8_t hash = 7, const char* code = "D") {
    CloseDrawRequest request;
    request.code = CodeOf<DrawCode>(code);
    request.entries_hash = DigestOf(hash);
    request.entry_count = entries;
    return Run(Own(request));
  }
  const Result& Settle(const char* code = "D", uint8_t seed = 9) {
    SettleDrawRequest request;
    request.code = CodeOf<DrawCode>(code);
    request.seed = DigestOf(seed);
    return Run(Own(request));
  }
  const Result& IssueFor(const std::vector<uint64_t>& keys,
                         const char* series = "V",
                         const char* draw = "D",
                         TimestampNs until = After(25)) {
    std::vector<VoucherToIssue> vouchers;
    for (const uint64_t key : keys) {
      vouchers.push_back(VoucherToIssue{Key(key), CodeOf<MemberId>("M1")});
    }
    IssueVouchersRequest request;
    request.series = CodeOf<SeriesCode>(series);
    request.valid_from = After(1);
    request.expires_at = until;
    request.draw = CodeOf<DrawCode>(draw);
    request.vouchers = vouchers;
    return Run(Own(request));
  }
  const Result& Draw1(uint64_t event,
                      uint64_t number,
                      const char* member = "M1",
                      const char* pool = "Q") {
    DrawPrizeRequest request;
    request.pool = CodeOf<DrawCode>(pool);
    request.key = Key(event);
    request.member = CodeOf<MemberId>(member);
    request.number = number;
    return Run(Own(request));
  }
  // The series that the last drawing won; "-" = nothing.
  [[nodiscard]] std::string Won() const {
    EXPECT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.admin_reason);
    const Voucher& voucher = ledger_->vouchers()[VoucherRow{result_.row}];
    return voucher.state == VoucherState::kBlank
               ? "-"
               : TextOf(ledger_->voucher_series()[voucher.series].code);
  }
  void ExpectRefused(AdminReason reason, Field field) {
    EXPECT_EQ(result_.verdict, Verdict::kRefused);
    EXPECT_STREQ(NameOf(result_.admin_reason), NameOf(reason));
    EXPECT_STREQ(NameOf(result_.field), NameOf(field));
  }
  [[nodiscard]] const Draw& DrawOf(const char* code = "D") const {
    return ledger_->draws()[ledger_->FindDraw(CodeOf<DrawCode>(code))];
  }
  // How many of each prize were won.
  [[nodiscard]] std::vector<uint32_t> WonOf(const char* code = "D") const {
    std::vector<uint32_t> won;
    for (const Prize& prize : ledger_->PrizesOf(DrawOf(code))) {
      won.push_back(prize.won);
    }
    return won;
  }
};

TEST_F(DrawsTest, IsCommittedOnce) {
  ASSERT_EQ(Commit(DrawRequest(), {Of("V", 2), Of("W", 5)}).verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);
  EXPECT_EQ(DrawOf().seed_hash, DigestOf(1));
  EXPECT_EQ(DrawOf().committed_at, kNow);
  EXPECT_EQ(DrawOf().state, DrawState::kCommitted);
  EXPECT_EQ(ledger_->voucher_series().size(), 2U);
  ASSERT_EQ(ledger_->PrizesOf(DrawOf()).size(), 2U);
  EXPECT_EQ(ledger_->PrizesOf(DrawOf())[1].count, 5U);
  // The first hash stands: the server makes a seed for each call.
  CommitDrawRequest again = DrawRequest();
  again.seed_hash = DigestOf(2);
  EXPECT_EQ(Commit(again, {Of("V", 2), Of("W", 5)}).verdict, Verdict::kUnchanged);
  EXPECT_EQ(DrawOf().seed_hash, DigestOf(1));
}

TEST_F(DrawsTest, OtherContentIsRefused) {
  const std::vector<PrizeSpec> prizes{Of("V", 2), Of("W", 5)};
  Commit(DrawRequest(), prizes);
  const uint64_t hash = ledger_->StateHash();
  const auto refuse = [&](auto&& change_request, auto&& change_prizes) {
    CommitDrawRequest request = DrawRequest();
    std::vector<PrizeSpec> others = prizes;
    change_request(request);
    change_prizes(others);
    Commit(request, others);
    ExpectRefused(AdminReason::kImmutable, Field::kDraw);
    EXPECT_EQ(ledger_->StateHash(), hash);
  };
  const auto same = [](auto& /*unchanged*/) {};
  refuse([](CommitDrawRequest& r) { r.kind = DrawKind::kPool; }, same);
  refuse([](CommitDrawRequest& r) { r.programme = CodeOf<ProgrammeCode>("q"); }, same);
  refuse([](CommitDrawRequest& r) { r.limit = CodeOf<LimitCode>("daily"); }, same);
  refuse([](CommitDrawRequest& r) { r.closes_at = After(3); }, same);
  refuse(same, [](std::vector<PrizeSpec>& p) { p.pop_back(); });
  refuse(same, [](std::vector<PrizeSpec>& p) { p.push_back(Of("V", 1)); });
  refuse(same, [](std::vector<PrizeSpec>& p) { p[0].count = 3; });
  refuse(same, [](std::vector<PrizeSpec>& p) { p[1].weight = 1; });
  refuse(same, [](std::vector<PrizeSpec>& p) { p[1].valid_from = After(2); });
  refuse(same, [](std::vector<PrizeSpec>& p) { p[1].expires_at = After(26); });
  refuse(same, [](std::vector<PrizeSpec>& p) { p[0].series = CodeOf<SeriesCode>("W"); });
  refuse(same, [](std::vector<PrizeSpec>& p) { std::swap(p[0], p[1]); });
}

TEST_F(DrawsTest, IsOfALimitThatCountsPersonsOverAProgramme) {
  CommitDrawRequest request = DrawRequest();
  request.programme = CodeOf<ProgrammeCode>("nobodys");
  Commit(request, {Of("V", 1)});
  ExpectRefused(AdminReason::kUnknownReference, Field::kProgramme);
  request = DrawRequest();
  request.limit = CodeOf<LimitCode>("daily");
  Commit(request, {Of("V", 1)});
  ExpectRefused(AdminReason::kUnknownReference, Field::kEntries);
  EXPECT_EQ(ledger_->voucher_series().size(), 0U);
}

TEST_F(DrawsTest, RunsThroughItsStates) {
  Commit(DrawRequest(), {Of("V", 2), Of("W", 1)});
  // Not before its time, and not out of order.
  Close(2);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  Settle();
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
  IssueFor({1});
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
  now_ = TimestampNs{After(2).value() - 1};
  Close(4);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  now_ = After(2);
  ASSERT_EQ(Close(4).verdict, Verdict::kDecided);
  EXPECT_EQ(DrawOf().state, DrawState::kClosed);
  EXPECT_EQ(DrawOf().entries_hash, DigestOf(7));
  EXPECT_EQ(DrawOf().entry_count, 4U);
  EXPECT_EQ(Close(4).verdict, Verdict::kUnchanged);
  Close(5);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kEntries);
  Close(4, 8);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kEntries);
  // Settled only when all that is won has been issued.
  ASSERT_EQ(IssueFor({1, 2}).verdict, Verdict::kDecided);
  EXPECT_EQ(WonOf(), (std::vector<uint32_t>{2, 0}));
  Settle();
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kPrize);
  EXPECT_EQ(IssueFor({1, 2}).verdict, Verdict::kUnchanged);
  ASSERT_EQ(IssueFor({3}, "W").verdict, Verdict::kDecided);
  now_ = After(3);
  ASSERT_EQ(Settle().verdict, Verdict::kDecided);
  EXPECT_EQ(DrawOf().state, DrawState::kSettled);
  EXPECT_EQ(DrawOf().seed, DigestOf(9));
  EXPECT_EQ(DrawOf().settled_at, After(3));
  EXPECT_EQ(DrawOf().won_count, 3U);
  // Every step can be asked again.
  EXPECT_EQ(Close(4).verdict, Verdict::kUnchanged);
  EXPECT_EQ(IssueFor({1, 2}).verdict, Verdict::kUnchanged);
  EXPECT_EQ(Settle().verdict, Verdict::kUnchanged);
  Settle("D", 10);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kSeedHash);
  Close(3);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kEntries);
  EXPECT_EQ(VoucherOf(3).draw, ledger_->FindDraw(CodeOf<DrawCode>("D")));
}

TEST_F(DrawsTest, WithFewerEntriesThanPrizesAllWhoEnteredWin) {
  Commit(DrawRequest(), {Of("V", 5)});
  now_ = After(2);
  Close(1);
  Settle();
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kPrize);
  IssueFor({1, 2});
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  IssueFor({1});
  IssueFor({2});
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  EXPECT_EQ(Settle().verdict, Verdict::kDecided);
  // And of one that nobody entered there is nothing to issue.
  CommitDrawRequest other = DrawRequest("E");
  other.closes_at = After(3);
  Commit(other, {Of("V", 5)});
  now_ = After(3);
  Close(0, 7, "E");
  EXPECT_EQ(Settle("E").verdict, Verdict::kDecided);
}

TEST_F(DrawsTest, NoMoreIsIssuedThanWasCommitted) {
  // The same series and times twice: they are filled in order.
  Commit(DrawRequest(), {Of("V", 2), Of("W", 1), Of("V", 1)});
  CommitPool({Of("V", 1, 1)});
  now_ = After(2);
  Close(100);
  IssueFor({1}, "W", "D", After(26));  // other times are another prize
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  IssueFor({1}, "X");
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  IssueFor({1, 2, 3, 4});
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  ASSERT_EQ(IssueFor({1}).verdict, Verdict::kDecided);
  EXPECT_EQ(WonOf(), (std::vector<uint32_t>{1, 0, 0}));
  IssueFor({2, 3, 4});
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  ASSERT_EQ(IssueFor({1, 2, 3}).verdict, Verdict::kDecided);
  EXPECT_EQ(WonOf(), (std::vector<uint32_t>{2, 0, 1}));
  IssueFor({4});
  ExpectRefused(AdminReason::kTooMany, Field::kPrize);
  // Nor for a pool.
  IssueFor({4}, "V", "Q");
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
}

TEST_F(DrawsTest, UnknownOnesAreRefused) {
  Close(0, 7, "X");
  ExpectRefused(AdminReason::kUnknownReference, Field::kDraw);
  Settle("X");
  ExpectRefused(AdminReason::kUnknownReference, Field::kDraw);
  Draw1(1, 0, "M1", "X");
  ExpectRefused(AdminReason::kUnknownReference, Field::kDraw);
  Commit(DrawRequest(), {Of("V", 1)});
  Draw1(1, 0, "M9", "D");
  ExpectRefused(AdminReason::kUnknownReference, Field::kMember);
  Draw1(1, 0, "M1", "D");
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
}

// ---- Prize pools -----------------------------------------------------------------

TEST_F(DrawsTest, APoolDrawsByWeight) {
  CommitPool({Of("A", 0, 1), Of("B", 0, 2), Of(nullptr, 0, 1)});
  // A quarter, a half, a quarter: both ends of each.
  const uint64_t quarter = kHalf / 2;
  uint64_t event = 0;
  const auto won = [&](uint64_t number) {
    Draw1(++event, number);
    return Won();
  };
  EXPECT_EQ(won(0), "A");
  EXPECT_EQ(won(quarter - 1), "A");
  EXPECT_EQ(won(quarter), "B");
  EXPECT_EQ(won(3 * quarter - 1), "B");
  EXPECT_EQ(won(3 * quarter), "-");
  EXPECT_EQ(won(UINT64_MAX), "-");
  EXPECT_EQ(WonOf("Q"), (std::vector<uint32_t>{2, 2, 2}));
  EXPECT_EQ(DrawOf("Q").entry_count, 6U);
  EXPECT_EQ(DrawOf("Q").won_count, 4U);
  const Voucher& voucher = VoucherOf(1);
  EXPECT_EQ(voucher.valid_from, After(1));
  EXPECT_EQ(voucher.expires_at, After(25));
  EXPECT_EQ(voucher.member, ledger_->FindMember(CodeOf<MemberId>("M1")));
  EXPECT_EQ(voucher.draw, ledger_->FindDraw(CodeOf<DrawCode>("Q")));
  EXPECT_EQ(voucher.state, VoucherState::kIssued);
  EXPECT_EQ(VoucherOf(6).ordinal, 0U);  // of nothing there is no chain
}

TEST_F(DrawsTest, WhatIsUsedUpHasNoPartAnyMore) {
  CommitPool({Of("A", 1, 3), Of("B", 2, 1)});
  EXPECT_EQ((Draw1(1, 0), Won()), "A");
  EXPECT_EQ((Draw1(2, 0), Won()), "B");
  EXPECT_EQ((Draw1(3, UINT64_MAX), Won()), "B");
  EXPECT_EQ((Draw1(4, 0), Won()), "-");
  EXPECT_EQ((Draw1(5, UINT64_MAX), Won()), "-");
  EXPECT_EQ(WonOf("Q"), (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(DrawOf("Q").entry_count, 5U);
  EXPECT_EQ(DrawOf("Q").won_count, 3U);
}

TEST_F(DrawsTest, TheLargestWeightsDoNotOverflow) {
  std::vector<PrizeSpec> prizes(kPrizesPerDrawMax, Of("A", 0, UINT32_MAX));
  prizes.back() = Of("Z", 0, UINT32_MAX);
  CommitPool(prizes);
  EXPECT_EQ((Draw1(1, UINT64_MAX), Won()), "Z");
  EXPECT_EQ((Draw1(2, UINT64_MAX - (uint64_t{1} << 58)), Won()), "A");
  EXPECT_EQ((Draw1(3, 0), Won()), "A");
}

TEST_F(DrawsTest, AnEventDrawsOnce) {
  CommitPool({Of("A", 0, 1), Of(nullptr, 0, 1)});
  CommitPool({Of("A", 0, 1)}, "R");
  Draw1(1, 0);
  const uint32_t row = result_.row;
  Draw1(2, UINT64_MAX);
  ASSERT_EQ(Won(), "-");
  const uint64_t hash = ledger_->StateHash();
  EXPECT_EQ(Draw1(1, UINT64_MAX).verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, row);
  EXPECT_EQ(Draw1(2, 0).verdict, Verdict::kUnchanged);  // nothing is nothing
  Draw1(1, 0, "M2");
  ExpectRefused(AdminReason::kBelongsToAnother, Field::kVoucher);
  Draw1(1, 0, "M1", "R");
  ExpectRefused(AdminReason::kBelongsToAnother, Field::kVoucher);
  EXPECT_EQ(ledger_->StateHash(), hash);
  // Nor can it be given by hand what it did not win, or be taken what it did not get.
  const std::vector<VoucherToIssue> vouchers{{Key(2), CodeOf<MemberId>("M1")}};
  IssueVouchersRequest request;
  request.series = CodeOf<SeriesCode>("A");
  request.valid_from = After(1);
  request.expires_at = After(25);
  request.vouchers = vouchers;
  Run(Own(request));
  ExpectRefused(AdminReason::kBelongsToAnother, Field::kVoucher);
  const std::vector<VoucherKey> keys{Key(2)};
  Run(Own(VoidVouchersRequest{keys}));
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
  // Nor is what was won taken back.
  const std::vector<VoucherKey> own{Key(1)};
  Run(Own(VoidVouchersRequest{own}));
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
  EXPECT_EQ(Draw1(1, 0).verdict, Verdict::kUnchanged);
}

TEST_F(DrawsTest, APoolEndsAndIsSettled) {
  CommitPool({Of("A", 0, 1)});
  Close(0, 7, "Q");
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kDraw);
  Settle("Q");
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  now_ = TimestampNs{After(2).value() - 1};
  Draw1(1, 0);
  EXPECT_EQ(Won(), "A");
  now_ = After(2);
  Draw1(2, 0);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  EXPECT_EQ(Draw1(1, 0).verdict, Verdict::kUnchanged);  // asked again, it is told as ever
  EXPECT_EQ(Settle("Q").verdict, Verdict::kDecided);
  EXPECT_EQ(DrawOf("Q").seed, DigestOf(9));
  EXPECT_EQ(Settle("Q").verdict, Verdict::kUnchanged);
  Settle("Q", 10);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kSeedHash);
}

TEST_F(DrawsTest, WhoHasManyOfASeriesMayWinAnother) {
  CommitPool({Of("V", 0, 1), Of(nullptr, 0, 1)});
  std::vector<uint64_t> keys;
  for (uint64_t key = 1; key <= kVouchersPerMemberMax; ++key) {
    Draw1(key, 0);
  }
  ASSERT_EQ(Won(), "V");
  EXPECT_EQ((Draw1(5'000, 0), Won()), "V");
  EXPECT_EQ((Draw1(5'001, UINT64_MAX), Won()), "-");
}

class FullOfDrawsTest : public DrawsTest {
 protected:
  FullOfDrawsTest() {
    limits_.draws_max = 2;
    limits_.voucher_series_max = 3;
    limits_.vouchers_max = 1;
    // What there is so far is evolved once more, into a smaller ledger.
    ledger_ = std::make_unique<Ledger>(ledger_->shard(), limits_);
    for (const Event& event : events_) {
      ledger_->Evolve(event);
    }
  }
};

TEST_F(FullOfDrawsTest, NothingIsCommittedOrDrawnWithoutRoom) {
  const auto expect_full = [&](Field table) {
    EXPECT_EQ(result_.verdict, Verdict::kFull);
    EXPECT_STREQ(NameOf(result_.field), NameOf(table));
  };
  // Four series, one of them twice.
  CommitPool({Of("A", 0, 1), Of("B", 0, 1), Of("A", 0, 1), Of("C", 0, 1), Of("E", 0, 1)});
  expect_full(Field::kSeries);
  ASSERT_EQ(CommitPool({Of("A", 0, 1), Of(nullptr, 0, 1), Of("B", 0, 1)}).verdict,
            Verdict::kDecided);
  EXPECT_EQ(CommitPool({Of("B", 0, 1), Of("C", 0, 1)}, "R").verdict, Verdict::kDecided);
  CommitPool({Of("A", 0, 1)}, "S");
  expect_full(Field::kDraws);
  Draw1(1, 0);
  EXPECT_EQ(Won(), "A");
  Draw1(2, 0);
  expect_full(Field::kVouchers);
  Draw1(2, UINT64_MAX);
  expect_full(Field::kVouchers);
}

}  // namespace
}  // namespace gonghui
