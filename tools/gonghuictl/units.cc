// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Integer arithmetic only: 12.34 yuan has no exact double.

#include "tools/gonghuictl/units.h"

#include <fmt/format.h>

#include <absl/strings/str_cat.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "engine/base/check.h"
#include "engine/base/strings.h"

namespace gonghui::ctl {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool AllDigits(std::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) {
      return false;
    }
  }
  return !text.empty();
}

absl::Time ToTime(Instant instant) {
  return absl::FromUnixSeconds(instant.seconds) + absl::Nanoseconds(instant.nanos);
}

// Set while the command line is read; there is one thread then.
absl::TimeZone& DisplayZone() {
  static absl::TimeZone zone = absl::LocalTimeZone();
  return zone;
}

bool ParseCivilDay(std::string_view text, absl::CivilDay* day) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !AllDigits(text.substr(0, 4)) ||
      !AllDigits(text.substr(5, 2)) || !AllDigits(text.substr(8, 2))) {
    return false;
  }
  const auto number = [&](size_t from, size_t size) {
    int value = 0;
    for (const char c : text.substr(from, size)) {
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day_of_month = number(8, 2);
  *day = absl::CivilDay(year, month, day_of_month);
  // CivilDay turns 02-30 into 03-02.
  return year >= 1970 && year < 2200 && day->month() == month && day->day() == day_of_month;
}

// As ParseInstant(); `forms` are those that the error shows.
absl::StatusOr<Instant> ParseInstantOr(std::string_view text,
                                       const std::string& zone,
                                       std::string_view forms) {
  constexpr size_t kMinutesEnd = std::string_view("2026-01-31 08:15").size();
  const absl::Status malformed = absl::InvalidArgumentError(
      absl::StrCat("\"", ToAbsl(text), "\" is not a time such as ", ToAbsl(forms)));
  // ParseTime() takes days that are not there, years of one digit and blanks around.
  if (text.size() < kMinutesEnd || !IsDay(text.substr(0, 10)) ||
      (text[10] != ' ' && text[10] != 'T') || !IsDigit(text[11]) || !IsDigit(text[15]) ||
      text.back() == ' ') {
    return malformed;
  }
  absl::TimeZone loaded;
  if (!absl::LoadTimeZone(zone, &loaded)) {
    return absl::InvalidArgumentError(absl::StrCat("unknown time zone \"", zone, "\""));
  }
  std::string with_t(text);
  with_t[10] = 'T';
  const std::string_view behind = text.substr(kMinutesEnd);
  if (behind.empty() || std::string_view("Z+- ").find(behind[0]) != std::string_view::npos) {
    with_t.insert(kMinutesEnd, ":00");
  } else if (behind.size() < 3 || !IsDigit(behind[2])) {
    return malformed;
  }
  const size_t blank = with_t.rfind(' ');
  if (blank != std::string::npos && blank + 1 < with_t.size() &&
      (with_t[blank + 1] == '+' || with_t[blank + 1] == '-')) {
    with_t.erase(blank, 1);
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S%Ez", with_t, &time, &error) &&
      !absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S", with_t, loaded, &time, &error)) {
    return malformed;
  }
  const int64_t seconds = absl::ToUnixSeconds(time);
  return Instant{
      seconds,
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)))};
}

}  // namespace

std::string FormatYuanBare(int64_t fen) {
  const uint64_t magnitude = fen < 0 ? 0 - static_cast<uint64_t>(fen) : static_cast<uint64_t>(fen);
  return fmt::format("{}{}.{:02}", fen < 0 ? "-" : "", magnitude / 100, magnitude % 100);
}

std::string FormatYuan(int64_t fen) {
  const uint64_t magnitude = fen < 0 ? 0 - static_cast<uint64_t>(fen) : static_cast<uint64_t>(fen);
  return fmt::format(
      "{}{}.{:02} yuan", fen < 0 ? "-" : "", FormatCount(magnitude / 100), magnitude % 100);
}

