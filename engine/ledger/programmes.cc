// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ledger::Evolve() of programmes: the rows of a version, and what becomes of it
// (docs/decisions/0007-programme-versions.md).

#include <algorithm>
#include <span>

#include "engine/base/check.h"
#include "engine/ledger/digit_sort.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/list_search.h"

namespace gonghui {

void Ledger::EvolveProgramme(const Event& event) {
  const Command& command = *event.command;
  const ProgrammeRow row{event.row};
  switch (event.kind) {
    case EventKind::kProgrammeApplied: {
      const ProgrammeImage& image = *command.programme;
      // Of a version that is there the file is known, and only its stage is another.
      if (!programmes_.Contains(row)) {
        GH_CHECK_EQ(AppendVersion(image, event.at).value(), event.row);
      }
      StageVersion(row, image.stage, image.activates_at, event.at);
      break;
    }
    case EventKind::kProgrammeStaged:
      StageVersion(
          row, command.stage_programme->stage, command.stage_programme->activates_at, event.at);
      break;
    case EventKind::kProgrammeActivated:
      // From the instant that it was scheduled for, whenever that was looked for.
      Activate(programmes_[row].head, row, programmes_[row].activates_at);
      break;
    case EventKind::kProgrammeRetired:
      Retire(ProgrammeHeadRow{event.row}, event.at);
      break;
    default:
      GH_CHECK(false, "not a programme's event, kind=", event.kind);
  }
}

// ---- What becomes of a version -------------------------------------------------

void Ledger::SetStage(ProgrammeRow version, Stage stage, TimestampNs at, TimestampNs activates_at) {
  const ProgrammeHeadRow head_row = programmes_[version].head;
  const ProgrammeHead& before = programme_heads_[head_row];
  const bool was_shadow = before.shadow == version;
  const bool was_scheduled = before.scheduled == version;
  const bool is_shadow = stage == Stage::kShadow;
  const bool is_scheduled = stage == Stage::kScheduled;
  if (was_shadow || was_scheduled || is_shadow || is_scheduled) {
    shadow_count_ += static_cast<uint32_t>(is_shadow) - static_cast<uint32_t>(was_shadow);
    programme_heads_.Update(head_row, [&](ProgrammeHead& head) {
      head.shadow = is_shadow ? version : was_shadow ? ProgrammeRow{} : head.shadow;
      head.scheduled = is_scheduled ? version : was_scheduled ? ProgrammeRow{} : head.scheduled;
    });
  }
  if (was_shadow != is_shadow) {
    CandidatesChanged();
  }
  if (is_scheduled) {
    schedule_.Set(head_row, activates_at);
  } else if (was_scheduled) {
    schedule_.Remove(head_row);
  }
  programmes_.Update(version, [&](Programme& programme) {
    programme.stage = stage;
    programme.staged_at = at;
    programme.activates_at = is_scheduled ? activates_at : TimestampNs{};
  });
}

// What Decide() has found to be allowed.
void Ledger::StageVersion(ProgrammeRow version,
                          Stage stage,
                          TimestampNs activates_at,
                          TimestampNs at) {
  const ProgrammeHeadRow head_row = programmes_[version].head;
  const auto make_room = [&](ProgrammeRow other) {
    if (other != ProgrammeRow{} && other != version) {
      SetStage(other, StageBehind(other), at);
    }
  };
  switch (stage) {
    case Stage::kValidated:
      return SetStage(version, StageBehind(version), at);
    case Stage::kShadow:
      make_room(programme_heads_[head_row].shadow);
      AddToCandidates(version);
      return SetStage(version, stage, at);
    case Stage::kScheduled:
      make_room(programme_heads_[head_row].scheduled);
      return SetStage(version, stage, at, activates_at);
    case Stage::kActive:
      return Activate(head_row, version, at);
    case Stage::kRetired:
    case Stage::kWithdrawn:
      return SetStage(version, stage, at);
  }
}

// Makes `version` the active one, or none.
void Ledger::Activate(ProgrammeHeadRow head_row, ProgrammeRow version, TimestampNs from) {
  const ProgrammeHead& head = programme_heads_[head_row];
  // History rises: nothing that came later is undone by an activation that was looked for late.
  from = std::max(from, activations_[head.last_activation].from);
  if (head.active != ProgrammeRow{}) {
    SetStage(head.active, Stage::kRetired, from);
  }
  Activation activation;
  activation.from = from;
  activation.head = head_row;
  activation.version = version;
  activation.previous = head.last_activation;
  const ActivationRow row = activations_.Append(activation);
  if (version != ProgrammeRow{}) {
    SetStage(version, Stage::kActive, from);
    AddToCandidates(version);
  }
  programme_heads_.Update(head_row, [version, row](ProgrammeHead& changed) {
    changed.active = version;
    changed.last_activation = row;
  });
  CandidatesChanged();
  globals_table_.UpdateUndigested(kGlobalsRow, [from](Globals& globals) {
    globals.programmes_changed_at = std::max(globals.programmes_changed_at, from);
  });
}

void Ledger::Retire(ProgrammeHeadRow head_row, TimestampNs at) {
  const ProgrammeHead head = programme_heads_[head_row];
  if (head.scheduled != ProgrammeRow{}) {
    SetStage(head.scheduled, WasActive(head.scheduled) ? Stage::kRetired : Stage::kWithdrawn, at);
  }
  if (head.shadow != ProgrammeRow{}) {
    SetStage(head.shadow, StageBehind(head.shadow), at);
  }
  if (head.active != ProgrammeRow{}) {
    Activate(head_row, ProgrammeRow{}, at);
  }
}

bool Ledger::WasActive(ProgrammeRow version) const {
  ActivationRow row = programme_heads_[programmes_[version].head].last_activation;
  while (row != ActivationRow{} && activations_[row].version != version) {
    row = activations_[row].previous;
  }
  return row != ActivationRow{};
}

void Ledger::AddToCandidates(ProgrammeRow version) {
  candidate_index_.Add(*this, version);
  shadow_candidate_index_.Add(*this, version);
}

// ---- A version's rows -----------------------------------------------------------

CalendarRow Ledger::CalendarFor(const Calendar& calendar) {
  for (uint32_t i = 1; i <= calendars_.size(); ++i) {
    if (SameCalendar(calendars_[CalendarRow{i}], calendar)) {
      return CalendarRow{i};
    }
  }
  return calendars_.Append(calendar);
}

namespace {

// The part of an image's pool that `range` is, copied behind what the ledger's pool has.
template <class Pool, class Row>
PoolRange CopyToPool(std::span<const Row> rows, PoolRange range, Pool* pool) {
  const PoolRange copied{pool->next().value(), range.count};
  for (const Row& row : rows.subspan(range.first, range.count)) {
    pool->Append(row);
  }
  return copied;
}

}  // namespace

ProgrammeRow Ledger::AppendVersion(const ProgrammeImage& image, TimestampNs at) {
  const ProgrammeSpec& spec = image.programme;
  ProgrammeHeadRow head_row = FindProgrammeHead(spec.code);
  if (head_row == ProgrammeHeadRow{}) {
    ProgrammeHead head;
    head.code = spec.code;
    head_row = programme_heads_.Append(head);
    programme_index_.Insert(HashOf(spec.code), head_row.value());
  }
  Programme programme;
  programme.code = spec.code;
  programme.version = programme_heads_[head_row].version_count + 1;
  programme.calendar = CalendarFor(spec.calendar);
  programme.owner = spec.owner.IsNone() ? UnionNodeRow{} : FindUnionNode(spec.owner);
  programme.head = head_row;
  programme.previous_version = programme_heads_[head_row].newest;
  programme.late_capture = spec.late_capture;
  programme.starts_at = spec.starts_at;
  programme.ends_at = spec.ends_at;
  programme.applied_at = at;
  programme.staged_at = at;
  programme.content_hash = spec.content_hash;
  programme.first_benefit = benefits_.next();
  programme.benefit_count = static_cast<uint32_t>(image.benefits.size());
  programme.first_limit = limits_.next();
  programme.limit_count = static_cast<uint32_t>(image.limits.size());
  programme.over_capture =
      CopyToPool(image.over_capture,
                 PoolRange{0, static_cast<uint32_t>(image.over_capture.size())},
                 &over_capture_pool_);
  shared_ranges_.Begin();
  programme.special_days = shared_ranges_.Find(SharedRanges::kDays, spec.special_days, [&] {
    return CopyToPool(image.days, spec.special_days, &day_pool_);
  });
  programme.name = spec.name;
  const ProgrammeRow row = programmes_.Append(programme);
  programme_heads_.Update(head_row, [row](ProgrammeHead& head) {
    head.newest = row;
    ++head.version_count;
  });
  AppendLimits(image, row);
  for (const BenefitSpec& benefit : image.benefits) {
    AppendBenefit(image, benefit, programme, row);
  }
  // For whatever stage: its lists may be long, and nobody waits for them at its instant.
  AddToCandidates(row);
  return row;
}

void Ledger::AppendLimits(const ProgrammeImage& image, ProgrammeRow version) {
  for (const LimitSpec& spec : image.limits) {
    CounterSeries series;
    series.programme = image.programme.code;
    series.limit = spec.code;
    series.measure = spec.measure;
    series.subject = spec.subject;
    series.window = spec.window;
    series.union_level = spec.union_level;
    CounterSeriesRow series_row = FindCounterSeries(series);
    if (series_row == CounterSeriesRow{}) {
      series_row = counter_series_.Append(series);
      series_index_.Insert(HashOf(series), series_row.value());
    }
    Limit limit;
    limit.code = spec.code;
    limit.programme = version;
    limit.series = series_row;
    limit.measure = spec.measure;
    limit.subject = spec.subject;
    limit.window = spec.window;
    limit.when_exceeded = spec.when_exceeded;
    limit.refund_to = spec.refund_to;
    limit.union_level = spec.union_level;
    limit.span = spec.span;
    limit.scope = spec.scope;
    limit.max = spec.max;
    limits_.Append(limit);
  }
}

namespace {

// Rising.  `rows` is followed by as much space again.
void SortRows(uint32_t* rows, uint32_t count) {
  static_assert(kMerchantsMax < kDigitSortMax && kTerminalsMax < kDigitSortMax);
  if (std::is_sorted(rows, rows + count)) {
    return;  // as when they were imported in the order of the list
  }
  if (count <= kDigitSortWorth) {
    std::sort(rows, rows + count);
  } else {
    SortByDigits(
        std::span(rows, count), std::span(rows + count, count), [](uint32_t row) { return row; });
  }
}

}  // namespace

// For the decision's binary search lists are by row; a file has them in any order.
template <class Item, class Id, class Row, class RowId, class Pool>
PoolRange Ledger::AppendList(std::span<const Id> ids,
                             PoolRange range,
                             const RowIndex& index,
                             const Table<Row, RowId>& table,
                             Pool* pool) {
  const PoolRange appended{pool->next().value(), range.count};
  uint32_t* const rows = sorted_rows_.data();
  SearchList(ids.subspan(range.first, range.count), index, table, [rows](size_t i, RowId found) {
    rows[i] = found.value();
    return true;
  });
  SortRows(rows, range.count);
  for (uint32_t i = 0; i < range.count; ++i) {
    pool->Append(Item{RowId{rows[i]}});
  }
  return appended;
}

void Ledger::AppendBenefit(const ProgrammeImage& image,
                           const BenefitSpec& spec,
                           const Programme& programme,
                           ProgrammeRow version) {
  const auto mask_of = [&](PoolRange range) {
    uint64_t mask = 0;
    for (const SegmentCode& code : image.segments.subspan(range.first, range.count)) {
      mask |= uint64_t{1} << FindSegmentBit(code);
    }
    return mask;
  };
  const auto node_of = [this](const UnionNodeId& id) {
    return id.IsNone() ? UnionNodeRow{} : FindUnionNode(id);
  };
  Benefit benefit;
  benefit.programme = version;
  benefit.calendar = programme.calendar;
  benefit.starts_at = spec.starts_at;
  benefit.ends_at = spec.ends_at;
  benefit.sure = SureSpan{NearestSecond32(spec.starts_at), NearestSecond32(spec.ends_at)};
  benefit.segments_any = mask_of(spec.segments_any);
  benefit.segments_all = mask_of(spec.segments_all);
  benefit.segments_none = mask_of(spec.segments_none);
  benefit.member_union = node_of(spec.member_union);
  benefit.merchant_union = node_of(spec.merchant_union);
  benefit.terminal_kinds = spec.terminal_kinds;
  benefit.weekdays = spec.weekdays;
  benefit.day_kinds = spec.day_kinds;
  benefit.sexes = spec.sexes;
  benefit.require_real_name = spec.require_real_name;
  benefit.limit_count = static_cast<uint8_t>(spec.limits.count);
  benefit.funding_count = static_cast<uint8_t>(spec.funding.count);
  benefit.layer = spec.layer;
  benefit.base = spec.base;
  benefit.offline = spec.offline;
  benefit.member_days_min = spec.member_days_min;
  benefit.segment_days_min = spec.segment_days_min;
  benefit.has_calendar = spec.weekdays != 0 || spec.day_kinds != 0 || spec.hours.count != 0 ||
                         spec.closed_days.count != 0;
  benefit.has_items =
      spec.items_any.count != 0 || spec.items_none.count != 0 || spec.pieces_max != 0;
  benefit.has_terminals = spec.terminal_kinds != 0 || spec.terminals.count != 0;
  benefit.has_members = spec.sexes != 0 || spec.member_days_min != 0 ||
                        spec.segment_days_min != 0 ||
                        (benefit.segments_any | benefit.segments_all | benefit.segments_none) != 0;
  benefit.has_stock = !spec.stock.IsNone();
  benefit.combines = spec.layer != 0;
  benefit.price = spec.price;
  for (uint32_t i = 0; i < spec.limits.count; ++i) {
    benefit.set_limit(
        i, LimitRow{programme.first_limit.value() + image.limit_refs[spec.limits.first + i]});
  }
  for (uint32_t i = 0; i < spec.funding.count; ++i) {
    const FundingShareSpec& share = image.funding[spec.funding.first + i];
    benefit.set_fund(i, FindFund(share.fund));
    benefit.shares[i] = share.share;
  }
  benefit.stock = spec.stock.IsNone() ? FundRow{} : FindFund(spec.stock);
  benefit.stock_units = spec.stock_units;
  benefit.hold_s = spec.hold_s;
  AppendRanges(image, spec, &benefit);
  benefit.pieces_max = spec.pieces_max;
  if (spec.asks != 0) {
    benefit.asks = spec.asks;
    benefit.terms = AppendTerms(spec, programme);
  }
  benefit.code = spec.code;
  benefit.name = spec.name;
  benefits_.Append(benefit);
}

TermsRow Ledger::AppendTerms(const BenefitSpec& spec, const Programme& programme) {
  BenefitTerms terms;
  if (AsksFor(spec.asks, Asks::kVoucher)) {
    terms.series = VoucherSeriesFor(spec.voucher);
    terms.voucher_returns = spec.voucher_returns;
  }
  if (AsksFor(spec.asks, Asks::kSlot)) {
    terms.slot_ahead_days = spec.slot_ahead_days;
    terms.slot_grace_minutes = spec.slot_grace_minutes;
    terms.slot_minutes = spec.slot_minutes;
  }
  if (AsksFor(spec.asks, Asks::kClaim)) {
    terms.claim_days_max = spec.claim_days_max;
    terms.approvals = spec.approvals;
  }
  if (AsksFor(spec.asks, Asks::kEarlierPrices)) {
    terms.earlier_prices = LimitRow{programme.first_limit.value() + spec.earlier_prices};
  }
  return benefit_terms_.Append(terms);
}

// What the benefit has of the pools.  Decider::HasRoomFor() counts in the same order.
void Ledger::AppendRanges(const ProgrammeImage& image, const BenefitSpec& spec, Benefit* benefit) {
  const auto copy = [this](SharedRanges::Pool which, auto rows, PoolRange range, auto* pool) {
    return shared_ranges_.Find(which, range, [&] { return CopyToPool(rows, range, pool); });
  };
  benefit->price.steps = copy(SharedRanges::kSteps, image.steps, spec.price.steps, &step_pool_);
  benefit->mccs = copy(SharedRanges::kMccs, image.mccs, spec.mccs, &mcc_pool_);
  benefit->merchants = shared_ranges_.Find(SharedRanges::kMerchants, spec.merchants, [&] {
    return AppendList<MerchantPoolItem>(
        image.merchants, spec.merchants, merchant_index_, merchants_, &merchant_pool_);
  });
  benefit->terminals = shared_ranges_.Find(SharedRanges::kTerminals, spec.terminals, [&] {
    return AppendList<TerminalPoolItem>(
        image.terminals, spec.terminals, terminal_index_, terminals_, &terminal_pool_);
  });
  benefit->hours = copy(SharedRanges::kHours, image.hours, spec.hours, &hours_pool_);
  benefit->closed_days = copy(SharedRanges::kDays, image.days, spec.closed_days, &day_pool_);
  benefit->items_any = copy(SharedRanges::kItems, image.items, spec.items_any, &item_pool_);
  benefit->items_none = copy(SharedRanges::kItems, image.items, spec.items_none, &item_pool_);
}

// ---- Shadow -----------------------------------------------------------------------

bool Ledger::FindPlace(const Command& command,
                       MerchantRow* merchant,
                       UnionNodeRow* member_node) const {
  const AuthorizeRequest& request = command.authorize;
  *merchant = terminals_[FindTerminal(command.terminal)].merchant;
  MemberRow member = cards_[FindCard(request.card)].member;
  bool has_voucher = false;
  if (request.card == CardNumber{} && request.occasion != nullptr) {
    const VoucherRow voucher = FindVoucher(request.occasion->voucher);
    has_voucher = voucher != VoucherRow{};
    member = vouchers_[voucher].member;  // a bearer's has none
  }
  *member_node = members_[member].union_node;
  return *merchant != MerchantRow{} && (*member_node != UnionNodeRow{} || has_voucher);
}

// As they were when what is judged happened.
bool Ledger::JudgesLiveProgrammes(const AuthorizeRequest& request) const {
  const bool is_claim = request.occasion != nullptr && request.occasion->event_at != TimestampNs{};
  return !is_claim || request.occasion->event_at >= globals().programmes_changed_at;
}

bool Ledger::IsShadowed(const Command& command) const {
  MerchantRow merchant;
  UnionNodeRow node;
  return shadow_count_ != 0 && command.kind == CommandKind::kAuthorize &&
         command.advice == nullptr && JudgesLiveProgrammes(command.authorize) &&
         FindPlace(command, &merchant, &node) &&
         (candidate_index_.Find(*this, merchant, node).shadowed ||
          shadow_candidate_index_.Find(*this, merchant, node).shadowed);
}

size_t Ledger::ShadowsOf(const Command& command,
                         std::span<ProgrammeRow, kShadowsPerDecisionMax> versions) const {
  MerchantRow merchant;
  UnionNodeRow node;
  if (!FindPlace(command, &merchant, &node)) {
    return 0;
  }
  const ProgrammeHeadRow only = command.authorize.programme.IsNone()
                                    ? ProgrammeHeadRow{}
                                    : FindProgrammeHead(command.authorize.programme);
  if (only == ProgrammeHeadRow{} && !command.authorize.programme.IsNone()) {
    return 0;
  }
  const auto list_of = [&](CandidateIndex& index) {
    return index.ListOf(*this, index.Find(*this, merchant, node));
  };
  // Both lists are in order of precedence, which is that of the heads.
  std::span<const Candidate> live = list_of(candidate_index_);
  std::span<const Candidate> shadow = list_of(shadow_candidate_index_);
  size_t count = 0;
  while (!live.empty() || !shadow.empty()) {
    const bool from_live =
        shadow.empty() || (!live.empty() && live.front().order <= shadow.front().order);
    std::span<const Candidate>& from = from_live ? live : shadow;
    const ProgrammeHeadRow head = programmes_[benefits_[from.front().benefit].programme].head;
    from = from.subspan(1);
    const ProgrammeRow version = programme_heads_[head].shadow;
    if (version != ProgrammeRow{} && (count == 0 || versions[count - 1] != version) &&
        (only == ProgrammeHeadRow{} || only == head)) {
      versions[count++] = version;
    }
  }
  return count;
}

// ---- Loading -----------------------------------------------------------------------

// REQUIRES: programme_index_ is there.
const char* Ledger::FinishLoadOfProgrammes() {
  shadow_count_ = 0;
  schedule_.Clear();
  const auto is_of = [this](ProgrammeRow version, ProgrammeHeadRow head) {
    return version == ProgrammeRow{} ||
           (programmes_.Contains(version) && programmes_[version].head == head);
  };
  for (uint32_t i = 1; i <= programme_heads_.size(); ++i) {
    const ProgrammeHeadRow row{i};
    const ProgrammeHead& head = programme_heads_[row];
    for (const ProgrammeRow version : {head.newest, head.active, head.shadow, head.scheduled}) {
      if (!is_of(version, row)) {
        return "a programme's head names a version of another one";
      }
    }
    if (head.last_activation != ActivationRow{} && !activations_.Contains(head.last_activation)) {
      return "a programme's head names an activation that is not there";
    }
    shadow_count_ += head.shadow != ProgrammeRow{} ? 1u : 0u;
    if (head.scheduled != ProgrammeRow{}) {
      schedule_.Set(row, programmes_[head.scheduled].activates_at);
    }
  }
  for (uint32_t i = 1; i <= programmes_.size(); ++i) {
    const Programme& programme = programmes_[ProgrammeRow{i}];
    if (!programme_heads_.Contains(programme.head)) {
      return "a version has no head";
    }
  }
  candidate_index_.Rebuild(*this);
  shadow_candidate_index_.Rebuild(*this);
  for (uint32_t i = 1; i <= programme_heads_.size(); ++i) {
    if (const ProgrammeRow version = programme_heads_[ProgrammeHeadRow{i}].scheduled;
        version != ProgrammeRow{}) {
      AddToCandidates(version);
    }
  }
  return nullptr;
}

}  // namespace gonghui
