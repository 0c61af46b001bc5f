// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ledger::Evolve(): applies what an event says, looks at no rule, cannot fail.

#include <algorithm>

#include "engine/base/check.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

void Ledger::Evolve(const Event& event) {
  GH_CHECK_EQ(event.seq.value(), applied_seq().value() + 1, "kind=", event.kind);
  GH_CHECK(event.at >= applied_at(), "at=", event.at, " applied_at=", applied_at());
  switch (event.kind) {
    case EventKind::kNone:
      GH_CHECK(false, "an event that changes nothing, seq=", event.seq);
      break;
    case EventKind::kAuthorized:
    case EventKind::kCaptured:
    case EventKind::kReversed:
    case EventKind::kHoldExpired:
    case EventKind::kIncremented:
    case EventKind::kRefunded:
      EvolveTransaction(event);
      break;
    case EventKind::kProgrammeApplied:
    case EventKind::kProgrammeRetired:
      EvolveProgramme(event);
      break;
    case EventKind::kSegmentDefined:
    case EventKind::kUnionNodeSet:
    case EventKind::kMemberSet:
    case EventKind::kCardSet:
    case EventKind::kMerchantSet:
    case EventKind::kTerminalSet:
    case EventKind::kFundSet:
    case EventKind::kMemberStatusSet:
    case EventKind::kCardStatusSet:
    case EventKind::kCardReplaced:
      EvolveAdmin(event);
      break;
  }
  globals_table_.UpdateUndigested(kGlobalsRow, [&event](Globals& globals) {
    globals.applied_seq = event.seq;
    globals.applied_at = event.at;
    globals.members_payable_pending += event.member_pending_delta;
    globals.members_payable_posted += event.member_posted_delta;
  });
}

// ---- Transactions ------------------------------------------------------------

void Ledger::EvolveTransaction(const Event& event) {
  // Shares and uses first: of a capture they belong to the original as it was.
  EvolveShares(event);
  EvolveUses(event);
  if (event.original.row != TransactionRow{}) {
    const OriginalChange& change = event.original;
    transactions_.Update(change.row, [&change](Transaction& original) {
      original.state = change.state;
      original.progress.restated += change.list_price_delta;
      original.progress.restated_subsidy += change.subsidy_delta;
      original.captured += change.captured_delta;
      original.captured_subsidy += change.captured_subsidy_delta;
      original.progress.refunded += change.refunded_delta;
      original.progress.refunded_subsidy += change.refunded_subsidy_delta;
      original.expires_at = TimestampNs{original.expires_at.value() + change.expires_at_delta_ns};
    });
    if (change.expires_at_delta_ns != 0) {
      PushExpiry(transactions_[change.row].expires_at, change.row);
    }
  }
  if (event.kind == EventKind::kHoldExpired) {
    PopStaleExpiries();
    return;
  }
  const Transaction& transaction = event.transaction;
  const TransactionRow row = transactions_.Append(transaction);
  GH_CHECK_EQ(row.value(), event.transaction_row.value());
  const uint64_t hash = HashOf(transaction.request_id);
  if (event.kind == EventKind::kAuthorized && event.tombstone_row != TransactionRow{}) {
    // The late original takes over the id that its reversal had reserved.
    request_index_.Replace(hash, event.tombstone_row.value(), row.value());
  } else {
    request_index_.Insert(hash, row.value());
  }
  if (event.kind == EventKind::kReversed && event.tombstone_row != TransactionRow{}) {
    Transaction tombstone;
    tombstone.request_id = transaction.reference.original_request_id;
    tombstone.seq = transaction.seq;
    tombstone.decided_at = transaction.decided_at;
    tombstone.terminal = transaction.terminal;
    tombstone.merchant = transaction.merchant;
    tombstone.state = TransactionState::kReversed;
    tombstone.tombstone = true;
    const TransactionRow tombstone_row = transactions_.Append(tombstone);
    GH_CHECK_EQ(tombstone_row.value(), event.tombstone_row.value());
    request_index_.Insert(HashOf(tombstone.request_id), tombstone_row.value());
  }
  if (transaction.state == TransactionState::kPending) {
    PushExpiry(transaction.expires_at, row);
  }
  if (event.original.row != TransactionRow{}) {
    PopStaleExpiries();
  }
}

