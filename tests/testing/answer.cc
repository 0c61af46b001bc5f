// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/answer.h"

#include <algorithm>
#include <cstddef>

#include "engine/domain/details.h"
#include "engine/domain/explanation.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

std::string TextOf(TransactionId id) {
  return id == TransactionId{} ? "none" : "#" + std::to_string(id.value());
}
std::string TextOf(Fen amount) {
  return std::to_string(amount.value());
}
std::string TextOf(const std::string& text) {
  return text;
}
std::string TextOf(bool value) {
  return value ? "yes" : "no";
}
std::string TextOf(uint32_t value) {
  return std::to_string(value);
}
std::string TextOf(int64_t value) {
  return std::to_string(value);
}
std::string TextOf(const AnswerShare& share) {
  return gonghui::TextOf(share.benefit) + "/" + gonghui::TextOf(share.fund) + ":" +
         TextOf(share.amount);
}
std::string TextOf(const AnswerLimit& limit) {
  return gonghui::TextOf(limit.programme) + "/" + gonghui::TextOf(limit.limit) +
         "{taken=" + std::to_string(limit.taken) + " left=" + std::to_string(limit.left) +
         " resets=" + gonghui::TextOf(limit.resets_at) + "}";
}
template <class Enum>
requires std::is_enum_v<Enum> std::string TextOf(Enum value) {
  const char* name = NameOf(value);
  return name == nullptr ? "?" + std::to_string(static_cast<int>(value)) : name;
}
std::string TextOf(const AnswerStanding& limit) {
  return gonghui::TextOf(limit.limit) + "{used=" + std::to_string(limit.used) +
         " held=" + std::to_string(limit.held) + " left=" + std::to_string(limit.left) +
         " resets=" + gonghui::TextOf(limit.resets_at) + "}";
}
std::string TextOf(const AnswerLine& line) {
  return TextOf(line.number) + ":" + gonghui::TextOf(line.item) + ":" + TextOf(line.quantity) +
         ":" + TextOf(line.price) + "/" + TextOf(line.subsidy);
}
std::string TextOf(const std::optional<AnswerAdvice>& advice) {
  if (!advice.has_value()) {
    return "none";
  }
  return "{occurred=" + gonghui::TextOf(advice->occurred_at) +
         " deny_list=" + gonghui::TextOf(advice->deny_list_at) +
         " judged=" + gonghui::TextOf(advice->judged_at) +
         (advice->clock_adjusted ? " clock_adjusted" : "") +
         " paid=" + TextOf(advice->member_paid) + " sequence=" + TextOf(advice->sequence) +
         " day=" + std::to_string(advice->business_day) +
         " liability=" + TextOf(advice->liability) + " bears=" + TextOf(advice->acquirer_bears) +
         "}";
}
std::string TextOf(const std::optional<AnswerBatch>& batch) {
  if (!batch.has_value()) {
    return "none";
  }
  return "{number=" + TextOf(batch->number) + " opened=" + gonghui::TextOf(batch->opened_at) +
         " closed=" + gonghui::TextOf(batch->closed_at) + " ours=" + gonghui::TextOf(batch->ours) +
         " theirs=" + gonghui::TextOf(batch->theirs) + "}";
}
// What has gone back of each, which changes while the rest stays as it was told.
std::string ReturnedText(const std::vector<AnswerLine>& lines) {
  std::string text;
  for (const AnswerLine& line : lines) {
    text += (text.empty() ? "" : ",") + TextOf(line.returned);
  }
  return text;
}
using gonghui::TextOf;

template <class Item>
std::string TextOf(const std::vector<Item>& items) {
  std::string text = "[";
  for (const Item& item : items) {
    text += (text.size() > 1 ? " " : "") + TextOf(item);
  }
  return text + "]";
}

template <class T>
bool Differs(const char* what, const T& a, const T& b, std::string* difference) {
  if (a == b) {
    return false;
  }
  *difference = std::string(what) + ": " + TextOf(a) + " against " + TextOf(b);
  return true;
}

// Item by item: the lists are long.
template <class Item>
bool ItemDiffers(const char* what,
                 const std::vector<Item>& a,
                 const std::vector<Item>& b,
                 std::string* difference) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size() || i >= b.size() || !(a[i] == b[i])) {
      *difference = std::string(what) + " " + std::to_string(i) + " of " +
                    std::to_string(a.size()) + " against " + std::to_string(b.size()) + ": " +
                    (i < a.size() ? TextOf(a[i]) : "nothing") + " against " +
                    (i < b.size() ? TextOf(b[i]) : "nothing");
      return true;
    }
  }
  return false;
}

std::string FundText(const FundCode& fund, int64_t needed, int64_t available) {
  return " fund=" + gonghui::TextOf(fund) + " needed=" + std::to_string(needed) +
         " available=" + std::to_string(available);
}

