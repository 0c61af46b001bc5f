// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers as operators handle them: issued and taken back, all or none, and kept so that
// each is found by its key and a member's by its series.  How sales use them: occasion tests.

#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/archiving.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

struct Asked {
  uint64_t key;
  const char* member = nullptr;  // null = the bearer's
};

class VouchersTest : public OccasionWorld {
 protected:
  static IssueVouchersRequest Request() {
    IssueVouchersRequest request;
    request.series = CodeOf<SeriesCode>("V");
    request.valid_from = After(1);
    request.expires_at = After(2);
    return request;
  }
  static std::vector<VoucherToIssue> ToIssue(const std::vector<Asked>& asked) {
    std::vector<VoucherToIssue> vouchers;
    for (const Asked& one : asked) {
      vouchers.push_back(VoucherToIssue{
          Key(one.key), one.member != nullptr ? CodeOf<MemberId>(one.member) : MemberId{}});
    }
    return vouchers;
  }
  const Result& IssueAs(IssueVouchersRequest request, const std::vector<Asked>& asked) {
    const std::vector<VoucherToIssue> vouchers = ToIssue(asked);
    request.vouchers = vouchers;
    return Run(Own(request));
  }
  const Result& IssueAll(const std::vector<Asked>& asked) { return IssueAs(Request(), asked); }
  const Result& VoidAll(const std::vector<uint64_t>& keys) {
    std::vector<VoucherKey> all;
    for (const uint64_t key : keys) {
      all.push_back(Key(key));
    }
    return Run(Own(VoidVouchersRequest{all}));
  }
  // Nothing has changed since `hash`.
  void ExpectRefused(AdminReason reason, Field field, uint32_t index, uint64_t hash) {
    EXPECT_EQ(result_.verdict, Verdict::kRefused);
    EXPECT_STREQ(NameOf(result_.admin_reason), NameOf(reason));
    EXPECT_STREQ(NameOf(result_.field), NameOf(field));
    EXPECT_EQ(result_.index, index);
    EXPECT_EQ(ledger_->StateHash(), hash);
  }
  [[nodiscard]] const VoucherSeries& Series(const char* code = "V") const {
    return ledger_->voucher_series()[ledger_->FindVoucherSeries(CodeOf<SeriesCode>(code))];
  }
  // From the newest on, by their place among the member's.
  [[nodiscard]] std::vector<uint32_t> ChainOf(const char* member, const char* series = "V") const {
    std::vector<uint32_t> ordinals;
    VoucherRow row =
        ledger_->NewestVoucherOf(ledger_->FindMember(CodeOf<MemberId>(member)),
                                 ledger_->FindVoucherSeries(CodeOf<SeriesCode>(series)));
    for (; row != VoucherRow{}; row = ledger_->vouchers()[row].previous) {
      ordinals.push_back(ledger_->vouchers()[row].ordinal);
    }
    return ordinals;
  }
};

