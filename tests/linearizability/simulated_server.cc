// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/simulated_server.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "tests/linearizability/model.h"

namespace gonghui::lin {
namespace {

constexpr int64_t kTickNs = 1'000;
constexpr int kTicksMax = 1'000'000;
constexpr int kCrashesMax = 2;
constexpr uint64_t kSnapshotAge = 6;  // decisions; of a stale read

// The server's memory, and what the disk has of it.
struct State {
  Model model;
  std::vector<uint64_t> seqs;  // by request; 0 = not decided
  uint64_t next_seq = 1;
  uint64_t version = 0;  // rises with every decision
};

enum class Stage : uint8_t { kSent, kArrived, kDecided };

struct Call {
  size_t operation = 0;  // in the history
  Stage stage = Stage::kSent;
  bool impatient = false;
  bool abandoned = false;     // nobody waits for it any more
  std::optional<State> seen;  // when it arrived
  Answer answer;
  uint64_t seq = 0;
  uint64_t version = 0;  // that has to be durable before it is answered
};

class Simulator {
 public:
  Simulator(Theme theme, Bug bug, uint64_t seed)
      : bug_(bug),
        prng_(seed),
        plan_(MakePlan(theme, &prng_)),
        live_{Model(plan_.world), std::vector<uint64_t>(plan_.requests.size())},
        durable_(live_),
        snapshot_(live_),
        next_step_(plan_.steps.size()),
        busy_(plan_.steps.size()) {}

  SimulatedRound Run() {
    while (!AllAnswered()) {
      Tick(true);
    }
    for (const std::vector<Request>& requests :
         {LastInquiries(plan_), Unsettled(plan_, history_), LastLooks(plan_)}) {
      for (const Request& request : requests) {
        Ask(request);
      }
    }
    return {std::move(plan_), std::move(history_), crashes_};
  }

 private:
  [[nodiscard]] bool AllAnswered() const {
    for (size_t client = 0; client < busy_.size(); ++client) {
      if (busy_[client] || next_step_[client] < plan_.steps[client].size()) {
        return false;
      }
    }
    return true;
  }

  void Start(size_t client, const Request& request, bool impatient) {
    Operation operation;
    operation.client = static_cast<uint16_t>(client);
    operation.request = request;
    operation.call_ns = now_ns_;
    Call call;
    call.operation = history_.size();
    call.impatient = impatient;
    history_.push_back(operation);
    calls_.push_back(std::move(call));
  }

  // One call to its answer; those that were abandoned go on beside it.
  void Ask(const Request& request) {
    const size_t operation = history_.size();
    Start(plan_.steps.size(), request, false);
    while (!history_[operation].answer.has_value()) {
      Tick(false);
    }
  }

