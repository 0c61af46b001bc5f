// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which live benefits may compete for a decision: those of the merchant's category whose
// merchants it is one of, and that are for members of the member's union node.  So the cost
// of a decision hardly depends on how many programmes there are beside them.
//
// Lists are made when they are first asked for and kept until an activation makes all of
// them void, which is one increment: the activation stops nobody, the first decision of a
// category afterwards walks all live benefits once, and what is never asked for is never
// made.  Made is, of a category with what is offered to all of them, one list of all its
// benefits in order of precedence, one of the first that are for members of a node, wherever,
// and one for each union node of merchants or of members that
// they name; and from these two entries of which a decision takes its candidates: by the
// merchant, what it offers to everybody, and by the members' node, what is offered to them
// everywhere.  Only where there is such a thing, each has a second list, of what asks for both:
// of the merchant's such benefits and of the members' the fewer, looked through at each
// decision, because pairs of them are many.
//
// Nothing here is state: all of it follows from the ledger's rows.  Thread safety: the
// ledger thread alone.

#ifndef GONGHUI_ENGINE_LEDGER_CANDIDATES_H_
#define GONGHUI_ENGINE_LEDGER_CANDIDATES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/cache_line.h"
#include "engine/base/virtual_array.h"
#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/merchant.h"
#include "engine/domain/programme.h"

namespace gonghui {

class Ledger;

struct Candidate {
  BenefitRow benefit;
  uint32_t order = 0;  // of precedence: the lower stands first
};

[[nodiscard]] constexpr bool StandsBefore(const Candidate& a, const Candidate& b) {
  return a.order < b.order;
}

class CandidateIndex {
 public:
  // Some candidates side by side, in order of precedence.
  struct List {
    uint32_t first = 0;
    uint32_t count = 0;
  };
  // A counter of a person: what Ledger::Prefetch() looks for.
  struct PersonCounter {
    CounterSeriesRow series;
    CalendarRow calendar;
    WindowKind window;
  };

  // Of a category: what a merchant offers, or what members of a node are offered.  It stands
  // where its names' hash says, or behind that: a decision that knows them reads one cache line.
  struct alignas(kCacheLineBytes) Entry {
    static constexpr uint32_t kOwnCountersMax = 8;
    static constexpr uint32_t kBothCountersMax = 4;
    static constexpr uint32_t kCountersHere = 2;

    uint32_t generation = 0;  // another than the index's: the place is free
    uint32_t where = 0;  // the merchant when it is named in a list, else its node, if that makes
                         // a difference; or the members' node
    Mcc mcc = 0;
    uint8_t kind = 0;
    // That the candidates count on, each once, the first few of them: those of `own`, then those
    // of `both`.  The first are here, the rest in `rests_`.
    uint8_t own_counter_count = 0;
    uint8_t both_counter_count = 0;
    bool own_shadowed = false;  // a version in shadow has a say in these
    bool both_shadowed = false;
    uint8_t reserved = 0;
    List own;   // to everybody; everywhere
    List both;  // to members of some node at the merchant; to these at some merchants
    // By the merchant: the first of the category's list that it does not offer to anybody; where
    // that ends, there is none.
    uint32_t elsewhere = 0;
    uint32_t rest = 0;  // place in `rests_`
    std::array<PersonCounter, kCountersHere> counters{};
  };
  static_assert(sizeof(Entry) == kCacheLineBytes);
  // The counters for which there is no place in one.
  struct Rest {
    std::array<PersonCounter,
               Entry::kOwnCountersMax + Entry::kBothCountersMax - Entry::kCountersHere>
        counters{};
  };

  // Of what one decision takes its candidates.
  struct Found {
    static constexpr uint32_t kListsMax = 3;
    std::array<List, kListsMax> lists;  // none is empty
    uint32_t count = 0;
    uint32_t generation = 0;  // 0 = not known
    MerchantRow merchant;
    UnionNodeRow member_node;
    const Entry* at = nullptr;       // the merchant's; none = the category has nothing
    const Entry* members = nullptr;  // none = nothing is for members of a node
    const Entry* both = nullptr;     // the last list is this one's of what asks for both
    bool shadowed = false;           // a version in shadow may have a say

    // Whether not all of it applies.
    [[nodiscard]] bool AsksForBoth(uint32_t list) const {
      return both != nullptr && list + 1 == count;
    }
  };

