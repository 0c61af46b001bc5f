// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_checkpoint_store.h"

#include "engine/base/status_macros.h"

namespace gonghui {

absl::StatusOr<std::optional<CheckpointMeta>> MemoryCheckpointStore::LatestBlocking(
    uint16_t shard) {
  const std::scoped_lock lock(mutex_);
  return shards_[shard].meta;
}

absl::Status MemoryCheckpointStore::LoadBlocking(uint16_t shard, const PageVisitor& visit) {
  Pages pages;
  {
    const std::scoped_lock lock(mutex_);
    if (!shards_[shard].meta) {
      return absl::NotFoundError("there is no checkpoint");
    }
    pages = shards_[shard].pages;
  }
  for (const auto& [key, bytes] : pages) {
    GH_RETURN_IF_ERROR(visit(key.first, key.second, bytes));
  }
  return absl::OkStatus();
}

absl::Status MemoryCheckpointStore::BeginBlocking(uint16_t shard) {
  const std::scoped_lock lock(mutex_);
  writing_shard_ = shard;
  writing_.clear();
  return absl::OkStatus();
}

absl::Status MemoryCheckpointStore::AddPageBlocking(uint8_t table,
                                                    uint32_t page,
                                                    std::span<const uint8_t> bytes) {
  const std::scoped_lock lock(mutex_);
  if (!writing_shard_) {
    return absl::FailedPreconditionError("no checkpoint is being written");
  }
  if (page_failure_armed_ && page_failure_after_-- == 0) {
    page_failure_armed_ = false;
    return absl::UnavailableError("injected failure");
  }
  writing_[{table, page}].assign(bytes.begin(), bytes.end());
  return absl::OkStatus();
}

absl::Status MemoryCheckpointStore::CommitBlocking(const CheckpointMeta& meta) {
  const std::scoped_lock lock(mutex_);
  if (writing_shard_ != meta.shard) {
    return absl::FailedPreconditionError("no checkpoint of this shard is being written");
  }
  if (commit_failure_armed_) {
    commit_failure_armed_ = false;
    return absl::UnavailableError("injected failure");
  }
  Shard& shard = shards_[meta.shard];
  for (auto& [key, bytes] : writing_) {
    shard.pages[key] = std::move(bytes);
  }
  std::erase_if(shard.pages, [&meta](const auto& page) {
    return page.first.second < meta.first_pages[page.first.first];
  });
  shard.meta = meta;
  writing_.clear();
  writing_shard_.reset();
  return absl::OkStatus();
}

void MemoryCheckpointStore::FailNextPage(uint64_t pages_before) {
  const std::scoped_lock lock(mutex_);
  page_failure_armed_ = true;
  page_failure_after_ = pages_before;
}

void MemoryCheckpointStore::FailNextCommit() {
  const std::scoped_lock lock(mutex_);
  commit_failure_armed_ = true;
}

}  // namespace gonghui
