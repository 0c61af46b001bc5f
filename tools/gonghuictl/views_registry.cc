// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of what operators keep: unions, members, cards, merchants, terminals.

#include <array>

#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

std::string Day(const google::protobuf::Timestamp& time) {
  // A span is entered as days of the unions' zone; in it, midnight is exact.
  return FormatLocalTime({time.seconds(), time.nanos()});
}

Cell SegmentsCell(const v1::Member& member) {
  Cell cell;
  for (const v1::MemberSegment& segment : member.segments()) {
    if (!cell.text.empty()) {
      cell.text += "; ";
      cell.raw += ';';
    }
    cell.text += segment.segment_code();
    cell.raw += segment.segment_code();
    const bool from = segment.has_starts_at();
    const bool until = segment.has_ends_at();
    if (from) {
      cell.text += " from " + Day(segment.starts_at());
    }
    if (until) {
      cell.text += " until " + Day(segment.ends_at());
    }
    if (from || until) {
      cell.raw += '@' + TimeCell(from, segment.starts_at()).raw + ".." +
                  TimeCell(until, segment.ends_at()).raw;
    }
  }
  return cell;
}

using UnionColumn = ViewColumn<v1::UnionNode>;
constexpr std::array kUnionNode = {
    UnionColumn{"union",
                "union_node_id",
                Align::kLeft,
                [](const v1::UnionNode& n) { return TextCell(n.union_node_id()); }},
    UnionColumn{"parent",
                "parent_id",
                Align::kLeft,
                [](const v1::UnionNode& n) { return TextCell(n.parent_id()); }},
    UnionColumn{
        "level", "level", Align::kLeft, [](const v1::UnionNode& n) { return EnumCell(n.level()); }},
    UnionColumn{"name",
                "display_name",
                Align::kLeft,
                [](const v1::UnionNode& n) { return TextCell(n.display_name()); },
                Fit::kCut},
};

using SegmentColumn = ViewColumn<v1::Segment>;
constexpr std::array kSegment = {
    SegmentColumn{"segment",
                  "segment_code",
                  Align::kLeft,
                  [](const v1::Segment& s) { return TextCell(s.segment_code()); }},
    SegmentColumn{"name",
                  "display_name",
                  Align::kLeft,
                  [](const v1::Segment& s) { return TextCell(s.display_name()); },
                  Fit::kCut},
};

using MemberColumn = ViewColumn<v1::Member>;
constexpr std::array kMember = {
    MemberColumn{"member",
                 "member_id",
                 Align::kLeft,
                 [](const v1::Member& m) { return TextCell(m.member_id()); }},
    MemberColumn{"name",
                 "name_masked",
                 Align::kLeft,
                 [](const v1::Member& m) { return TextCell(m.personal_data().name()); }},
    MemberColumn{
        "status", "status", Align::kLeft, [](const v1::Member& m) { return EnumCell(m.status()); }},
    MemberColumn{"union",
                 "union_node_id",
                 Align::kLeft,
                 [](const v1::Member& m) { return TextCell(m.union_node_id()); }},
    MemberColumn{"verified",
                 "real_name_verified",
                 Align::kLeft,
                 [](const v1::Member& m) { return BoolCell(m.real_name_verified()); },
                 Fit::kMinor},
    MemberColumn{"sex",
                 "sex",
                 Align::kLeft,
                 [](const v1::Member& m) { return EnumCell(m.sex()); },
                 Fit::kMinor},
    MemberColumn{"joined on",
                 "joined_on",
                 Align::kLeft,
                 [](const v1::Member& m) { return TextCell(m.joined_on()); }},
    MemberColumn{"national id",
                 "national_id_masked",
                 Align::kLeft,
                 [](const v1::Member& m) { return TextCell(m.personal_data().national_id()); },
                 Fit::kMinor},
    MemberColumn{"phone",
                 "phone_masked",
                 Align::kLeft,
                 [](const v1::Member& m) { return TextCell(m.personal_data().phone()); },
                 Fit::kMinor},
    MemberColumn{"segments", "segments", Align::kLeft, SegmentsCell, Fit::kCut},
};

