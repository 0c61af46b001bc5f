// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an authorization: docs/decisions/0001-lifecycle.md, paragraph by
// paragraph.  Refunds are in naive_refund.cc.

#include <algorithm>

#include "engine/base/check.h"
#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {

void NaiveLedger::ReleaseHeld(Entry& entry) {
  for (Share& share : entry.shares) {
    share.held = 0;
  }
  for (CounterUse& use : entry.uses) {
    use.held = 0;
  }
}

NaiveLedger::Entry NaiveLedger::Begin(const Command& command,
                                      TransactionKind kind,
                                      TransactionId id,
                                      const RequestId& request_id,
                                      TimestampNs now,
                                      Entry** original) {
  Entry entry = EntryOf(command);
  entry.answer.kind = kind;
  entry.answer.decided_at = now;
  Entry* const found = FindOriginal(command, id, request_id);
  *original = nullptr;
  if (found != nullptr && found->answer.kind == TransactionKind::kAuthorization) {
    *original = found;
    entry.answer.original_id = found->answer.id;
    entry.answer.original_found = true;
  }
  return entry;
}

// ---- Increment ------------------------------------------------------------------

Answer NaiveLedger::Increment(const Command& command, TimestampNs now) {
  const IncrementRequest& request = command.increment;
  Entry* original = nullptr;
  Entry entry = Begin(command,
                      TransactionKind::kIncrement,
                      request.original,
                      request.original_request_id,
                      now,
                      &original);
  Answer& answer = entry.answer;
  answer.list_price = answer.member_pays = request.amount;
  const auto decline = [&](Reason reason) {
    answer.reason = reason;
    return Record(std::move(entry));
  };
  if (original == nullptr) {
    return decline(Reason::kOriginalNotFound);
  }
  switch (original->state) {
    case TransactionState::kReversed:
      return decline(Reason::kPreviouslyReversed);
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return decline(Reason::kAlreadyCaptured);
    case TransactionState::kExpired:
      return decline(Reason::kHoldExpired);
    case TransactionState::kDeclined:
      return decline(Reason::kOriginalDeclined);
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      if (now >= original->expires_at) {
        return decline(Reason::kHoldExpired);
      }
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed");
  }
  const Fen list_price = original->list_price + request.amount;
  if (list_price > Fen{kTransactionFenMax}) {
    return Only(Verdict::kOutOfRange, Field::kAmount);
  }
  const Reason judged = JudgeCaller(command.terminal, original->command.authorize.card, now);
  if (judged != Reason::kNone) {
    return decline(judged);
  }

  int64_t wanted = 0;
  std::vector<Fen> parts(original->shares.size());
  if (original->booked()) {
    const BenefitEntry& benefit = *original->benefit;
    wanted = std::max<int64_t>(
        0, TakenOff(benefit.spec.price, list_price.value()) - original->subsidy.value());
    for (const CounterUse& use : original->uses) {
      const LimitSpec& limit = use.limit;
      const int64_t left = limit.max - TakenOf(use.key);
      if (limit.measure == LimitMeasure::kCount || wanted == 0 || wanted <= left) {
        continue;
      }
      if (limit.when_exceeded == WhenExceeded::kReduce) {
        wanted = std::max<int64_t>(0, left);
        Went(NaivePath::kIncrementReduced);
        continue;
      }
      answer.failed_benefit = benefit.spec.code;
      answer.failed_limit = limit.code;
      const bool own_window =
          WindowOf(limit.window, BusinessDayOf(benefit.calendar, now)) == use.key.window;
      if (own_window && limit.window != WindowKind::kProgramme) {
        answer.next_eligible_at = WindowEnd(benefit.calendar, limit.window, use.key.window);
      }
      answer.limits.push_back(LimitNow(benefit.calendar, limit, use.key, 0));
      if (!own_window) {
        answer.limits.back().resets_at = kTimestampMax;  // it is over, and comes no more
        Went(NaivePath::kIncrementRefusedInOldWindow);
      }
      return decline(Reason::kExceedsAmountLimit);
    }

    std::vector<int64_t> weights;
    for (const FundingShareSpec& share : benefit.funding) {
      weights.push_back(share.share.value());
      if (wanted > 0 && !IsOpenAt(share.fund, now)) {
        answer.failed_benefit = benefit.spec.code;
        const TimestampNs opens_at = funds_.at(share.fund).opens_at;
        answer.next_eligible_at = now < opens_at ? opens_at : TimestampNs{};
        return decline(Reason::kFundNotOpen);
      }
    }
    if (MostThatFundsCover(benefit, wanted) < wanted) {
      answer.failed_benefit = benefit.spec.code;
      return decline(Reason::kBudgetExhausted);
    }
    parts = Split(wanted, weights);  // the money shares come first
    parts.resize(original->shares.size());
  }

  original->list_price = list_price;
  original->subsidy += Fen{wanted};
  for (size_t i = 0; i < parts.size(); ++i) {
    Share& share = original->shares[i];
    share.authorized += parts[i].value();
    share.held += parts[i].value();
    if (parts[i] != Fen{}) {
      answer.shares.push_back({original->benefit->spec.code, share.fund, parts[i]});
    }
  }
  for (CounterUse& use : original->uses) {
    if (use.limit.measure == LimitMeasure::kAmount) {
      use.held += wanted;
      const Calendar& calendar = original->benefit->calendar;
      Went(
          NaivePath::kIncrementInOldWindow,
          wanted > 0 && WindowOf(use.limit.window, BusinessDayOf(calendar, now)) != use.key.window);
    }
  }
  if (request.hold_s != 0) {
    const TimestampNs at_least{now.value() + request.hold_s * kNsPerSecond};
    if (at_least > original->expires_at) {
      original->expires_at = at_least;
      original->extended = true;
      Went(NaivePath::kIncrementExtendsHold);
    }
  }
  Went(NaivePath::kIncrementAsksNoFund,
       original->booked() && wanted == 0 && !AreOpenAt(SourcesOf(*original->benefit), now));
  Went(NaivePath::kIncrementRaisesSubsidy, wanted > 0);
  Went(NaivePath::kIncrementOfLines, !original->lines.empty() && wanted > 0);
  Went(NaivePath::kIncrementPaysMember, Fen{wanted} > request.amount);
  Went(NaivePath::kIncrementBySplit, answer.shares.size() > 1);
  Went(NaivePath::kIncrementAtFullPrice, !original->booked());
  answer.outcome = Outcome::kApproved;
  answer.subsidy = Fen{wanted};
  answer.member_pays = request.amount - answer.subsidy;
  answer.expires_at = original->expires_at;
  entry.state = TransactionState::kCompleted;
  return Record(std::move(entry));
}

