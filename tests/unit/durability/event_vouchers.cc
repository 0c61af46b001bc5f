// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Events about vouchers, draws, claims and contributions: any of them, and samples.

#include <algorithm>
#include <array>
#include <set>

#include "tests/unit/durability/any_value.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

// Of a voucher code, an event, or a place in a draw: never none.
VoucherKey AnyKey(Prng& prng) {
  return {AnyUint(prng, UINT64_MAX), AnyUint(prng, UINT64_MAX - 1) + 1};
}

Digest AnyDigest(Prng& prng) {
  Digest digest;
  for (uint8_t& byte : digest) {
    byte = static_cast<uint8_t>(prng.Next());
  }
  digest[0] |= 1;  // none is no digest
  return digest;
}

// Instants of which the first is before the other.
struct Span {
  TimestampNs from;
  TimestampNs until;
};
Span AnySpan(Prng& prng) {
  TimestampNs a = AnyTime(prng);
  TimestampNs b = AnyTime(prng);
  if (a == b) {
    return {TimestampNs{0}, TimestampNs{1}};
  }
  return a < b ? Span{a, b} : Span{b, a};
}

uint32_t AnyCount(Prng& prng) {
  return 1 + static_cast<uint32_t>(prng.Below(4));
}

void FillIssue(Prng& prng, OwnedEvent& o) {
  const Span valid = AnySpan(prng);
  o.issue_vouchers = {
      AnyCode<SeriesCode>(prng, false), valid.from, valid.until, AnyCode<DrawCode>(prng), {}};
  std::set<VoucherKey> keys;
  for (uint32_t count = AnyCount(prng); keys.size() < count;) {
    const VoucherKey key = AnyKey(prng);
    if (keys.insert(key).second) {
      o.vouchers.push_back({key, AnyCode<MemberId>(prng)});
    }
  }
  o.issue_vouchers.vouchers = o.vouchers;
}

void FillVoid(Prng& prng, OwnedEvent& o) {
  std::set<VoucherKey> keys;
  for (uint32_t count = AnyCount(prng); keys.size() < count;) {
    keys.insert(AnyKey(prng));
  }
  o.voucher_keys.assign(keys.begin(), keys.end());
  o.void_vouchers.keys = o.voucher_keys;
}

void FillCommitment(Prng& prng, OwnedEvent& o) {
  CommitDrawRequest& draw = o.commit_draw;
  draw.code = AnyCode<DrawCode>(prng, false);
  draw.kind = AnyEnum(prng, DrawKind::kPool);
  draw.seed_hash = AnyDigest(prng);
  const bool is_pool = draw.kind == DrawKind::kPool;
  if (!is_pool) {
    draw.programme = AnyCode<ProgrammeCode>(prng, false);
    draw.limit = AnyCode<LimitCode>(prng, false);
  }
  draw.closes_at = AnyTime(prng);
  for (uint32_t i = AnyCount(prng); i > 0; --i) {
    const Span valid = AnySpan(prng);
    PrizeSpec& prize = o.prizes.emplace_back();
    prize.series = AnyCode<SeriesCode>(prng, is_pool);
    const auto count = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    prize.count = is_pool ? count : std::max(count, 1u);
    prize.weight = is_pool ? 1 + static_cast<uint32_t>(AnyUint(prng, UINT32_MAX - 1)) : 0;
    prize.valid_from = valid.from;
    prize.expires_at = valid.until;
  }
  draw.prizes = o.prizes;
}

void FillContribution(Prng& prng, OwnedEvent& o) {
  const Span cover = AnySpan(prng);
  o.contribute.receipt = AnyCode<ReceiptCode>(prng, false);
  o.contribute.fund = AnyCode<FundCode>(prng, false);
  o.contribute.member = AnyCode<MemberId>(prng, false);
  o.contribute.segment = AnyCode<SegmentCode>(prng, false);
  o.contribute.amount = Fen{1 + static_cast<int64_t>(AnyUint(prng, kFundFenMax - 1))};
  o.contribute.covers_from = cover.from;
  o.contribute.covers_until = cover.until;
}

DisplayName NameOf(std::string_view text) {
  return *DisplayName::From(std::span<const char>(text.data(), text.size()));
}

