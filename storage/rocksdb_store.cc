// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "storage/abort_notice.h"
#include "storage/data_folder.h"
#include "storage/journal_fence.h"
#include "storage/log_damage.h"
#include "storage/meta_keys.h"
#include "storage/quiet_database.h"
#include "storage/rocksdb_options.h"
#include "storage/spare_log.h"
#include "storage/sync_watch.h"
#include "storage/synced_sizes.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

constexpr std::array<Family, kFamilyCount> kFamilies = {Family::kDefault,
                                                        Family::kJournal,
                                                        Family::kState,
                                                        Family::kMeta,
                                                        Family::kVault,
                                                        Family::kArchive,
                                                        Family::kArchiveIds,
                                                        Family::kProgrammes};

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

absl::Status CheckVersion(const std::string& folder, const std::string& value) {
  if (value.size() != 4 || BigEndian32At(value, 0) != kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        Described(folder),
        " has format version ",
        value.size() == 4 ? absl::StrCat(BigEndian32At(value, 0)) : std::string("(unreadable)"),
        "; this program knows version ",
        kFormatVersion,
        " only"));
  }
  return absl::OkStatus();
}

// A database that is there must have our families and no others.
absl::Status CheckFamilies(const RocksdbStoreOptions& o, const rocksdb::DBOptions& options) {
  std::vector<std::string> names;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(options, o.folder, &names);
  if (!listed.ok()) {
    return WithPlaceBlocking(
        ToStatus(listed, absl::StrCat(Described(o.folder), ": reading its manifest")),
        *options.env,
        o.folder);
  }
  for (const std::string& name : names) {
    if (std::none_of(kFamilies.begin(), kFamilies.end(), [&name](Family family) {
          return NameOf(family) == name;
        })) {
      return absl::FailedPreconditionError(absl::StrCat(
          Described(o.folder), " is not one of Gonghui's: it has a column family \"", name, "\""));
    }
  }
  if (names.size() == kFamilies.size()) {
    return absl::OkStatus();
  }
  // A first start cut off before the families were made leaves an empty database; another
  // format has other families.
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<QuietDatabase> quiet,
                      QuietDatabase::OpenBlocking(options, o.folder, names));
  bool empty = true;
  std::string format;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::unique_ptr<rocksdb::Iterator> it(quiet->db().NewIterator({}, quiet->families()[i]));
    it->SeekToFirst();
    empty = empty && !it->Valid() && it->status().ok();
    if (names[i] == NameOf(Family::kMeta)) {
      (void)quiet->db().Get({}, quiet->families()[i], ToSlice(kFormatKey), &format);
    }
  }
  if (!format.empty()) {
    GH_RETURN_IF_ERROR(CheckVersion(o.folder, format));
  }
  if (o.read_only || !empty) {
    const auto missing = std::find_if(kFamilies.begin(), kFamilies.end(), [&names](Family family) {
      return std::find(names.begin(), names.end(), NameOf(family)) == names.end();
    });
    return absl::FailedPreconditionError(
        absl::StrCat(Described(o.folder),
                     " is not one of Gonghui's: it lacks the column family \"",
                     ToAbsl(NameOf(*missing)),
                     "\""));
  }
  return absl::OkStatus();
}

bool IsAboutLock(const rocksdb::Status& status) {
  return status.IsIOError() && absl::StrContains(status.ToString(), "lock");
}

// RocksDB has one code for a lock that somebody holds and for one that cannot be
// had at all; its words differ.
absl::Status NotLocked(const std::string& folder, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (absl::StrContains(text, "lock hold by current process") ||
      absl::StrContains(text, std::generic_category().message(EAGAIN))) {
    return absl::FailedPreconditionError(absl::StrCat(
        Described(folder), " is in use by another process (is gonghuid running on it?)"));
  }
  const bool denied = absl::StrContains(text, std::generic_category().message(EACCES));
  return absl::FailedPreconditionError(absl::StrCat(
      Described(folder), " cannot be locked", denied ? " by this user: " : ": ", text));
}

}  // namespace

