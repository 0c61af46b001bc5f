// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_journal.h"

#include <cstring>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/durability/block_format.h"
#include "engine/durability/chain.h"

namespace gonghui {
namespace {

// The sequence a stored block claims; its key, so to speak.
uint64_t FirstSeqOf(const std::vector<uint8_t>& block) {
  uint64_t first_seq = 0;
  if (block.size() >= 24) {
    std::memcpy(&first_seq, block.data() + 16, sizeof(first_seq));
  }
  return first_seq;
}

}  // namespace

absl::StatusOr<uint64_t> MemoryJournal::Acquire(uint16_t shard) {
  const std::scoped_lock lock(mutex_);
  return ++shards_[shard].epoch;
}

AppendResult MemoryJournal::AppendBlocking(const BlockHeader& header,
                                           std::span<const uint8_t> block,
                                           std::string* why) {
  std::function<void()> before;
  {
    const std::scoped_lock lock(mutex_);
    before = before_append_;
  }
  if (before) {
    before();
  }

  const std::scoped_lock lock(mutex_);
  bool fails = false;
  if (failure_armed_ && failure_after_-- == 0) {
    fails = true;
    failure_armed_ = false;
  }
  if (fails && !failure_written_) {
    *why = "injected failure";
    return failure_;
  }
  Shard& shard = shards_[header.shard];
  if (const AppendResult result = CheckAppend(header, shard.epoch, shard.tail, why);
      result != AppendResult::kCommitted) {
    return result;
  }
  // A block that will not be read back must not be acknowledged.
  const absl::StatusOr<BlockView> view = OpenBlock(block);
  GH_CHECK(view.ok(), view.status().message());
  GH_CHECK(view->header.previous == shard.tail.last_hash, "first_seq=", header.first_seq);
  GH_CHECK_EQ(view->header.first_seq, header.first_seq);
  GH_CHECK_EQ(view->header.event_count, header.event_count);
  shard.blocks.emplace_back(block.begin(), block.end());
  shard.tail = {header.first_seq + header.event_count, view->hash};
  if (fails) {
    *why = "injected failure, after writing";
    return failure_;
  }
  return AppendResult::kCommitted;
}

absl::Status MemoryJournal::ReadBlocking(
    uint16_t shard, uint64_t from_seq, const std::function<absl::Status(const BlockView&)>& visit) {
  std::vector<std::vector<uint8_t>> blocks;
  {
    const std::scoped_lock lock(mutex_);
    blocks = shards_[shard].blocks;
  }
  // One block before the first that is wanted is opened too, so that the link
  // between them is verified.
  size_t first = 0;
  for (size_t i = 0; i < blocks.size() && FirstSeqOf(blocks[i]) <= from_seq; ++i) {
    first = i;
  }
  ChainVerifier chain(shard);
  if (first > 0) {
    chain.StartAnywhere();
    --first;
  }
  for (size_t i = first; i < blocks.size(); ++i) {
    GH_ASSIGN_OR_RETURN(const BlockView view, chain.Next(FirstSeqOf(blocks[i]), blocks[i]));
    if (chain.tail().next_seq > from_seq) {
      GH_RETURN_IF_ERROR(visit(view));
    }
  }
  return CheckReadEnd(shard, from_seq, chain.tail());
}

absl::StatusOr<JournalTail> MemoryJournal::TailBlocking(uint16_t shard) {
  const std::scoped_lock lock(mutex_);
  return shards_[shard].tail;
}

void MemoryJournal::FailNextAppend(AppendResult result, bool written, uint64_t appends_before) {
  GH_CHECK(result != AppendResult::kCommitted, "that is no failure");
  const std::scoped_lock lock(mutex_);
  failure_armed_ = true;
  failure_ = result;
  failure_written_ = written;
  failure_after_ = appends_before;
}

void MemoryJournal::set_before_append(std::function<void()> hook) {
  const std::scoped_lock lock(mutex_);
  before_append_ = std::move(hook);
}

size_t MemoryJournal::block_count(uint16_t shard) const {
  const std::scoped_lock lock(mutex_);
  const auto it = shards_.find(shard);
  return it == shards_.end() ? 0 : it->second.blocks.size();
}

std::vector<uint8_t> MemoryJournal::block(uint16_t shard, size_t index) const {
  const std::scoped_lock lock(mutex_);
  return shards_.at(shard).blocks.at(index);
}

void MemoryJournal::set_block(uint16_t shard, size_t index, std::vector<uint8_t> bytes) {
  const std::scoped_lock lock(mutex_);
  shards_.at(shard).blocks.at(index) = std::move(bytes);
}

void MemoryJournal::RemoveBlock(uint16_t shard, size_t index) {
  const std::scoped_lock lock(mutex_);
  std::vector<std::vector<uint8_t>>& blocks = shards_.at(shard).blocks;
  GH_CHECK_LT(index, blocks.size());
  blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace gonghui
