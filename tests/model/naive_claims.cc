// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims, who approves and rejects them, and limits of prices:
// docs/decisions/0009-aid-and-mutual-funds.md.

#include <algorithm>

#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

Answer Refused(AdminReason reason, Field field) {
  Answer answer;
  answer.verdict = Verdict::kRefused;
  answer.field = field;
  answer.admin_reason = reason;
  return answer;
}

}  // namespace

// ---- Review -----------------------------------------------------------------------

uint32_t NaiveLedger::ApprovalsOf(const Entry& claim) {
  return static_cast<uint32_t>(
      std::count_if(claim.judgements.begin(), claim.judgements.end(), [](const auto& judgement) {
        return judgement.judgement == Judgement::kApproved;
      }));
}

bool NaiveLedger::LacksApprovals(const Entry& claim) {
  return claim.booked() && ApprovalsOf(claim) < claim.parts.front().benefit->spec.approvals;
}

Answer NaiveLedger::JudgeClaim(const JudgeClaimRequest& request,
                               Judgement judgement,
                               TimestampNs now) {
  const auto found = entries_.find(request.claim);
  if (found == entries_.end() || found->second.answer.kind != TransactionKind::kAuthorization ||
      !found->second.is_claim()) {
    return Refused(AdminReason::kUnknownReference, Field::kClaim);
  }
  Entry& claim = found->second;
  const bool over = !claim.is_open() || now >= claim.expires_at;
  const bool rejects = judgement == Judgement::kRejected;
  if (over || (rejects && claim.captured > Fen{})) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kClaim);
  }
  if (!rejects) {
    if (request.by == claim.occasion->filed_by) {
      return Refused(AdminReason::kSamePerson, Field::kApprover);
    }
    for (const NaiveJudgement& before : claim.judgements) {
      if (before.by == request.by) {
        return Only(Verdict::kUnchanged);
      }
    }
    if (ApprovalsOf(claim) == kApprovalsPerClaimMax) {
      return Refused(AdminReason::kTooMany, Field::kApprovals);
    }
  }
  claim.judgements.push_back({request.by, request.note, now, judgement});
  if (rejects) {
    Went(NaivePath::kClaimRejectedAfterApproval, ApprovalsOf(claim) > 0);
    ReleaseHeld(claim);
    ReturnVoucher(claim);
    claim.rejected = true;
    claim.state = TransactionState::kReversed;
  }
  return {};
}

// One claim counts once, whatever it has of the fund.
void NaiveLedger::CountClaims(const FundCode& fund, NaiveFundTotals* totals) const {
  for (const auto& [id, entry] : entries_) {
    const bool of_fund = std::any_of(entry.shares.begin(),
                                     entry.shares.end(),
                                     [&fund](const Share& share) { return share.fund == fund; });
    if (entry.is_claim() && of_fund) {
      ++totals->claims_filed;
      totals->claims_paid += entry.paid ? 1u : 0u;
      totals->claims_rejected += entry.rejected ? 1u : 0u;
      totals->claims_ended += entry.ended ? 1u : 0u;
    }
  }
}

// ---- Limits of prices ---------------------------------------------------------------

int64_t NaiveLedger::PriceUsed(const Entry& entry, const CounterUse& use, Fen captured) {
  return std::min(OwnBaseAt(entry, entry.parts[use.part], captured.value()), use.most);
}

// To so much captured in all.
void NaiveLedger::MovePriceUse(const Entry& original,
                               Fen captured,
                               bool from_held,
                               CounterUse* use) {
  if (from_held) {
    use->held -= PriceUsed(original, *use, captured) - PriceUsed(original, *use, original.captured);
  }
  // What was given back is not used again; where nothing was, nothing is missing.
  const Fen refunded = use->limit.refund_to == RefundTo::kNever ? Fen{} : original.refunded;
  use->used += PriceUsed(original, *use, captured - refunded) -
               PriceUsed(original, *use, original.captured - refunded);
}

}  // namespace gonghui
