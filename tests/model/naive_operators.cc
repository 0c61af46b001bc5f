// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Operators' commands; those about programmes are in naive_programmes.cc.

#include <algorithm>

#include "engine/base/check.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

Answer Refused(AdminReason reason, Field field, size_t index = 0) {
  Answer answer;
  answer.verdict = Verdict::kRefused;
  answer.field = field;
  answer.admin_reason = reason;
  answer.index = static_cast<uint32_t>(index);
  return answer;
}

template <class Map, class Key>
bool Has(const Map& map, const Key& key) {
  return map.find(key) != map.end();
}

}  // namespace

template <class Row, class Statuses, class Key>
void NaiveLedger::Set(Row* row, const Row& to, Statuses* past, const Key& key, TimestampNs now) {
  if (row->status != to.status) {
    past->Was(key, row->status, now);
  }
  *row = to;
}

Answer NaiveLedger::ApplyAdmin(const Command& command, TimestampNs now) {
  if (command.validate_only) {
    NaiveLedger copy = *this;
    Command again = command;
    again.validate_only = false;
    return copy.ApplyAdmin(again, now);
  }
  Answer answer;
  switch (command.kind) {
    case CommandKind::kDefineSegment: {
      const auto known = segments_.find(command.segment->code);
      if (known != segments_.end() && known->second == command.segment->name) {
        return Only(Verdict::kUnchanged);
      }
      segments_[command.segment->code] = command.segment->name;
      break;
    }
    case CommandKind::kSetUnionNode:
      answer = SetUnionNode(*command.union_node);
      break;
    case CommandKind::kSetMember:
      answer = SetMember(*command.member, now);
      break;
    case CommandKind::kSetCard:
      answer = SetCard(*command.card, now);
      break;
    case CommandKind::kSetMerchant:
      answer = SetMerchant(*command.merchant, now);
      break;
    case CommandKind::kSetTerminal:
      answer = SetTerminal(*command.terminal_setting, now);
      break;
    case CommandKind::kSetFund:
      answer = SetFund(*command.fund);
      break;
    case CommandKind::kApplyProgramme:
      answer = ApplyProgramme(*command.programme, now);
      break;
    case CommandKind::kSetMemberStatus:
      answer = SetMemberStatus(*command.member_status, now);
      break;
    case CommandKind::kSetCardStatus:
      answer = SetCardStatus(*command.card_status, now);
      break;
    case CommandKind::kReplaceCard:
      answer = ReplaceCard(*command.replace_card, now);
      break;
    case CommandKind::kRetireProgramme:
      answer = RetireProgramme(*command.retire_programme, now);
      break;
    case CommandKind::kStageProgramme:
      answer = StageProgramme(*command.stage_programme, now);
      break;
    case CommandKind::kIssueVouchers:
      answer = IssueVouchers(*command.issue_vouchers);
      break;
    case CommandKind::kVoidVouchers:
      answer = VoidVouchers(*command.void_vouchers);
      break;
    case CommandKind::kCommitDraw:
      answer = CommitDraw(*command.commit_draw, now);
      break;
    case CommandKind::kCloseDraw:
      answer = CloseDraw(*command.close_draw, now);
      break;
    case CommandKind::kSettleDraw:
      answer = SettleDraw(*command.settle_draw, now);
      break;
    case CommandKind::kDrawPrize:
      answer = DrawPrize(*command.draw_prize, now);
      break;
    case CommandKind::kContribute:
      answer = Contribute(*command.contribute, now);
      break;
    case CommandKind::kRevokeContribution:
      answer = RevokeContribution(*command.revoke_contribution);
      break;
    case CommandKind::kApproveClaim:
      answer = JudgeClaim(*command.judge_claim, Judgement::kApproved, now);
      break;
    case CommandKind::kRejectClaim:
      answer = JudgeClaim(*command.judge_claim, Judgement::kRejected, now);
      break;
    default:
      GH_CHECK(false, "kind=", command.kind);
  }
  if (answer.verdict == Verdict::kDecided) {
    ++seq_;
  }
  return answer;
}

