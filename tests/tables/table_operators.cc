// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_operators.h"

#include <algorithm>
#include <utility>

#include "engine/base/hash.h"
#include "tests/tables/table_occasions.h"

namespace gonghui {
namespace {

DisplayName NameFrom(RowWords& row) {
  const std::string name = row.Value("name", "");
  const auto fixed = DisplayName::From(std::span<const char>(name.data(), name.size()));
  return fixed.has_value() ? *fixed : (Fail("name too long"), DisplayName{});
}

// 2026-05-03, by no clock.
CivilDay DayFrom(const std::string& text) {
  return FloorDay(TimeOf(text + "T00:00:00Z").value() / kNsPerSecond);
}

// 2026-05-01..2026-05-03,2026-05-09, both included.
std::vector<DayRange> DaysFrom(const std::string& text, DayKind kind) {
  std::vector<DayRange> days;
  for (const std::string& range : SplitAt(text, ',')) {
    const size_t dots = range.find("..");
    const CivilDay first = DayFrom(range.substr(0, dots));
    days.push_back(
        {first, dots == std::string::npos ? first : DayFrom(range.substr(dots + 2)), kind, {}});
  }
  return days;
}

MemberRequest ReadMember(RowWords& row) {
  MemberRequest request;
  request.id = Coded<MemberId>(row.Next("a member"));
  request.union_node = Coded<UnionNodeId>(row.Value("union", "ALL"));
  request.status = Worded<MemberStatus>(row.Value("status", "active"));
  request.real_name_verified = !row.Flag("unverified");
  request.sex = Worded<Sex>(row.Value("sex", "unknown"));
  if (const auto joined = row.Value("joined")) {
    request.joined_day = static_cast<JoinedDay>(DayFrom(*joined) - kJoinedDayZero);
  }
  // segments=hero,hard:2026-01-01..2026-06-01
  for (const std::string& text : SplitAt(row.Value("segments", ""), ',')) {
    if (request.span_count == kSegmentSpansPerMemberMax) {
      Fail("too many segments");
    }
    SegmentSpanRequest& span = request.spans[request.span_count++];
    const size_t colon = text.find(':');
    span.segment = Coded<SegmentCode>(text.substr(0, colon));
    span.starts_at = TimestampNs{kTimestampNsMin};
    if (colon != std::string::npos) {
      const size_t dots = text.find("..");
      if (dots == std::string::npos) {
        Fail("not segment:from..until: '" + text + "'");
      }
      span.starts_at = TimeOf(text.substr(colon + 1, dots - colon - 1));
      span.ends_at = TimeOf(text.substr(dots + 2));
    }
  }
  return request;
}

void ReadCard(RowWords& row, CardRequest* request) {
  if (const auto member = row.Value("member")) {
    request->member = Coded<MemberId>(*member);
  }
  request->status = Worded<CardStatus>(row.Value("status", "active"));
  request->kind = row.Flag("digital") ? CardKind::kDigital : CardKind::kPhysical;
  if (const auto expires = row.Value("expires")) {
    request->expires_day = DayFrom(*expires);  // a UTC day
  }
}

MccRange MccsOf(const std::string& text) {
  const std::vector<std::string> ends = SplitAt(text, '-');
  return {static_cast<Mcc>(NumberOf(ends.front())), static_cast<Mcc>(NumberOf(ends.back()))};
}

// 5812:20, in per cent.
OverCapture ReadOverCapture(const std::string& text) {
  const std::vector<std::string> parts = SplitAt(text, ':');
  if (parts.size() != 2) {
    Fail("not category:percent: '" + text + "'");
  }
  return {MccsOf(parts[0]), Bps{static_cast<int32_t>(NumberOf(parts[1]) * 100)}};
}

// limit day count person day max=2 [each=7] [level=city] [reduce] [refund_to=current] [offline]
// [no-show]
void ReadLimit(RowWords& row, OwnedProgramme* programme) {
  LimitSpec limit;
  limit.code = Coded<LimitCode>(row.Next("a limit"));
  limit.measure = Worded<LimitMeasure>(row.Next("count, amount or price"));
  limit.subject = Worded<LimitSubject>(row.Next("a subject"));
  limit.window = Worded<WindowKind>(row.Next("a window"));
  const std::string max = row.Value("max", "");
  limit.max = max == "unlimited" ? kLimitUnlimited : NumberOf(max);
  limit.span = static_cast<uint8_t>(NumberOf(row.Value("each", "1")));
  if (const auto level = row.Value("level")) {
    limit.union_level = static_cast<uint8_t>(Worded<UnionLevel>(*level));
  }
  if (row.Flag("offline")) {
    limit.scope = LimitScope::kOffline;
  }
  if (row.Flag("no-show")) {
    limit.scope = LimitScope::kNoShow;
  }
  if (row.Flag("reduce")) {
    limit.when_exceeded = WhenExceeded::kReduce;
  }
  limit.refund_to = Worded<RefundTo>(row.Value("refund_to", "original"));
  programme->limits.push_back(limit);
}

// 0:5%,10000:300: from so much of the price on, per cent or fen.
std::vector<PriceStep> StepsFrom(const std::string& text) {
  std::vector<PriceStep> steps;
  for (const std::string& step : SplitAt(text, ',')) {
    const std::vector<std::string> parts = SplitAt(step, ':');
    if (parts.size() != 2) {
      Fail("not from:percent% or from:fen: '" + step + "'");
    }
    PriceStep read;
    read.from = Fen{NumberOf(parts[0])};
    if (parts[1].ends_with('%')) {
      const std::string percent = parts[1].substr(0, parts[1].size() - 1);
      read.rate = Bps{static_cast<int32_t>(NumberOf(percent) * 100)};
    } else {
      read.off = Fen{NumberOf(parts[1])};
    }
    steps.push_back(read);
  }
  return steps;
}

PriceRule ReadPrice(RowWords& row, OwnedProgramme* programme) {
  PriceRule price;
  const auto fen = [&row](const char* key) { return Fen{NumberOf(row.Value(key, "0"))}; };
  if (const auto fixed = row.Value("price")) {
    price.kind = PriceKind::kFixedPrice;
    price.amount = Fen{NumberOf(*fixed)};
  } else if (const auto off = row.Value("percent")) {
    price.kind = PriceKind::kPercentOff;
    price.rate = Bps{static_cast<int32_t>(NumberOf(*off) * 100)};
  } else if (const auto bps = row.Value("bps")) {
    price.kind = PriceKind::kPercentOff;
    price.rate = Bps{static_cast<int32_t>(NumberOf(*bps))};
  } else if (const auto spend = row.Value("spend")) {
    price.kind = PriceKind::kThreshold;
    price.threshold = Fen{NumberOf(*spend)};
    price.amount = fen("less");
    price.repeat = row.Flag("repeat");
  } else if (row.Flag("free")) {
    price.kind = PriceKind::kFree;
  } else if (const auto tiers = row.Value("tiers")) {
    price.kind = PriceKind::kTiers;
    price.steps = Append(programme->steps, StepsFrom(*tiers));
  } else if (const auto bands = row.Value("bands")) {
    price.kind = PriceKind::kBands;
    price.steps = Append(programme->steps, StepsFrom(*bands));
  } else {
    Fail("a benefit has price=, percent=, bps=, spend=, free, tiers= or bands=");
  }
  if (const auto least = row.Value("least")) {
    price.threshold = Fen{NumberOf(*least)};
  }
  price.on_return = Worded<OnReturn>(row.Value("on_return", "keep"));
  price.discount_max = fen("cap");
  price.member_pays_min = fen("pays-min");
  const std::string rounding = row.Value("round", "half_up");
  price.rounding = rounding == "half_up" ? Rounding::kHalfUp
                   : rounding == "down"  ? Rounding::kDown
                   : rounding == "up"    ? Rounding::kUp
                                         : (Fail("round= half_up, down or up"), Rounding{});
  return price;
}

std::vector<std::string> ListOf(RowWords& row, const char* key) {
  return SplitAt(row.Value(key, ""), ',');
}

template <class CodeType>
PoolRange CodesFrom(RowWords& row, const char* key, std::vector<CodeType>* pool) {
  std::vector<CodeType> codes;
  for (const std::string& code : ListOf(row, key)) {
    codes.push_back(Coded<CodeType>(code));
  }
  return Append(*pool, codes);
}

uint16_t DaysToWait(RowWords& row, const char* key) {
  return static_cast<uint16_t>(NumberOf(row.Value(key, "0")));
}

void ReadWho(RowWords& row, OwnedProgramme* programme, BenefitSpec* benefit) {
  benefit->segments_any = CodesFrom(row, "any", &programme->segments);
  benefit->segments_all = CodesFrom(row, "all", &programme->segments);
  benefit->segments_none = CodesFrom(row, "none", &programme->segments);
  benefit->segment_days_min = DaysToWait(row, "in-segments-for");
  benefit->member_days_min = DaysToWait(row, "member-for");
  for (const std::string& sex : ListOf(row, "sex")) {
    benefit->sexes = static_cast<uint8_t>(benefit->sexes | MaskOf(Worded<Sex>(sex)));
  }
  benefit->require_real_name = !row.Flag("anyone");
  if (const auto node = row.Value("member-union")) {
    benefit->member_union = Coded<UnionNodeId>(*node);
  }
}

void ReadWhere(RowWords& row, OwnedProgramme* programme, BenefitSpec* benefit) {
  std::vector<MccRange> mccs;
  for (const std::string& text : ListOf(row, "mcc")) {
    mccs.push_back(MccsOf(text));
  }
  benefit->mccs = Append(programme->mccs, mccs);
  benefit->merchants = CodesFrom(row, "merchants", &programme->merchants);
  benefit->terminals = CodesFrom(row, "terminal-ids", &programme->terminals);
  for (const std::string& kind : ListOf(row, "terminals")) {
    benefit->terminal_kinds =
        static_cast<uint8_t>(benefit->terminal_kinds | MaskOf(Worded<TerminalKind>(kind)));
  }
  if (const auto node = row.Value("merchant-union")) {
    benefit->merchant_union = Coded<UnionNodeId>(*node);
  }
  const auto items = [&](const char* key) {
    std::vector<ItemCode> codes;
    for (const std::string& code : ListOf(row, key)) {
      codes.push_back(Coded<ItemCode>(code));
    }
    std::sort(codes.begin(), codes.end());
    return Append(programme->items, codes);
  };
  benefit->items_any = items("items");
  benefit->items_none = items("except");
  benefit->pieces_max = static_cast<uint32_t>(NumberOf(row.Value("pieces", "0")));
}

void ReadWhen(RowWords& row, OwnedProgramme* programme, BenefitSpec* benefit) {
  std::vector<HoursRange> hours;
  for (const std::string& text : ListOf(row, "hours")) {
    const std::vector<std::string> ends = SplitAt(text, '-');
    hours.push_back({SecondsOf(ends.front()), SecondsOf(ends.back())});
  }
  benefit->hours = Append(programme->hours, hours);
  const std::vector<std::string> days = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  for (const std::string& day : ListOf(row, "weekdays")) {
    const auto found = std::find(days.begin(), days.end(), day);
    if (found == days.end()) {
      Fail("not a weekday: '" + day + "'");
    }
    benefit->weekdays = static_cast<uint8_t>(benefit->weekdays | 1u << (found - days.begin()));
  }
  for (const std::string& kind : ListOf(row, "days")) {
    benefit->day_kinds = static_cast<uint8_t>(benefit->day_kinds | MaskOf(Worded<DayKind>(kind)));
  }
  benefit->closed_days =
      Append(programme->days, DaysFrom(row.Value("not-on", ""), DayKind::kHoliday));
  const auto from = row.Value("from");
  const auto until = row.Value("until");
  benefit->starts_at = from.has_value() ? TimeOf(*from) : programme->spec.starts_at;
  benefit->ends_at = until.has_value() ? TimeOf(*until) : programme->spec.ends_at;
}

void ReadLimitsAndFunds(RowWords& row, OwnedProgramme* programme, BenefitSpec* benefit) {
  std::vector<uint32_t> limits;
  for (const std::string& code : ListOf(row, "limits")) {
    const auto& all = programme->limits;
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const LimitSpec& l) { return TextOf(l.code) == code; });
    if (found == all.end()) {
      Fail("no such limit above: '" + code + "'");
    }
    limits.push_back(static_cast<uint32_t>(found - all.begin()));
  }
  benefit->limits = Append(programme->limit_refs, limits);
  std::vector<FundingShareSpec> funding;
  for (const std::string& text : ListOf(row, "fund")) {
    const std::vector<std::string> parts = SplitAt(text, ':');
    const int64_t share = parts.size() == 2 ? NumberOf(parts[1]) : kBpsPerOne;
    funding.push_back({Coded<FundCode>(parts[0]), Bps{static_cast<int32_t>(share)}, 0});
  }
  benefit->funding = Append(programme->funding, funding);
  if (const auto stock = row.Value("stock")) {
    const std::vector<std::string> parts = SplitAt(*stock, ':');
    benefit->stock = Coded<FundCode>(parts[0]);
    benefit->stock_units = parts.size() == 2 ? static_cast<int32_t>(NumberOf(parts[1])) : 1;
  }
}

