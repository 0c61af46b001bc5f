// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/programmes/diagnostic.h"

namespace gonghui {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

// Appends digits to *value; false past INT64_MAX.  REQUIRES: AllDigits(digits).
bool AppendDigits(std::string_view digits, int64_t* value) {
  for (const char c : digits) {
    const int64_t digit = c - '0';
    if (*value > (INT64_MAX - digit) / 10) {
      return false;
    }
    *value = *value * 10 + digit;
  }
  return true;
}

struct Decimal {
  enum class Problem : uint8_t { kNone, kNotANumber, kNegative, kTooFine, kTooLarge };

  Problem problem = Problem::kNone;
  int64_t scaled = 0;  // the number x 10^decimals
};

Decimal ParseDecimal(std::string_view text, size_t decimals) {
  Decimal result;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) {
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (!AllDigits(whole) || (point != std::string_view::npos && !AllDigits(fraction))) {
    result.problem = Decimal::Problem::kNotANumber;
  } else if (negative) {
    result.problem = Decimal::Problem::kNegative;
  } else if (fraction.size() > decimals) {
    result.problem = Decimal::Problem::kTooFine;
  } else {
    constexpr std::string_view kZeros = "00";
    if (!AppendDigits(whole, &result.scaled) || !AppendDigits(fraction, &result.scaled) ||
        !AppendDigits(kZeros.substr(0, decimals - fraction.size()), &result.scaled)) {
      result.problem = Decimal::Problem::kTooLarge;
    }
  }
  return result;
}

struct Unit {
  std::string_view name;
  Asset asset;
  size_t decimals;
};

constexpr std::array kUnits = {
    Unit{"yuan", Asset::kMoney, 2},
    Unit{"fen", Asset::kMoney, 0},
    Unit{"pieces", Asset::kThing, 0},
    Unit{"piece", Asset::kThing, 0},
    Unit{"元", Asset::kMoney, 2},
    Unit{"分", Asset::kMoney, 0},
    Unit{"件", Asset::kThing, 0},
};

Words AmountExamples() {
  return Say("such as 1 fen, 3.50 yuan or 15000 pieces",
             "例如 1 fen、3.50 yuan 或 15000 pieces，也可写 1分、3.50元、15000件");
}

Parsed<Amount> NotAnAmount(std::string_view text) {
  return Parsed<Amount>::Bad(Say("$0 is not an amount", "$0 不是金额", Quoted(text)),
                             AmountExamples());
}

Words EndsBeforeItStarts(std::string_view text) {
  return Say("$0 ends before it starts", "$0 的结束早于开始", Quoted(text));
}

struct DurationUnit {
  std::string_view name;
  int64_t seconds;
};

constexpr std::array kDurationUnits = {
    DurationUnit{"s", 1},
    DurationUnit{"second", 1},
    DurationUnit{"seconds", 1},
    DurationUnit{"m", 60},
    DurationUnit{"minute", 60},
    DurationUnit{"minutes", 60},
    DurationUnit{"h", 3'600},
    DurationUnit{"hour", 3'600},
    DurationUnit{"hours", 3'600},
    DurationUnit{"d", 86'400},
    DurationUnit{"day", 86'400},
    DurationUnit{"days", 86'400},
};

struct NumberAndUnit {
  std::string_view number;  // digits
  std::string_view unit;    // what follows them and any spaces
};

NumberAndUnit SplitNumber(std::string_view text) {
  const size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
  NumberAndUnit parts{text.substr(0, size), text.substr(size)};
  while (!parts.unit.empty() && parts.unit.front() == ' ') {
    parts.unit.remove_prefix(1);
  }
  return parts;
}

// Two digits each, "HH:MM", 00:00 to 24:00; -1 when it is no time of day.
int32_t SecondOfDay(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !AllDigits(text.substr(0, 2)) ||
      !AllDigits(text.substr(3))) {
    return -1;
  }
  const int32_t hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int32_t minute = (text[3] - '0') * 10 + (text[4] - '0');
  const int32_t second_of_day = (hour * 60 + minute) * 60;
  return minute > 59 || second_of_day > kSecondsPerDay ? -1 : second_of_day;
}

std::string FormatTimeOfDay(int32_t second_of_day) {
  return fmt::format("{:02}:{:02}", second_of_day / 3'600, second_of_day / 60 % 60);
}

// Number of insertions, deletions, replacements and swaps of neighbours.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    last[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

Parsed<Amount> ParseAmount(std::string_view text, Fen max) {
  using Result = Parsed<Amount>;
  const size_t number_size = std::min(text.find_first_not_of("-0123456789."), text.size());
  const std::string_view number = text.substr(0, number_size);
  std::string_view unit_name = text.substr(number_size);
  while (!unit_name.empty() && unit_name.front() == ' ') {
    unit_name.remove_prefix(1);
  }
  if (number.empty()) {
    return NotAnAmount(text);
  }
  if (unit_name.empty()) {
    return Result::Bad(Say("$0 has no unit", "$0 没有单位", Quoted(text)), AmountExamples());
  }
  const auto unit = std::find_if(
      kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit_name; });
  if (unit == kUnits.end()) {
    // "1,000 yuan" or "1e6 yuan": the trouble is the number.
    if (unit_name.find_first_of(",_0123456789") != std::string_view::npos) {
      return NotAnAmount(text);
    }
    return Result::Bad(Say("unknown unit $0", "不认识的单位 $0", Quoted(unit_name)),
                       Say("yuan, fen or pieces", "可写 yuan、fen、pieces，或元、分、件"));
  }
  const Decimal decimal = ParseDecimal(number, unit->decimals);
  switch (decimal.problem) {
    case Decimal::Problem::kNone:
      break;
    case Decimal::Problem::kNotANumber:
      return NotAnAmount(text);
    case Decimal::Problem::kNegative:
      return Result::Bad(Say("$0 is negative", "$0 是负数", Quoted(text)));
    case Decimal::Problem::kTooFine:
      return Result::Bad(unit->asset == Asset::kMoney
                             ? Say("$0 is finer than one fen", "$0 比1分还细", Quoted(text))
                             : Say("$0 is finer than one piece", "$0 不是整件数", Quoted(text)));
    case Decimal::Problem::kTooLarge:
      break;
  }
  if (decimal.problem == Decimal::Problem::kTooLarge || decimal.scaled > max.value()) {
    return Result::Bad(Say("$0 is too large", "$0 太大", Quoted(text)),
                       AtMost(SayAmount({unit->asset, max})));
  }
  return Result::Ok({unit->asset, Fen{decimal.scaled}});
}

Words SayAmount(Amount amount) {
  const int64_t value = amount.value.value();
  return amount.asset == Asset::kMoney
             ? Say("$0 yuan", "$0元", fmt::format("{}.{:02}", value / 100, value % 100))
             : Say("$0 pieces", "$0件", value);
}

Parsed<Bps> ParsePercent(std::string_view text) {
  using Result = Parsed<Bps>;
  std::string_view number = text;
  const bool signed_percent = !number.empty() && number.back() == '%';
  if (signed_percent) {
    number.remove_suffix(1);
    number = TrimRight(number);
  }
  const Decimal decimal = ParseDecimal(number, 2);
  bool in_range = true;
  switch (decimal.problem) {
    case Decimal::Problem::kNone:
      in_range = decimal.scaled <= kBpsPerOne;
      break;
    case Decimal::Problem::kNotANumber:
      return Result::Bad(Say("$0 is not a percentage", "$0 不是百分比", Quoted(text)),
                         Say("such as 60% or 12.5%", "例如 60% 或 12.5%"));
    case Decimal::Problem::kTooFine:
      return Result::Bad(Say("$0 has more than two decimals", "$0 的小数超过两位", Quoted(text)));
    case Decimal::Problem::kNegative:
    case Decimal::Problem::kTooLarge:
      in_range = false;
      break;
  }
  if (!in_range) {
    return Result::Bad(Say("$0 is not between 0% and 100%", "$0 不在0%到100%之间", Quoted(text)));
  }
  // Whoever thinks in fractions writes 0.6 for 60%.
  if (!signed_percent && decimal.scaled > 0 && decimal.scaled < kBpsPerOne / 100) {
    return Result::Bad(
        Say("$0 is less than 1%, without a sign", "$0 不到1%，又没有百分号", Quoted(text)),
        Say("write $0% if that is what is meant", "如果确是此意，请写 $0%", text));
  }
  return Result::Ok(Bps{static_cast<int32_t>(decimal.scaled)});
}

std::string FormatPercent(int64_t bps) {
  if (bps % 100 == 0) {
    return fmt::format("{}%", bps / 100);
  }
  return bps % 10 == 0 ? fmt::format("{}.{}%", bps / 100, bps / 10 % 10)
                       : fmt::format("{}.{:02}%", bps / 100, bps % 100);
}

Parsed<int64_t> ParseWhole(std::string_view text, int64_t min, int64_t max) {
  using Result = Parsed<int64_t>;
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view digits = negative ? text.substr(1) : text;
  if (!AllDigits(digits)) {
    return Result::Bad(Say("$0 is not a whole number", "$0 不是整数", Quoted(text)));
  }
  int64_t value = 0;
  if (!AppendDigits(digits, &value) || negative || value < min || value > max) {
    return Result::Bad(
        Say("$0 is not between $1 and $2", "$0 不在$1到$2之间", Quoted(text), min, max));
  }
  return Result::Ok(value);
}

Parsed<CivilDay> ParseDate(std::string_view text) {
  using Result = Parsed<CivilDay>;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !AllDigits(text.substr(0, 4)) ||
      !AllDigits(text.substr(5, 2)) || !AllDigits(text.substr(8))) {
    return Result::Bad(
        Say("$0 is not a date", "$0 不是日期", Quoted(text)),
        Say("write YYYY-MM-DD, such as 2026-01-31", "请写成年-月-日，例如 2026-01-31"));
  }
  const auto number = [&](size_t from, size_t size) {
    int64_t value = 0;
    AppendDigits(text.substr(from, size), &value);  // at most four digits fit
    return static_cast<int32_t>(value);
  };
  const CivilDate date{number(0, 4), number(5, 2), number(8, 2)};
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31 ||
      DateOf(DayOf(date)) != date) {
    return Result::Bad(Say("there is no $0", "没有 $0 这一天", text));
  }
  const CivilDay day = DayOf(date);
  if (day < DayOf(kFirstDate) || day > DayOf(kLastDate)) {
    return Result::Bad(Say("$0 is out of range", "$0 超出了范围", text),
                       Say("$0 to $1",
                           "从 $0 到 $1",
                           FormatDate(DayOf(kFirstDate)),
                           FormatDate(DayOf(kLastDate))));
  }
  return Result::Ok(day);
}

std::string FormatDate(CivilDay day) {
  const CivilDate date = DateOf(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

Parsed<DayRange> ParseDayRange(std::string_view text) {
  using Result = Parsed<DayRange>;
  constexpr std::string_view kTo = "..";
  const size_t dots = text.find(kTo);
  const std::string_view first_text = text.substr(0, dots);
  const std::string_view last_text =
      dots == std::string_view::npos ? first_text : text.substr(dots + kTo.size());
  Parsed<CivilDay> first = ParseDate(first_text);
  Parsed<CivilDay> last = ParseDate(last_text);
  if (!first.value.has_value() || !last.value.has_value()) {
    Parsed<CivilDay>& bad = first.value.has_value() ? last : first;
    if (dots != std::string_view::npos) {
      bad.message = Say("$0: $1", "$0：$1", Quoted(text), bad.message);
    }
    if (text.size() > 10) {
      bad.hint = Say("a date, or two as in 2026-10-01..2026-10-07",
                     "一个日期，或起止两个日期，例如 2026-10-01..2026-10-07");
    }
    return Result::Bad(std::move(bad.message), std::move(bad.hint));
  }
  if (*last.value < *first.value) {
    return Result::Bad(EndsBeforeItStarts(text),
                       Say("write $0..$1", "请写 $0..$1", last_text, first_text));
  }
  DayRange range;
  range.first = *first.value;
  range.last = *last.value;
  return Result::Ok(range);
}

std::string FormatDayRange(const DayRange& range) {
  return range.first == range.last ? FormatDate(range.first)
                                   : FormatDate(range.first) + ".." + FormatDate(range.last);
}

Parsed<int32_t> ParseTimeOfDay(std::string_view text) {
  const int32_t second_of_day = SecondOfDay(text);
  if (second_of_day < 0 || second_of_day == kSecondsPerDay) {
    return Parsed<int32_t>::Bad(Say("$0 is not a time of day", "$0 不是钟点", Quoted(text)),
                                Say("write HH:MM, such as 04:00", "请写成 HH:MM，例如 04:00"));
  }
  return Parsed<int32_t>::Ok(second_of_day);
}

Parsed<HoursRange> ParseHours(std::string_view text) {
  using Result = Parsed<HoursRange>;
  const size_t dash = text.find('-');
  const int32_t from_s = SecondOfDay(text.substr(0, dash));
  const int32_t to_s = dash == std::string_view::npos ? -1 : SecondOfDay(text.substr(dash + 1));
  if (from_s < 0 || to_s < 0) {
    return Result::Bad(
        Say("$0 is not a range of hours", "$0 不是钟点范围", Quoted(text)),
        Say("write HH:MM-HH:MM, such as 06:00-23:00", "请写成 HH:MM-HH:MM，例如 06:00-23:00"));
  }
  if (from_s == to_s) {
    return Result::Bad(Say("$0 is no time at all", "$0 的起止相同", Quoted(text)));
  }
  if (from_s > to_s) {
    Words hint;
    if (to_s > 0 && from_s < kSecondsPerDay) {
      hint =
          Say("past midnight is two ranges, $0-24:00 and 00:00-$1; both are of one day when "
              "day_starts_at is $1 or later",
              "跨过午夜要分成两段写：$0-24:00 和 00:00-$1；day_starts_at 为 $1 "
              "或更晚时，两段属于同一天",
              FormatTimeOfDay(from_s),
              FormatTimeOfDay(to_s));
    }
    return Result::Bad(EndsBeforeItStarts(text), std::move(hint));
  }
  return Result::Ok({from_s, to_s});
}

std::string FormatHours(HoursRange hours) {
  return FormatTimeOfDay(hours.from_s) + "-" + FormatTimeOfDay(hours.to_s);
}

Parsed<int64_t> ParseDuration(std::string_view text, int64_t max) {
  using Result = Parsed<int64_t>;
  const NumberAndUnit parts = SplitNumber(text);
  const auto unit = std::find_if(kDurationUnits.begin(),
                                 kDurationUnits.end(),
                                 [&](const DurationUnit& u) { return u.name == parts.unit; });
  if (parts.number.empty() || unit == kDurationUnits.end()) {
    return Result::Bad(Say("$0 is not a length of time", "$0 不是时长", Quoted(text)),
                       Say("such as 90s, 30m, 4h or 7d", "例如 90s、30m、4h 或 7d"));
  }
  int64_t number = 0;
  if (!AppendDigits(parts.number, &number) || number > max / unit->seconds || number == 0) {
    return Result::Bad(
        Say("$0 is not between 1s and $1d", "$0 不在 1s 到 $1d 之间", Quoted(text), max / 86'400));
  }
  return Result::Ok(number * unit->seconds);
}

Parsed<uint16_t> ParseDays(std::string_view text, uint16_t max) {
  using Result = Parsed<uint16_t>;
  const NumberAndUnit parts = SplitNumber(text);
  if (!AllDigits(parts.number) ||
      (parts.unit != "d" && parts.unit != "day" && parts.unit != "days")) {
    return Result::Bad(Say("$0 is not a number of days", "$0 不是天数", Quoted(text)),
                       Say("such as 30d or 90 days", "例如 30d 或 90 days"));
  }
  int64_t number = 0;
  if (!AppendDigits(parts.number, &number) || number == 0 || number > max) {
    return Result::Bad(
        Say("$0 is not between 1d and $1d", "$0 不在 1d 到 $1d 之间", Quoted(text), max));
  }
  return Result::Ok(static_cast<uint16_t>(number));
}

Parsed<WindowSpan> ParseWindowSpan(std::string_view text) {
  using Result = Parsed<WindowSpan>;
  struct Unit {
    std::string_view one;
    std::string_view many;
    WindowKind window;
  };
  constexpr std::array kWindowUnits = {
      Unit{"day", "days", WindowKind::kDay},
      Unit{"week", "weeks", WindowKind::kWeek},
      Unit{"month", "months", WindowKind::kMonth},
      Unit{"year", "years", WindowKind::kYear},
  };
  const NumberAndUnit parts = SplitNumber(text);
  const auto unit = std::find_if(kWindowUnits.begin(), kWindowUnits.end(), [&](const Unit& u) {
    return u.one == parts.unit || u.many == parts.unit;
  });
  if (!AllDigits(parts.number) || unit == kWindowUnits.end()) {
    return Result::Bad(Say("$0 is no rolling window", "$0 不是滚动周期", Quoted(text)),
                       Say("such as 7 days, 4 weeks, 12 months or 2 years",
                           "例如 7 days、4 weeks、12 months 或 2 years"));
  }
  int64_t number = 0;
  if (AppendDigits(parts.number, &number) && number == 1) {
    return Result::Bad(Say("$0 is the calendar's own window", "$0 就是日历上的周期", Quoted(text)),
                       Say("write $0", "请写 $0", unit->one));
  }
  if (number < 2 || number > int64_t{kLimitSpanMax}) {
    const bool more_days = unit->window == WindowKind::kDay && number > 2;
    return Result::Bad(
        Say("$0 is not between 2 and $1 $2",
            "$0 不在 2 到 $1 $2 之间",
            Quoted(text),
            kLimitSpanMax,
            unit->many),
        more_days ? Say("weeks and months count longer", "更长的可用 weeks 或 months") : Words{});
  }
  return Result::Ok({unit->window, static_cast<uint8_t>(number)});
}

Parsed<MccRange> ParseMccRange(std::string_view text) {
  using Result = Parsed<MccRange>;
  const size_t dash = text.find('-');
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = dash == std::string_view::npos ? first : text.substr(dash + 1);
  const auto code = [](std::string_view digits) -> Mcc {
    int64_t value = 0;
    return digits.size() == 4 && AllDigits(digits) && AppendDigits(digits, &value)
               ? static_cast<Mcc>(value)
               : Mcc{0};
  };
  const MccRange range{code(first), code(last)};
  if (range.first == 0 || range.last == 0) {
    return Result::Bad(Say("$0 is not a merchant category", "$0 不是商户类别", Quoted(text)),
                       Say("four digits (ISO 18245) or a range, such as 4111 or 5000-5999",
                           "四位数字（ISO 18245）或范围，例如 4111 或 5000-5999"));
  }
  if (range.first > range.last) {
    return Result::Bad(EndsBeforeItStarts(text), Say("write $0-$1", "请写 $0-$1", last, first));
  }
  return Result::Ok(range);
}

std::string FormatMccRange(MccRange range) {
  return range.first == range.last ? fmt::format("{:04}", range.first)
                                   : fmt::format("{:04}-{:04}", range.first, range.last);
}

Words Suggest(std::string_view text,
              const std::vector<std::string_view>& candidates,
              Words otherwise) {
  constexpr size_t kTextBytesMax = 64;  // longer is no slip of the pen
  size_t best_distance = text.size() / 3 + 1;
  std::string_view best;
  for (const std::string_view candidate : candidates) {
    if (text.size() > kTextBytesMax) {
      break;
    }
    const size_t distance = EditDistance(text, candidate);
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best.empty() ? std::move(otherwise)
                      : Say("did you mean $0?", "是不是想写 $0？", Quoted(best));
}

Words Joined(const std::vector<std::string_view>& words) {
  Words joined;
  for (const std::string_view word : words) {
    joined.en += joined.en.empty() ? "" : ", ";
    joined.en += word;
    joined.zh += joined.zh.empty() ? "" : "、";
    joined.zh += word;
  }
  return joined;
}

Words OneOf(const std::vector<std::string_view>& words) {
  return words.size() == 1 ? Joined(words) : Say("one of $0", "$0 之一", Joined(words));
}

}  // namespace gonghui
