// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/bulkload/former_csv.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/ledger/keys.h"
#include "tests/testing/city.h"
#include "tools/bulkload/made_up.h"

namespace gonghui::bulkload {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHeader =
    "terminal_id,request_id,card_number,amount_fen,decided_at,outcome";
constexpr std::string_view kUuid = "00112233-4455-4677-8899-aabbccddeeff";

class FormerCsvTest : public testing::Test {
 protected:
  FormerCsvTest() {
    city_.members = 20;
    city_.merchants = 6;
    Event event;
    Result result;
    BuildCity(city_, [&](const Command& command) {
      ledger_->Decide(command, kCityNoon, &event, &result);
      ledger_->Evolve(event);
    });
  }
  void SetUp() override {
    terminal_ = Text(TerminalOf(2));
    card_ = std::to_string(CardOf(3).value());
  }

  template <class Code>
  static std::string Text(const Code& code) {
    const auto text = code.Text();
    return {text.data(), text.size};
  }

  absl::Status Read(const std::string& content) {
    read_.clear();
    std::FILE* const file = std::tmpfile();
    std::fwrite(content.data(), 1, content.size(), file);
    std::rewind(file);
    const absl::Status status = ReadFormerBlocking(
        file,
        "ids.csv",
        *ledger_,
        {"Asia/Shanghai", kCityNoon},
        [this](TerminalRow, const RequestId& id) -> absl::StatusOr<bool> { return id == taken_; },
        [this](const ArchivedTransaction& transaction) {
          read_.push_back(transaction.transaction);
          return absl::OkStatus();
        });
    std::fclose(file);
    return status;
  }

  // A row of the required columns, one of them another.
  std::string Row(size_t column = 99, const std::string& cell = "") {
    std::vector<std::string> cells = {
        terminal_, std::string(kUuid), card_, "1200", "2025-01-31T08:15:00+08:00", "approved"};
    if (column < cells.size()) {
      cells[column] = cell;
    }
    std::string row;
    for (const std::string& each : cells) {
      row += (row.empty() && &each == cells.data() ? "" : ",") + each;
    }
    return row;
  }

  void ExpectRefused(const std::string& content, const std::string& what) {
    const absl::Status status = Read(content);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  }

