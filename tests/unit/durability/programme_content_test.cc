// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/programme_content.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <gtest/gtest.h>

#include "engine/domain/calendar.h"
#include "engine/durability/record_format.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'123'456'789};

std::vector<uint8_t> Encode(const Event& event) {
  std::vector<uint8_t> bytes(RecordBytesMax(*event.command));
  bytes.resize(EncodeRecord(event, kAt, bytes.data()));
  return bytes;
}

TEST(ProgrammeContentTest, ASampleOfEverythingComesBack) {
  for (const auto& owned : {MakeProgramme(9, kAt), MakeStaging(9, kAt), MakeActivation(9, kAt)}) {
    const std::vector<uint8_t> bytes = Encode(owned->event);
    RecordDecoder decoder;
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, 9, kAt);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(payload.empty());
    EXPECT_EQ(FirstDifference(owned->event, **decoded), "");
  }
}

// A programme that no compiler makes: written it would be a journal that cannot be read.
struct Wrong {
  const char* what;
  std::function<void(OwnedEvent&)> make;
};

// The sample's benefit, as one that asks for something.
BenefitSpec& AskFor(OwnedEvent& o, Asks what) {
  BenefitSpec& benefit = o.benefits[0];
  benefit.layer = 0;
  benefit.asks = static_cast<uint8_t>(what);
  switch (what) {
    case Asks::kVoucher:
      benefit.voucher = CodeOf<SeriesCode>("rice");
      benefit.voucher_returns = true;
      break;
    case Asks::kSlot:
      benefit.slot_minutes = kSlotMinutesMax;
      benefit.slot_ahead_days = kSlotAheadDaysMax;
      benefit.slot_grace_minutes = kSlotGraceMinutesMax;
      break;
    case Asks::kClaim:
      benefit.claim_days_max = kClaimDaysMax;
      benefit.approvals = kApprovalsPerClaimMax;
      break;
    case Asks::kEarlierPrices:
      benefit.price.kind = PriceKind::kBands;
      break;
  }
  return benefit;
}

// The same, whose bands go on where its limit stands.
BenefitSpec& GoOn(OwnedEvent& o) {
  o.limits[0].measure = LimitMeasure::kPrice;
  return AskFor(o, Asks::kEarlierPrices);
}

LimitSpec NoShows(LimitSpec limit) {
  limit.measure = LimitMeasure::kCount;
  limit.subject = LimitSubject::kPerson;
  limit.scope = LimitScope::kNoShow;
  return limit;
}

LimitSpec Places(LimitSpec limit) {
  limit.measure = LimitMeasure::kCount;
  limit.window = WindowKind::kSlot;
  limit.span = 1;
  return limit;
}

