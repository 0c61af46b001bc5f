// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a text is there in both languages, each its own.

#ifndef GONGHUI_TESTS_UNIT_PROGRAMMES_BOTH_LANGUAGES_H_
#define GONGHUI_TESTS_UNIT_PROGRAMMES_BOTH_LANGUAGES_H_

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/programmes/diagnostic.h"
#include "engine/programmes/words.h"

namespace gonghui {

// UTF-8 writes every Chinese character, U+4E00 to U+9FFF, with one of these bytes first.
inline bool HoldsChinese(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte >= 0xe4 && byte <= 0xe9;
  });
}

inline testing::AssertionResult InBothLanguages(const Words& words) {
  if (words.en.empty() || !HoldsChinese(words.zh)) {
    return testing::AssertionFailure() << "'" << words.en << "' is '" << words.zh << "' in Chinese";
  }
  return testing::AssertionSuccess();
}

inline testing::AssertionResult InBothLanguages(const Diagnostic& diagnostic) {
  const testing::AssertionResult message = InBothLanguages(diagnostic.message);
  if (!message || diagnostic.hint == Words{}) {
    return message;
  }
  return InBothLanguages(diagnostic.hint);
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_PROGRAMMES_BOTH_LANGUAGES_H_
