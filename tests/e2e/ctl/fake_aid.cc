// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Canned answers of AidService: a claim of 8,500 yuan that two persons must approve.

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "gonghui/v1/aid_service.grpc.pb.h"
#include "tests/e2e/ctl/fake_shared.h"

namespace gonghui::testing_e2e {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

class FakeAid final : public v1::AidService::Service {
 public:
  explicit FakeAid(Shared* shared) : shared_(shared) {}

  Status GetClaim(ServerContext*,
                  const v1::GetClaimRequest* request,
                  v1::GetClaimResponse* response) override {
    if (request->transaction_id().starts_with("NONE")) {
      return Error(StatusCode::NOT_FOUND, "there is no such claim", "CLAIM_NOT_FOUND");
    }
    if (request->transaction_id() == "0123456789AG") {
      return Error(StatusCode::NOT_FOUND, "it is no claim", "CLAIM_NOT_FOUND");
    }
    const std::lock_guard lock(shared_->mutex);
    FillClaim(request->transaction_id(), response->mutable_claim());
    if (request->transaction_id() == "0123456789AA") {
      response->mutable_claim()->set_member_id("M0000002");
    }
    return Status::OK;
  }
  Status ListClaims(ServerContext*,
                    const v1::ListClaimsRequest* request,
                    v1::ListClaimsResponse* response) override {
    if (request->member_id() == "NONE") {
      return Error(StatusCode::NOT_FOUND, "there is no such member", "MEMBER_NOT_FOUND");
    }
    if (request->member_id() == "M0000002") {  // nothing but what pays nothing
      ListUnpaid(response);
      return Status::OK;
    }
    FillClaim("0123456789AB", response->add_claims());
    if (!request->open_only()) {
      v1::Claim* const paid = response->add_claims();  // and refunded in part
      FillClaim("0123456789AC", paid);
      paid->mutable_transaction()->set_state(v1::TRANSACTION_STATE_PARTIALLY_REFUNDED);
      paid->mutable_transaction()->set_captured_subsidy_fen(300'000);
      paid->mutable_transaction()->set_refunded_subsidy_fen(98'529);
      v1::Claim* const withdrawn = response->add_claims();
      FillClaim("0123456789AD", withdrawn);
      withdrawn->clear_judgements();
      withdrawn->mutable_transaction()->set_state(v1::TRANSACTION_STATE_REVERSED);
      v1::Claim* const rejected = response->add_claims();
      FillClaim("0123456789AE", rejected);
      rejected->add_judgements()->set_by("wang.fang");
      rejected->mutable_transaction()->set_state(v1::TRANSACTION_STATE_REVERSED);
    }
    return Status::OK;
  }
  Status ApproveClaim(ServerContext*,
                      const v1::ApproveClaimRequest* request,
                      v1::ApproveClaimResponse* response) override {
    if (request->by() == "li.min") {
      return Error(
          StatusCode::FAILED_PRECONDITION, "who filed it can not approve it", "SAME_PERSON");
    }
    if (!HasApproved(request->by())) {
      Judge(*request, true);
    }
    const std::lock_guard lock(shared_->mutex);
    FillClaim(request->transaction_id(), response->mutable_claim());
    return Status::OK;
  }
  Status RejectClaim(ServerContext*,
                     const v1::RejectClaimRequest* request,
                     v1::RejectClaimResponse* response) override {
    if (request->transaction_id().starts_with("FINAL")) {
      return Error(StatusCode::FAILED_PRECONDITION, "it was paid", "NOT_ALLOWED_FROM_STATE");
    }
    Judge(*request, false);
    const std::lock_guard lock(shared_->mutex);
    FillClaim(request->transaction_id(), response->mutable_claim());
    response->mutable_claim()->mutable_transaction()->set_state(v1::TRANSACTION_STATE_REVERSED);
    return Status::OK;
  }
  Status ImportContributions(
      ServerContext* context,
      grpc::ServerReaderWriter<v1::ImportContributionsResponse, v1::ImportContributionsRequest>*
          stream) override {
    return shared_->imports.Run(context,
                                stream,
                                &v1::ImportContributionsRequest::contributions,
                                [this](const v1::Contribution& row, bool validate_only) {
                                  if (row.member_id().starts_with("BAD")) {
                                    return false;
                                  }
                                  const std::lock_guard lock(shared_->mutex);
                                  if (!validate_only) {
                                    shared_->occasions.contributions.push_back(row);
                                  }
                                  return true;
                                });
  }
  Status RevokeContribution(ServerContext*,
                            const v1::RevokeContributionRequest* request,
                            v1::RevokeContributionResponse* response) override {
    if (request->receipt_code().starts_with("NONE")) {
      return Error(StatusCode::NOT_FOUND, "there is no such receipt", "CONTRIBUTION_NOT_FOUND");
    }
    shared_->Change(request->validate_only());
    v1::Contribution& contribution = *response->mutable_contribution();
    contribution.set_fund_code(request->fund_code());
    contribution.set_receipt_code(request->receipt_code());
    contribution.set_amount_fen(8'000);
    contribution.set_revoked(true);
    return Status::OK;
  }
  Status ListContributions(ServerContext*,
                           const v1::ListContributionsRequest* request,
                           v1::ListContributionsResponse* response) override {
    v1::Contribution& contribution = *response->add_contributions();
    contribution.set_fund_code(request->fund_code().empty() ? "mutual-2026" : request->fund_code());
    contribution.set_receipt_code("R1");
    contribution.set_amount_fen(8'000);
    return Status::OK;
  }
  Status GetSolvency(ServerContext*,
                     const v1::GetSolvencyRequest* request,
                     v1::GetSolvencyResponse* response) override {
    if (request->fund_code().starts_with("NONE")) {
      return Error(StatusCode::NOT_FOUND, "there is no such fund", "FUND_NOT_FOUND");
    }
    const std::lock_guard lock(shared_->mutex);
    shared_->occasions.solvency = *request;
    response->set_brought_fen(100'000'000);
    response->set_contributed_fen(80'000'000);
    response->set_contribution_count(10'000);
    response->set_paid_fen(66'600'000);
    response->set_held_fen(300'000);
    response->set_left_fen(113'100'000);
    response->set_paid_of_contributed_bps(8'325);
    response->set_claims_filed(12);
    response->set_claims_paid(10);
    response->set_covered_members(request->segment_code().empty() ? -1 : 9'876);
    return Status::OK;
  }

 private:
  // Of one day all of them.
  void ListUnpaid(v1::ListClaimsResponse* response) const {
    constexpr std::pair<const char*, v1::TransactionState> kUnpaid[] = {
        {"0123456789AD", v1::TRANSACTION_STATE_REVERSED},
        {"0123456789AF", v1::TRANSACTION_STATE_DECLINED},
        {"0123456789AH", v1::TRANSACTION_STATE_EXPIRED}};
    for (const auto& [id, state] : kUnpaid) {
      v1::Claim* const claim = response->add_claims();
      FillClaim(id, claim);
      claim->mutable_transaction()->set_state(state);
    }
  }

  // As the engine has it, twice is once.
  bool HasApproved(const std::string& by) const {
    const std::lock_guard lock(shared_->mutex);
    for (const v1::ClaimJudgement& judgement : shared_->occasions.judgements) {
      if (judgement.approved() && judgement.by() == by) {
        return true;
      }
    }
    return false;
  }

  template <typename Request>
  void Judge(const Request& request, bool approved) {
    if (request.validate_only()) {
      return;
    }
    const std::lock_guard lock(shared_->mutex);
    ++shared_->change_count;
    v1::ClaimJudgement& judgement = shared_->occasions.judgements.emplace_back();
    judgement.set_by(request.by());
    judgement.set_note(request.note());
    judgement.set_approved(approved);
  }

  void FillClaim(const std::string& id, v1::Claim* claim) const {
    claim->set_transaction_id(id);
    claim->mutable_event_at()->set_seconds(1'777'737'600);
    claim->set_member_id("M0000001");
    claim->set_filed_by("li.min");
    claim->set_approvals_required(2);
    for (const v1::ClaimJudgement& judgement : shared_->occasions.judgements) {
      *claim->add_judgements() = judgement;
      claim->set_approvals(claim->approvals() + (judgement.approved() ? 1 : 0));
    }
    v1::Transaction& transaction = *claim->mutable_transaction();
    transaction.set_transaction_id(id);
    transaction.set_state(v1::TRANSACTION_STATE_PENDING);
    transaction.set_list_price_fen(850'000);
    transaction.set_subsidy_fen(300'000);
  }

  Shared* const shared_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFakeAid(Shared* shared) {
  return std::make_unique<FakeAid>(shared);
}

}  // namespace gonghui::testing_e2e
