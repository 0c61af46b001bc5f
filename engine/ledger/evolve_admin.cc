// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ledger::Evolve() of operators' events about everything but programmes.

#include <type_traits>

#include "engine/base/check.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

constexpr StatusSubject SubjectOf(const Member& /*row*/) {
  return StatusSubject::kMember;
}
constexpr StatusSubject SubjectOf(const Card& /*row*/) {
  return StatusSubject::kCard;
}
constexpr StatusSubject SubjectOf(const Merchant& /*row*/) {
  return StatusSubject::kMerchant;
}
constexpr StatusSubject SubjectOf(const Terminal& /*row*/) {
  return StatusSubject::kTerminal;
}

}  // namespace

// What held until now goes to the chain of changes, so that it is not forgotten.
template <class RowId, class Row, class Status>
void Ledger::ChangeStatus(Table<Row, RowId>& table, RowId row, Status status, TimestampNs until) {
  const Row& stored = table[row];
  if (stored.status == status) {
    return;
  }
  StatusChange change;
  change.until = until;
  change.subject_row = row.value();
  change.previous = stored.last_change;
  change.subject = SubjectOf(stored);
  change.status = static_cast<uint8_t>(stored.status);
  const StatusChangeRow change_row = status_changes_.Append(change);
  table.Update(row, [status, change_row](Row& changed) {
    changed.status = status;
    changed.last_change = change_row;
  });
}

void Ledger::EvolveAdmin(const Event& event) {
  const Command& command = *event.command;
  switch (event.kind) {
    case EventKind::kSegmentDefined: {
      const Segment segment{command.segment->code, command.segment->name};
      const StrongId<struct SegmentRowTag, uint32_t> row{event.row};
      if (segments_.Contains(row)) {
        segments_.Set(row, segment);
      } else {
        GH_CHECK_EQ(segments_.Append(segment).value(), event.row);
      }
      break;
    }
    case EventKind::kUnionNodeSet: {
      const UnionNodeRequest& request = *command.union_node;
      const UnionNodeRow row{event.row};
      UnionNode node;
      node.id = request.id;
      node.parent = UnionNodeRow{event.row_2};
      node.level = request.level;
      node.name = request.name;
      if (node.parent != UnionNodeRow{}) {
        node.ancestors = union_nodes_[node.parent].ancestors;
        node.depth = static_cast<uint8_t>(union_nodes_[node.parent].depth + 1);
      } else {
        node.depth = 1;
      }
      node.ancestors[node.depth - 1u] = row;
      if (union_nodes_.Contains(row)) {
        union_nodes_.Set(row, node);  // what is above it stays
      } else {
        GH_CHECK_EQ(union_nodes_.Append(node).value(), event.row);
        union_node_index_.Insert(HashOf(node.id), event.row);
      }
      break;
    }
    case EventKind::kMemberSet:
      EvolveMember(event);
      break;
    case EventKind::kMemberStatusSet:
      ChangeStatus(members_, MemberRow{event.row}, command.member_status->status, event.at);
      break;
    case EventKind::kCardSet: {
      const CardRequest& request = *command.card;
      const CardRow row{event.row};
      Card card;
      card.number = request.number;
      card.member = MemberRow{event.row_2};
      card.expires_day = request.expires_day;
      card.status = request.status;
      card.kind = request.kind;
      if (cards_.Contains(row)) {
        if (!request.keep.status) {
          ChangeStatus(cards_, row, request.status, event.at);
        }
        cards_.Update(row, [&card, &request](Card& stored) {
          stored.member = card.member;
          stored.expires_day = request.keep.expires_day ? stored.expires_day : card.expires_day;
          stored.kind = request.keep.kind ? stored.kind : card.kind;
        });
      } else {
        GH_CHECK_EQ(cards_.Append(card).value(), event.row);
        card_index_.Insert(HashOf(card.number), event.row);
      }
      break;
    }
    case EventKind::kCardStatusSet:
      ChangeStatus(cards_, CardRow{event.row}, command.card_status->status, event.at);
      break;
    case EventKind::kCardReplaced: {
      const CardRequest& request = command.replace_card->new_card;
      const CardRow old_row{event.row_2};
      Card card;
      card.number = request.number;
      card.member = cards_[old_row].member;
      card.expires_day = request.expires_day;
      card.status = request.status;
      card.kind = request.kind;
      GH_CHECK_EQ(cards_.Append(card).value(), event.row);
      card_index_.Insert(HashOf(card.number), event.row);
      ChangeStatus(cards_, old_row, CardStatus::kReplaced, event.at);
      cards_.Update(old_row,
                    [&event](Card& old_card) { old_card.replaced_by = CardRow{event.row}; });
      break;
    }
    case EventKind::kMerchantSet: {
      const MerchantRequest& request = *command.merchant;
      const MerchantRow row{event.row};
      if (merchants_.Contains(row)) {
        const Merchant& before = merchants_[row];
        if (before.union_node != UnionNodeRow{event.row_2} || before.mcc != request.mcc) {
          CandidatesChanged();  // its own list, and trails that know it as it was
        }
      } else {
        Merchant merchant;
        merchant.id = request.id;
        merchant.status = request.status;
        GH_CHECK_EQ(merchants_.Append(merchant).value(), event.row);
        merchant_names_.Append(DisplayName{});
        merchant_index_.Insert(HashOf(merchant.id), event.row);
      }
      ChangeStatus(merchants_, row, request.status, event.at);
      merchants_.Update(row, [&](Merchant& merchant) {
        merchant.union_node = UnionNodeRow{event.row_2};
        merchant.mcc = request.mcc;
      });
      merchant_names_.Set(row, request.name);
      break;
    }
    case EventKind::kTerminalSet: {
      const TerminalRequest& request = *command.terminal_setting;
      const TerminalRow row{event.row};
      Terminal terminal;
      terminal.id = request.id;
      terminal.merchant = MerchantRow{event.row_2};
      terminal.kind = request.kind;
      terminal.status = request.status;
      if (terminals_.Contains(row)) {
        ChangeStatus(terminals_, row, request.status, event.at);
        terminals_.Update(row, [&terminal](Terminal& stored) {
          stored.merchant = terminal.merchant;
          stored.kind = terminal.kind;
        });
      } else {
        GH_CHECK_EQ(terminals_.Append(terminal).value(), event.row);
        open_batches_.Append(OpenBatch{});
        terminal_index_.Insert(HashOf(terminal.id), event.row);
      }
      break;
    }
    case EventKind::kFundSet: {
      const FundRequest& request = *command.fund;
      const FundRow row{event.row};
      FundKeeps keep;  // nothing of a new row
      if (funds_.Contains(row)) {
        keep = request.keep;
      } else {
        Fund fund;
        fund.code = request.code;
        fund.asset = request.asset;
        GH_CHECK_EQ(funds_.Append(fund).value(), event.row);
        fund_names_.Append(DisplayName{});
        fund_index_.Insert(HashOf(fund.code), event.row);
      }
      funds_.Update(row, [&](Fund& fund) {
        fund.budget = keep.budget ? fund.budget : request.budget;
        fund.opens_at = keep.opens_at ? fund.opens_at : request.opens_at;
        fund.closes_at = keep.closes_at ? fund.closes_at : request.closes_at;
        fund.owner = UnionNodeRow{event.row_2};  // the one that stands, if it is kept
        fund.advice_may_overrun =
            keep.advice_may_overrun ? fund.advice_may_overrun : request.advice_may_overrun;
        fund.payer = keep.payer ? fund.payer : request.payer;
      });
      if (!keep.name) {
        fund_names_.Set(row, request.name);
      }
      break;
    }
    default:
      GH_CHECK(false, "not an operator's event, kind=", event.kind);
  }
}

