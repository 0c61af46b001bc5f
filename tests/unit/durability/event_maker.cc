// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/event_maker.h"

#include <cstring>
#include <span>

namespace gonghui {
namespace {

uint64_t AnyUint(Prng& prng, uint64_t max) {
  switch (prng.Below(6)) {
    case 0:
      return 0;
    case 1:
      return max;
    case 2:
      return prng.Below(max < 300 ? max + 1 : 300);
    default: {
      const uint64_t bits = prng.Below(64) + 1;
      const uint64_t value = prng.Next() >> (64 - bits);
      return value <= max ? value : (max == UINT64_MAX ? value : value % (max + 1));
    }
  }
}

int64_t AnyInt(Prng& prng) {
  switch (prng.Below(8)) {
    case 0:
      return INT64_MIN;
    case 1:
      return INT64_MAX;
    default: {
      const int64_t value = static_cast<int64_t>(AnyUint(prng, INT64_MAX));
      return prng.Chance(1, 2) ? value : -value;
    }
  }
}

int32_t AnyInt32(Prng& prng) {
  return static_cast<int32_t>(AnyInt(prng));
}
Fen AnyFen(Prng& prng) {
  return Fen{AnyInt(prng)};
}
TimestampNs AnyTime(Prng& prng) {
  return prng.Chance(1, 4) ? kTimestampMax : TimestampNs{AnyInt(prng)};
}
bool AnyBool(Prng& prng) {
  return prng.Chance(1, 2);
}

template <class Row>
Row AnyRow(Prng& prng, uint32_t max) {
  return Row{static_cast<uint32_t>(AnyUint(prng, max))};
}

template <class Enum>
Enum AnyEnum(Prng& prng, Enum last, Enum first = Enum{1}) {
  return static_cast<Enum>(prng.Between(static_cast<int64_t>(first), static_cast<int64_t>(last)));
}

template <class CodeType>
CodeType AnyCode(Prng& prng, bool may_be_none = true) {
  static constexpr std::string_view kCharacters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:-";
  if (may_be_none && prng.Chance(1, 6)) {
    return {};
  }
  const size_t size = prng.Chance(1, 4) ? CodeType::kBytes : 1 + prng.Below(CodeType::kBytes);
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += kCharacters[prng.Below(kCharacters.size())];
  }
  return CodeOf<CodeType>(text);
}

DisplayName AnyName(Prng& prng) {
  static constexpr std::string_view kNames[] = {"", "昆明市总工会", "翠湖超市（南屏街店）", "x"};
  std::string name(kNames[prng.Below(std::size(kNames))]);
  if (prng.Chance(1, 8)) {
    name.assign(96, 'n');
  }
  return *DisplayName::From(std::span<const char>(name.data(), name.size()));
}

RequestId AnyRequestId(Prng& prng, bool may_be_none = true) {
  return may_be_none && prng.Chance(1, 4) ? RequestId{} : RequestId{prng.Next(), prng.Next()};
}

Reason AnyReason(Prng& prng) {
  static constexpr Reason kReasons[] = {Reason::kNone,
                                        Reason::kOriginalNotFound,
                                        Reason::kExceedsCapturedAmount,
                                        Reason::kInvalidCard,
                                        Reason::kMemberClosed,
                                        Reason::kNoEffect,
                                        Reason::kExceedsAmountLimit,
                                        Reason::kBudgetExhausted};
  return kReasons[prng.Below(std::size(kReasons))];
}

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
    return SentReference{{r.original, r.original_request_id, has_amount ? r.amount : Fen{0}},
                         has_amount};
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
  } else if (c.kind == CommandKind::kReverse) {
    t.reversal_reason = c.reverse.reason;
  } else if (c.kind == CommandKind::kIncrement) {
    t.hold_s = c.increment.hold_s;
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
  t.failed_benefit = AnyRow<BenefitRow>(prng, kBenefitsMax);
  t.failed_limit = AnyRow<LimitRow>(prng, kLimitsMax);
  t.programme_hash = AnyUint(prng, UINT64_MAX);
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
  t.original = unusual() ? AnyRow<TransactionRow>(prng, kTransactionsMax) : e.original.row;
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

  const auto fill = [&prng](auto& list, uint64_t count_max, auto&& make) {
    const uint64_t count = prng.Below(count_max + 1);
    for (uint64_t i = 0; i < count; ++i) {
      list.push_back(make());
    }
  };
  fill(o.limits, 5, [&prng] {
    LimitSpec limit;
    limit.code = AnyCode<LimitCode>(prng);
    limit.measure = AnyEnum(prng, LimitMeasure::kAmount);
    limit.subject = AnyEnum(prng, LimitSubject::kTerminal);
    limit.window = AnyEnum(prng, WindowKind::kYear);
    limit.when_exceeded = AnyEnum(prng, WhenExceeded::kReduce);
    limit.refund_to = AnyEnum(prng, RefundTo::kNever);
    limit.max = AnyInt(prng);
    return limit;
  });
  fill(o.segments, 4, [&prng] { return AnyCode<SegmentCode>(prng); });
  fill(o.mccs, 4, [&prng] {
    return MccRange{static_cast<Mcc>(AnyUint(prng, UINT16_MAX)),
                    static_cast<Mcc>(AnyUint(prng, UINT16_MAX))};
  });
  fill(o.merchants, 20, [&prng] { return AnyCode<MerchantId>(prng); });
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
    b.price.kind = AnyEnum(prng, PriceKind::kFree);
    b.price.rounding = AnyEnum(prng, Rounding::kUp);
    b.price.repeat = AnyBool(prng);
    b.price.on_return = AnyEnum(prng, OnReturn::kRefuse);
    b.price.rate = Bps{AnyInt32(prng)};
    b.price.amount = AnyFen(prng);
    b.price.threshold = AnyFen(prng);
    b.price.discount_max = AnyFen(prng);
    b.price.member_pays_min = AnyFen(prng);
    b.segments_any = range(o.segments.size(), 100);
    b.segments_all = range(o.segments.size(), 100);
    b.mccs = range(o.mccs.size(), 100);
    b.merchants = range(o.merchants.size(), 100);
    b.hours = range(o.hours.size(), 100);
    b.limits = range(o.limit_refs.size(), kLimitsPerBenefitMax);
    b.funding = range(o.funding.size(), kFundingSharesPerBenefitMax);
    b.stock = AnyCode<FundCode>(prng);
    b.stock_units = AnyInt32(prng);
    b.terminal_kinds = static_cast<uint8_t>(prng.Next());
    b.weekdays = static_cast<uint8_t>(prng.Next());
    b.require_real_name = AnyBool(prng);
    b.member_union = AnyCode<UnionNodeId>(prng);
    b.merchant_union = AnyCode<UnionNodeId>(prng);
    b.starts_at = AnyTime(prng);
    b.ends_at = AnyTime(prng);
    b.hold_s = AnyInt(prng);
    return b;
  });
  o.image.benefits = o.benefits;
  o.image.limits = o.limits;
  o.image.segments = o.segments;
  o.image.mccs = o.mccs;
  o.image.merchants = o.merchants;
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
  member.keep = {AnyBool(prng), AnyBool(prng), AnyBool(prng), AnyBool(prng), AnyBool(prng)};
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
  } else if (c.kind == CommandKind::kReverse) {
    c.reverse = ReverseRequest{};
    c.reverse.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.reverse.original_request_id = AnyRequestId(prng);
    c.reverse.amount = AnyFen(prng);
    c.reverse.has_amount = AnyBool(prng);
    c.reverse.reason = AnyEnum(prng, ReversalReason::kDeviceUnable);
  } else if (c.kind == CommandKind::kIncrement) {
    c.increment = IncrementRequest{};
    c.increment.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.increment.original_request_id = AnyRequestId(prng);
    c.increment.amount = AnyFen(prng);
    c.increment.hold_s = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
  } else if (c.kind == CommandKind::kRefund) {
    c.refund = RefundRequest{};
    c.refund.original = TransactionId{AnyUint(prng, UINT64_MAX)};
    c.refund.original_request_id = AnyRequestId(prng);
    c.refund.amount = AnyFen(prng);
    c.refund.has_amount = AnyBool(prng);
  }
}

