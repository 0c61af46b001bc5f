// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A database that is looked into before it is opened for good: nothing is written, and nobody is
// told.

#ifndef GONGHUI_STORAGE_QUIET_DATABASE_H_
#define GONGHUI_STORAGE_QUIET_DATABASE_H_

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
struct DBOptions;
}  // namespace rocksdb

namespace gonghui {

class QuietDatabase {
 public:
  // With the column families of these names, which must be all that there are.  Reads its logs into
  // memory.
  static absl::StatusOr<std::unique_ptr<QuietDatabase>> OpenBlocking(
      const rocksdb::DBOptions& options,
      const std::string& folder,
      const std::vector<std::string>& names);
  ~QuietDatabase();
  QuietDatabase(const QuietDatabase&) = delete;
  QuietDatabase& operator=(const QuietDatabase&) = delete;

  [[nodiscard]] rocksdb::DB& db() const { return *db_; }
  // In the order of the names.
  [[nodiscard]] const std::vector<rocksdb::ColumnFamilyHandle*>& families() const {
    return families_;
  }

 private:
  QuietDatabase(std::unique_ptr<rocksdb::DB> db,
                std::vector<rocksdb::ColumnFamilyHandle*> families);

  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_QUIET_DATABASE_H_