  void Tick(bool may_fail) {
    GH_CHECK_LT(++ticks_, kTicksMax);
    now_ns_ += kTickNs;
    if (may_fail && crashes_ < kCrashesMax && prng_.Chance(1, 150)) {
      return Crash();
    }
    const uint64_t what = prng_.Below(8);
    if (what == 0) {
      durable_ = live_;
    } else if (what <= 3 && may_fail) {
      const size_t client = prng_.Below(plan_.steps.size());
      if (!busy_[client] && next_step_[client] < plan_.steps[client].size()) {
        const Step& step = plan_.steps[client][next_step_[client]++];
        busy_[client] = true;
        Start(client, step.request, step.impatient);
      }
    } else if (!calls_.empty()) {
      const size_t at = prng_.Below(calls_.size());
      if (Advance(&calls_[at], may_fail)) {
        calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  }

  // True when the call is over.
  bool Advance(Call* call, bool may_fail) {
    if (may_fail && call->impatient && !call->abandoned && prng_.Chance(1, 3)) {
      Release(call);
    }
    const bool read = IsRead(history_[call->operation].request.kind);
    switch (call->stage) {
      case Stage::kSent:
        call->seen = live_;
        call->stage = Stage::kArrived;
        if (bug_ == Bug::kAnsweredTooEarly && !call->abandoned && !read) {
          State ahead = live_;
          Decide(&ahead, call);
          Reply(call);
        }
        return false;
      case Stage::kArrived:
        Decide(&live_, call);
        call->stage = Stage::kDecided;
        if (live_.version > snapshot_.version + kSnapshotAge) {
          snapshot_ = live_;
        }
        return false;
      case Stage::kDecided:
        break;
    }
    const bool waits = bug_ != Bug::kAcknowledgedTooSoon && (bug_ != Bug::kDirtyRead || !read);
    if (waits && durable_.version < call->version) {
      return false;
    }
    if (!call->abandoned) {
      if (may_fail && prng_.Chance(1, 12)) {
        Release(call);  // the answer is lost on its way
      } else {
        Reply(call);
      }
    }
    return true;
  }

  // Its client knows nothing, and goes on.
  void Release(Call* call) {
    call->abandoned = true;
    const size_t client = history_[call->operation].client;
    if (client < busy_.size()) {
      busy_[client] = false;
    }
  }

  void Reply(Call* call) {
    Operation& operation = history_[call->operation];
    operation.answer = call->answer;
    operation.seq = call->seq;
    operation.return_ns = now_ns_;
    Release(call);
  }

  void Crash() {
    ++crashes_;
    for (Call& call : calls_) {
      Release(&call);
      call.stage = Stage::kSent;
    }
    for (Operation& operation : history_) {
      if (!operation.answer.has_value()) {
        operation.return_ns = std::min(operation.return_ns, now_ns_);
      }
    }
    if (bug_ != Bug::kDecidedAfterCrash) {
      calls_.clear();
    }
    live_ = snapshot_ = durable_;
  }

  void Decide(State* state, Call* call) {
    const Request& request = history_[call->operation].request;
    if (IsRead(request.kind)) {
      Model model = bug_ == Bug::kStaleRead ? snapshot_.model : state->model;
      call->answer = model.Apply(request);
      call->seq =
          request.kind == Kind::kInquire && call->answer.found ? state->seqs[request.id] : 0;
      call->version = state->version;
      return;
    }
    if (bug_ == Bug::kLostUpdate) {
      state->model = call->seen->model;
    }
    Plant(request, &state->model);
    const bool repeat = state->model.records[request.id].decided;
    const World world = state->model.world;
    const std::vector<Uses> uses = state->model.uses;
    Loosen(request, call->seen->model, &state->model.world);
    call->answer = state->model.Apply(request);
    state->model.world.uses_max = world.uses_max;
    state->model.world.budget_fen = world.budget_fen;
    if (bug_ == Bug::kUseNotReturned && request.kind == Kind::kReverse) {
      state->model.uses = uses;
    }
    if (bug_ == Bug::kAnswerChanges && repeat) {
      Request inquiry = request;
      inquiry.kind = Kind::kInquire;
      const Answer standing = state->model.Apply(inquiry);
      call->answer.list_fen = standing.list_fen;
      call->answer.subsidy_fen = standing.subsidy_fen;
    }
    if (!repeat) {
      state->seqs[request.id] = state->next_seq++;
    }
    call->seq = state->seqs[request.id];
    call->version = ++state->version;
  }

  // What goes wrong before a decision.
  void Plant(const Request& request, Model* model) const {
    Record& record = model->records[request.id];
    Record& original = model->records[request.original];
    if (bug_ == Bug::kDedupSkipped && record.decided) {
      record = Record{};
    }
    if (bug_ == Bug::kTombstoneIgnored && request.kind == Kind::kAuthorize) {
      record.tombstone = false;
    }
    if (bug_ == Bug::kReversedTwice && request.kind == Kind::kReverse && !record.decided &&
        original.standing == Standing::kReversed) {
      original.standing = original.sale ? Standing::kCaptured : Standing::kPending;
    }
  }

  // What goes wrong in a decision: whoever was within the limit when it came is not asked
  // again.
  void Loosen(const Request& request, Model seen, World* world) const {
    if (request.kind != Kind::kAuthorize) {
      return;
    }
    const bool races = bug_ == Bug::kLimitRace || bug_ == Bug::kBudgetRace;
    const bool passed = races && seen.Apply(request).approved;
    if (world->uses_max != 0 &&
        (bug_ == Bug::kLimitOffByOne || (passed && bug_ == Bug::kLimitRace))) {
      world->uses_max += bug_ == Bug::kLimitOffByOne ? 1 : 1'000;
    }
    if (world->budget_fen != 0 && passed && bug_ == Bug::kBudgetRace) {
      world->budget_fen += 1'000'000;
    }
  }

  const Bug bug_;
  Prng prng_;
  Plan plan_;
  State live_;
  State durable_;
  State snapshot_;
  std::vector<size_t> next_step_;  // by client
  std::vector<bool> busy_;
  std::vector<Call> calls_;
  History history_;
  int64_t now_ns_ = 0;
  int ticks_ = 0;
  int crashes_ = 0;
};

}  // namespace

const char* NameOf(Bug bug) {
  switch (bug) {
    case Bug::kNone:
      return "none";
    case Bug::kStaleRead:
      return "stale read";
    case Bug::kDirtyRead:
      return "dirty read";
    case Bug::kDedupSkipped:
      return "a repeat is decided anew";
    case Bug::kAnswerChanges:
      return "a repeat is answered differently";
    case Bug::kLimitRace:
      return "limit checked, then taken";
    case Bug::kBudgetRace:
      return "budget checked, then taken";
    case Bug::kLimitOffByOne:
      return "limit off by one";
    case Bug::kAcknowledgedTooSoon:
      return "acknowledged before it is durable";
    case Bug::kLostUpdate:
      return "lost update";
    case Bug::kReversedTwice:
      return "reversed twice";
    case Bug::kTombstoneIgnored:
      return "tombstone ignored";
    case Bug::kUseNotReturned:
      return "use not returned";
    case Bug::kDecidedAfterCrash:
      return "decided after the crash";
    case Bug::kAnsweredTooEarly:
      return "answered before it is applied";
  }
  return "?";
}

SimulatedRound Simulate(Theme theme, Bug bug, uint64_t seed) {
  return Simulator(theme, bug, seed).Run();
}

}  // namespace gonghui::lin
