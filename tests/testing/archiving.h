// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger that archives, without a pipeline and a disk: what has left it is in a map, and
// comes back before a command that names it is decided.
//
//   MapArchive archive;
//   ArchiveAll(ledger, now, archive, UINT32_MAX, 100, emit);   // all but open holds leaves
//   ThawNamed(ledger, now, command, archive, emit);            // as a submission does it
//   ledger.Decide(command, now, &event, &result);

#ifndef GONGHUI_TESTS_TESTING_ARCHIVING_H_
#define GONGHUI_TESTS_TESTING_ARCHIVING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/domain/archive.h"
#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

// Archived transactions, each as it was put last, as an archive on disk keeps them.
class MapArchive {
 public:
  void Put(const ArchivedTransaction& transaction, const TerminalId& terminal);

  [[nodiscard]] size_t size() const { return entries_.size(); }
  // What the command names, each once: what has its request id, its original, what an inquiry
  // asks for, the claim that it judges, the advice that it repeats.  A request id finds what was
  // put last under it, an advice's name the first that was decided.
  [[nodiscard]] std::vector<ArchivedTransaction> FindNamed(uint16_t shard,
                                                           const Command& command) const;
  // In order of seq; a tombstone follows its reversal.
  void ForEach(const std::function<void(const ArchivedTransaction&)>& visit) const;

 private:
  using Key = std::pair<CommandSeq, bool>;  // and whether it is a tombstone
  // An ArchivedTransaction without its empty places.
  struct Entry {
    Transaction transaction;
    Advice advice;
    std::vector<Applied> applied;
    std::vector<Use> uses;
    std::vector<Line> lines;
  };
  using Name = std::tuple<TerminalId,
                          uint32_t,
                          CivilDay,
                          TransactionKind,
                          Fen,
                          CardNumber,
                          TransactionId,
                          RequestId>;

  static Name Tied(const AdviceName& name);
  static ArchivedTransaction Whole(const Entry& entry);

  std::map<Key, Entry> entries_;
  std::map<std::pair<TerminalId, RequestId>, Key> by_request_;
  std::map<Name, Key> by_advice_;
};

// REQUIRES: the transaction has an advice.
AdviceName NameOfAdvice(const ArchivedTransaction& transaction, const TerminalId& terminal);
// Under which an advice that comes again finds the first of it; nullopt: it is no advice.
std::optional<AdviceName> NameOfAdvice(const Command& command);

// What the pipeline asks the ledger for.  The command owns its content.
OwnedCommand OwnArchive(const ArchiveMark& mark);
OwnedCommand OwnThaw(const ArchivedTransaction& transaction);

// Told of every event that was evolved, and of the command that caused it, which is gone
// afterwards, but for its content.
using EmitEvent = std::function<void(const OwnedCommand&, const Event&)>;

// Puts up to `rows_max` of the oldest transactions into the archive and has them leave, in
// steps of so many rows; open holds stay.  Returns how many rows left their place; fewer
// when the ledger had no room for the holds that stay.
uint32_t ArchiveAll(Ledger& ledger,
                    TimestampNs now,
                    MapArchive& archive,
                    uint32_t rows_max,
                    uint32_t step,
                    const EmitEvent& emit);
// Brings back what the command names (FindNamed).  False when the ledger had no room for one.
bool ThawNamed(Ledger& ledger,
               TimestampNs now,
               const Command& command,
               const MapArchive& archive,
               const EmitEvent& emit);
// Everything.  False when the ledger had no room for one.
bool ThawAll(Ledger& ledger, TimestampNs now, const MapArchive& archive, const EmitEvent& emit);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_ARCHIVING_H_
