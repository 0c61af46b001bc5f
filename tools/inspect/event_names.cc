// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/inspect/event_names.h"

namespace gonghui {
namespace {

constexpr EventKind kKinds[] = {
    EventKind::kAuthorized,          EventKind::kCaptured,        EventKind::kReversed,
    EventKind::kHoldExpired,         EventKind::kIncremented,     EventKind::kRefunded,
    EventKind::kBatchClosed,         EventKind::kArchived,        EventKind::kThawed,
    EventKind::kProgrammeActivated,  EventKind::kSegmentDefined,  EventKind::kUnionNodeSet,
    EventKind::kMemberSet,           EventKind::kCardSet,         EventKind::kMerchantSet,
    EventKind::kTerminalSet,         EventKind::kFundSet,         EventKind::kProgrammeApplied,
    EventKind::kMemberStatusSet,     EventKind::kCardStatusSet,   EventKind::kCardReplaced,
    EventKind::kProgrammeRetired,    EventKind::kProgrammeStaged, EventKind::kVouchersIssued,
    EventKind::kVouchersVoided,      EventKind::kDrawCommitted,   EventKind::kDrawClosed,
    EventKind::kDrawSettled,         EventKind::kPrizeDrawn,      EventKind::kContributed,
    EventKind::kContributionRevoked, EventKind::kClaimApproved,   EventKind::kClaimRejected,
};

}  // namespace

std::span<const EventKind> AllEventKinds() {
  return kKinds;
}

std::optional<EventKind> EventKindOf(std::string_view name) {
  for (const EventKind kind : kKinds) {
    if (NameOf(kind) == name) {
      return kind;
    }
  }
  return std::nullopt;
}

std::string_view NameOf(EventKind value) {
  switch (value) {
    case EventKind::kNone:
      return "none";
    case EventKind::kAuthorized:
      return "authorized";
    case EventKind::kCaptured:
      return "captured";
    case EventKind::kReversed:
      return "reversed";
    case EventKind::kHoldExpired:
      return "hold_expired";
    case EventKind::kIncremented:
      return "incremented";
    case EventKind::kRefunded:
      return "refunded";
    case EventKind::kBatchClosed:
      return "batch_closed";
    case EventKind::kArchived:
      return "archived";
    case EventKind::kThawed:
      return "thawed";
    case EventKind::kProgrammeActivated:
      return "programme_activated";
    case EventKind::kSegmentDefined:
      return "segment_defined";
    case EventKind::kUnionNodeSet:
      return "union_node_set";
    case EventKind::kMemberSet:
      return "member_set";
    case EventKind::kCardSet:
      return "card_set";
    case EventKind::kMerchantSet:
      return "merchant_set";
    case EventKind::kTerminalSet:
      return "terminal_set";
    case EventKind::kFundSet:
      return "fund_set";
    case EventKind::kProgrammeApplied:
      return "programme_applied";
    case EventKind::kMemberStatusSet:
      return "member_status_set";
    case EventKind::kCardStatusSet:
      return "card_status_set";
    case EventKind::kCardReplaced:
      return "card_replaced";
    case EventKind::kProgrammeRetired:
      return "programme_retired";
    case EventKind::kProgrammeStaged:
      return "programme_staged";
    case EventKind::kVouchersIssued:
      return "vouchers_issued";
    case EventKind::kVouchersVoided:
      return "vouchers_voided";
    case EventKind::kDrawCommitted:
      return "draw_committed";
    case EventKind::kDrawClosed:
      return "draw_closed";
    case EventKind::kDrawSettled:
      return "draw_settled";
    case EventKind::kPrizeDrawn:
      return "prize_drawn";
    case EventKind::kContributed:
      return "contributed";
    case EventKind::kContributionRevoked:
      return "contribution_revoked";
    case EventKind::kClaimApproved:
      return "claim_approved";
    case EventKind::kClaimRejected:
      return "claim_rejected";
  }
  return "unknown";
}

std::string_view NameOf(Reason value) {
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
    case Reason::kApprovalMissing:
      return "approval_missing";
    case Reason::kAdviceTooOld:
      return "advice_too_old";
    case Reason::kEventNotYet:
      return "event_not_yet";
    case Reason::kTerminalInactive:
      return "terminal_inactive";
    case Reason::kMerchantInactive:
      return "merchant_inactive";
    case Reason::kVoucherNotFound:
      return "voucher_not_found";
    case Reason::kVoucherVoid:
      return "voucher_void";
    case Reason::kVoucherRedeemed:
      return "voucher_redeemed";
    case Reason::kVoucherReserved:
      return "voucher_reserved";
    case Reason::kVoucherNotYetValid:
      return "voucher_not_yet_valid";
    case Reason::kVoucherExpired:
      return "voucher_expired";
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
    case Reason::kVoucherOfAnother:
      return "voucher_of_another";
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
    case Reason::kNoVoucher:
      return "no_voucher";
    case Reason::kSlotNotAvailable:
      return "slot_not_available";
    case Reason::kClaimTooLate:
      return "claim_too_late";
    case Reason::kExceedsFrequencyLimit:
      return "exceeds_frequency_limit";
    case Reason::kExceedsAmountLimit:
      return "exceeds_amount_limit";
    case Reason::kTooManyNoShows:
      return "too_many_no_shows";
    case Reason::kFundNotOpen:
      return "fund_not_open";
    case Reason::kQuotaExhausted:
      return "quota_exhausted";
    case Reason::kBudgetExhausted:
      return "budget_exhausted";
  }
  return "unknown";
}

