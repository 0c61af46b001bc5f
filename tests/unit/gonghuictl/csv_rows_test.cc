// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/csv_rows.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/merchant_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

// Parses one row given as "column=cell" pairs.
class RowTest : public testing::Test {
 protected:
  template <typename Row>
  Row Parse(std::string_view kind_name,
            const std::vector<std::pair<std::string, std::string>>& cells) {
    Row row;
    bad_ = TryParse(kind_name, cells, &row);
    EXPECT_FALSE(bad_) << bad_->description;
    return row;
  }

  template <typename Row>
  void ExpectBad(std::string_view kind_name,
                 const std::vector<std::pair<std::string, std::string>>& cells,
                 std::string_view column,
                 const char* reason,
                 const char* description) {
    Row row;
    bad_ = TryParse(kind_name, cells, &row);
    ASSERT_TRUE(bad_) << row.ShortDebugString();
    EXPECT_EQ(FindImportKind(kind_name)->columns[bad_->column].name, column);
    EXPECT_EQ(bad_->reason, reason);
    EXPECT_THAT(bad_->description, HasSubstr(description));
  }

 private:
  std::optional<CellError> TryParse(std::string_view kind_name,
                                    const std::vector<std::pair<std::string, std::string>>& cells,
                                    google::protobuf::Message* row) {
    const ImportKind& kind = *FindImportKind(kind_name);
    std::vector<std::string> header;
    std::vector<std::string> fields;
    for (const auto& [name, cell] : cells) {
      header.push_back(name);
      fields.push_back(cell);
    }
    // A header that lacks required columns is tested elsewhere.
    std::vector<size_t> positions(kind.columns.size(), std::string_view::npos);
    for (size_t c = 0; c < kind.columns.size(); ++c) {
      for (size_t i = 0; i < header.size(); ++i) {
        positions[c] = header[i] == kind.columns[c].name ? i : positions[c];
      }
    }
    return kind.parse(RowView(fields, positions),
                      RowOptions{std::string(kDefaultZone), [this] { ++local_count_; }},
                      row);
  }

 protected:
  int local_count_ = 0;  // cells that were taken to be in that zone

 private:
  std::optional<CellError> bad_;
};

