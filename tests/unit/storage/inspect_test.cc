// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-inspect over folders that a real engine wrote, whole and damaged.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "engine/domain/rules_version.h"
#include "engine/durability/block_format.h"
#include "engine/pipeline/recovery.h"
#include "storage/rocksdb_store.h"
#include "tests/testing/run_shell.h"
#include "tests/unit/storage/inspect_world.h"
#include "tools/inspect/stats.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

TEST_F(InspectTest, AWholeFolderVerifies) {
  RunServer(/*build=*/true, 40);
  RunServer(/*build=*/false, 10);
  OpenStore(/*read_only=*/true);
  const auto full = Verify();
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->last_seq, last_seq_);
  EXPECT_EQ(full->event_count, last_seq_);
  ASSERT_TRUE(full->checkpoint.has_value());
  EXPECT_EQ(full->checkpoint->applied_seq, last_seq_ - 50);
  EXPECT_FALSE(full->started_from_checkpoint);

  const auto tail = Verify(/*from_checkpoint=*/true);
  ASSERT_TRUE(tail.ok()) << tail.status();
  EXPECT_TRUE(tail->started_from_checkpoint);
  EXPECT_EQ(tail->event_count, 50u);
  EXPECT_EQ(tail->state_hash, full->state_hash);
  EXPECT_EQ(tail->last_hash, full->last_hash);
}

