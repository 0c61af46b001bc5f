// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/workload.h"

#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui::load {
namespace {

using testing::HasSubstr;

class WorkloadTest : public testing::Test {
 protected:
  // Writes a file of this test and gives its path.
  static std::string File(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "load_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
                             name;
    FILE* const file = std::fopen(path.c_str(), "wb");
    EXPECT_NE(file, nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    return path;
  }

  static WorkloadSources Sources(const std::string& cards,
                                 const std::string& terminals,
                                 const std::string& merchants) {
    WorkloadSources sources;
    sources.cards_file = File("cards.csv", cards);
    sources.terminals_file = File("terminals.csv", terminals);
    if (!merchants.empty()) {
      sources.merchants_file = File("merchants.csv", merchants);
    }
    return sources;
  }

  static std::string Failure(const WorkloadSources& sources) {
    const auto workload = Workload::Load(sources);
    return workload.ok() ? "" : std::string(workload.status().message());
  }

  static constexpr const char* kCards = "card_number\n62250001\n";
  static constexpr const char* kTerminals = "terminal_id,merchant_id\nT1,M1\n";
};

TEST_F(WorkloadTest, ReadsTheColumnsByName) {
  const auto workload = Workload::Load(
      Sources("member_id,card_number,status\r\nU1,6225000100000001,active\r\nU2,62250002,lost\r\n",
              "\xef\xbb\xbfkind,merchant_id,terminal_id\ngate,M1,T1\npos,M2,T2\n",
              "merchant_id,display_name,mcc\nM1,\"昆明地铁, 1 号线\n\",4111\nM2,沃尔玛,5411\n"));
  ASSERT_TRUE(workload.ok()) << workload.status();
  EXPECT_EQ(workload->card_count(), 2U);
  ASSERT_EQ(workload->terminal_count(), 2U);
  v1::AuthorizeRequest request;
  const std::string bytes = workload->terminal(1).bytes + std::string(workload->CardBytes(0));
  ASSERT_TRUE(request.ParseFromString(bytes));
  EXPECT_EQ(request.terminal_id(), "T2");
  EXPECT_EQ(request.merchant_id(), "M2");
  EXPECT_EQ(request.card_number(), "6225000100000001");
  EXPECT_EQ(workload->terminal(0).prices.high_fen, PricesOfMcc(4111).high_fen);
  EXPECT_EQ(workload->terminal(1).prices.high_fen, PricesOfMcc(5411).high_fen);
}

TEST_F(WorkloadTest, GatesAreTheTerminalsOfLocalTransport) {
  const auto workload =
      Workload::Load(Sources(kCards,
                             "terminal_id,merchant_id\nT1,M1\nT2,M2\nT3,M3\nT4,M4\nT5,M5\nT6,M1\n",
                             "merchant_id,mcc\nM1,4111\nM2,5411\nM3,4112\nM4,4131\n"));
  ASSERT_TRUE(workload.ok()) << workload.status();
  EXPECT_THAT(workload->gates(), testing::ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(workload->shops(), testing::ElementsAre(1, 4)) << "an unknown merchant is a shop";
}

TEST_F(WorkloadTest, KeepsTheLongestCardNumber) {
  const auto workload =
      Workload::Load(Sources("card_number\n1234567890123456789\n", kTerminals, ""));
  ASSERT_TRUE(workload.ok()) << workload.status();
  v1::AuthorizeRequest request;
  ASSERT_TRUE(request.ParseFromString(std::string(workload->CardBytes(0))));
  EXPECT_EQ(request.card_number(), "1234567890123456789");
}

TEST_F(WorkloadTest, OneTerminalOnly) {
  WorkloadSources sources = Sources(kCards, "terminal_id,merchant_id\nT1,M1\nT2,M2\n", "");
  sources.only_terminal = "T2";
  const auto workload = Workload::Load(sources);
  ASSERT_TRUE(workload.ok()) << workload.status();
  ASSERT_EQ(workload->terminal_count(), 1U);
  EXPECT_EQ(workload->terminal(0).id, "T2");
  sources.only_terminal = "T3";
  EXPECT_THAT(Failure(sources), HasSubstr("no terminals named T3"));
}

TEST_F(WorkloadTest, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(Failure(Sources("card_number\n62250001\n123\n", kTerminals, "")),
              HasSubstr("cards.csv: row 3: card_number \"123\""));
  EXPECT_THAT(Failure(Sources("number\n62250001\n", kTerminals, "")),
              HasSubstr("there is no column card_number"));
  EXPECT_THAT(Failure(Sources("", kTerminals, "")), HasSubstr("empty file"));
  EXPECT_THAT(Failure(Sources("card_number\n", kTerminals, "")), HasSubstr("no cards"));
  EXPECT_THAT(Failure(Sources(kCards, "terminal_id,merchant_id\nT1\n", "")),
              HasSubstr("row 2: not as many fields"));
  EXPECT_THAT(Failure(Sources(kCards, "terminal_id,merchant_id\nT1,M1234567890123456\n", "")),
              HasSubstr("1 to 16 characters"));
  EXPECT_THAT(Failure(Sources(kCards, kTerminals, "merchant_id,mcc\nM1,food\n")),
              HasSubstr("mcc \"food\" is not a number"));
  EXPECT_THAT(Failure(Sources(kCards, kTerminals, "merchant_id,mcc\nM1,\"54")),
              HasSubstr("merchants.csv"));
  WorkloadSources missing;
  missing.cards_file = "/no/such/file";
  missing.terminals_file = "/no/such/file";
  EXPECT_THAT(Failure(missing), HasSubstr("cannot open /no/such/file"));
}

TEST_F(WorkloadTest, InventsCards) {
  WorkloadSources sources;
  sources.synthetic_count = 1'000;
  const auto workload = Workload::Load(sources);
  ASSERT_TRUE(workload.ok()) << workload.status();
  EXPECT_EQ(workload->card_count(), 1'000U);
  EXPECT_EQ(workload->terminal_count(), 21U);
}

}  // namespace
}  // namespace gonghui::load
