// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines: their parts re-add, and whoever brings everything back, in whatever steps, gets
// back all that was paid, and the funds theirs.
//
// RapidCheck: see interleaving_test.cc.

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/int128.h"
#include "tests/properties/property_city.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Price and pieces.
using Goods = std::vector<std::tuple<uint16_t, uint8_t>>;

constexpr RequestId kSale{1, 1};

OwnedCommand SaleOf(const Goods& goods) {
  Command command;
  command.terminal = TerminalOf(1);
  command.request_id = kSale;
  command.authorize.card = CardOf(1);
  command.authorize.capture_at_once = true;
  command.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  std::vector<LineItem> lines;
  for (const auto& [price, pieces] : goods) {
    lines.push_back({CodeOf<ItemCode>("cola"), Fen{price}, 1u + pieces % 9u, 0});
    command.authorize.list_price += Fen{price};
  }
  return OwnWithLines(command, lines);
}

OwnedCommand RefundOf(uint64_t number, const std::vector<ReturnedLine>& lines) {
  Command command;
  command.kind = CommandKind::kRefund;
  command.terminal = TerminalOf(1);
  command.request_id = RequestId{2, number};
  command.refund = RefundRequest{};
  command.refund.original_request_id = kSale;
  return OwnWithLines(command, lines);
}

// Each is its price's part of the subsidy, to less than a fen.
void PartsReAdd(const Answer& sale) {
  Fen prices;
  Fen subsidies;
  for (const AnswerLine& line : sale.lines) {
    prices += line.price;
    subsidies += line.subsidy;
    RC_ASSERT(line.subsidy >= Fen{});
    RC_ASSERT(line.subsidy <= line.price);
    const Int128 away = static_cast<Int128>(line.subsidy.value()) * sale.list_price.value() -
                        static_cast<Int128>(line.price.value()) * sale.subsidy.value();
    RC_ASSERT(away < sale.list_price.value());
    RC_ASSERT(-away < sale.list_price.value());
  }
  RC_ASSERT(prices == sale.list_price);
  RC_ASSERT(subsidies == sale.subsidy);
}

void WhoBringsAllBackGetsAllBack(const Goods& goods, const std::vector<uint8_t>& dice) {
  RC_PRE(!goods.empty() && goods.size() <= kLinesPerTransactionMax);
  PropertyCity city(dice);
  const Answer sale = city.Apply(SaleOf(goods));
  RC_PRE(sale.list_price > Fen{});
  RC_ASSERT(sale.outcome == Outcome::kApproved);
  RC_ASSERT(sale.lines.size() == goods.size());
  PartsReAdd(sale);

  std::vector<uint32_t> left;
  std::vector<Fen> price_left;
  std::vector<Fen> subsidy_left;
  for (const AnswerLine& line : sale.lines) {
    left.push_back(line.quantity);
    price_left.push_back(line.price);
    subsidy_left.push_back(line.subsidy);
  }
  size_t throws = 0;
  const auto die = [&] { return throws < dice.size() ? dice[throws++] : uint8_t{255}; };
  Fen price;
  Fen subsidy;
  uint64_t steps = 0;
  // Pieces that cost nothing are not given back once all the money is.
  while (price < sale.list_price) {
    std::vector<ReturnedLine> some;
    for (uint32_t i = 0; i < left.size(); ++i) {
      if (const uint32_t pieces = die() % (left[i] + 1); pieces > 0) {
        some.push_back({i + 1, pieces});
      }
    }
    if (some.empty()) {
      const auto first = std::find_if(left.begin(), left.end(), [](uint32_t n) { return n > 0; });
      RC_ASSERT(first != left.end());
      some.push_back({static_cast<uint32_t>(first - left.begin()) + 1, *first});
    }
    const Answer refund = city.Apply(RefundOf(++steps, some));
    RC_ASSERT(refund.outcome == Outcome::kApproved);
    RC_ASSERT(refund.lines.size() == some.size());
    Fen of_lines;
    Fen subsidy_of_lines;
    for (const AnswerLine& line : refund.lines) {
      const size_t i = line.number - 1;
      left[i] -= line.quantity;
      price_left[i] -= line.price;
      subsidy_left[i] -= line.subsidy;
      of_lines += line.price;
      RC_ASSERT(line.price >= Fen{});
      RC_ASSERT(line.subsidy >= Fen{});
      RC_ASSERT(line.subsidy <= line.price);
      RC_ASSERT(price_left[i] >= Fen{});
      RC_ASSERT(subsidy_left[i] >= Fen{});
      // What it cost, and what was paid for it, to the fen.
      RC_ASSERT(left[i] > 0 || (price_left[i] == Fen{} && subsidy_left[i] == Fen{}));
      subsidy_of_lines += line.subsidy;
    }
    RC_ASSERT(refund.list_price == of_lines);
    RC_ASSERT(refund.subsidy == subsidy_of_lines);
    RC_ASSERT(refund.member_pays >= Fen{});
    price += refund.list_price;
    subsidy += refund.subsidy;
  }
  RC_ASSERT(price == sale.list_price);
  RC_ASSERT(subsidy == sale.subsidy);
  RC_ASSERT(city.Broken() == "");
  const Answer more = city.Apply(RefundOf(++steps, {{1, 1}}));
  RC_ASSERT(more.reason == Reason::kExceedsCapturedAmount);
  // The city is as if nothing had been sold.
  PropertyCity empty;
  std::vector<std::string> books = city.Books();
  for (const std::string& line : empty.Books()) {
    const bool of_batch = line.starts_with("T1 ");  // which tells of both
    RC_ASSERT(of_batch || std::find(books.begin(), books.end(), line) != books.end());
  }
  RC_CLASSIFY(steps > 4, "in many steps");
  RC_CLASSIFY(sale.subsidy > Fen{}, "with a subsidy");
}

TEST(LinesTest, WhoBringsAllBackGetsAllBack) {
  EXPECT_TRUE(rc::check("all pieces give back all", WhoBringsAllBackGetsAllBack));
}

}  // namespace
}  // namespace gonghui
