// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Advices: what a terminal did while it could not ask, judged as of its own time
// (docs/decisions/0003-lines-advices-batches.md).  A capture's is judged in lifecycle.cc.

#include <algorithm>
#include <span>

#include "engine/base/check.h"
#include "engine/domain/advice_name.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/keys.h"

namespace gonghui {

// ---- Repeats -------------------------------------------------------------------

// Both were asked online, or neither.
bool Decider::IsAdviceAlike(const Transaction& stored) const {
  return (stored.advice() != AdviceRow{}) == (command_.advice != nullptr);
}

// When it happened, and what the terminal knew, may be told better the second time.
Field Decider::AdviceDifference(const Transaction& stored) const {
  if (command_.advice == nullptr) {
    return Field::kNone;
  }
  const Advice& advice = ledger_.advices_[stored.advice()];
  if (advice.sequence != command_.advice->sequence) {
    return Field::kSequence;
  }
  if (advice.business_day != command_.advice->business_day) {
    return Field::kBusinessDay;
  }
  return advice.member_paid != command_.advice->member_paid ? Field::kMemberPaid : Field::kNone;
}

// True when an earlier advice of the terminal is the same but for the request id: the
// stored answer.  One whose own id was reversed is none the less declined.
bool Decider::AnsweredUnderAnotherId() {
  if (tombstone_ != TransactionRow{}) {
    return false;
  }
  const AdviceRow row = ledger_.FindAdvice(AdviceNameAs<AdviceKey>(terminal_, command_));
  if (row == AdviceRow{}) {
    return false;
  }
  ledger_.Describe(ledger_.advices_[row].transaction, result_, command_.details);
  result_->replay = true;
  return true;
}

AdviceKey Ledger::KeyOf(const Advice& advice) const {
  const Transaction& transaction = transactions_[advice.transaction];
  return AdviceNameAs<AdviceKey>(transaction.terminal, transaction, advice);
}

AdviceRow Ledger::FindAdvice(const AdviceKey& key) const {
  return AdviceRow{advice_index_.Find(
      HashOf(key), [&](uint32_t row) { return KeyOf(advices_[AdviceRow{row}]) == key; })};
}

// The first of a key is found, in whatever order they come back from the archive: a second
// one has a request id that was reversed before.  A row of the same seq is the same advice,
// which moves.  One that was too old answers for nothing but its own id, so that a terminal whose
// clock was wrong can tell it again.
void Ledger::IndexAdvice(AdviceRow row) {
  if (transactions_[advices_[row].transaction].reason == Reason::kAdviceTooOld) {
    return;
  }
  const AdviceKey key = KeyOf(advices_[row]);
  const AdviceRow found = FindAdvice(key);
  const auto seq_of = [this](AdviceRow of) { return transactions_[advices_[of].transaction].seq; };
  if (found == AdviceRow{}) {
    advice_index_.Insert(HashOf(key), row.value());
  } else if (seq_of(row) <= seq_of(found)) {
    advice_index_.Replace(HashOf(key), found.value(), row.value());
  }
}

// ---- Verdict -------------------------------------------------------------------

// The evidence; who bears it is nobody until it is judged.  A sale is judged as of its own
// time, as far as the terminal's clock can be believed; a capture as of now.
void Decider::BeginAdvice(AdviceRow* row) {
  *row = ledger_.advices_.next();
  const TimestampNs least = ledger_.open_batches_[terminal_].queue_empty_at;
  const TimestampNs at = std::min(std::max(advice_->occurred_at, least), now_);
  if (command_.kind == CommandKind::kAuthorize) {
    JudgeAt(at);
  }
  event_->is_advice = true;
  event_->queue_empty = advice_->queue_empty;
  Advice& advice = event_->advice;
  advice = Advice{};
  advice.occurred_at = advice_->occurred_at;
  advice.deny_list_at = advice_->deny_list_at;
  advice.judged_at = judged_at_;
  advice.member_paid = advice_->member_paid;
  advice.transaction = event_->transaction_row;
  advice.sequence = advice_->sequence;
  advice.business_day = advice_->business_day;
  advice.clock_adjusted = at != advice_->occurred_at;
}

bool Decider::IsTooOld() const {
  return now_.value() - advice_->occurred_at.value() > kAdviceAgeMaxS * kNsPerSecond;
}

void Decider::Bear(Liability liability, Fen acquirer_bears) {
  event_->advice.liability = liability;
  event_->advice.acquirer_bears = acquirer_bears;
}

void Decider::JudgeAdvisedSale() {
  Transaction& sale = event_->transaction;
  const Fen claimed = list_price_ - advice_->member_paid;
  GH_DCHECK(sale.capture_at_once && claimed >= Fen{0} && claimed <= list_price_,
            "claimed=",
            claimed.value());
  if (tombstone_ != TransactionRow{}) {
    Decline(Reason::kPreviouslyReversed);
    return FinishTransaction(false);
  }
  if (IsTooOld()) {
    Decline(Reason::kAdviceTooOld);
    Bear(Liability::kManual, Fen{0});
    return FinishTransaction(false);
  }
  if (claimed == Fen{0} && list_price_ > Fen{0}) {
    // The member paid all of it: there is nothing to judge.
    SellAtFullPrice();
    return FinishTransaction(false);
  }
  Reason undelivered = Reason::kNone;
  const Reason reason = CheckPartiesThen(&undelivered);
  sale.member = member_;
  if (reason != Reason::kNone) {
    Decline(reason);
    Bear(Liability::kAcquirer, claimed);
    return FinishTransaction(false);
  }
  subsidy_max_ = claimed;
  ChooseOffer(command_.authorize.programme);
  Force();
  const Offer& offer = *best_;
  if (offer.reason != Reason::kNone) {
    DeclineAs(offer);
    Bear(Liability::kAcquirer, claimed);
    return FinishTransaction(false);
  }
  sale.reason = undelivered;
  sale.outcome = offer.subsidy == claimed ? Outcome::kApproved : Outcome::kApprovedPartial;
  sale.overrun = offer.overrun;
  Sell(offer);
  Bear(offer.subsidy < claimed ? Liability::kAcquirer : Liability::kProgramme,
       claimed - offer.subsidy);
  FinishTransaction(false);
}

// ---- Forced booking --------------------------------------------------------------

// The goods are gone.  Unless what was chosen gives as much as any rule would, the most
// generous one is booked where limits and funds have no room for it, too; by itself, even
// if it has a layer.
void Decider::Force() {
  const auto layered = contenders_.list.end() - static_cast<ptrdiff_t>(layered_count_);
  const auto end = std::copy(layered,
                             contenders_.list.end(),
                             contenders_.list.begin() + static_cast<ptrdiff_t>(contender_count_));
  const std::span<Contender> contenders{contenders_.list.begin(), end};
  std::sort(contenders.begin(), contenders.end(), IsMoreGenerous);
  const bool chosen = best_->reason == Reason::kNone;
  for (const Contender& contender : contenders) {
    const Benefit& benefit = ledger_.benefits_[contender.benefit];
    if (CheckRules(benefit, BaseOf(benefit), contender.subsidy) != Reason::kNone) {
      continue;
    }
    if (chosen && best_->subsidy >= contender.subsidy) {
      return;
    }
    const Fen allowance = AllowanceOf(benefit, contender.subsidy);
    if (allowance >= Fen{0} && HasStockFor(benefit)) {
      return ForceOne(contender, allowance, chosen);
    }
  }
}

// What of the subsidy is within what a terminal may give without asking; below 0: it may
// not give the benefit at all.
Fen Decider::AllowanceOf(const Benefit& benefit, Fen subsidy) {
  constexpr Fen kNothing{-1};
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger_.limits_[benefit.limit(i)];
    if (limit.scope != LimitScope::kOffline) {
      continue;
    }
    const WindowNumber window = MomentOf(benefit.calendar).WindowIn(limit.window);
    const Standing standing = StandingOf(limit, SubjectOf(limit), window);
    const int64_t left = limit.max - standing.used - standing.held;
    const bool asks_any = limit.measure == LimitMeasure::kCount || subsidy > Fen{0};
    if (asks_any && left <= 0) {
      return kNothing;
    }
    if (limit.measure == LimitMeasure::kAmount && subsidy > Fen{0}) {
      subsidy = Smaller(subsidy, Fen{left});
    }
  }
  return subsidy;
}

