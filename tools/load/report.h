// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a run looks like to people and to scripts.

#ifndef GONGHUI_TOOLS_LOAD_REPORT_H_
#define GONGHUI_TOOLS_LOAD_REPORT_H_

#include <cstdint>
#include <string>
#include <utility>

#include "tools/load/options.h"
#include "tools/load/stalls.h"
#include "tools/load/stats.h"

namespace gonghui::load {

struct RunResult {
  explicit RunResult(Stalls stalls_in) : stalls(std::move(stalls_in)) {}

  int64_t from_ns = 0;  // when the window began, by the monotonic clock
  double window_s = 0;
  uint64_t unsent = 0;
  uint64_t checked = 0;
  uint64_t failed = 0;
  uint64_t wrong = 0;
  Stats unary;
  Stats stream;
  Stalls stalls;
};

// One line for the terminal, e.g. "   3 s  28,310/s  p50 8.9 ms  p99 14 ms  errors 0".
std::string ProgressLine(double elapsed_s, bool warming_up, double window_s, const Stats& window);

// The table at the end.
std::string SummaryTable(const Options& options, const RunResult& result);

// One JSON object.
std::string SummaryJson(const Options& options, const RunResult& result);

// "12,345,678".
std::string WithCommas(uint64_t number);

// Three digits and a unit: "8.94 ms".
std::string Duration(uint64_t ns);

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_REPORT_H_
