// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-inspect over folders that a real engine wrote, whole and damaged.

#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "engine/base/clock.h"
#include "engine/durability/block_format.h"
#include "engine/pipeline/engine.h"
#include "storage/archive_keys.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "tests/testing/city.h"
#include "tests/unit/durability/event_maker.h"
#include "tests/unit/storage/temp_folder.h"
#include "tools/inspect/dump.h"
#include "tools/inspect/event_names.h"
#include "tools/inspect/stats.h"
#include "tools/inspect/verify.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

class NoonClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return kCityNoon.value(); }
  [[nodiscard]] int64_t MonotonicNs() const override { return kCityNoon.value(); }
};

struct Ran {
  int exit_code = -1;
  std::string output;  // both streams
};

class InspectTest : public testing::Test {
 protected:
  InspectTest() {
    city_.members = 50;
    city_.merchants = 6;
  }
  ~InspectTest() override { CloseStore(); }

  void OpenStore(bool read_only = false) {
    RocksdbStoreOptions options;
    options.folder = folder();
    options.read_only = read_only;
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    journal_ = std::make_unique<RocksdbJournal>(*store_);
    checkpoints_ = std::make_unique<RocksdbCheckpointStore>(*store_);
    archive_ = std::make_unique<RocksdbArchive>(*store_);
  }
  void CloseStore() {
    archive_.reset();
    checkpoints_.reset();
    journal_.reset();
    store_.reset();
  }

  // A server's life: a city (at first), a checkpoint, sales, holds and shifts after it.
  void RunServer(bool build, int sales, int holds = 0, int shifts = 0) {
    OpenStore();
    EngineOptions options;
    options.checkpoint_at_stop = false;
    const auto engine =
        Engine::Start(options, clock_, *journal_, checkpoints_.get(), archive_.get());
    GH_CHECK(engine.ok(), engine.status().message());
    const auto run = [&engine](const Command& command) {
      Result result;
      GH_CHECK((*engine)->RunBlocking({&command, 1}, {&result, 1}).ok());
    };
    if (build) {
      BuildCity(city_, run);
      GH_CHECK((*engine)->CheckpointBlocking().ok());
    }
    for (int i = 0; i < sales; ++i) {
      run(RandomSale(city_, prng_));
    }
    for (int i = 0; i < holds; ++i) {
      for (const Command& command : LifeOfAHold()) {
        run(command);
      }
    }
    for (int i = 0; i < shifts; ++i) {
      for (const Command& command : Shift()) {
        run(command);
      }
    }
    last_seq_ = (*engine)->stats().applied_seq;
    (*engine)->Stop();
    CloseStore();
  }

