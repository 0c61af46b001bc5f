// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/record_format.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/strings.h"
#include "engine/domain/details.h"
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
      bytes[2] = static_cast<uint8_t>(prng.Chance(1, 2) ? 1 : 2);
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

// The decoder's memory is used again; whatever a record left there, whole or damaged, the next
// one is as if it were the first.
TEST(RecordFormatTest, NothingLingersFromADamagedRecord) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Prng prng(seed);
  RecordDecoder decoder;
  int damaged = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto any_event = [&prng] {
      const EventKind kind = kAllEventKinds[prng.Below(std::size(kAllEventKinds))];
      return MakeRandomEvent(kind, 7, kAt, prng);
    };
    std::vector<uint8_t> bytes = Encode(any_event()->event, kAt);
    bytes[2 + prng.Below(bytes.size() - 2)] ^= static_cast<uint8_t>(1 + prng.Below(255));
    std::span<const uint8_t> payload(bytes);
    damaged += decoder.Next(&payload, 7, kAt).ok() ? 0 : 1;
    const auto owned = any_event();
    bytes = Encode(owned->event, kAt);
    payload = bytes;
    const auto decoded = decoder.Next(&payload, 7, kAt);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_EQ(FirstDifference(owned->event, **decoded), "") << HexOf(bytes);
  }
  EXPECT_GT(damaged, 500);
}

TEST(RecordFormatTest, WhatAKindDoesNotUseComesBackAsZero) {
  const auto owned = MakeSale(9, kAt);
  owned->event.row = 77;
  owned->event.span_count = 2;
  owned->event.lines[0].number = 1;
  owned->event.advice.sequence = 7;
  owned->event.batch.number = 7;
  Details details;
  owned->command.details = &details;
  owned->command.deadline = TimestampNs{1};
  const std::vector<uint8_t> bytes = Encode(owned->event, TimestampNs{});
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  const auto decoded = decoder.Next(&payload, 9, TimestampNs{});
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ((*decoded)->row, 0u);
  EXPECT_EQ((*decoded)->span_count, 0u);
  EXPECT_EQ((*decoded)->lines[0].number, 0u);
  EXPECT_EQ((*decoded)->advice.sequence, 0u);
  EXPECT_EQ((*decoded)->batch.number, 0u);
  EXPECT_EQ((*decoded)->command->details, nullptr);
  EXPECT_EQ((*decoded)->command->deadline, kTimestampMax);
}

TEST(RecordFormatTest, AnUnknownVersionOrKindIsRefusedWithItsByte) {
  RecordDecoder decoder;
  const auto message_of = [&decoder](std::vector<uint8_t> bytes, size_t at, uint8_t value) {
    bytes[at] = value;
    std::span<const uint8_t> payload(bytes);
    return std::string(decoder.Next(&payload, 9, TimestampNs{}).status().message());
  };
  const std::vector<uint8_t> sale = Encode(MakeSale(9, kAt)->event, TimestampNs{});
  for (const int version : {0, 3, 255}) {
    EXPECT_EQ(message_of(sale, 2, static_cast<uint8_t>(version)),
              "record of event 9, byte 2: unknown version of a record");
  }
  EXPECT_EQ(message_of(sale, 1, 99), "record of event 9, byte 1: unknown kind of event");
  // Versions are of a kind.
  const std::vector<uint8_t> close = Encode(MakeBatchClose(9, kAt)->event, TimestampNs{});
  ASSERT_EQ(close[2], 2);
  EXPECT_EQ(message_of(close, 2, 1), "record of event 9, byte 2: unknown version of a record");
  Prng prng(Seed());
  for (const EventKind kind :
       {EventKind::kHoldExpired, EventKind::kProgrammeActivated, EventKind::kSegmentDefined}) {
    std::vector<uint8_t> other;
    do {
      other = Encode(MakeRandomEvent(kind, 9, kAt, prng)->event, TimestampNs{});
    } while (other[0] >= 0x80);
    ASSERT_EQ(other[2], 1);
    EXPECT_EQ(message_of(other, 2, 2), "record of event 9, byte 2: unknown version of a record");
  }
}

