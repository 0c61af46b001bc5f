// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The terminals' calls, over gRPC, against a real engine.

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;

class AuthorizationTest : public ::testing::Test {
 protected:
  void StartWith(const HarnessOptions& options) {
    harness_ = std::make_unique<Harness>(options);
    stub_ = v1::AuthorizationService::NewStub(harness_->Terminals());
  }
  void SetUp() override { StartWith({}); }
  void TearDown() override {
    stub_.reset();
    harness_.reset();
  }

  grpc::Status Authorize(const v1::AuthorizeRequest& request, v1::AuthorizeResponse* response) {
    grpc::ClientContext context;
    // Where the test itself keeps the engine from answering, a wrong server must not hang it.
    context.set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(60, GPR_TIMESPAN)));
    return stub_->Authorize(&context, request, response);
  }
  v1::AuthorizeResponse AuthorizeOk(const v1::AuthorizeRequest& request) {
    v1::AuthorizeResponse response;
    const grpc::Status status = Authorize(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return response;
  }
  grpc::Status AuthorizeError(const v1::AuthorizeRequest& request) {
    v1::AuthorizeResponse response;
    return Authorize(request, &response);
  }
  uint64_t TransactionCount() {
    uint64_t count = 0;
    EXPECT_TRUE(harness_->engine()
                    .InspectBlocking(
                        [&count](const Ledger& ledger) { count = ledger.transactions().size(); })
                    .ok());
    return count;
  }

  std::unique_ptr<Harness> harness_;
  std::unique_ptr<v1::AuthorizationService::Stub> stub_;
};

