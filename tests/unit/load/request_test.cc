// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/request.h"

#include <memory>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"

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

TEST_F(RequestTest, TheLongestFits) {
  Sent sent;
  sent.list_price_fen = INT64_MAX;
  sent.stan = UINT32_MAX;
  RequestMix mix;
  mix.full_price_if_no_benefit = true;
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

}  // namespace
}  // namespace gonghui::load
