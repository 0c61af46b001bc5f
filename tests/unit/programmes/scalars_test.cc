// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/scalars.h"

#include <gtest/gtest.h>

#include "engine/domain/limits.h"
#include "tests/unit/programmes/both_languages.h"

namespace gonghui {
namespace {

Amount Money(int64_t fen) {
  return {Asset::kMoney, Fen{fen}};
}

TEST(Scalars, AmountsAreExact) {
  const Fen max{kFundFenMax};
  EXPECT_EQ(ParseAmount("1 fen", max).value, Money(1));
  EXPECT_EQ(ParseAmount("3.50 yuan", max).value, Money(350));
  EXPECT_EQ(ParseAmount("3.5 yuan", max).value, Money(350));
  EXPECT_EQ(ParseAmount("0.07 yuan", max).value, Money(7));
  EXPECT_EQ(ParseAmount("0 yuan", max).value, Money(0));
  EXPECT_EQ(ParseAmount("100yuan", max).value, Money(10'000));
  EXPECT_EQ(ParseAmount("3.50 元", max).value, Money(350));
  EXPECT_EQ(ParseAmount("1分", max).value, Money(1));
  EXPECT_EQ(ParseAmount("15000 pieces", max).value, (Amount{Asset::kThing, Fen{15'000}}));
  EXPECT_EQ(ParseAmount("1 件", max).value, (Amount{Asset::kThing, Fen{1}}));
  // A double has no 9007199254740993.
  EXPECT_EQ(ParseAmount("90071992547409.93 yuan", max).value, Money(9'007'199'254'740'993));
  EXPECT_EQ(ParseAmount("10000000000000000.00 yuan", max).value, Money(kFundFenMax));
  EXPECT_FALSE(ParseAmount("10000000000000000.01 yuan", max).value.has_value());
}

TEST(Scalars, AmountsAreStrict) {
  for (const char* text : {"",
                           "yuan",
                           "5",
                           "5.",
                           ".5 yuan",
                           "5. yuan",
                           "1..2 yuan",
                           "+5 yuan",
                           "--5 yuan",
                           "0x5 yuan",
                           "5 Yuan",
                           "5 RMB",
                           "1 000 yuan",
                           "5 yuan ",
                           "9223372036854775808 fen",
                           "1.234 yuan",
                           "-0 yuan",
                           "５ yuan"}) {
    const Parsed<Amount> parsed = ParseAmount(text, Fen{kFundFenMax});
    EXPECT_FALSE(parsed.value.has_value()) << text;
    EXPECT_TRUE(InBothLanguages(parsed.message)) << text;
  }
}

TEST(Scalars, AmountsRoundTrip) {
  for (const int64_t fen : {int64_t{0}, int64_t{1}, int64_t{99}, int64_t{100}, kFundFenMax}) {
    const Words text = SayAmount(Money(fen));
    EXPECT_EQ(ParseAmount(text.en, Fen{kFundFenMax}).value, Money(fen)) << text.en;
    EXPECT_EQ(ParseAmount(text.zh, Fen{kFundFenMax}).value, Money(fen)) << text.zh;
  }
}

TEST(Scalars, PercentagesAreBasisPoints) {
  EXPECT_EQ(ParsePercent("60").value, Bps{6'000});
  EXPECT_EQ(ParsePercent("60%").value, Bps{6'000});
  EXPECT_EQ(ParsePercent("60 %").value, Bps{6'000});
  EXPECT_EQ(ParsePercent("12.5%").value, Bps{1'250});
  EXPECT_EQ(ParsePercent("0.01%").value, Bps{1});
  EXPECT_EQ(ParsePercent("0.29 %").value, Bps{29});
  EXPECT_EQ(ParsePercent("1").value, Bps{100});
  EXPECT_EQ(ParsePercent("0").value, Bps{0});
  EXPECT_FALSE(ParsePercent("0.6").value.has_value());
  EXPECT_EQ(ParsePercent("0.99").hint,
            Words("write 0.99% if that is what is meant", "如果确是此意，请写 0.99%"));
  EXPECT_EQ(ParsePercent("100.00%").value, Bps{10'000});
  for (const char* text : {"", "%", "100.01", "101", "-1", "0.001", "1e1", "60%%", ".5", "5.%"}) {
    EXPECT_FALSE(ParsePercent(text).value.has_value()) << text;
  }
  EXPECT_EQ(FormatPercent(6'000), "60%");
  EXPECT_EQ(FormatPercent(1'250), "12.5%");
  EXPECT_EQ(FormatPercent(1), "0.01%");
  EXPECT_EQ(FormatPercent(10'001), "100.01%");
}

TEST(Scalars, Dates) {
  EXPECT_EQ(ParseDate("2024-02-29").value, DayOf({2024, 2, 29}));
  EXPECT_EQ(ParseDate("2001-01-01").value, DayOf(kFirstDate));
  EXPECT_EQ(ParseDate("2199-12-31").value, DayOf(kLastDate));
  for (const char* text : {"2023-02-29",
                           "2100-02-29",
                           "2026-00-01",
                           "2026-13-01",
                           "2026-01-00",
                           "2026-04-31",
                           "2026-1-1",
                           "26-01-01",
                           "2026/01/01",
                           "2000-12-31",
                           "2026-01-01 ",
                           "2026-01-0a"}) {
    EXPECT_FALSE(ParseDate(text).value.has_value()) << text;
  }
  EXPECT_EQ(FormatDate(DayOf({2026, 3, 1})), "2026-03-01");
}

TEST(Scalars, HoursAndTimes) {
  EXPECT_EQ(ParseTimeOfDay("04:30").value, 16'200);
  EXPECT_EQ(ParseTimeOfDay("23:59").value, 86'340);
  for (const char* text : {"24:00", "4:00", "04:60", "0400", "04:00:00", "-4:00"}) {
    EXPECT_FALSE(ParseTimeOfDay(text).value.has_value()) << text;
  }
  const Parsed<HoursRange> all_day = ParseHours("00:00-24:00");
  ASSERT_TRUE(all_day.value.has_value());
  EXPECT_EQ(all_day.value->from_s, 0);
  EXPECT_EQ(all_day.value->to_s, 86'400);
  EXPECT_EQ(FormatHours(*all_day.value), "00:00-24:00");
  for (const char* text : {"24:00-24:00", "06:00", "06:00-", "-06:00", "06:00-24:01"}) {
    EXPECT_FALSE(ParseHours(text).value.has_value()) << text;
  }
}

TEST(Scalars, Durations) {
  EXPECT_EQ(ParseDuration("90s", kHoldSecondsMax).value, 90);
  EXPECT_EQ(ParseDuration("30m", kHoldSecondsMax).value, 1'800);
  EXPECT_EQ(ParseDuration("4 hours", kHoldSecondsMax).value, 14'400);
  EXPECT_EQ(ParseDuration("1 day", kHoldSecondsMax).value, 86'400);
  EXPECT_EQ(ParseDuration("366d", kHoldSecondsMax).value, kHoldSecondsMax);
  for (const char* text :
       {"", "4", "h", "0s", "-1h", "1.5h", "8785h", "4H", "99999999999999999999d"}) {
    EXPECT_FALSE(ParseDuration(text, kHoldSecondsMax).value.has_value()) << text;
  }
}

TEST(Scalars, MerchantCategories) {
  EXPECT_EQ(ParseMccRange("4111").value, (MccRange{4111, 4111}));
  EXPECT_EQ(ParseMccRange("0742").value, (MccRange{742, 742}));
  EXPECT_EQ(ParseMccRange("5000-5999").value, (MccRange{5000, 5999}));
  EXPECT_EQ(FormatMccRange({742, 742}), "0742");
  for (const char* text :
       {"", "411", "41111", "0000", "4111-", "-4111", "4111-4110", "4111-411x"}) {
    EXPECT_FALSE(ParseMccRange(text).value.has_value()) << text;
  }
}

TEST(Scalars, WholeNumbers) {
  EXPECT_EQ(ParseWhole("4", 1, 10).value, 4);
  EXPECT_EQ(ParseWhole("9223372036854775807", 0, INT64_MAX).value, INT64_MAX);
  for (const char* text : {"", "-", "0", "11", "-4", "4.0", "9223372036854775808", "four"}) {
    EXPECT_FALSE(ParseWhole(text, 1, 10).value.has_value()) << text;
  }
}

TEST(Scalars, SuggestsTheNearestWord) {
  const Words no_idea = Say("no idea", "不知道");
  EXPECT_EQ(Suggest("limts", {"limits", "price"}, no_idea),
            Words("did you mean 'limits'?", "是不是想写 'limits'？"));
  EXPECT_EQ(Suggest("pirce", {"limits", "price"}, no_idea).en, "did you mean 'price'?");
  EXPECT_EQ(Suggest("colour", {"limits", "price"}, no_idea), no_idea);
  EXPECT_EQ(Suggest("x", {}, no_idea), no_idea);
}

TEST(Scalars, ListsOfWords) {
  EXPECT_EQ(Joined({"a", "b", "c"}), Words("a, b, c", "a、b、c"));
  EXPECT_EQ(Joined({}), Words{});
  EXPECT_EQ(OneOf({"a", "b"}), Words("one of a, b", "a、b 之一"));
  EXPECT_EQ(OneOf({"a"}), Words("a", "a"));
}

TEST(Scalars, DayRanges) {
  const auto range = [](std::string_view text) {
    const Parsed<DayRange> parsed = ParseDayRange(text);
    return parsed.value.has_value() ? FormatDayRange(*parsed.value) : "bad: " + parsed.message.en;
  };
  EXPECT_EQ(range("2026-10-01"), "2026-10-01");
  EXPECT_EQ(range("2026-10-01..2026-10-07"), "2026-10-01..2026-10-07");
  EXPECT_EQ(range("2026-12-31..2027-01-01"), "2026-12-31..2027-01-01");
  EXPECT_EQ(range("2026-10-01..2026-10-01"), "2026-10-01");
  EXPECT_EQ(range("2024-02-29"), "2024-02-29");
  for (const char* bad : {"",
                          "..",
                          "2026-10-01..",
                          "..2026-10-01",
                          "2026-10-01...2026-10-07",
                          "2026-10-01..2026-10-07..2026-10-09",
                          "2026-10-01 .. 2026-10-07",
                          "2026-10-07..2026-10-01",
                          "2026-02-29",
                          "2026-10-01..10-07"}) {
    EXPECT_EQ(range(bad).substr(0, 4), "bad:") << bad;
  }
}

TEST(Scalars, NumbersOfDays) {
  EXPECT_EQ(ParseDays("1d", 3660).value, 1);
  EXPECT_EQ(ParseDays("30 days", 3660).value, 30);
  EXPECT_EQ(ParseDays("1 day", 3660).value, 1);
  EXPECT_EQ(ParseDays("3660d", 3660).value, 3660);
  for (const char* bad : {"",
                          "d",
                          "0d",
                          "3661d",
                          "-1d",
                          "1.5d",
                          "30",
                          "4 weeks",
                          "1h",
                          "d1",
                          "99999999999999999999d",
                          "1 d d"}) {
    EXPECT_FALSE(ParseDays(bad, 3660).value.has_value()) << bad;
  }
}

TEST(Scalars, WindowSpans) {
  EXPECT_EQ(ParseWindowSpan("7 days").value, (WindowSpan{WindowKind::kDay, 7}));
  EXPECT_EQ(ParseWindowSpan("2 weeks").value, (WindowSpan{WindowKind::kWeek, 2}));
  EXPECT_EQ(ParseWindowSpan("31 months").value, (WindowSpan{WindowKind::kMonth, 31}));
  EXPECT_EQ(ParseWindowSpan("2years").value, (WindowSpan{WindowKind::kYear, 2}));
  for (const char* bad : {"",
                          "days",
                          "0 days",
                          "1 day",
                          "32 days",
                          "7",
                          "7 d",
                          "7 hours",
                          "-7 days",
                          "7.5 days",
                          "2 programmes",
                          "99999999999999999999 days"}) {
    EXPECT_FALSE(ParseWindowSpan(bad).value.has_value()) << bad;
  }
  EXPECT_EQ(ParseWindowSpan("1 month").hint, Words("write month", "请写 month"));
}

}  // namespace
}  // namespace gonghui
