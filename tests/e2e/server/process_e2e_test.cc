// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuid as a process: its command line, signals, and what it does when it runs
// out of file descriptors.

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/escaping.h>
#include <absl/strings/str_format.h>
#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/programmes/sha256.h"
#include "engine/server/translate_vouchers.h"
#include "gonghui/v1/draw_service.grpc.pb.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "tests/e2e/server/certificates.h"
#include "tests/e2e/server/harness.h"
#include "tests/e2e/server/process.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;

grpc::Status GetStatus(const std::string& address, v1::GetStatusResponse* response) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
  return v1::OperationsService::NewStub(
             grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments))
      ->GetStatus(&context, {}, response);
}

// A bare connection to "127.0.0.1:PORT", or -1.
int Connect(const std::string& address) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  target.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

grpc::Status Authorize(const std::string& address,
                       const v1::AuthorizeRequest& request,
                       v1::AuthorizeResponse* response) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
  return v1::AuthorizationService::NewStub(
             grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments))
      ->Authorize(&context, request, response);
}

// Any decision at all.
grpc::Status AskTerminals(const std::string& address) {
  v1::AuthorizeResponse response;
  return Authorize(address, Ride(), &response);
}

TEST(ProcessTest, StopsOnSigtermAndStartsAgain) {
  Process process;
  for (int i = 0; i < 2; ++i) {
    process.Spawn({"--insecure-dev"});
    const std::string address = process.WaitUntilReady();
    EXPECT_THAT(process.Log(), HasSubstr("INSECURE"));
    EXPECT_TRUE(AskTerminals(address).ok());
    v1::GetStatusResponse status;
    EXPECT_TRUE(GetStatus(process.operators_address(), &status).ok());
    EXPECT_EQ(status.version(), "0.1.0");
    process.Signal(SIGTERM);
    EXPECT_EQ(process.Wait(), 0) << process.Log();
    EXPECT_THAT(process.Log(), HasSubstr("stopped"));
    EXPECT_FALSE(std::filesystem::exists(process.folder() + "/operator.sock"));
  }
}

TEST(ProcessTest, ASocketThatAKilledServerLeftIsReplaced) {
  Process process;
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  process.Signal(SIGKILL);
  EXPECT_EQ(process.Wait(), -SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(process.folder() + "/operator.sock"));
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  v1::GetStatusResponse status;
  EXPECT_TRUE(GetStatus(process.operators_address(), &status).ok());
}

v1::Draw DrawOf(const std::string& code, int64_t closes_at_s) {
  v1::Draw draw;
  draw.set_draw_code(code);
  draw.set_kind(v1::DRAW_KIND_POOL);
  draw.mutable_closes_at()->set_seconds(closes_at_s);
  draw.add_prizes()->set_weight(1);
  return draw;
}

