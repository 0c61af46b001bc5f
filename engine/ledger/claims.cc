// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims: who approved and who rejected them, what waits for that, and what funds count of
// them.  docs/decisions/0009-aid-and-mutual-funds.md has the rules.

#include "engine/base/check.h"
#include "engine/base/virtual_array.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

// ---- What waits for approvals ------------------------------------------------------

// Of what leaves no trace nobody knows any more what it asked for.
uint32_t Decider::ApprovalsAskedFor() const {
  if (original_->progress.occasion == OccasionRow{} || !IsBooked()) [[likely]] {
    return 0;
  }
  const Benefit& benefit = BenefitOfOriginal();
  return AsksFor(benefit.asks, Asks::kClaim) ? TermsOf(benefit).approvals : 0;
}

bool Decider::LacksApprovals() const {
  const uint32_t asked_for = ApprovalsAskedFor();
  return asked_for > 0 &&
         ledger_.occasions_[original_->progress.occasion].approval_count < asked_for;
}

// ---- Judgements --------------------------------------------------------------------

// An open hold that is a claim, whose time is not over: whether the sweep has come by makes
// no difference to the answer.  False: it is refused.
bool Decider::FindClaim(const JudgeClaimRequest& request) {
  const TransactionRow row = ledger_.FindTransaction(request.claim);
  const Transaction& claim = ledger_.transactions_[row];
  const bool is_claim = row != TransactionRow{} && claim.IsAuthorization() && !claim.tombstone &&
                        ledger_.occasions_[claim.progress.occasion].asked.event_at != TimestampNs{};
  if (!is_claim) {
    Refuse(AdminReason::kUnknownReference, Field::kClaim);
    return false;
  }
  referred_ = row;
  original_ = &claim;
  if (!claim.IsOpenHold() || now_ >= claim.expires_at) {
    Refuse(AdminReason::kNotAllowedFromState, Field::kClaim);
    return false;
  }
  return true;
}

void Decider::ApproveClaim() {
  const JudgeClaimRequest& request = *command_.judge_claim;
  if (!FindClaim(request)) {
    return;
  }
  const OccasionRow row = original_->progress.occasion;
  const Occasion& occasion = ledger_.occasions_[row];
  if (occasion.asked.filed_by == request.by) {
    return Refuse(AdminReason::kSamePerson, Field::kApprover);
  }
  for (ApprovalRow at = occasion.last_approval; at != ApprovalRow{};
       at = ledger_.approvals_[at].previous) {
    if (ledger_.approvals_[at].by == request.by) {
      return Unchanged(row.value());
    }
  }
  if (occasion.approval_count == kApprovalsPerClaimMax) {
    return Refuse(AdminReason::kTooMany, Field::kApprovals);
  }
  if (ledger_.approvals_.full()) {
    return Full(Field::kApprovals);
  }
  Accept(EventKind::kClaimApproved, row.value());
}

void Decider::RejectClaim() {
  const JudgeClaimRequest& request = *command_.judge_claim;
  if (!FindClaim(request)) {
    return;
  }
  if (original_->state != TransactionState::kPending) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kClaim);
  }
  if (ledger_.approvals_.full()) {
    return Full(Field::kApprovals);
  }
  const OccasionRow row = original_->progress.occasion;
  ReleaseHold(referred_, TransactionState::kReversed);
  Accept(EventKind::kClaimRejected, row.value());
}

void Ledger::EvolveJudgement(const Event& event) {
  const JudgeClaimRequest& request = *event.command->judge_claim;
  const OccasionRow row{event.row};
  const bool approved = event.kind == EventKind::kClaimApproved;
  Approval approval;
  approval.by = request.by;
  approval.at = event.at;
  approval.occasion = row;
  approval.previous = occasions_[row].last_approval;
  approval.judgement = approved ? Judgement::kApproved : Judgement::kRejected;
  approval.note = request.note;
  const ApprovalRow last = approvals_.Append(approval);
  occasions_.Update(row, [&](Occasion& occasion) {
    occasion.last_approval = last;
    occasion.approval_count += approved ? 1 : 0;
  });
}

// ---- What funds count --------------------------------------------------------------

