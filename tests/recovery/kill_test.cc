// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The real server, killed and stopped under load by a client with a book of its
// own: nothing acknowledged is lost, nothing happens twice, no fund and no limit
// is exceeded.
//
//   GONGHUI_KILLS=100 GONGHUI_SEED=7 kill_test --gtest_filter='Kill.*'
//
// A seed repeats what is asked for and when the kill comes, not how the threads
// run.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/prng.h"
#include "tests/recovery/book.h"
#include "tests/recovery/load.h"
#include "tests/recovery/server_process.h"
#include "tests/recovery/small_city.h"

namespace gonghui {
namespace {

constexpr int kKillsDefault = 25;
constexpr int64_t kKillAfterMsMin = 50;
constexpr int64_t kKillAfterMsMax = 400;
constexpr int kHotMembers = 24;
constexpr int64_t kMealTopUpFen = 120'000;
constexpr int64_t kUmbrellaTopUp = 50;
constexpr int kReaders = 3;
// Of the answers of earlier starts, how many are asked for again after each kill;
// after the last one all are.
constexpr size_t kOldAnswersChecked = 200;
// A checkpoint at the stop holds everything.
constexpr int64_t kReplayedAfterStopMax = 0;
// Memory holds little more than one round, so that kills come while others leave, and
// repeats and refunds of earlier rounds have to bring something back.
constexpr const char* kLittleMemory = "[archive]\nmemory_transactions_max = 1000\n";
// With fewer some kind of answer may not have come up.
constexpr int kStartsThatSeeAll = 10;
// The server has come to rest when nothing has happened for this long.
constexpr int kRestMs = 300;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

uint64_t Seed() {
  static const uint64_t seed = NumberFromEnvironment(
      "GONGHUI_SEED", static_cast<uint64_t>(SystemClock::Instance().NowNs()) % 1'000'000);
  return seed;
}

bool Same(const v1::Transaction& a, const v1::Transaction& b) {
  return google::protobuf::util::MessageDifferencer::Equals(Unchanging(a), Unchanging(b));
}

std::string Both(const v1::Transaction& was, const v1::Transaction& is) {
  return absl::StrCat("\nwas: ", was.ShortDebugString(), "\nis:  ", is.ShortDebugString());
}

// One server, its city, and the client's book.
class Trial {
 public:
  explicit Trial(uint64_t seed, std::string_view sections = "")
      : archives_(!sections.empty()), prng_(seed), server_(sections) {}

  void Begin() {
    ASSERT_TRUE(StartServer());
    Office().BuildCity();
  }

  bool StartServer() {
    const absl::Status status = server_.Start();
    EXPECT_TRUE(status.ok()) << status;
    return status.ok();
  }

  ServerProcess& server() { return server_; }
  const Book& book() const { return book_; }
  CityOffice Office() const { return CityOffice(server_.ConnectOperator()); }

  // Each fund gets a little more than it has given out, so that it runs out soon.
  void TopUp() {
    const CityOffice office = Office();
    for (const auto& [fund, more] :
         {std::pair{kMealFund, kMealTopUpFen}, std::pair{kUmbrellaStock, kUmbrellaTopUp}}) {
      const v1::Fund now = office.GetFund(fund);
      budgets_[fund] = now.held() + now.spent() + more;
      office.SetBudget(fund, budgets_[fund]);
    }
  }

