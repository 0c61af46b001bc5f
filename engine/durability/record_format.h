// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one event inside a block's payload: what was asked (the command)
// and what came of it (the event), so that an auditor can re-decide any past day
// and compare, while recovery needs the event alone.
//
//   record  := length(varint, of what follows) kind(1) version(1) fields
//   fields  := a fixed sequence for each (kind, version); integers as LEB128
//              varints (signed ones zigzag), ids and hashes as fixed
//              little-endian words, times as deltas to the event before
//
// A record is of the first version that can hold it: 2 with lines, a code, an occasion,
// evidence or a batch, else 1.  Both are read.
//
// storage/FORMAT.md gives every field byte by byte, with worked examples.  DO
// NOT CHANGE what a (kind, version) means: add a version.

#ifndef GONGHUI_ENGINE_DURABILITY_RECORD_FORMAT_H_
#define GONGHUI_ENGINE_DURABILITY_RECORD_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <absl/status/statusor.h>

#include "engine/domain/command.h"
#include "engine/domain/event.h"

namespace gonghui {

namespace codec {
class ByteReader;
}

// An upper bound for any record of a terminal's command, or of the archive's, most of it for
// 64 lines with the longest item codes; operators' records may be larger (a programme), see
// RecordBytesMax(command).
inline constexpr size_t kTransactionRecordBytesMax = 8192;

// Bytes that EncodeRecord() may need for an event caused by `command`.
size_t RecordBytesMax(const Command& command);

// Appends the record of `event` (and event.command) at `out`; returns the bytes
// written.  All of the event comes back bit for bit but what its kind does not
// use (for operators' events, say, the transaction): that comes back as zero, as do
// the command's deadline, details and validate_only, hints (UseDelta::counter, counter_is_new), and
// what archived_codec.h leaves out. `previous_at` is the time of the event before in the same
// block, or 0 for the block's first.  REQUIRES: room for RecordBytesMax().
size_t EncodeRecord(const Event& event, TimestampNs previous_at, uint8_t* out);

// Reads records back.  The event, its command and everything they point to live
// in the decoder until the next call.
class RecordDecoder {
 public:
  RecordDecoder();
  ~RecordDecoder();
  RecordDecoder(const RecordDecoder&) = delete;
  RecordDecoder& operator=(const RecordDecoder&) = delete;

  // Decodes the record at the front of *payload and moves *payload past it.
  // `seq` is the event's; DATA_LOSS says what is wrong and at which byte.
  absl::StatusOr<const Event*> Next(std::span<const uint8_t>* payload,
                                    uint64_t seq,
                                    TimestampNs previous_at);

 private:
  struct Storage;

  void ReadCommand(codec::ByteReader& reader);

  std::unique_ptr<Storage> storage_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_RECORD_FORMAT_H_