Answer NaiveLedger::SetUnionNode(const UnionNodeRequest& request) {
  uint32_t depth = 1;
  if (!request.parent.IsNone()) {
    if (!Has(unions_, request.parent)) {
      return Refused(
          request.parent == request.id ? AdminReason::kWouldCycle : AdminReason::kUnknownReference,
          Field::kParent);
    }
    for (UnionNodeId node = request.parent; !node.IsNone(); node = unions_.at(node).parent) {
      ++depth;
    }
  }
  if (depth > kUnionDepthMax) {
    return Refused(AdminReason::kTooDeep, Field::kParent);
  }
  const auto known = unions_.find(request.id);
  if (known != unions_.end()) {
    const UnionEntry& stored = known->second;
    if (stored.parent != request.parent) {
      return Refused(AdminReason::kImmutable, Field::kParent);
    }
    if (stored.level == request.level && stored.name == request.name) {
      return Only(Verdict::kUnchanged);
    }
  }
  unions_[request.id] = UnionEntry{request.parent, request.level, request.name};
  return {};
}

Answer NaiveLedger::SetMember(const MemberRequest& asked, TimestampNs now) {
  // What the request leaves as it stands is filled in first.
  MemberRequest request = asked;
  const auto known = members_.find(asked.id);
  if (known != members_.end()) {
    const MemberRequest& stored = known->second;
    const MemberKeeps& keep = asked.keep;
    request.union_node = keep.union_node ? stored.union_node : asked.union_node;
    request.status = keep.status ? stored.status : asked.status;
    request.real_name_verified =
        keep.real_name_verified ? stored.real_name_verified : asked.real_name_verified;
    request.sex = keep.sex ? stored.sex : asked.sex;
    request.joined_day = keep.joined_day ? stored.joined_day : asked.joined_day;
  } else if (asked.keep.union_node && asked.union_node.IsNone()) {
    return Refused(AdminReason::kMissing, Field::kUnionNode);
  }
  request.keep = MemberKeeps{};
  request.reactivate = false;
  if (!Has(unions_, request.union_node)) {
    return Refused(AdminReason::kUnknownReference, Field::kUnionNode);
  }
  for (uint32_t i = 0; i < request.span_count; ++i) {
    if (!Has(segments_, request.spans[i].segment)) {
      return Refused(AdminReason::kUnknownReference, Field::kSegment, i);
    }
  }
  if (known != members_.end()) {
    const MemberRequest& stored = known->second;
    if (asked.keep.segments) {
      request.span_count = stored.span_count;
      request.spans = stored.spans;
    }
    const bool same_spans =
        stored.span_count == request.span_count &&
        std::equal(stored.spans.begin(),
                   stored.spans.begin() + stored.span_count,
                   request.spans.begin(),
                   [](const SegmentSpanRequest& a, const SegmentSpanRequest& b) {
                     return a.segment == b.segment && a.starts_at == b.starts_at &&
                            a.ends_at == b.ends_at;
                   });
    if (same_spans && stored.union_node == request.union_node && stored.status == request.status &&
        stored.real_name_verified == request.real_name_verified && stored.sex == request.sex &&
        stored.joined_day == request.joined_day) {
      return Only(Verdict::kUnchanged);
    }
    if (stored.status == MemberStatus::kClosed) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
    }
    if (stored.status == MemberStatus::kSuspended && request.status == MemberStatus::kActive &&
        !asked.reactivate) {
      return Refused(AdminReason::kWouldReinstate, Field::kStatus);
    }
  }
  Set(&members_.try_emplace(request.id, request).first->second,
      request,
      &member_statuses_,
      request.id,
      now);
  std::vector<uint64_t>& names = span_names_[request.id];
  names.resize(std::min<size_t>(names.size(), request.span_count));
  while (names.size() < request.span_count) {
    names.push_back(++last_span_name_);
  }
  return {};
}

