// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/zone.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <absl/time/time.h>

#include "engine/base/check.h"
#include "engine/base/strings.h"
#include "engine/domain/limits.h"
#include "engine/programmes/diagnostic.h"

namespace gonghui {
namespace {

constexpr int64_t kFirstSecond = kTimestampNsMin / kNsPerSecond;
constexpr int64_t kLastSecond = kTimestampNsMax / kNsPerSecond;
constexpr int64_t kYearSeconds = 366 * kSecondsPerDay;

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The name becomes part of a file's path: it must stay below the zone database
// and name one zone in one way.
bool IsPlainZoneName(std::string_view name) {
  if (name.empty() || name == "localtime" || StartsWith(name, "right/") ||
      StartsWith(name, "posix/")) {
    return false;
  }
  char previous = '/';
  for (const char c : name) {
    const bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || (c == '/' && previous != '/');
    if (!good) {
      return false;
    }
    previous = c;
  }
  return previous != '/';
}

int64_t OffsetAt(const absl::TimeZone& zone, int64_t at_s) {
  return zone.At(absl::FromUnixSeconds(at_s)).offset;
}

}  // namespace

Parsed<Zone> LoadZone(std::string_view name) {
  using Result = Parsed<Zone>;
  Zone zone;
  std::string code(name);
  std::replace(code.begin(), code.end(), '/', ':');
  const std::optional<ZoneName> zone_name = ZoneName::Parse({code.data(), code.size()});
  absl::TimeZone source;
  if (!zone_name.has_value() || !IsPlainZoneName(name) ||
      !absl::LoadTimeZone(ToAbsl(name), &source)) {
    return Result::Bad(Say("unknown time zone $0", "不认识的时区 $0", Quoted(name)),
                       Say("a name of the IANA database, such as Asia/Shanghai",
                           "要用 IANA 时区库中的名称，例如 Asia/Shanghai"));
  }
  zone.name = *zone_name;
  zone.changes.push_back({INT64_MIN, OffsetAt(source, kFirstSecond)});
  absl::Time at = absl::FromUnixSeconds(kFirstSecond);
  absl::TimeZone::CivilTransition transition;
  while (source.NextTransition(at, &transition)) {
    at = source.At(transition.to).trans;
    const int64_t at_s = absl::ToUnixSeconds(at);
    if (at_s >= kLastSecond) {
      break;
    }
    const int64_t offset_s = OffsetAt(source, at_s);
    // A change of the zone's abbreviation alone is none of the calendar's.
    if (offset_s != zone.changes.back().offset_s) {
      zone.changes.push_back({at_s, offset_s});
    }
  }
  return Result::Ok(std::move(zone));
}

Parsed<Calendar> CompileCalendar(const Zone& zone,
                                 int32_t cutover_s,
                                 CivilDay first,
                                 CivilDay end) {
  using Result = Parsed<Calendar>;
  GH_CHECK(first < end, "first=", first, " end=", end);
  GH_CHECK(!zone.changes.empty());
  Calendar calendar;
  calendar.zone = zone.name;
  calendar.cutover_s = cutover_s;

  size_t from = 0;
  size_t to = zone.changes.size();
  if (to > kOffsetChangesMax) {
    const int64_t start_s = int64_t{first} * kSecondsPerDay;
    const auto change_after = [&](int64_t at_s) {
      return static_cast<size_t>(
          std::upper_bound(zone.changes.begin(),
                           zone.changes.end(),
                           at_s,
                           [](int64_t s, const OffsetChange& c) { return s < c.from_s; }) -
          zone.changes.begin());
    };
    // The change before the kept ones says which offset holds until the first.
    from = change_after(start_s - 2 * kYearSeconds) - 1;
    to = std::min(change_after(start_s + 25 * kYearSeconds), from + kOffsetChangesMax);
    // A day's margin holds any offset and cut-over.
    if (to < zone.changes.size() &&
        int64_t{end} * kSecondsPerDay + 2 * kSecondsPerDay > zone.changes[to].from_s) {
      return Result::Bad(
          Say("the programme is too long for its time zone, whose clocks change too often",
              "这个时区调整时钟太频繁，项目的时间太长"),
          Say("until $0 at the latest",
              "'until' 最晚写 $0",
              FormatDate(FloorDay(zone.changes[to].from_s) - 2)));
    }
  }
  calendar.offset_change_count = static_cast<uint32_t>(to - from);
  std::copy(zone.changes.begin() + static_cast<ptrdiff_t>(from),
            zone.changes.begin() + static_cast<ptrdiff_t>(to),
            calendar.offset_changes.begin());
  calendar.offset_changes[0].from_s = INT64_MIN;
  return Result::Ok(calendar);
}

}  // namespace gonghui
