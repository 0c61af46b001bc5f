// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A programme, as a record holds it: the programme's own fields, what it begins as, then
// its lists, the benefits last.  The order is stored: DO NOT CHANGE it; a new field makes a
// new record version.

#ifndef GONGHUI_ENGINE_DURABILITY_PROGRAMME_CONTENT_H_
#define GONGHUI_ENGINE_DURABILITY_PROGRAMME_CONTENT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/domain/limits.h"
#include "engine/domain/programme.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

// Where the decoder keeps what an image's spans point to.
struct ProgrammePools {
  std::vector<BenefitSpec> benefits;
  std::vector<LimitSpec> limits;
  std::vector<SegmentCode> segments;
  std::vector<MccRange> mccs;
  std::vector<MerchantId> merchants;
  std::vector<TerminalId> terminals;
  std::vector<ItemCode> items;
  std::vector<PriceStep> steps;
  std::vector<DayRange> days;
  std::vector<HoursRange> hours;
  std::vector<uint32_t> limit_refs;
  std::vector<FundingShareSpec> funding;
  std::vector<OverCapture> over_capture;
};

// What the ledger relies on, beside the types: ranges lie in their lists, what is to rise
// rises, numbers are within limits.h.  Null, or what is wrong, as text of static storage.
[[nodiscard]] const char* WhatIsWrong(const ProgrammeImage& image);

// REQUIRES: WhatIsWrong(image) == nullptr.
void WriteImage(ByteWriter& c, const ProgrammeImage& image);
// The image's spans point into `pools`.
void ReadImage(ByteReader& c, ProgrammeImage& image, ProgrammePools& pools);

// ---- Upper bounds -----------------------------------------------------------

inline constexpr size_t kRangeBytesMax = 2 * kInt32BytesMax;
inline constexpr size_t kProgrammeSpecBytesMax =
    2 * kCode4BytesMax + kTextBytesMax + kInt32BytesMax + 1 +
    kOffsetChangesMax * 2 * kVarintBytesMax + 2 * kVarintBytesMax + kCode2BytesMax + 8 + 1 +
    kRangeBytesMax + 1 + kVarintBytesMax + 13 * kInt32BytesMax;  // the lists' counts last
inline constexpr size_t kPriceRuleBytesMax =
    4 + kInt32BytesMax + 4 * kVarintBytesMax + kRangeBytesMax;
inline constexpr size_t kBenefitSpecBytesMax =
    2 * kCode4BytesMax + kTextBytesMax + kPriceRuleBytesMax + 12 * kRangeBytesMax +
    4 * kInt32BytesMax + 8 + 2 * kCode2BytesMax + 3 * kVarintBytesMax + 3 + 5 * kInt32BytesMax +
    kCode4BytesMax;
inline constexpr size_t kLimitSpecBytesMax = kCode4BytesMax + 8 + kVarintBytesMax;
inline constexpr size_t kMccRangeBytesMax = 6;
inline constexpr size_t kPriceStepBytesMax = 2 * kVarintBytesMax + kInt32BytesMax;
inline constexpr size_t kDayRangeBytesMax = 2 * kInt32BytesMax + 1;
inline constexpr size_t kHoursBytesMax = 2 * kInt32BytesMax;
inline constexpr size_t kFundingBytesMax = kCode4BytesMax + kInt32BytesMax;
inline constexpr size_t kOverCaptureBytesMax = kMccRangeBytesMax + kInt32BytesMax;

inline constexpr size_t kLargestImageBytesMax =
    kProgrammeSpecBytesMax + kLimitsPerProgrammeMax * kLimitSpecBytesMax +
    kBenefitsPerProgrammeMax * kBenefitSpecBytesMax +
    kOverCapturesPerProgrammeMax * kOverCaptureBytesMax +
    kPoolItemsPerProgrammeMax *
        (kCode4BytesMax + kMccRangeBytesMax + kCode2BytesMax + kCode2BytesMax + kCode4BytesMax +
         kPriceStepBytesMax + kDayRangeBytesMax + kHoursBytesMax + kInt32BytesMax +
         kFundingBytesMax);

size_t ImageBytesMax(const ProgrammeImage& image);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_PROGRAMME_CONTENT_H_
