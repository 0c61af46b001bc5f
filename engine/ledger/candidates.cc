// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/candidates.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/domain/programme.h"
#include "engine/ledger/digit_sort.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// What an entry is found by.
constexpr uint8_t kMerchantKind = 1;
constexpr uint8_t kMemberKind = 2;

constexpr uint32_t kNamingsMax = 1u << 24;  // as many as the ledger's pool has rows

// A category of no more benefits than this is walked where a longer one has groups.
constexpr uint32_t kWalkedMax = 32;

// Precedence: the order in which codes first came, then that of the file.
constexpr uint32_t kBenefitBits = 10;
static_assert(kBenefitsPerProgrammeMax <= 1u << kBenefitBits);
static_assert(uint64_t{kProgrammesMax} << kBenefitBits <= UINT32_MAX);
// A category, its groups, and what is made of them for one decision.
static_assert(5 * kBenefitsMax + CandidateIndex::kOthersMax <= CandidateIndex::Sizes{}.candidates);

bool StandsBefore(const Candidate& a, const Candidate& b) {
  return a.order < b.order;
}

}  // namespace

CandidateIndex::CandidateIndex(bool shadow, const Sizes& sizes)
    : shadow_(shadow),
      sizes_(sizes),
      categories_(kMccMax + 1),
      slots_(sizes.slots, VirtualMemory::Use::kDense),
      entries_(entries_max(), VirtualMemory::Use::kDense),
      groups_(sizes.candidates),  // none is empty
      pool_(sizes.candidates, VirtualMemory::Use::kDense),
      added_(size_t{kProgrammesMax} + 1),
      briefs_(size_t{kBenefitsMax} + 1),
      namings_by_merchant_(size_t{kMerchantsMax} + 1),
      named_lists_(size_t{kBenefitsMax} + 1),
      namings_(size_t{kNamingsMax} + 1),
      scratch_(kBenefitsMax),
      placed_(kBenefitsMax),
      placed_spare_(kBenefitsMax),
      merged_(kCandidatesPerDecisionMax * Found::kListsMax),
      spare_(kCandidatesPerDecisionMax),
      offered_(kCandidatesPerDecisionMax) {}

uint32_t CandidateIndex::OrderOf(const Programme& version, BenefitRow benefit) {
  return version.head.value() << kBenefitBits | (benefit.value() - version.first_benefit.value());
}

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

// ---- What changes ------------------------------------------------------------

