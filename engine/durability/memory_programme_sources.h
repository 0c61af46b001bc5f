// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Programme sources in memory, for tests and for a server without a folder.
//
// Thread safety: any thread (one mutex).

#ifndef GONGHUI_ENGINE_DURABILITY_MEMORY_PROGRAMME_SOURCES_H_
#define GONGHUI_ENGINE_DURABILITY_MEMORY_PROGRAMME_SOURCES_H_

#include <map>
#include <mutex>
#include <string>

#include "engine/durability/programme_sources.h"

namespace gonghui {

class MemoryProgrammeSources final : public ProgrammeSources {
 public:
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

  // Every call answers UNAVAILABLE, until it is called with false.
  void Fail(bool fail);
  // The next call alone does.
  void FailOnce();
  // As if all were lost.
  void Clear();

 private:
  struct Entry {
    SourceFacts facts;
    std::string text;
  };
  // REQUIRES: the mutex is held.
  [[nodiscard]] absl::Status Usable() const;

  mutable std::mutex mutex_;
  std::map<DraftName, Entry> drafts_;
  std::map<SourceKey, Entry> sources_;
  std::map<SourceKey, StagingFacts> stagings_;
  bool fail_ = false;
  mutable bool fail_once_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_MEMORY_PROGRAMME_SOURCES_H_
