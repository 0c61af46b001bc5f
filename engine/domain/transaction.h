// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions: what was decided under one request id, and what became of it.
//
// There is one row for every request id of a known terminal, approved or
// declined, because a decline sticks to its id as firmly as an approval.  A
// capture, increment, reversal or refund has a row of its own and names its original.

#ifndef GONGHUI_ENGINE_DOMAIN_TRANSACTION_H_
#define GONGHUI_ENGINE_DOMAIN_TRANSACTION_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"
#include "engine/domain/reason.h"

namespace gonghui {

// All enums of this file are stored: do not change values.

enum class TransactionKind : uint8_t {
  kAuthorization = 1,  // a hold, or with capture_at_once a sale
  kCapture = 2,
  kReversal = 3,
  kIncrement = 7,  // numbered as their commands and events are
  kRefund = 8,
  kBatchClose = 9,
};

enum class TransactionState : uint8_t {
  kDeclined = 1,
  kPending = 2,            // held, nothing captured
  kPartiallyCaptured = 3,  // something captured, the rest still held
  kCaptured = 4,           // final: nothing is held any more
  kReversed = 5,
  kExpired = 6,            // the hold ran out; what was captured before stays captured
  kCompleted = 7,          // a capture, increment, reversal, refund or close that was accepted
  kPartiallyRefunded = 8,  // nothing held; part of what was captured is given back
  kRefunded = 9,           // all of it
};

enum class Outcome : uint8_t {
  kApproved = 1,
  kApprovedPartial = 2,  // for less than was asked
  kDeclined = 3,
};

// What the caller wants when no benefit applies.
enum class IfNoBenefit : uint8_t {
  kDecline = 1,
  kFullPrice = 2,  // approve at list price: books nothing, burns no use
};

// Why a reversal was sent (ISO 8583 DE25 in brackets).
enum class ReversalReason : uint8_t {
  kCustomerCancellation = 1,  // 4000, 撤销: undoes a known outcome
  kTimeout = 2,               // 4021, 冲正: undoes an unknown one
  kLateReply = 3,             // 4006
  kDeviceUnable = 4,          // 4007: jam, nothing dispensed
};

// How the card was read (ISO 8583 DE22).
enum class PosEntryMode : uint8_t {
  kUnspecified = 0,
  kContactless = 1,
  kQrCode = 2,
  kChip = 3,
  kMagstripe = 4,
  kManual = 5,
};

// What became of an authorization after it was captured, and what only it has.
struct Progress {
  Fen refunded;  // of captured
  Fen refunded_subsidy;
  // What increments and partial reversals changed since; list_price and subsidy stay as
  // decided, for a repeat's comparison and answer.
  Fen restated;
  Fen restated_subsidy;
  LineRow first_line;  // line_count rows from here
  AdviceRow advice;    // none = it was asked online
  OccasionRow occasion;
  uint8_t reserved_2 = 0;
  bool returned = false;  // from the archive: stands out of order
  uint8_t line_count = 0;
  bool allow_partial = false;  // as asked
};

// The original and amount as they were sent, so that a repeat with other ones is told
// apart.
struct Reference {
  TransactionId original_id;
  RequestId original_request_id;
  Fen asked_amount;    // 0 when none was given
  LineRow first_line;  // refund: line_count rows from here
  AdviceRow advice;    // none = it was asked online
  BatchRow batch;      // kBatchClose
  std::array<uint8_t, 2> reserved{};
  bool returned = false;  // from the archive, as Progress
  uint8_t line_count = 0;
};
static_assert(sizeof(Progress) == sizeof(Reference));

struct Transaction {
  RequestId request_id;
  CommandSeq seq;  // of the event that made it; with the shard, the transaction id
  TimestampNs decided_at;
  // Pending: the logical instant from which it can no longer be captured.
  // Declined: next_eligible_at, 0 = not known.
  TimestampNs expires_at;
  CardNumber card;
  Fen list_price;   // authorization: asked for; others: their own amount
  Fen member_pays;  // list_price = member_pays + subsidy, always
  Fen subsidy;      // money only; things are in the shares
  // Authorization, approved: how much of list_price and subsidy is captured.
  // Declined by a limit: what was used and held of it then.  Declined by a fund: what was
  // available of it, and what was asked of it; both 0 of one that was not open.
  Fen captured;
  Fen captured_subsidy;
  union {
    uint64_t programme_hash = 0;  // authorization: of the programme code named; 0 = none
    CommandSeq original_seq;      // others: of their original; 0 = none was found
  };
  TerminalRow terminal;
  MerchantRow merchant;
  MemberRow member;
  // Came back from the archive, out of order: the last row before it that did not.  Of
  // all others none (0 as well when there was no such row: see `returned`).
  TransactionRow in_order;
  AppliedRow first_applied;  // applied_count rows from here
  UseRow first_use;          // use_count rows from here
  // Declined, or approved for want of a benefit: the candidate that came furthest.  Approved
  // with one: none where a share names it, else the (first) one that applied.
  BenefitRow benefit;
  // What of it refused, by the reason a limit's or a fund's row; see failed_limit().
  uint32_t failed_row = 0;
  uint32_t stan = 0;    // DE11, as sent; not a key
  uint32_t hold_s = 0;  // as asked; 0 = the benefit's own
  Reason reason = Reason::kNone;
  TransactionKind kind = TransactionKind::kAuthorization;
  TransactionState state = TransactionState::kDeclined;
  Outcome outcome = Outcome::kDeclined;
  IfNoBenefit if_no_benefit = IfNoBenefit::kDecline;
  PosEntryMode entry_mode = PosEntryMode::kUnspecified;
  ReversalReason reversal_reason = ReversalReason::kCustomerCancellation;
  uint8_t applied_count = 0;
  uint8_t use_count = 0;
  bool capture_at_once = false;
  bool final_capture = false;
  bool original_found = false;  // all but authorizations
  // A reversal came before its original: this row only keeps the original's
  // request id, so that the late original is declined.
  bool tombstone = false;
  bool no_amount = false;  // capture, reversal, refund: none was given, so all there is
  // Posted although a limit or fund had no room for it: a late capture or an advice.
  bool overrun = false;
  union {
    Progress progress;    // authorization
    Reference reference;  // all others
  };

