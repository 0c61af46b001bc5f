// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The text forms of what is a number inside: UUIDs, transaction ids, card
// numbers, dates.  Hand-written because every request passes through here:
// nothing allocates, everything is one pass.

#ifndef GONGHUI_ENGINE_SERVER_TEXT_CODEC_H_
#define GONGHUI_ENGINE_SERVER_TEXT_CODEC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/member.h"

namespace gonghui {

inline constexpr size_t kUuidTextBytes = 36;
inline constexpr size_t kTransactionIdTextBytes = 12;
inline constexpr size_t kApprovalCodeBytes = 6;
inline constexpr size_t kCardDigitsMin = 8;
inline constexpr size_t kCardDigitsMax = 19;

namespace text_internal {

inline constexpr uint8_t kBad = 0xff;

constexpr std::array<uint8_t, 256> MakeHexValues() {
  std::array<uint8_t, 256> values{};
  values.fill(kBad);
  for (uint8_t i = 0; i < 10; ++i) {
    values[static_cast<size_t>('0') + i] = i;
  }
  for (uint8_t i = 0; i < 6; ++i) {
    values[static_cast<size_t>('a') + i] = static_cast<uint8_t>(10 + i);
    values[static_cast<size_t>('A') + i] = static_cast<uint8_t>(10 + i);
  }
  return values;
}
inline constexpr std::array<uint8_t, 256> kHexValues = MakeHexValues();

// Crockford: no I, L, O, U; those that are misread are read as what was meant.
inline constexpr std::string_view kBase32Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr std::array<uint8_t, 256> MakeBase32Values() {
  std::array<uint8_t, 256> values{};
  values.fill(kBad);
  for (uint8_t i = 0; i < 32; ++i) {
    const char c = kBase32Digits[i];
    values[static_cast<uint8_t>(c)] = i;
    if (c >= 'A') {
      values[static_cast<uint8_t>(c - 'A' + 'a')] = i;
    }
  }
  values['o'] = values['O'] = 0;
  values['i'] = values['I'] = values['l'] = values['L'] = 1;
  return values;
}
inline constexpr std::array<uint8_t, 256> kBase32Values = MakeBase32Values();

}  // namespace text_internal

// 8-4-4-4-12 hexadecimal digits in either case.  Nothing for anything else, nor
// for the nil UUID, which inside means "none".
constexpr std::optional<RequestId> ParseUuid(std::string_view text) {
  if (text.size() != kUuidTextBytes || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
      text[23] != '-') {
    return std::nullopt;
  }
  uint8_t bad = 0;
  const auto digits = [&](size_t from, size_t count, uint64_t value) {
    for (size_t i = from; i < from + count; ++i) {
      const uint8_t digit = text_internal::kHexValues[static_cast<uint8_t>(text[i])];
      bad |= digit;
      value = value << 4 | (digit & 0xf);
    }
    return value;
  };
  RequestId id;
  id.high = digits(14, 4, digits(9, 4, digits(0, 8, 0)));
  id.low = digits(24, 12, digits(19, 4, 0));
  if ((bad & 0xf0) != 0 || id.IsNone()) {
    return std::nullopt;
  }
  return id;
}

// Writes exactly kUuidTextBytes, in lower case.
constexpr void WriteUuid(const RequestId& id, char* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  int shift = 60;
  uint64_t word = id.high;
  for (size_t i = 0; i < kUuidTextBytes; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      out[i] = '-';
      continue;
    }
    out[i] = kDigits[word >> shift & 0xf];
    shift -= 4;
    if (shift < 0) {
      shift = 60;
      word = id.low;
    }
  }
}

// 12 characters of Crockford's base 32; lower case and o, i, l are understood.
// Nothing for anything else, nor for zero, which inside means "none".
constexpr std::optional<TransactionId> ParseTransactionId(std::string_view text) {
  if (text.size() != kTransactionIdTextBytes) {
    return std::nullopt;
  }
  uint64_t value = 0;
  uint8_t bad = 0;
  for (const char c : text) {
    const uint8_t digit = text_internal::kBase32Values[static_cast<uint8_t>(c)];
    bad |= digit;
    value = value << 5 | (digit & 0x1f);
  }
  if ((bad & 0xe0) != 0 || value == 0) {
    return std::nullopt;
  }
  return TransactionId{value};
}

// Writes exactly kTransactionIdTextBytes.  REQUIRES: id < 2^60.
constexpr void WriteTransactionId(TransactionId id, char* out) {
  uint64_t value = id.value();
  for (size_t i = kTransactionIdTextBytes; i-- > 0;) {
    out[i] = text_internal::kBase32Digits[value & 0x1f];
    value >>= 5;
  }
}

// 8 to 19 digits, the first not 0.
constexpr std::optional<CardNumber> ParseCardNumber(std::string_view text) {
  if (text.size() < kCardDigitsMin || text.size() > kCardDigitsMax || text[0] == '0') {
    return std::nullopt;
  }
  uint64_t value = 0;  // 10^19 - 1 fits 64 bits
  for (const char c : text) {
    const auto digit = static_cast<uint8_t>(c - '0');
    if (digit > 9) {
      return std::nullopt;
    }
    value = value * 10 + digit;
  }
  return CardNumber{value};
}

// As it is printed on the card; empty for none.
std::string CardNumberText(CardNumber number);

// YYYY-MM-DD, a day that exists, 1970-01-02 to 2199-12-31.
std::optional<CivilDay> ParseDay(std::string_view text);
std::string DayText(CivilDay day);

// YYYY-MM-DD, a day that exists, 1900-01-01 to 2178-12-31, as a day of joining, and back:
// days before 2000 are one.
std::optional<JoinedDay> ParseJoinedDay(std::string_view text);
std::string JoinedDayText(JoinedDay day);  // empty = not known

// Well-formed UTF-8 without control characters (U+0000..001F, U+007F..009F).
bool IsPrintableUtf8(std::string_view text);

// A code's text as a string; for answers to operators.
template <class Code>
std::string TextOf(const Code& code) {
  const auto text = code.Text();
  return {text.data(), text.size};
}

template <class Code>
constexpr std::optional<Code> ParseCode(std::string_view text) {
  return Code::Parse(std::span<const char>(text.data(), text.size()));
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TEXT_CODEC_H_
