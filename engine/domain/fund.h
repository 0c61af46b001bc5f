// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A fund pays for benefits.  Its asset is money (fen) or a thing (packs, drinks,
// appointments: a *stock*); both have the same verbs: hold, spend, give back.
//
// Invariant: held + spent + left = budget, and none of them is ever negative.  What
// cannot be refused and finds no room (an advice, a late capture) is paid from the
// fund's overrun account beside it; what comes back after the fund has closed stands
// in its suspense account, which is part of `left` until the union decides about it.

#ifndef GONGHUI_ENGINE_DOMAIN_FUND_H_
#define GONGHUI_ENGINE_DOMAIN_FUND_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui {

enum class Asset : uint8_t {  // stored: do not change values
  kMoney = 1,
  kThing = 2,
};

// Whose money it is.  All of it is subsidy to the member; what a merchant gives of its own
// is settled against what the union's funds owe it.
enum class Payer : uint8_t {  // stored: do not change values
  kUnion = 1,
  kMerchant = 2,
  kSponsor = 3,
};

struct Fund {
  // The first cache line has what a sale asks for.
  Fen budget;
  TimestampNs opens_at;  // first instant at which it may pay
  Fen held;              // side by side: they change together (Table::AddPair)
  Fen spent;
  Fen overrun;            // side by side, for the same reason
  Fen suspense;           // of left
  TimestampNs closes_at;  // first instant at which it may not
  // What members paid in, on top of the budget, by so many receipts (contribution_count);
  // without what was revoked.
  Fen contributed;
  FundCode code;
  UnionNodeRow owner;
  Asset asset = Asset::kMoney;
  bool advice_may_overrun = false;
  Payer payer = Payer::kUnion;
  uint8_t reserved = 0;
  uint32_t contribution_count = 0;
  // Claims on it: filed and held; of these paid, at least in part; and those that ended
  // unpaid, rejected or otherwise (taken back, run out).
  uint32_t claims_filed = 0;
  uint32_t claims_paid = 0;
  uint32_t claims_rejected = 0;
  uint32_t claims_ended = 0;
  uint32_t reserved_2 = 0;

  [[nodiscard]] constexpr bool IsOpenAt(TimestampNs at) const {
    return at >= opens_at && at < closes_at;
  }
  // When it opens, if it has not yet; 0 = it has closed.
  [[nodiscard]] constexpr TimestampNs NextOpening(TimestampNs at) const {
    return at < opens_at ? opens_at : TimestampNs{};
  }
  [[nodiscard]] constexpr Fen left() const { return budget + contributed - held - spent; }
  // What a new decision may take: an overrun is made good from a raised budget first.
  [[nodiscard]] constexpr Fen available() const {
    return Larger(Fen{0}, left() - overrun - suspense);
  }
};
static_assert(offsetof(Fund, code) == 64);
static_assert(sizeof(Fund) == 128);  // names are a table of their own

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_FUND_H_
