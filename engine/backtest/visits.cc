// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/visits.h"

#include <algorithm>
#include <numeric>

#include <absl/strings/str_format.h>

#include "engine/base/status_macros.h"

namespace gonghui {
namespace {

constexpr int64_t kSecondsPerHour = 3'600;
constexpr int64_t kNsPerHour = kSecondsPerHour * kNsPerSecond;
constexpr int64_t kPriceMinDefaultFen = 100;
constexpr int64_t kPriceMaxDefaultFen = 5'000;
constexpr size_t kFirstHourDefault = 6;
constexpr size_t kHoursEndDefault = 22;

}  // namespace

// ---- Made up --------------------------------------------------------------------------

ProfileVisits::ProfileVisits(const SimulationProfile& profile, const Calendar& calendar)
    : profile_(profile), calendar_(calendar), prng_(profile.seed) {}

absl::Status ProfileVisits::Begin(const Ledger& ledger, CivilDay first_day, uint32_t days) {
  FindCards(ledger);
  if (cards_.empty()) {
    return absl::InvalidArgumentError("no member has a card that can be used");
  }
  GH_RETURN_IF_ERROR(FindPlaces(ledger));
  per_day_ = cards_.size() * profile_.visits_per_thousand / 1'000;
  if (per_day_ == 0) {
    return absl::InvalidArgumentError("there is not one visit a day");
  }
  if (per_day_ > kVisitsMax / days) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d visits a day for %d days are more than %d", per_day_, days, kVisitsMax));
  }
  first_day_ = first_day;
  days_ = days;
  std::array<uint32_t, 24> weights = profile_.hours;
  if (std::all_of(weights.begin(), weights.end(), [](uint32_t weight) { return weight == 0; })) {
    std::fill(weights.begin() + kFirstHourDefault, weights.begin() + kHoursEndDefault, 1);
  }
  const uint64_t all = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  // The business day's hours, in their order, by what the clock then shows.
  const auto first_hour = static_cast<size_t>(calendar_.cutover_s / kSecondsPerHour);
  uint64_t weight_until = 0;
  uint64_t done = 0;
  for (size_t i = 0; i < by_hour_.size(); ++i) {
    weight_until += weights[(first_hour + i) % weights.size()];
    const uint64_t until = per_day_ * weight_until / all;
    by_hour_[i] = until - done;
    done = until;
  }
  Restart();
  return absl::OkStatus();
}

void ProfileVisits::Restart() {
  prng_ = Prng(profile_.seed);
  day_index_ = 0;
  hour_ = 0;
  last_ns_ = 0;
  EnterHour();
}

// Of each member the first card that can be used.
void ProfileVisits::FindCards(const Ledger& ledger) {
  std::vector<bool> has_card(ledger.members().size() + 1);
  for (uint32_t i = 1; i <= ledger.cards().size(); ++i) {
    const Card& card = ledger.cards()[CardRow{i}];
    if (card.status == CardStatus::kActive && card.member != MemberRow{} &&
        ledger.members()[card.member].status == MemberStatus::kActive &&
        !has_card[card.member.value()]) {
      has_card[card.member.value()] = true;
      cards_.push_back(card.number);
    }
  }
}

absl::Status ProfileVisits::FindPlaces(const Ledger& ledger) {
  std::vector<SimulationProfile::Place> asked = profile_.places;
  if (asked.empty()) {
    asked.push_back({{0, kMccMax}, 1, Fen{kPriceMinDefaultFen}, Fen{kPriceMaxDefaultFen}});
  }
  uint64_t parts = 0;
  for (const SimulationProfile::Place& place : asked) {
    parts += place.parts;
    Place& found = places_.emplace_back();
    found.price_min = place.price_min;
    found.price_max = place.price_max;
    found.parts_until = parts;
    for (uint32_t i = 1; i <= ledger.terminals().size(); ++i) {
      const Terminal& terminal = ledger.terminals()[TerminalRow{i}];
      const Merchant& merchant = ledger.merchants()[terminal.merchant];
      if (terminal.status == TerminalStatus::kActive &&
          merchant.status == MerchantStatus::kActive && merchant.mcc >= place.mccs.first &&
          merchant.mcc <= place.mccs.last) {
        found.terminals.push_back(TerminalRow{i});
      }
    }
    if (found.terminals.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("no active terminal is of a merchant of category %04d to %04d",
                          place.mccs.first,
                          place.mccs.last));
    }
  }
  return absl::OkStatus();
}

void ProfileVisits::EnterHour() {
  const int64_t local_s = (int64_t{first_day_} + day_index_) * kSecondsPerDay +
                          calendar_.cutover_s + static_cast<int64_t>(hour_) * kSecondsPerHour;
  hour_starts_ns_ = InstantOf(calendar_, local_s).value();
  in_hour_ = 0;
}

