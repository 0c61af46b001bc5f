// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines, codes, occasions, evidence and batches in records.

#include <algorithm>
#include <cstdint>
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

constexpr TimestampNs kAt{1'795'478'400'123'456'789};  // 2026-11-24T00:00:00Z and a bit

std::vector<uint8_t> Encode(const Event& event) {
  std::vector<uint8_t> bytes(RecordBytesMax(*event.command));
  bytes.resize(EncodeRecord(event, kAt, bytes.data()));
  return bytes;
}

class RecordDetailsTest : public testing::Test {
 protected:
  // Null when it is damaged: then message_ says why.
  const Event* Decode(const std::vector<uint8_t>& bytes, uint64_t seq = 9) {
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder_.Next(&payload, seq, kAt);
    message_ = std::string(decoded.status().message());
    return decoded.ok() ? *decoded : nullptr;
  }
  void ExpectComesBack(const Event& event) {
    const Event* const decoded = Decode(Encode(event), event.seq.value());
    ASSERT_NE(decoded, nullptr) << message_;
    EXPECT_EQ(FirstDifference(event, *decoded), "");
  }

  // Where the records of two events differ, which are of one size.
  static size_t FirstOtherByte(const Event& a, const Event& b) {
    const std::vector<uint8_t> of_a = Encode(a);
    const std::vector<uint8_t> of_b = Encode(b);
    EXPECT_EQ(of_a.size(), of_b.size());
    size_t at = 0;
    while (at < of_a.size() && of_a[at] == of_b[at]) {
      ++at;
    }
    EXPECT_LT(at, of_a.size());
    return at;
  }

  RecordDecoder decoder_;
  std::string message_;
};

TEST_F(RecordDetailsTest, OnlyWhatHasThemIsOfVersionTwo) {
  EXPECT_EQ(Encode(MakeSale(9, kAt)->event)[2], 1);
  EXPECT_EQ(Encode(MakeFollowUp(EventKind::kCaptured, 9, kAt)->event)[2], 1);
  for (const auto& owned : {MakeSaleOfLines(9, kAt),
                            MakeRefundOfLine(9, kAt),
                            MakeAdvice(9, kAt),
                            MakeCodeSale(9, kAt),
                            MakePickUp(9, kAt),
                            MakeClaim(9, kAt),
                            MakeBatchClose(9, kAt)}) {
    SCOPED_TRACE(static_cast<int>(owned->event.kind));
    const std::vector<uint8_t> bytes = Encode(owned->event);
    EXPECT_EQ(bytes[bytes[0] < 0x80 ? 2 : 3], 2);
    ExpectComesBack(owned->event);
  }
}

// What the effect repeats of the request takes no byte.
TEST_F(RecordDetailsTest, TheyAreSmall) {
  const size_t sale = Encode(MakeSale(9, kAt)->event).size();
  // A longer length; of the request 2 bytes and each line's code, pieces and price; of the
  // effect the first row and each line's subsidy.
  EXPECT_LE(Encode(MakeSaleOfLines(9, kAt)->event).size(), sale + 1 + 2 + 17 + 9 + 4 + 4);
  EXPECT_LE(Encode(MakeAdvice(9, kAt)->event).size(), sale + 1 + 16 + 8);
  EXPECT_LE(Encode(MakeCodeSale(9, kAt)->event).size(), sale + 1 + 9 + 4);
  const size_t refund = Encode(MakeFollowUp(EventKind::kRefunded, 9, kAt)->event).size();
  EXPECT_LE(Encode(MakeRefundOfLine(9, kAt)->event).size(), refund + 12);
  EXPECT_LE(Encode(MakeBatchClose(9, kAt)->event).size(), 80u);
}

TEST_F(RecordDetailsTest, PointersLeadIntoTheDecoder) {
  const auto sale = MakeSaleOfLines(9, kAt);
  const Event* event = Decode(Encode(sale->event));
  ASSERT_NE(event, nullptr) << message_;
  ASSERT_EQ(event->command->authorize.line_count, 2u);
  EXPECT_NE(event->command->authorize.lines, sale->lines.data());
  EXPECT_EQ(event->command->authorize.lines[1].item, CodeOf<ItemCode>("fruit"));
  EXPECT_EQ(event->command->advice, nullptr);

  const auto advice = MakeAdvice(9, kAt);
  event = Decode(Encode(advice->event));
  ASSERT_NE(event, nullptr) << message_;
  ASSERT_NE(event->command->advice, nullptr);
  EXPECT_NE(event->command->advice, &advice->advice);
  EXPECT_EQ(event->command->advice->sequence, 37u);
  EXPECT_EQ(event->command->authorize.lines, nullptr);

  const auto refund = MakeRefundOfLine(9, kAt);
  event = Decode(Encode(refund->event));
  ASSERT_NE(event, nullptr) << message_;
  ASSERT_EQ(event->command->refund.line_count, 1);
  EXPECT_NE(event->command->refund.lines, refund->returned.data());
  EXPECT_EQ(event->command->refund.lines[0].quantity, 1u);
}

