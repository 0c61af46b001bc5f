// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What must hold of every record that can be read: it can be written, in the one form that
// there is, and is then read as the same.

#ifndef GONGHUI_TESTS_FUZZ_STORED_EVENT_H_
#define GONGHUI_TESTS_FUZZ_STORED_EVENT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/check.h"
#include "engine/durability/record_format.h"

namespace gonghui {

inline std::vector<uint8_t> EncodedRecord(const Event& event, TimestampNs previous_at) {
  std::vector<uint8_t> bytes(RecordBytesMax(*event.command));
  bytes.resize(EncodeRecord(event, previous_at, bytes.data()));
  return bytes;
}

// Events one after another, as many of them as can be read; calls visit(event) for each.
// False: what follows the last of them is no record, or there is nothing but `count` events
// and something behind them.
template <class Visit>
bool ReadEvents(std::span<const uint8_t> payload, uint64_t seq, uint32_t count, Visit&& visit) {
  static RecordDecoder decoder;
  TimestampNs previous_at;
  for (const uint64_t end = seq + count; seq != end; ++seq) {
    const size_t before = payload.size();
    const auto event = decoder.Next(&payload, seq, previous_at);
    if (!event.ok()) {
      GH_CHECK(!event.status().message().empty());
      return false;
    }
    GH_CHECK(payload.size() < before, "bytes=", before);
    GH_CHECK((*event)->seq == CommandSeq{seq}, "seq=", seq);
    visit(**event, previous_at);
    previous_at = (*event)->at;
  }
  return payload.empty();
}

// The decoder that gave `event` is not this one's, so it may live in it.
inline void CheckWritable(const Event& event, TimestampNs previous_at) {
  static RecordDecoder decoder;
  const std::vector<uint8_t> bytes = EncodedRecord(event, previous_at);
  std::span<const uint8_t> left = bytes;
  const auto again = decoder.Next(&left, event.seq.value(), previous_at);
  GH_CHECK(again.ok(), again.status().ToString());
  GH_CHECK(left.empty(), "bytes=", left.size());
  GH_CHECK(EncodedRecord(**again, previous_at) == bytes, "kind=", event.kind);
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FUZZ_STORED_EVENT_H_
