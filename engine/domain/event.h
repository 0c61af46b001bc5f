// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every effect on the ledger.  An event states the whole change: rows, amounts,
// counters.  Evolve() applies it without looking at a rule, so that an upgrade
// that changes a rule can never change a past answer.
//
// The double entry of a transaction event follows from its numbers alone (see
// ledger/postings.h) and sums to zero in each asset and layer.

#ifndef GONGHUI_ENGINE_DOMAIN_EVENT_H_
#define GONGHUI_ENGINE_DOMAIN_EVENT_H_

#include <array>
#include <cstdint>

#include "engine/domain/command.h"
#include "engine/domain/limits.h"

namespace gonghui {

enum class EventKind : uint8_t {  // stored: do not change values
  kNone = 0,                      // nothing changes; never journalled
  kAuthorized = 1,                // decided: approved or declined
  kCaptured = 2,
  kReversed = 3,
  kHoldExpired = 4,
  kIncremented = 7,
  kRefunded = 8,
  kBatchClosed = 9,
  kArchived = 11,            // content by the command's pointer, as operators' events
  kThawed = 12,              // likewise; transaction_row is the new row
  kProgrammeActivated = 13,  // `row` = the version that was scheduled for `at` or before

  kSegmentDefined = 20,
  kUnionNodeSet = 21,
  kMemberSet = 22,
  kCardSet = 23,
  kMerchantSet = 24,
  kTerminalSet = 25,
  kFundSet = 26,
  kProgrammeApplied = 27,
  kMemberStatusSet = 28,
  kCardStatusSet = 29,
  kCardReplaced = 30,
  kProgrammeRetired = 31,  // `row` = the head
  kProgrammeStaged = 32,   // `row` = the version
  kVouchersIssued = 33,    // `row` = the series; which are new, Evolve() sees as Decide() did
  kVouchersVoided = 34,
  kDrawCommitted = 35,  // `row` = the draw, here and below
  kDrawClosed = 36,
  kDrawSettled = 37,
  kPrizeDrawn = 38,           // `row` = the draw, `row_2` = the prize
  kContributed = 39,          // `row` = the contribution, `row_2` = the span that is extended
  kContributionRevoked = 40,  // `row` = the contribution
  kClaimApproved = 41,        // `row` = the occasion, here and below
  kClaimRejected = 42,        // its hold is released: `original`, shares and uses
};

// What changes in a fund, and in the share of the transaction that caused it.
struct ShareDelta {
  BenefitRow benefit;
  FundRow fund;
  Fen held_delta;
  Fen spent_delta;
  Fen overrun_delta;
  Fen suspense_delta;  // the fund's alone
};

// What changes in a counter.
struct UseDelta {
  LimitRow limit;
  uint32_t subject = 0;
  WindowNumber window = 0;
  BenefitRow benefit;
  int64_t held_delta = 0;
  int64_t used_delta = 0;
  int64_t used_after = 0;  // for the answer; see Use
  int64_t left_after = 0;
  // Where Decide() found the counter, or that there is none, so that Evolve() need not look
  // again.  Hints, not journalled: neither = look.  That there is none is believed of an event's
  // first use alone, as it may make the counter of another.
  CounterRow counter;
  bool counter_is_new = false;
};

// Authorization: a new line's part of the subsidy.  Refund: what is given back of a line.
struct LineDelta {
  uint32_t number = 0;    // of the authorization's line, from 1
  uint32_t quantity = 0;  // pieces
  Fen price;
  Fen subsidy;
};

// What changes in the original of a capture, increment, reversal, refund or expiry.
struct OriginalChange {
  TransactionRow row;                                   // none = no original
  TransactionState state = TransactionState::kPending;  // afterwards
  // Its shares' authorized amounts and its uses' amounts follow what is held or spent:
  // an increment, or a reversal in part.
  bool restates = false;
  Fen list_price_delta;
  Fen subsidy_delta;
  Fen captured_delta;
  Fen captured_subsidy_delta;
  Fen refunded_delta;
  Fen refunded_subsidy_delta;
  int64_t expires_at_delta_ns = 0;
};

// A segment span with its segment resolved.
struct ResolvedSpan {
  TimestampNs starts_at;
  TimestampNs ends_at;
  SegmentBit segment = 0;
};

struct Event {
  EventKind kind = EventKind::kNone;
  CommandSeq seq;
  TimestampNs at;

  // The new row, numbered transaction_row.  kHoldExpired and kClaimRejected have none of
  // their own.
  TransactionRow transaction_row;
  Transaction transaction;
  OriginalChange original;
  // kReversed of an unknown original: the tombstone's row.
  TransactionRow tombstone_row;

  // Deltas.  With an original, share i belongs to its applied row i, and use i to its
  // use row i, except that a refund's uses tell their own windows and may be fewer.
  uint32_t share_count = 0;
  uint32_t use_count = 0;
  // The member's own part, as it moves between the merchant's collected
  // accounts and the members' payable.
  Fen member_pending_delta;
  Fen member_posted_delta;
  std::array<ShareDelta, kSharesPerTransactionMax> shares;
  std::array<UseDelta, kUsesPerTransactionMax> uses;
  // The items' codes are the command's (authorization) or the original's (refund).
  uint32_t line_count = 0;
  std::array<LineDelta, kLinesPerTransactionMax> lines;
  // An advice's evidence and verdict; advice.transaction = transaction_row then.
  bool is_advice = false;
  bool queue_empty = false;
  Advice advice;
  Batch batch;  // kBatchClosed: the row that is added
  // kAuthorized: the row of the code that is used up; the next number = a new one; none =
  // no code.  Which code, the command says.
  CodeUseRow code_use_row;
  // kAuthorized: the occasion's row, transaction.progress.occasion, is added; what was asked,
  // the command says.
  bool has_occasion = false;
  // What becomes of the voucher of the authorization, or of the original.
  VoucherState voucher_state = VoucherState::kIssued;
  VoucherRow voucher_row;  // none = nothing

  // Operators' events: the row that is set (new rows: the next number), and the
  // content by the command's pointer.
  uint32_t row = 0;
  uint32_t row_2 =
      0;  // kCardSet, kTerminalSet, kMemberSet ...: the parent's row; see evolve_admin.cc
  uint32_t span_count = 0;
  std::array<ResolvedSpan, kSegmentSpansPerMemberMax> spans;
  const Command* command = nullptr;  // what caused it; valid as long as the command is
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_EVENT_H_
