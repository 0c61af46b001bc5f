// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Terminals that share nothing but roomy funds: however their commands mix, and
// however often each of them is sent, and whatever has left for the archive between,
// everybody is told the same and the books end the same.
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

#include "tests/properties/property_city.h"
#include "tests/testing/city.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr uint32_t kTerminals = 3;
constexpr uint32_t kCardsPerTerminal = 2;  // nobody else's: limits are per person
static_assert(kTerminals * kCardsPerTerminal <= PropertyCity::kOptions.members);
static_assert(kTerminals <= PropertyCity::kOptions.merchants);

// What to do, to which of the authorizations before, for how much.
using Deed = std::tuple<uint8_t, uint8_t, uint16_t>;
using Deeds = std::vector<Deed>;

// Ids are the terminal's own, so all terminals use the same ones.
RequestId IdOf(size_t number) {
  return RequestId{1, number + 1};
}

// The terminal's own books, which may be wrong.
Totals TotalsOf(uint16_t much) {
  Totals totals;
  totals.captures = much % 3u;
  totals.captured = Fen{much};
  return totals;
}

std::vector<OwnedCommand> CommandsOf(uint32_t terminal, const Deeds& deeds) {
  std::vector<OwnedCommand> commands;
  std::vector<RequestId> holds = {IdOf(999)};  // one that never was
  for (const auto& [what, which, much] : deeds) {
    Command command;
    command.terminal = TerminalOf(terminal);
    command.request_id = IdOf(commands.size());
    const RequestId original = holds[holds.size() - 1 - which % holds.size()];
    const bool has_amount = what % 2 == 0;
    const Fen amount = has_amount ? Fen{1 + much % 3000} : Fen{};
    AdviceRequest advice;
    advice.occurred_at = TimestampNs{kCityNoon.value() - much * kNsPerSecond};
    advice.sequence = static_cast<uint32_t>(1 + commands.size() % 7);  // it wraps
    advice.business_day = FloorDay(kCityNoon.value() / kNsPerSecond);
    std::vector<LineItem> lines;
    switch (what / 2 % 10) {
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
        if (which % 3 == 0) {
          lines = {{CodeOf<ItemCode>("cola"), Fen{much / 3}, 3, 0},
                   {CodeOf<ItemCode>("rice"), Fen{much - much / 3}, 1, 0}};
          command.authorize.lines = lines.data();
          command.authorize.line_count = 2;
        }
        if (command.authorize.capture_at_once && which % 5 == 0) {
          advice.member_paid = Fen{much - much / 7};
          command.advice = &advice;
        }
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
        if (which % 5 == 0) {
          command.advice = &advice;
        }
        break;
      case 6:
        command.kind = CommandKind::kReverse;
        command.reverse = ReverseRequest{};
        command.reverse.original_request_id = original;
        command.reverse.amount = amount;
        command.reverse.has_amount = has_amount;
        break;
      case 7:
      case 8: {
        command.kind = CommandKind::kRefund;
        command.refund = RefundRequest{};
        command.refund.original_request_id = original;
        const ReturnedLine returned{1u + which % 2u, 1u};
        if (which % 3 == 0) {
          command.refund.lines = &returned;
          command.refund.line_count = 1;
        } else {
          command.refund.amount = amount;
          command.refund.has_amount = has_amount;
        }
        commands.push_back(Own(command));
        continue;
      }
      default:
        command.kind = CommandKind::kCloseBatch;
        command.close_batch = CloseBatchRequest{TotalsOf(much)};
        break;
    }
    commands.push_back(Own(command));
  }
  return commands;
}

// An answer is told as decided when it is repeated; what the transaction has become
// since stands in the state and what was captured.
std::string WithoutStanding(const std::string& told) {
  std::string text;
  size_t at = 0;
  while (at < told.size()) {
    const size_t end = std::min(told.find(' ', at), told.size());
    const std::string word = told.substr(at, end - at);
    const bool stands = word.starts_with("state=") || word.starts_with("captured") ||
                        word.starts_with("refunded") || word.starts_with("returned") ||
                        word.starts_with("expires");
    text += stands ? "" : word + " ";
    at = end + 1;
  }
  return text;
}

void HoweverTerminalsMixAndRepeat(const std::array<Deeds, kTerminals>& deeds,
                                  const std::vector<uint8_t>& dice) {
  std::array<std::vector<OwnedCommand>, kTerminals> commands;
  std::array<std::vector<std::string>, kTerminals> answers;
  PropertyCity alone;
  for (uint32_t t = 0; t < kTerminals; ++t) {
    commands[t] = CommandsOf(t + 1, deeds[t]);
    for (const OwnedCommand& command : commands[t]) {
      answers[t].push_back(alone.Send(command));
    }
  }

  PropertyCity mixed(dice);
  std::array<size_t, kTerminals> sent{};
  std::array<std::vector<int>, kTerminals> times;
  for (uint32_t t = 0; t < kTerminals; ++t) {
    times[t].resize(commands[t].size());
  }
  std::string trail;
  const auto send = [&](uint32_t t, size_t i) {
    const std::string told = mixed.Send(commands[t][i]);
    trail += "  " + CommandText(commands[t][i].command) + " -> " + told + "\n";
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
  RC_ASSERT(mixed.decided() == alone.decided());
  if (mixed.Books() != alone.Books()) {
    RC_FAIL("the books differ\n" + trail);
  }
  for (uint32_t t = 0; t < kTerminals; ++t) {
    if (mixed.Standing(commands[t]) != alone.Standing(commands[t])) {
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
  RC_CLASSIFY(mixed.returned() > 10, "with returns from the archive");
  RC_CLASSIFY(told("capture none approved"), "with captures");
  RC_CLASSIFY(told("increment none approved"), "with increments");
  RC_CLASSIFY(told("refund none approved"), "with refunds");
  RC_CLASSIFY(told("exceeds_frequency_limit"), "with a limit reached");
  RC_CLASSIFY(told("liability=programme"), "with advices that are booked");
  RC_CLASSIFY(told("batch_close none approved"), "with batches");
  RC_CLASSIFY(told("returned=1,"), "with lines given back");
}

TEST(InterleavingTest, HoweverTerminalsMixAndRepeat) {
  EXPECT_TRUE(rc::check("everybody is told the same", HoweverTerminalsMixAndRepeat));
}

}  // namespace
}  // namespace gonghui
