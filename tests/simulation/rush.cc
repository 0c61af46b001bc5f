// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/rush.h"

#include <algorithm>
#include <array>
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

namespace gonghui {
namespace {

constexpr size_t kBundleMax = 512;
constexpr size_t kBundles = 24;  // that may be under way
constexpr int64_t kHourNs = 3600 * kNsPerSecond;
// Shorter than holds last: of what expires the book knows nothing.
constexpr int64_t kHoursMax = 120;
constexpr int kStartsMax = 20;
constexpr int kTurnsOfRestMax = 1'000'000;

// Requests that are sent together, with their memory; used again and again.
struct Bundle {
  std::vector<Command> commands;
  std::vector<uint32_t> numbers;
  std::vector<bool> decided;
  std::array<Result, kBundleMax> results;
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
        book_(city_),
        options_(MakeOptions()) {
    for (auto& bundle : bundles_) {
      bundle = std::make_unique<Bundle>();
      bundle->commands.reserve(kBundleMax);
    }
    bundle_max_ = prng_.Chance(1, 4) ? 1 + prng_.Below(8) : 1 + prng_.Below(kBundleMax);
    // Some times in each run, however many turns it has.
    const uint64_t turns = plan.commands * 2 / (1 + bundle_max_);
    breaks_once_in_ = std::max<uint64_t>(turns / static_cast<uint64_t>(prng_.Between(4, 40)), 1);
  }

  SimOutcome Run() {
    clock_.PassTo(kCityNoon);
    StartAgain(/*faults=*/false);
    BuildWorld();
    if (plan_.disk_lies) {
      disk_.Lie();
    }
    while (ok() && book_.size() < plan_.commands) {
      TakeTurn();
    }
    if (ok()) {
      ComeToRest();
    }
    outcome_.problem = book_.problem();
    outcome_.commands = book_.size();
    return outcome_;
  }

