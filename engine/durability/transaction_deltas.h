// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an event changes beside its own row, as a record holds it: in the original, in
// funds, counters and the member's account.  Part of record_format.cc; nobody else
// includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_TRANSACTION_DELTAS_H_
#define GONGHUI_ENGINE_DURABILITY_TRANSACTION_DELTAS_H_

#include <cstddef>
#include <cstdint>

#include "engine/domain/event.h"
#include "engine/domain/limits.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

inline constexpr size_t kOriginalBytesMax = kRowBytesMax + 2 + 7 * kVarintBytesMax;
inline constexpr size_t kDeltasBytesMax =
    2 +  // counts
    kSharesPerTransactionMax * (1 + 2 * kRowBytesMax + 4 * kVarintBytesMax) +
    kUsesPerTransactionMax * (1 + 4 * kRowBytesMax + 4 * kVarintBytesMax);

uint8_t* WriteOriginal(uint8_t* out, const OriginalChange& change);
void ReadOriginal(ByteReader& r, OriginalChange& change);

// How many shares and uses there are.  Apart, because the transaction stands between
// them and the shares: its own counts are predicted from these.
uint8_t* WriteCounts(uint8_t* out, const Event& event);
void ReadCounts(ByteReader& r, Event& event);
uint8_t* WriteDeltas(uint8_t* out, const Event& event);
void ReadDeltas(ByteReader& r, Event& event);

// The member's part of what was accepted moves with the shares, if there are any.
struct MemberDeltas {
  Fen pending;
  Fen posted;
};
MemberDeltas PredictMemberDeltas(const Event& event);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_TRANSACTION_DELTAS_H_
