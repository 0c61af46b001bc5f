// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every journal must find when it is read back: blocks that are whole, in
// sequence without a gap, each naming the hash of the one before, written by
// epochs that never go back.  Shared by the implementations of journal.h, so that
// they refuse the same damage in the same words.

#ifndef GONGHUI_ENGINE_DURABILITY_CHAIN_H_
#define GONGHUI_ENGINE_DURABILITY_CHAIN_H_

#include <cstdint>
#include <span>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/durability/journal.h"

namespace gonghui {

class ChainVerifier {
 public:
  // From the beginning of the shard's journal.
  explicit ChainVerifier(uint16_t shard) : shard_(shard) {}

  // Opens and verifies the next block, stored under the key `stored_seq`.
  absl::StatusOr<BlockView> Next(uint64_t stored_seq, std::span<const uint8_t> block);

  // Takes the next block as the beginning: its sequence and its predecessor's
  // hash are not compared with anything.
  void StartAnywhere() { started_ = false; }

  [[nodiscard]] const JournalTail& tail() const { return tail_; }

 private:
  const uint16_t shard_;
  bool started_ = true;
  JournalTail tail_;
  uint64_t epoch_ = 0;
};

// OK when a read from `from_seq` that ended at `tail` saw everything there should
// be; DATA_LOSS when the journal ends before `from_seq`, whatever was known of it.
absl::Status CheckReadEnd(uint16_t shard, uint64_t from_seq, const JournalTail& tail);

// What a writer may not do.  kCommitted when it may; else the answer, and *why.
AppendResult CheckAppend(const BlockHeader& header,
                         uint64_t current_epoch,
                         const JournalTail& tail,
                         std::string* why);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_CHAIN_H_
