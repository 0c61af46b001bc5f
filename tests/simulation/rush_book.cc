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

bool IsAuthorization(const Deed& deed) {
  return deed.kind == DeedKind::kSale || deed.kind == DeedKind::kHold;
}

}  // namespace

RushBook::RushBook(const CityOptions& city)
    : city_(city), funds_(city.funds), uses_(city.members + 1) {
  GH_CHECK_EQ(city.benefits_per_category, 1U);
  deeds_.emplace_back();  // number 0 is no request id
}

uint32_t RushBook::Add(const Deed& deed) {
  deeds_.push_back(deed);
  return size() - 1;
}

Command RushBook::CommandOf(uint32_t number) const {
  const Deed& deed = deeds_[number];
  Command command;
  command.terminal = TerminalOf(deed.merchant);
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
  command.terminal = TerminalOf(deeds_[number].merchant);
  command.inquiry = InquiryRequest{};
  command.inquiry.request_id = RequestId{kRequests, number};
  return command;
}

// As BuildCity() spreads them: the benefit's number is its category's, counted from 1.
RushBook::Fund& RushBook::FundFor(const Deed& deed) {
  constexpr uint32_t kCategories = 6;
  const uint32_t benefit = deed.merchant % kCategories + 1;
  return funds_[benefit % city_.funds];
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
    std::fill(uses_.begin(), uses_.end(), uint16_t{0});
  }
}

void RushBook::OnDecision(const Command& command,
                          TimestampNs now,
                          const Event& event,
                          const Result& result) {
  const auto number = static_cast<uint32_t>(command.request_id.low);
  PassTo(now);
  if (result.verdict != Verdict::kDecided) {
    return Differs(number, "not decided", result);
  }
  const bool changed = event.kind != EventKind::kNone;
  if (changed == deeds_[number].decided || changed == result.replay) {
    return Differs(number, changed ? "decided twice" : "not decided at all", result);
  }
  if (!changed) {
    return CompareRepeat(number, result);
  }
  IsAuthorization(deeds_[number]) ? Authorize(number, event.seq.value(), result)
                                  : Follow(number, event.seq.value(), result);
}

void RushBook::CompareRepeat(uint32_t number, const Result& result) {
  const Deed& deed = deeds_[number];
  if ((result.transaction.outcome == Outcome::kApproved) != deed.approved) {
    Differs(number, "another outcome than the first time", result);
  }
  if (IsAuthorization(deed) &&
      result.transaction.subsidy.value() != (deed.approved ? SubsidyOf(deed) : 0)) {
    Differs(number, "another subsidy than the first time", result);
  }
}

void RushBook::Authorize(uint32_t number, uint64_t seq, const Result& result) {
  Remember(seq, number);
  Deed& deed = deeds_[number];
  Fund& fund = FundFor(deed);
  uint16_t& uses = uses_[deed.member];
  const int64_t subsidy = SubsidyOf(deed);
  const bool approved = !deed.reversed && uses < city_.uses_per_day &&
                        fund.held + fund.spent + subsidy <= city_.fund_budget_fen;
  if ((result.transaction.outcome == Outcome::kApproved) != approved ||
      result.transaction.subsidy.value() != (approved ? subsidy : 0)) {
    return Differs(number, approved ? "should be approved" : "should be declined", result);
  }
  deed.decided = true;
  deed.approved = approved;
  deed.day = day_;
  if (approved) {
    ++uses;
    (deed.kind == DeedKind::kSale ? fund.spent : fund.held) += subsidy;
  }
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
  deed.found_original = of.decided;
  if (!effective) {
    of.reversed |= reverses && !of.decided;
    return;
  }
  Fund& fund = FundFor(of);
  const int64_t subsidy = SubsidyOf(of);
  if (!reverses) {
    fund.held -= subsidy;
    fund.spent += subsidy;
    of.captured = true;
    return;
  }
  (of.kind == DeedKind::kSale ? fund.spent : fund.held) -= subsidy;
  of.reversed = true;
  uses_[of.member] = static_cast<uint16_t>(uses_[of.member] - (of.day == day_ ? 1 : 0));
}

void RushBook::OnInquiry(uint32_t number, const Result& result) {
  const Deed& deed = deeds_[number];
  const bool found = result.verdict == Verdict::kDecided;
  if (found != deed.decided) {
    return Differs(
        number, deed.decided ? "LOST to an inquiry" : "found, and never decided", result);
  }
  if (found) {
    CompareRepeat(number, result);
  }
}

void RushBook::GoBackTo(uint64_t seq, std::vector<uint32_t>* undone) {
  bool any = false;
  while (!changes_.empty() && changes_.back().seq > seq) {
    const Change& change = changes_.back();
    const Deed& now = deeds_[change.number];
    if (now.decided && !change.before.decided) {
      if (now.acknowledged) {
        Report(absl::StrCat("LOST: deed ", change.number, " was acknowledged, event ", change.seq));
      }
      undone->push_back(change.number);
    }
    const bool acknowledged = now.acknowledged;
    deeds_[change.number] = change.before;
    deeds_[change.number].acknowledged = acknowledged;
    changes_.pop_back();
    any = true;
  }
  if (any) {
    Recount();
  }
}

void RushBook::ForgetChangesUpTo(uint64_t seq) {
  while (!changes_.empty() && changes_.front().seq <= seq) {
    changes_.pop_front();
  }
}

// From the deeds alone.
void RushBook::Recount() {
  std::fill(funds_.begin(), funds_.end(), Fund{});
  std::fill(uses_.begin(), uses_.end(), uint16_t{0});
  for (const Deed& deed : deeds_) {
    if (!IsAuthorization(deed) || !deed.decided || !deed.approved || deed.reversed) {
      continue;
    }
    Fund& fund = FundFor(deed);
    (deed.kind == DeedKind::kSale || deed.captured ? fund.spent : fund.held) += SubsidyOf(deed);
    uses_[deed.member] = static_cast<uint16_t>(uses_[deed.member] + (deed.day == day_ ? 1 : 0));
  }
}

void RushBook::Compare(const Ledger& ledger, const char* when) {
  for (uint32_t i = 0; i < city_.funds; ++i) {
    const gonghui::Fund& fund = ledger.funds()[ledger.FindFund(FundOf(i + 1))];
    const Fund have{fund.held.value(), fund.spent.value()};
    if (have != funds_[i] || have.held + have.spent > city_.fund_budget_fen) {
      Report(absl::StrCat(when,
                          ": fund ",
                          i + 1,
                          " has held ",
                          have.held,
                          " and spent ",
                          have.spent,
                          ", it should be ",
                          funds_[i].held,
                          " and ",
                          funds_[i].spent,
                          " of ",
                          city_.fund_budget_fen));
    }
  }
}

}  // namespace gonghui
