// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fast ledger, a follower that only evolves its events, and the naive model,
// fed with the same commands and compared after each.  The ledger may have an archive;
// the model has none, and must not notice.

#ifndef GONGHUI_TESTS_MODEL_LEDGER_PAIR_H_
#define GONGHUI_TESTS_MODEL_LEDGER_PAIR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/ledger/ledger.h"
#include "engine/ledger/table.h"
#include "tests/model/naive_ledger.h"
#include "tests/model/random_archiver.h"
#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class LedgerPair {
 public:
  explicit LedgerPair(const LedgerLimits& limits = SmallLimits(),
                      Archiving archiving = Archiving::kNever,
                      uint64_t seed = 0);

  // Enough for any test of rules; the real ones reserve address space only, but
  // reserving takes time.
  static LedgerLimits SmallLimits();

  // Gives the command to all three.  Empty, or what they disagree about.  What it names
  // comes back from the archive before, and what may leave for it leaves afterwards.
  [[nodiscard]] std::string Apply(const OwnedCommand& command, TimestampNs now);
  // Prefetches the command after the one that is applied next, as the pipeline does with a
  // batch: what is decided in between may make the trail wrong, and no answer may tell.
  // Without effect with an archive.
  void LookAhead(const OwnedCommand& command, TimestampNs now);
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] const Answer& naive_answer() const { return naive_answer_; }
  [[nodiscard]] const Result& result() const { return result_; }

  // Funds, counters, accounts and what every transaction tells against the model,
  // invariants, and the hash against the follower's.  O(n).  Empty, or what is wrong.
  // What is in the archive is not looked at unless `with_archive`, which takes longer.
  [[nodiscard]] std::string CheckEverything(bool with_archive = true);

  // Throws the ledgers away and makes them again: one from all events (through their
  // bytes), and the archive with it, one from a photo of the tables.  Empty, or what is
  // not as it was.
  [[nodiscard]] std::string Crash();

  // All that may leave, and all that has left; or by hand, as RandomArchiver has it.
  // Empty, or what is wrong.
  [[nodiscard]] std::string TakeAllAway(TimestampNs now);
  [[nodiscard]] std::string BringAllBack(TimestampNs now);
  void CopySome(uint32_t rows) { archiver_.CopySome(ledger_.get(), rows); }
  [[nodiscard]] std::string LeaveSome(TimestampNs now, uint32_t step_rows);

  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] const NaiveLedger& model() const { return model_; }
  [[nodiscard]] const RandomArchiver& archiver() const { return archiver_; }
  // How many authorizations a version in shadow had a say in, and would have answered otherwise.
  [[nodiscard]] int shadowed() const { return shadowed_; }
  [[nodiscard]] int shadowed_otherwise() const { return shadowed_otherwise_; }
  void set_archive_twin(ArchiveTwin* twin) { archiver_.set_twin(twin); }

 private:
  struct Step {
    OwnedCommand command;
    Event event;
  };
  // Each page as it was photographed last.
  class PhotoAlbum final : public PageSink {
   public:
    using Pages = std::map<uint32_t, std::vector<uint8_t>>;

    void AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) override;
    void DropBefore(TableId table, uint32_t first_page);
    [[nodiscard]] const Pages& PagesOf(TableId table) { return pages_[table]; }

   private:
    std::map<TableId, Pages> pages_;
  };

  [[nodiscard]] std::string Decide(const OwnedCommand& command, TimestampNs now);
  // What an authorization would be answered by the versions in shadow, before it is decided.
  [[nodiscard]] std::string CompareShadow(const Command& asked, TimestampNs now);
  [[nodiscard]] std::string CheckWithArchive();
  [[nodiscard]] std::string Replay(Ledger* ledger, MapArchive* archive) const;
  [[nodiscard]] std::string LoadPhoto(Ledger* ledger);

  const LedgerLimits limits_;
  const Archiving archiving_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Ledger> follower_;
  NaiveLedger model_;
  RandomArchiver archiver_;
  PhotoAlbum album_;
  // All that changed anything.  A deque: events point to their commands.
  std::deque<Step> history_;
  Answer answer_;
  Answer naive_answer_;
  Result result_;
  std::vector<Ledger::Trail> trails_;  // of the commands to come, the next one first
  int shadowed_ = 0;
  int shadowed_otherwise_ = 0;
};

// An explanation and the decision it explains agree: empty, or where they do not.  What
// declines is the first check that fails of the candidate that came furthest; what is
// approved passed all of its own.
std::string ContradictionIn(const Answer& answer);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_LEDGER_PAIR_H_
