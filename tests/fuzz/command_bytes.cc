// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/fuzz/command_bytes.h"

#include <algorithm>
#include <iterator>

#include "tests/model/compare_ledgers.h"
#include "tests/model/ledger_pair.h"
#include "tests/model/random_commands.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr int64_t kHourNs = 3600 * kNsPerSecond;
// Far beyond every hold and window, and still within what limits.h allows.
constexpr TimestampNs kLatest{kTimestampNsMax - 400 * 24 * kHourNs};

// Of few rows, so that a short input sees them full.
LedgerLimits FuzzLimits() {
  LedgerLimits limits = LedgerPair::SmallLimits();
  limits.members_max = limits.cards_max = 64;
  limits.counters_max = 96;
  limits.transactions_max = 128;
  limits.lines_max = 160;
  limits.advices_max = 32;
  limits.batches_max = 8;
  limits.status_changes_max = 24;
  limits.vouchers_max = 24;
  limits.occasions_max = 48;
  limits.approvals_max = 12;
  limits.draws_max = 4;
  limits.contributions_max = 8;
  return limits;
}

std::string Archive(LedgerPair* pair, uint8_t how, TimestampNs now) {
  const uint32_t rows = 1u + how / 8u;
  switch (how % 4) {
    case 0:
    case 1:
      return pair->TakeAllAway(now);
    case 2:
      pair->CopySome(rows);
      return "";
    default:
      return pair->LeaveSome(now, rows == 32 ? UINT32_MAX : rows);
  }
}

}  // namespace

uint8_t CommandBytes::Byte() {
  if (bytes_.empty()) {
    return 0;
  }
  const uint8_t byte = bytes_.front();
  bytes_ = bytes_.subspan(1);
  return byte;
}

uint64_t CommandBytes::Word(size_t bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes; ++i) {
    word = word << 8 | Byte();
  }
  return word;
}

void CommandBytes::Learn(const Command& command) {
  const auto edge = [this](Fen amount) {
    if (amount > Fen{} && amount <= Fen{kTransactionFenMax}) {
      edges_.push_back(amount);
    }
  };
  switch (command.kind) {
    case CommandKind::kDefineSegment:
      segments_.push_back(command.segment->code);
      break;
    case CommandKind::kSetUnionNode:
      unions_.push_back(command.union_node->id);
      break;
    case CommandKind::kSetMember:
      members_.push_back(*command.member);
      break;
    case CommandKind::kSetCard:
      cards_.push_back(command.card->number);
      first_cards_.push_back(*command.card);
      break;
    case CommandKind::kSetMerchant:
      merchants_.push_back(*command.merchant);
      break;
    case CommandKind::kSetTerminal:
      terminals_.push_back(*command.terminal_setting);
      break;
    case CommandKind::kSetFund:
      funds_.push_back(*command.fund);
      edge(command.fund->budget);
      break;
    case CommandKind::kApplyProgramme:
      programmes_.push_back(command.programme->programme.code);
      for (const BenefitSpec& benefit : command.programme->benefits) {
        edge(benefit.price.amount);
        edge(benefit.price.threshold);
        edge(benefit.price.discount_max);
      }
      for (const LimitSpec& limit : command.programme->limits) {
        edge(Fen{limit.max});
      }
      break;
    default:
      break;
  }
}

std::vector<OwnedCommand> CommandBytes::Setup() {
  const std::vector<OwnedCommand> commands = RandomCommands(Byte()).Setup();
  edges_ = {Fen{1}};
  for (const OwnedCommand& owned : commands) {
    Learn(owned.command);
  }
  // A day of each: an ordinary one, ends of a month and a year, changes of the clock.
  constexpr const char* kStarts[] = {"2026-05-03T08:00:00+08:00",
                                     "2026-02-27T23:00:00+08:00",
                                     "2026-12-30T12:00:00Z",
                                     "2026-03-07T12:00:00-05:00",
                                     "2026-10-24T12:00:00+02:00"};
  const uint8_t start = Byte();
  now_ = *ParseTimestamp(kStarts[start % std::size(kStarts)]);
  ends_with_crash_ = start >= 128;
  return commands;
}

