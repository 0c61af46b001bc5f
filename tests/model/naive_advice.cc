// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Advices and batches: docs/decisions/0003-lines-advices-batches.md, paragraph by
// paragraph.  An advice that is a capture is in naive_lifecycle.cc.

#include <algorithm>
#include <map>
#include <utility>

#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

// A blocked card or a member who is not active: what a deny list tells.
bool IsOnDenyLists(Reason reason) {
  switch (reason) {
    case Reason::kCardPaused:
    case Reason::kCardLostOrStolen:
    case Reason::kCardClosed:
    case Reason::kMemberSuspended:
    case Reason::kMembershipExpired:
    case Reason::kMemberClosed:
      return true;
    default:
      return false;
  }
}

}  // namespace

// ---- Once -------------------------------------------------------------------------

const NaiveLedger::Entry* NaiveLedger::SameAdvice(const Command& command) const {
  if (command.advice == nullptr) {
    return nullptr;
  }
  for (const auto& [id, entry] : entries_) {
    if (!entry.advice.has_value() || entry.answer.reason == Reason::kAdviceTooOld ||
        entry.terminal != command.terminal || entry.command.kind != command.kind ||
        entry.advice->sequence != command.advice->sequence ||
        entry.advice->business_day != command.advice->business_day) {
      continue;
    }
    const AuthorizeRequest& sale = command.authorize;
    const CaptureRequest& capture = command.capture;
    const bool same =
        command.kind == CommandKind::kAuthorize
            ? entry.command.authorize.card == sale.card &&
                  entry.command.authorize.list_price == sale.list_price
            : entry.command.capture.original == capture.original &&
                  entry.command.capture.original_request_id == capture.original_request_id &&
                  (entry.command.capture.has_amount ? entry.command.capture.amount : Fen{}) ==
                      (capture.has_amount ? capture.amount : Fen{});
    if (same) {
      return &entry;
    }
  }
  return nullptr;
}

// ---- When -------------------------------------------------------------------------

TimestampNs NaiveLedger::QueueEmptyAt(const TerminalId& terminal) const {
  TimestampNs last;
  for (const auto& [id, entry] : entries_) {
    if (entry.terminal == terminal && entry.advice.has_value() && entry.advice->queue_empty) {
      last = std::max(last, entry.answer.decided_at);
    }
  }
  return last;
}

bool NaiveLedger::IsTooOld(const AdviceRequest& advice, TimestampNs now) {
  return now.value() - advice.occurred_at.value() > kAdviceAgeMaxS * kNsPerSecond;
}

AnswerAdvice NaiveLedger::EvidenceOf(const Command& command, TimestampNs now) const {
  const AdviceRequest& advice = *command.advice;
  const TimestampNs earliest = QueueEmptyAt(command.terminal);
  const TimestampNs at = std::min(std::max(advice.occurred_at, earliest), now);
  AnswerAdvice evidence;
  evidence.occurred_at = advice.occurred_at;
  evidence.deny_list_at = advice.deny_list_at;
  // A capture is judged now, as captures are.
  evidence.judged_at = command.kind == CommandKind::kCapture ? now : at;
  evidence.clock_adjusted = at != advice.occurred_at;
  evidence.member_paid = advice.member_paid;
  evidence.sequence = advice.sequence;
  evidence.business_day = advice.business_day;
  return evidence;
}

// ---- A sale -----------------------------------------------------------------------