TEST_F(RecordDetailsTest, NothingLingersFromTheRecordBefore) {
  ASSERT_NE(Decode(Encode(MakeSaleOfLines(9, kAt)->event)), nullptr) << message_;
  ASSERT_NE(Decode(Encode(MakeAdvice(9, kAt)->event)), nullptr) << message_;
  ASSERT_NE(Decode(Encode(MakeBatchClose(9, kAt)->event)), nullptr) << message_;
  ExpectComesBack(MakeSale(9, kAt)->event);
  ExpectComesBack(MakeFollowUp(EventKind::kRefunded, 9, kAt)->event);
}

TEST_F(RecordDetailsTest, SixtyFourOfTheLongestLinesFit) {
  const auto sale = MakeSale(9, kAt);
  const auto item = CodeOf<ItemCode>(std::string(32, 'i'));
  sale->lines.assign(kLinesPerTransactionMax, {item, Fen{INT64_MIN}, UINT32_MAX, 0});
  sale->command.authorize.lines = sale->lines.data();
  sale->command.authorize.line_count = kLinesPerTransactionMax;
  Event& e = sale->event;
  e.line_count = kLinesPerTransactionMax;
  // Not as asked, so that everything is written.
  e.lines.fill({64, UINT32_MAX - 1, Fen{INT64_MIN}, Fen{INT64_MIN}});
  const size_t size = Encode(e).size();
  EXPECT_GT(size, 64u * (33 + 5 + 10 + 1 + 5 + 10 + 10));
  EXPECT_LE(size, kTransactionRecordBytesMax);
  EXPECT_LE(kBlockHeaderBytes + kTransactionRecordBytesMax, kBlockBytesMax);
  ExpectComesBack(e);
}

TEST_F(RecordDetailsTest, MoreLinesThanTheLimitAreRefused) {
  auto sale = MakeSale(9, kAt);
  sale->lines.resize(kLinesPerTransactionMax);
  sale->command.authorize.lines = sale->lines.data();
  sale->command.authorize.line_count = kLinesPerTransactionMax;
  std::vector<uint8_t> more = Encode(sale->event);
  sale->command.authorize.line_count = kLinesPerTransactionMax - 1;
  const std::vector<uint8_t> fewer = Encode(sale->event);
  // Both lengths take two bytes: the first other byte behind them is the count.
  size_t count_at = 2;
  while (more[count_at] == fewer[count_at]) {
    ++count_at;
  }
  ASSERT_EQ(more[count_at], kLinesPerTransactionMax);
  ASSERT_NE(Decode(more), nullptr) << message_;
  more[count_at] += 1;
  EXPECT_EQ(Decode(more), nullptr);
  EXPECT_TRUE(absl::StrContains(message_, "more items than limits.h allows")) << message_;

  sale->lines.resize(kLinesPerTransactionMax + 1);
  sale->command.authorize.lines = sale->lines.data();
  sale->command.authorize.line_count = kLinesPerTransactionMax + 1;
  EXPECT_DEATH(Encode(sale->event), "count=65 max=64");
  sale->command.authorize.line_count = 0;
  sale->event.line_count = kLinesPerTransactionMax + 1;
  EXPECT_DEATH(Encode(sale->event), "line_count=65");
}

// The ledger looks up what is accepted, by its number; what is declined it only keeps.
TEST_F(RecordDetailsTest, ALineThatIsNotThereCanOnlyBeDeclined) {
  for (const uint32_t number : {0u, 65u, UINT32_MAX}) {
    SCOPED_TRACE(number);
    const auto refund = MakeRefundOfLine(9, kAt);
    refund->returned[0].number = number;
    refund->event.lines[0].number = number;
    EXPECT_EQ(Decode(Encode(refund->event)), nullptr);
    EXPECT_TRUE(absl::StrContains(message_, "number of a line beyond its transaction"));
    refund->event.transaction.outcome = Outcome::kDeclined;
    refund->event.transaction.state = TransactionState::kDeclined;
    ExpectComesBack(refund->event);
  }
}

