// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The operators' calls, over gRPC on a Unix socket, against a real engine.

#include <sys/stat.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/server/acceptor.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

class OperatorsTest : public ::testing::Test {
 protected:
  OperatorsTest()
      : members_(v1::MemberService::NewStub(harness_.Operators())),
        merchants_(v1::MerchantService::NewStub(harness_.Operators())),
        programmes_(v1::ProgrammeService::NewStub(harness_.Operators())),
        operations_(v1::OperationsService::NewStub(harness_.Operators())) {}

  v1::ImportSummary Import(const v1::ImportMembersRequest& request) {
    return ImportOne<v1::ImportMembersResponse>(
        members_.get(), &v1::MemberService::Stub::ImportMembers, request);
  }
  v1::ImportSummary Import(const v1::ImportCardsRequest& request) {
    return ImportOne<v1::ImportCardsResponse>(
        members_.get(), &v1::MemberService::Stub::ImportCards, request);
  }
  void SetStatus(const std::string& card, v1::CardStatus card_status) {
    v1::SetCardStatusRequest request;
    request.set_card_number(card);
    request.set_status(card_status);
    v1::SetCardStatusResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(members_->SetCardStatus(&context, request, &response).ok());
  }
  v1::Card CardNow(const std::string& card) {
    v1::GetCardRequest request;
    request.set_card_number(card);
    v1::GetCardResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(members_->GetCard(&context, request, &response).ok());
    return response.card();
  }
  grpc::Status Get(const std::string& id, v1::GetMemberResponse* response) {
    v1::GetMemberRequest request;
    request.set_member_id(id);
    grpc::ClientContext context;
    return members_->GetMember(&context, request, response);
  }
  grpc::Status Apply(const std::string& yaml,
                     bool validate_only,
                     v1::ApplyProgrammeResponse* response) {
    v1::ApplyProgrammeRequest request;
    request.set_content(yaml);
    request.set_validate_only(validate_only);
    grpc::ClientContext context;
    response->Clear();
    return programmes_->ApplyProgramme(&context, request, response);
  }
  uint64_t AppliedSeq() {
    v1::GetStatusResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(operations_->GetStatus(&context, {}, &response).ok());
    return response.applied_seq();
  }

  Harness harness_;
  std::unique_ptr<v1::MemberService::Stub> members_;
  std::unique_ptr<v1::MerchantService::Stub> merchants_;
  std::unique_ptr<v1::ProgrammeService::Stub> programmes_;
  std::unique_ptr<v1::OperationsService::Stub> operations_;
};

v1::Member NewMember(const std::string& id) {
  v1::Member member;
  member.set_member_id(id);
  member.set_union_node_id("KM-1");
  member.set_real_name_verified(true);
  return member;
}

