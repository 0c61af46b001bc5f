// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A number that two files share when they say the same, whatever their comments,
// spaces and order of keys.

#ifndef GONGHUI_ENGINE_PROGRAMMES_CONTENT_HASH_H_
#define GONGHUI_ENGINE_PROGRAMMES_CONTENT_HASH_H_

#include <cstdint>

namespace gonghui {

struct CompiledFile;

// Never 0.  Ignores file.programme.content_hash and file.places.
[[nodiscard]] uint64_t ContentHash(const CompiledFile& file);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_CONTENT_HASH_H_
