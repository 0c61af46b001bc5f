// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws and prize pools: what was committed, who has entered, what was won
// (docs/decisions/0008-vouchers-draws-appointments.md).  Hashes, random words and the shuffle
// are engine/programmes/draw.h; here it is counted that no more is won than was committed.

#include <algorithm>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/base/int128.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/draw_entries.h"
#include "engine/ledger/keys.h"

namespace gonghui {
namespace {

bool HasLeft(const Prize& prize) {
  return prize.count == 0 || prize.won < prize.count;
}

// Whether it is what such a voucher is issued for.
bool IsOf(const Prize& prize,
          VoucherSeriesRow series,
          TimestampNs valid_from,
          TimestampNs expires_at) {
  return prize.series == series && prize.valid_from == valid_from && prize.expires_at == expires_at;
}

// Of the prizes that have some left, the one in whose part of all weights the number falls;
// prizes.size() = there is none.
size_t PrizeOf(std::span<const Prize> prizes, uint64_t number) {
  uint64_t total = 0;
  for (const Prize& prize : prizes) {
    total += HasLeft(prize) ? prize.weight : 0;
  }
  auto place = static_cast<uint64_t>(static_cast<UInt128>(number) * total >> 64);
  for (size_t i = 0; i < prizes.size(); ++i) {
    if (!HasLeft(prizes[i])) {
      continue;
    }
    if (place < prizes[i].weight) {
      return i;
    }
    place -= prizes[i].weight;
  }
  return prizes.size();
}

}  // namespace

// ---- Finding -------------------------------------------------------------------

DrawRow Ledger::FindDraw(const DrawCode& code) const {
  return DrawRow{draw_index_.Find(HashOf(code),
                                  [&](uint32_t row) { return draws_[DrawRow{row}].code == code; })};
}

// ---- Decide --------------------------------------------------------------------

bool Decider::IsCommittedAlike(const Draw& stored, const CommitDrawRequest& request) const {
  const std::span<const Prize> prizes = ledger_.PrizesOf(stored);
  if (stored.kind != request.kind || stored.programme != request.programme ||
      stored.limit != request.limit || stored.closes_at != request.closes_at ||
      prizes.size() != request.prizes.size()) {
    return false;
  }
  for (size_t i = 0; i < prizes.size(); ++i) {
    const Prize& prize = prizes[i];
    const PrizeSpec& spec = request.prizes[i];
    // Row 0 is all zero: no series.
    if (ledger_.voucher_series_[prize.series].code != spec.series || prize.count != spec.count ||
        prize.weight != spec.weight || prize.valid_from != spec.valid_from ||
        prize.expires_at != spec.expires_at) {
      return false;
    }
  }
  return true;
}

// Series that the prizes are the first to name.
uint32_t Decider::NewSeriesOf(std::span<const PrizeSpec> prizes) const {
  uint32_t count = 0;
  for (size_t i = 0; i < prizes.size(); ++i) {
    const SeriesCode& series = prizes[i].series;
    const auto named_before = std::find_if(
        prizes.begin(), prizes.begin() + static_cast<ptrdiff_t>(i), [&](const PrizeSpec& before) {
          return before.series == series;
        });
    count += uint32_t{!series.IsNone() && &*named_before == &prizes[i] &&
                      ledger_.FindVoucherSeries(series) == VoucherSeriesRow{}};
  }
  return count;
}

void Decider::CommitDraw() {
  const CommitDrawRequest& request = *command_.commit_draw;
  if (const DrawRow row = ledger_.FindDraw(request.code); row != DrawRow{}) {
    return IsCommittedAlike(ledger_.draws_[row], request)
               ? Unchanged(row.value())
               : Refuse(AdminReason::kImmutable, Field::kDraw);
  }
  if (request.kind == DrawKind::kDraw) {
    if (ledger_.FindProgrammeHead(request.programme) == ProgrammeHeadRow{}) {
      return Refuse(AdminReason::kUnknownReference, Field::kProgramme);
    }
    const CounterSeries entries = EntrySeriesOf(request.programme, request.limit);
    if (ledger_.FindCounterSeries(entries) == CounterSeriesRow{}) {
      return Refuse(AdminReason::kUnknownReference, Field::kEntries);
    }
  }
  // A seed that is chosen when all who take part are known commits to nothing.
  if (request.closes_at <= now_) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  }
  const auto lacks = [](const TableBase& table, size_t rows) {
    return table.size_max() - table.size() < rows;
  };
  if (ledger_.draws_.full() || lacks(ledger_.prizes_, request.prizes.size())) {
    return Full(Field::kDraws);
  }
  if (lacks(ledger_.voucher_series_, NewSeriesOf(request.prizes))) {
    return Full(Field::kSeries);
  }
  AcceptNew(EventKind::kDrawCommitted, ledger_.draws_.next().value());
}

