// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// LedgerWorld with benefits that combine: a programme that a test fills layer by layer, and
// the answers as short texts.  Funds F, G and H have 1,000 yuan each.

#ifndef GONGHUI_TESTS_UNIT_LEDGER_COMBINE_WORLD_H_
#define GONGHUI_TESTS_UNIT_LEDGER_COMBINE_WORLD_H_

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {

class CombineWorld : public LedgerWorld {
 protected:
  CombineWorld() {
    for (const char* fund : {"F", "G", "H"}) {
      SetFund(fund, 100'000);
    }
  }

  static LineItem Item(const char* code, int64_t price, uint32_t quantity = 1) {
    return LineItem{CodeOf<ItemCode>(code), Fen{price}, quantity, 0};
  }
  // A percentage of the list price, alone; or in a layer.
  BenefitSpec& AddAlone(const char* code, int32_t rate, const char* fund) {
    return AddPercentOff(&programme_, code, rate, fund);
  }
  BenefitSpec& AddLayer(const char* code,
                        uint8_t layer,
                        int32_t rate,
                        const char* fund,
                        StackBase base = StackBase::kListPrice) {
    BenefitSpec& benefit = AddPercentOff(&programme_, code, rate, fund);
    benefit.layer = layer;
    benefit.base = base;
    return benefit;
  }
  // `off` from `threshold` on.
  static void MakeThreshold(BenefitSpec* benefit, int64_t threshold, int64_t off) {
    benefit->price.kind = PriceKind::kThreshold;
    benefit->price.threshold = Fen{threshold};
    benefit->price.amount = Fen{off};
  }
  // A person's by the day; its place in the file.
  uint32_t AddLimit(const char* code, LimitMeasure measure, int64_t max) {
    LimitSpec limit;
    limit.code = CodeOf<LimitCode>(code);
    limit.measure = measure;
    limit.max = max;
    programme_.limits.push_back(limit);
    return static_cast<uint32_t>(programme_.limits.size() - 1);
  }
  void LimitBy(BenefitSpec* benefit, const std::vector<uint32_t>& limits) {
    benefit->limits = Append<uint32_t>(programme_.limit_refs, limits);
  }
  // Equal parts of these; the last has what remains.
  void FundBy(BenefitSpec* benefit, const std::vector<const char*>& funds) {
    std::vector<FundingShareSpec> shares;
    int32_t left = kBpsPerOne;
    for (size_t i = 0; i < funds.size(); ++i) {
      const int32_t part =
          i + 1 == funds.size() ? left : kBpsPerOne / static_cast<int32_t>(funds.size());
      shares.push_back({CodeOf<FundCode>(funds[i]), Bps{part}, 0});
      left -= part;
    }
    benefit->funding = Append(programme_.funding, shares);
  }
  // As the next version of "p".
  void Apply() {
    ASSERT_EQ(Run(Own(programme_)).verdict, Verdict::kDecided)
        << "reason=" << NameOf(result_.admin_reason) << " field=" << NameOf(result_.field);
  }

  // "benefit:fund=fen" of each share that the answer names, in order.
  [[nodiscard]] std::string Shares() const {
    std::string text;
    for (uint32_t i = 0; i < result_.share_count; ++i) {
      const ResultShare& share = result_.shares[i];
      text += (i == 0 ? "" : " ") + TextOf(ledger_->benefits()[share.benefit].code) + ":" +
              TextOf(ledger_->funds()[share.fund].code) + "=" +
              std::to_string(share.amount.value());
    }
    return text;
  }
  // "limit=used/held/left" of each.
  [[nodiscard]] std::string Limits() const {
    std::string text;
    for (uint32_t i = 0; i < result_.limit_count; ++i) {
      const ResultLimit& limit = result_.limits[i];
      text += (i == 0 ? "" : " ") + TextOf(ledger_->limits()[limit.limit].code) + "=" +
              std::to_string(limit.used) + "/" + std::to_string(limit.held) + "/" +
              std::to_string(limit.left);
    }
    return text;
  }
  // An approval's shares, or why it was declined.
  [[nodiscard]] std::string Given(const Result& result) const {
    return result.transaction.outcome == Outcome::kDeclined
               ? std::string(NameOf(result.transaction.reason))
               : Shares();
  }
  std::string Decided(const Command& command) { return Given(Run(Own(command))); }
  // "benefit:fund=held/spent" of each share of an authorization of T1, as it stands.
  [[nodiscard]] std::string StandingOf(uint64_t request) const {
    const Transaction& original = ledger_->transactions()[RowOf(request)];
    std::string text;
    for (uint32_t i = 0; i < original.applied_count; ++i) {
      const Applied& applied = ledger_->applied()[AppliedRow{original.first_applied.value() + i}];
      text += (i == 0 ? "" : " ") + TextOf(ledger_->benefits()[applied.benefit].code) + ":" +
              TextOf(ledger_->funds()[applied.fund].code) + "=" +
              std::to_string(applied.held.value()) + "/" + std::to_string(applied.spent.value());
    }
    return text;
  }
  [[nodiscard]] TransactionRow RowOf(uint64_t request) const {
    return ledger_->FindTransaction(ledger_->FindTerminal(CodeOf<TerminalId>("T1")),
                                    RequestId{1, request});
  }
  // After each step: what must always hold.
  void ExpectInvariants() const {
    uint64_t row = 0;
    const char* const problem = ledger_->CheckInvariants(&row);
    EXPECT_EQ(problem, nullptr) << problem << ", row " << row;
  }

  OwnedProgramme programme_ = Programme("p");
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_LEDGER_COMBINE_WORLD_H_
