// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/decide.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

void Ledger::Decide(const Command& command,
                    TimestampNs now,
                    const Trail& trail,
                    Event* event,
                    Result* result) const {
  GH_DCHECK(now >= applied_at(), "now=", now, " applied_at=", applied_at());
  Decider(*this, command, now, trail, event, result).Decide();
}

void Decider::Decide() {
  event_->kind = EventKind::kNone;
  event_->seq = CommandSeq{ledger_.applied_seq().value() + 1};
  event_->at = now_;
  event_->transaction_row = TransactionRow{};
  event_->transaction = Transaction{};
  event_->original = OriginalChange{};
  event_->tombstone_row = TransactionRow{};
  event_->share_count = 0;
  event_->use_count = 0;
  event_->member_pending_delta = Fen{0};
  event_->member_posted_delta = Fen{0};
  event_->row = 0;
  event_->row_2 = 0;
  event_->span_count = 0;
  event_->command = &command_;

  result_->verdict = Verdict::kDecided;
  result_->field = Field::kNone;
  result_->admin_reason = AdminReason::kNone;
  result_->replay = false;
  result_->index = 0;
  result_->row = 0;
  result_->programme_version = 0;
  result_->transaction_id = TransactionId{};
  result_->original_id = TransactionId{};
  result_->merchant = MerchantId{};
  result_->terminal = TerminalId{};
  result_->share_count = 0;
  result_->limit_count = 0;

  if (now_ > command_.deadline && command_.kind != CommandKind::kExpireHolds) {
    result_->verdict = Verdict::kDeadlineExceeded;
    return;
  }
  switch (command_.kind) {
    case CommandKind::kAuthorize:
      return Authorize(/*quote=*/false);
    case CommandKind::kCapture:
      return Capture();
    case CommandKind::kReverse:
      return Reverse();
    case CommandKind::kQuote:
      return Authorize(/*quote=*/true);
    case CommandKind::kGetTransaction:
      return Inquire();
    case CommandKind::kExpireHolds:
      return ExpireHold();
    case CommandKind::kDefineSegment:
      return DefineSegment();
    case CommandKind::kSetUnionNode:
      return SetUnionNode();
    case CommandKind::kSetMember:
      return SetMember();
    case CommandKind::kSetCard:
      return SetCard(*command_.card);
    case CommandKind::kSetMerchant:
      return SetMerchant();
    case CommandKind::kSetTerminal:
      return SetTerminal();
    case CommandKind::kSetFund:
      return SetFund();
    case CommandKind::kApplyProgramme:
      return ApplyProgramme();
    case CommandKind::kSetMemberStatus:
      return SetMemberStatus();
    case CommandKind::kSetCardStatus:
      return SetCardStatus();
    case CommandKind::kReplaceCard:
      return ReplaceCard();
    case CommandKind::kRetireProgramme:
      return RetireProgramme();
  }
  GH_CHECK(false, "unknown command kind=", command_.kind);
}

// ---- Finding -----------------------------------------------------------------

TerminalRow Decider::FindTerminal() const {
  if (trail_.terminal != TerminalRow{} &&
      ledger_.terminals_[trail_.terminal].id == command_.terminal) {
    return trail_.terminal;
  }
  return ledger_.FindTerminal(command_.terminal);
}

CardRow Decider::FindCard(CardNumber number) const {
  if (trail_.card != CardRow{} && ledger_.cards_[trail_.card].number == number) {
    return trail_.card;
  }
  return ledger_.FindCard(number);
}

CounterRow Decider::FindCounter(const Limit& limit, uint32_t subject, WindowNumber window) const {
  for (uint32_t i = 0; i < trail_.counter_count; ++i) {
    const CounterRow row = trail_.counters[i];
    const Counter& counter = ledger_.counters_[row];
    if (row != CounterRow{} && counter.series == limit.series && counter.subject == subject &&
        counter.window == window) {
      return row;
    }
  }
  return ledger_.FindCounter(limit.series, subject, window);
}

// ---- Callers and repeats -----------------------------------------------------

