// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Protocol Buffers by hand: just enough of the wire format to write one kind of
// request and to read one kind of answer without building a message object for
// it.  The load generator shares its two cores with the server that it measures;
// with the generated classes half of the machine would be busy in the client.
// The unit tests compare both directions with the generated classes.

#ifndef GONGHUI_TOOLS_LOAD_WIRE_H_
#define GONGHUI_TOOLS_LOAD_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gonghui::load {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline constexpr size_t kVarintBytesMax = 10;

// Whether fields of several messages have one number.
template <class... Field>
constexpr bool AreSame(int number, Field... others) {
  return ((number == static_cast<int>(others)) && ...);
}

// Each of these writes at `out` and returns the end of what it wrote.
inline char* PutVarint(char* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline char* PutTag(char* out, uint32_t field, WireType type) {
  return PutVarint(out, uint64_t{field} << 3 | static_cast<uint64_t>(type));
}

inline char* PutRaw(char* out, std::string_view bytes) {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

inline char* PutBytes(char* out, uint32_t field, std::string_view bytes) {
  out = PutTag(out, field, WireType::kBytes);
  out = PutVarint(out, bytes.size());
  return PutRaw(out, bytes);
}

// As proto3: zero is not written.
inline char* PutNumber(char* out, uint32_t field, uint64_t value) {
  if (value == 0) {
    return out;
  }
  out = PutTag(out, field, WireType::kVarint);
  return PutVarint(out, value);
}

// Reads one message field by field.  Whatever the bytes are, it stays inside
// them; ok() tells whether they were well formed.
//
//   for (WireReader in(bytes); in.Next();) {
//     switch (in.field()) {
//       case 1: name = in.Bytes(); break;
//       case 2: count = in.Number(); break;
//     }
//   }
class WireReader {
 public:
  explicit WireReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Moves to the next field; false at the end and at damage.
  bool Next() {
    if (at_ == end_ || !ok_) {
      return false;
    }
    const uint64_t tag = TakeVarint();
    field_ = static_cast<uint32_t>(tag >> 3);
    type_ = static_cast<WireType>(tag & 7);
    number_ = 0;
    bytes_ = {};
    switch (type_) {
      case WireType::kVarint:
        number_ = TakeVarint();
        break;
      case WireType::kBytes:
        bytes_ = Take(TakeVarint());
        break;
      case WireType::kFixed64:
        Take(8);
        break;
      case WireType::kFixed32:
        Take(4);
        break;
      default:
        ok_ = false;  // groups: no message of ours has one
    }
    return ok_;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] uint32_t field() const { return field_; }
  // The value of a varint field; 0 for a field of another type.
  [[nodiscard]] uint64_t Number() const { return number_; }
  [[nodiscard]] int64_t Signed() const { return static_cast<int64_t>(number_); }
  // The value of a string, bytes or message field; empty for another type.
  [[nodiscard]] std::string_view Bytes() const { return bytes_; }

 private:
  uint64_t TakeVarint() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) {
        break;
      }
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  std::string_view Take(uint64_t size) {
    if (size > static_cast<uint64_t>(end_ - at_)) {
      ok_ = false;
      return {};
    }
    const std::string_view taken(at_, static_cast<size_t>(size));
    at_ += size;
    return taken;
  }

  const char* at_;
  const char* const end_;
  bool ok_ = true;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_WIRE_H_
