// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/random_commands.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr int64_t kHourNs = 3600 * kNsPerSecond;

}  // namespace

RandomCommands::RandomCommands(uint64_t seed)
    : prng_(seed),
      import_prng_(~seed),
      code_prng_(seed ^ 0xc0de),
      event_prng_(seed ^ 0xe7e47),
      rush_prng_(seed ^ 0x4a57),
      has_codes_(code_prng_.Chance(1, 3)),
      has_events_(event_prng_.Chance(2, 3)),
      has_vouchers_(has_events_ && event_prng_.Chance(3, 5)),
      has_slots_(has_events_ && event_prng_.Chance(3, 5)),
      has_claims_(has_events_ && event_prng_.Chance(3, 5)),
      easy_(prng_.Chance(1, 2)),
      combines_(prng_.Chance(1, 2)) {
  // Near what calendars turn on: midnight, ends of months and years, changes of
  // the wall clock.
  constexpr const char* kStarts[] = {"2026-05-03T08:00:00+08:00",
                                     "2026-02-27T23:00:00+08:00",
                                     "2026-12-30T12:00:00Z",
                                     "2026-03-07T12:00:00-05:00",
                                     "2026-10-24T12:00:00+02:00"};
  now_ = *ParseTimestamp(kStarts[Pick(std::size(kStarts))]);
  edges_ = {Fen{0}, Fen{1}, Fen{2}, Fen{kTransactionFenMax}, Fen{kTransactionFenMax - 1}};
}

