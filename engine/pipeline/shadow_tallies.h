// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What versions in shadow would have answered, beside what was answered: by version,
// since it came into shadow or the engine started (docs/decisions/0007-programme-versions.md).
// Kept for people to look at; no part of any state.
//
// Thread safety: the ledger thread follows and counts, and waits for nobody; any thread
// reads.  A slot is a seqlock: a reader that meets a write reads again.

#ifndef GONGHUI_ENGINE_PIPELINE_SHADOW_TALLIES_H_
#define GONGHUI_ENGINE_PIPELINE_SHADOW_TALLIES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/virtual_array.h"
#include "engine/domain/ids.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

// asked = same + gained + lost + more + less.
struct ShadowTally {
  ProgrammeCode code;
  uint32_t version = 0;
  TimestampNs since;
  uint64_t asked = 0;
  uint64_t same = 0;
  uint64_t gained = 0;  // approved instead of declined
  uint64_t lost = 0;    // declined instead of approved
  uint64_t more = 0;    // approved both times, with more subsidy
  uint64_t less = 0;
  Fen subsidy_active;  // of all that were asked
  Fen subsidy_shadow;

  friend bool operator==(const ShadowTally&, const ShadowTally&) = default;
};

class ShadowTallies {
 public:
  ShadowTallies();

  // ---- Ledger thread ---------------------------------------------------------

  // All heads, from now on.  Once, before the others.
  void Start(const Ledger& ledger, TimestampNs now);
  // The stage of a version of that head may be another: a version that comes into shadow
  // begins with nothing.
  void Follow(const Ledger& ledger, ProgrammeHeadRow head);
  // A decision was `active`, and would have been `shadow` with all versions in shadow in
  // place of their programmes' active ones, of which these had a say.
  void Count(const Ledger& ledger,
             std::span<const ProgrammeRow> versions,
             const Transaction& active,
             const Transaction& shadow);

  // ---- Any thread ------------------------------------------------------------

  // Of the versions that are in shadow, in the order of their heads.
  [[nodiscard]] std::vector<ShadowTally> Read() const;

 private:
  // A tally's fields, word by word, so that each can be read while it is written.
  enum Word : size_t {
    kCode,                                                        // and the words after it
    kVersion = kCode + sizeof(ProgrammeCode) / sizeof(uint64_t),  // 0 = none is in shadow
    kSince,
    kAsked,
    kSame,
    kGained,
    kLost,
    kMore,
    kLess,
    kSubsidyActive,
    kSubsidyShadow,
    kWords,
  };
  // One cache line and a half of another: neighbours are written by the same thread.
  struct Slot {
    uint64_t sequence;  // odd while it is written
    uint64_t words[kWords];
  };

  template <class Change>
  void Write(ProgrammeHeadRow head, Change&& change);
  static void Store(Slot& slot, size_t word, uint64_t value);
  static void Add(Slot& slot, size_t word, uint64_t value);
  // False: it was written meanwhile.
  [[nodiscard]] bool ReadOne(uint32_t head, ShadowTally* tally) const;

  VirtualArray<Slot> slots_;  // by head
  std::atomic<uint32_t> heads_{0};
  // Ledger thread only.
  TimestampNs started_at_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_SHADOW_TALLIES_H_
