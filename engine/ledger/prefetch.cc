// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A decision about a random card is a chain of cache misses: index slot, card,
// member, counter slots, counters; and terminal, merchant beside it.  One about an
// earlier transaction is another: index slot, transaction, shares and uses.  For a batch
// the chains are walked side by side, one link at a time, so that their misses
// overlap.

#include <algorithm>
#include <array>
#include <new>

#include "engine/base/cache_line.h"
#include "engine/domain/original_names.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// As many benefits are in the cache anyway.
constexpr uint32_t kCachedBenefits = 256;
// Of a long list, so many are looked ahead at.
constexpr size_t kBenefitsAheadMax = 8;
constexpr size_t kTermsAheadMax = 4;

struct Chain {
  const Command* command;
  Ledger::Trail* trail;
  uint64_t card_hash;
  uint64_t terminal_hash;
  CandidateIndex::Sought sought;
  uint32_t counter_count;
  std::array<uint64_t, Ledger::kTrailCountersMax> counter_hashes;
};

// Each is made when it is used.
union Chains {
  Chains() {}  // NOLINT
  std::array<Chain, Ledger::kPrefetchMax> list;
};

}  // namespace

void Ledger::Prefetch(std::span<const Command* const> commands,
                      TimestampNs now,
                      std::span<Trail> trails) const {
  GH_DCHECK(commands.size() <= kPrefetchMax && commands.size() == trails.size());
  Chains chains;
  size_t count = 0;
  std::array<uint64_t, kPrefetchMax> original_hashes;
  size_t original_count = 0;
  uint32_t lines_ahead = 0;
  for (size_t i = 0; i < commands.size(); ++i) {
    const Command& command = *commands[i];
    trails[i] = Trail{};
    request_index_.Prefetch(HashOf(command.request_id));
    if (command.kind != CommandKind::kAuthorize && command.kind != CommandKind::kQuote) {
      const OriginalNames original = OriginalNamesOf(command);
      if (original.id != nullptr && *original.id == TransactionId{}) {
        original_hashes[original_count] = HashOf(*original.request_id);
        request_index_.Prefetch(original_hashes[original_count++]);
      }
      continue;
    }
    Chain& chain = *new (&chains.list[count]) Chain;
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
    counters_.PrefetchAppend(ahead);
    if (command.authorize.line_count != 0) [[unlikely]] {
      lines_ahead = PrefetchItemLines(lines_ahead, command.authorize.line_count);
    }
  }
  if (original_count > 0) {
    PrefetchOriginals({original_hashes.data(), original_count});
  }
  const std::span<Chain> sales{chains.list.data(), count};
  for (const Chain& chain : sales) {
    chain.trail->card = CardRow{card_index_.Guess(chain.card_hash)};
    cards_.Prefetch(chain.trail->card);
    chain.trail->terminal = TerminalRow{terminal_index_.Guess(chain.terminal_hash)};
    terminals_.Prefetch(chain.trail->terminal);
    open_batches_.Prefetch(chain.trail->terminal);  // every sale changes it
  }
  for (const Chain& chain : sales) {
    members_.Prefetch(cards_[chain.trail->card].member);
    merchants_.Prefetch(terminals_[chain.trail->terminal].merchant);
  }
  for (Chain& chain : sales) {
    const MerchantRow merchant = terminals_[chain.trail->terminal].merchant;
    const Member& member = members_[cards_[chain.trail->card].member];
    const UnionNodeRow node = member.union_node;
    candidate_index_.Seek(merchants_[merchant], merchant, node, &chain.sought);
    __builtin_prefetch(&union_nodes_[node].ancestors);  // whose members it may be for
    segment_spans_.Prefetch(member.first_span);
  }
  for (const Chain& chain : sales) {
    candidate_index_.Peek(chain.sought, &chain.trail->candidates);
  }
  const bool many_benefits = benefits_.size() > kCachedBenefits;
  for (Chain& chain : sales) {
    const MemberRow member = cards_[chain.trail->card].member;
    chain.counter_count = 0;
    candidate_index_.ForEachPersonCounter(
        chain.trail->candidates, [&](const CandidateIndex::PersonCounter& counter) {
          if (chain.counter_count == kTrailCountersMax) {
            return;
          }
          const CalendarMoment& moment = MomentOf(counter.calendar, now);
          uint64_t& hash = chain.counter_hashes[chain.counter_count++];
          hash = HashOf(counter.series, member.value(), moment.WindowIn(counter.window));
          counter_index_.Prefetch(hash);
        });
    if (many_benefits) {
      PrefetchBenefits(chain.trail->candidates);
    }
  }
  for (const Chain& chain : sales) {
    chain.trail->counter_count = chain.counter_count;
    for (uint32_t j = 0; j < chain.counter_count; ++j) {
      chain.trail->counters[j] = CounterRow{counter_index_.Guess(chain.counter_hashes[j])};
      counters_.Prefetch(chain.trail->counters[j]);
    }
    if (many_benefits) {
      PrefetchTerms(chain.trail->candidates);
    }
  }
}

