// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/faults/store_trial.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include <absl/strings/str_cat.h>
#include <rocksdb/env.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "tools/inspect/verify.h"

namespace gonghui {
namespace {

constexpr size_t kInFlightMax = 8;
constexpr int kCommandsPerBatchMax = 6;
constexpr int64_t kBatchNs = 5 * kNsPerSecond / 1'000;  // of the hand clock
constexpr uint32_t kSideDataEvery = 12;                 // batches

EngineOptions TrialEngineOptions() {
  EngineOptions options;
  options.ring_slots = 64;
  options.checkpoint_journal_bytes = 24 << 10;
  options.archive_after_ns = 40 * kBatchNs;
  options.archive_slice_rows = 512;
  options.archive_begin_rows = 256;
  options.archive_overdue_ns = kBatchNs;
  options.memory_reserve_bytes_max = 0;
  return options;
}

DraftName DraftNameOf(uint32_t number) {
  const auto name = DraftName::Parse(absl::StrCat("draft-", number));
  GH_CHECK(name.has_value());
  return *name;
}
std::string TextOf(uint32_t number) {
  return absl::StrCat("programme: ", number, "\n", std::string(number % 700, '#'), "\n");
}
std::string NameOfPerson(uint32_t number) {
  return absl::StrCat("\xe7\x8e\x8b", number);  // 王
}
PersonalRecord RecordOfPerson(uint32_t number) {
  return {NameOfPerson(number), "530102", "138"};
}

}  // namespace

absl::Status CheckSideDatum(const SideDatum& put,
                            const Vault& vault,
                            const ProgrammeSources& sources) {
  if (put.is_draft) {
    SourceFacts facts;
    std::string text;
    GH_ASSIGN_OR_RETURN(const bool found,
                        sources.GetDraftBlocking(DraftNameOf(put.number), &facts, &text));
    return found && text == TextOf(put.number)
               ? absl::OkStatus()
               : absl::NotFoundError(absl::StrCat("draft ", put.number));
  }
  GH_ASSIGN_OR_RETURN(const std::optional<PersonalRecord> found,
                      vault.GetBlocking(MemberRow{put.number}));
  return found == RecordOfPerson(put.number)
             ? absl::OkStatus()
             : absl::NotFoundError(absl::StrCat("the personal data of row ", put.number));
}

// What is under way together.
struct StoreTrial::Batch {
  StoreTrial* trial = nullptr;
  std::vector<Command> commands;
  std::vector<Result> results;
  uint64_t seen_seq = 0;
  Submission submission;
};

StoreTrial::StoreTrial(std::string folder,
                       FaultFileSystem* disk,
                       uint64_t seed,
                       SpareLogs spare_logs)
    : folder_(std::move(folder)),
      key_file_(folder_ + ".key"),
      disk_(disk),
      // The store's environment owns nothing of the disk.
      env_(disk == nullptr ? nullptr
                           : rocksdb::NewCompositeEnv(std::shared_ptr<rocksdb::FileSystem>(
                                 disk, [](rocksdb::FileSystem*) {}))),
      prng_(seed),
      spare_logs_(spare_logs) {
  city_.members = 60;
  city_.merchants = 12;
  city_.fund_budget_fen = 3'000'000;  // runs short
  if (!std::filesystem::exists(key_file_)) {
    const absl::Status made = GenerateKeyFile(key_file_);
    GH_CHECK(made.ok(), made.message());
  }
}

StoreTrial::~StoreTrial() {
  Abandon();
}

// ---- Start and stop ------------------------------------------------------------------

absl::Status StoreTrial::Start(bool recover_point_in_time) {
  GH_CHECK(engine_ == nullptr);
  {
    const std::lock_guard lock(mutex_);
    failed_ = false;
    why_.clear();
  }
  RocksdbStoreOptions options;
  options.folder = folder_;
  options.env = env_.get();
  options.recover_point_in_time = recover_point_in_time;
  options.write_buffer_bytes = 64 << 10;
  options.wal_bytes_max = 192 << 10;
  const bool has_spare_logs = spare_logs_ == SpareLogs::kEveryOther
                                  ? starts_++ % 2 == 0
                                  : spare_logs_ == SpareLogs::kAlways;
  options.spare_log_bytes_max = has_spare_logs ? kSpareLogBytesMax : 0;
  options.background_bytes_per_s_max = 0;
  options.direct_writes = prng_.Chance(1, 3);
  options.on_background_error = [this](std::string_view what) { Fail(what); };
  const auto start = [&]() -> absl::Status {
    GH_ASSIGN_OR_RETURN(store_, RocksdbStore::OpenBlocking(options));
    GH_ASSIGN_OR_RETURN(vault_, Vault::OpenBlocking(*store_, 0, key_file_));
    journal_ = std::make_unique<RocksdbJournal>(*store_);
    checkpoints_ = std::make_unique<RocksdbCheckpointStore>(*store_);
    archive_ = std::make_unique<RocksdbArchive>(*store_);
    sources_ = std::make_unique<RocksdbProgrammeSources>(*store_, 0);
    EngineOptions engine_options = TrialEngineOptions();
    engine_options.fail_stop = [this](const std::string& why) { Fail(why); };
    engine_options.observer = this;
    GH_ASSIGN_OR_RETURN(
        engine_,
        Engine::Start(engine_options, clock_, *journal_, checkpoints_.get(), archive_.get()));
    return absl::OkStatus();
  };
  const absl::Status status = start();
  if (!status.ok()) {
    Abandon();
    return status;
  }
  CheckRecovered();
  return absl::OkStatus();
}

void StoreTrial::Stop() {
  if (engine_ != nullptr) {
    engine_->Stop();
    CollectFinished();
  }
  Abandon();
}

void StoreTrial::Abandon() {
  engine_.reset();
  CollectFinished();
  for (const std::unique_ptr<Batch>& batch : in_flight_) {
    for (const Command& command : batch->commands) {
      unknown_.push_back(command);
    }
  }
  in_flight_.clear();
  sources_.reset();
  archive_.reset();
  checkpoints_.reset();
  journal_.reset();
  vault_.reset();
  store_.reset();
}

bool StoreTrial::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_ || (disk_ != nullptr && disk_->is_off());
}

