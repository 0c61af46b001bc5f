// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// SimRun::Trace(), whose parts are put together only when somebody reads them.

#ifndef GONGHUI_TESTS_SIMULATION_SIM_TRACE_H_
#define GONGHUI_TESTS_SIMULATION_SIM_TRACE_H_

#include <absl/strings/str_cat.h>

#include "tests/simulation/sim_run.h"

namespace gonghui {

// A part is text, a number, or a function that makes text.
template <class... Parts>
void SimRun::Trace(const Parts&... parts) {
  if (plan_.trace == nullptr) {
    return;
  }
  std::string line;
  const auto add = [&line](const auto& part) {
    if constexpr (requires { part(); }) {
      absl::StrAppend(&line, part());
    } else {
      absl::StrAppend(&line, part);
    }
  };
  (add(parts), ...);
  plan_.trace->push_back(std::move(line));
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_TRACE_H_
