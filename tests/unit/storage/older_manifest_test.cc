// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A CURRENT that leads back to a manifest of before (a file system that lost a rename, a folder
// that was put together of two backups): what has been acknowledged since would be gone.

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/rocksdb_store.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class OlderManifestTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<RocksdbStore>> Open() {
    RocksdbStoreOptions options;
    options.folder = folder_;
    return RocksdbStore::OpenBlocking(options);
  }
  void Put(const std::string& key) {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, key, "value").ok());
  }

  const TempFolder temp_;
  const std::string folder_ = temp_.path("data");
};

TEST_F(OlderManifestTest, IsRefused) {
  Put("first");
  const std::string current = ReadFile(folder_ + "/CURRENT");
  const std::string name = current.substr(0, current.size() - 1);
  const std::string manifest = ReadFile(folder_ + "/" + name);
  Put("second");  // every start begins a manifest
  const std::string newer = ReadFile(folder_ + "/CURRENT");
  ASSERT_NE(newer, current);
  WriteFile(folder_ + "/" + name, manifest);
  WriteFile(folder_ + "/CURRENT", current);
  const absl::Status refused = Open().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("CURRENT names " + name + ", but "),
                    HasSubstr(newer.substr(0, newer.size() - 1) + " was in use since")));
  WriteFile(folder_ + "/CURRENT", newer);
  EXPECT_TRUE(Open().ok());
}

}  // namespace
}  // namespace gonghui