struct RocksdbStore::Impl {
  RocksdbStoreOptions options;
  // When read-only; a writer has the database's own, and this one until there is a database.
  rocksdb::FileLock* lock = nullptr;
  // Neither when read-only.
  std::unique_ptr<SpareLog> spare;
  std::unique_ptr<SyncWatch> watch;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families{};
  std::atomic<bool> failed{false};  // in the background
  // Release when all above is set; pairs with the acquire of RocksDB's threads.
  std::atomic<bool> is_open{false};
  std::mutex mark_mutex;
  JournalFence journal_fence;

  [[nodiscard]] rocksdb::Env& env() const {
    return options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  }

  ~Impl() {
    if (db != nullptr) {
      rocksdb::CancelAllBackgroundWork(db.get(), /*wait=*/true);
      if (spare != nullptr) {
        spare->StopBlocking();  // while the folder is locked
      }
      (void)MarkSyncedBlocking();  // nothing is lost if it fails, only seen less of
      for (rocksdb::ColumnFamilyHandle* const handle : families) {
        if (handle != nullptr) {
          db->DestroyColumnFamilyHandle(handle);
        }
      }
      // Nothing is lost if it fails: what was promised is synced.
      db->Close();
      db.reset();
    }
    if (lock != nullptr) {
      ReturnLock();
    }
  }

  absl::Status OpenBlocking();
  absl::Status TakeLockBlocking();
  void ReturnLock() { env().UnlockFile(std::exchange(lock, nullptr)); }
  absl::Status CutEndsBlocking(LogSearch search);
  absl::Status CheckFormat();
  absl::Status WriteFormatBlocking();
  absl::Status ForgetGivenUpLogsBlocking();
  absl::Status MarkSyncedBlocking();
  absl::StatusOr<bool> IsEmpty();
};

