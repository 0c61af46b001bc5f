// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/names.h"

namespace gonghui {

const char* NameOf(Reason value) {
  switch (value) {
    case Reason::kNone:
      return "none";
    case Reason::kInvalidTerminal:
      return "invalid_terminal";
    case Reason::kSecurityViolation:
      return "security_violation";
    case Reason::kCredentialExpired:
      return "credential_expired";
    case Reason::kOriginalNotFound:
      return "original_not_found";
    case Reason::kPreviouslyReversed:
      return "previously_reversed";
    case Reason::kAlreadyCaptured:
      return "already_captured";
    case Reason::kHoldExpired:
      return "hold_expired";
    case Reason::kOriginalDeclined:
      return "original_declined";
    case Reason::kExceedsAuthorizedAmount:
      return "exceeds_authorized_amount";
    case Reason::kFurtherActivityPreventsReversal:
      return "further_activity_prevents_reversal";
    case Reason::kExceedsCapturedAmount:
      return "exceeds_captured_amount";
    case Reason::kAdviceTooOld:
      return "advice_too_old";
    case Reason::kTerminalInactive:
      return "terminal_inactive";
    case Reason::kMerchantInactive:
      return "merchant_inactive";
    case Reason::kInvalidCard:
      return "invalid_card";
    case Reason::kCardNotActive:
      return "card_not_active";
    case Reason::kCardExpired:
      return "card_expired";
    case Reason::kCardPaused:
      return "card_paused";
    case Reason::kCardLostOrStolen:
      return "card_lost_or_stolen";
    case Reason::kCardClosed:
      return "card_closed";
    case Reason::kMemberNotFound:
      return "member_not_found";
    case Reason::kMemberSuspended:
      return "member_suspended";
    case Reason::kMembershipExpired:
      return "membership_expired";
    case Reason::kMemberClosed:
      return "member_closed";
    case Reason::kProgrammeNotFound:
      return "programme_not_found";
    case Reason::kNoApplicableBenefit:
      return "no_applicable_benefit";
    case Reason::kMerchantNotInProgramme:
      return "merchant_not_in_programme";
    case Reason::kNotPermittedToTerminal:
      return "not_permitted_to_terminal";
    case Reason::kProgrammeNotStarted:
      return "programme_not_started";
    case Reason::kProgrammeEnded:
      return "programme_ended";
    case Reason::kOutsideTimeWindow:
      return "outside_time_window";
    case Reason::kMemberNotVerified:
      return "member_not_verified";
    case Reason::kNotPermittedToMember:
      return "not_permitted_to_member";
    case Reason::kBelowMinimumAmount:
      return "below_minimum_amount";
    case Reason::kNoEffect:
      return "no_effect";
    case Reason::kNoEligibleItem:
      return "no_eligible_item";
    case Reason::kWaitingPeriod:
      return "waiting_period";
    case Reason::kOfflineNotPermitted:
      return "offline_not_permitted";
    case Reason::kExceedsFrequencyLimit:
      return "exceeds_frequency_limit";
    case Reason::kExceedsAmountLimit:
      return "exceeds_amount_limit";
    case Reason::kFundNotOpen:
      return "fund_not_open";
    case Reason::kQuotaExhausted:
      return "quota_exhausted";
    case Reason::kBudgetExhausted:
      return "budget_exhausted";
  }
  return nullptr;
}

const char* NameOf(Verdict value) {
  switch (value) {
    case Verdict::kDecided:
      return "decided";
    case Verdict::kDuplicateMismatch:
      return "duplicate_mismatch";
    case Verdict::kPermissionDenied:
      return "permission_denied";
    case Verdict::kNotFound:
      return "not_found";
    case Verdict::kDeadlineExceeded:
      return "deadline_exceeded";
    case Verdict::kFull:
      return "full";
    case Verdict::kRefused:
      return "refused";
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kOutOfRange:
      return "out_of_range";
    case Verdict::kArchiveUnreadable:
      return "archive_unreadable";
  }
  return nullptr;
}

const char* NameOf(Field value) {
  switch (value) {
    case Field::kNone:
      return "none";
    case Field::kMethod:
      return "method";
    case Field::kTerminalId:
      return "terminal_id";
    case Field::kMerchantId:
      return "merchant_id";
    case Field::kCardNumber:
      return "card_number";
    case Field::kListPrice:
      return "list_price";
    case Field::kProgramme:
      return "programme";
    case Field::kCapture:
      return "capture";
    case Field::kIfNoBenefit:
      return "if_no_benefit";
    case Field::kHoldSeconds:
      return "hold_seconds";
    case Field::kPosEntryMode:
      return "pos_entry_mode";
    case Field::kAllowPartial:
      return "allow_partial";
    case Field::kOriginal:
      return "original";
    case Field::kAmount:
      return "amount";
    case Field::kFinalCapture:
      return "final_capture";
    case Field::kLines:
      return "lines";
    case Field::kSequence:
      return "sequence";
    case Field::kBusinessDay:
      return "business_day";
    case Field::kMemberPaid:
      return "member_paid";
    case Field::kTotals:
      return "totals";
    case Field::kReversalReason:
      return "reversal_reason";
    case Field::kUnionNode:
      return "union_node";
    case Field::kParent:
      return "parent";
    case Field::kMember:
      return "member";
    case Field::kSegment:
      return "segment";
    case Field::kFund:
      return "fund";
    case Field::kStock:
      return "stock";
    case Field::kMerchant:
      return "merchant";
    case Field::kMemberUnion:
      return "member_union";
    case Field::kMerchantUnion:
      return "merchant_union";
    case Field::kAsset:
      return "asset";
    case Field::kBudget:
      return "budget";
    case Field::kOwner:
      return "owner";
    case Field::kStatus:
      return "status";
    case Field::kTransactions:
      return "transactions";
    case Field::kMembers:
      return "members";
    case Field::kCards:
      return "cards";
    case Field::kMerchants:
      return "merchants";
    case Field::kTerminals:
      return "terminals";
    case Field::kFunds:
      return "funds";
    case Field::kProgrammes:
      return "programmes";
    case Field::kUnionNodes:
      return "union_nodes";
    case Field::kSegments:
      return "segments";
    case Field::kCodes:
      return "codes";
    case Field::kCounters:
      return "counters";
    case Field::kTerminal:
      return "terminal";
    case Field::kStage:
      return "stage";
    case Field::kActivatesAt:
      return "activates_at";
    case Field::kJoinedDay:
      return "joined_day";
    case Field::kPayer:
      return "payer";
  }
  return nullptr;
}

const char* NameOf(AdminReason value) {
  switch (value) {
    case AdminReason::kNone:
      return "none";
    case AdminReason::kUnknownReference:
      return "unknown_reference";
    case AdminReason::kBelongsToAnother:
      return "belongs_to_another";
    case AdminReason::kNotAllowedFromState:
      return "not_allowed_from_state";
    case AdminReason::kWouldCycle:
      return "would_cycle";
    case AdminReason::kTooDeep:
      return "too_deep";
    case AdminReason::kBelowCommitted:
      return "below_committed";
    case AdminReason::kImmutable:
      return "immutable";
    case AdminReason::kMissing:
      return "missing";
    case AdminReason::kWouldReinstate:
      return "would_reinstate";
    case AdminReason::kWouldReactivate:
      return "would_reactivate";
    case AdminReason::kWrongAsset:
      return "wrong_asset";
  }
  return nullptr;
}

const char* NameOf(TransactionState value) {
  switch (value) {
    case TransactionState::kDeclined:
      return "declined";
    case TransactionState::kPending:
      return "pending";
    case TransactionState::kPartiallyCaptured:
      return "partially_captured";
    case TransactionState::kCaptured:
      return "captured";
    case TransactionState::kReversed:
      return "reversed";
    case TransactionState::kExpired:
      return "expired";
    case TransactionState::kCompleted:
      return "completed";
    case TransactionState::kPartiallyRefunded:
      return "partially_refunded";
    case TransactionState::kRefunded:
      return "refunded";
  }
  return nullptr;
}

const char* NameOf(TransactionKind value) {
  switch (value) {
    case TransactionKind::kAuthorization:
      return "authorization";
    case TransactionKind::kCapture:
      return "capture";
    case TransactionKind::kReversal:
      return "reversal";
    case TransactionKind::kIncrement:
      return "increment";
    case TransactionKind::kRefund:
      return "refund";
    case TransactionKind::kBatchClose:
      return "batch_close";
  }
  return nullptr;
}

const char* NameOf(Outcome value) {
  switch (value) {
    case Outcome::kApproved:
      return "approved";
    case Outcome::kApprovedPartial:
      return "approved_partial";
    case Outcome::kDeclined:
      return "declined";
  }
  return nullptr;
}

const char* NameOf(MemberStatus value) {
  switch (value) {
    case MemberStatus::kActive:
      return "active";
    case MemberStatus::kSuspended:
      return "suspended";
    case MemberStatus::kLapsed:
      return "lapsed";
    case MemberStatus::kClosed:
      return "closed";
  }
  return nullptr;
}

const char* NameOf(CardStatus value) {
  switch (value) {
    case CardStatus::kIssued:
      return "issued";
    case CardStatus::kActive:
      return "active";
    case CardStatus::kPaused:
      return "paused";
    case CardStatus::kLost:
      return "lost";
    case CardStatus::kStolen:
      return "stolen";
    case CardStatus::kExpired:
      return "expired";
    case CardStatus::kReplaced:
      return "replaced";
    case CardStatus::kClosed:
      return "closed";
  }
  return nullptr;
}

const char* NameOf(MerchantStatus value) {
  switch (value) {
    case MerchantStatus::kActive:
      return "active";
    case MerchantStatus::kSuspended:
      return "suspended";
    case MerchantStatus::kClosed:
      return "closed";
  }
  return nullptr;
}

const char* NameOf(TerminalStatus value) {
  switch (value) {
    case TerminalStatus::kActive:
      return "active";
    case TerminalStatus::kInactive:
      return "inactive";
  }
  return nullptr;
}

const char* NameOf(TerminalKind value) {
  switch (value) {
    case TerminalKind::kPos:
      return "pos";
    case TerminalKind::kGate:
      return "gate";
    case TerminalKind::kVending:
      return "vending";
    case TerminalKind::kOnline:
      return "online";
  }
  return nullptr;
}

const char* NameOf(UnionLevel value) {
  switch (value) {
    case UnionLevel::kNational:
      return "national";
    case UnionLevel::kProvince:
      return "province";
    case UnionLevel::kCity:
      return "city";
    case UnionLevel::kDistrict:
      return "district";
    case UnionLevel::kEnterprise:
      return "enterprise";
    case UnionLevel::kOther:
      return "other";
  }
  return nullptr;
}

const char* NameOf(WindowKind value) {
  switch (value) {
    case WindowKind::kProgramme:
      return "programme";
    case WindowKind::kDay:
      return "day";
    case WindowKind::kWeek:
      return "week";
    case WindowKind::kMonth:
      return "month";
    case WindowKind::kYear:
      return "year";
  }
  return nullptr;
}

const char* NameOf(LimitMeasure value) {
  switch (value) {
    case LimitMeasure::kCount:
      return "count";
    case LimitMeasure::kAmount:
      return "amount";
  }
  return nullptr;
}

const char* NameOf(LimitSubject value) {
  switch (value) {
    case LimitSubject::kPerson:
      return "person";
    case LimitSubject::kProgramme:
      return "programme";
    case LimitSubject::kCard:
      return "card";
    case LimitSubject::kMerchant:
      return "merchant";
    case LimitSubject::kTerminal:
      return "terminal";
    case LimitSubject::kUnion:
      return "union";
  }
  return nullptr;
}

const char* NameOf(OnReturn value) {
  switch (value) {
    case OnReturn::kKeep:
      return "keep";
    case OnReturn::kClawBack:
      return "claw_back";
    case OnReturn::kRefuse:
      return "refuse";
  }
  return nullptr;
}

const char* NameOf(RefundTo value) {
  switch (value) {
    case RefundTo::kOriginalWindow:
      return "original";
    case RefundTo::kCurrentWindow:
      return "current";
    case RefundTo::kNever:
      return "never";
  }
  return nullptr;
}

const char* NameOf(LateCapture value) {
  switch (value) {
    case LateCapture::kStrict:
      return "strict";
    case LateCapture::kForcePost:
      return "force_post";
  }
  return nullptr;
}

const char* NameOf(Sex value) {
  switch (value) {
    case Sex::kUnknown:
      return "unknown";
    case Sex::kMale:
      return "male";
    case Sex::kFemale:
      return "female";
  }
  return nullptr;
}

const char* NameOf(DayKind value) {
  switch (value) {
    case DayKind::kWorkday:
      return "workday";
    case DayKind::kWeekend:
      return "weekend";
    case DayKind::kHoliday:
      return "holiday";
  }
  return nullptr;
}

const char* NameOf(Stage value) {
  switch (value) {
    case Stage::kValidated:
      return "validated";
    case Stage::kShadow:
      return "shadow";
    case Stage::kScheduled:
      return "scheduled";
    case Stage::kActive:
      return "active";
    case Stage::kRetired:
      return "retired";
    case Stage::kWithdrawn:
      return "withdrawn";
  }
  return nullptr;
}

const char* NameOf(Payer value) {
  switch (value) {
    case Payer::kUnion:
      return "union";
    case Payer::kMerchant:
      return "merchant";
    case Payer::kSponsor:
      return "sponsor";
  }
  return nullptr;
}

const char* NameOf(CodePurpose value) {
  switch (value) {
    case CodePurpose::kPayment:
      return "payment";
    case CodePurpose::kEntry:
      return "entry";
    case CodePurpose::kExit:
      return "exit";
  }
  return nullptr;
}

const char* NameOf(PosEntryMode value) {
  switch (value) {
    case PosEntryMode::kUnspecified:
      return "unspecified";
    case PosEntryMode::kContactless:
      return "contactless";
    case PosEntryMode::kQrCode:
      return "qr_code";
    case PosEntryMode::kChip:
      return "chip";
    case PosEntryMode::kMagstripe:
      return "magstripe";
    case PosEntryMode::kManual:
      return "manual";
  }
  return nullptr;
}

const char* NameOf(ReversalReason value) {
  switch (value) {
    case ReversalReason::kCustomerCancellation:
      return "customer_cancellation";
    case ReversalReason::kTimeout:
      return "timeout";
    case ReversalReason::kLateReply:
      return "late_reply";
    case ReversalReason::kDeviceUnable:
      return "device_unable";
  }
  return nullptr;
}

const char* NameOf(Liability value) {
  switch (value) {
    case Liability::kNone:
      return "none";
    case Liability::kProgramme:
      return "programme";
    case Liability::kAcquirer:
      return "acquirer";
    case Liability::kManual:
      return "manual";
  }
  return nullptr;
}

const char* NameOf(CommandKind value) {
  switch (value) {
    case CommandKind::kAuthorize:
      return "authorize";
    case CommandKind::kCapture:
      return "capture";
    case CommandKind::kReverse:
      return "reverse";
    case CommandKind::kQuote:
      return "quote";
    case CommandKind::kGetTransaction:
      return "get_transaction";
    case CommandKind::kExpireHolds:
      return "expire_holds";
    case CommandKind::kIncrement:
      return "increment";
    case CommandKind::kRefund:
      return "refund";
    case CommandKind::kCloseBatch:
      return "close_batch";
    case CommandKind::kGetEntitlements:
      return "get_entitlements";
    case CommandKind::kArchive:
      return "archive";
    case CommandKind::kThaw:
      return "thaw";
    case CommandKind::kActivateDue:
      return "activate_due";
    case CommandKind::kDefineSegment:
      return "define_segment";
    case CommandKind::kSetUnionNode:
      return "set_union_node";
    case CommandKind::kSetMember:
      return "set_member";
    case CommandKind::kSetCard:
      return "set_card";
    case CommandKind::kSetMerchant:
      return "set_merchant";
    case CommandKind::kSetTerminal:
      return "set_terminal";
    case CommandKind::kSetFund:
      return "set_fund";
    case CommandKind::kApplyProgramme:
      return "apply_programme";
    case CommandKind::kSetMemberStatus:
      return "set_member_status";
    case CommandKind::kSetCardStatus:
      return "set_card_status";
    case CommandKind::kReplaceCard:
      return "replace_card";
    case CommandKind::kRetireProgramme:
      return "retire_programme";
    case CommandKind::kStageProgramme:
      return "stage_programme";
  }
  return nullptr;
}

}  // namespace gonghui
