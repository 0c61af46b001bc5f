// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries: what a merchant offers, and what members of a node are offered, each chosen once
// from the lists of the category.

#include <algorithm>
#include <span>

#include "engine/base/check.h"
#include "engine/domain/programme.h"
#include "engine/ledger/candidates.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

// REQUIRES: it is not there, and there is room.
CandidateIndex::Entry& CandidateIndex::Insert(const Key& key) {
  GH_CHECK(entry_count_ < places_ / 2, "entries=", entry_count_);
  uint32_t place = PlaceOf(key);
  while (entries_[place].generation == generation_) {
    place = (place + 1) & (places_ - 1);
  }
  Entry& entry = entries_[place];
  entry = Entry{};
  entry.generation = generation_;
  entry.where = key.where;
  entry.mcc = key.mcc;
  entry.kind = key.kind;
  entry.rest = entry_count_;
  rests_[entry_count_++] = Rest{};
  return entry;
}

// REQUIRES: there is room for the entry, and for all of its category.
const CandidateIndex::Entry* CandidateIndex::Make(const Ledger& ledger,
                                                  const Key& key,
                                                  MerchantRow row,
                                                  UnionNodeRow member_node) {
  const Category& category = categories_[key.mcc];
  const UnionNodeRow merchant_node = ledger.merchants_[row].union_node;
  Entry& entry = Insert(key);
  if (key.kind == kMemberKind) {
    const auto make = [&](GroupKind groups, auto&& is_in) {
      return MakeList([&] {
        if (category.has_groups) {
          AppendGroupsAbove(ledger, category, groups, member_node);
        } else {
          AppendWalked(category, [&](const Brief& brief, BenefitRow) {
            return brief.member_union != 0 && is_in(brief) &&
                   ledger.IsInside(member_node, UnionNodeRow{brief.member_union});
          });
        }
      });
    };
    entry.own = make(kForGroup, [](const Brief& brief) { return !brief.at_merchants(); });
    entry.both = make(kBothForGroup, [](const Brief& brief) { return brief.at_merchants(); });
    Describe(ledger, &entry);
    return &entry;
  }
  const auto make = [&](GroupKind groups, auto&& is_in) {
    return MakeList([&] {
      if (category.has_groups) {
        AppendGroup(category, groups, 0);  // wherever
        AppendGroupsAbove(ledger, category, groups, merchant_node);
        if (category.has_lists) {
          AppendNamings(ledger, key.mcc, row, is_in);
        }
      } else {
        AppendWalked(category, [&](const Brief& brief, BenefitRow benefit) {
          return is_in(brief) && IsAt(ledger, benefit, row);
        });
      }
    });
  };
  entry.own = make(kAtGroup, [](const Brief& brief) { return brief.member_union == 0; });
  entry.both = make(kBothAtGroup, [](const Brief& brief) { return brief.asks_for_both(); });
  Describe(ledger, &entry);
  entry.elsewhere = category.list.count;
  if (category.has_lists || category.has_merchant_unions) {
    const std::span<const Candidate> all = ListOf(category.list);
    const auto first = std::find_if(all.begin(), all.end(), [&](const Candidate& candidate) {
      return !IsAt(ledger, candidate.benefit, row);
    });
    entry.elsewhere = static_cast<uint32_t>(first - all.begin());
  }
  return &entry;
}

// Of what fill() appends.
template <class Fill>
CandidateIndex::List CandidateIndex::MakeList(Fill&& fill) {
  const uint32_t first = pool_size_;
  fill();
  std::sort(pool_.data() + first, pool_.data() + pool_size_, StandsBefore);
  return List{first, pool_size_ - first};
}

void CandidateIndex::AppendGroup(const Category& category, GroupKind kind, uint32_t where) {
  const Group* const begin = groups_.data() + category.groups[kind].first;
  const Group* const end = begin + category.groups[kind].count;
  const Group* const group =
      std::lower_bound(begin, end, where, [](const Group& a, uint32_t b) { return a.where < b; });
  if (group != end && group->where == where) {
    for (const Candidate& candidate : ListOf(group->list)) {
      Append(candidate);
    }
  }
}

