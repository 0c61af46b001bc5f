// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/datagen/generate.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/datagen/ids.h"
#include "tools/datagen/names.h"

namespace gonghui::datagen {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Without the header.  Generated fields are never quoted.
Rows ReadRows(const std::string& path) {
  Rows rows;
  std::istringstream lines(Slurp(path));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::vector<std::string> fields;
    size_t from = 0;
    for (size_t comma = line.find(','); comma != std::string::npos; comma = line.find(',', from)) {
      fields.push_back(line.substr(from, comma - from));
      from = comma + 1;
    }
    fields.push_back(line.substr(from));
    rows.push_back(fields);
  }
  return rows;
}

constexpr const char* kFiles[] = {
    "unions.csv", "segments.csv", "members.csv", "cards.csv", "merchants.csv", "terminals.csv"};

class GenerateTest : public testing::Test {
 protected:
  std::string Run(uint64_t seed, uint64_t members = 5'000, uint64_t merchants = 300) {
    Options options;
    options.seed = seed;
    options.member_count = members;
    options.merchant_count = merchants;
    options.out_folder = testing::TempDir() + "datagen_" + std::to_string(getpid()) + "_" +
                         std::to_string(folders_++);
    const absl::Status status = Generate(options, &counts_);
    EXPECT_TRUE(status.ok()) << status;
    return options.out_folder + "/";
  }

  void TearDown() override {
    for (int i = 0; i < folders_; ++i) {
      std::filesystem::remove_all(testing::TempDir() + "datagen_" + std::to_string(getpid()) + "_" +
                                  std::to_string(i));
    }
  }

  Counts counts_;
  int folders_ = 0;
};

TEST_F(GenerateTest, SameSeedSameBytes) {
  const std::string a = Run(7);
  const std::string b = Run(7);
  for (const char* file : kFiles) {
    EXPECT_FALSE(Slurp(a + file).empty()) << file;
    EXPECT_EQ(Slurp(a + file), Slurp(b + file)) << file;
  }
}

TEST_F(GenerateTest, AnotherSeedOtherMembers) {
  EXPECT_NE(Slurp(Run(7) + "members.csv"), Slurp(Run(8) + "members.csv"));
}

TEST_F(GenerateTest, MoreMerchantsDoNotChangeMembers) {
  EXPECT_EQ(Slurp(Run(7, 5'000, 20) + "members.csv"), Slurp(Run(7, 5'000, 900) + "members.csv"));
}

