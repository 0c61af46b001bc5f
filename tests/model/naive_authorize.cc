// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How an authorization is decided: each candidate, and what of them is booked.

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/int128.h"
#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"
#include "tests/model/naive_times.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr size_t kOthersMax = 256;

std::vector<int64_t> WeightsOf(const std::vector<FundingShareSpec>& funding) {
  std::vector<int64_t> weights;
  for (const FundingShareSpec& share : funding) {
    weights.push_back(share.share.value());
  }
  return weights;
}

}  // namespace

std::vector<FundCode> NaiveLedger::SourcesOf(const BenefitEntry& benefit) {
  std::vector<FundCode> sources;
  for (const FundingShareSpec& share : benefit.funding) {
    sources.push_back(share.fund);
  }
  if (!benefit.spec.stock.IsNone()) {
    sources.push_back(benefit.spec.stock);
  }
  return sources;
}

std::optional<int64_t> NaiveLedger::OwnBaseOf(const BenefitEntry& benefit, const Command& command) {
  const AuthorizeRequest& request = command.authorize;
  if (!benefit.items.asks()) {
    return request.list_price.value();
  }
  const NaiveCount count =
      CountLines(benefit.items, {request.lines, request.lines + request.line_count});
  return count.eligible ? std::optional<int64_t>(count.base()) : std::nullopt;
}

std::optional<NaiveLedger::Trial> NaiveLedger::Try(const BenefitPointer& benefit,
                                                   const Command& command,
                                                   TimestampNs at,
                                                   const Earlier& earlier) const {
  if (!ServesCategory(*benefit, command.terminal)) {
    return std::nullopt;
  }
  Trial trial;
  trial.benefit = benefit;
  int64_t in_full = 0;  // with its own limits alone: those that reduce
  if (!TryRules(command, at, earlier, &trial)) {
    return trial;
  }
  if (!TryLimits(command, at, earlier, &trial, &in_full)) {
    return trial;
  }
  const Fen subsidy = trial.subsidy;
  if (!TryFunds(command, at, earlier, &trial)) {
    return trial;
  }
  trial.paths.clear();
  trial.partial = trial.subsidy.value() < in_full;
  const bool allow_partial = command.advice == nullptr && command.authorize.allow_partial;
  if (trial.subsidy < subsidy) {
    trial.paths.push_back(NaivePath::kPartialByFund);
    if (benefit->funding.size() > 1) {
      trial.paths.push_back(NaivePath::kPartialBySplit);
    }
  } else if (trial.partial) {
    trial.paths.push_back(NaivePath::kPartialByLimit);
  } else if (allow_partial && Fen{in_full} < *trial.by_rule) {
    trial.paths.push_back(NaivePath::kReducedIsNotPartial);
  }
  return trial;
}

