// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What members pay into a mutual fund, and the cover that it buys them
// (docs/decisions/0009-aid-and-mutual-funds.md).

#ifndef GONGHUI_ENGINE_DOMAIN_CONTRIBUTION_H_
#define GONGHUI_ENGINE_DOMAIN_CONTRIBUTION_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/member.h"
#include "engine/domain/money.h"

namespace gonghui {

// An operator's command.  Of a receipt that stands the same content is left as it is, and
// another one refused; one that was revoked may come again with any content.
struct ContributeRequest {
  ReceiptCode receipt;  // the payer's; of a fund at most one that was not revoked
  FundCode fund;        // of money
  MemberId member;
  SegmentCode segment;  // those who are covered
  Fen amount;           // > 0
  TimestampNs covers_from;
  TimestampNs covers_until;
};

// In whole, while the fund has it.
struct RevokeContributionRequest {
  ReceiptCode receipt;
  FundCode fund;
};

// A row.
struct Contribution {
  ReceiptCode receipt;
  Fen amount;
  TimestampNs at;
  TimestampNs covers_from;
  TimestampNs covers_until;
  // When the span ended before; equal to covers_from = there was none, it was made.
  TimestampNs covered_until;
  FundRow fund;
  MemberRow member;
  SegmentSpanRow span;
  ContributionRow previous;  // of the same receipt, revoked; none = it is the first
  SegmentBit segment = 0;
  bool revoked = false;
  std::array<uint8_t, 6> reserved{};
};
static_assert(sizeof(Contribution) == 96);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_CONTRIBUTION_H_
