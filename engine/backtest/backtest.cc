// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/backtest.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_format.h>

#include "engine/backtest/seq_map.h"
#include "engine/backtest/tally.h"
#include "engine/base/status_macros.h"
#include "engine/domain/original_names.h"
#include "engine/domain/rules_version.h"
#include "engine/durability/record_format.h"

namespace gonghui {
namespace {

constexpr uint64_t kEventsPerLook = 4'096;  // at memory and at the watcher
// A hold that only the scratch ledger has is swept when it is so much overdue; those that
// both have, when the recorded one was.
constexpr int64_t kOverdueNs = kNsPerSecond;

// No ledger comes so far, and none was loaded from elsewhere.
constexpr CommandSeq kNobodysSeq{kImportedSeqFirst.value() - 1};

bool IsTerminals(EventKind kind) {
  switch (kind) {
    case EventKind::kAuthorized:
    case EventKind::kCaptured:
    case EventKind::kReversed:
    case EventKind::kIncremented:
    case EventKind::kRefunded:
    case EventKind::kBatchClosed:
      return true;
    default:
      return false;
  }
}

class Backtest {
 public:
  Backtest(const Draft& draft,
           const BacktestOptions& options,
           const BacktestWatcher& watch,
           uint64_t last_seq,
           DraftRefusal* refusal)
      : draft_(draft),
        options_(options),
        watch_(watch),
        last_seq_(last_seq),
        refusal_(refusal),
        scratch_(std::make_unique<Scratch>(options.scratch)),
        tally_(draft.programme.programme.calendar, options.by_merchant_and_day) {}

  absl::Status OnBlock(const BlockView& block);
  // The period is over: nothing more of the journal is needed.
  [[nodiscard]] bool done() const { return done_; }
  absl::StatusOr<BacktestReport> Finish();

 private:
  static constexpr size_t kBatch = Ledger::kPrefetchMax;
  // The words of a fund's code and a receipt's.
  using Receipt = std::array<uint64_t, 8>;

  absl::Status OnEvent(size_t place, const Event& event);
  absl::Status Begin();
  absl::Status Look();
  void DecideBatch();
  void DecideAgain(const Event& recorded, const Ledger::Trail& trail);
  [[nodiscard]] TransactionId Translated(TransactionId id) const;
  void Compare(const Event& recorded, const Event* made);
  void PayGainedClaim(const Event& recorded, const Event& claim);
  void Sweep(const Event& recorded);
  void SweepOwn(TimestampNs at);
  void Thaw(const Event& recorded);
  void Judge(const Event& recorded);
  void Contribute(const Event& recorded);
  void Operate(const Event& recorded);
  [[nodiscard]] bool IsReplaced(const Event& recorded);
  void Note(const Event& recorded, const Event& made) {
    map_->Set(recorded.seq.value(), made.kind == EventKind::kNone ? 0 : made.seq.value());
  }
  [[nodiscard]] BacktestReport& report() { return tally_.report(); }

  const Draft& draft_;
  const BacktestOptions& options_;
  const BacktestWatcher& watch_;
  const uint64_t last_seq_;
  DraftRefusal* const refusal_;
  std::unique_ptr<Scratch> scratch_;
  Tally tally_;
  std::optional<WidenedDraft> widened_;
  std::optional<SeqMap> map_;  // from the period's beginning on
  uint64_t same_until_ = 0;
  bool done_ = false;
  // Something was decided otherwise: holds may be other ones.
  bool diverged_ = false;
  uint64_t next_look_ = 0;
  uint64_t first_seq_ = 0;
  // By receipts that were refused once: what stands under them in the record.
  absl::flat_hash_map<Receipt, Fen> recorded_contributions_;