std::string StoreTrial::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

// Where a server aborts.
void StoreTrial::Fail(std::string_view why) {
  if (disk_ != nullptr) {
    disk_->PowerOff();
  }
  const std::lock_guard lock(mutex_);
  // Others may have seen before that the disk is off.
  failed_ = true;
  if (why_.empty()) {
    why_ = std::string(why);
  }
  changed_.notify_all();
}

void StoreTrial::Contradict(std::string what) {
  contradictions_.push_back(std::move(what));
}

bool StoreTrial::is_disk_faulty() const {
  return disk_ != nullptr && disk_->is_faulty();
}

void StoreTrial::CheckRecovered() {
  const RecoveryReport& report = engine_->recovery();
  std::unique_lock lock(mutex_);  // the engine runs already
  if (report.last_seq < acknowledged_seq_) {
    Contradict(absl::StrCat("LOST: seq ",
                            acknowledged_seq_,
                            " was acknowledged, the journal ends at ",
                            report.last_seq));
  }
  if (report.last_seq >= hashes_.size()) {
    Contradict(
        absl::StrCat("seq ", report.last_seq, " was never decided; ", hashes_.size() - 1, " were"));
  } else if (report.last_seq != 0 && hashes_[report.last_seq] != report.state_hash) {
    Contradict(absl::StrCat("the state at seq ", report.last_seq, " is not what was decided"));
  }
  lock.unlock();
  CheckSideData();
}

absl::Status StoreTrial::Verify(const std::string& folder, rocksdb::Env* env) {
  RocksdbStoreOptions options;
  options.folder = folder;
  options.read_only = true;
  options.env = env;
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<RocksdbStore> store,
                      RocksdbStore::OpenBlocking(options));
  GH_RETURN_IF_ERROR(store->VerifyFilesBlocking());
  RocksdbJournal journal(*store);
  RocksdbCheckpointStore checkpoints(*store);
  const RocksdbArchive archive(*store);
  return VerifyBlocking(journal, checkpoints, archive, {}).status();
}

// ---- What the engine tells --------------------------------------------------------------