TEST_F(InspectTest, TheLifeOfAHoldVerifiesAndIsTold) {
  RunServer(/*build=*/true, 0, /*holds=*/20);
  for (const char* arguments : {"", "--from-checkpoint"}) {
    const Ran ran = Inspect("verify", arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
  const auto dump = [this](std::string_view kind) {
    const Ran ran = Inspect("dump", absl::StrCat("--kind ", std::string(kind)));
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    return ran.output;
  };
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const std::string raised = dump("incremented");
  EXPECT_EQ(lines(raised), 20);
  EXPECT_THAT(raised, HasSubstr(R"("restates":true,"list_price_delta_fen":2000)"));
  const std::string lowered = dump("reversed");
  EXPECT_EQ(lines(lowered), 20);
  EXPECT_THAT(lowered, HasSubstr(R"("restates":true,"list_price_delta_fen":-1000)"));
  EXPECT_EQ(lines(dump("captured")), 40);
  const std::string refunded = dump("refunded");
  EXPECT_EQ(lines(refunded), 40);
  EXPECT_THAT(refunded, HasSubstr(R"("state":"partially_refunded","refunded_delta_fen":5000)"));
  EXPECT_THAT(refunded, HasSubstr(R"("state":"refunded","refunded_delta_fen":6000)"));
}

TEST_F(InspectTest, AShiftVerifiesAndIsTold) {
  RunServer(/*build=*/true, 0, 0, /*shifts=*/1);
  for (const char* arguments : {"", "--from-checkpoint"}) {
    const Ran ran = Inspect("verify", arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
  const Ran dump = Inspect("dump", absl::StrCat("--from ", last_seq_ - 3));
  EXPECT_EQ(dump.exit_code, 0);
  EXPECT_EQ(std::count(dump.output.begin(), dump.output.end(), '\n'), 4) << dump.output;
  for (const char* part :
       {R"("item_code":"6901234567892","quantity":2,"price_fen":1300})",
        R"("lines":[{"line_number":1,"quantity":1}]},"effect":)",
        R"("list_price_fen":650,)",
        R"("terminal_sequence":1,"business_date":"2026-05-03","member_paid_fen":1000,)",
        R"("judged_at":"2026-05-03T02:59:00.000000000Z","clock_adjusted":false,)",
        R"("kind":"batch_closed")",
        R"("in_balance":false,"totals":{"captures":2,"captured_fen":3000,"refunds":1,)"
        R"("refunded_fen":650,)"}) {
    EXPECT_THAT(dump.output, HasSubstr(part));
  }
  const Ran stats = Inspect("stats", "");
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_THAT(stats.output, HasSubstr("batch_closed"));
}

TEST_F(InspectTest, AnEmptyFolderVerifies) {
  OpenStore();
  CloseStore();
  OpenStore(/*read_only=*/true);
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->last_seq, 0u);
}

// A forger who seals a changed block anew, and every block after it, is found by
// the state hash: it is of the events as they were.
TEST_F(InspectTest, AForgedHistoryDoesNotReplay) {
  RunServer(/*build=*/true, 5);
  OpenStore();
  std::string value;
  const std::string key = JournalKey(0, last_seq_);
  ASSERT_TRUE(*store_->GetBlocking(Family::kJournal, key, &value));
  auto view = OpenBlock({reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  ASSERT_TRUE(view.ok());
  std::vector<uint8_t> forged(value.begin(), value.end());
  view->header.state_hash ^= 1;
  SealBlock(view->header, forged);
  ASSERT_TRUE(
      store_->PutBlocking(Family::kJournal, key, std::string(forged.begin(), forged.end())).ok());
  const auto report = Verify();
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("its replay gives"));
}

// What other rules wrote may not replay here: that is said, and not called damage.
TEST_F(InspectTest, ABlockOfOtherRulesIsNoDamage) {
  RunServer(/*build=*/true, 5);
  OpenStore();
  const std::string key = JournalKey(0, last_seq_);
  std::string value;
  ASSERT_TRUE(*store_->GetBlocking(Family::kJournal, key, &value));
  auto view = OpenBlock({reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  ASSERT_TRUE(view.ok());
  std::vector<uint8_t> other(value.begin(), value.end());
  view->header.state_hash ^= 1;
  view->header.rules_version = kRulesVersion - 1;
  SealBlock(view->header, other);
  ASSERT_TRUE(
      store_->PutBlocking(Family::kJournal, key, std::string(other.begin(), other.end())).ok());
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kFailedPrecondition);
  CloseStore();
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.output, HasSubstr("is of rules version"));
}

TEST_F(InspectTest, ACheckpointThatIsNotTheReplayIsFound) {
  RunServer(/*build=*/true, 5);
  OpenStore();
  // A whole checkpoint of a state that the journal never had: same pages, other
  // record.
  auto meta = **checkpoints_->LatestBlocking(0);
  ASSERT_TRUE(checkpoints_->BeginBlocking(0).ok());
  meta.state_hash ^= 1;
  ASSERT_TRUE(checkpoints_->CommitBlocking(meta).ok());
  const auto report = Verify();
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("the journal's replay gives"));
  EXPECT_EQ(Verify(/*from_checkpoint=*/true).status().code(), absl::StatusCode::kDataLoss);
}

// With a checksum that is right.
TEST_F(InspectTest, APageThatIsNoneOfItsTableIsNamed) {
  RunServer(/*build=*/true, 5);
  OpenStore();
  const CheckpointMeta meta = **checkpoints_->LatestBlocking(0);
  const std::vector<uint8_t> two_words_and_no_lengths = {2, 0};
  ASSERT_TRUE(checkpoints_->BeginBlocking(0).ok());
  ASSERT_TRUE(checkpoints_->AddPageBlocking(3, 0, two_words_and_no_lengths).ok());
  ASSERT_TRUE(checkpoints_->CommitBlocking(meta).ok());
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Verify().status().message()),
              HasSubstr("page 0 of table 3 does not fit"));
  Ledger ledger;
  EXPECT_THAT(std::string(LoadCheckpointBlocking(ledger, *checkpoints_).status().message()),
              HasSubstr("page 0 of table 3 does not fit (2 bytes)"));
}

// As the documents say: a start does not read what the checkpoint covers.
TEST_F(InspectTest, DamageBeforeTheCheckpointIsForVerifyToFind) {
  RunServer(/*build=*/true, 5);
  OpenStore();
  std::string value;
  ASSERT_TRUE(*store_->GetBlocking(Family::kJournal, JournalKey(0, 1), &value));
  value.back() = static_cast<char>(value.back() ^ 1);
  ASSERT_TRUE(store_->PutBlocking(Family::kJournal, JournalKey(0, 1), value).ok());
  CloseStore();
  RunServer(/*build=*/false, 5);
  EXPECT_EQ(Inspect("verify", "--from-checkpoint").exit_code, 0);
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.output, HasSubstr("DAMAGE: "));
}

TEST_F(InspectTest, AMissingBlockIsDamage) {
  RunServer(/*build=*/true, 5);
  OpenStore();
  ASSERT_TRUE(store_->db()
                  ->Delete({}, store_->family(Family::kJournal), JournalKey(0, last_seq_ - 2))
                  .ok());
  CloseStore();
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.output, HasSubstr("DAMAGE: journal of shard 0, block at "));
  EXPECT_THAT(ran.output, HasSubstr("a gap"));
  EXPECT_EQ(Inspect("dump", "").exit_code, 1);
  EXPECT_EQ(Inspect("stats", "").exit_code, 1);
}

TEST_F(InspectTest, TheProgramVerifies) {
  RunServer(/*build=*/true, 5);
  for (const char* arguments : {"", "--from-checkpoint"}) {
    const Ran ran = Inspect("verify", arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr(absl::StrCat("last seq ", last_seq_)));
    EXPECT_THAT(ran.output, testing::EndsWith("ok\n"));
  }
}

