// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of grants, of lists of members and vouchers, and of prizes.  Ids and codes are
// checked here as far as their form goes: the calls that take them are decided as a whole,
// so that one malformed row would refuse a thousand.

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/row_file.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;
using google::protobuf::Timestamp;

constexpr size_t kMemberBytesMax = 16;
constexpr size_t kSeriesBytesMax = 32;
constexpr size_t kEventBytesMax = 64;

CellResult ReadMember(const RowView& cells, size_t column, std::string* out) {
  CTL_RETURN_IF_BAD(ReadRequired(cells, column, out));
  if (!IsCode(*out, kMemberBytesMax)) {
    return BadCell(column, "\"" + *out + "\" is not 1 to 16 of A-Z a-z 0-9 . _ : -");
  }
  return std::nullopt;
}

CellResult ReadCount(const RowView& cells, size_t column, uint32_t min, uint32_t* out) {
  std::string text;
  CTL_RETURN_IF_BAD(ReadRequired(cells, column, &text));
  uint64_t count = 0;
  CTL_RETURN_IF_BAD(ReadUnsigned(cells, column, std::numeric_limits<uint32_t>::max(), &count));
  if (count < min) {
    return BadCell(column, "1 or more");
  }
  *out = static_cast<uint32_t>(count);
  return std::nullopt;
}

// --- grants ---

enum : size_t { kGrantEvent, kGrantMember };
constexpr std::array kGrantColumns = {
    CsvColumn{"event_id",
              true,
              "event_id",
              "of the event within its source, 1 to 64 bytes; it grants once"},
    CsvColumn{"member_id", true, "member_id", "to whom"},
};

CellResult ParseGrant(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::Grant>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kGrantEvent, row.mutable_event_id()));
  if (row.event_id().size() > kEventBytesMax) {
    return BadCell(kGrantEvent, "an event id has at most 64 bytes");
  }
  return ReadMember(cells, kGrantMember, row.mutable_member_id());
}

// --- members ---

enum : size_t { kListedMember };
constexpr std::array kMemberListColumns = {
    CsvColumn{"member_id", true, "member_id", "who gets a code"},
};

CellResult ParseListedMember(const RowView& cells, const RowOptions&, Message* message) {
  return ReadMember(cells, kListedMember, RowAs<v1::Grant>(message).mutable_member_id());
}

// --- vouchers ---

enum : size_t { kListedKey, kListedSeries, kListedHolder, kListedFrom, kListedUntil };
constexpr std::array kVoucherListColumns = {
    CsvColumn{"voucher_key", true, "voucher_key", "32 hexadecimal digits"},
    CsvColumn{"series_code", false, "series_code", "its series"},
    CsvColumn{"member_id", false, "member_id", "whose; empty = the bearer's"},
    CsvColumn{"valid_from", false, "valid_from", "from this instant"},
    CsvColumn{"expires_at", false, "expires_at", "until before this instant"},
};

CellResult ParseListedVoucher(const RowView& cells, const RowOptions& options, Message* message) {
  auto& row = RowAs<v1::Voucher>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kListedKey, row.mutable_voucher_key()));
  if (!IsVoucherKey(row.voucher_key())) {
    return BadCell(kListedKey, "\"" + row.voucher_key() + "\" is not 32 hexadecimal digits");
  }
  row.set_series_code(std::string(cells.Cell(kListedSeries)));
  row.set_member_id(std::string(cells.Cell(kListedHolder)));
  std::optional<Timestamp> instant;
  CTL_RETURN_IF_BAD(ReadDayOrInstant(cells, kListedFrom, options, &instant));
  if (instant) {
    *row.mutable_valid_from() = *instant;
  }
  CTL_RETURN_IF_BAD(ReadDayOrInstant(cells, kListedUntil, options, &instant));
  if (instant) {
    *row.mutable_expires_at() = *instant;
  }
  return std::nullopt;
}

// --- winners ---

