// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The run of gonghui-peers against a peer in memory that can be told to answer wrongly: what it
// does then must not go unnoticed.

#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/peers/books.h"
#include "bench/peers/city.h"
#include "bench/peers/options.h"
#include "bench/peers/peer.h"
#include "bench/peers/run.h"

namespace gonghui::peers {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What one peer in memory holds.
struct Store {
  std::map<std::string, std::pair<Request, Answer>> authorizations;
  Books books;
  // Changes a first answer after it was decided, and a later one.
  std::function<void(Answer*)> spoil_first = [](Answer*) {};
  std::function<void(Answer*)> spoil_repeat = [](Answer*) {};
  // Fen that a fund loses beside what is approved.
  int64_t lost_fen = 0;
  // Every so many messages fail and want to be sent again.
  int resend_every = 0;
  bool answers_missing = false;
  bool durable = true;
  int messages = 0;

  Answer Decide(const Request& request) {
    const std::string id(request.id_text());
    if (const auto found = authorizations.find(id); found != authorizations.end()) {
      const auto& [before, answer] = found->second;
      const bool same = before.card == request.card && before.merchant == request.merchant &&
                        before.amount_fen == request.amount_fen;
      Answer again = same ? answer : Answer{.code = kOtherContent};
      again.replay = true;
      spoil_repeat(&again);
      return again;
    }
    Answer answer = Expected(request);
    spoil_first(&answer);
    authorizations[id] = {request, answer};
    if (answer.code == kApproved) {
      books[FundOf(request.merchant) - 1].taken_fen += answer.subsidy_fen;
    }
    books[0].taken_fen += lost_fen;
    return answer;
  }
};

class MemoryConnection final : public Connection {
 public:
  explicit MemoryConnection(Store* store) : store_(store), fd_(eventfd(1, 0)) {}
  ~MemoryConnection() override { close(fd_); }

  [[nodiscard]] int fd() const override { return fd_; }  // can always be read
  absl::Status Send(std::span<const Request> requests) override {
    answers_.clear();
    ++store_->messages;
    must_resend_ = store_->resend_every > 0 && store_->messages % store_->resend_every == 0;
    for (const Request& request : requests) {
      answers_.push_back(store_->Decide(request));
      if (must_resend_) {
        break;  // decided in part
      }
    }
    if (store_->answers_missing) {
      answers_.pop_back();
    }
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Flush() override { return true; }
  absl::Status Receive() override { return absl::OkStatus(); }
  [[nodiscard]] bool Done() const override { return true; }
  [[nodiscard]] bool MustResend() const override { return must_resend_; }
  [[nodiscard]] const std::vector<Answer>& answers() const override { return answers_; }

 private:
  Store* const store_;
  const int fd_;
  bool must_resend_ = false;
  std::vector<Answer> answers_;
};

class MemoryPeer final : public Peer {
 public:
  explicit MemoryPeer(Store* store) : store_(store) {}

  absl::StatusOr<std::string> CheckDurable() override {
    if (!store_->durable) {
      return absl::FailedPreconditionError("not durable");
    }
    return std::string("memory");
  }
  absl::StatusOr<std::unique_ptr<Connection>> Connect(uint32_t /*number*/) override {
    return std::make_unique<MemoryConnection>(store_);
  }
  absl::StatusOr<Books> ReadFunds() override { return store_->books; }
  absl::StatusOr<Books> ReadEverything() override { return store_->books; }

 private:
  Store* const store_;
};

class PeersRunTest : public ::testing::Test {
 protected:
  PeersRunTest() {
    options_.connections = 3;
    options_.items = 8;
    options_.mode = Mode::kPipelined;
    options_.members = 1'000;
    options_.merchants = 100;
    options_.duration_s = 0.05;
    options_.warmup_s = 0.01;
    options_.seed = 20220801;
    for (FundBooks& fund : store_.books) {
      fund.budget_fen = int64_t{1} << 50;
    }
  }

  RunResult MustRun() {
    MemoryPeer peer(&store_);
    absl::StatusOr<RunResult> result = RunLoad(options_, &peer, [] { return false; });
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : RunResult();
  }

  Options options_;
  Store store_;
};

TEST_F(PeersRunTest, CountsWhatARightPeerAnswers) {
  options_.repeat_percent = 20;
  const RunResult result = MustRun();
  EXPECT_EQ(result.wrong, 0U) << result.first_wrong;
  EXPECT_GT(result.answered, 0U);
  EXPECT_GE(result.checked, result.answered);
  EXPECT_GT(result.replays, 0U);
  EXPECT_EQ(result.latency_ns.count(), result.answered);
  // A lost card in a hundred, a suspended member in two hundred, a closed shop in a hundred.
  EXPECT_GT(result.codes.at(kApproved), result.answered * 9 / 10);
  EXPECT_GT(result.codes.at(kInvalidCard), 0U);
  EXPECT_GT(result.codes.at(kInvalidMerchant), 0U);
}

TEST_F(PeersRunTest, WithoutRepeatsEachConnectionAsksAgainAtTheEnd) {
  const RunResult result = MustRun();
  EXPECT_EQ(result.wrong, 0U) << result.first_wrong;
  // A message of repeats and one request with another price.
  EXPECT_EQ(result.replays, options_.connections * (options_.items + 1));
}

TEST_F(PeersRunTest, SendsAgainWhatADeadlockUndidInPart) {
  store_.resend_every = 7;
  const RunResult result = MustRun();
  EXPECT_EQ(result.wrong, 0U) << result.first_wrong;
  EXPECT_GT(result.resent, 0U);
}

TEST_F(PeersRunTest, SeesAWrongShare) {
  store_.spoil_first = [](Answer* answer) { ++answer->subsidy_fen; };
  const RunResult result = MustRun();
  EXPECT_GT(result.wrong, 0U);
  EXPECT_THAT(result.first_wrong, Not(IsEmpty()));
}

TEST_F(PeersRunTest, SeesSharesThatAddUpButAreNotTheBestRules) {
  store_.spoil_first = [](Answer* answer) {
    if (answer->code == kApproved) {
      ++answer->subsidy_fen;
      --answer->member_pays_fen;
    }
  };
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("best rule"));
}

TEST_F(PeersRunTest, SeesANewRequestAnsweredAsARepeat) {
  store_.spoil_first = [](Answer* answer) { answer->replay = true; };
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("as a repeat"));
}