// In the order of reason.h.
bool NaiveLedger::TryRules(const Command& command,
                           TimestampNs at,
                           const Earlier& earlier,
                           Trial* trial) const {
  const BenefitEntry& benefit = *trial->benefit;
  const BenefitSpec& spec = benefit.spec;
  const MemberId& member = PartyOf(command).member;
  const auto fail = [trial](Reason reason, TimestampNs next = TimestampNs{}) {
    trial->reason = reason;
    trial->next_eligible_at = next;
    return false;
  };
  if (!ServesMerchant(benefit, command.terminal)) {
    return fail(Reason::kMerchantNotInProgramme);
  }
  if (!ServesTerminal(benefit, command.terminal)) {
    return fail(Reason::kNotPermittedToTerminal);
  }
  if (at < benefit.starts_at) {
    return fail(Reason::kProgrammeNotStarted, benefit.starts_at);
  }
  if (at >= benefit.ends_at) {
    return fail(Reason::kProgrammeEnded);
  }
  // Appointments are made at any time.
  if (!benefit.asks_for(Asks::kSlot) && !IsWithinTimes(benefit.calendar, benefit.times, at)) {
    const TimestampNs next = NextWithinTimes(benefit.calendar, benefit.times, at);
    return fail(Reason::kOutsideTimeWindow, next < benefit.ends_at ? next : TimestampNs{});
  }
  if (!ServesRealName(benefit, member)) {
    return fail(Reason::kMemberNotVerified);
  }
  if (!ServesMember(benefit, member, at)) {
    return fail(Reason::kNotPermittedToMember);
  }
  const int64_t list = command.authorize.list_price.value();
  const std::optional<int64_t> own_base = OwnBaseOf(benefit, command);
  if (own_base.has_value()) {
    trial->earlier_prices = EarlierPrices(benefit, PartyOf(command), at);
    const Reckoned reckoned =
        Reckon(benefit, *own_base, list, earlier.given.value(), trial->earlier_prices);
    trial->base = reckoned.base;
    if (reckoned.base < spec.price.threshold.value()) {
      return fail(Reason::kBelowMinimumAmount);
    }
    // What a terminal gave without asking can not become more.
    const int64_t most =
        command.advice == nullptr ? list : list - command.advice->member_paid.value();
    trial->subsidy = Fen{std::min(reckoned.gives, most - earlier.given.value())};
    if (!HasEffect(benefit, trial->subsidy.value(), *own_base)) {
      return fail(Reason::kNoEffect);
    }
  } else {
    return fail(Reason::kNoEligibleItem);
  }
  if (const auto until = WaitsUntil(benefit, member, at); until.has_value()) {
    return fail(Reason::kWaitingPeriod, *until);
  }
  if (command.advice != nullptr && spec.offline == OfflinePolicy::kRefuse) {
    return fail(Reason::kOfflineNotPermitted);
  }
  if (const Reason reason = JudgeAsks(benefit, command, now_); reason != Reason::kNone) {
    return fail(reason,
                reason == Reason::kSlotNotAvailable
                    ? NextSlotWithRoom(benefit, PartyOf(command), at)
                    : TimestampNs{});
  }
  if (benefit.asks_for(Asks::kVoucher)) {
    trial->voucher = VoucherFor(benefit, command, now_);
  }
  trial->by_rule = trial->subsidy;
  return true;
}

bool NaiveLedger::TryLimits(const Command& command,
                            TimestampNs at,
                            const Earlier& earlier,
                            Trial* trial,
                            int64_t* in_full) const {
  const BenefitEntry& benefit = *trial->benefit;
  const bool allow_partial = command.advice == nullptr && command.authorize.allow_partial;
  int64_t subsidy = trial->subsidy.value();
  *in_full = subsidy;
  for (const LimitSpec& limit : benefit.limits) {
    if (!IsAsked(limit, command)) {
      continue;
    }
    const NaiveCounterKey key = KeyOf(benefit, limit, PartyOf(command), at);
    const int64_t left = limit.max - TakenOf(limit, key) - earlier.TakenOf(key);
    const auto fail = [&](Reason reason) {
      trial->failed_limit = limit;
      trial->reason = reason;
      trial->next_eligible_at = NextEligibleAt(benefit, limit, key);
      if (limit.window == WindowKind::kSlot) {
        trial->next_eligible_at = NextSlotWithRoom(benefit, PartyOf(command), at);
        trial->paths.push_back(trial->next_eligible_at == TimestampNs{} ? NaivePath::kSlotsAllFull
                                                                        : NaivePath::kSlotFull);
      }
      return false;
    };
    if (limit.scope == LimitScope::kNoShow) {
      if (StandOf(limit, key).used >= limit.max) {
        return fail(Reason::kTooManyNoShows);
      }
      continue;
    }
    if (limit.measure == LimitMeasure::kCount) {
      if (left < 1) {
        return fail(Reason::kExceedsFrequencyLimit);
      }
      continue;
    }
    if (limit.measure == LimitMeasure::kPrice) {
      if (trial->base > 0 && left < trial->base) {
        return fail(Reason::kExceedsAmountLimit);
      }
      continue;
    }
    const bool reduces =
        limit.when_exceeded == WhenExceeded::kReduce || limit.scope == LimitScope::kOffline;
    if (subsidy > 0 && left < subsidy) {
      if ((!reduces && !allow_partial) || left <= 0) {
        return fail(Reason::kExceedsAmountLimit);
      }
      subsidy = left;
    }
    if (reduces && *in_full > 0) {
      *in_full = std::min(*in_full, left);
    }
  }
  trial->subsidy = Fen{subsidy};
  return true;
}

