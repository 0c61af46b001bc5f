// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of streams when they hold more than terminals.stream_bytes_max: who takes its
// answers is told to come again, and only who takes none is cut.

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

HarnessOptions WithStreamBytes(int64_t bytes, int64_t streams = 1'024) {
  HarnessOptions options;
  options.configure = [bytes, streams](Config* config) {
    config->terminals.lanes = 1;
    config->terminals.stream_bytes_max = bytes;
    config->terminals.streams_max = streams;
  };
  return options;
}

v1::AuthorizeStreamRequest Rides(int count) {
  v1::AuthorizeStreamRequest message;
  for (int i = 0; i < count; ++i) {
    *message.add_requests() = Ride();
  }
  return message;
}

// Of `message`, what was refused for now; everything else is answered.
v1::AuthorizeStreamRequest Refused(const v1::AuthorizeStreamRequest& message,
                                   const v1::AuthorizeStreamResponse& response) {
  v1::AuthorizeStreamRequest refused;
  EXPECT_EQ(response.results_size(), message.requests_size());
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::AuthorizeStreamResult& result = response.results(i);
    if (!result.has_response()) {
      EXPECT_EQ(result.error().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
      EXPECT_TRUE(DetailsOf(result.error()).has_retry);
      *refused.add_requests() = message.requests(i);
    }
  }
  return refused;
}

// A client that has room for a kilobyte of answers, and takes none.
class DeafClient {
 public:
  DeafClient(Harness& harness, int items) : harness_(harness) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1'024);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::AuthorizationService::NewStub(grpc::CreateCustomChannel(
        harness.server().terminals_address(), grpc::InsecureChannelCredentials(), arguments));
    context_.set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(90, GPR_TIMESPAN)));
    stream_ = stub_->AuthorizeStream(&context_);
    const uint64_t before = harness_.engine().stats().commands;
    EXPECT_TRUE(stream_->Write(Rides(items)));
    for (int i = 0; i < 60'000 && Decided() < before + static_cast<uint64_t>(items); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  // How its stream ended.  It sees that only behind what it has room for.
  grpc::StatusCode Finish() {
    v1::AuthorizeStreamResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish().error_code();
  }

 private:
  [[nodiscard]] uint64_t Decided() const { return harness_.engine().stats().commands; }

  Harness& harness_;
  std::unique_ptr<v1::AuthorizationService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse>>
      stream_;
};

TEST(StreamsTest, BulkBeyondTheMemoryIsToldToComeAgainAndNotCut) {
  constexpr int kStreams = 8;
  constexpr int kItems = 400;  // some 200 KB each while they are under way
  Harness harness(WithStreamBytes(512 << 10));
  // Nothing is decided before some have been refused.
  std::promise<void> open;
  harness.journal().set_before_append([opened = open.get_future().share()] { opened.wait(); });
  std::atomic<int> refused_count{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kStreams; ++i) {
    clients.emplace_back([&] {
      const auto stub = v1::AuthorizationService::NewStub(harness.Terminals());
      grpc::ClientContext context;
      const auto stream = stub->AuthorizeStream(&context);
      v1::AuthorizeStreamRequest message = Rides(kItems);
      for (int tries = 0; message.requests_size() > 0 && tries < 10'000; ++tries) {
        v1::AuthorizeStreamResponse response;
        if (!stream->Write(message) || !stream->Read(&response)) {
          break;
        }
        message = Refused(message, response);
        refused_count += message.requests_size() > 0 ? 1 : 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(message.requests_size() > 0 ? 5 : 0));
      }
      EXPECT_EQ(message.requests_size(), 0);
      stream->WritesDone();
      const grpc::Status status = stream->Finish();
      EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    });
  }
  for (int i = 0; i < 60'000 && refused_count == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GT(refused_count, 0);
  open.set_value();
  for (std::thread& client : clients) {
    client.join();
  }
}

TEST(StreamsTest, WhoTakesNoAnswersIsCutWhenOthersNeedTheRoom) {
  constexpr int kItems = 100;
  Harness harness(WithStreamBytes(16 << 10));
  DeafClient deaf(harness, kItems);
  const auto stub = v1::AuthorizationService::NewStub(harness.Terminals());
  grpc::ClientContext context;
  const auto stream = stub->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest message = Rides(kItems);
  while (message.requests_size() > 0) {
    v1::AuthorizeStreamResponse response;
    ASSERT_TRUE(stream->Write(message));
    ASSERT_TRUE(stream->Read(&response));
    message = Refused(message, response);
    std::this_thread::sleep_for(std::chrono::milliseconds(message.requests_size() > 0 ? 20 : 0));
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(deaf.Finish(), grpc::StatusCode::CANCELLED);
}

// Who takes its answers slowly, and is not cut therefore, keeps nobody else from being served.
TEST(StreamsTest, AStreamThatHoldsNothingAlwaysHasItsShare) {
  Harness harness(WithStreamBytes(64 << 10, /*streams=*/8));
  DeafClient deaf(harness, 400);
  const auto stub = v1::AuthorizationService::NewStub(harness.Terminals());
  grpc::ClientContext context;
  const auto stream = stub->AuthorizeStream(&context);
  for (int i = 0; i < 50; ++i) {
    v1::AuthorizeStreamResponse response;
    ASSERT_TRUE(stream->Write(Rides(1)));
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.results_size(), 1);
    EXPECT_TRUE(response.results(0).has_response()) << response.ShortDebugString();
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(StreamsTest, AStreamThatIsStalledGivesUpItsPlace) {
  Harness harness(WithStreamBytes(256 << 20, /*streams=*/1));
  DeafClient deaf(harness, 400);
  const auto stub = v1::AuthorizationService::NewStub(harness.Terminals());
  bool served = false;
  for (int tries = 0; tries < 3'000 && !served; ++tries) {
    grpc::ClientContext context;
    const auto stream = stub->AuthorizeStream(&context);
    v1::AuthorizeStreamResponse response;
    served = stream->Write(Rides(1)) && stream->Read(&response);
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(),
              served ? grpc::StatusCode::OK : grpc::StatusCode::RESOURCE_EXHAUSTED);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(served);
  EXPECT_EQ(deaf.Finish(), grpc::StatusCode::CANCELLED);
}

// All others are refused meanwhile, and a retry policy tries for seconds only.
TEST(StreamsTest, WhoTakesNoAnswersDoesNotHoldUpTheEnd) {
  constexpr int64_t kGraceMs = 300'000;
  Harness harness(WithStreamBytes(256 << 20));
  DeafClient deaf(harness, 400);
  const int64_t begin_ns = SystemClock::Instance().MonotonicNs();
  harness.server().Drain(0, kGraceMs);
  EXPECT_LT(SystemClock::Instance().MonotonicNs() - begin_ns, kGraceMs / 2 * 1'000'000);
  EXPECT_NE(deaf.Finish(), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace gonghui
