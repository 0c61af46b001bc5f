// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The eight kinds of imports.  Each enum numbers the columns of the array below it.

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/merchant_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;
using google::protobuf::Timestamp;

// --- unions ---

enum : size_t { kUnionId, kUnionParent, kUnionLevel, kUnionName };
constexpr std::array kUnionColumns = {
    CsvColumn{"union_node_id", true, "union_node_id", "1 to 16 of A-Z a-z 0-9 . _ : -"},
    CsvColumn{
        "parent_id", false, "parent_id", "the node above; empty = a root; parents come first"},
    CsvColumn{"level", true, "level", "national, province, city, district, enterprise or other"},
    CsvColumn{"display_name", true, "display_name", "at most 96 bytes (32 Chinese characters)"},
};

CellResult ParseUnion(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::UnionNode>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kUnionId, row.mutable_union_node_id()));
  row.set_parent_id(std::string(cells.Cell(kUnionParent)));
  std::string level;
  CTL_RETURN_IF_BAD(ReadRequired(cells, kUnionLevel, &level));
  v1::UnionLevel number{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kUnionLevel, &number));
  row.set_level(number);
  return ReadRequired(cells, kUnionName, row.mutable_display_name());
}

// --- segments ---

enum : size_t { kSegmentCode, kSegmentName };
constexpr std::array kSegmentColumns = {
    CsvColumn{"segment_code", true, "segment_code", "1 to 32 of A-Z a-z 0-9 . _ : -"},
    CsvColumn{"display_name", true, "display_name", "at most 96 bytes (32 Chinese characters)"},
};

CellResult ParseSegment(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::Segment>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kSegmentCode, row.mutable_segment_code()));
  return ReadRequired(cells, kSegmentName, row.mutable_display_name());
}

// --- members ---

enum : size_t {
  kMemberId,
  kMemberUnion,
  kMemberStatus,
  kMemberVerified,
  kMemberSex,
  kMemberJoined,
  kMemberSegments,
  kMemberName,
  kMemberNationalId,
  kMemberPhone
};
constexpr std::array kMemberColumns = {
    CsvColumn{"member_id", true, "member_id", "1 to 16 of A-Z a-z 0-9 . _ : -"},
    CsvColumn{
        "union_node_id", false, "union_node_id", "where the member belongs; new ones need it"},
    CsvColumn{"status",
              false,
              "status",
              "active, suspended, lapsed or closed; empty = as it is, new ones active"},
    CsvColumn{"real_name_verified",
              false,
              "real_name_verified",
              "true false 1 0 yes no 是 否; empty = false"},
    CsvColumn{"sex", false, "sex", "male or female; empty = not told"},
    CsvColumn{
        "joined_on", false, "joined_on", "first day of membership, 2019-03-01; empty = not known"},
    CsvColumn{"segments",
              false,
              "segments",
              "code;code@FROM..UNTIL;... days, FROM is the first, UNTIL is no longer one;\n"
              "                       all that the member is to be in: the cell replaces the "
              "others, with\n"
              "                       their days (单元格替换全部群体，要保留的也要写上)"},
    CsvColumn{"name",
              false,
              "name",
              "personal data, to the sealed vault only; all three empty = as it is"},
    CsvColumn{"national_id", false, "national_id", "personal data"},
    CsvColumn{"phone", false, "phone", "personal data"},
};

CellResult ParseSpanDay(std::string_view text, const RowOptions& options, Timestamp* out) {
  NoteLocal(options);
  const absl::StatusOr<Instant> day = ParseDay(text, options.zone);
  if (!day.ok()) {
    return BadCell(kMemberSegments, std::string(day.status().message()) + kDayForms);
  }
  out->set_seconds(day->seconds);
  return std::nullopt;
}