absl::Status RocksdbStore::Impl::OpenBlocking() {
  const std::string& folder = options.folder;
  GH_ASSIGN_OR_RETURN(const FolderState found, LookInto(folder));
  if (options.read_only && found != FolderState::kDatabase) {
    return absl::NotFoundError(
        absl::StrCat(Described(folder),
                     found == FolderState::kAbsent ? " does not exist" : " holds no database"));
  }
  if (found == FolderState::kAbsent) {
    GH_RETURN_IF_ERROR(MakeFolderBlocking(folder));
  }
  // A writer's database takes the lock itself; until then nobody else may change what is looked at,
  // nor be told that a folder in use is a damaged one.
  if (options.read_only || found == FolderState::kDatabase) {
    GH_RETURN_IF_ERROR(TakeLockBlocking());
  }
  const AbortNotice notice(absl::StrCat(
      "gonghui: the process was ended while it opened ",
      Described(folder),
      ". Unless a line above names another cause, a table file is damaged where "
      "RocksDB does not expect it: restore a backup.\n"
      "gonghui: 打开数据目录时进程中止. 若上文未说明其他原因, 则数据文件已损坏, 请恢复备份.\n"));
  // Nobody knows what is synced after that.
  options.on_background_error = [this,
                                 report = options.on_background_error](std::string_view what) {
    failed.store(true, std::memory_order_release);
    if (report) {
      report(what);
    }
  };
  rocksdb::DBOptions db_options = DbOptionsOf(options, [this] {
    if (is_open.load(std::memory_order_acquire)) {
      (void)MarkSyncedBlocking();
    }
  });
  if (!options.read_only) {
    if (options.spare_log_bytes_max != 0) {
      spare =
          std::make_unique<SpareLog>(env().GetFileSystem(), folder, options.spare_log_bytes_max);
    }
    watch = std::make_unique<SyncWatch>(env(), spare.get());
    db_options.env = &watch->env();
  }
  if (found == FolderState::kDatabase) {
    if (!options.recover_point_in_time) {
      GH_RETURN_IF_ERROR(CheckSyncedSizesBlocking(env(), folder));
      GH_RETURN_IF_ERROR(CheckLogsBlocking(env(), folder));
    }
    if (!options.read_only) {
      GH_RETURN_IF_ERROR(CutEndsBlocking(
          options.recover_point_in_time ? LogSearch::kAll : LogSearch::kWhatRocksdbMisses));
    }
    GH_RETURN_IF_ERROR(CheckFamilies(options, db_options));
  }
  if (!options.read_only && lock != nullptr) {
    ReturnLock();
  }
  // Flushed and merged files are large, and what is read again of them is read by merges, mostly:
  // in the page cache they would cost a copy, push out what is worth keeping, and be
  // written back in bursts that the journal's syncs wait for.  They are read through it.
  db_options.use_direct_io_for_flush_and_compaction =
      options.direct_writes && !options.read_only && AllowsDirectWrites(folder);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(32 << 20);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const Family family : kFamilies) {
    descriptors.emplace_back(std::string(NameOf(family)), FamilyOptionsOf(family, options, cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const auto open = [&] {
    return options.read_only
               ? rocksdb::DB::OpenForReadOnly(db_options, folder, descriptors, &handles, &raw)
               : rocksdb::DB::Open(db_options, folder, descriptors, &handles, &raw);
  };
  rocksdb::Status opened = open();
  if (opened.IsCorruption()) {
    // Perhaps of a record that was never finished.  Nobody else may write meanwhile.
    const bool is_held = lock != nullptr;
    if (!is_held) {
      GH_RETURN_IF_ERROR(TakeLockBlocking());
    }
    const bool unfinished = OnlyEndsAreUnwrittenBlocking(env(), folder);
    if (unfinished && options.read_only) {
      db_options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    } else if (unfinished) {
      GH_RETURN_IF_ERROR(CutEndsBlocking(LogSearch::kAll));
    }
    if (!is_held) {
      ReturnLock();
    }
    if (unfinished) {
      opened = open();
    }
  }
  if (!opened.ok()) {
    return IsAboutLock(opened)
               ? NotLocked(folder, opened)
               : WithPlaceBlocking(
                     ToStatus(opened, absl::StrCat(Described(folder), ": opening")), env(), folder);
  }
  db.reset(raw);
  GH_CHECK_EQ(handles.size(), families.size());
  std::copy(handles.begin(), handles.end(), families.begin());
  GH_RETURN_IF_ERROR(CheckFormat());
  if (options.recover_point_in_time && !options.read_only) {
    GH_RETURN_IF_ERROR(ForgetGivenUpLogsBlocking());
  }
  is_open.store(true, std::memory_order_release);
  if (spare != nullptr) {
    spare->StartBlocking();
  } else if (!options.read_only) {
    SpareLog::RemoveBlocking(*env().GetFileSystem(), folder);
  }
  // A guard only: what it could not write down it only sees less of.
  (void)MarkSyncedBlocking();
  return absl::OkStatus();
}

absl::Status RocksdbStore::Impl::TakeLockBlocking() {
  const rocksdb::Status locked =
      env().LockFile((fs::path(options.folder) / "LOCK").string(), &lock);
  return locked.ok() ? absl::OkStatus() : NotLocked(options.folder, locked);
}

absl::Status RocksdbStore::Impl::CutEndsBlocking(LogSearch search) {
  GH_ASSIGN_OR_RETURN(
      const std::vector<CutEnd> cuts,
      CutUnfinishedEndsBlocking(
          env(), options.folder, search, /*damaged_too=*/options.recover_point_in_time));
  for (const CutEnd& cut : cuts) {
    if (options.on_cut_end) {
      options.on_cut_end(absl::StrCat(cut.name,
                                      ": ",
                                      cut.bytes,
                                      " bytes from byte ",
                                      cut.at,
                                      " on, ",
                                      cut.is_unwritten
                                          ? "of a last record that was never finished"
                                          : "a damaged last record, which is given up: it may "
                                            "have been answered"));
    }
  }
  return absl::OkStatus();
}

// A log in which RocksDB 7.8 found nothing before what it gave up stays where it is, and it
// would be read, and refused, at the next start.  Once anything is flushed it is not needed.
absl::Status RocksdbStore::Impl::ForgetGivenUpLogsBlocking() {
  GH_RETURN_IF_ERROR(WriteFormatBlocking());
  rocksdb::ColumnFamilyHandle* const meta = families[static_cast<size_t>(Family::kMeta)];
  return ToStatus(db->Flush(rocksdb::FlushOptions(), meta),
                  absl::StrCat(Described(options.folder), ": after giving up a log's end"));
}

absl::Status RocksdbStore::Impl::MarkSyncedBlocking() {
  if (options.read_only || failed.load(std::memory_order_acquire)) {
    return absl::OkStatus();
  }
  const std::scoped_lock one_at_a_time(mark_mutex);
  return WriteSyncedSizesBlocking(*db, watch->logs(), options.folder);
}

absl::StatusOr<bool> RocksdbStore::Impl::IsEmpty() {
  for (rocksdb::ColumnFamilyHandle* const handle : families) {
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}, handle));
    it->SeekToFirst();
    if (it->Valid()) {
      return false;
    }
    if (!it->status().ok()) {
      return ToStatus(it->status(), Described(options.folder));
    }
  }
  return true;
}