TEST_F(InspectTest, TheProgramDumps) {
  RunServer(/*build=*/true, 5);
  const Ran sales = Inspect("dump", "--kind authorized");
  EXPECT_EQ(sales.exit_code, 0);
  EXPECT_EQ(std::count(sales.output.begin(), sales.output.end(), '\n'), 5);
  EXPECT_THAT(sales.output, HasSubstr("\"kind\":\"authorized\""));
  EXPECT_THAT(sales.output, HasSubstr("******"));
  const Ran full = Inspect("dump", "--kind authorized --full-cards");
  EXPECT_THAT(full.output, testing::Not(HasSubstr("******")));
  const Ran range = Inspect("dump", "--from 2 --to 4");
  EXPECT_EQ(std::count(range.output.begin(), range.output.end(), '\n'), 3);
  EXPECT_TRUE(absl::StartsWith(range.output, "{\"seq\":2,"));
  EXPECT_EQ(Inspect("dump", "--kind sale").exit_code, 2);
}

TEST_F(InspectTest, ARangeThatIsNotThereIsNoDamage) {
  RunServer(/*build=*/true, 5);
  const Ran last = Inspect("dump", absl::StrCat("--from ", last_seq_));
  EXPECT_EQ(last.exit_code, 0);
  EXPECT_EQ(std::count(last.output.begin(), last.output.end(), '\n'), 1);
  for (const uint64_t from : {last_seq_ + 1, uint64_t{99'999'999}}) {
    const Ran ran = Inspect("dump", absl::StrCat("--from ", from));
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_EQ(ran.output,
              absl::StrCat("gonghui-inspect: the journal of shard 0 ends at seq ",
                           last_seq_,
                           ", before ",
                           from,
                           "\n"));
  }
  const Ran reversed = Inspect("dump", "--from 10 --to 5");
  EXPECT_EQ(reversed.exit_code, 2);
  EXPECT_THAT(reversed.output, HasSubstr("--from 10 lies behind --to 5"));
  EXPECT_EQ(Inspect("dump", "--from 0").exit_code, 2);
}

TEST_F(InspectTest, AShardThatIsNotThereIsTold) {
  RunServer(/*build=*/true, 1);
  for (const char* verb : {"verify", "dump", "stats"}) {
    EXPECT_EQ(Inspect(verb, "--shard 0").exit_code, 0);
    const Ran ran = Inspect(verb, "--shard 3");
    EXPECT_EQ(ran.exit_code, 2) << verb;
    EXPECT_THAT(ran.output, HasSubstr("has no shard 3, only 0")) << verb;
  }
}

TEST_F(InspectTest, TheProgramCounts) {
  RunServer(/*build=*/true, 5);
  const Ran ran = Inspect("stats", "");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.output, HasSubstr("authorized"));
  EXPECT_THAT(ran.output, HasSubstr("member_set"));
  EXPECT_THAT(ran.output, HasSubstr(", 1 writer\n"));
  OpenStore(/*read_only=*/true);
  const auto stats = CollectStatsBlocking(*journal_, 0);
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->event_count, last_seq_);
  EXPECT_EQ(stats->kinds.at(EventKind::kAuthorized).event_count, 5u);
  EXPECT_EQ(stats->kinds.at(EventKind::kMemberSet).event_count, city_.members);
  EXPECT_GE(stats->GroupSize(100), stats->GroupSize(50));
}

TEST_F(InspectTest, AFolderInUseIsRefused) {
  OpenStore();
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.output, HasSubstr("is in use by another process"));
}

TEST_F(InspectTest, AFolderOfSomebodyElsesIsNotInUse) {
  OpenStore();
  CloseStore();
  std::filesystem::remove(folder() + "/LOCK");
  std::filesystem::create_directory(folder() + "/LOCK");  // not even root can lock it
  const Ran ran = Inspect("verify", "");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.output, HasSubstr("cannot be locked"));
  EXPECT_THAT(ran.output, testing::Not(HasSubstr("in use")));
}

TEST_F(InspectTest, WrongUsageIsToldApart) {
  EXPECT_EQ(Inspect("verify").exit_code, 2);
  EXPECT_EQ(Inspect("").exit_code, 2);
  EXPECT_EQ(Inspect("verify --data /nonexistent/folder").exit_code, 2);
  EXPECT_EQ(Inspect(absl::StrCat("stats --data ", temp_.path(), " --shard x")).exit_code, 2);
  EXPECT_EQ(Inspect("--help").exit_code, 0);
}

}  // namespace
}  // namespace gonghui
