// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuid: joins the engine, its storage and the servers, in this order: what can be
// wrong without them is looked at, the database is locked before a port is opened
// for good, and the ledger is recovered before anybody is answered.  At the end the
// other way round.

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/synchronization/mutex.h>

#include "engine/base/clock.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/engine.h"
#include "engine/server/config.h"
#include "engine/server/grpc_log.h"
#include "engine/server/housekeeping.h"
#include "engine/server/log.h"
#include "engine/server/personal_data.h"
#include "engine/server/preflight.h"
#include "engine/server/protobuf_log.h"
#include "engine/server/server.h"
#include "engine/server/table_watch.h"
#include "storage/draw_store.h"
#include "storage/open_files.h"
#include "storage/programme_sources.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "storage/vault.h"

namespace gonghui {
namespace {

uint64_t MachineMemoryBytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGE_SIZE);
  return pages > 0 && page_bytes > 0
             ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes)
             : 0;
}

constexpr int64_t kDrainMarginMs = 30'000;  // for the last checkpoint

struct Flags {
  std::string config_file;
  std::string vault_key_to_make;
  bool check_config = false;
  bool print_default_config = false;
  bool insecure_dev = false;
  bool recover_point_in_time = false;
};

// The vault as the operators' services know it.
class VaultAdapter final : public PersonalDataStore {
 public:
  explicit VaultAdapter(Vault* vault) : vault_(vault) {}

  absl::Status PutBlocking(std::span<const Entry> entries) override {
    std::vector<PersonalEntry> records;
    records.reserve(entries.size());
    for (const Entry& entry : entries) {
      records.push_back(
          {entry.member,
           PersonalRecord(entry.data.name, entry.data.national_id, entry.data.phone)});
    }
    const absl::Status status = vault_->PutBlocking(records);
    if (!status.ok()) {
      LogError("the vault could not be written", {{"why", status.ToString()}});
    }
    return status;
  }

  absl::StatusOr<std::optional<PersonalData>> GetBlocking(MemberRow member) override {
    const absl::StatusOr<std::optional<PersonalRecord>> record = vault_->GetBlocking(member);
    if (!record.ok()) {
      LogError("a record of the vault could not be read",
               {{"member_row", member.value()}, {"why", record.status().ToString()}});
      return record.status();
    }
    if (!record->has_value()) {
      return std::optional<PersonalData>();
    }
    const PersonalRecord& found = **record;
    return std::optional<PersonalData>(PersonalData{found.name, found.national_id, found.phone});
  }

 private:
  Vault* const vault_;
};

LogLevel LogLevelOf(const std::string& name) {
  if (name == "debug") {
    return LogLevel::kDebug;
  }
  if (name == "warn") {
    return LogLevel::kWarn;
  }
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

// An answer that could not be made durable must not be given, and nobody knows
// what the disk holds: the process ends here, and recovery finds out.
[[noreturn]] void FailStop(std::string_view what, std::string_view why) {
  LogError(what, {{"why", why}});
  std::abort();
}

absl::StatusOr<std::unique_ptr<Vault>> OpenVault(RocksdbStore& store,
                                                 uint16_t shard,
                                                 const std::string& key_file,
                                                 bool insecure_dev) {
  struct stat facts {};
  if (insecure_dev && ::stat(key_file.c_str(), &facts) != 0 && errno == ENOENT) {
    // Only a folder that has never had one: another key would be of no use, and would
    // hide that the right one is missing.
    GH_ASSIGN_OR_RETURN(const bool has_key, Vault::HasKeyBlocking(store, shard));
    if (!has_key) {
      GH_RETURN_IF_ERROR(GenerateKeyFile(key_file));
      LogWarn("made a key for the vault", {{"file", key_file}});
    }
  }
  return Vault::OpenBlocking(store, shard, key_file);
}

// A new folder is made private; one that an operator made may not be.
void WarnOfWideFolder(const std::string& folder) {
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0) {
    LogWarn("others may use the data folder, which holds card numbers; chmod it to 0700",
            {{"folder", folder}, {"mode", absl::StrFormat("%04o", facts.st_mode & 07777)}});
  }
}

