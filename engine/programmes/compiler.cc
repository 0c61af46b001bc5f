// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/compiler.h"

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/programmes/content_hash.h"
#include "engine/programmes/file_compiler.h"
#include "engine/programmes/zone.h"

namespace gonghui {
namespace {

constexpr size_t kFundsPerFileMax = 1024;

Words MerchantCategories() {
  return Say("merchant categories", "商户类别");
}

}  // namespace

void FileCompiler::Compile(const YamlNode& root) {
  const MapReader top({&root, ""}, kTopKeys, out_);
  if (!top.valid()) {
    return;
  }
  ReadVersion(top);
  // First, because the rest is held against its dates.
  if (const Value programme = top.Need(
          "programme",
          Say("code, name, zone, starts and until", "写明 code、name、zone、starts 和 until"))) {
    ReadProgramme(programme);
  }
  ReadDeclarations(top);
  if (const Value benefits =
          top.Need("benefits", Say("what the programme offers", "项目给出的各项优惠"))) {
    ReadBenefits(benefits);
  }
  CheckUses();
  if (out_->empty()) {
    Finish();
  }
}

void FileCompiler::ReadBenefits(const Value& value) {
  for (const Value& benefit :
       ReadList(value, Say("benefits", "优惠"), kBenefitsPerProgrammeMax, out_)) {
    ReadBenefit(benefit);
  }
  // Prices by case make several of one.
  if (written_out_ > kBenefitsPerProgrammeMax) {
    AddAt(value,
          Say("$0 benefits, one for each case of their prices, are too many",
              "定价的每种情形各算一项，优惠共$0个，太多",
              written_out_),
          AtMost(kBenefitsPerProgrammeMax),
          out_);
  }
  if (file_.limits.size() > kLimitsPerProgrammeMax && limits_.size() <= kLimitsPerProgrammeMax) {
    AddAt(value,
          Say("$0 limits, with those of slots, are too many",
              "连同时段的名额，限额共$0个，太多",
              file_.limits.size()),
          AtMost(kLimitsPerProgrammeMax),
          out_);
  }
}

// What benefits refer to, before the first of them.
void FileCompiler::ReadDeclarations(const MapReader& top) {
  if (const Value segments = top.Find("segments")) {
    for (const Value& segment : ReadList(segments, Say("segments", "群体"), kSegmentsMax, out_)) {
      ReadSegment(segment);
    }
  }
  if (const Value funds = top.Find("funds")) {
    for (const Value& fund : ReadList(funds, Say("funds", "资金"), kFundsPerFileMax, out_)) {
      ReadFund(fund);
    }
  }
  if (const Value groups = top.Find("groups")) {
    for (const Value& group :
         ReadList(groups, Say("groups", "商户分组"), kGroupsPerFileMax, out_)) {
      ReadGroup(group);
    }
  }
  if (const Value limits = top.Find("limits")) {
    for (const Value& limit :
         ReadList(limits, Say("limits", "限额"), kLimitsPerProgrammeMax, out_)) {
      ReadLimit(limit);
    }
  }
}

void FileCompiler::ReadVersion(const MapReader& top) {
  const Value value =
      top.Need("gonghui", Say("version of the language, gonghui: 1", "语言版本，写 gonghui: 1"));
  if (!value) {
    return;
  }
  const std::optional<int64_t> version = ReadWhole(value, 0, INT32_MAX, out_);
  if (version.has_value() && *version != kProgrammeLanguageVersion) {
    AddAt(value,
          Say("version $0 of the language is not known", "不认识语言版本$0", *version),
          Say("write gonghui: $0", "请写 gonghui: $0", kProgrammeLanguageVersion),
          out_);
  }
}

FileCompiler::Period FileCompiler::ReadPeriod(const MapReader& map, bool required) {
  Period period;
  Value end_place;
  const auto read = [&](std::string_view key, const Words& expected, Value* place) {
    *place = required ? map.Need(key, expected) : map.Find(key);
    return *place ? ReadScalar(*place, Say("a date", "日期"), out_, ParseDate) : std::nullopt;
  };
  Value start_place;
  period.first =
      read("starts", Say("first day, such as 2026-01-01", "第一天，例如 2026-01-01"), &start_place);
  period.end = read("until",
                    Say("first day after, such as 2027-01-01", "不再包含的第一天，例如 2027-01-01"),
                    &end_place);
  if (period.first.has_value() && period.end.has_value() && *period.end <= *period.first) {
    AddAt(end_place,
          Say("'until' $0 is not after 'starts' $1",
              "'until' $0 不晚于 'starts' $1",
              FormatDate(*period.end),
              FormatDate(*period.first)),
          Say("'until' is the first day that no longer belongs", "'until' 是不再包含的第一天"),
          out_);
    period.end.reset();
  }
  return period;
}

TimestampNs FileCompiler::StartOf(CivilDay day) const {
  return calendar_.has_value() ? StartOfBusinessDay(*calendar_, day) : TimestampNs{};
}

std::optional<Fen> FileCompiler::ReadMoney(const Value& value) {
  return gonghui::ReadMoney(
      value, Fen{kTransactionFenMax}, Say("yuan or fen", "写 yuan 或 fen"), out_);
}

void FileCompiler::ReadProgramme(const Value& value) {
  const MapReader map(value, kProgrammeKeys, out_);
  ProgrammeSpec& programme = file_.programme;
  file_.places.programme = PlaceOf(value);
  file_.places.owner = file_.places.programme;
  if (const Value code = NeedCode(map)) {
    file_.places.programme = PlaceOf(code);
    programme.code = ReadCode<ProgrammeCode>(code, out_).value_or(ProgrammeCode{});
  }
  if (const Value name =
          map.Need("name", Say("what members and receipts call it", "会员和凭条上看到的名称"))) {
    programme.name = ReadName(name, out_).value_or(DisplayName{});
  }
  if (const Value owner = map.Find("owner")) {
    file_.places.owner = PlaceOf(owner);
    programme.owner = ReadCode<UnionNodeId>(owner, out_).value_or(UnionNodeId{});
  }
  if (const Value late = map.Find("late_capture")) {
    programme.late_capture = ReadWord(late, kLateCaptures, out_).value_or(LateCapture::kStrict);
  }
  if (const Value over_capture = map.Find("over_capture")) {
    ReadOverCapture(over_capture);
  }
  ReadCalendar(map);
  ReadSpecialDays(map);
}

void FileCompiler::ReadCalendar(const MapReader& map) {
  std::optional<Zone> zone;
  const Value zone_place = map.Need(
      "zone",
      Say("time zone of its days, such as Asia/Shanghai", "项目的时区，例如 Asia/Shanghai"));
  if (zone_place) {
    zone = ReadScalar(zone_place, Say("a time zone", "时区"), out_, LoadZone);
  }
  int32_t cutover_s = 0;
  if (const Value cutover = map.Find("day_starts_at")) {
    cutover_s = ReadScalar(cutover, Say("a time of day", "钟点"), out_, ParseTimeOfDay).value_or(0);
  }
  period_ = ReadPeriod(map, true);
  if (const Value until = map.Find("until")) {
    file_.places.until = PlaceOf(until);
  }
  if (!zone.has_value() || !period_.first.has_value() || !period_.end.has_value()) {
    return;
  }
  Parsed<Calendar> calendar = CompileCalendar(*zone, cutover_s, *period_.first, *period_.end);
  if (!calendar.value.has_value()) {
    AddAt(zone_place, std::move(calendar.message), std::move(calendar.hint), out_);
    return;
  }
  calendar_ = calendar.value;
  ProgrammeSpec& programme = file_.programme;
  programme.calendar = *calendar_;
  programme.starts_at = StartOf(*period_.first);
  programme.ends_at = StartOf(*period_.end);
}

Bps FileCompiler::ReadOverCaptureRate(const MapReader& map) {
  const Value percent = map.Need(
      "percent", Say("of what was authorized, such as 20%", "占授权金额的百分比，例如 20%"));
  if (!percent) {
    return Bps{};
  }
  const Bps rate = ReadPercent(percent, out_).value_or(Bps{1});
  if (rate == Bps{0}) {
    AddAt(percent,
          Say("0% more is no more", "多0%等于没有多"),
          Say("leave the category out", "请删去这个类别"),
          out_);
  } else if (rate.value() > kOverCaptureBpsMax) {
    AddAt(percent,
          Say("$0 is too much", "$0 太多", FormatPercent(rate.value())),
          AtMost(FormatPercent(kOverCaptureBpsMax)),
          out_);
  }
  return rate;
}

void FileCompiler::ReadOverCapture(const Value& value) {
  std::vector<Value> places;
  for (const Value& item : ReadList(value,
                                    Say("categories and percentages", "商户类别和百分比"),
                                    kOverCapturesPerProgrammeMax,
                                    out_)) {
    const MapReader map(item, kOverCaptureKeys, out_);
    const Value mccs = map.Need("mcc",
                                Say("merchant categories, such as 5812 or [5812, 5814]",
                                    "商户类别，例如 5812 或 [5812, 5814]"));
    const Bps rate = ReadOverCaptureRate(map);
    if (!mccs) {
      continue;
    }
    // One category needs no brackets.
    const std::vector<Value> ranges =
        mccs.node->kind == YamlNode::Kind::kScalar
            ? std::vector<Value>{mccs}
            : ReadList(mccs, MerchantCategories(), kOverCapturesPerProgrammeMax, out_);
    for (const Value& place : ranges) {
      if (const auto range = ReadMccRange(place, out_)) {
        file_.over_capture.push_back({*range, rate});
        places.push_back(place);
      }
    }
  }
  if (file_.over_capture.size() > kOverCapturesPerProgrammeMax) {
    ReportTooMany(
        value, file_.over_capture.size(), MerchantCategories(), kOverCapturesPerProgrammeMax, out_);
  }
  ReportOverlaps(
      file_.over_capture,
      places,
      [](const OverCapture& entry) { return entry.mccs.first; },
      [](const OverCapture& entry) { return entry.mccs.last; },
      [](const OverCapture& entry) { return FormatMccRange(entry.mccs); },
      out_);
}

void FileCompiler::ReadSegment(const Value& value) {
  const MapReader map(value, kSegmentKeys, out_);
  SegmentRequest segment;
  SourcePlace place = PlaceOf(value);
  if (const Value code = NeedCode(map)) {
    place = PlaceOf(code);
    if (const auto parsed = ReadCode<SegmentCode>(code, out_)) {
      segment.code = *parsed;
      Declare(*parsed, static_cast<uint32_t>(file_.segments.size()), code, &segments_);
    }
  }
  if (const Value name =
          map.Need("name", Say("who belongs to it, in words", "用文字写明包括哪些人"))) {
    segment.name = ReadName(name, out_).value_or(DisplayName{});
  }
  file_.segments.push_back(segment);
  file_.places.segments.push_back(std::move(place));
}

void FileCompiler::ReadFund(const Value& value) {
  const MapReader map(value, kFundKeys, out_);
  FundRequest fund;
  SourcePlace place = PlaceOf(value);
  if (const Value code = NeedCode(map)) {
    place = PlaceOf(code);
    if (const auto parsed = ReadCode<FundCode>(code, out_)) {
      fund.code = *parsed;
      Declare(*parsed, static_cast<uint32_t>(file_.funds.size()), code, &funds_);
    }
  }
  if (const Value name = map.Need("name", Say("what statements call it", "对账单上的名称"))) {
    fund.name = ReadName(name, out_).value_or(DisplayName{});
  }
  // A fund belongs to its programme's union node unless it says otherwise.
  fund.owner = file_.programme.owner;
  SourcePlace owner_place = file_.places.owner;
  if (const Value owner = map.Find("owner")) {
    owner_place = PlaceOf(owner);
    fund.owner = ReadCode<UnionNodeId>(owner, out_).value_or(UnionNodeId{});
  }
  SourcePlace budget_place = place;
  fund_assets_.emplace_back();
  if (const Value budget = map.Need(
          "budget",
          Say("such as 5000000 yuan or 15000 pieces", "例如 5000000 yuan 或 15000 pieces"))) {
    budget_place = PlaceOf(budget);
    if (const std::optional<Amount> amount = ReadAmount(budget, Fen{kFundFenMax}, out_)) {
      fund_assets_.back() = amount->asset;
      fund.asset = amount->asset;
      fund.budget = amount->value;
    }
  }
  if (const Value payer = map.Find("paid_by")) {
    fund.payer = ReadWord(payer, kPayers, out_).value_or(fund.payer);
  }
  const Period period = ReadPeriod(map, false);
  fund_periods_.push_back(period);
  if (period.first.has_value()) {
    fund.opens_at = StartOf(*period.first);
  }
  if (period.end.has_value()) {
    fund.closes_at = StartOf(*period.end);
  }
  if (const Value overrun = map.Find("advices_may_overrun")) {
    fund.advice_may_overrun = ReadBool(overrun, out_).value_or(false);
  }
  file_.funds.push_back(fund);
  file_.places.funds.push_back(std::move(place));
  file_.places.fund_owners.push_back(std::move(owner_place));
  file_.places.fund_budgets.push_back(std::move(budget_place));
}

void FileCompiler::ReadGroup(const Value& value) {
  const MapReader map(value, kGroupKeys, out_);
  Group group;
  if (const Value code = NeedCode(map)) {
    if (const auto parsed = ReadCode<GroupCode>(code, out_)) {
      Declare(*parsed, static_cast<uint32_t>(groups_.size()), code, &group_codes_);
    }
  }
  if (const Value name =
          map.Need("name", Say("which merchants they are, in words", "用文字写明是哪些商户"))) {
    static_cast<void>(ReadName(name, out_));
  }
  if (const Value merchants = map.Need(
          "merchants", Say("their codes, such as [M1, M2]", "商户的代码，例如 [M1, M2]"))) {
    std::set<MerchantId> seen;
    for (const Value& item :
         ReadList(merchants, Say("merchants", "商户"), kPoolItemsPerProgrammeMax, out_)) {
      const std::optional<MerchantId> id = ReadCode<MerchantId>(item, out_);
      if (!id.has_value()) {
        continue;
      }
      if (!seen.insert(*id).second) {
        ReportListedTwice(item);
      }
      group.merchants.push_back(*id);
      group.places.push_back(PlaceOf(item));
    }
  }
  groups_.push_back(std::move(group));
}

// What is declared and never used is a slip of the pen somewhere else; where that
// has been found already, it is not told twice.
void FileCompiler::CheckUses() {
  CheckUsed(limits_, limit_refs_complete_, Say("limits", "limits"));
  CheckUsed(funds_, fund_refs_complete_, Say("funding or stock", "funding 或 stock"));
  CheckUsed(group_codes_, group_refs_complete_, Say("at.groups", "at.groups"));
}

void FileCompiler::Finish() {
  const size_t benefit_count = file_.benefits.size();
  GH_CHECK_EQ(file_.places.benefits.size(), benefit_count);
  GH_CHECK_EQ(file_.places.stocks.size(), benefit_count);
  GH_CHECK_EQ(file_.places.member_unions.size(), benefit_count);
  GH_CHECK_EQ(file_.places.merchant_unions.size(), benefit_count);
  GH_CHECK_EQ(file_.places.segment_refs.size(), file_.segment_refs.size());
  GH_CHECK_EQ(file_.places.merchants.size(), file_.merchants.size());
  GH_CHECK_EQ(file_.places.terminals.size(), file_.terminals.size());
  GH_CHECK_EQ(file_.places.funding.size(), file_.funding.size());
  file_.programme.content_hash = ContentHash(file_);
}

ProgrammeImage CompiledFile::image() const {
  ProgrammeImage image;
  image.programme = programme;
  image.benefits = benefits;
  image.limits = limits;
  image.segments = segment_refs;
  image.mccs = mccs;
  image.merchants = merchants;
  image.terminals = terminals;
  image.items = items;
  image.steps = steps;
  image.days = days;
  image.hours = hours;
  image.limit_refs = limit_refs;
  image.funding = funding;
  image.over_capture = over_capture;
  return image;
}

CompileOutcome Compile(std::string_view text, const CompileOptions& options) {
  CompileOutcome outcome;
  DiagnosticList diagnostics(options.diagnostics_max);
  if (const std::optional<YamlNode> root = ParseYaml(text, &diagnostics)) {
    FileCompiler compiler(&diagnostics);
    compiler.Compile(*root);
    if (diagnostics.empty()) {
      outcome.file = compiler.TakeFile();
    }
  }
  outcome.diagnostics = diagnostics.Take();
  GH_CHECK(outcome.file.has_value() == outcome.diagnostics.empty());
  return outcome;
}

}  // namespace gonghui
