// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/rush_book.h"

#include <algorithm>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr uint64_t kRequests = 0x7275'7368;  // the upper half of every request id
constexpr int64_t kDayNs = 86'400 * kNsPerSecond;
constexpr int64_t kZoneNs = 8 * 3'600 * kNsPerSecond;

// Changes that are kept after they are durable, before room is made.
constexpr size_t kOldChangesMax = 1 << 14;

}  // namespace

RushBook::RushBook(const CityOptions& city, uint16_t shard) : city_(city), shard_(shard) {
  GH_CHECK_EQ(city.benefits_per_category, 1U);
  GH_CHECK(city.members <= UINT16_MAX && city.merchants <= UINT16_MAX);
  sums_.funds.resize(city.funds);
  sums_.uses.resize(city.members + 1);
  terminals_.emplace_back();
  for (uint32_t merchant = 1; merchant <= city.merchants; ++merchant) {
    terminals_.push_back(TerminalOf(merchant));
  }
  deeds_.emplace_back();  // number 0 is no request id
}

uint32_t RushBook::Add(const Deed& deed) {
  deeds_.push_back(deed);
  return size() - 1;
}

Command RushBook::CommandOf(uint32_t number) const {
  const Deed& deed = deeds_[number];
  Command command;
  command.terminal = terminals_[deed.merchant];
  command.request_id = RequestId{kRequests, number};
  switch (deed.kind) {
    case DeedKind::kSale:
    case DeedKind::kHold:
      command.kind = CommandKind::kAuthorize;
      command.authorize.card = CardOf(deed.member);
      command.authorize.list_price = Fen{deed.price_fen};
      command.authorize.capture_at_once = deed.kind == DeedKind::kSale;
      break;
    case DeedKind::kCapture:
      command.kind = CommandKind::kCapture;
      command.capture = CaptureRequest{};
      command.capture.original_request_id = RequestId{kRequests, deed.original};
      break;
    case DeedKind::kReversal:
      command.kind = CommandKind::kReverse;
      command.reverse = ReverseRequest{};
      command.reverse.original_request_id = RequestId{kRequests, deed.original};
      break;
  }
  return command;
}

Command RushBook::InquiryFor(uint32_t number) const {
  Command command;
  command.kind = CommandKind::kGetTransaction;
  command.terminal = terminals_[deeds_[number].merchant];
  command.inquiry = InquiryRequest{};
  command.inquiry.request_id = RequestId{kRequests, number};
  return command;
}

// As BuildCity() spreads them: the benefit's number is its category's, counted from 1.
size_t RushBook::FundFor(const Deed& deed) const {
  constexpr uint32_t kCategories = 6;
  const uint32_t benefit = deed.merchant % kCategories + 1;
  return benefit % city_.funds;
}

void RushBook::Differs(uint32_t number, const char* what, const Result& result) {
  const Deed& deed = deeds_[number];
  Report(absl::StrCat("deed ",
                      number,
                      " of kind ",
                      static_cast<int>(deed.kind),
                      ", price ",
                      deed.price_fen,
                      ", member ",
                      deed.member,
                      ": ",
                      what,
                      "; told: verdict ",
                      NameOf(result.verdict),
                      ", outcome ",
                      NameOf(result.transaction.outcome),
                      ", reason ",
                      NameOf(result.transaction.reason),
                      ", subsidy ",
                      result.transaction.subsidy.value(),
                      result.replay ? ", a repeat" : ""));
}

void RushBook::Remember(uint64_t seq, uint32_t number) {
  changes_.push_back({seq, number, deeds_[number]});
}

void RushBook::PassTo(TimestampNs now) {
  const auto day = static_cast<int32_t>((now.value() + kZoneNs) / kDayNs);
  if (day != day_) {
    GH_CHECK(day > day_, "day=", day);
    day_ = day;
    std::fill(sums_.uses.begin(), sums_.uses.end(), uint16_t{0});
  }
}

void RushBook::OnDecision(uint32_t number,
                          TimestampNs now,
                          const Event& event,
                          const Result& result) {
  PassTo(now);
  if (result.verdict != Verdict::kDecided) {
    return Differs(number, "not decided", result);
  }
  const bool changed = event.kind != EventKind::kNone;
  if (changed == deeds_[number].decided || changed == result.replay) {
    return Differs(number, changed ? "decided twice" : "not decided at all", result);
  }
  if (changed) {
    deeds_[number].is_authorization() ? Authorize(number, event.seq.value(), result)
                                      : Follow(number, event.seq.value(), result);
  }
  CompareTold(number, result);
}

// The first time, a repeat and an inquiry are told the same of what was decided.
void RushBook::CompareTold(uint32_t number, const Result& result) {
  const Deed& deed = deeds_[number];
  const Transaction& told = result.transaction;
  const RequestId id{kRequests, number};
  if (result.transaction_id != MakeTransactionId(shard_, CommandSeq{deed.seq}) ||
      told.seq.value() != deed.seq || told.request_id != id) {
    Differs(number, "another's", result);
  }
  if ((told.outcome == Outcome::kApproved) != deed.approved) {
    Differs(number, "another outcome than was decided", result);
  }
  if (!deed.is_authorization()) {
    return;
  }
  const int64_t subsidy = deed.approved ? SubsidyOf(deed) : 0;
  if (told.subsidy.value() != subsidy || told.list_price.value() != deed.price_fen ||
      told.member_pays.value() != deed.price_fen - subsidy || told.card != CardOf(deed.member)) {
    Differs(number, "other amounts than were decided", result);
  }
}

