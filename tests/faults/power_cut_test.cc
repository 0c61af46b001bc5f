// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The power goes at any call that changes something on the disk: in the middle of making the
// folder, of a recovery, of a group commit, a flush, a merge, a checkpoint, a slice of the
// archive.  What was not synced is gone, or torn.  The next start has all that was acknowledged.
//
//   GONGHUI_CUTS=10000 GONGHUI_SEED=7 power_cut_test

#include <cstdio>
#include <filesystem>
#include <string>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "tests/faults/fault_file_system.h"
#include "tests/faults/store_trial.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

constexpr uint64_t kCutsDefault = 48;
constexpr int kCutsPerFolder = 12;
constexpr uint64_t kCallsMax = 2'000;
constexpr uint64_t kCallsOfAStart = 80;
constexpr int kCommandsMax = 6'000;

struct Tally {
  uint64_t cuts = 0;
  uint64_t in_starts = 0;
  uint64_t in_mending = 0;
  uint64_t refused = 0;  // and taken up by an operator
  uint64_t acknowledged = 0;
  uint64_t zeroes_refused = 0;  // of these, not because of garbage
  uint64_t checkpoints = 0;
  uint64_t archived = 0;
  uint64_t logs_written_over = 0;  // spare_log.h
};

class PowerCutTest : public ::testing::Test {
 protected:
  // One folder through some cuts.  `tail`: what the last unit of a torn write holds.
  void Live(uint64_t seed, int cuts, FaultFileSystem::Tail tail) {
    SCOPED_TRACE(absl::StrCat("replay: GONGHUI_SEED=", seed, " GONGHUI_CUTS=", cuts));
    const TempFolder temp;
    FaultFileSystem disk(temp.path("held"));
    StoreTrial trial(temp.path("data"), &disk, seed);
    Prng prng(seed ^ 0x9e3779b97f4a7c15U);
    std::string done;
    for (int cut = 0; cut < cuts; ++cut) {
      // Short lives too, so that starts are cut off.
      disk.PowerOffAfter(prng.Below(prng.Chance(1, 4) ? 80 : kCallsMax));
      const absl::Status started = trial.Start();
      // Without power nothing is cut off of a log (FaultFileSystem), so such a start may refuse.
      ASSERT_TRUE(started.ok() || disk.is_off()) << started << "\n" << done;
      tally_.in_starts += uint64_t{disk.is_off()};
      if (started.ok()) {
        trial.Repeat(4);
        trial.Work(kCommandsMax);
        tally_.checkpoints += trial.stats().checkpoints;
        tally_.archived += trial.stats().archive_puts;
      }
      trial.Abandon();
      ASSERT_TRUE(disk.is_off()) << "no cut came";
      done = disk.CutPower(&prng, tail);
      ++tally_.cuts;
      if (tail != FaultFileSystem::Tail::kCut) {
        RecoverFromTail(&trial, &disk, &prng, tail);
      }
      ASSERT_EQ(absl::StrJoin(trial.contradictions(), "\n"), "") << done;
      if (cut % 4 == 3 && std::filesystem::exists(temp.path("data") + "/SYNCED")) {
        const absl::Status verified = StoreTrial::Verify(temp.path("data"), nullptr);
        ASSERT_TRUE(verified.ok()) << verified << "\n" << done;
      }
    }
    ASSERT_TRUE(trial.Start().ok());
    trial.Repeat(200);
    trial.Work(100);
    EXPECT_FALSE(trial.failed()) << trial.why();
    trial.Stop();
    ASSERT_TRUE(trial.Start().ok());
    trial.Repeat(20);
    trial.Stop();
    ASSERT_EQ(absl::StrJoin(trial.contradictions(), "\n"), "");
    tally_.acknowledged += trial.acknowledged_count();
    tally_.logs_written_over += disk.reused();
    const absl::Status verified = StoreTrial::Verify(temp.path("data"), nullptr);
    ASSERT_TRUE(verified.ok()) << verified;
  }

