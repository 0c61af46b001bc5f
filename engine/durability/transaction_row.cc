// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/transaction_row.h"

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/durability/record_parts.h"

namespace gonghui::codec {
namespace {

// ---- Numbers on the disk: do not change -------------------------------------

// The transaction's state byte: bits 0..3 the state, bits 4..5 the outcome.
enum StateFlag : uint8_t {
  kIsFinalCapture = 1 << 6,
  kIsOriginalFound = 1 << 7,
};
constexpr int kOutcomeShift = 4;

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
  kBenefit = 1u << 9,
  kFailedRow = 1u << 10,            // of a limit, or by the reason of a fund
  kHashOrOriginal = 1u << 11,       // by kind; predicted: 0, or the seq the command names
  kCard = 1u << 12,                 // predicted: the command's, or none
  kListPrice = 1u << 13,            // predicted: the command's, or what the original's change says
  kCaptured = 1u << 14,             // predicted: list price when captured, else 0
  kCapturedSubsidy = 1u << 15,      // predicted: subsidy when captured, else 0
  kCounts = 1u << 16,               // applied_count, use_count; predicted: the event's
  kOverrun = 1u << 17,              // no bytes: true
  kMemberPays = 1u << 18,           // predicted: list price - subsidy
  kProgressOrReference = 1u << 19,  // by kind; predicted: the command's
  kNoAmount = 1u << 20,             // no bytes: not as the command says
  kStan = 1u << 21,                 // predicted: the command's
  kHoldS = 1u << 22,                // predicted: the command's
  kSmall = 1u << 23,                // capture_at_once .. reversal_reason; predicted: the command's
  kTombstone = 1u << 24,            // no bytes: true
  kRequest = 1u << 25,              // predicted: the command's
  kSeq = 1u << 26,                  // predicted: the event's
  kDecidedAt = 1u << 27,            // predicted: the event's
};
constexpr uint32_t kTransactionFieldsAll = (1u << 28) - 1;
// A new field needs a place above, in Predicted and so on, and a new version.
static_assert(sizeof(Transaction) == 200);
static_assert(sizeof(Progress) == 48 && sizeof(Reference) == 48);

// ---- Predictions --------------------------------------------------------------

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
  p.reference.original_id = r.original;
  p.reference.original_request_id = r.original_request_id;
  p.reference.asked_amount = has_amount ? r.amount : Fen{0};
  p.stan = r.stan;
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

// A transaction's original, found and named by its transaction id.  Named by a request id it
// is known to the ledger alone.
CommandSeq PredictOriginal(const Transaction& t, const Predicted& p) {
  return t.original_found ? SeqOf(p.reference.original_id) : CommandSeq{};
}
bool HashOrOriginalDiffers(const Transaction& t, const Predicted& p) {
  return t.IsAuthorization() ? t.programme_hash != 0 : t.original_seq != PredictOriginal(t, p);
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

// ---- Writing ------------------------------------------------------------------

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
  mark(t.benefit != BenefitRow{}, kBenefit);
  mark(t.failed_row != 0, kFailedRow);
  mark(HashOrOriginalDiffers(t, predicted), kHashOrOriginal);
  mark(t.card != predicted.card, kCard);
  mark(t.list_price != predicted.list_price, kListPrice);
  mark(t.captured != PredictCaptured(t), kCaptured);
  mark(t.captured_subsidy != PredictCapturedSubsidy(t), kCapturedSubsidy);
  mark(t.applied_count != predicted.applied_count || t.use_count != predicted.use_count, kCounts);
  mark(t.overrun, kOverrun);
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
[[gnu::noinline]] uint8_t* WriteUnusualFields(uint8_t* out,
                                              CommandSeq seq,
                                              const Transaction& t,
                                              uint32_t fields) {
  ByteWriter w(out);
  if (fields & kBenefit) {
    w.Row(t.benefit);
  }
  if (fields & kFailedRow) {
    w.Varint(t.failed_row);
  }
  if (fields & kHashOrOriginal) {
    if (t.IsAuthorization()) {
      w.Fixed64(t.programme_hash);
    } else {
      w.Signed(SeqsBetween(t.original_seq, seq));
    }
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
  return w.at();
}

// ---- Reading ------------------------------------------------------------------

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

void ReadUnusualFields(ByteReader& r, CommandSeq seq, uint32_t fields, Transaction& t) {
  if (fields & kBenefit) {
    r.Row(t.benefit, kBenefitsMax);
  }
  if (fields & kFailedRow) {
    ReadFailedRow(r, t);
  }
  if (fields & kHashOrOriginal) {
    if (t.IsAuthorization()) {
      r.Fixed64(t.programme_hash);
    } else {
      t.original_seq = SeqBefore(r.Signed(), seq);
    }
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
    t.original_seq = PredictOriginal(t, p);
  }
}

}  // namespace

uint8_t* WriteTransaction(uint8_t* out, const Event& event, const Command& command) {
  const Transaction& t = event.transaction;
  GH_CHECK(t.kind == TransactionKindOf(event.kind), "kind=", t.kind, " event=", event.kind);
  GH_DCHECK(t.state >= TransactionState::kDeclined && t.state <= TransactionState::kRefunded,
            "state=",
            t.state);
  GH_DCHECK(
      t.outcome >= Outcome::kApproved && t.outcome <= Outcome::kDeclined, "outcome=", t.outcome);
  CheckReserved(t);
  GH_CHECK(!t.returned() && t.in_order == TransactionRow{}, "in_order=", t.in_order);
  ByteWriter w(out);
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
  if (fields >= kBenefit) {
    return WriteUnusualFields(w.at(), event.seq, t, fields);
  }
  return w.at();
}

void ReadTransaction(ByteReader& r, const Command& command, Event& event) {
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
  ReadUnusualFields(r, event.seq, fields, t);
}

}  // namespace gonghui::codec
