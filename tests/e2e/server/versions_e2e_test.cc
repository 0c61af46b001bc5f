// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Versions of a programme, over gRPC: stages, schedules, rollback, shadows, texts and drafts.

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/server/text_codec.h"
#include "tests/e2e/server/shop.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The shop's programme with another rate; 20 is what is live.
std::string ShopsAt(int percent) {
  std::string yaml = kShopYaml;
  return yaml.replace(yaml.find("percent_off: 20"), 15, absl::StrCat("percent_off: ", percent));
}

class VersionsTest : public ShopTest {
 protected:
  using Programmes = v1::ProgrammeService::Stub;

  template <class Request, class Response>
  grpc::Status Ask(grpc::Status (Programmes::*method)(grpc::ClientContext*,
                                                      const Request&,
                                                      Response*),
                   const Request& request,
                   Response* response) {
    grpc::ClientContext context;
    response->Clear();
    return (programmes_.get()->*method)(&context, request, response);
  }
  template <class Request, class Response>
  Response AskOk(grpc::Status (Programmes::*method)(grpc::ClientContext*,
                                                    const Request&,
                                                    Response*),
                 const Request& request) {
    Response response;
    const grpc::Status status = Ask(method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return response;
  }
  // What a refusal says.
  template <class Request, class Response>
  std::string RefusalText(grpc::Status (Programmes::*method)(grpc::ClientContext*,
                                                             const Request&,
                                                             Response*),
                          const Request& request) {
    Response response;
    const grpc::Status status = Ask(method, request, &response);
    EXPECT_FALSE(status.ok()) << response.DebugString();
    return status.error_message();
  }
  // "NOT_FOUND programme_code" as code, reason and field.
  template <class Request, class Response>
  std::string Refused(grpc::Status (Programmes::*method)(grpc::ClientContext*,
                                                         const Request&,
                                                         Response*),
                      const Request& request) {
    Response response;
    const grpc::Status status = Ask(method, request, &response);
    EXPECT_FALSE(status.ok()) << response.DebugString();
    if (status.ok()) {
      return "OK";
    }
    const ErrorDetails details = DetailsOf(status);
    EXPECT_FALSE(status.error_message().empty());
    const auto field = details.info.metadata().find("field");
    return absl::StrCat(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ? "INVALID"
                        : status.error_code() == grpc::StatusCode::NOT_FOUND      ? "NOT_FOUND"
                        : status.error_code() == grpc::StatusCode::FAILED_PRECONDITION
                            ? "PRECONDITION"
                            : "OTHER",
                        " ",
                        details.info.reason(),
                        " ",
                        field == details.info.metadata().end() ? "" : field->second);
  }

  static v1::ApplyProgrammeRequest ApplyOf(const std::string& yaml,
                                           v1::Stage stage = v1::STAGE_UNSPECIFIED) {
    v1::ApplyProgrammeRequest request;
    request.set_file_name("city/shops.yaml");
    request.set_content(yaml);
    request.set_stage(stage);
    request.set_author("wang");
    request.set_note("试一试");
    return request;
  }
  v1::ApplyProgrammeResponse Apply(const std::string& yaml,
                                   v1::Stage stage = v1::STAGE_UNSPECIFIED) {
    const auto response = AskOk(&Programmes::ApplyProgramme, ApplyOf(yaml, stage));
    EXPECT_EQ(response.diagnostics_size(), 0) << response.DebugString();
    return response;
  }
  static v1::StageProgrammeRequest StageOf(uint32_t version, v1::Stage stage) {
    v1::StageProgrammeRequest request;
    request.set_programme_code("shops");
    request.set_version(version);
    request.set_stage(stage);
    request.set_author("li");
    request.set_note("好");
    return request;
  }
  v1::StageProgrammeResponse Stage(uint32_t version, v1::Stage stage) {
    return AskOk(&Programmes::StageProgramme, StageOf(version, stage));
  }
  static v1::RollbackProgrammeRequest RollbackOf(uint32_t to_version) {
    v1::RollbackProgrammeRequest request;
    request.set_programme_code("shops");
    request.set_to_version(to_version);
    request.set_author("zhao");
    return request;
  }
  v1::ListProgrammeVersionsResponse Versions() {
    v1::ListProgrammeVersionsRequest request;
    request.set_programme_code("shops");
    return AskOk(&Programmes::ListProgrammeVersions, request);
  }
  // "2 ACTIVE, 1 RETIRED", newest first.
  std::string Stages() {
    std::vector<std::string> texts;
    const v1::ListProgrammeVersionsResponse listed = Versions();
    for (const v1::ProgrammeVersion& version : listed.versions()) {
      texts.push_back(
          absl::StrCat(version.version(), " ", v1::Stage_Name(version.stage()).substr(6)));
    }
    return absl::StrJoin(texts, ", ");
  }
  v1::ShadowReport Shadow() {
    v1::GetShadowReportRequest request;
    request.set_programme_code("shops");
    const auto response = AskOk(&Programmes::GetShadowReport, request);
    return response.reports_size() == 1 ? response.reports(0) : v1::ShadowReport();
  }
  // Which version a rollback that names none makes active.
  uint32_t Rollback() {
    return AskOk(&Programmes::RollbackProgramme, RollbackOf(0)).programme().version();
  }
  // What is taken off 10 yuan now.
  int64_t SubsidyOfTenYuan() { return Quote(1'000).subsidy_fen(); }
  uint64_t AppliedSeq() {
    uint64_t seq = 0;
    EXPECT_TRUE(
        harness_.engine()
            .InspectBlocking([&seq](const Ledger& ledger) { seq = ledger.applied_seq().value(); })
            .ok());
    return seq;
  }
};

template <class Request>
Request Instant(Request request, int64_t seconds) {
  request.mutable_activates_at()->set_seconds(seconds);
  return request;
}

constexpr int64_t kNoon_s = kNoonNs / kNsPerSecond;

// ---- Stages ----------------------------------------------------------------------

TEST_F(VersionsTest, AVersionWaitsUntilItIsMadeActive) {
  const auto applied = Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  EXPECT_EQ(applied.version(), 2U);
  EXPECT_EQ(applied.programme().version(), 2U);
  EXPECT_EQ(applied.programme().stage(), v1::STAGE_VALIDATED);
  EXPECT_EQ(applied.programme().benefits(0).price(), "30% off");
  EXPECT_EQ(Stages(), "2 VALIDATED, 1 ACTIVE");
  EXPECT_EQ(SubsidyOfTenYuan(), 200);
  v1::GetProgrammeRequest get;
  get.set_programme_code("shops");
  EXPECT_EQ(AskOk(&Programmes::GetProgramme, get).programme().version(), 1U);
  get.set_version(2);
  EXPECT_EQ(AskOk(&Programmes::GetProgramme, get).programme().version(), 2U);

  const auto staged = Stage(2, v1::STAGE_ACTIVE);
  EXPECT_FALSE(staged.unchanged());
  EXPECT_EQ(staged.programme().stage(), v1::STAGE_ACTIVE);
  ASSERT_EQ(staged.changes_size(), 2) << staged.DebugString();
  EXPECT_EQ(staged.changes(1).before(), "20% off");
  EXPECT_EQ(staged.changes(1).after(), "30% off");
  EXPECT_EQ(SubsidyOfTenYuan(), 300);
  EXPECT_EQ(Stages(), "2 ACTIVE, 1 RETIRED");
  EXPECT_TRUE(Stage(2, v1::STAGE_ACTIVE).unchanged());
}

TEST_F(VersionsTest, AVersionTellsWhoMadeItAndWhy) {
  clock_.Advance(60);
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  clock_.Advance(60);
  Stage(2, v1::STAGE_ACTIVE);
  const auto versions = Versions();
  ASSERT_EQ(versions.versions_size(), 2);
  const v1::ProgrammeVersion& second = versions.versions(0);
  EXPECT_EQ(second.programme_code(), "shops");
  EXPECT_EQ(second.display_name(), "购物");
  EXPECT_EQ(second.time_zone(), "Asia/Shanghai");
  EXPECT_EQ(second.author(), "wang");
  EXPECT_EQ(second.note(), "试一试");
  EXPECT_EQ(second.file_name(), "shops.yaml");
  EXPECT_TRUE(second.has_source());
  EXPECT_EQ(second.content_hash().size(), 16U);
  EXPECT_EQ(second.staged_by(), "li");
  EXPECT_EQ(second.staged_note(), "好");
  EXPECT_EQ(second.applied_at().seconds(), kNoon_s + 60);
  EXPECT_EQ(second.staged_at().seconds(), kNoon_s + 120);
  ASSERT_EQ(second.active_periods_size(), 1);
  EXPECT_FALSE(second.active_periods(0).has_ends_at());
  const v1::ProgrammeVersion& first = versions.versions(1);
  EXPECT_EQ(first.staged_by(), "") << "the other one's activation retired it";
  ASSERT_EQ(first.active_periods_size(), 1);
  EXPECT_EQ(first.active_periods(0).starts_at().seconds(), kNoon_s);
  EXPECT_EQ(first.active_periods(0).ends_at().seconds(), kNoon_s + 120);
}

TEST_F(VersionsTest, VersionsAreListedPageByPage) {
  for (const int percent : {30, 40, 50}) {
    Apply(ShopsAt(percent), v1::STAGE_VALIDATED);
  }
  v1::ListProgrammeVersionsRequest request;
  request.set_programme_code("shops");
  request.set_page_size(3);
  auto page = AskOk(&Programmes::ListProgrammeVersions, request);
  ASSERT_EQ(page.versions_size(), 3);
  EXPECT_EQ(page.versions(0).version(), 4U);
  request.set_page_token(page.next_page_token());
  page = AskOk(&Programmes::ListProgrammeVersions, request);
  ASSERT_EQ(page.versions_size(), 1);
  EXPECT_EQ(page.versions(0).version(), 1U);
  EXPECT_EQ(page.next_page_token(), "");
  request.set_page_token("1");  // another programme's version
  EXPECT_EQ(Refused(&Programmes::ListProgrammeVersions, request),
            "INVALID INVALID_FIELD page_token");
  request.set_page_token("99999");
  EXPECT_EQ(Refused(&Programmes::ListProgrammeVersions, request),
            "INVALID INVALID_FIELD page_token");
}

TEST_F(VersionsTest, RollbackGoesBackToWhatWasActiveBefore) {
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, RollbackOf(0)),
            "PRECONDITION NO_EARLIER_VERSION to_version");
  Apply(ShopsAt(30));
  Apply(ShopsAt(40));
  Apply(ShopsAt(50), v1::STAGE_VALIDATED);
  auto request = RollbackOf(0);
  request.set_validate_only(true);
  const uint64_t before = AppliedSeq();
  const auto tried = AskOk(&Programmes::RollbackProgramme, request);
  EXPECT_EQ(tried.programme().version(), 2U);
  ASSERT_EQ(tried.changes_size(), 2) << tried.DebugString();
  EXPECT_TRUE(tried.changes(1).reduces()) << "40% to 30%";
  EXPECT_EQ(AppliedSeq(), before);

  const auto back = AskOk(&Programmes::RollbackProgramme, RollbackOf(0));
  EXPECT_EQ(back.programme().version(), 2U);
  EXPECT_EQ(SubsidyOfTenYuan(), 300);
  EXPECT_EQ(AskOk(&Programmes::RollbackProgramme, RollbackOf(1)).programme().version(), 1U);
  EXPECT_EQ(SubsidyOfTenYuan(), 200);
  EXPECT_TRUE(AskOk(&Programmes::RollbackProgramme, RollbackOf(1)).unchanged());
  EXPECT_EQ(Stages(), "4 VALIDATED, 3 RETIRED, 2 RETIRED, 1 ACTIVE");
  EXPECT_EQ(Versions().versions(3).staged_by(), "zhao");
  EXPECT_EQ(Versions().versions(3).active_periods_size(), 2);
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, RollbackOf(4)),
            "PRECONDITION NOT_ALLOWED_FROM_STATE to_version");
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, RollbackOf(9)),
            "NOT_FOUND NOT_FOUND to_version");
}

