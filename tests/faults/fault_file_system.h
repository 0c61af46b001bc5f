// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A file system over a real folder that forgets what nobody synced, and fails when it is told
// to.  A store on it (RocksdbStoreOptions::env) meets what a disk may do:
//
//   FaultFileSystem disk(held_folder);
//   disk.PowerOffAfter(120);         // the 121st call that changes something meets no power
//   ... whoever asks is_off() knows that it is dead; its calls go on, into nothing ...
//   disk.CutPower(&prng, tail);      // what was not synced before is dropped
//
//   disk.FailNth(FileCall::kSync, 7, error, /*stays=*/false);
//
// A file's bytes are durable up to the last Sync() that succeeded.  Of what was appended since,
// a power cut leaves a random prefix in units of 512 bytes, and what is in the last unit may be
// zeroes or garbage, or any of the units zeroes: disks write them in the order they like.  A failed
// Sync() loses what it should have made durable, as on Linux: a later one that succeeds does not
// bring it back, though it can be read until the power goes.  A file that is used again keeps its
// size, and what was not synced is as it was before, which must be zeroes.  Names (files made,
// renamed, removed) are durable when the folder was synced; before that, the last so many of these
// changes are undone.
//
// A process without power notices nothing: what it does to the disk works, for it, and is all
// undone.  It would be as right to fail its calls, but RocksDB, as Debian builds it, has
// assertions on what its own threads do after an error.
//
// RocksDB's own text log is let through: nothing depends on it.
//
// Thread safety: any thread; CutPower() and EndProcess() when no store is open.

#ifndef GONGHUI_TESTS_FAULTS_FAULT_FILE_SYSTEM_H_
#define GONGHUI_TESTS_FAULTS_FAULT_FILE_SYSTEM_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rocksdb/file_system.h>

#include "engine/base/prng.h"

namespace gonghui {

// What a store asks of the disk.
enum class FileCall : uint8_t {
  kMake = 0,  // a file that is to be written
  kAppend = 1,
  kSync = 2,
  kTruncate = 3,
  kClose = 4,
  kRename = 5,
  kDelete = 6,
  kSyncFolder = 7,
  kMakeFolder = 8,
  kLock = 9,
  kUnlock = 10,
  // What changes nothing.
  kOpen = 11,
  kRead = 12,
  kSize = 13,
  kExists = 14,
  kList = 15,
  kOpenFolder = 16,
};
inline constexpr int kFileCallCount = 17;
[[nodiscard]] std::string_view NameOf(FileCall call);
[[nodiscard]] constexpr bool Changes(FileCall call) {
  return call <= FileCall::kLock;
}

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  // `held_folder` keeps what is deleted but not yet for good; on the same file system.
  explicit FaultFileSystem(std::string held_folder);
  ~FaultFileSystem() override;

  // ---- Faults ----
  // Fails the n-th call of a kind from now, n >= 1; with `stays` all later ones of it, too.
  void FailNth(FileCall call, uint64_t n, rocksdb::IOStatus error, bool stays);
  // Fails whatever takes room once so many bytes more are appended.
  void FillAfter(uint64_t bytes);
  void ClearFaults();
  // How often a fault has struck since it was set, and the file of the first time.
  [[nodiscard]] uint64_t struck() const;
  [[nodiscard]] std::string struck_file() const;
  // One has struck and is not cleared yet: what can not be done or read meanwhile is excused.
  [[nodiscard]] bool is_faulty() const;
  [[nodiscard]] std::array<uint64_t, kFileCallCount> counts() const;

  // ---- Power ----
  // After so many more calls that change something; what comes later never happens.
  void PowerOffAfter(uint64_t calls);
  void PowerOff();
  [[nodiscard]] bool is_off() const;
  // How much of a file a power cut would leave.
  [[nodiscard]] uint64_t SyncedBytesOf(const std::string& path) const;
  // Files that were used again, since it was made.
  [[nodiscard]] uint64_t reused() const;
  // Calls that changed something, since it was made.
  [[nodiscard]] uint64_t changes() const;