// How a field that takes part of one byte is set, in an event where it is written.
struct ByteField {
  const char* name;
  EventKind kind;
  uint8_t mask;                                  // of the byte
  std::vector<int> good;                         // two values that differ in that byte alone
  std::vector<int> bad;                          // values that no enumerator has
  std::function<bool(OwnedEvent&, int)> set_to;  // false: this event has no such field
};

int ShiftOf(uint8_t mask) {
  return std::countr_zero(mask);
}

TEST(RecordFormatTest, UnknownEnumeratorsAreRefused) {
  const auto in_benefit = [](OwnedEvent& o, int value) {
    if (o.benefits.empty()) {
      return false;
    }
    o.benefits[0].price.on_return = static_cast<OnReturn>(value);
    return true;
  };
  const auto in_limit = [](OwnedEvent& o, int value) {
    if (o.limits.empty()) {
      return false;
    }
    o.limits[0].refund_to = static_cast<RefundTo>(value);
    return true;
  };
  const auto in_price = [](OwnedEvent& o, int value) {
    if (o.benefits.empty() || AsksFor(o.benefits[0].asks, Asks::kEarlierPrices)) {
      return false;
    }
    o.benefits[0].price.kind = static_cast<PriceKind>(value);
    return true;
  };
  const auto in_base = [](OwnedEvent& o, int value) {
    if (o.benefits.empty()) {
      return false;
    }
    o.benefits[0].base = static_cast<StackBase>(value);
    return true;
  };
  const auto in_offline = [](OwnedEvent& o, int value) {
    if (o.benefits.empty()) {
      return false;
    }
    o.benefits[0].offline = static_cast<OfflinePolicy>(value);
    return true;
  };
  const auto in_subject = [](OwnedEvent& o, int value) {
    if (o.limits.empty() || o.limits[0].scope == LimitScope::kNoShow) {
      return false;
    }
    o.limits[0].subject = static_cast<LimitSubject>(value);
    return true;
  };
  const auto in_scope = [](OwnedEvent& o, int value) {
    if (o.limits.empty()) {
      return false;
    }
    o.limits[0].scope = static_cast<LimitScope>(value);
    return true;
  };
  const auto in_day = [](OwnedEvent& o, int value) {
    if (o.days.empty()) {
      return false;
    }
    o.days[0].kind = static_cast<DayKind>(value);
    return true;
  };
  const auto in_image = [](OwnedEvent& o, int value) {
    o.image.stage = static_cast<Stage>(value);
    return true;
  };
  const auto in_stage = [](OwnedEvent& o, int value) {
    o.stage_programme.stage = static_cast<Stage>(value);
    return true;
  };
  const auto in_terminal = [](OwnedEvent& o, int value) {
    o.terminal.kind = static_cast<TerminalKind>(value);
    return true;
  };
  const auto in_voucher = [](OwnedEvent& o, int value) {
    o.event.voucher_row = VoucherRow{7};
    o.event.voucher_state = static_cast<VoucherState>(value);
    return true;
  };
  const auto in_fund = [](OwnedEvent& o, int value) {
    o.fund.payer = static_cast<Payer>(value);
    return true;
  };
  const auto in_asset = [](OwnedEvent& o, int value) {
    o.fund.asset = static_cast<Asset>(value);
    return true;
  };
  const auto in_sex = [](OwnedEvent& o, int value) {
    o.member.sex = static_cast<Sex>(value);
    return true;
  };
  const auto in_programme = [](OwnedEvent& o, int value) {
    o.image.programme.late_capture = static_cast<LateCapture>(value);
    return true;
  };
  const auto in_original = [](OwnedEvent& o, int value) {
    o.event.original.state = static_cast<TransactionState>(value);
    return o.event.original.row != TransactionRow{};
  };
  const auto in_state = [](OwnedEvent& o, int value) {
    o.event.transaction.state = static_cast<TransactionState>(value);
    return true;
  };
  const auto in_outcome = [](OwnedEvent& o, int value) {
    o.event.transaction.outcome = static_cast<Outcome>(value);
    return true;
  };
  // The transaction's own stays apart, so that it is written in both.
  const auto in_reason = [](OwnedEvent& o, int value) {
    o.event.transaction.reversal_reason = ReversalReason::kDeviceUnable;
    o.command.reverse.reason = static_cast<ReversalReason>(value);
    return true;
  };
  const auto in_entry_mode = [](OwnedEvent& o, int value) {
    o.event.transaction.entry_mode = PosEntryMode::kManual;
    o.command.authorize.entry_mode = static_cast<PosEntryMode>(value);
    return true;
  };
  const ByteField fields[] = {
      {"price.kind", EventKind::kProgrammeApplied, 0xff, {1, 5, 6}, {0, 7, 255}, in_price},
      {"subject", EventKind::kProgrammeApplied, 0xff, {1, 5, 6}, {0, 7, 255}, in_subject},
      {"scope", EventKind::kProgrammeApplied, 0xff, {1, 2}, {0, 4, 255}, in_scope},
      {"day.kind", EventKind::kProgrammeApplied, 0xff, {1, 2, 3}, {0, 4, 255}, in_day},
      {"base", EventKind::kProgrammeApplied, 0xff, {1, 2}, {0, 3, 255}, in_base},
      {"offline", EventKind::kProgrammeApplied, 0xff, {1, 2}, {0, 3, 255}, in_offline},
      {"image.stage", EventKind::kProgrammeApplied, 0xff, {1, 2, 4}, {0, 5, 6, 255}, in_image},
      {"stage", EventKind::kProgrammeStaged, 0xff, {1, 2, 6}, {0, 7, 255}, in_stage},
      {"terminal.kind", EventKind::kTerminalSet, 0xff, {1, 4, 5}, {0, 6, 255}, in_terminal},
      {"voucher_state", EventKind::kHoldExpired, 0xff, {1, 2, 5}, {0, 6, 255}, in_voucher},
      {"voucher_state", EventKind::kCaptured, 0xff, {1, 3, 5}, {0, 6, 255}, in_voucher},
      {"voucher_state", EventKind::kClaimRejected, 0xff, {1, 2}, {0, 6, 255}, in_voucher},
      {"payer", EventKind::kFundSet, 0x03, {1, 2, 3}, {0}, in_fund},
      {"asset", EventKind::kFundSet, 0x03, {1, 2}, {0, 3}, in_asset},
      {"sex", EventKind::kMemberSet, 0x03, {0, 1, 2}, {3}, in_sex},
      {"on_return", EventKind::kProgrammeApplied, 0xff, {1, 2, 3}, {0, 4, 255}, in_benefit},
      {"refund_to", EventKind::kProgrammeApplied, 0xff, {1, 2, 3}, {0, 4, 255}, in_limit},
      {"late_capture", EventKind::kProgrammeApplied, 0xff, {1, 2}, {0, 3, 255}, in_programme},
      {"original.state", EventKind::kRefunded, 0x0f, {8, 9}, {0, 10, 15}, in_original},
      {"original.state", EventKind::kHoldExpired, 0x0f, {5, 6}, {0, 10, 15}, in_original},
      {"state", EventKind::kAuthorized, 0x0f, {8, 9}, {0, 10, 15}, in_state},
      {"state", EventKind::kIncremented, 0x0f, {8, 9}, {0, 10, 15}, in_state},
      {"outcome", EventKind::kRefunded, 0x30, {1, 2, 3}, {0}, in_outcome},
      {"reason", EventKind::kReversed, 0xe0, {1, 2, 3}, {0, 5, 6, 7}, in_reason},
      {"entry_mode", EventKind::kAuthorized, 0x1c, {0, 1, 2, 3, 4}, {6, 7}, in_entry_mode},
  };
  const uint64_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RecordDecoder decoder;
  const auto decode = [&decoder](const std::vector<uint8_t>& bytes) {
    std::span<const uint8_t> payload(bytes);
    return decoder.Next(&payload, 1, kAt).status();
  };
  for (const ByteField& field : fields) {
    SCOPED_TRACE(std::string(field.name) + " of kind " +
                 std::to_string(static_cast<int>(field.kind)));
    int tried = 0;
    for (uint64_t i = 0; i < 40; ++i) {
      Prng prng(seed + i);
      const auto owned = MakeRandomEvent(field.kind, 1, kAt, prng);
      if (!field.set_to(*owned, field.good[0])) {
        continue;
      }
      ++tried;
      std::vector<uint8_t> bytes = Encode(owned->event, kAt);
      ASSERT_TRUE(field.set_to(*owned, field.good[1]));
      const std::vector<uint8_t> other = Encode(owned->event, kAt);
      ASSERT_EQ(bytes.size(), other.size());
      const auto where = static_cast<size_t>(
          std::mismatch(bytes.begin(), bytes.end(), other.begin()).first - bytes.begin());
      ASSERT_LT(where, bytes.size());
      const auto put = [&](int value) {
        bytes[where] =
            static_cast<uint8_t>((bytes[where] & ~field.mask) | (value << ShiftOf(field.mask)));
      };
      for (const int value : field.good) {
        put(value);
        ASSERT_TRUE(decode(bytes).ok()) << value << ": " << decode(bytes);
      }
      for (const int value : field.bad) {
        put(value);
        const absl::Status status = decode(bytes);
        ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << value;
        ASSERT_TRUE(absl::StrContains(status.message(), "unknown enumerator")) << status;
      }
    }
    EXPECT_GT(tried, 5);
  }
}