void Decider::ForceOne(const Contender& contender, Fen subsidy, bool chosen) {
  const Benefit& benefit = ledger_.benefits_[contender.benefit];
  Offer* const offer = best_ == &offers_.list[0] ? &offers_.list[1] : &offers_.list[0];
  offer->reason = Reason::kNone;
  offer->order = contender.order;
  offer->benefit = contender.benefit;
  offer->failed_row = 0;
  offer->next_eligible_at = TimestampNs{};
  offer->subsidy = subsidy;
  offer->overrun = false;
  offer->share_count = 0;
  offer->use_count = 0;
  TakeFundsAnyway(benefit, offer);
  TakeLimitsAnyway(benefit, offer);
  const bool has_effect =
      offer->subsidy > Fen{0} || (benefit.stock != FundRow{} && benefit.stock_units > 0);
  // What was chosen is within its limits, and may give as much.
  if (chosen ? offer->subsidy > best_->subsidy : has_effect) {
    best_ = offer;
  }
}

// Enough of it, or it may overrun.
bool Decider::HasStockFor(const Benefit& benefit) const {
  if (benefit.stock == FundRow{}) {
    return true;
  }
  const Fund& stock = ledger_.funds_[benefit.stock];
  return stock.advice_may_overrun ||
         (stock.IsOpenAt(judged_at_) && stock.available() >= Fen{benefit.stock_units});
}

