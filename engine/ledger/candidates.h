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
// made.  Made is, of a category (and of what is offered to all of them, which is category 0
// here), one list of all its benefits in order of precedence and one for each union node of
// merchants or of members that they name; and from these what a decision walks: what the
// merchant offers to everybody, what is offered everywhere to members of the member's node,
// and, only where there is such a thing, what asks for both: of the merchant's such benefits and
// of the members' the fewer, looked through at each decision, because pairs of them are many.
//
// Nothing here is state: all of it follows from the ledger's rows.  Thread safety: the
// ledger thread alone.

#ifndef GONGHUI_ENGINE_LEDGER_CANDIDATES_H_
#define GONGHUI_ENGINE_LEDGER_CANDIDATES_H_

#include <array>
#include <cstdint>
#include <span>

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

class CandidateIndex {
 public:
  // The counters of a person that the candidates of an entry count on, each once, as far
  // as a trail reaches: what Ledger::Prefetch() looks for.
  static constexpr uint32_t kPersonCountersMax = 8;
  struct PersonCounters {
    struct Kind {
      CounterSeriesRow series;
      CalendarRow calendar;
      WindowKind window;
    };
    uint32_t count = 0;
    std::array<Kind, kPersonCountersMax> kinds;
  };

  // One list of a category.
  struct Entry {
    uint32_t place = 0;        // the merchant when it is named in a list, else its node, if
                               // that makes a difference
    uint32_t member_node = 0;  // if that makes a difference
    Mcc mcc = 0;
    uint8_t kind = 0;
    bool shadowed = false;  // a version in shadow has a say
    // In order of precedence.
    uint32_t first = 0;
    uint32_t count = 0;
    // Of what a merchant offers: the first of the category that it does not offer to
    // anybody; none = there is none.
    Candidate elsewhere;
    PersonCounters counters;
  };

  // The lists of which one decision takes its candidates.  Of the category and of what is
  // offered to all of them, the first is the merchant's.
  struct Found {
    static constexpr uint32_t kListsMax = 6;
    std::array<const Entry*, kListsMax> lists;
    uint32_t count = 0;
    uint32_t generation = 0;
    MerchantRow merchant;
    UnionNodeRow member_node;

    [[nodiscard]] bool shadowed() const {
      bool any = false;
      for (uint32_t i = 0; i < count; ++i) {
        any = any || lists[i]->shadowed;
      }
      return any;
    }
  };

  // Of what is left out of a decision for the member's node, so many have a say in the answer
  // when nothing applies.
  static constexpr uint32_t kOthersMax = 256;

  // Its place in the order of precedence: as codes first came, then as the file says.
  [[nodiscard]] static uint32_t OrderOf(const Programme& version, BenefitRow benefit);

  // How many lists and candidates are kept; when there are more, all are made again.  Their
  // memory is taken as they are made: 128 bytes a list, 8 a candidate, and 8 a slot.
  struct Sizes {
    uint32_t slots = 1u << 20;  // a power of two; half of them are lists
    uint32_t candidates = 1u << 23;
  };

  // `shadow`: every head's version in shadow stands in place of the active one.
  CandidateIndex(bool shadow, const Sizes& sizes);

  // Makes what is not there.  Valid until the next call of Find() or CategoryList() that
  // makes something, or Invalidate().
  Found Find(const Ledger& ledger, MerchantRow merchant, UnionNodeRow member_node);
  // count 0: not all of it is there.
  [[nodiscard]] Found Peek(const Merchant& merchant,
                           MerchantRow row,
                           UnionNodeRow member_node) const;
  // Whether its lists may not all be in the cache: then bring what Peek() will look at there.
  [[nodiscard]] bool is_large() const { return entry_count_ > kCachedEntries; }
  void PrefetchSlots(const Merchant& merchant, MerchantRow row, UnionNodeRow member_node) const;
  // After these.
  void PrefetchLists(const Merchant& merchant, MerchantRow row, UnionNodeRow member_node) const;
  [[nodiscard]] bool IsValid(const Found& found) const {
    return found.generation == generation_ && found.count != 0;
  }
  [[nodiscard]] std::span<const Candidate> ListOf(const Entry& entry) const {
    return {pool_.data() + entry.first, entry.count};
  }
  // In order of precedence, at most kCandidatesPerDecisionMax.  Valid as `found` is, until
  // the next call.
  std::span<const Candidate> ListOf(const Ledger& ledger, const Found& found);
  // The same in any order, when all of them may compete, which is cheaper; else ListOf().
  std::span<const Candidate> SetOf(const Ledger& ledger, const Found& found);
  // What stands first of the category that is not offered at the merchant; none = nothing.
  [[nodiscard]] static Candidate ElsewhereOf(const Found& found);
  // The first kOthersMax that the merchant offers to members of some node, whichever that
  // is, in order of precedence.  Valid until the next call of anything that makes lists.
  std::span<const Candidate> ForMembers(const Ledger& ledger, MerchantRow merchant);
  // All of the category, wherever and for whomever, in order of precedence.  Valid likewise.
  std::span<const Candidate> CategoryList(const Ledger& ledger, Mcc mcc);

  // A version becomes active, or comes into shadow: its lists of merchants are noted, once.
  // Call Invalidate() when its head says so.
  void Add(const Ledger& ledger, ProgrammeRow version);
  // All lists are void.  A head names another version as active or in shadow, or none; or a
  // merchant that is there has another category or node.
  void Invalidate();
  // After a load: everything from the ledger's rows.
  void Rebuild(const Ledger& ledger);

