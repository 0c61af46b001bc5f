// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/crc32c.h"

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace rocksdb::crc32c {
uint32_t Extend(uint32_t crc, const char* data, size_t size);
}

namespace gonghui {
namespace {

using ExtendFunction = uint32_t(uint32_t, const char*, size_t);
constexpr const char* kExtendSymbol = "_ZN7rocksdb6crc32c6ExtendEjPKcm";

// No two of its words are the same.
std::string Bytes(size_t count) {
  std::string bytes;
  uint32_t state = 1;
  for (size_t i = 0; i < count; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    bytes.push_back(static_cast<char>(state >> 24));
  }
  return bytes;
}

TEST(Crc32c, IsThatOfTheStandard) {  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string rising;
  for (char c = 0; c < 32; ++c) {
    rising.push_back(c);
  }
  EXPECT_EQ(Crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(Crc32c(std::string(rising.rbegin(), rising.rend())), 0x113fdb5cU);
  EXPECT_EQ(Crc32c(""), 0U);
}

TEST(Crc32c, OfPiecesIsThatOfTheWhole) {
  const std::string bytes = Bytes(1'100);
  const uint32_t whole = Crc32c(bytes);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view view = bytes;
    ASSERT_EQ(ExtendCrc32c(Crc32c(view.substr(0, cut)), view.substr(cut)), whole) << "cut=" << cut;
  }
}

// Whatever length and place in memory: folders that were written before this was here must be
// read, and the other way round.
TEST(Crc32c, IsThatOfTheLibrary) {
  auto* const library = reinterpret_cast<ExtendFunction*>(dlsym(RTLD_NEXT, kExtendSymbol));
  ASSERT_NE(library, nullptr) << dlerror();
  ASSERT_NE(library, &rocksdb::crc32c::Extend);
  const std::string bytes = Bytes(70'000);
  for (size_t size = 0; size <= 2'100; ++size) {
    const char* const begin = bytes.data() + size % 67;
    ASSERT_EQ(ExtendCrc32c(static_cast<uint32_t>(size), {begin, size}),
              library(static_cast<uint32_t>(size), begin, size))
        << "size=" << size;
  }
  EXPECT_EQ(Crc32c(bytes), library(0, bytes.data(), bytes.size()));
}

// What the dynamic linker finds for the library's calls.
TEST(Crc32c, IsWhatTheLibraryCalls) {
  void* const found = dlsym(RTLD_DEFAULT, kExtendSymbol);
  EXPECT_EQ(found, reinterpret_cast<void*>(&rocksdb::crc32c::Extend));
  const auto taken = reinterpret_cast<uintptr_t>(found);
  EXPECT_NE(taken, reinterpret_cast<uintptr_t>(dlsym(RTLD_NEXT, kExtendSymbol)));
}

}  // namespace
}  // namespace gonghui
