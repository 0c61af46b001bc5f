// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthTest : public testing::Test {
 protected:
  struct Watcher {
    ~Watcher() {
      context.TryCancel();
      if (!finished) {
        reader->Finish();
      }
    }
    grpc::StatusCode Finish() {
      finished = true;
      return reader->Finish().error_code();
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader;
    bool finished = false;
  };

  std::unique_ptr<Watcher> Watch(const std::string& service) {
    auto watcher = std::make_unique<Watcher>();
    HealthCheckRequest request;
    request.set_service(service);
    watcher->reader = stub_->Watch(&watcher->context, request);
    return watcher;
  }

  Harness harness_;
  std::unique_ptr<Health::Stub> stub_ = Health::NewStub(harness_.Terminals());
};

TEST_F(HealthTest, AWatchTellsTheStatusAndItsChangesUntilTheDrain) {
  const auto watcher = Watch("");
  HealthCheckResponse response;
  ASSERT_TRUE(watcher->reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  // Who watches is told while the server waits, and hung up on then.
  harness_.server().Drain(/*lame_duck_ms=*/1'000, 5'000);
  ASSERT_TRUE(watcher->reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watcher->reader->Read(&response));
  EXPECT_EQ(watcher->Finish(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthTest, OperatorsWatchersEndWithTheDrainToo) {
  stub_ = Health::NewStub(harness_.Operators());
  const auto watcher = Watch("gonghui.v1.MemberService");
  HealthCheckResponse response;
  ASSERT_TRUE(watcher->reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  harness_.server().Drain(0, 5'000);
  ASSERT_TRUE(watcher->reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watcher->reader->Read(&response));
  EXPECT_EQ(watcher->Finish(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthTest, AWatchOfAnUnknownServiceSaysSo) {
  const auto watcher = Watch("gonghui.v1.NoSuchService");
  HealthCheckResponse response;
  ASSERT_TRUE(watcher->reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthTest, OneWatcherTooManyIsRefusedAndAPlaceComesFree) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  HealthCheckResponse response;
  for (int i = 0; i < 16; ++i) {
    watchers.push_back(Watch(""));
    ASSERT_TRUE(watchers.back()->reader->Read(&response));
  }
  const auto refused = Watch("");
  EXPECT_FALSE(refused->reader->Read(&response));
  EXPECT_EQ(refused->Finish(), grpc::StatusCode::UNIMPLEMENTED);
  // Calls are answered beside them.
  HealthCheckRequest request;
  grpc::ClientContext context;
  EXPECT_TRUE(stub_->Check(&context, request, &response).ok());

  watchers.pop_back();
  bool watching = false;
  for (int i = 0; i < 1'000 && !watching; ++i) {  // until the server has noticed
    watching = Watch("")->reader->Read(&response);
    std::this_thread::sleep_for(std::chrono::milliseconds(watching ? 0 : 10));
  }
  EXPECT_TRUE(watching);
}

}  // namespace
}  // namespace gonghui
