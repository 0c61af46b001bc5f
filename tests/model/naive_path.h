// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The branches of docs/decisions: 0001-lifecycle.md, 0003-lines-advices-batches.md,
// 0005-codes.md, 0006-programme-language.md and 0007-programme-versions.md.
// The model says which ones it went, so that tests which no longer reach one do not go
// unnoticed.

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
  kReverseOfOverrun,     // all of a sale whose advice overran
  kLinesUnevenly,        // the largest remainders get a fen more
  kLinesOfNothing,       // a list price of 0
  kLinesDeclined,
  kLinesAtFullPrice,
  kIncrementOfLines,    // which stay as they were split
  kReversePartOfLines,  // the same
  kRefundLines,
  kRefundLinesAgain,        // some pieces were given back before
  kRefundLinesUnevenly,     // a piece has no whole price
  kRefundLastLines,         // all of CS goes back, which is not what the lines say
  kRefundLinesClawBack,     // what the rest would not have earned, not what the lines say
  kRefundLinesRefused,      // below the threshold
  kRefundLinesOfNone,       // the original has no lines
  kRefundLinesNotCaptured,  // less is captured than they cost
  kRefundLinesNoSuchLine,
  kRefundLinesNoSuchPieces,
  kRefundLinesExceed,  // an amount was refunded before
  kRefundOfAmountLeavesLines,
  kAdviceUnderAnotherId,  // answered as the first
  kAdviceReversedFirst,
  kAdviceTooOld,
  kAdviceBeforeEmptyQueue,  // its clock says before the queue was last empty
  kAdviceFromTheFuture,
  kAdviceAtFullPrice,   // the member paid all of it
  kAdviceOfParties,     // terminal, merchant, card or member declines it
  kAdviceOfStatusThen,  // other than now
  kAdviceOfRulesThen,   // of a version that is not live any more
  kAdviceDelivered,     // the deny list had it
  kAdviceCardNotDelivered,
  kAdviceMemberNotDelivered,
  kAdviceHalfDelivered,  // of the card it was not, of the member it was
  kAdviceWithoutRule,    // that applies
  kAdviceRuleGivesMore,  // than was claimed
  kAdviceRuleGivesLess,  // the acquirer bears the rest
  kAdviceAsOnline,
  kAdviceForcedInsteadOfLess,  // online it would have been less
  kAdviceForcedGivesLess,      // so what it would have been online stays
  kAdviceForcedInPart,         // a fund has too little and may not overrun
  kAdviceForcedOverLimit,
  kAdviceForcesNext,     // too few things of the most generous
  kAdviceForcesNothing,  // declined after all
  kAdviceOverrunsFund,
  kAdviceOverrunsStock,
  kAdviceToClosedFund,
  kAdviceThingsOnly,  // no fund of money has anything
  kCaptureAdviceDeclined,
  kCaptureAdviceTooOld,
  kCaptureAdviceLate,             // though the programme is strict
  kCaptureAdviceLateAtFullPrice,  // not booked
  kCaptureAdviceOver,             // more than the programme allows
  kCaptureAdviceOutOfRange,       // beyond limits.h
  kBatchInBalance,
  kBatchOutOfBalance,
  kBatchAfterBatch,
  kBatchOfReversals,
  kBatchOfInactive,  // terminal or merchant
  kCodeUsed,
  kCodeBeforeAllRemembered,  // so it counts as used
  kCodeTooOld,
  kCodeFromTheFuture,
  kCodeOfUnknownCard,  // and not fresh
  kCodeReversedFirst,  // and so not judged
  kCodeAheadOfClock,   // accepted, as all that follow
  kCodeOutOfOrder,
  kCodeForAnotherPurpose,  // accepted for one before
  kIncrementOfCombination,
  kCaptureOfCombination,  // in parts
  kReversePartOfCombination,
  kLateAfterRefundOfCombination,  // swept before, so that only the sum is known
  kRefundOfCombination,           // of a part
  kItemsCounted,                  // fewer than all lines
  kPiecesInPart,                  // of a line only some pieces count
  kCombinationOfOne,              // a layer alone
  kCombinationOfTwo,
  kCombinationOfThree,
  kCombinationOnRest,       // of what an earlier layer left
  kCombinationSharesLimit,  // two layers count on one
  kCombinationSharesFund,
  kCombinationSpillsOver,   // beyond its own lines
  kCombinationLoses,        // one benefit alone gives as much
  kCombinationWithoutRoom,  // for one more benefit
  kRollingWindow,           // something stands in a window before this one
  kUnionAtLevel,            // counted for a node above the member's own
  kAdviceAllowanceReduces,
  kAdviceAllowanceUsedUp,  // so the next one is forced, or none
  kVersionFoundAgain,      // by its content
  kVersionRolledBack,
  kVersionWithdrawnByRetiring,
  kVersionActivatedLate,  // looked for after its instant
  kVoucherShown,          // by its code
  kVoucherWithoutCard,    // at a kiosk: its member's
  kVoucherOfBearer,       // nobody's
  kVoucherOfBearerByCard,
  kVoucherFound,           // without its code
  kVoucherFoundOfSeveral,  // the one that expires first
  kVoucherReturns,
  kVoucherReturnsExpired,
  kVoucherRedeemedLate,  // after its hold was swept
  kVoucherOfAnotherUse,  // by then
  kVouchersPartlyThere,  // of one command
  kPrizeRunOut,
  kPoolEmpty,
  kPoolDrawsNothing,  // a prize of nothing
  kSlotTaken,
  kSlotInOtherOffset,  // of the wall clock, than now
  kNoShow,
  kNoShowTakenBack,
  kClaimOfEarlierRules,  // of a version that is not live any more
  kClaimBeforeFirstVersion,
  kClaimOfStatusThen,
  kClaimAtFullPrice,
  kClaimRejectedAfterApproval,
  kIncrementOfReviewed,
  kIncrementOfPriceLimit,
  kBandsGoOn,         // where earlier prices ended
  kBandsGiveNothing,  // and yet it counts
  kCoverRenewed,      // at the instant at which it ends
  kCoverLongerAlready,
  kCoverRenewedSince,  // so that it can not be taken back
  kCoverTakenBack,
  kCoverInPlaceOfEmpty,  // of eight
  kCoverTooMany,
  kReceiptPutRight,        // other content under the receipt of what was revoked
  kReceiptRevokedBefore,   // of several the content of an earlier one
  kReceiptPutRightBefore,  // the same, while something else stands
  kSlotFull,               // there is room in a later one
  kSlotsAllFull,
  kEnteredAgain,  // what was counted once had been given back in whole
};

// The snake_case of the enumerator; null when the value is none.
const char* NameOf(NaivePath value);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_PATH_H_