void ReadBenefit(RowWords& row, OwnedProgramme* programme) {
  BenefitSpec benefit;
  benefit.code = Coded<BenefitCode>(row.Next("a benefit"));
  benefit.price = ReadPrice(row, programme);
  ReadWho(row, programme, &benefit);
  ReadWhere(row, programme, &benefit);
  ReadWhen(row, programme, &benefit);
  ReadLimitsAndFunds(row, programme, &benefit);
  benefit.layer = static_cast<uint8_t>(NumberOf(row.Value("layer", "0")));
  if (row.Flag("on-rest")) {
    benefit.base = StackBase::kRest;
  }
  if (row.Flag("refuse-offline")) {
    benefit.offline = OfflinePolicy::kRefuse;
  }
  ReadAsks(row, *programme, &benefit);
  if (const auto hold = row.Value("hold")) {
    benefit.hold_s = DurationNsOf(*hold) / kNsPerSecond;
  }
  programme->benefits.push_back(benefit);
}

// stage P version=2 active|shadow|scheduled|validated|withdrawn [at=TIME]
OwnedCommand ReadStage(RowWords& row) {
  StageProgrammeRequest request;
  request.code = Coded<ProgrammeCode>(row.Next("a programme"));
  request.version = static_cast<uint32_t>(NumberOf(row.Value("version", "")));
  request.stage = Worded<Stage>(row.Next("a stage"));
  if (const auto at = row.Value("at")) {
    request.activates_at = TimeOf(*at);
  }
  return Own(request);
}

