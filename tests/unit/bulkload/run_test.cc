// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A bulk load into a folder that a real engine wrote, and a real engine on what was
// loaded: nothing is granted twice for an old id, and new ids are new.

#include "tools/bulkload/run.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/pipeline/engine.h"
#include "engine/pipeline/recovery.h"
#include "storage/rocksdb_archive.h"
#include "tests/testing/city.h"
#include "tests/testing/noon_clock.h"
#include "tests/testing/run_shell.h"
#include "tests/testing/store_folder.h"
#include "tests/testing/temp_folder.h"
#include "tools/bulkload/made_up.h"

namespace gonghui::bulkload {
namespace {

using testing::HasSubstr;

class RunTest : public testing::Test, protected StoreFolder {
 protected:
  RunTest() {
    city_.members = 50;
    city_.merchants = 6;
    options_.folder = folder();
    options_.zone = "Asia/Shanghai";
    options_.load.ids_in_memory_max = 700;  // several runs
    options_.load.file_bytes = 64 << 10;    // several files
  }

  using Asker = std::function<Result(const Command&)>;

  // An engine on the folder, while `use` runs.
  void WithEngine(const std::function<void(const Asker& ask)>& use) {
    OpenStore();
    const auto engine =
        Engine::Start(EngineOptions{}, clock_, *journal_, checkpoints_.get(), archive_.get());
    ASSERT_TRUE(engine.ok()) << engine.status();
    use([&engine](const Command& command) {
      Result result;
      GH_CHECK((*engine)->RunBlocking({&command, 1}, {&result, 1}).ok());
      return result;
    });
    (*engine)->Stop();
    CloseStore();
  }

  void MakeCity() {
    WithEngine([this](const Asker& ask) {
      BuildCity(city_, [&ask](const Command& command) { ask(command); });
      before_ = RandomSale(city_, prng_);
      ASSERT_EQ(ask(before_).transaction.outcome, Outcome::kApproved);
    });
  }

  // The ledger as the journal has it, and the archive beside it.
  void WithArchive(const std::function<void(const Ledger&, const RocksdbArchive&)>& look) {
    OpenStore(/*read_only=*/true);
    const auto ledger = std::make_unique<Ledger>(0);
    const auto report = RecoverBlocking(*ledger, *journal_, checkpoints_.get(), nullptr, clock_);
    ASSERT_TRUE(report.ok()) << report.status();
    look(*ledger, *archive_);
    CloseStore();
  }

  uint64_t ArchivedCount() {
    uint64_t count = 0;
    CommandSeq before;
    WithArchive([&](const Ledger&, const RocksdbArchive& archive) {
      const absl::Status status = archive.ForEachBlocking(0, [&](const Archive::Entry& entry) {
        EXPECT_GT(entry.transaction.transaction.seq, before);
        before = entry.transaction.transaction.seq;
        ++count;
        return absl::OkStatus();
      });
      EXPECT_EQ(status, absl::OkStatus());
      uint64_t hashes = 0;
      EXPECT_EQ(archive.ForEachHashBlocking(0, [&hashes](uint64_t) { return ++hashes > 0; }),
                absl::OkStatus());
      EXPECT_EQ(hashes, count);
    });
    return count;
  }

  // The request that a made-up transaction was.
  static Command RequestOf(const Transaction& transaction, const TerminalId& terminal) {
    Command command;
    command.kind = CommandKind::kAuthorize;
    command.terminal = terminal;
    command.request_id = transaction.request_id;
    command.authorize = AuthorizeRequest{};
    command.authorize.card = transaction.card;
    command.authorize.list_price = transaction.list_price;
    command.authorize.capture_at_once = transaction.capture_at_once;
    command.authorize.entry_mode = transaction.entry_mode;
    return command;
  }

  absl::StatusOr<BulkLoaded> Load() { return RunBlocking(options_, clock_); }

  void WriteRows(const std::string& rows) {
    options_.made_up = 0;
    options_.file = temp_.path("ids.csv");
    WriteFile(options_.file,
              "terminal_id,request_id,card_number,amount_fen,decided_at,outcome,reason\n" + rows);
  }
  static std::string RowOf(int number, const std::string& outcome) {
    const auto terminal = TerminalOf(1).Text();
    char id[37];
    std::snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012d", number);
    return absl::StrCat(std::string(terminal.data(), terminal.size),
                        ",",
                        id,
                        ",",
                        CardOf(1).value(),
                        ",1200,2025-01-31T08:15:00Z,",
                        outcome,
                        "\n");
  }

