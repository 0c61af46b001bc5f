// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/checker.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

#include <absl/container/flat_hash_set.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "tests/linearizability/model.h"

namespace gonghui::lin {
namespace {

class Bits {
 public:
  [[nodiscard]] bool Has(size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void Add(size_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  [[nodiscard]] uint64_t Hash(uint64_t seed) const {
    return HashBytes(words_.data(), sizeof(words_), seed);
  }

 private:
  std::array<uint64_t, kOperationsMax / 64> words_{};
};

// A configuration, and what of it has been tried.
struct Frame {
  Bits done;
  Model model;
  std::pair<uint64_t, uint64_t> digest;  // of the model
  // No operation that is called later can be the next one.
  int64_t frontier_ns = kNever;
  size_t next = 0;  // in the order of trial
  bool may_give_up = true;
  size_t came_by = 0;
  bool happened = false;  // came_by; false = given up
};

class Search {
 public:
  Search(const World& world, const History& history, uint64_t configurations_max)
      : history_(history), configurations_max_(configurations_max), trial_(history.size()) {
    GH_CHECK_LE(history.size(), kOperationsMax);
    // What was answered first is tried first; what may never have happened, last.
    std::iota(trial_.begin(), trial_.end(), size_t{0});
    std::stable_sort(trial_.begin(), trial_.end(), [&](size_t a, size_t b) {
      const Operation& x = history_[a];
      const Operation& y = history_[b];
      return std::pair(!x.answer.has_value(), x.return_ns) <
             std::pair(!y.answer.has_value(), y.return_ns);
    });
    Model model(world);
    const auto digest = model.Digest();
    Enter(Frame{.done = {}, .model = std::move(model), .digest = digest});
  }

  Checked Run() {
    Checked checked;
    while (!stack_.empty() && !explained_ && seen_.size() < configurations_max_) {
      if (!Advance()) {
        stack_.pop_back();
      }
    }
    checked.configurations = seen_.size();
    if (explained_) {
      checked.verdict = Verdict::kLinearizable;
      for (size_t i = 1; i < stack_.size(); ++i) {
        if (stack_[i].happened) {
          checked.order.push_back(stack_[i].came_by);
        }
      }
    } else if (stack_.empty()) {
      checked.verdict = Verdict::kContradiction;
    }
    return checked;
  }

 private:
  // Goes one step deeper from the newest frame; false = there is no further one.
  bool Advance() {
    while (stack_.back().next < trial_.size()) {
      Frame& top = stack_.back();
      const size_t at = trial_[top.next++];
      const Operation& operation = history_[at];
      if (top.done.Has(at) || operation.call_ns > top.frontier_ns) {
        continue;
      }
      Model model = top.model;
      const Answer answer = model.Apply(operation.request);
      const bool known = operation.answer.has_value();
      if (known && answer != *operation.answer) {
        continue;
      }
      const auto digest = model.Digest();
      if (digest == top.digest) {
        if (!known) {
          continue;  // nothing would come of it; it may still happen later
        }
        // Wherever else it could stand, it can be moved here.
        top.next = trial_.size();
        top.may_give_up = false;
      }
      if (Enter(Frame{.done = With(top.done, at),
                      .model = std::move(model),
                      .digest = digest,
                      .came_by = at,
                      .happened = true})) {
        return true;
      }
    }
    return GiveUp();
  }

  // Whatever stands in the way and need not have happened has not.
  bool GiveUp() {
    Frame& top = stack_.back();
    if (!std::exchange(top.may_give_up, false)) {
      return false;
    }
    for (const size_t at : trial_) {
      const Operation& operation = history_[at];
      if (!top.done.Has(at) && !operation.answer.has_value() &&
          operation.return_ns == top.frontier_ns) {
        return Enter(Frame{
            .done = With(top.done, at), .model = top.model, .digest = top.digest, .came_by = at});
      }
    }
    return false;
  }

  static Bits With(Bits bits, size_t at) {
    bits.Add(at);
    return bits;
  }

  // False when it failed before.
  bool Enter(Frame frame) {
    if (!seen_.emplace(frame.done.Hash(frame.digest.first), frame.done.Hash(frame.digest.second))
             .second) {
      return false;
    }
    bool all_known_done = true;
    for (size_t i = 0; i < history_.size(); ++i) {
      if (!frame.done.Has(i)) {
        frame.frontier_ns = std::min(frame.frontier_ns, history_[i].return_ns);
        all_known_done &= !history_[i].answer.has_value();
      }
    }
    explained_ = all_known_done;
    stack_.push_back(std::move(frame));
    return true;
  }

  const History& history_;
  const uint64_t configurations_max_;
  std::vector<size_t> trial_;
  std::vector<Frame> stack_;
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> seen_;
  bool explained_ = false;
};

}  // namespace

Checked CheckHistory(const World& world, const History& history, uint64_t configurations_max) {
  return Search(world, history, configurations_max).Run();
}

}  // namespace gonghui::lin
