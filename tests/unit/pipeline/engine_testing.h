// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What tests of the engine share: a clock that they move, submissions with their memory,
// and something to hold the ledger thread up with.

#ifndef GONGHUI_TESTS_UNIT_PIPELINE_ENGINE_TESTING_H_
#define GONGHUI_TESTS_UNIT_PIPELINE_ENGINE_TESTING_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"

namespace gonghui {

// A clock that stands at the city's noon until a test moves it; monotonic time
// runs with it.
class HandClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return now_ns_.load(); }
  [[nodiscard]] int64_t MonotonicNs() const override { return now_ns_.load(); }
  void Advance(int64_t ns) { now_ns_.fetch_add(ns); }

 private:
  std::atomic<int64_t> now_ns_{kCityNoon.value()};
};

// Counts completions, and waits for them.
class CompletionCount final : public Completions {
 public:
  void Complete(Submission* first) override {
    const std::lock_guard lock(mutex_);
    for (; first != nullptr; first = first->next) {
      order_.push_back(first);
    }
    changed_.notify_all();
  }
  void WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return order_.size() >= count; });
  }
  [[nodiscard]] std::vector<Submission*> order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Submission*> order_;
};

// A unit of work with its memory.
struct Work {
  explicit Work(std::vector<Command> list) : commands(std::move(list)), results(commands.size()) {
    submission.commands = commands;
    submission.results = results.data();
  }
  std::vector<Command> commands;
  std::vector<Result> results;
  Submission submission;
};

// Keeps the ledger thread busy from its construction until Release(), so that what is
// submitted meanwhile waits in the rings.
class Plug {
 public:
  explicit Plug(Engine& engine) {
    submission_.inspect = [](const Ledger&, void* argument) {
      auto* const plug = static_cast<Plug*>(argument);
      plug->inside_.count_down();
      plug->released_.wait();
    };
    submission_.inspect_argument = this;
    submission_.completions = &counter_;
    GH_CHECK(engine.Submit(&submission_));
    inside_.wait();
  }
  ~Plug() { counter_.WaitFor(1); }
  void Release() { released_.count_down(); }

 private:
  std::latch inside_{1};
  std::latch released_{1};
  Submission submission_;
  CompletionCount counter_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_PIPELINE_ENGINE_TESTING_H_
