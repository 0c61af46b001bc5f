// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What each reason means to people and to the terminal: the cashier's display in
// two languages, and whether a new attempt can succeed.

#ifndef GONGHUI_ENGINE_SERVER_REASON_TEXT_H_
#define GONGHUI_ENGINE_SERVER_REASON_TEXT_H_

#include <cstdint>
#include <string_view>

#include "engine/domain/batch.h"
#include "engine/domain/occasion.h"
#include "engine/domain/reason.h"
#include "engine/domain/transaction.h"

namespace gonghui {

struct DisplayMessage {
  std::string_view english;  // at most 48 bytes: two lines of a small display
  std::string_view chinese;
};

// REQUIRES: reason is one of the enum.
DisplayMessage DisplayMessageOf(Reason reason);

// Of a whole answer: what was approved, or why not.
DisplayMessage DisplayMessageOf(const Transaction& transaction);

// Of a batch that was closed.
DisplayMessage BatchMessageOf(const Batch& batch);

// Of a decline with EXCEEDS_FREQUENCY_LIMIT because all places of the slot are taken.
DisplayMessage FullSlotMessage();

// Of SLOT_NOT_AVAILABLE, of an answer and of a check that failed: which mistake it was.
DisplayMessage SlotMessageOf(SlotFault fault);

// Of a check on the way to an answer: what was found, good or bad.
DisplayMessage CheckMessageOf(Reason check, bool passed);

// Of what a member may use: now (kNone), or what stands in the way.
DisplayMessage EntitlementMessageOf(Reason reason);

// Of the whole list of it.
DisplayMessage EntitlementsMessageOf(const Transaction& answer, uint32_t count);

// What the terminal may do about a decline.  REQUIRES: reason is not kNone.
Retry RetryOf(Reason reason);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_REASON_TEXT_H_
