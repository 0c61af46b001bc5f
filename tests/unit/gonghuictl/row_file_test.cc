// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/row_file.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kKey = "0123456789abcdef0123456789ABCDEF";

class RowFileTest : public testing::Test {
 protected:
  RowFileTest() {
    std::string path = testing::TempDir() + "row_file.XXXXXX";
    const int fd = mkstemp(path.data());
    GH_CHECK(fd >= 0);
    close(fd);
    options_.path = path;
    options_.rows.zone = kDefaultZone;
  }
  ~RowFileTest() override { (void)unlink(options_.path.c_str()); }

  template <typename Message>
  std::vector<FileRow<Message>> Load(const ImportKind& kind, const std::string& text) {
    std::ofstream(options_.path, std::ios::binary) << text;
    std::vector<FileRow<Message>> rows;
    char* buffer = nullptr;
    size_t size = 0;
    std::FILE* err = open_memstream(&buffer, &size);
    exit_ = LoadRowsOf<Message>(options_, kind, err, &rows);
    std::fclose(err);
    err_.assign(buffer, size);
    std::free(buffer);
    return rows;
  }
  // Refused, and told so at that place.
  template <typename Message>
  void ExpectBad(const ImportKind& kind, const std::string& text, const std::string& told) {
    (void)Load<Message>(kind, text);
    EXPECT_EQ(exit_, ExitCode::kRefused) << text;
    EXPECT_THAT(err_, HasSubstr(options_.path + ":" + told));
    EXPECT_THAT(err_, HasSubstr("has errors; nothing was sent\n"));
  }

  RowFileOptions options_;
  ExitCode exit_ = ExitCode::kError;
  std::string err_;
};

TEST_F(RowFileTest, Grants) {
  const auto rows =
      Load<v1::Grant>(GrantKind(), "member_id,event_id\nM1,\"quiz, 第一题\"\nM1,e2\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].message.event_id(), "quiz, 第一题");
  EXPECT_EQ(rows[0].message.member_id(), "M1");
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(err_, "");
}

TEST_F(RowFileTest, GrantsWithErrors) {
  const std::string header = "event_id,member_id\n";
  ExpectBad<v1::Grant>(GrantKind(), header + ",M1\n", "2:1: event_id: ");
  ExpectBad<v1::Grant>(GrantKind(), header + "e1,\n", "2:2: member_id: ");
  ExpectBad<v1::Grant>(GrantKind(), header + "e1,M 1\n", "2:2: member_id: \"M 1\" is not 1 to 16");
  ExpectBad<v1::Grant>(
      GrantKind(), header + "e1,M0123456789012345\ne2,M1\n", "2:2: member_id: \"M01234");
  ExpectBad<v1::Grant>(
      GrantKind(), header + std::string(65, 'e') + ",M1\n", "2:1: event_id: an event id has");
  ExpectBad<v1::Grant>(GrantKind(),
                       header + "e1,M1\ne2,M1\ne1,M2\n",
                       "4:1: event_id: stands in line 2 already (REPEATED_ROW)");
  ExpectBad<v1::Grant>(GrantKind(), header + "e1\ne2,M1\n", "2:");
  ExpectBad<v1::Grant>(GrantKind(), header + "\"e1,M1\n", "2:1: the quote that opens here");
  ExpectBad<v1::Grant>(GrantKind(), header, "2:1: the file has no rows");
  ExpectBad<v1::Grant>(GrantKind(), "", "1:1: the file is empty");
  ExpectBad<v1::Grant>(GrantKind(), "event,member_id\ne1,M1\n", "1:1: column 1: unknown column");
  ExpectBad<v1::Grant>(GrantKind(), "event_id\ne1\n", "1:1: the header lacks the column");
}

TEST_F(RowFileTest, ManyErrorsAreCounted) {
  std::string text = "event_id,member_id\n";
  for (int i = 0; i < 25; ++i) {
    text += "e" + std::to_string(i) + ",\n";
  }
  ExpectBad<v1::Grant>(GrantKind(), text, "21:2: member_id: ");
  EXPECT_THAT(err_, HasSubstr("\nand 5 more\n"));
}

TEST_F(RowFileTest, NoMoreRowsThanMany) {
  options_.rows_max = 2;
  ExpectBad<v1::Grant>(GrantKind(),
                       "event_id,member_id\ne1,M1\ne2,M1\ne3,M1\n",
                       "4:1: more than 2 rows; divide the file");
}

TEST_F(RowFileTest, AFileThatIsNotThere) {
  options_.path = testing::TempDir() + "none.csv";
  std::vector<FileRow<v1::Grant>> rows;
  EXPECT_EQ(LoadRowsOf<v1::Grant>(options_, GrantKind(), stderr, &rows), ExitCode::kError);
}

TEST_F(RowFileTest, AnotherProgramsExport) {
  const std::string text = "name,member_id,phone,member_id_old\n欧阳春,M1,1,2\n李敏,M2,3,4\n";
  ExpectBad<v1::Grant>(MemberListKind(), text, "1:1: column 1: unknown column \"name\"");
  options_.pass_over_others = true;
  const auto rows = Load<v1::Grant>(MemberListKind(), text);
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].message.member_id(), "M2");
}

