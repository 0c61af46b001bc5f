// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/archive_lookup.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "engine/base/status_macros.h"
#include "engine/domain/advice_name.h"

namespace gonghui {
namespace {

// Commands whose filter lines are fetched together: enough for the misses to overlap.
constexpr size_t kTogether = 16;

// As Decider::AnsweredUnderAnotherId() asks.
AdviceName AdviceNameOf(const Command& command) {
  return AdviceNameAs<AdviceName>(command.terminal, command);
}

}  // namespace

// Finds, each once for each asker.
struct ArchiveLookup::Collected {
  std::unique_ptr<ArchiveFinds> finds = std::make_unique<ArchiveFinds>();
  absl::flat_hash_set<std::tuple<uint64_t, bool, uint64_t, uint64_t>> places;

  void Add(const ArchivedTransaction& found, const TerminalId& asker) {
    const Transaction& transaction = found.transaction;
    if (places
            .emplace(transaction.seq.value(), transaction.tombstone, asker.words[0], asker.words[1])
            .second) {
      finds->push_back(ArchiveFind{found, asker});
    }
  }
};

// What one command may ask the archive for.
struct ArchiveLookup::Names {
  struct Id {
    RequestId id;
    uint64_t hash = 0;
  };
  std::array<Id, 2> ids;  // its own, and its original's; of the calling terminal
  uint32_t id_count = 0;
  TransactionId transaction;  // its original's
  bool by_advice = false;
  uint64_t advice_hash = 0;
};

ArchiveLookup::Names ArchiveLookup::NamesOf(const Command& command) {
  Names names;
  const auto add = [&names](const RequestId& id) {
    names.ids[names.id_count++] = {id, ArchiveHash(id)};
  };
  const auto add_reference = [&](TransactionId transaction, const RequestId& id) {
    if (transaction == TransactionId{}) {
      add(id);
    } else {
      names.transaction = transaction;
    }
  };
  switch (command.kind) {
    case CommandKind::kAuthorize:
    case CommandKind::kCloseBatch:
      add(command.request_id);
      break;
    case CommandKind::kCapture:
      add(command.request_id);
      add_reference(command.capture.original, command.capture.original_request_id);
      break;
    case CommandKind::kReverse:
      add(command.request_id);
      add_reference(command.reverse.original, command.reverse.original_request_id);
      break;
    case CommandKind::kIncrement:
      add(command.request_id);
      add_reference(command.increment.original, command.increment.original_request_id);
      break;
    case CommandKind::kRefund:
      add(command.request_id);
      add_reference(command.refund.original, command.refund.original_request_id);
      break;
    case CommandKind::kGetTransaction:
      add_reference(command.inquiry.transaction, command.inquiry.request_id);
      break;
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      // One that is over may have left; whoever judges it is to be told so.
      names.transaction = command.judge_claim->claim;
      return names;
    case CommandKind::kQuote:  // answered afresh each time
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
    case CommandKind::kArchive:
    case CommandKind::kThaw:
    case CommandKind::kActivateDue:
    case CommandKind::kDefineSegment:
    case CommandKind::kSetUnionNode:
    case CommandKind::kSetMember:
    case CommandKind::kSetCard:
    case CommandKind::kSetMerchant:
    case CommandKind::kSetTerminal:
    case CommandKind::kSetFund:
    case CommandKind::kApplyProgramme:
    case CommandKind::kSetMemberStatus:
    case CommandKind::kSetCardStatus:
    case CommandKind::kReplaceCard:
    case CommandKind::kRetireProgramme:
    case CommandKind::kStageProgramme:
    case CommandKind::kIssueVouchers:
    case CommandKind::kVoidVouchers:
    case CommandKind::kCommitDraw:
    case CommandKind::kCloseDraw:
    case CommandKind::kSettleDraw:
    case CommandKind::kDrawPrize:
    case CommandKind::kContribute:
    case CommandKind::kRevokeContribution:
      return names;
  }
  if (command.advice != nullptr) [[unlikely]] {
    names.by_advice = true;
    names.advice_hash = ArchiveHash(AdviceNameOf(command));
  }
  return names;
}

// Seqs need no filter: what has left is all before some seq, with a few open holds among
// it that stayed.
bool ArchiveLookup::MayHold(TransactionId id) const {
  const uint64_t seq = SeqOf(id).value();
  return ShardOf(id) == shard_ &&
         (seq <= seq_max_.load(std::memory_order_relaxed) || SeqOf(id) >= kImportedSeqFirst);
}

absl::Status ArchiveLookup::FindBlocking(std::span<const Command> commands,
                                         std::unique_ptr<ArchiveFinds>* finds) const {
  finds->reset();
  std::unique_ptr<Collected> collected;
  std::array<Names, kTogether> names;
  for (size_t begin = 0; begin < commands.size(); begin += kTogether) {
    const std::span<const Command> some =
        commands.subspan(begin, std::min(kTogether, commands.size() - begin));
    for (size_t i = 0; i < some.size(); ++i) {
      names[i] = NamesOf(some[i]);
      for (uint32_t j = 0; j < names[i].id_count; ++j) {
        filter_.Prefetch(names[i].ids[j].hash);
      }
      if (names[i].by_advice) {
        filter_.Prefetch(names[i].advice_hash);
      }
    }
    for (size_t i = 0; i < some.size(); ++i) {
      GH_RETURN_IF_ERROR(FindNamedBlocking(some[i], names[i], &collected));
    }
  }
  if (collected != nullptr) {
    *finds = std::move(collected->finds);
  }
  return absl::OkStatus();
}

absl::Status ArchiveLookup::FindNamedBlocking(const Command& command,
                                              const Names& names,
                                              std::unique_ptr<Collected>* collected) const {
  // Filled only when the disk is asked, which is rare.
  std::unique_ptr<ArchivedTransaction> found;
  const auto ask = [&](const TerminalId& asker, const auto&... key) -> absl::Status {
    if (found == nullptr) {
      found = std::make_unique<ArchivedTransaction>();
    }
    disk_lookups_.fetch_add(1, std::memory_order_relaxed);
    GH_ASSIGN_OR_RETURN(const bool is_there, archive_.FindBlocking(shard_, key..., found.get()));
    if (!is_there) {
      return absl::OkStatus();
    }
    if (*collected == nullptr) {
      *collected = std::make_unique<Collected>();
    }
    (*collected)->Add(*found, asker);
    return absl::OkStatus();
  };
  for (uint32_t i = 0; i < names.id_count; ++i) {
    if (filter_.MayContain(names.ids[i].hash)) [[unlikely]] {
      GH_RETURN_IF_ERROR(ask(TerminalId{}, command.terminal, names.ids[i].id));
    }
  }
  if (names.by_advice && filter_.MayContain(names.advice_hash)) [[unlikely]] {
    GH_RETURN_IF_ERROR(ask(TerminalId{}, AdviceNameOf(command)));
  }
  if (names.transaction != TransactionId{} && MayHold(names.transaction)) [[unlikely]] {
    GH_RETURN_IF_ERROR(ask(command.terminal, names.transaction));
  }
  return absl::OkStatus();
}

}  // namespace gonghui
