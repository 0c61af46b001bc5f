// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate.h"

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/domain/limits.h"
#include "engine/server/reason_text.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"

namespace gonghui {
namespace {

using WireAuthorize = v1::AuthorizeRequest;

// Collects what is wrong with a request.  Costs nothing while nothing is.
class Violations {
 public:
  explicit Violations(std::string_view path) : path_(path) {}

  [[nodiscard]] bool none() const { return found_.empty(); }

  [[gnu::cold]] void Add(std::string_view field, std::string_view description) {
    found_.push_back({std::string(path_) + std::string(field), std::string(description)});
  }

  Refusal ToRefusal() { return InvalidArgument(std::move(found_)); }

 private:
  const std::string_view path_;
  std::vector<FieldViolation> found_;
};

constexpr std::string_view kIdRule = "must be 1 to 16 characters of [A-Za-z0-9._:-]";
constexpr std::string_view kCodeRule = "must be 1 to 32 characters of [A-Za-z0-9._:-]";
constexpr std::string_view kUuidRule =
    "must be a UUID, 8-4-4-4-12 hexadecimal digits, not all of them 0";
constexpr std::string_view kTransactionIdRule =
    "must be 12 characters of Crockford's base 32, as the engine gave them";

void ReadRequestId(std::string_view text,
                   std::string_view field,
                   Violations* violations,
                   RequestId* id) {
  const std::optional<RequestId> parsed = ParseUuid(text);
  if (parsed.has_value()) [[likely]] {
    *id = *parsed;
  } else {
    violations->Add(field, text.empty() ? "is required: a UUID made by the caller" : kUuidRule);
  }
}

void ReadCard(std::string_view text, Violations* violations, CardNumber* card) {
  const std::optional<CardNumber> parsed = ParseCardNumber(text);
  if (parsed.has_value()) [[likely]] {
    *card = *parsed;
  } else {
    violations->Add("card_number", "must be 8 to 19 digits, the first not 0");
  }
}

void CheckStan(uint32_t stan, Violations* violations) {
  if (stan > kStanMax) [[unlikely]] {
    violations->Add("stan", "must be 0 to 999999");
  }
}

void ReadHold(uint32_t seconds, Violations* violations, uint32_t* hold_s) {
  if (seconds <= kHoldSecondsMax) [[likely]] {
    *hold_s = seconds;
  } else {
    violations->Add("hold_seconds", "must be at most 2678400 seconds (31 days)");
  }
}

void CheckTransportData(size_t bytes, Violations* violations) {
  if (bytes > kTransportDataBytesMax) [[unlikely]] {
    violations->Add("transport_data", "must be at most 64 bytes");
  }
}

void CheckTime(
    bool set, int64_t seconds, int64_t nanos, std::string_view field, Violations* violations) {
  if (!set) {
    return;
  }
  const bool sane = seconds >= kTimestampNsMin / kNsPerSecond &&
                    seconds < kTimestampNsMax / kNsPerSecond && nanos >= 0 && nanos < kNsPerSecond;
  if (!sane) [[unlikely]] {
    violations->Add(field, "must be an instant from 2000 to 2199");
  }
}

// The terminal that the call is made for.  False: it is not the caller's; that
// is no violation of form and stands apart.
bool ReadTerminal(std::string_view text,
                  const Caller& caller,
                  Violations* violations,
                  TerminalId* terminal) {
  if (text.empty()) {
    if (caller.terminal.IsNone()) {
      violations->Add("terminal_id",
                      "is required: there is no certificate that names the terminal");
    }
    *terminal = caller.terminal;
    return true;
  }
  const std::optional<TerminalId> parsed = ParseCode<TerminalId>(text);
  if (!parsed.has_value()) [[unlikely]] {
    violations->Add("terminal_id", kIdRule);
    return true;
  }
  *terminal = *parsed;
  return caller.terminal.IsNone() || caller.terminal == *parsed;
}

Refusal AnotherTerminal(std::string_view path) {
  Refusal refusal;
  refusal.code = StatusCode::kPermissionDenied;
  refusal.reason = "PERMISSION_DENIED";
  refusal.message = "the caller's certificate names another terminal";
  refusal.field = std::string(path) + "terminal_id";
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

constexpr uint32_t BytesTag(int field) {
  return WireTag(field, WireType::kBytes);
}
constexpr uint32_t VarintTag(int field) {
  return WireTag(field, WireType::kVarint);
}

}  // namespace

bool ParseAuthorizeRequest(std::string_view message, AuthorizeFields* fields) {
  WireReader reader(message);
  while (!reader.AtEnd()) {
    uint32_t tag = 0;
    uint64_t value = 0;
    std::string_view bytes;
    bool good = reader.ReadTag(&tag);
    if (!good) {
      return false;
    }
    switch (tag) {
      case BytesTag(WireAuthorize::kRequestIdFieldNumber):
        good = reader.ReadBytes(&fields->request_id);
        break;
      case BytesTag(WireAuthorize::kTerminalIdFieldNumber):
        good = reader.ReadBytes(&fields->terminal_id);
        break;
      case BytesTag(WireAuthorize::kMerchantIdFieldNumber):
        good = reader.ReadBytes(&fields->merchant_id);
        break;
      case BytesTag(WireAuthorize::kCardNumberFieldNumber):
        good = reader.ReadBytes(&fields->card_number);
        break;
      case VarintTag(WireAuthorize::kListPriceFenFieldNumber):
        good = reader.ReadVarint(&value);
        fields->list_price_fen = static_cast<int64_t>(value);
        break;
      case BytesTag(WireAuthorize::kProgrammeCodeFieldNumber):
        good = reader.ReadBytes(&fields->programme_code);
        break;
      case VarintTag(WireAuthorize::kCaptureFieldNumber):
        good = reader.ReadVarint(&value);
        fields->capture = value != 0;
        break;
      case VarintTag(WireAuthorize::kIfNoBenefitFieldNumber):
        good = reader.ReadVarint(&value);
        fields->if_no_benefit = static_cast<int32_t>(value);
        break;
      case VarintTag(WireAuthorize::kPosEntryModeFieldNumber):
        good = reader.ReadVarint(&value);
        fields->pos_entry_mode = static_cast<int32_t>(value);
        break;
      case VarintTag(WireAuthorize::kHoldSecondsFieldNumber):
        good = reader.ReadVarint(&value);
        fields->hold_seconds = static_cast<uint32_t>(value);
        break;
      case VarintTag(WireAuthorize::kStanFieldNumber):
        good = reader.ReadVarint(&value);
        fields->stan = static_cast<uint32_t>(value);
        break;
      case BytesTag(WireAuthorize::kTransmissionTimeFieldNumber):
        good = reader.ReadBytes(&bytes) && ReadTime(bytes, &fields->transmission_time);
        break;
      case BytesTag(WireAuthorize::kOccurredAtFieldNumber):
        good = reader.ReadBytes(&bytes) && ReadTime(bytes, &fields->occurred_at);
        break;
      case BytesTag(WireAuthorize::kTransportDataFieldNumber):
        good = reader.ReadBytes(&fields->transport_data);
        break;
      case VarintTag(WireAuthorize::kAllowPartialApprovalFieldNumber):
        good = reader.ReadVarint(&value);
        fields->allow_partial_approval = value != 0;
        break;
      case VarintTag(WireAuthorize::kExplainFieldNumber):
        good = reader.ReadVarint(&value);
        fields->explain = value != 0;
        break;
      default:
        good = reader.Skip(tag);
    }
    if (!good) {
      return false;
    }
  }
  return true;
}

bool ToCommand(const AuthorizeFields& fields,
               const Caller& caller,
               std::string_view path,
               CommandKind kind,
               Command* command,
               Refusal* refusal,
               Explanation* explanation) {
  Violations violations(path);
  command->kind = kind;
  command->request_id = RequestId{};
  command->validate_only = false;
  command->authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command->authorize;

  const bool own = ReadTerminal(fields.terminal_id, caller, &violations, &command->terminal);
  if (kind == CommandKind::kAuthorize || !fields.request_id.empty()) {
    ReadRequestId(fields.request_id, "request_id", &violations, &command->request_id);
  }
  if (!fields.merchant_id.empty()) {
    const auto merchant = ParseCode<MerchantId>(fields.merchant_id);
    if (merchant.has_value()) [[likely]] {
      request.merchant = *merchant;
    } else {
      violations.Add("merchant_id", "must be empty or 1 to 16 characters of [A-Za-z0-9._:-]");
    }
  }
  ReadCard(fields.card_number, &violations, &request.card);
  if (fields.list_price_fen >= 0 && fields.list_price_fen <= kTransactionFenMax) [[likely]] {
    request.list_price = Fen{fields.list_price_fen};
  } else {
    violations.Add("list_price_fen", "must be 0 to 1000000000000 fen");
  }
  if (!fields.programme_code.empty()) {
    const auto programme = ParseCode<ProgrammeCode>(fields.programme_code);
    if (programme.has_value()) [[likely]] {
      request.programme = *programme;
    } else {
      violations.Add("programme_code", "must be empty or 1 to 32 characters of [A-Za-z0-9._:-]");
    }
  }
  request.capture_at_once = fields.capture;
  request.allow_partial = fields.allow_partial_approval;
  switch (fields.if_no_benefit) {
    case v1::IF_NO_BENEFIT_UNSPECIFIED:
    case v1::IF_NO_BENEFIT_DECLINE:
      request.if_no_benefit = IfNoBenefit::kDecline;
      break;
    case v1::IF_NO_BENEFIT_FULL_PRICE:
      request.if_no_benefit = IfNoBenefit::kFullPrice;
      break;
    default:
      violations.Add("if_no_benefit", "is not a value of IfNoBenefit");
  }
  if (v1::PosEntryMode_IsValid(fields.pos_entry_mode)) [[likely]] {
    request.entry_mode = static_cast<PosEntryMode>(fields.pos_entry_mode);
  } else {
    violations.Add("pos_entry_mode", "is not a value of PosEntryMode");
  }
  ReadHold(fields.hold_seconds, &violations, &request.hold_s);
  CheckStan(fields.stan, &violations);
  request.stan = fields.stan;
  CheckTime(fields.transmission_time.set,
            fields.transmission_time.seconds,
            fields.transmission_time.nanos,
            "transmission_time",
            &violations);
  CheckTime(fields.occurred_at.set,
            fields.occurred_at.seconds,
            fields.occurred_at.nanos,
            "occurred_at",
            &violations);
  CheckTransportData(fields.transport_data.size(), &violations);
  if (fields.explain) [[unlikely]] {
    request.explanation = explanation;
    if (explanation == nullptr) {
      violations.Add("explain", "must be false on a stream: ask with Authorize or Quote");
    }
  }

  if (!violations.none()) [[unlikely]] {
    *refusal = violations.ToRefusal();
    return false;
  }
  if (!own) [[unlikely]] {
    *refusal = AnotherTerminal(path);
    return false;
  }
  return true;
}

namespace {

static_assert(static_cast<int>(PosEntryMode::kContactless) == v1::POS_ENTRY_MODE_CONTACTLESS);
static_assert(static_cast<int>(PosEntryMode::kManual) == v1::POS_ENTRY_MODE_MANUAL);
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

// The bytes field keeps its place in the message: the reply echoes it from there.
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

template <class Request>
void CheckEvidence(const Request& request, Violations* violations) {
  CheckStan(request.stan(), violations);
  CheckTime(request.has_transmission_time(),
            request.transmission_time().seconds(),
            request.transmission_time().nanos(),
            "transmission_time",
            violations);
  CheckTransportData(request.transport_data().size(), violations);
}

void ReadCapture(const v1::CaptureRequest& request, Violations* violations, Command* command) {
  command->capture = CaptureRequest{};
  CaptureRequest& capture = command->capture;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &capture);
  ReadOptionalAmount(request, 0, violations, &capture);
  capture.final_capture = request.final_capture();
  CheckEvidence(request, violations);
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
  CheckEvidence(request, violations);
}

void ReadIncrement(const v1::IncrementAuthorizationRequest& request,
                   Violations* violations,
                   Command* command) {
  command->increment = IncrementRequest{};
  IncrementRequest& increment = command->increment;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &increment);
  ReadAmount(request.amount_fen(), 1, violations, &increment.amount);
  ReadHold(request.hold_seconds(), violations, &increment.hold_s);
  CheckEvidence(request, violations);
}

void ReadRefund(const v1::RefundRequest& request, Violations* violations, Command* command) {
  command->refund = RefundRequest{};
  RefundRequest& refund = command->refund;
  ReadRequestId(request.request_id(), "request_id", violations, &command->request_id);
  ReadOriginal(request, violations, &refund);
  ReadOptionalAmount(request, 1, violations, &refund);
  CheckEvidence(request, violations);
}

void ReadEntitlements(const v1::GetEntitlementsRequest& request,
                      Violations* violations,
                      Command* command) {
  command->entitlements = EntitlementsRequest{};
  ReadCard(request.card_number(), violations, &command->entitlements.card);
  command->entitlements.here = request.here();
}

// Authorize and Quote.
bool ReadAuthorize(const AuthorizeFields& fields,
                   std::string_view path,
                   CommandKind kind,
                   const Caller& caller,
                   TerminalCall* call,
                   Refusal* refusal) {
  if (fields.explain) [[unlikely]] {
    call->explanation = std::make_unique<Explanation>();
  }
  return ToCommand(fields, caller, path, kind, &call->command, refusal, call->explanation.get());
}

Refusal Malformed(std::string_view message_name) {
  Refusal refusal;
  refusal.code = StatusCode::kInvalidArgument;
  refusal.reason = "MALFORMED_MESSAGE";
  refusal.message = "the bytes are not a gonghui.v1." + std::string(message_name);
  return refusal;
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
      return ReadAuthorize(fields, "", kind, caller, call, refusal);
    }
    case CommandKind::kQuote: {
      AuthorizeFields fields;
      if (!ParseAuthorizeRequest(FindBytes(message, v1::QuoteRequest::kAuthorizeFieldNumber),
                                 &fields)) {
        *refusal = Malformed("QuoteRequest");
        return false;
      }
      return ReadAuthorize(fields, "authorize.", kind, caller, call, refusal);
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
          message, "RefundRequest", caller, call, refusal, ReadRefund);
    case CommandKind::kGetEntitlements:
      if (!ReadGenerated<v1::GetEntitlementsRequest>(
              message, "GetEntitlementsRequest", caller, call, refusal, ReadEntitlements)) {
        return false;
      }
      call->entitlements = std::make_unique<EntitlementList>();
      command.entitlements.list = call->entitlements.get();
      return true;
    case CommandKind::kGetTransaction:
      return ReadGenerated<v1::GetTransactionRequest>(
          message,
          "GetTransactionRequest",
          caller,
          call,
          refusal,
          [](const v1::GetTransactionRequest& request, Violations* violations, Command* inquiry) {
            inquiry->inquiry = InquiryRequest{};
            ReadReference(request.transaction_id(),
                          "transaction_id",
                          request.request_id(),
                          "request_id",
                          violations,
                          &inquiry->inquiry.transaction,
                          &inquiry->inquiry.request_id);
          });
    default:
      GH_CHECK(false, "not a terminal's call; kind=", kind);
      return false;
  }
}

