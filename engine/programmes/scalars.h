// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The values of a programme file that are written as one piece of text: amounts,
// percentages, dates, hours, durations.  Decimal text is read exactly; there is
// no floating point on the way.

#ifndef GONGHUI_ENGINE_PROGRAMMES_SCALARS_H_
#define GONGHUI_ENGINE_PROGRAMMES_SCALARS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/domain/calendar.h"
#include "engine/domain/fund.h"
#include "engine/domain/limits.h"
#include "engine/domain/money.h"
#include "engine/domain/programme.h"
#include "engine/programmes/words.h"

namespace gonghui {

// A value, or what is wrong with its text.
template <typename T>
struct Parsed {
  std::optional<T> value;
  Words message;
  Words hint;

  static Parsed Ok(T value) {
    Parsed parsed;
    parsed.value = std::move(value);
    return parsed;
  }
  static Parsed Bad(Words message, Words hint = {}) {
    Parsed parsed;
    parsed.message = std::move(message);
    parsed.hint = std::move(hint);
    return parsed;
  }
};

// The unit says what is counted.
struct Amount {
  Asset asset = Asset::kMoney;
  Fen value;

  friend bool operator==(const Amount&, const Amount&) = default;
};

// "1 fen", "3.50 yuan", "15000 pieces"; also 分, 元, 件.  Not negative, at most `max`.
[[nodiscard]] Parsed<Amount> ParseAmount(std::string_view text, Fen max);

// "50.00 yuan", "15000 pieces"; in Chinese "50.00元", "15000件".  A file may have either.
[[nodiscard]] Words SayAmount(Amount amount);

// "60", "60%", "12.5%": 0 to 100, at most two decimals; below 1 only with the sign.
[[nodiscard]] Parsed<Bps> ParsePercent(std::string_view text);
[[nodiscard]] std::string FormatPercent(int64_t bps);

// Digits only.
[[nodiscard]] Parsed<int64_t> ParseWhole(std::string_view text, int64_t min, int64_t max);

// "2026-01-31", from kFirstDate to kLastDate: there every zone's midnight is an
// instant that the engine accepts.
inline constexpr CivilDate kFirstDate{2001, 1, 1};
inline constexpr CivilDate kLastDate{2199, 12, 31};
[[nodiscard]] Parsed<CivilDay> ParseDate(std::string_view text);
[[nodiscard]] std::string FormatDate(CivilDay day);

// "2026-10-01", or with both ends "2026-10-01..2026-10-07".  The kind is left as it is.
[[nodiscard]] Parsed<DayRange> ParseDayRange(std::string_view text);
[[nodiscard]] std::string FormatDayRange(const DayRange& range);

// "90d" or "90 days", 1 to `max`.
[[nodiscard]] Parsed<uint16_t> ParseDays(std::string_view text, uint16_t max);

// "7 days", "4 weeks", "12 months", "2 years": so many windows, 2 to kLimitSpanMax.
struct WindowSpan {
  WindowKind window = WindowKind::kDay;
  uint8_t span = 1;

  friend bool operator==(const WindowSpan&, const WindowSpan&) = default;
};
[[nodiscard]] Parsed<WindowSpan> ParseWindowSpan(std::string_view text);

// "04:00" to seconds since midnight, 00:00 to 23:59.
[[nodiscard]] Parsed<int32_t> ParseTimeOfDay(std::string_view text);

// "06:00-23:00", half-open; "24:00" ends a day.
[[nodiscard]] Parsed<HoursRange> ParseHours(std::string_view text);
[[nodiscard]] std::string FormatHours(HoursRange hours);

// "90s", "30m", "4h", "7d" (or in words: "4 hours") to seconds, 1 to `max`.
[[nodiscard]] Parsed<int64_t> ParseDuration(std::string_view text, int64_t max);

// "4111" or "5000-5999".
[[nodiscard]] Parsed<MccRange> ParseMccRange(std::string_view text);
[[nodiscard]] std::string FormatMccRange(MccRange range);

// "did you mean 'x'?" when a candidate is near enough, otherwise `otherwise`.
[[nodiscard]] Words Suggest(std::string_view text,
                            const std::vector<std::string_view>& candidates,
                            Words otherwise);

// "a, b, c".
[[nodiscard]] Words Joined(const std::vector<std::string_view>& words);

// "one of a, b, c"; of one word, the word.
[[nodiscard]] Words OneOf(const std::vector<std::string_view>& words);

// "at most 5".
template <typename Part>
[[nodiscard]] Words AtMost(const Part& max) {
  return Say("at most $0", "最多$0", max);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_SCALARS_H_
