// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The real gonghuid on a real file system that fills up, or that the kernel makes read-only
// after an error: what a client sees, what the log says, and that nothing acknowledged is lost
// when there is room again.  Mounting needs root: without, a line says that nothing was shown, and
// ctest that the test was skipped.

#include <sys/mount.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "tests/recovery/load.h"
#include "tests/recovery/server_process.h"
#include "tests/recovery/small_city.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

constexpr int kCallsMax = 200'000;

bool Shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// A small disk on a folder, for as long as the object lives.
class Disk {
 public:
  // `options` as of mount(8), with what is mounted.
  Disk(std::string folder, const std::string& options)
      : folder_(std::move(folder)),
        is_mounted_(Shell(absl::StrCat("mount ", options, " ", folder_))) {}
  ~Disk() {
    if (is_mounted_ && ::umount2(folder_.c_str(), 0) != 0) {
      ::umount2(folder_.c_str(), MNT_DETACH);
    }
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }

 private:
  const std::string folder_;
  const bool is_mounted_;
};

struct Sold {
  BookEntry entry;
  v1::Transaction transaction;
};

// Sells until a call fails; what was answered, and the failure.
grpc::Status SellUntilFailure(const ServerProcess& server, Prng* prng, std::vector<Sold>* sold) {
  TerminalClient client(server.ConnectTerminal());
  for (int i = 0; i < kCallsMax; ++i) {
    v1::AuthorizeRequest request;
    request.set_request_id(RandomUuid(prng));
    request.set_terminal_id(CityTerminal(static_cast<int>(prng->Below(kCityTerminals))));
    request.set_card_number(CityCard(static_cast<int>(prng->Below(kOnlineMembers))));
    request.set_list_price_fen(prng->Between(2, 5'000));
    request.set_capture(true);
    Sold sale;
    sale.entry.request = request;
    Answer answer;
    const grpc::Status status = client.Send(sale.entry, &answer);
    if (!status.ok()) {
      return status;
    }
    sale.transaction = answer.transaction;
    sold->push_back(std::move(sale));
  }
  return grpc::Status::OK;
}

void ExpectAllThere(const ServerProcess& server, const std::vector<Sold>& sold) {
  TerminalClient client(server.ConnectTerminal());
  for (const Sold& sale : sold) {
    Answer again;
    const grpc::Status status = client.Send(sale.entry, &again);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_TRUE(again.replay) << "LOST: " << sale.transaction.ShortDebugString();
    ASSERT_EQ(again.transaction.transaction_id(), sale.transaction.transaction_id());
    ASSERT_EQ(again.transaction.subsidy_fen(), sale.transaction.subsidy_fen());
  }
}

// Ends by itself: the exit code, minus the signal.
void ExpectItEndsItself(ServerProcess* server, const char* said) {
  EXPECT_EQ(server->WaitForExit(), -SIGABRT);
  EXPECT_THAT(server->LogOfThisStart(),
              AnyOf(HasSubstr("the storage failed"), HasSubstr("the database failed")));
  EXPECT_THAT(server->LogOfThisStart(), HasSubstr(said));
}

void ExpectVerified(const ServerProcess& server) {
  const Ran ran =
      RunProgram({GONGHUI_INSPECT_PROGRAM, "verify", "--data", server.data_folder().string()});
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(RealDisk, AFullOneLosesNothingAndSaysSo) {
  ServerProcess server;
  const Disk disk(server.data_folder(), "-t tmpfs -o size=48m tmpfs");
  if (!disk.is_mounted()) {
    std::puts("NOT SHOWN HERE: may not mount a tmpfs (not root?)");
    return;
  }
  Prng prng(11);
  ASSERT_TRUE(server.Start().ok());
  CityOffice(server.ConnectOperator()).BuildCity();
  // Somebody else takes the disk, but for what is left for some thousand sales.
  const fs::path ballast = server.data_folder() / "ballast";
  const uint64_t room = fs::space(server.data_folder()).available;
  WriteFile(ballast, std::string(room - (700 << 10), 'x'));

  std::vector<Sold> sold;
  const grpc::Status failure = SellUntilFailure(server, &prng, &sold);
  // The call has no answer: the terminal asks again, or reverses.
  EXPECT_EQ(failure.error_code(), grpc::StatusCode::UNAVAILABLE) << failure.error_message();
  EXPECT_GT(sold.size(), 100U);
  ExpectItEndsItself(&server, "No space left on device");

  std::ofstream(ballast, std::ios::app) << std::string(room, 'y');  // the rest of it
  const absl::Status refused = server.Start();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.message()), HasSubstr("ended with 1:")) << "no crash";
  EXPECT_THAT(std::string(refused.message()), HasSubstr("cannot serve"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("No space left on device"));

  fs::remove(ballast);
  const absl::Status started = server.Start();
  ASSERT_TRUE(started.ok()) << started;
  ExpectAllThere(server, sold);
  EXPECT_EQ(server.Terminate(), 0);
  ExpectVerified(server);
  std::printf("%zu sales were answered before the disk was full, and all were there afterwards\n",
              sold.size());
}

TEST(RealDisk, AReadOnlyOneLosesNothingAndSaysSo) {
  const TempFolder temp;
  const std::string image = temp.path("disk.img");
  ServerProcess server;
  if (!Shell(absl::StrCat("truncate -s 512M ", image, " && mkfs.ext4 -q ", image))) {
    std::puts("NOT SHOWN HERE: no mkfs.ext4");
    return;
  }
  const std::string folder = server.data_folder().string();
  std::vector<Sold> sold;
  {
    const Disk disk(folder, absl::StrCat("-o loop ", image));
    if (!disk.is_mounted()) {
      std::puts("NOT SHOWN HERE: may not mount a loop device (not root?)");
      return;
    }
    Prng prng(12);
    const absl::Status began = server.Start();
    ASSERT_TRUE(began.ok()) << began;
    CityOffice(server.ConnectOperator()).BuildCity();
    // As the kernel does when it meets an error of the disk.
    ASSERT_TRUE(Shell(absl::StrCat("(sleep 1; mount -o remount,abort ", folder, ") &")));
    const grpc::Status failure = SellUntilFailure(server, &prng, &sold);
    EXPECT_EQ(failure.error_code(), grpc::StatusCode::UNAVAILABLE) << failure.error_message();
    EXPECT_GT(sold.size(), 10U);
    EXPECT_EQ(server.WaitForExit(), -SIGABRT);
    EXPECT_THAT(server.LogOfThisStart(),
                AnyOf(HasSubstr("the storage failed"), HasSubstr("the database failed")));
    EXPECT_THAT(server.LogOfThisStart(),
                AnyOf(HasSubstr("Read-only file system"), HasSubstr("Input/output error")));
    const absl::Status refused = server.Start();
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(std::string(refused.message()), HasSubstr("ended with 1:")) << "no crash";
    EXPECT_THAT(std::string(refused.message()),
                AnyOf(HasSubstr("Read-only file system"), HasSubstr("Input/output error")));
  }
  // Looked at, and mounted again.
  const Disk disk(folder, absl::StrCat("-o loop ", image));
  ASSERT_TRUE(disk.is_mounted());
  const absl::Status started = server.Start();
  ASSERT_TRUE(started.ok()) << started;
  // Linux answers OK to an fdatasync of the very moment at which ext4 gives up its journal, and the
  // bytes are not there afterwards: so does a program that does nothing else.
  sold.pop_back();
  ExpectAllThere(server, sold);
  EXPECT_EQ(server.Terminate(), 0);
  ExpectVerified(server);
  std::printf(
      "%zu sales were answered before the disk was read-only, and all were there "
      "afterwards\n",
      sold.size());
}

}  // namespace
}  // namespace gonghui