TEST_F(GenerateTest, ReferencesHold) {
  const std::string folder = Run(1);
  std::set<std::string> unions;
  for (const auto& row : ReadRows(folder + "unions.csv")) {
    EXPECT_TRUE(row[1].empty() || unions.contains(row[1])) << row[0] << " comes before " << row[1];
    EXPECT_TRUE(unions.insert(row[0]).second) << row[0];
  }
  std::set<std::string> segments;
  for (const auto& row : ReadRows(folder + "segments.csv")) {
    segments.insert(row[0]);
  }
  std::set<std::string> members;
  for (const auto& row : ReadRows(folder + "members.csv")) {
    ASSERT_EQ(row.size(), 10U) << row[0];
    EXPECT_TRUE(row[9].empty() || (row[9] >= "2001-01-01" && row[9] < "2026-01-01")) << row[9];
    EXPECT_TRUE(members.insert(row[0]).second) << row[0];
    EXPECT_TRUE(unions.contains(row[1])) << row[1];
    std::istringstream spans(row[5]);
    std::string span;
    while (std::getline(spans, span, ';')) {
      EXPECT_TRUE(segments.contains(span.substr(0, span.find('@')))) << span;
    }
  }
  EXPECT_EQ(members.size(), 5'000U);
  std::set<std::string> with_card;
  for (const auto& row : ReadRows(folder + "cards.csv")) {
    EXPECT_TRUE(members.contains(row[1])) << row[1];
    if (row[3] == "physical") {
      with_card.insert(row[1]);
    }
  }
  EXPECT_EQ(with_card, members);
  std::set<std::string> merchants;
  for (const auto& row : ReadRows(folder + "merchants.csv")) {
    EXPECT_TRUE(merchants.insert(row[0]).second) << row[0];
    EXPECT_TRUE(unions.contains(row[1])) << row[1];
  }
  std::set<std::string> with_terminal;
  for (const auto& row : ReadRows(folder + "terminals.csv")) {
    with_terminal.insert(row[1]);
    EXPECT_EQ(row[2], row[1] == "S0000001" ? "gate" : "pos");
  }
  EXPECT_EQ(with_terminal, merchants);
}

TEST_F(GenerateTest, NumbersPassTheirChecks) {
  const std::string folder = Run(3);
  std::set<std::string> cards;
  for (const auto& row : ReadRows(folder + "cards.csv")) {
    const std::string& number = row[0];
    EXPECT_EQ(number.size(), 16U);
    EXPECT_EQ(number.substr(0, 2), "62");
    EXPECT_EQ(number.back(), LuhnDigit(number.substr(0, 15))) << number;
    EXPECT_TRUE(cards.insert(number).second) << number;
  }
  std::set<std::string> ids;
  std::set<std::string> phones;
  for (const auto& row : ReadRows(folder + "members.csv")) {
    const std::string& id = row[7];
    ASSERT_EQ(id.size(), 18U);
    EXPECT_EQ(id.back(), NationalIdCheck(id.substr(0, 17))) << id;
    EXPECT_EQ((id[16] - '0') % 2 == 1, row[4] == "male") << id;
    EXPECT_EQ(id.substr(0, 6), "530199") << "a region that was given to nobody";
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_EQ(row[8].substr(0, 2), "12") << "a prefix that no network has";
    EXPECT_TRUE(phones.insert(row[8]).second) << row[8];
  }
}

TEST_F(GenerateTest, NamesFit) {
  const std::string folder = Run(4);
  for (const char* file : {"unions.csv", "merchants.csv"}) {
    for (const auto& row : ReadRows(folder + file)) {
      EXPECT_LE(row.back().size(), 96U) << row.back();
      EXPECT_LE(row.front().size(), 16U);
    }
  }
}

TEST_F(GenerateTest, TheCastIsAlwaysTheSame) {
  for (const uint64_t seed : {uint64_t{1}, uint64_t{2}, uint64_t{3}}) {
    const std::string folder = Run(seed, 20, 12);
    const Rows members = ReadRows(folder + "members.csv");
    EXPECT_EQ(members[0][0], "M0000001");
    EXPECT_EQ(members[0][2], "active");
    EXPECT_EQ(members[0][3], "true");
    EXPECT_EQ(members[0][5], "");
    EXPECT_EQ(members[0][9], "2019-03-01");
    EXPECT_EQ(members[1][5], "model_worker");
    EXPECT_EQ(members[3][2], "suspended");
    EXPECT_EQ(members[4][3], "false");
    const Rows cards = ReadRows(folder + "cards.csv");
    EXPECT_EQ(cards[0][0], "6253011000000016");
    EXPECT_EQ(cards[1][0], "6253012000000014");
    const Rows merchants = ReadRows(folder + "merchants.csv");
    EXPECT_EQ(merchants[0][2], "4111");
    EXPECT_EQ(merchants[0][4], "昆明地铁");
    EXPECT_EQ(merchants[1][2], "5411");
    const Rows terminals = ReadRows(folder + "terminals.csv");
    for (size_t i = 0; i < 12; ++i) {
      EXPECT_EQ(terminals[i][0], TerminalId(i + 1));
      EXPECT_EQ(terminals[i][1], MerchantId(i + 1));
    }
  }
}

TEST_F(GenerateTest, ProportionsAreNearTheIntended) {
  const Rows cards = ReadRows(Run(5) + "cards.csv");
  size_t digital = 0;
  for (const auto& row : cards) {
    if (row[3] == "digital") {
      ++digital;
    }
  }
  EXPECT_NEAR(static_cast<double>(digital), 2'000, 200);
}

TEST_F(GenerateTest, TooManyMembers) {
  Options options;
  options.member_count = kMembersMax;
  options.out_folder = testing::TempDir() + "datagen_none";
  EXPECT_EQ(Generate(options, &counts_).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(GenerateTest, FolderThatCanNotBeMade) {
  Options options;
  options.out_folder = "/proc/none";
  EXPECT_FALSE(Generate(options, &counts_).ok());
}

TEST(ProgramTest, WrongUsageIsExitCode2) {
  for (const char* arguments : {"", "--out", "--members many --out x", "--nonsense"}) {
    const int status =
        std::system((std::string(GONGHUI_DATAGEN) + " " + arguments + " 2>/dev/null").c_str());
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 2) << arguments;
  }
  EXPECT_EQ(std::system((std::string(GONGHUI_DATAGEN) + " --help >/dev/null").c_str()), 0);
}

TEST(IdsTest, PublishedExamples) {
  EXPECT_EQ(LuhnDigit("7992739871"), '3');               // ISO/IEC 7812-1
  EXPECT_EQ(NationalIdCheck("11010519491231002"), 'X');  // GB 11643-1999
  EXPECT_EQ(NationalIdCheck("44052418800101001"), '4');
}

TEST(IdsTest, NationalIdsDifferOverTheWholeRange) {
  std::set<std::string> ids;
  for (uint64_t member = 1; member < kMembersMax; member += 97) {
    EXPECT_TRUE(ids.insert(NationalId(member, true)).second) << member;
  }
  // Neighbours in the same birthday's list.
  for (uint64_t member = 5; member < kMembersMax; member += 15'340) {
    EXPECT_TRUE(ids.insert(NationalId(member, false)).second) << member;
  }
}

}  // namespace
}  // namespace gonghui::datagen