TEST_F(VersionsTest, ASecondRollbackGoesFurtherBack) {
  EXPECT_EQ(RefusalText(&Programmes::RollbackProgramme, RollbackOf(0)),
            "version 1 of 'shops' is the only one that was ever active; to end the programme, "
            "retire it (项目 'shops' 只有版本1曾经生效，没有可回退的版本；如要结束，请停用该项目)");
  Apply(ShopsAt(30));
  Apply(ShopsAt(40));
  EXPECT_EQ(Rollback(), 2U);
  EXPECT_EQ(Rollback(), 1U);
  EXPECT_EQ(SubsidyOfTenYuan(), 200);
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, RollbackOf(0)),
            "PRECONDITION NO_EARLIER_VERSION to_version");
  EXPECT_EQ(RefusalText(&Programmes::RollbackProgramme, RollbackOf(0)),
            "nothing lies before version 1 of 'shops', which is active; what was rolled back from "
            "can be named (to_version, --to): 2 and 3 (项目 'shops' 已回退到最早的版本1；可用 --to "
            "指定曾经生效的版本：2、3)");
  EXPECT_EQ(Stages(), "3 RETIRED, 2 RETIRED, 1 ACTIVE");

  // Forward again, by name; what lies before it now is where it came from.
  Stage(3, v1::STAGE_ACTIVE);
  EXPECT_EQ(Rollback(), 1U);
  AskOk(&Programmes::RollbackProgramme, RollbackOf(2));
  Restart();
  EXPECT_EQ(Rollback(), 1U) << "by what is stored";
}

TEST_F(VersionsTest, NothingToRollBackToWhereNothingWasEverActive) {
  std::string yaml = ShopsAt(30);
  yaml.replace(yaml.find("code: shops"), 11, "code: other");
  Apply(yaml, v1::STAGE_VALIDATED);
  auto request = RollbackOf(0);
  request.set_programme_code("other");
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, request),
            "PRECONDITION NO_EARLIER_VERSION to_version");
  EXPECT_THAT(RefusalText(&Programmes::RollbackProgramme, request),
              HasSubstr("no version of 'other' was ever active; stage one as ACTIVE"));
}

