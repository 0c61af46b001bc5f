// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parts of a record (record_format.h) have in common: which event is caused
// by which command, and the room that a record's head takes.
//
// The parts, in the order in which they stand in a record:
//
//   terminal_request.h     what a terminal asked
//   operator_content.h     what an operator asked
//   voucher_content.h      the same, about vouchers, draws, claims and contributions
//   programme_content.h    a programme that an operator applied
//   archived_codec.h       a transaction that comes back from the archive
//   transaction_row.h      the new transaction
//   transaction_deltas.h   what becomes of its original, of funds and counters
//   record_details.h       lines, evidence, batches: of the request, and of the effect
//
// Writers take where to write and return where they ended: a cursor that stays in the
// caller's hands would be stored and loaded again around every byte.

#ifndef GONGHUI_ENGINE_DURABILITY_RECORD_PARTS_H_
#define GONGHUI_ENGINE_DURABILITY_RECORD_PARTS_H_

#include <cstddef>
#include <cstdint>

#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/limits.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

constexpr bool IsOperators(EventKind kind) {
  return static_cast<uint8_t>(kind) >= static_cast<uint8_t>(EventKind::kSegmentDefined);
}
// Rows leave memory, or come back.
constexpr bool IsArchives(EventKind kind) {
  return kind == EventKind::kArchived || kind == EventKind::kThawed;
}
// Sets rows that operators know of: an operator's event, or what one had scheduled.
constexpr bool SetsRows(EventKind kind) {
  return IsOperators(kind) || kind == EventKind::kProgrammeActivated;
}
// An operator's, and of money too: it releases a hold, as a reversal does.
constexpr bool ReleasesClaim(EventKind kind) {
  return kind == EventKind::kClaimRejected;
}
// Has a transaction's row of its own.
constexpr bool IsTransaction(EventKind kind) {
  return kind != EventKind::kNone && kind != EventKind::kHoldExpired && !IsArchives(kind) &&
         !SetsRows(kind);
}

// The one command that causes events of this kind.
constexpr CommandKind CauseOf(EventKind kind) {
  if (kind == EventKind::kHoldExpired) {
    return CommandKind::kExpireHolds;
  }
  return static_cast<CommandKind>(kind);  // numbered alike
}
static_assert(CauseOf(EventKind::kReversed) == CommandKind::kReverse);
static_assert(CauseOf(EventKind::kIncremented) == CommandKind::kIncrement);
static_assert(CauseOf(EventKind::kRefunded) == CommandKind::kRefund);
static_assert(CauseOf(EventKind::kBatchClosed) == CommandKind::kCloseBatch);
static_assert(CauseOf(EventKind::kArchived) == CommandKind::kArchive);
static_assert(CauseOf(EventKind::kThawed) == CommandKind::kThaw);
static_assert(CauseOf(EventKind::kProgrammeActivated) == CommandKind::kActivateDue);
static_assert(CauseOf(EventKind::kSegmentDefined) == CommandKind::kDefineSegment);
static_assert(CauseOf(EventKind::kFundSet) == CommandKind::kSetFund);
static_assert(CauseOf(EventKind::kProgrammeRetired) == CommandKind::kRetireProgramme);
static_assert(CauseOf(EventKind::kProgrammeStaged) == CommandKind::kStageProgramme);
static_assert(CauseOf(EventKind::kVouchersIssued) == CommandKind::kIssueVouchers);
static_assert(CauseOf(EventKind::kVouchersVoided) == CommandKind::kVoidVouchers);
static_assert(CauseOf(EventKind::kDrawCommitted) == CommandKind::kCommitDraw);
static_assert(CauseOf(EventKind::kDrawClosed) == CommandKind::kCloseDraw);
static_assert(CauseOf(EventKind::kDrawSettled) == CommandKind::kSettleDraw);
static_assert(CauseOf(EventKind::kPrizeDrawn) == CommandKind::kDrawPrize);
static_assert(CauseOf(EventKind::kContributed) == CommandKind::kContribute);
static_assert(CauseOf(EventKind::kContributionRevoked) == CommandKind::kRevokeContribution);
static_assert(CauseOf(EventKind::kClaimApproved) == CommandKind::kApproveClaim);
static_assert(CauseOf(EventKind::kClaimRejected) == CommandKind::kRejectClaim);

constexpr TransactionKind TransactionKindOf(EventKind kind) {
  return static_cast<TransactionKind>(kind);  // numbered alike
}
static_assert(TransactionKindOf(EventKind::kAuthorized) == TransactionKind::kAuthorization);
static_assert(TransactionKindOf(EventKind::kCaptured) == TransactionKind::kCapture);
static_assert(TransactionKindOf(EventKind::kReversed) == TransactionKind::kReversal);
static_assert(TransactionKindOf(EventKind::kIncremented) == TransactionKind::kIncrement);
static_assert(TransactionKindOf(EventKind::kRefunded) == TransactionKind::kRefund);
static_assert(TransactionKindOf(EventKind::kBatchClosed) == TransactionKind::kBatchClose);

// As code.IsNone(), without the call to memcmp that comparing arrays becomes.
template <class Tag, size_t kWords>
bool IsNone(const Code<Tag, kWords>& code) {
  uint64_t all = 0;
  for (const uint64_t word : code.words) {
    all |= word;
  }
  return all == 0;
}

template <class C>
void Content(C& c, Ref<C, Totals> r) {
  c.Number(r.captures);
  c.Number(r.refunds);
  c.Number(r.reversals);
  c.Amount(r.captured);
  c.Amount(r.refunded);
  c.Amount(r.reversed);
  c.Amount(r.subsidy);
}
inline constexpr size_t kTotalsBytesMax = 3 * kInt32BytesMax + 4 * kVarintBytesMax;

[[nodiscard]] bool IsKnown(Reason reason);

// Of a fund or of a limit, as the reason says.  REQUIRES: the reason is read.
inline void ReadFailedRow(ByteReader& r, Transaction& t) {
  t.failed_row = static_cast<uint32_t>(
      r.Varint(IsOfFund(t.reason) ? kFundsMax : kLimitsMax, "row beyond its table"));
}

// What has no place in a record must be as it comes back: zero.
void CheckReserved(const Transaction& transaction);

// How long before `seq` another was, and back.
constexpr int64_t SeqsBetween(CommandSeq earlier, CommandSeq seq) {
  return static_cast<int64_t>(seq.value() - earlier.value());
}
constexpr CommandSeq SeqBefore(int64_t between, CommandSeq seq) {
  return CommandSeq{seq.value() - static_cast<uint64_t>(between)};
}

constexpr Fen Negative(Fen amount) {
  return Fen{WrappingSubtract(0, amount.value())};
}

// Bits of a byte or varint that are a state.
inline constexpr uint8_t kStateMask = 15;
static_assert(static_cast<uint8_t>(TransactionState::kRefunded) <= kStateMask);

// Length, kind, version, flags, time and caller.
inline constexpr size_t kRecordLengthBytesMax = 4;
inline constexpr size_t kRecordHeadBytesMax =
    kRecordLengthBytesMax + 3 + kVarintBytesMax + kCode2BytesMax + kRequestIdBytes;

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_RECORD_PARTS_H_