void Ledger::EvolveShares(const Event& event) {
  const uint32_t original_applied = event.original.row == TransactionRow{}
                                        ? 0
                                        : transactions_[event.original.row].first_applied.value();
  Fen receivable_pending;
  Fen receivable_posted;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    funds_.AddPair(share.fund, &Fund::held, share.held_delta, &Fund::spent, share.spent_delta);
    if (share.overrun_delta != Fen{0} || share.suspense_delta != Fen{0}) [[unlikely]] {
      funds_.AddPair(
          share.fund, &Fund::overrun, share.overrun_delta, &Fund::suspense, share.suspense_delta);
    }
    if (funds_[share.fund].asset == Asset::kMoney) {
      receivable_pending += share.held_delta;
      receivable_posted += share.spent_delta + share.overrun_delta;
    }
    if (original_applied != 0) {
      applied_.Update(AppliedRow{original_applied + i}, [&](Applied& applied) {
        applied.restated += event.original.restates
                                ? share.held_delta + share.spent_delta + share.overrun_delta
                                : Fen{0};
        applied.held += share.held_delta;
        applied.spent += share.spent_delta;
        applied.overrun += share.overrun_delta;
      });
    }
    // A capture's or reversal's own rows keep its part for a repeat's answer.
    Applied own;
    own.benefit = share.benefit;
    own.fund = share.fund;
    switch (event.kind) {
      case EventKind::kAuthorized:
        own.authorized = share.held_delta + share.spent_delta + share.overrun_delta;
        own.held = share.held_delta;
        own.spent = share.spent_delta;
        own.overrun = share.overrun_delta;
        break;
      case EventKind::kCaptured:
        own.authorized = share.spent_delta + share.overrun_delta;
        break;
      case EventKind::kIncremented:
        own.authorized = share.held_delta;
        break;
      case EventKind::kReversed:
      case EventKind::kRefunded:
        own.authorized = -(share.held_delta + share.spent_delta + share.overrun_delta);
        break;
      default:
        continue;  // an expiry has no transaction of its own
    }
    const AppliedRow row = applied_.Append(own);
    GH_CHECK_EQ(row.value(), event.transaction.first_applied.value() + i);
  }
  if (event.share_count == 0) {
    return;
  }
  const MerchantRow merchant = event.original.row == TransactionRow{}
                                   ? event.transaction.merchant
                                   : transactions_[event.original.row].merchant;
  if (receivable_pending != Fen{0} || event.member_pending_delta != Fen{0}) {
    merchants_.AddPair(merchant,
                       &Merchant::receivable_pending,
                       receivable_pending,
                       &Merchant::collected_pending,
                       event.member_pending_delta);
  }
  if (receivable_posted != Fen{0} || event.member_posted_delta != Fen{0}) {
    merchants_.AddPair(merchant,
                       &Merchant::receivable_posted,
                       receivable_posted,
                       &Merchant::collected_posted,
                       event.member_posted_delta);
  }
}

void Ledger::EvolveUses(const Event& event) {
  for (uint32_t i = 0; i < event.use_count; ++i) {
    const UseDelta& use = event.uses[i];
    const auto series = [&] { return limits_[use.limit].series; };
    const CounterRow found =
        use.counter != CounterRow{} ? use.counter : FindCounter(series(), use.subject, use.window);
    if (found != CounterRow{}) {
      counters_.AddPair(found, &Counter::held, use.held_delta, &Counter::used, use.used_delta);
    } else {
      Counter counter;
      counter.series = series();
      counter.subject = use.subject;
      counter.window = use.window;
      counter.held = use.held_delta;
      counter.used = use.used_delta;
      const CounterRow row = counters_.Append(counter);
      counter_index_.Insert(HashOf(counter.series, use.subject, use.window), row.value());
    }
    if (event.original.restates) {
      uses_.Update(UseRow{transactions_[event.original.row].first_use.value() + i},
                   [&use](Use& restated) { restated.amount += use.held_delta + use.used_delta; });
    }
    if (event.kind == EventKind::kAuthorized || event.kind == EventKind::kRefunded) {
      Use own;
      own.limit = use.limit;
      own.subject = use.subject;
      own.window = use.window;
      own.benefit = use.benefit;
      own.amount = use.held_delta + use.used_delta;
      own.used_after = use.used_after;
      own.left_after = use.left_after;
      const UseRow row = uses_.Append(own);
      GH_CHECK_EQ(row.value(), event.transaction.first_use.value() + i);
    }
  }
}

