// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every identifier of the engine, each a type of its own.  A *row* is an index
// into one of the ledger's dense tables: assigned in order, never reused for
// another thing, 0 meaning "none".  An *id* or *code* is what the outside calls
// the thing.

#ifndef GONGHUI_ENGINE_DOMAIN_IDS_H_
#define GONGHUI_ENGINE_DOMAIN_IDS_H_

#include <compare>
#include <cstdint>

#include "engine/base/strong_id.h"
#include "engine/domain/code.h"

namespace gonghui {

// What the outside calls things.  16 characters hold ISO 8583's card acceptor
// id (DE42, 15) and terminal id (DE41, 8).
using MemberId = Code<struct MemberIdTag, 2>;
using MerchantId = Code<struct MerchantIdTag, 2>;
using TerminalId = Code<struct TerminalIdTag, 2>;
using UnionNodeId = Code<struct UnionNodeIdTag, 2>;
using FundCode = Code<struct FundCodeTag, 4>;
using ProgrammeCode = Code<struct ProgrammeCodeTag, 4>;
using BenefitCode = Code<struct BenefitCodeTag, 4>;
using LimitCode = Code<struct LimitCodeTag, 4>;
using SegmentCode = Code<struct SegmentCodeTag, 4>;
using ItemCode = Code<struct ItemCodeTag, 4>;          // a SKU, GTIN or category
using SeriesCode = Code<struct SeriesCodeTag, 4>;      // of vouchers
using DrawCode = Code<struct DrawCodeTag, 4>;          // a draw or a prize pool
using ReceiptCode = Code<struct ReceiptCodeTag, 4>;    // of a contribution
using OperatorName = Code<struct OperatorNameTag, 4>;  // a person who judges
using ZoneName = Code<struct ZoneNameTag, 4>;          // IANA; '/' is written as ':'

// 8 to 19 decimal digits, the first not 0 (ISO/IEC 7812).  Fits 64 bits.
using CardNumber = StrongId<struct CardNumberTag, uint64_t>;

// Rows.
using UnionNodeRow = StrongId<struct UnionNodeRowTag, uint32_t>;
using MemberRow = StrongId<struct MemberRowTag, uint32_t>;
using StatusChangeRow = StrongId<struct StatusChangeRowTag, uint32_t>;
using SegmentSpanRow = StrongId<struct SegmentSpanRowTag, uint32_t>;
using CardRow = StrongId<struct CardRowTag, uint32_t>;
using MerchantRow = StrongId<struct MerchantRowTag, uint32_t>;
using TerminalRow = StrongId<struct TerminalRowTag, uint32_t>;
using FundRow = StrongId<struct FundRowTag, uint32_t>;
using ProgrammeHeadRow = StrongId<struct ProgrammeHeadRowTag, uint32_t>;
using ProgrammeRow = StrongId<struct ProgrammeRowTag, uint32_t>;  // one per version
using ActivationRow = StrongId<struct ActivationRowTag, uint32_t>;
using BenefitRow = StrongId<struct BenefitRowTag, uint32_t>;
using LimitRow = StrongId<struct LimitRowTag, uint32_t>;
using CalendarRow = StrongId<struct CalendarRowTag, uint32_t>;
using CounterRow = StrongId<struct CounterRowTag, uint32_t>;
using TransactionRow = StrongId<struct TransactionRowTag, uint32_t>;
using AppliedRow = StrongId<struct AppliedRowTag, uint32_t>;
using UseRow = StrongId<struct UseRowTag, uint32_t>;
using LineRow = StrongId<struct LineRowTag, uint32_t>;
using AdviceRow = StrongId<struct AdviceRowTag, uint32_t>;
using BatchRow = StrongId<struct BatchRowTag, uint32_t>;
using CodeUseRow = StrongId<struct CodeUseRowTag, uint32_t>;
using TermsRow = StrongId<struct TermsRowTag, uint32_t>;
using VoucherSeriesRow = StrongId<struct VoucherSeriesRowTag, uint32_t>;
using VoucherRow = StrongId<struct VoucherRowTag, uint32_t>;
using OccasionRow = StrongId<struct OccasionRowTag, uint32_t>;
using ApprovalRow = StrongId<struct ApprovalRowTag, uint32_t>;
using DrawRow = StrongId<struct DrawRowTag, uint32_t>;
using ContributionRow = StrongId<struct ContributionRowTag, uint32_t>;

// The identity of a limit's counters.  It outlives programme versions: a new
// version whose limit has the same code counts on where the old one stood.
using CounterSeriesRow = StrongId<struct CounterSeriesRowTag, uint32_t>;

// Position in the ledger's history: rises by exactly one with every Evolve().
using CommandSeq = StrongId<struct CommandSeqTag, uint64_t>;

// One of 1,024 fixed virtual shards (design section 12).
using ShardId = StrongId<struct ShardIdTag, uint16_t>;

// Made by the caller, unique for ever within its terminal; a UUID.
struct RequestId {
  uint64_t high = 0;
  uint64_t low = 0;

  friend constexpr auto operator<=>(const RequestId&, const RequestId&) = default;
  [[nodiscard]] constexpr bool IsNone() const { return high == 0 && low == 0; }
};

// Made by the engine: (shard << 50) | seq, so that finding a transaction is a
// seek.  60 bits print as 12 characters of Crockford's base 32, which is also
// the retrieval reference number (ISO 8583 DE37) on the receipt.
using TransactionId = StrongId<struct TransactionIdTag, uint64_t>;

inline constexpr int kTransactionIdSeqBits = 50;

constexpr TransactionId MakeTransactionId(uint16_t shard, CommandSeq seq) {
  return TransactionId{(uint64_t{shard} << kTransactionIdSeqBits) | seq.value()};
}
constexpr CommandSeq SeqOf(TransactionId id) {
  return CommandSeq{id.value() & ((uint64_t{1} << kTransactionIdSeqBits) - 1)};
}
constexpr uint16_t ShardOf(TransactionId id) {
  return static_cast<uint16_t>(id.value() >> kTransactionIdSeqBits);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_IDS_H_
