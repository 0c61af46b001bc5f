// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What there is to choose from: what is noted of benefits when their version first counts, and
// the lists of a category, made of those that are live when it is asked for.

#include <algorithm>
#include <span>

#include "engine/base/check.h"
#include "engine/domain/programme.h"
#include "engine/ledger/candidates.h"
#include "engine/ledger/digit_sort.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// A category of no more benefits than this is walked where a longer one has groups.
constexpr uint32_t kWalkedMax = 32;

}  // namespace

// ---- What changes ------------------------------------------------------------

void CandidateIndex::Invalidate() {
  if (++generation_ == 0) [[unlikely]] {
    // What was made 2^32 activations ago would be believed again.
    categories_.Reset();
    entries_.Reset();
    generation_ = 1;
  }
  entry_count_ = 0;
  group_count_ = 0;
  pool_size_ = 0;
}

CandidateIndex::Brief CandidateIndex::BriefOf(const Ledger& ledger, const Benefit& benefit) {
  Brief brief;
  brief.merchant_union = benefit.merchant_union.value();
  brief.member_union = benefit.member_union.value();
  brief.has_list = benefit.merchants.count > 0;
  brief.has_mccs = benefit.mccs.count > 0;
  brief.has_more = benefit.mccs.count > 1;
  if (brief.has_mccs) {
    brief.mccs = ledger.MccsOf(benefit.mccs).front();
  }
  return brief;
}

void CandidateIndex::Add(const Ledger& ledger, ProgrammeRow version) {
  if (added_[version.value()]) {
    return;
  }
  added_[version.value()] = true;
  const Programme& programme = ledger.programmes_[version];
  benefit_count_ += programme.benefit_count;
  uint32_t newest = 0;
  for (uint32_t i = 0; i < programme.benefit_count; ++i) {
    const BenefitRow row{programme.first_benefit.value() + i};
    briefs_[row.value()] = BriefOf(ledger, ledger.benefits_[row]);
    const PoolRange list = ledger.benefits_[row].merchants;
    // A version's lists stand behind each other; one that is shared is noted once.
    if (list.count == 0 || list.first <= newest) {
      continue;
    }
    newest = list.first;
    named_lists_[++named_list_count_] = NamedList{version, list};
    for (uint32_t j = 0; j < list.count; ++j) {
      const MerchantRow merchant =
          ledger.merchant_pool_[StrongId<struct MerchantPoolTag, uint32_t>{list.first + j}]
              .merchant;
      // As many as the pool has rows, at most.
      GH_CHECK(naming_count_ < kNamingsMax, "namings=", naming_count_);
      uint32_t& last = namings_by_merchant_[merchant.value()];
      if (last != 0 && namings_[last].list == named_list_count_) {
        continue;  // it stands in the list twice
      }
      namings_[++naming_count_] = Naming{named_list_count_, last};
      last = naming_count_;
    }
  }
}

void CandidateIndex::Rebuild(const Ledger& ledger) {
  added_.Reset();
  namings_by_merchant_.Reset();
  naming_count_ = 0;
  named_list_count_ = 0;
  benefit_count_ = 0;
  for (uint32_t i = 1; i <= ledger.programme_heads_.size(); ++i) {
    const ProgrammeHead& head = ledger.programme_heads_[ProgrammeHeadRow{i}];
    for (const ProgrammeRow version : {head.active, head.shadow}) {
      if (version != ProgrammeRow{}) {
        Add(ledger, version);  // a shadow that goes leaves the active one behind
      }
    }
  }
  Invalidate();
}

// ---- Categories ----------------------------------------------------------------

ProgrammeRow CandidateIndex::VersionOf(const ProgrammeHead& head) const {
  return shadow_ && head.shadow != ProgrammeRow{} ? head.shadow : head.active;
}

template <class Visit>
void CandidateIndex::ForEachLive(const Ledger& ledger, Visit&& visit) const {
  for (uint32_t i = 1; i <= ledger.programme_heads_.size(); ++i) {
    const ProgrammeRow row = VersionOf(ledger.programme_heads_[ProgrammeHeadRow{i}]);
    if (row == ProgrammeRow{}) {
      continue;
    }
    GH_DCHECK(added_[row.value()], "version=", row.value());
    const Programme& programme = ledger.programmes_[row];
    for (uint32_t j = 0; j < programme.benefit_count; ++j) {
      const BenefitRow benefit{programme.first_benefit.value() + j};
      visit(Candidate{benefit, OrderOf(programme, benefit)});
    }
  }
}

bool CandidateIndex::BelongsToCategory(const Ledger& ledger, BenefitRow row, Mcc mcc) const {
  const auto contains = [mcc](const MccRange& range) {
    return mcc >= range.first && mcc <= range.last;
  };
  const Brief& brief = briefs_[row.value()];
  if (!brief.has_more) {
    return !brief.has_mccs || contains(brief.mccs);
  }
  const std::span<const MccRange> ranges = ledger.MccsOf(ledger.benefits_[row].mccs);
  return std::any_of(ranges.begin(), ranges.end(), contains);
}

