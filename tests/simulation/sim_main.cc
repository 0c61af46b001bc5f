// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-sim: seeds of the simulation (simulation.h), on all cores.  tools/sim builds and runs
// it.  Exits 0 when all is well, 1 when a seed has a problem, 2 for a usage error.

#include <fmt/format.h>
#include <malloc.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "engine/base/clock.h"
#include "tests/simulation/last_words.h"
#include "tests/simulation/simulation.h"

namespace gonghui {
namespace {

struct Options {
  uint64_t seeds = 0;  // 0 = until the time is over
  double seconds = 0;
  uint64_t first_seed = 0;
  size_t commands = SimPlan{}.commands;
  uint32_t faults = SimFaults::All().bits();
  std::string left_out;
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1u);
  double smaller_seconds = 30;
  bool rush = false;
  bool trace = false;
  size_t trace_lines = 80;
};

// Of a seed with --rush.
constexpr size_t kRushCommands = 400'000;

// "3,7-9"; false when it is something else.
bool ParseLeftOut(const std::string& text, std::set<size_t>* left_out) {
  const std::vector<std::string> parts = absl::StrSplit(text, ',', absl::SkipEmpty());
  for (const std::string& part : parts) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    size_t first = 0;
    size_t last = 0;
    if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &first) ||
        !absl::SimpleAtoi(ends.back(), &last)) {
      return false;
    }
    for (size_t i = first; i <= last; ++i) {
      left_out->insert(i);
    }
  }
  return true;
}

void Print(const SimSum& sum, double seconds, unsigned jobs) {
  fmt::print(
      "{} seeds, {} operations, {} starts, in {:.1f} s on {} cores: {:.0f} operations a "
      "second and core\nfaults:{}\n",
      sum.seeds,
      sum.operations,
      sum.starts,
      seconds,
      jobs,
      static_cast<double>(sum.operations) / seconds / jobs,
      TextOf(sum.faults));
}

void PrintTrace(SimPlan plan, size_t lines) {
  std::vector<std::string> trace;
  plan.trace = &trace;
  const SimOutcome outcome = Simulate(plan);
  const size_t from = trace.size() - std::min(trace.size(), lines);
  for (size_t i = from; i < trace.size(); ++i) {
    fmt::print("  {}\n", trace[i]);
  }
  fmt::print("{}\n", outcome.problem.empty() ? "no problem" : outcome.problem);
}

void ReportProblem(const SimPlan& plan, const SimOutcome& outcome, const Options& options) {
  fmt::print("seed {}: {}\nReplay: tools/sim {}\n", plan.seed, outcome.problem, ReplayText(plan));
  if (options.smaller_seconds <= 0) {
    return;
  }
  std::fflush(stdout);
  const SimPlan smaller = MakeSmaller(plan, options.smaller_seconds);
  if (plan.rush) {
    fmt::print("Made smaller, {} of {} deeds are left: {}\nReplay: tools/sim {}\n",
               smaller.commands,
               plan.commands,
               Simulate(smaller).problem,
               ReplayText(smaller));
    return;
  }
  fmt::print("Made smaller, {} of {} commands are left; the end of what happens:\n",
             smaller.commands - smaller.left_out.size(),
             plan.commands);
  PrintTrace(smaller, options.trace_lines);
  fmt::print("Replay: tools/sim {}\n", ReplayText(smaller));
}

// Every start of an engine takes large blocks of memory and gives them back.  Kept, they need
// not be mapped and cleared by the kernel each time.
void KeepMemory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // as large as it may be
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
}

// One process a core, not one thread: each start of an engine maps and unmaps its tables, and
// threads would wait for each other's.
bool RunEvery(const Options& options, const SimPlan& first, unsigned job, SimSum* sum) {
  const Clock& clock = SystemClock::Instance();
  const int64_t end_ns = clock.MonotonicNs() + static_cast<int64_t>(options.seconds * 1e9);
  for (uint64_t turn = job; options.seeds > 0 ? turn < options.seeds : clock.MonotonicNs() < end_ns;
       turn += options.jobs) {
    SimPlan plan = first;
    plan.seed = first.seed + turn;
    PrepareLastWords(plan);
    const SimOutcome outcome = Simulate(plan);
    sum->Add(outcome);
    if (!outcome.problem.empty()) {
      ReportProblem(plan, outcome, options);
      return false;
    }
  }
  return true;
}

