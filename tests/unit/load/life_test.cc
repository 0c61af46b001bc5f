// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/life.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/run_state.h"

namespace gonghui::load {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNowNs = 1'661'000'000'123'456'789;
constexpr const char* kHoldId = "00000000HOLD";
constexpr const char* kHoldUuid = "00112233-4455-4677-8899-aabbccddeeff";

class LifeTest : public testing::Test {
 protected:
  LifeTest() {
    WorkloadSources sources;
    sources.synthetic_count = 100;
    workload_ = *Workload::Load(sources);
  }

  // A follow-up of a hold of 10 yuan, of which the funds pay 2.
  Sent FollowUp(Step step, int64_t list_price_fen = 1'000) {
    Original original;
    std::string_view(kHoldUuid).copy(original.request_id.data(), original.request_id.size());
    std::string_view(kHoldId).copy(original.transaction_id.data(), original.transaction_id.size());
    original.list_price_fen = 1'000;
    original.subsidy_fen = 200;
    Sent sent;
    sent.request_id.fill('7');
    sent.terminal = 1;
    sent.stan = 12;
    sent.step = step;
    sent.list_price_fen = list_price_fen;
    sent.original = std::make_shared<const Original>(original);
    return sent;
  }

  // What is right for it.
  v1::CaptureResponse Approved(const Sent& sent) {
    v1::CaptureResponse response;  // the others have the same fields
    v1::Transaction* const txn = response.mutable_transaction();
    txn->set_transaction_id("00000000NEXT");
    txn->set_kind(sent.step == Step::kCapture    ? v1::TRANSACTION_KIND_CAPTURE
                  : sent.step == Step::kReversal ? v1::TRANSACTION_KIND_REVERSAL
                                                 : v1::TRANSACTION_KIND_REFUND);
    txn->set_outcome(v1::OUTCOME_APPROVED);
    txn->set_state(v1::TRANSACTION_STATE_COMPLETED);
    txn->set_request_id(std::string(sent.request_id_text()));
    txn->set_terminal_id(workload_.terminal(sent.terminal).id);
    txn->set_merchant_id(workload_.terminal(sent.terminal).merchant_id);
    txn->set_approval_code("00NEXT");
    txn->mutable_decided_at()->set_seconds(1);
    const int64_t subsidy_fen = sent.list_price_fen / 5;
    txn->set_list_price_fen(sent.list_price_fen);
    txn->set_member_pays_fen(sent.list_price_fen - subsidy_fen);
    txn->set_subsidy_fen(subsidy_fen);
    txn->add_applied_benefits()->set_amount_fen(subsidy_fen);
    txn->set_original_transaction_id(kHoldId);
    txn->set_original_found(sent.step == Step::kReversal);
    txn->set_stan(sent.stan);
    return response;
  }

  std::string Problem(const Sent& sent, const v1::CaptureResponse& response) {
    const std::string bytes = response.SerializeAsString();
    Answer answer;
    if (!ReadAnswer(bytes, &answer)) {
      return "unreadable";
    }
    return std::string(WrongWith(answer, sent, workload_));
  }

  std::string Encoded(const Sent& sent) {
    char bytes[kRequestBytesMax];
    const char* const end = EncodeFollowUp(workload_, sent, kNowNs, bytes);
    return {bytes, static_cast<size_t>(end - bytes)};
  }

