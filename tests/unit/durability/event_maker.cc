// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/event_maker.h"

#include <algorithm>
#include <span>

#include "tests/unit/durability/any_value.h"

namespace gonghui {
namespace {

// -a, where that is an amount.
Fen NegativeOf(Fen a) {
  return a == Fen{INT64_MIN} ? a : -a;
}

struct SentReference {
  Reference reference;
  bool has_amount = false;
};

// What a command about an original says of it.
SentReference ReferenceIn(const Command& c) {
  const auto of = [](const auto& r, bool has_amount) {
    SentReference sent;
    sent.reference.original_id = r.original;
    sent.reference.original_request_id = r.original_request_id;
    sent.reference.asked_amount = has_amount ? r.amount : Fen{0};
    sent.has_amount = has_amount;
    return sent;
  };
  switch (c.kind) {
    case CommandKind::kCapture:
      return of(c.capture, c.capture.has_amount);
    case CommandKind::kReverse:
      return of(c.reverse, c.reverse.has_amount);
    case CommandKind::kIncrement:
      return of(c.increment, true);
    case CommandKind::kRefund:
      return of(c.refund, c.refund.has_amount);
    default:
      return {};
  }
}

// Of what refused, by the reason.
uint32_t AnyFailedRow(Prng& prng, Reason reason) {
  return IsOfFund(reason) ? AnyRow<FundRow>(prng, kFundsMax).value()
                          : AnyRow<LimitRow>(prng, kLimitsMax).value();
}

// As an authorization follows its command, or a follow-up its original's change.
void FillUsualAmounts(const Command& c, const OriginalChange& change, Transaction& t) {
  switch (c.kind) {
    case CommandKind::kAuthorize:
      t.list_price = c.authorize.list_price;
      return;
    case CommandKind::kCapture:
      t.list_price = change.captured_delta;
      t.subsidy = change.captured_subsidy_delta;
      return;
    case CommandKind::kIncrement:
      t.list_price = change.list_price_delta;
      t.subsidy = change.subsidy_delta;
      return;
    case CommandKind::kRefund:
      t.list_price = change.refunded_delta;
      t.subsidy = change.refunded_subsidy_delta;
      return;
    case CommandKind::kCloseBatch:
      t.list_price = Fen{0};
      t.subsidy = Fen{0};
      return;
    default: {
      const bool lowered = change.list_price_delta != Fen{0};
      t.list_price = NegativeOf(lowered ? change.list_price_delta : change.captured_delta);
      t.subsidy = NegativeOf(lowered ? change.subsidy_delta : change.captured_subsidy_delta);
      return;
    }
  }
}

// What is kept as the command had it.
void FillAsAsked(const Command& c, Transaction& t) {
  if (c.kind == CommandKind::kAuthorize) {
    t.stan = c.authorize.stan;
    t.hold_s = c.authorize.hold_s;
    t.capture_at_once = c.authorize.capture_at_once;
    t.if_no_benefit = c.authorize.if_no_benefit;
    t.entry_mode = c.authorize.entry_mode;
  } else if (c.kind == CommandKind::kCapture) {
    t.stan = c.capture.stan;
  } else if (c.kind == CommandKind::kReverse) {
    t.stan = c.reverse.stan;
    t.reversal_reason = c.reverse.reason;
  } else if (c.kind == CommandKind::kIncrement) {
    t.stan = c.increment.stan;
    t.hold_s = c.increment.hold_s;
  } else if (c.kind == CommandKind::kRefund) {
    t.stan = c.refund.stan;
  }
}

void FillTransaction(Prng& prng, OwnedEvent& o) {
  Event& e = o.event;
  e.transaction_row = AnyRow<TransactionRow>(prng, kTransactionsMax);
  Transaction& t = e.transaction;
  t.kind = static_cast<TransactionKind>(e.kind);
  t.state = AnyEnum(prng, TransactionState::kRefunded);
  t.outcome = AnyEnum(prng, Outcome::kDeclined);
  t.final_capture = AnyBool(prng);
  t.original_found = AnyBool(prng);
  t.tombstone = AnyBool(prng);
  t.overrun = AnyBool(prng);
  t.terminal = AnyRow<TerminalRow>(prng, kTerminalsMax);
  t.merchant = AnyRow<MerchantRow>(prng, kMerchantsMax);
  t.member = AnyRow<MemberRow>(prng, kMembersMax);
  t.first_applied = AnyRow<AppliedRow>(prng, kAppliedMax);
  t.first_use = AnyRow<UseRow>(prng, kUsesMax);
  t.subsidy = AnyFen(prng);
  t.reason = AnyReason(prng);
  t.benefit = AnyRow<BenefitRow>(prng, kBenefitsMax);
  t.failed_row = AnyFailedRow(prng, t.reason);
  if (t.IsAuthorization()) {
    t.programme_hash = AnyUint(prng, UINT64_MAX);
  }
  switch (prng.Below(3)) {
    case 0:
      t.expires_at = AnyTime(prng);
      break;
    case 1:
      if (e.at.value() >= 0 && e.at.value() < kTimestampNsMax) {
        t.expires_at = TimestampNs{e.at.value() + prng.Between(0, 1 << 22) * kNsPerSecond};
      }
      break;
    default:
      break;
  }
  // A field that has a usual pattern follows it more often than not.
  const auto unusual = [&prng] { return prng.Chance(1, 3); };
  const Command& c = o.command;
  t.request_id = unusual() ? AnyRequestId(prng) : c.request_id;
  t.seq = unusual() ? CommandSeq{AnyUint(prng, UINT64_MAX)} : e.seq;
  t.decided_at = unusual() ? AnyTime(prng) : e.at;
  t.card = unusual() || c.kind != CommandKind::kAuthorize ? CardNumber{AnyUint(prng, UINT64_MAX)}
                                                          : c.authorize.card;
  t.list_price = AnyFen(prng);
  if (!unusual()) {
    FillUsualAmounts(c, e.original, t);
  }
  const SentReference sent = ReferenceIn(c);
  if (t.kind == TransactionKind::kAuthorization) {
    t.progress.refunded = unusual() ? AnyFen(prng) : Fen{0};
    t.progress.refunded_subsidy = unusual() ? AnyFen(prng) : Fen{0};
    t.progress.restated = unusual() ? AnyFen(prng) : Fen{0};
    t.progress.restated_subsidy = unusual() ? AnyFen(prng) : Fen{0};
    t.progress.allow_partial = unusual() ? AnyBool(prng) : c.authorize.allow_partial;
  } else {
    t.reference = sent.reference;
    t.original_seq =
        t.original_found ? SeqOf(t.reference.original_id) : CommandSeq{};  // as it mostly is
    if (unusual()) {
      t.original_seq = CommandSeq{AnyUint(prng, UINT64_MAX)};
    }
    if (unusual()) {
      t.reference.original_id = TransactionId{AnyUint(prng, UINT64_MAX)};
    }
    if (unusual()) {
      t.reference.original_request_id = AnyRequestId(prng);
    }
    if (unusual()) {
      t.reference.asked_amount = AnyFen(prng);
    }
  }
  t.no_amount = unusual() ? AnyBool(prng) : !sent.has_amount;
  FillAsAsked(c, t);
  t.stan = unusual() ? static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)) : t.stan;
  t.hold_s = unusual() ? static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)) : t.hold_s;
  if (unusual()) {
    t.capture_at_once = AnyBool(prng);
    t.if_no_benefit = AnyEnum(prng, IfNoBenefit::kFullPrice);
    t.entry_mode = AnyEnum(prng, PosEntryMode::kManual, PosEntryMode::kUnspecified);
    t.reversal_reason = AnyEnum(prng, ReversalReason::kDeviceUnable);
  }
  const bool counts_differ = unusual();
  t.applied_count = static_cast<uint8_t>(counts_differ ? prng.Below(kSharesPerTransactionMax + 1)
                                                       : e.share_count);
  t.use_count =
      static_cast<uint8_t>(counts_differ ? prng.Below(kUsesPerTransactionMax + 1) : e.use_count);
  const bool sum_fits =
      !__builtin_sub_overflow_p(t.list_price.value(), t.subsidy.value(), int64_t{0});
  t.member_pays = unusual() || !sum_fits ? AnyFen(prng) : t.list_price - t.subsidy;
  t.captured = unusual() ? AnyFen(prng) : t.list_price;
  t.captured_subsidy = unusual() ? AnyFen(prng) : t.subsidy;
}

