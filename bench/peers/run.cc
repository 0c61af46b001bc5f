// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/run.h"

#include <errno.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/prng.h"
#include "engine/base/status_macros.h"

namespace gonghui::peers {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
// A peer that says nothing for so long has failed.
constexpr int64_t kSilenceNsMax = 30 * kNsPerSecond;
constexpr int kPollMs = 100;
// Requests with their answers that a connection remembers, to ask them again.
constexpr size_t kRememberedMax = 256;

int64_t NowNs() {
  return SystemClock::Instance().MonotonicNs();
}

// What a connection asks at the end: what it remembers, then one of them with another price.
enum class Epilogue { kNotYet, kRepeats, kOtherContent };

struct Item {
  Request request;
  // Of a request that was asked before: what it must be answered now.
  std::optional<Answer> again;
};

struct Remembered {
  Request request;
  Answer answer;
};

// A connection and what is under way on it.
struct Lane {
  Lane(std::unique_ptr<Connection> connection_in, const Options& options, uint32_t number_in)
      : number(number_in),
        connection(std::move(connection_in)),
        maker(options.members, options.merchants, options.seed, number),
        prng(Mix64(options.seed ^ (uint64_t{1} << 32)) + number) {}

  const uint32_t number;
  std::unique_ptr<Connection> connection;
  RequestMaker maker;
  Prng prng;  // which are repeats
  std::vector<Item> items;
  std::vector<Request> message;  // those of `items`
  int64_t sent_ns = 0;
  bool busy = false;
  bool resent = false;
  bool wants_to_write = false;
  Epilogue epilogue = Epilogue::kNotYet;
  std::vector<Remembered> remembered;
  size_t remember_next = 0;
};

class Loop {
 public:
  Loop(const Options& options, Peer* peer, const std::function<bool()>& stop)
      : options_(options), peer_(peer), stop_(stop) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    if (epoll_ >= 0) {
      close(epoll_);
    }
  }

  absl::StatusOr<RunResult> Run() {
    GH_ASSIGN_OR_RETURN(result_.settings, peer_->CheckDurable());
    GH_ASSIGN_OR_RETURN(const Books before, peer_->ReadFunds());
    GH_RETURN_IF_ERROR(Connect());
    const int64_t start_ns = NowNs();
    from_ns_ = start_ns + static_cast<int64_t>(options_.warmup_s * kNsPerSecond);
    until_ns_ = from_ns_ + static_cast<int64_t>(options_.duration_s * kNsPerSecond);
    last_answer_ns_ = start_ns;
    for (const auto& lane : lanes_) {
      GH_RETURN_IF_ERROR(Next(lane.get()));
    }
    while (busy_count_ > 0) {
      GH_RETURN_IF_ERROR(Poll());
    }
    result_.window_s =
        static_cast<double>(std::max<int64_t>(0, until_ns_ - from_ns_)) / kNsPerSecond;
    GH_ASSIGN_OR_RETURN(const Books after, peer_->ReadFunds());
    CheckFunds(before, after);
    return std::move(result_);
  }

