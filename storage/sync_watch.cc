// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/sync_watch.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "storage/spare_log.h"

namespace gonghui {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

struct WatchedLog {
  // Written by whoever appends, one at a time; read by whoever syncs, maybe meanwhile.
  std::atomic<uint64_t> written{0};
  std::atomic<uint64_t> synced{0};
  // Nobody knows what a failed call left, and a later sync that succeeds does not bring it back.
  std::atomic<bool> failed{false};
  bool has_name = false;  // guarded by WatchedFiles::mutex_
};

// One log that is being written.  So many bytes of it were there when it began (spare_log.h).
class WatchedLogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedLogFile(std::unique_ptr<rocksdb::FSWritableFile> file,
                 std::shared_ptr<WatchedLog> log,
                 uint64_t room)
      : FSWritableFileOwnerWrapper(std::move(file)), log_(std::move(log)), room_(room) {}

  IOStatus Append(const rocksdb::Slice& data,
                  const IOOptions& options,
                  IODebugContext* debug) override {
    return Appended(FSWritableFileOwnerWrapper::Append(data, options, debug), data.size());
  }
  IOStatus Append(const rocksdb::Slice& data,
                  const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return Appended(FSWritableFileOwnerWrapper::Append(data, options, verification, debug),
                    data.size());
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const uint64_t written = log_->written.load(std::memory_order_acquire);
    return Synced(FSWritableFileOwnerWrapper::Sync(options, debug), written);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    const uint64_t written = log_->written.load(std::memory_order_acquire);
    return Synced(FSWritableFileOwnerWrapper::Fsync(options, debug), written);
  }
  // What is there needs no more of the disk.
  void PrepareWrite(size_t offset,
                    size_t bytes,
                    const IOOptions& options,
                    IODebugContext* debug) override {
    if (offset + bytes > room_) {
      FSWritableFileOwnerWrapper::PrepareWrite(offset, bytes, options, debug);
    }
  }
  // It ends where its last record does, for whoever looks at it later, and what was not needed is
  // given back.  One that could not be cut is as good: nothing reads room that was never written.
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const uint64_t written = log_->written.load(std::memory_order_acquire);
    if (written < room_ && !log_->failed.load(std::memory_order_acquire)) {
      (void)FSWritableFileOwnerWrapper::Truncate(written, options, debug);
    }
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }

 private:
  IOStatus Appended(IOStatus status, size_t bytes) {
    if (status.ok()) {
      log_->written.fetch_add(bytes, std::memory_order_release);
    } else {
      log_->failed.store(true, std::memory_order_release);
    }
    return status;
  }
  IOStatus Synced(IOStatus status, uint64_t written) {
    if (!status.ok()) {
      log_->failed.store(true, std::memory_order_release);
    } else if (!log_->failed.load(std::memory_order_acquire)) {
      log_->synced.store(written, std::memory_order_release);
    }
    return status;
  }

  const std::shared_ptr<WatchedLog> log_;
  const uint64_t room_;
};

// A manifest.  RocksDB writes some records, of several families, and syncs them together: of these
// a power cut may leave a later one and not an earlier one, which looks just like damage to what
// is long there.  Here each is on the disk before the next is written, as they are in the logs.
// Manifests grow about once a second, so it costs nothing that counts.
class ManifestFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit ManifestFile(std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)) {}

  IOStatus Append(const rocksdb::Slice& data,
                  const IOOptions& options,
                  IODebugContext* debug) override {
    return Appended(FSWritableFileOwnerWrapper::Append(data, options, debug), options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data,
                  const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return Appended(
        FSWritableFileOwnerWrapper::Append(data, options, verification, debug), options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(FSWritableFileOwnerWrapper::Fsync(options, debug));
  }

 private:
  IOStatus Appended(IOStatus status, const IOOptions& options, IODebugContext* debug) {
    return status.ok() && in_use_ ? FSWritableFileOwnerWrapper::Sync(options, debug)
                                  : std::move(status);
  }
  IOStatus Synced(IOStatus status) {
    in_use_ = in_use_ || status.ok();
    return status;
  }

  // CURRENT does not name it before it was synced once, and nobody reads it.
  bool in_use_ = false;
};

}  // namespace

class SyncWatch::WatchedFiles final : public rocksdb::FileSystemWrapper {
 public:
  WatchedFiles(const std::shared_ptr<rocksdb::FileSystem>& files, SpareLog* spare)
      : FileSystemWrapper(files), spare_(spare) {}

  const char* Name() const override { return "SyncWatch"; }

