// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ledger::Evolve() of operators' events, and what follows from a programme.

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
        union_nodes_.Set(row, node);
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
      if (!merchants_.Contains(row)) {
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
    member.first_span = keep.segments ? member.first_span : first;
  });
}

// ---- Programmes ----------------------------------------------------------------

void Ledger::EvolveProgramme(const Event& event) {
  globals_table_.UpdateUndigested(
      kGlobalsRow, [&event](Globals& globals) { globals.programmes_changed_at = event.at; });
  if (event.kind == EventKind::kProgrammeRetired) {
    programmes_.Update(ProgrammeRow{event.row},
                       [&event](Programme& programme) { programme.retired_at = event.at; });
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
  ForEachBenefitAt(kTimestampMax, [&](BenefitRow row) {
    for_each_mcc(benefits_[row], [this](uint32_t mcc) { ++candidates_by_mcc_[mcc].count; });
  });
  uint32_t next = 0;
  for (uint32_t mcc = 0; mcc <= kMccMax; ++mcc) {
    candidates_by_mcc_[mcc].first = next;
    next += candidates_by_mcc_[mcc].count;
    candidates_by_mcc_[mcc].count = 0;
  }
  GH_CHECK(next <= candidates_.capacity(), "candidates=", next);
  ForEachBenefitAt(kTimestampMax, [&](BenefitRow row) {
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
