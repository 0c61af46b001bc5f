// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions: what was decided under one request id, and what became of it.
//
// There is one row for every request id of a known terminal, approved or
// declined, because a decline sticks to its id as firmly as an approval.  A
// capture or reversal has a row of its own and names its original.

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
};

enum class TransactionState : uint8_t {
  kDeclined = 1,
  kPending = 2,            // held, nothing captured
  kPartiallyCaptured = 3,  // something captured, the rest still held
  kCaptured = 4,           // final: nothing is held any more
  kReversed = 5,
  kExpired = 6,    // the hold ran out; what was captured before stays captured
  kCompleted = 7,  // a capture or reversal that was accepted
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

struct Transaction {
  RequestId request_id;
  CommandSeq seq;  // of the event that made it; with the shard, the transaction id
  TimestampNs decided_at;
  // Pending: the logical instant from which it can no longer be captured.
  // Declined: next_eligible_at, 0 = not known.
  TimestampNs expires_at;
  CardNumber card;
  Fen list_price;   // authorization: asked for; capture: amount captured
  Fen member_pays;  // list_price = member_pays + subsidy, always
  Fen subsidy;      // money only; things are in the shares
  // Authorization, approved: how much of list_price and subsidy is captured.
  // Declined by a limit: what was used and held of failed_limit then.
  Fen captured;
  Fen captured_subsidy;
  uint64_t programme_hash = 0;  // of the programme code that the caller named; 0 = none
  TerminalRow terminal;
  MerchantRow merchant;
  MemberRow member;
  TransactionRow original;    // capture, reversal
  AppliedRow first_applied;   // applied_count rows from here
  UseRow first_use;           // use_count rows from here
  BenefitRow failed_benefit;  // declined: the candidate that came furthest
  LimitRow failed_limit;
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
  bool original_found = false;  // reversal
  // A reversal came before its original: this row only keeps the original's
  // request id, so that the late original is declined.
  bool tombstone = false;
  bool capture_all = false;  // capture: no amount was given
  uint8_t reserved = 0;
  // Capture, reversal: the reference and amount as they were sent, so that a
  // repeat with other ones is told apart.
  TransactionId original_id;
  RequestId original_request_id;
  Fen asked_amount;
};
static_assert(sizeof(Transaction) == 184);

// One funder's part of one benefit of one transaction.
struct Applied {
  BenefitRow benefit;
  FundRow fund;
  Fen authorized;  // frozen at the decision
  Fen held;        // of that, still held
  Fen spent;       // of that, captured
};
static_assert(sizeof(Applied) == 32);

// One counter that a transaction took from.  The key of the counter is
// (series of limit, subject, window): the window is recorded, so that a
// give-back finds the window it came from.
struct Use {
  LimitRow limit;
  uint32_t subject = 0;
  WindowNumber window = 0;
  BenefitRow benefit;
  int64_t amount = 0;  // uses or fen
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
  uint32_t reserved = 0;
  int64_t held = 0;
  int64_t used = 0;
};
static_assert(sizeof(Counter) == 32);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_TRANSACTION_H_