void FillCommand(Prng& prng, OwnedEvent& o) {
  Command& c = o.command;
  const EventKind kind = o.event.kind;
  c.kind =
      kind == EventKind::kHoldExpired ? CommandKind::kExpireHolds : static_cast<CommandKind>(kind);
  if (!IsAdmin(c.kind) ? c.kind != CommandKind::kExpireHolds : prng.Chance(1, 8)) {
    c.terminal = AnyCode<TerminalId>(prng);
    c.request_id = AnyRequestId(prng);
  }
  switch (c.kind) {
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
                    AnyEnum(prng, TerminalKind::kOnline),
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
                AnyName(prng)};
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
    default:
      FillTerminalsCommand(prng, c);
      break;
  }
}

// ---- Comparing ----------------------------------------------------------------

// Remembers the first difference; a field is compared by its bytes, and so must
// have no padding.
class Comparison {
 public:
  template <class T>
  void Field(const char* name, const T& a, const T& b) {
    static_assert(std::has_unique_object_representations_v<T>);
    if (first_.empty() && std::memcmp(&a, &b, sizeof(T)) != 0) {
      first_ = name;
    }
  }
  template <class T>
  void List(const char* name, std::span<const T> a, std::span<const T> b) {
    if (first_.empty() && a.size() != b.size()) {
      first_ = name;
    }
    for (size_t i = 0; first_.empty() && i < a.size(); ++i) {
      Field(name, a[i], b[i]);
    }
  }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::string first_;
};

