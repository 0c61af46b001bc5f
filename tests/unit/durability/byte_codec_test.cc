// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Numbers of variable length: what is written comes back wherever it stands, and what
// nobody writes is refused.

#include "engine/durability/byte_codec.h"

#include <cstring>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui::codec {
namespace {

using Bytes = std::vector<uint8_t>;

struct Read {
  uint64_t value = 0;
  size_t bytes = 0;
  std::string what;  // is wrong

  friend bool operator==(const Read&, const Read&) = default;
};

// A reader of these bytes, which has them alone: a sanitizer sees one that reads on.
Read ReadVarint(const Bytes& bytes) {
  ByteReader reader({bytes.data(), bytes.size()}, bytes.data());
  Read read;
  read.value = reader.Varint();
  if (reader.ok()) {
    read.bytes = static_cast<size_t>(reader.at() - bytes.data());
  } else {
    read.what = reader.what();
  }
  return read;
}

Bytes WriteVarint(uint64_t value) {
  Bytes bytes(10 + ByteWriter::kSlackBytes);
  ByteWriter writer(bytes.data());
  writer.Varint(value);
  bytes.resize(static_cast<size_t>(writer.at() - bytes.data()));
  return bytes;
}

TEST(ByteCodecTest, NumbersComeBackWithAnythingBehindThem) {
  constexpr uint64_t kSeed = 2026;
  std::cout << "seed " << kSeed << "\n";
  Prng prng{kSeed};
  std::vector<uint64_t> values = {0, UINT64_MAX};
  for (int bits = 1; bits < 64; ++bits) {
    const uint64_t power = uint64_t{1} << bits;
    values.insert(values.end(), {power - 1, power, power + 1, prng.Below(power)});
  }
  for (const uint64_t value : values) {
    const Bytes written = WriteVarint(value);
    for (size_t behind = 0; behind <= 12; ++behind) {
      for (const uint8_t with : Bytes{0x00, 0x7f, 0x80, 0xff}) {
        Bytes bytes = written;
        bytes.insert(bytes.end(), behind, with);
        EXPECT_EQ(ReadVarint(bytes), (Read{value, written.size(), ""}))
            << value << ", behind it " << behind << " of " << int{with};
      }
    }
    for (size_t left = 0; left < written.size(); ++left) {
      EXPECT_EQ(ReadVarint(Bytes(written.begin(), written.begin() + static_cast<ptrdiff_t>(left))),
                (Read{0, 0, "ends early"}))
          << value;
    }
  }
}

TEST(ByteCodecTest, ALongerFormThanNeedBeIsRefused) {
  for (size_t extra = 1; extra < 9; ++extra) {
    for (const uint8_t first : Bytes{0x00, 0x05, 0x7f}) {
      for (const size_t behind : {size_t{0}, size_t{12}}) {
        Bytes bytes = {static_cast<uint8_t>(first | 0x80)};
        bytes.insert(bytes.end(), extra - 1, 0x80);
        bytes.push_back(0x00);
        bytes.insert(bytes.end(), behind, 0x11);
        EXPECT_EQ(ReadVarint(bytes), (Read{0, 0, "malformed varint"})) << extra;
      }
    }
  }
}

TEST(ByteCodecTest, MoreThanSixtyFourBitsAreRefused) {
  Bytes bytes(9, 0xff);
  bytes.push_back(0x02);
  EXPECT_EQ(ReadVarint(bytes).what, "malformed varint");
  bytes.back() = 0x01;
  EXPECT_EQ(ReadVarint(bytes), (Read{UINT64_MAX, 10, ""}));
  bytes.back() = 0x81;
  bytes.push_back(0x00);
  EXPECT_EQ(ReadVarint(bytes).what, "malformed varint");
}

}  // namespace
}  // namespace gonghui::codec
