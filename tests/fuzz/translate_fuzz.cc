// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// translate: any bytes as the request of any call, or as a row that an operator imports
//
// What is refused names a field (bytes that are no message at all have none); what is
// accepted breaks no precondition of the ledger, is decided by it, and is answered with a
// message that other people's Protocol Buffers can read.
//
//   input := call(1) caller(1) message

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/durability/record_format.h"
#include "engine/ledger/ledger.h"
#include "engine/server/translate.h"
#include "engine/server/translate_advice.h"
#include "engine/server/translate_aid.h"
#include "engine/server/translate_rows.h"
#include "engine/server/translate_vouchers.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

ItemCode ItemOf(std::string_view text) {
  const auto code = ItemCode::Parse(std::span<const char>(text.data(), text.size()));
  GH_CHECK(code.has_value(), "item=", text);
  return *code;
}

// With a sale of two lines and a hold, of request ids 1 and 2, at the first terminal.  Never
// changed after it was made, so an input does the same whatever came before it.
const Ledger& TheLedger() {
  static const Ledger* const kLedger = [] {
    LedgerLimits limits;
    limits.union_nodes_max = limits.members_max = limits.cards_max = 1u << 8;
    limits.merchants_max = limits.terminals_max = limits.funds_max = 1u << 8;
    limits.counters_max = limits.transactions_max = 1u << 8;
    auto* const ledger = new Ledger(7, limits);  // for as long as there are inputs
    const auto run = [ledger](const Command& command) {
      Event event;
      Result result;
      ledger->Decide(command, kCityNoon, &event, &result);
      GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind);
      event.command = &command;
      ledger->Evolve(event);
    };
    BuildCity({.members = 4, .merchants = 6, .benefits_per_category = 2, .funds = 2}, run);
    for (const bool sale : {true, false}) {
      Command command;
      command.terminal = TerminalOf(1);
      command.request_id = RequestId{0, sale ? 1u : 2u};
      command.authorize.card = CardOf(1);
      command.authorize.list_price = Fen{1000};
      command.authorize.capture_at_once = sale;
      const std::vector<LineItem> lines = {{ItemOf("cola"), Fen{300}, 3, 0},
                                           {ItemOf("rice"), Fen{700}, 1, 0}};
      command.authorize.lines = lines.data();
      command.authorize.line_count = sale ? 2 : 0;
      run(command);
    }
    return ledger;
  }();
  return *kLedger;
}

void CheckNamesAField(const Refusal& refusal) {
  GH_CHECK(!refusal.ok());
  GH_CHECK(!refusal.message.empty());
  const std::string_view reason = refusal.reason;
  if (reason == "MALFORMED_MESSAGE") {
    return;
  }
  GH_CHECK(!refusal.field.empty(), "reason=", reason, " message=", refusal.message);
  for (const FieldViolation& violation : refusal.violations) {
    GH_CHECK(!violation.field.empty(), "description=", violation.description);
    GH_CHECK(!violation.description.empty(), "field=", violation.field);
  }
  google::rpc::Status status;
  FillStatus(refusal, &status);
  GH_CHECK(!status.SerializeAsString().empty());
}

void CheckAmount(Fen amount) {
  GH_CHECK(amount >= Fen{} && amount <= Fen{kTransactionFenMax}, "fen=", amount.value());
}

template <class Original>
void CheckOriginal(const Original& request) {
  GH_CHECK((request.original == TransactionId{}) != request.original_request_id.IsNone());
}

void CheckLines(const AuthorizeRequest& request) {
  GH_CHECK(request.line_count <= kLinesPerTransactionMax, "lines=", request.line_count);
  Fen prices;
  for (uint32_t i = 0; i < request.line_count; ++i) {
    const LineItem& line = request.lines[i];
    CheckAmount(line.price);
    prices += line.price;
    GH_CHECK(!line.item.IsNone());
    GH_CHECK(line.quantity >= 1 && line.quantity <= kLineQuantityMax, "pieces=", line.quantity);
  }
  GH_CHECK(request.line_count == 0 || prices == request.list_price, "fen=", prices.value());
}