bool NaiveLedger::TryFunds(const Command& command,
                           TimestampNs at,
                           const Earlier& earlier,
                           Trial* trial) const {
  const BenefitEntry& benefit = *trial->benefit;
  const BenefitSpec& spec = benefit.spec;
  const std::vector<FundCode> sources = SourcesOf(benefit);
  for (const FundCode& fund : sources) {
    if (!IsOpenAt(fund, at)) {
      const TimestampNs opens_at = funds_.at(fund).opens_at;
      trial->reason = Reason::kFundNotOpen;
      trial->shortfall.fund = fund;
      trial->next_eligible_at = at < opens_at ? opens_at : TimestampNs{};
      return false;
    }
  }
  for (const FundCode& fund : sources) {
    const NaiveFundTotals totals = TotalsOf(fund);
    if (totals.overrun + totals.suspense > 0) {
      trial->paths.push_back(NaivePath::kHeldBackForOverrun);
      break;
    }
  }
  if (!spec.stock.IsNone()) {
    const int64_t available = AvailableOf(spec.stock) - earlier.TakenOf(spec.stock);
    if (available < spec.stock_units) {
      trial->reason = Reason::kQuotaExhausted;
      trial->shortfall = {spec.stock, spec.stock_units, available};
      return false;
    }
  }
  const bool allow_partial = command.advice == nullptr && command.authorize.allow_partial;
  const int64_t subsidy = trial->subsidy.value();
  const int64_t covered = MostThatFundsCover(benefit, subsidy, earlier);
  if (covered < subsidy && (!allow_partial || covered == 0)) {
    trial->reason = Reason::kBudgetExhausted;
    trial->shortfall = ShortfallOf(benefit, subsidy, earlier);
    return false;
  }
  trial->subsidy = Fen{covered};
  trial->parts = Split(covered, WeightsOf(benefit.funding));
  return true;
}

NaiveLedger::Shortfall NaiveLedger::ShortfallOf(const BenefitEntry& benefit,
                                                int64_t subsidy,
                                                const Earlier& earlier) const {
  if (benefit.funding.empty()) {
    return {};  // nobody pays
  }
  std::map<FundCode, int64_t> needed;
  const std::vector<Fen> parts = Split(subsidy, WeightsOf(benefit.funding));
  for (size_t i = 0; i < benefit.funding.size(); ++i) {
    needed[benefit.funding[i].fund] += parts[i].value();
  }
  for (const FundingShareSpec& share : benefit.funding) {
    const int64_t available = AvailableOf(share.fund) - earlier.TakenOf(share.fund);
    if (needed.at(share.fund) > available) {
      return {share.fund, needed.at(share.fund), available};
    }
  }
  return {};
}

int64_t NaiveLedger::MostThatFundsCover(const BenefitEntry& benefit,
                                        int64_t subsidy,
                                        const Earlier& earlier) const {
  if (benefit.funding.empty()) {
    return 0;  // nobody pays
  }
  std::map<FundCode, int64_t> available;
  std::map<FundCode, int64_t> weights;
  for (const FundingShareSpec& share : benefit.funding) {
    available[share.fund] = AvailableOf(share.fund) - earlier.TakenOf(share.fund);
    weights[share.fund] += share.share.value();
  }
  const std::vector<int64_t> shares = WeightsOf(benefit.funding);
  const int64_t whole = std::accumulate(shares.begin(), shares.end(), int64_t{0});
  const auto covers = [&](int64_t amount) {
    const std::vector<Fen> parts = Split(amount, shares);
    std::map<FundCode, int64_t> asked;
    for (size_t i = 0; i < parts.size(); ++i) {
      asked[benefit.funding[i].fund] += parts[i].value();
    }
    return std::all_of(asked.begin(), asked.end(), [&](const auto& fund_and_amount) {
      return fund_and_amount.second <= available.at(fund_and_amount.first);
    });
  };
  if (covers(subsidy)) {
    return subsidy;
  }
  // One by one from the top: with one fen more to split, a part may become smaller.
  // The top is where rounding down every part of a fund would still be too much.
  int64_t most = subsidy - 1;
  for (const auto& [fund, weight] : weights) {
    if (available.at(fund) < subsidy) {
      const int64_t parts = static_cast<int64_t>(benefit.funding.size());
      most = std::min(most, ScaledDown(available.at(fund) + parts, whole, weight) + 1);
    }
  }
  while (most > 0 && !covers(most)) {
    --most;
  }
  return most;
}

