// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of programmes, of the funds that pay for them, and of the server.

#include <fmt/format.h>

#include <array>
#include <string>

#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

// Fen or pieces, by the fund's asset; the raw value is the bare number, and the
// column "asset" beside it says which.
Cell FundAmount(const v1::Fund& fund, int64_t amount) {
  if (fund.asset() == v1::ASSET_THING) {
    Cell cell = SignedCountCell(amount);
    cell.text += amount == 1 ? " piece" : " pieces";
    return cell;
  }
  return MoneyCell(amount);
}

// What a fund seldom has is left out for people.
Cell FundAmountUnlessZero(const v1::Fund& fund, int64_t amount) {
  Cell cell = FundAmount(fund, amount);
  if (amount == 0) {
    cell.text.clear();
  }
  return cell;
}

// The unit is beside the amount: people need not read "amount_fen".
Cell MeasureCell(const v1::Limit& limit) {
  Cell cell = EnumCell(limit.measure());
  if (limit.measure() == v1::LIMIT_MEASURE_AMOUNT_FEN) {
    cell.text = "subsidy";
  } else if (limit.measure() == v1::LIMIT_MEASURE_PRICE_FEN) {
    cell.text = "price";
  } else if (limit.no_shows()) {
    cell.text = "no-shows";
  } else if (limit.measure() == v1::LIMIT_MEASURE_COUNT) {
    cell.text = "uses";
  }
  return cell;
}

// The raw value is in nanoseconds.
Cell MillisecondsCell(const google::protobuf::Duration& time) {
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  const int64_t ns = time.seconds() * kNanosPerSecond + time.nanos();
  return {fmt::format("{:.3f} ms", static_cast<double>(ns) / 1e6), fmt::format("{}", ns)};
}

template <typename Strings>
Cell ListCell(const Strings& strings) {
  Cell cell;
  for (const std::string& s : strings) {
    cell.text += (cell.text.empty() ? "" : ", ") + s;
    cell.raw += (cell.raw.empty() ? "" : ";") + s;
  }
  return cell;
}

using FundColumn = ViewColumn<v1::Fund>;
constexpr std::array kFund = {
    FundColumn{"fund",
               "fund_code",
               Align::kLeft,
               [](const v1::Fund& f) { return TextCell(f.fund_code()); }},
    FundColumn{"name",
               "display_name",
               Align::kLeft,
               [](const v1::Fund& f) { return TextCell(f.display_name()); },
               Fit::kCut},
    FundColumn{"asset",
               "asset",
               Align::kLeft,
               [](const v1::Fund& f) { return EnumCell(f.asset()); },
               Fit::kMinor},
    FundColumn{"union",
               "union_node_id",
               Align::kLeft,
               [](const v1::Fund& f) { return TextCell(f.union_node_id()); },
               Fit::kMinor},
    FundColumn{"budget",
               "budget",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmount(f, f.budget()); }},
    FundColumn{"contributed",
               "contributed",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmountUnlessZero(f, f.contributed()); },
               Fit::kMinor},
    FundColumn{"held",
               "held",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmount(f, f.held()); },
               Fit::kMinor},
    FundColumn{"spent",
               "spent",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmount(f, f.spent()); },
               Fit::kMinor},
    FundColumn{"left",
               "left",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmount(f, f.left()); },
               Fit::kMinor},  // what may be granted is `available`
    FundColumn{"overrun",
               "overrun",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmountUnlessZero(f, f.overrun()); },
               Fit::kMinor},
    FundColumn{"suspense",
               "suspense",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmountUnlessZero(f, f.suspense()); },
               Fit::kMinor},
    FundColumn{"available",
               "available",
               Align::kRight,
               [](const v1::Fund& f) { return FundAmount(f, f.available()); }},
    FundColumn{"opens at",
               "opens_at",
               Align::kLeft,
               [](const v1::Fund& f) { return TimeCell(f.has_opens_at(), f.opens_at()); },
               Fit::kMinor},
    FundColumn{"closes at",
               "closes_at",
               Align::kLeft,
               [](const v1::Fund& f) { return TimeCell(f.has_closes_at(), f.closes_at()); },
               Fit::kMinor},
    FundColumn{"paid by",
               "paid_by",
               Align::kLeft,
               [](const v1::Fund& f) { return EnumCell(f.paid_by()); },
               Fit::kMinor},
};

