// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Populates memory ahead of the ledger thread, so that a page fault (half a
// millisecond for a huge page) is nobody's answer's delay; and gives memory back behind
// it, which costs as much.
//
// Both are asked for by one thread, which never waits.  To populate may be ignored: memory
// that is not populated in time is populated by its first write.

#ifndef GONGHUI_ENGINE_PIPELINE_MEMORY_THREAD_H_
#define GONGHUI_ENGINE_PIPELINE_MEMORY_THREAD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "engine/base/thread_name.h"
#include "engine/base/virtual_array.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/ring.h"

namespace gonghui {

class MemoryThread {
 public:
  MemoryThread() : tasks_(kTasks) {}
  // Until then what is asked for waits.
  void Start() {
    thread_ = std::thread([this] {
      SetThreadName("memory");
      Run();
    });
  }
  ~MemoryThread() { Stop(); }
  MemoryThread(const MemoryThread&) = delete;
  MemoryThread& operator=(const MemoryThread&) = delete;

  // REQUIRES: what owns the range outlives the thread, or gives back no more than
  // address space that nobody else then maps to lasting effect: populating memory
  // changes no content.
  // False: it is behind, and does not take this on.
  bool Ask(MemoryRange range) { return Add({range, /*release=*/false}); }

  // False: not now; ask again.
  // REQUIRES: what owns the range outlives the thread, and nobody uses it any more.
  [[nodiscard]] bool AskToRelease(MemoryRange range) { return Add({range, /*release=*/true}); }

  // All that was asked for is done.
  [[nodiscard]] bool idle() const { return to_do_.load(std::memory_order_relaxed) == 0; }

  // Idempotent; what was asked for and not done stays undone.
  void Stop() {
    stopping_.store(true, std::memory_order_seq_cst);
    bell_.Ring();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  struct Task {
    MemoryRange range;
    bool release = false;
  };

  static constexpr uint32_t kTasks = 64;
  static constexpr size_t kSliceBytes = size_t{2} << 20;
  static constexpr int64_t kSleepNsMax = 1'000'000'000;

  bool Add(const Task& task) {
    to_do_.fetch_add(1, std::memory_order_relaxed);
    if (!tasks_.Push(task)) {
      to_do_.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    bell_.Ring();
    return true;
  }

  void Run() {
    Task task;  // what is still to do
    while (!stopping_.load(std::memory_order_acquire)) {
      // A slice at a time: the kernel holds a lock of the process's memory map while it
      // populates, and the ledger thread needs that lock to map an index's next arena.
      if (task.range.size != 0 || tasks_.Pop(&task)) {
        MemoryRange& range = task.range;
        const size_t slice = range.size < kSliceBytes ? range.size : kSliceBytes;
        task.release ? ReleaseMemory({range.data, slice}) : PopulateMemory({range.data, slice});
        range = {static_cast<char*>(range.data) + slice, range.size - slice};
        if (range.size == 0) {
          to_do_.fetch_sub(1, std::memory_order_relaxed);
        }
        continue;
      }
      bell_.Prepare();
      if (!tasks_.Empty() || stopping_.load(std::memory_order_seq_cst)) {
        bell_.Cancel();
      } else {
        bell_.Sleep(kSleepNsMax);
      }
    }
  }

  MpscRing<Task> tasks_;
  std::atomic<uint32_t> to_do_{0};  // of tasks that were taken on
  std::atomic<bool> stopping_{false};
  Doorbell bell_;
  std::thread thread_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_MEMORY_THREAD_H_
