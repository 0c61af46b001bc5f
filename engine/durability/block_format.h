// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a block.  All integers little-endian; offsets in bytes:
//
//      0  4  magic "GHB1"
//      4  2  version = 1
//      6  2  shard
//      8  8  epoch
//     16  8  first_seq
//     24  4  event_count
//     28  4  payload_bytes
//     32  8  at, UTC nanoseconds
//     40  4  rules_version
//     44  4  reserved = 0
//     48  8  state_hash
//     56 32  hash of the block before (SHA-256 of all its bytes)
//     88  8  checksum: XXH3-64 of bytes [0, 88) followed by the payload
//     96     payload: events, see record_format.h
//
// The checksum finds damage; the chain of hashes finds tampering.  DO NOT CHANGE
// what version 1 means.

#ifndef GONGHUI_ENGINE_DURABILITY_BLOCK_FORMAT_H_
#define GONGHUI_ENGINE_DURABILITY_BLOCK_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include <absl/status/statusor.h>

#include "engine/durability/journal.h"

namespace gonghui {

inline constexpr size_t kBlockHeaderBytes = 96;
inline constexpr size_t kBlockBytesMax = 16u << 20;

// Writes the header into the first kBlockHeaderBytes of `block`, whose payload is
// already in place behind it, and seals it with the checksum.
void SealBlock(const BlockHeader& header, std::span<uint8_t> block);

// Header and payload of an encoded block, or DATA_LOSS with what is wrong.
// Fills BlockView::hash.
absl::StatusOr<BlockView> OpenBlock(std::span<const uint8_t> block);

// SHA-256.
BlockHash HashBlock(std::span<const uint8_t> block);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_BLOCK_FORMAT_H_
