// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/rush.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "engine/pipeline/engine.h"
#include "tests/model/compare_ledgers.h"
#include "tests/model/ledger_pair.h"
#include "tests/simulation/rush_book.h"
#include "tests/simulation/sim_clock.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_results.h"

namespace gonghui {
namespace {

constexpr uint16_t kShard = 7;
constexpr size_t kBundleMax = 256;
constexpr size_t kBundles = 16;  // that may be under way
constexpr int64_t kHourNs = 3600 * kNsPerSecond;
// Shorter than holds last: of what expires the book knows nothing.
constexpr int64_t kHoursMax = 120;
constexpr int kStartsMax = 20;
constexpr int64_t kTurnNs = 1'000'000;
constexpr size_t kShakyDeedsMin = 20'000;
constexpr int kTurnsOfRestMax = 1'000'000;
// Deeds that are asked for in the end, beside those since the last start.
constexpr uint32_t kAskedInTheEnd = 20'000;

// Requests that are sent together, with their memory; used again and again.
struct Bundle {
  std::vector<Command> commands;
  std::vector<uint32_t> numbers;
  // By command, of the result that was decided; 0 = it was not.
  std::vector<uint64_t> digests;
  std::array<Result, kBundleMax> results;
  TimestampNs sent_at;
  uint64_t seen_seq = 0;
  bool under_way = false;
  Submission submission;
};

class Rush final : private Completions, private DecisionObserver {
 public:
  explicit Rush(const SimPlan& plan)
      : plan_(plan),
        prng_(plan.seed ^ 0x7275),
        disk_(plan.seed ^ 0xd15c, &outcome_.faults),
        city_(MakeCity()),
        book_(city_, kShard),
        archives_(prng_.Chance(1, 2)),
        shaky_(prng_.Chance(1, 8) || plan.disk_lies),
        options_(MakeOptions()) {
    for (auto& bundle : bundles_) {
      bundle = std::make_unique<Bundle>();
      bundle->commands.reserve(kBundleMax);
      bundle->numbers.reserve(kBundleMax);
    }
    bundle_max_ = prng_.Chance(1, 8) ? 1 + prng_.Below(8) : 16 + prng_.Below(kBundleMax - 15);
    MakeBreaks();
  }

  SimOutcome Run() {
    clock_.PassTo(kCityNoon);
    StartAgain(/*faults=*/false);
    BuildWorld();
    if (plan_.disk_lies) {
      disk_.Lie();
    }
    while (ok() && book_.size() < deeds_max_) {
      TakeTurn();
    }
    if (ok()) {
      ComeToRest();
    }
    if (ok()) {
      Audit();
    }
    outcome_.problem = book_.problem();
    outcome_.commands = book_.size();
    return outcome_;
  }

 private:
  [[nodiscard]] bool ok() const { return book_.problem().empty(); }
  void Count(SimFault fault) { ++outcome_.faults[static_cast<size_t>(fault)]; }

