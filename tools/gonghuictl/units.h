// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Money, counts, times and ids as people write them.

#ifndef GONGHUI_TOOLS_GONGHUICTL_UNITS_H_
#define GONGHUI_TOOLS_GONGHUICTL_UNITS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace gonghui::ctl {

// "1,234.05 yuan".
[[nodiscard]] std::string FormatYuan(int64_t fen);

// "1234.05", for CSV and for other tools.
[[nodiscard]] std::string FormatYuanBare(int64_t fen);

// Fen of "12", "12.3" or "12.34".  No sign, no separators, no currency.
[[nodiscard]] absl::StatusOr<int64_t> ParseYuan(std::string_view text);

// A decimal integer from 0 to `max`, nothing else around it.
[[nodiscard]] absl::StatusOr<uint64_t> ParseUnsigned(std::string_view text, uint64_t max);

// "12,345".
[[nodiscard]] std::string FormatCount(uint64_t count);

// "850 ms", "12.3 s", "4:05", "1:02:33".
[[nodiscard]] std::string FormatDuration(int64_t duration_ns);

// An instant since 1970 UTC.
struct Instant {
  int64_t seconds = 0;
  int32_t nanos = 0;
};

// The zone in which FormatLocalTime() shows what has none of its own: once, before anything is
// printed.  Until then it is the machine's, by TZ or /etc/localtime.  REQUIRES: IsKnownZone(zone).
void SetDisplayZone(const std::string& zone);

// "2026-03-01 08:15:00 +08:00", for tables: in `zone`, or in the display zone when that is empty
// or not known here.
[[nodiscard]] std::string FormatLocalTime(Instant instant, const std::string& zone = {});

// "2026-03-01T00:15:00Z", for programs.
[[nodiscard]] std::string FormatRfc3339(Instant instant);

// "2026-03-01T08:15:00+08:00", for programs and people alike: in `zone`.  REQUIRES:
// IsKnownZone(zone).
[[nodiscard]] std::string FormatIso8601(Instant instant, const std::string& zone);

inline constexpr std::string_view kDefaultZone = "Asia/Shanghai";

// Whether the tz database knows the zone.
[[nodiscard]] bool IsKnownZone(const std::string& zone);

// YYYY-MM-DD of a day that exists, between 1970 and 2199.
[[nodiscard]] bool IsDay(std::string_view text);

// The first instant of that day in that zone.  REQUIRES: IsKnownZone(zone).
[[nodiscard]] absl::StatusOr<Instant> ParseDay(std::string_view text, const std::string& zone);

// "2026-05-03T00:15:00Z" or with an offset, as +08:00, before which a blank may stand, as in
// tables; "2026-05-03 08:15:00" is in `zone`.  Seconds may have a fraction, or be left out.
// REQUIRES: IsKnownZone(zone).
[[nodiscard]] absl::StatusOr<Instant> ParseInstant(std::string_view text, const std::string& zone);

// A day, which means its first instant, or an instant.  REQUIRES: IsKnownZone(zone).
[[nodiscard]] absl::StatusOr<Instant> ParseDayOrInstant(std::string_view text,
                                                        const std::string& zone);

// 8-4-4-4-12 hexadecimal digits that are not all 0.
[[nodiscard]] bool IsUuid(std::string_view text);

// `count` hexadecimal digits.
[[nodiscard]] bool IsHex(std::string_view text, size_t count);

// The key of a voucher: 32 of them.
[[nodiscard]] inline bool IsVoucherKey(std::string_view text) {
  return IsHex(text, 32);
}

// 1 to `bytes_max` of A-Z a-z 0-9 . _ : -
[[nodiscard]] bool IsCode(std::string_view text, size_t bytes_max);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_UNITS_H_
