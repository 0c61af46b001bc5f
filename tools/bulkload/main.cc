// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-bulkload: see run.h.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include <absl/status/status.h>

#include "engine/base/clock.h"
#include "tools/bulkload/former_csv.h"
#include "tools/bulkload/run.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::bulkload {
namespace {

constexpr int kNothingLoaded = 1;
constexpr int kUsage = 2;
constexpr int kInterrupted = 130;

volatile std::sig_atomic_t interrupted = 0;

void OnSignal(int /*signal*/) {
  interrupted = 1;
}

int ExitCodeOf(const absl::Status& status) {
  if (absl::IsCancelled(status)) {
    return kInterrupted;
  }
  return absl::IsFailedPrecondition(status) || absl::IsNotFound(status) ? kUsage : kNothingLoaded;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Puts transactions of a former system into the data folder of a stopped server, so that\n"
      "a request that comes again is recognised and an inquiry is answered.  They appear in no\n"
      "account, counter or batch; nothing of them can be captured or refunded.",
      "gonghui-bulkload"};
  app.set_version_flag("--version", "gonghui-bulkload 0.1.0");
  RunOptions options;
  options.zone = std::string(ctl::kDefaultZone);
  app.add_option("--data", options.folder, "the server's data folder")->required();
  app.add_option("--shard", options.shard, "which shard")->capture_default_str();
  CLI::Option* const file = app.add_option("--file", options.file, "CSV file to load");
  app.add_option("--zone", options.zone, "time zone of times in the file that name none")
      ->capture_default_str()
      ->needs(file);
  CLI::Option* const made_up =
      app.add_option("--generate",
                     options.made_up,
                     "instead: so many made-up ones, of the folder's own terminals and cards")
          ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
          ->excludes(file);
  app.add_option("--seed", options.seed, "of these: another seed, other ids")
      ->capture_default_str()
      ->needs(made_up);
  CLI::Option* const sample =
      app.add_option("--print-ids", options.sample_count, "of these: name so many of them ...")
          ->check(CLI::PositiveNumber)
          ->needs(made_up);
  CLI::Option* const sample_file =
      app.add_option("--ids-file", options.sample_file, "... in this file, as --file takes them")
          ->needs(sample);
  sample->needs(sample_file);
  bool quiet = false;
  app.add_flag("--quiet", quiet, "no progress");
  app.footer(FormerColumnsHelp() +
             "\n"
             "Either all of it is loaded or nothing: a row that is wrong, a full disk or an\n"
             "interruption leaves the folder as it was.\n"
             "\n"
             "Examples:\n"
             "  gonghui-bulkload --data /var/lib/gonghui --file ids.csv\n"
             "  gonghui-bulkload --data try/data --generate 1000000 --seed 7\n"
             "\n"
             "Exit codes: 0 loaded, 1 nothing was loaded, 2 wrong usage, or a file or folder that\n"
             "cannot be used (in use, absent, not ours), 130 interrupted: nothing was loaded.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (options.file.empty() && options.made_up == 0) {
    fmt::print(stderr, "gonghui-bulkload: give --file FILE or --generate N\n");
    return kUsage;
  }
  if (!ctl::IsKnownZone(options.zone)) {
    fmt::print(stderr, "gonghui-bulkload: --zone: unknown time zone \"{}\"\n", options.zone);
    return kUsage;
  }
  const bool show = !quiet && ::isatty(STDERR_FILENO) != 0;
  // What is half written is removed, so nothing ends in the middle.
  std::signal(SIGINT, &OnSignal);
  std::signal(SIGTERM, &OnSignal);
  options.load.progress = [show](const char* what, uint64_t count) {
    if (show) {
      fmt::print(stderr, "\r\x1b[K{} {}", ctl::FormatCount(count), what);
    }
    return interrupted == 0;
  };
  const SystemClock& clock = SystemClock::Instance();
  const int64_t begin_ns = clock.MonotonicNs();
  const auto loaded = RunBlocking(options, clock);
  if (show) {
    fmt::print(stderr, "\r\x1b[K");
  }
  if (!loaded.ok()) {
    fmt::print(stderr,
               "gonghui-bulkload: nothing was loaded: {}\n",
               std::string(loaded.status().message()));
    return ExitCodeOf(loaded.status());
  }
  if (!loaded->warning.empty()) {
    fmt::print(stderr, "gonghui-bulkload: warning: {}\n", loaded->warning);
  }
  fmt::print("{}: {} transactions loaded in {}, {} bytes of records, {} bytes of ids\n",
             options.folder,
             ctl::FormatCount(loaded->transactions),
             ctl::FormatDuration(clock.MonotonicNs() - begin_ns),
             ctl::FormatCount(loaded->record_bytes),
             ctl::FormatCount(loaded->id_bytes));
  return 0;
}

}  // namespace
}  // namespace gonghui::bulkload

int main(int argc, char** argv) {
  return gonghui::bulkload::Main(argc, argv);
}
