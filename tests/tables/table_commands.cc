// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_commands.h"

#include <optional>
#include <vector>

#include "tests/tables/table_occasions.h"

namespace gonghui {
namespace {

class CommandReader {
 public:
  CommandReader(TimestampNs now, const GivenIds& given) : now_(now), given_(given) {}

  std::optional<AskedCommand> Read(const std::string& verb, RowWords& row) {
    const auto asked = [this](const OwnedCommand& command) {
      asked_.command = command;
      return asked_;
    };
    if (verb == "auth" || verb == "quote" || verb == "advise") {
      return asked(ReadAuthorize(row, verb));
    }
    if (verb == "increment") {
      return asked(ReadIncrement(row));
    }
    if (verb == "capture" || verb == "advise-capture") {
      return asked(ReadCapture(row, verb == "advise-capture"));
    }
    if (verb == "reverse") {
      return asked(ReadReverse(row));
    }
    if (verb == "refund") {
      return asked(ReadRefund(row));
    }
    if (verb == "close") {
      return asked(ReadClose(row));
    }
    if (verb == "inquire") {
      return asked(ReadInquiry(row));
    }
    if (verb == "entitlements") {
      return asked(ReadEntitlements(row));
    }
    return std::nullopt;
  }

 private:
  static TerminalId TerminalOf(const std::string& word) {
    return word == "operator" ? TerminalId{} : Coded<TerminalId>(word);
  }

  Command Header(CommandKind kind,
                 const std::string& request,
                 const std::string& terminal,
                 RowWords& row) {
    Command command;
    command.kind = kind;
    command.request_id = RequestOf(request);
    command.terminal = TerminalOf(terminal);
    if (row.Flag("in-time")) {
      command.deadline = now_;
    }
    if (row.Flag("too-late")) {
      command.deadline = TimestampNs{now_.value() - 1};
    }
    asked_.request = request;
    asked_.terminal = terminal;
    return command;
  }

  static uint32_t HoldSecondsFrom(RowWords& row) {
    const auto hold = row.Value("hold");
    return hold.has_value() ? static_cast<uint32_t>(DurationNsOf(*hold) / kNsPerSecond) : 0;
  }

  // A capture's, reversal's or refund's; none given = all there is.
  template <class Request>
  static void ReadAmount(RowWords& row, Request* request) {
    if (const auto amount = row.Value("amount")) {
      request->has_amount = true;
      request->amount = Fen{NumberOf(*amount)};
    }
  }

  // auth K1 C1 T1 price=4000 ...   (without a card: auth K1 none T1 ...)   quote C1 T1 price=4000
  // ...   advise K1 C1 T1 price=4000 ...
  OwnedCommand ReadAuthorize(RowWords& row, const std::string& verb) {
    const bool quote = verb == "quote";
    const std::string request = quote ? "quote" : row.Next("a request id");
    const std::string who = row.Next("a card");
    const CardNumber card = who == "none" ? CardNumber{} : CardOf(who);
    const std::string terminal = row.Next("a terminal");
    Command command =
        Header(quote ? CommandKind::kQuote : CommandKind::kAuthorize, request, terminal, row);
    command.authorize = AuthorizeRequest{};
    AuthorizeRequest& authorize = command.authorize;
    authorize.card = card;
    const std::vector<LineItem> lines = ReadLines(row);
    for (const LineItem& line : lines) {
      authorize.list_price += line.price;
    }
    if (const auto price = row.Value("price")) {
      authorize.list_price = Fen{NumberOf(*price)};
    }
    authorize.lines = lines.data();
    authorize.line_count = static_cast<uint32_t>(lines.size());
    authorize.capture_at_once = verb == "advise" || row.Flag("sale");
    authorize.allow_partial = row.Flag("partial");
    if (row.Flag("full-price")) {
      authorize.if_no_benefit = IfNoBenefit::kFullPrice;
    }
    if (const auto programme = row.Value("programme")) {
      authorize.programme = Coded<ProgrammeCode>(*programme);
    }
    if (const auto merchant = row.Value("merchant")) {
      authorize.merchant = Coded<MerchantId>(*merchant);
    }
    authorize.hold_s = HoldSecondsFrom(row);
    if (const auto entry = row.Value("entry")) {
      authorize.entry_mode = Worded<PosEntryMode>(*entry);
    }
    ReadCode(row, &authorize);
    const std::optional<OccasionRequest> occasion = ReadOccasion(row);
    authorize.occasion = occasion.has_value() ? &*occasion : nullptr;
    authorize.stan = StanFrom(row);
    if (verb == "advise") {
      return OwnAdvice(command, ReadAdvice(row));
    }
    return row.Flag("explain") ? OwnExplained(command) : Own(command);
  }

