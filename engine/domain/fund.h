// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A fund pays for benefits.  Its asset is money (fen) or a thing (packs, drinks,
// appointments: a *stock*); both have the same verbs: hold, spend, give back.
//
// Invariant: held + spent + left = budget, and neither held nor spent is ever
// negative.  Only an advice may drive `left` below zero, and only on a fund that
// allows it.

#ifndef GONGHUI_ENGINE_DOMAIN_FUND_H_
#define GONGHUI_ENGINE_DOMAIN_FUND_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui {

enum class Asset : uint8_t {  // stored: do not change values
  kMoney = 1,
  kThing = 2,
};

struct Fund {
  FundCode code;
  Fen budget;
  TimestampNs opens_at;  // first instant at which it may pay
  Fen held;              // side by side: they change together (Table::AddPair)
  Fen spent;
  TimestampNs closes_at;  // first instant at which it may not
  UnionNodeRow owner;
  Asset asset = Asset::kMoney;
  bool advice_may_overrun = false;
  std::array<uint8_t, 2> reserved{};

  [[nodiscard]] constexpr Fen left() const { return budget - held - spent; }
};
static_assert(sizeof(Fund) == 80);  // names are a table of their own

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_FUND_H_
