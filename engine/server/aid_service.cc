// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "engine/base/int128.h"
#include "engine/server/find_transactions.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/row_reader.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_aid.h"
#include "gonghui/v1/aid_service.grpc.pb.h"

namespace gonghui {
namespace {

template <class Request, class Response>
using Stream = grpc::ServerReaderWriter<Response, Request>;

constexpr uint32_t kClaimsPageMax = 200;

// Whether it waits to be judged or paid; one that has run out but was not swept does not.
bool IsOpen(const Ledger& ledger, const Transaction& claim) {
  return ledger.applied_at() < claim.expires_at &&
         (claim.state == TransactionState::kPending ||
          claim.state == TransactionState::kPartiallyCaptured);
}

// Hundredths of a percent, rounded half up; -1 = of nothing.
int64_t PartOf(Fen part, Fen whole) {
  if (whole == Fen{0}) {
    return -1;
  }
  const Int128 doubled = (static_cast<Int128>(part.value()) * 20'000 + whole.value()) /
                         (static_cast<Int128>(whole.value()) * 2);
  return static_cast<int64_t>(doubled);
}

class AidService final : public v1::AidService::Service {
 public:
  explicit AidService(const OperatorContext& context)
      : engine_(context.engine), clock_(context.clock) {}

  // ---- Claims --------------------------------------------------------------------

  grpc::Status GetClaim(grpc::ServerContext* /*context*/,
                        const v1::GetClaimRequest* request,
                        v1::GetClaimResponse* response) override {
    TransactionId id;
    RowError error;
    if (!ReadClaimId(request->transaction_id(), &id, &error)) {
      return ToGrpcStatus(error);
    }
    return FillClaim(id, response->mutable_claim());
  }

  grpc::Status ListClaims(grpc::ServerContext* /*context*/,
                          const v1::ListClaimsRequest* request,
                          v1::ListClaimsResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    page.rows_max = std::min(page.rows_max, kClaimsPageMax);
    MemberRow member;  // none = of all
    if (!request->member_id().empty()) {
      status = FindMember(request->member_id(), &member);
      if (!status.ok()) {
        return status;
      }
    }
    std::vector<ClaimView> views;
    std::vector<TransactionId> ids;  // of those in memory
    std::vector<size_t> places;      // of these, among the views
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.occasions(), page, [&](OccasionRow row, const Occasion& occasion) {
            if (occasion.asked.event_at == TimestampNs{}) {
              return false;
            }
            const TransactionId id = MakeTransactionId(ledger.shard(), occasion.authorization);
            const TransactionRow found = ledger.FindTransaction(id);
            const Transaction& claim = ledger.transactions()[found];  // row 0 is all zero
            if ((request->open_only() && !IsOpen(ledger, claim)) ||
                (member != MemberRow{} && claim.member != member)) {
              return false;
            }
            if (found != TransactionRow{}) {
              ids.push_back(id);
              places.push_back(views.size());
            }
            views.push_back(ViewLiveClaim(ledger, row));
            return true;
          }));
    });
    std::vector<FoundTransaction> found;
    if (status.ok()) {
      status = FindTransactionsBlocking(engine_, ids, &found);
    }
    if (!status.ok()) {
      return status;
    }
    for (const ClaimView& view : views) {
      ToProto(engine_->names(), view, response->add_claims());
    }
    for (size_t i = 0; i < found.size(); ++i) {
      FillTransaction(&found[i], response->mutable_claims(static_cast<int>(places[i])));
    }
    return status;
  }

  grpc::Status ApproveClaim(grpc::ServerContext* /*context*/,
                            const v1::ApproveClaimRequest* request,
                            v1::ApproveClaimResponse* response) override {
    return Judge(CommandKind::kApproveClaim, *request, response);
  }

  grpc::Status RejectClaim(grpc::ServerContext* /*context*/,
                           const v1::RejectClaimRequest* request,
                           v1::RejectClaimResponse* response) override {
    return Judge(CommandKind::kRejectClaim, *request, response);
  }

  // ---- Contributions -------------------------------------------------------------

  grpc::Status ImportContributions(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportContributionsRequest, v1::ImportContributionsResponse>* stream) override {
    ImportPlan<v1::ImportContributionsRequest, v1::ImportContributionsResponse, ContributeRequest>
        plan;
    plan.kind = CommandKind::kContribute;
    plan.row_count = [](const auto& request) { return request.contributions_size(); };
    plan.make = [](const auto& request, int row, ContributeRequest* made, RowError* error) {
      return FromProto(request.contributions(row), made, error);
    };
    plan.attach = [](Command* command, const ContributeRequest* made) {
      command->contribute = made;
    };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status RevokeContribution(grpc::ServerContext* /*context*/,
                                  const v1::RevokeContributionRequest* request,
                                  v1::RevokeContributionResponse* response) override {
    RevokeContributionRequest made;
    RowError error;
    if (!FromProto(*request, &made, &error)) {
      return ToGrpcStatus(error);
    }
    Command command;
    command.kind = CommandKind::kRevokeContribution;
    command.validate_only = request->validate_only();
    command.revoke_contribution = &made;
    Result result;
    grpc::Status status = RunOne(engine_, command, &result);
    Contribution contribution;
    if (status.ok()) {
      status = Inspect(engine_, [&](const Ledger& ledger) {
        contribution =
            ledger
                .contributions()[ledger.FindContribution(ledger.FindFund(made.fund), made.receipt)];
      });
    }
    if (status.ok()) {
      ToProto(engine_->names(), contribution, response->mutable_contribution());
    }
    return status;
  }

  grpc::Status ListContributions(grpc::ServerContext* /*context*/,
                                 const v1::ListContributionsRequest* request,
                                 v1::ListContributionsResponse* response) override {
    Page page;
    FundRow fund;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (status.ok() && !request->fund_code().empty()) {
      status = FindFund(request->fund_code(), &fund);
    }
    if (!status.ok()) {
      return status;
    }
    std::vector<Contribution> found;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(CopyPage(
          ledger.contributions(), page, [&](ContributionRow, const Contribution& contribution) {
            if (fund != FundRow{} && contribution.fund != fund) {
              return false;
            }
            found.push_back(contribution);
            return true;
          }));
    });
    for (const Contribution& contribution : found) {
      ToProto(engine_->names(), contribution, response->add_contributions());
    }
    return status;
  }

  // ---- Solvency ------------------------------------------------------------------

  grpc::Status GetSolvency(grpc::ServerContext* /*context*/,
                           const v1::GetSolvencyRequest* request,
                           v1::GetSolvencyResponse* response) override {
    SolvencyQuestion question;
    grpc::Status status = Read(*request, &question);
    Fund fund;
    if (status.ok()) {
      status =
          Inspect(engine_, [&](const Ledger& ledger) { fund = ledger.funds()[question.fund]; });
    }
    if (!status.ok()) {
      return status;
    }
    if (fund.asset != Asset::kMoney) {
      return ToGrpcStatus(
          RowError{"fund_code", "WRONG_ASSET", "is a stock; only a fund of money can be solvent"});
    }
    const Fen paid = fund.spent + fund.overrun;
    response->set_brought_fen(fund.budget.value());
    response->set_contributed_fen(fund.contributed.value());
    response->set_contribution_count(fund.contribution_count);
    response->set_held_fen(fund.held.value());
    response->set_paid_fen(paid.value());
    response->set_left_fen((fund.left() - fund.overrun).value());
    response->set_suspense_fen(fund.suspense.value());
    response->set_paid_of_contributed_bps(PartOf(paid, fund.contributed));
    response->set_claims_filed(fund.claims_filed);
    response->set_claims_paid(fund.claims_paid);
    response->set_claims_rejected(fund.claims_rejected);
    response->set_claims_ended(fund.claims_ended);
    response->set_covered_members(-1);
    if (!question.has_dates) {
      response->set_contributed_within_fen(fund.contributed.value());
      response->set_contribution_within_count(fund.contribution_count);
    } else {
      status = AddContributionsWithin(question, response);
    }
    if (status.ok() && question.segment < kSegmentsMax) {
      status = CountCovered(question, response);
    }
    return status;
  }

 private:
  struct SolvencyQuestion {
    FundRow fund;
    TimestampNs from;
    TimestampNs until = kTimestampMax;
    bool has_dates = false;
    uint32_t segment = kSegmentsMax;  // bit; none = not asked
    TimestampNs covered_at;
  };

  // ---- Claims --------------------------------------------------------------------

  void FillTransaction(FoundTransaction* found, v1::Claim* out) {
    if (!found->found) {
      return;
    }
    const Ledger& names = engine_->names();
    if (found->benefit != BenefitRow{}) {
      const Benefit& benefit = names.benefits()[found->benefit];
      out->set_approvals_required(names.benefit_terms()[benefit.terms].approvals);
    }
    if (found->row.member != MemberRow{}) {
      out->set_member_id(TextOf(names.members()[found->row.member].id));
    }
    *out->mutable_transaction() = std::move(found->wire);
  }

  grpc::Status FindMember(const std::string& text, MemberRow* member) {
    MemberId id;
    RowError error;
    RowReader reader(&error);
    reader.ReadCode(text, "member_id", &id);
    if (!reader.good()) {
      return ToGrpcStatus(error);
    }
    const grpc::Status status =
        Inspect(engine_, [&](const Ledger& ledger) { *member = ledger.FindMember(id); });
    return status.ok() && *member == MemberRow{} ? ToGrpcStatus(NotFound("member", "member_id"))
                                                 : status;
  }

  grpc::Status FillClaim(TransactionId id, v1::Claim* out) {
    std::vector<FoundTransaction> found;
    grpc::Status status = FindTransactionsBlocking(engine_, {&id, 1}, &found);
    if (!status.ok()) {
      return status;
    }
    // Only an authorization has an occasion: of others its place holds something else.
    const Transaction& transaction = found.front().row;
    const bool may_be =
        found.front().found && transaction.IsAuthorization() && !transaction.tombstone;
    ClaimView view;
    if (may_be) {
      const OccasionRow row = transaction.progress.occasion;
      status = Inspect(engine_, [&](const Ledger& ledger) { view = ViewLiveClaim(ledger, row); });
    }
    if (status.ok() && view.row == OccasionRow{}) {
      return ToGrpcStatus(NotFound("claim", "transaction_id"));
    }
    if (status.ok()) {
      ToProto(engine_->names(), view, out);
      FillTransaction(&found.front(), out);
    }
    return status;
  }

  template <class Request, class Response>
  grpc::Status Judge(CommandKind kind, const Request& request, Response* response) {
    JudgeClaimRequest made;
    RowError error;
    if (!FromProto(request, &made, &error)) {
      return ToGrpcStatus(error);
    }
    Command command;
    command.kind = kind;
    command.validate_only = request.validate_only();
    command.judge_claim = &made;
    Result result;
    const grpc::Status status = RunOne(engine_, command, &result);
    return status.ok() ? FillClaim(made.claim, response->mutable_claim()) : status;
  }

  // ---- Solvency ------------------------------------------------------------------

  grpc::Status FindFund(const std::string& text, FundRow* fund) {
    FundCode code;
    RowError error;
    RowReader reader(&error);
    reader.ReadCode(text, "fund_code", &code);
    if (!reader.good()) {
      return ToGrpcStatus(error);
    }
    const grpc::Status status =
        Inspect(engine_, [&](const Ledger& ledger) { *fund = ledger.FindFund(code); });
    return status.ok() && *fund == FundRow{} ? ToGrpcStatus(NotFound("fund", "fund_code")) : status;
  }

  grpc::Status Read(const v1::GetSolvencyRequest& request, SolvencyQuestion* question) {
    RowError error;
    RowReader reader(&error);
    SegmentCode segment;
    question->covered_at = TimestampNs{clock_->NowNs()};
    question->has_dates = request.has_contributions_from() || request.has_contributions_until();
    reader.ReadTime(request.has_contributions_from(),
                    request.contributions_from(),
                    "contributions_from",
                    &question->from);
    reader.ReadTime(request.has_contributions_until(),
                    request.contributions_until(),
                    "contributions_until",
                    &question->until);
    reader.ReadTime(
        request.has_covered_at(), request.covered_at(), "covered_at", &question->covered_at);
    reader.ReadOptionalCode(request.segment_code(), "segment_code", &segment);
    if (question->from >= question->until) {
      reader.Fail("contributions_until", "must be later than contributions_from");
    }
    if (!reader.good()) {
      return ToGrpcStatus(error);
    }
    grpc::Status status = FindFund(request.fund_code(), &question->fund);
    if (!status.ok() || segment.IsNone()) {
      return status;
    }
    status = Inspect(
        engine_, [&](const Ledger& ledger) { question->segment = ledger.FindSegmentBit(segment); });
    return status.ok() && question->segment >= kSegmentsMax
               ? ToGrpcStatus(NotFound("segment", "segment_code"))
               : status;
  }

  // Calls visit(ledger, row, item) for all rows of a table, a page at a time, so that no
  // decision waits for long.  What changes meanwhile may be seen or not.
  template <class RowId, class TableOf, class Visit>
  grpc::Status ForEachRow(const TableOf& table_of, const Visit& visit) {
    Page page{1, kPageRowsMax};
    std::string next = "1";
    while (!next.empty()) {
      grpc::Status status = ReadPage(0, next, &page);
      if (status.ok()) {
        status = Inspect(engine_, [&](const Ledger& ledger) {
          next = CopyPage(table_of(ledger), page, [&](RowId row, const auto& item) {
            visit(ledger, row, item);
            return true;
          });
        });
      }
      if (!status.ok()) {
        return status;
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status AddContributionsWithin(const SolvencyQuestion& question,
                                      v1::GetSolvencyResponse* response) {
    Fen sum;
    uint32_t count = 0;
    const grpc::Status status = ForEachRow<ContributionRow>(
        [](const Ledger& ledger) -> const auto& { return ledger.contributions(); },
        [&](const Ledger&, ContributionRow, const Contribution& contribution) {
          if (contribution.fund == question.fund && !contribution.revoked &&
              contribution.at >= question.from && contribution.at < question.until) {
            sum += contribution.amount;
            ++count;
          }
        });
    response->set_contributed_within_fen(sum.value());
    response->set_contribution_within_count(count);
    return status;
  }

  grpc::Status CountCovered(const SolvencyQuestion& question, v1::GetSolvencyResponse* response) {
    const uint64_t bit = uint64_t{1} << question.segment;
    int64_t covered = 0;
    const grpc::Status status = ForEachRow<MemberRow>(
        [](const Ledger& ledger) -> const auto& { return ledger.members(); },
        [&](const Ledger& ledger, MemberRow, const Member& member) {
          covered += (ledger.SegmentsOf(member, question.covered_at) & bit) != 0 ? 1 : 0;
        });
    response->set_covered_members(covered);
    return status;
  }

  Engine* const engine_;
  const Clock* const clock_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAidService(const OperatorContext& context) {
  return std::make_unique<AidService>(context);
}

}  // namespace gonghui
