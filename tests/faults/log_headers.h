// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where the records of a sound log or manifest of RocksDB's begin.  Not storage/log_damage.h,
// which is what is tried: this one believes every length that it reads.
//
//   block  = record* trailer     (32 KiB)
//   record = checksum:4 length:2 type:1 length bytes
//
// A record here is RocksDB's physical one; what does not fit a block is several of them.

#ifndef GONGHUI_TESTS_FAULTS_LOG_HEADERS_H_
#define GONGHUI_TESTS_FAULTS_LOG_HEADERS_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace gonghui {

inline constexpr uint64_t kLogBlockBytes = 32 << 10;
inline constexpr uint64_t kLogHeaderBytes = 4 + 2 + 1;

inline std::vector<uint64_t> LogHeadersOf(std::string_view bytes) {
  std::vector<uint64_t> headers;
  for (uint64_t at = 0; at + kLogHeaderBytes <= bytes.size();) {
    const uint64_t left = kLogBlockBytes - at % kLogBlockBytes;
    const auto byte = [&](uint64_t i) { return uint64_t{static_cast<uint8_t>(bytes[at + i])}; };
    if (left < kLogHeaderBytes || byte(6) == 0) {
      at += left;  // the trailer
      continue;
    }
    headers.push_back(at);
    at += kLogHeaderBytes + byte(4) + (byte(5) << 8);
  }
  return headers;
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FAULTS_LOG_HEADERS_H_
