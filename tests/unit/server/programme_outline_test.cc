// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A file's outline in words, and what one file says against another.  That a version in the
// ledger has the outline of its file, tests/e2e/server/versions_e2e_test.cc shows.

#include "engine/server/programme_outline.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"
#include "engine/server/programme_changes.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kRich = R"(gonghui: 1
programme:
  code: rich
  name: 全
  zone: Asia/Shanghai
  day_starts_at: "04:00"
  starts: 2026-01-01
  until: 2027-01-01
  holidays: [2026-10-01..2026-10-07]
  workdays: [2026-10-10]
segments:
  - {code: courier, name: 快递员}
  - {code: driver, name: 司机}
  - {code: retired, name: 退休}
funds:
  - {code: union-fund, name: 工会资金, budget: 1000 yuan}
  - {code: shop-share, name: 商户让利, budget: 1000 yuan, paid_by: merchant}
groups:
  - {code: big, name: 大卖场, merchants: [SHOP2, SHOP1]}
limits:
  - {code: week, per: union, level: city, each: 7 days, uses: 3}
  - {code: all, per: programme, each: year, amount: unlimited}
  - {code: off, per: person, each: day, uses: 1, only: offline}
benefits:
  - code: tier
    name: 阶梯
    for:
      sex: female
      segments_any: [driver, courier]
      segments_none: [retired]
      in_segments_for: 30d
      member_for: 90d
      union: KM
    at:
      mcc: [5311, "5411-5412"]
      groups: [big]
      terminals: [pos, online]
      terminal_ids: [POS1]
      items: {any_of: [rice, oil], except: [wine], pieces_at_most: 2}
    when:
      days: [workday]
      hours: ["06:00-09:00", "17:00-19:30"]
      not_on: [2026-05-04]
      starts: 2026-02-01
    price: {tiers: [{from: 50 yuan, percent_off: 10}, {from: 200 yuan, off: 30 yuan}]}
    funding:
      - {fund: union-fund, share: 70%}
      - {fund: shop-share, share: 30%}
    combine: {layer: 2, base: rest}
    offline: accept
    limits: [week, all, off]
  - code: free
    name: 免费
    for: {real_name: false}
    at: {mcc: [5411]}
    price: {free: true}
    funding: {fund: union-fund}
    offline: refuse
)";

