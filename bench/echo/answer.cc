// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/echo/answer.h"

#include <cstddef>

#include "engine/base/check.h"
#include "tools/load/wire.h"

namespace gonghui::bench {
namespace {

using load::kVarintBytesMax;
using load::PutBytes;
using load::PutNumber;
using load::PutRaw;
using load::PutTag;
using load::PutVarint;
using load::WireReader;
using load::WireType;

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr char kCrockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr size_t kTransactionIdBytes = 12;

// 60 bits in 12 characters, as the engine's own ids.
void PutTransactionId(uint64_t sequence, char* id) {
  for (size_t i = kTransactionIdBytes; i-- > 0;) {
    id[i] = kCrockford[sequence & 31];
    sequence >>= 5;
  }
}

// A text that may be empty, and is then not written.
char* PutText(char* out, uint32_t field, std::string_view text) {
  return text.empty() ? out : PutBytes(out, field, text);
}

// Tag and length of a message that was written behind them.  Every message here
// is longer than 127 bytes and shorter than 16 KiB: two bytes of length.
constexpr ptrdiff_t kMessageHeadBytes = 3;

void PutMessageHead(char* at, uint32_t field, ptrdiff_t size) {
  GH_CHECK(size >= 1 << 7 && size < 1 << 14, "size=", size);
  at[0] = static_cast<char>(field << 3 | static_cast<uint32_t>(WireType::kBytes));
  at[1] = static_cast<char>(size | 0x80);
  at[2] = static_cast<char>(size >> 7);
}

void PrepareLimit(const char* code,
                  v1::LimitMeasure measure,
                  v1::LimitWindow window,
                  int64_t max,
                  int64_t used,
                  v1::LimitState* limit) {
  limit->set_programme_code("bench");
  limit->set_limit_code(code);
  limit->set_measure(measure);
  limit->set_subject(v1::LIMIT_SUBJECT_PERSON);
  limit->set_window(window);
  limit->set_max(max);
  limit->set_used(used);
  limit->set_left(max - used);
  limit->mutable_resets_at()->set_seconds(1'796'054'400);
}

}  // namespace

void PrepareAnswer(v1::AuthorizeResponse* response) {
  v1::Transaction* txn = response->mutable_transaction();
  txn->set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  txn->set_outcome(v1::OUTCOME_APPROVED);
  txn->set_approval_code("00JJAJ");
  v1::AppliedBenefit* benefit = txn->add_applied_benefits();
  benefit->set_programme_code("bench");
  benefit->set_programme_version(1);
  benefit->set_benefit_code("market-percent");
  benefit->set_fund_code("bench-market");
  PrepareLimit("market-per-day",
               v1::LIMIT_MEASURE_COUNT,
               v1::LIMIT_WINDOW_DAY,
               1'000'000,
               5,
               txn->add_limits());
  PrepareLimit("market-per-month",
               v1::LIMIT_MEASURE_AMOUNT_FEN,
               v1::LIMIT_WINDOW_MONTH,
               1'000'000'000,
               14'443,
               txn->add_limits());
  txn->set_display_message("Approved");
  txn->set_display_message_zh("已批准");
}

void FillAnswer(const v1::AuthorizeRequest& request,
                uint64_t sequence,
                int64_t now_ns,
                v1::AuthorizeResponse* response) {
  v1::Transaction* txn = response->mutable_transaction();
  txn->mutable_transaction_id()->resize(kTransactionIdBytes);
  PutTransactionId(sequence, txn->mutable_transaction_id()->data());
  txn->set_state(request.capture() ? v1::TRANSACTION_STATE_CAPTURED
                                   : v1::TRANSACTION_STATE_PENDING);
  txn->set_request_id(request.request_id());
  txn->set_terminal_id(request.terminal_id());
  txn->set_merchant_id(request.merchant_id());
  txn->mutable_decided_at()->set_seconds(now_ns / kNsPerSecond);
  txn->mutable_decided_at()->set_nanos(static_cast<int32_t>(now_ns % kNsPerSecond));
  const int64_t subsidy = request.list_price_fen() / 10;
  txn->set_list_price_fen(request.list_price_fen());
  txn->set_subsidy_fen(subsidy);
  txn->set_member_pays_fen(request.list_price_fen() - subsidy);
  txn->mutable_applied_benefits(0)->set_amount_fen(subsidy);
  txn->set_captured_fen(request.capture() ? request.list_price_fen() : 0);
  txn->set_stan(request.stan());
  txn->set_captured_subsidy_fen(request.capture() ? subsidy : 0);
  response->set_transport_data(request.transport_data());
}

AnswerWriter::AnswerWriter() {
  v1::AuthorizeResponse all;
  PrepareAnswer(&all);
  const v1::Transaction& txn = all.transaction();
  benefit_ = txn.applied_benefits(0).SerializeAsString();
  v1::Transaction part;
  part.set_kind(txn.kind());
  part.set_outcome(txn.outcome());
  outcome_ = part.SerializeAsString();
  part.Clear();
  part.set_approval_code(txn.approval_code());
  approval_code_ = part.SerializeAsString();
  part.Clear();
  *part.mutable_limits() = txn.limits();
  limits_ = part.SerializeAsString();
  part.Clear();
  part.set_display_message(txn.display_message());
  part.set_display_message_zh(txn.display_message_zh());
  displays_ = part.SerializeAsString();
}

char* AnswerWriter::PutTransaction(std::string_view request,
                                   char* out,
                                   std::string_view* transport_data) {
  using v1::AuthorizeRequest;
  using v1::Transaction;
  std::string_view request_id;
  std::string_view terminal_id;
  std::string_view merchant_id;
  uint64_t list_price_fen = 0;
  uint64_t stan = 0;
  bool capture = false;
  WireReader in(request);
  while (in.Next()) {
    switch (in.field()) {
      case AuthorizeRequest::kRequestIdFieldNumber:
        request_id = in.Bytes();
        break;
      case AuthorizeRequest::kTerminalIdFieldNumber:
        terminal_id = in.Bytes();
        break;
      case AuthorizeRequest::kMerchantIdFieldNumber:
        merchant_id = in.Bytes();
        break;
      case AuthorizeRequest::kListPriceFenFieldNumber:
        list_price_fen = in.Number();
        break;
      case AuthorizeRequest::kCaptureFieldNumber:
        capture = in.Number() != 0;
        break;
      case AuthorizeRequest::kStanFieldNumber:
        stan = in.Number();
        break;
      case AuthorizeRequest::kTransportDataFieldNumber:
        *transport_data = in.Bytes();
        break;
      default:
        break;
    }
  }
  if (!in.ok()) {
    return nullptr;
  }
  const uint64_t subsidy_fen = list_price_fen / 10;

  char id[kTransactionIdBytes];
  PutTransactionId(++sequence_, id);
  out = PutBytes(out, Transaction::kTransactionIdFieldNumber, {id, sizeof(id)});
  out = PutRaw(out, outcome_);
  out = PutNumber(out,
                  Transaction::kStateFieldNumber,
                  capture ? v1::TRANSACTION_STATE_CAPTURED : v1::TRANSACTION_STATE_PENDING);
  out = PutText(out, Transaction::kRequestIdFieldNumber, request_id);
  out = PutText(out, Transaction::kTerminalIdFieldNumber, terminal_id);
  out = PutText(out, Transaction::kMerchantIdFieldNumber, merchant_id);
  out = PutRaw(out, approval_code_);
  out = PutRaw(out, decided_at_);
  out = PutNumber(out, Transaction::kListPriceFenFieldNumber, list_price_fen);
  out = PutNumber(out, Transaction::kMemberPaysFenFieldNumber, list_price_fen - subsidy_fen);
  out = PutNumber(out, Transaction::kSubsidyFenFieldNumber, subsidy_fen);
  char amount[1 + kVarintBytesMax];
  const char* const amount_end =
      PutNumber(amount, v1::AppliedBenefit::kAmountFenFieldNumber, subsidy_fen);
  const auto amount_size = static_cast<size_t>(amount_end - amount);
  out = PutTag(out, Transaction::kAppliedBenefitsFieldNumber, WireType::kBytes);
  out = PutVarint(out, benefit_.size() + amount_size);
  out = PutRaw(out, benefit_);
  out = PutRaw(out, {amount, amount_size});
  out = PutRaw(out, limits_);
  out = PutNumber(out, Transaction::kCapturedFenFieldNumber, capture ? list_price_fen : 0);
  out = PutRaw(out, displays_);
  out = PutNumber(out, Transaction::kStanFieldNumber, stan);
  return PutNumber(out, Transaction::kCapturedSubsidyFenFieldNumber, capture ? subsidy_fen : 0);
}

char* AnswerWriter::Answer(std::string_view request, int64_t now_ns, char* out) {
  if (now_ns != decided_at_ns_) {
    decided_at_ns_ = now_ns;
    v1::Transaction part;
    part.mutable_decided_at()->set_seconds(now_ns / kNsPerSecond);
    part.mutable_decided_at()->set_nanos(static_cast<int32_t>(now_ns % kNsPerSecond));
    decided_at_ = part.SerializeAsString();
  }
  std::string_view transport_data;
  char* const body = out + kMessageHeadBytes;
  char* const end = PutTransaction(request, body, &transport_data);
  if (end == nullptr) {
    return nullptr;
  }
  PutMessageHead(out, v1::AuthorizeResponse::kTransactionFieldNumber, end - body);
  return PutText(end, v1::AuthorizeResponse::kTransportDataFieldNumber, transport_data);
}

char* AnswerWriter::AnswerStream(std::string_view message, int64_t now_ns, char* out) {
  WireReader in(message);
  while (in.Next()) {
    if (in.field() != v1::AuthorizeStreamRequest::kRequestsFieldNumber) {
      continue;
    }
    char* const result = out + kMessageHeadBytes;
    char* const response = result + kMessageHeadBytes;
    char* const end = Answer(in.Bytes(), now_ns, response);
    if (end == nullptr) {
      return nullptr;
    }
    PutMessageHead(result, v1::AuthorizeStreamResult::kResponseFieldNumber, end - response);
    PutMessageHead(out, v1::AuthorizeStreamResponse::kResultsFieldNumber, end - result);
    out = end;
  }
  return in.ok() ? out : nullptr;
}

size_t AnswerWriter::StreamBytesMax(std::string_view message) {
  size_t bytes = 0;
  WireReader in(message);
  while (in.Next()) {
    bytes += BytesMax(in.Bytes()) + size_t{2} * kMessageHeadBytes;
  }
  return bytes;
}

}  // namespace gonghui::bench
