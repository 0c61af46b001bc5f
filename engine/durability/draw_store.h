// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands behind draws, as a port: seeds, which stay secret until all has been drawn, and
// lists of entries, which the ledger knows by their hash alone
// (docs/decisions/0008-vouchers-draws-appointments.md).
//
// A seed is put before its draw is committed, and a list before its draw is closed, so that a
// crash between leaves something that nothing names, and never a hash that nothing stands
// behind.  Neither is ever replaced: who could do that could choose who wins.
//
// Thread safety: any thread.

#ifndef GONGHUI_ENGINE_DURABILITY_DRAW_STORE_H_
#define GONGHUI_ENGINE_DURABILITY_DRAW_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/draw.h"
#include "engine/domain/ids.h"

namespace gonghui {

// Which list of a draw: the one of this SHA-256 (of the member ids in order, each followed by a
// line feed; Draw::entries_hash).  Two who close one draw at once put two lists, and the ledger
// takes one of them.
struct EntryListKey {
  DrawCode draw;
  Digest entries_hash{};

  friend auto operator<=>(const EntryListKey&, const EntryListKey&) = default;
};

class DrawStore {
 public:
  virtual ~DrawStore() = default;

  // Durable when it answers OK.  False: the draw has a seed already (perhaps another one), and
  // keeps it; ask for that then.
  virtual absl::StatusOr<bool> PutSeedBlocking(const DrawCode& draw, const Digest& seed) = 0;
  // Nothing: there is none.  DATA_LOSS: it is damaged, or was sealed with another key.
  virtual absl::StatusOr<std::optional<Digest>> GetSeedBlocking(const DrawCode& draw) const = 0;

  // Durable when it answers OK; the same list may be put again.  Whether the hash is that of
  // the list, the caller has seen to.
  virtual absl::Status PutEntriesBlocking(const EntryListKey& key,
                                          std::span<const MemberId> entries) = 0;
  // Nothing: there is no such list, or only a part of it was put.
  virtual absl::StatusOr<std::optional<uint32_t>> CountEntriesBlocking(
      const EntryListKey& key) const = 0;
  // Places [first, first + count_max) of the list, counted from 0; fewer at its end.
  // NOT_FOUND: there is no such list.  DATA_LOSS says what is damaged.
  virtual absl::StatusOr<std::vector<MemberId>> GetEntriesBlocking(const EntryListKey& key,
                                                                   uint32_t first,
                                                                   size_t count_max) const = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_DRAW_STORE_H_
