// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers that are longer than a decision: every check of every candidate, and all
// that a member may use now.  They belong to whoever asks, who makes them large enough
// for anything that limits.h allows to be told; the ledger thread fills them.

#ifndef GONGHUI_ENGINE_DOMAIN_EXPLANATION_H_
#define GONGHUI_ENGINE_DOMAIN_EXPLANATION_H_

#include <array>
#include <cstdint>

#include "engine/domain/ids.h"
#include "engine/domain/limits.h"
#include "engine/domain/money.h"
#include "engine/domain/reason.h"
#include "engine/domain/result.h"

namespace gonghui {

// One check, passed or not.
struct CheckResult {
  BenefitRow benefit;            // none: of the terminal, merchant, card or member
  Reason check = Reason::kNone;  // what a failure answers
  bool passed = false;
  bool about_limit = false;
  ResultLimit limit;  // about a limit: as it stands before the decision
  // About funds, and failed: the first that can not pay or hand out, as FailedFund tells it;
  // none = the benefit has none.
  FundRow fund;
  Fen needed;
  Fen available;
};

struct Explanation {
  uint32_t count = 0;
  bool truncated = false;  // there were more
  std::array<CheckResult, kChecksPerExplanationMax> checks;
};

// One benefit, as far as the member and the time go; a price is not known yet.
struct Entitlement {
  BenefitRow benefit;
  Reason reason = Reason::kNone;  // none: may be used now; else why not now
  TimestampNs next_eligible_at;   // when it may be used again; 0 = not known
  uint32_t limit_count = 0;
  std::array<ResultLimit, kLimitsPerBenefitMax> limits;
};

struct EntitlementList {
  uint32_t count = 0;
  bool truncated = false;
  std::array<Entitlement, kEntitlementsMax> items;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_EXPLANATION_H_
