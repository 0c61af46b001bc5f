// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What brings an authorization about beside a card and a price: a voucher, an appointment, an
// event that a claim is about (docs/decisions/0008-vouchers-draws-appointments.md,
// 0009-aid-and-mutual-funds.md).

#include <algorithm>
#include <cstdint>
#include <span>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"

namespace gonghui {

// ---- Repeats -------------------------------------------------------------------

// One that took a voucher by itself was asked with none.
Field Decider::OccasionDifference(const Transaction& stored,
                                  const AuthorizeRequest& request) const {
  const OccasionRequest none;
  const OccasionRequest& asked = request.occasion != nullptr ? *request.occasion : none;
  // Row 0 is all zero.
  const OccasionRequest& before = ledger_.occasions_[stored.progress.occasion].asked;
  if (before.voucher != asked.voucher) {
    return Field::kVoucher;
  }
  if (before.slot_at != asked.slot_at) {
    return Field::kSlotAt;
  }
  if (before.event_at != asked.event_at) {
    return Field::kEventAt;
  }
  return before.filed_by != asked.filed_by ? Field::kFiledBy : Field::kNone;
}

// ---- Beginning -----------------------------------------------------------------

bool Decider::HasRoomForOccasion() {
  if (ledger_.occasions_.full()) {
    Full(Field::kOccasions);
    return false;
  }
  return true;
}

// Whatever the answer will be, it is kept with what was asked.
void Decider::BeginOccasion(bool quote) {
  if (ShowsVoucher()) {
    voucher_ = ledger_.FindVoucher(occasion_->voucher);
  }
  if (!quote) {
    event_->has_occasion = true;
    event_->transaction.progress.occasion = ledger_.occasions_.next();
  }
}

// Of the code that is shown, as it is now.
Reason Decider::CheckVoucher() const {
  if (voucher_ == VoucherRow{}) {
    return Reason::kVoucherNotFound;
  }
  const Voucher& voucher = ledger_.vouchers_[voucher_];
  switch (voucher.state) {
    case VoucherState::kIssued:
      break;
    case VoucherState::kReserved:
      return Reason::kVoucherReserved;
    case VoucherState::kRedeemed:
      return Reason::kVoucherRedeemed;
    case VoucherState::kVoid:
    case VoucherState::kBlank:
      return Reason::kVoucherVoid;
  }
  if (now_ < voucher.valid_from) {
    return Reason::kVoucherNotYetValid;
  }
  return now_ >= voucher.expires_at ? Reason::kVoucherExpired : Reason::kNone;
}

// As CheckParties().  The card may be left out where a voucher says who it is; of a claim
// the member is judged as of the event, as all is from there on.
Reason Decider::CheckPartiesOfOccasion() {
  if (IsClaim() && occasion_->event_at > now_) {
    return Reason::kEventNotYet;
  }
  Reason reason = CheckTerminalAndMerchant();
  if (reason == Reason::kNone && ShowsVoucher()) {
    reason = CheckVoucher();
  }
  if (reason != Reason::kNone) {
    return reason;
  }
  const CardNumber number = command_.authorize.card;
  const MemberRow bound = ledger_.vouchers_[voucher_].member;  // row 0 is all zero
  if (number == CardNumber{} && ShowsVoucher()) {
    member_ = bound;
  } else {
    reason = CheckCard(number);
    if (reason != Reason::kNone) {
      return reason;
    }
  }
  if (IsClaim()) {
    JudgeAt(occasion_->event_at);
  }
  if (member_ != MemberRow{}) {
    reason = WhyNotActive(ledger_.StatusAt(ledger_.members_[member_], judged_at_));
  }
  if (reason == Reason::kNone && bound != MemberRow{} && bound != member_) {
    reason = Reason::kVoucherOfAnother;
  }
  return reason;
}

// ---- What a benefit asks for ---------------------------------------------------

bool Decider::IsForOccasion(const Benefit& benefit) const {
  if (AsksFor(benefit.asks, Asks::kClaim) != IsClaim()) {
    return false;
  }
  if (occasion_ == nullptr) {
    return true;
  }
  if (occasion_->slot_at != TimestampNs{} && !AsksFor(benefit.asks, Asks::kSlot)) {
    return false;
  }
  return !ShowsVoucher() || (AsksFor(benefit.asks, Asks::kVoucher) &&
                             TermsOf(benefit).series == ledger_.vouchers_[voucher_].series);
}

bool Decider::LacksSubject(const Limit& limit) const {
  switch (limit.subject) {
    case LimitSubject::kPerson:
    case LimitSubject::kUnion:
      return member_ == MemberRow{};
    case LimitSubject::kCard:
      return card_ == CardRow{};
    case LimitSubject::kProgramme:
    case LimitSubject::kMerchant:
    case LimitSubject::kTerminal:
      return false;
  }
  return false;
}

bool Decider::LacksSubject(const Benefit& benefit) const {
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger_.limits_[benefit.limit(i)];
    if (IsAsked(limit) && LacksSubject(limit)) {
      return true;
    }
  }
  return false;
}

