// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <utility>

#include "gonghui/v1/reason.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

struct Answer {
  v1::Reason reason;
  std::string_view chinese;
};

// By number.  The words are those of the server's display messages, so that an operator and a
// cashier speak of the same thing; a copy, since a report holds numbers and gonghuictl links no
// server.
constexpr std::array kAnswers = {
    Answer{v1::REASON_UNSPECIFIED, "已批准"},
    Answer{v1::REASON_INVALID_TERMINAL, "终端未登记"},
    Answer{v1::REASON_SECURITY_VIOLATION, "二维码已使用，请刷新二维码"},
    Answer{v1::REASON_CREDENTIAL_EXPIRED, "二维码已过期，请刷新二维码"},
    Answer{v1::REASON_ORIGINAL_NOT_FOUND, "找不到原交易"},
    Answer{v1::REASON_PREVIOUSLY_REVERSED, "原交易已撤销"},
    Answer{v1::REASON_ALREADY_CAPTURED, "原交易已完成"},
    Answer{v1::REASON_HOLD_EXPIRED, "预授权已过期"},
    Answer{v1::REASON_ORIGINAL_DECLINED, "原交易未获批准"},
    Answer{v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT, "超过预授权金额"},
    Answer{v1::REASON_FURTHER_ACTIVITY_PREVENTS_REVERSAL, "已有后续交易，不能撤销"},
    Answer{v1::REASON_EXCEEDS_CAPTURED_AMOUNT, "超过可退金额"},
    Answer{v1::REASON_APPROVAL_MISSING, "申请尚待审批"},
    Answer{v1::REASON_ADVICE_TOO_OLD, "离线交易过期，转人工处理"},
    Answer{v1::REASON_EVENT_NOT_YET, "事件日期晚于现在，请核对"},
    Answer{v1::REASON_TERMINAL_INACTIVE, "终端已停用"},
    Answer{v1::REASON_MERCHANT_INACTIVE, "商户已停用"},
    Answer{v1::REASON_VOUCHER_NOT_FOUND, "无此取货码，请核对"},
    Answer{v1::REASON_VOUCHER_VOID, "取货码已作废"},
    Answer{v1::REASON_VOUCHER_REDEEMED, "取货码已使用"},
    Answer{v1::REASON_VOUCHER_RESERVED, "取货码正在使用中"},
    Answer{v1::REASON_VOUCHER_NOT_YET_VALID, "取货码未到使用时间"},
    Answer{v1::REASON_VOUCHER_EXPIRED, "取货码已过期"},
    Answer{v1::REASON_INVALID_CARD, "无此卡"},
    Answer{v1::REASON_CARD_NOT_ACTIVE, "卡未激活"},
    Answer{v1::REASON_CARD_EXPIRED, "卡已过期"},
    Answer{v1::REASON_CARD_PAUSED, "卡已暂停使用"},
    Answer{v1::REASON_CARD_LOST_OR_STOLEN, "卡已挂失"},
    Answer{v1::REASON_CARD_CLOSED, "卡已注销或已换卡"},
    Answer{v1::REASON_MEMBER_NOT_FOUND, "此卡未绑定会员"},
    Answer{v1::REASON_MEMBER_SUSPENDED, "会员已停用"},
    Answer{v1::REASON_MEMBERSHIP_EXPIRED, "会籍已失效"},
    Answer{v1::REASON_MEMBER_CLOSED, "已退会"},
    Answer{v1::REASON_VOUCHER_OF_ANOTHER, "取货码属于其他会员"},
    Answer{v1::REASON_PROGRAMME_NOT_FOUND, "无此活动或活动已停用"},
    Answer{v1::REASON_NO_APPLICABLE_BENEFIT, "此类商户无优惠"},
    Answer{v1::REASON_MERCHANT_NOT_IN_PROGRAMME, "本商户未参加活动"},
    Answer{v1::REASON_NOT_PERMITTED_TO_TERMINAL, "此类终端不可用"},
    Answer{v1::REASON_PROGRAMME_NOT_STARTED, "活动未开始"},
    Answer{v1::REASON_PROGRAMME_ENDED, "活动已结束"},
    Answer{v1::REASON_OUTSIDE_TIME_WINDOW, "不在优惠时段"},
    Answer{v1::REASON_MEMBER_NOT_VERIFIED, "会员未实名认证"},
    Answer{v1::REASON_NOT_PERMITTED_TO_MEMBER, "不在优惠对象范围"},
    Answer{v1::REASON_BELOW_MINIMUM_AMOUNT, "未达到最低消费金额"},
    Answer{v1::REASON_NO_EFFECT, "此金额无可优惠"},
    Answer{v1::REASON_NO_ELIGIBLE_ITEM, "所购商品无优惠"},
    Answer{v1::REASON_WAITING_PERIOD, "未满等待期"},
    Answer{v1::REASON_OFFLINE_NOT_PERMITTED, "此优惠不支持离线使用"},
    Answer{v1::REASON_NO_VOUCHER, "无可用的券或取货码"},
    Answer{v1::REASON_SLOT_NOT_AVAILABLE, "无此预约时段，请另选时间"},
    Answer{v1::REASON_CLAIM_TOO_LATE, "已超过申请期限"},
    Answer{v1::REASON_EXCEEDS_FREQUENCY_LIMIT, "优惠次数已用完"},
    Answer{v1::REASON_EXCEEDS_AMOUNT_LIMIT, "优惠额度已用完"},
    Answer{v1::REASON_TOO_MANY_NO_SHOWS, "预约未到次数过多"},
    Answer{v1::REASON_FUND_NOT_OPEN, "经费不在使用期内"},
    Answer{v1::REASON_QUOTA_EXHAUSTED, "已派完"},
    Answer{v1::REASON_BUDGET_EXHAUSTED, "活动经费已用完"},
};
static_assert(std::ranges::adjacent_find(kAnswers, std::ranges::greater_equal{}, &Answer::reason) ==
                  kAnswers.end(),
              "the search is binary");