Fen CommandBytes::Amount() {
  const uint8_t form = Byte();
  int64_t amount = 0;
  switch (form % 16) {
    case 0:
      break;
    case 1:
      amount = 1;
      break;
    case 2:
    case 3:
    case 4:
      amount = last_price_.value() + form % 16 - 3;
      break;
    case 5:
      amount = last_price_.value() / 2;
      break;
    case 6:
      amount = kTransactionFenMax - form / 16;
      break;
    case 7:
      amount = 2 + form / 16;
      break;
    case 8:
    case 9:
      amount = static_cast<int64_t>(Word(1));
      break;
    case 10:
    case 11:
      amount = static_cast<int64_t>(Word(2));
      break;
    case 12:
      amount = static_cast<int64_t>(Word(5));
      break;
    default:
      amount = Any(edges_).value() + form % 16 - 14;
      break;
  }
  return Fen{std::clamp<int64_t>(amount, 0, kTransactionFenMax)};
}

void CommandBytes::PassTime(TimestampNs next_expiry) {
  const uint8_t form = Byte();
  int64_t to = now_.value();
  switch (form % 16) {
    case 0:
      to += 1;
      break;
    case 1:
      to += (1 + form / 16) * 97 * kNsPerSecond;
      break;
    case 2:
      to += Byte() * kHourNs;
      break;
    case 3:  // an hour's edge, where days begin
      to += kHourNs * (1 + form / 16) - to % kHourNs + Byte() % 3 - 1;
      break;
    case 4:
    case 5:  // around what runs out next
      if (next_expiry != kTimestampMax) {
        to = next_expiry.value() + form / 16 % 3 - 1;
      }
      break;
    case 6:
      to += int64_t{Byte()} * (form / 16) * 24 * kHourNs;
      break;
    default:  // the same instant
      break;
  }
  now_ = TimestampNs{std::clamp(to, now_.value(), std::max(now_.value(), kLatest.value()))};
}

TimestampNs CommandBytes::NearbyTime() {
  const uint8_t form = Byte();
  return form % 4 == 0   ? TimestampNs{kTimestampNsMin}
         : form % 4 == 1 ? kTimestampMax
                         : TimestampNs{now_.value() + (form / 4 - 32) * 5 * kHourNs + form % 2};
}

Command CommandBytes::Header(CommandKind kind) {
  Command command;
  command.kind = kind;
  const uint8_t who = Byte();
  command.terminal = who % 16 < terminals_.size() ? terminals_[who % 16].id
                     : who % 16 == 15             ? CodeOf<TerminalId>("T-unknown")
                                                  : terminals_.front().id;
  // Mostly an id of its own; else one that was used.
  const uint8_t id = who / 16;
  command.request_id = RequestId{1, ++last_request_};
  if (id == 15 && !told_.empty()) {
    const Told& told = Any(told_);
    command.terminal = told.command.command.terminal;
    command.request_id = told.command.command.request_id;
  } else if (id == 14) {
    command.deadline = TimestampNs{now_.value() + Byte() % 3 - 1};
  } else if (id == 13) {
    command.request_id = RequestId{1, 1000u + Byte() % 4};
  }
  return command;
}

// Of something earlier, by its id or by its terminal's word for it.
void CommandBytes::Refer(Command* command, TransactionId* id, RequestId* request_id) {
  const uint8_t which = Byte();
  const size_t back = which % 32;
  last_price_ = Fen{};
  last_lines_ = 0;
  if (back >= told_.size()) {
    if (which < 128) {
      *id = MakeTransactionId(7, CommandSeq{1u + back});
    } else {
      *request_id = RequestId{1, 1000u + back % 4};  // it may come later
    }
    return;
  }
  const Told& told = told_[told_.size() - 1 - back];
  const Command& original = told.command.command;
  last_price_ = told.list_price;
  last_lines_ =
      original.kind == CommandKind::kAuthorize ? original.authorize.line_count : uint32_t{0};
  if (which / 32 % 4 != 3) {  // else as another terminal would say it
    command->terminal = original.terminal;
  }
  if (which < 128) {
    *id = told.id;
  } else {
    *request_id = original.request_id;
  }
}

