// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line of gonghui-load.

#ifndef GONGHUI_TOOLS_LOAD_OPTIONS_H_
#define GONGHUI_TOOLS_LOAD_OPTIONS_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "tools/load/card_picker.h"
#include "tools/load/request.h"
#include "tools/load/workload.h"

namespace gonghui::load {

enum class Mode { kUnary, kStream, kMixed };

// AuthorizeStreamRequest takes no more.
inline constexpr uint32_t kItemsMax = 1024;

struct Options {
  std::string server;
  bool insecure = false;
  std::string tls_ca_file;
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_name;  // expected in the server's certificate; empty = the host

  Mode mode = Mode::kUnary;
  // Requests a second; 0 = closed loop.
  uint32_t rate = 0;
  bool evenly_spaced = false;  // open loop: not Poisson
  // Calls in flight.  Closed loop: kept; open loop: at most.  0 = by mode.
  uint32_t inflight = 0;
  uint32_t stream_inflight = 0;  // messages, over all streams; 0 = by mode
  uint32_t items = 512;
  uint32_t unary_percent = 10;  // open loop, mixed
  uint32_t connections = 2;
  uint32_t threads = 1;
  double duration_s = 10;
  double warmup_s = 1;
  uint32_t deadline_ms = 0;  // 0 = none
  // How long a connection may take to be made, and answers to come after the end: as long as a
  // call may, and not less than this.
  static constexpr int64_t kPatienceMsMin = 10'000;
  [[nodiscard]] int64_t patience_ms() const {
    return std::max<int64_t>(kPatienceMsMin, deadline_ms);
  }
  uint32_t stall_ms = 5;     // calls that wait longer are told as stalls: stalls.h
  uint32_t frame_bytes = 0;  // HTTP/2 frame size; 0 = gRPC's default
  uint64_t seed = 0;

  WorkloadSources sources;
  CardOrder card_order = CardOrder::kUniform;
  RequestMix mix;
  std::string old_ids_file;

  std::string json_file;
  std::string label;
  bool quiet = false;

  [[nodiscard]] bool HasUnary() const { return mode != Mode::kStream; }
  [[nodiscard]] bool HasStream() const { return mode != Mode::kUnary; }
  [[nodiscard]] bool OpenLoop() const { return rate > 0; }
};

// Reads the command line.  Returns the exit code when there is nothing to run
// (help, version, a mistake); everything is printed already then.
std::optional<int> ParseOptions(int argc, char** argv, Options* options);

const char* ModeName(Mode mode);

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_OPTIONS_H_