  // Of what is left out of a decision for the member's node, so many have a say in the answer
  // when nothing applies.
  static constexpr uint32_t kOthersMax = 256;

  // Its place in the order of precedence: as codes first came, then as the file says.
  [[nodiscard]] static uint32_t OrderOf(const Programme& version, BenefitRow benefit);

  // How many places for entries there may be, and how many candidates are kept; when half of
  // the places are taken there are four times as many, as long as there may, and when there may
  // not, or there are more candidates, all are made again.  A category takes up to three times
  // its benefits, with those that are offered to all, and an entry what applies: ten thousand
  // benefits for everything may be live in a thousand categories.  Their memory is taken as it
  // is used, a little ahead: 64 bytes a place and 120 an entry, 8 a candidate, 12 a group.
  struct Sizes {
    uint32_t places = 1u << 20;  // a power of two; half of them are entries
    uint32_t candidates = 1u << 25;
  };

  // An entry's names.
  struct Key {
    uint32_t where = 0;
    Mcc mcc = 0;
    uint8_t kind = 0;
  };
  // What a decision asks for, and where it is looked for first.
  struct Sought {
    std::array<Key, 2> keys;
    std::array<uint32_t, 2> places{};
    uint32_t count = 0;
    uint32_t generation = 0;  // 0 = the category's lists are not made
    MerchantRow merchant;
    UnionNodeRow member_node;
  };

  // `shadow`: every head's version in shadow stands in place of the active one.
  CandidateIndex(bool shadow, const Sizes& sizes);

  // Makes what is not there.  Valid until the next call of anything that makes something, or
  // Invalidate().
  Found Find(const Ledger& ledger, MerchantRow merchant, UnionNodeRow member_node);
  // For many decisions side by side, one step after the other: Seek(), whose entries are on
  // their way then, and Peek(), whose lists are.
  // Each fills what it is given, which is new.
  void Seek(const Merchant& merchant,
            MerchantRow row,
            UnionNodeRow member_node,
            Sought* sought) const;
  void Peek(const Sought& sought, Found* found) const;
  // What is asked first of those of a list that AsksForBoth().
  void PrefetchBrief(const Candidate& candidate) const {
    __builtin_prefetch(&briefs_[candidate.benefit.value()]);
  }
  [[nodiscard]] bool IsForMembersOf(const Ledger& ledger,
                                    const Candidate& candidate,
                                    UnionNodeRow node) const;
  [[nodiscard]] bool IsValid(const Found& found) const { return found.generation == generation_; }
  [[nodiscard]] std::span<const Candidate> ListOf(const List& list) const {
    return {pool_.data() + list.first, list.count};
  }
  // Calls visit(counter) for what the candidates count on.
  template <class Visit>
  void ForEachPersonCounter(const Found& found, Visit&& visit) const {
    for (const Entry* const entry : {found.at, found.members}) {
      for (uint32_t i = 0; entry != nullptr && i < entry->own_counter_count; ++i) {
        visit(CounterOf(*entry, i));
      }
    }
    for (uint32_t i = 0; found.both != nullptr && i < found.both->both_counter_count; ++i) {
      visit(CounterOf(*found.both, found.both->own_counter_count + i));
    }
  }
  // In order of precedence, at most kCandidatesPerDecisionMax.  Valid as `found` is, until
  // the next call.
  std::span<const Candidate> ListOf(const Ledger& ledger, const Found& found);
  // The same in any order, when all of them may compete, which is cheaper; else ListOf().
  std::span<const Candidate> SetOf(const Ledger& ledger, const Found& found);
  // What stands first of the category that is not offered at the merchant; none = nothing.
  // REQUIRES: IsValid(found), as the next.
  [[nodiscard]] Candidate ElsewhereOf(const Found& found) const {
    if (found.at == nullptr) {
      return {};
    }
    const std::span<const Candidate> all = ListOf(categories_[found.at->mcc].list);
    return found.at->elsewhere < all.size() ? all[found.at->elsewhere] : Candidate{};
  }
  // Calls visit(candidate) for the first kOthersMax that the merchant offers to members of some
  // node, whichever that is, in order of precedence, until it says false.
  template <class Visit>
  void ForEachForMembers(const Found& found, Visit&& visit) const {
    if (found.at == nullptr) {
      return;
    }
    std::span<const Candidate> here = ListOf(found.at->both);
    std::span<const Candidate> anywhere = ListOf(categories_[found.at->mcc].anywhere);
    for (uint32_t i = 0; i < kOthersMax && !(here.empty() && anywhere.empty()); ++i) {
      std::span<const Candidate>& next =
          anywhere.empty() || (!here.empty() && StandsBefore(here[0], anywhere[0])) ? here
                                                                                    : anywhere;
      if (!visit(next[0])) {
        return;
      }
      next = next.subspan(1);
    }
  }
  // All of the category, wherever and for whomever, in order of precedence.  Valid likewise.
  std::span<const Candidate> CategoryList(const Ledger& ledger, Mcc mcc);

