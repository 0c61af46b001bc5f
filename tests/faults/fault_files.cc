// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The calls, as RocksDB makes them: each is admitted first, then done to the real folder, and
// what it makes durable is noted.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>

#include "engine/base/check.h"
#include "tests/faults/fault_file_system.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// RocksDB's text log, which nothing depends on.
bool IsTextLog(const std::string& path) {
  return fs::path(path).filename().string().rfind("LOG", 0) == 0;
}

uint64_t SizeOnDisk(const std::string& path) {
  std::error_code error;
  const uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

// ---- Files --------------------------------------------------------------------------

class FaultFileSystem::SequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(FaultFileSystem& disk,
                 std::string path,
                 std::unique_ptr<rocksdb::FSSequentialFile> file)
      : FSSequentialFileOwnerWrapper(std::move(file)), disk_(disk), path_(std::move(path)) {}

  IOStatus Read(size_t n,
                const IOOptions& options,
                Slice* result,
                char* scratch,
                IODebugContext* debug) override {
    const IOStatus admitted = disk_.Admit(FileCall::kRead, path_);
    return admitted.ok() ? target()->Read(n, options, result, scratch, debug) : admitted;
  }
  IOStatus PositionedRead(uint64_t offset,
                          size_t n,
                          const IOOptions& options,
                          Slice* result,
                          char* scratch,
                          IODebugContext* debug) override {
    const IOStatus admitted = disk_.Admit(FileCall::kRead, path_);
    return admitted.ok() ? target()->PositionedRead(offset, n, options, result, scratch, debug)
                         : admitted;
  }

 private:
  FaultFileSystem& disk_;
  const std::string path_;
};

class FaultFileSystem::RandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(FaultFileSystem& disk,
                   std::string path,
                   std::unique_ptr<rocksdb::FSRandomAccessFile> file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(disk), path_(std::move(path)) {}

  IOStatus Read(uint64_t offset,
                size_t n,
                const IOOptions& options,
                Slice* result,
                char* scratch,
                IODebugContext* debug) const override {
    const IOStatus admitted = disk_.Admit(FileCall::kRead, path_);
    return admitted.ok() ? target()->Read(offset, n, options, result, scratch, debug) : admitted;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests,
                     size_t count,
                     const IOOptions& options,
                     IODebugContext* debug) override {
    const IOStatus admitted = disk_.Admit(FileCall::kRead, path_);
    return admitted.ok() ? target()->MultiRead(requests, count, options, debug) : admitted;
  }
  IOStatus Prefetch(uint64_t offset,
                    size_t n,
                    const IOOptions& options,
                    IODebugContext* debug) override {
    const IOStatus admitted = disk_.Admit(FileCall::kRead, path_);
    return admitted.ok() ? target()->Prefetch(offset, n, options, debug) : admitted;
  }
  IOStatus ReadAsync(rocksdb::FSReadRequest& request,
                     const IOOptions& options,
                     std::function<void(const rocksdb::FSReadRequest&, void*)> done,
                     void* argument,
                     void** handle,
                     rocksdb::IOHandleDeleter* deleter,
                     IODebugContext* debug) override {
    const IOStatus admitted = disk_.Admit(FileCall::kRead, path_);
    return admitted.ok() ? target()->ReadAsync(
                               request, options, std::move(done), argument, handle, deleter, debug)
                         : admitted;
  }

 private:
  FaultFileSystem& disk_;
  const std::string path_;
};

class FaultFileSystem::WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(FaultFileSystem& disk,
               std::string path,
               std::shared_ptr<FileState> state,
               std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)),
        disk_(disk),
        path_(std::move(path)),
        state_(std::move(state)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard lock(disk_.mutex_);
    // What is written over takes no room of the disk.
    const uint64_t end = state_->written_over + data.size();
    const uint64_t grows = state_->room == 0 ? data.size() : end - std::min(end, state_->room);
    const IOStatus admitted = disk_.AdmitAppendLocked(path_, std::min(grows, data.size()));
    // Or as much of it as a disk may have taken before it noticed.
    const Slice taken(data.data(), admitted.ok() ? data.size() : data.size() / 2);
    const IOStatus appended = target()->Append(taken, options, debug);
    state_->written_over = target()->GetFileSize(options, debug);
    return admitted.ok() ? appended : admitted;
  }
  IOStatus Append(const Slice& data,
                  const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*verification*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice& data,
                            uint64_t offset,
                            const IOOptions& options,
                            IODebugContext* debug) override {
    const std::lock_guard lock(disk_.mutex_);
    const IOStatus admitted = disk_.AdmitAppendLocked(path_, data.size());
    return admitted.ok() ? target()->PositionedAppend(data, offset, options, debug) : admitted;
  }
  IOStatus PositionedAppend(const Slice& data,
                            uint64_t offset,
                            const IOOptions& options,
                            const rocksdb::DataVerificationInfo& /*verification*/,
                            IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard lock(disk_.mutex_);
    const IOStatus admitted = disk_.AdmitLocked(FileCall::kTruncate, path_);
    if (!admitted.ok() || disk_.off_) {
      return admitted;
    }
    state_->synced = std::min(state_->synced, size);
    state_->room = std::min(state_->room, size);
    state_->written_over = std::min(state_->written_over, size);
    return target()->Truncate(size, options, debug);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    // Always closed, as a process that ends closes its files.
    const IOStatus admitted = disk_.Admit(FileCall::kClose, path_);
    const IOStatus closed = target()->Close(options, debug);
    return admitted.ok() ? closed : admitted;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard lock(disk_.mutex_);
    const uint64_t size = target()->GetFileSize(options, debug);
    const IOStatus admitted = disk_.AdmitLocked(FileCall::kSync, path_);
    if (disk_.off_) {
      return admitted;
    }
    if (admitted.ok()) {
      state_->synced = std::max(state_->synced, size);
    } else if (size > state_->synced) {
      state_->lost.emplace_back(state_->synced, size);
    }
    return admitted;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // A hint that promises nothing.
  IOStatus RangeSync(uint64_t /*offset*/,
                     uint64_t /*bytes*/,
                     const IOOptions& /*options*/,
                     IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }

 private:
  FaultFileSystem& disk_;
  const std::string path_;
  const std::shared_ptr<FileState> state_;
};

