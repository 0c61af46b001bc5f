// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/answer.h"

#include <algorithm>
#include <memory>

#include <google/protobuf/util/message_differencer.h>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/wire.h"

namespace gonghui::load {
namespace {

using v1::AppliedBenefit;
using v1::AuthorizeResponse;
using v1::LimitState;
using v1::Transaction;

// All responses are read alike.
static_assert(AreSame(AuthorizeResponse::kTransactionFieldNumber,
                      v1::CaptureResponse::kTransactionFieldNumber,
                      v1::ReverseResponse::kTransactionFieldNumber,
                      v1::RefundResponse::kTransactionFieldNumber));
static_assert(AreSame(AuthorizeResponse::kIdempotentReplayFieldNumber,
                      v1::CaptureResponse::kIdempotentReplayFieldNumber,
                      v1::ReverseResponse::kIdempotentReplayFieldNumber,
                      v1::RefundResponse::kIdempotentReplayFieldNumber));

// An enum or small number of the wire; too large a value reads as an impossible one.
uint32_t Small(uint64_t number) {
  return static_cast<uint32_t>(std::min<uint64_t>(number, UINT32_MAX));
}

bool ReadAppliedBenefit(std::string_view bytes, Answer* answer) {
  WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == AppliedBenefit::kAmountFenFieldNumber) {
      answer->applied_fen += in.Signed();
    }
  }
  ++answer->applied_count;
  return in.ok();
}

bool ReadLimit(std::string_view bytes, Answer* answer) {
  int64_t max = 0;
  int64_t taken_and_left = 0;
  WireReader in(bytes);
  while (in.Next()) {
    switch (in.field()) {
      case LimitState::kMaxFieldNumber:
        max = in.Signed();
        break;
      case LimitState::kUsedFieldNumber:
      case LimitState::kHeldFieldNumber:
      case LimitState::kLeftFieldNumber:
        taken_and_left += in.Signed();
        break;
      default:
        break;
    }
  }
  answer->limits_add_up = answer->limits_add_up && max == taken_and_left;
  return in.ok();
}

bool ReadTransaction(std::string_view bytes, Answer* answer) {
  bool parts_ok = true;
  WireReader in(bytes);
  while (in.Next()) {
    switch (in.field()) {
      case Transaction::kTransactionIdFieldNumber:
        answer->transaction_id = in.Bytes();
        break;
      case Transaction::kKindFieldNumber:
        answer->kind = Small(in.Number());
        break;
      case Transaction::kOutcomeFieldNumber:
        answer->outcome = Small(in.Number());
        break;
      case Transaction::kReasonFieldNumber:
        answer->reason = Small(in.Number());
        break;
      case Transaction::kStateFieldNumber:
        answer->state = Small(in.Number());
        break;
      case Transaction::kRequestIdFieldNumber:
        answer->request_id = in.Bytes();
        break;
      case Transaction::kTerminalIdFieldNumber:
        answer->terminal_id = in.Bytes();
        break;
      case Transaction::kMerchantIdFieldNumber:
        answer->merchant_id = in.Bytes();
        break;
      case Transaction::kApprovalCodeFieldNumber:
        answer->approval_code = in.Bytes();
        break;
      case Transaction::kDecidedAtFieldNumber:
        answer->decided_at = true;
        break;
      case Transaction::kListPriceFenFieldNumber:
        answer->list_price_fen = in.Signed();
        break;
      case Transaction::kMemberPaysFenFieldNumber:
        answer->member_pays_fen = in.Signed();
        break;
      case Transaction::kSubsidyFenFieldNumber:
        answer->subsidy_fen = in.Signed();
        break;
      case Transaction::kAppliedBenefitsFieldNumber:
        parts_ok = ReadAppliedBenefit(in.Bytes(), answer) && parts_ok;
        break;
      case Transaction::kLimitsFieldNumber:
        parts_ok = ReadLimit(in.Bytes(), answer) && parts_ok;
        break;
      case Transaction::kCapturedFenFieldNumber:
        answer->captured_fen = in.Signed();
        break;
      case Transaction::kOriginalTransactionIdFieldNumber:
        answer->original_transaction_id = in.Bytes();
        break;
      case Transaction::kOriginalFoundFieldNumber:
        answer->original_found = in.Number() != 0;
        break;
      case Transaction::kStanFieldNumber:
        answer->stan = Small(in.Number());
        break;
      default:
        break;
    }
  }
  return in.ok() && parts_ok;
}

std::string_view WrongWithDecline(const Answer& answer) {
  if (answer.reason == v1::REASON_UNSPECIFIED) {
    return "declined without a reason";
  }
  // An unknown terminal is refused without a record; nothing else is.
  const bool recorded = answer.reason != v1::REASON_INVALID_TERMINAL;
  if (recorded && answer.state != v1::TRANSACTION_STATE_DECLINED) {
    return "declined, but state is not DECLINED";
  }
  if (recorded && answer.transaction_id.empty()) {
    return "declined without a transaction_id";
  }
  if (answer.subsidy_fen != 0 || answer.applied_count != 0 || answer.captured_fen != 0) {
    return "declined, but something was booked";
  }
  if (!answer.approval_code.empty()) {
    return "declined with an approval_code";
  }
  return {};
}

