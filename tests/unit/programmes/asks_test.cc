// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers, slots, claims and bands that go on: what they compile to, exactly.

#include <algorithm>
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
using testing::HasSubstr;

constexpr uint8_t kNothing = 0;

constexpr uint8_t Asking(Asks what) {
  return static_cast<uint8_t>(what);
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

// A file of one benefit's lines, and the limits that it declares.
std::string FileOf(const std::string& benefit, const std::string& limits = "") {
  return "gonghui: 1\n"
         "programme: {code: p, name: P, zone: Asia/Shanghai, starts: 2026-01-01, "
         "until: 2027-01-01}\n" +
         (limits.empty() ? "" : "limits:\n" + limits) +
         "benefits:\n"
         "  - code: b\n"
         "    name: B\n" +
         benefit;
}

const std::string kFree = "    price: {free: true}\n";
const std::string kOwnCost = "  - {code: own-cost, per: person, each: year, price: unlimited}\n";
const std::string kSlots = "    slots: {minutes: 30, places: 20, ahead: 30d}\n";

BenefitSpec BenefitOf(const std::string& lines, const std::string& limits = "") {
  const CompiledFile file = CompileGood(FileOf(lines, limits));
  return file.benefits.empty() ? BenefitSpec{} : file.benefits[0];
}

template <typename C>
std::string Text(const C& code) {
  const auto text = code.Text();
  return {text.data(), text.size};
}

// The codes of a benefit's limits, in order.
std::vector<std::string> LimitsOf(const CompiledFile& file, const BenefitSpec& benefit) {
  std::vector<std::string> codes;
  for (uint32_t i = 0; i < benefit.limits.count; ++i) {
    codes.push_back(Text(file.limits.at(file.limit_refs.at(benefit.limits.first + i)).code));
  }
  return codes;
}

const LimitSpec& LimitCalled(const CompiledFile& file, const std::string& code) {
  const auto found = std::find_if(file.limits.begin(),
                                  file.limits.end(),
                                  [&](const LimitSpec& limit) { return Text(limit.code) == code; });
  EXPECT_NE(found, file.limits.end()) << code;
  static const LimitSpec kNone;
  return found == file.limits.end() ? kNone : *found;
}

// ---- Vouchers and claims -------------------------------------------------------------

TEST(Asks, NothingUnlessSaid) {
  const BenefitSpec benefit = BenefitOf(kFree);
  EXPECT_EQ(benefit.asks, kNothing);
  EXPECT_TRUE(benefit.voucher.IsNone());
  EXPECT_FALSE(benefit.voucher_returns);
  EXPECT_EQ(benefit.offline, OfflinePolicy::kAccept);
}

TEST(Asks, Voucher) {
  BenefitSpec benefit = BenefitOf(kFree + "    voucher: summer-water\n");
  EXPECT_EQ(benefit.asks, Asking(Asks::kVoucher));
  EXPECT_EQ(Text(benefit.voucher), "summer-water");
  EXPECT_FALSE(benefit.voucher_returns);
  EXPECT_EQ(benefit.hold_s, kHoldSecondsDefault);
  benefit = BenefitOf(kFree + "    voucher: w\n    voucher_returns: true\n    hold: 5m\n");
  EXPECT_TRUE(benefit.voucher_returns);
  EXPECT_EQ(benefit.hold_s, 300);
}

TEST(Asks, Claim) {
  BenefitSpec benefit = BenefitOf(kFree + "    claim: {within: 180d}\n");
  EXPECT_EQ(benefit.asks, Asking(Asks::kClaim));
  EXPECT_EQ(benefit.claim_days_max, 180);
  EXPECT_EQ(benefit.approvals, 0);
  benefit = BenefitOf(kFree +
                      "    at: {terminals: [pos, office]}\n"
                      "    claim: {approvals: 8, within: 3660 days}\n"
                      "    hold: 366d\n");
  EXPECT_EQ(benefit.claim_days_max, kClaimDaysMax);
  EXPECT_EQ(benefit.approvals, kApprovalsPerClaimMax);
  EXPECT_EQ(benefit.hold_s, kHoldSecondsMax);
  EXPECT_EQ(benefit.terminal_kinds, MaskOf(TerminalKind::kPos) | MaskOf(TerminalKind::kOffice));
  EXPECT_EQ(BenefitOf(kFree + "    claim: {approvals: 0, within: 1d}\n").claim_days_max, 1);
}

// A benefit may ask for several things, and is never given without asking.
TEST(Asks, AreOfOneBenefitTogetherAndNeverOffline) {
  const std::string all = kFree + kSlots + "    voucher: v\n    claim: {within: 9d}\n";
  EXPECT_EQ(BenefitOf(all).asks,
            Asking(Asks::kVoucher) | Asking(Asks::kSlot) | Asking(Asks::kClaim));
  for (const std::string& lines : {kFree + "    voucher: v\n",
                                   kFree + kSlots,
                                   kFree + "    claim: {within: 9d}\n",
                                   all + "    offline: refuse\n"}) {
    EXPECT_EQ(BenefitOf(lines).offline, OfflinePolicy::kRefuse) << lines;
  }
  EXPECT_EQ(CompileGood(FileOf(all)).programme.content_hash,
            CompileGood(FileOf(all + "    offline: refuse\n")).programme.content_hash);
}

// ---- Slots ---------------------------------------------------------------------------

TEST(Slots, Terms) {
  BenefitSpec benefit = BenefitOf(kFree + kSlots);
  EXPECT_EQ(benefit.asks, Asking(Asks::kSlot));
  EXPECT_EQ(benefit.slot_minutes, 30);
  EXPECT_EQ(benefit.slot_ahead_days, 30U);
  EXPECT_EQ(benefit.slot_grace_minutes, 0U);
  benefit =
      BenefitOf(kFree + "    slots: {minutes: 1440, places: 1, ahead: 366 days, grace: 7d}\n");
  EXPECT_EQ(benefit.slot_minutes, kSlotMinutesMax);
  EXPECT_EQ(benefit.slot_ahead_days, kSlotAheadDaysMax);
  EXPECT_EQ(benefit.slot_grace_minutes, kSlotGraceMinutesMax);
  EXPECT_EQ(BenefitOf(kFree + "    slots: {minutes: 1, places: 1, ahead: 1d, grace: 60s}\n")
                .slot_grace_minutes,
            1U);
}

TEST(Slots, MakeLimitsAfterThoseThatAreNamed) {
  const CompiledFile file =
      CompileGood(FileOf(kFree +
                             "    limits: [one]\n"
                             "    slots: {minutes: 30, places: 20, ahead: 30d, "
                             "no_shows: {most: 2, each: 6 months}}\n"
                             "  - code: c\n    name: C\n" +
                             kFree + kSlots,
                         "  - {code: one, per: person, each: year, uses: 1}\n"));
  EXPECT_THAT(LimitsOf(file, file.benefits.at(0)), ElementsAre("one", "b.places", "b.no_shows"));
  EXPECT_THAT(LimitsOf(file, file.benefits.at(1)), ElementsAre("c.places"));
  const LimitSpec& places = LimitCalled(file, "b.places");
  EXPECT_EQ(places.measure, LimitMeasure::kCount);
  EXPECT_EQ(places.subject, LimitSubject::kMerchant);
  EXPECT_EQ(places.window, WindowKind::kSlot);
  EXPECT_EQ(places.span, 1);
  EXPECT_EQ(places.scope, LimitScope::kAll);
  EXPECT_EQ(places.refund_to, RefundTo::kOriginalWindow);
  EXPECT_EQ(places.max, 20);
  const LimitSpec& no_shows = LimitCalled(file, "b.no_shows");
  EXPECT_EQ(no_shows.measure, LimitMeasure::kCount);
  EXPECT_EQ(no_shows.subject, LimitSubject::kPerson);
  EXPECT_EQ(no_shows.window, WindowKind::kMonth);
  EXPECT_EQ(no_shows.span, 6);
  EXPECT_EQ(no_shows.scope, LimitScope::kNoShow);
  EXPECT_EQ(no_shows.max, 2);
}

TEST(Slots, CasesOfAPriceShareThePlaces) {
  const CompiledFile file = CompileGood(
      FileOf("    price_by: [{sex: male, price: {free: true}}, {price: {free: true}}]\n" + kSlots));
  ASSERT_EQ(file.benefits.size(), 2U);
  EXPECT_EQ(file.limits.size(), 1U);
  for (const BenefitSpec& benefit : file.benefits) {
    EXPECT_EQ(benefit.asks, Asking(Asks::kSlot));
    EXPECT_EQ(benefit.limits.first, 0U);
    EXPECT_EQ(benefit.limits.count, 1U);
  }
}

TEST(Slots, FitExactlyIntoTheLongestHours) {
  const auto with = [](int minutes) {
    return RenderAll(Compile(
        FileOf("    when: {hours: [\"08:00-09:00\", \"12:00-13:30\", \"15:00-16:00\"]}\n" + kFree +
               "    slots: {minutes: " + std::to_string(minutes) + ", places: 1, ahead: 1d}\n")));
  };
  EXPECT_EQ(with(90), "");
  EXPECT_THAT(with(91), HasSubstr("the longest are 12:00-13:30, 90 minutes"));
}

// Hours that can not be read are not held against the slots as well.
TEST(Slots, AreNotJudgedByUnreadableHours) {
  EXPECT_EQ(RenderAll(Compile(
                FileOf("    when: {hours: [\"08:00-08:10\", \"9-12\"]}\n" + kFree + kSlots))),
            "f:6:35: benefits[0].when.hours[1]: '9-12' is not a range of hours (write HH:MM-HH:MM, "
            "such as 06:00-23:00)\n");
}

TEST(Slots, CodesFitToTheLastCharacter) {
  const auto with = [](size_t length, const std::string& more) {
    std::string text =
        FileOf(kFree + "    slots: {minutes: 9, places: 1, ahead: 1d" + more + "}\n");
    text.replace(text.find("code: b"), 7, "code: " + std::string(length, 'b'));
    return RenderAll(Compile(text));
  };
  const std::string no_shows = ", no_shows: {most: 1, each: year}";
  EXPECT_EQ(with(25, ""), "");
  EXPECT_THAT(with(26, ""), HasSubstr("at most 25 characters: its limit is called CODE.places"));
  EXPECT_EQ(with(23, no_shows), "");
  EXPECT_THAT(with(24, no_shows), HasSubstr("at most 23 characters"));
}

TEST(Slots, LimitsCountAgainstThoseOfTheFile) {
  const auto with = [](uint32_t declared) {
    std::string limits;
    std::string benefits = kFree + kSlots + "    limits: [l0]\n";
    for (uint32_t i = 0; i < declared; ++i) {
      const std::string code = "l" + std::to_string(i);
      limits += "  - {code: " + code + ", per: person, each: day, uses: 1}\n";
      if (i > 0) {
        benefits +=
            "  - {code: " + code + ", name: B, price: {free: true}, limits: [" + code + "]}\n";
      }
    }
    return RenderAll(Compile(FileOf(benefits, limits)));
  };
  EXPECT_EQ(with(kLimitsPerProgrammeMax - 1), "");
  EXPECT_THAT(with(kLimitsPerProgrammeMax),
              HasSubstr("benefits: 1025 limits, with those of slots, are too many (at most 1024)"));
}

TEST(Slots, LimitsOfABenefitFitExactly) {
  const auto with = [](int named) {
    std::string limits;
    std::string list;
    for (int i = 0; i < named; ++i) {
      const std::string code = "l" + std::to_string(i);
      limits += "  - {code: " + code + ", per: person, each: day, uses: 1}\n";
      list += (i == 0 ? "" : ", ") + code;
    }
    return RenderAll(Compile(FileOf(kFree + kSlots + "    limits: [" + list + "]\n", limits)));
  };
  EXPECT_EQ(with(7), "");
  EXPECT_THAT(with(8), HasSubstr("9 limits, with those of the slots, are too many (at most 8)"));
  // Of too many that are named, one finding is enough.
  EXPECT_THAT(with(9), HasSubstr("9 limits are too many (at most 8)"));
  EXPECT_THAT(with(9), testing::Not(HasSubstr("with those of the slots")));
}

// ---- Prices that are counted -----------------------------------------------------------

TEST(PriceLimits, CountWhatIsPaid) {
  const CompiledFile file = CompileGood(FileOf(
      "    price: {percent_off: 10%}\n"
      "    funding: {fund: f}\n"
      "    limits: [own-cost, cap]\n",
      kOwnCost + "  - {code: cap, per: union, level: city, each: 2 years, price: 100000 yuan, "
                 "refund_to: never}\n"));
  EXPECT_EQ(file.benefits.at(0).asks, kNothing);
  EXPECT_EQ(file.limits.at(0).measure, LimitMeasure::kPrice);
  EXPECT_EQ(file.limits.at(0).max, kLimitUnlimited);
  EXPECT_EQ(file.limits.at(1).measure, LimitMeasure::kPrice);
  EXPECT_EQ(file.limits.at(1).max, 10'000'000);
  EXPECT_EQ(file.limits.at(1).span, 2);
  EXPECT_EQ(file.limits.at(1).refund_to, RefundTo::kNever);
}

TEST(PriceLimits, BandsGoOn) {
  const CompiledFile file = CompileGood(
      FileOf("    price: {bands: [{from: 60000 yuan, percent_off: 50%}], counts_on: own-cost, "
             "at_most: 50000 yuan}\n"
             "    funding: {fund: f}\n"
             "    limits: [one, own-cost]\n",
             "  - {code: one, per: person, each: year, uses: 1}\n" + kOwnCost));
  const BenefitSpec& benefit = file.benefits.at(0);
  EXPECT_EQ(benefit.asks, Asking(Asks::kEarlierPrices));
  EXPECT_EQ(benefit.earlier_prices, 1U);
  // They are open to what is told afterwards.
  EXPECT_EQ(benefit.offline, OfflinePolicy::kAccept);
}

TEST(PriceLimits, EachCaseSaysWhatItGoesOnFrom) {
  const CompiledFile file = CompileGood(FileOf(
      "    price_by:\n"
      "      - {sex: male, price: {bands: [{from: 1 yuan, percent_off: 50%}], counts_on: b2}}\n"
      "      - {sex: female, price: {bands: [{from: 1 yuan, percent_off: 50%}], counts_on: b1}}\n"
      "      - price: {percent_off: 10%}\n"
      "    funding: {fund: f}\n"
      "    claim: {within: 9d}\n"
      "    limits: [b1, b2]\n",
      "  - {code: b1, per: person, each: year, price: unlimited}\n"
      "  - {code: b2, per: person, each: month, price: unlimited}\n"));
  ASSERT_EQ(file.benefits.size(), 3U);
  EXPECT_EQ(file.benefits[0].asks, Asking(Asks::kClaim) | Asking(Asks::kEarlierPrices));
  EXPECT_EQ(file.benefits[0].earlier_prices, 1U);
  EXPECT_EQ(file.benefits[1].asks, Asking(Asks::kClaim) | Asking(Asks::kEarlierPrices));
  EXPECT_EQ(file.benefits[1].earlier_prices, 0U);
  EXPECT_EQ(file.benefits[2].asks, Asking(Asks::kClaim));
}

// Such a limit is held against the least price at which the benefit gives anything.
TEST(PriceLimits, ThatCanBeReachedAreGood) {
  const auto with = [](const std::string& price, const std::string& max) {
    return RenderAll(
        Compile(FileOf("    price: " + price + "\n    funding: {fund: f}\n    limits: [l]\n",
                       "  - {code: l, per: person, each: day, price: " + max + "}\n")));
  };
  const auto refused = HasSubstr("but the benefit gives nothing below");
  EXPECT_EQ(with("{percent_off: 50}", "1 fen"), "");
  EXPECT_EQ(with("{percent_off: 50, minimum: 10 yuan}", "10 yuan"), "");
  EXPECT_THAT(with("{percent_off: 50, minimum: 10 yuan}", "9.99 yuan"), refused);
  EXPECT_EQ(with("{percent_off: 50, member_pays_at_least: 10 yuan}", "10.01 yuan"), "");
  EXPECT_THAT(with("{percent_off: 50, member_pays_at_least: 10 yuan}", "10 yuan"), refused);
  EXPECT_EQ(with("{member_pays: 3 yuan}", "3.01 yuan"), "");
  EXPECT_THAT(with("{member_pays: 3 yuan}", "3 yuan"), refused);
  EXPECT_EQ(with("{every: 40 yuan, off: 10 yuan}", "40 yuan"), "");
  EXPECT_THAT(with("{from: 40 yuan, off: 10 yuan}", "39.99 yuan"), refused);
  EXPECT_EQ(
      with("{tiers: [{from: 10 yuan, off: 5 yuan}, {from: 20 yuan, off: 6 yuan}]}", "10 yuan"), "");
  EXPECT_THAT(
      with("{tiers: [{from: 0 yuan, percent_off: 0}, {from: 20 yuan, off: 6 yuan}]}", "19.99 yuan"),
      refused);
  EXPECT_EQ(with("{bands: [{from: 10 yuan, percent_off: 50}]}", "10.01 yuan"), "");
  EXPECT_THAT(with("{bands: [{from: 10 yuan, percent_off: 50}]}", "10 yuan"), refused);
  EXPECT_THAT(with("{bands: [{from: 10 yuan, percent_off: 50}], counts_on: l}", "10 yuan"),
              refused);
  EXPECT_EQ(with("{free: true}", "1 fen"), "");
}

// Where the bands go on from another limit, a small price may earn.
TEST(PriceLimits, BesideBandsThatGoOnMayBeSmall) {
  CompileGood(
      FileOf("    price: {bands: [{from: 60000 yuan, percent_off: 50%}], counts_on: own-cost}\n"
             "    funding: {fund: f}\n"
             "    limits: [own-cost, a-day]\n",
             kOwnCost + "  - {code: a-day, per: person, each: day, price: 100 yuan}\n"));
}

// ---- Hash ------------------------------------------------------------------------------

TEST(Asks, EachChangesTheHash) {
  const std::string two = "  - {code: l, per: person, each: day, price: unlimited}\n" + kOwnCost;
  const auto slots = [](const std::string& more) {
    return FileOf(kFree + "    slots: {" + more + "}\n");
  };
  const auto bands = [&](const std::string& more) {
    return FileOf("    price: {bands: [{from: 1 yuan, percent_off: 50%}]" + more +
                      "}\n    funding: {fund: f}\n    limits: [l, own-cost]\n",
                  two);
  };
  const std::string files[] = {
      FileOf(kFree),
      FileOf(kFree + "    offline: refuse\n"),
      FileOf(kFree + "    voucher: v\n"),
      FileOf(kFree + "    voucher: w\n"),
      FileOf(kFree + "    voucher: v\n    voucher_returns: true\n"),
      FileOf(kFree + "    claim: {within: 9d}\n"),
      FileOf(kFree + "    claim: {within: 10d}\n"),
      FileOf(kFree + "    claim: {within: 9d, approvals: 1}\n"),
      FileOf(kFree + "    at: {terminals: [office]}\n    claim: {within: 9d}\n"),
      slots("minutes: 30, places: 20, ahead: 30d"),
      slots("minutes: 31, places: 20, ahead: 30d"),
      slots("minutes: 30, places: 21, ahead: 30d"),
      slots("minutes: 30, places: 20, ahead: 31d"),
      slots("minutes: 30, places: 20, ahead: 30d, grace: 1m"),
      slots("minutes: 30, places: 20, ahead: 30d, no_shows: {most: 2, each: year}"),
      slots("minutes: 30, places: 20, ahead: 30d, no_shows: {most: 3, each: year}"),
      slots("minutes: 30, places: 20, ahead: 30d, no_shows: {most: 2, each: month}"),
      bands(""),
      bands(", counts_on: l"),
      bands(", counts_on: own-cost"),
      FileOf(kFree + "    limits: [l]\n",
             "  - {code: l, per: person, each: day, amount: 1 yuan}\n"),
      FileOf(kFree + "    limits: [l]\n", "  - {code: l, per: person, each: day, price: 1 yuan}\n"),
  };
  std::vector<uint64_t> hashes;
  for (const std::string& text : files) {
    hashes.push_back(CompileGood(text).programme.content_hash);
    EXPECT_EQ(std::count(hashes.begin(), hashes.end(), hashes.back()), 1) << text;
  }
}

}  // namespace
}  // namespace gonghui
