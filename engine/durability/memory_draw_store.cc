// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_draw_store.h"

#include <algorithm>

#include "engine/base/status_macros.h"

namespace gonghui {

absl::Status MemoryDrawStore::Usable() const {
  return fail_ ? absl::UnavailableError("draws: as the test asked for") : absl::OkStatus();
}

absl::StatusOr<bool> MemoryDrawStore::PutSeedBlocking(const DrawCode& draw, const Digest& seed) {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  return seeds_.emplace(draw, seed).second;
}

absl::StatusOr<std::optional<Digest>> MemoryDrawStore::GetSeedBlocking(const DrawCode& draw) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = seeds_.find(draw);
  return found == seeds_.end() ? std::optional<Digest>() : found->second;
}

absl::Status MemoryDrawStore::PutEntriesBlocking(const EntryListKey& key,
                                                 std::span<const MemberId> entries) {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  lists_[key].assign(entries.begin(), entries.end());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> MemoryDrawStore::CountEntriesBlocking(
    const EntryListKey& key) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = lists_.find(key);
  return found == lists_.end() ? std::optional<uint32_t>()
                               : static_cast<uint32_t>(found->second.size());
}

absl::StatusOr<std::vector<MemberId>> MemoryDrawStore::GetEntriesBlocking(const EntryListKey& key,
                                                                          uint32_t first,
                                                                          size_t count_max) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = lists_.find(key);
  if (found == lists_.end()) {
    return absl::NotFoundError("draws: there is no such list of entries");
  }
  const std::span<const MemberId> all = found->second;
  const size_t begin = std::min<size_t>(first, all.size());
  const std::span<const MemberId> page =
      all.subspan(begin, std::min(count_max, all.size() - begin));
  return std::vector<MemberId>(page.begin(), page.end());
}

void MemoryDrawStore::Fail(bool fail) {
  const std::lock_guard lock(mutex_);
  fail_ = fail;
}

void MemoryDrawStore::Clear() {
  const std::lock_guard lock(mutex_);
  seeds_.clear();
  lists_.clear();
}

}  // namespace gonghui