  CityOptions MakeCity() {
    CityOptions city;
    city.members = static_cast<uint32_t>(prng_.Between(20, 2'000));
    city.merchants = static_cast<uint32_t>(prng_.Between(6, 60));
    city.benefits_per_category = 1;
    city.funds = static_cast<uint32_t>(prng_.Between(1, 6));
    city.fund_budget_fen = int64_t{1} << prng_.Between(14, 40);
    city.uses_per_day = int64_t{1} << prng_.Between(0, 15);
    return city;
  }

  EngineOptions MakeOptions() {
    EngineOptions options;
    options.shard = kShard;
    options.threads = EngineThreads::kNone;
    options.observer = this;
    options.pipeline = static_cast<CommitPipeline>(prng_.Between(1, 3));
    options.ring_slots = 1u << prng_.Between(2, 4);
    options.in_flight_commands_max = static_cast<uint32_t>(prng_.Between(512, 4'096));
    options.block_bytes_max = 1u << prng_.Between(10, 20);
    options.checkpoint_journal_bytes = uint64_t{1}
                                       << (shaky_ ? prng_.Between(15, 18) : prng_.Between(20, 25));
    options.checkpoint_interval_ns = int64_t{1}
                                     << (shaky_ ? prng_.Between(26, 36) : prng_.Between(32, 40));
    // In half of the runs all but the newest leave memory.
    options.archive_rows_max = archives_ ? 1u << prng_.Between(10, 14) : UINT32_MAX;
    options.archive_slice_rows = 1u << prng_.Between(8, 13);
    options.archive_begin_rows = 1u << prng_.Between(6, 10);
    options.limits = LedgerPair::SmallLimits();
    // Never full: a deed makes a row, and one more each time that it comes back.  Not much
    // more, because the memory of large tables comes in large pages, which are cleared.
    options.limits.transactions_max = static_cast<uint32_t>(
        std::bit_ceil(std::clamp<uint64_t>(4 * plan_.commands, 1u << 18, 1u << 28)));
    options.limits.counters_max = 1u << 20;
    options.fail_stop = [this](const std::string& why) { failed_ = why; };
    options.archive_unreadable = [](const std::string&) {};
    return options;
  }

  // A start reads all that is in memory, so that where much is, few fit into the time of many
  // operations.  None of this depends on how many commands there are: with fewer of them the
  // same happens up to there.
  void MakeBreaks() {
    deeds_max_ = shaky_ ? std::min(plan_.commands, std::max(plan_.commands / 16, kShakyDeedsMin))
                        : plan_.commands;
    operations_between_breaks_ = uint64_t{1} << (shaky_      ? prng_.Between(8, 11)
                                                 : archives_ ? prng_.Between(15, 18)
                                                             : prng_.Between(17, 19));
    DrawNextBreak();
  }

  void DrawNextBreak() {
    next_break_ = outcome_.operations + 1 + prng_.Below(2 * operations_between_breaks_);
  }

  void BuildWorld() {
    BuildCity(city_, [this](const Command& command) {
      Result result;
      Submission submission;
      submission.commands = {&command, 1};
      submission.results = &result;
      submission.completions = this;
      GH_CHECK(engine_->Submit(&submission));
      building_ = &submission;
      for (int i = 0; i < 100 && building_ != nullptr; ++i) {
        StepAll();
      }
      GH_CHECK(building_ == nullptr, "a world can not be built");
    });
    is_built_ = true;
  }

  // ---- Who asks ----

  Deed NewDeed() {
    Deed deed;
    deed.merchant = static_cast<uint16_t>(1 + prng_.Below(city_.merchants));
    deed.member = static_cast<uint16_t>(1 + prng_.Below(city_.members));
    deed.price_fen = static_cast<uint16_t>(100 * (1 + prng_.Below(100)));
    const uint64_t dice = prng_.Below(100);
    deed.kind = dice < 25 ? DeedKind::kHold : DeedKind::kSale;
    if (dice >= 75 && book_.size() > 1) {
      deed.original = AnyDeed();
      const Deed& original = book_.deed(deed.original);
      if (original.is_authorization()) {
        const bool capture = original.kind == DeedKind::kHold && prng_.Chance(2, 3);
        deed.kind = capture ? DeedKind::kCapture : DeedKind::kReversal;
        deed.merchant = original.merchant;
      }
    }
    return deed;
  }

  // One of the newest, or now and then any.  REQUIRES: there is one.
  uint32_t AnyDeed() {
    const uint64_t count = book_.size() - 1;
    const uint64_t among = prng_.Chance(15, 16) ? std::min<uint64_t>(count, 2'000) : count;
    return static_cast<uint32_t>(count - prng_.Below(among));
  }

  void Fill(Bundle* bundle) {
    Empty(bundle);
    for (uint64_t count = 1 + prng_.Below(bundle_max_); count > 0; --count) {
      const uint64_t dice = prng_.Below(100);
      if (!again_.empty() && dice < 50) {
        Ask(bundle, again_.back());
        again_.pop_back();
      } else if (dice >= 95 && book_.size() > 1) {
        Inquire(bundle, AnyDeed());
      } else if (dice >= 90 && book_.size() > 1) {
        Ask(bundle, AnyDeed());
      } else {
        Ask(bundle, book_.Add(NewDeed()));
      }
    }
  }

  static void Empty(Bundle* bundle) {
    bundle->commands.clear();
    bundle->numbers.clear();
  }
  void Ask(Bundle* bundle, uint32_t number) {
    bundle->numbers.push_back(number);
    bundle->commands.push_back(book_.CommandOf(number));
  }
  void Inquire(Bundle* bundle, uint32_t number) {
    bundle->numbers.push_back(number);
    bundle->commands.push_back(book_.InquiryFor(number));
  }

  Bundle* FreeBundle() {
    const auto free = std::find_if(
        bundles_.begin(), bundles_.end(), [](const auto& bundle) { return !bundle->under_way; });
    return free == bundles_.end() ? nullptr : free->get();
  }

  // False: nothing can be sent now.
  bool Send() {
    Bundle* const bundle = FreeBundle();
    if (bundle == nullptr) {
      return false;
    }
    Fill(bundle);
    if (Submit(bundle)) {
      return true;
    }
    Count(SimFault::kOverload);
    again_.insert(again_.end(), bundle->numbers.begin(), bundle->numbers.end());
    return false;
  }

  bool Submit(Bundle* bundle) {
    bundle->digests.assign(bundle->commands.size(), 0);
    bundle->sent_at = TimestampNs{clock_.NowNs()};
    bundle->seen_seq = 0;
    bundle->submission = Submission{};
    bundle->submission.commands = bundle->commands;
    bundle->submission.results = bundle->results.data();
    bundle->submission.completions = this;
    bundle->submission.user = bundle;
    bundle->under_way = engine_->Submit(&bundle->submission);
    return bundle->under_way;
  }

  // ---- What is decided and answered ----

  void OnDecision(const Ledger& ledger,
                  const Command& command,
                  TimestampNs now,
                  const Event& event,
                  const Result& result) override {
    if (now > clock_.highest() || now < last_decision_at_) {
      book_.Report("decided at an instant that no clock has shown, or before the one before");
    }
    last_decision_at_ = now;
    switch (command.kind) {
      case CommandKind::kAuthorize:
      case CommandKind::kCapture:
      case CommandKind::kReverse:
      case CommandKind::kGetTransaction:
        return OnAsked(ledger, command, now, event, result);
      case CommandKind::kArchive:
      case CommandKind::kThaw:
        return;
      case CommandKind::kExpireHolds:
        if (event.kind != EventKind::kNone) {
          book_.Report("a hold expired, which lasts longer than the simulation");
        }
        return;
      default:
        if (is_built_) {
          book_.Report("decided, and nobody asked");
        }
    }
  }

  void OnAsked(const Ledger& ledger,
               const Command& command,
               TimestampNs now,
               const Event& event,
               const Result& result) {
    ++outcome_.operations;
    Bundle* const bundle = BundleOf(command);
    if (bundle == nullptr) {
      return book_.Report("decided, and nobody asked");
    }
    const auto at = static_cast<size_t>(&command - bundle->commands.data());
    if (bundle->digests[at] != 0 || &result != &bundle->results[at]) {
      return book_.Report("decided twice, or into another's memory");
    }
    if (now < bundle->sent_at) {
      book_.Report("decided as of an instant before it was sent");
    }
    bundle->seen_seq = ledger.applied_seq().value();
    bundle->digests[at] = DigestOf(result);
    const uint32_t number = bundle->numbers[at];
    command.kind == CommandKind::kGetTransaction ? book_.OnInquiry(number, event, result)
                                                 : book_.OnDecision(number, now, event, result);
  }

  // Commands of a bundle stand side by side and are decided one after another, so whose it is
  // follows from where it stands.  Null: nobody's that is under way.
  Bundle* BundleOf(const Command& command) {
    const auto has = [&command](const Bundle& bundle) {
      return bundle.under_way && std::greater_equal<>()(&command, bundle.commands.data()) &&
             std::less<>()(&command, bundle.commands.data() + bundle.commands.size());
    };
    if (deciding_ == nullptr || !has(*deciding_)) {
      const auto at = std::find_if(
          bundles_.begin(), bundles_.end(), [&has](const auto& bundle) { return has(*bundle); });
      deciding_ = at == bundles_.end() ? nullptr : at->get();
    }
    return deciding_;
  }

  void Complete(Submission* first) override {
    while (first != nullptr) {
      Submission* const submission = std::exchange(first, first->next);
      if (submission == building_) {
        building_ = nullptr;
        continue;
      }
      auto* const bundle = static_cast<Bundle*>(submission->user);
      if (!std::exchange(bundle->under_way, false)) {
        return book_.Report("completed twice, or never submitted");
      }
      if (!disk_.is_off()) {
        Acknowledge(*bundle);
      }
    }
    book_.ForgetChangesUpTo(disk_.durable_next_seq() - 1);
  }

  void Acknowledge(const Bundle& bundle) {
    if (!failed_.empty()) {
      book_.Report("ANSWERED after the engine stopped itself: " + failed_);
    }
    if (bundle.seen_seq >= disk_.durable_next_seq()) {
      book_.Report(absl::StrCat("ANSWERED BEFORE DURABLE: up to event ",
                                bundle.seen_seq,
                                ", the disk has those before ",
                                disk_.durable_next_seq()));
    }
    for (size_t i = 0; i < bundle.commands.size(); ++i) {
      if (bundle.digests[i] == 0) {  // neither is anything full here, nor does an archive rot
        book_.Report("answered, and not decided");
      } else if (bundle.digests[i] != DigestOf(bundle.results[i])) {
        book_.Report(absl::StrCat("TOLD OTHERWISE than decided: deed ", bundle.numbers[i]));
      } else if (bundle.commands[i].kind != CommandKind::kGetTransaction) {
        book_.Acknowledge(bundle.numbers[i]);
        told_since_start_.push_back(bundle.numbers[i]);
      }
    }
  }

  // ---- The machine ----

  void StepAll() {
    for (int worker = 1; worker <= kEngineWorkerCount; ++worker) {
      engine_->Step(static_cast<EngineWorker>(worker));
    }
  }

  // Drawn whether it may strike or not: with fewer kinds the rest stays as it is.
  bool Strikes(SimFault fault, uint64_t once_in) {
    return prng_.Chance(1, once_in) && plan_.faults.Has(fault);
  }

  void TakeTurn() {
    clock_.PassTo(TimestampNs{clock_.NowNs() + kTurnNs});
    if (hours_passed_ < kHoursMax && prng_.Chance(1, 4'096)) {
      ++hours_passed_;
      clock_.PassTo(TimestampNs{kCityNoon.value() + hours_passed_ * kHourNs});
    }
    const bool rare = prng_.Chance(1, 16);
    // Now and then all at once, more than the engine takes.
    for (size_t i = rare ? prng_.Below(kBundles) : 0; Send() && i > 0; --i) {
    }
    // Mostly in turn, so that much is done; now and then one of them is alone for a while.
    if (rare) {
      const auto worker = static_cast<EngineWorker>(prng_.Between(1, kEngineWorkerCount));
      for (uint64_t i = prng_.Below(8); i > 0; --i) {
        engine_->Step(worker);
      }
    } else {
      engine_->Step(EngineWorker::kLedger);
      engine_->Step(EngineWorker::kJournal);
      if (prng_.Chance(1, 4)) {
        engine_->Step(EngineWorker::kCheckpoint);
        engine_->Step(EngineWorker::kArchive);
        engine_->Step(EngineWorker::kFilter);
      }
    }
    if (outcome_.operations >= next_break_) {
      DrawNextBreak();
      BreakDown();
    }
    CheckFailStop();
    if (ok() && (!failed_.empty() || disk_.is_off())) {
      if (!disk_.has_struck()) {
        return book_.Report("the engine stopped itself, and nothing was wrong: " + failed_);
      }
      StartAgain(/*faults=*/true);
    }
  }

  // Where the power is gone nobody can tell what the engine would do.
  void CheckFailStop() {
    if (disk_.write_has_failed() && !disk_.is_off() && failed_.empty()) {
      book_.Report("A WRITE FAILED, and the engine goes on");
    }
  }

  void BreakDown() {
    constexpr std::array kBreaks{SimFault::kPowerCut,
                                 SimFault::kCutInCall,
                                 SimFault::kFailedWrite,
                                 SimFault::kDiskFull,
                                 SimFault::kOrderlyStop};
    const SimFault how = kBreaks[prng_.Below(kBreaks.size())];
    const uint64_t calls = prng_.Below(200);
    if (!plan_.faults.Has(how)) {
      return;
    }
    Send();  // so that somebody is in the midst of something
    switch (how) {
      case SimFault::kPowerCut:
        Count(how);
        return StartAgain(/*faults=*/true);
      case SimFault::kCutInCall:
        return disk_.CutPowerAfter(calls);
      case SimFault::kFailedWrite:
        return disk_.FailNextWrite();
      case SimFault::kDiskFull:
        return disk_.SetFull(true);
      default:
        Count(how);
        StopInOrder();
        return StartAgain(/*faults=*/true);
    }
  }

  void StopInOrder() {
    engine_->Stop();
    CheckFailStop();
    if (failed_.empty() && AnybodyWaits() && !disk_.is_off()) {
      book_.Report("stopped in order, and somebody was never answered");
    }
    if (!failed_.empty() && !disk_.has_struck()) {
      book_.Report("the engine failed to stop: " + failed_);
    }
  }

  void StartAgain(bool faults) {
    engine_.reset();
    for (auto& bundle : bundles_) {
      bundle->under_way = false;
    }
    told_since_start_.clear();
    for (int i = 0; i < kStartsMax && ok(); ++i) {
      if (TryStart(faults && i < kStartsMax / 2)) {
        return;
      }
    }
    book_.Report("does not start any more");
  }

  bool TryStart(bool faults) {
    disk_.Repair();
    disk_.PowerOn();
    failed_.clear();
    book_.GoBackTo(disk_.durable_next_seq() - 1, &again_);
    last_decision_at_ = TimestampNs{};
    if (faults) {
      BreakSomethingBeforeStart();
    }
    ++outcome_.starts;
    auto started =
        Engine::Start(options_, clock_, disk_.journal(), &disk_.checkpoints(), &disk_.archive());
    if (!started.ok()) {
      const bool for_a_reason = disk_.has_struck() || disk_.damage_was_read();
      if (!for_a_reason) {
        book_.Report("does not start: " + started.status().ToString());
      }
      return false;
    }
    engine_ = *std::move(started);
    disk_.Started();
    if (disk_.has_struck()) {
      book_.Report("starts, although a call of the disk failed");
    }
    if (disk_.damage_was_read() && !disk_.is_stale()) {
      book_.Report("NOT NOTICED: " + disk_.damage());
    }
    disk_.Repair();
    if (is_built_) {
      book_.Compare(engine_->names(), "after a start");
    }
    return true;
  }

  void BreakSomethingBeforeStart() {
    constexpr std::array kDamages{SimFault::kBlockRot,
                                  SimFault::kBlockMisplaced,
                                  SimFault::kBlockLost,
                                  SimFault::kPageRot,
                                  SimFault::kPageStale};
    const SimFault how = kDamages[prng_.Below(kDamages.size())];
    if (Strikes(how, shaky_ ? 2 : 4) && disk_.Damage(how)) {
      Count(how);
    }
    const uint64_t calls = prng_.Below(2 * (disk_.page_count() + 10));
    if (Strikes(SimFault::kCutInRecovery, 6)) {
      disk_.CutPowerAfter(calls);
    }
  }

  // ---- The end ----

  [[nodiscard]] bool AnybodyWaits() const {
    return std::any_of(
        bundles_.begin(), bundles_.end(), [](const auto& bundle) { return bundle->under_way; });
  }

  void WaitForAll() {
    for (int i = 0; i < kTurnsOfRestMax && ok() && AnybodyWaits(); ++i) {
      StepAll();
    }
    if (ok() && AnybodyWaits()) {
      book_.Report("somebody is never answered");
    }
  }

  // Nothing goes wrong any more.
  void ComeToRest() {
    asked_in_the_end_ = told_since_start_;
    if (!failed_.empty() || disk_.has_struck()) {
      StartAgain(/*faults=*/false);
    }
    disk_.Disarm();
    WaitForAll();
  }

  void Audit() {
    asked_in_the_end_.insert(
        asked_in_the_end_.end(), told_since_start_.begin(), told_since_start_.end());
    book_.CheckItself();
    book_.Compare(engine_->names(), "at the end");
    // Takes as long as a fifth of the run, and the book has compared what it knows already.
    if (prng_.Chance(1, 4)) {
      if (const std::string broken = BrokenInvariant(engine_->names()); !broken.empty()) {
        book_.Report(broken);
      }
    }
    StopInOrder();
    const uint64_t hash = engine_->names().StateHash();
    StartAgain(/*faults=*/false);
    if (ok() && engine_->names().StateHash() != hash) {
      book_.Report("another state comes back after an orderly stop");
    }
    AskInTheEnd();
  }

  // For all that was told since the last start, and for so many of all.
  void AskInTheEnd() {
    for (uint32_t i = 0; i < kAskedInTheEnd; ++i) {
      const auto number = static_cast<uint32_t>(1 + prng_.Below(book_.size() - 1));
      if (book_.deed(number).acknowledged) {
        asked_in_the_end_.push_back(number);
      }
    }
    for (size_t i = 0; i < asked_in_the_end_.size() && ok();) {
      Bundle* const bundle = FreeBundle();
      Empty(bundle);
      for (; bundle->commands.size() < kBundleMax && i < asked_in_the_end_.size(); ++i) {
        Inquire(bundle, asked_in_the_end_[i]);
      }
      if (!Submit(bundle)) {
        return book_.Report("an idle engine takes no question");
      }
      WaitForAll();
    }
  }

  const SimPlan& plan_;
  SimOutcome outcome_;
  Prng prng_;
  SimClock clock_;
  SimDisk disk_;
  const CityOptions city_;
  RushBook book_;
  const bool archives_;
  const bool shaky_;  // breaks down so often that little comes of it
  const EngineOptions options_;
  size_t deeds_max_ = 0;
  uint64_t operations_between_breaks_ = 1;  // on average
  uint64_t next_break_ = 0;                 // at so many operations
  uint64_t bundle_max_ = 1;
  std::unique_ptr<Engine> engine_;
  std::string failed_;
  TimestampNs last_decision_at_;  // of this engine
  std::array<std::unique_ptr<Bundle>, kBundles> bundles_;
  Bundle* deciding_ = nullptr;
  std::vector<uint32_t> again_;  // numbers that are asked again
  std::vector<uint32_t> told_since_start_;
  std::vector<uint32_t> asked_in_the_end_;
  const Submission* building_ = nullptr;
  int64_t hours_passed_ = 0;
  bool is_built_ = false;
};

}  // namespace

SimOutcome SimulateRush(const SimPlan& plan) {
  return Rush(plan).Run();
}

}  // namespace gonghui
