// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_runner.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "tests/model/ledger_pair.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// A row that can not be read, or that was answered otherwise.
struct RowError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void Fail(const std::string& what) {
  throw RowError(what);
}

std::vector<std::string> SplitAt(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    Fail("not a number: '" + text + "'");
  }
  return number;
}

TimestampNs TimeOf(const std::string& text) {
  const auto at = ParseTimestamp(text);
  return at.has_value() ? *at : (Fail("not a time: '" + text + "'"), TimestampNs{});
}

// "90s", "15m", "2h", "3d" or "1ns", in nanoseconds.
int64_t DurationNsOf(const std::string& text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  const std::map<std::string, int64_t> units = {{"ns", 1},
                                                {"s", kNsPerSecond},
                                                {"m", 60 * kNsPerSecond},
                                                {"h", 3600 * kNsPerSecond},
                                                {"d", kSecondsPerDay * kNsPerSecond}};
  const auto found = units.find(unit);
  if (found == units.end()) {
    Fail("not a duration: '" + text + "'");
  }
  return NumberOf(text.substr(0, digits)) * found->second;
}

// "09:30" in seconds; "24:00" is the end of the day.
int32_t SecondsOf(const std::string& text) {
  const std::vector<std::string> parts = SplitAt(text, ':');
  if (parts.size() != 2) {
    Fail("not hh:mm: '" + text + "'");
  }
  return static_cast<int32_t>(NumberOf(parts[0]) * 3600 + NumberOf(parts[1]) * 60);
}

template <class CodeType>
CodeType Coded(const std::string& text) {
  const auto code = CodeType::Parse(std::span<const char>(text.data(), text.size()));
  return code.has_value() ? *code : (Fail("not a code: '" + text + "'"), CodeType{});
}

template <class Enum>
Enum Worded(const std::string& word) {
  const auto value = Parse<Enum>(word);
  return value.has_value() ? *value : (Fail("not a word for this place: '" + word + "'"), Enum{});
}

