// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/names.h"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace gonghui {

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
    case TerminalKind::kOffice:
      return "office";
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
    case WindowKind::kSlot:
      return "slot";
  }
  return nullptr;
}

const char* NameOf(LimitMeasure value) {
  switch (value) {
    case LimitMeasure::kCount:
      return "count";
    case LimitMeasure::kAmount:
      return "amount";
    case LimitMeasure::kPrice:
      return "price";
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

const char* NameOf(VoucherState value) {
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
  return nullptr;
}

const char* NameOf(DrawKind value) {
  switch (value) {
    case DrawKind::kDraw:
      return "draw";
    case DrawKind::kPool:
      return "pool";
  }
  return nullptr;
}

const char* NameOf(DrawState value) {
  switch (value) {
    case DrawState::kCommitted:
      return "committed";
    case DrawState::kClosed:
      return "closed";
    case DrawState::kSettled:
      return "settled";
  }
  return nullptr;
}

const char* NameOf(Judgement value) {
  switch (value) {
    case Judgement::kApproved:
      return "approved";
    case Judgement::kRejected:
      return "rejected";
  }
  return nullptr;
}

const char* NameOf(LimitScope value) {
  switch (value) {
    case LimitScope::kAll:
      return "all";
    case LimitScope::kOffline:
      return "offline";
    case LimitScope::kNoShow:
      return "no_show";
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
    case CommandKind::kIssueVouchers:
      return "issue_vouchers";
    case CommandKind::kVoidVouchers:
      return "void_vouchers";
    case CommandKind::kCommitDraw:
      return "commit_draw";
    case CommandKind::kCloseDraw:
      return "close_draw";
    case CommandKind::kSettleDraw:
      return "settle_draw";
    case CommandKind::kDrawPrize:
      return "draw_prize";
    case CommandKind::kContribute:
      return "contribute";
    case CommandKind::kRevokeContribution:
      return "revoke_contribution";
    case CommandKind::kApproveClaim:
      return "approve_claim";
    case CommandKind::kRejectClaim:
      return "reject_claim";
  }
  return nullptr;
}

std::string TextOf(const VoucherKey& key) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64 "%016" PRIx64, key.high, key.low);
  return text.data();
}

}  // namespace gonghui
