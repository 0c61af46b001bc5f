// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a backtest or a simulation found: the same decisions before (as they were recorded,
// or by the programmes as they are) and after (under the draft), in counts and sums.

#ifndef GONGHUI_ENGINE_BACKTEST_REPORT_H_
#define GONGHUI_ENGINE_BACKTEST_REPORT_H_

#include <cstdint>
#include <vector>

#include "engine/domain/calendar.h"
#include "engine/domain/fund.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"
#include "engine/domain/reason.h"

namespace gonghui {

// Of authorizations.  decisions = same + gained + lost + more + less.
struct DecisionCounts {
  uint64_t decisions = 0;
  uint64_t same = 0;    // the same outcome, the same subsidy
  uint64_t gained = 0;  // approved, where it was declined
  uint64_t lost = 0;    // declined, where it was approved
  uint64_t more = 0;    // approved both times, with more subsidy
  uint64_t less = 0;    // with less
  // As decided; what funds pay in the end is what was captured and not refunded.
  Fen subsidy_before;
  Fen subsidy_after;

  void Add(const DecisionCounts& other) {
    decisions += other.decisions;
    same += other.same;
    gained += other.gained;
    lost += other.lost;
    more += other.more;
    less += other.less;
    subsidy_before += other.subsidy_before;
    subsidy_after += other.subsidy_after;
  }
  friend bool operator==(const DecisionCounts&, const DecisionCounts&) = default;
};
static_assert(sizeof(DecisionCounts) == 64);  // one cache line a merchant

struct BacktestReport {
  struct Day {
    CivilDay day = 0;  // business day of the draft's calendar
    DecisionCounts counts;
  };
  struct Merchant {
    MerchantId id;
    DecisionCounts counts;
  };
  struct MerchantDay {
    CivilDay day = 0;
    MerchantId id;
    DecisionCounts counts;
  };
  struct Benefit {  // all versions together
    ProgrammeCode programme;
    BenefitCode benefit;
    uint64_t given_before = 0;
    uint64_t given_after = 0;
    Fen subsidy_before;  // of money; things are with their stock
    Fen subsidy_after;
  };
  struct ReasonPair {
    Reason before = Reason::kNone;  // kNone = approved
    Reason after = Reason::kNone;
    uint64_t decisions = 0;
  };
  struct BenefitName {
    ProgrammeCode programme;
    BenefitCode benefit;
    friend bool operator==(const BenefitName&, const BenefitName&) = default;
  };
  struct Limit {
    ProgrammeCode programme;
    LimitCode limit;
    uint64_t refused_before = 0;
    uint64_t refused_after = 0;
  };
  // Fen, or units of a stock.
  struct Fund {
    FundCode code;
    Asset asset = Asset::kMoney;
    // In the period: captured and not given back, overrun included.
    Fen paid_before;
    Fen paid_after;
    // At its end.
    Fen held_before;
    Fen held_after;
    Fen left_before;
    Fen left_after;
    // When it first could not pay what it was asked for; 0 = it always could.
    TimestampNs ran_out_before;
    TimestampNs ran_out_after;
  };
  // A day on which something moved in a fund, before or after.
  struct FundDay {
    CivilDay day = 0;
    FundCode code;
    Fen paid_before;
    Fen paid_after;
    Fen left_before;  // at the day's end
    Fen left_after;
  };

  // Of what was asked for: [from, to).
  TimestampNs from;
  TimestampNs to;
  // When the last decision of it was made, so that a period that goes beyond the journal
  // is seen.
  TimestampNs last_decided_at;
  DecisionCounts all;
  uint64_t members_gained = 0;  // with at least one decision of that kind
  uint64_t members_lost = 0;
  uint64_t members_more = 0;
  uint64_t members_less = 0;

  // What becomes of decisions later: captures, increments, reversals, refunds, closes,
  // judgements of claims.
  uint64_t followups = 0;
  uint64_t followups_refused = 0;  // accepted before, refused after: the original was declined
  uint64_t originals_gone = 0;     // the same, but because the original is out of reach
  // Gained holds and claims: nobody captured them, so they count as captured in full at once.
  uint64_t holds_assumed_captured = 0;
  // Changes of the draft's own programme or funds, in whose place the draft stands.
  uint64_t changes_replaced = 0;
  uint64_t changes_refused = 0;  // operators' commands that the scratch ledger refuses
  uint64_t undecided = 0;        // authorizations that it could not decide at all: full
  // Events of releases whose rules were others: what differs there need not be the draft's.
  uint64_t events_of_other_rules = 0;
  bool draft_is_live = false;  // its content was live at the beginning: nothing to compare
  bool dates_widened = false;  // see WidenedDraft
  bool merchant_days_cut = false;
  // A simulation: its days have no shown code, appointment or claim.
  bool is_simulated = false;
  uint64_t unplayed = 0;  // of the recorded day that it repeats, for that reason left out
  // A simulation whose visits are made up, which have no lines: benefits for goods that are in
  // force on its days, none of which it can give.  The draft's own first.
  std::vector<BenefitName> goods_benefits;

  std::vector<Day> days;                   // rising
  std::vector<Merchant> merchants;         // in order of registration, with decisions
  std::vector<MerchantDay> merchant_days;  // when asked for; by day, then merchant
  std::vector<Benefit> benefits;           // in order of precedence as they came
  std::vector<ReasonPair> reasons;         // rising
  std::vector<Limit> limits;
  std::vector<Fund> funds;  // in which something moved, or that could not pay
  std::vector<FundDay> fund_days;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_REPORT_H_
