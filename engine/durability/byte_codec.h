// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The primitive encodings of records (record_format.h, storage/FORMAT.md), as a
// writer and a reader with the same method names, so that one template states the
// order of a structure's fields for both directions.
//
//   byte     1 byte
//   fixed64  8 bytes, little-endian
//   varint   LEB128: 7 bits a byte, low bits first, bit 7 = more follow; the
//            shortest form only
//   signed   zigzag (0, -1, 1, -2 ... = 0, 1, 2, 3 ...) as a varint
//   code     byte count, then the characters (domain/code.h); count 0 = none
//   text     varint count, then the bytes; the last one is not zero
//
// The writer trusts its caller.  The reader trusts nothing: the first thing that
// is wrong is remembered with its offset, and every later read gives zero, so
// that a decoder asks once, at the end.

#ifndef GONGHUI_ENGINE_DURABILITY_BYTE_CODEC_H_
#define GONGHUI_ENGINE_DURABILITY_BYTE_CODEC_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/domain/calendar.h"
#include "engine/domain/code.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui::codec {

static_assert(std::endian::native == std::endian::little,
              "fixed64 is written as it lies in memory");

// Upper bounds of what one field takes.
inline constexpr size_t kVarintBytesMax = 10;
inline constexpr size_t kInt32BytesMax = 5;
inline constexpr size_t kRowBytesMax = kInt32BytesMax;
inline constexpr size_t kId64Bytes = 8;
inline constexpr size_t kRequestIdBytes = 16;
inline constexpr size_t kCode2BytesMax = 17;
inline constexpr size_t kCode4BytesMax = 33;
inline constexpr size_t kTextBytesMax = 97;

constexpr uint64_t ZigzagOf(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t OfZigzag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1)));
}
static_assert(ZigzagOf(-1) == 1 && OfZigzag(ZigzagOf(INT64_MIN)) == INT64_MIN);

// a - b and a + b without overflow: differences wrap, and wrap back when read.
constexpr int64_t WrappingSubtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
constexpr int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Writes at a cursor.  A code is written in whole words, so up to 31 bytes behind
// the cursor may be overwritten: kSlackBytes of room past the last field.
class ByteWriter {
 public:
  static constexpr bool kReading = false;
  static constexpr size_t kSlackBytes = 32;

  explicit ByteWriter(uint8_t* out) : at_(out) {}

  [[nodiscard]] uint8_t* at() const { return at_; }

  void Byte(uint8_t value) { *at_++ = value; }
  void Bool(bool value) { Byte(value ? 1 : 0); }
  void Fixed64(uint64_t value) {
    std::memcpy(at_, &value, sizeof(value));
    at_ += sizeof(value);
  }
  void Varint(uint64_t value) {
    while (value >= 0x80) {
      *at_++ = static_cast<uint8_t>(value | 0x80);
      value >>= 7;
    }
    *at_++ = static_cast<uint8_t>(value);
  }
  void Signed(int64_t value) { Varint(ZigzagOf(value)); }

  template <class Int>
  void Number(const Int& value) {
    if constexpr (std::is_signed_v<Int>) {
      Signed(value);
    } else {
      Varint(value);
    }
  }
  template <class Tag, class Rep>
  void Row(StrongId<Tag, Rep> row, uint64_t /*max*/ = UINT32_MAX) {
    Varint(row.value());
  }
  void Amount(Fen amount) { Signed(amount.value()); }
  void Time(TimestampNs at) { Signed(at.value()); }
  void Request(const RequestId& id) {
    Fixed64(id.high);
    Fixed64(id.low);
  }
  template <class Tag, class Rep>
  void Id64(StrongId<Tag, Rep> id) {
    Fixed64(id.value());
  }
  template <class Enum>
  void EnumByte(Enum value, Enum last, Enum first = Enum{1}) {
    GH_DCHECK(value >= first && value <= last, "value=", value, " last=", last);
    Byte(static_cast<uint8_t>(value));
  }
  template <class Tag, size_t kWords>
  void CodeField(const Code<Tag, kWords>& code) {
    uint8_t* const count_at = at_++;
    size_t count = 0;
    for (size_t i = 0; i < kWords; ++i) {
      const uint64_t word = code.words[i];
      const uint64_t swapped = __builtin_bswap64(word);
      std::memcpy(at_ + i * 8, &swapped, 8);
      if (word != 0) {
        count = i * 8 + 8 - static_cast<size_t>(std::countr_zero(word)) / 8;
      }
    }
    *count_at = static_cast<uint8_t>(count);
    at_ += count;
  }
  template <size_t kCapacity>
  void Text(const FixedText<kCapacity>& text) {
    size_t count = kCapacity;
    while (count > 0 && text.bytes[count - 1] == '\0') {
      --count;
    }
    Varint(count);
    std::memcpy(at_, text.bytes.data(), count);
    at_ += count;
  }
  // A count of items that follow.
  void Count(uint32_t count, uint32_t max) {
    GH_CHECK(count <= max, "count=", count, " max=", max);
    Varint(count);
  }

