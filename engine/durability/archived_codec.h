// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a transaction that has left memory, with its shares, uses, lines and
// advice: a value of the archive, and the content of the record that brings it back.
//
//   value := version(1) terminal fields checksum(4)
//
// All comes back bit for bit but row numbers of the tables that are archived, which mean
// nothing any more: first_applied, first_use, first_line, in_order and the advice's
// transaction come back as none, `returned` as false, and the advice's row as 1 where there
// is an advice.  storage/FORMAT.md gives every field byte by byte.  DO NOT CHANGE what a
// version means: add one.

#ifndef GONGHUI_ENGINE_DURABILITY_ARCHIVED_CODEC_H_
#define GONGHUI_ENGINE_DURABILITY_ARCHIVED_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "engine/domain/archive.h"
#include "engine/domain/limits.h"
#include "engine/durability/byte_codec.h"

namespace gonghui {

namespace codec {

inline constexpr size_t kArchivedBytesMax =
    3 + kInt32BytesMax + kRequestIdBytes + 2 * kVarintBytesMax +  // head
    3 * kRowBytesMax + kId64Bytes + 3 * kVarintBytesMax + kInt32BytesMax + 2 * kVarintBytesMax +
    kId64Bytes + kRequestIdBytes + kInt32BytesMax + 6 * kVarintBytesMax + 3 * kRowBytesMax +
    kInt32BytesMax + 2 + kSharesPerTransactionMax * (1 + 2 * kRowBytesMax + 5 * kVarintBytesMax) +
    kUsesPerTransactionMax * (1 + 4 * kRowBytesMax + 3 * kVarintBytesMax) + 1 +
    kLinesPerTransactionMax * (1 + kCode4BytesMax + 3 * kInt32BytesMax + 2 * kVarintBytesMax) + 1 +
    5 * kVarintBytesMax + 2 * kInt32BytesMax;

// Room for kArchivedBytesMax and a writer's slack.
uint8_t* WriteArchived(uint8_t* out, const ArchivedTransaction& archived);
void ReadArchived(ByteReader& r, ArchivedTransaction& archived);

// Where memory begins, as the record holds it.
template <class C>
void MarkContent(C& c, Ref<C, ArchiveMark> mark) {
  // One behind the last row, if all have left.
  c.Row(mark.transactions, uint64_t{kTransactionsMax} + 1);
  c.Row(mark.applied, uint64_t{kAppliedMax} + 1);
  c.Row(mark.uses, uint64_t{kUsesMax} + 1);
  c.Row(mark.lines, uint64_t{kLinesMax} + 1);
  c.Row(mark.advices, uint64_t{kAdvicesMax} + 1);
  for (auto& digest : mark.digests) {
    c.Fixed64(digest);
  }
}
inline constexpr size_t kMarkBytesMax = kArchivedTables * (kRowBytesMax + 8);

}  // namespace codec

// Appends the archive's value.  `terminal` is the id of the transaction's.
void AppendArchiveValue(const ArchivedTransaction& archived,
                        const TerminalId& terminal,
                        std::string* value);
// DATA_LOSS says what is wrong and at which byte; what was decoded means nothing then.
absl::Status DecodeArchiveValue(std::string_view value,
                                ArchivedTransaction* archived,
                                TerminalId* terminal);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_ARCHIVED_CODEC_H_
