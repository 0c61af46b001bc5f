// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/personal_data.h"

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(PersonalDataTest, IsMasked) {
  EXPECT_EQ(MaskedName("张三丰"), "张**");
  EXPECT_EQ(MaskedName("Li Si"), "L****");
  EXPECT_EQ(MaskedName("张"), "*");
  EXPECT_EQ(MaskedName(""), "");
  EXPECT_EQ(MaskedNationalId("530102199001011234"), "5301**********1234");
  EXPECT_EQ(MaskedNationalId("53010219900101123X"), "5301**********123X");
  EXPECT_EQ(MaskedPhone("13812345678"), "138****5678");
  // Too short to show any of it.
  EXPECT_EQ(MaskedPhone("1234567"), "*******");
  EXPECT_EQ(MaskedNationalId("1"), "*");
  EXPECT_EQ(MaskedNationalId(""), "");
}

}  // namespace
}  // namespace gonghui
