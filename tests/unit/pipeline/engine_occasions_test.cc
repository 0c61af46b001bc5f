// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine with vouchers, draws, appointments, claims and contributions: what they point to
// is copied, and a crash at any moment, with a checkpoint or without, gives the same state.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/durability/memory_archive.h"
#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

constexpr TimestampNs AtMinute(int64_t minute) {
  return TimestampNs{kCityNoon.value() + minute * kNsPerMinute};
}
constexpr VoucherKey Key(uint64_t number) {
  return VoucherKey{number << 40 | number, number};
}
Digest DigestOf(uint8_t byte) {
  Digest digest;
  digest.fill(byte);
  return digest;
}

// What members of the city get at every merchant beside what the city has: three benefits,
// that ask for a voucher, for a slot and for a claim.
OwnedProgramme MakeAsking() {
  OwnedProgramme programme;
  programme.spec.code = CodeOf<ProgrammeCode>("asking");
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.starts_at = TimestampNs{kTimestampNsMin};
  programme.spec.ends_at = TimestampNs{kTimestampNsMax};
  const auto add_limit = [&programme](const char* code, auto&& change) {
    LimitSpec limit;
    limit.code = CodeOf<LimitCode>(code);
    limit.max = 100;
    change(limit);
    programme.limits.push_back(limit);
  };
  add_limit("entry", [](LimitSpec& limit) { limit.window = WindowKind::kProgramme; });
  add_limit("checks.places", [](LimitSpec& limit) {
    limit.subject = LimitSubject::kMerchant;
    limit.window = WindowKind::kSlot;
    limit.max = 2;
  });
  add_limit("checks.no_shows", [](LimitSpec& limit) {
    limit.scope = LimitScope::kNoShow;
    limit.window = WindowKind::kYear;
    limit.max = 1;
  });
  const auto add = [&programme](const char* code, Asks asks, std::vector<uint32_t> limits) {
    BenefitSpec benefit;
    benefit.code = CodeOf<BenefitCode>(code);
    benefit.asks = static_cast<uint8_t>(asks);
    benefit.offline = OfflinePolicy::kRefuse;
    benefit.price.kind = PriceKind::kPercentOff;
    benefit.price.rate = Bps{kBpsPerOne};
    benefit.limits = Append<uint32_t>(programme.limit_refs, limits);
    benefit.funding = Append(programme.funding, {FundingShareSpec{FundOf(1), Bps{kBpsPerOne}}});
    benefit.starts_at = programme.spec.starts_at;
    benefit.ends_at = programme.spec.ends_at;
    programme.benefits.push_back(benefit);
    return &programme.benefits.back();
  };
  add("water", Asks::kVoucher, {0})->voucher = CodeOf<SeriesCode>("W");
  BenefitSpec* const checks = add("checks", Asks::kSlot, {1, 2});
  checks->slot_minutes = 30;
  checks->slot_ahead_days = 10;
  checks->slot_grace_minutes = 5;
  BenefitSpec* const aid = add("aid", Asks::kClaim, {});
  aid->approvals = 1;
  aid->claim_days_max = 30;
  return programme;
}