  [[nodiscard]] bool LeftOver() const {
    return std::filesystem::exists(std::filesystem::path(options_.folder) / "bulk-load");
  }

  Ran Run(const std::string& arguments) const {
    return RunShell(absl::StrCat(GONGHUI_BULKLOAD, " ", arguments));
  }

  const NoonClock clock_;
  CityOptions city_;
  Prng prng_{11};
  RunOptions options_;
  Command before_;  // a sale of this system, before the load
};

TEST_F(RunTest, OldIdsAreRecognisedAndNewOnesAreNew) {
  MakeCity();
  options_.made_up = 10'000;
  options_.seed = 3;
  const auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->transactions, 10'000u);
  EXPECT_EQ(loaded->first_seq, kImportedSeqFirst);
  EXPECT_EQ(loaded->last_seq.value(), kImportedSeqFirst.value() + 9'999);
  EXPECT_GT(loaded->record_bytes, 0u);
  EXPECT_GT(loaded->id_bytes, 0u);
  EXPECT_FALSE(LeftOver());
  EXPECT_EQ(ArchivedCount(), 10'000u);

  std::vector<Command> old_requests;
  std::vector<Transaction> old;
  Command inquiry;
  WithArchive([&](const Ledger& ledger, const RocksdbArchive&) {
    const MadeUp made_up(ledger, options_.seed);
    const auto made = std::make_unique<ArchivedTransaction>();
    for (uint64_t i = 0; i < 10'000; i += 97) {
      made_up.Fill(CommandSeq{kImportedSeqFirst.value() + i}, kCityNoon, made.get());
      old.push_back(made->transaction);
      old_requests.push_back(
          RequestOf(made->transaction, ledger.terminals()[made->transaction.terminal].id));
    }
    // By the engine's id, of one that nobody asks for otherwise.
    made_up.Fill(CommandSeq{kImportedSeqFirst.value() + 1}, kCityNoon, made.get());
    inquiry.kind = CommandKind::kGetTransaction;
    inquiry.terminal = ledger.terminals()[made->transaction.terminal].id;
    inquiry.inquiry = InquiryRequest{};
    inquiry.inquiry.transaction = MakeTransactionId(0, made->transaction.seq);
  });
  WithEngine([&](const Asker& ask) {
    for (size_t i = 0; i < old.size(); ++i) {
      // Twice: from the disk, and from memory.
      for (int time = 0; time < 2; ++time) {
        const Result result = ask(old_requests[i]);
        ASSERT_EQ(result.verdict, Verdict::kDecided);
        ASSERT_TRUE(result.replay) << i;
        EXPECT_EQ(result.transaction_id, MakeTransactionId(0, old[i].seq));
        EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
        EXPECT_EQ(result.transaction.subsidy, old[i].subsidy);
        EXPECT_EQ(result.share_count, 1u);
      }
      Command other = old_requests[i];
      other.authorize.list_price += Fen{1};
      EXPECT_EQ(ask(other).verdict, Verdict::kDuplicateMismatch);
    }
    EXPECT_EQ(ask(inquiry).transaction.state, TransactionState::kExpired);
    // Nothing of them can be given back here.
    Command refund;
    refund.kind = CommandKind::kRefund;
    refund.terminal = old_requests[1].terminal;
    refund.request_id = RequestId{1, 1};
    refund.refund = RefundRequest{{}, old_requests[1].request_id, {}, false};
    EXPECT_EQ(ask(refund).transaction.reason, Reason::kExceedsCapturedAmount);
    Command reversal;
    reversal.kind = CommandKind::kReverse;
    reversal.terminal = old_requests[2].terminal;
    reversal.request_id = RequestId{1, 2};
    reversal.reverse = ReverseRequest{
        {}, old_requests[2].request_id, {}, false, ReversalReason::kCustomerCancellation};
    EXPECT_EQ(ask(reversal).transaction.outcome, Outcome::kApproved);

    EXPECT_TRUE(ask(before_).replay);
    const Result sale = ask(RandomSale(city_, prng_));
    EXPECT_EQ(sale.transaction.outcome, Outcome::kApproved);
    EXPECT_FALSE(sale.replay);
    EXPECT_LT(sale.transaction.seq, kImportedSeqFirst);
  });
  // All that was asked is in the journal, replays, and the books still balance.
  WithArchive([&](const Ledger& ledger, const RocksdbArchive&) {
    uint64_t row = 0;
    const char* const problem = ledger.CheckInvariants(&row);
    EXPECT_EQ(problem, nullptr) << problem << " row " << row;
    EXPECT_NE(ledger.FindTransaction(ledger.FindTerminal(old_requests[0].terminal),
                                     old_requests[0].request_id),
              TransactionRow{});
  });
}

TEST_F(RunTest, ASecondLoadGoesOnWhereTheFirstEnded) {
  MakeCity();
  options_.made_up = 2'000;
  ASSERT_TRUE(Load().ok());
  options_.made_up = 500;
  const auto second = Load();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->first_seq.value(), kImportedSeqFirst.value() + 2'000);
  EXPECT_EQ(ArchivedCount(), 2'500u);
  WithEngine([this](const Asker& ask) { EXPECT_TRUE(ask(before_).replay); });
}

TEST_F(RunTest, AFileIsLoadedWhole) {
  MakeCity();
  WriteRows(RowOf(1, "approved,") + RowOf(2, "declined,quota_exhausted") + RowOf(3, "approved,"));
  const auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->transactions, 3u);
  WithEngine([](const Asker& ask) {
    Command command;
    command.kind = CommandKind::kAuthorize;
    command.terminal = TerminalOf(1);
    command.authorize = AuthorizeRequest{};
    command.authorize.card = CardOf(1);
    command.authorize.list_price = Fen{1'200};
    command.authorize.capture_at_once = true;
    for (const uint64_t number : {1u, 2u, 3u}) {
      command.request_id = RequestId{0x4000, 0x8000'0000'0000'0000 | number};
      const Result result = ask(command);
      EXPECT_TRUE(result.replay) << number;
      EXPECT_EQ(result.transaction.reason, number == 2 ? Reason::kQuotaExhausted : Reason::kNone);
      EXPECT_EQ(result.transaction.outcome, number == 2 ? Outcome::kDeclined : Outcome::kApproved);
    }
  });
  // The same file again: every id finds something.
  const auto again = Load();
  EXPECT_TRUE(absl::IsInvalidArgument(again.status())) << again.status();
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("finds nothing yet"));
  EXPECT_EQ(ArchivedCount(), 3u);
}

TEST_F(RunTest, AnIdThatTheLedgerHasInMemoryIsRefused) {
  MakeCity();
  const auto terminal = before_.terminal.Text();
  char id[37];
  const RequestId& asked = before_.request_id;
  std::snprintf(id,
                sizeof(id),
                "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(asked.high >> 32),
                static_cast<unsigned>(asked.high >> 16 & 0xffff),
                static_cast<unsigned>(asked.high & 0xffff),
                static_cast<unsigned>(asked.low >> 48),
                static_cast<unsigned long long>(asked.low & 0xffff'ffff'ffff));
  WriteRows(absl::StrCat(std::string(terminal.data(), terminal.size),
                         ",",
                         id,
                         ",",
                         CardOf(1).value(),
                         ",1200,2025-01-31T08:15:00Z,approved,\n"));
  EXPECT_TRUE(absl::IsInvalidArgument(Load().status()));
  EXPECT_EQ(ArchivedCount(), 0u);
}

TEST_F(RunTest, OneWrongRowLoadsNothing) {
  MakeCity();
  WriteRows(RowOf(1, "approved,") + RowOf(2, "maybe,") + RowOf(3, "approved,"));
  const auto loaded = Load();
  EXPECT_TRUE(absl::IsInvalidArgument(loaded.status()));
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("ids.csv:3: column outcome"));
  EXPECT_FALSE(LeftOver());
  EXPECT_EQ(ArchivedCount(), 0u);
}

TEST_F(RunTest, TheSameIdTwiceInAFileLoadsNothing) {
  MakeCity();
  WriteRows(RowOf(1, "approved,") + RowOf(2, "approved,") + RowOf(1, "declined,card_expired"));
  const auto loaded = Load();
  EXPECT_TRUE(absl::IsAlreadyExists(loaded.status())) << loaded.status();
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("rows 1 and 3"));
  EXPECT_FALSE(LeftOver());
  EXPECT_EQ(ArchivedCount(), 0u);
}

TEST_F(RunTest, AnInterruptedLoadLeavesNothing) {
  MakeCity();
  options_.made_up = 600'000;
  options_.load.ids_in_memory_max = 1 << 20;
  options_.load.file_bytes = 256 << 20;
  int told = 0;
  options_.load.progress = [&told](const char*, uint64_t) { return ++told < 2; };
  EXPECT_TRUE(absl::IsCancelled(Load().status()));
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(LeftOver());
  EXPECT_EQ(ArchivedCount(), 0u);
}

TEST_F(RunTest, WhatAKilledLoadLeftIsRemoved) {
  MakeCity();
  const auto leftover = std::filesystem::path(options_.folder) / "bulk-load";
  std::filesystem::create_directory(leftover);
  WriteFile(leftover / "records-0.sst", "half a file");
  WithEngine([this](const Asker& ask) { EXPECT_TRUE(ask(before_).replay); });
  options_.made_up = 10;
  ASSERT_TRUE(Load().ok());
  EXPECT_FALSE(LeftOver());
  EXPECT_EQ(ArchivedCount(), 10u);
}

TEST_F(RunTest, AKilledLoadLoadsNothing) {
  MakeCity();
  std::string program = GONGHUI_BULKLOAD;
  std::vector<std::string> words = {program, "--data", options_.folder, "--generate", "4000000"};
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  pid_t child = 0;
  ASSERT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ), 0);
  const auto records = std::filesystem::path(options_.folder) / "bulk-load" / "records-0.sst";
  for (int i = 0; i < 3'000 && !std::filesystem::exists(records); ++i) {
    ::usleep(10'000);
  }
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_TRUE(std::filesystem::exists(records));
  EXPECT_EQ(ArchivedCount(), 0u);
  WithEngine([this](const Asker& ask) { EXPECT_TRUE(ask(before_).replay); });
  options_.made_up = 100;
  ASSERT_TRUE(Load().ok());
  EXPECT_EQ(ArchivedCount(), 100u);
  EXPECT_FALSE(LeftOver());
}

TEST_F(RunTest, TooLittleRoomIsToldBeforehand) {
  MakeCity();
  options_.made_up = uint64_t{1} << 40;
  const auto loaded = Load();
  EXPECT_TRUE(absl::IsResourceExhausted(loaded.status())) << loaded.status();
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("MiB are free"));
  EXPECT_FALSE(LeftOver());
}

TEST_F(RunTest, AFolderThatIsNotThereIsNotMade) {
  options_.made_up = 10;
  EXPECT_TRUE(absl::IsNotFound(Load().status())) << Load().status();
  EXPECT_FALSE(std::filesystem::exists(options_.folder));
}

TEST_F(RunTest, AnEmptyLedgerIsRefused) {
  WithEngine([](const Asker&) {});
  options_.made_up = 10;
  EXPECT_TRUE(absl::IsFailedPrecondition(Load().status())) << Load().status();
}

TEST_F(RunTest, AFolderInUseIsRefused) {
  MakeCity();
  options_.made_up = 10;
  WithEngine([this](const Asker&) {
    const auto loaded = Load();
    EXPECT_TRUE(absl::IsFailedPrecondition(loaded.status())) << loaded.status();
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("in use"));
  });
}

