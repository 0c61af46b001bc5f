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
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace gonghui {

// Eight characters in a word, the first most significant, so that arithmetic on the word does all
// of them at once: every request passes through here many times.
namespace swar {

constexpr uint64_t Each(uint8_t byte) {
  return 0x0101010101010101U * byte;
}

inline constexpr uint64_t kTopBits = Each(0x80);

// Whatever the machine's byte order; compilers make one load and one byte swap of it.
constexpr uint32_t Load4(const char* text) {
  const auto byte = [text](size_t i) { return uint32_t{static_cast<uint8_t>(text[i])}; };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

constexpr uint64_t Load8(const char* text) {
  return uint64_t{Load4(text)} << 32 | Load4(text + 4);
}

// Two words as one store: a copy made at once reads both together, and would wait for two stores.
inline void StorePair(uint64_t first, uint64_t second, void* out) {
  using Pair [[gnu::vector_size(16)]] = uint64_t;
  const Pair pair = {first, second};
  std::memcpy(out, &pair, sizeof(pair));
}

// The top bit of each byte that is in [low, high], if no byte has its own top bit set: then no
// sum reaches the next byte.  The other bits mean nothing.  REQUIRES: 0 < low <= high < 0x80.
constexpr uint64_t InRange(uint64_t word, uint8_t low, uint8_t high) {
  return (word + Each(static_cast<uint8_t>(0x80 - low))) &
         ~(word + Each(static_cast<uint8_t>(0x7f - high)));
}

// True when `in_range`, made of the above, has every byte and no byte has its own top bit set.
constexpr bool AreAll(uint64_t in_range, uint64_t word) {
  return (in_range & ~word & kTopBits) == kTopBits;
}

}  // namespace swar

// True for the characters a code may hold.
constexpr bool IsCodeCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

// The same of eight at once.
constexpr bool AreCodeCharacters(uint64_t word) {
  using swar::InRange;
  static_assert('9' + 1 == ':' && '-' + 1 == '.');
  // With 0x20 capital letters are small ones, and nothing else becomes a letter.
  return swar::AreAll(InRange(word | swar::Each(0x20), 'a', 'z') | InRange(word, '0', ':') |
                          InRange(word, '-', '.') | InRange(word, '_', '_'),
                      word);
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
    bool good = true;
    const auto word_at = [&](size_t at) -> uint64_t {
      if (at >= text.size()) {
        return 0;
      }
      const uint64_t word = WordAt(text, at);
      // The padding is good, but a zero byte of the text is not.
      const size_t left = text.size() - at;
      good &= AreCodeCharacters(left < 8 ? word | swar::Each('0') >> 8 * left : word);
      return word;
    };
    const auto pack = [&word_at]<size_t... kWord>(std::index_sequence<kWord...>) {
      return Code{{word_at(8 * kWord)...}};
    };
    Code code = pack(std::make_index_sequence<kWords>());
    if (!good) {
      return std::nullopt;
    }
    if (!std::is_constant_evaluated()) {
      static_assert(kWords % 2 == 0);
      for (size_t i = 0; i < kWords; i += 2) {
        swar::StorePair(code.words[i], code.words[i + 1], &code.words[i]);
      }
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

 private:
  // Up to eight characters from `at` on, zero padded.  REQUIRES: at < text.size().
  [[nodiscard]] static constexpr uint64_t WordAt(std::span<const char> text, size_t at) {
    const size_t left = text.size() - at;
    if (left >= 8) {
      return swar::Load8(text.data() + at);
    }
    if (at > 0) {  // the last eight, without those that the word before has
      return swar::Load8(text.data() + text.size() - 8) << 8 * (8 - left);
    }
    uint64_t word = 0;
    for (const char c : text) {
      word = word << 8 | static_cast<uint8_t>(c);
    }
    return word << 8 * (8 - left);
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
