// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every answer the ledger can give, in order of precedence: when several checks
// fail, the answer is the one declared first.  Stored in the journal and sent
// on the wire: do not change a number, only add.
//
// The names follow the card world (ISO 8583:2003 action codes as collected by the
// jPOS CMF); proto/gonghui/v1/reason.proto mirrors them one to one.

#ifndef GONGHUI_ENGINE_DOMAIN_REASON_H_
#define GONGHUI_ENGINE_DOMAIN_REASON_H_

#include <cstdint>

namespace gonghui {

enum class Reason : uint16_t {
  kNone = 0,  // approved as asked

  // Caller.  Not stored: there is no known terminal to bind the id to.
  kInvalidTerminal = 201,  // no such terminal

  // Message.
  kSecurityViolation = 211,  // the code was accepted before
  kCredentialExpired = 212,  // the code is too old, or not yet valid

  // Lifecycle: about the original of a capture, increment, reversal or refund.  They
  // stand before merchant and card because those were judged when it was made.
  kOriginalNotFound = 221,
  kPreviouslyReversed = 222,  // also: a late original that was reversed first
  kAlreadyCaptured = 223,
  kHoldExpired = 224,
  kOriginalDeclined = 225,
  kExceedsAuthorizedAmount = 226,
  kFurtherActivityPreventsReversal = 227,
  kExceedsCapturedAmount = 228,  // a refund of more than was captured and not refunded
  kApprovalMissing = 229,        // a claim that too few have approved is not paid

  // Advice.
  kAdviceTooOld = 231,  // for a person to look at

  // Claim.
  kEventNotYet = 235,  // what it is about lies in the future

  // Terminal and merchant.
  kTerminalInactive = 241,
  kMerchantInactive = 242,

  // Voucher: of the code that is shown.
  kVoucherNotFound = 251,
  kVoucherVoid = 252,
  kVoucherRedeemed = 253,
  kVoucherReserved = 254,  // by an open hold
  kVoucherNotYetValid = 255,
  kVoucherExpired = 256,

  // Card.
  kInvalidCard = 301,
  kCardNotActive = 302,
  kCardExpired = 303,
  kCardPaused = 304,
  kCardLostOrStolen = 305,
  kCardClosed = 306,  // replaced or closed

  // Member.
  kMemberNotFound = 401,  // the card is issued to nobody yet
  kMemberSuspended = 402,
  kMembershipExpired = 403,
  kMemberClosed = 404,
  kVoucherOfAnother = 411,  // it is bound, and not to the card's member

  // Rule.  Of several candidate benefits, the answer is about the one that
  // came furthest; ties go to the first in order.
  kProgrammeNotFound = 501,    // the caller named a programme that is not there
  kNoApplicableBenefit = 502,  // nothing is offered to this kind of merchant
  kMerchantNotInProgramme = 503,
  kNotPermittedToTerminal = 504,  // benefit is not for this kind of terminal
  kProgrammeNotStarted = 505,
  kProgrammeEnded = 506,
  kOutsideTimeWindow = 507,
  kMemberNotVerified = 508,     // the benefit asks for a checked real name
  kNotPermittedToMember = 509,  // segment or union node
  kBelowMinimumAmount = 510,
  kNoEffect = 511,             // the benefit would change nothing at this price
  kNoEligibleItem = 512,       // no line has an item that the benefit is for
  kWaitingPeriod = 513,        // not yet long enough a member, or in a segment
  kOfflineNotPermitted = 514,  // of an advice: the benefit is to be asked for
  kNoVoucher = 515,            // the member has none that the benefit asks for
  kSlotNotAvailable = 516,     // no slot was named, or it is none of the benefit's
  kClaimTooLate = 517,         // longer after the event than the benefit allows

  // Limit.
  kExceedsFrequencyLimit = 701,
  kExceedsAmountLimit = 702,
  kTooManyNoShows = 703,  // appointments that were not kept

  // Fund.
  kFundNotOpen = 801,      // outside the fund's period
  kQuotaExhausted = 802,   // a stock of things
  kBudgetExhausted = 803,  // money; no group stands behind: see IsOfFund()
};

// Whether it is about a fund or a stock.
[[nodiscard]] constexpr bool IsOfFund(Reason reason) {
  return reason >= Reason::kFundNotOpen;
}

// What the caller may do about a decline.
enum class Retry : uint8_t {
  kNever = 1,       // the same again can not succeed
  kNewIdLater = 2,  // a new attempt, under a new request id, may succeed later
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_REASON_H_
