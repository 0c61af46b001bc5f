// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/status_macros.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

absl::StatusOr<int> Parse(bool good) {
  if (!good) {
    return absl::InvalidArgumentError("bad");
  }
  return 7;
}

absl::Status Twice(bool first, bool second, int& steps) {
  GH_RETURN_IF_ERROR(Parse(first).status());
  ++steps;
  GH_RETURN_IF_ERROR(Parse(second).status());
  ++steps;
  return absl::OkStatus();
}

absl::StatusOr<std::string> Add(bool first, bool second) {
  GH_ASSIGN_OR_RETURN(const int a, Parse(first));
  int b = 0;
  GH_ASSIGN_OR_RETURN(b, Parse(second));
  return std::to_string(a + b);
}

TEST(StatusMacrosTest, ReturnIfErrorStopsAtTheFirstError) {
  int steps = 0;
  EXPECT_TRUE(Twice(true, true, steps).ok());
  EXPECT_EQ(steps, 2);
  steps = 0;
  EXPECT_EQ(Twice(true, false, steps).message(), "bad");
  EXPECT_EQ(steps, 1);
  steps = 0;
  EXPECT_FALSE(Twice(false, true, steps).ok());
  EXPECT_EQ(steps, 0);
}

TEST(StatusMacrosTest, AssignOrReturnDeclaresAssignsAndConverts) {
  EXPECT_EQ(Add(true, true).value(), "14");
  EXPECT_EQ(Add(false, true).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Add(true, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(StatusMacrosTest, AssignOrReturnMovesTheValueOut) {
  const auto make = []() -> absl::StatusOr<std::unique_ptr<int>> {
    return std::make_unique<int>(3);
  };
  const auto use = [&]() -> absl::StatusOr<int> {
    GH_ASSIGN_OR_RETURN(const std::unique_ptr<int> value, make());
    return *value;
  };
  EXPECT_EQ(use().value(), 3);
}

TEST(StatusMacrosTest, TheExpressionMayHoldCommas) {
  const auto use = []() -> absl::StatusOr<size_t> {
    GH_ASSIGN_OR_RETURN(const auto map, absl::StatusOr<std::map<int, int>>({{1, 2}, {3, 4}}));
    return map.size();
  };
  EXPECT_EQ(use().value(), 2U);
}

}  // namespace
}  // namespace gonghui