enum : size_t { kWinnerMember, kWinnerSeries, kWinnerRank, kWinnerKey };
constexpr std::array kWinnerColumns = {
    CsvColumn{"member_id", true, "member_id", "who has won"},
    CsvColumn{"series_code", false, "series_code", "what"},
    CsvColumn{"rank",
              false,
              "rank",
              "place among the winners, from 1; without the column the rows are in order of rank"},
    CsvColumn{"voucher_key", false, "voucher_key", "of the voucher, 32 hexadecimal digits"},
};

// A file with ranks has one in every row.
CellResult ParseWinner(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::DrawWinner>(message);
  CTL_RETURN_IF_BAD(ReadMember(cells, kWinnerMember, row.mutable_member_id()));
  row.set_series_code(std::string(cells.Cell(kWinnerSeries)));
  if (cells.Has(kWinnerRank)) {
    uint32_t rank = 0;
    CTL_RETURN_IF_BAD(ReadCount(cells, kWinnerRank, 1, &rank));
    row.set_rank(rank);
  }
  row.set_voucher_key(std::string(cells.Cell(kWinnerKey)));
  if (!row.voucher_key().empty() && !IsVoucherKey(row.voucher_key())) {
    return BadCell(kWinnerKey, "\"" + row.voucher_key() + "\" is not 32 hexadecimal digits");
  }
  return std::nullopt;
}

// --- events of a pool ---

enum : size_t { kPoolSource, kPoolEvent, kPoolWon, kPoolKey };
constexpr std::array kPoolEventColumns = {
    CsvColumn{"source", true, "source", "the system that told it"},
    CsvColumn{"event_id", true, "event_id", "of the event within its source"},
    CsvColumn{"series_code", false, "series_code", "what it won; empty = nothing"},
    CsvColumn{"voucher_key", false, "voucher_key", "of what it won, 32 hexadecimal digits"},
};

CellResult ParsePoolEvent(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::PoolEvent>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kPoolSource, row.mutable_source()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kPoolEvent, row.mutable_event_id()));
  if (row.source().find(':') != std::string::npos) {
    return BadCell(kPoolSource, "a source has no colon");
  }
  if (row.event_id().size() > kEventBytesMax) {
    return BadCell(kPoolEvent, "an event id has at most 64 bytes");
  }
  if (cells.Has(kPoolWon)) {
    row.set_series_code(std::string(cells.Cell(kPoolWon)));
  }
  row.set_voucher_key(std::string(cells.Cell(kPoolKey)));
  if (!row.voucher_key().empty() && !IsVoucherKey(row.voucher_key())) {
    return BadCell(kPoolKey, "\"" + row.voucher_key() + "\" is not 32 hexadecimal digits");
  }
  return std::nullopt;
}

// --- prizes ---

enum : size_t { kPrizeSeries, kPrizeCount, kPrizeFrom, kPrizeUntil, kPrizeWeight };
constexpr std::array kDrawPrizeColumns = {
    CsvColumn{"series_code", true, "series_code", "what is won: a voucher of this series"},
    CsvColumn{"count", true, "count", "how many"},
    CsvColumn{"valid_from",
              true,
              "valid_from",
              "may be claimed from this day on, or 2026-06-01 09:00:00"},
    CsvColumn{"expires_at", true, "expires_at", "the first day, or instant, when it may not"},
};
constexpr std::array kPoolPrizeColumns = {
    CsvColumn{"series_code", true, "series_code", "what is won; empty = nothing"},
    CsvColumn{"count", true, "count", "how many there are; 0 = without end"},
    CsvColumn{"valid_from",
              true,
              "valid_from",
              "may be used from this day on, or 2026-06-01 09:00:00; of nothing: empty"},
    CsvColumn{"expires_at", true, "expires_at", "the first day, or instant, when it may not"},
    CsvColumn{"weight", true, "weight", "its part of each event's chance, 1 or more"},
};

