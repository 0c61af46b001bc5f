// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/line_items.h"

#include <algorithm>
#include <limits>
#include <string>

#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kItemBytesMax = 32;
static_assert(kListPriceFenMax <= std::numeric_limits<int64_t>::max() / int64_t{kLinesMax});

// With the text that it is about in front.
absl::Status Wrong(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("\"", ToAbsl(text), "\": ", ToAbsl(what)));
}

absl::StatusOr<uint32_t> ParseQuantity(std::string_view word, std::string_view text) {
  const absl::StatusOr<uint64_t> quantity = ParseUnsigned(word, kLineQuantityMax);
  if (!quantity.ok() || *quantity == 0) {
    return Wrong(text, "the quantity is 1 to 1,000,000 pieces");
  }
  return static_cast<uint32_t>(*quantity);
}

}  // namespace

absl::StatusOr<v1::LineItem> ParseLineItem(std::string_view text) {
  const size_t second = text.rfind(':');
  const size_t first =
      second == std::string_view::npos || second == 0 ? second : text.rfind(':', second - 1);
  if (first == std::string_view::npos || first == second) {
    return Wrong(text, "is not ITEM:QUANTITY:PRICE such as rice-5kg:2:59.80");
  }
  const std::string_view item = text.substr(0, first);
  if (!IsCode(item, kItemBytesMax)) {
    return Wrong(text, "an item is 1 to 32 of A-Z a-z 0-9 . _ : -");
  }
  v1::LineItem line;
  line.set_item_code(std::string(item));
  GH_ASSIGN_OR_RETURN(const uint32_t quantity,
                      ParseQuantity(text.substr(first + 1, second - first - 1), text));
  line.set_quantity(quantity);
  const absl::StatusOr<int64_t> price = ParseYuan(text.substr(second + 1));
  if (!price.ok()) {
    return Wrong(text, ToStd(price.status().message()));
  }
  if (*price > kListPriceFenMax) {
    return Wrong(text, "costs more than any sale can");
  }
  line.set_price_fen(*price);
  return line;
}

absl::StatusOr<v1::ReturnedLine> ParseReturnedLine(std::string_view text) {
  const size_t colon = text.find(':');
  // An item is not named: its number is.
  if (colon == std::string_view::npos ||
      text.substr(0, colon).find_first_not_of("0123456789") != std::string_view::npos ||
      text.find(':', colon + 1) != std::string_view::npos) {
    return Wrong(text, "is not NUMBER:QUANTITY such as 2:1, one piece of the second line");
  }
  const absl::StatusOr<uint64_t> number = ParseUnsigned(text.substr(0, colon), kLinesMax);
  if (!number.ok() || *number == 0) {
    return Wrong(text, "lines are numbered from 1 to at most 64");
  }
  v1::ReturnedLine line;
  line.set_line_number(static_cast<uint32_t>(*number));
  GH_ASSIGN_OR_RETURN(const uint32_t quantity, ParseQuantity(text.substr(colon + 1), text));
  line.set_quantity(quantity);
  return line;
}

absl::Status ParseReturnedLines(const std::vector<std::string>& texts, ReturnedLines* lines) {
  for (const std::string& text : texts) {
    GH_ASSIGN_OR_RETURN(v1::ReturnedLine line, ParseReturnedLine(text));
    for (const v1::ReturnedLine& earlier : *lines) {
      if (earlier.line_number() == line.line_number()) {
        return Wrong(text, "the line is named twice; say once how many pieces come back");
      }
    }
    *lines->Add() = std::move(line);
  }
  std::sort(lines->begin(), lines->end(), [](const auto& a, const auto& b) {
    return a.line_number() < b.line_number();
  });
  return absl::OkStatus();
}

int64_t SumOf(const LineItems& lines) {
  int64_t sum_fen = 0;
  for (const v1::LineItem& line : lines) {
    sum_fen += line.price_fen();
  }
  return sum_fen;
}

}  // namespace gonghui::ctl
