// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One simulation while it runs; simulation.h says what it is.
//
//   simulation.cc   the plan, and making a failure small
//   sim_run.cc      the world, its turns, the end
//   sim_clients.cc  terminals, operators and the network between
//   sim_machine.cc  the engine's threads, and how the machine breaks down
//   sim_audit.cc    whether all that happened is there in the end
//   sim_disk.cc     what is durable, sim_oracle.cc: what is right

#ifndef GONGHUI_TESTS_SIMULATION_SIM_RUN_H_
#define GONGHUI_TESTS_SIMULATION_SIM_RUN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/prng.h"
#include "engine/pipeline/engine.h"
#include "tests/model/random_commands.h"
#include "tests/simulation/sim_clock.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_faults.h"
#include "tests/simulation/sim_oracle.h"
#include "tests/simulation/simulation.h"
#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class SimRun final : private Completions {
 public:
  explicit SimRun(const SimPlan& plan);
  ~SimRun() override;

  SimOutcome Run();

 private:
  // Somebody wants something, and asks until there is an answer or it is given up.
  struct Wish {
    OwnedCommand command;
    Priority priority = Priority::kLive;
    bool answered = false;
    bool given_up = false;
    Answer answer;  // the first one that is remembered, or that has come at all
    uint64_t decided_as = 0;
  };
  // On its way to the engine: wishes that are sent together.
  struct Request {
    std::vector<size_t> wishes;
  };
  struct Reply {
    size_t wish = 0;
    Answer answer;
    uint64_t decided_as = 0;  // see SimCall
  };
  // How likely each fault is in this run, once in so many times; 0 = never.
  struct Temper {
    std::array<uint32_t, kSimFaultCount> once_in{};
    uint64_t waiting_max = 1;    // wishes without an answer
    uint64_t bundle_max = 1;     // wishes sent together
    uint64_t looks_once_in = 0;  // turns between comparisons of everything
    bool tables_are_small = false;
    bool all_leaves_in_the_end = false;  // else rest finds transactions in memory, too
  };

  // ---- sim_run.cc ----
  void MakeTemper();
  void BuildWorld();
  void TakeTurn();
  void ComeToRest();
  void LetOldOnesLeave();
  void ComeToNothingDue();
  bool Strikes(SimFault fault);
  void Count(SimFault fault) { ++outcome_.faults[static_cast<size_t>(fault)]; }
  [[nodiscard]] bool ok() const { return oracle_.problem().empty(); }
  template <class... Parts>
  void Trace(const Parts&... parts);

  // ---- sim_clients.cc ----
  void ThinkOfSomething();
  size_t AddWish(const OwnedCommand& command);
  void Send(std::vector<size_t> wishes);
  void DeliverRequest();
  void DeliverReply();
  void LoseRequest();
  void GrowImpatient();
  void GoOffline();
  void ComeOnline();
  void SubmitTo(const Request& request);
  void Receive(const Reply& reply);
  void CompareAnswers(const Reply& reply);
  [[nodiscard]] std::optional<size_t> PickDeliverable();
  [[nodiscard]] bool IsOffline(const Request& request);
  void Complete(Submission* first) override;  // Completions

  // ---- sim_audit.cc ----
  void Audit();
  void AuditFrom(SimDisk* disk, bool journal_alone);
  void CompareArchives(const Ledger& ledger, const Archive& alone);

  // ---- sim_machine.cc ----
  void Step(EngineWorker worker);
  void StepAll();
  void StepSomeWorker();
  void DrawWorkers();
  void MaybeBreakDown();
  void AfterDisk();
  void CheckFailStop(const char* when);
  void StopInOrder();
  void StartAgain(bool faults);
  bool TryStart(bool faults);
  void MaybeDamage();
  void JumpClock();
  [[nodiscard]] EngineOptions MakeOptions();

  const SimPlan& plan_;
  SimOutcome outcome_;
  Prng prng_;
  SimClock clock_;
  SimDisk disk_;
  SimOracle oracle_;
  RandomCommands random_;
  Temper temper_;
  EngineOptions options_;
  std::array<uint32_t, kEngineWorkerCount> worker_weights_{};

  std::unique_ptr<Engine> engine_;
  std::string failed_;            // why the engine stopped by itself
  bool told_unreadable_ = false;  // by the engine, of the archive
  std::map<const Submission*, std::unique_ptr<SimCall>> calls_;

  std::vector<Wish> wishes_;
  std::vector<size_t> waiting_;  // of these, those that are neither answered nor given up
  std::vector<Request> requests_;
  std::vector<Reply> replies_;
  std::map<TerminalId, bool> offline_;  // and whether something has waited for it
  size_t thought_of_ = 0;
  uint64_t last_own_request_ = 0;
  bool building_ = true;
  bool resting_ = false;  // nothing goes wrong any more
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_RUN_H_
