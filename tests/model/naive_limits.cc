// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Limits: whom they count, in which windows, and how they stand.

#include "tests/model/naive_ledger.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

bool DifferOnlyInWindow(const NaiveCounterKey& a, const NaiveCounterKey& b) {
  return a.programme == b.programme && a.limit == b.limit && a.measure == b.measure &&
         a.subject_kind == b.subject_kind && a.window_kind == b.window_kind &&
         a.union_level == b.union_level && a.subject == b.subject;
}

}  // namespace

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
  key.union_level = limit.union_level;
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
    case LimitSubject::kUnion: {
      const UnionNodeId own = members_.at(party.member).union_node;
      key.subject = TextOf(own);
      for (UnionNodeId node = own; limit.union_level != 0 && !node.IsNone();
           node = unions_.at(node).parent) {
        if (static_cast<uint8_t>(unions_.at(node).level) == limit.union_level) {
          key.subject = TextOf(node);
          break;
        }
      }
      break;
    }
  }
  key.window = limit.window == WindowKind::kSlot
                   ? static_cast<WindowNumber>(party.slot_at.value() / kNsPerMinute)
                   : WindowOf(limit.window, BusinessDayOf(benefit.calendar, at));
  return key;
}

bool NaiveLedger::IsAsked(const LimitSpec& limit, const Command& command) {
  return limit.scope != LimitScope::kOffline || command.advice != nullptr;
}

NaiveTotals NaiveLedger::StandOf(const LimitSpec& limit, const NaiveCounterKey& key) const {
  NaiveTotals totals;
  for (const auto& [id, entry] : entries_) {
    for (const CounterUse& use : entry.uses) {
      const bool counted = key.window - limit.span < use.key.window && use.key.window <= key.window;
      if (counted && DifferOnlyInWindow(use.key, key)) {
        totals.held += use.held;
        totals.used += use.used;
      }
    }
  }
  return totals;
}

int64_t NaiveLedger::TakenOf(const LimitSpec& limit, const NaiveCounterKey& key) const {
  const NaiveTotals totals = StandOf(limit, key);
  return totals.held + totals.used;
}

// When the oldest window with something in it drops out.
TimestampNs NaiveLedger::ResetsAt(const Calendar& calendar,
                                  const LimitSpec& limit,
                                  const NaiveCounterKey& key) const {
  LimitSpec alone = limit;
  alone.span = 1;
  NaiveCounterKey oldest = key;
  for (oldest.window = key.window - limit.span + 1; oldest.window < key.window; ++oldest.window) {
    if (TakenOf(alone, oldest) > 0) {
      break;
    }
  }
  return WindowEnd(calendar, limit.window, oldest.window + limit.span - 1);
}

TimestampNs NaiveLedger::NextEligibleAt(const BenefitEntry& benefit,
                                        const LimitSpec& limit,
                                        const NaiveCounterKey& key) const {
  const bool renews = limit.window != WindowKind::kProgramme && limit.window != WindowKind::kSlot;
  return renews ? ResetsAt(benefit.calendar, limit, key) : TimestampNs{};
}

// Of what was just taken: it drops out with its own window.
AnswerLimit NaiveLedger::LimitNow(const Calendar& calendar,
                                  const LimitSpec& limit,
                                  const NaiveCounterKey& key,
                                  int64_t more) const {
  AnswerLimit told;
  told.programme = key.programme;
  told.limit = limit.code;
  told.taken = TakenOf(limit, key) + more;
  told.left = limit.max - told.taken;
  told.resets_at = WindowEnd(calendar, limit.window, key.window + limit.span - 1);
  return told;
}

}  // namespace gonghui