Fen NaiveLedger::Choice::subsidy() const {
  Fen sum;
  for (const Trial& trial : chosen) {
    sum += trial.subsidy;
  }
  return sum;
}

NaiveLedger::Choice NaiveLedger::Choose(const Command& command, TimestampNs at) const {
  const ProgrammeCode& only = command.authorize.programme;
  const bool claim = OccasionOf(command).event_at != TimestampNs{};
  Choice choice;
  choice.programme_found =
      only.IsNone() || std::any_of(programmes_.begin(), programmes_.end(), [&](const auto& p) {
        return p.code == only && p.ActiveAt(at, claim).has_value();
      });
  const MemberId member = PartyOf(command).member;
  std::vector<BenefitPointer> competing;
  size_t of_some_node = 0;  // what the merchant offers to members of some union node
  for (const BenefitPointer& benefit : LiveAt(at, only, claim)) {
    const bool offered =
        ServesCategory(*benefit, command.terminal) && ServesMerchant(*benefit, command.terminal);
    if (offered && !benefit->spec.member_union.IsNone()) {
      ++of_some_node;
    }
    const UnionNodeId node = member.IsNone() ? UnionNodeId{} : members_.at(member).union_node;
    const bool may_apply = offered && IsInside(node, benefit->spec.member_union);
    if (may_apply && competing.size() == kCandidatesPerDecisionMax) {
      continue;
    }
    if (only.IsNone() && offered && !may_apply && of_some_node > kOthersMax) {
      continue;  // so many have a say in what a decline is about
    }
    if (may_apply) {
      competing.push_back(benefit);
    }
    // What is not offered at all is told without regard to the occasion.
    if (offered && !IsForOccasion(*benefit, command)) {
      continue;
    }
    const std::optional<Trial> trial = Try(benefit, command, at, Earlier{});
    if (!trial.has_value()) {
      continue;
    }
    if (trial->by_rule.has_value()) {
      choice.most_generous.push_back(*trial);
    }
    if (trial->reason != Reason::kNone) {
      if (!choice.furthest.has_value() || trial->reason > choice.furthest->reason) {
        choice.furthest = trial;
      }
    } else if (!benefit->combines() &&
               (choice.chosen.empty() || trial->subsidy > choice.subsidy())) {
      choice.chosen = {*trial};
    }
  }
  Choice other;
  competing.erase(std::remove_if(competing.begin(),
                                 competing.end(),
                                 [&](const BenefitPointer& benefit) {
                                   return !IsForOccasion(*benefit, command);
                                 }),
                  competing.end());
  other.chosen = Combine(competing, command, at, &choice.paths);
  if (!other.chosen.empty() && (choice.chosen.empty() || other.subsidy() > choice.subsidy())) {
    choice.chosen = other.chosen;
  } else if (!other.chosen.empty()) {
    choice.paths.push_back(NaivePath::kCombinationLoses);
  }
  std::stable_sort(choice.most_generous.begin(),
                   choice.most_generous.end(),
                   [](const Trial& a, const Trial& b) { return *a.by_rule > *b.by_rule; });
  return choice;
}

std::vector<NaiveLedger::Share> NaiveLedger::SharesOf(const Trial& trial) {
  const BenefitEntry& benefit = *trial.benefit;
  std::vector<Share> shares;
  for (size_t i = 0; i < benefit.funding.size(); ++i) {
    const int64_t part = trial.parts[i].value();
    shares.push_back(Share{benefit.funding[i].fund, true, 0, part, part});
  }
  if (!benefit.spec.stock.IsNone()) {
    const int64_t units = benefit.spec.stock_units;
    shares.push_back(Share{benefit.spec.stock, false, 0, units, units});
  }
  return shares;
}

