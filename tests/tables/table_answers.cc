// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_answers.h"

#include <map>
#include <optional>

#include "tests/tables/table_occasions.h"

namespace gonghui {
namespace {

template <class T>
void Same(const char* what,
          const T& got,
          const T& wanted,
          const std::string& got_text,
          const std::string& wanted_text) {
  if (!(got == wanted)) {
    Fail(std::string(what) + ": expected " + wanted_text + ", got " + got_text);
  }
}
void SameText(const char* what, const std::string& got, const std::string& wanted) {
  Same(what, got, wanted, got, wanted);
}

}  // namespace

void Compare(RowWords& words, const char* key, int64_t got) {
  if (const auto wanted = words.Value(key)) {
    Same(key, got, NumberOf(*wanted), std::to_string(got), *wanted);
  }
}
void Compare(RowWords& words, const char* key, const std::string& got) {
  if (const auto wanted = words.Value(key)) {
    SameText(key, got, *wanted);
  }
}
void Compare(RowWords& words, const char* key, TimestampNs got) {
  if (const auto wanted = words.Value(key)) {
    Same(key, got, TimeOf(*wanted), TextOf(got), *wanted);
  }
}

namespace {

// A word that stands there exactly when it is true.
void SameFlag(RowWords& words, const char* flag, bool got) {
  Same(flag, got, words.Flag(flag), got ? flag : "none", got ? "none" : flag);
}

// Lines, advices and batches.
void CheckRest(const Answer& answer, RowWords& words) {
  std::string lines;  // 1:cola:3:450/225
  std::string returned;
  for (const AnswerLine& line : answer.lines) {
    lines += (lines.empty() ? "" : ",") + std::to_string(line.number) + ":" + TextOf(line.item) +
             ":" + std::to_string(line.quantity) + ":" + std::to_string(line.price.value()) + "/" +
             std::to_string(line.subsidy.value());
    returned += (returned.empty() ? "" : ",") + std::to_string(line.returned);
  }
  Compare(words, "lines", lines.empty() ? "none" : lines);
  Compare(words, "returned", returned.empty() ? "none" : returned);
  const AnswerAdvice advice = answer.advice.value_or(AnswerAdvice{});
  SameFlag(words, "adjusted", advice.clock_adjusted);
  Compare(words, "liability", std::string(NameOf(advice.liability)));
  Compare(words, "bears", advice.acquirer_bears.value());
  Compare(words, "paid", advice.member_paid.value());
  Compare(words, "occurred", advice.occurred_at);
  Compare(words, "judged", advice.judged_at);
  if (answer.batch.has_value()) {
    const bool in_balance = answer.batch->ours == answer.batch->theirs;
    SameText("balance",
             in_balance ? "in_balance" : "out_of_balance",
             words.Next("in_balance or out_of_balance"));
    Compare(words, "number", answer.batch->number);
    Compare(words, "opened", answer.batch->opened_at);
    Compare(words, "closed", answer.batch->closed_at);
    Compare(words, "ours", TextOf(answer.batch->ours));
    Compare(words, "theirs", TextOf(answer.batch->theirs));
  }
}

// "/F:500>320": of a check that failed for a fund, which asked for more than it had.
std::string TextOfFund(const AnswerCheck& check) {
  return "/" + TextOf(check.fund) + ":" + std::to_string(check.needed) + ">" +
         std::to_string(check.available);
}

// The first check that fails of each candidate: "b1:exceeds_frequency_limit,b2:ok"; or
// all that fail: "b1:no_effect+exceeds_frequency_limit/day+budget_exhausted/F:500>320,b2:ok".
// Without candidates it is about the parties.
std::string TextOfChecks(const std::vector<AnswerCheck>& checks, bool all) {
  std::string text;
  for (size_t i = 0; i < checks.size();) {
    const AnswerCheck& first = checks[i];
    std::string failed;
    // Two of one programme may have the same code: each begins with its merchant.
    const size_t from = i;
    for (; i < checks.size() && checks[i].programme == first.programme &&
           checks[i].benefit == first.benefit &&
           (i == from || checks[i].check != Reason::kMerchantNotInProgramme);
         ++i) {
      const AnswerCheck& check = checks[i];
      if (!check.passed && (failed.empty() || all)) {
        failed += (failed.empty() ? "" : "+") + std::string(NameOf(check.check)) +
                  (all && check.limit.has_value() ? "/" + TextOf(check.limit->limit) : "") +
                  (all && !check.fund.IsNone() ? TextOfFund(check) : "");
      }
    }
    if (first.benefit.IsNone()) {
      if (i == checks.size()) {
        return failed.empty() ? "ok" : failed;
      }
      continue;
    }
    text +=
        (text.empty() ? "" : ",") + TextOf(first.benefit) + ":" + (failed.empty() ? "ok" : failed);
  }
  return text.empty() ? "none" : text;
}

void CheckExplanation(const Answer& answer, RowWords& words) {
  const std::vector<AnswerCheck>& checks = answer.checks;
  Compare(words, "checks", TextOfChecks(checks, /*all=*/false));
  Compare(words, "failing", TextOfChecks(checks, /*all=*/true));
  Compare(words, "checked", static_cast<int64_t>(checks.size()));
  std::string before;  // b/day:used:held:left
  for (const AnswerCheck& check : checks) {
    if (check.limit.has_value()) {
      const AnswerStanding& limit = *check.limit;
      before += (before.empty() ? "" : ",") + TextOf(check.benefit) + "/" + TextOf(limit.limit) +
                ":" + std::to_string(limit.used) + ":" + std::to_string(limit.held) + ":" +
                std::to_string(limit.left);
    }
  }
  Compare(words, "before", before.empty() ? "none" : before);
}

void CheckDetails(const Answer& answer, const GivenIds& given, RowWords& words) {
  Compare(words, "list", answer.list_price.value());
  Compare(words, "pays", answer.member_pays.value());
  Compare(words, "subsidy", answer.subsidy.value());
  Compare(words, "captured", answer.captured.value());
  Compare(words, "captured_subsidy", answer.captured_subsidy.value());
  Compare(words, "refunded", answer.refunded.value());
  Compare(words, "refunded_subsidy", answer.refunded_subsidy.value());
  SameFlag(words, "overrun", answer.overrun);
  Compare(words, "state", std::string(NameOf(answer.state)));
  Compare(words, "expires", answer.expires_at);
  Compare(words, "stan", answer.stan);
  Compare(words, "next", answer.next_eligible_at);
  Compare(words, "benefit", TextOf(answer.benefit));
  Compare(words, "limit", TextOf(answer.failed_limit));
  Compare(words, "fund", TextOf(answer.failed_fund));
  Compare(words, "needed", answer.needed);
  Compare(words, "available", answer.available);
  Compare(words, "restated", answer.restated.value());
  Compare(words, "restated_subsidy", answer.restated_subsidy.value());
  Compare(words, "slot", answer.slot_at);
  Compare(words, "event", answer.event_at);
  Compare(words, "original_found", std::string(answer.original_found ? "yes" : "no"));
  if (const auto original = words.Value("original")) {
    TransactionId id;
    RequestId request_id;
    given.Read(*original, &id, &request_id);
    Same("original",
         answer.original_id,
         id,
         std::to_string(answer.original_id.value()),
         std::to_string(id.value()));
  }
  std::string shares;
  for (const AnswerShare& share : answer.shares) {
    shares += (shares.empty() ? "" : ",") + TextOf(share.fund) + ":" +
              std::to_string(share.amount.value());
  }
  Compare(words, "shares", shares.empty() ? "none" : shares);
  std::string by;  // of a combination "first+second"
  for (size_t i = 0; i < answer.shares.size(); ++i) {
    if (i == 0 || answer.shares[i].benefit != answer.shares[i - 1].benefit) {
      by += (by.empty() ? "" : "+") + TextOf(answer.shares[i].benefit);
    }
  }
  Compare(words, "by", by.empty() ? "none" : by);
  std::string left;
  for (const AnswerLimit& limit : answer.limits) {
    left += (left.empty() ? "" : ",") + TextOf(limit.limit) + ":" + std::to_string(limit.left);
  }
  Compare(words, "left", left.empty() ? "none" : left);
  if (!answer.limits.empty()) {
    Compare(words, "taken", answer.limits[0].taken);
    Compare(words, "resets", answer.limits[0].resets_at);
  }
  CheckRest(answer, words);
  CheckExplanation(answer, words);
}

uint32_t SubjectRow(const Ledger& ledger, LimitSubject kind, RowWords& row) {
  switch (kind) {
    case LimitSubject::kPerson:
      return ledger.FindMember(Coded<MemberId>(row.Next("a member"))).value();
    case LimitSubject::kProgramme:
      return 0;
    case LimitSubject::kCard:
      return ledger.FindCard(CardOf(row.Next("a card"))).value();
    case LimitSubject::kMerchant:
      return ledger.FindMerchant(Coded<MerchantId>(row.Next("a merchant"))).value();
    case LimitSubject::kTerminal:
      return ledger.FindTerminal(Coded<TerminalId>(row.Next("a terminal"))).value();
    case LimitSubject::kUnion:
      return ledger.FindUnionNode(Coded<UnionNodeId>(row.Next("a union node"))).value();
  }
  return 0;
}

// expect limit metro/day M1 used=1 held=0 left=1 [at=...]
void ExpectLimit(const Ledger& ledger, TimestampNs now, RowWords& row) {
  const std::vector<std::string> path = SplitAt(row.Next("programme/limit"), '/');
  if (path.size() != 2) {
    Fail("not programme/limit");
  }
  const ProgrammeHeadRow head = ledger.FindProgrammeHead(Coded<ProgrammeCode>(path[0]));
  const ProgrammeRow programme_row = ledger.programme_heads()[head].newest;
  if (programme_row == ProgrammeRow{}) {
    Fail("no such programme");
  }
  const Programme& programme = ledger.programmes()[programme_row];
  for (uint32_t i = 0; i < programme.limit_count; ++i) {
    const Limit& limit = ledger.limits()[LimitRow{programme.first_limit.value() + i}];
    if (TextOf(limit.code) != path[1]) {
      continue;
    }
    const uint32_t subject = SubjectRow(ledger, limit.subject, row);
    const auto at = row.Value("at");
    const TimestampNs when = at.has_value() ? TimeOf(*at) : now;
    const CivilDay day = BusinessDayOf(ledger.calendars()[programme.calendar], when);
    const WindowNumber window = limit.window == WindowKind::kSlot
                                    ? static_cast<WindowNumber>(when.value() / kNsPerMinute)
                                    : WindowOf(limit.window, day);
    const Counter& counter = ledger.counters()[ledger.FindCounter(limit.series, subject, window)];
    Compare(row, "held", counter.held);
    Compare(row, "used", counter.used);
    Compare(row, "left", limit.max - counter.held - counter.used);
    return;
  }
  Fail("no such limit");
}

}  // namespace

void CheckAnswer(const Answer& answer, const GivenIds& given, RowWords& words) {
  Same("replay",
       answer.replay,
       words.Flag("replay"),
       answer.replay ? "replay" : "no replay",
       answer.replay ? "no replay" : "replay");
  const std::string word = words.Next("approved, declined, mismatch, ...");
  const std::map<std::string, Verdict> verdicts = {
      {"mismatch", Verdict::kDuplicateMismatch},
      {"denied", Verdict::kPermissionDenied},
      {"full", Verdict::kFull},
      {"refused", Verdict::kRefused},
      {"not_found", Verdict::kNotFound},
      {"deadline_exceeded", Verdict::kDeadlineExceeded},
      {"unchanged", Verdict::kUnchanged},
      {"out_of_range", Verdict::kOutOfRange},
      {"ok", Verdict::kDecided}};
  const auto verdict = verdicts.find(word);
  if (verdict != verdicts.end()) {
    SameText("verdict", NameOf(answer.verdict), NameOf(verdict->second));
    if (word == "refused") {
      SameText("refusal", NameOf(answer.admin_reason), words.Next("why it is refused"));
    }
    if (word == "mismatch" || word == "denied" || word == "full" || word == "refused" ||
        word == "out_of_range") {
      SameText("field", NameOf(answer.field), words.Next("a field"));
    }
    Compare(words, "index", answer.index);
    Compare(words, "version", answer.programme_version);
    return;
  }
  SameText("verdict", NameOf(answer.verdict), NameOf(Verdict::kDecided));
  if (!Parse<Outcome>(word).has_value()) {
    Fail("not an answer: '" + word + "'");
  }
  SameText("outcome", NameOf(answer.outcome), word);
  const std::string reason =
      word == "declined" ? words.Next("a reason") : words.Value("reason", NameOf(Reason::kNone));
  Worded<Reason>(reason);
  SameText("reason", NameOf(answer.reason), reason);
  CheckDetails(answer, given, words);
}

// p/half:ok,p/free:exceeds_frequency_limit left=half/day:1 ...; or nothing
void CheckEntitlements(const Answer& answer, RowWords& words) {
  SameText("verdict", NameOf(answer.verdict), NameOf(Verdict::kDecided));
  std::string items;
  std::string next;
  std::map<std::string, std::string> limits;  // by what is told of them
  const auto append = [](std::string* list, const std::string& item) {
    *list += (list->empty() ? "" : ",") + item;
  };
  for (const AnswerEntitlement& item : answer.entitlements) {
    const std::string reason = item.reason == Reason::kNone ? "ok" : NameOf(item.reason);
    append(&items, TextOf(item.programme) + "/" + TextOf(item.benefit) + ":" + reason);
    if (item.next_eligible_at != TimestampNs{}) {
      append(&next, TextOf(item.benefit) + ":" + TextOf(item.next_eligible_at));
    }
    for (const AnswerStanding& limit : item.limits) {
      const std::string name = TextOf(item.benefit) + "/" + TextOf(limit.limit) + ":";
      append(&limits["left"], name + std::to_string(limit.left));
      append(&limits["used"], name + std::to_string(limit.used));
      append(&limits["held"], name + std::to_string(limit.held));
      append(&limits["resets"], name + TextOf(limit.resets_at));
    }
  }
  SameText("entitlements", items.empty() ? "nothing" : items, words.Next("p/b:ok, or nothing"));
  Compare(words, "next", next.empty() ? "none" : next);
  for (const char* key : {"left", "used", "held", "resets"}) {
    Compare(words, key, limits[key].empty() ? "none" : limits[key]);
  }
}

void Expect(const Ledger& ledger, TimestampNs now, const GivenIds& given, RowWords& row) {
  const std::string what = row.Next(
      "fund, limit, merchant, members, batch, voucher, series, draw, claim, segment, "
      "next_expiry or next_activation");
  if (what == "fund") {
    const FundRow fund_row = ledger.FindFund(Coded<FundCode>(row.Next("a fund")));
    if (fund_row == FundRow{}) {
      Fail("no such fund");
    }
    const Fund& fund = ledger.funds()[fund_row];
    Compare(row, "held", fund.held.value());
    Compare(row, "spent", fund.spent.value());
    Compare(row, "left", fund.left().value());
    Compare(row, "overrun", fund.overrun.value());
    Compare(row, "suspense", fund.suspense.value());
    Compare(row, "available", fund.available().value());
    Compare(row, "budget", fund.budget.value());
    Compare(row, "contributed", fund.contributed.value());
    Compare(row, "receipts", fund.contribution_count);
    Compare(row, "filed", fund.claims_filed);
    Compare(row, "paid", fund.claims_paid);
    Compare(row, "rejected", fund.claims_rejected);
    Compare(row, "ended", fund.claims_ended);
  } else if (what == "limit") {
    ExpectLimit(ledger, now, row);
  } else if (what == "merchant") {
    const MerchantRow merchant_row = ledger.FindMerchant(Coded<MerchantId>(row.Next("a merchant")));
    if (merchant_row == MerchantRow{}) {
      Fail("no such merchant");
    }
    const Merchant& merchant = ledger.merchants()[merchant_row];
    Compare(row, "receivable_pending", merchant.receivable_pending.value());
    Compare(row, "receivable_posted", merchant.receivable_posted.value());
    Compare(row, "collected_pending", merchant.collected_pending.value());
    Compare(row, "collected_posted", merchant.collected_posted.value());
  } else if (what == "members") {
    Compare(row, "pending", ledger.globals().members_payable_pending.value());
    Compare(row, "posted", ledger.globals().members_payable_posted.value());
  } else if (what == "batch") {
    const TerminalRow terminal = ledger.FindTerminal(Coded<TerminalId>(row.Next("a terminal")));
    if (terminal == TerminalRow{}) {
      Fail("no such terminal");
    }
    const OpenBatch& batch = ledger.open_batches()[terminal];
    Compare(row, "open", TextOf(batch.totals));
    Compare(row, "queue-empty", batch.queue_empty_at);
  } else if (what == "next_expiry") {
    const std::string wanted = row.Next("a time");
    Same("next_expiry", ledger.next_expiry(), TimeOf(wanted), TextOf(ledger.next_expiry()), wanted);
  } else if (what == "next_activation") {
    const std::string wanted = row.Next("a time");
    const TimestampNs next = ledger.next_activation();
    Same("next_activation", next, TimeOf(wanted), TextOf(next), wanted);
  } else if (!ExpectOccasion(what, ledger, given, row)) {
    Fail("do not know how to expect '" + what + "'");
  }
}

}  // namespace gonghui