std::pair<Reason, Reason> NaiveLedger::JudgeAdvice(const Command& command, TimestampNs at) {
  for (const AnswerCheck& check : CheckTerminal(command.terminal, at)) {
    if (!check.passed) {
      return {check.check, Reason::kNone};
    }
  }
  const CardNumber number = command.authorize.card;
  const auto card = cards_.find(number);
  if (card == cards_.end()) {
    return {Reason::kInvalidCard, Reason::kNone};
  }
  // As far as it stood on the deny list that the terminal held.
  const TimestampNs list_at = std::min(command.advice->deny_list_at, at);
  const bool had_list =
      list_at != TimestampNs{} && at.value() <= list_at.value() + kDenyListAgeMaxS * kNsPerSecond;
  Reason kept = Reason::kNone;
  if (const Reason fault = FaultOfCard(number, at); fault != Reason::kNone) {
    const bool passed_then =
        had_list && card_statuses_.At(number, card->second.status, list_at) == CardStatus::kActive;
    if (!IsOnDenyLists(fault) || !passed_then) {
      Went(NaivePath::kAdviceDelivered, IsOnDenyLists(fault) && had_list);
      return {fault, Reason::kNone};
    }
    Went(NaivePath::kAdviceCardNotDelivered);
    kept = fault;
  }
  const MemberId& member = card->second.member;
  if (member.IsNone()) {
    return {Reason::kMemberNotFound, Reason::kNone};
  }
  if (const Reason fault = FaultOfMember(member, at); fault != Reason::kNone) {
    const bool passed_then = had_list && FaultOfMember(member, list_at) == Reason::kNone;
    if (!passed_then) {
      Went(NaivePath::kAdviceDelivered, had_list);
      Went(NaivePath::kAdviceHalfDelivered, kept != Reason::kNone);
      return {fault, Reason::kNone};
    }
    Went(NaivePath::kAdviceMemberNotDelivered);
    kept = kept == Reason::kNone ? fault : kept;
  }
  return {Reason::kNone, kept};
}

NaiveLedger::Forced NaiveLedger::Force(const Trial& trial,
                                       const Command& command,
                                       TimestampNs at) const {
  const BenefitEntry& benefit = *trial.benefit;
  Forced forced;
  // What is within the terminal's allowance; all other limits are passed by.
  int64_t allowed = trial.by_rule->value();
  for (const LimitSpec& limit : benefit.limits) {
    if (limit.scope != LimitScope::kOffline) {
      continue;
    }
    const int64_t left = limit.max - TakenOf(limit, KeyOf(benefit, limit, PartyOf(command), at));
    if (limit.measure == LimitMeasure::kCount) {
      forced.within_allowance &= left >= 1;
    } else if (allowed > 0) {
      forced.within_allowance &= left > 0;
      allowed = std::min(allowed, std::max<int64_t>(0, left));
    }
  }
  forced.possible = forced.within_allowance;
  forced.allowed = allowed;
  Trial whole = trial;
  std::vector<int64_t> weights;
  for (const FundingShareSpec& share : benefit.funding) {
    weights.push_back(share.share.value());
  }
  whole.parts = Split(weights.empty() ? 0 : allowed, weights);  // without a fund nobody pays
  forced.shares = SharesOf(whole);
  std::map<FundCode, int64_t> spent;  // two shares may be of one fund
  for (Share& share : forced.shares) {
    const int64_t due = share.held;
    const int64_t has = IsOpenAt(share.fund, at) ? AvailableOf(share.fund) - spent[share.fund] : 0;
    const bool may_overrun = funds_.at(share.fund).advice_may_overrun;
    share.held = 0;
    share.spent = std::min(due, has);
    share.overrun = may_overrun ? due - share.spent : 0;
    share.authorized = share.spent + share.overrun;
    spent[share.fund] += share.spent;
    forced.overrun |= share.overrun > 0;
    if (share.money) {
      forced.subsidy += Fen{share.authorized};
    } else {
      forced.possible &= share.authorized == due;
    }
  }
  return forced;
}