void FillDeltas(Prng& prng, Event& e) {
  e.share_count = static_cast<uint32_t>(prng.Below(kSharesPerTransactionMax + 1));
  for (uint32_t i = 0; i < e.share_count; ++i) {
    ShareDelta& share = e.shares[i];
    share.benefit =
        i > 0 && AnyBool(prng) ? e.shares[i - 1].benefit : AnyRow<BenefitRow>(prng, kBenefitsMax);
    share.fund = AnyRow<FundRow>(prng, kFundsMax);
    share.held_delta = AnyFen(prng);
    share.spent_delta = AnyFen(prng);
    share.overrun_delta = AnyFen(prng);
    share.suspense_delta = AnyFen(prng);
  }
  e.use_count = static_cast<uint32_t>(prng.Below(kUsesPerTransactionMax + 1));
  for (uint32_t i = 0; i < e.use_count; ++i) {
    UseDelta& use = e.uses[i];
    use.limit = AnyRow<LimitRow>(prng, kLimitsMax);
    use.subject = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    use.window = AnyInt32(prng);
    use.benefit = AnyRow<BenefitRow>(prng, kBenefitsMax);
    use.held_delta = AnyInt(prng);
    use.used_delta = AnyInt(prng);
    use.used_after = AnyInt(prng);
    use.left_after = AnyInt(prng);
  }
}

Totals AnyTotals(Prng& prng) {
  const auto count = [&prng] { return static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)); };
  return {count(), count(), count(), 0, AnyFen(prng), AnyFen(prng), AnyFen(prng), AnyFen(prng)};
}

AdviceRequest AnyAdviceRequest(Prng& prng) {
  return {AnyTime(prng),
          AnyBool(prng) ? AnyTime(prng) : TimestampNs{},
          AnyBool(prng) ? AnyFen(prng) : Fen{0},
          static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)),
          AnyInt32(prng),
          AnyBool(prng)};
}

uint32_t AnyLineCount(Prng& prng) {
  return prng.Chance(1, 12) ? kLinesPerTransactionMax : 1 + static_cast<uint32_t>(prng.Below(4));
}
uint32_t AnyLineNumber(Prng& prng) {
  return 1 + static_cast<uint32_t>(prng.Below(kLinesPerTransactionMax));
}