// What no hold can be answered with that was approved, and that nobody but us has touched.
bool ContradictsTheHold(uint32_t reason) {
  switch (reason) {
    case v1::REASON_ORIGINAL_NOT_FOUND:
    case v1::REASON_PREVIOUSLY_REVERSED:
    case v1::REASON_ALREADY_CAPTURED:
    case v1::REASON_ORIGINAL_DECLINED:
    case v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT:
    case v1::REASON_FURTHER_ACTIVITY_PREVENTS_REVERSAL:
    case v1::REASON_EXCEEDS_CAPTURED_AMOUNT:
      return true;
    default:
      return false;
  }
}

// What is the same in every approval.
std::string_view WrongWithMoney(const Answer& answer, const Sent& sent) {
  if (answer.transaction_id.empty() || answer.approval_code.empty()) {
    return "approved without a transaction_id or approval_code";
  }
  if (answer.transaction_id.size() != kTransactionIdBytes) {
    return "transaction_id has not 12 characters";
  }
  if (answer.list_price_fen != sent.list_price_fen) {
    return "list_price_fen is not what was asked";
  }
  if (answer.member_pays_fen < 0 || answer.subsidy_fen < 0) {
    return "a negative share";
  }
  if (answer.applied_fen != answer.subsidy_fen) {
    return "the applied_benefits do not add up to subsidy_fen";
  }
  return {};
}

std::string_view WrongWithFollowUp(const Answer& answer, const Sent& sent) {
  if (answer.outcome == v1::OUTCOME_DECLINED) {
    return ContradictsTheHold(answer.reason) ? "declined for a reason that the hold contradicts"
                                             : WrongWithDecline(answer);
  }
  if (answer.outcome != v1::OUTCOME_APPROVED) {
    return "neither approved nor declined";
  }
  if (const std::string_view problem = WrongWithMoney(answer, sent); !problem.empty()) {
    return problem;
  }
  const Original& original = *sent.original;
  if (answer.original_transaction_id != original.transaction_id_text()) {
    return "original_transaction_id is not the hold's";
  }
  if (answer.state != v1::TRANSACTION_STATE_COMPLETED) {
    return "state is not COMPLETED";
  }
  if (answer.captured_fen != 0) {
    return "captured_fen of what is no authorization";
  }
  if (sent.step == Step::kReversal && !answer.original_found) {
    return "a reversal of a hold that was approved did not find it";
  }
  // Of a part the benefit is worked out anew.
  const bool in_part = sent.list_price_fen != original.list_price_fen;
  if (in_part ? answer.subsidy_fen > original.subsidy_fen
              : answer.subsidy_fen != original.subsidy_fen) {
    return "subsidy_fen is not the original's";
  }
  return {};
}

std::string_view WrongWithApproval(const Answer& answer, const Sent& sent) {
  if (const std::string_view problem = WrongWithMoney(answer, sent); !problem.empty()) {
    return problem;
  }
  // A repeat tells where the transaction stands now; it may have been expired.
  if (sent.earlier != nullptr) {
    return {};
  }
  if (answer.state !=
      (sent.capture() ? v1::TRANSACTION_STATE_CAPTURED : v1::TRANSACTION_STATE_PENDING)) {
    return sent.capture() ? "an approved sale is not CAPTURED" : "an approved hold is not PENDING";
  }
  if (answer.captured_fen != (sent.capture() ? answer.list_price_fen : 0)) {
    return sent.capture() ? "captured_fen of a sale is not its list_price_fen"
                          : "captured_fen of a new hold is not 0";
  }
  return {};
}

// The same message, though perhaps not the same bytes.  Of a hold, all but where
// it stands: that may have changed.
bool SameTransaction(bool capture, std::string_view a, std::string_view b) {
  if (a == b) {
    return true;
  }
  Transaction first;
  Transaction second;
  if (!first.ParseFromArray(a.data(), static_cast<int>(a.size())) ||
      !second.ParseFromArray(b.data(), static_cast<int>(b.size()))) {
    return false;
  }
  if (!capture) {
    for (Transaction* transaction : {&first, &second}) {
      transaction->clear_state();
      transaction->clear_captured_fen();
      transaction->clear_captured_subsidy_fen();
    }
  }
  return google::protobuf::util::MessageDifferencer::Equals(first, second);
}

uint32_t KindOf(Step step) {
  switch (step) {
    case Step::kSale:
    case Step::kTap:
    case Step::kHold:
      return v1::TRANSACTION_KIND_AUTHORIZATION;
    case Step::kCapture:
      return v1::TRANSACTION_KIND_CAPTURE;
    case Step::kReversal:
      return v1::TRANSACTION_KIND_REVERSAL;
    case Step::kRefund:
      return v1::TRANSACTION_KIND_REFUND;
  }
  return v1::TRANSACTION_KIND_UNSPECIFIED;
}

