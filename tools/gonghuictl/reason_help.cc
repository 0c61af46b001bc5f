// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/reason_help.h"

#include <fmt/format.h>

#include <array>

#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

struct Entry {
  v1::Reason reason;
  ReasonHelp help;
};

// By number.
constexpr std::array kHelp = {
    Entry{v1::REASON_INVALID_TERMINAL,
          {"check the terminal's id; the union registers terminals (import terminals)",
           "核对终端号；新终端由工会登记"}},
    Entry{v1::REASON_SECURITY_VIOLATION,
          {"ask the member to refresh the code, and scan that", "请会员刷新二维码后重新扫码"}},
    Entry{v1::REASON_CREDENTIAL_EXPIRED,
          {"ask the member to refresh the code, and scan that at once",
           "请会员刷新二维码后立即扫码"}},
    Entry{v1::REASON_ORIGINAL_NOT_FOUND,
          {"compare the id with the receipt; if it has not come yet, try again later",
           "核对小票上的交易号；如交易尚未上送，请稍后再试"}},
    Entry{v1::REASON_PREVIOUSLY_REVERSED,
          {"nothing is left to be done with it; for a new sale authorize anew",
           "原交易已撤销，无需处理；如需消费请重新刷卡"}},
    Entry{v1::REASON_ALREADY_CAPTURED,
          {"nothing is left to capture; what is to be given back is a refund",
           "原交易已完成，不能再次完成；如需退款请做退货"}},
    Entry{v1::REASON_HOLD_EXPIRED,
          {"present the card anew, with the price that is due", "请按实际金额重新刷卡"}},
    Entry{v1::REASON_ORIGINAL_DECLINED,
          {"there is nothing to capture or give back; look at why it was declined (txn show)",
           "原交易未获批准，无可完成或退款；请先查原交易被拒原因"}},
    Entry{v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT,
          {"capture at most what was authorized, or raise the hold first (increment)",
           "完成金额不得超过预授权金额；或先追加预授权"}},
    Entry{v1::REASON_FURTHER_ACTIVITY_PREVENTS_REVERSAL,
          {"give back what was captured with a refund", "已有后续交易，请改做退货"}},
    Entry{v1::REASON_EXCEEDS_CAPTURED_AMOUNT,
          {"refund at most what was captured and is not refunded yet (txn show)",
           "退货金额不得超过可退余额，请先查询原交易"}},
    Entry{v1::REASON_APPROVAL_MISSING,
          {"wait until enough have approved the claim (claim show, claim approve), then capture",
           "请待审批人数足够后再支付"}},
    Entry{v1::REASON_ADVICE_TOO_OLD,
          {"hand the receipt to the union: a person settles it", "请将小票交工会人工处理"}},
    Entry{v1::REASON_EVENT_NOT_YET,
          {"check the day of the event, and file again with the right one",
           "核对事件日期，更正后重新申请"}},
    Entry{v1::REASON_TERMINAL_INACTIVE,
          {"use another terminal; the union can switch this one on again",
           "请换用其他终端；如需恢复请联系工会"}},
    Entry{v1::REASON_MERCHANT_INACTIVE,
          {"sell it without the card; the merchant asks the union why it is suspended",
           "请按原价收款；商户请联系工会恢复"}},
    Entry{v1::REASON_VOUCHER_NOT_FOUND,
          {"compare the digits with the code, and type it again", "请核对取货码后重新输入"}},
    Entry{v1::REASON_VOUCHER_VOID,
          {"the code is of no use any more; the union can issue another",
           "此取货码已作废；如有疑问请联系工会补发"}},
    Entry{v1::REASON_VOUCHER_REDEEMED,
          {"ask for another code; voucher show says where this one was used",
           "请出示其他取货码；可查询该码的使用记录"}},
    Entry{v1::REASON_VOUCHER_RESERVED,
          {"complete or reverse the hold that has the code, then try again",
           "请先完成或撤销占用该码的预授权，再重试"}},
    Entry{v1::REASON_VOUCHER_NOT_YET_VALID,
          {"come again when its time has begun (voucher show)", "请在取货码有效期开始后再来"}},
    Entry{v1::REASON_VOUCHER_EXPIRED,
          {"its time is over; the union can issue another", "取货码已过期；如有疑问请联系工会"}},
    Entry{v1::REASON_INVALID_CARD,
          {"read the card again or compare the number; a new card is imported by the union",
           "请重新读卡或核对卡号；新卡由工会登记"}},
    Entry{v1::REASON_CARD_NOT_ACTIVE,
          {"the member has the card activated by the union (card activate), then try again",
           "请会员先到工会激活卡片，再重试"}},
    Entry{v1::REASON_CARD_EXPIRED,
          {"ask for the member's new card; the union replaces old ones",
           "请使用新卡；旧卡由工会换发"}},
    Entry{v1::REASON_CARD_PAUSED,
          {"the member, or the union, ends the pause of the card; then try again",
           "请会员或工会解除暂停后再试"}},
    Entry{v1::REASON_CARD_LOST_OR_STOLEN,
          {"do not accept this card; the member asks the union", "请勿受理此卡；请会员联系工会"}},
    Entry{v1::REASON_CARD_CLOSED,
          {"ask for the card that replaced it (member show)", "请使用换发的新卡"}},
    Entry{v1::REASON_MEMBER_NOT_FOUND,
          {"the union binds the card to a member first", "请先由工会将此卡绑定会员"}},
    Entry{v1::REASON_MEMBER_SUSPENDED,
          {"sell it without the card; the member asks the union, which can reinstate the "
           "membership (member reinstate)",
           "请按原价收款；请会员联系工会恢复会籍"}},
    Entry{v1::REASON_MEMBERSHIP_EXPIRED,
          {"sell it without the card; the member renews the membership at the union",
           "请按原价收款；请会员到工会办理续会"}},
    Entry{v1::REASON_MEMBER_CLOSED,
          {"sell it without the card: the holder is no member any more",
           "持卡人已退会，请按原价收款"}},
    Entry{v1::REASON_VOUCHER_OF_ANOTHER,
          {"ask for the card of the member whose code it is", "请出示取货码本人的工会卡"}},
    Entry{
        v1::REASON_PROGRAMME_NOT_FOUND,
        {"check the programme's code and that it is not retired (programme list), or leave it out",
         "请核对活动代码，并确认活动没有停用（programme list），或不指定活动"}},
    Entry{v1::REASON_NO_APPLICABLE_BENEFIT,
          {"sell it at full price; entitlements --card says what the member may use, and where",
           "请按原价收款；可查询会员可享的优惠"}},
    Entry{v1::REASON_MERCHANT_NOT_IN_PROGRAMME,
          {"sell it at full price; the union says which merchants take part",
           "请按原价收款；参加活动的商户以工会公布为准"}},
    Entry{v1::REASON_NOT_PERMITTED_TO_TERMINAL,
          {"use a terminal of the kind that the programme names (programme show)",
           "请到活动规定的终端使用"}},
    Entry{v1::REASON_PROGRAMME_NOT_STARTED,
          {"sell it at full price, or come again when the programme has begun",
           "请按原价收款，或在活动开始后再来"}},
    Entry{v1::REASON_PROGRAMME_ENDED,
          {"sell it at full price: the programme is over", "活动已结束，请按原价收款"}},
    Entry{v1::REASON_OUTSIDE_TIME_WINDOW,
          {"sell it at full price, or come again at the days and hours of the offer",
           "请按原价收款，或在优惠时段再来"}},
    Entry{v1::REASON_MEMBER_NOT_VERIFIED,
          {"the member has the real name checked by the union, then try again",
           "请会员先到工会完成实名认证"}},
    Entry{v1::REASON_NOT_PERMITTED_TO_MEMBER,
          {"sell it at full price; programme show says whom the offer is for",
           "请按原价收款；优惠对象以活动规定为准"}},
    Entry{v1::REASON_BELOW_MINIMUM_AMOUNT,
          {"sell it at full price, or buy more in one sale; of a refund: give back less, or all",
           "请按原价收款，或凑足金额后一次付款；退货时请少退或全退"}},
    Entry{
        v1::REASON_NO_EFFECT,
        {"sell it at full price: the offer lowers it by nothing", "请按原价收款，此金额无可优惠"}},
    Entry{v1::REASON_NO_ELIGIBLE_ITEM,
          {"sell it at full price, or name what is bought (--line) with items of the offer",
           "请按原价收款，或购买并逐项录入优惠商品"}},
    Entry{v1::REASON_WAITING_PERIOD,
          {"come again when the waiting period is over; member show has the days",
           "请在等待期满后再申请"}},
    Entry{v1::REASON_OFFLINE_NOT_PERMITTED,
          {"this offer is given only when the terminal can ask; settle with the merchant",
           "此优惠须联机使用；离线已让利部分与商户结算"}},
    Entry{v1::REASON_NO_VOUCHER,
          {"ask for a code that can be used; voucher list --member shows what the member has",
           "请出示可用的取货码；可查询会员名下的券"}},
    Entry{v1::REASON_SLOT_NOT_AVAILABLE,
          {"choose another time (--slot-at) among the slots of the offer (programme show)",
           "请在可预约的时段中另选时间"}},
    Entry{v1::REASON_CLAIM_TOO_LATE,
          {"it can not be claimed any more; the union explains the programme's term",
           "已超过申请期限，不再受理；如有疑问请联系工会"}},
    Entry{v1::REASON_EXCEEDS_FREQUENCY_LIMIT,
          {"sell it at full price, or come again when the limit begins anew",
           "请按原价收款，或在次数恢复后再来"}},
    Entry{v1::REASON_EXCEEDS_AMOUNT_LIMIT,
          {"take what is left (--allow-partial), sell it at full price, or come again when the "
           "limit begins anew",
           "可按剩余额度部分优惠，或按原价收款，或在额度恢复后再来"}},
    Entry{v1::REASON_TOO_MANY_NO_SHOWS,
          {"appointments are possible again later; the union can forgive one that was missed",
           "请在限制期满后再预约；如有特殊情况请联系工会"}},
    Entry{v1::REASON_FUND_NOT_OPEN,
          {"sell it at full price; fund show says from when until when the fund pays",
           "请按原价收款；经费使用期以工会公布为准"}},
    Entry{v1::REASON_QUOTA_EXHAUSTED,
          {"all are handed out; the union can add to the stock", "已派完；是否增补请联系工会"}},
    Entry{v1::REASON_BUDGET_EXHAUSTED,
          {"sell it at full price; the union can raise the budget",
           "请按原价收款；是否追加经费请联系工会"}},
};