class EngineOccasionsTest : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  EngineOccasionsTest() {
    options_.ring_slots = 64;
    options_.checkpoint_at_stop = false;
    city_.members = 20;
    city_.merchants = 6;
  }
  ~EngineOccasionsTest() override { engine_.reset(); }

  void Start(Archive* archive = nullptr) {
    options_.pipeline = GetParam();
    auto engine = Engine::Start(options_, clock_, journal_, &store_, archive);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  void Build() {
    BuildCity(city_, [this](const Command& command) { Run(command); });
    EXPECT_EQ(Run(Own(MakeAsking())).verdict, Verdict::kDecided);
    SegmentRequest segment;
    segment.code = CodeOf<SegmentCode>("covered");
    Run(Own(segment));
  }

  Result Run(const Command& command) {
    Result result;
    const absl::Status status = engine_->RunBlocking({&command, 1}, {&result, 1});
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }
  Result Run(const OwnedCommand& command) { return Run(command.command); }

  uint64_t StateHash() {
    uint64_t hash = 0;
    uint64_t row = 0;
    std::string broken;
    EXPECT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      hash = ledger.StateHash();
                      const char* const why = ledger.CheckInvariants(&row);
                      broken = why == nullptr ? "" : why;
                    })
                    .ok());
    EXPECT_EQ(broken, "") << "row=" << row;
    return hash;
  }
  // As after a crash, from the journal and from the last checkpoint.
  void ExpectTheSameAfterARestart() {
    const uint64_t hash = StateHash();
    engine_.reset();
    Start();
    EXPECT_EQ(StateHash(), hash);
  }

  Command Hold(uint64_t request, uint32_t member, int64_t price) const {
    Command command;
    command.kind = CommandKind::kAuthorize;
    command.terminal = TerminalOf(1);
    command.request_id = RequestId{9, request};
    command.authorize.card = CardOf(member);
    command.authorize.list_price = Fen{price};
    return command;
  }
  Result RunWith(Command command, const OccasionRequest& occasion) {
    command.authorize.occasion = &occasion;
    return Run(command);
  }
  Result Capture(uint64_t request, uint64_t original) {
    Command command = Hold(request, 1, 0);
    command.kind = CommandKind::kCapture;
    command.capture = CaptureRequest{};
    command.capture.original_request_id = RequestId{9, original};
    return Run(command);
  }
  Result Reverse(uint64_t request, uint64_t original) {
    Command command = Hold(request, 1, 0);
    command.kind = CommandKind::kReverse;
    command.reverse = ReverseRequest{};
    command.reverse.original_request_id = RequestId{9, original};
    return Run(command);
  }
  Result Judge(CommandKind kind, TransactionId claim, const char* by) {
    JudgeClaimRequest request;
    request.claim = claim;
    request.by = CodeOf<OperatorName>(by);
    request.note = *DisplayName::From(std::string_view("看过了"));
    return Run(Own(kind, request));
  }
  Result Issue(uint64_t first, uint64_t count, const char* draw = nullptr) {
    std::vector<VoucherToIssue> vouchers;
    for (uint64_t i = 0; i < count; ++i) {
      vouchers.push_back(VoucherToIssue{Key(first + i), CodeOf<MemberId>("M1")});
    }
    IssueVouchersRequest request;
    request.series = CodeOf<SeriesCode>("W");
    request.valid_from = AtMinute(-10);
    request.expires_at = AtMinute(1'000);
    request.draw = draw != nullptr ? CodeOf<DrawCode>(draw) : DrawCode{};
    request.vouchers = vouchers;
    const Result result = Run(Own(request));
    return result;
  }
  VoucherState StateOf(uint64_t key) {
    VoucherState state{};
    EXPECT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      state = ledger.vouchers()[ledger.FindVoucher(Key(key))].state;
                    })
                    .ok());
    return state;
  }

  // Each step of each kind once.
  void DoEverything();

  HandClock clock_;
  MemoryJournal journal_;
  MemoryCheckpointStore store_;
  MemoryArchive archive_;
  CityOptions city_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Pipelines,
                         EngineOccasionsTest,
                         ::testing::Values(CommitPipeline::kOneThread,
                                           CommitPipeline::kTwoThreads,
                                           CommitPipeline::kAdaptive),
                         [](const auto& tested) {
                           return tested.param == CommitPipeline::kOneThread    ? "OneThread"
                                  : tested.param == CommitPipeline::kTwoThreads ? "TwoThreads"
                                                                                : "Adaptive";
                         });

