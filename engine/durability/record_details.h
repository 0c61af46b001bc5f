// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Details: what few requests and events have, and what makes their records ones of
// version 2.  Lines, a code that was shown, an occasion, an advice's evidence and verdict, a
// batch.  What
// the request says is not said again by the effect.  Part of record_format.cc; nobody else
// includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_RECORD_DETAILS_H_
#define GONGHUI_ENGINE_DURABILITY_RECORD_DETAILS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/domain/event.h"
#include "engine/domain/limits.h"
#include "engine/durability/byte_codec.h"
#include "engine/durability/record_parts.h"

namespace gonghui::codec {

// True when version 1 can not hold the record.
bool HasDetails(const Event& event, const Command& command);

// ---- Of the request -------------------------------------------------------------

inline constexpr size_t kEvidenceBytesMax = 4 * kVarintBytesMax + 2 * kInt32BytesMax;
inline constexpr size_t kAskedDetailsBytesMax =
    1 + 1 + kLinesPerTransactionMax * (kCode4BytesMax + kVarintBytesMax + kInt32BytesMax) + 1 +
    kEvidenceBytesMax + kVarintBytesMax + kInt32BytesMax + 1 + 1 + 2 * kId64Bytes +
    2 * kVarintBytesMax + kCode4BytesMax;  // an occasion

// Where the decoder keeps what a terminal's command points to.
struct AskedDetails {
  AdviceRequest advice;
  OccasionRequest occasion;
  std::array<LineItem, kLinesPerTransactionMax> items;
  std::array<ReturnedLine, kLinesPerTransactionMax> returned;
};

// `at` is the event's time.
uint8_t* WriteAskedDetails(uint8_t* out, const Command& command, TimestampNs at);
// `command` has been read but for these.
void ReadAskedDetails(ByteReader& r, TimestampNs at, AskedDetails& places, Command& command);

// ---- Of the effect --------------------------------------------------------------

inline constexpr size_t kDetailsBytesMax =
    2 + 5 * kRowBytesMax + 1 + 1 +  // mask, rows, the transaction's and the lines' count
    kLinesPerTransactionMax * (2 * kInt32BytesMax + 2 * kVarintBytesMax) + 1 + 2 * kVarintBytesMax +
    kEvidenceBytesMax + kRowBytesMax +                                   // advice
    1 + 2 * kTotalsBytesMax + 2 * kVarintBytesMax + 4 * kInt32BytesMax;  // batch

uint8_t* WriteDetails(uint8_t* out, const Event& event, const Command& command);
// All else of event and command has been read.
void ReadDetails(ByteReader& r, const Command& command, Event& event);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_RECORD_DETAILS_H_
