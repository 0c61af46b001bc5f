// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Programme sources in the data folder: column family `programmes`.  storage/FORMAT.md gives
// every key and value.  A text stands apart from what is known about it, so that a list
// reads no texts.

#ifndef GONGHUI_STORAGE_PROGRAMME_SOURCES_H_
#define GONGHUI_STORAGE_PROGRAMME_SOURCES_H_

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/durability/programme_sources.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

class RocksdbProgrammeSources final : public ProgrammeSources {
 public:
  RocksdbProgrammeSources(RocksdbStore& store, uint16_t shard) : store_(store), shard_(shard) {}

  absl::StatusOr<bool> PutDraftBlocking(const DraftName& name,
                                        const SourceFacts& facts,
                                        const std::string& text) override;
  absl::StatusOr<bool> GetDraftBlocking(const DraftName& name,
                                        SourceFacts* facts,
                                        std::string* text) const override;
  absl::StatusOr<std::vector<DraftFacts>> ListDraftsBlocking(const DraftName& first,
                                                             size_t count_max) const override;
  absl::StatusOr<bool> DeleteDraftBlocking(const DraftName& name) override;
  absl::Status PutSourceBlocking(const SourceKey& key,
                                 const SourceFacts& facts,
                                 const std::string& text) override;
  absl::StatusOr<std::optional<SourceFacts>> GetSourceFactsBlocking(
      const SourceKey& key) const override;
  absl::StatusOr<bool> GetSourceBlocking(const SourceKey& key,
                                         SourceFacts* facts,
                                         std::string* text) const override;
  absl::Status PutStagingBlocking(const SourceKey& key, const StagingFacts& facts) override;
  absl::StatusOr<std::optional<StagingFacts>> GetStagingBlocking(
      const SourceKey& key) const override;

 private:
  // REQUIRES: the mutex is held.
  [[nodiscard]] absl::StatusOr<bool> HasRoomForDraft() const;
  absl::Status PutBlocking(const std::string& facts_key,
                           const std::string& text_key,
                           SourceFacts facts,
                           const std::string& text);
  absl::StatusOr<bool> GetFactsBlocking(const std::string& facts_key,
                                        SourceFacts* facts,
                                        uint64_t* text_hash) const;
  absl::StatusOr<bool> GetBlocking(const std::string& facts_key,
                                   const std::string& text_key,
                                   SourceFacts* facts,
                                   std::string* text) const;

  RocksdbStore& store_;
  const uint16_t shard_;
  // A text and what is known about it are put and read together; drafts are counted.
  mutable std::mutex mutex_;
};

// What a key of family `programmes` is about (draws: storage/draw_store.h); the tags are
// stored, do not change.
enum class SourceTag : char {
  kDraftFacts = 'D',
  kDraftText = 'd',
  kSourceFacts = 'S',
  kSourceText = 's',
  kStaging = 'G',
  kDrawSeed = 'W',
  kDrawEntries = 'E',
  kDrawEntriesPage = 'e',
};
std::string DraftKey(uint16_t shard, SourceTag tag, const DraftName& name);
std::string SourceKeyOf(uint16_t shard, SourceTag tag, const SourceKey& key);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_PROGRAMME_SOURCES_H_