// A member's own data, and the segments with their spans.
void Ledger::EvolveMember(const Event& event) {
  const MemberRequest& request = *event.command->member;
  const MemberRow row{event.row};
  MemberKeeps keep;  // nothing of a new row
  if (!members_.Contains(row)) {
    Member member;
    member.id = request.id;
    member.status = request.status;
    GH_CHECK_EQ(members_.Append(member).value(), event.row);
    member_index_.Insert(HashOf(member.id), event.row);
  } else {
    keep = request.keep;
    if (!keep.status) {
      ChangeStatus(members_, row, request.status, event.at);
    }
  }
  // Spans are written into the member's old chain first, then appended; what
  // is left of a longer chain stays linked nowhere.
  SegmentSpanRow first;
  SegmentSpanRow previous;
  SegmentSpanRow reusable = members_[row].first_span;
  for (uint32_t i = 0; i < event.span_count; ++i) {
    SegmentSpan span;
    span.starts_at = event.spans[i].starts_at;
    span.ends_at = event.spans[i].ends_at;
    span.member = row;
    span.segment = event.spans[i].segment;
    SegmentSpanRow span_row = reusable;
    if (reusable != SegmentSpanRow{}) {
      reusable = segment_spans_[reusable].next;
      segment_spans_.Set(span_row, span);
    } else {
      span_row = segment_spans_.Append(span);
    }
    if (previous == SegmentSpanRow{}) {
      first = span_row;
    } else {
      segment_spans_.Update(previous, [span_row](SegmentSpan& before) { before.next = span_row; });
    }
    previous = span_row;
  }
  members_.Update(row, [&](Member& member) {
    member.union_node = UnionNodeRow{event.row_2};  // the one that stands, if it is kept
    member.real_name_verified =
        keep.real_name_verified ? member.real_name_verified : request.real_name_verified;
    member.sex = keep.sex ? member.sex : request.sex;
    member.joined_day = keep.joined_day ? member.joined_day : request.joined_day;
    member.first_span = keep.segments ? member.first_span : first;
  });
}

}  // namespace gonghui
