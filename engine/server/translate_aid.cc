// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate_aid.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/domain/limits.h"
#include "engine/server/request_fields.h"
#include "engine/server/row_reader.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

bool ReadJudgement(const std::string& claim,
                   const std::string& by,
                   const std::string& note,
                   JudgeClaimRequest* made,
                   RowError* error) {
  RowReader reader(error);
  if (!ReadClaimId(claim, &made->claim, error)) {
    return false;
  }
  const std::optional<OperatorName> person = ParseOperatorName(by);
  if (person.has_value()) {
    made->by = *person;
  } else {
    reader.Fail("by", kOperatorNameRule);
  }
  reader.ReadName(note, "note", &made->note);
  return reader.good();
}

}  // namespace

bool ReadClaimId(const std::string& text, TransactionId* id, RowError* error) {
  const std::optional<TransactionId> parsed = ParseTransactionId(text);
  if (!parsed.has_value()) {
    RowReader(error).Fail("transaction_id",
                          "must be 12 characters of Crockford's base 32, as the engine gave them");
    return false;
  }
  *id = *parsed;
  return true;
}

bool FromProto(const v1::Contribution& row, ContributeRequest* request, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(row.receipt_code(), "receipt_code", &request->receipt);
  reader.ReadCode(row.fund_code(), "fund_code", &request->fund);
  reader.ReadCode(row.member_id(), "member_id", &request->member);
  reader.ReadCode(row.segment_code(), "segment_code", &request->segment);
  if (row.amount_fen() < 1 || row.amount_fen() > kTransactionFenMax) {
    reader.Fail("amount_fen", "must be 1 to 1000000000000 fen");
  } else {
    request->amount = Fen{row.amount_fen()};
  }
  if (!row.has_covers_from()) {
    reader.Fail("covers_from", "is required");
  }
  if (!row.has_covers_until()) {
    reader.Fail("covers_until", "is required");
  }
  reader.ReadTime(true, row.covers_from(), "covers_from", &request->covers_from);
  reader.ReadTime(true, row.covers_until(), "covers_until", &request->covers_until);
  if (request->covers_from >= request->covers_until) {
    reader.Fail("covers_until", "must be later than covers_from");
  }
  return reader.good();
}

bool FromProto(const v1::RevokeContributionRequest& request,
               RevokeContributionRequest* made,
               RowError* error) {
  RowReader reader(error);
  reader.ReadCode(request.fund_code(), "fund_code", &made->fund);
  reader.ReadCode(request.receipt_code(), "receipt_code", &made->receipt);
  return reader.good();
}

bool FromProto(const v1::ApproveClaimRequest& request, JudgeClaimRequest* made, RowError* error) {
  return ReadJudgement(request.transaction_id(), request.by(), request.note(), made, error);
}

bool FromProto(const v1::RejectClaimRequest& request, JudgeClaimRequest* made, RowError* error) {
  if (request.note().empty()) {
    RowReader(error).Fail("note", "is required: the member has a right to know why");
    return false;
  }
  return ReadJudgement(request.transaction_id(), request.by(), request.note(), made, error);
}

// ---- Out -----------------------------------------------------------------------

ClaimView ViewLiveClaim(const Ledger& ledger, OccasionRow row) {
  ClaimView view;
  const Occasion& occasion = ledger.occasions()[row];  // row 0 is all zero
  if (occasion.asked.event_at == TimestampNs{}) {
    return view;
  }
  view.row = row;
  view.occasion = occasion;
  for (ApprovalRow at = occasion.last_approval; at != ApprovalRow{};
       at = ledger.approvals()[at].previous) {
    view.judgements.push_back(ledger.approvals()[at]);
  }
  std::reverse(view.judgements.begin(), view.judgements.end());
  return view;
}

void ToProto(const Ledger& names, const ClaimView& view, v1::Claim* out) {
  std::array<char, kTransactionIdTextBytes> id{};
  WriteTransactionId(MakeTransactionId(names.shard(), view.occasion.authorization), id.data());
  out->set_transaction_id(id.data(), id.size());
  ToProto(view.occasion.asked.event_at, out->mutable_event_at());
  out->set_filed_by(TextOf(view.occasion.asked.filed_by));
  out->set_approvals(view.occasion.approval_count);
  for (const Approval& judgement : view.judgements) {
    v1::ClaimJudgement* const added = out->add_judgements();
    added->set_by(TextOf(judgement.by));
    added->set_approved(judgement.judgement == Judgement::kApproved);
    added->set_note(judgement.note.data(), judgement.note.size());
    ToProto(judgement.at, added->mutable_at());
  }
}

void ToProto(const Ledger& names, const Contribution& contribution, v1::Contribution* out) {
  using SegmentRow = StrongId<struct SegmentRowTag, uint32_t>;
  out->set_receipt_code(TextOf(contribution.receipt));
  out->set_fund_code(TextOf(names.funds()[contribution.fund].code));
  out->set_member_id(TextOf(names.members()[contribution.member].id));
  out->set_segment_code(TextOf(names.segments()[SegmentRow{contribution.segment + 1u}].code));
  out->set_amount_fen(contribution.amount.value());
  ToProto(contribution.covers_from, out->mutable_covers_from());
  ToProto(contribution.covers_until, out->mutable_covers_until());
  ToProto(contribution.at, out->mutable_contributed_at());
  out->set_revoked(contribution.revoked);
}

}  // namespace gonghui