// ---- The queue of expiries: a binary min-heap by (instant, row) ----------------

bool Ledger::IsOpenHold(TransactionRow row) const {
  const TransactionState state = transactions_[row].state;
  return state == TransactionState::kPending || state == TransactionState::kPartiallyCaptured;
}

void Ledger::PushExpiry(TimestampNs at, TransactionRow row) {
  uint32_t i = expiry_count_++;
  while (i > 0) {
    const uint32_t parent = (i - 1) / 2;
    const Expiry& above = expiries_[parent];
    if (above.at < at || (above.at == at && above.row < row)) {
      break;
    }
    expiries_[i] = above;
    i = parent;
  }
  expiries_[i] = Expiry{at, row, 0};
}

// Captured and reversed holds stay in the queue until they reach its head, and so do the
// former instants of holds that were given longer.
void Ledger::PopStaleExpiries() {
  while (expiry_count_ > 0 && !(IsOpenHold(expiries_[0].row) &&
                                transactions_[expiries_[0].row].expires_at == expiries_[0].at)) {
    const Expiry last = expiries_[--expiry_count_];
    uint32_t i = 0;
    for (;;) {
      uint32_t child = 2 * i + 1;
      if (child >= expiry_count_) {
        break;
      }
      const auto before = [this](uint32_t a, uint32_t b) {
        return expiries_[a].at < expiries_[b].at ||
               (expiries_[a].at == expiries_[b].at && expiries_[a].row < expiries_[b].row);
      };
      if (child + 1 < expiry_count_ && before(child + 1, child)) {
        ++child;
      }
      const Expiry& below = expiries_[child];
      if (last.at < below.at || (last.at == below.at && last.row < below.row)) {
        break;
      }
      expiries_[i] = below;
      i = child;
    }
    if (expiry_count_ > 0) {
      expiries_[i] = last;
    }
  }
}

// ---- Operators' events ---------------------------------------------------------