  IOStatus NewWritableFile(const std::string& path,
                           const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    if (const auto number = LogNumberOf(path)) {
      return NewLog(*number, path, options, file, debug);
    }
    const IOStatus made = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (made.ok() && ManifestNumberOf(path)) {
      *file = std::make_unique<ManifestFile>(std::move(*file));
    }
    return made;
  }

  IOStatus DeleteFile(const std::string& path,
                      const IOOptions& options,
                      IODebugContext* debug) override {
    if (const auto number = LogNumberOf(path)) {
      const std::lock_guard lock(mutex_);
      logs_.erase(*number);
    }
    return FileSystemWrapper::DeleteFile(path, options, debug);
  }

  IOStatus NewDirectory(const std::string& path,
                        const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                        IODebugContext* debug) override {
    const IOStatus opened = FileSystemWrapper::NewDirectory(path, options, folder, debug);
    if (opened.ok()) {
      *folder = std::make_unique<Folder>(std::move(*folder), *this);
    }
    return opened;
  }

  [[nodiscard]] std::vector<SyncedFile> logs() const {
    const std::lock_guard lock(mutex_);
    std::vector<SyncedFile> logs;
    for (const auto& [number, log] : logs_) {
      const uint64_t synced = log->synced.load(std::memory_order_acquire);
      if (log->has_name && synced != 0) {
        logs.push_back({number, synced});
      }
    }
    return logs;
  }

 private:
  // All of a database's logs and folders are one folder here.
  class Folder final : public rocksdb::FSDirectoryWrapper {
   public:
    Folder(std::unique_ptr<rocksdb::FSDirectory> folder, WatchedFiles& files)
        : FSDirectoryWrapper(std::move(folder)), files_(files) {}

    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
      const std::vector<std::shared_ptr<WatchedLog>> before = files_.Nameless();
      return files_.Named(FSDirectoryWrapper::Fsync(options, debug), before);
    }
    IOStatus FsyncWithDirOptions(const IOOptions& options,
                                 IODebugContext* debug,
                                 const rocksdb::DirFsyncOptions& more) override {
      const std::vector<std::shared_ptr<WatchedLog>> before = files_.Nameless();
      return files_.Named(FSDirectoryWrapper::FsyncWithDirOptions(options, debug, more), before);
    }

   private:
    WatchedFiles& files_;
  };

  IOStatus NewLog(uint64_t number,
                  const std::string& path,
                  const rocksdb::FileOptions& options,
                  std::unique_ptr<rocksdb::FSWritableFile>* file,
                  IODebugContext* debug) {
    std::unique_ptr<rocksdb::FSWritableFile> made;
    uint64_t room = 0;
    if (spare_ != nullptr) {
      made = spare_->TakeBlocking(path, options, BytesOfNewest(), &room);
    }
    if (made == nullptr) {
      room = 0;
      if (const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &made, debug);
          !status.ok()) {
        return status;
      }
    }
    auto log = std::make_shared<WatchedLog>();
    *file = std::make_unique<WatchedLogFile>(std::move(made), log, room);
    const std::lock_guard lock(mutex_);
    newest_ = log;
    logs_[number] = std::move(log);
    return IOStatus::OK();
  }

  uint64_t BytesOfNewest() {
    const std::lock_guard lock(mutex_);
    return newest_ == nullptr ? 0 : newest_->written.load(std::memory_order_acquire);
  }

  std::vector<std::shared_ptr<WatchedLog>> Nameless() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<WatchedLog>> logs;
    for (const auto& [number, log] : logs_) {
      if (!log->has_name) {
        logs.push_back(log);
      }
    }
    return logs;
  }
  IOStatus Named(IOStatus status, const std::vector<std::shared_ptr<WatchedLog>>& logs) {
    if (status.ok()) {
      const std::lock_guard lock(mutex_);
      for (const std::shared_ptr<WatchedLog>& log : logs) {
        log->has_name = true;
      }
    }
    return status;
  }

  SpareLog* const spare_;
  mutable std::mutex mutex_;  // guards the next
  std::map<uint64_t, std::shared_ptr<WatchedLog>> logs_;
  std::shared_ptr<WatchedLog> newest_;
};

SyncWatch::SyncWatch(rocksdb::Env& env, SpareLog* spare)
    : files_(std::make_shared<WatchedFiles>(env.GetFileSystem(), spare)),
      env_(rocksdb::NewCompositeEnv(files_)) {}
SyncWatch::~SyncWatch() = default;

std::vector<SyncedFile> SyncWatch::logs() const {
  return files_->logs();
}

}  // namespace gonghui
