// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "engine/base/clock.h"
#include "engine/base/hash.h"

namespace gonghui::peers {
namespace {

constexpr int kUsageExit = 2;

constexpr const char* kFooter = R"(
The database must have been made ready (authorize.sql, city.lua) with the same
--members, --merchants and --slots; tools/bench --only peers does it all.

Every answer is checked.  At the end each connection asks some requests again,
which must be answered as before, and the funds must have lost what was approved.

Exit codes: 0 ok, 1 a wrong answer or wrong books, 2 usage, 6 the peer failed,
            130 Ctrl-C)";

void AddPeerFlags(CLI::App* app, Options* options) {
  const std::map<std::string, PeerKind> peers = {{"postgres", PeerKind::kPostgres},
                                                 {"redis", PeerKind::kRedis}};
  const std::map<std::string, Variant> variants = {{"plain", Variant::kPlain},
                                                   {"tuned", Variant::kTuned}};
  const std::map<std::string, Mode> modes = {
      {"single", Mode::kSingle}, {"pipelined", Mode::kPipelined}, {"bulk", Mode::kBulk}};
  const std::map<std::string, Transactions> transactions = {{"each", Transactions::kEach},
                                                            {"together", Transactions::kTogether}};
  app->add_option("--peer", options->peer, "postgres or redis")
      ->required()
      ->transform(CLI::CheckedTransformer(peers).description(""));
  app->add_option("--server",
                  options->server,
                  "PostgreSQL: \"host=/run/postgresql dbname=x\"; Redis: /path or host:port")
      ->required();
  app->add_option("--scripts", options->scripts, "Redis: folder of authorize.lua")
      ->check(CLI::ExistingDirectory);
  app->add_option("--variant", options->variant, "PostgreSQL: plain or tuned [tuned]")
      ->transform(CLI::CheckedTransformer(variants).description(""));
  app->add_option("--mode", options->mode, "single, pipelined or bulk [single]")
      ->transform(CLI::CheckedTransformer(modes).description(""));
  app->add_option(
         "--transactions",
         options->transactions,
         "PostgreSQL, pipelined: each request in one of its own, or the message's requests "
         "together [together]")
      ->transform(CLI::CheckedTransformer(transactions).description(""));
}

void AddLoadFlags(CLI::App* app, Options* options) {
  app->add_option("--connections", options->connections, "Connections; one message under way each")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app->add_option("--items", options->items, "Requests in a message, unless single")
      ->check(CLI::Range(1U, kItemsMax))
      ->capture_default_str();
  app->add_option("--members", options->members, "As it was made ready")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app->add_option("--merchants", options->merchants, "As it was made ready")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app->add_option("--slots", options->slots, "As it was made ready")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app->add_option("--day",
                  options->day,
                  "Day of all requests, in days since 1970; the audit wants all runs to have one")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app->add_option("--repeat-percent",
                  options->repeat_percent,
                  "Percent of requests that are an earlier one again; the answer must be the same")
      ->check(CLI::Range(0, 90))
      ->capture_default_str();
  app->add_flag(
      "--may-run-out", options->may_run_out, "Funds and limits are so small that they do");
  app->add_option("--duration", options->duration_s, "Seconds measured")
      ->check(CLI::Range(0.05, 86'400.0))
      ->capture_default_str();
  app->add_option("--warmup", options->warmup_s, "Seconds before that, checked but not measured")
      ->check(CLI::Range(0.0, 3'600.0))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Of request ids, cards, prices [by the clock]");
}

std::string Mistake(const Options& options) {
  if (options.peer == PeerKind::kRedis && options.scripts.empty()) {
    return "--peer redis needs --scripts";
  }
  if (options.peer != PeerKind::kPostgres || options.variant != Variant::kPlain) {
    return {};
  }
  if (options.mode == Mode::kBulk) {
    return "the plain variant has no function for many requests";
  }
  if (options.mode == Mode::kPipelined && options.transactions == Transactions::kTogether) {
    // Two of them take the same funds' only rows, each in its own order.
    return "transactions of many requests would deadlock in the plain variant: --transactions each";
  }
  return {};
}

}  // namespace

std::optional<int> ParseOptions(int argc, char** argv, Options* options) {
  CLI::App app("Asks PostgreSQL or Redis for Gonghui's decision, and checks every answer.",
               "gonghui-peers");
  app.footer(kFooter);
  AddPeerFlags(&app, options);
  AddLoadFlags(&app, options);
  app.add_flag("--audit", options->audit, "Ask nothing; read the books from the first to the last");
  app.add_option("--json", options->json_file, "Write the result here");
  app.add_option("--label", options->label, "Name of the run, into the result");
  app.add_flag("--quiet", options->quiet, "Print nothing unless something is wrong");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageExit;
  }
  if (const std::string mistake = Mistake(*options); !mistake.empty()) {
    std::fprintf(stderr, "gonghui-peers: %s\n", mistake.c_str());
    return kUsageExit;
  }
  if (options->mode == Mode::kSingle) {
    options->items = 1;
  }
  if (options->seed == 0) {
    options->seed = Mix64(static_cast<uint64_t>(SystemClock::Instance().NowNs()) +
                          static_cast<uint64_t>(getpid()));
  }
  return std::nullopt;
}

const char* PeerName(PeerKind peer) {
  switch (peer) {
    case PeerKind::kPostgres:
      return "postgres";
    case PeerKind::kRedis:
      return "redis";
  }
  return "";
}

const char* VariantName(Variant variant) {
  switch (variant) {
    case Variant::kPlain:
      return "plain";
    case Variant::kTuned:
      return "tuned";
  }
  return "";
}

const char* ModeName(Mode mode) {
  switch (mode) {
    case Mode::kSingle:
      return "single";
    case Mode::kPipelined:
      return "pipelined";
    case Mode::kBulk:
      return "bulk";
  }
  return "";
}

const char* TransactionsName(Transactions transactions) {
  switch (transactions) {
    case Transactions::kEach:
      return "each";
    case Transactions::kTogether:
      return "together";
  }
  return "";
}

}  // namespace gonghui::peers