Answer NaiveLedger::AdviseSale(const Command& command, TimestampNs now) {
  const AdviceRequest& asked = *command.advice;
  const Fen list_price = command.authorize.list_price;
  const Fen claimed = list_price - asked.member_paid;
  AnswerAdvice evidence = EvidenceOf(command, now);
  const TimestampNs at = evidence.judged_at;
  Went(NaivePath::kAdviceBeforeEmptyQueue, at > asked.occurred_at);
  Went(NaivePath::kAdviceFromTheFuture, at < asked.occurred_at);
  Entry entry = EntryOf(command);
  Answer& answer = entry.answer;
  answer.list_price = answer.member_pays = list_price;
  answer.decided_at = now;
  const auto record = [&] {
    answer.advice = evidence;
    WentWithLines(entry);
    return Record(std::move(entry));
  };
  const auto decline = [&](Reason reason) {
    answer.reason = reason;
    evidence.liability = Liability::kAcquirer;
    evidence.acquirer_bears = claimed;
    return record();
  };
  if (IsTooOld(asked, now)) {
    answer.reason = Reason::kAdviceTooOld;
    evidence.liability = Liability::kManual;
    Went(NaivePath::kAdviceTooOld);
    return record();
  }
  if (claimed == Fen{} && list_price > Fen{}) {
    answer.outcome = Outcome::kApproved;
    entry.list_price = list_price;
    CaptureAtOnce(&entry);
    Went(NaivePath::kAdviceAtFullPrice);
    return record();
  }

  const auto [fault, kept] = JudgeAdvice(command, at);
  Went(NaivePath::kAdviceOfStatusThen,
       (fault == Reason::kNone) != (JudgeCaller(command.terminal, entry, now) == Reason::kNone));
  if (fault != Reason::kNone) {
    Went(NaivePath::kAdviceOfParties);
    return decline(fault);
  }

  const Choice choice = Choose(command, at);
  const std::vector<Trial>& candidates = choice.most_generous;
  if (candidates.empty()) {
    Went(NaivePath::kAdviceWithoutRule);
    Deny(choice, command, at, &answer);
    return decline(choice.reason());
  }
  const Fen most = *candidates.front().by_rule;
  Went(NaivePath::kAdviceRuleGivesMore,
       Reckon(*candidates.front().benefit,
              OwnBaseOf(*candidates.front().benefit, command).value_or(0),
              list_price.value(),
              0,
              candidates.front().earlier_prices)
               .gives > claimed.value());
  entry.list_price = list_price;
  std::optional<Forced> forced;
  const bool chose = !choice.chosen.empty();
  const Fen by_choice = choice.subsidy();
  if (!chose || (by_choice != claimed && by_choice < most)) {
    // One benefit alone: the most generous whose things are there, or may be overrun.
    for (const Trial& candidate : candidates) {
      if (chose && by_choice >= *candidate.by_rule) {
        break;
      }
      Forced attempt = Force(candidate, command, at);
      Went(NaivePath::kAdviceAllowanceReduces, attempt.allowed < candidate.by_rule->value());
      Went(NaivePath::kAdviceAllowanceUsedUp, !attempt.within_allowance);
      if (!attempt.possible) {
        Went(NaivePath::kAdviceForcesNext, attempt.within_allowance);
        continue;
      }
      const bool has_effect = std::any_of(attempt.shares.begin(),
                                          attempt.shares.end(),
                                          [](const Share& share) { return share.authorized != 0; });
      // What would have been given online stays.
      const bool gives_more = !chose || attempt.subsidy > by_choice;
      Went(NaivePath::kAdviceForcedGivesLess, !gives_more);
      if (has_effect && gives_more) {
        forced = std::move(attempt);
        Book(candidate, forced->shares, forced->subsidy, at, &entry);
        Went(NaivePath::kAdviceForcedInsteadOfLess, chose);
        Went(NaivePath::kAdviceForcedInPart, forced->subsidy < *candidate.by_rule);
      }
      break;
    }
    if (!forced.has_value() && !chose) {
      Went(NaivePath::kAdviceForcesNothing);
      Deny(choice, command, at, &answer);
      return decline(choice.reason());
    }
  }
  if (!forced.has_value()) {
    for (const Trial& chosen : choice.chosen) {
      Book(chosen, SharesOf(chosen), chosen.subsidy, at, &entry);
    }
    if (SharesOf(choice.chosen.front()).empty()) {
      answer.benefit = choice.chosen.front().benefit->spec.code;
    }
  }
  WentWithParts(entry, true);
  CaptureAtOnce(&entry);
  WentWithForced(entry, forced, at);
  answer.overrun = forced.has_value() && (forced->overrun || ExceedsLimit(entry));
  answer.outcome = entry.subsidy == claimed ? Outcome::kApproved : Outcome::kApprovedPartial;
  answer.reason = kept;
  answer.subsidy = entry.subsidy;
  answer.member_pays = list_price - entry.subsidy;
  answer.shares = SharesOf(entry);
  evidence.acquirer_bears = claimed - entry.subsidy;
  evidence.liability =
      evidence.acquirer_bears > Fen{} ? Liability::kAcquirer : Liability::kProgramme;
  const std::vector<BenefitPointer> live = LiveAt(now, ProgrammeCode{});
  Went(NaivePath::kAdviceOfRulesThen,
       entry.booked() &&
           std::find(live.begin(), live.end(), entry.parts.front().benefit) == live.end());
  Went(NaivePath::kAdviceRuleGivesLess, !forced.has_value() && entry.subsidy < claimed);
  return record();
}

