// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Operators' commands about everything but programmes.  Each is an upsert: it makes the row,
// changes it, or finds that it already is so; references are by code and must exist.

#include "engine/ledger/decide.h"
#include "engine/ledger/keys.h"

namespace gonghui {

void Decider::Refuse(AdminReason reason, Field field, uint32_t index) {
  event_->kind = EventKind::kNone;
  result_->verdict = Verdict::kRefused;
  result_->admin_reason = reason;
  result_->field = field;
  result_->index = index;
}

void Decider::Full(Field table) {
  event_->kind = EventKind::kNone;
  result_->verdict = Verdict::kFull;
  result_->field = table;
}

void Decider::Unchanged(uint32_t row) {
  result_->verdict = Verdict::kUnchanged;
  result_->row = row;
}

void Decider::Accept(EventKind kind, uint32_t row, uint32_t row_2) {
  event_->kind = command_.validate_only ? EventKind::kNone : kind;
  event_->row = row;
  event_->row_2 = row_2;
  result_->row = row;
  result_->created = false;
}

void Decider::AcceptNew(EventKind kind, uint32_t row, uint32_t row_2) {
  Accept(kind, row, row_2);
  result_->created = true;
}

void Decider::DefineSegment() {
  const SegmentRequest& request = *command_.segment;
  const uint32_t bit = ledger_.FindSegmentBit(request.code);
  if (bit < kSegmentsMax) {
    const StrongId<struct SegmentRowTag, uint32_t> row{bit + 1};
    return ledger_.segments_[row].name == request.name
               ? Unchanged(bit + 1)
               : Accept(EventKind::kSegmentDefined, bit + 1);
  }
  if (ledger_.segments_.full()) {
    return Full(Field::kSegments);
  }
  AcceptNew(EventKind::kSegmentDefined, ledger_.segments_.next().value());
}

void Decider::SetUnionNode() {
  const UnionNodeRequest& request = *command_.union_node;
  UnionNodeRow parent;
  if (!request.parent.IsNone()) {
    parent = ledger_.FindUnionNode(request.parent);
    if (parent == UnionNodeRow{}) {
      return request.parent == request.id ? Refuse(AdminReason::kWouldCycle, Field::kParent)
                                          : Refuse(AdminReason::kUnknownReference, Field::kParent);
    }
    if (ledger_.union_nodes_[parent].depth == kUnionDepthMax) {
      return Refuse(AdminReason::kTooDeep, Field::kParent);
    }
  }
  const UnionNodeRow row = ledger_.FindUnionNode(request.id);
  if (row != UnionNodeRow{}) {
    const UnionNode& stored = ledger_.union_nodes_[row];
    // Moving a node would silently change who is eligible for what.
    if (stored.parent != parent) {
      return Refuse(AdminReason::kImmutable, Field::kParent);
    }
    const bool same = stored.level == request.level && stored.name == request.name;
    return same ? Unchanged(row.value())
                : Accept(EventKind::kUnionNodeSet, row.value(), parent.value());
  }
  if (ledger_.union_nodes_.full()) {
    return Full(Field::kUnionNodes);
  }
  AcceptNew(EventKind::kUnionNodeSet, ledger_.union_nodes_.next().value(), parent.value());
}

bool Decider::ResolveSpans(const MemberRequest& request) {
  for (uint32_t i = 0; i < request.span_count; ++i) {
    const SegmentSpanRequest& span = request.spans[i];
    const uint32_t bit = ledger_.FindSegmentBit(span.segment);
    if (bit >= kSegmentsMax) {
      Refuse(AdminReason::kUnknownReference, Field::kSegment, i);
      return false;
    }
    event_->spans[i] = ResolvedSpan{span.starts_at, span.ends_at, static_cast<SegmentBit>(bit)};
  }
  event_->span_count = request.span_count;
  return true;
}

bool Decider::SpansAreStored(const Member& member) const {
  SegmentSpanRow row = member.first_span;
  for (uint32_t i = 0; i < event_->span_count; ++i) {
    if (row == SegmentSpanRow{}) {
      return false;
    }
    const SegmentSpan& stored = ledger_.segment_spans_[row];
    const ResolvedSpan& asked = event_->spans[i];
    if (stored.segment != asked.segment || stored.starts_at != asked.starts_at ||
        stored.ends_at != asked.ends_at) {
      return false;
    }
    row = stored.next;
  }
  return row == SegmentSpanRow{};
}

void Decider::SetMember() {
  const MemberRequest& request = *command_.member;
  const MemberRow row = ledger_.FindMember(request.id);
  const bool exists = row != MemberRow{};
  const Member& stored = ledger_.members_[row];
  const bool keeps_node = exists && request.keep.union_node;
  if (!exists && request.keep.union_node && request.union_node.IsNone()) {
    return Refuse(AdminReason::kMissing, Field::kUnionNode);
  }
  const UnionNodeRow node =
      keeps_node ? stored.union_node : ledger_.FindUnionNode(request.union_node);
  if (node == UnionNodeRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kUnionNode);
  }
  if (!ResolveSpans(request)) {
    return;
  }
  if (exists && request.keep.segments) {
    event_->span_count = 0;
  }
  if (ledger_.segment_spans_.size_max() - ledger_.segment_spans_.size() < request.span_count) {
    return Full(Field::kMembers);
  }
  if (!exists) {
    return ledger_.members_.full()
               ? Full(Field::kMembers)
               : AcceptNew(EventKind::kMemberSet, ledger_.members_.next().value(), node.value());
  }
  const MemberKeeps& keep = request.keep;
  const bool same =
      stored.union_node == node && (keep.status || stored.status == request.status) &&
      (keep.real_name_verified || stored.real_name_verified == request.real_name_verified) &&
      (keep.sex || stored.sex == request.sex) &&
      (keep.joined_day || stored.joined_day == request.joined_day) &&
      (keep.segments || SpansAreStored(stored));
  if (same) {
    return Unchanged(row.value());
  }
  if (stored.status == MemberStatus::kClosed) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  // Somebody suspended the member for a reason that the file does not know of.
  if (!keep.status && !request.reactivate && request.status == MemberStatus::kActive &&
      stored.status == MemberStatus::kSuspended) {
    return Refuse(AdminReason::kWouldReinstate, Field::kStatus);
  }
  if (!keep.status && !MayBecome(stored, request.status)) {
    return Full(Field::kMembers);
  }
  Accept(EventKind::kMemberSet, row.value(), node.value());
}

