// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// *** START HERE ***  Compiles a programme file: YAML text in, either a programme
// that is ready to apply or every error of the file out, never something between.
//
// What only the ledger can know (does this merchant exist?) it refuses by naming
// a field and an index; Locate() turns that back into a place in the file.
//
// The language, by example: tests/programmes/*.yaml; what it means, exactly:
// docs/decisions/0006-programme-language.md; for editors: programme.schema.json.  In outline:
//
//   gonghui: 1                      # version of the language
//   programme: {code, name, owner, zone, day_starts_at, starts, until, holidays, workdays,
//               late_capture, over_capture: [{mcc, percent}]}
//   segments:  [{code, name}]       # defined when the file is applied
//   funds:     [{code, name, owner, budget, paid_by, starts, until, advices_may_overrun}]
//   groups:    [{code, name, merchants}]
//   limits:    [{code, per, level, each, uses | amount | price, only, when_exceeded, refund_to}]
//   benefits:  [{code, name, for, at, when, price | price_by, funding, split, stock, limits,
//               offline, combine: {layer, base}, hold, voucher, voucher_returns, slots, claim}]
//
//   for:      {real_name, sex, segments_any, segments_all, segments_none, in_segments_for,
//              member_for, union}
//   at:       {mcc, merchants, groups, terminals, terminal_ids, union,
//              items: {any_of, except, pieces_at_most}}
//   when:     {weekdays, days, hours, not_on, starts, until}
//   price:    {member_pays} | {percent_off, rounding} | {every, off} | {from, off} |
//             {tiers: [{from, percent_off | off}], rounding} |
//             {bands: [{from, percent_off}], rounding, counts_on} | {free},
//             with {at_most, minimum, member_pays_at_least, on_return} where they make sense
//   price_by: [{sex | segment, price}, ..., {price}]
//   funding:  {fund} or [{fund, share}]
//   stock:    {fund, units}
//   slots:    {minutes, places, ahead, grace, no_shows: {most, each}}
//   claim:    {approvals, within}
//
// What becomes of a benefit after its day is said where it is given, in one word (the
// first is what holds when nothing is said):
//
//   price's     on_return:    keep | claw_back | refuse
//   limit's     refund_to:    original_window | current_window | never
//   programme's late_capture: strict | force_post
//
// Dates are business days of the programme's zone; `until` is the first day on
// which it no longer holds, `2026-10-01..2026-10-07` names both ends.  Every amount has a unit.
//
// What can be seen to hold for nobody, nowhere or never is an error as well.
//
// Thread safety: Compile() may be called from any thread.  No exception leaves.

#ifndef GONGHUI_ENGINE_PROGRAMMES_COMPILER_H_
#define GONGHUI_ENGINE_PROGRAMMES_COMPILER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/programme.h"
#include "engine/domain/result.h"
#include "engine/programmes/diagnostic.h"

namespace gonghui {

inline constexpr int64_t kProgrammeLanguageVersion = 1;

struct CompileOptions {
  // Past this many errors the rest is counted, not listed.
  size_t diagnostics_max = 1000;
};

// Where something stands in the file.
struct SourcePlace {
  SourcePosition at;
  std::string path;
};

// A file without errors.  Movable; image() points into it.
struct CompiledFile {
  // Applied in this order, before the programme: what is there already with the
  // same content stays as it is.
  std::vector<SegmentRequest> segments;
  std::vector<FundRequest> funds;

  ProgrammeSpec programme;
  std::vector<BenefitSpec> benefits;
  std::vector<LimitSpec> limits;
  // The pools of the image.
  std::vector<SegmentCode> segment_refs;
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

  // Places of what the ledger resolves, index for index.
  struct Places {
    SourcePlace programme;
    SourcePlace owner;
    SourcePlace until;                  // of the programme
    std::vector<SourcePlace> segments;  // definitions
    std::vector<SourcePlace> funds;     // definitions
    std::vector<SourcePlace> fund_owners;
    std::vector<SourcePlace> fund_budgets;
    std::vector<SourcePlace> benefits;
    std::vector<SourcePlace> stocks;           // by benefit
    std::vector<SourcePlace> member_unions;    // by benefit
    std::vector<SourcePlace> merchant_unions;  // by benefit
    std::vector<SourcePlace> segment_refs;
    std::vector<SourcePlace> merchants;  // of a group: where the group names it
    std::vector<SourcePlace> terminals;
    std::vector<SourcePlace> funding;
  } places;

  // Valid as long as this object is neither moved nor changed.
  [[nodiscard]] ProgrammeImage image() const;

  // What the ledger's refusal of the programme (kApplyProgramme), of funds[i]
  // (kSetFund) or of segments[i] (kDefineSegment) is about.  Safe for any index.
  [[nodiscard]] Diagnostic Locate(Field field, AdminReason reason, uint32_t index) const;
  [[nodiscard]] Diagnostic LocateFund(Field field, AdminReason reason, uint32_t fund) const;
  [[nodiscard]] Diagnostic LocateSegment(Field field, AdminReason reason, uint32_t segment) const;
};

struct CompileOutcome {
  std::optional<CompiledFile> file;     // exactly when there are no diagnostics
  std::vector<Diagnostic> diagnostics;  // in the order of the file

  [[nodiscard]] bool ok() const { return file.has_value(); }
};

[[nodiscard]] CompileOutcome Compile(std::string_view text, const CompileOptions& options = {});

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_COMPILER_H_
