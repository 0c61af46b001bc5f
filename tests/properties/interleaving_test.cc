// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Terminals that share nothing but roomy funds: however their commands mix, and
// however often each of them is sent, everybody is told the same and the books end
// the same.
//
// RapidCheck makes the commands and, when the property fails, makes them fewer; what
// it prints last (RC_PARAMS="reproduce=...") in the environment replays it.

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/properties/command_text.h"
#include "tests/properties/random_run.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr uint32_t kTerminals = 3;
constexpr uint32_t kCardsPerTerminal = 2;  // nobody else's: limits are per person
constexpr CityOptions kCity{.members = kTerminals * kCardsPerTerminal,
                            .merchants = kTerminals,
                            .benefits_per_category = 2,
                            .funds = 2,
                            .uses_per_day = 4};  // soon reached

// What to do, to which of the authorizations before, for how much.
using Deed = std::tuple<uint8_t, uint8_t, uint16_t>;
using Deeds = std::vector<Deed>;

// Ids are the terminal's own, so all terminals use the same ones.
RequestId IdOf(size_t number) {
  return RequestId{1, number + 1};
}

std::vector<Command> CommandsOf(uint32_t terminal, const Deeds& deeds) {
  std::vector<Command> commands;
  std::vector<RequestId> holds = {IdOf(999)};  // one that never was
  for (const auto& [what, which, much] : deeds) {
    Command command;
    command.terminal = TerminalOf(terminal);
    command.request_id = IdOf(commands.size());
    const RequestId original = holds[holds.size() - 1 - which % holds.size()];
    const bool has_amount = what % 2 == 0;
    const Fen amount = has_amount ? Fen{1 + much % 3000} : Fen{};
    switch (what / 2 % 8) {
      case 0:
      case 1:
      case 2:
        command.kind = CommandKind::kAuthorize;
        command.authorize = AuthorizeRequest{};
        command.authorize.card = CardOf((terminal - 1) * kCardsPerTerminal + 1 + which % 2);
        command.authorize.list_price = Fen{much};
        command.authorize.capture_at_once = what % 4 == 0;
        command.authorize.allow_partial = which % 4 == 1;
        command.authorize.if_no_benefit =
            which % 8 == 2 ? IfNoBenefit::kFullPrice : IfNoBenefit::kDecline;
        holds.push_back(command.request_id);
        break;
      case 3:
        command.kind = CommandKind::kIncrement;
        command.increment = IncrementRequest{};
        command.increment.original_request_id = original;
        command.increment.amount = Fen{1 + much % 3000};
        break;
      case 4:
      case 5:
        command.kind = CommandKind::kCapture;
        command.capture = CaptureRequest{};
        command.capture.original_request_id = original;
        command.capture.amount = amount;
        command.capture.has_amount = has_amount;
        command.capture.final_capture = which % 2 == 0;
        break;
      case 6:
        command.kind = CommandKind::kReverse;
        command.reverse = ReverseRequest{};
        command.reverse.original_request_id = original;
        command.reverse.amount = amount;
        command.reverse.has_amount = has_amount;
        break;
      default:
        command.kind = CommandKind::kRefund;
        command.refund = RefundRequest{};
        command.refund.original_request_id = original;
        command.refund.amount = amount;
        command.refund.has_amount = has_amount;
        break;
    }
    commands.push_back(command);
  }
  return commands;
}

// Ids are numbered by the order in which everything came, which is what differs.
std::string Told(Answer answer) {
  answer.id = answer.original_id = TransactionId{};
  answer.replay = false;
  return TextOf(answer);
}

class City {
 public:
  City() : ledger_(MakeSmallLedger()) {
    BuildCity(kCity, [this](const Command& command) {
      Event event;
      Result result;
      ledger_->Decide(command, kCityNoon, &event, &result);
      event.command = &command;
      ledger_->Evolve(event);
    });
  }

  std::string Send(const Command& command) {
    const Step step = ApplyTo(ledger_.get(), Own(command), kCityNoon);
    replays_ += step.answer.replay;
    return Told(step.answer);
  }

