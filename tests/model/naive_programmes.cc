// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Programmes and their versions: docs/decisions/0007-programme-versions.md.

#include <algorithm>

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

template <class Item>
std::vector<Item> Slice(std::span<const Item> pool, PoolRange range) {
  return {pool.begin() + range.first, pool.begin() + range.first + range.count};
}

// What may become of a version, by the table of the note.
bool MayBecome(Stage from, Stage to) {
  const auto is_one_of = [to](std::initializer_list<Stage> stages) {
    return std::find(stages.begin(), stages.end(), to) != stages.end();
  };
  switch (from) {
    case Stage::kValidated:
      return is_one_of({Stage::kShadow, Stage::kScheduled, Stage::kActive, Stage::kWithdrawn});
    case Stage::kShadow:
      return is_one_of({Stage::kValidated, Stage::kScheduled, Stage::kActive, Stage::kWithdrawn});
    case Stage::kScheduled:
      return is_one_of({Stage::kValidated,
                        Stage::kShadow,
                        Stage::kScheduled,  // at another instant
                        Stage::kActive,
                        Stage::kWithdrawn});
    case Stage::kRetired:
      return is_one_of({Stage::kActive, Stage::kShadow});
    case Stage::kActive:
    case Stage::kWithdrawn:
      return false;
  }
  return false;
}

}  // namespace

// ---- Reading --------------------------------------------------------------------

std::optional<size_t> NaiveLedger::ProgrammeEntry::ActiveAt(TimestampNs at, bool claim) const {
  std::optional<size_t> active;
  if (claim && !activations.empty()) {
    active = activations.front().version;
  }
  for (const Activation& activation : activations) {
    if (activation.from <= at) {
      active = activation.version;
    }
  }
  return active;
}

std::optional<size_t> NaiveLedger::ProgrammeEntry::In(Stage stage) const {
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].stage == stage) {
      return i;
    }
  }
  return std::nullopt;
}

std::vector<NaiveLedger::BenefitPointer> NaiveLedger::LiveAt(TimestampNs at,
                                                             const ProgrammeCode& only,
                                                             bool claim) const {
  std::vector<BenefitPointer> live;
  for (const ProgrammeEntry& programme : programmes_) {
    const std::optional<size_t> active = programme.ActiveAt(at, claim);
    if (active.has_value() && (only.IsNone() || only == programme.code)) {
      const std::vector<BenefitPointer>& benefits = programme.versions[*active].benefits;
      live.insert(live.end(), benefits.begin(), benefits.end());
    }
  }
  return live;
}

TimestampNs NaiveLedger::next_activation() const {
  TimestampNs next = kTimestampMax;
  for (const ProgrammeEntry& programme : programmes_) {
    if (const auto scheduled = programme.In(Stage::kScheduled); scheduled.has_value()) {
      next = std::min(next, programme.versions[*scheduled].activates_at);
    }
  }
  return next;
}

// ---- Files ----------------------------------------------------------------------

Answer NaiveLedger::CheckReferences(const ProgrammeImage& image) const {
  const ProgrammeSpec& spec = image.programme;
  if (!spec.owner.IsNone() && !Has(unions_, spec.owner)) {
    return Refused(AdminReason::kUnknownReference, Field::kOwner);
  }
  for (size_t i = 0; i < image.segments.size(); ++i) {
    if (!Has(segments_, image.segments[i])) {
      return Refused(AdminReason::kUnknownReference, Field::kSegment, i);
    }
  }
  for (size_t i = 0; i < image.merchants.size(); ++i) {
    if (!Has(merchants_, image.merchants[i])) {
      return Refused(AdminReason::kUnknownReference, Field::kMerchant, i);
    }
  }
  for (size_t i = 0; i < image.terminals.size(); ++i) {
    if (!Has(terminals_, image.terminals[i])) {
      return Refused(AdminReason::kUnknownReference, Field::kTerminal, i);
    }
  }
  for (size_t i = 0; i < image.funding.size(); ++i) {
    if (!Has(funds_, image.funding[i].fund)) {
      return Refused(AdminReason::kUnknownReference, Field::kFund, i);
    }
    if (funds_.at(image.funding[i].fund).asset != Asset::kMoney) {
      return Refused(AdminReason::kWrongAsset, Field::kFund, i);
    }
  }
  for (size_t i = 0; i < image.benefits.size(); ++i) {
    const BenefitSpec& benefit = image.benefits[i];
    if (!benefit.stock.IsNone() && !Has(funds_, benefit.stock)) {
      return Refused(AdminReason::kUnknownReference, Field::kStock, i);
    }
    if (!benefit.stock.IsNone() && funds_.at(benefit.stock).asset != Asset::kThing) {
      return Refused(AdminReason::kWrongAsset, Field::kStock, i);
    }
    if (!benefit.member_union.IsNone() && !Has(unions_, benefit.member_union)) {
      return Refused(AdminReason::kUnknownReference, Field::kMemberUnion, i);
    }
    if (!benefit.merchant_union.IsNone() && !Has(unions_, benefit.merchant_union)) {
      return Refused(AdminReason::kUnknownReference, Field::kMerchantUnion, i);
    }
  }
  return {};
}

