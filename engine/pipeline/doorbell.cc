// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/doorbell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace gonghui {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "the futex word");

void Doorbell::Sleep(int64_t timeout_ns) {
  // std::atomic::wait has no time limit, which expiring holds need.
  timespec timeout{};
  timeout.tv_sec = timeout_ns / 1'000'000'000;
  timeout.tv_nsec = timeout_ns % 1'000'000'000;
  syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, announced_, &timeout, nullptr, 0);
  state_.store(kAwake, std::memory_order_relaxed);
}

void Doorbell::Wake() {
  if (state_.exchange(kAwake, std::memory_order_acq_rel) != kAwake) {
    syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

}  // namespace gonghui