absl::Status RocksdbStore::Impl::WriteFormatBlocking() {
  std::string value;
  AppendBigEndian32(kFormatVersion, &value);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(
      db->Put(synced, families[static_cast<size_t>(Family::kMeta)], ToSlice(kFormatKey), value),
      absl::StrCat(Described(options.folder), ": writing the format version"));
}

absl::Status RocksdbStore::Impl::CheckFormat() {
  rocksdb::ColumnFamilyHandle* const meta = families[static_cast<size_t>(Family::kMeta)];
  std::string value;
  const rocksdb::Status got = db->Get({}, meta, ToSlice(kFormatKey), &value);
  if (got.IsNotFound()) {
    GH_ASSIGN_OR_RETURN(const bool empty, IsEmpty());
    if (!empty || options.read_only) {
      return absl::FailedPreconditionError(absl::StrCat(
          Described(options.folder), " is not one of Gonghui's: it names no format version"));
    }
    return WriteFormatBlocking();
  }
  if (!got.ok()) {
    return ToStatus(got, absl::StrCat(Described(options.folder), ": reading the format version"));
  }
  return CheckVersion(options.folder, value);
}

absl::StatusOr<std::unique_ptr<RocksdbStore>> RocksdbStore::OpenBlocking(
    RocksdbStoreOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  GH_RETURN_IF_ERROR(impl->OpenBlocking());
  return std::unique_ptr<RocksdbStore>(new RocksdbStore(std::move(impl)));
}

absl::Status RocksdbStore::CheckFolderBlocking(const std::string& folder) {
  return CheckFolderUsable(folder);
}

RocksdbStore::RocksdbStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksdbStore::~RocksdbStore() = default;

const std::string& RocksdbStore::folder() const {
  return impl_->options.folder;
}
bool RocksdbStore::read_only() const {
  return impl_->options.read_only;
}
rocksdb::DB* RocksdbStore::db() const {
  return impl_->db.get();
}
rocksdb::ColumnFamilyHandle* RocksdbStore::family(Family family) const {
  return impl_->families[static_cast<size_t>(family)];
}
JournalFence& RocksdbStore::journal_fence() const {
  return impl_->journal_fence;
}

absl::StatusOr<uint64_t> RocksdbStore::FreeBytes() const {
  std::error_code error;
  const fs::space_info space = fs::space(folder(), error);
  if (error) {
    return absl::InternalError(
        absl::StrCat(Described(folder()), ": free space: ", error.message()));
  }
  return space.available;
}

uint64_t RocksdbStore::ApproximateBytes(Family which) const {
  uint64_t files = 0;
  uint64_t memory = 0;
  db()->GetIntProperty(family(which), rocksdb::DB::Properties::kTotalSstFilesSize, &files);
  db()->GetIntProperty(family(which), rocksdb::DB::Properties::kCurSizeAllMemTables, &memory);
  return files + memory;
}

uint64_t RocksdbStore::WalBytes() const {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder(), error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".log") {
      std::error_code size_error;  // it may be deleted under our eyes
      const uint64_t size = it->file_size(size_error);
      bytes += size_error ? 0 : size;
    }
  }
  return bytes;
}

absl::Status RocksdbStore::MarkSyncedBlocking() {
  return impl_->MarkSyncedBlocking();
}