namespace {

enum class Fate : uint8_t {
  kOpen,
  kPaid,  // at least in part
  kEnded,
  kRejected,
};

// What an authorization that is a claim has come to.  A rejection is reversed as well: only
// the judgements tell.
Fate FateOf(const Transaction& claim) {
  if (claim.capture_at_once || claim.captured > Fen{0}) {
    return Fate::kPaid;
  }
  switch (claim.state) {
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      return Fate::kOpen;
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return claim.standing_price() == Fen{0} ? Fate::kPaid : Fate::kEnded;
    case TransactionState::kDeclined:
    case TransactionState::kReversed:
    case TransactionState::kExpired:
    case TransactionState::kCompleted:
      break;
  }
  return Fate::kEnded;
}

uint32_t Fund::*CountOf(Fate fate) {
  return fate == Fate::kPaid       ? &Fund::claims_paid
         : fate == Fate::kRejected ? &Fund::claims_rejected
                                   : &Fund::claims_ended;
}

}  // namespace

// REQUIRES: of an event with an original, that is as it was before.
void Ledger::CountClaim(const Event& event) {
  const bool filed = event.kind == EventKind::kAuthorized;
  const Transaction& claim = filed ? event.transaction : transactions_[event.original.row];
  if (occasions_[claim.progress.occasion].asked.event_at == TimestampNs{}) {
    return;
  }
  Fate before = Fate::kOpen;
  Fate after = Fate::kOpen;
  if (filed) {
    after = FateOf(claim);
  } else {
    before = FateOf(claim);
    Transaction changed = claim;
    changed.state = event.original.state;
    changed.captured += event.original.captured_delta;
    changed.progress.restated += event.original.list_price_delta;
    after = event.kind == EventKind::kClaimRejected ? Fate::kRejected : FateOf(changed);
  }
  const uint32_t count = filed ? event.share_count : claim.applied_count;
  const auto fund_of = [&](uint32_t i) {
    return filed ? event.shares[i].fund
                 : applied_[AppliedRow{claim.first_applied.value() + i}].fund;
  };
  for (uint32_t i = 0; i < count; ++i) {
    bool is_first = true;
    for (uint32_t j = 0; j < i; ++j) {
      is_first = is_first && fund_of(j) != fund_of(i);
    }
    if (!is_first || (!filed && before == after)) {
      continue;
    }
    funds_.Update(fund_of(i), [&](Fund& fund) {
      fund.claims_filed += filed ? 1 : 0;
      if (before != Fate::kOpen) {
        --(fund.*CountOf(before));
      }
      if (after != Fate::kOpen) {
        ++(fund.*CountOf(after));
      }
    });
  }
}

// Every claim that was filed is open, or stands in one of the other counts of its funds.
const char* Ledger::CheckClaims(uint64_t* row) const {
  struct Counts {
    uint32_t filed;
    uint32_t open;
    uint32_t paid;
    uint32_t ended;
    uint32_t rejected;
  };
  VirtualArray<Counts> counts(size_t{funds_.size()} + 1);
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const Transaction& claim = transactions_[TransactionRow{i}];
    *row = i;
    if (!claim.IsAuthorization() || claim.outcome == Outcome::kDeclined ||
        occasions_[claim.progress.occasion].asked.event_at == TimestampNs{}) {
      continue;
    }
    const Approval& last = approvals_[occasions_[claim.progress.occasion].last_approval];
    const bool rejected = last.by != OperatorName{} && last.judgement == Judgement::kRejected;
    if (rejected && (claim.state != TransactionState::kReversed || claim.capture_at_once)) {
      return "a claim that was rejected is not reversed";
    }
    const Fate fate = rejected ? Fate::kRejected : FateOf(claim);
    for (uint32_t j = 0; j < claim.applied_count; ++j) {
      const auto fund_of = [&](uint32_t share) {
        return applied_[AppliedRow{claim.first_applied.value() + share}].fund;
      };
      bool is_first = true;
      for (uint32_t k = 0; k < j; ++k) {
        is_first = is_first && fund_of(k) != fund_of(j);
      }
      if (is_first) {
        Counts& of = counts[fund_of(j).value()];
        ++of.filed;
        ++(fate == Fate::kOpen    ? of.open
           : fate == Fate::kPaid  ? of.paid
           : fate == Fate::kEnded ? of.ended
                                  : of.rejected);
      }
    }
  }
  for (uint32_t i = 1; i <= funds_.size(); ++i) {
    const Fund& fund = funds_[FundRow{i}];
    const Counts& of = counts[i];
    *row = i;
    if (fund.claims_filed != of.filed || fund.claims_paid != of.paid ||
        fund.claims_ended != of.ended || fund.claims_rejected != of.rejected) {
      return "what a fund counts of its claims is not what became of them (row = fund)";
    }
  }
  return nullptr;
}

}  // namespace gonghui
