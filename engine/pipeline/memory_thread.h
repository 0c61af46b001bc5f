// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Populates memory ahead of the ledger thread, so that a page fault (half a
// millisecond for a huge page) is nobody's answer's delay.
//
// Ask() is called by one thread, never waits, and may be ignored: memory that is
// not populated in time is populated by its first write.

#ifndef GONGHUI_ENGINE_PIPELINE_MEMORY_THREAD_H_
#define GONGHUI_ENGINE_PIPELINE_MEMORY_THREAD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "engine/base/virtual_array.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/ring.h"

namespace gonghui {

class MemoryThread {
 public:
  MemoryThread() : ranges_(kRanges), thread_([this] { Run(); }) {}
  ~MemoryThread() { Stop(); }
  MemoryThread(const MemoryThread&) = delete;
  MemoryThread& operator=(const MemoryThread&) = delete;

  // REQUIRES: what owns the range outlives the thread, or gives back no more than
  // address space that nobody else then maps to lasting effect: populating memory
  // changes no content.
  void Ask(MemoryRange range) {
    if (ranges_.Push(range)) {
      bell_.Ring();
    }
  }

  // Idempotent; what was asked for and not done stays undone.
  void Stop() {
    stopping_.store(true, std::memory_order_seq_cst);
    bell_.Ring();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  static constexpr uint32_t kRanges = 64;
  static constexpr size_t kSliceBytes = size_t{2} << 20;
  static constexpr int64_t kSleepNsMax = 1'000'000'000;

  void Run() {
    MemoryRange range;  // what is still to do
    while (!stopping_.load(std::memory_order_acquire)) {
      // A slice at a time: the kernel holds a lock of the process's memory map while it
      // populates, and the ledger thread needs that lock to map an index's next arena.
      if (range.size != 0 || ranges_.Pop(&range)) {
        const size_t slice = range.size < kSliceBytes ? range.size : kSliceBytes;
        PopulateMemory({range.data, slice});
        range = {static_cast<char*>(range.data) + slice, range.size - slice};
        continue;
      }
      bell_.Prepare();
      if (!ranges_.Empty() || stopping_.load(std::memory_order_seq_cst)) {
        bell_.Cancel();
      } else {
        bell_.Sleep(kSleepNsMax);
      }
    }
  }

  MpscRing<MemoryRange> ranges_;
  std::atomic<bool> stopping_{false};
  Doorbell bell_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_MEMORY_THREAD_H_