TEST_F(OperatorsTest, GoodRowsStandBesideBadOnes) {
  v1::ImportMembersRequest request;
  *request.add_members() = NewMember("N1");
  *request.add_members() = NewMember("bad id");
  *request.add_members() = NewMember("N2");
  request.mutable_members(2)->set_union_node_id("nowhere");
  *request.add_members() = NewMember("N3");
  v1::MemberSegment* const segment = request.mutable_members(3)->add_segments();
  segment->set_segment_code("nobody");
  request.mutable_members(3)->add_segments()->set_segment_code("no-one");
  *request.add_members() = NewMember("M1");
  *request.add_members() = NewMember("N4");
  request.mutable_members(5)->mutable_personal_data()->set_name(std::string(97, 'x'));
  *request.add_members() = NewMember("N5");
  request.mutable_members(6)->mutable_personal_data()->set_phone("138\n0000");

  const v1::ImportSummary summary = Import(request);
  EXPECT_EQ(summary.accepted_count(), 1U);
  EXPECT_EQ(summary.unchanged_count(), 1U);
  ASSERT_EQ(summary.rejected_rows_size(), 5) << summary.DebugString();
  const auto rejected = [&summary](int i) {
    const v1::RejectedRow& row = summary.rejected_rows(i);
    return absl::StrCat(row.index(), " ", row.field(), " ", row.reason());
  };
  EXPECT_EQ(rejected(0), "1 member_id INVALID_FIELD");
  EXPECT_EQ(rejected(1), "2 union_node_id UNKNOWN_REFERENCE");
  EXPECT_EQ(rejected(2), "3 segments[0].segment_code UNKNOWN_REFERENCE");
  EXPECT_EQ(summary.rejected_rows(2).description(),
            "there are no segments 'nobody', 'no-one'; import them first "
            "(没有代码为 'nobody'、'no-one' 的群体，请先导入)");
  EXPECT_EQ(rejected(3), "5 personal_data.name INVALID_FIELD");
  EXPECT_EQ(rejected(4), "6 personal_data.phone INVALID_FIELD");
  v1::GetMemberResponse found;
  EXPECT_TRUE(Get("N1", &found).ok());
  EXPECT_EQ(Get("N4", &found).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(OperatorsTest, AnImportTakesMessageAfterMessage) {
  grpc::ClientContext context;
  auto stream = members_->ImportMembers(&context);
  for (int i = 0; i < 5; ++i) {
    v1::ImportMembersRequest request;
    for (int j = 0; j < 1'000; ++j) {
      *request.add_members() = NewMember(absl::StrCat("B", i * 1'000 + j));
    }
    ASSERT_TRUE(stream->Write(request));
    v1::ImportMembersResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.summary().accepted_count(), 1'000U);
  }
  v1::ImportMembersRequest too_many;
  for (int j = 0; j < 1'001; ++j) {
    *too_many.add_members() = NewMember(absl::StrCat("C", j));
  }
  stream->Write(too_many);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(OperatorsTest, ValidateOnlyChangesNothing) {
  v1::ImportMembersRequest request;
  request.set_validate_only(true);
  *request.add_members() = NewMember("N1");
  request.mutable_members(0)->mutable_personal_data()->set_name("张三");
  const uint64_t before = AppliedSeq();
  EXPECT_EQ(Import(request).accepted_count(), 1U);
  EXPECT_EQ(AppliedSeq(), before);
  v1::GetMemberResponse response;
  EXPECT_EQ(Get("N1", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(OperatorsTest, PersonalDataIsMaskedAndChangesAreSeen) {
  v1::ImportMembersRequest request;
  *request.add_members() = NewMember("P1");
  v1::PersonalData* const data = request.mutable_members(0)->mutable_personal_data();
  data->set_name("张三丰");
  data->set_national_id("530102199001011234");
  data->set_phone("13812345678");
  EXPECT_EQ(Import(request).accepted_count(), 1U);
  EXPECT_EQ(Import(request).unchanged_count(), 1U);
  v1::GetMemberResponse response;
  ASSERT_TRUE(Get("P1", &response).ok());
  EXPECT_EQ(response.member().personal_data().name(), "张**");
  EXPECT_EQ(response.member().personal_data().national_id(), "5301**********1234");
  EXPECT_EQ(response.member().personal_data().phone(), "138****5678");
  // The row itself is the same, but what is sealed is not.
  data->set_phone("13900000000");
  EXPECT_EQ(Import(request).accepted_count(), 1U);
  ASSERT_TRUE(Get("P1", &response).ok());
  EXPECT_EQ(response.member().personal_data().phone(), "139****0000");
}

TEST_F(OperatorsTest, AMemberIsShownWithCards) {
  v1::GetMemberRequest request;
  request.set_card_number(kCard1);
  v1::GetMemberResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(members_->GetMember(&context, request, &response).ok());
  EXPECT_EQ(response.member().member_id(), "M1");
  EXPECT_EQ(response.member().union_node_id(), "KM-1");
  ASSERT_EQ(response.cards_size(), 1);
  EXPECT_EQ(response.cards(0).card_number(), kCard1);

  v1::ReplaceCardRequest replace;
  replace.set_old_card_number(kCard1);
  replace.mutable_new_card()->set_card_number("6212345678900009");
  replace.mutable_new_card()->set_expires_on("2099-12-31");
  v1::ReplaceCardResponse replaced;
  grpc::ClientContext replace_context;
  const grpc::Status status = members_->ReplaceCard(&replace_context, replace, &replaced);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(replaced.old_card().status(), v1::CARD_STATUS_REPLACED);
  EXPECT_EQ(replaced.old_card().replaced_by(), "6212345678900009");
  EXPECT_EQ(replaced.new_card().member_id(), "M1");
  EXPECT_EQ(replaced.new_card().expires_on(), "2099-12-31");
  ASSERT_TRUE(Get("M1", &response).ok());
  EXPECT_EQ(response.cards_size(), 2);
}

TEST_F(OperatorsTest, StatusChangesAreRefusedWithAReason) {
  v1::SetMemberStatusRequest request;
  request.set_member_id("M1");
  v1::SetMemberStatusResponse response;
  const auto set = [&](v1::MemberStatus member_status) {
    request.set_status(member_status);
    grpc::ClientContext context;
    return members_->SetMemberStatus(&context, request, &response);
  };
  EXPECT_EQ(set(v1::MEMBER_STATUS_UNSPECIFIED).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_TRUE(set(v1::MEMBER_STATUS_SUSPENDED).ok());
  EXPECT_EQ(response.member().status(), v1::MEMBER_STATUS_SUSPENDED);
  ASSERT_TRUE(set(v1::MEMBER_STATUS_CLOSED).ok());
  const grpc::Status refused = set(v1::MEMBER_STATUS_ACTIVE);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(refused).info.reason(), "NOT_ALLOWED_FROM_STATE");
  request.set_member_id("NOBODY");
  EXPECT_EQ(set(v1::MEMBER_STATUS_ACTIVE).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(OperatorsTest, ListsComeInPages) {
  v1::ImportMembersRequest rows;
  for (int i = 0; i < 25; ++i) {
    *rows.add_members() = NewMember(absl::StrCat("L", i));
  }
  rows.mutable_members(7)->set_union_node_id("KM");
  Import(rows);
  std::vector<std::string> ids;
  v1::ListMembersRequest request;
  request.set_page_size(10);
  request.set_union_node_id("KM-1");
  int pages = 0;
  do {
    v1::ListMembersResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(members_->ListMembers(&context, request, &response).ok());
    EXPECT_LE(response.members_size(), 10);
    for (const v1::Member& member : response.members()) {
      ids.push_back(member.member_id());
    }
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty() && pages < 100);
  EXPECT_EQ(ids.size(), 26U);  // M1, M2 and 24 of the 25
  EXPECT_EQ(ids.front(), "M1");
  request.set_page_token("nonsense");
  v1::ListMembersResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(members_->ListMembers(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(OperatorsTest, AMerchantIsShownWithTerminals) {
  v1::GetMerchantRequest request;
  request.set_merchant_id("METRO");
  v1::GetMerchantResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(merchants_->GetMerchant(&context, request, &response).ok());
  EXPECT_EQ(response.merchant().mcc(), 4111U);
  ASSERT_EQ(response.terminals_size(), 1);
  EXPECT_EQ(response.terminals(0).terminal_id(), "GATE1");
  EXPECT_EQ(response.terminals(0).kind(), v1::TERMINAL_KIND_GATE);
}

// ---- What an import does not say, and must not do ------------------------------

TEST_F(OperatorsTest, AnImportWithoutAStatusLeavesTheStatusAlone) {
  SetStatus(kCard1, v1::CARD_STATUS_LOST);
  v1::ImportCardsRequest cards;
  v1::Card* const card = cards.add_cards();
  card->set_card_number(kCard1);
  card->set_member_id("M1");
  card->set_expires_on("2099-01-31");
  v1::ImportSummary summary = Import(cards);
  EXPECT_EQ(summary.accepted_count(), 1U);
  EXPECT_EQ(summary.created_count(), 0U);
  EXPECT_EQ(CardNow(kCard1).status(), v1::CARD_STATUS_LOST);
  EXPECT_EQ(CardNow(kCard1).expires_on(), "2099-01-31");
  EXPECT_EQ(Import(cards).unchanged_count(), 1U) << "a second time nothing changes";

  card->set_status(v1::CARD_STATUS_ACTIVE);
  for (const bool validate_only : {true, false}) {
    cards.set_validate_only(validate_only);
    summary = Import(cards);
    ASSERT_EQ(summary.rejected_rows_size(), 1);
    EXPECT_EQ(summary.rejected_rows(0).field(), "status");
    EXPECT_EQ(summary.rejected_rows(0).reason(), "WOULD_REACTIVATE");
    EXPECT_THAT(summary.rejected_rows(0).description(), ::testing::HasSubstr("is lost"));
  }
  EXPECT_EQ(CardNow(kCard1).status(), v1::CARD_STATUS_LOST);
  cards.set_reactivate(true);
  EXPECT_EQ(Import(cards).accepted_count(), 1U);
  EXPECT_EQ(CardNow(kCard1).status(), v1::CARD_STATUS_ACTIVE);
}

TEST_F(OperatorsTest, AnImportSaysOnlyWhatItsMaskHas) {
  v1::ImportMembersRequest request;
  *request.add_members() = NewMember("K1");
  v1::Member* const member = request.mutable_members(0);
  member->set_sex(v1::SEX_FEMALE);
  member->set_joined_on("1987-05-01");
  member->mutable_personal_data()->set_name("张三丰");
  member->mutable_personal_data()->set_phone("13812345678");
  EXPECT_EQ(Import(request).created_count(), 1U);
  EXPECT_EQ(Import(request).unchanged_count(), 1U);
  v1::SetMemberStatusRequest suspend;
  suspend.set_member_id("K1");
  suspend.set_status(v1::MEMBER_STATUS_SUSPENDED);
  v1::SetMemberStatusResponse suspended;
  grpc::ClientContext context;
  ASSERT_TRUE(members_->SetMemberStatus(&context, suspend, &suspended).ok());

  v1::ImportMembersRequest phones;
  phones.mutable_update_mask()->add_paths("personal_data.phone");
  v1::Member* const row = phones.add_members();
  row->set_member_id("K1");
  row->mutable_personal_data()->set_phone("13900000000");
  phones.set_validate_only(true);
  EXPECT_EQ(Import(phones).accepted_count(), 1U) << "a dry run looks into the vault, too";
  phones.set_validate_only(false);
  EXPECT_EQ(Import(phones).accepted_count(), 1U);
  EXPECT_EQ(Import(phones).unchanged_count(), 1U);
  v1::GetMemberResponse found;
  ASSERT_TRUE(Get("K1", &found).ok());
  EXPECT_EQ(found.member().status(), v1::MEMBER_STATUS_SUSPENDED);
  EXPECT_TRUE(found.member().real_name_verified());
  EXPECT_EQ(found.member().sex(), v1::SEX_FEMALE);
  EXPECT_EQ(found.member().joined_on(), "2000-01-01") << "which stands for all before";
  EXPECT_EQ(found.member().union_node_id(), "KM-1");
  EXPECT_EQ(found.member().personal_data().name(), "张**");
  EXPECT_EQ(found.member().personal_data().phone(), "139****0000");

  row->set_member_id("K2");
  const v1::ImportSummary summary = Import(phones);
  ASSERT_EQ(summary.rejected_rows_size(), 1);
  EXPECT_EQ(summary.rejected_rows(0).field(), "union_node_id");
  EXPECT_EQ(summary.rejected_rows(0).reason(), "REQUIRED_VALUE");

  phones.mutable_update_mask()->add_paths("colour");
  grpc::ClientContext bad_context;
  auto stream = members_->ImportMembers(&bad_context);
  stream->Write(phones);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// Reports of loss race with imports of the same card as active: whichever comes first,
// a card that was reported is not active afterwards.
TEST_F(OperatorsTest, AnImportDoesNotOvertakeAReportOfLoss) {
  for (int i = 0; i < 20; ++i) {
    SetStatus(kCard1, v1::CARD_STATUS_ACTIVE);
    std::thread import([this, i] {
      v1::ImportCardsRequest cards;
      for (int j = 0; j < 20; ++j) {
        v1::Card* const card = cards.add_cards();
        card->set_card_number(kCard1);
        card->set_member_id("M1");
        card->set_status(v1::CARD_STATUS_ACTIVE);
        card->set_expires_on(absl::StrCat("20", 30 + i, "-01-", 10 + j));
      }
      Import(cards);
    });
    SetStatus(kCard1, v1::CARD_STATUS_LOST);
    import.join();
    EXPECT_EQ(CardNow(kCard1).status(), v1::CARD_STATUS_LOST);
  }
}

// ---- Programmes --------------------------------------------------------------

TEST_F(OperatorsTest, ChangesAreToldBeforeTheyAreMade) {
  v1::ApplyProgrammeResponse response;
  const auto changes = [&response] {
    std::string text;
    for (const v1::ProgrammeChange& change : response.changes()) {
      absl::StrAppend(&text,
                      change.subject(),
                      "|",
                      change.property(),
                      "|",
                      change.before(),
                      "|",
                      change.after(),
                      change.reduces() ? "|less\n" : "\n");
    }
    return text;
  };
  for (const bool validate_only : {true, false}) {
    ASSERT_TRUE(Apply(MetroYaml(2), validate_only, &response).ok());
    EXPECT_EQ(changes(),
              "programme metro|version|1|2\n"
              "limit rides|max|3 uses, window day, by person|2 uses, window day, by person|less\n");
  }
  ASSERT_TRUE(Apply(MetroYaml(2), true, &response).ok());
  EXPECT_EQ(changes(), "") << "it is so";
  ASSERT_TRUE(Apply(MetroYaml(4), false, &response).ok());
  EXPECT_THAT(changes(), ::testing::Not(::testing::HasSubstr("less")));

  const std::string shops = R"(gonghui: 1
programme: {code: shops, name: 超市, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
funds:
  - {code: shop-fund, name: 新, budget: 2000 yuan}
benefits:
  - code: good
    name: 好
    at: {mcc: [5411]}
    price: {percent_off: 40%}
    funding: {fund: shop-fund}
)";
  ASSERT_TRUE(Apply(shops, false, &response).ok());
  ASSERT_EQ(response.diagnostics_size(), 0) << response.DebugString();
  EXPECT_THAT(changes(), ::testing::HasSubstr("programme shops|version||1\n"));
  EXPECT_THAT(changes(), ::testing::HasSubstr("benefit good|||40% off\n"));
  EXPECT_THAT(changes(), ::testing::HasSubstr("fund shop-fund|||budget 2,000.00 yuan\n"));
  std::string less = shops;
  less.replace(less.find("2000 yuan"), 9, "1500 yuan");
  less.replace(less.find("40%"), 3, "30%");
  ASSERT_TRUE(Apply(less, true, &response).ok());
  EXPECT_THAT(changes(), ::testing::HasSubstr("benefit good|price|40% off|30% off|less\n"));
  EXPECT_THAT(changes(),
              ::testing::HasSubstr("fund shop-fund|budget|2,000.00 yuan|1,500.00 yuan|less\n"));
}

TEST_F(OperatorsTest, WhatIsNotThereIsSaidToBeNotThere) {
  v1::RetireProgrammeRequest retire;
  retire.set_programme_code("nosuch");
  v1::RetireProgrammeResponse retired;
  grpc::ClientContext context;
  const grpc::Status status = programmes_->RetireProgramme(&context, retire, &retired);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "there is no programme 'nosuch' (没有项目 'nosuch')");
  v1::FindTransactionRequest find;
  find.set_transaction_id("000000000000");
  v1::FindTransactionResponse found;
  grpc::ClientContext find_context;
  EXPECT_EQ(operations_->FindTransaction(&find_context, find, &found).error_message(),
            "there is no such transaction");
}

TEST_F(OperatorsTest, AProgrammeIsAppliedOnceAndShown) {
  v1::ApplyProgrammeResponse response;
  ASSERT_TRUE(Apply(MetroYaml(), false, &response).ok());
  EXPECT_TRUE(response.unchanged()) << response.DebugString();
  ASSERT_TRUE(Apply(MetroYaml(5), true, &response).ok());
  EXPECT_FALSE(response.unchanged());
  EXPECT_FALSE(response.has_programme());
  ASSERT_TRUE(Apply(MetroYaml(5), false, &response).ok());
  EXPECT_FALSE(response.unchanged());
  const v1::Programme& programme = response.programme();
  EXPECT_EQ(programme.programme_code(), "metro");
  EXPECT_EQ(programme.version(), 2U);
  EXPECT_EQ(programme.time_zone(), "Asia/Shanghai");
  EXPECT_EQ(programme.display_name(), "地铁一分钱");
  ASSERT_EQ(programme.benefits_size(), 1);
  EXPECT_EQ(programme.benefits(0).price(), "member pays 1 fen");
  EXPECT_EQ(programme.benefits(0).fund_codes(0), "metro-fund");
  EXPECT_EQ(programme.benefits(0).limit_codes(0), "rides");
  ASSERT_EQ(programme.limits_size(), 1);
  EXPECT_EQ(programme.limits(0).max(), 5);

  v1::ListProgrammesResponse list;
  grpc::ClientContext list_context;
  ASSERT_TRUE(programmes_->ListProgrammes(&list_context, {}, &list).ok());
  ASSERT_EQ(list.programmes_size(), 1);
  EXPECT_EQ(list.programmes(0).version(), 2U);

  v1::RetireProgrammeRequest retire;
  retire.set_programme_code("metro");
  v1::RetireProgrammeResponse retired;
  grpc::ClientContext retire_context;
  ASSERT_TRUE(programmes_->RetireProgramme(&retire_context, retire, &retired).ok());
  EXPECT_TRUE(retired.programme().retired());
}

TEST_F(OperatorsTest, AFileIsAppliedWholeOrNotAtAll) {
  // A new fund and segment of the file's own, beside a fund and a merchant that
  // nobody has.
  const std::string yaml = R"(gonghui: 1
programme: {code: shops, name: 超市, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
segments:
  - {code: fresh-segment, name: 新}
funds:
  - {code: fresh-fund, name: 新, budget: 10 yuan}
benefits:
  - code: good
    name: 好
    for: {segments_any: [fresh-segment]}
    at: {mcc: [5411]}
    price: {percent_off: 40%}
    funding: {fund: fresh-fund}
  - code: bad
    name: 坏
    at: {merchants: [NOWHERE]}
    price: {percent_off: 40%}
    funding: {fund: fresh-fond}
)";
  const uint64_t before = AppliedSeq();
  v1::ApplyProgrammeResponse response;
  const grpc::Status status = Apply(yaml, false, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.diagnostics_size(), 2) << response.DebugString();
  EXPECT_EQ(response.diagnostics(0).line(), 16U) << response.DebugString();
  EXPECT_EQ(response.diagnostics(1).line(), 18U);
  EXPECT_THAT(response.diagnostics(1).hint(), ::testing::HasSubstr("fresh-fund"));
  EXPECT_EQ(AppliedSeq(), before);

  std::string mended = yaml;
  mended.replace(mended.find("NOWHERE"), 7, "SHOP");
  mended.replace(mended.find("fresh-fond"), 10, "fresh-fund");
  ASSERT_TRUE(Apply(mended, true, &response).ok());
  EXPECT_EQ(response.diagnostics_size(), 0) << response.DebugString();
  EXPECT_EQ(AppliedSeq(), before);
  ASSERT_TRUE(Apply(mended, false, &response).ok());
  EXPECT_EQ(response.diagnostics_size(), 0) << response.DebugString();
  EXPECT_EQ(response.programme().benefits_size(), 2);
  EXPECT_EQ(response.programme().benefits(0).price(), "40% off");
}

TEST_F(OperatorsTest, AWrongFileIsToldByLineAndColumn) {
  v1::ApplyProgrammeResponse response;
  ASSERT_TRUE(Apply("gonghui: 1\nprogramme: {code: }\n  nonsense", false, &response).ok());
  ASSERT_GE(response.diagnostics_size(), 1);
  EXPECT_GE(response.diagnostics(0).line(), 1U);
  EXPECT_EQ(Apply(std::string((1 << 20) + 1, 'x'), false, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(OperatorsTest, FundsAreImportedAndBounded) {
  v1::ImportFundsRequest request;
  v1::Fund* fund = request.add_funds();
  fund->set_fund_code("drinks");
  fund->set_asset(v1::ASSET_THING);
  fund->set_budget(100);
  fund->set_paid_by(v1::PAYER_SPONSOR);
  fund = request.add_funds();
  fund->set_fund_code("negative");
  fund->set_budget(-1);
  fund = request.add_funds();
  fund->set_fund_code("metro-fund");
  fund->set_asset(v1::ASSET_THING);
  const v1::ImportSummary summary = ImportOne<v1::ImportFundsResponse>(
      programmes_.get(), &v1::ProgrammeService::Stub::ImportFunds, request);
  EXPECT_EQ(summary.accepted_count(), 1U);
  ASSERT_EQ(summary.rejected_rows_size(), 2) << summary.DebugString();
  EXPECT_EQ(summary.rejected_rows(0).field(), "budget");
  EXPECT_EQ(summary.rejected_rows(1).field(), "asset");
  EXPECT_EQ(summary.rejected_rows(1).reason(), "IMMUTABLE");
  v1::GetFundRequest get;
  get.set_fund_code("drinks");
  v1::GetFundResponse got;
  grpc::ClientContext context;
  ASSERT_TRUE(programmes_->GetFund(&context, get, &got).ok());
  EXPECT_EQ(got.fund().left(), 100);
  EXPECT_EQ(got.fund().paid_by(), v1::PAYER_SPONSOR);
}

// What the rows do not say stays as it stands.
TEST_F(OperatorsTest, AFundsImportChangesWhatItSays) {
  const auto import = [this](const v1::ImportFundsRequest& request) {
    return ImportOne<v1::ImportFundsResponse>(
        programmes_.get(), &v1::ProgrammeService::Stub::ImportFunds, request);
  };
  v1::ImportFundsRequest whole;
  v1::Fund* const made = whole.add_funds();
  made->set_fund_code("films");
  made->set_display_name("观影资金");
  made->set_asset(v1::ASSET_MONEY);
  made->set_budget(500);
  made->set_paid_by(v1::PAYER_SPONSOR);
  made->set_advice_may_overrun(true);
  made->mutable_opens_at()->set_seconds(1'767'196'800);
  made->mutable_closes_at()->set_seconds(1'798'732'800);
  ASSERT_EQ(import(whole).created_count(), 1U);

  v1::ImportFundsRequest part;
  part.mutable_update_mask()->add_paths("budget");
  v1::Fund* const row = part.add_funds();
  row->set_fund_code("films");
  row->set_budget(600);
  EXPECT_EQ(import(part).accepted_count(), 1U);
  EXPECT_EQ(import(part).unchanged_count(), 1U);
  v1::GetFundRequest get;
  get.set_fund_code("films");
  v1::GetFundResponse got;
  grpc::ClientContext context;
  ASSERT_TRUE(programmes_->GetFund(&context, get, &got).ok());
  EXPECT_EQ(got.fund().budget(), 600);
  EXPECT_EQ(got.fund().display_name(), "观影资金");
  EXPECT_EQ(got.fund().paid_by(), v1::PAYER_SPONSOR);
  EXPECT_TRUE(got.fund().advice_may_overrun());
  EXPECT_EQ(got.fund().opens_at().seconds(), 1'767'196'800);
  EXPECT_EQ(got.fund().closes_at().seconds(), 1'798'732'800);

  // One that is new must say what it is, and each message has its own mask.
  row->set_fund_code("plays");
  v1::ImportSummary summary = import(part);
  ASSERT_EQ(summary.rejected_rows_size(), 1);
  EXPECT_EQ(summary.rejected_rows(0).field(), "asset");
  EXPECT_EQ(summary.rejected_rows(0).reason(), "REQUIRED_VALUE");
  EXPECT_THAT(summary.rejected_rows(0).description(),
              ::testing::HasSubstr("give its budget (budget_yuan or pieces in a CSV file)"));
  part.mutable_update_mask()->add_paths("asset");
  row->set_asset(v1::ASSET_MONEY);
  EXPECT_EQ(import(part).created_count(), 1U);

  // Both ends of its period, whichever the row says.
  v1::ImportFundsRequest closing;
  closing.mutable_update_mask()->add_paths("closes_at");
  closing.add_funds()->set_fund_code("films");
  closing.mutable_funds(0)->mutable_closes_at()->set_seconds(1'767'196'800);
  summary = import(closing);
  ASSERT_EQ(summary.rejected_rows_size(), 1);
  EXPECT_EQ(summary.rejected_rows(0).field(), "closes_at");
  closing.clear_update_mask();
  closing.mutable_update_mask()->add_paths("left");
  grpc::ClientContext bad_context;
  auto stream = programmes_->ImportFunds(&bad_context);
  stream->Write(closing);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// ---- Operations and listeners ------------------------------------------------

TEST_F(OperatorsTest, AnyTransactionIsFoundByItsId) {
  const auto terminals = v1::AuthorizationService::NewStub(harness_.Terminals());
  v1::AuthorizeResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(terminals->Authorize(&context, Ride(), &response).ok());
  v1::FindTransactionRequest request;
  request.set_transaction_id(response.transaction().transaction_id());
  v1::FindTransactionResponse found;
  grpc::ClientContext find_context;
  ASSERT_TRUE(operations_->FindTransaction(&find_context, request, &found).ok());
  EXPECT_EQ(found.transaction().SerializeAsString(), response.transaction().SerializeAsString());
  request.set_transaction_id("0000000ZZZZZ");
  grpc::ClientContext unknown_context;
  EXPECT_EQ(operations_->FindTransaction(&unknown_context, request, &found).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(OperatorsTest, StatusTellsWhereTheServerIs) {
  v1::GetStatusResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(operations_->GetStatus(&context, {}, &response).ok());
  EXPECT_EQ(response.version(), "test");
  EXPECT_GT(response.applied_seq(), 0U);
  EXPECT_EQ(response.applied_seq(), response.durable_seq());
  EXPECT_EQ(response.state_hash().size(), 16U);
  EXPECT_TRUE(response.has_started_at());
  bool members_seen = false;
  for (const v1::TableStatus& table : response.tables()) {
    members_seen = members_seen || (table.name() == "members" && table.row_count() == 2);
  }
  EXPECT_TRUE(members_seen);
}

TEST_F(OperatorsTest, TheListenersServeTheirOwnOnly) {
  v1::GetMemberResponse member;
  grpc::ClientContext context;
  v1::GetMemberRequest request;
  request.set_member_id("M1");
  EXPECT_EQ(v1::MemberService::NewStub(harness_.Terminals())
                ->GetMember(&context, request, &member)
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  v1::AuthorizeResponse response;
  grpc::ClientContext terminal_context;
  EXPECT_EQ(v1::AuthorizationService::NewStub(harness_.Operators())
                ->Authorize(&terminal_context, Ride(), &response)
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

// Asks a server's reflection; the bytes of its answer.
std::string Reflect(const std::shared_ptr<grpc::Channel>& channel, const std::string& request) {
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      grpc::internal::RpcMethod::BIDI_STREAMING);
  const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
          channel.get(), method, &context));
  const grpc::Slice slice(request);
  stream->Write(grpc::ByteBuffer(&slice, 1));
  stream->WritesDone();
  grpc::ByteBuffer response;
  grpc::Slice answer;
  if (stream->Read(&response)) {
    EXPECT_TRUE(response.DumpToSingleSlice(&answer).ok());
  }
  EXPECT_TRUE(stream->Finish().ok());
  return {reinterpret_cast<const char*>(answer.begin()), answer.size()};
}

TEST_F(OperatorsTest, ReflectionListsAndDescribes) {
  // ServerReflectionRequest: list_services = 7, file_containing_symbol = 4.
  const std::string list("\x3a\x01*", 3);
  const std::string terminals = Reflect(harness_.Terminals(), list);
  EXPECT_THAT(terminals, ::testing::HasSubstr("gonghui.v1.AuthorizationService"));
  EXPECT_THAT(terminals, ::testing::Not(::testing::HasSubstr("gonghui.v1.MemberService")));
  const std::string operators = Reflect(harness_.Operators(), list);
  for (const char* name : {"gonghui.v1.MemberService",
                           "gonghui.v1.MerchantService",
                           "gonghui.v1.ProgrammeService",
                           "gonghui.v1.OperationsService",
                           "gonghui.v1.VoucherService",
                           "gonghui.v1.DrawService",
                           "gonghui.v1.AidService",
                           "gonghui.v1.BacktestService",
                           "grpc.channelz.v1.Channelz"}) {
    EXPECT_THAT(operators, ::testing::HasSubstr(name));
  }
  // What it lists it can describe, health too.
  for (const std::string name : {"grpc.health.v1.Health", "gonghui.v1.AuthorizationService"}) {
    std::string describe = "\x22";
    describe.push_back(static_cast<char>(name.size()));
    const std::string file = Reflect(harness_.Terminals(), describe + name);
    EXPECT_THAT(file, ::testing::HasSubstr("proto3")) << name;
  }
}

TEST_F(OperatorsTest, TheSocketIsItsOwnersAlone) {
  const std::string path = harness_.folder() + "/operator.sock";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  // A second server on the same socket is refused while the first lives.
  AcceptorOptions options;
  options.listen = "unix:" + path;
  EXPECT_TRUE(absl::IsAlreadyExists(Acceptor::Listen(options, SystemClock::Instance()).status()));
}

}  // namespace
}  // namespace gonghui
