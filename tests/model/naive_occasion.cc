// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an authorization is asked with beside a card and a price, whose it is then, and what
// benefits ask for: docs/decisions/0008-vouchers-draws-appointments.md.

#include <algorithm>

#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"
#include "tests/model/naive_times.h"

namespace gonghui {
namespace {

constexpr int64_t kDayNs = kSecondsPerDay * kNsPerSecond;

AnswerCheck OfParty(Reason check, bool passed) {
  AnswerCheck result;
  result.check = check;
  result.passed = passed;
  return result;
}

// Of the wall clock.
int64_t OffsetOf(const Calendar& calendar, TimestampNs at) {
  return LocalSecondsOf(calendar, at) - at.value() / kNsPerSecond;
}

}  // namespace

// ---- Whose it is ------------------------------------------------------------------

OccasionRequest NaiveLedger::OccasionOf(const Command& command) {
  const OccasionRequest* occasion = command.authorize.occasion;
  return occasion == nullptr ? OccasionRequest{} : *occasion;
}

TimestampNs NaiveLedger::JudgedAt(const Command& command, TimestampNs now) {
  const TimestampNs event_at = OccasionOf(command).event_at;
  return event_at == TimestampNs{} ? now : event_at;
}

NaiveLedger::Party NaiveLedger::PartyOf(const Command& command) const {
  Party party;
  party.terminal = command.terminal;
  party.card = command.authorize.card;
  party.slot_at = OccasionOf(command).slot_at;
  if (const auto card = cards_.find(party.card); card != cards_.end()) {
    party.member = card->second.member;
  } else if (const auto voucher = vouchers_.find(OccasionOf(command).voucher);
             party.card == CardNumber{} && voucher != vouchers_.end()) {
    party.member = voucher->second.member;
  }
  return party;
}

std::vector<AnswerCheck> NaiveLedger::CheckParties(const Command& command, TimestampNs now) const {
  const OccasionRequest occasion = OccasionOf(command);
  const CardNumber card = command.authorize.card;
  std::vector<AnswerCheck> checks;
  // False when something has failed.
  const auto append = [&checks](const std::vector<AnswerCheck>& more) {
    checks.insert(checks.end(), more.begin(), more.end());
    return checks.empty() || checks.back().passed;
  };
  if (occasion.event_at != TimestampNs{} &&
      !append({OfParty(Reason::kEventNotYet, occasion.event_at <= now)})) {
    return checks;
  }
  if (!append(CheckTerminal(command.terminal, now))) {
    return checks;
  }
  const bool by_voucher = !occasion.voucher.IsNone();
  if (by_voucher && !append(CheckVoucher(occasion.voucher, now))) {
    return checks;
  }
  const MemberId member = PartyOf(command).member;
  const TimestampNs at = JudgedAt(command, now);
  if (card != CardNumber{} || !by_voucher) {
    if (!append(CheckCard(card, now, at))) {
      return checks;
    }
  } else if (!member.IsNone()) {  // a kiosk's
    if (!append({OfParty(Reason::kMemberNotFound, true), CheckMember(member, at)})) {
      return checks;
    }
  }
  if (by_voucher) {
    const MemberId& bound_to = vouchers_.at(occasion.voucher).member;
    append({OfParty(Reason::kVoucherOfAnother, bound_to.IsNone() || bound_to == member)});
  }
  return checks;
}

Reason NaiveLedger::JudgeCaller(const TerminalId& terminal,
                                const Entry& original,
                                TimestampNs at) const {
  std::vector<AnswerCheck> checks = CheckTerminal(terminal, at);
  const CardNumber card = original.command.authorize.card;
  if (checks.back().passed && card != CardNumber{}) {
    checks = CheckCard(card, at, at);
  } else if (checks.back().passed && !original.member.IsNone()) {
    checks = {CheckMember(original.member, at)};
  }
  return checks.back().passed ? Reason::kNone : checks.back().check;
}

// ---- What a benefit asks for --------------------------------------------------------

bool NaiveLedger::IsForOccasion(const BenefitEntry& benefit, const Command& command) const {
  const OccasionRequest occasion = OccasionOf(command);
  if (benefit.asks_for(Asks::kClaim) != (occasion.event_at != TimestampNs{})) {
    return false;
  }
  if (occasion.slot_at != TimestampNs{} && !benefit.asks_for(Asks::kSlot)) {
    return false;
  }
  if (occasion.voucher.IsNone()) {
    return true;
  }
  const auto voucher = vouchers_.find(occasion.voucher);
  return benefit.asks_for(Asks::kVoucher) && voucher != vouchers_.end() &&
         benefit.spec.voucher == voucher->second.series;
}

bool NaiveLedger::IsKnown(const LimitSpec& limit, const Party& party) {
  switch (limit.subject) {
    case LimitSubject::kPerson:
    case LimitSubject::kUnion:
      return !party.member.IsNone();
    case LimitSubject::kCard:
      return party.card != CardNumber{};
    case LimitSubject::kProgramme:
    case LimitSubject::kMerchant:
    case LimitSubject::kTerminal:
      break;
  }
  return true;
}

bool NaiveLedger::LacksSubject(const BenefitEntry& benefit,
                               const Command& command,
                               const Party& party) {
  return std::any_of(benefit.limits.begin(), benefit.limits.end(), [&](const LimitSpec& limit) {
    return IsAsked(limit, command) && !IsKnown(limit, party);
  });
}

bool NaiveLedger::IsSlotOf(const BenefitEntry& benefit,
                           TimestampNs slot_at,
                           TimestampNs now) const {
  const BenefitSpec& spec = benefit.spec;
  const int64_t latest = now.value() + int64_t{spec.slot_ahead_days} * kDayNs;
  const bool soon_enough = now < slot_at && slot_at.value() <= latest;
  const bool on_a_minute = slot_at.value() % kNsPerMinute == 0;
  const bool within_dates = benefit.starts_at <= slot_at && slot_at < benefit.ends_at;
  if (!soon_enough || !on_a_minute || !within_dates ||
      !IsWithinTimes(benefit.calendar, benefit.times, slot_at)) {
    return false;
  }
  std::vector<HoursRange> ranges = benefit.times.hours;
  if (ranges.empty()) {
    ranges.push_back({0, static_cast<int32_t>(kSecondsPerDay)});
  }
  const int32_t second = LocalSecondOfDay(benefit.calendar, slot_at);
  const int32_t length_s = int32_t{spec.slot_minutes} * 60;
  return std::any_of(ranges.begin(), ranges.end(), [&](const HoursRange& range) {
    return range.from_s <= second && second < range.to_s &&
           (second - range.from_s) % length_s == 0 && second + length_s <= range.to_s;
  });
}

// Minute by minute, from the one that is asked for on, if it can be one at all.
TimestampNs NaiveLedger::NextSlotWithRoom(const BenefitEntry& benefit,
                                          const Party& party,
                                          TimestampNs at) const {
  const int64_t latest = now_.value() + int64_t{benefit.spec.slot_ahead_days} * kDayNs;
  const int64_t asked = party.slot_at.value();
  const bool may_be = now_.value() < asked && asked <= latest && asked < benefit.ends_at.value();
  int64_t minute = (may_be ? asked : now_.value()) / kNsPerMinute;
  uint32_t slots = 0;
  while (++minute * kNsPerMinute <= latest && slots < kSlotsLookedAtMax) {
    Party there = party;
    there.slot_at = TimestampNs{minute * kNsPerMinute};
    if (!IsSlotOf(benefit, there.slot_at, now_)) {
      continue;
    }
    ++slots;
    const bool has_room =
        std::all_of(benefit.limits.begin(), benefit.limits.end(), [&](const LimitSpec& limit) {
          return limit.window != WindowKind::kSlot ||
                 TakenOf(limit, KeyOf(benefit, limit, there, at)) < limit.max;
        });
    if (has_room) {
      return there.slot_at;
    }
  }
  return TimestampNs{};
}

bool NaiveLedger::IsTooLate(const BenefitEntry& benefit, const Command& command, TimestampNs now) {
  const int64_t most = int64_t{benefit.spec.claim_days_max} * kDayNs;
  return now.value() - OccasionOf(command).event_at.value() > most;
}

Reason NaiveLedger::JudgeAsks(const BenefitEntry& benefit,
                              const Command& command,
                              TimestampNs now) const {
  const Party party = PartyOf(command);
  if (LacksSubject(benefit, command, party)) {
    return Reason::kNotPermittedToMember;
  }
  if (benefit.asks_for(Asks::kVoucher) && VoucherFor(benefit, command, now).IsNone()) {
    return Reason::kNoVoucher;
  }
  if (benefit.asks_for(Asks::kSlot) && !IsSlotOf(benefit, party.slot_at, now)) {
    return Reason::kSlotNotAvailable;
  }
  if (benefit.asks_for(Asks::kClaim) && IsTooLate(benefit, command, now)) {
    return Reason::kClaimTooLate;
  }
  return Reason::kNone;
}

TimestampNs NaiveLedger::SlotEnd(const BenefitEntry& benefit, TimestampNs slot_at) {
  const int64_t minutes =
      int64_t{benefit.spec.slot_minutes} + int64_t{benefit.spec.slot_grace_minutes};
  return TimestampNs{slot_at.value() + minutes * kNsPerMinute};
}

int64_t NaiveLedger::EarlierPrices(const BenefitEntry& benefit,
                                   const Party& party,
                                   TimestampNs at) const {
  if (!benefit.counts_on.has_value() || !IsKnown(*benefit.counts_on, party)) {
    return 0;
  }
  const int64_t taken = TakenOf(*benefit.counts_on, KeyOf(benefit, *benefit.counts_on, party, at));
  return std::max<int64_t>(0, taken);  // what later windows were given back is not paid twice
}

// ---- Which ways were gone -----------------------------------------------------------

void NaiveLedger::WentWithOccasion(const Entry& entry, bool recorded) {
  const auto went = [&](NaivePath path, bool really) { Went(path, recorded && really); };
  const OccasionRequest occasion = entry.occasion.value_or(OccasionRequest{});
  const bool by_card = entry.command.authorize.card != CardNumber{};
  if (!entry.voucher.IsNone()) {
    const NaiveVoucher& voucher = vouchers_.at(entry.voucher);
    const bool shown = !occasion.voucher.IsNone();
    went(NaivePath::kVoucherShown, shown);
    went(NaivePath::kVoucherWithoutCard, !by_card && !voucher.member.IsNone());
    went(NaivePath::kVoucherOfBearer, !by_card && voucher.member.IsNone());
    went(NaivePath::kVoucherOfBearerByCard, by_card && voucher.member.IsNone());
    went(NaivePath::kVoucherFound, !shown);
    const auto usable = std::count_if(vouchers_.begin(), vouchers_.end(), [&](const auto& item) {
      const NaiveVoucher& other = item.second;
      return other.series == voucher.series && other.member == voucher.member &&
             other.state == VoucherState::kIssued && other.valid_from <= now_ &&
             now_ < other.expires_at;
    });
    went(NaivePath::kVoucherFoundOfSeveral, !shown && usable > 1);
  }
  for (const Part& part : entry.parts) {
    const BenefitEntry& benefit = *part.benefit;
    const bool of_slot = benefit.asks_for(Asks::kSlot);
    went(NaivePath::kSlotTaken, of_slot);
    went(NaivePath::kSlotInOtherOffset,
         of_slot &&
             OffsetOf(benefit.calendar, occasion.slot_at) != OffsetOf(benefit.calendar, now_));
    went(NaivePath::kBandsGoOn, part.earlier_prices > 0);
    went(NaivePath::kBandsGiveNothing, benefit.counts_on.has_value() && part.subsidy == Fen{});
  }
  if (!entry.is_claim()) {
    return;
  }
  went(NaivePath::kClaimAtFullPrice, !entry.booked());
  for (const Part& part : entry.parts) {
    const std::vector<BenefitPointer> live = LiveAt(now_, ProgrammeCode{});
    const bool is_live = std::find(live.begin(), live.end(), part.benefit) != live.end();
    went(NaivePath::kClaimOfEarlierRules, !is_live);
    const std::vector<BenefitPointer> then = LiveAt(occasion.event_at, ProgrammeCode{});
    const bool was_live = std::find(then.begin(), then.end(), part.benefit) != then.end();
    went(NaivePath::kClaimBeforeFirstVersion, !was_live);
  }
  went(NaivePath::kClaimOfStatusThen,
       !entry.member.IsNone() && FaultOfMember(entry.member, now_) != Reason::kNone);
}

}  // namespace gonghui
