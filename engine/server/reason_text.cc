// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/reason_text.h"

namespace gonghui {

DisplayMessage DisplayMessageOf(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return {"Approved", "已批准"};
    case Reason::kInvalidTerminal:
      return {"Terminal not known", "终端未登记"};
    case Reason::kSecurityViolation:
      return {"Code was used, show a fresh code", "二维码已使用，请刷新二维码"};
    case Reason::kCredentialExpired:
      return {"Code has expired, show a fresh code", "二维码已过期，请刷新二维码"};
    case Reason::kOriginalNotFound:
      return {"Original not found", "找不到原交易"};
    case Reason::kPreviouslyReversed:
      return {"Already reversed", "原交易已撤销"};
    case Reason::kAlreadyCaptured:
      return {"Already captured", "原交易已完成"};
    case Reason::kHoldExpired:
      return {"Authorization has expired", "预授权已过期"};
    case Reason::kOriginalDeclined:
      return {"Original was declined", "原交易未获批准"};
    case Reason::kExceedsAuthorizedAmount:
      return {"More than was authorized", "超过预授权金额"};
    case Reason::kFurtherActivityPreventsReversal:
      return {"Cannot be reversed any more", "已有后续交易，不能撤销"};
    case Reason::kExceedsCapturedAmount:
      return {"More than is left to refund", "超过可退金额"};
    case Reason::kApprovalMissing:
      return {"Claim awaits approval", "申请尚待审批"};
    case Reason::kAdviceTooOld:
      return {"Too old, for a person to look at", "离线交易过期，转人工处理"};
    case Reason::kEventNotYet:
      return {"Event lies in the future, check the date", "事件日期晚于现在，请核对"};
    case Reason::kTerminalInactive:
      return {"Terminal is switched off", "终端已停用"};
    case Reason::kMerchantInactive:
      return {"Merchant is suspended or closed", "商户已停用"};
    case Reason::kVoucherNotFound:
      return {"No such pick-up code, check the digits", "无此取货码，请核对"};
    case Reason::kVoucherVoid:
      return {"Pick-up code was taken back", "取货码已作废"};
    case Reason::kVoucherRedeemed:
      return {"Pick-up code was used before", "取货码已使用"};
    case Reason::kVoucherReserved:
      return {"Pick-up code is held by another sale", "取货码正在使用中"};
    case Reason::kVoucherNotYetValid:
      return {"Pick-up code is not valid yet", "取货码未到使用时间"};
    case Reason::kVoucherExpired:
      return {"Pick-up code has expired", "取货码已过期"};
    case Reason::kInvalidCard:
      return {"Card not known", "无此卡"};
    case Reason::kCardNotActive:
      return {"Card is not activated", "卡未激活"};
    case Reason::kCardExpired:
      return {"Card has expired", "卡已过期"};
    case Reason::kCardPaused:
      return {"Card is paused", "卡已暂停使用"};
    case Reason::kCardLostOrStolen:
      return {"Card is reported lost or stolen", "卡已挂失"};
    case Reason::kCardClosed:
      return {"Card is closed or replaced", "卡已注销或已换卡"};
    case Reason::kMemberNotFound:
      return {"Card belongs to no member", "此卡未绑定会员"};
    case Reason::kMemberSuspended:
      return {"Membership is suspended", "会员已停用"};
    case Reason::kMembershipExpired:
      return {"Membership has lapsed", "会籍已失效"};
    case Reason::kMemberClosed:
      return {"Membership has ended", "已退会"};
    case Reason::kVoucherOfAnother:
      return {"Pick-up code is another member's", "取货码属于其他会员"};
    case Reason::kProgrammeNotFound:
      return {"Programme not known, or not active", "无此活动或活动已停用"};
    case Reason::kNoApplicableBenefit:
      return {"No benefit at this merchant type", "此类商户无优惠"};
    case Reason::kMerchantNotInProgramme:
      return {"Merchant takes no part", "本商户未参加活动"};
    case Reason::kNotPermittedToTerminal:
      return {"Not at this kind of terminal", "此类终端不可用"};
    case Reason::kProgrammeNotStarted:
      return {"Programme has not begun", "活动未开始"};
    case Reason::kProgrammeEnded:
      return {"Programme has ended", "活动已结束"};
    case Reason::kOutsideTimeWindow:
      return {"Not at this time of day or week", "不在优惠时段"};
    case Reason::kMemberNotVerified:
      return {"Real name not verified", "会员未实名认证"};
    case Reason::kNotPermittedToMember:
      return {"Not for this member", "不在优惠对象范围"};
    case Reason::kBelowMinimumAmount:
      return {"Below the least amount", "未达到最低消费金额"};
    case Reason::kNoEffect:
      return {"Benefit changes nothing here", "此金额无可优惠"};
    case Reason::kNoEligibleItem:
      return {"No item that has a benefit", "所购商品无优惠"};
    case Reason::kWaitingPeriod:
      return {"Waiting period is not over", "未满等待期"};
    case Reason::kOfflineNotPermitted:
      return {"Not without asking first", "此优惠不支持离线使用"};
    case Reason::kNoVoucher:
      return {"Needs a voucher, member has none to use", "无可用的券或取货码"};
    case Reason::kSlotNotAvailable:
      return {"No such appointment, choose another time", "无此预约时段，请另选时间"};
    case Reason::kClaimTooLate:
      return {"Too long after the event to claim", "已超过申请期限"};
    case Reason::kExceedsFrequencyLimit:
      return {"No uses left", "优惠次数已用完"};
    case Reason::kExceedsAmountLimit:
      return {"No benefit amount left", "优惠额度已用完"};
    case Reason::kTooManyNoShows:
      return {"Too many appointments were not kept", "预约未到次数过多"};
    case Reason::kFundNotOpen:
      return {"Fund does not pay at this time", "经费不在使用期内"};
    case Reason::kQuotaExhausted:
      return {"None left to hand out", "已派完"};
    case Reason::kBudgetExhausted:
      return {"Budget is used up", "活动经费已用完"};
  }
  return {"", ""};
}

