// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <charconv>
#include <cstdio>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Reads `digits` digits at the front of *text and then `after`, if it is not 0.
std::optional<int32_t> TakeNumber(std::string_view* text, size_t digits, char after) {
  int32_t value = 0;
  if (text->size() < digits + (after != 0 ? 1 : 0)) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + digits, value);
  if (error != std::errc() || end != text->data() + digits) {
    return std::nullopt;
  }
  text->remove_prefix(digits);
  if (after != 0) {
    if (text->front() != after) {
      return std::nullopt;
    }
    text->remove_prefix(1);
  }
  return value;
}

}  // namespace

std::string TextOf(TimestampNs at, int64_t offset_s) {
  if (at == kTimestampMax) {
    return "never";
  }
  if (at == TimestampNs{}) {
    return "none";
  }
  Calendar utc;
  const int64_t local_s = LocalSecondsOf(utc, at) + offset_s;
  const int64_t ns = at.value() - LocalSecondsOf(utc, at) * kNsPerSecond;
  const CivilDate date = DateOf(FloorDay(local_s));
  const int64_t second = local_s - int64_t{FloorDay(local_s)} * kSecondsPerDay;
  char text[64];
  std::snprintf(text,
                sizeof(text),
                "%04d-%02d-%02dT%02d:%02d:%02d",
                date.year,
                date.month,
                date.day,
                static_cast<int>(second / 3600),
                static_cast<int>(second / 60 % 60),
                static_cast<int>(second % 60));
  std::string result = text;
  if (ns != 0) {
    std::snprintf(text, sizeof(text), ".%09d", static_cast<int>(ns));
    result += text;
  }
  const int64_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
  std::snprintf(text,
                sizeof(text),
                "%c%02d:%02d",
                offset_s < 0 ? '-' : '+',
                static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60));
  return result + text;
}

std::optional<TimestampNs> ParseTimestamp(std::string_view text) {
  if (text == "never") {
    return kTimestampMax;
  }
  if (text == "none") {
    return TimestampNs{};
  }
  const auto year = TakeNumber(&text, 4, '-');
  const auto month = TakeNumber(&text, 2, '-');
  const auto day = TakeNumber(&text, 2, 0);
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) {
    return std::nullopt;
  }
  int64_t seconds = int64_t{DayOf({*year, *month, *day})} * kSecondsPerDay;
  int64_t ns = 0;
  int64_t offset_s = 8 * 3600;
  if (!text.empty()) {
    if (text.front() != 'T') {
      return std::nullopt;
    }
    text.remove_prefix(1);
    const auto hour = TakeNumber(&text, 2, ':');
    const auto minute = TakeNumber(&text, 2, ':');
    const auto second = TakeNumber(&text, 2, 0);
    if (!hour || !minute || !second) {
      return std::nullopt;
    }
    seconds += *hour * 3600 + *minute * 60 + *second;
    if (!text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      int64_t unit = kNsPerSecond / 10;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        ns += (text.front() - '0') * unit;
        unit /= 10;
        text.remove_prefix(1);
      }
    }
    if (text == "Z") {
      offset_s = 0;
    } else {
      if (text.empty() || (text.front() != '+' && text.front() != '-')) {
        return std::nullopt;
      }
      const int sign = text.front() == '-' ? -1 : 1;
      text.remove_prefix(1);
      const auto offset_hour = TakeNumber(&text, 2, ':');
      const auto offset_minute = TakeNumber(&text, 2, 0);
      if (!offset_hour || !offset_minute || !text.empty()) {
        return std::nullopt;
      }
      offset_s = sign * (*offset_hour * 3600 + *offset_minute * 60);
    }
  }
  return TimestampNs{(seconds - offset_s) * kNsPerSecond + ns};
}

}  // namespace gonghui