// Of a claim: what happened has happened, so nothing is sold, and nobody comes again on another
// day; it is judged as of the day of the event.  The rest is as above.
constexpr std::array kClaimHelp = {
    Entry{v1::REASON_MERCHANT_INACTIVE,
          {"file it at another office; the union can lift the suspension",
           "请到其他经办单位申请；如需恢复请联系工会"}},
    Entry{v1::REASON_MEMBER_SUSPENDED,
          {"the member was suspended on the day of the event; the union can look into it",
           "事发当日会员为停用状态；如有疑问请联系工会"}},
    Entry{v1::REASON_MEMBERSHIP_EXPIRED,
          {"the membership had lapsed on the day of the event; check that day",
           "事发当日会籍已失效；请核对事件日期"}},
    Entry{v1::REASON_MEMBER_CLOSED,
          {"the membership had ended on the day of the event; check that day",
           "事发当日已退会；请核对事件日期"}},
    Entry{
        v1::REASON_NO_APPLICABLE_BENEFIT,
        {"no programme takes such claims here: check the terminal, an office's, and the programme",
         "此处没有受理该申请的项目；请核对终端（须为工会办公终端）与项目"}},
    Entry{v1::REASON_MERCHANT_NOT_IN_PROGRAMME,
          {"file it at an office that takes part in the programme (programme show)",
           "请到项目指定的经办单位申请"}},
    Entry{v1::REASON_NOT_PERMITTED_TO_TERMINAL,
          {"file it at an office's terminal (kind office)", "请在工会办公终端（office）申请"}},
    Entry{v1::REASON_PROGRAMME_NOT_STARTED,
          {"the event lies before the programme began: events from next eligible on are covered; "
           "check "
           "its day",
           "事件发生在项目开始之前，不在保障范围（next eligible 起的事件才保障）；请核对事件日期"}},
    Entry{v1::REASON_PROGRAMME_ENDED,
          {"the event lies after the programme's end, and is not covered; check its day",
           "事件发生在项目结束之后，不在保障范围；请核对事件日期"}},
    Entry{v1::REASON_OUTSIDE_TIME_WINDOW,
          {"the event lies outside the days and hours that are covered; check its day",
           "事件不在保障的日期和时段内；请核对事件日期"}},
    Entry{
        v1::REASON_NOT_PERMITTED_TO_MEMBER,
        {"the member had no such cover on the day of the event: member show has the days of cover",
         "事发当日会员不在保障范围内；请核对参保起止日期与事件日期"}},
    Entry{v1::REASON_BELOW_MINIMUM_AMOUNT,
          {"the bill is below the least amount that the programme pays from",
           "费用未达到项目的起付金额"}},
    Entry{v1::REASON_NO_EFFECT,
          {"the programme pays nothing of this bill", "按项目规定，此费用无可给付金额"}},
    Entry{v1::REASON_NO_ELIGIBLE_ITEM,
          {"name what the bill is for (--line), with items that the programme covers",
           "请逐项录入项目保障的费用项目"}},
    Entry{v1::REASON_WAITING_PERIOD,
          {"the event lies within the waiting period: events from next eligible on are covered; "
           "check "
           "its day",
           "事件发生在等待期内，不在保障范围（next eligible 起的事件才保障）；请核对事件日期"}},
    Entry{v1::REASON_EXCEEDS_FREQUENCY_LIMIT,
          {"the claims of the period of the event are used up; check its day",
           "事件所在期间的给付次数已用完；请核对事件日期"}},
    Entry{
        v1::REASON_EXCEEDS_AMOUNT_LIMIT,
        {"the ceiling of the period of the event leaves too little: --allow-partial takes the rest",
         "事件所在期间的给付限额不足；可按余额给付（--allow-partial）"}},
    Entry{v1::REASON_FUND_NOT_OPEN,
          {"the fund did not pay on the day of the event (fund show); check that day",
           "事发当日该资金不在使用期内；请核对事件日期"}},
    Entry{v1::REASON_BUDGET_EXHAUSTED,
          {"the union can raise the budget; then file it anew", "请联系工会追加经费后重新申请"}},
};

