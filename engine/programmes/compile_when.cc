// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

constexpr uint8_t kEveryWeekday = 0b1111111;

// Which of the sorted ranges holds `day`, or null.
const DayRange* RangeOf(std::span<const DayRange> ranges, CivilDay day) {
  const auto after = std::upper_bound(
      ranges.begin(), ranges.end(), day, [](CivilDay d, const DayRange& r) { return d < r.first; });
  if (after == ranges.begin() || (after - 1)->last < day) {
    return nullptr;
  }
  return &*(after - 1);
}

struct PlacedDays {
  std::vector<DayRange> ranges;
  std::vector<Value> places;
};

void ReadDayRanges(
    const Value& list, size_t items_max, DayKind kind, PlacedDays* days, DiagnosticList* out) {
  for (const Value& item : ReadList(list, Say("dates", "日期"), items_max, out)) {
    if (std::optional<DayRange> range =
            ReadScalar(item, Say("a date", "日期"), out, ParseDayRange)) {
      range->kind = kind;
      days->ranges.push_back(*range);
      days->places.push_back(item);
    }
  }
}

template <typename Format>
void ReportDaysTwice(const PlacedDays& days, Format format, DiagnosticList* out) {
  ReportOverlaps(
      days.ranges,
      days.places,
      [](const DayRange& range) { return range.first; },
      [](const DayRange& range) { return range.last; },
      format,
      out);
}

// `days`: a date or two.
void ReportOutside(const Value& value,
                   const std::string& days,
                   CivilDay programme_first,
                   CivilDay programme_end,
                   DiagnosticList* out) {
  AddAt(value,
        Say("$0 is outside the programme", "$0 不在项目的期限内", days),
        Say("which holds from $0 until $1",
            "项目从 $0 起到 $1 之前有效",
            FormatDate(programme_first),
            FormatDate(programme_end)),
        out);
}

void SortDays(std::vector<DayRange>* ranges) {
  std::sort(ranges->begin(), ranges->end(), [](const DayRange& a, const DayRange& b) {
    return a.first < b.first;
  });
}

}  // namespace

// `holidays` and `workdays` of the programme.
void FileCompiler::ReadSpecialDays(const MapReader& map) {
  const size_t found = out_->found();
  PlacedDays days;
  // In the order of the file, so that of two that clash the later one is reported.
  struct List {
    Value value;
    DayKind kind;
  };
  std::vector<List> lists = {{map.Find("holidays"), DayKind::kHoliday},
                             {map.Find("workdays"), DayKind::kWorkday}};
  if (lists[0].value && lists[1].value &&
      lists[1].value.node->at.line < lists[0].value.node->at.line) {
    std::swap(lists[0], lists[1]);
  }
  for (const List& list : lists) {
    if (list.value) {
      ReadDayRanges(list.value, kPoolItemsPerProgrammeMax, list.kind, &days, out_);
    }
  }
  ReportDaysTwice(
      days,
      [](const DayRange& range) {
        return range.kind == DayKind::kHoliday
                   ? Say("the holiday $0", "节假日 $0", FormatDayRange(range))
                   : Say("the workday $0", "调休上班日 $0", FormatDayRange(range));
      },
      out_);
  SortDays(&days.ranges);
  file_.days = std::move(days.ranges);
  file_.programme.special_days = RangeFrom(0, file_.days);
  special_days_known_ = out_->found() == found;
}

DayKind FileCompiler::KindOf(CivilDay day) const {
  const PoolRange special = file_.programme.special_days;
  const DayRange* const listed =
      RangeOf(std::span(file_.days).subspan(special.first, special.count), day);
  if (listed != nullptr) {
    return listed->kind;
  }
  return WeekdayOf(day) < 5 ? DayKind::kWorkday : DayKind::kWeekend;
}

void FileCompiler::ReadWhen(const Value& value, Draft* draft) {
  const size_t found = out_->found();
  const MapReader map(value, kWhenKeys, out_);
  BenefitSpec& benefit = draft->spec;
  if (const Value weekdays = map.Find("weekdays")) {
    benefit.weekdays = ReadMask(weekdays, Say("weekdays", "星期"), kWeekdays, out_);
  }
  if (const Value days = map.Find("days")) {
    benefit.day_kinds = ReadMask(days, Say("kinds of day", "日期类型"), kDayKinds, out_);
  }
  if (const Value hours = map.Find("hours")) {
    benefit.hours = ReadHours(hours);
  }
  if (const Value not_on = map.Find("not_on")) {
    benefit.closed_days = ReadClosedDays(not_on);
  }
  const Period period = ReadPeriod(map, false);
  if (period.first.has_value()) {
    benefit.starts_at = StartOf(*period.first);
    draft->days.first = period.first;
  }
  if (period.end.has_value()) {
    benefit.ends_at = StartOf(*period.end);
    draft->days.end = period.end;
  }
  CheckDates(map, period);
  if (out_->found() != found) {
    draft->when_good = false;
    draft->days = Period{};  // unknown, so that nothing more is found out about them
  } else if (special_days_known_) {
    CheckOpens(map, *draft);
  }
}