absl::Status Serve(const Config& config, const Flags& flags) {
  const Clock& clock = SystemClock::Instance();
  if (flags.insecure_dev) {
    LogWarn("INSECURE: --insecure-dev is on; whoever connects is believed to be who it says");
  }
  ServerOptions server_options;
  server_options.config = config;
  server_options.insecure_dev = flags.insecure_dev;
  server_options.version = GONGHUI_VERSION;
  server_options.store_files_max = TableFilesMax();
  // Before recovery, which may take minutes.
  GH_RETURN_IF_ERROR(Server::CheckBlocking(server_options, clock));
  RocksdbStoreOptions store_options;
  store_options.folder = config.data.dir;
  store_options.recover_point_in_time = flags.recover_point_in_time;
  // Once so much is in memory RocksDB flushes it, and begins another log.
  store_options.spare_log_bytes_max = store_options.write_buffer_bytes;
  store_options.on_background_error = [](std::string_view what) {
    FailStop("the database failed in the background", what);
  };
  store_options.on_cut_end = [](std::string_view what) {
    LogWarn("cut off an end of the database's log", {{"what", what}});
  };
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<RocksdbStore> store,
                      RocksdbStore::OpenBlocking(std::move(store_options)));
  WarnOfWideFolder(config.data.dir);
  EngineOptions engine_options = ToEngineOptions(config);
  engine_options.memory_reserve_bytes_max =
      std::min(engine_options.memory_reserve_bytes_max, MachineMemoryBytes() / 8);
  engine_options.fail_stop = [](const std::string& why) { FailStop("the storage failed", why); };
  engine_options.archive_unreadable = [](const std::string& why) {
    LogError("a request names what can not be read back from the archive", {{"why", why}});
  };
  GH_ASSIGN_OR_RETURN(
      const std::unique_ptr<Vault> vault,
      OpenVault(*store, engine_options.shard, config.vault.key_file, flags.insecure_dev));
  RocksdbJournal journal(*store);
  RocksdbCheckpointStore checkpoints(*store);
  RocksdbArchive archive(*store);
  VaultAdapter personal_data(vault.get());
  RocksdbProgrammeSources programme_sources(*store, engine_options.shard);
  RocksdbDrawStore draws(*store, engine_options.shard, *vault);

  GH_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                      Engine::Start(engine_options, clock, journal, &checkpoints, &archive));
  const RecoveryReport& recovery = engine->recovery();
  LogInfo("recovered",
          {{"summary", recovery.Summary()},
           {"last_seq", recovery.last_seq},
           {"events_replayed", recovery.events_replayed},
           {"load_ms", recovery.load_ns / 1'000'000},
           {"replay_ms", recovery.replay_ns / 1'000'000}});

  GH_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server,
                      Server::Start(server_options,
                                    engine.get(),
                                    {&personal_data, &programme_sources, &draws, &journal},
                                    clock));
  TableWatch table_watch(engine.get());
  RunUntilSignal(
      [&] {
        LogInfo("ready",
                {{"terminals", server->terminals_address()},
                 {"operators", server->operators_address()},
                 {"version", GONGHUI_VERSION}});
      },
      [&] {
        server->Drain(config.shutdown.lame_duck_ms, config.shutdown.grace_ms);
        table_watch.Stop();
        engine->Stop();
        server->Join();
      },
      config.shutdown.lame_duck_ms + config.shutdown.grace_ms + kDrainMarginMs);
  const EngineStats stats = engine->stats();
  LogInfo("stopped", {{"applied_seq", stats.applied_seq}, {"durable_seq", stats.durable_seq}});
  return absl::OkStatus();
}

// Only for --check-config: a start lets the vault judge, which knows whether the
// folder has a key.
absl::Status CheckVaultKey(const Config& config, bool insecure_dev) {
  const std::string& key_file = config.vault.key_file;
  struct stat facts {};
  if (::stat(key_file.c_str(), &facts) == 0 || errno != ENOENT) {
    return Vault::CheckKeyFile(config.data.dir, key_file);
  }
  if (::stat((config.data.dir + "/CURRENT").c_str(), &facts) == 0) {
    return absl::FailedPreconditionError(absl::StrCat("vault key file ",
                                                      key_file,
                                                      " does not exist, but data folder ",
                                                      config.data.dir,
                                                      " is not new: put the old key back"));
  }
  return insecure_dev ? absl::OkStatus()  // one is made at the start
                      : absl::FailedPreconditionError(absl::StrCat(
                            "vault key file ",
                            key_file,
                            " does not exist; make one: gonghuid --generate-vault-key ",
                            key_file));
}

