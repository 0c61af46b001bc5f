// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How an authorization is decided: whom and what it is for, each candidate, the best.

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

std::vector<int64_t> WeightsOf(const std::vector<FundingShareSpec>& funding) {
  std::vector<int64_t> weights;
  for (const FundingShareSpec& share : funding) {
    weights.push_back(share.share.value());
  }
  return weights;
}

}  // namespace

Reason NaiveLedger::JudgeCaller(const TerminalId& terminal, CardNumber card, TimestampNs at) const {
  std::vector<AnswerCheck> checks = CheckTerminal(terminal, at);
  if (checks.back().passed) {
    checks = CheckCard(card, at);
  }
  return checks.back().passed ? Reason::kNone : checks.back().check;
}

NaiveCounterKey NaiveLedger::KeyOf(const BenefitEntry& benefit,
                                   const LimitSpec& limit,
                                   const Party& party,
                                   TimestampNs at) const {
  NaiveCounterKey key;
  key.programme = benefit.programme;
  key.limit = limit.code;
  key.measure = limit.measure;
  key.subject_kind = limit.subject;
  key.window_kind = limit.window;
  switch (limit.subject) {
    case LimitSubject::kPerson:
      key.subject = TextOf(party.member);
      break;
    case LimitSubject::kProgramme:
      break;
    case LimitSubject::kCard:
      key.subject = std::to_string(party.card.value());
      break;
    case LimitSubject::kMerchant:
      key.subject = TextOf(terminals_.at(party.terminal).merchant);
      break;
    case LimitSubject::kTerminal:
      key.subject = TextOf(party.terminal);
      break;
  }
  key.window = WindowOf(limit.window, BusinessDayOf(benefit.calendar, at));
  return key;
}

AnswerLimit NaiveLedger::LimitNow(const Calendar& calendar,
                                  const LimitSpec& limit,
                                  const NaiveCounterKey& key,
                                  int64_t more) const {
  AnswerLimit told;
  told.programme = key.programme;
  told.limit = limit.code;
  told.taken = TakenOf(key) + more;
  told.left = limit.max - told.taken;
  told.resets_at = WindowEnd(calendar, limit.window, key.window);
  return told;
}

NaiveLedger::Party NaiveLedger::PartyOf(const Command& command) const {
  const CardNumber card = command.authorize.card;
  return {cards_.at(card).member, card, command.terminal};
}

bool NaiveLedger::ServesCategory(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const Mcc mcc = merchants_.at(terminals_.at(terminal).merchant).mcc;
  return benefit.mccs.empty() ||
         std::any_of(benefit.mccs.begin(), benefit.mccs.end(), [mcc](const MccRange& range) {
           return range.first <= mcc && mcc <= range.last;
         });
}

bool NaiveLedger::ServesMerchant(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const MerchantRequest& merchant = merchants_.at(terminals_.at(terminal).merchant);
  const std::vector<MerchantId>& only = benefit.merchants;
  return (only.empty() || std::find(only.begin(), only.end(), merchant.id) != only.end()) &&
         IsInside(merchant.union_node, benefit.spec.merchant_union);
}

bool NaiveLedger::ServesTerminal(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const uint8_t kinds = benefit.spec.terminal_kinds;
  return kinds == 0 || (kinds & MaskOf(terminals_.at(terminal).kind)) != 0;
}

bool NaiveLedger::ServesRealName(const BenefitEntry& benefit, const MemberId& member) const {
  return !benefit.spec.require_real_name || members_.at(member).real_name_verified;
}

bool NaiveLedger::ServesMember(const BenefitEntry& benefit,
                               const MemberId& member_id,
                               TimestampNs at) const {
  const MemberRequest& member = members_.at(member_id);
  const auto in_segment = [&](const SegmentCode& segment) {
    return IsInSegment(member, segment, at);
  };
  const auto& any = benefit.segments_any;
  const auto& all = benefit.segments_all;
  return IsInside(member.union_node, benefit.spec.member_union) &&
         (any.empty() || std::any_of(any.begin(), any.end(), in_segment)) &&
         std::all_of(all.begin(), all.end(), in_segment);
}

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

