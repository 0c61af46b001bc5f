// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_outline.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "engine/server/price_words.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"

namespace gonghui {
namespace {

static_assert(static_cast<int>(Stage::kWithdrawn) == v1::STAGE_WITHDRAWN);
static_assert(static_cast<int>(DayKind::kHoliday) == v1::DAY_KIND_HOLIDAY);
static_assert(static_cast<int>(StackBase::kRest) == v1::STACK_BASE_REST);
static_assert(static_cast<int>(OfflinePolicy::kRefuse) == v1::OFFLINE_POLICY_REFUSE);
static_assert(static_cast<int>(LimitSubject::kUnion) == v1::LIMIT_SUBJECT_UNION);

constexpr size_t kListWordsMax = 8;

std::string NameOf(const DisplayName& name) {
  return {name.data(), name.size()};
}

// "day" for LIMIT_WINDOW_DAY.
std::string Word(const std::string& name, std::string_view prefix) {
  return absl::AsciiStrToLower(name.substr(std::min(name.size(), prefix.size())));
}

// The words of a mask's bits; bit 0 is `words[0]`.
template <size_t kCount>
Phrases OfMask(uint8_t mask, const std::array<const char*, kCount>& words) {
  Phrases chosen;
  for (size_t bit = 0; bit < kCount; ++bit) {
    if ((mask >> bit & 1) != 0) {
      chosen.emplace_back(words[bit]);
    }
  }
  return chosen;
}

std::string MccText(const MccRange& range) {
  return range.first == range.last ? absl::StrFormat("%04d", range.first)
                                   : absl::StrFormat("%04d-%04d", range.first, range.last);
}

std::string ClockText(int32_t seconds) {
  return absl::StrFormat("%02d:%02d", seconds / 3600, seconds / 60 % 60);
}

std::string DaysText(const DayRange& days) {
  return days.first == days.last ? DayText(days.first)
                                 : absl::StrCat(DayText(days.first), "..", DayText(days.last));
}

template <class Codes>
Phrases SortedTexts(const Codes& codes) {
  Phrases texts;
  texts.reserve(codes.size());
  for (const auto& code : codes) {
    texts.push_back(TextOf(code));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

template <class Row>
std::span<const Row> Part(std::span<const Row> pool, PoolRange range) {
  return range.count == 0 ? std::span<const Row>{} : pool.subspan(range.first, range.count);
}

// What specs and rows have in common, under the same names.
template <class Of>
void CopyCommon(const Of& from, const std::string& member_union, BenefitOutline* out) {
  constexpr std::array<const char*, 3> kSexes = {"sex not known", "men", "women"};
  out->code = TextOf(from.code);
  out->name = NameOf(from.name);
  out->price = from.price;
  if (from.require_real_name) {
    out->who.emplace_back("verified name");
  }
  if (from.sexes != 0) {
    out->who.push_back(absl::StrJoin(OfMask(from.sexes, kSexes), " or "));
  }
  if (from.member_days_min != 0) {
    out->who.push_back(absl::StrCat("member for ", from.member_days_min, " days"));
  }
  if (!member_union.empty()) {
    out->who.push_back("of union " + member_union);
  }
  out->segment_days_min = from.segment_days_min;
  out->pieces_max = from.pieces_max;
  out->layer = from.layer;
  out->base = from.base;
  out->offline = from.offline;
  out->hold_s = from.hold_s;
  out->stock_units = from.stock_units;
  out->asks = from.asks;
}

// Of specs or of the rows of terms, under the same names.
template <class Of>
void CopyTerms(const Of& from, BenefitOutline* out) {
  out->voucher_returns = from.voucher_returns;
  out->approvals = from.approvals;
  out->claim_days_max = from.claim_days_max;
  out->slot_minutes = from.slot_minutes;
  out->slot_ahead_days = from.slot_ahead_days;
  out->slot_grace_minutes = from.slot_grace_minutes;
}

template <class Of>
void AddWhere(const Of& from,
              std::span<const MccRange> mccs,
              const std::string& merchant_union,
              BenefitOutline* out) {
  constexpr std::array<const char*, 6> kKinds = {
      "", "tills", "gates", "vending machines", "online", "offices"};
  for (const MccRange& range : mccs) {
    out->mccs.push_back(MccText(range));
  }
  if (from.terminal_kinds != 0) {
    out->where.push_back("at " + absl::StrJoin(OfMask(from.terminal_kinds, kKinds), " or "));
  }
  if (!merchant_union.empty()) {
    out->where.push_back("of union " + merchant_union);
  }
}

template <class Of>
void AddWhen(const Of& from,
             const Calendar& calendar,
             TimestampNs programme_starts_at,
             TimestampNs programme_ends_at,
             std::span<const HoursRange> hours,
             std::span<const DayRange> closed_days,
             BenefitOutline* out) {
  constexpr std::array<const char*, 7> kWeekdays = {
      "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::array<const char*, 4> kKinds = {"", "workdays", "weekends", "holidays"};
  constexpr uint8_t kEveryDay = 0x7f;
  if (from.weekdays != 0 && from.weekdays != kEveryDay) {
    out->when.push_back(absl::StrJoin(OfMask(from.weekdays, kWeekdays), ", "));
  }
  if (from.day_kinds != 0) {
    out->when.push_back(absl::StrJoin(OfMask(from.day_kinds, kKinds), " or "));
  }
  Phrases parts;
  for (const HoursRange& range : hours) {
    parts.push_back(absl::StrCat(ClockText(range.from_s), "-", ClockText(range.to_s)));
  }
  if (!parts.empty()) {
    out->when.push_back(absl::StrJoin(parts, ", "));
  }
  parts.clear();
  for (const DayRange& days : closed_days) {
    parts.push_back(DaysText(days));
  }
  if (!parts.empty()) {
    out->when.push_back("not on " + absl::StrJoin(parts, ", "));
  }
  if (from.starts_at > programme_starts_at) {
    out->when.push_back("from " + DayText(BusinessDayOf(calendar, from.starts_at)));
  }
  if (from.ends_at < programme_ends_at) {
    out->when.push_back("until " + DayText(BusinessDayOf(calendar, from.ends_at)));
  }
}

BenefitOutline OutlineOf(const ProgrammeImage& image, const BenefitSpec& spec) {
  const auto text_of = [](const UnionNodeId& id) {
    return id.IsNone() ? std::string() : TextOf(id);
  };
  BenefitOutline out;
  CopyCommon(spec, text_of(spec.member_union), &out);
  const auto steps = Part(image.steps, spec.price.steps);
  out.steps.assign(steps.begin(), steps.end());
  out.segments_any = SortedTexts(Part(image.segments, spec.segments_any));
  out.segments_all = SortedTexts(Part(image.segments, spec.segments_all));
  out.segments_none = SortedTexts(Part(image.segments, spec.segments_none));
  AddWhere(spec, Part(image.mccs, spec.mccs), text_of(spec.merchant_union), &out);
  out.merchants = SortedTexts(Part(image.merchants, spec.merchants));
  out.terminals = SortedTexts(Part(image.terminals, spec.terminals));
  out.items_any = SortedTexts(Part(image.items, spec.items_any));
  out.items_none = SortedTexts(Part(image.items, spec.items_none));
  AddWhen(spec,
          image.programme.calendar,
          image.programme.starts_at,
          image.programme.ends_at,
          Part(image.hours, spec.hours),
          Part(image.days, spec.closed_days),
          &out);
  for (const FundingShareSpec& share : Part(image.funding, spec.funding)) {
    out.funds.push_back({TextOf(share.fund), share.share});
  }
  if (!spec.stock.IsNone()) {
    out.stock = TextOf(spec.stock);
  }
  for (const uint32_t limit : Part(image.limit_refs, spec.limits)) {
    out.limits.push_back(TextOf(image.limits[limit].code));
  }
  CopyTerms(spec, &out);
  if (AsksFor(spec.asks, Asks::kVoucher)) {
    out.voucher = TextOf(spec.voucher);
  }
  if (AsksFor(spec.asks, Asks::kEarlierPrices)) {
    out.counts_on = TextOf(image.limits[spec.earlier_prices].code);
  }
  return out;
}

// By the order of their bits; sorted, as a file's are.
Phrases SegmentTexts(const Ledger& names, uint64_t mask) {
  using SegmentRow = StrongId<struct SegmentRowTag, uint32_t>;
  Phrases texts;
  for (uint32_t bit = 0; bit < kSegmentsMax; ++bit) {
    if ((mask >> bit & 1) != 0) {
      texts.push_back(TextOf(names.segments()[SegmentRow{bit + 1}].code));
    }
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

BenefitOutline OutlineOf(const Ledger& names, const Programme& version, const Benefit& benefit) {
  const auto text_of = [&names](UnionNodeRow row) {
    return row == UnionNodeRow{} ? std::string() : TextOf(names.union_nodes()[row].id);
  };
  BenefitOutline out;
  CopyCommon(benefit, text_of(benefit.member_union), &out);
  const auto steps = names.StepsOf(benefit.price);
  out.steps.assign(steps.begin(), steps.end());
  out.segments_any = SegmentTexts(names, benefit.segments_any);
  out.segments_all = SegmentTexts(names, benefit.segments_all);
  out.segments_none = SegmentTexts(names, benefit.segments_none);
  AddWhere(benefit, names.MccsOf(benefit.mccs), text_of(benefit.merchant_union), &out);
  names.ForEachMerchant(benefit.merchants, [&](MerchantRow row) {
    out.merchants.push_back(TextOf(names.merchants()[row].id));
  });
  names.ForEachTerminal(benefit.terminals, [&](TerminalRow row) {
    out.terminals.push_back(TextOf(names.terminals()[row].id));
  });
  std::sort(out.merchants.begin(), out.merchants.end());
  std::sort(out.terminals.begin(), out.terminals.end());
  out.items_any = SortedTexts(names.ItemsOf(benefit.items_any));
  out.items_none = SortedTexts(names.ItemsOf(benefit.items_none));
  AddWhen(benefit,
          names.calendars()[version.calendar],
          version.starts_at,
          version.ends_at,
          names.HoursOf(benefit.hours),
          names.DaysOf(benefit.closed_days),
          &out);
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    out.funds.push_back({TextOf(names.funds()[benefit.fund(i)].code), benefit.shares[i]});
  }
  if (benefit.stock != FundRow{}) {
    out.stock = TextOf(names.funds()[benefit.stock].code);
  }
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    out.limits.push_back(TextOf(names.limits()[benefit.limit(i)].code));
  }
  const BenefitTerms& terms = names.benefit_terms()[benefit.terms];  // row 0 asks for nothing
  CopyTerms(terms, &out);
  if (AsksFor(benefit.asks, Asks::kVoucher)) {
    out.voucher = TextOf(names.voucher_series()[terms.series].code);
  }
  if (AsksFor(benefit.asks, Asks::kEarlierPrices)) {
    out.counts_on = TextOf(names.limits()[terms.earlier_prices].code);
  }
  return out;
}

LimitSpec SpecOf(const Limit& limit) {
  LimitSpec spec;
  spec.code = limit.code;
  spec.measure = limit.measure;
  spec.subject = limit.subject;
  spec.window = limit.window;
  spec.when_exceeded = limit.when_exceeded;
  spec.refund_to = limit.refund_to;
  spec.union_level = limit.union_level;
  spec.span = limit.span;
  spec.scope = limit.scope;
  spec.max = limit.max;
  return spec;
}

void Append(const Phrases& phrases, std::string* words) {
  for (const std::string& phrase : phrases) {
    absl::StrAppend(words, words->empty() ? "" : "; ", phrase);
  }
}

// Nothing for an empty list.
void AppendList(std::string_view what, const Phrases& items, std::string* words) {
  if (!items.empty()) {
    Append({absl::StrCat(std::string(what), ListInWords(items))}, words);
  }
}

bool HasTime(TimestampNs at) {
  return at.value() > 0 && at != kTimestampMax;
}

void ToProto(const BenefitOutline& benefit, v1::Benefit* out) {
  out->set_benefit_code(benefit.code);
  out->set_display_name(benefit.name);
  out->set_price(PriceInWords(benefit));
  out->set_on_return(static_cast<v1::OnReturn>(benefit.price.on_return));
  for (const BenefitOutline::FundPart& part : benefit.funds) {
    out->add_fund_codes(part.fund);
    out->add_fund_shares_bps(static_cast<uint32_t>(part.share.value()));
  }
  if (!benefit.stock.empty()) {
    out->add_fund_codes(benefit.stock);
  }
  for (const std::string& limit : benefit.limits) {
    out->add_limit_codes(limit);
  }
  out->set_who(WhoInWords(benefit));
  out->set_where(WhereInWords(benefit));
  out->set_items(ItemsInWords(benefit));
  out->set_when(WhenInWords(benefit));
  out->set_layer(benefit.layer);
  if (benefit.layer != 0) {
    out->set_base(static_cast<v1::StackBase>(benefit.base));
  }
  out->set_offline(static_cast<v1::OfflinePolicy>(benefit.offline));
  out->set_hold_seconds(benefit.hold_s);
  out->set_asks(AsksInWords(benefit));
}

void ToProto(const LimitSpec& limit, v1::Limit* out) {
  out->set_limit_code(TextOf(limit.code));
  out->set_measure(static_cast<v1::LimitMeasure>(limit.measure));
  out->set_subject(static_cast<v1::LimitSubject>(limit.subject));
  out->set_window(static_cast<v1::LimitWindow>(limit.window));
  out->set_refund_to(static_cast<v1::RefundTo>(limit.refund_to));
  out->set_unlimited(limit.max == kLimitUnlimited);
  out->set_max(limit.max == kLimitUnlimited ? 0 : limit.max);
  out->set_window_span(limit.span);
  out->set_union_level(static_cast<v1::UnionLevel>(limit.union_level));
  out->set_offline_only(limit.scope == LimitScope::kOffline);
  out->set_reduces(limit.when_exceeded == WhenExceeded::kReduce);
  out->set_no_shows(limit.scope == LimitScope::kNoShow);
}

void ToProto(const ProgrammeOutline& programme, v1::Programme* out) {
  out->set_programme_code(programme.code);
  out->set_display_name(programme.name);
  out->set_time_zone(programme.zone);
  out->set_day_starts_at_s(static_cast<uint32_t>(programme.day_starts_at_s));
  if (HasTime(programme.starts_at)) {
    gonghui::ToProto(programme.starts_at, out->mutable_starts_at());
  }
  if (HasTime(programme.ends_at)) {
    gonghui::ToProto(programme.ends_at, out->mutable_ends_at());
  }
  out->set_late_capture(static_cast<v1::LateCapture>(programme.late_capture));
  for (const OverCapture& entry : programme.over_capture) {
    v1::OverCapture* const added = out->add_over_capture();
    added->set_mcc_first(entry.mccs.first);
    added->set_mcc_last(entry.mccs.last);
    added->set_rate_bps(static_cast<uint32_t>(entry.rate.value()));
  }
  for (const DayRange& days : programme.special_days) {
    v1::SpecialDays* const added = out->add_special_days();
    added->set_first_on(DayText(days.first));
    added->set_last_on(DayText(days.last));
    added->set_kind(static_cast<v1::DayKind>(days.kind));
  }
  for (const BenefitOutline& benefit : programme.benefits) {
    ToProto(benefit, out->add_benefits());
  }
  for (const LimitSpec& limit : programme.limits) {
    ToProto(limit, out->add_limits());
  }
}

}  // namespace

std::string ZoneText(const Calendar& calendar) {
  std::string zone = TextOf(calendar.zone);
  std::replace(zone.begin(), zone.end(), ':', '/');
  return zone;
}

ProgrammeOutline OutlineOf(const ProgrammeImage& image) {
  const ProgrammeSpec& spec = image.programme;
  ProgrammeOutline out;
  out.code = TextOf(spec.code);
  out.name = NameOf(spec.name);
  out.zone = ZoneText(spec.calendar);
  out.day_starts_at_s = spec.calendar.cutover_s;
  out.starts_at = spec.starts_at;
  out.ends_at = spec.ends_at;
  out.owner = spec.owner.IsNone() ? std::string() : TextOf(spec.owner);
  out.late_capture = spec.late_capture;
  out.over_capture.assign(image.over_capture.begin(), image.over_capture.end());
  const auto special = Part(image.days, spec.special_days);
  out.special_days.assign(special.begin(), special.end());
  for (const BenefitSpec& benefit : image.benefits) {
    out.benefits.push_back(OutlineOf(image, benefit));
  }
  out.limits.assign(image.limits.begin(), image.limits.end());
  return out;
}

ProgrammeOutline OutlineOf(const Ledger& names, const Programme& version) {
  ProgrammeOutline out;
  out.code = TextOf(version.code);
  out.name = NameOf(version.name);
  const Calendar& calendar = names.calendars()[version.calendar];
  out.zone = ZoneText(calendar);
  out.day_starts_at_s = calendar.cutover_s;
  out.starts_at = version.starts_at;
  out.ends_at = version.ends_at;
  out.owner = version.owner == UnionNodeRow{} ? std::string()
                                              : TextOf(names.union_nodes()[version.owner].id);
  out.late_capture = version.late_capture;
  for (uint32_t i = 0; i < version.over_capture.count; ++i) {
    out.over_capture.push_back(
        names.over_captures()[Ledger::OverCaptureRow{version.over_capture.first + i}]);
  }
  const auto special = names.DaysOf(version.special_days);
  out.special_days.assign(special.begin(), special.end());
  for (uint32_t i = 0; i < version.benefit_count; ++i) {
    out.benefits.push_back(
        OutlineOf(names, version, names.benefits()[BenefitRow{version.first_benefit.value() + i}]));
  }
  for (uint32_t i = 0; i < version.limit_count; ++i) {
    out.limits.push_back(SpecOf(names.limits()[LimitRow{version.first_limit.value() + i}]));
  }
  return out;
}

// ---- Words ---------------------------------------------------------------------

std::string ListInWords(const Phrases& items) {
  if (items.size() <= kListWordsMax) {
    return absl::StrJoin(items, ", ");
  }
  return absl::StrCat(absl::StrJoin(items.begin(), items.begin() + kListWordsMax, ", "),
                      " and ",
                      ThousandsOf(static_cast<int64_t>(items.size() - kListWordsMax)),
                      " more");
}

std::string WhoInWords(const BenefitOutline& benefit) {
  std::string words;
  Append(benefit.who, &words);
  AppendList("any of ", benefit.segments_any, &words);
  AppendList("all of ", benefit.segments_all, &words);
  if (benefit.segment_days_min != 0) {
    Append({absl::StrCat("in them for ", benefit.segment_days_min, " days")}, &words);
  }
  AppendList("none of ", benefit.segments_none, &words);
  return words.empty() ? "every member" : words;
}

std::string WhereInWords(const BenefitOutline& benefit) {
  std::string words;
  AppendList("mcc ", benefit.mccs, &words);
  Append(benefit.where, &words);
  AppendList("merchants ", benefit.merchants, &words);
  AppendList("terminals ", benefit.terminals, &words);
  return words;
}

std::string ItemsInWords(const BenefitOutline& benefit) {
  std::string words;
  AppendList("any of ", benefit.items_any, &words);
  AppendList("none of ", benefit.items_none, &words);
  if (benefit.pieces_max == 1) {
    Append({"the cheapest piece"}, &words);
  } else if (benefit.pieces_max > 1) {
    Append({absl::StrCat("the ", ThousandsOf(benefit.pieces_max), " cheapest pieces")}, &words);
  }
  return words;
}

std::string WhenInWords(const BenefitOutline& benefit) {
  std::string words;
  Append(benefit.when, &words);
  return words;
}

std::string PriceInWords(const BenefitOutline& benefit) {
  std::string words = PriceInWords(benefit.price, benefit.steps);
  if (!benefit.counts_on.empty()) {
    words += CountedOnInWords(benefit.counts_on);
  }
  return words;
}

std::string AsksInWords(const BenefitOutline& benefit) {
  Phrases parts;
  if (AsksFor(benefit.asks, Asks::kVoucher)) {
    parts.push_back(
        absl::StrCat("a voucher of ",
                     benefit.voucher,
                     benefit.voucher_returns ? ", which a refund of all gives back" : ""));
  }
  if (AsksFor(benefit.asks, Asks::kSlot)) {
    std::string slot = absl::StrCat("an appointment: ",
                                    benefit.slot_minutes,
                                    " minutes, at most ",
                                    benefit.slot_ahead_days,
                                    " days ahead");
    if (benefit.slot_grace_minutes > 0) {
      absl::StrAppend(&slot, ", kept ", benefit.slot_grace_minutes, " minutes longer");
    }
    parts.push_back(std::move(slot));
  }
  if (AsksFor(benefit.asks, Asks::kClaim)) {
    std::string claim = "a claim";
    if (benefit.claim_days_max > 0) {
      absl::StrAppend(&claim, " within ", benefit.claim_days_max, " days of the event");
    }
    if (benefit.approvals > 0) {
      absl::StrAppend(&claim, ", approved by ", static_cast<int>(benefit.approvals));
    }
    parts.push_back(std::move(claim));
  }
  return absl::StrJoin(parts, "; ");
}

std::string FundsInWords(const BenefitOutline& benefit) {
  Phrases parts;
  for (const BenefitOutline::FundPart& part : benefit.funds) {
    parts.push_back(benefit.funds.size() == 1
                        ? part.fund
                        : absl::StrCat(part.fund, " ", PercentInWords(part.share)));
  }
  if (!benefit.stock.empty()) {
    parts.push_back(benefit.stock_units == 1
                        ? absl::StrCat("stock ", benefit.stock)
                        : absl::StrCat("stock ", benefit.stock, " x ", benefit.stock_units));
  }
  return absl::StrJoin(parts, ", ");
}

namespace {

std::string MaxInWords(const LimitSpec& limit) {
  const bool unlimited = limit.max == kLimitUnlimited;
  switch (limit.measure) {
    case LimitMeasure::kAmount:
      return unlimited ? "any amount" : YuanInWords(Fen{limit.max});
    case LimitMeasure::kPrice:
      return unlimited ? "prices of any amount"
                       : absl::StrCat("prices of ", YuanInWords(Fen{limit.max}));
    case LimitMeasure::kCount:
      break;
  }
  const bool one = limit.max == 1;
  const char* const what = limit.scope == LimitScope::kNoShow
                               ? (one ? "appointment not kept" : "appointments not kept")
                           : limit.window == WindowKind::kSlot ? (one ? "place" : "places")
                                                               : (one ? "use" : "uses");
  return unlimited ? absl::StrCat("any number of ", what)
                   : absl::StrCat(ThousandsOf(limit.max), " ", what);
}

}  // namespace

std::string LimitInWords(const LimitSpec& limit) {
  std::string words = MaxInWords(limit);
  const std::string window =
      Word(v1::LimitWindow_Name(static_cast<v1::LimitWindow>(limit.window)), "LIMIT_WINDOW_");
  absl::StrAppend(
      &words,
      ", window ",
      limit.span > 1 ? absl::StrCat(limit.span, " ", window, "s") : window,
      ", by ",
      Word(v1::LimitSubject_Name(static_cast<v1::LimitSubject>(limit.subject)), "LIMIT_SUBJECT_"));
  if (limit.union_level != 0) {
    absl::StrAppend(
        &words,
        " at level ",
        Word(v1::UnionLevel_Name(static_cast<v1::UnionLevel>(limit.union_level)), "UNION_LEVEL_"));
  }
  if (limit.scope == LimitScope::kOffline) {
    absl::StrAppend(&words, ", only offline");
  }
  return words;
}

std::string SpecialDaysInWords(const ProgrammeOutline& programme) {
  Phrases holidays;
  Phrases workdays;
  for (const DayRange& days : programme.special_days) {
    (days.kind == DayKind::kWorkday ? workdays : holidays).push_back(DaysText(days));
  }
  std::string words;
  if (!holidays.empty()) {
    absl::StrAppend(&words, "holidays ", absl::StrJoin(holidays, ", "));
  }
  if (!workdays.empty()) {
    absl::StrAppend(&words, words.empty() ? "" : "; ", "workdays ", absl::StrJoin(workdays, ", "));
  }
  return words;
}

void ToProto(const Ledger& names, const Programme& version, v1::Programme* out) {
  ToProto(OutlineOf(names, version), out);
  out->set_version(version.version);
  out->set_stage(static_cast<v1::Stage>(version.stage));
  out->set_retired(version.stage == Stage::kRetired);
  gonghui::ToProto(version.applied_at, out->mutable_applied_at());
  gonghui::ToProto(version.staged_at, out->mutable_staged_at());
  if (version.stage == Stage::kScheduled) {
    gonghui::ToProto(version.activates_at, out->mutable_activates_at());
  }
}

}  // namespace gonghui
