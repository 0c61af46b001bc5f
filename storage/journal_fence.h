// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What all the journals on one store share, so that of two objects that write to a shard only the
// one that acquired it last does.

#ifndef GONGHUI_STORAGE_JOURNAL_FENCE_H_
#define GONGHUI_STORAGE_JOURNAL_FENCE_H_

#include <cstdint>
#include <map>
#include <mutex>

namespace gonghui {

struct JournalFence {
  // Held by an append from its look at the epoch until its block is written, and by whoever
  // acquires a shard from its look at the last block until the new epoch is.
  std::mutex mutex;
  // Of shards that have been acquired since the store was opened, as `meta` has them.
  std::map<uint16_t, uint64_t> epochs;
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_JOURNAL_FENCE_H_
