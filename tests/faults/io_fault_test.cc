// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every call to the disk fails once: the n-th of each kind, for n = 1, 2, ... until a run is over
// before the fault has struck (SQLite's loop).  Then either the server has ended itself, or it
// refuses to start, or it goes on as if nothing had been; and whatever it did, the next start has
// all that was acknowledged, also when the machine lost power at that moment.
//
//   GONGHUI_FAULTS=all io_fault_test     each n; else some, with a stride by kind

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <gtest/gtest.h>

#include "tests/faults/fault_file_system.h"
#include "tests/faults/store_trial.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

constexpr int kCommandsBefore = 300;
constexpr int kCommands = 900;

struct Outcomes {
  uint64_t runs = 0;
  uint64_t refused_start = 0;
  uint64_t ended_itself = 0;
  uint64_t went_on = 0;
  uint64_t unreadable = 0;  // answered that the archive can not be read
};

rocksdb::IOStatus ErrorOf(FileCall call) {
  return rocksdb::IOStatus::IOError(absl::StrCat("injected into ", std::string(NameOf(call))));
}

StoreTrial::SpareLogs SpareLogsOf(bool has_spare_logs) {
  return has_spare_logs ? StoreTrial::SpareLogs::kAlways : StoreTrial::SpareLogs::kNever;
}

bool EveryCall() {
  const char* const text = std::getenv("GONGHUI_FAULTS");
  return text != nullptr && std::string_view(text) == "all";
}

class IoFaultTest : public ::testing::TestWithParam<FileCall> {
 protected:
  // False: the run was over before the fault could strike.
  bool Fail(FileCall call, uint64_t n, bool stays) {
    SCOPED_TRACE(
        absl::StrCat(std::string(NameOf(call)), " ", n, stays ? " and all later ones" : ""));
    const TempFolder temp;
    FaultFileSystem disk(temp.path("held"));
    // Half of them, and half of those behind which the machine loses its power.
    const bool has_spare_logs = n / 2 % 2 != 0;
    StoreTrial trial(temp.path("data"), &disk, kSeed + n, SpareLogsOf(has_spare_logs));
    // On a folder that has a history, but for every fifth, which is made anew.
    if (n % 5 != 0) {
      EXPECT_TRUE(trial.Start().ok());
      trial.Work(kCommandsBefore);
      trial.Stop();
    }
    disk.FailNth(call, n, ErrorOf(call), stays);
    const absl::Status started = trial.Start();
    if (started.ok()) {
      trial.Work(kCommands);
      trial.Repeat(10);
      if (!trial.failed()) {
        trial.Stop();
      }
    }
    const bool ended = started.ok() && trial.failed();
    const std::string why = started.ok() ? trial.why() : started.ToString();
    trial.Abandon();
    const bool struck = disk.struck() != 0;
    const std::string file = std::filesystem::path(disk.struck_file()).filename().string();
    disk.ClearFaults();
    Prng prng(n);
    // The process may have ended alone, or the machine with it.
    std::string done;
    if (n % 2 == 0) {
      disk.EndProcess();
    } else {
      done = disk.CutPower(&prng, FaultFileSystem::Tail::kCut);
    }
    if (struck) {
      ++outcomes_.runs;
      outcomes_.refused_start += uint64_t{!started.ok()};
      outcomes_.ended_itself += uint64_t{ended};
      outcomes_.went_on += uint64_t{started.ok() && !ended};
      outcomes_.unreadable += uint64_t{trial.unreadable_count() != 0};
      if (!started.ok()) {
        EXPECT_TRUE(absl::StrContains(started.message(), temp.path("data")) ||
                    absl::StrContains(started.message(), "reading") ||
                    absl::StrContains(started.message(), "writing") ||
                    absl::StrContains(started.message(), "injected"))
            << started;
      }
      // What durability rests on is never taken lightly.
      const bool is_data = absl::StrContains(file, ".log") || absl::StrContains(file, ".sst") ||
                           absl::StrContains(file, "MANIFEST");
      if (is_data && (call == FileCall::kSync || call == FileCall::kAppend)) {
        EXPECT_TRUE(ended || !started.ok())
            << "went on after a failed " << std::string(NameOf(call)) << " of " << file;
      }
    } else {
      EXPECT_TRUE(started.ok()) << started;
      EXPECT_FALSE(ended) << why;
    }
    const absl::Status again = trial.Start();
    EXPECT_TRUE(again.ok()) << again << "\nafter: " << why << "\n" << done;
    if (again.ok()) {
      trial.Repeat(40);
      trial.Work(60);
      EXPECT_FALSE(trial.failed()) << trial.why();
      trial.Stop();
      const absl::Status verified = StoreTrial::Verify(temp.path("data"), nullptr);
      EXPECT_TRUE(verified.ok()) << verified << "\nafter: " << why;
    }
    EXPECT_EQ(absl::StrJoin(trial.contradictions(), "\n"), "") << "after: " << why << "\n" << done;
    return struck;
  }

  static constexpr uint64_t kSeed = 20'260'503;
  Outcomes outcomes_;
};

