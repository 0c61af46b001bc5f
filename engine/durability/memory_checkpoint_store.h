// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints in memory, for tests and benchmarks.  A crash is not to commit.
//
// Thread safety: any thread (one mutex).

#ifndef GONGHUI_ENGINE_DURABILITY_MEMORY_CHECKPOINT_STORE_H_
#define GONGHUI_ENGINE_DURABILITY_MEMORY_CHECKPOINT_STORE_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/durability/checkpoint_store.h"

namespace gonghui {

class MemoryCheckpointStore final : public CheckpointStore {
 public:
  absl::StatusOr<std::optional<CheckpointMeta>> LatestBlocking(uint16_t shard) override;
  absl::Status LoadBlocking(uint16_t shard, const PageVisitor& visit) override;
  absl::Status BeginBlocking(uint16_t shard) override;
  absl::Status AddPageBlocking(uint8_t table,
                               uint32_t page,
                               std::span<const uint8_t> bytes) override;
  absl::Status CommitBlocking(const CheckpointMeta& meta) override;

  // The next AddPage (after `pages_before` good ones) or Commit fails.
  void FailNextPage(uint64_t pages_before = 0);
  void FailNextCommit();

 private:
  using Pages = std::map<std::pair<uint8_t, uint32_t>, std::vector<uint8_t>>;
  struct Shard {
    std::optional<CheckpointMeta> meta;
    Pages pages;
  };

  std::mutex mutex_;
  std::map<uint16_t, Shard> shards_;       // guarded by mutex_, as all below
  std::optional<uint16_t> writing_shard_;  // between Begin and Commit
  Pages writing_;
  bool page_failure_armed_ = false;
  uint64_t page_failure_after_ = 0;
  bool commit_failure_armed_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_MEMORY_CHECKPOINT_STORE_H_
