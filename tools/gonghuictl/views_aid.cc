// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of aid and mutual funds: what a reviewer and a union's finance office look at.

#include "tools/gonghuictl/views_aid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

// "1 of 2".
Cell ApprovalsCell(const v1::Claim& claim) {
  return {claim.approvals_required() == 0 && claim.approvals() == 0
              ? "none needed"
              : fmt::format("{} of {}", claim.approvals(), claim.approvals_required()),
          std::to_string(claim.approvals())};
}

// What a claim that is reversed was: a person has said no, or it was taken back.  Programs get
// the state as it is.
Cell StateCell(const v1::Claim& claim) {
  if (!claim.has_transaction()) {
    return {"in the archive: txn show", ""};
  }
  Cell cell = EnumCell(claim.transaction().state());
  if (claim.transaction().state() == v1::TRANSACTION_STATE_REVERSED) {
    const bool rejected = std::any_of(claim.judgements().begin(),
                                      claim.judgements().end(),
                                      [](const auto& judgement) { return !judgement.approved(); });
    cell.text = rejected ? "rejected (驳回)" : "withdrawn (撤回)";
  }
  return cell;
}

// Nothing where the authorization is in the archive.
template <Cell (*kCell)(const v1::Transaction&)>
Cell OfTransaction(const v1::Claim& claim) {
  return claim.has_transaction() ? kCell(claim.transaction()) : Cell{};
}

Cell FiledAt(const v1::Transaction& t) {
  return TimeCell(t.has_decided_at(), t.decided_at());
}
Cell Bill(const v1::Transaction& t) {
  return MoneyCell(t.list_price_fen());
}
Cell Aid(const v1::Transaction& t) {
  return MoneyCell(t.subsidy_fen());
}
// What the member has kept: a refund gives its part back to the funds.
Cell PaidOut(const v1::Transaction& t) {
  return MoneyCell(t.captured_subsidy_fen() - t.refunded_subsidy_fen());
}
Cell HoldExpires(const v1::Transaction& t) {
  Cell cell = TimeCell(t.has_expires_at(), t.expires_at());
  if (t.state() != v1::TRANSACTION_STATE_PENDING &&
      t.state() != v1::TRANSACTION_STATE_PARTIALLY_CAPTURED) {
    cell.text.clear();
  }
  return cell;
}

using ClaimColumn = ViewColumn<v1::Claim>;
constexpr std::array kClaim = {
    ClaimColumn{"claim",
                "transaction_id",
                Align::kLeft,
                [](const v1::Claim& c) { return TextCell(c.transaction_id()); }},
    ClaimColumn{"state", "state", Align::kLeft, StateCell, Fit::kWrap},
    ClaimColumn{"member",
                "member_id",
                Align::kLeft,
                [](const v1::Claim& c) { return TextCell(c.member_id()); }},
    ClaimColumn{"event at",
                "event_at",
                Align::kLeft,
                [](const v1::Claim& c) { return TimeCell(c.has_event_at(), c.event_at()); },
                Fit::kMinor},
    ClaimColumn{"filed at", "decided_at", Align::kLeft, OfTransaction<FiledAt>, Fit::kMinor},
    ClaimColumn{"filed by",
                "filed_by",
                Align::kLeft,
                [](const v1::Claim& c) { return TextCell(c.filed_by()); },
                Fit::kMinor},
    ClaimColumn{"bill", "list_price_fen", Align::kRight, OfTransaction<Bill>, Fit::kMinor},
    ClaimColumn{"aid", "subsidy_fen", Align::kRight, OfTransaction<Aid>},
    ClaimColumn{"paid", "paid_fen", Align::kRight, OfTransaction<PaidOut>, Fit::kMinor},
    ClaimColumn{"approved", "approvals", Align::kLeft, ApprovalsCell},
    ClaimColumn{"needed",
                "approvals_required",
                Align::kRight,
                [](const v1::Claim& c) { return CountCell(c.approvals_required()); },
                Fit::kMinor},
    ClaimColumn{
        "hold expires", "expires_at", Align::kLeft, OfTransaction<HoldExpires>, Fit::kMinor},
};

using JudgementColumn = ViewColumn<v1::ClaimJudgement>;
constexpr std::array kJudgement = {
    JudgementColumn{
        "by", "by", Align::kLeft, [](const v1::ClaimJudgement& j) { return TextCell(j.by()); }},
    JudgementColumn{"said",
                    "approved",
                    Align::kLeft,
                    [](const v1::ClaimJudgement& j) {
                      return Cell{j.approved() ? "approved (同意)" : "rejected (驳回)",
                                  j.approved() ? "true" : "false"};
                    }},
    JudgementColumn{"why",
                    "note",
                    Align::kLeft,
                    [](const v1::ClaimJudgement& j) { return TextCell(j.note()); },
                    Fit::kWrap},
    JudgementColumn{"at",
                    "at",
                    Align::kLeft,
                    [](const v1::ClaimJudgement& j) { return TimeCell(j.has_at(), j.at()); }},
};

