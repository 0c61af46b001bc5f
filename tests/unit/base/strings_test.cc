// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/strings.h"

#include <string_view>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(StringsTest, CrossesTheSeamBothWays) {
  const std::string_view name = "昆明地铁";
  EXPECT_EQ(absl::StrCat("merchant ", ToAbsl(name)), "merchant 昆明地铁");
  EXPECT_EQ(ToStd(absl::NotFoundError(ToAbsl(name)).message()), name);
  const std::string_view with_nul("a\0b", 3);
  EXPECT_EQ(ToStd(ToAbsl(with_nul)), with_nul);
  EXPECT_TRUE(ToAbsl(std::string_view()).empty());
}

}  // namespace
}  // namespace gonghui
