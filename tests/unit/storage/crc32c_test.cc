// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/crc32c.h"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "tests/testing/temp_folder.h"

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

// Where a loaded library's calls of a function that it exports itself go; null: it makes none
// through the dynamic linker.
void* TargetOf(const link_map& library, const char* symbol) {
  const auto entry = [&library](ElfW(Sxword) tag) {
    const ElfW(Dyn)* at = library.l_ld;
    while (at->d_tag != DT_NULL && at->d_tag != tag) {
      ++at;
    }
    return at->d_un.d_ptr;
  };
  const auto* const symbols = reinterpret_cast<const ElfW(Sym)*>(entry(DT_SYMTAB));
  const auto* const names = reinterpret_cast<const char*>(entry(DT_STRTAB));
  const auto* const jumps = reinterpret_cast<const ElfW(Rela)*>(entry(DT_JMPREL));
  for (size_t i = 0; i < entry(DT_PLTRELSZ) / sizeof(ElfW(Rela)); ++i) {
    const std::string_view name = names + symbols[ELF64_R_SYM(jumps[i].r_info)].st_name;
    if (name == symbol) {
      return *reinterpret_cast<void**>(library.l_addr + jumps[i].r_offset);
    }
  }
  return nullptr;
}

TEST(Crc32c, IsWhatTheLibraryCalls) {
  // A write to a log, so that the linker has found what is called.
  TempFolder folder;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, folder.path() + "/db", &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "key", "value").ok());

  void* const own = dlsym(RTLD_NEXT, kExtendSymbol);
  ASSERT_NE(own, nullptr);
  Dl_info info{};
  link_map* library = nullptr;
  ASSERT_NE(dladdr1(own, &info, reinterpret_cast<void**>(&library), RTLD_DL_LINKMAP), 0);
  EXPECT_EQ(TargetOf(*library, kExtendSymbol), reinterpret_cast<void*>(&rocksdb::crc32c::Extend))
      << library->l_name;
}

}  // namespace
}  // namespace gonghui