TEST(RecordFormatTest, UnknownFlagsOfACommandAreRefused) {
  struct Flags {
    EventKind kind;
    uint32_t known;
    const char* what;
  };
  const Flags all[] = {
      {EventKind::kCaptured, 0x3f, "unknown flag of a capture"},
      {EventKind::kReversed, 0xff, "unknown flag of a reversal"},
      {EventKind::kIncremented, 0x3e, "unknown flag of an increment"},
      {EventKind::kRefunded, 0x1f, "unknown flag of a refund"},
  };
  Prng prng(Seed());
  RecordDecoder decoder;
  const auto message_of = [&decoder](const std::vector<uint8_t>& bytes) {
    std::span<const uint8_t> payload(bytes);
    return std::string(decoder.Next(&payload, 1, kAt).status().message());
  };
  // Length of two bytes, kind, version, flags, no time, no caller: the command.
  constexpr size_t kCommandAt = 6;
  const auto encode = [&](EventKind kind) {
    for (;;) {
      const auto owned = MakeRandomEvent(kind, 1, kAt, prng);
      owned->command.terminal = {};
      owned->command.request_id = {};
      owned->command.authorize.hold_s =
          kind == EventKind::kAuthorized ? 60 : owned->command.authorize.hold_s;
      const std::vector<uint8_t> bytes = Encode(owned->event, kAt);
      if (bytes[0] >= 0x80) {
        return bytes;
      }
    }
  };
  for (const Flags& flags : all) {
    for (uint32_t bit = 1; bit < 0x100; bit <<= 1) {
      std::vector<uint8_t> bytes = encode(flags.kind);
      bytes[kCommandAt] = static_cast<uint8_t>(bytes[kCommandAt] | bit);
      EXPECT_EQ(absl::StrContains(message_of(bytes), flags.what), (flags.known & bit) == 0)
          << flags.what << " " << bit;
    }
  }
  std::vector<uint8_t> bytes = encode(EventKind::kAuthorized);
  ASSERT_GE(bytes[kCommandAt], 0x80);
  ASSERT_LT(bytes[kCommandAt + 1], 4);
  bytes[kCommandAt + 1] |= 4;
  EXPECT_EQ(message_of(bytes), "record of event 1, byte 6: unknown flag of an authorization");
}

