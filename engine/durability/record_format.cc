// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a transaction's row, its command and its deltas share is written once:
// every field has a prediction from what stands before it in the record, and a
// mask says which fields differ.  So the common sale pays for nothing but its own
// numbers, and any event at all still comes back bit for bit.

#include "engine/durability/record_format.h"

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/durability/block_format.h"
#include "engine/durability/byte_codec.h"
#include "engine/durability/operator_content.h"

namespace gonghui {
namespace {

using codec::ByteReader;
using codec::ByteWriter;
using codec::OfZigzag;
using codec::WrappingAdd;
using codec::WrappingSubtract;

constexpr uint8_t kRecordVersion = 1;

// ---- The numbers of version 1: do not change --------------------------------

// Byte after the version.
enum RecordFlag : uint8_t {
  kHasCaller = 1 << 0,         // terminal id, request id
  kHasOriginal = 1 << 1,       // the original's change
  kHasTombstone = 1 << 2,      // the tombstone's row
  kHasDeltas = 1 << 3,         // shares and uses
  kHasMemberPending = 1 << 4,  // member_pending_delta is not as predicted
  kHasMemberPosted = 1 << 5,   // member_posted_delta is not as predicted
  kHasSpans = 1 << 6,          // resolved spans of a member
};
constexpr uint8_t kTransactionFlags =
    kHasCaller | kHasOriginal | kHasTombstone | kHasDeltas | kHasMemberPending | kHasMemberPosted;
constexpr uint8_t kOperatorFlags = kHasCaller | kHasSpans;

// First varint of an authorize command; bits 2..4 are the entry mode.  A flag that
// no field follows stands before those that one does, and so never costs the second
// byte.
enum AuthorizeFlag : uint32_t {
  kCaptureAtOnce = 1 << 0,
  kFullPriceIfNone = 1 << 1,
  kAllowPartial = 1 << 5,
  kNamesMerchant = 1 << 6,
  kNamesProgramme = 1 << 7,
  kNamesHold = 1 << 8,
};
constexpr uint32_t kAuthorizeFlagsAll = (1 << 9) - 1;
constexpr int kEntryModeShift = 2;

// First byte of a command about an original.  Of a reverse command bits 5..7 are
// the reason.
enum FollowUpFlag : uint8_t {
  kHasAmount = 1 << 0,
  kFinalCapture = 1 << 1,
  kByTransaction = 1 << 2,
  kByRequest = 1 << 3,
  kNamesAmount = 1 << 4,
  kNamesNewHold = 1 << 5,
};
constexpr int kReversalReasonShift = 5;
constexpr uint8_t kReversalReasonBits = 7 << kReversalReasonShift;
constexpr uint8_t kReferenceFlags = kByTransaction | kByRequest | kNamesAmount;
constexpr uint8_t kCaptureFlags = kReferenceFlags | kHasAmount | kFinalCapture;
constexpr uint8_t kReverseFlags = kReferenceFlags | kHasAmount | kReversalReasonBits;
constexpr uint8_t kIncrementFlags = kReferenceFlags | kNamesNewHold;
constexpr uint8_t kRefundFlags = kReferenceFlags | kHasAmount;

// First varint of an original's change, behind its row: bits 0..3 are the state.
// A capture's and an expiry's are one byte.
enum OriginalFlag : uint32_t {
  kCapturedDelta = 1 << 4,
  kCapturedSubsidyDelta = 1 << 5,
  kRefundedDelta = 1 << 6,
  kRefundedSubsidyDelta = 1 << 7,
  kListPriceDelta = 1 << 8,
  kSubsidyDelta = 1 << 9,
  kExpiresAtDelta = 1 << 10,
  kRestates = 1 << 11,
};
constexpr uint32_t kOriginalFlagsAll = (1 << 12) - 1;

// The transaction's state byte: bits 0..3 the state, bits 4..5 the outcome.
enum StateFlag : uint8_t {
  kIsFinalCapture = 1 << 6,
  kIsOriginalFound = 1 << 7,
};
constexpr int kOutcomeShift = 4;
constexpr uint8_t kStateMask = 15;
static_assert(static_cast<uint8_t>(TransactionState::kRefunded) <= kStateMask);

// Which fields of the transaction are not as predicted; the most usual ones come
// first, so that the mask is one byte for most records.
enum TransactionField : uint32_t {
  kTerminal = 1u << 0,  // predicted: none, and so for all rows
  kMerchant = 1u << 1,
  kMember = 1u << 2,
  kFirstApplied = 1u << 3,
  kFirstUse = 1u << 4,
  kSubsidy = 1u << 5,       // predicted: 0, or what the original's change says
  kReason = 1u << 6,        // predicted: none
  kExpiresAfter = 1u << 7,  // whole seconds after `at`
  kExpiresAt = 1u << 8,     // any instant.  Neither: 0
  kFailedBenefit = 1u << 9,
  kFailedLimit = 1u << 10,
  kProgrammeHash = 1u << 11,        // predicted: 0
  kCard = 1u << 12,                 // predicted: the command's, or none
  kListPrice = 1u << 13,            // predicted: the command's, or what the original's change says
  kCaptured = 1u << 14,             // predicted: list price when captured, else 0
  kCapturedSubsidy = 1u << 15,      // predicted: subsidy when captured, else 0
  kCounts = 1u << 16,               // applied_count, use_count; predicted: the event's
  kOverrun = 1u << 17,              // no bytes: true
  kOriginal = 1u << 18,             // predicted: the changed original's row
  kMemberPays = 1u << 19,           // predicted: list price - subsidy
  kProgressOrReference = 1u << 20,  // by kind; predicted: the command's
  kNoAmount = 1u << 21,             // no bytes: not as the command says
  kStan = 1u << 22,                 // predicted: the command's
  kHoldS = 1u << 23,                // predicted: the command's
  kSmall = 1u << 24,                // capture_at_once .. reversal_reason; predicted: the command's
  kTombstone = 1u << 25,            // no bytes: true
  kRequest = 1u << 26,              // predicted: the command's
  kSeq = 1u << 27,                  // predicted: the event's
  kDecidedAt = 1u << 28,            // predicted: the event's
};
constexpr uint32_t kTransactionFieldsAll = (1u << 29) - 1;
// A new field needs a place above, in Predicted and so on, and a new version.
static_assert(sizeof(Transaction) == 200);
static_assert(sizeof(Progress) == 48 && sizeof(Reference) == 48);
static_assert(sizeof(UseDelta) == 56 && sizeof(ShareDelta) == 40 && sizeof(OriginalChange) == 64);

enum ShareFlag : uint8_t {
  kShareBenefit = 1 << 0,  // else that of the share before, at first none
  kShareHeld = 1 << 1,
  kShareSpent = 1 << 2,
  kShareOverrun = 1 << 3,
  kShareSuspense = 1 << 4,
};
constexpr uint8_t kShareFlagsAll = (1 << 5) - 1;

enum UseFlag : uint8_t {
  kUseBenefit = 1 << 0,  // else that of the use before, at first the first share's
  kUseSubject = 1 << 1,  // else that of the use before, at first the member's row
  kUseWindow = 1 << 2,   // else that of the use before, at first 0
  kUseHeld = 1 << 3,
  kUseUsed = 1 << 4,
  kUseUsedAfter = 1 << 5,
};
constexpr uint8_t kUseFlagsAll = (1 << 6) - 1;

// Byte of a resolved span: the segment's bit; the times, if they are not those of
// the command's span of the same index.
constexpr uint8_t kSpanTimes = 1 << 7;

// Share count in the low four bits, use count above.
constexpr int kUseCountShift = 4;
static_assert(kSharesPerTransactionMax < 1u << kUseCountShift);

// ---- Kinds ------------------------------------------------------------------

constexpr bool IsTransaction(EventKind kind) {
  return kind == EventKind::kAuthorized || kind == EventKind::kCaptured ||
         kind == EventKind::kReversed || kind == EventKind::kIncremented ||
         kind == EventKind::kRefunded;
}
constexpr bool IsOperators(EventKind kind) {
  return static_cast<uint8_t>(kind) >= static_cast<uint8_t>(EventKind::kSegmentDefined);
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
static_assert(CauseOf(EventKind::kSegmentDefined) == CommandKind::kDefineSegment);
static_assert(CauseOf(EventKind::kFundSet) == CommandKind::kSetFund);
static_assert(CauseOf(EventKind::kProgrammeRetired) == CommandKind::kRetireProgramme);

constexpr TransactionKind TransactionKindOf(EventKind kind) {
  return static_cast<TransactionKind>(kind);  // numbered alike
}
static_assert(TransactionKindOf(EventKind::kAuthorized) == TransactionKind::kAuthorization);
static_assert(TransactionKindOf(EventKind::kCaptured) == TransactionKind::kCapture);
static_assert(TransactionKindOf(EventKind::kReversed) == TransactionKind::kReversal);
static_assert(TransactionKindOf(EventKind::kIncremented) == TransactionKind::kIncrement);
static_assert(TransactionKindOf(EventKind::kRefunded) == TransactionKind::kRefund);

bool IsKnown(EventKind kind) {
  switch (kind) {
    case EventKind::kNone:
      return false;  // never journalled
    case EventKind::kAuthorized:
    case EventKind::kCaptured:
    case EventKind::kReversed:
    case EventKind::kHoldExpired:
    case EventKind::kIncremented:
    case EventKind::kRefunded:
    case EventKind::kSegmentDefined:
    case EventKind::kUnionNodeSet:
    case EventKind::kMemberSet:
    case EventKind::kCardSet:
    case EventKind::kMerchantSet:
    case EventKind::kTerminalSet:
    case EventKind::kFundSet:
    case EventKind::kProgrammeApplied:
    case EventKind::kMemberStatusSet:
    case EventKind::kCardStatusSet:
    case EventKind::kCardReplaced:
    case EventKind::kProgrammeRetired:
      return true;
  }
  return false;
}

bool IsKnown(Reason reason) {
  switch (reason) {
    case Reason::kNone:
    case Reason::kInvalidTerminal:
    case Reason::kOriginalNotFound:
    case Reason::kPreviouslyReversed:
    case Reason::kAlreadyCaptured:
    case Reason::kHoldExpired:
    case Reason::kOriginalDeclined:
    case Reason::kExceedsAuthorizedAmount:
    case Reason::kFurtherActivityPreventsReversal:
    case Reason::kExceedsCapturedAmount:
    case Reason::kTerminalInactive:
    case Reason::kMerchantInactive:
    case Reason::kInvalidCard:
    case Reason::kCardNotActive:
    case Reason::kCardExpired:
    case Reason::kCardPaused:
    case Reason::kCardLostOrStolen:
    case Reason::kCardClosed:
    case Reason::kMemberNotFound:
    case Reason::kMemberSuspended:
    case Reason::kMembershipExpired:
    case Reason::kMemberClosed:
    case Reason::kProgrammeNotFound:
    case Reason::kNoApplicableBenefit:
    case Reason::kMerchantNotInProgramme:
    case Reason::kNotPermittedToTerminal:
    case Reason::kProgrammeNotStarted:
    case Reason::kProgrammeEnded:
    case Reason::kOutsideTimeWindow:
    case Reason::kMemberNotVerified:
    case Reason::kNotPermittedToMember:
    case Reason::kBelowMinimumAmount:
    case Reason::kNoEffect:
    case Reason::kExceedsFrequencyLimit:
    case Reason::kExceedsAmountLimit:
    case Reason::kFundNotOpen:
    case Reason::kQuotaExhausted:
    case Reason::kBudgetExhausted:
      return true;
  }
  return false;
}

// ---- Predictions --------------------------------------------------------------

constexpr Fen Negative(Fen amount) {
  return Fen{WrappingSubtract(0, amount.value())};
}

struct OwnAmounts {
  Fen list_price;
  Fen subsidy;
};

// A follow-up's own amounts, as the change of its original tells them.
OwnAmounts OwnAmountsFrom(EventKind kind, const OriginalChange& change) {
  if (kind == EventKind::kCaptured) {
    return {change.captured_delta, change.captured_subsidy_delta};
  }
  if (kind == EventKind::kIncremented) {
    return {change.list_price_delta, change.subsidy_delta};
  }
  if (kind == EventKind::kRefunded) {
    return {change.refunded_delta, change.refunded_subsidy_delta};
  }
  if (kind == EventKind::kReversed) {
    // Lowered, or a sale taken back whole.
    const bool lowered = change.list_price_delta != Fen{0};
    return {Negative(lowered ? change.list_price_delta : change.captured_delta),
            Negative(lowered ? change.subsidy_delta : change.captured_subsidy_delta)};
  }
  return {};
}

// What stands in a transaction unless the record says otherwise, as far as it
// follows from the command, the event's head, the original's change and the counts
// of shares and uses.  Amounts that follow from other amounts are predicted apart,
// below.
struct Predicted {
  RequestId request_id;
  Reference reference;
  CardNumber card;
  Fen list_price;
  Fen subsidy;
  uint32_t stan = 0;
  uint32_t hold_s = 0;
  IfNoBenefit if_no_benefit = IfNoBenefit::kDecline;
  PosEntryMode entry_mode = PosEntryMode::kUnspecified;
  ReversalReason reversal_reason = ReversalReason::kCustomerCancellation;
  uint8_t applied_count = 0;
  uint8_t use_count = 0;
  bool capture_at_once = false;
  bool allow_partial = false;
  bool no_amount = false;
};

template <class Request>
void PredictFollowUp(const Event& event, const Request& r, bool has_amount, Predicted& p) {
  const OwnAmounts own = OwnAmountsFrom(event.kind, event.original);
  p.reference = Reference{r.original, r.original_request_id, has_amount ? r.amount : Fen{0}};
  p.no_amount = !has_amount;
  p.list_price = has_amount ? r.amount : own.list_price;
  p.subsidy = own.subsidy;
}

Predicted PredictFrom(const Event& event, const Command& command) {
  Predicted p;
  p.request_id = command.request_id;
  p.applied_count = static_cast<uint8_t>(event.share_count);
  if (command.kind == CommandKind::kAuthorize) {
    const AuthorizeRequest& r = command.authorize;
    p.card = r.card;
    p.list_price = r.list_price;
    p.stan = r.stan;
    p.hold_s = r.hold_s;
    p.capture_at_once = r.capture_at_once;
    p.allow_partial = r.allow_partial;
    p.if_no_benefit = r.if_no_benefit;
    p.entry_mode = r.entry_mode;
    p.use_count = static_cast<uint8_t>(event.use_count);
  } else if (command.kind == CommandKind::kCapture) {
    PredictFollowUp(event, command.capture, command.capture.has_amount, p);
  } else if (command.kind == CommandKind::kReverse) {
    PredictFollowUp(event, command.reverse, command.reverse.has_amount, p);
    p.reversal_reason = command.reverse.reason;
  } else if (command.kind == CommandKind::kIncrement) {
    PredictFollowUp(event, command.increment, /*has_amount=*/true, p);
    p.hold_s = command.increment.hold_s;
  } else if (command.kind == CommandKind::kRefund) {
    PredictFollowUp(event, command.refund, command.refund.has_amount, p);
    p.use_count = static_cast<uint8_t>(event.use_count);
  }
  return p;
}

Fen PredictMemberPays(const Transaction& t) {
  return Fen{WrappingSubtract(t.list_price.value(), t.subsidy.value())};
}
Fen PredictCaptured(const Transaction& t) {
  return t.state == TransactionState::kCaptured ? t.list_price : Fen{0};
}
Fen PredictCapturedSubsidy(const Transaction& t) {
  return t.state == TransactionState::kCaptured ? t.subsidy : Fen{0};
}
struct MemberDeltas {
  Fen pending;
  Fen posted;
};

// The member's part of what was accepted moves with the shares, if there are any.
MemberDeltas PredictMemberDeltas(const Event& event) {
  const Transaction& t = event.transaction;
  if (event.share_count == 0) {
    return {};
  }
  if (event.kind == EventKind::kAuthorized) {
    return {t.state == TransactionState::kPending ? t.member_pays : Fen{0},
            t.state == TransactionState::kCaptured ? t.member_pays : Fen{0}};
  }
  if (!IsTransaction(event.kind) || t.state != TransactionState::kCompleted) {
    return {};
  }
  if (event.kind == EventKind::kCaptured) {
    return {Negative(t.member_pays), t.member_pays};
  }
  if (event.kind == EventKind::kIncremented) {
    return {t.member_pays, Fen{0}};
  }
  // A reversal undoes a hold, or else a sale.
  const bool posted = event.kind == EventKind::kRefunded || event.shares[0].held_delta == Fen{0};
  return {posted ? Fen{0} : Negative(t.member_pays), posted ? Negative(t.member_pays) : Fen{0}};
}

// ---- Writing ------------------------------------------------------------------

// As code.IsNone(), without the call to memcmp that comparing arrays becomes.
template <class Tag, size_t kWords>
bool IsNone(const Code<Tag, kWords>& code) {
  uint64_t all = 0;
  for (const uint64_t word : code.words) {
    all |= word;
  }
  return all == 0;
}

void WriteAuthorize(ByteWriter& w, const AuthorizeRequest& r) {
  GH_DCHECK(r.entry_mode <= PosEntryMode::kManual, "entry_mode=", r.entry_mode);
  w.Varint((r.capture_at_once ? kCaptureAtOnce : 0u) |
           (r.if_no_benefit == IfNoBenefit::kFullPrice ? kFullPriceIfNone : 0u) |
           (static_cast<uint32_t>(r.entry_mode) << kEntryModeShift) |
           (r.allow_partial ? kAllowPartial : 0u) | (IsNone(r.merchant) ? 0u : kNamesMerchant) |
           (IsNone(r.programme) ? 0u : kNamesProgramme) | (r.hold_s == 0 ? 0u : kNamesHold));
  w.Id64(r.card);
  w.Amount(r.list_price);
  w.Varint(r.stan);
  if (!IsNone(r.merchant)) {
    w.CodeField(r.merchant);
  }
  if (!IsNone(r.programme)) {
    w.CodeField(r.programme);
  }
  if (r.hold_s != 0) {
    w.Varint(r.hold_s);
  }
}

// A command about an original: its first byte, `of_its_kind` among the flags, and
// what the kinds have in common.
template <class Request>
void WriteReference(ByteWriter& w, const Request& r, int of_its_kind) {
  w.Byte(static_cast<uint8_t>(of_its_kind | (r.original == TransactionId{} ? 0 : kByTransaction) |
                              (r.original_request_id.IsNone() ? 0 : kByRequest) |
                              (r.amount == Fen{0} ? 0 : kNamesAmount)));
  if (r.original != TransactionId{}) {
    w.Id64(r.original);
  }
  if (!r.original_request_id.IsNone()) {
    w.Request(r.original_request_id);
  }
  if (r.amount != Fen{0}) {
    w.Amount(r.amount);
  }
}

void WriteCapture(ByteWriter& w, const CaptureRequest& r) {
  WriteReference(w, r, (r.has_amount ? kHasAmount : 0) | (r.final_capture ? kFinalCapture : 0));
}

void WriteReverse(ByteWriter& w, const ReverseRequest& r) {
  GH_DCHECK(r.reason <= ReversalReason::kDeviceUnable, "reason=", r.reason);
  WriteReference(
      w, r, (r.has_amount ? kHasAmount : 0) | (static_cast<int>(r.reason) << kReversalReasonShift));
}

void WriteIncrement(ByteWriter& w, const IncrementRequest& r) {
  WriteReference(w, r, r.hold_s == 0 ? 0 : kNamesNewHold);
  if (r.hold_s != 0) {
    w.Varint(r.hold_s);
  }
}

void WriteRefund(ByteWriter& w, const RefundRequest& r) {
  WriteReference(w, r, r.has_amount ? kHasAmount : 0);
}

void WriteCommand(ByteWriter& w, const Command& command) {
  using codec::Content;
  switch (command.kind) {
    case CommandKind::kAuthorize:
      return WriteAuthorize(w, command.authorize);
    case CommandKind::kCapture:
      return WriteCapture(w, command.capture);
    case CommandKind::kReverse:
      return WriteReverse(w, command.reverse);
    case CommandKind::kIncrement:
      return WriteIncrement(w, command.increment);
    case CommandKind::kRefund:
      return WriteRefund(w, command.refund);
    case CommandKind::kQuote:
    case CommandKind::kGetTransaction:
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
      return;
    case CommandKind::kDefineSegment:
      return Content(w, *command.segment);
    case CommandKind::kSetUnionNode:
      return Content(w, *command.union_node);
    case CommandKind::kSetMember:
      return Content(w, *command.member);
    case CommandKind::kSetCard:
      return Content(w, *command.card);
    case CommandKind::kSetMerchant:
      return Content(w, *command.merchant);
    case CommandKind::kSetTerminal:
      return Content(w, *command.terminal_setting);
    case CommandKind::kSetFund:
      return Content(w, *command.fund);
    case CommandKind::kApplyProgramme:
      return codec::WriteImage(w, *command.programme);
    case CommandKind::kSetMemberStatus:
      return Content(w, *command.member_status);
    case CommandKind::kSetCardStatus:
      return Content(w, *command.card_status);
    case CommandKind::kReplaceCard:
      return Content(w, *command.replace_card);
    case CommandKind::kRetireProgramme:
      return Content(w, *command.retire_programme);
  }
}

bool IsWholeSecondsAfter(TimestampNs at, TimestampNs later) {
  return later > at && at.value() >= 0 && (later.value() - at.value()) % kNsPerSecond == 0;
}

bool SmallFieldsDiffer(const Transaction& t, const Predicted& p) {
  return t.capture_at_once != p.capture_at_once || t.if_no_benefit != p.if_no_benefit ||
         t.entry_mode != p.entry_mode || t.reversal_reason != p.reversal_reason;
}

bool ProgressOrReferenceDiffers(const Transaction& t, const Predicted& p) {
  if (t.kind == TransactionKind::kAuthorization) {
    return t.progress.refunded != Fen{0} || t.progress.refunded_subsidy != Fen{0} ||
           t.progress.restated != Fen{0} || t.progress.restated_subsidy != Fen{0} ||
           t.progress.allow_partial != p.allow_partial;
  }
  return t.reference.original_id != p.reference.original_id ||
         t.reference.original_request_id != p.reference.original_request_id ||
         t.reference.asked_amount != p.reference.asked_amount;
}

uint32_t FieldsThatDiffer(const Event& event, const Transaction& t, const Predicted& predicted) {
  uint32_t fields = 0;
  const auto mark = [&fields](bool differs, uint32_t field) { fields |= differs ? field : 0; };
  mark(t.terminal != TerminalRow{}, kTerminal);
  mark(t.merchant != MerchantRow{}, kMerchant);
  mark(t.member != MemberRow{}, kMember);
  mark(t.first_applied != AppliedRow{}, kFirstApplied);
  mark(t.first_use != UseRow{}, kFirstUse);
  mark(t.subsidy != predicted.subsidy, kSubsidy);
  mark(t.reason != Reason::kNone, kReason);
  if (t.expires_at != TimestampNs{}) {
    fields |= IsWholeSecondsAfter(event.at, t.expires_at) ? kExpiresAfter : kExpiresAt;
  }
  mark(t.failed_benefit != BenefitRow{}, kFailedBenefit);
  mark(t.failed_limit != LimitRow{}, kFailedLimit);
  mark(t.programme_hash != 0, kProgrammeHash);
  mark(t.card != predicted.card, kCard);
  mark(t.list_price != predicted.list_price, kListPrice);
  mark(t.captured != PredictCaptured(t), kCaptured);
  mark(t.captured_subsidy != PredictCapturedSubsidy(t), kCapturedSubsidy);
  mark(t.applied_count != predicted.applied_count || t.use_count != predicted.use_count, kCounts);
  mark(t.overrun, kOverrun);
  mark(t.original != event.original.row, kOriginal);
  mark(t.member_pays != PredictMemberPays(t), kMemberPays);
  mark(ProgressOrReferenceDiffers(t, predicted), kProgressOrReference);
  mark(t.no_amount != predicted.no_amount, kNoAmount);
  mark(t.stan != predicted.stan, kStan);
  mark(t.hold_s != predicted.hold_s, kHoldS);
  mark(SmallFieldsDiffer(t, predicted), kSmall);
  mark(t.tombstone, kTombstone);
  mark(t.request_id != predicted.request_id, kRequest);
  mark(t.seq != event.seq, kSeq);
  mark(t.decided_at != event.at, kDecidedAt);
  return fields;
}

void WriteProgressOrReference(ByteWriter& w, const Transaction& t) {
  if (t.kind == TransactionKind::kAuthorization) {
    w.Amount(t.progress.refunded);
    w.Amount(t.progress.refunded_subsidy);
    w.Amount(t.progress.restated);
    w.Amount(t.progress.restated_subsidy);
    w.Bool(t.progress.allow_partial);
  } else {
    w.Id64(t.reference.original_id);
    w.Request(t.reference.original_request_id);
    w.Amount(t.reference.asked_amount);
  }
}

// Fields that no usual transaction has; out of the way of those that do.
[[gnu::noinline]] void WriteUnusualFields(ByteWriter& w, const Transaction& t, uint32_t fields) {
  if (fields & kFailedBenefit) {
    w.Row(t.failed_benefit);
  }
  if (fields & kFailedLimit) {
    w.Row(t.failed_limit);
  }
  if (fields & kProgrammeHash) {
    w.Fixed64(t.programme_hash);
  }
  if (fields & kCard) {
    w.Id64(t.card);
  }
  if (fields & kListPrice) {
    w.Amount(t.list_price);
  }
  if (fields & kCaptured) {
    w.Amount(t.captured);
  }
  if (fields & kCapturedSubsidy) {
    w.Amount(t.captured_subsidy);
  }
  if (fields & kCounts) {
    w.Byte(t.applied_count);
    w.Byte(t.use_count);
  }
  if (fields & kOriginal) {
    w.Row(t.original);
  }
  if (fields & kMemberPays) {
    w.Amount(t.member_pays);
  }
  if (fields & kProgressOrReference) {
    WriteProgressOrReference(w, t);
  }
  if (fields & kStan) {
    w.Varint(t.stan);
  }
  if (fields & kHoldS) {
    w.Varint(t.hold_s);
  }
  if (fields & kSmall) {
    w.Bool(t.capture_at_once);
    w.EnumByte(t.if_no_benefit, IfNoBenefit::kFullPrice);
    w.EnumByte(t.entry_mode, PosEntryMode::kManual, PosEntryMode::kUnspecified);
    w.EnumByte(t.reversal_reason, ReversalReason::kDeviceUnable);
  }
  if (fields & kRequest) {
    w.Request(t.request_id);
  }
  if (fields & kSeq) {
    w.Varint(t.seq.value());
  }
  if (fields & kDecidedAt) {
    w.Time(t.decided_at);
  }
}

// What has no place in a record must be as it comes back: zero.
void CheckReserved(const Progress& p) {
  GH_CHECK((p.reserved | p.reserved_2 | p.reserved_3 | p.reserved_4) == 0,
           "reserved=",
           p.reserved,
           " reserved_2=",
           p.reserved_2,
           " reserved_3=",
           p.reserved_3,
           " reserved_4=",
           p.reserved_4);
}

void CheckReserved(const Reference& r) {
  GH_CHECK((r.reserved[0] | r.reserved[1]) == 0,
           "reserved=",
           r.reserved[0],
           " reserved[1]=",
           r.reserved[1]);
}

void WriteTransaction(ByteWriter& w, const Event& event, const Command& command) {
  const Transaction& t = event.transaction;
  GH_CHECK(t.kind == TransactionKindOf(event.kind), "kind=", t.kind, " event=", event.kind);
  GH_DCHECK(t.state >= TransactionState::kDeclined && t.state <= TransactionState::kRefunded,
            "state=",
            t.state);
  GH_DCHECK(
      t.outcome >= Outcome::kApproved && t.outcome <= Outcome::kDeclined, "outcome=", t.outcome);
  if (t.kind == TransactionKind::kAuthorization) {
    CheckReserved(t.progress);
  } else {
    CheckReserved(t.reference);
  }
  w.Row(event.transaction_row);
  w.Byte(static_cast<uint8_t>(
      static_cast<uint8_t>(t.state) | (static_cast<uint8_t>(t.outcome) << kOutcomeShift) |
      (t.final_capture ? kIsFinalCapture : 0) | (t.original_found ? kIsOriginalFound : 0)));
  const uint32_t fields = FieldsThatDiffer(event, t, PredictFrom(event, command));
  w.Varint(fields);
  if (fields & kTerminal) {
    w.Row(t.terminal);
  }
  if (fields & kMerchant) {
    w.Row(t.merchant);
  }
  if (fields & kMember) {
    w.Row(t.member);
  }
  if (fields & kFirstApplied) {
    w.Row(t.first_applied);
  }
  if (fields & kFirstUse) {
    w.Row(t.first_use);
  }
  if (fields & kSubsidy) {
    w.Amount(t.subsidy);
  }
  if (fields & kReason) {
    w.Varint(static_cast<uint16_t>(t.reason));
  }
  if (fields & kExpiresAfter) {
    w.Varint(static_cast<uint64_t>((t.expires_at.value() - event.at.value()) / kNsPerSecond));
  }
  if (fields & kExpiresAt) {
    w.Time(t.expires_at);
  }
  if (fields >= kFailedBenefit) {
    WriteUnusualFields(w, t, fields);
  }
}

void WriteOriginal(ByteWriter& w, const OriginalChange& change) {
  GH_DCHECK(
      change.state >= TransactionState::kDeclined && change.state <= TransactionState::kRefunded,
      "state=",
      change.state);
  w.Row(change.row);
  const auto flag = [](auto value, uint32_t bit) { return value != decltype(value){} ? bit : 0u; };
  w.Varint(static_cast<uint32_t>(change.state) | flag(change.captured_delta, kCapturedDelta) |
           flag(change.captured_subsidy_delta, kCapturedSubsidyDelta) |
           flag(change.refunded_delta, kRefundedDelta) |
           flag(change.refunded_subsidy_delta, kRefundedSubsidyDelta) |
           flag(change.list_price_delta, kListPriceDelta) |
           flag(change.subsidy_delta, kSubsidyDelta) |
           flag(change.expires_at_delta_ns, kExpiresAtDelta) | flag(change.restates, kRestates));
  for (const Fen delta : {change.captured_delta,
                          change.captured_subsidy_delta,
                          change.refunded_delta,
                          change.refunded_subsidy_delta,
                          change.list_price_delta,
                          change.subsidy_delta}) {
    if (delta != Fen{0}) {
      w.Amount(delta);
    }
  }
  if (change.expires_at_delta_ns != 0) {
    w.Signed(change.expires_at_delta_ns);
  }
}

void WriteDeltas(ByteWriter& w, const Event& event) {
  BenefitRow benefit;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    const bool other_benefit = share.benefit != benefit;
    w.Byte(static_cast<uint8_t>((other_benefit ? kShareBenefit : 0) |
                                (share.held_delta != Fen{0} ? kShareHeld : 0) |
                                (share.spent_delta != Fen{0} ? kShareSpent : 0) |
                                (share.overrun_delta != Fen{0} ? kShareOverrun : 0) |
                                (share.suspense_delta != Fen{0} ? kShareSuspense : 0)));
    if (other_benefit) {
      w.Row(share.benefit);
    }
    w.Row(share.fund);
    if (share.held_delta != Fen{0}) {
      w.Amount(share.held_delta);
    }
    if (share.spent_delta != Fen{0}) {
      w.Amount(share.spent_delta);
    }
    if (share.overrun_delta != Fen{0}) {
      w.Amount(share.overrun_delta);
    }
    if (share.suspense_delta != Fen{0}) {
      w.Amount(share.suspense_delta);
    }
    benefit = share.benefit;
  }
  benefit = event.share_count > 0 ? event.shares[0].benefit : BenefitRow{};
  uint32_t subject = IsTransaction(event.kind) ? event.transaction.member.value() : 0;
  WindowNumber window = 0;
  for (uint32_t i = 0; i < event.use_count; ++i) {
    const UseDelta& use = event.uses[i];
    const bool other_benefit = use.benefit != benefit;
    const bool other_subject = use.subject != subject;
    const bool other_window = use.window != window;
    w.Byte(static_cast<uint8_t>(
        (other_benefit ? kUseBenefit : 0) | (other_subject ? kUseSubject : 0) |
        (other_window ? kUseWindow : 0) | (use.held_delta != 0 ? kUseHeld : 0) |
        (use.used_delta != 0 ? kUseUsed : 0) | (use.used_after != 0 ? kUseUsedAfter : 0)));
    w.Row(use.limit);
    if (other_benefit) {
      w.Row(use.benefit);
    }
    if (other_subject) {
      w.Varint(use.subject);
    }
    if (other_window) {
      w.Signed(use.window);
    }
    if (use.held_delta != 0) {
      w.Signed(use.held_delta);
    }
    if (use.used_delta != 0) {
      w.Signed(use.used_delta);
    }
    if (use.used_after != 0) {
      w.Signed(use.used_after);
    }
    w.Signed(use.left_after);
    benefit = use.benefit;
    subject = use.subject;
    window = use.window;
  }
}

// The times that a resolved span has, unless it says otherwise.
ResolvedSpan PredictSpan(const Command& command, uint32_t i) {
  ResolvedSpan span;
  if (command.kind == CommandKind::kSetMember && i < command.member->span_count) {
    span.starts_at = command.member->spans[i].starts_at;
    span.ends_at = command.member->spans[i].ends_at;
  }
  return span;
}

void WriteOperatorEffect(ByteWriter& w, const Event& event, const Command& command) {
  w.Varint(event.row);
  w.Varint(event.row_2);
  if (event.span_count == 0) {
    return;
  }
  w.Count(event.span_count, kSegmentSpansPerMemberMax);
  for (uint32_t i = 0; i < event.span_count; ++i) {
    const ResolvedSpan& span = event.spans[i];
    const ResolvedSpan predicted = PredictSpan(command, i);
    const bool other_times =
        span.starts_at != predicted.starts_at || span.ends_at != predicted.ends_at;
    GH_CHECK(span.segment < kSegmentsMax, "segment=", span.segment);
    w.Byte(static_cast<uint8_t>(span.segment | (other_times ? kSpanTimes : 0)));
    if (other_times) {
      w.Time(span.starts_at);
      w.Time(span.ends_at);
    }
  }
}

// ---- Upper bounds -----------------------------------------------------------

using codec::kVarintBytesMax;
constexpr size_t kRowBytesMax = codec::kInt32BytesMax;
constexpr size_t kLengthBytesMax = 4;
constexpr size_t kHeadBytesMax =
    kLengthBytesMax + 3 + kVarintBytesMax + codec::kCode2BytesMax + 16;  // kind .. caller
constexpr size_t kAuthorizeBytesMax = 2 + 8 + kVarintBytesMax + kRowBytesMax +
                                      codec::kCode2BytesMax + codec::kCode4BytesMax + kRowBytesMax;
constexpr size_t kFollowUpBytesMax = 1 + 8 + 16 + kVarintBytesMax + kRowBytesMax;
static_assert(kFollowUpBytesMax <= kAuthorizeBytesMax);
constexpr size_t kTransactionBytesMax =
    kRowBytesMax + 1 + kRowBytesMax +             // row, state, mask
    8 * kRowBytesMax + 3 + 2 * kVarintBytesMax +  // rows, reason, expiry
    16 + 5 * kVarintBytesMax + 2 +                // hash, card, amounts, counts
    4 * kVarintBytesMax + 1 +                     // progress, longer than reference
    2 * kRowBytesMax + 4 +                        // stan, hold, small
    16 + 2 * kVarintBytesMax;                     // request id, seq, time
constexpr size_t kOriginalBytesMax = kRowBytesMax + 2 + 7 * kVarintBytesMax;
constexpr size_t kDeltasBytesMax =
    2 + kSharesPerTransactionMax * (1 + 2 * kRowBytesMax + 4 * kVarintBytesMax) +
    kUsesPerTransactionMax * (1 + 4 * kRowBytesMax + 4 * kVarintBytesMax) + 2 * kVarintBytesMax;
static_assert(kHeadBytesMax + kAuthorizeBytesMax + kTransactionBytesMax + kOriginalBytesMax +
                  kRowBytesMax + kDeltasBytesMax + ByteWriter::kSlackBytes <=
              kTransactionRecordBytesMax);

constexpr size_t kOperatorEffectBytesMax =
    2 * kRowBytesMax + 1 + kSegmentSpansPerMemberMax * (1 + 2 * kVarintBytesMax);

// The largest programme fits a block of its own.
static_assert(kBlockHeaderBytes + kHeadBytesMax + kOperatorEffectBytesMax +
                  ByteWriter::kSlackBytes + codec::kProgrammeSpecBytesMax +
                  kLimitsPerProgrammeMax * codec::kLimitSpecBytesMax +
                  kBenefitsPerProgrammeMax * codec::kBenefitSpecBytesMax +
                  kOverCapturesPerProgrammeMax * codec::kOverCaptureBytesMax +
                  kPoolItemsPerProgrammeMax *
                      (codec::kCode4BytesMax + codec::kMccRangeBytesMax + codec::kCode2BytesMax +
                       3 * codec::kInt32BytesMax + codec::kFundingBytesMax) <=
              kBlockBytesMax);

}  // namespace

size_t RecordBytesMax(const Command& command) {
  if (!IsAdmin(command.kind)) {
    return kTransactionRecordBytesMax;
  }
  const size_t content = command.kind == CommandKind::kApplyProgramme
                             ? codec::ImageBytesMax(*command.programme)
                             : codec::kOperatorContentBytesMax;
  return kHeadBytesMax + content + kOperatorEffectBytesMax + ByteWriter::kSlackBytes;
}

size_t EncodeRecord(const Event& event, TimestampNs previous_at, uint8_t* out) {
  GH_CHECK(event.command != nullptr, "kind=", event.kind);
  const Command& command = *event.command;
  GH_CHECK(IsKnown(event.kind), "kind=", event.kind);
  GH_CHECK(command.kind == CauseOf(event.kind), "event=", event.kind, " command=", command.kind);
  GH_CHECK(event.share_count <= kSharesPerTransactionMax, "share_count=", event.share_count);
  GH_CHECK(event.use_count <= kUsesPerTransactionMax, "use_count=", event.use_count);

  const bool is_operators = IsOperators(event.kind);
  const bool has_caller = !IsNone(command.terminal) || !command.request_id.IsNone();
  const bool has_deltas = event.share_count != 0 || event.use_count != 0;
  const MemberDeltas predicted = PredictMemberDeltas(event);
  const bool has_pending = event.member_pending_delta != predicted.pending;
  const bool has_posted = event.member_posted_delta != predicted.posted;
  const int flags =
      is_operators ? (has_caller ? kHasCaller : 0) | (event.span_count != 0 ? kHasSpans : 0)
                   : (has_caller ? kHasCaller : 0) |
                         (event.original.row != TransactionRow{} ? kHasOriginal : 0) |
                         (event.tombstone_row != TransactionRow{} ? kHasTombstone : 0) |
                         (has_deltas ? kHasDeltas : 0) | (has_pending ? kHasMemberPending : 0) |
                         (has_posted ? kHasMemberPosted : 0);

  // One byte is left for the length; a longer record is moved up.
  uint8_t* const body = out + 1;
  ByteWriter w(body);
  w.Byte(static_cast<uint8_t>(event.kind));
  w.Byte(kRecordVersion);
  w.Byte(static_cast<uint8_t>(flags));
  w.Signed(WrappingSubtract(event.at.value(), previous_at.value()));
  if (has_caller) {
    w.CodeField(command.terminal);
    w.Request(command.request_id);
  }
  WriteCommand(w, command);
  if (is_operators) {
    WriteOperatorEffect(w, event, command);
  } else {
    if (flags & kHasOriginal) {
      WriteOriginal(w, event.original);
    }
    if (has_deltas) {
      // Before the transaction, whose own counts are predicted from these, as some of
      // its amounts are from the original's change.
      w.Varint(event.share_count | event.use_count << kUseCountShift);
    }
    if (IsTransaction(event.kind)) {
      WriteTransaction(w, event, command);
    }
    if (flags & kHasTombstone) {
      w.Row(event.tombstone_row);
    }
    if (has_deltas) {
      WriteDeltas(w, event);
    }
    if (has_pending) {
      w.Amount(event.member_pending_delta);
    }
    if (has_posted) {
      w.Amount(event.member_posted_delta);
    }
  }

  const size_t length = static_cast<size_t>(w.at() - body);
  if (length < 0x80) [[likely]] {
    *out = static_cast<uint8_t>(length);
    return length + 1;
  }
  uint8_t prefix[kVarintBytesMax];
  ByteWriter p(prefix);
  p.Varint(length);
  const size_t prefix_bytes = static_cast<size_t>(p.at() - prefix);
  std::memmove(out + prefix_bytes, body, length);
  std::memcpy(out, prefix, prefix_bytes);
  return prefix_bytes + length;
}

// ---- Reading ------------------------------------------------------------------

// Everything that a decoded event points to.
struct RecordDecoder::Storage {
  Event event;
  Command command;
  // By the command's kind, one of:
  SegmentRequest segment;
  UnionNodeRequest union_node;
  MemberRequest member;
  CardRequest card;
  MerchantRequest merchant;
  TerminalRequest terminal;
  FundRequest fund;
  MemberStatusRequest member_status;
  CardStatusRequest card_status;
  ReplaceCardRequest replace_card;
  RetireProgrammeRequest retire_programme;
  ProgrammeImage image;
  codec::ProgrammePools pools;
};

namespace {

void ReadAuthorize(ByteReader& r, AuthorizeRequest& request) {
  const uint32_t flags =
      static_cast<uint32_t>(r.Varint(kAuthorizeFlagsAll, "unknown flag of an authorization"));
  request.capture_at_once = (flags & kCaptureAtOnce) != 0;
  request.if_no_benefit =
      (flags & kFullPriceIfNone) != 0 ? IfNoBenefit::kFullPrice : IfNoBenefit::kDecline;
  request.entry_mode = r.EnumOf(static_cast<uint8_t>(flags >> kEntryModeShift & 7),
                                PosEntryMode::kManual,
                                PosEntryMode::kUnspecified);
  request.allow_partial = (flags & kAllowPartial) != 0;
  r.Id64(request.card);
  r.Amount(request.list_price);
  r.Number(request.stan);
  if (flags & kNamesMerchant) {
    r.CodeField(request.merchant);
  }
  if (flags & kNamesProgramme) {
    r.CodeField(request.programme);
  }
  if (flags & kNamesHold) {
    r.Number(request.hold_s);
  }
}

// The first byte, and what the kinds have in common.
template <class Request>
uint8_t ReadReference(ByteReader& r, uint8_t all, const char* what, Request& request) {
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if ((flags & ~all) != 0) {
    r.FailAt(what, where);
  }
  if (flags & kByTransaction) {
    r.Id64(request.original);
  }
  if (flags & kByRequest) {
    r.Request(request.original_request_id);
  }
  if (flags & kNamesAmount) {
    r.Amount(request.amount);
  }
  return flags;
}

void ReadCapture(ByteReader& r, CaptureRequest& request) {
  const uint8_t flags = ReadReference(r, kCaptureFlags, "unknown flag of a capture", request);
  request.has_amount = (flags & kHasAmount) != 0;
  request.final_capture = (flags & kFinalCapture) != 0;
}

void ReadReverse(ByteReader& r, ReverseRequest& request) {
  const uint8_t flags = ReadReference(r, kReverseFlags, "unknown flag of a reversal", request);
  request.has_amount = (flags & kHasAmount) != 0;
  request.reason =
      r.EnumOf(static_cast<uint8_t>(flags >> kReversalReasonShift), ReversalReason::kDeviceUnable);
}

void ReadIncrement(ByteReader& r, IncrementRequest& request) {
  const uint8_t flags = ReadReference(r, kIncrementFlags, "unknown flag of an increment", request);
  if (flags & kNamesNewHold) {
    r.Number(request.hold_s);
  }
}

void ReadRefund(ByteReader& r, RefundRequest& request) {
  const uint8_t flags = ReadReference(r, kRefundFlags, "unknown flag of a refund", request);
  request.has_amount = (flags & kHasAmount) != 0;
}

template <class T>
const T* ReadContent(ByteReader& r, T& place) {
  place = T{};
  codec::Content(r, place);
  return &place;
}

void ReadProgressOrReference(ByteReader& r, Transaction& t) {
  if (t.kind == TransactionKind::kAuthorization) {
    r.Amount(t.progress.refunded);
    r.Amount(t.progress.refunded_subsidy);
    r.Amount(t.progress.restated);
    r.Amount(t.progress.restated_subsidy);
    r.Bool(t.progress.allow_partial);
  } else {
    r.Id64(t.reference.original_id);
    r.Request(t.reference.original_request_id);
    r.Amount(t.reference.asked_amount);
  }
}

void ReadUnusualFields(ByteReader& r, uint32_t fields, Transaction& t) {
  if (fields & kFailedBenefit) {
    r.Row(t.failed_benefit, kBenefitsMax);
  }
  if (fields & kFailedLimit) {
    r.Row(t.failed_limit, kLimitsMax);
  }
  if (fields & kProgrammeHash) {
    r.Fixed64(t.programme_hash);
  }
  if (fields & kCard) {
    r.Id64(t.card);
  }
  if (fields & kListPrice) {
    r.Amount(t.list_price);
  }
  t.captured = PredictCaptured(t);
  if (fields & kCaptured) {
    r.Amount(t.captured);
  }
  t.captured_subsidy = PredictCapturedSubsidy(t);
  if (fields & kCapturedSubsidy) {
    r.Amount(t.captured_subsidy);
  }
  if (fields & kCounts) {
    r.Byte(t.applied_count);
    r.Byte(t.use_count);
    if (t.applied_count > kSharesPerTransactionMax || t.use_count > kUsesPerTransactionMax) {
      r.Fail("more shares or uses than limits.h allows");
    }
  }
  t.overrun = (fields & kOverrun) != 0;
  if (fields & kOriginal) {
    r.Row(t.original, kTransactionsMax);
  }
  t.member_pays = PredictMemberPays(t);
  if (fields & kMemberPays) {
    r.Amount(t.member_pays);
  }
  if (fields & kProgressOrReference) {
    ReadProgressOrReference(r, t);
  }
  t.no_amount ^= (fields & kNoAmount) != 0;
  if (fields & kStan) {
    r.Number(t.stan);
  }
  if (fields & kHoldS) {
    r.Number(t.hold_s);
  }
  if (fields & kSmall) {
    r.Bool(t.capture_at_once);
    r.EnumByte(t.if_no_benefit, IfNoBenefit::kFullPrice);
    r.EnumByte(t.entry_mode, PosEntryMode::kManual, PosEntryMode::kUnspecified);
    r.EnumByte(t.reversal_reason, ReversalReason::kDeviceUnable);
  }
  t.tombstone = (fields & kTombstone) != 0;
  if (fields & kRequest) {
    r.Request(t.request_id);
  }
  if (fields & kSeq) {
    t.seq = CommandSeq{r.Varint()};
  }
  if (fields & kDecidedAt) {
    r.Time(t.decided_at);
  }
}

void Apply(const Predicted& p, Transaction& t) {
  t.request_id = p.request_id;
  t.card = p.card;
  t.list_price = p.list_price;
  t.subsidy = p.subsidy;
  t.stan = p.stan;
  t.hold_s = p.hold_s;
  t.if_no_benefit = p.if_no_benefit;
  t.entry_mode = p.entry_mode;
  t.reversal_reason = p.reversal_reason;
  t.applied_count = p.applied_count;
  t.use_count = p.use_count;
  t.capture_at_once = p.capture_at_once;
  t.no_amount = p.no_amount;
  if (t.kind == TransactionKind::kAuthorization) {
    t.progress = Progress{};
    t.progress.allow_partial = p.allow_partial;
  } else {
    t.reference = p.reference;
  }
}

void ReadTransaction(ByteReader& r, Event& event, const Command& command) {
  Transaction& t = event.transaction;
  r.Row(event.transaction_row, kTransactionsMax);
  const uint8_t state = r.Byte();
  t.state = r.EnumOf(static_cast<uint8_t>(state & kStateMask), TransactionState::kRefunded);
  t.outcome = r.EnumOf(static_cast<uint8_t>(state >> kOutcomeShift & 3), Outcome::kDeclined);
  t.final_capture = (state & kIsFinalCapture) != 0;
  t.original_found = (state & kIsOriginalFound) != 0;
  t.kind = TransactionKindOf(event.kind);
  t.seq = event.seq;
  t.decided_at = event.at;
  t.original = event.original.row;
  Apply(PredictFrom(event, command), t);
  const uint32_t fields =
      static_cast<uint32_t>(r.Varint(kTransactionFieldsAll, "unknown field of a transaction"));
  if (fields & kTerminal) {
    r.Row(t.terminal, kTerminalsMax);
  }
  if (fields & kMerchant) {
    r.Row(t.merchant, kMerchantsMax);
  }
  if (fields & kMember) {
    r.Row(t.member, kMembersMax);
  }
  if (fields & kFirstApplied) {
    r.Row(t.first_applied, kAppliedMax);
  }
  if (fields & kFirstUse) {
    r.Row(t.first_use, kUsesMax);
  }
  if (fields & kSubsidy) {
    r.Amount(t.subsidy);
  }
  if (fields & kReason) {
    t.reason = static_cast<Reason>(r.Varint(UINT16_MAX, "unknown reason"));
    if (!IsKnown(t.reason)) {
      r.Fail("unknown reason");
    }
  }
  if (fields & kExpiresAfter) {
    const uint64_t seconds =
        r.Varint(static_cast<uint64_t>(INT64_MAX / kNsPerSecond), "expiry too far away");
    t.expires_at =
        TimestampNs{WrappingAdd(event.at.value(), static_cast<int64_t>(seconds) * kNsPerSecond)};
  }
  if (fields & kExpiresAt) {
    r.Time(t.expires_at);
  }
  ReadUnusualFields(r, fields, t);
}

void ReadOriginal(ByteReader& r, OriginalChange& change) {
  r.Row(change.row, kTransactionsMax);
  const uint32_t flags =
      static_cast<uint32_t>(r.Varint(kOriginalFlagsAll, "unknown flag of an original's change"));
  change.state = r.EnumOf(static_cast<uint8_t>(flags & kStateMask), TransactionState::kRefunded);
  change.restates = (flags & kRestates) != 0;
  const auto amount = [&r, flags](uint32_t flag, Fen& delta) {
    if (flags & flag) {
      r.Amount(delta);
    }
  };
  amount(kCapturedDelta, change.captured_delta);
  amount(kCapturedSubsidyDelta, change.captured_subsidy_delta);
  amount(kRefundedDelta, change.refunded_delta);
  amount(kRefundedSubsidyDelta, change.refunded_subsidy_delta);
  amount(kListPriceDelta, change.list_price_delta);
  amount(kSubsidyDelta, change.subsidy_delta);
  if (flags & kExpiresAtDelta) {
    change.expires_at_delta_ns = r.Signed();
  }
}

void ReadCounts(ByteReader& r, Event& event) {
  const uint64_t counts = r.Varint(UINT32_MAX, "unknown counts");
  event.share_count = static_cast<uint32_t>(counts & ((1u << kUseCountShift) - 1));
  event.use_count = static_cast<uint32_t>(counts >> kUseCountShift);
  if (event.share_count > kSharesPerTransactionMax || event.use_count > kUsesPerTransactionMax)
      [[unlikely]] {
    r.Fail("more shares or uses than limits.h allows");
    event.share_count = 0;
    event.use_count = 0;
  }
}

void ReadDeltas(ByteReader& r, Event& event) {
  BenefitRow benefit;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    ShareDelta& share = event.shares[i];
    const uint8_t flags = r.Byte();
    if (flags > kShareFlagsAll) [[unlikely]] {
      r.Fail("unknown flag of a share");
    }
    if (flags & kShareBenefit) {
      r.Row(benefit, kBenefitsMax);
    }
    share.benefit = benefit;
    r.Row(share.fund, kFundsMax);
    if (flags & kShareHeld) {
      r.Amount(share.held_delta);
    }
    if (flags & kShareSpent) {
      r.Amount(share.spent_delta);
    }
    if (flags & kShareOverrun) {
      r.Amount(share.overrun_delta);
    }
    if (flags & kShareSuspense) {
      r.Amount(share.suspense_delta);
    }
  }
  benefit = event.share_count > 0 ? event.shares[0].benefit : BenefitRow{};
  uint32_t subject = event.transaction.member.value();
  WindowNumber window = 0;
  for (uint32_t i = 0; i < event.use_count; ++i) {
    UseDelta& use = event.uses[i];
    const uint8_t flags = r.Byte();
    if (flags > kUseFlagsAll) [[unlikely]] {
      r.Fail("unknown flag of a use");
    }
    r.Row(use.limit, kLimitsMax);
    if (flags & kUseBenefit) {
      r.Row(benefit, kBenefitsMax);
    }
    if (flags & kUseSubject) {
      r.Number(subject);
    }
    if (flags & kUseWindow) {
      r.Number(window);
    }
    use.benefit = benefit;
    use.subject = subject;
    use.window = window;
    if (flags & kUseHeld) {
      use.held_delta = r.Signed();
    }
    if (flags & kUseUsed) {
      use.used_delta = r.Signed();
    }
    if (flags & kUseUsedAfter) {
      use.used_after = r.Signed();
    }
    use.left_after = r.Signed();
  }
}

void ReadOperatorEffect(ByteReader& r, uint8_t flags, const Command& command, Event& event) {
  r.Number(event.row);
  r.Number(event.row_2);
  if ((flags & kHasSpans) == 0) {
    return;
  }
  r.Count(event.span_count, kSegmentSpansPerMemberMax);
  for (uint32_t i = 0; i < event.span_count && r.ok(); ++i) {
    ResolvedSpan& span = event.spans[i];
    span = PredictSpan(command, i);
    const uint8_t segment = r.Byte();
    span.segment = static_cast<SegmentBit>(segment & ~kSpanTimes);
    if (span.segment >= kSegmentsMax) {
      r.Fail("segment beyond its table");
      span.segment = 0;
    }
    if (segment & kSpanTimes) {
      r.Time(span.starts_at);
      r.Time(span.ends_at);
    }
  }
}

absl::Status Damaged(uint64_t seq, const char* what, size_t offset) {
  return absl::DataLossError(absl::StrCat("record of event ", seq, ", byte ", offset, ": ", what));
}

}  // namespace

