// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

// Rows of stored advices: what becomes of them, and what is wrong with them.

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

constexpr const char* kUuid = "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11";

using Cells = std::map<std::string, std::string>;

class AdviceRowsTest : public testing::Test {
 protected:
  const Cells sale_ = {{"request_id", kUuid},
                       {"occurred_at", "2026-05-03 08:15:00"},
                       {"terminal_sequence", "7"},
                       {"business_date", "2026-05-03"},
                       {"card_number", "62530110"},
                       {"amount_yuan", "10.50"},
                       {"member_paid_yuan", "8"}};
  const Cells capture_ = {{"request_id", kUuid},
                          {"kind", "capture"},
                          {"occurred_at", "2026-05-03T00:15:00Z"},
                          {"terminal_sequence", "4294967295"},
                          {"business_date", "2026-05-03"},
                          {"original", "0123456789AB"}};

  // `changes` replace cells, or take them away when they are empty.
  static std::optional<CellError> Try(Cells cells, const Cells& changes, v1::Advice* advice) {
    for (const auto& [name, cell] : changes) {
      cells[name] = cell;
    }
    std::vector<std::string> fields;
    std::vector<size_t> positions;
    for (const CsvColumn& column : AdviceKind().columns) {
      const auto found = cells.find(std::string(column.name));
      positions.push_back(found == cells.end() ? std::string_view::npos : fields.size());
      if (found != cells.end()) {
        fields.push_back(found->second);
      }
    }
    return AdviceKind().parse(
        RowView(fields, positions), RowOptions{std::string(kDefaultZone)}, advice);
  }
  static v1::Advice Parse(const Cells& cells, const Cells& changes = {}) {
    v1::Advice advice;
    const std::optional<CellError> bad = Try(cells, changes, &advice);
    EXPECT_FALSE(bad) << bad->description;
    return advice;
  }
  static void ExpectBad(const Cells& cells,
                        const Cells& changes,
                        const char* column,
                        const char* reason,
                        const char* description) {
    v1::Advice advice;
    const std::optional<CellError> bad = Try(cells, changes, &advice);
    ASSERT_TRUE(bad) << advice.ShortDebugString();
    EXPECT_EQ(AdviceKind().columns[bad->column].name, column);
    EXPECT_EQ(bad->reason, reason);
    EXPECT_THAT(bad->description, HasSubstr(description));
  }
};

