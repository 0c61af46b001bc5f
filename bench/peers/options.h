// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line of gonghui-peers.

#ifndef GONGHUI_BENCH_PEERS_OPTIONS_H_
#define GONGHUI_BENCH_PEERS_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

namespace gonghui::peers {

enum class PeerKind { kPostgres, kRedis };
enum class Variant { kPlain, kTuned };

enum class Mode {
  kSingle,     // one request a message
  kPipelined,  // several requests a message, each a command of its own
  kBulk,       // several requests in one command
};

// kPipelined, PostgreSQL: a transaction for each request, or one for the message.
enum class Transactions { kEach, kTogether };

// More would be an unusual pipeline; authorize.lua's unpack() takes some 8,000 values.
inline constexpr uint32_t kItemsMax = 2048;

// The day of each request unless another one is told, in days since 1970.  Not the clock's: the
// counters of uses begin anew with a day, and at the end they are compared with all that was
// approved, however long that took and whenever it began.
inline constexpr uint32_t kDay = 20'000;

struct Options {
  PeerKind peer = PeerKind::kPostgres;
  std::string server;   // PostgreSQL: a conninfo string; Redis: a path, or host:port
  std::string scripts;  // Redis: folder of authorize.lua and audit.lua
  Variant variant = Variant::kTuned;
  Mode mode = Mode::kSingle;
  Transactions transactions = Transactions::kTogether;
  uint32_t connections = 32;
  uint32_t items = 64;  // requests a message; 1 with kSingle
  uint32_t members = 1'000'000;
  uint32_t merchants = 5'000;
  uint32_t slots = 128;  // of a fund in the tuned variant, as authorize.sql was told
  uint32_t day = kDay;
  uint32_t repeat_percent = 0;
  bool may_run_out = false;
  double duration_s = 5;
  double warmup_s = 1;
  uint64_t seed = 0;
  bool audit = false;
  std::string json_file;
  std::string label;
  bool quiet = false;
};

// Reads the command line.  Returns the exit code when there is nothing to run
// (help, a mistake); everything is printed already then.
std::optional<int> ParseOptions(int argc, char** argv, Options* options);

const char* PeerName(PeerKind peer);
const char* VariantName(Variant variant);
const char* ModeName(Mode mode);
const char* TransactionsName(Transactions transactions);

}  // namespace gonghui::peers

#endif  // GONGHUI_BENCH_PEERS_OPTIONS_H_