NaiveLedger::ProgrammeVersion NaiveLedger::MakeVersion(const ProgrammeImage& image) {
  const ProgrammeSpec& spec = image.programme;
  ProgrammeVersion version;
  version.content_hash = spec.content_hash;
  version.limits = {image.limits.begin(), image.limits.end()};
  for (const BenefitSpec& benefit : image.benefits) {
    BenefitEntry made;
    made.programme = spec.code;
    made.starts_at = benefit.starts_at;  // which lie within the programme's
    made.ends_at = benefit.ends_at;
    made.calendar = spec.calendar;
    made.late_capture = spec.late_capture;
    made.over_capture = {image.over_capture.begin(), image.over_capture.end()};
    made.spec = benefit;
    made.segments_any = Slice(image.segments, benefit.segments_any);
    made.segments_all = Slice(image.segments, benefit.segments_all);
    made.segments_none = Slice(image.segments, benefit.segments_none);
    made.mccs = Slice(image.mccs, benefit.mccs);
    made.merchants = Slice(image.merchants, benefit.merchants);
    made.terminals = Slice(image.terminals, benefit.terminals);
    made.items.any = Slice(image.items, benefit.items_any);
    made.items.except = Slice(image.items, benefit.items_none);
    made.items.pieces_at_most = benefit.pieces_max;
    made.steps = Slice(image.steps, benefit.price.steps);
    made.times.weekdays = benefit.weekdays;
    made.times.day_kinds = benefit.day_kinds;
    made.times.special_days = Slice(image.days, spec.special_days);
    made.times.closed_days = Slice(image.days, benefit.closed_days);
    made.times.hours = Slice(image.hours, benefit.hours);
    for (const uint32_t index : Slice(image.limit_refs, benefit.limits)) {
      made.limits.push_back(image.limits[index]);
    }
    if (made.asks_for(Asks::kEarlierPrices)) {
      made.counts_on = image.limits[benefit.earlier_prices];
    }
    made.funding = Slice(image.funding, benefit.funding);
    version.benefits.push_back(std::make_shared<const BenefitEntry>(std::move(made)));
  }
  return version;
}

Answer NaiveLedger::ApplyProgramme(const ProgrammeImage& image, TimestampNs now) {
  if (image.stage == Stage::kRetired || image.stage == Stage::kWithdrawn) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStage);
  }
  if (image.stage == Stage::kScheduled && image.activates_at <= now) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kActivatesAt);
  }
  const ProgrammeSpec& spec = image.programme;
  auto entry = std::find_if(programmes_.begin(),
                            programmes_.end(),
                            [&spec](const ProgrammeEntry& e) { return e.code == spec.code; });
  if (entry != programmes_.end() && spec.content_hash != 0) {
    // The active one, else the newest that may still come to something.
    std::optional<size_t> same;
    for (size_t i = 0; i < entry->versions.size(); ++i) {
      const ProgrammeVersion& version = entry->versions[i];
      const bool active_is = same.has_value() && entry->versions[*same].stage == Stage::kActive;
      if (version.content_hash == spec.content_hash && version.stage != Stage::kWithdrawn &&
          !active_is) {
        same = i;
      }
    }
    if (same.has_value()) {
      Went(NaivePath::kVersionFoundAgain,
           image.stage != Stage::kActive || *same + 1 < entry->versions.size());
      return Stand(&*entry, *same, image.stage, image.activates_at, now);
    }
  }
  Answer answer = CheckReferences(image);
  if (answer.verdict != Verdict::kDecided) {
    return answer;
  }
  if (entry == programmes_.end()) {
    programmes_.emplace_back();
    entry = programmes_.end() - 1;
    entry->code = spec.code;
  }
  entry->versions.push_back(MakeVersion(image));
  for (const BenefitSpec& benefit : image.benefits) {
    if (AsksFor(benefit.asks, Asks::kVoucher)) {
      series_.insert(benefit.voucher);
    }
  }
  if (image.stage != Stage::kValidated) {
    return Stand(&*entry, entry->versions.size() - 1, image.stage, image.activates_at, now);
  }
  answer.programme_version = static_cast<uint32_t>(entry->versions.size());
  return answer;
}

// ---- Stages ---------------------------------------------------------------------

