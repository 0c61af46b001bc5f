// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A decision about a random card is a chain of cache misses: index slot, card,
// member, counter slots, counters; and terminal, merchant beside it.  For a batch
// the chains are walked side by side, one link at a time, so that their misses
// overlap.

#include <algorithm>
#include <array>

#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

struct Chain {
  const Command* command;
  Ledger::Trail* trail;
  uint64_t card_hash;
  uint64_t terminal_hash;
  uint32_t counter_count;
  std::array<uint64_t, Ledger::kTrailCountersMax> counter_hashes;
};

}  // namespace

void Ledger::Prefetch(std::span<const Command* const> commands,
                      TimestampNs now,
                      std::span<Trail> trails) const {
  GH_DCHECK(commands.size() <= kPrefetchMax && commands.size() == trails.size());
  std::array<Chain, kPrefetchMax> chains;
  size_t count = 0;
  for (size_t i = 0; i < commands.size(); ++i) {
    const Command& command = *commands[i];
    trails[i] = Trail{};
    request_index_.Prefetch(HashOf(command.request_id));
    if (command.kind != CommandKind::kAuthorize && command.kind != CommandKind::kQuote) {
      continue;
    }
    Chain& chain = chains[count];
    chain.command = &command;
    chain.trail = &trails[i];
    chain.card_hash = HashOf(command.authorize.card);
    card_index_.Prefetch(chain.card_hash);
    chain.terminal_hash = HashOf(command.terminal);
    terminal_index_.Prefetch(chain.terminal_hash);
    // What the decision will append.
    const auto ahead = static_cast<uint32_t>(++count);
    transactions_.PrefetchAppend(ahead);
    applied_.PrefetchAppend(ahead);
    uses_.PrefetchAppend(2 * ahead);
  }
  const std::span<Chain> sales{chains.data(), count};
  for (const Chain& chain : sales) {
    chain.trail->card = CardRow{card_index_.Guess(chain.card_hash)};
    cards_.Prefetch(chain.trail->card);
    chain.trail->terminal = TerminalRow{terminal_index_.Guess(chain.terminal_hash)};
    terminals_.Prefetch(chain.trail->terminal);
  }
  for (const Chain& chain : sales) {
    members_.Prefetch(cards_[chain.trail->card].member);
    merchants_.Prefetch(terminals_[chain.trail->terminal].merchant);
  }
  for (Chain& chain : sales) {
    chain.counter_count = 0;
    const MemberRow member = cards_[chain.trail->card].member;
    // The counters of the candidates' per-person limits; benefits of a programme
    // mostly share them.
    const PoolRange candidates =
        candidates_by_mcc_[merchants_[terminals_[chain.trail->terminal].merchant].mcc];
    LimitRow last;
    for (uint32_t j = 0; j < std::min(candidates.count, kTrailCountersMax); ++j) {
      const Benefit& benefit = benefits_[candidates_[candidates.first + j]];
      if (benefit.limit_count == 0 || benefit.limits[0] == last) {
        continue;
      }
      last = benefit.limits[0];
      const CalendarMoment& moment = MomentOf(benefit.calendar, now);
      for (uint32_t k = 0; k < benefit.limit_count; ++k) {
        const Limit& limit = limits_[benefit.limits[k]];
        if (limit.subject == LimitSubject::kPerson && chain.counter_count < kTrailCountersMax) {
          const uint64_t hash = HashOf(limit.series, member.value(), moment.WindowIn(limit.window));
          chain.counter_hashes[chain.counter_count++] = hash;
          counter_index_.Prefetch(hash);
        }
      }
    }
  }
  for (const Chain& chain : sales) {
    chain.trail->counter_count = chain.counter_count;
    for (uint32_t j = 0; j < chain.counter_count; ++j) {
      chain.trail->counters[j] = CounterRow{counter_index_.Guess(chain.counter_hashes[j])};
      counters_.Prefetch(chain.trail->counters[j]);
    }
  }
}

}  // namespace gonghui
