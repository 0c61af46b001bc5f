// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_html.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/server/reason_text.h"
#include "gonghui/v1/reason.pb.h"
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
  EXPECT_THAT(html, HasSubstr("1,234笔预授权为新获批"));
  EXPECT_THAT(html,
              HasSubstr("<td class=\"text\">exceeds_frequency_limit (701) 优惠次数已用完</td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"text\">approved 已批准</td>"));
  EXPECT_THAT(html, HasSubstr("2026-05-01 至 2026-05-03（Asia/Shanghai）"));
  EXPECT_THAT(html, HasSubstr("“原”为当时的实际记录"));
  EXPECT_THAT(html, HasSubstr("<figcaption>Subsidy by day, yuan 每日补贴(元)</figcaption>"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("role=\"img\""));
  EXPECT_THAT(BacktestHtml(Report(), {.simulated = true, .file_name = ""}),
              HasSubstr("Simulation <span lang=\"zh\">模拟</span>"));
}

// Where a reader looks at them, in both languages.
TEST(BacktestHtml, TellsPaidFromSubsidy) {
  const std::string html = BacktestHtml(Report(), {});
  const size_t funds = html.find("资金与物资");
  ASSERT_NE(funds, std::string::npos);
  EXPECT_GT(html.find("PAID is what left a fund"), funds);
  EXPECT_LT(html.find("支付：资金在本时段内实际付出的部分"), html.find("paid before"));
  EXPECT_LT(html.find("SUBSIDY is what members get off their prices"), html.find("By day"));
  EXPECT_THAT(html, HasSubstr("补贴：会员少付的金额"));
  v1::BacktestReport report = Report();
  report.clear_funds();
  EXPECT_THAT(BacktestHtml(report, {}), Not(HasSubstr("PAID")));
}

// An empty plot would look like one that is broken.
TEST(BacktestHtml, SaysThatNothingWasGainedOrLost) {
  EXPECT_THAT(BacktestHtml(Report(), {}), HasSubstr("Decisions gained and lost by day"));
  v1::BacktestReport report = Report();
  report.mutable_all()->set_lost_count(0);
  const std::string html = BacktestHtml(report, {});
  EXPECT_EQ(WhatIsMalformed(html), "");
  EXPECT_THAT(html, Not(HasSubstr("Decisions gained and lost by day")));
  EXPECT_THAT(html, HasSubstr("No decision was gained or lost."));
  EXPECT_THAT(html, HasSubstr("没有新获批的交易"));
}

TEST(BacktestHtml, OfNothingIsWellFormedToo) {
  const std::string html = BacktestHtml(v1::BacktestReport(), {});
  EXPECT_EQ(WhatIsMalformed(html), "");
  EXPECT_THAT(html, HasSubstr("There is no day to show."));
  EXPECT_THAT(html, HasSubstr("没有可显示的日期"));
  EXPECT_THAT(html, Not(HasSubstr("<svg")));
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
  plot.labels = {"a"};
  plot.series = {{"one", "before", {7}}};
  const std::string alone = RenderSvg(plot);
  EXPECT_EQ(WhatIsMalformed(alone), "");
  EXPECT_THAT(alone, HasSubstr("<circle class=\"before\"")) << "a line of one point is none";
  EXPECT_THAT(alone, HasSubstr("<title>a one: 7</title>"));
  plot.lines = false;
  EXPECT_THAT(RenderSvg(plot), HasSubstr("width=\"48.00\"")) << "a day alone is no wall";
}

TEST(BacktestWords, SayWhatLimitsTheAnswer) {
  v1::BacktestReport report;
  EXPECT_TRUE(BacktestNotes(report).empty());
  report.mutable_caveats()->set_draft_is_live(true);
  report.mutable_caveats()->set_other_rules_count(3);
  const std::vector<Words> notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_THAT(notes[1].en, HasSubstr("3 events were decided by a release with other rules"));
  EXPECT_THAT(notes[1].zh, HasSubstr("3个事件由规则不同的版本决定"));
  EXPECT_EQ(AnswerWord(v1::REASON_UNSPECIFIED), "approved");
}

TEST(BacktestWords, SayWhatASimulatedDayDoesNotPlay) {
  v1::BacktestReport report;
  v1::BacktestCaveats& caveats = *report.mutable_caveats();
  caveats.add_unplayed(v1::UNPLAYED_CODE);
  caveats.add_unplayed(v1::UNPLAYED_APPOINTMENT);
  caveats.add_unplayed(v1::UNPLAYED_CLAIM);
  std::vector<Words> notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].en,
            "a simulated day has no shown pick-up codes, appointments and claims: programmes that "
            "ask for one are tried with programme backtest");
  EXPECT_THAT(notes[0].zh, HasSubstr("出示的取货码、预约和申请"));
  caveats.set_unplayed_count(17);
  notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_THAT(notes[1].en, HasSubstr("17 authorizations of the recorded day had one of these"));
}

