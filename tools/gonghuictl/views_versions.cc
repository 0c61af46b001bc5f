// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of a programme's versions, shadows and drafts.

#include <array>
#include <string>

#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

// When it was active: the newest period, and how many there were before.
Cell ActiveCell(const v1::ProgrammeVersion& version) {
  Cell cell;
  for (const v1::ActivePeriod& period : version.active_periods()) {
    const Cell from = TimeCell(true, period.starts_at(), version.time_zone());
    const Cell until = TimeCell(period.has_ends_at(), period.ends_at(), version.time_zone());
    if (cell.raw.empty()) {
      cell.text = from.text + " to " + (until.text.empty() ? "now" : until.text);
    }
    cell.raw += (cell.raw.empty() ? "" : ";") + from.raw + "/" + until.raw;
  }
  if (version.active_periods_size() > 1) {
    cell.text += " (and " + FormatCount(static_cast<uint64_t>(version.active_periods_size()) - 1) +
                 " before)";
  }
  return cell;
}

using VersionColumn = ViewColumn<v1::ProgrammeVersion>;
constexpr std::array kVersion = {
    VersionColumn{"version",
                  "version",
                  Align::kRight,
                  [](const v1::ProgrammeVersion& v) { return CountCell(v.version()); }},
    VersionColumn{"stage",
                  "stage",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return EnumCell(v.stage()); }},
    VersionColumn{"since",
                  "staged_at",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) {
                    return TimeCell(v.has_staged_at(), v.staged_at(), v.time_zone());
                  }},
    VersionColumn{"activates at",
                  "activates_at",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) {
                    return TimeCell(v.has_activates_at(), v.activates_at(), v.time_zone());
                  }},
    VersionColumn{"active", "active_periods", Align::kLeft, ActiveCell},
    VersionColumn{"applied at",
                  "applied_at",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) {
                    return TimeCell(v.has_applied_at(), v.applied_at(), v.time_zone());
                  },
                  Fit::kMinor},
    VersionColumn{"name",
                  "display_name",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return TextCell(v.display_name()); },
                  Fit::kCut},
    VersionColumn{"applied by",
                  "author",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return TextCell(v.author()); }},
    VersionColumn{"note",
                  "note",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return TextCell(v.note()); },
                  Fit::kCut},
    VersionColumn{"staged by",
                  "staged_by",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return TextCell(v.staged_by()); },
                  Fit::kMinor},
    VersionColumn{"because",
                  "staged_note",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return TextCell(v.staged_note()); },
                  Fit::kCut},
    VersionColumn{
        "text",
        "has_source",
        Align::kLeft,
        [](const v1::ProgrammeVersion& v) {
          return Cell{v.has_source() ? "kept" : "not kept", v.has_source() ? "true" : "false"};
        },
        Fit::kMinor},
    VersionColumn{"content",
                  "content_hash",
                  Align::kLeft,
                  [](const v1::ProgrammeVersion& v) { return TextCell(v.content_hash()); },
                  Fit::kMinor},
};

using ShadowColumn = ViewColumn<v1::ShadowReport>;
constexpr std::array kShadow = {
    ShadowColumn{"programme",
                 "programme_code",
                 Align::kLeft,
                 [](const v1::ShadowReport& r) { return TextCell(r.programme_code()); }},
    ShadowColumn{"version",
                 "version",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return CountCell(r.version()); }},
    ShadowColumn{
        "against",
        "active_version",
        Align::kRight,
        [](const v1::ShadowReport& r) {
          return r.active_version() == 0 ? Cell{"nothing", "0"} : CountCell(r.active_version());
        }},
    ShadowColumn{"counted since",
                 "counted_since",
                 Align::kLeft,
                 [](const v1::ShadowReport& r) {
                   return TimeCell(r.has_counted_since(), r.counted_since());
                 },
                 Fit::kMinor},
    ShadowColumn{"asked",
                 "asked_count",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return SignedCountCell(r.asked_count()); }},
    ShadowColumn{"same",
                 "same_count",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return SignedCountCell(r.same_count()); }},
    ShadowColumn{"gained",
                 "gained_count",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return SignedCountCell(r.gained_count()); }},
    ShadowColumn{"lost",
                 "lost_count",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return SignedCountCell(r.lost_count()); }},
    ShadowColumn{"more",
                 "more_count",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return SignedCountCell(r.more_count()); }},
    ShadowColumn{"less",
                 "less_count",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return SignedCountCell(r.less_count()); }},
    ShadowColumn{"subsidy",
                 "active_subsidy_fen",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return MoneyCell(r.active_subsidy_fen()); }},
    ShadowColumn{"in shadow",
                 "shadow_subsidy_fen",
                 Align::kRight,
                 [](const v1::ShadowReport& r) { return MoneyCell(r.shadow_subsidy_fen()); }},
    ShadowColumn{"difference",
                 "difference_fen",
                 Align::kRight,
                 [](const v1::ShadowReport& r) {
                   return MoneyCell(r.shadow_subsidy_fen() - r.active_subsidy_fen());
                 }},
};

using DraftColumn = ViewColumn<v1::Draft>;
constexpr std::array kDraft = {
    DraftColumn{"draft",
                "draft_name",
                Align::kLeft,
                [](const v1::Draft& d) { return TextCell(d.draft_name()); }},
    DraftColumn{"saved at",
                "saved_at",
                Align::kLeft,
                [](const v1::Draft& d) { return TimeCell(d.has_saved_at(), d.saved_at()); }},
    DraftColumn{
        "by", "author", Align::kLeft, [](const v1::Draft& d) { return TextCell(d.author()); }},
    DraftColumn{"note",
                "note",
                Align::kLeft,
                [](const v1::Draft& d) { return TextCell(d.note()); },
                Fit::kCut},
    DraftColumn{"file",
                "file_name",
                Align::kLeft,
                [](const v1::Draft& d) { return TextCell(d.file_name()); },
                Fit::kCut},
    DraftColumn{"bytes",
                "content_bytes",
                Align::kRight,
                [](const v1::Draft& d) { return CountCell(d.content_bytes()); }},
    DraftColumn{"diagnostics",
                "diagnostic_count",
                Align::kRight,
                [](const v1::Draft& d) { return CountCell(d.diagnostic_count()); }},
};

}  // namespace

View<v1::ProgrammeVersion> ProgrammeVersionView() {
  return kVersion;
}
View<v1::ShadowReport> ShadowReportView() {
  return kShadow;
}
View<v1::Draft> DraftView() {
  return kDraft;
}

}  // namespace gonghui::ctl
