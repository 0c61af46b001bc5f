// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How the data folder's RocksDB is set up, and why.  For the store and its neighbours only.

#ifndef GONGHUI_STORAGE_ROCKSDB_OPTIONS_H_
#define GONGHUI_STORAGE_ROCKSDB_OPTIONS_H_

#include <functional>
#include <memory>
#include <string>

#include "storage/rocksdb_store.h"

namespace rocksdb {
class Cache;
struct ColumnFamilyOptions;
struct DBOptions;
class Logger;
}  // namespace rocksdb

namespace gonghui {

// Whether files there can be written past the page cache, which not every file system lets.
bool AllowsDirectWrites(const std::string& folder);

// A read-only process leaves no log behind.
std::shared_ptr<rocksdb::Logger> MakeSilentLogger();

// `files_changed` is called by RocksDB's threads when logs, tables or the manifest are others
// than before.
rocksdb::DBOptions DbOptionsOf(const RocksdbStoreOptions& o, std::function<void()> files_changed);
rocksdb::ColumnFamilyOptions FamilyOptionsOf(Family family,
                                             const RocksdbStoreOptions& o,
                                             const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ROCKSDB_OPTIONS_H_