  // Load until `stop` has been called and the server is gone.
  template <class Stop>
  void RunUntil(int round, bool server_drains, const Stop& stop) {
    LoadPlan plan;
    plan.server_drains = server_drains;
    plan.seed = prng_.Next();
    plan.hot_member_first = round * kHotMembers % kOnlineMembers;
    plan.hot_member_count = kHotMembers;
    // The newest first: the old ones have been through it.
    const auto entries = book_.entries();
    for (auto at = entries.rbegin(); at != entries.rend(); ++at) {
      const std::unique_ptr<BookEntry>& entry = *at;
      if (entry->is_open_hold() && plan.open_holds.size() < 64 && prng_.Chance(1, 4)) {
        plan.open_holds.push_back(entry.get());
      }
      if (entry->is_approved_sale() && plan.sales.size() < 64 && prng_.Chance(1, 4)) {
        plan.sales.push_back(entry.get());
      }
    }
    const size_t known = book_.entries().size();
    Load load(server_, plan);
    // The clock runs from the first answer: on a busy machine connecting takes long.
    for (int i = 0; i < 20'000 && load.answered() == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(
        std::chrono::milliseconds(prng_.Between(kKillAfterMsMin, kKillAfterMsMax)));
    stop();
    for (const std::string& failure : load.Join(&book_)) {
      ADD_FAILURE() << failure;
    }
    EXPECT_GT(load.answered(), 0) << "no load; the kill tells nothing";
    first_new_ = known;
  }

  // After a start: what was acknowledged is there, what was not is there once or
  // not at all, and is settled now.
  void CheckAndSettle() {
    std::vector<BookEntry*> acknowledged;
    std::vector<BookEntry*> unknown;
    std::vector<BookEntry*> old;
    for (size_t i = 0; i < book_.entries().size(); ++i) {
      BookEntry* const entry = book_.entries()[i].get();
      if (!entry->answer.has_value()) {
        unknown.push_back(entry);
      } else {
        (i >= first_new_ ? acknowledged : old).push_back(entry);
      }
    }
    acknowledged_count_ += acknowledged.size();
    unknown_count_ += unknown.size();
    for (size_t i = 0; i < kOldAnswersChecked && !old.empty(); ++i) {
      acknowledged.push_back(old[prng_.Below(old.size())]);
    }
    CheckAnswers(acknowledged);
    TerminalClient client(server_.ConnectTerminal());
    for (BookEntry* const entry : unknown) {
      Settle(entry, &client);
    }
    CheckBooks();
  }

  // Everything ever answered, and where each authorization stands.
  void CheckAll() {
    std::vector<BookEntry*> all;
    for (const auto& entry : book_.entries()) {
      all.push_back(entry.get());
    }
    CheckAnswers(all);
    TerminalClient client(server_.ConnectTerminal());
    for (const auto& [entry, state] : book_.States()) {
      v1::Transaction now;
      const grpc::Status status = client.Get(entry->terminal_id(), entry->request_id(), &now);
      ASSERT_TRUE(status.ok()) << status.error_message();
      EXPECT_EQ(v1::TransactionState_Name(now.state()), v1::TransactionState_Name(state))
          << now.ShortDebugString();
    }
    CloseAllBatches(&client);
    CheckBooks();
  }

  // What every terminal's closes were told, and what is not closed yet, is all that the
  // book has of it, once.
  void CloseAllBatches(TerminalClient* client) {
    std::map<std::string, v1::BatchTotals> totals = book_.OpenTotals();
    for (int i = 0; i < kCityTerminals; ++i) {
      auto entry = std::make_unique<BookEntry>();
      v1::CloseBatchRequest request;
      request.set_request_id(RandomUuid(&prng_));
      request.set_terminal_id(CityTerminal(i));
      *request.mutable_totals() = totals[request.terminal_id()];
      entry->request = request;
      SendNew(entry.get(), client, false);
      EXPECT_EQ(v1::BatchOutcome_Name(entry->batch.outcome()), "BATCH_OUTCOME_IN_BALANCE")
          << entry->batch.ShortDebugString();
      book_.Add(std::move(entry));
    }
  }

