// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A command in a line, for what a failing test prints: enough to write the
// same as a row of a table.

#ifndef GONGHUI_TESTS_TESTING_COMMAND_TEXT_H_
#define GONGHUI_TESTS_TESTING_COMMAND_TEXT_H_

#include <string>

#include "engine/domain/command.h"

namespace gonghui {

std::string CommandText(const Command& command);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_COMMAND_TEXT_H_
