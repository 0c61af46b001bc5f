// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/import_state.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/gonghuictl/progress.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

class ImportStateTest : public testing::Test {
 protected:
  void SetUp() override { path_ = testing::TempDir() + "import_state_" + std::to_string(getpid()); }

  void TearDown() override { std::remove(path_.c_str()); }

  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  std::string path_;
};

TEST_F(ImportStateTest, RoundTrip) {
  ImportState state;
  state.kind = "members";
  state.file = {123, 0xfedcba9876543210U};
  state.row_count = 5'000;
  state.accepted_count = 4'000;
  state.created_count = 3'000;
  state.unchanged_count = 900;
  state.rejected_count = 100;
  state.rejects_bytes = 7'777;
  ASSERT_TRUE(SaveImportState(path_, state).ok());
  state.row_count = 6'000;
  ASSERT_TRUE(SaveImportState(path_, state).ok()) << "replaces the earlier one";
  const auto loaded = LoadImportState(path_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_TRUE(loaded->has_value());
  EXPECT_EQ((*loaded)->kind, "members");
  EXPECT_EQ((*loaded)->file, state.file);
  EXPECT_EQ((*loaded)->row_count, 6'000U);
  EXPECT_EQ((*loaded)->accepted_count, 4'000U);
  EXPECT_EQ((*loaded)->created_count, 3'000U);
  EXPECT_EQ((*loaded)->unchanged_count, 900U);
  EXPECT_EQ((*loaded)->rejected_count, 100U);
  EXPECT_EQ((*loaded)->rejects_bytes, 7'777U);
}

// Whatever the umask, and whatever was there before.
TEST_F(ImportStateTest, FilesAreTheirOwnersAlone) {
  const auto mode = [this] {
    struct stat info {};
    EXPECT_EQ(stat(path_.c_str(), &info), 0);
    return info.st_mode & 0777;
  };
  const mode_t before = umask(0);
  ASSERT_TRUE(SaveImportState(path_, ImportState()).ok());
  EXPECT_EQ(mode(), 0600U);
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  for (const bool append : {true, false}) {
    std::FILE* file = OpenPrivateFile(path_, append);
    ASSERT_NE(file, nullptr);
    std::fputs("x", file);
    std::fclose(file);
    EXPECT_EQ(mode(), 0600U);
  }
  umask(before);
  EXPECT_EQ(OpenPrivateFile("/none/at/all", false), nullptr);
}

TEST_F(ImportStateTest, NoFileIsNoError) {
  const auto loaded = LoadImportState(path_);
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(ImportStateTest, DamagedFiles) {
  ImportState state;
  state.kind = "members";
  ASSERT_TRUE(SaveImportState(path_, state).ok());
  std::string text(4096, '\0');
  std::FILE* file = std::fopen(path_.c_str(), "rb");
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  // Cut off anywhere, it is refused; so is another format.
  for (size_t size = 0; size < text.size(); ++size) {
    Write(text.substr(0, size));
    EXPECT_FALSE(LoadImportState(path_).ok()) << size;
  }
  Write("gonghui-import-progress=1" + text.substr(text.find('\n')));
  EXPECT_THAT(std::string(LoadImportState(path_).status().message()),
              HasSubstr("is not a progress file"));
  Write(text + "row_count=minus\n");
  EXPECT_FALSE(LoadImportState(path_).ok());
}

TEST_F(ImportStateTest, FolderThatIsNotThere) {
  EXPECT_FALSE(SaveImportState("/none/at/all", ImportState()).ok());
  EXPECT_THAT(std::string(IdentifyFile("/none/at/all").status().message()),
              HasSubstr("No such file"));
}

TEST_F(ImportStateTest, IdentityIsOfTheContent) {
  Write("a,b\n1,2\n");
  const FileIdentity first = *IdentifyFile(path_);
  EXPECT_EQ(first.size_bytes, 8U);
  EXPECT_EQ(*IdentifyFile(path_), first);
  Write("a,b\n1,3\n");
  EXPECT_FALSE(*IdentifyFile(path_) == first);
  // Larger than one chunk.
  Write(std::string(3'000'000, 'x'));
  const FileIdentity large = *IdentifyFile(path_);
  Write(std::string(2'999'999, 'x') + "y");
  EXPECT_FALSE(*IdentifyFile(path_) == large);
}

TEST(ImportPathsTest, Names) {
  EXPECT_EQ(ProgressPath("d/members.csv"), "d/members.csv.progress");
  EXPECT_EQ(RejectsPath("d/members.csv"), "d/members.rejects.csv");
  EXPECT_EQ(RejectsPath("members"), "members.rejects.csv");
  EXPECT_EQ(RejectsPath(".csv"), ".csv.rejects.csv");
}

TEST(ProgressTest, Bar) {
  ProgressNumbers numbers;
  numbers.rows_total = 100'000;
  numbers.rows_done = 50'000;
  numbers.elapsed_ns = 1'000'000'000;
  numbers.rows_rejected = 3;
  const std::string bar = FormatProgressBar("members", numbers, 100);
  EXPECT_THAT(bar, HasSubstr("members  [###"));
  EXPECT_THAT(bar, HasSubstr(" 50%  50,000/100,000  50,000/s  ETA 1.0 s  3 rejected"));
  EXPECT_LT(bar.size(), 100U);
  EXPECT_THAT(FormatProgressBar("members", numbers, 60), testing::Not(HasSubstr("[")));
  EXPECT_EQ(FormatProgressLine("members", numbers),
            "members: 50%  50,000/100,000  50,000/s  ETA 1.0 s  3 rejected");
}

TEST(ProgressTest, RateIsOfThisRun) {
  ProgressNumbers numbers;
  numbers.rows_total = 1'000;
  numbers.rows_before = 900;
  numbers.rows_done = 950;
  numbers.elapsed_ns = 10'000'000'000;
  EXPECT_THAT(FormatProgressLine("cards", numbers), HasSubstr("95%  950/1,000  5/s  ETA 10.0 s"));
}

TEST(ProgressTest, NothingToDo) {
  EXPECT_EQ(FormatProgressLine("cards", {}), "cards: 100%  0/0  0/s");
}

class FakeClock final : public Clock {
 public:
  int64_t NowNs() const override { return 0; }
  int64_t MonotonicNs() const override { return now_ns; }
  int64_t now_ns = 0;
};

TEST(ProgressTest, ALineEveryFiveSeconds) {
  FakeClock clock;
  std::FILE* file = std::tmpfile();
  {
    Progress progress(ProgressMode::kLines, "members", file, &clock);
    for (int second = 0; second <= 12; ++second) {
      clock.now_ns = int64_t{second} * 1'000'000'000;
      progress.Update({});
    }
  }
  EXPECT_EQ(std::ftell(file),
            2 * static_cast<long>(std::string("members: 100%  0/0  0/s\n").size()));
  std::fclose(file);
}

}  // namespace
}  // namespace gonghui::ctl
