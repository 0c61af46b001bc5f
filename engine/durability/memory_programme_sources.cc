// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_programme_sources.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"

namespace gonghui {

absl::Status MemoryProgrammeSources::Usable() const {
  const bool once = std::exchange(fail_once_, false);
  return fail_ || once ? absl::UnavailableError("programme sources: as the test asked for")
                       : absl::OkStatus();
}

absl::StatusOr<bool> MemoryProgrammeSources::PutDraftBlocking(const DraftName& name,
                                                              const SourceFacts& facts,
                                                              const std::string& text) {
  GH_RETURN_IF_ERROR(CheckSource(facts, text));
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const bool is_new = drafts_.find(name) == drafts_.end();
  if (is_new && drafts_.size() >= kDraftsMax) {
    return absl::ResourceExhaustedError(absl::StrCat("there are ", kDraftsMax, " drafts"));
  }
  Entry& entry = drafts_[name];
  entry = {facts, text};
  entry.facts.text_bytes = static_cast<uint32_t>(text.size());
  return is_new;
}

absl::StatusOr<bool> MemoryProgrammeSources::GetDraftBlocking(const DraftName& name,
                                                              SourceFacts* facts,
                                                              std::string* text) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = drafts_.find(name);
  if (found == drafts_.end()) {
    return false;
  }
  *facts = found->second.facts;
  *text = found->second.text;
  return true;
}

absl::StatusOr<std::vector<DraftFacts>> MemoryProgrammeSources::ListDraftsBlocking(
    const DraftName& first, size_t count_max) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  std::vector<DraftFacts> drafts;
  for (auto it = drafts_.lower_bound(first); it != drafts_.end() && drafts.size() < count_max;
       ++it) {
    drafts.push_back({it->first, it->second.facts});
  }
  return drafts;
}

absl::StatusOr<bool> MemoryProgrammeSources::DeleteDraftBlocking(const DraftName& name) {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  return drafts_.erase(name) > 0;
}

absl::Status MemoryProgrammeSources::PutSourceBlocking(const SourceKey& key,
                                                       const SourceFacts& facts,
                                                       const std::string& text) {
  GH_RETURN_IF_ERROR(CheckSource(facts, text));
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  Entry& entry = sources_[key];
  entry = {facts, text};
  entry.facts.text_bytes = static_cast<uint32_t>(text.size());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SourceFacts>> MemoryProgrammeSources::GetSourceFactsBlocking(
    const SourceKey& key) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = sources_.find(key);
  return found == sources_.end() ? std::optional<SourceFacts>() : found->second.facts;
}

absl::StatusOr<bool> MemoryProgrammeSources::GetSourceBlocking(const SourceKey& key,
                                                               SourceFacts* facts,
                                                               std::string* text) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = sources_.find(key);
  if (found == sources_.end()) {
    return false;
  }
  *facts = found->second.facts;
  *text = found->second.text;
  return true;
}

absl::Status MemoryProgrammeSources::PutStagingBlocking(const SourceKey& key,
                                                        const StagingFacts& facts) {
  GH_RETURN_IF_ERROR(CheckStaging(facts));
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  stagings_[key] = facts;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<StagingFacts>> MemoryProgrammeSources::GetStagingBlocking(
    const SourceKey& key) const {
  const std::lock_guard lock(mutex_);
  GH_RETURN_IF_ERROR(Usable());
  const auto found = stagings_.find(key);
  return found == stagings_.end() ? std::optional<StagingFacts>() : found->second;
}

void MemoryProgrammeSources::Fail(bool fail) {
  const std::lock_guard lock(mutex_);
  fail_ = fail;
}

void MemoryProgrammeSources::FailOnce() {
  const std::lock_guard lock(mutex_);
  fail_once_ = true;
}

void MemoryProgrammeSources::Clear() {
  const std::lock_guard lock(mutex_);
  drafts_.clear();
  sources_.clear();
  stagings_.clear();
}

}  // namespace gonghui
