// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/text_codec.h"

#include <algorithm>

namespace gonghui {
namespace {

// The last year of which every day is a JoinedDay.
constexpr int32_t kJoinedYearMax = 2178;
static_assert(DayOf({kJoinedYearMax, 12, 31}) - kJoinedDayZero <= UINT16_MAX);

// Nothing when it is no day of these years.
std::optional<CivilDay> ParseDayOf(int32_t first_year, int32_t last_year, std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  CivilDate date{};
  const auto number = [&](size_t from, size_t count, int32_t* value) {
    for (size_t i = from; i < from + count; ++i) {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
      *value = *value * 10 + (text[i] - '0');
    }
    return true;
  };
  if (!number(0, 4, &date.year) || !number(5, 2, &date.month) || !number(8, 2, &date.day)) {
    return std::nullopt;
  }
  if (date.year < first_year || date.year > last_year || date.month < 1 || date.month > 12) {
    return std::nullopt;
  }
  const CivilDay day = DayOf(date);
  // A day that does not exist comes back as another one.
  return DateOf(day) == date ? std::optional(day) : std::nullopt;
}

}  // namespace

std::string CardNumberText(CardNumber number) {
  return number.value() == 0 ? std::string() : std::to_string(number.value());
}

std::optional<CivilDay> ParseDay(std::string_view text) {
  const std::optional<CivilDay> day = ParseDayOf(1970, 2199, text);
  return day == CivilDay{0} ? std::nullopt : day;  // 0 means "never"
}

std::optional<JoinedDay> ParseJoinedDay(std::string_view text) {
  const std::optional<CivilDay> day = ParseDayOf(1900, kJoinedYearMax, text);
  if (!day.has_value()) {
    return std::nullopt;
  }
  return static_cast<JoinedDay>(std::max(*day - kJoinedDayZero, 1));
}

std::string JoinedDayText(JoinedDay day) {
  return day == 0 ? std::string() : DayText(kJoinedDayZero + day);
}

std::string DayText(CivilDay day) {
  const CivilDate date = DateOf(day);
  std::string text = "0000-00-00";
  const auto put = [&text](size_t last, int32_t value) {
    for (size_t i = last; value > 0; --i, value /= 10) {
      text[i] = static_cast<char>('0' + value % 10);
    }
  };
  put(3, date.year);
  put(6, date.month);
  put(9, date.day);
  return text;
}

bool IsPrintableUtf8(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = byte(i);
    size_t count = 0;
    uint32_t point = 0;
    uint32_t least = 0;
    if (lead < 0x80) {
      count = 1;
      point = lead;
    } else if (lead >> 5 == 0x6) {
      count = 2;
      point = lead & 0x1f;
      least = 0x80;
    } else if (lead >> 4 == 0xe) {
      count = 3;
      point = lead & 0x0f;
      least = 0x800;
    } else if (lead >> 3 == 0x1e) {
      count = 4;
      point = lead & 0x07;
      least = 0x10000;
    } else {
      return false;
    }
    if (i + count > text.size()) {
      return false;
    }
    for (size_t j = 1; j < count; ++j) {
      if (byte(i + j) >> 6 != 0x2) {
        return false;
      }
      point = point << 6 | (byte(i + j) & 0x3f);
    }
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    if (point < least || point > 0x10ffff || surrogate || control) {
      return false;
    }
    i += count;
  }
  return true;
}

}  // namespace gonghui
