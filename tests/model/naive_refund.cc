// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Refunds: docs/decisions/0001-lifecycle.md, and by lines 0003-lines-advices-batches.md.

#include <algorithm>

#include "engine/base/check.h"
#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {

// What a refund gives back of each line; false = not there to be given back.
bool NaiveLedger::PriceLines(const RefundRequest& request, const Entry& original, Entry* refund) {
  Went(NaivePath::kRefundLinesOfNone, original.lines.empty());
  Fen whole;
  for (const LineItem& line : original.lines) {
    whole += line.price;
  }
  Went(NaivePath::kRefundLinesNotCaptured, !original.lines.empty() && original.captured < whole);
  if (original.lines.empty() || original.captured < whole) {
    return false;
  }
  std::vector<AnswerLine> told;
  for (uint32_t i = 0; i < request.line_count; ++i) {
    const ReturnedLine& asked = refund->returned[i];
    if (asked.number < 1 || asked.number > original.lines.size()) {
      Went(NaivePath::kRefundLinesNoSuchLine);
      return false;
    }
    const AnswerLine& line = original.answer.lines[asked.number - 1];
    if (asked.quantity > line.quantity - line.returned) {
      Went(NaivePath::kRefundLinesNoSuchPieces);
      return false;
    }
    const int64_t whole_price = line.price.value();
    const int64_t before = ScaledHalfUp(whole_price, line.returned, line.quantity);
    const int64_t after = ScaledHalfUp(whole_price, line.returned + asked.quantity, line.quantity);
    const auto subsidy_of = [&](int64_t part) {
      return whole_price == 0 ? 0 : ScaledHalfUp(line.subsidy.value(), part, whole_price);
    };
    const Fen price{after - before};
    const Fen subsidy{subsidy_of(after) - subsidy_of(before)};
    Went(NaivePath::kRefundLinesUnevenly,
         line.price.value() * asked.quantity != price.value() * int64_t{line.quantity});
    Went(NaivePath::kRefundLinesAgain, line.returned > 0);
    told.push_back({line.number, line.item, asked.quantity, price, subsidy, 0});
  }
  refund->answer.lines = told;
  return true;
}

NaiveLedger::BenefitPointer NaiveLedger::RefusesReturn(const Entry& original, int64_t amount) {
  const int64_t before = (original.captured - original.refunded).value();
  const int64_t rest = before - amount;
  if (rest == 0) {
    return nullptr;
  }
  const std::vector<Reckoned> at_before = ReckonAt(original, before);
  const std::vector<Reckoned> at_rest = ReckonAt(original, rest);
  for (size_t i = 0; i < original.parts.size(); ++i) {
    const PriceRule& rule = original.parts[i].benefit->spec.price;
    const int64_t threshold = rule.threshold.value();
    const bool below = rule.on_return == OnReturn::kRefuse && at_rest[i].base < threshold;
    const bool was_below = at_before[i].base < threshold;
    Went(NaivePath::kRefundBelowAlready, below && was_below);
    if (below && !was_below) {  // this return breaks it
      return original.parts[i].benefit;
    }
  }
  return nullptr;
}

NaiveLedger::PartAmounts NaiveLedger::GiveBack(const Entry& original,
                                               int64_t amount,
                                               bool by_lines,
                                               int64_t of_lines) {
  const int64_t c = original.captured.value();
  const int64_t cs = original.captured_subsidy.value();
  const int64_t r = original.refunded.value();
  const int64_t rs = original.refunded_subsidy.value();
  const int64_t rest = c - r - amount;
  const bool claws_back =
      std::any_of(original.parts.begin(), original.parts.end(), [](const Part& part) {
        return part.benefit->spec.price.on_return == OnReturn::kClawBack;
      });
  // By benefit, where that is known.
  PartAmounts unearned;
  if (rest == 0 || claws_back) {
    const std::vector<Reckoned> stays = ReckonAt(original, rest);
    for (size_t i = 0; i < original.parts.size(); ++i) {
      const Part& part = original.parts[i];
      const int64_t stands = (part.captured_subsidy - part.refunded_subsidy).value();
      unearned.push_back(rest == 0 ? stands : std::max<int64_t>(0, stands - stays[i].gives));
    }
  }
  if (!original.booked()) {
    return {};
  }
  const int64_t share = rest == 0 ? cs - rs : r + amount - ScaledHalfUp(c - cs, r + amount, c) - rs;
  const int64_t wanted = !unearned.empty() ? Sum(unearned) : by_lines ? of_lines : share;
  const int64_t member_paid = (c - cs) - (r - rs);
  const int64_t d =
      std::clamp(wanted, std::max<int64_t>(0, amount - member_paid), std::min(amount, cs - rs));
  if (rest > 0) {
    Went(NaivePath::kRefundLinesClawBack, by_lines && claws_back && wanted != of_lines);
    Went(NaivePath::kRefundClawsBack, claws_back && wanted > share);
    Went(NaivePath::kRefundKeepsLess, claws_back && wanted < share);
  }
  Went(NaivePath::kRefundBounded, d != wanted);
  Went(NaivePath::kRefundLastLines, by_lines && rest == 0 && d != of_lines);
  Went(NaivePath::kRefundOfCombination, original.parts.size() > 1 && d > 0 && rest > 0);
  return !unearned.empty() && d == wanted ? unearned : DividedByStanding(original, d);
}

