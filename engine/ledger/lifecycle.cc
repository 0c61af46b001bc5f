// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an authorization: captures and expiry; reverse.cc, increment.cc and
// refund.cc have the rest.  docs/decisions/0001-lifecycle.md has the amounts.  The rule,
// limits and funders are those of the programme version that made it.

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

// ---- The original ------------------------------------------------------------

// By the engine's id, any transaction of the caller's merchant; by request id, one
// of the calling terminal's own.
TransactionRow Decider::FindOriginal(TransactionId id, const RequestId& request_id) const {
  if (id == TransactionId{}) {
    return ledger_.FindTransaction(terminal_, request_id);
  }
  const TransactionRow row = ledger_.FindTransaction(id);
  const bool own = row != TransactionRow{} && ledger_.transactions_[row].merchant == merchant_;
  return own ? row : TransactionRow{};
}

// Begins the transaction of a command about another one; an amount that was not given
// is none.
bool Decider::BeginAbout(TransactionKind kind,
                         TransactionId original,
                         const RequestId& original_request_id,
                         bool has_amount,
                         Fen amount) {
  BeginTransaction(kind);
  event_->kind = static_cast<EventKind>(kind);  // numbered alike
  Transaction& transaction = event_->transaction;
  const Fen asked = has_amount ? amount : Fen{0};
  transaction.no_amount = !has_amount;
  transaction.list_price = asked;
  transaction.member_pays = asked;
  Reference& reference = transaction.reference;
  reference = Reference{};
  reference.original_id = original;
  reference.original_request_id = original_request_id;
  reference.asked_amount = asked;
  referred_ = FindOriginal(original, original_request_id);
  return TakeOriginal();
}

// False: there is no authorization to be found under the reference.
bool Decider::TakeOriginal() {
  const Transaction& original = ledger_.transactions_[referred_];
  if (referred_ == TransactionRow{} || original.tombstone ||
      original.kind != TransactionKind::kAuthorization) {
    return false;
  }
  original_ = &original;
  FindGranted();
  Transaction& transaction = event_->transaction;
  transaction.original_seq = original.seq;
  transaction.original_found = true;
  transaction.card = original.card;
  transaction.member = original.member;
  result_->original_id = MakeTransactionId(ledger_.shard(), original.seq);
  return true;
}

// Not yet swept, though its time may be over.
bool Decider::IsOpen() const {
  return original_->IsOpenHold();
}

// Why nothing more can be captured of the original, or none.
Reason Decider::WhyNotOpen() const {
  switch (original_->state) {
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      return now_ >= original_->expires_at ? Reason::kHoldExpired : Reason::kNone;
    case TransactionState::kReversed:
      return Reason::kPreviouslyReversed;
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return Reason::kAlreadyCaptured;
    case TransactionState::kExpired:
      return Reason::kHoldExpired;
    case TransactionState::kDeclined:
      return Reason::kOriginalDeclined;
    case TransactionState::kCompleted:
      break;
  }
  GH_CHECK(false, "an authorization is never completed, seq=", original_->seq);
}

const Benefit& Decider::BenefitOfOriginal() const {
  return ledger_.benefits_[granted_.list[0].benefit];
}

const Applied& Decider::AppliedOf(uint32_t share) const {
  return ledger_.applied_[AppliedRow{original_->first_applied.value() + share}];
}

const Use& Decider::UseOf(uint32_t use) const {
  return ledger_.uses_[UseRow{original_->first_use.value() + use}];
}

bool Decider::IsMoney(const Applied& applied) const {
  return ledger_.funds_[applied.fund].asset == Asset::kMoney;
}

Decider::UseKind Decider::KindOf(const Use& use) const {
  const Limit& limit = ledger_.limits_[use.limit];
  if (limit.measure == LimitMeasure::kCount) {
    return limit.scope == LimitScope::kNoShow ? UseKind::kNoShow : UseKind::kCount;
  }
  return limit.measure == LimitMeasure::kPrice ? UseKind::kPrice : UseKind::kAmount;
}

int64_t Decider::UsedPriceOf(const Use& use, Fen captured) const {
  const Benefit& benefit = ledger_.benefits_[use.benefit];
  return std::min(BaseOfOriginal(benefit, captured).value(), use.amount);
}

