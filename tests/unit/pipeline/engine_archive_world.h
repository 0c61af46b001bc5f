// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// An engine with an archive that stops where a test wants it to: what the tests of what leaves
// memory, of what comes back, and of restarts share.

#ifndef GONGHUI_TESTS_UNIT_PIPELINE_ENGINE_ARCHIVE_WORLD_H_
#define GONGHUI_TESTS_UNIT_PIPELINE_ENGINE_ARCHIVE_WORLD_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "engine/durability/memory_archive.h"
#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {

constexpr int64_t kNever = int64_t{1'000} * 86'400 * kNsPerSecond;

// Where others wait until they are let through, one at a time or all.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_ || allowed_ > 0; });
    allowed_ -= open_ ? 0 : 1;
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    arrived_ = 0;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void LetOne() {
    const std::lock_guard lock(mutex_);
    ++allowed_;
    changed_.notify_all();
  }
  // Until so many have come since Close().
  void AwaitArrival(int count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int allowed_ = 0;
  int arrived_ = 0;
};

// Why an engine stopped itself: EngineOptions::fail_stop.  Outlives the engine.
class StopNote {
 public:
  [[nodiscard]] std::function<void(const std::string&)> hook() {
    return [this](const std::string& why) {
      const std::lock_guard lock(mutex_);
      why_ = why;
      changed_.notify_all();
    };
  }
  std::string Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return why_.has_value(); });
    return *why_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> why_;
};

// No transaction has this id.  Whoever names it asks the disk, as of all imported ones.
constexpr TransactionId kHeld =
    MakeTransactionId(0, CommandSeq{kImportedSeqFirst.value() + 1'000'000});

// An archive with gates, for what must happen in between.
class GatedArchive final : public Archive {
 public:
  absl::Status PutBlocking(uint16_t shard, std::span<const Entry> entries) override {
    before_put.Pass();
    return memory.PutBlocking(shard, entries);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    TransactionId id,
                                    ArchivedTransaction* found) const override {
    if (id == kHeld) {
      find_held.Pass();
    }
    return memory.FindBlocking(shard, id, found);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const TerminalId& terminal,
                                    const RequestId& id,
                                    ArchivedTransaction* found) const override {
    return memory.FindBlocking(shard, terminal, id, found);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const AdviceName& name,
                                    ArchivedTransaction* found) const override {
    return memory.FindBlocking(shard, name, found);
  }
  absl::Status ForEachBlocking(
      uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const override {
    return memory.ForEachBlocking(shard, visit);
  }
  absl::Status ForEachHashBlocking(uint16_t shard,
                                   const std::function<bool(uint64_t)>& visit) const override {
    // The first call of a start asks whether there is any, the second fills the filter.
    if (++hash_calls % 2 == 0) {
      before_filling.Pass();
    }
    size_t left = hashes_max.load();
    const auto visit_some = [&](uint64_t hash) { return left != 0 && (--left, visit(hash)); };
    return memory.ForEachHashBlocking(shard, visit_some);
  }
  [[nodiscard]] uint64_t ApproximateHashes(uint16_t shard) const override {
    return memory.ApproximateHashes(shard);
  }

  MemoryArchive memory;
  Gate before_put;
  mutable Gate find_held;  // of the transaction kHeld
  mutable Gate before_filling;
  mutable std::atomic<int> hash_calls{0};
  std::atomic<size_t> hashes_max{SIZE_MAX};  // then a scan ends, as if there were no more
};

class EngineArchiveTest : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  EngineArchiveTest() {
    options_.pipeline = GetParam();
    options_.ring_slots = 64;
    options_.checkpoint_at_stop = false;
    options_.archive_after_ns = 0;
    options_.archive_slice_rows = 100;
    options_.archive_begin_rows = 0;
    options_.archive_overdue_ns = 0;
  }
  ~EngineArchiveTest() override {
    archive_.before_put.Open();
    archive_.find_held.Open();
    archive_.before_filling.Open();
    engine_.reset();
  }

  void Start() {
    auto engine = Engine::Start(options_, clock_, journal_, &store_, &archive_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  void Build() {
    BuildCity(city_, [this](const Command& command) { Run(command); });
  }

  Result Run(const Command& command) { return RunOn(*engine_, command); }
  static Result RunOn(Engine& engine, const Command& command) {
    Result result;
    const absl::Status status = engine.RunBlocking({&command, 1}, {&result, 1});
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }

  Command Sale() {
    Command sale = RandomSale(city_, prng_);
    sale.authorize.list_price = Fen{1'000};
    return sale;
  }
  Command About(CommandKind kind, const Command& original) {
    Command command;
    command.kind = kind;
    command.terminal = original.terminal;
    command.request_id = RequestId{prng_.Next(), prng_.Next()};
    switch (kind) {
      case CommandKind::kCapture:
        command.capture = CaptureRequest{};
        command.capture.original_request_id = original.request_id;
        break;
      case CommandKind::kReverse:
        command.reverse = ReverseRequest{};
        command.reverse.original_request_id = original.request_id;
        break;
      case CommandKind::kRefund:
        command.refund = RefundRequest{};
        command.refund.original_request_id = original.request_id;
        break;
      default:
        command.inquiry = InquiryRequest{TransactionId{}, original.request_id};
        break;
    }
    return command;
  }
  Command RefundOf(const Command& sale, int64_t fen) {
    Command command = About(CommandKind::kRefund, sale);
    command.refund.amount = Fen{fen};
    command.refund.has_amount = true;
    return command;
  }

  struct Memory {
    uint32_t rows = 0;  // of transactions
    uint32_t ever = 0;  // rows that were given out
    uint64_t seq = 0;
    uint64_t archived = 0;
    uint64_t hash = 0;
  };
  Memory Look() {
    Memory memory;
    EXPECT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      memory.rows = ledger.transactions().size() - ledger.archived_rows();
                      memory.ever = ledger.transactions().size();
                      memory.seq = ledger.applied_seq().value();
                      memory.archived = ledger.globals().archived_count;
                      memory.hash = ledger.StateHash();
                    })
                    .ok());
    return memory;
  }
  // Until no more than so many are in memory.  After holds that stayed the engine pauses by
  // the clock.
  void AwaitLeaving(uint32_t rows_left = 0) {
    for (int i = 0; i < 20'000 && Look().rows > rows_left; ++i) {
      clock_.Advance(kNsPerSecond / 1'000);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_LE(Look().rows, rows_left);
  }

  // Until nothing happens any more though the clock goes on.
  Memory AwaitRest() {
    Memory last = Look();
    for (int quiet = 0; quiet < 100; ++quiet) {
      clock_.Advance(kNsPerSecond / 100);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const Memory memory = Look();
      quiet = memory.seq == last.seq ? quiet : 0;
      last = memory;
    }
    return last;
  }
  // Gives the engine occasion to do what it must not.
  void LookOften() {
    for (int i = 0; i < 200; ++i) {
      Look();
    }
  }

  Command AskForHeld(const Command& sale) {
    Command inquiry = About(CommandKind::kGetTransaction, sale);
    inquiry.inquiry = InquiryRequest{kHeld, RequestId{}};
    return inquiry;
  }

  HandClock clock_;
  MemoryJournal journal_;
  MemoryCheckpointStore store_;
  GatedArchive archive_;
  CityOptions city_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Prng prng_{7};
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_PIPELINE_ENGINE_ARCHIVE_WORLD_H_
