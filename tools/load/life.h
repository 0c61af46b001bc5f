// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The lives of holds (--lifecycle): what was held is captured, in whole or in part, or
// reversed, and some of what was captured is refunded.
//
//   hold --+-- 75 % capture --+-- 40 % refund
//          |                  `-- 60 % end
//          `-- 25 % reversal
//
// A life waits in the book from its answer until a call is free for its next step.

#ifndef GONGHUI_TOOLS_LOAD_LIFE_H_
#define GONGHUI_TOOLS_LOAD_LIFE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "engine/base/prng.h"
#include "tools/load/answer.h"
#include "tools/load/request.h"

namespace gonghui::load {

inline constexpr uint64_t kReversedPercent = 25;  // of holds
inline constexpr uint64_t kInPartPercent = 33;    // of captures
inline constexpr uint64_t kRefundedPercent = 40;  // of captures
static_assert(kReversedPercent <= 100 && kInPartPercent <= 100 && kRefundedPercent <= 100);

// A life that may go on.
struct Life {
  Step last = Step::kHold;  // or kCapture
  uint32_t terminal = 0;    // index into the workload; only it may go on
  Original original;
};

// What goes on after that request and its answer, which is right; empty when nothing does.
std::optional<Life> LifeAfter(const Sent& sent, const Answer& answer);

// Decides what becomes of a life, as the percentages above: fills in all of `sent` but its
// request_id and stan.  False: it has ended.
bool GoOn(const Life& life, Prng* prng, Sent* sent);

// Lives that wait, the oldest first.  Each came from a call that was answered, and the next
// call to start takes one, so there are never more than calls in flight.
// Thread safety: any thread (in an open loop one thread sends and another receives).
class LifeBook {
 public:
  void Add(const Life& life) {
    const std::lock_guard lock(mutex_);
    lives_.push_back(life);
  }

  // Empty: none waits.
  std::optional<Life> Take() {
    const std::lock_guard lock(mutex_);
    if (lives_.empty()) {
      return std::nullopt;
    }
    std::optional<Life> life = lives_.front();
    lives_.pop_front();
    return life;
  }

  [[nodiscard]] size_t size() const {
    const std::lock_guard lock(mutex_);
    return lives_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Life> lives_;  // mutex_
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_LIFE_H_
