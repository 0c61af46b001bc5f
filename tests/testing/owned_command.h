// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Commands that own what they point to, so that a test can keep every command
// and event of a run and evolve another ledger from them later.

#ifndef GONGHUI_TESTS_TESTING_OWNED_COMMAND_H_
#define GONGHUI_TESTS_TESTING_OWNED_COMMAND_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/programme.h"

namespace gonghui {

// A programme with its pools.  Ranges of a benefit are appended one at a time:
//   benefit.mccs = Append(programme.mccs, {{4111, 4111}});
struct OwnedProgramme {
  ProgrammeSpec spec;
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
  Stage stage = Stage::kActive;
  TimestampNs activates_at;  // kScheduled

  // Spans into this object.
  [[nodiscard]] ProgrammeImage Image() const;
};

template <class Item>
PoolRange Append(std::vector<Item>& pool, const std::vector<Item>& items) {
  const PoolRange range{static_cast<uint32_t>(pool.size()), static_cast<uint32_t>(items.size())};
  pool.insert(pool.end(), items.begin(), items.end());
  return range;
}

// A zone as programmes compile it, with the changes of 2025 to 2027: UTC,
// Asia:Shanghai, Europe:Berlin, America:New_York, Asia:Kathmandu (+05:45).
// False when it is none of these.
bool FindTestCalendar(std::string_view zone, Calendar* calendar);
Calendar TestCalendar(std::string_view zone, int32_t cutover_s = 0);

struct OwnedCommand {
  Command command;
  std::shared_ptr<const void> content;  // what the command points to
};

// A terminal's, with copies of its lines, of its occasion and of an advice's evidence; those
// of `command` may go.  GetEntitlements is given a list to be filled, all others details; what is
// explained, an explanation.
OwnedCommand Own(const Command& command);
// Authorize or Quote, with an explanation to be filled.
OwnedCommand OwnExplained(Command command);
// Own() with these lines, which add up to the list price; with these pieces to be given
// back; of what a terminal did without asking, with its evidence.
OwnedCommand OwnWithLines(Command command, const std::vector<LineItem>& lines);
OwnedCommand OwnWithLines(Command command, const std::vector<ReturnedLine>& lines);
OwnedCommand OwnAdvice(Command command, const AdviceRequest& advice);
// Own() of an authorization or quote that is brought about by this.
OwnedCommand OwnWithOccasion(Command command, const OccasionRequest& occasion);

// Makes empty what the command asked to be filled.  Before it is decided once more: a
// repeat fills the same memory again.
void ClearAnswers(const Command& command);
OwnedCommand Own(const SegmentRequest& request);
OwnedCommand Own(const UnionNodeRequest& request);
OwnedCommand Own(const MemberRequest& request);
OwnedCommand Own(const CardRequest& request);
OwnedCommand Own(const MerchantRequest& request);
OwnedCommand Own(const TerminalRequest& request);
OwnedCommand Own(const FundRequest& request);
OwnedCommand Own(OwnedProgramme programme);
OwnedCommand Own(const MemberStatusRequest& request);
OwnedCommand Own(const CardStatusRequest& request);
OwnedCommand Own(const ReplaceCardRequest& request);
OwnedCommand Own(const RetireProgrammeRequest& request);
OwnedCommand Own(const StageProgrammeRequest& request);
// These with copies of what they list.
OwnedCommand Own(const IssueVouchersRequest& request);
OwnedCommand Own(const VoidVouchersRequest& request);
OwnedCommand Own(const CommitDrawRequest& request);
OwnedCommand Own(const CloseDrawRequest& request);
OwnedCommand Own(const SettleDrawRequest& request);
OwnedCommand Own(const DrawPrizeRequest& request);
OwnedCommand Own(const ContributeRequest& request);
OwnedCommand Own(const RevokeContributionRequest& request);
// kApproveClaim, kRejectClaim.
OwnedCommand Own(CommandKind kind, const JudgeClaimRequest& request);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_OWNED_COMMAND_H_
