// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>

namespace gonghui {

uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes) {
  constexpr size_t kTurnMax = size_t{1} << 30;  // ISA-L counts by int
  uint32_t state = ~crc;
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), kTurnMax);
    // It only reads them, and says so nowhere.
    auto* const begin = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    state = crc32_iscsi(begin, static_cast<int>(count), state);
    bytes.remove_prefix(count);
  }
  return ~state;
}

}  // namespace gonghui

// In place of the library's own (see the header).  As it is declared in RocksDB 7.8.3,
// util/crc32c.h, which is not installed.
namespace rocksdb::crc32c {

[[gnu::visibility("default")]] uint32_t Extend(uint32_t crc, const char* data, size_t size);

uint32_t Extend(uint32_t crc, const char* data, size_t size) {
  return gonghui::ExtendCrc32c(crc, {data, size});
}

}  // namespace rocksdb::crc32c
