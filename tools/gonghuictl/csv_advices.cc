// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of stored advices.  What a sale and a capture do not share must be empty in the
// other's rows, so that a cell in the wrong column is not lost without a word.

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/line_items.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;
using google::protobuf::Timestamp;

constexpr size_t kProgrammeBytesMax = 32;
constexpr size_t kCardDigitsMin = 8;
constexpr size_t kCardDigitsMax = 19;
constexpr size_t kTransactionIdBytes = 12;

enum : size_t {
  kRequest,
  kKind,
  kOccurred,
  kSequence,
  kBusinessDate,
  kCard,
  kAmountYuan,
  kAmountFen,
  kPaidYuan,
  kPaidFen,
  kLines,
  kProgramme,
  kOriginal,
  kMoreFollow,
  kDenyList
};
constexpr std::array kColumns = {
    CsvColumn{"request_id", true, "request_id", "the UUID that the terminal made when it happened"},
    CsvColumn{"kind", false, "advice", "sale (when empty) or capture"},
    CsvColumn{"occurred_at",
              true,
              "occurred_at",
              "2026-05-03 08:15:00 in --zone, or 2026-05-03T00:15:00Z"},
    CsvColumn{"terminal_sequence", true, "terminal_sequence", "the terminal's count, from 1"},
    CsvColumn{"business_date", true, "business_date", "the terminal's day, as 2026-05-03"},
    CsvColumn{"card_number", false, "card_number", "sale: 8 to 19 digits; needed"},
    CsvColumn{"amount_yuan",
              false,
              "list_price_fen",
              "sale: price before benefits; capture: what to capture, empty = all"},
    CsvColumn{"amount_fen", false, "list_price_fen", "the same, as a whole number of fen"},
    CsvColumn{"member_paid_yuan",
              false,
              "member_paid_fen",
              "sale: what the terminal took from the member; needed, 0 is said"},
    CsvColumn{"member_paid_fen", false, "member_paid_fen", "the same, as a whole number of fen"},
    CsvColumn{"lines", false, "lines", "sale: ITEM:QUANTITY:PRICE;... prices in yuan"},
    CsvColumn{"programme_code", false, "programme_code", "sale: only this programme; empty = any"},
    CsvColumn{"original",
              false,
              "original_transaction_id",
              "capture: the hold's transaction id or request id; needed"},
    CsvColumn{"more_follow",
              false,
              "final_capture",
              "capture: true false 1 0 yes no 是 否; empty = false, release the rest"},
    CsvColumn{"deny_list_at",
              false,
              "deny_list_at",
              "of when the deny list was that the terminal held; empty = it had none"},
};

CellError Required(size_t column, std::string description) {
  return CellError{column, "REQUIRED_VALUE", std::move(description)};
}

bool IsCardNumber(std::string_view text) {
  if (text.size() < kCardDigitsMin || text.size() > kCardDigitsMax || text[0] == '0') {
    return false;
  }
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return false;
    }
  }
  return true;
}

CellResult OnlyEmpty(const RowView& cells,
                     std::initializer_list<size_t> columns,
                     const char* description) {
  for (const size_t column : columns) {
    if (!cells.Cell(column).empty()) {
      return BadCell(column, description);
    }
  }
  return std::nullopt;
}

CellResult ParseLines(const RowView& cells, v1::AuthorizeRequest* sale) {
  std::string_view rest = cells.Cell(kLines);
  std::vector<std::string_view> texts;
  while (!rest.empty()) {
    const size_t end = rest.find(';');
    texts.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  const absl::Status parsed = ParseLineItems(texts, sale->mutable_lines());
  if (!parsed.ok()) {
    return BadCell(kLines, std::string(parsed.message()));
  }
  if (const int64_t sum_fen = SumOf(sale->lines());
      !texts.empty() && sum_fen != sale->list_price_fen()) {
    return BadCell(kLines,
                   "the lines cost " + FormatYuan(sum_fen) + ", the amount is " +
                       FormatYuan(sale->list_price_fen()));
  }
  return std::nullopt;
}

CellResult ParseSale(const RowView& cells, v1::Advice* advice) {
  v1::AuthorizeRequest& sale = *advice->mutable_sale();
  CTL_RETURN_IF_BAD(OnlyEmpty(cells, {kOriginal, kMoreFollow}, "is a capture's, not a sale's"));
  sale.set_request_id(std::string(cells.Cell(kRequest)));
  sale.set_capture(true);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kCard, sale.mutable_card_number()));
  if (!IsCardNumber(sale.card_number())) {
    return BadCell(kCard, "\"" + sale.card_number() + "\" is not 8 to 19 digits, the first not 0");
  }
  std::optional<int64_t> fen;
  CTL_RETURN_IF_BAD(ReadMoney(cells, kAmountYuan, kAmountFen, kListPriceFenMax, &fen));
  if (!fen) {
    return Required(kAmountYuan, "a sale needs amount_yuan or amount_fen");
  }
  sale.set_list_price_fen(*fen);
  CTL_RETURN_IF_BAD(ReadMoney(cells, kPaidYuan, kPaidFen, kListPriceFenMax, &fen));
  if (!fen) {
    return Required(kPaidYuan, "a sale needs member_paid_yuan or member_paid_fen");
  }
  if (*fen > sale.list_price_fen()) {
    return BadCell(cells.Cell(kPaidYuan).empty() ? kPaidFen : kPaidYuan,
                   "the member paid more than the amount, " + FormatYuan(sale.list_price_fen()));
  }
  advice->set_member_paid_fen(*fen);
  CTL_RETURN_IF_BAD(ParseLines(cells, &sale));
  if (!cells.Cell(kProgramme).empty() && !IsCode(cells.Cell(kProgramme), kProgrammeBytesMax)) {
    return BadCell(kProgramme, "a code is 1 to 32 of A-Z a-z 0-9 . _ : -");
  }
  sale.set_programme_code(std::string(cells.Cell(kProgramme)));
  return std::nullopt;
}