#define GH_SAME(field) c.Field(#field, a.field, b.field)

void Compare(Comparison& c, const AuthorizeRequest& a, const AuthorizeRequest& b) {
  GH_SAME(merchant);
  GH_SAME(card);
  GH_SAME(list_price);
  GH_SAME(programme);
  GH_SAME(stan);
  GH_SAME(hold_s);
  GH_SAME(capture_at_once);
  GH_SAME(allow_partial);
  GH_SAME(if_no_benefit);
  GH_SAME(entry_mode);
}

void Compare(Comparison& c, const CaptureRequest& a, const CaptureRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(has_amount);
  GH_SAME(final_capture);
}

void Compare(Comparison& c, const ReverseRequest& a, const ReverseRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(has_amount);
  GH_SAME(reason);
}

void Compare(Comparison& c, const IncrementRequest& a, const IncrementRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(hold_s);
}

void Compare(Comparison& c, const RefundRequest& a, const RefundRequest& b) {
  GH_SAME(original);
  GH_SAME(original_request_id);
  GH_SAME(amount);
  GH_SAME(has_amount);
}

void Compare(Comparison& c, const SegmentRequest& a, const SegmentRequest& b) {
  GH_SAME(code);
  GH_SAME(name);
}

void Compare(Comparison& c, const UnionNodeRequest& a, const UnionNodeRequest& b) {
  GH_SAME(id);
  GH_SAME(parent);
  GH_SAME(level);
  GH_SAME(name);
}

void Compare(Comparison& c, const MemberRequest& a, const MemberRequest& b) {
  GH_SAME(id);
  GH_SAME(union_node);
  GH_SAME(status);
  GH_SAME(real_name_verified);
  GH_SAME(sex);
  GH_SAME(span_count);
  GH_SAME(spans);
  GH_SAME(keep.union_node);
  GH_SAME(keep.status);
  GH_SAME(keep.real_name_verified);
  GH_SAME(keep.sex);
  GH_SAME(keep.segments);
}

void Compare(Comparison& c, const CardRequest& a, const CardRequest& b) {
  GH_SAME(number);
  GH_SAME(member);
  GH_SAME(status);
  GH_SAME(kind);
  GH_SAME(expires_day);
  GH_SAME(keep.status);
  GH_SAME(keep.kind);
  GH_SAME(keep.expires_day);
}

void Compare(Comparison& c, const MerchantRequest& a, const MerchantRequest& b) {
  GH_SAME(id);
  GH_SAME(union_node);
  GH_SAME(mcc);
  GH_SAME(status);
  GH_SAME(name);
}

void Compare(Comparison& c, const TerminalRequest& a, const TerminalRequest& b) {
  GH_SAME(id);
  GH_SAME(merchant);
  GH_SAME(kind);
  GH_SAME(status);
}

void Compare(Comparison& c, const FundRequest& a, const FundRequest& b) {
  GH_SAME(code);
  GH_SAME(owner);
  GH_SAME(asset);
  GH_SAME(budget);
  GH_SAME(opens_at);
  GH_SAME(closes_at);
  GH_SAME(advice_may_overrun);
  GH_SAME(name);
}