// Lines of a request, and evidence: of the kinds that have them now and then, of others
// hardly ever.
void FillAskedDetails(Prng& prng, OwnedEvent& o) {
  Command& c = o.command;
  const uint32_t line_count = prng.Chance(1, 3) ? AnyLineCount(prng) : 0;
  if (c.kind == CommandKind::kAuthorize) {
    for (uint32_t i = 0; i < line_count; ++i) {
      o.lines.push_back({AnyCode<ItemCode>(prng),
                         AnyFen(prng),
                         static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)),
                         0});
    }
    c.authorize.lines = o.lines.data();
    c.authorize.line_count = line_count;
  } else if (c.kind == CommandKind::kRefund) {
    for (uint32_t i = 0; i < line_count; ++i) {
      o.returned.push_back({AnyLineNumber(prng), static_cast<uint32_t>(AnyUint(prng, UINT32_MAX))});
    }
    c.refund.lines = o.returned.data();
    c.refund.line_count = static_cast<uint8_t>(line_count);
  }
  if (c.kind == CommandKind::kAuthorize && prng.Chance(1, 4)) {
    c.authorize.code_issued_at = AnyTime(prng);
    c.authorize.code_valid_s = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    c.authorize.code_purpose = AnyEnum(prng, CodePurpose::kExit);
  }
  if (c.kind == CommandKind::kAuthorize) {
    FillOccasion(prng, o);
  }
  const bool has_evidence = c.kind == CommandKind::kAuthorize || c.kind == CommandKind::kCapture
                                ? prng.Chance(1, 3)
                                : prng.Chance(1, 24);
  if (has_evidence) {
    o.advice = AnyAdviceRequest(prng);
    c.advice = &o.advice;
  }
}

void FillLines(Prng& prng, OwnedEvent& o) {
  Event& e = o.event;
  const bool as_asked = prng.Chance(3, 4);
  if (as_asked && e.kind == EventKind::kAuthorized) {
    for (const LineItem& item : o.lines) {
      e.lines[e.line_count] = {e.line_count + 1, item.quantity, item.price, AnyFen(prng)};
      ++e.line_count;
    }
  } else if (as_asked && e.kind == EventKind::kRefunded) {
    for (const ReturnedLine& returned : o.returned) {
      e.lines[e.line_count++] = {returned.number, returned.quantity, AnyFen(prng), AnyFen(prng)};
    }
  } else if (prng.Chance(1, 4)) {
    e.line_count = AnyLineCount(prng);
    for (uint32_t i = 0; i < e.line_count; ++i) {
      e.lines[i] = {AnyLineNumber(prng),
                    static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)),
                    AnyFen(prng),
                    AnyFen(prng)};
    }
  }
}

void FillAdvice(Prng& prng, OwnedEvent& o) {
  const auto unusual = [&prng] { return prng.Chance(1, 4); };
  Event& e = o.event;
  const bool asked = o.command.advice != nullptr;
  e.is_advice = asked != prng.Chance(1, 12);
  e.queue_empty = (asked && o.advice.queue_empty) != prng.Chance(1, 12);
  if (!e.is_advice) {
    return;
  }
  const AdviceRequest evidence = unusual() ? AnyAdviceRequest(prng) : o.advice;
  Advice& advice = e.advice;
  advice.occurred_at = evidence.occurred_at;
  advice.deny_list_at = evidence.deny_list_at;
  advice.member_paid = evidence.member_paid;
  advice.sequence = evidence.sequence;
  advice.business_day = evidence.business_day;
  advice.judged_at = unusual() ? AnyTime(prng) : advice.occurred_at;
  advice.clock_adjusted = AnyBool(prng);
  advice.liability = AnyEnum(prng, Liability::kManual, Liability::kNone);
  advice.acquirer_bears = AnyBool(prng) ? AnyFen(prng) : Fen{0};
  advice.transaction =
      unusual() ? AnyRow<TransactionRow>(prng, kTransactionsMax) : e.transaction_row;
}

void FillBatch(Prng& prng, OwnedEvent& o) {
  const auto unusual = [&prng] { return prng.Chance(1, 4); };
  Event& e = o.event;
  Batch& batch = e.batch;
  batch.theirs = unusual() ? AnyTotals(prng) : o.command.close_batch.theirs;
  batch.ours = AnyBool(prng) ? batch.theirs : AnyTotals(prng);
  batch.opened_at = AnyBool(prng) ? AnyTime(prng) : TimestampNs{};
  batch.closed_at = unusual() ? AnyTime(prng) : e.at;
  batch.transaction =
      unusual() ? AnyRow<TransactionRow>(prng, kTransactionsMax) : e.transaction_row;
  batch.terminal = unusual() ? AnyRow<TerminalRow>(prng, kTerminalsMax) : e.transaction.terminal;
  batch.previous = AnyRow<BatchRow>(prng, kBatchesMax);
  batch.number = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
}

// What follows from lines, evidence and totals, and where it stands.
void FillDetails(Prng& prng, OwnedEvent& o) {
  FillLines(prng, o);
  FillAdvice(prng, o);
  if (o.event.kind == EventKind::kBatchClosed) {
    FillBatch(prng, o);
  }
  if (prng.Chance(1, 6)) {
    o.event.code_use_row = AnyRow<CodeUseRow>(prng, kCodeUsesMax);
  }
  Transaction& t = o.event.transaction;
  if (t.IsAuthorization() && prng.Chance(1, 3)) {
    t.progress.occasion = AnyRow<OccasionRow>(prng, kOccasionsMax);
    o.event.has_occasion = (t.progress.occasion != OccasionRow{}) != prng.Chance(1, 12);
  }
  const auto first_line = prng.Chance(1, 3) ? AnyRow<LineRow>(prng, kLinesMax) : LineRow{};
  const auto advice = prng.Chance(1, 3) ? AnyRow<AdviceRow>(prng, kAdvicesMax) : AdviceRow{};
  const auto line_count = static_cast<uint8_t>(
      prng.Chance(1, 8) ? prng.Below(kLinesPerTransactionMax + 1) : o.event.line_count);
  if (t.IsAuthorization()) {
    t.progress.first_line = first_line;
    t.progress.advice = advice;
    t.progress.line_count = line_count;
  } else {
    t.reference.first_line = first_line;
    t.reference.advice = advice;
    t.reference.line_count = line_count;
    t.reference.batch = o.event.kind == EventKind::kBatchClosed || prng.Chance(1, 24)
                            ? AnyRow<BatchRow>(prng, kBatchesMax)
                            : BatchRow{};
  }
}