void CheckReturnedLines(const RefundRequest& request) {
  GH_CHECK(request.line_count <= kLinesPerTransactionMax, "lines=", request.line_count);
  GH_CHECK(request.line_count == 0 || !request.has_amount);
  for (uint32_t i = 0; i < request.line_count; ++i) {
    GH_CHECK(request.lines[i].quantity >= 1);
    GH_CHECK(request.lines[i].number > (i == 0 ? 0 : request.lines[i - 1].number));
  }
}

// An advice is of a sale or a capture.
void CheckAdvice(const Command& command) {
  if (command.advice == nullptr) {
    return;
  }
  const AdviceRequest& advice = *command.advice;
  const bool sale = command.kind == CommandKind::kAuthorize;
  GH_CHECK(sale ? command.authorize.capture_at_once : command.kind == CommandKind::kCapture);
  GH_CHECK(advice.sequence >= 1);
  GH_CHECK(advice.occurred_at != TimestampNs{});
  const Fen most = sale ? command.authorize.list_price : Fen{};
  GH_CHECK(advice.member_paid >= Fen{} && advice.member_paid <= most,
           "fen=",
           advice.member_paid.value());
}

// One that is told is whole; an advice tells none.
void CheckCode(const AuthorizeRequest& request, bool advised) {
  if (request.code_issued_at == TimestampNs{}) {
    GH_CHECK(request.code_valid_s == 0, "s=", request.code_valid_s);
    return;
  }
  GH_CHECK(!advised && request.entry_mode == PosEntryMode::kQrCode);
  GH_CHECK(request.code_issued_at.value() >= kTimestampNsMin &&
               request.code_issued_at.value() < kTimestampNsMax,
           "ns=",
           request.code_issued_at.value());
  GH_CHECK(request.code_valid_s >= 1 && request.code_valid_s <= kCodeValidSMax,
           "s=",
           request.code_valid_s);
  GH_CHECK(request.code_purpose >= CodePurpose::kPayment &&
           request.code_purpose <= CodePurpose::kExit);
}

// The card may be left out with a voucher alone; advices and codes of cards go with none.
void CheckOccasion(const AuthorizeRequest& request, bool advised) {
  const OccasionRequest* const occasion = request.occasion;
  if (occasion == nullptr) {
    GH_CHECK(request.card != CardNumber{});
    return;
  }
  const bool claim = occasion->event_at != TimestampNs{};
  GH_CHECK(!advised && request.code_issued_at == TimestampNs{});
  GH_CHECK(request.card != CardNumber{} || !occasion->voucher.IsNone());
  GH_CHECK(!occasion->voucher.IsNone() || occasion->slot_at != TimestampNs{} || claim);
  GH_CHECK(claim || occasion->filed_by.IsNone());
  for (const TimestampNs at : {occasion->slot_at, occasion->event_at}) {
    GH_CHECK(at == TimestampNs{} || (at.value() >= kTimestampNsMin && at.value() < kTimestampNsMax),
             "ns=",
             at.value());
  }
}