std::string_view NameOf(TransactionState value) {
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
  return "unknown";
}

std::string_view NameOf(Outcome value) {
  switch (value) {
    case Outcome::kApproved:
      return "approved";
    case Outcome::kApprovedPartial:
      return "approved_partial";
    case Outcome::kDeclined:
      return "declined";
  }
  return "unknown";
}

std::string_view NameOf(ReversalReason value) {
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
  return "unknown";
}

std::string_view NameOf(PosEntryMode value) {
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
  return "unknown";
}

std::string_view NameOf(CodePurpose value) {
  switch (value) {
    case CodePurpose::kPayment:
      return "payment";
    case CodePurpose::kEntry:
      return "entry";
    case CodePurpose::kExit:
      return "exit";
  }
  return "";
}

std::string_view NameOf(TransactionKind value) {
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
  return "";
}

std::string_view NameOf(Liability value) {
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
  return "unknown";
}

std::string_view NameOf(MemberStatus value) {
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
  return "unknown";
}

std::string_view NameOf(CardStatus value) {
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
  return "unknown";
}

std::string_view NameOf(CardKind value) {
  switch (value) {
    case CardKind::kPhysical:
      return "physical";
    case CardKind::kDigital:
      return "digital";
  }
  return "unknown";
}

std::string_view NameOf(MerchantStatus value) {
  switch (value) {
    case MerchantStatus::kActive:
      return "active";
    case MerchantStatus::kSuspended:
      return "suspended";
    case MerchantStatus::kClosed:
      return "closed";
  }
  return "unknown";
}

std::string_view NameOf(TerminalKind value) {
  switch (value) {
    case TerminalKind::kPos:
      return "pos";
    case TerminalKind::kGate:
      return "gate";
    case TerminalKind::kVending:
      return "vending";
    case TerminalKind::kOnline:
      return "online";
    case TerminalKind::kOffice:
      return "office";
  }
  return "unknown";
}

std::string_view NameOf(TerminalStatus value) {
  switch (value) {
    case TerminalStatus::kActive:
      return "active";
    case TerminalStatus::kInactive:
      return "inactive";
  }
  return "unknown";
}

std::string_view NameOf(UnionLevel value) {
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
  return "unknown";
}

std::string_view NameOf(Asset value) {
  switch (value) {
    case Asset::kMoney:
      return "money";
    case Asset::kThing:
      return "thing";
  }
  return "unknown";
}

std::string_view NameOf(Payer value) {
  switch (value) {
    case Payer::kUnion:
      return "union";
    case Payer::kMerchant:
      return "merchant";
    case Payer::kSponsor:
      return "sponsor";
  }
  return "unknown";
}

std::string_view NameOf(Stage value) {
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
  return "unknown";
}

std::string_view NameOf(PriceKind value) {
  switch (value) {
    case PriceKind::kFixedPrice:
      return "fixed_price";
    case PriceKind::kPercentOff:
      return "percent_off";
    case PriceKind::kThreshold:
      return "threshold";
    case PriceKind::kFree:
      return "free";
    case PriceKind::kTiers:
      return "tiers";
    case PriceKind::kBands:
      return "bands";
  }
  return "unknown";
}

std::string_view NameOf(VoucherState value) {
  switch (value) {
    case VoucherState::kIssued:
      return "issued";
    case VoucherState::kReserved:
      return "reserved";
    case VoucherState::kRedeemed:
      return "redeemed";
    case VoucherState::kVoid:
      return "void";
    case VoucherState::kBlank:
      return "blank";
  }
  return "unknown";
}

std::string_view NameOf(DrawKind value) {
  switch (value) {
    case DrawKind::kDraw:
      return "draw";
    case DrawKind::kPool:
      return "pool";
  }
  return "unknown";
}

std::string_view NameOf(LateCapture value) {
  switch (value) {
    case LateCapture::kStrict:
      return "strict";
    case LateCapture::kForcePost:
      return "force_post";
  }
  return "unknown";
}

}  // namespace gonghui
