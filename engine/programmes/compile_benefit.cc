// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

constexpr Word<uint8_t> kTerminalKinds[] = {
    {"pos", MaskOf(TerminalKind::kPos)},
    {"gate", MaskOf(TerminalKind::kGate)},
    {"vending", MaskOf(TerminalKind::kVending)},
    {"online", MaskOf(TerminalKind::kOnline)},
};

constexpr Word<uint8_t> kWeekdays[] = {
    {"mon", 1u << 0},
    {"tue", 1u << 1},
    {"wed", 1u << 2},
    {"thu", 1u << 3},
    {"fri", 1u << 4},
    {"sat", 1u << 5},
    {"sun", 1u << 6},
};

template <typename Pool>
PoolRange RangeFrom(size_t first, const Pool& pool) {
  PoolRange range;
  if (pool.size() > first) {
    range = {static_cast<uint32_t>(first), static_cast<uint32_t>(pool.size() - first)};
  }
  return range;
}

// The masks of a list of words, joined; a word that is written twice is reported.
template <size_t kCount>
uint8_t ReadMask(const Value& list,
                 std::string_view expected,
                 const Word<uint8_t> (&words)[kCount],
                 DiagnosticList* out) {
  uint8_t mask = 0;
  for (const Value& item : ReadList(list, expected, kCount, out)) {
    const std::optional<uint8_t> bit = ReadWord(item, words, out);
    if (!bit.has_value()) {
      continue;
    }
    if ((mask & *bit) != 0) {
      AddAt(item, fmt::format("{} is listed twice", Quoted(item.node->text)), "", out);
    }
    mask = static_cast<uint8_t>(mask | *bit);
  }
  return mask;
}

}  // namespace

void FileCompiler::ReadBenefit(const Value& value) {
  const size_t found = out_->found();
  const MapReader map(
      value,
      {"code", "name", "for", "at", "when", "price", "funding", "stock", "limits", "hold"},
      out_);
  NoteRefs(found, &fund_refs_complete_);
  NoteRefs(found, &limit_refs_complete_);
  BenefitSpec benefit;
  SourcePlace place = PlaceOf(value);
  if (const Value code = map.Need("code", "a short name that never changes")) {
    place = PlaceOf(code);
    if (const auto parsed = ReadCode<BenefitCode>(code, out_)) {
      benefit.code = *parsed;
      Declare(*parsed, static_cast<uint32_t>(file_.benefits.size()), code, &benefits_);
    }
  }
  // Overwritten by what is named below.
  file_.places.benefits.push_back(place);
  file_.places.stocks.push_back(place);
  file_.places.member_unions.push_back(place);
  file_.places.merchant_unions.push_back(place);

  if (const Value name = map.Need("name", "what members and receipts call it")) {
    benefit.name = ReadName(name, out_).value_or(DisplayName{});
  }
  if (const Value whom = map.Find("for")) {
    ReadFor(whom, &benefit);
  }
  if (const Value where = map.Find("at")) {
    ReadAt(where, &benefit);
  }
  benefit.starts_at = file_.programme.starts_at;
  benefit.ends_at = file_.programme.ends_at;
  if (const Value when = map.Find("when")) {
    ReadWhen(when, &benefit);
  }
  ReadTerms(map, &benefit);
  file_.benefits.push_back(benefit);
}

// What is given, who pays for it, and how often.
void FileCompiler::ReadTerms(const MapReader& map, BenefitSpec* benefit) {
  if (const Value price = map.Need("price", "what the member pays, such as {member_pays: 1 fen}")) {
    ReadPrice(price, &benefit->price);
    // Something that costs nothing needs nobody to pay for it; every other price
    // leaves a part to be paid.
    if (benefit->price.kind != PriceKind::kFree && !map.Has("funding")) {
      AddAt(map.map(),
            "'funding' is missing",
            "who pays what the member does not: {fund: CODE}",
            out_);
      fund_refs_complete_ = false;
    }
  }
  size_t found = out_->found();
  if (const Value funding = map.Find("funding")) {
    ReadFunding(funding, benefit);
  }
  if (const Value stock = map.Find("stock")) {
    ReadStock(stock, benefit);
  }
  NoteRefs(found, &fund_refs_complete_);
  found = out_->found();
  if (const Value limits = map.Find("limits")) {
    ReadLimitRefs(limits, benefit);
  }
  NoteRefs(found, &limit_refs_complete_);
  if (const Value hold = map.Find("hold")) {
    benefit->hold_s = ReadScalar(hold, "a length of time", out_, [](std::string_view text) {
                        return ParseDuration(text, kHoldSecondsMax);
                      }).value_or(kHoldSecondsDefault);
  }
}