// Whatever the version that was active before does meanwhile.
TEST_F(VersionsTest, AVersionInShadowOrScheduledIsRolledBackTo) {
  Apply(ShopsAt(30));
  Stage(1, v1::STAGE_SHADOW);
  EXPECT_EQ(Stages(), "2 ACTIVE, 1 SHADOW");
  EXPECT_EQ(Rollback(), 1U);
  EXPECT_EQ(Stages(), "2 RETIRED, 1 ACTIVE");
  EXPECT_EQ(SubsidyOfTenYuan(), 200);

  Stage(2, v1::STAGE_SHADOW);
  AskOk(&Programmes::StageProgramme, Instant(StageOf(2, v1::STAGE_SCHEDULED), kNoon_s + 60));
  EXPECT_EQ(AskOk(&Programmes::RollbackProgramme, RollbackOf(2)).programme().version(), 2U);
  EXPECT_EQ(Stages(), "2 ACTIVE, 1 RETIRED");
  clock_.Advance(120);
  EXPECT_EQ(Decide(Purchase(1'000)).subsidy_fen(), 300);
  EXPECT_EQ(Versions().versions(0).active_periods_size(), 2) << "its schedule is gone";

  // What was never active is none to roll back to, in shadow or not.
  Apply(ShopsAt(40), v1::STAGE_SHADOW);
  EXPECT_EQ(RefusalText(&Programmes::RollbackProgramme, RollbackOf(3)),
            "version 3 of 'shops' was never active; stage it as ACTIVE to begin with it "
            "(项目 'shops' 的版本3从未生效过，谈不上回退；请直接将其设为生效)");
  Stage(3, v1::STAGE_WITHDRAWN);
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, RollbackOf(3)),
            "PRECONDITION NOT_ALLOWED_FROM_STATE to_version");
  EXPECT_THAT(RefusalText(&Programmes::RollbackProgramme, RollbackOf(3)),
              HasSubstr("is withdrawn and was never active; apply its file again"));
}

TEST_F(VersionsTest, WhatItGrantedGoesOnByTheVersionThatDidIt) {
  const v1::Transaction sale = Decide(Purchase(1'000));
  Apply(ShopsAt(50));
  const v1::Transaction captured = Decide(Capture(sale, 500));
  ExpectMoney(captured, 500, 100);
}

TEST_F(VersionsTest, ARetiredProgrammeCanBeRolledBackTo) {
  v1::RetireProgrammeRequest retire;
  retire.set_programme_code("shops");
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  const auto retired = AskOk(&Programmes::RetireProgramme, retire);
  EXPECT_EQ(retired.programme().version(), 1U) << "the one that was active";
  EXPECT_TRUE(retired.programme().retired());
  EXPECT_EQ(SubsidyOfTenYuan(), 0);
  v1::ListProgrammesRequest list;
  const auto codes = [&] {
    std::vector<std::string> found;
    const v1::ListProgrammesResponse listed = AskOk(&Programmes::ListProgrammes, list);
    for (const v1::Programme& programme : listed.programmes()) {
      found.push_back(absl::StrCat(programme.programme_code(), programme.version()));
    }
    return absl::StrJoin(found, " ");
  };
  EXPECT_EQ(codes(), "metro1 meals1");
  list.set_include_inactive(true);
  EXPECT_EQ(codes(), "metro1 shops2 meals1") << "the newest of what is not live";
  EXPECT_EQ(AskOk(&Programmes::RollbackProgramme, RollbackOf(0)).programme().version(), 1U);
  EXPECT_EQ(SubsidyOfTenYuan(), 200);
}

// ---- Schedules -------------------------------------------------------------------

TEST_F(VersionsTest, AScheduleIsExact) {
  const auto applied = AskOk(&Programmes::ApplyProgramme,
                             Instant(ApplyOf(ShopsAt(30), v1::STAGE_SCHEDULED), kNoon_s + 3'600));
  ASSERT_EQ(applied.programme().stage(), v1::STAGE_SCHEDULED) << applied.DebugString();
  EXPECT_EQ(applied.programme().activates_at().seconds(), kNoon_s + 3'600);
  EXPECT_EQ(Versions().versions(0).activates_at().seconds(), kNoon_s + 3'600);
  clock_.Advance(3'599);
  EXPECT_EQ(SubsidyOfTenYuan(), 200);
  clock_.Advance(1);
  EXPECT_EQ(Decide(Purchase(1'000)).subsidy_fen(), 300);
  EXPECT_EQ(Stages(), "2 ACTIVE, 1 RETIRED");
  EXPECT_EQ(Versions().versions(0).staged_at().seconds(), kNoon_s + 3'600);
}

TEST_F(VersionsTest, WhoScheduledAVersionIsToldWhenItHasBecomeActive) {
  const auto who = [&](int index) {
    const v1::ProgrammeVersion version = Versions().versions(index);
    return version.staged_by() + " " + version.staged_note();
  };
  // A version that is there is staged; one that is new is applied so.
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  EXPECT_EQ(who(0), " ") << "nobody has changed its stage";
  AskOk(&Programmes::StageProgramme, Instant(StageOf(2, v1::STAGE_SCHEDULED), kNoon_s + 60));
  EXPECT_EQ(who(0), "li 好");
  clock_.Advance(60);
  EXPECT_EQ(SubsidyOfTenYuan(), 300);
  EXPECT_EQ(Stages(), "2 ACTIVE, 1 RETIRED");
  EXPECT_EQ(who(0), "li 好");
  AskOk(&Programmes::ApplyProgramme,
        Instant(ApplyOf(ShopsAt(40), v1::STAGE_SCHEDULED), kNoon_s + 120));
  EXPECT_EQ(who(0), "wang 试一试");
  clock_.Advance(60);
  EXPECT_EQ(SubsidyOfTenYuan(), 400);
  EXPECT_EQ(who(0), "wang 试一试");
  EXPECT_EQ(who(1), " ") << "the other one's activation retired it";
  Restart();
  EXPECT_EQ(who(0), "wang 试一试");

  // Scheduled again for another instant: it is the last one that counts.
  Apply(ShopsAt(50), v1::STAGE_VALIDATED);
  auto later = Instant(StageOf(4, v1::STAGE_SCHEDULED), kNoon_s + 240);
  AskOk(&Programmes::StageProgramme, later);
  later.set_author("sun");
  AskOk(&Programmes::StageProgramme, Instant(later, kNoon_s + 180));
  clock_.Advance(60);
  EXPECT_EQ(SubsidyOfTenYuan(), 500);
  EXPECT_EQ(who(0), "sun 好");
  // Retired by a rollback, and nobody's doing.
  clock_.Advance(1);
  EXPECT_EQ(Rollback(), 3U);
  EXPECT_EQ(who(0), " ");
  EXPECT_EQ(who(1), "zhao ");
}

TEST_F(VersionsTest, AScheduleThatIsTakenBackIsNobodysAnyMore) {
  AskOk(&Programmes::ApplyProgramme,
        Instant(ApplyOf(ShopsAt(30), v1::STAGE_SCHEDULED), kNoon_s + 60));
  // Another one takes its place in the schedule.
  AskOk(&Programmes::ApplyProgramme,
        Instant(ApplyOf(ShopsAt(40), v1::STAGE_SCHEDULED), kNoon_s + 60));
  EXPECT_EQ(Stages(), "3 SCHEDULED, 2 VALIDATED, 1 ACTIVE");
  EXPECT_EQ(Versions().versions(1).staged_by(), "");
}

TEST_F(VersionsTest, InstantsAreChecked) {
  auto apply = ApplyOf(ShopsAt(30), v1::STAGE_SCHEDULED);
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, apply), "INVALID INVALID_FIELD activates_at");
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, Instant(apply, -1)),
            "INVALID INVALID_FIELD activates_at");
  const uint64_t before = AppliedSeq();
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, Instant(apply, kNoon_s)),
            "PRECONDITION INSTANT_HAS_PASSED activates_at");
  EXPECT_EQ(AppliedSeq(), before) << "not even its funds were set";
  apply.set_stage(v1::STAGE_ACTIVE);
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, Instant(apply, kNoon_s + 60)),
            "INVALID INVALID_FIELD activates_at");
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  EXPECT_EQ(
      Refused(&Programmes::StageProgramme, Instant(StageOf(2, v1::STAGE_SCHEDULED), kNoon_s - 1)),
      "PRECONDITION INSTANT_HAS_PASSED activates_at");
  EXPECT_EQ(
      AskOk(&Programmes::StageProgramme, Instant(StageOf(2, v1::STAGE_SCHEDULED), kNoon_s + 60))
          .programme()
          .stage(),
      v1::STAGE_SCHEDULED);
  EXPECT_EQ(Stage(2, v1::STAGE_VALIDATED).programme().stage(), v1::STAGE_VALIDATED);
}

// A file that declares what it refers to, whose instant has passed: nothing of it is done.
TEST_F(VersionsTest, ALateFileWithFundsOfItsOwnIsRefusedWhole) {
  std::string yaml = ShopsAt(30);
  yaml.replace(yaml.find("code: shops"), 11, "code: other");
  for (size_t at = yaml.find("shop-fund"); at != std::string::npos; at = yaml.find("shop-fund")) {
    yaml.replace(at, 9, "new-fund");
  }
  const uint64_t before = AppliedSeq();
  EXPECT_EQ(
      Refused(&Programmes::ApplyProgramme, Instant(ApplyOf(yaml, v1::STAGE_SCHEDULED), kNoon_s)),
      "PRECONDITION INSTANT_HAS_PASSED activates_at");
  EXPECT_EQ(AppliedSeq(), before);
  EXPECT_EQ(Apply(yaml).version(), 1U);
}

// A fund pays for what is live now: only a file that is live at once may change it.
TEST_F(VersionsTest, AVersionThatWaitsDoesNotChangeFunds) {
  std::string yaml = ShopsAt(30);
  yaml.replace(yaml.find("1000.00 yuan"), 12, "900.00 yuan");
  const uint64_t before = AppliedSeq();
  for (const v1::Stage stage : {v1::STAGE_VALIDATED, v1::STAGE_SHADOW}) {
    const auto refused = AskOk(&Programmes::ApplyProgramme, ApplyOf(yaml, stage));
    ASSERT_EQ(refused.diagnostics_size(), 1) << refused.DebugString();
    EXPECT_EQ(refused.diagnostics(0).line(), 11U);
    EXPECT_EQ(refused.diagnostics(0).message(),
              "the fund 'shop-fund' is there already and is another (budget: 1,000.00 yuan; in the "
              "file: 900.00 yuan); a version that is not to be active at once can not change it");
    EXPECT_EQ(refused.diagnostics(0).message_zh(),
              "资金 'shop-fund' 已存在，内容不同（预算：1,000.00元；文件中：900.00元）；"
              "不立即生效的版本不能改动它");
  }
  EXPECT_EQ(AppliedSeq(), before);
  EXPECT_EQ(AskOk(&Programmes::SaveDraft,
                  [&] {
                    v1::SaveDraftRequest request;
                    request.mutable_draft()->set_draft_name("d");
                    request.mutable_draft()->set_content(yaml);
                    return request;
                  }())
                .diagnostics_size(),
            0)
      << "a draft may be meant to be active at once";
  const auto applied = Apply(yaml);
  EXPECT_EQ(applied.programme().stage(), v1::STAGE_ACTIVE);
  EXPECT_EQ(ShopFund().budget(), 90'000);
}

TEST_F(VersionsTest, EachPropertyOfAFundThatWouldChangeIsTold) {
  const auto told = [this](const std::string& fund) {
    std::string yaml = ShopsAt(30);
    const std::string written = "name: 购物资金, budget: 1000.00 yuan";
    yaml.replace(yaml.find(written), written.size(), fund);
    const auto refused = AskOk(&Programmes::ApplyProgramme, ApplyOf(yaml, v1::STAGE_SHADOW));
    EXPECT_EQ(refused.diagnostics_size(), 1) << refused.DebugString();
    std::string text;
    for (const v1::Diagnostic& diagnostic : refused.diagnostics()) {
      absl::StrAppend(&text, diagnostic.message(), "\n", diagnostic.message_zh());
    }
    return text;
  };
  struct Case {
    const char* fund;
    const char* en;
    const char* zh;
  };
  for (const Case& c : {
           Case{"name: 购物资金, budget: 900 yuan",
                " is another (budget: 1,000.00 yuan; in the file: 900.00 yuan); a ",
                "内容不同（预算：1,000.00元；文件中：900.00元）；不"},
           Case{"name: 购物资金, budget: 1000 yuan, starts: 2026-07-01",
                " is another (starts: none; in the file: 2026-07-01); a ",
                "内容不同（开始：无；文件中：2026-07-01）；不"},
           Case{"name: 购物资金, budget: 1000 yuan, until: 2030-01-01",
                " is another (until: none; in the file: 2030-01-01); a ",
                "内容不同（截止：无；文件中：2030-01-01）；不"},
           Case{"name: 购物资金, budget: 1000 yuan, paid_by: merchant",
                " is another (paid by: the union; in the file: the merchant); a ",
                "内容不同（出资方：工会；文件中：商户）；不"},
           Case{"name: 购物资金, budget: 1000 yuan, advices_may_overrun: true",
                " is another (overruns: never; in the file: advices may); a ",
                "内容不同（离线上送可否超支：不可以；文件中：可以）；不"},
           Case{"name: 购物资金, budget: 1000 yuan, owner: KM-1",
                " is another (owner: KM; in the file: KM-1); a ",
                "内容不同（所属工会：KM；文件中：KM-1）；不"},
           Case{"name: 新资金, budget: 1000 yuan",
                " is another (name: 购物资金; in the file: 新资金); a ",
                "内容不同（名称：购物资金；文件中：新资金）；不"},
           Case{"name: 新资金, budget: 1000 yuan, paid_by: sponsor",
                " is another (paid by: the union; in the file: a sponsor) (name: 购物资金; in the "
                "file: 新资金); a ",
                "内容不同（出资方：工会；文件中：赞助方）（名称：购物资金；文件中：新资金）；不"},
       }) {
    const std::string text = told(c.fund);
    EXPECT_THAT(text, HasSubstr(c.en));
    EXPECT_THAT(text, HasSubstr(c.zh));
  }

  // An import may set an instant that no file can say.
  v1::ImportFundsRequest half_a_second;
  v1::Fund* const fund = half_a_second.add_funds();
  fund->set_fund_code("shop-fund");
  fund->mutable_opens_at()->set_seconds(1'782'835'200);  // 1 July 2026 in Shanghai
  fund->mutable_opens_at()->set_nanos(500'000'000);
  half_a_second.mutable_update_mask()->add_paths("opens_at");
  EXPECT_EQ(ImportOne<v1::ImportFundsResponse>(
                programmes_.get(), &v1::ProgrammeService::Stub::ImportFunds, half_a_second)
                .accepted_count(),
            1U);
  EXPECT_THAT(told("name: 购物资金, budget: 1000 yuan, starts: 2026-07-01"),
              HasSubstr("(starts: 2026-07-01 00:00:00.500000000; in the file: 2026-07-01); a "));
}

// ---- Refusals --------------------------------------------------------------------

TEST_F(VersionsTest, StagesThatCanNotBeReachedAreRefused) {
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  Stage(2, v1::STAGE_WITHDRAWN);
  EXPECT_EQ(Stages(), "2 WITHDRAWN, 1 ACTIVE");
  for (const v1::Stage stage : {v1::STAGE_VALIDATED, v1::STAGE_SHADOW, v1::STAGE_ACTIVE}) {
    EXPECT_EQ(Refused(&Programmes::StageProgramme, StageOf(2, stage)),
              "PRECONDITION NOT_ALLOWED_FROM_STATE stage");
  }
  for (const v1::Stage stage : {v1::STAGE_VALIDATED, v1::STAGE_SHADOW, v1::STAGE_WITHDRAWN}) {
    EXPECT_EQ(Refused(&Programmes::StageProgramme, StageOf(1, stage)),
              "PRECONDITION NOT_ALLOWED_FROM_STATE stage");
  }
  // What it is, and the way out.
  const auto why = [&](uint32_t version, v1::Stage stage) {
    return RefusalText(&Programmes::StageProgramme, StageOf(version, stage));
  };
  EXPECT_EQ(
      why(1, v1::STAGE_SHADOW),
      "stage: version 1 of 'shops' is active and can not become shadow: another version "
      "takes its place, or the programme is retired "
      "(项目 'shops' 的版本1处于生效阶段，不能改为影子：请让其他版本生效来取代它，或停用该项目)");
  EXPECT_THAT(why(2, v1::STAGE_ACTIVE), HasSubstr("is withdrawn and can not become active"));
  EXPECT_EQ(Apply(ShopsAt(30), v1::STAGE_VALIDATED).version(), 3U)
      << "what was withdrawn does not come back";
  EXPECT_THAT(RefusalText(&Programmes::ApplyProgramme, ApplyOf(kShopYaml, v1::STAGE_SHADOW)),
              HasSubstr("version 1 of 'shops' is active and can not become shadow"));
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, ApplyOf(kShopYaml, v1::STAGE_SHADOW)),
            "PRECONDITION NOT_ALLOWED_FROM_STATE stage");
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, ApplyOf(kShopYaml, v1::STAGE_RETIRED)),
            "INVALID INVALID_FIELD stage");
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, ApplyOf(kShopYaml, v1::STAGE_WITHDRAWN)),
            "INVALID INVALID_FIELD stage");
  EXPECT_EQ(Refused(&Programmes::StageProgramme, StageOf(1, v1::STAGE_RETIRED)),
            "INVALID INVALID_FIELD stage");
  EXPECT_EQ(Refused(&Programmes::StageProgramme, StageOf(1, v1::STAGE_UNSPECIFIED)),
            "INVALID INVALID_FIELD stage");
  Stage(3, v1::STAGE_ACTIVE);
  EXPECT_THAT(why(1, v1::STAGE_WITHDRAWN),
              HasSubstr("is retired and can not become withdrawn: it can become active or shadow"));
  Stage(1, v1::STAGE_SHADOW);
  EXPECT_THAT(why(1, v1::STAGE_WITHDRAWN), HasSubstr("it was active before"));
}

