// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/simulation.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/backtest/tally.h"
#include "engine/base/status_macros.h"
#include "engine/durability/record_format.h"

namespace gonghui {
namespace {

constexpr uint64_t kVisitsPerLook = 4'096;

// Of active versions, in force on some day of [from, to).
std::vector<BacktestReport::BenefitName> GoodsBenefitsOf(const Ledger& ledger,
                                                         const ProgrammeCode& first,
                                                         TimestampNs from,
                                                         TimestampNs to) {
  std::vector<BacktestReport::BenefitName> found;
  const auto add = [&](const ProgrammeHead& head) {
    if (head.active == ProgrammeRow{}) {
      return;
    }
    const Programme& version = ledger.programmes()[head.active];
    BenefitCode told;  // the cases of a price follow each other, and are one benefit
    for (uint32_t i = 0; i < version.benefit_count && found.size() < kGoodsBenefitsMax; ++i) {
      const Benefit& benefit = ledger.benefits()[BenefitRow{version.first_benefit.value() + i}];
      if (benefit.has_items && benefit.code != told && benefit.starts_at < to &&
          benefit.ends_at > from) {
        found.push_back({head.code, benefit.code});
        told = benefit.code;
      }
    }
  };
  const auto& heads = ledger.programme_heads();
  add(heads[ledger.FindProgrammeHead(first)]);
  for (uint32_t i = 1; i <= heads.size(); ++i) {
    const ProgrammeHead& head = heads[ProgrammeHeadRow{i}];
    if (head.code != first) {
      add(head);
    }
  }
  return found;
}

class Simulation {
 public:
  Simulation(Journal& journal,
             const Draft& draft,
             const SimulationOptions& options,
             const BacktestWatcher& watch,
             uint64_t last_seq,
             DraftRefusal* refusal)
      : journal_(journal),
        draft_(draft),
        options_(options),
        watch_(watch),
        last_seq_(last_seq),
        refusal_(refusal),
        calendar_(draft.programme.programme.calendar),
        tally_(calendar_, options.by_merchant_and_day) {}

  absl::StatusOr<BacktestReport> RunBlocking();

 private:
  // What the first run keeps of a visit for the second to compare with.
  struct Kept {
    Fen subsidy;
    Reason reason = Reason::kNone;
    Outcome outcome = Outcome::kDeclined;
  };

  absl::Status ReplayBlocking(RecordedVisits* recorded);
  absl::Status FindDays();
  absl::Status ApplyDraft();
  template <class Visits>
  absl::Status Decide(Visits* visits, Side side);
  template <class Visits>
  absl::Status DecideBoth(Visits* visits);
  void CatchUp(TimestampNs at, std::optional<Side> side = std::nullopt);
  void DecideVisit(const Visit& visit, Side side, Prng* ids);
  void CaptureVisit(const Visit& visit, const RequestId& original, Side side, const RequestId& id);
  void Count(const Event& event, Side side) {
    if (event.kind != EventKind::kNone) {
      tally_.Count(side, event);
    }
  }
  [[nodiscard]] bool GoesOn(BacktestProgress::Step step, uint64_t done, uint64_t total) const {
    return watch_ == nullptr || watch_(BacktestProgress{step, done, total});
  }

