// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Room for the next write-ahead log, made ahead: a file of zeroes that is on the disk as it is.
//
// A log that grows at its end has each sync write the file's new size, too, which on ext4 as
// Debian makes it is a transaction of the file system's own journal.  One that is written over
// has only its bytes to write: there a sync takes a third of the time, and half where there is no
// such journal (docs/PERFORMANCE.md).  RocksDB can write its old logs over
// (recycle_log_file_num), but then takes damage for the end of a log, and refuses to do both.
// Zeroes look like no record of any log: to RocksDB they are room that was never written to, as
// file systems leave it after a power cut, and log_damage.h tells the two from damage.
//
// The file SPARE is made by a thread of its own, slowly, so that nobody waits for it, and is
// given the log's name when RocksDB begins one.  Without it (there was no time, no room, the disk
// failed) logs grow as ever.  What is left of one at a start is thrown away: a power cut may have
// taken back the name it was given, and not what was written then.

#ifndef GONGHUI_STORAGE_SPARE_LOG_H_
#define GONGHUI_STORAGE_SPARE_LOG_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace rocksdb {
struct FileOptions;
class FileSystem;
class FSWritableFile;
}  // namespace rocksdb

namespace gonghui {

inline constexpr std::string_view kSpareLogFile = "SPARE";
inline constexpr std::string_view kUnfinishedSpareLogFile = "SPARE.new";

class SpareLog {
 public:
  // On `files`, in a database's `folder`.  `bytes_max`: of one; a multiple of kUnitBytes.
  SpareLog(std::shared_ptr<rocksdb::FileSystem> files, std::string folder, uint64_t bytes_max);
  ~SpareLog() { StopBlocking(); }
  SpareLog(const SpareLog&) = delete;
  SpareLog& operator=(const SpareLog&) = delete;

  // A log's own block, so that there is no half one at its end.
  static constexpr uint64_t kUnitBytes = 32 << 10;

  // Throws away what is left of an earlier one, and begins to make one.  Once, when the database
  // is open.
  void StartBlocking();
  // Makes no more and leaves none in the folder, which is the owner's no longer.
  void StopBlocking();
  // What is left of one in a folder in which none is made.
  static void RemoveBlocking(rocksdb::FileSystem& files, const std::string& folder);

  // A new log at `path`, in which `*room` bytes of zeroes are to be written over from the
  // beginning on.  Null: there is none, and the log is to be made as ever.  `previous_bytes` were
  // written to the log before: the next one will be for about as much.  Any thread.
  std::unique_ptr<rocksdb::FSWritableFile> TakeBlocking(const std::string& path,
                                                        const rocksdb::FileOptions& options,
                                                        uint64_t previous_bytes,
                                                        uint64_t* room);

 private:
  void Run();
  void MakeBlocking(uint64_t bytes);
  // True: it is to stop.
  bool Pause();

  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::string folder_;
  const std::string path_;
  const std::string unfinished_path_;
  const uint64_t bytes_max_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  bool wanted_ = true;
  uint64_t wanted_bytes_;
  uint64_t bytes_ = 0;  // of the one there is; 0 = there is none
  std::thread thread_;  // the owner's
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_SPARE_LOG_H_
