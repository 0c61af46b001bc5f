// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger with one of each thing: union U, member M1 with a card, merchant S1 (MCC 5411)
// with terminal T1, fund F with 100 yuan, and programme "p" with benefit "b", 50 % off.
// After each test the invariants hold, the events replayed give the same ledger, and so
// does a ledger loaded from the pages.

#ifndef GONGHUI_TESTS_UNIT_LEDGER_LEDGER_WORLD_H_
#define GONGHUI_TESTS_UNIT_LEDGER_LEDGER_WORLD_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/details.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class LedgerWorld : public ::testing::Test {
 protected:
  static constexpr TimestampNs kNow{1'777'860'000 * kNsPerSecond};  // 2026-05-04, 10:00 at +08:00
  static constexpr CardNumber kCard{62'000'001};

  explicit LedgerWorld(const LedgerLimits& limits = SmallLimits());
  void TearDown() override;

  static LedgerLimits SmallLimits();
  static constexpr TimestampNs After(int64_t hours) {
    return TimestampNs{kNow.value() + hours * 3600 * kNsPerSecond};
  }

  // Decides at now_, and evolves what comes of it.
  const Result& Run(const OwnedCommand& command);
  // What the command run last has of these.
  [[nodiscard]] const Details& details() const { return *commands_.back().command.details; }
  // Another ledger, loaded from the pages of this one.
  [[nodiscard]] std::unique_ptr<Ledger> Copy() const;

  // Of terminal T1 and the card; a hold and a sale.
  static Command Authorize(uint64_t request, int64_t price);
  static Command Sale(uint64_t request, int64_t price);
  // A capture, reversal, refund or increment of what was asked under `original`; for all
  // there is.
  static Command About(CommandKind kind, uint64_t request, uint64_t original);
  static Command AboutPart(CommandKind kind, uint64_t request, uint64_t original, int64_t amount);
  static Command Close(uint64_t request, const Totals& theirs);

  static OwnedProgramme Programme(const char* code);
  // A percentage, in basis points, paid by one fund.
  static BenefitSpec& AddPercentOff(OwnedProgramme* programme,
                                    const char* code,
                                    int32_t rate,
                                    const char* fund);
  void SetFund(const char* code, int64_t budget, bool advice_may_overrun = false);
  [[nodiscard]] const Fund& FundOf(const char* code) const;

  LedgerLimits limits_;
  std::unique_ptr<Ledger> ledger_;
  TimestampNs now_ = kNow;
  std::deque<OwnedCommand> commands_;  // events point to these
  std::vector<Event> events_;          // those that were evolved
  Event event_;
  Result result_;
  bool spoiled_ = false;  // on purpose: nothing holds any more
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_LEDGER_LEDGER_WORLD_H_