CellResult ReadPrizeTimes(const RowView& cells,
                          const RowOptions& options,
                          bool required,
                          v1::Prize* row) {
  std::string text;
  std::optional<Timestamp> instant;
  if (required) {
    CTL_RETURN_IF_BAD(ReadRequired(cells, kPrizeFrom, &text));
    CTL_RETURN_IF_BAD(ReadRequired(cells, kPrizeUntil, &text));
  }
  CTL_RETURN_IF_BAD(ReadDayOrInstant(cells, kPrizeFrom, options, &instant));
  if (instant) {
    *row->mutable_valid_from() = *instant;
  }
  CTL_RETURN_IF_BAD(ReadDayOrInstant(cells, kPrizeUntil, options, &instant));
  if (instant) {
    *row->mutable_expires_at() = *instant;
  }
  if (row->has_valid_from() && row->has_expires_at() &&
      !IsBefore(row->valid_from(), row->expires_at())) {
    return BadCell(kPrizeUntil, "it ends before it begins");
  }
  return std::nullopt;
}

CellResult ReadSeries(const RowView& cells, v1::Prize* row) {
  row->set_series_code(std::string(cells.Cell(kPrizeSeries)));
  if (!row->series_code().empty() && !IsCode(row->series_code(), kSeriesBytesMax)) {
    return BadCell(kPrizeSeries,
                   "\"" + row->series_code() + "\" is not 1 to 32 of A-Z a-z 0-9 . _ : -");
  }
  return std::nullopt;
}

CellResult ParseDrawPrize(const RowView& cells, const RowOptions& options, Message* message) {
  auto& row = RowAs<v1::Prize>(message);
  std::string series;
  CTL_RETURN_IF_BAD(ReadRequired(cells, kPrizeSeries, &series));
  CTL_RETURN_IF_BAD(ReadSeries(cells, &row));
  uint32_t count = 0;
  CTL_RETURN_IF_BAD(ReadCount(cells, kPrizeCount, 1, &count));
  row.set_count(count);
  return ReadPrizeTimes(cells, options, /*required=*/true, &row);
}

CellResult ParsePoolPrize(const RowView& cells, const RowOptions& options, Message* message) {
  auto& row = RowAs<v1::Prize>(message);
  CTL_RETURN_IF_BAD(ReadSeries(cells, &row));
  uint32_t number = 0;
  CTL_RETURN_IF_BAD(ReadCount(cells, kPrizeCount, 0, &number));
  row.set_count(number);
  CTL_RETURN_IF_BAD(ReadCount(cells, kPrizeWeight, 1, &number));
  row.set_weight(number);
  return ReadPrizeTimes(cells, options, /*required=*/!row.series_code().empty(), &row);
}

constexpr ImportKind kGrants = {"grants", "", 1000, kGrantColumns, ParseGrant, 1};
constexpr ImportKind kMemberList = {"members", "", 1000, kMemberListColumns, ParseListedMember, 1};
constexpr ImportKind kVoucherList = {
    "vouchers", "", 1000, kVoucherListColumns, ParseListedVoucher, 1};
constexpr ImportKind kWinners = {"winners", "", 1000, kWinnerColumns, ParseWinner, 0};
constexpr ImportKind kPoolEvents = {"events", "", 1000, kPoolEventColumns, ParsePoolEvent, 0};
constexpr ImportKind kDrawPrizes = {"prizes", "", 64, kDrawPrizeColumns, ParseDrawPrize, 0};
constexpr ImportKind kPoolPrizes = {"prizes", "", 64, kPoolPrizeColumns, ParsePoolPrize, 0};

}  // namespace

const ImportKind& GrantKind() {
  return kGrants;
}
const ImportKind& MemberListKind() {
  return kMemberList;
}
const ImportKind& VoucherListKind() {
  return kVoucherList;
}
const ImportKind& WinnerKind() {
  return kWinners;
}
const ImportKind& PoolEventKind() {
  return kPoolEvents;
}
const ImportKind& DrawPrizeKind() {
  return kDrawPrizes;
}
const ImportKind& PoolPrizeKind() {
  return kPoolPrizes;
}

}  // namespace gonghui::ctl
