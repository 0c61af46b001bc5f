// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a table takes from beside it: programme files, and rows that stand for many.

#ifndef GONGHUI_TESTS_TABLES_TABLE_FILE_H_
#define GONGHUI_TESTS_TABLES_TABLE_FILE_H_

#include <string>
#include <vector>

#include "tests/testing/owned_command.h"

namespace gonghui {

struct TextLine {
  int number = 0;
  std::string text;  // without comment
  // Within a repetition of many, and not its end: the world is not looked at after it.
  bool passing = false;
};

// The commands of a programme file, in the order in which the server applies them: the
// programme is the last.  Fails with the diagnostics of a file that has any.
std::vector<OwnedCommand> ReadProgrammeFile(const std::string& path);

// With what stands between "repeat 1..28 as i" and "end repeat" written out so many times;
// {i} is the number, {i%7}, {i/7} and {i+7} what they say.  Repetitions nest.
std::vector<TextLine> WriteOut(const std::vector<TextLine>& lines);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_FILE_H_