// What refunds do not give back counts as if it were kept.
int64_t Decider::KeptPriceOf(const Use& use, Fen captured) const {
  const bool never = ledger_.limits_[use.limit].refund_to == RefundTo::kNever;
  return UsedPriceOf(use, never ? captured : captured - original_->progress.refunded);
}

// As far as it is this authorization's: nothing when it has taken none, or another has it by
// now.
void Decider::MoveVoucherOfOriginal(VoucherState state) {
  const VoucherRow row = ledger_.occasions_[original_->progress.occasion].voucher;
  const Voucher& voucher = ledger_.vouchers_[row];
  if (row != VoucherRow{} && voucher.authorization == original_->seq && voucher.state != state) {
    event_->voucher_row = row;
    event_->voucher_state = state;
  }
}

// Each benefit's amount over its shares of money, by what weigh(applied) says.
Decider::Parts Decider::SplitOverMoney(const PartsByBenefit& amounts, Weigh* weigh) const {
  std::array<int64_t, kSharesPerTransactionMax> weights{};
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    weights[i] = IsMoney(AppliedOf(i)) ? weigh(AppliedOf(i)).value() : 0;
  }
  Parts parts{};
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const Granted& granted = granted_.list[i];
    SplitByLargestRemainder(amounts[i],
                            {weights.data() + granted.first_share, granted.share_count},
                            {parts.data() + granted.first_share, granted.share_count});
  }
  return parts;
}

// As many as the original has, none changed yet.
void Decider::BeginShares() {
  event_->share_count = original_->applied_count;
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    event_->shares[i] = ShareDelta{AppliedOf(i).benefit, AppliedOf(i).fund, {}, {}, {}, {}};
  }
}

// Funders that have no part in it are not named.
void Decider::TellShare(uint32_t share, Fen amount) {
  if (amount != Fen{0}) {
    const ShareDelta& delta = event_->shares[share];
    result_->shares[result_->share_count++] = ResultShare{delta.benefit, delta.fund, amount};
  }
}

// All zero when nothing was counted yet.
const Counter& Decider::CounterOf(const Limit& limit, uint32_t subject, WindowNumber window) const {
  return ledger_.counters_[ledger_.FindCounter(limit.series, subject, window)];
}

UseDelta& Decider::AddUse(const Use& use) {
  UseDelta& delta = event_->uses[event_->use_count++];
  delta = UseDelta{};
  delta.limit = use.limit;
  delta.subject = use.subject;
  delta.window = use.window;
  delta.benefit = use.benefit;
  return delta;
}

// The command is accepted, for so much of the list price and the subsidy.
void Decider::AcceptAbout(Fen amount, Fen subsidy) {
  Transaction& transaction = event_->transaction;
  transaction.list_price = amount;
  transaction.subsidy = subsidy;
  transaction.member_pays = amount - subsidy;
  transaction.outcome = Outcome::kApproved;
  transaction.state = TransactionState::kCompleted;
  transaction.applied_count = original_->applied_count;
  event_->original.row = referred_;
}

// ---- Capture -----------------------------------------------------------------

// What may be captured beyond what was authorized.
Fen Decider::OverCaptureOf() const {
  if (!IsBooked()) {
    return Fen{0};
  }
  const Mcc mcc = ledger_.merchants_[original_->merchant].mcc;
  const PoolRange range = ledger_.programmes_[BenefitOfOriginal().programme].over_capture;
  for (uint32_t i = 0; i < range.count; ++i) {
    const OverCapture& item =
        ledger_.over_capture_pool_[StrongId<struct OverCapturePoolTag, uint32_t>{range.first + i}];
    if (mcc >= item.mccs.first && mcc <= item.mccs.last) {
      return MulBpsRoundDown(original_->standing_price(), item.rate);
    }
  }
  return Fen{0};
}

// Of what was not booked nothing is at stake.  What another system decided is closed here.
bool Decider::MayForcePost() const {
  if (original_->seq >= kImportedSeqFirst) {
    return false;
  }
  return advice_ != nullptr ||
         (IsBooked() && ledger_.programmes_[BenefitOfOriginal().programme].late_capture ==
                            LateCapture::kForcePost);
}

