// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The server's log: one event a line, as JSON or as text, to standard error or
// to a file.
//
//   LogInfo("checkpoint taken", {{"seq", seq}, {"bytes", bytes}});
//
// A message is fixed text; what varies goes into fields.  No personal data is
// ever passed here; as a second line of defence, runs of 11 or more digits
// in text (a card, a national id, a phone number) are masked but for the last
// four.  Numbers that are passed as numbers are not.
//
// Thread safety: any thread, after InitLogging().

#ifndef GONGHUI_ENGINE_SERVER_LOG_H_
#define GONGHUI_ENGINE_SERVER_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <absl/status/status.h>

namespace gonghui {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : uint8_t { kText, kJson };

struct LogField {
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(text) {}
  LogField(std::string_view name, bool truth)
      : key(name), value(truth ? "true" : "false"), quoted(false) {}
  template <std::integral T>
  LogField(std::string_view name, T number)
      : key(name), value(std::to_string(number)), quoted(false) {}

  std::string_view key;
  std::string value;
  bool quoted = true;
};

// `file` empty = standard error.
absl::Status InitLogging(LogLevel level, LogFormat format, const std::string& file);

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarn(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarn, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

// The line's body, as it is written after time and level.
std::string FormatLogLine(LogFormat format,
                          std::string_view message,
                          std::initializer_list<LogField> fields);

// Digits of long runs but the last four become '*'.
std::string MaskDigits(std::string_view text);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_LOG_H_
