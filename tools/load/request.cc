// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/request.h"

#include <cstring>
#include <optional>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/numbers.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/csv_file.h"
#include "tools/load/life.h"
#include "tools/load/wire.h"

namespace gonghui::load {
namespace {

using v1::AuthorizeRequest;
using v1::CaptureRequest;
using v1::RefundRequest;
using v1::ReverseRequest;

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr uint32_t kStanMax = 999'999;

// All bytes in hexadecimal, two characters each.
constexpr std::array<std::array<char, 2>, 256> kHexOfByte = [] {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = {kHex[byte >> 4], kHex[byte & 15]};
  }
  return table;
}();

// A random UUID (version 4, variant 1) in text.
void MakeRequestId(Prng* prng, std::array<char, 36>* text) {
  const uint64_t high = (prng->Next() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (prng->Next() & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  char* out = text->data();
  const auto put = [&out](uint64_t half, int from_byte, int to_byte) {
    for (int i = from_byte; i < to_byte; ++i) {
      std::memcpy(out, kHexOfByte[half >> (56 - 8 * i) & 0xff].data(), 2);
      out += 2;
    }
  };
  const auto dash = [&out] { *out++ = '-'; };
  put(high, 0, 4);
  dash();
  put(high, 4, 6);
  dash();
  put(high, 6, 8);
  dash();
  put(low, 0, 2);
  dash();
  put(low, 2, 8);
}

// A google.protobuf.Timestamp as a field.  One byte of length is enough.
char* PutTimestamp(char* out, uint32_t field, int64_t ns) {
  char* const head = PutTag(out, field, WireType::kBytes);
  char* const body = head + 1;
  char* end = PutNumber(body, 1, static_cast<uint64_t>(ns / kNsPerSecond));
  end = PutNumber(end, 2, static_cast<uint64_t>(ns % kNsPerSecond));
  *head = static_cast<char>(end - body);
  return end;
}

}  // namespace

void RepeatBook::Add(std::shared_ptr<const Earlier> entry) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() < entries_max_) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[next_++ % entries_max_] = std::move(entry);
  }
}

std::shared_ptr<const Earlier> RepeatBook::Pick(uint64_t random) const {
  const std::lock_guard lock(mutex_);
  return entries_.empty() ? nullptr : entries_[random % entries_.size()];
}

char* EncodeTimes(int64_t now_ns, char* out) {
  // The card was presented just now.
  out = PutTimestamp(out, AuthorizeRequest::kTransmissionTimeFieldNumber, now_ns);
  return PutTimestamp(out, AuthorizeRequest::kOccurredAtFieldNumber, now_ns);
}

char* EncodeRequest(const Workload& workload,
                    const RequestMix& mix,
                    const Sent& sent,
                    std::string_view times,
                    char* out) {
  out = PutBytes(out, AuthorizeRequest::kRequestIdFieldNumber, sent.request_id_text());
  out = PutRaw(out, workload.terminal(sent.terminal).bytes);
  out = PutRaw(out, workload.CardBytes(sent.card));
  out = PutNumber(
      out, AuthorizeRequest::kListPriceFenFieldNumber, static_cast<uint64_t>(sent.list_price_fen));
  out = PutNumber(out, AuthorizeRequest::kCaptureFieldNumber, sent.capture() ? 1 : 0);
  out = PutNumber(out,
                  AuthorizeRequest::kIfNoBenefitFieldNumber,
                  mix.full_price_if_no_benefit ? v1::IF_NO_BENEFIT_FULL_PRICE : 0);
  out = PutNumber(out, AuthorizeRequest::kPosEntryModeFieldNumber, v1::POS_ENTRY_MODE_CONTACTLESS);
  out = PutNumber(
      out, AuthorizeRequest::kHoldSecondsFieldNumber, sent.capture() ? 0 : mix.hold_seconds);
  out = PutNumber(out, AuthorizeRequest::kStanFieldNumber, sent.stan);
  return PutRaw(out, times);
}