// The words that say what the version begins as are no part of the file.
void ReadBeginning(RowWords& head, OwnedProgramme* programme, std::string* source) {
  const auto take = [&](const char* key) {
    const auto value = head.Value(key);
    if (value.has_value()) {
      const std::string word = std::string(" ") + key + "=" + *value;
      source->erase(source->find(word), word.size());
    }
    return value;
  };
  if (const auto stage = take("stage")) {
    programme->stage = Worded<Stage>(*stage);
  }
  if (const auto at = take("at")) {
    programme->activates_at = TimeOf(*at);
  }
}

void ReadSpecialDays(RowWords& head, OwnedProgramme* programme) {
  std::vector<DayRange> days = DaysFrom(head.Value("holidays", ""), DayKind::kHoliday);
  for (const DayRange& range : DaysFrom(head.Value("workdays", ""), DayKind::kWorkday)) {
    days.push_back(range);
  }
  std::sort(days.begin(), days.end(), [](const DayRange& a, const DayRange& b) {
    return a.first < b.first;
  });
  programme->spec.special_days = Append(programme->days, days);
}

}  // namespace

OwnedCommand ReadAdmin(const std::string& verb, RowWords& row) {
  if (verb == "segment") {
    SegmentRequest request;
    request.code = Coded<SegmentCode>(row.Next("a segment"));
    request.name = NameFrom(row);
    return Own(request);
  }
  if (verb == "union") {
    UnionNodeRequest request;
    request.id = Coded<UnionNodeId>(row.Next("a union node"));
    const std::string parent = row.Value("under", "ALL");
    request.parent = parent == "none" ? UnionNodeId{} : Coded<UnionNodeId>(parent);
    request.level = Worded<UnionLevel>(row.Value("level", "other"));
    request.name = NameFrom(row);
    return Own(request);
  }
  if (verb == "member") {
    return Own(ReadMember(row));
  }
  if (verb == "card") {
    CardRequest request;
    request.number = CardOf(row.Next("a card"));
    ReadCard(row, &request);
    return Own(request);
  }
  if (verb == "merchant") {
    MerchantRequest request;
    request.id = Coded<MerchantId>(row.Next("a merchant"));
    request.union_node = Coded<UnionNodeId>(row.Value("union", "ALL"));
    request.mcc = static_cast<Mcc>(NumberOf(row.Value("mcc", "5411")));
    request.status = Worded<MerchantStatus>(row.Value("status", "active"));
    request.name = NameFrom(row);
    return Own(request);
  }
  if (verb == "terminal") {
    TerminalRequest request;
    request.id = Coded<TerminalId>(row.Next("a terminal"));
    request.merchant = Coded<MerchantId>(row.Value("merchant", "S1"));
    request.kind = Worded<TerminalKind>(row.Value("kind", "pos"));
    request.status = Worded<TerminalStatus>(row.Value("status", "active"));
    return Own(request);
  }
  if (verb == "fund" || verb == "stock") {
    FundRequest request;
    request.code = Coded<FundCode>(row.Next("a fund"));
    request.asset = verb == "fund" ? Asset::kMoney : Asset::kThing;
    request.budget = Fen{NumberOf(row.Value("budget", "0"))};
    request.opens_at = TimeOf(row.Value("opens", "2026-01-01"));
    request.closes_at = TimeOf(row.Value("closes", "never"));
    request.advice_may_overrun = row.Flag("may-overrun");
    request.payer = Worded<Payer>(row.Value("paid-by", "union"));
    if (const auto owner = row.Value("owner")) {
      request.owner = Coded<UnionNodeId>(*owner);
    }
    request.name = NameFrom(row);
    return Own(request);
  }
  if (verb == "member-status") {
    MemberStatusRequest request;
    request.member = Coded<MemberId>(row.Next("a member"));
    request.status = Worded<MemberStatus>(row.Next("a status"));
    return Own(request);
  }
  if (verb == "card-status") {
    CardStatusRequest request;
    request.card = CardOf(row.Next("a card"));
    request.status = Worded<CardStatus>(row.Next("a status"));
    return Own(request);
  }
  if (verb == "replace") {
    ReplaceCardRequest request;
    request.old_card = CardOf(row.Next("the old card"));
    request.new_card.number = CardOf(row.Next("the new card"));
    ReadCard(row, &request.new_card);
    return Own(request);
  }
  if (verb == "stage") {
    return ReadStage(row);
  }
  if (verb == "retire") {
    RetireProgrammeRequest request;
    request.code = Coded<ProgrammeCode>(row.Next("a programme"));
    return Own(request);
  }
  Fail("not a verb: '" + verb + "'");
}