 private:
  absl::Status Connect() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    GH_CHECK(epoll_ >= 0);
    for (uint32_t number = 0; number < options_.connections; ++number) {
      GH_ASSIGN_OR_RETURN(auto connection, peer_->Connect(number));
      lanes_.push_back(std::make_unique<Lane>(std::move(connection), options_, number));
      epoll_event event{.events = EPOLLIN, .data = {.u32 = number}};
      GH_CHECK_EQ(epoll_ctl(epoll_, EPOLL_CTL_ADD, lanes_.back()->connection->fd(), &event), 0);
    }
    events_.resize(options_.connections);
    return absl::OkStatus();
  }

  absl::Status Poll() {
    const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), kPollMs);
    if (count < 0 && errno != EINTR) {
      return absl::ErrnoToStatus(errno, "epoll_wait");
    }
    for (int i = 0; i < count; ++i) {
      Lane* const lane = lanes_[events_[static_cast<size_t>(i)].data.u32].get();
      if (lane->wants_to_write) {
        GH_RETURN_IF_ERROR(Flush(lane));
      }
      GH_RETURN_IF_ERROR(lane->connection->Receive());
      if (lane->busy && lane->connection->Done()) {
        GH_RETURN_IF_ERROR(Finish(lane));
      }
    }
    const int64_t now_ns = NowNs();
    if (now_ns < until_ns_ && (stop_() || result_.wrong > 0)) {
      result_.interrupted = result_.wrong == 0;
      until_ns_ = now_ns;
    }
    if (now_ns - last_answer_ns_ > kSilenceNsMax) {
      return absl::UnavailableError(
          fmt::format("no answer for {} s", kSilenceNsMax / kNsPerSecond));
    }
    return absl::OkStatus();
  }

  // Sends what comes next on an idle lane: a message, or once the time is over the epilogue.
  absl::Status Next(Lane* lane) {
    lane->items.clear();
    lane->resent = false;
    if (result_.wrong > 0) {
      return absl::OkStatus();
    }
    if (NowNs() < until_ns_) {
      FillMessage(lane);
    } else {
      FillEpilogue(lane);
    }
    if (lane->items.empty()) {
      return absl::OkStatus();
    }
    // In the order of cards, so that two transactions that lock several members' counters lock
    // them in one order.
    std::sort(lane->items.begin(), lane->items.end(), [](const Item& a, const Item& b) {
      return a.request.card < b.request.card;
    });
    lane->message.clear();
    for (const Item& item : lane->items) {
      lane->message.push_back(item.request);
    }
    return Send(lane);
  }

  void FillMessage(Lane* lane) {
    const int64_t wall_ns = SystemClock::Instance().NowNs();
    for (uint32_t i = 0; i < options_.items; ++i) {
      if (!lane->remembered.empty() && lane->prng.Chance(options_.repeat_percent, 100)) {
        Repeat(lane, lane->remembered[lane->prng.Below(lane->remembered.size())]);
      } else {
        lane->maker.Make(wall_ns, &lane->items.emplace_back().request);
      }
    }
  }

  void FillEpilogue(Lane* lane) {
    if (lane->remembered.empty()) {
      return;
    }
    switch (lane->epilogue) {
      case Epilogue::kNotYet: {
        lane->epilogue = Epilogue::kRepeats;
        const size_t count = std::min<size_t>(lane->remembered.size(), options_.items);
        for (size_t i = 0; i < count; ++i) {
          Repeat(lane, lane->remembered[i]);
        }
        return;
      }
      case Epilogue::kRepeats: {
        lane->epilogue = Epilogue::kOtherContent;
        Item& item = lane->items.emplace_back();
        item.request = lane->remembered.front().request;
        ++item.request.amount_fen;
        item.again = Answer{.code = kOtherContent, .replay = true};
        return;
      }
      case Epilogue::kOtherContent:
        return;
    }
  }

  static void Repeat(Lane* lane, const Remembered& entry) {
    const auto same = [&entry](const Item& item) { return item.request.id == entry.request.id; };
    if (std::none_of(lane->items.begin(), lane->items.end(), same)) {
      Answer again = entry.answer;
      again.replay = true;
      lane->items.push_back({entry.request, again});
    }
  }

  absl::Status Send(Lane* lane) {
    lane->sent_ns = NowNs();
    lane->busy = true;
    ++busy_count_;
    GH_RETURN_IF_ERROR(lane->connection->Send(lane->message));
    return Flush(lane);
  }

  absl::Status Flush(Lane* lane) {
    GH_ASSIGN_OR_RETURN(const bool written, lane->connection->Flush());
    if (lane->wants_to_write == written) {
      lane->wants_to_write = !written;
      epoll_event event{.events = EPOLLIN, .data = {.u32 = lane->number}};
      if (!written) {
        event.events |= EPOLLOUT;
      }
      GH_CHECK_EQ(epoll_ctl(epoll_, EPOLL_CTL_MOD, lane->connection->fd(), &event), 0);
    }
    return absl::OkStatus();
  }

  absl::Status Finish(Lane* lane) {
    const int64_t now_ns = NowNs();
    last_answer_ns_ = now_ns;
    lane->busy = false;
    --busy_count_;
    if (lane->connection->MustResend()) {
      ++result_.resent;
      lane->resent = true;
      return Send(lane);
    }
    const std::vector<Answer>& answers = lane->connection->answers();
    if (answers.size() != lane->message.size()) {
      Wrong(fmt::format("{} answers to {} requests", answers.size(), lane->message.size()));
      return absl::OkStatus();
    }
    const bool measured = now_ns >= from_ns_ && now_ns < until_ns_;
    if (measured) {
      ++result_.calls;
      result_.answered += answers.size();
      result_.latency_ns.Record(static_cast<uint64_t>(now_ns - lane->sent_ns), answers.size());
    }
    for (size_t i = 0; i < answers.size(); ++i) {
      if (measured) {
        ++result_.codes[answers[i].code];
      }
      Check(lane, lane->items[i], answers[i]);
    }
    return Next(lane);
  }

  void Check(Lane* lane, const Item& item, const Answer& answer) {
    const Request& request = item.request;
    ++result_.checked;
    if (item.again.has_value()) {
      ++result_.replays;
      if (answer != *item.again) {
        WrongAnswer("asked again, it is answered otherwise", request, answer);
      }
      return;
    }
    std::string_view problem = WrongWith(answer, request, options_.may_run_out);
    // Of a message that was sent again some may have been decided the first time.
    if (problem.empty() && answer.replay && !lane->resent) {
      problem = "a new request is answered as a repeat";
    }
    if (!problem.empty()) {
      WrongAnswer(problem, request, answer);
      return;
    }
    ++result_.decided;
    if (answer.code == kApproved) {
      ++result_.approved;
      result_.approved_fen[FundOf(request.merchant) - 1] += answer.subsidy_fen;
    }
    if (lane->remembered.size() < kRememberedMax) {
      lane->remembered.push_back({request, answer});
    } else {
      lane->remembered[lane->remember_next++ % kRememberedMax] = {request, answer};
    }
  }

  void CheckFunds(const Books& before, const Books& after) {
    if (const std::string problem = WrongWithBooks(after, false); !problem.empty()) {
      Wrong(problem);
    }
    for (size_t i = 0; i < kFundCount; ++i) {
      const int64_t taken_fen = after[i].taken_fen - before[i].taken_fen;
      if (result_.wrong == 0 && taken_fen != result_.approved_fen[i]) {
        Wrong(fmt::format("fund {} lost {} fen, {} were approved (did others ask meanwhile?)",
                          i + 1,
                          taken_fen,
                          result_.approved_fen[i]));
      }
    }
  }

  void WrongAnswer(std::string_view problem, const Request& request, const Answer& answer) {
    Wrong(
        fmt::format("{}\n  request {} card {} merchant {} amount {}\n  answer  code {} pays {} "
                    "subsidy {}{}",
                    problem,
                    request.id_text(),
                    CardNumber(request.card),
                    request.merchant,
                    request.amount_fen,
                    answer.code,
                    answer.member_pays_fen,
                    answer.subsidy_fen,
                    answer.replay ? " (repeat)" : ""));
  }

  void Wrong(std::string problem) {
    if (++result_.wrong == 1) {
      result_.first_wrong = std::move(problem);
    }
  }

  const Options& options_;
  Peer* const peer_;
  const std::function<bool()>& stop_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<epoll_event> events_;
  size_t busy_count_ = 0;
  int64_t from_ns_ = 0;
  int64_t until_ns_ = 0;
  int64_t last_answer_ns_ = 0;
  RunResult result_;
};

}  // namespace

absl::StatusOr<RunResult> RunLoad(const Options& options,
                                  Peer* peer,
                                  const std::function<bool()>& stop) {
  return Loop(options, peer, stop).Run();
}

}  // namespace gonghui::peers