// What stands in the way of a capture of so much, or none.
Reason Decider::WhyNotCaptured(Fen amount) const {
  const Fen uncaptured = original_->standing_price() - original_->captured;
  const Reason reason = WhyNotOpen();
  if (reason != Reason::kNone && !(reason == Reason::kHoldExpired && MayForcePost())) {
    return reason;
  }
  const bool too_much = advice_ == nullptr && amount > uncaptured + OverCaptureOf();
  if (too_much || original_->captured.value() + amount.value() > kTransactionFenMax) {
    return Reason::kExceedsAuthorizedAmount;
  }
  if (LacksApprovals()) {
    return Reason::kApprovalMissing;
  }
  return advice_ != nullptr && IsTooOld() ? Reason::kAdviceTooOld : Reason::kNone;
}

void Decider::Capture() {
  const CaptureRequest& request = command_.capture;
  advice_ = command_.advice;
  if (!FindCaller() || AnsweredBefore() || (advice_ != nullptr && AnsweredUnderAnotherId()) ||
      !HasRoom(1, kSharesPerTransactionMax, 0) ||
      (advice_ != nullptr && !HasRoomForDetails(0, 1, 0)) || !HasRoomInBatch()) {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  const bool found = BeginAbout(TransactionKind::kCapture,
                                request.original,
                                request.original_request_id,
                                request.has_amount,
                                request.amount);
  Transaction& capture = event_->transaction;
  capture.stan = request.stan;
  capture.final_capture = request.final_capture;
  if (advice_ != nullptr) [[unlikely]] {
    BeginAdvice(&capture.reference.advice);
  }
  if (!found) {
    return DeclineCapture(Reason::kOriginalNotFound);
  }
  const Transaction& original = *original_;
  const Fen uncaptured = original.standing_price() - original.captured;
  const Fen amount = request.has_amount ? request.amount : uncaptured;
  const Reason reason = WhyNotCaptured(amount);
  if (reason != Reason::kNone) {
    return DeclineCapture(reason);
  }
  if (advice_ != nullptr) {
    Bear(IsBooked() ? Liability::kProgramme : Liability::kNone, Fen{0});
  }

  // The rule of the time of the authorization, applied to all that is captured
  // so far, says how much of the subsidy has been earned.
  const Fen captured = original.captured + amount;
  const Fen excess = Larger(Fen{0}, amount - uncaptured);
  const bool final = request.final_capture || captured >= original.standing_price();
  // Capturing nothing of a price hands nothing out and burns no use.
  const bool taken = captured > Fen{0} || original.standing_price() == Fen{0};
  const PartsByBenefit subsidies = EarnedBy(captured, amount);
  const Fen subsidy = SumOf(subsidies);
  AcceptAbout(amount, subsidy);
  const bool swept = original.state == TransactionState::kExpired;
  OriginalChange& change = event_->original;
  change.list_price_delta = excess;
  change.captured_delta = amount;
  change.captured_subsidy_delta = subsidy;
  if (final) {
    change.state = original.progress.refunded > Fen{0} ? TransactionState::kPartiallyRefunded
                                                       : TransactionState::kCaptured;
  } else {
    change.state = swept || !taken ? original.state : TransactionState::kPartiallyCaptured;
  }
  if (original.progress.occasion != OccasionRow{}) [[unlikely]] {
    CaptureVoucher(taken, final);
  }
  if (IsBooked()) {
    BeginShares();
    event_->member_posted_delta = capture.member_pays;
    if (swept) {
      CaptureExpired(subsidies, taken, final);
    } else {
      const Fen held_after = CaptureHeld(subsidies, taken, final);
      const Fen pending_after = final ? Fen{0} : original.standing_price() - captured - held_after;
      Fen held_before;
      for (uint32_t i = 0; i < original.applied_count; ++i) {
        held_before += IsMoney(AppliedOf(i)) ? AppliedOf(i).held : Fen{0};
      }
      event_->member_pending_delta = pending_after - (uncaptured - held_before);
    }
  }
  FinishTransaction(false);
}

// Of an advice somebody bears what was asked.
void Decider::DeclineCapture(Reason reason) {
  Decline(reason);
  if (advice_ != nullptr) {
    const bool too_old = reason == Reason::kAdviceTooOld;
    Bear(too_old ? Liability::kManual : Liability::kAcquirer,
         too_old ? Fen{0} : event_->transaction.reference.asked_amount);
  }
  FinishTransaction(false);
}

// What each benefit has earned with a capture of `amount`, the last of `captured`; together
// no more than that amount, the first ones first.
Decider::PartsByBenefit Decider::EarnedBy(Fen captured, Fen amount) const {
  PartsByBenefit parts = EarnedOf(captured);
  Fen most = amount;
  for (uint32_t i = 0; i < granted_count_; ++i) {
    parts[i] = Within(parts[i] - granted_.list[i].captured, Fen{0}, most);
    most -= parts[i];
  }
  return parts;
}

// Of what is held; returns how much money still is.  Each funder earns in proportion to
// what it holds, so none ever pays more than it authorized.
Fen Decider::CaptureHeld(const PartsByBenefit& subsidies, bool taken, bool final) {
  const bool first = original_->state == TransactionState::kPending;
  const Fen captured = original_->captured + event_->original.captured_delta;
  const Parts parts =
      SplitOverMoney(subsidies, [](const Applied& applied) { return applied.held; });
  Fen held_after;
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    const Applied& applied = AppliedOf(i);
    const bool money = IsMoney(applied);
    // Things are handed out whole, at the first capture.
    const Fen spent = money ? parts[i] : first && taken ? applied.held : Fen{0};
    const Fen released = final ? applied.held : spent;
    event_->shares[i].held_delta = -released;
    event_->shares[i].spent_delta = spent;
    held_after += money ? applied.held - released : Fen{0};
    TellShare(i, spent);
  }
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    UseDelta& delta = AddUse(use);
    switch (KindOf(use)) {
      case UseKind::kCount:
        // A use is burnt by the first capture, whatever its value.
        delta.held_delta = first && (final || taken) ? -use.amount : 0;
        delta.used_delta = first && taken ? use.amount : 0;
        break;
      case UseKind::kAmount: {
        const uint32_t place = PlaceOf(use.benefit);
        const int64_t held = use.amount - granted_.list[place].captured.value();
        delta.held_delta = final ? -held : -subsidies[place].value();
        delta.used_delta = subsidies[place].value();
        break;
      }
      case UseKind::kPrice: {
        const int64_t before = UsedPriceOf(use, original_->captured);
        delta.held_delta = before - (final ? use.amount : UsedPriceOf(use, captured));
        delta.used_delta = KeptPriceOf(use, captured) - KeptPriceOf(use, original_->captured);
        break;
      }
      case UseKind::kNoShow:
        delta.held_delta = first && (final || taken) ? -use.amount : 0;
        break;
    }
  }
  return held_after;
}

