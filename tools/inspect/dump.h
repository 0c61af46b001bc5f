// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Events of the journal as JSON, one line each.  There is no personal data in the
// journal; card numbers are shortened to their first six and last four digits
// unless asked for in full.

#ifndef GONGHUI_TOOLS_INSPECT_DUMP_H_
#define GONGHUI_TOOLS_INSPECT_DUMP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "engine/domain/event.h"
#include "engine/durability/journal.h"

namespace gonghui {

struct DumpOptions {
  uint16_t shard = 0;
  uint64_t from_seq = 1;
  uint64_t to_seq = UINT64_MAX;  // included
  std::optional<EventKind> kind;
  bool full_cards = false;
};

// Calls write for every line.  DATA_LOSS tells damage and where; the lines before
// it are written.  OUT_OF_RANGE: the journal ends before from_seq, and where.
absl::Status DumpBlocking(Journal& journal,
                          const DumpOptions& options,
                          const std::function<void(std::string_view line)>& write);

std::string LineOf(const Event& event, uint16_t shard, bool full_cards);

// 2026-11-24T00:00:00.123456789Z
std::string TimeText(TimestampNs at);

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_DUMP_H_
