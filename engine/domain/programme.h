// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Programmes: what a union offers, to whom, where, when, at what price, within
// which limits and paid by whom.
//
// Two forms.  A *spec* is what a programme file compiles to (engine/programmes):
// it names funds, segments and merchants by code, so that it can be checked and
// journalled as it was written.  The *rows* (ProgrammeHead, Programme, Benefit, Limit)
// are what Decide() reads: the same with codes resolved to rows and lists placed in the
// ledger's pools.  A new version makes new rows; old ones stay, because captures
// and reversals use the version that made the authorization.
//
// docs/decisions/0006-programme-language.md and 0007-programme-versions.md have the
// exact meaning.

#ifndef GONGHUI_ENGINE_DOMAIN_PROGRAMME_H_
#define GONGHUI_ENGINE_DOMAIN_PROGRAMME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/limits.h"
#include "engine/domain/member.h"
#include "engine/domain/merchant.h"
#include "engine/domain/money.h"

namespace gonghui {

// All enums of this file are stored: do not change values.

// What the member pays.
enum class PriceKind : uint8_t {
  kFixedPrice = 1,  // the member pays `amount` (or the list price, if that is less)
  kPercentOff = 2,  // the member pays list price x (1 - rate), at most discount_max off
  kThreshold = 3,   // for each (or only the first) `threshold` reached, `amount` off
  kFree = 4,        // the member pays nothing
  kTiers = 5,       // the last step whose `from` the price reaches holds for all of it
  kBands = 6,       // each step's rate holds for the part of the price that lies in it
};

// What a refund of a part gives back to the funds, and so not to the member.
enum class OnReturn : uint8_t {
  kKeep = 1,      // the part's own share of the subsidy, whatever is left
  kClawBack = 2,  // what the rest would not have earned, so a broken threshold is made good
  kRefuse = 3,    // as kKeep, but a return that breaks the threshold is declined
};

// A step of kTiers or kBands: from so much of the price on, up to the next step's `from`.
// Below the first step nothing is taken off.
struct PriceStep {
  Fen from;
  Fen off;   // kTiers: taken off, when the rate is 0
  Bps rate;  // the part taken off
  uint32_t reserved = 0;

  friend constexpr bool operator==(const PriceStep&, const PriceStep&) = default;
};
static_assert(sizeof(PriceStep) == 24);

// [first, first + count) of one of the pools below.
struct PoolRange {
  uint32_t first = 0;
  uint32_t count = 0;
};

// Its price is the *base*: the list price, or that of the items which the benefit is for,
// or what benefits of earlier layers left of it.
struct PriceRule {
  PriceKind kind = PriceKind::kFixedPrice;
  Rounding rounding = Rounding::kHalfUp;  // of the price that the member pays
  bool repeat = false;                    // kThreshold: once for every full threshold
  OnReturn on_return = OnReturn::kKeep;
  Bps rate;             // kPercentOff: the part taken off
  Fen amount;           // kFixedPrice: what the member pays; kThreshold: what is taken off
  Fen threshold;        // kThreshold: list price to reach.  Others: least list price, 0 = none
  Fen discount_max;     // most that is taken off one transaction; 0 = no cap
  Fen member_pays_min;  // the member pays at least this, 0 = nothing is fine
  PoolRange steps;      // pool `steps`, rising: kTiers, kBands
};
static_assert(sizeof(PriceRule) == 48);

constexpr bool HasSteps(const PriceRule& rule) {
  return rule.kind == PriceKind::kTiers || rule.kind == PriceKind::kBands;
}

struct MccRange {
  Mcc first = 0;
  Mcc last = 0;  // inclusive

