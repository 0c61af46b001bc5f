// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/books.h"

#include <fmt/format.h>

#include <cstddef>

namespace gonghui::peers {

std::string WrongWithBooks(const Books& books, bool everything) {
  for (size_t i = 0; i < kFundCount; ++i) {
    const FundBooks& fund = books[i];
    if (fund.taken_fen < 0 || fund.taken_fen > fund.budget_fen) {
      return fmt::format(
          "fund {} is overspent: {} of {} fen", i + 1, fund.taken_fen, fund.budget_fen);
    }
    if (everything && fund.authorized_fen != fund.taken_fen) {
      return fmt::format("fund {} lost {} fen, its stored authorizations are {}",
                         i + 1,
                         fund.taken_fen,
                         fund.authorized_fen);
    }
    if (everything && fund.uses != fund.approved) {
      return fmt::format(
          "fund {}: {} approved, {} counted at members", i + 1, fund.approved, fund.uses);
    }
  }
  return {};
}

}  // namespace gonghui::peers