// "5812-5814 up to 20%"; raw: "5812-5814@2000", in basis points.
Cell OverCaptureCell(const v1::Programme& programme) {
  Cell cell;
  for (const v1::OverCapture& entry : programme.over_capture()) {
    const std::string mccs = entry.mcc_first() == entry.mcc_last()
                                 ? fmt::format("{:04}", entry.mcc_first())
                                 : fmt::format("{:04}-{:04}", entry.mcc_first(), entry.mcc_last());
    const uint32_t hundredths = entry.rate_bps() % 100;
    cell.text += fmt::format("{}{} up to {}{}%",
                             cell.text.empty() ? "" : ", ",
                             mccs,
                             entry.rate_bps() / 100,
                             hundredths == 0 ? "" : fmt::format(".{:02}", hundredths));
    cell.raw += fmt::format("{}{}@{}", cell.raw.empty() ? "" : ";", mccs, entry.rate_bps());
  }
  return cell;
}

// "2026-10-01..2026-10-07 holiday, 2026-10-10 workday".
Cell SpecialDaysCell(const v1::Programme& programme) {
  Cell cell;
  for (const v1::SpecialDays& days : programme.special_days()) {
    const std::string entry = fmt::format("{}{}{} {}",
                                          days.first_on(),
                                          days.first_on() == days.last_on() ? "" : "..",
                                          days.first_on() == days.last_on() ? "" : days.last_on(),
                                          EnumWord(v1::DayKind_descriptor(), days.kind()));
    cell.text += (cell.text.empty() ? "" : ", ") + entry;
    cell.raw += (cell.raw.empty() ? "" : ";") + entry;
  }
  return cell;
}

using ProgrammeColumn = ViewColumn<v1::Programme>;
constexpr std::array kProgramme = {
    ProgrammeColumn{"programme",
                    "programme_code",
                    Align::kLeft,
                    [](const v1::Programme& p) { return TextCell(p.programme_code()); }},
    ProgrammeColumn{"version",
                    "version",
                    Align::kRight,
                    [](const v1::Programme& p) { return CountCell(p.version()); }},
    ProgrammeColumn{"name",
                    "display_name",
                    Align::kLeft,
                    [](const v1::Programme& p) { return TextCell(p.display_name()); },
                    Fit::kCut},
    ProgrammeColumn{"starts at",
                    "starts_at",
                    Align::kLeft,
                    [](const v1::Programme& p) {
                      return TimeCell(p.has_starts_at(), p.starts_at(), p.time_zone());
                    }},
    ProgrammeColumn{"ends at",
                    "ends_at",
                    Align::kLeft,
                    [](const v1::Programme& p) {
                      return TimeCell(p.has_ends_at(), p.ends_at(), p.time_zone());
                    }},
    ProgrammeColumn{"zone",
                    "time_zone",
                    Align::kLeft,
                    [](const v1::Programme& p) { return TextCell(p.time_zone()); },
                    Fit::kMinor},
    ProgrammeColumn{"applied at",
                    "applied_at",
                    Align::kLeft,
                    [](const v1::Programme& p) {
                      return TimeCell(p.has_applied_at(), p.applied_at(), p.time_zone());
                    },
                    Fit::kMinor},
    ProgrammeColumn{"retired",
                    "retired",
                    Align::kLeft,
                    [](const v1::Programme& p) { return BoolCell(p.retired()); },
                    Fit::kMinor},
    ProgrammeColumn{"late capture",
                    "late_capture",
                    Align::kLeft,
                    [](const v1::Programme& p) { return EnumCell(p.late_capture()); },
                    Fit::kMinor},
    ProgrammeColumn{"over-capture", "over_capture", Align::kLeft, OverCaptureCell, Fit::kMinor},
    ProgrammeColumn{
        "stage", "stage", Align::kLeft, [](const v1::Programme& p) { return EnumCell(p.stage()); }},
    ProgrammeColumn{"since",
                    "staged_at",
                    Align::kLeft,
                    [](const v1::Programme& p) {
                      return TimeCell(p.has_staged_at(), p.staged_at(), p.time_zone());
                    },
                    Fit::kMinor},
    ProgrammeColumn{"activates at",
                    "activates_at",
                    Align::kLeft,
                    [](const v1::Programme& p) {
                      return TimeCell(p.has_activates_at(), p.activates_at(), p.time_zone());
                    }},
    ProgrammeColumn{"special days", "special_days", Align::kLeft, SpecialDaysCell, Fit::kMinor},
};

