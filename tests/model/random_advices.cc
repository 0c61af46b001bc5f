// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Random lines, advices and batches.

#include <algorithm>
#include <array>
#include <iterator>

#include "tests/model/random_commands.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr int64_t kHourNs = 3600 * kNsPerSecond;
constexpr std::array<const char*, 4> kItems = {"cola", "6901234567892", "5411", "rice:5kg"};

}  // namespace

// ---- Lines ------------------------------------------------------------------------

// Prices that do not divide by their pieces, and some of nothing.
void RandomCommands::AddLines(AuthorizeRequest* request) {
  lines_.clear();
  const size_t count = prng_.Chance(1, 40) ? kLinesPerTransactionMax : 1 + Pick(5);
  const bool cheap = prng_.Chance(1, 3);  // less than a fen a piece
  int64_t rest = request->list_price.value();
  for (size_t i = 0; i < count; ++i) {
    LineItem line;
    line.item = CodeOf<ItemCode>(kItems[Pick(kItems.size())]);
    const int64_t most = cheap ? std::min<int64_t>(rest, 3) : prng_.Chance(1, 3) ? rest / 3 : rest;
    line.price = Fen{i + 1 == count ? rest : prng_.Between(0, most)};
    line.quantity = static_cast<uint32_t>(
        prng_.Chance(1, 30) ? kLineQuantityMax : static_cast<uint32_t>(prng_.Between(1, 7)));
    rest -= line.price.value();
    lines_.push_back(line);
  }
  request->lines = lines_.data();
  request->line_count = static_cast<uint32_t>(lines_.size());
}

// One more, one less, or one thing of one.
void RandomCommands::ChangeLines(AuthorizeRequest* request) {
  lines_.assign(request->lines, request->lines + request->line_count);
  if (lines_.empty() || (prng_.Chance(1, 4) && lines_.size() < kLinesPerTransactionMax)) {
    lines_.push_back({CodeOf<ItemCode>("more"), {}, 1, 0});
  } else {
    LineItem& line = lines_[Pick(lines_.size())];
    switch (Pick(4)) {
      case 0:
        lines_.pop_back();
        break;
      case 1:
        line.item = CodeOf<ItemCode>("other");
        break;
      case 2:
        line.price += Fen{1};
        break;
      default:
        line.quantity += 1;
        break;
    }
  }
  request->lines = lines_.data();
  request->line_count = static_cast<uint32_t>(lines_.size());
}

void RandomCommands::AddReturnedLines(const Told& of, RefundRequest* request) {
  returned_.clear();
  const AuthorizeRequest& sold = of.command.command.authorize;
  const bool has_lines = of.command.command.kind == CommandKind::kAuthorize && sold.line_count > 0;
  const uint32_t count = has_lines ? sold.line_count : 1;
  for (uint32_t i = 0; i < count; ++i) {
    if (prng_.Chance(1, 2)) {
      const auto pieces = has_lines ? static_cast<int64_t>(sold.lines[i].quantity) : int64_t{3};
      const int64_t quantity = prng_.Chance(1, 8)   ? pieces + 1
                               : prng_.Chance(1, 3) ? pieces
                                                    : prng_.Between(1, (pieces + 2) / 3);
      returned_.push_back({i + 1, static_cast<uint32_t>(quantity)});
    }
  }
  if (returned_.empty() || (prng_.Chance(1, 30) && returned_.size() < kLinesPerTransactionMax)) {
    returned_.push_back({count + (returned_.empty() ? 0u : 1u), 1});
  }
  request->has_amount = false;
  request->amount = Fen{};
  request->lines = returned_.data();
  request->line_count = static_cast<uint8_t>(returned_.size());
}

// ---- Advices ----------------------------------------------------------------------

// Mostly lately, and about when something became otherwise; too old, or of a clock that
// is wrong.
TimestampNs RandomCommands::PastTime() {
  int64_t at = now_.value();
  switch (Pick(10)) {
    case 0:
      break;
    case 1:
    case 2:
      at -= prng_.Between(1, 600) * kNsPerSecond;
      break;
    case 3:
    case 4:
      at -= prng_.Between(0, 100) * kHourNs;
      break;
    case 5:  // the edge of too old
      at -= kAdviceAgeMaxS * kNsPerSecond + prng_.Between(-1, prng_.Chance(1, 4) ? kHourNs : 1);
      break;
    case 6:
      at += prng_.Chance(1, 2) ? 1 : prng_.Between(1, 48) * kHourNs;
      break;
    default:
      if (!turns_.empty()) {
        const size_t back = std::min<size_t>(turns_.size(), prng_.Chance(1, 3) ? 30 : 5);
        at = turns_[turns_.size() - 1 - Pick(back)].value() + prng_.Between(-1, 1);
      }
      break;
  }
  return TimestampNs{std::clamp(at, kTimestampNsMin, kTimestampNsMax)};
}

