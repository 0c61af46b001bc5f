// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/archive_bulk_loader.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "engine/durability/archived_codec.h"
#include "storage/archive_id_sort.h"
#include "storage/archive_keys.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

// Within the data folder, so that files move instead of being copied.
constexpr std::string_view kFolderName = "bulk-load";

// Of disk, at the worst: a record and an id in their files, and an id in a sorted run.
constexpr uint64_t kBytesPerTransaction = 240;
// What stays free for the server to start on.
constexpr uint64_t kSpareBytes = uint64_t{256} << 20;

constexpr uint64_t kProgressEvery = 1 << 18;

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

// What the family's files are made with on the last level, where they end: without filters
// when the family has none there.
rocksdb::Options OptionsOf(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  rocksdb::Options options = db->GetOptions(family);
  const auto* const table = options.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
  if (options.optimize_filters_for_hits && table != nullptr) {
    rocksdb::BlockBasedTableOptions without = *table;
    without.filter_policy.reset();
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(without));
  }
  return options;
}

// Files of one family, each full before the next begins, so that they are disjoint.
class FamilyFiles {
 public:
  FamilyFiles(rocksdb::DB* db,
              rocksdb::ColumnFamilyHandle* family,
              std::string prefix,
              uint64_t file_bytes_max)
      : family_(family),
        options_(OptionsOf(db, family)),
        prefix_(std::move(prefix)),
        file_bytes_max_(file_bytes_max) {}

  // REQUIRES: key is after the one before.
  absl::Status PutBlocking(std::string_view key, std::string_view value) {
    if (writer_ == nullptr) {
      writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_, family_);
      const std::string path = absl::StrCat(prefix_, paths_.size(), ".sst");
      GH_RETURN_IF_ERROR(ToStatus(writer_->Open(path), path));
      paths_.push_back(path);
    }
    GH_RETURN_IF_ERROR(ToStatus(writer_->Put(ToSlice(key), ToSlice(value)), paths_.back()));
    return writer_->FileSize() < file_bytes_max_ ? absl::OkStatus() : CloseBlocking();
  }

  // Durable when it answers OK.
  absl::Status CloseBlocking() {
    if (writer_ == nullptr) {
      return absl::OkStatus();
    }
    rocksdb::ExternalSstFileInfo info;
    GH_RETURN_IF_ERROR(ToStatus(writer_->Finish(&info), paths_.back()));
    bytes_ += info.file_size;
    writer_.reset();
    return absl::OkStatus();
  }

  [[nodiscard]] rocksdb::ColumnFamilyHandle* family() const { return family_; }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  rocksdb::ColumnFamilyHandle* const family_;
  const rocksdb::Options options_;
  const std::string prefix_;
  const uint64_t file_bytes_max_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> paths_;
  uint64_t bytes_ = 0;
};

// After all that were loaded before, however long ago.
absl::StatusOr<CommandSeq> FirstFreeSeqBlocking(const RocksdbStore& store, uint16_t shard) {
  const std::unique_ptr<rocksdb::Iterator> it(
      store.db()->NewIterator({}, store.family(Family::kArchive)));
  const CommandSeq none = kImportedSeqFirst;
  it->SeekForPrev(ArchiveKey(
      shard, CommandSeq{(uint64_t{1} << kTransactionIdSeqBits) - 1}, /*tombstone=*/true));
  if (!it->status().ok()) {
    return ToStatus(it->status(), absl::StrCat("data folder ", store.folder(), ": the archive"));
  }
  if (!it->Valid() || !it->key().starts_with(ArchiveShardPrefix(shard))) {
    return none;
  }
  GH_ASSIGN_OR_RETURN(const ArchivePlace last, ParseArchiveKey(it->key().ToString()));
  return last.seq < none ? none : CommandSeq{last.seq.value() + 1};
}

}  // namespace

struct ArchiveBulkLoader::Impl {
  Impl(RocksdbStore& store_in, uint16_t shard_in, BulkLoadOptions options_in, std::string folder_in)
      : store(store_in),
        shard(shard_in),
        options(std::move(options_in)),
        folder(std::move(folder_in)),
        ids(folder, options.ids_in_memory_max),
        records(
            store.db(), store.family(Family::kArchive), folder + "/records-", options.file_bytes),
        id_files(
            store.db(), store.family(Family::kArchiveIds), folder + "/ids-", options.file_bytes) {}

  absl::Status TellProgress(const char* what, uint64_t count) const {
    const bool go_on =
        count % kProgressEvery != 0 || !options.progress || options.progress(what, count);
    return go_on ? absl::OkStatus() : absl::CancelledError("interrupted");
  }
  absl::Status WriteIdsBlocking();
  absl::Status IngestBlocking();

  RocksdbStore& store;
  const uint16_t shard;
  const BulkLoadOptions options;
  const std::string folder;
  CommandSeq first_seq;
  std::string warning;
  CommandSeq next_seq;
  bool finished = false;
  ArchiveIdSort ids;
  FamilyFiles records;
  FamilyFiles id_files;
  std::string value;
};

absl::StatusOr<std::unique_ptr<ArchiveBulkLoader>> ArchiveBulkLoader::BeginBlocking(
    RocksdbStore& store, uint16_t shard, BulkLoadOptions options) {
  GH_CHECK(!store.read_only());
  GH_ASSIGN_OR_RETURN(const CommandSeq next_seq, FirstFreeSeqBlocking(store, shard));
  const fs::path folder = fs::path(store.folder()) / kFolderName;
  std::error_code error;
  fs::remove_all(folder, error);  // what a load that was cut off has left
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder.string(), " cannot be removed: ", error.message()));
  }
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder.string(), " cannot be made: ", std::generic_category().message(errno)));
  }
  auto impl = std::make_unique<Impl>(store, shard, std::move(options), folder.string());
  impl->first_seq = next_seq;
  impl->next_seq = next_seq;
  return std::unique_ptr<ArchiveBulkLoader>(new ArchiveBulkLoader(std::move(impl)));
}