TEST_F(VouchersTest, AreIssuedToMembersAndBearers) {
  AddMember("M2", 62'000'002);
  IssueAll({{1, "M1"}, {2}, {3, "M2"}, {4, "M1"}});
  ASSERT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_TRUE(result_.created);  // the series
  EXPECT_EQ(result_.index, 4U);
  EXPECT_EQ(result_.row, ledger_->FindVoucherSeries(CodeOf<SeriesCode>("V")).value());
  EXPECT_EQ(Series().issued, 4U);
  EXPECT_EQ(ChainOf("M1"), (std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(ChainOf("M2"), (std::vector<uint32_t>{1}));
  const Voucher& bearers = VoucherOf(2);
  EXPECT_EQ(bearers.member, MemberRow{});
  EXPECT_EQ(bearers.ordinal, 0U);
  EXPECT_EQ(bearers.state, VoucherState::kIssued);
  EXPECT_EQ(VoucherOf(4).valid_from, After(1));
  EXPECT_EQ(VoucherOf(4).expires_at, After(2));
  EXPECT_EQ(VoucherOf(4).member, ledger_->FindMember(CodeOf<MemberId>("M1")));
  EXPECT_EQ(ledger_->FindVoucher(Key(5)), VoucherRow{});
  // Another series has chains of its own.
  IssueVouchersRequest other = Request();
  other.series = CodeOf<SeriesCode>("W");
  IssueAs(other, {{5, "M1"}});
  EXPECT_EQ(ChainOf("M1"), (std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(ChainOf("M1", "W"), (std::vector<uint32_t>{1}));
  EXPECT_EQ(Series("W").issued, 1U);
}

TEST_F(VouchersTest, WhatIsThereIsLeftAsItIs) {
  IssueAll({{1, "M1"}, {2}});
  const uint64_t hash = ledger_->StateHash();
  EXPECT_EQ(IssueAll({{2}, {1, "M1"}}).verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, ledger_->FindVoucherSeries(CodeOf<SeriesCode>("V")).value());
  EXPECT_EQ(ledger_->StateHash(), hash);
  // Also when it was used or taken back since.
  VoidAll({2});
  EXPECT_EQ(IssueAll({{1, "M1"}, {2}}).verdict, Verdict::kUnchanged);
  EXPECT_EQ(VoucherOf(2).state, VoucherState::kVoid);
  // Beside it what is new is issued.
  EXPECT_EQ(IssueAll({{1, "M1"}, {3, "M1"}, {2}}).verdict, Verdict::kDecided);
  EXPECT_FALSE(result_.created);
  EXPECT_EQ(result_.index, 1U);
  EXPECT_EQ(ChainOf("M1"), (std::vector<uint32_t>{2, 1}));
}

TEST_F(VouchersTest, AKeyHasOneVoucher) {
  AddMember("M2", 62'000'002);
  IssueAll({{1, "M1"}, {2}});
  const uint64_t hash = ledger_->StateHash();
  const auto refused_at = [&](uint32_t index) {
    ExpectRefused(AdminReason::kBelongsToAnother, Field::kVoucher, index, hash);
  };
  IssueAll({{3}, {1, "M2"}});
  refused_at(1);
  IssueAll({{3}, {4}, {1}});
  refused_at(2);
  IssueAll({{2, "M1"}, {3}});
  refused_at(0);
  IssueVouchersRequest other = Request();
  other.series = CodeOf<SeriesCode>("W");  // there is none
  IssueAs(other, {{1, "M1"}});
  refused_at(0);
  other = Request();
  other.valid_from = After(0);
  IssueAs(other, {{1, "M1"}});
  refused_at(0);
  other = Request();
  other.expires_at = After(3);
  IssueAs(other, {{1, "M1"}});
  refused_at(0);
  EXPECT_EQ(ledger_->FindVoucher(Key(3)), VoucherRow{});
}

TEST_F(VouchersTest, AreRefusedForMembersAndDrawsThatNobodyKnows) {
  const uint64_t hash = ledger_->StateHash();
  IssueAll({{1, "M1"}, {2, "M9"}});
  ExpectRefused(AdminReason::kUnknownReference, Field::kMember, 1, hash);
  IssueVouchersRequest request = Request();
  request.draw = CodeOf<DrawCode>("D");
  IssueAs(request, {{1, "M9"}});
  ExpectRefused(AdminReason::kUnknownReference, Field::kDraw, 0, hash);
  EXPECT_EQ(ledger_->voucher_series().size(), 0U);
}

TEST_F(VouchersTest, AMemberHasAtMostSoManyOfASeries) {
  AddMember("M2", 62'000'002);
  std::vector<Asked> all;
  for (uint64_t key = 1; key <= kVouchersPerCommandMax; ++key) {
    all.push_back({key, "M1"});
  }
  IssueAll(all);
  ASSERT_EQ(result_.index, kVouchersPerCommandMax);
  const uint64_t left = kVouchersPerMemberMax - kVouchersPerCommandMax;
  // One too many, with what others are issued among them and what is there.
  all.clear();
  all.push_back({1, "M1"});
  for (uint64_t i = 0; i <= left; ++i) {
    all.push_back({10'000 + i, "M2"});
    all.push_back({20'000 + i, "M1"});
    all.push_back({30'000 + i});
  }
  const uint64_t hash = ledger_->StateHash();
  IssueAll(all);
  ExpectRefused(AdminReason::kTooMany, Field::kVouchers, static_cast<uint32_t>(3 * left + 2), hash);
  all.resize(all.size() - 3);
  EXPECT_EQ(IssueAll(all).verdict, Verdict::kDecided);
  EXPECT_EQ(ChainOf("M1").size(), kVouchersPerMemberMax);
  // All the others may have theirs; what was taken back counts none the less.
  VoidAll({1, 2, 3});
  const uint64_t full = ledger_->StateHash();
  IssueAll({{40'000, "M2"}, {40'001, "M1"}});
  ExpectRefused(AdminReason::kTooMany, Field::kVouchers, 1, full);
  EXPECT_EQ(IssueAll({{40'000, "M2"}, {40'001}}).verdict, Verdict::kDecided);
}

TEST_F(VouchersTest, AreTakenBackAllOrNone) {
  IssueAll({{1, "M1"}, {2}, {3}});
  VoidAll({1, 3});
  ASSERT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_EQ(result_.index, 2U);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kVoid);
  EXPECT_EQ(Series().issued, 1U);
  EXPECT_EQ(Series().taken_back, 2U);
  EXPECT_EQ(VoidAll({3, 1}).verdict, Verdict::kUnchanged);
  EXPECT_EQ(VoidAll({1, 2}).index, 1U);
  EXPECT_EQ(Series().taken_back, 3U);
  const uint64_t hash = ledger_->StateHash();
  VoidAll({1, 4});
  ExpectRefused(AdminReason::kUnknownReference, Field::kVoucher, 1, hash);
}

TEST_F(VouchersTest, AfterTheirTimeTheyCanBeTakenBackStill) {
  IssueAll({{1, "M1"}});
  now_ = After(100);
  EXPECT_EQ(VoidAll({1}).verdict, Verdict::kDecided);
}

TEST_F(VouchersTest, WhatIsInUseIsNotTakenBack) {
  OwnedProgramme programme = Programme("p");
  AskForVoucher(&AddPercentOff(&programme, "b", 5'000, "F"));
  Run(Own(programme));
  ASSERT_EQ(result_.verdict, Verdict::kDecided);
  Issue({1, 2, 3}, "M1");
  ASSERT_EQ(Run(WithCode(Authorize(1, 100), 1)).transaction.outcome, Outcome::kApproved);
  ASSERT_EQ(Run(WithCode(Sale(2, 100), 2)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Series().issued, 1U);
  EXPECT_EQ(Series().reserved, 1U);
  EXPECT_EQ(Series().redeemed, 1U);
  const uint64_t hash = ledger_->StateHash();
  VoidAll({3, 1});
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kVoucher, 1, hash);
  VoidAll({2, 3});
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kVoucher, 0, hash);
  // What has come back can be.
  ASSERT_EQ(Run(Own(About(CommandKind::kReverse, 3, 1))).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(VoucherOf(1).authorization, CommandSeq{});
  EXPECT_EQ(VoidAll({1, 3}).verdict, Verdict::kDecided);
  EXPECT_EQ(Series().taken_back, 2U);
  EXPECT_EQ(Series().reserved, 0U);
}

TEST_F(VouchersTest, AreOnlyLookedAtWhenTheyAreToBeValidated) {
  const std::vector<VoucherToIssue> vouchers = ToIssue({{1, "M1"}});
  IssueVouchersRequest request = Request();
  request.vouchers = vouchers;
  OwnedCommand command = Own(request);
  command.command.validate_only = true;
  const uint64_t hash = ledger_->StateHash();
  EXPECT_EQ(Run(command).verdict, Verdict::kDecided);
  EXPECT_EQ(ledger_->StateHash(), hash);
}

// Their transactions may leave memory and come back: what they took stays known.
TEST_F(VouchersTest, OutliveTheirTransactionsInMemory) {
  OwnedProgramme programme = Programme("p");
  AskForVoucher(&AddPercentOff(&programme, "b", 5'000, "F"));
  Run(Own(programme));
  Issue({1, 2}, "M1");
  Run(WithCode(Sale(1, 100), 1));
  Run(WithCode(Authorize(2, 100), 2));
  const OccasionRow occasion = result_.transaction.progress.occasion;
  MapArchive archive;
  const EmitEvent emit = [this](const OwnedCommand& command, const Event& event) {
    commands_.push_back(command);
    events_.push_back(event);
    events_.back().command = &commands_.back().command;
  };
  ASSERT_EQ(ArchiveAll(*ledger_, now_, archive, UINT32_MAX, 100, emit), 2U);
  // A hold never leaves, but is another row.
  EXPECT_EQ(VoucherOf(2).state, VoucherState::kReserved);
  const TransactionRow hold =
      ledger_->FindTransaction(ledger_->FindTerminal(CodeOf<TerminalId>("T1")), RequestId{1, 2});
  EXPECT_EQ(ledger_->transactions()[hold].progress.occasion, occasion);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kRedeemed);
  EXPECT_EQ(Run(WithCode(Sale(3, 100), 1)).transaction.reason, Reason::kVoucherRedeemed);
  ASSERT_EQ(Run(Own(About(CommandKind::kCapture, 4, 2))).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(VoucherOf(2).state, VoucherState::kRedeemed);
  // What comes back is reversed as if it had never been away.
  ASSERT_TRUE(ThawAll(*ledger_, now_, archive, emit));
  ASSERT_EQ(Run(Own(About(CommandKind::kReverse, 5, 1))).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kIssued);
}

class FullOfVouchersTest : public VouchersTest {
 protected:
  FullOfVouchersTest() {
    limits_.vouchers_max = 3;
    limits_.voucher_series_max = 1;
    // What there is so far is evolved once more, into a smaller ledger.
    ledger_ = std::make_unique<Ledger>(ledger_->shard(), limits_);
    for (const Event& event : events_) {
      ledger_->Evolve(event);
    }
  }
};

TEST_F(FullOfVouchersTest, NothingIsIssuedWithoutRoom) {
  const auto full_of = [&](Field table) {
    EXPECT_EQ(result_.verdict, Verdict::kFull);
    EXPECT_STREQ(NameOf(result_.field), NameOf(table));
  };
  IssueAll({{1}, {2}, {3}, {4}});
  full_of(Field::kVouchers);
  EXPECT_EQ(IssueAll({{1}, {2}}).verdict, Verdict::kDecided);
  IssueAll({{3}, {4}});
  full_of(Field::kVouchers);
  IssueVouchersRequest other = Request();
  other.series = CodeOf<SeriesCode>("W");
  IssueAs(other, {{3}});
  full_of(Field::kSeries);
  // There is room for one, and what is there needs none.
  EXPECT_EQ(IssueAll({{1}, {2}, {3}}).verdict, Verdict::kDecided);
  EXPECT_EQ(IssueAll({{1}, {2}, {3}}).verdict, Verdict::kUnchanged);
}

}  // namespace
}  // namespace gonghui
