// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuid's configuration: one TOML file, read strictly.  A key that is not
// known, a value of another type or out of range is an error with its place;
// nothing is guessed.  What is not said has the default below, which
// `gonghuid --print-default-config` prints with its meaning.

#ifndef GONGHUI_ENGINE_SERVER_CONFIG_H_
#define GONGHUI_ENGINE_SERVER_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/pipeline/engine.h"

namespace gonghui {

struct Config {
  struct Data {
    std::string dir = "/var/lib/gonghui";
  } data;

  struct Vault {
    std::string key_file = "/etc/gonghui/vault.key";
  } vault;

  struct Terminals {
    std::string listen = "127.0.0.1:7443";
    std::string tls_ca_file;
    std::string tls_cert_file;
    std::string tls_key_file;
    int64_t connections_max = 20'000;
    int64_t connections_per_address_max = 1'000;
    int64_t handshake_ms_max = 10'000;
    int64_t streams_per_connection_max = 1'024;
    int64_t message_bytes_max = 1 << 20;
    int64_t memory_bytes_max = 1 << 30;
    int64_t lanes = 0;
    int64_t calls_in_flight_max = 16'384;
    int64_t streams_max = 1'024;
    int64_t stream_messages_in_flight = 8;
    int64_t stream_bytes_max = 256 << 20;
  } terminals;

  struct Operators {
    std::string listen = "unix:/run/gonghui/operator.sock";
    std::vector<int64_t> allowed_uids;
    int64_t connections_max = 64;
    int64_t message_bytes_max = 4 << 20;
    int64_t threads_max = 32;
  } operators;

  struct Commit {
    std::string pipeline = "adaptive";
    int64_t ring_slots = 16'384;
    int64_t in_flight_commands_max = 262'144;
    int64_t block_bytes_max = 4 << 20;
  } commit;

  struct Checkpoint {
    int64_t journal_bytes = 256 << 20;
    int64_t interval_seconds = 60;
    bool at_stop = true;
  } checkpoint;

  struct ArchiveSection {
    int64_t after_hours = 72;
    int64_t memory_transactions_max = 20'000'000;
  } archive;

  struct Memory {
    int64_t reserve_bytes_max = 1 << 30;
  } memory;

  struct Shutdown {
    int64_t lame_duck_ms = 0;
    int64_t grace_ms = 5'000;
  } shutdown;

  struct Logging {
    std::string level = "info";
    std::string format = "text";
    std::string file;
  } log;

  [[nodiscard]] bool has_tls() const { return !terminals.tls_cert_file.empty(); }
};

// Lines and columns from 1.
struct ConfigError {
  int64_t line = 1;
  int64_t column = 1;
  std::string message;
};

struct ConfigOutcome {
  Config config;
  std::vector<ConfigError> errors;  // empty = config is right

  // An error of this key: at its value, or at the file's first character when the
  // file does not say it.
  [[nodiscard]] ConfigError ErrorAt(std::string_view path, std::string message) const;

  // By key ("section.key") and by section; those that the file says.
  struct Place {
    std::string path;
    int64_t line = 1;
    int64_t column = 1;
  };
  std::vector<Place> places;
};

// `insecure_dev` as on the command line: TLS may then be missing and operators may
// listen on TCP.  Looks at the text alone; preflight.h looks at what it names.
ConfigOutcome ParseConfig(std::string_view text, bool insecure_dev);

// "FILE:LINE:COL: message".
std::string RenderConfigError(std::string_view file, const ConfigError& error);

// A file that says every default, with its meaning.
std::string DefaultConfigText();

EngineOptions ToEngineOptions(const Config& config);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_CONFIG_H_
