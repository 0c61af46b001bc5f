// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Adds up what was decided before and after.  Two *sides* are counted each from its own
// events, and compared decision by decision.  Neither allocates for a decision.
//
// REQUIRES: of each side, times never go back.

#ifndef GONGHUI_ENGINE_BACKTEST_TALLY_H_
#define GONGHUI_ENGINE_BACKTEST_TALLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/backtest/report.h"
#include "engine/backtest/reported_names.h"
#include "engine/domain/calendar.h"
#include "engine/domain/event.h"
#include "engine/domain/transaction.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

enum class Side : uint8_t { kBefore = 0, kAfter = 1 };

// What two decisions are compared by.
struct Verdicts {
  MerchantRow merchant;
  MemberRow member;
  Fen subsidy;
  Reason reason = Reason::kNone;
  Outcome outcome = Outcome::kDeclined;

  [[nodiscard]] bool approved() const { return outcome != Outcome::kDeclined; }
};
[[nodiscard]] Verdicts VerdictsOf(const Transaction& transaction);

class Tally {
 public:
  Tally(const Calendar& calendar, bool by_merchant_and_day);

  // Where a side begins: its funds as they stand, and the names of its rows.
  void Begin(Side side, const Ledger& ledger);
  // The ledger of a side has perhaps more rows.
  void Refresh(Side side, const Ledger& ledger);
  // Its funds have perhaps other budgets.
  void RefreshBudgets(Side side, const Ledger& ledger);
  // The same by a recorded operator's event, of a side that has no ledger.
  void Refresh(Side side, const Event& recorded);
  // Members paid into a fund; below zero: it was paid back.
  void Contribute(Side side, const FundCode& fund, Fen amount, TimestampNs at);

  // What the event moves, grants and refuses.
  void Count(Side side, const Event& event);
  void Compare(const Verdicts& before, const Verdicts& after, TimestampNs at);

  [[nodiscard]] RowNames& names(Side side) { return of(side).names; }
  // What is counted elsewhere.
  [[nodiscard]] BacktestReport& report() { return report_; }

  // All of it.  `ledger` names merchants.  The tally is of no use any more.
  [[nodiscard]] BacktestReport Finish(const Ledger& ledger);

 private:
  struct FundState {
    Fen budget;
    Fen contributed;
    Fen held;
    Fen spent;
    Fen paid;            // since the beginning
    Fen paid_today;      // overrun included, as in `paid`
    Fen taken_at_first;  // held and spent when the side began
    Fen contributed_at_first;
    TimestampNs ran_out;
    bool moved_today = false;

    [[nodiscard]] Fen left() const { return budget + contributed - held - spent; }
    // As long as nothing has moved.
    [[nodiscard]] Fen left_at_first() const {
      return budget + contributed_at_first - taken_at_first;
    }
  };
  struct BenefitState {
    uint64_t given = 0;
    Fen subsidy;
  };
  // A fund's day on one side.
  struct FundDay {
    CivilDay day;
    NameKey fund;
    Fen paid;
    Fen left;
  };
  struct OneSide {
    explicit OneSide(ReportedNames* reported) : names(reported) {}
    RowNames names;
    CalendarMoment today;
    CivilDay day = 0;
    bool has_day = false;
    std::vector<FundState> funds;  // by key
    std::vector<NameKey> moved;    // today
    std::vector<BenefitState> benefits;
    std::vector<uint64_t> limits_refused;
    std::vector<FundDay> fund_days;
  };

  [[nodiscard]] OneSide& of(Side side) { return side == Side::kBefore ? before_ : after_; }
  void Grow(OneSide& side);
  void EnterDay(OneSide& side, TimestampNs at);
  void CloseFunds(OneSide& side);
  void CountShares(OneSide& side, const Event& event);
  void MarkMoved(OneSide& side, NameKey fund);
  void CountAuthorization(OneSide& side, const Event& event);
  void CountMerchant(const Verdicts& before, const Verdicts& after, const DecisionCounts& counts);
  size_t PlaceOf(const Verdicts& verdicts);
  void CloseMerchantDay();
  void FinishNamed();
  void FinishFunds();
  void FinishFundDays(NameKey key,
                      std::span<const FundDay>* before,
                      std::span<const FundDay>* after);

  const Calendar calendar_;
  const bool by_merchant_and_day_;
  ReportedNames names_;
  OneSide before_{&names_};
  OneSide after_{&names_};
  BacktestReport report_;

  // Of the comparison.
  CalendarMoment today_;
  std::vector<DecisionCounts> merchants_;        // by row
  std::vector<DecisionCounts> merchants_today_;  // by row, when they are asked for by day
  std::vector<MerchantRow> merchants_of_today_;
  std::vector<std::pair<CivilDay, std::pair<MerchantRow, DecisionCounts>>> merchant_days_;
  std::vector<uint8_t> members_;  // by row: bits of what happened to them
  static constexpr size_t kReasonsMax = 1024;
  std::array<uint8_t, kReasonsMax> reason_places_{};  // by reason: place + 1
  std::vector<Reason> reasons_;
  std::vector<uint64_t> reason_pairs_;  // kReasonPlaces x kReasonPlaces
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_TALLY_H_
