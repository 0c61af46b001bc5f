// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads the fields of a row that an operator sends, each by one rule, whichever message it
// comes with.  Internal to the operators' services.

#ifndef GONGHUI_ENGINE_SERVER_ROW_READER_H_
#define GONGHUI_ENGINE_SERVER_ROW_READER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/domain/calendar.h"
#include "engine/domain/member.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"

namespace gonghui {

// Reads fields one after another; the first that is wrong is kept.
class RowReader {
 public:
  explicit RowReader(RowError* error) : error_(error) {}

  [[nodiscard]] bool good() const { return good_; }

  void Fail(std::string_view field, std::string_view description) {
    if (good_) {
      good_ = false;
      error_->field = std::string(field);
      error_->reason = "INVALID_FIELD";
      error_->description = std::string(description);
    }
  }

  template <class Code>
  void ReadCode(const std::string& text, std::string_view field, Code* code) {
    const std::optional<Code> parsed = ParseCode<Code>(text);
    if (parsed.has_value()) {
      *code = *parsed;
    } else {
      Fail(field,
           Code::kBytes == 16 ? "must be 1 to 16 characters of [A-Za-z0-9._:-]"
                              : "must be 1 to 32 characters of [A-Za-z0-9._:-]");
    }
  }
  template <class Code>
  void ReadOptionalCode(const std::string& text, std::string_view field, Code* code) {
    if (!text.empty()) {
      ReadCode(text, field, code);
    }
  }

  void ReadName(const std::string& text, std::string_view field, DisplayName* name) {
    const std::optional<DisplayName> parsed =
        DisplayName::From(std::span<const char>(text.data(), text.size()));
    if (!parsed.has_value()) {
      Fail(field, "must be at most 96 bytes of UTF-8 (32 Chinese characters)");
    } else if (!IsPrintableUtf8(text)) {
      Fail(field, "must be UTF-8 without control characters");
    } else {
      *name = *parsed;
    }
  }

  void ReadCard(const std::string& text, std::string_view field, CardNumber* number) {
    const std::optional<CardNumber> parsed = ParseCardNumber(text);
    if (parsed.has_value()) {
      *number = *parsed;
    } else {
      Fail(field, "must be 8 to 19 digits, the first not 0");
    }
  }

  // An unset instant leaves *at as it is.
  template <class Row>
  void ReadTime(bool set, const Row& time, std::string_view field, TimestampNs* at) {
    if (!set) {
      return;
    }
    const int64_t seconds = time.seconds();
    if (seconds < kTimestampNsMin / kNsPerSecond || seconds >= kTimestampNsMax / kNsPerSecond ||
        time.nanos() < 0 || time.nanos() >= kNsPerSecond) {
      return Fail(field, "must be an instant from 2000 to 2199");
    }
    *at = TimestampNs{seconds * kNsPerSecond + time.nanos()};
  }

  // Proto enums have the domain's numbers; 0 stands for `unspecified`.
  template <class E>
  void ReadEnum(int value, bool known, E unspecified, std::string_view field, E* out) {
    if (!known) {
      Fail(field, "is not a value of the enum");
    } else {
      *out = value == 0 ? unspecified : static_cast<E>(value);
    }
  }

 private:
  RowError* const error_;
  bool good_ = true;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_ROW_READER_H_
