// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Protocol Buffers' wire format, by hand, for the two messages that pass by the
// hundred thousand a second (AuthorizeRequest in, Transaction out).  The
// generated code would make and fill about thirty strings for each of them;
// this reads in place and writes straight from the ledger's rows.  Field numbers
// come from the generated code, and tests/unit/server/wire_test.cc holds both
// ways against it.

#ifndef GONGHUI_ENGINE_SERVER_WIRE_H_
#define GONGHUI_ENGINE_SERVER_WIRE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine/base/check.h"
#include "engine/domain/calendar.h"
#include "engine/domain/code.h"

namespace gonghui {

enum class WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kFixed32 = 5,
};

constexpr uint32_t WireTag(int field, WireType type) {
  return static_cast<uint32_t>(field) << 3 | static_cast<uint32_t>(type);
}

// Reads a message front to back.  After any read that answers false, the
// message is malformed and nothing more may be read.
class WireReader {
 public:
  explicit WireReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  [[nodiscard]] bool AtEnd() const { return at_ == end_; }

  [[nodiscard]] bool ReadVarint(uint64_t* value) {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) [[likely]] {
      *value = static_cast<uint8_t>(*at_++);
      return true;
    }
    uint64_t result = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) {
        return false;
      }
      const auto byte = static_cast<uint8_t>(*at_++);
      // Of the tenth byte only one bit fits; generated code drops the rest too.
      result |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        *value = result;
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool ReadTag(uint32_t* tag) {
    uint64_t value = 0;
    if (!ReadVarint(&value) || value > UINT32_MAX || value >> 3 == 0) {
      return false;
    }
    *tag = static_cast<uint32_t>(value);
    return true;
  }

  [[nodiscard]] bool ReadBytes(std::string_view* value) {
    uint64_t size = 0;
    if (!ReadVarint(&size) || size > static_cast<uint64_t>(end_ - at_)) {
      return false;
    }
    *value = std::string_view(at_, size);
    at_ += size;
    return true;
  }

  // Passes over a field that is not known.  Groups, which proto3 does not have,
  // are refused.
  [[nodiscard]] bool Skip(uint32_t tag) {
    uint64_t number = 0;
    std::string_view bytes;
    switch (tag & 7) {
      case static_cast<uint32_t>(WireType::kVarint):
        return ReadVarint(&number);
      case static_cast<uint32_t>(WireType::kFixed64):
        return SkipBytes(8);
      case static_cast<uint32_t>(WireType::kBytes):
        return ReadBytes(&bytes);
      case static_cast<uint32_t>(WireType::kFixed32):
        return SkipBytes(4);
      default:
        return false;
    }
  }

 private:
  bool SkipBytes(ptrdiff_t count) {
    if (end_ - at_ < count) {
      return false;
    }
    at_ += count;
    return true;
  }

  const char* at_;
  const char* const end_;
};

// Where the next byte goes.  REQUIRES: there is room for what is written (WireWriter::Reserve).
//
// Whoever writes many fields takes a copy, which the compiler keeps in a register, and hands it
// back: a place in memory may be what a character is written to, for all that the compiler knows,
// and is read again for each.  For the same reason these are inlined whatever their number, and
// what they call takes and returns plain pointers.
class WireCursor {
 public:
  explicit WireCursor(char* at) : at_(at) {}

  [[nodiscard]] char* at() const { return at_; }

  [[gnu::always_inline]] void Varint(uint64_t value) { at_ = PutVarint(value, at_); }

  template <int kField, WireType kType>
  [[gnu::always_inline]] void Tag() {
    at_ = PutTag<kField, kType>(at_);
  }

  // proto3: a field with its default value is not written.
  template <int kField>
  [[gnu::always_inline]] void Int(int64_t value) {
    if (value != 0) {
      at_ = PutInt<kField>(static_cast<uint64_t>(value), at_);
    }
  }
  template <int kField>
  [[gnu::always_inline]] void Bool(bool value) {
    if (value) {
      at_ = PutTag<kField, WireType::kVarint>(at_);
      *at_++ = 1;
    }
  }
  template <int kField>
  [[gnu::always_inline]] void Bytes(std::string_view value) {
    if (!value.empty()) {
      at_ = PutVarint(value.size(), PutTag<kField, WireType::kBytes>(at_));
      std::memcpy(at_, value.data(), value.size());
      at_ += value.size();
    }
  }
  template <int kField, class CodeTag, size_t kWords>
  [[gnu::always_inline]] void Text(const Code<CodeTag, kWords>& code) {
    if (code.words[0] != 0) {
      at_ = PutText(code, PutTag<kField, WireType::kBytes>(at_));
    }
  }
  // google.protobuf.Timestamp; the zero instant and "no end" are not written.
  template <int kField>
  [[gnu::always_inline]] void Time(TimestampNs at) {
    if (at.value() > 0 && at != kTimestampMax) {
      at_ = PutTime(at.value(), PutTag<kField, WireType::kBytes>(at_));
    }
  }