char* EncodeFollowUp(const Workload& workload, const Sent& sent, int64_t now_ns, char* out) {
  // The three requests begin alike.
  static_assert(AreSame(CaptureRequest::kRequestIdFieldNumber,
                        ReverseRequest::kRequestIdFieldNumber,
                        RefundRequest::kRequestIdFieldNumber));
  static_assert(AreSame(CaptureRequest::kTerminalIdFieldNumber,
                        ReverseRequest::kTerminalIdFieldNumber,
                        RefundRequest::kTerminalIdFieldNumber));
  out = PutBytes(out, CaptureRequest::kRequestIdFieldNumber, sent.request_id_text());
  out = PutBytes(out, CaptureRequest::kTerminalIdFieldNumber, workload.terminal(sent.terminal).id);
  const Original& original = *sent.original;
  const bool in_part = sent.list_price_fen != original.list_price_fen;
  const auto amount = static_cast<uint64_t>(sent.list_price_fen);
  switch (sent.step) {
    case Step::kCapture:
      out = PutBytes(
          out, CaptureRequest::kOriginalTransactionIdFieldNumber, original.transaction_id_text());
      out = PutNumber(out, CaptureRequest::kAmountFenFieldNumber, in_part ? amount : 0);
      // Nothing more follows: what is left goes back to the funds.
      out = PutNumber(out, CaptureRequest::kFinalCaptureFieldNumber, 1);
      out = PutNumber(out, CaptureRequest::kStanFieldNumber, sent.stan);
      return PutTimestamp(out, CaptureRequest::kTransmissionTimeFieldNumber, now_ns);
    case Step::kReversal:
      // By the terminal's own id: one that got no answer knows no other.
      out =
          PutBytes(out, ReverseRequest::kOriginalRequestIdFieldNumber, original.request_id_text());
      out = PutNumber(out,
                      ReverseRequest::kReversalReasonFieldNumber,
                      v1::REVERSAL_REASON_CUSTOMER_CANCELLATION);
      out = PutNumber(out, ReverseRequest::kStanFieldNumber, sent.stan);
      return PutTimestamp(out, ReverseRequest::kTransmissionTimeFieldNumber, now_ns);
    case Step::kRefund:
      out = PutBytes(
          out, RefundRequest::kOriginalTransactionIdFieldNumber, original.transaction_id_text());
      out = PutNumber(out, RefundRequest::kAmountFenFieldNumber, in_part ? amount : 0);
      out = PutNumber(out, RefundRequest::kStanFieldNumber, sent.stan);
      return PutTimestamp(out, RefundRequest::kTransmissionTimeFieldNumber, now_ns);
    case Step::kSale:
    case Step::kTap:
    case Step::kHold:
      break;
  }
  GH_CHECK(false, "step=", static_cast<int>(sent.step), " follows nothing up");
  return out;
}

