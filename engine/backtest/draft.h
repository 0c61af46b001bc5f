// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A compiled programme file that is to be tried.  Spans belong to whoever compiled it.

#ifndef GONGHUI_ENGINE_BACKTEST_DRAFT_H_
#define GONGHUI_ENGINE_BACKTEST_DRAFT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/programme.h"
#include "engine/domain/result.h"

namespace gonghui {

struct Draft {
  std::span<const SegmentRequest> segments;
  std::span<const FundRequest> funds;
  ProgrammeImage programme;
};

// The ledger's refusal of a part of it: segments[index], funds[index], or the programme.
struct DraftRefusal {
  CommandKind kind = CommandKind::kApplyProgramme;
  uint32_t index = 0;
  Result result;
};

// A draft whose dates are made to cover [from, to): a programme is written for the months to
// come and tried on those that were.  Widened are the programme's own first and last day, and
// of its benefits and funds the dates that are the same as these; a benefit's own, narrower
// dates stay.
class WidenedDraft {
 public:
  WidenedDraft(const Draft& draft, TimestampNs from, TimestampNs to);
  WidenedDraft(const WidenedDraft&) = delete;
  WidenedDraft& operator=(const WidenedDraft&) = delete;

  [[nodiscard]] const Draft& draft() const { return draft_; }
  // Something had to be widened.
  [[nodiscard]] bool widened() const { return widened_; }

 private:
  void Widen(TimestampNs own_start,
             TimestampNs own_end,
             TimestampNs* starts_at,
             TimestampNs* ends_at);

  const TimestampNs from_;
  const TimestampNs to_;
  std::vector<BenefitSpec> benefits_;
  std::vector<FundRequest> funds_;
  Draft draft_;
  bool widened_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_DRAFT_H_
