// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The language's keys and words, each list once.  The compiler reads by them, and
// programme.schema.json, which tells editors the same, is held against them.

#ifndef GONGHUI_ENGINE_PROGRAMMES_LANGUAGE_H_
#define GONGHUI_ENGINE_PROGRAMMES_LANGUAGE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/domain/calendar.h"
#include "engine/domain/fund.h"
#include "engine/domain/member.h"
#include "engine/domain/merchant.h"
#include "engine/domain/money.h"
#include "engine/domain/programme.h"

namespace gonghui {

// ---- Keys ------------------------------------------------------------------

inline constexpr std::string_view kTopKeys[] = {
    "gonghui", "programme", "segments", "funds", "groups", "limits", "benefits"};
inline constexpr std::string_view kProgrammeKeys[] = {"code",
                                                      "name",
                                                      "owner",
                                                      "zone",
                                                      "day_starts_at",
                                                      "starts",
                                                      "until",
                                                      "holidays",
                                                      "workdays",
                                                      "late_capture",
                                                      "over_capture"};
inline constexpr std::string_view kOverCaptureKeys[] = {"mcc", "percent"};
inline constexpr std::string_view kSegmentKeys[] = {"code", "name"};
inline constexpr std::string_view kFundKeys[] = {
    "code", "name", "owner", "budget", "paid_by", "starts", "until", "advices_may_overrun"};
inline constexpr std::string_view kGroupKeys[] = {"code", "name", "merchants"};
inline constexpr std::string_view kLimitKeys[] = {"code",
                                                  "per",
                                                  "level",
                                                  "each",
                                                  "uses",
                                                  "amount",
                                                  "price",
                                                  "only",
                                                  "when_exceeded",
                                                  "refund_to"};
inline constexpr std::string_view kBenefitKeys[] = {"code",
                                                    "name",
                                                    "for",
                                                    "at",
                                                    "when",
                                                    "price",
                                                    "price_by",
                                                    "funding",
                                                    "split",
                                                    "stock",
                                                    "limits",
                                                    "offline",
                                                    "combine",
                                                    "hold",
                                                    "voucher",
                                                    "voucher_returns",
                                                    "slots",
                                                    "claim"};
inline constexpr std::string_view kForKeys[] = {"real_name",
                                                "sex",
                                                "segments_any",
                                                "segments_all",
                                                "segments_none",
                                                "in_segments_for",
                                                "member_for",
                                                "union"};
inline constexpr std::string_view kAtKeys[] = {
    "mcc", "merchants", "groups", "terminals", "terminal_ids", "items", "union"};
inline constexpr std::string_view kItemsKeys[] = {"any_of", "except", "pieces_at_most"};
inline constexpr std::string_view kWhenKeys[] = {
    "weekdays", "days", "hours", "not_on", "starts", "until"};
inline constexpr std::string_view kTierKeys[] = {"from", "percent_off", "off"};
inline constexpr std::string_view kBandKeys[] = {"from", "percent_off"};
inline constexpr std::string_view kPriceCaseKeys[] = {"sex", "segment", "price"};
inline constexpr std::string_view kFundingKeys[] = {"fund"};
inline constexpr std::string_view kFundingShareKeys[] = {"fund", "share"};
inline constexpr std::string_view kStockKeys[] = {"fund", "units"};
inline constexpr std::string_view kCombineKeys[] = {"layer", "base"};
inline constexpr std::string_view kSlotsKeys[] = {
    "minutes", "places", "ahead", "grace", "no_shows"};
inline constexpr std::string_view kNoShowsKeys[] = {"most", "each"};
inline constexpr std::string_view kClaimKeys[] = {"approvals", "within"};

// One way to say a price, and what may stand beside it.
struct PriceForm {
  std::string_view key;
  PriceKind kind;
  std::span<const std::string_view> companions;
};

inline constexpr std::string_view kPriceCompanions[] = {
    "off", "rounding", "at_most", "minimum", "member_pays_at_least", "on_return", "counts_on"};

inline constexpr std::string_view kBesideFixedPrice[] = {"at_most", "minimum", "on_return"};
inline constexpr std::string_view kBesideRate[] = {
    "rounding", "at_most", "minimum", "member_pays_at_least", "on_return"};
inline constexpr std::string_view kBesideBands[] = {
    "rounding", "at_most", "minimum", "member_pays_at_least", "on_return", "counts_on"};
inline constexpr std::string_view kBesideEvery[] = {
    "off", "at_most", "member_pays_at_least", "on_return"};
inline constexpr std::string_view kBesideFrom[] = {"off", "member_pays_at_least", "on_return"};

inline constexpr PriceForm kPriceForms[] = {
    {"member_pays", PriceKind::kFixedPrice, kBesideFixedPrice},
    {"percent_off", PriceKind::kPercentOff, kBesideRate},
    {"every", PriceKind::kThreshold, kBesideEvery},
    {"from", PriceKind::kThreshold, kBesideFrom},
    {"tiers", PriceKind::kTiers, kBesideRate},
    {"bands", PriceKind::kBands, kBesideBands},
    {"free", PriceKind::kFree, kBesideFixedPrice},
};

// The maps of the language by the name of their definition in programme.schema.json;
// the prices' is put together from the forms above.
struct KeyList {
  std::string_view definition;
  std::span<const std::string_view> keys;
};
inline constexpr KeyList kKeyLists[] = {
    {"file", kTopKeys},
    {"programme", kProgrammeKeys},
    {"over_capture", kOverCaptureKeys},
    {"segment", kSegmentKeys},
    {"fund", kFundKeys},
    {"group", kGroupKeys},
    {"limit", kLimitKeys},
    {"benefit", kBenefitKeys},
    {"for", kForKeys},
    {"at", kAtKeys},
    {"items", kItemsKeys},
    {"when", kWhenKeys},
    {"tier", kTierKeys},
    {"band", kBandKeys},
    {"price_case", kPriceCaseKeys},
    {"funding", kFundingKeys},
    {"funding_share", kFundingShareKeys},
    {"stock", kStockKeys},
    {"combine", kCombineKeys},
    {"slots", kSlotsKeys},
    {"no_shows", kNoShowsKeys},
    {"claim", kClaimKeys},
};

// ---- Words -----------------------------------------------------------------

template <typename T>
struct Word {
  std::string_view text;
  T meaning;
};

inline constexpr Word<uint8_t> kSexMasks[] = {
    {"male", MaskOf(Sex::kMale)},
    {"female", MaskOf(Sex::kFemale)},
};
inline constexpr Word<uint8_t> kTerminalKinds[] = {
    {"pos", MaskOf(TerminalKind::kPos)},
    {"gate", MaskOf(TerminalKind::kGate)},
    {"vending", MaskOf(TerminalKind::kVending)},
    {"online", MaskOf(TerminalKind::kOnline)},
    {"office", MaskOf(TerminalKind::kOffice)},
};
inline constexpr Word<uint8_t> kWeekdays[] = {
    {"mon", 1u << 0},
    {"tue", 1u << 1},
    {"wed", 1u << 2},
    {"thu", 1u << 3},
    {"fri", 1u << 4},
    {"sat", 1u << 5},
    {"sun", 1u << 6},
};
inline constexpr Word<uint8_t> kDayKinds[] = {
    {"workday", MaskOf(DayKind::kWorkday)},
    {"weekend", MaskOf(DayKind::kWeekend)},
    {"holiday", MaskOf(DayKind::kHoliday)},
};
inline constexpr Word<LimitSubject> kLimitSubjects[] = {
    {"person", LimitSubject::kPerson},
    {"programme", LimitSubject::kProgramme},
    {"card", LimitSubject::kCard},
    {"merchant", LimitSubject::kMerchant},
    {"terminal", LimitSubject::kTerminal},
    {"union", LimitSubject::kUnion},
};
inline constexpr Word<UnionLevel> kUnionLevels[] = {
    {"national", UnionLevel::kNational},
    {"province", UnionLevel::kProvince},
    {"city", UnionLevel::kCity},
    {"district", UnionLevel::kDistrict},
    {"enterprise", UnionLevel::kEnterprise},
    {"other", UnionLevel::kOther},
};
inline constexpr Word<WindowKind> kWindows[] = {
    {"day", WindowKind::kDay},
    {"week", WindowKind::kWeek},
    {"month", WindowKind::kMonth},
    {"year", WindowKind::kYear},
    {"programme", WindowKind::kProgramme},
};
// Keys of a limit: it has one of these.
inline constexpr Word<LimitMeasure> kLimitMeasures[] = {
    {"uses", LimitMeasure::kCount},
    {"amount", LimitMeasure::kAmount},
    {"price", LimitMeasure::kPrice},
};
inline constexpr Word<LimitScope> kLimitScopes[] = {
    {"offline", LimitScope::kOffline},
};
inline constexpr std::string_view kUnlimited = "unlimited";
inline constexpr Word<WhenExceeded> kWhenExceeded[] = {
    {"refuse", WhenExceeded::kRefuse},
    {"reduce", WhenExceeded::kReduce},
};
inline constexpr Word<RefundTo> kRefundTo[] = {
    {"original_window", RefundTo::kOriginalWindow},
    {"current_window", RefundTo::kCurrentWindow},
    {"never", RefundTo::kNever},
};
inline constexpr Word<LateCapture> kLateCaptures[] = {
    {"strict", LateCapture::kStrict},
    {"force_post", LateCapture::kForcePost},
};
inline constexpr Word<Payer> kPayers[] = {
    {"union", Payer::kUnion},
    {"merchant", Payer::kMerchant},
    {"sponsor", Payer::kSponsor},
};
inline constexpr Word<Rounding> kRoundings[] = {
    {"half_up", Rounding::kHalfUp},
    {"down", Rounding::kDown},
    {"up", Rounding::kUp},
};
inline constexpr Word<OnReturn> kOnReturn[] = {
    {"keep", OnReturn::kKeep},
    {"claw_back", OnReturn::kClawBack},
    {"refuse", OnReturn::kRefuse},
};
inline constexpr Word<OfflinePolicy> kOfflinePolicies[] = {
    {"accept", OfflinePolicy::kAccept},
    {"refuse", OfflinePolicy::kRefuse},
};
inline constexpr Word<StackBase> kStackBases[] = {
    {"list_price", StackBase::kListPrice},
    {"rest", StackBase::kRest},
};
// How a subsidy is split over its funds.  The only way; it can be named so that
// whoever reads the file knows it.
enum class ShareSplit : uint8_t { kLargestRemainder };
inline constexpr Word<ShareSplit> kShareSplits[] = {
    {"largest_remainder", ShareSplit::kLargestRemainder},
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_LANGUAGE_H_