std::string TimeWords(const google::protobuf::Timestamp& at, const std::string& zone) {
  return FormatLocalTime(Instant{at.seconds(), at.nanos()}, zone);
}

// "3 sales", "1 sale".
std::string Sales(uint64_t count) {
  return FormatCount(count) + (count == 1 ? " sale" : " sales");
}

struct Counted {
  uint64_t count = 0;
  Words name;
};

// Of codes, which are the same in both languages.
Counted CountedCode(uint64_t count, const std::string& code) {
  return {count, {code, code}};
}

// The most frequent, so that a line stays a line.
constexpr size_t kNamesMax = 5;

// "metro/ride 200 times, shops/tea 1 time".
Words NamesOf(std::vector<Counted> counted, bool in_times) {
  std::stable_sort(counted.begin(), counted.end(), [](const Counted& a, const Counted& b) {
    return a.count > b.count;
  });
  Words names;
  for (size_t i = 0; i < counted.size() && i < kNamesMax; ++i) {
    const auto& [count, name] = counted[i];
    names.en += fmt::format("{}{} {}", i == 0 ? "" : ", ", name.en, FormatCount(count));
    names.zh += fmt::format(
        "{}{} {}{}", i == 0 ? "" : "、", name.zh, FormatCount(count), in_times ? "次" : "笔");
    if (in_times) {
      names.en += count == 1 ? " time" : " times";
    }
  }
  if (counted.size() > kNamesMax) {
    names.en += ", and others";
    names.zh += "等";
  }
  return names;
}

// Decisions that were approved with the draft; of the others why they were not, each answer once.
uint64_t CountAnswers(const v1::BacktestReport& report, std::vector<Counted>* declined) {
  uint64_t approved = 0;
  for (const v1::BacktestReason& reason : report.reasons()) {
    if (reason.after() == v1::REASON_UNSPECIFIED) {
      approved += reason.decision_count();
      continue;
    }
    const std::string word = AnswerWord(reason.after());
    const auto same = std::find_if(
        declined->begin(), declined->end(), [&](const Counted& c) { return c.name.en == word; });
    if (same == declined->end()) {
      const std::string_view chinese = AnswerWordInChinese(reason.after());
      declined->push_back(
          {reason.decision_count(),
           {word,
            chinese.empty() ? word
                            : fmt::format("{}（{}）", chinese, static_cast<int>(reason.after()))}});
    } else {
      same->count += reason.decision_count();
    }
  }
  return approved;
}

