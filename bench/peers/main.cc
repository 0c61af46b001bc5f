// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-peers: the load on PostgreSQL and Redis, every answer checked.

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "bench/peers/books.h"
#include "bench/peers/city.h"
#include "bench/peers/options.h"
#include "bench/peers/peer.h"
#include "bench/peers/run.h"
#include "tools/load/json_text.h"

namespace gonghui::peers {
namespace {

// Told by --help; scripts rely on them.
enum Exit : int { kOk = 0, kWrong = 1, kUsage = 2, kPeerFailed = 6, kInterrupted = 130 };

// A peer that refuses everything must not look fast.  Of fewer decisions than these nothing can
// be told: some cards and merchants are blocked.
constexpr double kApprovedShareMin = 0.8;
constexpr uint64_t kJudgedCountMin = 100;

volatile sig_atomic_t g_stop = 0;

void OnSignal(int /*signal*/) {
  g_stop = 1;
}

uint64_t ApprovedCount(const RunResult& result) {
  const auto found = result.codes.find(kApproved);
  return found == result.codes.end() ? 0 : found->second;
}

double RatePerSecond(const RunResult& result) {
  return result.window_s > 0 ? static_cast<double>(result.answered) / result.window_s : 0;
}

// The fields that gonghui-load has too are named as there.
std::string Json(const Options& options, const RunResult& result) {
  std::string codes;
  for (const auto& [code, count] : result.codes) {
    codes += fmt::format(R"({}"{}": {})", codes.empty() ? "" : ", ", code, count);
  }
  return fmt::format(
      "{{\"label\": \"{}\", \"peer\": \"{}\", \"settings\": \"{}\", \"variant\": \"{}\", "
      "\"mode\": \"{}\", \"transactions\": \"{}\", \"connections\": {}, \"items\": {}, "
      "\"seed\": {}, \"window_s\": {:.3f}, \"rate_per_s\": {:.1f},\n "
      "{},\n "
      "\"answered\": {}, \"calls\": {}, \"approved\": {}, \"declined\": {}, \"codes\": {{{}}},\n "
      "\"checked\": {}, \"replayed\": {}, \"resent\": {}, \"wrong\": {}}}\n",
      load::Escaped(options.label),
      PeerName(options.peer),
      load::Escaped(result.settings),
      VariantName(options.variant),
      ModeName(options.mode),
      TransactionsName(options.transactions),
      options.connections,
      options.items,
      options.seed,
      result.window_s,
      RatePerSecond(result),
      load::LatencyJson(result.latency_ns),
      result.answered,
      result.calls,
      ApprovedCount(result),
      result.answered - ApprovedCount(result),
      codes,
      result.checked,
      result.replays,
      result.resent,
      result.wrong);
}

bool WriteFile(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return false;
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

int Failed(const absl::Status& status) {
  std::fprintf(stderr, "gonghui-peers: %s\n", std::string(status.message()).c_str());
  return status.code() == absl::StatusCode::kInvalidArgument ||
                 status.code() == absl::StatusCode::kFailedPrecondition
             ? kUsage
             : kPeerFailed;
}

int WrongBooks(const std::string& problem) {
  std::fprintf(stderr, "gonghui-peers: WRONG BOOKS: %s\n", problem.c_str());
  return kWrong;
}

int Audit(const Options& options, Peer* peer) {
  const absl::StatusOr<Books> books = peer->ReadEverything();
  if (!books.ok()) {
    return Failed(books.status());
  }
  if (const std::string problem = WrongWithBooks(*books, true); !problem.empty()) {
    return WrongBooks(problem);
  }
  FundBooks sum;
  for (const FundBooks& fund : *books) {
    sum.taken_fen += fund.taken_fen;
    sum.approved += fund.approved;
  }
  if (!options.quiet) {
    fmt::print("{} approved, {} fen taken from {} funds: the books are right\n",
               sum.approved,
               sum.taken_fen,
               kFundCount);
  }
  return kOk;
}

int Main(int argc, char** argv) {
  Options options;
  if (const std::optional<int> exit = ParseOptions(argc, argv, &options)) {
    return *exit;
  }
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  absl::StatusOr<std::unique_ptr<Peer>> peer =
      options.peer == PeerKind::kPostgres ? OpenPostgres(options) : OpenRedis(options);
  if (!peer.ok()) {
    return Failed(peer.status());
  }
  if (options.audit) {
    return Audit(options, peer->get());
  }
  const absl::StatusOr<RunResult> result =
      RunLoad(options, peer->get(), [] { return g_stop != 0; });
  if (!result.ok()) {
    return Failed(result.status());
  }
  if (!options.json_file.empty() && !WriteFile(options.json_file, Json(options, *result))) {
    std::fprintf(stderr, "gonghui-peers: cannot write %s\n", options.json_file.c_str());
    return kUsage;
  }
  if (!options.quiet) {
    std::fputs(Json(options, *result).c_str(), stdout);
  }
  if (result->wrong > 0) {
    std::fprintf(stderr, "gonghui-peers: WRONG ANSWER: %s\n", result->first_wrong.c_str());
    return kWrong;
  }
  if (result->interrupted) {
    return kInterrupted;
  }
  if (!options.may_run_out && result->decided >= kJudgedCountMin &&
      static_cast<double>(result->approved) <
          kApprovedShareMin * static_cast<double>(result->decided)) {
    std::fprintf(stderr, "gonghui-peers: WRONG ANSWER: too few were approved\n");
    return kWrong;
  }
  return kOk;
}

}  // namespace
}  // namespace gonghui::peers

int main(int argc, char** argv) {
  return gonghui::peers::Main(argc, argv);
}