// The seed is on the disk before its hash is told, sealed, and the same for ever.
TEST(ProcessTest, ASeedOutlivesAKilledServer) {
  int64_t closes_at_s = 0;
  Process process;
  const auto commit = [&process, &closes_at_s](const std::string& code) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    grpc::ClientContext context;
    v1::CommitDrawRequest request;
    *request.mutable_draw() = DrawOf(code, closes_at_s);
    v1::CommitDrawResponse response;
    const grpc::Status status =
        v1::DrawService::NewStub(grpc::CreateCustomChannel(process.operators_address(),
                                                           grpc::InsecureChannelCredentials(),
                                                           arguments))
            ->CommitDraw(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  closes_at_s = SystemClock::Instance().NowNs() / 1'000'000'000 + 5;  // soon over
  const v1::CommitDrawResponse first = commit("quiz");
  EXPECT_TRUE(first.created());
  EXPECT_NE(commit("other").draw().seed_hash(), first.draw().seed_hash());
  process.Signal(SIGKILL);
  EXPECT_EQ(process.Wait(), -SIGKILL);
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  const v1::CommitDrawResponse again = commit("quiz");
  EXPECT_FALSE(again.created());
  EXPECT_EQ(again.draw().SerializeAsString(), first.draw().SerializeAsString());

  v1::SettleDrawRequest request;
  request.set_draw_code("quiz");
  v1::SettleDrawResponse settled;
  const auto stub = v1::DrawService::NewStub(
      grpc::CreateChannel(process.operators_address(), grpc::InsecureChannelCredentials()));
  grpc::Status status;
  for (int i = 0; i < 3'000; ++i) {
    grpc::ClientContext context;
    status = stub->SettleDraw(&context, request, &settled);
    if (status.error_code() != grpc::StatusCode::FAILED_PRECONDITION) {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(status.ok()) << status.error_message();
  Sha256 hash;
  hash.Add(absl::HexStringToBytes(settled.draw().seed()));
  EXPECT_EQ(DigestText(hash.Finish()), first.draw().seed_hash());
}

// Its log is written as before, but no table can be: what the database does by itself fails, and
// it says so to whoever opened it before anybody else notices.
TEST(ProcessTest, WhatTheDatabaseFailsAtByItselfEndsTheServer) {
  Process process;
  process.Spawn({"--insecure-dev"});
  std::string address = process.WaitUntilReady();
  PopulateCity(
      grpc::CreateChannel(process.operators_address(), grpc::InsecureChannelCredentials()));
  const v1::AuthorizeRequest ride = Ride();
  v1::AuthorizeResponse first;
  grpc::Status status = Authorize(address, ride, &first);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(first.transaction().outcome(), v1::OUTCOME_APPROVED);

  // A folder is in the way of each: that stops root, too.
  std::vector<std::string> folders;
  for (int number = 1; number <= 1'000; ++number) {
    const std::string table = process.folder() + absl::StrFormat("/data/%06d.sst", number);
    std::error_code is_a_table;
    if (std::filesystem::create_directory(table, is_a_table)) {
      folders.push_back(table);
    }
  }
  process.Signal(SIGTERM);  // so that a last checkpoint is written
  EXPECT_EQ(process.Wait(), -SIGABRT);
  EXPECT_THAT(process.Log(), HasSubstr("the database failed in the background"));
  EXPECT_THAT(process.Log(), HasSubstr("Is a directory"));

  for (const std::string& folder : folders) {
    std::filesystem::remove(folder);
  }
  process.Spawn({"--insecure-dev"});
  address = process.WaitUntilReady();
  v1::AuthorizeResponse again;
  status = Authorize(address, ride, &again);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(again.idempotent_replay()) << "it was acknowledged";
  EXPECT_EQ(again.transaction().SerializeAsString(), first.transaction().SerializeAsString());
}

TEST(ProcessTest, ASecondSignalStopsAtOnce) {
  Process process("[shutdown]\nlame_duck_ms = 600000\n");
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  process.Signal(SIGTERM);
  while (process.Log().find("draining") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(process.Log(), HasSubstr("stopping at once"));
}

TEST(ProcessTest, WithoutTlsOrLeaveItDoesNotStart) {
  Process process;
  process.Spawn({});
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.Log(), HasSubstr("gonghuid.toml:7:1: [terminals.tls] is missing"));
  process.Spawn({"--check-config"});
  EXPECT_EQ(process.Wait(), 1);
  process.Spawn({"--check-config", "--insecure-dev"});
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_EQ(process.Log(), "OK\n");
}

TEST(ProcessTest, WhatCannotStartIsNotOk) {
  const auto check = [](const std::string& extra, const std::vector<std::string>& flags = {}) {
    Process process(extra);
    std::vector<std::string> all = {"--check-config", "--insecure-dev"};
    all.insert(all.end(), flags.begin(), flags.end());
    process.Spawn(all);
    const int code = process.Wait();
    EXPECT_FALSE(std::filesystem::exists(process.folder() + "/data"));
    return std::to_string(code) + " " + process.Log();
  };
  EXPECT_EQ(check(""), "0 OK\n");
  EXPECT_THAT(check("[commit]\nblock_bytes_max = 33554432\n"),
              HasSubstr("commit.block_bytes_max is 33554432; it must be 1048576 to 16777216"));
  const std::string tls = check(
      "[terminals.tls]\nca_file = \"/none/ca\"\ncert_file = \"/none/c\"\nkey_file = \"/none/k\"\n");
  EXPECT_THAT(tls, ::testing::StartsWith("1 "));
  EXPECT_THAT(tls, HasSubstr(":10:11: terminals.tls.ca_file: cannot read /none/ca: No such file"));
  EXPECT_THAT(tls, HasSubstr(":12:12: terminals.tls.key_file: cannot read /none/k: No such file"));
}

TEST(ProcessTest, AnImpossibleDataFolderIsTold) {
  Process process;
  std::ofstream(process.folder() + "/data") << "a file";
  for (const char* flag : {"--check-config", "--insecure-dev"}) {
    process.Spawn({flag, "--insecure-dev"});
    EXPECT_EQ(process.Wait(), 1);
    EXPECT_THAT(process.Log(), HasSubstr("gonghuid.toml:2:7: data folder "));
    EXPECT_THAT(process.Log(), HasSubstr("is not a folder"));
  }
}

TEST(ProcessTest, AnAddressThatIsTakenIsToldBeforeRecovery) {
  Process first;
  first.Spawn({"--insecure-dev"});
  const std::string taken = first.WaitUntilReady();
  Process second("", taken);
  second.Spawn({"--insecure-dev"});
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.Log(), HasSubstr("cannot listen on " + taken + ": Address already in use"));
  EXPECT_FALSE(std::filesystem::exists(second.folder() + "/data"));
}

TEST(ProcessTest, ALostVaultKeyIsNotReplaced) {
  Process process;
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  const std::string key = process.folder() + "/vault.key";
  std::filesystem::rename(key, key + ".elsewhere");
  for (const char* flag : {"--insecure-dev", "--check-config"}) {
    process.Spawn({flag, "--insecure-dev"});
    EXPECT_EQ(process.Wait(), 1);
    for (const std::string& part :
         {key, process.folder() + "/data", std::string("put the old key back")}) {
      EXPECT_THAT(process.Log(), HasSubstr(part)) << flag;
    }
    EXPECT_FALSE(std::filesystem::exists(key));
  }
  std::filesystem::rename(key + ".elsewhere", key);
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
}

TEST(ProcessTest, TheDataFolderIsPrivateOrItIsSaid) {
  Process process;
  const std::string data = process.folder() + "/data";
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  EXPECT_EQ(std::filesystem::status(data).permissions(), std::filesystem::perms::owner_all);
  EXPECT_THAT(process.Log(), ::testing::Not(HasSubstr("others may use the data folder")));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  std::filesystem::permissions(data, std::filesystem::perms(0750));
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  EXPECT_THAT(process.Log(), HasSubstr("others may use the data folder"));
  EXPECT_THAT(process.Log(), HasSubstr("mode=0750"));
}

TEST(ProcessTest, GrpcsOwnLinesAreInTheLogsFormat) {
  Process process("[log]\nformat = \"json\"\n");
  const CertificateAuthority ca(process.folder(), "union");
  ca.Issue("server", "DNS:localhost");
  std::ofstream(process.folder() + "/gonghuid.toml", std::ios::app)
      << "[terminals.tls]\nca_file = \"" << ca.ca_file() << "\"\ncert_file = \""
      << ca.cert_file("server") << "\"\nkey_file = \"" << ca.key_file("server") << "\"\n";
  process.Spawn({"--insecure-dev"});
  const std::string address = process.WaitUntilReady();
  // No TLS at all: the handshake fails.
  const int fd = Connect(address);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
  char byte = 0;
  while (::read(fd, &byte, 1) > 0) {
  }
  ::close(fd);
  for (int i = 0; i < 1'000 && process.Log().find("\"msg\":\"gRPC\"") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(process.Log(), HasSubstr("\"msg\":\"gRPC\",\"text\":\"Handshake failed"));
  std::istringstream lines(process.Log());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, ::testing::StartsWith("{\"ts\":\""));
    EXPECT_THAT(line, ::testing::EndsWith("}"));
  }
}

// Whoever connects may send as many as they like.
TEST(ProcessTest, TextThatIsNotUtf8FillsNoLog) {
  Process process("[log]\nformat = \"json\"\n");
  process.Spawn({"--insecure-dev"});
  const std::string address = process.WaitUntilReady();
  auto stub = v1::AuthorizationService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  v1::RefundRequest request;
  request.set_request_id("\xff");
  auto* const complaints = google::protobuf::SetLogHandler(nullptr);  // of the client
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    v1::RefundResponse response;
    const grpc::Status status = stub->Refund(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailsOf(status).info.reason(), "MALFORMED_MESSAGE");
  }
  google::protobuf::SetLogHandler(complaints);
  stub.reset();  // or the server waits for it to hang up
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  int told = 0;
  std::istringstream lines(process.Log());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, ::testing::StartsWith("{\"ts\":\""));
    told += line.find("\"msg\":\"Protocol Buffers\"") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(told, 10) << process.Log();
}