// One benefit more.
void NaiveLedger::Book(const Trial& trial,
                       const std::vector<Share>& shares,
                       Fen subsidy,
                       TimestampNs at,
                       Entry* entry) const {
  const BenefitEntry& benefit = *trial.benefit;
  const size_t number = entry->parts.size();
  entry->voucher = trial.voucher;
  const auto takes_of = [entry](const LimitSpec& limit) {
    switch (limit.scope) {
      case LimitScope::kAll:
        break;
      case LimitScope::kOffline:
        return entry->advice.has_value();
      case LimitScope::kNoShow:  // who is there has come
        return !entry->command.authorize.capture_at_once;
    }
    return true;
  };
  const bool leaves_trace =
      !shares.empty() || std::any_of(benefit.limits.begin(), benefit.limits.end(), takes_of);
  if (!leaves_trace) {  // as if it had not applied
    return;
  }
  Part part;
  part.benefit = trial.benefit;
  part.earlier_prices = trial.earlier_prices;
  part.subsidy = subsidy;
  if (benefit.items.asks()) {
    part.items_base = Fen{CountLines(benefit.items, entry->lines).base()};
  }
  entry->parts.push_back(part);
  entry->subsidy += subsidy;
  for (Share share : shares) {
    share.part = number;
    entry->shares.push_back(share);
  }
  const Party party = PartyOf(entry->command);
  for (const LimitSpec& limit : benefit.limits) {
    if (!takes_of(limit)) {
      continue;
    }
    const int64_t more = limit.measure == LimitMeasure::kCount   ? 1
                         : limit.measure == LimitMeasure::kPrice ? trial.base
                                                                 : subsidy.value();
    const NaiveCounterKey key = KeyOf(benefit, limit, party, at);
    int64_t before = 0;  // taken by an earlier layer
    for (const CounterUse& use : entry->uses) {
      before += use.key == key ? use.held + use.used : 0;
    }
    entry->uses.push_back(CounterUse{key, limit, more, 0, number, more});
    entry->answer.limits.push_back(LimitNow(benefit.calendar, limit, key, before + more));
  }
  entry->parts.back().spills_over = SplitOverLines(benefit, subsidy, entry);
}

// By what the lines count for, as far as there is something left of their price; what
// does not fit there, over all lines by what is left of theirs.
bool NaiveLedger::SplitOverLines(const BenefitEntry& benefit, Fen subsidy, Entry* entry) {
  std::vector<AnswerLine>& lines = entry->answer.lines;
  if (lines.empty()) {
    return false;
  }
  const NaiveCount count = CountLines(benefit.items, entry->lines);
  std::vector<int64_t> own;
  int64_t room = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    own.push_back(std::min(count.by_line[i], (lines[i].price - lines[i].subsidy).value()));
    room += own.back();
  }
  const int64_t fits = std::min(subsidy.value(), room);
  const auto add = [&lines](int64_t amount, const std::vector<int64_t>& weights) {
    const std::vector<Fen> parts = Split(amount, weights);
    for (size_t i = 0; i < parts.size(); ++i) {
      lines[i].subsidy += parts[i];
    }
  };
  add(fits, own);
  std::vector<int64_t> rest;
  for (const AnswerLine& line : lines) {
    rest.push_back((line.price - line.subsidy).value());
  }
  add(subsidy.value() - fits, rest);
  return subsidy.value() > fits;
}

void NaiveLedger::CaptureAtOnce(Entry* entry) {
  entry->state = TransactionState::kCaptured;
  entry->paid = entry->is_claim();
  entry->captured = entry->list_price;
  entry->captured_subsidy = entry->subsidy;
  for (Part& part : entry->parts) {
    part.captured_subsidy = part.subsidy;
  }
  for (Share& share : entry->shares) {
    share.spent += std::exchange(share.held, 0);
  }
  for (CounterUse& use : entry->uses) {
    use.used += std::exchange(use.held, 0);
  }
}