// code, code@FROM..UNTIL, code@FROM.. or code@..UNTIL
CellResult ParseSpan(std::string_view text, const RowOptions& options, v1::MemberSegment* out) {
  const size_t at = text.find('@');
  if (text.substr(0, at).empty()) {
    return BadCell(kMemberSegments, "there is a segment without a code");
  }
  out->set_segment_code(std::string(text.substr(0, at)));
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view span = text.substr(at + 1);
  const size_t dots = span.find("..");
  if (dots == std::string_view::npos || span.size() == 2) {
    return BadCell(
        kMemberSegments,
        "\"" + std::string(text) + "\": after @ comes FROM..UNTIL, one of which may lack");
  }
  const std::string_view from = span.substr(0, dots);
  const std::string_view until = span.substr(dots + 2);
  if (!from.empty()) {
    CTL_RETURN_IF_BAD(ParseSpanDay(from, options, out->mutable_starts_at()));
  }
  if (!until.empty()) {
    CTL_RETURN_IF_BAD(ParseSpanDay(until, options, out->mutable_ends_at()));
  }
  if (!from.empty() && !until.empty() && until <= from) {
    return BadCell(kMemberSegments, "\"" + std::string(text) + "\" ends before it begins");
  }
  return std::nullopt;
}

CellResult ParseMember(const RowView& cells, const RowOptions& options, Message* message) {
  auto& row = RowAs<v1::Member>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kMemberId, row.mutable_member_id()));
  if (cells.Has(kMemberUnion)) {
    CTL_RETURN_IF_BAD(ReadRequired(cells, kMemberUnion, row.mutable_union_node_id()));
  }
  v1::MemberStatus status{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kMemberStatus, &status));
  row.set_status(status);
  bool verified = false;
  CTL_RETURN_IF_BAD(ReadBool(cells, kMemberVerified, &verified));
  row.set_real_name_verified(verified);
  v1::Sex sex{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kMemberSex, &sex));
  row.set_sex(sex);
  CTL_RETURN_IF_BAD(ReadDayText(cells, kMemberJoined, row.mutable_joined_on()));

  std::string_view spans = cells.Cell(kMemberSegments);
  while (!spans.empty()) {
    const size_t end = spans.find(';');
    CTL_RETURN_IF_BAD(ParseSpan(spans.substr(0, end), options, row.add_segments()));
    spans = end == std::string_view::npos ? std::string_view() : spans.substr(end + 1);
  }

  // Without these columns, or with all of them empty, the vault is left alone.
  if (!cells.Cell(kMemberName).empty() || !cells.Cell(kMemberNationalId).empty() ||
      !cells.Cell(kMemberPhone).empty()) {
    v1::PersonalData& data = *row.mutable_personal_data();
    data.set_name(std::string(cells.Cell(kMemberName)));
    data.set_national_id(std::string(cells.Cell(kMemberNationalId)));
    data.set_phone(std::string(cells.Cell(kMemberPhone)));
  }
  return std::nullopt;
}

// --- cards ---

enum : size_t { kCardNumber, kCardMember, kCardStatus, kCardKind, kCardExpires };
constexpr std::array kCardColumns = {
    CsvColumn{"card_number", true, "card_number", "8 to 19 digits, the first not 0"},
    CsvColumn{"member_id", true, "member_id", "whose"},
    CsvColumn{"status",
              false,
              "status",
              "active, issued, paused, lost, stolen, expired, replaced or closed; empty = as it\n"
              "                       is, new ones active"},
    CsvColumn{"kind", false, "kind", "physical (when empty) or digital"},
    CsvColumn{"expires_on",
              false,
              "expires_on",
              "first day (UTC) on which it is no longer valid; empty = never"},
};

CellResult ParseCard(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::Card>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kCardNumber, row.mutable_card_number()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kCardMember, row.mutable_member_id()));
  v1::CardStatus status{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kCardStatus, &status));
  row.set_status(status);
  v1::CardKind kind{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kCardKind, &kind));
  row.set_kind(kind);
  return ReadDayText(cells, kCardExpires, row.mutable_expires_on());
}

// --- merchants ---