TEST_F(VersionsTest, WhatIsNotThereIsSaidToBeNotThere) {
  auto stage = StageOf(9, v1::STAGE_ACTIVE);
  EXPECT_EQ(Refused(&Programmes::StageProgramme, stage), "NOT_FOUND NOT_FOUND version");
  EXPECT_EQ(RefusalText(&Programmes::StageProgramme, stage),
            "version 9 of 'shops' is not there; it has 1 only (项目 'shops' 没有版本9，现有版本1)");
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  EXPECT_EQ(RefusalText(&Programmes::RollbackProgramme, RollbackOf(9)),
            "version 9 of 'shops' is not there; it has 1 to 2 "
            "(项目 'shops' 没有版本9，现有版本1至2)");
  stage.set_version(0);
  EXPECT_EQ(Refused(&Programmes::StageProgramme, stage), "INVALID INVALID_FIELD version");
  stage = StageOf(1, v1::STAGE_ACTIVE);
  stage.set_programme_code("nosuch");
  EXPECT_EQ(Refused(&Programmes::StageProgramme, stage), "NOT_FOUND NOT_FOUND programme_code");
  EXPECT_EQ(RefusalText(&Programmes::StageProgramme, stage),
            "there is no programme 'nosuch' (没有项目 'nosuch')");
  stage.set_programme_code("no such");
  EXPECT_EQ(Refused(&Programmes::StageProgramme, stage), "INVALID INVALID_FIELD programme_code");
  v1::GetProgrammeRequest get;
  get.set_programme_code("shops");
  get.set_version(7);
  EXPECT_EQ(Refused(&Programmes::GetProgramme, get), "NOT_FOUND NOT_FOUND version");
  v1::ListProgrammeVersionsRequest list;
  list.set_programme_code("nosuch");
  EXPECT_EQ(Refused(&Programmes::ListProgrammeVersions, list),
            "NOT_FOUND NOT_FOUND programme_code");
  v1::CompareProgrammeVersionsRequest compare;
  compare.set_programme_code("shops");
  EXPECT_EQ(Refused(&Programmes::CompareProgrammeVersions, compare),
            "INVALID INVALID_FIELD after_version");
  compare.set_after_version(5);
  EXPECT_EQ(Refused(&Programmes::CompareProgrammeVersions, compare),
            "NOT_FOUND NOT_FOUND after_version");
  compare.set_after_version(1);
  compare.set_before_version(5);
  EXPECT_EQ(Refused(&Programmes::CompareProgrammeVersions, compare),
            "NOT_FOUND NOT_FOUND before_version");
}