using BenefitColumn = ViewColumn<v1::Benefit>;
constexpr std::array kBenefit = {
    BenefitColumn{"benefit",
                  "benefit_code",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.benefit_code()); }},
    BenefitColumn{"name",
                  "display_name",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.display_name()); },
                  Fit::kWrap},
    BenefitColumn{"price",
                  "price",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.price()); },
                  Fit::kWrap},
    BenefitColumn{"on return",
                  "on_return",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return EnumCell(b.on_return()); },
                  Fit::kMinor},
    BenefitColumn{"funds",
                  "fund_codes",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return ListCell(b.fund_codes()); },
                  Fit::kWrap},
    BenefitColumn{"limits",
                  "limit_codes",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return ListCell(b.limit_codes()); },
                  Fit::kWrap},
};

// "alone", "layer 2, on the rest".
Cell LayerCell(const v1::Benefit& benefit) {
  if (benefit.layer() == 0) {
    return TextCell("alone");
  }
  return TextCell(fmt::format("layer {}, on the {}",
                              benefit.layer(),
                              benefit.base() == v1::STACK_BASE_REST ? "rest" : "list price"));
}

constexpr std::array kBenefitConditions = {
    BenefitColumn{"benefit",
                  "benefit_code",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.benefit_code()); }},
    BenefitColumn{"who",
                  "who",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.who()); },
                  Fit::kWrap},
    BenefitColumn{"where",
                  "where",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.where()); },
                  Fit::kWrap},
    BenefitColumn{"items",
                  "items",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.items()); },
                  Fit::kWrap},
    BenefitColumn{"when",
                  "when",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.when()); },
                  Fit::kWrap},
    BenefitColumn{"asks for",
                  "asks",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return TextCell(b.asks()); },
                  Fit::kWrap},
    BenefitColumn{"combines", "layer", Align::kLeft, LayerCell, Fit::kWrap},
    BenefitColumn{"offline",
                  "offline",
                  Align::kLeft,
                  [](const v1::Benefit& b) { return EnumCell(b.offline()); }},
};

// "union", "union at level city".
Cell SubjectCell(const v1::Limit& limit) {
  Cell cell = EnumCell(limit.subject());
  if (limit.union_level() != v1::UNION_LEVEL_UNSPECIFIED) {
    const std::string level = EnumWord(v1::UnionLevel_descriptor(), limit.union_level());
    cell.text += " at level " + level;
    cell.raw += "@" + level;
  }
  return cell;
}

Cell MaxCell(const v1::Limit& limit) {
  if (limit.unlimited()) {
    return TextCell("unlimited");
  }
  return IsMoney(limit.measure()) ? MoneyCell(limit.max()) : SignedCountCell(limit.max());
}

using LimitColumn = ViewColumn<v1::Limit>;
constexpr std::array kLimit = {
    LimitColumn{"limit",
                "limit_code",
                Align::kLeft,
                [](const v1::Limit& l) { return TextCell(l.limit_code()); }},
    LimitColumn{"for each", "subject", Align::kLeft, SubjectCell},
    LimitColumn{"and",
                "window",
                Align::kLeft,
                [](const v1::Limit& l) { return WindowCell(l.window(), l.window_span()); }},
    LimitColumn{"counts", "measure", Align::kLeft, MeasureCell},
    LimitColumn{"at most", "max", Align::kRight, MaxCell},
    LimitColumn{"refund to",
                "refund_to",
                Align::kLeft,
                [](const v1::Limit& l) { return EnumCell(l.refund_to()); }},
    LimitColumn{"asked",
                "offline_only",
                Align::kLeft,
                [](const v1::Limit& l) {
                  return Cell{l.offline_only() ? "only offline" : "always",
                              l.offline_only() ? "true" : "false"};
                }},
};

