// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/archive_lookup.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/durability/memory_archive.h"

namespace gonghui {
namespace {

constexpr uint16_t kShard = 7;
constexpr uint64_t kSeqMax = 1'000;

TerminalId TerminalNumber(char digit) {
  const char text[2] = {'T', digit};
  return *TerminalId::Parse(std::span<const char>(text, 2));
}

RequestId IdNumber(uint64_t number) {
  return RequestId{number, ~number};
}

TransactionId TransactionNumber(uint64_t seq) {
  return MakeTransactionId(kShard, CommandSeq{seq});
}

Archive::Entry MakeSale(uint64_t seq) {
  Archive::Entry entry;
  entry.terminal = TerminalNumber('1');
  Transaction& sale = entry.transaction.transaction;
  sale.request_id = IdNumber(seq);
  sale.seq = CommandSeq{seq};
  sale.decided_at = TimestampNs{1'000 + static_cast<int64_t>(seq)};
  sale.card = CardNumber{6'200'000'001};
  sale.list_price = Fen{500};
  sale.member_pays = Fen{500};
  sale.terminal = TerminalRow{1};
  sale.state = TransactionState::kCaptured;
  sale.outcome = Outcome::kApproved;
  sale.capture_at_once = true;
  return entry;
}

Command MakeCommand(CommandKind kind, uint64_t id) {
  Command command;
  command.kind = kind;
  command.terminal = TerminalNumber('1');
  command.request_id = IdNumber(id);
  switch (kind) {
    case CommandKind::kCapture:
      command.capture = CaptureRequest{};
      break;
    case CommandKind::kReverse:
      command.reverse = ReverseRequest{};
      break;
    case CommandKind::kIncrement:
      command.increment = IncrementRequest{};
      break;
    case CommandKind::kRefund:
      command.refund = RefundRequest{};
      break;
    case CommandKind::kCloseBatch:
      command.close_batch = CloseBatchRequest{};
      break;
    case CommandKind::kGetTransaction:
      command.inquiry = InquiryRequest{};
      break;
    default:
      break;
  }
  return command;
}

Command Naming(CommandKind kind, TransactionId original, RequestId original_request_id) {
  Command command = MakeCommand(kind, 900'000);
  switch (kind) {
    case CommandKind::kCapture:
      command.capture.original = original;
      command.capture.original_request_id = original_request_id;
      break;
    case CommandKind::kReverse:
      command.reverse.original = original;
      command.reverse.original_request_id = original_request_id;
      break;
    case CommandKind::kIncrement:
      command.increment.original = original;
      command.increment.original_request_id = original_request_id;
      break;
    case CommandKind::kRefund:
      command.refund.original = original;
      command.refund.original_request_id = original_request_id;
      break;
    case CommandKind::kGetTransaction:
      command.inquiry = InquiryRequest{original, original_request_id};
      break;
    default:
      GH_CHECK(false, "names nothing");
  }
  return command;
}

class ArchiveLookupTest : public ::testing::Test {
 protected:
  void Put(const Archive::Entry& entry) {
    ASSERT_TRUE(archive_.PutBlocking(kShard, {&entry, 1}).ok());
    ASSERT_TRUE(archive_
                    .ForEachHashBlocking(kShard,
                                         [this](uint64_t hash) {
                                           lookup_.filter().Add(hash);
                                           return true;
                                         })
                    .ok());
  }

  // Seqs of what the commands name, in order; 0 behind them for each tombstone.
  std::vector<uint64_t> Find(const std::vector<Command>& commands) {
    std::unique_ptr<ArchiveFinds> finds;
    const absl::Status status = lookup_.FindBlocking(commands, &finds);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<uint64_t> seqs;
    if (finds != nullptr) {
      EXPECT_FALSE(finds->empty()) << "null says that there is nothing";
      for (const ArchivedTransaction& found : *finds) {
        seqs.push_back(found.transaction.seq.value());
      }
    }
    return seqs;
  }
  std::vector<uint64_t> Find(const Command& command) { return Find(std::vector<Command>{command}); }

  MemoryArchive archive_;
  ArchiveLookup lookup_{kShard, archive_, 0, kSeqMax};
};

using Seqs = std::vector<uint64_t>;

TEST_F(ArchiveLookupTest, FindsACommandsOwnId) {
  Put(MakeSale(5));
  lookup_.filter().SetComplete();
  for (const CommandKind kind : {CommandKind::kAuthorize,
                                 CommandKind::kCapture,
                                 CommandKind::kReverse,
                                 CommandKind::kIncrement,
                                 CommandKind::kRefund,
                                 CommandKind::kCloseBatch}) {
    SCOPED_TRACE(static_cast<int>(kind));
    EXPECT_EQ(Find(MakeCommand(kind, 5)), Seqs{5});
    EXPECT_EQ(Find(MakeCommand(kind, 6)), Seqs{});
  }
}

// A quote is answered afresh, whatever its id; operators' commands have none.
TEST_F(ArchiveLookupTest, AsksNothingForWhatNamesNothing) {
  Put(MakeSale(5));
  for (const CommandKind kind : {CommandKind::kQuote,
                                 CommandKind::kSetCard,
                                 CommandKind::kSetFund,
                                 CommandKind::kIssueVouchers,
                                 CommandKind::kDrawPrize,
                                 CommandKind::kRevokeContribution}) {
    Command command = MakeCommand(CommandKind::kAuthorize, 5);
    command.kind = kind;
    EXPECT_EQ(Find(command), Seqs{});
  }
  EXPECT_EQ(lookup_.disk_lookups(), 0U);
}

TEST_F(ArchiveLookupTest, FindsOriginalsByEitherName) {
  Put(MakeSale(5));
  lookup_.filter().SetComplete();
  for (const CommandKind kind : {CommandKind::kCapture,
                                 CommandKind::kReverse,
                                 CommandKind::kIncrement,
                                 CommandKind::kRefund,
                                 CommandKind::kGetTransaction}) {
    SCOPED_TRACE(static_cast<int>(kind));
    EXPECT_EQ(Find(Naming(kind, TransactionId{}, IdNumber(5))), Seqs{5});
    EXPECT_EQ(Find(Naming(kind, TransactionNumber(5), RequestId{})), Seqs{5});
    EXPECT_EQ(Find(Naming(kind, TransactionId{}, IdNumber(6))), Seqs{});
    EXPECT_EQ(Find(Naming(kind, TransactionNumber(6), RequestId{})), Seqs{});
  }
}

// Whoever judges a claim is no terminal, and names it by its id alone.
TEST_F(ArchiveLookupTest, FindsClaimsThatAreJudged) {
  Put(MakeSale(5));
  lookup_.filter().SetComplete();
  JudgeClaimRequest request;
  for (const CommandKind kind : {CommandKind::kApproveClaim, CommandKind::kRejectClaim}) {
    Command command;
    command.kind = kind;
    command.judge_claim = &request;
    request.claim = TransactionNumber(5);
    EXPECT_EQ(Find(command), Seqs{5});
    request.claim = TransactionNumber(6);
    EXPECT_EQ(Find(command), Seqs{});
  }
}

// An id of another terminal's is another id, though it hashes alike.
TEST_F(ArchiveLookupTest, AnotherTerminalsIdIsNotFound) {
  Put(MakeSale(5));
  lookup_.filter().SetComplete();
  Command command = MakeCommand(CommandKind::kAuthorize, 5);
  command.terminal = TerminalNumber('2');
  EXPECT_EQ(Find(command), Seqs{});
  EXPECT_EQ(lookup_.disk_lookups(), 1U);
}

TEST_F(ArchiveLookupTest, FindsAnAdviceByItsName) {
  Archive::Entry sale = MakeSale(5);
  sale.transaction.transaction.progress.advice = AdviceRow{1};
  sale.transaction.advice.sequence = 12;
  sale.transaction.advice.business_day = 20'000;
  Archive::Entry capture = MakeSale(6);
  Transaction& captured = capture.transaction.transaction;
  captured.kind = TransactionKind::kCapture;
  captured.card = CardNumber{};
  captured.state = TransactionState::kCompleted;
  captured.capture_at_once = false;
  captured.no_amount = true;
  captured.reference = Reference{};
  captured.reference.original_request_id = IdNumber(4);
  captured.reference.advice = AdviceRow{1};
  capture.transaction.advice.sequence = 13;
  capture.transaction.advice.business_day = 20'000;
  Put(sale);
  Put(capture);
  lookup_.filter().SetComplete();

  AdviceRequest evidence;
  evidence.sequence = 12;
  evidence.business_day = 20'000;
  Command again = MakeCommand(CommandKind::kAuthorize, 77);
  again.authorize.card = sale.transaction.transaction.card;
  again.authorize.list_price = sale.transaction.transaction.list_price;
  EXPECT_EQ(Find(again), Seqs{}) << "asked online";
  again.advice = &evidence;
  EXPECT_EQ(Find(again), Seqs{5});
  again.authorize.list_price = Fen{501};
  EXPECT_EQ(Find(again), Seqs{});

  evidence.sequence = 13;
  Command capture_again = MakeCommand(CommandKind::kCapture, 78);
  capture_again.capture.original_request_id = IdNumber(4);
  capture_again.capture.amount = Fen{9};  // says nothing, as has_amount is false
  capture_again.advice = &evidence;
  EXPECT_EQ(Find(capture_again), Seqs{6});
  capture_again.capture.has_amount = true;
  EXPECT_EQ(Find(capture_again), Seqs{});
}

TEST_F(ArchiveLookupTest, FindsEachOnceForEachThatMayAsk) {
  Put(MakeSale(5));
  Put(MakeSale(6));
  lookup_.filter().SetComplete();
  std::vector<Command> commands;
  for (int i = 0; i < 50; ++i) {
    commands.push_back(MakeCommand(CommandKind::kAuthorize, 100'000 + static_cast<uint64_t>(i)));
  }
  commands.push_back(Naming(CommandKind::kRefund, TransactionNumber(6), RequestId{}));
  commands.push_back(MakeCommand(CommandKind::kAuthorize, 5));
  commands.push_back(Naming(CommandKind::kRefund, TransactionId{}, IdNumber(5)));
  commands.push_back(MakeCommand(CommandKind::kAuthorize, 6));
  commands.push_back(MakeCommand(CommandKind::kCapture, 6));
  // 6 by the engine's id, which is to be judged, and by its own.
  EXPECT_EQ(Find(commands), (Seqs{6, 5, 6}));
}

// The original of a reversal that came first, too late, and the tombstone before it.
TEST_F(ArchiveLookupTest, ATombstoneIsFoundByTheIdThatItKeeps) {
  Archive::Entry reversal = MakeSale(5);
  Transaction& reversed = reversal.transaction.transaction;
  reversed.kind = TransactionKind::kReversal;
  reversed.capture_at_once = false;
  reversed.state = TransactionState::kCompleted;
  reversed.reference = Reference{};
  reversed.reference.original_request_id = IdNumber(50);
  Archive::Entry tombstone = MakeSale(5);
  tombstone.transaction.transaction.tombstone = true;
  tombstone.transaction.transaction.request_id = IdNumber(50);
  Put(reversal);
  Put(tombstone);
  lookup_.filter().SetComplete();
  const Command late = MakeCommand(CommandKind::kAuthorize, 50);
  std::unique_ptr<ArchiveFinds> finds;
  ASSERT_TRUE(lookup_.FindBlocking({&late, 1}, &finds).ok());
  ASSERT_NE(finds, nullptr);
  ASSERT_EQ(finds->size(), 1U);
  EXPECT_TRUE((*finds)[0].transaction.tombstone);
  // Two transactions, though their seq is the same.
  EXPECT_EQ(Find({late, MakeCommand(CommandKind::kReverse, 5)}), (Seqs{5, 5}));
}

TEST_F(ArchiveLookupTest, AsksTheDiskForSeqsThatMayHaveLeftOnly) {
  Put(MakeSale(5));
  Put(MakeSale(kSeqMax + 5));
  Put(MakeSale(kImportedSeqFirst.value() + 3));
  lookup_.filter().SetComplete();
  const auto find = [this](TransactionId id) {
    return Find(Naming(CommandKind::kGetTransaction, id, RequestId{}));
  };
  EXPECT_EQ(find(TransactionNumber(kSeqMax + 5)), Seqs{});
  EXPECT_EQ(find(MakeTransactionId(kShard + 1, CommandSeq{5})), Seqs{});
  EXPECT_EQ(lookup_.disk_lookups(), 0U);
  EXPECT_EQ(find(TransactionNumber(kImportedSeqFirst.value() + 3)),
            Seqs{kImportedSeqFirst.value() + 3});
  EXPECT_EQ(find(TransactionNumber(kImportedSeqFirst.value() + 4)), Seqs{});
  EXPECT_EQ(lookup_.disk_lookups(), 2U);

  lookup_.Publish(1, kSeqMax + 5);
  EXPECT_EQ(find(TransactionNumber(kSeqMax + 5)), Seqs{kSeqMax + 5});
  // A slice of nothing but what came back is not the newest.
  lookup_.Publish(2, 0);
  EXPECT_EQ(find(TransactionNumber(kSeqMax + 5)), Seqs{kSeqMax + 5});
}

TEST_F(ArchiveLookupTest, KnowsWhoGoesByAnEarlierSlice) {
  EXPECT_FALSE(lookup_.HasReadersOf(0));
  const uint64_t first = lookup_.Enter();
  const uint64_t second = lookup_.Enter();
  EXPECT_EQ(first, 0U);
  EXPECT_EQ(second, 0U);
  lookup_.Publish(1, 0);
  EXPECT_TRUE(lookup_.HasReadersOf(0));
  EXPECT_FALSE(lookup_.HasReadersOf(1));
  const uint64_t later = lookup_.Enter();
  EXPECT_EQ(later, 1U);
  lookup_.Leave(first);
  EXPECT_TRUE(lookup_.HasReadersOf(0));
  lookup_.Leave(second);
  EXPECT_FALSE(lookup_.HasReadersOf(0));
  lookup_.Publish(2, 0);
  EXPECT_TRUE(lookup_.HasReadersOf(1));
  EXPECT_EQ(lookup_.Enter(), 2U);
  lookup_.Leave(later);
  lookup_.Leave(2);
  EXPECT_FALSE(lookup_.HasReadersOf(1));
  EXPECT_FALSE(lookup_.HasReadersOf(2));
}

// Who names a transaction by what only its terminal has, need not be asked who it is.
TEST_F(ArchiveLookupTest, TellsWhoAsksByTheEnginesId) {
  Put(MakeSale(5));
  lookup_.filter().SetComplete();
  const auto asker = [this](const Command& command) {
    std::unique_ptr<ArchiveFinds> finds;
    EXPECT_TRUE(lookup_.FindBlocking({&command, 1}, &finds).ok());
    return finds == nullptr ? TerminalNumber('?') : (*finds)[0].asker;
  };
  Command by_id = Naming(CommandKind::kRefund, TransactionNumber(5), RequestId{});
  by_id.terminal = TerminalNumber('2');
  EXPECT_EQ(asker(by_id), TerminalNumber('2'));
  EXPECT_EQ(asker(Naming(CommandKind::kRefund, TransactionId{}, IdNumber(5))), TerminalId{});
  EXPECT_EQ(asker(MakeCommand(CommandKind::kAuthorize, 5)), TerminalId{});
}

TEST_F(ArchiveLookupTest, UntilTheFilterIsCompleteTheDiskIsAsked) {
  const Command sale = MakeCommand(CommandKind::kAuthorize, 5);
  EXPECT_EQ(Find(sale), Seqs{});
  EXPECT_EQ(lookup_.disk_lookups(), 1U);
  const Archive::Entry entry = MakeSale(5);
  ASSERT_TRUE(archive_.PutBlocking(kShard, {&entry, 1}).ok());  // not in the filter
  EXPECT_EQ(Find(sale), Seqs{5});
  lookup_.filter().SetComplete();
  EXPECT_EQ(Find(sale), Seqs{});
  EXPECT_EQ(lookup_.disk_lookups(), 2U);
}

TEST_F(ArchiveLookupTest, TellsWhatTheDiskSays) {
  archive_.FailFinds(true);
  std::unique_ptr<ArchiveFinds> finds;
  const Command sale = MakeCommand(CommandKind::kAuthorize, 5);
  EXPECT_FALSE(lookup_.FindBlocking({&sale, 1}, &finds).ok());
}

}  // namespace
}  // namespace gonghui