class FaultFileSystem::Folder final : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(FaultFileSystem& disk, std::string path, std::unique_ptr<rocksdb::FSDirectory> folder)
      : FSDirectoryWrapper(std::move(folder)), disk_(disk), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    const std::lock_guard lock(disk_.mutex_);
    const IOStatus admitted = disk_.AdmitLocked(FileCall::kSyncFolder, path_);
    if (admitted.ok()) {
      disk_.SyncNames(path_);
    }
    return admitted;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options,
                               IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& /*what*/) override {
    return Fsync(options, debug);
  }

 private:
  FaultFileSystem& disk_;
  const std::string path_;
};

// ---- The file system ----------------------------------------------------------------------

IOStatus FaultFileSystem::NewSequentialFile(const std::string& path,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                            IODebugContext* debug) {
  IOStatus status = Admit(FileCall::kOpen, path);
  std::unique_ptr<rocksdb::FSSequentialFile> real;
  if (status.ok() && (status = target()->NewSequentialFile(path, options, &real, debug)).ok()) {
    *file = std::make_unique<SequentialFile>(*this, path, std::move(real));
  }
  return status;
}

IOStatus FaultFileSystem::NewRandomAccessFile(const std::string& path,
                                              const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                              IODebugContext* debug) {
  IOStatus status = Admit(FileCall::kOpen, path);
  std::unique_ptr<rocksdb::FSRandomAccessFile> real;
  if (status.ok() && (status = target()->NewRandomAccessFile(path, options, &real, debug)).ok()) {
    *file = std::make_unique<RandomAccessFile>(*this, path, std::move(real));
  }
  return status;
}

IOStatus FaultFileSystem::MakeWritable(const std::string& path,
                                       bool keep,
                                       const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  IOStatus status = AdmitLocked(FileCall::kMake, path);
  if (!status.ok()) {
    return status;
  }
  if (!keep && fs::exists(path)) {
    std::shared_ptr<FileState> replaced = StateOf(path);
    files_.erase(path);
    names_.push_back({FileCall::kDelete, path, "", HoldLocked(path), std::move(replaced)});
  }
  const bool is_new = !fs::exists(path);
  std::unique_ptr<rocksdb::FSWritableFile> real;
  status = keep ? target()->ReopenWritableFile(path, options, &real, debug)
                : target()->NewWritableFile(path, options, &real, debug);
  if (!status.ok()) {
    return status;
  }
  std::shared_ptr<FileState>& state = files_[path];
  if (state == nullptr || !keep) {
    state = std::make_shared<FileState>();
    state->synced = keep ? SizeOnDisk(path) : 0;
    state->bytes_at_off = state->synced;
  }
  if (is_new) {
    names_.push_back({FileCall::kMake, path, "", "", nullptr});
  }
  *file = std::make_unique<WritableFile>(*this, path, state, std::move(real));
  return status;
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file,
                                          IODebugContext* debug) {
  return MakeWritable(path, /*keep=*/false, options, file, debug);
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                             IODebugContext* debug) {
  return MakeWritable(path, /*keep=*/true, options, file, debug);
}

IOStatus FaultFileSystem::ReuseWritableFile(const std::string& path,
                                            const std::string& old_path,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            IODebugContext* debug) {
  IOStatus status = RenameFile(old_path, path, IOOptions(), debug);
  if (!status.ok()) {
    return status;
  }
  const std::lock_guard lock(mutex_);
  std::unique_ptr<rocksdb::FSWritableFile> real;
  // It is there under its new name already.
  if (status = target()->ReuseWritableFile(path, path, options, &real, debug); !status.ok()) {
    return status;
  }
  std::shared_ptr<FileState>& state = files_[path];
  GH_CHECK(state == nullptr || state->lost.empty(), "path=", path);
  const uint64_t synced = state == nullptr ? SizeOnDisk(path) : state->synced;
  state = std::make_shared<FileState>();
  state->room = synced;
  ++reused_;
  *file = std::make_unique<WritableFile>(*this, path, state, std::move(real));
  return status;
}

