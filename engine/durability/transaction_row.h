// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A transaction's row, as a record holds it.
//
// What the row, its command and its deltas share is written once: every field has a
// prediction from what stands before it in the record, and a mask says which fields
// differ.  So the common sale pays for nothing but its own numbers, and any row at all
// still comes back bit for bit.  Lines, evidence and batches are details
// (record_details.h).
//
// Part of record_format.cc; nobody else includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_TRANSACTION_ROW_H_
#define GONGHUI_ENGINE_DURABILITY_TRANSACTION_ROW_H_

#include <cstddef>
#include <cstdint>

#include "engine/domain/event.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

inline constexpr size_t kTransactionRowBytesMax =
    kRowBytesMax + 1 + kRowBytesMax +             // row, state, mask
    8 * kRowBytesMax + 3 + 2 * kVarintBytesMax +  // rows, reason, expiry
    8 + kVarintBytesMax +                         // card, hash or original
    5 * kVarintBytesMax + 2 +                     // amounts, counts
    4 * kVarintBytesMax + 1 +                     // progress, longer than reference
    2 * kRowBytesMax + 4 +                        // stan, hold, small
    kRequestIdBytes + 2 * kVarintBytesMax;        // request id, seq, time

// REQUIRES of both: an event with a transaction.
uint8_t* WriteTransaction(uint8_t* out, const Event& event, const Command& command);
// Into event.transaction and event.transaction_row; all that stands before them in the
// record is in `event` and `command`.
void ReadTransaction(ByteReader& r, const Command& command, Event& event);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_TRANSACTION_ROW_H_
