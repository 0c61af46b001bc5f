// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/record_parts.h"

#include "engine/base/check.h"

namespace gonghui::codec {

bool IsKnown(Reason reason) {
  switch (reason) {
    case Reason::kNone:
    case Reason::kInvalidTerminal:
    case Reason::kSecurityViolation:
    case Reason::kCredentialExpired:
    case Reason::kOriginalNotFound:
    case Reason::kPreviouslyReversed:
    case Reason::kAlreadyCaptured:
    case Reason::kHoldExpired:
    case Reason::kOriginalDeclined:
    case Reason::kExceedsAuthorizedAmount:
    case Reason::kFurtherActivityPreventsReversal:
    case Reason::kExceedsCapturedAmount:
    case Reason::kApprovalMissing:
    case Reason::kAdviceTooOld:
    case Reason::kEventNotYet:
    case Reason::kTerminalInactive:
    case Reason::kMerchantInactive:
    case Reason::kVoucherNotFound:
    case Reason::kVoucherVoid:
    case Reason::kVoucherRedeemed:
    case Reason::kVoucherReserved:
    case Reason::kVoucherNotYetValid:
    case Reason::kVoucherExpired:
    case Reason::kInvalidCard:
    case Reason::kCardNotActive:
    case Reason::kCardExpired:
    case Reason::kCardPaused:
    case Reason::kCardLostOrStolen:
    case Reason::kCardClosed:
    case Reason::kMemberNotFound:
    case Reason::kMemberSuspended:
    case Reason::kMembershipExpired:
    case Reason::kMemberClosed:
    case Reason::kVoucherOfAnother:
    case Reason::kProgrammeNotFound:
    case Reason::kNoApplicableBenefit:
    case Reason::kMerchantNotInProgramme:
    case Reason::kNotPermittedToTerminal:
    case Reason::kProgrammeNotStarted:
    case Reason::kProgrammeEnded:
    case Reason::kOutsideTimeWindow:
    case Reason::kMemberNotVerified:
    case Reason::kNotPermittedToMember:
    case Reason::kBelowMinimumAmount:
    case Reason::kNoEffect:
    case Reason::kNoEligibleItem:
    case Reason::kWaitingPeriod:
    case Reason::kOfflineNotPermitted:
    case Reason::kNoVoucher:
    case Reason::kSlotNotAvailable:
    case Reason::kClaimTooLate:
    case Reason::kExceedsFrequencyLimit:
    case Reason::kExceedsAmountLimit:
    case Reason::kTooManyNoShows:
    case Reason::kFundNotOpen:
    case Reason::kQuotaExhausted:
    case Reason::kBudgetExhausted:
      return true;
  }
  return false;
}

void CheckReserved(const Transaction& t) {
  if (t.IsAuthorization()) {
    GH_CHECK(t.progress.reserved_2 == 0, "reserved_2=", t.progress.reserved_2);
  } else {
    GH_CHECK((t.reference.reserved[0] | t.reference.reserved[1]) == 0,
             "reserved=",
             t.reference.reserved[0],
             " reserved[1]=",
             t.reference.reserved[1]);
  }
}

}  // namespace gonghui::codec