void Ledger::EvolveAdmin(const Event& event) {
  const Command& command = *event.command;
  const auto change_status = [&](MemberRow row, MemberStatus status) {
    if (members_[row].status == status) {
      return;
    }
    // The status that ends here goes to the history under the instant from which
    // it held; the first one held from the beginning.
    MemberHistory change;
    change.member = row;
    change.from = event.at;
    change.previous = members_[row].last_change;
    change.status = members_[row].status;  // what held until `from`
    const MemberHistoryRow history = member_history_.Append(change);
    members_.Update(row, [&](Member& member) {
      member.status = status;
      member.last_change = history;
    });
  };
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
        union_nodes_.Set(row, node);
      } else {
        GH_CHECK_EQ(union_nodes_.Append(node).value(), event.row);
        union_node_index_.Insert(HashOf(node.id), event.row);
      }
      break;
    }
    case EventKind::kMemberSet: {
      const MemberRequest& request = *command.member;
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
        change_status(row, keep.status ? members_[row].status : request.status);
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
          segment_spans_.Update(previous,
                                [span_row](SegmentSpan& before) { before.next = span_row; });
        }
        previous = span_row;
      }
      members_.Update(row, [&](Member& member) {
        member.union_node = UnionNodeRow{event.row_2};  // the one that stands, if it is kept
        member.real_name_verified =
            keep.real_name_verified ? member.real_name_verified : request.real_name_verified;
        member.sex = keep.sex ? member.sex : request.sex;
        member.first_span = keep.segments ? member.first_span : first;
      });
      break;
    }
    case EventKind::kMemberStatusSet:
      change_status(MemberRow{event.row}, command.member_status->status);
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
        const Card& stored = cards_[row];
        card.expires_day = request.keep.expires_day ? stored.expires_day : card.expires_day;
        card.status = request.keep.status ? stored.status : card.status;
        card.kind = request.keep.kind ? stored.kind : card.kind;
        cards_.Set(row, card);
      } else {
        GH_CHECK_EQ(cards_.Append(card).value(), event.row);
        card_index_.Insert(HashOf(card.number), event.row);
      }
      break;
    }
    case EventKind::kCardStatusSet:
      cards_.Update(CardRow{event.row},
                    [&command](Card& card) { card.status = command.card_status->status; });
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
      cards_.Update(old_row, [&event](Card& old_card) {
        old_card.status = CardStatus::kReplaced;
        old_card.replaced_by = CardRow{event.row};
      });
      break;
    }
    case EventKind::kMerchantSet: {
      const MerchantRequest& request = *command.merchant;
      const MerchantRow row{event.row};
      if (!merchants_.Contains(row)) {
        Merchant merchant;
        merchant.id = request.id;
        GH_CHECK_EQ(merchants_.Append(merchant).value(), event.row);
        merchant_names_.Append(DisplayName{});
        merchant_index_.Insert(HashOf(merchant.id), event.row);
      }
      merchants_.Update(row, [&](Merchant& merchant) {
        merchant.union_node = UnionNodeRow{event.row_2};
        merchant.mcc = request.mcc;
        merchant.status = request.status;
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
        terminals_.Set(row, terminal);
      } else {
        GH_CHECK_EQ(terminals_.Append(terminal).value(), event.row);
        terminal_index_.Insert(HashOf(terminal.id), event.row);
      }
      break;
    }
    case EventKind::kFundSet: {
      const FundRequest& request = *command.fund;
      const FundRow row{event.row};
      if (!funds_.Contains(row)) {
        Fund fund;
        fund.code = request.code;
        fund.asset = request.asset;
        GH_CHECK_EQ(funds_.Append(fund).value(), event.row);
        fund_names_.Append(DisplayName{});
        fund_index_.Insert(HashOf(fund.code), event.row);
      }
      funds_.Update(row, [&](Fund& fund) {
        fund.budget = request.budget;
        fund.opens_at = request.opens_at;
        fund.closes_at = request.closes_at;
        fund.owner = UnionNodeRow{event.row_2};
        fund.advice_may_overrun = request.advice_may_overrun;
      });
      fund_names_.Set(row, request.name);
      break;
    }
    default:
      GH_CHECK(false, "not an operator's event, kind=", event.kind);
  }
}

// ---- Programmes ----------------------------------------------------------------