  static uint32_t StanFrom(RowWords& row) {
    return static_cast<uint32_t>(NumberOf(row.Value("stan", "0")));
  }

  // code=10:00:05 valid=30s for=entry
  void ReadCode(RowWords& row, AuthorizeRequest* request) const {
    const auto code = row.Value("code");
    if (!code.has_value()) {
      return;
    }
    request->entry_mode = PosEntryMode::kQrCode;
    request->code_issued_at = IssuedAt(*code);
    const int64_t valid_ns = DurationNsOf(row.Value("valid", "60s"));
    request->code_valid_s = static_cast<uint32_t>(valid_ns / kNsPerSecond);
    request->code_purpose = Worded<CodePurpose>(row.Value("for", "payment"));
  }

  // A time, or one of the day that it is at +08:00.
  [[nodiscard]] TimestampNs IssuedAt(const std::string& text) const {
    const std::vector<std::string> parts = SplitAt(text, ':');
    if (text.find('T') != std::string::npos || parts.size() != 3) {
      return TimeOf(text);
    }
    constexpr int64_t kZoneS = 8 * 3600;
    const int64_t day = FloorDay(now_.value() / kNsPerSecond + kZoneS);
    const int64_t s = NumberOf(parts[0]) * 3600 + NumberOf(parts[1]) * 60 + NumberOf(parts[2]);
    return TimestampNs{(day * kSecondsPerDay + s - kZoneS) * kNsPerSecond};
  }

  // lines=3*cola:450,1*rice:99
  static std::vector<LineItem> ReadLines(RowWords& row) {
    std::vector<LineItem> lines;
    for (const std::string& text : SplitAt(row.Value("lines", ""), ',')) {
      const size_t star = text.find('*');
      const size_t colon = text.rfind(':');
      if (star == std::string::npos || colon == std::string::npos || colon < star) {
        Fail("not pieces*item:price: '" + text + "'");
      }
      LineItem line;
      line.quantity = static_cast<uint32_t>(NumberOf(text.substr(0, star)));
      line.item = Coded<ItemCode>(text.substr(star + 1, colon - star - 1));
      line.price = Fen{NumberOf(text.substr(colon + 1))};
      lines.push_back(line);
    }
    return lines;
  }

  // paid=350 at=2026-05-04T09:00:00+08:00 seq=7 day=2026-05-04 deny-list=... queue-empty
  AdviceRequest ReadAdvice(RowWords& row) const {
    AdviceRequest advice;
    const auto at = row.Value("at");
    advice.occurred_at = at.has_value() ? TimeOf(*at) : now_;
    // A terminal numbers them as tables number its requests: K7 is 7.
    const size_t digits = asked_.request.find_last_not_of("0123456789") + 1;
    const std::string number = asked_.request.substr(digits);
    advice.sequence =
        static_cast<uint32_t>(NumberOf(row.Value("seq", number.empty() ? "1" : number.c_str())));
    const auto day = row.Value("day");
    const TimestampNs in_day = day.has_value() ? TimeOf(*day) : advice.occurred_at;
    advice.business_day = FloorDay(in_day.value() / kNsPerSecond + 8 * 3600);
    advice.deny_list_at = TimeOf(row.Value("deny-list", "none"));
    advice.member_paid = Fen{NumberOf(row.Value("paid", "0"))};
    advice.queue_empty = row.Flag("queue-empty");
    return advice;
  }

  OwnedCommand ReadIncrement(RowWords& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kIncrement, request, terminal, row);
    command.increment = IncrementRequest{};
    IncrementRequest& increment = command.increment;
    given_.Read(row.Value("of", "#none"), &increment.original, &increment.original_request_id);
    increment.amount = Fen{NumberOf(row.Value("amount", ""))};
    increment.hold_s = HoldSecondsFrom(row);
    increment.stan = StanFrom(row);
    return Own(command);
  }