// Of a limit that is counted once, for the whole programme: nobody need come again.
constexpr std::array kForeverHelp = {
    Entry{v1::REASON_EXCEEDS_FREQUENCY_LIMIT,
          {"sell it at full price: the uses are given once, and this limit never begins anew",
           "请按原价收款：次数只给一次，用完不再恢复"}},
    Entry{v1::REASON_EXCEEDS_AMOUNT_LIMIT,
          {"take what is left (--allow-partial), or sell it at full price: this limit never begins "
           "anew",
           "可按剩余额度部分优惠，或按原价收款：此额度用完不再恢复"}},
    Entry{
        v1::REASON_TOO_MANY_NO_SHOWS,
        {"no further appointments under this programme; the union can forgive one that was missed",
         "本活动内不能再预约；如有特殊情况请联系工会"}},
};

// Of both.
constexpr std::array kClaimForeverHelp = {
    Entry{v1::REASON_EXCEEDS_FREQUENCY_LIMIT,
          {"the claims that the programme pays are used up, and do not begin anew",
           "本项目的给付次数已用完，不再恢复"}},
    Entry{v1::REASON_EXCEEDS_AMOUNT_LIMIT,
          {"the ceiling of the whole programme leaves too little: --allow-partial takes the rest",
           "本项目的给付总限额不足，且不再恢复；可按余额给付（--allow-partial）"}},
};

