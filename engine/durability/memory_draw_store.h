// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Seeds and entries of draws in memory, for tests and for a server without a folder.
//
// Thread safety: any thread (one mutex).

#ifndef GONGHUI_ENGINE_DURABILITY_MEMORY_DRAW_STORE_H_
#define GONGHUI_ENGINE_DURABILITY_MEMORY_DRAW_STORE_H_

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/durability/draw_store.h"

namespace gonghui {

class MemoryDrawStore final : public DrawStore {
 public:
  absl::StatusOr<bool> PutSeedBlocking(const DrawCode& draw, const Digest& seed) override;
  absl::StatusOr<std::optional<Digest>> GetSeedBlocking(const DrawCode& draw) const override;
  absl::Status PutEntriesBlocking(const EntryListKey& key,
                                  std::span<const MemberId> entries) override;
  absl::StatusOr<std::optional<uint32_t>> CountEntriesBlocking(
      const EntryListKey& key) const override;
  absl::StatusOr<std::vector<MemberId>> GetEntriesBlocking(const EntryListKey& key,
                                                           uint32_t first,
                                                           size_t count_max) const override;

  // Every call answers UNAVAILABLE, until it is called with false.
  void Fail(bool fail);
  // As if all were lost.
  void Clear();

 private:
  // REQUIRES: the mutex is held.
  [[nodiscard]] absl::Status Usable() const;

  mutable std::mutex mutex_;
  std::map<DrawCode, Digest> seeds_;
  std::map<EntryListKey, std::vector<MemberId>> lists_;
  bool fail_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_MEMORY_DRAW_STORE_H_
