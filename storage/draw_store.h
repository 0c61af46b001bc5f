// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Seeds and entries of draws in the data folder: column family `programmes`.
// storage/FORMAT.md gives every key and value.  A seed is sealed by the vault: who reads the
// disk can not tell who will win.  A list is written in pages, none of which makes the
// journal's writer wait for long, and its head last; without its head it is not there.

#ifndef GONGHUI_STORAGE_DRAW_STORE_H_
#define GONGHUI_STORAGE_DRAW_STORE_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/durability/draw_store.h"
#include "storage/rocksdb_store.h"
#include "storage/vault.h"

namespace gonghui {

class RocksdbDrawStore final : public DrawStore {
 public:
  RocksdbDrawStore(RocksdbStore& store, uint16_t shard, const Vault& vault)
      : store_(store), shard_(shard), vault_(vault) {}

  absl::StatusOr<bool> PutSeedBlocking(const DrawCode& draw, const Digest& seed) override;
  absl::StatusOr<std::optional<Digest>> GetSeedBlocking(const DrawCode& draw) const override;
  absl::Status PutEntriesBlocking(const EntryListKey& key,
                                  std::span<const MemberId> entries) override;
  absl::StatusOr<std::optional<uint32_t>> CountEntriesBlocking(
      const EntryListKey& key) const override;
  absl::StatusOr<std::vector<MemberId>> GetEntriesBlocking(const EntryListKey& key,
                                                           uint32_t first,
                                                           size_t count_max) const override;

 private:
  RocksdbStore& store_;
  const uint16_t shard_;
  const Vault& vault_;
  std::mutex mutex_;  // a seed is looked for and put in one step
};

inline constexpr uint32_t kEntriesPerPage = 1'024;

// Keys of family `programmes`, for tools and tests.
std::string DrawSeedKey(uint16_t shard, const DrawCode& draw);
std::string DrawEntriesKey(uint16_t shard, const EntryListKey& list);
std::string DrawEntriesPageKey(uint16_t shard, const EntryListKey& list, uint32_t page);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_DRAW_STORE_H_