AnswerStanding StandingOf(const Ledger& ledger, const ResultLimit& limit) {
  const Limit& row = ledger.limits()[limit.limit];
  return {ledger.programmes()[row.programme].code,
          row.code,
          limit.used,
          limit.held,
          limit.left,
          limit.resets_at == TimestampNs{} ? kTimestampMax : limit.resets_at};
}

void ReadExplanation(const Ledger& ledger, const Explanation& explanation, Answer* answer) {
  answer->truncated = explanation.truncated;
  for (uint32_t i = 0; i < explanation.count; ++i) {
    const CheckResult& result = explanation.checks[i];
    AnswerCheck check;
    if (result.benefit != BenefitRow{}) {
      const Benefit& benefit = ledger.benefits()[result.benefit];
      check.programme = ledger.programmes()[benefit.programme].code;
      check.benefit = benefit.code;
    }
    check.check = result.check;
    check.passed = result.passed;
    if (result.about_limit) {
      check.limit = StandingOf(ledger, result.limit);
    }
    if (result.fund != FundRow{}) {
      check.fund = ledger.funds()[result.fund].code;
    }
    check.needed = result.needed.value();
    check.available = result.available.value();
    answer->checks.push_back(check);
  }
}

void ReadEntitlements(const Ledger& ledger, const EntitlementList& list, Answer* answer) {
  answer->truncated = list.truncated;
  for (uint32_t i = 0; i < list.count; ++i) {
    const Entitlement& item = list.items[i];
    const Benefit& benefit = ledger.benefits()[item.benefit];
    AnswerEntitlement entitlement{ledger.programmes()[benefit.programme].code,
                                  benefit.code,
                                  item.reason,
                                  item.next_eligible_at,
                                  {}};
    for (uint32_t j = 0; j < item.limit_count; ++j) {
      entitlement.limits.push_back(StandingOf(ledger, item.limits[j]));
    }
    answer->entitlements.push_back(entitlement);
  }
}

void ReadDetails(const Details& details, Answer* answer) {
  answer->slot_at = details.slot_at;
  answer->event_at = details.event_at;
  for (uint32_t i = 0; i < details.line_count; ++i) {
    const Line& line = details.lines[i];
    answer->lines.push_back(
        {line.number, line.item, line.quantity, line.price, line.subsidy, line.returned});
  }
  if (details.is_advice) {
    const Advice& advice = details.advice;
    answer->advice = AnswerAdvice{advice.occurred_at,
                                  advice.deny_list_at,
                                  advice.judged_at,
                                  advice.member_paid,
                                  advice.acquirer_bears,
                                  advice.sequence,
                                  advice.business_day,
                                  advice.liability,
                                  advice.clock_adjusted};
  }
  if (details.is_batch) {
    const Batch& batch = details.batch;
    answer->batch =
        AnswerBatch{batch.ours, batch.theirs, batch.opened_at, batch.closed_at, batch.number};
  }
}

}  // namespace

std::string TextOf(const Totals& totals) {
  return std::to_string(totals.captures) + ":" + std::to_string(totals.captured.value()) + "," +
         std::to_string(totals.refunds) + ":" + std::to_string(totals.refunded.value()) + "," +
         std::to_string(totals.reversals) + ":" + std::to_string(totals.reversed.value()) + "," +
         std::to_string(totals.subsidy.value());
}

std::string TextOf(const AnswerCheck& check) {
  return (check.benefit.IsNone() ? ""
                                 : TextOf(check.programme) + "/" + TextOf(check.benefit) + ":") +
         TextOf(check.check) + (check.passed ? " passed" : " failed") +
         (check.limit.has_value() ? " " + TextOf(*check.limit) : "") +
         (check.fund.IsNone() ? "" : FundText(check.fund, check.needed, check.available));
}

std::string TextOf(const AnswerEntitlement& entitlement) {
  return TextOf(entitlement.programme) + "/" + TextOf(entitlement.benefit) + ":" +
         TextOf(entitlement.reason) + " next=" + TextOf(entitlement.next_eligible_at) +
         " limits=" + TextOf(entitlement.limits);
}

