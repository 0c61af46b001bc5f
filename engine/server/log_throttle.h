// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lets only so many lines of a kind into the log, and counts the others: for what whoever
// connects can cause as often as they like.

#ifndef GONGHUI_ENGINE_SERVER_LOG_THROTTLE_H_
#define GONGHUI_ENGINE_SERVER_LOG_THROTTLE_H_

#include <cstdint>
#include <mutex>

namespace gonghui {

// Any thread.
class LogThrottle {
 public:
  // At most `lines_max` lines in every `window_ns`.
  LogThrottle(int64_t lines_max, int64_t window_ns)
      : lines_max_(lines_max), window_ns_(window_ns) {}

  // False: not this line.  *left_out: how many were not written before this one.
  // `now_ns` is monotonic.
  bool Pass(int64_t now_ns, uint64_t* left_out) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_ == 0 || now_ns - window_begin_ns_ >= window_ns_) {
      window_begin_ns_ = now_ns;
      lines_ = 0;
    }
    if (lines_ == lines_max_) {
      ++left_out_;
      return false;
    }
    ++lines_;
    *left_out = left_out_;
    left_out_ = 0;
    return true;
  }

  // As if no line had come yet.
  void Restart() {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_ = 0;
    left_out_ = 0;
  }

 private:
  const int64_t lines_max_;
  const int64_t window_ns_;

  std::mutex mutex_;
  int64_t window_begin_ns_ = 0;
  int64_t lines_ = 0;  // of this window
  uint64_t left_out_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_LOG_THROTTLE_H_