// A process that runs every so manieth seed, and what it came to.
struct Job {
  pid_t pid = 0;
  int sum_fd = -1;
};

Job StartJob(const Options& options, const SimPlan& first, unsigned job) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    std::perror("sim: pipe");
    std::exit(2);
  }
  const pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    SimSum sum;
    const bool well = RunEvery(options, first, job, &sum);
    std::fflush(stdout);
    const bool told = write(ends[1], &sum, sizeof(sum)) == static_cast<ssize_t>(sizeof(sum));
    _exit(well && told ? 0 : 1);
  }
  close(ends[1]);
  if (pid < 0) {
    std::perror("sim: fork");
    std::exit(2);
  }
  return {pid, ends[0]};
}

int RunSeeds(const Options& options, const SimPlan& first) {
  const Clock& clock = SystemClock::Instance();
  const int64_t begin_ns = clock.MonotonicNs();
  std::vector<Job> jobs;
  for (unsigned i = 0; i < options.jobs; ++i) {
    jobs.push_back(StartJob(options, first, i));
  }
  SimSum sum;
  bool failed = false;
  for (size_t left = jobs.size(); left > 0; --left) {
    int status = 0;
    const pid_t pid = wait(&status);
    failed |= status != 0;
    for (const Job& job : jobs) {
      SimSum part;
      if (job.pid == pid &&
          read(job.sum_fd, &part, sizeof(part)) == static_cast<ssize_t>(sizeof(part))) {
        sum.Add(part);
      } else if (failed && job.pid != pid) {
        kill(job.pid, SIGTERM);  // what it would find is another day's
      }
    }
  }
  Print(sum, static_cast<double>(clock.MonotonicNs() - begin_ns) / 1e9, options.jobs);
  return failed ? 1 : 0;
}

int Main(int argc, char** argv) {
  Options options;
  std::random_device device;
  options.first_seed = device();
  CLI::App app("Simulates the whole engine with everything that can go wrong.");
  app.add_option("--seeds", options.seeds, "how many seeds");
  app.add_option("--seconds", options.seconds, "or how long")->excludes("--seeds");
  CLI::Option* const seed = app.add_option(
      "--seed", options.first_seed, "the first seed (random); alone: that seed only");
  CLI::Option* const commands =
      app.add_option("--commands", options.commands, "that are thought of in each seed");
  app.add_flag("--rush", options.rush, "many operations, one programme; see rush.h");
  app.add_option("--faults", options.faults, "which kinds may strike, a bit each");
  app.add_option("--leave-out", options.left_out, "commands that are never sent: 3,7-9");
  app.add_option("--jobs", options.jobs, "processes")->check(CLI::Range(1, 1024));
  app.add_option("--smaller-seconds", options.smaller_seconds, "to make a failure small");
  app.add_option("--trace-lines", options.trace_lines, "of a failure");
  app.add_flag("--trace", options.trace, "print all that happens in --seed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  SimPlan plan;
  plan.seed = options.first_seed;
  plan.rush = options.rush;
  plan.commands = options.rush && commands->count() == 0 ? kRushCommands : options.commands;
  plan.faults = SimFaults::OfBits(options.faults);
  if (!ParseLeftOut(options.left_out, &plan.left_out)) {
    fmt::print(stderr, "--leave-out {}: wants numbers and ranges, as 3,7-9\n", options.left_out);
    return 2;
  }
  if (options.rush && (options.trace || !plan.left_out.empty())) {
    fmt::print(stderr,
               "{} is of the first simulation: a rush is too long to be told, and is made smaller "
               "with --commands and --faults\n",
               options.trace ? "--trace" : "--leave-out");
    return 2;
  }
  KeepMemory();
  InstallLastWords();
  if (options.trace) {
    PrepareLastWords(plan);
    PrintTrace(plan, SIZE_MAX);
    return 0;
  }
  if (options.seeds == 0 && options.seconds == 0) {
    options.seeds = seed->count() > 0 ? 1 : 1'000;
  }
  if (options.seeds == 1) {
    options.jobs = 1;
  }
  fmt::print("seeds from {} on, {} commands each\n", plan.seed, plan.commands);
  std::fflush(stdout);
  return RunSeeds(options, plan);
}

}  // namespace
}  // namespace gonghui

int main(int argc, char** argv) {
  return gonghui::Main(argc, argv);
}