using StatusColumn = ViewColumn<v1::GetStatusResponse>;
constexpr std::array kStatus = {
    StatusColumn{"version",
                 "version",
                 Align::kLeft,
                 [](const v1::GetStatusResponse& s) { return TextCell(s.version()); }},
    StatusColumn{"started at",
                 "started_at",
                 Align::kLeft,
                 [](const v1::GetStatusResponse& s) {
                   return TimeCell(s.has_started_at(), s.started_at());
                 }},
    StatusColumn{"recovery",
                 "recovery_summary",
                 Align::kLeft,
                 [](const v1::GetStatusResponse& s) { return TextCell(s.recovery_summary()); }},
    StatusColumn{"decided to seq",
                 "applied_seq",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.applied_seq()); }},
    StatusColumn{"durable to seq",
                 "durable_seq",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.durable_seq()); }},
    StatusColumn{"checkpoint at seq",
                 "checkpoint_seq",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.checkpoint_seq()); }},
    StatusColumn{"state hash",
                 "state_hash",
                 Align::kLeft,
                 [](const v1::GetStatusResponse& s) { return TextCell(s.state_hash()); }},
    StatusColumn{"decisions",
                 "decision_count",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.decision_count()); }},
    StatusColumn{"blocks synced",
                 "block_count",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.block_count()); }},
    StatusColumn{"overloads",
                 "overload_count",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.overload_count()); }},
    StatusColumn{
        "transactions of here in the archive",
        "archived_count",
        Align::kRight,
        [](const v1::GetStatusResponse& s) { return CountCell(s.archive().archived_count()); }},
    StatusColumn{
        "brought back from it",
        "thawed_count",
        Align::kRight,
        [](const v1::GetStatusResponse& s) { return CountCell(s.archive().thawed_count()); }},
    StatusColumn{
        "asked of its disk",
        "archive_disk_lookup_count",
        Align::kRight,
        [](const v1::GetStatusResponse& s) { return CountCell(s.archive().disk_lookup_count()); }},
    StatusColumn{"checkpoints",
                 "checkpoint_count",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return CountCell(s.checkpoint_count()); }},
    StatusColumn{"last sync",
                 "sync_last_ns",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return MillisecondsCell(s.sync_last()); }},
    StatusColumn{"longest sync",
                 "sync_max_ns",
                 Align::kRight,
                 [](const v1::GetStatusResponse& s) { return MillisecondsCell(s.sync_max()); }},
    StatusColumn{
        "longest pause",
        "ledger_pause_max_ns",
        Align::kRight,
        [](const v1::GetStatusResponse& s) { return MillisecondsCell(s.ledger_pause_max()); }},
    StatusColumn{
        "bytes made ready",
        "memory_reserved_bytes",
        Align::kRight,
        [](const v1::GetStatusResponse& s) { return CountCell(s.memory_reserved_bytes()); }},
};

using TableStatusColumn = ViewColumn<v1::TableStatus>;
constexpr std::array kTableStatus = {
    TableStatusColumn{
        "table", "name", Align::kLeft, [](const v1::TableStatus& t) { return TextCell(t.name()); }},
    TableStatusColumn{"rows",
                      "row_count",
                      Align::kRight,
                      [](const v1::TableStatus& t) { return CountCell(t.row_count()); }},
    TableStatusColumn{"at most",
                      "row_count_max",
                      Align::kRight,
                      [](const v1::TableStatus& t) { return CountCell(t.row_count_max()); }},
    TableStatusColumn{"bytes",
                      "bytes",
                      Align::kRight,
                      [](const v1::TableStatus& t) { return CountCell(t.bytes()); }},
};

using ChangeColumn = ViewColumn<v1::ProgrammeChange>;
constexpr std::array kProgrammeChange = {
    ChangeColumn{"of",
                 "subject",
                 Align::kLeft,
                 [](const v1::ProgrammeChange& c) { return TextCell(c.subject()); }},
    ChangeColumn{"what",
                 "property",
                 Align::kLeft,
                 [](const v1::ProgrammeChange& c) { return TextCell(c.property()); },
                 Fit::kWrap},
    ChangeColumn{"before",
                 "before",
                 Align::kLeft,
                 [](const v1::ProgrammeChange& c) { return TextCell(c.before()); },
                 Fit::kWrap},
    ChangeColumn{"after",
                 "after",
                 Align::kLeft,
                 [](const v1::ProgrammeChange& c) { return TextCell(c.after()); },
                 Fit::kWrap},
    ChangeColumn{"less",
                 "reduces",
                 Align::kLeft,
                 [](const v1::ProgrammeChange& c) {
                   return Cell{c.reduces() ? "less" : "", c.reduces() ? "true" : "false"};
                 }},
};

}  // namespace

View<v1::Fund> FundView() {
  return kFund;
}
View<v1::Programme> ProgrammeView() {
  return kProgramme;
}
View<v1::Benefit> BenefitView() {
  return kBenefit;
}
View<v1::Benefit> BenefitConditionsView() {
  return kBenefitConditions;
}
View<v1::ProgrammeChange> ProgrammeChangeView() {
  return kProgrammeChange;
}
View<v1::Limit> LimitView() {
  return kLimit;
}
View<v1::GetStatusResponse> StatusView() {
  return kStatus;
}
View<v1::TableStatus> TableStatusView() {
  return kTableStatus;
}

}  // namespace gonghui::ctl
