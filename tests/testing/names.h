// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine's enums and codes as words, for tests: what scenario tables are
// written in and what failures are printed in.
//
// Every XName() is a switch without a default, so that a new enumerator does not
// compile until it has a word; AllReasons() follows from that.

#ifndef GONGHUI_TESTS_TESTING_NAMES_H_
#define GONGHUI_TESTS_TESTING_NAMES_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/domain/command.h"
#include "engine/domain/result.h"

namespace gonghui {

// The snake_case of the enumerator (RefundTo: without its "window"); null when the
// value is none of the enum's.
const char* NameOf(Reason value);
const char* NameOf(Verdict value);
const char* NameOf(Field value);
const char* NameOf(AdminReason value);
const char* NameOf(TransactionState value);
const char* NameOf(TransactionKind value);
const char* NameOf(Outcome value);
const char* NameOf(MemberStatus value);
const char* NameOf(CardStatus value);
const char* NameOf(MerchantStatus value);
const char* NameOf(TerminalStatus value);
const char* NameOf(TerminalKind value);
const char* NameOf(UnionLevel value);
const char* NameOf(WindowKind value);
const char* NameOf(LimitMeasure value);
const char* NameOf(LimitSubject value);
const char* NameOf(OnReturn value);
const char* NameOf(RefundTo value);
const char* NameOf(LateCapture value);
const char* NameOf(PosEntryMode value);
const char* NameOf(Sex value);
const char* NameOf(DayKind value);
const char* NameOf(Stage value);
const char* NameOf(Payer value);
const char* NameOf(CodePurpose value);
const char* NameOf(ReversalReason value);
const char* NameOf(Liability value);
const char* NameOf(VoucherState value);
const char* NameOf(DrawKind value);
const char* NameOf(DrawState value);
const char* NameOf(Judgement value);
const char* NameOf(LimitScope value);
const char* NameOf(CommandKind value);

// Every enumerator, in order of its number.
template <class Enum>
std::vector<Enum> AllOf() {
  std::vector<Enum> all;
  for (int i = 0; i <= 1023 && i <= int{std::underlying_type_t<Enum>(-1)}; ++i) {
    if (NameOf(static_cast<Enum>(i)) != nullptr) {
      all.push_back(static_cast<Enum>(i));
    }
  }
  return all;
}

// The enumerator of that word, if there is one.
template <class Enum>
std::optional<Enum> Parse(std::string_view word) {
  for (const Enum value : AllOf<Enum>()) {
    if (word == NameOf(value)) {
      return value;
    }
  }
  return std::nullopt;
}

template <class Tag, size_t kWords>
std::string TextOf(const Code<Tag, kWords>& code) {
  const auto text = code.Text();
  return {text.data(), text.size};
}

// The code of that text.  REQUIRES: it is one.
template <class CodeType>
CodeType CodeOf(std::string_view text) {
  const auto code = CodeType::Parse(std::span<const char>(text.data(), text.size()));
  GH_CHECK(code.has_value(), "not a code: ", text);
  return *code;
}

// 32 hexadecimal digits.
std::string TextOf(const VoucherKey& key);

// 2026-05-03T08:00:00+08:00, with as many digits of a second as are needed;
// "never" for kTimestampMax and "none" for 0.
std::string TextOf(TimestampNs at, int64_t offset_s = 8 * 3600);
// The same forms, also without time ("2026-05-03" = midnight at +08:00).
std::optional<TimestampNs> ParseTimestamp(std::string_view text);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_NAMES_H_