TEST_P(IoFaultTest, IsSurvived) {
  const FileCall call = GetParam();
  const uint64_t runs_max = NumberFromEnvironment("GONGHUI_FAULTS_PER_KIND", 7);
  uint64_t n = 1;
  uint64_t tried = 0;
  for (uint64_t step = 1; !HasFailure(); n += step) {
    ++tried;
    if (!Fail(call, n, /*stays=*/tried % 3 == 0)) {
      break;
    }
    if (!EveryCall()) {
      step = step * 2 + 1;
      if (tried >= runs_max) {
        break;
      }
    }
  }
  EXPECT_GT(outcomes_.runs, 0U) << "no such call was ever made: nothing was shown";
  std::printf(
      "%-12s %4llu calls failed in turn: %llu starts refused, %llu ended by themselves, %llu "
      "without bearing, %llu of them with an unreadable archive\n",
      std::string(NameOf(call)).c_str(),
      static_cast<unsigned long long>(outcomes_.runs),
      static_cast<unsigned long long>(outcomes_.refused_start),
      static_cast<unsigned long long>(outcomes_.ended_itself),
      static_cast<unsigned long long>(outcomes_.went_on),
      static_cast<unsigned long long>(outcomes_.unreadable));
}

INSTANTIATE_TEST_SUITE_P(EveryKind,
                         IoFaultTest,
                         ::testing::Values(FileCall::kMake,
                                           FileCall::kAppend,
                                           FileCall::kSync,
                                           FileCall::kTruncate,
                                           FileCall::kClose,
                                           FileCall::kRename,
                                           FileCall::kDelete,
                                           FileCall::kSyncFolder,
                                           FileCall::kMakeFolder,
                                           FileCall::kLock,
                                           FileCall::kOpen,
                                           FileCall::kRead,
                                           FileCall::kSize,
                                           FileCall::kExists,
                                           FileCall::kList,
                                           FileCall::kOpenFolder),
                         [](const auto& each) { return std::string(NameOf(each.param)); });

// A disk that is full stays full, wherever that began.
TEST(FullDisk, IsSurvivedWhereverItBegins) {
  const uint64_t runs = NumberFromEnvironment("GONGHUI_FAULTS_PER_KIND", 8);
  uint64_t refused = 0;
  uint64_t ended = 0;
  uint64_t logs_written_over = 0;  // while it filled up
  for (uint64_t run = 0; run < runs && !::testing::Test::HasFailure(); ++run) {
    Prng prng(TrialSeed() + run);
    SCOPED_TRACE(absl::StrCat("GONGHUI_SEED=", TrialSeed() + run));
    const TempFolder temp;
    FaultFileSystem disk(temp.path("held"));
    const bool has_spare_logs = run % 2 != 0;
    StoreTrial trial(temp.path("data"), &disk, TrialSeed() + run, SpareLogsOf(has_spare_logs));
    ASSERT_TRUE(trial.Start().ok());
    trial.Work(kCommandsBefore);
    trial.Stop();
    const uint64_t reused_before = disk.reused();
    // A spare log fits on it, of half of these.
    const uint64_t spare_bytes =
        has_spare_logs && prng.Chance(1, 2) ? StoreTrial::kSpareLogBytesMax : 0;
    disk.FillAfter(spare_bytes + prng.Below(prng.Chance(1, 3) ? 8'000 : 600'000));
    const absl::Status full = trial.Start();
    if (full.ok()) {
      trial.Work(6'000);
      ASSERT_TRUE(trial.failed());
      logs_written_over += disk.reused() - reused_before;
      ++ended;
    } else {
      ++refused;
      EXPECT_TRUE(absl::StrContains(full.message(), "full")) << full;
    }
    trial.Abandon();  // whose threads have ended then, so that what they say has been said
    if (full.ok()) {
      EXPECT_TRUE(absl::StrContains(trial.why(), "full")) << trial.why();
    }
    disk.EndProcess();
    // Still full: it says so, and harms nothing.
    const absl::Status still = trial.Start();
    if (!still.ok()) {
      EXPECT_TRUE(absl::StrContains(still.message(), "full")) << still;
    }
    trial.Abandon();
    disk.EndProcess();
    disk.ClearFaults();
    const absl::Status again = trial.Start();
    ASSERT_TRUE(again.ok()) << again;
    trial.Repeat(40);
    trial.Work(100);
    EXPECT_FALSE(trial.failed()) << trial.why();
    trial.Stop();
    EXPECT_TRUE(StoreTrial::Verify(temp.path("data"), nullptr).ok());
    EXPECT_EQ(absl::StrJoin(trial.contradictions(), "\n"), "");
  }
  std::printf(
      "GONGHUI_SEED=%llu: a disk filled up in %llu servers that ran, and kept %llu from "
      "starting; each started again when there was room; %llu logs were written over spare ones "
      "meanwhile\n",
      static_cast<unsigned long long>(TrialSeed()),
      static_cast<unsigned long long>(ended),
      static_cast<unsigned long long>(refused),
      static_cast<unsigned long long>(logs_written_over));
}

}  // namespace
}  // namespace gonghui
