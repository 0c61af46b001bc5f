// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The inside of compiler.h: one pass over one file.  compiler.cc reads the programme
// and what it declares, compile_limit.cc its limits, compile_benefit.cc the benefits
// with whom and where they are for, compile_when.cc their days, compile_price.cc what
// the member pays, compile_cases.cc prices that differ by who it is,
// compile_terms.cc who pays the rest and how often, and compile_asks.cc what is asked for
// beside: vouchers, slots, claims.

#ifndef GONGHUI_ENGINE_PROGRAMMES_FILE_COMPILER_H_
#define GONGHUI_ENGINE_PROGRAMMES_FILE_COMPILER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/domain/code.h"
#include "engine/programmes/compiler.h"
#include "engine/programmes/nouns.h"
#include "engine/programmes/reader.h"

namespace gonghui {

// Of a list of merchants that benefits name together; it ends with the compiler.
using GroupCode = Code<struct GroupCodeTag, 4>;
inline Words NounOf(const GroupCode&) {
  return Say("group", "商户分组");
}
constexpr std::string_view ListOf(const GroupCode&) {
  return "groups";
}

inline constexpr size_t kGroupsPerFileMax = 1024;

// The elements of a pool from `first` on.
template <typename Pool>
[[nodiscard]] PoolRange RangeFrom(size_t first, const Pool& pool) {
  PoolRange range;
  if (pool.size() > first) {
    range = {static_cast<uint32_t>(first), static_cast<uint32_t>(pool.size() - first)};
  }
  return range;
}

// Used once: Compile(), then TakeFile() if nothing was reported.  REQUIRES: the tree
// and *out outlive it.
class FileCompiler {
 public:
  explicit FileCompiler(DiagnosticList* out) : out_(out) {}

  void Compile(const YamlNode& root);
  [[nodiscard]] CompiledFile TakeFile() { return std::move(file_); }

 private:
  // Half-open, in business days.
  struct Period {
    std::optional<CivilDay> first;
    std::optional<CivilDay> end;
  };

  // A code that the file declares.
  struct Declared {
    uint32_t index = 0;  // in the order of the file
    Value place;
    bool used = false;
  };
  template <typename C>
  using Declarations = std::map<C, Declared>;

  struct Group {
    std::vector<MerchantId> merchants;
    std::vector<SourcePlace> places;
  };

  // One price, and who it is for beside what the benefit says of all.
  struct PriceCase {
    Value place;
    uint8_t sexes = 0;  // 0 = whatever the benefit says
    std::optional<SegmentCode> segment;
    SourcePlace segment_place;
    PriceRule price;
    bool good = false;  // the price could be read
    Value counts_on;
    std::optional<uint32_t> earlier_prices;  // the limit that counts_on names
  };

  // An entry of `benefits` while it is read: it becomes as many specs as it has prices.
  struct Draft {
    BenefitSpec spec;  // without the price
    SourcePlace place;
    SourcePlace stock;
    SourcePlace member_union;
    SourcePlace merchant_union;
    Period days;                        // on which it holds; the programme's where it says nothing
    bool when_good = true;              // without findings
    std::string_view asks_by;           // the first key by which it asks for something, or none
    std::vector<uint32_t> slot_limits;  // indexes
    Value in_segments_for;
    uint16_t segment_days = 0;
    std::vector<PriceCase> cases;
    size_t found_before = 0;  // findings
  };

  // compiler.cc
  void ReadVersion(const MapReader& top);
  void ReadDeclarations(const MapReader& top);
  void ReadBenefits(const Value& value);
  void ReadProgramme(const Value& value);
  void ReadCalendar(const MapReader& map);
  void ReadOverCapture(const Value& value);
  [[nodiscard]] Bps ReadOverCaptureRate(const MapReader& map);
  void ReadSegment(const Value& value);
  void ReadFund(const Value& value);
  void ReadGroup(const Value& value);
  void CheckUses();
  void Finish();

  // compile_limit.cc
  void ReadLimit(const Value& value);
  void ReadSubject(const MapReader& map, LimitSpec* limit);
  void ReadWindow(const MapReader& map, LimitSpec* limit);
  [[nodiscard]] int64_t ReadUses(const Value& value);
  void ReadLimitMax(const MapReader& map, LimitSpec* limit);
  [[nodiscard]] int64_t ReadMoneyMax(const Value& value);
  void ReadExceeded(const MapReader& map, LimitSpec* limit);