OwnedCommand ReadProgramme(const std::vector<std::string>& block) {
  OwnedProgramme programme;
  RowWords head(block.front());
  head.Next("programme");
  ProgrammeSpec& spec = programme.spec;
  spec.code = Coded<ProgrammeCode>(head.Next("a programme"));
  std::string zone = head.Value("zone", "Asia/Shanghai");
  std::replace(zone.begin(), zone.end(), '/', ':');
  if (!FindTestCalendar(zone, &spec.calendar)) {
    Fail("no such zone in tests/testing: '" + zone + "'");
  }
  spec.calendar.cutover_s = SecondsOf(head.Value("cutover", "00:00"));
  spec.starts_at = TimeOf(head.Value("from", "2026-01-01"));
  spec.ends_at = TimeOf(head.Value("until", "2027-01-01"));
  if (const auto owner = head.Value("owner")) {
    spec.owner = Coded<UnionNodeId>(*owner);
  }
  spec.late_capture = Worded<LateCapture>(head.Value("late", "strict"));
  for (const std::string& text : SplitAt(head.Value("over_capture", ""), ',')) {
    programme.over_capture.push_back(ReadOverCapture(text));
  }
  ReadSpecialDays(head, &programme);
  std::string source = block.front();
  ReadBeginning(head, &programme, &source);
  head.ExpectNothingLeft();
  for (size_t i = 1; i + 1 < block.size(); ++i) {
    RowWords row(block[i]);
    const std::string verb = row.Next("limit or benefit");
    if (verb == "limit") {
      ReadLimit(row, &programme);
    } else if (verb == "benefit") {
      ReadBenefit(row, &programme);
    } else {
      Fail("not in a programme: '" + verb + "'");
    }
    row.ExpectNothingLeft();
    source += "\n" + block[i];
  }
  spec.content_hash = HashBytes(source.data(), source.size());
  return Own(std::move(programme));
}

}  // namespace gonghui