void Ledger::EvolveProgramme(const Event& event) {
  if (event.kind == EventKind::kProgrammeRetired) {
    programmes_.Update(ProgrammeRow{event.row},
                       [](Programme& programme) { programme.retired = true; });
    RebuildCandidates();
    return;
  }
  const ProgrammeImage& image = *event.command->programme;
  const ProgrammeRow previous{event.row_2};
  const ProgrammeRow row{event.row};

  CalendarRow calendar;
  for (uint32_t i = 1; i <= calendars_.size() && calendar == CalendarRow{}; ++i) {
    if (SameCalendar(calendars_[CalendarRow{i}], image.programme.calendar)) {
      calendar = CalendarRow{i};
    }
  }
  if (calendar == CalendarRow{}) {
    calendar = calendars_.Append(image.programme.calendar);
  }

  Programme programme;
  programme.code = image.programme.code;
  programme.version = previous == ProgrammeRow{} ? 1 : programmes_[previous].version + 1;
  programme.calendar = calendar;
  programme.owner =
      image.programme.owner.IsNone() ? UnionNodeRow{} : FindUnionNode(image.programme.owner);
  programme.starts_at = image.programme.starts_at;
  programme.ends_at = image.programme.ends_at;
  programme.applied_at = event.at;
  programme.content_hash = image.programme.content_hash;
  programme.first_benefit = benefits_.next();
  programme.benefit_count = static_cast<uint32_t>(image.benefits.size());
  programme.first_limit = limits_.next();
  programme.limit_count = static_cast<uint32_t>(image.limits.size());
  programme.late_capture = image.programme.late_capture;
  programme.over_capture = PoolRange{over_capture_pool_.next().value(),
                                     static_cast<uint32_t>(image.over_capture.size())};
  for (const OverCapture& item : image.over_capture) {
    over_capture_pool_.Append(item);
  }
  programme.name = image.programme.name;
  GH_CHECK_EQ(programmes_.Append(programme).value(), event.row);
  if (previous == ProgrammeRow{}) {
    programme_index_.Insert(HashOf(programme.code), event.row);
  } else {
    programme_index_.Replace(HashOf(programme.code), previous.value(), event.row);
    programmes_.Update(previous, [row](Programme& before) { before.next_version = row; });
  }

  for (const LimitSpec& spec : image.limits) {
    CounterSeries series;
    series.programme = programme.code;
    series.limit = spec.code;
    series.measure = spec.measure;
    series.subject = spec.subject;
    series.window = spec.window;
    CounterSeriesRow series_row = FindCounterSeries(series);
    if (series_row == CounterSeriesRow{}) {
      series_row = counter_series_.Append(series);
      series_index_.Insert(HashOf(series), series_row.value());
    }
    Limit limit;
    limit.code = spec.code;
    limit.programme = row;
    limit.series = series_row;
    limit.measure = spec.measure;
    limit.subject = spec.subject;
    limit.window = spec.window;
    limit.when_exceeded = spec.when_exceeded;
    limit.refund_to = spec.refund_to;
    limit.max = spec.max;
    limits_.Append(limit);
  }

  for (const BenefitSpec& spec : image.benefits) {
    const auto mask_of = [&](PoolRange range) {
      uint64_t mask = 0;
      for (uint32_t i = 0; i < range.count; ++i) {
        mask |= uint64_t{1} << FindSegmentBit(image.segments[range.first + i]);
      }
      return mask;
    };
    Benefit benefit;
    benefit.programme = row;
    benefit.calendar = calendar;
    benefit.starts_at = spec.starts_at;
    benefit.ends_at = spec.ends_at;
    benefit.segments_any = mask_of(spec.segments_any);
    benefit.segments_all = mask_of(spec.segments_all);
    benefit.member_union =
        spec.member_union.IsNone() ? UnionNodeRow{} : FindUnionNode(spec.member_union);
    benefit.merchant_union =
        spec.merchant_union.IsNone() ? UnionNodeRow{} : FindUnionNode(spec.merchant_union);
    benefit.terminal_kinds = spec.terminal_kinds;
    benefit.weekdays = spec.weekdays;
    benefit.require_real_name = spec.require_real_name;
    benefit.limit_count = static_cast<uint8_t>(spec.limits.count);
    benefit.funding_count = static_cast<uint8_t>(spec.funding.count);
    benefit.price = spec.price;
    for (uint32_t i = 0; i < spec.limits.count; ++i) {
      benefit.limits[i] =
          LimitRow{programme.first_limit.value() + image.limit_refs[spec.limits.first + i]};
    }
    for (uint32_t i = 0; i < spec.funding.count; ++i) {
      const FundingShareSpec& share = image.funding[spec.funding.first + i];
      benefit.funding[i] = FundingShare{FindFund(share.fund), share.share};
    }
    benefit.stock = spec.stock.IsNone() ? FundRow{} : FindFund(spec.stock);
    benefit.stock_units = spec.stock_units;
    benefit.hold_s = spec.hold_s;
    benefit.mccs = PoolRange{mcc_pool_.next().value(), spec.mccs.count};
    for (uint32_t i = 0; i < spec.mccs.count; ++i) {
      mcc_pool_.Append(MccPoolItem{image.mccs[spec.mccs.first + i]});
    }
    // Kept sorted by row, for the decision's binary search: insertion sort over
    // the pool's own rows, as the list comes in any order.
    benefit.merchants = PoolRange{merchant_pool_.next().value(), spec.merchants.count};
    for (uint32_t i = 0; i < spec.merchants.count; ++i) {
      using PoolRow = StrongId<struct MerchantPoolTag, uint32_t>;
      const MerchantRow merchant = FindMerchant(image.merchants[spec.merchants.first + i]);
      uint32_t at = merchant_pool_.Append(MerchantPoolItem{merchant}).value();
      while (at > benefit.merchants.first && merchant_pool_[PoolRow{at - 1}].merchant > merchant) {
        merchant_pool_.Set(PoolRow{at}, merchant_pool_[PoolRow{at - 1}]);
        --at;
      }
      merchant_pool_.Set(PoolRow{at}, MerchantPoolItem{merchant});
    }
    benefit.hours = PoolRange{hours_pool_.next().value(), spec.hours.count};
    for (uint32_t i = 0; i < spec.hours.count; ++i) {
      hours_pool_.Append(image.hours[spec.hours.first + i]);
    }
    benefit.code = spec.code;
    benefit.name = spec.name;
    benefits_.Append(benefit);
  }
  RebuildCandidates();
}

