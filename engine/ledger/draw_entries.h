// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who has entered a draw: whoever had used the limit that it names by the time it closed
// (docs/decisions/0008-vouchers-draws-appointments.md).

#ifndef GONGHUI_ENGINE_LEDGER_DRAW_ENTRIES_H_
#define GONGHUI_ENGINE_LEDGER_DRAW_ENTRIES_H_

#include "engine/domain/calendar.h"
#include "engine/domain/draw.h"
#include "engine/domain/programme.h"
#include "engine/domain/transaction.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

// Of which each counter is a person's entry.
[[nodiscard]] inline CounterSeries EntrySeriesOf(const ProgrammeCode& programme,
                                                 const LimitCode& limit) {
  CounterSeries series;
  series.programme = programme;
  series.limit = limit;
  series.measure = LimitMeasure::kCount;
  series.subject = LimitSubject::kPerson;
  series.window = WindowKind::kProgramme;
  return series;
}

// From when on entries come too late.  Their instants are whole seconds: of one within which
// the draw closes, all of it counts.
[[nodiscard]] constexpr TimestampNs EntriesCloseAt(TimestampNs closes_at) {
  const bool within = closes_at.value() % kNsPerSecond != 0;
  return TimestampNs{(FloorSecond(closes_at) + (within ? 1 : 0)) * kNsPerSecond};
}
static_assert(EntriesCloseAt(TimestampNs{5 * kNsPerSecond}) == TimestampNs{5 * kNsPerSecond});
static_assert(EntriesCloseAt(TimestampNs{5 * kNsPerSecond + 1}) == TimestampNs{6 * kNsPerSecond});

// REQUIRES: the counter is of the draw's series.
[[nodiscard]] constexpr bool IsEntry(const Counter& counter, const Draw& draw) {
  return counter.subject != 0 && counter.CountsSinceBefore(EntriesCloseAt(draw.closes_at));
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_DRAW_ENTRIES_H_