Answer NaiveLedger::Authorize(const Command& command, TimestampNs now) {
  const AuthorizeRequest& request = command.authorize;
  const bool recorded = command.kind == CommandKind::kAuthorize;
  Entry entry = EntryOf(command);
  const std::vector<AnswerCheck> checks =
      request.explanation != nullptr ? Explain(command, now) : std::vector<AnswerCheck>{};
  Answer& answer = entry.answer;
  answer.has_transaction = true;
  answer.list_price = answer.member_pays = request.list_price;
  answer.decided_at = now;
  const TimestampNs at = JudgedAt(command, now);
  answer.reason = JudgeCode(command, now);
  if (answer.reason == Reason::kNone) {
    const AnswerCheck last = CheckParties(command, now).back();
    answer.reason = last.passed ? Reason::kNone : last.check;
  }
  if (answer.reason == Reason::kVoucherNotYetValid) {
    answer.next_eligible_at = vouchers_.at(OccasionOf(command).voucher).valid_from;
  }
  Choice choice;
  if (answer.reason == Reason::kNone) {
    entry.member = PartyOf(command).member;
    choice = Choose(command, at);
    if (choice.chosen.empty()) {
      answer.reason = choice.reason();
      Deny(choice, command, at, &answer);
    } else if (request.capture_at_once && choice.chosen.front().benefit->spec.approvals > 0) {
      answer.reason = Reason::kApprovalMissing;  // nobody has seen it yet
      answer.benefit = choice.chosen.front().benefit->spec.code;
      choice.chosen.clear();
      choice.furthest.reset();
    }
  }
  const std::vector<Trial>& chosen = choice.chosen;
  std::vector<Trial> told_of = chosen;
  if (chosen.empty() && choice.furthest.has_value()) {
    told_of.push_back(*choice.furthest);
  }
  for (const NaivePath path : choice.paths) {
    Went(path, recorded);
  }
  for (const Trial& trial : told_of) {
    for (const NaivePath path : trial.paths) {
      Went(path, recorded);
    }
  }

  const bool full_price = answer.reason >= Reason::kProgrammeNotFound &&
                          request.if_no_benefit == IfNoBenefit::kFullPrice;
  if (!chosen.empty() || full_price) {
    const bool partial =
        std::any_of(chosen.begin(), chosen.end(), [](const Trial& trial) { return trial.partial; });
    answer.outcome = partial ? Outcome::kApprovedPartial : Outcome::kApproved;
    answer.limits.clear();
    answer.needed = answer.available = 0;  // at full price there are other numbers to tell
    answer.next_eligible_at = TimestampNs{};
    entry.list_price = request.list_price;
    int64_t hold_s = request.hold_s != 0 ? request.hold_s : kHoldSecondsDefault;
    for (const Trial& trial : chosen) {
      Book(trial, SharesOf(trial), trial.subsidy, at, &entry);
    }
    WentWithParts(entry, recorded);
    WentWithOccasion(entry, recorded);
    if (!chosen.empty() && SharesOf(chosen.front()).empty()) {
      answer.benefit = chosen.front().benefit->spec.code;
    }
    if (!chosen.empty() && request.hold_s == 0) {
      hold_s = chosen.front().benefit->spec.hold_s;
    }
    if (request.capture_at_once) {
      CaptureAtOnce(&entry);
    } else {
      entry.state = TransactionState::kPending;
      entry.expires_at = TimestampNs{now.value() + hold_s * kNsPerSecond};
      if (!chosen.empty() && chosen.front().benefit->asks_for(Asks::kSlot)) {
        entry.expires_at = SlotEnd(*chosen.front().benefit, request.occasion->slot_at);
      }
    }
    answer.subsidy = entry.subsidy;
    answer.member_pays = entry.list_price - entry.subsidy;
    answer.shares = SharesOf(entry);
    if (recorded) {
      AcceptCode(command, now);
    }
  }
  WentWithLines(entry);
  const VoucherKey voucher = entry.voucher;
  Answer told = recorded ? Record(std::move(entry)) : Retell(entry);
  if (recorded && !voucher.IsNone()) {
    const bool sale = request.capture_at_once;
    MoveVoucher(voucher, sale ? VoucherState::kRedeemed : VoucherState::kReserved, told.id);
  }
  told.checks = checks;  // not kept: a repeat is told without
  return told;
}

