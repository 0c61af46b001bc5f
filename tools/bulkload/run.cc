// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/bulkload/run.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/recovery.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "tools/bulkload/former_csv.h"
#include "tools/bulkload/made_up.h"

namespace gonghui::bulkload {
namespace {

constexpr int64_t kMadeUpPastNs = 5 * 365 * int64_t{86'400} * kNsPerSecond;

// A row of a CSV file has at least so many.
constexpr uint64_t kFormerRowBytesMin = 80;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

absl::Status FileError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  return error == ENOSPC ? absl::ResourceExhaustedError(message)
                         : absl::FailedPreconditionError(message);
}

// Of a folder that a server has used; opening one for writing would make one.
absl::StatusOr<std::unique_ptr<RocksdbStore>> OpenBlocking(const std::string& folder) {
  RocksdbStoreOptions options;
  options.folder = folder;
  options.read_only = true;
  GH_RETURN_IF_ERROR(RocksdbStore::OpenBlocking(options).status());
  options.read_only = false;
  return RocksdbStore::OpenBlocking(options);
}

absl::Status RecoverBlocking(RocksdbStore& store, const Clock& clock, Ledger& ledger) {
  RocksdbJournal journal(store);
  RocksdbCheckpointStore checkpoints(store);
  // What replay would put into the archive again is there.
  GH_ASSIGN_OR_RETURN(
      const RecoveryReport report,
      gonghui::RecoverBlocking(ledger, journal, &checkpoints, /*archive=*/nullptr, clock));
  if (report.last_seq == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("data folder ",
                     store.folder(),
                     ": the ledger of shard ",
                     ledger.shard(),
                     " is empty: start gonghuid on it, and import terminals and cards first"));
  }
  return absl::OkStatus();
}

absl::Status LoadFileBlocking(const RunOptions& options,
                              const Clock& clock,
                              RocksdbStore& store,
                              const Ledger& ledger,
                              ArchiveBulkLoader& loader) {
  const File file(std::fopen(options.file.c_str(), "rb"));
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(options.file, error);
  if (file == nullptr || error) {
    return FileError(options.file, file == nullptr ? errno : error.value());
  }
  GH_RETURN_IF_ERROR(loader.CheckRoomBlocking(bytes / kFormerRowBytesMin));
  const RocksdbArchive archive(store);
  const auto id_of = [&ledger](TerminalRow row) { return ledger.terminals()[row].id; };
  auto found = std::make_unique<ArchivedTransaction>();
  return ReadFormerBlocking(
      file.get(),
      options.file,
      ledger,
      {options.zone, TimestampNs{clock.NowNs()}},
      [&](TerminalRow terminal, const RequestId& id) -> absl::StatusOr<bool> {
        if (ledger.FindTransaction(terminal, id) != TransactionRow{}) {
          return true;
        }
        return archive.FindBlocking(options.shard, id_of(terminal), id, found.get());
      },
      [&](ArchivedTransaction& transaction) {
        transaction.transaction.seq = loader.next_seq();
        return loader.AddBlocking(transaction, id_of(transaction.transaction.terminal));
      });
}

absl::Status LoadMadeUpBlocking(const RunOptions& options,
                                const Ledger& ledger,
                                ArchiveBulkLoader& loader) {
  const MadeUp made_up(ledger, options.seed);
  GH_RETURN_IF_ERROR(made_up.Check());
  GH_RETURN_IF_ERROR(loader.CheckRoomBlocking(options.made_up));
  File sample;
  if (!options.sample_file.empty()) {
    sample.reset(std::fopen(options.sample_file.c_str(), "wb"));
    if (sample == nullptr) {
      return FileError(options.sample_file, errno);
    }
    // The card numbers are real ones.
    if (::fchmod(::fileno(sample.get()), 0600) != 0) {
      return FileError(options.sample_file, errno);
    }
    std::fputs(FormerHeader().c_str(), sample.get());
  }
  const uint64_t sample_every =
      std::max<uint64_t>(1, options.made_up / std::max<uint64_t>(1, options.sample_count));
  const auto step_ns = kMadeUpPastNs / static_cast<int64_t>(options.made_up);
  int64_t at_ns = ledger.applied_at().value() - step_ns * static_cast<int64_t>(options.made_up);
  const auto transaction = std::make_unique<ArchivedTransaction>();
  uint64_t sampled = 0;
  for (uint64_t i = 0; i < options.made_up; ++i) {
    at_ns += step_ns;
    made_up.Fill(loader.next_seq(), TimestampNs{at_ns}, transaction.get());
    GH_RETURN_IF_ERROR(
        loader.AddBlocking(*transaction, ledger.terminals()[transaction->transaction.terminal].id));
    if (sample != nullptr && i % sample_every == 0 && sampled < options.sample_count) {
      ++sampled;
      std::fputs(FormerRow(ledger, transaction->transaction).c_str(), sample.get());
    }
  }
  if (sample != nullptr) {
    const bool written = std::ferror(sample.get()) == 0;
    if (std::fclose(sample.release()) != 0 || !written) {
      return FileError(options.sample_file, errno);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BulkLoaded> RunBlocking(const RunOptions& options, const Clock& clock) {
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<RocksdbStore> store, OpenBlocking(options.folder));
  const auto ledger = std::make_unique<Ledger>(options.shard);
  GH_RETURN_IF_ERROR(RecoverBlocking(*store, clock, *ledger));
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<ArchiveBulkLoader> loader,
                      ArchiveBulkLoader::BeginBlocking(*store, options.shard, options.load));
  GH_RETURN_IF_ERROR(options.file.empty()
                         ? LoadMadeUpBlocking(options, *ledger, *loader)
                         : LoadFileBlocking(options, clock, *store, *ledger, *loader));
  return loader->FinishBlocking();
}

}  // namespace gonghui::bulkload
