// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/recovery/book.h"

#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <google/protobuf/util/message_differencer.h>

#include "engine/base/check.h"
#include "tests/recovery/small_city.h"

namespace gonghui {
namespace {

constexpr const char* kMealBenefit = "meal";

// What carries the ids: an advice's are those of its sale.
template <class Request>
const Request& CallOf(const Request& request) {
  return request;
}
const v1::AuthorizeRequest& CallOf(const v1::Advice& advice) {
  return advice.sale();
}

struct LineSums {
  int64_t price_fen = 0;
  int64_t subsidy_fen = 0;
};

LineSums SumsOf(const v1::Transaction& transaction) {
  LineSums sums;
  for (const v1::TransactionLine& line : transaction.lines()) {
    sums.price_fen += line.price_fen();
    sums.subsidy_fen += line.subsidy_fen();
  }
  return sums;
}

// What the answer to an approved refund or reversal, or to a sale, changes.
void AddCapture(const v1::Transaction& answer, v1::BatchTotals* totals) {
  totals->set_capture_count(totals->capture_count() + 1);
  totals->set_captured_fen(totals->captured_fen() + answer.list_price_fen());
  totals->set_subsidy_fen(totals->subsidy_fen() + answer.subsidy_fen());
}
void AddRefund(const v1::Transaction& answer, v1::BatchTotals* totals) {
  totals->set_refund_count(totals->refund_count() + 1);
  totals->set_refunded_fen(totals->refunded_fen() + answer.list_price_fen());
  totals->set_subsidy_fen(totals->subsidy_fen() - answer.subsidy_fen());
}
void AddReversal(const v1::Transaction& answer, v1::BatchTotals* totals) {
  totals->set_reversal_count(totals->reversal_count() + 1);
  totals->set_reversed_fen(totals->reversed_fen() + answer.list_price_fen());
  totals->set_subsidy_fen(totals->subsidy_fen() - answer.subsidy_fen());
}
void TakeOff(const v1::BatchTotals& closed, v1::BatchTotals* totals) {
  totals->set_capture_count(totals->capture_count() - closed.capture_count());
  totals->set_captured_fen(totals->captured_fen() - closed.captured_fen());
  totals->set_refund_count(totals->refund_count() - closed.refund_count());
  totals->set_refunded_fen(totals->refunded_fen() - closed.refunded_fen());
  totals->set_reversal_count(totals->reversal_count() - closed.reversal_count());
  totals->set_reversed_fen(totals->reversed_fen() - closed.reversed_fen());
  totals->set_subsidy_fen(totals->subsidy_fen() - closed.subsidy_fen());
}

}  // namespace

const std::string& BookEntry::request_id() const {
  return std::visit([](const auto& r) -> const std::string& { return CallOf(r).request_id(); },
                    request);
}

const std::string& BookEntry::terminal_id() const {
  return std::visit([](const auto& r) -> const std::string& { return CallOf(r).terminal_id(); },
                    request);
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
    } else if (entry->refund() != nullptr) {
      Fate& fate = fates[entry->original];
      fate.refunded_fen += answer.list_price_fen();
      fate.refunded_subsidy_fen += answer.subsidy_fen();
      for (const auto& [fund, amount] : SharesOf(answer)) {
        fate.refunded_shares[fund] += amount;
      }
      for (const v1::TransactionLine& line : answer.lines()) {
        fate.returned_by_line[line.line_number()] += line.quantity();
      }
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
      balance.spent -= fate.refunded_shares[fund];
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
    } else if (fate.refunded_fen > 0) {  // the load refunds sales alone
      state = fate.refunded_fen == entry->authorize()->list_price_fen()
                  ? v1::TRANSACTION_STATE_REFUNDED
                  : v1::TRANSACTION_STATE_PARTIALLY_REFUNDED;
    } else if (entry->authorize()->capture() || fate.closed) {
      state = v1::TRANSACTION_STATE_CAPTURED;
    } else if (fate.captured_fen > 0) {
      state = v1::TRANSACTION_STATE_PARTIALLY_CAPTURED;
    }
    states[entry.get()] = state;
  }
  return states;
}

std::map<std::string, v1::BatchTotals> Book::OpenTotals() const {
  std::map<std::string, v1::BatchTotals> totals;
  for (const auto& entry : entries_) {
    if (!entry->is_approved()) {
      continue;
    }
    v1::BatchTotals* const of_terminal = &totals[entry->terminal_id()];
    const v1::Transaction& answer = *entry->answer;
    if (entry->is_approved_sale() || entry->capture() != nullptr) {
      AddCapture(answer, of_terminal);
    } else if (entry->refund() != nullptr) {
      AddRefund(answer, of_terminal);
    } else if (entry->reverse() != nullptr && entry->original->is_approved_sale() &&
               answer.list_price_fen() > 0) {
      AddReversal(answer, of_terminal);
    } else if (entry->close() != nullptr) {
      TakeOff(entry->batch.engine_totals(), of_terminal);
    }
  }
  return totals;
}