// The dates of a benefit lie within those of the programme.
void FileCompiler::CheckDates(const MapReader& map, const Period& period) {
  if (!period_.first.has_value() || !period_.end.has_value()) {
    return;
  }
  const auto check = [&](std::string_view key, const std::optional<CivilDay>& day, bool inside) {
    if (day.has_value() && !inside) {
      ReportOutside(map.Find(key), FormatDate(*day), *period_.first, *period_.end, out_);
    }
  };
  check("starts", period.first, period.first >= period_.first && period.first < period_.end);
  check("until", period.end, period.end > period_.first && period.end <= period_.end);
}

// Whether there is any day on which the benefit holds; if not, the first condition that
// leaves none is what is told.
void FileCompiler::CheckOpens(const MapReader& map, const Draft& draft) {
  const Period& dates = draft.days;
  const BenefitSpec& benefit = draft.spec;
  if (!dates.first.has_value() || !dates.end.has_value() || out_->many()) {
    return;
  }
  if (*dates.first >= *dates.end) {
    // A date of the benefit's beside one of the programme's whose other one can not be read,
    // which has been told; nothing that `when` asks for leaves no day here.
    return;
  }
  const uint8_t weekdays = benefit.weekdays == 0 ? kEveryWeekday : benefit.weekdays;
  const std::span<const DayRange> closed =
      std::span(file_.days).subspan(benefit.closed_days.first, benefit.closed_days.count);
  bool any_weekday = false;
  bool any_kind = false;
  for (CivilDay day = *dates.first; day < *dates.end; ++day) {
    if ((weekdays >> WeekdayOf(day) & 1) == 0) {
      continue;
    }
    any_weekday = true;
    if (benefit.day_kinds != 0 && (benefit.day_kinds & MaskOf(KindOf(day))) == 0) {
      continue;
    }
    any_kind = true;
    if (RangeOf(closed, day) == nullptr) {
      return;
    }
  }
  const Words within = Say(
      "from $0 until $1", "从 $0 起到 $1 之前", FormatDate(*dates.first), FormatDate(*dates.end));
  if (!any_weekday) {
    AddAt(map.Find("weekdays"),
          Say("none of these weekdays comes $0", "$0没有这样的星期几", within),
          out_);
  } else if (!any_kind) {
    const bool only_holidays = benefit.day_kinds == MaskOf(DayKind::kHoliday);
    AddAt(map.Find("days"),
          benefit.weekdays == 0 ? Say("no such day comes $0", "$0没有这样的日子", within)
                                : Say("no such day comes $0 on the weekdays that are asked for",
                                      "$0，在所写的星期里没有这样的日子",
                                      within),
          only_holidays ? Say("holidays are listed under programme.holidays",
                              "节假日要列在 programme.holidays 下")
                        : Words{},
          out_);
  } else {
    AddAt(map.Find("not_on"),
          Say("closed on every day on which the benefit would hold", "优惠有效的日子全被排除了"),
          Say("it would hold $0", "它本来$0有效", within),
          out_);
  }
}

PoolRange FileCompiler::ReadHours(const Value& value) {
  const size_t first = file_.hours.size();
  std::vector<HoursRange> ranges;
  std::vector<Value> places;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, Say("ranges of hours", "起止钟点"), room, out_)) {
    if (const auto range =
            ReadScalar(item, Say("a range of hours", "起止钟点"), out_, ParseHours)) {
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

PoolRange FileCompiler::ReadClosedDays(const Value& value) {
  const size_t first = file_.days.size();
  PlacedDays days;
  ReadDayRanges(value, kPoolItemsPerProgrammeMax - first, DayKind::kHoliday, &days, out_);
  ReportDaysTwice(days, FormatDayRange, out_);
  for (size_t i = 0; i < days.ranges.size(); ++i) {
    const DayRange& range = days.ranges[i];
    if (period_.first.has_value() && period_.end.has_value() &&
        (range.last < *period_.first || range.first >= *period_.end)) {
      ReportOutside(days.places[i], FormatDayRange(range), *period_.first, *period_.end, out_);
    }
  }
  SortDays(&days.ranges);
  file_.days.insert(file_.days.end(), days.ranges.begin(), days.ranges.end());
  return RangeFrom(first, file_.days);
}

}  // namespace gonghui
