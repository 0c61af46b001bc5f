// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Operators' commands about programmes and their versions
// (docs/decisions/0007-programme-versions.md).

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/ledger/decide.h"
#include "engine/ledger/list_search.h"
#include "engine/ledger/shared_ranges.h"

namespace gonghui {

// ---- Files -----------------------------------------------------------------------

void Decider::ApplyProgramme() {
  const ProgrammeImage& image = *command_.programme;
  const ProgrammeSpec& spec = image.programme;
  if (!IsStageToAsk(image.stage, image.activates_at)) {
    return;
  }
  if (image.stage == Stage::kWithdrawn) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStage);
  }
  const ProgrammeHeadRow head_row = ledger_.FindProgrammeHead(spec.code);
  const ProgrammeHead& head = ledger_.programme_heads_[head_row];
  if (const ProgrammeRow same = FindSameContent(head, spec.content_hash); same != ProgrammeRow{}) {
    return StageVersion(same, image.stage, image.activates_at, EventKind::kProgrammeApplied);
  }
  if (!ResolveProgramme(image)) {
    return;
  }
  const bool moves = image.stage == Stage::kActive || image.stage == Stage::kScheduled;
  if ((head_row == ProgrammeHeadRow{} && ledger_.programme_heads_.full()) || !HasRoomFor(image) ||
      (moves && !HasRoomForActivation())) {
    return Full(Field::kProgrammes);
  }
  if (!HasRoomForSeries(image)) {
    return Full(Field::kSeries);
  }
  result_->programme_version = head.version_count + 1;
  AcceptNew(EventKind::kProgrammeApplied, ledger_.programmes_.next().value(), head.newest.value());
}

// The version with that content which can still come to something: the active one, else the
// newest.
ProgrammeRow Decider::FindSameContent(const ProgrammeHead& head, uint64_t hash) const {
  const auto is_it = [&](ProgrammeRow row) {
    const Programme& version = ledger_.programmes_[row];
    return version.content_hash == hash && version.stage != Stage::kWithdrawn;
  };
  if (hash == 0) {
    return ProgrammeRow{};
  }
  if (head.active != ProgrammeRow{} && is_it(head.active)) {
    return head.active;
  }
  ProgrammeRow row = head.newest;
  while (row != ProgrammeRow{} && !is_it(row)) {
    row = ledger_.programmes_[row].previous_version;
  }
  return row;
}

// Whether all that the file names is there; refuses the command when it is not.
bool Decider::ResolveProgramme(const ProgrammeImage& image) {
  const auto refuse = [this](AdminReason reason, Field field, size_t index = 0) {
    Refuse(reason, field, static_cast<uint32_t>(index));
    return false;
  };
  const ProgrammeSpec& spec = image.programme;
  if (!spec.owner.IsNone() && ledger_.FindUnionNode(spec.owner) == UnionNodeRow{}) {
    return refuse(AdminReason::kUnknownReference, Field::kOwner);
  }
  for (size_t i = 0; i < image.segments.size(); ++i) {
    if (ledger_.FindSegmentBit(image.segments[i]) >= kSegmentsMax) {
      return refuse(AdminReason::kUnknownReference, Field::kSegment, i);
    }
  }
  const auto first_unknown = [](auto ids, const RowIndex& index, const auto& table) {
    size_t unknown = ids.size();
    SearchList(ids, index, table, [&unknown](size_t i, auto row) {
      unknown = row == decltype(row){} ? i : unknown;
      return unknown != i;
    });
    return unknown;
  };
  if (const size_t i = first_unknown(image.merchants, ledger_.merchant_index_, ledger_.merchants_);
      i < image.merchants.size()) {
    return refuse(AdminReason::kUnknownReference, Field::kMerchant, i);
  }
  if (const size_t i = first_unknown(image.terminals, ledger_.terminal_index_, ledger_.terminals_);
      i < image.terminals.size()) {
    return refuse(AdminReason::kUnknownReference, Field::kTerminal, i);
  }
  for (size_t i = 0; i < image.funding.size(); ++i) {
    const FundRow fund = ledger_.FindFund(image.funding[i].fund);
    if (fund == FundRow{}) {
      return refuse(AdminReason::kUnknownReference, Field::kFund, i);
    }
    if (ledger_.funds_[fund].asset != Asset::kMoney) {
      return refuse(AdminReason::kWrongAsset, Field::kFund, i);
    }
  }
  for (uint32_t i = 0; i < image.benefits.size(); ++i) {
    if (!ResolveBenefit(image.benefits[i], i)) {
      return false;
    }
  }
  return true;
}

