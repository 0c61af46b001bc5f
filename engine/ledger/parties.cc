// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who takes part: terminal, merchant, card and member, as they are now, or as they were when
// an advice was done.  Where a voucher says who it is, occasion.cc.

#include <algorithm>

#include "engine/ledger/decide.h"

namespace gonghui {

// Of a card of that status.
inline Reason Decider::WhyNotUsable(const Card& card, CardStatus status) const {
  const int64_t utc_day = judged_at_.value() / (kSecondsPerDay * kNsPerSecond);
  const bool past_last_day = card.expires_day != 0 && utc_day >= card.expires_day;
  switch (status) {
    case CardStatus::kIssued:
      return Reason::kCardNotActive;
    case CardStatus::kExpired:
      return Reason::kCardExpired;
    case CardStatus::kPaused:
      return past_last_day ? Reason::kCardExpired : Reason::kCardPaused;
    case CardStatus::kLost:
    case CardStatus::kStolen:
      return past_last_day ? Reason::kCardExpired : Reason::kCardLostOrStolen;
    case CardStatus::kReplaced:
    case CardStatus::kClosed:
      return past_last_day ? Reason::kCardExpired : Reason::kCardClosed;
    case CardStatus::kActive:
      return past_last_day ? Reason::kCardExpired : Reason::kNone;
  }
  return Reason::kInvalidCard;
}

inline Reason Decider::WhyNotActive(MemberStatus status) {
  switch (status) {
    case MemberStatus::kActive:
      return Reason::kNone;
    case MemberStatus::kSuspended:
      return Reason::kMemberSuspended;
    case MemberStatus::kLapsed:
      return Reason::kMembershipExpired;
    case MemberStatus::kClosed:
      return Reason::kMemberClosed;
  }
  return Reason::kMemberNotFound;
}

Reason Decider::CheckCard(CardNumber number) {
  card_ = FindCard(number);
  if (card_ == CardRow{}) {
    return Reason::kInvalidCard;
  }
  const Card& card = ledger_.cards_[card_];
  const Reason reason = WhyNotUsable(card, card.status);
  if (reason != Reason::kNone) {
    return reason;
  }
  member_ = card.member;
  return member_ == MemberRow{} ? Reason::kMemberNotFound : Reason::kNone;
}

Reason Decider::CheckCardAndMember(CardNumber number) {
  const Reason reason = CheckCard(number);
  return reason != Reason::kNone ? reason : CheckMember();
}

Reason Decider::CheckMember() const {
  return WhyNotActive(ledger_.members_[member_].status);
}

Reason Decider::CheckTerminalAndMerchant() const {
  if (ledger_.terminals_[terminal_].status != TerminalStatus::kActive) {
    return Reason::kTerminalInactive;
  }
  if (ledger_.merchants_[merchant_].status != MerchantStatus::kActive) {
    return Reason::kMerchantInactive;
  }
  return Reason::kNone;
}

// Terminal, merchant, card and member, as they are now.
Reason Decider::CheckParties(CardNumber number) {
  const Reason reason = CheckTerminalAndMerchant();
  return reason != Reason::kNone ? reason : CheckCardAndMember(number);
}

Reason Decider::CheckPartiesAgain() {
  if (original_->card != CardNumber{}) {
    return CheckParties(original_->card);
  }
  const Reason reason = CheckTerminalAndMerchant();
  if (reason != Reason::kNone) {
    return reason;
  }
  member_ = original_->member;  // a bearer's voucher has none
  return member_ == MemberRow{} ? Reason::kNone : CheckMember();
}

// Terminal, merchant, card and member, by the statuses of the time that is judged.  A
// card or member of which the terminal's deny list could not tell passes, and the first
// such reason is told.
Reason Decider::CheckPartiesThen(Reason* undelivered) {
  // It held no list of later than the sale, and one that it let grow old is its own fault.
  const TimestampNs list_at = std::min(advice_->deny_list_at, judged_at_);
  const bool had_list = list_at != TimestampNs{} &&
                        judged_at_.value() - list_at.value() <= kDenyListAgeMaxS * kNsPerSecond;
  const auto pass_undelivered = [&](Reason reason, bool was_active) {
    const bool passes = had_list && was_active;
    if (passes && *undelivered == Reason::kNone) {
      *undelivered = reason;
    }
    return passes;
  };
  if (ledger_.StatusAt(ledger_.terminals_[terminal_], judged_at_) != TerminalStatus::kActive) {
    return Reason::kTerminalInactive;
  }
  if (ledger_.StatusAt(ledger_.merchants_[merchant_], judged_at_) != MerchantStatus::kActive) {
    return Reason::kMerchantInactive;
  }
  card_ = FindCard(command_.authorize.card);
  if (card_ == CardRow{}) {
    return Reason::kInvalidCard;
  }
  const Card& card = ledger_.cards_[card_];
  Reason reason = WhyNotUsable(card, ledger_.StatusAt(card, judged_at_));
  if (reason == Reason::kCardPaused || reason == Reason::kCardLostOrStolen ||
      reason == Reason::kCardClosed) {
    const bool was_active = ledger_.StatusAt(card, list_at) == CardStatus::kActive;
    reason = pass_undelivered(reason, was_active) ? Reason::kNone : reason;
  }
  if (reason != Reason::kNone) {
    return reason;
  }
  member_ = card.member;
  if (member_ == MemberRow{}) {
    return Reason::kMemberNotFound;
  }
  const Member& member = ledger_.members_[member_];
  reason = WhyNotActive(ledger_.StatusAt(member, judged_at_));
  if (reason != Reason::kNone) {
    const bool was_active = ledger_.StatusAt(member, list_at) == MemberStatus::kActive;
    reason = pass_undelivered(reason, was_active) ? Reason::kNone : reason;
  }
  return reason;
}

}  // namespace gonghui
