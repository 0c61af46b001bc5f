// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The terminals' calls one by one.  All but Authorize are too rare to be read in place.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/domain/explanation.h"
#include "engine/domain/limits.h"
#include "engine/server/request_fields.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {

Refusal AnotherTerminal(std::string_view path) {
  Refusal refusal;
  refusal.code = StatusCode::kPermissionDenied;
  refusal.reason = "PERMISSION_DENIED";
  refusal.message = "the caller's certificate names another terminal";
  refusal.field = std::string(path) + "terminal_id";
  return refusal;
}

Refusal Malformed(std::string_view message_name) {
  Refusal refusal;
  refusal.code = StatusCode::kInvalidArgument;
  refusal.reason = "MALFORMED_MESSAGE";
  refusal.message = "the bytes are not a gonghui.v1." + std::string(message_name);
  return refusal;
}

bool ReadTime(std::string_view message, AuthorizeFields::Time* time) {
  time->set = true;
  WireReader reader(message);
  while (!reader.AtEnd()) {
    uint32_t tag = 0;
    uint64_t value = 0;
    if (!reader.ReadTag(&tag)) {
      return false;
    }
    switch (tag) {
      case WireTag(1, WireType::kVarint):
        if (!reader.ReadVarint(&value)) {
          return false;
        }
        time->seconds = static_cast<int64_t>(value);
        break;
      case WireTag(2, WireType::kVarint):
        if (!reader.ReadVarint(&value)) {
          return false;
        }
        time->nanos = static_cast<int32_t>(value);
        break;
      default:
        if (!reader.Skip(tag)) {
          return false;
        }
    }
  }
  return true;
}

std::string_view FindBytes(std::string_view message, int field) {
  std::string_view found;
  WireReader reader(message);
  uint32_t tag = 0;
  while (!reader.AtEnd() && reader.ReadTag(&tag)) {
    if (tag == BytesTag(field)) {
      if (!reader.ReadBytes(&found)) {
        return {};
      }
    } else if (!reader.Skip(tag)) {
      return {};
    }
  }
  return found;
}

