// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/faults/fault_file_system.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "engine/base/check.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;
using rocksdb::IOStatus;

constexpr uint64_t kSectorBytes = 512;

uint64_t SizeOnDisk(const std::string& path) {
  std::error_code error;
  const uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

void Overwrite(const std::string& path, uint64_t from, std::string_view bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(from));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  GH_CHECK(file.good(), "path=", path);
}

// What a power cut makes of bytes that were written and not synced.
void SpoilTail(const std::string& path,
               uint64_t synced,
               uint64_t end,
               FaultFileSystem::Tail tail,
               Prng* prng) {
  const uint64_t last_sector = std::max(synced, (end - 1) / kSectorBytes * kSectorBytes);
  std::string bytes(end - last_sector, '\0');
  switch (tail) {
    case FaultFileSystem::Tail::kCut:
      return;
    case FaultFileSystem::Tail::kGarbage:
      for (char& byte : bytes) {
        byte = static_cast<char>(prng->Next());
      }
      [[fallthrough]];
    case FaultFileSystem::Tail::kZeroes:
      Overwrite(path, last_sector, bytes);
      return;
    case FaultFileSystem::Tail::kHoles:
      for (uint64_t from = synced; from < end;) {
        const uint64_t to = std::min(end, (from / kSectorBytes + 1) * kSectorBytes);
        if (prng->Chance(1, 2)) {
          Overwrite(path, from, std::string(to - from, '\0'));
        }
        from = to;
      }
  }
}

IOStatus NoRoom() {
  IOStatus status = IOStatus::NoSpace("the disk is full");
  status.SetScope(IOStatus::IOErrorScope::kIOErrorScopeFileSystem);
  return status;
}

}  // namespace

std::string_view NameOf(FileCall call) {
  switch (call) {
    case FileCall::kMake:
      return "make";
    case FileCall::kAppend:
      return "append";
    case FileCall::kSync:
      return "sync";
    case FileCall::kTruncate:
      return "truncate";
    case FileCall::kClose:
      return "close";
    case FileCall::kRename:
      return "rename";
    case FileCall::kDelete:
      return "delete";
    case FileCall::kSyncFolder:
      return "sync_folder";
    case FileCall::kMakeFolder:
      return "make_folder";
    case FileCall::kLock:
      return "lock";
    case FileCall::kUnlock:
      return "unlock";
    case FileCall::kOpen:
      return "open";
    case FileCall::kRead:
      return "read";
    case FileCall::kSize:
      return "size";
    case FileCall::kExists:
      return "exists";
    case FileCall::kList:
      return "list";
    case FileCall::kOpenFolder:
      return "open_folder";
  }
  return "";
}

// ---- Faults and power -----------------------------------------------------------------

FaultFileSystem::FaultFileSystem(std::string held_folder)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), held_folder_(std::move(held_folder)) {
  fs::create_directories(held_folder_);
}
FaultFileSystem::~FaultFileSystem() = default;

void FaultFileSystem::FailNth(FileCall call, uint64_t n, IOStatus error, bool stays) {
  const std::lock_guard lock(mutex_);
  fault_ = Fault{call, n, 0, stays, std::move(error)};
  struck_ = 0;
  struck_file_.clear();
}
void FaultFileSystem::FillAfter(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_left_ = bytes;
  struck_ = 0;
  struck_file_.clear();
}
void FaultFileSystem::ClearFaults() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
  bytes_left_.reset();
}
uint64_t FaultFileSystem::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}
std::string FaultFileSystem::struck_file() const {
  const std::lock_guard lock(mutex_);
  return struck_file_;
}
bool FaultFileSystem::is_faulty() const {
  const std::lock_guard lock(mutex_);
  return (fault_ || bytes_left_) && struck_ != 0;
}
std::array<uint64_t, kFileCallCount> FaultFileSystem::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}
void FaultFileSystem::PowerOffAfter(uint64_t calls) {
  const std::lock_guard lock(mutex_);
  changes_left_ = calls;
}
void FaultFileSystem::PowerOff() {
  const std::lock_guard lock(mutex_);
  PowerOffLocked();
}

