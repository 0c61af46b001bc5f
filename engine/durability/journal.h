// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal, as a port: the one order of truth, in blocks.
//
// "Committed" means durable: when Append() answers kCommitted, the block is on
// stable storage and survives a power cut.  Only then may an answer leave.
//
// The contract is what a journal on etcd can also keep (design section 12): an
// append states the writer's epoch and the exact next sequence, so a deposed
// writer and a gap are both refused.  After kUnknown nobody knows what the disk
// holds: the engine stops (fail-stop) and recovery finds out.
//
// storage/rocksdb_journal.h is the embedded implementation; memory_journal.h
// serves tests and benchmarks.  tests/unit/durability holds the conformance
// suite that both pass.

#ifndef GONGHUI_ENGINE_DURABILITY_JOURNAL_H_
#define GONGHUI_ENGINE_DURABILITY_JOURNAL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"

namespace gonghui {

using BlockHash = std::array<uint8_t, 32>;  // SHA-256 of a whole encoded block

// First fields of every block; encoded by durability/block_format.h.
struct BlockHeader {
  uint16_t shard = 0;
  uint64_t epoch = 0;          // of the writer
  uint64_t first_seq = 0;      // sequence of the block's first event
  uint32_t event_count = 0;    // >= 1; the next block begins at first_seq + event_count
  TimestampNs at;              // time of the block's last event
  uint32_t rules_version = 0;  // of the code that decided
  uint64_t state_hash = 0;     // Ledger::StateHash() after the block's last event
  BlockHash previous{};        // of the block before; zeroes for the first
};

enum class AppendResult : uint8_t {
  kCommitted = 1,
  kConflict = 2,  // first_seq is not the next one
  kFenced = 3,    // another writer has acquired the shard
  kUnknown = 4,   // I/O failed; the block may or may not be there
};

// A block as it was read back: header and payload verified against its checksum,
// its place in the chain and the sequence before it.
struct BlockView {
  BlockHeader header;
  std::span<const uint8_t> payload;  // events, see durability/record_format.h
  BlockHash hash;                    // of the encoded block
};

// Where a journal ends.
struct JournalTail {
  uint64_t next_seq = 1;
  BlockHash last_hash{};
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Becomes the shard's writer.  Every earlier writer is fenced from here on.
  virtual absl::StatusOr<uint64_t> Acquire(uint16_t shard) = 0;

  // Appends one block and makes it durable.  Blocks.  `block` is the encoded
  // block (durability/block_format.h), `header` what it says.
  // One thread at a time.  A reason for anything but kCommitted is in *why.
  virtual AppendResult AppendBlocking(const BlockHeader& header,
                                      std::span<const uint8_t> block,
                                      std::string* why) = 0;

  // Calls visit for each block from the one that holds from_seq, in order, until
  // the end or until visit returns an error, which is passed on.  Verifies
  // checksums, chain and sequence; damage is DATA_LOSS and says where.
  virtual absl::Status ReadBlocking(uint16_t shard,
                                    uint64_t from_seq,
                                    const std::function<absl::Status(const BlockView&)>& visit) = 0;

  // Where the journal ends, from its last block.
  virtual absl::StatusOr<JournalTail> TailBlocking(uint16_t shard) = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_JOURNAL_H_