CellResult ParseCapture(const RowView& cells, v1::Advice* advice) {
  v1::CaptureRequest& capture = *advice->mutable_capture();
  CTL_RETURN_IF_BAD(OnlyEmpty(
      cells, {kCard, kPaidYuan, kPaidFen, kLines, kProgramme}, "is a sale's, not a capture's"));
  capture.set_request_id(std::string(cells.Cell(kRequest)));
  const std::string original(cells.Cell(kOriginal));
  if (original.empty()) {
    return Required(kOriginal, "a capture needs the hold that it completes");
  }
  if (IsUuid(original)) {
    capture.set_original_request_id(original);
  } else if (original.size() == kTransactionIdBytes) {
    capture.set_original_transaction_id(original);
  } else {
    return BadCell(kOriginal,
                   "\"" + original + "\" is neither a transaction id nor a request id (a UUID)");
  }
  std::optional<int64_t> fen;
  CTL_RETURN_IF_BAD(ReadMoney(cells, kAmountYuan, kAmountFen, kListPriceFenMax, &fen));
  if (fen) {
    capture.set_amount_fen(*fen);
  }
  bool more_follow = false;
  CTL_RETURN_IF_BAD(ReadBool(cells, kMoreFollow, &more_follow));
  capture.set_final_capture(!more_follow);
  return std::nullopt;
}

CellResult ParseAdvice(const RowView& cells, const RowOptions& options, Message* message) {
  auto& advice = RowAs<v1::Advice>(message);
  std::string request_id;
  CTL_RETURN_IF_BAD(ReadRequired(cells, kRequest, &request_id));
  if (!IsUuid(request_id)) {
    return BadCell(kRequest, "\"" + request_id + "\" is not a UUID");
  }
  std::optional<Timestamp> instant;
  CTL_RETURN_IF_BAD(ReadInstant(cells, kOccurred, options, &instant));
  if (!instant) {
    return Required(kOccurred, "is empty");
  }
  *advice.mutable_occurred_at() = *instant;
  uint64_t sequence = 0;
  CTL_RETURN_IF_BAD(
      ReadUnsigned(cells, kSequence, std::numeric_limits<uint32_t>::max(), &sequence));
  if (sequence == 0) {
    return cells.Cell(kSequence).empty() ? Required(kSequence, "is empty")
                                         : BadCell(kSequence, "the count begins with 1");
  }
  advice.set_terminal_sequence(static_cast<uint32_t>(sequence));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kBusinessDate, advice.mutable_business_date()));
  if (!IsDay(advice.business_date())) {
    return BadCell(
        kBusinessDate,
        "\"" + advice.business_date() + "\" is not a day such as 2026-01-31" + kDayForms);
  }
  CTL_RETURN_IF_BAD(ReadInstant(cells, kDenyList, options, &instant));
  if (instant) {
    *advice.mutable_deny_list_at() = *instant;
  }
  const std::string_view kind = cells.Cell(kKind);
  if (kind.empty() || kind == "sale") {
    return ParseSale(cells, &advice);
  }
  if (kind == "capture") {
    return ParseCapture(cells, &advice);
  }
  return BadCell(kKind, "\"" + std::string(kind) + "\" is neither sale nor capture");
}

constexpr ImportKind kAdvices{
    "advices", "gonghui.v1.AuthorizationService.SubmitAdvices", 256, kColumns, ParseAdvice};

}  // namespace

const ImportKind& AdviceKind() {
  return kAdvices;
}

}  // namespace gonghui::ctl
