// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/compare_ledgers.h"

#include <map>
#include <utility>

#include "engine/domain/details.h"
#include "engine/domain/explanation.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// The code of the row that a counter counts for.
std::string SubjectText(const Ledger& ledger, LimitSubject kind, uint32_t row) {
  switch (kind) {
    case LimitSubject::kPerson:
      return TextOf(ledger.members()[MemberRow{row}].id);
    case LimitSubject::kProgramme:
      return row == 0 ? "" : "?" + std::to_string(row);
    case LimitSubject::kCard:
      return std::to_string(ledger.cards()[CardRow{row}].number.value());
    case LimitSubject::kMerchant:
      return TextOf(ledger.merchants()[MerchantRow{row}].id);
    case LimitSubject::kTerminal:
      return TextOf(ledger.terminals()[TerminalRow{row}].id);
    case LimitSubject::kUnion:
      return TextOf(ledger.union_nodes()[UnionNodeRow{row}].id);
  }
  return "?";
}

std::string TextOfTotals(const NaiveTotals& totals) {
  return "held=" + std::to_string(totals.held) + " used=" + std::to_string(totals.used);
}

std::string TextOfTotals(const NaiveFundTotals& totals) {
  return "held=" + std::to_string(totals.held) + " spent=" + std::to_string(totals.spent) +
         " overrun=" + std::to_string(totals.overrun) +
         " suspense=" + std::to_string(totals.suspense) +
         " contributed=" + std::to_string(totals.contributed) + "/" +
         std::to_string(totals.contributions) + " claims=" + std::to_string(totals.claims_filed) +
         " paid=" + std::to_string(totals.claims_paid) +
         " rejected=" + std::to_string(totals.claims_rejected) +
         " ended=" + std::to_string(totals.claims_ended);
}

std::string TextOfBatch(const NaiveOpenBatch& batch) {
  return TextOf(batch.totals) + " after " + std::to_string(batch.closed) + ", queue empty at " +
         TextOf(batch.queue_empty_at);
}

std::string TextOfKey(const NaiveCounterKey& key) {
  return TextOf(key.programme) + "/" + TextOf(key.limit) + " of '" + key.subject + "' window " +
         std::to_string(key.window);
}

}  // namespace

std::string BrokenInvariant(const Ledger& ledger) {
  uint64_t row = 0;
  const char* broken = ledger.CheckInvariants(&row);
  if (broken != nullptr && ledger.globals().archived_count != 0 &&
      broken == std::string("transactions are in the archive: thaw them first")) {
    return "";
  }
  return broken == nullptr ? ""
                           : std::string("invariant: ") + broken + " row " + std::to_string(row);
}

void TruncateLikeTheLedger(Answer* answer) {
  const auto truncate = [answer](auto* items, size_t most) {
    if (items->size() > most) {
      items->resize(most);
      answer->truncated = true;
    }
  };
  truncate(&answer->checks, kChecksPerExplanationMax);
  truncate(&answer->entitlements, kEntitlementsMax);
}

