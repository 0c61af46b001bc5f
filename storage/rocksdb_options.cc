// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_options.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/strings/str_cat.h>
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>

#include "storage/open_files.h"

namespace gonghui {
namespace {

// Out of reach: no write ever waits for compaction (see the header).
constexpr int kNever = 1 << 30;

// A read-only process leaves no log behind.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

class StoreListener final : public rocksdb::EventListener {
 public:
  StoreListener(std::function<void(std::string_view)> report, std::function<void()> files_changed)
      : report_(std::move(report)), files_changed_(std::move(files_changed)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    if (report_) {
      report_(absl::StrCat(
          "RocksDB, background work ", static_cast<int>(reason), ": ", status->ToString()));
    }
  }

  // A log was begun; one is not needed any more, but not yet deleted; the manifest has grown.
  void OnFlushBegin(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*info*/) override {
    files_changed_();
  }
  void OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*info*/) override {
    files_changed_();
  }
  void OnCompactionCompleted(rocksdb::DB* /*db*/,
                             const rocksdb::CompactionJobInfo& /*info*/) override {
    files_changed_();
  }

 private:
  const std::function<void(std::string_view)> report_;
  const std::function<void()> files_changed_;
};

// Of what grows for ever: few files, and of no level much that is superseded.
void OptionsOfLargeFamily(rocksdb::ColumnFamilyOptions& options) {
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base = 256 << 20;
  options.target_file_size_multiplier = 2;
  options.max_bytes_for_level_base = uint64_t{1} << 30;
}

}  // namespace

std::shared_ptr<rocksdb::Logger> MakeSilentLogger() {
  return std::make_shared<SilentLogger>();
}

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

rocksdb::DBOptions DbOptionsOf(const RocksdbStoreOptions& o, std::function<void()> files_changed) {
  rocksdb::DBOptions options;
  if (o.env != nullptr) {
    options.env = o.env;
  }
  options.create_if_missing = !o.read_only;
  options.create_missing_column_families = !o.read_only;
  // Damage in the middle of the WAL is damage to what was acknowledged: refuse.
  // An unfinished record at its end never was.
  options.wal_recovery_mode = o.recover_point_in_time
                                  ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                  : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // It may refuse a good folder (rocksdb #10892), and syncs the manifest with every synced write
  // (#13192).  What it would find, synced_sizes.h finds.
  options.track_and_verify_wals_in_manifest = false;
  options.max_total_wal_size = o.wal_bytes_max;
  options.avoid_flush_during_shutdown = true;  // the WAL holds all that must last
  // RocksDB 7.8 aborts in a failed open when this is on and a file is obsolete (its assertions
  // are compiled in), instead of saying that the disk is full.  Without it whoever reads last
  // from a memtable that was flushed meanwhile frees it, which is rare.
  options.avoid_unnecessary_blocking_io = false;
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
  options.max_open_files = TableFilesMax();
  options.keep_log_file_num = 4;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  if (o.read_only) {
    options.info_log = MakeSilentLogger();
  } else {
    options.listeners.push_back(
        std::make_shared<StoreListener>(o.on_background_error, std::move(files_changed)));
  }
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptionsOf(Family family,
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

}  // namespace gonghui
