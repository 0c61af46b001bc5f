// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lets one thread sleep until others have work for it, at no cost to them while
// it is awake.
//
//   sleeper:  bell.Prepare();  if (there is work) bell.Cancel(); else bell.Sleep(ns);
//   others:   publish the work;  bell.Ring();
//
// A sleeper that could not do much with a little work anyhow, because it waits for
// something larger, prepares to doze: RingSoftly() then does not wake it.
//
// No wake-up is lost: Prepare() and Ring() each put a full fence between their
// own store and their look at the other's, so at least one of the two sees it.

#ifndef GONGHUI_ENGINE_PIPELINE_DOORBELL_H_
#define GONGHUI_ENGINE_PIPELINE_DOORBELL_H_

#include <atomic>
#include <cstdint>

#include "engine/base/cache_line.h"

namespace gonghui {

class alignas(kCacheLineBytes) Doorbell {
 public:
  // The sleeper only.
  void Prepare() { Announce(kAsleep); }
  void PrepareToDoze() { Announce(kDozing); }
  void Cancel() { state_.store(kAwake, std::memory_order_relaxed); }
  // Until Ring() or `timeout_ns` have passed; may return early.
  void Sleep(int64_t timeout_ns);

  // Anyone.
  void Ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (state_.load(std::memory_order_relaxed) != kAwake) [[unlikely]] {
      Wake();
    }
  }
  // Wakes a sleeper, not a dozer.
  void RingSoftly() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (state_.load(std::memory_order_relaxed) == kAsleep) [[unlikely]] {
      Wake();
    }
  }

 private:
  static constexpr uint32_t kAwake = 0;
  static constexpr uint32_t kAsleep = 1;
  static constexpr uint32_t kDozing = 2;

  void Announce(uint32_t how) {
    announced_ = how;
    state_.store(how, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  void Wake();

  std::atomic<uint32_t> state_{kAwake};
  uint32_t announced_ = kAwake;  // the sleeper's
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_DOORBELL_H_
