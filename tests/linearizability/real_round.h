// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One round of a plan against a real server: its clients' threads, what befalls them
// meanwhile, and the history that they write.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_REAL_ROUND_H_
#define GONGHUI_TESTS_LINEARIZABILITY_REAL_ROUND_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/linearizability/city.h"
#include "tests/linearizability/history.h"
#include "tests/linearizability/plan.h"
#include "tests/linearizability/till.h"
#include "tests/recovery/server_process.h"

namespace gonghui::lin {

enum class Fault : uint8_t {
  kNone,
  kCut,   // connections are broken in the middle of calls
  kKill,  // kill -9 in the middle of calls, and another start
};

// What was lost, and to what.
struct Losses {
  int64_t late = 0;         // the client stopped waiting
  int64_t cut = 0;          // the connection broke
  int64_t killed = 0;       // the server was gone
  int64_t refused = 0;      // of no consequence
  int64_t connections = 0;  // that were broken
};

// The server and its clients' connections.  Main thread only.
class Shop {
 public:
  Shop();

  // False = it does not start.
  bool Start();
  void Kill();

  // Runs all steps; `fault` comes when `after` of them have been begun.  Then asks, with
  // one client, what plan.h says; all of that is answered.
  History Run(const Plan& plan, const RoundNames& names, Fault fault, int64_t after);
  // One question outside of a round.
  Reply Ask(const RoundNames& names, const Request& request);
  void SetBudget(const RoundNames& names, int64_t budget_fen);
  void Build();

  [[nodiscard]] const Losses& losses() const { return losses_; }
  // What must not be; empty = nothing was.
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

 private:
  struct Leg;

  void RunLeg(Leg* leg, Fault fault, int64_t after);
  void RunClient(Leg* leg, size_t client);
  void AskLast(const Plan& plan, const RoundNames& names, History* history);
  void AskUntilAnswered(const RoundNames& names, const Request& request, History* history);

  ServerProcess server_;
  std::array<std::unique_ptr<Till>, kClients + 1> tills_;  // the last is of what comes last
  Losses losses_;
  std::vector<std::string> failures_;
};

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_REAL_ROUND_H_