void FaultFileSystem::PowerOffLocked() {
  if (off_) {
    return;
  }
  off_ = true;
  names_at_off_ = names_.size();
  for (const auto& [path, state] : files_) {
    state->bytes_at_off = WrittenOf(path, *state);
  }
}

void FaultFileSystem::RewindLocked() {
  if (!off_) {
    return;
  }
  while (names_.size() > names_at_off_) {
    UndoLocked(names_.back());
    names_.pop_back();
  }
  for (const auto& [path, state] : files_) {
    if (WrittenOf(path, *state) > state->bytes_at_off) {
      CutBack(path, state.get(), state->bytes_at_off);
    }
  }
  off_ = false;
  changes_left_.reset();
}
bool FaultFileSystem::is_off() const {
  const std::lock_guard lock(mutex_);
  return off_;
}
uint64_t FaultFileSystem::SyncedBytesOf(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  return found == files_.end() ? SizeOnDisk(path) : found->second->synced;
}
uint64_t FaultFileSystem::reused() const {
  const std::lock_guard lock(mutex_);
  return reused_;
}
uint64_t FaultFileSystem::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

IOStatus FaultFileSystem::Admit(FileCall call, const std::string& path) {
  const std::lock_guard lock(mutex_);
  return AdmitLocked(call, path);
}

IOStatus FaultFileSystem::AdmitLocked(FileCall call, const std::string& path) {
  if (changes_left_ && Changes(call)) {
    if (*changes_left_ == 0) {
      PowerOffLocked();
    }
    *changes_left_ -= *changes_left_ == 0 ? 0U : 1U;
  }
  if (off_) {
    return IOStatus::OK();
  }
  ++counts_[static_cast<size_t>(call)];
  changes_ += Changes(call) ? 1U : 0U;
  if (fault_ && fault_->call == call) {
    ++fault_->seen;
    if (fault_->seen == fault_->n || (fault_->stays && fault_->seen > fault_->n)) {
      ++struck_;
      if (struck_file_.empty()) {
        struck_file_ = path;
      }
      return fault_->error;
    }
  }
  if (bytes_left_ == 0U && (call == FileCall::kMake || call == FileCall::kRename)) {
    ++struck_;
    return NoRoom();
  }
  return IOStatus::OK();
}

IOStatus FaultFileSystem::AdmitAppendLocked(const std::string& path, uint64_t bytes) {
  const IOStatus admitted = AdmitLocked(FileCall::kAppend, path);
  if (!admitted.ok() || !bytes_left_ || off_) {
    return admitted;
  }
  if (*bytes_left_ < bytes) {
    *bytes_left_ = 0;
    ++struck_;
    if (struck_file_.empty()) {
      struck_file_ = path;
    }
    return NoRoom();
  }
  *bytes_left_ -= bytes;
  return admitted;
}

void FaultFileSystem::EndProcess() {
  const std::lock_guard lock(mutex_);
  RewindLocked();
  changes_left_.reset();
}