TEST_F(RowFileTest, Vouchers) {
  options_.pass_over_others = true;
  const auto rows = Load<v1::Voucher>(
      VoucherListKind(),
      std::string("voucher_code,member_id,voucher_key,series_code,valid_from,expires_at\n"
                  "7K3M-9QXA-2HNB-V4TW,M1,") +
          kKey + ",cake-2026,2026-06-01T00:00:00Z,2026-07-01T00:00:00Z\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].message.voucher_key(), kKey);
  EXPECT_EQ(rows[0].message.series_code(), "cake-2026");
  EXPECT_EQ(rows[0].message.expires_at().seconds(), 1'782'864'000);
  ExpectBad<v1::Voucher>(VoucherListKind(), "voucher_key\n0123\n", "2:1: voucher_key: \"0123\" is");
  ExpectBad<v1::Voucher>(
      VoucherListKind(), "voucher_key\n0123456789abcdef0123456789abcdeg\n", "2:1: voucher_key: ");
}

TEST_F(RowFileTest, PrizesOfADraw) {
  const std::string header = "series_code,count,valid_from,expires_at\n";
  const auto rows = Load<v1::Prize>(DrawPrizeKind(),
                                    header +
                                        "gold,1,2026-06-01,2026-06-08\nsilver,20,2026-06-01 "
                                        "09:00:00,2026-06-08\ngold,1,2026-06-01,2026-06-08\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].message.series_code(), "gold");
  EXPECT_EQ(rows[0].message.valid_from().seconds(), 1'780'243'200);
  EXPECT_EQ(rows[1].message.count(), 20U);
  EXPECT_EQ(rows[1].message.valid_from().seconds(), 1'780'243'200 + 9 * 3'600);
  ExpectBad<v1::Prize>(
      DrawPrizeKind(), header + ",1,2026-06-01,2026-06-08\n", "2:1: series_code: ");
  ExpectBad<v1::Prize>(
      DrawPrizeKind(), header + "a b,1,2026-06-01,2026-06-08\n", "2:1: series_code: \"a b\"");
  ExpectBad<v1::Prize>(
      DrawPrizeKind(), header + "gold,0,2026-06-01,2026-06-08\n", "2:2: count: 1 or more");
  ExpectBad<v1::Prize>(DrawPrizeKind(), header + "gold,,2026-06-01,2026-06-08\n", "2:2: count: ");
  ExpectBad<v1::Prize>(
      DrawPrizeKind(), header + "gold,4294967296,2026-06-01,2026-06-08\n", "2:2: count: ");
  ExpectBad<v1::Prize>(DrawPrizeKind(), header + "gold,1,,2026-06-08\n", "2:3: valid_from: ");
  ExpectBad<v1::Prize>(DrawPrizeKind(), header + "gold,1,2026-06-01,\n", "2:4: expires_at: ");
  ExpectBad<v1::Prize>(DrawPrizeKind(), header + "gold,1,soon,2026-06-08\n", "2:3: valid_from: ");
  ExpectBad<v1::Prize>(DrawPrizeKind(),
                       header + "gold,1,2026-06-08,2026-06-08\n",
                       "2:4: expires_at: it ends before it begins");
}

TEST_F(RowFileTest, PrizesOfAPool) {
  const std::string header = "series_code,count,weight,valid_from,expires_at\n";
  const auto rows =
      Load<v1::Prize>(PoolPrizeKind(), header + "tea,500,10,2026-06-01,2026-07-01\n,0,90,,\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].message.weight(), 10U);
  EXPECT_EQ(rows[1].message.series_code(), "");
  EXPECT_EQ(rows[1].message.count(), 0U);
  EXPECT_FALSE(rows[1].message.has_valid_from());
  ExpectBad<v1::Prize>(
      PoolPrizeKind(), header + "tea,500,0,2026-06-01,2026-07-01\n", "2:3: weight: 1 or more");
  ExpectBad<v1::Prize>(PoolPrizeKind(), header + "tea,500,1,,2026-07-01\n", "2:4: valid_from: ");
  ExpectBad<v1::Prize>(PoolPrizeKind(),
                       "series_code,count,valid_from,expires_at\ntea,1,2026-06-01,2026-07-01\n",
                       "1:1: the header lacks the column \"weight\"");
}

TEST_F(RowFileTest, Winners) {
  options_.pass_over_others = true;
  auto rows = Load<v1::DrawWinner>(WinnerKind(),
                                   "rank,member_id,series_code,name\n3,M5,gold,x\n2,M9,silver,y\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].message.rank(), 3U);
  EXPECT_EQ(rows[1].message.series_code(), "silver");
  rows = Load<v1::DrawWinner>(WinnerKind(),
                              "member_id,voucher_key\nM5,0123456789abcdef0123456789ABCDEF\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].message.rank(), 0U) << "there is no such column";
  EXPECT_EQ(rows[0].message.voucher_key(), "0123456789abcdef0123456789ABCDEF");
  EXPECT_THAT(Load<v1::DrawWinner>(WinnerKind(), "rank\n1\n"), IsEmpty());
  EXPECT_EQ(exit_, ExitCode::kRefused);
  ExpectBad<v1::DrawWinner>(WinnerKind(), "member_id,rank\nM5,1\nM9,\n", "3:2: rank: ");
  ExpectBad<v1::DrawWinner>(WinnerKind(), "member_id,rank\nM5,0\n", "2:2: rank: 1 or more");
  ExpectBad<v1::DrawWinner>(WinnerKind(), "member_id,rank\nM5,first\n", "2:2: rank: ");
  ExpectBad<v1::DrawWinner>(WinnerKind(), "member_id,voucher_key\nM5,1\n", "2:2: voucher_key: ");
  ExpectBad<v1::DrawWinner>(WinnerKind(), "member_id\nM 5\n", "2:1: member_id: ");
}

TEST_F(RowFileTest, EventsOfAPool) {
  options_.pass_over_others = true;
  auto rows = Load<v1::PoolEvent>(PoolEventKind(),
                                  "source,event_id,series_code\napp,\"a, b\",cup\napp,E2,\n");
  EXPECT_EQ(exit_, ExitCode::kOk) << err_;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].message.event_id(), "a, b");
  EXPECT_EQ(rows[0].message.series_code(), "cup");
  EXPECT_TRUE(rows[1].message.has_series_code()) << "nothing was won, and that is told";
  rows = Load<v1::PoolEvent>(PoolEventKind(), "source,event_id\napp,E1\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].message.has_series_code());
  ExpectBad<v1::PoolEvent>(PoolEventKind(), "source,event_id\na:b,E1\n", "2:1: source: ");
  ExpectBad<v1::PoolEvent>(PoolEventKind(), "source,event_id\napp,\n", "2:2: event_id: ");
  ExpectBad<v1::PoolEvent>(
      PoolEventKind(), "source,event_id,voucher_key\napp,E1,12\n", "2:3: voucher_key: ");
}

TEST_F(RowFileTest, ColumnsAreExplained) {
  for (const ImportKind* kind : {&GrantKind(),
                                 &MemberListKind(),
                                 &VoucherListKind(),
                                 &WinnerKind(),
                                 &PoolEventKind(),
                                 &DrawPrizeKind(),
                                 &PoolPrizeKind()}) {
    EXPECT_FALSE(Updates(*kind));
    EXPECT_THAT(ColumnsHelp(*kind), HasSubstr(std::string(kind->columns[0].name) + " *"));
  }
}

}  // namespace
}  // namespace gonghui::ctl