// What command.h asks of whoever makes a command.
void CheckPreconditions(const Command& command) {
  GH_CHECK(!command.terminal.IsNone());
  GH_CHECK(!command.validate_only);
  const bool asks_only = command.kind == CommandKind::kQuote ||
                         command.kind == CommandKind::kGetTransaction ||
                         command.kind == CommandKind::kGetEntitlements;
  GH_CHECK(asks_only || !command.request_id.IsNone());
  CheckAdvice(command);
  switch (command.kind) {
    case CommandKind::kAuthorize:
    case CommandKind::kQuote:
      CheckAmount(command.authorize.list_price);
      CheckLines(command.authorize);
      CheckCode(command.authorize, command.advice != nullptr);
      CheckOccasion(command.authorize, command.advice != nullptr);
      GH_CHECK(command.authorize.hold_s <= kHoldSecondsMax, "s=", command.authorize.hold_s);
      GH_CHECK(command.authorize.entry_mode <= PosEntryMode::kManual);
      GH_CHECK(command.authorize.if_no_benefit == IfNoBenefit::kDecline ||
               command.authorize.if_no_benefit == IfNoBenefit::kFullPrice);
      break;
    case CommandKind::kCapture:
      CheckAmount(command.capture.amount);
      CheckOriginal(command.capture);
      GH_CHECK(command.capture.stan <= kStanMax, "stan=", command.capture.stan);
      break;
    case CommandKind::kReverse:
      CheckAmount(command.reverse.amount);
      CheckOriginal(command.reverse);
      GH_CHECK(command.reverse.stan <= kStanMax, "stan=", command.reverse.stan);
      GH_CHECK(command.reverse.reason >= ReversalReason::kCustomerCancellation &&
               command.reverse.reason <= ReversalReason::kDeviceUnable);
      break;
    case CommandKind::kIncrement:
      CheckAmount(command.increment.amount);
      GH_CHECK(command.increment.amount > Fen{});
      GH_CHECK(command.increment.hold_s <= kHoldSecondsMax, "s=", command.increment.hold_s);
      CheckOriginal(command.increment);
      GH_CHECK(command.increment.stan <= kStanMax, "stan=", command.increment.stan);
      break;
    case CommandKind::kRefund:
      CheckAmount(command.refund.amount);
      CheckReturnedLines(command.refund);
      CheckOriginal(command.refund);
      GH_CHECK(command.refund.stan <= kStanMax, "stan=", command.refund.stan);
      break;
    case CommandKind::kGetEntitlements:
      GH_CHECK(command.entitlements.list != nullptr);
      GH_CHECK((command.entitlements.card == CardNumber{}) != command.entitlements.member.IsNone());
      break;
    default:
      break;
  }
}

// What it would leave in the journal can be read back.
void CheckRecord(const Event& event, const Command& command) {
  if (event.kind == EventKind::kNone) {
    return;
  }
  Event stored = event;
  stored.command = &command;
  std::vector<uint8_t> bytes(RecordBytesMax(command));
  bytes.resize(EncodeRecord(stored, TimestampNs{}, bytes.data()));
  std::span<const uint8_t> left = bytes;
  RecordDecoder decoder;
  const auto read = decoder.Next(&left, stored.seq.value(), TimestampNs{});
  GH_CHECK(read.ok(), read.status().ToString());
  GH_CHECK(left.empty(), "bytes=", left.size());
}

template <class Reply>
void CheckReply(CommandKind kind, std::string_view message, const Caller& caller) {
  TerminalCall call;
  Refusal refusal;
  if (!ToCommand(kind, message, caller, &call, &refusal)) {
    CheckNamesAField(refusal);
    return;
  }
  const Command& command = call.command;
  GH_CHECK(command.kind == kind);
  CheckPreconditions(command);
  Event event;
  Result result;
  TheLedger().Decide(command, kCityNoon, &event, &result);
  CheckRecord(event, command);
  if (IsRefused(command, result, &refusal)) {
    GH_CHECK(!refusal.ok());
    GH_CHECK(!refusal.message.empty());
    return;
  }
  WireWriter out;
  out.Reserve(kReplyBytesMax);
  AppendReply(TheLedger(), command, result, call.transport_data, &out);
  Reply reply;
  GH_CHECK(reply.ParseFromArray(out.data(), static_cast<int>(out.size())));
  if constexpr (std::is_same_v<Reply, v1::GetEntitlementsResponse>) {
    GH_CHECK(v1::Outcome_IsValid(reply.outcome()));
  } else {
    GH_CHECK(reply.has_transaction());
  }
}