// False when there is no such terminal: a decline that is not stored, because
// there is nobody whose request id it could be stored under.
bool Decider::FindCaller() {
  terminal_ = FindTerminal();
  if (terminal_ == TerminalRow{}) {
    Transaction& transaction = result_->transaction;
    transaction = Transaction{};
    transaction.request_id = command_.request_id;
    transaction.decided_at = now_;
    transaction.reason = Reason::kInvalidTerminal;
    return false;
  }
  merchant_ = ledger_.terminals_[terminal_].merchant;
  return true;
}

// True when the request id is taken: the stored answer, or a mismatch.
bool Decider::AnsweredBefore() {
  const TransactionRow row = ledger_.FindTransaction(terminal_, command_.request_id);
  if (row == TransactionRow{}) {
    return false;
  }
  const Transaction& stored = ledger_.transactions_[row];
  if (stored.tombstone) {
    if (command_.kind == CommandKind::kAuthorize) {
      tombstone_ = row;
      return false;
    }
    // Only an authorization can be what that reversal meant.
    result_->verdict = Verdict::kDuplicateMismatch;
    result_->field = Field::kMethod;
    return true;
  }
  const Field difference = DifferenceFrom(stored);
  if (difference != Field::kNone) {
    result_->verdict = Verdict::kDuplicateMismatch;
    result_->field = difference;
    return true;
  }
  ledger_.Describe(row, result_);
  result_->replay = true;
  return true;
}

// Every business field is compared; times, stan and the like are not, because a
// repeat may be sent later than the original.
Field Decider::DifferenceFrom(const Transaction& stored) const {
  switch (command_.kind) {
    case CommandKind::kAuthorize: {
      const AuthorizeRequest& request = command_.authorize;
      if (stored.kind != TransactionKind::kAuthorization) {
        return Field::kMethod;
      }
      if (stored.card != request.card) {
        return Field::kCardNumber;
      }
      if (stored.list_price != request.list_price) {
        return Field::kListPrice;
      }
      const uint64_t programme_hash = request.programme.IsNone() ? 0 : HashOf(request.programme);
      if (stored.programme_hash != programme_hash) {
        return Field::kProgramme;
      }
      if (stored.capture_at_once != request.capture_at_once) {
        return Field::kCapture;
      }
      if (stored.if_no_benefit != request.if_no_benefit) {
        return Field::kIfNoBenefit;
      }
      if (stored.hold_s != request.hold_s) {
        return Field::kHoldSeconds;
      }
      return stored.entry_mode != request.entry_mode ? Field::kPosEntryMode : Field::kNone;
    }
    case CommandKind::kCapture: {
      const CaptureRequest& request = command_.capture;
      if (stored.kind != TransactionKind::kCapture) {
        return Field::kMethod;
      }
      if (!RefersTo(stored, request.original, request.original_request_id)) {
        return Field::kOriginal;
      }
      if (stored.capture_all == request.has_amount ||
          (request.has_amount && stored.asked_amount != request.amount)) {
        return Field::kAmount;
      }
      return stored.final_capture != request.final_capture ? Field::kFinalCapture : Field::kNone;
    }
    case CommandKind::kReverse: {
      const ReverseRequest& request = command_.reverse;
      if (stored.kind != TransactionKind::kReversal) {
        return Field::kMethod;
      }
      if (!RefersTo(stored, request.original, request.original_request_id)) {
        return Field::kOriginal;
      }
      return stored.reversal_reason != request.reason ? Field::kReversalReason : Field::kNone;
    }
    default:
      return Field::kMethod;
  }
}

bool Decider::RefersTo(const Transaction& stored,
                       TransactionId original,
                       const RequestId& original_request_id) const {
  return stored.original_id == original && stored.original_request_id == original_request_id;
}

// ---- Making a transaction ----------------------------------------------------

// Whether the tables can take the event; refuses the command when they can not.
bool Decider::HasRoom(uint32_t transactions, uint32_t shares, uint32_t uses) {
  const auto lacks = [](const TableBase& table, uint32_t rows) {
    return table.size_max() - table.size() < rows;
  };
  if (lacks(ledger_.transactions_, transactions) || lacks(ledger_.applied_, shares) ||
      lacks(ledger_.uses_, uses)) {
    Full(Field::kTransactions);
    return false;
  }
  if (lacks(ledger_.counters_, uses)) {
    Full(Field::kCounters);
    return false;
  }
  return true;
}

