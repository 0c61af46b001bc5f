// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The data folder as a folder: whether there is one, whose it is, and a new one made so that
// it survives a power cut.  What its files hold is rocksdb_store.h's.
//
// Thread safety: any thread.

#ifndef GONGHUI_STORAGE_DATA_FOLDER_H_
#define GONGHUI_STORAGE_DATA_FOLDER_H_

#include <cstdint>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace gonghui {

// How messages begin that are about a folder.
[[nodiscard]] std::string Described(const std::string& folder);

enum class FolderState : uint8_t {
  kAbsent,
  kEmpty,     // or a first start was cut off before there was a database
  kDatabase,  // one of RocksDB's, perhaps ours
};

// What is there, and that it is nobody else's.  A folder with a database's files but without
// the one that says which of them count is refused: RocksDB would take it for a new one, and
// delete them.
absl::StatusOr<FolderState> LookInto(const std::string& folder);

// With mode 0700; durable when it answers OK, with all folders above it that had to be made.
absl::Status MakeFolderBlocking(const std::string& folder);

// Whether MakeFolderBlocking() could, or the folder that is there could be used.  Nothing is
// changed.
absl::Status CheckFolderUsable(const std::string& folder);

// Makes the names in a folder durable: what was made, renamed and removed there.
absl::Status SyncFolderBlocking(const std::string& folder);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_DATA_FOLDER_H_
