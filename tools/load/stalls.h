// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Stalls: stretches of time in which calls waited too long.
//
// A percentile says how many calls were slow, not whether they were so one by one or all at
// once.  A server that stands still makes every call wait that is under way or comes meanwhile;
// these waits overlap, and together they are one stall, however many calls it met.

#ifndef GONGHUI_TOOLS_LOAD_STALLS_H_
#define GONGHUI_TOOLS_LOAD_STALLS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gonghui::load {

// From when the first of its calls was due until the last of them was answered.
struct Stall {
  int64_t from_ns = 0;
  int64_t until_ns = 0;
  uint64_t calls = 0;

  [[nodiscard]] int64_t length_ns() const { return until_ns - from_ns; }
};

// Thread safety: none.
class Stalls {
 public:
  // More are not told apart: their calls are counted, and that is all.  24 MiB.
  static constexpr size_t kStallsMax = size_t{1} << 20;

  // Calls that wait longer than this are slow.
  explicit Stalls(int64_t threshold_ns) : threshold_ns_(threshold_ns) {}

  // A call waited from `from_ns` until `until_ns`.
  // REQUIRES: calls are told in the order in which their waits ended.
  void Add(int64_t from_ns, int64_t until_ns) {
    if (until_ns - from_ns > threshold_ns_) [[unlikely]] {
      AddSlow(from_ns, until_ns);
    }
  }

  // Stalls of both at the same time become one.
  void Merge(const Stalls& other);

  [[nodiscard]] int64_t threshold_ns() const { return threshold_ns_; }
  [[nodiscard]] uint64_t slow_calls() const { return slow_calls_; }
  // In order of time, none of which touches another.
  [[nodiscard]] const std::vector<Stall>& list() const { return list_; }
  [[nodiscard]] int64_t LongestNs() const;
  // The `count_max` longest of them, in order of time.
  [[nodiscard]] std::vector<Stall> Longest(size_t count_max) const;

 private:
  void AddSlow(int64_t from_ns, int64_t until_ns);

  int64_t threshold_ns_;
  uint64_t slow_calls_ = 0;
  std::vector<Stall> list_;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_STALLS_H_