void Decider::SetMemberStatus() {
  const MemberStatusRequest& request = *command_.member_status;
  const MemberRow row = ledger_.FindMember(request.member);
  if (row == MemberRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kMember);
  }
  const MemberStatus status = ledger_.members_[row].status;
  if (status == request.status) {
    return Unchanged(row.value());
  }
  if (status == MemberStatus::kClosed) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (!MayBecome(ledger_.members_[row], request.status)) {
    return Full(Field::kMembers);
  }
  Accept(EventKind::kMemberStatusSet, row.value());
}

namespace {

// Replaced and closed cards are never used again.
bool IsFinal(CardStatus status) {
  return status == CardStatus::kReplaced || status == CardStatus::kClosed;
}

// Somebody said that this card must not be used.
bool IsBlocked(CardStatus status) {
  return status == CardStatus::kPaused || status == CardStatus::kLost ||
         status == CardStatus::kStolen;
}

}  // namespace

void Decider::SetCard(const CardRequest& request) {
  const MemberRow member = ledger_.FindMember(request.member);
  if (member == MemberRow{} && !request.member.IsNone()) {  // none = issued to nobody yet
    return Refuse(AdminReason::kUnknownReference, Field::kMember);
  }
  const CardRow row = ledger_.FindCard(request.number);
  const bool exists = row != CardRow{};
  const Card& stored = ledger_.cards_[row];
  const CardStatus status = exists && request.keep.status ? stored.status : request.status;
  if (status == CardStatus::kReplaced && !(exists && stored.status == status)) {
    // Only a replacement makes a card so.
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (!exists) {
    return ledger_.cards_.full()
               ? Full(Field::kCards)
               : AcceptNew(EventKind::kCardSet, ledger_.cards_.next().value(), member.value());
  }
  if (stored.member != MemberRow{} && stored.member != member) {
    return Refuse(AdminReason::kBelongsToAnother, Field::kMember);
  }
  const bool same = stored.member == member && stored.status == status &&
                    (request.keep.kind || stored.kind == request.kind) &&
                    (request.keep.expires_day || stored.expires_day == request.expires_day);
  if (same) {
    return Unchanged(row.value());
  }
  if (IsFinal(stored.status)) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  // By way of "issued", too: the next import would make it active.
  if (IsBlocked(stored.status) && !request.reactivate &&
      (status == CardStatus::kActive || status == CardStatus::kIssued)) {
    return Refuse(
        AdminReason::kWouldReactivate, Field::kStatus, static_cast<uint32_t>(stored.status));
  }
  if (!MayBecome(stored, status)) {
    return Full(Field::kCards);
  }
  Accept(EventKind::kCardSet, row.value(), member.value());
}

void Decider::SetCardStatus() {
  const CardStatusRequest& request = *command_.card_status;
  const CardRow row = ledger_.FindCard(request.card);
  if (row == CardRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kCardNumber);
  }
  const CardStatus status = ledger_.cards_[row].status;
  if (status == request.status) {
    return Unchanged(row.value());
  }
  if (IsFinal(status) || request.status == CardStatus::kReplaced) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (!MayBecome(ledger_.cards_[row], request.status)) {
    return Full(Field::kCards);
  }
  Accept(EventKind::kCardStatusSet, row.value());
}