  friend constexpr bool operator==(const MccRange&, const MccRange&) = default;
};

// Seconds since local midnight, half-open; to_s may be 86400.
struct HoursRange {
  int32_t from_s = 0;
  int32_t to_s = 0;
};

// What a business day is, by the programme's own calendar: as listed there, else by the
// day of the week.  A make-up workday is a Saturday or Sunday that is listed as kWorkday.
enum class DayKind : uint8_t {
  kWorkday = 1,
  kWeekend = 2,
  kHoliday = 3,
};

constexpr uint8_t MaskOf(DayKind kind) {
  return static_cast<uint8_t>(1u << static_cast<uint8_t>(kind));
}

// Business days, both inclusive.
struct DayRange {
  CivilDay first = 0;
  CivilDay last = 0;
  DayKind kind = DayKind::kHoliday;  // of days on which a benefit is closed: not looked at
  std::array<uint8_t, 3> reserved{};
};
static_assert(sizeof(DayRange) == 12);

enum class LimitMeasure : uint8_t {
  kCount = 1,   // uses
  kAmount = 2,  // subsidy, in fen
  kPrice = 3,   // what the subsidy is reckoned on, in fen
};

enum class LimitSubject : uint8_t {
  kPerson = 1,
  kProgramme = 2,  // everyone together
  kCard = 3,
  kMerchant = 4,
  kTerminal = 5,
  kUnion = 6,  // the member's union node, or its ancestor at a level, with all below
};

// A limit of this has no end: it counts, and refuses nobody.
inline constexpr int64_t kLimitUnlimited = INT64_MAX / 4;

// What a limit is asked about.
enum class LimitScope : uint8_t {
  kAll = 1,
  kOffline = 2,  // only what was done without asking; beyond it the acquirer bears it
  kNoShow = 3,   // holds that ran out untouched: held by a hold, used by its expiry
};

// What happens when an amount limit has less left than the benefit would give.
enum class WhenExceeded : uint8_t {
  kRefuse = 1,
  kReduce = 2,  // give what is left, if anything
};

// Where a refund gives back what a limit counted.
enum class RefundTo : uint8_t {
  kOriginalWindow = 1,  // the window it was taken from: no new right today
  kCurrentWindow = 2,   // the window of the refund: the member may bank uses
  kNever = 3,           // a use stays used
};

struct LimitSpec {
  LimitCode code;
  LimitMeasure measure = LimitMeasure::kCount;
  LimitSubject subject = LimitSubject::kPerson;
  WindowKind window = WindowKind::kDay;
  WhenExceeded when_exceeded = WhenExceeded::kRefuse;
  RefundTo refund_to = RefundTo::kOriginalWindow;
  uint8_t union_level = 0;  // kUnion: a UnionLevel; 0 = the member's own node
  uint8_t span = 1;         // windows that are added up, this one the last; 1 = calendar
  LimitScope scope = LimitScope::kAll;
  int64_t max = 0;  // uses or fen, by measure
};
static_assert(sizeof(LimitSpec) == 48);

// What a benefit of a later layer is reckoned on.
enum class StackBase : uint8_t {
  kListPrice = 1,
  kRest = 2,  // what the benefits before it left to pay
};

// What a benefit asks for beside a card and a price; bits of BenefitSpec::asks.
enum class Asks : uint8_t {
  kVoucher = 1,
  kSlot = 2,
  kClaim = 4,
  kEarlierPrices = 8,  // kBands go on where an earlier use of the year ended
};

constexpr bool AsksFor(uint8_t asks, Asks what) {
  return (asks & static_cast<uint8_t>(what)) != 0;
}

// Of a benefit that was given without asking.
enum class OfflinePolicy : uint8_t {
  kAccept = 1,
  kRefuse = 2,  // the acquirer bears it
};

inline constexpr uint8_t kLayersMax = 8;

struct FundingShareSpec {
  FundCode fund;
  Bps share;  // of the subsidy; the shares of a benefit add up to 10,000
  uint32_t reserved = 0;
};

struct BenefitSpec {
  BenefitCode code;
  DisplayName name;
  PriceRule price;
  PoolRange segments_any;      // pool `segments`: the member is in one of these, if any given
  PoolRange segments_all;      // pool `segments`: and in each of these
  PoolRange segments_none;     // pool `segments`: and in none of these
  PoolRange mccs;              // pool `mccs`; none given = every category
  PoolRange merchants;         // pool `merchants`; none given = every merchant
  PoolRange terminals;         // pool `terminals`; none given = every terminal
  PoolRange items_any;         // pool `items`, rising: lines with these; none = all lines
  PoolRange items_none;        // pool `items`, rising: and with none of these
  PoolRange closed_days;       // pool `days`, rising: not on these
  PoolRange hours;             // pool `hours`; none given = all day
  PoolRange limits;            // pool `limit_refs`: indexes into `limits`
  PoolRange funding;           // pool `funding`; at least one when money is given
  FundCode stock;              // things handed out with it, or none
  int32_t stock_units = 0;     // how many a use
  uint8_t terminal_kinds = 0;  // MaskOf() bits, 0 = every kind
  uint8_t weekdays = 0;        // bit 0 = Monday; 0 = every day
  bool require_real_name = true;
  uint8_t sexes = 0;      // MaskOf() bits, 0 = everybody
  uint8_t day_kinds = 0;  // MaskOf() bits, 0 = every day
  uint8_t layer = 0;      // 0 = alone; 1 .. kLayersMax = combines with those of other layers
  StackBase base = StackBase::kListPrice;
  OfflinePolicy offline = OfflinePolicy::kAccept;
  uint16_t member_days_min = 0;   // a member for so many days
  uint16_t segment_days_min = 0;  // and in the segments that are asked for
  uint32_t pieces_max = 0;        // of the items the cheapest so many; 0 = all
  UnionNodeId member_union;       // the member is in this subtree, or none
  UnionNodeId merchant_union;     // the merchant is
  TimestampNs starts_at;          // half-open, within the programme's own dates
  TimestampNs ends_at;
  int64_t hold_s = kHoldSecondsDefault;
  // What it asks for (bits of Asks), and the terms of that.
  uint8_t asks = 0;
  bool voucher_returns = false;  // a refund of everything makes the voucher good again
  uint8_t approvals = 0;         // kClaim: persons who must agree before it is paid
  uint8_t reserved = 0;
  uint16_t claim_days_max = 0;      // kClaim: from the event, at most
  uint16_t slot_minutes = 0;        // kSlot: length
  uint32_t slot_ahead_days = 0;     // kSlot: begins at most so long from now
  uint32_t slot_grace_minutes = 0;  // kSlot: kept so long after its end
  uint32_t earlier_prices = 0;      // kEarlierPrices: index into `limits`, one of its own
  uint32_t reserved_2 = 0;
  SeriesCode voucher;  // kVoucher
};

// What becomes of a capture that comes after its hold has expired.
enum class LateCapture : uint8_t {
  kStrict = 1,     // declined
  kForcePost = 2,  // taken again; posted as overrun where there is no room for it
};

// How far captures may exceed the authorization at a kind of merchant: a restaurant's
// tip, a pump's last litre.  The member pays the excess.
struct OverCapture {
  MccRange mccs;
  Bps rate;  // of what was authorized
};
static_assert(sizeof(OverCapture) == 8);

struct ProgrammeSpec {
  ProgrammeCode code;
  DisplayName name;
  Calendar calendar;
  TimestampNs starts_at;
  TimestampNs ends_at;
  UnionNodeId owner;          // none = the root
  uint64_t content_hash = 0;  // of the source; equal to the live version's = nothing to do
  LateCapture late_capture = LateCapture::kStrict;
  PoolRange special_days;  // pool `days`, rising: holidays and make-up workdays
};

// Where a version of a programme stands.
enum class Stage : uint8_t {
  kValidated = 1,  // known and right; decides nothing
  kShadow = 2,     // its decisions are counted beside those of the active one
  kScheduled = 3,  // becomes active at an instant
  kActive = 4,
  kRetired = 5,    // was active
  kWithdrawn = 6,  // never was, and never will be
};

// A whole file, ready to apply.  The spans belong to whoever made it and must
// outlive the submission that carries it.
struct ProgrammeImage {
  ProgrammeSpec programme;
  std::span<const BenefitSpec> benefits;  // in the order of the file
  std::span<const LimitSpec> limits;
  std::span<const SegmentCode> segments;
  std::span<const MccRange> mccs;
  std::span<const MerchantId> merchants;
  std::span<const TerminalId> terminals;
  std::span<const ItemCode> items;
  std::span<const PriceStep> steps;
  std::span<const DayRange> days;
  std::span<const HoursRange> hours;
  std::span<const uint32_t> limit_refs;
  std::span<const FundingShareSpec> funding;
  std::span<const OverCapture> over_capture;  // no category twice
  // What the version begins as: kValidated, kShadow, kScheduled or kActive.
  Stage stage = Stage::kActive;
  TimestampNs activates_at;  // kScheduled
};

// ---- Rows ------------------------------------------------------------------

// All versions of a programme; in the order in which the codes first came, which is the
// order of precedence.
struct ProgrammeHead {
  ProgrammeCode code;
  ProgrammeRow newest;
  ProgrammeRow active;     // none = there is none, or it is retired
  ProgrammeRow shadow;     // at most one
  ProgrammeRow scheduled;  // at most one
  ActivationRow last_activation;
  uint32_t version_count = 0;
};
static_assert(sizeof(ProgrammeHead) == 56);

// Which version was active from an instant on, until the next row of the same head.
struct Activation {
  TimestampNs from;
  ProgrammeHeadRow head;
  ProgrammeRow version;    // none = retired
  ActivationRow previous;  // of the same head
  uint32_t reserved = 0;
};
static_assert(sizeof(Activation) == 24);

// One version.
struct Programme {
  ProgrammeCode code;
  uint32_t version = 0;  // 1, 2, ... within the code
  CalendarRow calendar;
  UnionNodeRow owner;
  ProgrammeHeadRow head;
  ProgrammeRow previous_version;  // none = the first
  Stage stage = Stage::kValidated;
  LateCapture late_capture = LateCapture::kStrict;
  std::array<uint8_t, 2> reserved{};
  TimestampNs starts_at;
  TimestampNs ends_at;
  TimestampNs applied_at;    // when the version came
  TimestampNs staged_at;     // since when its stage is what it is
  TimestampNs activates_at;  // kScheduled
  uint64_t content_hash = 0;
  BenefitRow first_benefit;
  uint32_t benefit_count = 0;
  LimitRow first_limit;
  uint32_t limit_count = 0;
  PoolRange over_capture;
  PoolRange special_days;
  DisplayName name;
};
static_assert(sizeof(Programme) == 232);

struct Limit {
  LimitCode code;
  ProgrammeRow programme;
  CounterSeriesRow series;
  LimitMeasure measure = LimitMeasure::kCount;
  LimitSubject subject = LimitSubject::kPerson;
  WindowKind window = WindowKind::kDay;
  WhenExceeded when_exceeded = WhenExceeded::kRefuse;
  RefundTo refund_to = RefundTo::kOriginalWindow;
  uint8_t union_level = 0;
  uint8_t span = 1;
  LimitScope scope = LimitScope::kAll;
  int64_t max = 0;
  uint64_t reserved = 0;
};
static_assert(sizeof(Limit) == 64);  // one cache line

// The terms of what a benefit asks for; see BenefitSpec.
struct BenefitTerms {
  VoucherSeriesRow series;
  LimitRow earlier_prices;
  uint32_t slot_ahead_days = 0;
  uint32_t slot_grace_minutes = 0;
  uint16_t slot_minutes = 0;
  uint16_t claim_days_max = 0;
  uint8_t approvals = 0;
  bool voucher_returns = false;
  std::array<uint8_t, 2> reserved{};
};
static_assert(sizeof(BenefitTerms) == 24);

// When a benefit is there for sure: in all seconds (NearestSecond32()) between these two.  At an
// instant of any other, its own times have to be asked.
struct SureSpan {
  uint32_t after_s = 0;
  uint32_t before_s = 0;