const std::vector<Wrong>& AllWrong() {
  static const std::vector<Wrong> all = {
      {"limit reference beyond", [](OwnedEvent& o) { o.limit_refs[0] = 1; }},
      {"days that end before", [](OwnedEvent& o) { o.days[0].last = o.days[0].first - 1; }},
      {"programme refers beyond",
       [](OwnedEvent& o) {
         o.image.programme.special_days = {1, 1};
       }},
      {"days of a programme do not rise",
       [](OwnedEvent& o) {
         o.days = {{7, 9, DayKind::kHoliday, {}}, {9, 9, DayKind::kHoliday, {}}};
         o.image.days = o.days;
         o.image.programme.special_days = {0, 2};
       }},
      {"limit spans no window", [](OwnedEvent& o) { o.limits[0].span = 0; }},
      {"limit spans no window", [](OwnedEvent& o) { o.limits[0].span = kLimitSpanMax + 1; }},
      {"unknown level", [](OwnedEvent& o) { o.limits[0].union_level = 7; }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].segments_any = {0, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].segments_all = {0, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].segments_none = {0, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].mccs = {0, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].merchants = {1, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].merchants = {UINT32_MAX, 2};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].terminals = {0, 2};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].items_any = {1, 2};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].items_none = {3, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].closed_days = {0, 2};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].hours = {0, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].limits = {0, 2};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].funding = {1, 1};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.benefits[0].price.steps = {0, 3};
       }},
      {"benefit refers beyond",
       [](OwnedEvent& o) {
         o.steps.clear();
         for (uint32_t i = 0; i <= kPriceStepsPerBenefitMax; ++i) {
           o.steps.push_back({Fen{i}, Fen{1}, Bps{0}, 0});
         }
         o.image.steps = o.steps;
         o.benefits[0].price.steps = {0, kPriceStepsPerBenefitMax + 1};
       }},
      {"items of a benefit do not rise", [](OwnedEvent& o) { std::swap(o.items[0], o.items[1]); }},
      {"items of a benefit do not rise",
       [](OwnedEvent& o) {
         o.items[1] = o.items[0];
         o.benefits[0].items_none = o.benefits[0].items_any;
         o.benefits[0].items_any = {};
       }},
      {"days of a benefit do not rise",
       [](OwnedEvent& o) {
         o.days = {{7, 9, DayKind::kHoliday, {}}, {8, 9, DayKind::kHoliday, {}}};
         o.image.days = o.days;
         o.benefits[0].closed_days = {0, 2};
       }},
      {"steps of a price do not rise", [](OwnedEvent& o) { o.steps[1].from = o.steps[0].from; }},
      {"layer that there is not", [](OwnedEvent& o) { o.benefits[0].layer = kLayersMax + 1; }},
      {"unknown sex", [](OwnedEvent& o) { o.benefits[0].sexes = 8; }},
      {"unknown sex or kind of day", [](OwnedEvent& o) { o.benefits[0].day_kinds = 1; }},
      {"waiting period",
       [](OwnedEvent& o) { o.benefits[0].member_days_min = kWaitingDaysMax + 1; }},
      {"waiting period",
       [](OwnedEvent& o) { o.benefits[0].segment_days_min = kWaitingDaysMax + 1; }},
      {"asks for what there is not",
       [](OwnedEvent& o) {
         o.benefits[0].layer = 0;
         o.benefits[0].asks = 16;
       }},
      {"of a layer that asks", [](OwnedEvent& o) { AskFor(o, Asks::kVoucher).layer = 1; }},
      {"vouchers of no series", [](OwnedEvent& o) { AskFor(o, Asks::kVoucher).voucher = {}; }},
      {"that it does not ask for",
       [](OwnedEvent& o) { o.benefits[0].voucher = CodeOf<SeriesCode>("rice"); }},
      {"that it does not ask for", [](OwnedEvent& o) { o.benefits[0].voucher_returns = true; }},
      {"slots of a benefit", [](OwnedEvent& o) { AskFor(o, Asks::kSlot).slot_minutes = 0; }},
      {"slots of a benefit",
       [](OwnedEvent& o) { AskFor(o, Asks::kSlot).slot_minutes = kSlotMinutesMax + 1; }},
      {"slots of a benefit",
       [](OwnedEvent& o) { AskFor(o, Asks::kSlot).slot_ahead_days = kSlotAheadDaysMax + 1; }},
      {"slots of a benefit",
       [](OwnedEvent& o) { AskFor(o, Asks::kSlot).slot_grace_minutes = kSlotGraceMinutesMax + 1; }},
      {"slots of a benefit", [](OwnedEvent& o) { o.benefits[0].slot_minutes = 1; }},
      {"slots of a benefit", [](OwnedEvent& o) { o.benefits[0].slot_ahead_days = 1; }},
      {"slots of a benefit", [](OwnedEvent& o) { o.benefits[0].slot_grace_minutes = 1; }},
      {"claims of a benefit",
       [](OwnedEvent& o) { AskFor(o, Asks::kClaim).claim_days_max = kClaimDaysMax + 1; }},
      {"claims of a benefit",
       [](OwnedEvent& o) { AskFor(o, Asks::kClaim).approvals = kApprovalsPerClaimMax + 1; }},
      {"claims of a benefit", [](OwnedEvent& o) { o.benefits[0].claim_days_max = 1; }},
      {"claims of a benefit", [](OwnedEvent& o) { o.benefits[0].approvals = 1; }},
      {"prices that reduces",
       [](OwnedEvent& o) {
         o.limits[0].measure = LimitMeasure::kPrice;
         o.limits[0].when_exceeded = WhenExceeded::kReduce;
       }},
      {"of a layer with a limit of prices",
       [](OwnedEvent& o) { o.limits[0].measure = LimitMeasure::kPrice; }},
      {"no-shows that does not count",
       [](OwnedEvent& o) { o.limits[0].scope = LimitScope::kNoShow; }},
      {"no-shows that does not count",
       [](OwnedEvent& o) {
         o.limits[0] = NoShows(o.limits[0]);
         o.limits[0].measure = LimitMeasure::kAmount;
       }},
      {"limit of slots",
       [](OwnedEvent& o) { o.limits[0].window = WindowKind::kSlot; }},  // spans 30
      {"limit of slots",
       [](OwnedEvent& o) {
         o.limits[0] = Places(o.limits[0]);
         o.limits[0].measure = LimitMeasure::kAmount;
       }},
      {"limit of appointments", [](OwnedEvent& o) { o.limits[0] = NoShows(o.limits[0]); }},
      {"limit of appointments", [](OwnedEvent& o) { o.limits[0] = Places(o.limits[0]); }},
      {"bands that go on", [](OwnedEvent& o) { o.benefits[0].earlier_prices = 1; }},
      {"bands that go on", [](OwnedEvent& o) { GoOn(o).price.kind = PriceKind::kTiers; }},
      {"bands that go on", [](OwnedEvent& o) { GoOn(o).earlier_prices = 1; }},
      {"bands that go on", [](OwnedEvent& o) { GoOn(o).limits = {}; }},
      {"bands that go on",
       [](OwnedEvent& o) {
         GoOn(o);
         o.limits[0].measure = LimitMeasure::kAmount;
       }},
  };
  return all;
}

