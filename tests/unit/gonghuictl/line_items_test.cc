// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/line_items.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

TEST(LineItemsTest, ParseLineItem) {
  const v1::LineItem rice = ParseLineItem("rice-5kg:2:59.80").value();
  EXPECT_EQ(rice.item_code(), "rice-5kg");
  EXPECT_EQ(rice.quantity(), 2U);
  EXPECT_EQ(rice.price_fen(), 5'980);
  const v1::LineItem tea = ParseLineItem("a:b:c:1:0").value();
  EXPECT_EQ(tea.item_code(), "a:b:c");
  EXPECT_EQ(tea.price_fen(), 0);
  EXPECT_EQ(ParseLineItem(std::string(32, 'x') + ":1000000:1").value().quantity(), 1'000'000U);
  EXPECT_EQ(ParseLineItem("a:1:10000000000").value().price_fen(), kListPriceFenMax);
}

TEST(LineItemsTest, ParseLineItemRefuses) {
  for (const char* text : {"", "a", ":", "a:1", ":1:1", "::", "1:1"}) {
    EXPECT_FALSE(ParseLineItem(text).ok()) << text;
  }
  EXPECT_THAT(Message(ParseLineItem("a:1").status()),
              HasSubstr("\"a:1\": is not ITEM:QUANTITY:PRICE"));
  EXPECT_THAT(Message(ParseLineItem("a b:1:1").status()), HasSubstr("an item is 1 to 32 of"));
  EXPECT_THAT(Message(ParseLineItem(std::string(33, 'x') + ":1:1").status()),
              HasSubstr("an item is 1 to 32 of"));
  for (const char* text : {"a:0:1", "a:1000001:1", "a:-1:1", "a::1", "a:1.5:1"}) {
    EXPECT_THAT(Message(ParseLineItem(text).status()), HasSubstr("1 to 1,000,000 pieces")) << text;
  }
  for (const char* text : {"a:1:", "a:1:-1", "a:1:x", "a:1:1.001"}) {
    EXPECT_FALSE(ParseLineItem(text).ok()) << text;
  }
  EXPECT_THAT(Message(ParseLineItem("a:1:10000000000.01").status()),
              HasSubstr("costs more than any sale can"));
}

TEST(LineItemsTest, Sum) {
  LineItems lines;
  EXPECT_EQ(SumOf(lines), 0);
  ASSERT_TRUE(ParseLineItems(std::vector<std::string>(kLinesMax, "a:1:10000000000"), &lines).ok());
  EXPECT_EQ(SumOf(lines), int64_t{kLinesMax} * kListPriceFenMax);
  LineItems more;
  EXPECT_THAT(Message(ParseLineItems(std::vector<std::string>(kLinesMax + 1, "a:1:1"), &more)),
              HasSubstr("more than 64 lines"));
  EXPECT_THAT(Message(ParseLineItems(std::vector<std::string>{"a:1:1", "b"}, &more)),
              HasSubstr("\"b\": is not"));
}

TEST(LineItemsTest, ReturnedLines) {
  ReturnedLines lines;
  ASSERT_TRUE(ParseReturnedLines({"3:4", "1:1", "64:1000000"}, &lines).ok());
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[0].line_number(), 1U);
  EXPECT_EQ(lines[1].line_number(), 3U);
  EXPECT_EQ(lines[1].quantity(), 4U);
  EXPECT_EQ(lines[2].quantity(), 1'000'000U);
  for (const char* text : {"", "1", "0:1", "65:1", "x:1", ":1", "1:", "1:0", "1:1:1", "1:-1"}) {
    EXPECT_FALSE(ParseReturnedLine(text).ok()) << text;
  }
  EXPECT_THAT(Message(ParseReturnedLine("1").status()), HasSubstr("\"1\": is not NUMBER:QUANTITY"));
  EXPECT_THAT(Message(ParseReturnedLine("ice-tea:1:5").status()),
              HasSubstr("is not NUMBER:QUANTITY"));
  EXPECT_THAT(Message(ParseReturnedLine("1:1:1").status()), HasSubstr("is not NUMBER:QUANTITY"));
  EXPECT_THAT(Message(ParseReturnedLine("65:1").status()), HasSubstr("numbered from 1"));
  ReturnedLines twice;
  EXPECT_THAT(Message(ParseReturnedLines({"1:1", "2:1", "1:2"}, &twice)),
              HasSubstr("\"1:2\": the line is named twice"));
}

}  // namespace
}  // namespace gonghui::ctl