// Above the last flag of each byte that has an enumerator and flags.  Of members' and cards'
// statuses there is no such bit: flags fill the byte.
TEST(RecordFormatTest, UnknownFlagsBesideAnEnumeratorAreRefused) {
  struct FlagByte {
    const char* name;
    EventKind kind;
    uint8_t known;                      // of the byte: the enumerator and its flags
    void (*toggle)(OwnedEvent& owned);  // the byte's first flag
  };
  const FlagByte all[] = {
      {"asset", EventKind::kFundSet, 0x3f, [](OwnedEvent& o) { o.fund.keep.owner ^= true; }},
      {"payer", EventKind::kFundSet, 0x3f, [](OwnedEvent& o) { o.fund.keep.opens_at ^= true; }},
      {"sex", EventKind::kMemberSet, 0x07, [](OwnedEvent& o) { o.member.keep.joined_day ^= true; }},
      {"status", EventKind::kMemberSet, 0xff, [](OwnedEvent& o) { o.member.keep.status ^= true; }},
      {"status", EventKind::kCardSet, 0x7f, [](OwnedEvent& o) { o.card.keep.status ^= true; }},
  };
  Prng prng(Seed());
  RecordDecoder decoder;
  for (const FlagByte& field : all) {
    SCOPED_TRACE(std::string(field.name) + " of kind " +
                 std::to_string(static_cast<int>(field.kind)));
    const auto owned = MakeRandomEvent(field.kind, 1, kAt, prng);
    const std::vector<uint8_t> good = Encode(owned->event, kAt);
    field.toggle(*owned);
    const std::vector<uint8_t> other = Encode(owned->event, kAt);
    ASSERT_EQ(good.size(), other.size());
    const auto where = static_cast<size_t>(
        std::mismatch(good.begin(), good.end(), other.begin()).first - good.begin());
    ASSERT_LT(where, good.size());
    for (uint32_t bit = 1; bit < 0x100; bit <<= 1) {
      if ((field.known & bit) != 0) {
        continue;
      }
      std::vector<uint8_t> bytes = good;
      bytes[where] = static_cast<uint8_t>(bytes[where] | bit);
      std::span<const uint8_t> payload(bytes);
      const absl::Status status = decoder.Next(&payload, 1, kAt).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << bit;
      EXPECT_TRUE(absl::StrContains(status.message(), "unknown flag beside an enumerator"))
          << bit << ": " << status;
    }
  }
}

