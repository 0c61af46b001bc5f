// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A bounded lock-free ring, many producers to one consumer (after Vyukov's
// bounded queue): each slot carries the number of the turn it is ready for, so
// producers claim slots with one compare-and-swap and never wait for each other's
// copies, and the consumer sees a slot only when it is whole.
//
// FIFO per producer; between producers, the order in which they claimed.  Push
// fails at once when the ring is full.

#ifndef GONGHUI_ENGINE_PIPELINE_RING_H_
#define GONGHUI_ENGINE_PIPELINE_RING_H_

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "engine/base/cache_line.h"
#include "engine/base/check.h"

namespace gonghui {

template <class T>
class MpscRing {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // REQUIRES: slots is a power of two, at least 2.
  explicit MpscRing(uint32_t slots) : mask_(slots - 1), slots_(new Slot[slots]) {
    GH_CHECK(std::has_single_bit(slots) && slots >= 2, "slots=", slots);
    for (uint32_t i = 0; i < slots; ++i) {
      slots_[i].turn.store(i, std::memory_order_relaxed);
    }
  }

  // Any thread.  False = full.
  [[nodiscard]] bool Push(T value) {
    uint64_t position = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[position & mask_];
      // Acquire: pairs with the consumer's release of the slot in Pop(), so that
      // its read of the old value is over before this write begins.
      const uint64_t turn = slot.turn.load(std::memory_order_acquire);
      if (turn == position) {
        if (tail_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) {
          slot.value = value;
          // Release: publishes the value; pairs with the acquire load in Pop().
          slot.turn.store(position + 1, std::memory_order_release);
          return true;
        }
      } else if (turn < position) {
        return false;  // the consumer has not yet freed the slot of a turn ago
      } else {
        position = tail_.load(std::memory_order_relaxed);
      }
    }
  }

  // The consumer only.  False = nothing is ready.
  [[nodiscard]] bool Pop(T* value) {
    Slot& slot = slots_[head_ & mask_];
    // Acquire: pairs with the producer's release in Push().
    if (slot.turn.load(std::memory_order_acquire) != head_ + 1) {
      return false;
    }
    *value = slot.value;
    // Release: hands the slot to the producer of the next turn.
    slot.turn.store(head_ + mask_ + 1, std::memory_order_release);
    ++head_;
    return true;
  }

  // The consumer only.
  [[nodiscard]] bool Empty() const {
    return slots_[head_ & mask_].turn.load(std::memory_order_acquire) != head_ + 1;
  }

 private:
  struct Slot {
    std::atomic<uint64_t> turn;
    T value;
  };

  const uint64_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  // Producers.
  alignas(kCacheLineBytes) std::atomic<uint64_t> tail_{0};
  // Consumer only.
  alignas(kCacheLineBytes) uint64_t head_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_RING_H_