bool ProfileVisits::Next(Visit* visit) {
  while (day_index_ < days_ && in_hour_ == by_hour_[hour_]) {
    if (++hour_ == by_hour_.size()) {
      hour_ = 0;
      ++day_index_;
    }
    EnterHour();
  }
  if (day_index_ == days_) {
    return false;
  }
  // One after another and yet at random: each somewhere in its own part of the hour.
  const int64_t part_ns = kNsPerHour / static_cast<int64_t>(by_hour_[hour_]);
  const int64_t at_ns = hour_starts_ns_ + static_cast<int64_t>(in_hour_++) * part_ns +
                        static_cast<int64_t>(prng_.Below(static_cast<uint64_t>(part_ns)));
  // Where the clock is set forward an hour has no time of its own.
  last_ns_ = std::max(last_ns_, at_ns);
  const uint64_t part = prng_.Below(places_.back().parts_until);
  const auto place = std::upper_bound(
      places_.begin(), places_.end(), part, [](uint64_t value, const Place& candidate) {
        return value < candidate.parts_until;
      });
  *visit = Visit{};
  visit->at = TimestampNs{last_ns_};
  visit->card = cards_[prng_.Below(cards_.size())];
  visit->terminal = place->terminals[prng_.Below(place->terminals.size())];
  visit->price = Fen{prng_.Between(place->price_min.value(), place->price_max.value())};
  return true;
}

// ---- As recorded ------------------------------------------------------------------------

RecordedVisits::RecordedVisits(const Calendar& calendar, CivilDay day)
    : calendar_(calendar),
      from_(StartOfBusinessDay(calendar, day)),
      to_(StartOfBusinessDay(calendar, day + 1)) {}

RecordedVisits::Sample* RecordedVisits::Find(uint64_t seq) {
  const auto found = std::lower_bound(
      samples_.begin(), samples_.end(), seq, [](const Sample& sample, uint64_t value) {
        return sample.seq < value;
      });
  return found != samples_.end() && found->seq == seq ? &*found : nullptr;
}

void RecordedVisits::Record(const Event& event) {
  switch (event.kind) {
    case EventKind::kAuthorized:
      if (event.at >= from_ && event.at < to_) {
        Add(event);
      }
      return;
    case EventKind::kCaptured:
    case EventKind::kIncremented:
    case EventKind::kReversed:
    case EventKind::kRefunded:
      break;
    default:
      return;
  }
  if (samples_.empty() || event.original.row == TransactionRow{}) {
    return;
  }
  if (Sample* const sample = Find(event.transaction.original_seq.value()); sample != nullptr) {
    sample->price +=
        event.kind == EventKind::kIncremented ? event.original.list_price_delta : Fen{0};
    sample->captured += event.original.captured_delta - event.original.refunded_delta;
  }
}

void RecordedVisits::Add(const Event& event) {
  if (samples_.size() == kVisitsMax) {
    too_many_ = true;
    return;
  }
  const AuthorizeRequest& request = event.command->authorize;
  if (request.occasion != nullptr) {
    ++unplayed_;
    return;  // a code is used up, a slot is over, and what happened does not happen again
  }
  Sample sample;
  sample.offset_ns = event.at.value() - from_.value();
  sample.seq = event.seq.value();
  sample.card = event.transaction.card;
  sample.price = request.list_price;
  sample.terminal = event.transaction.terminal;
  sample.hold = !request.capture_at_once;
  // What was declined nobody captured; it would have been.
  const bool declined = event.transaction.outcome == Outcome::kDeclined;
  sample.captured = declined || !sample.hold ? sample.price : Fen{0};
  sample.first_line = static_cast<uint32_t>(lines_.size());
  sample.line_count = static_cast<uint8_t>(request.line_count);
  lines_.insert(lines_.end(), request.lines, request.lines + request.line_count);
  samples_.push_back(sample);
}

absl::Status RecordedVisits::Begin(CivilDay first_day, uint32_t days) {
  // Sales that were wholly undone are left out.
  std::erase_if(samples_, [](const Sample& sample) {
    return !sample.hold && sample.price > Fen{0} && sample.captured <= Fen{0};
  });
  if (samples_.empty()) {
    return absl::OutOfRangeError("nothing was sold on the day that is to be repeated");
  }
  if (too_many_ || samples_.size() > kVisitsMax / days) {
    return absl::InvalidArgumentError(
        absl::StrFormat("so many days are more than %d visits", kVisitsMax));
  }
  first_day_ = first_day;
  days_ = days;
  Restart();
  return absl::OkStatus();
}

void RecordedVisits::Restart() {
  day_index_ = 0;
  next_ = 0;
  last_ns_ = 0;
}

bool RecordedVisits::Next(Visit* visit) {
  if (next_ == samples_.size()) {
    next_ = 0;
    ++day_index_;
  }
  if (day_index_ >= days_) {
    return false;
  }
  const Sample& sample = samples_[next_++];
  const TimestampNs start =
      StartOfBusinessDay(calendar_, first_day_ + static_cast<CivilDay>(day_index_));
  *visit = Visit{};
  // A day of 25 hours may be repeated on one of 24.
  last_ns_ = std::max(last_ns_, start.value() + sample.offset_ns);
  visit->at = TimestampNs{last_ns_};
  visit->card = sample.card;
  visit->terminal = sample.terminal;
  visit->price = sample.price;
  visit->hold = sample.hold;
  visit->captured = std::min(sample.captured, sample.price);
  visit->lines = {lines_.data() + sample.first_line, sample.line_count};
  return true;
}

}  // namespace gonghui