TEST_F(RecordDetailsTest, LinesOfARequestThatHasNoneAreRefused) {
  const auto capture = MakeFollowUp(EventKind::kCaptured, 9, kAt);
  capture->command.advice = &capture->advice;
  capture->advice.queue_empty = true;
  const std::vector<uint8_t> good = Encode(capture->event);
  ASSERT_NE(Decode(good), nullptr) << message_;
  // The details of its request are evidence alone.
  bool refused = false;
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<uint8_t> bytes = good;
    bytes[at] ^= 1;
    refused = refused || (Decode(bytes) == nullptr &&
                          absl::StrContains(message_, "lines of a request that has none"));
  }
  EXPECT_TRUE(refused);
}

// A code may be told and not used up (declined), or a purpose alone.
TEST_F(RecordDetailsTest, ACodeComesBackAsItWasTold) {
  const auto sale = MakeCodeSale(9, kAt);
  sale->event.code_use_row = CodeUseRow{};
  ExpectComesBack(sale->event);
  sale->command.authorize.code_issued_at = TimestampNs{INT64_MIN};
  sale->command.authorize.code_valid_s = UINT32_MAX;
  sale->command.authorize.code_purpose = CodePurpose::kExit;
  ExpectComesBack(sale->event);
  sale->command.authorize.code_issued_at = TimestampNs{};
  sale->command.authorize.code_valid_s = 0;
  ExpectComesBack(sale->event);
  sale->command.authorize.code_purpose = CodePurpose::kPayment;
  EXPECT_EQ(Encode(sale->event)[2], 1);
  ExpectComesBack(sale->event);
}

TEST_F(RecordDetailsTest, AnUnknownPurposeIsRefused) {
  const auto sale = MakeCodeSale(9, kAt);
  const auto other = MakeCodeSale(9, kAt);
  other->command.authorize.code_purpose = CodePurpose::kExit;
  const size_t at = FirstOtherByte(sale->event, other->event);
  std::vector<uint8_t> bytes = Encode(sale->event);
  for (const int purpose : {0, 4, 255}) {
    bytes[at] = static_cast<uint8_t>(purpose);
    EXPECT_EQ(Decode(bytes), nullptr);
    EXPECT_TRUE(absl::StrContains(message_, "unknown enumerator")) << message_;
  }
}

TEST_F(RecordDetailsTest, ACodeOfARequestThatHasNoneIsRefused) {
  const auto capture = MakeFollowUp(EventKind::kCaptured, 9, kAt);
  capture->command.advice = &capture->advice;
  const std::vector<uint8_t> good = Encode(capture->event);
  bool refused = false;
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<uint8_t> bytes = good;
    bytes[at] ^= 4;
    refused = refused || (Decode(bytes) == nullptr &&
                          absl::StrContains(message_, "a code of a request that has none"));
  }
  EXPECT_TRUE(refused);
}

TEST_F(RecordDetailsTest, AnOccasionComesBackAsItWasAsked) {
  const auto sale = MakePickUp(9, kAt);
  // Asked and declined: no row is lost, and no voucher is taken.
  sale->event.voucher_row = VoucherRow{};
  sale->event.voucher_state = VoucherState::kIssued;
  ExpectComesBack(sale->event);
  sale->occasion = {VoucherKey{UINT64_MAX, 0},
                    TimestampNs{INT64_MIN},
                    TimestampNs{INT64_MAX},
                    CodeOf<OperatorName>(std::string(32, 'w'))};
  ExpectComesBack(sale->event);
  sale->occasion = OccasionRequest{};
  ExpectComesBack(sale->event);
  // A member's voucher is taken without an occasion that was asked.
  sale->command.authorize.occasion = nullptr;
  ExpectComesBack(sale->event);
  EXPECT_EQ(Encode(sale->event)[2], 2);
  sale->event.has_occasion = false;
  ExpectComesBack(sale->event);
  sale->event.transaction.progress.occasion = OccasionRow{};
  EXPECT_EQ(Encode(sale->event)[2], 1);
  ExpectComesBack(sale->event);
  sale->event.has_occasion = true;
  ExpectComesBack(sale->event);
}

