// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The data folder: one RocksDB with a column family each for the journal, the
// checkpoint's pages, a few facts, the vault, and the programmes' texts with what stands
// behind draws, and two for the archive.  storage/FORMAT.md gives every key and value.
//
// A folder belongs to one process: RocksDB's LOCK is taken first, and whoever
// comes second is refused.  A folder that is not ours, or of a format that this version does not
// know, is refused before anything of ours is written to it; what a power cut left unfinished in
// RocksDB's own files may have been cut off by then, and its log read into a table.  A new one is
// made with mode 0700: card numbers are in it.
//
// The writer of the journal must never wait for anybody else's writes, so the
// stalls by which RocksDB slows writers down (of all column families at once) are
// set out of reach, and what could cause them is bounded by its own writer.
//
// Thread safety: any thread.

#ifndef GONGHUI_STORAGE_ROCKSDB_STORE_H_
#define GONGHUI_STORAGE_ROCKSDB_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Slice;
class Status;
}  // namespace rocksdb

namespace gonghui {

struct JournalFence;

// Column families.  Their names are stored: do not change.
enum class Family : uint8_t {
  kDefault = 0,  // always empty; RocksDB insists on it
  kJournal = 1,
  kState = 2,
  kMeta = 3,
  kVault = 4,
  kArchive = 5,
  kArchiveIds = 6,
  kProgrammes = 7,
};
inline constexpr int kFamilyCount = 8;
[[nodiscard]] std::string_view NameOf(Family family);

struct RocksdbStoreOptions {
  std::string folder;
  // Nothing is written, nothing is created.  The folder is locked all the same.
  bool read_only = false;
  // An operator's choice after mid-log damage: give up everything from the first
  // damaged WAL record on, instead of refusing to open.
  bool recover_point_in_time = false;
  // A background write failed: nobody knows what the disk holds, so the process
  // should end.  Called by a thread of RocksDB; must not block for long.
  std::function<void(std::string_view what)> on_background_error;
  // What a start has cut off of a log's or the manifest's end (log_damage.h), for the operator.
  // Called by OpenBlocking().
  std::function<void(std::string_view what)> on_cut_end;
  uint64_t wal_bytes_max = 512u << 20;
  uint64_t write_buffer_bytes = 64u << 20;
  // Flush and compaction together; the journal's own flush is part of it, so it
  // must stay above what the journal is written with.  0 = no limit.
  uint64_t background_bytes_per_s_max = 256u << 20;
  // Of the room that is made ahead for the next log (spare_log.h), a multiple of 512 KiB; 0 = logs
  // grow at their end.
  uint64_t spare_log_bytes_max = 0;
  // Flushed and merged files are written past the page cache, if the file system lets them.
  bool direct_writes = true;
  // What all files are written and read through, for tests of what a disk may do; outlives the
  // store.  Null = the machine's own.
  rocksdb::Env* env = nullptr;
};

class RocksdbStore {
 public:
  static absl::StatusOr<std::unique_ptr<RocksdbStore>> OpenBlocking(RocksdbStoreOptions options);
  // Whether a server could use this folder or make it, as far as that shows without
  // the lock.  Nothing is changed.
  static absl::Status CheckFolderBlocking(const std::string& folder);
  ~RocksdbStore();
  RocksdbStore(const RocksdbStore&) = delete;
  RocksdbStore& operator=(const RocksdbStore&) = delete;

  [[nodiscard]] const std::string& folder() const;
  [[nodiscard]] bool read_only() const;

  // Bytes that a writer without privileges may still fill on the folder's disk.
  absl::StatusOr<uint64_t> FreeBytes() const;
  // On disk, of one family; the WAL is not part of it.
  [[nodiscard]] uint64_t ApproximateBytes(Family family) const;
  // Of the folder's WAL files, with room that was made ahead.
  [[nodiscard]] uint64_t WalBytes() const;

  // Writes down what of the files that grow is synced by now (synced_sizes.h), so that the next
  // start sees when one of them has lost its end.
  absl::Status MarkSyncedBlocking();
  // Reads every block of every table file and compares its checksum; DATA_LOSS names the file
  // and the place.
  absl::Status VerifyFilesBlocking() const;
  // `status` of what was read of a family, with the table file that is damaged, if it is DATA_LOSS
  // and one is: reads them all.
  absl::Status WithDamagedTablesBlocking(const absl::Status& status, Family family) const;

  // ---- For the adapters of this folder ----
  [[nodiscard]] rocksdb::DB* db() const;
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family family) const;
  [[nodiscard]] JournalFence& journal_fence() const;

  // Nothing when there is no such key.
  absl::StatusOr<bool> GetBlocking(Family family, std::string_view key, std::string* value) const;
  // Durable when it answers OK.
  absl::Status PutBlocking(Family family, std::string_view key, std::string_view value);

 private:
  struct Impl;
  explicit RocksdbStore(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

// `what` names the operation that failed.
absl::Status ToStatus(const rocksdb::Status& status, std::string_view what);

// Big-endian, so that byte order is number order.
void AppendBigEndian16(uint16_t value, std::string* key);
void AppendBigEndian32(uint32_t value, std::string* key);
void AppendBigEndian64(uint64_t value, std::string* key);
// REQUIRES: the bytes are there.
[[nodiscard]] uint16_t BigEndian16At(std::string_view key, size_t offset);
[[nodiscard]] uint32_t BigEndian32At(std::string_view key, size_t offset);
[[nodiscard]] uint64_t BigEndian64At(std::string_view key, size_t offset);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ROCKSDB_STORE_H_
