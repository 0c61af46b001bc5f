// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate_advice.h"

#include <optional>
#include <string>

#include "engine/server/request_fields.h"
#include "engine/server/text_codec.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {
namespace {

using WireAdvice = v1::Advice;

// An Advice as it came, in place.
struct AdviceFields {
  int kind = 0;              // number of the field that tells what was done; 0 = none does
  std::string_view content;  // of that field
  AuthorizeFields::Time occurred_at;
  AuthorizeFields::Time deny_list_at;
  std::string_view business_date;
  int64_t member_paid_fen = 0;
  uint32_t terminal_sequence = 0;
  bool queue_empty = false;
};

bool ParseAdvice(std::string_view message, AdviceFields* fields) {
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
      case BytesTag(WireAdvice::kSaleFieldNumber):
      case BytesTag(WireAdvice::kCaptureFieldNumber):
      case BytesTag(WireAdvice::kReversalFieldNumber):
      case BytesTag(WireAdvice::kRefundFieldNumber):
        fields->kind = static_cast<int>(tag >> 3);
        good = reader.ReadBytes(&fields->content);
        break;
      case BytesTag(WireAdvice::kOccurredAtFieldNumber):
        good = reader.ReadBytes(&bytes) && ReadTime(bytes, &fields->occurred_at);
        break;
      case VarintTag(WireAdvice::kTerminalSequenceFieldNumber):
        good = reader.ReadVarint(&value);
        fields->terminal_sequence = static_cast<uint32_t>(value);
        break;
      case BytesTag(WireAdvice::kBusinessDateFieldNumber):
        good = reader.ReadBytes(&fields->business_date);
        break;
      case VarintTag(WireAdvice::kMemberPaidFenFieldNumber):
        good = reader.ReadVarint(&value);
        fields->member_paid_fen = static_cast<int64_t>(value);
        break;
      case BytesTag(WireAdvice::kDenyListAtFieldNumber):
        good = reader.ReadBytes(&bytes) && ReadTime(bytes, &fields->deny_list_at);
        break;
      case VarintTag(WireAdvice::kQueueEmptyFieldNumber):
        good = reader.ReadVarint(&value);
        fields->queue_empty = value != 0;
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

// One advice on its way to a command.
class AdviceReader {
 public:
  AdviceReader(TerminalId sender,
               Command* command,
               std::string_view* transport_data,
               std::unique_ptr<Attachment>* attachment)
      : sender_{sender},
        command_(command),
        transport_data_(transport_data),
        attachment_(attachment) {}

  // False: it is malformed.
  bool Read(std::string_view advice) {
    if (!ParseAdvice(advice, &fields_) || !ReadWhatWasDone()) {
      return false;
    }
    violations_.Enter("");
    ReadEvidence();
    return true;
  }

  [[nodiscard]] Violations& violations() { return violations_; }
  // Of a sale or capture.
  [[nodiscard]] const AdviceRequest& evidence() const { return evidence_; }

 private:
  bool ReadWhatWasDone() {
    switch (fields_.kind) {
      case WireAdvice::kSaleFieldNumber:
        return ReadSale();
      case WireAdvice::kCaptureFieldNumber:
        return ReadOther<v1::CaptureRequest>(CommandKind::kCapture, "capture.", ReadCapture);
      case WireAdvice::kReversalFieldNumber:
        return ReadOther<v1::ReverseRequest>(CommandKind::kReverse, "reversal.", ReadReverse);
      case WireAdvice::kRefundFieldNumber:
        return ReadOther<v1::RefundRequest>(
            CommandKind::kRefund,
            "refund.",
            [this](const v1::RefundRequest& request, Violations* violations, Command* command) {
              ReadRefund(request, violations, command, attachment_);
            });
      default:
        violations_.Add("advice",
                        "exactly one of sale, capture, reversal and refund must be given");
        return true;
    }
  }

  bool ReadSale() {
    AuthorizeFields sale;
    if (!ParseAuthorizeRequest(fields_.content, &sale)) {
      return false;
    }
    *transport_data_ = sale.transport_data;
    violations_.Enter("sale.");
    if (!ReadAuthorize(sale,
                       sender_,
                       CommandKind::kAuthorize,
                       &violations_,
                       command_,
                       attachment_,
                       /*explanation=*/nullptr)) {
      AddAnotherTerminal();
    }
    if (command_->authorize.list_price == Fen{sale.list_price_fen}) {
      list_price_ = command_->authorize.list_price;
    }
    CheckIsOver(sale);
    return true;
  }

  // What is asked for by somebody who waits for the answer.
  void CheckIsOver(const AuthorizeFields& sale) {
    if (!sale.capture) {
      violations_.Add("capture", "must be true: an advice tells of a sale, not of a hold");
    }
    if (sale.if_no_benefit == v1::IF_NO_BENEFIT_FULL_PRICE) {
      violations_.Add("if_no_benefit", "must be unset: member_paid_fen tells what was done");
    }
    if (sale.allow_partial_approval) {
      violations_.Add("allow_partial_approval",
                      "must be false: member_paid_fen tells what was done");
    }
    if (sale.hold_seconds != 0) {
      violations_.Add("hold_seconds", "must be 0: a sale holds nothing");
    }
    if (sale.qr_code.set) {
      violations_.Add("qr_code", "must be unset: the terminal has checked the code itself");
    }
    CheckHasNoOccasion();
    const AuthorizeFields::Time& inner = sale.occurred_at;
    const AuthorizeFields::Time& outer = fields_.occurred_at;
    if (inner.set && (inner.seconds != outer.seconds || inner.nanos != outer.nanos)) {
      violations_.Add("occurred_at", "must be unset, or equal to the advice's own");
    }
  }

  // As it was read, wrong or right.
  void CheckHasNoOccasion() {
    const OccasionRequest* const asked = command_->authorize.occasion;
    if (asked == nullptr) {
      return;
    }
    constexpr std::string_view kRule = "must be unset: it is asked for, and never told afterwards";
    if (!asked->voucher.IsNone()) {
      violations_.Add("voucher_code", kRule);
    }
    if (asked->slot_at != TimestampNs{}) {
      violations_.Add("slot_at", kRule);
    }
    if (asked->event_at != TimestampNs{}) {
      violations_.Add("event_at", kRule);
    }
  }

  template <class Request, class ReadRequest>
  bool ReadOther(CommandKind kind, std::string_view path, const ReadRequest& read) {
    const std::string_view content = fields_.content;
    Request request;
    if (!request.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
      return false;
    }
    *transport_data_ = FindBytes(content, Request::kTransportDataFieldNumber);
    violations_.Enter(path);
    command_->kind = kind;
    if (!ReadTerminal(request.terminal_id(), sender_, &violations_, &command_->terminal)) {
      AddAnotherTerminal();
    }
    read(request, &violations_, command_);
    return true;
  }

  void AddAnotherTerminal() {
    violations_.Add("terminal_id", "must be empty, or that of the message");
  }

  // What a sale and a capture must have; of what else comes with a reversal or refund only
  // the form is looked at.
  void ReadEvidence() {
    const bool sale = fields_.kind == WireAdvice::kSaleFieldNumber;
    const bool judged = sale || fields_.kind == WireAdvice::kCaptureFieldNumber;
    if (fields_.occurred_at.set) {
      ReadInstant(fields_.occurred_at, "occurred_at", &violations_, &evidence_.occurred_at);
    } else {
      violations_.Add("occurred_at", "is required: when it happened");
    }
    evidence_.sequence = fields_.terminal_sequence;
    if (judged && fields_.terminal_sequence == 0) {
      violations_.Add("terminal_sequence", "is required: the terminal's own count, from 1");
    }
    if (judged || !fields_.business_date.empty()) {
      ReadBusinessDate();
    }
    const Fen member_paid{fields_.member_paid_fen};
    if (!sale && member_paid != Fen{0}) {
      violations_.Add("member_paid_fen", "must be 0: only a sale has it");
    } else if (member_paid < Fen{0}) {
      violations_.Add("member_paid_fen", "must be 0 or more");
    } else if (list_price_.has_value() && member_paid > *list_price_) {
      violations_.Add("member_paid_fen", "must be at most sale.list_price_fen");
    } else {
      evidence_.member_paid = member_paid;
    }
    if (fields_.deny_list_at.set) {
      ReadInstant(fields_.deny_list_at, "deny_list_at", &violations_, &evidence_.deny_list_at);
    }
    evidence_.queue_empty = fields_.queue_empty;
  }

  void ReadBusinessDate() {
    const std::optional<CivilDay> day = ParseDay(fields_.business_date);
    if (day.has_value()) {
      evidence_.business_day = *day;
    } else {
      violations_.Add("business_date",
                      fields_.business_date.empty() ? "is required, as \"2026-05-03\""
                                                    : "must be a day, as \"2026-05-03\"");
    }
  }

  const Caller sender_;
  Command* const command_;
  std::string_view* const transport_data_;
  std::unique_ptr<Attachment>* const attachment_;
  Violations violations_{""};
  AdviceFields fields_;
  AdviceRequest evidence_;
  std::optional<Fen> list_price_;  // of a sale, if it is one
};

}  // namespace

bool ReadSender(std::string_view terminal_id,
                const Caller& caller,
                TerminalId* sender,
                Refusal* refusal) {
  Violations violations("");
  const bool own = ReadTerminal(terminal_id, caller, &violations, sender);
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

std::string_view TransportDataOf(std::string_view advice) {
  AdviceFields fields;
  if (!ParseAdvice(advice, &fields)) {
    return {};
  }
  switch (fields.kind) {
    case WireAdvice::kSaleFieldNumber:
      return FindBytes(fields.content, v1::AuthorizeRequest::kTransportDataFieldNumber);
    case WireAdvice::kCaptureFieldNumber:
      return FindBytes(fields.content, v1::CaptureRequest::kTransportDataFieldNumber);
    case WireAdvice::kReversalFieldNumber:
      return FindBytes(fields.content, v1::ReverseRequest::kTransportDataFieldNumber);
    case WireAdvice::kRefundFieldNumber:
      return FindBytes(fields.content, v1::RefundRequest::kTransportDataFieldNumber);
    default:
      return {};
  }
}

bool ToCommand(std::string_view advice,
               TerminalId sender,
               Command* command,
               std::string_view* transport_data,
               std::unique_ptr<Attachment>* attachment,
               Refusal* refusal) {
  command->advice = nullptr;
  command->details = nullptr;
  command->validate_only = false;
  AdviceReader reader(sender, command, transport_data, attachment);
  if (!reader.Read(advice)) {
    *refusal = Malformed("Advice");
    return false;
  }
  if (!reader.violations().none()) {
    *refusal = reader.violations().ToRefusal();
    return false;
  }
  if (command->kind == CommandKind::kAuthorize || command->kind == CommandKind::kCapture) {
    if (*attachment == nullptr) {
      *attachment = std::make_unique<Attachment>();
    }
    (*attachment)->advice = reader.evidence();
    command->advice = &(*attachment)->advice;
    command->details = &(*attachment)->details;
  }
  return true;
}

bool IsAccepted(const Result& result) {
  const Reason reason = result.transaction.reason;
  return reason != Reason::kAdviceTooOld && reason != Reason::kInvalidTerminal;
}

void AppendAdviceResult(const Ledger& names,
                        const Command& command,
                        const Result& result,
                        std::string_view transport_data,
                        WireWriter* out) {
  using R = v1::AdviceResult;
  out->Bool<R::kAcceptedFieldNumber>(IsAccepted(result));
  out->Bool<R::kIdempotentReplayFieldNumber>(result.replay);
  const auto start = out->Begin<R::kTransactionFieldNumber>();
  AppendTransaction(names, command, result, out);
  out->End(start);
  out->Bytes<R::kTransportDataFieldNumber>(transport_data);
}

}  // namespace gonghui
