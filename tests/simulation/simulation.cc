// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/simulation.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/base/clock.h"
#include "tests/simulation/rush.h"
#include "tests/simulation/sim_run.h"

namespace gonghui {

namespace {

// One that makes a plan smaller keeps what still fails.
class Shrinker {
 public:
  Shrinker(const SimPlan& plan, double seconds, const std::function<bool(const SimPlan&)>& fails)
      : end_ns_(SystemClock::Instance().MonotonicNs() + static_cast<int64_t>(seconds * 1e9)),
        fails_(fails),
        best_(plan) {
    best_.trace = nullptr;
  }

  [[nodiscard]] const SimPlan& best() const { return best_; }

  // False: it does not fail, or there is no time.
  bool KeepIfItFails(SimPlan candidate) {
    if (SystemClock::Instance().MonotonicNs() >= end_ns_ || !fails_(candidate)) {
      return false;
    }
    best_ = std::move(candidate);
    return true;
  }

  // The fewest commands from the first one on, if fewer always fail less.
  void ShortenByBisection() {
    size_t enough = best_.commands;
    size_t too_few = 0;
    while (too_few + 1 < enough) {
      SimPlan shorter = best_;
      shorter.commands = too_few + (enough - too_few) / 2;
      const size_t tried = shorter.commands;
      (KeepIfItFails(std::move(shorter)) ? enough : too_few) = tried;
    }
  }

  void LeaveOutFaults() {
    for (size_t i = 0; i < kSimFaultCount; ++i) {
      SimPlan fewer = best_;
      fewer.faults = best_.faults.Without(static_cast<SimFault>(i));
      if (fewer.faults.bits() != best_.faults.bits()) {
        KeepIfItFails(std::move(fewer));
      }
    }
  }

  // Halves, quarters ... of the commands that are left.
  void LeaveOutCommands() {
    for (size_t part = std::max<size_t>(best_.commands / 2, 1); part > 0; part /= 2) {
      for (size_t from = 0; from < best_.commands; from += part) {
        SimPlan fewer = best_;
        for (size_t i = from; i < std::min(from + part, best_.commands); ++i) {
          fewer.left_out.insert(i);
        }
        if (fewer.left_out.size() != best_.left_out.size()) {
          KeepIfItFails(std::move(fewer));
        }
      }
    }
  }

 private:
  const int64_t end_ns_;
  const std::function<bool(const SimPlan&)>& fails_;
  SimPlan best_;
};

}  // namespace

SimOutcome Simulate(const SimPlan& plan) {
  return plan.rush ? SimulateRush(plan) : SimRun(plan).Run();
}

SimPlan MakeSmaller(const SimPlan& plan, double seconds) {
  return MakeSmaller(
      plan, seconds, [](const SimPlan& candidate) { return !Simulate(candidate).problem.empty(); });
}

SimPlan MakeSmaller(const SimPlan& plan,
                    double seconds,
                    const std::function<bool(const SimPlan&)>& fails) {
  Shrinker shrinker(plan, seconds, fails);
  if (plan.rush) {
    // Any part of it is like any other: all that matters is how much there is.
    shrinker.ShortenByBisection();
    shrinker.LeaveOutFaults();
    shrinker.ShortenByBisection();
    return shrinker.best();
  }
  // What comes after it does not matter, unless the problem is how it comes to rest then.
  SimPlan shorter = shrinker.best();
  shorter.commands = Simulate(shorter).commands;
  if (!shrinker.KeepIfItFails(shorter)) {
    ++shorter.commands;
    shrinker.KeepIfItFails(std::move(shorter));
  }
  shrinker.LeaveOutFaults();
  shrinker.LeaveOutCommands();
  return shrinker.best();
}

std::string ReplayText(const SimPlan& plan) {
  std::string text =
      absl::StrCat(plan.rush ? "--rush " : "", "--seed ", plan.seed, " --commands ", plan.commands);
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
