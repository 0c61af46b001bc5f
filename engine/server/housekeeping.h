// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the process does beside serving: it waits for signals.  Never on the hot
// path.
//
// The first SIGTERM or SIGINT drains.  A second one ends the process at once,
// and so does a drain that takes too long: both are safe, because every answer
// that left was durable before.

#ifndef GONGHUI_ENGINE_SERVER_HOUSEKEEPING_H_
#define GONGHUI_ENGINE_SERVER_HOUSEKEEPING_H_

#include <cstdint>
#include <functional>

namespace gonghui {

// Blocks until a signal came and drain(), called on a thread of its own, has
// returned.  `ready` is called when signals are heard, so that who waits for what it says
// may send one at once.  `drain_ms_max`: past it the process ends with exit code 1.
void RunUntilSignal(const std::function<void()>& ready,
                    const std::function<void()>& drain,
                    int64_t drain_ms_max);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_HOUSEKEEPING_H_