void StoreTrial::Complete(Submission* first) {
  const bool is_off = disk_ != nullptr && disk_->is_off();
  const std::lock_guard lock(mutex_);
  failed_ = failed_ || is_off;
  while (first != nullptr) {
    Submission* const next = first->next;
    // A server that has aborted answers nobody.
    if (!failed_) {
      finished_.push_back(static_cast<Batch*>(first->user));
    }
    first = next;
  }
  changed_.notify_all();
}

void StoreTrial::OnDecision(const Ledger& ledger,
                            const Command& /*command*/,
                            TimestampNs /*now*/,
                            const Event& event,
                            const Result& /*result*/) {
  if (event.kind == EventKind::kNone) {
    return;
  }
  const std::lock_guard lock(mutex_);
  const uint64_t seq = ledger.applied_seq().value();
  GH_CHECK(seq <= hashes_.size(), "seq=", seq, " size=", hashes_.size());
  hashes_.resize(seq);  // what came after it in a former life never happened
  hashes_.push_back(ledger.StateHash());
}

// ---- Work ------------------------------------------------------------------------------

bool StoreTrial::Submit(Batch* batch) {
  batch->trial = this;
  batch->results.resize(batch->commands.size());
  batch->submission.commands = batch->commands;
  batch->submission.results = batch->results.data();
  batch->submission.completions = this;
  batch->submission.user = batch;
  batch->submission.inspect = [](const Ledger& ledger, void* argument) {
    static_cast<Batch*>(argument)->seen_seq = ledger.applied_seq().value();
  };
  batch->submission.inspect_argument = batch;
  clock_.Advance(kBatchNs);
  while (!failed()) {
    if (engine_->Submit(&batch->submission)) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  // So that nobody waits for what was never submitted.
  const std::lock_guard lock(mutex_);
  failed_ = true;
  return false;
}

void StoreTrial::CollectFinished() {
  std::vector<Batch*> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (Batch* const batch : finished) {
    acknowledged_seq_ = std::max(acknowledged_seq_, batch->seen_seq);
    for (size_t i = 0; i < batch->commands.size(); ++i) {
      Acknowledge(batch->commands[i], batch->results[i]);
    }
    std::erase_if(in_flight_, [batch](const auto& each) { return each.get() == batch; });
  }
}

void StoreTrial::Acknowledge(const Command& command, const Result& result) {
  if (result.verdict == Verdict::kArchiveUnreadable) {
    ++unreadable_count_;
    if (!is_disk_faulty()) {
      Contradict("UNREADABLE: the archive could not be read, and nothing was wrong with the disk");
    }
  }
  if (!result.replay && result.transaction_id != TransactionId{}) {
    acknowledged_.push_back(
        {command, result.transaction_id, result.transaction.outcome, result.transaction.subsidy});
  }
}

std::optional<Result> StoreTrial::Run(const Command& command) {
  auto batch = std::make_unique<Batch>();
  batch->commands = {command};
  Batch* const raw = batch.get();
  in_flight_.push_back(std::move(batch));
  if (!Submit(raw)) {
    return std::nullopt;
  }
  std::unique_lock lock(mutex_);
  std::optional<Result> result;
  const auto done = [&] {
    return failed_ || std::find(finished_.begin(), finished_.end(), raw) != finished_.end();
  };
  changed_.wait(lock, done);
  if (!failed_) {
    result = raw->results[0];
  }
  lock.unlock();
  CollectFinished();
  return result;
}

void StoreTrial::BuildCityOnce() {
  bool all = true;
  BuildCity(city_, [&](const Command& command) {
    if (!failed() && !Run(command)) {
      // Its content is gone with the callback.
      in_flight_.back()->commands.clear();
    }
    all = all && !failed();
  });
  built_ = all;
}

Command StoreTrial::About(CommandKind kind, const Command& original) {
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
    default:
      command.refund = RefundRequest{};
      command.refund.original_request_id = original.request_id;
      command.refund.amount = Fen{prng_.Between(1, 500)};
      command.refund.has_amount = true;
  }
  return command;
}

