// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/archiver.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"

namespace gonghui {
namespace {

// Copied between two turns of the ledger thread: some tens of microseconds, or a part of
// the time that the turn took.
constexpr uint32_t kRowsPerCopyMin = 512;
constexpr uint32_t kRowsPerCopyMax = 8'192;
// Leave by one event.
constexpr uint32_t kRowsPerStep = 4'096;
// Durable together; some hundred kilobytes.
constexpr size_t kEntriesPerPut = 2'048;
constexpr uint32_t kSliceRowsMin = 512;

// After what will not be otherwise in a moment: no room for the new rows of holds that stay.
constexpr int64_t kNoRoomNs = 60 * kNsPerSecond;
// For each hold that stayed, because it takes a row anew, and rows are not reused; more
// where most of a slice stays, so that memory is too full of what may not leave it.
constexpr int64_t kPauseOfStayingNs = kNsPerSecond / 1'000;
constexpr int64_t kPauseWhereMostStaysNs = kNsPerSecond / 100;
// Until somebody who has looked before the slice was published is done.
constexpr int64_t kReaderPollNs = kNsPerSecond / 1'000;

// The filter begins with room for what there is and a quarter.
uint64_t RoomFor(uint64_t ids) {
  return ids + ids / 4;
}

// The highest seq of a transaction that has left, or of one before the oldest that stands
// in order.  Imported ones have none to speak of.
uint64_t LastSeqBeforeMemory(const Ledger& ledger) {
  const auto& transactions = ledger.transactions();
  for (uint32_t row = transactions.first(); row <= transactions.size(); ++row) {
    const Transaction& transaction = transactions[TransactionRow{row}];
    if (!transaction.returned()) {
      return transaction.seq.value() - 1;
    }
  }
  return ledger.applied_seq().value();
}

}  // namespace

absl::Status PutSliceBlocking(const ArchiveSlice& slice,
                              const Ledger& names,
                              Archive& archive,
                              const std::function<bool(std::span<const Archive::Entry>)>& after) {
  absl::Status status;
  bool goes_on = true;
  std::vector<Archive::Entry> entries;
  entries.reserve(std::min(slice.transactions.size(), kEntriesPerPut));
  const auto put = [&] {
    if (entries.empty()) {
      return;
    }
    status = archive.PutBlocking(names.shard(), entries);
    goes_on = status.ok() && (after == nullptr || after(entries));
    entries.clear();
  };
  slice.ForEach([&](const ArchivedTransaction& transaction) {
    if (!goes_on) {
      return;
    }
    Archive::Entry& entry = entries.emplace_back();
    entry.transaction = transaction;
    entry.terminal = names.terminals()[transaction.transaction.terminal].id;
    if (entries.size() == kEntriesPerPut) {
      put();
    }
  });
  if (goes_on) {
    put();
  }
  return status;
}

// ---- Start and stop --------------------------------------------------------------

absl::StatusOr<std::unique_ptr<Archiver>> Archiver::OpenBlocking(
    const ArchiverOptions& options,
    Ledger& ledger,
    Archive& archive,
    const std::atomic<uint64_t>& durable_seq,
    Hooks hooks) {
  // An estimate may be 0 where there is something.
  bool empty = true;
  GH_RETURN_IF_ERROR(archive.ForEachHashBlocking(ledger.shard(), [&empty](uint64_t) {
    empty = false;
    return false;
  }));
  if (empty && ledger.globals().archived_count != 0) {
    return absl::DataLossError(absl::StrCat("the ledger has ",
                                            ledger.globals().archived_count,
                                            " transactions in the archive, which is empty"));
  }
  std::unique_ptr<Archiver> archiver(
      new Archiver(options, ledger, archive, durable_seq, std::move(hooks)));
  if (empty) {
    archiver->lookup_->filter().SetComplete();
  }
  return archiver;
}

Archiver::Archiver(const ArchiverOptions& options,
                   Ledger& ledger,
                   Archive& archive,
                   const std::atomic<uint64_t>& durable_seq,
                   Hooks hooks)
    : options_(options),
      ledger_(ledger),
      archive_(archive),
      durable_seq_(durable_seq),
      hooks_(std::move(hooks)),
      lookup_(std::make_unique<ArchiveLookup>(ledger.shard(),
                                              archive,
                                              RoomFor(archive.ApproximateHashes(ledger.shard())),
                                              LastSeqBeforeMemory(ledger))),
      hashes_min_(ledger.globals().archived_count),
      slice_target_(std::max(options.slice_rows, 1U)) {
  slice_.Reserve(slice_target_);
}

Archiver::~Archiver() {
  Stop();
}

void Archiver::StartThreads() {
  if (!lookup_->filter().complete()) {
    filter_thread_ = std::thread([this] {
      SetThreadName("archive-filter");
      FillFilterBlocking();
    });
  }
  thread_ = std::thread([this] {
    SetThreadName("archive");
    Run();
  });
}

void Archiver::Stop() {
  stopping_.store(true, std::memory_order_release);
  bell_.Ring();
  if (thread_.joinable()) {
    thread_.join();
  }
  if (filter_thread_.joinable()) {
    filter_thread_.join();
  }
}

// ---- Ledger thread -----------------------------------------------------------------

// Asked at every turn, and the same until rows leave or the first one comes.
TimestampNs Archiver::OldestDecidedAt() {
  if (oldest_decided_at_ == kTimestampMax || oldest_as_of_rows_ != ledger_.archived_rows()) {
    oldest_as_of_rows_ = ledger_.archived_rows();
    oldest_decided_at_ = ledger_.oldest_decided_at();
  }
  return oldest_decided_at_;
}

// Rows that memory has beyond what it may have.
uint32_t Archiver::TooMany() const {
  const uint32_t rows = ledger_.transactions().size() - ledger_.archived_rows();
  return rows > options_.rows_max ? rows - options_.rows_max : 0;
}

// A row that came back leaves with the next one in order: by its own age it would leave at
// once, and an open hold come back at once, for ever.
bool Archiver::IsDue(uint32_t row, TimestampNs now) const {
  const Transaction& transaction = ledger_.transactions()[TransactionRow{row}];
  return transaction.returned() || IsOldEnough(transaction.decided_at, now) ||
         row - ledger_.archived_rows() <= TooMany();
}

// When enough has come together to be worth a slice.
TimestampNs Archiver::BeginAt() {
  if (!lookup_->filter().complete()) {
    return kTimestampMax;  // whose completion wakes: the disk has enough to do
  }
  if (TooMany() > std::min(options_.begin_rows, options_.rows_max / 4)) {
    return TimestampNs{};
  }
  const TimestampNs oldest = OldestDecidedAt();
  if (oldest == kTimestampMax) {
    return kTimestampMax;
  }
  const int64_t due = oldest.value() + options_.after_ns;
  int64_t begin = due + std::min(options_.overdue_ns, options_.after_ns);
  const TransactionRow last_of_many{ledger_.archived_rows() + options_.begin_rows};
  if (ledger_.transactions().Contains(last_of_many)) {
    const int64_t last = ledger_.transactions()[last_of_many].decided_at.value();
    begin = std::min(begin, std::max(due, last + options_.after_ns));
  }
  return TimestampNs{begin};
}

TimestampNs Archiver::NextStep(bool may_leave) {
  switch (state()) {
    case State::kIdle:
      return std::max(BeginAt(), not_before_);
    case State::kCopying:
      return TimestampNs{};
    case State::kStoring:
      break;  // whose end wakes
    case State::kLeaving:
      return may_leave ? not_before_ : kTimestampMax;
  }
  return kTimestampMax;
}

void Archiver::Step(TimestampNs now, uint64_t commands, bool may_leave, const Decide& decide) {
  const auto rows_max =
      static_cast<uint32_t>(std::clamp<uint64_t>(2 * commands, kRowsPerCopyMin, kRowsPerCopyMax));
  switch (state()) {
    case State::kIdle:
      if (NextStep(may_leave) <= now) {
        slice_.Clear();
        stays_ = 0;
        state_.store(State::kCopying, std::memory_order_relaxed);
        Copy(now, rows_max);
      }
      return;
    case State::kCopying:
      return Copy(now, rows_max);
    case State::kStoring:
      return;
    case State::kLeaving:
      return may_leave ? Leave(now, decide) : void();
  }
}

// Rows are copied for as long as they are due, in order.
void Archiver::Copy(TimestampNs now, uint32_t rows_max) {
  const auto copied = static_cast<uint32_t>(slice_.transactions.size());
  const uint32_t begin = ledger_.archived_rows() + copied + 1;
  const uint32_t room = std::min(rows_max, slice_target_ - copied);
  uint32_t end = begin;
  while (end <= ledger_.transactions().size() && end - begin < room && IsDue(end, now)) {
    ++end;
  }
  const uint32_t added = ledger_.CopyForArchive(end - begin, &slice_);
  for (uint32_t i = copied; i < copied + added; ++i) {
    stays_ += uint32_t{StaysInMemory(slice_.transactions[i])};
  }
  if (added == room && copied + added < slice_target_) {
    return;  // perhaps there is more
  }
  if (slice_.transactions.empty()) {
    return EndSlice(now, slice_target_);
  }
  copied_seq_ = ledger_.applied_seq().value();
  ++slice_number_;
  step_ = 0;
  // Release: the archive thread sees the whole slice; pairs with its acquire.
  state_.store(State::kStoring, std::memory_order_release);
  bell_.Ring();
}

// One step.
void Archiver::Leave(TimestampNs now, const Decide& decide) {
  if (now < not_before_) {
    return;
  }
  // Also where nothing leaves in the end: the next slice may only be published then.
  if (lookup_->HasReadersOf(slice_number_ - 1)) {
    not_before_ = TimestampNs{now.value() + kReaderPollNs};
    return;
  }
  Command command;
  command.kind = CommandKind::kArchive;
  command.archive = &steps_[step_];
  const Verdict verdict = decide(command);
  if (verdict == Verdict::kRefused) {
    // Something in it has changed since it was copied.  That is rarer in a smaller one.
    return EndSlice(now, std::max(slice_target_ / 2, std::min(slice_target_, kSliceRowsMin)));
  }
  if (verdict == Verdict::kFull) {
    return EndSlice(TimestampNs{now.value() + kNoRoomNs}, slice_target_);
  }
  GH_CHECK(verdict == Verdict::kDecided, "verdict=", verdict);
  left_slice_ = slice_number_;
  if (++step_ == steps_.size()) {
    const int64_t pause_ns =
        2 * stays_ > slice_.transactions.size() ? kPauseWhereMostStaysNs : kPauseOfStayingNs;
    EndSlice(TimestampNs{now.value() + stays_ * pause_ns},
             std::min(slice_target_ * 2, std::max(options_.slice_rows, 1U)));
  }
}

void Archiver::EndSlice(TimestampNs not_before, uint32_t next_target) {
  not_before_ = not_before;
  slice_target_ = next_target;
  state_.store(State::kIdle, std::memory_order_relaxed);
}

// ---- Archive thread ------------------------------------------------------------------

bool Archiver::StoreStepBlocking() {
  if (archive_failed_ || state() != State::kStoring) {
    return false;
  }
  // What is in the archive must have happened, whatever breaks now.  Announced before the
  // look, so that whoever makes it durable rings (see OnDurable()).
  awaits_durable_.store(true, std::memory_order_relaxed);
  if (durable_seq_.load(std::memory_order_acquire) < copied_seq_) {
    return false;
  }
  awaits_durable_.store(false, std::memory_order_relaxed);
  if (const absl::Status status = StoreBlocking(); !status.ok()) {
    // Rows must not leave memory, and nobody knows how much of them is on disk.
    archive_failed_ = true;
    hooks_.fail_stop("archive: " + std::string(status.message()));
    return false;
  }
  if (!stopping()) {
    // Release: hands the slice back; pairs with the acquire of the ledger thread.
    state_.store(State::kLeaving, std::memory_order_release);
    hooks_.wake();
  }
  return true;
}

bool Archiver::HasWork() const {
  return state() == State::kStoring && durable_seq_.load(std::memory_order_acquire) >= copied_seq_;
}

void Archiver::Run() {
  while (!stopping() && !archive_failed_) {
    if (StoreStepBlocking()) {
      continue;
    }
    bell_.Prepare();
    if (HasWork() || stopping()) {
      bell_.Cancel();
    } else {
      bell_.Sleep(kNsPerSecond);
    }
  }
}

absl::Status Archiver::StoreBlocking() {
  IdFilter& filter = lookup_->filter();
  GH_RETURN_IF_ERROR(
      PutSliceBlocking(slice_, ledger_, archive_, [&](std::span<const Archive::Entry> entries) {
        for (const Archive::Entry& entry : entries) {
          filter.Add(ArchiveHash(entry.transaction.transaction.request_id));
          if (entry.transaction.transaction.advice() != AdviceRow{}) {
            filter.Add(ArchiveHash(AdviceNameOf(entry.transaction, entry.terminal)));
          }
        }
        put_count_.fetch_add(entries.size(), std::memory_order_relaxed);
        return !stopping();
      }));
  if (stopping()) {
    return absl::OkStatus();
  }
  uint64_t seq_max = 0;
  for (const Transaction& transaction : slice_.transactions) {
    if (!transaction.returned()) {
      seq_max = transaction.seq.value();
    }
  }
  lookup_->Publish(slice_number_, seq_max);
  steps_ = slice_.StepsOf(kRowsPerStep);
  return absl::OkStatus();
}

// ---- Filter thread -------------------------------------------------------------------

bool Archiver::FillFilterBlocking() {
  IdFilter& filter = lookup_->filter();
  if (filter.complete()) {
    return false;
  }
  uint64_t hashes = 0;
  absl::Status status = archive_.ForEachHashBlocking(ledger_.shard(), [&](uint64_t hash) {
    filter.Add(hash);
    ++hashes;
    return !stopping();
  });
  if (status.ok() && !stopping() && hashes < hashes_min_) {
    // What the filter does not know would be decided once more.
    status = absl::DataLossError(absl::StrCat("it has the names of ",
                                              hashes,
                                              " transactions, of which the ledger put ",
                                              hashes_min_,
                                              " there"));
  }
  if (!status.ok()) {
    hooks_.fail_stop("archive: " + std::string(status.message()));
  } else if (!stopping()) {
    filter.SetComplete();
    hooks_.wake();
  }
  return true;
}

}  // namespace gonghui
