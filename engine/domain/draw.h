// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws (抽签) and prize pools: who wins follows from a seed whose hash was made known before
// anybody took part (docs/decisions/0008-vouchers-draws-appointments.md).

#ifndef GONGHUI_ENGINE_DOMAIN_DRAW_H_
#define GONGHUI_ENGINE_DOMAIN_DRAW_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/programme.h"
#include "engine/domain/voucher.h"

namespace gonghui {

using Digest = std::array<uint8_t, 32>;  // SHA-256; all zero = none

// All enums of this file are stored: do not change values.

enum class DrawKind : uint8_t {
  kDraw = 1,  // all entries together, once
  kPool = 2,  // each event at once, by weight
};

enum class DrawState : uint8_t {
  kCommitted = 1,  // the hash of the seed is known
  kClosed = 2,     // kDraw: the list of entries is fixed
  kSettled = 3,    // the seed is known, and all has been drawn
};

// A row.
struct Draw {
  DrawCode code;
  Digest seed_hash{};
  Digest seed{};            // kSettled
  Digest entries_hash{};    // kClosed and later
  ProgrammeCode programme;  // kDraw: who has used this limit of it has entered
  LimitCode limit;
  TimestampNs committed_at;
  TimestampNs closes_at;  // kDraw: may be closed from then on; kPool: draws until then
  TimestampNs settled_at;
  PoolRange prizes;
  uint32_t entry_count = 0;  // kDraw: when closed; kPool: events so far
  uint32_t won_count = 0;    // vouchers issued by it
  DrawKind kind = DrawKind::kDraw;
  DrawState state = DrawState::kCommitted;
  std::array<uint8_t, 6> reserved{};
};
static_assert(sizeof(Draw) == 240);

// A row: one kind of prize of one draw.
struct Prize {
  VoucherSeriesRow series;  // none = nothing is won (kPool)
  uint32_t count = 0;       // kPool: 0 = without end
  uint32_t weight = 0;      // kPool: of each event's chance, 1 or more; kDraw: 0
  uint32_t won = 0;
  TimestampNs valid_from;  // of the vouchers
  TimestampNs expires_at;
};
static_assert(sizeof(Prize) == 32);

// ---- Operators' commands ---------------------------------------------------------------

struct PrizeSpec {
  SeriesCode series;  // none = nothing is won (kPool)
  uint32_t count = 0;
  uint32_t weight = 0;
  TimestampNs valid_from;
  TimestampNs expires_at;
};

struct CommitDrawRequest {
  DrawCode code;
  DrawKind kind = DrawKind::kDraw;
  Digest seed_hash{};
  ProgrammeCode programme;
  LimitCode limit;
  TimestampNs closes_at;
  std::span<const PrizeSpec> prizes;  // 1 .. kPrizesPerDrawMax
};

// kDraw: from closes_at on.
struct CloseDrawRequest {
  DrawCode code;
  Digest entries_hash{};
  uint32_t entry_count = 0;
};

// Makes the seed known; whether it is that of seed_hash, whoever submits has checked.
struct SettleDrawRequest {
  DrawCode code;
  Digest seed{};
};

// An outside event takes part in a pool.
struct DrawPrizeRequest {
  DrawCode pool;
  VoucherKey key;  // of the event
  MemberId member;
  uint64_t number = 0;  // uniform; of seed, pool and event
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_DRAW_H_
