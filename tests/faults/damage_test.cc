// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A data folder that was damaged while nobody looked: a flipped bit, a lost sector, a lost end, in
// a file of every kind that there is, and a file that is gone.  A start either has exactly the
// right state, or refuses and says which file it is, and where.  What a start does not read
// gonghui-inspect verify finds.
//
//   GONGHUI_DAMAGES=10000 damage_test     so many of every kind of file

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/metadata.h>

#include "engine/base/clock.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/engine.h"
#include "storage/synced_sizes.h"
#include "tests/faults/fault_file_system.h"
#include "tests/faults/store_trial.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kDamagesDefault = 6;  // of every kind of file, and of every folder

// What is being done, for whoever reads of an abort.
char at_work[512];
void TellWork(int) {
  const ssize_t ignored = ::write(2, at_work, std::strlen(at_work));
  (void)ignored;
}

struct Recovered {
  uint64_t seq = 0;
  uint64_t hash = 0;
};

// As gonghuid starts, until the last of what a start reads is read.
absl::StatusOr<Recovered> OpenLikeAServer(const std::string& folder, const std::string& key_file) {
  RocksdbStoreOptions options;
  options.folder = folder;
  options.direct_writes = false;
  std::mutex mutex;
  std::string why;
  const auto fail = [&](std::string_view what) {
    const std::lock_guard lock(mutex);
    why = std::string(what);
  };
  options.on_background_error = fail;
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<RocksdbStore> store,
                      RocksdbStore::OpenBlocking(options));
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<Vault> vault, Vault::OpenBlocking(*store, 0, key_file));
  RocksdbJournal journal(*store);
  RocksdbCheckpointStore checkpoints(*store);
  RocksdbArchive archive(*store);
  HandClock clock;
  EngineOptions engine_options;
  engine_options.memory_reserve_bytes_max = 0;
  engine_options.checkpoint_at_stop = false;
  engine_options.fail_stop = [&](const std::string& what) { fail(what); };
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                      Engine::Start(engine_options, clock, journal, &checkpoints, &archive));
  const Recovered recovered{engine->recovery().last_seq, engine->recovery().state_hash};
  const auto failure = [&] {
    const std::lock_guard lock(mutex);
    return why;
  };
  while (!engine->stats().archive_filter_complete && failure().empty()) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  const std::string what = failure();
  return what.empty() ? absl::StatusOr<Recovered>(recovered) : absl::InternalError(what);
}

// What kind of file it is; one that the test does not know is a failure, so that no kind is
// forgotten.
std::string KindOf(const std::string& name, const std::map<std::string, std::string>& families) {
  if (const auto table = families.find(name); table != families.end()) {
    return absl::StrCat("table of ", table->second);
  }
  for (const char* const kind : {"CURRENT", "IDENTITY", "LOCK", "SYNCED"}) {
    if (name == kind) {
      return kind;
    }
  }
  if (name == "SYNCED.dbtmp") {
    return "SYNCED";  // the next one, of which the kill came before the end
  }
  if (absl::EndsWith(name, ".log")) {
    return "log";
  }
  for (const char* const kind : {"MANIFEST", "OPTIONS", "LOG"}) {
    if (absl::StartsWith(name, kind)) {
      return kind;
    }
  }
  if (absl::EndsWith(name, ".sst")) {
    return "table that is not needed";
  }
  ADD_FAILURE() << "a kind of file that this test does not know: " << name;
  return "unknown";
}

enum class Harm { kFlip, kSector, kTruncate, kRemove };

struct Tally {
  uint64_t damages = 0;
  uint64_t refused = 0;
  uint64_t started = 0;       // with the right state
  uint64_t verify_found = 0;  // of those that started
  uint64_t harmless = 0;
  uint64_t unfinished = 0;  // taken for what was never acknowledged, as it may have been
  uint64_t aborted = 0;     // by an assertion of RocksDB's, which is no clear word but a refusal
};