  // A version becomes active, or comes into shadow: what its benefits are offered to is noted,
  // once.  Call Invalidate() when its head says so.
  void Add(const Ledger& ledger, ProgrammeRow version);
  // All lists are void.  A head names another version as active or in shadow, or none; or a
  // merchant that is there has another category or node.
  void Invalidate();
  // After a load: everything from the ledger's rows.
  void Rebuild(const Ledger& ledger);

  // Memory that what is made next will be the first to write: see TableBase's.  Returns how many
  // parts there are.
  static constexpr size_t kUpcomingMax = 7;
  size_t TakeUpcomingMemory(std::span<MemoryRange> ranges);

 private:
  // What an entry is found by.
  static constexpr uint8_t kMerchantKind = 1;
  static constexpr uint8_t kMemberKind = 2;
  static constexpr uint32_t kNamed = 1u << 31;       // Entry::where is a merchant
  static constexpr uint32_t kPlacesMin = 1u << 10;   // 64 KB
  static constexpr uint32_t kNamingsMax = 1u << 24;  // as many as the ledger's pool has rows

  // What the walk over all live benefits asks of one.
  struct Brief {
    uint32_t merchant_union = 0;
    uint32_t member_union = 0;
    MccRange mccs;          // when it has one range of them
    bool has_mccs = false;  // else it is offered to all
    bool has_more = false;  // more than one range
    bool has_list = false;  // of merchants
    uint8_t reserved = 0;

    [[nodiscard]] bool at_merchants() const { return has_list || merchant_union != 0; }
    [[nodiscard]] bool asks_for_both() const { return member_union != 0 && at_merchants(); }
  };
  static_assert(sizeof(Brief) == 16);
  // The benefits of a category that name a node, by what they are otherwise.
  enum GroupKind : uint8_t {
    kAtGroup,       // for everybody, by the merchants' node; 0 = wherever
    kForGroup,      // wherever, by the members' node
    kBothAtGroup,   // what asks for both but names no merchants, by the merchants' node
    kBothForGroup,  // what asks for both, by the members' node
    kGroupKinds,
  };
  struct Group {
    uint32_t where = 0;
    List list;
  };
  // A category's lists.
  struct Category {
    uint32_t generation = 0;
    List list;                             // all of it
    List anywhere;                         // what is for members of a node, wherever: the first
                                           // kOthersMax
    std::array<List, kGroupKinds> groups;  // of groups_, by `where`
    bool has_groups = false;               // else it is walked
    bool has_lists = false;                // of merchants
    bool has_merchant_unions = false;      // some are offered below a node alone
    bool has_both = false;                 // some are for members of a node at some merchants

    [[nodiscard]] bool for_members() const { return anywhere.count != 0 || has_both; }
  };
  // A list of merchants, which benefits of a version may share.
  struct NamedList {
    ProgrammeRow version;
    PoolRange list;
  };
  // That a merchant is named in one.
  struct Naming {
    uint32_t list = 0;
    uint32_t next = 0;  // of the same merchant; 0 = the last
  };
  // While a category's lists are made.
  struct Member {
    Candidate candidate;
    Brief brief;
  };
  struct Placed {
    uint32_t where = 0;
    Candidate candidate;
  };

  // ---- Looking up (candidates.cc): at each decision.