void FillMemberDeltas(Prng& prng, Event& e) {
  const Fen pays = e.transaction.member_pays;
  const Fen usual[] = {Fen{0}, pays, NegativeOf(pays)};
  e.member_pending_delta = AnyBool(prng) ? AnyFen(prng) : usual[prng.Below(std::size(usual))];
  e.member_posted_delta = AnyBool(prng) ? AnyFen(prng) : usual[prng.Below(std::size(usual))];
}

void FillOriginal(Prng& prng, OriginalChange& change) {
  change.row = TransactionRow{1 + static_cast<uint32_t>(prng.Below(kTransactionsMax))};
  change.state = AnyEnum(prng, TransactionState::kRefunded);
  change.restates = AnyBool(prng);
  for (Fen* const delta : {&change.list_price_delta,
                           &change.subsidy_delta,
                           &change.captured_delta,
                           &change.captured_subsidy_delta,
                           &change.refunded_delta,
                           &change.refunded_subsidy_delta}) {
    *delta = AnyBool(prng) ? AnyFen(prng) : Fen{0};
  }
  change.expires_at_delta_ns = AnyBool(prng) ? AnyInt(prng) : 0;
}

// Lists of which a benefit's part must rise: here the whole list does.
void FillRisingLists(Prng& prng, OwnedEvent& o) {
  for (uint64_t i = prng.Below(6); i > 0; --i) {
    o.items.push_back(AnyCode<ItemCode>(prng));
  }
  std::sort(o.items.begin(), o.items.end());
  o.items.erase(std::unique(o.items.begin(), o.items.end()), o.items.end());
  for (uint64_t i = prng.Below(6); i > 0; --i) {
    o.steps.push_back({AnyFen(prng), AnyFen(prng), Bps{AnyInt32(prng)}, 0});
  }
  const auto by_from = [](const PriceStep& a, const PriceStep& b) { return a.from < b.from; };
  const auto same_from = [](const PriceStep& a, const PriceStep& b) { return a.from == b.from; };
  std::sort(o.steps.begin(), o.steps.end(), by_from);
  o.steps.erase(std::unique(o.steps.begin(), o.steps.end(), same_from), o.steps.end());
  // Not more than INT32_MAX after a dozen steps.
  CivilDay day = prng.Chance(1, 4) ? INT32_MIN : static_cast<CivilDay>(prng.Between(-99, 20'000));
  for (uint64_t i = prng.Below(6); i > 0; --i) {
    const auto last = day + static_cast<CivilDay>(prng.Below(prng.Chance(1, 4) ? 1u << 25 : 7));
    o.days.push_back({day, last, AnyEnum(prng, DayKind::kHoliday), {}});
    day = last + 1 + static_cast<CivilDay>(prng.Below(300));
  }
}

void FillBenefitConditions(Prng& prng, BenefitSpec& b) {
  b.stock = AnyCode<FundCode>(prng);
  b.stock_units = AnyInt32(prng);
  b.terminal_kinds = static_cast<uint8_t>(prng.Next());
  b.weekdays = static_cast<uint8_t>(prng.Next());
  b.require_real_name = AnyBool(prng);
  b.sexes = static_cast<uint8_t>(prng.Below(8));
  b.day_kinds = static_cast<uint8_t>(prng.Below(8) << 1);
  b.layer = static_cast<uint8_t>(prng.Below(kLayersMax + 1));
  b.base = AnyEnum(prng, StackBase::kRest);
  b.offline = AnyEnum(prng, OfflinePolicy::kRefuse);
  b.member_days_min = static_cast<uint16_t>(AnyUint(prng, kWaitingDaysMax));
  b.segment_days_min = static_cast<uint16_t>(AnyUint(prng, kWaitingDaysMax));
  b.pieces_max = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
  b.member_union = AnyCode<UnionNodeId>(prng);
  b.merchant_union = AnyCode<UnionNodeId>(prng);
  b.starts_at = AnyTime(prng);
  b.ends_at = AnyTime(prng);
  b.hold_s = AnyInt(prng);
}

void FillImage(Prng& prng, OwnedEvent& o) {
  ProgrammeSpec& p = o.image.programme;
  p.code = AnyCode<ProgrammeCode>(prng);
  p.name = AnyName(prng);
  p.calendar.zone = AnyCode<ZoneName>(prng);
  p.calendar.cutover_s = AnyInt32(prng);
  p.calendar.offset_change_count = static_cast<uint32_t>(prng.Below(kOffsetChangesMax + 1));
  for (uint32_t i = 0; i < p.calendar.offset_change_count; ++i) {
    p.calendar.offset_changes[i] = {AnyInt(prng), AnyInt(prng)};
  }
  p.starts_at = AnyTime(prng);
  p.ends_at = AnyTime(prng);
  p.owner = AnyCode<UnionNodeId>(prng);
  p.content_hash = prng.Next();
  p.late_capture = AnyEnum(prng, LateCapture::kForcePost);
  o.image.stage = AnyEnum(prng, Stage::kActive);
  o.image.activates_at = AnyTime(prng);

  const auto fill = [&prng](auto& list, uint64_t count_max, auto&& make) {
    const uint64_t count = prng.Below(count_max + 1);
    for (uint64_t i = 0; i < count; ++i) {
      list.push_back(make());
    }
  };
  fill(o.limits, 5, [&prng] {
    LimitSpec limit;
    limit.code = AnyCode<LimitCode>(prng);
    limit.measure = AnyEnum(prng, LimitMeasure::kPrice);
    limit.subject = AnyEnum(prng, LimitSubject::kUnion);
    limit.window = AnyEnum(prng, WindowKind::kYear);
    limit.when_exceeded = AnyEnum(prng, WhenExceeded::kReduce);
    limit.refund_to = AnyEnum(prng, RefundTo::kNever);
    limit.union_level = static_cast<uint8_t>(prng.Below(7));
    limit.span = static_cast<uint8_t>(prng.Between(1, kLimitSpanMax));
    limit.scope = AnyEnum(prng, LimitScope::kOffline);
    limit.max = AnyInt(prng);
    if (limit.measure == LimitMeasure::kPrice) {
      limit.when_exceeded = WhenExceeded::kRefuse;
    } else if (limit.measure == LimitMeasure::kCount && prng.Chance(1, 4)) {
      limit.window = WindowKind::kSlot;
      limit.span = 1;
    } else if (limit.measure == LimitMeasure::kCount && prng.Chance(1, 4)) {
      limit.scope = LimitScope::kNoShow;
      limit.subject = LimitSubject::kPerson;
    }
    return limit;
  });
  fill(o.segments, 4, [&prng] { return AnyCode<SegmentCode>(prng); });
  fill(o.mccs, 4, [&prng] {
    return MccRange{static_cast<Mcc>(AnyUint(prng, UINT16_MAX)),
                    static_cast<Mcc>(AnyUint(prng, UINT16_MAX))};
  });
  fill(o.merchants, 20, [&prng] { return AnyCode<MerchantId>(prng); });
  fill(o.terminals, 4, [&prng] { return AnyCode<TerminalId>(prng); });
  FillRisingLists(prng, o);
  fill(o.hours, 4, [&prng] { return HoursRange{AnyInt32(prng), AnyInt32(prng)}; });
  if (!o.limits.empty()) {
    fill(o.limit_refs, 8, [&] { return static_cast<uint32_t>(prng.Below(o.limits.size())); });
  }
  fill(o.funding, 4, [&prng] {
    FundingShareSpec share;
    share.fund = AnyCode<FundCode>(prng);
    share.share = Bps{AnyInt32(prng)};
    return share;
  });
  fill(o.over_capture, prng.Chance(1, 8) ? kOverCapturesPerProgrammeMax : 3, [&prng] {
    return OverCapture{
        {static_cast<Mcc>(AnyUint(prng, UINT16_MAX)), static_cast<Mcc>(AnyUint(prng, UINT16_MAX))},
        Bps{AnyInt32(prng)}};
  });
  const auto range = [&prng](size_t pool_size, size_t count_max) {
    const uint64_t first = prng.Below(pool_size + 1);
    const uint64_t room = std::min(pool_size - first, count_max);
    return PoolRange{static_cast<uint32_t>(first), static_cast<uint32_t>(prng.Below(room + 1))};
  };
  fill(o.benefits, 4, [&] {
    BenefitSpec b;
    b.code = AnyCode<BenefitCode>(prng);
    b.name = AnyName(prng);
    b.price.kind = AnyEnum(prng, PriceKind::kBands);
    b.price.rounding = AnyEnum(prng, Rounding::kUp);
    b.price.repeat = AnyBool(prng);
    b.price.on_return = AnyEnum(prng, OnReturn::kRefuse);
    b.price.rate = Bps{AnyInt32(prng)};
    b.price.amount = AnyFen(prng);
    b.price.threshold = AnyFen(prng);
    b.price.discount_max = AnyFen(prng);
    b.price.member_pays_min = AnyFen(prng);
    b.segments_any = range(o.segments.size(), 100);
    b.price.steps = range(o.steps.size(), kPriceStepsPerBenefitMax);
    b.segments_all = range(o.segments.size(), 100);
    b.segments_none = range(o.segments.size(), 100);
    b.mccs = range(o.mccs.size(), 100);
    b.merchants = range(o.merchants.size(), 100);
    b.terminals = range(o.terminals.size(), 100);
    b.items_any = range(o.items.size(), 100);
    b.items_none = range(o.items.size(), 100);
    b.closed_days = range(o.days.size(), 100);
    b.hours = range(o.hours.size(), 100);
    b.limits = range(o.limit_refs.size(), kLimitsPerBenefitMax);
    b.funding = range(o.funding.size(), kFundingSharesPerBenefitMax);
    FillBenefitConditions(prng, b);
    FillTerms(prng, o, b);
    return b;
  });
  p.special_days = range(o.days.size(), 100);
  o.image.benefits = o.benefits;
  o.image.limits = o.limits;
  o.image.segments = o.segments;
  o.image.mccs = o.mccs;
  o.image.merchants = o.merchants;
  o.image.terminals = o.terminals;
  o.image.items = o.items;
  o.image.steps = o.steps;
  o.image.days = o.days;
  o.image.hours = o.hours;
  o.image.limit_refs = o.limit_refs;
  o.image.funding = o.funding;
  o.image.over_capture = o.over_capture;
}

void FillCard(Prng& prng, CardRequest& card) {
  card.number = CardNumber{AnyUint(prng, UINT64_MAX)};
  card.member = AnyCode<MemberId>(prng);
  card.status = AnyEnum(prng, CardStatus::kClosed);
  card.kind = AnyEnum(prng, CardKind::kDigital);
  card.expires_day = AnyInt32(prng);
  card.keep = {AnyBool(prng), AnyBool(prng), AnyBool(prng)};
}

void FillMember(Prng& prng, MemberRequest& member) {
  member.id = AnyCode<MemberId>(prng);
  member.union_node = AnyCode<UnionNodeId>(prng);
  member.status = AnyEnum(prng, MemberStatus::kClosed);
  member.real_name_verified = AnyBool(prng);
  member.sex = AnyEnum(prng, Sex::kFemale, Sex::kUnknown);
  member.span_count = static_cast<uint32_t>(prng.Below(kSegmentSpansPerMemberMax + 1));
  for (uint32_t i = 0; i < member.span_count; ++i) {
    member.spans[i] = {AnyCode<SegmentCode>(prng), AnyTime(prng), AnyTime(prng)};
  }
  member.joined_day = static_cast<JoinedDay>(AnyUint(prng, UINT16_MAX));
  member.keep = {
      AnyBool(prng), AnyBool(prng), AnyBool(prng), AnyBool(prng), AnyBool(prng), AnyBool(prng)};
}

// A command about another one may tell none.
uint32_t AnyStan(Prng& prng) {
  return AnyBool(prng) ? static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)) : 0;
}

