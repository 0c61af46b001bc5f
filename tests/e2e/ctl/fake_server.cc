// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Synchronous services: a test's server need not be fast.

#include "tests/e2e/ctl/fake_server.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "engine/base/check.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "tests/e2e/ctl/fake_shared.h"

namespace gonghui::testing_e2e {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

v1::Member MaskedMember(const std::string& id) {
  v1::Member member;
  member.set_member_id(id);
  member.set_union_node_id("U530102");
  member.set_status(v1::MEMBER_STATUS_ACTIVE);
  member.set_real_name_verified(true);
  member.mutable_personal_data()->set_name("欧阳**");
  // The last member of the list, so that its pages must all be asked for.
  if (id.starts_with("COVERED") || id == "L2499") {
    member.add_segments()->set_segment_code("mutual-aid");
    member.add_segments()->set_segment_code("mutual-aid");  // another span
    member.add_segments()->set_segment_code("model_worker");
  }
  return member;
}

// An advice that the terminal's clock was wrong about.
v1::Transaction StoredSale() {
  v1::Transaction t;
  t.set_transaction_id("0123456789AD");
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_outcome(v1::OUTCOME_APPROVED_PARTIAL);
  t.set_list_price_fen(10'000);
  t.set_member_pays_fen(8'500);
  t.set_subsidy_fen(1'500);
  t.set_acquirer_bears_fen(500);
  t.set_liability(v1::LIABILITY_ACQUIRER);
  t.mutable_occurred_at()->set_seconds(1'781'539'200);
  t.mutable_judged_at()->set_seconds(1'781'535'600);
  t.set_clock_adjusted(true);
  t.set_stan(42);
  v1::TransactionLine& line = *t.add_lines();
  line.set_line_number(1);
  line.set_item_code("rice-5kg");
  line.set_quantity(2);
  line.set_price_fen(10'000);
  line.set_member_pays_fen(8'500);
  line.set_subsidy_fen(1'500);
  line.set_returned_quantity(1);
  return t;
}

// A ride that was held at the highest fare, captured at the real one, and given back in part.
v1::Transaction CapturedRide() {
  v1::Transaction t;
  t.set_transaction_id("0123456789AE");
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_outcome(v1::OUTCOME_APPROVED);
  t.set_state(v1::TRANSACTION_STATE_PARTIALLY_REFUNDED);
  t.set_list_price_fen(900);
  t.set_member_pays_fen(1);
  t.set_subsidy_fen(899);
  t.set_captured_fen(400);
  t.set_captured_subsidy_fen(399);
  t.set_refunded_fen(100);
  t.set_refunded_subsidy_fen(99);
  t.mutable_decided_at()->set_seconds(1'781'539'200);
  v1::AppliedBenefit& benefit = *t.add_applied_benefits();
  benefit.set_programme_code("metro");
  benefit.set_programme_version(1);
  benefit.set_benefit_code("ride");
  benefit.set_fund_code("metro-2026");
  benefit.set_amount_fen(899);
  *t.add_limits() = RidesADay(1);
  return t;
}

class FakeMembers final : public v1::MemberService::Service {
 public:
  explicit FakeMembers(Shared* shared) : shared_(shared) {}

  Status ImportUnionNodes(ServerContext* context,
                          grpc::ServerReaderWriter<v1::ImportUnionNodesResponse,
                                                   v1::ImportUnionNodesRequest>* stream) override {
    return shared_->imports.Run(
        context, stream, &v1::ImportUnionNodesRequest::union_nodes, [](const v1::UnionNode&, bool) {
          return true;
        });
  }
  Status ImportSegments(ServerContext* context,
                        grpc::ServerReaderWriter<v1::ImportSegmentsResponse,
                                                 v1::ImportSegmentsRequest>* stream) override {
    return shared_->imports.Run(
        context, stream, &v1::ImportSegmentsRequest::segments, [](const v1::Segment&, bool) {
          return true;
        });
  }
  Status ImportMembers(ServerContext* context,
                       grpc::ServerReaderWriter<v1::ImportMembersResponse,
                                                v1::ImportMembersRequest>* stream) override {
    return shared_->imports.Run(context,
                                stream,
                                &v1::ImportMembersRequest::members,
                                [this](const v1::Member& member, bool validate_only) {
                                  if (member.union_node_id().starts_with("BAD")) {
                                    return false;
                                  }
                                  const std::lock_guard lock(shared_->mutex);
                                  if (!validate_only) {
                                    shared_->members.push_back(member);
                                  }
                                  return true;
                                });
  }
  Status ImportCards(
      ServerContext* context,
      grpc::ServerReaderWriter<v1::ImportCardsResponse, v1::ImportCardsRequest>* stream) override {
    return shared_->imports.Run(
        context, stream, &v1::ImportCardsRequest::cards, [](const v1::Card&, bool) {
          return true;
        });
  }
  Status ListUnionNodes(ServerContext*,
                        const v1::ListUnionNodesRequest*,
                        v1::ListUnionNodesResponse* response) override {
    v1::UnionNode& node = *response->add_union_nodes();
    node.set_union_node_id("U530100");
    node.set_level(v1::UNION_LEVEL_CITY);
    node.set_display_name("昆明市总工会");
    return Status::OK;
  }
  Status ListSegments(ServerContext*,
                      const v1::ListSegmentsRequest*,
                      v1::ListSegmentsResponse* response) override {
    response->add_segments()->set_segment_code("model_worker");
    response->add_segments()->set_segment_code("hardship");
    return Status::OK;
  }
  Status GetMember(ServerContext*,
                   const v1::GetMemberRequest* request,
                   v1::GetMemberResponse* response) override {
    if (request->member_id().starts_with("NONE")) {
      return Error(StatusCode::NOT_FOUND, "there is no such member", "MEMBER_NOT_FOUND");
    }
    *response->mutable_member() =
        MaskedMember(request->member_id().empty() ? "M0000001" : request->member_id());
    v1::Card& card = *response->add_cards();
    card.set_card_number("6253011000000016");
    card.set_status(v1::CARD_STATUS_ACTIVE);
    return Status::OK;
  }
  Status GetMemberEntitlements(ServerContext*,
                               const v1::GetMemberEntitlementsRequest* request,
                               v1::GetMemberEntitlementsResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    shared_->member_entitlements = *request;
    FillEntitlements(request->card_number(), response);
    return Status::OK;
  }
  // Members L0 ... L2499, in pages.
  Status ListMembers(ServerContext*,
                     const v1::ListMembersRequest* request,
                     v1::ListMembersResponse* response) override {
    if (shared_->Fails(request->page_token())) {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    constexpr int kAll = 2'500;
    const int from = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    const int until = std::min(kAll, from + request->page_size());
    for (int i = from; i < until; ++i) {
      *response->add_members() = MaskedMember("L" + std::to_string(i));
    }
    if (until < kAll) {
      response->set_next_page_token(std::to_string(until));
    }
    return Status::OK;
  }
  Status SetMemberStatus(ServerContext*,
                         const v1::SetMemberStatusRequest* request,
                         v1::SetMemberStatusResponse* response) override {
    if (request->member_id().starts_with("NONE")) {
      return Error(StatusCode::NOT_FOUND, "there is no such member", "MEMBER_NOT_FOUND");
    }
    if (request->member_id().starts_with("FINAL")) {
      return Error(StatusCode::FAILED_PRECONDITION, "the membership has ended", "MEMBER_CLOSED");
    }
    shared_->Change(request->validate_only());
    *response->mutable_member() = MaskedMember(request->member_id());
    response->mutable_member()->set_status(request->status());
    return Status::OK;
  }
  Status GetCard(ServerContext*,
                 const v1::GetCardRequest* request,
                 v1::GetCardResponse* response) override {
    if (!IsCard(request->card_number())) {
      return NoSuchCard();
    }
    response->mutable_card()->set_card_number(request->card_number());
    return Status::OK;
  }
  // Two pages, the second empty.
  Status ListCards(ServerContext*,
                   const v1::ListCardsRequest* request,
                   v1::ListCardsResponse* response) override {
    if (shared_->Fails(request->page_token())) {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    if (!request->page_token().empty()) {
      return Status::OK;
    }
    response->set_next_page_token("2");
    for (const char* number : kCards) {
      response->add_cards()->set_card_number(number);
    }
    return Status::OK;
  }
  Status SetCardStatus(ServerContext*,
                       const v1::SetCardStatusRequest* request,
                       v1::SetCardStatusResponse* response) override {
    if (!IsCard(request->card_number())) {
      return NoSuchCard();
    }
    shared_->Change(request->validate_only());
    response->mutable_card()->set_card_number(request->card_number());
    response->mutable_card()->set_status(request->status());
    return Status::OK;
  }
  Status ReplaceCard(ServerContext*,
                     const v1::ReplaceCardRequest* request,
                     v1::ReplaceCardResponse* response) override {
    if (!IsCard(request->old_card_number())) {
      return NoSuchCard();
    }
    shared_->Change(request->validate_only());
    response->mutable_old_card()->set_card_number(request->old_card_number());
    response->mutable_old_card()->set_status(v1::CARD_STATUS_REPLACED);
    response->mutable_old_card()->set_replaced_by(request->new_card().card_number());
    *response->mutable_new_card() = request->new_card();
    return Status::OK;
  }

 private:
  // Short numbers are all known.
  static constexpr const char* kCards[] = {
      "6253011000000016", "6253011000000032", "6253011000000036"};
  static bool IsCard(const std::string& number) {
    return number.size() < 15 ||
           std::find(std::begin(kCards), std::end(kCards), number) != std::end(kCards);
  }
  static Status NoSuchCard() {
    return Error(StatusCode::NOT_FOUND, "there is no such card", "CARD_NOT_FOUND");
  }

  Shared* const shared_;
};

class FakeMerchants final : public v1::MerchantService::Service {
 public:
  explicit FakeMerchants(Shared* shared) : shared_(shared) {}

  Status ImportMerchants(ServerContext* context,
                         grpc::ServerReaderWriter<v1::ImportMerchantsResponse,
                                                  v1::ImportMerchantsRequest>* stream) override {
    return shared_->imports.Run(
        context, stream, &v1::ImportMerchantsRequest::merchants, [](const v1::Merchant&, bool) {
          return true;
        });
  }
  Status ImportTerminals(ServerContext* context,
                         grpc::ServerReaderWriter<v1::ImportTerminalsResponse,
                                                  v1::ImportTerminalsRequest>* stream) override {
    return shared_->imports.Run(
        context, stream, &v1::ImportTerminalsRequest::terminals, [](const v1::Terminal&, bool) {
          return true;
        });
  }
  Status GetMerchant(ServerContext*,
                     const v1::GetMerchantRequest* request,
                     v1::GetMerchantResponse* response) override {
    v1::Merchant& merchant = *response->mutable_merchant();
    merchant.set_merchant_id(request->merchant_id());
    merchant.set_display_name("昆明地铁");
    merchant.set_mcc(4111);
    merchant.set_receivable_fen(49'900);
    response->add_terminals()->set_terminal_id("T0000001");
    return Status::OK;
  }

 private:
  Shared* const shared_;
};

class FakeOperations final : public v1::OperationsService::Service {
 public:
  Status GetStatus(ServerContext*,
                   const v1::GetStatusRequest*,
                   v1::GetStatusResponse* response) override {
    response->set_version("9.8.7");
    response->set_applied_seq(123'456);
    v1::TableStatus& table = *response->add_tables();
    table.set_name("members");
    table.set_row_count(100'000);
    return Status::OK;
  }
  Status FindTransaction(ServerContext*,
                         const v1::FindTransactionRequest* request,
                         v1::FindTransactionResponse* response) override {
    if (request->transaction_id() == "0123456789AD") {
      *response->mutable_transaction() = StoredSale();
      return Status::OK;
    }
    if (request->transaction_id() == "0123456789AE") {
      *response->mutable_transaction() = CapturedRide();
      return Status::OK;
    }
    if (request->transaction_id() == "0123456789AH") {  // held, and reversed in part
      v1::Transaction& held = *response->mutable_transaction();
      held = CapturedRide();
      held.set_transaction_id(request->transaction_id());
      held.set_state(v1::TRANSACTION_STATE_PENDING);
      held.clear_captured_fen();
      held.clear_captured_subsidy_fen();
      held.clear_refunded_fen();
      held.clear_refunded_subsidy_fen();
      held.set_restated_fen(-300);
      held.set_restated_subsidy_fen(-300);
      held.mutable_slot_at()->set_seconds(1'781'539'200 + 3'600);
      return Status::OK;
    }
    if (request->transaction_id() == "0123456789AJ") {  // refused by a fund
      v1::Transaction& refused = *response->mutable_transaction();
      refused.set_transaction_id(request->transaction_id());
      refused.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
      refused.set_outcome(v1::OUTCOME_DECLINED);
      refused.set_state(v1::TRANSACTION_STATE_DECLINED);
      refused.set_reason(v1::REASON_BUDGET_EXHAUSTED);
      v1::FailedCheck& check = *refused.mutable_failed_check();
      check.set_programme_code("metro");
      check.set_programme_version(1);
      check.set_benefit_code("ride");
      check.mutable_fund()->set_fund_code("city-2026");
      check.mutable_fund()->set_needed_fen(500);
      check.mutable_fund()->set_available_fen(320);
      return Status::OK;
    }
    if (request->transaction_id() == "0123456789AF" ||
        request->transaction_id() == "0123456789AG") {  // held; the one is a claim
      *response->mutable_transaction() = CapturedRide();
      v1::Transaction& held = *response->mutable_transaction();
      held.set_transaction_id(request->transaction_id());
      held.set_state(v1::TRANSACTION_STATE_PENDING);
      held.set_display_message_zh("已批准");
      return Status::OK;
    }
    if (request->transaction_id() != "0123456789AB") {
      return Error(StatusCode::NOT_FOUND, "there is no such transaction", "TRANSACTION_NOT_FOUND");
    }
    response->mutable_transaction()->set_transaction_id(request->transaction_id());
    response->mutable_transaction()->set_outcome(v1::OUTCOME_DECLINED);
    return Status::OK;
  }
};

template <class Field>
Field Copied(Shared* shared, Field Shared::*field) {
  const std::lock_guard lock(shared->mutex);
  return shared->*field;
}

}  // namespace

struct FakeServer::State {
  Shared shared;
  FakeMembers members{&shared};
  FakeMerchants merchants{&shared};
  const std::unique_ptr<grpc::Service> programmes = MakeFakeProgrammes(&shared);
  const std::unique_ptr<grpc::Service> authorization = MakeFakeAuthorization(&shared);
  const std::unique_ptr<grpc::Service> vouchers = MakeFakeVouchers(&shared);
  const std::unique_ptr<grpc::Service> draws = MakeFakeDraws(&shared);
  const std::unique_ptr<grpc::Service> aid = MakeFakeAid(&shared);
  FakeOperations operations;
  std::string target;
  int tls_port = 0;
  std::unique_ptr<grpc::Server> server;
};

FakeServer::FakeServer(const std::string& folder, const Certificates& certificates)
    : state_(std::make_unique<State>()) {
  state_->target = "unix:" + folder + "/operator.sock";
  grpc::ServerBuilder builder;
  builder.AddListeningPort(state_->target, grpc::InsecureServerCredentials());
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = certificates.ca.cert_pem;
  tls.pem_key_cert_pairs.push_back({certificates.server.key_pem, certificates.server.cert_pem});
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &state_->tls_port);
  builder.RegisterService(&state_->members);
  builder.RegisterService(&state_->merchants);
  builder.RegisterService(state_->programmes.get());
  builder.RegisterService(state_->authorization.get());
  builder.RegisterService(state_->vouchers.get());
  builder.RegisterService(state_->draws.get());
  builder.RegisterService(state_->aid.get());
  builder.RegisterService(&state_->operations);
  state_->server = builder.BuildAndStart();
  GH_CHECK(state_->server != nullptr, state_->target);
}

FakeServer::~FakeServer() {
  state_->server->Shutdown(std::chrono::system_clock::time_point());
}

std::string FakeServer::target() const {
  return state_->target;
}

std::string FakeServer::tls_target() const {
  return "localhost:" + std::to_string(state_->tls_port);
}

void FakeServer::FailImportsAfter(size_t messages) {
  state_->shared.imports.fail_after =
      messages == SIZE_MAX ? SIZE_MAX : state_->shared.imports.messages + messages;
}

void FakeServer::StallImportsAfter(size_t messages) {
  state_->shared.imports.stall_after =
      messages == SIZE_MAX ? SIZE_MAX : state_->shared.imports.messages + messages;
}

void FakeServer::FailVouchersAfter(size_t calls) {
  const std::lock_guard lock(state_->shared.mutex);
  state_->shared.occasions.fail_after = calls;
}

void FakeServer::FailListsAfterFirstPage(bool fail) {
  state_->shared.first_page_alone = fail;
}

void FakeServer::LoseVoucherAnswers(bool lose) {
  const std::lock_guard lock(state_->shared.mutex);
  state_->shared.occasions.lose_answers = lose;
}

OccasionCalls FakeServer::occasions() const {
  return Copied(&state_->shared, &Shared::occasions);
}

size_t FakeServer::import_message_count() const {
  return state_->shared.imports.messages;
}

std::vector<v1::Member> FakeServer::members() const {
  return Copied(&state_->shared, &Shared::members);
}

size_t FakeServer::authorize_count() const {
  return Copied(&state_->shared, &Shared::authorize_count);
}

size_t FakeServer::slow_call_count() const {
  return state_->shared.slow_calls;
}

v1::AuthorizeRequest FakeServer::last_authorize() const {
  return Copied(&state_->shared, &Shared::authorize);
}

v1::CaptureRequest FakeServer::last_capture() const {
  return Copied(&state_->shared, &Shared::capture);
}

v1::ReverseRequest FakeServer::last_reverse() const {
  return Copied(&state_->shared, &Shared::reverse);
}

v1::IncrementAuthorizationRequest FakeServer::last_increment() const {
  return Copied(&state_->shared, &Shared::increment);
}

v1::RefundRequest FakeServer::last_refund() const {
  return Copied(&state_->shared, &Shared::refund);
}

v1::GetEntitlementsRequest FakeServer::last_entitlements() const {
  return Copied(&state_->shared, &Shared::entitlements);
}

v1::GetMemberEntitlementsRequest FakeServer::last_member_entitlements() const {
  return Copied(&state_->shared, &Shared::member_entitlements);
}

v1::ApplyProgrammeRequest FakeServer::last_apply() const {
  return Copied(&state_->shared, &Shared::apply);
}

v1::StageProgrammeRequest FakeServer::last_stage() const {
  return Copied(&state_->shared, &Shared::stage);
}

v1::RollbackProgrammeRequest FakeServer::last_rollback() const {
  return Copied(&state_->shared, &Shared::rollback);
}

v1::CompareProgrammeVersionsRequest FakeServer::last_compare() const {
  return Copied(&state_->shared, &Shared::compare);
}

v1::SaveDraftRequest FakeServer::last_draft() const {
  return Copied(&state_->shared, &Shared::draft);
}

std::vector<v1::SubmitAdvicesRequest> FakeServer::advice_messages() const {
  return Copied(&state_->shared, &Shared::advices);
}

v1::CloseBatchRequest FakeServer::last_close() const {
  return Copied(&state_->shared, &Shared::close);
}

size_t FakeServer::change_count() const {
  return Copied(&state_->shared, &Shared::change_count);
}

}  // namespace gonghui::testing_e2e