void RandomCommands::Advise(Command* command) {
  if (command->kind == CommandKind::kAuthorize) {
    command->authorize.occasion = nullptr;
  }
  advice_ = AdviceRequest{};
  advice_.occurred_at = PastTime();
  const bool of_blocked =
      command->kind == CommandKind::kAuthorize &&
      std::find(blocked_.begin(), blocked_.end(), command->authorize.card) != blocked_.end();
  if (of_blocked && prng_.Chance(1, 2)) {
    advice_.occurred_at = now_;
  }
  advice_.deny_list_at = prng_.Chance(1, 4)   ? TimestampNs{}
                         : prng_.Chance(1, 3) ? advice_.occurred_at
                                              : PastTime();
  advice_.sequence = ++last_sequence_;
  advice_.business_day = FloorDay(advice_.occurred_at.value() / kNsPerSecond);
  advice_.queue_empty = prng_.Chance(1, 12);
  if (advice_.queue_empty) {
    turns_.push_back(now_);
  }
  if (command->kind == CommandKind::kAuthorize) {
    command->authorize.code_issued_at = TimestampNs{};  // the gate has checked it itself
    command->authorize.code_valid_s = 0;
    command->authorize.code_purpose = CodePurpose::kPayment;
    const int64_t list = command->authorize.list_price.value();
    int64_t claimed = 0;
    switch (Pick(8)) {
      case 0:
        break;
      case 1:
        claimed = list;
        break;
      case 2:
        claimed = list / 2;
        break;
      case 3:
        claimed = list - list / 2;
        break;
      case 4:
        claimed = Any(edges_).value();
        break;
      case 5:
        claimed = list - Any(edges_).value();
        break;
      default:
        claimed = prng_.Between(0, list);
        break;
    }
    advice_.member_paid = Fen{list - std::clamp<int64_t>(claimed, 0, list)};
  }
  command->advice = &advice_;
}

Command RandomCommands::AdvisedSale() {
  Command command = AuthorizeCommand(CommandKind::kAuthorize);
  command.authorize.capture_at_once = true;
  if (!blocked_.empty() && prng_.Chance(1, 3)) {
    command.authorize.card =
        blocked_[blocked_.size() - 1 - Pick(std::min<size_t>(4, blocked_.size()))];
  }
  Advise(&command);
  return command;
}

Command RandomCommands::AdvisedCapture() {
  Command command = CaptureCommand();
  CaptureRequest& request = command.capture;
  if (request.has_amount && prng_.Chance(1, 3)) {
    request.amount = Fen{std::min(
        request.amount.value() * prng_.Between(1, 9) + prng_.Between(0, 50), kTransactionFenMax)};
  }
  Advise(&command);
  return command;
}

// The terminal does not remember that it sent it.
Command RandomCommands::SameUnderAnotherId() {
  Command command = Any(advised_).command.command;
  command.request_id = FreshRequestId();
  command.deadline = kTimestampMax;
  if (prng_.Chance(1, 2)) {
    ChangeAdvice(&command);
  }
  return command;
}

void RandomCommands::ChangeAdvice(Command* command) {
  advice_ = *command->advice;
  command->advice = &advice_;
  switch (Pick(8)) {
    case 0:
      advice_.sequence += 1;
      break;
    case 1:
      advice_.business_day -= 1;
      break;
    case 2:
      if (command->kind == CommandKind::kAuthorize) {
        advice_.member_paid = advice_.member_paid == Fen{} ? command->authorize.list_price : Fen{};
      }
      break;
    case 3:
      advice_.occurred_at = PastTime();
      break;
    case 4:
      advice_.deny_list_at = PastTime();
      break;
    case 5:
      advice_.queue_empty = !advice_.queue_empty;
      break;
    case 6:
      if (command->kind == CommandKind::kAuthorize) {
        command->authorize.card = Any(cards_);
      } else {
        command->capture.final_capture = !command->capture.final_capture;
      }
      break;
    default:
      command->advice = nullptr;
      break;
  }
}

// ---- Batches ----------------------------------------------------------------------

Command RandomCommands::CloseBatchCommand() {
  Command command = Header(CommandKind::kCloseBatch);
  command.close_batch = CloseBatchRequest{};
  Totals& theirs = command.close_batch.theirs;
  theirs = totals_[command.terminal];
  switch (Pick(16)) {
    case 0:
      ++theirs.captures;
      break;
    case 1:
      theirs.refunded += Fen{1};
      break;
    case 2:
      theirs.subsidy -= Fen{1};
      break;
    case 3:
      theirs = Totals{};
      break;
    default:
      break;
  }
  return command;
}

void RandomCommands::Count(const Command& command, const Answer& answer) {
  if (answer.outcome == Outcome::kDeclined) {
    return;
  }
  Totals& totals = totals_[command.terminal];
  switch (command.kind) {
    case CommandKind::kAuthorize:
      if (!command.authorize.capture_at_once) {
        return;
      }
      [[fallthrough]];
    case CommandKind::kCapture:
      ++totals.captures;
      totals.captured += answer.list_price;
      totals.subsidy += answer.subsidy;
      break;
    case CommandKind::kRefund:
      ++totals.refunds;
      totals.refunded += answer.list_price;
      totals.subsidy -= answer.subsidy;
      break;
    case CommandKind::kReverse: {
      const auto is_original = [&answer](const Told& told) {
        return told.id == answer.original_id;
      };
      const auto original = std::find_if(told_.begin(), told_.end(), is_original);
      // Roughly: a terminal may be wrong.
      if (original != told_.end() && original->command.command.authorize.capture_at_once &&
          answer.list_price > Fen{}) {
        ++totals.reversals;
        totals.reversed += answer.list_price;
        totals.subsidy -= answer.subsidy;
      }
      break;
    }
    case CommandKind::kCloseBatch:
      totals = Totals{};
      break;
    default:
      break;
  }
}

}  // namespace gonghui