template <class Request>
void CommandBytes::ReadPart(Request* request) {
  // Without one it is all that there is.
  const uint8_t peek = bytes_.empty() ? uint8_t{0} : bytes_.front();
  if (peek >= 0xc0) {
    Byte();
    return;
  }
  request->has_amount = true;
  request->amount = Amount();
}

OwnedCommand CommandBytes::AuthorizeCommand(CommandKind kind) {
  Command command = Header(kind);
  command.authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command.authorize;
  const uint8_t card = Byte();
  request.card = card == 255 ? CardNumber{123'456'789} : cards_[card % cards_.size()];
  request.list_price = Amount();
  const uint8_t how = Byte();
  request.capture_at_once = (how & 1) != 0;
  request.allow_partial = (how & 2) != 0;
  request.if_no_benefit = (how & 12) == 12 ? IfNoBenefit::kFullPrice : IfNoBenefit::kDecline;
  if ((how & 16) != 0) {
    request.hold_s = static_cast<uint32_t>(Word(3) % (kHoldSecondsMax + 1));
  }
  if ((how & 96) == 96) {
    const uint8_t which = Byte();
    request.programme =
        which == 255 ? CodeOf<ProgrammeCode>("p-unknown") : programmes_[which % programmes_.size()];
  }
  if ((how & 144) == 144) {
    request.merchant = Any(merchants_).id;
  }
  request.entry_mode = static_cast<PosEntryMode>(card / 43 % 6);
  const uint8_t more = Byte();
  if ((more & 60) == 48) {  // of an advice no code is told
    ReadCode(&request);
  }
  std::vector<LineItem> lines;
  if ((more & 3) == 3) {
    lines = ReadLines(request.list_price);
    request.lines = lines.data();
    request.line_count = static_cast<uint32_t>(lines.size());
  }
  if ((more & 12) == 12 && kind == CommandKind::kAuthorize) {
    request.capture_at_once = true;
    return OwnAdvice(command, ReadAdvice(request.list_price));
  }
  OccasionRequest occasion;
  if ((more & 64) != 0 && request.code_issued_at == TimestampNs{}) {
    occasion = ReadOccasion(&request);
    request.occasion = &occasion;
  }
  return (how & 12) == 4 ? OwnExplained(command) : Own(command);
}