void CandidateIndex::Invalidate() {
  if (++generation_ == 0) [[unlikely]] {
    // What was made 2^32 activations ago would be believed again.
    categories_.Reset();
    slots_.Reset();
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

size_t CandidateIndex::TakeUpcomingMemory(std::span<MemoryRange> ranges) {
  GH_DCHECK(ranges.size() >= kUpcomingMax);
  size_t asked = 0;
  size_t count = 0;
  // Twice what is used, in whole parts.
  const auto tell = [&](auto& array, size_t used, size_t part) {
    const size_t row_bytes = sizeof(array[0]);
    const size_t wanted =
        std::min((2 * used * row_bytes / part + 1) * part, array.capacity() * row_bytes);
    size_t& told = told_bytes_[asked++];
    if (told < wanted) {
      ranges[count++] = {reinterpret_cast<char*>(array.data()) + told, wanted - told};
      told = wanted;
    }
  };
  constexpr size_t kHugePage = size_t{2} << 20;
  constexpr size_t kPart = size_t{1} << 18;
  tell(slots_, sizes_.slots, kHugePage);  // they are used here and there
  tell(entries_, entry_count_, kHugePage);
  tell(pool_, pool_size_, kHugePage);
  tell(groups_, group_count_, kPart);
  tell(scratch_, benefit_count_, kPart);
  tell(placed_, benefit_count_, kPart);
  tell(placed_spare_, benefit_count_, kPart);
  return count;
}

// ---- Slots --------------------------------------------------------------------

uint32_t CandidateIndex::SlotOf(const Key& key) const {
  const uint64_t hash =
      Mix64(uint64_t{key.where} << 32 | uint64_t{key.mcc} << 8 | uint64_t{key.kind});
  return static_cast<uint32_t>(hash & (sizes_.slots - 1));
}

const CandidateIndex::Entry* CandidateIndex::Look(const Key& key, uint32_t slot_of_key) const {
  for (uint32_t i = slot_of_key;; i = (i + 1) & (sizes_.slots - 1)) {
    const Slot& slot = slots_[i];
    if (slot.generation != generation_) {
      return nullptr;
    }
    const Entry& entry = entries_[slot.entry];
    if (entry.where == key.where && entry.mcc == key.mcc && entry.kind == key.kind) {
      return &entry;
    }
  }
}

// REQUIRES: it is not there, and there is room.
CandidateIndex::Entry& CandidateIndex::Insert(const Key& key) {
  GH_CHECK(entry_count_ < entries_max(), "entries=", entry_count_);
  uint32_t i = SlotOf(key);
  while (slots_[i].generation == generation_) {
    i = (i + 1) & (sizes_.slots - 1);
  }
  slots_[i] = Slot{generation_, entry_count_};
  Entry& entry = entries_[entry_count_++];
  entry = Entry{};
  entry.where = key.where;
  entry.mcc = key.mcc;
  entry.kind = key.kind;
  return entry;
}

// Merchants of one node are alike unless a list names them.
uint32_t CandidateIndex::PlaceOf(const Category& category,
                                 const Merchant& merchant,
                                 MerchantRow row) const {
  if (category.has_lists && namings_by_merchant_[row.value()] != 0) {
    return kNamed | row.value();
  }
  return category.has_merchant_unions ? merchant.union_node.value() : 0;
}

CandidateIndex::Sought CandidateIndex::Seek(const Merchant& merchant,
                                            MerchantRow row,
                                            UnionNodeRow member_node) const {
  Sought sought;
  const Category& category = categories_[merchant.mcc];
  if (category.generation != generation_) [[unlikely]] {
    return sought;
  }
  sought.generation = generation_;
  sought.merchant = row;
  sought.member_node = member_node;
  if (category.list.count == 0) {
    return sought;
  }
  const auto seek = [&](const Key& key) {
    const uint32_t slot = SlotOf(key);
    __builtin_prefetch(slots_.data() + slot);
    sought.slots[sought.count] = slot;
    sought.keys[sought.count++] = key;
  };
  seek(Key{PlaceOf(category, merchant, row), merchant.mcc, kMerchantKind});
  if (category.for_members()) {
    seek(Key{member_node.value(), merchant.mcc, kMemberKind});
  }
  return sought;
}

bool CandidateIndex::HasRoom(uint32_t entries, uint32_t candidates) const {
  return entry_count_ + entries <= entries_max() && pool_size_ + candidates <= sizes_.candidates;
}

void CandidateIndex::Append(Candidate candidate) {
  pool_[pool_size_++] = candidate;
}

// ---- Categories ----------------------------------------------------------------

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
    category.has_member_unions =
        category.has_member_unions || (brief.member_union != 0 && !brief.at_merchants());
    category.has_both = category.has_both || brief.asks_for_both();
    Append(scratch_[i].candidate);
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
    if (HasRoom(2, 2 * count + kOthersMax)) [[likely]] {
      return;
    }
    // Empty, it has room.
    GH_CHECK(entries_max() >= 2 && 5 * count + kOthersMax <= sizes_.candidates,
             "category=",
             mcc,
             " candidates=",
             count);
    Invalidate();
  }
}

std::span<const Candidate> CandidateIndex::CategoryList(const Ledger& ledger, Mcc mcc) {
  MakeReady(ledger, mcc);
  return ListOf(categories_[mcc].list);
}

// ---- Entries --------------------------------------------------------------------

