// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/page_codec.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace gonghui {
namespace {

// Bytes are moved as words of the machine.
static_assert(std::endian::native == std::endian::little);

// Words are packed in groups of four, whose lengths are two bits each of one byte, the first
// lowest: 0, 1, 2 and 4 bytes.
constexpr size_t kGroupWords = 4;
constexpr size_t kGroupBytes = 16;
constexpr std::array<uint8_t, 4> kLengths = {0, 1, 2, 4};
constexpr std::array<uint32_t, 4> kMasks = {0, 0xff, 0xffff, 0xffff'ffff};

constexpr std::array<uint8_t, 256> MakeGroupLengths() {
  std::array<uint8_t, 256> lengths{};
  for (size_t control = 0; control < lengths.size(); ++control) {
    for (size_t word = 0; word < kGroupWords; ++word) {
      lengths[control] =
          static_cast<uint8_t>(lengths[control] + kLengths[control >> (2 * word) & 3]);
    }
  }
  return lengths;
}
// Of a group's words together, by its lengths' byte.
constexpr std::array<uint8_t, 256> kGroupLengths = MakeGroupLengths();

constexpr size_t GroupsOf(size_t bytes) {
  return (bytes + kGroupBytes - 1) / kGroupBytes;
}

template <class Word>
Word Load(const uint8_t* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

struct Group {
  uint64_t low = 0;  // the first two words
  uint64_t high = 0;
};

// What differs of 16 bytes.
Group Difference(const uint8_t* a, const uint8_t* b) {
  return {Load<uint64_t>(a) ^ Load<uint64_t>(b), Load<uint64_t>(a + 8) ^ Load<uint64_t>(b + 8)};
}

// The group at `to` from the row before and what differs.
// REQUIRES: there are as many bytes at `in` as the codes say.
template <bool kIsWide>
const uint8_t* UnpackGroup(
    uint32_t codes, const uint8_t* in, const uint8_t* end, size_t row_bytes, uint8_t* to) {
  if constexpr (kIsWide) {
    std::memcpy(to, to - row_bytes, kGroupBytes);
    if (codes == 0) {
      return in;
    }
  }
  for (size_t i = 0; i < kGroupWords; ++i) {
    const uint32_t code = codes >> (2 * i) & 3;
    uint32_t difference = 0;
    if (end - in >= static_cast<ptrdiff_t>(sizeof(difference))) [[likely]] {
      difference = Load<uint32_t>(in) & kMasks[code];
    } else {
      std::memcpy(&difference, in, kLengths[code]);
    }
    in += kLengths[code];
    // A narrow row's predecessor may be of the same group.
    const uint32_t word = Load<uint32_t>(to + 4 * i - row_bytes) ^ difference;
    std::memcpy(to + 4 * i, &word, sizeof(word));
  }
  return in;
}

uint32_t LengthCodeOf(uint32_t word) {
  return uint32_t{word != 0} + uint32_t{word > 0xff} + uint32_t{word > 0xffff};
}

}  // namespace

std::span<const uint8_t> PagePacker::Pack(std::span<const uint8_t> rows, size_t row_bytes) {
  GH_CHECK(rows.size() <= kPageBytesMax && rows.size() % 4 == 0, "bytes=", rows.size());
  GH_CHECK(
      row_bytes > 0 && row_bytes <= kPageBytesMax && row_bytes % 4 == 0, "row_bytes=", row_bytes);
  const size_t groups = GroupsOf(rows.size());
  // The row before the first is zero, and what fills up the last group differs from nothing.
  uint8_t* const page = rows_.data() + kPageBytesMax;
  std::copy(rows.begin(), rows.end(), page);  // memcpy() takes no null, not even of no bytes
  for (size_t at = rows.size(); at < groups * kGroupBytes; at += 4) {
    std::memcpy(page + at, page + at - row_bytes, 4);
  }
  const auto words = static_cast<uint16_t>(rows.size() / 4);
  std::memcpy(packed_.data(), &words, sizeof(words));
  uint8_t* control = packed_.data() + kHeadBytes;
  uint8_t* out = control + groups;
  for (size_t at = 0; at < groups * kGroupBytes; at += kGroupBytes) {
    const Group group = Difference(page + at, page + at - row_bytes);
    uint32_t codes = 0;
    if ((group.low | group.high) != 0) {
      const std::array<uint32_t, kGroupWords> words_of = {static_cast<uint32_t>(group.low),
                                                          static_cast<uint32_t>(group.low >> 32),
                                                          static_cast<uint32_t>(group.high),
                                                          static_cast<uint32_t>(group.high >> 32)};
      for (size_t i = 0; i < kGroupWords; ++i) {
        const uint32_t code = LengthCodeOf(words_of[i]);
        std::memcpy(out, &words_of[i], sizeof(uint32_t));
        out += kLengths[code];
        codes |= code << (2 * i);
      }
    }
    *control++ = static_cast<uint8_t>(codes);
  }
  return {packed_.data(), out};
}

std::optional<std::span<const uint8_t>> PageUnpacker::Unpack(std::span<const uint8_t> packed,
                                                             size_t row_bytes) {
  GH_CHECK(
      row_bytes > 0 && row_bytes <= kPageBytesMax && row_bytes % 4 == 0, "row_bytes=", row_bytes);
  uint16_t words = 0;
  if (packed.size() < sizeof(words)) {
    return std::nullopt;
  }
  std::memcpy(&words, packed.data(), sizeof(words));
  const size_t bytes = size_t{words} * 4;
  const size_t groups = GroupsOf(bytes);
  if (bytes > kPageBytesMax || packed.size() < sizeof(words) + groups) {
    return std::nullopt;
  }
  const uint8_t* control = packed.data() + sizeof(words);
  const uint8_t* in = control + groups;
  const uint8_t* const end = packed.data() + packed.size();
  uint8_t* const page = rows_.data() + kPageBytesMax;
  for (size_t at = 0; at < groups * kGroupBytes; at += kGroupBytes) {
    const uint32_t codes = *control++;
    if (static_cast<size_t>(end - in) < kGroupLengths[codes]) {
      return std::nullopt;
    }
    in = row_bytes >= kGroupBytes ? UnpackGroup<true>(codes, in, end, row_bytes, page + at)
                                  : UnpackGroup<false>(codes, in, end, row_bytes, page + at);
  }
  if (in != end) {
    return std::nullopt;
  }
  return std::span<const uint8_t>{page, bytes};
}

}  // namespace gonghui