// Mostly one of the last few, so that it is shown again.
void CommandBytes::ReadCode(AuthorizeRequest* request) {
  const uint8_t form = Byte();
  constexpr int64_t kAgesS[] = {0, 1, 2, 59, 60, -kCodeAheadMaxS, -kCodeAheadMaxS - 1, 3'000};
  request->entry_mode = PosEntryMode::kQrCode;
  request->code_purpose = static_cast<CodePurpose>(1 + form % 3);
  request->code_issued_at = TimestampNs{now_.value() - kAgesS[form / 3 % 8] * kNsPerSecond};
  request->code_valid_s = form / 24 % 4 == 3 ? kCodeValidSMax : kCodeValidSDefault;
}

// At least one of these; of a voucher alone mostly without a card.
OccasionRequest CommandBytes::ReadOccasion(AuthorizeRequest* request) {
  OccasionRequest occasion;
  const uint8_t what = Byte();
  if (what % 2 == 1) {
    const uint8_t which = Byte();
    occasion.voucher = which == 255 || vouchers_.empty() ? VoucherKey{0xbad, 1u + which}
                                                         : vouchers_[which % vouchers_.size()];
    if (what / 8 % 2 == 1) {
      request->card = CardNumber{};
    }
  }
  if (what / 2 % 2 == 1) {  // half hours from now on, and beside them
    const uint8_t form = Byte();
    const int64_t half_hour = kHourNs / 2;
    occasion.slot_at = TimestampNs{now_.value() - now_.value() % half_hour +
                                   (form / 2 - 2) * half_hour + form % 2 * (form / 16 - 8)};
  }
  if (what / 4 % 2 == 1 || what % 4 == 0) {
    const uint8_t form = Byte();
    occasion.event_at = TimestampNs{now_.value() - (form / 2 - 4) * 2 * kHourNs + form % 2};
    occasion.filed_by = CodeOf<OperatorName>("op" + std::to_string(what / 16 % 4));
  }
  return occasion;
}

// They add up, whatever the bytes say.
std::vector<LineItem> CommandBytes::ReadLines(Fen list_price) {
  std::vector<LineItem> lines;
  const uint8_t form = Byte();
  const uint32_t count = form == 255 ? kLinesPerTransactionMax : 1u + form % 5u;
  int64_t rest = list_price.value();
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t part = Byte();
    LineItem line;
    line.item = CodeOf<ItemCode>(part % 2 == 0 ? "cola" : "6901234567892");
    line.quantity = part == 255 ? kLineQuantityMax : 1u + part % 7u;
    line.price = Fen{i + 1 == count ? rest : rest / 32 * (part / 8 % 32)};
    rest -= line.price.value();
    lines.push_back(line);
  }
  return lines;
}

AdviceRequest CommandBytes::ReadAdvice(Fen list_price) {
  AdviceRequest advice;
  const uint8_t when = Byte();
  const auto before = [this](uint8_t form) {
    const int64_t count = form / 4;
    return TimestampNs{form % 4 == 0   ? now_.value()
                       : form % 4 == 1 ? now_.value() - count * 97 * kNsPerSecond
                       : form % 4 == 2 ? now_.value() - count * kHourNs
                                       : now_.value() - (count - 1) * 24 * kHourNs};
  };
  advice.occurred_at = before(when);
  if (const uint8_t list = Byte(); list % 3 != 0) {
    advice.deny_list_at = before(list);
  }
  const uint8_t how = Byte();
  advice.sequence = 1u + how % 4u;
  advice.queue_empty = (how & 48) == 48;
  advice.business_day = FloorDay(now_.value() / kNsPerSecond) - (how >> 7);
  advice.member_paid = (how & 64) != 0 ? std::min(Amount(), list_price) : Fen{};
  return advice;
}

// By an amount, all there is, or by lines.
OwnedCommand CommandBytes::RefundCommand() {
  Command command = Header(CommandKind::kRefund);
  command.refund = RefundRequest{};
  RefundRequest& request = command.refund;
  Refer(&command, &request.original, &request.original_request_id);
  request.stan = static_cast<uint32_t>(last_request_);
  const uint8_t by = Byte();
  if (by % 2 == 0 || (last_lines_ == 0 && by < 240)) {
    ReadPart(&request);
    return Own(command);
  }
  std::vector<ReturnedLine> lines;
  for (uint32_t i = 0; i < std::max(1u, last_lines_); ++i) {
    if (const uint8_t pieces = Byte(); pieces % 2 == 1) {
      lines.push_back({i + 1 + (pieces == 255 ? 1u : 0u), 1u + pieces / 2 % 4u});
      i = lines.back().number - 1;
    }
  }
  return OwnWithLines(command, lines);
}

OwnedCommand CommandBytes::CloseBatchCommand() {
  Command command = Header(CommandKind::kCloseBatch);
  command.close_batch = CloseBatchRequest{};
  Totals& theirs = command.close_batch.theirs;
  if (const uint8_t how = Byte(); how % 2 == 1) {
    theirs.captures = how / 2 % 4u;
    theirs.captured = Amount();
    theirs.subsidy = Amount();
  }
  return Own(command);
}