DisplayMessage DisplayMessageOf(const Transaction& transaction) {
  if (transaction.outcome == Outcome::kDeclined) {
    return DisplayMessageOf(transaction.reason);
  }
  switch (transaction.kind) {
    case TransactionKind::kAuthorization:
      // An advice may have a reason and its benefit all the same.
      if (transaction.reason != Reason::kNone && transaction.applied_count == 0) {
        return {"Full price, no benefit", "按原价收款，无优惠"};
      }
      if (transaction.outcome == Outcome::kApprovedPartial) {
        return {"Approved, benefit in part", "已批准，优惠不足额"};
      }
      return DisplayMessageOf(Reason::kNone);
    case TransactionKind::kCapture:
      return {"Captured", "预授权已完成"};
    case TransactionKind::kReversal:
      // Which of the two it was, all or a part, the reversal does not know of itself.
      if (!transaction.no_amount && transaction.list_price > Fen{0}) {
        return {"Amount reversed", "已撤销该金额"};
      }
      return {"Reversed", "已撤销"};
    case TransactionKind::kIncrement:
      return {"Authorization raised", "预授权已追加"};
    case TransactionKind::kRefund:
      return {"Refunded", "已退货"};
    case TransactionKind::kBatchClose:
      return {"Batch closed", "批结算完成"};
  }
  return {"", ""};
}

DisplayMessage BatchMessageOf(const Batch& batch) {
  return batch.ours == batch.theirs
             ? DisplayMessage{"Batch closed, in balance", "批结算完成，账平"}
             : DisplayMessage{"Batch closed, OUT OF BALANCE", "批结算完成，账不平"};
}

DisplayMessage FullSlotMessage() {
  return {"No places left, choose another time", "该时段已约满，请另选时段"};
}

DisplayMessage SlotMessageOf(SlotFault fault) {
  switch (fault) {
    case SlotFault::kNone:
      break;
    case SlotFault::kNotNamed:
      return {"No appointment was chosen, choose a time", "未选择预约时段，请先选择"};
    case SlotFault::kBegun:
      return {"Slot has begun or is over, choose a later one",
              "该时段已开始或已过，请选以后的时段"};
    case SlotFault::kTooFarAhead:
      return {"Too far ahead, choose an earlier time", "预约日期过远，请选近一些的时段"};
    case SlotFault::kNoneBegins:
      return {"No slot begins then, choose another time", "该时间不开放预约，请另选时段"};
  }
  return DisplayMessageOf(Reason::kSlotNotAvailable);
}

