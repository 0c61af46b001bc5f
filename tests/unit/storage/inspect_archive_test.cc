// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-inspect over folders of which transactions have left memory: the archive is there,
// whole, and what the ledger decided.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "engine/pipeline/engine.h"
#include "storage/archive_keys.h"
#include "storage/rocksdb_store.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"
#include "tests/testing/run_shell.h"
#include "tests/unit/storage/inspect_world.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

// Sales of which most have left memory; the first of them came back, to be refunded.
class InspectArchiveTest : public InspectTest {
 protected:
  static constexpr int kSales = 200;
  static constexpr uint32_t kInMemory = 40;

  void RunArchivingServer() {
    OpenStore();
    EngineOptions options;
    options.checkpoint_at_stop = true;
    options.archive_rows_max = kInMemory;
    options.archive_slice_rows = 64;
    const auto engine =
        Engine::Start(options, clock_, *journal_, checkpoints_.get(), archive_.get());
    ASSERT_TRUE(engine.ok()) << engine.status();
    const auto run = [&engine](const Command& command) {
      Result result;
      GH_CHECK((*engine)->RunBlocking({&command, 1}, {&result, 1}).ok());
    };
    BuildCity(city_, run);
    Command first;
    for (int i = 0; i < kSales; ++i) {
      const Command sale = RandomSale(city_, prng_);
      first = i == 0 ? sale : first;
      run(sale);
    }
    WaitForArchived(**engine, kSales / 2);
    Command refund;
    refund.kind = CommandKind::kRefund;
    refund.terminal = first.terminal;
    refund.request_id = RequestId{prng_.Next(), prng_.Next()};
    refund.refund = RefundRequest{};
    refund.refund.original_request_id = first.request_id;
    run(refund);
    EXPECT_EQ((*engine)->stats().thawed_transactions, 1u);
    (*engine)->Stop();
    last_seq_ = (*engine)->stats().applied_seq;
    CloseStore();
  }
  static void WaitForArchived(const Engine& engine, uint64_t count) {
    // Far longer than it takes: on a slow disk beside busy neighbours 10 s were not enough.
    for (int i = 0; i < 100'000 && engine.stats().archived_transactions < count; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_GE(engine.stats().archived_transactions, count);
  }
  // The oldest of the archive but for the one that came back, with shares.  The newest may
  // be in memory as well.
  Archive::Entry AnOldOne() {
    Archive::Entry old;
    int visits = 0;
    const absl::Status found =
        archive_->ForEachBlocking(0, [&](const Archive::Entry& entry) -> absl::Status {
          old = entry;
          return ++visits > 1 && entry.transaction.transaction.applied_count > 0
                     ? absl::CancelledError("enough")
                     : absl::OkStatus();
        });
    EXPECT_TRUE(absl::IsCancelled(found)) << found;
    EXPECT_LT(visits, kSales / 4);
    return old;
  }
  std::string VerifyDamage() {
    const auto report = Verify();
    EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
    return std::string(report.status().message());
  }
};

TEST_F(InspectArchiveTest, ItVerifiesAndIsTold) {
  RunArchivingServer();
  OpenStore(/*read_only=*/true);
  for (const bool from_checkpoint : {false, true}) {
    const auto report = Verify(from_checkpoint);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_GE(report->archive_count, uint64_t{kSales} / 2);
    EXPECT_GE(report->thawed_count, uint64_t{kSales} / 2 - 1);
    EXPECT_EQ(report->imported_count, 0u);
    EXPECT_EQ(report->last_seq, last_seq_);
  }
  CloseStore();
  for (const char* arguments : {"", "--from-checkpoint"}) {
    const Ran ran = Inspect("verify", arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr("all found by their request ids"));
    EXPECT_THAT(ran.output, HasSubstr("none is missing"));
  }
  const Ran archived = Inspect("dump", "--kind archived");
  EXPECT_EQ(archived.exit_code, 0) << archived.output;
  EXPECT_THAT(archived.output, HasSubstr(R"("command":{"first_transaction_row":)"));
  const Ran thawed = Inspect("dump", "--kind thawed");
  EXPECT_EQ(thawed.exit_code, 0);
  EXPECT_EQ(std::count(thawed.output.begin(), thawed.output.end(), '\n'), 1);
  EXPECT_THAT(thawed.output, HasSubstr(R"("transaction_kind":"authorization","decided_at":)"));
  EXPECT_THAT(thawed.output, HasSubstr("******"));
  const Ran stats = Inspect("stats", "");
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_THAT(stats.output, HasSubstr("  archive           "));
  EXPECT_THAT(stats.output, HasSubstr("  archive_ids       "));
  EXPECT_THAT(stats.output, testing::ContainsRegex("archived +about [0-9]+ transactions"));
}

// A former system's transactions are read, and added to nothing.
TEST_F(InspectArchiveTest, WhatWasImportedIsInNoAccount) {
  RunArchivingServer();
  OpenStore();
  const auto before = Verify();
  ASSERT_TRUE(before.ok()) << before.status();
  Archive::Entry former = AnOldOne();
  former.transaction.transaction.seq = CommandSeq{kImportedSeqFirst.value() + 7};
  former.transaction.transaction.request_id = RequestId{7, 7};
  ASSERT_TRUE(archive_->PutBlocking(0, {&former, 1}).ok());
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->imported_count, 1u);
  EXPECT_EQ(report->archive_count, before->archive_count + 1);
  EXPECT_EQ(report->thawed_count, before->thawed_count);
  CloseStore();
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("archive: 1 transactions of a former system, all whole"));
}