// The very same once more, or under another id, or with something changed.
OwnedCommand CommandBytes::RepeatedCommand(bool otherwise) {
  Command again = Any(told_).command.command;
  again.deadline = kTimestampMax;
  AdviceRequest advice;
  OccasionRequest occasion;
  std::vector<LineItem> lines;
  if (!otherwise) {
    return Own(again);
  }
  if (again.advice != nullptr) {
    const uint8_t how = Byte();
    advice = *again.advice;
    again.advice = &advice;
    if (how % 2 == 0) {
      again.request_id = RequestId{1, ++last_request_};
    }
    advice.sequence += how / 2 % 8 == 1 ? 1u : 0u;
    advice.business_day -= how / 2 % 8 == 2 ? 1 : 0;
    advice.queue_empty = how / 2 % 8 == 3;
    advice.member_paid = how / 2 % 8 == 4 ? Fen{} : advice.member_paid;
  } else if (again.kind == CommandKind::kAuthorize && again.authorize.occasion != nullptr) {
    occasion = ReadOccasion(&again.authorize);
    again.authorize.occasion = &occasion;
  } else if (again.kind == CommandKind::kAuthorize) {
    lines = ReadLines(again.authorize.list_price);
    again.authorize.lines = lines.data();
    again.authorize.line_count = static_cast<uint32_t>(lines.size());
  } else if (again.kind == CommandKind::kCloseBatch) {
    again.close_batch.theirs.refunds += 1;
  }
  return Own(again);
}

OwnedCommand CommandBytes::TerminalCommand(uint8_t what) {
  switch (what) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
      return AuthorizeCommand(CommandKind::kAuthorize);
    case 7:
      return AuthorizeCommand(CommandKind::kQuote);
    case 8:
    case 9:
    case 10: {
      Command command = Header(CommandKind::kIncrement);
      command.increment = IncrementRequest{};
      IncrementRequest& request = command.increment;
      Refer(&command, &request.original, &request.original_request_id);
      request.stan = static_cast<uint32_t>(last_request_);
      request.amount = std::max(Fen{1}, Amount());
      if (const uint8_t hold = Byte(); hold >= 0xe0) {
        request.hold_s = static_cast<uint32_t>(Word(3) % (kHoldSecondsMax + 1));
      }
      return Own(command);
    }
    case 11:
    case 12:
    case 13:
    case 14:
    case 15: {
      Command command = Header(CommandKind::kCapture);
      command.capture = CaptureRequest{};
      CaptureRequest& request = command.capture;
      Refer(&command, &request.original, &request.original_request_id);
      request.stan = static_cast<uint32_t>(last_request_);
      ReadPart(&request);
      request.final_capture = what % 2 == 0;
      return what == 15 ? OwnAdvice(command, ReadAdvice(Fen{})) : Own(command);
    }
    case 16:
    case 17:
    case 18: {
      Command command = Header(CommandKind::kReverse);
      command.reverse = ReverseRequest{};
      ReverseRequest& request = command.reverse;
      Refer(&command, &request.original, &request.original_request_id);
      request.stan = static_cast<uint32_t>(last_request_);
      ReadPart(&request);
      request.reason = static_cast<ReversalReason>(1 + Byte() % 4);
      return Own(command);
    }
    case 19:
    case 20:
    case 21:
      return RefundCommand();
    case 22:
      return CloseBatchCommand();
    case 23: {
      Command command = Header(CommandKind::kGetEntitlements);
      command.entitlements = EntitlementsRequest{};
      const uint8_t how = Byte();
      if (how % 4 == 3) {  // an operator asks
        command.terminal = TerminalId{};
        command.entitlements.member = members_[how / 4 % members_.size()].id;
      } else {
        command.entitlements.card = cards_[how / 4 % cards_.size()];
        command.entitlements.here = how % 4 != 0;
      }
      return Own(command);
    }
    default: {
      Command command = Header(CommandKind::kGetTransaction);
      command.inquiry = InquiryRequest{};
      Refer(&command, &command.inquiry.transaction, &command.inquiry.request_id);
      return Own(command);
    }
  }
}