Fen RandomCommands::EdgyAmount() {
  if (prng_.Chance(1, 2)) {
    const Fen edge = Any(edges_);
    const int64_t amount = edge.value() + prng_.Between(-1, 1);
    return Fen{std::clamp<int64_t>(amount, 0, kTransactionFenMax)};
  }
  return Fen{prng_.Between(0, prng_.Chance(1, 4) ? 50'000 : 500)};
}

// What may be captured, reversed or refunded of a price: all of it and what lies
// beside, a half, more than there is.
Fen RandomCommands::PartOf(Fen list_price) {
  // Where answers overtake each other, what a terminal takes to be left may be less than nothing.
  const int64_t all = std::max<int64_t>(list_price.value(), 0);
  switch (Pick(12)) {
    case 0:
      return Fen{std::clamp<int64_t>(all + prng_.Between(-1, 1), 0, kTransactionFenMax)};
    case 1:
      return Fen{all / 2};
    case 2:
    case 3:
      return Fen{std::min(all + all / 10 * prng_.Between(0, 6), kTransactionFenMax)};
    case 4:
      return EdgyAmount();
    case 5:
    case 6:
    case 7:
      return Fen{prng_.Between(1, 3)};
    default:
      return Fen{prng_.Between(0, all)};
  }
}

TimestampNs RandomCommands::EdgyTime() {
  return TimestampNs{now_.value() + prng_.Between(-40, 40) * kHourNs + prng_.Between(-1, 1)};
}

RequestId RandomCommands::FreshRequestId() {
  return RequestId{0x1'0000'0000 + last_request_ / 3, ++last_request_};
}

void RandomCommands::PassTime(TimestampNs next_expiry, TimestampNs next_activation) {
  int64_t to = now_.value();
  switch (Pick(16)) {
    case 0:
      to += prng_.Between(1, 1000);
      break;
    case 1:
    case 2:
      to += prng_.Between(1, 600) * kNsPerSecond;
      break;
    case 3:
      to += prng_.Between(1, prng_.Chance(1, 6) ? 40 : 3) * kHourNs;
      break;
    case 4:  // an hour's edge, where days begin
      to += kHourNs - to % kHourNs + prng_.Between(-1, 1);
      break;
    case 5:  // around the next expiry, or to the edge of a day
      if (next_expiry != kTimestampMax && next_expiry.value() - to < 20 * kHourNs) {
        to = next_expiry.value() + prng_.Between(-1, 1);
      } else if (prng_.Chance(1, 3)) {
        to += 24 * kHourNs - to % (24 * kHourNs) + prng_.Between(-1, 1);
      }
      break;
    case 6:
      if (next_activation != kTimestampMax && next_activation.value() - to < 60 * kHourNs) {
        to = next_activation.value() + prng_.Between(-1, 1);
      }
      break;
    default:  // the same instant
      break;
  }
  now_ = TimestampNs{std::max(to, now_.value())};
}

Command RandomCommands::Header(CommandKind kind) {
  Command command;
  command.kind = kind;
  command.terminal = prng_.Chance(1, 60) ? CodeOf<TerminalId>("T-unknown") : Any(terminals_).id;
  command.request_id = FreshRequestId();
  if (prng_.Chance(1, 80)) {
    command.deadline = TimestampNs{now_.value() + prng_.Between(-1, 1)};
  }
  return command;
}

Command RandomCommands::AuthorizeCommand(CommandKind kind) {
  Command command = Header(kind);
  command.authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command.authorize;
  request.card = prng_.Chance(1, 60) ? CardNumber{123'456'789} : Any(cards_);
  request.list_price = EdgyAmount();
  if (!thresholds_.empty() && prng_.Chance(1, 3)) {
    request.list_price = std::max(Fen{}, Any(thresholds_) + Fen{prng_.Between(-3, 2)});
  }
  if (Hinders(5)) {
    request.programme = prng_.Chance(1, 8) ? CodeOf<ProgrammeCode>("p-unknown") : Any(programmes_);
  }
  if (Hinders(12)) {
    request.merchant = Any(merchants_);
  }
  if (prng_.Chance(1, 50)) {
    request.list_price = Fen{kTransactionFenMax - prng_.Between(0, kTransactionFenMax / 4)};
  }
  request.stan = static_cast<uint32_t>(prng_.Below(1'000'000));
  if (prng_.Chance(1, 6)) {
    request.hold_s = static_cast<uint32_t>(prng_.Between(1, 7200));
  }
  request.capture_at_once = prng_.Chance(1, 3);
  request.allow_partial = prng_.Chance(1, 4);
  if (prng_.Chance(1, 6)) {
    request.if_no_benefit = IfNoBenefit::kFullPrice;
  }
  request.entry_mode = static_cast<PosEntryMode>(Pick(6));
  if (prng_.Chance(1, 3)) {
    AddLines(&request);
  }
  if (has_codes_ && code_prng_.Chance(1, 12)) {
    ShowCode(&request);
  } else {
    AddOccasion(&request);
  }
  return command;
}

// A new one, mostly fresh; or one of the last once more, for this purpose or another.
void RandomCommands::ShowCode(AuthorizeRequest* request) {
  request->entry_mode = PosEntryMode::kQrCode;
  request->code_purpose = static_cast<CodePurpose>(1 + code_prng_.Below(3));
  if (!shown_.empty() && code_prng_.Chance(1, 4)) {
    const size_t back = code_prng_.Below(std::min<size_t>(4, shown_.size()));
    const ShownCode& again = shown_[shown_.size() - 1 - back];
    request->card = again.card;
    request->code_issued_at = again.issued_at;
    request->code_valid_s = again.valid_s;
    return;
  }
  constexpr uint32_t kValid[] = {1, 30, 60, kCodeValidSMax, kCodeValidSMax, kCodeValidSMax};
  request->code_valid_s = kValid[code_prng_.Below(std::size(kValid))];
  int64_t age_ns = 0;
  switch (code_prng_.Below(12)) {
    case 0:  // when its time is over
      age_ns = int64_t{request->code_valid_s} * kNsPerSecond + code_prng_.Between(-1, 1);
      break;
    case 1:  // as far ahead as it may be
      age_ns = -kCodeAheadMaxS * kNsPerSecond + code_prng_.Between(-1, 1);
      break;
    case 2:
      age_ns = -code_prng_.Between(0, 20) * kNsPerSecond;
      break;
    default:
      age_ns = code_prng_.Between(0, std::min(request->code_valid_s, 20u) - 1) * kNsPerSecond;
      break;
  }
  request->code_issued_at = TimestampNs{now_.value() - age_ns};
  shown_.push_back({request->card, request->code_issued_at, request->code_valid_s});
}

// The same card again and again, mostly for the same purpose: what is remembered of its
// codes is used up.
OwnedCommand RandomCommands::CodeCommand() {
  --codes_to_come_;
  now_ = TimestampNs{now_.value() + code_prng_.Between(0, 3) * kNsPerSecond};
  Command command;
  command.kind = code_prng_.Chance(1, 10) ? CommandKind::kQuote : CommandKind::kAuthorize;
  command.terminal = terminals_[code_prng_.Below(terminals_.size())].id;
  command.request_id = FreshRequestId();
  command.authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command.authorize;
  request.card = code_card_;
  request.list_price = Fen{code_prng_.Between(0, 9)};
  request.capture_at_once = code_prng_.Chance(1, 2);
  request.if_no_benefit = IfNoBenefit::kFullPrice;
  ShowCode(&request);
  if (code_prng_.Chance(1, 12)) {
    request.card = CardNumber{123'456'789};
  }
  if (code_prng_.Chance(3, 4)) {
    request.code_purpose = code_purpose_;
  }
  return code_prng_.Chance(1, 4) ? OwnExplained(command) : Own(command);
}

// Makes the command about something earlier: mostly recent, mostly as its own
// terminal would say it.  Returns what is known of it.
RandomCommands::Told RandomCommands::Refer(const std::vector<Told>& preferred,
                                           TransactionId* id,
                                           RequestId* request_id,
                                           Command* command) {
  if (told_.empty() || prng_.Chance(1, 25)) {
    if (prng_.Chance(1, 2)) {
      *id = MakeTransactionId(7, CommandSeq{prng_.Below(100'000) + 1});
    } else {
      *request_id = FreshRequestId();
    }
    return Told{{}, {}, EdgyAmount(), {}};
  }
  const std::vector<Told>& from = !preferred.empty() && prng_.Chance(3, 4)   ? preferred
                                  : !approved_.empty() && prng_.Chance(2, 3) ? approved_
                                                                             : told_;
  constexpr size_t kBack[] = {4, 4, 4, 8, 8, 20, 60};
  const size_t back =
      std::min(prng_.Chance(15, 16) ? kBack[Pick(std::size(kBack))] : from.size(), from.size());
  const Told& told = from.at(from.size() - 1 - Pick(back));
  if (!prng_.Chance(1, 12)) {
    command->terminal = told.command.command.terminal;
  }
  if (prng_.Chance(1, 2)) {
    *id = told.id;
  } else {
    *request_id = told.command.command.request_id;
  }
  return told;
}

Command RandomCommands::IncrementCommand() {
  Command command = Header(CommandKind::kIncrement);
  command.increment = IncrementRequest{};
  IncrementRequest& request = command.increment;
  const Told told = Refer(open_, &request.original, &request.original_request_id, &command);
  request.amount = std::max(Fen{1}, prng_.Chance(1, 2) ? PartOf(told.list_price) : EdgyAmount());
  if (!thresholds_.empty() && prng_.Chance(1, 2)) {  // up to it, once more
    const int64_t threshold = std::max<int64_t>(1, Any(thresholds_).value());
    request.amount =
        Fen{std::min(threshold - told.list_price.value() % threshold, kTransactionFenMax)};
  }
  if (prng_.Chance(1, 3)) {
    request.hold_s =
        static_cast<uint32_t>(prng_.Between(1, prng_.Chance(1, 2) ? 90'000 : 1'500'000));
  }
  return command;
}

Command RandomCommands::CaptureCommand() {
  Command command = Header(CommandKind::kCapture);
  command.capture = CaptureRequest{};
  CaptureRequest& request = command.capture;
  const Told told = Refer(open_, &request.original, &request.original_request_id, &command);
  request.has_amount = prng_.Chance(2, 3);
  if (request.has_amount) {
    request.amount = PartOf(told.list_price - told.captured);
  }
  request.final_capture = prng_.Chance(1, 2);
  if (told.list_price > Fen{kTransactionFenMax / 4 * 3} && prng_.Chance(1, 2)) {
    // Something first, then up to the most of all or a fen beyond.
    request.has_amount = true;
    request.final_capture = false;
    request.amount = told.captured == Fen{}
                         ? Fen{prng_.Between(1, 3)}
                         : Fen{kTransactionFenMax} - told.captured + Fen{prng_.Between(0, 1)};
  }
  if (!refunded_.empty() && prng_.Chance(1, 12)) {  // what is left is not wanted any more
    command.terminal = refunded_.back().command.command.terminal;
    request = CaptureRequest{};
    request.original = refunded_.back().id;
    request.has_amount = true;
  }
  return command;
}

Command RandomCommands::ReverseCommand() {
  Command command = Header(CommandKind::kReverse);
  command.reverse = ReverseRequest{};
  ReverseRequest& request = command.reverse;
  const Told told = Refer(prng_.Chance(1, 3) ? open_ : approved_,
                          &request.original,
                          &request.original_request_id,
                          &command);
  request.has_amount = prng_.Chance(1, 2);
  if (request.has_amount) {
    const Fen rest = told.list_price - told.captured;
    request.amount = prng_.Chance(1, 3)                            ? Fen{prng_.Between(1, 2)}
                     : told.captured > Fen{} && prng_.Chance(1, 2) ? rest
                                                                   : PartOf(rest);
  }
  if (!thresholds_.empty() && prng_.Chance(1, 3)) {  // to a fen below it, or a multiple of it
    const Fen threshold = Any(thresholds_);
    const int64_t times =
        threshold > Fen{} && prng_.Chance(1, 2) ? told.list_price.value() / threshold.value() : 1;
    const Fen below = Fen{std::max<int64_t>(1, times) * threshold.value() - 1};
    if (told.list_price > below) {
      request.has_amount = true;
      request.amount = told.list_price - below;
    }
  }
  request.reason = static_cast<ReversalReason>(1 + Pick(4));
  if (prng_.Chance(1, 8)) {  // of what has not come yet
    request.original = TransactionId{};
    request.original_request_id = FreshRequestId();
    not_come_.push_back({command.terminal, request.original_request_id});
  } else if (prng_.Chance(1, 60)) {  // of itself
    request.original = TransactionId{};
    request.original_request_id = command.request_id;
  }
  return command;
}

Command RandomCommands::RefundCommand() {
  Command command = Header(CommandKind::kRefund);
  command.refund = RefundRequest{};
  RefundRequest& request = command.refund;
  const Told told = Refer(prng_.Chance(1, 6) ? open_ : captured_,
                          &request.original,
                          &request.original_request_id,
                          &command);
  request.has_amount = prng_.Chance(2, 3);
  if (request.has_amount) {
    request.amount = PartOf(told.captured > Fen{} ? told.captured : told.list_price);
  }
  const bool has_lines = told.command.command.kind == CommandKind::kAuthorize &&
                         told.command.command.authorize.line_count > 0;
  if (prng_.Chance(has_lines ? 3 : 1, has_lines ? 4 : 25)) {
    AddReturnedLines(told, &request);
  } else if (!lined_.empty() && prng_.Chance(1, 2)) {  // one of the last, in several steps
    const Told& sale = lined_[lined_.size() - 1 - Pick(std::min<size_t>(3, lined_.size()))];
    command.terminal = sale.command.command.terminal;
    request = RefundRequest{};
    request.original = sale.id;
    AddReturnedLines(sale, &request);
  }
  if (!refunded_.empty() && prng_.Chance(1, 12)) {
    const Told& held = Any(refunded_);
    command.terminal = held.command.command.terminal;
    request = RefundRequest{};
    request.original = held.id;
  }
  return command;
}

Command RandomCommands::InquiryCommand() {
  Command command = Header(CommandKind::kGetTransaction);
  command.inquiry = InquiryRequest{};
  Refer(approved_, &command.inquiry.transaction, &command.inquiry.request_id, &command);
  return command;
}

// A terminal asks by card, an operator by card or member.
Command RandomCommands::EntitlementsCommand() {
  Command command = Header(CommandKind::kGetEntitlements);
  command.entitlements = EntitlementsRequest{};
  EntitlementsRequest& request = command.entitlements;
  const bool by_operator = prng_.Chance(1, 3);
  if (by_operator) {
    command.terminal = TerminalId{};
  }
  if (by_operator && prng_.Chance(2, 3)) {
    request.member = prng_.Chance(1, 20) ? CodeOf<MemberId>("M-unknown") : Any(members_);
  } else {
    request.card = prng_.Chance(1, 30) ? CardNumber{123'456'789} : Any(cards_);
  }
  request.here = !by_operator && prng_.Chance(1, 2);
  return command;
}

OwnedCommand RandomCommands::TerminalCommand() {
  const size_t dice = Pick(130);
  if (dice < 13 && !told_.empty()) {
    return RepeatedCommand();
  }
  if (dice < 16 && !not_come_.empty()) {
    return MaybeExplained(LateCommand());
  }
  if (dice < 46) {
    return MaybeExplained(AuthorizeCommand(CommandKind::kAuthorize));
  }
  if (dice < 55) {
    return Own(IncrementCommand());
  }
  if (dice < 72) {
    return Own(CaptureCommand());
  }
  if (dice < 82) {
    return Own(ReverseCommand());
  }
  if (dice < 96) {
    return Own(RefundCommand());
  }
  if (dice < 100) {
    return MaybeExplained(AuthorizeCommand(CommandKind::kQuote));
  }
  if (dice < 113) {
    return Own(AdvisedSale());
  }
  if (dice < 118) {
    return Own(AdvisedCapture());
  }
  if (dice < 121 && !advised_.empty()) {
    return Own(SameUnderAnotherId());
  }
  if (dice < 124) {
    return Own(CloseBatchCommand());
  }
  return Own(dice < 127 ? InquiryCommand() : EntitlementsCommand());
}

OwnedCommand RandomCommands::MaybeExplained(const Command& command) {
  const bool can_be =
      (command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote) &&
      command.advice == nullptr;  // of what is done nobody asks why
  return can_be && prng_.Chance(1, 3) ? OwnExplained(command) : Own(command);
}

// As terminals do, under a number of its own: a repeat comes under another one.
void RandomCommands::PutStan(Command* command) {
  switch (command->kind) {
    case CommandKind::kCapture:
      command->capture.stan = ++last_stan_;
      break;
    case CommandKind::kReverse:
      command->reverse.stan = ++last_stan_;
      break;
    case CommandKind::kIncrement:
      command->increment.stan = ++last_stan_;
      break;
    case CommandKind::kRefund:
      command->refund.stan = ++last_stan_;
      break;
    default:
      break;
  }
}

OwnedCommand RandomCommands::Next(TimestampNs next_expiry,
                                  TimestampNs next_activation,
                                  TimestampNs* now) {
  OwnedCommand command = Choose(next_expiry, next_activation, now);
  PutStan(&command.command);
  return command;
}

OwnedCommand RandomCommands::Choose(TimestampNs next_expiry,
                                    TimestampNs next_activation,
                                    TimestampNs* now) {
  if (has_codes_ && code_prng_.Chance(1, 60)) {
    codes_to_come_ = 12;
    code_card_ = cards_[code_prng_.Below(cards_.size())];
    code_purpose_ = static_cast<CodePurpose>(1 + code_prng_.Below(3));
  }
  if (codes_to_come_ > 0) {
    OwnedCommand command = CodeCommand();
    *now = now_;
    return command;
  }
  if (!slots_.empty() && slots_.back().at > now_ && rush_prng_.Chance(1, 30)) {
    rush_to_come_ = 10;
    rush_slot_ = slots_.back();
  }
  if (rush_to_come_ > 0) {
    OwnedCommand command = RushCommand();
    *now = now_;
    return command;
  }
  PassTime(next_expiry, next_activation);
  PassTimeToEvent();
  *now = now_;
  // As the pipeline does, mostly: what is due comes first.
  if ((next_activation <= now_ && prng_.Chance(7, 8)) || prng_.Chance(1, 200)) {
    Command command;
    command.kind = CommandKind::kActivateDue;
    turns_.push_back(std::min(next_activation, now_));
    return Own(command);
  }
  if ((next_expiry <= now_ && prng_.Chance(1, 3)) || prng_.Chance(1, 100)) {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    return Own(command);
  }
  if ((has_vouchers_ || has_claims_) && event_prng_.Chance(1, 6)) {
    OwnedCommand event = EventCommand();
    event.command.validate_only = event_prng_.Chance(1, 15);
    return event;
  }
  if (prng_.Chance(1, easy_ ? 60 : 25)) {
    OwnedCommand admin = AdminCommand();
    turns_.push_back(now_);
    admin.command.validate_only = prng_.Chance(1, 10);
    return admin;
  }
  return TerminalCommand();
}

void RandomCommands::Remember(const OwnedCommand& command, const Answer& answer) {
  RememberVouchers(command, answer);
  if (answer.id == TransactionId{} || command.command.kind == CommandKind::kGetTransaction) {
    return;
  }
  told_.push_back({command, answer.id, answer.list_price, {}});
  Count(command.command, answer);
  if (command.command.advice != nullptr) {
    advised_.push_back(told_.back());
  }
  if (answer.outcome == Outcome::kDeclined) {
    return;
  }
  if (answer.kind == TransactionKind::kAuthorization) {
    approved_.push_back(told_.back());
    (answer.state == TransactionState::kPending ? open_ : captured_).push_back(told_.back());
    const OccasionRequest* occasion = command.command.authorize.occasion;
    RememberSlot(command, answer);
    if (occasion != nullptr && occasion->event_at != TimestampNs{}) {
      claims_.push_back(told_.back());
    }
    if (answer.state == TransactionState::kPending && occasion != nullptr) {
      moments_.push_back(answer.expires_at);
    }
    if (answer.state == TransactionState::kCaptured && !answer.lines.empty()) {
      lined_.push_back(told_.back());
    }
    return;
  }
  const auto is_original = [&answer](const Told& told) { return told.id == answer.original_id; };
  const auto is_in = [&is_original](const std::vector<Told>& all) {
    return std::any_of(all.begin(), all.end(), is_original);
  };
  const auto take = [&is_original](std::vector<Told>* from) {
    const auto found = std::find_if(from->begin(), from->end(), is_original);
    std::optional<Told> taken;
    if (found != from->end()) {
      taken = *found;
      from->erase(found);
    }
    return taken;
  };
  // Roughly: it is only about which are referred to more often, and how.
  switch (command.command.kind) {
    case CommandKind::kIncrement:
      if (std::optional<Told> taken = take(&open_)) {
        taken->list_price += answer.list_price;
        open_.push_back(*taken);
      }
      break;
    case CommandKind::kCapture:
      if (std::optional<Told> taken = take(&open_)) {
        taken->captured += answer.list_price;
        if (!command.command.capture.final_capture && taken->captured < taken->list_price) {
          open_.push_back(*taken);
        }
        take(&captured_);
        captured_.push_back(*taken);
      }
      break;
    case CommandKind::kReverse:
      if (!command.command.reverse.has_amount) {
        take(&open_);
        take(&captured_);
      } else if (std::optional<Told> taken = take(&open_)) {
        taken->list_price -= answer.list_price;
        open_.push_back(*taken);
      }
      break;
    case CommandKind::kRefund:
      if (command.command.refund.has_amount) {
        break;
      }
      if (is_in(open_)) {
        refunded_.push_back(*std::find_if(open_.begin(), open_.end(), is_original));
      } else {
        take(&captured_);
        take(&refunded_);
      }
      break;
    default:
      break;
  }
}

}  // namespace gonghui
