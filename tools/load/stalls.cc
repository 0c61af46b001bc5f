// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/stalls.h"

#include <algorithm>
#include <iterator>

namespace gonghui::load {

void Stalls::AddSlow(int64_t from_ns, int64_t until_ns) {
  ++slow_calls_;
  Stall stall{from_ns, until_ns, 1};
  // No earlier one ended later, so it is the last ones that it touches, if any: a call that
  // waited long may bridge several.
  while (!list_.empty() && list_.back().until_ns >= stall.from_ns) {
    stall.from_ns = std::min(stall.from_ns, list_.back().from_ns);
    stall.until_ns = std::max(stall.until_ns, list_.back().until_ns);
    stall.calls += list_.back().calls;
    list_.pop_back();
  }
  if (list_.size() < kStallsMax) {
    list_.push_back(stall);
  }
}

void Stalls::Merge(const Stalls& other) {
  slow_calls_ += other.slow_calls_;
  std::vector<Stall> both;
  both.reserve(list_.size() + other.list_.size());
  std::merge(list_.begin(),
             list_.end(),
             other.list_.begin(),
             other.list_.end(),
             std::back_inserter(both),
             [](const Stall& a, const Stall& b) { return a.from_ns < b.from_ns; });
  list_.clear();
  for (const Stall& stall : both) {
    if (!list_.empty() && list_.back().until_ns >= stall.from_ns) {
      list_.back().until_ns = std::max(list_.back().until_ns, stall.until_ns);
      list_.back().calls += stall.calls;
    } else if (list_.size() < kStallsMax) {
      list_.push_back(stall);
    }
  }
}

int64_t Stalls::LongestNs() const {
  int64_t longest_ns = 0;
  for (const Stall& stall : list_) {
    longest_ns = std::max(longest_ns, stall.length_ns());
  }
  return longest_ns;
}

std::vector<Stall> Stalls::Longest(size_t count_max) const {
  std::vector<Stall> longest = list_;
  if (longest.size() > count_max) {
    const auto end = longest.begin() + static_cast<std::ptrdiff_t>(count_max);
    std::nth_element(longest.begin(), end, longest.end(), [](const Stall& a, const Stall& b) {
      return a.length_ns() > b.length_ns();
    });
    longest.erase(end, longest.end());
    std::sort(longest.begin(), longest.end(), [](const Stall& a, const Stall& b) {
      return a.from_ns < b.from_ns;
    });
  }
  return longest;
}

}  // namespace gonghui::load