std::vector<std::string> Book::Contradictions() const {
  std::vector<std::string> found;
  std::map<std::string, std::set<uint32_t>> batch_numbers;  // by terminal
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
    if (entry->close() != nullptr &&
        !batch_numbers[entry->terminal_id()].insert(entry->batch.batch_number()).second) {
      found.push_back(absl::StrCat("a batch closed twice: ", entry->batch.ShortDebugString()));
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
    if (entry->is_approved_sale() && (fate.refunded_fen > answer.list_price_fen() ||
                                      fate.refunded_subsidy_fen > answer.subsidy_fen())) {
      found.push_back(absl::StrCat("gave back ",
                                   fate.refunded_fen,
                                   " fen, ",
                                   fate.refunded_subsidy_fen,
                                   " of it to funds, of ",
                                   answer.ShortDebugString()));
    }
    for (const v1::TransactionLine& line : answer.lines()) {
      const auto returned = fate.returned_by_line.find(line.line_number());
      if (returned != fate.returned_by_line.end() && returned->second > line.quantity()) {
        found.push_back(absl::StrCat("took back ",
                                     returned->second,
                                     " pieces of line ",
                                     line.line_number(),
                                     " of ",
                                     answer.ShortDebugString()));
      }
    }
    // A sale that is given back whole gives back its use.
    const bool refunded = fate.refunded_fen > 0 && fate.refunded_fen == answer.list_price_fen();
    if (fate.reversals > 0 || refunded || entry->is_of_advice() ||
        answer.applied_benefits_size() == 0) {
      continue;
    }
    Had& had = members[entry->authorize()->card_number()];
    if (answer.applied_benefits(0).benefit_code() == kMealBenefit) {
      had.meals += 1;
      had.meal_fen += (fate.closed ? fate.captured_subsidy_fen : answer.subsidy_fen()) -
                      fate.refunded_subsidy_fen;
    } else {
      had.umbrellas += 1;
    }
  }
  for (const auto& [terminal, numbers] : batch_numbers) {
    if (*numbers.begin() != 1 || *numbers.rbegin() != numbers.size()) {
      found.push_back(absl::StrCat("a batch of ", terminal, " is missing"));
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

namespace {

// Lines add up to what they are lines of.
std::string WrongInLines(const BookEntry& entry, const v1::Transaction& transaction) {
  const LineSums sums = SumsOf(transaction);
  for (const v1::TransactionLine& line : transaction.lines()) {
    if (line.price_fen() != line.member_pays_fen() + line.subsidy_fen() || line.subsidy_fen() < 0 ||
        line.member_pays_fen() < 0) {
      return absl::StrCat("the parts of a line are not its price: ", line.ShortDebugString());
    }
  }
  if (entry.authorize() != nullptr && transaction.lines_size() != entry.authorize()->lines_size()) {
    return absl::StrCat("lines are missing: ", transaction.ShortDebugString());
  }
  // A refund's subsidy is brought within the bounds of every refund, its lines' is not.
  const bool split = entry.authorize() != nullptr && transaction.lines_size() > 0;
  const bool returned = entry.refund() != nullptr && entry.refund()->lines_size() > 0 &&
                        transaction.outcome() != v1::OUTCOME_DECLINED;
  if (((split || returned) && sums.price_fen != transaction.list_price_fen()) ||
      (split && sums.subsidy_fen != transaction.subsidy_fen())) {
    return absl::StrCat("the lines do not add up: ", transaction.ShortDebugString());
  }
  return "";
}

// Who bears what the terminal gave away adds up to it.
std::string WrongInAdvice(const v1::Advice& advice, const v1::Transaction& transaction) {
  const int64_t claimed = advice.sale().list_price_fen() - advice.member_paid_fen();
  const bool reversed = transaction.reason() == v1::REASON_PREVIOUSLY_REVERSED;
  const int64_t borne = transaction.subsidy_fen() + transaction.acquirer_bears_fen();
  const bool acquirer = transaction.liability() == v1::LIABILITY_ACQUIRER;
  if (borne != (reversed ? 0 : claimed) || transaction.acquirer_bears_fen() < 0 ||
      acquirer != (transaction.acquirer_bears_fen() > 0) || !transaction.has_judged_at()) {
    return absl::StrCat("nobody bears it: ", transaction.ShortDebugString());
  }
  return "";
}

}  // namespace

std::string WrongInAnswer(const BookEntry& entry, const v1::Transaction& transaction) {
  if (transaction.list_price_fen() != transaction.member_pays_fen() + transaction.subsidy_fen() ||
      transaction.member_pays_fen() < 0 || transaction.subsidy_fen() < 0) {
    return absl::StrCat("the parts are not the price: ", transaction.ShortDebugString());
  }
  for (const v1::LimitState& limit : transaction.limits()) {
    if ((limit.left() < 0 && !entry.is_of_advice()) ||
        limit.max() != limit.used() + limit.held() + limit.left()) {
      return absl::StrCat("a limit is exceeded: ", transaction.ShortDebugString());
    }
  }
  if (std::string wrong = WrongInLines(entry, transaction); !wrong.empty()) {
    return wrong;
  }
  return entry.advice() == nullptr ? "" : WrongInAdvice(*entry.advice(), transaction);
}

v1::Transaction Unchanging(v1::Transaction transaction) {
  transaction.clear_state();
  transaction.clear_captured_fen();
  transaction.clear_captured_subsidy_fen();
  transaction.clear_refunded_fen();
  transaction.clear_refunded_subsidy_fen();
  for (v1::TransactionLine& line : *transaction.mutable_lines()) {
    line.clear_returned_quantity();
  }
  return transaction;
}

v1::CloseBatchResponse Unchanging(v1::CloseBatchResponse batch) {
  batch.clear_idempotent_replay();
  batch.clear_transaction();  // compared by itself
  return batch;
}

bool IsAnswer(const BookEntry& entry, const Answer& again) {
  using google::protobuf::util::MessageDifferencer;
  return MessageDifferencer::Equals(Unchanging(*entry.answer), Unchanging(again.transaction)) &&
         MessageDifferencer::Equals(entry.batch, again.batch);
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