class DamageTest : public ::testing::Test {
 protected:
  // A folder with some history, either stopped as it should be or as a killed server leaves it.
  void Make(bool killed) {
    FaultFileSystem disk(temp_.path("held"));
    StoreTrial trial(temp_.path("data"), &disk, TrialSeed());
    ASSERT_TRUE(trial.Start().ok());
    trial.Work(2'500);
    if (killed) {
      disk.PowerOff();
      trial.Abandon();
      disk.EndProcess();
    } else {
      trial.Stop();
      ASSERT_TRUE(trial.Start().ok());
      trial.Work(200);
      trial.Stop();
    }
    ASSERT_EQ(trial.contradictions().size(), 0U);
    hashes_ = trial.hashes();
    Copy();
    const auto right = OpenLikeAServer(temp_.path("copy"), key_file());
    ASSERT_TRUE(right.ok()) << right.status();
    ASSERT_GE(right->seq, trial.acknowledged_seq());
    ASSERT_EQ(hashes_[right->seq], right->hash);
    right_ = *right;
    FindFamilies();
  }

  [[nodiscard]] std::string key_file() const { return temp_.path("data.key"); }

  void Copy() {
    fs::remove_all(temp_.path("copy"));
    fs::copy(temp_.path("data"), temp_.path("copy"));
  }

  void FindFamilies() {
    Copy();
    RocksdbStoreOptions options;
    options.folder = temp_.path("copy");
    options.read_only = true;
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    std::vector<rocksdb::LiveFileMetaData> files;
    (*store)->db()->GetLiveFilesMetaData(&files);
    for (const rocksdb::LiveFileMetaData& file : files) {
      families_[file.relative_filename] = file.column_family_name;
    }
  }

  // How much of the log is known to have been there, or 0.
  uint64_t SyncedOf(const std::string& name) const {
    return SyncedBytesOfBlocking(*rocksdb::Env::Default(), temp_.path("data"), name);
  }

  // Whether a start on a copy of the damaged folder ends the process.  RocksDB reads a table's
  // properties without their checksum, and Debian's build has its assertions on what is in them.
  bool Aborts() {
    fs::remove_all(temp_.path("probe"));
    fs::copy(temp_.path("copy"), temp_.path("probe"));
    const std::string program = fs::read_symlink("/proc/self/exe").string();
    const std::string command = absl::StrCat("exec ",
                                             program,
                                             " --probe ",
                                             temp_.path("probe"),
                                             " ",
                                             key_file(),
                                             " >",
                                             temp_.path("probe.log"),
                                             " 2>&1");
    const int status = std::system(command.c_str());
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
          << status << "\n"
          << ReadFile(temp_.path("probe.log"));
      return false;
    }
    const std::string said = ReadFile(temp_.path("probe.log"));
    EXPECT_TRUE(absl::StrContains(said, "/table/") && absl::StrContains(said, "Assertion")) << said;
    return true;
  }

  void Try(const std::string& name, Harm harm, Prng* prng, Tally* tally) {
    Copy();
    const std::string path = temp_.path("copy/") + name;
    const uint64_t size = fs::file_size(path);
    uint64_t from = size == 0 ? 0 : prng->Below(size);
    std::string what;
    switch (harm) {
      case Harm::kFlip: {
        const int bit = static_cast<int>(prng->Below(8));
        FlipBit(path, from, bit);
        what = absl::StrCat(name, ": bit ", bit, " of byte ", from, " flipped");
        break;
      }
      case Harm::kSector: {
        from = from / 512 * 512;
        std::string bytes = ReadFile(path);
        const size_t count = std::min<size_t>(512, bytes.size() - from);
        for (size_t i = 0; i < count; ++i) {
          bytes[from + i] = static_cast<char>(prng->Next());
        }
        WriteFile(path, bytes);
        what = absl::StrCat(name, ": the sector at byte ", from, " is another");
        break;
      }
      case Harm::kTruncate:
        fs::resize_file(path, from);
        what = absl::StrCat(name, ": cut off at byte ", from);
        break;
      case Harm::kRemove:
        fs::remove(path);
        from = 0;
        what = absl::StrCat(name, ": removed");
        break;
    }
    absl::StrAppend(&what, " of ", size);
    std::snprintf(at_work,
                  sizeof(at_work),
                  "GONGHUI_SEED=%llu %s\n",
                  static_cast<unsigned long long>(TrialSeed()),
                  what.c_str());
    SCOPED_TRACE(at_work);
    const std::string kind = KindOf(name, families_);
    if (harm == Harm::kSector && absl::StartsWith(kind, "table of ") && Aborts()) {
      ++tally->damages;
      ++tally->aborted;
      return;
    }
    const absl::Status verified = StoreTrial::Verify(temp_.path("copy"), nullptr);
    const auto opened = OpenLikeAServer(temp_.path("copy"), key_file());
    ++tally->damages;
    if (!opened.ok()) {
      ++tally->refused;
      const std::string said(opened.status().message());
      // A log that was made since SYNCED was written is missed by the journal, which knows no file.
      const bool is_unknown = kind == "log" && harm == Harm::kRemove && SyncedOf(name) == 0;
      if (!is_unknown && !absl::StrContains(said, name)) {
        unnamed_.push_back(absl::StrCat(what, ": ", said));
      }
      const bool has_place = harm == Harm::kFlip || harm == Harm::kSector;
      if (has_place && (kind == "log" || kind == "MANIFEST")) {
        EXPECT_TRUE(absl::StrContains(said, "byte")) << "does not name the place: " << said;
      }
      EXPECT_FALSE(verified.ok()) << "verify finds nothing; the start said: " << said;
      return;
    }
    ++tally->started;
    if (opened->seq == right_.seq) {
      EXPECT_EQ(opened->hash, right_.hash) << "SILENTLY WRONG";
    } else {
      // A killed server's log may lose what nobody knows to have been there.
      EXPECT_TRUE(kind == "log" && from >= SyncedOf(name) && harm != Harm::kFlip)
          << "SILENTLY WRONG: ends at seq " << opened->seq << ", not " << right_.seq;
      EXPECT_EQ(opened->hash, hashes_[opened->seq]) << "SILENTLY WRONG";
      ++tally->unfinished;
      return;
    }
    if (!verified.ok()) {
      ++tally->verify_found;
      if (!absl::StrContains(verified.message(), name)) {
        unnamed_.push_back(absl::StrCat(what, ": verify: ", verified.ToString()));
      }
    } else {
      ++tally->harmless;
      if (absl::StartsWith(kind, "table of ") || kind == "log" || kind == "MANIFEST") {
        unnoticed_.push_back(what);
      }
    }
  }

