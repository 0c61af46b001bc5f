// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/recovery/book.h"

#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/base/check.h"
#include "tests/recovery/small_city.h"

namespace gonghui {
namespace {

constexpr const char* kMealBenefit = "meal";

}  // namespace

const std::string& BookEntry::request_id() const {
  return std::visit([](const auto& r) -> const std::string& { return r.request_id(); }, request);
}

const std::string& BookEntry::terminal_id() const {
  return std::visit([](const auto& r) -> const std::string& { return r.terminal_id(); }, request);
}

void Book::Add(BookEntries entries) {
  for (std::unique_ptr<BookEntry>& entry : entries) {
    entries_.push_back(std::move(entry));
  }
}

BookEntry* Book::Add(std::unique_ptr<BookEntry> entry) {
  entries_.push_back(std::move(entry));
  return entries_.back().get();
}

std::map<std::string, int64_t> SharesOf(const v1::Transaction& transaction) {
  std::map<std::string, int64_t> shares;
  for (const v1::AppliedBenefit& applied : transaction.applied_benefits()) {
    shares[applied.fund_code()] += applied.amount_fen() + applied.pieces();
  }
  return shares;
}

std::map<const BookEntry*, Fate> Book::Fates() const {
  std::map<const BookEntry*, Fate> fates;
  for (const auto& entry : entries_) {
    GH_CHECK(entry->answer.has_value(), "not settled: ", entry->request_id());
    if (!entry->is_approved()) {
      continue;
    }
    const v1::Transaction& answer = *entry->answer;
    if (const v1::CaptureRequest* capture = entry->capture()) {
      Fate& fate = fates[entry->original];
      fate.captured_fen += answer.list_price_fen();
      fate.captured_subsidy_fen += answer.subsidy_fen();
      for (const auto& [fund, amount] : SharesOf(answer)) {
        fate.captured_shares[fund] += amount;
      }
      const bool all = fate.captured_fen == entry->original->authorize()->list_price_fen();
      fate.closed = fate.closed || capture->final_capture() || all;
    } else if (entry->reverse() != nullptr && answer.list_price_fen() > 0) {
      ++fates[entry->original].reversals;
    }
  }
  return fates;
}

std::map<std::string, FundBalance> Book::Balances() const {
  std::map<const BookEntry*, Fate> fates = Fates();
  std::map<std::string, FundBalance> balances;
  for (const auto& entry : entries_) {
    if (entry->authorize() == nullptr || !entry->is_approved()) {
      continue;
    }
    Fate& fate = fates[entry.get()];
    if (fate.reversals > 0) {
      continue;
    }
    for (const auto& [fund, granted] : SharesOf(*entry->answer)) {
      FundBalance& balance = balances[fund];
      if (entry->authorize()->capture()) {
        balance.spent += granted;
      } else {
        balance.spent += fate.captured_shares[fund];
        balance.held += fate.closed ? 0 : granted - fate.captured_shares[fund];
      }
    }
  }
  return balances;
}

std::map<const BookEntry*, v1::TransactionState> Book::States() const {
  std::map<const BookEntry*, Fate> fates = Fates();
  std::map<const BookEntry*, v1::TransactionState> states;
  for (const auto& entry : entries_) {
    if (entry->authorize() == nullptr) {
      continue;
    }
    const Fate& fate = fates[entry.get()];
    v1::TransactionState state = v1::TRANSACTION_STATE_PENDING;
    if (!entry->is_approved()) {
      state = v1::TRANSACTION_STATE_DECLINED;
    } else if (fate.reversals > 0) {
      state = v1::TRANSACTION_STATE_REVERSED;
    } else if (entry->authorize()->capture() || fate.closed) {
      state = v1::TRANSACTION_STATE_CAPTURED;
    } else if (fate.captured_fen > 0) {
      state = v1::TRANSACTION_STATE_PARTIALLY_CAPTURED;
    }
    states[entry.get()] = state;
  }
  return states;
}

std::vector<std::string> Book::Contradictions() const {
  std::vector<std::string> found;
  std::map<const BookEntry*, Fate> fates = Fates();
  std::set<std::string> ids;
  struct Had {
    int64_t meals = 0;
    int64_t meal_fen = 0;
    int64_t umbrellas = 0;
  };
  std::map<std::string, Had> members;
  for (const auto& entry : entries_) {
    const v1::Transaction& answer = *entry->answer;
    if (!ids.insert(answer.transaction_id()).second) {
      found.push_back(absl::StrCat("given twice: ", answer.ShortDebugString()));
    }
    if (entry->authorize() == nullptr || !entry->is_approved()) {
      continue;
    }
    const Fate& fate = fates[entry.get()];
    const int undone = fate.reversals + (fate.captured_fen > 0 ? 1 : 0);
    if (undone > 1 || fate.captured_fen > answer.list_price_fen() ||
        fate.captured_subsidy_fen > answer.subsidy_fen()) {
      found.push_back(absl::StrCat("reversed ",
                                   fate.reversals,
                                   " times, captured ",
                                   fate.captured_fen,
                                   " fen of ",
                                   answer.ShortDebugString()));
    }
    if (fate.reversals > 0 || answer.applied_benefits_size() == 0) {
      continue;
    }
    Had& had = members[entry->authorize()->card_number()];
    if (answer.applied_benefits(0).benefit_code() == kMealBenefit) {
      had.meals += 1;
      had.meal_fen += fate.closed ? fate.captured_subsidy_fen : answer.subsidy_fen();
    } else {
      had.umbrellas += 1;
    }
  }
  for (const auto& [card, had] : members) {
    if (had.meals > kMealsPerDay || had.meal_fen > kMealFenPerDay ||
        had.umbrellas > kUmbrellasPerMember) {
      found.push_back(absl::StrCat("beyond the limit: card ",
                                   card,
                                   " had ",
                                   had.meals,
                                   " meals for ",
                                   had.meal_fen,
                                   " fen and ",
                                   had.umbrellas,
                                   " umbrellas"));
    }
  }
  return found;
}

std::string WrongInAnswer(const v1::Transaction& transaction) {
  if (transaction.list_price_fen() != transaction.member_pays_fen() + transaction.subsidy_fen() ||
      transaction.member_pays_fen() < 0 || transaction.subsidy_fen() < 0) {
    return absl::StrCat("the parts are not the price: ", transaction.ShortDebugString());
  }
  for (const v1::LimitState& limit : transaction.limits()) {
    if (limit.left() < 0 || limit.max() != limit.used() + limit.held() + limit.left()) {
      return absl::StrCat("a limit is exceeded: ", transaction.ShortDebugString());
    }
  }
  return "";
}

v1::Transaction Unchanging(v1::Transaction transaction) {
  transaction.clear_state();
  transaction.clear_captured_fen();
  transaction.clear_captured_subsidy_fen();
  return transaction;
}

std::string RandomUuid(Prng* prng) {
  const uint64_t high = prng->Next();
  const uint64_t low = prng->Next();
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x",
                         high >> 32,
                         high >> 16 & 0xffff,
                         high & 0xffff,
                         low >> 48,
                         low & 0xffffffffffff);
}

}  // namespace gonghui
