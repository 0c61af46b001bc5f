// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// An answer in codes instead of rows: what two ledgers can be compared by, and
// what a scenario table states.

#ifndef GONGHUI_TESTS_TESTING_ANSWER_H_
#define GONGHUI_TESTS_TESTING_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/domain/advice.h"
#include "engine/domain/batch.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

struct AnswerShare {
  BenefitCode benefit;
  FundCode fund;
  Fen amount;

  friend auto operator<=>(const AnswerShare&, const AnswerShare&) = default;
};

struct AnswerLimit {
  ProgrammeCode programme;
  LimitCode limit;
  int64_t taken = 0;  // used and held together
  int64_t left = 0;
  TimestampNs resets_at;

  friend bool operator==(const AnswerLimit&, const AnswerLimit&) = default;
};

// A limit as it stands, before a decision or without one.
struct AnswerStanding {
  ProgrammeCode programme;
  LimitCode limit;
  int64_t used = 0;
  int64_t held = 0;
  int64_t left = 0;
  TimestampNs resets_at;

  friend bool operator==(const AnswerStanding&, const AnswerStanding&) = default;
};

struct AnswerCheck {
  ProgrammeCode programme;  // none: of the terminal, merchant, card or member
  BenefitCode benefit;
  Reason check = Reason::kNone;
  bool passed = false;
  std::optional<AnswerStanding> limit;
  FundCode fund;  // failed, and why: it needed more of this one than it had
  int64_t needed = 0;
  int64_t available = 0;

  friend bool operator==(const AnswerCheck&, const AnswerCheck&) = default;
};

struct AnswerEntitlement {
  ProgrammeCode programme;
  BenefitCode benefit;
  Reason reason = Reason::kNone;
  TimestampNs next_eligible_at;
  std::vector<AnswerStanding> limits;

  friend bool operator==(const AnswerEntitlement&, const AnswerEntitlement&) = default;
};

// An authorization's line, or what a refund gave back of one.
struct AnswerLine {
  uint32_t number = 0;
  ItemCode item;
  uint32_t quantity = 0;
  Fen price;
  Fen subsidy;
  uint32_t returned = 0;  // as it stands now

  friend bool operator==(const AnswerLine&, const AnswerLine&) = default;
};

// An advice's evidence, and who bears it.
struct AnswerAdvice {
  TimestampNs occurred_at;
  TimestampNs deny_list_at;
  TimestampNs judged_at;
  Fen member_paid;
  Fen acquirer_bears;
  uint32_t sequence = 0;
  CivilDay business_day = 0;
  Liability liability = Liability::kNone;
  bool clock_adjusted = false;

  friend bool operator==(const AnswerAdvice&, const AnswerAdvice&) = default;
};

// A closed batch.
struct AnswerBatch {
  Totals ours;
  Totals theirs;
  TimestampNs opened_at;
  TimestampNs closed_at;
  uint32_t number = 0;

  friend bool operator==(const AnswerBatch&, const AnswerBatch&) = default;
};

struct Answer {
  Verdict verdict = Verdict::kDecided;
  Field field = Field::kNone;
  AdminReason admin_reason = AdminReason::kNone;
  uint32_t index = 0;
  bool replay = false;
  uint32_t programme_version = 0;

  // The rest is set when a terminal's command was decided or found.
  bool has_transaction = false;
  TransactionId id;
  TransactionId original_id;
  TransactionKind kind = TransactionKind::kAuthorization;
  Outcome outcome = Outcome::kDeclined;
  Reason reason = Reason::kNone;
  Fen list_price;
  Fen member_pays;
  Fen subsidy;
  bool original_found = false;
  uint32_t stan = 0;
  BenefitCode benefit;  // that refused, or that granted without a share
  LimitCode failed_limit;
  FundCode failed_fund;
  int64_t needed = 0;  // declined by failed_fund: of it, in fen or pieces
  int64_t available = 0;
  TimestampNs next_eligible_at;  // declined authorization or increment
  TimestampNs decided_at;
  // As it stands now, so a replay may tell something newer than the first answer.
  TransactionState state = TransactionState::kDeclined;
  TimestampNs expires_at;  // of a hold; of an increment, its hold's afterwards
  Fen captured;
  Fen captured_subsidy;
  Fen refunded;
  Fen refunded_subsidy;
  Fen restated;  // of list_price, by increments and reversals in part
  Fen restated_subsidy;
  TimestampNs slot_at;   // as asked
  TimestampNs event_at;  // as asked
  bool overrun = false;  // a capture or advice: posted beyond a fund or limit

  std::vector<AnswerShare> shares;  // none of amount 0
  std::vector<AnswerLimit> limits;
  std::vector<AnswerLine> lines;
  std::optional<AnswerAdvice> advice;
  std::optional<AnswerBatch> batch;

  std::vector<AnswerCheck> checks;              // with an explanation
  std::vector<AnswerEntitlement> entitlements;  // what the member may use
  bool truncated = false;                       // of either, there were more
};

// The answer that `result` gives, read with the ledger it came from (after the
// event was evolved), and what the command asked to be filled.
Answer AnswerOf(const Ledger& ledger, const Command& command, const Result& result);

// One line, without checks and entitlements.
std::string TextOf(const Answer& answer);
std::string TextOf(const Totals& totals);
std::string TextOf(const AnswerCheck& check);
std::string TextOf(const AnswerEntitlement& entitlement);

// The first difference, as "what: a against b"; empty when they agree.
std::string Difference(const Answer& a, const Answer& b);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_ANSWER_H_