// Those of a node and all above it.
void CandidateIndex::AppendGroupsAbove(const Ledger& ledger,
                                       const Category& category,
                                       GroupKind kind,
                                       UnionNodeRow row) {
  const UnionNode& node = ledger.union_nodes_[row];
  for (uint32_t i = 0; i < node.depth; ++i) {
    AppendGroup(category, kind, node.ancestors[i].value());
  }
}

// What the merchant is named in; of versions that do not count any longer, too.
template <class IsIn>
void CandidateIndex::AppendNamings(const Ledger& ledger, Mcc mcc, MerchantRow row, IsIn&& is_in) {
  for (uint32_t i = namings_by_merchant_[row.value()]; i != 0; i = namings_[i].next) {
    const NamedList& named = named_lists_[namings_[i].list];
    const Programme& version = ledger.programmes_[named.version];
    if (VersionOf(ledger.programme_heads_[version.head]) != named.version) {
      continue;
    }
    for (uint32_t j = 0; j < version.benefit_count; ++j) {
      const BenefitRow benefit_row{version.first_benefit.value() + j};
      const Brief& brief = briefs_[benefit_row.value()];
      if (brief.has_list && is_in(brief) &&
          ledger.benefits_[benefit_row].merchants.first == named.list.first &&
          BelongsToCategory(ledger, benefit_row, mcc) &&
          ledger.IsInside(ledger.merchants_[row].union_node, UnionNodeRow{brief.merchant_union})) {
        Append(Candidate{benefit_row, OrderOf(version, benefit_row)});
      }
    }
  }
}

template <class IsIn>
void CandidateIndex::AppendWalked(const Category& category, IsIn&& is_in) {
  for (uint32_t i = 0; i < category.list.count; ++i) {
    const Candidate candidate = pool_[category.list.first + i];
    if (is_in(briefs_[candidate.benefit.value()], candidate.benefit)) {
      Append(candidate);
    }
  }
}

void CandidateIndex::Describe(const Ledger& ledger, Entry* entry) {
  const auto describe =
      [&](const List& list, std::span<PersonCounter> counters, uint8_t* count, bool* shadowed) {
        for (const Candidate& candidate : ListOf(list)) {
          if (*count == counters.size() && (*shadowed || ledger.shadow_count_ == 0)) {
            break;
          }
          const Benefit& benefit = ledger.benefits_[candidate.benefit];
          const Programme& programme = ledger.programmes_[benefit.programme];
          *shadowed = *shadowed || ledger.programme_heads_[programme.head].shadow != ProgrammeRow{};
          AddPersonCounters(ledger, benefit, counters, count);
        }
      };
  std::array<PersonCounter, Entry::kOwnCountersMax + Entry::kBothCountersMax> all{};
  const std::span<PersonCounter> counters{all};
  describe(entry->own,
           counters.first(Entry::kOwnCountersMax),
           &entry->own_counter_count,
           &entry->own_shadowed);
  describe(entry->both,
           counters.subspan(entry->own_counter_count, Entry::kBothCountersMax),
           &entry->both_counter_count,
           &entry->both_shadowed);
  std::copy_n(all.begin(), entry->counters.size(), entry->counters.begin());
  std::copy(all.begin() + entry->counters.size(), all.end(), rests_[entry->rest].counters.begin());
}

void CandidateIndex::AddPersonCounters(const Ledger& ledger,
                                       const Benefit& benefit,
                                       std::span<PersonCounter> counters,
                                       uint8_t* count) {
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger.limits_[benefit.limit(i)];
    bool known = limit.subject != LimitSubject::kPerson || limit.scope != LimitScope::kAll;
    for (uint32_t j = 0; j < *count; ++j) {
      known =
          known || (counters[j].series == limit.series && counters[j].calendar == benefit.calendar);
    }
    if (!known && *count < counters.size()) {
      counters[(*count)++] = {limit.series, benefit.calendar, limit.window};
    }
  }
}

}  // namespace gonghui
