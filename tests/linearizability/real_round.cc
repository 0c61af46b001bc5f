// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/real_round.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/clock.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

constexpr int64_t kPatienceUs = 20'000'000;
// About as long as an answer takes, so that some come and some do not.
constexpr int64_t kImpatienceUsMin = 100;
constexpr int64_t kImpatienceUsMax = 2'500;
constexpr int kLastTries = 5;

int64_t NowNs() {
  return SystemClock::Instance().MonotonicNs();
}

// Breaks the TCP connections of this process, without a goodbye; the number of them.
// Nothing but its tills speaks TCP.  gRPC reaches 127.0.0.1 by sockets of IPv6.
int64_t BreakConnections() {
  int64_t broken = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::atoi(entry.path().filename().c_str());
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        (peer.ss_family == AF_INET || peer.ss_family == AF_INET6) &&
        ::shutdown(fd, SHUT_RDWR) == 0) {
      ++broken;
    }
  }
  return broken;
}

}  // namespace

// From a start to the end of the steps, or to a kill.
struct Shop::Leg {
  Leg(const Plan& of_plan, const RoundNames& of_names) : plan(of_plan), names(of_names) {}

  const Plan& plan;
  const RoundNames& names;
  std::array<size_t, kClients> next{};  // step, by client; goes on in the next leg
  std::array<History, kClients> histories;
  std::array<Losses, kClients> losses;
  std::array<std::vector<std::string>, kClients> failures;
  std::atomic<int64_t> begun{0};
  std::atomic<int> running{0};
  std::atomic<bool> dying{false};
};

Shop::Shop() = default;

bool Shop::Start() {
  const absl::Status status = server_.Start();
  if (!status.ok()) {
    failures_.push_back(status.ToString());
    return false;
  }
  for (std::unique_ptr<Till>& till : tills_) {
    till = std::make_unique<Till>(server_);
  }
  return true;
}

void Shop::Kill() {
  server_.Kill();
}

void Shop::Build() {
  BuildCity(server_.ConnectOperator());
}

void Shop::SetBudget(const RoundNames& names, int64_t budget_fen) {
  lin::SetBudget(server_.ConnectOperator(), names, budget_fen);
}

Reply Shop::Ask(const RoundNames& names, const Request& request) {
  return tills_.back()->Ask(names, request, kPatienceUs);
}

void Shop::RunClient(Leg* leg, size_t client) {
  const std::vector<Step>& steps = leg->plan.steps[client];
  Losses& losses = leg->losses[client];
  for (size_t& at = leg->next[client]; at < steps.size();) {
    const Step& step = steps[at++];
    leg->begun.fetch_add(1, std::memory_order_relaxed);
    Operation operation;
    operation.client = static_cast<uint16_t>(client);
    operation.request = step.request;
    // Of the plan, as far as it can be.
    const int64_t impatience_us =
        kImpatienceUsMin + (step.request.amount_fen * 61 + static_cast<int64_t>(at) * 337) %
                               (kImpatienceUsMax - kImpatienceUsMin);
    operation.call_ns = NowNs();
    const Reply reply =
        tills_[client]->Ask(leg->names, step.request, step.impatient ? impatience_us : kPatienceUs);
    const int64_t return_ns = NowNs();
    switch (reply.heard) {
      case Heard::kAnswer:
        operation.answer = reply.answer;
        operation.seq = reply.seq;
        operation.return_ns = return_ns;
        break;
      case Heard::kRefusal:
        ++losses.refused;
        continue;
      case Heard::kTooLate:
        ++losses.late;
        break;
      case Heard::kNoConnection:
        ++(leg->dying ? losses.killed : losses.cut);
        break;
      case Heard::kNonsense:
        leg->failures[client].push_back(
            absl::StrCat(TextOf(step.request), " was answered: ", reply.words));
        break;
    }
    leg->histories[client].push_back(operation);
    if (reply.heard == Heard::kNoConnection) {
      if (leg->dying) {
        return;
      }
      tills_[client] = std::make_unique<Till>(server_);
    }
  }
}

void Shop::RunLeg(Leg* leg, Fault fault, int64_t after) {
  std::vector<std::thread> threads;
  leg->running = kClients;
  for (size_t client = 0; client < kClients; ++client) {
    threads.emplace_back([this, leg, client] {
      RunClient(leg, client);
      --leg->running;
    });
  }
  if (fault != Fault::kNone) {
    while (leg->begun < after && leg->running > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    if (fault == Fault::kCut) {
      losses_.connections += BreakConnections();
    } else {
      leg->dying = true;
      server_.Kill();
    }
  }
  const int64_t gone_ns = NowNs();
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (fault == Fault::kKill) {
    // What a dead server has not done it does no more.
    for (History& history : leg->histories) {
      for (Operation& operation : history) {
        if (!operation.answer.has_value()) {
          operation.return_ns = std::max(operation.call_ns, gone_ns);
        }
      }
    }
  }
}

History Shop::Run(const Plan& plan, const RoundNames& names, Fault fault, int64_t after) {
  Leg leg(plan, names);
  RunLeg(&leg, fault, after);
  if (fault == Fault::kKill) {
    if (!Start()) {
      return {};
    }
    leg.dying = false;
    RunLeg(&leg, Fault::kNone, 0);
  }
  History history;
  for (size_t client = 0; client < kClients; ++client) {
    history.insert(history.end(), leg.histories[client].begin(), leg.histories[client].end());
    losses_.late += leg.losses[client].late;
    losses_.cut += leg.losses[client].cut;
    losses_.killed += leg.losses[client].killed;
    losses_.refused += leg.losses[client].refused;
    failures_.insert(failures_.end(), leg.failures[client].begin(), leg.failures[client].end());
  }
  AskLast(plan, names, &history);
  return history;
}

void Shop::AskLast(const Plan& plan, const RoundNames& names, History* history) {
  for (const Request& request : LastInquiries(plan)) {
    AskUntilAnswered(names, request, history);
  }
  for (const Request& request : Unsettled(plan, *history)) {
    AskUntilAnswered(names, request, history);
  }
  for (const Request& request : LastLooks(plan)) {
    AskUntilAnswered(names, request, history);
  }
}

void Shop::AskUntilAnswered(const RoundNames& names, const Request& request, History* history) {
  std::string words;
  for (int i = 0; i < kLastTries; ++i) {
    Operation operation;
    operation.client = kClients;
    operation.request = request;
    operation.call_ns = NowNs();
    const Reply reply = Ask(names, request);
    if (reply.heard == Heard::kAnswer) {
      operation.answer = reply.answer;
      operation.seq = reply.seq;
      operation.return_ns = NowNs();
      history->push_back(operation);
      return;
    }
    words = reply.words;
    if (reply.heard == Heard::kNonsense) {
      break;
    }
    history->push_back(operation);
    tills_.back() = std::make_unique<Till>(server_);  // it may have been cut with the others
  }
  failures_.push_back(absl::StrCat(TextOf(request), " got no answer in the end: ", words));
}

}  // namespace gonghui::lin