// Candidate lists by MCC, benefits in order of precedence.
void Ledger::RebuildCandidates() {
  // Calls visit(mcc) once for each category of the benefit, rising.
  const auto for_each_mcc = [this](const Benefit& benefit, auto&& visit) {
    if (benefit.mccs.count == 0) {
      for (uint32_t mcc = 0; mcc <= kMccMax; ++mcc) {
        visit(mcc);
      }
      return;
    }
    for (uint32_t i = 0; i < benefit.mccs.count; ++i) {
      using PoolRow = StrongId<struct MccPoolTag, uint32_t>;
      const MccRange range = mcc_pool_[PoolRow{benefit.mccs.first + i}].range;
      for (uint32_t mcc = range.first; mcc <= range.last; ++mcc) {
        bool seen = false;
        for (uint32_t j = 0; j < i; ++j) {
          const MccRange before = mcc_pool_[PoolRow{benefit.mccs.first + j}].range;
          seen = seen || (mcc >= before.first && mcc <= before.last);
        }
        if (!seen) {
          visit(mcc);
        }
      }
    }
  };
  for (uint32_t mcc = 0; mcc <= kMccMax; ++mcc) {
    candidates_by_mcc_[mcc] = PoolRange{};
    person_counters_by_mcc_[mcc].count = 0;
  }
  ForEachLiveBenefit([&](BenefitRow row) {
    for_each_mcc(benefits_[row], [this](uint32_t mcc) { ++candidates_by_mcc_[mcc].count; });
  });
  uint32_t next = 0;
  for (uint32_t mcc = 0; mcc <= kMccMax; ++mcc) {
    candidates_by_mcc_[mcc].first = next;
    next += candidates_by_mcc_[mcc].count;
    candidates_by_mcc_[mcc].count = 0;
  }
  GH_CHECK(next <= candidates_.capacity(), "candidates=", next);
  ForEachLiveBenefit([&](BenefitRow row) {
    for_each_mcc(benefits_[row], [this, row](uint32_t mcc) {
      PoolRange& range = candidates_by_mcc_[mcc];
      candidates_[range.first + range.count++] = row;
      AddPersonCounters(mcc, benefits_[row]);
    });
  });
}

void Ledger::AddPersonCounters(uint32_t mcc, const Benefit& benefit) {
  PersonCounters& counters = person_counters_by_mcc_[mcc];
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = limits_[benefit.limits[i]];
    bool known = limit.subject != LimitSubject::kPerson;
    for (uint32_t j = 0; j < counters.count; ++j) {
      known = known || (counters.kinds[j].series == limit.series &&
                        counters.kinds[j].calendar == benefit.calendar);
    }
    if (!known && counters.count < kTrailCountersMax) {
      counters.kinds[counters.count++] = {limit.series, benefit.calendar, limit.window};
    }
  }
}

}  // namespace gonghui
