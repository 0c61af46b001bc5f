// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// SIGTERM and a start on the same port, while tills call: under the retry policy that
// docs/OPERATIONS.md gives to terminals no call fails, and none is booked twice.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"
#include "tests/e2e/server/process.h"

namespace gonghui {
namespace {

// What OPERATIONS.md gives to those who write terminals, word for word.
std::string RetryPolicy() {
  const std::string text = ReadTextFile("docs/OPERATIONS.md");
  const size_t begin = text.find("    {\"methodConfig\"");
  const size_t end = text.find("\n\n", begin);
  GH_CHECK(begin != std::string::npos && end != std::string::npos);
  return text.substr(begin, end - begin);
}

// A port of the loopback that nobody has, and that the system gives to nobody who connects:
// who connects to a port of that range while nobody listens may be connected to itself.
uint16_t FreePort() {
  const auto free = [](uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(fd);
    return bound;
  };
  uint16_t port = static_cast<uint16_t>(20'000 + ::getpid() % 10'000);
  while (!free(port)) {
    ++port;
  }
  return port;
}

std::shared_ptr<grpc::Channel> ConnectTill(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(RetryPolicy());
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// As many rides as there may be, for one member.
std::string ProgrammeOfMany() {
  return absl::StrReplaceAll(MetroYaml(1'000'000'000), {{"1000.00 yuan", "1000000000.00 yuan"}});
}

constexpr int64_t kSubsidyFen = 399;  // of each ride

// What tills do until they are told to stop.
struct Tills {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;

  ~Tills() { Stop(); }
  void Stop() {
    stop = true;
    for (std::thread& thread : threads) {
      thread.join();
    }
    threads.clear();
  }
};

// One that sells, a call at a time.
struct Till {
  std::vector<std::pair<v1::AuthorizeRequest, std::string>> sold;  // with the transaction's id
  std::vector<std::string> failed;
  std::atomic<size_t> count{0};

  void Run(const std::string& address, const std::atomic<bool>& stop) {
    const auto stub = v1::AuthorizationService::NewStub(ConnectTill(address));
    while (!stop) {
      v1::AuthorizeRequest request = Ride();
      request.set_capture(true);
      v1::AuthorizeResponse response;
      grpc::ClientContext context;
      const grpc::Status status = stub->Authorize(&context, request, &response);
      if (status.ok()) {
        sold.emplace_back(request, response.transaction().transaction_id());
      } else {
        failed.push_back(absl::StrCat(status.error_code(), " ", status.error_message()));
      }
      ++count;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

// One that sells by a stream: a message of some items at a time.  What has no answer when the
// stream ends, it says again on the next, under the same ids.
struct Gateway {
  static constexpr int kItems = 8;
  std::map<std::string, std::string> sold;  // transaction by request
  std::vector<std::string> failed;
  std::atomic<size_t> count{0};
  int streams = 0;

  void Run(const std::string& address, const std::atomic<bool>& stop) {
    const auto stub = v1::AuthorizationService::NewStub(ConnectTill(address));
    v1::AuthorizeStreamRequest message;
    while (!stop) {
      ++streams;
      grpc::ClientContext context;
      const auto stream = stub->AuthorizeStream(&context);
      bool alive = true;
      while (alive && !stop) {
        if (message.requests().empty()) {
          for (int i = 0; i < kItems; ++i) {
            v1::AuthorizeRequest* const request = message.add_requests();
            *request = Ride();
            request->set_capture(true);
          }
        }
        v1::AuthorizeStreamResponse response;
        alive = stream->Write(message) && stream->Read(&response);
        if (alive) {
          Take(response, &message);
          ++count;
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
      }
      stream->WritesDone();
      v1::AuthorizeStreamResponse more;
      while (stream->Read(&more)) {  // of what was asked last
        Take(more, &message);
      }
      const grpc::Status status = stream->Finish();
      if (!status.ok() && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
        failed.push_back(absl::StrCat(status.error_code(), " ", status.error_message()));
      }
    }
  }

  void Take(const v1::AuthorizeStreamResponse& response, v1::AuthorizeStreamRequest* message) {
    EXPECT_EQ(response.results_size(), message->requests_size());
    for (int i = 0; i < response.results_size(); ++i) {
      EXPECT_TRUE(response.results(i).has_response()) << response.results(i).DebugString();
      sold[message->requests(i).request_id()] =
          response.results(i).response().transaction().transaction_id();
    }
    message->clear_requests();
  }
};

TEST(RestartTest, UnderTheRetryPolicyNoCallFailsAndNoneIsBookedTwice) {
  constexpr int kRestarts = 3;
  const std::string address = absl::StrCat("127.0.0.1:", FreePort());
  Process process("", address);
  process.Spawn({"--insecure-dev"});
  ASSERT_EQ(process.WaitUntilReady(), address);
  PopulateCity(grpc::CreateChannel(process.operators_address(), grpc::InsecureChannelCredentials()),
               ProgrammeOfMany());

  std::vector<Till> till(4);
  std::vector<Gateway> gateway(2);
  Tills tills;
  for (Till& each : till) {
    tills.threads.emplace_back([&] { each.Run(address, tills.stop); });
  }
  for (Gateway& each : gateway) {
    tills.threads.emplace_back([&] { each.Run(address, tills.stop); });
  }
  // Each of them has got on by so much.
  const auto wait_for_more = [&](size_t more) {
    const auto wait = [more](const std::atomic<size_t>& count) {
      const size_t until = count + more;
      for (int i = 0; count < until && i < 6'000; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      EXPECT_GE(count, until) << "not within a minute";
    };
    std::for_each(till.begin(), till.end(), [&](const Till& each) { wait(each.count); });
    std::for_each(gateway.begin(), gateway.end(), [&](const Gateway& each) { wait(each.count); });
  };
  for (int i = 0; i < kRestarts; ++i) {
    wait_for_more(20);
    process.Signal(SIGTERM);
    ASSERT_EQ(process.Wait(), 0) << process.Log();
    process.Spawn({"--insecure-dev"});
    ASSERT_EQ(process.WaitUntilReady(), address);
  }
  wait_for_more(20);
  tills.Stop();

  int64_t sold = 0;
  const auto stub = v1::AuthorizationService::NewStub(ConnectTill(address));
  for (const Till& each : till) {
    EXPECT_THAT(each.failed, ::testing::IsEmpty());
    sold += static_cast<int64_t>(each.sold.size());
    for (const auto& [request, transaction_id] : each.sold) {
      v1::AuthorizeResponse again;
      grpc::ClientContext context;
      ASSERT_TRUE(stub->Authorize(&context, request, &again).ok());
      ASSERT_TRUE(again.idempotent_replay());
      ASSERT_EQ(again.transaction().transaction_id(), transaction_id);
    }
  }
  for (const Gateway& each : gateway) {
    EXPECT_THAT(each.failed, ::testing::IsEmpty());
    EXPECT_GT(each.streams, kRestarts) << "none was ended by a stop";
    sold += static_cast<int64_t>(each.sold.size());
  }
  v1::GetFundRequest request;
  request.set_fund_code("metro-fund");
  v1::GetFundResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      v1::ProgrammeService::NewStub(
          grpc::CreateChannel(process.operators_address(), grpc::InsecureChannelCredentials()))
          ->GetFund(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.fund().spent(), kSubsidyFen * sold);
}

}  // namespace
}  // namespace gonghui