TEST_F(RecordDetailsTest, OnlyAuthorizationsHaveAnOccasion) {
  const auto capture = MakeFollowUp(EventKind::kCaptured, 9, kAt);
  capture->command.advice = &capture->advice;
  const std::vector<uint8_t> good = Encode(capture->event);
  bool asked = false;
  bool booked = false;
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<uint8_t> bytes = good;
    bytes[at] ^= 8;
    asked = asked || (Decode(bytes) == nullptr &&
                      absl::StrContains(message_, "an occasion of a request that has none"));
    bytes = good;
    bytes[at] |= 0x80;  // goes on in a second byte: bits 7 and above
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1, 8);
    bytes[0] += 1;
    booked = booked || (Decode(bytes) == nullptr &&
                        absl::StrContains(message_, "an occasion of what is no authorization"));
  }
  EXPECT_TRUE(asked);
  EXPECT_TRUE(booked);
}

// What becomes of a voucher costs a capture its row and state, and no other version.
TEST_F(RecordDetailsTest, AVouchersChangeIsSmall) {
  const auto capture = MakeFollowUp(EventKind::kCaptured, 9, kAt);
  const size_t size = Encode(capture->event).size();
  capture->event.voucher_row = VoucherRow{100};
  capture->event.voucher_state = VoucherState::kRedeemed;
  EXPECT_EQ(Encode(capture->event).size(), size + 2);
  EXPECT_EQ(Encode(capture->event)[2], 1);
  ExpectComesBack(capture->event);
}

TEST_F(RecordDetailsTest, AChangeOfNoVoucherIsRefused) {
  const auto capture = MakeFollowUp(EventKind::kCaptured, 9, kAt);
  const auto other = MakeFollowUp(EventKind::kCaptured, 9, kAt);
  capture->event.voucher_row = VoucherRow{100};
  other->event.voucher_row = VoucherRow{101};
  const size_t at = FirstOtherByte(capture->event, other->event);
  std::vector<uint8_t> bytes = Encode(capture->event);
  bytes[at] = 0;
  EXPECT_EQ(Decode(bytes), nullptr);
  EXPECT_TRUE(absl::StrContains(message_, "a change of no voucher")) << message_;
}

// How a byte of flags is found: two events that differ there alone.
TEST_F(RecordDetailsTest, UnknownFlagsAreRefused) {
  struct Flags {
    const char* what;
    std::unique_ptr<OwnedEvent> with;
    std::unique_ptr<OwnedEvent> without;
    uint8_t known;
  };
  std::vector<Flags> all;
  {
    // queue_empty stands in the evidence's byte alone, as long as the effect follows it.
    auto with = MakeAdvice(9, kAt);
    auto without = MakeAdvice(9, kAt);
    without->advice.queue_empty = false;
    without->event.queue_empty = false;
    all.push_back({"unknown flag of an advice", std::move(with), std::move(without), 0x07});
  }
  {
    auto with = MakeAdvice(9, kAt);
    auto without = MakeAdvice(9, kAt);
    with->event.advice.clock_adjusted = true;
    all.push_back({"unknown flag of an advice", std::move(with), std::move(without), 0x7f});
  }
  {
    // In balance or not: one other number makes it so, of the same size.
    auto with = MakeBatchClose(9, kAt);
    auto without = MakeBatchClose(9, kAt);
    with->event.batch.previous = BatchRow{1};
    without->event.batch.opened_at = TimestampNs{kAt.value() - 1};
    all.push_back({"unknown flag of a batch", std::move(with), std::move(without), 0x7f});
  }
  {
    auto with = MakeClaim(9, kAt);
    auto without = MakeClaim(9, kAt);
    with->occasion.event_at = TimestampNs{};
    with->occasion.slot_at = without->occasion.event_at;
    all.push_back({"unknown flag of an occasion", std::move(with), std::move(without), 0x0f});
  }
  for (const Flags& flags : all) {
    SCOPED_TRACE(flags.what);
    const std::vector<uint8_t> good = Encode(flags.with->event);
    const size_t at = FirstOtherByte(flags.with->event, flags.without->event);
    for (int bit = 1; bit < 0x100; bit <<= 1) {
      std::vector<uint8_t> bytes = good;
      bytes[at] = static_cast<uint8_t>(bytes[at] | bit);
      Decode(bytes);
      EXPECT_EQ(absl::StrContains(message_, flags.what), (flags.known & bit) == 0)
          << bit << ": " << message_;
    }
  }
}