  [[nodiscard]] constexpr bool Holds(uint32_t second) const {
    return second > after_s && second < before_s;
  }
};

// Laid out as a decision reads it.  The first cache line is all that it asks of the usual
// benefit, which has one limit, one fund and no steps, and says what more there is to ask of
// another: the second has more of these, the third the rarer conditions.
struct Benefit {
  CalendarRow calendar;
  uint8_t asks = 0;  // bits of Asks
  uint8_t limit_count = 0;
  uint8_t funding_count = 0;
  bool require_real_name : 1 = true;
  bool combines : 1 = false;       // its layer is not 0
  bool has_calendar : 1 = false;   // weekdays, day_kinds, hours or closed_days
  bool has_items : 1 = false;      // items_any, items_none or pieces_max
  bool has_terminals : 1 = false;  // terminal_kinds or terminals
  bool has_members : 1 = false;    // sexes, segments_* or *_days_min
  bool has_stock : 1 = false;
  bool reserved_bit : 1 = false;
  SureSpan sure;  // of starts_at and ends_at
  LimitRow first_limit;
  FundRow first_fund;
  PriceRule price;  // its steps are in the second line
  TimestampNs starts_at;
  TimestampNs ends_at;
  std::array<LimitRow, kLimitsPerBenefitMax - 1> more_limits{};
  std::array<FundRow, kFundingSharesPerBenefitMax - 1> more_funds{};
  // What is asked for seldom.
  std::array<Bps, kFundingSharesPerBenefitMax> shares{};  // of the subsidy
  uint64_t segments_any = 0;
  uint64_t segments_all = 0;
  uint64_t segments_none = 0;
  FundRow stock;
  int32_t stock_units = 0;
  uint16_t member_days_min = 0;
  uint16_t segment_days_min = 0;
  uint8_t terminal_kinds = 0;
  uint8_t weekdays = 0;
  uint8_t day_kinds = 0;
  uint8_t sexes = 0;
  uint8_t layer = 0;
  StackBase base : 4 = StackBase::kListPrice;
  OfflinePolicy offline : 4 = OfflinePolicy::kAccept;
  std::array<uint8_t, 6> reserved_bytes{};
  ProgrammeRow programme;
  UnionNodeRow member_union;
  UnionNodeRow merchant_union;
  uint32_t pieces_max = 0;
  int64_t hold_s = kHoldSecondsDefault;
  PoolRange mccs;
  PoolRange merchants;  // sorted by row in the ledger's pool
  PoolRange terminals;  // likewise
  PoolRange hours;
  PoolRange closed_days;
  PoolRange items_any;
  PoolRange items_none;
  TermsRow terms;  // of what it asks for; none = it asks for nothing
  uint32_t reserved_word = 0;
  BenefitCode code;
  DisplayName name;
  std::array<uint8_t, 40> reserved{};  // to whole cache lines

