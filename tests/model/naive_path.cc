// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_path.h"

namespace gonghui {

const char* NameOf(NaivePath value) {
  switch (value) {
    case NaivePath::kPartialByLimit:
      return "partial_by_limit";
    case NaivePath::kPartialByFund:
      return "partial_by_fund";
    case NaivePath::kPartialBySplit:
      return "partial_by_split";
    case NaivePath::kReducedIsNotPartial:
      return "reduced_is_not_partial";
    case NaivePath::kHeldBackForOverrun:
      return "held_back_for_overrun";
    case NaivePath::kIncrementRaisesSubsidy:
      return "increment_raises_subsidy";
    case NaivePath::kIncrementBySplit:
      return "increment_by_split";
    case NaivePath::kIncrementAtFullPrice:
      return "increment_at_full_price";
    case NaivePath::kIncrementReduced:
      return "increment_reduced";
    case NaivePath::kIncrementInOldWindow:
      return "increment_in_old_window";
    case NaivePath::kIncrementRefusedInOldWindow:
      return "increment_refused_in_old_window";
    case NaivePath::kIncrementPaysMember:
      return "increment_pays_member";
    case NaivePath::kIncrementExtendsHold:
      return "increment_extends_hold";
    case NaivePath::kOverCapture:
      return "over_capture";
    case NaivePath::kOverCaptureUnasked:
      return "over_capture_unasked";
    case NaivePath::kLateNotSwept:
      return "late_not_swept";
    case NaivePath::kLateSwept:
      return "late_swept";
    case NaivePath::kLateInBudget:
      return "late_in_budget";
    case NaivePath::kLateOverrunsFund:
      return "late_overruns_fund";
    case NaivePath::kLateOverrunsSplit:
      return "late_overruns_split";
    case NaivePath::kLateOverrunsStock:
      return "late_overruns_stock";
    case NaivePath::kLateToClosedFund:
      return "late_to_closed_fund";
    case NaivePath::kLateExceedsLimit:
      return "late_exceeds_limit";
    case NaivePath::kLateInParts:
      return "late_in_parts";
    case NaivePath::kLateOverCapture:
      return "late_over_capture";
    case NaivePath::kCapturedAfterRefund:
      return "captured_after_refund";
    case NaivePath::kReversePartOfHold:
      return "reverse_part_of_hold";
    case NaivePath::kReversePartOfCaptured:
      return "reverse_part_of_captured";
    case NaivePath::kReverseRestOfHold:
      return "reverse_rest_of_hold";
    case NaivePath::kReversePartBySplit:
      return "reverse_part_by_split";
    case NaivePath::kReversePartBreaksThreshold:
      return "reverse_part_breaks_threshold";
    case NaivePath::kReversePartOfSale:
      return "reverse_part_of_sale";
    case NaivePath::kReversePartOfSaleBounded:
      return "reverse_part_of_sale_bounded";
    case NaivePath::kRefundOfPart:
      return "refund_of_part";
    case NaivePath::kRefundOfAll:
      return "refund_of_all";
    case NaivePath::kRefundOfOpenHold:
      return "refund_of_open_hold";
    case NaivePath::kRefundOfExpired:
      return "refund_of_expired";
    case NaivePath::kRefundOfNothingClosesIt:
      return "refund_of_nothing_closes_it";
    case NaivePath::kRefundAtFullPrice:
      return "refund_at_full_price";
    case NaivePath::kRefundBySplit:
      return "refund_by_split";
    case NaivePath::kRefundClawsBack:
      return "refund_claws_back";
    case NaivePath::kRefundKeepsLess:
      return "refund_keeps_less";
    case NaivePath::kRefundBounded:
      return "refund_bounded";
    case NaivePath::kRefundRefused:
      return "refund_refused";
    case NaivePath::kRefundOfOverrun:
      return "refund_of_overrun";
    case NaivePath::kRefundOverrunFirst:
      return "refund_overrun_first";
    case NaivePath::kRefundToSuspense:
      return "refund_to_suspense";
    case NaivePath::kRefundStockToSuspense:
      return "refund_stock_to_suspense";
    case NaivePath::kRefundGivesThingsBack:
      return "refund_gives_things_back";
    case NaivePath::kRefundToOriginalWindow:
      return "refund_to_original_window";
    case NaivePath::kRefundToCurrentWindow:
      return "refund_to_current_window";
    case NaivePath::kRefundToNoWindow:
      return "refund_to_no_window";
    case NaivePath::kCounterBelowZero:
      return "counter_below_zero";
    case NaivePath::kExtendedHoldExpires:
      return "extended_hold_expires";
  }
  return nullptr;
}

}  // namespace gonghui