TEST(RecordFormatTest, MoreOverCapturesThanTheLimitAreRefused) {
  OwnedEvent owned;
  owned.command.kind = CommandKind::kApplyProgramme;
  owned.command.programme = &owned.image;
  owned.event.kind = EventKind::kProgrammeApplied;
  owned.event.command = &owned.command;
  owned.over_capture.resize(kOverCapturesPerProgrammeMax);
  owned.image.over_capture = owned.over_capture;
  std::vector<uint8_t> bytes = Encode(owned.event, TimestampNs{});
  // From the end: row_2, row, no benefits, the items of three bytes, their count.
  const size_t count_at = bytes.size() - 3 - 3 * kOverCapturesPerProgrammeMax - 1;
  ASSERT_EQ(bytes[count_at], kOverCapturesPerProgrammeMax);
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  ASSERT_TRUE(decoder.Next(&payload, 1, TimestampNs{}).ok());
  bytes[count_at] += 1;
  payload = bytes;
  EXPECT_TRUE(absl::StrContains(decoder.Next(&payload, 1, TimestampNs{}).status().message(),
                                "more items than limits.h allows"));
  owned.over_capture.resize(kOverCapturesPerProgrammeMax + 1);
  owned.image.over_capture = owned.over_capture;
  EXPECT_DEATH(Encode(owned.event, TimestampNs{}), "count=65 max=64");
}

