// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/report.h"

#include <string>

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui::load {
namespace {

using testing::HasSubstr;

TEST(ReportTest, Numbers) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(1'000), "1,000");
  EXPECT_EQ(WithCommas(12'345'678), "12,345,678");
}

TEST(ReportTest, Durations) {
  EXPECT_EQ(Duration(0), "0.00 us");
  EXPECT_EQ(Duration(1'234), "1.23 us");
  EXPECT_EQ(Duration(99'960), "100 us");
  EXPECT_EQ(Duration(999'600), "1.00 ms");
  EXPECT_EQ(Duration(45'600'000), "45.6 ms");
  EXPECT_EQ(Duration(2'500'000'000), "2.50 s");
}

RunResult Sample() {
  RunResult result(Stalls(5'000'000));
  result.window_s = 2;
  result.checked = 1'001;
  Stats& stats = result.unary;
  stats.answered = 1'000;
  stats.calls = 1'000;
  stats.outcomes[v1::OUTCOME_APPROVED] = 900;
  stats.outcomes[v1::OUTCOME_DECLINED] = 100;
  stats.reasons[0] = 900;
  stats.reasons[v1::REASON_EXCEEDS_FREQUENCY_LIMIT] = 99;
  stats.reasons[900] = 1;
  stats.errors[8] = 7;
  result.failed = 9;
  stats.latency_ns.Record(1'000'000, 1'000);
  return result;
}

TEST(ReportTest, TableNamesReasonsAndErrors) {
  Options options;
  const std::string table = SummaryTable(options, Sample());
  EXPECT_THAT(table, HasSubstr("500/s"));
  EXPECT_THAT(table, HasSubstr("99  EXCEEDS_FREQUENCY_LIMIT"));
  EXPECT_THAT(table, HasSubstr("1  900"));
  EXPECT_THAT(table, HasSubstr("7  RESOURCE_EXHAUSTED"));
  EXPECT_THAT(table, HasSubstr("2  in the warm-up or at the end"));
  EXPECT_THAT(table, HasSubstr("p99 1.00 ms"));
  EXPECT_THAT(table, HasSubstr("1,001 answers, 0 wrong"));
}

TEST(ReportTest, StepsRefusalsAndLatenessAreShownWhenThereAreAny) {
  Options options;
  const auto json_of = [&](const RunResult& result) {
    google::protobuf::Struct parsed;
    const std::string json = SummaryJson(options, result);
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
    return parsed;
  };
  RunResult result = Sample();
  result.unary.steps[static_cast<size_t>(Step::kSale)] = 1'000;
  std::string table = SummaryTable(options, result);
  for (const char* const word : {"tap", "refund", "refused in", "sent late", "not followed"}) {
    EXPECT_THAT(table, testing::Not(HasSubstr(word)));
  }
  google::protobuf::Struct parsed = json_of(result);
  EXPECT_EQ(parsed.fields().at("refused").struct_value().fields_size(), 0);
  EXPECT_EQ(parsed.fields().at("late").struct_value().fields_size(), 0);

  Stats& stats = result.unary;
  stats.steps[static_cast<size_t>(Step::kSale)] = 293;
  stats.steps[static_cast<size_t>(Step::kTap)] = 700;
  stats.steps[static_cast<size_t>(Step::kRefund)] = 7;
  stats.follow_ups_declined = 3;
  stats.refused_ns.Record(2'000'000, 7);
  stats.late_ns.Record(3'000'000, 1'000);
  table = SummaryTable(options, result);
  EXPECT_THAT(table, HasSubstr("tap           700"));
  EXPECT_THAT(table, HasSubstr("refund        7"));
  EXPECT_THAT(table, HasSubstr("3 captures, reversals or refunds were declined"));
  EXPECT_THAT(table, HasSubstr("refused in    p50 2.0"));
  EXPECT_THAT(table, HasSubstr("sent late by  p50 3.0"));
  parsed = json_of(result);
  const auto& fields = parsed.fields();
  const auto& steps = fields.at("steps").struct_value().fields();
  EXPECT_EQ(steps.size(), 3U) << "what was not asked has no entry";
  EXPECT_EQ(steps.at("tap").number_value(), 700);
  EXPECT_EQ(steps.at("refund").number_value(), 7);
  EXPECT_EQ(fields.at("follow_ups_declined").number_value(), 3);
  EXPECT_EQ(fields.at("refused_count").number_value(), 7);
  EXPECT_NEAR(fields.at("refused").struct_value().fields().at("p99_us").number_value(), 2'000, 20);
  EXPECT_NEAR(fields.at("late").struct_value().fields().at("p50_us").number_value(), 3'000, 30);
}

TEST(ReportTest, JsonIsJson) {
  Options options;
  options.mode = Mode::kMixed;
  options.label = "with \"quotes\" and \\";
  google::protobuf::Struct parsed;
  const std::string json = SummaryJson(options, Sample());
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  const auto& fields = parsed.fields();
  EXPECT_EQ(fields.at("label").string_value(), options.label);
  EXPECT_EQ(fields.at("rate_per_s").number_value(), 500);
  EXPECT_EQ(fields.at("p99_us").number_value(), 1'000);
  EXPECT_EQ(fields.at("declined").number_value(), 100);
  const auto& reasons = fields.at("reasons").struct_value().fields();
  EXPECT_EQ(reasons.at("EXCEEDS_FREQUENCY_LIMIT").number_value(), 99);
  EXPECT_EQ(reasons.size(), 2U) << "no reason is no entry";
  EXPECT_EQ(fields.at("errors").struct_value().fields().at("RESOURCE_EXHAUSTED").number_value(), 7);
  EXPECT_EQ(fields.at("failed").number_value(), 9);
  EXPECT_EQ(fields.at("unary").struct_value().fields().at("rate_per_s").number_value(), 500);
  EXPECT_EQ(fields.at("stream").struct_value().fields().at("rate_per_s").number_value(), 0);
}

TEST(ReportTest, StallsAreToldByTheMachinesClock) {
  Options options;
  RunResult result = Sample();
  result.from_ns = 1'000'000'000;
  result.stalls.Add(1'500'000'000, 1'506'000'000);
  result.stalls.Add(1'502'000'000, 1'512'500'000);
  // Due before the window ended, answered after it.
  result.stalls.Add(3'000'000'000, 3'005'000'001);
  google::protobuf::Struct parsed;
  const std::string json = SummaryJson(options, result);
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  const auto& stalls = parsed.fields().at("stalls").struct_value().fields();
  EXPECT_EQ(stalls.at("threshold_ms").number_value(), 5);
  EXPECT_EQ(stalls.at("slow_calls").number_value(), 3);
  EXPECT_EQ(stalls.at("count").number_value(), 2);
  EXPECT_EQ(stalls.at("longest_ms").number_value(), 12.5);
  EXPECT_EQ(stalls.at("window_from_monotonic_ns").number_value(), 1'000'000'000);
  const auto& longest = stalls.at("longest").list_value();
  ASSERT_EQ(longest.values_size(), 2);
  const auto& first = longest.values(0).struct_value().fields();
  EXPECT_EQ(first.at("from_s").number_value(), 0.5);
  EXPECT_EQ(first.at("ms").number_value(), 12.5);
  EXPECT_EQ(first.at("calls").number_value(), 2);

  // In a closed loop all calls wait for one another; that is no stall of anybody's.
  EXPECT_THAT(SummaryTable(options, result), testing::Not(HasSubstr("stalls")));
  options.rate = 1'000;
  EXPECT_THAT(SummaryTable(options, result),
              HasSubstr("stalls        2 of more than 5 ms, 3 calls in them; the longest 12.5 ms"));
}

TEST(ReportTest, WithoutStallsThereAreNone) {
  Options options;
  options.rate = 1'000;
  google::protobuf::Struct parsed;
  const std::string json = SummaryJson(options, Sample());
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  const auto& stalls = parsed.fields().at("stalls").struct_value().fields();
  EXPECT_EQ(stalls.at("count").number_value(), 0);
  EXPECT_EQ(stalls.at("longest_ms").number_value(), 0);
  EXPECT_EQ(stalls.at("longest").list_value().values_size(), 0);
  EXPECT_THAT(SummaryTable(options, Sample()), testing::Not(HasSubstr("stalls")));
}

TEST(ReportTest, ProgressLine) {
  const RunResult result = Sample();
  const std::string line = ProgressLine(3, false, 2, result.unary);
  EXPECT_THAT(line, HasSubstr("3 s"));
  EXPECT_THAT(line, HasSubstr("500/s"));
  EXPECT_THAT(line, HasSubstr("errors 7"));
  EXPECT_THAT(ProgressLine(1, true, 0, Stats()), HasSubstr("warming up"));
}

}  // namespace
}  // namespace gonghui::load
