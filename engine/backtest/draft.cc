// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/draft.h"

namespace gonghui {

WidenedDraft::WidenedDraft(const Draft& draft, TimestampNs from, TimestampNs to)
    : from_(from),
      to_(to),
      benefits_(draft.programme.benefits.begin(), draft.programme.benefits.end()),
      funds_(draft.funds.begin(), draft.funds.end()),
      draft_(draft) {
  ProgrammeSpec& programme = draft_.programme.programme;
  const TimestampNs own_start = programme.starts_at;
  const TimestampNs own_end = programme.ends_at;
  for (BenefitSpec& benefit : benefits_) {
    Widen(own_start, own_end, &benefit.starts_at, &benefit.ends_at);
  }
  for (FundRequest& fund : funds_) {
    Widen(own_start, own_end, &fund.opens_at, &fund.closes_at);
  }
  Widen(own_start, own_end, &programme.starts_at, &programme.ends_at);
  if (widened_) {
    programme.content_hash = 0;  // it is not the version that has the file's any more
  }
  draft_.programme.benefits = benefits_;
  draft_.funds = funds_;
}

void WidenedDraft::Widen(TimestampNs own_start,
                         TimestampNs own_end,
                         TimestampNs* starts_at,
                         TimestampNs* ends_at) {
  if (*starts_at == own_start && *starts_at > from_) {
    *starts_at = from_;
    widened_ = true;
  }
  if (*ends_at == own_end && *ends_at < to_) {
    *ends_at = to_;
    widened_ = true;
  }
}

}  // namespace gonghui
