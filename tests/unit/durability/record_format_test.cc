// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/record_format.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/strings.h"
#include "engine/durability/block_format.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'123'456'789};  // 2026-11-24T00:00:00Z and a bit

// GONGHUI_SEED replays a run: GONGHUI_SEED=7 record_format_test
uint64_t Seed() {
  const char* text = std::getenv("GONGHUI_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'124;
}

std::vector<uint8_t> Encode(const Event& event, TimestampNs previous_at) {
  // Canaries behind the promised room: the encoder stays inside it.
  const size_t room = RecordBytesMax(*event.command);
  std::vector<uint8_t> bytes(room + 64, 0xa5);
  const size_t used = EncodeRecord(event, previous_at, bytes.data());
  EXPECT_LE(used, room);
  EXPECT_TRUE(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(room),
                          bytes.end(),
                          [](uint8_t byte) { return byte == 0xa5; }));
  bytes.resize(used);
  return bytes;
}

std::string HexOf(std::span<const uint8_t> bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

class EveryKind : public testing::TestWithParam<EventKind> {};

TEST_P(EveryKind, ComesBackBitForBit) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Prng prng(seed + static_cast<uint64_t>(GetParam()));
  RecordDecoder decoder;
  for (int i = 0; i < 4'000; ++i) {
    SCOPED_TRACE("event " + std::to_string(i));
    const uint64_t seq = prng.Next();
    const TimestampNs at{prng.Chance(1, 4) ? static_cast<int64_t>(prng.Next()) : kAt.value()};
    const TimestampNs previous_at{prng.Chance(1, 3) ? 0 : at.value() - prng.Between(0, 1 << 20)};
    const auto owned = MakeRandomEvent(GetParam(), seq, at, prng);
    const std::vector<uint8_t> bytes = Encode(owned->event, previous_at);
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, seq, previous_at);
    ASSERT_TRUE(decoded.ok()) << decoded.status() << "\n" << HexOf(bytes);
    ASSERT_TRUE(payload.empty());
    ASSERT_EQ(FirstDifference(owned->event, **decoded), "") << HexOf(bytes);
    ASSERT_EQ(Encode(**decoded, previous_at), bytes);
  }
}

TEST_P(EveryKind, TruncatedAnywhereIsDamage) {
  Prng prng(Seed() + static_cast<uint64_t>(GetParam()));
  RecordDecoder decoder;
  for (int i = 0; i < 40; ++i) {
    const auto owned = MakeRandomEvent(GetParam(), 7, kAt, prng);
    const std::vector<uint8_t> bytes = Encode(owned->event, TimestampNs{});
    for (size_t size = 0; size < bytes.size(); ++size) {
      // A copy of exactly this size: ASan sees a read behind it.
      const std::vector<uint8_t> cut(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(size));
      std::span<const uint8_t> payload(cut);
      const auto decoded = decoder.Next(&payload, 7, TimestampNs{});
      ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss) << size;
      ASSERT_EQ(payload.size(), size) << "a failed read must not move the cursor";
      ASSERT_NE(decoded.status().message().find("event 7, byte "), absl::string_view::npos);
    }
  }
}

TEST_P(EveryKind, FlippedBitsGiveAnEventOrDamage) {
  Prng prng(Seed() + static_cast<uint64_t>(GetParam()));
  RecordDecoder decoder;
  int damaged = 0;
  int events = 0;
  for (int i = 0; i < 20; ++i) {
    const auto owned = MakeRandomEvent(GetParam(), 7, kAt, prng);
    std::vector<uint8_t> bytes = Encode(owned->event, TimestampNs{});
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
      std::span<const uint8_t> payload(bytes);
      const auto decoded = decoder.Next(&payload, 7, TimestampNs{});
      if (decoded.ok()) {
        // Whatever it is, it can be written again: nothing in it is out of bounds.
        ++events;
        Encode(**decoded, TimestampNs{});
      } else {
        ++damaged;
        ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
      }
      bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    }
  }
  EXPECT_GT(damaged, 0);
  EXPECT_GT(events, 0);
}

INSTANTIATE_TEST_SUITE_P(RecordFormat,
                         EveryKind,
                         testing::ValuesIn(kAllEventKinds),
                         [](const testing::TestParamInfo<EventKind>& kind) {
                           return "Kind" + std::to_string(static_cast<int>(kind.param));
                         });

TEST(RecordFormatTest, NoiseNeverBreaksTheDecoder) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Prng prng(seed);
  RecordDecoder decoder;
  for (int i = 0; i < 200'000; ++i) {
    std::vector<uint8_t> bytes(prng.Below(120));
    for (uint8_t& byte : bytes) {
      byte = static_cast<uint8_t>(prng.Chance(1, 2) ? prng.Below(4) : prng.Next());
    }
    if (bytes.size() > 4) {  // past the first checks, so that the fields are tried
      bytes[0] = static_cast<uint8_t>(bytes.size() - 1);
      bytes[1] = static_cast<uint8_t>(kAllEventKinds[prng.Below(std::size(kAllEventKinds))]);
      bytes[2] = 1;
    }
    std::span<const uint8_t> payload(bytes);
    while (!payload.empty()) {
      const auto decoded = decoder.Next(&payload, 1, TimestampNs{});
      if (!decoded.ok()) {
        break;
      }
      Encode(**decoded, TimestampNs{});
    }
  }
}

