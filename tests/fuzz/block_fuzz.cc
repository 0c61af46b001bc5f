// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// block: blocks of a journal, whole, damaged and forged, and how one follows another
//
// What opens is what was sealed: sealed again it is the same bytes, and with any byte
// changed, missing or added it is refused.  Its events can be written and read again.
// A chain accepts what follows and nothing else.
//
//   input   := how(1) place(2) change(1) blocks
//   how % 3 == 0: one block as it lies on the disk
//   how % 3 == 1: one whose magic, version, length and checksum are mended first (a fuzzer
//                 does not guess a checksum)
//   how % 3 == 2: part*, a journal
//   part    := wrong(1) epoch(1) event_count(1) payload_bytes(1) payload
//
// `place` and `change` say which byte of an opened block is changed, and how.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/durability/block_format.h"
#include "engine/durability/chain.h"
#include "tests/fuzz/stored_event.h"

namespace gonghui {
namespace {

constexpr uint16_t kShard = 7;

using Block = std::vector<uint8_t>;

struct Damage {
  size_t place = 0;
  uint8_t change = 0;
};

// All that must hold of a block that opens.
void CheckOpened(std::span<const uint8_t> block, const BlockView& view, const Damage& damage) {
  GH_CHECK(view.payload.data() == block.data() + kBlockHeaderBytes);
  GH_CHECK(view.payload.size() == block.size() - kBlockHeaderBytes);
  GH_CHECK(view.hash == HashBlock(block));
  GH_CHECK(view.header.event_count >= 1);
  GH_CHECK(view.header.first_seq >= 1);

  Block other(block.begin(), block.end());
  std::fill(other.begin(), other.begin() + kBlockHeaderBytes, uint8_t{0xee});
  SealBlock(view.header, other);
  GH_CHECK(std::equal(other.begin(), other.end(), block.begin(), block.end()));

  const size_t place = damage.place % other.size();
  other[place] ^= damage.change == 0 ? uint8_t{1} : damage.change;
  GH_CHECK(!OpenBlock(other).ok(), "place=", place, " change=", damage.change);
  other.assign(block.begin(), block.end() - 1);
  GH_CHECK(!OpenBlock(other).ok(), "bytes=", other.size());
  other.assign(block.begin(), block.end());
  other.push_back(damage.change);
  GH_CHECK(!OpenBlock(other).ok(), "bytes=", other.size());
}

// Of an opened block whose events are all there, the block that this release would write of
// them holds the same events.
void CheckEvents(const BlockView& view) {
  const BlockHeader& header = view.header;
  Block rewritten(kBlockHeaderBytes);
  const bool whole = ReadEvents(view.payload,
                                header.first_seq,
                                header.event_count,
                                [&rewritten](const Event& event, TimestampNs previous_at) {
                                  CheckWritable(event, previous_at);
                                  const auto record = EncodedRecord(event, previous_at);
                                  rewritten.insert(rewritten.end(), record.begin(), record.end());
                                });
  if (!whole) {
    return;
  }
  SealBlock(header, rewritten);
  const auto again = OpenBlock(rewritten);
  GH_CHECK(again.ok(), again.status().ToString());
  Block twice(kBlockHeaderBytes);
  GH_CHECK(ReadEvents(again->payload,
                      header.first_seq,
                      header.event_count,
                      [&twice](const Event& event, TimestampNs previous_at) {
                        const auto record = EncodedRecord(event, previous_at);
                        twice.insert(twice.end(), record.begin(), record.end());
                      }));
  SealBlock(header, twice);
  GH_CHECK(twice == rewritten, "bytes=", twice.size());
}

void ReadBlock(std::span<const uint8_t> block, const Damage& damage) {
  const auto view = OpenBlock(block);
  uint64_t stored_seq = 1;
  if (view.ok()) {
    CheckOpened(block, *view, damage);
    CheckEvents(*view);
    stored_seq = view->header.first_seq;
  } else {
    GH_CHECK(std::string(view.status().message()).starts_with("block: "), view.status().message());
  }
  ChainVerifier chain(kShard);
  chain.StartAnywhere();
  const auto linked = chain.Next(stored_seq, block);
  GH_CHECK(linked.ok() == (view.ok() && view->header.shard == kShard), stored_seq);
}

// With what a header says taken from the bytes, and all that a checksum would give away made
// right.
void ReadMendedBlock(std::span<const uint8_t> bytes, const Damage& damage) {
  if (bytes.size() <= kBlockHeaderBytes) {
    return;
  }
  Block block(bytes.begin(), bytes.end());
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
  ReadBlock(block, damage);
}

// A journal beside the obvious account of it.
class Chain {
 public:
  explicit Chain(bool from_beginning) : verifier_(kShard), started_(from_beginning) {
    if (!from_beginning) {
      verifier_.StartAnywhere();
    }
  }

