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

#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

HarnessOptions WithStreamBytes(int64_t bytes) {
  HarnessOptions options;
  options.configure = [bytes](Config* config) {
    config->terminals.lanes = 1;
    config->terminals.stream_bytes_max = bytes;
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
  while (refused_count == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  open.set_value();
  for (std::thread& client : clients) {
    client.join();
  }
}

TEST(StreamsTest, WhoTakesNoAnswersIsCutWhenOthersNeedTheRoom) {
  constexpr int kItems = 100;
  Harness harness(WithStreamBytes(16 << 10));
  // A client that has room for a kilobyte of answers, and takes none.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1'024);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto deaf_stub = v1::AuthorizationService::NewStub(grpc::CreateCustomChannel(
      harness.server().terminals_address(), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext deaf_context;
  deaf_context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(90, GPR_TIMESPAN)));
  const auto deaf = deaf_stub->AuthorizeStream(&deaf_context);
  const uint64_t before = harness.engine().stats().commands;
  ASSERT_TRUE(deaf->Write(Rides(kItems)));
  while (harness.engine().stats().commands < before + kItems) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  const auto stub = v1::AuthorizationService::NewStub(harness.Terminals());
  grpc::ClientContext context;
  const auto stream = stub->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest message = Rides(kItems);
  int refused_count = 0;
  while (message.requests_size() > 0) {
    v1::AuthorizeStreamResponse response;
    ASSERT_TRUE(stream->Write(message));
    ASSERT_TRUE(stream->Read(&response));
    message = Refused(message, response);
    refused_count += message.requests_size() > 0 ? 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(message.requests_size() > 0 ? 20 : 0));
  }
  EXPECT_GT(refused_count, 0) << "it was cut at once, as if its client had had no time";
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  // It sees that only behind what it has room for.
  v1::AuthorizeStreamResponse response;
  while (deaf->Read(&response)) {
  }
  EXPECT_EQ(deaf->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace gonghui