std::string CompareTotals(const Ledger& ledger, const NaiveLedger& model) {
  for (const auto& [code, totals] : model.FundTotals()) {
    const Fund& fund = ledger.funds()[ledger.FindFund(code)];
    const NaiveFundTotals have{fund.held.value(),
                               fund.spent.value(),
                               fund.overrun.value(),
                               fund.suspense.value(),
                               fund.contributed.value(),
                               fund.contribution_count,
                               fund.claims_filed,
                               fund.claims_paid,
                               fund.claims_rejected,
                               fund.claims_ended};
    if (have != totals) {
      return "fund " + TextOf(code) + ": " + TextOfTotals(have) + " against " +
             TextOfTotals(totals);
    }
  }

  std::map<NaiveCounterKey, NaiveTotals> counters;
  for (uint32_t row = 1; row <= ledger.counters().size(); ++row) {
    const Counter& counter = ledger.counters()[CounterRow{row}];
    const CounterSeries& series = ledger.counter_series()[counter.series];
    const NaiveCounterKey key{series.programme,
                              series.limit,
                              series.measure,
                              series.subject,
                              series.window,
                              series.union_level,
                              SubjectText(ledger, series.subject, counter.subject),
                              counter.window};
    counters[key].held += counter.held;
    counters[key].used += counter.used;
    const auto entered = model.entered().find(key);
    if (entered != model.entered().end() &&
        int64_t{counter.since_s} != FloorSecond(entered->second)) {
      return "counter " + TextOfKey(key) + ": since " + std::to_string(counter.since_s) +
             " against " + TextOf(entered->second);
    }
  }
  std::map<NaiveCounterKey, NaiveTotals> want = model.CounterTotals();
  for (const auto& [key, totals] : counters) {
    want.try_emplace(key);
  }
  for (const auto& [key, totals] : want) {
    const NaiveTotals have = counters[key];
    if (have != totals) {
      return "counter " + TextOfKey(key) + ": " + TextOfTotals(have) + " against " +
             TextOfTotals(totals);
    }
  }

  for (const auto& [id, want_batch] : model.OpenBatches()) {
    const OpenBatch& open = ledger.open_batches()[ledger.FindTerminal(id)];
    const NaiveOpenBatch have{open.totals,
                              open.last == BatchRow{} ? 0 : ledger.batches()[open.last].number,
                              open.queue_empty_at};
    if (have != want_batch) {
      return "open batch of " + TextOf(id) + ": " + TextOfBatch(have) + " against " +
             TextOfBatch(want_batch);
    }
  }

  Fen members_pending;
  Fen members_posted;
  for (const auto& [id, want_accounts] : model.MerchantAccounts()) {
    members_pending += want_accounts.collected_pending;
    members_posted += want_accounts.collected_posted;
    const Merchant& merchant = ledger.merchants()[ledger.FindMerchant(id)];
    const NaiveMerchantAccounts have{merchant.receivable_pending,
                                     merchant.receivable_posted,
                                     merchant.collected_pending,
                                     merchant.collected_posted};
    if (have != want_accounts) {
      const auto text = [](const NaiveMerchantAccounts& a) {
        return "receivable " + std::to_string(a.receivable_pending.value()) + "+" +
               std::to_string(a.receivable_posted.value()) + " collected " +
               std::to_string(a.collected_pending.value()) + "+" +
               std::to_string(a.collected_posted.value());
      };
      return "merchant " + TextOf(id) + ": " + text(have) + " against " + text(want_accounts);
    }
  }
  const Globals& globals = ledger.globals();
  if (globals.members_payable_pending != members_pending ||
      globals.members_payable_posted != members_posted) {
    return "members: " + std::to_string(globals.members_payable_pending.value()) + "+" +
           std::to_string(globals.members_payable_posted.value()) + " against " +
           std::to_string(members_pending.value()) + "+" + std::to_string(members_posted.value());
  }
  return "";
}

std::string CompareTransactions(const Ledger& ledger, const NaiveLedger& model) {
  Details details;
  Command inquiry;
  inquiry.kind = CommandKind::kGetTransaction;
  inquiry.details = &details;
  const auto compare = [&](const Result& told, const Answer& want) {
    const Answer have = AnswerOf(ledger, inquiry, told);
    const std::string difference = Difference(have, want);
    return difference.empty()
               ? ""
               : difference + "\n  ledger: " + TextOf(have) + "\n  model:  " + TextOf(want);
  };
  for (const NaiveTold& want : model.AllTransactions()) {
    const TransactionRow row = ledger.FindTransaction(want.now.id);
    if (row == TransactionRow{}) {
      return "transaction #" + std::to_string(want.now.id.value()) + " is not there";
    }
    Result told;
    details = Details{};
    ledger.Describe(row, &told, &details);
    if (const std::string difference = compare(told, want.again); !difference.empty()) {
      return "told again: " + difference;
    }
    details = Details{};
    ledger.DescribeStanding(row, &told, &details);
    if (const std::string difference = compare(told, want.now); !difference.empty()) {
      return "as it stands: " + difference;
    }
  }
  return "";
}

}  // namespace gonghui