Answer AnswerOf(const Ledger& ledger, const Command& command, const Result& result) {
  Answer answer;
  answer.verdict = result.verdict;
  answer.field = result.field;
  answer.admin_reason = result.admin_reason;
  answer.index = result.index;
  answer.replay = result.replay;
  if (IsAdmin(command.kind)) {
    answer.programme_version = result.programme_version;
    return answer;
  }
  // Whatever the verdict: nothing may be told that was not decided.
  if ((command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote) &&
      command.authorize.explanation != nullptr) {
    ReadExplanation(ledger, *command.authorize.explanation, &answer);
  }
  if (command.details != nullptr) {
    ReadDetails(*command.details, &answer);
  }
  if (command.kind == CommandKind::kGetEntitlements) {
    ReadEntitlements(ledger, *command.entitlements.list, &answer);
    if (result.verdict == Verdict::kDecided) {  // an outcome and a reason, no transaction
      answer.has_transaction = true;
      answer.outcome = result.transaction.outcome;
      answer.reason = result.transaction.reason;
    }
    return answer;
  }
  if (result.verdict != Verdict::kDecided || command.kind == CommandKind::kExpireHolds ||
      command.kind == CommandKind::kActivateDue) {
    return answer;
  }
  const Transaction& transaction = result.transaction;
  answer.has_transaction = true;
  answer.id = result.transaction_id;
  answer.original_id = result.original_id;
  answer.kind = transaction.kind;
  answer.outcome = transaction.outcome;
  answer.reason = transaction.reason;
  answer.list_price = transaction.list_price;
  answer.member_pays = transaction.member_pays;
  answer.subsidy = transaction.subsidy;
  answer.original_found = transaction.original_found;
  answer.stan = transaction.stan;
  if (transaction.benefit != BenefitRow{}) {
    answer.benefit = ledger.benefits()[transaction.benefit].code;
  }
  if (transaction.failed_limit() != LimitRow{}) {
    answer.failed_limit = ledger.limits()[transaction.failed_limit()].code;
  }
  if (transaction.failed_fund() != FundRow{}) {
    answer.failed_fund = ledger.funds()[transaction.failed_fund()].code;
  }
  answer.decided_at = transaction.decided_at;
  answer.state = transaction.state;
  if (transaction.outcome == Outcome::kDeclined) {
    answer.next_eligible_at = transaction.expires_at;
  } else if (transaction.kind == TransactionKind::kIncrement ||
             (transaction.kind == TransactionKind::kAuthorization &&
              !transaction.capture_at_once)) {
    answer.expires_at = transaction.expires_at;
  }
  answer.captured = transaction.captured;
  answer.captured_subsidy = transaction.captured_subsidy;
  if (transaction.kind == TransactionKind::kAuthorization) {
    answer.refunded = transaction.progress.refunded;
    answer.refunded_subsidy = transaction.progress.refunded_subsidy;
    answer.restated = transaction.progress.restated;
    answer.restated_subsidy = transaction.progress.restated_subsidy;
  }
  answer.overrun = transaction.overrun;
  if (transaction.outcome == Outcome::kDeclined) {
    // There the row keeps the limit's or the fund's numbers in these fields.
    if (transaction.failed_fund() != FundRow{}) {
      answer.available = transaction.captured.value();
      answer.needed = transaction.captured_subsidy.value();
    }
    answer.captured = answer.captured_subsidy = Fen{};
  }
  for (uint32_t i = 0; i < result.share_count; ++i) {
    const ResultShare& share = result.shares[i];
    if (share.amount != Fen{}) {
      answer.shares.push_back(
          {ledger.benefits()[share.benefit].code, ledger.funds()[share.fund].code, share.amount});
    }
  }
  for (uint32_t i = 0; i < result.limit_count; ++i) {
    const ResultLimit& limit = result.limits[i];
    const Limit& row = ledger.limits()[limit.limit];
    answer.limits.push_back({ledger.programmes()[row.programme].code,
                             row.code,
                             limit.used + limit.held,
                             limit.left,
                             limit.resets_at == TimestampNs{} ? kTimestampMax : limit.resets_at});
  }
  return answer;
}