Answer NaiveLedger::SetCard(const CardRequest& asked, TimestampNs now) {
  CardRequest request = asked;
  const auto known = cards_.find(asked.number);
  if (known != cards_.end()) {
    const CardRequest& stored = known->second;
    request.status = asked.keep.status ? stored.status : asked.status;
    request.kind = asked.keep.kind ? stored.kind : asked.kind;
    request.expires_day = asked.keep.expires_day ? stored.expires_day : asked.expires_day;
  }
  request.keep = CardKeeps{};
  request.reactivate = false;
  if (!request.member.IsNone() && !Has(members_, request.member)) {
    return Refused(AdminReason::kUnknownReference, Field::kMember);
  }
  const bool was_replaced = known != cards_.end() && known->second.status == CardStatus::kReplaced;
  if (request.status == CardStatus::kReplaced && !was_replaced) {  // only ReplaceCard makes it so
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (known != cards_.end()) {
    const CardRequest& stored = known->second;
    if (!stored.member.IsNone() && stored.member != request.member) {
      return Refused(AdminReason::kBelongsToAnother, Field::kMember);
    }
    if (stored.member == request.member && stored.status == request.status &&
        stored.kind == request.kind && stored.expires_day == request.expires_day) {
      return Only(Verdict::kUnchanged);
    }
    if (stored.status == CardStatus::kReplaced || stored.status == CardStatus::kClosed) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
    }
    const bool blocked = stored.status == CardStatus::kPaused ||
                         stored.status == CardStatus::kLost || stored.status == CardStatus::kStolen;
    const bool back =
        request.status == CardStatus::kActive || request.status == CardStatus::kIssued;
    if (blocked && back && !asked.reactivate) {
      return Refused(
          AdminReason::kWouldReactivate, Field::kStatus, static_cast<size_t>(stored.status));
    }
  }
  Set(&cards_.try_emplace(request.number, request).first->second,
      request,
      &card_statuses_,
      request.number,
      now);
  return {};
}

Answer NaiveLedger::SetMerchant(const MerchantRequest& request, TimestampNs now) {
  if (!Has(unions_, request.union_node)) {
    return Refused(AdminReason::kUnknownReference, Field::kUnionNode);
  }
  const auto known = merchants_.find(request.id);
  if (known != merchants_.end()) {
    const MerchantRequest& stored = known->second;
    if (stored.union_node == request.union_node && stored.mcc == request.mcc &&
        stored.status == request.status && stored.name == request.name) {
      return Only(Verdict::kUnchanged);
    }
  }
  Set(&merchants_.try_emplace(request.id, request).first->second,
      request,
      &merchant_statuses_,
      request.id,
      now);
  return {};
}

Answer NaiveLedger::SetTerminal(const TerminalRequest& request, TimestampNs now) {
  if (!Has(merchants_, request.merchant)) {
    return Refused(AdminReason::kUnknownReference, Field::kMerchant);
  }
  const auto known = terminals_.find(request.id);
  if (known != terminals_.end()) {
    const TerminalRequest& stored = known->second;
    if (stored.merchant != request.merchant) {
      return Refused(AdminReason::kBelongsToAnother, Field::kMerchant);
    }
    if (stored.kind == request.kind && stored.status == request.status) {
      return Only(Verdict::kUnchanged);
    }
  }
  Set(&terminals_.try_emplace(request.id, request).first->second,
      request,
      &terminal_statuses_,
      request.id,
      now);
  return {};
}