bool CommandBytes::Next(TimestampNs next_expiry, OwnedCommand* command, TimestampNs* now) {
  if (bytes_.empty()) {
    return false;
  }
  uint8_t what = Byte();
  for (archiving_.clear(); what % 32 == 30; what = Byte()) {
    archiving_.push_back(Byte());
  }
  PassTime(next_expiry);
  *now = now_;
  last_price_ = told_.empty() ? Fen{} : told_.back().list_price;
  switch (what % 32) {
    case 25: {
      Command due;
      due.kind = what < 128 ? CommandKind::kExpireHolds : CommandKind::kActivateDue;
      *command = Own(due);
      return true;
    }
    case 26:
    case 27:
      if (!told_.empty()) {
        *command = RepeatedCommand(what % 32 == 27);
        return true;
      }
      *command = TerminalCommand(0);
      return true;
    case 28:
    case 29:
      *command = AdminCommand();
      command->command.validate_only = what >= 0xe0;
      return true;
    default:
      *command = TerminalCommand(what % 32 == 31 ? what / 32 : what % 32);
      return true;
  }
}

void CommandBytes::Remember(const OwnedCommand& command, const Answer& answer) {
  if (answer.id != TransactionId{} && !answer.replay &&
      command.command.kind != CommandKind::kGetTransaction) {
    told_.push_back({command, answer.id, answer.list_price});
  }
}

CommandBytesOutcome RunCommandBytes(std::span<const uint8_t> bytes, std::ostream* trace) {
  CommandBytesOutcome outcome;
  CommandBytes source(bytes);
  LedgerPair pair(FuzzLimits());
  for (const OwnedCommand& command : source.Setup()) {
    outcome.problem = pair.Apply(command, TimestampNs{kTimestampNsMin});
    if (!outcome.problem.empty()) {
      outcome.problem = "in the setup: " + outcome.problem;
      return outcome;
    }
  }
  OwnedCommand command;
  TimestampNs now;
  for (int number = 1; source.Next(pair.ledger().next_expiry(), &command, &now); ++number) {
    if (trace != nullptr) {
      *trace << number << " " << TextOf(now) << " " << CommandText(command.command) << std::flush;
    }
    for (const uint8_t how : source.archiving()) {
      if (outcome.problem.empty()) {
        outcome.problem = Archive(&pair, how, now);
      }
    }
    const int returned = pair.archiver().counts().returned;
    if (outcome.problem.empty()) {
      outcome.problem = pair.Apply(command, now);
    }
    if (trace != nullptr) {
      *trace << " -> " << TextOf(pair.answer()) << std::endl;
    }
    if (outcome.problem.empty()) {
      outcome.problem = BrokenInvariant(pair.ledger());
    }
    if (!outcome.problem.empty()) {
      outcome.problem = "command " + std::to_string(number) + ": " + outcome.problem;
      return outcome;
    }
    const Answer& answer = pair.answer();
    if (trace != nullptr) {
      outcome.paths.insert(std::string(NameOf(answer.verdict)) + " " +
                           NameOf(command.command.kind) + " " + NameOf(answer.reason) + " " +
                           NameOf(answer.state) + (answer.replay ? " replay" : "") +
                           (pair.archiver().counts().returned > returned ? " returned" : ""));
    }
    source.Remember(command, answer);
  }
  outcome.problem = pair.CheckEverything();
  if (outcome.problem.empty() && source.ends_with_crash()) {
    outcome.problem = pair.Crash();
  }
  if (!outcome.problem.empty()) {
    outcome.problem = "at the end: " + outcome.problem;
  }
  if (trace != nullptr) {
    for (const auto& [path, times] : pair.model().paths()) {
      outcome.paths.insert(NameOf(path));
    }
  }
  return outcome;
}

}  // namespace gonghui