// An operator's command, and what it sets.
std::unique_ptr<OwnedEvent> MakeOperators(
    EventKind kind, uint64_t seq, TimestampNs at, uint32_t row, uint32_t row_2 = 0) {
  auto owned = std::make_unique<OwnedEvent>();
  owned->command.kind = static_cast<CommandKind>(kind);
  Event& e = owned->event;
  e.kind = kind;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &owned->command;
  e.row = row;
  e.row_2 = row_2;
  return owned;
}

constexpr VoucherKey kCodeKey{0x1122334455667788, 0x99aabbccddeeff00};
constexpr TimestampNs kDecember{1'796'054'400'000'000'000};  // 2026-11-30T16:00:00Z
constexpr TimestampNs kJanuary{1'798'732'800'000'000'000};   // 2026-12-31T16:00:00Z

}  // namespace

void FillVoucherCommand(Prng& prng, OwnedEvent& o) {
  Command& c = o.command;
  switch (c.kind) {
    case CommandKind::kIssueVouchers:
      FillIssue(prng, o);
      c.issue_vouchers = &o.issue_vouchers;
      break;
    case CommandKind::kVoidVouchers:
      FillVoid(prng, o);
      c.void_vouchers = &o.void_vouchers;
      break;
    case CommandKind::kCommitDraw:
      FillCommitment(prng, o);
      c.commit_draw = &o.commit_draw;
      break;
    case CommandKind::kCloseDraw:
      o.close_draw = {AnyCode<DrawCode>(prng, false),
                      AnyDigest(prng),
                      static_cast<uint32_t>(AnyUint(prng, UINT32_MAX))};
      c.close_draw = &o.close_draw;
      break;
    case CommandKind::kSettleDraw:
      o.settle_draw = {AnyCode<DrawCode>(prng, false), AnyDigest(prng)};
      c.settle_draw = &o.settle_draw;
      break;
    case CommandKind::kDrawPrize:
      o.draw_prize = {AnyCode<DrawCode>(prng, false),
                      AnyKey(prng),
                      AnyCode<MemberId>(prng, false),
                      AnyUint(prng, UINT64_MAX)};
      c.draw_prize = &o.draw_prize;
      break;
    case CommandKind::kContribute:
      FillContribution(prng, o);
      c.contribute = &o.contribute;
      break;
    case CommandKind::kRevokeContribution:
      o.revoke_contribution = {AnyCode<ReceiptCode>(prng, false), AnyCode<FundCode>(prng, false)};
      c.revoke_contribution = &o.revoke_contribution;
      break;
    default:
      o.judge_claim = {TransactionId{1 + AnyUint(prng, UINT64_MAX - 1)},
                       AnyCode<OperatorName>(prng, false),
                       AnyName(prng)};
      c.judge_claim = &o.judge_claim;
      break;
  }
}

void FillOccasion(Prng& prng, OwnedEvent& o) {
  if (prng.Chance(1, 3)) {
    o.occasion.voucher = AnyBool(prng) ? AnyKey(prng) : VoucherKey{};
    o.occasion.slot_at = AnyBool(prng) ? AnyTime(prng) : TimestampNs{};
    o.occasion.event_at = AnyBool(prng) ? AnyTime(prng) : TimestampNs{};
    o.occasion.filed_by = AnyCode<OperatorName>(prng);
    o.command.authorize.occasion = &o.occasion;
  }
}