  // compile_benefit.cc
  void ReadBenefit(const Value& value);
  void ReadFor(const Value& value, Draft* draft);
  void CheckSegments(const Value& none, const BenefitSpec& spec);
  void ReadAt(const Value& value, Draft* draft);
  void ReadItems(const Value& value, BenefitSpec* benefit);
  [[nodiscard]] PoolRange ReadItemList(const Value& value);
  [[nodiscard]] PoolRange ReadSegmentRefs(const Value& value);
  [[nodiscard]] PoolRange ReadMccs(const Value& value);
  [[nodiscard]] PoolRange ReadMerchants(const Value& merchants, const Value& groups);
  [[nodiscard]] PoolRange AddGroups(const std::vector<uint32_t>& groups,
                                    size_t first,
                                    std::set<MerchantId>* seen,
                                    const Value& place);
  [[nodiscard]] PoolRange ReadTerminalIds(const Value& value);

  // compile_when.cc
  void ReadSpecialDays(const MapReader& map);
  void ReadWhen(const Value& value, Draft* draft);
  void CheckDates(const MapReader& map, const Period& period);
  void CheckOpens(const MapReader& map, const Draft& draft);
  [[nodiscard]] DayKind KindOf(CivilDay day) const;
  [[nodiscard]] PoolRange ReadHours(const Value& value);
  [[nodiscard]] PoolRange ReadClosedDays(const Value& value);

  // compile_price.cc
  [[nodiscard]] bool ReadPrice(const Value& value, PriceCase* price_case);
  void ReadPriceModifiers(const MapReader& map, PriceRule* price);
  void ReadThreshold(const MapReader& map, PriceRule* price);
  void ReadSteps(const Value& list, PriceRule* price);
  [[nodiscard]] std::optional<PriceStep> ReadStep(const Value& value, PriceKind kind);
  void CheckStepsHold(const Value& list, const PriceRule& price);
  // No use of the price gives less.  At least 1.
  [[nodiscard]] Fen LeastSubsidy(const PriceRule& price) const;
  // At a lower price it gives nothing.
  [[nodiscard]] Fen LeastPrice(const PriceRule& price) const;

  // compile_cases.cc
  void ReadPriceCases(const MapReader& map, Draft* draft);
  void ReadPriceCase(const Value& value, Draft* draft);
  void CheckCases(const std::vector<PriceCase>& cases);
  // Adds one benefit for each case.
  void WriteOut(const Draft& draft);
  [[nodiscard]] PoolRange WithSegments(PoolRange range, std::span<const PriceCase* const> cases);
  [[nodiscard]] bool HasSomebody(const BenefitSpec& benefit) const;

  // compile_terms.cc
  void ReadTerms(const MapReader& map, Draft* draft);
  void ReadPayers(const MapReader& map, Draft* draft);
  void ReadFunding(const Value& value, Draft* draft);
  void ReadFundingShares(const Value& value, Draft* draft);
  [[nodiscard]] std::optional<FundCode> ReadFundCode(const Value& value,
                                                     Asset asset,
                                                     const Draft& draft);
  void ReadStock(const Value& value, Draft* draft);
  void CheckStock(const Value& units, const Draft& draft);
  void ReadCombine(const Value& value, Draft* draft);
  // Adds to limit_refs; how many the list has.
  [[nodiscard]] size_t ReadLimitRefs(const Value& value, const Draft& draft);
  void CheckLimitRef(const Value& place, const LimitSpec& limit, const Draft& draft);
  void CheckPriceLimit(const Value& place, const LimitSpec& limit, const Draft& draft);

  // compile_asks.cc
  void ReadAsks(const MapReader& map, Draft* draft);
  void ReadOffline(const MapReader& map, Draft* draft);
  void ReadHold(const MapReader& map, BenefitSpec* benefit);
  void ReadClaim(const Value& value, BenefitSpec* benefit);
  void ReadSlots(const Value& value, Draft* draft);
  [[nodiscard]] uint32_t ReadGrace(const Value& value);
  void CheckSlotFits(const Value& minutes, const Draft& draft);
  void AddSlotLimit(std::string_view suffix, LimitSpec limit, Draft* draft);
  void AddSlotLimitRefs(const MapReader& map, size_t named, const Draft& draft);
  void ResolveCountsOn(Draft* draft);

  // A reference that could not be read may have been the only use of a fund, limit or
  // group: with findings since there were `found_before`, *complete is false.
  void NoteRefs(size_t found_before, bool* complete) const {
    *complete = *complete && out_->found() == found_before;
  }

  // `starts` and `until` of a map; the end comes after the start.
  [[nodiscard]] Period ReadPeriod(const MapReader& map, bool required);