void Compare(Comparison& c, const BenefitSpec& a, const BenefitSpec& b) {
  GH_SAME(code);
  GH_SAME(name);
  GH_SAME(price);
  GH_SAME(segments_any);
  GH_SAME(segments_all);
  GH_SAME(mccs);
  GH_SAME(merchants);
  GH_SAME(hours);
  GH_SAME(limits);
  GH_SAME(funding);
  GH_SAME(stock);
  GH_SAME(stock_units);
  GH_SAME(terminal_kinds);
  GH_SAME(weekdays);
  GH_SAME(require_real_name);
  GH_SAME(member_union);
  GH_SAME(merchant_union);
  GH_SAME(starts_at);
  GH_SAME(ends_at);
  GH_SAME(hold_s);
}

void Compare(Comparison& c, const ProgrammeImage& a, const ProgrammeImage& b) {
  GH_SAME(programme.code);
  GH_SAME(programme.name);
  GH_SAME(programme.calendar.zone);
  GH_SAME(programme.calendar.cutover_s);
  GH_SAME(programme.calendar.offset_change_count);
  GH_SAME(programme.calendar.offset_changes);
  GH_SAME(programme.starts_at);
  GH_SAME(programme.ends_at);
  GH_SAME(programme.owner);
  GH_SAME(programme.content_hash);
  GH_SAME(programme.late_capture);
  c.List("limits", a.limits, b.limits);
  c.List("segments", a.segments, b.segments);
  c.List("mccs", a.mccs, b.mccs);
  c.List("merchants", a.merchants, b.merchants);
  c.List("hours", a.hours, b.hours);
  c.List("limit_refs", a.limit_refs, b.limit_refs);
  c.List("funding", a.funding, b.funding);
  c.List("over_capture", a.over_capture, b.over_capture);
  const size_t benefits[] = {a.benefits.size(), b.benefits.size()};
  c.Field("benefits", benefits[0], benefits[1]);
  for (size_t i = 0; c.first().empty() && i < a.benefits.size(); ++i) {
    Compare(c, a.benefits[i], b.benefits[i]);
  }
}

void Compare(Comparison& c, const Command& a, const Command& b) {
  GH_SAME(kind);
  if (!c.first().empty()) {
    return;
  }
  GH_SAME(terminal);
  GH_SAME(request_id);
  switch (a.kind) {
    case CommandKind::kAuthorize:
      return Compare(c, a.authorize, b.authorize);
    case CommandKind::kCapture:
      return Compare(c, a.capture, b.capture);
    case CommandKind::kReverse:
      return Compare(c, a.reverse, b.reverse);
    case CommandKind::kIncrement:
      return Compare(c, a.increment, b.increment);
    case CommandKind::kRefund:
      return Compare(c, a.refund, b.refund);
    case CommandKind::kQuote:
    case CommandKind::kGetTransaction:
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
      return;
    case CommandKind::kDefineSegment:
      return Compare(c, *a.segment, *b.segment);
    case CommandKind::kSetUnionNode:
      return Compare(c, *a.union_node, *b.union_node);
    case CommandKind::kSetMember:
      return Compare(c, *a.member, *b.member);
    case CommandKind::kSetCard:
      return Compare(c, *a.card, *b.card);
    case CommandKind::kSetMerchant:
      return Compare(c, *a.merchant, *b.merchant);
    case CommandKind::kSetTerminal:
      return Compare(c, *a.terminal_setting, *b.terminal_setting);
    case CommandKind::kSetFund:
      return Compare(c, *a.fund, *b.fund);
    case CommandKind::kApplyProgramme:
      return Compare(c, *a.programme, *b.programme);
    case CommandKind::kSetMemberStatus:
      GH_SAME(member_status->member);
      GH_SAME(member_status->status);
      return;
    case CommandKind::kSetCardStatus:
      GH_SAME(card_status->card);
      GH_SAME(card_status->status);
      return;
    case CommandKind::kReplaceCard:
      GH_SAME(replace_card->old_card);
      return Compare(c, a.replace_card->new_card, b.replace_card->new_card);
    case CommandKind::kRetireProgramme:
      GH_SAME(retire_programme->code);
      return;
  }
}

}  // namespace

