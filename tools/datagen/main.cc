// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-datagen: see generate.h for what it writes, ids.h for the ids.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/datagen/generate.h"

int main(int argc, char** argv) {
  gonghui::datagen::Options options;
  CLI::App app(
      "Writes unions.csv, segments.csv, members.csv, cards.csv, merchants.csv and terminals.csv:\n"
      "made-up members and merchants of Kunming.  The same options give the same bytes.",
      "gonghui-datagen");
  app.add_option("--seed", options.seed, "Another seed, other data")->capture_default_str();
  app.add_option("--members", options.member_count, "Members, fewer than 7 million")
      ->capture_default_str();
  app.add_option("--merchants", options.merchant_count, "Merchants")
      ->check(CLI::Range(0, 4'000'000))
      ->capture_default_str();
  app.add_option("--out", options.out_folder, "Folder to write to; made when there is none")
      ->required();
  app.footer(
      "Ids: members M0000001 ..., merchants S0000001 ..., terminals T0000001 ... (terminal k is "
      "the\n"
      "first of merchant k), unions UN, U530000, U530100, U5301xx, enterprises E00001 ...; cards "
      "of\n"
      "member n: 6253011 (physical) or 6253012 (digital) + n in 8 digits + Luhn digit.\n"
      "Always the same: M0000001 in good standing, M0000002 劳模, M0000003 新就业形态, M0000004\n"
      "suspended, M0000005 real name not checked, M0000006 card lost; S0000001 昆明地铁 (gates),\n"
      "S0000002 supermarket, S0000003 restaurant, S0000004 hotel, S0000005 convenience store.\n"
      "\n"
      "Examples:\n"
      "  gonghui-datagen --out data\n"
      "  gonghui-datagen --seed 7 --members 1000000 --merchants 5000 --out data\n"
      "\n"
      "Exit codes: 0 written, 1 could not be written, 2 wrong usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  gonghui::datagen::Counts counts;
  const absl::Status status = gonghui::datagen::Generate(options, &counts);
  if (!status.ok()) {
    fmt::print(stderr, "gonghui-datagen: {}\n", std::string(status.message()));
    return 1;
  }
  fmt::print(stderr,
             "{}: {} unions, {} segments, {} members, {} cards, {} merchants, {} terminals\n",
             options.out_folder,
             counts.unions,
             counts.segments,
             counts.members,
             counts.cards,
             counts.merchants,
             counts.terminals);
  return 0;
}