// Nothing is held any more: taken anew, and posted even where there is no room for it.
void Decider::CaptureExpired(const PartsByBenefit& subsidies, bool taken, bool final) {
  const bool untouched = original_->captured == Fen{0};
  const bool first = taken && untouched;
  const Fen captured = original_->captured + event_->original.captured_delta;
  const Parts parts = SplitOverMoney(subsidies, [](const Applied& applied) {
    return applied.authorized + applied.restated - applied.spent - applied.overrun;
  });
  bool overrun = event_->transaction.overrun;
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    const Applied& applied = AppliedOf(i);
    const Fund& fund = ledger_.funds_[applied.fund];
    const Fen part = IsMoney(applied) ? parts[i] : first ? applied.authorized : Fen{0};
    Fen available = fund.IsOpenAt(now_) ? fund.available() : Fen{0};
    for (uint32_t j = 0; j < i; ++j) {
      available -= event_->shares[j].fund == applied.fund ? event_->shares[j].spent_delta : Fen{0};
    }
    ShareDelta& share = event_->shares[i];
    share.spent_delta = Smaller(part, available);
    share.overrun_delta = part - share.spent_delta;
    overrun = overrun || share.overrun_delta > Fen{0};
    TellShare(i, part);
  }
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    UseDelta& delta = AddUse(use);
    switch (KindOf(use)) {
      case UseKind::kCount:
        delta.used_delta = first ? use.amount : 0;
        break;
      case UseKind::kAmount:
        delta.used_delta = subsidies[PlaceOf(use.benefit)].value();
        break;
      case UseKind::kPrice:
        delta.used_delta = KeptPriceOf(use, captured) - KeptPriceOf(use, original_->captured);
        break;
      case UseKind::kNoShow:
        // Somebody came after all.
        delta.used_delta = untouched && (taken || final) ? -use.amount : 0;
        break;
    }
    const Limit& limit = ledger_.limits_[use.limit];
    const Standing standing = StandingOf(limit, use.subject, use.window);
    const int64_t after = standing.held + standing.used + UsedBefore(i) + delta.used_delta;
    overrun = overrun || (delta.used_delta > 0 && after > limit.max);
  }
  event_->transaction.overrun = overrun;
}

