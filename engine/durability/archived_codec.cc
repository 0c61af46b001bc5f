// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/archived_codec.h"

#include <array>
#include <cstring>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/durability/record_parts.h"

namespace gonghui {
namespace codec {
namespace {

// ---- Numbers on the disk: do not change -------------------------------------

constexpr uint8_t kValueVersion = 1;

// First byte: bits 0..3 the state, bits 4..5 the outcome.
enum StateFlag : uint8_t {
  kIsFinalCapture = 1 << 6,
  kIsOriginalFound = 1 << 7,
};
constexpr int kOutcomeShift = 4;

// Second byte: bits 0..3 the kind.
enum KindFlag : uint8_t {
  kIsFullPriceIfNone = 1 << 4,
  kIsCaptureAtOnce = 1 << 5,
  kIsTombstone = 1 << 6,
  kIsNoAmount = 1 << 7,
};
constexpr uint8_t kKindMask = 15;
static_assert(static_cast<uint8_t>(TransactionKind::kBatchClose) <= kKindMask);

// Third byte: bits 0..2 the entry mode, bits 5..7 the reversal's reason.
enum ModeFlag : uint8_t {
  kIsOverrun = 1 << 3,
  kIsAllowPartial = 1 << 4,
};
constexpr uint8_t kEntryModeMask = 7;
constexpr int kReversalReasonShift = 5;

// Which fields follow; the usual ones first, so that the mask of a sale takes two bytes.
enum ArchivedField : uint32_t {
  kTerminal = 1u << 0,  // else none, and so for all rows
  kMerchant = 1u << 1,
  kMember = 1u << 2,
  kCard = 1u << 3,       // else none
  kListPrice = 1u << 4,  // else 0
  kSubsidy = 1u << 5,    // else 0
  kStan = 1u << 6,       // else 0
  kParts = 1u << 7,      // how many shares and uses; else none of both
  kHashOrOriginal = 1u << 8,
  kOriginalId = 1u << 9,
  kOriginalRequestId = 1u << 10,
  kExpiresAt = 1u << 11,  // else 0
  kReason = 1u << 12,     // else none
  kCaptured = 1u << 13,   // both; else all of the price and subsidy if captured, else 0
  kProgress = 1u << 14,   // authorization: all four; else 0
  kAskedAmount = 1u << 15,
  kMemberPays = 1u << 16,  // else list price - subsidy
  kHoldS = 1u << 17,       // else 0
  kBenefit = 1u << 18,
  kFailedRow = 1u << 19,  // of a limit, or by the reason of a fund
  kLines = 1u << 20,
  kAdvice = 1u << 21,
  kBatch = 1u << 22,
  kOccasion = 1u << 23,
};
constexpr uint32_t kArchivedFieldsAll = (1u << 24) - 1;
constexpr uint32_t kFieldsOfAuthorizations = kProgress | kOccasion;
constexpr uint32_t kFieldsOfOthers = kOriginalId | kOriginalRequestId | kAskedAmount | kBatch;

enum ShareFlag : uint8_t {
  kShareBenefit = 1 << 0,  // else that of the share before, at first none
  kShareRestated = 1 << 1,
  kShareHeld = 1 << 2,
  kShareSpent = 1 << 3,  // else all that is neither held nor overrun
  kShareOverrun = 1 << 4,
};
constexpr uint8_t kShareFlagsAll = (1 << 5) - 1;

enum UseFlag : uint8_t {
  kUseBenefit = 1 << 0,    // else that of the use before, at first the first share's
  kUseSubject = 1 << 1,    // else that of the use before, at first the member's row
  kUseWindow = 1 << 2,     // else that of the use before, at first 0
  kUseUsedAfter = 1 << 3,  // else the amount
};
constexpr uint8_t kUseFlagsAll = (1 << 4) - 1;

enum LineFlag : uint8_t {
  kLineNumber = 1 << 0,  // else its place, from 1
  kLineReturned = 1 << 1,
};
constexpr uint8_t kLineFlagsAll = (1 << 2) - 1;

// Byte of an advice; bits 0..1 are the liability.
enum AdviceFlag : uint8_t {
  kIsClockAdjusted = 1 << 2,
  kAdviceDenyList = 1 << 3,  // else 0
  kAdviceJudgedAt = 1 << 4,  // else occurred_at
  kAdviceMemberPaid = 1 << 5,
  kAdviceAcquirerBears = 1 << 6,
};
constexpr uint8_t kLiabilityMask = 3;
constexpr uint8_t kAdviceFlagsAll = (1 << 7) - 1;

// A new field needs a place above, and a new version.
static_assert(sizeof(Transaction) == 200 && sizeof(Progress) == 48 && sizeof(Reference) == 48);
static_assert(sizeof(Applied) == 48 && sizeof(Use) == 40);
static_assert(sizeof(Line) == 64 && sizeof(Advice) == 56);

constexpr size_t kChecksumBytes = 4;

// Share count in the low four bits, use count above.
constexpr int kUseCountShift = 4;
static_assert(kSharesPerTransactionMax < 1u << kUseCountShift);

// ---- Predictions --------------------------------------------------------------

Fen Minus(Fen a, Fen b) {
  return Fen{WrappingSubtract(a.value(), b.value())};
}
Fen Plus(Fen a, Fen b) {
  return Fen{WrappingAdd(a.value(), b.value())};
}

Fen PredictCaptured(const Transaction& t, Fen all) {
  return t.state == TransactionState::kCaptured ? all : Fen{0};
}
Fen PredictAskedAmount(const Transaction& t) {
  return t.no_amount ? Fen{0} : t.list_price;
}
Fen PredictSpent(const Applied& share) {
  return Minus(Minus(Plus(share.authorized, share.restated), share.held), share.overrun);
}

// An instant, as it is written: how long before the decision it was.
void WriteBefore(ByteWriter& w, TimestampNs decided_at, TimestampNs at) {
  w.Signed(WrappingSubtract(decided_at.value(), at.value()));
}
TimestampNs ReadBefore(ByteReader& r, TimestampNs decided_at) {
  return TimestampNs{WrappingSubtract(decided_at.value(), r.Signed())};
}

// ---- Writing ------------------------------------------------------------------

uint32_t FieldsThatDiffer(const Transaction& t) {
  uint32_t fields = 0;
  const auto mark = [&fields](bool differs, uint32_t field) { fields |= differs ? field : 0; };
  mark(t.terminal != TerminalRow{}, kTerminal);
  mark(t.merchant != MerchantRow{}, kMerchant);
  mark(t.member != MemberRow{}, kMember);
  mark(t.card != CardNumber{}, kCard);
  mark(t.list_price != Fen{0}, kListPrice);
  mark(t.subsidy != Fen{0}, kSubsidy);
  mark(t.stan != 0, kStan);
  mark((t.applied_count | t.use_count) != 0, kParts);
  mark(t.expires_at != TimestampNs{}, kExpiresAt);
  mark(t.reason != Reason::kNone, kReason);
  mark(t.captured != PredictCaptured(t, t.list_price) ||
           t.captured_subsidy != PredictCaptured(t, t.subsidy),
       kCaptured);
  mark(t.member_pays != Minus(t.list_price, t.subsidy), kMemberPays);
  mark(t.hold_s != 0, kHoldS);
  mark(t.benefit != BenefitRow{}, kBenefit);
  mark(t.failed_row != 0, kFailedRow);
  mark(t.line_count() != 0, kLines);
  mark(t.advice() != AdviceRow{}, kAdvice);
  if (t.IsAuthorization()) {
    const Progress& p = t.progress;
    mark(t.programme_hash != 0, kHashOrOriginal);
    mark(p.refunded != Fen{0} || p.refunded_subsidy != Fen{0} || p.restated != Fen{0} ||
             p.restated_subsidy != Fen{0},
         kProgress);
    mark(p.occasion != OccasionRow{}, kOccasion);
  } else {
    const Reference& reference = t.reference;
    mark(t.original_seq != CommandSeq{}, kHashOrOriginal);
    mark(reference.original_id != TransactionId{}, kOriginalId);
    mark(!reference.original_request_id.IsNone(), kOriginalRequestId);
    mark(reference.asked_amount != PredictAskedAmount(t), kAskedAmount);
    mark(reference.batch != BatchRow{}, kBatch);
  }
  return fields;
}

void WriteOwnFields(ByteWriter& w, const Transaction& t, uint32_t fields) {
  if (fields & kTerminal) {
    w.Row(t.terminal);
  }
  if (fields & kMerchant) {
    w.Row(t.merchant);
  }
  if (fields & kMember) {
    w.Row(t.member);
  }
  if (fields & kCard) {
    w.Id64(t.card);
  }
  if (fields & kListPrice) {
    w.Amount(t.list_price);
  }
  if (fields & kSubsidy) {
    w.Amount(t.subsidy);
  }
  if (fields & kStan) {
    w.Varint(t.stan);
  }
  if (fields & kParts) {
    w.Varint(t.applied_count | uint32_t{t.use_count} << kUseCountShift);
  }
  if (fields & kHashOrOriginal) {
    if (t.IsAuthorization()) {
      w.Fixed64(t.programme_hash);
    } else {
      w.Signed(SeqsBetween(t.original_seq, t.seq));
    }
  }
  if (fields & kOriginalId) {
    w.Id64(t.reference.original_id);
  }
  if (fields & kOriginalRequestId) {
    w.Request(t.reference.original_request_id);
  }
  if (fields & kExpiresAt) {
    WriteBefore(w, t.decided_at, t.expires_at);
  }
  if (fields & kReason) {
    w.Varint(static_cast<uint16_t>(t.reason));
  }
  if (fields & kCaptured) {
    w.Amount(t.captured);
    w.Amount(t.captured_subsidy);
  }
  if (fields & kProgress) {
    w.Amount(t.progress.refunded);
    w.Amount(t.progress.refunded_subsidy);
    w.Amount(t.progress.restated);
    w.Amount(t.progress.restated_subsidy);
  }
  if (fields & kAskedAmount) {
    w.Amount(t.reference.asked_amount);
  }
  if (fields & kMemberPays) {
    w.Amount(t.member_pays);
  }
  if (fields & kHoldS) {
    w.Varint(t.hold_s);
  }
  if (fields & kBenefit) {
    w.Row(t.benefit);
  }
  if (fields & kFailedRow) {
    w.Varint(t.failed_row);
  }
  if (fields & kBatch) {
    w.Row(t.reference.batch);
  }
  if (fields & kOccasion) {
    w.Row(t.progress.occasion);
  }
}

void WriteShare(ByteWriter& w, const Applied& share, BenefitRow before) {
  w.Byte(static_cast<uint8_t>((share.benefit != before ? kShareBenefit : 0) |
                              (share.restated != Fen{0} ? kShareRestated : 0) |
                              (share.held != Fen{0} ? kShareHeld : 0) |
                              (share.spent != PredictSpent(share) ? kShareSpent : 0) |
                              (share.overrun != Fen{0} ? kShareOverrun : 0)));
  if (share.benefit != before) {
    w.Row(share.benefit);
  }
  w.Row(share.fund);
  w.Amount(share.authorized);
  if (share.restated != Fen{0}) {
    w.Amount(share.restated);
  }
  if (share.held != Fen{0}) {
    w.Amount(share.held);
  }
  if (share.spent != PredictSpent(share)) {
    w.Amount(share.spent);
  }
  if (share.overrun != Fen{0}) {
    w.Amount(share.overrun);
  }
}

void WriteUse(ByteWriter& w, const Use& use, const Use& before) {
  w.Byte(static_cast<uint8_t>((use.benefit != before.benefit ? kUseBenefit : 0) |
                              (use.subject != before.subject ? kUseSubject : 0) |
                              (use.window != before.window ? kUseWindow : 0) |
                              (use.used_after != use.amount ? kUseUsedAfter : 0)));
  w.Row(use.limit);
  if (use.benefit != before.benefit) {
    w.Row(use.benefit);
  }
  if (use.subject != before.subject) {
    w.Varint(use.subject);
  }
  if (use.window != before.window) {
    w.Signed(use.window);
  }
  w.Signed(use.amount);
  if (use.used_after != use.amount) {
    w.Signed(use.used_after);
  }
  w.Signed(use.left_after);
}

void WriteLine(ByteWriter& w, const Line& line, uint32_t number) {
  GH_CHECK(line.reserved == 0, "reserved=", line.reserved);
  w.Byte(static_cast<uint8_t>((line.number != number ? kLineNumber : 0) |
                              (line.returned != 0 ? kLineReturned : 0)));
  w.CodeField(line.item);
  w.Varint(line.quantity);
  w.Amount(line.price);
  w.Amount(line.subsidy);
  if (line.number != number) {
    w.Varint(line.number);
  }
  if (line.returned != 0) {
    w.Varint(line.returned);
  }
}

void WriteAdvice(ByteWriter& w, const Advice& advice, TimestampNs decided_at) {
  GH_CHECK((advice.reserved[0] | advice.reserved[1]) == 0, "reserved=", advice.reserved[0]);
  GH_CHECK(advice.liability <= Liability::kManual, "liability=", advice.liability);
  const bool other_judged_at = advice.judged_at != advice.occurred_at;
  w.Byte(static_cast<uint8_t>(static_cast<int>(advice.liability) |
                              (advice.clock_adjusted ? kIsClockAdjusted : 0) |
                              (advice.deny_list_at != TimestampNs{} ? kAdviceDenyList : 0) |
                              (other_judged_at ? kAdviceJudgedAt : 0) |
                              (advice.member_paid != Fen{0} ? kAdviceMemberPaid : 0) |
                              (advice.acquirer_bears != Fen{0} ? kAdviceAcquirerBears : 0)));
  WriteBefore(w, decided_at, advice.occurred_at);
  w.Varint(advice.sequence);
  w.Signed(advice.business_day);
  if (advice.deny_list_at != TimestampNs{}) {
    WriteBefore(w, decided_at, advice.deny_list_at);
  }
  if (other_judged_at) {
    WriteBefore(w, decided_at, advice.judged_at);
  }
  if (advice.member_paid != Fen{0}) {
    w.Amount(advice.member_paid);
  }
  if (advice.acquirer_bears != Fen{0}) {
    w.Amount(advice.acquirer_bears);
  }
}

// What the first use's fields are compared with.
Use BeforeFirstUse(const ArchivedTransaction& a) {
  Use use;
  use.benefit = a.transaction.applied_count > 0 ? a.applied[0].benefit : BenefitRow{};
  use.subject = a.transaction.member.value();
  return use;
}

// ---- Reading ------------------------------------------------------------------

TransactionKind ReadKind(ByteReader& r, uint8_t number) {
  const auto kind = static_cast<TransactionKind>(number);
  switch (kind) {
    case TransactionKind::kAuthorization:
    case TransactionKind::kCapture:
    case TransactionKind::kReversal:
    case TransactionKind::kIncrement:
    case TransactionKind::kRefund:
    case TransactionKind::kBatchClose:
      return kind;
  }
  r.Fail("unknown kind of transaction");
  return TransactionKind::kAuthorization;
}

void ReadOwnFields(ByteReader& r, uint32_t fields, Transaction& t) {
  if (fields & kTerminal) {
    r.Row(t.terminal, kTerminalsMax);
  }
  if (fields & kMerchant) {
    r.Row(t.merchant, kMerchantsMax);
  }
  if (fields & kMember) {
    r.Row(t.member, kMembersMax);
  }
  if (fields & kCard) {
    r.Id64(t.card);
  }
  if (fields & kListPrice) {
    r.Amount(t.list_price);
  }
  if (fields & kSubsidy) {
    r.Amount(t.subsidy);
  }
  if (fields & kStan) {
    r.Number(t.stan);
  }
  if (fields & kParts) {
    const uint64_t counts = r.Varint(UINT32_MAX, "unknown counts");
    const uint64_t shares = counts & ((1u << kUseCountShift) - 1);
    const uint64_t uses = counts >> kUseCountShift;
    if (shares > kSharesPerTransactionMax || uses > kUsesPerTransactionMax) {
      r.Fail("more shares or uses than limits.h allows");
    } else {
      t.applied_count = static_cast<uint8_t>(shares);
      t.use_count = static_cast<uint8_t>(uses);
    }
  }
  if (fields & kHashOrOriginal) {
    if (t.IsAuthorization()) {
      r.Fixed64(t.programme_hash);
    } else {
      t.original_seq = SeqBefore(r.Signed(), t.seq);
    }
  }
  if (fields & kOriginalId) {
    r.Id64(t.reference.original_id);
  }
  if (fields & kOriginalRequestId) {
    r.Request(t.reference.original_request_id);
  }
  if (fields & kExpiresAt) {
    t.expires_at = ReadBefore(r, t.decided_at);
  }
  if (fields & kReason) {
    t.reason = static_cast<Reason>(r.Varint(UINT16_MAX, "unknown reason"));
    if (!IsKnown(t.reason)) {
      r.Fail("unknown reason");
    }
  }
  t.captured = PredictCaptured(t, t.list_price);
  t.captured_subsidy = PredictCaptured(t, t.subsidy);
  if (fields & kCaptured) {
    r.Amount(t.captured);
    r.Amount(t.captured_subsidy);
  }
  if (fields & kProgress) {
    r.Amount(t.progress.refunded);
    r.Amount(t.progress.refunded_subsidy);
    r.Amount(t.progress.restated);
    r.Amount(t.progress.restated_subsidy);
  }
  if (!t.IsAuthorization()) {
    t.reference.asked_amount = PredictAskedAmount(t);
  }
  if (fields & kAskedAmount) {
    r.Amount(t.reference.asked_amount);
  }
  t.member_pays = Minus(t.list_price, t.subsidy);
  if (fields & kMemberPays) {
    r.Amount(t.member_pays);
  }
  if (fields & kHoldS) {
    r.Number(t.hold_s);
  }
  if (fields & kBenefit) {
    r.Row(t.benefit, kBenefitsMax);
  }
  if (fields & kFailedRow) {
    ReadFailedRow(r, t);
  }
  if (fields & kBatch) {
    r.Row(t.reference.batch, kBatchesMax);
  }
  if (fields & kOccasion) {
    r.Row(t.progress.occasion, kOccasionsMax);
  }
}

uint8_t ReadFlags(ByteReader& r, uint8_t all, const char* what) {
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if ((flags & ~all) != 0) {
    r.FailAt(what, where);
  }
  return flags;
}

void ReadShare(ByteReader& r, BenefitRow before, Applied& share) {
  const uint8_t flags = ReadFlags(r, kShareFlagsAll, "unknown flag of a share");
  share.benefit = before;
  if (flags & kShareBenefit) {
    r.Row(share.benefit, kBenefitsMax);
  }
  r.Row(share.fund, kFundsMax);
  r.Amount(share.authorized);
  if (flags & kShareRestated) {
    r.Amount(share.restated);
  }
  if (flags & kShareHeld) {
    r.Amount(share.held);
  }
  Fen spent;
  if (flags & kShareSpent) {
    r.Amount(spent);
  }
  if (flags & kShareOverrun) {
    r.Amount(share.overrun);
  }
  share.spent = (flags & kShareSpent) != 0 ? spent : PredictSpent(share);
}

void ReadUse(ByteReader& r, const Use& before, Use& use) {
  const uint8_t flags = ReadFlags(r, kUseFlagsAll, "unknown flag of a use");
  use.benefit = before.benefit;
  use.subject = before.subject;
  use.window = before.window;
  r.Row(use.limit, kLimitsMax);
  if (flags & kUseBenefit) {
    r.Row(use.benefit, kBenefitsMax);
  }
  if (flags & kUseSubject) {
    r.Number(use.subject);
  }
  if (flags & kUseWindow) {
    r.Number(use.window);
  }
  use.amount = r.Signed();
  use.used_after = (flags & kUseUsedAfter) != 0 ? r.Signed() : use.amount;
  use.left_after = r.Signed();
}

void ReadLine(ByteReader& r, uint32_t number, Line& line) {
  const uint8_t flags = ReadFlags(r, kLineFlagsAll, "unknown flag of a line");
  r.CodeField(line.item);
  r.Number(line.quantity);
  r.Amount(line.price);
  r.Amount(line.subsidy);
  line.number = number;
  if (flags & kLineNumber) {
    r.Number(line.number);
  }
  if (flags & kLineReturned) {
    r.Number(line.returned);
  }
}

void ReadAdvice(ByteReader& r, TimestampNs decided_at, Advice& advice) {
  const uint8_t flags = ReadFlags(r, kAdviceFlagsAll, "unknown flag of an advice");
  advice.liability = static_cast<Liability>(flags & kLiabilityMask);
  advice.clock_adjusted = (flags & kIsClockAdjusted) != 0;
  advice.occurred_at = ReadBefore(r, decided_at);
  r.Number(advice.sequence);
  r.Number(advice.business_day);
  if (flags & kAdviceDenyList) {
    advice.deny_list_at = ReadBefore(r, decided_at);
  }
  advice.judged_at =
      (flags & kAdviceJudgedAt) != 0 ? ReadBefore(r, decided_at) : advice.occurred_at;
  if (flags & kAdviceMemberPaid) {
    r.Amount(advice.member_paid);
  }
  if (flags & kAdviceAcquirerBears) {
    r.Amount(advice.acquirer_bears);
  }
}

}  // namespace

uint8_t* WriteArchived(uint8_t* out, const ArchivedTransaction& a) {
  const Transaction& t = a.transaction;
  CheckReserved(t);
  GH_CHECK(t.applied_count <= kSharesPerTransactionMax, "applied_count=", t.applied_count);
  GH_CHECK(t.use_count <= kUsesPerTransactionMax, "use_count=", t.use_count);
  GH_CHECK(t.line_count() <= kLinesPerTransactionMax, "line_count=", t.line_count());
  GH_DCHECK(t.state >= TransactionState::kDeclined && t.state <= TransactionState::kRefunded,
            "state=",
            t.state);
  GH_DCHECK(
      t.outcome >= Outcome::kApproved && t.outcome <= Outcome::kDeclined, "outcome=", t.outcome);
  ByteWriter w(out);
  w.Byte(static_cast<uint8_t>(
      static_cast<int>(t.state) | (static_cast<int>(t.outcome) << kOutcomeShift) |
      (t.final_capture ? kIsFinalCapture : 0) | (t.original_found ? kIsOriginalFound : 0)));
  w.Byte(
      static_cast<uint8_t>(static_cast<int>(t.kind) |
                           (t.if_no_benefit == IfNoBenefit::kFullPrice ? kIsFullPriceIfNone : 0) |
                           (t.capture_at_once ? kIsCaptureAtOnce : 0) |
                           (t.tombstone ? kIsTombstone : 0) | (t.no_amount ? kIsNoAmount : 0)));
  const bool allow_partial = t.IsAuthorization() && t.progress.allow_partial;
  w.Byte(static_cast<uint8_t>(static_cast<int>(t.entry_mode) | (t.overrun ? kIsOverrun : 0) |
                              (allow_partial ? kIsAllowPartial : 0) |
                              (static_cast<int>(t.reversal_reason) << kReversalReasonShift)));
  const uint32_t fields = FieldsThatDiffer(t);
  w.Varint(fields);
  w.Request(t.request_id);
  w.Varint(t.seq.value());
  w.Fixed64(static_cast<uint64_t>(t.decided_at.value()));
  WriteOwnFields(w, t, fields);
  BenefitRow benefit;
  for (uint32_t i = 0; i < t.applied_count; ++i) {
    WriteShare(w, a.applied[i], benefit);
    benefit = a.applied[i].benefit;
  }
  Use before = BeforeFirstUse(a);
  for (uint32_t i = 0; i < t.use_count; ++i) {
    WriteUse(w, a.uses[i], before);
    before = a.uses[i];
  }
  if (fields & kLines) {
    w.Count(t.line_count(), kLinesPerTransactionMax);
  }
  for (uint32_t i = 0; i < t.line_count(); ++i) {
    WriteLine(w, a.lines[i], i + 1);
  }
  if (fields & kAdvice) {
    WriteAdvice(w, a.advice, t.decided_at);
  }
  return w.at();
}

void ReadArchived(ByteReader& r, ArchivedTransaction& a) {
  a = ArchivedTransaction{};
  Transaction& t = a.transaction;
  const uint8_t state = r.Byte();
  t.state = r.EnumOf(static_cast<uint8_t>(state & kStateMask), TransactionState::kRefunded);
  t.outcome = r.EnumOf(static_cast<uint8_t>(state >> kOutcomeShift & 3), Outcome::kDeclined);
  t.final_capture = (state & kIsFinalCapture) != 0;
  t.original_found = (state & kIsOriginalFound) != 0;
  const uint8_t* const kind_at = r.at();
  const uint8_t kind = r.Byte();
  t.kind = ReadKind(r, kind & kKindMask);
  t.if_no_benefit =
      (kind & kIsFullPriceIfNone) != 0 ? IfNoBenefit::kFullPrice : IfNoBenefit::kDecline;
  t.capture_at_once = (kind & kIsCaptureAtOnce) != 0;
  t.tombstone = (kind & kIsTombstone) != 0;
  t.no_amount = (kind & kIsNoAmount) != 0;
  const uint8_t mode = r.Byte();
  t.entry_mode = r.EnumOf(static_cast<uint8_t>(mode & kEntryModeMask),
                          PosEntryMode::kManual,
                          PosEntryMode::kUnspecified);
  t.overrun = (mode & kIsOverrun) != 0;
  t.reversal_reason =
      r.EnumOf(static_cast<uint8_t>(mode >> kReversalReasonShift), ReversalReason::kDeviceUnable);
  const uint32_t fields =
      static_cast<uint32_t>(r.Varint(kArchivedFieldsAll, "unknown field of a transaction"));
  const bool allow_partial = (mode & kIsAllowPartial) != 0;
  if (t.IsAuthorization()) {
    t.progress.allow_partial = allow_partial;
  } else {
    t.reference = Reference{};
    t.original_seq = CommandSeq{};
  }
  const uint32_t others = t.IsAuthorization() ? kFieldsOfOthers : kFieldsOfAuthorizations;
  if ((fields & others) != 0 || (allow_partial && !t.IsAuthorization())) {
    r.FailAt("a field of another kind of transaction", kind_at);
  }
  r.Request(t.request_id);
  t.seq = CommandSeq{r.Varint()};
  t.decided_at = TimestampNs{static_cast<int64_t>(r.Fixed64())};
  ReadOwnFields(r, fields, t);
  BenefitRow benefit;
  for (uint32_t i = 0; i < t.applied_count; ++i) {
    ReadShare(r, benefit, a.applied[i]);
    benefit = a.applied[i].benefit;
  }
  Use before = BeforeFirstUse(a);
  for (uint32_t i = 0; i < t.use_count; ++i) {
    ReadUse(r, before, a.uses[i]);
    before = a.uses[i];
  }
  uint32_t line_count = 0;
  if (fields & kLines) {
    r.Count(line_count, kLinesPerTransactionMax);
  }
  for (uint32_t i = 0; i < line_count; ++i) {
    ReadLine(r, i + 1, a.lines[i]);
  }
  AdviceRow advice;
  if (fields & kAdvice) {
    advice = AdviceRow{1};
    ReadAdvice(r, t.decided_at, a.advice);
  }
  if (t.IsAuthorization()) {
    t.progress.line_count = static_cast<uint8_t>(line_count);
    t.progress.advice = advice;
  } else {
    t.reference.line_count = static_cast<uint8_t>(line_count);
    t.reference.advice = advice;
  }
}

}  // namespace codec

void AppendArchiveValue(const ArchivedTransaction& archived,
                        const TerminalId& terminal,
                        std::string* value) {
  std::array<uint8_t,
             1 + codec::kCode2BytesMax + codec::kArchivedBytesMax + codec::kChecksumBytes +
                 codec::ByteWriter::kSlackBytes>
      room;
  codec::ByteWriter head(room.data());
  head.Byte(codec::kValueVersion);
  head.CodeField(terminal);
  uint8_t* const end = codec::WriteArchived(head.at(), archived);
  const auto bytes = static_cast<size_t>(end - room.data());
  const auto checksum = static_cast<uint32_t>(HashBytes(room.data(), bytes));
  std::memcpy(end, &checksum, codec::kChecksumBytes);
  value->append(reinterpret_cast<const char*>(room.data()), bytes + codec::kChecksumBytes);
}

absl::Status DecodeArchiveValue(std::string_view value,
                                ArchivedTransaction* archived,
                                TerminalId* terminal) {
  const auto damaged = [](const char* what, size_t offset) {
    return absl::DataLossError(absl::StrCat("byte ", offset, ": ", what));
  };
  if (value.size() <= codec::kChecksumBytes) {
    return damaged("ends early", value.size());
  }
  const size_t bytes = value.size() - codec::kChecksumBytes;
  // First, so that what a later release wrote is not called damaged.
  if (static_cast<uint8_t>(value[0]) != codec::kValueVersion) {
    return damaged("unknown version of an archived transaction", 0);
  }
  uint32_t checksum = 0;
  std::memcpy(&checksum, value.data() + bytes, codec::kChecksumBytes);
  if (checksum != static_cast<uint32_t>(HashBytes(value.data(), bytes))) {
    return damaged("checksum does not match the bytes", bytes);
  }
  const auto* const begin = reinterpret_cast<const uint8_t*>(value.data());
  codec::ByteReader r({begin + 1, bytes - 1}, begin);
  r.CodeField(*terminal);
  codec::ReadArchived(r, *archived);
  if (r.ok() && r.left() != 0) {
    r.Fail("longer than its fields");
  }
  return r.ok() ? absl::OkStatus() : damaged(r.what(), r.offset());
}

}  // namespace gonghui