TEST_F(RowTest, Member) {
  const auto member = Parse<v1::Member>("members",
                                        {{"phone", "12300000000"},
                                         {"member_id", "M1"},
                                         {"union_node_id", "U1"},
                                         {"status", "suspended"},
                                         {"real_name_verified", "是"},
                                         {"sex", "female"},
                                         {"joined_on", "2019-03-01"},
                                         {"name", "欧阳春"},
                                         {"national_id", "5"},
                                         {"segments",
                                          "model_worker;new_employment@2026-01-01..2027-01-01;"
                                          "a@2026-03-01..;b@..2026-04-01"}});
  EXPECT_EQ(member.member_id(), "M1");
  EXPECT_EQ(member.union_node_id(), "U1");
  EXPECT_EQ(member.status(), v1::MEMBER_STATUS_SUSPENDED);
  EXPECT_TRUE(member.real_name_verified());
  EXPECT_EQ(member.sex(), v1::SEX_FEMALE);
  EXPECT_EQ(member.joined_on(), "2019-03-01");
  EXPECT_EQ(member.personal_data().name(), "欧阳春");
  EXPECT_EQ(member.personal_data().phone(), "12300000000");
  ASSERT_EQ(member.segments_size(), 4);
  EXPECT_FALSE(member.segments(0).has_starts_at());
  // Midnight in Shanghai is 16:00 UTC of the day before.
  EXPECT_EQ(member.segments(1).starts_at().seconds(), 1'767'196'800);
  EXPECT_EQ(member.segments(1).ends_at().seconds(), 1'798'732'800);
  EXPECT_TRUE(member.segments(2).has_starts_at());
  EXPECT_FALSE(member.segments(2).has_ends_at());
  EXPECT_FALSE(member.segments(3).has_starts_at());
  EXPECT_TRUE(member.segments(3).has_ends_at());
}

// So that the caller can say which one was taken.
TEST_F(RowTest, WhatNamesNoZoneIsCounted) {
  const auto cover = [&](const char* from, const char* until) {
    local_count_ = 0;
    (void)Parse<v1::Contribution>("contributions",
                                  {{"receipt_code", "r"},
                                   {"fund_code", "f"},
                                   {"member_id", "M1"},
                                   {"segment_code", "s"},
                                   {"amount_fen", "1"},
                                   {"covers_from", from},
                                   {"covers_until", until}});
    return local_count_;
  };
  EXPECT_EQ(cover("2026-01-01", "2026-02-01 08:00:00"), 2);
  EXPECT_EQ(cover("2026-01-01T00:00:00Z", "2026-02-01T08:00:00+08:00"), 0);
  EXPECT_EQ(cover("2026-01-01 00:00:00 -03:30", "2026-02-01"), 1);
  local_count_ = 0;
  (void)Parse<v1::Member>(
      "members", {{"member_id", "M1"}, {"union_node_id", "U1"}, {"segments", "a@2026-03-01..;b"}});
  EXPECT_EQ(local_count_, 1);
  // A day of a calendar is no instant.
  local_count_ = 0;
  (void)Parse<v1::Member>(
      "members", {{"member_id", "M1"}, {"union_node_id", "U1"}, {"joined_on", "2019-03-01"}});
  EXPECT_EQ(local_count_, 0);
}

// Whoever reads the error need not look for the manual.
TEST_F(RowTest, WrongDaysAndTimesShowWhatIsRead) {
  const auto bad = [&](const char* from, const char* description) {
    ExpectBad<v1::Contribution>("contributions",
                                {{"receipt_code", "r"},
                                 {"fund_code", "f"},
                                 {"member_id", "M1"},
                                 {"segment_code", "s"},
                                 {"amount_fen", "1"},
                                 {"covers_from", from},
                                 {"covers_until", "2027-01-01"}},
                                "covers_from",
                                "INVALID_VALUE",
                                description);
  };
  bad("2026/1/1", "(日期应如 2026-01-31) (时间应如 2026-01-31 08:15:00，或带时区 ");
  bad("2026-02-30", "\"2026-02-30\" is not a ");
  bad("2026-02-30 08:00:00", "2026-01-31 08:15:00");
  ExpectBad<v1::Fund>("funds",
                      {{"fund_code", "f"}, {"budget_fen", "1"}, {"opens_on", "1.1.2026"}},
                      "opens_on",
                      "INVALID_VALUE",
                      "is not a day such as 2026-01-31 (日期应如 2026-01-31)");
}

TEST_F(RowTest, MemberWithoutOptionalColumns) {
  const auto member = Parse<v1::Member>("members", {{"member_id", "M1"}, {"union_node_id", "U1"}});
  EXPECT_EQ(member.status(), v1::MEMBER_STATUS_UNSPECIFIED);
  EXPECT_FALSE(member.has_personal_data()) << "unset leaves the vault as it is";
}

TEST(MaskTest, IsWhatTheFileHasColumnsFor) {
  const auto mask = [](const char* kind_name, const std::vector<std::string>& header) {
    const ImportKind& kind = *FindImportKind(kind_name);
    const auto positions = MapHeader(kind, header);
    EXPECT_TRUE(positions.ok()) << positions.status();
    return MaskOf(kind, *positions);
  };
  EXPECT_THAT(mask("members", {"sex", "member_id", "phone"}),
              testing::ElementsAre("member_id", "sex", "personal_data.phone"));
  EXPECT_THAT(mask("cards", {"card_number", "member_id"}),
              testing::ElementsAre("card_number", "member_id"));
  EXPECT_THAT(mask("cards", {"card_number", "member_id", "status", "kind", "expires_on"}),
              testing::ElementsAre("card_number", "member_id", "status", "kind", "expires_on"));
  EXPECT_TRUE(Updates(*FindImportKind("members")));
  EXPECT_TRUE(Updates(*FindImportKind("cards")));
  // A budget says what the fund is of; two columns of one field are one path.
  EXPECT_THAT(mask("funds", {"fund_code", "budget_yuan"}),
              testing::ElementsAre("fund_code", "budget", "asset"));
  EXPECT_THAT(mask("funds", {"fund_code", "asset", "budget_fen", "pieces", "closes_on"}),
              testing::ElementsAre("fund_code", "asset", "budget", "closes_at"));
  EXPECT_THAT(mask("funds", {"fund_code", "paid_by"}),
              testing::ElementsAre("fund_code", "paid_by"));
  EXPECT_TRUE(Updates(*FindImportKind("funds")));
  EXPECT_FALSE(Updates(*FindImportKind("merchants")));
  EXPECT_TRUE(Reactivates(*FindImportKind("cards")));
  EXPECT_FALSE(Reactivates(*FindImportKind("funds")));
  EXPECT_THAT(ColumnsHelp(*FindImportKind("funds")), HasSubstr("stays as it is"));
  EXPECT_THAT(ColumnsHelp(*FindImportKind("members")),
              HasSubstr("An empty cell resets its field, unless the column's text above says"));
  EXPECT_THAT(ColumnsHelp(*FindImportKind("members")), HasSubstr("all three empty = as it is"));
  EXPECT_THAT(ColumnsHelp(*FindImportKind("funds")), testing::Not(HasSubstr("suspended")));
}

TEST_F(RowTest, MemberWithoutAUnion) {
  EXPECT_EQ(Parse<v1::Member>("members", {{"member_id", "M1"}}).union_node_id(), "");
}

TEST_F(RowTest, MemberErrors) {
  const auto bad =
      [&](const char* column, const char* cell, const char* reason, const char* description) {
        std::vector<std::pair<std::string, std::string>> cells = {{"member_id", "M1"},
                                                                  {"union_node_id", "U1"}};
        for (auto& [name, value] : cells) {
          value = name == column ? cell : value;
        }
        if (std::string_view(column) != "member_id" &&
            std::string_view(column) != "union_node_id") {
          cells.emplace_back(column, cell);
        }
        ExpectBad<v1::Member>("members", cells, column, reason, description);
      };
  bad("member_id", "", "REQUIRED_VALUE", "empty");
  bad("union_node_id", "", "REQUIRED_VALUE", "empty");
  bad("joined_on", "March 2019", "INVALID_VALUE", "\"March 2019\" is not a day such as");
  bad("status",
      "happy",
      "INVALID_VALUE",
      "\"happy\" is not one of active, suspended, lapsed or closed");
  bad("status", "Active", "INVALID_VALUE", "not one of");
  bad("status", "unspecified", "INVALID_VALUE", "not one of");
  bad("real_name_verified", "maybe", "INVALID_VALUE", "neither true");
  bad("sex", "m", "INVALID_VALUE", "male or female");
  bad("segments", "a@2026-01-01", "INVALID_VALUE", "FROM..UNTIL");
  bad("segments", "a@..", "INVALID_VALUE", "FROM..UNTIL");
  bad("segments", "a@2026-02-30..", "INVALID_VALUE", "not a day");
  bad("segments", "a@2026-1-1..", "INVALID_VALUE", "not a day");
  bad("segments", "@2026-01-01..", "INVALID_VALUE", "without a code");
  bad("segments", "a;;b", "INVALID_VALUE", "without a code");
  bad("segments", "a@2027-01-01..2026-01-01", "INVALID_VALUE", "ends before it begins");
}

TEST_F(RowTest, BoolWords) {
  for (const char* word : {"true", "TRUE", "1", "yes", "是"}) {
    EXPECT_TRUE(
        Parse<v1::Member>(
            "members", {{"member_id", "M"}, {"union_node_id", "U"}, {"real_name_verified", word}})
            .real_name_verified())
        << word;
  }
  for (const char* word : {"false", "0", "No", "否", ""}) {
    EXPECT_FALSE(
        Parse<v1::Member>(
            "members", {{"member_id", "M"}, {"union_node_id", "U"}, {"real_name_verified", word}})
            .real_name_verified())
        << word;
  }
}

TEST_F(RowTest, Card) {
  const auto card = Parse<v1::Card>("cards",
                                    {{"card_number", "6253011000000016"},
                                     {"member_id", "M1"},
                                     {"status", "lost"},
                                     {"kind", "digital"},
                                     {"expires_on", "2030-01-31"}});
  EXPECT_EQ(card.card_number(), "6253011000000016");
  EXPECT_EQ(card.status(), v1::CARD_STATUS_LOST);
  EXPECT_EQ(card.kind(), v1::CARD_KIND_DIGITAL);
  EXPECT_EQ(card.expires_on(), "2030-01-31");
  ExpectBad<v1::Card>(
      "cards", {{"card_number", ""}, {"member_id", "M"}}, "card_number", "REQUIRED_VALUE", "empty");
  ExpectBad<v1::Card>(
      "cards", {{"card_number", "1"}, {"member_id", ""}}, "member_id", "REQUIRED_VALUE", "empty");
  ExpectBad<v1::Card>("cards",
                      {{"card_number", "1"}, {"member_id", "M"}, {"status", "x"}},
                      "status",
                      "INVALID_VALUE",
                      "issued, active, paused");
  ExpectBad<v1::Card>("cards",
                      {{"card_number", "1"}, {"member_id", "M"}, {"kind", "x"}},
                      "kind",
                      "INVALID_VALUE",
                      "physical or digital");
  ExpectBad<v1::Card>("cards",
                      {{"card_number", "1"}, {"member_id", "M"}, {"expires_on", "soon"}},
                      "expires_on",
                      "INVALID_VALUE",
                      "not a day");
}

TEST_F(RowTest, MerchantAndTerminal) {
  const auto merchant = Parse<v1::Merchant>("merchants",
                                            {{"merchant_id", "S1"},
                                             {"union_node_id", "U1"},
                                             {"mcc", "4111"},
                                             {"display_name", "昆明地铁"}});
  EXPECT_EQ(merchant.mcc(), 4111U);
  EXPECT_EQ(merchant.display_name(), "昆明地铁");
  const auto bad_mcc = [&](const char* mcc, const char* reason, const char* description) {
    ExpectBad<v1::Merchant>(
        "merchants",
        {{"merchant_id", "S1"}, {"union_node_id", "U1"}, {"mcc", mcc}, {"display_name", "x"}},
        "mcc",
        reason,
        description);
  };
  bad_mcc("", "REQUIRED_VALUE", "empty");
  bad_mcc("metro", "INVALID_VALUE", "not a whole number");
  bad_mcc("-1", "INVALID_VALUE", "not a whole number");
  bad_mcc("10000", "INVALID_VALUE", "more than 9999");
  bad_mcc("99999999999999999999999", "INVALID_VALUE", "more than 9999");

  const auto terminal = Parse<v1::Terminal>(
      "terminals",
      {{"terminal_id", "T1"}, {"merchant_id", "S1"}, {"kind", "gate"}, {"status", "inactive"}});
  EXPECT_EQ(terminal.kind(), v1::TERMINAL_KIND_GATE);
  EXPECT_EQ(terminal.status(), v1::TERMINAL_STATUS_INACTIVE);
  ExpectBad<v1::Terminal>("terminals",
                          {{"terminal_id", "T1"}, {"merchant_id", "S1"}, {"kind", "x"}},
                          "kind",
                          "INVALID_VALUE",
                          "pos, gate, vending, online or office");
}

TEST_F(RowTest, UnionAndSegment) {
  const auto node = Parse<v1::UnionNode>(
      "unions", {{"union_node_id", "U"}, {"level", "city"}, {"display_name", "昆明市总工会"}});
  EXPECT_EQ(node.level(), v1::UNION_LEVEL_CITY);
  ExpectBad<v1::UnionNode>("unions",
                           {{"union_node_id", "U"}, {"level", ""}, {"display_name", "x"}},
                           "level",
                           "REQUIRED_VALUE",
                           "empty");
  ExpectBad<v1::UnionNode>("unions",
                           {{"union_node_id", "U"}, {"level", "state"}, {"display_name", "x"}},
                           "level",
                           "INVALID_VALUE",
                           "national, province");
  EXPECT_EQ(Parse<v1::Segment>("segments", {{"segment_code", "a"}, {"display_name", "劳模"}})
                .display_name(),
            "劳模");
  ExpectBad<v1::Segment>("segments",
                         {{"segment_code", ""}, {"display_name", "x"}},
                         "segment_code",
                         "REQUIRED_VALUE",
                         "empty");
}

TEST_F(RowTest, Fund) {
  const auto money = Parse<v1::Fund>("funds",
                                     {{"fund_code", "f"},
                                      {"budget_yuan", "1000000.50"},
                                      {"opens_on", "2026-01-01"},
                                      {"closes_on", "2027-01-01"},
                                      {"advice_may_overrun", "1"},
                                      {"paid_by", "sponsor"}});
  EXPECT_EQ(money.budget(), 100'000'050);
  EXPECT_EQ(money.opens_at().seconds(), 1'767'196'800);
  EXPECT_EQ(money.closes_at().seconds(), 1'798'732'800);
  EXPECT_TRUE(money.advice_may_overrun());
  EXPECT_EQ(money.paid_by(), v1::PAYER_SPONSOR);
  EXPECT_EQ(Parse<v1::Fund>("funds", {{"fund_code", "f"}, {"budget_fen", "12"}}).budget(), 12);
  const auto thing =
      Parse<v1::Fund>("funds", {{"fund_code", "f"}, {"asset", "thing"}, {"pieces", "15000"}});
  EXPECT_EQ(thing.budget(), 15'000);
  EXPECT_EQ(thing.asset(), v1::ASSET_THING);
  // Without a column for it the budget says so, and without a budget nothing does.
  EXPECT_EQ(money.asset(), v1::ASSET_MONEY);
  EXPECT_EQ(Parse<v1::Fund>("funds", {{"fund_code", "f"}, {"pieces", "7"}}).asset(),
            v1::ASSET_THING);
  const auto named = Parse<v1::Fund>("funds", {{"fund_code", "f"}, {"display_name", "观影资金"}});
  EXPECT_EQ(named.asset(), v1::ASSET_UNSPECIFIED);
  EXPECT_EQ(named.budget(), 0);
}

TEST_F(RowTest, FundErrors) {
  using Cells = std::vector<std::pair<std::string, std::string>>;
  const auto bad =
      [&](Cells cells, const char* column, const char* reason, const char* description) {
        cells.emplace_back("fund_code", "f");
        ExpectBad<v1::Fund>("funds", cells, column, reason, description);
      };
  bad({{"budget_yuan", ""}}, "budget_yuan", "REQUIRED_VALUE", "budget_yuan or budget_fen");
  bad({{"pieces", ""}}, "pieces", "REQUIRED_VALUE", "needs pieces");
  bad({{"asset", "thing"}, {"pieces", ""}}, "pieces", "REQUIRED_VALUE", "needs pieces");
  bad({{"budget_yuan", "1"}, {"budget_fen", "100"}}, "budget_fen", "INVALID_VALUE", "only one");
  bad({{"asset", ""}, {"pieces", "1"}}, "pieces", "INVALID_VALUE", "not counted in pieces");
  bad({{"asset", "thing"}, {"budget_yuan", "1"}}, "budget_yuan", "INVALID_VALUE", "in pieces");
  bad({{"budget_yuan", "-1"}}, "budget_yuan", "INVALID_VALUE", "negative");
  bad({{"budget_yuan", "1.234"}}, "budget_yuan", "INVALID_VALUE", "finer than a fen");
  bad({{"budget_yuan", "92233720368547758.08"}}, "budget_yuan", "INVALID_VALUE", "more than any");
  bad({{"budget_fen", "9223372036854775808"}}, "budget_fen", "INVALID_VALUE", "more than");
  bad({{"budget_fen", "1.5"}}, "budget_fen", "INVALID_VALUE", "whole number");
  bad({{"budget_fen", "1"}, {"asset", "gold"}}, "asset", "INVALID_VALUE", "money or thing");
  bad({{"budget_fen", "1"}, {"opens_on", "x"}}, "opens_on", "INVALID_VALUE", "not a day");
  bad({{"budget_fen", "1"}, {"opens_on", "2026-01-02"}, {"closes_on", "2026-01-02"}},
      "closes_on",
      "INVALID_VALUE",
      "closes before it opens");
  bad({{"budget_fen", "1"}, {"advice_may_overrun", "x"}},
      "advice_may_overrun",
      "INVALID_VALUE",
      "neither true");
  bad({{"budget_fen", "1"}, {"paid_by", "bank"}},
      "paid_by",
      "INVALID_VALUE",
      "union, merchant or sponsor");
}

TEST_F(RowTest, Contribution) {
  using Cells = std::vector<std::pair<std::string, std::string>>;
  const Cells cells = {{"receipt_code", "R1"},
                       {"fund_code", "mutual-2026"},
                       {"member_id", "M1"},
                       {"segment_code", "insured"},
                       {"amount_yuan", "80"},
                       {"covers_from", "2026-01-01"},
                       {"covers_until", "2027-01-01 08:00:00"}};
  const auto row = Parse<v1::Contribution>("contributions", cells);
  EXPECT_EQ(row.receipt_code(), "R1");
  EXPECT_EQ(row.fund_code(), "mutual-2026");
  EXPECT_EQ(row.member_id(), "M1");
  EXPECT_EQ(row.segment_code(), "insured");
  EXPECT_EQ(row.amount_fen(), 8'000);
  EXPECT_EQ(row.covers_from().seconds(), 1'767'196'800);
  EXPECT_EQ(row.covers_until().seconds(), 1'798'732'800 + 8 * 3'600);

  const auto bad = [&](const char* name,
                       const char* cell,
                       const char* column,
                       const char* reason,
                       const char* description) {
    Cells changed = cells;
    for (auto& [changed_name, changed_cell] : changed) {
      changed_cell = changed_name == name ? cell : changed_cell;
    }
    ExpectBad<v1::Contribution>("contributions", changed, column, reason, description);
  };
  for (const char* name :
       {"receipt_code", "fund_code", "member_id", "segment_code", "covers_from", "covers_until"}) {
    bad(name, "", name, "REQUIRED_VALUE", "empty");
  }
  bad("amount_yuan", "", "amount_yuan", "REQUIRED_VALUE", "amount_yuan or amount_fen");
  bad("amount_yuan", "-1", "amount_yuan", "INVALID_VALUE", "negative");
  bad("covers_from", "soon", "covers_from", "INVALID_VALUE", "not a time");
  bad("covers_from", "2026-02-29", "covers_from", "INVALID_VALUE", "not a time");
  bad("covers_until", "2026-01-01", "covers_until", "INVALID_VALUE", "ends before it begins");
  Cells both = cells;
  both.emplace_back("amount_fen", "8000");
  ExpectBad<v1::Contribution>(
      "contributions", both, "amount_fen", "INVALID_VALUE", "in yuan already");
}

TEST_F(RowTest, OfficeTerminals) {
  EXPECT_EQ(Parse<v1::Terminal>("terminals",
                                {{"terminal_id", "T9"}, {"merchant_id", "S9"}, {"kind", "office"}})
                .kind(),
            v1::TERMINAL_KIND_OFFICE);
}

TEST(MapHeaderTest, AnyOrder) {
  const auto positions =
      MapHeader(*FindImportKind("segments"), {"display_name", "reject_line", "segment_code"});
  ASSERT_TRUE(positions.ok());
  EXPECT_THAT(*positions, testing::ElementsAre(2, 0));
}

TEST(MapHeaderTest, Errors) {
  const ImportKind& kind = *FindImportKind("members");
  const auto message = [&](const std::vector<std::string>& header) {
    return std::string(MapHeader(kind, header).status().message());
  };
  EXPECT_THAT(message({"member_id", "union_node_id", "fone"}),
              HasSubstr("unknown column \"fone\""));
  EXPECT_THAT(message({"member_id", "union_node"}), HasSubstr("did you mean \"union_node_id\"?"));
  EXPECT_THAT(message({"member_id", "member_id"}), HasSubstr("column 2: \"member_id\" stands"));
  EXPECT_THAT(message({"union_node_id"}), HasSubstr("lacks the column \"member_id\""));
}

// A file may come from anybody, and what it calls its columns is shown.
TEST(MapHeaderTest, NothingMovesTheCursor) {
  const auto told = MapHeader(*FindImportKind("cards"), {"card_number", "a\x1b[2J\nb"});
  ASSERT_FALSE(told.ok());
  EXPECT_EQ(told.status().message(), "column 2: unknown column \"a\uFFFD[2J\uFFFDb\"");
}

TEST(ColumnOfFieldTest, ServersNames) {
  const ImportKind& members = *FindImportKind("members");
  const std::vector<size_t> none(members.columns.size(), std::string_view::npos);
  const auto name = [&](std::string_view field) {
    return members.columns[ColumnOfField(members, none, field)].name;
  };
  EXPECT_EQ(name("union_node_id"), "union_node_id");
  EXPECT_EQ(name("personal_data.phone"), "phone");
  EXPECT_EQ(name("segments[2].segment_code"), "segments");
  EXPECT_EQ(ColumnOfField(members, none, "nonsense"), std::string_view::npos);

  const ImportKind& funds = *FindImportKind("funds");
  std::vector<size_t> positions(funds.columns.size(), std::string_view::npos);
  positions[5] = 1;  // budget_fen
  EXPECT_EQ(funds.columns[ColumnOfField(funds, positions, "budget")].name, "budget_fen");
}

TEST(ImportKindsTest, MethodsAreInTheContract) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const ImportKind& kind : ImportKinds()) {
    const auto* method = pool->FindMethodByName(std::string(kind.method));
    ASSERT_NE(method, nullptr) << kind.method;
    const auto* row = method->input_type()->FindFieldByNumber(1)->message_type();
    for (const CsvColumn& column : kind.columns) {
      const bool personal =
          column.name == "name" || column.name == "national_id" || column.name == "phone";
      EXPECT_TRUE(personal || row->FindFieldByName(std::string(column.field)) != nullptr)
          << kind.name << " " << column.field;
    }
    EXPECT_THAT(ColumnsHelp(kind), HasSubstr(std::string(kind.columns[0].name) + " *"));
  }
}

TEST(EnumWordTest, FromTheContract) {
  EXPECT_EQ(EnumWord(v1::CardStatus_descriptor(), v1::CARD_STATUS_LOST), "lost");
  EXPECT_EQ(EnumWord(v1::CardStatus_descriptor(), 0), "");
  EXPECT_EQ(EnumWord(v1::CardStatus_descriptor(), 999), "");
}

}  // namespace
}  // namespace gonghui::ctl