RecordDecoder::RecordDecoder() : storage_(std::make_unique<Storage>()) {}
RecordDecoder::~RecordDecoder() = default;

void RecordDecoder::ReadCommand(codec::ByteReader& r) {
  Storage& s = *storage_;
  Command& command = s.command;
  switch (command.kind) {
    case CommandKind::kAuthorize:
      return ReadAuthorize(r, command.authorize);
    case CommandKind::kCapture:
      command.capture = CaptureRequest{};
      return ReadCapture(r, command.capture);
    case CommandKind::kReverse:
      command.reverse = ReverseRequest{};
      return ReadReverse(r, command.reverse);
    case CommandKind::kIncrement:
      command.increment = IncrementRequest{};
      return ReadIncrement(r, command.increment);
    case CommandKind::kRefund:
      command.refund = RefundRequest{};
      return ReadRefund(r, command.refund);
    case CommandKind::kQuote:
    case CommandKind::kGetTransaction:
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
      return;
    case CommandKind::kDefineSegment:
      command.segment = ReadContent(r, s.segment);
      return;
    case CommandKind::kSetUnionNode:
      command.union_node = ReadContent(r, s.union_node);
      return;
    case CommandKind::kSetMember:
      command.member = ReadContent(r, s.member);
      return;
    case CommandKind::kSetCard:
      command.card = ReadContent(r, s.card);
      return;
    case CommandKind::kSetMerchant:
      command.merchant = ReadContent(r, s.merchant);
      return;
    case CommandKind::kSetTerminal:
      command.terminal_setting = ReadContent(r, s.terminal);
      return;
    case CommandKind::kSetFund:
      command.fund = ReadContent(r, s.fund);
      return;
    case CommandKind::kApplyProgramme:
      s.image = ProgrammeImage{};
      codec::ReadImage(r, s.image, s.pools);
      command.programme = &s.image;
      return;
    case CommandKind::kSetMemberStatus:
      command.member_status = ReadContent(r, s.member_status);
      return;
    case CommandKind::kSetCardStatus:
      command.card_status = ReadContent(r, s.card_status);
      return;
    case CommandKind::kReplaceCard:
      command.replace_card = ReadContent(r, s.replace_card);
      return;
    case CommandKind::kRetireProgramme:
      command.retire_programme = ReadContent(r, s.retire_programme);
      return;
  }
}