// Looked for once: a member may have a thousand, and several benefits ask for them.
VoucherRow Decider::VoucherFor(const Benefit& benefit) {
  if (voucher_ != VoucherRow{}) {
    return voucher_;
  }
  if (member_ == MemberRow{}) {
    return VoucherRow{};
  }
  const VoucherSeriesRow series = TermsOf(benefit).series;
  if (looked_series_ != series) {
    looked_series_ = series;
    found_voucher_ = FindVoucherOf(member_, series);
  }
  return found_voucher_;
}

VoucherRow Decider::FindVoucherOf(MemberRow member, VoucherSeriesRow series) const {
  // The chain goes back: of those that expire together, the last that is met was first.
  VoucherRow found;
  if (ledger_.voucher_series_[series].issued == 0) {
    return found;  // nobody has one
  }
  for (VoucherRow row = ledger_.NewestVoucherOf(member, series); row != VoucherRow{};
       row = ledger_.vouchers_[row].previous) {
    const Voucher& voucher = ledger_.vouchers_[row];
    if (voucher.state == VoucherState::kIssued && now_ >= voucher.valid_from &&
        now_ < voucher.expires_at &&
        (found == VoucherRow{} || voucher.expires_at <= ledger_.vouchers_[found].expires_at)) {
      found = row;
    }
  }
  return found;
}

namespace {

// None begins later.
TimestampNs LastSlotOf(const BenefitTerms& terms, TimestampNs now) {
  return TimestampNs{now.value() + terms.slot_ahead_days * kSecondsPerDay * kNsPerSecond};
}

}  // namespace

// It begins after now, where slots begin in an opening, and ends within that.
SlotFault Ledger::SlotFaultOf(const Benefit& benefit, TimestampNs slot_at, TimestampNs now) const {
  const BenefitTerms& terms = benefit_terms_[benefit.terms];
  if (slot_at == TimestampNs{}) {
    return SlotFault::kNotNamed;
  }
  if (slot_at <= now) {
    return SlotFault::kBegun;
  }
  if (slot_at > LastSlotOf(terms, now)) {
    return SlotFault::kTooFarAhead;
  }
  const Calendar& calendar = calendars_[benefit.calendar];
  if (slot_at.value() % kNsPerMinute != 0 || slot_at < benefit.starts_at ||
      slot_at >= benefit.ends_at || !IsOpenOn(benefit, BusinessDayOf(calendar, slot_at))) {
    return SlotFault::kNoneBegins;
  }
  const int32_t length_s = terms.slot_minutes * 60;
  const int32_t second = LocalSecondOfDay(calendar, slot_at);
  const auto begins_in = [&](const HoursRange& hours) {
    return second >= hours.from_s && second + length_s <= hours.to_s && length_s > 0 &&
           (second - hours.from_s) % length_s == 0;
  };
  bool begins = false;
  if (benefit.hours.count == 0) {
    HoursRange day;
    day.from_s = 0;
    day.to_s = kSecondsPerDay;
    begins = begins_in(day);
  } else {
    const std::span<const HoursRange> ranges = HoursOf(benefit.hours);
    begins = std::any_of(ranges.begin(), ranges.end(), begins_in);
  }
  return begins ? SlotFault::kNone : SlotFault::kNoneBegins;
}