TEST(ProgrammeContentTest, WhatTheLedgerReliesOnIsAsked) {
  EXPECT_EQ(codec::WhatIsWrong(MakeProgramme(9, kAt)->image), nullptr);
  EXPECT_EQ(codec::WhatIsWrong(ProgrammeImage{}), nullptr);
  for (const Wrong& wrong : AllWrong()) {
    const auto owned = MakeProgramme(9, kAt);
    wrong.make(*owned);
    const char* const what = codec::WhatIsWrong(owned->image);
    ASSERT_NE(what, nullptr) << wrong.what;
    EXPECT_TRUE(absl::StrContains(what, wrong.what)) << what << ", not " << wrong.what;
  }
}

TEST(ProgrammeContentTest, WhatABenefitMayAskFor) {
  for (const Asks what : {Asks::kVoucher, Asks::kSlot, Asks::kClaim, Asks::kEarlierPrices}) {
    SCOPED_TRACE(static_cast<int>(what));
    const auto owned = MakeProgramme(9, kAt);
    what == Asks::kEarlierPrices ? GoOn(*owned) : AskFor(*owned, what);
    ASSERT_EQ(codec::WhatIsWrong(owned->image), nullptr) << codec::WhatIsWrong(owned->image);
    if (what == Asks::kSlot) {
      for (const LimitSpec& limit : {NoShows(owned->limits[0]), Places(owned->limits[0])}) {
        owned->limits[0] = limit;
        EXPECT_EQ(codec::WhatIsWrong(owned->image), nullptr) << codec::WhatIsWrong(owned->image);
      }
    }
    const std::vector<uint8_t> bytes = Encode(owned->event);
    RecordDecoder decoder;
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, 9, kAt);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(FirstDifference(owned->event, **decoded), "");
  }
}

TEST(ProgrammeContentTest, WhatIsWrongIsNeverWritten) {
  const auto owned = MakeProgramme(9, kAt);
  owned->limits[0].span = 0;
  EXPECT_DEATH(Encode(owned->event), "limit spans no window");
}

TEST(ProgrammeContentTest, WhatIsWrongIsNotRead) {
  // One byte is made wrong where it stands in the record.
  const auto owned = MakeProgramme(9, kAt);
  std::vector<uint8_t> bytes = Encode(owned->event);
  owned->limits[0].span = 29;
  const std::vector<uint8_t> other = Encode(owned->event);
  ASSERT_EQ(bytes.size(), other.size());
  size_t at = 0;
  while (bytes[at] == other[at]) {
    ++at;
  }
  ASSERT_EQ(bytes[at], 30);
  RecordDecoder decoder;
  for (const int span : {0, 32, 255}) {
    bytes[at] = static_cast<uint8_t>(span);
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, 9, kAt);
    ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StrContains(decoded.status().message(), "limit spans no window"))
        << decoded.status();
  }
}

// Benefits share ranges, and ranges overlap: what does not rise between them is nobody's.
TEST(ProgrammeContentTest, ARangeIsAskedForItself) {
  const auto owned = MakeProgramme(9, kAt);
  OwnedEvent& o = *owned;
  const auto item = [](const char* text) { return CodeOf<ItemCode>(text); };
  o.items = {item("b"), item("c"), item("a"), item("b"), item("b")};
  o.image.items = o.items;
  const auto wrong_with = [&o](PoolRange range) {
    o.benefits[0].items_any = range;
    return codec::WhatIsWrong(o.image) != nullptr;
  };
  EXPECT_FALSE(wrong_with({0, 0}));
  EXPECT_FALSE(wrong_with({0, 2}));
  EXPECT_TRUE(wrong_with({0, 3}));
  EXPECT_TRUE(wrong_with({1, 2}));
  EXPECT_FALSE(wrong_with({1, 1}));
  EXPECT_FALSE(wrong_with({2, 2}));
  EXPECT_TRUE(wrong_with({2, 3}));
  EXPECT_FALSE(wrong_with({4, 1}));
  o.benefits.push_back(o.benefits[0]);
  o.image.benefits = o.benefits;
  o.benefits[1].items_any = {1, 1};
  EXPECT_FALSE(wrong_with({0, 2}));
}

}  // namespace
}  // namespace gonghui
