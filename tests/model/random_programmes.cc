// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Random programmes: everything that a file can say, mostly little of it at once, and
// what becomes of their versions.

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "tests/model/random_commands.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr Mcc kMccs[] = {4111, 5411, 5812, 7011};
constexpr const char* kZones[] = {
    "Asia:Shanghai", "UTC", "America:New_York", "Europe:Berlin", "Asia:Kathmandu"};
constexpr std::array<const char*, 5> kItems = {"cola", "6901234567892", "5411", "rice:5kg", "none"};
constexpr int32_t kRates[] = {0, 1, 500, 2500, 3333, 5000, 6000, 9999, 10'000};
constexpr int64_t kHourNs = 3600 * kNsPerSecond;

template <class CodeType>
CodeType Numbered(const char* prefix, size_t number) {
  return CodeOf<CodeType>(prefix + std::to_string(number));
}

// Of what any benefit may count on.
bool IsPlain(const LimitSpec& limit) {
  return limit.measure != LimitMeasure::kPrice && limit.window != WindowKind::kSlot &&
         limit.scope != LimitScope::kNoShow;
}

}  // namespace

// ---- Price --------------------------------------------------------------------------

void RandomCommands::MakePrice(OwnedProgramme* programme, PriceRule* price) {
  price->kind = prng_.Chance(1, 5) ? PriceKind::kThreshold : static_cast<PriceKind>(1 + Pick(4));
  if (prng_.Chance(1, 6)) {
    price->kind = prng_.Chance(1, 2) ? PriceKind::kTiers : PriceKind::kBands;
    std::vector<PriceStep> steps;
    int64_t from = prng_.Chance(1, 3) ? 0 : prng_.Between(0, 60);
    for (size_t i = 0; i < 1 + Pick(4); ++i) {
      PriceStep step;
      step.from = Fen{from};
      if (price->kind == PriceKind::kTiers && prng_.Chance(1, 2)) {
        step.off = Fen{prng_.Between(0, 80)};
      } else {
        step.rate = Bps{kRates[Pick(std::size(kRates))]};
      }
      steps.push_back(step);
      edges_.push_back(step.from);
      from += prng_.Between(1, 150);
    }
    price->steps = Append(programme->steps, steps);
  }
  price->rounding = static_cast<Rounding>(1 + Pick(3));
  price->repeat = prng_.Chance(1, 2);
  price->on_return = static_cast<OnReturn>(1 + Pick(3));
  price->rate = Bps{kRates[Pick(std::size(kRates))]};
  price->amount = Fen{prng_.Chance(1, 3) ? 1 : prng_.Between(0, 200)};
  if (price->kind == PriceKind::kThreshold) {
    price->threshold = Fen{prng_.Between(1, 300)};
  } else if (prng_.Chance(1, 4)) {
    price->threshold = Fen{prng_.Between(1, 300)};
  }
  if (prng_.Chance(1, 3)) {
    price->discount_max = Fen{prng_.Between(1, 200)};
  }
  if (prng_.Chance(1, 4)) {
    price->member_pays_min = Fen{prng_.Between(1, 50)};
  }
  if (price->threshold > Fen{}) {
    thresholds_.push_back(price->threshold);
    thresholds_.push_back(price->threshold + price->threshold);
    edges_.push_back(price->threshold + price->threshold);
  }
  for (const Fen edge : {price->amount, price->threshold, price->discount_max}) {
    if (edge > Fen{}) {
      edges_.push_back(edge);
      edges_.push_back(edge + edge);
    }
  }
}

// ---- Who, where, when -----------------------------------------------------------------

