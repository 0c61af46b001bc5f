// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/thread_cpu.h"

#include <time.h>

namespace gonghui {

int64_t ThreadCpuNs(pthread_t thread) {
  clockid_t clock{};
  timespec t{};
  // A thread that has ended and is not joined yet has no clock, and works no more.
  if (::pthread_getcpuclockid(thread, &clock) != 0 || ::clock_gettime(clock, &t) != 0) {
    return 0;
  }
  return int64_t{t.tv_sec} * 1'000'000'000 + int64_t{t.tv_nsec};
}

}  // namespace gonghui