// What is wrong around a configuration that is right in itself.
std::vector<ConfigError> ErrorsAround(const ConfigOutcome& outcome, const Flags& flags) {
  std::vector<ConfigError> errors = CheckSurroundingsBlocking(outcome);
  const auto add = [&](std::string_view path, const absl::Status& status) {
    if (!status.ok()) {
      errors.push_back(outcome.ErrorAt(path, std::string(status.message())));
    }
  };
  add("data.dir", RocksdbStore::CheckFolderBlocking(outcome.config.data.dir));
  if (flags.check_config) {
    add("vault.key_file", CheckVaultKey(outcome.config, flags.insecure_dev));
  }
  std::stable_sort(errors.begin(), errors.end(), [](const ConfigError& a, const ConfigError& b) {
    return a.line < b.line;
  });
  return errors;
}

// Exit code, or nothing when all is well.
std::optional<int> LoadConfig(const Flags& flags, Config* config) {
  std::string text;
  if (!flags.config_file.empty()) {
    std::ifstream file(flags.config_file, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file) {
      std::fprintf(stderr, "gonghuid: cannot read %s\n", flags.config_file.c_str());
      return 1;
    }
    text = content.str();
  }
  const std::string name = flags.config_file.empty() ? "(defaults)" : flags.config_file;
  ConfigOutcome outcome = ParseConfig(text, flags.insecure_dev);
  if (outcome.errors.empty()) {
    outcome.errors = ErrorsAround(outcome, flags);
  }
  for (const ConfigError& error : outcome.errors) {
    std::fprintf(stderr, "%s\n", RenderConfigError(name, error).c_str());
  }
  if (!outcome.errors.empty()) {
    return 1;
  }
  if (flags.check_config) {
    std::puts("OK");
    return 0;
  }
  *config = outcome.config;
  return std::nullopt;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{
      "gonghuid, the server of Gonghui: decides and books union benefits.\n"
      "\n"
      "Examples:\n"
      "  gonghuid --print-default-config > gonghuid.toml\n"
      "  gonghuid --check-config --config gonghuid.toml\n"
      "  gonghuid --config gonghuid.toml\n"
      "\n"
      "Exit codes: 0 stopped as asked, 1 could not start, 2 wrong usage.",
      "gonghuid"};
  app.add_option("-c,--config", flags.config_file, "Configuration file (TOML)");
  app.add_flag("--check-config",
               flags.check_config,
               "Check the configuration and what it names, files and folders, and exit");
  app.add_flag("--print-default-config", flags.print_default_config, "Print every key and exit");
  app.add_option("--generate-vault-key",
                 flags.vault_key_to_make,
                 "Make a key file for personal data, never overwriting, and exit");
  app.add_flag("--insecure-dev",
               flags.insecure_dev,
               "No TLS: trust who requests say they are.  For development only");
  app.add_flag("--recover-point-in-time",
               flags.recover_point_in_time,
               "After damage in the middle of the log: give up everything behind it");
  app.set_version_flag("--version", "gonghuid " GONGHUI_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  if (flags.print_default_config) {
    std::fputs(DefaultConfigText().c_str(), stdout);
    return 0;
  }
  if (!flags.vault_key_to_make.empty()) {
    const absl::Status status = GenerateKeyFile(flags.vault_key_to_make);
    if (!status.ok()) {
      std::fprintf(stderr, "gonghuid: %s\n", std::string(status.message()).c_str());
      return 1;
    }
    return 0;
  }
  Config config;
  if (const std::optional<int> code = LoadConfig(flags, &config)) {
    return *code;
  }
  std::signal(SIGPIPE, SIG_IGN);
  absl::Status status =
      InitLogging(LogLevelOf(config.log.level),
                  config.log.format == "json" ? LogFormat::kJson : LogFormat::kText,
                  config.log.file);
  if (!status.ok()) {
    std::fprintf(stderr, "gonghuid: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  TakeOverGrpcLog();
  TakeOverProtobufLog();
  status = Serve(config, flags);
  if (!status.ok()) {
    LogError("cannot serve", {{"why", status.ToString()}});
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace gonghui

int main(int argc, char** argv) {
  // The operators' server relies on the set of descriptors that epoll1 shares (server.cc).
  setenv("GRPC_POLL_STRATEGY", "epoll1", /*overwrite=*/1);
  // Debian's Abseil looks for cycles of locks at each of gRPC's, for 4 % of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return gonghui::Main(argc, argv);
}