TEST_F(InspectArchiveTest, WhatIsMissingIsFound) {
  RunArchivingServer();
  OpenStore();
  const std::string key = ArchiveKey(0, AnOldOne().transaction.transaction.seq, false);
  std::string value;
  ASSERT_TRUE(*store_->GetBlocking(Family::kArchive, key, &value));
  ASSERT_TRUE(store_->db()->Delete({}, store_->family(Family::kArchive), key).ok());
  EXPECT_THAT(VerifyDamage(),
              HasSubstr("the archive lacks 1 of the transactions that have left memory"));
  value[20] = static_cast<char>(value[20] ^ 1);
  ASSERT_TRUE(store_->PutBlocking(Family::kArchive, key, value).ok());
  EXPECT_THAT(VerifyDamage(), HasSubstr("checksum does not match the bytes"));
  CloseStore();
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.output, HasSubstr("DAMAGE: archive of shard 0, seq "));
}

TEST_F(InspectArchiveTest, AnIdThatDoesNotLeadToItIsFound) {
  RunArchivingServer();
  OpenStore();
  const Archive::Entry old = AnOldOne();
  const std::string key = ArchiveIdKey(0, old.transaction.transaction.request_id, old.terminal);
  ASSERT_TRUE(store_->db()->Delete({}, store_->family(Family::kArchiveIds), key).ok());
  EXPECT_THAT(VerifyDamage(), HasSubstr("its request id does not lead to it"));
}

// Another ledger's, or one that was changed by hand: whole, and yet not what was decided.
TEST_F(InspectArchiveTest, WhatTheLedgerDoesNotAddUpToIsFound) {
  RunArchivingServer();
  OpenStore();
  Archive::Entry changed = AnOldOne();
  const Archive::Entry before = changed;
  changed.transaction.applied[0].spent -= Fen{1};
  ASSERT_TRUE(archive_->PutBlocking(0, {&changed, 1}).ok());
  EXPECT_THAT(VerifyDamage(), HasSubstr("the ledger at seq "));
  ASSERT_TRUE(archive_->PutBlocking(0, {&before, 1}).ok());
  EXPECT_TRUE(Verify().ok());
  changed = before;
  changed.terminal = CodeOf<TerminalId>("nobodys");
  ASSERT_TRUE(archive_->PutBlocking(0, {&changed, 1}).ok());
  EXPECT_THAT(VerifyDamage(), HasSubstr("its terminal is not one of the ledger's"));
  ASSERT_TRUE(archive_->PutBlocking(0, {&before, 1}).ok());
  changed = before;
  changed.transaction.transaction.seq = CommandSeq{last_seq_ + 7};
  changed.transaction.transaction.request_id = RequestId{7, 7};
  ASSERT_TRUE(archive_->PutBlocking(0, {&changed, 1}).ok());
  EXPECT_THAT(VerifyDamage(), HasSubstr("it never left this ledger's memory"));
}

}  // namespace
}  // namespace gonghui