absl::Status RocksdbStore::VerifyFilesBlocking() const {
  rocksdb::ReadOptions options;
  options.readahead_size = 2 << 20;
  absl::Status status =
      ToStatus(db()->VerifyChecksum(options), absl::StrCat(Described(folder()), ": table files"));
  for (const Family each : kFamilies) {  // RocksDB does not always say which
    status = WithDamagedTablesBlocking(status, each);
  }
  return status;
}

absl::Status RocksdbStore::WithDamagedTablesBlocking(const absl::Status& status,
                                                     Family which) const {
  if (status.code() != absl::StatusCode::kDataLoss || absl::StrContains(status.message(), ".sst")) {
    return status;
  }
  rocksdb::ColumnFamilyMetaData tables;
  db()->GetColumnFamilyMetaData(family(which), &tables);
  std::string damaged;
  for (const rocksdb::LevelMetaData& level : tables.levels) {
    for (const rocksdb::SstFileMetaData& table : level.files) {
      rocksdb::Options options;
      options.env = &impl_->env();
      rocksdb::SstFileReader reader(options);
      rocksdb::Status read = reader.Open(absl::StrCat(folder(), "/", table.relative_filename));
      if (read.ok()) {
        read = reader.VerifyChecksum();
      }
      if (!read.ok()) {
        absl::StrAppend(&damaged, "; ", table.relative_filename, ": ", read.ToString());
      }
    }
  }
  return damaged.empty() ? status : absl::DataLossError(absl::StrCat(status.message(), damaged));
}

absl::StatusOr<bool> RocksdbStore::GetBlocking(Family which,
                                               std::string_view key,
                                               std::string* value) const {
  const rocksdb::Status got = db()->Get({}, family(which), ToSlice(key), value);
  if (got.IsNotFound()) {
    return false;
  }
  if (!got.ok()) {
    return ToStatus(got, absl::StrCat("reading ", ToAbsl(NameOf(which))));
  }
  return true;
}

absl::Status RocksdbStore::PutBlocking(Family which, std::string_view key, std::string_view value) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(db()->Put(synced, family(which), ToSlice(key), ToSlice(value)),
                  absl::StrCat("writing ", ToAbsl(NameOf(which))));
}

std::string_view NameOf(Family family) {
  switch (family) {
    case Family::kDefault:
      return "default";
    case Family::kJournal:
      return "journal";
    case Family::kState:
      return "state";
    case Family::kMeta:
      return "meta";
    case Family::kVault:
      return "vault";
    case Family::kArchive:
      return "archive";
    case Family::kArchiveIds:
      return "archive_ids";
    case Family::kProgrammes:
      return "programmes";
  }
  return "";
}

absl::Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const std::string message = absl::StrCat(ToAbsl(what), ": ", status.ToString());
  if (status.IsCorruption()) {
    return absl::DataLossError(message);
  }
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(message);
  }
  if (status.IsNotFound()) {
    return absl::NotFoundError(message);
  }
  return absl::InternalError(message);
}

void AppendBigEndian16(uint16_t value, std::string* key) {
  key->push_back(static_cast<char>(value >> 8));
  key->push_back(static_cast<char>(value & 0xff));
}
void AppendBigEndian32(uint32_t value, std::string* key) {
  AppendBigEndian16(static_cast<uint16_t>(value >> 16), key);
  AppendBigEndian16(static_cast<uint16_t>(value & 0xffff), key);
}
void AppendBigEndian64(uint64_t value, std::string* key) {
  AppendBigEndian32(static_cast<uint32_t>(value >> 32), key);
  AppendBigEndian32(static_cast<uint32_t>(value & 0xffff'ffff), key);
}

uint16_t BigEndian16At(std::string_view key, size_t offset) {
  GH_CHECK(offset + 2 <= key.size(), "offset=", offset, " size=", key.size());
  return static_cast<uint16_t>(static_cast<uint8_t>(key[offset]) << 8 |
                               static_cast<uint8_t>(key[offset + 1]));
}
uint32_t BigEndian32At(std::string_view key, size_t offset) {
  return uint32_t{BigEndian16At(key, offset)} << 16 | BigEndian16At(key, offset + 2);
}
uint64_t BigEndian64At(std::string_view key, size_t offset) {
  return uint64_t{BigEndian32At(key, offset)} << 32 | BigEndian32At(key, offset + 4);
}

}  // namespace gonghui
