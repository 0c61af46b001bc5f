// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "storage/meta_keys.h"

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

// Out of reach: no write ever waits for compaction (see the header).
constexpr int kNever = 1 << 30;

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

// A read-only process leaves no log behind.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

class FailStopListener final : public rocksdb::EventListener {
 public:
  explicit FailStopListener(std::function<void(std::string_view)> report)
      : report_(std::move(report)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    if (report_) {
      report_(absl::StrCat(
          "RocksDB, background work ", static_cast<int>(reason), ": ", status->ToString()));
    }
  }

 private:
  const std::function<void(std::string_view)> report_;
};

// Whether files there can be written past the page cache, which not every file system lets.
bool AllowsDirectWrites(const std::string& folder) {
  constexpr size_t kBlock = 4096;
  const int file = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_DIRECT | O_CLOEXEC, 0600);
  if (file < 0) {
    return false;
  }
  alignas(kBlock) static constexpr std::array<char, kBlock> kZeroes{};
  const ssize_t written = ::pwrite(file, kZeroes.data(), kZeroes.size(), 0);
  ::close(file);
  return written == static_cast<ssize_t>(kBlock);
}

rocksdb::DBOptions DbOptions(const RocksdbStoreOptions& o) {
  rocksdb::DBOptions options;
  options.create_if_missing = !o.read_only;
  options.create_missing_column_families = !o.read_only;
  // Damage in the middle of the WAL is damage to what was acknowledged: refuse.
  // An unfinished record at its end never was.
  options.wal_recovery_mode = o.recover_point_in_time
                                  ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                  : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = false;  // rocksdb #10892: may refuse a good folder
  options.max_total_wal_size = o.wal_bytes_max;
  options.avoid_flush_during_shutdown = true;  // the WAL holds all that must last
  options.avoid_unnecessary_blocking_io = true;
  options.max_background_jobs = 2;
  // Merging files can wait; calls can not.
  (void)options.env->LowerThreadPoolCPUPriority(rocksdb::Env::Priority::LOW,
                                                rocksdb::CpuPriority::kLow);
  options.bytes_per_sync = 1 << 20;
  options.compaction_readahead_size = 2 << 20;
  if (o.background_bytes_per_s_max != 0) {
    options.rate_limiter.reset(rocksdb::NewGenericRateLimiter(
        static_cast<int64_t>(o.background_bytes_per_s_max), 10'000 /* us */));
  }
  options.use_fsync = false;
  // Few writers: skip what helps many.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.paranoid_checks = true;
  options.max_open_files = 512;
  options.keep_log_file_num = 4;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  if (o.read_only) {
    options.info_log = std::make_shared<SilentLogger>();
  } else {
    options.listeners.push_back(std::make_shared<FailStopListener>(o.on_background_error));
  }
  return options;
}

// Of what grows for ever: few files, and of no level much that is superseded.
void OptionsOfLargeFamily(rocksdb::ColumnFamilyOptions& options) {
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base = 256 << 20;
  options.target_file_size_multiplier = 2;
  options.max_bytes_for_level_base = uint64_t{1} << 30;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family,
                                           const RocksdbStoreOptions& o,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.block_cache = cache;
  // Everything is read by scans: blocks as large as a journal block, or some pages.
  table.block_size = 16 << 10;
  options.compression = rocksdb::kLZ4Compression;  // the same on all levels: files move unread
  options.level0_slowdown_writes_trigger = kNever;
  options.level0_stop_writes_trigger = kNever;
  options.soft_pending_compaction_bytes_limit = 0;
  options.hard_pending_compaction_bytes_limit = 0;
  options.write_buffer_size = o.write_buffer_bytes;
  // The last of these that fills stops every writer; a flush is long done by then.
  options.max_write_buffer_number = 6;
  switch (family) {
    case Family::kJournal:
      // Ids and differences: LZ4 takes a sixteenth off, for a sixth of the server's time.
      options.compression = rocksdb::kNoCompression;
      options.target_file_size_base = 256 << 20;
      options.max_bytes_for_level_base = uint64_t{1} << 30;
      break;
    case Family::kState:
      // Every checkpoint replaces pages all over the key space, so that each merge into
      // a level would rewrite the level.  Runs of like size are merged instead.  Pages come
      // packed: LZ4 took a third of both cores on a stream.
      options.compression = rocksdb::kNoCompression;
      options.compaction_style = rocksdb::kCompactionStyleUniversal;
      options.level0_file_num_compaction_trigger = 8;
      options.compaction_options_universal.max_size_amplification_percent = 100;
      break;
    case Family::kVault:
      // Read one by one, and sealed bytes do not compress.
      table.block_size = 4 << 10;
      options.compression = rocksdb::kNoCompression;
      options.write_buffer_size = 16 << 20;
      break;
    case Family::kArchive:
      // Keys rise, so that files are hardly ever rewritten: what is slow to compress is
      // compressed once.  A block is a hundred rows like one another.
      options.compression = rocksdb::kZSTD;
      OptionsOfLargeFamily(options);
      break;
    case Family::kArchiveIds:
      // Random ids: nothing to compress, each alone is looked up.  Who asks mostly finds
      // (the filter in memory is asked first), so that only the levels on top, where an id
      // mostly is not, have filters.
      table.block_size = 8 << 10;
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      table.whole_key_filtering = true;
      options.optimize_filters_for_hits = true;
      options.compression = rocksdb::kNoCompression;
      OptionsOfLargeFamily(options);
      break;
    case Family::kProgrammes:
      // Few and large texts, read one by one.
      options.compression = rocksdb::kZSTD;
      options.write_buffer_size = 16 << 20;
      break;
    case Family::kMeta:
    case Family::kDefault:
      table.block_size = 4 << 10;
      options.write_buffer_size = 4 << 20;
      break;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::string Described(const std::string& folder) {
  return absl::StrCat("data folder ", folder);
}

// Files that RocksDB makes before it has written CURRENT; a first start may have
// been cut off there.
bool IsRocksdbFile(const std::string& name) {
  return name == "LOCK" || name == "IDENTITY" || name == "CURRENT" || name == "lost+found" ||
         absl::StartsWith(name, "LOG") || absl::StartsWith(name, "MANIFEST-") ||
         absl::StartsWith(name, "OPTIONS-") || absl::EndsWith(name, ".log") ||
         absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".dbtmp");
}

enum class FolderState : uint8_t { kAbsent, kEmpty, kDatabase };

// What is there, and that it is nobody else's.
absl::StatusOr<FolderState> LookInto(const std::string& folder) {
  std::error_code error;
  const fs::file_status found = fs::status(folder, error);
  if (found.type() == fs::file_type::not_found) {
    return FolderState::kAbsent;
  }
  if (found.type() == fs::file_type::none) {
    return absl::FailedPreconditionError(
        absl::StrCat(Described(folder), " cannot be looked at: ", error.message()));
  }
  if (found.type() != fs::file_type::directory) {
    return absl::FailedPreconditionError(absl::StrCat(Described(folder), " is not a folder"));
  }
  fs::directory_iterator entries(folder, error);
  const bool has_database = !error && fs::exists(fs::path(folder) / "CURRENT", error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(Described(folder), " cannot be read: ", error.message()));
  }
  if (has_database) {
    return FolderState::kDatabase;
  }
  for (const fs::directory_entry& entry : entries) {
    if (!IsRocksdbFile(entry.path().filename().string())) {
      return absl::FailedPreconditionError(
          absl::StrCat(Described(folder),
                       " is not one of Gonghui's: it is not empty and holds ",
                       entry.path().filename().string()));
    }
  }
  return FolderState::kEmpty;
}

// "a/b/" is "a/b".
fs::path WithoutSlash(const std::string& folder) {
  const fs::path path(folder);
  return path.has_filename() ? path : path.parent_path();
}

absl::Status CannotBeMade(const std::string& folder, const std::error_code& error) {
  return absl::FailedPreconditionError(
      absl::StrCat(Described(folder), " cannot be made: ", error.message()));
}

absl::Status MakeFolder(const std::string& folder) {
  const fs::path path = WithoutSlash(folder);
  std::error_code error;
  if (path.has_parent_path()) {
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return CannotBeMade(folder, error);
    }
  }
  // Never wider, not even for a moment.
  if (::mkdir(path.c_str(), 0700) != 0) {
    return CannotBeMade(folder, std::error_code(errno, std::generic_category()));
  }
  return absl::OkStatus();
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
    return ToStatus(listed, absl::StrCat(Described(o.folder), ": reading its manifest"));
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
  rocksdb::DBOptions quiet = options;
  quiet.create_if_missing = false;
  quiet.create_missing_column_families = false;
  quiet.info_log = std::make_shared<SilentLogger>();
  quiet.listeners.clear();
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(quiet, o.folder, descriptors, &handles, &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  if (!opened.ok()) {
    return ToStatus(opened, absl::StrCat(Described(o.folder), ": opening"));
  }
  bool empty = true;
  std::string format;
  for (size_t i = 0; i < names.size(); ++i) {
    {
      const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}, handles[i]));
      it->SeekToFirst();
      empty = empty && !it->Valid() && it->status().ok();
    }
    if (names[i] == NameOf(Family::kMeta)) {
      (void)db->Get({}, handles[i], ToSlice(kFormatKey), &format);
    }
    db->DestroyColumnFamilyHandle(handles[i]);
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
  rocksdb::FileLock* lock = nullptr;  // read-only: ours; else the database's own
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families{};

  ~Impl() {
    if (db != nullptr) {
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
      rocksdb::Env::Default()->UnlockFile(lock);
    }
  }

  absl::Status Open();
  absl::Status CheckFormat();
  absl::StatusOr<bool> IsEmpty();
};

