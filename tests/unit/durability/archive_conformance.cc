// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/archive_conformance.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "engine/base/prng.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'123'456'789};  // 2026-11-24T00:00:00Z and a bit

uint64_t SeqFound(const absl::StatusOr<bool>& found, const ArchivedTransaction& transaction) {
  if (!found.ok()) {
    ADD_FAILURE() << found.status();
    return UINT64_MAX;
  }
  return *found ? transaction.transaction.seq.value() : 0;
}

}  // namespace

Archive::Entry ArchiveConformanceTest::SaleOf(uint64_t seq, std::string_view terminal) {
  Archive::Entry entry{MakeArchivedSale(seq, kAt), CodeOf<TerminalId>(terminal)};
  entry.transaction.transaction.request_id.low += seq;
  return entry;
}

Archive::Entry ArchiveConformanceTest::AdviceOf(uint64_t seq, uint32_t sequence) {
  Archive::Entry entry{MakeArchivedAdvice(seq, kAt), CodeOf<TerminalId>("KM004217")};
  entry.transaction.transaction.request_id.low += seq;
  entry.transaction.advice.sequence = sequence;
  return entry;
}

void ArchiveConformanceTest::Put(const std::vector<Archive::Entry>& entries, uint16_t shard) {
  const absl::Status put = archive().PutBlocking(shard, entries);
  ASSERT_TRUE(put.ok()) << put;
}

uint64_t ArchiveConformanceTest::FindSeq(uint64_t seq, uint16_t shard) {
  return SeqFound(archive().FindBlocking(shard, MakeTransactionId(shard, CommandSeq{seq}), &found_),
                  found_);
}

uint64_t ArchiveConformanceTest::FindRequest(const Archive::Entry& entry, uint16_t shard) {
  return SeqFound(archive().FindBlocking(
                      shard, entry.terminal, entry.transaction.transaction.request_id, &found_),
                  found_);
}

uint64_t ArchiveConformanceTest::FindName(const AdviceName& name, uint16_t shard) {
  return SeqFound(archive().FindBlocking(shard, name, &found_), found_);
}

std::vector<uint64_t> ArchiveConformanceTest::AllSeqs(uint16_t shard) {
  std::vector<uint64_t> seqs;
  const absl::Status all =
      archive().ForEachBlocking(shard, [&seqs](const Archive::Entry& entry) -> absl::Status {
        seqs.push_back(entry.transaction.transaction.seq.value());
        return absl::OkStatus();
      });
  EXPECT_TRUE(all.ok()) << all;
  return seqs;
}

