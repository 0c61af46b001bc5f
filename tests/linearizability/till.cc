// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/till.h"

#include <optional>

#include <absl/strings/str_cat.h>
#include <grpcpp/client_context.h>

#include "engine/base/check.h"
#include "engine/domain/ids.h"
#include "engine/server/text_codec.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"

namespace gonghui::lin {
namespace {

Heard HeardIn(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return Heard::kAnswer;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Heard::kRefusal;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Heard::kTooLate;
    case grpc::StatusCode::UNAVAILABLE:
      return Heard::kNoConnection;
    default:
      return Heard::kNonsense;
  }
}

Reply Unanswered(const grpc::Status& status) {
  Reply reply;
  reply.heard = HeardIn(status);
  reply.words = absl::StrCat(static_cast<int>(status.error_code()), " ", status.error_message());
  return reply;
}

Reply Nonsense(const google::protobuf::Message& message) {
  Reply reply;
  reply.words = message.ShortDebugString();
  return reply;
}

Reply AnswerIn(const v1::Transaction& transaction, bool replay) {
  const std::optional<TransactionId> id = ParseTransactionId(transaction.transaction_id());
  if (!id.has_value() ||
      transaction.list_price_fen() != transaction.member_pays_fen() + transaction.subsidy_fen()) {
    return Nonsense(transaction);
  }
  Reply reply;
  reply.heard = Heard::kAnswer;
  reply.seq = SeqOf(*id).value();
  Answer& answer = reply.answer;
  const auto fen = [](int64_t amount) { return static_cast<int32_t>(amount); };
  answer.list_fen = fen(transaction.list_price_fen());
  answer.subsidy_fen = fen(transaction.subsidy_fen());
  answer.captured_fen = fen(transaction.captured_fen());
  answer.captured_subsidy_fen = fen(transaction.captured_subsidy_fen());
  answer.why = static_cast<Why>(transaction.reason());
  answer.standing = static_cast<Standing>(transaction.state());
  answer.approved = transaction.outcome() == v1::OUTCOME_APPROVED;
  answer.replay = replay;
  answer.original_found = !transaction.original_transaction_id().empty();
  if (transaction.kind() == v1::TRANSACTION_KIND_REVERSAL &&
      answer.original_found != transaction.original_found()) {
    return Nonsense(transaction);
  }
  const v1::FailedCheck& failed = transaction.failed_check();
  if (failed.has_limit() || transaction.limits_size() > 0) {
    const v1::LimitState& limit = failed.has_limit() ? failed.limit() : transaction.limits(0);
    answer.limit_used = fen(limit.used());
    answer.limit_held = fen(limit.held());
    if (limit.left() != limit.max() - limit.used() - limit.held()) {
      return Nonsense(transaction);
    }
  }
  if (failed.has_fund()) {
    answer.fund_needed_fen = fen(failed.fund().needed_fen());
    answer.fund_available_fen = fen(failed.fund().available_fen());
  }
  return reply;
}

}  // namespace

struct Till::Stubs {
  explicit Stubs(const ServerProcess& server)
      : terminals(v1::AuthorizationService::NewStub(server.ConnectTerminal())),
        funds(v1::ProgrammeService::NewStub(server.ConnectOperator())) {}

  Reply Authorize(grpc::ClientContext* context, const RoundNames& names, const Request& request) {
    v1::AuthorizeRequest message;
    message.set_request_id(names.RequestId(request.id));
    message.set_terminal_id(names.Terminal(request.terminal));
    message.set_card_number(names.Card(request.member));
    message.set_list_price_fen(request.amount_fen);
    message.set_capture(request.sale);
    v1::AuthorizeResponse response;
    const grpc::Status status = terminals->Authorize(context, message, &response);
    return status.ok() ? AnswerIn(response.transaction(), response.idempotent_replay())
                       : Unanswered(status);
  }

  Reply Capture(grpc::ClientContext* context, const RoundNames& names, const Request& request) {
    v1::CaptureRequest message;
    message.set_request_id(names.RequestId(request.id));
    message.set_terminal_id(names.Terminal(request.terminal));
    message.set_original_request_id(names.RequestId(request.original));
    message.set_final_capture(request.final);
    if (request.amount_fen != 0) {
      message.set_amount_fen(request.amount_fen);
    }
    v1::CaptureResponse response;
    const grpc::Status status = terminals->Capture(context, message, &response);
    return status.ok() ? AnswerIn(response.transaction(), response.idempotent_replay())
                       : Unanswered(status);
  }

