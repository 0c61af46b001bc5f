// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/quiet_database.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "engine/base/status_macros.h"
#include "storage/data_folder.h"
#include "storage/rocksdb_options.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

absl::StatusOr<std::unique_ptr<QuietDatabase>> QuietDatabase::OpenBlocking(
    const rocksdb::DBOptions& options,
    const std::string& folder,
    const std::vector<std::string>& names) {
  rocksdb::DBOptions quiet = options;
  quiet.create_if_missing = false;
  quiet.create_missing_column_families = false;
  quiet.info_log = MakeSilentLogger();
  quiet.listeners.clear();
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(quiet, folder, descriptors, &families, &raw);
  GH_RETURN_IF_ERROR(ToStatus(opened, absl::StrCat(Described(folder), ": opening")));
  return std::unique_ptr<QuietDatabase>(
      new QuietDatabase(std::unique_ptr<rocksdb::DB>(raw), std::move(families)));
}

QuietDatabase::QuietDatabase(std::unique_ptr<rocksdb::DB> db,
                             std::vector<rocksdb::ColumnFamilyHandle*> families)
    : db_(std::move(db)), families_(std::move(families)) {}

QuietDatabase::~QuietDatabase() {
  for (rocksdb::ColumnFamilyHandle* const family : families_) {
    db_->DestroyColumnFamilyHandle(family);
  }
}

}  // namespace gonghui