void FillTerms(Prng& prng, const OwnedEvent& o, BenefitSpec& b) {
  bool has_prices = false;
  bool has_appointments = false;
  uint32_t earlier_prices = 0;
  for (uint32_t i = 0; i < b.limits.count; ++i) {
    const uint32_t ref = o.limit_refs[b.limits.first + i];
    const LimitSpec& limit = o.limits[ref];
    if (limit.measure == LimitMeasure::kPrice) {
      has_prices = true;
      earlier_prices = ref;
    }
    has_appointments |= limit.scope == LimitScope::kNoShow || limit.window == WindowKind::kSlot;
  }
  const auto bit = [](Asks what) { return static_cast<unsigned>(what); };
  unsigned asks = AnyBool(prng) ? 0 : static_cast<unsigned>(prng.Below(8));
  asks |= has_appointments ? bit(Asks::kSlot) : 0;
  if (has_prices && AnyBool(prng)) {
    asks |= bit(Asks::kEarlierPrices);
    b.earlier_prices = earlier_prices;
    b.price.kind = PriceKind::kBands;
  }
  b.asks = static_cast<uint8_t>(asks);
  if (asks != 0 || has_prices) {
    b.layer = 0;
  }
  if (AsksFor(b.asks, Asks::kVoucher)) {
    b.voucher = AnyCode<SeriesCode>(prng, false);
    b.voucher_returns = AnyBool(prng);
  }
  if (AsksFor(b.asks, Asks::kSlot)) {
    b.slot_minutes = static_cast<uint16_t>(1 + AnyUint(prng, kSlotMinutesMax - 1));
    b.slot_ahead_days = static_cast<uint32_t>(AnyUint(prng, kSlotAheadDaysMax));
    b.slot_grace_minutes = static_cast<uint32_t>(AnyUint(prng, kSlotGraceMinutesMax));
  }
  if (AsksFor(b.asks, Asks::kClaim)) {
    b.approvals = static_cast<uint8_t>(AnyUint(prng, kApprovalsPerClaimMax));
    b.claim_days_max = static_cast<uint16_t>(AnyUint(prng, kClaimDaysMax));
  }
}

// ---- Samples -------------------------------------------------------------------