void FileCompiler::ReadFor(const Value& value, BenefitSpec* benefit) {
  const MapReader map(value, {"real_name", "segments_any", "segments_all", "union"}, out_);
  if (const Value real_name = map.Find("real_name")) {
    benefit->require_real_name = ReadBool(real_name, out_).value_or(true);
  }
  if (const Value any = map.Find("segments_any")) {
    benefit->segments_any = ReadSegmentRefs(any);
  }
  if (const Value all = map.Find("segments_all")) {
    benefit->segments_all = ReadSegmentRefs(all);
  }
  if (const Value node = map.Find("union")) {
    file_.places.member_unions.back() = PlaceOf(node);
    benefit->member_union = ReadCode<UnionNodeId>(node, out_).value_or(UnionNodeId{});
  }
}

PoolRange FileCompiler::ReadSegmentRefs(const Value& value) {
  const size_t first = file_.segment_refs.size();
  for (const Value& item : ReadList(value, "segments", kSegmentsMax, out_)) {
    const std::optional<SegmentCode> code = ReadCode<SegmentCode>(item, out_);
    if (!code.has_value()) {
      continue;
    }
    const auto begin = file_.segment_refs.begin() + static_cast<ptrdiff_t>(first);
    if (std::find(begin, file_.segment_refs.end(), *code) != file_.segment_refs.end()) {
      AddAt(item, fmt::format("{} is listed twice", Quoted(item.node->text)), "", out_);
    }
    file_.segment_refs.push_back(*code);
    file_.places.segment_refs.push_back(PlaceOf(item));
  }
  return RangeFrom(first, file_.segment_refs);
}

void FileCompiler::ReadAt(const Value& value, BenefitSpec* benefit) {
  const MapReader map(value, {"mcc", "merchants", "terminals", "union"}, out_);
  if (const Value mccs = map.Find("mcc")) {
    benefit->mccs = ReadMccs(mccs);
  }
  if (const Value merchants = map.Find("merchants")) {
    benefit->merchants = ReadMerchants(merchants);
  }
  if (const Value terminals = map.Find("terminals")) {
    benefit->terminal_kinds = ReadMask(terminals, "kinds of terminal", kTerminalKinds, out_);
  }
  if (const Value node = map.Find("union")) {
    file_.places.merchant_unions.back() = PlaceOf(node);
    benefit->merchant_union = ReadCode<UnionNodeId>(node, out_).value_or(UnionNodeId{});
  }
}

PoolRange FileCompiler::ReadMccs(const Value& value) {
  const size_t first = file_.mccs.size();
  std::vector<MccRange> ranges;
  std::vector<Value> places;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, "merchant categories", room, out_)) {
    if (const auto range = ReadScalar(item, "a merchant category", out_, ParseMccRange)) {
      ranges.push_back(*range);
      places.push_back(item);
    }
  }
  ReportOverlaps(
      ranges,
      places,
      [](const MccRange& range) { return range.first; },
      [](const MccRange& range) { return range.last; },
      FormatMccRange,
      out_);
  file_.mccs.insert(file_.mccs.end(), ranges.begin(), ranges.end());
  return RangeFrom(first, file_.mccs);
}

