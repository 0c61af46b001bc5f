// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How much memory the kernel backs this process with.

#ifndef GONGHUI_BENCH_RESIDENT_H_
#define GONGHUI_BENCH_RESIDENT_H_

#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "engine/base/check.h"

namespace gonghui {

// Tables and indexes reserve far more address space than they use, so only what is resident
// says what they take.
inline int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t mapped_pages = 0;
  int64_t resident_pages = 0;
  file >> mapped_pages >> resident_pages;
  GH_CHECK(file.good() && resident_pages > 0, "resident_pages=", resident_pages);
  return resident_pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace gonghui

#endif  // GONGHUI_BENCH_RESIDENT_H_