  constexpr Transaction() : progress{} {}

  [[nodiscard]] constexpr bool IsAuthorization() const {
    return kind == TransactionKind::kAuthorization;
  }
  [[nodiscard]] constexpr LineRow first_line() const {
    return IsAuthorization() ? progress.first_line : reference.first_line;
  }
  [[nodiscard]] constexpr uint32_t line_count() const {
    return IsAuthorization() ? progress.line_count : reference.line_count;
  }
  [[nodiscard]] constexpr AdviceRow advice() const {
    return IsAuthorization() ? progress.advice : reference.advice;
  }
  [[nodiscard]] constexpr bool returned() const {
    return IsAuthorization() ? progress.returned : reference.returned;
  }

  // What refused; none = the reason is another one.
  [[nodiscard]] constexpr LimitRow failed_limit() const {
    return IsOfFund(reason) ? LimitRow{} : LimitRow{failed_row};
  }
  [[nodiscard]] constexpr FundRow failed_fund() const {
    return IsOfFund(reason) ? FundRow{failed_row} : FundRow{};
  }

  // Approved, and granted by a benefit that no share tells of.
  [[nodiscard]] constexpr BenefitRow benefit_without_share() const {
    const bool applied = outcome != Outcome::kDeclined && reason < Reason::kProgrammeNotFound;
    return applied ? benefit : BenefitRow{};
  }

  // Something is held, though its time may be over and not swept yet.
  [[nodiscard]] constexpr bool IsOpenHold() const {
    return state == TransactionState::kPending || state == TransactionState::kPartiallyCaptured;
  }
  // Of an authorization, as it stands.
  [[nodiscard]] constexpr Fen standing_price() const { return list_price + progress.restated; }
  [[nodiscard]] constexpr Fen standing_subsidy() const {
    return subsidy + progress.restated_subsidy;
  }
};
static_assert(sizeof(Transaction) == 200);

// One funder's part of one benefit of one transaction.
struct Applied {
  BenefitRow benefit;
  FundRow fund;
  Fen authorized;  // frozen at the decision
  Fen restated;    // what increments and partial reversals changed since
  Fen held;        // of both, still held
  Fen spent;       // of that, captured and not refunded, paid within the fund's budget
  Fen overrun;     // the same, paid beyond it
};
static_assert(sizeof(Applied) == 48);

// One counter that a transaction took from.  The key of the counter is
// (series of limit, subject, window): the window is recorded, so that a
// give-back finds the window it came from.
struct Use {
  LimitRow limit;
  uint32_t subject = 0;
  WindowNumber window = 0;
  BenefitRow benefit;
  int64_t amount = 0;  // uses or fen; restated with the authorization; a refund's is negative
  // As told in the answer: limit.max = used + held + left.
  int64_t used_after = 0;
  int64_t left_after = 0;
};
static_assert(sizeof(Use) == 40);

// (limit series, subject, window) -> held and used.
struct Counter {
  CounterSeriesRow series;
  uint32_t subject = 0;  // a row of the kind the limit names; 0 = everyone
  WindowNumber window = 0;
  // Since when there is something in it, without a gap: whole seconds from 1970, at most
  // UINT32_MAX.  Who has entered a draw, entered then.  Says nothing while there is nothing.
  uint32_t since_s = 0;
  int64_t held = 0;
  int64_t used = 0;  // below zero where refunds are banked in a later window (RefundTo)

  // REQUIRES: `at` is a whole second.
  [[nodiscard]] constexpr bool CountsSinceBefore(TimestampNs at) const {
    return held + used > 0 && int64_t{since_s} < FloorSecond(at);
  }
};
static_assert(sizeof(Counter) == 32);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_TRANSACTION_H_
