// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/shadow_tallies.h"

#include <algorithm>
#include <array>
#include <thread>

#include "engine/domain/limits.h"
#include "engine/domain/programme.h"
#include "engine/domain/transaction.h"

namespace gonghui {
namespace {

bool IsApproved(const Transaction& transaction) {
  return transaction.outcome != Outcome::kDeclined;
}

// The words lie in a sparse array, which holds plain ones.
std::atomic_ref<uint64_t> Atomic(uint64_t& word) {
  return std::atomic_ref<uint64_t>(word);
}
uint64_t LoadAcquire(const uint64_t& word) {
  return Atomic(const_cast<uint64_t&>(word)).load(std::memory_order_acquire);
}

}  // namespace

ShadowTallies::ShadowTallies() : slots_(size_t{kProgrammesMax} + 1) {}

// ---- Ledger thread ---------------------------------------------------------------

// Each store releases the ones before it, the odd sequence first of all: a reader that
// sees any of the new words sees that the sequence is another.
void ShadowTallies::Store(Slot& slot, size_t word, uint64_t value) {
  Atomic(slot.words[word]).store(value, std::memory_order_release);
}

void ShadowTallies::Add(Slot& slot, size_t word, uint64_t value) {
  Store(slot, word, Atomic(slot.words[word]).load(std::memory_order_relaxed) + value);
}

template <class Change>
void ShadowTallies::Write(ProgrammeHeadRow head, Change&& change) {
  Slot& slot = slots_[head.value()];
  const uint64_t sequence = Atomic(slot.sequence).load(std::memory_order_relaxed);
  Atomic(slot.sequence).store(sequence + 1, std::memory_order_relaxed);
  change(slot);
  Atomic(slot.sequence).store(sequence + 2, std::memory_order_release);
}

void ShadowTallies::Start(const Ledger& ledger, TimestampNs now) {
  started_at_ = now;
  for (uint32_t i = 1; i <= ledger.programme_heads().size(); ++i) {
    Follow(ledger, ProgrammeHeadRow{i});
  }
}

void ShadowTallies::Follow(const Ledger& ledger, ProgrammeHeadRow head_row) {
  const ProgrammeHead& head = ledger.programme_heads()[head_row];
  const Programme& shadow = ledger.programmes()[head.shadow];  // row 0 is all zero
  Slot& slot = slots_[head_row.value()];
  const TimestampNs since = std::max(shadow.staged_at, started_at_);
  const bool same =
      Atomic(slot.words[kVersion]).load(std::memory_order_relaxed) == shadow.version &&
      (shadow.version == 0 || Atomic(slot.words[kSince]).load(std::memory_order_relaxed) ==
                                  static_cast<uint64_t>(since.value()));
  if (!same) {
    Write(head_row, [&](Slot& written) {
      for (size_t word = 0; word < kWords; ++word) {
        Store(written, word, 0);
      }
      for (size_t i = 0; i < head.code.words.size(); ++i) {
        Store(written, kCode + i, head.code.words[i]);
      }
      Store(written, kVersion, shadow.version);
      Store(written, kSince, static_cast<uint64_t>(since.value()));
    });
  }
  if (head_row.value() > heads_.load(std::memory_order_relaxed)) {
    heads_.store(head_row.value(), std::memory_order_release);
  }
}

void ShadowTallies::Count(const Ledger& ledger,
                          std::span<const ProgrammeRow> versions,
                          const Transaction& active,
                          const Transaction& shadow) {
  Word outcome = kSame;
  if (IsApproved(active) != IsApproved(shadow)) {
    outcome = IsApproved(shadow) ? kGained : kLost;
  } else if (active.subsidy != shadow.subsidy) {
    outcome = shadow.subsidy > active.subsidy ? kMore : kLess;
  }
  for (const ProgrammeRow version : versions) {
    Write(ledger.programmes()[version].head, [&](Slot& slot) {
      Add(slot, kAsked, 1);
      Add(slot, outcome, 1);
      Add(slot, kSubsidyActive, static_cast<uint64_t>(active.subsidy.value()));
      Add(slot, kSubsidyShadow, static_cast<uint64_t>(shadow.subsidy.value()));
    });
  }
}

// ---- Any thread ------------------------------------------------------------------

bool ShadowTallies::ReadOne(uint32_t head, ShadowTally* tally) const {
  const Slot& slot = slots_[head];
  const uint64_t before = LoadAcquire(slot.sequence);
  if (before % 2 != 0) {
    return false;
  }
  std::array<uint64_t, kWords> words;
  for (size_t word = 0; word < kWords; ++word) {
    words[word] = LoadAcquire(slot.words[word]);  // keeps the look at the sequence behind it
  }
  if (LoadAcquire(slot.sequence) != before) {
    return false;
  }
  for (size_t i = 0; i < tally->code.words.size(); ++i) {
    tally->code.words[i] = words[kCode + i];
  }
  tally->version = static_cast<uint32_t>(words[kVersion]);
  tally->since = TimestampNs{static_cast<int64_t>(words[kSince])};
  tally->asked = words[kAsked];
  tally->same = words[kSame];
  tally->gained = words[kGained];
  tally->lost = words[kLost];
  tally->more = words[kMore];
  tally->less = words[kLess];
  tally->subsidy_active = Fen{static_cast<int64_t>(words[kSubsidyActive])};
  tally->subsidy_shadow = Fen{static_cast<int64_t>(words[kSubsidyShadow])};
  return true;
}

std::vector<ShadowTally> ShadowTallies::Read() const {
  std::vector<ShadowTally> tallies;
  const uint32_t heads = heads_.load(std::memory_order_acquire);
  for (uint32_t head = 1; head <= heads; ++head) {
    ShadowTally tally;
    while (!ReadOne(head, &tally)) {
      std::this_thread::yield();
    }
    if (tally.version != 0) {
      tallies.push_back(tally);
    }
  }
  return tallies;
}

}  // namespace gonghui
