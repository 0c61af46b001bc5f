// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What brings an authorization about beside a card and a price: a voucher, an appointment,
// an event that a claim is about (docs/decisions/0008-vouchers-draws-appointments.md,
// 0009-aid-and-mutual-funds.md).

#ifndef GONGHUI_ENGINE_DOMAIN_OCCASION_H_
#define GONGHUI_ENGINE_DOMAIN_OCCASION_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/code.h"
#include "engine/domain/ids.h"
#include "engine/domain/voucher.h"

namespace gonghui {

// As asked.  Belongs to whoever submits, like lines and evidence.
struct OccasionRequest {
  VoucherKey voucher;     // none = no code is shown
  TimestampNs slot_at;    // an appointment's beginning; 0 = none
  TimestampNs event_at;   // when what the claim is about happened; 0 = it is no claim
  OperatorName filed_by;  // of a claim: who may not approve it; none = not told
};

// Why an instant is no slot of a benefit that one may still book.
enum class SlotFault : uint8_t {
  kNone,
  kNotNamed,     // no instant was given
  kBegun,        // it lies not after now
  kTooFarAhead,  // further from now than the benefit takes appointments
  kNoneBegins,   // closed then, or no slot begins at that minute
};

// A row: of an authorization that was asked with one, or that took a voucher.  Stays in
// memory when its transaction goes to the archive.
struct Occasion {
  OccasionRequest asked;
  CommandSeq authorization;
  VoucherRow voucher;           // that was taken
  ApprovalRow last_approval;    // chain, newest first
  uint32_t approval_count = 0;  // different persons
  uint32_t reserved = 0;
};
static_assert(sizeof(Occasion) == 88);

enum class Judgement : uint8_t {  // stored: do not change values
  kApproved = 1,
  kRejected = 2,
};

// A row: what one person said of a claim.
struct Approval {
  OperatorName by;
  TimestampNs at;
  OccasionRow occasion;
  ApprovalRow previous;  // of the same claim
  Judgement judgement = Judgement::kApproved;
  std::array<uint8_t, 7> reserved{};
  DisplayName note;
};
static_assert(sizeof(Approval) == 152);

// ---- Operators' commands ---------------------------------------------------------------

// kApproveClaim, kRejectClaim.  The second releases the hold.
struct JudgeClaimRequest {
  TransactionId claim;
  OperatorName by;
  DisplayName note;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_OCCASION_H_