  // Terminals' commands that wait to be decided together.
  std::array<RecordDecoder, kBatch> decoders_;
  std::array<const Event*, kBatch> events_{};
  size_t waiting_ = 0;
};

absl::Status Backtest::OnBlock(const BlockView& block) {
  std::span<const uint8_t> payload = block.payload;
  TimestampNs previous_at;
  if (first_seq_ == 0) {
    first_seq_ = block.header.first_seq;
  }
  for (uint32_t i = 0; i < block.header.event_count; ++i) {
    const uint64_t seq = block.header.first_seq + i;
    GH_ASSIGN_OR_RETURN(const Event* event, decoders_[waiting_].Next(&payload, seq, previous_at));
    previous_at = event->at;
    if (event->at >= options_.to) {
      done_ = true;
      break;
    }
    if (map_.has_value()) {
      report().events_of_other_rules += block.header.rules_version != kRulesVersion ? 1U : 0U;
    }
    GH_RETURN_IF_ERROR(OnEvent(waiting_, *event));
    if (seq >= next_look_) {
      GH_RETURN_IF_ERROR(Look());
      next_look_ = seq + kEventsPerLook;
    }
  }
  DecideBatch();
  if (!map_.has_value() && !done_) {
    GH_RETURN_IF_ERROR(scratch_->CheckState(block.header));
  }
  return done_ ? absl::CancelledError("the period is over") : absl::OkStatus();
}

absl::Status Backtest::OnEvent(size_t place, const Event& event) {
  if (!map_.has_value()) {
    if (event.at < options_.from) {
      scratch_->Follow(event);
      same_until_ = event.seq.value();
      return absl::OkStatus();
    }
    GH_RETURN_IF_ERROR(Begin());
  }
  if (IsTerminals(event.kind)) {
    events_[place] = &event;
    if (++waiting_ == kBatch) {
      DecideBatch();
    }
    return absl::OkStatus();
  }
  DecideBatch();
  switch (event.kind) {
    case EventKind::kHoldExpired:
      Sweep(event);
      break;
    case EventKind::kArchived:
      map_->Set(event.seq.value(), 0);  // the scratch ledger has room of its own
      break;
    case EventKind::kThawed:
      Thaw(event);
      break;
    case EventKind::kClaimApproved:
    case EventKind::kClaimRejected:
      Judge(event);
      break;
    case EventKind::kContributed:
    case EventKind::kContributionRevoked:
      Contribute(event);
      break;
    default:
      Operate(event);
      break;
  }
  return absl::OkStatus();
}

absl::Status Backtest::Begin() {
  map_.emplace(same_until_);
  scratch_->StopFollowing();
  tally_.Begin(Side::kBefore, scratch_->ledger());
  const Ledger& ledger = scratch_->ledger();
  const ProgrammeSpec& programme = draft_.programme.programme;
  const ProgrammeRow live = ledger.FindProgramme(programme.code);
  const bool is_live = live != ProgrammeRow{} && programme.content_hash != 0 &&
                       ledger.programmes()[live].content_hash == programme.content_hash;
  report().draft_is_live = is_live;
  const Draft* draft = &draft_;
  if (options_.widen_dates && !is_live) {
    widened_.emplace(draft_, options_.from, options_.to);
    draft = &widened_->draft();
    report().dates_widened = widened_->widened();
  }
  const bool applied = scratch_->Apply(*draft, options_.from, refusal_);
  if (!applied) {
    return absl::FailedPreconditionError("the ledger refuses the draft");
  }
  tally_.Begin(Side::kAfter, ledger);
  return absl::OkStatus();
}

absl::Status Backtest::Look() {
  scratch_->Tend();
  BacktestProgress progress;
  progress.step =
      map_.has_value() ? BacktestProgress::Step::kDecide : BacktestProgress::Step::kReplay;
  progress.done = next_look_;
  progress.total = last_seq_;
  return watch_ == nullptr || watch_(progress) ? absl::OkStatus()
                                               : absl::CancelledError("asked to stop");
}

// ---- Terminals ---------------------------------------------------------------------

void Backtest::DecideBatch() {
  if (waiting_ == 0) {
    return;
  }
  std::array<const Command*, kBatch> next;
  std::array<Ledger::Trail, kBatch> trails;
  for (size_t i = 0; i < waiting_; ++i) {
    next[i] = events_[i]->command;
  }
  scratch_->ledger().Prefetch({next.data(), waiting_}, events_[0]->at, {trails.data(), waiting_});
  for (size_t i = 0; i < waiting_; ++i) {
    DecideAgain(*events_[i], trails[i]);
  }
  waiting_ = 0;
}

void Backtest::DecideAgain(const Event& recorded, const Ledger::Trail& trail) {
  SweepOwn(recorded.at);
  tally_.Count(Side::kBefore, recorded);
  const bool is_authorization = recorded.kind == EventKind::kAuthorized;
  report().followups += is_authorization ? 0U : 1U;
  const Command& asked = *recorded.command;
  const bool assumed = is_authorization && !asked.authorize.capture_at_once &&
                       recorded.transaction.outcome == Outcome::kDeclined;
  const bool is_claim = is_authorization && asked.authorize.occasion != nullptr &&
                        asked.authorize.occasion->event_at != TimestampNs{};
  // Copied only when it is to be another: most are asked as they were.
  std::optional<Command> other;
  if (const TransactionId* const original = OriginalNamesOf(asked).id; original != nullptr) {
    other = asked;
    *OriginalNamesOf(*other).id = Translated(*original);
  } else if (assumed && !is_claim) {
    other = asked;
    other->authorize.capture_at_once = true;
  }
  const Event& made = scratch_->Run(other.has_value() ? *other : asked, recorded.at, trail);
  Note(recorded, made);
  if (made.kind != EventKind::kNone) {
    tally_.Count(Side::kAfter, made);
  }
  if (is_authorization) {
    Compare(recorded, made.kind == EventKind::kNone ? nullptr : &made);
    const bool gained =
        assumed && made.kind != EventKind::kNone && made.transaction.outcome != Outcome::kDeclined;
    report().holds_assumed_captured += gained ? 1U : 0U;
    if (gained && is_claim) {
      PayGainedClaim(recorded, made);
    }
    return;
  }
  const bool accepted = recorded.transaction.outcome != Outcome::kDeclined;
  const bool accepted_again =
      made.kind != EventKind::kNone && made.transaction.outcome != Outcome::kDeclined;
  if (accepted && !accepted_again) {
    const bool gone = recorded.transaction.original_found &&
                      (made.kind == EventKind::kNone || !made.transaction.original_found);
    ++(gone ? report().originals_gone : report().followups_refused);
  }
  diverged_ = diverged_ || accepted != accepted_again;
}

// Ids are made of sequences, and the scratch ledger has others.
TransactionId Backtest::Translated(TransactionId id) const {
  const CommandSeq seq = SeqOf(id);
  if (id == TransactionId{} || seq >= kImportedSeqFirst || seq.value() <= same_until_) {
    return id;
  }
  const uint64_t found = map_->Find(seq.value());
  return MakeTransactionId(scratch_->ledger().shard(),
                           found != 0 ? CommandSeq{found} : kNobodysSeq);
}

// A sale can not have been approved before it was made: such a claim is held, approved by as
// many as it takes, and captured, all at once.
void Backtest::PayGainedClaim(const Event& recorded, const Event& claim) {
  const Ledger& ledger = scratch_->ledger();
  const TransactionId id = MakeTransactionId(ledger.shard(), claim.seq);
  const BenefitRow benefit = claim.share_count != 0 ? claim.shares[0].benefit
                             : claim.use_count != 0 ? claim.uses[0].benefit
                                                    : BenefitRow{};
  const uint8_t approvals =
      benefit == BenefitRow{} ? uint8_t{0}
                              : ledger.benefit_terms()[ledger.benefits()[benefit].terms].approvals;
  Command command;
  JudgeClaimRequest judgement;
  judgement.claim = id;
  command.kind = CommandKind::kApproveClaim;
  command.judge_claim = &judgement;
  for (uint64_t i = 1; i <= approvals; ++i) {
    judgement.by.words[0] = (uint64_t{'0'} + i) << 56;  // "1", "2" ...
    scratch_->Run(command, recorded.at);
  }
  command.kind = CommandKind::kCapture;
  command.terminal = recorded.command->terminal;
  command.request_id = {UINT64_MAX, recorded.seq.value()};
  command.capture = CaptureRequest{};
  command.capture.original = id;
  const Event& made = scratch_->Run(command, recorded.at);
  if (made.kind != EventKind::kNone) {
    tally_.Count(Side::kAfter, made);
  }
}

void Backtest::Compare(const Event& recorded, const Event* made) {
  const Verdicts before = VerdictsOf(recorded.transaction);
  Verdicts after;
  if (made != nullptr) {
    after = VerdictsOf(made->transaction);
  } else {
    after = before;
    after.outcome = Outcome::kDeclined;
    ++report().undecided;
  }
  diverged_ = diverged_ || before.outcome != after.outcome || before.subsidy != after.subsidy;
  tally_.Compare(before, after, recorded.at);
}

// ---- What the engine did of itself ---------------------------------------------------

// One for one, so that histories that are alike stay so to the last hold.
void Backtest::Sweep(const Event& recorded) {
  tally_.Count(Side::kBefore, recorded);
  uint64_t made_seq = 0;
  if (scratch_->ledger().next_expiry() <= recorded.at) {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    const Event& made = scratch_->Run(command, recorded.at);
    if (made.kind != EventKind::kNone) {
      tally_.Count(Side::kAfter, made);
      made_seq = made.seq.value();
    }
  }
  map_->Set(recorded.seq.value(), made_seq);
}

void Backtest::SweepOwn(TimestampNs at) {
  while (diverged_ && scratch_->ledger().next_expiry() < kTimestampMax &&
         scratch_->ledger().next_expiry().value() + kOverdueNs <= at.value()) {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    const Event& made = scratch_->Run(command, at);
    if (made.kind == EventKind::kNone) {
      return;
    }
    tally_.Count(Side::kAfter, made);
  }
}

// What left memory before the period comes back as it was; what was decided in it is there,
// or is gone.
void Backtest::Thaw(const Event& recorded) {
  const CommandSeq seq = recorded.command->thaw->transaction.seq;
  if (seq.value() > same_until_ && seq < kImportedSeqFirst) {
    map_->Set(recorded.seq.value(), 0);
    return;
  }
  Note(recorded, scratch_->Run(*recorded.command, recorded.at));
}

// ---- Operators -------------------------------------------------------------------------

bool Backtest::IsReplaced(const Event& recorded) {
  const ProgrammeCode code = draft_.programme.programme.code;
  const Command& command = *recorded.command;
  switch (recorded.kind) {
    case EventKind::kProgrammeApplied:
      return command.programme->programme.code == code;
    case EventKind::kProgrammeRetired:
      return command.retire_programme->code == code;
    case EventKind::kProgrammeStaged:
      return command.stage_programme->code == code;
    case EventKind::kProgrammeActivated:
      return tally_.names(Side::kBefore).programme(recorded.row) == code;
    case EventKind::kFundSet:
      return std::any_of(draft_.funds.begin(), draft_.funds.end(), [&](const FundRequest& fund) {
        return fund.code == command.fund->code;
      });
    default:
      return false;
  }
}

// A person's word on a claim: comes as it came, and finds what the draft has made of it.
void Backtest::Judge(const Event& recorded) {
  SweepOwn(recorded.at);
  tally_.Count(Side::kBefore, recorded);
  ++report().followups;
  JudgeClaimRequest judgement = *recorded.command->judge_claim;
  judgement.claim = Translated(judgement.claim);
  Command command = *recorded.command;
  command.judge_claim = &judgement;
  const Event& made = scratch_->Run(command, recorded.at);
  Note(recorded, made);
  if (made.kind != EventKind::kNone) {
    tally_.Count(Side::kAfter, made);
  }
  const Result& result = scratch_->result();
  if (result.verdict == Verdict::kDecided || result.verdict == Verdict::kUnchanged) {
    return;
  }
  const bool gone = SeqOf(judgement.claim) == kNobodysSeq ||
                    result.admin_reason == AdminReason::kUnknownReference;
  ++(gone ? report().originals_gone : report().followups_refused);
  diverged_ = true;
}

void Backtest::Contribute(const Event& recorded) {
  SweepOwn(recorded.at);
  const Command& command = *recorded.command;
  const Ledger& ledger = scratch_->ledger();
  const bool paid_in = recorded.kind == EventKind::kContributed;
  const FundCode& fund = paid_in ? command.contribute->fund : command.revoke_contribution->fund;
  const ReceiptCode& receipt =
      paid_in ? command.contribute->receipt : command.revoke_contribution->receipt;
  Receipt key;
  std::copy(fund.words.begin(), fund.words.end(), key.begin());
  std::copy(receipt.words.begin(), receipt.words.end(), key.begin() + fund.words.size());
  // What stands under the receipt: on the scratch ledger, and in the record where that differs.
  const Fen standing =
      ledger.contributions()[ledger.FindContribution(ledger.FindFund(fund), receipt)].amount;
  const auto otherwise = recorded_contributions_.find(key);
  const Fen recorded_standing =
      otherwise == recorded_contributions_.end() ? standing : otherwise->second;
  const Fen before = paid_in ? command.contribute->amount : -recorded_standing;
  const Fen after = paid_in ? command.contribute->amount : -standing;
  tally_.Contribute(Side::kBefore, fund, before, recorded.at);
  const Event& made = scratch_->Run(command, recorded.at);
  Note(recorded, made);
  const bool refused = made.kind == EventKind::kNone;
  if (refused || otherwise != recorded_contributions_.end()) {
    recorded_contributions_[key] = paid_in ? before : Fen{0};
  }
  if (!refused) {
    tally_.Contribute(Side::kAfter, fund, after, recorded.at);
    return;
  }
  ++report().changes_refused;
  diverged_ = true;
}

// Of commands that were accepted, so what they were permitted to do they may do again.
void Backtest::Operate(const Event& recorded) {
  SweepOwn(recorded.at);
  tally_.Refresh(Side::kBefore, recorded);
  if (IsReplaced(recorded)) {
    ++report().changes_replaced;
    map_->Set(recorded.seq.value(), 0);
    return;
  }
  Command command = *recorded.command;
  MemberRequest member;
  CardRequest card;
  if (command.kind == CommandKind::kSetMember) {
    member = *command.member;
    member.reactivate = true;
    command.member = &member;
  } else if (command.kind == CommandKind::kSetCard) {
    card = *command.card;
    card.reactivate = true;
    command.card = &card;
  }
  const Event& made = scratch_->Run(command, recorded.at);
  Note(recorded, made);
  if (scratch_->result().verdict != Verdict::kDecided &&
      scratch_->result().verdict != Verdict::kUnchanged) {
    ++report().changes_refused;
  }
  tally_.Refresh(Side::kAfter, scratch_->ledger());
  if (recorded.kind == EventKind::kFundSet) {
    tally_.RefreshBudgets(Side::kAfter, scratch_->ledger());
  }
}

absl::StatusOr<BacktestReport> Backtest::Finish() {
  if (!map_.has_value()) {
    return absl::OutOfRangeError(done_ ? "nothing was decided in the period"
                                       : "the journal ends before the period begins");
  }
  BacktestReport result = tally_.Finish(scratch_->ledger());
  if (result.all.decisions == 0) {
    return absl::OutOfRangeError("nothing was decided in the period");
  }
  result.from = options_.from;
  result.to = options_.to;
  return result;
}

}  // namespace

absl::StatusOr<BacktestReport> BacktestBlocking(Journal& journal,
                                                const Draft& draft,
                                                const BacktestOptions& options,
                                                const BacktestWatcher& watch,
                                                DraftRefusal* refusal) {
  if (options.from >= options.to) {
    return absl::InvalidArgumentError("the period ends before it begins");
  }
  GH_ASSIGN_OR_RETURN(const JournalTail tail, journal.TailBlocking(options.scratch.shard));
  const auto run = std::make_unique<Backtest>(draft, options, watch, tail.next_seq - 1, refusal);
  if (tail.next_seq > 1) {
    const absl::Status read = journal.ReadBlocking(
        options.scratch.shard, 1, [&run](const BlockView& block) { return run->OnBlock(block); });
    if (!read.ok() && !run->done()) {
      return read;
    }
  }
  return run->Finish();
}

}  // namespace gonghui