  OwnedCommand ReadCapture(RowWords& row, bool advise) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kCapture, request, terminal, row);
    command.capture = CaptureRequest{};
    CaptureRequest& capture = command.capture;
    given_.Read(row.Value("of", "#none"), &capture.original, &capture.original_request_id);
    ReadAmount(row, &capture);
    capture.final_capture = !row.Flag("more");
    capture.stan = StanFrom(row);
    return advise ? OwnAdvice(command, ReadAdvice(row)) : Own(command);
  }

  OwnedCommand ReadReverse(RowWords& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kReverse, request, terminal, row);
    command.reverse = ReverseRequest{};
    ReverseRequest& reverse = command.reverse;
    given_.Read(row.Value("of", "#none"), &reverse.original, &reverse.original_request_id);
    ReadAmount(row, &reverse);
    reverse.reason = Worded<ReversalReason>(row.Value("why", "customer_cancellation"));
    reverse.stan = StanFrom(row);
    return Own(command);
  }

  OwnedCommand ReadRefund(RowWords& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kRefund, request, terminal, row);
    command.refund = RefundRequest{};
    RefundRequest& refund = command.refund;
    given_.Read(row.Value("of", "#none"), &refund.original, &refund.original_request_id);
    ReadAmount(row, &refund);
    refund.stan = StanFrom(row);
    // lines=1:2,3:1
    std::vector<ReturnedLine> lines;
    for (const std::string& text : SplitAt(row.Value("lines", ""), ',')) {
      const std::vector<std::string> parts = SplitAt(text, ':');
      if (parts.size() != 2) {
        Fail("not line:pieces: '" + text + "'");
      }
      lines.push_back(
          {static_cast<uint32_t>(NumberOf(parts[0])), static_cast<uint32_t>(NumberOf(parts[1]))});
    }
    return OwnWithLines(command, lines);
  }

  // close B1 T1 totals=2:700,1:100,0:0,300
  OwnedCommand ReadClose(RowWords& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kCloseBatch, request, terminal, row);
    command.close_batch = CloseBatchRequest{TotalsOf(row.Value("totals", "0:0,0:0,0:0,0"))};
    return Own(command);
  }

  OwnedCommand ReadInquiry(RowWords& row) {
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kGetTransaction, "inquiry", terminal, row);
    command.inquiry = InquiryRequest{};
    given_.Read(
        row.Value("of", "#none"), &command.inquiry.transaction, &command.inquiry.request_id);
    return Own(command);
  }

  // entitlements T1 C1 [here]   entitlements operator M1
  OwnedCommand ReadEntitlements(RowWords& row) {
    const std::string terminal = row.Next("a terminal");
    const std::string who = row.Next("a card or member");
    Command command = Header(CommandKind::kGetEntitlements, "entitlements", terminal, row);
    command.entitlements = EntitlementsRequest{};
    if (who.front() == 'C' || who.find_first_not_of("0123456789") == std::string::npos) {
      command.entitlements.card = CardOf(who);
    } else {
      command.entitlements.member = Coded<MemberId>(who);
    }
    command.entitlements.here = row.Flag("here");
    return Own(command);
  }

  const TimestampNs now_;
  const GivenIds& given_;
  AskedCommand asked_;
};

}  // namespace

void GivenIds::Note(const std::string& request, const std::string& terminal, TransactionId id) {
  ids_[request] = id;
  ids_[request + "@" + terminal] = id;
}

void GivenIds::Read(const std::string& text, TransactionId* id, RequestId* request_id) const {
  if (text.front() != '#') {
    *request_id = RequestOf(text);
    return;
  }
  const std::string name = text.substr(1);
  const auto found = ids_.find(name);
  if (found != ids_.end()) {
    *id = found->second;
  } else if (name.starts_with("unknown")) {
    *id = MakeTransactionId(7, CommandSeq{1'000'000 + name.size()});
  } else {
    Fail("no id was given to '" + name + "'");
  }
}

std::optional<AskedCommand> ReadTerminalCommand(const std::string& verb,
                                                TimestampNs now,
                                                const GivenIds& given,
                                                RowWords& row) {
  return CommandReader(now, given).Read(verb, row);
}

Totals TotalsOf(const std::string& text) {
  std::vector<int64_t> numbers;
  for (const std::string& part : SplitAt(text, ',')) {
    for (const std::string& number : SplitAt(part, ':')) {
      numbers.push_back(NumberOf(number));
    }
  }
  if (numbers.size() != 7) {
    Fail("not captures:fen,refunds:fen,reversals:fen,subsidy: '" + text + "'");
  }
  Totals totals;
  totals.captures = static_cast<uint32_t>(numbers[0]);
  totals.captured = Fen{numbers[1]};
  totals.refunds = static_cast<uint32_t>(numbers[2]);
  totals.refunded = Fen{numbers[3]};
  totals.reversals = static_cast<uint32_t>(numbers[4]);
  totals.reversed = Fen{numbers[5]};
  totals.subsidy = Fen{numbers[6]};
  return totals;
}

}  // namespace gonghui
