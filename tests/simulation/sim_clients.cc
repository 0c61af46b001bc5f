// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Terminals, operators and the network between.

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "tests/simulation/sim_results.h"
#include "tests/simulation/sim_run.h"
#include "tests/simulation/sim_trace.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Request ids of reversals that the simulation thinks of; RandomCommands counts from below.
constexpr uint64_t kOwnRequests = 0x7000'0000'0000'0000;

bool IsQuestion(CommandKind kind) {
  return kind == CommandKind::kQuote || kind == CommandKind::kGetTransaction ||
         kind == CommandKind::kGetEntitlements;
}

Priority PriorityOf(const Command& command) {
  return IsAdmin(command.kind)       ? Priority::kAdmin
         : command.advice != nullptr ? Priority::kAdvice
                                     : Priority::kLive;
}

// With memory of its own for what is answered: the same may be under way twice.
OwnedCommand CopyOf(const OwnedCommand& command) {
  return IsAdmin(command.command.kind) ? command : Own(command.command);
}

}  // namespace

// ---- Who asks ------------------------------------------------------------------------

void SimRun::ThinkOfSomething() {
  const uint64_t bundle = 1 + prng_.Below(temper_.bundle_max);
  std::vector<size_t> together;
  for (uint64_t i = 0; i < bundle && thought_of_ < plan_.commands; ++i) {
    TimestampNs now;
    const OwnedCommand command =
        random_.Next(engine_->names().next_expiry(), engine_->names().next_activation(), &now);
    const size_t number = thought_of_++;
    clock_.PassTo(now);
    const CommandKind kind = command.command.kind;
    if (kind == CommandKind::kExpireHolds || kind == CommandKind::kActivateDue ||
        plan_.left_out.contains(number)) {
      continue;  // the former the engine does by itself, now that their time has come
    }
    const size_t wish = AddWish(command);
    Trace(
        "thinks of ",
        number,
        ", wish ",
        wish,
        " at ",
        [now] { return TextOf(now); },
        ": ",
        [&command] { return CommandText(command.command); });
    if (IsAdmin(kind)) {
      Send({wish});
    } else {
      together.push_back(wish);
    }
  }
  if (!together.empty()) {
    Send(std::move(together));
  }
}

size_t SimRun::AddWish(const OwnedCommand& command) {
  const size_t wish = wishes_.size();
  Wish& made = wishes_.emplace_back();
  made.command = command;
  made.priority = PriorityOf(command.command);
  waiting_.push_back(wish);
  return wish;
}

void SimRun::GrowImpatient() {
  if (waiting_.empty()) {
    return;
  }
  const size_t at = prng_.Below(waiting_.size());
  const size_t wish = waiting_[at];
  const Command& command = wishes_[wish].command.command;
  if (Strikes(SimFault::kRetry)) {
    Count(SimFault::kRetry);
    Trace("asks again: wish ", wish);
    Send({wish});
    return;
  }
  const bool takes_back = command.kind == CommandKind::kAuthorize && command.advice == nullptr &&
                          Strikes(SimFault::kReversal);
  if (!takes_back && !prng_.Chance(1, 3)) {
    return;
  }
  Trace("gives up: wish ", wish);
  wishes_[wish].given_up = true;
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
  if (takes_back) {
    Count(SimFault::kReversal);
    Command reversal;
    reversal.kind = CommandKind::kReverse;
    reversal.terminal = command.terminal;
    reversal.request_id = RequestId{kOwnRequests, ++last_own_request_};
    reversal.reverse = ReverseRequest{};
    reversal.reverse.original_request_id = command.request_id;
    reversal.reverse.reason = ReversalReason::kTimeout;
    const size_t own = AddWish(Own(reversal));
    Trace("takes back: wish ", own, " for ", wish);
    Send({own});
  }
}

void SimRun::GoOffline() {
  if (!waiting_.empty() && Strikes(SimFault::kOffline)) {
    const size_t wish = waiting_[prng_.Below(waiting_.size())];
    offline_.emplace(wishes_[wish].command.command.terminal, false);
  }
}

void SimRun::ComeOnline() {
  if (prng_.Chance(1, 3)) {
    offline_.clear();
  }
}

// ---- The network ---------------------------------------------------------------------

void SimRun::Send(std::vector<size_t> wishes) {
  requests_.push_back({std::move(wishes)});
  if (Strikes(SimFault::kDuplicate)) {
    Count(SimFault::kDuplicate);
    requests_.push_back(requests_.back());
  }
}

bool SimRun::IsOffline(const Request& request) {
  const auto at = offline_.find(wishes_[request.wishes.front()].command.command.terminal);
  if (at == offline_.end()) {
    return false;
  }
  if (!std::exchange(at->second, true)) {
    Count(SimFault::kOffline);
  }
  return true;
}

// In order, but for what overtakes.
std::optional<size_t> SimRun::PickDeliverable() {
  std::vector<size_t> candidates;
  for (size_t i = 0; i < requests_.size(); ++i) {
    if (!IsOffline(requests_[i])) {
      candidates.push_back(i);
    }
  }
  if (candidates.empty()) {
    return std::nullopt;
  }
  if (candidates.size() > 1 && Strikes(SimFault::kReordering)) {
    Count(SimFault::kReordering);
    return candidates[1 + prng_.Below(candidates.size() - 1)];
  }
  return candidates.front();
}

void SimRun::DeliverRequest() {
  const std::optional<size_t> which = PickDeliverable();
  if (!which.has_value()) {
    return;
  }
  const Request request = std::move(requests_[*which]);
  requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(*which));
  if (Strikes(SimFault::kLostRequest)) {
    Count(SimFault::kLostRequest);
    Trace("a request is lost: wish ", request.wishes.front());
    return;
  }
  SubmitTo(request);
}