// A use that was taken passes its limit.
bool NaiveLedger::ExceedsLimit(const Entry& entry) const {
  return std::any_of(entry.uses.begin(), entry.uses.end(), [this](const CounterUse& use) {
    const int64_t more = use.held + use.used;  // not recorded yet
    return more > 0 && TakenOf(use.limit, use.key) + more > use.limit.max;
  });
}

void NaiveLedger::WentWithForced(const Entry& entry,
                                 const std::optional<Forced>& forced,
                                 TimestampNs at) {
  if (!forced.has_value()) {
    Went(NaivePath::kAdviceAsOnline);
    return;
  }
  Went(NaivePath::kAdviceForcedOverLimit, ExceedsLimit(entry));
  for (size_t i = 0; i < forced->shares.size(); ++i) {
    const Share& share = forced->shares[i];
    Went(NaivePath::kAdviceOverrunsFund, share.money && share.overrun > 0);
    Went(NaivePath::kAdviceOverrunsStock, !share.money && share.overrun > 0);
    Went(NaivePath::kAdviceToClosedFund, !IsOpenAt(share.fund, at));
    Went(NaivePath::kAdviceThingsOnly,
         !share.money && share.authorized > 0 && forced->subsidy == Fen{});
  }
}

// ---- Batches ----------------------------------------------------------------------

Totals NaiveLedger::OpenTotals(const TerminalId& terminal) const {
  Totals totals;
  for (const auto& [id, entry] : entries_) {
    const Answer& answer = entry.answer;
    if (entry.terminal != terminal || answer.outcome == Outcome::kDeclined) {
      continue;
    }
    switch (answer.kind) {
      case TransactionKind::kAuthorization:
        if (!entry.is_sale()) {
          break;
        }
        [[fallthrough]];
      case TransactionKind::kCapture:
        ++totals.captures;
        totals.captured += answer.list_price;
        totals.subsidy += answer.subsidy;
        break;
      case TransactionKind::kRefund:
        ++totals.refunds;
        totals.refunded += answer.list_price;
        totals.subsidy -= answer.subsidy;
        break;
      case TransactionKind::kReversal:
        if (entry.took_back) {
          ++totals.reversals;
          totals.reversed += answer.list_price;
          totals.subsidy -= answer.subsidy;
        }
        break;
      case TransactionKind::kIncrement:
        break;
      case TransactionKind::kBatchClose:
        totals = Totals{};
        break;
    }
  }
  return totals;
}

std::map<TerminalId, NaiveOpenBatch> NaiveLedger::OpenBatches() const {
  std::map<TerminalId, NaiveOpenBatch> batches;
  for (const auto& [terminal, request] : terminals_) {
    NaiveOpenBatch& batch = batches[terminal];
    batch.totals = OpenTotals(terminal);
    batch.queue_empty_at = QueueEmptyAt(terminal);
  }
  for (const auto& [id, entry] : entries_) {
    if (entry.answer.batch.has_value()) {
      ++batches[entry.terminal].closed;
    }
  }
  return batches;
}

Answer NaiveLedger::CloseBatch(const Command& command, TimestampNs now) {
  Entry entry = EntryOf(command);
  Answer& answer = entry.answer;
  answer.kind = TransactionKind::kBatchClose;
  answer.decided_at = now;
  answer.outcome = Outcome::kApproved;
  entry.state = TransactionState::kCompleted;
  AnswerBatch batch;
  batch.ours = OpenTotals(command.terminal);
  batch.theirs = command.close_batch.theirs;
  batch.closed_at = now;
  batch.number = 1;
  for (const auto& [id, closed] : entries_) {
    if (closed.terminal == command.terminal && closed.answer.batch.has_value()) {
      batch.opened_at = closed.answer.batch->closed_at;
      batch.number = closed.answer.batch->number + 1;
    }
  }
  answer.batch = batch;
  Went(batch.ours == batch.theirs ? NaivePath::kBatchInBalance : NaivePath::kBatchOutOfBalance);
  Went(NaivePath::kBatchAfterBatch, batch.number > 1);
  Went(NaivePath::kBatchOfReversals, batch.ours.reversals > 0);
  Went(NaivePath::kBatchOfInactive, !CheckTerminal(command.terminal, now).back().passed);
  return Record(std::move(entry));
}

}  // namespace gonghui