// A later instant, before which no slot begins: where the wall clock shows that one does, a day
// begins, or the clock is set.
TimestampNs Decider::NextMomentOfSlots(const Benefit& benefit, TimestampNs after) const {
  const Calendar& calendar = ledger_.calendars_[benefit.calendar];
  const CivilDay day = BusinessDayOf(calendar, after);
  if (!IsOpenOn(benefit, day)) {
    // Later at any rate, and slots begin with a minute.
    const TimestampNs next_minute{(after.value() / kNsPerMinute + 1) * kNsPerMinute};
    return std::max(StartOfBusinessDay(calendar, day + 1), next_minute);
  }
  const int64_t length_s = TermsOf(benefit).slot_minutes * int64_t{60};
  const int64_t second = LocalSecondOfDay(calendar, after);
  int64_t next = kSecondsPerDay;
  const auto consider = [&](int64_t from_s, int64_t to_s) {
    const int64_t begun = second < from_s ? 0 : (second - from_s) / length_s + 1;
    const int64_t begin = from_s + begun * length_s;
    next = begin + length_s <= to_s ? std::min(next, begin) : next;
  };
  if (benefit.hours.count == 0) {
    consider(0, kSecondsPerDay);
  }
  for (const HoursRange& hours : ledger_.HoursOf(benefit.hours)) {
    consider(hours.from_s, hours.to_s);
  }
  const int64_t after_s = FloorSecond(after);
  int64_t next_s = after_s + next - second;
  for (uint32_t i = 1; i < calendar.offset_change_count; ++i) {  // the first is none
    const int64_t from_s = calendar.offset_changes[i].from_s;
    next_s = from_s > after_s ? std::min(next_s, from_s) : next_s;
  }
  return TimestampNs{next_s * kNsPerSecond};
}

// Whoever else may stand in the way of that slot is not asked: what is told is a place.
bool Decider::HasRoom(const Benefit& benefit, TimestampNs slot_at) const {
  const auto window = static_cast<WindowNumber>(slot_at.value() / kNsPerMinute);
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger_.limits_[benefit.limit(i)];
    if (limit.window != WindowKind::kSlot) {
      continue;
    }
    const Standing standing = StandingOf(limit, SubjectOf(limit), window);
    if (limit.max - standing.used - standing.held < 1) {
      return false;
    }
  }
  return true;
}

TimestampNs Decider::NextSlotWithRoom(const Benefit& benefit) const {
  const TimestampNs last = LastSlotOf(TermsOf(benefit), now_);
  const TimestampNs asked = AskedSlot();
  TimestampNs at = asked > now_ && asked <= last && asked < benefit.ends_at ? asked : now_;
  for (uint32_t looked_at = 0; looked_at < kSlotsLookedAtMax;) {
    at = NextMomentOfSlots(benefit, at);
    if (at > last || at >= benefit.ends_at) {
      break;
    }
    if (!IsSlotOf(benefit, at)) {
      continue;
    }
    ++looked_at;
    if (HasRoom(benefit, at)) {
      return at;
    }
  }
  return TimestampNs{};
}

// Or without an event.
bool Decider::IsTooLate(const Benefit& benefit) const {
  const int64_t most_ns = TermsOf(benefit).claim_days_max * kSecondsPerDay * kNsPerSecond;
  return !IsClaim() || occasion_->event_at.value() < now_.value() - most_ns;
}

