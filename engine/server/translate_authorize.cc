// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// AuthorizeRequest, which comes by the hundred thousand a second: read in place.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/programmes/voucher_code.h"
#include "engine/server/request_fields.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {
namespace {

using WireAuthorize = v1::AuthorizeRequest;

static_assert(static_cast<int>(PosEntryMode::kContactless) == v1::POS_ENTRY_MODE_CONTACTLESS);
static_assert(static_cast<int>(PosEntryMode::kManual) == v1::POS_ENTRY_MODE_MANUAL);

static_assert(static_cast<int>(CodePurpose::kPayment) == v1::CODE_PURPOSE_PAYMENT);
static_assert(static_cast<int>(CodePurpose::kEntry) == v1::CODE_PURPOSE_ENTRY);
static_assert(static_cast<int>(CodePurpose::kExit) == v1::CODE_PURPOSE_EXIT);

// A QrCode in place.  False: it is none.  Of a second one only what it tells counts, as
// generated code merges it.
bool ParseCodeShown(std::string_view message, AuthorizeFields::Code* code) {
  code->set = true;
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
      case BytesTag(v1::QrCode::kIssuedAtFieldNumber):
        good = reader.ReadBytes(&bytes) && ReadTime(bytes, &code->issued_at);
        break;
      case VarintTag(v1::QrCode::kValidSecondsFieldNumber):
        good = reader.ReadVarint(&value);
        code->valid_seconds = static_cast<uint32_t>(value);
        break;
      case VarintTag(v1::QrCode::kPurposeFieldNumber):
        good = reader.ReadVarint(&value);
        code->purpose = static_cast<int32_t>(value);
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

[[gnu::noinline]] void ReadCodeShown(const AuthorizeFields& fields,
                                     Violations* violations,
                                     AuthorizeRequest* request) {
  const AuthorizeFields::Code& code = fields.qr_code;
  if (fields.pos_entry_mode != v1::POS_ENTRY_MODE_QR_CODE) {
    violations->Add("qr_code", "must be unset unless pos_entry_mode is POS_ENTRY_MODE_QR_CODE");
  }
  if (code.issued_at.set) {
    ReadInstant(code.issued_at, "qr_code.issued_at", violations, &request->code_issued_at);
  } else {
    violations->Add("qr_code.issued_at", "is required: when the card made the code");
  }
  if (code.valid_seconds <= kCodeValidSMax) {
    request->code_valid_s = code.valid_seconds != 0 ? code.valid_seconds : kCodeValidSDefault;
  } else {
    violations->Add("qr_code.valid_seconds", "must be at most 3600 seconds");
  }
  if (!v1::CodePurpose_IsValid(code.purpose)) {
    violations->Add("qr_code.purpose", "is not a value of CodePurpose");
  } else if (code.purpose != v1::CODE_PURPOSE_UNSPECIFIED) {
    request->code_purpose = static_cast<CodePurpose>(code.purpose);
  }
}

// A LineItem as it came, in place.
struct LineFields {
  std::string_view item_code;
  uint32_t quantity = 0;
  int64_t price_fen = 0;
};

bool ParseLine(std::string_view message, LineFields* line) {
  WireReader reader(message);
  while (!reader.AtEnd()) {
    uint32_t tag = 0;
    uint64_t value = 0;
    bool good = reader.ReadTag(&tag);
    if (!good) {
      return false;
    }
    switch (tag) {
      case BytesTag(v1::LineItem::kItemCodeFieldNumber):
        good = reader.ReadBytes(&line->item_code);
        break;
      case VarintTag(v1::LineItem::kQuantityFieldNumber):
        good = reader.ReadVarint(&value);
        line->quantity = static_cast<uint32_t>(value);
        break;
      case VarintTag(v1::LineItem::kPriceFenFieldNumber):
        good = reader.ReadVarint(&value);
        line->price_fen = static_cast<int64_t>(value);
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

// False: the price is none, so it cannot be added up.
bool ReadLine(const LineFields& line, size_t index, Violations* violations, LineItem* item) {
  const auto path = [index](std::string_view field) {
    return "lines[" + std::to_string(index) + "]." + std::string(field);
  };
  const auto code = ParseCode<ItemCode>(line.item_code);
  if (code.has_value()) {
    item->item = *code;
  } else {
    violations->Add(path("item_code"), kCodeRule);
  }
  if (line.quantity >= 1 && line.quantity <= kLineQuantityMax) {
    item->quantity = line.quantity;
  } else {
    violations->Add(path("quantity"), "must be 1 to 1000000 pieces");
  }
  if (line.price_fen < 0 || line.price_fen > kTransactionFenMax) {
    violations->Add(path("price_fen"), "must be 0 to 1000000000000 fen");
    return false;
  }
  item->price = Fen{line.price_fen};
  return true;
}

// Lines and an occasion share one.
Attachment* MadeOnce(std::unique_ptr<Attachment>* attachment) {
  if (*attachment == nullptr) {
    *attachment = std::make_unique<Attachment>();
  }
  return attachment->get();
}

// The lines were counted and seen to be well-formed by ParseAuthorizeRequest(); here they
// are read once more, so that requests without them, which are the most, carry no room
// for them.
[[gnu::noinline]] void ReadLines(const AuthorizeFields& fields,
                                 Violations* violations,
                                 std::unique_ptr<Attachment>* attachment,
                                 Command* command) {
  if (fields.line_count > kLinesPerTransactionMax) {
    violations->Add("lines", "must be at most 64 lines");
    return;
  }
  std::vector<LineItem>& lines = MadeOnce(attachment)->lines;
  lines.resize(fields.line_count);
  size_t count = 0;
  bool priced = true;
  Fen sum;
  WireReader reader(fields.message);
  while (!reader.AtEnd()) {
    uint32_t tag = 0;
    std::string_view bytes;
    LineFields line;
    bool good = reader.ReadTag(&tag);
    if (tag != BytesTag(WireAuthorize::kLinesFieldNumber)) {
      good = good && reader.Skip(tag);
      GH_CHECK(good, "the message was parsed before; tag=", tag);
      continue;
    }
    good = good && reader.ReadBytes(&bytes) && ParseLine(bytes, &line);
    GH_CHECK(good, "the message was parsed before; lines=", count);
    priced = ReadLine(line, count, violations, &lines[count]) && priced;
    sum += lines[count].price;
    ++count;
  }
  const Fen list_price = command->authorize.list_price;
  const bool has_list_price = list_price == Fen{fields.list_price_fen};  // else that is told
  if (priced && has_list_price && sum != list_price) {
    violations->Add("lines",
                    "their prices must add up to list_price_fen, " +
                        std::to_string(fields.list_price_fen) + ", not to " +
                        std::to_string(sum.value()));
  }
  command->authorize.lines = lines.data();
  command->authorize.line_count = fields.line_count;
  command->details = &(*attachment)->details;
}

// What makes a request more than an ordinary sale, in place.
struct OccasionFields {
  std::string_view voucher_code;
  std::string_view filed_by;
  AuthorizeFields::Time slot_at;
  AuthorizeFields::Time event_at;
};

// As with lines: seen to be well-formed before, and read only where they are.
OccasionFields FindOccasion(std::string_view message) {
  OccasionFields fields;
  WireReader reader(message);
  while (!reader.AtEnd()) {
    uint32_t tag = 0;
    std::string_view bytes;
    bool good = reader.ReadTag(&tag);
    switch (tag) {
      case BytesTag(WireAuthorize::kVoucherCodeFieldNumber):
        good = good && reader.ReadBytes(&fields.voucher_code);
        break;
      case BytesTag(WireAuthorize::kFiledByFieldNumber):
        good = good && reader.ReadBytes(&fields.filed_by);
        break;
      case BytesTag(WireAuthorize::kSlotAtFieldNumber):
        good = good && reader.ReadBytes(&bytes) && ReadTime(bytes, &fields.slot_at);
        break;
      case BytesTag(WireAuthorize::kEventAtFieldNumber):
        good = good && reader.ReadBytes(&bytes) && ReadTime(bytes, &fields.event_at);
        break;
      default:
        good = good && reader.Skip(tag);
    }
    GH_CHECK(good, "the message was parsed before; bytes=", message.size());
  }
  return fields;
}

[[gnu::noinline]] void ReadOccasion(const AuthorizeFields& fields,
                                    Violations* violations,
                                    std::unique_ptr<Attachment>* attachment,
                                    Command* command) {
  AuthorizeRequest* const request = &command->authorize;
  const OccasionFields asked = FindOccasion(fields.message);
  const bool is_claim = asked.event_at.set;
  const bool has_code = !asked.voucher_code.empty();
  if (fields.card_number.empty() && !has_code) {
    ReadCard(fields.card_number, violations, &request->card);  // says what is missing
  }
  if (!has_code && !asked.slot_at.set && !is_claim && asked.filed_by.empty()) {
    return;  // empty texts
  }
  OccasionRequest& occasion = MadeOnce(attachment)->occasion;
  if (has_code) {
    const std::optional<VoucherKey> key = ParseVoucherCode(asked.voucher_code);
    if (key.has_value()) {
      occasion.voucher = *key;
    } else {
      violations->Add(
          "voucher_code",
          std::string(WhyNoVoucherCode(asked.voucher_code)) + " (取货码有误，请核对后重新输入)");
    }
  }
  if (asked.slot_at.set) {
    ReadInstant(asked.slot_at, "slot_at", violations, &occasion.slot_at);
  }
  if (is_claim) {
    ReadInstant(asked.event_at, "event_at", violations, &occasion.event_at);
  }
  if (is_claim) {
    const auto filed_by = ParseOperatorName(asked.filed_by);
    if (filed_by.has_value()) {
      occasion.filed_by = *filed_by;
    } else {
      violations->Add("filed_by",
                      asked.filed_by.empty() ? "is required with event_at: who files the claim "
                                               "(须填写申请经办人账号)"
                                             : kOperatorNameRule);
    }
  } else if (!asked.filed_by.empty()) {
    violations->Add("filed_by", "must be empty without event_at: only a claim is filed");
  }
  if (fields.qr_code.set) {
    violations->Add("qr_code",
                    "must be unset with voucher_code, slot_at or event_at: the terminal checks "
                    "the card's code itself");
  }
  request->occasion = &occasion;
  command->details = &(*attachment)->details;  // the answer tells slot_at and event_at
}

}  // namespace

bool ParseAuthorizeRequest(std::string_view message, AuthorizeFields* fields) {
  fields->message = message;
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
      case BytesTag(WireAuthorize::kLinesFieldNumber): {
        LineFields line;
        good = reader.ReadBytes(&bytes) && ParseLine(bytes, &line);
        ++fields->line_count;
        break;
      }
      case BytesTag(WireAuthorize::kQrCodeFieldNumber):
        good = reader.ReadBytes(&bytes) && ParseCodeShown(bytes, &fields->qr_code);
        break;
      case BytesTag(WireAuthorize::kVoucherCodeFieldNumber):
      case BytesTag(WireAuthorize::kFiledByFieldNumber):
        good = reader.ReadBytes(&bytes);
        fields->has_occasion = true;
        break;
      case BytesTag(WireAuthorize::kSlotAtFieldNumber):
      case BytesTag(WireAuthorize::kEventAtFieldNumber): {
        AuthorizeFields::Time time;
        good = reader.ReadBytes(&bytes) && ReadTime(bytes, &time);
        fields->has_occasion = true;
        break;
      }
      default:
        good = reader.Skip(tag);
    }
    if (!good) {
      return false;
    }
  }
  return true;
}

bool ReadAuthorize(const AuthorizeFields& fields,
                   const Caller& caller,
                   CommandKind kind,
                   Violations* violations,
                   Command* command,
                   std::unique_ptr<Attachment>* attachment,
                   Explanation* explanation) {
  command->kind = kind;
  command->request_id = RequestId{};
  command->advice = nullptr;
  command->details = nullptr;
  command->validate_only = false;
  command->authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command->authorize;

  const bool own = ReadTerminal(fields.terminal_id, caller, violations, &command->terminal);
  if (kind == CommandKind::kAuthorize || !fields.request_id.empty()) {
    ReadRequestId(fields.request_id, "request_id", violations, &command->request_id);
  }
  if (!fields.merchant_id.empty()) {
    const auto merchant = ParseCode<MerchantId>(fields.merchant_id);
    if (merchant.has_value()) [[likely]] {
      request.merchant = *merchant;
    } else {
      violations->Add("merchant_id", "must be empty or 1 to 16 characters of [A-Za-z0-9._:-]");
    }
  }
  if (!fields.card_number.empty() || !fields.has_occasion) [[likely]] {
    ReadCard(fields.card_number, violations, &request.card);
  }
  if (fields.list_price_fen >= 0 && fields.list_price_fen <= kTransactionFenMax) [[likely]] {
    request.list_price = Fen{fields.list_price_fen};
  } else {
    violations->Add("list_price_fen", "must be 0 to 1000000000000 fen");
  }
  if (!fields.programme_code.empty()) {
    const auto programme = ParseCode<ProgrammeCode>(fields.programme_code);
    if (programme.has_value()) [[likely]] {
      request.programme = *programme;
    } else {
      violations->Add("programme_code", "must be empty or 1 to 32 characters of [A-Za-z0-9._:-]");
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
      violations->Add("if_no_benefit", "is not a value of IfNoBenefit");
  }
  if (v1::PosEntryMode_IsValid(fields.pos_entry_mode)) [[likely]] {
    request.entry_mode = static_cast<PosEntryMode>(fields.pos_entry_mode);
  } else {
    violations->Add("pos_entry_mode", "is not a value of PosEntryMode");
  }
  ReadHold(fields.hold_seconds, violations, &request.hold_s);
  CheckStan(fields.stan, violations);
  request.stan = fields.stan;
  CheckTime(fields.transmission_time.set,
            fields.transmission_time.seconds,
            fields.transmission_time.nanos,
            "transmission_time",
            violations);
  CheckTime(fields.occurred_at.set,
            fields.occurred_at.seconds,
            fields.occurred_at.nanos,
            "occurred_at",
            violations);
  CheckTransportData(fields.transport_data.size(), violations);
  if (fields.explain) [[unlikely]] {
    request.explanation = explanation;
    if (explanation == nullptr) {
      violations->Add("explain", "must be false on a stream: ask with Authorize or Quote");
    }
  }
  if (fields.qr_code.set) [[unlikely]] {
    ReadCodeShown(fields, violations, &request);
  }
  if (fields.has_occasion) [[unlikely]] {
    ReadOccasion(fields, violations, attachment, command);
  }
  if (fields.line_count > 0) [[unlikely]] {
    ReadLines(fields, violations, attachment, command);
  }
  return own;
}

bool ToCommand(const AuthorizeFields& fields,
               const Caller& caller,
               std::string_view path,
               CommandKind kind,
               Command* command,
               Refusal* refusal,
               std::unique_ptr<Attachment>* attachment,
               Explanation* explanation) {
  Violations violations(path);
  const bool own =
      ReadAuthorize(fields, caller, kind, &violations, command, attachment, explanation);
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

}  // namespace gonghui