// What is told of a choice that came to nothing.
void NaiveLedger::Deny(const Choice& choice,
                       const Command& command,
                       TimestampNs at,
                       Answer* answer) const {
  if (!choice.furthest.has_value()) {
    return;
  }
  const Trial& furthest = *choice.furthest;
  answer->benefit = furthest.benefit->spec.code;
  answer->next_eligible_at = furthest.next_eligible_at;
  answer->failed_fund = furthest.shortfall.fund;
  answer->needed = furthest.shortfall.needed;
  answer->available = furthest.shortfall.available;
  if (furthest.failed_limit.has_value()) {
    const BenefitEntry& benefit = *furthest.benefit;
    const LimitSpec& limit = *furthest.failed_limit;
    answer->failed_limit = limit.code;
    const NaiveCounterKey key = KeyOf(benefit, limit, PartyOf(command), at);
    answer->limits.push_back(LimitNow(benefit.calendar, limit, key, 0));
    if (limit.window != WindowKind::kSlot) {
      answer->limits.back().resets_at = ResetsAt(benefit.calendar, limit, key);
    } else {
      const bool none = furthest.next_eligible_at == TimestampNs{};
      answer->limits.back().resets_at = none ? kTimestampMax : furthest.next_eligible_at;
    }
  }
}

void NaiveLedger::WentWithParts(const Entry& entry, bool recorded) {
  const std::vector<Part>& parts = entry.parts;
  const auto went = [&](NaivePath path, bool really) { Went(path, recorded && really); };
  went(NaivePath::kCombinationOfOne, parts.size() == 1 && parts.front().benefit->combines());
  went(NaivePath::kCombinationOfTwo, parts.size() == 2);
  went(NaivePath::kCombinationOfThree, parts.size() == 3);
  for (size_t i = 0; i < parts.size(); ++i) {
    const BenefitEntry& benefit = *parts[i].benefit;
    went(NaivePath::kCombinationSpillsOver, parts[i].spills_over);
    went(NaivePath::kCombinationOnRest, i > 0 && benefit.spec.base == StackBase::kRest);
    if (benefit.items.asks()) {
      const NaiveCount count = CountLines(benefit.items, entry.lines);
      bool in_part = false;
      for (size_t j = 0; j < entry.lines.size(); ++j) {
        in_part |= count.by_line[j] > 0 && count.by_line[j] < entry.lines[j].price.value();
      }
      went(NaivePath::kItemsCounted, count.base() < entry.list_price.value());
      went(NaivePath::kPiecesInPart, in_part);
    }
  }
  for (size_t i = 0; i < entry.shares.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const Share& a = entry.shares[i];
      const Share& b = entry.shares[j];
      went(NaivePath::kCombinationSharesFund, a.part != b.part && a.fund == b.fund);
    }
  }
  for (size_t i = 0; i < entry.uses.size(); ++i) {
    const CounterUse& use = entry.uses[i];
    LimitSpec alone = use.limit;
    alone.span = 1;
    went(NaivePath::kRollingWindow, TakenOf(use.limit, use.key) > TakenOf(alone, use.key));
    went(NaivePath::kUnionAtLevel,
         use.limit.subject == LimitSubject::kUnion &&
             use.key.subject != TextOf(members_.at(PartyOf(entry.command).member).union_node));
    for (size_t j = 0; j < i; ++j) {
      went(NaivePath::kCombinationSharesLimit, entry.uses[j].key == use.key);
    }
  }
}

void NaiveLedger::WentWithLines(const Entry& entry) {
  const std::vector<AnswerLine>& lines = entry.answer.lines;
  if (lines.empty() || entry.command.kind != CommandKind::kAuthorize) {
    return;
  }
  const Fen subsidy = entry.answer.subsidy;
  const bool approved = entry.answer.outcome != Outcome::kDeclined;
  Went(NaivePath::kLinesDeclined, !approved);
  Went(NaivePath::kLinesAtFullPrice, approved && !entry.booked());
  Went(NaivePath::kLinesOfNothing, entry.booked() && entry.list_price == Fen{});
  const bool uneven = std::any_of(lines.begin(), lines.end(), [&](const AnswerLine& line) {
    const Int128 exact = static_cast<Int128>(subsidy.value()) * line.price.value();
    return exact != static_cast<Int128>(line.subsidy.value()) * entry.list_price.value();
  });
  Went(NaivePath::kLinesUnevenly, entry.booked() && uneven);
}

}  // namespace gonghui
