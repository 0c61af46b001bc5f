// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal stored while it had no network: in whatever order it comes, however
// often, under its own ids or under others, the books end the same, and so does what is
// told of each, but for which of them found the limit reached.
//
// RapidCheck: see interleaving_test.cc.

#include <rapidcheck.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/properties/property_city.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Whose card, price and how much of it was not paid.
using Sale = std::tuple<uint8_t, uint16_t, uint8_t>;

OwnedCommand AdviceOf(size_t number, const Sale& sale) {
  const auto [which, price, claim] = sale;
  Command command;
  command.terminal = TerminalOf(1);
  command.request_id = RequestId{1, number + 1};
  command.authorize.card = which == 255 ? CardNumber{12'345'678} : CardOf(1 + which % 2u);
  command.authorize.list_price = Fen{price};
  command.authorize.capture_at_once = true;
  AdviceRequest advice;
  advice.occurred_at =
      TimestampNs{kCityNoon.value() - static_cast<int64_t>(number) * 60 * kNsPerSecond};
  advice.sequence = static_cast<uint32_t>(number + 1);
  advice.business_day = FloorDay(kCityNoon.value() / kNsPerSecond);
  advice.member_paid = Fen{price - price * claim / 1024};
  return OwnAdvice(command, advice);
}

// Whether a limit was reached depends on which came first.
std::string ToldInAnyOrder(Answer answer) {
  answer.limits.clear();
  answer.overrun = false;
  return Told(answer);
}

void InWhateverOrderAQueueComes(const std::vector<Sale>& sales, const std::vector<uint8_t>& dice) {
  std::vector<OwnedCommand> advices;
  std::vector<std::string> want;
  PropertyCity in_order;
  int booked = 0;
  int overruns = 0;
  for (const Sale& sale : sales) {
    advices.push_back(AdviceOf(advices.size(), sale));
    const Answer answer = in_order.Apply(advices.back());
    RC_ASSERT(answer.advice.has_value());
    want.push_back(ToldInAnyOrder(answer));
    booked += answer.subsidy > Fen{} ? 1 : 0;
    overruns += answer.overrun ? 1 : 0;
  }

  PropertyCity mixed;
  std::vector<size_t> on_their_way(advices.size());
  std::iota(on_their_way.begin(), on_their_way.end(), size_t{0});
  std::vector<size_t> come;
  uint64_t other_ids = 0;
  const auto send = [&](size_t which, bool under_another_id) {
    OwnedCommand command = advices[which];
    if (under_another_id) {
      command.command.request_id = RequestId{2, ++other_ids};
    }
    RC_ASSERT(ToldInAnyOrder(mixed.Apply(command)) == want[which]);
  };
  for (size_t throws = 0; !on_their_way.empty(); ++throws) {
    const uint8_t die = throws < dice.size() ? dice[throws] : uint8_t{0};
    if (die % 4 == 3 && !come.empty()) {
      send(come[die / 4u % come.size()], die >= 128);
      continue;
    }
    const size_t i = die / 4u % on_their_way.size();
    send(on_their_way[i], false);
    come.push_back(on_their_way[i]);
    on_their_way.erase(on_their_way.begin() + static_cast<std::ptrdiff_t>(i));
  }
  RC_ASSERT(mixed.Broken() == "");
  RC_ASSERT(mixed.applied_seq() == in_order.applied_seq());
  RC_ASSERT(mixed.Books() == in_order.Books());
  RC_CLASSIFY(booked > 4, "with a queue that is booked");
  RC_CLASSIFY(overruns > 0, "with a limit passed");
  RC_CLASSIFY(other_ids > 0, "with other ids");
}

TEST(QueueTest, InWhateverOrderItComes) {
  EXPECT_TRUE(rc::check("the books end the same", InWhateverOrderAQueueComes));
}

}  // namespace
}  // namespace gonghui