void RandomCommands::MakeWho(OwnedProgramme* programme, BenefitSpec* benefit) {
  const auto some = [this](const std::vector<SegmentCode>& all) {
    std::vector<SegmentCode> chosen;
    for (const SegmentCode& code : all) {
      if (prng_.Chance(1, 3)) {
        chosen.push_back(code);
      }
    }
    return chosen;
  };
  if (Hinders(5)) {
    benefit->segments_any = Append(programme->segments, some(segments_));
  }
  if (Hinders(8)) {
    benefit->segments_all = Append(programme->segments, {Any(segments_)});
  }
  if (Hinders(14)) {
    benefit->segments_none = Append(programme->segments, {Any(segments_)});
  }
  if (benefit->segments_any.count + benefit->segments_all.count > 0 && prng_.Chance(1, 3)) {
    benefit->segment_days_min = static_cast<uint16_t>(prng_.Between(1, 3));
  }
  if (Hinders(12)) {
    benefit->member_days_min = static_cast<uint16_t>(prng_.Between(1, 10));
  }
  if (Hinders(12)) {
    benefit->sexes = static_cast<uint8_t>(prng_.Between(1, 7));
  }
  benefit->require_real_name = prng_.Chance(1, 4);
  if (Hinders(5)) {
    benefit->member_union = Any(unions_);
  }
}

std::vector<ItemCode> RandomCommands::SomeItems() {
  std::set<ItemCode> items;  // rising, each once
  for (size_t i = 0; i < 1 + Pick(3); ++i) {
    items.insert(CodeOf<ItemCode>(kItems[Pick(kItems.size())]));
  }
  return {items.begin(), items.end()};
}

void RandomCommands::MakeWhere(OwnedProgramme* programme, BenefitSpec* benefit) {
  if (Hinders(3)) {
    std::vector<MccRange> mccs;
    for (const Mcc mcc : kMccs) {
      if (prng_.Chance(1, 2)) {
        mccs.push_back({static_cast<Mcc>(mcc - Pick(2)), static_cast<Mcc>(mcc + Pick(2))});
      }
    }
    benefit->mccs = Append(programme->mccs, mccs);
  }
  if (Hinders(5)) {
    std::vector<MerchantId> merchants;
    for (const MerchantId& merchant : merchants_) {
      if (prng_.Chance(1, 2)) {
        merchants.push_back(merchant);
      }
    }
    std::reverse(merchants.begin(), merchants.end());
    benefit->merchants = Append(programme->merchants, merchants);
  }
  if (Hinders(5)) {
    benefit->merchant_union = Any(unions_);
  }
  if (Hinders(5)) {
    benefit->terminal_kinds = static_cast<uint8_t>(MaskOf(static_cast<TerminalKind>(1 + Pick(4))) |
                                                   MaskOf(static_cast<TerminalKind>(1 + Pick(4))));
  }
  if (Hinders(14)) {
    std::vector<TerminalId> terminals;
    for (const TerminalRequest& terminal : terminals_) {
      if (prng_.Chance(1, 2)) {
        terminals.push_back(terminal.id);
      }
    }
    std::reverse(terminals.begin(), terminals.end());
    benefit->terminals = Append(programme->terminals, terminals);
  }
  if (Hinders(8)) {
    if (prng_.Chance(2, 3)) {
      benefit->items_any = Append(programme->items, SomeItems());
    }
    if (prng_.Chance(1, 3)) {
      benefit->items_none = Append(programme->items, SomeItems());
    }
    if (prng_.Chance(1, 2)) {
      benefit->pieces_max = static_cast<uint32_t>(prng_.Between(1, prng_.Chance(1, 4) ? 20 : 3));
    }
  }
}

// About these days, disjoint and rising.
std::vector<DayRange> RandomCommands::SomeDays() {
  std::vector<DayRange> days;
  CivilDay day = FloorDay(now_.value() / kNsPerSecond) - static_cast<CivilDay>(Pick(6));
  for (size_t i = 0; i < 1 + Pick(4); ++i) {
    DayRange range;
    range.first = day + static_cast<CivilDay>(Pick(4));
    range.last = range.first + static_cast<CivilDay>(prng_.Chance(1, 20) ? 370 : Pick(3));
    range.kind = prng_.Chance(1, 2) ? DayKind::kHoliday : DayKind::kWorkday;
    days.push_back(range);
    day = range.last + 1;
  }
  return days;
}