Command StoreTrial::NextCommand() {
  const uint64_t kind = prng_.Below(20);
  if (kind < 8 && !acknowledged_.empty()) {
    // Mostly of the last ones, sometimes of one that has left memory.
    const uint64_t back = prng_.Below(
        prng_.Chance(1, 4) ? acknowledged_.size() : std::min<size_t>(acknowledged_.size(), 50));
    const Command& original = acknowledged_[acknowledged_.size() - 1 - back].command;
    if (kind < 2) {
      return original;  // again
    }
    if (original.kind == CommandKind::kAuthorize) {
      return About(kind < 4   ? CommandKind::kReverse
                   : kind < 6 ? CommandKind::kCapture
                              : CommandKind::kRefund,
                   original);
    }
  }
  Command sale = RandomSale(city_, prng_);
  if (prng_.Chance(1, 4)) {
    sale.authorize.capture_at_once = false;
    sale.authorize.hold_s = 600;
  }
  return sale;
}

void StoreTrial::Work(int commands) {
  if (!built_) {
    BuildCityOnce();
  }
  uint32_t batches = 0;
  while (commands > 0 && !failed()) {
    if (++batches % kSideDataEvery == 0) {
      PutSideData();
    }
    auto batch = std::make_unique<Batch>();
    for (int64_t i = prng_.Between(1, kCommandsPerBatchMax); i > 0; --i, --commands) {
      batch->commands.push_back(NextCommand());
    }
    Batch* const raw = batch.get();
    in_flight_.push_back(std::move(batch));
    if (!Submit(raw)) {
      break;
    }
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock,
                    [&] { return failed_ || in_flight_.size() - finished_.size() < kInFlightMax; });
    }
    CollectFinished();
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failed_ || finished_.size() == in_flight_.size(); });
  lock.unlock();
  CollectFinished();
}

// ---- What must be there ----------------------------------------------------------------

void StoreTrial::RepeatOne(const Acknowledged& known) {
  const std::optional<Result> again = Run(known.command);
  if (!again || again->verdict == Verdict::kArchiveUnreadable) {
    return;  // Acknowledge() has judged that
  }
  if (!again->replay) {
    Contradict(absl::StrCat("DOUBLED: the request of transaction ",
                            known.id.value(),
                            " was decided anew, verdict ",
                            static_cast<int>(again->verdict)));
  } else if (again->transaction_id != known.id || again->transaction.outcome != known.outcome ||
             (known.command.kind != CommandKind::kAuthorize &&
              again->transaction.subsidy != known.subsidy)) {
    Contradict(absl::StrCat("the request of transaction ",
                            known.id.value(),
                            " is answered otherwise, with transaction ",
                            again->transaction_id.value()));
  }
}

void StoreTrial::Repeat(size_t count) {
  std::vector<Command> unknown;
  unknown.swap(unknown_);
  for (const Command& command : unknown) {
    if (failed()) {
      unknown_.push_back(command);
    } else {
      (void)Run(command);
    }
  }
  for (size_t i = 0; i < count && !acknowledged_.empty() && !failed(); ++i) {
    RepeatOne(acknowledged_[prng_.Below(acknowledged_.size())]);
  }
}

void StoreTrial::PutSideData() {
  const SideDatum put{next_side_datum_++, prng_.Chance(1, 2)};
  absl::Status status;
  if (put.is_draft) {
    SourceFacts facts;
    facts.file_name = "draft.yaml";
    status =
        sources_->PutDraftBlocking(DraftNameOf(put.number), facts, TextOf(put.number)).status();
  } else {
    const PersonalEntry entry{MemberRow{put.number}, RecordOfPerson(put.number)};
    status = vault_->PutBlocking({&entry, 1});
  }
  if (status.ok() && !failed()) {
    side_data_.push_back(put);
  }
}

void StoreTrial::CheckSideData() {
  for (const SideDatum& put : side_data_) {
    const absl::Status status = CheckSideDatum(put, *vault_, *sources_);
    if (absl::IsNotFound(status)) {
      Contradict(absl::StrCat("LOST: ", status.message()));
    } else if (!status.ok() && !is_disk_faulty()) {
      Contradict(absl::StrCat("UNREADABLE: ", status.ToString()));
    }
  }
}

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

uint64_t TrialSeed() {
  static const uint64_t kSeed =
      NumberFromEnvironment("GONGHUI_SEED", std::random_device()() % 1'000'000'000);
  return kSeed;
}

}  // namespace gonghui