DisplayMessage CheckMessageOf(Reason check, bool passed) {
  if (!passed) {
    return DisplayMessageOf(check);
  }
  switch (check) {
    case Reason::kSecurityViolation:
      return {"Code was not used before", "二维码未使用过"};
    case Reason::kCredentialExpired:
      return {"Code is fresh", "二维码有效"};
    case Reason::kTerminalInactive:
      return {"Terminal is in use", "终端已启用"};
    case Reason::kMerchantInactive:
      return {"Merchant is active", "商户正常"};
    case Reason::kInvalidCard:
      return {"Card is known", "卡号有效"};
    case Reason::kCardNotActive:
    case Reason::kCardExpired:
    case Reason::kCardPaused:
    case Reason::kCardLostOrStolen:
    case Reason::kCardClosed:
      return {"Card may be used", "卡可用"};
    case Reason::kEventNotYet:
      return {"Event has happened", "事件已发生"};
    case Reason::kVoucherNotFound:
      return {"Pick-up code is known", "取货码有效"};
    case Reason::kVoucherVoid:
    case Reason::kVoucherRedeemed:
    case Reason::kVoucherReserved:
      return {"Pick-up code may be used", "取货码可用"};
    case Reason::kVoucherNotYetValid:
      return {"Pick-up code is valid by now", "取货码已到使用时间"};
    case Reason::kVoucherExpired:
      return {"Pick-up code has not expired", "取货码未过期"};
    case Reason::kVoucherOfAnother:
      return {"Pick-up code is this member's, or anybody's", "取货码归本人或不限本人"};
    case Reason::kMemberNotFound:
      return {"Card belongs to a member", "此卡已绑定会员"};
    case Reason::kMemberSuspended:
    case Reason::kMembershipExpired:
    case Reason::kMemberClosed:
      return {"Membership is active", "会籍有效"};
    case Reason::kMerchantNotInProgramme:
      return {"Merchant takes part", "本商户参加活动"};
    case Reason::kNotPermittedToTerminal:
      return {"At this kind of terminal", "此类终端可用"};
    case Reason::kProgrammeNotStarted:
      return {"Programme has begun", "活动已开始"};
    case Reason::kProgrammeEnded:
      return {"Programme has not ended", "活动未结束"};
    case Reason::kOutsideTimeWindow:
      return {"At this time of day and week", "在优惠时段内"};
    case Reason::kMemberNotVerified:
      return {"Real name verified, or not needed", "实名要求已满足"};
    case Reason::kNotPermittedToMember:
      return {"For this member", "属于优惠对象"};
    case Reason::kBelowMinimumAmount:
      return {"Least amount is reached", "已达到最低消费金额"};
    case Reason::kNoEffect:
      return {"Benefit lowers this price", "此金额可优惠"};
    case Reason::kNoEligibleItem:
      return {"There are items that have a benefit", "所购商品有优惠"};
    case Reason::kWaitingPeriod:
      return {"Waiting period is over, or there is none", "已满等待期，或无等待期"};
    case Reason::kOfflineNotPermitted:
      return {"May be given without asking first", "此优惠支持离线使用"};
    case Reason::kNoVoucher:
      return {"Member has a voucher, or none is needed", "有可用的券，或无需券"};
    case Reason::kSlotNotAvailable:
      return {"Appointment is possible, or none is needed", "预约时段可选，或无需预约"};
    case Reason::kClaimTooLate:
      return {"Claimed in time", "在申请期限内"};
    case Reason::kExceedsFrequencyLimit:
      return {"Uses are left", "优惠次数未用完"};
    case Reason::kExceedsAmountLimit:
      return {"Benefit amount is left", "优惠额度未用完"};
    case Reason::kTooManyNoShows:
      return {"Appointments were kept", "预约履约正常"};
    case Reason::kFundNotOpen:
      return {"Fund pays at this time", "经费在使用期内"};
    case Reason::kQuotaExhausted:
      return {"Some are left to hand out", "未派完"};
    case Reason::kBudgetExhausted:
      return {"Budget is left", "活动经费未用完"};
    case Reason::kNone:  // the rest: of the answer, not of a check
    case Reason::kInvalidTerminal:
    case Reason::kOriginalNotFound:
    case Reason::kPreviouslyReversed:
    case Reason::kAlreadyCaptured:
    case Reason::kHoldExpired:
    case Reason::kOriginalDeclined:
    case Reason::kExceedsAuthorizedAmount:
    case Reason::kFurtherActivityPreventsReversal:
    case Reason::kExceedsCapturedAmount:
    case Reason::kAdviceTooOld:
    case Reason::kProgrammeNotFound:
    case Reason::kNoApplicableBenefit:
      return {"Passed", "通过"};
    case Reason::kApprovalMissing:
      return {"Enough have approved", "审批已通过"};
  }
  return {"", ""};
}