  // Every amount there is, in codes.
  [[nodiscard]] std::vector<std::string> Books() const {
    std::vector<std::string> lines;
    const auto line = [&lines](const std::string& name, std::initializer_list<int64_t> amounts) {
      lines.push_back(name);
      for (const int64_t amount : amounts) {
        lines.back() += " " + std::to_string(amount);
      }
    };
    for (uint32_t i = 1; i <= ledger_->funds().size(); ++i) {
      const Fund& fund = ledger_->funds()[FundRow{i}];
      line(TextOf(fund.code), {fund.held.value(), fund.spent.value(), fund.overrun.value()});
    }
    for (uint32_t i = 1; i <= ledger_->merchants().size(); ++i) {
      const Merchant& merchant = ledger_->merchants()[MerchantRow{i}];
      line(TextOf(merchant.id),
           {merchant.receivable_pending.value(),
            merchant.receivable_posted.value(),
            merchant.collected_pending.value(),
            merchant.collected_posted.value()});
    }
    for (uint32_t i = 1; i <= ledger_->counters().size(); ++i) {
      const Counter& counter = ledger_->counters()[CounterRow{i}];
      line(TextOf(ledger_->counter_series()[counter.series].limit) + "/" +
               TextOf(ledger_->members()[MemberRow{counter.subject}].id),
           {counter.window, counter.held, counter.used});
    }
    const Globals& globals = ledger_->globals();
    line("members",
         {globals.members_payable_pending.value(), globals.members_payable_posted.value()});
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // What an inquiry tells about each of a terminal's commands.
  [[nodiscard]] std::vector<std::string> Standing(uint32_t terminal, size_t commands) const {
    std::vector<std::string> lines;
    for (size_t i = 0; i < commands; ++i) {
      Command command;
      command.kind = CommandKind::kGetTransaction;
      command.terminal = TerminalOf(terminal);
      command.inquiry = InquiryRequest{};
      command.inquiry.request_id = IdOf(i);
      Event event;
      Result result;
      ledger_->Decide(command, kCityNoon, &event, &result);
      lines.push_back(Told(AnswerOf(*ledger_, command, result)));
    }
    return lines;
  }

  [[nodiscard]] std::string Broken() const {
    uint64_t row = 0;
    const char* broken = ledger_->CheckInvariants(&row);
    return broken == nullptr ? "" : broken;
  }
  [[nodiscard]] CommandSeq applied_seq() const { return ledger_->applied_seq(); }
  [[nodiscard]] int replays() const { return replays_; }

 private:
  std::unique_ptr<Ledger> ledger_;
  int replays_ = 0;
};

// An answer is told as decided when it is repeated; what the transaction has become
// since stands in the state and what was captured.
std::string WithoutStanding(const std::string& told) {
  std::string text;
  size_t at = 0;
  while (at < told.size()) {
    const size_t end = std::min(told.find(' ', at), told.size());
    const std::string word = told.substr(at, end - at);
    const bool stands = word.starts_with("state=") || word.starts_with("captured") ||
                        word.starts_with("refunded") || word.starts_with("expires");
    text += stands ? "" : word + " ";
    at = end + 1;
  }
  return text;
}

void HoweverTerminalsMixAndRepeat(const std::array<Deeds, kTerminals>& deeds,
                                  const std::vector<uint8_t>& dice) {
  std::array<std::vector<Command>, kTerminals> commands;
  std::array<std::vector<std::string>, kTerminals> answers;
  City alone;
  for (uint32_t t = 0; t < kTerminals; ++t) {
    commands[t] = CommandsOf(t + 1, deeds[t]);
    for (const Command& command : commands[t]) {
      answers[t].push_back(alone.Send(command));
    }
  }

  City mixed;
  std::array<size_t, kTerminals> sent{};
  std::array<std::vector<int>, kTerminals> times;
  for (uint32_t t = 0; t < kTerminals; ++t) {
    times[t].resize(commands[t].size());
  }
  std::string trail;
  const auto send = [&](uint32_t t, size_t i) {
    const std::string told = mixed.Send(commands[t][i]);
    trail += "  " + CommandText(commands[t][i]) + " -> " + told + "\n";
    const bool first = times[t][i]++ == 0;
    const std::string& want = answers[t][i];
    if (first ? told != want : WithoutStanding(told) != WithoutStanding(want)) {
      RC_FAIL((first ? "another answer than alone: " : "a repeat is answered otherwise: ") + want +
              "\n" + trail);
    }
  };
  size_t throws = 0;
  while (true) {
    std::vector<uint32_t> open;
    for (uint32_t t = 0; t < kTerminals; ++t) {
      if (sent[t] < commands[t].size()) {
        open.push_back(t);
      }
    }
    if (open.empty()) {
      break;
    }
    const uint8_t die = throws < dice.size() ? dice[throws] : uint8_t{0};
    ++throws;
    const uint32_t t = open[die % open.size()];
    const size_t again = sent[t] == 0 ? 0 : (die / 8u) % sent[t];
    if (die % 8 >= 5 && sent[t] > 0 && times[t][again] < 3) {
      send(t, again);
    } else {
      send(t, sent[t]++);
    }
  }

  RC_ASSERT(mixed.Broken() == "");
  RC_ASSERT(mixed.applied_seq() == alone.applied_seq());
  if (mixed.Books() != alone.Books()) {
    RC_FAIL("the books differ\n" + trail);
  }
  for (uint32_t t = 0; t < kTerminals; ++t) {
    if (mixed.Standing(t + 1, commands[t].size()) != alone.Standing(t + 1, commands[t].size())) {
      RC_FAIL("terminal " + std::to_string(t + 1) + " is told otherwise of what stands\n" + trail);
    }
  }
  // What it would be blind without.
  const auto told = [&answers](const char* what) {
    return std::any_of(answers.begin(), answers.end(), [what](const auto& of_terminal) {
      return std::any_of(of_terminal.begin(), of_terminal.end(), [what](const std::string& line) {
        return line.find(what) != std::string::npos;
      });
    });
  };
  RC_CLASSIFY(mixed.replays() > 10, "with repeats");
  RC_CLASSIFY(told("capture none approved"), "with captures");
  RC_CLASSIFY(told("increment none approved"), "with increments");
  RC_CLASSIFY(told("refund none approved"), "with refunds");
  RC_CLASSIFY(told("exceeds_frequency_limit"), "with a limit reached");
}

TEST(InterleavingTest, HoweverTerminalsMixAndRepeat) {
  EXPECT_TRUE(rc::check("everybody is told the same", HoweverTerminalsMixAndRepeat));
}

}  // namespace
}  // namespace gonghui