absl::Status RocksdbStore::Impl::Open() {
  const std::string& folder = options.folder;
  GH_ASSIGN_OR_RETURN(const FolderState found, LookInto(folder));
  if (options.read_only && found != FolderState::kDatabase) {
    return absl::NotFoundError(
        absl::StrCat(Described(folder),
                     found == FolderState::kAbsent ? " does not exist" : " holds no database"));
  }
  if (found == FolderState::kAbsent) {
    GH_RETURN_IF_ERROR(MakeFolder(folder));
  }
  if (options.read_only) {
    const rocksdb::Status locked =
        rocksdb::Env::Default()->LockFile((fs::path(folder) / "LOCK").string(), &lock);
    if (!locked.ok()) {
      return NotLocked(folder, locked);
    }
  }
  rocksdb::DBOptions db_options = DbOptions(options);
  if (found == FolderState::kDatabase) {
    GH_RETURN_IF_ERROR(CheckFamilies(options, db_options));
  }
  // Flushed and merged files are large, and what is read again of them is read by merges, mostly:
  // in the page cache they would cost a copy, push out what is worth keeping, and be
  // written back in bursts that the journal's syncs wait for.  They are read through it.
  db_options.use_direct_io_for_flush_and_compaction =
      options.direct_writes && !options.read_only && AllowsDirectWrites(folder);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(32 << 20);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const Family family : kFamilies) {
    descriptors.emplace_back(std::string(NameOf(family)), FamilyOptions(family, options, cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, folder, descriptors, &handles, &raw)
          : rocksdb::DB::Open(db_options, folder, descriptors, &handles, &raw);
  if (!opened.ok()) {
    return IsAboutLock(opened) ? NotLocked(folder, opened)
                               : ToStatus(opened, absl::StrCat(Described(folder), ": opening"));
  }
  db.reset(raw);
  GH_CHECK_EQ(handles.size(), families.size());
  std::copy(handles.begin(), handles.end(), families.begin());
  return CheckFormat();
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
    AppendBigEndian32(kFormatVersion, &value);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    return ToStatus(db->Put(synced, meta, ToSlice(kFormatKey), value),
                    absl::StrCat(Described(options.folder), ": writing the format version"));
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
  GH_RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<RocksdbStore>(new RocksdbStore(std::move(impl)));
}

absl::Status RocksdbStore::CheckFolderBlocking(const std::string& folder) {
  GH_ASSIGN_OR_RETURN(const FolderState found, LookInto(folder));
  if (found != FolderState::kAbsent) {
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          Described(folder), " cannot be written to: ", std::generic_category().message(errno)));
    }
    return absl::OkStatus();
  }
  // Where it would be made, only trying tells: rights are not all that can be missing.
  std::error_code error;
  fs::path there = fs::absolute(WithoutSlash(folder), error).parent_path();
  while (there.has_relative_path() && !fs::exists(there, error)) {
    there = there.parent_path();
  }
  std::string trial = (there / ".gonghui-check.XXXXXX").string();
  if (::mkdtemp(trial.data()) == nullptr) {
    return CannotBeMade(folder, std::error_code(errno, std::generic_category()));
  }
  ::rmdir(trial.c_str());
  return absl::OkStatus();
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