std::string_view FieldName(Field field) {
  switch (field) {
    case Field::kNone:
      return "";
    case Field::kMethod:
      return "method";
    case Field::kTerminalId:
      return "terminal_id";
    case Field::kMerchantId:
    case Field::kMerchant:
      return "merchant_id";
    case Field::kCardNumber:
      return "card_number";
    case Field::kListPrice:
      return "list_price_fen";
    case Field::kProgramme:
      return "programme_code";
    case Field::kCapture:
      return "capture";
    case Field::kIfNoBenefit:
      return "if_no_benefit";
    case Field::kHoldSeconds:
      return "hold_seconds";
    case Field::kPosEntryMode:
      return "pos_entry_mode";
    case Field::kAllowPartial:
      return "allow_partial_approval";
    case Field::kOriginal:
      return "original_transaction_id";
    case Field::kAmount:
      return "amount_fen";
    case Field::kFinalCapture:
      return "final_capture";
    case Field::kReversalReason:
      return "reversal_reason";
    case Field::kUnionNode:
    case Field::kOwner:
      return "union_node_id";
    case Field::kParent:
      return "parent_id";
    case Field::kMember:
      return "member_id";
    case Field::kSegment:
      return "segment_code";
    case Field::kFund:
    case Field::kStock:
      return "fund_code";
    case Field::kMemberUnion:
      return "member_union";
    case Field::kMerchantUnion:
      return "merchant_union";
    case Field::kAsset:
      return "asset";
    case Field::kBudget:
      return "budget";
    case Field::kStatus:
      return "status";
    case Field::kTransactions:
      return "transactions";
    case Field::kMembers:
      return "members";
    case Field::kCards:
      return "cards";
    case Field::kMerchants:
      return "merchants";
    case Field::kTerminals:
      return "terminals";
    case Field::kFunds:
      return "funds";
    case Field::kProgrammes:
      return "programmes";
    case Field::kUnionNodes:
      return "union_nodes";
    case Field::kSegments:
      return "segments";
    case Field::kCounters:
      return "counters";
  }
  return "";
}

