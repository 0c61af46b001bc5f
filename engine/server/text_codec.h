// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The text forms of what is a number inside: UUIDs, transaction ids, card
// numbers, dates.  Hand-written because every request passes through here:
// nothing allocates, everything is one pass.

#ifndef GONGHUI_ENGINE_SERVER_TEXT_CODEC_H_
#define GONGHUI_ENGINE_SERVER_TEXT_CODEC_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/domain/calendar.h"
#include "engine/domain/code.h"
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

// What follows takes eight digits in a word, as domain/code.h does.

// Hexadecimal digits of either case become '0' to '9' and the six characters after them, so that
// the low half of each is its value.  `bad` gets a bit in 0xf0 of each byte that was no digit.
constexpr uint64_t HexDigits(uint64_t word, uint64_t* bad) {
  const uint64_t case_bit = word >> 1 & swar::Each(0x20);  // set in what may be a letter: 0x40 is
  const uint64_t may_be_letter = case_bit >> 5;
  // The seven characters between '9' and 'A' are left out; no byte borrows, with 0x40 or none.
  const uint64_t digits = (word & ~case_bit) - 7 * may_be_letter;
  // 0x30 to 0x3f, and over 0x39 (which 6 makes 0x40) exactly if it was not ':' to '?' or '@'.
  *bad |= (digits ^ swar::Each('0')) | (((digits + swar::Each(6)) ^ word) & swar::Each(0x40));
  return digits & swar::Each(0x0f);
}

constexpr uint32_t HexValue(uint64_t digits) {
  digits = (digits | digits >> 4) & 0x00ff00ff00ff00ff;
  digits = (digits | digits >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(digits | digits >> 16);
}

// And back, in lower case.  REQUIRES: value < 2^32.
constexpr uint64_t HexText(uint64_t value) {
  uint64_t digits = (value | value << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
  const uint64_t is_letter = (digits + swar::Each(6)) >> 4 & swar::Each(1);
  return digits + swar::Each('0') + is_letter * ('a' - '0' - 10);
}

// Neighbours are joined to pairs, fours, eight.  REQUIRES: decimal digits.
constexpr uint64_t DecimalValue(uint64_t word) {
  word &= swar::Each(0x0f);
  word = (word >> 8 & 0x00ff00ff00ff00ff) * 10 + (word & 0x00ff00ff00ff00ff);
  word = (word >> 16 & 0x0000ffff0000ffff) * 100 + (word & 0x0000ffff0000ffff);
  return (word >> 32) * 10'000 + (word & 0xffffffff);
}

}  // namespace text_internal

// 8-4-4-4-12 hexadecimal digits in either case.  Nothing for anything else, nor
// for the nil UUID, which inside means "none".
constexpr std::optional<RequestId> ParseUuid(std::string_view text) {
  if (text.size() != kUuidTextBytes || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
      text[23] != '-') {
    return std::nullopt;
  }
  uint64_t bad = 0;
  const auto value = [&bad](uint64_t word) -> uint64_t {
    return text_internal::HexValue(text_internal::HexDigits(word, &bad));
  };
  const auto fours = [&text](size_t at, size_t other) {
    return uint64_t{swar::Load4(text.data() + at)} << 32 | swar::Load4(text.data() + other);
  };
  RequestId id{value(fours(0, 4)) << 32 | value(fours(9, 14)),
               value(fours(19, 24)) << 32 | value(fours(28, 32))};
  if ((bad & swar::Each(0xf0)) != 0 || id.IsNone()) {
    return std::nullopt;
  }
  if (!std::is_constant_evaluated()) {
    static_assert(sizeof(id) == 16 && offsetof(RequestId, high) == 0 &&
                  std::is_trivially_copyable_v<RequestId>);
    swar::StorePair(id.high, id.low, &id);
  }
  return id;
}

// Writes exactly kUuidTextBytes, in lower case.
inline void WriteUuid(const RequestId& id, char* out) {
  // The first characters of a word.  No bytes one by one: compilers do not join those of a half.
  const auto put = [out](size_t at, uint64_t word, size_t count) {
    if constexpr (std::endian::native == std::endian::little) {
      word = __builtin_bswap64(word);
    }
    std::memcpy(out + at, &word, count);
  };
  const uint64_t second = text_internal::HexText(id.high & 0xffffffff);
  const uint64_t third = text_internal::HexText(id.low >> 32);
  put(0, text_internal::HexText(id.high >> 32), 8);
  out[8] = '-';
  put(9, second, 4);
  out[13] = '-';
  put(14, second << 32, 4);
  out[18] = '-';
  put(19, third, 4);
  out[23] = '-';
  put(24, third << 32, 4);
  put(28, text_internal::HexText(id.low & 0xffffffff), 8);
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
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    const uint64_t word = swar::Load8(text.data() + i);
    if (!swar::AreAll(swar::InRange(word, '0', '9'), word)) {
      return std::nullopt;
    }
    value = value * 100'000'000 + text_internal::DecimalValue(word);
  }
  for (; i < text.size(); ++i) {
    const auto digit = static_cast<uint8_t>(text[i] - '0');
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
