// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_html.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/gonghuictl/backtest_words.h"
#include "tools/gonghuictl/svg_plot.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

// What is wrong with it as XML: tags that do not match, a bare & or <; empty = nothing.
std::string WhatIsMalformed(const std::string& text) {
  std::vector<std::string> open;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const size_t end = text.find(';', i);
      if (end == std::string::npos || end - i > 6) {
        return "a bare & at " + text.substr(i, 40);
      }
    }
    if (text[i] != '<') {
      continue;
    }
    const size_t end = text.find('>', i);
    if (end == std::string::npos) {
      return "a tag without an end at " + text.substr(i, 40);
    }
    const std::string tag = text.substr(i + 1, end - i - 1);
    i = end;
    if (tag.starts_with("!DOCTYPE")) {
      continue;
    }
    if (tag.find('<') != std::string::npos) {
      return "a bare < in " + tag;
    }
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) {
        return "unexpected </" + tag.substr(1) + ">";
      }
      open.pop_back();
    } else if (!tag.ends_with("/")) {
      open.push_back(tag.substr(0, tag.find_first_of(" \n")));
    }
  }
  return open.empty() ? "" : "never ended: " + open.back();
}

v1::BacktestReport Report() {
  v1::BacktestReport report;
  report.set_programme_code("metro");
  report.set_zone("Asia/Shanghai");
  report.mutable_last_decided_at()->set_seconds(1'777'777'200);
  report.mutable_all()->set_decision_count(1'000);
  report.mutable_all()->set_same_count(900);
  report.mutable_all()->set_lost_count(100);
  report.mutable_all()->set_subsidy_before_fen(123'456);
  report.set_members_lost_count(17);
  for (const char* day : {"2026-05-01", "2026-05-02", "2026-05-03"}) {
    v1::BacktestDay* const row = report.add_days();
    row->set_day(day);
    row->mutable_counts()->set_decision_count(333);
    row->mutable_counts()->set_gained_count(5);
    row->mutable_counts()->set_lost_count(33);
    row->mutable_counts()->set_subsidy_before_fen(5'000);
    v1::BacktestFundDay* const fund = report.add_fund_days();
    fund->set_day(day);
    fund->set_fund_code("purse");
    fund->set_paid_before(40'000);
    fund->set_left_after(-500);
  }
  v1::BacktestFund* const fund = report.add_funds();
  fund->set_fund_code("purse");
  fund->set_asset(v1::ASSET_MONEY);
  fund->mutable_ran_out_after()->set_seconds(1'777'777'200);
  v1::BacktestReason* const reason = report.add_reasons();
  reason->set_after(v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  reason->set_decision_count(100);
  v1::BacktestMerchant* const merchant = report.add_merchants();
  merchant->set_merchant_id("S1");
  merchant->set_merchant_name("小李 & <b>面馆</b> \"一\"");
  report.mutable_caveats()->set_hold_assumed_captured_count(1'234);
  return report;
}

TEST(BacktestHtml, IsWellFormedAndNeedsNothingElse) {
  const std::string html = BacktestHtml(Report(), {false, "metro<1>.yaml"});
  EXPECT_EQ(WhatIsMalformed(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
  EXPECT_THAT(html, Not(HasSubstr("href=")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
}

TEST(BacktestHtml, EscapesNames) {
  const std::string html = BacktestHtml(Report(), {false, "metro<1>.yaml"});
  EXPECT_THAT(html, HasSubstr("S1 小李 &amp; &lt;b&gt;面馆&lt;/b&gt; &quot;一&quot;"));
  EXPECT_THAT(html, HasSubstr("metro&lt;1&gt;.yaml"));
  EXPECT_EQ(EscapeHtml("a\x01<'"), "a\xef\xbf\xbd&lt;&#39;");
}

TEST(BacktestHtml, TellsWhatItKnowsInBothLanguages) {
  const std::string html = BacktestHtml(Report(), {});
  EXPECT_THAT(html, HasSubstr("Backtest <span lang=\"zh\">回测</span>: metro"));
  EXPECT_THAT(html, HasSubstr("1,234.56 yuan"));
  EXPECT_THAT(html, HasSubstr("exceeds_frequency_limit (701)"));
  EXPECT_THAT(html, HasSubstr("1,234 holds were gained"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("role=\"img\""));
  EXPECT_THAT(BacktestHtml(Report(), {.simulated = true, .file_name = ""}),
              HasSubstr("Simulation <span lang=\"zh\">模拟</span>"));
}

TEST(BacktestHtml, OfNothingIsWellFormedToo) {
  EXPECT_EQ(WhatIsMalformed(BacktestHtml(v1::BacktestReport(), {})), "");
}

TEST(BacktestHtml, ALongTableSaysThatItEnds) {
  v1::BacktestReport report = Report();
  for (int i = 0; i < 1'500; ++i) {
    report.add_merchants()->set_merchant_id("X" + std::to_string(i));
  }
  const std::string html = BacktestHtml(report, {});
  EXPECT_EQ(WhatIsMalformed(html), "");
  EXPECT_THAT(html, HasSubstr("The first 1000 rows"));
}

TEST(SvgPlot, StepsAreRound) {
  EXPECT_EQ(NiceStep(0, 4), 1);
  EXPECT_EQ(NiceStep(0, 9), 2);
  EXPECT_EQ(NiceStep(0, 100), 50);
  EXPECT_EQ(NiceStep(-100, 900), 500);
  EXPECT_EQ(NiceStep(0, 0), 1);
}

TEST(SvgPlot, DrawsAColumnForEveryValueAndAKey) {
  Plot plot;
  plot.title = "what & why";
  plot.labels = {"a", "b"};
  plot.series = {{"one", "before", {1, 2}}, {"two", "after", {0, -3}}};
  const std::string svg = RenderSvg(plot);
  EXPECT_EQ(WhatIsMalformed(svg), "");
  EXPECT_THAT(svg, HasSubstr("aria-label=\"what &amp; why\""));
  EXPECT_THAT(svg, HasSubstr("<title>b two: -3</title>"));
  EXPECT_THAT(svg, Not(HasSubstr("<title>a two: 0</title>")));
  plot.lines = true;
  EXPECT_THAT(RenderSvg(plot), HasSubstr("<polyline class=\"after stroke\""));
}

TEST(BacktestWords, SayWhatLimitsTheAnswer) {
  v1::BacktestReport report;
  EXPECT_TRUE(BacktestNotes(report).empty());
  report.mutable_caveats()->set_draft_is_live(true);
  report.mutable_caveats()->set_other_rules_count(3);
  const std::vector<std::string> notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_THAT(notes[1], HasSubstr("3 events were decided by a release with other rules"));
  EXPECT_EQ(AnswerWord(v1::REASON_UNSPECIFIED), "approved");
}

TEST(BacktestWords, SayWhatASimulatedDayDoesNotPlay) {
  v1::BacktestReport report;
  v1::BacktestCaveats& caveats = *report.mutable_caveats();
  caveats.add_unplayed(v1::UNPLAYED_CODE);
  caveats.add_unplayed(v1::UNPLAYED_APPOINTMENT);
  caveats.add_unplayed(v1::UNPLAYED_CLAIM);
  std::vector<std::string> notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0],
            "a simulated day has no shown pick-up codes (取货码), appointments (预约) and claims "
            "(申请): programmes that ask for one are tried with programme backtest");
  caveats.set_unplayed_count(17);
  notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_THAT(notes[1], HasSubstr("17 authorizations of the recorded day had one of these"));
}

void AddReason(v1::Reason after, uint64_t count, v1::BacktestReport* report) {
  v1::BacktestReason& reason = *report->add_reasons();
  reason.set_after(after);
  reason.set_decision_count(count);
  report->mutable_all()->set_decision_count(report->all().decision_count() + count);
}

TEST(BacktestWords, SayThatADraftGaveNothing) {
  v1::BacktestReport report;
  report.set_programme_code("metro");
  EXPECT_TRUE(NothingGivenNotes(report).empty()) << "there was nothing to decide";
  AddReason(v1::REASON_UNSPECIFIED, 1'200, &report);
  AddReason(v1::REASON_NOT_PERMITTED_TO_MEMBER, 30, &report);
  report.add_reasons()->CopyFrom(report.reasons(1));  // from another answer before
  report.mutable_all()->set_decision_count(1'260);
  v1::BacktestBenefit& own = *report.add_benefits();
  own.set_programme_code("metro");
  own.set_benefit_code("ride");
  own.set_given_before_count(5);
  v1::BacktestBenefit& other = *report.add_benefits();
  other.set_programme_code("shops");
  other.set_benefit_code("tea");
  other.set_given_after_count(1'200);
  v1::BacktestLimit& limit = *report.add_limits();
  limit.set_programme_code("metro");
  limit.set_limit_code("rides");
  limit.set_refused_after_count(4);
  const std::vector<std::string> notes = NothingGivenNotes(report);
  ASSERT_EQ(notes.size(), 5u);
  EXPECT_THAT(notes[0], HasSubstr("nothing of this draft was given, in 1,260 sales"));
  EXPECT_THAT(notes[1], HasSubstr("1,200 of 1,260 sales got a benefit of another programme first"));
  EXPECT_THAT(notes[1], HasSubstr("shops/tea 1,200 times"));
  EXPECT_THAT(notes[1], HasSubstr("gonghuictl programme list"));
  EXPECT_THAT(notes[2], HasSubstr("60 of 1,260 sales were declined"));
  EXPECT_THAT(notes[2], HasSubstr("not_permitted_to_member (509) 60;"));
  EXPECT_THAT(notes[3], HasSubstr("rides 4 times"));
  EXPECT_THAT(notes[4], HasSubstr("--explain"));
  EXPECT_EQ(BacktestNotes(report), notes);
  own.set_given_after_count(1);
  EXPECT_TRUE(NothingGivenNotes(report).empty());
}

TEST(BacktestWords, TimesAreInTheDraftsZone) {
  v1::BacktestReport report;
  report.set_zone("Asia/Shanghai");
  report.mutable_last_decided_at()->set_seconds(1'767'196'800);
  EXPECT_THAT(PeriodWords(report), HasSubstr("2026-01-01 00:00:00 +08:00"));
  EXPECT_EQ(RanOut(true, report.last_decided_at(), "UTC"), "2025-12-31 16:00:00 +00:00");
}

}  // namespace
}  // namespace gonghui::ctl
