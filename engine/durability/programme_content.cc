// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/programme_content.h"

#include <algorithm>
#include <span>

#include "engine/base/check.h"

namespace gonghui::codec {
namespace {

template <class C>
void Content(C& c, Ref<C, Calendar> r) {
  c.CodeField(r.zone);
  c.Number(r.cutover_s);
  c.Count(r.offset_change_count, kOffsetChangesMax);
  for (uint32_t i = 0; i < r.offset_change_count; ++i) {
    c.Number(r.offset_changes[i].from_s);
    c.Number(r.offset_changes[i].offset_s);
  }
}

template <class C>
void Content(C& c, Ref<C, PoolRange> r) {
  c.Number(r.first);
  c.Number(r.count);
}

template <class C>
void Content(C& c, Ref<C, ProgrammeSpec> r) {
  c.CodeField(r.code);
  c.Text(r.name);
  Content(c, r.calendar);
  c.Time(r.starts_at);
  c.Time(r.ends_at);
  c.CodeField(r.owner);
  c.Fixed64(r.content_hash);
  c.EnumByte(r.late_capture, LateCapture::kForcePost);
  Content(c, r.special_days);
}

template <class C>
void Content(C& c, Ref<C, Bps> r) {
  if constexpr (C::kReading) {
    int32_t bps = 0;
    c.Number(bps);
    r = Bps{bps};
  } else {
    c.Number(r.value());
  }
}

template <class C>
void Content(C& c, Ref<C, PriceRule> r) {
  c.EnumByte(r.kind, PriceKind::kBands);
  c.EnumByte(r.rounding, Rounding::kUp);
  c.Bool(r.repeat);
  c.EnumByte(r.on_return, OnReturn::kRefuse);
  Content(c, r.rate);
  c.Amount(r.amount);
  c.Amount(r.threshold);
  c.Amount(r.discount_max);
  c.Amount(r.member_pays_min);
  Content(c, r.steps);
}

template <class C>
void Content(C& c, Ref<C, BenefitSpec> r) {
  c.CodeField(r.code);
  c.Text(r.name);
  Content(c, r.price);
  Content(c, r.segments_any);
  Content(c, r.segments_all);
  Content(c, r.segments_none);
  Content(c, r.mccs);
  Content(c, r.merchants);
  Content(c, r.terminals);
  Content(c, r.items_any);
  Content(c, r.items_none);
  Content(c, r.closed_days);
  Content(c, r.hours);
  Content(c, r.limits);
  Content(c, r.funding);
  c.CodeField(r.stock);
  c.Number(r.stock_units);
  c.Byte(r.terminal_kinds);
  c.Byte(r.weekdays);
  c.Bool(r.require_real_name);
  c.Byte(r.sexes);
  c.Byte(r.day_kinds);
  c.Byte(r.layer);
  c.EnumByte(r.base, StackBase::kRest);
  c.EnumByte(r.offline, OfflinePolicy::kRefuse);
  c.Number(r.member_days_min);
  c.Number(r.segment_days_min);
  c.Number(r.pieces_max);
  c.CodeField(r.member_union);
  c.CodeField(r.merchant_union);
  c.Time(r.starts_at);
  c.Time(r.ends_at);
  c.Number(r.hold_s);
  c.Byte(r.asks);
  c.Bool(r.voucher_returns);
  c.Byte(r.approvals);
  c.Number(r.claim_days_max);
  c.Number(r.slot_minutes);
  c.Number(r.slot_ahead_days);
  c.Number(r.slot_grace_minutes);
  c.Number(r.earlier_prices);
  c.CodeField(r.voucher);
}

template <class C>
void Content(C& c, Ref<C, LimitSpec> r) {
  c.CodeField(r.code);
  c.EnumByte(r.measure, LimitMeasure::kPrice);
  c.EnumByte(r.subject, LimitSubject::kUnion);
  c.EnumByte(r.window, WindowKind::kSlot);
  c.EnumByte(r.when_exceeded, WhenExceeded::kReduce);
  c.EnumByte(r.refund_to, RefundTo::kNever);
  c.Byte(r.union_level);
  c.Byte(r.span);
  c.EnumByte(r.scope, LimitScope::kNoShow);
  c.Number(r.max);
}

template <class C>
void Content(C& c, Ref<C, SegmentCode> r) {
  c.CodeField(r);
}
template <class C>
void Content(C& c, Ref<C, MerchantId> r) {
  c.CodeField(r);
}
template <class C>
void Content(C& c, Ref<C, TerminalId> r) {
  c.CodeField(r);
}
template <class C>
void Content(C& c, Ref<C, ItemCode> r) {
  c.CodeField(r);
}

template <class C>
void Content(C& c, Ref<C, MccRange> r) {
  c.Number(r.first);
  c.Number(r.last);
}

template <class C>
void Content(C& c, Ref<C, PriceStep> r) {
  c.Amount(r.from);
  c.Amount(r.off);
  Content(c, r.rate);
}

template <class C>
void Content(C& c, Ref<C, DayRange> r) {
  c.Number(r.first);
  c.Number(r.last);
  c.EnumByte(r.kind, DayKind::kHoliday);
}

template <class C>
void Content(C& c, Ref<C, HoursRange> r) {
  c.Number(r.from_s);
  c.Number(r.to_s);
}

template <class C>
void Content(C& c, Ref<C, uint32_t> r) {
  c.Number(r);
}

template <class C>
void Content(C& c, Ref<C, FundingShareSpec> r) {
  c.CodeField(r.fund);
  Content(c, r.share);
}

template <class C>
void Content(C& c, Ref<C, OverCapture> r) {
  Content(c, r.mccs);
  Content(c, r.rate);
}

template <class T>
void WritePool(ByteWriter& c, std::span<const T> items, uint32_t max) {
  c.Count(static_cast<uint32_t>(items.size()), max);
  for (const T& item : items) {
    Content<ByteWriter>(c, item);
  }
}

template <class T>
std::span<const T> ReadPool(ByteReader& c, std::vector<T>& items, uint32_t max) {
  uint32_t count = 0;
  c.Count(count, max);
  items.clear();
  for (uint32_t i = 0; i < count && c.ok(); ++i) {
    items.emplace_back();
    Content<ByteReader>(c, items.back());
  }
  return items;
}

// ---- What an image must keep to -------------------------------------------------

constexpr uint8_t kSexes = MaskOf(Sex::kUnknown) | MaskOf(Sex::kMale) | MaskOf(Sex::kFemale);
constexpr uint8_t kDayKinds =
    MaskOf(DayKind::kWorkday) | MaskOf(DayKind::kWeekend) | MaskOf(DayKind::kHoliday);

// True when the range lies within its pool.
constexpr bool Lies(const PoolRange& range,
                    size_t pool_size,
                    size_t count_max = kPoolItemsPerProgrammeMax) {
  return range.count == 0 || (range.count <= count_max && range.first <= pool_size &&
                              range.count <= pool_size - range.first);
}

// Where a list does not rise: items that do not come after the one before.  Benefits share
// ranges, so the list is walked once rather than each range.
class Breaks {
 public:
  template <class T, class Before>
  Breaks(std::span<const T> items, Before&& before) {
    for (size_t i = 1; i < items.size(); ++i) {
      if (!before(items[i - 1], items[i])) {
        at_.push_back(static_cast<uint32_t>(i));
      }
    }
  }