  // A hold that is raised, lowered, captured twice and refunded.
  std::vector<Command> LifeOfAHold() {
    Command hold = RandomSale(city_, prng_);
    hold.authorize.list_price = Fen{10'000};
    hold.authorize.capture_at_once = false;
    std::vector<Command> life = {hold};
    const auto next = [&](CommandKind kind) -> Command& {
      Command& command = life.emplace_back();
      command.kind = kind;
      command.terminal = hold.terminal;
      command.request_id = RequestId{prng_.Next(), prng_.Next()};
      return command;
    };
    next(CommandKind::kIncrement).increment =
        IncrementRequest{{}, hold.request_id, Fen{2'000}, 30 * 86'400};
    next(CommandKind::kReverse).reverse =
        ReverseRequest{{}, hold.request_id, Fen{1'000}, true, ReversalReason::kDeviceUnable};
    next(CommandKind::kCapture).capture =
        CaptureRequest{{}, hold.request_id, Fen{4'000}, true, false};
    next(CommandKind::kCapture).capture = CaptureRequest{{}, hold.request_id, {}, false, true};
    next(CommandKind::kRefund).refund = RefundRequest{{}, hold.request_id, Fen{5'000}, true};
    next(CommandKind::kRefund).refund = RefundRequest{{}, hold.request_id, {}, false};
    return life;
  }

  // What a till does in a day: it sells and takes back by lines, uploads what it did while
  // it was cut off, and closes.
  std::vector<Command> Shift() {
    Command sale = RandomSale(city_, prng_);
    sale.authorize.list_price = Fen{2'000};
    sale.authorize.lines = lines_.data();
    sale.authorize.line_count = 2;
    std::vector<Command> shift = {sale};
    Command& refund = shift.emplace_back();
    refund.kind = CommandKind::kRefund;
    refund.terminal = sale.terminal;
    refund.request_id = RequestId{prng_.Next(), prng_.Next()};
    refund.refund = RefundRequest{};
    refund.refund.original_request_id = sale.request_id;
    refund.refund.lines = &returned_;
    refund.refund.line_count = 1;
    Command& uploaded = shift.emplace_back(RandomSale(city_, prng_));
    uploaded.terminal = sale.terminal;
    uploaded.authorize.merchant = {};
    uploaded.authorize.list_price = Fen{1'000};
    evidence_.occurred_at = TimestampNs{kCityNoon.value() - 60 * kNsPerSecond};
    evidence_.member_paid = Fen{1'000};
    evidence_.sequence = 1;
    evidence_.business_day = 20'576;
    evidence_.queue_empty = true;
    uploaded.advice = &evidence_;
    Command& close = shift.emplace_back();
    close.kind = CommandKind::kCloseBatch;
    close.terminal = sale.terminal;
    close.request_id = RequestId{prng_.Next(), prng_.Next()};
    close.close_batch = CloseBatchRequest{};
    close.close_batch.theirs.captures = 2;
    return shift;
  }

  [[nodiscard]] std::string folder() const { return temp_.path("data"); }

  absl::StatusOr<VerifyReport> Verify(bool from_checkpoint = false) {
    VerifyOptions options;
    options.from_checkpoint = from_checkpoint;
    return VerifyBlocking(*journal_, *checkpoints_, *archive_, options);
  }

  Ran Inspect(const std::string& arguments) {
    const std::string command = absl::StrCat(GONGHUI_INSPECT, " ", arguments, " 2>&1");
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    GH_CHECK(pipe != nullptr);
    Ran ran;
    std::array<char, 4'096> buffer;
    while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
      ran.output.append(buffer.data(), size);
    }
    const int status = ::pclose(pipe);
    ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
  }
  Ran Inspect(std::string_view verb, const std::string& arguments) {
    return Inspect(absl::StrCat(std::string(verb), " --data ", folder(), " ", arguments));
  }

  const TempFolder temp_;
  const NoonClock clock_;
  CityOptions city_;
  Prng prng_{11};
  uint64_t last_seq_ = 0;
  std::array<LineItem, 2> lines_ = {LineItem{CodeOf<ItemCode>("6901234567892"), Fen{1'300}, 2, 0},
                                    LineItem{CodeOf<ItemCode>("fruit"), Fen{700}, 1, 0}};
  ReturnedLine returned_{1, 1};
  AdviceRequest evidence_;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<RocksdbJournal> journal_;
  std::unique_ptr<RocksdbCheckpointStore> checkpoints_;
  std::unique_ptr<RocksdbArchive> archive_;
};

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
    for (int i = 0; i < 10'000 && engine.stats().archived_transactions < count; ++i) {
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

TEST(TimeTextTest, IsUtcToTheNanosecond) {
  EXPECT_EQ(TimeText(TimestampNs{1'795'478'400'123'456'789}), "2026-11-24T00:00:00.123456789Z");
  EXPECT_EQ(TimeText(TimestampNs{-1}), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(TimeText(kTimestampMax), "never");
}

TEST(DumpTest, ARefundIsToldWithWhatItChanges) {
  const auto refund = MakeFollowUp(EventKind::kRefunded, 5'002, kCityNoon);
  refund->event.shares[0].overrun_delta = Fen{-100};
  refund->event.shares[0].suspense_delta = Fen{300};
  const std::string line = LineOf(refund->event, 0, false);
  for (const char* part :
       {R"("kind":"refunded","terminal_id":"KM004217")",
        R"("command":{"original_transaction_id":5001,"amount_fen":1000},"effect":)",
        R"("list_price_fen":1000,"member_pays_fen":600,"subsidy_fen":400)",
        R"("original":{"transaction_row":1843212,"state":"partially_refunded",)"
        R"("refunded_delta_fen":1000,"refunded_subsidy_delta_fen":400})",
        R"("spent_delta":-400,"overrun_delta":-100,"suspense_delta":300})",
        R"("member_posted_delta_fen":-600)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST(DumpTest, AnIncrementIsToldWithWhatItChanges) {
  const auto increment = MakeFollowUp(EventKind::kIncremented, 5'002, kCityNoon);
  increment->command.increment.hold_s = 3'600;
  increment->event.original.expires_at_delta_ns = 60'000'000'000;
  const std::string line = LineOf(increment->event, 0, false);
  for (const char* part :
       {R"("kind":"incremented")",
        R"("command":{"original_transaction_id":5001,"amount_fen":1000,"hold_s":3600})",
        R"("state":"pending","restates":true,"list_price_delta_fen":1000,)"
        R"("subsidy_delta_fen":400,"expires_at_delta_ns":60000000000})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST(DumpTest, AnAmountThatWasNotGivenIsNotTold) {
  for (const EventKind kind : {EventKind::kCaptured, EventKind::kReversed, EventKind::kRefunded}) {
    const auto with = MakeFollowUp(kind, 5'002, kCityNoon);
    EXPECT_THAT(LineOf(with->event, 0, false), HasSubstr("\"amount_fen\":1000"));
    Command& command = with->command;
    (kind == EventKind::kCaptured   ? command.capture.has_amount
     : kind == EventKind::kReversed ? command.reverse.has_amount
                                    : command.refund.has_amount) = false;
    EXPECT_THAT(LineOf(with->event, 0, false), testing::Not(HasSubstr("\"amount_fen\"")));
  }
}

TEST(DumpTest, LinesAreToldAsAskedAndAsSplit) {
  const auto sale = MakeSaleOfLines(5'001, kCityNoon);
  const std::string sold = LineOf(sale->event, 0, false);
  for (const char* part :
       {R"("lines":[{"item_code":"6901234567892","quantity":2,"price_fen":2000},)"
        R"({"item_code":"fruit","quantity":1,"price_fen":580}])",
        R"("lines":[{"line_number":1,"quantity":2,"price_fen":2000,"subsidy_fen":800},)"
        R"({"line_number":2,"quantity":1,"price_fen":580,"subsidy_fen":232}])"}) {
    EXPECT_THAT(sold, HasSubstr(part));
  }
  const auto refund = MakeRefundOfLine(5'002, kCityNoon);
  const std::string returned = LineOf(refund->event, 0, false);
  for (const char* part :
       {R"("command":{"original_transaction_id":5001,"lines":[{"line_number":1,"quantity":1}]})",
        R"("lines":[{"line_number":1,"quantity":1,"price_fen":1000,"subsidy_fen":400}])"}) {
    EXPECT_THAT(returned, HasSubstr(part));
  }
  EXPECT_THAT(LineOf(MakeSale(5'001, kCityNoon)->event, 0, false),
              testing::Not(HasSubstr("\"lines\"")));
}

TEST(DumpTest, ACodeIsTold) {
  const auto sale = MakeCodeSale(5'001, kCityNoon);
  const std::string line = LineOf(sale->event, 0, false);
  EXPECT_THAT(line,
              HasSubstr(R"("code":{"issued_at":"2026-05-03T02:59:47.500000000Z","valid_s":60,)"
                        R"("purpose":"entry"}},"effect":)"));
  EXPECT_THAT(line, HasSubstr(R"("code_use_row":90210)"));
  EXPECT_THAT(LineOf(MakeSale(5'001, kCityNoon)->event, 0, false), testing::Not(HasSubstr("code")));
}

TEST(DumpTest, WhatLeavesAndComesBackIsTold) {
  EXPECT_THAT(LineOf(MakeArchive(5'001, kCityNoon)->event, 0, false),
              HasSubstr(R"("kind":"archived","command":{"first_transaction_row":4097,)"
                        R"("first_applied_row":3818,"first_use_row":8018,"first_line_row":1,)"
                        R"("first_advice_row":1},"effect":{}})"));
  const auto thaw = MakeThaw(5'009, kCityNoon);
  const std::string line = LineOf(thaw->event, 3, false);
  for (const char* part :
       {R"("kind":"thawed","command":{"transaction_id":3377699720532873,)",
        R"("request_id":"01934a5e-7c2b-7f31-9d1f-62a8b04ce573",)",
        R"("transaction_kind":"authorization","decided_at":"2026-05-03T02:59:59.999996000Z",)",
        R"("card_number":"621700*********5678")",
        R"("state":"captured","list_price_fen":2580)",
        R"("share_count":1,"use_count":2,"line_count":0,"is_advice":false},)",
        R"("effect":{"transaction_row":1850001}})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  thaw->thaw = MakeArchivedRefund(5'002, kCityNoon);
  EXPECT_THAT(LineOf(thaw->event, 0, false), HasSubstr(R"("original_transaction_id":5001)"));
}

TEST(DumpTest, AnAdviceIsToldWithItsEvidenceAndItsVerdict) {
  const auto advice = MakeAdvice(5'001, kCityNoon);
  advice->advice.deny_list_at = TimestampNs{kCityNoon.value() - kNsPerSecond};
  advice->event.advice.judged_at = kCityNoon;
  advice->event.advice.clock_adjusted = true;
  const std::string line = LineOf(advice->event, 0, false);
  for (const char* part :
       {R"("advice":{"occurred_at":"2026-05-03T01:00:00.000000000Z","terminal_sequence":37,)"
        R"("business_date":"2026-11-23","member_paid_fen":1200,)"
        R"("deny_list_at":"2026-05-03T02:59:59.000000000Z","queue_empty":true}},"effect":)",
        R"("advice":{"advice_row":412,"judged_at":"2026-05-03T03:00:00.000000000Z",)"
        R"("clock_adjusted":true,"liability":"acquirer","acquirer_bears_fen":348})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST(DumpTest, ABatchIsToldWithBothSides) {
  const auto close = MakeBatchClose(5'004, kCityNoon);
  close->event.batch.opened_at = TimestampNs{kCityNoon.value() - kNsPerSecond};
  const std::string line = LineOf(close->event, 0, false);
  for (const char* part :
       {R"("kind":"batch_closed","terminal_id":"KM004217")",
        R"("command":{"totals":{"captures":4,"captured_fen":10320,"refunds":0,"refunded_fen":0,)"
        R"("reversals":0,"reversed_fen":0,"subsidy_fen":4128}},"effect":)",
        R"("batch":{"batch_row":77,"number":1,"in_balance":false,"totals":{"captures":3,)",
        R"("subsidy_fen":3096},"opened_at":"2026-05-03T02:59:59.000000000Z"})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  close->event.batch.ours = close->event.batch.theirs;
  EXPECT_THAT(LineOf(close->event, 0, false), HasSubstr("\"in_balance\":true"));
}

TEST(DumpTest, AProgrammeIsToldWithItsCaptures) {
  OwnedEvent owned;
  owned.command.kind = CommandKind::kApplyProgramme;
  owned.command.programme = &owned.image;
  owned.event.kind = EventKind::kProgrammeApplied;
  owned.event.command = &owned.command;
  owned.image.programme.late_capture = LateCapture::kForcePost;
  owned.over_capture = {{{5'811, 5'814}, Bps{1'500}}};
  owned.image.over_capture = owned.over_capture;
  EXPECT_THAT(LineOf(owned.event, 0, false),
              HasSubstr(R"("late_capture":"force_post","over_capture":)"
                        R"([{"mcc_first":5811,"mcc_last":5814,"rate_bps":1500}])"));
}

TEST(DumpTest, AVersionIsToldWithItsStage) {
  EXPECT_THAT(
      LineOf(MakeProgramme(5'001, kCityNoon)->event, 0, false),
      testing::AllOf(HasSubstr(R"("stage":"scheduled","activates_at":"2026-11-30T16:00:00)"),
                     HasSubstr(R"("price":"tiers","layer":2})"),
                     HasSubstr(R"("effect":{"row":41})")));
  const auto staging = MakeStaging(5'001, kCityNoon);
  EXPECT_THAT(LineOf(staging->event, 0, false),
              HasSubstr(R"("kind":"programme_staged","command":{"programme":"basket","version":3,)"
                        R"("stage":"shadow"},"effect":{"row":41}})"));
  staging->stage_programme.stage = Stage::kScheduled;
  staging->stage_programme.activates_at = kCityNoon;
  EXPECT_THAT(LineOf(staging->event, 0, false),
              HasSubstr(R"("stage":"scheduled","activates_at":"2026-05-03T03:00:00.000000000Z"})"));
  EXPECT_THAT(LineOf(MakeActivation(5'001, kCityNoon)->event, 0, false),
              HasSubstr(R"("kind":"programme_activated","command":{},"effect":{"row":41}})"));
}

TEST(DumpTest, AMembersFirstDayAndAFundsPayerAreTold) {
  OwnedEvent owned;
  owned.event.command = &owned.command;
  owned.command.kind = CommandKind::kSetMember;
  owned.command.member = &owned.member;
  owned.event.kind = EventKind::kMemberSet;
  EXPECT_THAT(LineOf(owned.event, 0, false), testing::Not(HasSubstr("joined_on")));
  owned.member.joined_day = static_cast<JoinedDay>(DayOf({2019, 3, 1}) - kJoinedDayZero);
  owned.member.keep.joined_day = true;
  EXPECT_THAT(LineOf(owned.event, 0, false),
              testing::AllOf(HasSubstr(R"("joined_on":"2019-03-01")"),
                             HasSubstr(R"("keeps":"joined_on")")));
  owned.command.kind = CommandKind::kSetFund;
  owned.command.fund = &owned.fund;
  owned.event.kind = EventKind::kFundSet;
  owned.fund.payer = Payer::kSponsor;
  EXPECT_THAT(LineOf(owned.event, 0, false), HasSubstr(R"("paid_by":"sponsor")"));
}

TEST(EventNamesTest, EveryKindHasItsName) {
  EXPECT_THAT(AllEventKinds(), testing::ElementsAreArray(kAllEventKinds));
  for (const EventKind kind : AllEventKinds()) {
    EXPECT_EQ(EventKindOf(NameOf(kind)), kind);
  }
  EXPECT_FALSE(EventKindOf("none").has_value());
}

}  // namespace
}  // namespace gonghui