std::unique_ptr<google::protobuf::Message> RequestOf(Step step) {
  switch (step) {
    case Step::kSale:
    case Step::kTap:
    case Step::kHold:
      break;
    case Step::kCapture:
      return std::make_unique<v1::CaptureRequest>();
    case Step::kReversal:
      return std::make_unique<v1::ReverseRequest>();
    case Step::kRefund:
      return std::make_unique<v1::RefundRequest>();
  }
  return std::make_unique<v1::AuthorizeRequest>();
}

}  // namespace

bool ReadAnswer(std::string_view response, Answer* answer) {
  *answer = Answer();
  bool transaction_ok = false;
  WireReader in(response);
  while (in.Next()) {
    switch (in.field()) {
      case AuthorizeResponse::kTransactionFieldNumber:
        answer->transaction = in.Bytes();
        transaction_ok = ReadTransaction(in.Bytes(), answer);
        break;
      case AuthorizeResponse::kIdempotentReplayFieldNumber:
        answer->idempotent_replay = in.Number() != 0;
        break;
      default:
        break;
    }
  }
  return in.ok() && transaction_ok;
}

std::string_view WrongWith(const Answer& answer, const Sent& sent, const Workload& workload) {
  if (answer.request_id != sent.request_id_text()) {
    return "request_id is not echoed";
  }
  const Workload::Terminal& terminal = workload.terminal(sent.terminal);
  if (answer.terminal_id != terminal.id) {
    return "terminal_id is not echoed";
  }
  if (answer.merchant_id != terminal.merchant_id && answer.reason != v1::REASON_INVALID_TERMINAL) {
    return "merchant_id is not echoed";
  }
  if (answer.stan != sent.stan) {
    return "stan is not echoed";
  }
  if (answer.kind != KindOf(sent.step)) {
    return "kind is not that of what was asked";
  }
  if (!answer.decided_at) {
    return "decided_at is missing";
  }
  if (answer.list_price_fen != answer.member_pays_fen + answer.subsidy_fen) {
    return "list_price_fen is not member_pays_fen + subsidy_fen";
  }
  if (!answer.limits_add_up) {
    return "a limit's max is not used + held + left";
  }
  if (sent.earlier == nullptr && answer.idempotent_replay) {
    return "a new request was answered as a replay (was this --seed used here before?)";
  }
  if (sent.earlier != nullptr && !answer.idempotent_replay) {
    return "a repeated request was not answered as a replay";
  }
  if (sent.earlier != nullptr && !sent.earlier->transaction.empty() &&
      !SameTransaction(sent.capture(), answer.transaction, sent.earlier->transaction)) {
    return "a repeated request was answered otherwise than before";
  }
  if (sent.original != nullptr) {
    return WrongWithFollowUp(answer, sent);
  }
  switch (answer.outcome) {
    case v1::OUTCOME_APPROVED:
    case v1::OUTCOME_APPROVED_PARTIAL:
      return WrongWithApproval(answer, sent);
    case v1::OUTCOME_DECLINED:
      return WrongWithDecline(answer);
    default:
      return "no outcome";
  }
}

bool ReadStreamResults(std::string_view message, std::vector<StreamResult>* results) {
  results->clear();
  WireReader in(message);
  while (in.Next()) {
    if (in.field() != v1::AuthorizeStreamResponse::kResultsFieldNumber) {
      continue;
    }
    StreamResult& result = results->emplace_back();
    WireReader part(in.Bytes());
    while (part.Next()) {
      if (part.field() == v1::AuthorizeStreamResult::kResponseFieldNumber) {
        result.response = part.Bytes();
        result.has_response = true;
      } else if (part.field() == v1::AuthorizeStreamResult::kErrorFieldNumber) {
        result.has_error = true;
        for (WireReader status(part.Bytes()); status.Next();) {
          if (status.field() == 1) {  // google.rpc.Status.code
            result.error_code = Small(status.Number());
          }
        }
      }
    }
    if (!part.ok()) {
      return false;
    }
  }
  return in.ok();
}

std::string DescribeWrong(std::string_view problem,
                          const Sent& sent,
                          const Workload& workload,
                          std::string_view response) {
  std::string text = "WRONG ANSWER: ";
  text += problem;
  char bytes[kRequestBytesMax];
  const char* end = sent.original == nullptr
                        ? EncodeRequest(workload, RequestMix(), sent, {}, bytes)
                        : EncodeFollowUp(workload, sent, 0, bytes);
  const auto request = RequestOf(sent.step);
  if (request->ParseFromArray(bytes, static_cast<int>(end - bytes))) {
    text += "\n  request: " + request->GetTypeName() + " " + request->ShortDebugString();
  }
  AuthorizeResponse answer;
  if (answer.ParseFromArray(response.data(), static_cast<int>(response.size()))) {
    text += "\n  answer:  " + answer.ShortDebugString();
  } else {
    text += "\n  answer:  " + std::to_string(response.size()) + " bytes that are no message";
  }
  Transaction before;
  if (sent.earlier != nullptr && before.ParseFromString(sent.earlier->transaction)) {
    text += "\n  before:  " + before.ShortDebugString();
  }
  return text;
}

}  // namespace gonghui::load
