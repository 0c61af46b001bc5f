// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Words of enums come from the descriptors, so that a value that is added to the
// contract is understood here without a second list.

#include "tools/gonghuictl/cells.h"

#include <algorithm>
#include <utility>

#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::EnumDescriptor;

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// "MEMBER_STATUS_" of MEMBER_STATUS_UNSPECIFIED: the contract's lint makes every
// enum begin with that value.
size_t PrefixSize(const EnumDescriptor* type) {
  constexpr std::string_view kZero = "UNSPECIFIED";
  return type->value(0)->name().size() - kZero.size();
}

// Of an instant as ParseInstant() reads it: with "Z" or an offset behind its time.
bool NamesItsZone(std::string_view instant) {
  return instant.find_first_of("Z+-", std::string_view("2026-01-31").size()) !=
         std::string_view::npos;
}

}  // namespace

std::string EnumWord(const EnumDescriptor* type, int number) {
  const google::protobuf::EnumValueDescriptor* value = type->FindValueByNumber(number);
  return value == nullptr || number == 0 ? "" : Lower(value->name().substr(PrefixSize(type)));
}

std::string EnumWords(const EnumDescriptor* type) {
  std::string words;
  for (int i = 1; i < type->value_count(); ++i) {
    if (i > 1) {
      words += i + 1 == type->value_count() ? " or " : ", ";
    }
    words += EnumWord(type, type->value(i)->number());
  }
  return words;
}

std::optional<int> EnumNumber(const EnumDescriptor* type, std::string_view word) {
  for (int i = 1; i < type->value_count(); ++i) {
    if (EnumWord(type, type->value(i)->number()) == word) {
      return type->value(i)->number();
    }
  }
  return std::nullopt;
}

CellError BadCell(size_t column, std::string description) {
  return CellError{column, "INVALID_VALUE", std::move(description)};
}

CellResult ReadRequired(const RowView& cells, size_t column, std::string* out) {
  if (cells.Cell(column).empty()) {
    return CellError{column, "REQUIRED_VALUE", "is empty"};
  }
  *out = cells.Cell(column);
  return std::nullopt;
}

CellResult ReadBool(const RowView& cells, size_t column, bool* out) {
  const std::string word = Lower(cells.Cell(column));
  if (word == "true" || word == "1" || word == "yes" || word == "是") {
    *out = true;
  } else if (word.empty() || word == "false" || word == "0" || word == "no" || word == "否") {
    *out = false;
  } else {
    return BadCell(column, "\"" + word + "\" is neither true (1, yes, 是) nor false (0, no, 否)");
  }
  return std::nullopt;
}

CellResult ReadUnsigned(const RowView& cells, size_t column, uint64_t max, uint64_t* out) {
  *out = 0;
  if (cells.Cell(column).empty()) {
    return std::nullopt;
  }
  const absl::StatusOr<uint64_t> value = ParseUnsigned(cells.Cell(column), max);
  if (!value.ok()) {
    return BadCell(column, std::string(value.status().message()));
  }
  *out = *value;
  return std::nullopt;
}

CellResult ReadMoney(const RowView& cells,
                     size_t yuan_column,
                     size_t fen_column,
                     int64_t fen_max,
                     std::optional<int64_t>* out) {
  out->reset();
  const std::string_view yuan = cells.Cell(yuan_column);
  if (yuan.empty() && cells.Cell(fen_column).empty()) {
    return std::nullopt;
  }
  if (!yuan.empty() && !cells.Cell(fen_column).empty()) {
    return BadCell(fen_column, "the amount is there in yuan already; fill one of the two");
  }
  if (yuan.empty()) {
    uint64_t fen = 0;
    CTL_RETURN_IF_BAD(ReadUnsigned(cells, fen_column, static_cast<uint64_t>(fen_max), &fen));
    *out = static_cast<int64_t>(fen);
    return std::nullopt;
  }
  const absl::StatusOr<int64_t> fen = ParseYuan(yuan);
  if (!fen.ok()) {
    return BadCell(yuan_column, std::string(fen.status().message()));
  }
  if (*fen > fen_max) {
    return BadCell(yuan_column,
                   "\"" + std::string(yuan) + "\" is more than " + FormatYuan(fen_max));
  }
  *out = *fen;
  return std::nullopt;
}

CellResult ReadInstant(const RowView& cells,
                       size_t column,
                       const RowOptions& options,
                       std::optional<google::protobuf::Timestamp>* out) {
  out->reset();
  const std::string_view text = cells.Cell(column);
  if (text.empty()) {
    return std::nullopt;
  }
  const absl::StatusOr<Instant> instant = ParseInstant(text, options.zone);
  if (!instant.ok()) {
    return BadCell(column, std::string(instant.status().message()) + kTimeForms);
  }
  if (!NamesItsZone(text)) {
    NoteLocal(options);
  }
  out->emplace().set_seconds(instant->seconds);
  (*out)->set_nanos(instant->nanos);
  return std::nullopt;
}

CellResult ReadDay(const RowView& cells,
                   size_t column,
                   const RowOptions& options,
                   std::optional<google::protobuf::Timestamp>* out) {
  out->reset();
  if (cells.Cell(column).empty()) {
    return std::nullopt;
  }
  const absl::StatusOr<Instant> day = ParseDay(cells.Cell(column), options.zone);
  if (!day.ok()) {
    return BadCell(column, std::string(day.status().message()) + kDayForms);
  }
  NoteLocal(options);
  out->emplace().set_seconds(day->seconds);
  return std::nullopt;
}

CellResult ReadDayOrInstant(const RowView& cells,
                            size_t column,
                            const RowOptions& options,
                            std::optional<google::protobuf::Timestamp>* out) {
  const std::string_view text = cells.Cell(column);
  if (!text.empty()) {
    // Before either reader: both forms are right here, and its error shows both.
    const absl::StatusOr<Instant> either = ParseDayOrInstant(text, options.zone);
    if (!either.ok()) {
      return BadCell(column, std::string(either.status().message()) + kDayForms + kTimeForms);
    }
  }
  return IsDay(text) ? ReadDay(cells, column, options, out)
                     : ReadInstant(cells, column, options, out);
}

CellResult ReadDayText(const RowView& cells, size_t column, std::string* out) {
  const std::string_view day = cells.Cell(column);
  if (!day.empty() && !IsDay(day)) {
    return BadCell(column,
                   "\"" + std::string(day) + "\" is not a day such as 2026-01-31" + kDayForms);
  }
  *out = day;
  return std::nullopt;
}

}  // namespace gonghui::ctl