void FillTerminalsCommand(Prng& prng, Command& c) {
  if (c.kind == CommandKind::kAuthorize) {
    AuthorizeRequest& r = c.authorize;
    r.merchant = AnyCode<MerchantId>(prng);
    r.card = CardNumber{AnyUint(prng, UINT64_MAX)};
    r.list_price = AnyFen(prng);
    r.programme = AnyCode<ProgrammeCode>(prng);
    r.stan = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    r.hold_s = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    r.capture_at_once = AnyBool(prng);
    r.allow_partial = AnyBool(prng);
    r.if_no_benefit = AnyEnum(prng, IfNoBenefit::kFullPrice);
    r.entry_mode = AnyEnum(prng, PosEntryMode::kManual, PosEntryMode::kUnspecified);
  } else if (c.kind == CommandKind::kCapture) {
    c.capture = CaptureRequest{};
    c.capture.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.capture.original_request_id = AnyRequestId(prng);
    c.capture.amount = AnyFen(prng);
    c.capture.has_amount = AnyBool(prng);
    c.capture.final_capture = AnyBool(prng);
    c.capture.stan = AnyStan(prng);
  } else if (c.kind == CommandKind::kReverse) {
    c.reverse = ReverseRequest{};
    c.reverse.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.reverse.original_request_id = AnyRequestId(prng);
    c.reverse.amount = AnyFen(prng);
    c.reverse.has_amount = AnyBool(prng);
    c.reverse.reason = AnyEnum(prng, ReversalReason::kDeviceUnable);
    c.reverse.stan = AnyStan(prng);
  } else if (c.kind == CommandKind::kIncrement) {
    c.increment = IncrementRequest{};
    c.increment.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.increment.original_request_id = AnyRequestId(prng);
    c.increment.amount = AnyFen(prng);
    c.increment.hold_s = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    c.increment.stan = AnyStan(prng);
  } else if (c.kind == CommandKind::kRefund) {
    c.refund = RefundRequest{};
    c.refund.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.refund.original_request_id = AnyRequestId(prng);
    c.refund.amount = AnyFen(prng);
    c.refund.has_amount = AnyBool(prng);
    c.refund.stan = AnyStan(prng);
  } else if (c.kind == CommandKind::kCloseBatch) {
    c.close_batch = CloseBatchRequest{AnyTotals(prng)};
  }
}

