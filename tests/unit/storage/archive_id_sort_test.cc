// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/archive_id_sort.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "storage/archive_keys.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

class ArchiveIdSortTest : public testing::Test {
 protected:
  std::vector<ArchivedId> Sorted(const std::vector<ArchivedId>& ids, size_t in_memory_max) {
    ArchiveIdSort sort(temp_.path(), in_memory_max);
    for (const ArchivedId& id : ids) {
      EXPECT_TRUE(sort.AddBlocking(id).ok());
    }
    EXPECT_EQ(sort.count(), ids.size());
    std::vector<ArchivedId> sorted;
    const absl::Status status = sort.ForEachBlocking([&sorted](const ArchivedId& id) {
      sorted.push_back(id);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return sorted;
  }

  const TempFolder temp_;
};

TerminalId TerminalNamed(std::string_view name) {
  return *TerminalId::Parse({name.data(), name.size()});
}

// Few ids and many terminals, so that ids are shared by terminals.
std::vector<ArchivedId> RandomIds(size_t count, uint64_t seed) {
  Prng prng(seed);
  std::vector<ArchivedId> ids;
  for (size_t i = 0; i < count; ++i) {
    ids.push_back({RequestId{prng.Below(20) << 60, prng.Below(20)},
                   TerminalNamed(absl::StrCat("T", prng.Below(30))),
                   CommandSeq{i + 1}});
  }
  return ids;
}

TEST_F(ArchiveIdSortTest, OneRunOrManyGiveTheSameOrder) {
  const uint64_t seed = 20'221;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const std::vector<ArchivedId> ids = RandomIds(5'000, seed);
  std::vector<ArchivedId> want = ids;
  std::sort(want.begin(), want.end());
  for (const size_t in_memory_max : {1'000'000U, 5'000U, 4'999U, 700U, 13U}) {
    EXPECT_EQ(Sorted(ids, in_memory_max), want) << in_memory_max;
  }
}

TEST_F(ArchiveIdSortTest, TheOrderIsThatOfTheKeys) {
  const uint64_t seed = 20'222;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::vector<ArchivedId> ids = RandomIds(2'000, seed);
  // One terminal's name may begin another's.
  for (const std::string_view name : {"T", "T1", "T10", "T.1", "t", "TTTTTTTTTTTTTTTT", "Tz:_-"}) {
    ids.push_back({RequestId{1, 1}, TerminalNamed(name), {}});
  }
  std::string before;
  for (const ArchivedId& id : Sorted(ids, 100)) {
    const std::string key = ArchiveIdKey(3, id.id, id.terminal);
    EXPECT_LE(before, key);
    before = key;
  }
}

TEST_F(ArchiveIdSortTest, NothingSortsToNothing) {
  EXPECT_TRUE(Sorted({}, 10).empty());
}

TEST_F(ArchiveIdSortTest, EndsWithTheVisitorsAnswer) {
  ArchiveIdSort sort(temp_.path(), 10);
  for (const ArchivedId& id : RandomIds(100, 1)) {
    ASSERT_TRUE(sort.AddBlocking(id).ok());
  }
  int visited = 0;
  const absl::Status status = sort.ForEachBlocking([&visited](const ArchivedId&) {
    return ++visited == 5 ? absl::CancelledError("enough") : absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsCancelled(status));
  EXPECT_EQ(visited, 5);
}

TEST_F(ArchiveIdSortTest, SaysWhatCanNotBeWritten) {
  ArchiveIdSort sort(temp_.path("absent"), 1);
  ASSERT_TRUE(sort.AddBlocking({}).ok());
  const absl::Status status = sort.AddBlocking({});
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("absent/run-0"), std::string::npos) << status;
}

TEST_F(ArchiveIdSortTest, ARunThatWasCutShortIsDamage) {
  ArchiveIdSort sort(temp_.path(), 10);
  for (const ArchivedId& id : RandomIds(30, 1)) {
    ASSERT_TRUE(sort.AddBlocking(id).ok());
  }
  std::filesystem::resize_file(temp_.path("run-1"), 3 * sizeof(ArchivedId));
  const absl::Status status =
      sort.ForEachBlocking([](const ArchivedId&) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

}  // namespace
}  // namespace gonghui
