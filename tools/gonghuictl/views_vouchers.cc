// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of vouchers, of draws and their prizes, and of winners.

#include "tools/gonghuictl/views_vouchers.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/gonghuictl/view_cells.h"

namespace gonghui::ctl {
namespace {

// "redeemed (已使用)".
Cell VoucherStateCell(const v1::Voucher& voucher) {
  Cell cell = EnumCell(voucher.state());
  switch (voucher.state()) {
    case v1::VOUCHER_STATE_ISSUED:
      cell.text += " (可使用)";
      break;
    case v1::VOUCHER_STATE_RESERVED:
      cell.text += " (已占用)";
      break;
    case v1::VOUCHER_STATE_REDEEMED:
      cell.text += " (已使用)";
      break;
    case v1::VOUCHER_STATE_VOID:
      cell.text += " (已作废)";
      break;
    case v1::VOUCHER_STATE_BLANK:
      cell.text += " (未中奖)";
      break;
    default:
      break;
  }
  return cell;
}

using VoucherColumn = ViewColumn<v1::Voucher>;
constexpr std::array kVoucher = {
    VoucherColumn{"voucher",
                  "voucher_key",
                  Align::kLeft,
                  [](const v1::Voucher& v) { return TextCell(v.voucher_key()); }},
    VoucherColumn{"series",
                  "series_code",
                  Align::kLeft,
                  [](const v1::Voucher& v) { return TextCell(v.series_code()); }},
    VoucherColumn{"member",
                  "member_id",
                  Align::kLeft,
                  [](const v1::Voucher& v) {
                    const bool bearer =
                        v.member_id().empty() && v.state() != v1::VOUCHER_STATE_UNSPECIFIED;
                    return Cell{bearer ? "the bearer's" : v.member_id(), v.member_id()};
                  }},
    VoucherColumn{"state", "state", Align::kLeft, VoucherStateCell},
    VoucherColumn{"valid from",
                  "valid_from",
                  Align::kLeft,
                  [](const v1::Voucher& v) { return TimeCell(v.has_valid_from(), v.valid_from()); },
                  Fit::kMinor},
    VoucherColumn{
        "expires at",
        "expires_at",
        Align::kLeft,
        [](const v1::Voucher& v) { return TimeCell(v.has_expires_at(), v.expires_at()); }},
    VoucherColumn{"used by",
                  "transaction_id",
                  Align::kLeft,
                  [](const v1::Voucher& v) { return TextCell(v.transaction_id()); }},
    VoucherColumn{"draw",
                  "draw_code",
                  Align::kLeft,
                  [](const v1::Voucher& v) { return TextCell(v.draw_code()); }},
};

using SeriesColumn = ViewColumn<v1::VoucherSeries>;
constexpr std::array kSeries = {
    SeriesColumn{"series",
                 "series_code",
                 Align::kLeft,
                 [](const v1::VoucherSeries& s) { return TextCell(s.series_code()); }},
    SeriesColumn{"issued",
                 "issued_count",
                 Align::kRight,
                 [](const v1::VoucherSeries& s) { return CountCell(s.issued_count()); }},
    SeriesColumn{"reserved",
                 "reserved_count",
                 Align::kRight,
                 [](const v1::VoucherSeries& s) { return CountCell(s.reserved_count()); }},
    SeriesColumn{"redeemed",
                 "redeemed_count",
                 Align::kRight,
                 [](const v1::VoucherSeries& s) { return CountCell(s.redeemed_count()); }},
    SeriesColumn{"taken back",
                 "voided_count",
                 Align::kRight,
                 [](const v1::VoucherSeries& s) { return CountCell(s.voided_count()); }},
};

// "closed (已截止)".
Cell DrawStateCell(const v1::Draw& draw) {
  Cell cell = EnumCell(draw.state());
  switch (draw.state()) {
    case v1::DRAW_STATE_COMMITTED:
      cell.text += " (已承诺种子)";
      break;
    case v1::DRAW_STATE_CLOSED:
      cell.text += " (已截止)";
      break;
    case v1::DRAW_STATE_SETTLED:
      cell.text += " (已开奖)";
      break;
    default:
      break;
  }
  return cell;
}

using DrawColumn = ViewColumn<v1::Draw>;
constexpr DrawColumn kCode = {
    "draw", "draw_code", Align::kLeft, [](const v1::Draw& d) { return TextCell(d.draw_code()); }};
constexpr DrawColumn kKind = {
    "kind", "kind", Align::kLeft, [](const v1::Draw& d) { return EnumCell(d.kind()); }};
constexpr DrawColumn kProgrammeOf = {
    "programme", "programme_code", Align::kLeft, [](const v1::Draw& d) {
      return TextCell(d.programme_code());
    }};
constexpr DrawColumn kEntered = {"who has used", "limit_code", Align::kLeft, [](const v1::Draw& d) {
                                   return TextCell(d.limit_code());
                                 }};
constexpr DrawColumn kCloses = {"closes at", "closes_at", Align::kLeft, [](const v1::Draw& d) {
                                  return TimeCell(d.has_closes_at(), d.closes_at());
                                }};
constexpr std::array kDraw = {
    kCode,
    kKind,
    DrawColumn{"state", "state", Align::kLeft, DrawStateCell},
    kProgrammeOf,
    kEntered,
    kCloses,
    DrawColumn{"entries",
               "entry_count",
               Align::kRight,
               [](const v1::Draw& d) {
                 Cell cell = CountCell(d.entry_count());
                 // Of a draw the list is read when it is settled; of a pool each event counts.
                 if (d.kind() == v1::DRAW_KIND_DRAW && d.state() == v1::DRAW_STATE_COMMITTED) {
                   cell.text = "not counted yet (尚未统计)";
                 }
                 return cell;
               }},
    DrawColumn{"won",
               "won_count",
               Align::kRight,
               [](const v1::Draw& d) { return CountCell(d.won_count()); }},
    DrawColumn{"seed hash",
               "seed_hash",
               Align::kLeft,
               [](const v1::Draw& d) { return TextCell(d.seed_hash()); },
               Fit::kMinor},
    DrawColumn{"seed",
               "seed",
               Align::kLeft,
               [](const v1::Draw& d) { return TextCell(d.seed()); },
               Fit::kMinor},
    DrawColumn{"entries hash",
               "entries_hash",
               Align::kLeft,
               [](const v1::Draw& d) { return TextCell(d.entries_hash()); },
               Fit::kMinor},
    DrawColumn{"committed at",
               "committed_at",
               Align::kLeft,
               [](const v1::Draw& d) { return TimeCell(d.has_committed_at(), d.committed_at()); },
               Fit::kMinor},
    DrawColumn{"settled at",
               "settled_at",
               Align::kLeft,
               [](const v1::Draw& d) { return TimeCell(d.has_settled_at(), d.settled_at()); },
               Fit::kMinor},
};
constexpr std::array kDrawToCommit = {kCode, kKind, kProgrammeOf, kEntered, kCloses};

// What there is not yet, which people look for.
constexpr std::array kDrawToCommitForPeople = {
    kCode,
    kKind,
    kProgrammeOf,
    kEntered,
    kCloses,
    DrawColumn{"entries",
               "",
               Align::kLeft,
               [](const v1::Draw& d) {
                 return TextCell(d.kind() == v1::DRAW_KIND_POOL
                                     ? "each event draws once (每个事件抽一次)"
                                     : "counted when it is settled (开奖时统计)");
               }},
    DrawColumn{"seed hash",
               "",
               Align::kLeft,
               [](const v1::Draw&) {
                 return TextCell("none yet: committing makes the seed (尚无，登记时生成种子)");
               }},
};

// A row of the prizes that would be fixed.
struct PrizeToCommit {
  v1::Prize prize;
  bool of_pool = false;
  uint64_t first_rank = 0;  // of a draw
  uint64_t weight_sum = 0;  // of a pool
};

Cell WhoWinsCell(const PrizeToCommit& row) {
  if (row.of_pool) {
    return TextCell(
        fmt::format("{} of {}", FormatCount(row.prize.weight()), FormatCount(row.weight_sum)));
  }
  const uint64_t last = row.first_rank + row.prize.count() - 1;
  return TextCell(row.prize.count() <= 1
                      ? FormatCount(row.first_rank)
                      : fmt::format("{} to {}", FormatCount(row.first_rank), FormatCount(last)));
}

Cell PrizeCell(const v1::Prize& prize) {
  return {prize.series_code().empty() ? "nothing (未中奖)" : prize.series_code(),
          prize.series_code()};
}

Cell PrizeCountCell(const v1::Prize& prize) {
  Cell cell = CountCell(prize.count());
  cell.text = prize.count() == 0 ? "without end" : cell.text;
  return cell;
}

using ToCommitColumn = ViewColumn<PrizeToCommit>;
constexpr ToCommitColumn kPrizeToCommit = {
    "prize", "", Align::kLeft, [](const PrizeToCommit& p) { return PrizeCell(p.prize); }};
constexpr ToCommitColumn kCountToCommit = {
    "count", "", Align::kRight, [](const PrizeToCommit& p) { return PrizeCountCell(p.prize); }};
constexpr ToCommitColumn kFromToCommit = {
    "valid from",
    "",
    Align::kLeft,
    [](const PrizeToCommit& p) { return TimeCell(p.prize.has_valid_from(), p.prize.valid_from()); },
    Fit::kWrap};
constexpr ToCommitColumn kUntilToCommit = {
    "expires at",
    "",
    Align::kLeft,
    [](const PrizeToCommit& p) { return TimeCell(p.prize.has_expires_at(), p.prize.expires_at()); },
    Fit::kWrap};
constexpr std::array kDrawPrizesToCommit = {
    kPrizeToCommit,
    kCountToCommit,
    ToCommitColumn{"ranks 名次", "", Align::kRight, WhoWinsCell},
    kFromToCommit,
    kUntilToCommit,
};
constexpr std::array kPoolPrizesToCommit = {
    kPrizeToCommit,
    kCountToCommit,
    ToCommitColumn{"chance 概率", "", Align::kRight, WhoWinsCell},
    kFromToCommit,
    kUntilToCommit,
};

using PrizeColumn = ViewColumn<v1::Prize>;
constexpr std::array kPrize = {
    PrizeColumn{"prize", "series_code", Align::kLeft, PrizeCell},
    PrizeColumn{"count", "count", Align::kRight, PrizeCountCell},
    PrizeColumn{"weight",
                "weight",
                Align::kRight,
                [](const v1::Prize& p) {
                  Cell cell = CountCell(p.weight());
                  cell.text = p.weight() == 0 ? "" : cell.text;
                  return cell;
                }},
    PrizeColumn{"won",
                "won_count",
                Align::kRight,
                [](const v1::Prize& p) { return CountCell(p.won_count()); }},
    PrizeColumn{"valid from",
                "valid_from",
                Align::kLeft,
                [](const v1::Prize& p) { return TimeCell(p.has_valid_from(), p.valid_from()); },
                Fit::kWrap},
    PrizeColumn{"expires at",
                "expires_at",
                Align::kLeft,
                [](const v1::Prize& p) { return TimeCell(p.has_expires_at(), p.expires_at()); },
                Fit::kWrap},
};

using WinnerColumn = ViewColumn<Winner>;
constexpr std::array kWinner = {
    WinnerColumn{"rank", "rank", Align::kRight, [](const Winner& w) { return CountCell(w.rank); }},
    WinnerColumn{
        "member", "member_id", Align::kLeft, [](const Winner& w) { return TextCell(w.member_id); }},
    WinnerColumn{"prize",
                 "series_code",
                 Align::kLeft,
                 [](const Winner& w) { return TextCell(w.series_code); }},
};

using DrawWinnerColumn = ViewColumn<v1::DrawWinner>;
constexpr std::array kDrawWinner = {
    DrawWinnerColumn{
        "rank", "rank", Align::kRight, [](const v1::DrawWinner& w) { return CountCell(w.rank()); }},
    DrawWinnerColumn{"member",
                     "member_id",
                     Align::kLeft,
                     [](const v1::DrawWinner& w) { return TextCell(w.member_id()); }},
    DrawWinnerColumn{"prize",
                     "series_code",
                     Align::kLeft,
                     [](const v1::DrawWinner& w) { return TextCell(w.series_code()); }},
    DrawWinnerColumn{"voucher",
                     "voucher_key",
                     Align::kLeft,
                     [](const v1::DrawWinner& w) { return TextCell(w.voucher_key()); }},
};

using PoolDrawColumn = ViewColumn<PoolDraw>;
constexpr std::array kPoolDraw = {
    PoolDrawColumn{
        "source", "source", Align::kLeft, [](const PoolDraw& d) { return TextCell(d.source); }},
    PoolDrawColumn{
        "event", "event_id", Align::kLeft, [](const PoolDraw& d) { return TextCell(d.event_id); }},
    PoolDrawColumn{"prize",
                   "series_code",
                   Align::kLeft,
                   [](const PoolDraw& d) { return TextCell(d.series_code); }},
    PoolDrawColumn{"voucher",
                   "voucher_key",
                   Align::kLeft,
                   [](const PoolDraw& d) { return TextCell(d.voucher_key); }},
};

}  // namespace

View<v1::Voucher> VoucherView() {
  return kVoucher;
}
View<v1::VoucherSeries> VoucherSeriesView() {
  return kSeries;
}
View<v1::Draw> DrawView() {
  return kDraw;
}
View<v1::Prize> PrizeView() {
  return kPrize;
}
View<Winner> WinnerView() {
  return kWinner;
}
View<v1::DrawWinner> DrawWinnerView() {
  return kDrawWinner;
}
View<PoolDraw> PoolDrawView() {
  return kPoolDraw;
}

void ShowDraw(const v1::Draw& draw, View<v1::Draw> view, Output* out) {
  out->RecordOf<v1::Draw>(draw, view);
  if (out->format() == OutputFormat::kTable && !draw.prizes().empty()) {
    out->Heading("Prizes (奖项)");
    out->TableOf<v1::Prize>(draw.prizes(), PrizeView());
  }
}

void ShowDrawToCommit(const v1::Draw& draw, Output* out) {
  if (out->format() == OutputFormat::kCsv) {
    out->RecordOf<v1::Draw>(draw, kDrawToCommit);
    return;
  }
  out->RecordOf<v1::Draw>(draw, kDrawToCommitForPeople);
  const bool pool = draw.kind() == v1::DRAW_KIND_POOL;
  uint64_t weight_sum = 0;
  for (const v1::Prize& prize : draw.prizes()) {
    weight_sum += prize.weight();
  }
  std::vector<PrizeToCommit> rows;
  uint64_t rank = 1;
  for (const v1::Prize& prize : draw.prizes()) {
    rows.push_back({prize, pool, rank, weight_sum});
    rank += prize.count();
  }
  out->Heading("Prizes (奖项)");
  out->TableOf<PrizeToCommit>(
      rows,
      pool ? View<PrizeToCommit>(kPoolPrizesToCommit) : View<PrizeToCommit>(kDrawPrizesToCommit));
}

}  // namespace gonghui::ctl
