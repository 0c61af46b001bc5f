// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Does to a ledger between its commands what the pipeline would do: transactions leave for
// an archive, in random steps and at random moments, and what a command names comes back
// before it is decided.  Nobody who asks may notice.

#ifndef GONGHUI_TESTS_MODEL_RANDOM_ARCHIVER_H_
#define GONGHUI_TESTS_MODEL_RANDOM_ARCHIVER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "engine/ledger/archive_slice.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/archiving.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

enum class Archiving {
  kNever,      // but when it is told to
  kSometimes,  // parts, and changes between copy and step
  kAlways,     // everything that may leave, after every command
};

// Another archive that is given the same, and must find the same.
class ArchiveTwin {
 public:
  virtual ~ArchiveTwin() = default;
  virtual void Put(const ArchiveSlice& slice, const Ledger& ledger) = 0;
  struct Find {
    ArchivedTransaction transaction;
    TerminalId asker;  // does not come back unless it is of that terminal's merchant
  };
  [[nodiscard]] virtual std::vector<Find> FindNamed(const Command& command) = 0;
};

class RandomArchiver {
 public:
  RandomArchiver(Archiving when, uint64_t seed, const EmitEvent& emit);

  // What comes back is then the twin's.  Not across Restart(), which forgets what was put
  // and never left.
  void set_twin(ArchiveTwin* twin) { twin_ = twin; }

  // Before a command.  Empty, or what is wrong.
  [[nodiscard]] std::string BringBack(Ledger* ledger, const Command& command, TimestampNs now);
  // A table had no room for what was last to come back: the command is not decided.
  [[nodiscard]] bool was_full() const { return was_full_; }
  // After a command.
  [[nodiscard]] std::string TakeAway(Ledger* ledger, TimestampNs now);
  // All that may leave, at once.
  [[nodiscard]] std::string TakeAllAway(Ledger* ledger, TimestampNs now);
  // By hand: so many more rows are copied; what is copied is put, and one step made of it.
  void CopySome(Ledger* ledger, uint32_t rows);
  [[nodiscard]] std::string LeaveSome(Ledger* ledger, TimestampNs now, uint32_t step_rows);
  // All that has left, as far as there is room.  Empty, or what is wrong.
  [[nodiscard]] std::string BringAllBack(Ledger* ledger, TimestampNs now);

  // The ledger is another one, of the same state: nothing is copied of it.
  void Restart(MapArchive archive);

  [[nodiscard]] const MapArchive& archive() const { return archive_; }
  // What happened; a run that does none of it is blind.
  struct Counts {
    int left = 0;      // rows
    int returned = 0;  // transactions
    int steps = 0;
    int refused = 0;  // of these
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  enum class Stage { kIdle, kCopying, kLeaving };

  Verdict Submit(Ledger* ledger, const OwnedCommand& command, TimestampNs now);
  Verdict Thaw(Ledger* ledger, const ArchivedTransaction& transaction, TimestampNs now);
  void Begin(Ledger* ledger);
  void Put(const Ledger& ledger, uint32_t step_rows);
  [[nodiscard]] std::string MakeStep(Ledger* ledger, TimestampNs now);
  [[nodiscard]] bool HasChanged(const Ledger& ledger) const;

  const Archiving when_;
  Prng prng_;
  const uint64_t once_in_;  // commands between slices, about
  const EmitEvent emit_;
  MapArchive archive_;
  ArchiveTwin* twin_ = nullptr;
  Stage stage_ = Stage::kIdle;
  ArchiveSlice slice_;
  std::vector<ArchiveMark> steps_;  // those that are left, the last first
  bool was_full_ = false;
  Counts counts_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_RANDOM_ARCHIVER_H_