// One of the things that a terminal did while it could not ask.
void CheckAdviceReply(std::string_view message, const Caller& caller) {
  Refusal refusal;
  TerminalId sender;
  if (!ReadSender("T1", caller, &sender, &refusal)) {
    CheckNamesAField(refusal);
    return;
  }
  Command command;
  std::string_view transport_data;
  std::unique_ptr<Attachment> attachment;
  if (!ToCommand(message, sender, &command, &transport_data, &attachment, &refusal)) {
    CheckNamesAField(refusal);
    return;
  }
  GH_CHECK(command.terminal == sender);
  CheckPreconditions(command);
  Event event;
  Result result;
  TheLedger().Decide(command, kCityNoon, &event, &result);
  CheckRecord(event, command);
  if (IsRefused(command, result, &refusal)) {
    GH_CHECK(!refusal.message.empty());
    return;
  }
  WireWriter out;
  out.Reserve(kReplyBytesMax);
  AppendAdviceResult(TheLedger(), command, result, transport_data, &out);
  v1::AdviceResult reply;
  GH_CHECK(reply.ParseFromArray(out.data(), static_cast<int>(out.size())));
  GH_CHECK(reply.has_transaction());
}

// An answer to the question whether hand-written and generated code read the same.
void CompareParsers(std::string_view message) {
  v1::AuthorizeRequest generated;
  if (!generated.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return;  // text that is not UTF-8, which the other refuses field by field
  }
  AuthorizeFields fields;
  std::string canonical;  // the texts in `fields` point into it
  if (!ParseAuthorizeRequest(message, &fields)) {
    // The generated code also accepts what nobody writes: groups, which proto3 does not
    // have, and field numbers of more than 32 bits.  Without those both do.
    generated.DiscardUnknownFields();
    canonical = generated.SerializeAsString();
    fields = AuthorizeFields{};
    GH_CHECK(ParseAuthorizeRequest(canonical, &fields));
  }
  const auto same_time =
      [](const AuthorizeFields::Time& time, bool set, const google::protobuf::Timestamp& want) {
        GH_CHECK(time.set == set);
        GH_CHECK(time.seconds == want.seconds(), "seconds=", time.seconds);
        GH_CHECK(time.nanos == want.nanos(), "nanos=", time.nanos);
      };
  GH_CHECK(fields.request_id == generated.request_id());
  GH_CHECK(fields.terminal_id == generated.terminal_id());
  GH_CHECK(fields.merchant_id == generated.merchant_id());
  GH_CHECK(fields.card_number == generated.card_number());
  GH_CHECK(fields.programme_code == generated.programme_code());
  GH_CHECK(fields.transport_data == generated.transport_data());
  GH_CHECK(fields.list_price_fen == generated.list_price_fen());
  GH_CHECK(fields.if_no_benefit == generated.if_no_benefit());
  GH_CHECK(fields.pos_entry_mode == generated.pos_entry_mode());
  GH_CHECK(fields.hold_seconds == generated.hold_seconds());
  GH_CHECK(fields.stan == generated.stan());
  GH_CHECK(fields.capture == generated.capture());
  GH_CHECK(fields.explain == generated.explain());
  GH_CHECK(fields.allow_partial_approval == generated.allow_partial_approval());
  GH_CHECK(fields.line_count == static_cast<uint32_t>(generated.lines_size()),
           "lines=",
           fields.line_count);
  same_time(
      fields.transmission_time, generated.has_transmission_time(), generated.transmission_time());
  same_time(fields.occurred_at, generated.has_occurred_at(), generated.occurred_at());
  const v1::QrCode& code = generated.qr_code();
  GH_CHECK(fields.qr_code.set == generated.has_qr_code());
  GH_CHECK(fields.qr_code.valid_seconds == code.valid_seconds());
  GH_CHECK(fields.qr_code.purpose == code.purpose());
  same_time(fields.qr_code.issued_at, code.has_issued_at(), code.issued_at());
  const bool has_occasion = !generated.voucher_code().empty() || generated.has_slot_at() ||
                            generated.has_event_at() || !generated.filed_by().empty();
  GH_CHECK(fields.has_occasion || !has_occasion);
}