void Decider::ReplaceCard() {
  const ReplaceCardRequest& request = *command_.replace_card;
  const CardRow old_row = ledger_.FindCard(request.old_card);
  if (old_row == CardRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kCardNumber);
  }
  const Card& old_card = ledger_.cards_[old_row];
  const CardRow new_row = ledger_.FindCard(request.new_card.number);
  if (old_card.status == CardStatus::kReplaced && new_row != CardRow{} &&
      old_card.replaced_by == new_row) {
    return Unchanged(new_row.value());
  }
  if (IsFinal(old_card.status)) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (new_row != CardRow{}) {
    return Refuse(AdminReason::kBelongsToAnother, Field::kCardNumber);
  }
  if (!request.new_card.member.IsNone() &&
      ledger_.FindMember(request.new_card.member) != old_card.member) {
    return Refuse(AdminReason::kBelongsToAnother, Field::kMember);
  }
  if (IsFinal(request.new_card.status)) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (ledger_.cards_.full() || !MayBecome(old_card, CardStatus::kReplaced)) {
    return Full(Field::kCards);
  }
  AcceptNew(EventKind::kCardReplaced, ledger_.cards_.next().value(), old_row.value());
}

void Decider::SetMerchant() {
  const MerchantRequest& request = *command_.merchant;
  const UnionNodeRow node = ledger_.FindUnionNode(request.union_node);
  if (node == UnionNodeRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kUnionNode);
  }
  const MerchantRow row = ledger_.FindMerchant(request.id);
  if (row != MerchantRow{}) {
    const Merchant& stored = ledger_.merchants_[row];
    const bool same = stored.union_node == node && stored.mcc == request.mcc &&
                      stored.status == request.status &&
                      ledger_.merchant_names_[row] == request.name;
    if (!same && !MayBecome(stored, request.status)) {
      return Full(Field::kMerchants);
    }
    return same ? Unchanged(row.value())
                : Accept(EventKind::kMerchantSet, row.value(), node.value());
  }
  if (ledger_.merchants_.full()) {
    return Full(Field::kMerchants);
  }
  AcceptNew(EventKind::kMerchantSet, ledger_.merchants_.next().value(), node.value());
}