  Journal& journal_;
  const Draft& draft_;
  const SimulationOptions& options_;
  const BacktestWatcher& watch_;
  const uint64_t last_seq_;
  DraftRefusal* const refusal_;
  const Calendar calendar_;
  Tally tally_;
  std::unique_ptr<Scratch> scratch_;
  std::optional<WidenedDraft> widened_;
  CivilDay first_day_ = 0;
  std::vector<Kept> kept_;
  size_t compared_ = 0;
};

absl::StatusOr<BacktestReport> Simulation::RunBlocking() {
  if (options_.days == 0 || options_.days > kSimulatedDaysMax) {
    return absl::InvalidArgumentError("1 to 366 days can be simulated");
  }
  std::optional<RecordedVisits> recorded;
  if (options_.like.has_value()) {
    recorded.emplace(calendar_, *options_.like);
  }
  GH_RETURN_IF_ERROR(ReplayBlocking(recorded.has_value() ? &*recorded : nullptr));
  GH_RETURN_IF_ERROR(FindDays());
  if (recorded.has_value()) {
    GH_RETURN_IF_ERROR(recorded->Begin(first_day_, options_.days));
    GH_RETURN_IF_ERROR(DecideBoth(&*recorded));
  } else {
    ProfileVisits visits(options_.profile, calendar_);
    GH_RETURN_IF_ERROR(visits.Begin(scratch_->ledger(), first_day_, options_.days));
    GH_RETURN_IF_ERROR(DecideBoth(&visits));
  }
  BacktestReport report = tally_.Finish(scratch_->ledger());
  report.is_simulated = true;
  report.unplayed = recorded.has_value() ? recorded->unplayed() : 0;
  report.from = StartOfBusinessDay(calendar_, first_day_);
  report.to = StartOfBusinessDay(calendar_, first_day_ + static_cast<CivilDay>(options_.days));
  if (!recorded.has_value()) {
    report.goods_benefits = GoodsBenefitsOf(
        scratch_->ledger(), draft_.programme.programme.code, report.from, report.to);
  }
  return report;
}

absl::Status Simulation::ReplayBlocking(RecordedVisits* recorded) {
  scratch_.reset();  // one at a time
  scratch_ = std::make_unique<Scratch>(options_.scratch);
  if (last_seq_ == 0) {
    return absl::OutOfRangeError("the journal is empty");
  }
  RecordDecoder decoder;
  bool done = false;
  const absl::Status read =
      journal_.ReadBlocking(options_.scratch.shard, 1, [&](const BlockView& block) -> absl::Status {
        std::span<const uint8_t> payload = block.payload;
        TimestampNs previous_at;
        for (uint32_t i = 0; i < block.header.event_count; ++i) {
          GH_ASSIGN_OR_RETURN(const Event* event,
                              decoder.Next(&payload, block.header.first_seq + i, previous_at));
          previous_at = event->at;
          scratch_->Follow(*event);
          if (recorded != nullptr) {
            recorded->Record(*event);
          }
        }
        GH_RETURN_IF_ERROR(scratch_->CheckState(block.header));
        scratch_->Tend();
        const uint64_t last = block.header.first_seq + block.header.event_count - 1;
        if (!GoesOn(BacktestProgress::Step::kReplay, last, last_seq_)) {
          return absl::CancelledError("asked to stop");
        }
        // Both runs end at the same place, whatever is appended meanwhile.
        done = last >= last_seq_;
        return done ? absl::CancelledError("far enough") : absl::OkStatus();
      });
  if (!done) {
    return read;
  }
  scratch_->StopFollowing();
  return absl::OkStatus();
}

absl::Status Simulation::FindDays() {
  const TimestampNs last = scratch_->ledger().applied_at();
  first_day_ = options_.first_day.value_or(BusinessDayOf(calendar_, last) + 1);
  return StartOfBusinessDay(calendar_, first_day_) > last
             ? absl::OkStatus()
             : absl::InvalidArgumentError(
                   "the first day has begun already: what was can be tried with a backtest");
}

absl::Status Simulation::ApplyDraft() {
  const Ledger& ledger = scratch_->ledger();
  const ProgrammeSpec& programme = draft_.programme.programme;
  const ProgrammeRow live = ledger.FindProgramme(programme.code);
  const bool is_live = live != ProgrammeRow{} && programme.content_hash != 0 &&
                       ledger.programmes()[live].content_hash == programme.content_hash;
  tally_.report().draft_is_live = is_live;
  const TimestampNs from = StartOfBusinessDay(calendar_, first_day_);
  const Draft* draft = &draft_;
  if (options_.widen_dates && !is_live) {
    widened_.emplace(
        draft_,
        from,
        StartOfBusinessDay(calendar_, first_day_ + static_cast<CivilDay>(options_.days)));
    draft = &widened_->draft();
    tally_.report().dates_widened = widened_->widened();
  }
  return scratch_->Apply(*draft, from, refusal_)
             ? absl::OkStatus()
             : absl::FailedPreconditionError("the ledger refuses the draft");
}

template <class Visits>
absl::Status Simulation::DecideBoth(Visits* visits) {
  const TimestampNs from = StartOfBusinessDay(calendar_, first_day_);
  kept_.reserve(visits->total());
  CatchUp(from);
  tally_.Begin(Side::kBefore, scratch_->ledger());
  GH_RETURN_IF_ERROR(Decide(visits, Side::kBefore));
  GH_RETURN_IF_ERROR(ReplayBlocking(nullptr));
  CatchUp(from);
  GH_RETURN_IF_ERROR(ApplyDraft());
  tally_.Begin(Side::kAfter, scratch_->ledger());
  visits->Restart();
  return Decide(visits, Side::kAfter);
}

template <class Visits>
absl::Status Simulation::Decide(Visits* visits, Side side) {
  Prng ids(options_.profile.seed ^ 0x5851'f42d'4c95'7f2d);
  const BacktestProgress::Step step =
      side == Side::kBefore ? BacktestProgress::Step::kBaseline : BacktestProgress::Step::kDecide;
  uint64_t done = 0;
  for (Visit visit; visits->Next(&visit); ++done) {
    if (done % kVisitsPerLook == 0) {
      scratch_->Tend();
      if (!GoesOn(step, done, visits->total())) {
        return absl::CancelledError("asked to stop");
      }
    }
    CatchUp(visit.at, side);
    DecideVisit(visit, side, &ids);
  }
  return absl::OkStatus();
}

// What the engine does of itself until then; of no side, as long as nothing is counted.
void Simulation::CatchUp(TimestampNs at, std::optional<Side> side) {
  const Ledger& ledger = scratch_->ledger();
  Command command;
  while (ledger.next_activation() <= at) {
    command.kind = CommandKind::kActivateDue;
    if (scratch_->Run(command, at).kind == EventKind::kNone) {
      break;
    }
  }
  while (ledger.next_expiry() <= at) {
    command.kind = CommandKind::kExpireHolds;
    const Event& made = scratch_->Run(command, at);
    if (made.kind == EventKind::kNone) {
      break;
    }
    if (side.has_value()) {
      Count(made, *side);
    }
  }
}

void Simulation::DecideVisit(const Visit& visit, Side side, Prng* ids) {
  Command command;
  command.kind = CommandKind::kAuthorize;
  command.terminal = scratch_->ledger().terminals()[visit.terminal].id;
  command.request_id = {ids->Next(), ids->Next()};
  command.authorize = AuthorizeRequest{};
  command.authorize.card = visit.card;
  command.authorize.list_price = visit.price;
  command.authorize.capture_at_once = !visit.hold;
  command.authorize.lines = visit.lines.data();
  command.authorize.line_count = static_cast<uint32_t>(visit.lines.size());
  const Event& made = scratch_->Run(command, visit.at);
  Count(made, side);
  Verdicts verdicts;
  verdicts.merchant = scratch_->ledger().terminals()[visit.terminal].merchant;
  if (made.kind == EventKind::kAuthorized) {
    verdicts = VerdictsOf(made.transaction);
  } else if (side == Side::kAfter) {
    ++tally_.report().undecided;
  }
  const bool captured =
      verdicts.approved() && visit.hold && visit.captured > Fen{0} && made.kind != EventKind::kNone;
  if (side == Side::kBefore) {
    kept_.push_back({verdicts.subsidy, verdicts.reason, verdicts.outcome});
  } else {
    Verdicts before = verdicts;
    const Kept& kept = kept_[compared_++];
    before.subsidy = kept.subsidy;
    before.reason = kept.reason;
    before.outcome = kept.outcome;
    tally_.Compare(before, verdicts, visit.at);
  }
  const RequestId capture_id{ids->Next(), ids->Next()};  // drawn whatever was decided
  if (captured) {
    CaptureVisit(visit, command.request_id, side, capture_id);
  }
}

void Simulation::CaptureVisit(const Visit& visit,
                              const RequestId& original,
                              Side side,
                              const RequestId& id) {
  Command command;
  command.kind = CommandKind::kCapture;
  command.terminal = scratch_->ledger().terminals()[visit.terminal].id;
  command.request_id = id;
  command.capture = CaptureRequest{};
  command.capture.original_request_id = original;
  command.capture.amount = visit.captured;
  command.capture.has_amount = true;
  Count(scratch_->Run(command, visit.at), side);
}

}  // namespace

absl::StatusOr<BacktestReport> SimulateBlocking(Journal& journal,
                                                const Draft& draft,
                                                const SimulationOptions& options,
                                                const BacktestWatcher& watch,
                                                DraftRefusal* refusal) {
  GH_ASSIGN_OR_RETURN(const JournalTail tail, journal.TailBlocking(options.scratch.shard));
  const auto run =
      std::make_unique<Simulation>(journal, draft, options, watch, tail.next_seq - 1, refusal);
  return run->RunBlocking();
}

}  // namespace gonghui