 private:
  static constexpr uint32_t kNamed = 1u << 31;  // Entry::place is a merchant
  static constexpr uint32_t kCachedEntries = 64;

  // A category's lists.
  struct Category {
    uint32_t generation = 0;
    uint32_t first = 0;  // all of it, in order of precedence
    uint32_t count = 0;
    bool has_groups = false;           // else it is walked
    bool has_lists = false;            // of merchants
    bool has_merchant_unions = false;  // some are offered below a node alone
    bool has_member_unions = false;    // some are for members of a node, wherever
    bool has_both = false;             // some are for members of a node at some merchants
    std::array<uint8_t, 3> reserved{};

    [[nodiscard]] bool for_members() const { return has_member_unions || has_both; }
  };
  struct Slot {
    uint32_t generation = 0;
    uint32_t entry = 0;
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
  struct Key {
    uint8_t kind = 0;
    Mcc mcc = 0;
    uint32_t place = 0;
    uint32_t member_node = 0;
  };
  // The keys of what a decision asks for.
  struct Keys {
    static constexpr uint32_t kMax = 8;
    std::array<Key, kMax> list;
    uint32_t count = 0;
  };
  static constexpr Mcc kAllCategories = 0;
  // While a category's lists are made.
  struct Member {
    uint32_t merchant_union = 0;
    uint32_t member_union = 0;
    Candidate candidate;
    bool has_list = false;
  };

  [[nodiscard]] ProgrammeRow VersionOf(const ProgrammeHead& head) const;
  // Calls visit(candidate, benefit) for all that are live, in order of precedence.
  template <class Visit>
  void ForEachLive(const Ledger& ledger, Visit&& visit) const;
  [[nodiscard]] uint32_t PlaceOf(const Category& category,
                                 const Merchant& merchant,
                                 MerchantRow row) const;
  [[nodiscard]] Keys KeysOf(const Merchant& merchant,
                            MerchantRow row,
                            UnionNodeRow member_node) const;
  const Category& CategoryOf(const Ledger& ledger, Mcc mcc);
  // Both of the merchant's, with room for so many entries, and for all their candidates.
  void MakeReady(const Ledger& ledger, Mcc mcc, uint32_t entries);
  [[nodiscard]] static bool Belongs(uint8_t kind, const Benefit& benefit);
  [[nodiscard]] bool IsReady(Mcc mcc) const {
    return categories_[mcc].generation == generation_ &&
           categories_[kAllCategories].generation == generation_;
  }
  std::span<const Candidate> Merged(std::span<const Candidate> a, std::span<const Candidate> b);
  [[nodiscard]] const Entry* Look(const Key& key) const;
  Entry& Insert(const Key& key);
  [[nodiscard]] bool HasRoom(uint32_t entries, uint32_t candidates) const;
  const Category& MakeCategory(const Ledger& ledger, Mcc mcc);
  void MakeGroups(Mcc mcc, uint32_t count, Category* category);
  template <class IsIn, class KeyOf>
  bool AddGroups(Mcc mcc, uint8_t kind, uint32_t count, IsIn&& is_in, KeyOf&& key_of);
  static void Take(const Entry* entry, Found* found);
  std::span<const Candidate> Offered(const Ledger& ledger,
                                     const Found& found,
                                     const Entry& entry,
                                     uint32_t list);
  [[nodiscard]] static bool IsAt(const Ledger& ledger, const Benefit& benefit, MerchantRow row);
  const Entry* Make(const Ledger& ledger,
                    const Key& key,
                    MerchantRow row,
                    UnionNodeRow member_node);
  void Append(Candidate candidate);
  void AppendGroups(const Ledger& ledger,
                    const Key& key,
                    UnionNodeRow merchant_node,
                    UnionNodeRow member_node);
  void AppendNamings(const Ledger& ledger, const Key& key, MerchantRow row);
  void Describe(const Ledger& ledger,
                const Category& category,
                MerchantRow row,
                Entry* entry) const;
  static void AddPersonCounters(const Ledger& ledger,
                                const Benefit& benefit,
                                PersonCounters* counters);

  [[nodiscard]] uint32_t entries_max() const { return sizes_.slots / 2; }
  [[nodiscard]] size_t SlotOf(const Key& key) const;

  const bool shadow_;
  const Sizes sizes_;
  uint32_t generation_ = 1;
  VirtualArray<Category> categories_;  // by MCC
  VirtualArray<Slot> slots_;           // open addressing
  VirtualArray<Entry> entries_;        // side by side, of this generation
  uint32_t entry_count_ = 0;
  VirtualArray<Candidate> pool_;
  uint32_t pool_size_ = 0;
  VirtualArray<bool> added_;                    // by version
  VirtualArray<uint32_t> namings_by_merchant_;  // the newest
  VirtualArray<NamedList> named_lists_;
  uint32_t named_list_count_ = 0;
  VirtualArray<Naming> namings_;
  uint32_t naming_count_ = 0;
  VirtualArray<Member> scratch_;
  VirtualArray<Candidate> merged_;
  VirtualArray<Candidate> spare_;    // of what is merged on
  VirtualArray<Candidate> offered_;  // of what asks for both, by list
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_CANDIDATES_H_