 private:
  [[nodiscard]] bool ok() const { return book_.problem().empty(); }

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
    options.shard = 7;
    options.threads = EngineThreads::kNone;
    options.observer = this;
    options.pipeline = static_cast<CommitPipeline>(prng_.Between(1, 3));
    options.ring_slots = 1u << prng_.Between(2, 6);
    options.in_flight_commands_max = static_cast<uint32_t>(prng_.Between(512, 16'384));
    options.block_bytes_max = 1u << prng_.Between(10, 22);
    options.checkpoint_journal_bytes = uint64_t{1} << prng_.Between(16, 24);
    options.checkpoint_interval_ns = int64_t{1} << prng_.Between(24, 40);
    // In half of the runs all but the newest leave memory.
    options.archive_rows_max = prng_.Chance(1, 2) ? 1u << prng_.Between(10, 14) : UINT32_MAX;
    options.archive_slice_rows = 1u << prng_.Between(8, 13);
    options.archive_begin_rows = 1u << prng_.Between(6, 10);
    options.limits = LedgerPair::SmallLimits();
    options.limits.transactions_max = 1u << 22;
    options.limits.counters_max = 1u << 20;
    options.fail_stop = [this](const std::string& why) { failed_ = why; };
    options.archive_unreadable = [](const std::string&) {};
    return options;
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
  }

  // ---- Who asks ----

  Deed NewDeed() {
    Deed deed;
    deed.merchant = static_cast<uint16_t>(1 + prng_.Below(city_.merchants));
    deed.member = static_cast<uint32_t>(1 + prng_.Below(city_.members));
    deed.price_fen = static_cast<uint32_t>(100 * (1 + prng_.Below(100)));
    const uint64_t dice = prng_.Below(100);
    deed.kind = dice < 25 ? DeedKind::kHold : DeedKind::kSale;
    if (dice >= 75 && book_.size() > 1) {
      // One of the newest, or any.
      const uint64_t among =
          prng_.Chance(3, 4) ? std::min(book_.size() - 1, 2'000u) : book_.size() - 1;
      deed.original = static_cast<uint32_t>(book_.size() - 1 - prng_.Below(among));
      const Deed& original = book_.deed(deed.original);
      if (original.kind == DeedKind::kHold || original.kind == DeedKind::kSale) {
        const bool capture = original.kind == DeedKind::kHold && prng_.Chance(2, 3);
        deed.kind = capture ? DeedKind::kCapture : DeedKind::kReversal;
        deed.merchant = original.merchant;
      }
    }
    return deed;
  }

  void Fill(Bundle* bundle) {
    bundle->commands.clear();
    bundle->numbers.clear();
    const uint64_t count = 1 + prng_.Below(bundle_max_);
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t dice = prng_.Below(100);
      uint32_t number = 0;
      if (!again_.empty() && dice < 50) {
        number = again_.back();
        again_.pop_back();
      } else if (dice >= 90 && book_.size() > 1) {
        number = static_cast<uint32_t>(1 + prng_.Below(book_.size() - 1));
      } else {
        number = book_.Add(NewDeed());
      }
      bundle->numbers.push_back(number);
      bundle->commands.push_back(dice >= 95 && number + 1 < book_.size() ? book_.InquiryFor(number)
                                                                         : book_.CommandOf(number));
    }
    bundle->decided.assign(bundle->commands.size(), false);
    bundle->submission = Submission{};
    bundle->submission.commands = bundle->commands;
    bundle->submission.results = bundle->results.data();
    bundle->submission.completions = this;
    bundle->submission.user = bundle;
  }

  void Send() {
    const auto free = std::find_if(
        bundles_.begin(), bundles_.end(), [](const auto& bundle) { return !bundle->under_way; });
    if (free == bundles_.end()) {
      return;
    }
    Bundle* const bundle = free->get();
    Fill(bundle);
    if (engine_->Submit(&bundle->submission)) {
      bundle->under_way = true;
    } else {
      ++outcome_.faults[static_cast<size_t>(SimFault::kOverload)];
      again_.insert(again_.end(), bundle->numbers.begin(), bundle->numbers.end());
    }
  }

  // ---- What is decided and answered ----

  void OnDecision(const Ledger& ledger,
                  const Command& command,
                  TimestampNs now,
                  const Event& event,
                  const Result& result) override {
    switch (command.kind) {
      case CommandKind::kAuthorize:
      case CommandKind::kCapture:
      case CommandKind::kReverse:
        book_.OnDecision(command, now, event, result);
        break;
      case CommandKind::kGetTransaction:
        book_.OnInquiry(static_cast<uint32_t>(command.inquiry.request_id.low), result);
        break;
      case CommandKind::kExpireHolds:
        if (event.kind != EventKind::kNone) {
          book_.Report("a hold expired, which lasts longer than the simulation");
        }
        return;
      default:
        return;  // the world's, and the archive's
    }
    ++outcome_.operations;
    // Commands of a bundle stand side by side, so whose it is follows from where it stands.
    for (const auto& bundle : bundles_) {
      const auto at = static_cast<size_t>(&command - bundle->commands.data());
      if (&command >= bundle->commands.data() && at < bundle->commands.size()) {
        bundle->seen_seq = ledger.applied_seq().value();
        bundle->decided[at] = true;
        return;
      }
    }
    book_.Report("decided, and nobody asked");
  }

  void Complete(Submission* first) override {
    while (first != nullptr) {
      Submission* const submission = std::exchange(first, first->next);
      if (submission == building_) {
        building_ = nullptr;
        continue;
      }
      auto* const bundle = static_cast<Bundle*>(submission->user);
      bundle->under_way = false;
      if (!disk_.is_off()) {
        Acknowledge(*bundle);
      }
    }
  }

  void Acknowledge(const Bundle& bundle) {
    if (!failed_.empty() || bundle.seen_seq >= disk_.durable_next_seq()) {
      book_.Report(absl::StrCat("ANSWERED BEFORE DURABLE: up to event ",
                                bundle.seen_seq,
                                ", the disk has those before ",
                                disk_.durable_next_seq()));
    }
    for (size_t i = 0; i < bundle.commands.size(); ++i) {
      const Verdict verdict = bundle.results[i].verdict;
      if (!bundle.decided[i]) {
        if (verdict != Verdict::kFull) {
          book_.Report("answered, and not decided");
        }
        again_.push_back(bundle.numbers[i]);
      } else if (bundle.commands[i].kind != CommandKind::kGetTransaction) {
        book_.Acknowledge(bundle.numbers[i]);
      }
    }
    book_.ForgetChangesUpTo(disk_.durable_next_seq() - 1);
  }

  // ---- The machine ----

  void StepAll() {
    for (int worker = 1; worker <= kEngineWorkerCount; ++worker) {
      engine_->Step(static_cast<EngineWorker>(worker));
    }
  }

  bool Strikes(SimFault fault) {
    const bool strikes = plan_.faults.Has(fault) && prng_.Chance(1, 4);
    return strikes && !resting_;
  }

  void TakeTurn() {
    clock_.PassNs(1'000'000);
    if (hours_passed_ < kHoursMax && prng_.Chance(1, 4'096)) {
      ++hours_passed_;
      clock_.PassTo(TimestampNs{kCityNoon.value() + hours_passed_ * kHourNs});
    }
    Send();
    // Mostly in turn, so that much is done; now and then one of them is alone for a while.
    if (prng_.Chance(1, 16)) {
      const auto worker = static_cast<EngineWorker>(prng_.Between(1, kEngineWorkerCount));
      for (uint64_t i = prng_.Below(8); i > 0; --i) {
        engine_->Step(worker);
      }
    } else {
      engine_->Step(EngineWorker::kLedger);
      engine_->Step(EngineWorker::kJournal);
      const bool rare = prng_.Chance(1, 4);
      for (const auto worker :
           {EngineWorker::kCheckpoint, EngineWorker::kArchive, EngineWorker::kFilter}) {
        if (rare) {
          engine_->Step(worker);
        }
      }
    }
    if (prng_.Chance(1, breaks_once_in_)) {
      BreakDown();
    }
    if (!failed_.empty() || disk_.is_off()) {
      if (!disk_.has_struck()) {
        book_.Report("the engine stopped itself, and nothing was wrong: " + failed_);
        return;
      }
      StartAgain(/*faults=*/true);
    }
  }

  void BreakDown() {
    if (Strikes(SimFault::kPowerCut)) {
      ++outcome_.faults[static_cast<size_t>(SimFault::kPowerCut)];
      StartAgain(/*faults=*/true);
    } else if (Strikes(SimFault::kCutInCall)) {
      ++outcome_.faults[static_cast<size_t>(SimFault::kCutInCall)];
      disk_.CutPowerAfter(prng_.Below(200));
    } else if (Strikes(SimFault::kFailedWrite)) {
      disk_.FailNextWrite();
    } else if (Strikes(SimFault::kDiskFull)) {
      ++outcome_.faults[static_cast<size_t>(SimFault::kDiskFull)];
      disk_.SetFull(true);
    } else if (Strikes(SimFault::kOrderlyStop)) {
      ++outcome_.faults[static_cast<size_t>(SimFault::kOrderlyStop)];
      engine_->Stop();
      StartAgain(/*faults=*/true);
    }
  }

  void StartAgain(bool faults) {
    engine_.reset();
    for (auto& bundle : bundles_) {
      bundle->under_way = false;
    }
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
    if (faults) {
      for (const SimFault how : {SimFault::kBlockRot,
                                 SimFault::kBlockMisplaced,
                                 SimFault::kBlockLost,
                                 SimFault::kPageRot,
                                 SimFault::kPageStale}) {
        if (Strikes(how) && disk_.Damage(how)) {
          ++outcome_.faults[static_cast<size_t>(how)];
          break;
        }
      }
      if (Strikes(SimFault::kCutInRecovery)) {
        ++outcome_.faults[static_cast<size_t>(SimFault::kCutInRecovery)];
        disk_.CutPowerAfter(prng_.Below(400));
      }
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
    if (disk_.damage_was_read() && !disk_.is_stale()) {
      book_.Report("NOT NOTICED: " + disk_.damage());
    }
    disk_.Repair();
    if (engine_->names().funds().size() > 0) {
      book_.Compare(engine_->names(), "after a start");
    }
    return true;
  }

  void ComeToRest() {
    resting_ = true;
    if (!failed_.empty() || disk_.has_struck()) {
      StartAgain(/*faults=*/false);
    }
    disk_.SetFull(false);
    const auto waits = [this] {
      return std::any_of(
          bundles_.begin(), bundles_.end(), [](const auto& bundle) { return bundle->under_way; });
    };
    for (int i = 0; i < kTurnsOfRestMax && ok() && waits(); ++i) {
      StepAll();
    }
    if (ok() && waits()) {
      book_.Report("somebody is never answered");
    }
    if (!ok()) {
      return;
    }
    book_.Compare(engine_->names(), "at the end");
    if (const std::string broken = BrokenInvariant(engine_->names()); !broken.empty()) {
      book_.Report(broken);
    }
    engine_->Stop();
    const uint64_t hash = engine_->names().StateHash();
    StartAgain(/*faults=*/false);
    if (ok() && engine_->names().StateHash() != hash) {
      book_.Report("another state comes back after an orderly stop");
    }
  }

  const SimPlan& plan_;
  SimOutcome outcome_;
  Prng prng_;
  SimClock clock_;
  SimDisk disk_;
  const CityOptions city_;
  RushBook book_;
  const EngineOptions options_;
  uint64_t breaks_once_in_ = 1;
  uint64_t bundle_max_ = 1;
  std::unique_ptr<Engine> engine_;
  std::string failed_;
  std::array<std::unique_ptr<Bundle>, kBundles> bundles_;
  std::vector<uint32_t> again_;  // numbers that are asked again
  const Submission* building_ = nullptr;
  int64_t hours_passed_ = 0;
  bool resting_ = false;
};

}  // namespace

SimOutcome SimulateRush(const SimPlan& plan) {
  return Rush(plan).Run();
}

}  // namespace gonghui
