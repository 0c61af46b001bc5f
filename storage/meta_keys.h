// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The keys of column family `meta`; storage/FORMAT.md gives their values.  Stored:
// do not change.

#ifndef GONGHUI_STORAGE_META_KEYS_H_
#define GONGHUI_STORAGE_META_KEYS_H_

#include <cstdint>
#include <string_view>

namespace gonghui {

// Of the whole folder: which families there are, how their keys look, and how the
// rows of tables lie in their pages.  A new record or block version does not change it.
inline constexpr uint32_t kFormatVersion = 10;

inline constexpr std::string_view kFormatKey = "format";

// Each followed by the shard, 2 bytes big-endian.
inline constexpr std::string_view kEpochKey = "epoch/";
inline constexpr std::string_view kCheckpointKey = "checkpoint/";
inline constexpr std::string_view kCheckpointWritingKey = "checkpoint-writing/";
inline constexpr std::string_view kVaultKey = "vault/";

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_META_KEYS_H_
