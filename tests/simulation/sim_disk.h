// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The disk of a simulated machine, behind the ports of engine/durability: what was durable when
// the power went is what the next start finds.  Faults strike its calls, and its bytes rot.
//
// What it does to a call that a fault strikes is what file systems do: nothing of it may be
// there afterwards, all of it (only the answer was lost), the first entries of what goes to the
// archive, or the first bytes of a block, which the log that a journal is kept in drops when it is
// read: none are kept here, so that it is as if nothing had been written.  Damage is
// done to whatever was durable; what was read of it is remembered, so that a start which did not
// notice can be told from one that had no need of it.
//
// It counts a fault when it strikes, not when it is asked for: a disk that is full while
// nobody writes has harmed nobody, and torn is only what has left a part behind.
//
// Thread safety: none; a simulation has one thread.

#ifndef GONGHUI_TESTS_SIMULATION_SIM_DISK_H_
#define GONGHUI_TESTS_SIMULATION_SIM_DISK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/prng.h"
#include "engine/durability/archive.h"
#include "engine/durability/block_format.h"
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/journal.h"
#include "engine/durability/memory_archive.h"
#include "tests/simulation/sim_faults.h"

namespace gonghui {

class SimDisk {
 public:
  // Of one shard.  Counts what strikes in *counts, which outlives it.
  SimDisk(uint64_t seed, FaultCounts* counts);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  [[nodiscard]] Journal& journal();
  [[nodiscard]] CheckpointStore& checkpoints();
  [[nodiscard]] Archive& archive();

  // ---- What goes wrong with calls ----

  // The power goes at the call after so many more of them: it is done, half done or not, and
  // all later ones fail.  Counted as kCutInRecovery until Started(), as kCutInCall after it.
  void CutPowerAfter(uint64_t calls) { cut_after_ = calls + 1; }
  // From now on a block that was acknowledged may be gone at PowerOn().
  void Lie() { lies_ = true; }
  // There is no room for more: whatever writes fails, and nothing of it is there.
  void SetFull(bool full) {
    full_ = full;
    full_has_struck_ = false;
  }
  // The next call that writes fails, and may be there all the same.
  void FailNextWrite() { fail_next_write_ = true; }
  [[nodiscard]] bool is_off() const { return off_; }
  // Something of the above has struck since PowerOn().
  [[nodiscard]] bool has_struck() const { return struck_; }
  // Somebody has been told since PowerOn() that a write is not done.  Whoever goes on all the
  // same promises what may not be there.
  [[nodiscard]] bool write_has_failed() const { return write_failed_; }

  // What was armed and has not struck strikes nobody.
  void Disarm() {
    full_ = fail_next_write_ = false;
    cut_after_ = 0;
  }

  // The process or the machine begins anew: nothing strikes any more, and what was cut off is
  // dropped.
  void PowerOn();
  // It has read what it needs.
  void Started() { starting_ = false; }

  // ---- What goes wrong with bytes ----

  // Damages something.  False: there is nothing of that kind.
  bool Damage(SimFault how);
  // As from a backup.  REQUIRES: blocks and pages were only read since.
  void Repair();
  // What is damaged, in words; empty = nothing.
  [[nodiscard]] const std::string& damage() const { return damage_; }
  [[nodiscard]] bool is_stale() const {  // a page, which then is a good one but not the newest
    return damaged_page_.has_value() && !PageAt(*damaged_page_).checksum_fails;
  }
  // Something that is damaged has been handed out since.
  [[nodiscard]] bool damage_was_read() const { return damage_was_read_; }

  // ---- What is true ----

  // All events before this one are durable.
  [[nodiscard]] uint64_t durable_next_seq() const { return tail_.next_seq; }
  // Of the newest checkpoint.
  [[nodiscard]] uint64_t page_count() const;

  // A start from nothing but the journal must come to the same state: a second set of ports on
  // the same blocks, without checkpoints and with an empty archive.
  [[nodiscard]] std::unique_ptr<SimDisk> JournalAlone() const;

 private:
  class JournalPort;
  class CheckpointPort;
  class ArchivePort;

  enum class Call : uint8_t {
    kRead,
    kWrite,    // all of it or nothing
    kInParts,  // a write that may be cut in its midst
  };
  enum class Fate : uint8_t { kDone, kDoneButFails, kInPart, kFails };
  struct StoredBlock {
    uint64_t first_seq = 0;  // its key
    std::vector<uint8_t> bytes;
  };
  using PageKey = std::pair<uint8_t, uint32_t>;
  struct StoredPage {
    std::vector<uint8_t> bytes;   // empty = there is none
    std::vector<uint8_t> before;  // what the last checkpoint replaced; empty = nothing
    bool checksum_fails = false;
  };
  // A page on its way into the next checkpoint.
  struct WrittenPage {
    PageKey key;
    std::vector<uint8_t> bytes;
  };

  Fate NextCall(Call call);
  void Count(SimFault fault) { ++(*counts_)[static_cast<size_t>(fault)]; }
  [[nodiscard]] StoredPage& PageAt(PageKey key) { return pages_[key.first][key.second]; }
  [[nodiscard]] const StoredPage& PageAt(PageKey key) const {
    return pages_[key.first][key.second];
  }
  [[nodiscard]] static const char* WhyItFails() { return "simulated I/O error"; }
  bool DamageBlock(SimFault how);
  bool DamagePage(SimFault how);

  Prng prng_;
  FaultCounts* const counts_;
  const std::unique_ptr<JournalPort> journal_;
  const std::unique_ptr<CheckpointPort> checkpoints_;
  const std::unique_ptr<ArchivePort> archive_;

  bool lies_ = false;
  bool off_ = false;
  bool full_ = false;
  bool full_has_struck_ = false;
  bool fail_next_write_ = false;
  bool struck_ = false;
  bool write_failed_ = false;
  bool starting_ = true;
  uint64_t cut_after_ = 0;  // 0 = not

  // The journal.
  uint64_t epoch_ = 0;
  JournalTail tail_;
  std::vector<StoredBlock> blocks_;

  // The newest checkpoint, by table and page, and the one that is being written.
  std::optional<CheckpointMeta> checkpoint_;
  std::array<std::vector<StoredPage>, kCheckpointTablesMax> pages_;
  std::vector<WrittenPage> writing_;

  MemoryArchive stored_;

  std::string damage_;
  bool damage_was_read_ = false;
  StoredBlock good_block_;               // while it is damaged
  std::optional<size_t> damaged_block_;  // the lost one: the one after it
  bool block_is_lost_ = false;
  StoredPage good_page_;
  std::optional<PageKey> damaged_page_;
  bool archive_unreadable_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_DISK_H_
