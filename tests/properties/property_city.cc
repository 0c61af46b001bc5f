// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/properties/property_city.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>

#include "tests/properties/random_run.h"
#include "tests/testing/names.h"

namespace gonghui {

std::string Told(Answer answer) {
  answer.id = answer.original_id = TransactionId{};
  answer.replay = false;
  return TextOf(answer);
}

PropertyCity::PropertyCity(const std::vector<uint8_t>& dice)
    : PropertyCity(dice.empty()            ? Archiving::kNever
                   : dice.front() % 3 == 0 ? Archiving::kAlways
                                           : Archiving::kSometimes,
                   std::accumulate(dice.begin(), dice.end(), uint64_t{0})) {}

PropertyCity::PropertyCity(Archiving archiving, uint64_t seed)
    : ledger_(MakeSmallLedger()),
      archiver_(archiving, seed, [this](const OwnedCommand&, const Event&) { ++archive_events_; }) {
  // Long before, for what a terminal tells of lately.
  constexpr TimestampNs kBuilt{kTimestampNsMin};
  BuildCity(kOptions, [this](const Command& command) {
    Event event;
    Result result;
    ledger_->Decide(command, kBuilt, &event, &result);
    event.command = &command;
    ledger_->Evolve(event);
  });
}

Answer PropertyCity::Apply(const OwnedCommand& command) {
  std::string problem = archiver_.BringBack(ledger_.get(), command.command, kCityNoon);
  const Step step = ApplyTo(ledger_.get(), command, kCityNoon);
  replays_ += step.answer.replay;
  problem = problem.empty() ? archiver_.TakeAway(ledger_.get(), kCityNoon) : problem;
  archiver_problem_ = archiver_problem_.empty() ? problem : archiver_problem_;
  return step.answer;
}

std::string PropertyCity::Send(const OwnedCommand& command) {
  return Told(Apply(command));
}

std::vector<std::string> PropertyCity::Books() const {
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
  for (uint32_t i = 1; i <= ledger_->terminals().size(); ++i) {
    const OpenBatch& batch = ledger_->open_batches()[TerminalRow{i}];
    lines.push_back(TextOf(ledger_->terminals()[TerminalRow{i}].id) + " " + TextOf(batch.totals));
  }
  const Globals& globals = ledger_->globals();
  line("members",
       {globals.members_payable_pending.value(), globals.members_payable_posted.value()});
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> PropertyCity::Standing(const std::vector<OwnedCommand>& commands) {
  std::vector<std::string> lines;
  for (const OwnedCommand& command : commands) {
    Command question;
    question.kind = CommandKind::kGetTransaction;
    question.terminal = command.command.terminal;
    question.inquiry = InquiryRequest{};
    question.inquiry.request_id = command.command.request_id;
    lines.push_back(Send(Own(question)));
  }
  return lines;
}

std::string PropertyCity::Broken() {
  if (!archiver_problem_.empty()) {
    return archiver_problem_;
  }
  if (std::string problem = archiver_.BringAllBack(ledger_.get(), kCityNoon); !problem.empty()) {
    return problem;
  }
  uint64_t row = 0;
  const char* broken = ledger_->CheckInvariants(&row);
  return broken == nullptr ? "" : broken;
}

}  // namespace gonghui
