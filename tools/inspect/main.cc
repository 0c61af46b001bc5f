// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-inspect: looks into the data folder of a stopped server.  It changes
// nothing.
//
// Exit codes: 0 all is well; 1 damage; 2 wrong usage, or a folder that cannot be
// looked into (in use, absent, not ours).

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "tools/inspect/dump.h"
#include "tools/inspect/event_names.h"
#include "tools/inspect/stats.h"
#include "tools/inspect/verify.h"

namespace gonghui {
namespace {

constexpr int kDamage = 1;
constexpr int kUsage = 2;

// Says what went wrong and gives the exit code for it.
int Report(const absl::Status& status) {
  const bool damage = absl::IsDataLoss(status);
  fmt::print(
      stderr, "gonghui-inspect: {}{}\n", damage ? "DAMAGE: " : "", std::string(status.message()));
  return damage ? kDamage : kUsage;
}

// A shard that is not there has no damage, but nobody means to ask for it.
absl::Status CheckShard(const RocksdbStore& store, uint16_t shard) {
  const auto shards = ShardsBlocking(store);
  if (!shards.ok()) {
    return shards.status();
  }
  // Before its first start a folder has none.
  if (shards->empty() ? shard == 0
                      : std::find(shards->begin(), shards->end(), shard) != shards->end()) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      shards->empty() ? fmt::format("data folder {}: no server has run on it", store.folder())
                      : fmt::format("data folder {} has no shard {}, only {}",
                                    store.folder(),
                                    shard,
                                    fmt::join(*shards, ", ")));
}

int Verify(RocksdbStore& store, VerifyOptions options) {
  RocksdbJournal journal(store);
  RocksdbCheckpointStore checkpoints(store);
  const bool tty = ::isatty(STDERR_FILENO) != 0;
  if (tty) {
    options.progress = [](uint64_t seq) { fmt::print(stderr, "\rreplayed to seq {} ", seq); };
  }
  const RocksdbArchive archive(store);
  // First, because it names the file and the place, and reads what no replay does: personal
  // data, drafts, draws.
  if (const absl::Status files = store.VerifyFilesBlocking(); !files.ok()) {
    return Report(files);
  }
  const auto report = VerifyBlocking(journal, checkpoints, archive, options);
  if (tty) {
    fmt::print(stderr, "\r\x1b[K");
  }
  if (!report.ok()) {
    return Report(report.status());
  }
  fmt::print("{}ok\n", report->Text());
  return 0;
}

int Dump(RocksdbStore& store, const DumpOptions& options) {
  RocksdbJournal journal(store);
  const absl::Status dumped = DumpBlocking(journal, options, [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
  });
  return dumped.ok() ? 0 : Report(dumped);
}

int Stats(RocksdbStore& store, uint16_t shard) {
  RocksdbJournal journal(store);
  fmt::print("{}", RenderFolder(store));
  const auto stats = CollectStatsBlocking(journal, shard);
  if (!stats.ok()) {
    return Report(stats.status());
  }
  fmt::print("{}", Render(*stats, shard));
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Looks into the data folder of a stopped Gonghui server; changes nothing.\n"
      "Exit codes: 0 all is well, 1 damage, 2 wrong usage or a folder that cannot be opened.",
      "gonghui-inspect"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "gonghui-inspect 0.1.0");

  std::string folder;
  uint16_t shard = 0;
  const auto add_common = [&](CLI::App* command) {
    command->add_option("--data", folder, "the server's data folder")->required();
    command->add_option("--shard", shard, "which shard (default 0)");
  };

  VerifyOptions verify_options;
  CLI::App* const verify =
      app.add_subcommand("verify",
                         "Checks every block, replays every event and compares every state hash.\n"
                         "Example: gonghui-inspect verify --data /var/lib/gonghui");
  add_common(verify);
  verify->add_flag("--from-checkpoint",
                   verify_options.from_checkpoint,
                   "start from the checkpoint instead of from the first event");

  DumpOptions dump_options;
  std::string kind;
  CLI::App* const dump = app.add_subcommand(
      "dump",
      "Prints events as JSON, one line each.\n"
      "Example: gonghui-inspect dump --data /var/lib/gonghui --from 1000 --kind authorized");
  add_common(dump);
  dump->add_option("--from", dump_options.from_seq, "first sequence (default 1)")
      ->check(CLI::PositiveNumber);
  dump->add_option("--to", dump_options.to_seq, "last sequence (default: the end)");
  dump->add_option("--kind", kind, "only events of this kind, e.g. authorized, reversed, card_set");
  dump->add_flag("--full-cards", dump_options.full_cards, "card numbers with all their digits");

  CLI::App* const stats = app.add_subcommand(
      "stats",
      "Prints sizes, counts and bytes per kind, group sizes and the time range.\n"
      "Example: gonghui-inspect stats --data /var/lib/gonghui");
  add_common(stats);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (dump_options.from_seq > dump_options.to_seq) {
    fmt::print(stderr,
               "gonghui-inspect: --from {} lies behind --to {}\n",
               dump_options.from_seq,
               dump_options.to_seq);
    return kUsage;
  }
  if (!kind.empty()) {
    dump_options.kind = EventKindOf(kind);
    if (!dump_options.kind) {
      std::string known;
      for (const EventKind each : AllEventKinds()) {
        known += fmt::format(" {}", NameOf(each));
      }
      fmt::print(stderr, "gonghui-inspect: there is no kind \"{}\"; kinds:{}\n", kind, known);
      return kUsage;
    }
  }

  RocksdbStoreOptions options;
  options.folder = folder;
  options.read_only = true;
  const auto store = RocksdbStore::OpenBlocking(options);
  if (!store.ok()) {
    return Report(store.status());
  }
  if (const absl::Status status = CheckShard(**store, shard); !status.ok()) {
    return Report(status);
  }
  verify_options.shard = shard;
  dump_options.shard = shard;
  if (verify->parsed()) {
    return Verify(**store, verify_options);
  }
  return dump->parsed() ? Dump(**store, dump_options) : Stats(**store, shard);
}

}  // namespace
}  // namespace gonghui

int main(int argc, char** argv) {
  return gonghui::Main(argc, argv);
}