TEST_F(PeersRunTest, SeesARepeatDecidedAnew) {
  store_.spoil_repeat = [](Answer* answer) { answer->replay = false; };
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("asked again"));
}

TEST_F(PeersRunTest, SeesOtherContentThatIsNotRefused) {
  store_.spoil_repeat = [](Answer* answer) {
    if (answer->code == kOtherContent) {
      answer->code = kApproved;
    }
  };
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("asked again"));
}

TEST_F(PeersRunTest, SeesAFundThatLosesMoreThanWasApproved) {
  store_.lost_fen = 1;
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("fund 1 lost"));
}

TEST_F(PeersRunTest, SeesAnOverspentFund) {
  store_.books[4].budget_fen = 1;
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("fund 5 is overspent"));
}

TEST_F(PeersRunTest, SeesAMissingAnswer) {
  store_.answers_missing = true;
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("7 answers to 8 requests"));
}

TEST_F(PeersRunTest, AnExhaustedFundIsWrongUnlessItMayBe) {
  store_.spoil_first = [](Answer* answer) {
    if (answer->code == kApproved) {
      *answer = {.code = kFundExhausted};
    }
  };
  EXPECT_THAT(MustRun().first_wrong, HasSubstr("another code"));
  options_.may_run_out = true;
  ++options_.seed;  // within the same millisecond the same seed makes the same ids
  const RunResult result = MustRun();
  EXPECT_EQ(result.wrong, 0U) << result.first_wrong;
}

TEST_F(PeersRunTest, DoesNotMeasureAPeerThatIsNotDurable) {
  store_.durable = false;
  MemoryPeer peer(&store_);
  EXPECT_EQ(RunLoad(options_, &peer, [] { return false; }).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(PeersRunTest, EndsWhenToldTo) {
  options_.duration_s = 3'600;
  MemoryPeer peer(&store_);
  const absl::StatusOr<RunResult> result = RunLoad(options_, &peer, [] { return true; });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->interrupted);
}

TEST(PeersBooksTest, SaysWhichFundDisagreesWithWhatIsStored) {
  Books books;
  for (FundBooks& fund : books) {
    fund = {.budget_fen = 100, .taken_fen = 60, .authorized_fen = 60, .approved = 3, .uses = 3};
  }
  EXPECT_THAT(WrongWithBooks(books, true), IsEmpty());
  books[2].authorized_fen = 59;
  EXPECT_THAT(WrongWithBooks(books, false), IsEmpty());
  EXPECT_THAT(WrongWithBooks(books, true), HasSubstr("fund 3"));
  books[2].authorized_fen = 60;
  books[7].uses = 4;
  EXPECT_THAT(WrongWithBooks(books, true), HasSubstr("fund 8: 3 approved, 4 counted"));
  books[0].taken_fen = 101;
  EXPECT_THAT(WrongWithBooks(books, false), HasSubstr("fund 1 is overspent"));
}

TEST(PeersCityTest, PricesByTheBestRule) {
  Request request;
  request.merchant = 8;
  const auto subsidy = [&request](uint32_t card, int64_t amount_fen) {
    request.card = card;
    request.amount_fen = amount_fen;
    return Expected(request).subsidy_fen;
  };
  EXPECT_EQ(subsidy(2, 999), 199);      // everybody: 20 %, rounded down
  EXPECT_EQ(subsidy(2, 10'000), 2000);  // at most 20 yuan
  EXPECT_EQ(subsidy(23, 999), 399);     // a model worker: 40 %
  EXPECT_EQ(subsidy(23, 9'000), 3000);  // at most 30 yuan
  EXPECT_EQ(subsidy(1, 999), 499);      // new forms of employment: 50 %
  EXPECT_EQ(subsidy(1, 9'000), 1800);   // at most 15 yuan, which 20 % is better than
  EXPECT_EQ(subsidy(13, 2'000), 1000);  // both: the better one
  EXPECT_EQ(subsidy(13, 4'000), 1600);
}

TEST(PeersCityTest, MakesDistinctIdsOfVersionSevenThatBeginWithTheTime) {
  constexpr int64_t kNowNs = 1'660'000'000'123'456'789;
  std::set<std::string> ids;
  for (uint64_t stream = 0; stream < 4; ++stream) {
    RequestMaker maker(1'000, 100, 7, stream);
    for (int i = 0; i < 1'000; ++i) {
      Request request;
      maker.Make(kNowNs, &request);
      EXPECT_TRUE(request.card >= 1 && request.card <= 1'000) << request.card;
      EXPECT_TRUE(request.merchant >= 1 && request.merchant <= 100) << request.merchant;
      const std::string id(request.id_text());
      EXPECT_EQ(id.substr(0, 15), "01827fb5-d87b-7") << id;
      EXPECT_THAT("89ab", HasSubstr(id.substr(19, 1))) << id;
      ids.insert(id);
    }
  }
  EXPECT_EQ(ids.size(), 4'000U);
}

}  // namespace
}  // namespace gonghui::peers