PoolRange FileCompiler::ReadMerchants(const Value& value) {
  const size_t first = file_.merchants.size();
  std::set<MerchantId> seen;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, "merchants", room, out_)) {
    const std::optional<MerchantId> id = ReadCode<MerchantId>(item, out_);
    if (!id.has_value()) {
      continue;
    }
    if (!seen.insert(*id).second) {
      AddAt(item, fmt::format("{} is listed twice", Quoted(item.node->text)), "", out_);
    }
    file_.merchants.push_back(*id);
    file_.places.merchants.push_back(PlaceOf(item));
  }
  return RangeFrom(first, file_.merchants);
}

void FileCompiler::ReadWhen(const Value& value, BenefitSpec* benefit) {
  const MapReader map(value, {"weekdays", "hours", "starts", "until"}, out_);
  if (const Value weekdays = map.Find("weekdays")) {
    benefit->weekdays = ReadMask(weekdays, "weekdays", kWeekdays, out_);
  }
  if (const Value hours = map.Find("hours")) {
    benefit->hours = ReadHours(hours);
  }
  const Period period = ReadPeriod(map, false);
  if (period.first.has_value()) {
    benefit->starts_at = StartOf(*period.first);
  }
  if (period.end.has_value()) {
    benefit->ends_at = StartOf(*period.end);
  }
  if (!period_.first.has_value() || !period_.end.has_value()) {
    return;
  }
  const auto check = [&](std::string_view key, const std::optional<CivilDay>& day, bool inside) {
    if (day.has_value() && !inside) {
      AddAt(
          map.Find(key),
          fmt::format("{} is outside the programme", FormatDate(*day)),
          fmt::format(
              "which holds from {} until {}", FormatDate(*period_.first), FormatDate(*period_.end)),
          out_);
    }
  };
  check("starts", period.first, period.first >= period_.first && period.first < period_.end);
  check("until", period.end, period.end > period_.first && period.end <= period_.end);
}

PoolRange FileCompiler::ReadHours(const Value& value) {
  const size_t first = file_.hours.size();
  std::vector<HoursRange> ranges;
  std::vector<Value> places;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, "ranges of hours", room, out_)) {
    if (const auto range = ReadScalar(item, "a range of hours", out_, ParseHours)) {
      ranges.push_back(*range);
      places.push_back(item);
    }
  }
  ReportOverlaps(
      ranges,
      places,
      [](const HoursRange& range) { return range.from_s; },
      [](const HoursRange& range) { return range.to_s - 1; },
      FormatHours,
      out_);
  file_.hours.insert(file_.hours.end(), ranges.begin(), ranges.end());
  return RangeFrom(first, file_.hours);
}

std::optional<FundCode> FileCompiler::ReadFundCode(const Value& value, Asset asset) {
  const std::optional<FundCode> code = ReadCode<FundCode>(value, out_);
  if (!code.has_value()) {
    return std::nullopt;
  }
  // A fund that the file does not declare is looked up when the file is applied.
  const auto declared = funds_.find(*code);
  if (declared != funds_.end()) {
    declared->second.used = true;
    const std::optional<Asset>& held = fund_assets_[declared->second.index];
    if (held.has_value() && *held != asset) {
      const bool money = asset == Asset::kMoney;
      AddAt(value,
            fmt::format("the fund {} holds {}, not {}",
                        Quoted(CodeString(*code)),
                        money ? "pieces" : "money",
                        money ? "money" : "pieces"),
            money ? "'stock' hands out pieces" : "'funding' pays money",
            out_);
    }
  }
  return code;
}

