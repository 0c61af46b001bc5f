// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/chain.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include "engine/durability/block_format.h"

namespace gonghui {
namespace {

std::string Hex(const BlockHash& hash) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace

absl::StatusOr<BlockView> ChainVerifier::Next(uint64_t stored_seq, std::span<const uint8_t> block) {
  const std::string where = absl::StrCat("journal of shard ", shard_, ", block at ", stored_seq);
  absl::StatusOr<BlockView> view = OpenBlock(block);
  if (!view.ok()) {
    return absl::DataLossError(absl::StrCat(where, ": ", view.status().message()));
  }
  const BlockHeader& header = view->header;
  if (header.shard != shard_ || header.first_seq != stored_seq) {
    return absl::DataLossError(absl::StrCat(
        where, ": its header says shard ", header.shard, ", sequence ", header.first_seq));
  }
  if (started_) {
    if (header.first_seq != tail_.next_seq) {
      return absl::DataLossError(
          absl::StrCat(where, ": a gap, the sequence before it ends with ", tail_.next_seq - 1));
    }
    if (header.previous != tail_.last_hash) {
      return absl::DataLossError(absl::StrCat(where,
                                              ": the chain is broken, it follows ",
                                              Hex(header.previous),
                                              " but the block before is ",
                                              Hex(tail_.last_hash)));
    }
    if (header.epoch < epoch_) {
      return absl::DataLossError(
          absl::StrCat(where, ": written in epoch ", header.epoch, " after one of epoch ", epoch_));
    }
  }
  started_ = true;
  tail_.next_seq = header.first_seq + header.event_count;
  tail_.last_hash = view->hash;
  epoch_ = header.epoch;
  return view;
}

absl::Status CheckReadEnd(uint16_t shard, uint64_t from_seq, const JournalTail& tail) {
  if (from_seq <= tail.next_seq) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat("journal of shard ",
                                          shard,
                                          ": ends with ",
                                          tail.next_seq - 1,
                                          ", but event ",
                                          from_seq - 1,
                                          " is known to have been there"));
}

AppendResult CheckAppend(const BlockHeader& header,
                         uint64_t current_epoch,
                         const JournalTail& tail,
                         std::string* why) {
  if (header.epoch != current_epoch) {
    *why = absl::StrCat("shard ",
                        header.shard,
                        ": the writer's epoch is ",
                        header.epoch,
                        ", the shard's ",
                        current_epoch);
    return AppendResult::kFenced;
  }
  if (header.first_seq != tail.next_seq) {
    *why = absl::StrCat("shard ",
                        header.shard,
                        ": the block begins at ",
                        header.first_seq,
                        ", the journal ends before ",
                        tail.next_seq);
    return AppendResult::kConflict;
  }
  return AppendResult::kCommitted;
}

}  // namespace gonghui