  template <class Request>
  Request Named(const Sent& sent) {
    Request request;
    request.set_request_id(std::string(sent.request_id_text()));
    request.set_terminal_id(workload_.terminal(sent.terminal).id);
    request.set_stan(sent.stan);
    request.mutable_transmission_time()->set_seconds(1'661'000'000);
    request.mutable_transmission_time()->set_nanos(123'456'789);
    return request;
  }

  Workload workload_;
};

// ---- Requests ------------------------------------------------------------------

TEST_F(LifeTest, RequestsAreTheMessagesThatProtobufWouldMake) {
  Sent sent = FollowUp(Step::kCapture);
  auto capture = Named<v1::CaptureRequest>(sent);
  capture.set_original_transaction_id(kHoldId);
  capture.set_final_capture(true);
  EXPECT_EQ(Encoded(sent), capture.SerializeAsString());
  sent.list_price_fen = 750;
  capture.set_amount_fen(750);
  EXPECT_EQ(Encoded(sent), capture.SerializeAsString()) << "in part";

  sent = FollowUp(Step::kReversal);
  auto reversal = Named<v1::ReverseRequest>(sent);
  reversal.set_original_request_id(kHoldUuid);
  reversal.set_reversal_reason(v1::REVERSAL_REASON_CUSTOMER_CANCELLATION);
  EXPECT_EQ(Encoded(sent), reversal.SerializeAsString());

  sent = FollowUp(Step::kRefund);
  auto refund = Named<v1::RefundRequest>(sent);
  refund.set_original_transaction_id(kHoldId);
  EXPECT_EQ(Encoded(sent), refund.SerializeAsString());
}

TEST_F(LifeTest, TheLongestRequestFits) {
  for (const Step step : {Step::kCapture, Step::kReversal, Step::kRefund}) {
    Sent sent = FollowUp(step, INT64_MAX);
    sent.stan = UINT32_MAX;
    // A synthetic terminal leaves 9 characters to the longest.
    EXPECT_LE(Encoded(sent).size() + 9, kRequestBytesMax);
  }
}

// ---- Answers -------------------------------------------------------------------

struct Fault {
  const char* problem;
  std::function<void(v1::Transaction*)> make;
};

TEST_F(LifeTest, EveryFaultInAnApprovalIsFound) {
  const std::vector<Fault> faults = {
      {"request_id is not", [](auto* t) { t->set_request_id(kHoldUuid); }},
      {"terminal_id is not", [](auto* t) { t->set_terminal_id("T100000"); }},
      {"merchant_id is not", [](auto* t) { t->clear_merchant_id(); }},
      {"stan is not", [](auto* t) { t->set_stan(13); }},
      {"stan is not", [](auto* t) { t->clear_stan(); }},
      {"kind is not", [](auto* t) { t->set_kind(v1::TRANSACTION_KIND_AUTHORIZATION); }},
      {"kind is not", [](auto* t) { t->set_kind(v1::TRANSACTION_KIND_INCREMENT); }},
      {"decided_at", [](auto* t) { t->clear_decided_at(); }},
      {"is not member_pays_fen + subsidy_fen", [](auto* t) { t->set_member_pays_fen(1); }},
      {"a limit's max", [](auto* t) { t->add_limits()->set_held(1); }},
      {"neither approved nor declined", [](auto* t) { t->clear_outcome(); }},
      {"neither approved nor declined",
       [](auto* t) { t->set_outcome(v1::OUTCOME_APPROVED_PARTIAL); }},
      {"without a transaction_id", [](auto* t) { t->clear_transaction_id(); }},
      {"has not 12 characters", [](auto* t) { t->set_transaction_id("1"); }},
      {"or approval_code", [](auto* t) { t->clear_approval_code(); }},
      {"not what was asked",
       [](auto* t) {
         t->set_list_price_fen(1'001);
         t->set_member_pays_fen(801);
       }},
      {"a negative share",
       [](auto* t) {
         t->set_member_pays_fen(-1);
         t->set_subsidy_fen(1'001);
       }},
      {"do not add up", [](auto* t) { t->mutable_applied_benefits(0)->set_amount_fen(99); }},
      {"is not the hold's", [](auto* t) { t->set_original_transaction_id("000000000000"); }},
      {"is not the hold's", [](auto* t) { t->clear_original_transaction_id(); }},
      {"is not COMPLETED", [](auto* t) { t->set_state(v1::TRANSACTION_STATE_PENDING); }},
      {"captured_fen of what", [](auto* t) { t->set_captured_fen(1'000); }},
      {"subsidy_fen is not the original's",
       [](auto* t) {
         t->set_member_pays_fen(801);
         t->set_subsidy_fen(199);
         t->mutable_applied_benefits(0)->set_amount_fen(199);
       }},
  };
  for (const Step step : {Step::kCapture, Step::kReversal, Step::kRefund}) {
    const Sent sent = FollowUp(step);
    ASSERT_THAT(Problem(sent, Approved(sent)), IsEmpty());
    for (const Fault& fault : faults) {
      v1::CaptureResponse response = Approved(sent);
      fault.make(response.mutable_transaction());
      EXPECT_THAT(Problem(sent, response), HasSubstr(fault.problem));
    }
    v1::CaptureResponse replay = Approved(sent);
    replay.set_idempotent_replay(true);
    EXPECT_THAT(Problem(sent, replay), HasSubstr("answered as a replay"));
  }
}

TEST_F(LifeTest, AReversalFindsTheHold) {
  const Sent sent = FollowUp(Step::kReversal);
  v1::CaptureResponse response = Approved(sent);
  response.mutable_transaction()->clear_original_found();
  EXPECT_THAT(Problem(sent, response), HasSubstr("did not find it"));
}

TEST_F(LifeTest, OfAPartTheSubsidyMayBeLessButNotMore) {
  const Sent sent = FollowUp(Step::kCapture, 750);
  v1::CaptureResponse response = Approved(sent);
  v1::Transaction* const txn = response.mutable_transaction();
  EXPECT_THAT(Problem(sent, response), IsEmpty());
  const auto set_subsidy = [&](int64_t fen) {
    txn->set_subsidy_fen(fen);
    txn->set_member_pays_fen(750 - fen);
    txn->mutable_applied_benefits(0)->set_amount_fen(fen);
  };
  set_subsidy(0);
  EXPECT_THAT(Problem(sent, response), IsEmpty());
  set_subsidy(201);
  EXPECT_THAT(Problem(sent, response), HasSubstr("subsidy_fen is not the original's"));
}

TEST_F(LifeTest, ADeclineMustNotContradictTheHold) {
  const Sent sent = FollowUp(Step::kCapture);
  v1::CaptureResponse response = Approved(sent);
  v1::Transaction* const txn = response.mutable_transaction();
  txn->set_outcome(v1::OUTCOME_DECLINED);
  txn->set_state(v1::TRANSACTION_STATE_DECLINED);
  txn->set_member_pays_fen(txn->list_price_fen());
  txn->clear_subsidy_fen();
  txn->clear_applied_benefits();
  txn->clear_approval_code();
  EXPECT_THAT(Problem(sent, response), HasSubstr("without a reason"));
  txn->set_reason(v1::REASON_MERCHANT_INACTIVE);
  EXPECT_THAT(Problem(sent, response), IsEmpty());
  txn->add_applied_benefits();
  EXPECT_THAT(Problem(sent, response), HasSubstr("something was booked"));
  for (const v1::Reason reason : {v1::REASON_ORIGINAL_NOT_FOUND,
                                  v1::REASON_PREVIOUSLY_REVERSED,
                                  v1::REASON_ALREADY_CAPTURED,
                                  v1::REASON_ORIGINAL_DECLINED,
                                  v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT,
                                  v1::REASON_FURTHER_ACTIVITY_PREVENTS_REVERSAL,
                                  v1::REASON_EXCEEDS_CAPTURED_AMOUNT}) {
    txn->set_reason(reason);
    EXPECT_THAT(Problem(sent, response), HasSubstr("that the hold contradicts"));
  }
}

TEST_F(LifeTest, IsDescribedForPeople) {
  const Sent sent = FollowUp(Step::kRefund);
  const std::string text =
      DescribeWrong("this is odd", sent, workload_, Approved(sent).SerializeAsString());
  EXPECT_THAT(text, HasSubstr("gonghui.v1.RefundRequest"));
  EXPECT_THAT(text, HasSubstr(std::string("original_transaction_id: \"") + kHoldId));
}

// ---- What goes on --------------------------------------------------------------

TEST_F(LifeTest, AHoldIsCapturedOrReversedAndSomeIsRefunded) {
  const Sent hold = FollowUp(Step::kHold);
  Life life;
  life.terminal = 1;
  life.original = *hold.original;
  Prng prng(1);
  std::map<Step, int> steps;
  int in_part = 0;
  for (int i = 0; i < 10'000; ++i) {
    Sent sent;
    sent.earlier = std::make_shared<const Earlier>();
    ASSERT_TRUE(GoOn(life, &prng, &sent));
    ++steps[sent.step];
    EXPECT_EQ(sent.terminal, 1U);
    EXPECT_EQ(sent.earlier, nullptr);
    ASSERT_NE(sent.original, nullptr);
    EXPECT_EQ(sent.original->transaction_id_text(), kHoldId);
    if (sent.list_price_fen != 1'000) {
      EXPECT_EQ(sent.step, Step::kCapture) << "nothing else is in part";
      EXPECT_EQ(sent.list_price_fen, 750);
      ++in_part;
    }
  }
  EXPECT_NEAR(steps[Step::kReversal], 2'500, 200);
  EXPECT_EQ(steps[Step::kReversal] + steps[Step::kCapture], 10'000);
  EXPECT_NEAR(in_part, 7'500 * 0.33, 200);

  life.last = Step::kCapture;
  int refunds = 0;
  for (int i = 0; i < 10'000; ++i) {
    Sent sent;
    if (GoOn(life, &prng, &sent)) {
      EXPECT_EQ(sent.step, Step::kRefund);
      EXPECT_EQ(sent.list_price_fen, 1'000);
      ++refunds;
    }
  }
  EXPECT_NEAR(refunds, 4'000, 200);
}

TEST_F(LifeTest, WhatIsTooSmallToBeSplitIsCapturedWhole) {
  Life life;
  life.original.list_price_fen = 3;
  Prng prng(1);
  for (int i = 0; i < 100; ++i) {
    Sent sent;
    ASSERT_TRUE(GoOn(life, &prng, &sent));
    EXPECT_EQ(sent.list_price_fen, 3);
  }
}

TEST_F(LifeTest, TheBookIsFirstInFirstOut) {
  LifeBook book;
  EXPECT_FALSE(book.Take().has_value());
  for (uint32_t terminal = 0; terminal < 3; ++terminal) {
    Life life;
    life.terminal = terminal;
    book.Add(life);
  }
  EXPECT_EQ(book.size(), 3U);
  for (uint32_t terminal = 0; terminal < 3; ++terminal) {
    EXPECT_EQ(book.Take()->terminal, terminal);
  }
  EXPECT_FALSE(book.Take().has_value());
}

// ---- Counting ------------------------------------------------------------------

class SinkTest : public LifeTest {
 protected:
  SinkTest() {
    options_.mix.lifecycle_percent = 5;
    options_.mix.repeat_percent = 10;
    options_.rate = 1'000;  // open loop
    run_.measure_from_ns = 100;
    run_.measure_until_ns = 1'000;
  }

  void Answered(const Sent& sent, const v1::CaptureResponse& response) {
    sink_.Check(sent, response.SerializeAsString(), 500);
  }

  Sent Hold() {
    Sent sent;
    sent.request_id.fill('7');
    sent.terminal = 1;
    sent.stan = 12;
    sent.step = Step::kHold;
    sent.list_price_fen = 1'000;
    return sent;
  }

  v1::CaptureResponse ApprovedHold(const Sent& sent) {
    v1::CaptureResponse response = Approved(sent);
    v1::Transaction* const txn = response.mutable_transaction();
    txn->set_transaction_id(kHoldId);
    txn->set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
    txn->set_state(v1::TRANSACTION_STATE_PENDING);
    txn->clear_original_transaction_id();
    return response;
  }

  Options options_;
  RunState run_{options_, workload_};
  RepeatBook book_{4};
  LifeBook lives_;
  AnswerSink sink_{&run_, &book_, &lives_};
};

TEST_F(SinkTest, AHoldGoesOnUntilItIsRefunded) {
  const Sent hold = Hold();
  Answered(hold, ApprovedHold(hold));
  std::optional<Life> life = lives_.Take();
  ASSERT_TRUE(life.has_value());
  EXPECT_EQ(life->last, Step::kHold);
  EXPECT_EQ(life->terminal, 1U);
  EXPECT_EQ(life->original.transaction_id_text(), kHoldId);
  EXPECT_EQ(life->original.request_id_text(), hold.request_id_text());
  EXPECT_EQ(life->original.list_price_fen, 1'000);
  EXPECT_EQ(life->original.subsidy_fen, 200);

  const Sent capture = FollowUp(Step::kCapture, 750);
  Answered(capture, Approved(capture));
  life = lives_.Take();
  ASSERT_TRUE(life.has_value());
  EXPECT_EQ(life->last, Step::kCapture);
  EXPECT_EQ(life->original.transaction_id_text(), kHoldId) << "refunds name the authorization";
  EXPECT_EQ(life->original.list_price_fen, 750);
  EXPECT_EQ(life->original.subsidy_fen, 150);

  for (const Step step : {Step::kRefund, Step::kReversal}) {
    const Sent last = FollowUp(step);
    Answered(last, Approved(last));
    EXPECT_EQ(lives_.size(), 0U);
  }
  const Stats stats = sink_.stats().Snapshot();
  EXPECT_EQ(run_.wrong_count, 0U);
  EXPECT_EQ(stats.answered, 4U);
  for (const Step step : {Step::kHold, Step::kCapture, Step::kReversal, Step::kRefund}) {
    EXPECT_EQ(stats.steps[static_cast<size_t>(step)], 1U);
  }
  EXPECT_EQ(stats.follow_ups_declined, 0U);
  EXPECT_EQ(book_.Pick(0), nullptr) << "nothing of a life is asked again";
}

TEST_F(SinkTest, ADeclineEndsALifeAndIsCounted) {
  for (const Sent& sent : {Hold(), FollowUp(Step::kCapture)}) {
    v1::CaptureResponse response = sent.step == Step::kHold ? ApprovedHold(sent) : Approved(sent);
    v1::Transaction* const txn = response.mutable_transaction();
    txn->set_outcome(v1::OUTCOME_DECLINED);
    txn->set_reason(v1::REASON_MERCHANT_INACTIVE);
    txn->set_state(v1::TRANSACTION_STATE_DECLINED);
    txn->set_member_pays_fen(txn->list_price_fen());
    txn->clear_subsidy_fen();
    txn->clear_applied_benefits();
    txn->clear_approval_code();
    Answered(sent, response);
  }
  EXPECT_EQ(run_.wrong_count, 0U);
  EXPECT_EQ(lives_.size(), 0U);
  EXPECT_EQ(sink_.stats().Snapshot().follow_ups_declined, 1U) << "a hold is none";
}

TEST_F(SinkTest, AWrongFollowUpEndsTheRun) {
  const Sent capture = FollowUp(Step::kCapture);
  v1::CaptureResponse response = Approved(capture);
  response.mutable_transaction()->set_original_transaction_id("000000000000");
  testing::internal::CaptureStderr();
  Answered(capture, response);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("is not the hold's"));
  EXPECT_EQ(run_.wrong_count, 1U);
  EXPECT_EQ(run_.measure_until_ns, 0);
  EXPECT_EQ(lives_.size(), 0U);
}

TEST_F(SinkTest, RefusalsAndLateSendingAreMeasured) {
  sink_.WasSent(/*due_ns=*/200, /*sent_ns=*/250, 3);
  sink_.WasSent(/*due_ns=*/50, /*sent_ns=*/250, 1);  // of the warm-up
  sink_.Refused(/*sent_ns=*/250, /*now_ns=*/400);
  sink_.Refused(/*sent_ns=*/250, /*now_ns=*/2'000);  // after the end
  const Stats stats = sink_.stats().Snapshot();
  EXPECT_EQ(stats.late_ns.count(), 3U);
  EXPECT_EQ(stats.late_ns.max(), 50U);
  EXPECT_EQ(stats.refused_ns.count(), 1U);
  EXPECT_EQ(stats.refused_ns.max(), 150U);
  Stats sum = stats;
  sum.Merge(stats);
  EXPECT_EQ(sum.late_ns.count(), 6U);
  EXPECT_EQ(sum.refused_ns.count(), 2U);
}

TEST_F(SinkTest, StallsAreOfTheCallsWhoseLatenciesCount) {
  constexpr int64_t kMs = 1'000'000;
  run_.measure_from_ns = 100 * kMs;
  run_.measure_until_ns = 1'000 * kMs;
  sink_.Done(/*due_ns=*/99 * kMs, /*now_ns=*/110 * kMs, 1);  // of the warm-up
  sink_.Done(200 * kMs, 205 * kMs, 1);                       // no slower than it may be
  sink_.Done(300 * kMs, 306 * kMs, 1);
  sink_.Done(302 * kMs, 309 * kMs, 512);    // a message is one call
  sink_.Done(999 * kMs, 1'020 * kMs, 1);    // due before the end
  sink_.Done(1'000 * kMs, 1'030 * kMs, 1);  // due after it
  EXPECT_EQ(sink_.stats().Snapshot().latency_ns.count(), 515U);
  EXPECT_EQ(sink_.stalls().slow_calls(), 3U);
  ASSERT_EQ(sink_.stalls().list().size(), 2U);
  EXPECT_EQ(sink_.stalls().list()[0].from_ns, 300 * kMs);
  EXPECT_EQ(sink_.stalls().list()[0].until_ns, 309 * kMs);
  EXPECT_EQ(sink_.stalls().list()[1].length_ns(), 21 * kMs);
}

TEST_F(SinkTest, InAClosedLoopNothingIsLate) {
  options_.rate = 0;
  sink_.WasSent(200, 250, 1);
  EXPECT_EQ(sink_.stats().Snapshot().late_ns.count(), 0U);
}

TEST(RefusalTest, IsWhatMayComeAgain) {
  for (uint32_t code = 0; code < kGrpcCodeCount; ++code) {
    EXPECT_EQ(IsRefusal(code), code == 8 || code == 14) << code;
  }
}

}  // namespace
}  // namespace gonghui::load
