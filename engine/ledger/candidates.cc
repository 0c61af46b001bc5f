// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/candidates.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/domain/programme.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// What a list has.  Of what asks for both there is one by the merchant, and one by the members.
constexpr uint8_t kMerchantKind = 1;  // what a merchant offers to everybody
constexpr uint8_t kMemberKind = 2;    // what is offered everywhere to members of a node
constexpr uint8_t kBothAtKind = 3;    // what a merchant offers to members of some node alone
constexpr uint8_t kBothForKind = 4;   // what is for members of a node at some merchants alone
constexpr uint8_t kOthersKind = 5;    // what a merchant offers to members of some node
// Of what these are made: by the node of merchants or members that is named, or none; of what
// asks for both, by the node of merchants, and by that of members.
constexpr uint8_t kGroupKind = 6;
constexpr uint8_t kBothAtGroup = 7;
constexpr uint8_t kBothForGroup = 8;

constexpr uint32_t kNamingsMax = 1u << 24;  // as many as the ledger's pool has rows

// A category of no more benefits than this is walked where a longer one has groups.
constexpr uint32_t kWalkedMax = 32;

// Precedence: the order in which codes first came, then that of the file.
constexpr uint32_t kBenefitBits = 10;
static_assert(kBenefitsPerProgrammeMax <= 1u << kBenefitBits);
static_assert(uint64_t{kProgrammesMax} << kBenefitBits <= UINT32_MAX);
// A category and its groups, what is offered to all and theirs, and what is made of them.
static_assert(6 * kBenefitsMax <= CandidateIndex::Sizes{}.candidates);

// It has more than what is offered here to these members.
bool AsksForBoth(const CandidateIndex::Entry& entry) {
  return entry.kind == kBothAtKind || entry.kind == kBothForKind;
}

}  // namespace

CandidateIndex::CandidateIndex(bool shadow, const Sizes& sizes)
    : shadow_(shadow),
      sizes_(sizes),
      categories_(kMccMax + 1),
      slots_(sizes.slots, VirtualMemory::Use::kDense),
      entries_(entries_max(), VirtualMemory::Use::kDense),
      pool_(sizes.candidates, VirtualMemory::Use::kDense),
      added_(size_t{kProgrammesMax} + 1),
      namings_by_merchant_(size_t{kMerchantsMax} + 1),
      named_lists_(size_t{kBenefitsMax} + 1),
      namings_(size_t{kNamingsMax} + 1),
      scratch_(kBenefitsMax),
      merged_(kBenefitsMax),
      spare_(kCandidatesPerDecisionMax),
      offered_(size_t{Found::kListsMax} * kCandidatesPerDecisionMax) {}

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
    const Programme& programme = ledger.programmes_[row];
    for (uint32_t j = 0; j < programme.benefit_count; ++j) {
      const BenefitRow benefit{programme.first_benefit.value() + j};
      visit(Candidate{benefit, OrderOf(programme, benefit)}, ledger.benefits_[benefit]);
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
  pool_size_ = 0;
}

