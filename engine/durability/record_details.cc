// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/record_details.h"

#include "engine/base/check.h"

namespace gonghui::codec {
namespace {

// ---- Numbers on the disk: do not change -------------------------------------

// First byte of a request's details.
enum AskedFlag : uint8_t {
  kAskedLines = 1 << 0,
  kAskedAdvice = 1 << 1,
  kAskedCode = 1 << 2,
  kAskedOccasion = 1 << 3,
};
constexpr uint8_t kAskedFlagsAll = kAskedLines | kAskedAdvice | kAskedCode | kAskedOccasion;

// First byte of an occasion: which of its fields follow; else none.
enum OccasionFlag : uint8_t {
  kOccasionVoucher = 1 << 0,
  kOccasionSlot = 1 << 1,
  kOccasionEvent = 1 << 2,
  kOccasionFiler = 1 << 3,
};
constexpr uint8_t kOccasionFlagsAll = (1 << 4) - 1;

// First byte of an advice's evidence.
enum EvidenceFlag : uint8_t {
  kIsQueueEmpty = 1 << 0,
  kHasDenyList = 1 << 1,
  kHasMemberPaid = 1 << 2,
};
constexpr uint8_t kEvidenceFlagsAll = kIsQueueEmpty | kHasDenyList | kHasMemberPaid;

// First varint of an effect's details; the usual ones fit one byte.
enum DetailFlag : uint32_t {
  kFirstLine = 1 << 0,  // the transaction's, as the next two
  kAdviceRow = 1 << 1,
  kBatchRow = 1 << 2,
  kLinesAsAsked = 1 << 3,  // one for each line of the request, of its number and pieces
  kLines = 1 << 4,         // any
  kAdvice = 1 << 5,
  kCodeUse = 1 << 6,            // the row of the code that is used up
  kLineCount = 1 << 7,          // the transaction's; predicted: the event's
  kOtherQueueEmpty = 1 << 8,    // no bytes: the opposite of what the request says
  kOccasionRow = 1 << 9,        // the transaction's
  kOtherHasOccasion = 1 << 10,  // no bytes: the opposite of whether there is such a row
};
constexpr uint32_t kDetailFlagsAll = (1 << 11) - 1;

// Byte of an advice's verdict; bits 0..1 are the liability.
enum VerdictFlag : uint8_t {
  kIsClockAdjusted = 1 << 2,
  kOtherEvidence = 1 << 3,     // predicted: the request's, or none
  kJudgedAt = 1 << 4,          // predicted: occurred_at
  kAcquirerBears = 1 << 5,     // predicted: 0
  kOtherTransaction = 1 << 6,  // predicted: the event's
};
constexpr uint8_t kLiabilityMask = 3;
constexpr uint8_t kVerdictFlagsAll = (1 << 7) - 1;
static_assert(static_cast<uint8_t>(Liability::kManual) <= kLiabilityMask);

// Byte of a batch.
enum BatchFlag : uint8_t {
  kTheirs = 1 << 0,            // predicted: the request's
  kOurs = 1 << 1,              // predicted: as theirs
  kOpenedAt = 1 << 2,          // predicted: 0
  kClosedAt = 1 << 3,          // predicted: the event's
  kBatchTransaction = 1 << 4,  // predicted: the event's
  kBatchTerminal = 1 << 5,     // predicted: the transaction's
  kPrevious = 1 << 6,          // predicted: none
};
constexpr uint8_t kBatchFlagsAll = (1 << 7) - 1;

// A new field needs a place above, and a new version.
static_assert(sizeof(LineItem) == 48 && sizeof(ReturnedLine) == 8 && sizeof(LineDelta) == 24);
static_assert(sizeof(AdviceRequest) == 40 && sizeof(Advice) == 56 && sizeof(Batch) == 136);
static_assert(sizeof(OccasionRequest) == 64);

// ---- What the request says --------------------------------------------------------

uint32_t AskedLineCount(const Command& command) {
  if (command.kind == CommandKind::kAuthorize) {
    return command.authorize.line_count;
  }
  return command.kind == CommandKind::kRefund ? command.refund.line_count : 0;
}

bool TellsCode(const Command& command) {
  if (command.kind != CommandKind::kAuthorize) {
    return false;
  }
  const AuthorizeRequest& r = command.authorize;
  return r.code_issued_at != TimestampNs{} || r.code_valid_s != 0 ||
         r.code_purpose != CodePurpose::kPayment;
}

const OccasionRequest* AskedOccasion(const Command& command) {
  return command.kind == CommandKind::kAuthorize ? command.authorize.occasion : nullptr;
}

OccasionRow OccasionOf(const Transaction& t) {
  return t.IsAuthorization() ? t.progress.occasion : OccasionRow{};
}

// The line that follows from line `i` of the request.  What a refund gives back of its
// price, and any subsidy, do not.
LineDelta PredictLine(const Command& command, uint32_t i) {
  LineDelta line;
  if (command.kind == CommandKind::kAuthorize) {
    const LineItem& item = command.authorize.lines[i];
    line.number = i + 1;
    line.quantity = item.quantity;
    line.price = item.price;
  } else {
    const ReturnedLine& returned = command.refund.lines[i];
    line.number = returned.number;
    line.quantity = returned.quantity;
  }
  return line;
}

bool LinesAreAsAsked(const Event& event, const Command& command) {
  if (event.line_count != AskedLineCount(command)) {
    return false;
  }
  for (uint32_t i = 0; i < event.line_count; ++i) {
    const LineDelta predicted = PredictLine(command, i);
    const LineDelta& line = event.lines[i];
    if (line.number != predicted.number || line.quantity != predicted.quantity ||
        (command.kind == CommandKind::kAuthorize && line.price != predicted.price)) {
      return false;
    }
  }
  return true;
}

bool PredictQueueEmpty(const Command& command) {
  return command.advice != nullptr && command.advice->queue_empty;
}

// The evidence in an advice's row; the rest of the row is none.
Advice PredictAdvice(const Command& command) {
  Advice advice;
  if (command.advice != nullptr) {
    advice.occurred_at = command.advice->occurred_at;
    advice.deny_list_at = command.advice->deny_list_at;
    advice.member_paid = command.advice->member_paid;
    advice.sequence = command.advice->sequence;
    advice.business_day = command.advice->business_day;
  }
  return advice;
}

bool EvidenceDiffers(const Advice& a, const Advice& b) {
  return a.occurred_at != b.occurred_at || a.deny_list_at != b.deny_list_at ||
         a.member_paid != b.member_paid || a.sequence != b.sequence ||
         a.business_day != b.business_day;
}

// A past instant, as it is written: how long before the event it was.
void WriteBefore(ByteWriter& w, TimestampNs at, TimestampNs past) {
  w.Signed(WrappingSubtract(at.value(), past.value()));
}
TimestampNs ReadBefore(ByteReader& r, TimestampNs at) {
  return TimestampNs{WrappingSubtract(at.value(), r.Signed())};
}

// ---- Writing ------------------------------------------------------------------

void WriteOccasion(ByteWriter& w, const OccasionRequest& occasion, TimestampNs at) {
  w.Byte(static_cast<uint8_t>((occasion.voucher.IsNone() ? 0 : kOccasionVoucher) |
                              (occasion.slot_at == TimestampNs{} ? 0 : kOccasionSlot) |
                              (occasion.event_at == TimestampNs{} ? 0 : kOccasionEvent) |
                              (IsNone(occasion.filed_by) ? 0 : kOccasionFiler)));
  if (!occasion.voucher.IsNone()) {
    w.Fixed64(occasion.voucher.high);
    w.Fixed64(occasion.voucher.low);
  }
  if (occasion.slot_at != TimestampNs{}) {
    WriteBefore(w, at, occasion.slot_at);
  }
  if (occasion.event_at != TimestampNs{}) {
    WriteBefore(w, at, occasion.event_at);
  }
  if (!IsNone(occasion.filed_by)) {
    w.CodeField(occasion.filed_by);
  }
}

void WriteLines(ByteWriter& w, const Event& event, const Command& command, bool as_asked) {
  if (!as_asked) {
    w.Count(event.line_count, kLinesPerTransactionMax);
  }
  for (uint32_t i = 0; i < event.line_count; ++i) {
    const LineDelta& line = event.lines[i];
    if (!as_asked) {
      w.Varint(line.number);
      w.Varint(line.quantity);
    }
    if (!as_asked || command.kind != CommandKind::kAuthorize) {
      w.Amount(line.price);
    }
    w.Amount(line.subsidy);
  }
}

void WriteAdvice(ByteWriter& w, const Event& event, const Command& command) {
  const Advice& advice = event.advice;
  GH_CHECK((advice.reserved[0] | advice.reserved[1]) == 0, "reserved=", advice.reserved[0]);
  GH_CHECK(advice.liability <= Liability::kManual, "liability=", advice.liability);
  const bool other_evidence = EvidenceDiffers(advice, PredictAdvice(command));
  const bool other_transaction = advice.transaction != event.transaction_row;
  w.Byte(static_cast<uint8_t>(
      static_cast<int>(advice.liability) | (advice.clock_adjusted ? kIsClockAdjusted : 0) |
      (advice.judged_at != advice.occurred_at ? kJudgedAt : 0) |
      (advice.acquirer_bears != Fen{0} ? kAcquirerBears : 0) |
      (other_evidence ? kOtherEvidence : 0) | (other_transaction ? kOtherTransaction : 0)));
  if (other_evidence) {
    w.Time(advice.occurred_at);
    w.Time(advice.deny_list_at);
    w.Amount(advice.member_paid);
    w.Varint(advice.sequence);
    w.Signed(advice.business_day);
  }
  if (advice.judged_at != advice.occurred_at) {
    WriteBefore(w, event.at, advice.judged_at);
  }
  if (advice.acquirer_bears != Fen{0}) {
    w.Amount(advice.acquirer_bears);
  }
  if (other_transaction) {
    w.Row(advice.transaction);
  }
}

void WriteBatch(ByteWriter& w, const Event& event, const Command& command) {
  const Batch& batch = event.batch;
  GH_CHECK(batch.reserved == 0, "reserved=", batch.reserved);
  GH_CHECK((batch.ours.reserved | batch.theirs.reserved) == 0, "reserved=", batch.ours.reserved);
  const bool in_balance = batch.ours == batch.theirs;
  const bool other_theirs = batch.theirs != command.close_batch.theirs;
  const bool other_time = batch.closed_at != event.at;
  const bool other_transaction = batch.transaction != event.transaction_row;
  const bool other_terminal = batch.terminal != event.transaction.terminal;
  w.Byte(static_cast<uint8_t>(
      (in_balance ? 0 : kOurs) | (other_theirs ? kTheirs : 0) |
      (batch.opened_at != TimestampNs{} ? kOpenedAt : 0) | (other_time ? kClosedAt : 0) |
      (other_transaction ? kBatchTransaction : 0) | (other_terminal ? kBatchTerminal : 0) |
      (batch.previous != BatchRow{} ? kPrevious : 0)));
  w.Varint(batch.number);
  if (other_theirs) {
    Content(w, batch.theirs);
  }
  if (!in_balance) {
    Content(w, batch.ours);
  }
  if (batch.opened_at != TimestampNs{}) {
    WriteBefore(w, event.at, batch.opened_at);
  }
  if (other_time) {
    w.Time(batch.closed_at);
  }
  if (other_transaction) {
    w.Row(batch.transaction);
  }
  if (other_terminal) {
    w.Row(batch.terminal);
  }
  if (batch.previous != BatchRow{}) {
    w.Row(batch.previous);
  }
}

// ---- Reading ------------------------------------------------------------------

void ReadOccasion(ByteReader& r, TimestampNs at, OccasionRequest& occasion) {
  occasion = OccasionRequest{};
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if (flags > kOccasionFlagsAll) {
    r.FailAt("unknown flag of an occasion", where);
  }
  if (flags & kOccasionVoucher) {
    r.Fixed64(occasion.voucher.high);
    r.Fixed64(occasion.voucher.low);
  }
  if (flags & kOccasionSlot) {
    occasion.slot_at = ReadBefore(r, at);
  }
  if (flags & kOccasionEvent) {
    occasion.event_at = ReadBefore(r, at);
  }
  if (flags & kOccasionFiler) {
    r.CodeField(occasion.filed_by);
  }
}

void ReadLines(ByteReader& r, bool as_asked, const Command& command, Event& event) {
  if (as_asked) {
    event.line_count = AskedLineCount(command);
  } else {
    r.Count(event.line_count, kLinesPerTransactionMax);
  }
  for (uint32_t i = 0; i < event.line_count; ++i) {
    LineDelta& line = event.lines[i];
    if (as_asked) {
      line = PredictLine(command, i);
    } else {
      r.Number(line.number);
      r.Number(line.quantity);
    }
    // A decline keeps what was asked, whether or not there is such a line.
    if (event.transaction.outcome != Outcome::kDeclined &&
        (line.number < 1 || line.number > kLinesPerTransactionMax)) {
      r.Fail("number of a line beyond its transaction");
    }
    if (!as_asked || command.kind != CommandKind::kAuthorize) {
      r.Amount(line.price);
    }
    r.Amount(line.subsidy);
  }
}

void ReadAdvice(ByteReader& r, const Command& command, Event& event) {
  Advice& advice = event.advice;
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if (flags > kVerdictFlagsAll) {
    r.FailAt("unknown flag of an advice", where);
  }
  advice = PredictAdvice(command);
  if (flags & kOtherEvidence) {
    r.Time(advice.occurred_at);
    r.Time(advice.deny_list_at);
    r.Amount(advice.member_paid);
    r.Number(advice.sequence);
    r.Number(advice.business_day);
  }
  advice.liability = static_cast<Liability>(flags & kLiabilityMask);
  advice.clock_adjusted = (flags & kIsClockAdjusted) != 0;
  advice.judged_at = (flags & kJudgedAt) != 0 ? ReadBefore(r, event.at) : advice.occurred_at;
  if (flags & kAcquirerBears) {
    r.Amount(advice.acquirer_bears);
  }
  advice.transaction = event.transaction_row;
  if (flags & kOtherTransaction) {
    r.Row(advice.transaction, kTransactionsMax);
  }
}

void ReadBatch(ByteReader& r, const Command& command, Event& event) {
  Batch& batch = event.batch;
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if (flags > kBatchFlagsAll) {
    r.FailAt("unknown flag of a batch", where);
  }
  r.Number(batch.number);
  batch.theirs = command.close_batch.theirs;
  if (flags & kTheirs) {
    Content(r, batch.theirs);
  }
  batch.ours = batch.theirs;
  if (flags & kOurs) {
    Content(r, batch.ours);
  }
  if (flags & kOpenedAt) {
    batch.opened_at = ReadBefore(r, event.at);
  }
  batch.closed_at = event.at;
  if (flags & kClosedAt) {
    r.Time(batch.closed_at);
  }
  batch.transaction = event.transaction_row;
  if (flags & kBatchTransaction) {
    r.Row(batch.transaction, kTransactionsMax);
  }
  batch.terminal = event.transaction.terminal;
  if (flags & kBatchTerminal) {
    r.Row(batch.terminal, kTerminalsMax);
  }
  if (flags & kPrevious) {
    r.Row(batch.previous, kBatchesMax);
  }
}

}  // namespace

bool HasDetails(const Event& event, const Command& command) {
  if (event.kind == EventKind::kBatchClosed) {
    return true;
  }
  if (!IsTransaction(event.kind)) {
    return false;
  }
  const Transaction& t = event.transaction;
  const bool has_batch = !t.IsAuthorization() && t.reference.batch != BatchRow{};
  return command.advice != nullptr || event.is_advice || event.queue_empty || has_batch ||
         TellsCode(command) || event.code_use_row != CodeUseRow{} ||
         AskedOccasion(command) != nullptr || event.has_occasion ||
         OccasionOf(t) != OccasionRow{} ||
         (AskedLineCount(command) | event.line_count | t.line_count() | t.first_line().value() |
          t.advice().value()) != 0;
}

// ---- Of the request -------------------------------------------------------------

uint8_t* WriteAskedDetails(uint8_t* out, const Command& command, TimestampNs at) {
  ByteWriter w(out);
  const uint32_t line_count = AskedLineCount(command);
  const bool tells_code = TellsCode(command);
  const OccasionRequest* const occasion = AskedOccasion(command);
  w.Byte(static_cast<uint8_t>(
      (line_count != 0 ? kAskedLines : 0) | (command.advice != nullptr ? kAskedAdvice : 0) |
      (tells_code ? kAskedCode : 0) | (occasion != nullptr ? kAskedOccasion : 0)));
  if (line_count != 0) {
    w.Count(line_count, kLinesPerTransactionMax);
  }
  for (uint32_t i = 0; i < line_count; ++i) {
    if (command.kind == CommandKind::kAuthorize) {
      const LineItem& item = command.authorize.lines[i];
      GH_DCHECK(item.reserved == 0, "reserved=", item.reserved);
      w.CodeField(item.item);
      w.Varint(item.quantity);
      w.Amount(item.price);
    } else {
      w.Varint(command.refund.lines[i].number);
      w.Varint(command.refund.lines[i].quantity);
    }
  }
  if (command.advice != nullptr) {
    const AdviceRequest& advice = *command.advice;
    w.Byte(static_cast<uint8_t>((advice.queue_empty ? kIsQueueEmpty : 0) |
                                (advice.deny_list_at != TimestampNs{} ? kHasDenyList : 0) |
                                (advice.member_paid != Fen{0} ? kHasMemberPaid : 0)));
    WriteBefore(w, at, advice.occurred_at);
    w.Varint(advice.sequence);
    w.Signed(advice.business_day);
    if (advice.deny_list_at != TimestampNs{}) {
      WriteBefore(w, at, advice.deny_list_at);
    }
    if (advice.member_paid != Fen{0}) {
      w.Amount(advice.member_paid);
    }
  }
  if (tells_code) {
    WriteBefore(w, at, command.authorize.code_issued_at);
    w.Varint(command.authorize.code_valid_s);
    w.EnumByte(command.authorize.code_purpose, CodePurpose::kExit);
  }
  if (occasion != nullptr) {
    WriteOccasion(w, *occasion, at);
  }
  return w.at();
}

void ReadAskedDetails(ByteReader& r, TimestampNs at, AskedDetails& places, Command& command) {
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if (flags > kAskedFlagsAll) {
    r.FailAt("unknown detail of a request", where);
  }
  uint32_t line_count = 0;
  if (flags & kAskedLines) {
    r.Count(line_count, kLinesPerTransactionMax);
  }
  if (command.kind == CommandKind::kAuthorize) {
    for (uint32_t i = 0; i < line_count; ++i) {
      LineItem& item = places.items[i];
      item = LineItem{};
      r.CodeField(item.item);
      r.Number(item.quantity);
      r.Amount(item.price);
    }
    command.authorize.lines = line_count == 0 ? nullptr : places.items.data();
    command.authorize.line_count = line_count;
  } else if (command.kind == CommandKind::kRefund) {
    for (uint32_t i = 0; i < line_count; ++i) {
      ReturnedLine& returned = places.returned[i];
      r.Number(returned.number);
      r.Number(returned.quantity);
    }
    command.refund.lines = line_count == 0 ? nullptr : places.returned.data();
    command.refund.line_count = static_cast<uint8_t>(line_count);
  } else if (line_count != 0) {
    r.FailAt("lines of a request that has none", where);
  }
  if (flags & kAskedAdvice) {
    AdviceRequest& advice = places.advice;
    advice = AdviceRequest{};
    const uint8_t* const evidence_at = r.at();
    const uint8_t evidence = r.Byte();
    if (evidence > kEvidenceFlagsAll) {
      r.FailAt("unknown flag of an advice", evidence_at);
    }
    advice.queue_empty = (evidence & kIsQueueEmpty) != 0;
    advice.occurred_at = ReadBefore(r, at);
    r.Number(advice.sequence);
    r.Number(advice.business_day);
    if (evidence & kHasDenyList) {
      advice.deny_list_at = ReadBefore(r, at);
    }
    if (evidence & kHasMemberPaid) {
      r.Amount(advice.member_paid);
    }
    command.advice = &advice;
  }
  if ((flags & (kAskedCode | kAskedOccasion)) == 0) {
    return;
  }
  if (command.kind != CommandKind::kAuthorize) {
    r.FailAt((flags & kAskedCode) != 0 ? "a code of a request that has none"
                                       : "an occasion of a request that has none",
             where);
    return;
  }
  if (flags & kAskedCode) {
    command.authorize.code_issued_at = ReadBefore(r, at);
    r.Number(command.authorize.code_valid_s);
    r.EnumByte(command.authorize.code_purpose, CodePurpose::kExit);
  }
  if (flags & kAskedOccasion) {
    ReadOccasion(r, at, places.occasion);
    command.authorize.occasion = &places.occasion;
  }
}

// ---- Of the effect --------------------------------------------------------------

uint8_t* WriteDetails(uint8_t* out, const Event& event, const Command& command) {
  ByteWriter w(out);
  const Transaction& t = event.transaction;
  const BatchRow batch = t.IsAuthorization() ? BatchRow{} : t.reference.batch;
  const OccasionRow occasion = OccasionOf(t);
  const bool as_asked = event.line_count != 0 && LinesAreAsAsked(event, command);
  w.Varint((t.first_line() != LineRow{} ? kFirstLine : 0u) |
           (t.advice() != AdviceRow{} ? kAdviceRow : 0u) | (batch != BatchRow{} ? kBatchRow : 0u) |
           (as_asked ? kLinesAsAsked : 0u) | (event.is_advice ? kAdvice : 0u) |
           (event.line_count != 0 && !as_asked ? kLines : 0u) |
           (event.code_use_row != CodeUseRow{} ? kCodeUse : 0u) |
           (t.line_count() != event.line_count ? kLineCount : 0u) |
           (event.queue_empty != PredictQueueEmpty(command) ? kOtherQueueEmpty : 0u) |
           (occasion != OccasionRow{} ? kOccasionRow : 0u) |
           (event.has_occasion != (occasion != OccasionRow{}) ? kOtherHasOccasion : 0u));
  if (t.first_line() != LineRow{}) {
    w.Row(t.first_line());
  }
  if (t.advice() != AdviceRow{}) {
    w.Row(t.advice());
  }
  if (batch != BatchRow{}) {
    w.Row(batch);
  }
  if (event.line_count != 0) {
    WriteLines(w, event, command, as_asked);
  }
  if (event.is_advice) {
    WriteAdvice(w, event, command);
  }
  if (event.code_use_row != CodeUseRow{}) {
    w.Row(event.code_use_row);
  }
  if (t.line_count() != event.line_count) {
    w.Byte(static_cast<uint8_t>(t.line_count()));
  }
  if (occasion != OccasionRow{}) {
    w.Row(occasion);
  }
  if (event.kind == EventKind::kBatchClosed) {
    WriteBatch(w, event, command);
  }
  return w.at();
}

void ReadDetails(ByteReader& r, const Command& command, Event& event) {
  const uint32_t flags =
      static_cast<uint32_t>(r.Varint(kDetailFlagsAll, "unknown detail of an event"));
  LineRow first_line;
  AdviceRow advice;
  BatchRow batch;
  if (flags & kFirstLine) {
    r.Row(first_line, kLinesMax);
  }
  if (flags & kAdviceRow) {
    r.Row(advice, kAdvicesMax);
  }
  if (flags & kBatchRow) {
    r.Row(batch, kBatchesMax);
  }
  if (flags & (kLinesAsAsked | kLines)) {
    ReadLines(r, (flags & kLinesAsAsked) != 0, command, event);
  }
  event.queue_empty = PredictQueueEmpty(command) != ((flags & kOtherQueueEmpty) != 0);
  if (flags & kAdvice) {
    event.is_advice = true;
    ReadAdvice(r, command, event);
  }
  if (flags & kCodeUse) {
    r.Row(event.code_use_row, kCodeUsesMax);
  }
  uint8_t line_count = static_cast<uint8_t>(event.line_count);
  if (flags & kLineCount) {
    r.Byte(line_count);
  }
  if (line_count > kLinesPerTransactionMax) {
    r.Fail("more lines than limits.h allows");
  }
  OccasionRow occasion;
  if (flags & kOccasionRow) {
    r.Row(occasion, kOccasionsMax);
  }
  event.has_occasion = (occasion != OccasionRow{}) != ((flags & kOtherHasOccasion) != 0);
  if (event.kind == EventKind::kBatchClosed) {
    ReadBatch(r, command, event);
  }
  Transaction& t = event.transaction;
  if (!t.IsAuthorization()) {
    if ((flags & (kOccasionRow | kOtherHasOccasion)) != 0) {
      r.Fail("an occasion of what is no authorization");
    }
    event.has_occasion = false;
    t.reference.first_line = first_line;
    t.reference.advice = advice;
    t.reference.line_count = line_count;
    t.reference.batch = batch;
    return;
  }
  t.progress.first_line = first_line;
  t.progress.advice = advice;
  t.progress.line_count = line_count;
  t.progress.occasion = occasion;
  if (batch != BatchRow{}) {
    r.Fail("an authorization with a batch");
  }
}

}  // namespace gonghui::codec