// A record has no place for them, so they would come back as zero.
TEST(RecordFormatTest, ReservedFieldsAreZero) {
  const auto with = [](auto&& make, auto&& set) {
    const auto owned = make(9, kAt);
    set(owned->event);
    Encode(owned->event, TimestampNs{});
  };
  const auto sale = [](uint64_t seq, TimestampNs at) { return MakeSale(seq, at); };
  with(sale, [](Event&) {});
  EXPECT_DEATH(with(sale, [](Event& e) { e.transaction.progress.reserved_2 = 1; }), "reserved_2=1");
  EXPECT_DEATH(with(MakeAdvice, [](Event& e) { e.advice.reserved[1] = 1; }), "reserved");
  EXPECT_DEATH(with(MakeBatchClose, [](Event& e) { e.batch.reserved = 1; }), "reserved=1");
  EXPECT_DEATH(with(MakeBatchClose, [](Event& e) { e.batch.ours.reserved = 1; }), "reserved=1");
  EXPECT_DEATH(with(MakeBatchClose, [](Event& e) { e.transaction.reference.reserved[1] = 1; }),
               "reserved.1.=1");
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
  owned.terminals.assign(kPoolItemsPerProgrammeMax, CodeOf<TerminalId>(std::string(16, 't')));
  owned.items.resize(kPoolItemsPerProgrammeMax);
  for (ItemCode& item : owned.items) {
    item.words = wide.words;
  }
  owned.steps.assign(kPoolItemsPerProgrammeMax,
                     {Fen{INT64_MIN}, Fen{INT64_MIN}, Bps{INT32_MIN}, 0});
  owned.days.assign(kPoolItemsPerProgrammeMax, {INT32_MIN, INT32_MIN, DayKind::kHoliday, {}});
  owned.hours.assign(kPoolItemsPerProgrammeMax, {INT32_MIN, INT32_MIN});
  owned.limit_refs.assign(kPoolItemsPerProgrammeMax, kLimitsPerProgrammeMax - 1);
  owned.funding.resize(kPoolItemsPerProgrammeMax);
  for (FundingShareSpec& share : owned.funding) {
    share.fund.words = wide.words;
    share.share = Bps{INT32_MIN};
  }
  owned.over_capture.assign(kOverCapturesPerProgrammeMax,
                            {{UINT16_MAX, UINT16_MAX}, Bps{INT32_MIN}});
  owned.benefits.resize(kBenefitsPerProgrammeMax);
  owned.image.limits = owned.limits;
  owned.image.segments = owned.segments;
  owned.image.mccs = owned.mccs;
  owned.image.merchants = owned.merchants;
  owned.image.terminals = owned.terminals;
  owned.image.items = owned.items;
  owned.image.steps = owned.steps;
  owned.image.days = owned.days;
  owned.image.hours = owned.hours;
  owned.image.limit_refs = owned.limit_refs;
  owned.image.funding = owned.funding;
  owned.image.over_capture = owned.over_capture;
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
  // Asking for a smaller subsidy rather than none costs nothing.
  owned->command.authorize.allow_partial = true;
  owned->event.transaction.progress.allow_partial = true;
  EXPECT_EQ(Encode(owned->event, just_before).size(), bytes.size());
}