// ---- Capture --------------------------------------------------------------------

Answer NaiveLedger::Capture(const Command& command, TimestampNs now) {
  const CaptureRequest& request = command.capture;
  Entry* original = nullptr;
  Entry entry = Begin(command,
                      TransactionKind::kCapture,
                      request.original,
                      request.original_request_id,
                      now,
                      &original);
  Answer& answer = entry.answer;
  answer.list_price = answer.member_pays = request.has_amount ? request.amount : Fen{};
  const bool advised = command.advice != nullptr;
  if (advised) {
    answer.advice = EvidenceOf(command, now);
  }
  const auto decline = [&](Reason reason) {
    answer.reason = reason;
    if (advised) {
      const bool too_old = reason == Reason::kAdviceTooOld;
      answer.advice->liability = too_old ? Liability::kManual : Liability::kAcquirer;
      answer.advice->acquirer_bears = too_old ? Fen{} : answer.list_price;
      Went(too_old ? NaivePath::kCaptureAdviceTooOld : NaivePath::kCaptureAdviceDeclined);
    }
    return Record(std::move(entry));
  };
  if (original == nullptr) {
    return decline(Reason::kOriginalNotFound);
  }
  const bool posts_late =
      original->booked() && original->benefit->late_capture == LateCapture::kForcePost;
  const bool forced = advised || posts_late;
  const bool swept = original->state == TransactionState::kExpired;
  switch (original->state) {
    case TransactionState::kDeclined:
      return decline(Reason::kOriginalDeclined);
    case TransactionState::kReversed:
      return decline(Reason::kPreviouslyReversed);
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return decline(Reason::kAlreadyCaptured);
    case TransactionState::kExpired:
      if (!forced) {
        return decline(Reason::kHoldExpired);
      }
      break;
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      if (now >= original->expires_at && !forced) {
        return decline(Reason::kHoldExpired);
      }
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed");
  }
  const Fen amount =
      request.has_amount ? request.amount : original->list_price - original->captured;
  const Fen captured = original->captured + amount;
  int64_t tolerance = 0;
  if (original->booked()) {
    const Mcc mcc = merchants_.at(original->merchant).mcc;
    for (const OverCapture& over : original->benefit->over_capture) {
      if (over.mccs.first <= mcc && mcc <= over.mccs.last) {
        tolerance = ScaledDown(original->list_price.value(), over.rate.value(), 10'000);
      }
    }
  }
  const Fen most = original->list_price + Fen{tolerance};
  if ((captured > most && !advised) || captured > Fen{kTransactionFenMax}) {
    Went(NaivePath::kOverCaptureOutOfRange, captured <= most);
    Went(NaivePath::kCaptureAdviceOutOfRange, advised && captured > most);
    return decline(Reason::kExceedsAuthorizedAmount);
  }
  if (advised && IsTooOld(*command.advice, now)) {
    return decline(Reason::kAdviceTooOld);
  }

  const bool over = captured > original->list_price;
  Went(NaivePath::kOverCapture, over);
  Went(NaivePath::kOverCaptureUnasked, over && !request.final_capture);
  Went(NaivePath::kLateOverCapture, over && swept);
  Went(NaivePath::kLateNotSwept, !swept && now >= original->expires_at);
  Went(NaivePath::kLateSwept, swept);
  if (advised) {
    const bool late = swept || now >= original->expires_at;
    Went(NaivePath::kCaptureAdviceLate, late && original->booked() && !posts_late);
    Went(NaivePath::kCaptureAdviceLateAtFullPrice, late && !original->booked());
    Went(NaivePath::kCaptureAdviceOver, captured > most);
    answer.advice->liability = original->booked() ? Liability::kProgramme : Liability::kNone;
  }

  // Capturing nothing of a price hands nothing out and burns no use.
  const bool something = captured > Fen{} || original->list_price == Fen{};
  int64_t earned = 0;
  if (original->booked()) {
    const int64_t of_all = std::min(TakenOff(original->benefit->spec.price, captured.value()),
                                    original->subsidy.value());
    // The member never pays less than nothing: what is earned beyond this
    // capture's price waits for the next one.
    earned = std::clamp<int64_t>(of_all - original->captured_subsidy.value(), 0, amount.value());
  }
  const bool final = request.final_capture || captured >= original->list_price;
  if (something) {
    if (swept) {
      PostLate(*original, Fen{earned}, &answer, now);
    } else {
      PostHeld(*original, Fen{earned}, &answer);
    }
  }
  original->list_price = std::max(original->list_price, captured);
  original->captured = captured;
  original->captured_subsidy += Fen{earned};
  if (final) {
    Went(NaivePath::kCapturedAfterRefund, original->refunded > Fen{});
    original->state = original->refunded > Fen{} ? TransactionState::kPartiallyRefunded
                                                 : TransactionState::kCaptured;
    ReleaseHeld(*original);
  } else if (something && !swept) {
    original->state = TransactionState::kPartiallyCaptured;
  }
  answer.outcome = Outcome::kApproved;
  answer.list_price = amount;
  answer.subsidy = Fen{earned};
  answer.member_pays = amount - answer.subsidy;
  entry.state = TransactionState::kCompleted;
  return Record(std::move(entry));
}

// Money is taken by what each funder still holds; things are handed out and a use is
// burnt by the first capture, whatever its value.
void NaiveLedger::PostHeld(Entry& original, Fen subsidy, Answer* answer) {
  std::vector<int64_t> weights;
  for (const Share& share : original.shares) {
    weights.push_back(share.money ? share.held : 0);
  }
  const std::vector<Fen> parts = Split(subsidy.value(), weights);
  for (size_t i = 0; i < original.shares.size(); ++i) {
    Share& share = original.shares[i];
    const int64_t moved = share.money ? parts[i].value() : share.held;
    share.held -= moved;
    share.spent += moved;
    if (moved != 0) {
      answer->shares.push_back({original.benefit->spec.code, share.fund, Fen{moved}});
    }
  }
  for (CounterUse& use : original.uses) {
    const int64_t moved = use.limit.measure == LimitMeasure::kAmount ? subsidy.value() : use.held;
    use.held -= moved;
    use.used += moved;
  }
}

// The hold is gone: all is taken anew, and posted even where there is no room for it.
void NaiveLedger::PostLate(Entry& original, Fen subsidy, Answer* answer, TimestampNs now) {
  const bool first = original.captured == Fen{};
  std::vector<int64_t> weights;
  for (const Share& share : original.shares) {
    weights.push_back(share.money ? share.authorized - share.spent - share.overrun : 0);
  }
  const std::vector<Fen> parts = Split(subsidy.value(), weights);
  bool some_overrun = false;
  bool some_in_full = false;
  for (size_t i = 0; i < original.shares.size(); ++i) {
    Share& share = original.shares[i];
    const int64_t due = share.money ? parts[i].value() : first ? share.authorized : 0;
    const int64_t paid = IsOpenAt(share.fund, now) ? std::min(due, AvailableOf(share.fund)) : 0;
    share.spent += paid;
    share.overrun += due - paid;
    if (due != 0) {
      answer->shares.push_back({original.benefit->spec.code, share.fund, Fen{due}});
    }
    if (paid < due) {
      answer->overrun = true;
      Went(NaivePath::kLateOverrunsFund, share.money);
      Went(NaivePath::kLateOverrunsStock, !share.money);
      Went(NaivePath::kLateToClosedFund, now >= funds_.at(share.fund).closes_at);
    }
    some_overrun |= share.money && paid < due;
    some_in_full |= share.money && paid == due && due > 0;
  }
  Went(NaivePath::kLateOverrunsSplit, some_overrun && some_in_full);
  Went(NaivePath::kLateInBudget, subsidy > Fen{} && !answer->overrun);
  Went(NaivePath::kLateInParts, !first);
  for (CounterUse& use : original.uses) {
    const int64_t more = use.limit.measure == LimitMeasure::kAmount ? subsidy.value()
                         : first                                    ? 1
                                                                    : 0;
    use.used += more;
    if (more > 0 && TakenOf(use.key) > use.limit.max) {
      answer->overrun = true;
      Went(NaivePath::kLateExceedsLimit);
    }
  }
}

// ---- Reverse --------------------------------------------------------------------

Answer NaiveLedger::Reverse(const Command& command, TimestampNs now) {
  const ReverseRequest& request = command.reverse;
  Entry* original = nullptr;
  Entry entry = Begin(command,
                      TransactionKind::kReversal,
                      request.original,
                      request.original_request_id,
                      now,
                      &original);
  Answer& answer = entry.answer;
  const auto decline = [&](Reason reason) {
    answer.reason = reason;
    return Record(std::move(entry));
  };
  const auto accept = [&] {
    answer.outcome = Outcome::kApproved;
    entry.state = TransactionState::kCompleted;
    return Record(std::move(entry));
  };
  if (original == nullptr) {
    const bool by_request = request.original == TransactionId{};
    const bool known =
        FindOriginal(command, request.original, request.original_request_id) != nullptr;
    if (!by_request || known) {
      return decline(Reason::kOriginalNotFound);
    }
    // Accepted, or a store-and-forward queue would send it for ever.  The original,
    // should it still come, finds the tombstone.
    by_request_.try_emplace({command.terminal, request.original_request_id}, TransactionId{});
    return accept();
  }
  switch (original->state) {
    case TransactionState::kDeclined:
    case TransactionState::kReversed:
      return accept();  // nothing to undo
    case TransactionState::kExpired:
      if (original->captured > Fen{}) {
        return decline(Reason::kFurtherActivityPreventsReversal);
      }
      // Nothing to undo; but a late capture is refused, as before the sweep.
      original->state = TransactionState::kReversed;
      Went(NaivePath::kReverseOfExpired);
      return accept();
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return decline(Reason::kFurtherActivityPreventsReversal);
    case TransactionState::kCaptured:
      if (!original->is_sale()) {
        return decline(Reason::kFurtherActivityPreventsReversal);
      }
      break;
    case TransactionState::kPartiallyCaptured:
      if (!request.has_amount) {
        return decline(Reason::kFurtherActivityPreventsReversal);
      }
      break;
    case TransactionState::kPending:
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed");
  }
  if (original->refunded > Fen{}) {
    return decline(Reason::kFurtherActivityPreventsReversal);
  }
  const bool untouched = original->is_sale() || original->captured == Fen{};
  if (!request.has_amount || (untouched && request.amount == original->list_price)) {
    ReverseAll(*original, &entry, now);
    return accept();
  }
  const Fen most =
      original->is_sale() ? original->list_price : original->list_price - original->captured;
  if (request.amount > most) {
    return decline(Reason::kExceedsAuthorizedAmount);
  }
  ReversePart(*original, request.amount, &entry, now);
  return accept();
}

// What returns from spent when the fund has closed is not the fund's to spend again.
void NaiveLedger::SuspendIfClosed(const Share& share,
                                  int64_t returned,
                                  Entry* entry,
                                  TimestampNs now) {
  if (returned > 0 && now >= funds_.at(share.fund).closes_at) {
    entry->suspended[share.fund] += returned;
    const bool refund = entry->answer.kind == TransactionKind::kRefund;
    Went(refund
             ? (share.money ? NaivePath::kRefundToSuspense : NaivePath::kRefundStockToSuspense)
             : (share.money ? NaivePath::kReverseToSuspense : NaivePath::kReverseStockToSuspense));
  }
}

void NaiveLedger::ReverseAll(Entry& original, Entry* reversal, TimestampNs now) {
  Answer* const answer = &reversal->answer;
  answer->list_price = original.list_price;
  answer->subsidy = original.subsidy;
  answer->member_pays = original.list_price - original.subsidy;
  for (Share& share : original.shares) {
    const Fen back{share.held + share.spent + share.overrun};
    SuspendIfClosed(share, share.spent, reversal, now);
    Went(NaivePath::kReverseOfOverrun, share.overrun > 0);
    share.held = share.spent = share.overrun = 0;
    if (back != Fen{}) {
      answer->shares.push_back({original.benefit->spec.code, share.fund, back});
    }
  }
  for (CounterUse& use : original.uses) {
    use.held = use.used = 0;
  }
  reversal->took_back = original.is_sale();
  original.captured = original.captured_subsidy = Fen{};
  original.state = TransactionState::kReversed;
}

void NaiveLedger::ReversePart(Entry& original, Fen amount, Entry* reversal, TimestampNs now) {
  Answer* const answer = &reversal->answer;
  const bool sale = original.is_sale();
  const Fen list_price = original.list_price - amount;
  Fen subsidy;
  if (original.booked()) {
    const Fen of_rule{TakenOff(original.benefit->spec.price, list_price.value())};
    if (sale) {
      // The member never owes more than before.
      subsidy = std::max(std::min(of_rule, original.subsidy), original.subsidy - amount);
    } else if (list_price == original.captured) {
      subsidy = original.captured_subsidy;
    } else {
      subsidy = std::clamp(of_rule, original.captured_subsidy, original.subsidy);
    }
  }
  const Fen back = original.subsidy - subsidy;
  reversal->took_back = sale && amount > Fen{};
  Went(NaivePath::kReversePartOfLines, !original.lines.empty() && back > Fen{});
  Went(sale ? NaivePath::kReversePartOfSale : NaivePath::kReversePartOfHold);
  Went(NaivePath::kReversePartOfCaptured, !sale && original.captured > Fen{});
  Went(NaivePath::kReverseRestOfHold, !sale && list_price == original.captured);
  Went(NaivePath::kReversePartBreaksThreshold, back > amount);
  Went(NaivePath::kReversePartOfSaleBounded,
       sale && original.booked() &&
           subsidy.value() > TakenOff(original.benefit->spec.price, list_price.value()));
  std::vector<int64_t> weights;
  for (const Share& share : original.shares) {
    weights.push_back(!share.money ? 0 : sale ? share.spent + share.overrun : share.held);
  }
  const std::vector<Fen> parts = Split(back.value(), weights);
  for (size_t i = 0; i < original.shares.size(); ++i) {
    Share& share = original.shares[i];
    const int64_t part = parts[i].value();
    share.authorized -= part;
    if (sale) {
      const int64_t of_overrun = std::min(part, share.overrun);
      share.overrun -= of_overrun;
      share.spent -= part - of_overrun;
      SuspendIfClosed(share, part - of_overrun, reversal, now);
    } else {
      share.held -= part;
    }
    if (part != 0) {
      answer->shares.push_back({original.benefit->spec.code, share.fund, Fen{part}});
    }
  }
  for (CounterUse& use : original.uses) {
    if (use.limit.measure == LimitMeasure::kAmount) {
      (sale ? use.used : use.held) -= back.value();
    }
  }
  original.list_price = list_price;
  original.subsidy = subsidy;
  if (sale) {
    original.captured = list_price;
    original.captured_subsidy = subsidy;
  } else if (list_price == original.captured) {
    original.state = TransactionState::kCaptured;
  }
  Went(NaivePath::kReversePartBySplit, answer->shares.size() > 1);
  answer->list_price = amount;
  answer->subsidy = back;
  answer->member_pays = amount - back;
}

// ---- Expiry ---------------------------------------------------------------------

Answer NaiveLedger::ExpireHolds(TimestampNs now) {
  const TimestampNs first = next_expiry();
  if (first > now) {
    return Only(Verdict::kNotFound);
  }
  for (auto& [id, entry] : entries_) {
    if (entry.is_open() && entry.expires_at == first) {
      ReleaseHeld(entry);
      entry.state = TransactionState::kExpired;
      Went(NaivePath::kExtendedHoldExpires, entry.extended);
      ++seq_;
      break;
    }
  }
  return {};
}

}  // namespace gonghui