void RandomCommands::MakeWhen(OwnedProgramme* programme, BenefitSpec* benefit) {
  if (Hinders(6)) {
    std::vector<HoursRange> hours;
    const int32_t from_s = static_cast<int32_t>(prng_.Below(24)) * 3600;
    hours.push_back({from_s, std::min(86'400, from_s + 3600 * (1 + static_cast<int>(Pick(8))))});
    if (prng_.Chance(1, 2)) {
      hours.push_back({0, 1 + static_cast<int32_t>(prng_.Below(7200))});
    }
    benefit->hours = Append(programme->hours, hours);
  }
  if (Hinders(6)) {
    benefit->weekdays = static_cast<uint8_t>(prng_.Between(1, 127));
  }
  if (Hinders(14)) {
    benefit->day_kinds = static_cast<uint8_t>(MaskOf(static_cast<DayKind>(1 + Pick(3))) |
                                              MaskOf(static_cast<DayKind>(1 + Pick(3))));
  }
  if (Hinders(14)) {
    benefit->closed_days = Append(programme->days, SomeDays());
  }
  benefit->starts_at = Hinders(6) ? EdgyTime() : programme->spec.starts_at;
  benefit->ends_at =
      Hinders(6) ? TimestampNs{EdgyTime().value() + 200 * kHourNs} : programme->spec.ends_at;
}

// ---- What it takes --------------------------------------------------------------------

LimitSpec RandomCommands::MakeLimit(size_t which) {
  LimitSpec limit;
  limit.code = Numbered<LimitCode>("l", which);
  limit.measure = static_cast<LimitMeasure>(1 + Pick(2));
  limit.subject = static_cast<LimitSubject>(1 + Pick(6));
  limit.window = static_cast<WindowKind>(1 + Pick(5));
  limit.when_exceeded = static_cast<WhenExceeded>(1 + Pick(2));
  limit.refund_to = static_cast<RefundTo>(1 + Pick(3));
  limit.max = limit.measure == LimitMeasure::kCount
                  ? prng_.Between(prng_.Chance(1, 8) ? 0 : 1, easy_ ? 30 : 8)
                  : prng_.Between(0, 3'000);
  if (prng_.Chance(1, 15)) {
    limit.max = kLimitUnlimited;
  }
  if (limit.subject == LimitSubject::kUnion && prng_.Chance(3, 4)) {
    limit.union_level = static_cast<uint8_t>(1 + Pick(6));
  }
  if (limit.window != WindowKind::kProgramme && prng_.Chance(1, 3)) {
    limit.span = static_cast<uint8_t>(
        prng_.Chance(1, 8) ? kLimitSpanMax : static_cast<uint32_t>(prng_.Between(2, 4)));
  }
  if (prng_.Chance(1, 8)) {
    limit.scope = LimitScope::kOffline;
    limit.max = limit.measure == LimitMeasure::kCount ? prng_.Between(0, 4) : prng_.Between(0, 300);
  }
  return limit;
}

void RandomCommands::MakeFunding(OwnedProgramme* programme, BenefitSpec* benefit) {
  std::vector<FundingShareSpec> funding;
  const size_t first = Pick(funds_.size());
  constexpr int32_t kSplits[][4] = {{10'000, 0, 0, 0},
                                    {5000, 5000, 0, 0},
                                    {3333, 3333, 3334, 0},
                                    {9999, 1, 0, 0},
                                    {6000, 3000, 1000, 0},
                                    {1, 2, 3, 9994}};
  for (size_t i = 0; const int32_t share : kSplits[Pick(std::size(kSplits))]) {
    if (share != 0) {
      funding.push_back({funds_.at((first + i) % funds_.size()), Bps{share}, 0});
    }
    ++i;
  }
  if (prng_.Chance(1, 3)) {
    benefit->stock = Any(stocks_);
    benefit->stock_units = static_cast<int32_t>(prng_.Between(1, 3));
  }
  if (prng_.Chance(1, 25)) {  // a thing alone, or a check-in that costs nobody anything
    funding.clear();
  }
  benefit->funding = Append(programme->funding, funding);
}

void RandomCommands::MakeLayer(BenefitSpec* benefit) {
  if (!combines_ || prng_.Chance(1, 3)) {
    return;
  }
  benefit->layer = static_cast<uint8_t>(1 + (prng_.Chance(1, 6) ? Pick(kLayersMax) : Pick(3)));
  benefit->base = prng_.Chance(2, 3) ? StackBase::kRest : StackBase::kListPrice;
  if (prng_.Chance(1, 2)) {  // so that something is left for the next layer
    benefit->price.discount_max = Fen{prng_.Between(1, 60)};
  }
}

// ---- Programmes -------------------------------------------------------------------------

BenefitSpec RandomCommands::MakeBenefit(OwnedProgramme* programme, size_t which) {
  BenefitSpec benefit;
  benefit.code = Numbered<BenefitCode>("b", which);
  if (which > 0 && prng_.Chance(1, 10)) {  // a case of the one before
    benefit.code = programme->benefits.back().code;
  }
  MakePrice(programme, &benefit.price);
  MakeWho(programme, &benefit);
  MakeWhere(programme, &benefit);
  MakeWhen(programme, &benefit);
  std::vector<uint32_t> limits;
  for (uint32_t i = 0; i < 10 && i < programme->limits.size(); ++i) {
    if (!IsPlain(programme->limits[i])) {
      continue;
    }
    if (limits.size() < kLimitsPerBenefitMax && (easy_ ? prng_.Chance(1, 4) : prng_.Chance(2, 5))) {
      limits.push_back(i);
    }
  }
  MakeFunding(programme, &benefit);
  MakeLayer(&benefit);
  MakeAsks(programme, &benefit, &limits);
  benefit.limits = Append(programme->limit_refs, limits);
  benefit.hold_s = prng_.Chance(1, easy_ ? 5 : 2) ? prng_.Between(1, 7200) : kHoldSecondsDefault;
  if (Hinders(12)) {
    benefit.offline = OfflinePolicy::kRefuse;
  }
  return benefit;
}

OwnedProgramme RandomCommands::MakeProgramme(size_t which) {
  OwnedProgramme programme;
  ProgrammeSpec& spec = programme.spec;
  spec.code = programmes_.at(which);
  constexpr int32_t kCutovers[] = {0, 0, 4 * 3600, 3 * 3600 + 1};
  // Of the code, not of the version: its limits count on.
  spec.calendar =
      TestCalendar(kZones[which % std::size(kZones)], kCutovers[which % std::size(kCutovers)]);
  spec.starts_at = Hinders(6) ? EdgyTime() : TimestampNs{kTimestampNsMin};
  spec.ends_at =
      Hinders(6)
          ? TimestampNs{std::max(spec.starts_at.value() + 1, EdgyTime().value() + 200 * kHourNs)}
          : TimestampNs{kTimestampNsMax};
  std::vector<uint64_t>& hashes = hashes_.at(which);
  spec.content_hash = !hashes.empty() && prng_.Chance(1, 4) ? Any(hashes) : ++last_hash_;
  if (prng_.Chance(1, 15)) {
    spec.content_hash = 0;  // of no known source: always another one
  }
  hashes.push_back(spec.content_hash);
  ++versions_.at(which);
  programme.stage = AnyStage();
  programme.activates_at = ComingTime();
  scheduled_ = programme.stage == Stage::kScheduled ? spec.code : scheduled_;
  spec.late_capture = prng_.Chance(2, 3) ? LateCapture::kForcePost : LateCapture::kStrict;
  spec.special_days =
      Append(programme.days, prng_.Chance(1, 2) ? SomeDays() : std::vector<DayRange>{});
  for (const Mcc mcc : kMccs) {
    if (prng_.Chance(1, 2)) {
      constexpr int32_t kOverRates[] = {1, 1000, 1500, kOverCaptureBpsMax};
      programme.over_capture.push_back(
          {{static_cast<Mcc>(mcc - Pick(2)), static_cast<Mcc>(mcc + Pick(2))},
           Bps{kOverRates[Pick(std::size(kOverRates))]}});
    }
  }
  const size_t limits = prng_.Chance(1, 6) ? 10 : 6;
  for (size_t i = 0; i < limits; ++i) {
    programme.limits.push_back(MakeLimit(i));
  }
  const size_t plain_limits = programme.limits.size();
  MakeEventLimits(&programme);
  const size_t count = 1 + Pick(combines_ ? 7 : 4);
  for (size_t i = 0; i < count; ++i) {
    programme.benefits.push_back(MakeBenefit(&programme, i));
  }
  if (combines_ && prng_.Chance(1, 2)) {
    AddLayers(&programme, plain_limits);
  }
  return programme;
}

// For everybody, everywhere, two of the same things and one of all: what one layer gives is
// in the way of the next.
void RandomCommands::AddLayers(OwnedProgramme* programme, size_t limits) {
  const PoolRange items = Append(programme->items, SomeItems());
  for (uint8_t layer = 1; layer <= 3; ++layer) {
    BenefitSpec benefit;
    benefit.code = Numbered<BenefitCode>("layer", layer);
    benefit.layer = layer;
    benefit.base = prng_.Chance(1, 2) ? StackBase::kRest : StackBase::kListPrice;
    benefit.require_real_name = false;
    benefit.starts_at = programme->spec.starts_at;
    benefit.ends_at = programme->spec.ends_at;
    MakePrice(programme, &benefit.price);
    if (layer < 3 && prng_.Chance(1, 2)) {
      benefit.items_any = items;
    }
    if (prng_.Chance(1, 3)) {  // less than nothing is not left
      benefit.price = PriceRule{};
      benefit.price.kind = PriceKind::kPercentOff;
      benefit.price.rate = Bps{static_cast<int32_t>(prng_.Between(2'000, 9'000))};
    }
    MakeFunding(programme, &benefit);
    if (prng_.Chance(1, 2)) {
      benefit.limits =
          Append<uint32_t>(programme->limit_refs, {static_cast<uint32_t>(prng_.Below(limits))});
    }
    programme->benefits.push_back(benefit);
  }
}

// ---- Versions -------------------------------------------------------------------------

Stage RandomCommands::AnyStage() {
  constexpr Stage kOthers[] = {Stage::kValidated, Stage::kShadow, Stage::kScheduled};
  return prng_.Chance(1, 2) ? Stage::kActive : kOthers[Pick(std::size(kOthers))];
}

// Soon, and now and then just over.
TimestampNs RandomCommands::ComingTime() {
  return TimestampNs{now_.value() +
                     (prng_.Chance(1, 6) ? prng_.Between(-1, 1) : prng_.Between(1, 30 * kHourNs))};
}

OwnedCommand RandomCommands::ProgrammeCommand() {
  if (prng_.Chance(1, 7)) {
    RetireProgrammeRequest request;
    request.code = Any(programmes_);
    return Own(request);
  }
  const size_t which = Pick(programmes_.size());
  if (prng_.Chance(1, 2)) {
    return Own(MakeProgramme(which));
  }
  StageProgrammeRequest request;
  request.code = prng_.Chance(1, 40) ? CodeOf<ProgrammeCode>("p-unknown") : programmes_[which];
  request.version =
      static_cast<uint32_t>(prng_.Between(prng_.Chance(1, 30) ? 0 : 1, versions_[which] + 1));
  request.stage = prng_.Chance(1, 6) ? static_cast<Stage>(1 + Pick(6)) : AnyStage();
  request.activates_at = ComingTime();
  scheduled_ = request.stage == Stage::kScheduled ? request.code : scheduled_;
  return Own(request);
}

}  // namespace gonghui