  // Bytes that nobody wrote behind the last synced ones look like damage, but for zeroes, which
  // are told apart.  The start says where, and an operator who gives up what is behind it loses
  // nothing that was answered.
  void RecoverFromTail(StoreTrial* trial,
                       FaultFileSystem* disk,
                       Prng* prng,
                       FaultFileSystem::Tail tail) {
    CutOffStart(trial, disk, prng, tail, /*give_up=*/false);
    const absl::Status started = trial->Start();
    if (!started.ok()) {
      ++tally_.refused;
      ExpectMayBeGivenUp(started);
      CutOffStart(trial, disk, prng, tail, /*give_up=*/true);
      const absl::Status given_up = trial->Start(/*recover_point_in_time=*/true);
      ASSERT_TRUE(given_up.ok()) << given_up;
    }
    trial->Abandon();
    tally_.zeroes_refused += uint64_t{tail != FaultFileSystem::Tail::kGarbage && !started.ok()};
  }

  static void ExpectMayBeGivenUp(const absl::Status& refused) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), " is damaged in the record at byte "))
        << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), "--recover-point-in-time gives up nothing"))
        << refused;
  }

  // The power goes again, sometimes, while a start mends what the last time has left.
  void CutOffStart(StoreTrial* trial,
                   FaultFileSystem* disk,
                   Prng* prng,
                   FaultFileSystem::Tail tail,
                   bool give_up) {
    if (!prng->Chance(1, 3)) {
      return;
    }
    disk->PowerOffAfter(prng->Below(kCallsOfAStart));
    const absl::Status started = trial->Start(give_up);
    if (!started.ok() && !disk->is_off()) {
      ExpectMayBeGivenUp(started);
      EXPECT_FALSE(give_up) << started;
    }
    trial->Abandon();
    disk->PowerOff();
    (void)disk->CutPower(prng, tail);
    ++tally_.in_mending;
  }

  void Run(FaultFileSystem::Tail tail, uint64_t cuts) {
    const int64_t begin_ns = SystemClock::Instance().MonotonicNs();
    std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(TrialSeed()));
    for (uint64_t life = 0; tally_.cuts < cuts && !HasFatalFailure() && !HasFailure(); ++life) {
      Live(TrialSeed() + life, kCutsPerFolder, tail);
    }
    const double seconds =
        static_cast<double>(SystemClock::Instance().MonotonicNs() - begin_ns) / 1e9;
    std::printf(
        "%llu power cuts in %.1f s, %.1f a second: %llu during a start, %llu more in a start that "
        "mends, %llu starts refused and taken up, %llu of them not for garbage; %llu transactions "
        "acknowledged, %llu checkpoints, %llu put into the archive; %llu logs written over spare "
        "ones; 0 lost, 0 doubled\n",
        static_cast<unsigned long long>(tally_.cuts),
        seconds,
        static_cast<double>(tally_.cuts) / seconds,
        static_cast<unsigned long long>(tally_.in_starts),
        static_cast<unsigned long long>(tally_.in_mending),
        static_cast<unsigned long long>(tally_.refused),
        static_cast<unsigned long long>(tally_.zeroes_refused),
        static_cast<unsigned long long>(tally_.acknowledged),
        static_cast<unsigned long long>(tally_.checkpoints),
        static_cast<unsigned long long>(tally_.archived),
        static_cast<unsigned long long>(tally_.logs_written_over));
    EXPECT_GT(tally_.checkpoints, 0U);
    EXPECT_GT(tally_.archived, 0U);
    EXPECT_GT(tally_.logs_written_over, 0U);
    // By chance: one bit more or less explains what is there (log_damage.cc).
    EXPECT_LE(tally_.zeroes_refused, 1 + tally_.cuts / 1'000);
  }

  Tally tally_;
};

TEST_F(PowerCutTest, NothingAcknowledgedIsLost) {
  Run(FaultFileSystem::Tail::kCut, NumberFromEnvironment("GONGHUI_CUTS", kCutsDefault));
}

TEST_F(PowerCutTest, NorWithATailOfZeroes) {
  Run(FaultFileSystem::Tail::kZeroes, NumberFromEnvironment("GONGHUI_CUTS", kCutsDefault) / 2);
}

TEST_F(PowerCutTest, NorWithHolesInWhatWasNotSynced) {
  Run(FaultFileSystem::Tail::kHoles, NumberFromEnvironment("GONGHUI_CUTS", kCutsDefault) / 2);
}

TEST_F(PowerCutTest, NorWithATailOfGarbage) {
  Run(FaultFileSystem::Tail::kGarbage, NumberFromEnvironment("GONGHUI_CUTS", kCutsDefault) / 2);
}

}  // namespace
}  // namespace gonghui
