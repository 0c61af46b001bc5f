// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers: each is one right to one use of the benefits that ask for its series.  A pick-up
// code (取货码) that was handed out, or what an outside event granted to a member
// (docs/decisions/0008-vouchers-draws-appointments.md).

#ifndef GONGHUI_ENGINE_DOMAIN_VOUCHER_H_
#define GONGHUI_ENGINE_DOMAIN_VOUCHER_H_

#include <array>
#include <compare>
#include <cstdint>
#include <span>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"

namespace gonghui {

// The first 128 bits of SHA-256 of what makes the voucher unique; see voucher_code.h of
// engine/programmes.  The code itself is stored nowhere.
struct VoucherKey {
  uint64_t high = 0;
  uint64_t low = 0;

  friend constexpr auto operator<=>(const VoucherKey&, const VoucherKey&) = default;
  [[nodiscard]] constexpr bool IsNone() const { return high == 0 && low == 0; }
};

// All enums of this file are stored: do not change values.

// Expired is no state: it follows from the instant that is judged.
enum class VoucherState : uint8_t {
  kIssued = 1,    // may be used
  kReserved = 2,  // by an open hold
  kRedeemed = 3,  // used
  kVoid = 4,      // taken back by an operator
  kBlank = 5,     // of a draw that won nothing: remembers the event
};

// A row.
struct VoucherSeries {
  SeriesCode code;
  // How many of its vouchers stand so.
  uint32_t issued = 0;
  uint32_t reserved = 0;
  uint32_t redeemed = 0;
  uint32_t taken_back = 0;
};
static_assert(sizeof(VoucherSeries) == 48);

// A row.  What identifies it and whose it is never changes.
struct Voucher {
  VoucherKey key;
  TimestampNs valid_from;
  TimestampNs expires_at;    // first instant at which it can no longer be used
  CommandSeq authorization;  // kReserved, kRedeemed: by which
  VoucherSeriesRow series;   // none: kBlank
  MemberRow member;          // none = the bearer's
  VoucherRow previous;       // the one before of the same member and series; bearers': none
  uint32_t ordinal = 0;      // of the same member and series, from 1; bearers': 0
  DrawRow draw;              // none = it was not drawn
  VoucherState state = VoucherState::kIssued;
  std::array<uint8_t, 3> reserved{};
};
static_assert(sizeof(Voucher) == 64);

// ---- Operators' commands ---------------------------------------------------------------

struct VoucherToIssue {
  VoucherKey key;
  MemberId member;  // none = the bearer's
};

// All of them, or none: 1 .. kVouchersPerCommandMax, no key twice.  One that is there already
// with the same series, member and times is left as it is.
struct IssueVouchersRequest {
  SeriesCode series;  // made when there is none
  TimestampNs valid_from;
  TimestampNs expires_at;
  DrawCode draw;  // none = they were not drawn
  std::span<const VoucherToIssue> vouchers;
};

// All of them, or none.  One that is void already is left as it is.
struct VoidVouchersRequest {
  std::span<const VoucherKey> keys;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_VOUCHER_H_
