// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// BacktestService over gRPC, and gonghuictl against it: a real engine's own journal.

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/server/text_codec.h"
#include "gonghui/v1/backtest_service.grpc.pb.h"
#include "tests/e2e/ctl/run_program.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;

std::string Today(int days_later = 0) {
  const int64_t utc_s = SystemClock::Instance().NowNs() / kNsPerSecond;
  return DayText(FloorDay(utc_s + 8 * 3'600) + days_later);
}

class BacktestServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    service_ = v1::BacktestService::NewStub(harness_.Operators());
    const auto terminals = v1::AuthorizationService::NewStub(harness_.Terminals());
    for (int i = 0; i < 5; ++i) {  // three a day
      v1::AuthorizeRequest ride = Ride();
      ride.set_request_id(NextUuid());
      grpc::ClientContext context;
      v1::AuthorizeResponse response;
      const grpc::Status status = terminals->Authorize(&context, ride, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
  }

  // The first that it sends but progress; parts of the report together.
  template <class Response, class Request>
  grpc::Status Ask(std::unique_ptr<grpc::ClientReader<Response>> (
                       v1::BacktestService::Stub::*method)(grpc::ClientContext*, const Request&),
                   const Request& request,
                   Response* all) {
    grpc::ClientContext context;
    const auto reader = (service_.get()->*method)(&context, request);
    Response response;
    while (reader->Read(&response)) {
      all->MergeFrom(response);
    }
    return reader->Finish();
  }
  grpc::Status Backtest(const v1::BacktestRequest& request, v1::BacktestResponse* all) {
    return Ask(&v1::BacktestService::Stub::Backtest, request, all);
  }
  grpc::Status Simulate(const v1::SimulateRequest& request, v1::SimulateResponse* all) {
    return Ask(&v1::BacktestService::Stub::Simulate, request, all);
  }
  static v1::BacktestRequest Recent(const std::string& content) {
    v1::BacktestRequest request;
    request.set_content(content);
    request.set_first_day(Today(-1));  // it may be midnight
    request.set_last_day(Today(1));
    return request;
  }

  Harness harness_;
  std::unique_ptr<v1::BacktestService::Stub> service_;
};

TEST_F(BacktestServiceTest, FindsNothingOtherInWhatIsLive) {
  v1::BacktestResponse all;
  const grpc::Status status = Backtest(Recent(MetroYaml()), &all);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(all.diagnostics_size(), 0);
  EXPECT_EQ(all.report().programme_code(), "metro");
  EXPECT_EQ(all.report().zone(), "Asia/Shanghai");
  EXPECT_EQ(all.report().all().decision_count(), 5u);
  EXPECT_EQ(all.report().all().same_count(), 5u);
  EXPECT_EQ(all.report().funds_size(), 1);
  EXPECT_EQ(all.report().caveats().unplayed_size(), 0) << "what was is played in full";
}

TEST_F(BacktestServiceTest, TellsWhatALimitChanges) {
  v1::BacktestResponse all;
  const grpc::Status status = Backtest(Recent(MetroYaml(4)), &all);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(all.report().all().gained_count() + all.report().all().same_count(), 5u);
  EXPECT_GE(all.report().all().gained_count(), 1u);
  EXPECT_EQ(all.report().members_gained_count(), 1u);
  ASSERT_GE(all.report().merchants_size(), 1);
  EXPECT_EQ(all.report().merchants(0).merchant_id(), "METRO");
  // Nothing has changed.
  v1::BacktestResponse again;
  EXPECT_TRUE(Backtest(Recent(MetroYaml()), &again).ok());
  EXPECT_EQ(again.report().all().same_count(), 5u);
}

TEST_F(BacktestServiceTest, SaysWhatIsWrongWithTheFile) {
  std::string yaml = MetroYaml();
  yaml.replace(yaml.find("member_pays"), 11, "member_owes");
  v1::BacktestResponse all;
  EXPECT_TRUE(Backtest(Recent(yaml), &all).ok());
  ASSERT_GE(all.diagnostics_size(), 1);
  EXPECT_FALSE(all.has_report());
  // Right as a file, but not for this ledger.
  yaml = MetroYaml(4);
  yaml.replace(yaml.find("mcc: [4111]"), 11, "merchants: [NOBODY]");
  all.Clear();
  EXPECT_TRUE(Backtest(Recent(yaml), &all).ok());
  ASSERT_EQ(all.diagnostics_size(), 1);
  EXPECT_THAT(all.diagnostics(0).hint(), HasSubstr("when the period began"));
  EXPECT_GT(all.diagnostics(0).line(), 1u);
}

TEST_F(BacktestServiceTest, RefusesWhatCanNotBe) {
  const auto code = [this](const v1::BacktestRequest& request) {
    v1::BacktestResponse all;
    return Backtest(request, &all).error_code();
  };
  v1::BacktestRequest request = Recent(MetroYaml());
  request.clear_first_day();
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_first_day("2026-02-30");
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_first_day(Today(1));
  request.set_last_day(Today(-1));
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_first_day("2020-01-01");
  request.set_last_day("2020-02-01");
  v1::BacktestResponse all;
  const grpc::Status early = Backtest(request, &all);
  EXPECT_EQ(early.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(early).info.reason(), "NOTHING_RECORDED");
  request.set_content(std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(BacktestServiceTest, SimulatesDaysToCome) {
  v1::SimulateRequest request;
  request.set_content(MetroYaml(100));
  request.set_day_count(3);
  request.mutable_profile()->set_seed(5);
  request.mutable_profile()->set_visits_per_thousand(20'000);
  v1::VisitedPlace* const place = request.mutable_profile()->add_places();
  place->set_mcc_first(4'111);
  place->set_price_min_fen(400);
  v1::SimulateResponse all;
  const grpc::Status status = Simulate(request, &all);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(all.report().all().decision_count(), 2u * 20 * 3);
  EXPECT_GT(all.report().all().gained_count(), 0u);
  EXPECT_EQ(all.report().days_size(), 3);
  EXPECT_THAT(
      all.report().caveats().unplayed(),
      ::testing::ElementsAre(v1::UNPLAYED_CODE, v1::UNPLAYED_APPOINTMENT, v1::UNPLAYED_CLAIM));
  EXPECT_EQ(all.report().caveats().unplayed_count(), 0u);
  // As recently.
  request.clear_profile();
  request.set_like_day(Today());
  all.Clear();
  const grpc::Status like = Simulate(request, &all);
  EXPECT_TRUE(like.ok() || DetailsOf(like).info.reason() == "NOTHING_RECORDED")
      << like.error_message();
}

// Of which no visit that is made up has any, and every recorded sale those that it had.
std::string GoodsYaml() {
  return R"(gonghui: 1
programme: {code: tea, name: 茶, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
funds:
  - {code: tea-fund, name: 茶, budget: 1000.00 yuan}
benefits:
  - code: cup
    name: 一杯
    at: {mcc: [4111], items: {any_of: [tea]}}
    price: {percent_off: 50}
    funding: {fund: tea-fund}
)";
}

TEST_F(BacktestServiceTest, TellsWhichBenefitsAreForGoodsThatNoMadeUpVisitHas) {
  v1::SimulateRequest request;
  request.set_content(GoodsYaml());
  v1::SimulateResponse all;
  const grpc::Status status = Simulate(request, &all);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const v1::BacktestCaveats& caveats = all.report().caveats();
  EXPECT_THAT(
      caveats.unplayed(),
      ::testing::ElementsAre(
          v1::UNPLAYED_CODE, v1::UNPLAYED_APPOINTMENT, v1::UNPLAYED_CLAIM, v1::UNPLAYED_GOODS));
  ASSERT_EQ(caveats.unplayed_goods_benefits_size(), 1);
  EXPECT_EQ(caveats.unplayed_goods_benefits(0).programme_code(), "tea");
  EXPECT_EQ(caveats.unplayed_goods_benefits(0).benefit_code(), "cup");
  request.set_like_day(Today());
  all.Clear();
  const grpc::Status like = Simulate(request, &all);
  if (like.ok()) {  // it may be midnight
    EXPECT_EQ(all.report().caveats().unplayed_size(), 3);
    EXPECT_EQ(all.report().caveats().unplayed_goods_benefits_size(), 0);
  } else {
    EXPECT_EQ(DetailsOf(like).info.reason(), "NOTHING_RECORDED") << like.error_message();
  }
}

TEST_F(BacktestServiceTest, RefusesProfilesThatAreWrong) {
  const auto message = [this](const auto& change) {
    v1::SimulateRequest request;
    request.set_content(MetroYaml());
    change(&request);
    v1::SimulateResponse all;
    const grpc::Status status = Simulate(request, &all);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const ErrorDetails details = DetailsOf(status);
    return details.bad_request.field_violations_size() == 0
               ? status.error_message()
               : details.bad_request.field_violations(0).field() + " " +
                     details.bad_request.field_violations(0).description();
  };
  EXPECT_THAT(message([](auto* r) { r->set_day_count(367); }), HasSubstr("day_count"));
  EXPECT_THAT(message([](auto* r) { r->set_first_day("2020-01-01"); }), HasSubstr("has begun"));
  EXPECT_THAT(message([](auto* r) { r->mutable_profile()->set_visits_per_thousand(100'001); }),
              HasSubstr("visits_per_thousand"));
  EXPECT_THAT(message([](auto* r) { r->mutable_profile()->add_hour_weights(1); }),
              HasSubstr("hour_weights"));
  EXPECT_THAT(message([](auto* r) { r->mutable_profile()->add_places()->set_mcc_first(10'000); }),
              HasSubstr("places[0].mcc_first"));
  EXPECT_THAT(message([](auto* r) { r->mutable_profile()->add_places()->set_mcc_first(999); }),
              HasSubstr("0999"));
}

TEST_F(BacktestServiceTest, OneAtATimeAndCancelledWhenTheClientGoes) {
  v1::SimulateRequest request;
  request.set_content(MetroYaml());
  request.set_day_count(366);
  request.mutable_profile()->set_visits_per_thousand(100'000);
  grpc::ClientContext context;
  const auto reader = service_->Simulate(&context, request);
  // 73,200 visits twice: done in a moment, or seen at work.  Either way another call is
  // answered, and cancelling ends this one.
  v1::SimulateResponse all;
  const grpc::Status second = Simulate(request, &all);
  EXPECT_TRUE(second.ok() || (second.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
                              DetailsOf(second).info.reason() == "BACKTEST_RUNNING"))
      << second.error_message();
  context.TryCancel();
  const grpc::Status first = reader->Finish();
  EXPECT_TRUE(first.ok() || first.error_code() == grpc::StatusCode::CANCELLED)
      << first.error_message();
}

// ---- gonghuictl ------------------------------------------------------------------------

class CtlBacktestTest : public BacktestServiceTest {
 protected:
  testing_e2e::RunResult Ctl(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {
        GONGHUICTL_PATH, "--server", harness_.server().operators_address()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return testing_e2e::RunProgram(command);
  }
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = harness_.folder() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string Content(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  const std::string days_ = Today(-1) + ".." + Today(1);
};

TEST_F(CtlBacktestTest, ShowsTablesJsonAndAPage) {
  const std::string draft = File("draft.yaml", MetroYaml(4));
  const std::string page = harness_.folder() + "/report.html";
  testing_e2e::RunResult run =
      Ctl({"programme", "backtest", draft, "--days", days_, "--html", page});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("members who gained"));
  EXPECT_THAT(run.out, HasSubstr("METRO"));
  EXPECT_THAT(run.err, HasSubstr("wrote " + page));
  EXPECT_THAT(Content(page), HasSubstr("<svg"));
  run = Ctl({"programme", "backtest", draft, "--days", days_, "-o", "json"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("\"decisionCount\": \"5\""));
  run =
      Ctl({"programme", "backtest", draft, "--days", days_, "-o", "csv", "--by-merchant-and-day"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("day,merchant_id,decision_count"));
}

TEST_F(CtlBacktestTest, SimulatesByFlags) {
  const std::string draft = File("draft.yaml", MetroYaml(4));
  const testing_e2e::RunResult run = Ctl({"programme",
                                          "simulate",
                                          draft,
                                          "--visits",
                                          "12.5",
                                          "--at",
                                          "4111:3:4..5.50",
                                          "--peak",
                                          "7-9",
                                          "--seed",
                                          "9",
                                          "-q"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("decisions"));
}

// Who has one fen to pay already gets nothing of a draft that takes off a part.
TEST_F(CtlBacktestTest, SaysThatADraftGaveNothingAndWhy) {
  std::string yaml = MetroYaml(100);
  yaml.replace(yaml.find("code: metro"), 11, "code: metro-part");
  yaml.replace(yaml.find("member_pays: 1 fen"), 18, "percent_off: 1");
  const std::string draft = File("draft.yaml", yaml);
  testing_e2e::RunResult run = Ctl({"programme", "backtest", draft, "--days", days_});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, testing::Not(HasSubstr("nothing of this draft"))) << "but after three rides";
  EXPECT_THAT(run.err, testing::Not(HasSubstr("a simulated day")));
  run = Ctl({"programme", "simulate", draft, "--visits", "1", "--at", "4111:1:5", "-q"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("nothing of this draft was given, in 2 sales"));
  EXPECT_THAT(run.err, HasSubstr("got a benefit of another programme first"));
  EXPECT_THAT(run.err, HasSubstr("a simulated day has no shown pick-up codes"));
  EXPECT_THAT(run.err, HasSubstr("模拟的日子里没有出示的取货码"));
  run = Ctl({"programme", "simulate", draft, "--at", "4111:1:5", "-q", "-o", "json"});
  EXPECT_THAT(run.out, HasSubstr("\"UNPLAYED_APPOINTMENT\""));
}

TEST_F(CtlBacktestTest, SaysThatAMadeUpDayHasNoGoods) {
  const std::string draft = File("draft.yaml", GoodsYaml());
  testing_e2e::RunResult run =
      Ctl({"programme", "simulate", draft, "--visits", "1", "--at", "4111:1:5", "-q"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("appointments, claims and goods"));
  EXPECT_THAT(run.err, HasSubstr("预约、申请和商品明细"));
  EXPECT_THAT(run.err, HasSubstr("benefits for goods are never given: tea/cup;"));
  EXPECT_THAT(run.err, HasSubstr("限定商品的优惠一笔也不会给出：tea/cup；"));
  run = Ctl({"programme", "backtest", draft, "--days", days_});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, testing::Not(HasSubstr("goods")));
}

TEST_F(CtlBacktestTest, SaysWhatIsWrong) {
  const std::string draft = File("draft.yaml", MetroYaml(4));
  EXPECT_NE(Ctl({"programme", "backtest", draft}).exit, 0);
  testing_e2e::RunResult run = Ctl({"programme", "backtest", draft, "--days", "yesterday"});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("--days must be"));
  run = Ctl({"programme", "simulate", draft, "--at", "4111"});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("CATEGORY:PARTS:YUAN"));
  run = Ctl({"programme", "simulate", draft, "--peak", "9-7"});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("--peak 9-7"));
  run = Ctl({"programme", "backtest", draft, "--days", "2020-01-01"});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("nothing was decided"));
  run = Ctl({"programme", "backtest", File("bad.yaml", "gonghui: 2\n"), "--days", days_});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("bad.yaml:1:"));
  run = Ctl({"programme", "backtest", draft, "--days", days_, "--html", "/nowhere/x.html"});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("cannot write"));
}

}  // namespace
}  // namespace gonghui