bool Decider::ResolveBenefit(const BenefitSpec& benefit, uint32_t index) {
  const auto refuse = [this, index](AdminReason reason, Field field) {
    Refuse(reason, field, index);
    return false;
  };
  if (!benefit.stock.IsNone()) {
    const FundRow stock = ledger_.FindFund(benefit.stock);
    if (stock == FundRow{}) {
      return refuse(AdminReason::kUnknownReference, Field::kStock);
    }
    if (ledger_.funds_[stock].asset != Asset::kThing) {
      return refuse(AdminReason::kWrongAsset, Field::kStock);
    }
  }
  if (!benefit.member_union.IsNone() &&
      ledger_.FindUnionNode(benefit.member_union) == UnionNodeRow{}) {
    return refuse(AdminReason::kUnknownReference, Field::kMemberUnion);
  }
  if (!benefit.merchant_union.IsNone() &&
      ledger_.FindUnionNode(benefit.merchant_union) == UnionNodeRow{}) {
    return refuse(AdminReason::kUnknownReference, Field::kMerchantUnion);
  }
  return true;
}

// Whether the tables can take all rows of a version.  Benefits that share a range of the image
// share it in the ledger's pool: Ledger::AppendRanges() meets them in the same order.
bool Decider::HasRoomFor(const ProgrammeImage& image) const {
  SharedRanges& shared = ledger_.shared_ranges_;
  std::array<uint64_t, SharedRanges::kPools> rows{};
  const auto add = [&](SharedRanges::Pool pool, PoolRange range) {
    shared.Find(pool, range, [&] {
      rows[pool] += range.count;
      return range;
    });
  };
  shared.Begin();
  add(SharedRanges::kDays, image.programme.special_days);
  for (const BenefitSpec& benefit : image.benefits) {
    add(SharedRanges::kSteps, benefit.price.steps);
    add(SharedRanges::kMccs, benefit.mccs);
    add(SharedRanges::kMerchants, benefit.merchants);
    add(SharedRanges::kTerminals, benefit.terminals);
    add(SharedRanges::kHours, benefit.hours);
    add(SharedRanges::kDays, benefit.closed_days);
    add(SharedRanges::kItems, benefit.items_any);
    add(SharedRanges::kItems, benefit.items_none);
  }
  const auto has = [](const TableBase& table, uint64_t count) {
    return table.size_max() - table.size() >= count;
  };
  const auto terms = std::count_if(image.benefits.begin(),
                                   image.benefits.end(),
                                   [](const BenefitSpec& benefit) { return benefit.asks != 0; });
  return has(ledger_.programmes_, 1) && has(ledger_.calendars_, 1) &&
         has(ledger_.benefits_, image.benefits.size()) &&
         has(ledger_.benefit_terms_, static_cast<uint64_t>(terms)) &&
         has(ledger_.limits_, image.limits.size()) &&
         has(ledger_.counter_series_, image.limits.size()) &&
         has(ledger_.over_capture_pool_, image.over_capture.size()) &&
         has(ledger_.mcc_pool_, rows[SharedRanges::kMccs]) &&
         has(ledger_.merchant_pool_, rows[SharedRanges::kMerchants]) &&
         has(ledger_.terminal_pool_, rows[SharedRanges::kTerminals]) &&
         has(ledger_.item_pool_, rows[SharedRanges::kItems]) &&
         has(ledger_.step_pool_, rows[SharedRanges::kSteps]) &&
         has(ledger_.hours_pool_, rows[SharedRanges::kHours]) &&
         has(ledger_.day_pool_, rows[SharedRanges::kDays]);
}

// Whether each series of vouchers is there, or can be made.
bool Decider::HasRoomForSeries(const ProgrammeImage& image) const {
  const auto is_made = [&](const BenefitSpec& benefit) {
    return AsksFor(benefit.asks, Asks::kVoucher) &&
           ledger_.FindVoucherSeries(benefit.voucher) == VoucherSeriesRow{};
  };
  const TableBase& table = ledger_.voucher_series_;
  const uint32_t room = table.size_max() - table.size();
  uint32_t made = 0;
  for (auto benefit = image.benefits.begin(); benefit != image.benefits.end(); ++benefit) {
    const auto names_it = [&](const BenefitSpec& earlier) {
      return AsksFor(earlier.asks, Asks::kVoucher) && earlier.voucher == benefit->voucher;
    };
    made += is_made(*benefit) && std::none_of(image.benefits.begin(), benefit, names_it) ? 1u : 0u;
  }
  return made <= room;
}