// Nothing when the benefit is not for this kind of merchant at all.
std::optional<NaiveLedger::Trial> NaiveLedger::Try(const BenefitPointer& benefit,
                                                   const Command& command,
                                                   TimestampNs at) const {
  if (!ServesCategory(*benefit, command.terminal)) {
    return std::nullopt;
  }
  const BenefitSpec& spec = benefit->spec;
  const Party party = PartyOf(command);
  const int64_t list = command.authorize.list_price.value();
  const bool asked = command.advice == nullptr;
  // What a terminal gave without asking can not become more.
  const int64_t most = asked ? list : list - command.advice->member_paid.value();
  Trial trial;
  trial.benefit = benefit;
  const auto fail = [&trial](Reason reason, TimestampNs next = TimestampNs{}) {
    trial.reason = reason;
    trial.next_eligible_at = next;
    return trial;
  };

  if (!ServesMerchant(*benefit, command.terminal)) {
    return fail(Reason::kMerchantNotInProgramme);
  }
  if (!ServesTerminal(*benefit, command.terminal)) {
    return fail(Reason::kNotPermittedToTerminal);
  }
  if (at < benefit->starts_at) {
    return fail(Reason::kProgrammeNotStarted, benefit->starts_at);
  }
  if (at >= benefit->ends_at) {
    return fail(Reason::kProgrammeEnded);
  }
  if (!IsWithinTimes(benefit->calendar, spec.weekdays, benefit->hours, at)) {
    const TimestampNs next = NextWithinTimes(benefit->calendar, spec.weekdays, benefit->hours, at);
    return fail(Reason::kOutsideTimeWindow, next < benefit->ends_at ? next : TimestampNs{});
  }
  if (!ServesRealName(*benefit, party.member)) {
    return fail(Reason::kMemberNotVerified);
  }
  if (!ServesMember(*benefit, party.member, at)) {
    return fail(Reason::kNotPermittedToMember);
  }
  if (list < spec.price.threshold.value()) {
    return fail(Reason::kBelowMinimumAmount);
  }
  int64_t subsidy = std::min(TakenOff(spec.price, list), most);
  // With its own limits alone: those that reduce.
  int64_t in_full = subsidy;
  if (subsidy == 0 && spec.stock.IsNone() && spec.price.kind != PriceKind::kFree) {
    return fail(Reason::kNoEffect);
  }
  trial.by_rule = Fen{subsidy};

  const bool allow_partial = asked && command.authorize.allow_partial;
  for (const LimitSpec& limit : benefit->limits) {
    const NaiveCounterKey key = KeyOf(*benefit, limit, party, at);
    const int64_t left = limit.max - TakenOf(key);
    const TimestampNs resets = limit.window == WindowKind::kProgramme
                                   ? TimestampNs{}
                                   : WindowEnd(benefit->calendar, limit.window, key.window);
    if (limit.measure == LimitMeasure::kCount) {
      if (left < 1) {
        trial.failed_limit = limit;
        return fail(Reason::kExceedsFrequencyLimit, resets);
      }
      continue;
    }
    const bool reduces = limit.when_exceeded == WhenExceeded::kReduce;
    if (subsidy > 0 && left < subsidy) {
      if ((!reduces && !allow_partial) || left <= 0) {
        trial.failed_limit = limit;
        return fail(Reason::kExceedsAmountLimit, resets);
      }
      subsidy = left;
    }
    if (reduces && in_full > 0) {
      in_full = std::min(in_full, left);
    }
  }

  const std::vector<FundCode> sources = SourcesOf(*benefit);
  for (const FundCode& fund : sources) {
    if (!IsOpenAt(fund, at)) {
      const TimestampNs opens_at = funds_.at(fund).opens_at;
      return fail(Reason::kFundNotOpen, at < opens_at ? opens_at : TimestampNs{});
    }
  }
  for (const FundCode& fund : sources) {
    const NaiveFundTotals totals = TotalsOf(fund);
    if (totals.overrun + totals.suspense > 0) {
      trial.paths.push_back(NaivePath::kHeldBackForOverrun);
      break;
    }
  }
  if (!spec.stock.IsNone() && AvailableOf(spec.stock) < spec.stock_units) {
    return fail(Reason::kQuotaExhausted);
  }
  const int64_t covered = MostThatFundsCover(*benefit, subsidy);
  if (covered < subsidy && (!allow_partial || covered == 0)) {
    return fail(Reason::kBudgetExhausted);
  }
  trial.paths.clear();
  trial.subsidy = Fen{covered};
  trial.parts = Split(covered, WeightsOf(benefit->funding));
  trial.partial = covered < in_full;
  if (covered < subsidy) {
    trial.paths.push_back(NaivePath::kPartialByFund);
    if (benefit->funding.size() > 1) {
      trial.paths.push_back(NaivePath::kPartialBySplit);
    }
  } else if (trial.partial) {
    trial.paths.push_back(NaivePath::kPartialByLimit);
  } else if (allow_partial && in_full < TakenOff(spec.price, list)) {
    trial.paths.push_back(NaivePath::kReducedIsNotPartial);
  }
  return trial;
}