ArchiveBulkLoader::ArchiveBulkLoader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ArchiveBulkLoader::~ArchiveBulkLoader() {
  std::error_code ignored;  // the next load removes what this one can not
  fs::remove_all(impl_->folder, ignored);
}

CommandSeq ArchiveBulkLoader::next_seq() const {
  return impl_->next_seq;
}

absl::Status ArchiveBulkLoader::CheckRoomBlocking(uint64_t transactions) const {
  GH_ASSIGN_OR_RETURN(const uint64_t free, impl_->store.FreeBytes());
  // The ids of before are merged with the new ones, and stand twice meanwhile.
  const uint64_t needed = transactions * kBytesPerTransaction +
                          impl_->store.ApproximateBytes(Family::kArchiveIds) + kSpareBytes;
  if (free >= needed) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrFormat(
      "data folder %s: %d transactions may take %d MiB while they are loaded, and %d MiB are free",
      impl_->store.folder(),
      transactions,
      (needed >> 20) + 1,
      free >> 20));
}

absl::Status ArchiveBulkLoader::AddBlocking(const ArchivedTransaction& transaction,
                                            const TerminalId& terminal) {
  Impl& impl = *impl_;
  GH_CHECK_EQ(transaction.transaction.seq.value(), impl.next_seq.value());
  GH_CHECK(transaction.transaction.advice() == AdviceRow{} && !transaction.transaction.tombstone &&
           !transaction.transaction.IsOpenHold());
  impl.value.clear();
  AppendArchiveValue(transaction, terminal, &impl.value);
  GH_RETURN_IF_ERROR(impl.records.PutBlocking(
      ArchiveKey(impl.shard, impl.next_seq, /*tombstone=*/false), impl.value));
  GH_RETURN_IF_ERROR(
      impl.ids.AddBlocking({transaction.transaction.request_id, terminal, impl.next_seq}));
  impl.next_seq = CommandSeq{impl.next_seq.value() + 1};
  return impl.TellProgress("written", impl.ids.count());
}

absl::Status ArchiveBulkLoader::Impl::WriteIdsBlocking() {
  ArchivedId before;
  uint64_t count = 0;
  const absl::Status written = ids.ForEachBlocking([&](const ArchivedId& id) -> absl::Status {
    if (count > 0 && id.id == before.id && id.terminal == before.terminal) {
      const auto text = id.terminal.Text();
      return absl::AlreadyExistsError(
          absl::StrFormat("rows %d and %d, not counting the header, have the same request id of "
                          "terminal %s",
                          before.seq.value() - first_seq.value() + 1,
                          id.seq.value() - first_seq.value() + 1,
                          std::string(text.data(), text.size)));
    }
    before = id;
    GH_RETURN_IF_ERROR(TellProgress("put in order", ++count));
    return id_files.PutBlocking(ArchiveIdKey(shard, id.id, id.terminal),
                                ArchiveIdValue(id.seq, /*tombstone=*/false));
  });
  return written.ok() ? id_files.CloseBlocking() : written;
}

// Both families or neither: RocksDB records it in one step.
absl::Status ArchiveBulkLoader::Impl::IngestBlocking() {
  rocksdb::DB* const db = store.db();
  std::vector<rocksdb::IngestExternalFileArg> arguments;
  for (const FamilyFiles* const files : {&records, &id_files}) {
    rocksdb::IngestExternalFileArg argument;
    argument.column_family = files->family();
    argument.external_files = files->paths();
    argument.options.move_files = true;
    argument.options.write_global_seqno = false;
    arguments.push_back(std::move(argument));
  }
  // Ids are random, so that with ids there already the new files overlap the old ones and
  // stand above them, many deep.
  uint64_t bytes_before = 0;
  db->GetIntProperty(id_files.family(), rocksdb::DB::Properties::kTotalSstFilesSize, &bytes_before);
  GH_RETURN_IF_ERROR(ToStatus(db->IngestExternalFiles(arguments),
                              absl::StrCat("data folder ", store.folder(), ": taking the files")));
  if (bytes_before > 0) {
    const rocksdb::Status merged = db->CompactRange({}, id_files.family(), nullptr, nullptr);
    if (!merged.ok()) {
      warning =
          absl::StrCat("the ids could not be merged with those of before: ", merged.ToString());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<BulkLoaded> ArchiveBulkLoader::FinishBlocking() {
  Impl& impl = *impl_;
  GH_CHECK(!impl.finished);
  impl.finished = true;
  BulkLoaded loaded;
  loaded.transactions = impl.ids.count();
  if (loaded.transactions == 0) {
    return loaded;
  }
  GH_RETURN_IF_ERROR(impl.records.CloseBlocking());
  GH_RETURN_IF_ERROR(impl.WriteIdsBlocking());
  GH_RETURN_IF_ERROR(impl.IngestBlocking());
  loaded.first_seq = impl.first_seq;
  loaded.last_seq = CommandSeq{impl.next_seq.value() - 1};
  loaded.record_bytes = impl.records.bytes();
  loaded.id_bytes = impl.id_files.bytes();
  loaded.warning = impl.warning;
  return loaded;
}

}  // namespace gonghui