void Decider::BeginTransaction(TransactionKind kind) {
  Transaction& transaction = event_->transaction;
  transaction.request_id = command_.request_id;
  transaction.seq = event_->seq;
  transaction.decided_at = now_;
  transaction.terminal = terminal_;
  transaction.merchant = merchant_;
  transaction.kind = kind;
  event_->transaction_row = ledger_.transactions_.next();
}

void Decider::Decline(Reason reason) {
  Transaction& transaction = event_->transaction;
  transaction.reason = reason;
  transaction.outcome = Outcome::kDeclined;
  transaction.state = TransactionState::kDeclined;
}

// The result tells the transaction as it will stand after Evolve().
void Decider::FinishTransaction(bool quote) {
  Transaction& transaction = event_->transaction;
  if (transaction.applied_count > 0) {
    transaction.first_applied = ledger_.applied_.next();
  }
  if (transaction.use_count > 0) {
    transaction.first_use = ledger_.uses_.next();
  }
  result_->transaction = transaction;
  result_->merchant = ledger_.merchants_[merchant_].id;
  result_->terminal = command_.terminal;
  if (quote) {
    event_->kind = EventKind::kNone;
  } else {
    result_->row = event_->transaction_row.value();
    result_->transaction_id = MakeTransactionId(ledger_.shard(), event_->seq);
  }
}

// ---- Authorize and Quote -----------------------------------------------------

Reason Decider::CheckCardAndMember() {
  card_ = FindCard(command_.authorize.card);
  if (card_ == CardRow{}) {
    return Reason::kInvalidCard;
  }
  const Card& card = ledger_.cards_[card_];
  const int64_t utc_day = now_.value() / (kSecondsPerDay * kNsPerSecond);
  const bool past_last_day = card.expires_day != 0 && utc_day >= card.expires_day;
  switch (card.status) {
    case CardStatus::kIssued:
      return Reason::kCardNotActive;
    case CardStatus::kExpired:
      return Reason::kCardExpired;
    case CardStatus::kPaused:
      return past_last_day ? Reason::kCardExpired : Reason::kCardPaused;
    case CardStatus::kLost:
    case CardStatus::kStolen:
      return past_last_day ? Reason::kCardExpired : Reason::kCardLostOrStolen;
    case CardStatus::kReplaced:
    case CardStatus::kClosed:
      return past_last_day ? Reason::kCardExpired : Reason::kCardClosed;
    case CardStatus::kActive:
      if (past_last_day) {
        return Reason::kCardExpired;
      }
      break;
  }
  member_ = card.member;
  if (member_ == MemberRow{}) {
    return Reason::kMemberNotFound;
  }
  switch (ledger_.members_[member_].status) {
    case MemberStatus::kActive:
      return Reason::kNone;
    case MemberStatus::kSuspended:
      return Reason::kMemberSuspended;
    case MemberStatus::kLapsed:
      return Reason::kMembershipExpired;
    case MemberStatus::kClosed:
      return Reason::kMemberClosed;
  }
  return Reason::kMemberNotFound;
}