CandidateIndex::Found CandidateIndex::Find(const Ledger& ledger,
                                           MerchantRow row,
                                           UnionNodeRow member_node) {
  const Merchant& merchant = ledger.merchants_[row];
  MakeReady(ledger, merchant.mcc);
  const Sought sought = Seek(merchant, row, member_node);
  Found found;
  found.generation = generation_;
  found.merchant = row;
  found.member_node = member_node;
  for (uint32_t i = 0; i < sought.count; ++i) {
    const Entry* entry = Look(sought.keys[i], sought.slots[i]);
    if (entry == nullptr) [[unlikely]] {
      entry = Make(ledger, sought.keys[i], row, member_node);
    }
    Take(entry, &found);
  }
  TakeBoth(&found);
  return found;
}

CandidateIndex::Found CandidateIndex::Peek(const Sought& sought) const {
  Found found;
  for (uint32_t i = 0; i < sought.count; ++i) {
    const Entry* const entry = Look(sought.keys[i], sought.slots[i]);
    if (entry == nullptr) [[unlikely]] {
      return Found{};
    }
    Take(entry, &found);
  }
  TakeBoth(&found);
  for (uint32_t i = 0; i < found.count; ++i) {
    __builtin_prefetch(pool_.data() + found.lists[i].first);
  }
  if (found.at != nullptr && found.at->others.count != kNotMade) {
    __builtin_prefetch(pool_.data() + found.at->others.first);
  }
  found.generation = sought.generation;
  found.merchant = sought.merchant;
  found.member_node = sought.member_node;
  return found;
}

void CandidateIndex::Take(const Entry* entry, Found* found) {
  (entry->kind == kMerchantKind ? found->at : found->members) = entry;
  found->shadowed = found->shadowed || entry->own_shadowed;
  if (entry->own.count != 0) {
    found->lists[found->count++] = entry->own;
  }
}

// Of what asks for both each has a list with all that applies, and more.
void CandidateIndex::TakeBoth(Found* found) {
  if (found->members == nullptr) {
    return;
  }
  const Entry* const fewer =
      found->members->both.count < found->at->both.count ? found->members : found->at;
  if (fewer->both.count != 0) {
    found->both = fewer;
    found->shadowed = found->shadowed || fewer->both_shadowed;
    found->lists[found->count++] = fewer->both;
  }
}

// What is read of most entries stands in their first line.
//
// GCC takes a function that does nothing but fetch ahead for one without any effect, and
// drops its calls; not one that has an asm statement.
void CandidateIndex::PrefetchEntries(const Sought& sought) const {
  for (uint32_t i = 0; i < sought.count; ++i) {
    const Slot& slot = slots_[sought.slots[i]];
    if (slot.generation == generation_) {
      __builtin_prefetch(entries_.data() + slot.entry);
    }
  }
  asm volatile("");
}

// Two lists in order, as one.
std::span<const Candidate> CandidateIndex::Merged(std::span<const Candidate> a,
                                                  std::span<const Candidate> b) {
  if (a.empty() || b.empty()) {
    return a.empty() ? b : a;
  }
  const auto* const end =
      std::merge(a.begin(), a.end(), b.begin(), b.end(), merged_.data(), StandsBefore);
  return {merged_.data(), end};
}

std::span<const Candidate> CandidateIndex::ListOf(const Ledger& ledger, const Found& found) {
  std::span<const Candidate> list;
  for (uint32_t i = 0; i < found.count; ++i) {
    std::span<const Candidate> next =
        found.AsksForBoth(i) ? Offered(ledger, found, found.lists[i]) : ListOf(found.lists[i]);
    next = next.first(std::min<size_t>(next.size(), kCandidatesPerDecisionMax));
    if (list.data() == merged_.data() && !next.empty()) [[unlikely]] {
      std::copy(list.begin(), list.end(), spare_.data());
      list = {spare_.data(), list.size()};
    }
    list = Merged(list, next);
    list = list.first(std::min<size_t>(list.size(), kCandidatesPerDecisionMax));
  }
  return list;
}