absl::StatusOr<const Event*> RecordDecoder::Next(std::span<const uint8_t>* payload,
                                                 uint64_t seq,
                                                 TimestampNs previous_at) {
  const uint8_t* const origin = payload->data();
  ByteReader head(*payload, origin);
  const uint64_t length = head.Varint();
  if (head.ok() && length > head.left()) {
    head.Fail("ends early");
  }
  if (!head.ok()) {
    return Damaged(seq, head.what(), head.offset());
  }
  ByteReader r({head.at(), static_cast<size_t>(length)}, origin);

  Event& event = storage_->event;
  Command& command = storage_->command;
  event = Event{};
  command = Command{};
  event.command = &command;
  event.seq = CommandSeq{seq};
  event.kind = static_cast<EventKind>(r.Byte());
  if (!IsKnown(event.kind)) {
    r.Fail("unknown kind of event");
    return Damaged(seq, r.what(), r.offset() - 1);
  }
  command.kind = CauseOf(event.kind);
  if (const uint8_t version = r.Byte(); r.ok() && version != kRecordVersion) {
    return Damaged(seq, "unknown version of a record", static_cast<size_t>(r.at() - origin) - 1);
  }
  const uint8_t flags = r.Byte();
  const bool is_operators = IsOperators(event.kind);
  if ((flags & ~(is_operators ? kOperatorFlags : kTransactionFlags)) != 0) {
    r.Fail("unknown flag of a record");
  }
  event.at = TimestampNs{WrappingAdd(previous_at.value(), r.Signed())};
  if (flags & kHasCaller) {
    r.CodeField(command.terminal);
    r.Request(command.request_id);
  }
  ReadCommand(r);
  if (is_operators) {
    ReadOperatorEffect(r, flags, command, event);
  } else {
    if (flags & kHasOriginal) {
      ReadOriginal(r, event.original);
    }
    if (flags & kHasDeltas) {
      ReadCounts(r, event);
    }
    if (IsTransaction(event.kind)) {
      ReadTransaction(r, event, command);
    }
    if (flags & kHasTombstone) {
      r.Row(event.tombstone_row, kTransactionsMax);
    }
    ReadDeltas(r, event);
    const MemberDeltas predicted = PredictMemberDeltas(event);
    event.member_pending_delta = predicted.pending;
    if (flags & kHasMemberPending) {
      r.Amount(event.member_pending_delta);
    }
    event.member_posted_delta = predicted.posted;
    if (flags & kHasMemberPosted) {
      r.Amount(event.member_posted_delta);
    }
  }
  if (r.ok() && r.left() != 0) {
    r.Fail("longer than its fields");
  }
  if (!r.ok()) {
    return Damaged(seq, r.what(), r.offset());
  }
  *payload = payload->subspan(static_cast<size_t>(r.at() - origin));
  return &event;
}

}  // namespace gonghui