TEST_F(RecordDetailsTest, UnknownDetailsAreRefused) {
  // The request's byte: with evidence, or with lines.
  const auto sale = MakeSaleOfLines(9, kAt);
  std::vector<uint8_t> bytes = Encode(sale->event);
  const std::vector<uint8_t> lines = {1, 2, 13};  // details, count, length of the first code
  auto at = std::search(bytes.begin(), bytes.end(), lines.begin(), lines.end());
  ASSERT_NE(at, bytes.end());
  *at |= 16;
  EXPECT_EQ(Decode(bytes), nullptr);
  EXPECT_TRUE(absl::StrContains(message_, "unknown detail of a request")) << message_;

  // The effect's: the first line's row and the lines as asked, then the row.
  bytes = Encode(MakeRefundOfLine(9, kAt)->event);
  const std::vector<uint8_t> effect = {0x09, 0xe4, 0xad, 0x03};
  at = std::search(bytes.begin(), bytes.end(), effect.begin(), effect.end());
  ASSERT_NE(at, bytes.end());
  *at |= 0x80;  // goes on in a second byte: bits 7 and above
  at = bytes.insert(at + 1, 16);
  bytes[0] += 1;
  ASSERT_LT(bytes[0], 0x80);
  EXPECT_EQ(Decode(bytes), nullptr);
  EXPECT_TRUE(absl::StrContains(message_, "unknown detail of an event")) << message_;
}

TEST_F(RecordDetailsTest, RowsBeyondTheirTablesAreRefused) {
  const auto expect_refused = [this](const OwnedEvent& owned) {
    EXPECT_EQ(Decode(Encode(owned.event)), nullptr);
    EXPECT_TRUE(absl::StrContains(message_, "row beyond its table")) << message_;
  };
  const auto sale = MakeSaleOfLines(9, kAt);
  sale->event.transaction.progress.first_line = LineRow{kLinesMax + 1};
  expect_refused(*sale);
  const auto advice = MakeAdvice(9, kAt);
  advice->event.transaction.progress.advice = AdviceRow{kAdvicesMax + 1};
  expect_refused(*advice);
  const auto code = MakeCodeSale(9, kAt);
  code->event.code_use_row = CodeUseRow{kCodeUsesMax + 1};
  expect_refused(*code);
  const auto claim = MakeClaim(9, kAt);
  claim->event.transaction.progress.occasion = OccasionRow{kOccasionsMax + 1};
  expect_refused(*claim);
  const auto pick_up = MakePickUp(9, kAt);
  pick_up->event.voucher_row = VoucherRow{kVouchersMax + 1};
  expect_refused(*pick_up);
  const auto close = MakeBatchClose(9, kAt);
  close->event.transaction.reference.batch = BatchRow{kBatchesMax + 1};
  expect_refused(*close);
  close->event.transaction.reference.batch = BatchRow{77};
  close->event.batch.previous = BatchRow{kBatchesMax + 1};
  expect_refused(*close);
}

// What the effect says otherwise than the request comes back all the same.
TEST_F(RecordDetailsTest, AnEffectMayDifferFromItsRequest) {
  const auto sale = MakeSaleOfLines(9, kAt);
  sale->event.lines[1].quantity = 5;
  sale->event.transaction.progress.line_count = 1;
  ExpectComesBack(sale->event);

  const auto advice = MakeAdvice(9, kAt);
  advice->event.queue_empty = false;
  advice->event.advice.judged_at = TimestampNs{kAt.value() - 1};
  advice->event.advice.clock_adjusted = true;
  advice->event.advice.sequence = 38;
  advice->event.advice.transaction = TransactionRow{5};
  ExpectComesBack(advice->event);
  advice->command.advice = nullptr;
  ExpectComesBack(advice->event);

  const auto close = MakeBatchClose(9, kAt);
  close->event.batch.theirs.refunds = 1;
  close->event.batch.closed_at = TimestampNs{INT64_MIN};
  close->event.batch.opened_at = TimestampNs{INT64_MAX};
  close->event.batch.transaction = TransactionRow{5};
  close->event.batch.terminal = TerminalRow{5};
  close->event.batch.previous = BatchRow{5};
  ExpectComesBack(close->event);
}

}  // namespace
}  // namespace gonghui