  // The first instant of a business day; anything when the calendar is unknown,
  // because then the file has an error.
  [[nodiscard]] TimestampNs StartOf(CivilDay day) const;

  // More than 0, in money, at most a transaction's.
  [[nodiscard]] std::optional<Fen> ReadMoney(const Value& value);

  // Reports a code that the file has declared already.
  template <typename C>
  void Declare(const C& code, uint32_t index, const Value& place, Declarations<C>* declarations) {
    const auto [entry, added] = declarations->insert({code, {index, place, false}});
    if (!added) {
      AddAt(place,
            Say("$0 is declared twice", "$0 声明了两次", Quoted(CodeString(code))),
            FirstInLine(entry->second.place.node->at.line),
            out_);
    }
  }

  // Reads a reference to what the file must have declared, and marks it as used.
  template <typename C>
  [[nodiscard]] std::optional<uint32_t> ReadDeclared(const Value& value,
                                                     Declarations<C>* declarations) {
    const std::optional<C> code = ReadCode<C>(value, out_);
    if (!code.has_value()) {
      return std::nullopt;
    }
    const auto declared = declarations->find(*code);
    if (declared == declarations->end()) {
      AddAt(value, ThereIsNo(*code), SuggestDeclared(*code, *declarations, DeclareIt(*code)), out_);
      return std::nullopt;
    }
    declared->second.used = true;
    return declared->second.index;
  }

  // "did you mean": the nearest of what is declared.
  template <typename C>
  [[nodiscard]] Words SuggestDeclared(const C& code,
                                      const Declarations<C>& declarations,
                                      Words otherwise) const {
    if (out_->many()) {
      return otherwise;
    }
    std::vector<std::string> names;
    for (const auto& [declared, where] : declarations) {
      names.push_back(CodeString(declared));
    }
    return Suggest(CodeString(code), {names.begin(), names.end()}, std::move(otherwise));
  }

  // What the file declares and nothing in it uses.
  template <typename C>
  void CheckUsed(const Declarations<C>& declarations, bool complete, const Words& where) {
    for (const auto& [code, declared] : declarations) {
      if (!declared.used && complete) {
        AddAt(declared.place,
              Say("no benefit uses the $0 $1",
                  "没有优惠使用$0 $1",
                  NounOf(code),
                  Quoted(CodeString(code))),
              Say("name it under a benefit's $0, or delete it",
                  "请写在某项优惠的 $0 下，或删去",
                  where),
              out_);
      }
    }
  }

  void ReportListedTwice(const Value& item) { gonghui::ReportListedTwice(item, out_); }

  [[nodiscard]] static SourcePlace PlaceOf(const Value& value) {
    return value ? SourcePlace{value.node->at, value.path} : SourcePlace{};
  }

  DiagnosticList* const out_;
  CompiledFile file_;
  std::optional<Calendar> calendar_;
  Period period_;                    // the programme's
  bool special_days_known_ = false;  // without findings
  Declarations<SegmentCode> segments_;
  Declarations<FundCode> funds_;
  std::vector<std::optional<Asset>> fund_assets_;  // nothing when the budget is unreadable
  std::vector<Period> fund_periods_;
  Declarations<GroupCode> group_codes_;
  std::vector<Group> groups_;
  // The merchants of benefits that name nothing but groups: big lists are kept once.
  std::map<std::vector<uint32_t>, PoolRange> group_ranges_;
  Declarations<LimitCode> limits_;
  std::vector<bool> limits_good_;
  Declarations<BenefitCode> benefits_;
  size_t written_out_ = 0;  // benefits, one for each case
  // All that benefits refer to could be read.
  bool fund_refs_complete_ = true;
  bool limit_refs_complete_ = true;
  bool group_refs_complete_ = true;
};

// The masks of a list of words, joined; a word that is written twice is reported.
template <size_t kCount>
[[nodiscard]] uint8_t ReadMask(const Value& list,
                               const Words& expected,
                               const Word<uint8_t> (&words)[kCount],
                               DiagnosticList* out) {
  uint8_t mask = 0;
  for (const Value& item : ReadList(list, expected, kCount, out)) {
    const std::optional<uint8_t> bit = ReadWord(item, words, out);
    if (!bit.has_value()) {
      continue;
    }
    if ((mask & *bit) != 0) {
      ReportListedTwice(item, out);
    }
    mask = static_cast<uint8_t>(mask | *bit);
  }
  return mask;
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_FILE_COMPILER_H_