bool IsRefused(const Command& command, const Result& result, Refusal* refusal) {
  if (result.verdict == Verdict::kDecided || result.verdict == Verdict::kUnchanged) [[likely]] {
    return false;
  }
  *refusal = Refusal{};
  refusal->field = std::string(FieldName(result.field));
  switch (result.verdict) {
    case Verdict::kDecided:
    case Verdict::kUnchanged:
      return false;
    case Verdict::kDuplicateMismatch:
      refusal->code = StatusCode::kAlreadyExists;
      refusal->reason = "DUPLICATE_MISMATCH";
      refusal->message = "the request_id was used before with another " + refusal->field;
      return true;
    case Verdict::kPermissionDenied:
      refusal->code = StatusCode::kPermissionDenied;
      refusal->reason = "PERMISSION_DENIED";
      refusal->message = "the terminal may not act for another " +
                         std::string(result.field == Field::kMerchantId ? "merchant" : "terminal");
      return true;
    case Verdict::kNotFound:
      *refusal = NotFound("transaction of this terminal",
                          command.kind == CommandKind::kGetTransaction &&
                                  command.inquiry.transaction == TransactionId{}
                              ? "request_id"
                              : "transaction_id");
      return true;
    case Verdict::kDeadlineExceeded:
      refusal->code = StatusCode::kDeadlineExceeded;
      refusal->reason = "DEADLINE_EXCEEDED";
      refusal->message = "the call's deadline passed before the decision; nothing was changed";
      return true;
    case Verdict::kFull:
      refusal->code = StatusCode::kResourceExhausted;
      refusal->reason = "TABLE_FULL";
      refusal->message = "the ledger's table of " + refusal->field + " is full";
      refusal->retry_delay_ms = 60'000;
      return true;
    case Verdict::kRefused:
      refusal->code = StatusCode::kFailedPrecondition;
      refusal->reason = "REFUSED";
      refusal->message = "refused because of " + refusal->field;
      return true;
    case Verdict::kOutOfRange:
      *refusal =
          InvalidArgument(FieldName(result.field), "would take the whole past 1000000000000 fen");
      return true;
  }
  return false;
}

