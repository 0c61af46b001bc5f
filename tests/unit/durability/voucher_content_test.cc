// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/voucher_content.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <gtest/gtest.h>

#include "engine/durability/block_format.h"
#include "engine/durability/record_format.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'123'456'789};

std::vector<uint8_t> Encode(const Event& event) {
  std::vector<uint8_t> bytes(RecordBytesMax(*event.command));
  bytes.resize(EncodeRecord(event, kAt, bytes.data()));
  return bytes;
}

std::unique_ptr<OwnedEvent> Make(EventKind kind) {
  switch (kind) {
    case EventKind::kVouchersIssued:
      return MakeVoucherIssue(9, kAt);
    case EventKind::kVouchersVoided:
      return MakeVoucherVoid(9, kAt);
    case EventKind::kDrawCommitted:
      return MakeCommitment(9, kAt);
    case EventKind::kDrawClosed:
      return MakeClosing(9, kAt);
    case EventKind::kDrawSettled:
      return MakeSettlement(9, kAt);
    case EventKind::kPrizeDrawn:
      return MakePrize(9, kAt);
    case EventKind::kContributed:
      return MakeContribution(9, kAt);
    case EventKind::kContributionRevoked:
      return MakeRevocation(9, kAt);
    default:
      return MakeJudgement(kind, 9, kAt);
  }
}

constexpr EventKind kKinds[] = {EventKind::kVouchersIssued,
                                EventKind::kVouchersVoided,
                                EventKind::kDrawCommitted,
                                EventKind::kDrawClosed,
                                EventKind::kDrawSettled,
                                EventKind::kPrizeDrawn,
                                EventKind::kContributed,
                                EventKind::kContributionRevoked,
                                EventKind::kClaimApproved,
                                EventKind::kClaimRejected};

void ExpectComesBack(const Event& event) {
  const std::vector<uint8_t> bytes = Encode(event);
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  const auto decoded = decoder.Next(&payload, 9, kAt);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(payload.empty());
  EXPECT_EQ(FirstDifference(event, **decoded), "");
}

TEST(VoucherContentTest, ASampleOfEverythingComesBack) {
  for (const EventKind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    ExpectComesBack(Make(kind)->event);
  }
}

TEST(VoucherContentTest, TheLongestListsFit) {
  const auto issue = MakeVoucherIssue(9, kAt);
  issue->vouchers.clear();
  for (uint64_t i = 1; i <= kVouchersPerCommandMax; ++i) {
    issue->vouchers.push_back({{UINT64_MAX, i}, CodeOf<MemberId>(std::string(16, 'm'))});
  }
  issue->issue_vouchers.vouchers = issue->vouchers;
  issue->issue_vouchers.series = CodeOf<SeriesCode>(std::string(32, 's'));
  issue->issue_vouchers.draw = CodeOf<DrawCode>(std::string(32, 'd'));
  issue->issue_vouchers.valid_from = TimestampNs{INT64_MIN};
  issue->issue_vouchers.expires_at = TimestampNs{INT64_MAX};
  EXPECT_LE(Encode(issue->event).size(), RecordBytesMax(issue->command));
  EXPECT_LE(RecordBytesMax(issue->command) + kBlockHeaderBytes, kBlockBytesMax);
  ExpectComesBack(issue->event);

  const auto draw = MakeCommitment(9, kAt);
  const PrizeSpec prize{CodeOf<SeriesCode>(std::string(32, 's')),
                        UINT32_MAX,
                        0,
                        TimestampNs{INT64_MIN},
                        TimestampNs{INT64_MAX}};
  draw->prizes.assign(kPrizesPerDrawMax, prize);
  draw->commit_draw.prizes = draw->prizes;
  draw->commit_draw.code = CodeOf<DrawCode>(std::string(32, 'd'));
  draw->commit_draw.programme = CodeOf<ProgrammeCode>(std::string(32, 'p'));
  draw->commit_draw.limit = CodeOf<LimitCode>(std::string(32, 'l'));
  EXPECT_LE(Encode(draw->event).size(), RecordBytesMax(draw->command));
  ExpectComesBack(draw->event);
}

// What no server makes: written it would be a journal that cannot be read.
struct Wrong {
  EventKind kind;
  const char* what;
  std::function<void(OwnedEvent&)> make;
};

