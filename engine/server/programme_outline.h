// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a programme says, in one form for a file that is about to be applied and for a version
// that the ledger has: to be shown, and to be compared.
//
// Conditions are phrases in words, each for itself; what may be long (merchants, terminals,
// items) is kept as sorted lists.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_OUTLINE_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_OUTLINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/domain/programme.h"
#include "engine/ledger/ledger.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

using Phrases = std::vector<std::string>;

struct BenefitOutline {
  struct FundPart {
    std::string fund;
    Bps share;
  };

  std::string code;
  std::string name;
  PriceRule price;  // `steps` below
  std::vector<PriceStep> steps;
  Phrases who;  // beside the segments
  Phrases segments_any;
  Phrases segments_all;
  Phrases segments_none;
  uint16_t segment_days_min = 0;
  Phrases where;  // beside the lists
  Phrases mccs;
  Phrases merchants;
  Phrases terminals;
  Phrases items_any;
  Phrases items_none;
  uint32_t pieces_max = 0;
  Phrases when;
  std::vector<FundPart> funds;
  std::string stock;
  int32_t stock_units = 0;
  Phrases limits;
  uint8_t layer = 0;
  StackBase base = StackBase::kListPrice;
  OfflinePolicy offline = OfflinePolicy::kAccept;
  int64_t hold_s = 0;
  // What it asks for, and the terms of that; see BenefitSpec.
  uint8_t asks = 0;
  std::string voucher;    // series
  std::string counts_on;  // limit
  bool voucher_returns = false;
  uint8_t approvals = 0;
  uint16_t claim_days_max = 0;
  uint16_t slot_minutes = 0;
  uint32_t slot_ahead_days = 0;
  uint32_t slot_grace_minutes = 0;
};

struct ProgrammeOutline {
  std::string code;  // none = there is no programme
  std::string name;
  std::string zone;
  int32_t day_starts_at_s = 0;
  TimestampNs starts_at;
  TimestampNs ends_at = kTimestampMax;
  std::string owner;
  LateCapture late_capture = LateCapture::kStrict;
  std::vector<OverCapture> over_capture;
  std::vector<DayRange> special_days;
  std::vector<BenefitOutline> benefits;
  std::vector<LimitSpec> limits;
};

// The IANA name: "Asia/Shanghai".
std::string ZoneText(const Calendar& calendar);

ProgrammeOutline OutlineOf(const ProgrammeImage& image);
// Any thread: a version's rows never change but for its stage, which is not told here.
ProgrammeOutline OutlineOf(const Ledger& names, const Programme& version);

// In words; long lists are cut.
std::string WhoInWords(const BenefitOutline& benefit);
std::string WhereInWords(const BenefitOutline& benefit);
std::string ItemsInWords(const BenefitOutline& benefit);
std::string WhenInWords(const BenefitOutline& benefit);
std::string PriceInWords(const BenefitOutline& benefit);
// "a voucher of packs-2026"; empty = it asks for nothing beside a card and a price.
std::string AsksInWords(const BenefitOutline& benefit);
// "fund-a 70%, fund-b 30%, stock packs".
std::string FundsInWords(const BenefitOutline& benefit);
// "3 uses, window day, by person".
std::string LimitInWords(const LimitSpec& limit);
std::string SpecialDaysInWords(const ProgrammeOutline& programme);
// "a, b, c and 7 more"; empty for none.
std::string ListInWords(const Phrases& items);

// A version as it stands; `version` is a copy that was taken on the ledger thread.
void ToProto(const Ledger& names, const Programme& version, v1::Programme* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_OUTLINE_H_