  // A message within the message: Begin, its fields, End.  How many bytes its length takes is
  // guessed; where it takes others, End moves the message.  REQUIRES: it is shorter than 2^21
  // bytes.
  template <size_t kLengthBytes>
  struct Begun {
    char* at;
  };
  template <int kField>
  [[nodiscard, gnu::always_inline]] Begun<2> Begin() {
    return BeginGuessing<kField, 2>();
  }
  // For one that is mostly shorter than 128 bytes.
  template <int kField>
  [[nodiscard, gnu::always_inline]] Begun<1> BeginShort() {
    return BeginGuessing<kField, 1>();
  }
  template <size_t kGuessed>
  [[gnu::always_inline]] void End(Begun<kGuessed> begun) {
    const auto size = static_cast<size_t>(at_ - begun.at) - kGuessed;
    if constexpr (kGuessed == 1) {
      if (size < 1u << 7) [[likely]] {
        *begun.at = static_cast<char>(size);
        return;
      }
    } else if (size >= 1u << 7 && size < 1u << 14) [[likely]] {
      begun.at[0] = static_cast<char>((size & 0x7f) | 0x80);
      begun.at[1] = static_cast<char>(size >> 7);
      return;
    }
    at_ = PutLengthOfOtherSize(begun.at, kGuessed, size);
  }

  // For fixed-width text: room for `size` bytes of field kField.
  template <int kField, size_t kSize>
  [[nodiscard, gnu::always_inline]] char* Fixed() {
    static_assert(kSize < 0x80);
    at_ = PutTag<kField, WireType::kBytes>(at_);
    *at_++ = static_cast<char>(kSize);
    char* const text = at_;
    at_ += kSize;
    return text;
  }

 private:
  template <int kField, size_t kLengthBytes>
  [[gnu::always_inline]] Begun<kLengthBytes> BeginGuessing() {
    char* const start = PutTag<kField, WireType::kBytes>(at_);
    at_ = start + kLengthBytes;
    return {start};
  }

  static char* PutVarint(uint64_t value, char* at) {
    while (value >= 0x80) {
      *at++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at++ = static_cast<char>(value);
    return at;
  }
  template <int kField, WireType kType>
  [[gnu::always_inline]] static char* PutTag(char* at) {
    constexpr uint32_t kTag = WireTag(kField, kType);
    static_assert(kTag < 1u << 14);
    if constexpr (kTag < 0x80) {
      *at = static_cast<char>(kTag);
      return at + 1;
    } else {
      at[0] = static_cast<char>(kTag | 0x80);
      at[1] = static_cast<char>(kTag >> 7);
      return at + 2;
    }
  }
  template <int kField>
  [[gnu::always_inline]] static char* PutInt(uint64_t value, char* at) {
    return PutVarint(value, PutTag<kField, WireType::kVarint>(at));
  }
  template <class CodeTag, size_t kWords>
  static char* PutText(const Code<CodeTag, kWords>& code, char* at) {
    // Left-aligned and zero padded: everything is written, the padding is not kept.
    char* const text = at + 1;
    size_t size = 0;
    for (size_t i = 0; i < kWords; ++i) {
      const uint64_t word = __builtin_bswap64(code.words[i]);
      std::memcpy(text + 8 * i, &word, 8);
      size += 8 - static_cast<size_t>(std::countl_zero(word | 1)) / 8;
      if (word == 0) {
        --size;  // the 1 above counted as a byte
      }
    }
    *at = static_cast<char>(size);
    return text + size;
  }
  static char* PutTime(int64_t at_ns, char* at) {
    char* end = PutInt<1>(static_cast<uint64_t>(at_ns / kNsPerSecond), at + 1);
    if (const int64_t ns = at_ns % kNsPerSecond; ns != 0) {
      end = PutInt<2>(static_cast<uint64_t>(ns), end);
    }
    *at = static_cast<char>(end - at - 1);
    return end;
  }
  // Of a message of `size` bytes, in front of which there is room for a length of `guessed`.
  // Returns where it ends.
  [[gnu::noinline]] static char* PutLengthOfOtherSize(char* start, size_t guessed, size_t size) {
    GH_CHECK(size < 1u << 21, "size=", size);
    const size_t needed = size < 1u << 7 ? 1 : size < 1u << 14 ? 2 : 3;
    std::memmove(start + needed, start + guessed, size);
    PutVarint(size, start);
    return start + needed + size;
  }

  char* at_;
};

// A cursor in memory of its own, which grows by Reserve() alone: the fields check nothing.
class WireWriter : public WireCursor {
 public:
  WireWriter() : WireCursor(nullptr) {}
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;
  ~WireWriter() { std::free(begin_); }  // NOLINT: malloc'ed, see Release()

  [[nodiscard]] size_t size() const { return static_cast<size_t>(at() - begin_); }
  [[nodiscard]] const char* data() const { return begin_; }
  [[nodiscard]] std::string_view view() const { return {begin_, size()}; }
  void Clear() { GoOn(WireCursor(begin_)); }

  // Makes room for `bytes` more.
  void Reserve(size_t bytes) {
    if (static_cast<size_t>(end_ - at()) < bytes) [[unlikely]] {
      Grow(bytes);
    }
  }

  // Where it is, for whoever writes many fields, and to go on from where that has come to: what the
  // writer was given in between would be written over.
  [[nodiscard]] WireCursor cursor() const { return WireCursor(at()); }
  void GoOn(WireCursor cursor) { WireCursor::operator=(cursor); }

  // Hands the memory over; whoever takes it calls free().
  char* Release() {
    char* memory = begin_;
    begin_ = end_ = nullptr;
    Clear();
    return memory;
  }

 private:
  void Grow(size_t bytes) {
    const size_t used = size();
    size_t capacity = static_cast<size_t>(end_ - begin_) * 2;
    if (capacity < used + bytes) {
      capacity = used + bytes;
    }
    auto* memory = static_cast<char*>(std::realloc(begin_, capacity));  // NOLINT
    GH_CHECK(memory != nullptr, "out of memory; bytes=", capacity);
    begin_ = memory;
    end_ = memory + capacity;
    GoOn(WireCursor(memory + used));
  }

  char* begin_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_WIRE_H_