// ---- Out ---------------------------------------------------------------------

namespace {

using WireTransaction = v1::Transaction;
using WireShare = v1::AppliedBenefit;
using WireLimit = v1::LimitState;
using WireCheck = v1::FailedCheck;

static_assert(static_cast<int>(Outcome::kDeclined) == v1::OUTCOME_DECLINED);
static_assert(static_cast<int>(TransactionKind::kReversal) == v1::TRANSACTION_KIND_REVERSAL);
static_assert(static_cast<int>(TransactionKind::kIncrement) == v1::TRANSACTION_KIND_INCREMENT);
static_assert(static_cast<int>(TransactionKind::kRefund) == v1::TRANSACTION_KIND_REFUND);
static_assert(static_cast<int>(TransactionState::kCompleted) == v1::TRANSACTION_STATE_COMPLETED);
static_assert(static_cast<int>(TransactionState::kRefunded) == v1::TRANSACTION_STATE_REFUNDED);
static_assert(static_cast<int>(Retry::kNewIdLater) == v1::RETRY_NEW_ID_LATER);
static_assert(static_cast<int>(LimitMeasure::kAmount) == v1::LIMIT_MEASURE_AMOUNT_FEN);
static_assert(static_cast<int>(LimitSubject::kTerminal) == v1::LIMIT_SUBJECT_TERMINAL);
static_assert(static_cast<int>(WindowKind::kYear) == v1::LIMIT_WINDOW_YEAR);

// Lengths: every field of Transaction at its longest, checked by a test.
static_assert(kSharesPerTransactionMax * 160 + kUsesPerTransactionMax * 200 + 1'024 <
              kReplyBytesMax);

template <class E>
int64_t Number(E value) {
  return static_cast<int64_t>(value);
}

void AppendShare(const Ledger& names, const ResultShare& share, WireWriter* out) {
  const Benefit& benefit = names.benefits()[share.benefit];
  const Programme& programme = names.programmes()[benefit.programme];
  const Fund& fund = names.funds()[share.fund];
  char* const start = out->Begin<WireTransaction::kAppliedBenefitsFieldNumber>();
  out->Text<WireShare::kProgrammeCodeFieldNumber>(programme.code);
  out->Int<WireShare::kProgrammeVersionFieldNumber>(programme.version);
  out->Text<WireShare::kBenefitCodeFieldNumber>(benefit.code);
  out->Text<WireShare::kFundCodeFieldNumber>(fund.code);
  if (fund.asset == Asset::kMoney) {
    out->Int<WireShare::kAmountFenFieldNumber>(share.amount.value());
  } else {
    out->Int<WireShare::kPiecesFieldNumber>(share.amount.value());
  }
  out->End(start);
}

void AppendLimit(const Ledger& names, const ResultLimit& state, WireWriter* out) {
  const Limit& limit = names.limits()[state.limit];
  out->Text<WireLimit::kProgrammeCodeFieldNumber>(names.programmes()[limit.programme].code);
  out->Text<WireLimit::kLimitCodeFieldNumber>(limit.code);
  out->Int<WireLimit::kMeasureFieldNumber>(Number(limit.measure));
  out->Int<WireLimit::kSubjectFieldNumber>(Number(limit.subject));
  out->Int<WireLimit::kWindowFieldNumber>(Number(limit.window));
  out->Int<WireLimit::kMaxFieldNumber>(limit.max);
  out->Int<WireLimit::kUsedFieldNumber>(state.used);
  out->Int<WireLimit::kHeldFieldNumber>(state.held);
  out->Int<WireLimit::kLeftFieldNumber>(state.left);
  out->Time<WireLimit::kResetsAtFieldNumber>(state.resets_at);
}

void AppendFailedCheck(const Ledger& names, const Result& result, WireWriter* out) {
  const Transaction& transaction = result.transaction;
  char* const start = out->Begin<WireTransaction::kFailedCheckFieldNumber>();
  const Benefit& benefit = names.benefits()[transaction.failed_benefit];
  const Programme& programme = names.programmes()[benefit.programme];
  out->Text<WireCheck::kProgrammeCodeFieldNumber>(programme.code);
  out->Int<WireCheck::kProgrammeVersionFieldNumber>(programme.version);
  out->Text<WireCheck::kBenefitCodeFieldNumber>(benefit.code);
  for (uint32_t i = 0; i < result.limit_count; ++i) {
    if (transaction.failed_limit != LimitRow{} &&
        result.limits[i].limit == transaction.failed_limit) {
      char* const limit = out->Begin<WireCheck::kLimitFieldNumber>();
      AppendLimit(names, result.limits[i], out);
      out->End(limit);
      break;
    }
  }
  out->End(start);
}

// Numbers of fields, of several messages.
template <class... E>
constexpr bool AreSame(E... numbers) {
  const std::array<int, sizeof...(numbers)> all = {static_cast<int>(numbers)...};
  for (const int number : all) {
    if (number != all[0]) {
      return false;
    }
  }
  return true;
}

// Lengths: the fields of each at their longest, checked by a test.
constexpr size_t kCheckBytesMax = 512;
constexpr size_t kEntitlementBytesMax = 2'560;

void AppendCheck(const Ledger& names, const CheckResult& check, WireWriter* out) {
  using C = v1::CheckOutcome;
  out->Reserve(kCheckBytesMax);
  char* const start = out->Begin<v1::AuthorizeResponse::kChecksFieldNumber>();
  if (check.benefit != BenefitRow{}) {
    const Benefit& benefit = names.benefits()[check.benefit];
    const Programme& programme = names.programmes()[benefit.programme];
    out->Text<C::kProgrammeCodeFieldNumber>(programme.code);
    out->Int<C::kProgrammeVersionFieldNumber>(programme.version);
    out->Text<C::kBenefitCodeFieldNumber>(benefit.code);
  }
  out->Int<C::kCheckFieldNumber>(Number(check.check));
  out->Bool<C::kPassedFieldNumber>(check.passed);
  if (check.about_limit) {
    char* const limit = out->Begin<C::kLimitFieldNumber>();
    AppendLimit(names, check.limit, out);
    out->End(limit);
  }
  const DisplayMessage display = CheckMessageOf(check.check, check.passed);
  out->Bytes<C::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<C::kDisplayMessageZhFieldNumber>(display.chinese);
  out->End(start);
}

void AppendChecks(const Ledger& names, const Explanation& explanation, WireWriter* out) {
  using R = v1::AuthorizeResponse;
  using Q = v1::QuoteResponse;
  static_assert(AreSame(R::kChecksFieldNumber, Q::kChecksFieldNumber));
  static_assert(AreSame(R::kChecksTruncatedFieldNumber, Q::kChecksTruncatedFieldNumber));
  for (uint32_t i = 0; i < explanation.count; ++i) {
    AppendCheck(names, explanation.checks[i], out);
  }
  out->Reserve(kCheckBytesMax);
  out->Bool<R::kChecksTruncatedFieldNumber>(explanation.truncated);
}

// A benefit's row never changes, so its name and price may be read like its code.
void AppendEntitlement(const Ledger& names, const Entitlement& item, WireWriter* out) {
  using E = v1::Entitlement;
  const Benefit& benefit = names.benefits()[item.benefit];
  const Programme& programme = names.programmes()[benefit.programme];
  const std::string price = PriceInWords(benefit.price);
  out->Reserve(kEntitlementBytesMax + price.size());
  char* const start = out->Begin<v1::GetEntitlementsResponse::kEntitlementsFieldNumber>();
  out->Text<E::kProgrammeCodeFieldNumber>(programme.code);
  out->Int<E::kProgrammeVersionFieldNumber>(programme.version);
  out->Text<E::kBenefitCodeFieldNumber>(benefit.code);
  out->Bytes<E::kDisplayNameFieldNumber>({benefit.name.data(), benefit.name.size()});
  out->Bytes<E::kPriceFieldNumber>(price);
  out->Int<E::kReasonFieldNumber>(Number(item.reason));
  out->Time<E::kNextEligibleAtFieldNumber>(item.next_eligible_at);
  for (uint32_t i = 0; i < item.limit_count; ++i) {
    char* const limit = out->Begin<E::kLimitsFieldNumber>();
    AppendLimit(names, item.limits[i], out);
    out->End(limit);
  }
  const DisplayMessage display = EntitlementMessageOf(item.reason);
  out->Bytes<E::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<E::kDisplayMessageZhFieldNumber>(display.chinese);
  out->End(start);
}

// The transaction tells, but for an unknown terminal there is none.
TransactionKind KindOf(const Command& command, const Result& result) {
  if (result.transaction_id != TransactionId{}) {
    return result.transaction.kind;
  }
  switch (command.kind) {
    case CommandKind::kCapture:
      return TransactionKind::kCapture;
    case CommandKind::kReverse:
      return TransactionKind::kReversal;
    case CommandKind::kIncrement:
      return TransactionKind::kIncrement;
    case CommandKind::kRefund:
      return TransactionKind::kRefund;
    default:
      return TransactionKind::kAuthorization;
  }
}

}  // namespace

