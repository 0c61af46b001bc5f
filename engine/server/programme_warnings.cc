// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_warnings.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "engine/programmes/scalars.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"

namespace gonghui {
namespace {

// The first day on which it no longer holds.
std::string UntilInWords(const Calendar& calendar, TimestampNs ends_at) {
  return FormatDate(BusinessDayOf(calendar, ends_at));
}

void Add(const SourcePlace& place, std::string message, std::string hint, WarningRows* warnings) {
  ToProto(
      Diagnostic{place.at.line, place.at.column, place.path, std::move(message), std::move(hint)},
      warnings->Add());
}

void AddOver(const SourcePlace& place,
             const Calendar& calendar,
             TimestampNs ends_at,
             WarningRows* warnings) {
  Add(place,
      absl::StrCat("the programme is over when it becomes active: it ends with 'until' ",
                   UntilInWords(calendar, ends_at)),
      "it decides nothing any more; move 'until', or retire the programme",
      warnings);
}

void AddOver(const SourcePlace& place,
             const std::string& benefit,
             const Calendar& calendar,
             TimestampNs ends_at,
             WarningRows* warnings) {
  Add(place,
      absl::StrCat("the benefit '",
                   benefit,
                   "' is over when the programme becomes active: it ends with 'until' ",
                   UntilInWords(calendar, ends_at)),
      "nobody can use it any more; move its 'until', or delete it",
      warnings);
}

// ---- Draws -----------------------------------------------------------------------

struct LiveBenefit {
  const Programme* programme = nullptr;
  const Benefit* benefit = nullptr;
};

template <class Is>
std::vector<LiveBenefit> BenefitsThat(const Ledger& names,
                                      std::span<const Programme> versions,
                                      Is&& is) {
  std::vector<LiveBenefit> found;
  for (const Programme& version : versions) {
    for (uint32_t i = 0; i < version.benefit_count; ++i) {
      const Benefit& benefit = names.benefits()[BenefitRow{version.first_benefit.value() + i}];
      if (is(version, benefit)) {
        found.push_back({&version, &benefit});
      }
    }
  }
  return found;
}

bool AsksForSeries(const Ledger& names, const Benefit& benefit, const SeriesCode& series) {
  return AsksFor(benefit.asks, Asks::kVoucher) &&
         names.voucher_series()[names.benefit_terms()[benefit.terms].series].code == series;
}

bool CountsOn(const Ledger& names, const Benefit& benefit, const LimitCode& limit) {
  const std::span<const LimitRow> limits{benefit.limits.data(), benefit.limit_count};
  return std::any_of(limits.begin(), limits.end(), [&](LimitRow row) {
    return names.limits()[row].code == limit;
  });
}

std::string NameInWords(const LiveBenefit& live) {
  return absl::StrCat(
      "'", TextOf(live.benefit->code), "' of programme '", TextOf(live.programme->code), "'");
}

std::string UntilInWords(const Ledger& names, const LiveBenefit& live) {
  return UntilInWords(names.calendars()[live.benefit->calendar], live.benefit->ends_at);
}

void Add(std::string field, std::string message, std::string hint, DrawWarningRows* warnings) {
  v1::DrawWarning* const warning = warnings->Add();
  warning->set_field(std::move(field));
  warning->set_message(std::move(message));
  warning->set_hint(std::move(hint));
}

void AddOfPrize(const Ledger& names,
                const PrizeSpec& prize,
                const std::string& field,
                std::span<const Programme> versions,
                DrawWarningRows* warnings) {
  const std::string series = TextOf(prize.series);
  const std::vector<LiveBenefit> asking =
      BenefitsThat(names, versions, [&](const Programme&, const Benefit& benefit) {
        return AsksForSeries(names, benefit, prize.series);
      });
  if (asking.empty()) {
    Add(absl::StrCat(field, ".series_code"),
        absl::StrCat("no benefit that is active or scheduled asks for a voucher of '",
                     series,
                     "': who wins it can use it nowhere (没有生效或已排期的待遇使用该券种)"),
        absl::StrCat("apply a programme with 'voucher: ", series, "' before the prize is valid"),
        warnings);
    return;
  }
  if (std::all_of(asking.begin(), asking.end(), [&prize](const LiveBenefit& live) {
        return live.benefit->starts_at >= prize.expires_at;
      })) {
    Add(absl::StrCat(field, ".expires_at"),
        absl::StrCat("the benefit ",
                     NameInWords(asking.front()),
                     " begins only when the prize has expired (待遇开始时奖品已过期)"),
        "let the prize expire later, or move the benefit's 'starts'",
        warnings);
    return;
  }
  const LiveBenefit& last = *std::max_element(
      asking.begin(), asking.end(), [](const LiveBenefit& a, const LiveBenefit& b) {
        return a.benefit->ends_at < b.benefit->ends_at;
      });
  if (last.benefit->ends_at >= prize.expires_at) {
    return;
  }
  const bool never = last.benefit->ends_at <= prize.valid_from;
  Add(absl::StrCat(field, never ? ".valid_from" : ".expires_at"),
      absl::StrCat("the benefit ",
                   NameInWords(last),
                   " ends with 'until' ",
                   UntilInWords(names, last),
                   never ? ", before the prize may be used (奖品可用前待遇已结束)"
                         : ", before the prize expires (奖品到期前待遇已结束)"),
      "move its 'until', or let the prize expire earlier",
      warnings);
}

void AddOfEntries(const Ledger& names,
                  const CommitDrawRequest& request,
                  std::span<const Programme> versions,
                  DrawWarningRows* warnings) {
  const std::vector<LiveBenefit> entered_by =
      BenefitsThat(names, versions, [&](const Programme& version, const Benefit& benefit) {
        return version.code == request.programme && CountsOn(names, benefit, request.limit);
      });
  if (entered_by.empty()) {
    Add("draw.limit_code",
        absl::StrCat("no benefit that is active or scheduled counts on the limit '",
                     TextOf(request.limit),
                     "': nobody can enter (没有待遇计入该限额，无人可以报名)"),
        "apply a version with such a benefit",
        warnings);
    return;
  }
  const auto goes_on =
      std::find_if(entered_by.begin(), entered_by.end(), [&](const LiveBenefit& live) {
        return live.benefit->ends_at > request.closes_at;
      });
  if (goes_on != entered_by.end()) {
    Add("draw.closes_at",
        absl::StrCat("the benefit ",
                     NameInWords(*goes_on),
                     " goes on when the draw has closed: who uses it from then on takes no part "
                     "(截止后使用该待遇者不参加抽签)"),
        "end it with its 'until' where it is there for the draw alone",
        warnings);
  }
}

}  // namespace

void AddWarnings(const CompiledFile& file, TimestampNs from, WarningRows* warnings) {
  const Calendar& calendar = file.programme.calendar;
  if (file.programme.ends_at <= from) {
    return AddOver(file.places.until, calendar, file.programme.ends_at, warnings);
  }
  BenefitCode told;  // the cases of a price follow each other, and are one benefit
  for (size_t i = 0; i < file.benefits.size(); ++i) {
    const BenefitSpec& benefit = file.benefits[i];
    if (benefit.ends_at <= from && benefit.code != told) {
      told = benefit.code;
      AddOver(file.places.benefits[i], TextOf(benefit.code), calendar, benefit.ends_at, warnings);
    }
  }
}

void AddWarnings(const Ledger& names,
                 const Programme& version,
                 TimestampNs from,
                 WarningRows* warnings) {
  const auto at = [](std::string path) { return SourcePlace{{0, 0}, std::move(path)}; };
  const Calendar& calendar = names.calendars()[version.calendar];
  if (version.ends_at <= from) {
    return AddOver(at("programme.until"), calendar, version.ends_at, warnings);
  }
  BenefitCode told;
  for (uint32_t i = 0; i < version.benefit_count; ++i) {
    const Benefit& benefit = names.benefits()[BenefitRow{version.first_benefit.value() + i}];
    if (benefit.ends_at <= from && benefit.code != told) {
      told = benefit.code;
      AddOver(at("benefits"), TextOf(benefit.code), calendar, benefit.ends_at, warnings);
    }
  }
}

void AddWarnings(const Ledger& names,
                 const CommitDrawRequest& request,
                 std::span<const Programme> versions,
                 DrawWarningRows* warnings) {
  if (request.kind == DrawKind::kDraw) {
    AddOfEntries(names, request, versions, warnings);
  }
  for (size_t i = 0; i < request.prizes.size(); ++i) {
    if (!request.prizes[i].series.IsNone()) {
      AddOfPrize(
          names, request.prizes[i], absl::StrCat("draw.prizes[", i, "]"), versions, warnings);
    }
  }
}

}  // namespace gonghui