void FileCompiler::ReadFunding(const Value& value, BenefitSpec* benefit) {
  const size_t first = file_.funding.size();
  const auto add = [&](const Value& place, const FundCode& fund, Bps share) {
    file_.funding.push_back({fund, share, 0});
    file_.places.funding.push_back(PlaceOf(place));
  };
  if (value.node->kind == YamlNode::Kind::kMap) {
    const MapReader map(value, {"fund"}, out_);
    if (const Value fund = map.Need("fund", "code of the fund that pays")) {
      if (const auto code = ReadFundCode(fund, Asset::kMoney)) {
        add(fund, *code, Bps{kBpsPerOne});
      }
    }
    benefit->funding = RangeFrom(first, file_.funding);
    return;
  }
  if (value.node->kind != YamlNode::Kind::kList) {
    AddAt(value,
          "expected a fund, or a list of funds and shares, found text",
          "{fund: CODE}, or [{fund: CODE, share: 70%}, ...]",
          out_);
    return;
  }
  std::set<FundCode> seen;
  int64_t sum_bps = 0;
  const std::vector<Value> items =
      ReadList(value, "funds and shares", kFundingSharesPerBenefitMax, out_);
  bool complete = !items.empty();
  for (const Value& item : items) {
    const MapReader map(item, {"fund", "share"}, out_);
    std::optional<FundCode> code;
    const Value fund = map.Need("fund", "code of the fund that pays");
    if (fund) {
      code = ReadFundCode(fund, Asset::kMoney);
    }
    std::optional<Bps> share;
    if (const Value place = map.Need("share", "such as 70%; the shares add up to 100%")) {
      share = ReadScalar(place, "a percentage", out_, ParsePercent);
      if (share == Bps{0}) {
        AddAt(place, "a share of 0% pays nothing", "", out_);
      }
    }
    if (!code.has_value() || !share.has_value()) {
      complete = false;
      continue;
    }
    if (!seen.insert(*code).second) {
      AddAt(fund, fmt::format("{} is listed twice", Quoted(fund.node->text)), "", out_);
    }
    sum_bps += share->value();
    add(fund, *code, *share);
  }
  if (complete && sum_bps != kBpsPerOne) {
    AddAt(value,
          fmt::format("the shares add up to {}", FormatPercent(sum_bps)),
          "they must add up to 100%",
          out_);
  }
  benefit->funding = RangeFrom(first, file_.funding);
}

void FileCompiler::ReadStock(const Value& value, BenefitSpec* benefit) {
  const MapReader map(value, {"fund", "units"}, out_);
  if (const Value fund = map.Need("fund", "code of the fund whose pieces are handed out")) {
    file_.places.stocks.back() = PlaceOf(fund);
    benefit->stock = ReadFundCode(fund, Asset::kThing).value_or(FundCode{});
  }
  benefit->stock_units = 1;
  if (const Value units = map.Find("units")) {
    benefit->stock_units = static_cast<int32_t>(ReadWhole(units, 1, INT32_MAX, out_).value_or(1));
  }
}

std::string FileCompiler::SuggestLimit(const LimitCode& code) const {
  std::string otherwise = "declare it under limits:";
  if (out_->many()) {
    return otherwise;
  }
  std::vector<std::string> names;
  for (const auto& [declared, where] : limits_) {
    names.push_back(CodeString(declared));
  }
  return Suggest(CodeString(code), {names.begin(), names.end()}, std::move(otherwise));
}

void FileCompiler::ReadLimitRefs(const Value& value, BenefitSpec* benefit) {
  const size_t first = file_.limit_refs.size();
  for (const Value& item : ReadList(value, "limits", kLimitsPerBenefitMax, out_)) {
    const std::optional<LimitCode> code = ReadCode<LimitCode>(item, out_);
    if (!code.has_value()) {
      continue;
    }
    const auto declared = limits_.find(*code);
    if (declared == limits_.end()) {
      AddAt(item,
            fmt::format("there is no limit {}", Quoted(CodeString(*code))),
            SuggestLimit(*code),
            out_);
      continue;
    }
    declared->second.used = true;
    const uint32_t index = declared->second.index;
    const auto begin = file_.limit_refs.begin() + static_cast<ptrdiff_t>(first);
    if (std::find(begin, file_.limit_refs.end(), index) != file_.limit_refs.end()) {
      AddAt(item, fmt::format("{} is listed twice", Quoted(item.node->text)), "", out_);
    }
    file_.limit_refs.push_back(index);
  }
  benefit->limits = RangeFrom(first, file_.limit_refs);
}

}  // namespace gonghui