std::string TextOf(const Answer& answer) {
  std::string text = answer.replay ? "replay " : "";
  text += TextOf(answer.verdict);
  if (answer.field != Field::kNone) {
    text += " field=" + TextOf(answer.field);
  }
  if (answer.admin_reason != AdminReason::kNone) {
    text += " " + TextOf(answer.admin_reason);
  }
  if (answer.index != 0) {
    text += " index=" + TextOf(answer.index);
  }
  if (!answer.has_transaction) {
    return text;
  }
  text += " " + TextOf(answer.kind) + " " + TextOf(answer.id) + " " + TextOf(answer.outcome) +
          " reason=" + TextOf(answer.reason) + " list=" + TextOf(answer.list_price) +
          " pays=" + TextOf(answer.member_pays) + " subsidy=" + TextOf(answer.subsidy) +
          " state=" + TextOf(answer.state) + " captured=" + TextOf(answer.captured) + "/" +
          TextOf(answer.captured_subsidy) + " refunded=" + TextOf(answer.refunded) + "/" +
          TextOf(answer.refunded_subsidy) + " restated=" + TextOf(answer.restated) + "/" +
          TextOf(answer.restated_subsidy) + " expires=" + TextOf(answer.expires_at) +
          " stan=" + TextOf(answer.stan) + (answer.overrun ? " overrun" : "");
  if (answer.kind != TransactionKind::kAuthorization) {
    text += " original=" + TextOf(answer.original_id) + " found=" + TextOf(answer.original_found);
  }
  if (!answer.benefit.IsNone()) {
    text += " benefit=" + TextOf(answer.benefit);
  }
  if (!answer.failed_limit.IsNone()) {
    text += " limit=" + TextOf(answer.failed_limit);
  }
  if (!answer.failed_fund.IsNone()) {
    text += FundText(answer.failed_fund, answer.needed, answer.available);
  }
  if (answer.slot_at != TimestampNs{}) {
    text += " slot=" + TextOf(answer.slot_at);
  }
  if (answer.event_at != TimestampNs{}) {
    text += " event=" + TextOf(answer.event_at);
  }
  if (answer.next_eligible_at != TimestampNs{}) {
    text += " next=" + TextOf(answer.next_eligible_at);
  }
  text += " shares=" + TextOf(answer.shares) + " limits=" + TextOf(answer.limits);
  if (!answer.lines.empty()) {
    text += " lines=" + TextOf(answer.lines) + " returned=" + ReturnedText(answer.lines);
  }
  if (answer.advice.has_value()) {
    text += " advice=" + TextOf(answer.advice);
  }
  if (answer.batch.has_value()) {
    text += " batch=" + TextOf(answer.batch);
  }
  return text;
}

std::string Difference(const Answer& a, const Answer& b) {
  std::string text;
  // Short-circuits at the first difference.
  static_cast<void>(
      Differs("verdict", a.verdict, b.verdict, &text) ||
      Differs("field", a.field, b.field, &text) ||
      Differs("admin_reason", a.admin_reason, b.admin_reason, &text) ||
      Differs("index", a.index, b.index, &text) || Differs("replay", a.replay, b.replay, &text) ||
      Differs("programme_version", a.programme_version, b.programme_version, &text) ||
      Differs("has_transaction", a.has_transaction, b.has_transaction, &text) ||
      Differs("kind", a.kind, b.kind, &text) || Differs("outcome", a.outcome, b.outcome, &text) ||
      Differs("reason", a.reason, b.reason, &text) || Differs("id", a.id, b.id, &text) ||
      Differs("original_id", a.original_id, b.original_id, &text) ||
      Differs("list_price", a.list_price, b.list_price, &text) ||
      Differs("member_pays", a.member_pays, b.member_pays, &text) ||
      Differs("subsidy", a.subsidy, b.subsidy, &text) ||
      Differs("original_found", a.original_found, b.original_found, &text) ||
      Differs("stan", a.stan, b.stan, &text) || Differs("benefit", a.benefit, b.benefit, &text) ||
      Differs("failed_limit", a.failed_limit, b.failed_limit, &text) ||
      Differs("failed_fund", a.failed_fund, b.failed_fund, &text) ||
      Differs("needed", a.needed, b.needed, &text) ||
      Differs("available", a.available, b.available, &text) ||
      Differs("slot_at", a.slot_at, b.slot_at, &text) ||
      Differs("event_at", a.event_at, b.event_at, &text) ||
      Differs("next_eligible_at", a.next_eligible_at, b.next_eligible_at, &text) ||
      Differs("decided_at", a.decided_at, b.decided_at, &text) ||
      Differs("state", a.state, b.state, &text) ||
      Differs("expires_at", a.expires_at, b.expires_at, &text) ||
      Differs("captured", a.captured, b.captured, &text) ||
      Differs("captured_subsidy", a.captured_subsidy, b.captured_subsidy, &text) ||
      Differs("refunded", a.refunded, b.refunded, &text) ||
      Differs("refunded_subsidy", a.refunded_subsidy, b.refunded_subsidy, &text) ||
      Differs("restated", a.restated, b.restated, &text) ||
      Differs("restated_subsidy", a.restated_subsidy, b.restated_subsidy, &text) ||
      Differs("overrun", a.overrun, b.overrun, &text) ||
      Differs("shares", a.shares, b.shares, &text) ||
      Differs("limits", a.limits, b.limits, &text) ||
      Differs("returned", ReturnedText(a.lines), ReturnedText(b.lines), &text) ||
      Differs("lines", a.lines, b.lines, &text) || Differs("advice", a.advice, b.advice, &text) ||
      Differs("batch", a.batch, b.batch, &text) ||
      Differs("truncated", a.truncated, b.truncated, &text) ||
      ItemDiffers("check", a.checks, b.checks, &text) ||
      ItemDiffers("entitlement", a.entitlements, b.entitlements, &text));
  return text;
}

}  // namespace gonghui
