// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/request.h"

#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/life.h"

namespace gonghui::load {
namespace {

constexpr int64_t kNowNs = 1'661'000'000'123'456'789;

class RequestTest : public testing::Test {
 protected:
  static Workload Synthetic() {
    WorkloadSources sources;
    sources.synthetic_count = 5'000;
    return *Workload::Load(sources);
  }

  RequestMaker Maker(const RequestMix& mix, uint64_t seed, uint64_t stream = 0) {
    return RequestMaker(workload_, picker_, mix, &book_, seed, stream);
  }

  v1::AuthorizeRequest Parse(RequestMaker& maker, const Sent& sent) {
    char bytes[kRequestBytesMax];
    const char* end = maker.Encode(sent, kNowNs, bytes);
    EXPECT_LE(end - bytes, static_cast<ptrdiff_t>(kRequestBytesMax));
    v1::AuthorizeRequest request;
    EXPECT_TRUE(request.ParseFromArray(bytes, static_cast<int>(end - bytes)));
    return request;
  }

  const Workload workload_ = Synthetic();
  const CardPicker picker_{CardOrder::kUniform, workload_.card_count()};
  RepeatBook book_{4};
};

TEST_F(RequestTest, IsTheMessageThatProtobufWouldMake) {
  RequestMaker maker = Maker(RequestMix(), 1);
  for (int i = 0; i < 1'000; ++i) {
    Sent sent;
    maker.Choose(&sent);
    v1::AuthorizeRequest want;
    want.ParseFromString(std::string(workload_.CardBytes(sent.card)));
    want.set_request_id(std::string(sent.request_id_text()));
    want.set_terminal_id(workload_.terminal(sent.terminal).id);
    want.set_merchant_id(workload_.terminal(sent.terminal).merchant_id);
    want.set_list_price_fen(sent.list_price_fen);
    want.set_capture(true);
    want.set_pos_entry_mode(v1::POS_ENTRY_MODE_CONTACTLESS);
    want.set_stan(static_cast<uint32_t>(i));
    want.mutable_transmission_time()->set_seconds(1'661'000'000);
    want.mutable_transmission_time()->set_nanos(123'456'789);
    *want.mutable_occurred_at() = want.transmission_time();
    char bytes[kRequestBytesMax];
    const char* end = maker.Encode(sent, kNowNs, bytes);
    ASSERT_EQ(std::string(bytes, static_cast<size_t>(end - bytes)), want.SerializeAsString())
        << want.ShortDebugString();
  }
}

TEST_F(RequestTest, AHoldTellsHowLongItLastsAndASaleDoesNot) {
  RequestMix mix;
  mix.holds_percent = 50;
  for (const uint32_t hold_seconds : {0U, 30U, kRequestHoldSecondsMax}) {
    mix.hold_seconds = hold_seconds;
    RequestMaker maker = Maker(mix, 1);
    int holds = 0;
    for (int i = 0; i < 100; ++i) {
      Sent sent;
      maker.Choose(&sent);
      const v1::AuthorizeRequest request = Parse(maker, sent);
      EXPECT_EQ(request.hold_seconds(), request.capture() ? 0 : hold_seconds);
      EXPECT_EQ(request.SerializeAsString(), [&] {
        char bytes[kRequestBytesMax];
        const char* end = maker.Encode(sent, kNowNs, bytes);
        return std::string(bytes, static_cast<size_t>(end - bytes));
      }()) << "in the order of protobuf's";
      holds += request.capture() ? 0 : 1;
    }
    EXPECT_GT(holds, 0);
    EXPECT_LT(holds, 100);
  }
}

TEST_F(RequestTest, TheLongestFits) {
  Sent sent;
  sent.step = Step::kHold;
  sent.list_price_fen = INT64_MAX;
  sent.stan = UINT32_MAX;
  RequestMix mix;
  mix.full_price_if_no_benefit = true;
  mix.hold_seconds = kRequestHoldSecondsMax;
  char bytes[kRequestBytesMax];
  char times[kTimesBytesMax];
  const char* times_end = EncodeTimes(INT64_MAX, times);
  ASSERT_LE(times_end - times, static_cast<ptrdiff_t>(kTimesBytesMax));
  const std::string_view times_bytes(times, static_cast<size_t>(times_end - times));
  const char* end = EncodeRequest(workload_, mix, sent, times_bytes, bytes);
  // A synthetic card, terminal and merchant leave 3 + 9 + 9 characters to the longest.
  EXPECT_LE(end - bytes + 3 + 9 + 9, static_cast<ptrdiff_t>(kRequestBytesMax));
}

TEST_F(RequestTest, IdsAreUuidsAndUnique) {
  std::set<std::string> ids;
  for (uint64_t stream = 0; stream < 4; ++stream) {
    RequestMaker maker = Maker(RequestMix(), 9, stream);
    for (int i = 0; i < 1'000; ++i) {
      Sent sent;
      maker.Choose(&sent);
      const std::string id(sent.request_id_text());
      EXPECT_THAT(id,
                  testing::MatchesRegex(
                      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
      ids.insert(id);
    }
  }
  EXPECT_EQ(ids.size(), 4'000U);
}

TEST_F(RequestTest, TheSeedDecides) {
  Sent first;
  Sent again;
  Sent other;
  Maker(RequestMix(), 5).Choose(&first);
  Maker(RequestMix(), 5).Choose(&again);
  Maker(RequestMix(), 6).Choose(&other);
  EXPECT_EQ(first.request_id, again.request_id);
  EXPECT_EQ(first.card, again.card);
  EXPECT_EQ(first.list_price_fen, again.list_price_fen);
  EXPECT_NE(first.request_id, other.request_id);
}

TEST_F(RequestTest, MixOfHoldsAndPrices) {
  RequestMix mix;
  mix.holds_percent = 30;
  mix.prices = {100, 200};
  mix.full_price_if_no_benefit = true;
  RequestMaker maker = Maker(mix, 1);
  int holds = 0;
  for (int i = 0; i < 10'000; ++i) {
    Sent sent;
    maker.Choose(&sent);
    const v1::AuthorizeRequest request = Parse(maker, sent);
    holds += request.capture() ? 0 : 1;
    EXPECT_EQ(request.if_no_benefit(), v1::IF_NO_BENEFIT_FULL_PRICE);
    EXPECT_GE(request.list_price_fen(), 100);
    EXPECT_LE(request.list_price_fen(), 200);
  }
  EXPECT_NEAR(holds, 3'000, 200);
}

TEST_F(RequestTest, MixOfTapsSalesAndLives) {
  RequestMix mix;
  mix.gate_percent = 70;
  mix.lifecycle_percent = 5;
  ASSERT_TRUE(CheckMix(mix, workload_).ok());
  LifeBook lives;
  RequestMaker maker(workload_, picker_, mix, &book_, 1, 0, &lives);
  std::map<Step, int> steps;
  std::set<std::string> shops;
  for (int i = 0; i < 10'000; ++i) {
    Sent sent;
    maker.Choose(&sent);
    ++steps[sent.step];
    const v1::AuthorizeRequest request = Parse(maker, sent);
    EXPECT_EQ(request.capture(), sent.step != Step::kHold);
    const bool at_gate =
        workload_.terminal(sent.terminal).prices.high_fen == PricesOfMcc(4111).high_fen;
    EXPECT_EQ(at_gate, sent.step == Step::kTap);
    if (at_gate) {
      EXPECT_LE(request.list_price_fen(), 900);
    } else {
      shops.insert(request.terminal_id());
    }
  }
  EXPECT_NEAR(steps[Step::kTap], 7'000, 200);
  EXPECT_NEAR(steps[Step::kHold], 500, 100);
  EXPECT_EQ(steps[Step::kTap] + steps[Step::kHold] + steps[Step::kSale], 10'000);
  EXPECT_EQ(shops.size(), workload_.shops().size()) << "every shop is reached";
}

TEST_F(RequestTest, WhatWasBegunGoesOnFirst) {
  RequestMix mix;
  mix.lifecycle_percent = 100;
  LifeBook lives;
  RequestMaker maker(workload_, picker_, mix, &book_, 1, 0, &lives);
  Life life;
  life.terminal = 7;
  life.original.list_price_fen = 1'000;
  std::set<std::string> ids;
  uint32_t stan = 0;
  for (int i = 0; i < 100; ++i) {
    lives.Add(life);
    Sent sent;
    maker.Choose(&sent);
    ASSERT_NE(sent.original, nullptr);
    EXPECT_TRUE(sent.step == Step::kCapture || sent.step == Step::kReversal);
    EXPECT_EQ(sent.terminal, 7U);
    EXPECT_EQ(sent.stan, stan++);
    ids.insert(std::string(sent.request_id_text()));
    EXPECT_EQ(lives.size(), 0U);
    // Those that end leave the call to a new one, and a new one is nothing of an old life.
    life.last = Step::kCapture;
    lives.Add(life);
    maker.Choose(&sent);
    EXPECT_EQ(sent.original != nullptr, sent.step == Step::kRefund);
    EXPECT_EQ(sent.original == nullptr, sent.step == Step::kHold);
    EXPECT_EQ(sent.stan, stan++);
    ids.insert(std::string(sent.request_id_text()));
    life.last = Step::kHold;
  }
  EXPECT_EQ(ids.size(), 200U);
}

TEST_F(RequestTest, AMixNeedsItsTerminals) {
  RequestMix mix;
  WorkloadSources sources;
  sources.synthetic_count = 10;
  const Workload gate_only = *Workload::Load(sources);  // one terminal, of local transport
  ASSERT_EQ(gate_only.terminal_count(), 1U);
  EXPECT_TRUE(CheckMix(mix, gate_only).ok());
  EXPECT_TRUE(CheckMix(mix, Workload()).ok()) << "that is for others to find";
  mix.gate_percent = 70;
  EXPECT_THAT(std::string(CheckMix(mix, gate_only).message()), testing::HasSubstr("only gates"));
  EXPECT_THAT(std::string(CheckMix(mix, Workload()).message()),
              testing::HasSubstr("local transport"));
  mix.gate_percent = 100;
  EXPECT_TRUE(CheckMix(mix, gate_only).ok());
}

TEST_F(RequestTest, RepeatsAreEarlierRequestsUnchanged) {
  RequestMix mix;
  mix.repeat_percent = 50;
  RequestMaker maker = Maker(mix, 1);
  Sent first;
  maker.Choose(&first);
  EXPECT_EQ(first.earlier, nullptr) << "nothing to repeat yet";
  book_.Add(std::make_shared<const Earlier>(Earlier{first, "answer"}));
  int repeats = 0;
  for (int i = 0; i < 1'000; ++i) {
    Sent sent;
    maker.Choose(&sent);
    if (sent.earlier != nullptr) {
      ++repeats;
      EXPECT_EQ(sent.earlier->transaction, "answer");
      EXPECT_EQ(Parse(maker, sent).ShortDebugString(), Parse(maker, first).ShortDebugString());
    }
  }
  EXPECT_NEAR(repeats, 500, 80);
}

TEST(RepeatBookTest, KeepsTheRecentOnes) {
  RepeatBook book(2);
  EXPECT_EQ(book.Pick(0), nullptr);
  for (const char* answer : {"a", "b", "c"}) {
    book.Add(std::make_shared<const Earlier>(Earlier{Sent(), answer}));
  }
  std::set<std::string> kept;
  for (uint64_t random = 0; random < 4; ++random) {
    kept.insert(book.Pick(random)->transaction);
  }
  EXPECT_EQ(kept, (std::set<std::string>{"b", "c"}));
}

class OldIdsTest : public RequestTest {
 protected:
  static constexpr const char* kHeader =
      "terminal_id,request_id,card_number,amount_fen,decided_at,outcome\n";

  static std::string File(const std::string& text) {
    const std::string path = testing::TempDir() + "load_old_ids_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name();
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    EXPECT_NE(file, nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    return path;
  }
  std::string Failure(const std::string& rows) const {
    const auto old_ids = OldIds::Load(File(kHeader + rows), workload_);
    return old_ids.ok() ? "" : std::string(old_ids.status().message());
  }

  static constexpr const char* kUuid = "00112233-4455-4677-8899-aabbccddeeff";
};

TEST_F(OldIdsTest, AreAskedInTurnAndOverAgain) {
  const auto old_ids = OldIds::Load(
      File(std::string(kHeader) + "T100000," + kUuid +
           ",8871000000000000,1200,2025-01-31T00:15:00Z,approved\n"
           "T100003,ffffffff-4455-4677-8899-aabbccddeeff,8871000000000007,5,x,declined\n"),
      workload_);
  ASSERT_TRUE(old_ids.ok()) << old_ids.status();
  EXPECT_EQ((*old_ids)->size(), 2U);
  RequestMix mix;
  mix.old_ids = *old_ids;
  RequestMaker maker = Maker(mix, 1);
  for (int round = 0; round < 2; ++round) {
    Sent sent;
    maker.Choose(&sent);
    ASSERT_NE(sent.earlier, nullptr);
    EXPECT_TRUE(sent.earlier->transaction.empty());
    const v1::AuthorizeRequest first = Parse(maker, sent);
    EXPECT_EQ(first.request_id(), kUuid);
    EXPECT_EQ(first.terminal_id(), "T100000");
    EXPECT_EQ(first.card_number(), "8871000000000000");
    EXPECT_EQ(first.list_price_fen(), 1'200);
    EXPECT_EQ(first.stan(), 0U);
    EXPECT_TRUE(first.capture());
    maker.Choose(&sent);
    const v1::AuthorizeRequest second = Parse(maker, sent);
    EXPECT_EQ(second.terminal_id(), "T100003");
    EXPECT_EQ(second.card_number(), "8871000000000007");
    EXPECT_EQ(second.list_price_fen(), 5);
  }
}

TEST_F(OldIdsTest, SaysWhatIsWrong) {
  const std::string id = kUuid;
  EXPECT_THAT(Failure(""), testing::HasSubstr("no old ids"));
  EXPECT_THAT(Failure("T1," + id + ",8871000000000000,1,,\n"),
              testing::HasSubstr("row 2: no terminal of this load is named T1"));
  EXPECT_THAT(Failure("T100000,123,8871000000000000,1,,\n"),
              testing::HasSubstr("\"123\" is not a UUID"));
  EXPECT_THAT(Failure("T100000," + id + ",12345678,1,,\n"),
              testing::HasSubstr("no card of this load has the number 12345678"));
  EXPECT_THAT(Failure("T100000," + id + ",8871000000000000,12.5,,\n"),
              testing::HasSubstr("amount_fen \"12.5\" is not a number"));
  EXPECT_FALSE(OldIds::Load(testing::TempDir() + "load_absent.csv", workload_).ok());
}

}  // namespace
}  // namespace gonghui::load
