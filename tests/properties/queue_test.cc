// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal stored while it had no network, sales and captures of its holds: in
// whatever order it comes, however often, under its own ids or under others, and whatever
// has left for the archive between, the books end the same, and so does what is told of
// each, but for which of them found the limit reached.
//
// RapidCheck: see interleaving_test.cc.

#include <rapidcheck.h>

#include <algorithm>
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
// Whose card, price and how much of it was taken.
using Hold = std::tuple<uint8_t, uint16_t, uint8_t>;

RequestId HoldId(size_t number) {
  return RequestId{3, number + 1};
}

AdviceRequest EvidenceOf(size_t number) {
  AdviceRequest advice;
  advice.occurred_at =
      TimestampNs{kCityNoon.value() - static_cast<int64_t>(number) * 60 * kNsPerSecond};
  advice.sequence = static_cast<uint32_t>(number + 1);
  advice.business_day = FloorDay(kCityNoon.value() / kNsPerSecond);
  return advice;
}

// Asked before the network was gone.
OwnedCommand HoldOf(size_t number, const Hold& hold) {
  const auto [which, price, taken] = hold;
  Command command;
  command.terminal = TerminalOf(1);
  command.request_id = HoldId(number);
  command.authorize.card = CardOf(3 + which % 2u);
  command.authorize.list_price = Fen{price};
  return Own(command);
}

OwnedCommand CaptureOf(size_t number, size_t of, const Hold& hold) {
  const auto [which, price, taken] = hold;
  Command command;
  command.kind = CommandKind::kCapture;
  command.terminal = TerminalOf(1);
  command.request_id = RequestId{1, number + 1};
  command.capture = CaptureRequest{};
  command.capture.original_request_id = HoldId(of);
  command.capture.final_capture = true;
  command.capture.has_amount = true;
  command.capture.amount = Fen{price * taken / 128};  // all of it, or twice as much
  return OwnAdvice(command, EvidenceOf(number));
}

OwnedCommand AdviceOf(size_t number, const Sale& sale) {
  const auto [which, price, claim] = sale;
  Command command;
  command.terminal = TerminalOf(1);
  command.request_id = RequestId{1, number + 1};
  command.authorize.card = which == 255 ? CardNumber{12'345'678} : CardOf(1 + which % 2u);
  command.authorize.list_price = Fen{price};
  command.authorize.capture_at_once = true;
  AdviceRequest advice = EvidenceOf(number);
  advice.member_paid = Fen{price - price * claim / 1024};
  return OwnAdvice(command, advice);
}

// Whether a limit was reached depends on which came first.
std::string ToldInAnyOrder(Answer answer) {
  answer.limits.clear();
  answer.overrun = false;
  return Told(answer);
}

void InWhateverOrderAQueueComes(const std::vector<Sale>& sales,
                                const std::vector<Hold>& holds,
                                const std::vector<uint8_t>& dice) {
  std::vector<OwnedCommand> advices;
  std::vector<std::string> want;
  PropertyCity in_order;
  PropertyCity mixed(dice);
  int booked = 0;
  int overruns = 0;
  int captures = 0;
  for (size_t i = 0; i < holds.size(); ++i) {
    const OwnedCommand hold = HoldOf(i, holds[i]);
    RC_ASSERT(mixed.Send(hold) == in_order.Send(hold));
  }
  for (size_t i = 0; i < std::max(sales.size(), holds.size()); ++i) {
    if (i < sales.size()) {
      advices.push_back(AdviceOf(advices.size(), sales[i]));
    }
    if (i < holds.size()) {
      advices.push_back(CaptureOf(advices.size(), i, holds[i]));
    }
  }
  for (const OwnedCommand& advice : advices) {
    const Answer answer = in_order.Apply(advice);
    RC_ASSERT(answer.advice.has_value());
    want.push_back(ToldInAnyOrder(answer));
    booked += answer.subsidy > Fen{} ? 1 : 0;
    overruns += answer.overrun ? 1 : 0;
    captures += answer.kind == TransactionKind::kCapture && answer.outcome == Outcome::kApproved;
  }

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
  RC_ASSERT(mixed.decided() == in_order.decided());
  RC_ASSERT(mixed.Books() == in_order.Books());
  RC_CLASSIFY(booked > 4, "with a queue that is booked");
  RC_CLASSIFY(overruns > 0, "with a limit passed");
  RC_CLASSIFY(other_ids > 0, "with other ids");
  RC_CLASSIFY(captures > 2, "with captures");
  RC_CLASSIFY(mixed.returned() > 0, "with returns from the archive");
}

TEST(QueueTest, InWhateverOrderItComes) {
  EXPECT_TRUE(rc::check("the books end the same", InWhateverOrderAQueueComes));
}

}  // namespace
}  // namespace gonghui
