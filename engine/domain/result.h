// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the ledger tells the caller of a command.  Flat, written by the ledger
// thread into memory of the submitter; rows refer to ledger tables whose *codes*
// never change once written (ledger/names.h), so the thread that renders the
// answer may read those without asking.

#ifndef GONGHUI_ENGINE_DOMAIN_RESULT_H_
#define GONGHUI_ENGINE_DOMAIN_RESULT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/cache_line.h"
#include "engine/domain/ids.h"
#include "engine/domain/limits.h"
#include "engine/domain/transaction.h"

namespace gonghui {

// Whether a decision was made at all.  Everything but kDecided changed nothing.
enum class Verdict : uint8_t {
  kDecided = 1,            // see Result::transaction.outcome
  kDuplicateMismatch = 2,  // the request id is taken by other content: see `field`
  kPermissionDenied = 3,   // another terminal's or merchant's business: see `field`
  kNotFound = 4,           // inquiry: no such transaction
  kDeadlineExceeded = 5,
  kFull = 6,                // a table of limits.h is full: see `field`
  kRefused = 7,             // an operator's command: see `admin_reason`, `field`, `index`
  kUnchanged = 8,           // an operator's command that asks for what already is
  kOutOfRange = 9,          // the sum would pass what limits.h allows: see `field`
  kArchiveUnreadable = 10,  // what the command names can not be read back from the archive
};

// The request field that a verdict is about.
enum class Field : uint8_t {
  kNone = 0,
  kMethod,  // the id was used with another call
  kTerminalId,
  kMerchantId,
  kCardNumber,
  kListPrice,
  kProgramme,
  kCapture,
  kIfNoBenefit,
  kHoldSeconds,
  kPosEntryMode,
  kAllowPartial,
  kOriginal,
  kAmount,
  kFinalCapture,
  kLines,
  kSequence,
  kBusinessDay,
  kMemberPaid,
  kTotals,
  kReversalReason,
  kUnionNode,
  kParent,
  kMember,
  kSegment,
  kFund,
  kStock,
  kMerchant,
  kMemberUnion,
  kMerchantUnion,
  kAsset,
  kBudget,
  kOwner,
  kStatus,
  kTransactions,  // tables, for kFull
  kMembers,
  kCards,
  kMerchants,
  kTerminals,
  kFunds,
  kProgrammes,
  kUnionNodes,
  kSegments,
  kCounters,
  kCodes,
  kTerminal,
  kStage,
  kActivatesAt,
  kJoinedDay,
  kPayer,
  kVoucher,
  kSlotAt,
  kEventAt,
  kFiledBy,
  kVouchers,  // tables
  kSeries,
  kOccasions,
  kApprovals,
  kDraw,
  kDraws,
  kPrize,
  kSeedHash,
  kEntries,
  kClosesAt,
  kReceipt,
  kContributions,
  kCover,
  kClaim,
  kApprover,
};

// Why an operator's command is refused.
enum class AdminReason : uint8_t {
  kNone = 0,
  kUnknownReference,     // `field` names a row that does not exist
  kBelongsToAnother,     // the card (terminal) is already another member's (merchant's)
  kNotAllowedFromState,  // e.g. activating a replaced card
  kWouldCycle,           // a union node below itself
  kTooDeep,              // union tree deeper than kUnionDepthMax
  kBelowCommitted,       // a budget under what is already held and spent
  kImmutable,            // an asset, an identity
  kWrongAsset,           // money from a stock, or things from a fund of money
  kMissing,              // a new row needs `field`, which the request leaves as it stands
  kWouldReinstate,       // an import of a suspended member as active
  kWouldReactivate,      // an import of a blocked card as usable; `index` is its CardStatus
  kTooMany,              // vouchers of a series for one member, spans of a member
  kSamePerson,           // who filed a claim, or has approved it, approves it
};

// One funder's part.
struct ResultShare {
  BenefitRow benefit;
  FundRow fund;
  Fen amount;  // authorization, increment: authorized; capture: captured; others: given back
};

// A limit that the decision touched (or failed on), after the decision.
struct ResultLimit {
  LimitRow limit;
  int64_t used = 0;
  int64_t held = 0;
  int64_t left = 0;
  TimestampNs resets_at;
};

// Begins a cache line, with what every answer has: each line of it that is written goes from the
// ledger thread's core to that of whoever answers, and back.
struct alignas(kCacheLineBytes) Result {
  Verdict verdict = Verdict::kDecided;
  Field field = Field::kNone;
  AdminReason admin_reason = AdminReason::kNone;
  bool replay = false;   // the stored answer to a repeated request id
  bool created = false;  // operators, when decided: `row` is new
  uint8_t share_count = 0;
  uint8_t limit_count = 0;
  // Which benefit, pool item ... `field` is about; vouchers, when decided: how many changed.
  uint32_t index = 0;
  uint32_t row = 0;                // operators: the row that was set; transactions: its row
  uint32_t programme_version = 0;  // kApplyProgramme, kStageProgramme

  TransactionId transaction_id;  // none = nothing was recorded (quote, unknown terminal)
  TransactionId original_id;     // of a capture or reversal, if found
  MerchantId merchant;           // whose it is
  Transaction transaction;       // as it stands after the command
  std::array<ResultShare, kSharesPerTransactionMax> shares;
  std::array<ResultLimit, kUsesPerTransactionMax> limits;
  // For an odd number of lines: at multiples of 1,024 bytes those of a list would all begin in the
  // same few sets of a cache.  Says nothing.
  std::array<uint64_t, kCacheLineBytes / sizeof(uint64_t)> apart{};
};
static_assert(kSharesPerTransactionMax <= UINT8_MAX && kUsesPerTransactionMax <= UINT8_MAX);
static_assert(offsetof(Result, shares) == 4 * kCacheLineBytes);
static_assert(sizeof(Result) % (2 * kCacheLineBytes) != 0);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_RESULT_H_