// Each fund its part, as far as it was open and has it; the rest is overrun, or not booked.
void Decider::TakeFundsAnyway(const Benefit& benefit, Offer* offer) {
  const FundingParts parts = SplitOverFunding(benefit, offer->subsidy);
  offer->subsidy = Fen{0};
  const auto take = [&](FundRow row, Fen part) {
    const Fund& fund = ledger_.funds_[row];
    Fen available = fund.IsOpenAt(judged_at_) ? fund.available() : Fen{0};
    for (uint32_t i = 0; i < offer->share_count; ++i) {
      available -= offer->shares[i].fund == row ? offer->shares[i].held_delta : Fen{0};
    }
    const Fen within = Smaller(part, available);
    const Fen beyond = fund.advice_may_overrun ? part - within : Fen{0};
    offer->overrun = offer->overrun || beyond > Fen{0};
    offer->shares[offer->share_count++] = ShareDelta{offer->benefit, row, within, {}, beyond, {}};
    return within + beyond;
  };
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    offer->subsidy += take(benefit.fund(i), parts[i]);
  }
  if (benefit.stock != FundRow{}) {
    take(benefit.stock, Fen{benefit.stock_units});
  }
}

// ---- The past --------------------------------------------------------------------

// Of a claim, the first one that ever was active where none had been by then: its dates say
// from when it covers, not the day on which it was applied.
ProgrammeRow Decider::ActiveThen(const ProgrammeHead& head) const {
  if (JudgesLiveProgrammes()) {
    return head.active;
  }
  ActivationRow row = head.last_activation;
  while (row != ActivationRow{} && ledger_.activations_[row].from > judged_at_) {
    const ActivationRow previous = ledger_.activations_[row].previous;
    if (previous == ActivationRow{} && IsClaim()) {
      break;
    }
    row = previous;
  }
  return ledger_.activations_[row].version;  // row 0 is all zero
}

// The version of the programme that was live at the instant that is judged.
ProgrammeRow Decider::FindPastProgramme(ProgrammeCode code) const {
  return ActiveThen(ledger_.programme_heads_[ledger_.FindProgrammeHead(code)]);
}

// What Candidates() had been then: those of now, but for programmes of which another version
// was active.  So few as have changed since are looked at, unless there are very many.
std::span<const Candidate> Decider::CollectPastCandidates() {
  auto& candidates = past_.past.candidates;
  CandidateIndex& index = ledger_.candidate_index_;
  const std::span<const Candidate> live =
      index.ListOf(ledger_, index.Find(ledger_, merchant_, ledger_.members_[member_].union_node));
  size_t count = 0;
  for (const Candidate& candidate : live) {
    const Programme& version = ledger_.programmes_[ledger_.benefits_[candidate.benefit].programme];
    const ProgrammeHead& head = ledger_.programme_heads_[version.head];
    if (ledger_.activations_[head.last_activation].from <= judged_at_) {
      candidates[count++] = candidate;
    }
  }
  if (live.size() < candidates.size() && CollectWhatChanged(candidates, &count)) {
    std::sort(candidates.begin(),
              candidates.begin() + static_cast<ptrdiff_t>(count),
              [](const Candidate& a, const Candidate& b) { return a.order < b.order; });
    return {candidates.data(), count};
  }
  count = 0;
  ForEachBenefitThen([&](BenefitRow row) {
    const Benefit& benefit = ledger_.benefits_[row];
    if (count < candidates.size() && IsOffered(benefit)) {
      const Programme& version = ledger_.programmes_[benefit.programme];
      candidates[count++] = Candidate{row, CandidateIndex::OrderOf(version, row)};
    }
  });
  return {candidates.data(), count};
}

// Adds what was offered by versions that were active then and are not any more.  False: there
// is no room for all of it.
bool Decider::CollectWhatChanged(std::span<Candidate> candidates, size_t* count) const {
  bool fits = true;
  for (uint32_t i = 1; i <= ledger_.programme_heads_.size(); ++i) {
    const ProgrammeHead& head = ledger_.programme_heads_[ProgrammeHeadRow{i}];
    if (ledger_.activations_[head.last_activation].from <= judged_at_) {
      continue;
    }
    const ProgrammeRow version = ActiveThen(head);
    ForEachBenefitOf(version, [&](const Candidate& candidate, const Benefit& benefit) {
      if (!IsOffered(benefit)) {
        return;
      }
      fits = fits && *count < candidates.size();
      if (fits) {
        candidates[(*count)++] =
            Candidate{candidate.benefit,
                      CandidateIndex::OrderOf(ledger_.programmes_[version], candidate.benefit)};
      }
    });
  }
  return fits;
}

// Beside the ledger's own moments, which stay those of now.
const CalendarMoment& Decider::PastMomentOf(CalendarRow row) {
  if (past_calendar_ != row) {
    past_.past.moment = gonghui::MomentOf(ledger_.calendars_[row], judged_at_);
    past_calendar_ = row;
  }
  return past_.past.moment;
}

// ---- Evolve ----------------------------------------------------------------------

void Ledger::EvolveAdvice(const Event& event) {
  const AdviceRow row = advices_.Append(event.advice);
  GH_CHECK_EQ(row.value(), event.transaction.advice().value());
  IndexAdvice(row);
  if (event.queue_empty) {
    open_batches_.Update(event.transaction.terminal,
                         [&event](OpenBatch& open) { open.queue_empty_at = event.at; });
  }
}

}  // namespace gonghui