IOStatus FaultFileSystem::NewDirectory(const std::string& path,
                                       const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* folder,
                                       IODebugContext* debug) {
  IOStatus status = Admit(FileCall::kOpenFolder, path);
  std::unique_ptr<rocksdb::FSDirectory> real;
  if (status.ok() && (status = target()->NewDirectory(path, options, &real, debug)).ok()) {
    *folder = std::make_unique<Folder>(*this, path, std::move(real));
  }
  return status;
}

IOStatus FaultFileSystem::FileExists(const std::string& path,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  const IOStatus admitted = Admit(FileCall::kExists, path);
  return admitted.ok() ? target()->FileExists(path, options, debug) : admitted;
}

IOStatus FaultFileSystem::GetChildren(const std::string& path,
                                      const IOOptions& options,
                                      std::vector<std::string>* names,
                                      IODebugContext* debug) {
  const IOStatus admitted = Admit(FileCall::kList, path);
  return admitted.ok() ? target()->GetChildren(path, options, names, debug) : admitted;
}

IOStatus FaultFileSystem::GetFileSize(const std::string& path,
                                      const IOOptions& options,
                                      uint64_t* bytes,
                                      IODebugContext* debug) {
  const IOStatus admitted = Admit(FileCall::kSize, path);
  return admitted.ok() ? target()->GetFileSize(path, options, bytes, debug) : admitted;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const IOStatus admitted = AdmitLocked(FileCall::kDelete, path);
  if (!admitted.ok() || IsTextLog(path) || !fs::exists(path)) {
    return admitted.ok() ? target()->DeleteFile(path, options, debug) : admitted;
  }
  std::shared_ptr<FileState> state = StateOf(path);
  files_.erase(path);
  names_.push_back({FileCall::kDelete, path, "", HoldLocked(path), std::move(state)});
  return IOStatus::OK();
}

IOStatus FaultFileSystem::RenameFile(const std::string& from,
                                     const std::string& to,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const IOStatus admitted = AdmitLocked(FileCall::kRename, from);
  if (!admitted.ok() || IsTextLog(from) || !fs::exists(from)) {
    return admitted.ok() ? target()->RenameFile(from, to, options, debug) : admitted;
  }
  NameChange change{FileCall::kRename, from, to, "", StateOf(to)};
  if (fs::exists(to)) {
    change.held = HoldLocked(to);
  }
  const IOStatus renamed = target()->RenameFile(from, to, options, debug);
  GH_CHECK(renamed.ok(), renamed.ToString());
  files_.erase(to);
  if (const std::shared_ptr<FileState> state = StateOf(from)) {
    files_.erase(from);
    files_[to] = state;
  }
  names_.push_back(std::move(change));
  return renamed;
}

IOStatus FaultFileSystem::LinkFile(const std::string& /*from*/,
                                   const std::string& /*to*/,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
  return IOStatus::NotSupported("a server links no files");
}

IOStatus FaultFileSystem::Truncate(const std::string& path,
                                   size_t bytes,
                                   const IOOptions& options,
                                   IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const IOStatus admitted = AdmitLocked(FileCall::kTruncate, path);
  if (!admitted.ok() || off_) {
    return admitted;
  }
  if (const std::shared_ptr<FileState> state = StateOf(path)) {
    state->synced = std::min<uint64_t>(state->synced, bytes);
    state->room = std::min<uint64_t>(state->room, bytes);
    state->written_over = std::min<uint64_t>(state->written_over, bytes);
  }
  return target()->Truncate(path, bytes, options, debug);
}

IOStatus FaultFileSystem::CreateDir(const std::string& path,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
  const IOStatus admitted = Admit(FileCall::kMakeFolder, path);
  return admitted.ok() ? target()->CreateDir(path, options, debug) : admitted;
}

IOStatus FaultFileSystem::CreateDirIfMissing(const std::string& path,
                                             const IOOptions& options,
                                             IODebugContext* debug) {
  const IOStatus admitted = Admit(FileCall::kMakeFolder, path);
  return admitted.ok() ? target()->CreateDirIfMissing(path, options, debug) : admitted;
}

IOStatus FaultFileSystem::LockFile(const std::string& path,
                                   const IOOptions& options,
                                   rocksdb::FileLock** lock,
                                   IODebugContext* debug) {
  const IOStatus admitted = Admit(FileCall::kLock, path);
  return admitted.ok() ? target()->LockFile(path, options, lock, debug) : admitted;
}

IOStatus FaultFileSystem::UnlockFile(rocksdb::FileLock* lock,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  (void)Admit(FileCall::kUnlock, "");
  return target()->UnlockFile(lock, options, debug);
}

}  // namespace gonghui