enum : size_t { kMerchantId, kMerchantUnion, kMerchantMcc, kMerchantStatus, kMerchantName };
constexpr std::array kMerchantColumns = {
    CsvColumn{"merchant_id", true, "merchant_id", "1 to 16 of A-Z a-z 0-9 . _ : -"},
    CsvColumn{"union_node_id", true, "union_node_id", "the union that signed the agreement"},
    CsvColumn{"mcc", true, "mcc", "merchant category code, 1 to 9999, e.g. 5411"},
    CsvColumn{"status", false, "status", "active (when empty), suspended or closed"},
    CsvColumn{"display_name", true, "display_name", "at most 96 bytes (32 Chinese characters)"},
};

CellResult ParseMerchant(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::Merchant>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kMerchantId, row.mutable_merchant_id()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kMerchantUnion, row.mutable_union_node_id()));
  std::string text;
  CTL_RETURN_IF_BAD(ReadRequired(cells, kMerchantMcc, &text));
  uint64_t mcc = 0;
  CTL_RETURN_IF_BAD(ReadUnsigned(cells, kMerchantMcc, 9999, &mcc));
  row.set_mcc(static_cast<uint32_t>(mcc));
  v1::MerchantStatus status{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kMerchantStatus, &status));
  row.set_status(status);
  return ReadRequired(cells, kMerchantName, row.mutable_display_name());
}

// --- terminals ---

enum : size_t { kTerminalId, kTerminalMerchant, kTerminalKind, kTerminalStatus };
constexpr std::array kTerminalColumns = {
    CsvColumn{"terminal_id", true, "terminal_id", "1 to 16 of A-Z a-z 0-9 . _ : -"},
    CsvColumn{"merchant_id", true, "merchant_id", "whose"},
    CsvColumn{"kind", false, "kind", "pos (when empty), gate, vending, online or office"},
    CsvColumn{"status", false, "status", "active (when empty) or inactive"},
};

CellResult ParseTerminal(const RowView& cells, const RowOptions&, Message* message) {
  auto& row = RowAs<v1::Terminal>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kTerminalId, row.mutable_terminal_id()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kTerminalMerchant, row.mutable_merchant_id()));
  v1::TerminalKind kind{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kTerminalKind, &kind));
  row.set_kind(kind);
  v1::TerminalStatus status{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kTerminalStatus, &status));
  row.set_status(status);
  return std::nullopt;
}

// --- funds ---

enum : size_t {
  kFundCode,
  kFundName,
  kFundAsset,
  kFundUnion,
  kFundBudgetYuan,
  kFundBudgetFen,
  kFundPieces,
  kFundOpens,
  kFundCloses,
  kFundOverrun,
  kFundPayer
};
constexpr std::array kFundColumns = {
    CsvColumn{"fund_code", true, "fund_code", "1 to 32 of A-Z a-z 0-9 . _ : -"},
    CsvColumn{"display_name", false, "display_name", "at most 96 bytes (32 Chinese characters)"},
    CsvColumn{"asset",
              false,
              "asset",
              "money (when empty) or thing; without the column as the budget says"},
    CsvColumn{"union_node_id", false, "union_node_id", "whose; empty = the first root's"},
    CsvColumn{"budget_yuan", false, "budget", "money: 1000 or 1000.50", "asset"},
    CsvColumn{"budget_fen", false, "budget", "money: a whole number of fen", "asset"},
    CsvColumn{"pieces",
              false,
              "budget",
              "thing: a whole number; one of these three: new funds need it, and where it\n"
              "                       has a column it must be filled",
              "asset"},
    CsvColumn{"opens_on", false, "opens_at", "first day on which it pays; empty = always did"},
    CsvColumn{
        "closes_on", false, "closes_at", "first day on which it no longer pays; empty = never"},
    CsvColumn{"advice_may_overrun",
              false,
              "advice_may_overrun",
              "true false 1 0 yes no 是 否; empty = false"},
    CsvColumn{
        "paid_by", false, "paid_by", "whose money it is: union (when empty), merchant or sponsor"},
};

