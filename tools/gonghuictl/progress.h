// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How far a long import is: a bar that is drawn again and again on a terminal,
// a line every five seconds elsewhere (a log), or nothing.

#ifndef GONGHUI_TOOLS_GONGHUICTL_PROGRESS_H_
#define GONGHUI_TOOLS_GONGHUICTL_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "engine/base/clock.h"

namespace gonghui::ctl {

struct ProgressNumbers {
  uint64_t rows_done = 0;
  uint64_t rows_total = 0;
  uint64_t rows_rejected = 0;
  uint64_t rows_before = 0;  // done by an earlier, interrupted run
  int64_t elapsed_ns = 0;
};

// "members  [#####.....]  50%  50,000/100,000  41,200/s  ETA 1.2 s  3 rejected",
// its bar as wide as `columns` allow.
[[nodiscard]] std::string FormatProgressBar(const std::string& label,
                                            const ProgressNumbers& numbers,
                                            size_t columns);

// The same without a bar, for a log.
[[nodiscard]] std::string FormatProgressLine(const std::string& label,
                                             const ProgressNumbers& numbers);

enum class ProgressMode : uint8_t { kNone, kLines, kBar };

class Progress {
 public:
  Progress(ProgressMode mode, std::string label, std::FILE* file, const Clock* clock);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws when it is time to.
  void Update(ProgressNumbers numbers);

  // Clears the bar, so that something else can be printed.
  void Clear();

  [[nodiscard]] int64_t elapsed_ns() const { return clock_->MonotonicNs() - started_ns_; }

 private:
  const ProgressMode mode_;
  const std::string label_;
  std::FILE* const file_;
  const Clock* const clock_;
  const int64_t started_ns_;
  int64_t drawn_ns_;
  bool bar_is_drawn_ = false;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_PROGRESS_H_
