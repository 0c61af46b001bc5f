// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/simulation.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/base/clock.h"
#include "tests/simulation/sim_run.h"

namespace gonghui {

SimOutcome Simulate(const SimPlan& plan) {
  return SimRun(plan).Run();
}

SimPlan MakeSmaller(const SimPlan& plan, double seconds) {
  const Clock& clock = SystemClock::Instance();
  const int64_t end_ns = clock.MonotonicNs() + static_cast<int64_t>(seconds * 1e9);
  SimPlan best = plan;
  best.trace = nullptr;
  // Keeps what still fails; false: it does not, or there is no time.
  const auto keep_if_it_fails = [&](SimPlan candidate) {
    if (clock.MonotonicNs() >= end_ns) {
      return false;
    }
    if (Simulate(candidate).problem.empty()) {
      return false;
    }
    best = std::move(candidate);
    return true;
  };
  // What comes after it does not matter, unless the problem is how it comes to rest then.
  SimPlan shorter = best;
  shorter.commands = Simulate(best).commands;
  if (!keep_if_it_fails(shorter)) {
    ++shorter.commands;
    keep_if_it_fails(std::move(shorter));
  }
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    SimPlan fewer = best;
    fewer.faults = best.faults.Without(static_cast<SimFault>(i));
    if (fewer.faults.bits() != best.faults.bits()) {
      keep_if_it_fails(std::move(fewer));
    }
  }
  // Halves, quarters ... of the commands that are left.
  for (size_t part = std::max<size_t>(best.commands / 2, 1); part > 0; part /= 2) {
    for (size_t from = 0; from < best.commands; from += part) {
      SimPlan fewer = best;
      for (size_t i = from; i < std::min(from + part, best.commands); ++i) {
        fewer.left_out.insert(i);
      }
      if (fewer.left_out.size() != best.left_out.size()) {
        keep_if_it_fails(std::move(fewer));
      }
    }
  }
  return best;
}

std::string ReplayText(const SimPlan& plan) {
  std::string text = absl::StrCat("--seed ", plan.seed, " --commands ", plan.commands);
  if (plan.faults.bits() != SimFaults::All().bits()) {
    absl::StrAppendFormat(&text, " --faults 0x%x", plan.faults.bits());
  }
  if (!plan.left_out.empty()) {
    text += " --leave-out ";
    const char* comma = "";
    for (auto at = plan.left_out.begin(); at != plan.left_out.end();) {
      const size_t first = *at;
      size_t last = first;
      while (++at != plan.left_out.end() && *at == last + 1) {
        ++last;
      }
      absl::StrAppend(&text, comma, first);
      if (last != first) {
        absl::StrAppend(&text, "-", last);
      }
      comma = ",";
    }
  }
  return text;
}

}  // namespace gonghui
