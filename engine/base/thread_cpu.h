// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How much a thread has worked.  No clock for anything that is decided: it tells a thread
// that is busy from one that the machine does not let run.

#ifndef GONGHUI_ENGINE_BASE_THREAD_CPU_H_
#define GONGHUI_ENGINE_BASE_THREAD_CPU_H_

#include <pthread.h>

#include <cstdint>

namespace gonghui {

// Processor time so far.  REQUIRES: the thread has not been joined.
int64_t ThreadCpuNs(pthread_t thread);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_THREAD_CPU_H_