std::string FirstDifference(const Event& a, const Event& b) {
  Comparison c;
  GH_SAME(kind);
  GH_SAME(seq);
  GH_SAME(at);
  GH_SAME(transaction_row);
  GH_SAME(transaction);
  GH_SAME(original.row);
  GH_SAME(original.state);
  GH_SAME(original.restates);
  GH_SAME(original.list_price_delta);
  GH_SAME(original.subsidy_delta);
  GH_SAME(original.captured_delta);
  GH_SAME(original.captured_subsidy_delta);
  GH_SAME(original.refunded_delta);
  GH_SAME(original.refunded_subsidy_delta);
  GH_SAME(original.expires_at_delta_ns);
  GH_SAME(tombstone_row);
  GH_SAME(share_count);
  GH_SAME(use_count);
  GH_SAME(member_pending_delta);
  GH_SAME(member_posted_delta);
  GH_SAME(shares);
  for (size_t i = 0; i < a.uses.size(); ++i) {
    GH_SAME(uses[i].limit);
    GH_SAME(uses[i].subject);
    GH_SAME(uses[i].window);
    GH_SAME(uses[i].benefit);
    GH_SAME(uses[i].held_delta);
    GH_SAME(uses[i].used_delta);
    GH_SAME(uses[i].used_after);
    GH_SAME(uses[i].left_after);
  }
  GH_SAME(row);
  GH_SAME(row_2);
  GH_SAME(span_count);
  for (size_t i = 0; i < a.spans.size(); ++i) {
    GH_SAME(spans[i].starts_at);
    GH_SAME(spans[i].ends_at);
    GH_SAME(spans[i].segment);
  }
  Compare(c, *a.command, *b.command);
  return c.first();
}

#undef GH_SAME

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
  if (IsAdmin(owned->command.kind)) {
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
    return owned;
  }
  if (AnyBool(prng)) {
    FillOriginal(prng, e.original);
  }
  if (AnyBool(prng)) {
    FillDeltas(prng, e);
  }
  if (kind != EventKind::kHoldExpired) {
    FillTransaction(prng, *owned);
    if (prng.Chance(1, 4)) {
      e.tombstone_row = AnyRow<TransactionRow>(prng, kTransactionsMax);
    }
  }
  if (AnyBool(prng)) {
    FillMemberDeltas(prng, e);
  }
  return owned;
}

