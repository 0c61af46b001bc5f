// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Fields of the domain's types in a line.  What is none or zero is left out.

#ifndef GONGHUI_TOOLS_INSPECT_JSON_FIELDS_H_
#define GONGHUI_TOOLS_INSPECT_JSON_FIELDS_H_

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "engine/domain/code.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"
#include "engine/domain/voucher.h"
#include "tools/inspect/json_line.h"

namespace gonghui {

template <class CodeType>
void PutCode(JsonLine& line, std::string_view name, const CodeType& code) {
  if (!code.IsNone()) {
    const auto text = code.Text();
    line.Text(name, {text.data(), text.size});
  }
}

inline void PutName(JsonLine& line, std::string_view name, const DisplayName& text) {
  line.Text(name, {text.data(), text.size()});
}

template <class Id>
void PutRow(JsonLine& line, std::string_view name, Id row) {
  if (row.value() != 0) {
    line.Number(name, row.value());
  }
}

inline void PutFen(JsonLine& line, std::string_view name, Fen amount) {
  if (amount != Fen{0}) {
    line.Number(name, amount.value());
  }
}

inline void PutRequestId(JsonLine& line, std::string_view name, const RequestId& id) {
  if (!id.IsNone()) {
    line.Text(name,
              fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                          id.high >> 32,
                          id.high >> 16 & 0xffff,
                          id.high & 0xffff,
                          id.low >> 48,
                          id.low & 0xffff'ffff'ffff));
  }
}

// 32 hexadecimal digits; the code that it was made of is nowhere.
inline void PutVoucherKey(JsonLine& line, std::string_view name, const VoucherKey& key) {
  if (!key.IsNone()) {
    line.Text(name, fmt::format("{:016x}{:016x}", key.high, key.low));
  }
}

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_JSON_FIELDS_H_