void AsPool(OwnedEvent& o) {
  o.commit_draw.kind = DrawKind::kPool;
  o.commit_draw.programme = {};
  o.commit_draw.limit = {};
  o.prizes[0].weight = 1;
}

std::vector<Wrong> AllWrong() {
  constexpr auto kIssue = EventKind::kVouchersIssued;
  constexpr auto kVoid = EventKind::kVouchersVoided;
  constexpr auto kCommit = EventKind::kDrawCommitted;
  constexpr auto kContribute = EventKind::kContributed;
  return {
      {kIssue, "of no series", [](OwnedEvent& o) { o.issue_vouchers.series = {}; }},
      {kIssue,
       "never valid",
       [](OwnedEvent& o) { o.issue_vouchers.expires_at = o.issue_vouchers.valid_from; }},
      {kIssue, "no vouchers", [](OwnedEvent& o) { o.issue_vouchers.vouchers = {}; }},
      {kIssue,
       "or too many",
       [](OwnedEvent& o) {
         o.vouchers.clear();
         for (uint64_t i = 1; i <= kVouchersPerCommandMax + 1; ++i) {
           o.vouchers.push_back({{1, i}, {}});
         }
         o.issue_vouchers.vouchers = o.vouchers;
       }},
      {kIssue, "without a key", [](OwnedEvent& o) { o.vouchers[1].key = {}; }},
      {kIssue, "comes twice", [](OwnedEvent& o) { o.vouchers[1].key = o.vouchers[0].key; }},
      {kVoid, "no vouchers", [](OwnedEvent& o) { o.void_vouchers.keys = {}; }},
      {kVoid, "without a key", [](OwnedEvent& o) { o.voucher_keys[0] = {}; }},
      {kCommit, "without a code", [](OwnedEvent& o) { o.commit_draw.code = {}; }},
      {kCommit, "or a hash", [](OwnedEvent& o) { o.commit_draw.seed_hash = {}; }},
      {kCommit, "without entries", [](OwnedEvent& o) { o.commit_draw.programme = {}; }},
      {kCommit, "without entries", [](OwnedEvent& o) { o.commit_draw.limit = {}; }},
      {kCommit,
       "a pool with them",
       [](OwnedEvent& o) {
         AsPool(o);
         o.commit_draw.programme = CodeOf<ProgrammeCode>("p");
         o.commit_draw.limit = CodeOf<LimitCode>("l");
       }},
      {kCommit,
       "a pool with them",
       [](OwnedEvent& o) {
         AsPool(o);
         o.commit_draw.limit = CodeOf<LimitCode>("l");
       }},
      {kCommit, "no prizes", [](OwnedEvent& o) { o.commit_draw.prizes = {}; }},
      {kCommit,
       "or too many",
       [](OwnedEvent& o) {
         o.prizes.resize(kPrizesPerDrawMax + 1, o.prizes[0]);
         o.commit_draw.prizes = o.prizes;
       }},
      {kCommit, "nobody can win", [](OwnedEvent& o) { o.prizes[0].count = 0; }},
      {kCommit, "with a weight", [](OwnedEvent& o) { o.prizes[0].weight = 1; }},
      {kCommit,
       "nobody can win",
       [](OwnedEvent& o) {
         AsPool(o);
         o.prizes[0].weight = 0;
       }},
      {kCommit, "of no series", [](OwnedEvent& o) { o.prizes[0].series = {}; }},
      {kCommit, "never valid", [](OwnedEvent& o) { o.prizes[0].valid_from = kTimestampMax; }},
      {EventKind::kDrawClosed, "without a code", [](OwnedEvent& o) { o.close_draw.code = {}; }},
      {EventKind::kDrawClosed, "hash", [](OwnedEvent& o) { o.close_draw.entries_hash = {}; }},
      {EventKind::kDrawSettled, "without a code", [](OwnedEvent& o) { o.settle_draw.code = {}; }},
      {EventKind::kDrawSettled, "or a seed", [](OwnedEvent& o) { o.settle_draw.seed = {}; }},
      {EventKind::kPrizeDrawn, "of no pool", [](OwnedEvent& o) { o.draw_prize.pool = {}; }},
      {EventKind::kPrizeDrawn, "for nobody", [](OwnedEvent& o) { o.draw_prize.member = {}; }},
      {EventKind::kPrizeDrawn, "without a key", [](OwnedEvent& o) { o.draw_prize.key = {}; }},
      {kContribute, "without a receipt", [](OwnedEvent& o) { o.contribute.receipt = {}; }},
      {kContribute, "without a receipt", [](OwnedEvent& o) { o.contribute.fund = {}; }},
      {kContribute, "without a receipt", [](OwnedEvent& o) { o.contribute.member = {}; }},
      {kContribute, "without a receipt", [](OwnedEvent& o) { o.contribute.segment = {}; }},
      {kContribute, "of no amount", [](OwnedEvent& o) { o.contribute.amount = Fen{0}; }},
      {kContribute,
       "beyond its limit",
       [](OwnedEvent& o) { o.contribute.amount = Fen{kFundFenMax + 1}; }},
      {kContribute,
       "covers nothing",
       [](OwnedEvent& o) { o.contribute.covers_until = o.contribute.covers_from; }},
      {EventKind::kContributionRevoked,
       "without a receipt",
       [](OwnedEvent& o) { o.revoke_contribution.receipt = {}; }},
      {EventKind::kContributionRevoked,
       "or fund",
       [](OwnedEvent& o) { o.revoke_contribution.fund = {}; }},
      {EventKind::kClaimApproved, "of no claim", [](OwnedEvent& o) { o.judge_claim.claim = {}; }},
      {EventKind::kClaimRejected, "by nobody", [](OwnedEvent& o) { o.judge_claim.by = {}; }},
  };
}