void FillMark(Prng& prng, ArchiveMark& mark) {
  mark.transactions = AnyRow<TransactionRow>(prng, kTransactionsMax + 1);
  mark.applied = AnyRow<AppliedRow>(prng, kAppliedMax + 1);
  mark.uses = AnyRow<UseRow>(prng, kUsesMax + 1);
  mark.lines = AnyRow<LineRow>(prng, kLinesMax + 1);
  mark.advices = AnyRow<AdviceRow>(prng, kAdvicesMax + 1);
  for (uint64_t& digest : mark.digests) {
    digest = prng.Next();
  }
}

void FillCommand(Prng& prng, OwnedEvent& o) {
  Command& c = o.command;
  const EventKind kind = o.event.kind;
  c.kind =
      kind == EventKind::kHoldExpired ? CommandKind::kExpireHolds : static_cast<CommandKind>(kind);
  const bool is_terminals = !IsAdmin(c.kind) && c.kind != CommandKind::kExpireHolds &&
                            c.kind != CommandKind::kArchive && c.kind != CommandKind::kThaw &&
                            c.kind != CommandKind::kActivateDue;
  if (c.kind != CommandKind::kExpireHolds && (is_terminals || prng.Chance(1, 8))) {
    c.terminal = AnyCode<TerminalId>(prng);
    c.request_id = AnyRequestId(prng);
  }
  switch (c.kind) {
    case CommandKind::kArchive:
      FillMark(prng, o.archive);
      c.archive = &o.archive;
      break;
    case CommandKind::kThaw:
      o.thaw = MakeRandomArchived(prng);
      c.thaw = &o.thaw;
      break;
    case CommandKind::kDefineSegment:
      o.segment = {AnyCode<SegmentCode>(prng), AnyName(prng)};
      c.segment = &o.segment;
      break;
    case CommandKind::kSetUnionNode:
      o.union_node = {AnyCode<UnionNodeId>(prng),
                      AnyCode<UnionNodeId>(prng),
                      AnyEnum(prng, UnionLevel::kOther),
                      AnyName(prng)};
      c.union_node = &o.union_node;
      break;
    case CommandKind::kSetMember:
      FillMember(prng, o.member);
      c.member = &o.member;
      break;
    case CommandKind::kSetCard:
      FillCard(prng, o.card);
      c.card = &o.card;
      break;
    case CommandKind::kSetMerchant:
      o.merchant = {AnyCode<MerchantId>(prng),
                    AnyCode<UnionNodeId>(prng),
                    static_cast<Mcc>(AnyUint(prng, UINT16_MAX)),
                    AnyEnum(prng, MerchantStatus::kClosed),
                    AnyName(prng)};
      c.merchant = &o.merchant;
      break;
    case CommandKind::kSetTerminal:
      o.terminal = {AnyCode<TerminalId>(prng),
                    AnyCode<MerchantId>(prng),
                    AnyEnum(prng, TerminalKind::kOffice),
                    AnyEnum(prng, TerminalStatus::kInactive)};
      c.terminal_setting = &o.terminal;
      break;
    case CommandKind::kSetFund:
      o.fund = {AnyCode<FundCode>(prng),
                AnyCode<UnionNodeId>(prng),
                AnyEnum(prng, Asset::kThing),
                AnyFen(prng),
                AnyTime(prng),
                AnyTime(prng),
                AnyBool(prng),
                AnyEnum(prng, Payer::kSponsor),
                AnyName(prng),
                {AnyBool(prng),
                 AnyBool(prng),
                 AnyBool(prng),
                 AnyBool(prng),
                 AnyBool(prng),
                 AnyBool(prng),
                 AnyBool(prng),
                 AnyBool(prng)}};
      c.fund = &o.fund;
      break;
    case CommandKind::kApplyProgramme:
      FillImage(prng, o);
      c.programme = &o.image;
      break;
    case CommandKind::kSetMemberStatus:
      o.member_status = {AnyCode<MemberId>(prng), AnyEnum(prng, MemberStatus::kClosed)};
      c.member_status = &o.member_status;
      break;
    case CommandKind::kSetCardStatus:
      o.card_status = {CardNumber{AnyUint(prng, UINT64_MAX)}, AnyEnum(prng, CardStatus::kClosed)};
      c.card_status = &o.card_status;
      break;
    case CommandKind::kReplaceCard:
      o.replace_card.old_card = CardNumber{AnyUint(prng, UINT64_MAX)};
      FillCard(prng, o.replace_card.new_card);
      c.replace_card = &o.replace_card;
      break;
    case CommandKind::kRetireProgramme:
      o.retire_programme = {AnyCode<ProgrammeCode>(prng)};
      c.retire_programme = &o.retire_programme;
      break;
    case CommandKind::kStageProgramme:
      o.stage_programme = {AnyCode<ProgrammeCode>(prng),
                           static_cast<uint32_t>(AnyUint(prng, UINT32_MAX)),
                           AnyEnum(prng, Stage::kWithdrawn),
                           AnyTime(prng)};
      c.stage_programme = &o.stage_programme;
      break;
    case CommandKind::kActivateDue:
      break;
    case CommandKind::kIssueVouchers:
    case CommandKind::kVoidVouchers:
    case CommandKind::kCommitDraw:
    case CommandKind::kCloseDraw:
    case CommandKind::kSettleDraw:
    case CommandKind::kDrawPrize:
    case CommandKind::kContribute:
    case CommandKind::kRevokeContribution:
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      FillVoucherCommand(prng, o);
      break;
    default:
      FillTerminalsCommand(prng, c);
      if (c.kind != CommandKind::kExpireHolds) {
        FillAskedDetails(prng, o);
      }
      break;
  }
}

}  // namespace