// Of what asks for both it is not known yet what applies.
//
// GCC takes a function that does nothing but fetch ahead for one without any effect, and
// drops its calls; not one that has an asm statement.
void Ledger::PrefetchBenefits(const CandidateIndex::Found& candidates) const {
  if (candidates.count == 0) {
    if (candidates.at != nullptr) {
      // Nothing applies: the answer is about what is there for others.
      __builtin_prefetch(candidate_index_.ListOf(candidates.at->both).data());
    }
    return;
  }
  for (uint32_t i = 0; i < candidates.count; ++i) {
    for (const Candidate& candidate : Front(candidates.lists[i], kBenefitsAheadMax)) {
      if (candidates.AsksForBoth(i)) {
        candidate_index_.PrefetchBrief(candidate);
      } else {
        benefits_.PrefetchFirstLine(candidate.benefit);
      }
    }
  }
  asm volatile("");
}

// The limits and funds of the candidates, which PrefetchBenefits() has fetched.
void Ledger::PrefetchTerms(const CandidateIndex::Found& candidates) const {
  if (candidates.count == 0 && candidates.at != nullptr) {
    candidate_index_.ForEachForMembers(candidates, [&](const Candidate& first) {
      candidate_index_.PrefetchBrief(first);
      benefits_.PrefetchFirstLine(first.benefit);
      return false;
    });
  }
  for (uint32_t i = 0; i < candidates.count; ++i) {
    if (candidates.AsksForBoth(i)) {
      for (const Candidate& candidate : Front(candidates.lists[i], kBenefitsAheadMax)) {
        if (candidate_index_.IsForMembersOf(*this, candidate, candidates.member_node)) {
          benefits_.PrefetchFirstLine(candidate.benefit);
        }
      }
      continue;
    }
    for (const Candidate& candidate : Front(candidates.lists[i], kTermsAheadMax)) {
      const Benefit& benefit = benefits_[candidate.benefit];
      if (benefit.has_second_line()) [[unlikely]] {
        __builtin_prefetch(&benefit.starts_at);
      }
      if (benefit.has_third_line()) {
        __builtin_prefetch(&benefit.segments_any);
      }
      limits_.Prefetch(benefit.first_limit);
      funds_.PrefetchFirstLine(benefit.first_fund);
    }
  }
  asm volatile("");
}

std::span<const Candidate> Ledger::Front(const CandidateIndex::List& list, size_t count_max) const {
  const std::span<const Candidate> all = candidate_index_.ListOf(list);
  return all.first(std::min(all.size(), count_max));
}

// Returns how far ahead that is.
uint32_t Ledger::PrefetchItemLines(uint32_t ahead, uint32_t count) const {
  for (uint32_t line = 0; line < count; ++line) {
    lines_.PrefetchAppend(++ahead);
  }
  return ahead;
}

void Ledger::PrefetchOriginals(std::span<const uint64_t> hashes) const {
  std::array<TransactionRow, kPrefetchMax> rows;
  for (size_t i = 0; i < hashes.size(); ++i) {
    rows[i] = TransactionRow{request_index_.Guess(hashes[i])};
    transactions_.Prefetch(rows[i]);
  }
  for (size_t i = 0; i < hashes.size(); ++i) {
    const Transaction& original = transactions_[rows[i]];
    applied_.Prefetch(original.first_applied);
    uses_.Prefetch(original.first_use);
  }
}

}  // namespace gonghui
