// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-load: load for AuthorizationService, every answer checked.

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "tools/load/client.h"
#include "tools/load/options.h"
#include "tools/load/report.h"
#include "tools/load/run_state.h"
#include "tools/load/workload.h"

namespace gonghui::load {
namespace {

// Told by --help; scripts rely on them.
enum Exit : int {
  kOk = 0,
  kWrongAnswer = 1,
  kUsage = 2,
  kSomeFailed = 3,
  kUnreachable = 6,
  kInterrupted = 130
};

constexpr double kNsPerSecond = 1e9;

// Waits until `until_ns`, or for SIGINT or SIGTERM; true for a signal.
bool WaitForSignal(const sigset_t& signals, int64_t until_ns) {
  while (true) {
    const int64_t left_ns = until_ns - RunState::NowNs();
    if (left_ns <= 0) {
      return false;
    }
    const timespec timeout{left_ns / 1'000'000'000, left_ns % 1'000'000'000};
    if (sigtimedwait(&signals, nullptr, &timeout) > 0) {
      return true;
    }
  }
}

Stats Everything(const LoadClient& client) {
  Stats stats = client.UnaryStats();
  stats.Merge(client.StreamStats());
  return stats;
}

// What happened between two snapshots, as far as the progress line shows it.
Stats Since(const Stats& before, Stats now) {
  now.latency_ns.Subtract(before.latency_ns);
  now.answered -= before.answered;
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    now.outcomes[i] -= before.outcomes[i];
  }
  for (size_t i = 0; i < kGrpcCodeCount; ++i) {
    now.errors[i] -= before.errors[i];
  }
  return now;
}

// Shows the progress until the window ends; true when a signal ended it.
bool Watch(const sigset_t& signals, bool show, LoadClient* client) {
  constexpr int64_t kTickNs = 1'000'000'000;
  const int64_t start_ns = RunState::NowNs();
  Stats before;
  int64_t before_ns = client->measure_from_ns();
  for (int64_t tick_ns = start_ns + kTickNs;; tick_ns += kTickNs) {
    while (RunState::NowNs() < std::min(tick_ns, client->measure_until_ns())) {
      // Short waits: a wrong answer may end the window at any time.
      constexpr int64_t kStepNs = 100'000'000;
      if (WaitForSignal(signals, std::min(tick_ns, RunState::NowNs() + kStepNs))) {
        client->Stop();
        return true;
      }
    }
    const int64_t now_ns = RunState::NowNs();
    if (now_ns >= client->measure_until_ns()) {
      break;
    }
    if (show) {
      const bool warming_up = now_ns <= client->measure_from_ns();
      Stats now = Everything(*client);
      const std::string line = ProgressLine(static_cast<double>(now_ns - start_ns) / kNsPerSecond,
                                            warming_up,
                                            static_cast<double>(now_ns - before_ns) / kNsPerSecond,
                                            Since(before, now));
      std::fprintf(stderr, "\r\033[K%s", line.c_str());
      if (!warming_up) {
        before = std::move(now);
        before_ns = now_ns;
      }
    }
  }
  return false;
}

bool WriteFile(const std::string& path, const std::string& text) {
  FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return false;
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

int Main(int argc, char** argv) {
  Options options;
  if (const std::optional<int> exit = ParseOptions(argc, argv, &options)) {
    return *exit;
  }
  // Blocked before any thread starts, so that only Watch() sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const absl::StatusOr<Workload> workload = Workload::Load(options.sources);
  if (!workload.ok()) {
    std::fprintf(stderr, "gonghui-load: %s\n", std::string(workload.status().message()).c_str());
    return kUsage;
  }
  if (!options.old_ids_file.empty()) {
    auto old_ids = OldIds::Load(options.old_ids_file, *workload);
    if (!old_ids.ok()) {
      std::fprintf(stderr, "gonghui-load: %s\n", std::string(old_ids.status().message()).c_str());
      return kUsage;
    }
    options.mix.old_ids = *std::move(old_ids);
  }
  if (const absl::Status status = CheckMix(options.mix, *workload); !status.ok()) {
    std::fprintf(stderr, "gonghui-load: %s\n", std::string(status.message()).c_str());
    return kUsage;
  }
  LoadClient client(options, *workload);
  if (const absl::Status status = client.Connect(); !status.ok()) {
    std::fprintf(stderr, "gonghui-load: %s\n", std::string(status.message()).c_str());
    return status.code() == absl::StatusCode::kUnavailable ? kUnreachable : kUsage;
  }
  const bool show = !options.quiet && isatty(STDERR_FILENO) != 0;
  client.Start();
  const bool interrupted = Watch(signals, show, &client);
  client.Join();
  if (show) {
    std::fprintf(stderr, "\r\033[K");
  }

  RunResult result(client.AllStalls());
  result.window_s = std::max(
      0.0,
      static_cast<double>(client.measure_until_ns() - client.measure_from_ns()) / kNsPerSecond);
  result.from_ns = client.measure_from_ns();
  result.unsent = client.UnsentCount();
  result.checked = client.CheckedCount();
  result.failed = client.FailedCount();
  result.wrong = client.WrongCount();
  result.unary = client.UnaryStats();
  result.stream = client.StreamStats();
  if (!options.quiet) {
    std::fputs(SummaryTable(options, result).c_str(), stdout);
  }
  if (!options.json_file.empty() && !WriteFile(options.json_file, SummaryJson(options, result))) {
    std::fprintf(stderr, "gonghui-load: cannot write %s\n", options.json_file.c_str());
    return kUsage;
  }
  if (result.wrong > 0) {
    return kWrongAnswer;
  }
  if (result.failed > 0) {
    // Also with --quiet: the exit code alone does not say why.
    std::fprintf(stderr,
                 "gonghui-load: %s requests failed; was the server there all the time?\n",
                 WithCommas(result.failed).c_str());
  }
  if (interrupted) {
    return kInterrupted;
  }
  if (result.checked == 0) {
    return kUnreachable;
  }
  return result.failed > 0 ? kSomeFailed : kOk;
}

}  // namespace
}  // namespace gonghui::load

int main(int argc, char** argv) {
  // As gonghuid does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return gonghui::load::Main(argc, argv);
}