DisplayMessage EntitlementMessageOf(Reason reason) {
  return reason == Reason::kNone ? DisplayMessage{"May be used now", "现在可用"}
                                 : DisplayMessageOf(reason);
}

DisplayMessage EntitlementsMessageOf(const Transaction& answer, uint32_t count) {
  if (answer.outcome == Outcome::kDeclined) {
    return DisplayMessageOf(answer.reason);
  }
  return count == 0 ? DisplayMessage{"No benefit for this member", "该会员暂无优惠"}
                    : DisplayMessage{"Benefits of this member", "该会员可享受的优惠"};
}

Retry RetryOf(Reason reason) {
  switch (reason) {
    case Reason::kNone:
    case Reason::kInvalidTerminal:
    case Reason::kPreviouslyReversed:
    case Reason::kAlreadyCaptured:
    case Reason::kHoldExpired:
    case Reason::kOriginalDeclined:
    case Reason::kExceedsAuthorizedAmount:
    case Reason::kFurtherActivityPreventsReversal:
    case Reason::kExceedsCapturedAmount:
    case Reason::kAdviceTooOld:
    case Reason::kVoucherNotFound:
    case Reason::kVoucherVoid:
    case Reason::kVoucherRedeemed:
    case Reason::kVoucherExpired:
    case Reason::kVoucherOfAnother:
    case Reason::kInvalidCard:
    case Reason::kCardExpired:
    case Reason::kCardLostOrStolen:
    case Reason::kCardClosed:
    case Reason::kMemberClosed:
    case Reason::kProgrammeNotFound:
    case Reason::kNoApplicableBenefit:
    case Reason::kMerchantNotInProgramme:
    case Reason::kNotPermittedToTerminal:
    case Reason::kProgrammeEnded:
    case Reason::kNotPermittedToMember:
    case Reason::kBelowMinimumAmount:
    case Reason::kNoEffect:
    case Reason::kNoEligibleItem:
    case Reason::kOfflineNotPermitted:
    case Reason::kSlotNotAvailable:  // with another slot it is another request
    case Reason::kClaimTooLate:
      return Retry::kNever;
    case Reason::kSecurityViolation:  // with another code; this one stays used
    case Reason::kCredentialExpired:
    case Reason::kOriginalNotFound:  // it may still be on its way
    case Reason::kApprovalMissing:
    case Reason::kEventNotYet:
    case Reason::kVoucherReserved:  // the hold may be released
    case Reason::kVoucherNotYetValid:
    case Reason::kNoVoucher:
    case Reason::kTooManyNoShows:
    case Reason::kTerminalInactive:
    case Reason::kMerchantInactive:
    case Reason::kCardNotActive:
    case Reason::kCardPaused:
    case Reason::kMemberNotFound:
    case Reason::kMemberSuspended:
    case Reason::kMembershipExpired:
    case Reason::kProgrammeNotStarted:
    case Reason::kOutsideTimeWindow:
    case Reason::kMemberNotVerified:
    case Reason::kWaitingPeriod:
    case Reason::kExceedsFrequencyLimit:
    case Reason::kExceedsAmountLimit:
    case Reason::kFundNotOpen:
    case Reason::kQuotaExhausted:
    case Reason::kBudgetExhausted:
      return Retry::kNewIdLater;
  }
  return Retry::kNever;
}

}  // namespace gonghui