Answer NaiveLedger::Stand(ProgrammeEntry* programme,
                          size_t index,
                          Stage stage,
                          TimestampNs activates_at,
                          TimestampNs now) {
  ProgrammeVersion& version = programme->versions[index];
  const auto behind = [](const ProgrammeVersion& of) {
    return of.was_active ? Stage::kRetired : Stage::kValidated;
  };
  Answer answer;
  answer.programme_version = static_cast<uint32_t>(index + 1);
  const Stage becomes = stage == Stage::kValidated ? behind(version) : stage;
  const bool at_another_instant =
      stage == Stage::kScheduled && version.activates_at != activates_at;
  if (version.stage == becomes && !at_another_instant) {
    answer.verdict = Verdict::kUnchanged;
    return answer;
  }
  const bool gives_up_what_was_active = stage == Stage::kWithdrawn && version.was_active;
  if (!MayBecome(version.stage, stage) || gives_up_what_was_active) {
    answer.verdict = Verdict::kRefused;
    answer.admin_reason = AdminReason::kNotAllowedFromState;
    answer.field = Field::kStage;
    return answer;
  }
  if (stage == Stage::kActive) {
    Activate(programme, index, now);
    return answer;
  }
  if (const auto before = programme->In(stage);
      before.has_value() && (stage == Stage::kShadow || stage == Stage::kScheduled)) {
    programme->versions[*before].stage = behind(programme->versions[*before]);
  }
  version.stage = becomes;
  version.activates_at = activates_at;
  return answer;
}

// Nothing that came later is undone by an instant that was looked for late.
void NaiveLedger::Activate(ProgrammeEntry* programme,
                           std::optional<size_t> version,
                           TimestampNs from) {
  if (const auto active = programme->In(Stage::kActive); active.has_value()) {
    programme->versions[*active].stage = Stage::kRetired;
  }
  if (!programme->activations.empty()) {
    from = std::max(from, programme->activations.back().from);
  }
  programme->activations.push_back({from, version});
  if (version.has_value()) {
    programme->versions[*version].stage = Stage::kActive;
    programme->versions[*version].was_active = true;
  }
}

Answer NaiveLedger::StageProgramme(const StageProgrammeRequest& request, TimestampNs now) {
  const auto programme =
      std::find_if(programmes_.begin(), programmes_.end(), [&](const ProgrammeEntry& entry) {
        return entry.code == request.code;
      });
  if (programme == programmes_.end() || request.version < 1 ||
      request.version > programme->versions.size()) {
    return Refused(AdminReason::kUnknownReference, Field::kProgramme);
  }
  const bool has_passed = request.stage == Stage::kScheduled && request.activates_at <= now;
  if (request.stage == Stage::kRetired || has_passed) {
    Answer answer = Refused(AdminReason::kNotAllowedFromState,
                            has_passed ? Field::kActivatesAt : Field::kStage);
    answer.programme_version = request.version;
    return answer;
  }
  const bool rolls_back = programme->versions[request.version - 1].stage == Stage::kRetired;
  Answer answer = Stand(&*programme, request.version - 1, request.stage, request.activates_at, now);
  Went(NaivePath::kVersionRolledBack,
       rolls_back && request.stage == Stage::kActive && answer.verdict == Verdict::kDecided);
  return answer;
}

Answer NaiveLedger::RetireProgramme(const RetireProgrammeRequest& request, TimestampNs now) {
  for (ProgrammeEntry& programme : programmes_) {
    if (programme.code != request.code) {
      continue;
    }
    const auto scheduled = programme.In(Stage::kScheduled);
    const auto shadow = programme.In(Stage::kShadow);
    const bool active = programme.In(Stage::kActive).has_value();
    if (!active && !scheduled.has_value() && !shadow.has_value()) {
      return Only(Verdict::kUnchanged);
    }
    if (scheduled.has_value()) {
      ProgrammeVersion& version = programme.versions[*scheduled];
      version.stage = version.was_active ? Stage::kRetired : Stage::kWithdrawn;
      Went(NaivePath::kVersionWithdrawnByRetiring);
    }
    if (shadow.has_value()) {
      ProgrammeVersion& version = programme.versions[*shadow];
      version.stage = version.was_active ? Stage::kRetired : Stage::kValidated;
    }
    if (active) {
      Activate(&programme, std::nullopt, now);
    }
    return {};
  }
  return Refused(AdminReason::kUnknownReference, Field::kProgramme);
}

Answer NaiveLedger::QuoteWithShadows(const Command& command, TimestampNs now) {
  const std::vector<ProgrammeEntry> programmes = programmes_;
  const std::map<NaivePath, int> paths = paths_;
  for (ProgrammeEntry& programme : programmes_) {
    if (const auto shadow = programme.In(Stage::kShadow); shadow.has_value()) {
      programme.activations.push_back({JudgedAt(command, now), shadow});
    }
  }
  Command quote = command;
  quote.kind = CommandKind::kQuote;
  quote.details = nullptr;
  quote.authorize.explanation = nullptr;
  const Answer answer = Apply(quote, now);
  programmes_ = programmes;
  paths_ = paths;
  return answer;
}

// The earliest that is due; of equals the programme that came first.
Answer NaiveLedger::ActivateDue(TimestampNs now) {
  const TimestampNs first = next_activation();
  if (first > now) {
    return Only(Verdict::kNotFound);
  }
  for (ProgrammeEntry& programme : programmes_) {
    const auto scheduled = programme.In(Stage::kScheduled);
    if (scheduled.has_value() && programme.versions[*scheduled].activates_at == first) {
      Went(NaivePath::kVersionActivatedLate, first < now);
      Activate(&programme, *scheduled, first);
      ++seq_;
      break;
    }
  }
  return {};
}

}  // namespace gonghui