// Amounts that follow from the original's change, the reference and the member's
// part take no byte of their own.
TEST(RecordFormatTest, AFollowUpIsSmall) {
  for (const EventKind kind : {EventKind::kCaptured,
                               EventKind::kReversed,
                               EventKind::kIncremented,
                               EventKind::kRefunded}) {
    SCOPED_TRACE(static_cast<int>(kind));
    const auto owned = MakeFollowUp(kind, 5'002, kAt);
    const std::vector<uint8_t> bytes = Encode(owned->event, kAt);
    EXPECT_LE(bytes.size(), 100u);
    RecordDecoder decoder;
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, 5'002, kAt);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(FirstDifference(owned->event, **decoded), "");
    // What is not as predicted comes back all the same, at its own cost.
    owned->event.transaction.subsidy += Fen{1};
    owned->event.member_posted_delta += Fen{1};
    owned->event.transaction.reference.original_id = TransactionId{7};
    const std::vector<uint8_t> odd = Encode(owned->event, kAt);
    EXPECT_GT(odd.size(), bytes.size() + 24);
    payload = odd;
    const auto again = decoder.Next(&payload, 5'002, kAt);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(FirstDifference(owned->event, **again), "");
  }
}

// It costs what it is of bytes where there is one, and is told once.
TEST(RecordFormatTest, TheTraceNumberOfAFollowUpComesBack) {
  constexpr EventKind kKinds[] = {
      EventKind::kCaptured, EventKind::kReversed, EventKind::kIncremented, EventKind::kRefunded};
  for (const EventKind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    const auto owned = MakeFollowUp(kind, 5'002, kAt);
    const size_t size_without = Encode(owned->event, kAt).size();
    Command& command = owned->command;
    uint32_t& stan = kind == EventKind::kCaptured      ? command.capture.stan
                     : kind == EventKind::kReversed    ? command.reverse.stan
                     : kind == EventKind::kIncremented ? command.increment.stan
                                                       : command.refund.stan;
    for (const auto& [value, bytes] :
         {std::pair{1U, 1U}, std::pair{127U, 1U}, std::pair{128U, 2U}, std::pair{999'999U, 3U}}) {
      stan = owned->event.transaction.stan = value;
      const std::vector<uint8_t> record = Encode(owned->event, kAt);
      EXPECT_EQ(record.size(), size_without + bytes);
      RecordDecoder decoder;
      std::span<const uint8_t> payload(record);
      const auto decoded = decoder.Next(&payload, 5'002, kAt);
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(FirstDifference(owned->event, **decoded), "");
      EXPECT_EQ((*decoded)->transaction.stan, value);
    }
  }
}

// What the transaction id says of the original is not said again; a request id is the
// ledger's alone to resolve.
TEST(RecordFormatTest, AnOriginalThatIsNamedByItsIdTakesNoByte) {
  const auto by_id = MakeFollowUp(EventKind::kCaptured, 5'002, kAt);
  const size_t size = Encode(by_id->event, kAt).size();
  const auto by_request = MakeFollowUp(EventKind::kCaptured, 5'002, kAt);
  by_request->command.capture.original = {};
  by_request->command.capture.original_request_id = {1, 2};
  by_request->event.transaction.reference.original_id = {};
  by_request->event.transaction.reference.original_request_id = {1, 2};
  // The ids are of 8 and 16 bytes; the original is the event before.
  EXPECT_EQ(Encode(by_request->event, kAt).size(), size + 8 + 1);
  const auto not_found = MakeFollowUp(EventKind::kCaptured, 5'002, kAt);
  not_found->event.transaction.original_found = false;
  not_found->event.transaction.original_seq = CommandSeq{};
  EXPECT_EQ(Encode(not_found->event, kAt).size(), size);
  for (const auto* const owned : {&by_id, &by_request, &not_found}) {
    const std::vector<uint8_t> bytes = Encode((*owned)->event, kAt);
    RecordDecoder decoder;
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, 5'002, kAt);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(FirstDifference((*owned)->event, **decoded), "");
  }
}

TEST(RecordFormatTest, NoNewRowCameFromTheArchive) {
  const auto sale = MakeSale(9, kAt);
  sale->event.transaction.progress.returned = true;
  EXPECT_DEATH(Encode(sale->event, kAt), "in_order=0");
  sale->event.transaction.progress.returned = false;
  sale->event.transaction.in_order = TransactionRow{7};
  EXPECT_DEATH(Encode(sale->event, kAt), "in_order=7");
}

TEST(RecordFormatTest, TheLargestTransactionComesBackFromTheArchive) {
  OwnedEvent owned;
  owned.command.kind = CommandKind::kThaw;
  owned.command.thaw = &owned.thaw;
  owned.event.kind = EventKind::kThawed;
  owned.event.command = &owned.command;
  Transaction& t = owned.thaw.transaction;
  t.applied_count = kSharesPerTransactionMax;
  t.use_count = kUsesPerTransactionMax;
  t.progress.line_count = kLinesPerTransactionMax;
  t.progress.advice = AdviceRow{1};
  constexpr Fen kWide{INT64_MIN};
  owned.thaw.applied.fill(
      {BenefitRow{kBenefitsMax}, FundRow{kFundsMax}, kWide, kWide, kWide, Fen{1}, kWide});
  owned.thaw.uses.fill({LimitRow{kLimitsMax},
                        UINT32_MAX,
                        INT32_MIN,
                        BenefitRow{kBenefitsMax},
                        INT64_MIN,
                        INT64_MAX,
                        INT64_MIN});
  owned.thaw.lines.fill({CodeOf<ItemCode>(std::string(32, 'i')),
                         kWide,
                         kWide,
                         UINT32_MAX,
                         UINT32_MAX,
                         UINT32_MAX,
                         0});
  const std::vector<uint8_t> bytes = Encode(owned.event, kAt);
  EXPECT_GT(bytes.size(), 64u * 69);
  EXPECT_LE(RecordBytesMax(owned.command), kTransactionRecordBytesMax);
  RecordDecoder decoder;
  std::span<const uint8_t> payload(bytes);
  const auto decoded = decoder.Next(&payload, 0, kAt);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(FirstDifference(owned.event, **decoded), "");
  EXPECT_EQ((*decoded)->transaction.seq, CommandSeq{});
  EXPECT_NE((*decoded)->command->thaw, &owned.thaw);
}

// Which table the row is of, and so how large it may be, is said by the reason.
TEST(RecordFormatTest, WhatRefusedIsARowOfAFundOrOfALimit) {
  const auto message_of = [](Reason reason, uint32_t row) {
    const auto owned = MakeSale(9, kAt);
    owned->event.transaction.reason = reason;
    owned->event.transaction.failed_row = row;
    const std::vector<uint8_t> bytes = Encode(owned->event, kAt);
    RecordDecoder decoder;
    std::span<const uint8_t> payload(bytes);
    const auto decoded = decoder.Next(&payload, 9, kAt);
    if (!decoded.ok()) {
      return std::string(decoded.status().message());
    }
    EXPECT_EQ((*decoded)->transaction.failed_row, row);
    return std::string();
  };
  EXPECT_EQ(message_of(Reason::kBudgetExhausted, kFundsMax), "");
  EXPECT_TRUE(absl::StrContains(message_of(Reason::kBudgetExhausted, kFundsMax + 1),
                                "row beyond its table"));
  EXPECT_EQ(message_of(Reason::kExceedsAmountLimit, kFundsMax + 1), "");
  EXPECT_TRUE(absl::StrContains(message_of(Reason::kExceedsAmountLimit, kLimitsMax + 1),
                                "row beyond its table"));
}

TEST(RecordFormatTest, MoreRowsThanATableHasCannotHaveLeft) {
  const auto owned = MakeArchive(9, kAt);
  owned->archive.transactions = TransactionRow{kTransactionsMax + 1};
  const std::vector<uint8_t> good = Encode(owned->event, kAt);
  owned->archive.transactions = TransactionRow{kTransactionsMax + 2};
  const std::vector<uint8_t> bad = Encode(owned->event, kAt);
  RecordDecoder decoder;
  std::span<const uint8_t> payload(good);
  const auto decoded = decoder.Next(&payload, 9, kAt);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ((*decoded)->command->archive->transactions.value(), kTransactionsMax + 1);
  payload = bad;
  EXPECT_TRUE(
      absl::StrContains(decoder.Next(&payload, 9, kAt).status().message(), "row beyond its table"));
  owned->archive.reserved = 1;
  EXPECT_DEATH(Encode(owned->event, kAt), "reserved=1");
}

}  // namespace
}  // namespace gonghui
