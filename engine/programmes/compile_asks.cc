// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a benefit asks for beside a card and a price: a voucher, an appointment, an event that
// a claim is about, and what its bands have counted before
// (docs/decisions/0008-vouchers-draws-appointments.md, 0009-aid-and-mutual-funds.md).

#include <algorithm>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

constexpr Word<Asks> kAskKeys[] = {
    {"voucher", Asks::kVoucher},
    {"slots", Asks::kSlot},
    {"claim", Asks::kClaim},
};

// What the limits that slots make are called, behind the benefit's code.
constexpr std::string_view kPlacesSuffix = ".places";
constexpr std::string_view kNoShowsSuffix = ".no_shows";

}  // namespace

void FileCompiler::ReadAsks(const MapReader& map, Draft* draft) {
  BenefitSpec& benefit = draft->spec;
  for (const Word<Asks>& ask : kAskKeys) {
    if (map.Has(ask.text)) {
      benefit.asks = static_cast<uint8_t>(benefit.asks | static_cast<uint8_t>(ask.meaning));
      draft->asks_by = draft->asks_by.empty() ? ask.text : draft->asks_by;
    }
  }
  if (const Value voucher = map.Find("voucher")) {
    benefit.voucher = ReadCode<SeriesCode>(voucher, out_).value_or(SeriesCode{});
  }
  if (const Value returns = map.Find("voucher_returns")) {
    benefit.voucher_returns = ReadBool(returns, out_).value_or(false);
    if (!map.Has("voucher")) {
      AddAt(map.Key("voucher_returns"),
            Say("there is no voucher to return", "没有可退回的兑换券"),
            Say("'voucher_returns' goes with voucher", "'voucher_returns' 要与 voucher 同用"),
            out_);
    }
  }
  if (const Value slots = map.Find("slots")) {
    ReadSlots(slots, draft);
  }
  if (const Value claim = map.Find("claim")) {
    ReadClaim(claim, &benefit);
  }
  if (map.Has("claim") && benefit.terminal_kinds != 0 &&
      (benefit.terminal_kinds & MaskOf(TerminalKind::kOffice)) == 0) {
    AddAt(map.Key("claim"),
          Say("claims are made at an office, which 'at.terminals' shuts out",
              "申请在工会办公终端办理，而 'at.terminals' 不含办公终端"),
          Say("write terminals: [office], or leave it out", "请写 terminals: [office]，或删去"),
          out_);
  }
}

// What was given without asking can not have asked for anything.
void FileCompiler::ReadOffline(const MapReader& map, Draft* draft) {
  BenefitSpec& benefit = draft->spec;
  std::optional<OfflinePolicy> policy;
  const Value offline = map.Find("offline");
  if (offline) {
    policy = ReadWord(offline, kOfflinePolicies, out_);
    benefit.offline = policy.value_or(benefit.offline);
  }
  if (draft->asks_by.empty()) {
    return;
  }
  if (policy == OfflinePolicy::kAccept) {
    AddAt(offline,
          DoesNotGoWith("offline: accept", draft->asks_by),
          Say("without asking it is never given; delete it", "它必须联机才能给出，请删去"),
          out_);
  }
  benefit.offline = OfflinePolicy::kRefuse;
}

void FileCompiler::ReadHold(const MapReader& map, BenefitSpec* benefit) {
  const Value hold = map.Find("hold");
  if (map.Has("hold") && AsksFor(benefit->asks, Asks::kSlot)) {
    AddAt(map.Key("hold"),
          DoesNotGoWith("hold", "slots"),
          Say("an appointment is held until its slot and the grace after it are over",
              "预约的冻结保持到时段及其宽限期结束"),
          out_);
    return;
  }
  if (hold) {
    benefit->hold_s = ReadDuration(hold, kHoldSecondsMax, out_).value_or(kHoldSecondsDefault);
  }
}

