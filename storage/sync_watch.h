// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Watches what RocksDB writes and syncs of its write-ahead logs, so that it is known at every
// moment how much of each is on the disk.  RocksDB knows, but does not say; and asking it for one
// more sync (DB::SyncWAL) costs a sync, and in RocksDB 7.8 ends the process when a write to the
// log has failed at that moment, by an assertion.
//
// It also syncs each record of a manifest before the next is written, so that of manifests as of
// logs a power cut can leave no more than the last record unfinished (log_damage.h).
//
// It knows of files that are made new, in one folder: as RocksDB makes its logs when it does not
// use them again (recycle_log_file_num is 0).  To RocksDB they are new; where there is a spare log
// (spare_log.h) it is given their name, and its room is written over.

#ifndef GONGHUI_STORAGE_SYNC_WATCH_H_
#define GONGHUI_STORAGE_SYNC_WATCH_H_

#include <memory>
#include <vector>

#include "storage/synced_sizes.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace gonghui {

class SpareLog;

class SyncWatch {
 public:
  // On the files of `env`, which outlives it, as `spare` does; null = logs grow at their end.
  explicit SyncWatch(rocksdb::Env& env, SpareLog* spare = nullptr);
  ~SyncWatch();
  SyncWatch(const SyncWatch&) = delete;
  SyncWatch& operator=(const SyncWatch&) = delete;

  // What the database is to be opened with; it must be closed before this object goes.
  [[nodiscard]] rocksdb::Env& env() const { return *env_; }

  // The logs that were made through it and are still there, by number, with what a power cut
  // would leave at least: bytes that were synced, under a name that was.  A log of which nothing
  // is safe yet is not among them.  Any thread.
  [[nodiscard]] std::vector<SyncedFile> logs() const;

 private:
  class WatchedFiles;
  const std::shared_ptr<WatchedFiles> files_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_SYNC_WATCH_H_
