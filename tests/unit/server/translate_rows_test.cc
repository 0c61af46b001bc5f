// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate_rows.h"

#include <array>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/server/text_codec.h"
#include "engine/server/translate.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The wrong field of a row, or "" when it is right.
template <class DomainRow, class Row>
std::string Wrong(Row row, const std::function<void(Row*)>& change) {
  change(&row);
  DomainRow made;
  RowError error;
  if (FromProto(row, &made, &error)) {
    return "";
  }
  EXPECT_EQ(error.reason, "INVALID_FIELD");
  EXPECT_FALSE(error.description.empty());
  return error.field;
}

v1::UnionNode GoodNode() {
  v1::UnionNode row;
  row.set_union_node_id("KM");
  row.set_level(v1::UNION_LEVEL_CITY);
  row.set_display_name("昆明市总工会");
  return row;
}

TEST(UnionNodeRowTest, IsHeldToItsRules) {
  using R = v1::UnionNode;
  const auto wrong = [](const std::function<void(R*)>& change) {
    return Wrong<UnionNodeRequest>(GoodNode(), change);
  };
  EXPECT_EQ(wrong([](R*) {}), "");
  EXPECT_EQ(wrong([](R* r) { r->set_parent_id("CN"); }), "");
  EXPECT_EQ(wrong([](R* r) { r->clear_union_node_id(); }), "union_node_id");
  EXPECT_EQ(wrong([](R* r) { r->set_parent_id("a b"); }), "parent_id");
  EXPECT_EQ(wrong([](R* r) { r->clear_level(); }), "level");
  EXPECT_EQ(wrong([](R* r) { r->set_level(static_cast<v1::UnionLevel>(99)); }), "level");
  EXPECT_EQ(wrong([](R* r) { r->set_display_name(std::string(97, 'x')); }), "display_name");
  EXPECT_EQ(wrong([](R* r) { r->set_display_name("a\tb"); }), "display_name");
}