void FileCompiler::ReadClaim(const Value& value, BenefitSpec* benefit) {
  const MapReader map(value, kClaimKeys, out_);
  if (const Value approvals = map.Find("approvals")) {
    benefit->approvals = static_cast<uint8_t>(
        ReadWhole(approvals, 0, int64_t{kApprovalsPerClaimMax}, out_).value_or(0));
  }
  if (const Value within = map.Need("within",
                                    Say("how long after the event it may be claimed, such as 180d",
                                        "事件发生后多久之内可以申请，例如 180d"))) {
    benefit->claim_days_max = ReadDays(within, uint16_t{kClaimDaysMax}, out_).value_or(uint16_t{1});
  }
}

// ---- Slots -----------------------------------------------------------------

void FileCompiler::ReadSlots(const Value& value, Draft* draft) {
  const MapReader map(value, kSlotsKeys, out_);
  BenefitSpec& benefit = draft->spec;
  if (const Value minutes =
          map.Need("minutes", Say("how long a slot is, such as 30", "一个时段几分钟，例如 30"))) {
    if (const auto length = ReadWhole(minutes, 1, int64_t{kSlotMinutesMax}, out_)) {
      benefit.slot_minutes = static_cast<uint16_t>(*length);
      CheckSlotFits(minutes, *draft);
    }
  }
  if (const Value ahead = map.Need(
          "ahead", Say("how early it may be booked, such as 30d", "最早提前多久预约，例如 30d"))) {
    benefit.slot_ahead_days =
        ReadDays(ahead, uint16_t{kSlotAheadDaysMax}, out_).value_or(uint16_t{1});
  }
  if (const Value grace = map.Find("grace")) {
    benefit.slot_grace_minutes = ReadGrace(grace);
  }
  const std::string_view longest = map.Has("no_shows") ? kNoShowsSuffix : kPlacesSuffix;
  const size_t code_bytes_max = LimitCode::kBytes - longest.size();
  if (CodeString(benefit.code).size() > code_bytes_max) {
    out_->Add(draft->place.at,
              draft->place.path,
              Say("$0 is too long for a benefit with slots",
                  "$0 作为预约优惠的代码太长",
                  Quoted(CodeString(benefit.code))),
              Say("at most $0 characters: its limit is called CODE$1",
                  "最多$0个字符：它的限额名为 代码$1",
                  code_bytes_max,
                  longest));
    return;
  }
  if (const Value places = map.Need(
          "places",
          Say("how many may come to one slot, such as 20", "一个时段最多来几人，例如 20"))) {
    LimitSpec limit;
    limit.subject = LimitSubject::kMerchant;
    limit.window = WindowKind::kSlot;
    limit.max = ReadWhole(places, 1, kUsesMax, out_).value_or(1);
    AddSlotLimit(kPlacesSuffix, limit, draft);
  }
  if (const Value no_shows = map.Find("no_shows")) {
    const MapReader terms(no_shows, kNoShowsKeys, out_);
    LimitSpec limit;
    limit.scope = LimitScope::kNoShow;
    if (const Value most = terms.Need(
            "most",
            Say("so many missed appointments end it, such as 2", "爽约几次后不能再用，例如 2"))) {
      limit.max = ReadWhole(most, 1, kUsesMax, out_).value_or(1);
    }
    ReadWindow(terms, &limit);
    AddSlotLimit(kNoShowsSuffix, limit, draft);
  }
}

// In minutes.
uint32_t FileCompiler::ReadGrace(const Value& value) {
  const std::optional<int64_t> grace_s =
      ReadDuration(value, int64_t{kSlotGraceMinutesMax} * 60, out_);
  if (grace_s.has_value() && *grace_s % 60 != 0) {
    AddAt(value,
          Say("$0 is not a number of whole minutes", "$0 不是整分钟", Quoted(value.node->text)),
          Say("such as 30m", "例如 30m"),
          out_);
  }
  return static_cast<uint32_t>(grace_s.value_or(60) / 60);
}