std::span<const Candidate> CandidateIndex::SetOf(const Ledger& ledger, const Found& found) {
  if (found.count == 1 && found.both == nullptr) {
    const std::span<const Candidate> list = ListOf(found.lists[0]);
    return list.first(std::min<size_t>(list.size(), kCandidatesPerDecisionMax));
  }
  uint32_t most = 0;
  for (uint32_t i = 0; i < found.count; ++i) {
    most += found.lists[i].count;
  }
  if (most > kCandidatesPerDecisionMax) [[unlikely]] {
    return ListOf(ledger, found);
  }
  Candidate* end = merged_.data();
  for (uint32_t i = 0; i < found.count; ++i) {
    for (const Candidate& candidate :
         found.AsksForBoth(i) ? Offered(ledger, found, found.lists[i]) : ListOf(found.lists[i])) {
      *end++ = candidate;
    }
  }
  return {merged_.data(), end};
}

// What of a list that asks for both is offered at the merchant to the members.
std::span<const Candidate> CandidateIndex::Offered(const Ledger& ledger,
                                                   const Found& found,
                                                   const List& list) {
  uint32_t count = 0;
  for (const Candidate& candidate : ListOf(list)) {
    if (IsForMembersOf(ledger, candidate, found.member_node) &&
        IsAt(ledger, candidate.benefit, found.merchant)) {
      offered_[count++] = candidate;
      if (count == kCandidatesPerDecisionMax) {
        break;
      }
    }
  }
  return {offered_.data(), count};
}

bool CandidateIndex::IsForMembersOf(const Ledger& ledger,
                                    const Candidate& candidate,
                                    UnionNodeRow node) const {
  const Brief& brief = briefs_[candidate.benefit.value()];
  return ledger.IsInside(node, UnionNodeRow{brief.member_union});
}

bool CandidateIndex::IsAt(const Ledger& ledger, BenefitRow benefit, MerchantRow row) const {
  const Brief& brief = briefs_[benefit.value()];
  return ledger.IsInside(ledger.merchants_[row].union_node, UnionNodeRow{brief.merchant_union}) &&
         (!brief.has_list || ledger.IsListed(ledger.benefits_[benefit].merchants, row));
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
  if (category.has_lists || category.has_merchant_unions) {
    for (const Candidate& candidate : ListOf(category.list)) {
      if (!IsAt(ledger, candidate.benefit, row)) {
        entry.elsewhere = candidate;
        break;
      }
    }
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

std::span<const Candidate> CandidateIndex::MakeOthers(const Ledger& ledger, const Found& found) {
  const MerchantRow row = found.merchant;
  // With room for them; the entry is another if there was none.
  const Found again = Find(ledger, row, found.member_node);
  Entry& entry = entries_[static_cast<size_t>(again.at - entries_.data())];
  const Category& category = categories_[entry.mcc];
  entry.others = MakeList([&] {
    const std::span<const Candidate> all = ListOf(category.list);
    const uint32_t first = pool_size_;
    for (size_t i = 0; category.for_members() && i < all.size(); ++i) {
      const Brief& brief = briefs_[all[i].benefit.value()];
      if (brief.member_union != 0 && IsAt(ledger, all[i].benefit, row)) {
        Append(all[i]);
        if (pool_size_ - first == kOthersMax) {
          break;
        }
      }
    }
  });
  return ListOf(entry.others);
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

void CandidateIndex::Describe(const Ledger& ledger, Entry* entry) const {
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
  const std::span<PersonCounter> counters{entry->counters};
  describe(entry->own,
           counters.first(Entry::kOwnCountersMax),
           &entry->own_counter_count,
           &entry->own_shadowed);
  describe(entry->both,
           counters.subspan(entry->own_counter_count, Entry::kBothCountersMax),
           &entry->both_counter_count,
           &entry->both_shadowed);
}

void CandidateIndex::AddPersonCounters(const Ledger& ledger,
                                       const Benefit& benefit,
                                       std::span<PersonCounter> counters,
                                       uint8_t* count) {
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger.limits_[benefit.limits[i]];
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

// The list is sorted by row.
bool Ledger::IsListed(PoolRange merchants, MerchantRow row) const {
  const std::span<const MerchantPoolItem> items = RowsOf(merchant_pool_, merchants);
  const auto found = std::lower_bound(
      items.begin(), items.end(), row, [](const MerchantPoolItem& item, MerchantRow wanted) {
        return item.merchant < wanted;
      });
  return found != items.end() && found->merchant == row;
}

}  // namespace gonghui