std::unique_ptr<OwnedEvent> MakeRandomEvent(EventKind kind,
                                            uint64_t seq,
                                            TimestampNs at,
                                            Prng& prng) {
  auto owned = std::make_unique<OwnedEvent>();
  Event& e = owned->event;
  e.kind = kind;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &owned->command;
  FillCommand(prng, *owned);
  if (IsAdmin(owned->command.kind) || kind == EventKind::kProgrammeActivated) {
    e.row = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    e.row_2 = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    if (kind == EventKind::kMemberSet) {
      e.span_count = owned->member.span_count;
      for (uint32_t i = 0; i < e.span_count; ++i) {
        const SegmentSpanRequest& asked = owned->member.spans[i];
        const bool as_asked = AnyBool(prng);
        e.spans[i].starts_at = as_asked ? asked.starts_at : AnyTime(prng);
        e.spans[i].ends_at = as_asked ? asked.ends_at : AnyTime(prng);
        e.spans[i].segment = static_cast<SegmentBit>(prng.Below(kSegmentsMax));
      }
    }
    if (kind != EventKind::kClaimRejected) {
      return owned;
    }
  }
  if (kind == EventKind::kArchived) {
    return owned;
  }
  if (kind == EventKind::kThawed) {
    e.transaction_row = AnyRow<TransactionRow>(prng, kTransactionsMax);
    return owned;
  }
  if (AnyBool(prng)) {
    FillOriginal(prng, e.original);
  }
  if (AnyBool(prng)) {
    FillDeltas(prng, e);
  }
  if (prng.Chance(1, 4)) {
    e.voucher_row = VoucherRow{1 + static_cast<uint32_t>(prng.Below(kVouchersMax))};
    e.voucher_state = AnyEnum(prng, VoucherState::kBlank);
  }
  if (kind != EventKind::kHoldExpired && kind != EventKind::kClaimRejected) {
    FillTransaction(prng, *owned);
    FillDetails(prng, *owned);
    if (prng.Chance(1, 4)) {
      e.tombstone_row = AnyRow<TransactionRow>(prng, kTransactionsMax);
    }
  }
  if (AnyBool(prng)) {
    FillMemberDeltas(prng, e);
  }
  return owned;
}

