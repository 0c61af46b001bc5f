// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines of a purchase as people write them: ITEM:QUANTITY:PRICE what was bought, and
// NUMBER:QUANTITY what of it comes back.

#ifndef GONGHUI_TOOLS_GONGHUICTL_LINE_ITEMS_H_
#define GONGHUI_TOOLS_GONGHUICTL_LINE_ITEMS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/repeated_ptr_field.h>

#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui::ctl {

// The contract's limits.
inline constexpr size_t kLinesMax = 64;
inline constexpr uint64_t kLineQuantityMax = 1'000'000;
inline constexpr int64_t kListPriceFenMax = 1'000'000'000'000;

// "rice-5kg:2:59.80": two bags, 59.80 yuan together.  Codes may have colons, so the
// last two divide.
[[nodiscard]] absl::StatusOr<v1::LineItem> ParseLineItem(std::string_view text);

// "2:1": one piece of the second line.
[[nodiscard]] absl::StatusOr<v1::ReturnedLine> ParseReturnedLine(std::string_view text);

using LineItems = google::protobuf::RepeatedPtrField<v1::LineItem>;
using ReturnedLines = google::protobuf::RepeatedPtrField<v1::ReturnedLine>;

// Each of `texts` as above; adds them to what is there.
template <typename Text>
[[nodiscard]] absl::Status ParseLineItems(const std::vector<Text>& texts, LineItems* lines) {
  if (texts.size() > kLinesMax) {
    return absl::InvalidArgumentError("more than 64 lines");
  }
  for (const Text& text : texts) {
    absl::StatusOr<v1::LineItem> line = ParseLineItem(text);
    if (!line.ok()) {
      return line.status();
    }
    *lines->Add() = *std::move(line);
  }
  return absl::OkStatus();
}

// In rising order of their numbers, as the contract wants them; each at most once.
[[nodiscard]] absl::Status ParseReturnedLines(const std::vector<std::string>& texts,
                                              ReturnedLines* lines);

// What they cost together, in fen; at most kLinesMax times kListPriceFenMax.
[[nodiscard]] int64_t SumOf(const LineItems& lines);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_LINE_ITEMS_H_