using ContributionColumn = ViewColumn<v1::Contribution>;
using Paid = v1::Contribution;
constexpr std::array kContribution = {
    ContributionColumn{"receipt",
                       "receipt_code",
                       Align::kLeft,
                       [](const Paid& c) { return TextCell(c.receipt_code()); }},
    ContributionColumn{
        "fund", "fund_code", Align::kLeft, [](const Paid& c) { return TextCell(c.fund_code()); }},
    ContributionColumn{
        "member", "member_id", Align::kLeft, [](const Paid& c) { return TextCell(c.member_id()); }},
    ContributionColumn{"segment",
                       "segment_code",
                       Align::kLeft,
                       [](const Paid& c) { return TextCell(c.segment_code()); }},
    ContributionColumn{"amount",
                       "amount_fen",
                       Align::kRight,
                       [](const Paid& c) { return MoneyCell(c.amount_fen()); }},
    ContributionColumn{
        "covers from",
        "covers_from",
        Align::kLeft,
        [](const Paid& c) { return TimeCell(c.has_covers_from(), c.covers_from()); }},
    ContributionColumn{
        "covers until",
        "covers_until",
        Align::kLeft,
        [](const Paid& c) { return TimeCell(c.has_covers_until(), c.covers_until()); }},
    ContributionColumn{
        "contributed at",
        "contributed_at",
        Align::kLeft,
        [](const Paid& c) { return TimeCell(c.has_contributed_at(), c.contributed_at()); },
        Fit::kMinor},
    ContributionColumn{"revoked",
                       "revoked",
                       Align::kLeft,
                       [](const Paid& c) {
                         Cell cell = BoolCell(c.revoked());
                         cell.text = c.revoked() ? "revoked (已撤销)" : "";
                         return cell;
                       }},
};

// Of dates that nobody asked about the numbers are those of all; people need not read them twice.
Cell WithinDates(const Solvency& solvency, Cell cell) {
  const bool asked =
      solvency.asked.has_contributions_from() || solvency.asked.has_contributions_until();
  cell.text = asked ? cell.text : "";
  return cell;
}

using SolvencyColumn = ViewColumn<Solvency>;
constexpr std::array kSolvency = {
    SolvencyColumn{"fund 基金",
                   "fund_code",
                   Align::kLeft,
                   [](const Solvency& s) { return TextCell(s.asked.fund_code()); }},
    SolvencyColumn{"brought along 结转与准备金",
                   "brought_fen",
                   Align::kRight,
                   [](const Solvency& s) { return MoneyCell(s.answer.brought_fen()); }},
    SolvencyColumn{"contributed 缴费收入",
                   "contributed_fen",
                   Align::kRight,
                   [](const Solvency& s) { return MoneyCell(s.answer.contributed_fen()); }},
    SolvencyColumn{"by receipts 缴费笔数",
                   "contribution_count",
                   Align::kRight,
                   [](const Solvency& s) { return CountCell(s.answer.contribution_count()); }},
    SolvencyColumn{"held for claims 待付",
                   "held_fen",
                   Align::kRight,
                   [](const Solvency& s) { return MoneyCell(s.answer.held_fen()); }},
    SolvencyColumn{"paid out 已付",
                   "paid_fen",
                   Align::kRight,
                   [](const Solvency& s) { return MoneyCell(s.answer.paid_fen()); }},
    SolvencyColumn{"left 余额",
                   "left_fen",
                   Align::kRight,
                   [](const Solvency& s) { return MoneyCell(s.answer.left_fen()); }},
    SolvencyColumn{"of it in suspense 其中挂账",
                   "suspense_fen",
                   Align::kRight,
                   [](const Solvency& s) {
                     Cell cell = MoneyCell(s.answer.suspense_fen());
                     cell.text = s.answer.suspense_fen() == 0 ? "" : cell.text;
                     return cell;
                   }},
    SolvencyColumn{"paid of contributed 赔付率",
                   "paid_of_contributed_bps",
                   Align::kRight,
                   [](const Solvency& s) {
                     const int64_t bps = s.answer.paid_of_contributed_bps();
                     return bps < 0 ? Cell{"nothing was contributed (无缴费)", ""}
                                    : Cell{FormatHundredths(bps), std::to_string(bps)};
                   }},
    SolvencyColumn{"claims filed 申请",
                   "claims_filed",
                   Align::kRight,
                   [](const Solvency& s) { return CountCell(s.answer.claims_filed()); }},
    SolvencyColumn{"claims paid 已给付",
                   "claims_paid",
                   Align::kRight,
                   [](const Solvency& s) { return CountCell(s.answer.claims_paid()); }},
    SolvencyColumn{"claims rejected 驳回",
                   "claims_rejected",
                   Align::kRight,
                   [](const Solvency& s) { return CountCell(s.answer.claims_rejected()); }},
    SolvencyColumn{"claims ended 撤回或逾期",
                   "claims_ended",
                   Align::kRight,
                   [](const Solvency& s) { return CountCell(s.answer.claims_ended()); }},
    SolvencyColumn{"claims open 待处理",
                   "claims_open",
                   Align::kRight,
                   [](const Solvency& s) {
                     const v1::GetSolvencyResponse& a = s.answer;
                     return SignedCountCell(int64_t{a.claims_filed()} - int64_t{a.claims_paid()} -
                                            int64_t{a.claims_rejected()} -
                                            int64_t{a.claims_ended()});
                   }},
    SolvencyColumn{"contributions from 缴费统计自",
                   "contributions_from",
                   Align::kLeft,
                   [](const Solvency& s) {
                     return TimeCell(s.asked.has_contributions_from(),
                                     s.asked.contributions_from());
                   }},
    SolvencyColumn{"until before 统计至",
                   "contributions_until",
                   Align::kLeft,
                   [](const Solvency& s) {
                     return TimeCell(s.asked.has_contributions_until(),
                                     s.asked.contributions_until());
                   }},
    SolvencyColumn{"within these dates 期间缴费",
                   "contributed_within_fen",
                   Align::kRight,
                   [](const Solvency& s) {
                     return WithinDates(s, MoneyCell(s.answer.contributed_within_fen()));
                   }},
    SolvencyColumn{"by receipts 期间笔数",
                   "contribution_within_count",
                   Align::kRight,
                   [](const Solvency& s) {
                     return WithinDates(s, CountCell(s.answer.contribution_within_count()));
                   }},
    SolvencyColumn{"segment 参保群体",
                   "segment_code",
                   Align::kLeft,
                   [](const Solvency& s) { return TextCell(s.asked.segment_code()); }},
    SolvencyColumn{
        "covered at 统计时点",
        "covered_at",
        Align::kLeft,
        [](const Solvency& s) { return TimeCell(s.asked.has_covered_at(), s.asked.covered_at()); }},
    SolvencyColumn{"members covered 参保人数",
                   "covered_members",
                   Align::kRight,
                   [](const Solvency& s) {
                     return s.answer.covered_members() < 0
                                ? Cell{}
                                : SignedCountCell(s.answer.covered_members());
                   }},
};

}  // namespace

