// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Cells of the kinds of values that the contract has.

#ifndef GONGHUI_TOOLS_GONGHUICTL_VIEW_CELLS_H_
#define GONGHUI_TOOLS_GONGHUICTL_VIEW_CELLS_H_

#include <cstdint>
#include <string>

#include <google/protobuf/timestamp.pb.h>

#include "gonghui/v1/transaction.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/output.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {

inline Cell TextCell(const std::string& text) {
  return {text, text};
}

inline Cell MoneyCell(int64_t fen) {
  return {FormatYuan(fen), std::to_string(fen)};
}

inline Cell CountCell(uint64_t count) {
  return {FormatCount(count), std::to_string(count)};
}

inline Cell SignedCountCell(int64_t count) {
  return count < 0
             ? Cell{"-" + FormatCount(0 - static_cast<uint64_t>(count)), std::to_string(count)}
             : CountCell(static_cast<uint64_t>(count));
}

// What a limit counts is fen.
inline bool IsMoney(v1::LimitMeasure measure) {
  return measure == v1::LIMIT_MEASURE_AMOUNT_FEN || measure == v1::LIMIT_MEASURE_PRICE_FEN;
}

inline Cell BoolCell(bool value) {
  return {value ? "yes" : "no", value ? "true" : "false"};
}

// Empty when the instant is not set.  For people in the zone that it belongs to, if any.
inline Cell TimeCell(bool is_set,
                     const google::protobuf::Timestamp& time,
                     const std::string& zone = {}) {
  if (!is_set) {
    return {};
  }
  const Instant instant{time.seconds(), time.nanos()};
  return {FormatLocalTime(instant, zone), FormatRfc3339(instant)};
}

// Empty for the zero value.
template <typename Enum>
Cell EnumCell(Enum value) {
  return TextCell(EnumWord(google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value)));
}

// "day"; "7 days" of a window that rolls over so many.
inline Cell WindowCell(v1::LimitWindow window, uint32_t span) {
  Cell cell = EnumCell(window);
  if (span > 1) {
    cell.text = std::to_string(span) + " " + cell.text + "s";
    cell.raw = std::to_string(span) + "x" + cell.raw;
  }
  return cell;
}

// "exceeds_frequency_limit (701)"; empty for none.
inline Cell ReasonCell(const v1::Transaction& transaction) {
  if (transaction.reason() == v1::REASON_UNSPECIFIED) {
    return {};
  }
  const std::string word = EnumWord(v1::Reason_descriptor(), transaction.reason());
  return {(word.empty() ? "unknown" : word) + " (" + std::to_string(transaction.reason()) + ")",
          word.empty() ? std::to_string(transaction.reason()) : word};
}

// "acquirer (收单方承担)"; empty for none.
inline Cell LiabilityCell(v1::Liability liability) {
  Cell cell = EnumCell(liability);
  if (!cell.text.empty()) {
    cell.text += liability == v1::LIABILITY_PROGRAMME  ? " (工会承担)"
                 : liability == v1::LIABILITY_ACQUIRER ? " (收单方承担)"
                                                       : " (人工处理)";
  }
  return cell;
}

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEW_CELLS_H_