absl::StatusOr<int64_t> ParseYuan(std::string_view text) {
  const absl::Status malformed = absl::InvalidArgumentError(
      absl::StrCat("\"", ToAbsl(text), "\" is not an amount of yuan such as 12 or 12.34"));
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction;
  if (point != std::string_view::npos) {
    fraction = text.substr(point + 1);
    if (!AllDigits(fraction)) {
      return malformed;
    }
  }
  if (!whole.empty() && whole[0] == '-' && AllDigits(whole.substr(1))) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text), "\" is negative; an amount is 0 or more"));
  }
  if (!AllDigits(whole)) {
    return malformed;
  }
  if (fraction.size() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text), "\" is finer than a fen; give at most two decimals"));
  }
  int64_t fen = 0;
  const auto append = [&](char digit) {
    return !__builtin_mul_overflow(fen, 10, &fen) &&
           !__builtin_add_overflow(fen, digit - '0', &fen);
  };
  bool fits = true;
  for (const char c : whole) {
    fits = fits && append(c);
  }
  for (size_t i = 0; i < 2; ++i) {
    fits = fits && append(i < fraction.size() ? fraction[i] : '0');
  }
  if (!fits) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text), "\" is more than any amount can be"));
  }
  return fen;
}

absl::StatusOr<uint64_t> ParseUnsigned(std::string_view text, uint64_t max) {
  if (!AllDigits(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text), "\" is not a whole number of 0 or more"));
  }
  uint64_t value = 0;
  for (const char c : text) {
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(c - '0'), &value) || value > max) {
      return absl::InvalidArgumentError(absl::StrCat("\"", ToAbsl(text), "\" is more than ", max));
    }
  }
  return value;
}

std::string FormatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string FormatDuration(int64_t duration_ns) {
  const int64_t ms = duration_ns / 1'000'000;
  if (ms < 1'000) {
    return fmt::format("{} ms", ms);
  }
  if (ms < 60'000) {
    return fmt::format("{}.{} s", ms / 1'000, ms % 1'000 / 100);
  }
  const int64_t seconds = ms / 1'000;
  if (seconds < 3'600) {
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  }
  return fmt::format("{}:{:02}:{:02}", seconds / 3'600, seconds / 60 % 60, seconds % 60);
}

void SetDisplayZone(const std::string& zone) {
  GH_CHECK(absl::LoadTimeZone(zone, &DisplayZone()), zone);
}

std::string FormatLocalTime(Instant instant, const std::string& zone) {
  absl::TimeZone own;
  const bool has_own = !zone.empty() && absl::LoadTimeZone(zone, &own);
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", ToTime(instant), has_own ? own : DisplayZone());
}

std::string FormatRfc3339(Instant instant) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", ToTime(instant), absl::UTCTimeZone());
}

std::string FormatIso8601(Instant instant, const std::string& zone) {
  absl::TimeZone loaded;
  GH_CHECK(absl::LoadTimeZone(zone, &loaded), zone);
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*S%Ez", ToTime(instant), loaded);
}

bool IsKnownZone(const std::string& zone) {
  absl::TimeZone loaded;
  return absl::LoadTimeZone(zone, &loaded);
}

bool IsDay(std::string_view text) {
  absl::CivilDay day;
  return ParseCivilDay(text, &day);
}

absl::StatusOr<Instant> ParseDay(std::string_view text, const std::string& zone) {
  absl::CivilDay day;
  if (!ParseCivilDay(text, &day)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text), "\" is not a day such as 2026-01-31"));
  }
  absl::TimeZone loaded;
  if (!absl::LoadTimeZone(zone, &loaded)) {
    return absl::InvalidArgumentError(absl::StrCat("unknown time zone \"", zone, "\""));
  }
  return Instant{absl::ToUnixSeconds(absl::FromCivil(day, loaded)), 0};
}

absl::StatusOr<Instant> ParseInstant(std::string_view text, const std::string& zone) {
  return ParseInstantOr(text, zone, "2026-01-31 08:15:00 or 2026-01-31T00:15:00Z");
}

absl::StatusOr<Instant> ParseDayOrInstant(std::string_view text, const std::string& zone) {
  return IsDay(text) ? ParseDay(text, zone)
                     : ParseInstantOr(text,
                                      zone,
                                      "2026-01-31 08:15:00, 2026-01-31 08:15 or 2026-01-31, which "
                                      "is its 00:00, or, with an offset, 2026-01-31T00:15:00Z");
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  bool nil = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') {
        return false;
      }
      continue;
    }
    if (!IsDigit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) {
      return false;
    }
    nil = nil && c == '0';
  }
  return !nil;
}

bool IsHex(std::string_view text, size_t count) {
  return text.size() == count &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool IsCode(std::string_view text, size_t bytes_max) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !IsDigit(c) && c != '.' && c != '_' && c != ':' && c != '-') {
      return false;
    }
  }
  return !text.empty() && text.size() <= bytes_max;
}

}  // namespace gonghui::ctl