ArchivedTransaction MakeRandomArchived(Prng& prng) {
  ArchivedTransaction archived;
  Transaction& t = archived.transaction;
  const auto usual = [&prng] { return prng.Chance(2, 3); };
  const auto fen = [&prng] { return AnyBool(prng) ? AnyFen(prng) : Fen{0}; };
  constexpr TransactionKind kKinds[] = {TransactionKind::kAuthorization,
                                        TransactionKind::kCapture,
                                        TransactionKind::kReversal,
                                        TransactionKind::kIncrement,
                                        TransactionKind::kRefund,
                                        TransactionKind::kBatchClose};
  t.kind = kKinds[prng.Below(std::size(kKinds))];
  t.state = AnyEnum(prng, TransactionState::kRefunded);
  t.outcome = AnyEnum(prng, Outcome::kDeclined);
  t.if_no_benefit = AnyEnum(prng, IfNoBenefit::kFullPrice);
  t.entry_mode = AnyEnum(prng, PosEntryMode::kManual, PosEntryMode::kUnspecified);
  t.reversal_reason = AnyEnum(prng, ReversalReason::kDeviceUnable);
  t.capture_at_once = AnyBool(prng);
  t.final_capture = AnyBool(prng);
  t.original_found = AnyBool(prng);
  t.tombstone = AnyBool(prng);
  t.no_amount = AnyBool(prng);
  t.overrun = AnyBool(prng);
  t.request_id = AnyRequestId(prng);
  t.seq = CommandSeq{AnyUint(prng, UINT64_MAX)};
  t.decided_at = AnyTime(prng);
  t.expires_at = usual() ? TimestampNs{} : AnyTime(prng);
  t.card = CardNumber{AnyUint(prng, UINT64_MAX)};
  t.list_price = AnyFen(prng);
  t.subsidy = AnyFen(prng);
  const bool sum_fits =
      !__builtin_sub_overflow_p(t.list_price.value(), t.subsidy.value(), int64_t{0});
  t.member_pays = usual() && sum_fits ? t.list_price - t.subsidy : AnyFen(prng);
  t.captured = usual() ? t.list_price : fen();
  t.captured_subsidy = usual() ? t.subsidy : fen();
  t.terminal = AnyRow<TerminalRow>(prng, kTerminalsMax);
  t.merchant = AnyRow<MerchantRow>(prng, kMerchantsMax);
  t.member = AnyRow<MemberRow>(prng, kMembersMax);
  t.benefit = AnyRow<BenefitRow>(prng, kBenefitsMax);
  t.stan = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
  t.hold_s = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
  t.reason = AnyReason(prng);
  t.failed_row = AnyFailedRow(prng, t.reason);
  t.applied_count = static_cast<uint8_t>(prng.Below(kSharesPerTransactionMax + 1));
  t.use_count = static_cast<uint8_t>(prng.Below(kUsesPerTransactionMax + 1));
  const auto line_count = static_cast<uint8_t>(usual() ? 0u : AnyLineCount(prng));
  const AdviceRow advice{prng.Chance(1, 3) ? 1u : 0u};
  if (t.IsAuthorization()) {
    t.programme_hash = AnyUint(prng, UINT64_MAX);
    t.progress.refunded = fen();
    t.progress.refunded_subsidy = fen();
    t.progress.restated = fen();
    t.progress.restated_subsidy = fen();
    t.progress.allow_partial = AnyBool(prng);
    t.progress.occasion = usual() ? OccasionRow{} : AnyRow<OccasionRow>(prng, kOccasionsMax);
    t.progress.line_count = line_count;
    t.progress.advice = advice;
  } else {
    t.original_seq = CommandSeq{AnyUint(prng, UINT64_MAX)};
    t.reference = Reference{};
    t.reference.original_id = TransactionId{AnyUint(prng, UINT64_MAX)};
    t.reference.original_request_id = AnyRequestId(prng);
    t.reference.asked_amount = usual() ? t.list_price : fen();
    t.reference.batch = AnyRow<BatchRow>(prng, kBatchesMax);
    t.reference.line_count = line_count;
    t.reference.advice = advice;
  }
  for (uint32_t i = 0; i < t.applied_count; ++i) {
    Applied& share = archived.applied[i];
    share.benefit = i > 0 && AnyBool(prng) ? archived.applied[i - 1].benefit
                                           : AnyRow<BenefitRow>(prng, kBenefitsMax);
    share.fund = AnyRow<FundRow>(prng, kFundsMax);
    share.authorized = AnyFen(prng);
    share.restated = fen();
    share.held = fen();
    share.overrun = fen();
    share.spent = fen();
  }
  for (uint32_t i = 0; i < t.use_count; ++i) {
    Use& use = archived.uses[i];
    use.limit = AnyRow<LimitRow>(prng, kLimitsMax);
    use.benefit = AnyRow<BenefitRow>(prng, kBenefitsMax);
    use.subject = usual() ? t.member.value() : static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    use.window = AnyInt32(prng);
    use.amount = AnyInt(prng);
    use.used_after = usual() ? use.amount : AnyInt(prng);
    use.left_after = AnyInt(prng);
  }
  for (uint32_t i = 0; i < line_count; ++i) {
    Line& line = archived.lines[i];
    line.item = AnyCode<ItemCode>(prng);
    line.price = AnyFen(prng);
    line.subsidy = AnyFen(prng);
    line.number = usual() ? i + 1 : static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    line.quantity = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    line.returned = usual() ? 0 : static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
  }
  if (advice != AdviceRow{}) {
    Advice& a = archived.advice;
    a.occurred_at = AnyTime(prng);
    a.deny_list_at = usual() ? TimestampNs{} : AnyTime(prng);
    a.judged_at = usual() ? a.occurred_at : AnyTime(prng);
    a.member_paid = fen();
    a.acquirer_bears = fen();
    a.sequence = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    a.business_day = AnyInt32(prng);
    a.liability = AnyEnum(prng, Liability::kManual, Liability::kNone);
    a.clock_adjusted = AnyBool(prng);
  }
  return archived;
}

}  // namespace gonghui
