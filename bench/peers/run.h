// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A closed loop over all connections on one thread: each has one message under way.  One thread,
// because the peer needs the cores more than the client does.

#ifndef GONGHUI_BENCH_PEERS_RUN_H_
#define GONGHUI_BENCH_PEERS_RUN_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <absl/status/statusor.h>

#include "bench/peers/options.h"
#include "bench/peers/peer.h"
#include "tools/load/histogram.h"

namespace gonghui::peers {

struct RunResult {
  std::string settings;  // of the peer
  double window_s = 0;
  // Within the window.
  load::Histogram latency_ns;  // of each request: its message, from sending to its last answer
  uint64_t answered = 0;
  uint64_t calls = 0;
  std::map<int32_t, uint64_t> codes;
  // All of the run.
  uint64_t checked = 0;
  uint64_t decided = 0;  // of these, the first answers
  uint64_t approved = 0;
  uint64_t replays = 0;
  uint64_t resent = 0;  // messages
  uint64_t wrong = 0;
  std::string first_wrong;
  // What was approved for the first time, by fund.
  std::array<int64_t, kFundCount> approved_fen{};
  bool interrupted = false;
};

// `stop` is asked now and then; once true, the run ends early.
absl::StatusOr<RunResult> RunLoad(const Options& options,
                                  Peer* peer,
                                  const std::function<bool()>& stop);

}  // namespace gonghui::peers

#endif  // GONGHUI_BENCH_PEERS_RUN_H_
