// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The words of a row, and what they stand for.

#ifndef GONGHUI_TESTS_TABLES_TABLE_WORDS_H_
#define GONGHUI_TESTS_TABLES_TABLE_WORDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "tests/testing/names.h"

namespace gonghui {

// A row that can not be read, or that was answered otherwise.
struct RowError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void Fail(const std::string& what);

std::vector<std::string> SplitAt(const std::string& text, char separator);
int64_t NumberOf(const std::string& text);
TimestampNs TimeOf(const std::string& text);
// "90s", "15m", "2h", "3d" or "1ns", in nanoseconds.
int64_t DurationNsOf(const std::string& text);
// "09:30" in seconds; "24:00" is the end of the day.
int32_t SecondsOf(const std::string& text);
// C7 is card 6200000000000007; digits stand for themselves.
CardNumber CardOf(const std::string& text);
// K1, K2 ...: any word is a request id of its own.
RequestId RequestOf(const std::string& text);

template <class CodeType>
CodeType Coded(const std::string& text) {
  const auto code = CodeType::Parse(std::span<const char>(text.data(), text.size()));
  return code.has_value() ? *code : (Fail("not a code: '" + text + "'"), CodeType{});
}

template <class Enum>
Enum Worded(const std::string& word) {
  const auto value = Parse<Enum>(word);
  return value.has_value() ? *value : (Fail("not a word for this place: '" + word + "'"), Enum{});
}

// One side of a row: words and key=value pairs, each to be taken once.
class RowWords {
 public:
  explicit RowWords(const std::string& text);

  [[nodiscard]] bool empty() const { return words_.empty() && values_.empty(); }

  std::string Next(const char* what);
  bool Flag(const char* flag);
  std::optional<std::string> Value(const char* key);
  std::string Value(const char* key, const char* otherwise);
  void ExpectNothingLeft() const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> values_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_WORDS_H_