absl::Status CheckMix(const RequestMix& mix, const Workload& workload) {
  if (mix.gate_percent > 0 && workload.gates().empty()) {
    return absl::InvalidArgumentError(
        "--gate-percent: no terminal belongs to a merchant of local transport (4111, 4112, 4131)");
  }
  if (mix.gate_percent > 0 && mix.gate_percent < 100 && workload.shops().empty()) {
    return absl::InvalidArgumentError("--gate-percent: there are only gates, for the rest none");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<OldIds>> OldIds::Load(const std::string& file,
                                                     const Workload& workload) {
  absl::flat_hash_map<std::string_view, uint32_t> cards;
  for (size_t i = 0; i < workload.card_count(); ++i) {
    cards.emplace(workload.CardBytes(i), static_cast<uint32_t>(i));
  }
  absl::flat_hash_map<std::string_view, uint32_t> terminals;
  for (size_t i = 0; i < workload.terminal_count(); ++i) {
    terminals.emplace(workload.terminal(i).id, static_cast<uint32_t>(i));
  }
  auto old_ids = std::make_shared<OldIds>();
  GH_RETURN_IF_ERROR(ReadCsvFile(
      file,
      {"terminal_id", "request_id", "card_number", "amount_fen"},
      [&](const CsvRow& row) -> absl::Status {
        auto entry = std::make_shared<Earlier>();
        Sent& sent = entry->sent;
        const auto terminal = terminals.find(row[0]);
        if (terminal == terminals.end()) {
          return absl::InvalidArgumentError("no terminal of this load is named " + row[0]);
        }
        sent.terminal = terminal->second;
        if (row[1].size() != sent.request_id.size()) {
          return absl::InvalidArgumentError("\"" + row[1] + "\" is not a UUID");
        }
        std::memcpy(sent.request_id.data(), row[1].data(), row[1].size());
        // Longer ones are no card's, either.
        char field[kRequestBytesMax];
        const std::string number = row[2].substr(0, 64);
        const char* const end = PutBytes(field, AuthorizeRequest::kCardNumberFieldNumber, number);
        const auto card = cards.find(std::string_view(field, static_cast<size_t>(end - field)));
        if (card == cards.end()) {
          return absl::InvalidArgumentError("no card of this load has the number " + row[2]);
        }
        sent.card = card->second;
        if (!absl::SimpleAtoi(row[3], &sent.list_price_fen)) {
          return absl::InvalidArgumentError("amount_fen \"" + row[3] + "\" is not a number");
        }
        old_ids->entries_.push_back(std::move(entry));
        return absl::OkStatus();
      }));
  if (old_ids->entries_.empty()) {
    return absl::InvalidArgumentError(file + ": no old ids");
  }
  return old_ids;
}

bool RequestMaker::ChooseEarlier(Sent* sent) {
  std::shared_ptr<const Earlier> earlier;
  if (mix_.old_ids != nullptr) {
    earlier = mix_.old_ids->Next();
  } else if (mix_.repeat_percent > 0 && prng_.Chance(mix_.repeat_percent, 100)) {
    earlier = book_->Pick(prng_.Next());
  }
  if (earlier == nullptr) {
    return false;
  }
  *sent = earlier->sent;
  sent->earlier = std::move(earlier);
  return true;
}

bool RequestMaker::ChooseFollowUp(Sent* sent) {
  if (mix_.lifecycle_percent == 0) {
    return false;
  }
  while (const std::optional<Life> life = lives_->Take()) {
    if (GoOn(*life, &prng_, sent)) {
      Name(sent);
      return true;
    }
  }
  return false;
}

void RequestMaker::ChooseStepAndTerminal(Sent* sent) {
  sent->step = Step::kSale;
  if (mix_.gate_percent + mix_.lifecycle_percent > 0) {
    const auto percent = static_cast<uint32_t>(Scaled(prng_.Next(), 100));
    if (percent < mix_.gate_percent) {
      sent->step = Step::kTap;
    } else if (percent < mix_.gate_percent + mix_.lifecycle_percent) {
      sent->step = Step::kHold;
    }
  }
  if (sent->step == Step::kSale && mix_.holds_percent > 0 &&
      prng_.Chance(mix_.holds_percent, 100)) {
    sent->step = Step::kHold;
  }
  if (mix_.gate_percent == 0) {
    sent->terminal = static_cast<uint32_t>(Scaled(prng_.Next(), workload_.terminal_count()));
  } else {
    const std::vector<uint32_t>& terminals =
        sent->step == Step::kTap ? workload_.gates() : workload_.shops();
    sent->terminal = terminals[Scaled(prng_.Next(), terminals.size())];
  }
}

void RequestMaker::Name(Sent* sent) {
  MakeRequestId(&prng_, &sent->request_id);
  sent->stan = stan_;
  stan_ = stan_ == kStanMax ? 0 : stan_ + 1;
}

void RequestMaker::Choose(Sent* sent) {
  // What was begun goes on before anything is begun.
  if (ChooseFollowUp(sent) || ChooseEarlier(sent)) {
    return;
  }
  sent->earlier.reset();
  sent->original.reset();
  Name(sent);
  ChooseStepAndTerminal(sent);
  sent->card = static_cast<uint32_t>(picker_.Pick(&prng_));
  const PriceRange& prices =
      mix_.prices.high_fen > 0 ? mix_.prices : workload_.terminal(sent->terminal).prices;
  const auto span = static_cast<uint64_t>(prices.high_fen - prices.low_fen) + 1;
  sent->list_price_fen = prices.low_fen + static_cast<int64_t>(Scaled(prng_.Next(), span));
}

}  // namespace gonghui::load