template <class Row, class Request>
void CheckRow(std::string_view message, CommandKind kind, const Request* Command::*content) {
  Row row;
  if (!row.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return;
  }
  Request request;
  RowError error;
  if (!FromProto(row, &request, &error)) {
    GH_CHECK(!error.field.empty(), "description=", error.description);
    GH_CHECK(!error.reason.empty(), "field=", error.field);
    GH_CHECK(!error.description.empty(), "field=", error.field);
    return;
  }
  Command command;
  command.kind = kind;
  command.*content = &request;
  Event event;
  Result result;
  TheLedger().Decide(command, kCityNoon, &event, &result);
  CheckRecord(event, command);
  if (IsRejected(result, &error)) {
    GH_CHECK(!error.reason.empty(), "field=", error.field);
  }
}

// What an operator's request became, as CheckRow() of a row.
template <class Request>
void CheckOperatorCommand(CommandKind kind,
                          const Request* Command::*content,
                          const Request& request) {
  Command command;
  command.kind = kind;
  command.*content = &request;
  Event event;
  Result result;
  TheLedger().Decide(command, kCityNoon, &event, &result);
  CheckRecord(event, command);
}

// False: it is no such message, or refused, and then it names what is wrong.
template <class Message, class Made>
bool ReadOperatorRequest(std::string_view message, Made* made) {
  Message request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return false;
  }
  RowError error;
  if (FromProto(request, made, &error)) {
    return true;
  }
  GH_CHECK(!error.field.empty(), "description=", error.description);
  GH_CHECK(!error.reason.empty(), "field=", error.field);
  GH_CHECK(!error.description.empty(), "field=", error.field);
  return false;
}

// With keys that are to be made yet, or without.
template <class Message>
void CheckVouchersToIssue(std::string_view message, bool makes_keys) {
  VouchersToIssue made;
  if (!ReadOperatorRequest<Message>(message, &made)) {
    return;
  }
  GH_CHECK(!made.vouchers.empty() && made.vouchers.size() <= kVouchersPerCommandMax);
  GH_CHECK(made.request.valid_from < made.request.expires_at);
  std::set<VoucherKey> keys;
  for (VoucherToIssue& voucher : made.vouchers) {
    GH_CHECK(voucher.key.IsNone() == makes_keys);
    voucher.key = makes_keys ? VoucherKey{1, keys.size() + 1} : voucher.key;
    GH_CHECK(keys.insert(voucher.key).second);
  }
  made.request.vouchers = made.vouchers;
  CheckOperatorCommand(CommandKind::kIssueVouchers, &Command::issue_vouchers, made.request);
}

void CheckKeysToVoid(std::string_view message) {
  std::vector<VoucherKey> keys;
  if (ReadOperatorRequest<v1::VoidVouchersRequest>(message, &keys)) {
    GH_CHECK(!keys.empty() && keys.size() <= kVouchersPerCommandMax);
    VoidVouchersRequest request;
    request.keys = keys;
    CheckOperatorCommand(CommandKind::kVoidVouchers, &Command::void_vouchers, request);
  }
}

void CheckDrawToCommit(std::string_view message) {
  DrawToCommit made;
  if (!ReadOperatorRequest<v1::Draw>(message, &made)) {
    return;
  }
  GH_CHECK(!made.prizes.empty() && made.prizes.size() <= kPrizesPerDrawMax);
  for (const PrizeSpec& prize : made.prizes) {
    const bool pool = made.request.kind == DrawKind::kPool;
    GH_CHECK(pool ? prize.weight > 0 : prize.weight == 0 && prize.count > 0);
    GH_CHECK(prize.series.IsNone() ? pool : prize.valid_from < prize.expires_at);
  }
  made.request.prizes = made.prizes;
  made.request.seed_hash.fill(1);  // the seed is the server's
  CheckOperatorCommand(CommandKind::kCommitDraw, &Command::commit_draw, made.request);
}

void CheckEventToDraw(std::string_view message) {
  EventToDraw made;
  if (ReadOperatorRequest<v1::DrawPrizeRequest>(message, &made)) {
    GH_CHECK(!made.request.key.IsNone() && !made.request.member.IsNone());
    CheckOperatorCommand(CommandKind::kDrawPrize, &Command::draw_prize, made.request);
  }
}