std::string FaultFileSystem::CutPower(Prng* prng, Tail tail) {
  const std::lock_guard lock(mutex_);
  RewindLocked();
  std::string done;
  // A file system with a log keeps the first so many changes of names; one without, none for
  // sure.
  const size_t kept = prng->Chance(1, 2) ? 0 : prng->Below(names_.size() + 1);
  while (names_.size() > kept) {
    UndoLocked(names_.back());
    absl::StrAppend(
        &done, "undone: ", std::string(NameOf(names_.back().call)), " ", names_.back().path, "\n");
    names_.pop_back();
  }
  names_.clear();
  for (const auto& [path, state] : files_) {
    const uint64_t size = WrittenOf(path, *state);
    if (!fs::exists(path) || (state->lost.empty() && size <= state->synced)) {
      continue;
    }
    uint64_t left = size;
    if (size > state->synced) {
      const uint64_t first = state->synced / kSectorBytes;
      const uint64_t sectors = (size + kSectorBytes - 1) / kSectorBytes - first;
      left = std::clamp((first + prng->Below(sectors + 1)) * kSectorBytes, state->synced, size);
      CutBack(path, state.get(), left);
      // Tables and what else there is count only when they were synced.
      const std::string name = fs::path(path).filename().string();
      if (left > state->synced &&
          (absl::EndsWith(name, ".log") || absl::StartsWith(name, "MANIFEST"))) {
        SpoilTail(path, state->synced, left, tail, prng);
      }
      absl::StrAppend(
          &done, path, ": ", size, " bytes, ", state->synced, " synced, ", left, " left\n");
    }
    for (const auto& [from, to] : state->lost) {
      if (const uint64_t end = std::min(to, left); from < end) {
        Overwrite(path, from, std::string(end - from, '\0'));
        absl::StrAppend(&done, path, ": lost ", from, " to ", end, "\n");
      }
    }
  }
  files_.clear();
  fs::remove_all(held_folder_);
  fs::create_directories(held_folder_);
  changes_left_.reset();
  return done;
}

// ---- Names ------------------------------------------------------------------------------

std::shared_ptr<FaultFileSystem::FileState> FaultFileSystem::StateOf(const std::string& path) {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : found->second;
}

uint64_t FaultFileSystem::WrittenOf(const std::string& path, const FileState& state) {
  const uint64_t size = SizeOnDisk(path);
  return size == 0 || state.room == 0 ? size : state.written_over;
}

// What is written behind is as if it had never been.
void FaultFileSystem::CutBack(const std::string& path, FileState* state, uint64_t bytes) {
  if (SizeOnDisk(path) == 0) {
    return;
  }
  if (state->room > bytes) {
    Overwrite(path, bytes, std::string(std::min(state->room, state->written_over) - bytes, '\0'));
  }
  fs::resize_file(path, std::max(state->room, bytes));
  state->written_over = std::min(state->written_over, bytes);
}

std::string FaultFileSystem::HoldLocked(const std::string& path) {
  std::string held = absl::StrCat(held_folder_, "/", ++held_count_);
  fs::rename(path, held);
  return held;
}

void FaultFileSystem::UndoLocked(const NameChange& change) {
  switch (change.call) {
    case FileCall::kMake:
      fs::remove(change.path);
      files_.erase(change.path);
      return;
    case FileCall::kRename: {
      fs::rename(change.to, change.path);
      const std::shared_ptr<FileState> state = StateOf(change.to);
      files_.erase(change.to);
      if (state != nullptr) {
        files_[change.path] = state;
      }
      if (!change.held.empty()) {
        fs::rename(change.held, change.to);
        if (change.held_state != nullptr) {
          files_[change.to] = change.held_state;
        }
      }
      return;
    }
    default:
      fs::rename(change.held, change.path);
      if (change.held_state != nullptr) {
        files_[change.path] = change.held_state;
      }
  }
}

void FaultFileSystem::SyncNames(const std::string& folder) {
  std::error_code error;
  if (off_) {
    return;
  }
  std::erase_if(names_, [&](const NameChange& change) {
    // "a/b/" and "a/b" are one.
    if (fs::path(change.path).parent_path() != (fs::path(folder) / "").parent_path()) {
      return false;
    }
    if (!change.held.empty()) {
      fs::remove(change.held, error);
    }
    return true;
  });
}

void FlipBit(const std::string& path, uint64_t byte, int bit) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(byte));
  const int was = file.get();
  file.seekp(static_cast<std::streamoff>(byte));
  file.put(static_cast<char>(was ^ (1 << bit)));
  GH_CHECK(file.good(), "path=", path, " byte=", byte);
}

}  // namespace gonghui