// Codes, appointments, claims and goods, by the names that people know.
Words UnplayedWords(const v1::BacktestCaveats& caveats) {
  Words words;
  for (int i = 0; i < caveats.unplayed_size(); ++i) {
    std::string_view english;
    std::string_view chinese;
    switch (caveats.unplayed(i)) {
      case v1::UNPLAYED_CODE:
        english = "shown pick-up codes";
        chinese = "出示的取货码";
        break;
      case v1::UNPLAYED_APPOINTMENT:
        english = "appointments";
        chinese = "预约";
        break;
      case v1::UNPLAYED_CLAIM:
        english = "claims";
        chinese = "申请";
        break;
      case v1::UNPLAYED_GOODS:
        english = "goods";
        chinese = "商品明细";
        break;
      default:
        english = "something of a newer server";
        chinese = "较新服务器的其他内容";
        break;
    }
    const bool last = i + 1 == caveats.unplayed_size();
    words.en += fmt::format("{}{}", i == 0 ? "" : last ? " and " : ", ", english);
    words.zh += fmt::format("{}{}", i == 0 ? "" : last ? "和" : "、", chinese);
  }
  return words;
}

// By name, because beside a backtest there is another way to try them: sales that are repeated
// have their goods.
Words UnplayedGoodsWords(const v1::BacktestCaveats& caveats) {
  std::string english;
  std::string chinese;
  const auto count = static_cast<size_t>(caveats.unplayed_goods_benefits_size());
  for (size_t i = 0; i < std::min(count, kNamesMax); ++i) {
    const v1::UnplayedBenefit& benefit = caveats.unplayed_goods_benefits(static_cast<int>(i));
    const std::string name = benefit.programme_code() + "/" + benefit.benefit_code();
    english += (i == 0 ? "" : ", ") + name;
    chinese += (i == 0 ? "" : "、") + name;
  }
  if (count > kNamesMax) {
    english += ", and others";
    chinese += "等";
  }
  return {
      fmt::format("a visit that is made up has no goods, so benefits for goods are never "
                  "given: {}; --like DAY repeats a recorded day's sales with theirs",
                  english),
      fmt::format("模拟的交易没有商品明细，因此限定商品的优惠一笔也不会给出：{}；可用 --like 日期 "
                  "重复有记录的某一天，其交易带有商品明细",
                  chinese)};
}

}  // namespace

std::string AnswerWord(v1::Reason reason) {
  if (reason == v1::REASON_UNSPECIFIED) {
    return "approved";
  }
  const std::string word = EnumWord(v1::Reason_descriptor(), reason);
  return fmt::format("{} ({})", word.empty() ? "unknown" : word, static_cast<int>(reason));
}

std::string_view AnswerWordInChinese(v1::Reason reason) {
  const auto* const found = std::lower_bound(
      kAnswers.begin(), kAnswers.end(), reason, [](const Answer& answer, v1::Reason wanted) {
        return answer.reason < wanted;
      });
  return found != kAnswers.end() && found->reason == reason ? found->chinese : "";
}

std::string RanOut(bool did, const google::protobuf::Timestamp& at, const std::string& zone) {
  return did ? TimeWords(at, zone) : "-";
}

Words PeriodWords(const v1::BacktestReport& report) {
  Words words = {"no day", "没有数据"};
  if (!report.days().empty()) {
    const std::string& first = report.days().begin()->day();
    const std::string& last = report.days().rbegin()->day();
    words = {fmt::format("{} to {}", first, last), fmt::format("{} 至 {}", first, last)};
  }
  words.en += fmt::format(" ({})", report.zone());
  words.zh += fmt::format("（{}）", report.zone());
  if (report.has_last_decided_at()) {
    const std::string at = TimeWords(report.last_decided_at(), report.zone());
    words.en += ", last decision at " + at;
    words.zh += "，最后一笔决定于 " + at;
  }
  return words;
}

