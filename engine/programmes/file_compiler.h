// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The inside of compiler.h: one pass over one file.  compiler.cc reads the
// programme and what it declares, compile_benefit.cc the benefits, compile_price.cc
// what the member pays.

#ifndef GONGHUI_ENGINE_PROGRAMMES_FILE_COMPILER_H_
#define GONGHUI_ENGINE_PROGRAMMES_FILE_COMPILER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/programmes/compiler.h"
#include "engine/programmes/reader.h"

namespace gonghui {

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

  // compiler.cc
  void ReadVersion(const MapReader& top);
  void ReadProgramme(const Value& value);
  void ReadOverCapture(const Value& value);
  void ReadSegment(const Value& value);
  void ReadFund(const Value& value);
  void ReadLimit(const Value& value);
  void ReadLimitMax(const MapReader& map, LimitSpec* limit);
  void CheckUses();
  void Finish();

  // compile_benefit.cc
  void ReadBenefit(const Value& value);
  void ReadTerms(const MapReader& map, BenefitSpec* benefit);
  void ReadFor(const Value& value, BenefitSpec* benefit);
  void ReadAt(const Value& value, BenefitSpec* benefit);
  void ReadWhen(const Value& value, BenefitSpec* benefit);
  void ReadFunding(const Value& value, BenefitSpec* benefit);
  [[nodiscard]] std::optional<FundCode> ReadFundCode(const Value& value, Asset asset);
  void ReadStock(const Value& value, BenefitSpec* benefit);
  void ReadLimitRefs(const Value& value, BenefitSpec* benefit);
  [[nodiscard]] PoolRange ReadSegmentRefs(const Value& value);
  [[nodiscard]] PoolRange ReadMccs(const Value& value);
  [[nodiscard]] PoolRange ReadMerchants(const Value& value);
  [[nodiscard]] PoolRange ReadHours(const Value& value);

  // compile_price.cc
  void ReadPrice(const Value& value, PriceRule* price);
  void ReadPriceModifiers(const MapReader& map, PriceRule* price);
  void ReadThreshold(const MapReader& map, PriceRule* price);

  // A reference that could not be read may have been the only use of a fund or
  // limit: with findings since there were `found_before`, *complete is false.
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
            fmt::format("{} is declared twice", Quoted(CodeString(code))),
            fmt::format("first in line {}", entry->second.place.node->at.line),
            out_);
    }
  }

  // "did you mean": the nearest of the declared limits.
  [[nodiscard]] std::string SuggestLimit(const LimitCode& code) const;

  [[nodiscard]] static SourcePlace PlaceOf(const Value& value) {
    return value ? SourcePlace{value.node->at, value.path} : SourcePlace{};
  }

  DiagnosticList* const out_;
  CompiledFile file_;
  std::optional<Calendar> calendar_;
  Period period_;  // the programme's
  Declarations<SegmentCode> segments_;
  Declarations<FundCode> funds_;
  std::vector<std::optional<Asset>> fund_assets_;  // nothing when the budget is unreadable
  Declarations<LimitCode> limits_;
  Declarations<BenefitCode> benefits_;
  // All that benefits refer to could be read.
  bool fund_refs_complete_ = true;
  bool limit_refs_complete_ = true;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_FILE_COMPILER_H_