void AppendTransaction(const Ledger& names,
                       const Command& command,
                       const Result& result,
                       WireWriter* out) {
  using T = WireTransaction;
  const Transaction& transaction = result.transaction;
  const bool recorded = result.transaction_id != TransactionId{};
  const bool declined = transaction.outcome == Outcome::kDeclined;
  const TransactionKind kind = KindOf(command, result);
  const bool authorization = kind == TransactionKind::kAuthorization;
  std::array<char, kTransactionIdTextBytes> id{};
  if (recorded) {
    WriteTransactionId(result.transaction_id, id.data());
    std::memcpy(out->Fixed<T::kTransactionIdFieldNumber, kTransactionIdTextBytes>(),
                id.data(),
                kTransactionIdTextBytes);
  }
  out->Int<T::kKindFieldNumber>(Number(kind));
  out->Int<T::kOutcomeFieldNumber>(Number(transaction.outcome));
  out->Int<T::kReasonFieldNumber>(Number(transaction.reason));
  if (declined) {
    out->Int<T::kRetryFieldNumber>(Number(RetryOf(transaction.reason)));
  }
  if (recorded) {
    out->Int<T::kStateFieldNumber>(Number(transaction.state));
  }
  const RequestId& request_id =
      transaction.request_id.IsNone() ? command.request_id : transaction.request_id;
  if (!request_id.IsNone()) {
    WriteUuid(request_id, out->Fixed<T::kRequestIdFieldNumber, kUuidTextBytes>());
  }
  out->Text<T::kTerminalIdFieldNumber>(result.terminal.IsNone() ? command.terminal
                                                                : result.terminal);
  out->Text<T::kMerchantIdFieldNumber>(result.merchant);
  if (recorded && !declined) {
    // The last six characters: the transaction's number within 2^30.
    std::memcpy(out->Fixed<T::kApprovalCodeFieldNumber, kApprovalCodeBytes>(),
                id.data() + kTransactionIdTextBytes - kApprovalCodeBytes,
                kApprovalCodeBytes);
  }
  out->Time<T::kDecidedAtFieldNumber>(transaction.decided_at);
  out->Int<T::kListPriceFenFieldNumber>(transaction.list_price.value());
  out->Int<T::kMemberPaysFenFieldNumber>(transaction.member_pays.value());
  out->Int<T::kSubsidyFenFieldNumber>(transaction.subsidy.value());
  for (uint32_t i = 0; i < result.share_count; ++i) {
    AppendShare(names, result.shares[i], out);
  }
  if (declined) {
    if (transaction.failed_benefit != BenefitRow{}) {
      AppendFailedCheck(names, result, out);
    }
    out->Time<T::kNextEligibleAtFieldNumber>(transaction.expires_at);
  } else {
    for (uint32_t i = 0; i < result.limit_count; ++i) {
      char* const start = out->Begin<T::kLimitsFieldNumber>();
      AppendLimit(names, result.limits[i], out);
      out->End(start);
    }
    if (authorization) {
      if (!transaction.capture_at_once) {
        out->Time<T::kExpiresAtFieldNumber>(transaction.expires_at);
      }
      out->Int<T::kCapturedFenFieldNumber>(transaction.captured.value());
    } else if (kind == TransactionKind::kIncrement) {
      out->Time<T::kExpiresAtFieldNumber>(transaction.expires_at);
    }
  }
  if (result.original_id != TransactionId{}) {
    WriteTransactionId(result.original_id,
                       out->Fixed<T::kOriginalTransactionIdFieldNumber, kTransactionIdTextBytes>());
  }
  if (kind == TransactionKind::kReversal) {
    out->Bool<T::kOriginalFoundFieldNumber>(transaction.original_found);
  }
  const DisplayMessage display = DisplayMessageOf(transaction);
  out->Bytes<T::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<T::kDisplayMessageZhFieldNumber>(display.chinese);
  out->Int<T::kStanFieldNumber>(transaction.stan);
  // Of a decline these tell something else: see Transaction.
  if (authorization && !declined) {
    out->Int<T::kCapturedSubsidyFenFieldNumber>(transaction.captured_subsidy.value());
    out->Int<T::kRefundedFenFieldNumber>(transaction.progress.refunded.value());
    out->Int<T::kRefundedSubsidyFenFieldNumber>(transaction.progress.refunded_subsidy.value());
  }
  out->Bool<T::kOverrunFieldNumber>(transaction.overrun);
}