TEST(RecordFormatTest, RecordsFollowOneAnother) {
  Prng prng(Seed());
  std::vector<uint8_t> payload_bytes;
  std::vector<std::unique_ptr<OwnedEvent>> events;
  TimestampNs previous_at;
  for (uint64_t seq = 1; seq <= 200; ++seq) {
    const EventKind kind = kAllEventKinds[prng.Below(std::size(kAllEventKinds))];
    const TimestampNs at{kAt.value() + static_cast<int64_t>(seq) * 1'000};
    events.push_back(MakeRandomEvent(kind, seq, at, prng));
    const std::vector<uint8_t> bytes = Encode(events.back()->event, previous_at);
    payload_bytes.insert(payload_bytes.end(), bytes.begin(), bytes.end());
    previous_at = at;
  }
  RecordDecoder decoder;
  std::span<const uint8_t> payload(payload_bytes);
  previous_at = TimestampNs{};
  for (const auto& owned : events) {
    const auto decoded = decoder.Next(&payload, owned->event.seq.value(), previous_at);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_EQ(FirstDifference(owned->event, **decoded), "");
    previous_at = (*decoded)->at;
  }
  EXPECT_TRUE(payload.empty());
}

TEST(RecordFormatTest, WhatAKindDoesNotUseComesBackAsZero) {
  const auto owned = MakeSale(9, kAt);
  owned->event.row = 77;
  owned->event.span_count = 2;
  owned->command.deadline = TimestampNs{1};
  const std::vector<uint8_t> bytes = Encode(owned->event, TimestampNs{});
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  const auto decoded = decoder.Next(&payload, 9, TimestampNs{});
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ((*decoded)->row, 0u);
  EXPECT_EQ((*decoded)->span_count, 0u);
  EXPECT_EQ((*decoded)->command->deadline, kTimestampMax);
}

TEST(RecordFormatTest, AnUnknownVersionOrKindIsRefusedWithItsByte) {
  const auto owned = MakeSale(9, kAt);
  std::vector<uint8_t> bytes = Encode(owned->event, TimestampNs{});
  RecordDecoder decoder;
  bytes[2] = 2;
  std::span<const uint8_t> payload(bytes);
  EXPECT_EQ(decoder.Next(&payload, 9, TimestampNs{}).status().message(),
            "record of event 9, byte 2: unknown version of a record");
  bytes[2] = 1;
  bytes[1] = 99;
  payload = bytes;
  EXPECT_EQ(decoder.Next(&payload, 9, TimestampNs{}).status().message(),
            "record of event 9, byte 1: unknown kind of event");
}

TEST(RecordFormatTest, AnImageThatRefersBeyondItselfIsDamage) {
  Prng prng(Seed());
  OwnedEvent owned;
  owned.command.kind = CommandKind::kApplyProgramme;
  owned.command.programme = &owned.image;
  owned.event.kind = EventKind::kProgrammeApplied;
  owned.event.command = &owned.command;
  owned.limit_refs = {0};  // of no limits
  owned.image.limit_refs = owned.limit_refs;
  const std::vector<uint8_t> bytes = Encode(owned.event, TimestampNs{});
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  EXPECT_EQ(decoder.Next(&payload, 1, TimestampNs{}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(RecordFormatTest, TheLargestProgrammeFitsABlock) {
  OwnedEvent owned;
  owned.command.kind = CommandKind::kApplyProgramme;
  owned.command.programme = &owned.image;
  owned.event.kind = EventKind::kProgrammeApplied;
  owned.event.command = &owned.command;
  const auto wide = CodeOf<SegmentCode>(std::string(32, 'w'));
  owned.limits.resize(kLimitsPerProgrammeMax);
  owned.segments.assign(kPoolItemsPerProgrammeMax, wide);
  owned.mccs.assign(kPoolItemsPerProgrammeMax, {UINT16_MAX, UINT16_MAX});
  owned.merchants.assign(kPoolItemsPerProgrammeMax, CodeOf<MerchantId>(std::string(16, 'm')));
  owned.hours.assign(kPoolItemsPerProgrammeMax, {INT32_MIN, INT32_MIN});
  owned.limit_refs.assign(kPoolItemsPerProgrammeMax, kLimitsPerProgrammeMax - 1);
  owned.funding.resize(kPoolItemsPerProgrammeMax);
  for (FundingShareSpec& share : owned.funding) {
    share.fund.words = wide.words;
    share.share = Bps{INT32_MIN};
  }
  owned.benefits.resize(kBenefitsPerProgrammeMax);
  owned.image.limits = owned.limits;
  owned.image.segments = owned.segments;
  owned.image.mccs = owned.mccs;
  owned.image.merchants = owned.merchants;
  owned.image.hours = owned.hours;
  owned.image.limit_refs = owned.limit_refs;
  owned.image.funding = owned.funding;
  owned.image.benefits = owned.benefits;
  EXPECT_LE(RecordBytesMax(owned.command) + kBlockHeaderBytes, kBlockBytesMax);
  const std::vector<uint8_t> bytes = Encode(owned.event, TimestampNs{});
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  const auto decoded = decoder.Next(&payload, 0, TimestampNs{});
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(FirstDifference(owned.event, **decoded), "");
}

TEST(RecordFormatTest, ASaleIsSmall) {
  const auto owned = MakeSale(5'001, kAt);
  const TimestampNs just_before{kAt.value() - 4'000};
  const std::vector<uint8_t> bytes = Encode(owned->event, just_before);
  RecordProperty("sale_bytes", static_cast<int>(bytes.size()));
  EXPECT_LE(bytes.size(), 110u);
}

}  // namespace
}  // namespace gonghui