std::unique_ptr<OwnedEvent> MakeSale(uint64_t seq, TimestampNs at, uint32_t number) {
  auto owned = std::make_unique<OwnedEvent>();
  Command& c = owned->command;
  c.kind = CommandKind::kAuthorize;
  c.terminal = CodeOf<TerminalId>("KM004217");
  c.request_id = {uint64_t{0x01934a5e7c2b7f31} + number, 0x9d1f62a8b04ce573};
  c.authorize.card = CardNumber{uint64_t{6'217'003'860'012'345'678} + number};
  c.authorize.list_price = Fen{2'580 + number % 1'000};
  c.authorize.stan = 104'211 + number % 100'000;
  c.authorize.capture_at_once = true;
  c.authorize.entry_mode = PosEntryMode::kContactless;

  Event& e = owned->event;
  e.kind = EventKind::kAuthorized;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.transaction_row = TransactionRow{1'843'212 + number};
  Transaction& t = e.transaction;
  t.request_id = c.request_id;
  t.seq = e.seq;
  t.decided_at = at;
  t.card = c.authorize.card;
  t.list_price = c.authorize.list_price;
  t.subsidy = Fen{1'032};
  t.member_pays = t.list_price - t.subsidy;
  t.captured = t.list_price;
  t.captured_subsidy = t.subsidy;
  t.terminal = TerminalRow{4'217};
  t.merchant = MerchantRow{1'630};
  t.member = MemberRow{812'345 + number};
  t.first_applied = AppliedRow{1'720'044 + number};
  t.first_use = UseRow{3'611'870 + 2 * number};
  t.stan = c.authorize.stan;
  t.kind = TransactionKind::kAuthorization;
  t.state = TransactionState::kCaptured;
  t.outcome = Outcome::kApproved;
  t.entry_mode = c.authorize.entry_mode;
  t.applied_count = 1;
  t.use_count = 2;
  t.capture_at_once = true;

  e.share_count = 1;
  e.shares[0] = {BenefitRow{17}, FundRow{3}, Fen{0}, t.subsidy, Fen{0}, Fen{0}};
  e.use_count = 2;
  e.uses[0] = {LimitRow{21}, t.member.value(), 20'780, BenefitRow{17}, 0, 1, 1, 1, {}};
  e.uses[1] = {LimitRow{22}, t.member.value(), 24'322, BenefitRow{17}, 0, 1'032, 1'032, 18'968, {}};
  e.member_posted_delta = t.member_pays;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeFollowUp(EventKind kind, uint64_t seq, TimestampNs at) {
  constexpr Fen kAmount{1'000};
  constexpr Fen kSubsidy{400};
  constexpr Fen kMemberPays = kAmount - kSubsidy;
  const auto sale = MakeSale(5'001, at);
  const TransactionId original = MakeTransactionId(0, sale->event.seq);

  auto owned = std::make_unique<OwnedEvent>();
  Command& c = owned->command;
  c.kind = static_cast<CommandKind>(kind);
  c.terminal = sale->command.terminal;
  c.request_id = {0x01934a5e80c41b07, 0xa4f30c1dd2956e18};

  Event& e = owned->event;
  e.kind = kind;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.transaction_row = TransactionRow{1'843'213};
  e.original.row = sale->event.transaction_row;
  Transaction& t = e.transaction;
  t.request_id = c.request_id;
  t.seq = e.seq;
  t.decided_at = at;
  t.card = sale->event.transaction.card;
  t.list_price = kAmount;
  t.subsidy = kSubsidy;
  t.member_pays = kMemberPays;
  t.terminal = sale->event.transaction.terminal;
  t.merchant = sale->event.transaction.merchant;
  t.member = sale->event.transaction.member;
  t.original = e.original.row;
  t.first_applied = AppliedRow{1'720'045};
  t.kind = static_cast<TransactionKind>(kind);
  t.state = TransactionState::kCompleted;
  t.outcome = Outcome::kApproved;
  t.applied_count = 1;
  t.original_found = true;
  t.reference = Reference{original, {}, kAmount};

  e.share_count = 1;
  ShareDelta& share = e.shares[0];
  share.benefit = BenefitRow{17};
  share.fund = FundRow{3};
  e.use_count = 1;
  UseDelta& use = e.uses[0];
  use.limit = LimitRow{22};
  use.subject = t.member.value();
  use.window = 24'322;
  use.benefit = share.benefit;

  switch (kind) {
    case EventKind::kCaptured:
      c.capture = CaptureRequest{original, {}, kAmount, true, false};
      e.original.state = TransactionState::kPartiallyCaptured;
      e.original.captured_delta = kAmount;
      e.original.captured_subsidy_delta = kSubsidy;
      share.held_delta = -kSubsidy;
      share.spent_delta = kSubsidy;
      use.held_delta = -kSubsidy.value();
      use.used_delta = kSubsidy.value();
      e.member_pending_delta = -kMemberPays;
      e.member_posted_delta = kMemberPays;
      break;
    case EventKind::kIncremented:
      c.increment = IncrementRequest{original, {}, kAmount, 0};
      e.original.state = TransactionState::kPending;
      e.original.restates = true;
      e.original.list_price_delta = kAmount;
      e.original.subsidy_delta = kSubsidy;
      share.held_delta = kSubsidy;
      use.held_delta = kSubsidy.value();
      e.member_pending_delta = kMemberPays;
      t.expires_at = TimestampNs{at.value() + 60 * kNsPerSecond};
      break;
    case EventKind::kReversed:
      c.reverse = ReverseRequest{original, {}, kAmount, true, t.reversal_reason};
      e.original.state = TransactionState::kPending;
      e.original.restates = true;
      e.original.list_price_delta = -kAmount;
      e.original.subsidy_delta = -kSubsidy;
      share.held_delta = -kSubsidy;
      use.held_delta = -kSubsidy.value();
      e.member_pending_delta = -kMemberPays;
      break;
    default:
      c.refund = RefundRequest{original, {}, kAmount, true};
      e.original.state = TransactionState::kPartiallyRefunded;
      e.original.refunded_delta = kAmount;
      e.original.refunded_subsidy_delta = kSubsidy;
      share.spent_delta = -kSubsidy;
      use.used_delta = -kSubsidy.value();
      use.used_after = 632;
      use.left_after = 19'368;
      t.first_use = UseRow{3'611'872};
      t.use_count = 1;
      e.member_posted_delta = -kMemberPays;
      break;
  }
  return owned;
}

}  // namespace gonghui