  // The server's funds and tables against the client's book.
  void CheckBooks() {
    for (const std::string& contradiction : book_.Contradictions()) {
      ADD_FAILURE() << contradiction;
    }
    const CityOffice office = Office();
    std::map<std::string, FundBalance> balances = book_.Balances();
    for (const auto& [code, budget] : budgets_) {
      const v1::Fund fund = office.GetFund(code);
      const FundBalance& mine = balances[code];
      EXPECT_EQ(fund.budget(), budget) << code;
      EXPECT_EQ(fund.held(), mine.held) << code;
      EXPECT_EQ(fund.spent(), mine.spent) << code;
      EXPECT_EQ(fund.overrun(), 0) << code;  // neither lets advices overrun it
      EXPECT_EQ(fund.left(), fund.budget() - fund.held() - fund.spent()) << code;
      EXPECT_GE(fund.left(), 0) << code << " is overspent";
    }
    // One for each request, and one for each reversal that came first.  In the archive
    // these are not counted.
    const uint64_t requests = book_.entries().size();
    const uint64_t transactions = office.TransactionCount();
    EXPECT_LE(transactions, requests + reversed_first_count_);
    EXPECT_GE(transactions, archives_ ? requests : requests + reversed_first_count_);
  }

  // Nothing more leaves memory; answers the state's hash.
  std::string AwaitRest() const {
    const CityOffice office = Office();
    v1::GetStatusResponse last = office.GetStatus();
    for (int quiet_ms = 0; quiet_ms < kRestMs;) {
      constexpr int kStepMs = 20;
      std::this_thread::sleep_for(std::chrono::milliseconds(kStepMs));
      const v1::GetStatusResponse now = office.GetStatus();
      quiet_ms = now.applied_seq() == last.applied_seq() ? quiet_ms + kStepMs : 0;
      last = now;
    }
    return last.state_hash();
  }

  void VerifyDataFolder() {
    for (const char* const flag : {"--shard=0", "--from-checkpoint"}) {
      const Ran ran = RunProgram(
          {GONGHUI_INSPECT_PROGRAM, "verify", "--data", server_.data_folder().string(), flag});
      EXPECT_EQ(ran.exit_code, 0) << flag << ": " << ran.output;
    }
  }

  void PrintSummary(int starts) const {
    int64_t approved = 0;
    int64_t declined_for_limits = 0;
    int64_t declined_for_funds = 0;
    int64_t advices_borne = 0;
    int64_t refunds_of_lines = 0;
    int64_t closes = 0;
    for (const auto& entry : book_.entries()) {
      approved += entry->is_approved() ? 1 : 0;
      const v1::Reason reason = entry->answer->reason();
      declined_for_limits +=
          reason == v1::REASON_EXCEEDS_FREQUENCY_LIMIT || reason == v1::REASON_EXCEEDS_AMOUNT_LIMIT
              ? 1
              : 0;
      declined_for_funds +=
          reason == v1::REASON_BUDGET_EXHAUSTED || reason == v1::REASON_QUOTA_EXHAUSTED ? 1 : 0;
      advices_borne += entry->answer->acquirer_bears_fen() > 0 ? 1 : 0;
      refunds_of_lines +=
          entry->refund() != nullptr && entry->is_approved() && entry->answer->lines_size() > 0;
      closes += entry->close() != nullptr ? 1 : 0;
    }
    std::printf(
        "%d starts, %zu requests: %zu acknowledged, %zu not (%zu of them had been decided); "
        "%lld approved, %lld beyond a limit, %lld beyond a budget; %lld advices that an "
        "acquirer bears, %lld refunds of lines, %lld closes\n",
        starts,
        book_.entries().size(),
        acknowledged_count_,
        unknown_count_,
        decided_unknown_count_,
        static_cast<long long>(approved),
        static_cast<long long>(declined_for_limits),
        static_cast<long long>(declined_for_funds),
        static_cast<long long>(advices_borne),
        static_cast<long long>(refunds_of_lines),
        static_cast<long long>(closes));
    if (starts < kStartsThatSeeAll) {
      return;
    }
    EXPECT_GT(approved, 0);
    EXPECT_GT(declined_for_limits, 0);
    EXPECT_GT(declined_for_funds, 0);
    EXPECT_GT(advices_borne, 0);
    EXPECT_GT(refunds_of_lines, 0);
    EXPECT_GT(closes, kCityTerminals);
  }