std::string With(std::string from, std::string to) {
  std::string text = kRich;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

ProgrammeOutline OutlineOfText(const std::string& text) {
  const CompileOutcome outcome = Compile(text);
  for (const Diagnostic& diagnostic : outcome.diagnostics) {
    ADD_FAILURE() << Render(diagnostic, "file");
  }
  return outcome.ok() ? OutlineOf(outcome.file->image()) : ProgrammeOutline{};
}

// "subject|property|before|after" and "|less".
std::vector<std::string> TextsOf(const ChangeRows& rows) {
  std::vector<std::string> texts;
  for (const v1::ProgrammeChange& change : rows) {
    texts.push_back(change.subject() + "|" + change.property() + "|" + change.before() + "|" +
                    change.after() + (change.reduces() ? "|less" : ""));
  }
  return texts;
}

std::vector<std::string> Changes(const ProgrammeOutline& before, const ProgrammeOutline& after) {
  ChangeRows rows;
  AddProgrammeChanges(before, after, {"1", "1"}, &rows);
  return TextsOf(rows);
}

std::vector<std::string> ChangesTo(const std::string& from, const std::string& to) {
  return Changes(OutlineOfText(kRich), OutlineOfText(With(from, to)));
}

TEST(ProgrammeOutlineTest, SaysEverythingInWords) {
  const ProgrammeOutline outline = OutlineOfText(kRich);
  ASSERT_EQ(outline.benefits.size(), 2U);
  const BenefitOutline& tier = outline.benefits[0];
  EXPECT_EQ(outline.zone, "Asia/Shanghai");
  EXPECT_EQ(outline.day_starts_at_s, 4 * 3600);
  EXPECT_EQ(SpecialDaysInWords(outline), "holidays 2026-10-01..2026-10-07; workdays 2026-10-10");
  EXPECT_EQ(WhoInWords(tier),
            "verified name; women; member for 90 days; of union KM; any of courier, driver; in "
            "them for 30 days; none of retired");
  EXPECT_EQ(WhereInWords(tier),
            "mcc 5311, 5411-5412; at tills or online; merchants SHOP1, SHOP2; terminals POS1");
  EXPECT_EQ(ItemsInWords(tier), "any of oil, rice; none of wine; the 2 cheapest pieces");
  EXPECT_EQ(WhenInWords(tier),
            "workdays; 06:00-09:00, 17:00-19:30; not on 2026-05-04; from 2026-02-01");
  EXPECT_EQ(PriceInWords(tier), "10% off from 50.00 yuan, 30.00 yuan off from 200.00 yuan");
  EXPECT_EQ(FundsInWords(tier), "union-fund 70%, shop-share 30%");
  EXPECT_EQ(LimitInWords(outline.limits[0]), "3 uses, window 7 days, by union at level city");
  EXPECT_EQ(LimitInWords(outline.limits[1]), "any amount, window year, by programme");
  EXPECT_EQ(LimitInWords(outline.limits[2]), "1 use, window day, by person, only offline");
  const BenefitOutline& free = outline.benefits[1];
  EXPECT_EQ(WhoInWords(free), "every member");
  EXPECT_EQ(WhenInWords(free), "");
  EXPECT_EQ(ItemsInWords(free), "");
  EXPECT_EQ(free.offline, OfflinePolicy::kRefuse);
  EXPECT_EQ(FundsInWords(free), "union-fund");
}

// Vouchers, appointments and claims.
constexpr const char* kAsking = R"(gonghui: 1
programme: {code: asking, name: 要, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
funds:
  - {code: packs, name: 礼包, budget: 10 pieces}
  - {code: aid, name: 互助金, budget: 1000 yuan}
limits:
  - {code: cost, per: person, each: year, price: unlimited}
  - {code: cost-2, per: person, each: year, price: 100000 yuan}
benefits:
  - code: pack
    name: 领礼包
    at: {mcc: [5411]}
    price: {free: true}
    stock: {fund: packs, units: 1}
    voucher: packs-2026
    voucher_returns: true
  - code: check
    name: 体检
    at: {mcc: [8099]}
    when: {hours: ["08:00-12:00"]}
    price: {free: true}
    stock: {fund: packs, units: 1}
    slots: {minutes: 30, places: 20, ahead: 14d, grace: 15m, no_shows: {most: 2, each: year}}
  - code: illness
    name: 大病
    at: {terminals: [office]}
    claim: {approvals: 2, within: 180d}
    price: {bands: [{from: 100 yuan, percent_off: 50}], counts_on: cost}
    funding: {fund: aid}
    limits: [cost, cost-2]
)";

ProgrammeOutline Asking(const std::string& from = "", const std::string& to = "") {
  std::string text = kAsking;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return OutlineOfText(text.replace(at, from.size(), to));
}

TEST(ProgrammeOutlineTest, SaysWhatABenefitAsksFor) {
  const ProgrammeOutline outline = Asking();
  ASSERT_EQ(outline.benefits.size(), 3U);
  EXPECT_EQ(AsksInWords(outline.benefits[0]),
            "a voucher of packs-2026, which a refund of all gives back");
  EXPECT_EQ(AsksInWords(outline.benefits[1]),
            "an appointment: 30 minutes, at most 14 days ahead, kept 15 minutes longer");
  EXPECT_EQ(AsksInWords(outline.benefits[2]),
            "a claim within 180 days of the event, approved by 2");
  EXPECT_EQ(WhereInWords(outline.benefits[2]), "at offices");
  EXPECT_EQ(PriceInWords(outline.benefits[2]),
            "50% off the part from 100.00 yuan, counted on from limit cost");
  EXPECT_EQ(AsksInWords(OutlineOfText(kRich).benefits[0]), "");
  std::vector<std::string> limits;
  for (const LimitSpec& limit : outline.limits) {
    limits.push_back(LimitInWords(limit));
  }
  EXPECT_THAT(limits,
              ElementsAre("prices of any amount, window year, by person",
                          "prices of 100,000.00 yuan, window year, by person",
                          "20 places, window slot, by merchant",
                          "2 appointments not kept, window year, by person"));
}

TEST(ProgrammeChangesTest, WhatIsAskedForMoreIsLess) {
  const auto changes = [](const std::string& from, const std::string& to) {
    return Changes(Asking(), Asking(from, to));
  };
  EXPECT_THAT(Changes(Asking(), Asking()), IsEmpty());
  EXPECT_THAT(changes("approvals: 2", "approvals: 3"),
              ElementsAre("benefit illness|asks for|a claim within 180 days of the event, approved "
                          "by 2|a claim within 180 days of the event, approved by 3|less"));
  EXPECT_THAT(changes("approvals: 2", "approvals: 1"), ElementsAre(Not(HasSubstr("|less"))));
  EXPECT_THAT(changes("within: 180d", "within: 90d"), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(changes("within: 180d", "within: 200d"), ElementsAre(Not(HasSubstr("|less"))));
  EXPECT_THAT(changes("packs-2026", "packs-2027"), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(changes("    voucher_returns: true\n", ""), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(changes("ahead: 14d", "ahead: 7d"), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(changes("grace: 15m", "grace: 20m"), ElementsAre(Not(HasSubstr("|less"))));
  EXPECT_THAT(changes("places: 20", "places: 10"),
              ElementsAre("limit check.places|max|20 places, window slot, by merchant|10 places, "
                          "window slot, by merchant|less"));
  EXPECT_THAT(changes(", counts_on: cost}", "}"),
              ElementsAre(AllOf(HasSubstr("benefit illness|price|"), HasSubstr("|less"))));
}

TEST(ProgrammeOutlineTest, LongListsAreCut) {
  Phrases many;
  for (int i = 0; i < 1'010; ++i) {
    many.push_back("S" + std::to_string(i));
  }
  EXPECT_EQ(ListInWords(many), "S0, S1, S2, S3, S4, S5, S6, S7 and 1,002 more");
  EXPECT_EQ(ListInWords({"A", "B"}), "A, B");
  EXPECT_EQ(ListInWords({}), "");
}

TEST(ProgrammeChangesTest, TheSameIsNoChange) {
  EXPECT_THAT(Changes(OutlineOfText(kRich), OutlineOfText(kRich)), IsEmpty());
}

TEST(ProgrammeChangesTest, EachPropertyIsTold) {
  EXPECT_THAT(ChangesTo("sex: female", "sex: male"),
              ElementsAre(HasSubstr("benefit tier|who|verified name; women")));
  EXPECT_THAT(
      ChangesTo("rice, oil]", "rice]"),
      ElementsAre(AllOf(HasSubstr("benefit tier|items|any of oil, rice"), HasSubstr("|less"))));
  EXPECT_THAT(ChangesTo("pieces_at_most: 2", "pieces_at_most: 3"),
              ElementsAre("benefit tier|items|any of oil, rice; none of wine; the 2 cheapest "
                          "pieces|any of oil, rice; none of wine; the 3 cheapest pieces"));
  EXPECT_THAT(ChangesTo("days: [workday]", "days: [workday, holiday]"),
              ElementsAre(HasSubstr("benefit tier|when|workdays; 06:00")));
  EXPECT_THAT(ChangesTo("SHOP2, SHOP1", "SHOP1"),
              ElementsAre("benefit tier|merchants|SHOP1, SHOP2|SHOP1|less"));
  EXPECT_THAT(ChangesTo("SHOP2, SHOP1", "SHOP1, SHOP2, SHOP3"),
              ElementsAre("benefit tier|merchants|SHOP1, SHOP2|SHOP1, SHOP2, SHOP3"));
  EXPECT_THAT(ChangesTo("terminal_ids: [POS1]", "terminal_ids: [POS2]"),
              ElementsAre("benefit tier|terminals|POS1|POS2|less"));
  EXPECT_THAT(ChangesTo("[5311, \"5411-5412\"]", "[5311]"),
              ElementsAre("benefit tier|categories|5311, 5411-5412|5311|less"));
  EXPECT_THAT(ChangesTo("terminals: [pos, online]", "terminals: [pos]"),
              ElementsAre("benefit tier|where|at tills or online|at tills|less"));
  EXPECT_THAT(ChangesTo("layer: 2", "layer: 3"),
              ElementsAre("benefit tier|combines|layer 2, on the rest|layer 3, on the rest"));
  EXPECT_THAT(ChangesTo("offline: refuse", "offline: accept"),
              ElementsAre("benefit free|offline|refuse|accept"));
  EXPECT_THAT(ChangesTo("workdays: [2026-10-10]", "workdays: [2026-10-11]"),
              ElementsAre(HasSubstr("programme rich|special days|")));
  EXPECT_THAT(ChangesTo("until: 2027-01-01", "until: 2026-12-01"),
              ElementsAre(HasSubstr("programme rich|until|2026-12-31T20:00:00Z|")));
}

TEST(ProgrammeChangesTest, PricesAndLimitsThatGiveLessSaySo) {
  EXPECT_THAT(ChangesTo("percent_off: 10}", "percent_off: 8}"),
              ElementsAre(AllOf(HasSubstr("benefit tier|price|10% off"), HasSubstr("|less"))));
  EXPECT_THAT(ChangesTo("percent_off: 10}", "percent_off: 12}"),
              ElementsAre(Not(HasSubstr("|less"))));
  EXPECT_THAT(ChangesTo("from: 200 yuan", "from: 210 yuan"), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(ChangesTo("uses: 3}", "uses: 2}"), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(ChangesTo("amount: unlimited", "amount: 10 yuan"), ElementsAre(HasSubstr("|less")));
  EXPECT_THAT(ChangesTo("each: 7 days", "each: 14 days"), ElementsAre(HasSubstr("|less")))
      << "another kind of limit";
  EXPECT_THAT(ChangesTo("offline: refuse", "limits: [all]"),
              ElementsAre("benefit free|limits||all|less", "benefit free|offline|refuse|accept"));
}

// Of a cut list the words would be the same.
TEST(ProgrammeChangesTest, AChangeInALongListIsSeen) {
  ProgrammeOutline before = OutlineOfText(kRich);
  ProgrammeOutline after = before;
  for (int i = 100; i < 200; ++i) {
    before.benefits[0].merchants.push_back("T" + std::to_string(i));
    after.benefits[0].merchants.push_back("T" + std::to_string(i == 150 ? 999 : i));
  }
  std::sort(after.benefits[0].merchants.begin(), after.benefits[0].merchants.end());
  EXPECT_THAT(Changes(before, after),
              ElementsAre("benefit tier|merchants|with T150|with T999|less"));
}

TEST(ProgrammeChangesTest, OnesWithOneCodeArePairedInTheirOrder) {
  ProgrammeOutline before = OutlineOfText(kRich);
  before.benefits[1].code = "tier";
  ProgrammeOutline after = before;
  EXPECT_THAT(Changes(before, after), IsEmpty());
  after.benefits[1].name = "另";
  EXPECT_THAT(Changes(before, after), ElementsAre("benefit tier|name|免费|另"));
  after = before;
  after.benefits.pop_back();
  EXPECT_THAT(Changes(before, after), ElementsAre("benefit tier||free||less"));
  EXPECT_THAT(Changes(after, before), ElementsAre("benefit tier|||free"));
}

// A fund of 900 yuan from 1 February on, owned by the root.
LiveFund FundThatIsThere() {
  LiveFund live;
  live.view.fund.code = *ParseCode<FundCode>("f");
  live.view.fund.budget = Fen{90'000};
  live.view.fund.opens_at = TimestampNs{1'769'875'200 * kNsPerSecond};
  live.view.fund.closes_at = kTimestampMax;
  live.root = live.owner = *ParseCode<UnionNodeId>("KM");
  return live;
}

// "key|property|before|after" in both languages, and "|less".
std::vector<std::string> Differences(const LiveFund& live, const FundRequest& asked) {
  std::vector<std::string> texts;
  for (const FundDifference& difference :
       FundDifferences(live, asked, [](TimestampNs at) { return std::to_string(at.value()); })) {
    for (const auto& text : {&Words::en, &Words::zh}) {
      texts.push_back(difference.key + ("|" + difference.property.*text) + "|" +
                      difference.before.*text + "|" + difference.after.*text +
                      (difference.reduces ? "|less" : ""));
    }
  }
  return texts;
}

TEST(FundDifferencesTest, EveryPropertyIsNamedWithBothValues) {
  const LiveFund live = FundThatIsThere();
  FundRequest same;
  same.code = live.view.fund.code;
  same.budget = live.view.fund.budget;
  same.opens_at = live.view.fund.opens_at;
  EXPECT_THAT(Differences(live, same), IsEmpty()) << "no owner is the root";
  same.owner = live.root;
  EXPECT_THAT(Differences(live, same), IsEmpty());

  FundRequest other = same;
  other.budget = Fen{123'456'78};
  other.opens_at = TimestampNs{};
  other.closes_at = TimestampNs{7};
  other.advice_may_overrun = true;
  other.payer = Payer::kMerchant;
  other.owner = *ParseCode<UnionNodeId>("KM-1");
  other.name = *DisplayName::From(std::string("新"));
  EXPECT_THAT(Differences(live, other),
              ElementsAre("budget|budget|900.00 yuan|123,456.78 yuan",
                          "budget|预算|900.00元|123,456.78元",
                          "opens|starts|1769875200000000000|",
                          "opens|开始|1769875200000000000|",
                          "closes|until||7|less",
                          "closes|截止||7|less",
                          "paid by|paid by|the union|the merchant",
                          "paid by|出资方|工会|商户",
                          "overruns|overruns|never|advices may",
                          "overruns|离线上送可否超支|不可以|可以",
                          "owner|owner|KM|KM-1",
                          "owner|所属工会|KM|KM-1",
                          "name|name||新",
                          "name|名称||新"));
  other = same;
  other.budget = Fen{89'999};
  EXPECT_THAT(Differences(live, other),
              ElementsAre("budget|budget|900.00 yuan|899.99 yuan|less",
                          "budget|预算|900.00元|899.99元|less"));
}

// What is told is what differs, not what would look different.
TEST(FundDifferencesTest, WordsThatAreTheSameDoNotHideADifference) {
  const LiveFund live = FundThatIsThere();
  FundRequest asked;
  asked.budget = live.view.fund.budget;
  asked.opens_at = TimestampNs{live.view.fund.opens_at.value() + 1};
  const auto differences = FundDifferences(live, asked, [](TimestampNs) { return "today"; });
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_STREQ(differences[0].key, "opens");
  EXPECT_TRUE(differences[0].reduces);
}

// Programs read the property: it is not what the file calls it.
TEST(ProgrammeChangesTest, APropertyOfAFundKeepsItsName) {
  CompiledFile file;
  FundRequest& asked = file.funds.emplace_back();
  LiveBeforeFile live;
  live.funds.push_back(FundThatIsThere());
  asked.code = live.funds[0].view.fund.code;
  asked.budget = Fen{80'000};
  asked.closes_at = TimestampNs{1'800'000'000 * kNsPerSecond};
  asked.advice_may_overrun = true;
  asked.payer = Payer::kSponsor;
  asked.owner = *ParseCode<UnionNodeId>("KM-1");
  asked.name = *DisplayName::From(std::string("新"));
  ChangeRows rows;
  AddDeclaredChanges(live, file, &rows);
  EXPECT_THAT(TextsOf(rows),
              ElementsAre("fund f|budget|900.00 yuan|800.00 yuan|less",
                          "fund f|opens|2026-01-31T16:00:00Z|",
                          "fund f|closes||2027-01-15T08:00:00Z|less",
                          "fund f|paid by|the union|a sponsor",
                          "fund f|overruns|never|advices may",
                          "fund f|owner|KM|KM-1",
                          "fund f|name||新"));
}

TEST(FundDifferencesTest, AStockIsCountedInPieces) {
  LiveFund live = FundThatIsThere();
  live.view.fund.asset = Asset::kThing;
  live.view.fund.budget = Fen{15'000};
  FundRequest asked;
  asked.asset = Asset::kThing;
  asked.budget = Fen{20'000};
  asked.opens_at = live.view.fund.opens_at;
  EXPECT_THAT(
      Differences(live, asked),
      ElementsAre("budget|budget|15,000 pieces|20,000 pieces", "budget|预算|15,000件|20,000件"));
}

}  // namespace
}  // namespace gonghui
