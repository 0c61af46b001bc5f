// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/decide.h"

#include <algorithm>
#include <memory>

#include "engine/base/check.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

void Ledger::Decide(const Command& command,
                    TimestampNs now,
                    const Trail& trail,
                    Event* event,
                    Result* result) const {
  DecideFirst(command, now, trail, event, result);
  TellTransaction(*event, result);
}

void Ledger::DecideFirst(const Command& command,
                         TimestampNs now,
                         const Trail& trail,
                         Event* event,
                         Result* result) const {
  GH_DCHECK(now >= applied_at(), "now=", now, " applied_at=", applied_at());
  Decider(*this, command, now, trail, event, result).Decide();
}

// As it will stand after Evolve().  What changes nothing has told it already, and what comes back
// from the archive is told to nobody.
void Ledger::TellTransaction(const Event& event, Result* result) {
  if (event.kind != EventKind::kNone && event.kind != EventKind::kThawed &&
      event.transaction_row != TransactionRow{}) {
    result->transaction = event.transaction;
  }
}

void Ledger::DecideShadow(const Command& command,
                          TimestampNs now,
                          Event* event,
                          Result* result) const {
  Command quote = command;
  quote.kind = CommandKind::kQuote;
  quote.details = nullptr;  // those of the answer
  quote.authorize.explanation = nullptr;
  Decider(*this, quote, now, Trail{}, event, result, /*shadow=*/true).Decide();
  event->command = nullptr;
}