void AppendReply(const Ledger& names,
                 const Command& command,
                 const Result& result,
                 std::string_view transport_data,
                 WireWriter* out) {
  // The replies agree on their numbers; Quote and GetTransaction have the
  // first only.
  using R = v1::AuthorizeResponse;
  static_assert(AreSame(R::kTransactionFieldNumber,
                        v1::CaptureResponse::kTransactionFieldNumber,
                        v1::ReverseResponse::kTransactionFieldNumber,
                        v1::IncrementAuthorizationResponse::kTransactionFieldNumber,
                        v1::RefundResponse::kTransactionFieldNumber,
                        v1::QuoteResponse::kTransactionFieldNumber,
                        v1::GetTransactionResponse::kTransactionFieldNumber));
  static_assert(AreSame(R::kIdempotentReplayFieldNumber,
                        v1::CaptureResponse::kIdempotentReplayFieldNumber,
                        v1::ReverseResponse::kIdempotentReplayFieldNumber,
                        v1::IncrementAuthorizationResponse::kIdempotentReplayFieldNumber,
                        v1::RefundResponse::kIdempotentReplayFieldNumber));
  static_assert(AreSame(R::kTransportDataFieldNumber,
                        v1::CaptureResponse::kTransportDataFieldNumber,
                        v1::ReverseResponse::kTransportDataFieldNumber,
                        v1::IncrementAuthorizationResponse::kTransportDataFieldNumber,
                        v1::RefundResponse::kTransportDataFieldNumber));
  if (command.kind == CommandKind::kGetEntitlements) [[unlikely]] {
    return AppendEntitlements(names, command, result, out);
  }
  char* const start = out->Begin<R::kTransactionFieldNumber>();
  AppendTransaction(names, command, result, out);
  out->End(start);
  if (command.kind != CommandKind::kQuote && command.kind != CommandKind::kGetTransaction) {
    out->Bool<R::kIdempotentReplayFieldNumber>(result.replay);
    out->Bytes<R::kTransportDataFieldNumber>(transport_data);
  }
  const bool may_explain =
      command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote;
  if (may_explain && command.authorize.explanation != nullptr) [[unlikely]] {
    AppendChecks(names, *command.authorize.explanation, out);
  }
}