  Reply Reverse(grpc::ClientContext* context, const RoundNames& names, const Request& request) {
    v1::ReverseRequest message;
    message.set_request_id(names.RequestId(request.id));
    message.set_terminal_id(names.Terminal(request.terminal));
    message.set_original_request_id(names.RequestId(request.original));
    message.set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
    if (request.amount_fen != 0) {
      message.set_amount_fen(request.amount_fen);
    }
    v1::ReverseResponse response;
    const grpc::Status status = terminals->Reverse(context, message, &response);
    return status.ok() ? AnswerIn(response.transaction(), response.idempotent_replay())
                       : Unanswered(status);
  }

  Reply Inquire(grpc::ClientContext* context, const RoundNames& names, const Request& request) {
    v1::GetTransactionRequest message;
    message.set_terminal_id(names.Terminal(request.terminal));
    message.set_request_id(names.RequestId(request.id));
    v1::GetTransactionResponse response;
    const grpc::Status status = terminals->GetTransaction(context, message, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
      Reply reply;
      reply.heard = Heard::kAnswer;
      reply.answer.found = false;
      return reply;
    }
    return status.ok() ? AnswerIn(response.transaction(), false) : Unanswered(status);
  }

  Reply LookAtMember(grpc::ClientContext* context,
                     const RoundNames& names,
                     const Request& request) {
    v1::GetEntitlementsRequest message;
    message.set_terminal_id(names.Terminal(request.terminal));
    message.set_card_number(names.Card(request.member));
    message.set_here(true);
    v1::GetEntitlementsResponse response;
    const grpc::Status status = terminals->GetEntitlements(context, message, &response);
    if (!status.ok()) {
      return Unanswered(status);
    }
    if (response.entitlements_size() != 1 || response.entitlements(0).limits_size() != 1) {
      return Nonsense(response);
    }
    const v1::Entitlement& entitlement = response.entitlements(0);
    Reply reply;
    reply.heard = Heard::kAnswer;
    reply.answer.limit_used = static_cast<int32_t>(entitlement.limits(0).used());
    reply.answer.limit_held = static_cast<int32_t>(entitlement.limits(0).held());
    reply.answer.why = static_cast<Why>(entitlement.reason());
    return reply;
  }

  Reply LookAtFund(grpc::ClientContext* context, const RoundNames& names) {
    v1::GetFundRequest message;
    message.set_fund_code(names.Fund());
    v1::GetFundResponse response;
    const grpc::Status status = funds->GetFund(context, message, &response);
    if (!status.ok()) {
      return Unanswered(status);
    }
    Reply reply;
    reply.heard = Heard::kAnswer;
    reply.answer.fund_held_fen = static_cast<int32_t>(response.fund().held());
    reply.answer.fund_spent_fen = static_cast<int32_t>(response.fund().spent());
    return reply;
  }

  const std::unique_ptr<v1::AuthorizationService::Stub> terminals;
  const std::unique_ptr<v1::ProgrammeService::Stub> funds;
};

Till::Till(const ServerProcess& server) : stubs_(std::make_unique<Stubs>(server)) {}
Till::~Till() = default;

Reply Till::Ask(const RoundNames& names, const Request& request, int64_t patience_us) {
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(patience_us, GPR_TIMESPAN)));
  switch (request.kind) {
    case Kind::kAuthorize:
      return stubs_->Authorize(&context, names, request);
    case Kind::kCapture:
      return stubs_->Capture(&context, names, request);
    case Kind::kReverse:
      return stubs_->Reverse(&context, names, request);
    case Kind::kInquire:
      return stubs_->Inquire(&context, names, request);
    case Kind::kLookAtMember:
      return stubs_->LookAtMember(&context, names, request);
    case Kind::kLookAtFund:
      return stubs_->LookAtFund(&context, names);
  }
  GH_CHECK(false, "no such kind: ", static_cast<int>(request.kind));
  return {};
}

}  // namespace gonghui::lin
