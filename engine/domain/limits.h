// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every limit of the engine, in one place.  What is bounded here is refused
// with a clear answer when it is full; nothing grows without one of these.

#ifndef GONGHUI_ENGINE_DOMAIN_LIMITS_H_
#define GONGHUI_ENGINE_DOMAIN_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace gonghui {

// Amounts.  A sum of 2^20 largest transactions still fits an int64 with room.
inline constexpr int64_t kTransactionFenMax = 1'000'000'000'000;   // ten billion yuan
inline constexpr int64_t kFundFenMax = 1'000'000'000'000'000'000;  // ten million times that
static_assert(kFundFenMax < INT64_MAX / 8);
static_assert(kTransactionFenMax <= kFundFenMax / 1'000'000);

// Instants: 2000-01-01 to 2200-01-01 UTC.
inline constexpr int64_t kTimestampNsMin = 946'684'800'000'000'000;
inline constexpr int64_t kTimestampNsMax = 7'258'118'400'000'000'000;

// Rows of the ledger's tables.  Address space is reserved for these; memory is
// taken as rows are used (bytes a row in parentheses, see engine/ledger).
inline constexpr uint32_t kUnionNodesMax = 1u << 20;
inline constexpr uint32_t kMembersMax = 1u << 28;        // (32)
inline constexpr uint32_t kCardsMax = 1u << 28;          // (32)
inline constexpr uint32_t kSegmentSpansMax = 1u << 28;   // (32)
inline constexpr uint32_t kStatusChangesMax = 1u << 28;  // (24)
inline constexpr uint32_t kMerchantsMax = 1u << 22;
inline constexpr uint32_t kTerminalsMax = 1u << 23;
inline constexpr uint32_t kFundsMax = 1u << 16;
inline constexpr uint32_t kProgrammesMax = 1u << 16;  // versions
inline constexpr uint32_t kActivationsMax = 1u << 18;
inline constexpr uint32_t kBenefitsMax = 1u << 20;  // of all versions
inline constexpr uint32_t kLimitsMax = 1u << 20;
inline constexpr uint32_t kCountersMax = 1u << 29;      // (32)
inline constexpr uint32_t kTransactionsMax = 1u << 29;  // (200)
inline constexpr uint32_t kAppliedMax = 1u << 30;       // (48)
inline constexpr uint32_t kUsesMax = 1u << 30;          // (40)
inline constexpr uint32_t kLinesMax = 1u << 30;         // (64)
inline constexpr uint32_t kAdvicesMax = 1u << 28;       // (56)
inline constexpr uint32_t kBatchesMax = 1u << 26;       // (136)
inline constexpr uint32_t kCodeUsesMax = 1u << 28;      // (40)
inline constexpr uint32_t kVoucherSeriesMax = 1u << 16;
inline constexpr uint32_t kVouchersMax = 1u << 28;   // (64)
inline constexpr uint32_t kOccasionsMax = 1u << 28;  // (88)
inline constexpr uint32_t kApprovalsMax = 1u << 26;  // (152)
inline constexpr uint32_t kDrawsMax = 1u << 16;
inline constexpr uint32_t kContributionsMax = 1u << 28;  // (96)

inline constexpr uint32_t kUnionDepthMax = 8;  // national = 1
inline constexpr uint32_t kSegmentsMax = 64;   // bits of one mask

// One decision.
inline constexpr uint32_t kSharesPerTransactionMax = 8;  // (benefit, fund) pairs
inline constexpr uint32_t kUsesPerTransactionMax = 16;   // counters taken
// Live benefits that may compete for one decision: of one category and union node of
// merchants, for one union node of members.  How many there are beside them does not matter.
inline constexpr uint32_t kCandidatesPerDecisionMax = 1024;
inline constexpr uint32_t kCombinedBenefitsMax = 3;
inline constexpr uint32_t kLinesPerTransactionMax = 64;
inline constexpr uint32_t kLineQuantityMax = 1'000'000;
inline constexpr int64_t kAdviceAgeMaxS = 60 * 86'400;
inline constexpr int64_t kDenyListAgeMaxS = 7 * 86'400;  // at the time of the sale
inline constexpr uint32_t kCodeValidSDefault = 60;       // of a code that does not say
inline constexpr uint32_t kCodeValidSMax = 3600;
inline constexpr int64_t kCodeAheadMaxS = 5 * 60;  // of our clock, the phone's may be

// One answer.
inline constexpr uint32_t kChecksPerExplanationMax = 512;
inline constexpr uint32_t kEntitlementsMax = 256;

// One programme file.
inline constexpr uint32_t kBenefitsPerProgrammeMax = 1024;
inline constexpr uint32_t kLimitsPerProgrammeMax = 1024;
inline constexpr uint32_t kLimitsPerBenefitMax = 8;
inline constexpr uint32_t kFundingSharesPerBenefitMax = 4;
inline constexpr uint32_t kPoolItemsPerProgrammeMax = 65'536;  // of each pool
inline constexpr uint32_t kPriceStepsPerBenefitMax = 32;
inline constexpr uint32_t kLimitSpanMax = 31;  // windows that are added up
inline constexpr uint32_t kWaitingDaysMax = 3660;
inline constexpr uint32_t kOverCapturesPerProgrammeMax = 64;
inline constexpr int32_t kOverCaptureBpsMax = 5'000;
inline constexpr uint32_t kSegmentSpansPerMemberMax = 8;
// A claim may be looked at for long, an appointment made long before.
inline constexpr int64_t kHoldSecondsMax = 366 * 86'400;
inline constexpr int64_t kHoldSecondsDefault = 7 * 86'400;
inline constexpr uint32_t kSlotMinutesMax = 1'440;
inline constexpr uint32_t kSlotAheadDaysMax = 366;
inline constexpr uint32_t kSlotGraceMinutesMax = 10'080;
// Among so many the next with room is looked for when one is full: that is done on the ledger
// thread, at a look-up of a counter each.
inline constexpr uint32_t kSlotsLookedAtMax = 256;
inline constexpr uint32_t kApprovalsPerClaimMax = 8;
inline constexpr uint32_t kClaimDaysMax = 3'660;  // between an event and its claim

// Vouchers and draws.
inline constexpr uint32_t kVouchersPerCommandMax = 1'000;
inline constexpr uint32_t kVouchersPerMemberMax = 1'024;  // of one series
inline constexpr uint32_t kPrizesPerDrawMax = 64;

// One message on a stream.
inline constexpr uint32_t kItemsPerMessageMax = 1024;

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_LIMITS_H_
