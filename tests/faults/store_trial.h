// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A whole server without its network in one process, on a disk that misbehaves: the store with
// all its families, the engine with its threads, and terminals that sell, hold, capture, reverse,
// refund and repeat.  Buffers are so small that within some hundred commands tables are flushed
// and merged, checkpoints are taken and transactions leave for the archive.
//
// It remembers by itself what must be true after every start:
//  - what was acknowledged is there: the journal goes at least as far, and each answer is given
//    again to whoever repeats its request;
//  - nothing else is: the state is, to the bit, what the ledger was when it had decided just as
//    much (its hash after every single event is kept), so that no event is missing, doubled or
//    of another order;
//  - personal data and drafts that were put can be read;
//  - nothing that was told is answered to be unreadable, unless a fault of the disk has struck and
//    is not cleared yet.
//
// Where a server would abort, the trial fails: nothing of it reaches the disk any more.
//
// Thread safety: one thread owns it.

#ifndef GONGHUI_TESTS_FAULTS_STORE_TRIAL_H_
#define GONGHUI_TESTS_FAULTS_STORE_TRIAL_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>

#include "engine/base/prng.h"
#include "engine/pipeline/engine.h"
#include "storage/programme_sources.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "storage/vault.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/city.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {

// Personal data or a draft that was put beside the ledger; its content follows from the number.
struct SideDatum {
  uint32_t number = 0;
  bool is_draft = false;
};

// OK, or what is wrong with what is read back: NOT_FOUND when it is not there or is another, else
// why it can not be read.
absl::Status CheckSideDatum(const SideDatum& put,
                            const Vault& vault,
                            const ProgrammeSources& sources);

class StoreTrial final : private Completions, private DecisionObserver {
 public:
  // At which starts logs are written over spare ones (storage/spare_log.h).
  enum class SpareLogs : uint8_t { kEveryOther = 1, kAlways = 2, kNever = 3 };
  static constexpr uint64_t kSpareLogBytesMax = 512 << 10;

  // `disk` outlives it; null = the machine's own.  The vault's key is made beside the folder.
  // Every other start, that is the first, the third, and so on.
  StoreTrial(std::string folder,
             FaultFileSystem* disk,
             uint64_t seed,
             SpareLogs spare_logs = SpareLogs::kEveryOther);
  ~StoreTrial() override;

  // Opens the folder, recovers, and compares with what must be there: what is wrong is in
  // contradictions().  An error: it refuses to start.
  absl::Status Start(bool recover_point_in_time = false);
  // So many commands, or until it fails.
  void Work(int commands);
  // Repeats requests of the past: all that nobody was told the answer of, and some others.
  void Repeat(size_t count);
  // As SIGTERM does.
  void Stop();
  // The process is gone.
  void Abandon();

  [[nodiscard]] bool running() const { return engine_ != nullptr; }
  // Something would have ended the server, or the power is off.
  [[nodiscard]] bool failed() const;
  [[nodiscard]] std::string why() const;
  [[nodiscard]] const std::vector<std::string>& contradictions() const { return contradictions_; }
  [[nodiscard]] uint64_t acknowledged_count() const { return acknowledged_.size(); }
  [[nodiscard]] uint64_t acknowledged_seq() const { return acknowledged_seq_; }
  [[nodiscard]] uint64_t unreadable_count() const { return unreadable_count_; }
  // What was put for good, in that order.
  [[nodiscard]] const std::vector<SideDatum>& side_data() const { return side_data_; }
  // By seq, of all that was decided.  REQUIRES: it does not run.
  [[nodiscard]] const std::vector<uint64_t>& hashes() const { return hashes_; }
  [[nodiscard]] EngineStats stats() const { return engine_->stats(); }
  [[nodiscard]] RocksdbStore& store() { return *store_; }
  [[nodiscard]] RecoveryReport recovery() const { return engine_->recovery(); }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  // What gonghui-inspect verify says of the folder.  REQUIRES: it does not run.
  static absl::Status Verify(const std::string& folder, rocksdb::Env* env);

 private:
  struct Acknowledged {
    Command command;
    TransactionId id;
    Outcome outcome = Outcome::kApproved;
    Fen subsidy;
  };
  struct Batch;

  void Complete(Submission* first) override;
  void OnDecision(const Ledger& ledger,
                  const Command& command,
                  TimestampNs now,
                  const Event& event,
                  const Result& result) override;

  void Fail(std::string_view why);
  void Contradict(std::string what);
  // What can not be read now may be excused.
  [[nodiscard]] bool is_disk_faulty() const;
  void BuildCityOnce();
  Command NextCommand();
  Command About(CommandKind kind, const Command& original);
  // Nothing: it failed meanwhile, and nobody knows.
  std::optional<Result> Run(const Command& command);
  bool Submit(Batch* batch);
  void CollectFinished();
  void Acknowledge(const Command& command, const Result& result);
  void PutSideData();
  void CheckSideData();
  void CheckRecovered();
  void RepeatOne(const Acknowledged& known);

  const std::string folder_;
  const std::string key_file_;
  FaultFileSystem* const disk_;
  const std::unique_ptr<rocksdb::Env> env_;
  Prng prng_;
  const SpareLogs spare_logs_;
  HandClock clock_;
  CityOptions city_;
  bool built_ = false;
  uint64_t starts_ = 0;

  std::vector<Acknowledged> acknowledged_;
  std::vector<Command> unknown_;  // nobody heard what became of them
  std::vector<SideDatum> side_data_;
  uint32_t next_side_datum_ = 1;
  uint64_t acknowledged_seq_ = 0;
  uint64_t unreadable_count_ = 0;
  std::vector<std::string> contradictions_;

  mutable std::mutex mutex_;         // guards the next
  std::vector<uint64_t> hashes_{0};  // by seq
  std::condition_variable changed_;
  bool failed_ = false;
  std::string why_;
  std::vector<Batch*> finished_;

  std::vector<std::unique_ptr<Batch>> in_flight_;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<RocksdbJournal> journal_;
  std::unique_ptr<RocksdbCheckpointStore> checkpoints_;
  std::unique_ptr<RocksdbArchive> archive_;
  std::unique_ptr<RocksdbProgrammeSources> sources_;
  std::unique_ptr<Engine> engine_;
};

// An operator of tests may ask for more: the variable's number, or `otherwise`.
uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise);
// GONGHUI_SEED, or a fresh one.
uint64_t TrialSeed();

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FAULTS_STORE_TRIAL_H_