  // The process has ended and another one begins; the kernel knows all that was written.
  void EndProcess();
  // The machine has ended.  Answers what was done to it, for whoever looks for a mistake.
  enum class Tail : uint8_t { kCut = 1, kZeroes = 2, kGarbage = 3, kHoles = 4 };
  std::string CutPower(Prng* prng, Tail tail);

  // ---- The file system, as RocksDB knows it ----
  const char* Name() const override { return "FaultFileSystem"; }
  static const char* kClassName() { return "FaultFileSystem"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path,
                                    const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path,
                                       const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& path,
                                      const std::string& old_path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus FileExists(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildren(const std::string& path,
                                const rocksdb::IOOptions& options,
                                std::vector<std::string>* names,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& path,
                                const rocksdb::IOOptions& options,
                                uint64_t* bytes,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from,
                               const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from,
                             const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path,
                             size_t bytes,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& path,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LockFile(const std::string& path,
                             const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  class SequentialFile;
  class RandomAccessFile;
  class WritableFile;
  class Folder;

  // What of a file is durable.  Files that are in no map were there before, whole.
  struct FileState {
    uint64_t synced = 0;
    uint64_t bytes_at_off = 0;  // how much was written when the power went
    // Of one that is used again: its size then, zeroes that are durable, and how far they are
    // written over.
    uint64_t room = 0;
    uint64_t written_over = 0;
    // What a failed sync lost, for good.
    std::vector<std::pair<uint64_t, uint64_t>> lost;  // from, to
  };
  // A change of names that is not durable yet.
  struct NameChange {
    FileCall call = FileCall::kMake;  // or kDelete, kRename
    std::string path;
    std::string to;    // of a rename
    std::string held;  // where that is which was deleted or replaced; "" = nothing was
    std::shared_ptr<FileState> held_state;
  };
  struct Fault {
    FileCall call = FileCall::kMake;
    uint64_t n = 0;
    uint64_t seen = 0;
    bool stays = false;
    rocksdb::IOStatus error;
  };

  // Counts the call, and answers what comes of it.  Holds the mutex.
  rocksdb::IOStatus Admit(FileCall call, const std::string& path);
  rocksdb::IOStatus AdmitLocked(FileCall call, const std::string& path);
  rocksdb::IOStatus AdmitAppendLocked(const std::string& path, uint64_t bytes);
  void PowerOffLocked();
  // To the moment at which the power went.
  void RewindLocked();
  std::shared_ptr<FileState> StateOf(const std::string& path);
  static uint64_t WrittenOf(const std::string& path, const FileState& state);
  static void CutBack(const std::string& path, FileState* state, uint64_t bytes);
  rocksdb::IOStatus MakeWritable(const std::string& path,
                                 bool keep,
                                 const rocksdb::FileOptions& options,
                                 std::unique_ptr<rocksdb::FSWritableFile>* file,
                                 rocksdb::IODebugContext* debug);
  std::string HoldLocked(const std::string& path);
  void UndoLocked(const NameChange& change);
  void SyncNames(const std::string& folder);

  const std::string held_folder_;
  mutable std::mutex mutex_;  // guards all below
  bool off_ = false;
  size_t names_at_off_ = 0;
  std::optional<uint64_t> changes_left_;
  uint64_t changes_ = 0;
  uint64_t reused_ = 0;
  std::optional<Fault> fault_;
  std::optional<uint64_t> bytes_left_;
  uint64_t struck_ = 0;
  std::string struck_file_;
  std::array<uint64_t, kFileCallCount> counts_{};
  uint64_t held_count_ = 0;
  std::map<std::string, std::shared_ptr<FileState>> files_;
  std::vector<NameChange> names_;  // the oldest first
};

// Flips one bit of a file that lies on the disk.
void FlipBit(const std::string& path, uint64_t byte, int bit);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FAULTS_FAULT_FILE_SYSTEM_H_
