// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The archive, as a port: transactions that have left memory, for ever, to be found by
// all that may name one: the engine's id, a terminal's request id, an advice's name.
//
// What the journal does to the ledger, the archive follows: a transaction is put before
// the event that makes it leave memory is journalled, so that it is always in one of the
// two.  It may be in both (a crash between, or it has come back): memory is right.
//
// Puts belong to one thread at a time; finding, to any thread at any time.

#ifndef GONGHUI_ENGINE_DURABILITY_ARCHIVE_H_
#define GONGHUI_ENGINE_DURABILITY_ARCHIVE_H_

#include <cstdint>
#include <functional>
#include <span>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/archive.h"

namespace gonghui {

class Archive {
 public:
  virtual ~Archive() = default;

  struct Entry {
    ArchivedTransaction transaction;
    TerminalId terminal;
  };

  // Durable when it answers OK.  A crash or an error before leaves the first so many of the
  // entries: they are in memory as well, and memory is right.  An entry replaces an earlier
  // one of the same transaction; a request id finds the transaction that was put last under it (the
  // late original after its tombstone), an advice's name the one that was decided first.
  // One that was too old (Reason::kAdviceTooOld) is not found by its name.
  virtual absl::Status PutBlocking(uint16_t shard, std::span<const Entry> entries) = 0;

  // False: there is none.  DATA_LOSS says what is damaged.
  virtual absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                            TransactionId id,
                                            ArchivedTransaction* found) const = 0;
  virtual absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                            const TerminalId& terminal,
                                            const RequestId& id,
                                            ArchivedTransaction* found) const = 0;
  virtual absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                            const AdviceName& name,
                                            ArchivedTransaction* found) const = 0;

  // Every transaction once, as it was put last, in order of seq; a tombstone follows its
  // reversal.  Ends early with what `visit` answers when that is not OK.
  virtual absl::Status ForEachBlocking(
      uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const = 0;
  // For filters: ArchiveHash() of every request id and advice's name that finds something,
  // in any order.  Ends early when `visit` answers false.
  virtual absl::Status ForEachHashBlocking(uint16_t shard,
                                           const std::function<bool(uint64_t)>& visit) const = 0;
  // How many of these there are, about.
  [[nodiscard]] virtual uint64_t ApproximateHashes(uint16_t shard) const = 0;
};

// The terminal is left out of a request id's: ids are random.
[[nodiscard]] uint64_t ArchiveHash(const RequestId& id);
[[nodiscard]] uint64_t ArchiveHash(const AdviceName& name);

// REQUIRES: the transaction has an advice.
[[nodiscard]] AdviceName AdviceNameOf(const ArchivedTransaction& transaction,
                                      const TerminalId& terminal);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_ARCHIVE_H_
