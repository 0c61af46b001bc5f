// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a journal that may have been damaged or forged: they are refused, or they
// are an event that can be written and read again.  Nothing is read outside them.
//
//   input := how(1) bytes
//
// how % 3: 0 a block as it lies on the disk; 1 a block whose length and checksum are
// mended first (a fuzzer does not guess a checksum); 2 the payload of one.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engine/base/check.h"
#include "engine/durability/block_format.h"
#include "engine/durability/chain.h"
#include "engine/durability/record_format.h"

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

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      gonghui::ReadBlock(bytes);
      break;
    case 1:
      gonghui::ReadMendedBlock(bytes);
      break;
    default:
      gonghui::ReadPayload(bytes, 1);
      break;
  }
  return 0;
}
