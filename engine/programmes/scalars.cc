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
constexpr std::string_view kAmountExamples = "such as 1 fen, 3.50 yuan or 15000 pieces";

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
    return Result::Bad(fmt::format("{} is not an amount", Quoted(text)),
                       std::string(kAmountExamples));
  }
  if (unit_name.empty()) {
    return Result::Bad(fmt::format("{} has no unit", Quoted(text)), std::string(kAmountExamples));
  }
  const auto unit = std::find_if(
      kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit_name; });
  if (unit == kUnits.end()) {
    // "1,000 yuan" or "1e6 yuan": the trouble is the number.
    if (unit_name.find_first_of(",_0123456789") != std::string_view::npos) {
      return Result::Bad(fmt::format("{} is not an amount", Quoted(text)),
                         std::string(kAmountExamples));
    }
    return Result::Bad(fmt::format("unknown unit {}", Quoted(unit_name)), "yuan, fen or pieces");
  }
  const Decimal decimal = ParseDecimal(number, unit->decimals);
  switch (decimal.problem) {
    case Decimal::Problem::kNone:
      break;
    case Decimal::Problem::kNotANumber:
      return Result::Bad(fmt::format("{} is not an amount", Quoted(text)),
                         std::string(kAmountExamples));
    case Decimal::Problem::kNegative:
      return Result::Bad(fmt::format("{} is negative", Quoted(text)));
    case Decimal::Problem::kTooFine:
      return Result::Bad(fmt::format(
          "{} is finer than one {}", Quoted(text), unit->asset == Asset::kMoney ? "fen" : "piece"));
    case Decimal::Problem::kTooLarge:
      break;
  }
  if (decimal.problem == Decimal::Problem::kTooLarge || decimal.scaled > max.value()) {
    return Result::Bad(fmt::format("{} is too large", Quoted(text)),
                       fmt::format("at most {}", FormatAmount({unit->asset, max})));
  }
  return Result::Ok({unit->asset, Fen{decimal.scaled}});
}

std::string FormatAmount(Amount amount) {
  const int64_t value = amount.value.value();
  return amount.asset == Asset::kMoney ? fmt::format("{}.{:02} yuan", value / 100, value % 100)
                                       : fmt::format("{} pieces", value);
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
  switch (decimal.problem) {
    case Decimal::Problem::kNone:
      break;
    case Decimal::Problem::kNotANumber:
      return Result::Bad(fmt::format("{} is not a percentage", Quoted(text)),
                         "such as 60% or 12.5%");
    case Decimal::Problem::kTooFine:
      return Result::Bad(fmt::format("{} has more than two decimals", Quoted(text)));
    case Decimal::Problem::kNegative:
    case Decimal::Problem::kTooLarge:
      return Result::Bad(fmt::format("{} is not between 0% and 100%", Quoted(text)));
  }
  if (decimal.scaled > kBpsPerOne) {
    return Result::Bad(fmt::format("{} is not between 0% and 100%", Quoted(text)));
  }
  // Whoever thinks in fractions writes 0.6 for 60%.
  if (!signed_percent && decimal.scaled > 0 && decimal.scaled < kBpsPerOne / 100) {
    return Result::Bad(fmt::format("{} is less than 1%, without a sign", Quoted(text)),
                       fmt::format("write {}% if that is what is meant", text));
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
    return Result::Bad(fmt::format("{} is not a whole number", Quoted(text)));
  }
  int64_t value = 0;
  if (!AppendDigits(digits, &value) || negative || value < min || value > max) {
    return Result::Bad(fmt::format("{} is not between {} and {}", Quoted(text), min, max));
  }
  return Result::Ok(value);
}

Parsed<CivilDay> ParseDate(std::string_view text) {
  using Result = Parsed<CivilDay>;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !AllDigits(text.substr(0, 4)) ||
      !AllDigits(text.substr(5, 2)) || !AllDigits(text.substr(8))) {
    return Result::Bad(fmt::format("{} is not a date", Quoted(text)),
                       "write YYYY-MM-DD, such as 2026-01-31");
  }
  const auto number = [&](size_t from, size_t size) {
    int64_t value = 0;
    AppendDigits(text.substr(from, size), &value);  // at most four digits fit
    return static_cast<int32_t>(value);
  };
  const CivilDate date{number(0, 4), number(5, 2), number(8, 2)};
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31 ||
      DateOf(DayOf(date)) != date) {
    return Result::Bad(fmt::format("there is no {}", text));
  }
  const CivilDay day = DayOf(date);
  if (day < DayOf(kFirstDate) || day > DayOf(kLastDate)) {
    return Result::Bad(
        fmt::format("{} is out of range", text),
        fmt::format("{} to {}", FormatDate(DayOf(kFirstDate)), FormatDate(DayOf(kLastDate))));
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
      bad.message = fmt::format("{}: {}", Quoted(text), bad.message);
    }
    if (text.size() > 10) {
      bad.hint = "a date, or two as in 2026-10-01..2026-10-07";
    }
    return Result::Bad(std::move(bad.message), std::move(bad.hint));
  }
  if (*last.value < *first.value) {
    return Result::Bad(fmt::format("{} ends before it starts", Quoted(text)),
                       fmt::format("write {}..{}", last_text, first_text));
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
    return Parsed<int32_t>::Bad(fmt::format("{} is not a time of day", Quoted(text)),
                                "write HH:MM, such as 04:00");
  }
  return Parsed<int32_t>::Ok(second_of_day);
}