// A slot lies within one range of hours.
void FileCompiler::CheckSlotFits(const Value& minutes, const Draft& draft) {
  const BenefitSpec& benefit = draft.spec;
  if (benefit.hours.count == 0 || !draft.when_good) {
    return;
  }
  const std::span<const HoursRange> hours =
      std::span(file_.hours).subspan(benefit.hours.first, benefit.hours.count);
  const auto length_of = [](const HoursRange& range) { return range.to_s - range.from_s; };
  const HoursRange& longest =
      *std::max_element(hours.begin(), hours.end(), [&](const HoursRange& a, const HoursRange& b) {
        return length_of(a) < length_of(b);
      });
  if (int64_t{benefit.slot_minutes} * 60 > length_of(longest)) {
    AddAt(minutes,
          Say("a slot of $0 minutes fits into no hours of 'when'",
              "$0分钟的时段放不进 'when' 的任何一段钟点",
              benefit.slot_minutes),
          Say("the longest are $0, $1 minutes",
              "最长的一段是 $0，共$1分钟",
              FormatHours(longest),
              length_of(longest) / 60),
          out_);
  }
}

// A limit that is the slots' own; it comes after those that the benefit names.
void FileCompiler::AddSlotLimit(std::string_view suffix, LimitSpec limit, Draft* draft) {
  if (draft->spec.code.IsNone()) {
    return;  // the file has an error already
  }
  const std::string code = CodeString(draft->spec.code) + std::string(suffix);
  limit.code = LimitCode::Parse({code.data(), code.size()}).value_or(LimitCode{});
  if (const auto declared = limits_.find(limit.code); declared != limits_.end()) {
    declared->second.used = true;
    AddAt(declared->second.place,
          Say("$0 is the limit that the slots of $1 make",
              "$0 是 $1 的预约自动产生的限额",
              Quoted(code),
              Quoted(CodeString(draft->spec.code))),
          Say("take another code", "请另用一个代码"),
          out_);
  }
  draft->slot_limits.push_back(static_cast<uint32_t>(file_.limits.size()));
  file_.limits.push_back(limit);
  limits_good_.push_back(true);
}

void FileCompiler::AddSlotLimitRefs(const MapReader& map, size_t named, const Draft& draft) {
  const size_t count = named + draft.slot_limits.size();
  // Of too many that are named, the list tells.
  if (count > kLimitsPerBenefitMax && named <= kLimitsPerBenefitMax) {
    AddAt(map.Find("limits"),
          Say("$0 limits, with those of the slots, are too many",
              "连同时段的名额，限额共$0个，太多",
              count),
          AtMost(kLimitsPerBenefitMax),
          out_);
  }
  file_.limit_refs.insert(
      file_.limit_refs.end(), draft.slot_limits.begin(), draft.slot_limits.end());
}

// ---- Earlier prices --------------------------------------------------------

// What `counts_on` names is a limit of `price`, and one of the benefit's own.
void FileCompiler::ResolveCountsOn(Draft* draft) {
  const PoolRange own = draft->spec.limits;
  const auto first = file_.limit_refs.begin() + static_cast<ptrdiff_t>(own.first);
  const auto last = first + static_cast<ptrdiff_t>(own.count);
  for (PriceCase& price_case : draft->cases) {
    const Value& place = price_case.counts_on;
    if (!place) {
      continue;
    }
    const size_t found = out_->found();
    const std::optional<uint32_t> index = ReadDeclared(place, &limits_);
    NoteRefs(found, &limit_refs_complete_);
    if (!index.has_value()) {
      continue;
    }
    price_case.earlier_prices = index;
    if (limits_good_[*index] && file_.limits[*index].measure != LimitMeasure::kPrice) {
      AddAt(place,
            Say("$0 does not count prices", "$0 不是按价款累计的限额", Quoted(place.node->text)),
            Say("the bands go on where a limit of 'price' stands",
                "分段是从 'price' 限额的累计数接着算的"),
            out_);
    } else if (std::find(first, last, *index) == last) {
      AddAt(place,
            Say("$0 is none of the benefit's own limits",
                "$0 不在这项优惠自己的限额里",
                Quoted(place.node->text)),
            Say("name it under its limits as well", "请在它的 limits 里也写上"),
            out_);
    }
  }
}

}  // namespace gonghui