void CandidateIndex::Add(const Ledger& ledger, ProgrammeRow version) {
  if (added_[version.value()]) {
    return;
  }
  added_[version.value()] = true;
  const Programme& programme = ledger.programmes_[version];
  uint32_t newest = 0;
  for (uint32_t i = 0; i < programme.benefit_count; ++i) {
    const BenefitRow row{programme.first_benefit.value() + i};
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
  for (uint32_t i = 1; i <= ledger.programme_heads_.size(); ++i) {
    const ProgrammeRow row = VersionOf(ledger.programme_heads_[ProgrammeHeadRow{i}]);
    if (row != ProgrammeRow{}) {
      Add(ledger, row);
    }
  }
  Invalidate();
}

// ---- Slots --------------------------------------------------------------------

size_t CandidateIndex::SlotOf(const Key& key) const {
  const uint64_t hash =
      Mix64(FoldedMultiply(uint64_t{key.place} << 32 | key.member_node, 0x9e3779b97f4a7c15) ^
            (uint64_t{key.mcc} << 8 | key.kind));
  return hash & (sizes_.slots - 1);
}

const CandidateIndex::Entry* CandidateIndex::Look(const Key& key) const {
  for (size_t i = SlotOf(key);; i = (i + 1) & (sizes_.slots - 1)) {
    const Slot& slot = slots_[i];
    if (slot.generation != generation_) {
      return nullptr;
    }
    const Entry& entry = entries_[slot.entry];
    if (entry.place == key.place && entry.member_node == key.member_node && entry.mcc == key.mcc &&
        entry.kind == key.kind) {
      return &entry;
    }
  }
}

// REQUIRES: it is not there, and there is room.
CandidateIndex::Entry& CandidateIndex::Insert(const Key& key) {
  GH_CHECK(entry_count_ < entries_max(), "entries=", entry_count_);
  size_t i = SlotOf(key);
  while (slots_[i].generation == generation_) {
    i = (i + 1) & (sizes_.slots - 1);
  }
  slots_[i] = Slot{generation_, entry_count_};
  Entry& entry = entries_[entry_count_++];
  entry = Entry{};
  entry.place = key.place;
  entry.member_node = key.member_node;
  entry.mcc = key.mcc;
  entry.kind = key.kind;
  entry.first = pool_size_;
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

// REQUIRES: both categories are of this generation.
CandidateIndex::Keys CandidateIndex::KeysOf(const Merchant& merchant,
                                            MerchantRow row,
                                            UnionNodeRow member_node) const {
  Keys keys;
  for (const Mcc mcc : {merchant.mcc, kAllCategories}) {
    const Category& category = categories_[mcc];
    if (category.count == 0) {
      continue;
    }
    const uint32_t place = PlaceOf(category, merchant, row);
    keys.list[keys.count++] = Key{kMerchantKind, mcc, place, 0};
    if (category.has_member_unions) {
      keys.list[keys.count++] = Key{kMemberKind, mcc, 0, member_node.value()};
    }
    if (category.has_both) {
      keys.list[keys.count++] = Key{kBothAtKind, mcc, place, 0};
      keys.list[keys.count++] = Key{kBothForKind, mcc, 0, member_node.value()};
    }
  }
  return keys;
}

// Which of a decision's lists a benefit stands in.
bool CandidateIndex::Belongs(uint8_t kind, const Benefit& benefit) {
  const bool for_members = benefit.member_union != UnionNodeRow{};
  const bool at_merchants = benefit.merchant_union != UnionNodeRow{} || benefit.merchants.count > 0;
  switch (kind) {
    case kMerchantKind:
      return !for_members;
    case kMemberKind:
      return for_members && !at_merchants;
    case kBothAtKind:
    case kBothForKind:
      return for_members && at_merchants;
    default:
      return for_members;
  }
}

bool CandidateIndex::HasRoom(uint32_t entries, uint32_t candidates) const {
  return entry_count_ + entries <= entries_max() && pool_size_ + candidates <= sizes_.candidates;
}

void CandidateIndex::Append(Candidate candidate) {
  pool_[pool_size_++] = candidate;
}

// ---- Categories ----------------------------------------------------------------

namespace {

// Whether a benefit belongs to a category: of its own, or 0 = it is offered to all.
bool BelongsToCategory(std::span<const MccRange> mccs, Mcc mcc) {
  if (mcc == 0 || mccs.empty()) {
    return mcc == 0 && mccs.empty();
  }
  return std::any_of(mccs.begin(), mccs.end(), [mcc](const MccRange& range) {
    return mcc >= range.first && mcc <= range.last;
  });
}

}  // namespace

const CandidateIndex::Category& CandidateIndex::MakeCategory(const Ledger& ledger, Mcc mcc) {
  uint32_t count = 0;
  ForEachLive(ledger, [&](Candidate candidate, const Benefit& benefit) {
    if (BelongsToCategory(ledger.MccsOf(benefit.mccs), mcc)) {
      scratch_[count++] = Member{benefit.merchant_union.value(),
                                 benefit.member_union.value(),
                                 candidate,
                                 benefit.merchants.count > 0};
    }
  });
  if (!HasRoom(1, 3 * count)) {
    Invalidate();
    GH_CHECK(HasRoom(1, 3 * count), "category=", mcc, " candidates=", count);
  }
  Category& category = categories_[mcc];
  category = Category{};
  category.generation = generation_;
  category.first = pool_size_;
  category.count = count;
  for (uint32_t i = 0; i < count; ++i) {
    const Member& member = scratch_[i];
    const bool at_merchants = member.has_list || member.merchant_union != 0;
    category.has_lists = category.has_lists || member.has_list;
    category.has_merchant_unions = category.has_merchant_unions || member.merchant_union != 0;
    category.has_member_unions =
        category.has_member_unions || (member.member_union != 0 && !at_merchants);
    category.has_both = category.has_both || (member.member_union != 0 && at_merchants);
    Append(member.candidate);
  }
  if (count > kWalkedMax) {
    MakeGroups(mcc, count, &category);
  }
  return category;
}

// REQUIRES: there is room for the candidates twice.
void CandidateIndex::MakeGroups(Mcc mcc, uint32_t count, Category* category) {
  const auto is_both = [](const Member& member) {
    return member.member_union != 0 && (member.has_list || member.merchant_union != 0);
  };
  category->has_groups =
      AddGroups(
          mcc,
          kGroupKind,
          count,
          [&](const Member& member) { return !member.has_list && !is_both(member); },
          [](const Member& member) {
            return std::pair(member.merchant_union, member.member_union);
          }) &&
      AddGroups(
          mcc,
          kBothAtGroup,
          count,
          [&](const Member& member) { return is_both(member) && !member.has_list; },
          [](const Member& member) { return std::pair(member.merchant_union, 0u); }) &&
      AddGroups(mcc, kBothForGroup, count, is_both, [](const Member& member) {
        return std::pair(0u, member.member_union);
      });
}

// Those of the scratch that belong, side by side where key_of() is the same.  False: there are
// too many groups, and the category is walked instead.
template <class IsIn, class KeyOf>
bool CandidateIndex::AddGroups(
    Mcc mcc, uint8_t kind, uint32_t count, IsIn&& is_in, KeyOf&& key_of) {
  Member* const begin = scratch_.data();
  Member* const end = std::partition(begin, begin + count, is_in);
  std::sort(begin, end, [&](const Member& a, const Member& b) {
    const auto key_a = key_of(a);
    const auto key_b = key_of(b);
    return key_a != key_b ? key_a < key_b : a.candidate.order < b.candidate.order;
  });
  uint32_t groups = 0;
  for (const Member* member = begin; member != end; ++member) {
    groups += member == begin || key_of(*member) != key_of(member[-1]) ? 1u : 0u;
  }
  if (groups > entries_max() / 16 || !HasRoom(groups, 0)) {
    return false;
  }
  Entry* group = nullptr;
  for (const Member* member = begin; member != end; ++member) {
    if (member == begin || key_of(*member) != key_of(member[-1])) {
      const auto [place, member_node] = key_of(*member);
      group = &Insert(Key{kind, mcc, place, member_node});
    }
    Append(member->candidate);
    ++group->count;
  }
  return true;
}

const CandidateIndex::Category& CandidateIndex::CategoryOf(const Ledger& ledger, Mcc mcc) {
  const Category& category = categories_[mcc];
  return category.generation == generation_ ? category : MakeCategory(ledger, mcc);
}

void CandidateIndex::MakeReady(const Ledger& ledger, Mcc mcc, uint32_t entries) {
  for (;;) {
    const uint32_t generation = generation_;
    const uint32_t count = CategoryOf(ledger, mcc).count + CategoryOf(ledger, kAllCategories).count;
    if (generation != generation_) {
      continue;  // the second one found no room, and the first is void
    }
    if (HasRoom(entries, 2 * count)) [[likely]] {
      return;
    }
    // Empty, it has room: for both categories twice, their groups, and as much again.
    GH_CHECK(5 * count <= sizes_.candidates, "category=", mcc, " candidates=", count);
    GH_CHECK(entries <= entries_max() / 2, "entries=", entries);
    Invalidate();
  }
}

// Two lists in order, as one.
std::span<const Candidate> CandidateIndex::Merged(std::span<const Candidate> a,
                                                  std::span<const Candidate> b) {
  if (a.empty() || b.empty()) {
    return a.empty() ? b : a;
  }
  const auto* const end = std::merge(
      a.begin(), a.end(), b.begin(), b.end(), merged_.data(), [](Candidate x, Candidate y) {
        return x.order < y.order;
      });
  return {merged_.data(), end};
}

std::span<const Candidate> CandidateIndex::CategoryList(const Ledger& ledger, Mcc mcc) {
  MakeReady(ledger, mcc, 0);
  const auto list_of = [this](const Category& category) {
    return std::span<const Candidate>{pool_.data() + category.first, category.count};
  };
  return Merged(list_of(categories_[mcc]), list_of(categories_[kAllCategories]));
}

// ---- Entries --------------------------------------------------------------------

CandidateIndex::Found CandidateIndex::Find(const Ledger& ledger,
                                           MerchantRow row,
                                           UnionNodeRow member_node) {
  const Merchant& merchant = ledger.merchants_[row];
  MakeReady(ledger, merchant.mcc, Keys::kMax);
  const Keys keys = KeysOf(merchant, row, member_node);
  Found found;
  found.generation = generation_;
  found.merchant = row;
  found.member_node = member_node;
  for (uint32_t i = 0; i < keys.count; ++i) {
    const Entry* entry = Look(keys.list[i]);
    if (entry == nullptr) [[unlikely]] {
      entry = Make(ledger, keys.list[i], row, member_node);
    }
    Take(entry, &found);
  }
  return found;
}

CandidateIndex::Found CandidateIndex::Peek(const Merchant& merchant,
                                           MerchantRow row,
                                           UnionNodeRow member_node) const {
  Found found;
  if (!IsReady(merchant.mcc)) [[unlikely]] {
    return found;
  }
  const Keys keys = KeysOf(merchant, row, member_node);
  found.generation = generation_;
  found.merchant = row;
  found.member_node = member_node;
  for (uint32_t i = 0; i < keys.count; ++i) {
    const Entry* const entry = Look(keys.list[i]);
    if (entry == nullptr) [[unlikely]] {
      return Found{};
    }
    Take(entry, &found);
  }
  return found;
}

// Of what asks for both there are two lists, one by the merchant and one by the members, which
// stand behind each other: the shorter one has all that applies, and more.
void CandidateIndex::Take(const Entry* entry, Found* found) {
  if (entry->kind == kBothForKind) {
    const Entry*& other = found->lists[found->count - 1];
    other = entry->count < other->count ? entry : other;
    return;
  }
  found->lists[found->count++] = entry;
}

// GCC takes a function that does nothing but fetch ahead for one without any effect, and
// drops its calls; not one that has an asm statement.
void CandidateIndex::PrefetchSlots(const Merchant& merchant,
                                   MerchantRow row,
                                   UnionNodeRow member_node) const {
  if (!IsReady(merchant.mcc)) [[unlikely]] {
    return;
  }
  const Keys keys = KeysOf(merchant, row, member_node);
  for (uint32_t i = 0; i < keys.count; ++i) {
    __builtin_prefetch(slots_.data() + SlotOf(keys.list[i]));
  }
  asm volatile("");
}

void CandidateIndex::PrefetchLists(const Merchant& merchant,
                                   MerchantRow row,
                                   UnionNodeRow member_node) const {
  if (!IsReady(merchant.mcc)) [[unlikely]] {
    return;
  }
  const Keys keys = KeysOf(merchant, row, member_node);
  for (uint32_t i = 0; i < keys.count; ++i) {
    const Slot& slot = slots_[SlotOf(keys.list[i])];
    if (slot.generation == generation_) {
      const auto* const bytes = reinterpret_cast<const char*>(entries_.data() + slot.entry);
      __builtin_prefetch(bytes);
      __builtin_prefetch(bytes + 64);
    }
  }
  asm volatile("");
}

std::span<const Candidate> CandidateIndex::ListOf(const Ledger& ledger, const Found& found) {
  std::span<const Candidate> list;
  for (uint32_t i = 0; i < found.count; ++i) {
    const Entry& entry = *found.lists[i];
    std::span<const Candidate> next;
    if (AsksForBoth(entry)) {
      next = Offered(ledger, found, entry, i);
    } else {
      next = ListOf(entry).first(std::min(entry.count, kCandidatesPerDecisionMax));
    }
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
  uint32_t most = 0;
  const Entry* last = nullptr;
  uint32_t filled = 0;
  for (uint32_t i = 0; i < found.count; ++i) {
    const Entry* const entry = found.lists[i];
    most += entry->count;
    last = entry->count != 0 ? entry : last;
    filled += entry->count != 0 ? 1 : 0;
  }
  if (most > kCandidatesPerDecisionMax) [[unlikely]] {
    return ListOf(ledger, found);
  }
  if (filled == 1 && !AsksForBoth(*last)) {
    return ListOf(*last);
  }
  Candidate* end = merged_.data();
  for (uint32_t i = 0; i < found.count; ++i) {
    const Entry& entry = *found.lists[i];
    if (entry.count != 0 && AsksForBoth(entry)) {
      for (const Candidate& candidate : Offered(ledger, found, entry, i)) {
        *end++ = candidate;
      }
    } else {
      for (const Candidate& candidate : ListOf(entry)) {
        *end++ = candidate;
      }
    }
  }
  return {merged_.data(), end};
}

// What of a list that asks for both is offered at the merchant to the members.
std::span<const Candidate> CandidateIndex::Offered(const Ledger& ledger,
                                                   const Found& found,
                                                   const Entry& entry,
                                                   uint32_t list) {
  Candidate* const offered = offered_.data() + size_t{list} * kCandidatesPerDecisionMax;
  uint32_t count = 0;
  for (const Candidate& candidate : ListOf(entry)) {
    const Benefit& benefit = ledger.benefits_[candidate.benefit];
    if (ledger.IsInside(found.member_node, benefit.member_union) &&
        IsAt(ledger, benefit, found.merchant)) {
      offered[count++] = candidate;
      if (count == kCandidatesPerDecisionMax) {
        break;
      }
    }
  }
  return {offered, count};
}

Candidate CandidateIndex::ElsewhereOf(const Found& found) {
  Candidate first;
  for (uint32_t i = 0; i < found.count; ++i) {
    const Candidate& candidate = found.lists[i]->elsewhere;
    if (candidate.benefit != BenefitRow{} &&
        (first.benefit == BenefitRow{} || candidate.order < first.order)) {
      first = candidate;
    }
  }
  return first;
}

std::span<const Candidate> CandidateIndex::ForMembers(const Ledger& ledger, MerchantRow row) {
  const Merchant& merchant = ledger.merchants_[row];
  MakeReady(ledger, merchant.mcc, 2);
  std::array<std::span<const Candidate>, 2> lists;
  size_t count = 0;
  for (const Mcc mcc : {merchant.mcc, kAllCategories}) {
    const Category& category = categories_[mcc];
    if (!category.for_members()) {
      continue;
    }
    const Key key{kOthersKind, mcc, PlaceOf(category, merchant, row), 0};
    const Entry* entry = Look(key);
    if (entry == nullptr) [[unlikely]] {
      entry = Make(ledger, key, row, UnionNodeRow{});
    }
    lists[count++] = ListOf(*entry);
  }
  const std::span<const Candidate> list = Merged(lists[0], lists[1]);
  return list.first(std::min<size_t>(list.size(), kOthersMax));
}

bool CandidateIndex::IsAt(const Ledger& ledger, const Benefit& benefit, MerchantRow row) {
  if (!ledger.IsInside(ledger.merchants_[row].union_node, benefit.merchant_union)) {
    return false;
  }
  return benefit.merchants.count == 0 || ledger.IsListed(benefit.merchants, row);
}

// REQUIRES: there is room for one entry, and for all of its category.
const CandidateIndex::Entry* CandidateIndex::Make(const Ledger& ledger,
                                                  const Key& key,
                                                  MerchantRow row,
                                                  UnionNodeRow member_node) {
  const Category& category = categories_[key.mcc];
  Entry& entry = Insert(key);
  // Whom a list leaves out whatever it is asked for.
  const bool at_merchant = key.kind != kBothForKind;
  const bool for_members = key.kind != kOthersKind && key.kind != kBothAtKind;
  if (category.has_groups && key.kind != kOthersKind) {
    AppendGroups(ledger, key, ledger.merchants_[row].union_node, member_node);
    if (category.has_lists && (key.kind == kMerchantKind || key.kind == kBothAtKind)) {
      AppendNamings(ledger, key, row);
    }
    std::sort(pool_.data() + entry.first,
              pool_.data() + pool_size_,
              [](const Candidate& a, const Candidate& b) { return a.order < b.order; });
  } else {
    const uint32_t count_max = key.kind == kOthersKind ? kOthersMax : category.count;
    for (uint32_t i = 0; i < category.count && pool_size_ - entry.first < count_max; ++i) {
      const Candidate candidate = pool_[category.first + i];
      const Benefit& benefit = ledger.benefits_[candidate.benefit];
      if (Belongs(key.kind, benefit) && (!at_merchant || IsAt(ledger, benefit, row)) &&
          (!for_members || ledger.IsInside(member_node, benefit.member_union))) {
        Append(candidate);
      }
    }
  }
  entry.count = pool_size_ - entry.first;
  Describe(ledger, category, row, &entry);
  return &entry;
}

void CandidateIndex::AppendGroups(const Ledger& ledger,
                                  const Key& key,
                                  UnionNodeRow merchant_node,
                                  UnionNodeRow member_node) {
  const auto append = [this](const Key& group_key) {
    const Entry* const group = Look(group_key);
    for (uint32_t i = 0; group != nullptr && i < group->count; ++i) {
      Append(pool_[group->first + i]);
    }
  };
  // Calls visit(node) for a node and all above it.
  const auto for_each_above = [&ledger](UnionNodeRow row, auto&& visit) {
    const UnionNode& node = ledger.union_nodes_[row];
    for (uint32_t i = 0; i < node.depth; ++i) {
      visit(node.ancestors[i].value());
    }
  };
  switch (key.kind) {
    case kMerchantKind:
      append(Key{kGroupKind, key.mcc, 0, 0});
      for_each_above(merchant_node, [&](uint32_t node) {
        append(Key{kGroupKind, key.mcc, node, 0});
      });
      break;
    case kMemberKind:
      for_each_above(member_node, [&](uint32_t node) {
        append(Key{kGroupKind, key.mcc, 0, node});
      });
      break;
    case kBothAtKind:
      for_each_above(merchant_node, [&](uint32_t node) {
        append(Key{kBothAtGroup, key.mcc, node, 0});
      });
      break;
    default:
      for_each_above(member_node, [&](uint32_t node) {
        append(Key{kBothForGroup, key.mcc, 0, node});
      });
  }
}

// What the merchant is named in; of versions that do not count any longer, too.
void CandidateIndex::AppendNamings(const Ledger& ledger, const Key& key, MerchantRow row) {
  for (uint32_t i = namings_by_merchant_[row.value()]; i != 0; i = namings_[i].next) {
    const NamedList& named = named_lists_[namings_[i].list];
    const Programme& version = ledger.programmes_[named.version];
    if (VersionOf(ledger.programme_heads_[version.head]) != named.version) {
      continue;
    }
    for (uint32_t j = 0; j < version.benefit_count; ++j) {
      const BenefitRow benefit_row{version.first_benefit.value() + j};
      const Benefit& benefit = ledger.benefits_[benefit_row];
      if (benefit.merchants.first == named.list.first && benefit.merchants.count != 0 &&
          Belongs(key.kind, benefit) && BelongsToCategory(ledger.MccsOf(benefit.mccs), key.mcc) &&
          ledger.IsInside(ledger.merchants_[row].union_node, benefit.merchant_union)) {
        Append(Candidate{benefit_row, OrderOf(version, benefit_row)});
      }
    }
  }
}

void CandidateIndex::Describe(const Ledger& ledger,
                              const Category& category,
                              MerchantRow row,
                              Entry* entry) const {
  if (entry->kind == kOthersKind) {
    return;  // nobody counts on these
  }
  for (const Candidate& candidate : ListOf(*entry)) {
    const Benefit& benefit = ledger.benefits_[candidate.benefit];
    const Programme& programme = ledger.programmes_[benefit.programme];
    entry->shadowed =
        entry->shadowed || ledger.programme_heads_[programme.head].shadow != ProgrammeRow{};
    AddPersonCounters(ledger, benefit, &entry->counters);
  }
  if (entry->kind != kMerchantKind || (!category.has_lists && !category.has_merchant_unions)) {
    return;
  }
  for (uint32_t i = 0; i < category.count; ++i) {
    const Candidate candidate = pool_[category.first + i];
    if (!IsAt(ledger, ledger.benefits_[candidate.benefit], row)) {
      entry->elsewhere = candidate;
      return;
    }
  }
}

void CandidateIndex::AddPersonCounters(const Ledger& ledger,
                                       const Benefit& benefit,
                                       PersonCounters* counters) {
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger.limits_[benefit.limits[i]];
    bool known = limit.subject != LimitSubject::kPerson || limit.scope != LimitScope::kAll;
    for (uint32_t j = 0; j < counters->count; ++j) {
      known = known || (counters->kinds[j].series == limit.series &&
                        counters->kinds[j].calendar == benefit.calendar);
    }
    if (!known && counters->count < kPersonCountersMax) {
      counters->kinds[counters->count++] = {limit.series, benefit.calendar, limit.window};
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