  void Run(bool killed) {
    std::signal(SIGABRT, TellWork);
    Make(killed);
    if (HasFatalFailure()) {
      return;
    }
    std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(TrialSeed()));
    Prng prng(TrialSeed());
    std::map<std::string, std::vector<std::string>> kinds;
    for (const auto& entry : fs::directory_iterator(temp_.path("data"))) {
      const std::string name = entry.path().filename().string();
      kinds[KindOf(name, families_)].push_back(name);
    }
    for (const char* const kind : {"log",
                                   "MANIFEST",
                                   "CURRENT",
                                   "OPTIONS",
                                   "IDENTITY",
                                   "SYNCED",
                                   "table of journal",
                                   "table of state",
                                   "table of meta",
                                   "table of archive",
                                   "table of archive_ids"}) {
      EXPECT_TRUE(killed || kinds.count(kind) == 1) << "the folder has no " << kind;
    }
    const uint64_t each = NumberFromEnvironment("GONGHUI_DAMAGES", kDamagesDefault);
    const int64_t begin_ns = SystemClock::Instance().MonotonicNs();
    uint64_t all = 0;
    for (const auto& [kind, names] : kinds) {
      Tally tally;
      // Every file is missing once.
      for (const std::string& name : names) {
        Try(name, Harm::kRemove, &prng, &tally);
      }
      for (uint64_t i = 0; i < each && !HasFailure(); ++i) {
        const std::string& name = names[prng.Below(names.size())];
        if (fs::file_size(temp_.path("data/") + name) == 0) {
          continue;
        }
        Try(name,
            i % 4 == 0   ? Harm::kTruncate
            : i % 4 == 1 ? Harm::kSector
                         : Harm::kFlip,
            &prng,
            &tally);
      }
      all += tally.damages;
      std::printf(
          "%-24s %5llu damages: %llu refused, %llu right states (of which verify found %llu, "
          "%llu without bearing), %llu taken for unfinished, %llu ended by an assertion\n",
          kind.c_str(),
          static_cast<unsigned long long>(tally.damages),
          static_cast<unsigned long long>(tally.refused),
          static_cast<unsigned long long>(tally.started - tally.unfinished),
          static_cast<unsigned long long>(tally.verify_found),
          static_cast<unsigned long long>(tally.harmless),
          static_cast<unsigned long long>(tally.unfinished),
          static_cast<unsigned long long>(tally.aborted));
    }
    const double seconds =
        static_cast<double>(SystemClock::Instance().MonotonicNs() - begin_ns) / 1e9;
    std::printf("%llu damages in %.1f s; 0 silently wrong\n",
                static_cast<unsigned long long>(all),
                seconds);
    // What a damaged byte means to RocksDB has no end of cases.  That damage is found is never
    // left to chance; that a rare one is found without its file's name is, and is printed.
    for (const std::string& what : unnamed_) {
      std::printf("found, but not named: %s\n", what.c_str());
    }
    EXPECT_LE(unnamed_.size(), 1 + all / 50) << "too many messages do not name the file";
    for (const std::string& what : unnoticed_) {
      std::printf("  without bearing, and not found: %s\n", what.c_str());
    }
    std::signal(SIGABRT, SIG_DFL);
  }

  const TempFolder temp_;
  std::vector<uint64_t> hashes_;
  Recovered right_;
  std::map<std::string, std::string> families_;  // by table file
  std::vector<std::string> unnoticed_;
  // Found, and the message does not name the file.
  std::vector<std::string> unnamed_;
};

TEST_F(DamageTest, OfAStoppedServersFolder) {
  Run(/*killed=*/false);
}

TEST_F(DamageTest, OfAKilledServersFolder) {
  Run(/*killed=*/true);
}

}  // namespace

// What DamageTest::Aborts() runs.
static int Probe(const char* folder, const char* key_file) {
  (void)StoreTrial::Verify(folder, nullptr);
  (void)OpenLikeAServer(folder, key_file);
  return 0;
}

}  // namespace gonghui

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--probe") {
    return gonghui::Probe(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
