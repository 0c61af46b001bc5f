// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/config.h"

#include <sys/un.h>
#include <toml++/toml.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <filesystem>
#include <utility>
#include <variant>

#include <absl/strings/str_cat.h>

#include "engine/base/strings.h"
#include "engine/durability/block_format.h"

namespace gonghui {
namespace {

// One key of the file: where it goes, what it may be, what it means.
struct Setting {
  using Target = std::variant<std::string*, int64_t*, bool*, std::vector<int64_t>*>;

  std::string_view path;  // "section.key"
  Target target;
  std::string_view meaning;
  int64_t min = 0;
  int64_t max = 0;
  std::vector<std::string_view> choices = {};
};

std::vector<Setting> SettingsOf(Config* c) {
  return {
      {"data.dir",
       &c->data.dir,
       "The folder of the database, made with mode 0700; nothing else may live in it."},
      {"vault.key_file",
       &c->vault.key_file,
       "The key that seals personal data: outside data.dir, mode 0600, made by\n"
       "gonghuid --generate-vault-key FILE.  Without it personal data is lost; keep a copy\n"
       "elsewhere."},
      {"terminals.listen",
       &c->terminals.listen,
       "Where terminals connect: HOST:PORT (port 0 = any) or unix:/PATH."},
      {"terminals.connections_max",
       &c->terminals.connections_max,
       "Connections at once; further ones are closed.",
       1,
       1'000'000},
      {"terminals.connections_per_address_max",
       &c->terminals.connections_per_address_max,
       "Connections at once from one address.",
       1,
       1'000'000},
      {"terminals.handshake_ms_max",
       &c->terminals.handshake_ms_max,
       "A connection that has not said its greeting, of TLS and HTTP/2, is closed after this,\n"
       "in milliseconds.",
       100,
       120'000},
      {"terminals.streams_per_connection_max",
       &c->terminals.streams_per_connection_max,
       "Calls at once on one connection.",
       1,
       100'000},
      {"terminals.message_bytes_max",
       &c->terminals.message_bytes_max,
       "Longest message, in bytes.",
       65'536,
       64 << 20},
      {"terminals.memory_bytes_max",
       &c->terminals.memory_bytes_max,
       "Memory for the messages of all connections, in bytes; beyond, connections are refused.",
       16 << 20,
       int64_t{1} << 40},
      {"terminals.lanes",
       &c->terminals.lanes,
       "Threads that speak with terminals; 0 = one less than there are cores, at least 1.",
       0,
       256},
      {"terminals.calls_in_flight_max",
       &c->terminals.calls_in_flight_max,
       "Calls of one lane that wait for their decision; further ones are told to come again.  As\n"
       "many answers wait for their clients to take them; further ones cut the oldest.",
       1,
       1'000'000},
      {"terminals.streams_max",
       &c->terminals.streams_max,
       "Streams at once, of one lane.",
       1,
       100'000},
      {"terminals.stream_messages_in_flight",
       &c->terminals.stream_messages_in_flight,
       "Messages of one stream that are read before the first is answered.",
       1,
       1'024},
      {"terminals.stream_bytes_max",
       &c->terminals.stream_bytes_max,
       "What streams of one lane hold at most, messages and answers that their clients have not\n"
       "taken, in bytes; beyond, items are told to come again, and streams whose clients take no\n"
       "answers are cut.",
       16 << 20,
       int64_t{1} << 40},
      {"terminals.tls.ca_file",
       &c->terminals.tls_ca_file,
       "Certificates (PEM) that may sign those of terminals.  The certificate's subject\n"
       "alternative name urn:gonghui:terminal:ID says which terminal it is.\n"
       "All three files, or --insecure-dev on the command line."},
      {"terminals.tls.cert_file", &c->terminals.tls_cert_file, "The server's own chain (PEM)."},
      {"terminals.tls.key_file", &c->terminals.tls_key_file, "Its private key (PEM)."},
      {"operators.listen",
       &c->operators.listen,
       "Where operators connect: unix:/PATH, made with mode 0600 in a folder that is there.\n"
       "(HOST:PORT only with --insecure-dev.)"},
      {"operators.allowed_uids",
       &c->operators.allowed_uids,
       "User ids that may connect besides the server's own and root.  Others need the\n"
       "socket's mode changed too.",
       0,
       UINT32_MAX},
      {"operators.connections_max",
       &c->operators.connections_max,
       "Connections at once.",
       1,
       10'000},
      {"operators.message_bytes_max",
       &c->operators.message_bytes_max,
       "Longest message, in bytes.",
       65'536,
       64 << 20},
      {"operators.threads_max",
       &c->operators.threads_max,
       "Calls of operators that are worked on at once; further ones are refused.",
       4,
       1'024},
      {"commit.pipeline",
       &c->commit.pipeline,
       "Who syncs a block: two_threads, a journal thread, while the next one fills; one_thread,\n"
       "the ledger thread; adaptive, the ledger thread a small one and the journal thread a\n"
       "large one.",
       0,
       0,
       {"adaptive", "two_threads", "one_thread"}},
      {"commit.ring_slots",
       &c->commit.ring_slots,
       "Submissions that wait for the ledger, of each priority; a power of two.",
       64,
       1 << 22},
      {"commit.in_flight_commands_max",
       &c->commit.in_flight_commands_max,
       "Commands that are not answered yet, of all callers; beyond, callers are told to come\n"
       "again. Uploads may fill three quarters of it, operators seven eighths.",
       2'048,  // a whole upload of 1,024 fits
       1 << 24},
      {"commit.block_bytes_max",
       &c->commit.block_bytes_max,
       "Largest block of the journal, in bytes.",
       1 << 20,
       kBlockBytesMax},
      {"checkpoint.journal_bytes",
       &c->checkpoint.journal_bytes,
       "A checkpoint is taken when the journal has grown by this, in bytes ...",
       1 << 20,
       int64_t{1} << 40},
      {"checkpoint.interval_seconds",
       &c->checkpoint.interval_seconds,
       "... or when this long has passed and something has changed, in seconds.",
       1,
       86'400},
      {"checkpoint.at_stop",
       &c->checkpoint.at_stop,
       "And one at a graceful stop, so that the next start replays nothing."},
      {"archive.after_hours",
       &c->archive.after_hours,
       "A transaction leaves memory for the archive on disk when it is so old, in hours.  It is\n"
       "found there for ever.",
       1,
       8'760},
      {"archive.memory_transactions_max",
       &c->archive.memory_transactions_max,
       "The oldest leave earlier when more transactions than this are in memory.",
       1'000,
       kTransactionsMax},
      {"memory.reserve_bytes_max",
       &c->memory.reserve_bytes_max,
       "While it is quiet, memory for decisions to come is made ready: as much again as those in\n"
       "memory take, at most so many bytes and an eighth of the machine's; 0 = none.",
       0,
       int64_t{1} << 40},
      {"shutdown.lame_duck_ms",
       &c->shutdown.lame_duck_ms,
       "After SIGTERM: how long to answer on while health says NOT_SERVING, in milliseconds.",
       0,
       600'000},
      {"shutdown.grace_ms",
       &c->shutdown.grace_ms,
       "Then: how long calls under way may take before they are cut, in milliseconds.",
       0,
       600'000},
      {"log.level",
       &c->log.level,
       "debug, info, warn or error.",
       0,
       0,
       {"debug", "info", "warn", "error"}},
      {"log.format", &c->log.format, "text, or json: one object a line.", 0, 0, {"text", "json"}},
      {"log.file", &c->log.file, "Where to; empty = standard error."},
  };
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// Of the keys and sections that may stand at this place, the one most like
// `name`; empty when none is.
std::string Nearest(const std::vector<Setting>& settings,
                    const std::string& prefix,
                    std::string_view name) {
  std::string nearest;
  size_t least = name.size() / 2 + 1;
  for (const Setting& setting : settings) {
    if (setting.path.substr(0, prefix.size()) != prefix) {
      continue;
    }
    const std::string_view rest = setting.path.substr(prefix.size());
    const std::string_view candidate = rest.substr(0, rest.find('.'));
    const size_t distance = EditDistance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = std::string(candidate);
    }
  }
  return nearest;
}

class Reader {
 public:
  explicit Reader(ConfigOutcome* outcome)
      : settings_(SettingsOf(&outcome->config)), outcome_(outcome) {}

  void ReadTable(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string path = prefix + std::string(key.str());
      const Setting* const setting = Find(path);
      if (setting != nullptr) {
        ReadValue(node, *setting);
      } else if (IsSection(path)) {
        if (const toml::table* section = node.as_table()) {
          ReadTable(*section, path + ".");
        } else {
          Add(node.source(), absl::StrCat(path, " is a section: [", path, "]"));
        }
      } else {
        const std::string nearest = Nearest(settings_, prefix, key.str());
        Add(key.source(),
            absl::StrCat(
                "there is no ",
                path,
                nearest.empty() ? "" : absl::StrCat("; did you mean ", prefix, nearest, "?")));
      }
      outcome_->places.push_back({path, node.source().begin.line, node.source().begin.column});
    }
  }

  void Add(const toml::source_region& at, std::string message) {
    outcome_->errors.push_back({at.begin.line, at.begin.column, std::move(message)});
  }
  void AddAt(std::string_view path, std::string message) {
    outcome_->errors.push_back(outcome_->ErrorAt(path, std::move(message)));
  }

 private:
  [[nodiscard]] const Setting* Find(std::string_view path) const {
    for (const Setting& setting : settings_) {
      if (setting.path == path) {
        return &setting;
      }
    }
    return nullptr;
  }

  [[nodiscard]] bool IsSection(const std::string& path) const {
    return std::any_of(settings_.begin(), settings_.end(), [&path](const Setting& setting) {
      return setting.path.substr(0, path.size() + 1) == path + ".";
    });
  }

  bool CheckRange(const toml::node& node, const Setting& setting, int64_t value) {
    if (value >= setting.min && value <= setting.max) {
      return true;
    }
    Add(node.source(),
        absl::StrCat(ToAbsl(setting.path),
                     " is ",
                     value,
                     "; it must be ",
                     setting.min,
                     " to ",
                     setting.max));
    return false;
  }

  void ReadValue(const toml::node& node, const Setting& setting) {
    if (auto* const* text = std::get_if<std::string*>(&setting.target)) {
      const auto value = node.value_exact<std::string>();
      if (!value.has_value()) {
        return WrongType(node, setting, "text in quotes");
      }
      if (!setting.choices.empty() &&
          std::find(setting.choices.begin(), setting.choices.end(), *value) ==
              setting.choices.end()) {
        std::string choices;
        for (const std::string_view choice : setting.choices) {
          absl::StrAppend(&choices, choices.empty() ? "" : ", ", ToAbsl(choice));
        }
        return Add(node.source(),
                   absl::StrCat(
                       ToAbsl(setting.path), " is \"", *value, "\"; it must be one of ", choices));
      }
      **text = *value;
    } else if (auto* const* number = std::get_if<int64_t*>(&setting.target)) {
      const auto value = node.value_exact<int64_t>();
      if (!value.has_value()) {
        return WrongType(node, setting, "a whole number");
      }
      if (CheckRange(node, setting, *value)) {
        **number = *value;
      }
    } else if (auto* const* truth = std::get_if<bool*>(&setting.target)) {
      const auto value = node.value_exact<bool>();
      if (!value.has_value()) {
        return WrongType(node, setting, "true or false");
      }
      **truth = *value;
    } else if (auto* const* list = std::get_if<std::vector<int64_t>*>(&setting.target)) {
      const toml::array* const array = node.as_array();
      if (array == nullptr) {
        return WrongType(node, setting, "a list of whole numbers");
      }
      (*list)->clear();
      for (const toml::node& item : *array) {
        const auto value = item.value_exact<int64_t>();
        if (!value.has_value()) {
          return WrongType(item, setting, "a list of whole numbers");
        }
        if (CheckRange(item, setting, *value)) {
          (*list)->push_back(*value);
        }
      }
    }
  }

  void WrongType(const toml::node& node, const Setting& setting, std::string_view wanted) {
    Add(node.source(), absl::StrCat(ToAbsl(setting.path), " must be ", ToAbsl(wanted)));
  }

  const std::vector<Setting> settings_;
  ConfigOutcome* const outcome_;
};

bool IsAddress(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == listen.size()) {
    return false;
  }
  const std::string_view port = listen.substr(colon + 1);
  return port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos &&
         std::stoi(std::string(port)) <= 65'535;
}

constexpr std::string_view kUnix = "unix:";

bool IsUnix(std::string_view listen) {
  return listen.substr(0, 6) == "unix:/";
}

// True when `path` is `dir` or below it.
bool IsBelow(const std::string& path, const std::string& dir) {
  const auto base = std::filesystem::path(dir).lexically_normal();
  const auto relative = std::filesystem::path(path).lexically_normal().lexically_relative(base);
  return !relative.empty() && *relative.begin() != "..";
}

// What one key alone does not show.
void CheckTogether(const Config& config, bool insecure_dev, Reader* reader) {
  const auto require = [reader](std::string_view path, const std::string& value) {
    if (value.empty()) {
      reader->AddAt(path, absl::StrCat(ToAbsl(path), " must not be empty"));
    }
  };
  require("data.dir", config.data.dir);
  require("vault.key_file", config.vault.key_file);
  if (!config.vault.key_file.empty() && IsBelow(config.vault.key_file, config.data.dir)) {
    reader->AddAt("vault.key_file",
                  "vault.key_file must lie outside data.dir: a copy of the database must not "
                  "hold its key");
  }
  const auto check_listen = [reader](std::string_view path, std::string_view listen) {
    if (!IsUnix(listen) && !IsAddress(listen)) {
      reader->AddAt(path, absl::StrCat(ToAbsl(path), " must be HOST:PORT or unix:/PATH"));
    }
    constexpr size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
    if (const size_t bytes = listen.size() - kUnix.size();
        IsUnix(listen) && bytes > kPathBytesMax) {
      reader->AddAt(path,
                    absl::StrCat(ToAbsl(path),
                                 " is a path of ",
                                 bytes,
                                 " bytes; the path of a Unix socket has at most ",
                                 kPathBytesMax));
    }
  };
  check_listen("terminals.listen", config.terminals.listen);
  check_listen("operators.listen", config.operators.listen);
  if (!insecure_dev && !IsUnix(config.operators.listen)) {
    reader->AddAt("operators.listen",
                  "operators.listen must be unix:/PATH: who connects is known by the user id "
                  "(--insecure-dev lifts this)");
  }
  const Config::Terminals& t = config.terminals;
  const int given = static_cast<int>(!t.tls_ca_file.empty()) +
                    static_cast<int>(!t.tls_cert_file.empty()) +
                    static_cast<int>(!t.tls_key_file.empty());
  if (given != 0 && given != 3) {
    reader->AddAt("terminals.tls",
                  "[terminals.tls] needs ca_file, cert_file and key_file together");
  } else if (given == 0 && !insecure_dev) {
    reader->AddAt("terminals",
                  "[terminals.tls] is missing: terminals are known by their certificates.  Give "
                  "ca_file, cert_file and key_file, or start with --insecure-dev");
  }
  if (!std::has_single_bit(static_cast<uint64_t>(config.commit.ring_slots))) {
    reader->AddAt("commit.ring_slots", "commit.ring_slots must be a power of two");
  }
}

std::string ValueText(const Setting& setting) {
  if (auto* const* text = std::get_if<std::string*>(&setting.target)) {
    return absl::StrCat("\"", **text, "\"");
  }
  if (auto* const* number = std::get_if<int64_t*>(&setting.target)) {
    return absl::StrCat(**number);
  }
  if (auto* const* truth = std::get_if<bool*>(&setting.target)) {
    return **truth ? "true" : "false";
  }
  return "[]";
}

}  // namespace

ConfigError ConfigOutcome::ErrorAt(std::string_view path, std::string message) const {
  for (const Place& place : places) {
    if (place.path == path) {
      return {place.line, place.column, std::move(message)};
    }
  }
  return {1, 1, std::move(message)};
}

ConfigOutcome ParseConfig(std::string_view text, bool insecure_dev) {
  ConfigOutcome outcome;
  try {
    const toml::table table = toml::parse(text);
    Reader reader(&outcome);
    reader.ReadTable(table, "");
    CheckTogether(outcome.config, insecure_dev, &reader);
  } catch (const toml::parse_error& error) {
    outcome.errors.push_back(
        {error.source().begin.line, error.source().begin.column, std::string(error.description())});
  }
  std::stable_sort(
      outcome.errors.begin(), outcome.errors.end(), [](const ConfigError& a, const ConfigError& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
      });
  return outcome;
}

std::string RenderConfigError(std::string_view file, const ConfigError& error) {
  return absl::StrCat(ToAbsl(file), ":", error.line, ":", error.column, ": ", error.message);
}

std::string DefaultConfigText() {
  Config defaults;
  std::string text =
      "# gonghuid's configuration, with every default.  Check a changed file with\n"
      "#   gonghuid --check-config --config FILE\n";
  std::string_view section;
  for (const Setting& setting : SettingsOf(&defaults)) {
    const size_t dot = setting.path.rfind('.');
    if (setting.path.substr(0, dot) != section) {
      section = setting.path.substr(0, dot);
      absl::StrAppend(&text, "\n[", ToAbsl(section), "]\n");
    }
    std::string_view meaning = setting.meaning;
    while (!meaning.empty()) {
      const size_t end = std::min(meaning.find('\n'), meaning.size());
      absl::StrAppend(&text, "# ", ToAbsl(meaning.substr(0, end)), "\n");
      meaning.remove_prefix(std::min(end + 1, meaning.size()));
    }
    absl::StrAppend(&text, ToAbsl(setting.path.substr(dot + 1)), " = ", ValueText(setting), "\n");
  }
  return text;
}

EngineOptions ToEngineOptions(const Config& config) {
  EngineOptions options;
  options.pipeline = config.commit.pipeline == "one_thread"    ? CommitPipeline::kOneThread
                     : config.commit.pipeline == "two_threads" ? CommitPipeline::kTwoThreads
                                                               : CommitPipeline::kAdaptive;
  options.ring_slots = static_cast<uint32_t>(config.commit.ring_slots);
  options.in_flight_commands_max = static_cast<uint32_t>(config.commit.in_flight_commands_max);
  options.block_bytes_max = static_cast<uint32_t>(config.commit.block_bytes_max);
  options.checkpoint_journal_bytes = static_cast<uint64_t>(config.checkpoint.journal_bytes);
  options.checkpoint_interval_ns = config.checkpoint.interval_seconds * kNsPerSecond;
  options.checkpoint_at_stop = config.checkpoint.at_stop;
  options.memory_reserve_bytes_max = static_cast<uint64_t>(config.memory.reserve_bytes_max);
  options.archive_after_ns = config.archive.after_hours * 3'600 * kNsPerSecond;
  options.archive_rows_max = static_cast<uint32_t>(config.archive.memory_transactions_max);
  return options;
}

}  // namespace gonghui