std::string FormatHundredths(int64_t bps) {
  return bps < 0
             ? ""
             : fmt::format("{}.{:02}%", FormatCount(static_cast<uint64_t>(bps / 100)), bps % 100);
}

View<v1::Claim> ClaimView() {
  return kClaim;
}
View<v1::ClaimJudgement> JudgementView() {
  return kJudgement;
}
View<v1::Contribution> ContributionView() {
  return kContribution;
}
View<Solvency> SolvencyView() {
  return kSolvency;
}

v1::Transaction AsFiled(v1::Transaction transaction, const v1::Claim* claim) {
  const bool in_part = transaction.outcome() == v1::OUTCOME_APPROVED_PARTIAL;
  if (transaction.state() != v1::TRANSACTION_STATE_PENDING ||
      (transaction.outcome() != v1::OUTCOME_APPROVED && !in_part)) {
    return transaction;
  }
  const std::string filed = in_part ? "filed, benefit in part: " : "filed: ";
  const std::string filed_zh = in_part ? "已受理，优惠不足额，" : "已受理，";
  if (claim == nullptr) {
    transaction.set_display_message(
        filed + "awaits approval (待审批), where its programme asks for it: claim show");
    transaction.set_display_message_zh(filed_zh + "如项目要求审批则待审批");
  } else if (claim->approvals() < claim->approvals_required()) {
    transaction.set_display_message(
        fmt::format("{}awaits approval (待审批), {} of {} have approved",
                    filed,
                    claim->approvals(),
                    claim->approvals_required()));
    transaction.set_display_message_zh(fmt::format("{}待审批：需{}人同意，已有{}人",
                                                   filed_zh,
                                                   claim->approvals_required(),
                                                   claim->approvals()));
  } else {
    const bool reviewed = claim->approvals_required() != 0;
    transaction.set_display_message(filed +
                                    (reviewed ? "approved by all who must" : "needs no approval") +
                                    ", awaits payment (待支付): capture");
    transaction.set_display_message_zh(filed_zh + (reviewed ? "审批已齐" : "无需审批") +
                                       "，待支付");
  }
  transaction.clear_outcome();  // "approved" would be read as if the claim were
  return transaction;
}

void ShowClaim(const v1::Claim& claim, Output* out) {
  out->RecordOf<v1::Claim>(claim, ClaimView());
  if (out->format() != OutputFormat::kTable) {
    return;
  }
  if (!claim.judgements().empty()) {
    out->Heading("Judgements (审核意见)");
    out->TableOf<v1::ClaimJudgement>(claim.judgements(), JudgementView());
  }
  if (claim.has_transaction()) {
    out->Heading("Authorization (授权)");
    ShowTransaction(AsFiled(claim.transaction(), &claim), out);
  }
}

}  // namespace gonghui::ctl