// Of a candidate, after its rules and before its limits.
Reason Decider::CheckAsks(const Benefit& benefit) {
  constexpr auto kOnlineAlone =
      static_cast<uint8_t>(static_cast<uint8_t>(Asks::kVoucher) |
                           static_cast<uint8_t>(Asks::kSlot) | static_cast<uint8_t>(Asks::kClaim));
  if (advice_ != nullptr && (benefit.asks & kOnlineAlone) != 0) {
    return Reason::kOfflineNotPermitted;
  }
  if (LacksSubject(benefit)) {
    return Reason::kNotPermittedToMember;
  }
  if (AsksFor(benefit.asks, Asks::kVoucher) && VoucherFor(benefit) == VoucherRow{}) {
    return Reason::kNoVoucher;
  }
  if (AsksFor(benefit.asks, Asks::kSlot) && !IsSlotOf(benefit, AskedSlot())) {
    return Reason::kSlotNotAvailable;
  }
  return AsksFor(benefit.asks, Asks::kClaim) && IsTooLate(benefit) ? Reason::kClaimTooLate
                                                                   : Reason::kNone;
}

// What the limit that its bands go on from has counted before this; of an original, before
// that.
Fen Decider::EarlierPricesOf(const Benefit& benefit) const {
  if (original_ != nullptr) {
    return EarlierPricesOfOriginal(benefit);
  }
  const Limit& limit = ledger_.limits_[TermsOf(benefit).earlier_prices];
  if (LacksSubject(limit)) {
    return Fen{0};
  }
  const Calendar& calendar = ledger_.calendars_[benefit.calendar];
  const WindowNumber window = WindowOf(limit.window, BusinessDayOf(calendar, judged_at_));
  const Standing standing = StandingOf(limit, SubjectOf(limit), window);
  return Fen{standing.used + standing.held};
}

// The moment, with the window of the slot that is asked for.
const CalendarMoment& Decider::MomentOfSlot(const CalendarMoment& moment) {
  constexpr auto kSlot = static_cast<size_t>(WindowKind::kSlot);
  CalendarMoment& of_slot = past_.past.of_slot;
  of_slot = moment;
  if (occasion_ != nullptr) {
    of_slot.windows[kSlot] = static_cast<WindowNumber>(occasion_->slot_at.value() / kNsPerMinute);
    of_slot.ends[kSlot] = occasion_->slot_at;
  }
  return of_slot;
}

// ---- Booking -------------------------------------------------------------------

// REQUIRES: the offer applies, and all but it is in the event.
bool Decider::TakeAsked(const Offer& offer, bool sale, bool quote) {
  const Benefit& benefit = ledger_.benefits_[offer.benefit];
  const BenefitTerms& terms = TermsOf(benefit);
  Transaction& transaction = event_->transaction;
  if (AsksFor(benefit.asks, Asks::kClaim) && sale && terms.approvals > 0) {
    Decline(Reason::kApprovalMissing);  // nobody can have approved it
    transaction.benefit = offer.benefit;
    FinishTransaction(quote);
    return false;
  }
  if (AsksFor(benefit.asks, Asks::kSlot) && !sale) {
    const int64_t minutes = int64_t{terms.slot_minutes} + terms.slot_grace_minutes;
    transaction.expires_at = TimestampNs{occasion_->slot_at.value() + minutes * kNsPerMinute};
  }
  if (!AsksFor(benefit.asks, Asks::kVoucher) || quote) {
    return true;
  }
  if (!event_->has_occasion) {  // found without its code
    if (!HasRoomForOccasion()) {
      return false;
    }
    event_->has_occasion = true;
    transaction.progress.occasion = ledger_.occasions_.next();
  }
  event_->voucher_row = VoucherFor(benefit);
  event_->voucher_state = sale ? VoucherState::kRedeemed : VoucherState::kReserved;
  return true;
}

// ---- Evolve --------------------------------------------------------------------

void Ledger::EvolveOccasion(const Event& event) {
  Occasion occasion;
  if (const OccasionRequest* const asked = event.command->authorize.occasion; asked != nullptr) {
    occasion.asked = *asked;
  }
  occasion.authorization = event.seq;
  occasion.voucher = event.voucher_row;
  const OccasionRow row = occasions_.Append(occasion);
  GH_CHECK_EQ(row.value(), event.transaction.progress.occasion.value());
  if (event.voucher_row != VoucherRow{}) {
    EvolveVoucherState(event);
  }
  if (occasion.asked.event_at != TimestampNs{}) {
    CountClaim(event);
  }
}

}  // namespace gonghui
