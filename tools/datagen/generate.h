// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The CSV files that `gonghuictl import` reads, made up from a seed.

#ifndef GONGHUI_TOOLS_DATAGEN_GENERATE_H_
#define GONGHUI_TOOLS_DATAGEN_GENERATE_H_

#include <cstdint>
#include <string>

#include <absl/status/status.h>

namespace gonghui::datagen {

struct Options {
  uint64_t seed = 1;
  uint64_t member_count = 100'000;
  uint64_t merchant_count = 2'000;
  std::string out_folder;
};

struct Counts {
  uint64_t unions = 0;
  uint64_t segments = 0;
  uint64_t members = 0;
  uint64_t cards = 0;
  uint64_t merchants = 0;
  uint64_t terminals = 0;
};

// Writes unions.csv, segments.csv, members.csv, cards.csv, merchants.csv and
// terminals.csv into the folder, which is made when there is none.  The same
// options give the same bytes, on every machine.
//
// The first rows are always the same cast, for examples:
//
//   M0000001  in good standing, no segment      M0000004  suspended
//   M0000002  劳模, in good standing            M0000005  real name not checked
//   M0000003  新就业形态, in good standing      M0000006  physical card lost
//
//   S0000001  昆明地铁 4111, gates              S0000006  department store 5311
//   S0000002  supermarket 5411                  S0000007  bakery 5462
//   S0000003  restaurant 5812                   S0000008  cinema 7832
//   S0000004  hotel 7011                        S0000009  pharmacy 5912
//   S0000005  convenience store 5499            S0000010  closed restaurant 5812
[[nodiscard]] absl::Status Generate(const Options& options, Counts* counts);

}  // namespace gonghui::datagen

#endif  // GONGHUI_TOOLS_DATAGEN_GENERATE_H_
