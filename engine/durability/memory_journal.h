// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A journal in memory, for tests and benchmarks.  What was committed stays until
// the object goes; what a test calls a crash is to throw the engine away and
// start another on the same journal.
//
// Thread safety: all methods may be called by any thread (one mutex).

#ifndef GONGHUI_ENGINE_DURABILITY_MEMORY_JOURNAL_H_
#define GONGHUI_ENGINE_DURABILITY_MEMORY_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/durability/journal.h"

namespace gonghui {

class MemoryJournal final : public Journal {
 public:
  absl::StatusOr<uint64_t> Acquire(uint16_t shard) override;
  AppendResult AppendBlocking(const BlockHeader& header,
                              std::span<const uint8_t> block,
                              std::string* why) override;
  absl::Status ReadBlocking(uint16_t shard,
                            uint64_t from_seq,
                            const std::function<absl::Status(const BlockView&)>& visit) override;
  absl::StatusOr<JournalTail> TailBlocking(uint16_t shard) override;

  // The next append, after `appends_before` that go well, gives `result` instead.
  // A kUnknown one may have reached the disk or not: that is `written`.
  void FailNextAppend(AppendResult result, bool written = false, uint64_t appends_before = 0);

  // Called by AppendBlocking() before it does anything, without the lock: to be
  // slow, or to hold the writer up until a test lets go.
  void set_before_append(std::function<void()> hook);

  // ---- For tests that look or meddle ----
  [[nodiscard]] size_t block_count(uint16_t shard) const;
  [[nodiscard]] std::vector<uint8_t> block(uint16_t shard, size_t index) const;
  void set_block(uint16_t shard, size_t index, std::vector<uint8_t> bytes);
  void RemoveBlock(uint16_t shard, size_t index);

 private:
  struct Shard {
    uint64_t epoch = 0;
    JournalTail tail;
    std::vector<std::vector<uint8_t>> blocks;
  };

  mutable std::mutex mutex_;
  std::map<uint16_t, Shard> shards_;  // guarded by mutex_, as all below
  std::function<void()> before_append_;
  bool failure_armed_ = false;
  AppendResult failure_ = AppendResult::kUnknown;
  bool failure_written_ = false;
  uint64_t failure_after_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_MEMORY_JOURNAL_H_