constexpr ReasonHelp kReversesTooMuch = {"take back at most what is left (txn show)",
                                         "撤销金额不得超过可撤余额，请先查询原交易"};
constexpr ReasonHelp kPaysNoMoney = {"the benefit has no fund of money: ask with price 0",
                                     "该优惠没有资金来源：请以价格0申请"};

constexpr ReasonHelp kSlotToTake = {
    "choose another time (--slot-at): next eligible is the next slot that has room",
    "请另选时段：next eligible 即下一个有名额的时段"};
constexpr ReasonHelp kNoSlotToTake = {
    "no slot has room as far ahead as one may book; ask again later (programme show has the slots)",
    "目前可预约的时段均无名额，请稍后再试"};

template <size_t kSize>
ReasonHelp Find(const std::array<Entry, kSize>& entries, v1::Reason reason) {
  for (const Entry& entry : entries) {
    if (entry.reason == reason) {
      return entry.help;
    }
  }
  return {};
}

bool IsAboutSlot(const v1::Transaction& transaction) {
  return transaction.reason() == v1::REASON_SLOT_NOT_AVAILABLE ||
         (transaction.reason() == v1::REASON_EXCEEDS_FREQUENCY_LIMIT &&
          transaction.failed_check().limit().window() == v1::LIMIT_WINDOW_SLOT);
}

}  // namespace