void Decider::Decide() {
  event_->kind = EventKind::kNone;
  event_->seq = CommandSeq{ledger_.applied_seq().value() + 1};
  event_->at = now_;
  event_->transaction_row = TransactionRow{};
  // In place: what is assigned is made on the stack first, by narrow stores that wide loads wait
  // for.
  std::construct_at(&event_->transaction);
  std::construct_at(&event_->original);
  event_->tombstone_row = TransactionRow{};
  event_->share_count = 0;
  event_->use_count = 0;
  event_->line_count = 0;
  event_->is_advice = false;
  event_->queue_empty = false;
  event_->code_use_row = CodeUseRow{};
  event_->has_occasion = false;
  event_->voucher_row = VoucherRow{};
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
  result_->share_count = 0;
  result_->limit_count = 0;
  if (command_.details != nullptr) [[unlikely]] {
    command_.details->is_advice = false;
    command_.details->is_batch = false;
    command_.details->slot_at = TimestampNs{};
    command_.details->event_at = TimestampNs{};
    command_.details->line_count = 0;
  }

  if (now_ > command_.deadline && command_.kind != CommandKind::kExpireHolds &&
      command_.kind != CommandKind::kActivateDue) {
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
    case CommandKind::kIncrement:
      return Increment();
    case CommandKind::kRefund:
      return Refund();
    case CommandKind::kCloseBatch:
      return CloseBatch();
    case CommandKind::kGetEntitlements:
      return GetEntitlements();
    case CommandKind::kArchive:
      return Archive();
    case CommandKind::kThaw:
      return Thaw();
    case CommandKind::kActivateDue:
      return ActivateDue();
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
    case CommandKind::kStageProgramme:
      return StageProgramme();
    case CommandKind::kIssueVouchers:
      return IssueVouchers();
    case CommandKind::kVoidVouchers:
      return VoidVouchers();
    case CommandKind::kCommitDraw:
      return CommitDraw();
    case CommandKind::kCloseDraw:
      return CloseDraw();
    case CommandKind::kSettleDraw:
      return SettleDraw();
    case CommandKind::kDrawPrize:
      return DrawPrize();
    case CommandKind::kContribute:
      return Contribute();
    case CommandKind::kRevokeContribution:
      return RevokeContribution();
    case CommandKind::kApproveClaim:
      return ApproveClaim();
    case CommandKind::kRejectClaim:
      return RejectClaim();
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
  ledger_.Describe(row, result_, command_.details);
  result_->replay = true;
  return true;
}

namespace {

template <class Request>
bool RefersTo(const Transaction& stored, const Request& request) {
  return stored.reference.original_id == request.original &&
         stored.reference.original_request_id == request.original_request_id;
}

template <class Request>
bool AsksAmount(const Transaction& stored, const Request& request) {
  return stored.no_amount != request.has_amount &&
         (!request.has_amount || stored.reference.asked_amount == request.amount);
}

}  // namespace

// Every business field is compared; times, stan and the like are not, because a
// repeat may be sent later than the original.
Field Decider::DifferenceFrom(const Transaction& stored) const {
  switch (command_.kind) {
    case CommandKind::kAuthorize:
      return DifferenceFrom(stored, command_.authorize);
    case CommandKind::kCapture: {
      const CaptureRequest& request = command_.capture;
      if (stored.kind != TransactionKind::kCapture || !IsAdviceAlike(stored)) {
        return Field::kMethod;
      }
      if (!RefersTo(stored, request)) {
        return Field::kOriginal;
      }
      if (!AsksAmount(stored, request)) {
        return Field::kAmount;
      }
      return stored.final_capture != request.final_capture ? Field::kFinalCapture
                                                           : AdviceDifference(stored);
    }
    case CommandKind::kIncrement: {
      const IncrementRequest& request = command_.increment;
      if (stored.kind != TransactionKind::kIncrement) {
        return Field::kMethod;
      }
      if (!RefersTo(stored, request)) {
        return Field::kOriginal;
      }
      if (stored.reference.asked_amount != request.amount) {
        return Field::kAmount;
      }
      return stored.hold_s != request.hold_s ? Field::kHoldSeconds : Field::kNone;
    }
    case CommandKind::kReverse: {
      const ReverseRequest& request = command_.reverse;
      if (stored.kind != TransactionKind::kReversal) {
        return Field::kMethod;
      }
      if (!RefersTo(stored, request)) {
        return Field::kOriginal;
      }
      if (!AsksAmount(stored, request)) {
        return Field::kAmount;
      }
      return stored.reversal_reason != request.reason ? Field::kReversalReason : Field::kNone;
    }
    case CommandKind::kRefund: {
      const RefundRequest& request = command_.refund;
      if (stored.kind != TransactionKind::kRefund) {
        return Field::kMethod;
      }
      if (!RefersTo(stored, request)) {
        return Field::kOriginal;
      }
      return AsksAmount(stored, request) ? LinesDifference(stored, request) : Field::kAmount;
    }
    case CommandKind::kCloseBatch:
      return CloseDifference(stored);
    default:
      return Field::kMethod;
  }
}

Field Decider::DifferenceFrom(const Transaction& stored, const AuthorizeRequest& request) const {
  if (stored.kind != TransactionKind::kAuthorization || !IsAdviceAlike(stored)) {
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
  if (stored.entry_mode != request.entry_mode) {
    return Field::kPosEntryMode;
  }
  if (stored.progress.allow_partial != request.allow_partial) {
    return Field::kAllowPartial;
  }
  if (const Field difference = LinesDifference(stored, request); difference != Field::kNone) {
    return difference;
  }
  const Field difference = OccasionDifference(stored, request);
  return difference != Field::kNone ? difference : AdviceDifference(stored);
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

// The same for what few transactions have.
bool Decider::HasRoomForDetails(uint32_t lines, uint32_t advices, uint32_t batches) {
  const auto lacks = [](const TableBase& table, uint32_t rows) {
    return table.size_max() - table.size() < rows;
  };
  if (lacks(ledger_.lines_, lines) || lacks(ledger_.advices_, advices) ||
      lacks(ledger_.batches_, batches)) {
    Full(Field::kTransactions);
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

// The numbers stay with the decline, for a repeat's answer.
void Decider::TellFailedLimit(LimitRow row,
                              int64_t used,
                              int64_t held,
                              TimestampNs next_eligible_at) {
  Transaction& transaction = event_->transaction;
  transaction.failed_row = row.value();
  transaction.captured = Fen{used};
  transaction.captured_subsidy = Fen{held};
  transaction.expires_at = next_eligible_at;
  result_->limit_count = 1;
  result_->limits[0] =
      ResultLimit{row, used, held, ledger_.limits_[row].max - used - held, next_eligible_at};
}

// Likewise.  Row 0: there is no fund that could pay.
void Decider::TellFailedFund(FundRow row, Fen available, Fen asked, TimestampNs next_eligible_at) {
  Transaction& transaction = event_->transaction;
  transaction.failed_row = row.value();
  transaction.captured = available;
  transaction.captured_subsidy = asked;
  transaction.expires_at = next_eligible_at;
}

// The rest of the result is told here, the transaction by Ledger::TellTransaction().
void Decider::FinishTransaction(bool quote) {
  Transaction& transaction = event_->transaction;
  if (transaction.applied_count > 0) {
    transaction.first_applied = ledger_.applied_.next();
  }
  if (transaction.use_count > 0) {
    transaction.first_use = ledger_.uses_.next();
  }
  if (command_.details != nullptr) [[unlikely]] {
    TellDetails();
  }
  result_->merchant = ledger_.merchants_[merchant_].id;
  if (quote) {
    result_->transaction = transaction;
    event_->kind = EventKind::kNone;
  } else {
    result_->row = event_->transaction_row.value();
    result_->transaction_id = MakeTransactionId(ledger_.shard(), event_->seq);
  }
}

// ---- Authorize and Quote -----------------------------------------------------

// Of a sale, used instead of held.
inline void Decider::BookUse(bool sale, UseDelta* use) {
  if (sale) {
    std::swap(use->held_delta, use->used_delta);
    use->used_after += use->used_delta;
  }
}

inline void Decider::TellUse(uint32_t i, TimestampNs resets_at) {
  const UseDelta& use = event_->uses[i];
  result_->limits[i] = ResultLimit{use.limit,
                                   use.used_after,
                                   ledger_.limits_[use.limit].max - use.used_after - use.left_after,
                                   use.left_after,
                                   resets_at};
}

// Each by its own benefit's calendar, and what is taken of a limit before.
void Decider::BookUsesOfCombination(uint32_t use_count, bool sale) {
  for (uint32_t i = 0; i < use_count; ++i) {
    UseDelta& use = event_->uses[i];
    BookUse(sale, &use);
    CountEarlierUses(i);
    TellUse(i, EndOfRolling(use));
  }
}

// What the offer gives, and takes of funds and counters: held, or of a sale spent.
[[gnu::always_inline]] inline void Decider::Book(const Offer& offer, bool sale) {
  Transaction& transaction = event_->transaction;
  transaction.subsidy = offer.subsidy;
  transaction.member_pays = list_price_ - offer.subsidy;
  transaction.applied_count = static_cast<uint8_t>(offer.share_count);
  transaction.use_count = static_cast<uint8_t>(offer.use_count);
  event_->share_count = offer.share_count;
  event_->use_count = offer.use_count;
  result_->share_count = static_cast<uint8_t>(offer.share_count);
  result_->limit_count = static_cast<uint8_t>(offer.use_count);
  if (offer.shares != event_->shares.data()) {
    std::copy_n(offer.shares, offer.share_count, event_->shares.data());
    std::copy_n(offer.uses, offer.use_count, event_->uses.data());
  }
  for (uint32_t i = 0; i < offer.share_count; ++i) {
    ShareDelta& share = event_->shares[i];
    result_->shares[i] =
        ResultShare{share.benefit, share.fund, share.held_delta + share.overrun_delta};
    if (sale) {
      std::swap(share.held_delta, share.spent_delta);
    }
  }
  if (offer.combined) [[unlikely]] {
    BookUsesOfCombination(offer.use_count, sale);
  } else {
    const CalendarMoment& moment = MomentOf(ledger_.benefits_[offer.benefit]);
    for (uint32_t i = 0; i < offer.use_count; ++i) {
      UseDelta& use = event_->uses[i];
      BookUse(sale, &use);
      const Limit& limit = ledger_.limits_[use.limit];
      // What is taken leaves a rolling limit when its window does.
      TellUse(i, limit.span == 1 ? moment.EndOf(limit.window) : EndOfRolling(use));
    }
  }
  // Which benefit it was, and so which version, is told by the shares; where none does, here.
  if (offer.share_count == 0 || event_->shares[0].benefit != offer.benefit) [[unlikely]] {
    transaction.benefit = offer.benefit;
  }
  // One that leaves no trace is as if there was none.
  if (offer.share_count + offer.use_count > 0) {
    (sale ? event_->member_posted_delta : event_->member_pending_delta) = transaction.member_pays;
  }
  if (event_->line_count != 0) [[unlikely]] {
    if (offer.combined) {
      SplitCombinationOverLines();
    } else {
      SplitOverLines(ledger_.benefits_[offer.benefit], offer.subsidy);
    }
  }
}

// Of a sale, all of it.
inline void Decider::CaptureAtOnce() {
  Transaction& sale = event_->transaction;
  sale.state = TransactionState::kCaptured;
  sale.captured = list_price_;
  sale.captured_subsidy = sale.subsidy;
}

void Decider::Sell(const Offer& offer) {
  Book(offer, /*sale=*/true);
  CaptureAtOnce();
}

void Decider::SellAtFullPrice() {
  event_->transaction.outcome = Outcome::kApproved;
  CaptureAtOnce();
}

void Decider::Authorize(bool quote) {
  const AuthorizeRequest& request = command_.authorize;
  if (request.explanation != nullptr) [[unlikely]] {
    request.explanation->count = 0;
    request.explanation->truncated = false;
  }
  if (!FindCaller()) {
    result_->transaction.card = request.card;
    result_->transaction.list_price = request.list_price;
    result_->transaction.member_pays = request.list_price;
    return;
  }
  const Merchant& merchant = ledger_.merchants_[merchant_];
  if (!request.merchant.IsNone() && request.merchant != merchant.id) {
    result_->verdict = Verdict::kPermissionDenied;
    result_->field = Field::kMerchantId;
    return;
  }
  occasion_ = request.occasion;
  if (!quote) {
    advice_ = command_.advice;
    GH_DCHECK(advice_ == nullptr || occasion_ == nullptr, "an advice has no occasion");
    if (AnsweredBefore() || (advice_ != nullptr && AnsweredUnderAnotherId())) {
      return;
    }
    if (!HasRoom(1, kSharesPerTransactionMax, kUsesPerTransactionMax) ||
        (request.capture_at_once && !HasRoomInBatch())) {
      return;
    }
    const bool more = request.line_count != 0 || advice_ != nullptr;
    if (more && !HasRoomForDetails(request.line_count, advice_ != nullptr ? 1 : 0, 0))
        [[unlikely]] {
      return;
    }
    if (occasion_ != nullptr && !HasRoomForOccasion()) [[unlikely]] {
      return;
    }
  }

  // Who advises has checked the code itself.
  const bool shows_code = request.code_issued_at != TimestampNs{} && advice_ == nullptr;
  if (shows_code && !BeginCode(quote)) [[unlikely]] {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  list_price_ = request.list_price;
  subsidy_max_ = list_price_;
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
  transaction.progress.allow_partial = request.allow_partial;
  transaction.if_no_benefit = request.if_no_benefit;
  transaction.entry_mode = request.entry_mode;
  if (request.line_count != 0) [[unlikely]] {
    BeginLines();
  }
  if (occasion_ != nullptr) [[unlikely]] {
    BeginOccasion(quote);
  }
  if (advice_ != nullptr) [[unlikely]] {
    BeginAdvice(&transaction.progress.advice);
    return JudgeAdvisedSale();
  }
  allow_partial_ = request.allow_partial;

  // A late original is judged by nothing but its reversal: its code is old by nature.
  if (shows_code && tombstone_ == TransactionRow{}) [[unlikely]] {
    const Reason reason = CheckCode();
    if (request.explanation != nullptr) {
      ExplainCode(reason);
    }
    if (reason != Reason::kNone) {
      Decline(reason);
      return FinishTransaction(quote);
    }
  }
  Reason reason = Reason::kNone;
  if (tombstone_ != TransactionRow{}) {
    reason = Reason::kPreviouslyReversed;
  } else if (occasion_ != nullptr) [[unlikely]] {
    reason = CheckPartiesOfOccasion();
  } else {
    reason = CheckParties(request.card);
  }
  transaction.member = member_;
  // An id that was reversed before it came is judged no further.
  if (request.explanation != nullptr && tombstone_ == TransactionRow{}) [[unlikely]] {
    ExplainParties(reason);
    if (reason == Reason::kNone) {
      ExplainCandidates(request.programme);
    }
  }
  if (reason != Reason::kNone) {
    Decline(reason);
    if (reason == Reason::kVoucherNotYetValid) {
      transaction.expires_at = ledger_.vouchers_[voucher_].valid_from;
    }
    return FinishTransaction(quote);
  }

  ChooseOffer(request.programme);
  const Offer& offer = *best_;
  const bool applies = offer.reason == Reason::kNone;
  if (!applies && request.if_no_benefit == IfNoBenefit::kDecline) {
    DeclineAs(offer);
    return FinishTransaction(quote);
  }
  const bool sale = request.capture_at_once;
  transaction.reason = offer.reason;
  transaction.outcome = applies && offer.partial ? Outcome::kApprovedPartial : Outcome::kApproved;
  if (!sale) {
    transaction.state = TransactionState::kPending;
    const int64_t hold_s = request.hold_s != 0 ? int64_t{request.hold_s}
                           : applies           ? ledger_.benefits_[offer.benefit].hold_s
                                               : kHoldSecondsDefault;
    transaction.expires_at = TimestampNs{now_.value() + hold_s * kNsPerSecond};
  }
  if (applies) {
    if (ledger_.benefits_[offer.benefit].asks != 0 && !TakeAsked(offer, sale, quote)) [[unlikely]] {
      return;
    }
    Book(offer, sale);
  } else {
    transaction.benefit = offer.benefit;
    transaction.failed_row = offer.failed_row;
  }
  if (sale) {
    CaptureAtOnce();
  }
  if (shows_code && !quote) [[unlikely]] {
    UseCode();
  }
  FinishTransaction(quote);
}

// No benefit applies; the answer is about the candidate that came furthest.
void Decider::DeclineAs(const Offer& offer) {
  Transaction& transaction = event_->transaction;
  Decline(offer.reason);
  transaction.benefit = offer.benefit;
  const TimestampNs next = NextEligibleAt(offer);
  transaction.expires_at = next;
  if (offer.failed_row == 0) {
    return;
  }
  if (IsOfFund(offer.reason)) {
    TellFailedFund(
        FundRow{offer.failed_row}, Fen{offer.used_or_available}, Fen{offer.held_or_asked}, next);
  } else {
    TellFailedLimit(offer.failed_limit(), offer.used_or_available, offer.held_or_asked, next);
  }
}

}  // namespace gonghui