TEST(VoucherContentTest, WhatIsWrongIsNeverWritten) {
  for (const Wrong& wrong : AllWrong()) {
    SCOPED_TRACE(std::to_string(static_cast<int>(wrong.kind)) + ": " + wrong.what);
    const auto owned = Make(wrong.kind);
    wrong.make(*owned);
    EXPECT_DEATH(Encode(owned->event), wrong.what);
  }
}

TEST(VoucherContentTest, APoolMayWinNothing) {
  const auto owned = MakeCommitment(9, kAt);
  AsPool(*owned);
  owned->prizes[0] = {{}, 0, UINT32_MAX, {}, {}};
  ExpectComesBack(owned->event);
}

// One byte is made wrong where it stands in the record.
TEST(VoucherContentTest, WhatIsWrongIsNotRead) {
  const auto owned = MakeVoucherIssue(9, kAt);
  owned->vouchers[1].key = {owned->vouchers[0].key.high, owned->vouchers[0].key.low ^ 1};
  std::vector<uint8_t> bytes = Encode(owned->event);
  owned->vouchers[1].key.low ^= 2;
  const std::vector<uint8_t> other = Encode(owned->event);
  size_t at = 0;
  while (bytes[at] == other[at]) {
    ++at;
  }
  bytes[at] ^= 1;
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  const auto decoded = decoder.Next(&payload, 9, kAt);
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(decoded.status().message(), "voucher that comes twice"))
      << decoded.status();
}

// A rejection is an operator's and moves money; no other operator's event does.
TEST(VoucherContentTest, OnlyARejectionMovesWhatAnOperatorSets) {
  const std::vector<uint8_t> rejection =
      Encode(MakeJudgement(EventKind::kClaimRejected, 9, kAt)->event);
  std::vector<uint8_t> approval = Encode(MakeJudgement(EventKind::kClaimApproved, 9, kAt)->event);
  // Length, of one byte or two; kind, version, flags.
  const size_t flags_at = rejection[0] < 0x80 ? 3 : 4;
  EXPECT_EQ(rejection[flags_at], 0x02 | 0x08 | 0x10 | 0x80);
  RecordDecoder decoder;
  for (const int flag : {0x02, 0x04, 0x08, 0x10, 0x20, 0x80}) {
    approval[3] = static_cast<uint8_t>(flag);
    std::span<const uint8_t> payload(approval);
    EXPECT_TRUE(absl::StrContains(decoder.Next(&payload, 9, kAt).status().message(),
                                  "unknown flag of a record"))
        << flag;
  }
  std::vector<uint8_t> bytes = rejection;
  for (const int flag : {0x04, 0x40}) {
    bytes[flags_at] = static_cast<uint8_t>(rejection[flags_at] | flag);
    std::span<const uint8_t> payload(bytes);
    EXPECT_FALSE(decoder.Next(&payload, 9, kAt).ok()) << flag;
  }
}

}  // namespace
}  // namespace gonghui