int64_t NaiveLedger::MostThatFundsCover(const BenefitEntry& benefit, int64_t subsidy) const {
  if (benefit.funding.empty()) {
    return 0;  // nobody pays
  }
  std::map<FundCode, int64_t> available;
  std::map<FundCode, int64_t> weights;
  for (const FundingShareSpec& share : benefit.funding) {
    available[share.fund] = AvailableOf(share.fund);
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

NaiveLedger::Choice NaiveLedger::Choose(const Command& command, TimestampNs at) const {
  const ProgrammeCode& only = command.authorize.programme;
  Choice choice;
  choice.programme_found =
      only.IsNone() || std::any_of(programmes_.begin(), programmes_.end(), [&](const auto& p) {
        return p.code == only &&
               std::any_of(p.versions.begin(), p.versions.end(), [at](const auto& v) {
                 return v.applied_at <= at && at < v.ended_at;
               });
      });
  for (const BenefitPointer& benefit : LiveAt(at, only)) {
    const std::optional<Trial> trial = Try(benefit, command, at);
    if (!trial.has_value()) {
      continue;
    }
    if (trial->by_rule.has_value()) {
      choice.most_generous.push_back(*trial);
    }
    if (trial->reason == Reason::kNone) {
      if (!choice.chosen.has_value() || trial->subsidy > choice.chosen->subsidy) {
        choice.chosen = trial;
      }
    } else if (!choice.furthest.has_value() || trial->reason > choice.furthest->reason) {
      choice.furthest = trial;
    }
  }
  std::stable_sort(choice.most_generous.begin(),
                   choice.most_generous.end(),
                   [](const Trial& a, const Trial& b) { return *a.by_rule > *b.by_rule; });
  return choice;
}

std::vector<NaiveLedger::BenefitPointer> NaiveLedger::LiveAt(TimestampNs at,
                                                             const ProgrammeCode& only) const {
  std::vector<BenefitPointer> live;
  for (const ProgrammeEntry& programme : programmes_) {
    for (const ProgrammeVersion& version : programme.versions) {
      if (version.applied_at <= at && at < version.ended_at &&
          (only.IsNone() || only == programme.code)) {
        live.insert(live.end(), version.benefits.begin(), version.benefits.end());
      }
    }
  }
  return live;
}

std::vector<NaiveLedger::Share> NaiveLedger::SharesOf(const Trial& trial) {
  const BenefitEntry& benefit = *trial.benefit;
  std::vector<Share> shares;
  for (size_t i = 0; i < benefit.funding.size(); ++i) {
    const int64_t part = trial.parts[i].value();
    shares.push_back(Share{benefit.funding[i].fund, true, part, part});
  }
  if (!benefit.spec.stock.IsNone()) {
    const int64_t units = benefit.spec.stock_units;
    shares.push_back(Share{benefit.spec.stock, false, units, units});
  }
  return shares;
}

void NaiveLedger::Book(const BenefitPointer& booked,
                       std::vector<Share> shares,
                       Fen subsidy,
                       TimestampNs at,
                       Entry* entry) const {
  const BenefitEntry& benefit = *booked;
  entry->benefit = booked;
  entry->shares = std::move(shares);
  entry->subsidy = subsidy;
  for (const LimitSpec& limit : benefit.limits) {
    const int64_t more = limit.measure == LimitMeasure::kCount ? 1 : subsidy.value();
    const NaiveCounterKey key = KeyOf(benefit, limit, PartyOf(entry->command), at);
    entry->uses.push_back(CounterUse{key, limit, more, 0});
    entry->answer.limits.push_back(LimitNow(benefit.calendar, limit, key, more));
  }
  std::vector<int64_t> prices;
  for (const LineItem& line : entry->lines) {
    prices.push_back(line.price.value());
  }
  const std::vector<Fen> parts =
      prices.empty() ? std::vector<Fen>{} : Split(subsidy.value(), prices);
  for (size_t i = 0; i < parts.size(); ++i) {
    entry->answer.lines[i].subsidy = parts[i];
  }
}

void NaiveLedger::CaptureAtOnce(Entry* entry) {
  entry->state = TransactionState::kCaptured;
  entry->captured = entry->list_price;
  entry->captured_subsidy = entry->subsidy;
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
  answer.reason = JudgeCode(command, now);
  if (answer.reason == Reason::kNone) {
    answer.reason = JudgeCaller(command.terminal, request.card, now);
  }
  Choice choice;
  if (answer.reason == Reason::kNone) {
    choice = Choose(command, now);
    if (!choice.chosen.has_value()) {
      answer.reason = choice.reason();
      Deny(choice, command, now, &answer);
    }
  }
  const std::optional<Trial>& chosen = choice.chosen;
  if (const auto& told = chosen.has_value() ? chosen : choice.furthest; told.has_value()) {
    for (const NaivePath path : told->paths) {
      Went(path, recorded);
    }
  }

  const bool full_price = answer.reason >= Reason::kProgrammeNotFound &&
                          request.if_no_benefit == IfNoBenefit::kFullPrice;
  if (chosen.has_value() || full_price) {
    answer.outcome =
        chosen.has_value() && chosen->partial ? Outcome::kApprovedPartial : Outcome::kApproved;
    answer.limits.clear();
    answer.next_eligible_at = TimestampNs{};
    entry.list_price = request.list_price;
    int64_t hold_s = request.hold_s != 0 ? request.hold_s : kHoldSecondsDefault;
    if (chosen.has_value()) {
      Book(chosen->benefit, SharesOf(*chosen), chosen->subsidy, now, &entry);
      hold_s = request.hold_s != 0 ? request.hold_s : chosen->benefit->spec.hold_s;
    }
    if (request.capture_at_once) {
      CaptureAtOnce(&entry);
    } else {
      entry.state = TransactionState::kPending;
      entry.expires_at = TimestampNs{now.value() + hold_s * kNsPerSecond};
    }
    answer.subsidy = entry.subsidy;
    answer.member_pays = entry.list_price - entry.subsidy;
    answer.shares = SharesOf(entry);
    if (recorded) {
      AcceptCode(command, now);
    }
  }
  WentWithLines(entry);
  Answer told = recorded ? Record(std::move(entry)) : Retell(entry);
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
  answer->failed_benefit = furthest.benefit->spec.code;
  answer->next_eligible_at = furthest.next_eligible_at;
  if (furthest.failed_limit.has_value()) {
    const BenefitEntry& benefit = *furthest.benefit;
    const LimitSpec& limit = *furthest.failed_limit;
    answer->failed_limit = limit.code;
    answer->limits.push_back(
        LimitNow(benefit.calendar, limit, KeyOf(benefit, limit, PartyOf(command), at), 0));
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