void EngineOccasionsTest::DoEverything() {
  EXPECT_EQ(Issue(1, 5).index, 5U);
  OccasionRequest shown;
  shown.voucher = Key(1);
  EXPECT_EQ(RunWith(Hold(1, 1, 100), shown).transaction.outcome, Outcome::kApproved);
  shown.voucher = Key(2);
  EXPECT_EQ(RunWith(Hold(2, 1, 100), shown).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Capture(3, 2).transaction.outcome, Outcome::kApproved);
  const std::array<VoucherKey, 1> taken_back{Key(5)};
  EXPECT_EQ(Run(Own(VoidVouchersRequest{taken_back})).index, 1U);

  const std::array<PrizeSpec, 1> prizes{
      PrizeSpec{CodeOf<SeriesCode>("W"), 2, 0, AtMinute(-10), AtMinute(1'000)}};
  CommitDrawRequest draw;
  draw.code = CodeOf<DrawCode>("D");
  draw.seed_hash = DigestOf(1);
  draw.programme = CodeOf<ProgrammeCode>("asking");
  draw.limit = CodeOf<LimitCode>("entry");
  draw.closes_at = TimestampNs{AtMinute(0).value() + 1};  // ahead, but not for long
  draw.prizes = prizes;
  EXPECT_EQ(Run(Own(draw)).verdict, Verdict::kDecided);
  clock_.Advance(1);
  EXPECT_EQ(Run(Own(CloseDrawRequest{draw.code, DigestOf(2), 1})).verdict, Verdict::kDecided);
  EXPECT_EQ(Issue(100, 1, "D").verdict, Verdict::kDecided);
  EXPECT_EQ(Run(Own(SettleDrawRequest{draw.code, DigestOf(3)})).verdict, Verdict::kDecided);

  const std::array<PrizeSpec, 2> chances{
      PrizeSpec{CodeOf<SeriesCode>("W"), 1, 1, AtMinute(-10), AtMinute(1'000)},
      PrizeSpec{SeriesCode{}, 0, 1, AtMinute(-10), AtMinute(1'000)}};
  CommitDrawRequest pool = draw;
  pool.code = CodeOf<DrawCode>("Q");
  pool.kind = DrawKind::kPool;
  pool.programme = ProgrammeCode{};
  pool.limit = LimitCode{};
  pool.closes_at = AtMinute(600);
  pool.prizes = chances;
  EXPECT_EQ(Run(Own(pool)).verdict, Verdict::kDecided);
  for (const uint64_t event : {200U, 201U, 202U}) {
    EXPECT_EQ(Run(Own(DrawPrizeRequest{pool.code, Key(event), CodeOf<MemberId>("M2"), event << 63}))
                  .verdict,
              Verdict::kDecided);
  }

  OccasionRequest appointment;
  appointment.slot_at = AtMinute(60);
  EXPECT_EQ(RunWith(Hold(10, 3, 100), appointment).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(RunWith(Hold(11, 4, 100), appointment).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(RunWith(Hold(12, 5, 100), appointment).transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(Reverse(13, 11).transaction.outcome, Outcome::kApproved);

  OccasionRequest claimed;
  claimed.event_at = AtMinute(0);
  claimed.filed_by = CodeOf<OperatorName>("clerk");
  const Result paid = RunWith(Hold(20, 6, 5'000), claimed);
  EXPECT_EQ(paid.transaction.outcome, Outcome::kApproved) << NameOf(paid.transaction.reason);
  EXPECT_EQ(Judge(CommandKind::kApproveClaim, paid.transaction_id, "head").verdict,
            Verdict::kDecided);
  EXPECT_EQ(Capture(21, 20).transaction.outcome, Outcome::kApproved);
  const Result rejected = RunWith(Hold(22, 7, 5'000), claimed);
  EXPECT_EQ(Judge(CommandKind::kRejectClaim, rejected.transaction_id, "head").verdict,
            Verdict::kDecided);
  EXPECT_EQ(RunWith(Hold(23, 8, 5'000), claimed).transaction.outcome, Outcome::kApproved);

  ContributeRequest contribution;
  contribution.fund = FundOf(1);
  contribution.member = CodeOf<MemberId>("M9");
  contribution.segment = CodeOf<SegmentCode>("covered");
  contribution.amount = Fen{10'000};
  int64_t begin = 0;
  for (const char* const receipt : {"R1", "R2", "R3"}) {
    contribution.receipt = CodeOf<ReceiptCode>(receipt);
    contribution.covers_from = AtMinute(begin);
    contribution.covers_until = AtMinute(begin += 1'000);
    EXPECT_EQ(Run(Own(contribution)).verdict, Verdict::kDecided);
  }
  EXPECT_EQ(Run(Own(RevokeContributionRequest{contribution.receipt, contribution.fund})).verdict,
            Verdict::kDecided);
}

TEST_P(EngineOccasionsTest, AJournalOfEverythingGivesTheSameState) {
  Start();
  Build();
  DoEverything();
  ExpectTheSameAfterARestart();
  EXPECT_FALSE(engine_->recovery().had_checkpoint);
  // Whoever asks again is answered as before, and nothing changes.
  const uint64_t hash = StateHash();
  OccasionRequest shown;
  shown.voucher = Key(1);
  const Result again = RunWith(Hold(1, 1, 100), shown);
  EXPECT_TRUE(again.replay);
  EXPECT_EQ(again.transaction.outcome, Outcome::kApproved);
  shown.voucher = Key(2);
  EXPECT_EQ(RunWith(Hold(1, 1, 100), shown).verdict, Verdict::kDuplicateMismatch);
  EXPECT_EQ(Issue(1, 5).verdict, Verdict::kUnchanged);
  EXPECT_EQ(StateHash(), hash);
  // And what was begun goes on.
  EXPECT_EQ(Capture(30, 1).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(StateOf(1), VoucherState::kRedeemed);
  ExpectTheSameAfterARestart();
}

TEST_P(EngineOccasionsTest, ACheckpointAndTheTailGiveTheSameState) {
  Start();
  Build();
  EXPECT_EQ(Issue(1'000, 10).verdict, Verdict::kDecided);
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  DoEverything();
  ExpectTheSameAfterARestart();
  EXPECT_TRUE(engine_->recovery().had_checkpoint);
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  ExpectTheSameAfterARestart();
  EXPECT_EQ(engine_->recovery().events_replayed, 0U);
  EXPECT_EQ(Issue(1, 5).verdict, Verdict::kUnchanged);  // the indexes are there again
  EXPECT_EQ(Issue(1'000, 11).index, 1U);
}

// What has run out is found by nobody's command: an appointment, a voucher's hold, a claim.
TEST_P(EngineOccasionsTest, WhatRunsOutIsReplayedToo) {
  Start();
  Build();
  DoEverything();
  clock_.Advance(40 * 86'400 * kNsPerSecond);
  for (int i = 0; i < 5'000 && StateOf(1) != VoucherState::kIssued; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(StateOf(1), VoucherState::kIssued);
  ExpectTheSameAfterARestart();
}

// The content is the submitter's, who does with it what it likes once it has its answer.
TEST_P(EngineOccasionsTest, WhatACommandPointsToMayGoWhenItIsComplete) {
  Start();
  Build();
  std::array<VoucherToIssue, 2> vouchers{VoucherToIssue{Key(1), CodeOf<MemberId>("M1")},
                                         VoucherToIssue{Key(2), MemberId{}}};
  IssueVouchersRequest request;
  request.series = CodeOf<SeriesCode>("W");
  request.valid_from = AtMinute(-10);
  request.expires_at = AtMinute(1'000);
  request.vouchers = vouchers;
  Command command;
  command.kind = CommandKind::kIssueVouchers;
  command.issue_vouchers = &request;
  const auto forget = [](auto& content) {
    std::memset(static_cast<void*>(&content), 0xff, sizeof(content));
  };
  EXPECT_EQ(Run(command).index, 2U);
  forget(vouchers);
  forget(request);
  OccasionRequest shown;
  shown.voucher = Key(2);
  Command sale = Hold(1, 3, 100);
  sale.authorize.occasion = &shown;
  EXPECT_EQ(Run(sale).transaction.outcome, Outcome::kApproved);
  forget(shown);
  std::array<VoucherKey, 1> keys{Key(1)};
  VoidVouchersRequest taken_back{keys};
  command.kind = CommandKind::kVoidVouchers;
  command.void_vouchers = &taken_back;
  EXPECT_EQ(Run(command).verdict, Verdict::kDecided);
  forget(keys);
  forget(taken_back);
  ExpectTheSameAfterARestart();
  EXPECT_EQ(StateOf(1), VoucherState::kVoid);
  EXPECT_EQ(StateOf(2), VoucherState::kReserved);
}

// The largest commands there are, in one submission: they span blocks.
TEST_P(EngineOccasionsTest, ThousandsOfVouchersSpanBlocks) {
  Start();
  Build();
  std::vector<std::vector<VoucherToIssue>> lists(40);
  std::vector<IssueVouchersRequest> requests(lists.size());
  std::vector<Command> commands(lists.size());
  uint64_t number = 0;
  for (size_t i = 0; i < lists.size(); ++i) {
    for (uint32_t j = 0; j < kVouchersPerCommandMax; ++j) {
      lists[i].push_back(VoucherToIssue{Key(++number), MemberId{}});
    }
    requests[i].series = CodeOf<SeriesCode>("W");
    requests[i].valid_from = AtMinute(-10);
    requests[i].expires_at = AtMinute(1'000);
    requests[i].vouchers = lists[i];
    commands[i].kind = CommandKind::kIssueVouchers;
    commands[i].issue_vouchers = &requests[i];
  }
  Work work(std::move(commands));
  CompletionCount counter;
  work.submission.completions = &counter;
  work.submission.priority = Priority::kAdmin;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  counter.WaitFor(1);
  for (const Result& result : work.results) {
    ASSERT_EQ(result.verdict, Verdict::kDecided);
    ASSERT_EQ(result.index, kVouchersPerCommandMax);
  }
  ExpectTheSameAfterARestart();
  EXPECT_EQ(StateOf(number), VoucherState::kIssued);
}

// One command of a thousand vouchers is a turn of its own, as many small ones are: taps do not
// wait for the next.
TEST_P(EngineOccasionsTest, ThousandsOfVouchersGiveWayToTaps) {
  options_.ring_slots = 512;
  Start();
  Build();
  Prng prng(7);
  CompletionCount counter;
  std::vector<std::unique_ptr<Work>> works;
  std::vector<std::vector<VoucherToIssue>> lists(3);
  std::vector<IssueVouchersRequest> requests(lists.size());
  Plug plug(*engine_);
  const auto submit = [&](const Command& command, Priority priority) {
    works.push_back(std::make_unique<Work>(std::vector<Command>{command}));
    works.back()->submission.priority = priority;
    works.back()->submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&works.back()->submission));
  };
  for (size_t i = 0; i < lists.size(); ++i) {
    for (uint64_t j = 0; j < kVouchersPerCommandMax; ++j) {
      lists[i].push_back(VoucherToIssue{Key(1 + 10'000 * i + j), MemberId{}});
    }
    requests[i].series = CodeOf<SeriesCode>("W");
    requests[i].valid_from = AtMinute(-10);
    requests[i].expires_at = AtMinute(1'000);
    requests[i].vouchers = lists[i];
    Command command;
    command.kind = CommandKind::kIssueVouchers;
    command.issue_vouchers = &requests[i];
    submit(command, Priority::kAdmin);
  }
  for (int i = 0; i < 500; ++i) {  // of which 256 are a turn
    submit(RandomSale(city_, prng), Priority::kLive);
  }
  plug.Release();
  counter.WaitFor(works.size());
  const std::vector<Submission*> order = counter.order();
  std::vector<size_t> of_admin;
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i]->priority == Priority::kAdmin) {
      of_admin.push_back(i);
      EXPECT_EQ(order[i]->results[0].index, kVouchersPerCommandMax);
    }
  }
  ASSERT_EQ(of_admin.size(), 3U);
  EXPECT_GE(of_admin[1], of_admin[0] + 200);
}

// Who judges a claim that is over is told so, also when it has left memory.
TEST_P(EngineOccasionsTest, AClaimThatHasLeftIsJudgedAsOneThatIsOver) {
  options_.archive_after_ns = 0;
  options_.archive_begin_rows = 0;
  options_.archive_overdue_ns = 0;
  Start(&archive_);
  Build();
  OccasionRequest claimed;
  claimed.event_at = AtMinute(0);
  const Result claim = RunWith(Hold(1, 6, 5'000), claimed);
  ASSERT_EQ(claim.transaction.outcome, Outcome::kApproved);
  ASSERT_EQ(Judge(CommandKind::kApproveClaim, claim.transaction_id, "head").verdict,
            Verdict::kDecided);
  ASSERT_EQ(Capture(2, 1).transaction.outcome, Outcome::kApproved);
  const auto archived = [this] {
    uint64_t count = 0;
    EXPECT_TRUE(engine_
                    ->InspectBlocking(
                        [&](const Ledger& ledger) { count = ledger.globals().archived_count; })
                    .ok());
    return count;
  };
  for (int i = 0; i < 20'000 && archived() < 2; ++i) {
    clock_.Advance(kNsPerSecond / 1'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_EQ(archived(), 2U);
  for (const CommandKind kind : {CommandKind::kApproveClaim, CommandKind::kRejectClaim}) {
    const Result judged = Judge(kind, claim.transaction_id, "deputy");
    EXPECT_EQ(judged.verdict, Verdict::kRefused);
    EXPECT_STREQ(NameOf(judged.admin_reason), NameOf(AdminReason::kNotAllowedFromState));
    EXPECT_STREQ(NameOf(judged.field), NameOf(Field::kClaim));
  }
  EXPECT_GT(engine_->stats().thawed_transactions, 0U);
}

}  // namespace
}  // namespace gonghui
