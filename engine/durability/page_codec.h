// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pages of checkpoints, packed.  The rows of a table are much like the row before: the same
// merchants, small amounts, rows and instants that rise.  So each row is stored as its
// difference, word by word, without the zero bytes on top.  A general compressor took a third of
// both cores on a stream, because every sale paid for it twice: once for its page, and once
// for the file that the page is merged into.
//
// storage/FORMAT.md has the bytes.  Thread safety: none is needed.

#ifndef GONGHUI_ENGINE_DURABILITY_PAGE_CODEC_H_
#define GONGHUI_ENGINE_DURABILITY_PAGE_CODEC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gonghui {

// Of a page in memory: whole rows.
inline constexpr size_t kPageBytesMax = 8192;

class PagePacker {
 public:
  // Valid until the next call.  REQUIRES: rows.size() <= kPageBytesMax; row_bytes and
  // rows.size() are multiples of 4, row_bytes is from 4 to kPageBytesMax.
  std::span<const uint8_t> Pack(std::span<const uint8_t> rows, size_t row_bytes);

 private:
  static constexpr size_t kHeadBytes = 2;
  static constexpr size_t kWordsMax = kPageBytesMax / 4;

  // A row of zeroes, and the page.
  std::array<uint8_t, 2 * kPageBytesMax + 16> rows_{};
  // As much as it may come to, and what the last word is written beyond it.
  std::array<uint8_t, kHeadBytes + kWordsMax / 4 + kPageBytesMax + 16> packed_{};
};

class PageUnpacker {
 public:
  // The rows, valid until the next call; none when these are not the bytes of a page of such
  // rows: what remains to be seen is whether there are as many rows as there must be.
  // REQUIRES: row_bytes is a multiple of 4, and from 4 to kPageBytesMax.
  std::optional<std::span<const uint8_t>> Unpack(std::span<const uint8_t> packed, size_t row_bytes);

 private:
  std::array<uint8_t, 2 * kPageBytesMax + 16> rows_{};
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_PAGE_CODEC_H_