void AppendEntitlements(const Ledger& names,
                        const Command& command,
                        const Result& result,
                        WireWriter* out) {
  using R = v1::GetEntitlementsResponse;
  using M = v1::GetMemberEntitlementsResponse;
  static_assert(AreSame(R::kOutcomeFieldNumber, M::kOutcomeFieldNumber));
  static_assert(AreSame(R::kReasonFieldNumber, M::kReasonFieldNumber));
  static_assert(AreSame(R::kDisplayMessageFieldNumber, M::kDisplayMessageFieldNumber));
  static_assert(AreSame(R::kDisplayMessageZhFieldNumber, M::kDisplayMessageZhFieldNumber));
  static_assert(AreSame(R::kEntitlementsFieldNumber, M::kEntitlementsFieldNumber));
  static_assert(AreSame(R::kTruncatedFieldNumber, M::kTruncatedFieldNumber));
  static_assert(AreSame(R::kAsOfFieldNumber, M::kAsOfFieldNumber));
  const EntitlementList& list = *command.entitlements.list;
  const Transaction& answer = result.transaction;
  const DisplayMessage display = EntitlementsMessageOf(answer, list.count);
  out->Reserve(kReplyBytesMax);
  out->Int<R::kOutcomeFieldNumber>(Number(answer.outcome));
  out->Int<R::kReasonFieldNumber>(Number(answer.reason));
  out->Bytes<R::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<R::kDisplayMessageZhFieldNumber>(display.chinese);
  for (uint32_t i = 0; i < list.count; ++i) {
    AppendEntitlement(names, list.items[i], out);
  }
  out->Reserve(kReplyBytesMax);
  out->Bool<R::kTruncatedFieldNumber>(list.truncated);
  out->Time<R::kAsOfFieldNumber>(answer.decided_at);
}

}  // namespace gonghui
