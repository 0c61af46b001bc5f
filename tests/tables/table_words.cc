// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_words.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "engine/base/hash.h"

namespace gonghui {

void Fail(const std::string& what) {
  throw RowError(what);
}

std::vector<std::string> SplitAt(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    Fail("not a number: '" + text + "'");
  }
  return number;
}

TimestampNs TimeOf(const std::string& text) {
  const auto at = ParseTimestamp(text);
  return at.has_value() ? *at : (Fail("not a time: '" + text + "'"), TimestampNs{});
}

int64_t DurationNsOf(const std::string& text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  const std::map<std::string, int64_t> units = {{"ns", 1},
                                                {"s", kNsPerSecond},
                                                {"m", 60 * kNsPerSecond},
                                                {"h", 3600 * kNsPerSecond},
                                                {"d", kSecondsPerDay * kNsPerSecond}};
  const auto found = units.find(unit);
  if (found == units.end()) {
    Fail("not a duration: '" + text + "'");
  }
  return NumberOf(text.substr(0, digits)) * found->second;
}

int32_t SecondsOf(const std::string& text) {
  const std::vector<std::string> parts = SplitAt(text, ':');
  if (parts.size() != 2) {
    Fail("not hh:mm: '" + text + "'");
  }
  return static_cast<int32_t>(NumberOf(parts[0]) * 3600 + NumberOf(parts[1]) * 60);
}

CardNumber CardOf(const std::string& text) {
  if (!text.empty() && text.front() == 'C') {
    return CardNumber{6'200'000'000'000'000 + static_cast<uint64_t>(NumberOf(text.substr(1)))};
  }
  return CardNumber{static_cast<uint64_t>(NumberOf(text))};
}

RequestId RequestOf(const std::string& text) {
  return RequestId{HashBytes(text.data(), text.size()), text.size()};
}

RowWords::RowWords(const std::string& text) {
  std::istringstream stream(text);
  for (std::string token; stream >> token;) {
    const size_t equals = token.find('=');
    if (equals == std::string::npos) {
      words_.push_back(token);
    } else if (!values_.emplace(token.substr(0, equals), token.substr(equals + 1)).second) {
      Fail("given twice: '" + token + "'");
    }
  }
}

std::string RowWords::Next(const char* what) {
  if (words_.empty()) {
    Fail(std::string("missing: ") + what);
  }
  std::string word = words_.front();
  words_.erase(words_.begin());
  return word;
}

bool RowWords::Flag(const char* flag) {
  const auto found = std::find(words_.begin(), words_.end(), flag);
  if (found == words_.end()) {
    return false;
  }
  words_.erase(found);
  return true;
}

std::optional<std::string> RowWords::Value(const char* key) {
  const auto found = values_.find(key);
  if (found == values_.end()) {
    return std::nullopt;
  }
  std::string value = found->second;
  values_.erase(found);
  return value;
}

std::string RowWords::Value(const char* key, const char* otherwise) {
  const auto value = Value(key);
  return value.has_value() ? *value : otherwise;
}

void RowWords::ExpectNothingLeft() const {
  if (!words_.empty()) {
    Fail("do not know what to do with '" + words_.front() + "'");
  }
  if (!values_.empty()) {
    Fail("do not know what to do with '" + values_.begin()->first + "='");
  }
}

}  // namespace gonghui