void Decider::CloseDraw() {
  const CloseDrawRequest& request = *command_.close_draw;
  const DrawRow row = ledger_.FindDraw(request.code);
  if (row == DrawRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kDraw);
  }
  const Draw& draw = ledger_.draws_[row];
  if (draw.kind != DrawKind::kDraw) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kDraw);
  }
  if (draw.state != DrawState::kCommitted) {
    const bool same =
        draw.entries_hash == request.entries_hash && draw.entry_count == request.entry_count;
    return same ? Unchanged(row.value())
                : Refuse(AdminReason::kNotAllowedFromState, Field::kEntries);
  }
  if (now_ < draw.closes_at) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  }
  Accept(EventKind::kDrawClosed, row.value());
}

void Decider::SettleDraw() {
  const SettleDrawRequest& request = *command_.settle_draw;
  const DrawRow row = ledger_.FindDraw(request.code);
  if (row == DrawRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kDraw);
  }
  const Draw& draw = ledger_.draws_[row];
  if (draw.state == DrawState::kSettled) {
    return draw.seed == request.seed ? Unchanged(row.value())
                                     : Refuse(AdminReason::kNotAllowedFromState, Field::kSeedHash);
  }
  if (draw.kind == DrawKind::kPool) {
    if (now_ < draw.closes_at) {
      return Refuse(AdminReason::kNotAllowedFromState, Field::kClosesAt);
    }
    return Accept(EventKind::kDrawSettled, row.value());
  }
  if (draw.state != DrawState::kClosed) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kDraw);
  }
  // Nothing can be issued for it afterwards.
  uint64_t prize_count = 0;
  for (const Prize& prize : ledger_.PrizesOf(draw)) {
    prize_count += prize.count;
  }
  if (draw.won_count < std::min<uint64_t>(draw.entry_count, prize_count)) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kPrize);
  }
  Accept(EventKind::kDrawSettled, row.value());
}

// Whether so many vouchers of a series, with the times of the command, are what the draw has
// promised and not yet given; refuses the command if not.
bool Decider::MayIssueFor(DrawRow row, VoucherSeriesRow series, uint32_t count) {
  const IssueVouchersRequest& request = *command_.issue_vouchers;
  const Draw& draw = ledger_.draws_[row];
  if (draw.kind != DrawKind::kDraw || draw.state != DrawState::kClosed) {
    Refuse(AdminReason::kNotAllowedFromState, Field::kDraw);
    return false;
  }
  // Who has not entered wins nothing.
  uint64_t left = 0;
  for (const Prize& prize : ledger_.PrizesOf(draw)) {
    if (IsOf(prize, series, request.valid_from, request.expires_at)) {
      left += prize.count - prize.won;
    }
  }
  if (count > std::min<uint64_t>(left, draw.entry_count - draw.won_count)) {
    Refuse(AdminReason::kTooMany, Field::kPrize);
    return false;
  }
  return true;
}

void Decider::DrawPrize() {
  const DrawPrizeRequest& request = *command_.draw_prize;
  const DrawRow row = ledger_.FindDraw(request.pool);
  if (row == DrawRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kDraw);
  }
  const MemberRow member = ledger_.FindMember(request.member);
  if (member == MemberRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kMember);
  }
  const Draw& pool = ledger_.draws_[row];
  if (pool.kind != DrawKind::kPool) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kDraw);
  }
  if (const VoucherRow drawn = ledger_.FindVoucher(request.key); drawn != VoucherRow{}) {
    const Voucher& voucher = ledger_.vouchers_[drawn];
    return voucher.draw == row && voucher.member == member
               ? Unchanged(drawn.value())
               : Refuse(AdminReason::kBelongsToAnother, Field::kVoucher);
  }
  if (now_ >= pool.closes_at) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  }
  const std::span<const Prize> prizes = ledger_.PrizesOf(pool);
  const size_t place = PrizeOf(prizes, request.number);
  const bool has_prize = place < prizes.size();
  if (ledger_.vouchers_.full()) {
    return Full(Field::kVouchers);
  }
  AcceptNew(EventKind::kPrizeDrawn,
            row.value(),
            has_prize ? pool.prizes.first + static_cast<uint32_t>(place) : 0);
  result_->row = ledger_.vouchers_.next().value();  // what was won, or that nothing was
}