using CardColumn = ViewColumn<v1::Card>;
constexpr std::array kCard = {
    CardColumn{"card",
               "card_number",
               Align::kLeft,
               [](const v1::Card& c) { return TextCell(c.card_number()); }},
    CardColumn{"member",
               "member_id",
               Align::kLeft,
               [](const v1::Card& c) { return TextCell(c.member_id()); }},
    CardColumn{
        "status", "status", Align::kLeft, [](const v1::Card& c) { return EnumCell(c.status()); }},
    CardColumn{"kind",
               "kind",
               Align::kLeft,
               [](const v1::Card& c) { return EnumCell(c.kind()); },
               Fit::kMinor},
    CardColumn{"expires on",
               "expires_on",
               Align::kLeft,
               [](const v1::Card& c) { return TextCell(c.expires_on()); }},
    CardColumn{"replaced by",
               "replaced_by",
               Align::kLeft,
               [](const v1::Card& c) { return TextCell(c.replaced_by()); }},
};

using MerchantColumn = ViewColumn<v1::Merchant>;
constexpr std::array kMerchant = {
    MerchantColumn{"merchant",
                   "merchant_id",
                   Align::kLeft,
                   [](const v1::Merchant& m) { return TextCell(m.merchant_id()); }},
    MerchantColumn{"name",
                   "display_name",
                   Align::kLeft,
                   [](const v1::Merchant& m) { return TextCell(m.display_name()); },
                   Fit::kCut},
    MerchantColumn{"mcc",
                   "mcc",
                   Align::kRight,
                   [](const v1::Merchant& m) { return TextCell(std::to_string(m.mcc())); }},
    MerchantColumn{"status",
                   "status",
                   Align::kLeft,
                   [](const v1::Merchant& m) { return EnumCell(m.status()); }},
    MerchantColumn{"union",
                   "union_node_id",
                   Align::kLeft,
                   [](const v1::Merchant& m) { return TextCell(m.union_node_id()); },
                   Fit::kMinor},
    MerchantColumn{"receivable",
                   "receivable_fen",
                   Align::kRight,
                   [](const v1::Merchant& m) { return MoneyCell(m.receivable_fen()); }},
    MerchantColumn{"held",
                   "receivable_held_fen",
                   Align::kRight,
                   [](const v1::Merchant& m) { return MoneyCell(m.receivable_held_fen()); },
                   Fit::kMinor},
    MerchantColumn{"collected",
                   "collected_fen",
                   Align::kRight,
                   [](const v1::Merchant& m) { return MoneyCell(m.collected_fen()); }},
};

using TerminalColumn = ViewColumn<v1::Terminal>;
constexpr std::array kTerminal = {
    TerminalColumn{"terminal",
                   "terminal_id",
                   Align::kLeft,
                   [](const v1::Terminal& t) { return TextCell(t.terminal_id()); }},
    TerminalColumn{"merchant",
                   "merchant_id",
                   Align::kLeft,
                   [](const v1::Terminal& t) { return TextCell(t.merchant_id()); }},
    TerminalColumn{
        "kind", "kind", Align::kLeft, [](const v1::Terminal& t) { return EnumCell(t.kind()); }},
    TerminalColumn{"status",
                   "status",
                   Align::kLeft,
                   [](const v1::Terminal& t) { return EnumCell(t.status()); }},
};

}  // namespace

View<v1::UnionNode> UnionNodeView() {
  return kUnionNode;
}
View<v1::Segment> SegmentView() {
  return kSegment;
}
View<v1::Member> MemberView() {
  return kMember;
}
View<v1::Card> CardView() {
  return kCard;
}
View<v1::Merchant> MerchantView() {
  return kMerchant;
}
View<v1::Terminal> TerminalView() {
  return kTerminal;
}

}  // namespace gonghui::ctl