// Yuan and fen are of money, pieces of a thing: so a budget says what the fund is of, too, and
// can not be taken for one of the other kind.
CellResult ParseBudget(const RowView& cells, v1::Fund* row) {
  constexpr std::array kColumns = {kFundBudgetYuan, kFundBudgetFen, kFundPieces};
  if (std::none_of(kColumns.begin(), kColumns.end(), [&](size_t c) { return cells.Has(c); })) {
    return std::nullopt;  // stays as it stands
  }
  size_t given = std::string_view::npos;
  for (const size_t column : kColumns) {
    if (cells.Cell(column).empty()) {
      continue;
    }
    if (given != std::string_view::npos) {
      return BadCell(column, "only one of budget_yuan, budget_fen and pieces may be filled");
    }
    given = column;
  }
  if (!cells.Has(kFundAsset)) {
    const bool pieces =
        given == std::string_view::npos
            ? cells.Has(kFundPieces) && !cells.Has(kFundBudgetYuan) && !cells.Has(kFundBudgetFen)
            : given == kFundPieces;
    row->set_asset(pieces ? v1::ASSET_THING : v1::ASSET_MONEY);
  }
  const bool thing = row->asset() == v1::ASSET_THING;
  if (given == std::string_view::npos) {
    const size_t column = thing ? kFundPieces : kFundBudgetYuan;
    return CellError{column,
                     "REQUIRED_VALUE",
                     thing ? "a thing needs pieces" : "money needs budget_yuan or budget_fen"};
  }
  if ((given == kFundPieces) != thing) {
    return BadCell(given,
                   thing ? "a thing is counted in pieces" : "money is not counted in pieces");
  }
  if (given == kFundBudgetYuan) {
    const absl::StatusOr<int64_t> fen = ParseYuan(cells.Cell(given));
    if (!fen.ok()) {
      return BadCell(given, std::string(fen.status().message()));
    }
    row->set_budget(*fen);
    return std::nullopt;
  }
  uint64_t budget = 0;
  CTL_RETURN_IF_BAD(
      ReadUnsigned(cells, given, uint64_t{std::numeric_limits<int64_t>::max()}, &budget));
  row->set_budget(static_cast<int64_t>(budget));
  return std::nullopt;
}

CellResult ParseFund(const RowView& cells, const RowOptions& options, Message* message) {
  auto& row = RowAs<v1::Fund>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kFundCode, row.mutable_fund_code()));
  row.set_display_name(std::string(cells.Cell(kFundName)));
  v1::Asset asset{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kFundAsset, &asset));
  row.set_asset(asset);
  row.set_union_node_id(std::string(cells.Cell(kFundUnion)));
  CTL_RETURN_IF_BAD(ParseBudget(cells, &row));
  std::optional<Timestamp> day;
  CTL_RETURN_IF_BAD(ReadDay(cells, kFundOpens, options, &day));
  if (day) {
    *row.mutable_opens_at() = *day;
  }
  CTL_RETURN_IF_BAD(ReadDay(cells, kFundCloses, options, &day));
  if (day) {
    *row.mutable_closes_at() = *day;
  }
  if (row.has_opens_at() && row.has_closes_at() &&
      row.closes_at().seconds() <= row.opens_at().seconds()) {
    return BadCell(kFundCloses, "closes before it opens");
  }
  bool overrun = false;
  CTL_RETURN_IF_BAD(ReadBool(cells, kFundOverrun, &overrun));
  row.set_advice_may_overrun(overrun);
  v1::Payer payer{};
  CTL_RETURN_IF_BAD(ReadEnum(cells, kFundPayer, &payer));
  row.set_paid_by(payer);
  return std::nullopt;
}

// --- contributions ---