TEST_F(VersionsTest, TextsOfPeopleAreBounded) {
  auto stage = StageOf(1, v1::STAGE_ACTIVE);
  stage.set_note(std::string(257, 'x'));
  EXPECT_EQ(Refused(&Programmes::StageProgramme, stage), "INVALID INVALID_FIELD note");
  stage.set_note("two\nlines");
  EXPECT_EQ(Refused(&Programmes::StageProgramme, stage), "INVALID INVALID_FIELD note");
  auto apply = ApplyOf(kShopYaml);
  apply.set_author(std::string(97, 'x'));
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, apply), "INVALID INVALID_FIELD author");
  auto rollback = RollbackOf(1);
  rollback.set_author(std::string(97, 'x'));
  EXPECT_EQ(Refused(&Programmes::RollbackProgramme, rollback), "INVALID INVALID_FIELD author");
}

TEST_F(VersionsTest, ValidateOnlyChangesNothing) {
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  const uint64_t before = AppliedSeq();
  auto stage = StageOf(2, v1::STAGE_ACTIVE);
  stage.set_validate_only(true);
  const auto staged = AskOk(&Programmes::StageProgramme, stage);
  EXPECT_FALSE(staged.unchanged());
  EXPECT_EQ(staged.programme().stage(), v1::STAGE_VALIDATED);
  EXPECT_EQ(staged.changes_size(), 2);
  auto apply = ApplyOf(ShopsAt(40), v1::STAGE_SHADOW);
  apply.set_validate_only(true);
  const auto tried = AskOk(&Programmes::ApplyProgramme, apply);
  EXPECT_EQ(tried.version(), 3U);
  EXPECT_EQ(tried.time_zone(), "Asia/Shanghai");
  EXPECT_FALSE(tried.has_programme());
  EXPECT_EQ(AppliedSeq(), before);
  EXPECT_EQ(Stages(), "2 VALIDATED, 1 ACTIVE");
}

