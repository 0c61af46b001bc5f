// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/archiving.h"

#include <algorithm>
#include <memory>

#include "engine/base/check.h"
#include "engine/ledger/archive_slice.h"

namespace gonghui {
namespace {

// Decides and evolves; false when nothing came of it.
bool Run(Ledger& ledger,
         TimestampNs now,
         const OwnedCommand& command,
         Result* result,
         const EmitEvent& emit) {
  const auto event = std::make_unique<Event>();
  ledger.Decide(command.command, now, event.get(), result);
  if (event->kind == EventKind::kNone) {
    return false;
  }
  ledger.Evolve(*event);
  if (emit) {
    emit(command, *event);
  }
  return true;
}

bool Thaw(Ledger& ledger,
          TimestampNs now,
          const ArchivedTransaction& transaction,
          const EmitEvent& emit) {
  const auto result = std::make_unique<Result>();
  return Run(ledger, now, OwnThaw(transaction), result.get(), emit) ||
         result->verdict != Verdict::kFull;
}

}  // namespace

// ---- The map ---------------------------------------------------------------------

void MapArchive::Put(const ArchivedTransaction& archived, const TerminalId& terminal) {
  const Transaction& transaction = archived.transaction;
  const Key key{transaction.seq, transaction.tombstone};
  Entry& entry = entries_[key];
  entry.transaction = transaction;
  entry.advice = archived.advice;
  entry.applied.assign(archived.applied.begin(),
                       archived.applied.begin() + transaction.applied_count);
  entry.uses.assign(archived.uses.begin(), archived.uses.begin() + transaction.use_count);
  entry.lines.assign(archived.lines.begin(), archived.lines.begin() + transaction.line_count());
  by_request_[{terminal, transaction.request_id}] = key;
  if (transaction.advice() == AdviceRow{} || transaction.reason == Reason::kAdviceTooOld) {
    return;
  }
  const auto [at, is_new] = by_advice_.try_emplace(Tied(NameOfAdvice(archived, terminal)), key);
  at->second = std::min(at->second, key);
}

ArchivedTransaction MapArchive::Whole(const Entry& entry) {
  ArchivedTransaction whole{};
  whole.transaction = entry.transaction;
  whole.advice = entry.advice;
  std::copy(entry.applied.begin(), entry.applied.end(), whole.applied.begin());
  std::copy(entry.uses.begin(), entry.uses.end(), whole.uses.begin());
  std::copy(entry.lines.begin(), entry.lines.end(), whole.lines.begin());
  return whole;
}

MapArchive::Name MapArchive::Tied(const AdviceName& name) {
  return {name.terminal,
          name.sequence,
          name.business_day,
          name.kind,
          name.amount,
          name.card,
          name.original,
          name.original_request_id};
}

std::vector<ArchivedTransaction> MapArchive::FindNamed(uint16_t shard,
                                                       const Command& command) const {
  std::vector<Key> keys;
  const auto add = [&](const auto& map, const auto& key) {
    const auto at = map.find(key);
    if (at != map.end() && std::find(keys.begin(), keys.end(), at->second) == keys.end()) {
      keys.push_back(at->second);
    }
  };
  const auto add_request = [&](const RequestId& id) {
    if (!id.IsNone()) {
      add(by_request_, std::pair{command.terminal, id});
    }
  };
  const auto add_id = [&](TransactionId id) {
    const Key key{SeqOf(id), false};
    if (id != TransactionId{} && ShardOf(id) == shard && entries_.contains(key) &&
        std::find(keys.begin(), keys.end(), key) == keys.end()) {
      keys.push_back(key);
    }
  };
  const auto add_original = [&](const auto& request) {
    add_id(request.original);
    add_request(request.original_request_id);
  };
  switch (command.kind) {
    case CommandKind::kAuthorize:
    case CommandKind::kCloseBatch:
      break;
    case CommandKind::kCapture:
      add_original(command.capture);
      break;
    case CommandKind::kIncrement:
      add_original(command.increment);
      break;
    case CommandKind::kReverse:
      add_original(command.reverse);
      break;
    case CommandKind::kRefund:
      add_original(command.refund);
      break;
    case CommandKind::kGetTransaction:
      add_id(command.inquiry.transaction);
      add_request(command.inquiry.request_id);
      break;
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      add_id(command.judge_claim->claim);
      break;
    default:
      return {};  // names no transaction
  }
  add_request(command.request_id);
  if (const std::optional<AdviceName> name = NameOfAdvice(command); name.has_value()) {
    add(by_advice_, Tied(*name));
  }
  std::vector<ArchivedTransaction> found;
  found.reserve(keys.size());
  for (const Key& key : keys) {
    found.push_back(Whole(entries_.at(key)));
  }
  return found;
}

void MapArchive::ForEach(const std::function<void(const ArchivedTransaction&)>& visit) const {
  for (const auto& [key, entry] : entries_) {
    visit(Whole(entry));
  }
}

// ---- Names and commands ------------------------------------------------------------

AdviceName NameOfAdvice(const ArchivedTransaction& archived, const TerminalId& terminal) {
  const Transaction& transaction = archived.transaction;
  GH_CHECK(transaction.advice() != AdviceRow{}, "seq=", transaction.seq);
  AdviceName name;
  name.terminal = terminal;
  name.sequence = archived.advice.sequence;
  name.business_day = archived.advice.business_day;
  name.kind = transaction.kind;
  if (transaction.IsAuthorization()) {
    name.amount = transaction.list_price;
    name.card = transaction.card;
  } else {
    name.amount = transaction.reference.asked_amount;
    name.original = transaction.reference.original_id;
    name.original_request_id = transaction.reference.original_request_id;
  }
  return name;
}

std::optional<AdviceName> NameOfAdvice(const Command& command) {
  if (command.advice == nullptr) {
    return std::nullopt;
  }
  AdviceName name;
  name.terminal = command.terminal;
  name.sequence = command.advice->sequence;
  name.business_day = command.advice->business_day;
  if (command.kind == CommandKind::kAuthorize) {
    name.kind = TransactionKind::kAuthorization;
    name.amount = command.authorize.list_price;
    name.card = command.authorize.card;
  } else {
    name.kind = TransactionKind::kCapture;
    name.amount = command.capture.has_amount ? command.capture.amount : Fen{0};
    name.original = command.capture.original;
    name.original_request_id = command.capture.original_request_id;
  }
  return name;
}

OwnedCommand OwnArchive(const ArchiveMark& mark) {
  const auto content = std::make_shared<ArchiveMark>(mark);
  OwnedCommand owned;
  owned.command.kind = CommandKind::kArchive;
  owned.command.archive = content.get();
  owned.content = content;
  return owned;
}

OwnedCommand OwnThaw(const ArchivedTransaction& transaction) {
  const auto content = std::make_shared<ArchivedTransaction>(transaction);
  OwnedCommand owned;
  owned.command.kind = CommandKind::kThaw;
  owned.command.thaw = content.get();
  owned.content = content;
  return owned;
}

// ---- Out and in --------------------------------------------------------------------

uint32_t ArchiveAll(Ledger& ledger,
                    TimestampNs now,
                    MapArchive& archive,
                    uint32_t rows_max,
                    uint32_t step,
                    const EmitEvent& emit) {
  ArchiveSlice slice;
  ledger.CopyForArchive(rows_max, &slice);
  slice.ForEach([&](const ArchivedTransaction& transaction) {
    archive.Put(transaction, ledger.terminals()[transaction.transaction.terminal].id);
  });
  const uint32_t before = ledger.archived_rows();
  const auto result = std::make_unique<Result>();
  for (const ArchiveMark& mark : slice.StepsOf(step)) {
    if (!Run(ledger, now, OwnArchive(mark), result.get(), emit)) {
      break;
    }
  }
  return ledger.archived_rows() - before;
}

bool ThawNamed(Ledger& ledger,
               TimestampNs now,
               const Command& command,
               const MapArchive& archive,
               const EmitEvent& emit) {
  bool all = true;
  for (const ArchivedTransaction& transaction : archive.FindNamed(ledger.shard(), command)) {
    all = Thaw(ledger, now, transaction, emit) && all;
  }
  return all;
}

bool ThawAll(Ledger& ledger, TimestampNs now, const MapArchive& archive, const EmitEvent& emit) {
  bool all = true;
  archive.ForEach([&](const ArchivedTransaction& transaction) {
    all = Thaw(ledger, now, transaction, emit) && all;
  });
  return all;
}

}  // namespace gonghui