namespace {

constexpr std::string_view kTransactionIdRule =
    "must be 12 characters of Crockford's base 32, as the engine gave them";

static_assert(static_cast<int>(ReversalReason::kCustomerCancellation) ==
              v1::REVERSAL_REASON_CUSTOMER_CANCELLATION);
static_assert(static_cast<int>(ReversalReason::kDeviceUnable) == v1::REVERSAL_REASON_DEVICE_UNABLE);

// The transaction that is meant, by exactly one of its two names.
void ReadReference(std::string_view id_text,
                   std::string_view id_field,
                   std::string_view request_id_text,
                   std::string_view request_id_field,
                   Violations* violations,
                   TransactionId* id,
                   RequestId* request_id) {
  if (id_text.empty() == request_id_text.empty()) {
    violations->Add(id_field,
                    "exactly one of " + std::string(id_field) + " and " +
                        std::string(request_id_field) + " must be given");
    return;
  }
  if (id_text.empty()) {
    ReadRequestId(request_id_text, request_id_field, violations, request_id);
    return;
  }
  const std::optional<TransactionId> parsed = ParseTransactionId(id_text);
  if (parsed.has_value()) {
    *id = *parsed;
  } else {
    violations->Add(id_field, kTransactionIdRule);
  }
}

// The authorization that a call is about.
template <class Request, class Original>
void ReadOriginal(const Request& request, Violations* violations, Original* original) {
  ReadReference(request.original_transaction_id(),
                "original_transaction_id",
                request.original_request_id(),
                "original_request_id",
                violations,
                &original->original,
                &original->original_request_id);
}

// Part of a list price, if one is given.  A capture of nothing releases a hold; of
// anything else nothing is no part.
void ReadAmount(int64_t amount_fen, int64_t least_fen, Violations* violations, Fen* amount) {
  if (amount_fen >= least_fen && amount_fen <= kTransactionFenMax) {
    *amount = Fen{amount_fen};
  } else {
    violations->Add(
        "amount_fen",
        least_fen == 0 ? "must be 0 to 1000000000000 fen" : "must be 1 to 1000000000000 fen");
  }
}
template <class Request, class Part>
void ReadOptionalAmount(const Request& request,
                        int64_t least_fen,
                        Violations* violations,
                        Part* part) {
  part->has_amount = request.has_amount_fen();
  if (part->has_amount) {
    ReadAmount(request.amount_fen(), least_fen, violations, &part->amount);
  }
}

// What tells of the message: of it the trace number alone is kept.
template <class Request, class Part>
void ReadEvidence(const Request& request, Violations* violations, Part* part) {
  CheckStan(request.stan(), violations);
  part->stan = request.stan();
  CheckTime(request.has_transmission_time(),
            request.transmission_time().seconds(),
            request.transmission_time().nanos(),
            "transmission_time",
            violations);
  CheckTransportData(request.transport_data().size(), violations);
}

// Instead of an amount.
void ReadReturnedLines(const v1::RefundRequest& request,
                       Violations* violations,
                       Command* command,
                       std::unique_ptr<Attachment>* attachment) {
  if (request.has_amount_fen()) {
    violations->Add("lines", "must be empty when amount_fen is given: what they cost is refunded");
    return;
  }
  if (request.lines_size() > static_cast<int>(kLinesPerTransactionMax)) {
    violations->Add("lines", "must be at most 64 lines");
    return;
  }
  *attachment = std::make_unique<Attachment>();
  std::vector<ReturnedLine>& lines = (*attachment)->returned_lines;
  uint32_t number_before = 0;
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::ReturnedLine& line = request.lines(i);
    const std::string path = "lines[" + std::to_string(i) + "].";
    if (line.line_number() < 1 || line.line_number() > kLinesPerTransactionMax) {
      violations->Add(path + "line_number", "must be 1 to 64");
    } else if (line.line_number() <= number_before) {
      violations->Add(path + "line_number",
                      "must be above the one before: each line once, in rising order");
    } else {
      number_before = line.line_number();
    }
    if (line.quantity() < 1 || line.quantity() > kLineQuantityMax) {
      violations->Add(path + "quantity", "must be 1 to 1000000 pieces");
    }
    lines.push_back({line.line_number(), line.quantity()});
  }
  command->refund.lines = lines.data();
  command->refund.line_count = static_cast<uint8_t>(lines.size());
  command->details = &(*attachment)->details;
}

}  // namespace

void ReadCapture(const v1::CaptureRequest& request, Violations* violations, Command* command) {
  command->capture = CaptureRequest{};
  CaptureRequest& capture = command->capture;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &capture);
  ReadOptionalAmount(request, 0, violations, &capture);
  capture.final_capture = request.final_capture();
  ReadEvidence(request, violations, &capture);
}

void ReadReverse(const v1::ReverseRequest& request, Violations* violations, Command* command) {
  command->reverse = ReverseRequest{};
  ReverseRequest& reverse = command->reverse;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &reverse);
  ReadOptionalAmount(request, 1, violations, &reverse);
  if (request.reversal_reason() == v1::REVERSAL_REASON_UNSPECIFIED) {
    violations->Add("reversal_reason", "is required");
  } else if (!v1::ReversalReason_IsValid(request.reversal_reason())) {
    violations->Add("reversal_reason", "is not a value of ReversalReason");
  } else {
    reverse.reason = static_cast<ReversalReason>(request.reversal_reason());
  }
  ReadEvidence(request, violations, &reverse);
}

