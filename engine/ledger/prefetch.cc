// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A decision about a random card is a chain of cache misses: index slot, card,
// member, counter slots, counters.  For a batch the chains are walked side by
// side, one link at a time, so that their misses overlap.

#include <algorithm>
#include <array>

#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

constexpr uint32_t kCountersPerCommand = 8;

struct Chain {
  uint64_t card_hash;
  CardRow card;
  uint32_t counter_count;
  std::array<uint64_t, kCountersPerCommand> counter_hashes;
};

}  // namespace

void Ledger::Prefetch(std::span<const Command* const> commands, TimestampNs now) const {
  std::array<Chain, kPrefetchMax> chains;
  const size_t count = std::min(commands.size(), kPrefetchMax);
  const auto is_sale = [&commands](size_t i) {
    return commands[i]->kind == CommandKind::kAuthorize || commands[i]->kind == CommandKind::kQuote;
  };
  for (size_t i = 0; i < count; ++i) {
    request_index_.Prefetch(HashOf(commands[i]->request_id));
    if (is_sale(i)) {
      chains[i].card_hash = HashOf(commands[i]->authorize.card);
      card_index_.Prefetch(chains[i].card_hash);
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (is_sale(i)) {
      chains[i].card = CardRow{card_index_.Guess(chains[i].card_hash)};
      cards_.Prefetch(chains[i].card);
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (!is_sale(i)) {
      continue;
    }
    Chain& chain = chains[i];
    chain.counter_count = 0;
    const MemberRow member = cards_[chain.card].member;
    members_.Prefetch(member);
    // The counters of the candidates' per-person limits; benefits of a programme
    // mostly share them.
    const TerminalRow terminal = FindTerminal(commands[i]->terminal);
    const PoolRange candidates = candidates_by_mcc_[merchants_[terminals_[terminal].merchant].mcc];
    LimitRow last;
    for (uint32_t j = 0; j < candidates.count && j < kCountersPerCommand; ++j) {
      const Benefit& benefit = benefits_[candidates_[candidates.first + j]];
      if (benefit.limit_count == 0 || benefit.limits[0] == last) {
        continue;
      }
      last = benefit.limits[0];
      const CivilDay day = BusinessDayOf(calendars_[benefit.calendar], now);
      for (uint32_t k = 0; k < benefit.limit_count; ++k) {
        const Limit& limit = limits_[benefit.limits[k]];
        if (limit.subject == LimitSubject::kPerson && chain.counter_count < kCountersPerCommand) {
          const uint64_t hash = HashOf(limit.series, member.value(), WindowOf(limit.window, day));
          chain.counter_hashes[chain.counter_count++] = hash;
          counter_index_.Prefetch(hash);
        }
      }
    }
  }
  for (size_t i = 0; i < count; ++i) {
    for (uint32_t j = 0; is_sale(i) && j < chains[i].counter_count; ++j) {
      counters_.Prefetch(CounterRow{counter_index_.Guess(chains[i].counter_hashes[j])});
    }
  }
}

}  // namespace gonghui