  // REQUIRES: the range lies in the list.
  [[nodiscard]] bool Spare(const PoolRange& range) const {
    if (range.count == 0) {
      return true;
    }
    const auto next = std::upper_bound(at_.begin(), at_.end(), range.first);
    return next == at_.end() || *next - range.first >= range.count;
  }

 private:
  std::vector<uint32_t> at_;
};

struct ImageBreaks {
  explicit ImageBreaks(const ProgrammeImage& image)
      : items(image.items, [](const ItemCode& a, const ItemCode& b) { return a < b; }),
        days(image.days, [](const DayRange& a, const DayRange& b) { return a.last < b.first; }),
        steps(image.steps, [](const PriceStep& a, const PriceStep& b) { return a.from < b.from; }) {
  }

  const Breaks items;
  const Breaks days;
  const Breaks steps;
};

const char* WhatIsWrongWith(const LimitSpec& limit) {
  if (limit.span < 1 || limit.span > kLimitSpanMax) {
    return "limit spans no window, or too many";
  }
  if (limit.union_level > static_cast<uint8_t>(UnionLevel::kOther)) {
    return "limit of an unknown level of union nodes";
  }
  if (limit.measure == LimitMeasure::kPrice && limit.when_exceeded == WhenExceeded::kReduce) {
    return "limit of prices that reduces";
  }
  if (limit.scope == LimitScope::kNoShow &&
      (limit.measure != LimitMeasure::kCount || limit.subject != LimitSubject::kPerson)) {
    return "limit of no-shows that does not count persons'";
  }
  if (limit.window == WindowKind::kSlot &&
      (limit.measure != LimitMeasure::kCount || limit.span != 1)) {
    return "limit of slots that does not count, or spans several";
  }
  return nullptr;
}

constexpr uint8_t kAsksAll =
    static_cast<uint8_t>(Asks::kVoucher) | static_cast<uint8_t>(Asks::kSlot) |
    static_cast<uint8_t>(Asks::kClaim) | static_cast<uint8_t>(Asks::kEarlierPrices);

// The terms of what a benefit asks for: within limits.h, and none of what it does not.
const char* WhatIsWrongWithTerms(const BenefitSpec& benefit) {
  if ((benefit.asks & ~kAsksAll) != 0) {
    return "benefit that asks for what there is not";
  }
  if (benefit.asks != 0 && benefit.layer != 0) {
    return "benefit of a layer that asks for something";
  }
  const bool of_voucher = AsksFor(benefit.asks, Asks::kVoucher);
  if (of_voucher == benefit.voucher.IsNone() || (benefit.voucher_returns && !of_voucher)) {
    return "benefit for vouchers of no series, or of one that it does not ask for";
  }
  const bool of_slot = AsksFor(benefit.asks, Asks::kSlot);
  if (of_slot == (benefit.slot_minutes == 0) || benefit.slot_minutes > kSlotMinutesMax ||
      benefit.slot_ahead_days > kSlotAheadDaysMax ||
      benefit.slot_grace_minutes > kSlotGraceMinutesMax ||
      (!of_slot && (benefit.slot_ahead_days | benefit.slot_grace_minutes) != 0)) {
    return "slots of a benefit beyond their limits, or of one that has none";
  }
  if (benefit.claim_days_max > kClaimDaysMax || benefit.approvals > kApprovalsPerClaimMax ||
      (!AsksFor(benefit.asks, Asks::kClaim) &&
       (benefit.claim_days_max != 0 || benefit.approvals != 0))) {
    return "claims of a benefit beyond their limits, or of one that has none";
  }
  return nullptr;
}

// REQUIRES: the benefit's ranges lie in their lists.
const char* WhatIsWrongWithAsked(const ProgrammeImage& image, const BenefitSpec& benefit) {
  if (const char* const what = WhatIsWrongWithTerms(benefit)) {
    return what;
  }
  const bool goes_on = AsksFor(benefit.asks, Asks::kEarlierPrices);
  bool is_own = false;
  for (const uint32_t ref : image.limit_refs.subspan(
           benefit.limits.count == 0 ? 0 : benefit.limits.first, benefit.limits.count)) {
    const LimitSpec& limit = image.limits[ref];
    is_own |= goes_on && ref == benefit.earlier_prices && limit.measure == LimitMeasure::kPrice;
    if (limit.measure == LimitMeasure::kPrice && benefit.layer != 0) {
      return "benefit of a layer with a limit of prices";
    }
    if ((limit.scope == LimitScope::kNoShow || limit.window == WindowKind::kSlot) &&
        !AsksFor(benefit.asks, Asks::kSlot)) {
      return "limit of appointments in a benefit that has none";
    }
  }
  if (goes_on != is_own || (goes_on && benefit.price.kind != PriceKind::kBands) ||
      (!goes_on && benefit.earlier_prices != 0)) {
    return "bands that go on from what is no limit of prices of the benefit";
  }
  return nullptr;
}

const char* WhatIsWrongWith(const ProgrammeImage& image,
                            const ImageBreaks& breaks,
                            const BenefitSpec& benefit) {
  if (!Lies(benefit.segments_any, image.segments.size()) ||
      !Lies(benefit.segments_all, image.segments.size()) ||
      !Lies(benefit.segments_none, image.segments.size()) ||
      !Lies(benefit.mccs, image.mccs.size()) || !Lies(benefit.merchants, image.merchants.size()) ||
      !Lies(benefit.terminals, image.terminals.size()) ||
      !Lies(benefit.items_any, image.items.size()) ||
      !Lies(benefit.items_none, image.items.size()) ||
      !Lies(benefit.closed_days, image.days.size()) || !Lies(benefit.hours, image.hours.size()) ||
      !Lies(benefit.limits, image.limit_refs.size(), kLimitsPerBenefitMax) ||
      !Lies(benefit.funding, image.funding.size(), kFundingSharesPerBenefitMax) ||
      !Lies(benefit.price.steps, image.steps.size(), kPriceStepsPerBenefitMax)) {
    return "benefit refers beyond its programme's lists";
  }
  if (!breaks.items.Spare(benefit.items_any) || !breaks.items.Spare(benefit.items_none)) {
    return "items of a benefit do not rise";
  }
  if (!breaks.days.Spare(benefit.closed_days)) {
    return "days of a benefit do not rise";
  }
  if (!breaks.steps.Spare(benefit.price.steps)) {
    return "steps of a price do not rise";
  }
  if (benefit.layer > kLayersMax) {
    return "benefit of a layer that there is not";
  }
  if ((benefit.sexes & ~kSexes) != 0 || (benefit.day_kinds & ~kDayKinds) != 0) {
    return "unknown sex or kind of day";
  }
  if (benefit.member_days_min > kWaitingDaysMax || benefit.segment_days_min > kWaitingDaysMax) {
    return "waiting period beyond its limit";
  }
  return WhatIsWrongWithAsked(image, benefit);
}

}  // namespace

const char* WhatIsWrong(const ProgrammeImage& image) {
  for (const uint32_t ref : image.limit_refs) {
    if (ref >= image.limits.size()) {
      return "limit reference beyond the programme's limits";
    }
  }
  for (const DayRange& days : image.days) {
    if (days.first > days.last) {
      return "days that end before they begin";
    }
  }
  if (!Lies(image.programme.special_days, image.days.size())) {
    return "programme refers beyond its list of days";
  }
  const ImageBreaks breaks(image);
  if (!breaks.days.Spare(image.programme.special_days)) {
    return "days of a programme do not rise";
  }
  for (const LimitSpec& limit : image.limits) {
    if (const char* what = WhatIsWrongWith(limit)) {
      return what;
    }
  }
  for (const BenefitSpec& benefit : image.benefits) {
    if (const char* what = WhatIsWrongWith(image, breaks, benefit)) {
      return what;
    }
  }
  return nullptr;
}

void WriteImage(ByteWriter& c, const ProgrammeImage& image) {
  const char* const what = WhatIsWrong(image);
  GH_CHECK(what == nullptr, what);
  Content<ByteWriter>(c, image.programme);
  c.EnumByte(image.stage, Stage::kActive);
  c.Time(image.activates_at);
  WritePool(c, image.limits, kLimitsPerProgrammeMax);
  WritePool(c, image.segments, kPoolItemsPerProgrammeMax);
  WritePool(c, image.mccs, kPoolItemsPerProgrammeMax);
  WritePool(c, image.merchants, kPoolItemsPerProgrammeMax);
  WritePool(c, image.terminals, kPoolItemsPerProgrammeMax);
  WritePool(c, image.items, kPoolItemsPerProgrammeMax);
  WritePool(c, image.steps, kPoolItemsPerProgrammeMax);
  WritePool(c, image.days, kPoolItemsPerProgrammeMax);
  WritePool(c, image.hours, kPoolItemsPerProgrammeMax);
  WritePool(c, image.limit_refs, kPoolItemsPerProgrammeMax);
  WritePool(c, image.funding, kPoolItemsPerProgrammeMax);
  WritePool(c, image.over_capture, kOverCapturesPerProgrammeMax);
  WritePool(c, image.benefits, kBenefitsPerProgrammeMax);
}

void ReadImage(ByteReader& c, ProgrammeImage& image, ProgrammePools& pools) {
  Content<ByteReader>(c, image.programme);
  c.EnumByte(image.stage, Stage::kActive);
  c.Time(image.activates_at);
  image.limits = ReadPool(c, pools.limits, kLimitsPerProgrammeMax);
  image.segments = ReadPool(c, pools.segments, kPoolItemsPerProgrammeMax);
  image.mccs = ReadPool(c, pools.mccs, kPoolItemsPerProgrammeMax);
  image.merchants = ReadPool(c, pools.merchants, kPoolItemsPerProgrammeMax);
  image.terminals = ReadPool(c, pools.terminals, kPoolItemsPerProgrammeMax);
  image.items = ReadPool(c, pools.items, kPoolItemsPerProgrammeMax);
  image.steps = ReadPool(c, pools.steps, kPoolItemsPerProgrammeMax);
  image.days = ReadPool(c, pools.days, kPoolItemsPerProgrammeMax);
  image.hours = ReadPool(c, pools.hours, kPoolItemsPerProgrammeMax);
  image.limit_refs = ReadPool(c, pools.limit_refs, kPoolItemsPerProgrammeMax);
  image.funding = ReadPool(c, pools.funding, kPoolItemsPerProgrammeMax);
  image.over_capture = ReadPool(c, pools.over_capture, kOverCapturesPerProgrammeMax);
  image.benefits = ReadPool(c, pools.benefits, kBenefitsPerProgrammeMax);
  if (!c.ok()) {
    return;
  }
  if (const char* what = WhatIsWrong(image)) {
    c.Fail(what);
  }
}

size_t ImageBytesMax(const ProgrammeImage& image) {
  return kProgrammeSpecBytesMax + image.limits.size() * kLimitSpecBytesMax +
         image.segments.size() * kCode4BytesMax + image.mccs.size() * kMccRangeBytesMax +
         image.merchants.size() * kCode2BytesMax + image.terminals.size() * kCode2BytesMax +
         image.items.size() * kCode4BytesMax + image.steps.size() * kPriceStepBytesMax +
         image.days.size() * kDayRangeBytesMax + image.hours.size() * kHoursBytesMax +
         image.limit_refs.size() * kInt32BytesMax + image.funding.size() * kFundingBytesMax +
         image.over_capture.size() * kOverCaptureBytesMax +
         image.benefits.size() * kBenefitSpecBytesMax;
}

}  // namespace gonghui::codec