std::vector<Words> NothingGivenNotes(const v1::BacktestReport& report) {
  const uint64_t all = report.all().decision_count();
  std::vector<Counted> others;
  uint64_t own_count = 0;
  for (const v1::BacktestBenefit& benefit : report.benefits()) {
    if (benefit.programme_code() == report.programme_code()) {
      own_count += benefit.given_after_count();
    } else if (benefit.given_after_count() != 0) {
      others.push_back(CountedCode(benefit.given_after_count(),
                                   benefit.programme_code() + "/" + benefit.benefit_code()));
    }
  }
  if (all == 0 || own_count != 0) {
    return {};
  }
  const std::string all_count = FormatCount(all);
  std::vector<Words> notes = {{fmt::format("nothing of this draft was given, in {}", Sales(all)),
                               fmt::format("{}笔交易中，草稿未给出任何优惠", all_count)}};
  std::vector<Counted> declined;
  const uint64_t approved = CountAnswers(report, &declined);
  if (approved != 0 && !others.empty()) {
    const Words names = NamesOf(std::move(others), /*in_times=*/true);
    notes.push_back(
        {fmt::format("{} of {} got a benefit of another programme first, or were approved at full "
                     "price: {}; of benefits that do not combine a sale gets the one that gives "
                     "most, of equals the first in order (gonghuictl programme list)",
                     FormatCount(approved),
                     Sales(all),
                     names.en),
         fmt::format("{}笔中有{}"
                     "笔先享受了其他项目的优惠，或按原价批准：{}；不能叠加的优惠取优惠最多的一项，"
                     "相同时按顺序取第一项（gonghuictl programme list）",
                     all_count,
                     FormatCount(approved),
                     names.zh)});
  } else if (approved != 0) {
    notes.push_back(
        {fmt::format("{} of {} were approved at full price, without any benefit",
                     FormatCount(approved),
                     Sales(all)),
         fmt::format("{}笔中有{}笔按原价批准，无任何优惠", all_count, FormatCount(approved))});
  }
  if (!declined.empty()) {
    const Words names = NamesOf(std::move(declined), /*in_times=*/false);
    notes.push_back(
        {fmt::format("{} of {} were declined: {}; each answer is about the benefit that came "
                     "furthest, of this draft or another programme",
                     FormatCount(all - approved),
                     Sales(all),
                     names.en),
         fmt::format("{}笔中有{}"
                     "笔被拒绝：{}；原因以最接近获批的优惠为准，可能属于草稿，也可能属于其他项目",
                     all_count,
                     FormatCount(all - approved),
                     names.zh)});
  }
  std::vector<Counted> limits;
  for (const v1::BacktestLimit& limit : report.limits()) {
    if (limit.programme_code() == report.programme_code() && limit.refused_after_count() != 0) {
      limits.push_back(CountedCode(limit.refused_after_count(), limit.limit_code()));
    }
  }
  if (!limits.empty()) {
    const Words names = NamesOf(std::move(limits), /*in_times=*/true);
    notes.push_back(
        {"limits of the draft that refused: " + names.en, "草稿中触及的限额：" + names.zh});
  }
  notes.push_back(
      {"to see every check of one sale, apply the draft on a server for trials, and ask: "
       "gonghuictl "
       "quote --terminal T --card N --price YUAN --explain; here it tells those of what is live",
       "要查看某笔交易的每项检查，请在试用服务器上应用草稿后查询：gonghuictl quote --terminal 终端 "
       "--card 卡号 "
       "--price 金额 --explain；在本服务器上查到的是现行项目的检查"});
  return notes;
}

