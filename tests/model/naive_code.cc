// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes that are shown (0005), judged from the list of all that were ever accepted.

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/model/naive_ledger.h"

namespace gonghui {

// The instants of those that were accepted, the latest first.
std::vector<TimestampNs> NaiveLedger::AcceptedCodes(CardNumber card, CodePurpose purpose) const {
  std::vector<TimestampNs> instants;
  for (const AcceptedCode& code : accepted_codes_) {
    if (code.card == card && code.purpose == purpose) {
      instants.push_back(code.issued_at);
    }
  }
  std::sort(instants.begin(), instants.end(), std::greater<>());
  return instants;
}

// In order, up to what fails; nothing when no code is told, or by an advice.
std::vector<AnswerCheck> NaiveLedger::CheckCode(const Command& command, TimestampNs now) const {
  const AuthorizeRequest& request = command.authorize;
  if (request.code_issued_at == TimestampNs{} || command.advice != nullptr) {
    return {};
  }
  const std::vector<TimestampNs> accepted = AcceptedCodes(request.card, request.code_purpose);
  const bool before_all = accepted.size() >= 4 && request.code_issued_at < accepted[3];
  const bool used =
      before_all ||
      std::find(accepted.begin(), accepted.end(), request.code_issued_at) != accepted.end();
  const int64_t over_at = request.code_issued_at.value() + request.code_valid_s * kNsPerSecond;
  const int64_t latest = now.value() + 5 * 60 * kNsPerSecond;
  const bool fresh = now.value() < over_at && request.code_issued_at.value() <= latest;
  std::vector<AnswerCheck> checks(1);
  checks[0].check = Reason::kSecurityViolation;
  checks[0].passed = !used;
  if (!used) {
    checks.emplace_back();
    checks[1].check = Reason::kCredentialExpired;
    checks[1].passed = fresh;
  }
  return checks;
}

Reason NaiveLedger::JudgeCode(const Command& command, TimestampNs now) {
  const std::vector<AnswerCheck> checks = CheckCode(command, now);
  if (checks.empty() || checks.back().passed) {
    return Reason::kNone;
  }
  const AuthorizeRequest& request = command.authorize;
  if (checks.back().check == Reason::kSecurityViolation) {
    const std::vector<TimestampNs> accepted = AcceptedCodes(request.card, request.code_purpose);
    Went(std::find(accepted.begin(), accepted.end(), request.code_issued_at) != accepted.end()
             ? NaivePath::kCodeUsed
             : NaivePath::kCodeBeforeAllRemembered);
  } else {
    Went(request.code_issued_at > now ? NaivePath::kCodeFromTheFuture : NaivePath::kCodeTooOld);
    Went(NaivePath::kCodeOfUnknownCard, cards_.count(request.card) == 0);
  }
  return checks.back().check;
}

void NaiveLedger::AcceptCode(const Command& command, TimestampNs now) {
  const AuthorizeRequest& request = command.authorize;
  if (request.code_issued_at == TimestampNs{}) {
    return;
  }
  const std::vector<TimestampNs> before = AcceptedCodes(request.card, request.code_purpose);
  Went(NaivePath::kCodeAheadOfClock, request.code_issued_at > now);
  Went(NaivePath::kCodeOutOfOrder, !before.empty() && request.code_issued_at < before.front());
  Went(NaivePath::kCodeForAnotherPurpose,
       std::any_of(accepted_codes_.begin(), accepted_codes_.end(), [&](const AcceptedCode& code) {
         return code.card == request.card && code.issued_at == request.code_issued_at;
       }));
  accepted_codes_.push_back({request.card, request.code_purpose, request.code_issued_at});
}

}  // namespace gonghui