// ---- Shadows ---------------------------------------------------------------------

// Of a version that decides nothing yet as well: it is looked at before it does.
TEST_F(VersionsTest, WhatTakesAwayIsMarkedWhateverTheStage) {
  for (const v1::Stage stage : {v1::STAGE_VALIDATED, v1::STAGE_SHADOW}) {
    auto apply = ApplyOf(ShopsAt(10), stage);
    apply.set_validate_only(true);
    const auto tried = AskOk(&Programmes::ApplyProgramme, apply);
    ASSERT_EQ(tried.changes_size(), 2) << tried.DebugString();
    EXPECT_FALSE(tried.changes(0).reduces()) << "the number";
    EXPECT_TRUE(tried.changes(1).reduces()) << "20% to 10%";
  }
  Apply(ShopsAt(10), v1::STAGE_VALIDATED);
  EXPECT_TRUE(Stage(2, v1::STAGE_SHADOW).changes(1).reduces());
  EXPECT_TRUE(Stage(2, v1::STAGE_VALIDATED).changes(1).reduces());
}

TEST_F(VersionsTest, AShadowIsCountedAndChangesNothing) {
  v1::GetShadowReportRequest request;
  request.set_programme_code("shops");
  EXPECT_EQ(Refused(&Programmes::GetShadowReport, request),
            "PRECONDITION NO_SHADOW programme_code");
  request.set_programme_code("nosuch");
  EXPECT_EQ(Refused(&Programmes::GetShadowReport, request), "NOT_FOUND NOT_FOUND programme_code");

  Apply(ShopsAt(30), v1::STAGE_SHADOW);
  EXPECT_EQ(Shadow().asked_count(), 0);
  EXPECT_EQ(Shadow().counted_since().seconds(), kNoon_s);
  EXPECT_EQ(Decide(Purchase(1'000, true)).subsidy_fen(), 200);
  EXPECT_EQ(Decide(Purchase(2'000, true)).subsidy_fen(), 400);
  EXPECT_EQ(Quote(1'000).subsidy_fen(), 200) << "a quote is not counted";
  const v1::ShadowReport report = Shadow();
  EXPECT_EQ(report.programme_code(), "shops");
  EXPECT_EQ(report.version(), 2U);
  EXPECT_EQ(report.active_version(), 1U);
  EXPECT_EQ(report.asked_count(), 2);
  EXPECT_EQ(report.more_count(), 2);
  EXPECT_EQ(report.active_subsidy_fen(), 600);
  EXPECT_EQ(report.shadow_subsidy_fen(), 900);
  EXPECT_EQ(AskOk(&Programmes::GetShadowReport, v1::GetShadowReportRequest()).reports_size(), 1);

  // Another one takes its place, and begins with nothing.
  Apply(ShopsAt(10), v1::STAGE_SHADOW);
  EXPECT_EQ(Stages(), "3 SHADOW, 2 VALIDATED, 1 ACTIVE");
  EXPECT_EQ(Shadow().asked_count(), 0);
  Decide(Purchase(1'000, true));
  EXPECT_EQ(Shadow().less_count(), 1);
  Restart();
  EXPECT_EQ(Stages(), "3 SHADOW, 2 VALIDATED, 1 ACTIVE");
  EXPECT_EQ(Shadow().asked_count(), 0) << "counts are of the process";
  Stage(3, v1::STAGE_VALIDATED);
  request.set_programme_code("");
  EXPECT_EQ(AskOk(&Programmes::GetShadowReport, request).reports_size(), 0);
}

// ---- Texts -----------------------------------------------------------------------

TEST_F(VersionsTest, TheTextOfEveryVersionIsKept) {
  Apply(ShopsAt(30));
  v1::GetProgrammeSourceRequest request;
  request.set_programme_code("shops");
  request.set_version(1);
  EXPECT_EQ(AskOk(&Programmes::GetProgrammeSource, request).content(), kShopYaml);
  request.set_version(0);
  auto source = AskOk(&Programmes::GetProgrammeSource, request);
  EXPECT_EQ(source.content(), ShopsAt(30));
  EXPECT_EQ(source.version().version(), 2U);
  Restart();
  EXPECT_EQ(AskOk(&Programmes::GetProgrammeSource, request).content(), ShopsAt(30));

  // Lost: the version stands and says so; its file again mends it.
  harness_.programme_sources().Clear();
  EXPECT_EQ(Refused(&Programmes::GetProgrammeSource, request),
            "NOT_FOUND SOURCE_NOT_FOUND version");
  EXPECT_FALSE(Versions().versions(0).has_source());
  EXPECT_EQ(SubsidyOfTenYuan(), 300);
  EXPECT_TRUE(Apply(ShopsAt(30)).unchanged());
  EXPECT_EQ(AskOk(&Programmes::GetProgrammeSource, request).content(), ShopsAt(30));
}

TEST_F(VersionsTest, NoDecisionWaitsForTheTexts) {
  harness_.programme_sources().Fail(true);
  EXPECT_EQ(Apply(ShopsAt(30)).programme().version(), 2U);
  EXPECT_EQ(SubsidyOfTenYuan(), 300);
  EXPECT_FALSE(Versions().versions(0).has_source());
  v1::GetProgrammeSourceRequest request;
  request.set_programme_code("shops");
  EXPECT_EQ(Refused(&Programmes::GetProgrammeSource, request), "OTHER STORAGE_FAILED ");
  EXPECT_EQ(Refused(&Programmes::ListDrafts, v1::ListDraftsRequest()), "OTHER STORAGE_FAILED ");
}

// The file may be that of a version that was there before, and was staged by somebody else.
TEST_F(VersionsTest, WhoStagesIsToldWhereItIsNotKnownWhetherTheVersionIsNew) {
  v1::ApplyProgrammeRequest request;
  request.set_content(ShopsAt(30));
  request.set_author("li");
  harness_.programme_sources().FailOnce();
  EXPECT_EQ(AskOk(&Programmes::ApplyProgramme, request).version(), 2U);
  EXPECT_EQ(Versions().versions(0).author(), "li") << "its text is kept";
  EXPECT_EQ(Versions().versions(0).staged_by(), "li");
  // Of one that is known to be new, who applied it tells as much.
  request.set_content(ShopsAt(40));
  EXPECT_EQ(AskOk(&Programmes::ApplyProgramme, request).version(), 3U);
  EXPECT_EQ(Versions().versions(0).author(), "li");
  EXPECT_EQ(Versions().versions(0).staged_by(), "");
}

TEST_F(VersionsTest, VersionsAreCompared) {
  Apply(ShopsAt(30), v1::STAGE_VALIDATED);
  Apply(ShopsAt(10), v1::STAGE_VALIDATED);
  v1::CompareProgrammeVersionsRequest request;
  request.set_programme_code("shops");
  request.set_after_version(2);
  auto compared = AskOk(&Programmes::CompareProgrammeVersions, request);
  EXPECT_EQ(compared.before_version(), 1U);
  EXPECT_EQ(compared.after_version(), 2U);
  EXPECT_EQ(compared.time_zone(), "Asia/Shanghai");
  ASSERT_EQ(compared.changes_size(), 2) << compared.DebugString();
  EXPECT_EQ(compared.changes(0).subject(), "programme shops");
  EXPECT_EQ(compared.changes(0).property(), "version");
  EXPECT_EQ(compared.changes(1).subject(), "benefit groceries");
  EXPECT_FALSE(compared.changes(1).reduces());
  request.set_before_version(2);
  request.set_after_version(3);
  compared = AskOk(&Programmes::CompareProgrammeVersions, request);
  ASSERT_EQ(compared.changes_size(), 2);
  EXPECT_EQ(compared.changes(1).before(), "30% off");
  EXPECT_EQ(compared.changes(1).after(), "10% off");
  EXPECT_TRUE(compared.changes(1).reduces());
  request.set_after_version(2);
  EXPECT_EQ(AskOk(&Programmes::CompareProgrammeVersions, request).changes_size(), 0);
}

// A version has the outline of the file that it was made from, whatever the file says.
TEST_F(VersionsTest, AVersionSaysWhatItsFileSays) {
  const std::string yaml = R"(gonghui: 1
programme:
  code: rich
  name: 全
  zone: Asia/Shanghai
  day_starts_at: "04:00"
  starts: 2026-01-01
  until: 2027-01-01
  owner: KM
  holidays: [2026-10-01..2026-10-07]
  workdays: [2026-10-10]
segments:
  - {code: courier, name: 快递员}
  - {code: retired, name: 退休}
funds:
  - {code: rich-fund, name: 资金, budget: 1000 yuan}
  - {code: rich-share, name: 让利, budget: 1000 yuan, paid_by: merchant}
groups:
  - {code: both, name: 两家, merchants: [SHOP, METRO]}
limits:
  - {code: week, per: union, level: city, each: 7 days, uses: 3, refund_to: never}
  - {code: all, per: programme, each: year, amount: unlimited}
benefits:
  - code: tier
    name: 阶梯
    for:
      sex: female
      segments_any: [courier]
      segments_none: [retired, driver]
      in_segments_for: 30d
      member_for: 90d
      union: KM-1
    at:
      mcc: [5311, "5411-5412"]
      groups: [both]
      terminals: [pos]
      terminal_ids: [POS1]
      union: KM
      items: {any_of: [rice, oil], except: [wine], pieces_at_most: 2}
    when: {days: [workday], hours: ["06:00-09:00"], not_on: [2026-05-04], starts: 2026-02-01}
    price: {tiers: [{from: 50 yuan, percent_off: 10}, {from: 200 yuan, off: 30 yuan}]}
    funding: [{fund: rich-fund, share: 70%}, {fund: rich-share, share: 30%}]
    combine: {layer: 2, base: rest}
    limits: [week, all]
)";
  const auto applied = Apply(yaml);
  ASSERT_EQ(applied.programme().benefits_size(), 1);
  const v1::Benefit& benefit = applied.programme().benefits(0);
  EXPECT_EQ(benefit.who(),
            "verified name; women; member for 90 days; of union KM-1; any of courier; in them for "
            "30 days; none of driver, retired");
  EXPECT_EQ(benefit.where(),
            "mcc 5311, 5411-5412; at tills; of union KM; merchants METRO, SHOP; terminals POS1");
  EXPECT_EQ(benefit.items(), "any of oil, rice; none of wine; the 2 cheapest pieces");
  EXPECT_EQ(benefit.when(), "workdays; 06:00-09:00; not on 2026-05-04; from 2026-02-01");
  EXPECT_EQ(benefit.price(), "10% off from 50.00 yuan, 30.00 yuan off from 200.00 yuan");
  EXPECT_EQ(benefit.layer(), 2U);
  EXPECT_EQ(benefit.base(), v1::STACK_BASE_REST);
  EXPECT_EQ(benefit.offline(), v1::OFFLINE_POLICY_ACCEPT);
  EXPECT_THAT(benefit.fund_shares_bps(), ElementsAre(7'000U, 3'000U));
  const v1::Limit& week = applied.programme().limits(0);
  EXPECT_EQ(week.window_span(), 7U);
  EXPECT_EQ(week.subject(), v1::LIMIT_SUBJECT_UNION);
  EXPECT_EQ(week.union_level(), v1::UNION_LEVEL_CITY);
  EXPECT_TRUE(applied.programme().limits(1).unlimited());
  EXPECT_EQ(applied.programme().limits(1).max(), 0);
  EXPECT_EQ(applied.programme().special_days_size(), 2);
  EXPECT_EQ(applied.programme().day_starts_at_s(), 14'400U);

  // Another name and nothing else.
  std::string other = yaml;
  other.replace(other.find("阶梯"), 6, "梯级");
  auto request = ApplyOf(other);
  request.set_validate_only(true);
  const auto tried = AskOk(&Programmes::ApplyProgramme, request);
  ASSERT_EQ(tried.changes_size(), 2) << tried.DebugString();
  EXPECT_EQ(tried.changes(1).property(), "name");
}

// What a file names beside its funds and segments is looked up as well.
TEST_F(VersionsTest, TerminalsThatNobodyHasAreDiagnosed) {
  std::string yaml = kShopYaml;
  yaml.replace(
      yaml.find("at: {mcc: [5411]}"), 17, "at: {mcc: [5411], terminal_ids: [POS1, NOWHERE]}");
  const auto response = AskOk(&Programmes::ApplyProgramme, ApplyOf(yaml));
  ASSERT_EQ(response.diagnostics_size(), 1) << response.DebugString();
  EXPECT_THAT(response.diagnostics(0).message(), HasSubstr("NOWHERE"));
  EXPECT_EQ(response.diagnostics(0).line(), 17U);
}

// ---- Drafts ----------------------------------------------------------------------

v1::SaveDraftRequest DraftOf(const std::string& name, const std::string& text) {
  v1::SaveDraftRequest request;
  v1::Draft& draft = *request.mutable_draft();
  draft.set_draft_name(name);
  draft.set_content(text);
  draft.set_file_name("winter.yaml");
  draft.set_author("wang");
  draft.set_note("冬季");
  return request;
}

TEST_F(VersionsTest, ADraftMayBeWrong) {
  const std::string wrong = "gonghui: 1\nprogramme: {code: winter}\n";
  const uint64_t before = AppliedSeq();
  auto saved = AskOk(&Programmes::SaveDraft, DraftOf("winter", wrong));
  EXPECT_TRUE(saved.created());
  EXPECT_GE(saved.diagnostics_size(), 1);
  EXPECT_EQ(saved.draft().diagnostic_count(), static_cast<uint32_t>(saved.diagnostics_size()));
  EXPECT_EQ(saved.draft().content(), "");
  v1::GetDraftRequest get;
  get.set_draft_name("winter");
  const auto got = AskOk(&Programmes::GetDraft, get);
  EXPECT_EQ(got.draft().content(), wrong);
  EXPECT_EQ(got.draft().author(), "wang");
  EXPECT_EQ(got.draft().note(), "冬季");
  EXPECT_EQ(got.draft().file_name(), "winter.yaml");
  EXPECT_EQ(got.draft().content_bytes(), wrong.size());
  EXPECT_TRUE(got.draft().has_saved_at());
  EXPECT_EQ(got.diagnostics_size(), saved.diagnostics_size());
  EXPECT_EQ(AppliedSeq(), before) << "a draft is no row of the ledger";

  v1::ApplyProgrammeRequest apply;
  apply.set_draft_name("winter");
  EXPECT_EQ(AskOk(&Programmes::ApplyProgramme, apply).diagnostics_size(), got.diagnostics_size());
  apply.set_content("x");
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, apply), "INVALID INVALID_FIELD content");

  saved = AskOk(&Programmes::SaveDraft, DraftOf("winter", ShopsAt(30)));
  EXPECT_FALSE(saved.created());
  EXPECT_EQ(saved.diagnostics_size(), 0) << saved.DebugString();
  apply.clear_content();
  apply.set_stage(v1::STAGE_VALIDATED);
  const auto applied = AskOk(&Programmes::ApplyProgramme, apply);
  EXPECT_EQ(applied.programme().version(), 2U);
  EXPECT_EQ(Versions().versions(0).file_name(), "winter.yaml");
}

// What a draft refers to may come, or go, after it was saved.
TEST_F(VersionsTest, ADraftIsCheckedAnewWhenItIsShown) {
  std::string yaml = kMealsYaml;
  yaml.replace(yaml.find("fund: shop-fund"), 15, "fund: late-fund");
  EXPECT_EQ(AskOk(&Programmes::SaveDraft, DraftOf("meals", yaml)).diagnostics_size(), 1);
  Apply(R"(gonghui: 1
programme: {code: late, name: 晚, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
funds: [{code: late-fund, name: 资金, budget: 10 yuan}]
benefits:
  - code: b
    name: 好
    at: {mcc: [5999]}
    price: {percent_off: 5}
    funding: {fund: late-fund}
)",
        v1::STAGE_VALIDATED);
  v1::GetDraftRequest get;
  get.set_draft_name("meals");
  const auto got = AskOk(&Programmes::GetDraft, get);
  EXPECT_EQ(got.diagnostics_size(), 0) << got.DebugString();
  EXPECT_EQ(got.draft().diagnostic_count(), 1U) << "when it was saved";
  EXPECT_EQ(AskOk(&Programmes::SaveDraft, DraftOf("same", kShopYaml)).diagnostics_size(), 0)
      << "that it is live already is no fault of it";
}

TEST_F(VersionsTest, DraftsAreListedAndThrownAway) {
  for (const char* name : {"c", "a", "b"}) {
    AskOk(&Programmes::SaveDraft, DraftOf(name, "x"));
  }
  v1::ListDraftsRequest request;
  request.set_page_size(2);
  auto page = AskOk(&Programmes::ListDrafts, request);
  ASSERT_EQ(page.drafts_size(), 2);
  EXPECT_EQ(page.drafts(0).draft_name(), "a");
  EXPECT_EQ(page.drafts(0).content(), "");
  EXPECT_EQ(page.next_page_token(), "c");
  request.set_page_token("c");
  page = AskOk(&Programmes::ListDrafts, request);
  EXPECT_EQ(page.drafts_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  request.set_page_token("no such");
  EXPECT_EQ(Refused(&Programmes::ListDrafts, request), "INVALID INVALID_FIELD page_token");

  v1::DeleteDraftRequest remove;
  remove.set_draft_name("b");
  remove.set_validate_only(true);
  EXPECT_EQ(AskOk(&Programmes::DeleteDraft, remove).draft().draft_name(), "b");
  remove.set_validate_only(false);
  EXPECT_EQ(AskOk(&Programmes::DeleteDraft, remove).draft().draft_name(), "b");
  EXPECT_EQ(Refused(&Programmes::DeleteDraft, remove), "NOT_FOUND NOT_FOUND draft_name");
  v1::GetDraftRequest get;
  get.set_draft_name("b");
  EXPECT_EQ(Refused(&Programmes::GetDraft, get), "NOT_FOUND NOT_FOUND draft_name");
  v1::ApplyProgrammeRequest apply;
  apply.set_draft_name("b");
  EXPECT_EQ(Refused(&Programmes::ApplyProgramme, apply), "NOT_FOUND NOT_FOUND draft_name");
  EXPECT_EQ(RefusalText(&Programmes::ApplyProgramme, apply),
            "there is no draft 'b' (没有草稿 'b')");
}

TEST_F(VersionsTest, DraftsAreBounded) {
  EXPECT_EQ(Refused(&Programmes::SaveDraft, DraftOf("", "x")),
            "INVALID INVALID_FIELD draft.draft_name");
  EXPECT_EQ(Refused(&Programmes::SaveDraft, DraftOf("a b", "x")),
            "INVALID INVALID_FIELD draft.draft_name");
  EXPECT_EQ(Refused(&Programmes::SaveDraft, DraftOf("a", std::string((1 << 20) + 1, 'x'))),
            "INVALID INVALID_FIELD draft.content");
  auto request = DraftOf("a", "x");
  request.mutable_draft()->set_note(std::string(257, 'x'));
  EXPECT_EQ(Refused(&Programmes::SaveDraft, request), "INVALID INVALID_FIELD draft.note");
  request = DraftOf("a", "x");
  request.set_validate_only(true);
  AskOk(&Programmes::SaveDraft, request);
  EXPECT_THAT(AskOk(&Programmes::ListDrafts, v1::ListDraftsRequest()).drafts(), IsEmpty());
  SourceFacts facts;
  for (uint32_t i = 0; i < kDraftsMax; ++i) {
    ASSERT_TRUE(harness_.programme_sources()
                    .PutDraftBlocking(*ParseCode<DraftName>(absl::StrCat("d", i)), facts, "")
                    .ok());
  }
  EXPECT_EQ(Refused(&Programmes::SaveDraft, DraftOf("a", "x")),
            "OTHER TOO_MANY_DRAFTS draft.draft_name");
  EXPECT_FALSE(AskOk(&Programmes::SaveDraft, DraftOf("d7", "x")).created());
}

}  // namespace
}  // namespace gonghui
