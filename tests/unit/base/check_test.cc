// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/check.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/base/strong_id.h"

namespace gonghui {
namespace {

using Row = StrongId<struct RowTag, uint32_t>;
enum class Colour : uint8_t { kRed = 3 };

// Compiles in a constant expression as long as it holds.
constexpr int Halve(int even) {
  GH_CHECK(even % 2 == 0, "even=", even);
  return even / 2;
}
static_assert(Halve(8) == 4);

TEST(CheckDeathTest, PrintsConditionAndNothingElseWithoutPieces) {
  EXPECT_DEATH(GH_CHECK(1 + 1 == 3),
               "^tests/unit/base/check_test\\.cc:[0-9]+: GH_CHECK failed: 1 \\+ 1 == 3\n");
}

TEST(CheckDeathTest, PrintsEveryKindOfValue) {
  const int64_t negative = -5;
  const uint64_t large = UINT64_MAX;
  const std::string text = "text";
  const std::string_view view = std::string_view("viewed").substr(0, 4);
  const char* const missing = nullptr;
  EXPECT_DEATH(GH_CHECK(negative > 0, "v=", negative, " ", large, " ", true, " ", 'c'),
               "\\(v=-5 18446744073709551615 true c\\)");
  EXPECT_DEATH(GH_CHECK(false, text, "/", view, "/", missing, "/", 0.5),
               "\\(text/view/\\(null\\)/0\\.5\\)");
  EXPECT_DEATH(GH_CHECK(false, Row{7}, " ", Colour::kRed, " ", uint8_t{65}), "\\(7 3 65\\)");
}

TEST(CheckDeathTest, ComparisonsPrintBothSides) {
  const uint32_t applied = 4;
  EXPECT_DEATH(GH_CHECK_EQ(applied, 5U), "failed: applied == 5U \\(4 against 5\\)");
  EXPECT_DEATH(GH_CHECK_LT(Row{9}, Row{9}, "shard ", 3), "\\(9 against 9; shard 3\\)");
  GH_CHECK_NE(applied, 5U);
  GH_CHECK_LE(applied, 4U);
  GH_CHECK_GE(applied, 4U);
  GH_CHECK_GT(applied, 3U, "not printed");
}

TEST(CheckDeathTest, CutsAMessageThatIsTooLong) {
  const std::string huge(10'000, 'x');
  EXPECT_DEATH(GH_CHECK(false, huge), "xxx\n");
}

TEST(CheckTest, EvaluatesTheConditionOnceAndPiecesOnlyOnFailure) {
  int conditions = 0;
  int pieces = 0;
  GH_CHECK(++conditions == 1, ++pieces);
  GH_CHECK_EQ(++conditions, 2, ++pieces);
  EXPECT_EQ(conditions, 2);
  EXPECT_EQ(pieces, 0);
}

TEST(CheckTest, IsOneStatement) {
  bool other = false;
  // NOLINTBEGIN(readability-braces-around-statements): the point of the test
  if (other)
    GH_CHECK(true);
  else
    other = true;
  // NOLINTEND(readability-braces-around-statements)
  EXPECT_TRUE(other);
}

TEST(CheckTest, DcheckFollowsTheBuild) {
  int evaluated = 0;
  GH_DCHECK(++evaluated == 1, "evaluated=", evaluated);
#ifdef GONGHUI_DCHECK
  EXPECT_EQ(evaluated, 1);
#else
  EXPECT_EQ(evaluated, 0);
#endif
}

}  // namespace
}  // namespace gonghui
