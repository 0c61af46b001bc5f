// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Random commands that come once more, or late.

#include <algorithm>
#include <iterator>

#include "tests/model/random_commands.h"
#include "tests/testing/names.h"

namespace gonghui {

// About an id that was reversed before it came: mostly it comes now.
Command RandomCommands::LateCommand() {
  const auto [terminal, id] = Any(not_come_);  // a copy: a reversal adds to the list
  Command command;
  switch (Pick(12)) {
    case 0:
      command = InquiryCommand();
      command.inquiry = InquiryRequest{};
      command.inquiry.request_id = id;
      break;
    case 1:
      command = CaptureCommand();
      command.capture.original = TransactionId{};
      command.capture.original_request_id = id;
      break;
    case 2:
      command = CaptureCommand();
      command.request_id = id;
      break;
    case 3:
      command = ReverseCommand();
      command.reverse.original = TransactionId{};
      command.reverse.original_request_id = id;
      break;
    case 4:
      command = IncrementCommand();
      command.increment.original = TransactionId{};
      command.increment.original_request_id = id;
      break;
    case 5:
      command = RefundCommand();
      command.request_id = id;
      break;
    case 6:
      command = CloseBatchCommand();
      command.request_id = id;
      break;
    case 7:
    case 8:
      command = AdvisedSale();
      command.request_id = id;
      break;
    default:
      command = AuthorizeCommand(CommandKind::kAuthorize);
      command.request_id = id;
      // A code of a card and a voucher or a slot do not go together.
      if (has_codes_ && code_prng_.Chance(1, 3) && command.authorize.occasion == nullptr) {
        ShowCode(&command.authorize);
      }
      break;
  }
  command.terminal = terminal;
  return command;
}

// The same once more, or the same id with one thing changed.
OwnedCommand RandomCommands::RepeatedCommand() {
  Command command = Any(told_).command.command;
  command.deadline = kTimestampMax;
  if (prng_.Chance(1, 2)) {
    return Own(command);
  }
  if (prng_.Chance(1, 30) && command.advice == nullptr &&
      (command.kind == CommandKind::kCapture ||
       (command.kind == CommandKind::kAuthorize && command.authorize.capture_at_once))) {
    Advise(&command);
    return Own(command);
  }
  if (command.advice != nullptr && prng_.Chance(1, 2)) {
    ChangeAdvice(&command);
    return Own(command);
  }
  const auto refer_again = [&](auto& request) {
    request.original = TransactionId{};
    request.original_request_id = RequestId{};
    Refer(approved_, &request.original, &request.original_request_id, &command);
  };
  const auto change_amount = [&](auto& request) {
    if (prng_.Chance(1, 2)) {
      request.has_amount = !request.has_amount;
    }
    request.amount = request.has_amount ? EdgyAmount() : Fen{};
  };
  switch (command.kind) {
    case CommandKind::kAuthorize: {
      AuthorizeRequest& request = command.authorize;
      if (command.advice == nullptr && request.code_issued_at == TimestampNs{} &&
          event_prng_.Chance(request.occasion == nullptr ? 1 : 4, 8)) {
        ChangeOccasion(&request);
        break;
      }
      switch (Pick(12)) {
        case 0:
          request.card = Any(cards_);
          break;
        case 1:
          request.list_price = EdgyAmount();
          request.line_count = 0;  // which would not add up
          if (command.advice != nullptr) {
            advice_ = *command.advice;
            advice_.member_paid = std::min(advice_.member_paid, request.list_price);
            command.advice = &advice_;
          }
          break;
        case 2:
          request.programme = Any(programmes_);
          break;
        case 3:  // an advice is of a sale
          request.capture_at_once = !request.capture_at_once || command.advice != nullptr;
          break;
        case 4:
          request.if_no_benefit = IfNoBenefit::kFullPrice;
          break;
        case 5:
          request.hold_s += 1;
          break;
        case 6:
          request.entry_mode = static_cast<PosEntryMode>(Pick(6));
          break;
        case 7:  // what is no content
          request.stan += 1;
          if (command.advice == nullptr && request.occasion == nullptr) {
            request.code_issued_at = now_;
            request.code_valid_s = 1;
          }
          break;
        case 8:
          request.allow_partial = !request.allow_partial;
          break;
        case 9:
        case 10:
          ChangeLines(&request);
          break;
        default:
          request.merchant = Any(merchants_);
          break;
      }
      break;
    }
    case CommandKind::kIncrement: {
      IncrementRequest& request = command.increment;
      switch (Pick(3)) {
        case 0:
          request.amount += Fen{1};
          break;
        case 1:
          request.hold_s += 1;
          break;
        default:
          refer_again(request);
          break;
      }
      break;
    }
    case CommandKind::kCapture: {
      CaptureRequest& request = command.capture;
      switch (Pick(4)) {
        case 0:
          request.final_capture = !request.final_capture;
          break;
        case 1:
        case 2:
          change_amount(request);
          break;
        default:
          refer_again(request);
          break;
      }
      break;
    }
    case CommandKind::kReverse: {
      ReverseRequest& request = command.reverse;
      switch (Pick(4)) {
        case 0:
          request.reason = static_cast<ReversalReason>(1 + Pick(4));
          break;
        case 1:
        case 2:
          change_amount(request);
          break;
        default:
          refer_again(request);
          break;
      }
      break;
    }
    case CommandKind::kCloseBatch: {
      Totals& theirs = command.close_batch.theirs;
      theirs.reversed += Fen{prng_.Between(0, 1)};
      theirs.refunds += static_cast<uint32_t>(Pick(2));
      break;
    }
    default: {
      RefundRequest& request = command.refund;
      if (request.line_count > 0 && prng_.Chance(1, 2)) {
        returned_.assign(request.lines, request.lines + request.line_count);
        returned_[Pick(returned_.size())].quantity += 1;
        if (prng_.Chance(1, 2)) {
          returned_.pop_back();
        }
        request.lines = returned_.data();
        request.line_count = static_cast<uint8_t>(returned_.size());
      } else if (prng_.Chance(2, 3)) {
        change_amount(request);
        request.line_count = 0;
      } else {
        refer_again(request);
      }
      break;
    }
  }
  return Own(command);
}

}  // namespace gonghui
