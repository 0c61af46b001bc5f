// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-city: a data folder with a whole city in it, as a gonghuid that had imported it
// would leave it, made in seconds: the commands go through an engine in this process, not over
// the wire.  For measurements that begin where the import ends.
//
// What is not in it: names and phones (the vault is empty) and the text of the programme.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "bench/stored_city.h"
#include "engine/base/clock.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/engine.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

struct Flags {
  std::string data_folder;
  std::string csv_folder;
  uint32_t members = 100'000;
  uint32_t merchants = 5'000;
  uint32_t cards_max = 1'000'000;
};

template <class Code>
std::string TextOf(const Code& code) {
  const auto text = code.Text();
  return {text.data(), text.size};
}

// For gonghui-load: the terminals, and cards spread over all of them.
absl::Status WriteCsvFiles(const Flags& flags, const Ledger& ledger) {
  std::error_code error;
  std::filesystem::create_directories(flags.csv_folder, error);
  if (error) {
    return absl::UnavailableError(flags.csv_folder + ": " + error.message());
  }
  const std::filesystem::path folder = flags.csv_folder;
  std::ofstream cards(folder / "cards.csv");
  cards << "card_number\n";
  const uint32_t step = std::max(1u, flags.members / std::max(1u, flags.cards_max));
  for (uint32_t i = 1; i <= flags.members; i += step) {
    cards << CardOf(i).value() << '\n';
  }
  std::ofstream merchants(folder / "merchants.csv");
  std::ofstream terminals(folder / "terminals.csv");
  merchants << "merchant_id,mcc\n";
  terminals << "terminal_id,merchant_id\n";
  for (uint32_t i = 1; i <= flags.merchants; ++i) {
    const MerchantId merchant = MerchantOf(i);
    merchants << TextOf(merchant) << ',' << ledger.merchants()[ledger.FindMerchant(merchant)].mcc
              << '\n';
    terminals << TextOf(TerminalOf(i)) << ',' << TextOf(merchant) << '\n';
  }
  for (std::ofstream* file : {&cards, &merchants, &terminals}) {
    file->close();
    if (!file->good()) {
      return absl::UnavailableError(flags.csv_folder + ": can not be written");
    }
  }
  return absl::OkStatus();
}

absl::Status MakeBlocking(const Flags& flags) {
  CityOptions city;
  city.members = flags.members;
  city.merchants = flags.merchants;
  RocksdbStoreOptions store_options;
  store_options.folder = flags.data_folder;
  GH_ASSIGN_OR_RETURN(const std::unique_ptr<RocksdbStore> store,
                      RocksdbStore::OpenBlocking(store_options));
  RocksdbJournal journal(*store);
  RocksdbCheckpointStore checkpoints(*store);
  GH_ASSIGN_OR_RETURN(
      const std::unique_ptr<Engine> engine,
      Engine::Start(EngineOptions{}, SystemClock::Instance(), journal, &checkpoints));
  if (engine->recovery().last_seq != 0) {
    return absl::FailedPreconditionError(flags.data_folder + ": there is a ledger in it already");
  }
  StoreCity(city, *engine);
  absl::Status written;
  GH_RETURN_IF_ERROR(engine->InspectBlocking([&](const Ledger& ledger) {
    if (!flags.csv_folder.empty()) {
      written = WriteCsvFiles(flags, ledger);
    }
    std::printf("applied_seq %llu\nstate_hash %016llx\n",
                static_cast<unsigned long long>(ledger.applied_seq().value()),
                static_cast<unsigned long long>(ledger.StateHash()));
  }));
  engine->Stop();  // takes the checkpoint
  return written;
}

}  // namespace
}  // namespace gonghui

int main(int argc, char** argv) {
  gonghui::Flags flags;
  CLI::App app("Makes a data folder with a city of members, cards, merchants and a programme.",
               "gonghui-city");
  app.add_option("--data", flags.data_folder, "The data folder; made when there is none")
      ->required();
  app.add_option("--csv", flags.csv_folder, "Folder for what gonghui-load reads: cards, terminals");
  app.add_option("--members", flags.members, "Members, a card each")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--merchants", flags.merchants, "Merchants, a terminal each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--cards-max", flags.cards_max, "Cards written for gonghui-load, about")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = gonghui::MakeBlocking(flags);
  if (!status.ok()) {
    std::fprintf(stderr, "gonghui-city: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
