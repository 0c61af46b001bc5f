// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a journal, an archive or a checkpoint that may have been damaged or forged: they are
// refused, or they are an event, a transaction, or rows, that can be written and read again.
// Nothing is read outside them.
//
//   input := how(1) bytes
//
// how % 7: 0 a block as it lies on the disk; 1 a block whose length and checksum are
// mended first (a fuzzer does not guess a checksum); 2 the payload of one; 3 a value of the
// archive; 4 one whose checksum is mended; 5 a key of its ids; 6 a packed page,
// after a byte that says how many words a row has, less one.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/durability/archived_codec.h"
#include "engine/durability/block_format.h"
#include "engine/durability/chain.h"
#include "engine/durability/page_codec.h"
#include "engine/durability/record_format.h"
#include "storage/archive_keys.h"

namespace gonghui {
namespace {

std::vector<uint8_t> Encode(const Event& event) {
  std::vector<uint8_t> bytes(RecordBytesMax(*event.command));
  bytes.resize(EncodeRecord(event, TimestampNs{}, bytes.data()));
  return bytes;
}

// What was read is written in the one form that there is, and read again as the same.
void CheckWritable(const Event& event) {
  static RecordDecoder decoder;
  const std::vector<uint8_t> bytes = Encode(event);
  std::span<const uint8_t> left = bytes;
  const auto again = decoder.Next(&left, event.seq.value(), TimestampNs{});
  GH_CHECK(again.ok(), again.status().ToString());
  GH_CHECK(left.empty(), "bytes=", left.size());
  GH_CHECK(Encode(**again) == bytes, "kind=", event.kind);
}

void ReadPayload(std::span<const uint8_t> payload, uint64_t seq) {
  static RecordDecoder decoder;
  TimestampNs previous_at;
  while (!payload.empty()) {
    const size_t before = payload.size();
    const auto event = decoder.Next(&payload, seq, previous_at);
    if (!event.ok()) {
      GH_CHECK(!event.status().message().empty());
      return;
    }
    GH_CHECK(payload.size() < before, "bytes=", before);
    GH_CHECK((*event)->seq == CommandSeq{seq}, "seq=", seq);
    CheckWritable(**event);
    previous_at = (*event)->at;
    ++seq;
  }
}

void ReadBlock(std::span<const uint8_t> block) {
  const auto view = OpenBlock(block);
  uint64_t stored_seq = 1;
  if (view.ok()) {
    GH_CHECK(view->payload.data() + view->payload.size() == block.data() + block.size());
    stored_seq = view->header.first_seq;
    ReadPayload(view->payload, stored_seq);
  }
  ChainVerifier chain(7);
  chain.StartAnywhere();
  const auto linked = chain.Next(stored_seq, block);
  GH_CHECK(!linked.ok() || view.ok());
}

void ReadMendedBlock(std::span<const uint8_t> bytes) {
  if (bytes.size() <= kBlockHeaderBytes) {
    return;
  }
  std::vector<uint8_t> block(bytes.begin(), bytes.end());
  const auto get = [&block](size_t offset, auto* field) {
    std::memcpy(field, block.data() + offset, sizeof(*field));
  };
  BlockHeader header;
  get(6, &header.shard);
  get(8, &header.epoch);
  get(16, &header.first_seq);
  get(24, &header.event_count);
  int64_t at = 0;
  get(32, &at);
  header.at = TimestampNs{at};
  get(40, &header.rules_version);
  get(48, &header.state_hash);
  get(56, &header.previous);
  header.event_count = header.event_count == 0 ? 1 : header.event_count;
  SealBlock(header, block);
  ReadBlock(block);
}

std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// As CheckWritable().
void ReadArchiveValue(std::string_view value) {
  static ArchivedTransaction archived;
  TerminalId terminal;
  if (const absl::Status status = DecodeArchiveValue(value, &archived, &terminal); !status.ok()) {
    GH_CHECK(!status.message().empty());
    return;
  }
  std::string written;
  AppendArchiveValue(archived, terminal, &written);
  const absl::Status status = DecodeArchiveValue(written, &archived, &terminal);
  GH_CHECK(status.ok(), status.ToString());
  std::string again;
  AppendArchiveValue(archived, terminal, &again);
  GH_CHECK(again == written, "seq=", archived.transaction.seq);
}

void ReadMendedArchiveValue(std::span<const uint8_t> bytes) {
  std::string value(TextOf(bytes));
  const auto checksum = static_cast<uint32_t>(HashBytes(value.data(), value.size()));
  value.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  ReadArchiveValue(value);
}

// There is one key of each thing.
void ReadArchiveIdKey(std::string_view key) {
  const auto parsed = ParseArchiveIdKey(key);
  if (!parsed.ok()) {
    GH_CHECK(!parsed.status().message().empty());
    return;
  }
  const auto shard =
      static_cast<uint16_t>(static_cast<uint8_t>(key[0]) << 8 | static_cast<uint8_t>(key[1]));
  const auto* const request = std::get_if<ArchivedRequest>(&*parsed);
  GH_CHECK(key == (request != nullptr ? ArchiveIdKey(shard, request->id, request->terminal)
                                      : ArchiveNameKey(shard, std::get<AdviceName>(*parsed))));
}

// Rows may be packed in more than one way, but what is packed here is unpacked as the same.
void ReadPage(std::span<const uint8_t> bytes) {
  static PageUnpacker unpacker;
  static PagePacker packer;
  if (bytes.empty()) {
    return;
  }
  const size_t row_bytes = (size_t{bytes[0]} + 1) * 4;
  const auto rows = unpacker.Unpack(bytes.subspan(1), row_bytes);
  if (!rows.has_value()) {
    return;
  }
  GH_CHECK(rows->size() <= kPageBytesMax && rows->size() % 4 == 0, "bytes=", rows->size());
  const std::vector<uint8_t> before(rows->begin(), rows->end());
  const auto again = unpacker.Unpack(packer.Pack(before, row_bytes), row_bytes);
  GH_CHECK(
      again.has_value() && std::equal(again->begin(), again->end(), before.begin(), before.end()),
      "bytes=",
      before.size());
}

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      gonghui::ReadBlock(bytes);
      break;
    case 1:
      gonghui::ReadMendedBlock(bytes);
      break;
    case 2:
      gonghui::ReadPayload(bytes, 1);
      break;
    case 3:
      gonghui::ReadArchiveValue(gonghui::TextOf(bytes));
      break;
    case 4:
      gonghui::ReadMendedArchiveValue(bytes);
      break;
    case 5:
      gonghui::ReadArchiveIdKey(gonghui::TextOf(bytes));
      break;
    default:
      gonghui::ReadPage(bytes);
      break;
  }
  return 0;
}