 private:
  // Asked for and repeated, each is what it was.
  void CheckAnswers(const std::vector<BookEntry*>& entries) {
    std::vector<std::thread> readers;
    for (size_t reader = 0; reader < kReaders; ++reader) {
      readers.emplace_back([&, reader] {
        TerminalClient client(server_.ConnectTerminal());
        for (size_t i = reader; i < entries.size(); i += kReaders) {
          const BookEntry& entry = *entries[i];
          v1::Transaction now;
          grpc::Status status = client.Get(entry.terminal_id(), entry.request_id(), &now);
          EXPECT_TRUE(status.ok()) << "LOST: " << status.error_message() << "\n"
                                   << entry.answer->ShortDebugString();
          EXPECT_TRUE(Same(*entry.answer, now)) << Both(*entry.answer, now);
          Answer again;
          status = client.Send(entry, &again);
          EXPECT_TRUE(status.ok()) << status.error_message();
          EXPECT_TRUE(again.replay) << "DOUBLED: " << again.transaction.ShortDebugString();
          EXPECT_TRUE(IsAnswer(entry, again)) << Both(*entry.answer, again.transaction);
          if (::testing::Test::HasFailure()) {
            return;
          }
        }
      });
    }
    for (std::thread& reader : readers) {
      reader.join();
    }
  }

  void Settle(BookEntry* entry, TerminalClient* client) {
    v1::Transaction found;
    const grpc::Status got = client->Get(entry->terminal_id(), entry->request_id(), &found);
    const bool decided = got.ok();
    decided_unknown_count_ += decided ? 1 : 0;
    ASSERT_TRUE(decided || got.error_code() == grpc::StatusCode::NOT_FOUND) << got.error_message();

    // What a terminal does that never heard: sometimes it reverses first, and its
    // original comes late.
    const bool reversed_first = entry->authorize() != nullptr && prng_.Chance(1, 4);
    if (reversed_first) {
      auto reversal = std::make_unique<BookEntry>();
      v1::ReverseRequest request;
      request.set_request_id(RandomUuid(&prng_));
      request.set_terminal_id(entry->terminal_id());
      request.set_original_request_id(entry->request_id());
      request.set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
      reversal->request = request;
      reversal->original = entry;
      const v1::Transaction answer = SendNew(reversal.get(), client, false);
      EXPECT_NE(answer.outcome(), v1::OUTCOME_DECLINED) << answer.ShortDebugString();
      EXPECT_EQ(answer.original_found(), decided) << answer.ShortDebugString();
      reversed_first_count_ += decided ? 0 : 1;
      book_.Add(std::move(reversal));
    }
    const v1::Transaction answer = SendNew(entry, client, decided);
    if (decided) {
      EXPECT_TRUE(Same(found, answer)) << Both(found, answer);
    } else if (reversed_first) {
      EXPECT_EQ(v1::Reason_Name(answer.reason()), "REASON_PREVIOUSLY_REVERSED")
          << answer.ShortDebugString();
    }
    const std::string wrong = WrongInAnswer(*entry, answer);
    EXPECT_EQ(wrong, "");
    // An upload that was lost half-way is sent again, and some terminals make new ids then.
    if (entry->advice() != nullptr) {
      BookEntry renamed;
      v1::Advice advice = *entry->advice();
      advice.mutable_sale()->set_request_id(RandomUuid(&prng_));
      renamed.request = advice;
      Answer again;
      const grpc::Status status = client->Send(renamed, &again);
      ASSERT_TRUE(status.ok()) << status.error_message();
      EXPECT_TRUE(again.replay) << "DOUBLED: " << again.transaction.ShortDebugString();
      EXPECT_TRUE(IsAnswer(*entry, again)) << Both(answer, again.transaction);
    }
  }

  // Sends it twice; keeps the answer.
  v1::Transaction SendNew(BookEntry* entry, TerminalClient* client, bool was_decided) {
    Answer answer;
    Answer again;
    grpc::Status status = client->Send(*entry, &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer.replay, was_decided) << answer.transaction.ShortDebugString();
    entry->answer = answer.transaction;
    entry->batch = answer.batch;
    status = client->Send(*entry, &again);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(again.replay) << again.transaction.ShortDebugString();
    EXPECT_TRUE(IsAnswer(*entry, again)) << Both(answer.transaction, again.transaction);
    return answer.transaction;
  }