void ReadRefund(const v1::RefundRequest& request,
                Violations* violations,
                Command* command,
                std::unique_ptr<Attachment>* attachment) {
  command->refund = RefundRequest{};
  RefundRequest& refund = command->refund;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &refund);
  ReadOptionalAmount(request, 1, violations, &refund);
  ReadEvidence(request, violations, &refund);
  if (request.lines_size() > 0) {
    ReadReturnedLines(request, violations, command, attachment);
  }
}

namespace {

void ReadIncrement(const v1::IncrementAuthorizationRequest& request,
                   Violations* violations,
                   Command* command) {
  command->increment = IncrementRequest{};
  IncrementRequest& increment = command->increment;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &increment);
  ReadAmount(request.amount_fen(), 1, violations, &increment.amount);
  ReadHold(request.hold_seconds(), violations, &increment.hold_s);
  ReadEvidence(request, violations, &increment);
}

// What one side counted.  Sums of list prices are never below zero; the net subsidy is when
// more was given back than sold.
void ReadSum(
    int64_t fen, int64_t least_fen, std::string_view field, Violations* violations, Fen* sum) {
  if (fen >= least_fen && fen <= kFundFenMax) {
    *sum = Fen{fen};
  } else {
    violations->Add(field,
                    least_fen == 0 ? "must be 0 to 1000000000000000000 fen"
                                   : "must be -1000000000000000000 to 1000000000000000000 fen");
  }
}

void ReadCloseBatch(const v1::CloseBatchRequest& request,
                    Violations* violations,
                    Command* command) {
  command->close_batch = CloseBatchRequest{};
  Totals& theirs = command->close_batch.theirs;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  if (!request.has_totals()) {
    violations->Add("totals", "is required: what the terminal counted, zeros included");
  }
  const v1::BatchTotals& totals = request.totals();
  theirs.captures = totals.capture_count();
  theirs.refunds = totals.refund_count();
  theirs.reversals = totals.reversal_count();
  ReadSum(totals.captured_fen(), 0, "totals.captured_fen", violations, &theirs.captured);
  ReadSum(totals.refunded_fen(), 0, "totals.refunded_fen", violations, &theirs.refunded);
  ReadSum(totals.reversed_fen(), 0, "totals.reversed_fen", violations, &theirs.reversed);
  ReadSum(totals.subsidy_fen(), -kFundFenMax, "totals.subsidy_fen", violations, &theirs.subsidy);
  CheckTransportData(request.transport_data().size(), violations);
}

void ReadInquiry(const v1::GetTransactionRequest& request,
                 Violations* violations,
                 Command* command) {
  command->inquiry = InquiryRequest{};
  ReadReference(request.transaction_id(),
                "transaction_id",
                request.request_id(),
                "request_id",
                violations,
                &command->inquiry.transaction,
                &command->inquiry.request_id);
}

// Room for what the answer tells beside the transaction.
void AskForDetails(TerminalCall* call) {
  call->attachment = std::make_unique<Attachment>();
  call->command.details = &call->attachment->details;
}

void ReadEntitlements(const v1::GetEntitlementsRequest& request,
                      Violations* violations,
                      Command* command) {
  command->entitlements = EntitlementsRequest{};
  ReadCard(request.card_number(), violations, &command->entitlements.card);
  command->entitlements.here = request.here();
}

// Authorize and Quote.
bool TakeAuthorize(const AuthorizeFields& fields,
                   std::string_view path,
                   CommandKind kind,
                   const Caller& caller,
                   TerminalCall* call,
                   Refusal* refusal) {
  if (fields.explain) [[unlikely]] {
    call->explanation = std::make_unique<Explanation>();
  }
  return ToCommand(fields,
                   caller,
                   path,
                   kind,
                   &call->command,
                   refusal,
                   &call->attachment,
                   call->explanation.get());
}

