// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A data folder that was damaged while nobody looked: a flipped bit, another sector or one of
// zeroes, a lost end, in a file of every kind that there is, and a file that is gone; in logs and
// the manifest also each bit of a record's header, which says where the next one begins.  A start
// either has exactly the right state, or refuses and says which file it is, and where.  When it
// starts, what the state's digest does not cover (the archive, personal data, drafts) is what it
// was, or is said to be unreadable.  What a start does not read gonghui-inspect verify finds.
//
//   GONGHUI_DAMAGES=10000 damage_test     so many of every kind of file

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
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
#include "tests/faults/fault_file_system.h"
#include "tests/faults/log_headers.h"
#include "tests/faults/side_memory.h"
#include "tests/faults/store_trial.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kDamagesDefault = 7;  // of every kind of file, and of every folder

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

// Of a server that has started.
using Look =
    std::function<void(const Recovered&, const Archive&, const Vault&, const ProgrammeSources&)>;

// As gonghuid starts, until the last of what a start reads is read, and `look` has looked at it.
absl::StatusOr<Recovered> OpenLikeAServer(const std::string& folder,
                                          const std::string& key_file,
                                          const Look& look) {
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
  const RocksdbProgrammeSources sources(*store, 0);
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
  if (const std::string what = failure(); !what.empty()) {
    return absl::InternalError(what);
  }
  look(recovered, archive, *vault, sources);
  return recovered;
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
  if (name == "SPARE" || name == "SPARE.new") {
    return "SPARE";  // what a start throws away
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

enum class Harm { kFlip, kSector, kZeroes, kTruncate, kRemove };
constexpr uint64_t kSectorBytes = 512;

struct Damage {
  std::string name;  // of the file
  Harm harm = Harm::kRemove;
  uint64_t from = 0;
  int bit = 0;
};

struct Tally {
  uint64_t damages = 0;
  uint64_t refused = 0;
  uint64_t started = 0;       // with the right state
  uint64_t verify_found = 0;  // of those that started
  uint64_t harmless = 0;
  uint64_t unreadable = 0;  // of those that started: something else can not be read
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
    // Few and small, so that they hardly fill a table by themselves.
    for (const Family family : {Family::kVault, Family::kProgrammes}) {
      rocksdb::DB& db = *trial.store().db();
      ASSERT_TRUE(db.Flush(rocksdb::FlushOptions(), trial.store().family(family)).ok());
    }
    if (killed) {
      Mark(disk, &trial);
      trial.Work(200);
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
    side_data_ = trial.side_data();
    Copy();
    const auto right = OpenLikeAServer(temp_.path("copy"), key_file(), &IgnoreIt);
    ASSERT_TRUE(right.ok()) << right.status();
    ASSERT_GE(right->seq, trial.acknowledged_seq());
    ASSERT_EQ(hashes_[right->seq], right->hash);
    right_ = *right;
    LookThrough();
    if (!killed) {
      marked_seq_ = right_.seq;
      for (const std::string& name : Logs()) {
        marked_bytes_[name] = fs::file_size(temp_.path("data/") + name);
      }
    }
    ASSERT_GT(right_.seq, 1'000U);
    ASSERT_GT(now_.archived_count(), 100U);
    ASSERT_GT(now_.side_data_count(), 20U);
  }

  // From here on nothing that was acknowledged until now may get lost without a word: the store
  // writes down how far its logs go.  How far that is the disk says, not the store.
  void Mark(const FaultFileSystem& disk, StoreTrial* trial) {
    marked_seq_ = trial->acknowledged_seq();
    const absl::Status noted =
        at_mark_.NoteBlocking(RocksdbArchive(trial->store()), trial->side_data());
    ASSERT_TRUE(noted.ok()) << noted;
    for (const std::string& name : Logs()) {
      marked_bytes_[name] = disk.SyncedBytesOf(temp_.path("data/") + name);
    }
    ASSERT_TRUE(trial->store().MarkSyncedBlocking().ok());
  }

  static void IgnoreIt(const Recovered& /*recovered*/,
                       const Archive& /*archive*/,
                       const Vault& /*vault*/,
                       const ProgrammeSources& /*sources*/) {}

  // The newest last.
  [[nodiscard]] std::vector<std::string> Logs() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(temp_.path("data"))) {
      if (entry.path().extension() == ".log") {
        names.push_back(entry.path().filename().string());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  [[nodiscard]] std::string key_file() const { return temp_.path("data.key"); }

  void Copy() {
    fs::remove_all(temp_.path("copy"));
    fs::copy(temp_.path("data"), temp_.path("copy"));
  }

  // What is in the tables, and whose they are.
  void LookThrough() {
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
    const absl::Status noted = now_.NoteBlocking(RocksdbArchive(**store), side_data_);
    ASSERT_TRUE(noted.ok()) << noted;
  }

  // How much of the log was known to be on the disk when that was last written down for sure.
  [[nodiscard]] uint64_t MarkedBytesOf(const std::string& name) const {
    const auto found = marked_bytes_.find(name);
    return found == marked_bytes_.end() ? 0 : found->second;
  }

  // Whether it looks like what a power cut leaves of writes that nobody waited for any more: part
  // of a log, behind what is written down to have been there.  No flipped bit does.
  [[nodiscard]] bool MayLookUnfinished(const Damage& damage) const {
    return absl::EndsWith(damage.name, ".log") && damage.harm != Harm::kFlip &&
           damage.from >= MarkedBytesOf(damage.name);
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

  // Somewhere in the file.  REQUIRES: it has bytes, or it is to be removed.
  [[nodiscard]] Damage Draw(const std::string& name, Harm harm, Prng* prng) const {
    Damage damage{name, harm};
    if (harm == Harm::kRemove) {
      return damage;
    }
    damage.from = prng->Below(DrawableBytesOf(name));
    if (harm == Harm::kFlip) {
      damage.bit = static_cast<int>(prng->Below(8));
    } else if (harm != Harm::kTruncate) {
      damage.from = damage.from / kSectorBytes * kSectorBytes;
    }
    return damage;
  }

  // To the copy.  Says what it did.
  std::string Inflict(const Damage& damage, Prng* prng) {
    const std::string path = temp_.path("copy/") + damage.name;
    const uint64_t size = fs::file_size(path);
    const uint64_t sector = std::min(kSectorBytes, size - damage.from);
    const std::string at = absl::StrCat(damage.from, " of ", size);
    const auto overwrite = [&](const std::string& with) {
      WriteFile(path, ReadFile(path).replace(damage.from, with.size(), with));
    };
    switch (damage.harm) {
      case Harm::kFlip:
        FlipBit(path, damage.from, damage.bit);
        return absl::StrCat(damage.name, ": bit ", damage.bit, " flipped of byte ", at);
      case Harm::kSector: {
        std::string bytes(sector, '\0');
        for (char& byte : bytes) {
          byte = static_cast<char>(prng->Next());
        }
        overwrite(bytes);
        return absl::StrCat(damage.name, ": another sector at byte ", at);
      }
      case Harm::kZeroes:
        overwrite(std::string(sector, '\0'));
        return absl::StrCat(damage.name, ": a sector of zeroes at byte ", at);
      case Harm::kTruncate:
        fs::resize_file(path, damage.from);
        return absl::StrCat(damage.name, ": cut off at byte ", at);
      case Harm::kRemove:
        fs::remove(path);
        return absl::StrCat(damage.name, ": removed, of ", size, " bytes");
    }
    return "";
  }

  void Try(const Damage& damage, bool verify_too, Prng* prng, Tally* tally) {
    Copy();
    const std::string what = Inflict(damage, prng);
    std::snprintf(at_work,
                  sizeof(at_work),
                  "GONGHUI_SEED=%llu %s\n",
                  static_cast<unsigned long long>(TrialSeed()),
                  what.c_str());
    SCOPED_TRACE(at_work);
    ++tally->damages;
    const std::string kind = KindOf(damage.name, families_);
    const bool is_sector = damage.harm == Harm::kSector || damage.harm == Harm::kZeroes;
    if (is_sector && absl::StartsWith(kind, "table of ") && Aborts()) {
      ++tally->aborted;
      return;
    }
    std::optional<absl::Status> verified;
    if (verify_too) {
      verified = StoreTrial::Verify(temp_.path("copy"), nullptr);
    }
    SideMemory::Findings findings;
    const auto opened = OpenLikeAServer(
        temp_.path("copy"),
        key_file(),
        [&](const Recovered& recovered,
            const Archive& archive,
            const Vault& vault,
            const ProgrammeSources& sources) {
          // The end of a log may hold puts alone, and no event.
          const bool is_all = recovered.seq == right_.seq && !MayLookUnfinished(damage);
          findings =
              (is_all ? now_ : at_mark_)
                  .CompareBlocking(archive,
                                   vault,
                                   sources,
                                   is_all ? SideMemory::As::kItWas : SideMemory::As::kItWasOrLater);
        });
    if (!opened.ok()) {
      ++tally->refused;
      ExpectNamed(damage, kind, what, opened.status());
      EXPECT_FALSE(verified && verified->ok())
          << "verify finds nothing; the start said: " << opened.status();
      return;
    }
    ++tally->started;
    for (const std::string& wrong : findings.wrong) {
      ADD_FAILURE() << "SILENTLY WRONG: " << wrong;
    }
    if (!findings.unreadable.empty()) {
      ++tally->unreadable;
      EXPECT_FALSE(verified && verified->ok())
          << "verify finds nothing; reading: " << findings.unreadable[0];
    }
    if (opened->seq != right_.seq) {
      EXPECT_TRUE(MayLookUnfinished(damage))
          << "SILENTLY WRONG: ends at seq " << opened->seq << ", not " << right_.seq;
      EXPECT_GE(opened->seq, marked_seq_) << "SILENTLY WRONG";
      EXPECT_EQ(opened->hash, hashes_[opened->seq]) << "SILENTLY WRONG";
      ++tally->unfinished;
      return;
    }
    EXPECT_EQ(opened->hash, right_.hash) << "SILENTLY WRONG";
    if (verified && !verified->ok()) {
      ++tally->verify_found;
      if (!absl::StrContains(verified->message(), damage.name)) {
        unnamed_.push_back(absl::StrCat(what, ": verify: ", verified->ToString()));
      }
    } else {
      ++tally->harmless;
      if (absl::StartsWith(kind, "table of ") || kind == "log" || kind == "MANIFEST") {
        unnoticed_.push_back(what);
      }
    }
  }

  // Whoever is refused reads which file it is, and where in it.
  void ExpectNamed(const Damage& damage,
                   const std::string& kind,
                   const std::string& what,
                   const absl::Status& said) {
    // A log that was made since its size was written down is missed by the journal, which knows no
    // file.
    const bool is_unknown =
        kind == "log" && damage.harm == Harm::kRemove && MarkedBytesOf(damage.name) == 0;
    if (!is_unknown && !absl::StrContains(said.message(), damage.name)) {
      unnamed_.push_back(absl::StrCat(what, ": ", said.message()));
    }
    const bool has_place = damage.harm != Harm::kTruncate && damage.harm != Harm::kRemove;
    if (has_place && (kind == "log" || kind == "MANIFEST")) {
      EXPECT_TRUE(absl::StrContains(said.message(), "byte")) << "does not name the place: " << said;
    }
  }

  void TryEachBitOfAHeader(const std::string& name, Prng* prng, Tally* tally) {
    const std::vector<uint64_t> headers = LogHeadersOf(ReadFile(temp_.path("data/") + name));
    ASSERT_FALSE(headers.empty()) << name << " holds no record";
    // The last one has nothing behind it that shows where it should have ended.
    const uint64_t at = prng->Chance(1, 3) ? headers.back() : headers[prng->Below(headers.size())];
    for (uint64_t byte = 0; byte < kLogHeaderBytes && !HasFailure(); ++byte) {
      for (int bit = 0; bit < 8 && !HasFailure(); ++bit) {
        // Verifying takes as long as starting, and some of each file are verified anyway.
        Try({name, Harm::kFlip, at + byte, bit}, /*verify_too=*/bit == 0, prng, tally);
      }
    }
  }

  void Run(bool killed) {
    std::signal(SIGABRT, TellWork);
    Make(killed);
    if (HasFatalFailure()) {
      return;
    }
    std::printf("GONGHUI_SEED=%llu; %zu archived transactions, %zu others to be read back\n",
                static_cast<unsigned long long>(TrialSeed()),
                now_.archived_count(),
                now_.side_data_count());
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
                                   "table of vault",
                                   "table of programmes",
                                   "table of archive",
                                   "table of archive_ids"}) {
      EXPECT_EQ(kinds.count(kind), 1U) << "the folder has no " << kind;
    }
    const uint64_t each = NumberFromEnvironment("GONGHUI_DAMAGES", kDamagesDefault);
    const int64_t begin_ns = SystemClock::Instance().MonotonicNs();
    uint64_t all = 0;
    for (const auto& [kind, names] : kinds) {
      Tally tally;
      // Every file is missing once.
      for (const std::string& name : names) {
        Try({name, Harm::kRemove}, /*verify_too=*/true, &prng, &tally);
      }
      for (uint64_t i = 0; i < each && !HasFailure(); ++i) {
        const std::string& name = names[prng.Below(names.size())];
        if (DrawableBytesOf(name) == 0) {
          continue;
        }
        constexpr std::array kHarms = {
            Harm::kTruncate, Harm::kSector, Harm::kZeroes, Harm::kFlip, Harm::kFlip};
        Try(Draw(name, kHarms[i % kHarms.size()], &prng), /*verify_too=*/true, &prng, &tally);
      }
      if (kind == "log" || kind == "MANIFEST") {
        TryEachBitOfAHeader(NewestWithBytes(names), &prng, &tally);
      }
      EXPECT_TRUE(killed || tally.unfinished == 0) << "all of a stopped server's logs were synced";
      all += tally.damages;
      std::printf(
          "%-24s %5llu damages: %llu refused, %llu right states (of which verify found %llu, "
          "%llu without bearing, %llu with something unreadable), %llu taken for unfinished, %llu "
          "ended by an assertion\n",
          kind.c_str(),
          static_cast<unsigned long long>(tally.damages),
          static_cast<unsigned long long>(tally.refused),
          static_cast<unsigned long long>(tally.started - tally.unfinished),
          static_cast<unsigned long long>(tally.verify_found),
          static_cast<unsigned long long>(tally.harmless),
          static_cast<unsigned long long>(tally.unreadable),
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

  // Of a log without the room behind, where damage would be none.
  [[nodiscard]] uint64_t DrawableBytesOf(const std::string& name) const {
    return absl::EndsWith(name, ".log")
               ? ReadFile(temp_.path("data/") + name).find_last_not_of('\0') + 1
               : fs::file_size(temp_.path("data/") + name);
  }

  [[nodiscard]] std::string NewestWithBytes(std::vector<std::string> names) const {
    std::erase_if(names, [this](const std::string& name) { return DrawableBytesOf(name) == 0; });
    return names.empty() ? "" : *std::max_element(names.begin(), names.end());
  }

  const TempFolder temp_;
  std::vector<uint64_t> hashes_;
  Recovered right_;
  std::vector<SideDatum> side_data_;
  SideMemory now_;
  // When Mark() was called; of a stopped server all of it.
  uint64_t marked_seq_ = 0;
  std::map<std::string, uint64_t> marked_bytes_;  // by log
  SideMemory at_mark_;
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
  (void)OpenLikeAServer(folder,
                        key_file,
                        [](const Recovered& /*recovered*/,
                           const Archive& /*archive*/,
                           const Vault& /*vault*/,
                           const ProgrammeSources& /*sources*/) {});
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