std::unique_ptr<OwnedEvent> MakePickUp(uint64_t seq, TimestampNs at) {
  auto owned = MakeSale(seq, at);
  Command& c = owned->command;
  Event& e = owned->event;
  Transaction& t = e.transaction;
  c.authorize.card = CardNumber{};
  c.authorize.list_price = Fen{0};
  c.authorize.occasion = &owned->occasion;
  owned->occasion.voucher = kCodeKey;
  t.card = CardNumber{};
  t.list_price = Fen{0};
  t.member_pays = Fen{0};
  t.subsidy = Fen{0};
  t.captured = Fen{0};
  t.captured_subsidy = Fen{0};
  t.first_use = UseRow{};
  t.use_count = 0;
  t.progress.occasion = OccasionRow{3'021};
  e.shares[0].spent_delta = Fen{1};
  e.use_count = 0;
  e.uses = {};
  e.member_posted_delta = Fen{0};
  e.has_occasion = true;
  e.voucher_row = VoucherRow{45'012};
  e.voucher_state = VoucherState::kRedeemed;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeClaim(uint64_t seq, TimestampNs at) {
  auto owned = MakeSale(seq, at);
  Command& c = owned->command;
  Event& e = owned->event;
  Transaction& t = e.transaction;
  c.authorize.capture_at_once = false;
  c.authorize.entry_mode = PosEntryMode::kManual;
  c.authorize.occasion = &owned->occasion;
  owned->occasion.event_at = TimestampNs{at.value() - int64_t{86'400} * kNsPerSecond};
  owned->occasion.filed_by = CodeOf<OperatorName>("wang");
  t.capture_at_once = false;
  t.entry_mode = PosEntryMode::kManual;
  t.state = TransactionState::kPending;
  t.captured = Fen{0};
  t.captured_subsidy = Fen{0};
  t.expires_at = TimestampNs{at.value() + int64_t{30 * 86'400} * kNsPerSecond};
  t.progress.occasion = OccasionRow{3'022};
  e.shares[0].spent_delta = Fen{0};
  e.shares[0].held_delta = t.subsidy;
  for (uint32_t i = 0; i < e.use_count; ++i) {
    std::swap(e.uses[i].held_delta, e.uses[i].used_delta);
    e.uses[i].used_after = 0;
  }
  e.member_posted_delta = Fen{0};
  e.member_pending_delta = t.member_pays;
  e.has_occasion = true;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeVoucherIssue(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kVouchersIssued, seq, at, 4);
  owned->vouchers = {{kCodeKey, {}}, {{0x0102030405060708, 9}, CodeOf<MemberId>("M-0001")}};
  owned->issue_vouchers = {
      CodeOf<SeriesCode>("rice-2026"), kDecember, kJanuary, {}, owned->vouchers};
  owned->command.issue_vouchers = &owned->issue_vouchers;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeVoucherVoid(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kVouchersVoided, seq, at, 0);
  owned->voucher_keys = {kCodeKey};
  owned->void_vouchers.keys = owned->voucher_keys;
  owned->command.void_vouchers = &owned->void_vouchers;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeCommitment(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kDrawCommitted, seq, at, 2);
  owned->prizes = {{CodeOf<SeriesCode>("camp"), 20, 0, kDecember, kJanuary}};
  CommitDrawRequest& draw = owned->commit_draw;
  draw.code = CodeOf<DrawCode>("camp-2026");
  for (size_t i = 0; i < draw.seed_hash.size(); ++i) {
    draw.seed_hash[i] = static_cast<uint8_t>(0xa0 + i);
  }
  draw.programme = CodeOf<ProgrammeCode>("camp");
  draw.limit = CodeOf<LimitCode>("entry");
  draw.closes_at = kDecember;
  draw.prizes = owned->prizes;
  owned->command.commit_draw = &draw;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeClosing(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kDrawClosed, seq, at, 2);
  owned->close_draw.code = CodeOf<DrawCode>("camp-2026");
  owned->close_draw.entries_hash.fill(0xe5);
  owned->close_draw.entry_count = 4'711;
  owned->command.close_draw = &owned->close_draw;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeSettlement(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kDrawSettled, seq, at, 2);
  owned->settle_draw.code = CodeOf<DrawCode>("camp-2026");
  owned->settle_draw.seed.fill(0x5e);
  owned->command.settle_draw = &owned->settle_draw;
  return owned;
}

std::unique_ptr<OwnedEvent> MakePrize(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kPrizeDrawn, seq, at, 3, 12);
  owned->draw_prize = {
      CodeOf<DrawCode>("quiz"), kCodeKey, CodeOf<MemberId>("M-0001"), 0xf000'0000'0000'0001};
  owned->command.draw_prize = &owned->draw_prize;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeContribution(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kContributed, seq, at, 88, 1'024);
  owned->contribute = {CodeOf<ReceiptCode>("2026-000088"),
                       CodeOf<FundCode>("mutual-2026"),
                       CodeOf<MemberId>("M-0001"),
                       CodeOf<SegmentCode>("mutual"),
                       Fen{6'000},
                       kDecember,
                       kJanuary};
  owned->command.contribute = &owned->contribute;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeRevocation(uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(EventKind::kContributionRevoked, seq, at, 88);
  owned->revoke_contribution = {CodeOf<ReceiptCode>("2026-000088"),
                                CodeOf<FundCode>("mutual-2026")};
  owned->command.revoke_contribution = &owned->revoke_contribution;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeJudgement(EventKind kind, uint64_t seq, TimestampNs at) {
  auto owned = MakeOperators(kind, seq, at, 3'022);
  owned->judge_claim = {MakeTransactionId(0, CommandSeq{5'001}),
                        CodeOf<OperatorName>("li"),
                        NameOf(kind == EventKind::kClaimApproved ? "" : "重复申请")};
  owned->command.judge_claim = &owned->judge_claim;
  if (kind == EventKind::kClaimApproved) {
    return owned;
  }
  const auto claim = MakeClaim(5'001, at);
  Event& e = owned->event;
  e.original.row = claim->event.transaction_row;
  e.original.state = TransactionState::kReversed;
  e.share_count = claim->event.share_count;
  e.shares[0] = claim->event.shares[0];
  e.shares[0].held_delta = -e.shares[0].held_delta;
  e.use_count = claim->event.use_count;
  for (uint32_t i = 0; i < e.use_count; ++i) {
    e.uses[i] = claim->event.uses[i];
    e.uses[i].held_delta = -e.uses[i].held_delta;
    e.uses[i].left_after -= e.uses[i].held_delta;
  }
  e.member_pending_delta = -claim->event.member_pending_delta;
  e.voucher_row = VoucherRow{45'012};
  e.voucher_state = VoucherState::kIssued;
  return owned;
}

}  // namespace gonghui