void Decider::SetTerminal() {
  const TerminalRequest& request = *command_.terminal_setting;
  const MerchantRow merchant = ledger_.FindMerchant(request.merchant);
  if (merchant == MerchantRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kMerchant);
  }
  const TerminalRow row = ledger_.FindTerminal(request.id);
  if (row != TerminalRow{}) {
    const Terminal& stored = ledger_.terminals_[row];
    if (stored.merchant != merchant) {
      return Refuse(AdminReason::kBelongsToAnother, Field::kMerchant);
    }
    const bool same = stored.kind == request.kind && stored.status == request.status;
    if (!same && !MayBecome(stored, request.status)) {
      return Full(Field::kTerminals);
    }
    return same ? Unchanged(row.value())
                : Accept(EventKind::kTerminalSet, row.value(), merchant.value());
  }
  if (ledger_.terminals_.full()) {
    return Full(Field::kTerminals);
  }
  AcceptNew(EventKind::kTerminalSet, ledger_.terminals_.next().value(), merchant.value());
}

void Decider::SetFund() {
  const FundRequest& request = *command_.fund;
  const FundKeeps& keep = request.keep;
  const FundRow row = ledger_.FindFund(request.code);
  const bool exists = row != FundRow{};
  const Fund& stored = ledger_.funds_[row];
  UnionNodeRow owner{ledger_.union_nodes_.size() > 0 ? 1u : 0u};
  if (exists && keep.owner) {
    owner = stored.owner;
  } else if (!request.owner.IsNone()) {
    owner = ledger_.FindUnionNode(request.owner);
    if (owner == UnionNodeRow{}) {
      return Refuse(AdminReason::kUnknownReference, Field::kOwner);
    }
  }
  if (!exists) {
    // What money or things a fund has, nobody but who makes it can know.
    if (keep.asset || keep.budget) {
      return Refuse(AdminReason::kMissing, keep.asset ? Field::kAsset : Field::kBudget);
    }
    if (ledger_.funds_.full()) {
      return Full(Field::kFunds);
    }
    return AcceptNew(EventKind::kFundSet, ledger_.funds_.next().value(), owner.value());
  }
  if (!keep.asset && stored.asset != request.asset) {
    return Refuse(AdminReason::kImmutable, Field::kAsset);
  }
  if (!keep.budget && request.budget > Fen{kFundFenMax} - stored.contributed) {
    result_->verdict = Verdict::kOutOfRange;
    result_->field = Field::kBudget;
    return;
  }
  if (!keep.budget &&
      request.budget + stored.contributed < stored.held + stored.spent + stored.suspense) {
    return Refuse(AdminReason::kBelowCommitted, Field::kBudget);
  }
  // Who says one of the two alone does not see the other, which stands.
  const TimestampNs opens_at = keep.opens_at ? stored.opens_at : request.opens_at;
  const TimestampNs closes_at = keep.closes_at ? stored.closes_at : request.closes_at;
  const bool same =
      (keep.budget || stored.budget == request.budget) && stored.opens_at == opens_at &&
      stored.closes_at == closes_at && stored.owner == owner &&
      (keep.advice_may_overrun || stored.advice_may_overrun == request.advice_may_overrun) &&
      (keep.payer || stored.payer == request.payer) &&
      (keep.name || ledger_.fund_names_[row] == request.name);
  if (same) {
    return Unchanged(row.value());
  }
  if (opens_at >= closes_at) {
    result_->verdict = Verdict::kOutOfRange;
    result_->field = Field::kClosesAt;
    return;
  }
  Accept(EventKind::kFundSet, row.value(), owner.value());
}

}  // namespace gonghui