// C7 is card 6200000000000007; digits stand for themselves.
CardNumber CardOf(const std::string& text) {
  if (!text.empty() && text.front() == 'C') {
    return CardNumber{6'200'000'000'000'000 + static_cast<uint64_t>(NumberOf(text.substr(1)))};
  }
  return CardNumber{static_cast<uint64_t>(NumberOf(text))};
}

// K1, K2 ...: any word is a request id of its own.
RequestId RequestOf(const std::string& text) {
  return RequestId{HashBytes(text.data(), text.size()), text.size()};
}

// One side of a row: words and key=value pairs, each to be taken once.
class Words {
 public:
  explicit Words(const std::string& text) {
    std::istringstream stream(text);
    for (std::string token; stream >> token;) {
      const size_t equals = token.find('=');
      if (equals == std::string::npos) {
        words_.push_back(token);
      } else if (!values_.emplace(token.substr(0, equals), token.substr(equals + 1)).second) {
        Fail("given twice: '" + token + "'");
      }
    }
  }

  [[nodiscard]] bool empty() const { return words_.empty() && values_.empty(); }

  std::string Next(const char* what) {
    if (words_.empty()) {
      Fail(std::string("missing: ") + what);
    }
    std::string word = words_.front();
    words_.erase(words_.begin());
    return word;
  }
  bool Flag(const char* flag) {
    const auto found = std::find(words_.begin(), words_.end(), flag);
    if (found == words_.end()) {
      return false;
    }
    words_.erase(found);
    return true;
  }
  std::optional<std::string> Value(const char* key) {
    const auto found = values_.find(key);
    if (found == values_.end()) {
      return std::nullopt;
    }
    std::string value = found->second;
    values_.erase(found);
    return value;
  }
  std::string Value(const char* key, const char* otherwise) {
    const auto value = Value(key);
    return value.has_value() ? *value : otherwise;
  }
  void ExpectNothingLeft() const {
    if (!words_.empty()) {
      Fail("do not know what to do with '" + words_.front() + "'");
    }
    if (!values_.empty()) {
      Fail("do not know what to do with '" + values_.begin()->first + "='");
    }
  }

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> values_;
};

struct Line {
  int number = 0;
  std::string text;  // without comment
};

class Runner {
 public:
  Runner(const std::string& file, TableReport* report) : file_(file), report_(report) {}

  void Run(const std::vector<Line>& lines) {
    // Lines before the first scenario are the beginning of each.
    std::vector<Line> prologue;
    std::vector<std::vector<Line>> scenarios;
    for (const Line& line : lines) {
      if (line.text.starts_with("scenario")) {
        scenarios.emplace_back();
        report_->titles.push_back(line.text.substr(std::min<size_t>(9, line.text.size())));
      }
      (scenarios.empty() ? prologue : scenarios.back()).push_back(line);
    }
    if (scenarios.empty()) {
      scenarios.emplace_back();
    }
    for (const std::vector<Line>& scenario : scenarios) {
      std::vector<Line> all = prologue;
      all.insert(all.end(), scenario.begin(), scenario.end());
      RunScenario(all, prologue.size());
    }
  }

 private:
  void RunScenario(const std::vector<Line>& lines, size_t prologue_size) {
    ++report_->scenarios;
    StartWorld(LedgerPair::SmallLimits());
    for (size_t i = 0; i < lines.size(); ++i) {
      line_ = lines[i].number;
      try {
        if (lines[i].text.starts_with("programme ")) {
          // A block: up to its "end", which carries the expectation.
          std::vector<std::string> block = {lines[i].text};
          while (!block.back().starts_with("end")) {
            if (i + 1 == lines.size()) {
              Fail("a programme without 'end'");
            }
            block.push_back(lines[++i].text);
          }
          line_ = lines[i].number;
          ApplyProgramme(block);
        } else {
          RunRow(lines[i].text);
        }
        if (const std::string problem = pair_->CheckEverything(); !problem.empty()) {
          Fail("after this row: " + problem);
        }
      } catch (const RowError& error) {
        report_->errors.push_back(Where() + ": " + error.what() + "\n    " + lines[i].text);
        return;  // what follows would only repeat it
      }
      for (const auto& [path, times] : pair_->model().paths()) {
        if (times > 0) {
          report_->paths.emplace(path, Where());
        }
      }
      if (i >= prologue_size || report_->scenarios == 1) {
        ++report_->rows;
      }
    }
  }

  void StartWorld(const LedgerLimits& limits) {
    pair_ = std::make_unique<LedgerPair>(limits);
    now_ = *ParseTimestamp("2026-05-04T10:00:00+08:00");  // a Monday
    given_.clear();
    UnionNodeRequest all;
    all.id = CodeOf<UnionNodeId>("ALL");
    all.level = UnionLevel::kNational;
    const std::string problem = pair_->Apply(Own(all), now_);
    GH_CHECK(problem.empty(), problem);
  }

  [[nodiscard]] std::string Where() const { return file_ + ":" + std::to_string(line_); }

  void RunRow(const std::string& text) {
    const size_t arrow = text.find("->");
    const std::string asked = text.substr(0, arrow);
    const std::string wanted = arrow == std::string::npos ? "" : text.substr(arrow + 2);
    Words row(asked);
    const std::string verb = row.Next("a verb");
    if (verb == "scenario") {
      return;
    }
    if (verb == "at") {
      MoveTo(TimeOf(row.Next("a time")));
    } else if (verb == "wait") {
      MoveTo(TimestampNs{now_.value() + DurationNsOf(row.Next("a duration"))});
    } else if (verb == "tables") {
      StartWorld(ReadLimits(row));
    } else if (verb == "crash") {
      if (const std::string problem = pair_->Crash(); !problem.empty()) {
        Fail("crash: " + problem);
      }
    } else if (verb == "sweep") {
      Sweep(wanted);
    } else if (verb == "expect") {
      Expect(row);
    } else if (verb == "auth" || verb == "quote") {
      Submit(ReadAuthorize(row, verb == "quote"), wanted);
    } else if (verb == "increment") {
      Submit(ReadIncrement(row), wanted);
    } else if (verb == "capture") {
      Submit(ReadCapture(row), wanted);
    } else if (verb == "reverse") {
      Submit(ReadReverse(row), wanted);
    } else if (verb == "refund") {
      Submit(ReadRefund(row), wanted);
    } else if (verb == "inquire") {
      Submit(ReadInquiry(row), wanted);
    } else if (verb == "entitlements") {
      Submit(ReadEntitlements(row), wanted);
    } else {
      SubmitAdmin(verb, row, wanted);
    }
    row.ExpectNothingLeft();
  }

  void MoveTo(TimestampNs at) {
    if (at < now_) {
      Fail("time never goes back: it is " + TextOf(now_));
    }
    now_ = at;
  }

  static LedgerLimits ReadLimits(Words& row) {
    LedgerLimits limits = LedgerPair::SmallLimits();
    const auto read = [&row](const char* key, uint32_t* limit) {
      if (const auto value = row.Value(key)) {
        *limit = static_cast<uint32_t>(NumberOf(*value));
      }
    };
    read("union_nodes", &limits.union_nodes_max);
    read("members", &limits.members_max);
    read("cards", &limits.cards_max);
    read("merchants", &limits.merchants_max);
    read("terminals", &limits.terminals_max);
    read("funds", &limits.funds_max);
    read("counters", &limits.counters_max);
    read("transactions", &limits.transactions_max);
    return limits;
  }

  // ---- Terminals' commands ------------------------------------------------------

  static TerminalId TerminalOf(const std::string& word) {
    return word == "operator" ? TerminalId{} : Coded<TerminalId>(word);
  }

  Command Header(CommandKind kind,
                 const std::string& request,
                 const std::string& terminal,
                 Words& row) {
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
    asked_as_ = request;
    asked_by_ = terminal;
    return command;
  }

  static uint32_t HoldSecondsFrom(Words& row) {
    const auto hold = row.Value("hold");
    return hold.has_value() ? static_cast<uint32_t>(DurationNsOf(*hold) / kNsPerSecond) : 0;
  }

  // A capture's, reversal's or refund's; none given = all there is.
  template <class Request>
  static void ReadAmount(Words& row, Request* request) {
    if (const auto amount = row.Value("amount")) {
      request->has_amount = true;
      request->amount = Fen{NumberOf(*amount)};
    }
  }

  // auth K1 C1 T1 price=4000 ...   quote C1 T1 price=4000 ...
  OwnedCommand ReadAuthorize(Words& row, bool quote) {
    const std::string request = quote ? "quote" : row.Next("a request id");
    const CardNumber card = CardOf(row.Next("a card"));
    const std::string terminal = row.Next("a terminal");
    Command command =
        Header(quote ? CommandKind::kQuote : CommandKind::kAuthorize, request, terminal, row);
    command.authorize = AuthorizeRequest{};
    AuthorizeRequest& authorize = command.authorize;
    authorize.card = card;
    authorize.list_price = Fen{NumberOf(row.Value("price", "0"))};
    authorize.capture_at_once = row.Flag("sale");
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
    authorize.stan = static_cast<uint32_t>(NumberOf(row.Value("stan", "0")));
    return row.Flag("explain") ? OwnExplained(command) : Own(command);
  }

  // "#K1" the id we gave to K1 ("#K1@T2" to T2's), else a request id.
  void ReadReference(const std::string& text, TransactionId* id, RequestId* request_id) const {
    if (text.front() != '#') {
      *request_id = RequestOf(text);
      return;
    }
    const std::string name = text.substr(1);
    const auto found = given_.find(name);
    if (found != given_.end()) {
      *id = found->second;
    } else if (name.starts_with("unknown")) {
      *id = MakeTransactionId(7, CommandSeq{1'000'000 + name.size()});
    } else {
      Fail("no id was given to '" + name + "'");
    }
  }

  OwnedCommand ReadIncrement(Words& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kIncrement, request, terminal, row);
    command.increment = IncrementRequest{};
    IncrementRequest& increment = command.increment;
    ReadReference(row.Value("of", "#none"), &increment.original, &increment.original_request_id);
    increment.amount = Fen{NumberOf(row.Value("amount", ""))};
    increment.hold_s = HoldSecondsFrom(row);
    return Own(command);
  }

  OwnedCommand ReadCapture(Words& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kCapture, request, terminal, row);
    command.capture = CaptureRequest{};
    CaptureRequest& capture = command.capture;
    ReadReference(row.Value("of", "#none"), &capture.original, &capture.original_request_id);
    ReadAmount(row, &capture);
    capture.final_capture = !row.Flag("more");
    return Own(command);
  }

  OwnedCommand ReadReverse(Words& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kReverse, request, terminal, row);
    command.reverse = ReverseRequest{};
    ReverseRequest& reverse = command.reverse;
    ReadReference(row.Value("of", "#none"), &reverse.original, &reverse.original_request_id);
    ReadAmount(row, &reverse);
    reverse.reason = Worded<ReversalReason>(row.Value("why", "customer_cancellation"));
    return Own(command);
  }

  OwnedCommand ReadRefund(Words& row) {
    const std::string request = row.Next("a request id");
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kRefund, request, terminal, row);
    command.refund = RefundRequest{};
    RefundRequest& refund = command.refund;
    ReadReference(row.Value("of", "#none"), &refund.original, &refund.original_request_id);
    ReadAmount(row, &refund);
    return Own(command);
  }

  OwnedCommand ReadInquiry(Words& row) {
    const std::string terminal = row.Next("a terminal");
    Command command = Header(CommandKind::kGetTransaction, "inquiry", terminal, row);
    command.inquiry = InquiryRequest{};
    ReadReference(
        row.Value("of", "#none"), &command.inquiry.transaction, &command.inquiry.request_id);
    return Own(command);
  }

  // entitlements T1 C1 [here]   entitlements operator M1
  OwnedCommand ReadEntitlements(Words& row) {
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

  void Submit(const OwnedCommand& command, const std::string& wanted) {
    const std::string problem = pair_->Apply(command, now_);
    const Answer& answer = pair_->answer();
    if (answer.id != TransactionId{} && command.command.kind != CommandKind::kGetTransaction) {
      given_[asked_as_] = answer.id;
      given_[asked_as_ + "@" + asked_by_] = answer.id;
    }
    if (!problem.empty()) {
      Fail(problem);
    }
    Words words(wanted);
    if (words.empty()) {
      Fail("a terminal's row says what is answered: -> ...");
    }
    if (command.command.kind == CommandKind::kGetEntitlements &&
        pair_->answer().outcome != Outcome::kDeclined) {
      CheckEntitlements(words);
    } else {
      Check(words);
    }
    words.ExpectNothingLeft();
  }

  // ---- What is answered ------------------------------------------------------------

  template <class T>
  void Same(const char* what,
            const T& got,
            const T& wanted,
            const std::string& got_text,
            const std::string& wanted_text) const {
    if (!(got == wanted)) {
      Fail(std::string(what) + ": expected " + wanted_text + ", got " + got_text +
           "\n    answer: " + TextOf(pair_->answer()));
    }
  }
  void SameText(const char* what, const std::string& got, const std::string& wanted) const {
    Same(what, got, wanted, got, wanted);
  }

  void Check(Words& words) {
    const Answer& answer = pair_->answer();
    Same("replay",
         answer.replay,
         words.Flag("replay"),
         answer.replay ? "replay" : "no replay",
         answer.replay ? "no replay" : "replay");
    const std::string word = words.Next("approved, declined, mismatch, ...");
    const std::map<std::string, Verdict> verdicts = {
        {"mismatch", Verdict::kDuplicateMismatch},
        {"denied", Verdict::kPermissionDenied},
        {"full", Verdict::kFull},
        {"refused", Verdict::kRefused},
        {"not_found", Verdict::kNotFound},
        {"deadline_exceeded", Verdict::kDeadlineExceeded},
        {"unchanged", Verdict::kUnchanged},
        {"out_of_range", Verdict::kOutOfRange},
        {"ok", Verdict::kDecided}};
    const auto verdict = verdicts.find(word);
    if (verdict != verdicts.end()) {
      SameText("verdict", NameOf(answer.verdict), NameOf(verdict->second));
      if (word == "refused") {
        SameText("refusal", NameOf(answer.admin_reason), words.Next("why it is refused"));
      }
      if (word == "mismatch" || word == "denied" || word == "full" || word == "refused" ||
          word == "out_of_range") {
        SameText("field", NameOf(answer.field), words.Next("a field"));
      }
      Compare(words, "index", answer.index);
      Compare(words, "version", answer.programme_version);
      return;
    }
    SameText("verdict", NameOf(answer.verdict), NameOf(Verdict::kDecided));
    if (!Parse<Outcome>(word).has_value()) {
      Fail("not an answer: '" + word + "'");
    }
    SameText("outcome", NameOf(answer.outcome), word);
    const std::string reason =
        word == "declined" ? words.Next("a reason") : words.Value("reason", NameOf(Reason::kNone));
    Worded<Reason>(reason);
    SameText("reason", NameOf(answer.reason), reason);
    report_->reasons.emplace(answer.reason, Where());
    CheckDetails(words);
  }

  void Compare(Words& words, const char* key, int64_t got) const {
    if (const auto wanted = words.Value(key)) {
      Same(key, got, NumberOf(*wanted), std::to_string(got), *wanted);
    }
  }
  void Compare(Words& words, const char* key, const std::string& got) const {
    if (const auto wanted = words.Value(key)) {
      SameText(key, got, *wanted);
    }
  }
  void Compare(Words& words, const char* key, TimestampNs got) const {
    if (const auto wanted = words.Value(key)) {
      Same(key, got, TimeOf(*wanted), TextOf(got), *wanted);
    }
  }

  void CheckDetails(Words& words) const {
    const Answer& answer = pair_->answer();
    Compare(words, "list", answer.list_price.value());
    Compare(words, "pays", answer.member_pays.value());
    Compare(words, "subsidy", answer.subsidy.value());
    Compare(words, "captured", answer.captured.value());
    Compare(words, "captured_subsidy", answer.captured_subsidy.value());
    Compare(words, "refunded", answer.refunded.value());
    Compare(words, "refunded_subsidy", answer.refunded_subsidy.value());
    Same("overrun",
         answer.overrun,
         words.Flag("overrun"),
         answer.overrun ? "overrun" : "none",
         answer.overrun ? "none" : "overrun");
    Compare(words, "state", std::string(NameOf(answer.state)));
    Compare(words, "expires", answer.expires_at);
    Compare(words, "next", answer.next_eligible_at);
    Compare(words, "benefit", TextOf(answer.failed_benefit));
    Compare(words, "limit", TextOf(answer.failed_limit));
    Compare(words, "original_found", std::string(answer.original_found ? "yes" : "no"));
    if (const auto original = words.Value("original")) {
      TransactionId id;
      RequestId request_id;
      ReadReference(*original, &id, &request_id);
      Same("original",
           answer.original_id,
           id,
           std::to_string(answer.original_id.value()),
           std::to_string(id.value()));
    }
    std::string shares;
    for (const AnswerShare& share : answer.shares) {
      shares += (shares.empty() ? "" : ",") + TextOf(share.fund) + ":" +
                std::to_string(share.amount.value());
    }
    Compare(words, "shares", shares.empty() ? "none" : shares);
    Compare(words, "by", answer.shares.empty() ? "none" : TextOf(answer.shares[0].benefit));
    std::string left;
    for (const AnswerLimit& limit : answer.limits) {
      left += (left.empty() ? "" : ",") + TextOf(limit.limit) + ":" + std::to_string(limit.left);
    }
    Compare(words, "left", left.empty() ? "none" : left);
    if (!answer.limits.empty()) {
      Compare(words, "taken", answer.limits[0].taken);
      Compare(words, "resets", answer.limits[0].resets_at);
    }
    CheckExplanation(words);
  }

  // The first check that fails of each candidate: "b1:exceeds_frequency_limit,b2:ok"; or
  // all that fail: "b1:no_effect+exceeds_frequency_limit/day,b2:ok".  Without candidates
  // it is about the parties.
  static std::string TextOfChecks(const std::vector<AnswerCheck>& checks, bool all) {
    std::string text;
    for (size_t i = 0; i < checks.size();) {
      const AnswerCheck& first = checks[i];
      std::string failed;
      for (; i < checks.size() && checks[i].programme == first.programme &&
             checks[i].benefit == first.benefit;
           ++i) {
        const AnswerCheck& check = checks[i];
        if (!check.passed && (failed.empty() || all)) {
          failed += (failed.empty() ? "" : "+") + std::string(NameOf(check.check)) +
                    (all && check.limit.has_value() ? "/" + TextOf(check.limit->limit) : "");
        }
      }
      if (first.benefit.IsNone()) {
        if (i == checks.size()) {
          return failed.empty() ? "ok" : failed;
        }
        continue;
      }
      text += (text.empty() ? "" : ",") + TextOf(first.benefit) + ":" +
              (failed.empty() ? "ok" : failed);
    }
    return text.empty() ? "none" : text;
  }

  void CheckExplanation(Words& words) const {
    const std::vector<AnswerCheck>& checks = pair_->answer().checks;
    Compare(words, "checks", TextOfChecks(checks, /*all=*/false));
    Compare(words, "failing", TextOfChecks(checks, /*all=*/true));
    Compare(words, "checked", static_cast<int64_t>(checks.size()));
    std::string before;  // b/day:used:held:left
    for (const AnswerCheck& check : checks) {
      if (check.limit.has_value()) {
        const AnswerStanding& limit = *check.limit;
        before += (before.empty() ? "" : ",") + TextOf(check.benefit) + "/" + TextOf(limit.limit) +
                  ":" + std::to_string(limit.used) + ":" + std::to_string(limit.held) + ":" +
                  std::to_string(limit.left);
      }
    }
    Compare(words, "before", before.empty() ? "none" : before);
  }

  // p/half:ok,p/free:exceeds_frequency_limit left=half/day:1 ...; or nothing
  void CheckEntitlements(Words& words) const {
    const Answer& answer = pair_->answer();
    SameText("verdict", NameOf(answer.verdict), NameOf(Verdict::kDecided));
    std::string items;
    std::string next;
    std::map<std::string, std::string> limits;  // by what is told of them
    const auto append = [](std::string* list, const std::string& item) {
      *list += (list->empty() ? "" : ",") + item;
    };
    for (const AnswerEntitlement& item : answer.entitlements) {
      const std::string reason = item.reason == Reason::kNone ? "ok" : NameOf(item.reason);
      append(&items, TextOf(item.programme) + "/" + TextOf(item.benefit) + ":" + reason);
      if (item.next_eligible_at != TimestampNs{}) {
        append(&next, TextOf(item.benefit) + ":" + TextOf(item.next_eligible_at));
      }
      for (const AnswerStanding& limit : item.limits) {
        const std::string name = TextOf(item.benefit) + "/" + TextOf(limit.limit) + ":";
        append(&limits["left"], name + std::to_string(limit.left));
        append(&limits["used"], name + std::to_string(limit.used));
        append(&limits["held"], name + std::to_string(limit.held));
        append(&limits["resets"], name + TextOf(limit.resets_at));
      }
    }
    SameText("entitlements", items.empty() ? "nothing" : items, words.Next("p/b:ok, or nothing"));
    Compare(words, "next", next.empty() ? "none" : next);
    for (const char* key : {"left", "used", "held", "resets"}) {
      Compare(words, key, limits[key].empty() ? "none" : limits[key]);
    }
  }

  void Sweep(const std::string& wanted) {
    int64_t swept = 0;
    Command command;
    command.kind = CommandKind::kExpireHolds;
    while (pair_->ledger().next_expiry() <= now_) {
      if (const std::string problem = pair_->Apply(Own(command), now_); !problem.empty()) {
        Fail(problem);
      }
      ++swept;
    }
    if (const std::string problem = pair_->Apply(Own(command), now_); !problem.empty()) {
      Fail(problem);
    }
    Words words(wanted);
    const std::string count = words.Next("how many holds expire");
    Same("holds expired", swept, NumberOf(count), std::to_string(swept), count);
    words.ExpectNothingLeft();
  }

  // ---- expect ------------------------------------------------------------------------

  void Expect(Words& row) {
    const Ledger& ledger = pair_->ledger();
    const std::string what = row.Next("fund, limit, merchant, members or next_expiry");
    if (what == "fund") {
      const FundRow fund_row = ledger.FindFund(Coded<FundCode>(row.Next("a fund")));
      if (fund_row == FundRow{}) {
        Fail("no such fund");
      }
      const Fund& fund = ledger.funds()[fund_row];
      Compare(row, "held", fund.held.value());
      Compare(row, "spent", fund.spent.value());
      Compare(row, "left", fund.left().value());
      Compare(row, "overrun", fund.overrun.value());
      Compare(row, "suspense", fund.suspense.value());
      Compare(row, "available", fund.available().value());
      Compare(row, "budget", fund.budget.value());
    } else if (what == "limit") {
      ExpectLimit(row);
    } else if (what == "merchant") {
      const MerchantRow merchant_row =
          ledger.FindMerchant(Coded<MerchantId>(row.Next("a merchant")));
      if (merchant_row == MerchantRow{}) {
        Fail("no such merchant");
      }
      const Merchant& merchant = ledger.merchants()[merchant_row];
      Compare(row, "receivable_pending", merchant.receivable_pending.value());
      Compare(row, "receivable_posted", merchant.receivable_posted.value());
      Compare(row, "collected_pending", merchant.collected_pending.value());
      Compare(row, "collected_posted", merchant.collected_posted.value());
    } else if (what == "members") {
      Compare(row, "pending", ledger.globals().members_payable_pending.value());
      Compare(row, "posted", ledger.globals().members_payable_posted.value());
    } else if (what == "next_expiry") {
      const std::string wanted = row.Next("a time");
      Same("next_expiry",
           ledger.next_expiry(),
           TimeOf(wanted),
           TextOf(ledger.next_expiry()),
           wanted);
    } else {
      Fail("do not know how to expect '" + what + "'");
    }
  }

  // expect limit metro/day M1 used=1 held=0 left=1 [at=...]
  void ExpectLimit(Words& row) {
    const Ledger& ledger = pair_->ledger();
    const std::vector<std::string> path = SplitAt(row.Next("programme/limit"), '/');
    if (path.size() != 2) {
      Fail("not programme/limit");
    }
    const ProgrammeRow programme_row = ledger.FindProgramme(Coded<ProgrammeCode>(path[0]));
    if (programme_row == ProgrammeRow{}) {
      Fail("no such programme");
    }
    const Programme& programme = ledger.programmes()[programme_row];
    for (uint32_t i = 0; i < programme.limit_count; ++i) {
      const Limit& limit = ledger.limits()[LimitRow{programme.first_limit.value() + i}];
      if (TextOf(limit.code) != path[1]) {
        continue;
      }
      const uint32_t subject = SubjectRow(limit.subject, row);
      const auto at = row.Value("at");
      const CivilDay day = BusinessDayOf(ledger.calendars()[programme.calendar],
                                         at.has_value() ? TimeOf(*at) : now_);
      const Counter& counter =
          ledger.counters()[ledger.FindCounter(limit.series, subject, WindowOf(limit.window, day))];
      Compare(row, "held", counter.held);
      Compare(row, "used", counter.used);
      Compare(row, "left", limit.max - counter.held - counter.used);
      return;
    }
    Fail("no such limit");
  }

  uint32_t SubjectRow(LimitSubject kind, Words& row) const {
    const Ledger& ledger = pair_->ledger();
    switch (kind) {
      case LimitSubject::kPerson:
        return ledger.FindMember(Coded<MemberId>(row.Next("a member"))).value();
      case LimitSubject::kProgramme:
        return 0;
      case LimitSubject::kCard:
        return ledger.FindCard(CardOf(row.Next("a card"))).value();
      case LimitSubject::kMerchant:
        return ledger.FindMerchant(Coded<MerchantId>(row.Next("a merchant"))).value();
      case LimitSubject::kTerminal:
        return ledger.FindTerminal(Coded<TerminalId>(row.Next("a terminal"))).value();
    }
    return 0;
  }

  // ---- Operators' commands --------------------------------------------------------------

  void SubmitAdmin(const std::string& verb, Words& row, const std::string& wanted) {
    const bool dry_run = row.Flag("dry-run");
    OwnedCommand command = ReadAdmin(verb, row);
    row.ExpectNothingLeft();
    command.command.validate_only = dry_run;
    ApplyAdmin(command, wanted);
  }

  void ApplyAdmin(const OwnedCommand& command, const std::string& wanted) {
    if (const std::string problem = pair_->Apply(command, now_); !problem.empty()) {
      Fail(problem);
    }
    Words words(wanted.find_first_not_of(' ') == std::string::npos ? "ok" : wanted);
    Check(words);
    words.ExpectNothingLeft();
  }

  static DisplayName NameFrom(Words& row) {
    const std::string name = row.Value("name", "");
    const auto fixed = DisplayName::From(std::span<const char>(name.data(), name.size()));
    return fixed.has_value() ? *fixed : (Fail("name too long"), DisplayName{});
  }

  OwnedCommand ReadAdmin(const std::string& verb, Words& row) {
    if (verb == "segment") {
      SegmentRequest request;
      request.code = Coded<SegmentCode>(row.Next("a segment"));
      request.name = NameFrom(row);
      return Own(request);
    }
    if (verb == "union") {
      UnionNodeRequest request;
      request.id = Coded<UnionNodeId>(row.Next("a union node"));
      const std::string parent = row.Value("under", "ALL");
      request.parent = parent == "none" ? UnionNodeId{} : Coded<UnionNodeId>(parent);
      request.level = Worded<UnionLevel>(row.Value("level", "other"));
      request.name = NameFrom(row);
      return Own(request);
    }
    if (verb == "member") {
      return Own(ReadMember(row));
    }
    if (verb == "card") {
      CardRequest request;
      request.number = CardOf(row.Next("a card"));
      ReadCard(row, &request);
      return Own(request);
    }
    if (verb == "merchant") {
      MerchantRequest request;
      request.id = Coded<MerchantId>(row.Next("a merchant"));
      request.union_node = Coded<UnionNodeId>(row.Value("union", "ALL"));
      request.mcc = static_cast<Mcc>(NumberOf(row.Value("mcc", "5411")));
      request.status = Worded<MerchantStatus>(row.Value("status", "active"));
      request.name = NameFrom(row);
      return Own(request);
    }
    if (verb == "terminal") {
      TerminalRequest request;
      request.id = Coded<TerminalId>(row.Next("a terminal"));
      request.merchant = Coded<MerchantId>(row.Value("merchant", "S1"));
      request.kind = Worded<TerminalKind>(row.Value("kind", "pos"));
      request.status = Worded<TerminalStatus>(row.Value("status", "active"));
      return Own(request);
    }
    if (verb == "fund" || verb == "stock") {
      FundRequest request;
      request.code = Coded<FundCode>(row.Next("a fund"));
      request.asset = verb == "fund" ? Asset::kMoney : Asset::kThing;
      request.budget = Fen{NumberOf(row.Value("budget", "0"))};
      request.opens_at = TimeOf(row.Value("opens", "2026-01-01"));
      request.closes_at = TimeOf(row.Value("closes", "never"));
      if (const auto owner = row.Value("owner")) {
        request.owner = Coded<UnionNodeId>(*owner);
      }
      request.name = NameFrom(row);
      return Own(request);
    }
    if (verb == "member-status") {
      MemberStatusRequest request;
      request.member = Coded<MemberId>(row.Next("a member"));
      request.status = Worded<MemberStatus>(row.Next("a status"));
      return Own(request);
    }
    if (verb == "card-status") {
      CardStatusRequest request;
      request.card = CardOf(row.Next("a card"));
      request.status = Worded<CardStatus>(row.Next("a status"));
      return Own(request);
    }
    if (verb == "replace") {
      ReplaceCardRequest request;
      request.old_card = CardOf(row.Next("the old card"));
      request.new_card.number = CardOf(row.Next("the new card"));
      ReadCard(row, &request.new_card);
      return Own(request);
    }
    if (verb == "retire") {
      RetireProgrammeRequest request;
      request.code = Coded<ProgrammeCode>(row.Next("a programme"));
      return Own(request);
    }
    Fail("not a verb: '" + verb + "'");
  }

  static MemberRequest ReadMember(Words& row) {
    MemberRequest request;
    request.id = Coded<MemberId>(row.Next("a member"));
    request.union_node = Coded<UnionNodeId>(row.Value("union", "ALL"));
    request.status = Worded<MemberStatus>(row.Value("status", "active"));
    request.real_name_verified = !row.Flag("unverified");
    // segments=hero,hard:2026-01-01..2026-06-01
    for (const std::string& text : SplitAt(row.Value("segments", ""), ',')) {
      if (request.span_count == kSegmentSpansPerMemberMax) {
        Fail("too many segments");
      }
      SegmentSpanRequest& span = request.spans[request.span_count++];
      const size_t colon = text.find(':');
      span.segment = Coded<SegmentCode>(text.substr(0, colon));
      span.starts_at = TimestampNs{kTimestampNsMin};
      if (colon != std::string::npos) {
        const size_t dots = text.find("..");
        if (dots == std::string::npos) {
          Fail("not segment:from..until: '" + text + "'");
        }
        span.starts_at = TimeOf(text.substr(colon + 1, dots - colon - 1));
        span.ends_at = TimeOf(text.substr(dots + 2));
      }
    }
    return request;
  }

  static void ReadCard(Words& row, CardRequest* request) {
    if (const auto member = row.Value("member")) {
      request->member = Coded<MemberId>(*member);
    }
    request->status = Worded<CardStatus>(row.Value("status", "active"));
    request->kind = row.Flag("digital") ? CardKind::kDigital : CardKind::kPhysical;
    if (const auto expires = row.Value("expires")) {
      // A UTC day.
      request->expires_day = FloorDay(TimeOf(*expires + "T00:00:00Z").value() / kNsPerSecond);
    }
  }

  // ---- programme ... end --------------------------------------------------------------------

  void ApplyProgramme(const std::vector<std::string>& block) {
    OwnedProgramme programme;
    Words head(block.front());
    head.Next("programme");
    ProgrammeSpec& spec = programme.spec;
    spec.code = Coded<ProgrammeCode>(head.Next("a programme"));
    std::string zone = head.Value("zone", "Asia/Shanghai");
    std::replace(zone.begin(), zone.end(), '/', ':');
    if (!FindTestCalendar(zone, &spec.calendar)) {
      Fail("no such zone in tests/testing: '" + zone + "'");
    }
    spec.calendar.cutover_s = SecondsOf(head.Value("cutover", "00:00"));
    spec.starts_at = TimeOf(head.Value("from", "2026-01-01"));
    spec.ends_at = TimeOf(head.Value("until", "2027-01-01"));
    if (const auto owner = head.Value("owner")) {
      spec.owner = Coded<UnionNodeId>(*owner);
    }
    spec.late_capture = Worded<LateCapture>(head.Value("late", "strict"));
    for (const std::string& text : SplitAt(head.Value("over_capture", ""), ',')) {
      programme.over_capture.push_back(ReadOverCapture(text));
    }
    head.ExpectNothingLeft();
    std::string source = block.front();
    for (size_t i = 1; i + 1 < block.size(); ++i) {
      Words row(block[i]);
      const std::string verb = row.Next("limit or benefit");
      if (verb == "limit") {
        ReadLimit(row, &programme);
      } else if (verb == "benefit") {
        ReadBenefit(row, &programme);
      } else {
        Fail("not in a programme: '" + verb + "'");
      }
      row.ExpectNothingLeft();
      source += "\n" + block[i];
    }
    spec.content_hash = HashBytes(source.data(), source.size());
    const size_t arrow = block.back().find("->");
    ApplyAdmin(Own(std::move(programme)),
               arrow == std::string::npos ? "" : block.back().substr(arrow + 2));
  }

  static MccRange MccsOf(const std::string& text) {
    const std::vector<std::string> ends = SplitAt(text, '-');
    return {static_cast<Mcc>(NumberOf(ends.front())), static_cast<Mcc>(NumberOf(ends.back()))};
  }

  // 5812:20, in per cent.
  static OverCapture ReadOverCapture(const std::string& text) {
    const std::vector<std::string> parts = SplitAt(text, ':');
    if (parts.size() != 2) {
      Fail("not category:percent: '" + text + "'");
    }
    return {MccsOf(parts[0]), Bps{static_cast<int32_t>(NumberOf(parts[1]) * 100)}};
  }

  // limit day count person day max=2 [reduce] [refund_to=current]
  static void ReadLimit(Words& row, OwnedProgramme* programme) {
    LimitSpec limit;
    limit.code = Coded<LimitCode>(row.Next("a limit"));
    limit.measure = Worded<LimitMeasure>(row.Next("count or amount"));
    limit.subject = Worded<LimitSubject>(row.Next("a subject"));
    limit.window = Worded<WindowKind>(row.Next("a window"));
    limit.max = NumberOf(row.Value("max", ""));
    if (row.Flag("reduce")) {
      limit.when_exceeded = WhenExceeded::kReduce;
    }
    limit.refund_to = Worded<RefundTo>(row.Value("refund_to", "original"));
    programme->limits.push_back(limit);
  }

  static PriceRule ReadPrice(Words& row) {
    PriceRule price;
    const auto fen = [&row](const char* key) { return Fen{NumberOf(row.Value(key, "0"))}; };
    if (const auto fixed = row.Value("price")) {
      price.kind = PriceKind::kFixedPrice;
      price.amount = Fen{NumberOf(*fixed)};
    } else if (const auto off = row.Value("percent")) {
      price.kind = PriceKind::kPercentOff;
      price.rate = Bps{static_cast<int32_t>(NumberOf(*off) * 100)};
    } else if (const auto bps = row.Value("bps")) {
      price.kind = PriceKind::kPercentOff;
      price.rate = Bps{static_cast<int32_t>(NumberOf(*bps))};
    } else if (const auto spend = row.Value("spend")) {
      price.kind = PriceKind::kThreshold;
      price.threshold = Fen{NumberOf(*spend)};
      price.amount = fen("less");
      price.repeat = row.Flag("repeat");
    } else if (row.Flag("free")) {
      price.kind = PriceKind::kFree;
    } else {
      Fail("a benefit has price=, percent=, bps=, spend= or free");
    }
    if (const auto least = row.Value("least")) {
      price.threshold = Fen{NumberOf(*least)};
    }
    price.on_return = Worded<OnReturn>(row.Value("on_return", "keep"));
    price.discount_max = fen("cap");
    price.member_pays_min = fen("pays-min");
    const std::string rounding = row.Value("round", "half_up");
    price.rounding = rounding == "half_up" ? Rounding::kHalfUp
                     : rounding == "down"  ? Rounding::kDown
                     : rounding == "up"    ? Rounding::kUp
                                           : (Fail("round= half_up, down or up"), Rounding{});
    return price;
  }

  static void ReadBenefit(Words& row, OwnedProgramme* programme) {
    BenefitSpec benefit;
    benefit.code = Coded<BenefitCode>(row.Next("a benefit"));
    benefit.price = ReadPrice(row);
    const auto list = [&row](const char* key) { return SplitAt(row.Value(key, ""), ','); };
    const auto segments = [&](const char* key) {
      std::vector<SegmentCode> codes;
      for (const std::string& code : list(key)) {
        codes.push_back(Coded<SegmentCode>(code));
      }
      return Append(programme->segments, codes);
    };
    benefit.segments_any = segments("any");
    benefit.segments_all = segments("all");
    std::vector<MccRange> mccs;
    for (const std::string& text : list("mcc")) {
      mccs.push_back(MccsOf(text));
    }
    benefit.mccs = Append(programme->mccs, mccs);
    std::vector<MerchantId> merchants;
    for (const std::string& code : list("merchants")) {
      merchants.push_back(Coded<MerchantId>(code));
    }
    benefit.merchants = Append(programme->merchants, merchants);
    std::vector<HoursRange> hours;
    for (const std::string& text : list("hours")) {
      const std::vector<std::string> ends = SplitAt(text, '-');
      hours.push_back({SecondsOf(ends.front()), SecondsOf(ends.back())});
    }
    benefit.hours = Append(programme->hours, hours);
    std::vector<uint32_t> limits;
    for (const std::string& code : list("limits")) {
      const auto& all = programme->limits;
      const auto found = std::find_if(
          all.begin(), all.end(), [&](const LimitSpec& l) { return TextOf(l.code) == code; });
      if (found == all.end()) {
        Fail("no such limit above: '" + code + "'");
      }
      limits.push_back(static_cast<uint32_t>(found - all.begin()));
    }
    benefit.limits = Append(programme->limit_refs, limits);
    std::vector<FundingShareSpec> funding;
    for (const std::string& text : list("fund")) {
      const std::vector<std::string> parts = SplitAt(text, ':');
      const int64_t share = parts.size() == 2 ? NumberOf(parts[1]) : kBpsPerOne;
      funding.push_back({Coded<FundCode>(parts[0]), Bps{static_cast<int32_t>(share)}, 0});
    }
    benefit.funding = Append(programme->funding, funding);
    if (const auto stock = row.Value("stock")) {
      const std::vector<std::string> parts = SplitAt(*stock, ':');
      benefit.stock = Coded<FundCode>(parts[0]);
      benefit.stock_units = parts.size() == 2 ? static_cast<int32_t>(NumberOf(parts[1])) : 1;
    }
    for (const std::string& kind : list("terminals")) {
      benefit.terminal_kinds =
          static_cast<uint8_t>(benefit.terminal_kinds | MaskOf(Worded<TerminalKind>(kind)));
    }
    const std::vector<std::string> days = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (const std::string& day : list("weekdays")) {
      const auto found = std::find(days.begin(), days.end(), day);
      if (found == days.end()) {
        Fail("not a weekday: '" + day + "'");
      }
      benefit.weekdays = static_cast<uint8_t>(benefit.weekdays | 1u << (found - days.begin()));
    }
    benefit.require_real_name = !row.Flag("anyone");
    if (const auto node = row.Value("member-union")) {
      benefit.member_union = Coded<UnionNodeId>(*node);
    }
    if (const auto node = row.Value("merchant-union")) {
      benefit.merchant_union = Coded<UnionNodeId>(*node);
    }
    const auto from = row.Value("from");
    const auto until = row.Value("until");
    benefit.starts_at = from.has_value() ? TimeOf(*from) : programme->spec.starts_at;
    benefit.ends_at = until.has_value() ? TimeOf(*until) : programme->spec.ends_at;
    if (const auto hold = row.Value("hold")) {
      benefit.hold_s = DurationNsOf(*hold) / kNsPerSecond;
    }
    programme->benefits.push_back(benefit);
  }

  const std::string file_;
  TableReport* const report_;
  int line_ = 0;
  std::unique_ptr<LedgerPair> pair_;
  TimestampNs now_;
  std::string asked_as_;
  std::string asked_by_;
  std::map<std::string, TransactionId> given_;  // by request id, and by request id@terminal
};

}  // namespace

TableReport RunTable(const std::string& file, const std::string& text) {
  TableReport report;
  std::vector<Line> lines;
  std::istringstream stream(text);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line = line.substr(0, line.find("//"));
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) {
      continue;
    }
    lines.push_back({number, line.substr(begin, line.find_last_not_of(" \t") - begin + 1)});
  }
  Runner(file, &report).Run(lines);
  return report;
}

std::vector<std::string> TableFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(GONGHUI_TABLES_DIR)) {
    if (entry.path().extension() == ".table") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  GH_CHECK(stream.good(), "can not read ", path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace gonghui