  const bool archives_;
  Prng prng_;
  ServerProcess server_;
  Book book_;
  std::map<std::string, int64_t> budgets_;
  size_t first_new_ = 0;  // entries from here on are of the last round
  size_t acknowledged_count_ = 0;
  size_t unknown_count_ = 0;
  size_t decided_unknown_count_ = 0;
  size_t reversed_first_count_ = 0;  // before the server knew of the original
};

void KillAndLook(std::string_view sections) {
  const int kills = static_cast<int>(NumberFromEnvironment("GONGHUI_KILLS", kKillsDefault));
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(Seed()));
  SCOPED_TRACE(absl::StrCat("GONGHUI_SEED=", Seed()));
  Trial trial(Seed(), sections);
  trial.Begin();
  for (int round = 0; round < kills && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("kill ", round + 1, " of ", kills));
    trial.TopUp();
    trial.RunUntil(round, false, [&] { trial.server().Kill(); });
    ASSERT_TRUE(trial.StartServer());
    trial.CheckAndSettle();
  }
  if (::testing::Test::HasFailure()) {
    return;
  }
  // Killed without load: the state is the same to the last bit.
  const std::string hash = trial.AwaitRest();
  trial.server().Kill();
  trial.VerifyDataFolder();
  ASSERT_TRUE(trial.StartServer());
  EXPECT_EQ(trial.Office().GetStatus().state_hash(), hash);
  trial.CheckAll();
  if (!sections.empty()) {
    const v1::ArchiveStatus archive = trial.Office().GetStatus().archive();
    std::printf("%llu transactions in the archive, %llu came back since the last start\n",
                static_cast<unsigned long long>(archive.archived_count()),
                static_cast<unsigned long long>(archive.thawed_count()));
    EXPECT_GT(archive.thawed_count(), 0U);
    EXPECT_TRUE(archive.filter_complete());
  }
  EXPECT_EQ(trial.server().Terminate(), 0);
  trial.VerifyDataFolder();
  trial.PrintSummary(kills + 2);
}

TEST(Kill, NothingAcknowledgedIsLostNothingDoubled) {
  KillAndLook("");
}

TEST(Kill, NothingIsLostOnItsWayIntoTheArchiveAndOut) {
  KillAndLook(kLittleMemory);
}

TEST(Stop, SigtermUnderLoadLosesNoAnswer) {
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(Seed()));
  SCOPED_TRACE(absl::StrCat("GONGHUI_SEED=", Seed()));
  Trial trial(Seed(), kLittleMemory);
  trial.Begin();
  for (int round = 0; round < 3 && !HasFailure(); ++round) {
    trial.TopUp();
    int exit_code = -1;
    trial.RunUntil(round, true, [&] { exit_code = trial.server().Terminate(); });
    EXPECT_EQ(exit_code, 0) << trial.server().LogOfThisStart();
    trial.VerifyDataFolder();
    ASSERT_TRUE(trial.StartServer());
    EXPECT_GE(trial.server().NumberInLog("events_replayed"), 0);
    EXPECT_LE(trial.server().NumberInLog("events_replayed"), kReplayedAfterStopMax)
        << trial.server().LogOfThisStart();
    trial.CheckAndSettle();
  }
  trial.CheckAll();
}

TEST(Stop, SecondSigtermStopsAtOnceAndLosesNoAnswer) {
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(Seed()));
  SCOPED_TRACE(absl::StrCat("GONGHUI_SEED=", Seed()));
  Trial trial(Seed());
  trial.Begin();
  trial.TopUp();
  trial.RunUntil(0, true, [&] {
    trial.server().SendSigterm();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(trial.server().Terminate(), 0);
  });
  ASSERT_TRUE(trial.StartServer());
  trial.CheckAndSettle();
  trial.CheckAll();
}

}  // namespace
}  // namespace gonghui
