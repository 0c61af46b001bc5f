// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts behind programmes, as a port: drafts, which may still be wrong, and the files
// that versions were made from, with what people said about them.
//
// It is side data.  The ledger knows a version by its rows and the hash of its content; when
// a text is lost, no decision is.  Nothing here is therefore written in step with the
// journal: a source is put after its version was made, and a crash between leaves a version
// without one, until the same file is applied again.
//
// Thread safety: any thread.

#ifndef GONGHUI_ENGINE_DURABILITY_PROGRAMME_SOURCES_H_
#define GONGHUI_ENGINE_DURABILITY_PROGRAMME_SOURCES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"

namespace gonghui {

using DraftName = Code<struct DraftNameTag, 4>;

inline constexpr size_t kProgrammeTextBytesMax = 1 << 20;
inline constexpr uint32_t kDraftsMax = 10'000;
// Of UTF-8; who puts checks that it is that.
inline constexpr size_t kSourceFileNameBytesMax = 256;
inline constexpr size_t kSourceAuthorBytesMax = 96;
inline constexpr size_t kSourceNoteBytesMax = 256;

// About a text: what it was called, who put it, why and when.
struct SourceFacts {
  std::string file_name;
  std::string author;
  std::string note;
  TimestampNs at;
  uint32_t text_bytes = 0;        // filled by the store
  uint32_t diagnostic_count = 0;  // of drafts: how many things were wrong with it

  friend bool operator==(const SourceFacts&, const SourceFacts&) = default;
};

struct DraftFacts {
  DraftName name;
  SourceFacts facts;

  friend bool operator==(const DraftFacts&, const DraftFacts&) = default;
};

// Which version's, whatever its number: what it says.
struct SourceKey {
  ProgrammeCode programme;
  uint64_t content_hash = 0;

  friend constexpr auto operator<=>(const SourceKey&, const SourceKey&) = default;
};

// Who changed a version's stage, and why.  It is about the stage that the version has since
// `staged_at`, and about no other.  Of a schedule that is the instant which it is for, so that
// it goes on to tell who scheduled the version when it has become active by it.
struct StagingFacts {
  std::string author;
  std::string note;
  TimestampNs staged_at;

  friend bool operator==(const StagingFacts&, const StagingFacts&) = default;
};

class ProgrammeSources {
 public:
  virtual ~ProgrammeSources() = default;

  // All puts are durable when they answer OK.  INVALID_ARGUMENT: longer than above.

  // Replaces a draft of that name; answers whether there was none.  RESOURCE_EXHAUSTED: there
  // are kDraftsMax others.
  virtual absl::StatusOr<bool> PutDraftBlocking(const DraftName& name,
                                                const SourceFacts& facts,
                                                const std::string& text) = 0;
  // False: there is none.  DATA_LOSS says what is damaged.
  virtual absl::StatusOr<bool> GetDraftBlocking(const DraftName& name,
                                                SourceFacts* facts,
                                                std::string* text) const = 0;
  // Without texts, by name: the first `count_max` from `first` on (none = from the beginning).
  virtual absl::StatusOr<std::vector<DraftFacts>> ListDraftsBlocking(const DraftName& first,
                                                                     size_t count_max) const = 0;
  // False: there is none.
  virtual absl::StatusOr<bool> DeleteDraftBlocking(const DraftName& name) = 0;

  virtual absl::Status PutSourceBlocking(const SourceKey& key,
                                         const SourceFacts& facts,
                                         const std::string& text) = 0;
  // Nothing: there is none.
  virtual absl::StatusOr<std::optional<SourceFacts>> GetSourceFactsBlocking(
      const SourceKey& key) const = 0;
  // False: there is none.
  virtual absl::StatusOr<bool> GetSourceBlocking(const SourceKey& key,
                                                 SourceFacts* facts,
                                                 std::string* text) const = 0;

  // Replaces what was said of the stage before.
  virtual absl::Status PutStagingBlocking(const SourceKey& key, const StagingFacts& facts) = 0;
  // Nothing: nobody has said anything.
  virtual absl::StatusOr<std::optional<StagingFacts>> GetStagingBlocking(
      const SourceKey& key) const = 0;
};

// What a put refuses of itself.
[[nodiscard]] absl::Status CheckSource(const SourceFacts& facts, const std::string& text);
[[nodiscard]] absl::Status CheckStaging(const StagingFacts& facts);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_PROGRAMME_SOURCES_H_
