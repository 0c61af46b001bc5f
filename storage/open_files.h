// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How many descriptors the store takes for its tables.  Whoever shares the process leaves it
// those: a file of it that can not be opened ends the process.

#ifndef GONGHUI_STORAGE_OPEN_FILES_H_
#define GONGHUI_STORAGE_OPEN_FILES_H_

#include <sys/resource.h>

#include <algorithm>

namespace gonghui {

// Of a process that may open as many as that; beyond, one is closed for each that is opened.
constexpr int TableFilesMax(rlim_t files_max) {
  // RocksDB takes no fewer; and of tables of 256 MB few data folders have as many as the most.
  constexpr rlim_t kMin = 20;
  constexpr rlim_t kMax = 512;
  return static_cast<int>(std::clamp(files_max / 4, kMin, kMax));
}

static_assert(TableFilesMax(RLIM_INFINITY) == 512);
static_assert(TableFilesMax(1'024) == 256);
static_assert(TableFilesMax(16) == 20);

// Of this process, which raises its limit to the highest that the system allows.
inline int TableFilesMax() {
  rlimit limit{};
  return TableFilesMax(::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0);
}

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_OPEN_FILES_H_
