// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Histories as people read them.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_TEXT_H_
#define GONGHUI_TESTS_LINEARIZABILITY_TEXT_H_

#include <cstdint>
#include <string>

#include "tests/linearizability/history.h"

namespace gonghui::lin {

std::string TextOf(const Request& request);
std::string TextOf(const Answer& answer);
std::string TextOf(const Operation& operation);
std::string TextOf(const World& world);

// One line for each operation, by the instant of its call; microseconds since `zero_ns`, or
// since the first.
std::string TableOf(const History& history, int64_t zero_ns = kNever);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_TEXT_H_