void CheckPersonalData(std::string_view message) {
  v1::PersonalData row;
  PersonalData data;
  RowError error;
  if (!row.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return;
  }
  if (!FromProto(row, &data, &error)) {
    GH_CHECK(!error.field.empty(), "description=", error.description);
    return;
  }
  v1::PersonalData masked;
  ToMaskedProto(data, &masked);
  GH_CHECK(masked.SerializeAsString().size() <= 4 * message.size() + 64);
}

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gonghui;  // NOLINT
  // It complains of every text that is not UTF-8, on stderr.
  static auto* const kComplaints = google::protobuf::SetLogHandler(nullptr);
  (void)kComplaints;
  if (size < 2) {
    return 0;
  }
  const std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Caller caller{data[1] % 2 == 0 ? TerminalId{} : TerminalOf(1)};
  switch (data[0] % 28) {
    case 0:
      CheckReply<v1::AuthorizeResponse>(CommandKind::kAuthorize, message, caller);
      CompareParsers(message);
      break;
    case 1:
      CheckReply<v1::QuoteResponse>(CommandKind::kQuote, message, caller);
      break;
    case 2:
      CheckReply<v1::CaptureResponse>(CommandKind::kCapture, message, caller);
      break;
    case 3:
      CheckReply<v1::ReverseResponse>(CommandKind::kReverse, message, caller);
      break;
    case 4:
      CheckReply<v1::IncrementAuthorizationResponse>(CommandKind::kIncrement, message, caller);
      break;
    case 5:
      CheckReply<v1::RefundResponse>(CommandKind::kRefund, message, caller);
      break;
    case 6:
      CheckReply<v1::GetTransactionResponse>(CommandKind::kGetTransaction, message, caller);
      break;
    case 7:
      CheckRow<v1::UnionNode>(message, CommandKind::kSetUnionNode, &Command::union_node);
      break;
    case 8:
      CheckRow<v1::Segment>(message, CommandKind::kDefineSegment, &Command::segment);
      break;
    case 9:
      CheckRow<v1::Member>(message, CommandKind::kSetMember, &Command::member);
      break;
    case 10:
      CheckRow<v1::Card>(message, CommandKind::kSetCard, &Command::card);
      break;
    case 11:
      CheckRow<v1::Merchant>(message, CommandKind::kSetMerchant, &Command::merchant);
      break;
    case 12:
      CheckRow<v1::Terminal>(message, CommandKind::kSetTerminal, &Command::terminal_setting);
      break;
    case 13:
      CheckRow<v1::Fund>(message, CommandKind::kSetFund, &Command::fund);
      break;
    case 14:
      CheckPersonalData(message);
      break;
    case 15:
      CheckReply<v1::GetEntitlementsResponse>(CommandKind::kGetEntitlements, message, caller);
      break;
    case 16:
      CheckReply<v1::CloseBatchResponse>(CommandKind::kCloseBatch, message, caller);
      break;
    case 17:
      CheckAdviceReply(message, caller);
      break;
    case 19:
      CheckRow<v1::Contribution>(message, CommandKind::kContribute, &Command::contribute);
      break;
    case 20:
      CheckRow<v1::RevokeContributionRequest>(
          message, CommandKind::kRevokeContribution, &Command::revoke_contribution);
      break;
    case 21:
      CheckRow<v1::ApproveClaimRequest>(message, CommandKind::kApproveClaim, &Command::judge_claim);
      break;
    case 22:
      CheckRow<v1::RejectClaimRequest>(message, CommandKind::kRejectClaim, &Command::judge_claim);
      break;
    case 23:
      CheckVouchersToIssue<v1::GrantVouchersRequest>(message, false);
      break;
    case 24:
      CheckVouchersToIssue<v1::IssueCodesRequest>(message, true);
      break;
    case 25:
      CheckKeysToVoid(message);
      break;
    case 26:
      CheckDrawToCommit(message);
      break;
    case 27:
      CheckEventToDraw(message);
      break;
    default:
      CompareParsers(message);
      break;
  }
  return 0;
}