Answer NaiveLedger::SetFund(const FundRequest& asked) {
  // What the request leaves as it stands is filled in first.
  FundRequest request = asked;
  const auto known = funds_.find(asked.code);
  if (known != funds_.end()) {
    const FundRequest& stored = known->second;
    const FundKeeps& keep = asked.keep;
    request.owner = keep.owner ? stored.owner : asked.owner;
    request.asset = keep.asset ? stored.asset : asked.asset;
    request.budget = keep.budget ? stored.budget : asked.budget;
    request.opens_at = keep.opens_at ? stored.opens_at : asked.opens_at;
    request.closes_at = keep.closes_at ? stored.closes_at : asked.closes_at;
    request.advice_may_overrun =
        keep.advice_may_overrun ? stored.advice_may_overrun : asked.advice_may_overrun;
    request.payer = keep.payer ? stored.payer : asked.payer;
    request.name = keep.name ? stored.name : asked.name;
  }
  request.keep = FundKeeps{};
  if (!request.owner.IsNone() && !Has(unions_, request.owner)) {
    return Refused(AdminReason::kUnknownReference, Field::kOwner);
  }
  if (known == funds_.end() && asked.keep.asset) {
    return Refused(AdminReason::kMissing, Field::kAsset);
  }
  if (known == funds_.end() && asked.keep.budget) {
    return Refused(AdminReason::kMissing, Field::kBudget);
  }
  if (known != funds_.end()) {
    const FundRequest& stored = known->second;
    if (stored.asset != request.asset) {
      return Refused(AdminReason::kImmutable, Field::kAsset);
    }
    if (stored.owner == request.owner && stored.budget == request.budget &&
        stored.opens_at == request.opens_at && stored.closes_at == request.closes_at &&
        stored.advice_may_overrun == request.advice_may_overrun && stored.payer == request.payer &&
        stored.name == request.name) {
      return Only(Verdict::kUnchanged);
    }
    const NaiveFundTotals totals = TotalsOf(request.code);
    if (request.budget.value() + totals.contributed > kFundFenMax) {
      return Only(Verdict::kOutOfRange, Field::kBudget);
    }
    const int64_t committed = totals.held + totals.spent + totals.suspense;
    if (request.budget.value() + totals.contributed < committed) {
      Went(NaivePath::kBudgetBelowSuspense,
           committed - request.budget.value() - totals.contributed <= totals.suspense);
      return Refused(AdminReason::kBelowCommitted, Field::kBudget);
    }
    if (request.opens_at >= request.closes_at) {
      return Only(Verdict::kOutOfRange, Field::kClosesAt);
    }
  }
  funds_[request.code] = request;
  return {};
}

Answer NaiveLedger::SetMemberStatus(const MemberStatusRequest& request, TimestampNs now) {
  const auto known = members_.find(request.member);
  if (known == members_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kMember);
  }
  if (known->second.status == request.status) {
    return Only(Verdict::kUnchanged);
  }
  if (known->second.status == MemberStatus::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  MemberRequest changed = known->second;
  changed.status = request.status;
  Set(&known->second, changed, &member_statuses_, request.member, now);
  return {};
}

Answer NaiveLedger::SetCardStatus(const CardStatusRequest& request, TimestampNs now) {
  const auto known = cards_.find(request.card);
  if (known == cards_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kCardNumber);
  }
  CardRequest& card = known->second;
  if (card.status == request.status) {
    return Only(Verdict::kUnchanged);
  }
  if (card.status == CardStatus::kReplaced || card.status == CardStatus::kClosed ||
      request.status == CardStatus::kReplaced) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  CardRequest changed = card;
  changed.status = request.status;
  Set(&card, changed, &card_statuses_, request.card, now);
  return {};
}

Answer NaiveLedger::ReplaceCard(const ReplaceCardRequest& request, TimestampNs now) {
  const auto known = cards_.find(request.old_card);
  if (known == cards_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kCardNumber);
  }
  CardRequest& old_card = known->second;
  const CardRequest& asked = request.new_card;
  if (Has(replaced_by_, old_card.number) && replaced_by_.at(old_card.number) == asked.number) {
    return Only(Verdict::kUnchanged);
  }
  if (old_card.status == CardStatus::kReplaced || old_card.status == CardStatus::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (Has(cards_, asked.number)) {
    return Refused(AdminReason::kBelongsToAnother, Field::kCardNumber);
  }
  if (!asked.member.IsNone() && asked.member != old_card.member) {
    return Refused(AdminReason::kBelongsToAnother, Field::kMember);
  }
  if (asked.status == CardStatus::kReplaced || asked.status == CardStatus::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  CardRequest replaced = old_card;
  replaced.status = CardStatus::kReplaced;
  Set(&old_card, replaced, &card_statuses_, request.old_card, now);
  replaced_by_[old_card.number] = asked.number;
  CardRequest new_card = asked;
  new_card.member = old_card.member;
  cards_[new_card.number] = new_card;
  return {};
}

}  // namespace gonghui