// So far, by a refund that is not recorded yet.
int64_t NaiveLedger::GivenBack(const Entry& refund, const NaiveCounterKey& key) {
  int64_t given_back = 0;
  for (const CounterUse& use : refund.uses) {
    given_back += use.key == key ? use.used : 0;
  }
  return given_back;
}

Answer NaiveLedger::Refund(const Command& command, TimestampNs now) {
  const RefundRequest& request = command.refund;
  Entry* original = nullptr;
  Entry entry = Begin(command,
                      TransactionKind::kRefund,
                      request.original,
                      request.original_request_id,
                      now,
                      &original);
  Answer& answer = entry.answer;
  answer.list_price = answer.member_pays = request.has_amount ? request.amount : Fen{};
  const auto decline = [&](Reason reason) {
    answer.reason = reason;
    return Record(std::move(entry));
  };
  if (original == nullptr) {
    return decline(Reason::kOriginalNotFound);
  }
  const int64_t c = original->captured.value();
  const int64_t r = original->refunded.value();
  switch (original->state) {
    case TransactionState::kReversed:
      return decline(Reason::kPreviouslyReversed);
    case TransactionState::kDeclined:
      return decline(Reason::kOriginalDeclined);
    case TransactionState::kRefunded:
    case TransactionState::kPending:
      return decline(Reason::kExceedsCapturedAmount);
    case TransactionState::kExpired:
      if (c == 0) {
        return decline(Reason::kExceedsCapturedAmount);
      }
      break;
    case TransactionState::kCaptured:
      if (c == 0 && original->list_price > Fen{}) {
        return decline(Reason::kExceedsCapturedAmount);
      }
      break;
    case TransactionState::kPartiallyCaptured:
    case TransactionState::kPartiallyRefunded:
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed");
  }
  const bool by_lines = !entry.returned.empty();
  const std::vector<AnswerLine> asked_lines = answer.lines;
  int64_t a = request.has_amount ? request.amount.value() : c - r;
  int64_t of_lines = 0;
  if (by_lines) {
    if (!PriceLines(request, *original, &entry)) {
      return decline(Reason::kExceedsCapturedAmount);
    }
    a = 0;
    for (const AnswerLine& line : answer.lines) {
      a += line.price.value();
      of_lines += line.subsidy.value();
    }
    Went(NaivePath::kRefundLinesExceed, a > c - r);
  }
  // Of what is declined nothing is given back.
  const auto decline_priced = [&](Reason reason) {
    answer.lines = asked_lines;
    return decline(reason);
  };
  if (a > c - r) {
    return decline_priced(Reason::kExceedsCapturedAmount);
  }
  const int64_t rest = c - r - a;
  if (const BenefitPointer benefit = RefusesReturn(*original, a); benefit != nullptr) {
    answer.benefit = benefit->spec.code;
    Went(NaivePath::kRefundRefused);
    Went(NaivePath::kRefundLinesRefused, by_lines);
    return decline_priced(Reason::kBelowMinimumAmount);
  }
  const PartAmounts by_part = GiveBack(*original, a, by_lines, of_lines);
  const int64_t d = Sum(by_part);
  const bool full = !original->is_open() && rest == 0;
  Went(NaivePath::kRefundOfPart, rest > 0);
  Went(NaivePath::kRefundOfAll, full && r == 0);
  Went(NaivePath::kRefundOfOpenHold, original->is_open());
  Went(NaivePath::kRefundOfExpired, original->state == TransactionState::kExpired);
  Went(NaivePath::kRefundOfNothingClosesIt, full && a == 0 && c > 0);
  Went(NaivePath::kRefundAtFullPrice, !original->booked());

  const std::vector<int64_t> parts = SplitOverShares(
      *original, by_part, [](const Share& share) { return share.spent + share.overrun; });
  for (size_t i = 0; i < original->shares.size(); ++i) {
    Share& share = original->shares[i];
    const int64_t part = share.money ? parts[i] : full ? share.spent + share.overrun : 0;
    const int64_t of_overrun = std::min(part, share.overrun);
    const int64_t of_spent = part - of_overrun;
    share.overrun -= of_overrun;
    share.spent -= of_spent;
    SuspendIfClosed(share, of_spent, &entry, now);
    Went(NaivePath::kRefundOfOverrun, of_overrun > 0);
    Went(NaivePath::kRefundOverrunFirst, of_overrun > 0 && of_spent + share.spent > 0);
    Went(NaivePath::kRefundGivesThingsBack, !share.money && part > 0);
    if (part != 0) {
      answer.shares.push_back(
          {original->parts[share.part].benefit->spec.code, share.fund, Fen{part}});
    }
  }
  Went(NaivePath::kRefundBySplit, answer.shares.size() > 1);
  for (CounterUse& use : original->uses) {
    if (use.limit.scope == LimitScope::kNoShow) {
      continue;
    }
    const int64_t back =
        use.limit.measure == LimitMeasure::kAmount ? by_part[use.part]
        : use.limit.measure == LimitMeasure::kPrice
            ? PriceUsed(*original, use, Fen{c - r}) - PriceUsed(*original, use, Fen{rest})
        : full ? 1
               : 0;
    if (back == 0) {
      continue;
    }
    const Calendar& calendar = original->parts[use.part].benefit->calendar;
    NaiveCounterKey key = use.key;
    key.window = WindowOf(use.limit.window, BusinessDayOf(calendar, now));
    const bool later = key.window != use.key.window;
    switch (use.limit.refund_to) {
      case RefundTo::kOriginalWindow:
        use.used -= back;
        answer.limits.push_back(LimitNow(calendar, use.limit, use.key, 0));
        Went(NaivePath::kRefundToOriginalWindow, later);
        break;
      case RefundTo::kCurrentWindow:
        entry.uses.push_back(CounterUse{key, use.limit, 0, -back, 0, 0});
        answer.limits.push_back(LimitNow(calendar, use.limit, key, GivenBack(entry, key)));
        Went(NaivePath::kRefundToCurrentWindow, later);
        Went(NaivePath::kCounterBelowZero, TakenOf(use.limit, key) < back);
        break;
      case RefundTo::kNever:
        Went(NaivePath::kRefundToNoWindow);
        break;
    }
  }

  for (const AnswerLine& line : answer.lines) {
    original->answer.lines[line.number - 1].returned += line.quantity;
  }
  Went(NaivePath::kRefundLines, by_lines);
  Went(NaivePath::kRefundOfAmountLeavesLines, !by_lines && !original->lines.empty() && a > 0);
  original->refunded += Fen{a};
  original->refunded_subsidy += Fen{d};
  for (size_t i = 0; i < by_part.size(); ++i) {
    original->parts[i].refunded_subsidy += Fen{by_part[i]};
  }
  if (full) {
    if (original->booked() && original->parts.front().benefit->spec.voucher_returns) {
      ReturnVoucher(*original);
    }
    original->state = TransactionState::kRefunded;
  } else if (!original->is_open() && original->refunded > Fen{}) {
    original->state = TransactionState::kPartiallyRefunded;
  }
  answer.outcome = Outcome::kApproved;
  answer.list_price = Fen{a};
  answer.subsidy = Fen{d};
  answer.member_pays = Fen{a - d};
  entry.state = TransactionState::kCompleted;
  return Record(std::move(entry));
}

}  // namespace gonghui
