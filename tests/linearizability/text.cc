// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/text.h"

#include <algorithm>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace gonghui::lin {
namespace {

const char* TextOf(Standing standing) {
  switch (standing) {
    case Standing::kNone:
      return "none";
    case Standing::kDeclined:
      return "declined";
    case Standing::kPending:
      return "pending";
    case Standing::kPartiallyCaptured:
      return "partially_captured";
    case Standing::kCaptured:
      return "captured";
    case Standing::kReversed:
      return "reversed";
    case Standing::kCompleted:
      return "completed";
  }
  return "?";  // a number that the server made up
}

std::string TextOf(Why why) {
  switch (why) {
    case Why::kNone:
      return "";
    case Why::kOriginalNotFound:
      return "original_not_found";
    case Why::kPreviouslyReversed:
      return "previously_reversed";
    case Why::kAlreadyCaptured:
      return "already_captured";
    case Why::kOriginalDeclined:
      return "original_declined";
    case Why::kExceedsAuthorizedAmount:
      return "exceeds_authorized_amount";
    case Why::kFurtherActivity:
      return "further_activity_prevents_reversal";
    case Why::kLimit:
      return "exceeds_frequency_limit";
    case Why::kBudget:
      return "budget_exhausted";
  }
  return absl::StrCat("reason ", static_cast<int>(why));
}

std::string AmountOf(const Request& request) {
  return request.amount_fen == 0 ? " all" : absl::StrCat(" ", request.amount_fen, " fen");
}

}  // namespace

std::string TextOf(const Request& request) {
  switch (request.kind) {
    case Kind::kAuthorize:
      return absl::StrFormat("%s r%d member %d%s",
                             request.sale ? "sale" : "hold",
                             request.id,
                             request.member,
                             AmountOf(request));
    case Kind::kCapture:
      return absl::StrFormat("capture r%d of r%d%s%s",
                             request.id,
                             request.original,
                             AmountOf(request),
                             request.final ? " final" : "");
    case Kind::kReverse:
      return absl::StrFormat(
          "reverse r%d of r%d%s", request.id, request.original, AmountOf(request));
    case Kind::kInquire:
      return absl::StrFormat("inquire r%d", request.id);
    case Kind::kLookAtMember:
      return absl::StrFormat("look at member %d", request.member);
    case Kind::kLookAtFund:
      return "look at fund";
  }
  return "?";
}

std::string TextOf(const Answer& answer) {
  if (!answer.found) {
    return "not found";
  }
  std::string text = answer.replay ? "replay " : "";
  const bool look = answer.standing == Standing::kNone;
  if (!look) {
    absl::StrAppend(
        &text,
        answer.approved ? absl::StrCat("approved ", TextOf(answer.standing)) : "declined",
        " list=",
        answer.list_fen,
        " subsidy=",
        answer.subsidy_fen);
  }
  const std::string why = TextOf(answer.why);
  if (!why.empty()) {
    absl::StrAppend(&text, " ", why);
  }
  if (answer.captured_fen != 0 || answer.captured_subsidy_fen != 0) {
    absl::StrAppend(
        &text, " captured=", answer.captured_fen, " of_subsidy=", answer.captured_subsidy_fen);
  }
  if (answer.original_found) {
    absl::StrAppend(&text, " original_found");
  }
  if (answer.limit_used != kUntold) {
    absl::StrAppend(&text, " uses=", answer.limit_used, "+", answer.limit_held, " held");
  }
  if (answer.fund_needed_fen != kUntold) {
    absl::StrAppend(
        &text, " needed=", answer.fund_needed_fen, " available=", answer.fund_available_fen);
  }
  if (answer.fund_held_fen != kUntold) {
    absl::StrAppend(
        &text, " fund_held=", answer.fund_held_fen, " fund_spent=", answer.fund_spent_fen);
  }
  return text;
}

std::string TextOf(const Operation& operation) {
  return absl::StrCat("client ",
                      operation.client,
                      ": ",
                      TextOf(operation.request),
                      " -> ",
                      operation.answer.has_value() ? TextOf(*operation.answer) : "unknown");
}

std::string TextOf(const World& world) {
  return absl::StrCat(
      world.uses_max == 0 ? "no limit" : absl::StrCat(world.uses_max, " uses a day"),
      ", ",
      world.budget_fen == 0 ? "a fund that never runs out"
                            : absl::StrCat("a fund of ", world.budget_fen, " fen"),
      " (held ",
      world.fund_held_fen,
      ", spent ",
      world.fund_spent_fen,
      " before)");
}

std::string TableOf(const History& history, int64_t zero_ns) {
  std::vector<const Operation*> rows;
  for (const Operation& operation : history) {
    rows.push_back(&operation);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Operation* a, const Operation* b) {
    return a->call_ns < b->call_ns;
  });
  std::string table = absl::StrFormat("%10s %10s  %-6s %-6s %-40s %s\n",
                                      "call_us",
                                      "return_us",
                                      "client",
                                      "seq",
                                      "asked",
                                      "answered");
  if (zero_ns == kNever && !rows.empty()) {
    zero_ns = rows.front()->call_ns;
  }
  const auto micros = [zero_ns](int64_t ns) {
    return ns == kNever ? std::string("never")
                        : absl::StrFormat("%.1f", static_cast<double>(ns - zero_ns) / 1e3);
  };
  for (const Operation* const row : rows) {
    absl::StrAppendFormat(&table,
                          "%10s %10s  %-6d %-6s %-40s %s\n",
                          micros(row->call_ns),
                          micros(row->return_ns),
                          row->client,
                          row->seq == 0 ? "" : absl::StrCat(row->seq),
                          TextOf(row->request),
                          row->answer.has_value() ? TextOf(*row->answer) : "unknown");
  }
  return table;
}

}  // namespace gonghui::lin
