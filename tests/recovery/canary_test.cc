// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Personal data is planted and then searched for, byte by byte, in everything
// that the real server leaves on the disk: while it runs, after a kill, after a
// stop.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/recovery/load.h"
#include "tests/recovery/server_process.h"
#include "tests/recovery/small_city.h"

namespace gonghui {
namespace {

constexpr std::string_view kName = "欧阳金丝雀";
constexpr std::string_view kNationalId = "530102197703291234";
constexpr std::string_view kPhone = "13987654321";
constexpr std::string_view kOtherName = "司徒百灵鸟";
// No secret: it must be found, or the search finds nothing at all.
constexpr std::string_view kControl = "昆明市总工会";

// Those that nobody may find, also not in part: what a mask leaves is shorter.
const std::vector<std::string_view> kCanaries = {
    kName, kNationalId, kPhone, kOtherName, "阳金丝雀", "徒百灵鸟", "0219770329", "987654"};

// The files below `folder` that hold `bytes`.
std::vector<std::string> FilesWith(const std::filesystem::path& folder, std::string_view bytes) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file() && ReadWholeFile(file.path()).find(bytes) != std::string::npos) {
      found.push_back(file.path().filename().string());
    }
  }
  return found;
}

void ExpectNoCanary(const ServerProcess& server, const char* when) {
  // The whole folder: data, log, configuration.
  for (const std::string_view canary : kCanaries) {
    EXPECT_THAT(FilesWith(server.folder(), canary), ::testing::IsEmpty())
        << canary << " in the clear, " << when;
  }
  EXPECT_FALSE(FilesWith(server.data_folder(), kControl).empty())
      << "the search does not see what is in the data folder, " << when;
}

v1::Member Canary() {
  v1::Member member;
  member.set_member_id("CANARY1");
  member.set_union_node_id("UN");
  member.set_real_name_verified(true);
  member.mutable_personal_data()->set_name(std::string(kName));
  member.mutable_personal_data()->set_national_id(std::string(kNationalId));
  member.mutable_personal_data()->set_phone(std::string(kPhone));
  return member;
}

void ExpectMasked(const ServerProcess& server, const char* name) {
  const CityOffice office(server.ConnectOperator());
  const v1::PersonalData data = office.GetMember("CANARY1").member().personal_data();
  EXPECT_EQ(data.name(), name);
  EXPECT_EQ(data.national_id(), "5301**********1234");
  EXPECT_EQ(data.phone(), "139****4321");
}

TEST(Canary, PersonalDataIsNowhereInTheClear) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok()) << server.LogOfThisStart();
  {
    const CityOffice office(server.ConnectOperator());
    office.BuildCity();
    EXPECT_EQ(office.ImportMember(Canary()).accepted_count(), 1U);
    // Rows that are refused must not leave it anywhere either.
    v1::Member refused = Canary();
    refused.set_union_node_id("NOWHERE");
    v1::ImportSummary summary = office.ImportMember(refused);
    EXPECT_EQ(summary.rejected_rows_size(), 1) << summary.ShortDebugString();
    refused = Canary();
    refused.mutable_personal_data()->set_phone(std::string(kPhone) + std::string(40, '0'));
    summary = office.ImportMember(refused);
    ASSERT_EQ(summary.rejected_rows_size(), 1) << summary.ShortDebugString();
    EXPECT_EQ(summary.ShortDebugString().find(kPhone), std::string::npos);
  }
  ExpectMasked(server, "欧****");
  ExpectNoCanary(server, "while it runs");

  server.Kill();
  ExpectNoCanary(server, "after a kill");
  ASSERT_TRUE(server.Start().ok()) << server.LogOfThisStart();
  ExpectMasked(server, "欧****");
  {
    v1::Member renamed = Canary();
    renamed.mutable_personal_data()->set_name(std::string(kOtherName));
    const CityOffice office(server.ConnectOperator());
    const v1::ImportSummary summary = office.ImportMember(renamed);
    EXPECT_EQ(summary.rejected_rows_size(), 0) << summary.ShortDebugString();
  }
  ExpectMasked(server, "司****");
  EXPECT_EQ(server.Terminate(), 0);
  ExpectNoCanary(server, "after a stop");
  ASSERT_TRUE(server.Start().ok()) << server.LogOfThisStart();
  ExpectMasked(server, "司****");

  // Without the key there is nothing to be had, and the server says so.
  EXPECT_EQ(server.Terminate(), 0);
  std::filesystem::remove(server.vault_key_file());
  const absl::Status status = server.Start();
  EXPECT_FALSE(status.ok()) << "a vault opened with another key";
}

}  // namespace
}  // namespace gonghui