Parsed<HoursRange> ParseHours(std::string_view text) {
  using Result = Parsed<HoursRange>;
  const size_t dash = text.find('-');
  const int32_t from_s = SecondOfDay(text.substr(0, dash));
  const int32_t to_s = dash == std::string_view::npos ? -1 : SecondOfDay(text.substr(dash + 1));
  if (from_s < 0 || to_s < 0) {
    return Result::Bad(fmt::format("{} is not a range of hours", Quoted(text)),
                       "write HH:MM-HH:MM, such as 06:00-23:00");
  }
  if (from_s == to_s) {
    return Result::Bad(fmt::format("{} is no time at all", Quoted(text)));
  }
  if (from_s > to_s) {
    std::string hint;
    if (to_s > 0 && from_s < kSecondsPerDay) {
      hint = fmt::format(
          "past midnight is two ranges, {0}-24:00 and 00:00-{1}; both are of one day when "
          "day_starts_at is {1} or later",
          FormatTimeOfDay(from_s),
          FormatTimeOfDay(to_s));
    }
    return Result::Bad(fmt::format("{} ends before it starts", Quoted(text)), std::move(hint));
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
    return Result::Bad(fmt::format("{} is not a length of time", Quoted(text)),
                       "such as 90s, 30m, 4h or 7d");
  }
  int64_t number = 0;
  if (!AppendDigits(parts.number, &number) || number > max / unit->seconds || number == 0) {
    return Result::Bad(fmt::format("{} is not between 1s and {}d", Quoted(text), max / 86'400));
  }
  return Result::Ok(number * unit->seconds);
}

Parsed<uint16_t> ParseDays(std::string_view text, uint16_t max) {
  using Result = Parsed<uint16_t>;
  const NumberAndUnit parts = SplitNumber(text);
  if (!AllDigits(parts.number) ||
      (parts.unit != "d" && parts.unit != "day" && parts.unit != "days")) {
    return Result::Bad(fmt::format("{} is not a number of days", Quoted(text)),
                       "such as 30d or 90 days");
  }
  int64_t number = 0;
  if (!AppendDigits(parts.number, &number) || number == 0 || number > max) {
    return Result::Bad(fmt::format("{} is not between 1d and {}d", Quoted(text), max));
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
    return Result::Bad(fmt::format("{} is no rolling window", Quoted(text)),
                       "such as 7 days, 4 weeks, 12 months or 2 years");
  }
  int64_t number = 0;
  if (AppendDigits(parts.number, &number) && number == 1) {
    return Result::Bad(fmt::format("{} is the calendar's own window", Quoted(text)),
                       fmt::format("write {}", unit->one));
  }
  if (number < 2 || number > int64_t{kLimitSpanMax}) {
    return Result::Bad(
        fmt::format("{} is not between 2 and {} {}", Quoted(text), kLimitSpanMax, unit->many),
        unit->window == WindowKind::kDay && number > 2 ? "weeks and months count longer" : "");
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
    return Result::Bad(fmt::format("{} is not a merchant category", Quoted(text)),
                       "four digits (ISO 18245) or a range, such as 4111 or 5000-5999");
  }
  if (range.first > range.last) {
    return Result::Bad(fmt::format("{} ends before it starts", Quoted(text)),
                       fmt::format("write {}-{}", last, first));
  }
  return Result::Ok(range);
}

std::string FormatMccRange(MccRange range) {
  return range.first == range.last ? fmt::format("{:04}", range.first)
                                   : fmt::format("{:04}-{:04}", range.first, range.last);
}

std::string Suggest(std::string_view text,
                    const std::vector<std::string_view>& candidates,
                    std::string otherwise) {
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
  return best.empty() ? std::move(otherwise) : fmt::format("did you mean {}?", Quoted(best));
}

std::string Joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    text += text.empty() ? "" : ", ";
    text += word;
  }
  return text;
}

}  // namespace gonghui
