// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/spare_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <absl/strings/str_cat.h>
#include <rocksdb/file_system.h>

#include "engine/base/check.h"
#include "engine/base/strings.h"
#include "engine/base/thread_name.h"

namespace gonghui {
namespace {

// Written and synced at once, with a pause behind: 64 MiB in a second and a half, so that syncs
// of the log hardly ever meet one.
constexpr uint64_t kStepBytes = 1 << 20;
constexpr std::chrono::milliseconds kPause(20);

// What the next log may take beyond the one before, and the part of bytes_max that is the least.
constexpr uint64_t kGrowth = 2;
constexpr uint64_t kLeastPart = 16;

// On a disk that has less than so many times its size left, room is for what is written.
constexpr uint64_t kFreeFactor = 16;

}  // namespace

SpareLog::SpareLog(std::shared_ptr<rocksdb::FileSystem> files,
                   std::string folder,
                   uint64_t bytes_max)
    : files_(std::move(files)),
      folder_(std::move(folder)),
      path_(absl::StrCat(folder_, "/", ToAbsl(kSpareLogFile))),
      unfinished_path_(absl::StrCat(folder_, "/", ToAbsl(kUnfinishedSpareLogFile))),
      bytes_max_(bytes_max),
      wanted_bytes_(bytes_max) {
  GH_CHECK(bytes_max > 0 && bytes_max % (kLeastPart * kUnitBytes) == 0, "bytes_max=", bytes_max);
}

void SpareLog::StartBlocking() {
  RemoveBlocking(*files_, folder_);
  thread_ = std::thread([this] {
    SetThreadName("spare-log");
    Run();
  });
}

void SpareLog::StopBlocking() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    bytes_ = 0;
  }
  changed_.notify_all();
  thread_.join();
  RemoveBlocking(*files_, folder_);
}

std::unique_ptr<rocksdb::FSWritableFile> SpareLog::TakeBlocking(const std::string& path,
                                                                const rocksdb::FileOptions& options,
                                                                uint64_t previous_bytes,
                                                                uint64_t* room) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  {
    const std::lock_guard lock(mutex_);
    const uint64_t units = (kGrowth * previous_bytes + kUnitBytes - 1) / kUnitBytes;
    if (previous_bytes != 0) {
      wanted_bytes_ = std::clamp(units * kUnitBytes, bytes_max_ / kLeastPart, bytes_max_);
    }
    if (bytes_ != 0 && files_->ReuseWritableFile(path, path_, options, &file, nullptr).ok()) {
      *room = bytes_;
    } else {
      file.reset();
    }
    bytes_ = 0;
    wanted_ = true;
  }
  changed_.notify_all();
  return file;
}

void SpareLog::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || (wanted_ && bytes_ == 0); });
    if (stopping_) {
      return;
    }
    // Once for each log: a disk that could not take it now may take it then.
    wanted_ = false;
    const uint64_t bytes = wanted_bytes_;
    lock.unlock();
    MakeBlocking(bytes);
    lock.lock();
  }
}

void SpareLog::MakeBlocking(uint64_t bytes) {
  const rocksdb::IOOptions options;
  uint64_t free = 0;
  if (!files_->GetFreeSpace(folder_, options, &free, nullptr).ok() || free / kFreeFactor < bytes) {
    return;
  }
  std::unique_ptr<rocksdb::FSWritableFile> file;
  if (!files_->NewWritableFile(unfinished_path_, rocksdb::FileOptions(), &file, nullptr).ok()) {
    return;
  }
  const std::string zeroes(std::min(kStepBytes, bytes), '\0');
  bool made = true;
  for (uint64_t at = 0; made && at < bytes; at += zeroes.size()) {
    const rocksdb::Slice step(zeroes.data(), std::min<uint64_t>(zeroes.size(), bytes - at));
    made =
        file->Append(step, options, nullptr).ok() && file->Sync(options, nullptr).ok() && !Pause();
  }
  made = file->Close(options, nullptr).ok() && made;
  {
    const std::lock_guard lock(mutex_);
    if (made && !stopping_ && files_->RenameFile(unfinished_path_, path_, options, nullptr).ok()) {
      bytes_ = bytes;
      return;
    }
  }
  RemoveBlocking(*files_, folder_);
}

bool SpareLog::Pause() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPause, [this] { return stopping_; });
}

void SpareLog::RemoveBlocking(rocksdb::FileSystem& files, const std::string& folder) {
  for (const std::string_view name : {kSpareLogFile, kUnfinishedSpareLogFile}) {
    const std::string path = absl::StrCat(folder, "/", ToAbsl(name));
    if (files.FileExists(path, rocksdb::IOOptions(), nullptr).ok()) {
      (void)files.DeleteFile(path, rocksdb::IOOptions(), nullptr);
    }
  }
}

}  // namespace gonghui
