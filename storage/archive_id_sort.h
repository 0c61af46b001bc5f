// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts request ids in the order of their keys, as many as the disk holds: sorted runs
// of what fits in memory, then a merge of all runs.
//
// Thread safety: none.

#ifndef GONGHUI_STORAGE_ARCHIVE_ID_SORT_H_
#define GONGHUI_STORAGE_ARCHIVE_ID_SORT_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "engine/domain/ids.h"

namespace gonghui {

// A request id and whose it is.  Their order is that of the keys in the data folder:
// the id's bytes, then the terminal's text (domain/code.h).
struct ArchivedId {
  RequestId id;
  TerminalId terminal;
  CommandSeq seq;

  friend constexpr auto operator<=>(const ArchivedId&, const ArchivedId&) = default;
};
static_assert(sizeof(ArchivedId) == 40);

class ArchiveIdSort {
 public:
  // Runs are written to `folder`, which exists and whose files are the caller's to
  // remove.  Memory: 40 bytes for each of `in_memory_max`.
  ArchiveIdSort(std::string folder, size_t in_memory_max);

  // RESOURCE_EXHAUSTED: the disk is full.
  absl::Status AddBlocking(const ArchivedId& id);
  // All of them, in order; once, after the last.  Ends early with what `visit` answers
  // when that is not OK.
  absl::Status ForEachBlocking(const std::function<absl::Status(const ArchivedId&)>& visit);

  [[nodiscard]] uint64_t count() const { return count_; }

 private:
  absl::Status WriteRunBlocking();

  const std::string folder_;
  const size_t in_memory_max_;
  uint64_t count_ = 0;
  std::vector<ArchivedId> ids_;
  std::vector<std::string> runs_;  // paths
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ARCHIVE_ID_SORT_H_
