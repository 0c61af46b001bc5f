// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What each construct of the language compiles to, exactly.

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/limits.h"
#include "engine/programmes/compiler.h"

namespace gonghui {
namespace {

using testing::ElementsAre;

template <typename C>
std::string Text(const C& code) {
  const auto text = code.Text();
  return {text.data(), text.size};
}

std::string RenderAll(const CompileOutcome& outcome) {
  std::string text;
  for (const Diagnostic& diagnostic : outcome.diagnostics) {
    text += Render(diagnostic, "f") + "\n";
  }
  return text;
}

CompiledFile CompileGood(const std::string& text) {
  CompileOutcome outcome = Compile(text);
  EXPECT_EQ(RenderAll(outcome), "") << text;
  return outcome.ok() ? std::move(*outcome.file) : CompiledFile{};
}

// A file of the programme's lines, what it declares, and one benefit's lines.
std::string FileOf(const std::string& benefit,
                   const std::string& declared = "",
                   const std::string& programme = "") {
  return "gonghui: 1\n"
         "programme:\n"
         "  code: p\n"
         "  name: P\n"
         "  zone: Asia/Shanghai\n"
         "  starts: 2026-01-01\n"
         "  until: 2027-01-01\n" +
         programme + declared +
         "benefits:\n"
         "  - code: b\n"
         "    name: B\n" +
         benefit;
}

const std::string kFree = "    price: {free: true}\n";

template <typename C>
std::vector<std::string> Texts(const std::vector<C>& pool, PoolRange range) {
  std::vector<std::string> texts;
  for (uint32_t i = range.first; i < range.first + range.count; ++i) {
    texts.push_back(Text(pool.at(i)));
  }
  return texts;
}

// "2026-10-01..2026-10-07 holiday".
std::vector<std::string> DaysIn(const CompiledFile& file, PoolRange range) {
  std::vector<std::string> texts;
  const auto date = [](CivilDay day) {
    const CivilDate d = DateOf(day);
    return std::to_string(d.year) + "-" + std::to_string(d.month) + "-" + std::to_string(d.day);
  };
  for (uint32_t i = range.first; i < range.first + range.count; ++i) {
    const DayRange& days = file.days.at(i);
    texts.push_back(date(days.first) + ".." + date(days.last) +
                    (days.kind == DayKind::kWorkday ? " workday" : " holiday"));
  }
  return texts;
}

LimitSpec LimitOf(const std::string& limit) {
  const CompiledFile file =
      CompileGood(FileOf(kFree + "    limits: [l]\n", "limits:\n  - {code: l, " + limit + "}\n"));
  return file.limits.empty() ? LimitSpec{} : file.limits[0];
}

BenefitSpec BenefitOf(const std::string& lines) {
  const CompiledFile file = CompileGood(FileOf(lines));
  return file.benefits.empty() ? BenefitSpec{} : file.benefits[0];
}

TEST(SpecialDays, AreSortedWhateverTheirOrder) {
  const CompiledFile file = CompileGood(FileOf(kFree,
                                               "",
                                               "  holidays: [2026-10-01..2026-10-07, 2026-01-01]\n"
                                               "  workdays: [2026-10-10, 2026-09-27]\n"));
  EXPECT_THAT(DaysIn(file, file.programme.special_days),
              ElementsAre("2026-1-1..2026-1-1 holiday",
                          "2026-9-27..2026-9-27 workday",
                          "2026-10-1..2026-10-7 holiday",
                          "2026-10-10..2026-10-10 workday"));
  EXPECT_EQ(file.image().days.size(), 4U);
}

TEST(SpecialDays, MayTouchAndLieOutsideTheProgramme) {
  const CompiledFile file =
      CompileGood(FileOf(kFree,
                         "",
                         "  holidays: [2025-10-01..2025-10-07, 2025-10-08, 2028-01-01]\n"
                         "  workdays: [2025-10-09]\n"));
  EXPECT_EQ(file.programme.special_days.count, 4U);
}

TEST(When, ClosedDaysFollowTheProgrammesInThePool) {
  const CompiledFile file =
      CompileGood(FileOf("    when:\n"
                         "      weekdays: [sun, mon]\n"
                         "      days: [workday, holiday]\n"
                         "      not_on: [2026-12-31..2027-01-02, 2026-05-04]\n" +
                             kFree,
                         "",
                         "  holidays: [2026-10-01]\n"));
  const BenefitSpec& benefit = file.benefits.at(0);
  EXPECT_EQ(benefit.weekdays, 0b1000001);
  EXPECT_EQ(benefit.day_kinds, MaskOf(DayKind::kWorkday) | MaskOf(DayKind::kHoliday));
  EXPECT_EQ(benefit.closed_days.first, 1U);
  EXPECT_THAT(DaysIn(file, benefit.closed_days),
              ElementsAre("2026-5-4..2026-5-4 holiday", "2026-12-31..2027-1-2 holiday"));
}

// A benefit that holds on a single day is good, whatever makes that day the only one.
TEST(When, OneDayIsEnough) {
  for (const char* when : {"{weekdays: [sat], starts: 2026-03-01, until: 2026-03-08}",
                           "{days: [holiday]}",
                           "{weekdays: [sun], days: [workday]}",
                           "{not_on: [2026-01-01..2026-12-30]}",
                           "{days: [weekend], starts: 2026-03-01, until: 2026-03-02}"}) {
    CompileGood(FileOf(std::string("    when: ") + when + "\n" + kFree,
                       "",
                       "  holidays: [2026-10-01]\n  workdays: [2026-10-11]\n"));
  }
}

TEST(For, Everything) {
  const CompiledFile file =
      CompileGood(FileOf("    for:\n"
                         "      sex: [female]\n"
                         "      segments_any: [a, b]\n"
                         "      segments_all: [c]\n"
                         "      segments_none: [d, e]\n"
                         "      in_segments_for: 30d\n"
                         "      member_for: 90 days\n" +
                         kFree));
  const BenefitSpec& benefit = file.benefits.at(0);
  EXPECT_EQ(benefit.sexes, MaskOf(Sex::kFemale));
  EXPECT_THAT(Texts(file.segment_refs, benefit.segments_any), ElementsAre("a", "b"));
  EXPECT_THAT(Texts(file.segment_refs, benefit.segments_all), ElementsAre("c"));
  EXPECT_THAT(Texts(file.segment_refs, benefit.segments_none), ElementsAre("d", "e"));
  EXPECT_EQ(benefit.segment_days_min, 30);
  EXPECT_EQ(benefit.member_days_min, 90);
}

TEST(For, SexesAreAWordOrAList) {
  EXPECT_EQ(BenefitOf("    for: {sex: male}\n" + kFree).sexes, MaskOf(Sex::kMale));
  EXPECT_EQ(BenefitOf("    for: {sex: [male, female]}\n" + kFree).sexes,
            MaskOf(Sex::kMale) | MaskOf(Sex::kFemale));
  EXPECT_EQ(BenefitOf(kFree).sexes, 0);
}

TEST(For, WaitsReachTenYears) {
  EXPECT_EQ(BenefitOf("    for: {member_for: 3660d}\n" + kFree).member_days_min, kWaitingDaysMax);
  EXPECT_EQ(BenefitOf("    for: {member_for: 1 day}\n" + kFree).member_days_min, 1);
}

TEST(At, GroupsAreMergedIntoTheMerchants) {
  const std::string groups =
      "groups:\n"
      "  - {code: g1, name: 一, merchants: [M3, M1]}\n"
      "  - {code: g2, name: 二, merchants: [M1, M2]}\n";
  const CompiledFile file =
      CompileGood(FileOf("    at: {merchants: [M9, M2], groups: [g2, g1]}\n" + kFree, groups));
  EXPECT_THAT(Texts(file.merchants, file.benefits.at(0).merchants),
              ElementsAre("M9", "M2", "M3", "M1"));
  // A merchant of a group stands where the group names it.
  EXPECT_EQ(file.places.merchants.at(2).path, "groups[0].merchants[0]");
  EXPECT_EQ(file.places.merchants.at(0).path, "benefits[0].at.merchants[0]");
  EXPECT_EQ(Render(file.Locate(Field::kMerchant, AdminReason::kUnknownReference, 3), "f"),
            "f:9:41: groups[0].merchants[1]: there is no merchant 'M1' (import it first)");
}

TEST(At, BenefitsOfTheSameGroupsShareThem) {
  const CompiledFile file =
      CompileGood(FileOf("    at: {groups: [g1, g2]}\n" + kFree +
                             "  - {code: c, name: C, at: {groups: [g2, g1]}, price: {free: true}}\n"
                             "  - {code: d, name: D, at: {groups: [g1]}, price: {free: true}}\n",
                         "groups:\n"
                         "  - {code: g1, name: 一, merchants: [M1, M2]}\n"
                         "  - {code: g2, name: 二, merchants: [M3]}\n"));
  EXPECT_EQ(file.benefits.at(1).merchants.first, file.benefits.at(0).merchants.first);
  EXPECT_EQ(file.benefits.at(1).merchants.count, 3U);
  EXPECT_THAT(Texts(file.merchants, file.benefits.at(2).merchants), ElementsAre("M1", "M2"));
  EXPECT_EQ(file.merchants.size(), 5U);
}

// A big group that many benefits name takes its place once.
TEST(At, BigGroupsFitManyTimes) {
  std::string merchants;
  for (int i = 0; i < 20'000; ++i) {
    merchants += (i == 0 ? "M" : ", M") + std::to_string(i);
  }
  const std::string groups = "groups: [{code: g, name: G, merchants: [" + merchants + "]}]\n";
  std::string benefits = "    at: {groups: [g]}\n" + kFree;
  for (int i = 0; i < 200; ++i) {
    benefits +=
        "  - {code: b" + std::to_string(i) + ", name: B, at: {groups: [g]}, price: {free: true}}\n";
  }
  EXPECT_EQ(CompileGood(FileOf(benefits, groups)).merchants.size(), 20'000U);

  // Each with a merchant of its own it does not.
  benefits = "    at: {groups: [g], merchants: [X0]}\n" + kFree;
  for (int i = 1; i < 4; ++i) {
    benefits += "  - {code: b" + std::to_string(i) + ", name: B, at: {groups: [g], merchants: [X" +
                std::to_string(i) + "]}, price: {free: true}}\n";
  }
  EXPECT_THAT(RenderAll(Compile(FileOf(benefits, groups))),
              testing::HasSubstr("too many merchants in all benefits and groups (at most 65536"));
}

TEST(At, TerminalsAndItems) {
  const CompiledFile file =
      CompileGood(FileOf("    at:\n"
                         "      terminal_ids: [T2, T1]\n"
                         "      items: {any_of: [rice, 6901234567892, oil], except: [wine, beer], "
                         "pieces_at_most: 3}\n" +
                         kFree));
  const BenefitSpec& benefit = file.benefits.at(0);
  EXPECT_THAT(Texts(file.terminals, benefit.terminals), ElementsAre("T2", "T1"));
  EXPECT_THAT(Texts(file.items, benefit.items_any), ElementsAre("6901234567892", "oil", "rice"));
  EXPECT_THAT(Texts(file.items, benefit.items_none), ElementsAre("beer", "wine"));
  EXPECT_EQ(benefit.pieces_max, 3U);
  const ProgrammeImage image = file.image();
  EXPECT_EQ(image.terminals.size(), 2U);
  EXPECT_EQ(image.items.size(), 5U);
  EXPECT_EQ(Render(file.Locate(Field::kTerminal, AdminReason::kUnknownReference, 1), "f"),
            "f:12:26: benefits[0].at.terminal_ids[1]: there is no terminal 'T1' (import it first)");
}

TEST(At, ItemsMayAskForOneThingOnly) {
  EXPECT_EQ(BenefitOf("    at: {items: {pieces_at_most: 1}}\n" + kFree).pieces_max, 1U);
  EXPECT_EQ(BenefitOf("    at: {items: {any_of: [a]}}\n" + kFree).items_any.count, 1U);
  EXPECT_EQ(BenefitOf("    at: {items: {except: [a, b]}}\n" + kFree).items_none.count, 2U);
}

TEST(Price, Tiers) {
  const CompiledFile file =
      CompileGood(FileOf("    price:\n"
                         "      tiers:\n"
                         "        - {from: 0 yuan, percent_off: 5%}\n"
                         "        - {from: 100 yuan, off: 12.50 yuan}\n"
                         "        - {from: 200 yuan, percent_off: 0}\n"
                         "      rounding: up\n"
                         "      at_most: 30 yuan\n"
                         "      minimum: 10 yuan\n"
                         "      member_pays_at_least: 1 fen\n"
                         "    funding: {fund: f}\n"));
  const PriceRule& price = file.benefits.at(0).price;
  EXPECT_EQ(price.kind, PriceKind::kTiers);
  EXPECT_EQ(price.rounding, Rounding::kUp);
  EXPECT_EQ(price.discount_max, Fen{3'000});
  EXPECT_EQ(price.threshold, Fen{1'000});
  EXPECT_EQ(price.member_pays_min, Fen{1});
  EXPECT_EQ(price.steps.count, 3U);
  const std::vector<PriceStep> expected = {
      {Fen{0}, Fen{0}, Bps{500}}, {Fen{10'000}, Fen{1'250}, Bps{0}}, {Fen{20'000}, Fen{0}, Bps{0}}};
  EXPECT_EQ(file.steps, expected);
  EXPECT_EQ(file.image().steps.size(), 3U);
}

TEST(Price, Bands) {
  const CompiledFile file =
      CompileGood(FileOf("    price:\n"
                         "      bands:\n"
                         "        - {from: 60000 yuan, percent_off: 50%}\n"
                         "        - {from: 100000 yuan, percent_off: 100%}\n"
                         "      at_most: 50000 yuan\n"
                         "    funding: {fund: f}\n"));
  const PriceRule& price = file.benefits.at(0).price;
  EXPECT_EQ(price.kind, PriceKind::kBands);
  const std::vector<PriceStep> expected = {{Fen{6'000'000}, Fen{0}, Bps{5'000}},
                                           {Fen{10'000'000}, Fen{0}, Bps{10'000}}};
  EXPECT_EQ(file.steps, expected);
}

TEST(Price, StepsOfTwoBenefitsLieSideBySide) {
  const std::string steps =
      "    price: {tiers: [{from: 1 yuan, off: 1 fen}, {from: 2 yuan, off: 2 fen}]}\n"
      "    funding: {fund: f}\n";
  const CompiledFile file = CompileGood(FileOf(steps + "  - code: c\n    name: C\n" + steps));
  EXPECT_EQ(file.benefits.at(0).price.steps.first, 0U);
  EXPECT_EQ(file.benefits.at(1).price.steps.first, 2U);
  EXPECT_EQ(file.benefits.at(1).price.steps.count, 2U);
}

TEST(PriceBy, SexThenTheRest) {
  const CompiledFile file =
      CompileGood(FileOf("    price_by:\n"
                         "      - {sex: male, price: {member_pays: 450 yuan}}\n"
                         "      - {sex: female, price: {member_pays: 600 yuan}}\n"
                         "      - price: {percent_off: 10}\n"
                         "    funding: {fund: f}\n"
                         "    limits: [l]\n",
                         "limits: [{code: l, per: person, each: year, uses: 1}]\n"));
  ASSERT_EQ(file.benefits.size(), 3U);
  EXPECT_EQ(file.benefits[0].sexes, MaskOf(Sex::kMale));
  EXPECT_EQ(file.benefits[1].sexes, MaskOf(Sex::kFemale));
  EXPECT_EQ(file.benefits[2].sexes, MaskOf(Sex::kUnknown));
  EXPECT_EQ(file.benefits[0].price.amount, Fen{45'000});
  EXPECT_EQ(file.benefits[1].price.amount, Fen{60'000});
  EXPECT_EQ(file.benefits[2].price.rate, Bps{1'000});
  for (const BenefitSpec& benefit : file.benefits) {
    EXPECT_EQ(Text(benefit.code), "b");
    EXPECT_EQ(benefit.limits.first, 0U);
    EXPECT_EQ(benefit.limits.count, 1U);
    EXPECT_EQ(benefit.funding.count, 1U);
  }
  EXPECT_EQ(file.funding.size(), 1U);
  EXPECT_EQ(file.limit_refs.size(), 1U);
  EXPECT_EQ(file.places.stocks.size(), 3U);
}

TEST(PriceBy, ASexAloneLeavesTheOthersWithoutTheBenefit) {
  const CompiledFile file =
      CompileGood(FileOf("    price_by: [{sex: female, price: {free: true}}]\n"));
  ASSERT_EQ(file.benefits.size(), 1U);
  EXPECT_EQ(file.benefits[0].sexes, MaskOf(Sex::kFemale));
}

TEST(PriceBy, TheRestOfOneSexIsAllOthers) {
  const CompiledFile file = CompileGood(
      FileOf("    price_by: [{sex: female, price: {free: true}}, {price: {free: true}}]\n"));
  EXPECT_EQ(file.benefits.at(1).sexes, MaskOf(Sex::kMale) | MaskOf(Sex::kUnknown));
}

TEST(PriceBy, SegmentsShutOutOfLaterCases) {
  const CompiledFile file = CompileGood(
      FileOf("    for: {segments_any: [x, a], segments_none: [z], in_segments_for: 7d}\n"
             "    price_by:\n"
             "      - {segment: a, price: {free: true}}\n"
             "      - {segment: b, price: {free: true}}\n"
             "      - {sex: male, price: {free: true}}\n"
             "      - price: {free: true}\n"));
  ASSERT_EQ(file.benefits.size(), 4U);
  const auto refs = [&](PoolRange range) { return Texts(file.segment_refs, range); };
  EXPECT_THAT(refs(file.benefits[0].segments_all), ElementsAre("a"));
  EXPECT_THAT(refs(file.benefits[0].segments_none), ElementsAre("z"));
  EXPECT_THAT(refs(file.benefits[1].segments_all), ElementsAre("b"));
  EXPECT_THAT(refs(file.benefits[1].segments_none), ElementsAre("z", "a"));
  EXPECT_THAT(refs(file.benefits[2].segments_none), ElementsAre("z", "a", "b"));
  EXPECT_THAT(refs(file.benefits[3].segments_none), ElementsAre("z", "a", "b"));
  EXPECT_EQ(file.benefits[2].sexes, MaskOf(Sex::kMale));
  EXPECT_EQ(file.benefits[3].sexes, MaskOf(Sex::kUnknown) | MaskOf(Sex::kFemale));
  for (const BenefitSpec& benefit : file.benefits) {
    EXPECT_THAT(refs(benefit.segments_any), ElementsAre("x", "a"));
    EXPECT_EQ(benefit.segment_days_min, 7);
  }
  EXPECT_EQ(file.places.segment_refs.size(), file.segment_refs.size());
  EXPECT_EQ(file.places.segment_refs.at(file.benefits[1].segments_all.first).path,
            "benefits[0].price_by[1].segment");
}

TEST(PriceBy, WaitsForTheSegmentOfTheCaseAlone) {
  const CompiledFile file = CompileGood(
      FileOf("    for: {in_segments_for: 7d}\n"
             "    price_by: [{segment: a, price: {free: true}}, {price: {free: true}}]\n"));
  EXPECT_EQ(file.benefits.at(0).segment_days_min, 7);
  EXPECT_EQ(file.benefits.at(1).segment_days_min, 0);
}

TEST(PriceBy, CountsAgainstTheBenefitsOfAFile) {
  std::string text = FileOf(kFree);
  for (uint32_t i = 1; i < kBenefitsPerProgrammeMax; ++i) {
    text += "  - {code: b" + std::to_string(i) + ", name: B, price: {free: true}}\n";
  }
  EXPECT_EQ(CompileGood(text).benefits.size(), kBenefitsPerProgrammeMax);
  const size_t at = text.find("    price: {free: true}\n");
  text.replace(at,
               kFree.size(),
               "    price_by: [{sex: male, price: {free: true}}, {price: {free: true}}]\n");
  EXPECT_EQ(RenderAll(Compile(text)),
            "f:9:3: benefits: 1025 benefits, one for each case of their prices, are too many "
            "(at most 1024)\n");
}

TEST(Limits, PerUnion) {
  LimitSpec limit = LimitOf("per: union, each: month, amount: 300 yuan");
  EXPECT_EQ(limit.subject, LimitSubject::kUnion);
  EXPECT_EQ(limit.union_level, 0);
  limit = LimitOf("per: union, level: enterprise, each: month, amount: 300 yuan");
  EXPECT_EQ(limit.union_level, static_cast<uint8_t>(UnionLevel::kEnterprise));
}

TEST(Limits, RollingWindows) {
  const auto window = [](const std::string& each) {
    const LimitSpec limit = LimitOf("per: person, each: " + each + ", uses: 3");
    return std::pair(limit.window, int{limit.span});
  };
  EXPECT_EQ(window("day"), std::pair(WindowKind::kDay, 1));
  EXPECT_EQ(window("7 days"), std::pair(WindowKind::kDay, 7));
  EXPECT_EQ(window("31 days"), std::pair(WindowKind::kDay, 31));
  EXPECT_EQ(window("2 weeks"), std::pair(WindowKind::kWeek, 2));
  EXPECT_EQ(window("12 months"), std::pair(WindowKind::kMonth, 12));
  EXPECT_EQ(window("3 years"), std::pair(WindowKind::kYear, 3));
  EXPECT_EQ(window("programme"), std::pair(WindowKind::kProgramme, 1));
}

TEST(Limits, UnlimitedAndOffline) {
  LimitSpec limit = LimitOf("per: merchant, each: day, uses: unlimited");
  EXPECT_EQ(limit.measure, LimitMeasure::kCount);
  EXPECT_EQ(limit.max, kLimitUnlimited);
  EXPECT_EQ(limit.scope, LimitScope::kAll);
  limit = LimitOf("per: programme, each: year, amount: unlimited");
  EXPECT_EQ(limit.measure, LimitMeasure::kAmount);
  EXPECT_EQ(limit.max, kLimitUnlimited);
  limit = LimitOf("per: card, each: day, only: offline, amount: 50 yuan");
  EXPECT_EQ(limit.scope, LimitScope::kOffline);
  EXPECT_EQ(limit.max, 5'000);
  EXPECT_EQ(limit.when_exceeded, WhenExceeded::kRefuse);
  // The word that says what happens anyway changes nothing.
  limit = LimitOf("per: card, each: day, only: offline, amount: 50 yuan, when_exceeded: reduce");
  EXPECT_EQ(limit.when_exceeded, WhenExceeded::kRefuse);
  limit = LimitOf("per: card, each: day, only: offline, uses: 5, when_exceeded: refuse");
  EXPECT_EQ(limit.scope, LimitScope::kOffline);
}

// A limit that refuses is held against the least that the benefit can give.
TEST(Limits, AmountsThatCanBeReachedAreGood) {
  const auto with = [](const std::string& price, const std::string& amount) {
    return RenderAll(
        Compile(FileOf("    price: " + price + "\n    funding: {fund: f}\n    limits: [l]\n",
                       "limits: [{code: l, per: person, each: day, amount: " + amount + "}]\n")));
  };
  const auto refused = testing::HasSubstr("but the benefit gives at least");
  EXPECT_EQ(with("{from: 40 yuan, off: 10 yuan}", "10 yuan"), "");
  EXPECT_THAT(with("{from: 40 yuan, off: 10 yuan}", "9.99 yuan"), refused);
  EXPECT_EQ(with("{from: 40 yuan, off: 10 yuan, member_pays_at_least: 35 yuan}", "5 yuan"), "");
  EXPECT_THAT(with("{from: 40 yuan, off: 10 yuan, member_pays_at_least: 35 yuan}", "4.99 yuan"),
              refused);
  EXPECT_EQ(with("{from: 40 yuan, off: 10 yuan, member_pays_at_least: 41 yuan}", "1 fen"), "");
  EXPECT_EQ(with("{every: 40 yuan, off: 10 yuan, at_most: 6 yuan}", "6 yuan"), "");
  EXPECT_EQ(with("{percent_off: 50}", "1 fen"), "");
  EXPECT_EQ(with("{percent_off: 50, minimum: 10.01 yuan}", "5 yuan"), "");
  EXPECT_THAT(with("{percent_off: 50, minimum: 10.02 yuan}", "5 yuan"), refused);
  EXPECT_EQ(with("{member_pays: 1 yuan, minimum: 3 yuan}", "2 yuan"), "");
  EXPECT_THAT(with("{member_pays: 1 yuan, minimum: 3 yuan}", "1.99 yuan"), refused);
  EXPECT_EQ(with("{member_pays: 1 yuan}", "1 fen"), "");
  EXPECT_THAT(with("{free: true, minimum: 3 yuan}", "2 yuan"), refused);
  EXPECT_EQ(with("{tiers: [{from: 10 yuan, off: 5 yuan}, {from: 20 yuan, off: 2 yuan}]}", "2 yuan"),
            "");
  EXPECT_THAT(
      with("{tiers: [{from: 10 yuan, off: 5 yuan}, {from: 20 yuan, off: 2 yuan}]}", "1 yuan"),
      refused);
  EXPECT_EQ(with("{bands: [{from: 10 yuan, percent_off: 50}]}", "1 fen"), "");
}

TEST(Limits, AmountsOfAReducingOrLayeredBenefitMayBeSmall) {
  const auto with = [](const std::string& limit, const std::string& benefit) {
    CompileGood(
        FileOf("    price: {from: 40 yuan, off: 10 yuan}\n    funding: {fund: f}\n"
               "    limits: [l]\n" +
                   benefit,
               "limits: [{code: l, per: person, each: day, " + limit + "}]\n"));
  };
  with("amount: 1 yuan, when_exceeded: reduce", "");
  with("amount: 1 yuan, only: offline", "");
  with("amount: 1 yuan", "    combine: {layer: 1}\n");
}

TEST(Funds, PaidBy) {
  const CompiledFile file = CompileGood(
      FileOf("    price: {percent_off: 5}\n"
             "    funding: [{fund: a, share: 50%}, {fund: b, share: 30%}, {fund: c, share: 20%}]\n"
             "    split: largest_remainder\n",
             "funds:\n"
             "  - {code: a, name: A, budget: 1 yuan}\n"
             "  - {code: b, name: B, budget: 1 yuan, paid_by: merchant}\n"
             "  - {code: c, name: C, budget: 1 yuan, paid_by: sponsor}\n"));
  ASSERT_EQ(file.funds.size(), 3U);
  EXPECT_EQ(file.funds[0].payer, Payer::kUnion);
  EXPECT_EQ(file.funds[1].payer, Payer::kMerchant);
  EXPECT_EQ(file.funds[2].payer, Payer::kSponsor);
  EXPECT_EQ(file.funding.size(), 3U);
  EXPECT_EQ(Render(file.LocateFund(Field::kPayer, AdminReason::kImmutable, 1), "f"),
            "f:10:12: funds[1].code: the fund 'b' can not change who pays for it (take another "
            "code)");
}

TEST(Terms, OfflineAndLayers) {
  BenefitSpec benefit = BenefitOf(kFree);
  EXPECT_EQ(benefit.offline, OfflinePolicy::kAccept);
  EXPECT_EQ(benefit.layer, 0);
  EXPECT_EQ(benefit.base, StackBase::kListPrice);
  benefit = BenefitOf(kFree + "    offline: refuse\n    combine: {layer: 8, base: rest}\n");
  EXPECT_EQ(benefit.offline, OfflinePolicy::kRefuse);
  EXPECT_EQ(benefit.layer, 8);
  EXPECT_EQ(benefit.base, StackBase::kRest);
  benefit = BenefitOf(kFree + "    combine: {layer: 1}\n");
  EXPECT_EQ(benefit.layer, 1);
  EXPECT_EQ(benefit.base, StackBase::kListPrice);
}

// Every construct changes the hash, and no two changes are alike.
TEST(Hash, SeesEveryConstruct) {
  const std::string limits = "limits: [{code: l, per: union, each: day, amount: 1 yuan}]\n";
  const std::string benefit =
      "    price: {percent_off: 5}\n    funding: {fund: f}\n    limits: [l]\n";
  const auto limit_with = [&](const std::string& more) {
    return FileOf(benefit, "limits: [{code: l, per: union, " + more + "}]\n");
  };
  const auto with = [&](const std::string& more) { return FileOf(more + benefit, limits); };
  const std::string groups = "groups: [{code: g, name: G, merchants: [M1]}]\n";
  const auto price = [&](const std::string& text) {
    return FileOf("    price: " + text + "\n    funding: {fund: f}\n    limits: [l]\n", limits);
  };
  const std::string files[] = {
      with(""),
      FileOf(benefit, limits, "  holidays: [2026-10-01]\n"),
      FileOf(benefit, limits, "  holidays: [2026-10-01..2026-10-02]\n"),
      FileOf(benefit, limits, "  workdays: [2026-10-01]\n"),
      limit_with("level: city, each: day, amount: 1 yuan"),
      limit_with("level: district, each: day, amount: 1 yuan"),
      limit_with("each: 7 days, amount: 1 yuan"),
      limit_with("each: day, amount: unlimited"),
      limit_with("each: day, amount: 1 yuan, only: offline"),
      with("    for: {sex: male}\n"),
      with("    for: {sex: female}\n"),
      with("    for: {segments_none: [a]}\n"),
      with("    for: {segments_any: [a]}\n"),
      with("    for: {segments_any: [a], in_segments_for: 1d}\n"),
      with("    for: {member_for: 1d}\n"),
      with("    at: {terminal_ids: [T]}\n"),
      with("    at: {items: {any_of: [a]}}\n"),
      with("    at: {items: {except: [a]}}\n"),
      with("    at: {items: {pieces_at_most: 1}}\n"),
      with("    when: {days: [workday]}\n"),
      with("    when: {not_on: [2026-10-01]}\n"),
      with("    offline: refuse\n"),
      with("    combine: {layer: 1}\n"),
      with("    combine: {layer: 2}\n"),
      with("    combine: {layer: 1, base: rest}\n"),
      price("{tiers: [{from: 0 yuan, percent_off: 5}]}"),
      price("{tiers: [{from: 1 yuan, percent_off: 5}]}"),
      price("{tiers: [{from: 1 yuan, off: 5 fen}]}"),
      price("{bands: [{from: 0 yuan, percent_off: 5}]}"),
      FileOf("    price_by: [{sex: male, price: {percent_off: 5}}, {price: {percent_off: 5}}]\n"
             "    funding: {fund: f}\n    limits: [l]\n",
             limits),
      FileOf("    at: {groups: [g]}\n" + benefit, groups + limits),
      FileOf(benefit, "funds: [{code: f, name: F, budget: 1 yuan}]\n" + limits),
      FileOf(benefit, "funds: [{code: f, name: F, budget: 1 yuan, paid_by: sponsor}]\n" + limits),
  };
  std::vector<uint64_t> hashes;
  for (const std::string& text : files) {
    hashes.push_back(CompileGood(text).programme.content_hash);
    EXPECT_EQ(std::count(hashes.begin(), hashes.end(), hashes.back()), 1) << text;
  }
  // The same merchants, said in another way.
  EXPECT_EQ(
      CompileGood(FileOf("    at: {merchants: [M1]}\n" + benefit, limits)).programme.content_hash,
      CompileGood(FileOf("    at: {groups: [g]}\n" + benefit, groups + limits))
          .programme.content_hash);
  // What goes without saying.
  EXPECT_EQ(CompileGood(with("    offline: accept\n    split: largest_remainder\n"))
                .programme.content_hash,
            hashes[0]);
}

}  // namespace
}  // namespace gonghui
