// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/stored_city.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "engine/base/check.h"

namespace gonghui {
namespace {

constexpr size_t kCommandsMax = 4'096;  // a few hundred kilobytes of a block

// Keeps commands, with what they point to, until there are many.
class Importer {
 public:
  explicit Importer(Engine& engine) : engine_(engine) {}

  void Add(const Command& command) {
    Command copy = command;
    if (command.kind == CommandKind::kSetMember) {
      copy.member = &members_.emplace_back(*command.member);
    } else if (command.kind == CommandKind::kSetCard) {
      copy.card = &cards_.emplace_back(*command.card);
    } else if (command.kind == CommandKind::kSetMerchant) {
      copy.merchant = &merchants_.emplace_back(*command.merchant);
    } else if (command.kind == CommandKind::kSetTerminal) {
      copy.terminal_setting = &terminals_.emplace_back(*command.terminal_setting);
    } else {
      // A union node, funds, the programme: few.  What they point to is there until this returns.
      Run();
      commands_.push_back(command);
      Run();
      return;
    }
    commands_.push_back(copy);
    if (commands_.size() >= kCommandsMax) {
      Run();
    }
  }

  void Run() {
    if (commands_.empty()) {
      return;
    }
    results_.resize(commands_.size());
    const absl::Status status = engine_.RunBlocking(commands_, results_);
    GH_CHECK(status.ok(), std::string(status.message()));
    for (size_t i = 0; i < results_.size(); ++i) {
      GH_CHECK(results_[i].verdict == Verdict::kDecided,
               "kind=",
               commands_[i].kind,
               " verdict=",
               results_[i].verdict,
               " field=",
               results_[i].field);
    }
    commands_.clear();
    members_.clear();
    cards_.clear();
    merchants_.clear();
    terminals_.clear();
  }

 private:
  Engine& engine_;
  std::vector<Command> commands_;
  std::vector<Result> results_;
  // Deques, because commands point into them.
  std::deque<MemberRequest> members_;
  std::deque<CardRequest> cards_;
  std::deque<MerchantRequest> merchants_;
  std::deque<TerminalRequest> terminals_;
};

}  // namespace

void StoreCity(const CityOptions& options, Engine& engine) {
  Importer importer(engine);
  BuildCity(options, [&importer](const Command& command) { importer.Add(command); });
  importer.Run();
}

void StoreSales(const CityOptions& options, uint64_t count, Prng& prng, Engine& engine) {
  std::vector<Command> commands;
  std::vector<Result> results;
  for (uint64_t left = count; left > 0; left -= commands.size()) {
    commands.clear();
    commands.resize(static_cast<size_t>(std::min<uint64_t>(left, kCommandsMax)));
    std::generate(commands.begin(), commands.end(), [&] { return RandomSale(options, prng); });
    results.resize(commands.size());
    const absl::Status status = engine.RunBlocking(commands, results);
    GH_CHECK(status.ok(), std::string(status.message()));
    for (const Result& result : results) {
      GH_CHECK(
          result.transaction.outcome == Outcome::kApproved, "reason=", result.transaction.reason);
    }
  }
}

}  // namespace gonghui