v1::Member GoodMember() {
  v1::Member row;
  row.set_member_id("M1");
  row.set_union_node_id("KM");
  v1::MemberSegment* const segment = row.add_segments();
  segment->set_segment_code("driver");
  segment->mutable_starts_at()->set_seconds(1'700'000'000);
  return row;
}

TEST(MemberRowTest, EveryFieldArrives) {
  v1::Member row = GoodMember();
  row.set_status(v1::MEMBER_STATUS_LAPSED);
  row.set_real_name_verified(true);
  row.set_sex(v1::SEX_FEMALE);
  row.set_joined_on("2019-03-01");
  MemberRequest made;
  RowError error;
  ASSERT_TRUE(FromProto(row, &made, &error)) << error.description;
  EXPECT_EQ(TextOf(made.id), "M1");
  EXPECT_EQ(TextOf(made.union_node), "KM");
  EXPECT_EQ(made.status, MemberStatus::kLapsed);
  EXPECT_TRUE(made.real_name_verified);
  EXPECT_EQ(made.sex, Sex::kFemale);
  EXPECT_EQ(kJoinedDayZero + made.joined_day, DayOf({2019, 3, 1}));
  ASSERT_EQ(made.span_count, 1U);
  EXPECT_EQ(TextOf(made.spans[0].segment), "driver");
  EXPECT_EQ(made.spans[0].starts_at.value(), 1'700'000'000'000'000'000);
  EXPECT_EQ(made.spans[0].ends_at, kTimestampMax);
}

TEST(MemberRowTest, IsHeldToItsRules) {
  using R = v1::Member;
  const auto wrong = [](const std::function<void(R*)>& change) {
    return Wrong<MemberRequest>(GoodMember(), change);
  };
  EXPECT_EQ(wrong([](R*) {}), "");
  EXPECT_EQ(wrong([](R* r) { r->set_member_id(std::string(17, 'x')); }), "member_id");
  EXPECT_EQ(wrong([](R* r) { r->clear_union_node_id(); }), "union_node_id");
  EXPECT_EQ(wrong([](R* r) { r->set_status(static_cast<v1::MemberStatus>(9)); }), "status");
  EXPECT_EQ(wrong([](R* r) { r->set_sex(static_cast<v1::Sex>(9)); }), "sex");
  EXPECT_EQ(wrong([](R* r) { r->set_joined_on("2019-02-29"); }), "joined_on");
  EXPECT_EQ(wrong([](R* r) { r->set_joined_on("1899-12-31"); }), "joined_on");
  EXPECT_EQ(wrong([](R* r) {
              for (int i = 0; i < 8; ++i) {
                *r->add_segments() = r->segments(0);
              }
            }),
            "segments");
  EXPECT_EQ(wrong([](R* r) { r->mutable_segments(0)->clear_segment_code(); }),
            "segments[0].segment_code");
  EXPECT_EQ(wrong([](R* r) { r->mutable_segments(0)->mutable_starts_at()->set_seconds(5); }),
            "segments[0].starts_at");
  EXPECT_EQ(
      wrong([](R* r) { r->mutable_segments(0)->mutable_ends_at()->set_seconds(1'700'000'000); }),
      "segments[0].ends_at");
}

TEST(MemberRowTest, WhatIsNotSaidIsKept) {
  MemberRequest made;
  RowError error;
  ASSERT_TRUE(FromProto(GoodMember(), &made, &error));
  EXPECT_TRUE(made.keep.status) << "unspecified";
  EXPECT_FALSE(made.keep.union_node || made.keep.real_name_verified || made.keep.sex ||
               made.keep.joined_day || made.keep.segments);
  EXPECT_EQ(made.joined_day, 0) << "not told";
  google::protobuf::FieldMask mask;
  for (const char* path : {"member_id", "sex", "status", "personal_data.phone"}) {
    mask.add_paths(path);
  }
  MemberFields fields;
  ASSERT_TRUE(FromProto(mask, &fields, &error));
  EXPECT_TRUE(fields.phone);
  EXPECT_FALSE(fields.name || fields.national_id);
  v1::Member row = GoodMember();
  row.set_status(v1::MEMBER_STATUS_ACTIVE);
  row.clear_union_node_id();
  row.set_joined_on("not read");
  made = MemberRequest();
  ASSERT_TRUE(FromProto(row, &made, &error, fields)) << error.field;
  EXPECT_FALSE(made.keep.status || made.keep.sex);
  EXPECT_TRUE(made.keep.union_node && made.keep.real_name_verified && made.keep.joined_day &&
              made.keep.segments);
  EXPECT_EQ(made.span_count, 0U);
  mask.add_paths("joined_on");
  ASSERT_TRUE(FromProto(mask, &fields, &error));
  EXPECT_TRUE(fields.joined_on);
  mask.add_paths("personal_data");
  ASSERT_TRUE(FromProto(mask, &fields, &error));
  EXPECT_TRUE(fields.name && fields.national_id && fields.phone);
  mask.add_paths("colour");
  EXPECT_FALSE(FromProto(mask, &fields, &error));
  EXPECT_EQ(error.field, "update_mask.paths[6]");
}

TEST(CardRowTest, WhatIsNotSaidIsKept) {
  google::protobuf::FieldMask mask;
  mask.add_paths("expires_on");
  mask.add_paths("member_id");
  CardFields fields;
  RowError error;
  ASSERT_TRUE(FromProto(mask, &fields, &error));
  v1::Card row;
  row.set_card_number("6212345678901234");
  row.set_status(v1::CARD_STATUS_ACTIVE);
  CardRequest made;
  ASSERT_TRUE(FromProto(row, &made, &error, fields));
  EXPECT_TRUE(made.keep.status && made.keep.kind);
  EXPECT_FALSE(made.keep.expires_day);
  mask.add_paths("replaced_by");
  EXPECT_FALSE(FromProto(mask, &fields, &error));
}

TEST(RejectedRowTest, ABlockedCardIsToldWithWhatMakesItUsable) {
  Result result;
  result.verdict = Verdict::kRefused;
  result.field = Field::kStatus;
  result.admin_reason = AdminReason::kWouldReactivate;
  result.index = static_cast<uint32_t>(CardStatus::kStolen);
  RowError error;
  ASSERT_TRUE(IsRejected(result, &error));
  EXPECT_NE(error.description.find("stolen"), std::string::npos);
  EXPECT_NE(error.description.find("card activate"), std::string::npos);
  EXPECT_NE(error.description.find("--reactivate"), std::string::npos);
  result.admin_reason = AdminReason::kWouldReinstate;
  ASSERT_TRUE(IsRejected(result, &error));
  EXPECT_NE(error.description.find("member reinstate"), std::string::npos);
}

TEST(PersonalDataRowTest, IsHeldToItsRulesAndNeverQuoted) {
  const auto error_of = [](const std::function<void(v1::PersonalData*)>& change) {
    v1::PersonalData row;
    row.set_name("张三丰");
    row.set_national_id("530102199001011234");
    row.set_phone("13812345678");
    change(&row);
    PersonalData made;
    RowError error;
    FromProto(row, &made, &error);
    EXPECT_EQ(error.description.find("张三丰"), std::string::npos);
    EXPECT_EQ(error.description.find("5301"), std::string::npos);
    return error.field;
  };
  EXPECT_EQ(error_of([](auto*) {}), "");
  EXPECT_EQ(error_of([](auto* r) { r->set_name(std::string(97, 'x')); }), "personal_data.name");
  EXPECT_EQ(error_of([](auto* r) { r->set_name("a\nb"); }), "personal_data.name");
  EXPECT_EQ(error_of([](auto* r) { r->set_national_id(std::string(33, '5')); }),
            "personal_data.national_id");
  EXPECT_EQ(error_of([](auto* r) { r->set_phone(std::string(33, '1')); }), "personal_data.phone");
}

TEST(CardRowTest, IsHeldToItsRules) {
  v1::Card good;
  good.set_card_number("6212345678901234");
  good.set_member_id("M1");
  good.set_expires_on("2030-01-01");
  CardRequest made;
  RowError error;
  ASSERT_TRUE(FromProto(good, &made, &error));
  EXPECT_EQ(made.status, CardStatus::kActive);
  EXPECT_EQ(made.kind, CardKind::kPhysical);
  EXPECT_EQ(made.expires_day, DayOf({2030, 1, 1}));
  using R = v1::Card;
  const auto wrong = [&good](const std::function<void(R*)>& change) {
    return Wrong<CardRequest>(good, change);
  };
  EXPECT_EQ(wrong([](R* r) { r->set_card_number("0000000000"); }), "card_number");
  EXPECT_EQ(wrong([](R* r) { r->set_member_id("!"); }), "member_id");
  EXPECT_EQ(wrong([](R* r) { r->set_status(static_cast<v1::CardStatus>(9)); }), "status");
  EXPECT_EQ(wrong([](R* r) { r->set_kind(static_cast<v1::CardKind>(9)); }), "kind");
  EXPECT_EQ(wrong([](R* r) { r->set_expires_on("2030-02-30"); }), "expires_on");
}

TEST(MerchantAndTerminalRowTest, AreHeldToTheirRules) {
  v1::Merchant merchant;
  merchant.set_merchant_id("S1");
  merchant.set_union_node_id("KM");
  merchant.set_mcc(5411);
  using M = v1::Merchant;
  const auto wrong = [&merchant](const std::function<void(M*)>& change) {
    return Wrong<MerchantRequest>(merchant, change);
  };
  EXPECT_EQ(wrong([](M*) {}), "");
  EXPECT_EQ(wrong([](M* r) { r->set_mcc(0); }), "mcc");
  EXPECT_EQ(wrong([](M* r) { r->set_mcc(10'000); }), "mcc");
  EXPECT_EQ(wrong([](M* r) { r->set_mcc(UINT32_MAX); }), "mcc");
  EXPECT_EQ(wrong([](M* r) { r->clear_union_node_id(); }), "union_node_id");
  EXPECT_EQ(wrong([](M* r) { r->set_status(static_cast<v1::MerchantStatus>(7)); }), "status");

  v1::Terminal terminal;
  terminal.set_terminal_id("T1");
  terminal.set_merchant_id("S1");
  using T = v1::Terminal;
  const auto wrong_terminal = [&terminal](const std::function<void(T*)>& change) {
    return Wrong<TerminalRequest>(terminal, change);
  };
  EXPECT_EQ(wrong_terminal([](T*) {}), "");
  EXPECT_EQ(wrong_terminal([](T* r) { r->clear_merchant_id(); }), "merchant_id");
  EXPECT_EQ(wrong_terminal([](T* r) { r->set_kind(static_cast<v1::TerminalKind>(7)); }), "kind");
  EXPECT_EQ(wrong_terminal([](T* r) { r->set_status(static_cast<v1::TerminalStatus>(7)); }),
            "status");
}

TEST(FundRowTest, IsHeldToItsRules) {
  v1::Fund good;
  good.set_fund_code("metro-2026");
  good.set_budget(100);
  using R = v1::Fund;
  const auto wrong = [&good](const std::function<void(R*)>& change) {
    return Wrong<FundRequest>(good, change);
  };
  EXPECT_EQ(wrong([](R*) {}), "");
  EXPECT_EQ(wrong([](R* r) { r->set_fund_code(std::string(33, 'x')); }), "fund_code");
  EXPECT_EQ(wrong([](R* r) { r->set_budget(-1); }), "budget");
  EXPECT_EQ(wrong([](R* r) { r->set_budget(kFundFenMax + 1); }), "budget");
  EXPECT_EQ(wrong([](R* r) { r->set_asset(static_cast<v1::Asset>(7)); }), "asset");
  EXPECT_EQ(wrong([](R* r) { r->set_paid_by(static_cast<v1::Payer>(4)); }), "paid_by");
  EXPECT_EQ(wrong([](R* r) { r->mutable_opens_at()->set_seconds(1); }), "opens_at");
  EXPECT_EQ(wrong([](R* r) {
              r->mutable_opens_at()->set_seconds(1'800'000'000);
              r->mutable_closes_at()->set_seconds(1'800'000'000);
            }),
            "closes_at");
}

TEST(FundRowTest, WhatIsNotSaidIsKept) {
  v1::Fund row;
  row.set_fund_code("metro-2026");
  row.set_display_name("not \n read");
  row.set_budget(100);
  row.set_paid_by(v1::PAYER_MERCHANT);
  FundRequest made;
  RowError error;
  google::protobuf::FieldMask mask;
  for (const char* path : {"fund_code", "budget", "asset"}) {
    mask.add_paths(path);
  }
  FundFields fields;
  ASSERT_TRUE(FromProto(mask, &fields, &error));
  ASSERT_TRUE(FromProto(row, &made, &error, fields)) << error.field;
  EXPECT_EQ(made.budget, Fen{100});
  EXPECT_FALSE(made.keep.budget || made.keep.asset);
  EXPECT_TRUE(made.keep.name && made.keep.owner && made.keep.opens_at && made.keep.closes_at &&
              made.keep.advice_may_overrun && made.keep.payer);
  EXPECT_EQ(made.payer, Payer::kUnion) << "not said";
  // Without a mask a row says all.
  row.set_display_name("地铁");
  made = FundRequest();
  ASSERT_TRUE(FromProto(row, &made, &error)) << error.field;
  EXPECT_FALSE(made.keep.budget || made.keep.asset || made.keep.name || made.keep.owner ||
               made.keep.opens_at || made.keep.closes_at || made.keep.advice_may_overrun ||
               made.keep.payer);
  EXPECT_EQ(made.payer, Payer::kMerchant);
  for (const char* path : {"left", "held", "union", ""}) {
    mask.clear_paths();
    mask.add_paths(path);
    EXPECT_FALSE(FromProto(mask, &fields, &error)) << path;
    EXPECT_EQ(error.field, "update_mask.paths[0]");
  }
}

TEST(RejectedRowTest, AFundsPeriodIsToldAgainstWhatStands) {
  Result result;
  result.verdict = Verdict::kOutOfRange;
  result.field = Field::kClosesAt;
  RowError error;
  ASSERT_TRUE(IsRejected(result, &error, CommandKind::kSetFund));
  EXPECT_EQ(error.field, "closes_at");
  EXPECT_THAT(error.description, HasSubstr("later than opens_at"));
  result.field = Field::kBudget;
  ASSERT_TRUE(IsRejected(result, &error, CommandKind::kSetFund));
  EXPECT_THAT(error.description, HasSubstr("1000000000000000000 fen"));
}

TEST(FundRowTest, TellsWhoPays) {
  v1::Fund row;
  row.set_fund_code("f");
  RowError error;
  const auto payer_of = [&](v1::Payer payer) {
    row.set_paid_by(payer);
    FundRequest made;
    EXPECT_TRUE(FromProto(row, &made, &error)) << error.field;
    return made.payer;
  };
  EXPECT_EQ(payer_of(v1::PAYER_UNSPECIFIED), Payer::kUnion);
  EXPECT_EQ(payer_of(v1::PAYER_UNION), Payer::kUnion);
  EXPECT_EQ(payer_of(v1::PAYER_MERCHANT), Payer::kMerchant);
  EXPECT_EQ(payer_of(v1::PAYER_SPONSOR), Payer::kSponsor);
  FundView view;
  view.fund.payer = Payer::kMerchant;
  const Ledger ledger;
  ToProto(ledger, view, &row);
  EXPECT_EQ(row.paid_by(), v1::PAYER_MERCHANT);
}

TEST(FundRowTest, TellsWhatIsLeftAndWhatMayBeTaken) {
  const Ledger ledger;
  FundView view;
  view.fund.code = *ParseCode<FundCode>("metro-2026");
  view.fund.budget = Fen{1'000};
  view.fund.held = Fen{100};
  view.fund.spent = Fen{400};
  view.fund.overrun = Fen{50};
  view.fund.suspense = Fen{30};
  v1::Fund row;
  ToProto(ledger, view, &row);
  EXPECT_EQ(row.left(), 500);
  EXPECT_EQ(row.budget(), row.held() + row.spent() + row.left());
  EXPECT_EQ(row.overrun(), 50);
  EXPECT_EQ(row.suspense(), 30);
  EXPECT_EQ(row.available(), 420);
  view.fund.overrun = Fen{2'000};
  ToProto(ledger, view, &row);
  EXPECT_EQ(row.available(), 0);
}

TEST(RejectedRowTest, EveryCauseHasANameAndAText) {
  for (int i = static_cast<int>(AdminReason::kUnknownReference);
       i <= static_cast<int>(AdminReason::kSamePerson);
       ++i) {
    Result result;
    result.verdict = Verdict::kRefused;
    result.field = Field::kUnionNode;
    result.admin_reason = static_cast<AdminReason>(i);
    RowError error;
    EXPECT_TRUE(IsRejected(result, &error));
    EXPECT_EQ(error.field, "union_node_id");
    EXPECT_NE(error.reason, "REFUSED") << i;
    EXPECT_FALSE(error.reason.empty()) << i;
    EXPECT_FALSE(error.description.empty()) << i;
  }
  Result full;
  full.verdict = Verdict::kFull;
  full.field = Field::kMembers;
  RowError error;
  EXPECT_TRUE(IsRejected(full, &error));
  EXPECT_EQ(error.reason, "TABLE_FULL");
}

std::string TextOfRefusal(AdminReason reason,
                          Field field,
                          CommandKind kind = CommandKind::kSetMember) {
  Result result;
  result.verdict = Verdict::kRefused;
  result.field = field;
  result.admin_reason = reason;
  RowError error;
  EXPECT_TRUE(IsRejected(result, &error, kind));
  EXPECT_EQ(error.field, FieldName(field));
  return error.description;
}

// What is refused of vouchers, draws and claims speaks of these, and not of cards.
TEST(RejectedRowTest, TheTextIsAboutTheField) {
  EXPECT_THAT(TextOfRefusal(AdminReason::kNotAllowedFromState, Field::kStatus),
              HasSubstr("replaced"));
  for (const Field field : {Field::kVoucher,
                            Field::kVouchers,
                            Field::kDraw,
                            Field::kClosesAt,
                            Field::kEntries,
                            Field::kPrize,
                            Field::kSeedHash,
                            Field::kClaim,
                            Field::kCover}) {
    EXPECT_THAT(TextOfRefusal(AdminReason::kNotAllowedFromState, field), Not(HasSubstr("replaced")))
        << FieldName(field);
  }
  EXPECT_THAT(
      TextOfRefusal(AdminReason::kNotAllowedFromState, Field::kDraw, CommandKind::kVoidVouchers),
      HasSubstr("has won"));
  EXPECT_THAT(
      TextOfRefusal(AdminReason::kNotAllowedFromState, Field::kClosesAt, CommandKind::kCommitDraw),
      HasSubstr("future"));
  for (const CommandKind kind : {CommandKind::kCloseDraw, CommandKind::kSettleDraw}) {
    EXPECT_THAT(TextOfRefusal(AdminReason::kNotAllowedFromState, Field::kClosesAt, kind),
                HasSubstr("too early"));
  }
  EXPECT_THAT(
      TextOfRefusal(AdminReason::kNotAllowedFromState, Field::kClosesAt, CommandKind::kDrawPrize),
      HasSubstr("too late"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kImmutable, Field::kDraw), HasSubstr("committed"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kUnknownReference, Field::kVoucher), HasSubstr("无此券"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kUnknownReference, Field::kMember), HasSubstr("import"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kUnknownReference, Field::kMember), HasSubstr("请先导入"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kBelongsToAnother, Field::kReceipt), HasSubstr("收据"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kTooMany, Field::kVouchers), HasSubstr("1,024"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kTooMany, Field::kCover), HasSubstr("spans"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kSamePerson, Field::kApprover),
              HasSubstr("another person"));
  EXPECT_THAT(TextOfRefusal(AdminReason::kBelowCommitted, Field::kAmount),
              HasSubstr("经费余额不足"));
}

// As they stand in the file, each once, and in both languages.
TEST(RejectedRowTest, SegmentsThatAreNotThereAreNamed) {
  std::array<Segment, 2> known{};
  known[0].code = *ParseCode<SegmentCode>("driver");
  known[1].code = *ParseCode<SegmentCode>("late");  // made since the row was decided
  MemberRequest member;
  for (const char* code : {"driver", "late", "courier", "driver", "maid", "courier"}) {
    member.spans[member.span_count++].segment = *ParseCode<SegmentCode>(code);
  }
  Result result;
  EXPECT_FALSE(NamesUnknownSegment(result));
  result.verdict = Verdict::kRefused;
  result.admin_reason = AdminReason::kUnknownReference;
  result.field = Field::kUnionNode;
  EXPECT_FALSE(NamesUnknownSegment(result));
  result.field = Field::kSegment;
  EXPECT_TRUE(NamesUnknownSegment(result));
  result.index = 5;
  EXPECT_EQ(UnknownSegmentsInWords(member, result, known),
            "there is no segment 'courier'; import it first "
            "(没有代码为 'courier' 的群体，请先导入)");
  result.index = 1;
  EXPECT_EQ(UnknownSegmentsInWords(member, result, known),
            "there are no segments 'late', 'courier', 'maid'; import them first "
            "(没有代码为 'late'、'courier'、'maid' 的群体，请先导入)");
}

TEST(RejectedRowTest, OnlyAMembersSegmentsAreAList) {
  Result result;
  result.verdict = Verdict::kRefused;
  result.field = Field::kSegment;
  result.admin_reason = AdminReason::kUnknownReference;
  result.index = 2;
  RowError error;
  ASSERT_TRUE(IsRejected(result, &error, CommandKind::kContribute));
  EXPECT_EQ(error.field, "segment_code");
  ASSERT_TRUE(IsRejected(result, &error));
  EXPECT_EQ(error.field, "segments[2].segment_code");
  result.verdict = Verdict::kOutOfRange;
  result.field = Field::kAmount;
  ASSERT_TRUE(IsRejected(result, &error, CommandKind::kContribute));
  EXPECT_EQ(error.reason, "INVALID_FIELD");
  EXPECT_EQ(error.field, "amount_fen");
}

}  // namespace
}  // namespace gonghui