std::vector<Words> BacktestNotes(const v1::BacktestReport& report) {
  const v1::BacktestCaveats& caveats = report.caveats();
  std::vector<Words> notes = NothingGivenNotes(report);
  if (caveats.unplayed_size() != 0) {
    const Words unplayed = UnplayedWords(caveats);
    notes.push_back({fmt::format("a simulated day has no {}: programmes that ask for one are tried "
                                 "with programme backtest",
                                 unplayed.en),
                     fmt::format("模拟的日子里没有{}：需要这些的项目请用 programme backtest 回测",
                                 unplayed.zh)});
  }
  if (caveats.unplayed_goods_benefits_size() != 0) {
    notes.push_back(UnplayedGoodsWords(caveats));
  }
  const auto add = [&notes](uint64_t count, std::string_view english, std::string_view chinese) {
    if (count != 0) {
      notes.push_back({fmt::format("{} {}", FormatCount(count), english),
                       fmt::format("{}{}", FormatCount(count), chinese)});
    }
  };
  if (caveats.draft_is_live()) {
    notes.push_back({"the draft is what was live already", "草稿与当时的现行版本相同"});
  }
  if (caveats.dates_widened()) {
    notes.push_back(
        {"the draft's dates were widened to cover the period; --keep-dates takes them as they are",
         "草稿的起止日期已放宽到整个时段；--keep-dates 则按原日期"});
  }
  add(caveats.unplayed_count(),
      "authorizations of the recorded day had one of these, and were left out",
      "笔当日授权含有上述内容，未计入");
  add(caveats.hold_assumed_captured_count(),
      "holds were gained, and count as captured in full, since nobody captured them",
      "笔预授权为新获批，因无人做过完成，按全额完成计算");
  add(caveats.followup_refused_count(),
      "captures, reversals or refunds had nothing to belong to and were declined",
      "笔完成、撤销或退货因无对应的原交易而被拒绝");
  add(caveats.original_gone_count(),
      "captures, reversals or refunds were left out: their originals are out of reach",
      "笔完成、撤销或退货未计入：原交易已无法取得");
  add(caveats.change_replaced_count(),
      "changes of the draft's own programme and funds were left out: the draft stands for them",
      "次对草稿所属项目及资金的变更未计入：以草稿为准");
  add(caveats.change_refused_count(),
      "operators' changes could not be made with the draft",
      "次操作员变更在草稿下无法执行");
  add(caveats.undecided_count(),
      "authorizations could not be decided: a table is full",
      "笔授权无法作出决定：数据表已满");
  add(caveats.other_rules_count(),
      "events were decided by a release with other rules, and may differ for that alone",
      "个事件由规则不同的版本决定，仅此就可能造成差异");
  if (caveats.merchant_days_cut()) {
    notes.push_back({"the list by merchant and day was too long and ends early",
                     "按商户和日期的明细过长，后面部分未列出"});
  }
  return notes;
}

Words BeforeAndAfterWords(bool simulated) {
  return simulated ? Words{"“Before” is what the programmes as they are would decide, “after” is "
                           "with the draft among them",
                           "“原”为现行项目的结果，“新”为加入草稿后的结果"}
                   : Words{"“Before” is what was recorded, “after” is the same, decided again with "
                           "the draft",
                           "“原”为当时的实际记录，“新”为同样的交易按草稿重新决定的结果"};
}

Words SubsidyWords() {
  return {
      "SUBSIDY is what members get off their prices, as it is when a sale or hold is approved, "
      "also "
      "where that is reversed or refunded later",
      "补贴：会员少付的金额，按消费或预授权获批时的决定计算，之后撤销或退货的也计入"};
}

Words PaidWords() {
  return {
      "PAID is what left a fund within the period: captured and not given back, overruns and "
      "captures of earlier holds included; what is only held is not paid yet.  Where holds are "
      "captured in part or later, or something is refunded, it is not the sum of the subsidies",
      "支付：资金在本时段内实际付出的部分，即已完成且未退回的金额，含超支，也含此前预授权的完成；仅"
      "冻结的"
      "尚未支付。预授权未全额完成、稍后完成或有退货时，支付与补贴合计不相等"};
}

std::vector<Words> FigureNotes(const v1::BacktestReport& report, bool simulated) {
  std::vector<Words> notes = {BeforeAndAfterWords(simulated), SubsidyWords()};
  if (!report.funds().empty()) {
    notes.push_back(PaidWords());
  }
  return notes;
}

}  // namespace gonghui::ctl
