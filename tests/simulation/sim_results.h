// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The memory that a submitter reads, against what was decided: a result as it was when the
// decision was made, and as it is when the submission is complete.  Between the two the
// pipeline keeps it for whoever asked, and for nobody else.  And one answer against another to the
// same request.

#ifndef GONGHUI_TESTS_SIMULATION_SIM_RESULTS_H_
#define GONGHUI_TESTS_SIMULATION_SIM_RESULTS_H_

#include <cstdint>
#include <string>

#include "engine/domain/result.h"
#include "tests/testing/answer.h"

namespace gonghui {

// The first field in which they differ, "" = none.  Shares and limits beyond their counts say
// nothing.
[[nodiscard]] std::string Difference(const Result& decided, const Result& told);

// Two answers to the same request of a terminal, in the order in which they were decided: what they
// must have in common and have not, "" = nothing.  What was decided once is told again as it was,
// but for a moment in which it can not be; what was not, may be later.
[[nodiscard]] std::string Contradiction(const Answer& earlier, const Answer& later);

// Of the same fields: for whoever can not keep a copy of each.
[[nodiscard]] uint64_t DigestOf(const Result& result);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_RESULTS_H_