// The first capture redeems it, and a final one of nothing leaves it to be used again.  After
// the hold has expired somebody else may have it by now.
void Decider::CaptureVoucher(bool taken, bool final) {
  if (original_->state != TransactionState::kExpired) {
    if (taken || final) {
      MoveVoucherOfOriginal(taken ? VoucherState::kRedeemed : VoucherState::kIssued);
    }
    return;
  }
  const VoucherRow row = ledger_.occasions_[original_->progress.occasion].voucher;
  const Voucher& voucher = ledger_.vouchers_[row];
  const bool of_nothing =
      event_->original.captured_delta == Fen{0} && original_->standing_price() > Fen{0};
  if (row == VoucherRow{} || of_nothing || voucher.authorization == original_->seq) {
    return;
  }
  if (voucher.state == VoucherState::kIssued) {
    event_->voucher_row = row;
    event_->voucher_state = VoucherState::kRedeemed;
  } else {
    event_->transaction.overrun = true;
  }
}

// What earlier uses of the event take of the counter that a use takes from.
int64_t Decider::UsedBefore(uint32_t use) const {
  const UseDelta& delta = event_->uses[use];
  int64_t taken = 0;
  for (uint32_t i = 0; i < use; ++i) {
    const UseDelta& earlier = event_->uses[i];
    const bool same = earlier.limit == delta.limit && earlier.subject == delta.subject &&
                      earlier.window == delta.window;
    taken += same ? earlier.held_delta + earlier.used_delta : 0;
  }
  return taken;
}

// ---- Inquiry, expiry -------------------------------------------------------------

void Decider::Inquire() {
  const InquiryRequest& request = command_.inquiry;
  terminal_ = ledger_.FindTerminal(command_.terminal);
  TransactionRow row;
  if (command_.terminal.IsNone()) {
    row = ledger_.FindTransaction(request.transaction);  // an operator asks
  } else if (terminal_ != TerminalRow{}) {
    merchant_ = ledger_.terminals_[terminal_].merchant;
    row = FindOriginal(request.transaction, request.request_id);
  }
  // Of a tombstone nothing was ever decided.
  if (row == TransactionRow{} || ledger_.transactions_[row].tombstone) {
    result_->verdict = Verdict::kNotFound;
    return;
  }
  ledger_.DescribeStanding(row, result_, command_.details);
}

void Decider::ExpireHold() {
  if (ledger_.next_expiry() > now_) {
    result_->verdict = Verdict::kNotFound;
    return;
  }
  event_->kind = EventKind::kHoldExpired;
  ReleaseHold(ledger_.expiries_[0].row, TransactionState::kExpired);
  result_->row = event_->original.row.value();
}

// All that is still held of it, when it expires, or a claim is rejected.
void Decider::ReleaseHold(TransactionRow row, TransactionState state) {
  original_ = &ledger_.transactions_[row];
  FindGranted();
  const Transaction& hold = *original_;
  event_->original.row = row;
  event_->original.state = state;
  BeginShares();
  Fen held_before;
  for (uint32_t i = 0; i < hold.applied_count; ++i) {
    event_->shares[i].held_delta = -AppliedOf(i).held;
    held_before += IsMoney(AppliedOf(i)) ? AppliedOf(i).held : Fen{0};
  }
  const bool untouched = hold.state == TransactionState::kPending;
  for (uint32_t i = 0; i < hold.use_count; ++i) {
    const Use& use = UseOf(i);
    UseDelta& delta = AddUse(use);
    switch (KindOf(use)) {
      case UseKind::kCount:
        delta.held_delta = untouched ? -use.amount : 0;
        break;
      case UseKind::kAmount:
        delta.held_delta = granted_.list[PlaceOf(use.benefit)].captured.value() - use.amount;
        break;
      case UseKind::kPrice:
        delta.held_delta = UsedPriceOf(use, hold.captured) - use.amount;
        break;
      case UseKind::kNoShow:
        delta.held_delta = untouched ? -use.amount : 0;
        delta.used_delta = untouched && state == TransactionState::kExpired ? use.amount : 0;
        break;
    }
  }
  if (untouched) {
    MoveVoucherOfOriginal(VoucherState::kIssued);
  }
  if (IsBooked()) {
    event_->member_pending_delta = -(hold.standing_price() - hold.captured - held_before);
  }
}

}  // namespace gonghui
