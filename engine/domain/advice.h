// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Advices: what a terminal did while it could not ask (store and forward, ISO 8583 120 and
// 220).  docs/decisions/0003-lines-advices-batches.md says how they are judged.

#ifndef GONGHUI_ENGINE_DOMAIN_ADVICE_H_
#define GONGHUI_ENGINE_DOMAIN_ADVICE_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui {

// Who bears what the member was not asked to pay.
enum class Liability : uint8_t {  // stored: do not change values
  kNone = 0,                      // not an advice, or nothing was given away
  kProgramme = 1,                 // the union's funds, all of it
  kAcquirer = 2,                  // the merchant's side, all or some of it: acquirer_bears
  kManual = 3,                    // a person decides
};

// The evidence that comes with an advice.
struct AdviceRequest {
  TimestampNs occurred_at;    // by the terminal's clock
  TimestampNs deny_list_at;   // of when the deny list was that the terminal held; 0 = it had none
  Fen member_paid;            // sale: what the terminal took, 0 .. list price; others: 0
  uint32_t sequence = 0;      // the terminal's own count, from 1
  CivilDay business_day = 0;  // the terminal's own, in days since 1970-01-01
  bool queue_empty = false;   // the terminal has stored nothing more
};

// A row: the evidence of one transaction and what followed from it.
struct Advice {
  TimestampNs occurred_at;   // as sent
  TimestampNs deny_list_at;  // as sent
  TimestampNs judged_at;     // the instant as of which it was judged
  Fen member_paid;
  Fen acquirer_bears;
  TransactionRow transaction;
  uint32_t sequence = 0;
  CivilDay business_day = 0;
  Liability liability = Liability::kNone;
  bool clock_adjusted = false;  // occurred_at could not be believed
  std::array<uint8_t, 2> reserved{};
};
static_assert(sizeof(Advice) == 56);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_ADVICE_H_