std::vector<uint64_t> ArchiveConformanceTest::AllHashes(uint16_t shard) {
  std::vector<uint64_t> hashes;
  const absl::Status all = archive().ForEachHashBlocking(shard, [&hashes](uint64_t hash) {
    hashes.push_back(hash);
    return true;
  });
  EXPECT_TRUE(all.ok()) << all;
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

namespace {

TEST_P(ArchiveConformanceTest, AtFirstThereIsNothing) {
  EXPECT_EQ(FindSeq(7), 0u);
  EXPECT_EQ(FindRequest(SaleOf(7)), 0u);
  EXPECT_EQ(FindName(AdviceNameOf(AdviceOf(7, 1).transaction, AdviceOf(7, 1).terminal)), 0u);
  EXPECT_TRUE(AllSeqs().empty());
  EXPECT_TRUE(AllHashes().empty());
  EXPECT_EQ(archive().ApproximateHashes(kShard), 0u);
  Put({});
}

TEST_P(ArchiveConformanceTest, WhatIsPutIsFoundAndOutlivesACrash) {
  const Archive::Entry sale = SaleOf(7);
  const Archive::Entry refund{MakeArchivedRefund(9, kAt), CodeOf<TerminalId>("T")};
  Put({sale, refund});
  under_test_->Crash();
  EXPECT_EQ(FindSeq(7), 7u);
  EXPECT_EQ(FirstDifference(found_, sale.transaction), "");
  EXPECT_EQ(FindRequest(refund), 9u);
  EXPECT_EQ(FirstDifference(found_, refund.transaction), "");
  EXPECT_EQ(FindSeq(8), 0u);
  EXPECT_EQ(AllSeqs(), (std::vector<uint64_t>{7, 9}));
  const absl::Status all =
      archive().ForEachBlocking(kShard, [&](const Archive::Entry& entry) -> absl::Status {
        const Archive::Entry& expected =
            entry.transaction.transaction.seq == CommandSeq{7} ? sale : refund;
        EXPECT_EQ(entry.terminal, expected.terminal);
        EXPECT_EQ(FirstDifference(entry.transaction, expected.transaction), "");
        return absl::OkStatus();
      });
  EXPECT_TRUE(all.ok()) << all;
}

TEST_P(ArchiveConformanceTest, IdsBelongToTheirTerminalAndShard) {
  Archive::Entry here = SaleOf(7, "T");
  Archive::Entry there = SaleOf(8, "T2");
  there.transaction.transaction.request_id = here.transaction.transaction.request_id;
  Put({here, there});
  EXPECT_EQ(FindRequest(here), 7u);
  EXPECT_EQ(FindRequest(there), 8u);
  here.terminal = CodeOf<TerminalId>("T3");
  EXPECT_EQ(FindRequest(here), 0u);
  EXPECT_EQ(FindSeq(7, kShard + 1), 0u);
  EXPECT_EQ(FindRequest(there, kShard + 1), 0u);
  // An id of another shard.
  const auto found =
      archive().FindBlocking(kShard, MakeTransactionId(kShard + 1, CommandSeq{7}), &found_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(*found);
  Put({SaleOf(7)}, kShard + 1);
  EXPECT_EQ(AllSeqs(kShard + 1), (std::vector<uint64_t>{7}));
  EXPECT_EQ(AllSeqs(), (std::vector<uint64_t>{7, 8}));
  EXPECT_EQ(AllHashes(kShard + 1).size(), 1u);
}

TEST_P(ArchiveConformanceTest, ALaterPutReplaces) {
  Archive::Entry sale = SaleOf(7);
  Put({sale, SaleOf(8)});
  sale.transaction.transaction.state = TransactionState::kRefunded;
  sale.transaction.transaction.progress.refunded = sale.transaction.transaction.captured;
  sale.transaction.applied[0].spent = Fen{0};
  Put({sale});
  EXPECT_EQ(FindSeq(7), 7u);
  EXPECT_EQ(FirstDifference(found_, sale.transaction), "");
  EXPECT_EQ(AllSeqs(), (std::vector<uint64_t>{7, 8}));
  EXPECT_EQ(AllHashes().size(), 2u);
}

// A reversal came first: its tombstone has the reversal's seq and the original's id, until
// the late original, which is declined, has the id as well.
TEST_P(ArchiveConformanceTest, ATombstoneStandsBehindItsReversal) {
  Archive::Entry reversal = SaleOf(7);
  Archive::Entry late = SaleOf(9);
  Archive::Entry tombstone = late;
  tombstone.transaction.transaction.seq = CommandSeq{7};
  tombstone.transaction.transaction.tombstone = true;
  Put({reversal, tombstone, SaleOf(8)});
  EXPECT_EQ(AllSeqs(), (std::vector<uint64_t>{7, 7, 8}));
  EXPECT_EQ(FindSeq(7), 7u);
  EXPECT_FALSE(found_.transaction.tombstone);
  EXPECT_EQ(FindRequest(late), 7u);
  EXPECT_TRUE(found_.transaction.tombstone);
  Put({late});
  EXPECT_EQ(FindRequest(late), 9u);
  EXPECT_FALSE(found_.transaction.tombstone);
  EXPECT_EQ(AllHashes().size(), 3u);
}

TEST_P(ArchiveConformanceTest, AnAdvicesNameFindsTheFirst) {
  const Archive::Entry first = AdviceOf(7, 37);
  const Archive::Entry again = AdviceOf(9, 37);
  const Archive::Entry other = AdviceOf(8, 38);
  const AdviceName name = AdviceNameOf(first.transaction, first.terminal);
  EXPECT_EQ(name, AdviceNameOf(again.transaction, again.terminal));
  Put({again});
  EXPECT_EQ(FindName(name), 9u);
  Put({other, first});
  EXPECT_EQ(FindName(name), 7u);
  Put({again});  // it came back, and left again
  EXPECT_EQ(FindName(name), 7u);
  EXPECT_EQ(FindName(AdviceNameOf(other.transaction, other.terminal)), 8u);
  // In one put.
  Put({AdviceOf(21, 50), AdviceOf(20, 50)});
  EXPECT_EQ(FindName(AdviceNameOf(AdviceOf(20, 50).transaction, first.terminal)), 20u);
  // Each of these makes another name.
  const auto differs = [&](auto&& change) {
    AdviceName changed = name;
    change(changed);
    EXPECT_EQ(FindName(changed), 0u);
    EXPECT_NE(ArchiveHash(changed), ArchiveHash(name));
  };
  differs([](AdviceName& n) { n.terminal = CodeOf<TerminalId>("KM004218"); });
  differs([](AdviceName& n) { n.sequence = 39; });
  differs([](AdviceName& n) { n.business_day -= 1; });
  differs([](AdviceName& n) { n.amount = -n.amount; });
  differs([](AdviceName& n) { n.card = CardNumber{1}; });
  differs([](AdviceName& n) {
    n.kind = TransactionKind::kCapture;
    n.card = CardNumber{};
  });
}

TEST_P(ArchiveConformanceTest, ACapturesNameIsItsReference) {
  Archive::Entry capture = AdviceOf(7, 37);
  Transaction& t = capture.transaction.transaction;
  t.kind = TransactionKind::kCapture;
  t.state = TransactionState::kCompleted;
  t.reference = Reference{};
  t.reference.advice = AdviceRow{1};
  t.reference.original_request_id = RequestId{1, 2};
  t.reference.asked_amount = Fen{-5};
  Put({capture});
  const AdviceName name = AdviceNameOf(capture.transaction, capture.terminal);
  EXPECT_EQ(name.card, CardNumber{});
  EXPECT_EQ(name.amount, Fen{-5});
  EXPECT_EQ(FindName(name), 7u);
  AdviceName other = name;
  other.original = TransactionId{1};
  EXPECT_EQ(FindName(other), 0u);
  other = name;
  other.original_request_id.low = 3;
  EXPECT_EQ(FindName(other), 0u);
}

TEST_P(ArchiveConformanceTest, AnAdviceThatWasTooOldHasNoName) {
  Archive::Entry old = AdviceOf(7, 37);
  old.transaction.transaction.reason = Reason::kAdviceTooOld;
  old.transaction.transaction.state = TransactionState::kDeclined;
  old.transaction.transaction.outcome = Outcome::kDeclined;
  Put({old});
  EXPECT_EQ(FindRequest(old), 7u);
  EXPECT_EQ(FindName(AdviceNameOf(old.transaction, old.terminal)), 0u);
  EXPECT_EQ(AllHashes().size(), 1u);
  Put({AdviceOf(9, 37)});
  EXPECT_EQ(FindName(AdviceNameOf(old.transaction, old.terminal)), 9u);
}

TEST_P(ArchiveConformanceTest, HashesAreOfIdsAndNames) {
  const Archive::Entry sale = SaleOf(7);
  const Archive::Entry advice = AdviceOf(8, 37);
  Put({sale, advice});
  std::vector<uint64_t> expected = {ArchiveHash(sale.transaction.transaction.request_id),
                                    ArchiveHash(advice.transaction.transaction.request_id),
                                    ArchiveHash(AdviceNameOf(advice.transaction, advice.terminal))};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(AllHashes(), expected);
  EXPECT_EQ(archive().ApproximateHashes(kShard), 3u);
  int visits = 0;
  EXPECT_TRUE(
      archive().ForEachHashBlocking(kShard, [&visits](uint64_t) { return ++visits < 2; }).ok());
  EXPECT_EQ(visits, 2);
}

TEST_P(ArchiveConformanceTest, TheVisitorsErrorIsPassedOn) {
  Put({SaleOf(7), SaleOf(8)});
  int visits = 0;
  const absl::Status all =
      archive().ForEachBlocking(kShard, [&visits](const Archive::Entry&) -> absl::Status {
        ++visits;
        return absl::CancelledError("enough");
      });
  EXPECT_EQ(all.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(visits, 1);
}

TEST_P(ArchiveConformanceTest, ManyAreFoundByManyThreads) {
  constexpr uint64_t kMany = 6'000;  // some writes of the largest size
  std::vector<Archive::Entry> entries;
  for (uint64_t seq = 1; seq <= kMany; ++seq) {
    entries.push_back(SaleOf(seq));
    if (entries.size() == kMany / 4) {
      Put(entries);
      entries.clear();
    }
  }
  under_test_->Crash();
  EXPECT_EQ(AllSeqs().size(), kMany);
  std::atomic<uint64_t> wrong = 0;
  const auto read = [this, &wrong](uint64_t seed) {
    Prng prng(seed);
    ArchivedTransaction found;
    for (int i = 0; i < 500; ++i) {
      const uint64_t seq = 1 + prng.Below(2 * kMany);
      const Archive::Entry entry = SaleOf(seq);
      const auto by_id =
          archive().FindBlocking(kShard, MakeTransactionId(kShard, CommandSeq{seq}), &found);
      wrong += by_id.ok() && *by_id == (seq <= kMany) ? 0u : 1u;
      const auto by_request = archive().FindBlocking(
          kShard, entry.terminal, entry.transaction.transaction.request_id, &found);
      wrong += by_request.ok() && *by_request == (seq <= kMany) &&
                       (seq > kMany || found.transaction.seq.value() == seq)
                   ? 0u
                   : 1u;
    }
  };
  std::thread writer([this] {
    for (uint64_t seq = 2 * kMany + 1; seq < 2 * kMany + 200; ++seq) {
      Put({SaleOf(seq)});
    }
  });
  std::vector<std::thread> readers;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    readers.emplace_back(read, seed);
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  writer.join();
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace gonghui