  // `wrong` says what of the block is not as it should be, one bit each.
  void Add(uint8_t wrong, uint8_t epoch, uint8_t count, std::span<const uint8_t> payload) {
    BlockHeader header;
    header.shard = (wrong & 1) != 0 ? kShard + 1 : kShard;
    header.epoch = epoch;
    header.first_seq = next_seq_ + ((wrong & 2) != 0 ? 1 : 0) - ((wrong & 4) != 0 ? 1 : 0);
    header.event_count = std::max<uint8_t>(count, 1);
    header.previous = hash_;
    header.previous[epoch % header.previous.size()] ^= (wrong & 8) != 0 ? 1 : 0;
    Block block(kBlockHeaderBytes);
    block.insert(block.end(), payload.begin(), payload.end());
    SealBlock(header, block);
    if ((wrong & 16) != 0) {
      block[(epoch * 256u + count) % block.size()] ^= 0x80;
    }
    const uint64_t stored_seq = (wrong & 32) != 0 ? header.first_seq ^ 1 : header.first_seq;

    const bool follows =
        !started_ || (header.first_seq == next_seq_ && header.previous == hash_ && epoch >= epoch_);
    const bool expected = OpenBlock(block).ok() && header.shard == kShard &&
                          header.first_seq == stored_seq && follows;
    GH_CHECK((wrong & 16) == 0 || !expected);
    const JournalTail before = verifier_.tail();
    const auto view = verifier_.Next(stored_seq, block);
    GH_CHECK(view.ok() == expected, view.status().ToString());
    const JournalTail& tail = verifier_.tail();
    if (!expected) {
      const std::string where = "journal of shard 7, block at " + std::to_string(stored_seq) + ":";
      GH_CHECK(std::string(view.status().message()).starts_with(where), view.status().ToString());
      GH_CHECK(tail.next_seq == before.next_seq && tail.last_hash == before.last_hash);
      return;
    }
    started_ = true;
    next_seq_ = header.first_seq + header.event_count;
    hash_ = HashBlock(block);
    epoch_ = epoch;
    GH_CHECK(tail.next_seq == next_seq_ && tail.last_hash == hash_, "next_seq=", tail.next_seq);
    GH_CHECK(CheckReadEnd(kShard, next_seq_, tail).ok());
    GH_CHECK(!CheckReadEnd(kShard, next_seq_ + 1, tail).ok());
  }

 private:
  ChainVerifier verifier_;
  bool started_;
  uint64_t next_seq_ = 1;
  BlockHash hash_{};
  uint64_t epoch_ = 0;
};

void ReadJournal(std::span<const uint8_t> parts, bool from_beginning) {
  constexpr size_t kHead = 4;
  Chain chain(from_beginning);
  while (parts.size() > kHead) {
    const size_t payload = std::clamp<size_t>(parts[3], 1, parts.size() - kHead);
    chain.Add(parts[0], parts[1], parts[2], parts.subspan(kHead, payload));
    parts = parts.subspan(kHead + payload);
  }
}

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 4;
  if (size < kHead) {
    return 0;
  }
  const gonghui::Damage damage{data[1] * size_t{256} + data[2], data[3]};
  const std::span<const uint8_t> bytes(data + kHead, size - kHead);
  switch (data[0] % 3) {
    case 0:
      gonghui::ReadBlock(bytes, damage);
      break;
    case 1:
      gonghui::ReadMendedBlock(bytes, damage);
      break;
    default:
      gonghui::ReadJournal(bytes, damage.change % 2 == 0);
      break;
  }
  return 0;
}