// The first two are the key.
enum : size_t {
  kContributionReceipt,
  kContributionFund,
  kContributionMember,
  kContributionSegment,
  kContributionYuan,
  kContributionFen,
  kContributionFrom,
  kContributionUntil
};
constexpr std::array kContributionColumns = {
    CsvColumn{
        "receipt_code", true, "receipt_code", "1 to 32 of A-Z a-z 0-9 . _ : -; once in a fund"},
    CsvColumn{"fund_code", true, "fund_code", "into which fund of money"},
    CsvColumn{"member_id", true, "member_id", "who is covered"},
    CsvColumn{"segment_code", true, "segment_code", "the segment of those who are covered"},
    CsvColumn{"amount_yuan", false, "amount_fen", "80 or 80.50"},
    CsvColumn{"amount_fen", false, "amount_fen", "a whole number of fen; one of the two is needed"},
    CsvColumn{
        "covers_from", true, "covers_from", "covered from this day on, or 2026-01-01 08:00:00"},
    CsvColumn{"covers_until",
              true,
              "covers_until",
              "the first day, or instant, that is no longer covered"},
};

CellResult ReadCover(const RowView& cells,
                     size_t column,
                     const RowOptions& options,
                     Timestamp* out) {
  std::string required;
  CTL_RETURN_IF_BAD(ReadRequired(cells, column, &required));
  std::optional<Timestamp> instant;
  CTL_RETURN_IF_BAD(ReadDayOrInstant(cells, column, options, &instant));
  *out = *instant;
  return std::nullopt;
}

CellResult ParseContribution(const RowView& cells, const RowOptions& options, Message* message) {
  auto& row = RowAs<v1::Contribution>(message);
  CTL_RETURN_IF_BAD(ReadRequired(cells, kContributionReceipt, row.mutable_receipt_code()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kContributionFund, row.mutable_fund_code()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kContributionMember, row.mutable_member_id()));
  CTL_RETURN_IF_BAD(ReadRequired(cells, kContributionSegment, row.mutable_segment_code()));
  std::optional<int64_t> fen;
  CTL_RETURN_IF_BAD(ReadMoney(
      cells, kContributionYuan, kContributionFen, std::numeric_limits<int64_t>::max(), &fen));
  if (!fen) {
    return CellError{
        kContributionYuan, "REQUIRED_VALUE", "a contribution needs amount_yuan or amount_fen"};
  }
  row.set_amount_fen(*fen);
  CTL_RETURN_IF_BAD(ReadCover(cells, kContributionFrom, options, row.mutable_covers_from()));
  CTL_RETURN_IF_BAD(ReadCover(cells, kContributionUntil, options, row.mutable_covers_until()));
  if (!IsBefore(row.covers_from(), row.covers_until())) {
    return BadCell(kContributionUntil, "the cover ends before it begins");
  }
  return std::nullopt;
}

constexpr std::array kKinds = {
    ImportKind{
        "unions", "gonghui.v1.MemberService.ImportUnionNodes", 1000, kUnionColumns, ParseUnion},
    ImportKind{
        "segments", "gonghui.v1.MemberService.ImportSegments", 64, kSegmentColumns, ParseSegment},
    ImportKind{
        "members", "gonghui.v1.MemberService.ImportMembers", 1000, kMemberColumns, ParseMember},
    ImportKind{"cards", "gonghui.v1.MemberService.ImportCards", 1000, kCardColumns, ParseCard},
    ImportKind{"merchants",
               "gonghui.v1.MerchantService.ImportMerchants",
               1000,
               kMerchantColumns,
               ParseMerchant},
    ImportKind{"terminals",
               "gonghui.v1.MerchantService.ImportTerminals",
               1000,
               kTerminalColumns,
               ParseTerminal},
    ImportKind{"funds", "gonghui.v1.ProgrammeService.ImportFunds", 1000, kFundColumns, ParseFund},
    ImportKind{"contributions",
               "gonghui.v1.AidService.ImportContributions",
               1000,
               kContributionColumns,
               ParseContribution,
               2},
};

}  // namespace

std::span<const ImportKind> ImportKinds() {
  return kKinds;
}

}  // namespace gonghui::ctl
