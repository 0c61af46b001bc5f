// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/block_format.h"

#include <openssl/evp.h>

#include <bit>
#include <cstring>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace gonghui {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are written as they lie");

constexpr uint32_t kMagic = 0x31424847;  // "GHB1"
constexpr uint16_t kVersion = 1;
constexpr size_t kChecksumAt = 88;
// Length, kind and version: no record is shorter.
constexpr uint32_t kRecordBytesMin = 3;

template <class Int>
void Put(uint8_t* block, size_t offset, Int value) {
  std::memcpy(block + offset, &value, sizeof(value));
}
template <class Int>
Int Get(const uint8_t* block, size_t offset) {
  Int value;
  std::memcpy(&value, block + offset, sizeof(value));
  return value;
}

uint64_t ChecksumOf(std::span<const uint8_t> block) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, block.data(), kChecksumAt);
  XXH3_64bits_update(&state, block.data() + kBlockHeaderBytes, block.size() - kBlockHeaderBytes);
  return XXH3_64bits_digest(&state);
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("block: ", what));
}

}  // namespace

void SealBlock(const BlockHeader& header, std::span<uint8_t> block) {
  GH_CHECK(block.size() > kBlockHeaderBytes, "bytes=", block.size());
  GH_CHECK(block.size() <= kBlockBytesMax, "bytes=", block.size());
  GH_CHECK(header.event_count >= 1, "event_count=", header.event_count);
  uint8_t* const b = block.data();
  Put(b, 0, kMagic);
  Put(b, 4, kVersion);
  Put(b, 6, header.shard);
  Put(b, 8, header.epoch);
  Put(b, 16, header.first_seq);
  Put(b, 24, header.event_count);
  Put(b, 28, static_cast<uint32_t>(block.size() - kBlockHeaderBytes));
  Put(b, 32, header.at.value());
  Put(b, 40, header.rules_version);
  Put(b, 44, uint32_t{0});
  Put(b, 48, header.state_hash);
  std::memcpy(b + 56, header.previous.data(), header.previous.size());
  Put(b, kChecksumAt, ChecksumOf(block));
}

absl::StatusOr<BlockView> OpenBlock(std::span<const uint8_t> block) {
  if (block.size() < kBlockHeaderBytes) {
    return Damaged("shorter than its header");
  }
  const uint8_t* const b = block.data();
  if (Get<uint32_t>(b, 0) != kMagic) {
    return Damaged("does not begin with GHB1");
  }
  if (Get<uint16_t>(b, 4) != kVersion) {
    return absl::DataLossError(
        absl::StrCat("block: version ", Get<uint16_t>(b, 4), " is not known, only ", kVersion));
  }
  const size_t payload_bytes = block.size() - kBlockHeaderBytes;
  if (Get<uint32_t>(b, 28) != payload_bytes) {
    return absl::DataLossError(absl::StrCat("block: ",
                                            payload_bytes,
                                            " bytes of payload, where the header says ",
                                            Get<uint32_t>(b, 28)));
  }
  if (Get<uint64_t>(b, kChecksumAt) != ChecksumOf(block)) {
    return Damaged("checksum does not match the bytes");
  }
  if (Get<uint32_t>(b, 44) != 0) {
    return Damaged("reserved bytes are not zero");
  }
  BlockView view;
  view.header.shard = Get<uint16_t>(b, 6);
  view.header.epoch = Get<uint64_t>(b, 8);
  view.header.first_seq = Get<uint64_t>(b, 16);
  view.header.event_count = Get<uint32_t>(b, 24);
  view.header.at = TimestampNs{Get<int64_t>(b, 32)};
  view.header.rules_version = Get<uint32_t>(b, 40);
  view.header.state_hash = Get<uint64_t>(b, 48);
  std::memcpy(view.header.previous.data(), b + 56, view.header.previous.size());
  if (view.header.event_count == 0 || view.header.event_count > payload_bytes / kRecordBytesMin) {
    return Damaged("event count does not fit the payload");
  }
  if (view.header.first_seq == 0 || view.header.first_seq > UINT64_MAX - view.header.event_count) {
    return Damaged("sequence out of range");
  }
  view.payload = block.subspan(kBlockHeaderBytes);
  view.hash = HashBlock(block);
  return view;
}

BlockHash HashBlock(std::span<const uint8_t> block) {
  BlockHash hash;
  unsigned int size = 0;
  const int ok = EVP_Digest(block.data(), block.size(), hash.data(), &size, EVP_sha256(), nullptr);
  GH_CHECK(ok == 1 && size == hash.size(), "SHA-256 failed, size=", size);
  return hash;
}

}  // namespace gonghui