// ---- Stages -------------------------------------------------------------------------

void Decider::StageProgramme() {
  const StageProgrammeRequest& request = *command_.stage_programme;
  const ProgrammeRow row = ledger_.FindProgrammeVersion(request.code, request.version);
  if (row == ProgrammeRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kProgramme);
  }
  result_->programme_version = request.version;
  if (IsStageToAsk(request.stage, request.activates_at)) {
    StageVersion(row, request.stage, request.activates_at, EventKind::kProgrammeStaged);
  }
}

// Refuses the command when nobody can ask for that.  An instant is to come: what is judged
// by this very instant is judged by what was active when it began.
bool Decider::IsStageToAsk(Stage stage, TimestampNs activates_at) {
  if (stage == Stage::kRetired) {  // only by retiring, or making another one active
    Refuse(AdminReason::kNotAllowedFromState, Field::kStage);
    return false;
  }
  if (stage == Stage::kScheduled && activates_at <= now_) {
    Refuse(AdminReason::kNotAllowedFromState, Field::kActivatesAt);
    return false;
  }
  return true;
}

void Decider::StageVersion(ProgrammeRow row,
                           Stage stage,
                           TimestampNs activates_at,
                           EventKind kind) {
  const Programme& version = ledger_.programmes_[row];
  result_->programme_version = version.version;
  const Stage becomes = stage == Stage::kValidated ? ledger_.StageBehind(row) : stage;
  if (version.stage == becomes &&
      (stage != Stage::kScheduled || version.activates_at == activates_at)) {
    return Unchanged(row.value());
  }
  if (!MayBecome(row, stage)) {
    return Refuse(AdminReason::kNotAllowedFromState, Field::kStage);
  }
  if ((stage == Stage::kActive || stage == Stage::kScheduled) && !HasRoomForActivation()) {
    return Full(Field::kProgrammes);
  }
  Accept(kind, row.value(), version.previous_version.value());
}

// REQUIRES: it is not so yet.
bool Decider::MayBecome(ProgrammeRow row, Stage stage) const {
  switch (ledger_.programmes_[row].stage) {
    case Stage::kValidated:
      return true;
    case Stage::kShadow:
    case Stage::kScheduled:
      // Withdrawn is what never decided anything.
      return stage != Stage::kWithdrawn || !ledger_.WasActive(row);
    case Stage::kRetired:
      return stage == Stage::kActive || stage == Stage::kShadow;
    case Stage::kActive:
    case Stage::kWithdrawn:
      return false;
  }
  return false;
}

// For one more activation beside those that are scheduled: an instant that comes finds room.
bool Decider::HasRoomForActivation() const {
  const Table<Activation, ActivationRow>& activations = ledger_.activations_;
  return activations.size_max() - activations.size() > ledger_.schedule_.size();
}

void Decider::RetireProgramme() {
  const ProgrammeHeadRow row = ledger_.FindProgrammeHead(command_.retire_programme->code);
  if (row == ProgrammeHeadRow{}) {
    return Refuse(AdminReason::kUnknownReference, Field::kProgramme);
  }
  const ProgrammeHead& head = ledger_.programme_heads_[row];
  const bool has_none = head.active == ProgrammeRow{} && head.shadow == ProgrammeRow{} &&
                        head.scheduled == ProgrammeRow{};
  if (has_none) {
    return Unchanged(row.value());
  }
  if (head.active != ProgrammeRow{} && !HasRoomForActivation()) {
    return Full(Field::kProgrammes);
  }
  Accept(EventKind::kProgrammeRetired, row.value());
}

// From the pipeline, when an instant has come.
void Decider::ActivateDue() {
  if (ledger_.next_activation() > now_) {
    result_->verdict = Verdict::kNotFound;
    return;
  }
  const ProgrammeRow row = ledger_.programme_heads_[ledger_.schedule_.next()].scheduled;
  result_->programme_version = ledger_.programmes_[row].version;
  Accept(EventKind::kProgrammeActivated, row.value());
}

}  // namespace gonghui