// For those that are too rare to be read in place.
template <class Request, class Read>
bool ReadGenerated(std::string_view message,
                   std::string_view name,
                   const Caller& caller,
                   TerminalCall* call,
                   Refusal* refusal,
                   const Read& read) {
  Request request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    *refusal = Malformed(name);
    return false;
  }
  Violations violations("");
  const bool own =
      ReadTerminal(request.terminal_id(), caller, &violations, &call->command.terminal);
  read(request, &violations, &call->command);
  if (!violations.none()) {
    *refusal = violations.ToRefusal();
    return false;
  }
  if (!own) {
    *refusal = AnotherTerminal("");
    return false;
  }
  return true;
}

}  // namespace

bool ToCommand(CommandKind kind,
               std::string_view message,
               const Caller& caller,
               TerminalCall* call,
               Refusal* refusal) {
  Command& command = call->command;
  command.kind = kind;
  command.advice = nullptr;
  command.details = nullptr;
  command.validate_only = false;
  call->transport_data = {};
  switch (kind) {
    case CommandKind::kAuthorize: {
      AuthorizeFields fields;
      if (!ParseAuthorizeRequest(message, &fields)) {
        *refusal = Malformed("AuthorizeRequest");
        return false;
      }
      call->transport_data = fields.transport_data;
      return TakeAuthorize(fields, "", kind, caller, call, refusal);
    }
    case CommandKind::kQuote: {
      AuthorizeFields fields;
      if (!ParseAuthorizeRequest(FindBytes(message, v1::QuoteRequest::kAuthorizeFieldNumber),
                                 &fields)) {
        *refusal = Malformed("QuoteRequest");
        return false;
      }
      return TakeAuthorize(fields, "authorize.", kind, caller, call, refusal);
    }
    case CommandKind::kCapture:
      call->transport_data = FindBytes(message, v1::CaptureRequest::kTransportDataFieldNumber);
      return ReadGenerated<v1::CaptureRequest>(
          message, "CaptureRequest", caller, call, refusal, ReadCapture);
    case CommandKind::kReverse:
      call->transport_data = FindBytes(message, v1::ReverseRequest::kTransportDataFieldNumber);
      return ReadGenerated<v1::ReverseRequest>(
          message, "ReverseRequest", caller, call, refusal, ReadReverse);
    case CommandKind::kIncrement:
      call->transport_data =
          FindBytes(message, v1::IncrementAuthorizationRequest::kTransportDataFieldNumber);
      return ReadGenerated<v1::IncrementAuthorizationRequest>(
          message, "IncrementAuthorizationRequest", caller, call, refusal, ReadIncrement);
    case CommandKind::kRefund:
      call->transport_data = FindBytes(message, v1::RefundRequest::kTransportDataFieldNumber);
      return ReadGenerated<v1::RefundRequest>(
          message,
          "RefundRequest",
          caller,
          call,
          refusal,
          [call](const v1::RefundRequest& request, Violations* violations, Command* refund) {
            ReadRefund(request, violations, refund, &call->attachment);
          });
    case CommandKind::kCloseBatch:
      call->transport_data = FindBytes(message, v1::CloseBatchRequest::kTransportDataFieldNumber);
      if (!ReadGenerated<v1::CloseBatchRequest>(
              message, "CloseBatchRequest", caller, call, refusal, ReadCloseBatch)) {
        return false;
      }
      AskForDetails(call);
      return true;
    case CommandKind::kGetEntitlements:
      if (!ReadGenerated<v1::GetEntitlementsRequest>(
              message, "GetEntitlementsRequest", caller, call, refusal, ReadEntitlements)) {
        return false;
      }
      call->entitlements = std::make_unique<EntitlementList>();
      command.entitlements.list = call->entitlements.get();
      return true;
    case CommandKind::kGetTransaction:
      if (!ReadGenerated<v1::GetTransactionRequest>(
              message, "GetTransactionRequest", caller, call, refusal, ReadInquiry)) {
        return false;
      }
      AskForDetails(call);
      return true;
    default:
      GH_CHECK(false, "not a terminal's call; kind=", kind);
      return false;
  }
}

}  // namespace gonghui
