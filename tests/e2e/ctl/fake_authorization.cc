// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The service of terminals, with canned answers.

#include <unistd.h>

#include <string>
#include <string_view>

#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "tests/e2e/ctl/fake_shared.h"

namespace gonghui::testing_e2e {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

// What a request that asks for them is told.
template <typename Response>
void FillChecks(const v1::AuthorizeRequest& request, Response* response) {
  if (!request.explain()) {
    return;
  }
  v1::CheckOutcome& card = *response->add_checks();
  const bool declined = request.card_number().starts_with("9");
  card.set_check(declined ? v1::REASON_CARD_LOST_OR_STOLEN : v1::REASON_CARD_NOT_ACTIVE);
  card.set_passed(!declined);
  card.set_display_message_zh(declined ? "卡已挂失" : "卡可用");
  if (!declined) {
    v1::CheckOutcome& rides = *response->add_checks();
    rides.set_programme_code("metro");
    rides.set_benefit_code("ride");
    rides.set_check(v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
    rides.set_passed(true);
    rides.set_display_message_zh("优惠次数未用完");
    *rides.mutable_limit() = RidesADay(1);
  }
}

class FakeAuthorization final : public v1::AuthorizationService::Service {
 public:
  explicit FakeAuthorization(Shared* shared) : shared_(shared) {}

  Status Authorize(ServerContext* context,
                   const v1::AuthorizeRequest* request,
                   v1::AuthorizeResponse* response) override {
    const Status trouble = Trouble(context, *request);
    if (!trouble.ok()) {
      return trouble;
    }
    const std::lock_guard lock(shared_->mutex);
    response->set_idempotent_replay(shared_->authorize.request_id() == request->request_id());
    shared_->authorize = *request;
    ++shared_->authorize_count;
    Decide(*request, response->mutable_transaction());
    if (!response->idempotent_replay()) {
      FillChecks(*request, response);
    }
    return Status::OK;
  }
  Status Quote(ServerContext* context,
               const v1::QuoteRequest* request,
               v1::QuoteResponse* response) override {
    const Status trouble = Trouble(context, request->authorize());
    if (trouble.ok()) {
      Decide(request->authorize(), response->mutable_transaction());
      response->mutable_transaction()->clear_transaction_id();
      FillChecks(request->authorize(), response);
    }
    return trouble;
  }
  Status Capture(ServerContext*,
                 const v1::CaptureRequest* request,
                 v1::CaptureResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    shared_->capture = *request;
    response->mutable_transaction()->set_outcome(v1::OUTCOME_APPROVED);
    response->mutable_transaction()->set_kind(v1::TRANSACTION_KIND_CAPTURE);
    return Status::OK;
  }
  Status Reverse(ServerContext*,
                 const v1::ReverseRequest* request,
                 v1::ReverseResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    shared_->reverse = *request;
    v1::Transaction& reversal = *response->mutable_transaction();
    reversal.set_outcome(v1::OUTCOME_APPROVED);
    reversal.set_kind(v1::TRANSACTION_KIND_REVERSAL);
    if (request->terminal_id() == "REFUSE") {  // nothing is undone: without an amount
      reversal.set_outcome(v1::OUTCOME_DECLINED);
      reversal.set_reason(v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT);
    }
    return Status::OK;
  }
  Status IncrementAuthorization(ServerContext*,
                                const v1::IncrementAuthorizationRequest* request,
                                v1::IncrementAuthorizationResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    response->set_idempotent_replay(shared_->increment.request_id() == request->request_id());
    shared_->increment = *request;
    response->mutable_transaction()->set_outcome(v1::OUTCOME_APPROVED);
    response->mutable_transaction()->set_kind(v1::TRANSACTION_KIND_INCREMENT);
    return Status::OK;
  }
  Status Refund(ServerContext*,
                const v1::RefundRequest* request,
                v1::RefundResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    response->set_idempotent_replay(shared_->refund.request_id() == request->request_id());
    shared_->refund = *request;
    v1::Transaction* const transaction = response->mutable_transaction();
    transaction->set_kind(v1::TRANSACTION_KIND_REFUND);
    const bool declined = request->terminal_id().starts_with("REFUSE");
    transaction->set_outcome(declined ? v1::OUTCOME_DECLINED : v1::OUTCOME_APPROVED);
    if (declined) {
      transaction->set_list_price_fen(request->amount_fen());
      transaction->set_member_pays_fen(request->amount_fen());
    }
    transaction->set_reason(declined ? v1::REASON_EXCEEDS_CAPTURED_AMOUNT : v1::REASON_UNSPECIFIED);
    for (const v1::ReturnedLine& returned : request->lines()) {
      v1::TransactionLine& line = *transaction->add_lines();
      line.set_line_number(returned.line_number());
      line.set_quantity(returned.quantity());
    }
    return Status::OK;
  }
  Status SubmitAdvices(ServerContext* context,
                       grpc::ServerReaderWriter<v1::SubmitAdvicesResponse,
                                                v1::SubmitAdvicesRequest>* stream) override {
    v1::SubmitAdvicesRequest request;
    for (size_t messages = 0; stream->Read(&request); ++messages) {
      if (request.terminal_id().starts_with("BREAKS") && messages == 1) {
        return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
      }
      WaitWhenSlow(context, request.terminal_id());
      v1::SubmitAdvicesResponse response;
      {
        const std::lock_guard lock(shared_->mutex);
        for (int i = 0; i < request.advices_size(); ++i) {
          Judge(request, i, response.add_results());
        }
        shared_->advices.push_back(request);
      }
      if (!stream->Write(response)) {
        break;
      }
    }
    return Status::OK;
  }
  // The ledger always has two sales and a refund.
  Status CloseBatch(ServerContext* context,
                    const v1::CloseBatchRequest* request,
                    v1::CloseBatchResponse* response) override {
    WaitWhenSlow(context, request->terminal_id());
    const std::lock_guard lock(shared_->mutex);
    response->set_idempotent_replay(shared_->close.request_id() == request->request_id());
    shared_->close = *request;
    v1::Transaction& transaction = *response->mutable_transaction();
    transaction.set_terminal_id(request->terminal_id());
    if (request->terminal_id().starts_with("REFUSE")) {
      transaction.set_outcome(v1::OUTCOME_DECLINED);
      transaction.set_reason(v1::REASON_INVALID_TERMINAL);
      return Status::OK;
    }
    transaction.set_outcome(v1::OUTCOME_APPROVED);
    transaction.set_kind(v1::TRANSACTION_KIND_BATCH_CLOSE);
    transaction.set_transaction_id("0123456789AC");
    response->set_batch_number(7);
    response->mutable_closed_at()->set_seconds(1'781'539'200);
    v1::BatchTotals& ledger = *response->mutable_engine_totals();
    ledger.set_capture_count(2);
    ledger.set_captured_fen(148'050);
    ledger.set_refund_count(1);
    ledger.set_refunded_fen(3'500);
    ledger.set_subsidy_fen(28'910);
    *response->mutable_terminal_totals() = request->totals();
    const bool same = ledger.SerializeAsString() == request->totals().SerializeAsString();
    response->set_outcome(same ? v1::BATCH_OUTCOME_IN_BALANCE : v1::BATCH_OUTCOME_OUT_OF_BALANCE);
    return Status::OK;
  }
  Status GetEntitlements(ServerContext*,
                         const v1::GetEntitlementsRequest* request,
                         v1::GetEntitlementsResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    shared_->entitlements = *request;
    FillEntitlements(request->card_number(), response);
    return Status::OK;
  }
  Status GetTransaction(ServerContext*,
                        const v1::GetTransactionRequest* request,
                        v1::GetTransactionResponse* response) override {
    response->mutable_transaction()->set_request_id(request->request_id());
    response->mutable_transaction()->set_transaction_id(request->transaction_id());
    response->mutable_transaction()->set_terminal_id(request->terminal_id());
    return Status::OK;
  }

 private:
  Status Trouble(ServerContext* context, const v1::AuthorizeRequest& request) {
    const std::string& terminal = request.terminal_id();
    if (terminal.starts_with("DENIED")) {
      return Error(StatusCode::PERMISSION_DENIED, "you are another terminal", "WRONG_TERMINAL");
    }
    if (terminal.starts_with("FULL")) {
      google::rpc::RetryInfo retry;
      retry.mutable_retry_delay()->set_nanos(50'000'000);
      return Error(StatusCode::RESOURCE_EXHAUSTED, "the engine is full", "ENGINE_FULL", retry);
    }
    WaitWhenSlow(context, terminal);
    if (request.list_price_fen() < 0) {
      google::rpc::BadRequest bad;
      auto* violation = bad.add_field_violations();
      violation->set_field("list_price_fen");
      violation->set_description("must be 0 or more");
      return Error(StatusCode::INVALID_ARGUMENT, "a field is wrong", "INVALID_FIELD", bad);
    }
    return Status::OK;
  }

  void WaitWhenSlow(ServerContext* context, const std::string& terminal) {
    if (terminal.starts_with("SLOW")) {
      ++shared_->slow_calls;
    }
    while (terminal.starts_with("SLOW") && !context->IsCancelled()) {
      usleep(1'000);
    }
  }

  bool IsKnown(const std::string& request_id) const {
    for (const v1::SubmitAdvicesRequest& message : shared_->advices) {
      for (const v1::Advice& advice : message.advices()) {
        if (advice.sale().request_id() == request_id) {
          return true;
        }
      }
    }
    return false;
  }

  // An advice is declined when it is of before 2020.
  void Judge(const v1::SubmitAdvicesRequest& request, int index, v1::AdviceResult* result) const {
    constexpr int64_t kOldestSeconds = 1'577'836'800;
    const v1::Advice& advice = request.advices(index);
    const std::string& card = advice.sale().card_number();
    if (card.starts_with("8")) {
      const std::string field = "advices[" + std::to_string(index) + "].sale.card_number";
      google::rpc::Status& error = *result->mutable_error();
      error.set_code(static_cast<int>(StatusCode::INVALID_ARGUMENT));
      error.set_message(field + ": is not a card number");
      google::rpc::ErrorInfo info;
      info.set_reason("INVALID_FIELD");
      (*info.mutable_metadata())["field"] = field;
      error.add_details()->PackFrom(info);
      error.add_details()->set_type_url("type.googleapis.com/of.a.newer.Server");
      return;
    }
    v1::Transaction& t = *result->mutable_transaction();
    t.set_transaction_id("0123456789A" + std::to_string(advice.terminal_sequence() % 10));
    t.set_kind(advice.has_sale() ? v1::TRANSACTION_KIND_AUTHORIZATION
                                 : v1::TRANSACTION_KIND_CAPTURE);
    t.set_list_price_fen(advice.sale().list_price_fen());
    t.set_member_pays_fen(advice.sale().list_price_fen());
    const int64_t claimed_fen = advice.sale().list_price_fen() - advice.member_paid_fen();
    const bool refuse = request.terminal_id().starts_with("REFUSE");
    result->set_idempotent_replay(advice.has_sale() && IsKnown(advice.sale().request_id()));
    result->set_accepted(!refuse);
    t.set_outcome(v1::OUTCOME_DECLINED);
    if (refuse) {
      t.set_reason(v1::REASON_INVALID_TERMINAL);
    } else if (advice.occurred_at().seconds() < kOldestSeconds) {
      result->set_accepted(false);
      t.set_reason(v1::REASON_ADVICE_TOO_OLD);
      t.set_liability(v1::LIABILITY_MANUAL);
    } else if (card.starts_with("9")) {
      t.set_reason(v1::REASON_CARD_LOST_OR_STOLEN);
      t.set_display_message_zh("卡已挂失");
      t.set_liability(v1::LIABILITY_ACQUIRER);
      t.set_acquirer_bears_fen(claimed_fen);
    } else {
      t.set_outcome(v1::OUTCOME_APPROVED);
      t.set_liability(v1::LIABILITY_PROGRAMME);
      t.set_member_pays_fen(advice.member_paid_fen());
      t.set_subsidy_fen(claimed_fen);
    }
  }

  static void Decide(const v1::AuthorizeRequest& request, v1::Transaction* t) {
    t->set_transaction_id("0123456789AB");
    t->set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
    t->set_terminal_id(request.terminal_id());
    t->set_request_id(request.request_id());
    t->set_list_price_fen(request.list_price_fen());
    for (const v1::LineItem& item : request.lines()) {
      v1::TransactionLine& line = *t->add_lines();
      line.set_line_number(static_cast<uint32_t>(t->lines_size()));
      line.set_item_code(item.item_code());
      line.set_quantity(item.quantity());
      line.set_price_fen(item.price_fen());
      line.set_member_pays_fen(item.price_fen());
    }
    if (request.card_number().starts_with("9")) {
      t->set_outcome(v1::OUTCOME_DECLINED);
      t->set_reason(v1::REASON_CARD_LOST_OR_STOLEN);
      t->set_member_pays_fen(request.list_price_fen());
      t->set_display_message("Card reported lost");
      t->set_display_message_zh("卡已挂失");
      return;
    }
    t->set_outcome(v1::OUTCOME_APPROVED);
    if (request.has_event_at()) {
      t->set_state(v1::TRANSACTION_STATE_PENDING);
      t->set_display_message_zh("已批准");
    }
    t->set_member_pays_fen(1);
    t->set_subsidy_fen(request.list_price_fen() - 1);
  }

  Shared* const shared_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFakeAuthorization(Shared* shared) {
  return std::make_unique<FakeAuthorization>(shared);
}

}  // namespace gonghui::testing_e2e