TEST_F(AdviceRowsTest, Sale) {
  const v1::Advice advice = Parse(sale_, {{"kind", "sale"}, {"programme_code", "shops"}});
  EXPECT_EQ(advice.sale().request_id(), kUuid);
  EXPECT_EQ(advice.sale().card_number(), "62530110");
  EXPECT_EQ(advice.sale().list_price_fen(), 1'050);
  EXPECT_EQ(advice.sale().programme_code(), "shops");
  EXPECT_TRUE(advice.sale().capture());
  EXPECT_EQ(advice.sale().terminal_id(), "") << "said once, of the message";
  EXPECT_EQ(advice.member_paid_fen(), 800);
  EXPECT_EQ(advice.occurred_at().seconds(), 1'777'767'300);
  EXPECT_EQ(advice.terminal_sequence(), 7U);
  EXPECT_EQ(advice.business_date(), "2026-05-03");
  EXPECT_FALSE(advice.has_deny_list_at());
  EXPECT_FALSE(advice.queue_empty());
}

TEST_F(AdviceRowsTest, SaleInFenWithADenyList) {
  const v1::Advice advice = Parse(sale_,
                                  {{"kind", ""},
                                   {"amount_yuan", ""},
                                   {"amount_fen", "1050"},
                                   {"member_paid_yuan", ""},
                                   {"member_paid_fen", "0"},
                                   {"deny_list_at", "2026-05-03T00:00:00Z"}});
  EXPECT_EQ(advice.sale().list_price_fen(), 1'050);
  EXPECT_EQ(advice.member_paid_fen(), 0);
  EXPECT_EQ(advice.deny_list_at().seconds(), 1'777'766'400);
}

TEST_F(AdviceRowsTest, SaleWithLines) {
  const v1::Advice advice = Parse(sale_, {{"lines", "rice-5kg:2:8.50;tea:1:2"}});
  ASSERT_EQ(advice.sale().lines_size(), 2);
  EXPECT_EQ(advice.sale().lines(0).item_code(), "rice-5kg");
  EXPECT_EQ(advice.sale().lines(1).price_fen(), 200);
  ExpectBad(sale_,
            {{"lines", "rice-5kg:2:8.50"}},
            "lines",
            "INVALID_VALUE",
            "the lines cost 8.50 yuan, the amount is 10.50 yuan");
  ExpectBad(sale_, {{"lines", "rice:10.50"}}, "lines", "INVALID_VALUE", "\"rice:10.50\": is not");
  ExpectBad(sale_, {{"lines", "a:1:10.50;;"}}, "lines", "INVALID_VALUE", "is not ITEM:QUANTITY");
}

TEST_F(AdviceRowsTest, Capture) {
  v1::Advice advice = Parse(capture_);
  EXPECT_EQ(advice.capture().request_id(), kUuid);
  EXPECT_EQ(advice.capture().original_transaction_id(), "0123456789AB");
  EXPECT_FALSE(advice.capture().has_amount_fen());
  EXPECT_TRUE(advice.capture().final_capture());
  EXPECT_EQ(advice.terminal_sequence(), 4'294'967'295U);
  advice = Parse(capture_, {{"original", kUuid}, {"amount_yuan", "3.50"}, {"more_follow", "是"}});
  EXPECT_EQ(advice.capture().original_request_id(), kUuid);
  EXPECT_EQ(advice.capture().amount_fen(), 350);
  EXPECT_FALSE(advice.capture().final_capture());
}

TEST_F(AdviceRowsTest, WhatBothNeed) {
  for (const Cells& cells : {sale_, capture_}) {
    ExpectBad(cells, {{"request_id", ""}}, "request_id", "REQUIRED_VALUE", "is empty");
    ExpectBad(cells, {{"request_id", "x"}}, "request_id", "INVALID_VALUE", "\"x\" is not a UUID");
    ExpectBad(cells, {{"kind", "refund"}}, "kind", "INVALID_VALUE", "neither sale nor capture");
    ExpectBad(cells, {{"occurred_at", ""}}, "occurred_at", "REQUIRED_VALUE", "is empty");
    ExpectBad(cells, {{"occurred_at", "noon"}}, "occurred_at", "INVALID_VALUE", "is not a time");
    ExpectBad(cells, {{"terminal_sequence", ""}}, "terminal_sequence", "REQUIRED_VALUE", "empty");
    ExpectBad(cells, {{"terminal_sequence", "0"}}, "terminal_sequence", "INVALID_VALUE", "with 1");
    ExpectBad(cells,
              {{"terminal_sequence", "4294967296"}},
              "terminal_sequence",
              "INVALID_VALUE",
              "is more than");
    ExpectBad(cells, {{"business_date", ""}}, "business_date", "REQUIRED_VALUE", "is empty");
    ExpectBad(cells, {{"business_date", "today"}}, "business_date", "INVALID_VALUE", "not a day");
    ExpectBad(cells, {{"deny_list_at", "x"}}, "deny_list_at", "INVALID_VALUE", "is not a time");
  }
}

TEST_F(AdviceRowsTest, BadSales) {
  ExpectBad(sale_, {{"card_number", ""}}, "card_number", "REQUIRED_VALUE", "is empty");
  for (const char* card : {"1234567", "01234567", "6253011x", "12345678901234567890"}) {
    ExpectBad(sale_, {{"card_number", card}}, "card_number", "INVALID_VALUE", "8 to 19 digits");
  }
  ExpectBad(sale_, {{"amount_yuan", ""}}, "amount_yuan", "REQUIRED_VALUE", "or amount_fen");
  ExpectBad(sale_, {{"amount_fen", "1"}}, "amount_fen", "INVALID_VALUE", "in yuan already");
  ExpectBad(sale_, {{"amount_yuan", "1.234"}}, "amount_yuan", "INVALID_VALUE", "than a fen");
  ExpectBad(
      sale_, {{"amount_yuan", "10000000000.01"}}, "amount_yuan", "INVALID_VALUE", "is more than");
  ExpectBad(sale_,
            {{"amount_yuan", ""}, {"amount_fen", "1000000000001"}},
            "amount_fen",
            "INVALID_VALUE",
            "is more than");
  ExpectBad(
      sale_, {{"member_paid_yuan", ""}}, "member_paid_yuan", "REQUIRED_VALUE", "member_paid_fen");
  ExpectBad(sale_,
            {{"member_paid_yuan", "10.51"}},
            "member_paid_yuan",
            "INVALID_VALUE",
            "the member paid more than the amount, 10.50 yuan");
  ExpectBad(sale_,
            {{"member_paid_yuan", ""}, {"member_paid_fen", "1051"}},
            "member_paid_fen",
            "INVALID_VALUE",
            "paid more");
  ExpectBad(sale_, {{"programme_code", "a b"}}, "programme_code", "INVALID_VALUE", "1 to 32 of");
  ExpectBad(sale_, {{"original", "0123456789AB"}}, "original", "INVALID_VALUE", "not a sale's");
  ExpectBad(sale_, {{"more_follow", "no"}}, "more_follow", "INVALID_VALUE", "not a sale's");
}

TEST_F(AdviceRowsTest, BadCaptures) {
  ExpectBad(capture_, {{"original", ""}}, "original", "REQUIRED_VALUE", "needs the hold");
  ExpectBad(capture_, {{"original", "0123"}}, "original", "INVALID_VALUE", "neither a transaction");
  ExpectBad(capture_, {{"amount_yuan", "-1"}}, "amount_yuan", "INVALID_VALUE", "is negative");
  ExpectBad(capture_, {{"more_follow", "maybe"}}, "more_follow", "INVALID_VALUE", "neither true");
  for (const char* column :
       {"card_number", "member_paid_yuan", "member_paid_fen", "lines", "programme_code"}) {
    ExpectBad(capture_, {{column, "1"}}, column, "INVALID_VALUE", "is a sale's, not a capture's");
  }
}

TEST_F(AdviceRowsTest, EveryColumnHasItsField) {
  for (const CsvColumn& column : AdviceKind().columns) {
    bool found = false;
    for (const auto* type : {v1::Advice::descriptor(),
                             v1::AuthorizeRequest::descriptor(),
                             v1::CaptureRequest::descriptor()}) {
      found = found || type->FindFieldByName(std::string(column.field)) != nullptr;
    }
    EXPECT_TRUE(found || column.field == "advice") << column.field;
  }
  EXPECT_THAT(ColumnsHelp(AdviceKind()), HasSubstr("terminal_sequence *"));
  EXPECT_FALSE(Updates(AdviceKind()));
}

}  // namespace
}  // namespace gonghui::ctl