ReasonHelp HelpOf(v1::Reason reason) {
  return Find(kHelp, reason);
}

ReasonHelp HelpOf(const v1::Transaction& transaction) {
  if (transaction.outcome() != v1::OUTCOME_DECLINED) {
    return {};
  }
  if (transaction.has_occurred_at() && transaction.reason() != v1::REASON_ADVICE_TOO_OLD) {
    return {"nothing at the till: it has happened, and liability says who bears what was given",
            "交易已发生，收银员无需处理；让利由谁承担见 liability"};
  }
  if (IsAboutSlot(transaction)) {
    return transaction.has_next_eligible_at() ? kSlotToTake : kNoSlotToTake;
  }
  if (transaction.kind() == v1::TRANSACTION_KIND_REVERSAL &&
      transaction.reason() == v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT) {
    return kReversesTooMuch;
  }
  const v1::FailedCheck& check = transaction.failed_check();
  if (transaction.reason() == v1::REASON_BUDGET_EXHAUSTED && transaction.has_failed_check() &&
      !check.has_fund()) {
    return kPaysNoMoney;  // no budget is there to be raised
  }
  ReasonHelp help;
  const bool claim = transaction.has_event_at();
  if (check.has_limit() && !check.limit().has_resets_at()) {
    help = claim ? Find(kClaimForeverHelp, transaction.reason())
                 : Find(kForeverHelp, transaction.reason());
  }
  if (claim && help.english.empty()) {
    help = Find(kClaimHelp, transaction.reason());
  }
  return help.english.empty() ? HelpOf(transaction.reason()) : help;
}

std::string LeastAmountWords(const v1::Transaction& declined) {
  const int64_t minimum_fen = declined.failed_check().minimum_fen();
  if (minimum_fen == 0) {
    return "";
  }
  const std::string least = FormatYuan(minimum_fen);
  if (declined.kind() == v1::TRANSACTION_KIND_REFUND) {
    return least + " of what was bought must remain, or nothing of it";
  }
  const std::string price = FormatYuan(declined.list_price_fen());
  return declined.list_price_fen() < minimum_fen
             ? fmt::format("{}; the price was {}", least, price)
             : fmt::format("{} of the items that it is for; the whole price was {}", least, price);
}

std::string FailedFundWords(const v1::Transaction& declined) {
  if (!declined.failed_check().has_fund()) {
    return "";
  }
  const v1::FailedFund& fund = declined.failed_check().fund();
  if (declined.reason() == v1::REASON_FUND_NOT_OPEN) {
    return fund.fund_code() + ": not open at that time (不在使用期内)";
  }
  if (fund.needed_pieces() != 0) {
    const std::string needed = FormatCount(static_cast<uint64_t>(fund.needed_pieces()));
    const std::string available = FormatCount(static_cast<uint64_t>(fund.available_pieces()));
    return fmt::format(
        "{0}: needs {1}, has {2} (需要{1}件，可用{2}件)", fund.fund_code(), needed, available);
  }
  std::string needed = FormatYuan(fund.needed_fen());
  needed.resize(needed.size() - std::string_view(" yuan").size());  // said once, of the second
  return fmt::format("{}: needs {}, has {} (需要{}元，可用{}元)",
                     fund.fund_code(),
                     needed,
                     FormatYuan(fund.available_fen()),
                     FormatYuanBare(fund.needed_fen()),
                     FormatYuanBare(fund.available_fen()));
}

}  // namespace gonghui::ctl