  // REQUIRES: i < limit_count.
  [[nodiscard]] constexpr LimitRow limit(uint32_t i) const {
    return i == 0 ? first_limit : more_limits[i - 1];
  }
  constexpr void set_limit(uint32_t i, LimitRow row) {
    (i == 0 ? first_limit : more_limits[i - 1]) = row;
  }
  // REQUIRES: i < funding_count.
  [[nodiscard]] constexpr FundRow fund(uint32_t i) const {
    return i == 0 ? first_fund : more_funds[i - 1];
  }
  constexpr void set_fund(uint32_t i, FundRow row) {
    (i == 0 ? first_fund : more_funds[i - 1]) = row;
  }

  // Whether a decision goes on to the second line, and to the third.
  [[nodiscard]] constexpr bool has_second_line() const {
    return limit_count > 1 || funding_count > 1 || HasSteps(price);
  }
  [[nodiscard]] constexpr bool has_third_line() const {
    return has_terminals || has_members || has_calendar || has_stock || combines || asks != 0 ||
           funding_count > 1;
  }
};
static_assert(offsetof(Benefit, price) + offsetof(PriceRule, steps) == 64);
static_assert(offsetof(Benefit, shares) == 128);
static_assert(offsetof(Benefit, programme) == 192);
static_assert(sizeof(Benefit) == 448);  // seven cache lines: none lies across one more

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_PROGRAMME_H_
