// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/scratch.h"

#include <algorithm>
#include <array>

#include <absl/strings/str_format.h>

#include "engine/base/virtual_array.h"
#include "engine/domain/rules_version.h"

namespace gonghui {
namespace {

// Leave together, when there are more than rows_max: an eighth of these, so that it is done
// seldom, but not more than this.
constexpr uint32_t kSliceRowsMax = 65'536;
constexpr uint32_t kRowsPerStep = 4'096;

}  // namespace

Scratch::Scratch(const ScratchOptions& options)
    : options_(options), ledger_(std::make_unique<Ledger>(options.shard, options.limits)) {}

void Scratch::Follow(const Event& event) {
  ledger_->Evolve(event);
}

absl::Status Scratch::CheckState(const BlockHeader& header) const {
  if (header.rules_version != kRulesVersion || ledger_->StateHash() == header.state_hash) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrFormat("block at seq %d: state hash %016x, replay gives %016x",
                      header.first_seq,
                      header.state_hash,
                      ledger_->StateHash()));
}

void Scratch::StopFollowing() {
  ledger_->ForgoDigests();
}

const Event& Scratch::Run(const Command& command, TimestampNs at, const Ledger::Trail& trail) {
  ledger_->Decide(command, at, trail, &event_, &result_);
  if (event_.kind != EventKind::kNone) {
    ledger_->Evolve(event_);
  }
  return event_;
}

bool Scratch::Apply(const Draft& draft, TimestampNs at, DraftRefusal* refusal) {
  const auto accepted = [&](const Command& command, uint32_t index) {
    Run(command, at);
    if (result_.verdict == Verdict::kDecided || result_.verdict == Verdict::kUnchanged) {
      return true;
    }
    *refusal = {command.kind, index, result_};
    return false;
  };
  Command command;
  for (uint32_t i = 0; i < draft.segments.size(); ++i) {
    command.kind = CommandKind::kDefineSegment;
    command.segment = &draft.segments[i];
    if (!accepted(command, i)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < draft.funds.size(); ++i) {
    command.kind = CommandKind::kSetFund;
    command.fund = &draft.funds[i];
    if (!accepted(command, i)) {
      return false;
    }
  }
  const ProgrammeCode code = draft.programme.programme.code;
  const ProgrammeHeadRow head = ledger_->FindProgrammeHead(code);
  if (head != ProgrammeHeadRow{} && ledger_->programme_heads()[head].scheduled != ProgrammeRow{}) {
    const ProgrammeRow scheduled = ledger_->programme_heads()[head].scheduled;
    const StageProgrammeRequest back{
        code, ledger_->programmes()[scheduled].version, Stage::kValidated, TimestampNs{}};
    command.kind = CommandKind::kStageProgramme;
    command.stage_programme = &back;
    if (!accepted(command, 0)) {
      return false;
    }
  }
  ProgrammeImage image = draft.programme;
  image.stage = Stage::kActive;
  image.activates_at = TimestampNs{};
  command.kind = CommandKind::kApplyProgramme;
  command.programme = &image;
  return accepted(command, 0);
}

void Scratch::Tend() {
  std::array<MemoryRange, Ledger::kUpcomingMax> upcoming;
  const size_t count = ledger_->TakeUpcomingMemory(upcoming);
  std::for_each_n(upcoming.begin(), count, PopulateMemory);
  if (ledger_->transactions().size() - ledger_->archived_rows() > options_.rows_max) {
    LetOldOnesLeave();
  }
  std::array<MemoryRange, Ledger::kReleasedMax> released;
  const size_t released_count = ledger_->TakeReleasedMemory(released);
  std::for_each_n(released.begin(), released_count, ReleaseMemory);
}

void Scratch::LetOldOnesLeave() {
  const uint32_t rows = ledger_->transactions().size() - ledger_->archived_rows();
  const uint32_t leaving =
      std::min(kSliceRowsMax, rows - options_.rows_max + options_.rows_max / 8);
  for (const ArchiveMark& mark : ledger_->StepsWithoutArchive(leaving, kRowsPerStep)) {
    Command command;
    command.kind = CommandKind::kArchive;
    command.archive = &mark;
    Run(command, ledger_->applied_at());
  }
}

}  // namespace gonghui
