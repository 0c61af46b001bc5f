// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

#include <absl/strings/str_cat.h>

namespace gonghui {
namespace {

constexpr size_t kDigitRunMin = 11;
constexpr size_t kDigitsKept = 4;

LogFormat log_format = LogFormat::kText;  // set once, before any other thread starts

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A JSON string's inside; UTF-8 passes as it is.
void AppendEscaped(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (byte < 0x20) {
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 0xf]);
    } else {
      out->push_back(c);
    }
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  AppendEscaped(text, out);
  out->push_back('"');
}

}  // namespace

std::string MaskDigits(std::string_view text) {
  std::string masked(text);
  for (size_t i = 0; i < masked.size();) {
    size_t end = i;
    while (end < masked.size() && IsDigit(masked[end])) {
      ++end;
    }
    if (end - i >= kDigitRunMin) {
      for (size_t j = i; j < end - kDigitsKept; ++j) {
        masked[j] = '*';
      }
    }
    i = end + 1;
  }
  return masked;
}

std::string FormatLogLine(LogFormat format,
                          std::string_view message,
                          std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    line = "\"msg\":";
    AppendQuoted(MaskDigits(message), &line);
  } else {
    line = MaskDigits(message);
  }
  for (const LogField& field : fields) {
    const std::string value = field.quoted ? MaskDigits(field.value) : field.value;
    if (format == LogFormat::kJson) {
      line.push_back(',');
      AppendQuoted(field.key, &line);
      line.push_back(':');
      if (field.quoted) {
        AppendQuoted(value, &line);
      } else {
        line.append(value);
      }
    } else {
      line.push_back(' ');
      line.append(field.key);
      line.push_back('=');
      const bool plain = value.find_first_of(" \"\n\t\\=") == std::string::npos && !value.empty();
      if (plain || !field.quoted) {
        line.append(value);
      } else {
        AppendQuoted(value, &line);
      }
    }
  }
  return line;
}

absl::Status InitLogging(LogLevel level, LogFormat format, const std::string& file) {
  log_format = format;
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
    }
    auto logger = std::make_shared<spdlog::logger>("gonghuid", std::move(sink));
    logger->set_pattern(format == LogFormat::kJson
                            ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v",
                        spdlog::pattern_time_type::utc);
    logger->set_level(ToSpdlog(level));
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& error) {
    return absl::UnavailableError(absl::StrCat("cannot log to ", file, ": ", error.what()));
  }
  return absl::OkStatus();
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger* const logger = spdlog::default_logger_raw();
  if (logger == nullptr || !logger->should_log(ToSpdlog(level))) {
    return;
  }
  const std::string line = FormatLogLine(log_format, message, fields);
  logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace gonghui
