// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The branches of docs/decisions/0001-lifecycle.md.  The model says which ones it
// went, so that tests which no longer reach one do not go unnoticed.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_PATH_H_
#define GONGHUI_TESTS_MODEL_NAIVE_PATH_H_

#include <cstdint>

namespace gonghui {

enum class NaivePath : uint8_t {
  kPartialByLimit,       // an allow_partial that a refusing limit made less
  kPartialByFund,        // the same by a fund
  kPartialBySplit,       // by one of several funds
  kReducedIsNotPartial,  // less by a reducing limit only: approved, though partial was allowed
  kHeldBackForOverrun,   // declined: what is left makes good an overrun or stands in suspense
  kIncrementRaisesSubsidy,
  kIncrementBySplit,             // by several funds
  kIncrementAtFullPrice,         // not booked
  kIncrementReduced,             // by a limit that reduces
  kIncrementInOldWindow,         // counted where the hold was
  kIncrementRefusedInOldWindow,  // there is no next time to tell
  kIncrementPaysMember,          // a threshold is reached: more subsidy than increment
  kIncrementExtendsHold,
  kIncrementAsksNoFund,  // nothing is wanted, though one is closed
  kOverCapture,
  kOverCaptureUnasked,     // final, though the caller said there is more
  kOverCaptureOutOfRange,  // within the programme's rate, but beyond limits.h
  kLateNotSwept,           // as if in time
  kLateSwept,              // all that follow, too
  kLateInBudget,           // nothing had to be overrun
  kLateOverrunsFund,
  kLateOverrunsSplit,  // of several funds, one
  kLateOverrunsStock,
  kLateToClosedFund,
  kLateExceedsLimit,
  kLateInParts,  // the second of them
  kLateOverCapture,
  kCapturedAfterRefund,  // partially refunded by a capture
  kReversePartOfHold,
  kReversePartOfCaptured,       // partially captured before
  kReverseRestOfHold,           // what is left is captured
  kReversePartBySplit,          // by several funds
  kReversePartBreaksThreshold,  // more subsidy than price goes back
  kReversePartOfSale,
  kReversePartOfSaleBounded,  // the member would owe more
  kReverseOfExpired,          // swept before
  kReverseToSuspense,         // of a sale; the fund has closed
  kReverseStockToSuspense,
  kRefundOfPart,
  kRefundOfAll,
  kRefundOfOpenHold,
  kRefundOfExpired,
  kRefundOfNothingClosesIt,  // all was refunded while the hold was open
  kRefundAtFullPrice,        // not booked
  kRefundBySplit,            // by several funds
  kRefundClawsBack,          // more than the part's share
  kRefundKeepsLess,          // claw_back gives the funds less than the part's share
  kRefundBounded,            // by what the member paid or the funds gave
  kRefundRefused,            // below the threshold
  kRefundBelowAlready,       // the threshold was broken before
  kRefundOfOverrun,
  kRefundOverrunFirst,  // and the rest from what was spent
  kRefundToSuspense,
  kRefundStockToSuspense,
  kRefundGivesThingsBack,
  kRefundToOriginalWindow,  // that is over
  kRefundToCurrentWindow,   // another one than the original's
  kRefundToNoWindow,
  kCounterBelowZero,  // banked: more is left than the limit
  kExtendedHoldExpires,
  kBudgetBelowSuspense,  // refused only because something stands there
};

// The snake_case of the enumerator; null when the value is none.
const char* NameOf(NaivePath value);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_PATH_H_
