// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A history that no order explains, made as small as it stays so.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_CONTRADICTION_H_
#define GONGHUI_TESTS_LINEARIZABILITY_CONTRADICTION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/linearizability/history.h"

namespace gonghui::lin {

// Three steps, each of which keeps a true contradiction true (a history that can be
// explained can be explained after any of them):
//   1. the shortest beginning: what was called later is dropped, what was under way is
//      unknown;
//   2. what only reads is dropped;
//   3. what was answered is forgotten: the operation may have happened or not.  Just to
//      drop it would make contradictions that are none: a capture without its hold.
struct Contradiction {
  History told;  // whose answers can not all be true
  // Their answers are forgotten or were never known: whatever becomes of them does
  // not help.
  History untold;
  size_t dropped = 0;
};

// REQUIRES: CheckHistory(world, history) is kContradiction.
Contradiction Shrink(const World& world, History history);

std::string TextOf(const World& world, const Contradiction& contradiction);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_CONTRADICTION_H_
