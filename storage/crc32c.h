// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (RFC 3720, B.4), by the processor's instructions where it has them.
//
// A program that opens a store has RocksDB use it, too.  Debian builds RocksDB for any x86-64, so
// that rocksdb::crc32c::Extend() goes by tables, which was a quarter of the journal thread's time
// on a stream.  The library calls that function as it calls any that it exports, through the
// dynamic linker, which takes a program's own before a library's; crc32c.cc defines it.  The
// checksums are the same: whether ours is called changes nothing but the time, and crc32c_test.cc
// fails when the library does not call it.  (What RocksDB writes about fast CRC32 into its own log
// is about the library's.)

#ifndef GONGHUI_STORAGE_CRC32C_H_
#define GONGHUI_STORAGE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace gonghui {

// Of what `crc` is the checksum of, followed by `bytes`; 0 = of nothing.  Any thread.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);

inline uint32_t Crc32c(std::string_view bytes) {
  return ExtendCrc32c(0, bytes);
}

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_CRC32C_H_