void RushBook::Authorize(uint32_t number, uint64_t seq, const Result& result) {
  Remember(seq, number);
  Deed& deed = deeds_[number];
  const Fund& fund = sums_.funds[FundFor(deed)];
  const bool approved = !deed.reversed && sums_.uses[deed.member] < city_.uses_per_day &&
                        fund.held + fund.spent + SubsidyOf(deed) <= city_.fund_budget_fen;
  if ((result.transaction.outcome == Outcome::kApproved) != approved) {
    return Differs(number, approved ? "should be approved" : "should be declined", result);
  }
  deed.decided = true;
  deed.approved = approved;
  deed.day = day_;
  deed.seq = static_cast<uint32_t>(seq);
  Count(deed, 1, &sums_);
}

// A capture or a reversal.
void RushBook::Follow(uint32_t number, uint64_t seq, const Result& result) {
  const uint32_t original = deeds_[number].original;
  Remember(seq, number);
  Remember(seq, original);
  Deed& deed = deeds_[number];
  Deed& of = deeds_[original];
  const bool stands = of.decided && of.approved && !of.reversed;
  const bool reverses = deed.kind == DeedKind::kReversal;
  // What a capture has followed can be given back (a refund), and not be undone.
  const bool followed = of.kind == DeedKind::kHold && of.captured;
  const bool effective = stands && !followed && (reverses || of.kind == DeedKind::kHold);
  // What is reversed before it came, or again, or was declined, does not stand, as is asked for.
  const bool approved = effective || (reverses && !followed);
  if ((result.transaction.outcome == Outcome::kApproved) != approved) {
    return Differs(number, approved ? "should be approved" : "should be declined", result);
  }
  deed.decided = true;
  deed.approved = approved;
  deed.seq = static_cast<uint32_t>(seq);
  Count(of, -1, &sums_);
  of.reversed |= reverses && (effective || !of.decided);
  of.captured |= effective && !reverses;
  Count(of, 1, &sums_);
}

void RushBook::OnInquiry(uint32_t number, const Event& event, const Result& result) {
  const Deed& deed = deeds_[number];
  const bool found = result.verdict == Verdict::kDecided;
  if (found != deed.decided || (!found && result.verdict != Verdict::kNotFound)) {
    return Differs(
        number, deed.decided ? "LOST to an inquiry" : "found, and never decided", result);
  }
  if (event.kind != EventKind::kNone) {
    Differs(number, "an inquiry changes something", result);
  }
  if (!found) {
    return;
  }
  CompareTold(number, result);
  const bool open = deed.kind == DeedKind::kHold && deed.stands() && !deed.captured;
  if (deed.is_authorization() && result.transaction.IsOpenHold() != open) {
    Differs(number, open ? "should be open" : "should not be open", result);
  }
}

void RushBook::GoBackTo(uint64_t seq, std::vector<uint32_t>* undone) {
  while (changes_.size() > first_change_ && changes_.back().seq > seq) {
    const Change& change = changes_.back();
    Deed& deed = deeds_[change.number];
    if (deed.decided && !change.before.decided) {
      if (deed.acknowledged) {
        Report(absl::StrCat("LOST: deed ", change.number, " was acknowledged, event ", change.seq));
      }
      undone->push_back(change.number);
    }
    const bool acknowledged = deed.acknowledged;
    Count(deed, -1, &sums_);
    deed = change.before;
    deed.acknowledged = acknowledged;
    Count(deed, 1, &sums_);
    changes_.pop_back();
  }
}

void RushBook::ForgetChangesUpTo(uint64_t seq) {
  while (first_change_ < changes_.size() && changes_[first_change_].seq <= seq) {
    ++first_change_;
  }
  if (first_change_ >= kOldChangesMax) {
    changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(first_change_));
    first_change_ = 0;
  }
}

void RushBook::Count(const Deed& deed, int times, Sums* sums) const {
  if (!deed.stands()) {
    return;
  }
  Fund& fund = sums->funds[FundFor(deed)];
  (deed.kind == DeedKind::kSale || deed.captured ? fund.spent : fund.held) +=
      times * SubsidyOf(deed);
  uint16_t& uses = sums->uses[deed.member];
  uses = static_cast<uint16_t>(uses + (deed.day == day_ ? times : 0));
}

void RushBook::CheckItself() {
  Sums sums;
  sums.funds.resize(sums_.funds.size());
  sums.uses.resize(sums_.uses.size());
  for (const Deed& deed : deeds_) {
    Count(deed, 1, &sums);
  }
  if (sums != sums_) {
    Report("the book's own sums are wrong");
  }
}

void RushBook::Compare(const Ledger& ledger, const char* when) {
  for (uint32_t i = 0; i < city_.funds; ++i) {
    const gonghui::Fund& fund = ledger.funds()[ledger.FindFund(FundOf(i + 1))];
    const Fund have{fund.held.value(), fund.spent.value()};
    if (have != sums_.funds[i] || have.held + have.spent > city_.fund_budget_fen) {
      Report(absl::StrCat(when,
                          ": fund ",
                          i + 1,
                          " has held ",
                          have.held,
                          " and spent ",
                          have.spent,
                          ", it should be ",
                          sums_.funds[i].held,
                          " and ",
                          sums_.funds[i].spent,
                          " of ",
                          city_.fund_budget_fen));
    }
  }
}

}  // namespace gonghui