void SimRun::SubmitTo(const Request& request) {
  auto call = std::make_unique<SimCall>();
  call->asked = request.wishes;
  call->results.resize(request.wishes.size());
  call->decided_results.resize(request.wishes.size());
  call->answers.resize(request.wishes.size());
  call->decided_as.resize(request.wishes.size());
  for (const size_t wish : request.wishes) {
    call->owned.push_back(CopyOf(wishes_[wish].command));
    call->commands.push_back(call->owned.back().command);
  }
  call->submission.commands = call->commands;
  call->submission.results = call->results.data();
  call->submission.completions = this;
  call->submission.priority = wishes_[request.wishes.front()].priority;
  call->not_before = TimestampNs{clock_.NowNs()};
  oracle_.Expect(call.get());
  Submission* const submission = &call->submission;
  calls_[submission] = std::move(call);
  told_unreadable_ = false;
  const bool taken = engine_->Submit(submission);
  calls_[submission]->archive_failed = told_unreadable_;
  if (told_unreadable_ && !disk_.damage_was_read() && !disk_.is_off()) {
    oracle_.Report("the archive can not be read, and nothing is wrong with it");
  }
  if (!taken) {
    Count(SimFault::kOverload);
    Trace("is refused: wish ", request.wishes.front());
    oracle_.Forget(*calls_[submission]);
    calls_.erase(submission);
  }
}

void SimRun::Complete(Submission* first) {
  while (first != nullptr) {
    const auto at = calls_.find(first);
    if (at == calls_.end()) {  // and what it points to may be gone
      oracle_.Report("completed twice, or never submitted");
      return;
    }
    first = first->next;
    const SimCall& call = *at->second;
    oracle_.Forget(call);
    if (disk_.is_off()) {
      calls_.erase(at);  // whoever would have answered is off as well
      continue;
    }
    if (!failed_.empty()) {
      oracle_.Report("ANSWERED after the engine stopped itself: " + failed_);
    }
    if (call.seen_seq >= disk_.durable_next_seq()) {
      oracle_.Report(absl::StrCat("ANSWERED BEFORE DURABLE: up to event ",
                                  call.seen_seq,
                                  ", the disk has those before ",
                                  disk_.durable_next_seq()));
    }
    oracle_.CheckTold(engine_->names(), call);
    oracle_.Acknowledge(call.seen_seq);
    const bool lost = Strikes(SimFault::kLostReply);
    outcome_.faults[static_cast<size_t>(SimFault::kLostReply)] += lost ? 1 : 0;
    for (size_t i = 0; i < call.asked.size(); ++i) {
      Answer answer = call.answers[i];
      if (call.decided_as[i] == 0) {
        answer.verdict = call.results[i].verdict;
      }
      outcome_.faults[static_cast<size_t>(SimFault::kTablesFull)] +=
          answer.verdict == Verdict::kFull ? 1 : 0;
      if (answer.verdict == Verdict::kFull && !temper_.tables_are_small) {
        oracle_.Report("full, and there is room: " + CommandText(call.commands[i]));
      }
      Trace(lost ? "a reply is lost: wish " : "answers: wish ", call.asked[i], " -> ", [&answer] {
        return TextOf(answer);
      });
      if (!lost) {
        replies_.push_back({call.asked[i], std::move(answer), call.decided_as[i]});
      }
    }
    calls_.erase(at);
  }
}

void SimRun::DeliverReply() {
  if (replies_.empty()) {
    return;
  }
  size_t which = 0;
  if (replies_.size() > 1 && Strikes(SimFault::kReordering)) {
    Count(SimFault::kReordering);
    which = 1 + prng_.Below(replies_.size() - 1);
  }
  const Reply reply = std::move(replies_[which]);
  replies_.erase(replies_.begin() + static_cast<std::ptrdiff_t>(which));
  Receive(reply);
}

void SimRun::Receive(const Reply& reply) {
  Wish& wish = wishes_[reply.wish];
  const Answer& answer = reply.answer;
  if (answer.verdict == Verdict::kFull || answer.verdict == Verdict::kArchiveUnreadable) {
    // To be asked again; but in this world tables that are full stay so.
    if (answer.verdict == Verdict::kArchiveUnreadable || !resting_) {
      return;
    }
  }
  const Command& command = wish.command.command;
  if (wish.answered) {
    if (!IsQuestion(command.kind) && !IsAdmin(command.kind)) {
      CompareAnswers(reply);
    }
    return;
  }
  wish.answered = true;
  wish.answer = answer;
  wish.decided_as = reply.decided_as;
  std::erase(waiting_, reply.wish);
  if (!answer.replay && !building_) {
    random_.Remember(wish.command, answer);
  }
}

// Answers overtake each other: which of two is the repeat, is told by when they were decided.
void SimRun::CompareAnswers(const Reply& reply) {
  Wish& wish = wishes_[reply.wish];
  const bool in_order = wish.decided_as <= reply.decided_as;
  const std::string wrong = in_order ? Contradiction(wish.answer, reply.answer)
                                     : Contradiction(reply.answer, wish.answer);
  if (!wrong.empty()) {
    oracle_.Report("ANSWERED OTHERWISE the second time: " + CommandText(wish.command.command) +
                   wrong);
  }
  if (!wish.answer.has_transaction && reply.answer.has_transaction) {
    wish.answer = reply.answer;
    wish.decided_as = reply.decided_as;
  }
}

}  // namespace gonghui
