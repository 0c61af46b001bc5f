// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Group commit: events are encoded into a block; a block is appended to the
// journal with one write and one sync; then everyone who waited for it is told.
//
// One thread fills a block (the ledger thread), one commits it (the journal
// thread, or the same).  A block belongs to one of them at a time.

#ifndef GONGHUI_ENGINE_PIPELINE_GROUP_COMMIT_H_
#define GONGHUI_ENGINE_PIPELINE_GROUP_COMMIT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "engine/base/virtual_array.h"
#include "engine/durability/block_format.h"
#include "engine/durability/journal.h"
#include "engine/pipeline/engine.h"

namespace gonghui {

// A block that is being filled or committed.
class Block {
 public:
  Block();

  // Starts afresh: the next event will have sequence `first_seq`.
  void Reset(uint64_t first_seq);

  // REQUIRES: RecordBytesMax(command) <= room().
  void Add(const Event& event);
  // To be told when the block, and so all before it, is durable.
  void AddWaiter(Submission* submission);

  // Fixes what the header says of the ledger after the block's last event.
  void Close(uint16_t shard, uint64_t epoch, uint64_t state_hash);

  [[nodiscard]] bool has_events() const { return header_.event_count > 0; }
  [[nodiscard]] bool has_waiters() const { return first_waiter_ != nullptr; }
  [[nodiscard]] bool empty() const { return !has_events() && !has_waiters(); }
  [[nodiscard]] size_t size_bytes() const { return size_; }
  [[nodiscard]] size_t room() const { return kBlockBytesMax - size_; }
  [[nodiscard]] const BlockHeader& header() const { return header_; }
  [[nodiscard]] BlockHeader& header() { return header_; }
  [[nodiscard]] std::span<uint8_t> bytes() { return {bytes_.data(), size_}; }
  [[nodiscard]] std::span<const uint8_t> bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] uint64_t next_seq() const { return header_.first_seq + header_.event_count; }

  // Takes the waiters, in order, linked by Submission::next.
  Submission* TakeWaiters();

 private:
  VirtualArray<uint8_t> bytes_;
  size_t size_ = kBlockHeaderBytes;
  BlockHeader header_;
  Submission* first_waiter_ = nullptr;
  Submission* last_waiter_ = nullptr;
};

// Commits closed blocks, in order.
class Committer {
 public:
  // `last_hash` is that of the journal's last block.
  Committer(Journal& journal, const BlockHash& last_hash)
      : journal_(journal), last_hash_(last_hash) {}

  // Blocks on I/O.  False when the block is not durable: *why says why, and
  // nothing may ever be appended again.
  [[nodiscard]] bool CommitBlocking(Block& block, std::string* why);

  // Reckons what the next block names as its previous: once for each block that is durable, before
  // the next is committed.  Apart, because nobody who waits for this block waits for that.
  void Chain(const Block& block);

 private:
  Journal& journal_;
  BlockHash last_hash_;
  bool chained_ = true;  // the last block is in last_hash_
};

// Tells each Completions object of its submissions, keeping their order.
void CompleteAll(Submission* first);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_GROUP_COMMIT_H_
