// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an authorization: docs/decisions/0001-lifecycle.md, paragraph by
// paragraph.  Increments are in naive_increment.cc, refunds in naive_refund.cc.

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
  const bool posts_late = original->booked() &&
                          original->parts.front().benefit->late_capture == LateCapture::kForcePost;
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
    for (const OverCapture& over : original->parts.front().benefit->over_capture) {
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
  if (LacksApprovals(*original)) {
    return decline(Reason::kApprovalMissing);
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
  PartAmounts by_part;
  if (original->booked()) {
    const PartAmounts before = CapturedOf(*original);
    const std::vector<Reckoned> of_all = ReckonAt(*original, captured.value());
    for (size_t i = 0; i < original->parts.size(); ++i) {
      // The member never pays less than nothing: what is earned beyond this
      // capture's price waits for the next one.
      by_part.push_back(
          std::clamp<int64_t>(of_all[i].gives - before[i], 0, amount.value() - Sum(by_part)));
    }
    Went(NaivePath::kCaptureOfCombination, original->parts.size() > 1 && !request.final_capture);
    Went(NaivePath::kLateAfterRefundOfCombination,
         original->parts.size() > 1 && swept && original->refunded_subsidy > Fen{});
  }
  const int64_t earned = Sum(by_part);
  const bool final = request.final_capture || captured >= original->list_price;
  if (something) {
    if (swept) {
      PostLate(*original, by_part, captured, &answer, now);
      // Each of these captures is judged by itself: what takes nothing takes no voucher.
      if (amount > Fen{} || original->list_price == Fen{}) {
        answer.overrun |= !RedeemVoucherLate(*original);
      }
    } else {
      PostHeld(*original, by_part, captured, &answer);
    }
    original->paid = original->is_claim();
    original->ended = false;
  } else if (final) {  // what was asked for is not wanted
    TakeNoShowsBack(*original);
    ReturnVoucher(*original);
    original->ended = original->is_claim();
  }
  original->list_price = std::max(original->list_price, captured);
  original->captured = captured;
  original->captured_subsidy += Fen{earned};
  for (size_t i = 0; i < by_part.size(); ++i) {
    original->parts[i].captured_subsidy += Fen{by_part[i]};
  }
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

std::vector<int64_t> NaiveLedger::SplitOverShares(
    const Entry& entry,
    const PartAmounts& amounts,
    const std::function<int64_t(const Share&)>& weigh) {
  std::vector<int64_t> by_share(entry.shares.size());
  for (size_t i = 0; i < entry.parts.size(); ++i) {
    std::vector<int64_t> weights;
    for (const Share& share : entry.shares) {
      weights.push_back(share.part == i && share.money ? weigh(share) : 0);
    }
    const std::vector<Fen> parts = Split(amounts[i], weights);
    for (size_t j = 0; j < parts.size(); ++j) {
      by_share[j] += parts[j].value();
    }
  }
  return by_share;
}

// What each benefit has captured.  When the hold of a combination is gone and some of it was
// refunded, only the sum is known; what was refunded is divided by what each had left.
NaiveLedger::PartAmounts NaiveLedger::CapturedOf(const Entry& original) {
  PartAmounts captured;
  for (const Part& part : original.parts) {
    captured.push_back(part.captured_subsidy.value());
  }
  if (original.parts.size() < 2 || original.state != TransactionState::kExpired ||
      original.refunded_subsidy == Fen{}) {
    return captured;
  }
  std::vector<int64_t> weights;
  for (size_t i = 0; i < original.parts.size(); ++i) {
    const Part& part = original.parts[i];
    captured[i] -= part.refunded_subsidy.value();  // what stands
    weights.push_back(part.subsidy.value() - captured[i]);
  }
  const std::vector<Fen> refunded = Split(original.refunded_subsidy.value(), weights);
  for (size_t i = 0; i < captured.size(); ++i) {
    captured[i] += refunded[i].value();
  }
  return captured;
}

// Money is taken by what each funder still holds; things are handed out and a use is
// burnt by the first capture, whatever its value.
void NaiveLedger::PostHeld(Entry& original,
                           const PartAmounts& earned,
                           Fen captured,
                           Answer* answer) {
  const std::vector<int64_t> parts =
      SplitOverShares(original, earned, [](const Share& share) { return share.held; });
  for (size_t i = 0; i < original.shares.size(); ++i) {
    Share& share = original.shares[i];
    const int64_t moved = share.money ? parts[i] : share.held;
    share.held -= moved;
    share.spent += moved;
    if (moved != 0) {
      answer->shares.push_back(
          {original.parts[share.part].benefit->spec.code, share.fund, Fen{moved}});
    }
  }
  for (CounterUse& use : original.uses) {
    if (use.limit.measure == LimitMeasure::kPrice) {
      MovePriceUse(original, captured, true, &use);
      continue;
    }
    const int64_t moved = use.limit.measure == LimitMeasure::kAmount ? earned[use.part] : use.held;
    use.held -= moved;
    use.used += moved;
  }
  TakeNoShowsBack(original);
  RedeemVoucher(original);
}

// Who comes, or says so in time, has not stayed away.
void NaiveLedger::TakeNoShowsBack(Entry& original) {
  for (CounterUse& use : original.uses) {
    if (use.limit.scope == LimitScope::kNoShow) {
      Went(NaivePath::kNoShowTakenBack, use.used > 0);
      use.held = use.used = 0;
    }
  }
}

// The hold is gone: all is taken anew, and posted even where there is no room for it.
void NaiveLedger::PostLate(
    Entry& original, const PartAmounts& earned, Fen captured, Answer* answer, TimestampNs now) {
  const bool first = original.captured == Fen{};
  const std::vector<int64_t> parts = SplitOverShares(original, earned, [](const Share& share) {
    return share.authorized - share.spent - share.overrun;
  });
  bool some_overrun = false;
  bool some_in_full = false;
  for (size_t i = 0; i < original.shares.size(); ++i) {
    Share& share = original.shares[i];
    const int64_t due = share.money ? parts[i] : first ? share.authorized : 0;
    const int64_t paid = IsOpenAt(share.fund, now) ? std::min(due, AvailableOf(share.fund)) : 0;
    share.spent += paid;
    share.overrun += due - paid;
    if (due != 0) {
      answer->shares.push_back(
          {original.parts[share.part].benefit->spec.code, share.fund, Fen{due}});
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
  Went(NaivePath::kLateInBudget, Sum(earned) > 0 && !answer->overrun);
  Went(NaivePath::kLateInParts, !first);
  for (CounterUse& use : original.uses) {
    if (use.limit.scope == LimitScope::kNoShow) {
      continue;
    }
    const int64_t before = use.used;
    if (use.limit.measure == LimitMeasure::kPrice) {
      MovePriceUse(original, captured, false, &use);
    } else {
      use.used += use.limit.measure == LimitMeasure::kAmount ? earned[use.part] : first ? 1 : 0;
    }
    const int64_t more = use.used - before;
    if (more > 0 && TakenOf(use.limit, use.key) > use.limit.max) {
      answer->overrun = true;
      Went(NaivePath::kLateExceedsLimit);
    }
  }
  TakeNoShowsBack(original);
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
      TakeNoShowsBack(*original);
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
      answer->shares.push_back({original.parts[share.part].benefit->spec.code, share.fund, back});
    }
  }
  for (CounterUse& use : original.uses) {
    use.held = use.used = 0;
  }
  ReturnVoucher(original);
  original.ended = original.is_claim() && !original.paid;
  reversal->took_back = original.is_sale();
  original.captured = original.captured_subsidy = Fen{};
  original.state = TransactionState::kReversed;
}

// What a hold gives back when its price is restated: never what is captured, and what is
// left of the price stays enough for all of it.
NaiveLedger::PartAmounts NaiveLedger::HeldBack(const Entry& original, Fen list_price) {
  const std::vector<Reckoned> of_rule = ReckonAt(original, list_price.value());
  PartAmounts back;
  int64_t room = list_price.value();
  for (const Part& part : original.parts) {
    room -= part.captured_subsidy.value();
  }
  for (size_t i = 0; i < original.parts.size(); ++i) {
    const int64_t captured = original.parts[i].captured_subsidy.value();
    const int64_t had = original.parts[i].subsidy.value();
    const int64_t stays =
        list_price == original.captured
            ? captured
            : std::clamp(of_rule[i].gives, captured, std::min(had, captured + room));
    room -= stays - captured;
    back.push_back(had - stays);
  }
  return back;
}

void NaiveLedger::ReversePart(Entry& original, Fen amount, Entry* reversal, TimestampNs now) {
  Answer* const answer = &reversal->answer;
  const bool sale = original.is_sale();
  const Fen list_price = original.list_price - amount;
  PartAmounts by_part;
  int64_t of_rule = 0;
  for (const Reckoned& reckoned : ReckonAt(original, list_price.value())) {
    by_part.push_back(original.parts[by_part.size()].subsidy.value() - reckoned.gives);
    of_rule += reckoned.gives;
  }
  if (!sale) {
    by_part = HeldBack(original, list_price);
  } else if (Sum(by_part) > amount.value()) {
    // The member never owes more than before.
    by_part = DividedByStanding(original, amount.value());
  }
  const Fen subsidy = original.subsidy - Fen{Sum(by_part)};
  const Fen back = original.subsidy - subsidy;
  reversal->took_back = sale && amount > Fen{};
  Went(NaivePath::kReversePartOfLines, !original.lines.empty() && back > Fen{});
  Went(sale ? NaivePath::kReversePartOfSale : NaivePath::kReversePartOfHold);
  Went(NaivePath::kReversePartOfCaptured, !sale && original.captured > Fen{});
  Went(NaivePath::kReverseRestOfHold, !sale && list_price == original.captured);
  Went(NaivePath::kReversePartBreaksThreshold, back > amount);
  Went(NaivePath::kReversePartOfSaleBounded, sale && subsidy.value() > of_rule);
  Went(NaivePath::kReversePartOfCombination, original.parts.size() > 1 && back > Fen{});
  const std::vector<int64_t> parts = SplitOverShares(original, by_part, [sale](const Share& share) {
    return sale ? share.spent + share.overrun : share.held;
  });
  for (size_t i = 0; i < original.shares.size(); ++i) {
    Share& share = original.shares[i];
    const int64_t part = parts[i];
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
      answer->shares.push_back(
          {original.parts[share.part].benefit->spec.code, share.fund, Fen{part}});
    }
  }
  for (CounterUse& use : original.uses) {
    if (use.limit.measure == LimitMeasure::kAmount) {
      (sale ? use.used : use.held) -= by_part[use.part];
    }
    if (use.limit.measure == LimitMeasure::kPrice) {
      const int64_t base = OwnBaseAt(original, original.parts[use.part], list_price.value());
      use.most = std::min(use.most, base);
      if (sale) {
        use.used = use.most;
      } else {
        use.most = std::max(use.most, use.used);
        use.held = use.most - use.used;
      }
    }
  }
  for (size_t i = 0; i < by_part.size(); ++i) {
    Part& part = original.parts[i];
    part.subsidy -= Fen{by_part[i]};
    part.captured_subsidy = sale ? part.subsidy : part.captured_subsidy;
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
      const bool stayed_away = entry.captured == Fen{};
      for (CounterUse& use : entry.uses) {
        const bool no_show = use.limit.scope == LimitScope::kNoShow && stayed_away;
        use.used += no_show ? use.held : 0;
        Went(NaivePath::kNoShow, no_show);
      }
      ReleaseHeld(entry);
      if (stayed_away) {
        ReturnVoucher(entry);
        entry.ended = entry.is_claim();
      }
      entry.state = TransactionState::kExpired;
      Went(NaivePath::kExtendedHoldExpires, entry.extended);
      ++seq_;
      break;
    }
  }
  return {};
}

}  // namespace gonghui