void Decider::Authorize(bool quote) {
  const AuthorizeRequest& request = command_.authorize;
  if (!FindCaller()) {
    result_->transaction.card = request.card;
    result_->transaction.list_price = request.list_price;
    result_->transaction.member_pays = request.list_price;
    return;
  }
  const Terminal& terminal = ledger_.terminals_[terminal_];
  const Merchant& merchant = ledger_.merchants_[merchant_];
  if (!request.merchant.IsNone() && request.merchant != merchant.id) {
    result_->verdict = Verdict::kPermissionDenied;
    result_->field = Field::kMerchantId;
    return;
  }
  if (!quote && AnsweredBefore()) {
    return;
  }
  if (!quote && !HasRoom(1, kSharesPerTransactionMax, kUsesPerTransactionMax)) {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  list_price_ = request.list_price;
  BeginTransaction(TransactionKind::kAuthorization);
  event_->kind = EventKind::kAuthorized;
  event_->tombstone_row = tombstone_;
  Transaction& transaction = event_->transaction;
  transaction.card = request.card;
  transaction.list_price = list_price_;
  transaction.member_pays = list_price_;
  transaction.programme_hash = request.programme.IsNone() ? 0 : HashOf(request.programme);
  transaction.stan = request.stan;
  transaction.hold_s = request.hold_s;
  transaction.capture_at_once = request.capture_at_once;
  transaction.if_no_benefit = request.if_no_benefit;
  transaction.entry_mode = request.entry_mode;

  Reason reason = Reason::kNone;
  if (tombstone_ != TransactionRow{}) {
    reason = Reason::kPreviouslyReversed;
  } else if (terminal.status != TerminalStatus::kActive) {
    reason = Reason::kTerminalInactive;
  } else if (merchant.status != MerchantStatus::kActive) {
    reason = Reason::kMerchantInactive;
  } else {
    reason = CheckCardAndMember();
  }
  transaction.member = member_;
  if (reason != Reason::kNone) {
    Decline(reason);
    return FinishTransaction(quote);
  }

  ChooseOffer(request.programme);
  const Offer& offer = *best_;
  const bool applies = offer.reason == Reason::kNone;
  transaction.reason = offer.reason;
  if (!applies) {
    transaction.failed_benefit = offer.benefit;
    transaction.failed_limit = offer.failed_limit;
    if (request.if_no_benefit == IfNoBenefit::kDecline) {
      Decline(offer.reason);
      transaction.expires_at = offer.next_eligible_at;
      if (offer.failed_limit != LimitRow{}) {
        transaction.captured = Fen{offer.failed_used};
        transaction.captured_subsidy = Fen{offer.failed_held};
        const Limit& limit = ledger_.limits_[offer.failed_limit];
        result_->limit_count = 1;
        result_->limits[0] = ResultLimit{offer.failed_limit,
                                         offer.failed_window,
                                         offer.failed_used,
                                         offer.failed_held,
                                         limit.max - offer.failed_used - offer.failed_held,
                                         offer.next_eligible_at};
      }
      return FinishTransaction(quote);
    }
  }

  const bool sale = request.capture_at_once;
  transaction.outcome = Outcome::kApproved;
  transaction.state = sale ? TransactionState::kCaptured : TransactionState::kPending;
  if (!sale) {
    const int64_t hold_s = request.hold_s != 0 ? int64_t{request.hold_s}
                           : applies           ? ledger_.benefits_[offer.benefit].hold_s
                                               : kHoldSecondsDefault;
    transaction.expires_at = TimestampNs{now_.value() + hold_s * kNsPerSecond};
  }
  if (applies) {
    transaction.subsidy = offer.subsidy;
    transaction.member_pays = list_price_ - offer.subsidy;
    transaction.applied_count = static_cast<uint8_t>(offer.share_count);
    transaction.use_count = static_cast<uint8_t>(offer.use_count);
    event_->share_count = offer.share_count;
    event_->use_count = offer.use_count;
    result_->share_count = offer.share_count;
    result_->limit_count = offer.use_count;
    if (offer.shares != event_->shares.data()) {
      std::copy_n(offer.shares, offer.share_count, event_->shares.data());
      std::copy_n(offer.uses, offer.use_count, event_->uses.data());
    }
    for (uint32_t i = 0; i < offer.share_count; ++i) {
      ShareDelta& share = event_->shares[i];
      result_->shares[i] = ResultShare{share.benefit, share.fund, share.held_delta};
      if (sale) {
        std::swap(share.held_delta, share.spent_delta);
      }
    }
    const CalendarMoment& moment =
        ledger_.MomentOf(ledger_.benefits_[offer.benefit].calendar, now_);
    for (uint32_t i = 0; i < offer.use_count; ++i) {
      UseDelta& use = event_->uses[i];
      if (sale) {
        std::swap(use.held_delta, use.used_delta);
        use.used_after += use.used_delta;
      }
      const Limit& limit = ledger_.limits_[use.limit];
      result_->limits[i] = ResultLimit{use.limit,
                                       use.window,
                                       use.used_after,
                                       limit.max - use.used_after - use.left_after,
                                       use.left_after,
                                       moment.EndOf(limit.window)};
    }
    (sale ? event_->member_posted_delta : event_->member_pending_delta) = transaction.member_pays;
  }
  if (sale) {
    transaction.captured = list_price_;
    transaction.captured_subsidy = transaction.subsidy;
  }
  FinishTransaction(quote);
}

// ---- Capture, Reverse, Inquire, Expire ---------------------------------------

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

void Decider::Capture() {
  const CaptureRequest& request = command_.capture;
  if (!FindCaller() || AnsweredBefore()) {
    return;
  }
  if (!HasRoom(1, kSharesPerTransactionMax, 0)) {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  BeginTransaction(TransactionKind::kCapture);
  event_->kind = EventKind::kCaptured;
  Transaction& capture = event_->transaction;
  capture.original_id = request.original;
  capture.original_request_id = request.original_request_id;
  capture.final_capture = request.final_capture;
  capture.capture_all = !request.has_amount;
  capture.asked_amount = request.has_amount ? request.amount : Fen{0};
  capture.list_price = capture.asked_amount;
  capture.member_pays = capture.asked_amount;

  const TransactionRow original_row = FindOriginal(request.original, request.original_request_id);
  const Transaction& original = ledger_.transactions_[original_row];
  if (original_row == TransactionRow{} || original.tombstone ||
      original.kind != TransactionKind::kAuthorization) {
    Decline(Reason::kOriginalNotFound);
    return FinishTransaction(false);
  }
  capture.original = original_row;
  capture.original_found = true;
  capture.card = original.card;
  capture.member = original.member;
  result_->original_id = MakeTransactionId(ledger_.shard(), original.seq);

  const Fen uncaptured = original.list_price - original.captured;
  const Fen amount = request.has_amount ? request.amount : uncaptured;
  Reason reason = Reason::kNone;
  if (original.state == TransactionState::kReversed) {
    reason = Reason::kPreviouslyReversed;
  } else if (original.state == TransactionState::kCaptured) {
    reason = Reason::kAlreadyCaptured;
  } else if (original.state == TransactionState::kExpired ||
             (original.state != TransactionState::kDeclined && now_ >= original.expires_at)) {
    reason = Reason::kHoldExpired;
  } else if (original.state == TransactionState::kDeclined) {
    reason = Reason::kOriginalDeclined;
  } else if (amount > uncaptured) {
    reason = Reason::kExceedsAuthorizedAmount;
  }
  if (reason != Reason::kNone) {
    Decline(reason);
    return FinishTransaction(false);
  }

  // The rule of the time of the authorization, applied to all that is captured
  // so far, says how much of the subsidy has been earned.
  const bool booked = original.applied_count > 0;
  const Fen captured = original.captured + amount;
  const bool final = request.final_capture || captured == original.list_price;
  // Capturing nothing of a price hands nothing out and burns no use.
  const bool nothing_taken = captured == Fen{0} && original.list_price > Fen{0};
  Fen subsidy;
  if (booked) {
    const BenefitRow benefit = ledger_.applied_[original.first_applied].benefit;
    const Fen earned =
        std::min(SubsidyOf(ledger_.benefits_[benefit].price, captured), original.subsidy);
    subsidy = std::clamp(earned - original.captured_subsidy, Fen{0}, amount);
  }
  capture.list_price = amount;
  capture.subsidy = subsidy;
  capture.member_pays = amount - subsidy;
  capture.outcome = Outcome::kApproved;
  capture.state = TransactionState::kCompleted;
  capture.applied_count = original.applied_count;

  event_->original.row = original_row;
  event_->original.state = final           ? TransactionState::kCaptured
                           : nothing_taken ? original.state
                                           : TransactionState::kPartiallyCaptured;
  event_->original.captured = captured;
  event_->original.captured_subsidy = original.captured_subsidy + subsidy;

  // The increment is earned from each funder in proportion to what it still
  // holds, so no funder ever pays more than it authorized.
  const bool first = original.state == TransactionState::kPending;
  std::array<int64_t, kSharesPerTransactionMax> weights{};
  std::array<Fen, kSharesPerTransactionMax> parts{};
  Fen held_before;
  for (uint32_t i = 0; i < original.applied_count; ++i) {
    const Applied& applied = ledger_.applied_[AppliedRow{original.first_applied.value() + i}];
    const bool money = ledger_.funds_[applied.fund].asset == Asset::kMoney;
    weights[i] = money ? applied.held.value() : 0;
    held_before += money ? applied.held : Fen{0};
  }
  SplitByLargestRemainder(
      subsidy, {weights.data(), original.applied_count}, {parts.data(), original.applied_count});
  event_->share_count = original.applied_count;
  Fen held_after;
  for (uint32_t i = 0; i < original.applied_count; ++i) {
    const Applied& applied = ledger_.applied_[AppliedRow{original.first_applied.value() + i}];
    const bool money = ledger_.funds_[applied.fund].asset == Asset::kMoney;
    // Things are handed out whole, at the first capture.
    const Fen spent = money ? parts[i] : first && !nothing_taken ? applied.held : Fen{0};
    const Fen released = final ? applied.held : spent;
    event_->shares[i] = ShareDelta{applied.benefit, applied.fund, -released, spent};
    held_after += money ? applied.held - released : Fen{0};
    if (spent != Fen{0}) {
      result_->shares[result_->share_count++] = ResultShare{applied.benefit, applied.fund, spent};
    }
  }
  event_->use_count = original.use_count;
  for (uint32_t i = 0; i < original.use_count; ++i) {
    const Use& use = ledger_.uses_[UseRow{original.first_use.value() + i}];
    UseDelta& delta = event_->uses[i];
    delta = UseDelta{};
    delta.limit = use.limit;
    delta.subject = use.subject;
    delta.window = use.window;
    delta.benefit = use.benefit;
    if (ledger_.limits_[use.limit].measure == LimitMeasure::kCount) {
      // A use is burnt by the first capture, whatever its value.
      delta.held_delta = first && (final || !nothing_taken) ? -use.amount : 0;
      delta.used_delta = first && !nothing_taken ? use.amount : 0;
    } else {
      const int64_t held = use.amount - original.captured_subsidy.value();
      delta.held_delta = final ? -held : -subsidy.value();
      delta.used_delta = subsidy.value();
    }
  }
  if (booked) {
    const Fen pending_before = uncaptured - held_before;
    const Fen pending_after = final ? Fen{0} : original.list_price - captured - held_after;
    event_->member_pending_delta = pending_after - pending_before;
    event_->member_posted_delta = capture.member_pays;
  }
  FinishTransaction(false);
}

void Decider::Reverse() {
  const ReverseRequest& request = command_.reverse;
  if (!FindCaller() || AnsweredBefore()) {
    return;
  }
  if (!HasRoom(2, kSharesPerTransactionMax, 0)) {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  BeginTransaction(TransactionKind::kReversal);
  event_->kind = EventKind::kReversed;
  Transaction& reversal = event_->transaction;
  reversal.original_id = request.original;
  reversal.original_request_id = request.original_request_id;
  reversal.reversal_reason = request.reason;
  reversal.outcome = Outcome::kApproved;
  reversal.state = TransactionState::kCompleted;

  const TransactionRow original_row = FindOriginal(request.original, request.original_request_id);
  const Transaction& original = ledger_.transactions_[original_row];
  if (original_row == TransactionRow{}) {
    if (request.original != TransactionId{}) {
      // An id of ours that we never gave: there is nothing that could still come.
      Decline(Reason::kOriginalNotFound);
      return FinishTransaction(false);
    }
    if (request.original_request_id == command_.request_id) {
      return FinishTransaction(false);  // itself: the id is taken from here on
    }
    // Accepted, or a store-and-forward queue would send it for ever.  The
    // tombstone sees to it that the original, if it still comes, is declined.
    event_->tombstone_row = TransactionRow{event_->transaction_row.value() + 1};
    return FinishTransaction(false);
  }
  if (original.tombstone) {
    return FinishTransaction(false);
  }
  if (original.kind != TransactionKind::kAuthorization) {
    Decline(Reason::kOriginalNotFound);
    return FinishTransaction(false);
  }
  reversal.original = original_row;
  reversal.original_found = true;
  reversal.card = original.card;
  reversal.member = original.member;
  result_->original_id = MakeTransactionId(ledger_.shard(), original.seq);

  switch (original.state) {
    case TransactionState::kDeclined:
    case TransactionState::kReversed:
      return FinishTransaction(false);  // nothing to undo
    case TransactionState::kExpired:
      if (original.captured > Fen{0}) {
        Decline(Reason::kFurtherActivityPreventsReversal);
      }
      return FinishTransaction(false);
    case TransactionState::kPartiallyCaptured:
      Decline(Reason::kFurtherActivityPreventsReversal);
      return FinishTransaction(false);
    case TransactionState::kCaptured:
      if (!original.capture_at_once) {
        Decline(Reason::kFurtherActivityPreventsReversal);
        return FinishTransaction(false);
      }
      break;
    case TransactionState::kPending:
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed, row=", original_row);
  }

  reversal.list_price = original.list_price;
  reversal.member_pays = original.member_pays;
  reversal.subsidy = original.subsidy;
  reversal.applied_count = original.applied_count;
  event_->original.row = original_row;
  event_->original.state = TransactionState::kReversed;

  const bool sale = original.capture_at_once;
  event_->share_count = original.applied_count;
  for (uint32_t i = 0; i < original.applied_count; ++i) {
    const Applied& applied = ledger_.applied_[AppliedRow{original.first_applied.value() + i}];
    event_->shares[i] = ShareDelta{applied.benefit, applied.fund, -applied.held, -applied.spent};
    result_->shares[result_->share_count++] =
        ResultShare{applied.benefit, applied.fund, applied.held + applied.spent};
  }
  event_->use_count = original.use_count;
  for (uint32_t i = 0; i < original.use_count; ++i) {
    const Use& use = ledger_.uses_[UseRow{original.first_use.value() + i}];
    UseDelta& delta = event_->uses[i];
    delta = UseDelta{};
    delta.limit = use.limit;
    delta.subject = use.subject;
    delta.window = use.window;
    delta.benefit = use.benefit;
    (sale ? delta.used_delta : delta.held_delta) = -use.amount;
  }
  if (original.applied_count > 0) {
    (sale ? event_->member_posted_delta : event_->member_pending_delta) = -original.member_pays;
  }
  FinishTransaction(false);
}

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
  ledger_.Describe(row, result_);
}

void Decider::ExpireHold() {
  if (ledger_.next_expiry() > now_) {
    result_->verdict = Verdict::kNotFound;
    return;
  }
  const TransactionRow row = ledger_.expiries_[0].row;
  const Transaction& hold = ledger_.transactions_[row];
  event_->kind = EventKind::kHoldExpired;
  event_->original =
      OriginalChange{row, TransactionState::kExpired, hold.captured, hold.captured_subsidy};
  event_->share_count = hold.applied_count;
  Fen held_before;
  for (uint32_t i = 0; i < hold.applied_count; ++i) {
    const Applied& applied = ledger_.applied_[AppliedRow{hold.first_applied.value() + i}];
    event_->shares[i] = ShareDelta{applied.benefit, applied.fund, -applied.held, Fen{0}};
    held_before += ledger_.funds_[applied.fund].asset == Asset::kMoney ? applied.held : Fen{0};
  }
  event_->use_count = hold.use_count;
  const bool untouched = hold.state == TransactionState::kPending;
  for (uint32_t i = 0; i < hold.use_count; ++i) {
    const Use& use = ledger_.uses_[UseRow{hold.first_use.value() + i}];
    UseDelta& delta = event_->uses[i];
    delta = UseDelta{};
    delta.limit = use.limit;
    delta.subject = use.subject;
    delta.window = use.window;
    delta.benefit = use.benefit;
    const bool count = ledger_.limits_[use.limit].measure == LimitMeasure::kCount;
    delta.held_delta =
        count ? (untouched ? -use.amount : 0) : hold.captured_subsidy.value() - use.amount;
  }
  if (hold.applied_count > 0) {
    event_->member_pending_delta = -(hold.list_price - hold.captured - held_before);
  }
  result_->row = row.value();
}

}  // namespace gonghui
