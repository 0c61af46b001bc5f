// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/units.h"

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

TEST(UnitsTest, FormatYuan) {
  EXPECT_EQ(FormatYuan(0), "0.00 yuan");
  EXPECT_EQ(FormatYuan(1), "0.01 yuan");
  EXPECT_EQ(FormatYuan(123'456), "1,234.56 yuan");
  EXPECT_EQ(FormatYuan(-5), "-0.05 yuan");
  EXPECT_EQ(FormatYuanBare(std::numeric_limits<int64_t>::min()), "-92233720368547758.08");
}

TEST(UnitsTest, ParseYuan) {
  EXPECT_EQ(ParseYuan("0").value(), 0);
  EXPECT_EQ(ParseYuan("12").value(), 1'200);
  EXPECT_EQ(ParseYuan("12.3").value(), 1'230);
  EXPECT_EQ(ParseYuan("12.34").value(), 1'234);
  EXPECT_EQ(ParseYuan("92233720368547758.07").value(), std::numeric_limits<int64_t>::max());
}

TEST(UnitsTest, ParseYuanRefuses) {
  const auto message = [](const char* text) {
    return std::string(ParseYuan(text).status().message());
  };
  for (const char* text : {"",
                           ".",
                           "1.",
                           ".5",
                           "1,000",
                           "+1",
                           " 1",
                           "1 ",
                           "12元",
                           "1e3",
                           "--1",
                           "1.2.3",
                           "０",
                           "0x10"}) {
    EXPECT_THAT(message(text), HasSubstr("not an amount")) << text;
  }
  EXPECT_THAT(message("-1"), HasSubstr("negative"));
  EXPECT_THAT(message("1.234"), HasSubstr("finer than a fen"));
  EXPECT_THAT(message("92233720368547758.08"), HasSubstr("more than any amount"));
  EXPECT_THAT(message("999999999999999999999"), HasSubstr("more than any amount"));
}

TEST(UnitsTest, ParseUnsigned) {
  EXPECT_EQ(ParseUnsigned("9999", 9999).value(), 9999U);
  EXPECT_FALSE(ParseUnsigned("10000", 9999).ok());
  EXPECT_EQ(ParseUnsigned("18446744073709551615", UINT64_MAX).value(), UINT64_MAX);
  EXPECT_FALSE(ParseUnsigned("18446744073709551616", UINT64_MAX).ok());
  EXPECT_FALSE(ParseUnsigned("", 9).ok());
  EXPECT_FALSE(ParseUnsigned("-1", 9).ok());
}

TEST(UnitsTest, FormatCount) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1'000), "1,000");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
}

TEST(UnitsTest, FormatDuration) {
  EXPECT_EQ(FormatDuration(850'000'000), "850 ms");
  EXPECT_EQ(FormatDuration(12'340'000'000), "12.3 s");
  EXPECT_EQ(FormatDuration(245'000'000'000), "4:05");
  EXPECT_EQ(FormatDuration(3'753'000'000'000), "1:02:33");
}

TEST(UnitsTest, Times) {
  const Instant instant{1'767'196'800, 0};
  EXPECT_EQ(FormatRfc3339(instant), "2025-12-31T16:00:00Z");
  EXPECT_EQ(FormatRfc3339({1'767'196'800, 250'000'000}), "2025-12-31T16:00:00.25Z");
}

TEST(UnitsTest, TimesOfFilesHaveTheirOffset) {
  const Instant instant{1'767'196'800, 0};
  EXPECT_EQ(FormatIso8601(instant, "Asia/Shanghai"), "2026-01-01T00:00:00+08:00");
  EXPECT_EQ(FormatIso8601(instant, "UTC"), "2025-12-31T16:00:00+00:00");
  EXPECT_EQ(FormatIso8601({1'767'196'800, 250'000'000}, "Asia/Kolkata"),
            "2025-12-31T21:30:00.25+05:30");
  // And are read again, whatever zone is said then.
  const auto read = ParseInstant("2026-01-01T00:00:00+08:00", "UTC");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->seconds, instant.seconds);
}

TEST(UnitsTest, LocalTimesHaveTheirOffset) {
  const Instant instant{1'767'196'800, 0};
  SetDisplayZone("UTC");
  EXPECT_EQ(FormatLocalTime(instant), "2025-12-31 16:00:00 +00:00");
  SetDisplayZone("Asia/Kolkata");
  EXPECT_EQ(FormatLocalTime(instant), "2025-12-31 21:30:00 +05:30");
  EXPECT_EQ(FormatLocalTime(instant, "Asia/Shanghai"), "2026-01-01 00:00:00 +08:00");
  EXPECT_EQ(FormatLocalTime(instant, "America/New_York"), "2025-12-31 11:00:00 -05:00");
  // A server may know zones that are not known here.
  EXPECT_EQ(FormatLocalTime(instant, "Mars/Base"), "2025-12-31 21:30:00 +05:30");
}

TEST(UnitsTest, ParseDay) {
  EXPECT_EQ(ParseDay("2026-01-01", "Asia/Shanghai")->seconds, 1'767'196'800);
  EXPECT_EQ(ParseDay("2026-01-01", "UTC")->seconds, 1'767'225'600);
  for (const char* text : {"",
                           "2026-02-29",
                           "2026-13-01",
                           "2026-1-01",
                           "20260101",
                           "1969-12-31",
                           "2200-01-01",
                           "2026-01-01 "}) {
    EXPECT_FALSE(ParseDay(text, "UTC").ok()) << text;
    EXPECT_FALSE(IsDay(text)) << text;
  }
  EXPECT_TRUE(IsDay("2028-02-29"));
  EXPECT_FALSE(ParseDay("2026-01-01", "Asia/Kunming").ok());
  EXPECT_TRUE(IsKnownZone("Asia/Shanghai"));
  EXPECT_FALSE(IsKnownZone("Asia/Kunming"));
}

TEST(UnitsTest, ParseInstant) {
  const auto seconds = [](const char* text) {
    return ParseInstant(text, "Asia/Shanghai").value().seconds;
  };
  EXPECT_EQ(seconds("2026-01-01 00:00:00"), 1'767'196'800);
  EXPECT_EQ(seconds("2026-01-01T00:00:00"), 1'767'196'800);
  EXPECT_EQ(seconds("2025-12-31T16:00:00Z"), 1'767'196'800);
  EXPECT_EQ(seconds("2025-12-31 16:00:00Z"), 1'767'196'800);
  EXPECT_EQ(seconds("2026-01-01T01:00:00+09:00"), 1'767'196'800);
  EXPECT_EQ(seconds("2026-01-01 01:00:00 +09:00"), 1'767'196'800) << "as in tables";
  EXPECT_EQ(seconds("2025-12-31 11:00:00.5 -05:00"), 1'767'196'800);
  for (const char* text : {"2026-01-01 00:00",
                           "2026-01-01T00:00",
                           "2025-12-31T16:00Z",
                           "2026-01-01T01:00+09:00",
                           "2026-01-01 01:00 +09:00",
                           "2025-12-31 11:00 -05:00"}) {
    EXPECT_EQ(seconds(text), 1'767'196'800) << text << ", without seconds";
  }
  EXPECT_EQ(seconds("2026-01-01 00:01"), 1'767'196'860);
  EXPECT_EQ(ParseInstant("2026-01-01 00:00:00", "UTC")->seconds, 1'767'225'600);
  EXPECT_EQ(ParseInstant("2026-01-01T00:00:00.25Z", "UTC")->nanos, 250'000'000);
  for (const char* text : {"",
                           "2026-01-01",
                           "2026-01-01 00",
                           "2026-01-01 00:0",
                           "2026-01-01 00:0 +08:00",
                           "2026-01-01 0:00",
                           "2026-01-01 00:00:",
                           "2026-01-01 00:00:0",
                           "2026-01-01 00:00.5",
                           "2026-01-01 00:00x",
                           "2026-01-01 24:00",
                           "2026-01-01 00:60",
                           "2026-01-01 00:00 ",
                           "2026-01-01 00:00 +8",
                           "2026-02-29 00:00",
                           "2026-02-29 00:00:00",
                           "2026-01-01 24:00:00",
                           "2026-01-01 00:60:00",
                           "2026-01-01_00:00:00",
                           "2026-01-01  0:00:00",
                           "2026-01-01 00:00: 0",
                           "2026-01-01 00:00:00 ",
                           "2026-01-01 00:00:00x",
                           "2026-01-01 00:00:00+8",
                           "2026-01-01 00:00:00 +8",
                           "2026-01-01 00:00:00  +08:00",
                           "2026-01-01 00:00:00 CST",
                           "26-01-01 00:00:00.00",
                           "infinite-future-and-more"}) {
    EXPECT_FALSE(ParseInstant(text, "UTC").ok()) << text;
  }
  EXPECT_THAT(std::string(ParseInstant("noon", "UTC").status().message()),
              HasSubstr("\"noon\" is not a time such as 2026-01-31 08:15:00"));
  EXPECT_FALSE(ParseInstant("2026-01-01 00:00:00", "Asia/Kunming").ok());
}

TEST(UnitsTest, ParseDayOrInstant) {
  EXPECT_EQ(ParseDayOrInstant("2026-01-01", "Asia/Shanghai")->seconds, 1'767'196'800);
  EXPECT_EQ(ParseDayOrInstant("2026-01-01 00:00:00", "Asia/Shanghai")->seconds, 1'767'196'800);
  EXPECT_EQ(ParseDayOrInstant("2025-12-31T16:00:00Z", "Asia/Shanghai")->seconds, 1'767'196'800);
  EXPECT_EQ(ParseDayOrInstant("2026-01-01 00:00", "Asia/Shanghai")->seconds, 1'767'196'800);
  for (const char* text : {"", "2026-02-29", "2026-1-1", "2026-01-01 0:00", "soon"}) {
    const absl::StatusOr<Instant> bad = ParseDayOrInstant(text, "UTC");
    ASSERT_FALSE(bad.ok()) << text;
    // Whoever has typed it wrongly sees how it may be typed.
    for (const char* form :
         {"2026-01-31 08:15:00,", "2026-01-31 08:15 ", "2026-01-31,", "2026-01-31T00:15:00Z"}) {
      EXPECT_THAT(std::string(bad.status().message()), HasSubstr(form));
    }
  }
  EXPECT_THAT(std::string(ParseDayOrInstant("2026-01-01 00:00", "Mars").status().message()),
              HasSubstr("unknown time zone"));
}

TEST(UnitsTest, IsHex) {
  EXPECT_TRUE(IsHex("09afAF", 6));
  EXPECT_TRUE(IsVoucherKey("0123456789abcdef0123456789ABCDEF"));
  EXPECT_FALSE(IsHex("09afAF", 5));
  EXPECT_FALSE(IsHex("09afA", 6));
  EXPECT_FALSE(IsHex("09afAg", 6));
  EXPECT_FALSE(IsHex("09af A", 6));
}

TEST(UnitsTest, IsUuid) {
  EXPECT_TRUE(IsUuid("8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11"));
  EXPECT_TRUE(IsUuid("8C9F3A52-6A0E-4D3C-9A57-2F1F0E6F2B11"));
  for (const char* text : {"",
                           "8c9f3a52",
                           "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b1",
                           "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b111",
                           "8c9f3a52-6a0e-4d3c-9a57_2f1f0e6f2b11",
                           "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b1g",
                           "8c9f3a5-26a0e-4d3c-9a57-2f1f0e6f2b11",
                           "00000000-0000-0000-0000-000000000000"}) {
    EXPECT_FALSE(IsUuid(text)) << text;
  }
}

TEST(UnitsTest, IsCode) {
  EXPECT_TRUE(IsCode("AZaz09._:-", 10));
  EXPECT_FALSE(IsCode("AZaz09._:-", 9));
  EXPECT_FALSE(IsCode("", 9));
  for (const char* text : {"a b", "a/b", "茶", "a\n"}) {
    EXPECT_FALSE(IsCode(text, 32)) << text;
  }
}

}  // namespace
}  // namespace gonghui::ctl