  CityOptions city_;
  const std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>(0);
  std::string terminal_;
  std::string card_;
  RequestId taken_;
  std::vector<Transaction> read_;
};

TEST_F(FormerCsvTest, AnApprovalIsWhatIsNoLongerHeld) {
  ASSERT_EQ(Read(std::string(kHeader) + "\n" + Row() + "\n"), absl::OkStatus());
  ASSERT_EQ(read_.size(), 1);
  const Transaction& read = read_[0];
  EXPECT_EQ(read.request_id, (RequestId{0x0011223344554677, 0x8899aabbccddeeff}));
  EXPECT_EQ(read.terminal, ledger_->FindTerminal(TerminalOf(2)));
  EXPECT_EQ(read.merchant, ledger_->FindMerchant(MerchantOf(2)));
  EXPECT_EQ(read.card, CardOf(3));
  EXPECT_EQ(read.member, ledger_->cards()[ledger_->FindCard(CardOf(3))].member);
  EXPECT_EQ(read.list_price, Fen{1'200});
  EXPECT_EQ(read.member_pays, Fen{1'200});
  EXPECT_EQ(read.decided_at, TimestampNs{1'738'282'500 * kNsPerSecond});
  EXPECT_EQ(read.outcome, Outcome::kApproved);
  EXPECT_EQ(read.state, TransactionState::kExpired);
  EXPECT_EQ(read.captured, Fen{0});
  EXPECT_EQ(read.applied_count, 0);
  EXPECT_TRUE(read.capture_at_once);
  EXPECT_EQ(read.if_no_benefit, IfNoBenefit::kDecline);
}

TEST_F(FormerCsvTest, AllColumns) {
  const std::string header = std::string(kHeader) +
                             ",reason,subsidy_fen,capture,full_price,allow_partial,programme,"
                             "pos_entry_mode,stan,hold_s\r\n";
  ASSERT_EQ(Read(header + Row() + ",,200,false,true,true,KM:2025,qr_code,999999,3600\r\n" +
                 Row(5, "declined") + ",REASON_QUOTA_EXHAUSTED,,,,,,,,\r\n" + Row(5, "declined") +
                 ",card_expired,0,true,false,false,,unspecified,0,0\r\n"),
            absl::OkStatus());
  ASSERT_EQ(read_.size(), 3);
  const Transaction& hold = read_[0];
  EXPECT_EQ(hold.subsidy, Fen{200});
  EXPECT_EQ(hold.member_pays, Fen{1'000});
  EXPECT_FALSE(hold.capture_at_once);
  EXPECT_EQ(hold.if_no_benefit, IfNoBenefit::kFullPrice);
  EXPECT_TRUE(hold.progress.allow_partial);
  constexpr std::string_view kProgramme = "KM:2025";
  EXPECT_EQ(hold.programme_hash,
            HashOf(*ProgrammeCode::Parse({kProgramme.data(), kProgramme.size()})));
  EXPECT_EQ(hold.entry_mode, PosEntryMode::kQrCode);
  EXPECT_EQ(hold.stan, 999'999);
  EXPECT_EQ(hold.hold_s, 3'600);
  const Transaction& declined = read_[1];
  EXPECT_EQ(declined.outcome, Outcome::kDeclined);
  EXPECT_EQ(declined.state, TransactionState::kDeclined);
  EXPECT_EQ(declined.reason, Reason::kQuotaExhausted);
  EXPECT_EQ(declined.member_pays, Fen{1'200});
  EXPECT_EQ(read_[2].reason, Reason::kCardExpired);
}

TEST_F(FormerCsvTest, TimesWithoutAnOffsetAreInTheZone) {
  ASSERT_EQ(Read(std::string(kHeader) + "\n" + Row(4, "2025-01-31 08:15:00") + "\n"),
            absl::OkStatus());
  EXPECT_EQ(read_[0].decided_at, TimestampNs{1'738'282'500 * kNsPerSecond});
}

TEST_F(FormerCsvTest, SaysLineColumnAndWhatWasExpected) {
  const std::string header = std::string(kHeader) + "\n";
  const std::string right = Row() + "\n";
  ExpectRefused(header + right + Row(0, "T 1") + "\n",
                "ids.csv:3: column terminal_id: \"T 1\", expected 1 to 16 of A-Z");
  ExpectRefused(header + Row(0, "T9999999"), "\"T9999999\", expected a terminal that was imported");
  ExpectRefused(header + Row(1, "00000000-0000-0000-0000-000000000000"),
                "ids.csv:2: column request_id:");
  ExpectRefused(header + Row(1, ""), "column request_id: empty, expected a UUID");
  ExpectRefused(header + Row(2, "0123456789"), "expected 8 to 19 digits, the first not 0");
  ExpectRefused(header + Row(2, "1234567"), "expected 8 to 19 digits, the first not 0");
  ExpectRefused(header + Row(2, "99999999999999999999"), "expected 8 to 19 digits");
  ExpectRefused(header + Row(2, "12345678"), "\"12345678\", expected a card that was imported");
  ExpectRefused(header + Row(3, "0"), "column amount_fen: \"0\", expected whole fen, 1 to");
  ExpectRefused(header + Row(3, "12.50"), "column amount_fen: \"12.50\"");
  ExpectRefused(header + Row(3, "-5"), "column amount_fen: \"-5\"");
  ExpectRefused(header + Row(4, "yesterday"), "column decided_at: \"yesterday\", expected a time");
  ExpectRefused(header + Row(4, "2027-01-01T00:00:00Z"), "between 2000-01-01 and this moment");
  ExpectRefused(header + Row(4, "1999-12-31T23:59:59Z"), "between 2000-01-01 and this moment");
  ExpectRefused(header + Row(5, "maybe"),
                "column outcome: \"maybe\", expected approved or declined");
  ExpectRefused(header + Row(5, "declined"), "column reason: empty, expected why it was declined");
}

TEST_F(FormerCsvTest, OptionalCellsAreChecked) {
  const auto with = [this](const std::string& column, const std::string& cell) {
    return std::string(kHeader) + "," + column + "\n" + Row() + "," + cell + "\n";
  };
  ExpectRefused(with("reason", "quota_exhausted"), "expected nothing: an approval has no reason");
  ExpectRefused(with("subsidy_fen", "1201"), "expected whole fen, at most the amount");
  ExpectRefused(with("capture", "yes"), "column capture: \"yes\", expected true or false");
  ExpectRefused(with("programme", "a b"), "column programme:");
  ExpectRefused(with("pos_entry_mode", "nfc"), "column pos_entry_mode: \"nfc\"");
  ExpectRefused(with("stan", "1000000"), "column stan:");
  ExpectRefused(with("hold_s", "99999999"), "column hold_s:");
  const std::string declined = std::string(kHeader) + ",reason,subsidy_fen\n" + Row(5, "declined");
  ExpectRefused(declined + ",invalid_terminal,\n", "column reason: \"invalid_terminal\"");
  ExpectRefused(declined + ",unknown,\n", "column reason: \"unknown\"");
  ExpectRefused(declined + ",none,\n", "column reason: \"none\"");
  ExpectRefused(declined + ",card_expired,5\n", "expected 0: of a decline nothing was given");
}

TEST_F(FormerCsvTest, AnIdThatFindsSomethingIsRefused) {
  taken_ = RequestId{0x0011223344554677, 0x8899aabbccddeeff};
  ExpectRefused(std::string(kHeader) + "\n" + Row(),
                "ids.csv:2: column request_id: \"00112233-4455-4677-8899-aabbccddeeff\", expected "
                "one that finds nothing yet");
  EXPECT_TRUE(read_.empty());
}

TEST_F(FormerCsvTest, HeadersAndFiles) {
  ExpectRefused("", "ids.csv:1: empty file");
  ExpectRefused("terminal_id,request_id\n", "the header lacks the column \"card_number\"");
  ExpectRefused(std::string(kHeader) + ",amount\n", "column 7: unknown column \"amount\"");
  ExpectRefused(std::string(kHeader) + ",outcome\n", "stands in the header twice");
  ExpectRefused(std::string(kHeader) + "\n" + Row() + ",extra\n", "ids.csv:2:");
  ExpectRefused(std::string(kHeader) + "\n\"" + Row(), "ids.csv:2:");
}

TEST_F(FormerCsvTest, TellsTheFirstFiveAndHowManyMore) {
  std::string content = std::string(kHeader) + "\n";
  for (int i = 0; i < 8; ++i) {
    content += Row(3, "0") + "\n";
  }
  const absl::Status status = Read(content);
  EXPECT_THAT(std::string(status.message()), HasSubstr("ids.csv:6: "));
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("ids.csv:7: ")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("and 3 more"));
}

TEST_F(FormerCsvTest, WhatIsMadeUpReadsBack) {
  const uint64_t seed = 7;
  const MadeUp made_up(*ledger_, seed);
  ASSERT_EQ(made_up.Check(), absl::OkStatus());
  std::string content = FormerHeader();
  std::vector<Transaction> want;
  const auto made = std::make_unique<ArchivedTransaction>();
  for (uint64_t i = 0; i < 100; ++i) {
    const TimestampNs at{kCityNoon.value() - static_cast<int64_t>(200 - i) * kNsPerSecond};
    made_up.Fill(CommandSeq{kImportedSeqFirst.value() + i}, at, made.get());
    content += FormerRow(*ledger_, made->transaction);
    want.push_back(made->transaction);
    EXPECT_EQ(made->transaction.applied_count, 1);
    EXPECT_EQ(made->applied[0].authorized, made->transaction.subsidy);
  }
  ASSERT_EQ(Read(content), absl::OkStatus());
  ASSERT_EQ(read_.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    const Transaction& read = read_[i];
    EXPECT_EQ(read.request_id, want[i].request_id);
    EXPECT_EQ(read.terminal, want[i].terminal);
    EXPECT_EQ(read.card, want[i].card);
    EXPECT_EQ(read.list_price, want[i].list_price);
    EXPECT_EQ(read.subsidy, want[i].subsidy);
    EXPECT_EQ(read.decided_at, want[i].decided_at);
    EXPECT_EQ(read.state, want[i].state);
    EXPECT_EQ(read.entry_mode, want[i].entry_mode);
    EXPECT_EQ(read.capture_at_once, want[i].capture_at_once);
  }
}

TEST_F(FormerCsvTest, AnEmptyLedgerHasNothingToMakeUp) {
  const auto empty = std::make_unique<Ledger>(0);
  EXPECT_TRUE(absl::IsFailedPrecondition(MadeUp(*empty, 1).Check()));
}

TEST_F(FormerCsvTest, TheSameSeedAndNumberGiveTheSameId) {
  const auto a = std::make_unique<ArchivedTransaction>();
  const auto b = std::make_unique<ArchivedTransaction>();
  MadeUp(*ledger_, 5).Fill(CommandSeq{77}, kCityNoon, a.get());
  MadeUp(*ledger_, 5).Fill(CommandSeq{77}, kCityNoon, b.get());
  EXPECT_EQ(a->transaction.request_id, b->transaction.request_id);
  MadeUp(*ledger_, 5).Fill(CommandSeq{78}, kCityNoon, b.get());
  EXPECT_NE(a->transaction.request_id, b->transaction.request_id);
  MadeUp(*ledger_, 6).Fill(CommandSeq{77}, kCityNoon, b.get());
  EXPECT_NE(a->transaction.request_id, b->transaction.request_id);
}

}  // namespace
}  // namespace gonghui::bulkload