TEST_F(RunTest, TheProgram) {
  MakeCity();
  const std::string data = "--data " + options_.folder;
  const Ran loaded =
      Run(data + " --generate 2000 --seed 5 --print-ids 40 --ids-file " + temp_.path("old.csv"));
  EXPECT_EQ(loaded.exit_code, 0) << loaded.output;
  EXPECT_THAT(loaded.output, HasSubstr("2,000 transactions loaded"));
  const std::string named = ReadFile(temp_.path("old.csv"));
  EXPECT_EQ(std::count(named.begin(), named.end(), '\n'), 41);
  // What is named is loaded, so that it can not be loaded once more.
  const Ran again = Run(data + " --file " + temp_.path("old.csv"));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.output, HasSubstr("nothing was loaded: "));
  EXPECT_THAT(again.output, HasSubstr("old.csv:2: column request_id"));

  for (const char* const arguments : {"",
                                      "--file a --generate 5",
                                      "--generate 0",
                                      "--generate 5 --print-ids 3",
                                      "--generate 5 --zone Asia/Shanghai",
                                      "--file a --zone Mars/Olympus"}) {
    EXPECT_EQ(Run(data + " " + arguments).exit_code, 2) << arguments;
  }
  EXPECT_EQ(Run(data + " --file " + temp_.path("absent.csv")).exit_code, 2);
  EXPECT_EQ(Run("--data " + temp_.path("absent") + " --generate 5").exit_code, 2);
  const Ran help = Run("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.output, HasSubstr("request_id *"));
  EXPECT_THAT(help.output, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace gonghui::bulkload