TEST_F(AuthorizationTest, ASaleIsApprovedAndRemembered) {
  v1::AuthorizeRequest request = Ride();
  request.set_capture(true);
  request.set_stan(42);
  request.set_transport_data("abc");
  const v1::AuthorizeResponse first = AuthorizeOk(request);
  const v1::Transaction& transaction = first.transaction();
  EXPECT_EQ(transaction.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(transaction.kind(), v1::TRANSACTION_KIND_AUTHORIZATION);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(transaction.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_EQ(transaction.retry(), v1::RETRY_UNSPECIFIED);
  EXPECT_EQ(transaction.transaction_id().size(), 12U);
  EXPECT_EQ(transaction.approval_code(), transaction.transaction_id().substr(6));
  EXPECT_EQ(transaction.request_id(), request.request_id());
  EXPECT_EQ(transaction.terminal_id(), "GATE1");
  EXPECT_EQ(transaction.merchant_id(), "METRO");
  EXPECT_EQ(transaction.list_price_fen(), 400);
  EXPECT_EQ(transaction.member_pays_fen(), 1);
  EXPECT_EQ(transaction.subsidy_fen(), 399);
  EXPECT_EQ(transaction.captured_fen(), 400);
  EXPECT_FALSE(transaction.has_expires_at());
  EXPECT_GT(transaction.decided_at().seconds(), 1'700'000'000);
  EXPECT_EQ(transaction.stan(), 42U);
  EXPECT_EQ(transaction.display_message(), "Approved");
  EXPECT_EQ(transaction.display_message_zh(), "已批准");
  ASSERT_EQ(transaction.applied_benefits_size(), 1);
  const v1::AppliedBenefit& benefit = transaction.applied_benefits(0);
  EXPECT_EQ(benefit.programme_code(), "metro");
  EXPECT_EQ(benefit.programme_version(), 1U);
  EXPECT_EQ(benefit.benefit_code(), "ride");
  EXPECT_EQ(benefit.fund_code(), "metro-fund");
  EXPECT_EQ(benefit.amount_fen(), 399);
  ASSERT_EQ(transaction.limits_size(), 1);
  const v1::LimitState& limit = transaction.limits(0);
  EXPECT_EQ(limit.limit_code(), "rides");
  EXPECT_EQ(limit.measure(), v1::LIMIT_MEASURE_COUNT);
  EXPECT_EQ(limit.subject(), v1::LIMIT_SUBJECT_PERSON);
  EXPECT_EQ(limit.window(), v1::LIMIT_WINDOW_DAY);
  EXPECT_EQ(limit.max(), 3);
  EXPECT_EQ(limit.max(), limit.used() + limit.held() + limit.left());
  EXPECT_EQ(limit.used(), 1);
  EXPECT_TRUE(limit.has_resets_at());
  EXPECT_FALSE(first.idempotent_replay());
  EXPECT_EQ(first.transport_data(), "abc");

  const v1::AuthorizeResponse again = AuthorizeOk(request);
  EXPECT_TRUE(again.idempotent_replay());
  EXPECT_EQ(again.transaction().SerializeAsString(), transaction.SerializeAsString());
}

TEST_F(AuthorizationTest, AHoldIsCapturedInPartAndTheRestReleased) {
  const v1::AuthorizeRequest hold = Ride();
  const v1::Transaction held = AuthorizeOk(hold).transaction();
  EXPECT_EQ(held.state(), v1::TRANSACTION_STATE_PENDING);
  EXPECT_TRUE(held.has_expires_at());

  v1::CaptureRequest request;
  request.set_request_id(NextUuid());
  request.set_terminal_id("GATE1");
  request.set_original_transaction_id(held.transaction_id());
  request.set_amount_fen(300);
  request.set_final_capture(true);
  request.set_transport_data("xyz");
  v1::CaptureResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub_->Capture(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.transport_data(), "xyz");
  const v1::Transaction& capture = response.transaction();
  EXPECT_EQ(capture.kind(), v1::TRANSACTION_KIND_CAPTURE);
  EXPECT_EQ(capture.state(), v1::TRANSACTION_STATE_COMPLETED);
  EXPECT_EQ(capture.original_transaction_id(), held.transaction_id());
  EXPECT_EQ(capture.list_price_fen(), 300);
  EXPECT_EQ(capture.list_price_fen(), capture.member_pays_fen() + capture.subsidy_fen());

  v1::GetTransactionRequest inquiry;
  inquiry.set_terminal_id("GATE1");
  inquiry.set_request_id(hold.request_id());
  v1::GetTransactionResponse found;
  grpc::ClientContext inquiry_context;
  ASSERT_TRUE(stub_->GetTransaction(&inquiry_context, inquiry, &found).ok());
  EXPECT_EQ(found.transaction().transaction_id(), held.transaction_id());
  EXPECT_EQ(found.transaction().state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(found.transaction().captured_fen(), 300);
  EXPECT_EQ(found.transaction().merchant_id(), "METRO");
}

TEST_F(AuthorizationTest, AnotherTerminalOfTheMerchantIsToldWhoseTransactionItIs) {
  v1::ImportTerminalsRequest gates;
  v1::Terminal* const gate = gates.add_terminals();
  gate->set_terminal_id("GATE2");
  gate->set_merchant_id("METRO");
  const auto merchants = v1::MerchantService::NewStub(harness_->Operators());
  ASSERT_EQ(ImportOne<v1::ImportTerminalsResponse>(
                merchants.get(), &v1::MerchantService::Stub::ImportTerminals, gates)
                .accepted_count(),
            1U);

  const v1::Transaction ride = AuthorizeOk(Ride()).transaction();
  v1::GetTransactionRequest inquiry;
  inquiry.set_terminal_id("GATE2");
  inquiry.set_transaction_id(ride.transaction_id());
  v1::GetTransactionResponse found;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->GetTransaction(&context, inquiry, &found).ok());
  EXPECT_EQ(found.transaction().transaction_id(), ride.transaction_id());
  EXPECT_EQ(found.transaction().terminal_id(), "GATE1");
}

TEST_F(AuthorizationTest, AReversalOfAnUnknownOriginalIsAcceptedAndStopsIt) {
  v1::AuthorizeRequest late = Ride();
  v1::ReverseRequest request;
  request.set_request_id(NextUuid());
  request.set_terminal_id("GATE1");
  request.set_original_request_id(late.request_id());
  request.set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
  v1::ReverseResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->Reverse(&context, request, &response).ok());
  EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_FALSE(response.transaction().original_found());
  EXPECT_EQ(response.transaction().display_message_zh(), "已撤销");

  const v1::Transaction declined = AuthorizeOk(late).transaction();
  EXPECT_EQ(declined.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(declined.reason(), v1::REASON_PREVIOUSLY_REVERSED);
}

TEST_F(AuthorizationTest, ADeclineNamesItsCheck) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(AuthorizeOk(Ride()).transaction().outcome(), v1::OUTCOME_APPROVED);
  }
  const v1::Transaction declined = AuthorizeOk(Ride()).transaction();
  EXPECT_EQ(declined.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(declined.reason(), v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  EXPECT_EQ(declined.retry(), v1::RETRY_NEW_ID_LATER);
  EXPECT_EQ(declined.state(), v1::TRANSACTION_STATE_DECLINED);
  EXPECT_TRUE(declined.approval_code().empty());
  EXPECT_TRUE(declined.has_next_eligible_at());
  EXPECT_FALSE(declined.has_expires_at());
  EXPECT_EQ(declined.limits_size(), 0);
  EXPECT_EQ(declined.failed_check().programme_code(), "metro");
  EXPECT_EQ(declined.failed_check().benefit_code(), "ride");
  const v1::LimitState& limit = declined.failed_check().limit();
  EXPECT_EQ(limit.limit_code(), "rides");
  EXPECT_EQ(limit.held(), 3);
  EXPECT_EQ(limit.left(), 0);
  EXPECT_EQ(declined.next_eligible_at().seconds(), limit.resets_at().seconds());
}

TEST_F(AuthorizationTest, WhoIsNotKnownIsDeclined) {
  v1::AuthorizeRequest request = Ride();
  request.set_card_number("99999999");
  v1::Transaction declined = AuthorizeOk(request).transaction();
  EXPECT_EQ(declined.reason(), v1::REASON_INVALID_CARD);
  EXPECT_EQ(declined.retry(), v1::RETRY_NEVER);
  EXPECT_FALSE(declined.has_failed_check());

  request = Ride();
  request.set_card_number(kCard2);
  EXPECT_EQ(AuthorizeOk(request).transaction().reason(), v1::REASON_MEMBER_NOT_VERIFIED);

  request = Ride();
  request.set_terminal_id("NOBODY");
  declined = AuthorizeOk(request).transaction();
  EXPECT_EQ(declined.reason(), v1::REASON_INVALID_TERMINAL);
  EXPECT_EQ(declined.terminal_id(), "NOBODY");
  EXPECT_EQ(declined.request_id(), request.request_id());
  EXPECT_TRUE(declined.transaction_id().empty());
}

TEST_F(AuthorizationTest, AQuoteRecordsNothing) {
  v1::QuoteRequest request;
  *request.mutable_authorize() = Ride();
  request.mutable_authorize()->clear_request_id();
  const uint64_t before = TransactionCount();
  v1::QuoteResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->Quote(&context, request, &response).ok());
  EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.transaction().member_pays_fen(), 1);
  EXPECT_TRUE(response.transaction().transaction_id().empty());
  EXPECT_TRUE(response.transaction().approval_code().empty());
  EXPECT_EQ(response.transaction().state(), v1::TRANSACTION_STATE_UNSPECIFIED);
  EXPECT_EQ(TransactionCount(), before);
}

TEST_F(AuthorizationTest, WrongFieldsAreNamedAndNothingChanges) {
  v1::AuthorizeRequest request = Ride();
  request.set_request_id("not-a-uuid");
  request.set_list_price_fen(-1);
  request.set_card_number(std::string(100'000, '6'));
  request.set_stan(1'000'000);
  const uint64_t before = TransactionCount();
  const grpc::Status status = AuthorizeError(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.info.reason(), "INVALID_FIELD");
  EXPECT_EQ(details.info.domain(), "gonghui");
  std::vector<std::string> fields;
  for (const auto& violation : details.bad_request.field_violations()) {
    fields.push_back(violation.field());
  }
  EXPECT_THAT(fields,
              ::testing::ElementsAre("request_id", "card_number", "list_price_fen", "stan"));
  EXPECT_EQ(TransactionCount(), before);
}

TEST_F(AuthorizationTest, AMessageThatIsTooLongIsRefused) {
  v1::AuthorizeRequest request = Ride();
  request.set_programme_code(std::string(2 << 20, 'x'));
  EXPECT_EQ(AuthorizeError(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(AuthorizeOk(Ride()).transaction().outcome(), v1::OUTCOME_APPROVED);
}

TEST_F(AuthorizationTest, TheSameIdWithOtherContentIsRefused) {
  v1::AuthorizeRequest request = Ride();
  AuthorizeOk(request);
  request.set_list_price_fen(500);
  const grpc::Status status = AuthorizeError(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.info.reason(), "DUPLICATE_MISMATCH");
  EXPECT_EQ(details.info.metadata().at("field"), "list_price_fen");
}

TEST_F(AuthorizationTest, AnotherMerchantIsRefused) {
  v1::AuthorizeRequest request = Ride();
  request.set_merchant_id("SHOP");
  const grpc::Status status = AuthorizeError(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DetailsOf(status).info.metadata().at("field"), "merchant_id");
}

TEST_F(AuthorizationTest, AnUnknownTransactionIsNotFound) {
  v1::GetTransactionRequest request;
  request.set_terminal_id("GATE1");
  request.set_request_id(NextUuid());
  v1::GetTransactionResponse response;
  grpc::ClientContext context;
  const uint64_t before = harness_->engine().stats().commands;
  const grpc::Status status = stub_->GetTransaction(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).info.metadata().at("field"), "request_id");
  // And again behind the advices, among which it may have waited.
  EXPECT_EQ(harness_->engine().stats().commands, before + 2);
}

// ---- Streams -----------------------------------------------------------------

TEST_F(AuthorizationTest, AStreamAnswersEveryItemInOrder) {
  grpc::ClientContext context;
  auto stream = stub_->AuthorizeStream(&context);
  std::vector<v1::AuthorizeStreamRequest> messages(20);
  for (v1::AuthorizeStreamRequest& message : messages) {
    for (int i = 0; i < 10; ++i) {
      v1::AuthorizeRequest* const item = message.add_requests();
      *item = Ride();
      item->set_transport_data(item->request_id());
    }
    message.mutable_requests(3)->set_request_id("wrong");
    *message.mutable_requests(5) = message.requests(4);
    message.mutable_requests(6)->set_merchant_id("SHOP");
  }
  std::thread writer([&] {
    for (const v1::AuthorizeStreamRequest& message : messages) {
      ASSERT_TRUE(stream->Write(message));
    }
    stream->WritesDone();
  });
  for (const v1::AuthorizeStreamRequest& message : messages) {
    v1::AuthorizeStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.results_size(), message.requests_size());
    for (int i = 0; i < message.requests_size(); ++i) {
      const v1::AuthorizeStreamResult& result = response.results(i);
      if (i == 3) {
        EXPECT_EQ(result.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
        EXPECT_EQ(DetailsOf(result.error()).bad_request.field_violations(0).field(),
                  "requests[3].request_id");
      } else if (i == 6) {
        EXPECT_EQ(result.error().code(), grpc::StatusCode::PERMISSION_DENIED);
      } else {
        ASSERT_TRUE(result.has_response()) << result.DebugString();
        EXPECT_EQ(result.response().transaction().request_id(), message.requests(i).request_id());
        EXPECT_EQ(result.response().transport_data(), message.requests(i).transport_data());
        EXPECT_EQ(result.response().idempotent_replay(), i == 5);
      }
    }
  }
  writer.join();
  v1::AuthorizeStreamResponse none;
  EXPECT_FALSE(stream->Read(&none));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AuthorizationTest, AStreamTakes1024ItemsAndNotMore) {
  for (const int count : {0, 1'024, 1'025}) {
    grpc::ClientContext context;
    auto stream = stub_->AuthorizeStream(&context);
    v1::AuthorizeStreamRequest message;
    for (int i = 0; i < count; ++i) {
      *message.add_requests() = Ride();
    }
    stream->Write(message);
    stream->WritesDone();
    v1::AuthorizeStreamResponse response;
    const bool answered = stream->Read(&response);
    EXPECT_EQ(answered, count == 1'024);
    if (answered) {
      EXPECT_EQ(response.results_size(), count);
    }
    EXPECT_EQ(stream->Finish().error_code(),
              count == 1'024 ? grpc::StatusCode::OK : grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(AuthorizationTest, StreamsOfBothKindsAreCountedTogether) {
  TearDown();
  HarnessOptions options;
  options.configure = [](Config* config) {
    config->terminals.streams_max = 1;
    config->terminals.lanes = 1;
  };
  StartWith(options);
  grpc::ClientContext context;
  auto stream = stub_->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest message;
  *message.add_requests() = Ride();
  stream->Write(message);
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const auto submit = [&] {
    grpc::ClientContext advices_context;
    auto advices = stub_->SubmitAdvices(&advices_context);
    v1::SubmitAdvicesResponse none;
    advices->WritesDone();
    EXPECT_FALSE(advices->Read(&none));
    return advices->Finish();
  };
  const grpc::Status status = submit();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "OVERLOADED");
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  // The place is free as soon as the server has seen that the first is over.
  for (int i = 0; i < 1'000 && !submit().ok(); ++i) {
  }
  EXPECT_TRUE(submit().ok());
}

TEST_F(AuthorizationTest, AStreamThatIsCutLeavesTheServerWell) {
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    auto stream = stub_->AuthorizeStream(&context);
    v1::AuthorizeStreamRequest message;
    for (int j = 0; j < 100; ++j) {
      *message.add_requests() = Ride();
    }
    for (int j = 0; j < i % 4; ++j) {
      stream->Write(message);
    }
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(AuthorizeOk(Ride()).has_transaction());
}

// ---- Deadlines and overload --------------------------------------------------

// Holds every append until told to let go.
class Gate {
 public:
  explicit Gate(MemoryJournal* journal) : journal_(journal) {
    journal_->set_before_append([this] {
      std::unique_lock<std::mutex> lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      --waiting_;
      changed_.notify_all();
    });
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  // Whatever the test has come to, nobody is held any more.
  ~Gate() {
    Open();
    journal_->set_before_append(nullptr);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ == 0; });
  }
  void WaitUntilOneIsHeld() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  MemoryJournal* const journal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// An hour ahead, so that a call's deadline has passed when the engine sees it but
// not yet when the client does.
class ClockAhead final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override {
    return SystemClock::Instance().NowNs() + 3'600 * kNsPerSecond;
  }
  [[nodiscard]] int64_t MonotonicNs() const override {
    return SystemClock::Instance().MonotonicNs();
  }
};

// Sales at GATE1 of just now.
v1::SubmitAdvicesRequest AdvicesOf(uint32_t count) {
  v1::SubmitAdvicesRequest message;
  message.set_terminal_id("GATE1");
  for (uint32_t i = 1; i <= count; ++i) {
    v1::Advice* const advice = message.add_advices();
    *advice->mutable_sale() = Ride();
    advice->mutable_sale()->set_capture(true);
    advice->mutable_sale()->set_transport_data(std::to_string(i));
    advice->set_member_paid_fen(400);
    advice->mutable_occurred_at()->set_seconds(SystemClock::Instance().NowNs() / kNsPerSecond);
    advice->set_terminal_sequence(i);
    advice->set_business_date("2026-05-03");
  }
  return message;
}

TEST_F(AuthorizationTest, APassedDeadlineChangesNothing) {
  TearDown();
  const ClockAhead clock;
  HarnessOptions options;
  options.clock = &clock;
  StartWith(options);
  const uint64_t before = TransactionCount();
  const std::chrono::system_clock::time_point deadline{
      std::chrono::nanoseconds(SystemClock::Instance().NowNs()) + std::chrono::seconds(30)};
  v1::AuthorizeResponse response;
  grpc::ClientContext context;
  context.set_deadline(deadline);
  const grpc::Status status = stub_->Authorize(&context, Ride(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "DEADLINE_EXCEEDED");

  grpc::ClientContext stream_context;
  stream_context.set_deadline(deadline);
  auto stream = stub_->AuthorizeStream(&stream_context);
  v1::AuthorizeStreamRequest message;
  *message.add_requests() = Ride();
  stream->Write(message);
  stream->WritesDone();
  v1::AuthorizeStreamResponse answers;
  ASSERT_TRUE(stream->Read(&answers));
  EXPECT_EQ(answers.results(0).error().code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(stream->Finish().ok());

  grpc::ClientContext advices_context;
  advices_context.set_deadline(deadline);
  auto advices = stub_->SubmitAdvices(&advices_context);
  advices->Write(AdvicesOf(1));
  advices->WritesDone();
  v1::SubmitAdvicesResponse advice_answers;
  ASSERT_TRUE(advices->Read(&advice_answers));
  EXPECT_FALSE(advice_answers.results(0).accepted());
  EXPECT_EQ(advice_answers.results(0).error().code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(advices->Finish().ok());
  EXPECT_EQ(TransactionCount(), before);

  v1::AuthorizeResponse late;
  grpc::ClientContext unhurried;  // without a deadline
  EXPECT_TRUE(stub_->Authorize(&unhurried, Ride(), &late).ok());
  TearDown();
}

TEST_F(AuthorizationTest, WhatIsNotDurableIsNotAnswered) {
  Gate gate(&harness_->journal());
  v1::AuthorizeResponse response;
  grpc::ClientContext context;
  grpc::Status status;
  bool answered = false;
  std::mutex mutex;
  std::thread caller([&] {
    status = stub_->Authorize(&context, Ride(), &response);
    const std::lock_guard<std::mutex> lock(mutex);
    answered = true;
  });
  gate.WaitUntilOneIsHeld();
  {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_FALSE(answered);
  }
  gate.Open();
  caller.join();
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
}

TEST_F(AuthorizationTest, OverloadIsToldAtOnce) {
  TearDown();
  HarnessOptions options;
  options.configure = [](Config* config) { config->terminals.calls_in_flight_max = 1; };
  StartWith(options);
  Gate gate(&harness_->journal());
  std::thread caller([&] { AuthorizeOk(Ride()); });
  gate.WaitUntilOneIsHeld();
  const grpc::Status status = AuthorizeError(Ride());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.info.reason(), "OVERLOADED");
  EXPECT_TRUE(details.has_retry);
  EXPECT_GT(details.retry.retry_delay().nanos(), 0);
  gate.Open();
  caller.join();
  AuthorizeOk(Ride());  // there is room again, and nothing is left that the gate holds
}

// A lane keeps room for the results of sixteen.
TEST_F(AuthorizationTest, MoreLongMessagesThanALaneKeepsRoomForAreAnsweredAlike) {
  TearDown();
  HarnessOptions options;
  options.engine.pipeline = CommitPipeline::kTwoThreads;  // the ledger goes on behind the gate
  options.configure = [](Config* config) { config->terminals.lanes = 1; };
  StartWith(options);
  constexpr size_t kStreams = 3;
  constexpr size_t kMessages = 8;  // a stream may have so many in flight
  constexpr size_t kItems = 100;
  for (int turn = 0; turn < 2; ++turn) {
    Gate gate(&harness_->journal());
    const uint64_t before = harness_->engine().stats().commands;
    std::array<grpc::ClientContext, kStreams> contexts;
    std::vector<std::unique_ptr<
        grpc::ClientReaderWriter<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse>>>
        streams;
    std::array<std::vector<v1::AuthorizeStreamRequest>, kStreams> sent;
    for (size_t i = 0; i < kStreams; ++i) {
      streams.push_back(stub_->AuthorizeStream(&contexts[i]));
      for (size_t j = 0; j < kMessages; ++j) {
        v1::AuthorizeStreamRequest& message = sent[i].emplace_back();
        for (size_t k = 0; k < kItems; ++k) {
          *message.add_requests() = Ride();
        }
        ASSERT_TRUE(streams[i]->Write(message));
      }
      streams[i]->WritesDone();
    }
    constexpr int kLooksMax = 60'000;  // a millisecond each
    const auto decided = [&] { return harness_->engine().stats().commands - before; };
    for (int i = 0; i < kLooksMax && decided() < kStreams * kMessages * kItems; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(decided(), kStreams * kMessages * kItems);
    gate.Open();
    for (size_t i = 0; i < kStreams; ++i) {
      for (const v1::AuthorizeStreamRequest& message : sent[i]) {
        v1::AuthorizeStreamResponse response;
        ASSERT_TRUE(streams[i]->Read(&response));
        ASSERT_EQ(response.results_size(), message.requests_size());
        for (int k = 0; k < message.requests_size(); ++k) {
          ASSERT_EQ(response.results(k).response().transaction().request_id(),
                    message.requests(k).request_id());
        }
      }
      EXPECT_TRUE(streams[i]->Finish().ok());
    }
  }
}

TEST_F(AuthorizationTest, AFullEngineRefusesItemsOfAStreamAndTheStreamLives) {
  TearDown();
  HarnessOptions options;
  options.engine.in_flight_commands_max = 64;
  options.engine.ring_slots = 64;
  StartWith(options);
  Gate gate(&harness_->journal());
  grpc::ClientContext context;
  auto stream = stub_->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest message;
  for (int i = 0; i < 40; ++i) {
    *message.add_requests() = Ride();
  }
  stream->Write(message);
  gate.WaitUntilOneIsHeld();
  v1::AuthorizeStreamRequest second;
  for (int i = 0; i < 40; ++i) {
    *second.add_requests() = Ride();
  }
  stream->Write(second);
  // Both are read before the first is answered, so the second met a full engine.
  while (harness_->engine().stats().submissions_refused == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  gate.Open();
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(39).has_response());
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 40);
  EXPECT_EQ(response.results(0).error().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(DetailsOf(response.results(39).error()).has_retry);
  stream->Write(second);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(0).has_response()) << response.results(0).DebugString();
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AuthorizationTest, AFullEngineRefusesAdvicesThatMayComeAgain) {
  TearDown();
  HarnessOptions options;
  options.engine.in_flight_commands_max = 64;
  options.engine.ring_slots = 64;
  StartWith(options);
  const v1::SubmitAdvicesRequest message = AdvicesOf(40);
  Gate gate(&harness_->journal());
  grpc::ClientContext context;
  auto stream = stub_->SubmitAdvices(&context);
  stream->Write(message);
  gate.WaitUntilOneIsHeld();
  stream->Write(message);
  while (harness_->engine().stats().submissions_refused == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  gate.Open();
  v1::SubmitAdvicesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(39).accepted());
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 40);
  for (const v1::AdviceResult& result : response.results()) {
    EXPECT_FALSE(result.accepted());
    EXPECT_EQ(result.error().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_TRUE(DetailsOf(result.error()).has_retry);
  }
  EXPECT_EQ(response.results(39).transport_data(), "40");
  stream->Write(message);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(0).accepted()) << response.results(0).DebugString();
  EXPECT_TRUE(response.results(0).idempotent_replay());
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AuthorizationTest, ManyCallsAtOnceAreAllAnswered) {
  constexpr size_t kThreads = 8;
  constexpr int kCalls = 200;
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(60, GPR_TIMESPAN));
  std::vector<std::thread> threads;
  // Each thread's own: how many of its calls were answered, and what the first other said.
  std::array<int, kThreads> answered{};
  std::array<std::string, kThreads> first_error;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto stub = v1::AuthorizationService::NewStub(harness_->Terminals());
      for (int j = 0; j < kCalls; ++j) {
        v1::AuthorizeResponse response;
        grpc::ClientContext context;
        // gRPC 1.51's client reads errno too late after connect() and may take a connection
        // under way for one that failed (grpc/grpc pull request 35064); it tries again.
        context.set_wait_for_ready(true);
        context.set_deadline(deadline);
        const grpc::Status status = stub->Authorize(&context, Ride(), &response);
        if (status.ok()) {
          ++answered[i];
        } else if (first_error[i].empty()) {
          first_error[i] = absl::StrCat("call ",
                                        j,
                                        ": ",
                                        status.error_code(),
                                        " ",
                                        status.error_message(),
                                        " ",
                                        context.debug_error_string());
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (size_t i = 0; i < kThreads; ++i) {
    EXPECT_EQ(answered[i], kCalls) << first_error[i];
  }
}

TEST_F(AuthorizationTest, ADrainEndsStreamsAndFinishesCalls) {
  grpc::ClientContext context;
  auto stream = stub_->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest message;
  *message.add_requests() = Ride();
  stream->Write(message);
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  harness_->server().Drain(0, 5'000);
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).info.reason(), "DRAINING");
  EXPECT_EQ(AuthorizeError(Ride()).error_code(), grpc::StatusCode::UNAVAILABLE);
}

// It waits for what it has taken as long as it may, and not only as long as it has patience with
// clients that do not take their answers.
TEST_F(AuthorizationTest, ADrainAnswersWhatTheEngineHas) {
  Gate gate(&harness_->journal());
  v1::AuthorizeResponse response;
  grpc::Status status;
  std::atomic<bool> is_over{false};
  std::thread caller([&] {
    status = Authorize(Ride(), &response);
    is_over = true;
  });
  gate.WaitUntilOneIsHeld();
  std::thread drainer([&] { harness_->server().Drain(0, 60'000); });
  constexpr std::chrono::milliseconds kLook{10};
  constexpr int kLooks = 150;  // half a second longer than the drain's patience twice
  for (int i = 0; i < kLooks && !is_over; ++i) {
    std::this_thread::sleep_for(kLook);
  }
  EXPECT_FALSE(is_over) << status.error_message();
  gate.Open();
  caller.join();
  drainer.join();
  EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
  EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
}

// ---- Health ------------------------------------------------------------------

TEST_F(AuthorizationTest, HealthIsServingByServiceName) {
  const auto check = [](const std::shared_ptr<grpc::Channel>& channel, const std::string& name) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(name);
    grpc::health::v1::HealthCheckResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        grpc::health::v1::Health::NewStub(channel)->Check(&context, request, &response);
    return status.ok() ? static_cast<int>(response.status())
                       : -static_cast<int>(status.error_code());
  };
  using grpc::health::v1::HealthCheckResponse;
  EXPECT_EQ(check(harness_->Terminals(), ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(check(harness_->Terminals(), "gonghui.v1.AuthorizationService"),
            HealthCheckResponse::SERVING);
  EXPECT_EQ(check(harness_->Terminals(), "gonghui.v1.MemberService"),
            -static_cast<int>(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(check(harness_->Operators(), "gonghui.v1.MemberService"), HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace gonghui