TEST(BacktestWords, NameTheBenefitsForGoods) {
  v1::BacktestReport report;
  v1::BacktestCaveats& caveats = *report.mutable_caveats();
  caveats.add_unplayed(v1::UNPLAYED_CLAIM);
  caveats.add_unplayed(v1::UNPLAYED_GOODS);
  const auto add = [&caveats](const std::string& benefit) {
    v1::UnplayedBenefit& name = *caveats.add_unplayed_goods_benefits();
    name.set_programme_code("shops");
    name.set_benefit_code(benefit);
  };
  add("tea");
  std::vector<Words> notes = BacktestNotes(report);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_THAT(notes[0].en, HasSubstr("has no claims and goods:"));
  EXPECT_THAT(notes[0].zh, HasSubstr("没有申请和商品明细："));
  EXPECT_EQ(notes[1].en,
            "a visit that is made up has no goods, so benefits for goods are never given: "
            "shops/tea; --like DAY repeats a recorded day's sales with theirs");
  EXPECT_THAT(notes[1].zh, HasSubstr("限定商品的优惠一笔也不会给出：shops/tea；可用 --like 日期"));
  for (const char* benefit : {"cake", "milk", "rice", "salt"}) {
    add(benefit);
  }
  EXPECT_THAT(BacktestNotes(report)[1].en, HasSubstr("shops/rice, shops/salt; --like"));
  add("soap");
  notes = BacktestNotes(report);
  EXPECT_THAT(notes[1].en, HasSubstr("shops/rice, shops/salt, and others; --like"));
  EXPECT_THAT(notes[1].zh, HasSubstr("shops/rice、shops/salt等；"));
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
  const std::vector<Words> notes = NothingGivenNotes(report);
  ASSERT_EQ(notes.size(), 5u);
  EXPECT_THAT(notes[0].en, HasSubstr("nothing of this draft was given, in 1,260 sales"));
  EXPECT_EQ(notes[0].zh, "1,260笔交易中，草稿未给出任何优惠");
  EXPECT_THAT(notes[1].en,
              HasSubstr("1,200 of 1,260 sales got a benefit of another programme first"));
  EXPECT_THAT(notes[1].en, HasSubstr("shops/tea 1,200 times"));
  EXPECT_THAT(notes[1].zh, HasSubstr("shops/tea 1,200次"));
  EXPECT_THAT(notes[1].en, HasSubstr("gonghuictl programme list"));
  EXPECT_THAT(notes[2].en, HasSubstr("60 of 1,260 sales were declined"));
  EXPECT_THAT(notes[2].en, HasSubstr("not_permitted_to_member (509) 60;"));
  EXPECT_THAT(notes[2].zh, HasSubstr("不在优惠对象范围（509） 60笔"));
  EXPECT_THAT(notes[3].en, HasSubstr("rides 4 times"));
  EXPECT_THAT(notes[4].en, HasSubstr("--explain"));
  EXPECT_EQ(BacktestNotes(report).size(), notes.size());
  own.set_given_after_count(1);
  EXPECT_TRUE(NothingGivenNotes(report).empty());
}

TEST(BacktestWords, AnswersAreInTheWordsOfTheServer) {
  const google::protobuf::EnumDescriptor* type = v1::Reason_descriptor();
  for (int i = 0; i < type->value_count(); ++i) {
    const auto reason = static_cast<v1::Reason>(type->value(i)->number());
    EXPECT_EQ(AnswerWordInChinese(reason),
              DisplayMessageOf(static_cast<Reason>(type->value(i)->number())).chinese)
        << AnswerWord(reason);
  }
  EXPECT_EQ(AnswerWordInChinese(static_cast<v1::Reason>(9'999)), "");
}

TEST(BacktestWords, SayWhatTheFiguresAre) {
  v1::BacktestReport report;
  EXPECT_EQ(FigureNotes(report, false).size(), 2u) << "of funds there is nothing to say";
  report.add_funds();
  const std::vector<Words> notes = FigureNotes(report, false);
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_THAT(notes[0].en, HasSubstr("what was recorded"));
  EXPECT_THAT(FigureNotes(report, true)[0].en, Not(HasSubstr("recorded")));
  EXPECT_THAT(notes[1].en, HasSubstr("SUBSIDY"));
  EXPECT_THAT(notes[2].en, HasSubstr("PAID"));
  for (const Words& note : notes) {
    EXPECT_FALSE(note.zh.empty());
  }
}

TEST(BacktestWords, TimesAreInTheDraftsZone) {
  v1::BacktestReport report;
  report.set_zone("Asia/Shanghai");
  report.mutable_last_decided_at()->set_seconds(1'767'196'800);
  EXPECT_THAT(PeriodWords(report).en, HasSubstr("2026-01-01 00:00:00 +08:00"));
  EXPECT_THAT(PeriodWords(report).zh, HasSubstr("2026-01-01 00:00:00 +08:00"));
  EXPECT_EQ(RanOut(true, report.last_decided_at(), "UTC"), "2025-12-31 16:00:00 +00:00");
}

}  // namespace
}  // namespace gonghui::ctl
