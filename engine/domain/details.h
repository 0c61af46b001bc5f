// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What few answers have: lines, what was asked for beside them, an advice's verdict, a batch.
// Belongs to whoever asks; the ledger thread fills it.

#ifndef GONGHUI_ENGINE_DOMAIN_DETAILS_H_
#define GONGHUI_ENGINE_DOMAIN_DETAILS_H_

#include <array>
#include <cstdint>

#include "engine/domain/advice.h"
#include "engine/domain/batch.h"
#include "engine/domain/calendar.h"
#include "engine/domain/limits.h"
#include "engine/domain/line.h"

namespace gonghui {

// Of the transaction that is answered.
struct Details {
  bool is_advice = false;
  bool is_batch = false;
  Advice advice;            // is_advice
  Batch batch;              // is_batch
  TimestampNs slot_at;      // an appointment's, as asked; 0 = it is none
  TimestampNs event_at;     // a claim's, as asked; 0 = it is none
  uint32_t line_count = 0;  // an authorization's or refund's lines
  std::array<Line, kLinesPerTransactionMax> lines;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_DETAILS_H_