TEST(ProcessTest, ASecondServerOnTheSameFolderIsRefused) {
  Process process;
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  const std::string config = process.folder() + "/gonghuid.toml";
  const std::string command = std::string(GONGHUID_PROGRAM) + " --insecure-dev --config " + config +
                              " > " + process.folder() + "/second 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0);
  EXPECT_THAT(ReadTextFile(process.folder() + "/second"), HasSubstr("cannot serve"));
  v1::GetStatusResponse status;
  EXPECT_TRUE(GetStatus(process.operators_address(), &status).ok());
}

TEST(ProcessTest, TheListenerOutlivesTheLackOfDescriptors) {
  Process process("connections_per_address_max = 1000000\n");
  process.Spawn({"--insecure-dev"}, /*files_max=*/128);
  const std::string address = process.WaitUntilReady();
  ASSERT_TRUE(AskTerminals(address).ok());
  for (int round = 0; round < 3; ++round) {
    std::vector<int> idle;
    for (int i = 0; i < 300; ++i) {
      idle.push_back(Connect(address));
      ASSERT_GE(idle.back(), 0);
    }
    for (const int fd : idle) {
      ::close(fd);
    }
  }
  const grpc::Status status = AskTerminals(address);
  EXPECT_TRUE(status.ok()) << status.error_message() << process.Log();
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
}

}  // namespace
}  // namespace gonghui
