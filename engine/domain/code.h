// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes: the short names by which the outside world calls our rows (a terminal,
// a merchant, a member, a fund ...), packed into integers so that the core
// compares and hashes them without a string.
//
// Text form: 1 to kBytes characters of [A-Za-z0-9._:-], left-aligned, zero
// padded, most significant byte first; so the integer order is the text order
// and all-zero means "none".  The bytes are what the journal stores: do not
// change the packing.

#ifndef GONGHUI_ENGINE_DOMAIN_CODE_H_
#define GONGHUI_ENGINE_DOMAIN_CODE_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gonghui {

// True for the characters a code may hold.
constexpr bool IsCodeCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

// Text of a code in a buffer of its own; valid as long as the object lives.
template <size_t kCapacity>
struct CodeText {
  std::array<char, kCapacity> bytes{};
  size_t size = 0;

  [[nodiscard]] constexpr const char* data() const { return bytes.data(); }
};

template <class Tag, size_t kWords>
struct Code {
  static constexpr size_t kBytes = kWords * 8;

  std::array<uint64_t, kWords> words{};

  friend constexpr auto operator<=>(const Code&, const Code&) = default;
  // By words: the default calls memcmp(), at every key that a decision looks up.
  friend constexpr bool operator==(const Code& a, const Code& b) {
    uint64_t difference = 0;
    for (size_t i = 0; i < kWords; ++i) {
      difference |= a.words[i] ^ b.words[i];
    }
    return difference == 0;
  }

  [[nodiscard]] constexpr bool IsNone() const { return *this == Code{}; }

  // Nothing when `text` is empty, too long or holds another character.
  [[nodiscard]] static constexpr std::optional<Code> Parse(std::span<const char> text) {
    if (text.empty() || text.size() > kBytes) {
      return std::nullopt;
    }
    Code code;
    for (size_t i = 0; i < text.size(); ++i) {
      if (!IsCodeCharacter(text[i])) {
        return std::nullopt;
      }
      const uint64_t byte = static_cast<uint8_t>(text[i]);
      code.words[i / 8] |= byte << (56 - 8 * (i % 8));
    }
    return code;
  }

  [[nodiscard]] constexpr CodeText<kBytes> Text() const {
    CodeText<kBytes> text;
    for (size_t i = 0; i < kBytes; ++i) {
      const char c = static_cast<char>(words[i / 8] >> (56 - 8 * (i % 8)) & 0xff);
      if (c == '\0') {
        break;
      }
      text.bytes[text.size++] = c;
    }
    return text;
  }
};

// Display text (Chinese or other UTF-8) kept beside a row for operators and
// receipts; zero padded.  Never compared, never part of a decision.
template <size_t kCapacity>
struct FixedText {
  std::array<char, kCapacity> bytes{};

  friend constexpr bool operator==(const FixedText&, const FixedText&) = default;

  // Nothing when `text` does not fit; the caller has checked that it is UTF-8.
  [[nodiscard]] static constexpr std::optional<FixedText> From(std::span<const char> text) {
    if (text.size() > kCapacity) {
      return std::nullopt;
    }
    FixedText fixed;
    for (size_t i = 0; i < text.size(); ++i) {
      fixed.bytes[i] = text[i];
    }
    return fixed;
  }

  [[nodiscard]] constexpr size_t size() const {
    size_t n = 0;
    while (n < kCapacity && bytes[n] != '\0') {
      ++n;
    }
    return n;
  }
  [[nodiscard]] constexpr const char* data() const { return bytes.data(); }
};

using DisplayName = FixedText<96>;  // 32 Chinese characters

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_CODE_H_
