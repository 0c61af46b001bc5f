// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an operator reads in `top -H`, a debugger or a profile instead of the same program's
// name for every thread.

#ifndef GONGHUI_ENGINE_BASE_THREAD_NAME_H_
#define GONGHUI_ENGINE_BASE_THREAD_NAME_H_

#include <pthread.h>

namespace gonghui {

// Of the thread that calls.  At most 15 characters, which is all that Linux keeps; a longer
// name is not taken.
inline void SetThreadName(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_THREAD_NAME_H_
