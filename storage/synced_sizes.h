// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What of the files that grow at their end, RocksDB's manifest and its write-ahead logs, was
// synced at some moment.  RocksDB takes a log that ends early, or is not there, for one that
// was never longer: right after a power cut, which takes only what nobody was promised, but
// wrong when a file was damaged afterwards.  The file SYNCED tells these two apart: what it
// names was on the disk, so that less of it is damage.  It says too little at times (what was
// synced since is not in it) and never too much.  Of the logs it is a SyncWatch that knows.
//
// A guard only: without the file, or with a damaged one, nothing is refused.

#ifndef GONGHUI_STORAGE_SYNCED_SIZES_H_
#define GONGHUI_STORAGE_SYNCED_SIZES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace gonghui {

inline constexpr std::string_view kSyncedSizesFile = "SYNCED";

struct SyncedFile {
  uint64_t number = 0;  // in its name
  uint64_t bytes = 0;

  friend bool operator==(const SyncedFile&, const SyncedFile&) = default;
};

struct SyncedSizes {
  SyncedFile manifest;
  std::vector<SyncedFile> logs;  // those that were needed, by number

  friend bool operator==(const SyncedSizes&, const SyncedSizes&) = default;
};

// As text with a checksum, see FORMAT.md.
std::string EncodeSyncedSizes(const SyncedSizes& sizes);
// Nothing: these are not the bytes that Encode made.
std::optional<SyncedSizes> DecodeSyncedSizes(std::string_view text);

// Of the path or the name of a write-ahead log, and of a manifest.
std::optional<uint64_t> LogNumberOf(std::string_view path);
std::optional<uint64_t> ManifestNumberOf(std::string_view path);

// Writes the file: what the database says of its manifest, and `logs` as far as it still needs
// them.  REQUIRES: one at a time for a folder.
absl::Status WriteSyncedSizesBlocking(rocksdb::DB& db,
                                      std::vector<SyncedFile> logs,
                                      const std::string& folder);

// How much of a log or manifest is known to have been synced; 0 when nothing is.
uint64_t SyncedBytesOfBlocking(rocksdb::Env& env,
                               const std::string& folder,
                               const std::string& name);

// DATA_LOSS names the file that has lost its end, and where that is; or the manifest that CURRENT
// names and that is not there.
absl::Status CheckSyncedSizesBlocking(rocksdb::Env& env, const std::string& folder);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_SYNCED_SIZES_H_
