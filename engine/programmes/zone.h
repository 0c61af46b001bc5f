// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// An IANA time zone, compiled to a domain Calendar.  The zone database is read
// here, when a programme is compiled, and nowhere later: what it said is
// journalled with the programme.

#ifndef GONGHUI_ENGINE_PROGRAMMES_ZONE_H_
#define GONGHUI_ENGINE_PROGRAMMES_ZONE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/domain/calendar.h"
#include "engine/programmes/scalars.h"

namespace gonghui {

struct Zone {
  ZoneName name;
  // Every change of the offset between kTimestampNsMin and kTimestampNsMax; the
  // first entry holds before them (from_s = INT64_MIN).
  std::vector<OffsetChange> changes;
};

// Loads "Asia/Shanghai".  Names that depend on this machine ("localtime") or that
// count leap seconds ("right/...") are unknown.
[[nodiscard]] Parsed<Zone> LoadZone(std::string_view name);

// The calendar of a programme whose business days [first, end) are.  A Calendar
// holds kOffsetChangesMax changes; where a zone has more, those from two years
// before the programme to 25 years after its start are kept, and a programme
// that outlasts what is kept is refused.
// REQUIRES: first < end; 0 <= cutover_s < 86400.
[[nodiscard]] Parsed<Calendar> CompileCalendar(const Zone& zone,
                                               int32_t cutover_s,
                                               CivilDay first,
                                               CivilDay end);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_ZONE_H_