void CandidateIndex::MakeCategory(const Ledger& ledger, Mcc mcc) {
  uint32_t count = 0;
  ForEachLive(ledger, [&](Candidate candidate) {
    if (BelongsToCategory(ledger, candidate.benefit, mcc)) {
      scratch_[count++] = Member{candidate, briefs_[candidate.benefit.value()]};
    }
  });
  // Each is in the list of all, and in one group and the list of what is for members wherever, or
  // in one or two groups.
  if (!HasRoom(0, 3 * count)) {
    Invalidate();
    GH_CHECK(HasRoom(0, 3 * count), "category=", mcc, " candidates=", count);
  }
  Category& category = categories_[mcc];
  category = Category{};
  category.generation = generation_;
  category.list = List{pool_size_, count};
  for (uint32_t i = 0; i < count; ++i) {
    const Brief& brief = scratch_[i].brief;
    category.has_lists = category.has_lists || brief.has_list;
    category.has_merchant_unions = category.has_merchant_unions || brief.merchant_union != 0;
    category.has_both = category.has_both || brief.asks_for_both();
    Append(scratch_[i].candidate);
  }
  category.anywhere.first = pool_size_;
  for (uint32_t i = 0; i < count && category.anywhere.count < kOthersMax; ++i) {
    const Brief& brief = scratch_[i].brief;
    if (brief.member_union != 0 && !brief.at_merchants()) {
      Append(scratch_[i].candidate);
      ++category.anywhere.count;
    }
  }
  if (count > kWalkedMax) {
    MakeGroups(count, &category);
  }
}

// REQUIRES: there is room for the candidates twice.
void CandidateIndex::MakeGroups(uint32_t count, Category* category) {
  category->has_groups = true;
  const auto merchant_union = [](const Brief& brief) { return brief.merchant_union; };
  const auto member_union = [](const Brief& brief) { return brief.member_union; };
  category->groups[kAtGroup] = AddGroups(
      count,
      [](const Brief& brief) { return brief.member_union == 0 && !brief.has_list; },
      merchant_union);
  category->groups[kForGroup] = AddGroups(
      count,
      [](const Brief& brief) { return brief.member_union != 0 && !brief.at_merchants(); },
      member_union);
  category->groups[kBothAtGroup] = AddGroups(
      count,
      [](const Brief& brief) { return brief.asks_for_both() && !brief.has_list; },
      merchant_union);
  category->groups[kBothForGroup] = AddGroups(
      count, [](const Brief& brief) { return brief.asks_for_both(); }, member_union);
}

// Those of the scratch that are in, side by side where where_of() is the same.
template <class IsIn, class WhereOf>
CandidateIndex::List CandidateIndex::AddGroups(uint32_t count, IsIn&& is_in, WhereOf&& where_of) {
  uint32_t placed = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const Brief& brief = scratch_[i].brief;
    if (is_in(brief)) {
      placed_[placed++] = Placed{where_of(brief), scratch_[i].candidate};
    }
  }
  SortByWhere(placed);
  List groups{group_count_, 0};
  for (uint32_t i = 0; i < placed; ++i) {
    if (i == 0 || placed_[i].where != placed_[i - 1].where) {
      groups_[group_count_++] = Group{placed_[i].where, List{pool_size_, 0}};
      ++groups.count;
    }
    Append(placed_[i].candidate);
    ++groups_[group_count_ - 1].list.count;
  }
  return groups;
}

// Of the first so many placed: those of one place stay in order of precedence.
void CandidateIndex::SortByWhere(uint32_t count) {
  static_assert(kUnionNodesMax < kDigitSortMax);
  Placed* const placed = placed_.data();
  if (count <= kDigitSortWorth) {
    std::sort(placed, placed + count, [](const Placed& a, const Placed& b) {
      return a.where != b.where ? a.where < b.where : StandsBefore(a.candidate, b.candidate);
    });
  } else {
    SortByDigits(std::span(placed, count),
                 std::span(placed_spare_.data(), count),
                 [](const Placed& item) { return item.where; });
  }
}

void CandidateIndex::MakeReady(const Ledger& ledger, Mcc mcc) {
  for (;;) {
    if (categories_[mcc].generation != generation_) [[unlikely]] {
      MakeCategory(ledger, mcc);
    }
    const uint32_t count = categories_[mcc].list.count;
    if (HasRoom(2, 2 * count)) [[likely]] {
      return;
    }
    // Empty, it has room.
    GH_CHECK(entries_max() >= 2 && 5 * count <= sizes_.candidates,
             "category=",
             mcc,
             " candidates=",
             count);
    // What is asked for is made again in more places: that stops nobody, as copying would.
    if (entry_count_ + 2 > places_ / 2) {
      places_ = std::min(4 * places_, sizes_.places);
    }
    Invalidate();
  }
}

std::span<const Candidate> CandidateIndex::CategoryList(const Ledger& ledger, Mcc mcc) {
  MakeReady(ledger, mcc);
  return ListOf(categories_[mcc].list);
}

}  // namespace gonghui