  [[nodiscard]] uint32_t entries_max() const { return sizes_.places / 2; }
  [[nodiscard]] bool HasRoom(uint32_t entries, uint32_t candidates) const;
  // Where it is looked for first.
  [[nodiscard]] uint32_t PlaceOf(const Key& key) const;
  [[nodiscard]] const Entry* Look(const Key& key, uint32_t place) const;
  [[nodiscard]] const PersonCounter& CounterOf(const Entry& entry, uint32_t i) const {
    return i < Entry::kCountersHere ? entry.counters[i]
                                    : rests_[entry.rest].counters[i - Entry::kCountersHere];
  }
  [[nodiscard]] uint32_t WhereIs(const Category& category,
                                 const Merchant& merchant,
                                 MerchantRow row) const;
  static void Take(const Entry* entry, Found* found);
  static void TakeBoth(Found* found);
  std::span<const Candidate> Merged(std::span<const Candidate> a, std::span<const Candidate> b);
  std::span<const Candidate> Offered(const Ledger& ledger, const Found& found, const List& list);
  [[nodiscard]] bool IsAt(const Ledger& ledger, BenefitRow benefit, MerchantRow row) const;

  // ---- Lists and groups (candidate_categories.cc): once for each category.

  [[nodiscard]] static Brief BriefOf(const Ledger& ledger, const Benefit& benefit);
  [[nodiscard]] ProgrammeRow VersionOf(const ProgrammeHead& head) const;
  // Calls visit(candidate) for all that are live, in order of precedence.
  template <class Visit>
  void ForEachLive(const Ledger& ledger, Visit&& visit) const;
  [[nodiscard]] bool BelongsToCategory(const Ledger& ledger, BenefitRow row, Mcc mcc) const;
  // The category of the merchant, with room for both entries of a decision and what is in them.
  void MakeReady(const Ledger& ledger, Mcc mcc);
  void MakeCategory(const Ledger& ledger, Mcc mcc);
  void MakeGroups(uint32_t count, Category* category);
  template <class IsIn, class WhereOf>
  List AddGroups(uint32_t count, IsIn&& is_in, WhereOf&& where_of);
  void SortByWhere(uint32_t count);
  void Append(Candidate candidate) { pool_[pool_size_++] = candidate; }

  // ---- Entries (candidate_entries.cc): once for each that is asked for.

  Entry& Insert(const Key& key);
  const Entry* Make(const Ledger& ledger,
                    const Key& key,
                    MerchantRow row,
                    UnionNodeRow member_node);
  template <class Fill>
  List MakeList(Fill&& fill);
  void AppendGroup(const Category& category, GroupKind kind, uint32_t where);
  void AppendGroupsAbove(const Ledger& ledger,
                         const Category& category,
                         GroupKind kind,
                         UnionNodeRow row);
  template <class IsIn>
  void AppendNamings(const Ledger& ledger, Mcc mcc, MerchantRow row, IsIn&& is_in);
  template <class IsIn>
  void AppendWalked(const Category& category, IsIn&& is_in);
  void Describe(const Ledger& ledger, Entry* entry);
  static void AddPersonCounters(const Ledger& ledger,
                                const Benefit& benefit,
                                std::span<PersonCounter> counters,
                                uint8_t* count);

  const bool shadow_;
  const Sizes sizes_;
  uint32_t generation_ = 1;
  VirtualArray<Category> categories_;  // by MCC
  VirtualArray<Entry> entries_;        // open addressing, in places_ places
  uint32_t places_;                    // a power of two; in use
  VirtualArray<Rest> rests_;           // side by side, of this generation
  uint32_t entry_count_ = 0;
  VirtualArray<Group> groups_;
  uint32_t group_count_ = 0;
  VirtualArray<Candidate> pool_;
  uint32_t pool_size_ = 0;
  VirtualArray<bool> added_;                    // by version
  VirtualArray<Brief> briefs_;                  // by benefit
  VirtualArray<uint32_t> namings_by_merchant_;  // the newest
  VirtualArray<NamedList> named_lists_;
  uint32_t named_list_count_ = 0;
  VirtualArray<Naming> namings_;
  uint32_t naming_count_ = 0;
  VirtualArray<Member> scratch_;
  VirtualArray<Placed> placed_;
  VirtualArray<Placed> placed_spare_;
  VirtualArray<Candidate> merged_;
  VirtualArray<Candidate> spare_;                  // of what is merged on
  VirtualArray<Candidate> offered_;                // of what asks for both
  uint32_t benefit_count_ = 0;                     // of all versions that were added
  std::array<size_t, kUpcomingMax> told_bytes_{};  // up to here TakeUpcomingMemory() has told
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_CANDIDATES_H_
