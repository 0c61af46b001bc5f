// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

namespace gonghui::load {
namespace {

constexpr int kUsageExit = 2;

constexpr const char* kFooter = R"(
Closed loop (--inflight) keeps so many calls in flight: it finds the peak rate.
Open loop (--rate) sends on a schedule, whether answers come or not, and measures
each latency from the scheduled time: free of coordinated omission.

Every answer is checked; a wrong one is printed and ends the run.

Examples:
  gonghui-load --server 127.0.0.1:7443 --insecure --data build/data
  gonghui-load --server 127.0.0.1:7443 --insecure --data build/data --mode stream
  gonghui-load --server 127.0.0.1:7443 --insecure --data build/data --rate 5000
  gonghui-load --server 127.0.0.1:7443 --insecure --data build/data \
      --gate-percent 70 --lifecycle 5
  gonghui-load --server gonghui.example:7443 --tls-ca ca.pem --tls-cert t1.pem \
      --tls-key t1.key --terminal T0000001 --data build/data

Exit codes: 0 ok, 1 a wrong answer, 2 usage or input, 3 some requests failed,
            6 nothing was answered, 130 Ctrl-C)";

void AddTargetFlags(CLI::App* app, Options* options) {
  app->add_option("--server", options->server, "host:port or unix:/path")->required();
  app->add_flag("--insecure", options->insecure, "No TLS: a server run with --insecure-dev");
  app->add_option("--tls-ca", options->tls_ca_file, "PEM file: who signs the server's certificate")
      ->check(CLI::ExistingFile);
  CLI::Option* cert = app->add_option("--tls-cert", options->tls_cert_file, "PEM file: certificate")
                          ->check(CLI::ExistingFile);
  CLI::Option* key =
      app->add_option("--tls-key", options->tls_key_file, "PEM file: its private key")
          ->check(CLI::ExistingFile);
  cert->needs(key);
  key->needs(cert);
  app->add_option("--tls-name", options->tls_name, "Name that the server's certificate must have");
}

void AddLoopFlags(CLI::App* app, Options* options) {
  const std::map<std::string, Mode> modes = {
      {"unary", Mode::kUnary}, {"stream", Mode::kStream}, {"mixed", Mode::kMixed}};
  app->add_option("--mode", options->mode, "unary, stream, or mixed: both at once [unary]")
      ->transform(CLI::CheckedTransformer(modes).description(""));
  app->add_option("--rate", options->rate, "Open loop: requests a second");
  app->add_flag("--evenly", options->evenly_spaced, "Open loop: evenly spaced, not Poisson");
  app->add_option("--inflight",
                  options->inflight,
                  "Calls in flight: unary calls, or with --mode stream messages "
                  "[unary 256, stream 8; open loop at most 8192, 256]");
  app->add_option("--stream-inflight", options->stream_inflight, "With --mode mixed: messages [4]");
  app->add_option("--items", options->items, "Requests in a message of a stream")
      ->check(CLI::Range(1U, kItemsMax))
      ->capture_default_str();
  app->add_option("--unary-percent",
                  options->unary_percent,
                  "Open loop, --mode mixed: of the requests, so many go unary")
      ->check(CLI::Range(1, 99))
      ->capture_default_str();
  app->add_option("--connections", options->connections, "Connections; one stream on each")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app->add_option("--threads", options->threads, "Client threads")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app->add_option("--duration", options->duration_s, "Seconds measured")
      ->check(CLI::Range(0.05, 86'400.0))
      ->capture_default_str();
  app->add_option("--warmup", options->warmup_s, "Seconds before that, checked but not measured")
      ->check(CLI::Range(0.0, 3'600.0))
      ->capture_default_str();
  app->add_option("--deadline-ms", options->deadline_ms, "Deadline of a unary call [none]");
  app->add_option("--stall-ms",
                  options->stall_ms,
                  "Calls that take longer are slow; stretches of time in which slow calls wait "
                  "are told as stalls")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  app->add_option("--frame-bytes", options->frame_bytes, "HTTP/2 frame size [16384]");
  app->add_option("--seed", options->seed, "Of the request ids, cards, prices [by the clock]");
}

void AddWorkloadFlags(CLI::App* app, Options* options, std::string* data_folder) {
  app->add_option("--data", *data_folder, "Folder with cards.csv, terminals.csv, merchants.csv")
      ->check(CLI::ExistingDirectory);
  app->add_option("--cards", options->sources.cards_file, "CSV with card_number");
  app->add_option("--terminals", options->sources.terminals_file, "CSV: terminal_id, merchant_id");
  app->add_option("--merchants", options->sources.merchants_file, "CSV: merchant_id, mcc");
  app->add_option("--synthetic",
                  options->sources.synthetic_count,
                  "Instead of files: so many invented cards (for gonghui-echo)")
      ->check(CLI::Range(1, 100'000'000));
  app->add_option("--terminal", options->sources.only_terminal, "Act as this terminal only");
  const std::map<std::string, CardOrder> orders = {{"uniform", CardOrder::kUniform},
                                                   {"zipf", CardOrder::kZipf}};
  app->add_option("--card-order", options->card_order, "uniform or zipf (exponent 0.99) [uniform]")
      ->transform(CLI::CheckedTransformer(orders).description(""));
  app->add_option("--holds", options->mix.holds_percent, "Percent of holds; the rest are sales")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app->add_option("--lifecycle",
                  options->mix.lifecycle_percent,
                  "Percent of holds that are followed up, which comes on top: three of four are "
                  "captured (a third of them in part, 40 % of them refunded), the others reversed")
      ->check(CLI::Range(0, 100))
      ->excludes("--holds")
      ->capture_default_str();
  app->add_option("--hold-seconds",
                  options->mix.hold_seconds,
                  "How long holds last that nobody follows up [the benefit's own]")
      ->check(CLI::Range(1U, kRequestHoldSecondsMax));
  app->add_option("--gate-percent",
                  options->mix.gate_percent,
                  "Percent of taps: sales at terminals of local transport (MCC 4111, 4112, 4131); "
                  "the rest is elsewhere [anywhere]")
      ->check(CLI::Range(0, 100));
  app->add_option("--repeat-percent",
                  options->mix.repeat_percent,
                  "Percent of requests that are an earlier one again; the answer must be the same")
      ->check(CLI::Range(0, 90))
      ->capture_default_str();
  app->add_option("--old-ids",
                  options->old_ids_file,
                  "Send only the requests of this file again (gonghui-bulkload --ids-file); each "
                  "must be answered as a repeat")
      ->check(CLI::ExistingFile)
      ->excludes("--holds")
      ->excludes("--lifecycle")
      ->excludes("--gate-percent")
      ->excludes("--repeat-percent");
  app->add_flag("--full-price",
                options->mix.full_price_if_no_benefit,
                "Ask for approval at full price when no benefit applies");
  app->add_option("--price-min", options->mix.prices.low_fen, "Fen [by the merchant's MCC]")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000'000'000}));
  app->add_option("--price-max", options->mix.prices.high_fen, "Fen [by the merchant's MCC]")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000'000}));
}

std::string Mistake(const Options& options) {
  const bool tls = !options.tls_ca_file.empty() || !options.tls_cert_file.empty();
  if (options.insecure == tls) {
    return "give either --insecure or --tls-ca (with --tls-cert and --tls-key)";
  }
  if (options.sources.synthetic_count == 0 &&
      (options.sources.cards_file.empty() || options.sources.terminals_file.empty())) {
    return "give --data DIR, or --cards and --terminals, or --synthetic N";
  }
  if (options.mix.prices.high_fen < options.mix.prices.low_fen) {
    return "--price-max is below --price-min";
  }
  if (options.mix.lifecycle_percent > 0 && options.HasStream()) {
    return "--lifecycle goes with --mode unary: a stream carries authorizations only";
  }
  if (options.mix.lifecycle_percent + options.mix.gate_percent > 100) {
    return "--lifecycle and --gate-percent are more than 100 % together";
  }
  if (options.mix.hold_seconds > 0 &&
      options.mix.holds_percent + options.mix.lifecycle_percent == 0) {
    return "--hold-seconds goes with --holds or --lifecycle: sales hold nothing";
  }
  return {};
}

void FillDefaults(Options* options, const std::string& data_folder) {
  if (!data_folder.empty()) {
    WorkloadSources& sources = options->sources;
    const auto fill = [&](std::string* file, const char* name) {
      if (file->empty()) {
        *file = data_folder + "/" + name;
      }
    };
    fill(&sources.cards_file, "cards.csv");
    fill(&sources.terminals_file, "terminals.csv");
    fill(&sources.merchants_file, "merchants.csv");
  }
  const bool open = options->OpenLoop();
  if (options->mode == Mode::kStream && options->stream_inflight == 0) {
    options->stream_inflight = options->inflight;
  }
  if (options->inflight == 0) {
    options->inflight = open ? 8192 : 256;
  }
  if (options->stream_inflight == 0) {
    options->stream_inflight = open ? 256 : options->mode == Mode::kMixed ? 4 : 8;
  }
  // A thread without a connection would have nothing to do.
  options->threads = std::min(options->threads, options->connections);
  if (options->seed == 0) {
    const auto now = static_cast<uint64_t>(SystemClock::Instance().NowNs());
    options->seed = Mix64(now + static_cast<uint64_t>(getpid())) >> 1;
  }
}

}  // namespace

const char* ModeName(Mode mode) {
  switch (mode) {
    case Mode::kUnary:
      return "unary";
    case Mode::kStream:
      return "stream";
    case Mode::kMixed:
      return "mixed";
  }
  return "?";
}

std::optional<int> ParseOptions(int argc, char** argv, Options* options) {
  CLI::App app{"Load for gonghuid's AuthorizationService; checks every answer.", "gonghui-load"};
  app.footer(kFooter);
  std::string data_folder;
  AddTargetFlags(&app, options);
  AddLoopFlags(&app, options);
  AddWorkloadFlags(&app, options, &data_folder);
  app.add_option("--json", options->json_file, "Write the results to this file");
  app.add_option("--label", options->label, "Goes into the JSON file as it is");
  app.add_flag("--quiet", options->quiet, "No progress line and no table");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageExit;
  }
  FillDefaults(options, data_folder);
  if (const std::string mistake = Mistake(*options); !mistake.empty()) {
    std::fprintf(stderr, "gonghui-load: %s\n", mistake.c_str());
    return kUsageExit;
  }
  return std::nullopt;
}

}  // namespace gonghui::load
