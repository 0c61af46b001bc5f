// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a peer's funds say, and whether it agrees with what it stored.

#ifndef GONGHUI_BENCH_PEERS_BOOKS_H_
#define GONGHUI_BENCH_PEERS_BOOKS_H_

#include <array>
#include <cstdint>
#include <string>

#include "bench/peers/city.h"

namespace gonghui::peers {

struct FundBooks {
  int64_t budget_fen = 0;
  int64_t taken_fen = 0;
  // Of the audit alone: what the stored authorizations add up to, how many they are, and what
  // the members' counters add up to.
  int64_t authorized_fen = 0;
  int64_t approved = 0;
  int64_t uses = 0;
};
using Books = std::array<FundBooks, kFundCount>;

// What is wrong with the books; empty when nothing is.  `everything`: what is of the audit alone
// is there, too.
std::string WrongWithBooks(const Books& books, bool everything);

}  // namespace gonghui::peers

#endif  // GONGHUI_BENCH_PEERS_BOOKS_H_
