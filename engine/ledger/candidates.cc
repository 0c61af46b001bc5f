// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Looking up what competes for a decision, and what the index is made of.  Its parts are made
// in candidate_categories.cc and, of these, in candidate_entries.cc: seldom, beside a decision.

#include "engine/ledger/candidates.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/domain/programme.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// Precedence: the order in which codes first came, then that of the file.
constexpr uint32_t kBenefitBits = 10;
static_assert(kBenefitsPerProgrammeMax <= 1u << kBenefitBits);
static_assert(uint64_t{kProgrammesMax} << kBenefitBits <= UINT32_MAX);
// A category, its groups, and what is made of them for one decision.
static_assert(5 * kBenefitsMax <= CandidateIndex::Sizes{}.candidates);

}  // namespace

CandidateIndex::CandidateIndex(bool shadow, const Sizes& sizes)
    : shadow_(shadow),
      sizes_(sizes),
      categories_(kMccMax + 1),
      entries_(sizes.places, VirtualMemory::Use::kDense),
      places_(std::min(sizes.places, kPlacesMin)),
      rests_(entries_max(), VirtualMemory::Use::kDense),
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

bool CandidateIndex::HasRoom(uint32_t entries, uint32_t candidates) const {
  return entry_count_ + entries <= places_ / 2 && pool_size_ + candidates <= sizes_.candidates;
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
  tell(entries_, 2 * places_, kHugePage);  // with those of the next growth
  tell(rests_, entry_count_, kHugePage);
  tell(pool_, pool_size_, kHugePage);
  tell(groups_, group_count_, kPart);
  tell(scratch_, benefit_count_, kPart);
  tell(placed_, benefit_count_, kPart);
  tell(placed_spare_, benefit_count_, kPart);
  return count;
}

// ---- Places -------------------------------------------------------------------

uint32_t CandidateIndex::PlaceOf(const Key& key) const {
  const uint64_t names = uint64_t{key.where} << 32 | uint64_t{key.mcc} << 8 | uint64_t{key.kind};
  return static_cast<uint32_t>(FoldedMultiply(names, 0x9e3779b97f4a7c15) & (places_ - 1));
}

const CandidateIndex::Entry* CandidateIndex::Look(const Key& key, uint32_t place) const {
  for (;; place = (place + 1) & (places_ - 1)) {
    const Entry& entry = entries_[place];
    if (entry.generation != generation_) {
      return nullptr;
    }
    if (entry.where == key.where && entry.mcc == key.mcc && entry.kind == key.kind) {
      return &entry;
    }
  }
}

// Merchants of one node are alike unless a list names them.
uint32_t CandidateIndex::WhereIs(const Category& category,
                                 const Merchant& merchant,
                                 MerchantRow row) const {
  if (category.has_lists && namings_by_merchant_[row.value()] != 0) {
    return kNamed | row.value();
  }
  return category.has_merchant_unions ? merchant.union_node.value() : 0;
}

void CandidateIndex::Seek(const Merchant& merchant,
                          MerchantRow row,
                          UnionNodeRow member_node,
                          Sought* sought) const {
  const Category& category = categories_[merchant.mcc];
  if (category.generation != generation_) [[unlikely]] {
    return;
  }
  sought->generation = generation_;
  sought->merchant = row;
  sought->member_node = member_node;
  if (category.list.count == 0) {
    return;
  }
  const auto seek = [&](const Key& key) {
    const uint32_t place = PlaceOf(key);
    __builtin_prefetch(entries_.data() + place);
    sought->places[sought->count] = place;
    sought->keys[sought->count++] = key;
  };
  seek(Key{WhereIs(category, merchant, row), merchant.mcc, kMerchantKind});
  if (category.for_members()) {
    seek(Key{member_node.value(), merchant.mcc, kMemberKind});
  }
}

// ---- Finding ------------------------------------------------------------------

CandidateIndex::Found CandidateIndex::Find(const Ledger& ledger,
                                           MerchantRow row,
                                           UnionNodeRow member_node) {
  const Merchant& merchant = ledger.merchants_[row];
  MakeReady(ledger, merchant.mcc);
  Sought sought;
  Seek(merchant, row, member_node, &sought);
  Found found;
  found.generation = generation_;
  found.merchant = row;
  found.member_node = member_node;
  for (uint32_t i = 0; i < sought.count; ++i) {
    const Entry* entry = Look(sought.keys[i], sought.places[i]);
    if (entry == nullptr) [[unlikely]] {
      entry = Make(ledger, sought.keys[i], row, member_node);
    }
    Take(entry, &found);
  }
  TakeBoth(&found);
  return found;
}

void CandidateIndex::Peek(const Sought& sought, Found* found) const {
  for (uint32_t i = 0; i < sought.count; ++i) {
    const Entry* const entry = Look(sought.keys[i], sought.places[i]);
    if (entry == nullptr) [[unlikely]] {
      *found = Found{};
      return;
    }
    Take(entry, found);
  }
  TakeBoth(found);
  for (uint32_t i = 0; i < found->count; ++i) {
    __builtin_prefetch(pool_.data() + found->lists[i].first);
  }
  found->generation = sought.generation;
  found->merchant = sought.merchant;
  found->member_node = sought.member_node;
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