 private:
  uint8_t* at_;
};

class ByteReader {
 public:
  static constexpr bool kReading = true;

  // Offsets in messages count from `origin`.
  ByteReader(std::span<const uint8_t> bytes, const uint8_t* origin)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), origin_(origin) {}

  [[nodiscard]] bool ok() const { return what_ == nullptr; }
  // What is wrong, as text of static storage, and where.
  [[nodiscard]] const char* what() const { return what_; }
  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] const uint8_t* at() const { return at_; }
  [[nodiscard]] size_t left() const { return static_cast<size_t>(end_ - at_); }

  [[gnu::cold, gnu::noinline]] void Fail(const char* what) { FailAt(what, at_); }
  [[gnu::cold, gnu::noinline]] void FailAt(const char* what, const uint8_t* where) {
    if (what_ == nullptr) {
      what_ = what;
      offset_ = static_cast<size_t>(where - origin_);
    }
    at_ = end_;
  }

  uint8_t Byte() {
    if (at_ == end_) [[unlikely]] {
      Fail("ends early");
      return 0;
    }
    return *at_++;
  }
  uint64_t Fixed64() {
    if (left() < 8) [[unlikely]] {
      Fail("ends early");
      return 0;
    }
    uint64_t value;
    std::memcpy(&value, at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }
  uint64_t Varint() {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      return *at_++;
    }
    return LongVarint();
  }
  // At most `max`.
  uint64_t Varint(uint64_t max, const char* what) {
    const uint8_t* const where = at_;
    const uint64_t value = Varint();
    if (value > max) [[unlikely]] {
      FailAt(what, where);
      return 0;
    }
    return value;
  }
  int64_t Signed() { return OfZigzag(Varint()); }

  void Byte(uint8_t& value) { value = Byte(); }
  void Bool(bool& value) {
    const uint8_t* const where = at_;
    const uint8_t byte = Byte();
    if (byte > 1) [[unlikely]] {
      FailAt("is neither true nor false", where);
    }
    value = byte == 1;
  }
  void Fixed64(uint64_t& value) { value = Fixed64(); }
  template <class Int>
  void Number(Int& value) {
    if constexpr (std::is_signed_v<Int>) {
      const uint8_t* const where = at_;
      const int64_t wide = Signed();
      value = static_cast<Int>(wide);
      if (value != wide) [[unlikely]] {
        value = 0;
        FailAt("number too large", where);
      }
    } else {
      value = static_cast<Int>(Varint(static_cast<Int>(-1), "number too large"));
    }
  }
  template <class Tag, class Rep>
  void Row(StrongId<Tag, Rep>& row, uint64_t max = UINT32_MAX) {
    row = StrongId<Tag, Rep>{static_cast<Rep>(Varint(max, "row beyond its table"))};
  }
  void Amount(Fen& amount) { amount = Fen{Signed()}; }
  void Time(TimestampNs& at) { at = TimestampNs{Signed()}; }
  void Request(RequestId& id) {
    id.high = Fixed64();
    id.low = Fixed64();
  }
  template <class Tag, class Rep>
  void Id64(StrongId<Tag, Rep>& id) {
    id = StrongId<Tag, Rep>{Fixed64()};
  }
  template <class Enum>
  void EnumByte(Enum& value, Enum last, Enum first = Enum{1}) {
    value = EnumOf(Byte(), last, first);
  }
  // `number` was just read as (part of) one byte.
  template <class Enum>
  Enum EnumOf(uint8_t number, Enum last, Enum first = Enum{1}) {
    if (number < static_cast<uint8_t>(first) || number > static_cast<uint8_t>(last)) [[unlikely]] {
      if (ok()) {
        FailAt("unknown enumerator", at_ - 1);
      }
      return first;
    }
    return static_cast<Enum>(number);
  }
  template <class Tag, size_t kWords>
  void CodeField(Code<Tag, kWords>& code) {
    const size_t count = Byte();
    code = {};
    if (count > kWords * 8 || count > left()) [[unlikely]] {
      Fail("code too long");
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      const char c = static_cast<char>(at_[i]);
      if (!IsCodeCharacter(c)) [[unlikely]] {
        FailAt("not a character of a code", at_ + i);
        code = {};
        return;
      }
      code.words[i / 8] |= uint64_t{at_[i]} << (56 - 8 * (i % 8));
    }
    at_ += count;
  }
  template <size_t kCapacity>
  void Text(FixedText<kCapacity>& text) {
    text = {};
    const size_t count = Varint(kCapacity, "text too long");
    if (count > left()) [[unlikely]] {
      Fail("ends early");
      return;
    }
    std::memcpy(text.bytes.data(), at_, count);
    at_ += count;
    if (count > 0 && text.bytes[count - 1] == '\0') [[unlikely]] {
      FailAt("text ends with a zero byte", at_ - 1);
    }
  }
  void Count(uint32_t& count, uint32_t max) {
    count = static_cast<uint32_t>(Varint(max, "more items than limits.h allows"));
    // Every item takes a byte at least, so memory is bounded by the record.
    if (count > left()) [[unlikely]] {
      Fail("more items than there are bytes");
      count = 0;
    }
  }

 private:
  [[gnu::noinline]] uint64_t LongVarint() {
    if (left() >= sizeof(uint64_t)) [[likely]] {
      // As many as eight bytes at once: a number's last is the first below 0x80.
      uint64_t bytes;
      std::memcpy(&bytes, at_, sizeof(bytes));
      const uint64_t ends = ~bytes & 0x8080'8080'8080'8080;
      if (ends != 0) [[likely]] {
        const int last_bit = std::countr_zero(ends);  // the highest of the last byte
        bytes &= (ends & -ends) * 2 - 1;
        const bool shorter_exists = last_bit > 7 && bytes >> (last_bit - 7) == 0;
        if (!shorter_exists) [[likely]] {
          at_ += last_bit / 8 + 1;
          // Closes the gaps: of seven bits, then of fourteen, then of 28.
          bytes &= 0x7f7f'7f7f'7f7f'7f7f;
          bytes = (bytes & 0x007f'007f'007f'007f) | (bytes & 0x7f00'7f00'7f00'7f00) >> 1;
          bytes = (bytes & 0x0000'3fff'0000'3fff) | (bytes & 0x3fff'0000'3fff'0000) >> 2;
          return (bytes & 0x0000'0000'0fff'ffff) | (bytes & 0x0fff'ffff'0000'0000) >> 4;
        }
      }
    }
    return ByteByByte();
  }

  [[gnu::noinline]] uint64_t ByteByByte() {
    const uint8_t* const where = at_;
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) {
        Fail("ends early");
        return 0;
      }
      const uint8_t byte = *at_++;
      if (shift == 63 && byte > 1) {
        break;
      }
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) {
          break;  // a shorter form exists
        }
        return value;
      }
    }
    FailAt("malformed varint", where);
    return 0;
  }

  const uint8_t* at_;
  const uint8_t* const end_;
  const uint8_t* const origin_;
  const char* what_ = nullptr;
  size_t offset_ = 0;
};

// A structure's type as the direction needs it.
template <class Codec, class T>
using Ref = std::conditional_t<Codec::kReading, T&, const T&>;

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_BYTE_CODEC_H_
