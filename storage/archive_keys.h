// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The keys of column families `archive` and `archive_ids`, and the values of the latter;
// storage/FORMAT.md gives every byte.  Stored: do not change.

#ifndef GONGHUI_STORAGE_ARCHIVE_KEYS_H_
#define GONGHUI_STORAGE_ARCHIVE_KEYS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <absl/status/statusor.h>

#include "engine/domain/archive.h"
#include "engine/domain/ids.h"

namespace gonghui {

// A tombstone has the seq of its reversal, and stands behind it.
struct ArchivePlace {
  CommandSeq seq;
  bool tombstone = false;

  friend constexpr auto operator<=>(const ArchivePlace&, const ArchivePlace&) = default;
};

// Of family `archive`; the value is archived_codec.h's.  In order of seq.
std::string ArchiveKey(uint16_t shard, CommandSeq seq, bool tombstone);
absl::StatusOr<ArchivePlace> ParseArchiveKey(std::string_view key);

// Of family `archive_ids`; the value is a place.  In order of the id's bytes, then of the
// terminal's text.
std::string ArchiveIdKey(uint16_t shard, const RequestId& id, const TerminalId& terminal);
std::string ArchiveNameKey(uint16_t shard, const AdviceName& name);
std::string ArchiveIdValue(CommandSeq seq, bool tombstone);
absl::StatusOr<ArchivePlace> ParseArchiveIdValue(std::string_view value);

// What a key of `archive_ids` is of.
struct ArchivedRequest {
  RequestId id;
  TerminalId terminal;

  friend constexpr bool operator==(const ArchivedRequest&, const ArchivedRequest&) = default;
};
absl::StatusOr<std::variant<ArchivedRequest, AdviceName>> ParseArchiveIdKey(std::string_view key);

// All of one shard's keys begin with it, in both families.
std::string ArchiveShardPrefix(uint16_t shard);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ARCHIVE_KEYS_H_
