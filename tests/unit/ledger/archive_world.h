// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions leave memory and come back beside a twin from which nothing ever leaves: both
// must give the same answers.

#ifndef GONGHUI_TESTS_UNIT_LEDGER_ARCHIVE_WORLD_H_
#define GONGHUI_TESTS_UNIT_LEDGER_ARCHIVE_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/answer.h"
#include "tests/testing/archiving.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {

class ArchiveTest : public LedgerWorld {
 protected:
  explicit ArchiveTest(const LedgerLimits& limits = SmallLimits())
      : LedgerWorld(limits), twin_(std::make_unique<Ledger>(ledger_->shard(), limits)) {
    for (const Event& event : events_) {
      twin_->Evolve(event);
    }
  }

  // The invariants are about all that was ever decided.
  void TearDown() override {
    if (!spoiled_) {
      ASSERT_TRUE(ThawAll(*ledger_, now_, archive_, Emit()));
      EXPECT_EQ(ledger_->globals().archived_count, 0U);
    }
    LedgerWorld::TearDown();
  }

  EmitEvent Emit() {
    return [this](const OwnedCommand& command, const Event& event) {
      commands_.push_back(command);
      events_.push_back(event);
      events_.back().command = &commands_.back().command;
    };
  }

  uint32_t Leave(uint32_t rows_max = UINT32_MAX, uint32_t step = 3) {
    return ArchiveAll(*ledger_, now_, archive_, rows_max, step, Emit());
  }

  // What both answer, by this ledger's ids.
  Answer Ask(const OwnedCommand& command) { return Ask(command, command); }
  Answer Ask(const OwnedCommand& command, const OwnedCommand& of_twin) {
    EXPECT_TRUE(ThawNamed(*ledger_, now_, command.command, archive_, Emit()));
    const Result& result = Run(command);
    const Answer answer = AnswerOf(*ledger_, command.command, result);
    ClearAnswers(command.command);
    const Answer expected = AskTwin(of_twin);
    EXPECT_EQ(answer.id == TransactionId{}, expected.id == TransactionId{});
    EXPECT_EQ(answer.original_id == TransactionId{}, expected.original_id == TransactionId{});
    Answer compared = answer;  // ids count the events, and these are not the twin's
    compared.id = expected.id;
    compared.original_id = expected.original_id;
    EXPECT_EQ(Difference(compared, expected), "") << TextOf(answer);
    if (answer.id != TransactionId{}) {
      twins_ids_[answer.id] = expected.id;
    }
    return answer;
  }

  Answer AskTwin(const OwnedCommand& command) {
    const auto event = std::make_unique<Event>();
    const auto result = std::make_unique<Result>();
    twin_->Decide(command.command, now_, event.get(), result.get());
    if (event->kind != EventKind::kNone) {
      twin_->Evolve(*event);
    }
    return AnswerOf(*twin_, command.command, *result);
  }

  // A command that names `id` as its original, or asks for it.
  Answer AskAbout(CommandKind kind, uint64_t request, TransactionId id) {
    const auto make = [&](TransactionId named) {
      if (kind == CommandKind::kGetTransaction) {
        return Own(Inquiry(InquiryRequest{named, RequestId{}}));
      }
      Command command = About(kind, request, 0);
      (kind == CommandKind::kRefund    ? command.refund.original
       : kind == CommandKind::kReverse ? command.reverse.original
                                       : command.capture.original) = named;
      (kind == CommandKind::kRefund    ? command.refund.original_request_id
       : kind == CommandKind::kReverse ? command.reverse.original_request_id
                                       : command.capture.original_request_id) = RequestId{};
      return Own(command);
    };
    return Ask(make(id), make(twins_ids_.at(id)));
  }

  static Command Inquiry(const InquiryRequest& request) {
    Command command;
    command.kind = CommandKind::kGetTransaction;
    command.terminal = CodeOf<TerminalId>("T1");
    command.inquiry = request;
    return command;
  }
  static Command InquiryOf(uint64_t request) {
    return Inquiry(InquiryRequest{TransactionId{}, RequestId{1, request}});
  }

  // The ledger alone; nothing is thawed first.
  Verdict VerdictOf(const OwnedCommand& command) { return Run(command).verdict; }

  void ExpireOnBoth() {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    command.terminal = TerminalId{};
    while (ledger_->next_expiry() <= now_) {
      ASSERT_LE(twin_->next_expiry(), now_);
      const CommandSeq seq = ledger_->transactions()[TransactionRow{Run(Own(command)).row}].seq;
      const auto event = std::make_unique<Event>();
      const auto result = std::make_unique<Result>();
      twin_->Decide(command, now_, event.get(), result.get());
      const TransactionId id = MakeTransactionId(ledger_->shard(), seq);
      EXPECT_EQ(SeqOf(twins_ids_.at(id)), twin_->transactions()[event->original.row].seq);
      twin_->Evolve(*event);
    }
    EXPECT_GT(twin_->next_expiry(), now_);
  }

  MapArchive archive_;
  std::unique_ptr<Ledger> twin_;
  std::map<TransactionId, TransactionId> twins_ids_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_LEDGER_ARCHIVE_WORLD_H_