// ---- Evolve --------------------------------------------------------------------

void Ledger::EvolveDraw(const Event& event) {
  const DrawRow row{event.row};
  switch (event.kind) {
    case EventKind::kDrawCommitted: {
      const CommitDrawRequest& request = *event.command->commit_draw;
      Draw draw;
      draw.code = request.code;
      draw.seed_hash = request.seed_hash;
      draw.programme = request.programme;
      draw.limit = request.limit;
      draw.committed_at = event.at;
      draw.closes_at = request.closes_at;
      draw.prizes = PoolRange{prizes_.next().value(), static_cast<uint32_t>(request.prizes.size())};
      draw.kind = request.kind;
      for (const PrizeSpec& spec : request.prizes) {
        Prize prize;
        prize.series = spec.series.IsNone() ? VoucherSeriesRow{} : VoucherSeriesFor(spec.series);
        prize.count = spec.count;
        prize.weight = spec.weight;
        prize.valid_from = spec.valid_from;
        prize.expires_at = spec.expires_at;
        prizes_.Append(prize);
      }
      GH_CHECK_EQ(draws_.Append(draw).value(), event.row);
      draw_index_.Insert(HashOf(draw.code), event.row);
      return;
    }
    case EventKind::kDrawClosed:
      draws_.Update(row, [&request = *event.command->close_draw](Draw& draw) {
        draw.state = DrawState::kClosed;
        draw.entries_hash = request.entries_hash;
        draw.entry_count = request.entry_count;
      });
      return;
    case EventKind::kDrawSettled:
      draws_.Update(row, [&event](Draw& draw) {
        draw.state = DrawState::kSettled;
        draw.seed = event.command->settle_draw->seed;
        draw.settled_at = event.at;
      });
      return;
    default:
      GH_CHECK(false, "not an event of a draw, kind=", event.kind);
  }
}

// So many vouchers like that one were issued for the draw: they count on the first of its
// prizes that have some left.
void Ledger::CountPrizes(DrawRow draw, const Voucher& like, uint32_t count) {
  draws_.Update(draw, [count](Draw& counted) { counted.won_count += count; });
  const PoolRange range = draws_[draw].prizes;
  for (uint32_t i = 0; i < range.count && count > 0; ++i) {
    const PrizeRow row{range.first + i};
    const Prize& prize = prizes_[row];
    if (IsOf(prize, like.series, like.valid_from, like.expires_at)) {
      const uint32_t of_this = std::min(count, prize.count - prize.won);
      prizes_.Update(row, [of_this](Prize& counted) { counted.won += of_this; });
      count -= of_this;
    }
  }
  GH_CHECK_EQ(count, 0u, "vouchers were issued beyond the prizes of draw=", draw.value());
}

void Ledger::EvolvePrizeDrawn(const Event& event) {
  const DrawPrizeRequest& request = *event.command->draw_prize;
  Voucher voucher;
  voucher.key = request.key;
  voucher.member = FindMember(request.member);
  voucher.draw = DrawRow{event.row};
  if (event.row_2 != 0) {
    const PrizeRow prize_row{event.row_2};
    const Prize& prize = prizes_[prize_row];
    voucher.valid_from = prize.valid_from;
    voucher.expires_at = prize.expires_at;
    voucher.series = prize.series;
    prizes_.Update(prize_row, [](Prize& won) { ++won.won; });
  }
  const bool is_won = voucher.series != VoucherSeriesRow{};
  voucher.state = is_won ? VoucherState::kIssued : VoucherState::kBlank;
  AppendVoucher(voucher);
  draws_.Update(voucher.draw, [is_won](Draw& pool) {
    ++pool.entry_count;
    pool.won_count += uint32_t{is_won};
  });
}

}  // namespace gonghui
