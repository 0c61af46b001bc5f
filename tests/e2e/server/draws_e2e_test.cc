// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws and prize pools over gRPC, each checked again by the functions that anybody may run.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/int128.h"
#include "engine/programmes/draw.h"
#include "engine/programmes/voucher_code.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_vouchers.h"
#include "tests/e2e/server/office.h"

namespace gonghui {
namespace {

using Draws = v1::DrawService::Stub;
using grpc::StatusCode;

constexpr int kPeople = 200;
constexpr int kPacks = 15;
constexpr int kTickets = 40;
constexpr int64_t kOpen_s = 3'600;  // entries are taken so long

// Whoever takes a ticket has entered.
constexpr const char* kGiftsYaml = R"(gonghui: 1
programme: {code: gifts, name: 春节大礼包, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
funds:
  - {code: tickets, name: 报名, budget: 100000 pieces}
limits:
  - {code: entry, per: person, each: programme, uses: 1}
  - {code: daily, per: person, each: day, uses: 1}
benefits:
  - code: enter
    name: 报名抽签
    at: {mcc: [5411]}
    price: {free: true}
    stock: {fund: tickets, units: 1}
    limits: [entry, daily]
)";

Digest DigestOf(const std::string& text) {
  Digest digest{};
  EXPECT_EQ(text.size(), 2 * digest.size());
  for (size_t i = 0; i < digest.size() && 2 * i + 1 < text.size(); ++i) {
    digest[i] = static_cast<uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  }
  return digest;
}

class DrawsTest : public OfficeTest {
 protected:
  DrawsTest() { Apply(kGiftsYaml); }

  template <class Prize>
  static void SetTimes(Prize* prize) {
    prize->mutable_valid_from()->set_seconds(kNoon_s);
    prize->mutable_expires_at()->set_seconds(kNoon_s + 30 * int64_t{kDay_s});
  }
  static v1::CommitDrawRequest Spring() {
    v1::CommitDrawRequest request;
    v1::Draw* const draw = request.mutable_draw();
    draw->set_draw_code("spring");
    draw->set_kind(v1::DRAW_KIND_DRAW);
    draw->set_programme_code("gifts");
    draw->set_limit_code("entry");
    draw->mutable_closes_at()->set_seconds(kNoon_s + kOpen_s);
    for (const auto& [series, count] : {std::pair("pack", kPacks), std::pair("cinema", kTickets)}) {
      v1::Prize* const prize = draw->add_prizes();
      prize->set_series_code(series);
      prize->set_count(static_cast<uint32_t>(count));
      SetTimes(prize);
    }
    return request;
  }
  static v1::CommitDrawRequest Pool() {
    v1::CommitDrawRequest request;
    v1::Draw* const draw = request.mutable_draw();
    draw->set_draw_code("quiz");
    draw->set_kind(v1::DRAW_KIND_POOL);
    draw->mutable_closes_at()->set_seconds(kNoon_s + kOpen_s);
    v1::Prize* const prize = draw->add_prizes();
    prize->set_series_code("power-bank");
    prize->set_count(3);
    prize->set_weight(1);
    SetTimes(prize);
    draw->add_prizes()->set_weight(2);  // nothing
    return request;
  }

  // Each of so many members takes a ticket.
  void Enter(int count) {
    AddMembers(count);
    for (int i = 1; i <= count; ++i) {
      v1::AuthorizeRequest request = Purchase(0, /*sale=*/true);
      request.set_card_number(CardOf(i));
      request.set_programme_code("gifts");
      ASSERT_EQ(Decide(request).outcome(), v1::OUTCOME_APPROVED) << i;
    }
  }
  // The same for a crowd, past the network.
  void EnterAtOnce(int count) {
    constexpr int kAtOnce = 1'000;
    for (int first = 1; first <= count; first += kAtOnce) {
      std::vector<MemberRequest> members(kAtOnce);
      std::vector<CardRequest> cards(kAtOnce);
      std::vector<Command> commands;
      for (int i = 0; i < kAtOnce; ++i) {
        MemberRequest& member = members[static_cast<size_t>(i)];
        member.id = *ParseCode<MemberId>(absl::StrFormat("E%d", first + i));
        member.union_node = *ParseCode<UnionNodeId>("KM-1");
        member.real_name_verified = true;
        CardRequest& card = cards[static_cast<size_t>(i)];
        card.number = *ParseCardNumber(CardOf(first + i));
        card.member = member.id;
        commands.emplace_back().kind = CommandKind::kSetMember;
        commands.back().member = &member;
        commands.emplace_back().kind = CommandKind::kSetCard;
        commands.back().card = &card;
        Command& entry = commands.emplace_back();
        entry.kind = CommandKind::kAuthorize;
        entry.terminal = *ParseCode<TerminalId>("POS1");
        entry.request_id = RequestId{7, static_cast<uint64_t>(first + i)};
        entry.authorize.card = card.number;
        entry.authorize.programme = *ParseCode<ProgrammeCode>("gifts");
        entry.authorize.capture_at_once = true;
      }
      std::vector<Result> results(commands.size());
      ASSERT_TRUE(harness_.engine().RunBlocking(commands, results).ok());
      ASSERT_EQ(results.back().transaction.outcome, Outcome::kApproved) << first;
    }
  }
  v1::Draw Get(const std::string& code) {
    v1::GetDrawRequest request;
    request.set_draw_code(code);
    return Ok(&Draws::GetDraw, request).draw();
  }
  static v1::SettleDrawRequest Settle(const std::string& code) {
    v1::SettleDrawRequest request;
    request.set_draw_code(code);
    return request;
  }
  static v1::DrawPrizeRequest Event(int number, const std::string& member = "M1") {
    v1::DrawPrizeRequest request;
    request.set_draw_code("quiz");
    request.set_source("app");
    request.set_event_id(absl::StrFormat("答题 %d", number));
    request.set_member_id(member);
    return request;
  }
  std::vector<std::string> Entries(const std::string& code, int page_size = 7) {
    v1::ListDrawEntriesRequest request;
    request.set_draw_code(code);
    request.set_page_size(page_size);
    std::vector<std::string> ids;
    do {
      const auto page = Ok(&Draws::ListDrawEntries, request);
      ids.insert(ids.end(), page.member_ids().begin(), page.member_ids().end());
      EXPECT_LE(page.member_ids_size(), page_size);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
  std::vector<v1::DrawWinner> Winners(const std::string& code, int page_size) {
    v1::ListDrawWinnersRequest request;
    request.set_draw_code(code);
    request.set_page_size(page_size);
    std::vector<v1::DrawWinner> winners;
    do {
      const auto page = Ok(&Draws::ListDrawWinners, request);
      winners.insert(winners.end(), page.winners().begin(), page.winners().end());
      EXPECT_LE(page.winners_size(), page_size);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return winners;
  }
  // What seed, list and prizes say, against what the vouchers are.
  void ExpectDrawnFairly(const v1::Draw& draw, const std::vector<std::string>& entries) {
    ASSERT_EQ(draw.state(), v1::DRAW_STATE_SETTLED) << draw.DebugString();
    const Seed seed = DigestOf(draw.seed());
    EXPECT_EQ(DigestText(SeedHashOf(seed)), draw.seed_hash());
    EntriesHash hash;
    for (const std::string& id : entries) {
      hash.Add(id);
    }
    EXPECT_EQ(hash.count(), draw.entry_count());
    EXPECT_EQ(DigestText(hash.Finish()), draw.entries_hash());
    std::vector<uint32_t> counts;
    for (const v1::Prize& prize : draw.prizes()) {
      counts.push_back(prize.count());
    }
    const std::vector<uint32_t> winners = WinnersOf(
        seed, draw.draw_code(), draw.entry_count(), WinnerCountOf(counts, draw.entry_count()));
    EXPECT_EQ(draw.won_count(), winners.size());
    for (uint32_t rank = 1; rank <= winners.size(); ++rank) {
      const v1::Voucher voucher =
          VoucherOf(VoucherKeyText(DrawKey(*ParseCode<DrawCode>(draw.draw_code()), rank)));
      EXPECT_EQ(voucher.member_id(), entries[winners[rank - 1]]) << rank;
      EXPECT_EQ(voucher.series_code(),
                draw.prizes(static_cast<int>(PrizeOfRank(counts, rank))).series_code());
      EXPECT_EQ(voucher.draw_code(), draw.draw_code());
      EXPECT_EQ(voucher.state(), v1::VOUCHER_STATE_ISSUED);
    }
  }
};

// Nothing is paid or handed out for it, and yet it is known which version granted it.
TEST_F(DrawsTest, AnEntryTellsWhatGrantedIt) {
  Apply(R"(gonghui: 1
programme: {code: camp, name: 夏令营, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
limits:
  - {code: once, per: person, each: programme, uses: 1}
benefits:
  - {code: sign-up, name: 报名, at: {mcc: [5411]}, price: {free: true}, limits: [once]}
)");
  v1::AuthorizeRequest request = Purchase(0, /*sale=*/true);
  request.set_programme_code("camp");
  const v1::Transaction entry = Decide(request);
  ASSERT_EQ(entry.outcome(), v1::OUTCOME_APPROVED) << entry.DebugString();
  for (const v1::Transaction& told : {entry, Now(entry)}) {
    ASSERT_EQ(told.applied_benefits_size(), 1);
    const v1::AppliedBenefit& benefit = told.applied_benefits(0);
    EXPECT_EQ(benefit.programme_code(), "camp");
    EXPECT_EQ(benefit.programme_version(), 1U);
    EXPECT_EQ(benefit.benefit_code(), "sign-up");
    EXPECT_EQ(benefit.fund_code(), "");
    EXPECT_FALSE(told.has_failed_check());
  }
}

TEST_F(DrawsTest, ACommitmentStandsAndItsSeedIsNobodysBusiness) {
  v1::CommitDrawRequest request = Spring();
  request.set_validate_only(true);
  v1::CommitDrawResponse answer = Ok(&Draws::CommitDraw, request);
  EXPECT_TRUE(answer.created());
  EXPECT_FALSE(answer.has_draw());
  request.set_validate_only(false);
  answer = Ok(&Draws::CommitDraw, request);
  EXPECT_TRUE(answer.created());
  const v1::Draw first = answer.draw();
  EXPECT_EQ(first.state(), v1::DRAW_STATE_COMMITTED);
  EXPECT_EQ(first.seed_hash().size(), 64U);
  EXPECT_EQ(first.seed(), "");
  EXPECT_EQ(first.committed_at().seconds(), kNoon_s);
  EXPECT_FALSE(first.has_settled_at());
  Restart();
  answer = Ok(&Draws::CommitDraw, request);
  EXPECT_FALSE(answer.created());
  EXPECT_EQ(answer.draw().SerializeAsString(), first.SerializeAsString());
  request.mutable_draw()->mutable_prizes(0)->set_count(16);
  ExpectRefused(
      &Draws::CommitDraw, request, StatusCode::FAILED_PRECONDITION, "IMMUTABLE", "draw.draw_code");
  const auto draws = Ok(&Draws::ListDraws, v1::ListDrawsRequest());
  ASSERT_EQ(draws.draws_size(), 1);
  EXPECT_EQ(draws.draws(0).prizes_size(), 2);
}

TEST_F(DrawsTest, OnlyALimitOfEntriesIsDrawnFrom) {
  v1::CommitDrawRequest request = Spring();
  request.mutable_draw()->set_limit_code("daily");
  ExpectRefused(
      &Draws::CommitDraw, request, StatusCode::NOT_FOUND, "UNKNOWN_REFERENCE", "draw.limit_code");
  request.mutable_draw()->set_programme_code("none");
  ExpectRefused(&Draws::CommitDraw,
                request,
                StatusCode::NOT_FOUND,
                "UNKNOWN_REFERENCE",
                "draw.programme_code");
  request = Spring();
  request.mutable_draw()->mutable_closes_at()->set_seconds(kNoon_s);
  ExpectRefused(&Draws::CommitDraw,
                request,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "draw.closes_at");
  request = Spring();
  request.mutable_draw()->clear_prizes();
  ExpectRefused(
      &Draws::CommitDraw, request, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "draw.prizes");
  // What was refused left no seed behind.
  EXPECT_FALSE(harness_.draws().GetSeedBlocking(*ParseCode<DrawCode>("spring"))->has_value());
}

TEST_F(DrawsTest, TwoHundredAreDrawnFromOnceHoweverOftenItIsAsked) {
  Ok(&Draws::CommitDraw, Spring());
  Enter(kPeople);
  ExpectRefused(&Draws::SettleDraw,
                Settle("spring"),
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "closes_at");
  v1::ListDrawWinnersRequest too_early;
  too_early.set_draw_code("spring");
  ExpectRefused(&Draws::ListDrawWinners,
                too_early,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "draw_code");
  v1::ListDrawEntriesRequest early;
  early.set_draw_code("spring");
  ExpectRefused(&Draws::ListDrawEntries,
                early,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "draw_code");
  clock_.Advance(kOpen_s);
  const v1::SettleDrawResponse settled = Ok(&Draws::SettleDraw, Settle("spring"));
  EXPECT_EQ(settled.draw().entry_count(), static_cast<uint32_t>(kPeople));
  EXPECT_EQ(settled.draw().won_count(), static_cast<uint32_t>(kPacks + kTickets));
  EXPECT_EQ(settled.draw().prizes(0).won_count(), static_cast<uint32_t>(kPacks));
  EXPECT_EQ(settled.winner_ids_size(), kPacks + kTickets);
  EXPECT_FALSE(settled.winners_truncated());
  const std::vector<std::string> entries = Entries("spring");
  EXPECT_EQ(entries.front(), "E1");
  EXPECT_EQ(entries.back(), "E200");
  EXPECT_EQ(Entries("spring", kPeople - 1), entries) << "one is alone on the last page";
  ExpectDrawnFairly(settled.draw(), entries);
  const std::set<std::string> winners(settled.winner_ids().begin(), settled.winner_ids().end());
  EXPECT_EQ(winners.size(), static_cast<size_t>(kPacks + kTickets));
  EXPECT_EQ(settled.SerializeAsString(),
            Ok(&Draws::SettleDraw, Settle("spring")).SerializeAsString());
  Restart();
  EXPECT_EQ(settled.SerializeAsString(),
            Ok(&Draws::SettleDraw, Settle("spring")).SerializeAsString());
  EXPECT_EQ(Get("spring").SerializeAsString(), settled.draw().SerializeAsString());
  // All of them, in pages.
  const std::vector<v1::DrawWinner> all = Winners("spring", 20);
  ASSERT_EQ(all.size(), static_cast<size_t>(kPacks + kTickets));
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].rank(), i + 1);
    EXPECT_EQ(all[i].member_id(), settled.winner_ids(static_cast<int>(i)));
    EXPECT_EQ(all[i].series_code(), i < kPacks ? "pack" : "cinema");
    EXPECT_EQ(VoucherOf(all[i].voucher_key()).member_id(), all[i].member_id());
  }
  v1::VoidVouchersRequest undo;
  undo.add_voucher_keys(all[0].voucher_key());
  ExpectRefused(&v1::VoucherService::Stub::VoidVouchers,
                undo,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "voucher_keys[0]");
}

// However late the draw is asked for, it is of those who had entered when it closed.
TEST_F(DrawsTest, WhoEntersAfterTheCloseTakesNoPart) {
  Ok(&Draws::CommitDraw, Spring());
  AddMembers(5);
  for (int i = 1; i <= 5; ++i) {
    v1::AuthorizeRequest request = Purchase(0, /*sale=*/true);
    request.set_card_number(CardOf(i));
    request.set_programme_code("gifts");
    EXPECT_EQ(Decide(request).outcome(), v1::OUTCOME_APPROVED) << "the benefit goes on, " << i;
    if (i == 3) {
      clock_.Advance(kOpen_s);
    }
  }
  clock_.Advance(kOpen_s);
  const v1::SettleDrawResponse settled = Ok(&Draws::SettleDraw, Settle("spring"));
  EXPECT_EQ(settled.draw().entry_count(), 3U);
  EXPECT_THAT(Entries("spring"), testing::ElementsAre("E1", "E2", "E3"));
  ExpectDrawnFairly(settled.draw(), Entries("spring"));
}

std::vector<std::string> FieldsOf(const v1::CommitDrawResponse& answer) {
  std::vector<std::string> fields;
  for (const v1::DrawWarning& warning : answer.warnings()) {
    fields.push_back(warning.field());
    EXPECT_NE(warning.message(), "");
    EXPECT_NE(warning.hint(), "");
  }
  return fields;
}

constexpr const char* kFetchYaml = R"(gonghui: 1
programme: {code: fetch, name: 领取, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
funds:
  - {code: packs, name: 礼包, budget: 100 pieces}
benefits:
  - code: pack
    name: 领礼包
    at: {mcc: [5411]}
    when: {until: UNTIL}
    price: {free: true}
    stock: {fund: packs, units: 1}
    voucher: pack
)";

std::string FetchedUntil(const std::string& day) {
  std::string yaml = kFetchYaml;
  return yaml.replace(yaml.find("UNTIL"), 5, day);
}

TEST_F(DrawsTest, APrizeThatNobodyCouldUseIsToldOf) {
  v1::CommitDrawRequest request = Spring();
  request.set_validate_only(true);
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, request)),
              testing::ElementsAre(
                  "draw.closes_at", "draw.prizes[0].series_code", "draw.prizes[1].series_code"));
  // The prizes expire 30 days after noon.
  const auto day = [](int64_t days) {
    const CivilDate date = DateOf(static_cast<CivilDay>(kNoon_s / kDay_s + days));
    return absl::StrFormat("%04d-%02d-%02d", date.year, date.month, date.day);
  };
  request.mutable_draw()->mutable_prizes()->DeleteSubrange(1, 1);
  Apply(FetchedUntil(day(10)));
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, request)),
              testing::ElementsAre("draw.closes_at", "draw.prizes[0].expires_at"));
  SetTimes(request.mutable_draw()->mutable_prizes(0));
  request.mutable_draw()->mutable_prizes(0)->mutable_valid_from()->set_seconds(kNoon_s +
                                                                               20 * kDay_s);
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, request)),
              testing::ElementsAre("draw.closes_at", "draw.prizes[0].valid_from"));
  Apply(FetchedUntil(day(40)));
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, request)), testing::ElementsAre("draw.closes_at"));
  request.mutable_draw()->mutable_closes_at()->set_seconds(1'798'761'600);  // after 2027-01-01
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, request)),
              testing::ElementsAre("draw.prizes[0].expires_at"))
      << "and long after the prize";
  // It is told, and done all the same.
  request = Spring();
  const v1::CommitDrawResponse answer = Ok(&Draws::CommitDraw, request);
  EXPECT_TRUE(answer.created());
  EXPECT_EQ(answer.warnings_size(), 2);
  v1::RetireProgrammeRequest retire;
  retire.set_programme_code("gifts");
  Ok(&v1::ProgrammeService::Stub::RetireProgramme, retire);
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, request)),
              testing::ElementsAre("draw.limit_code", "draw.prizes[1].series_code"));
  // Of a pool there is no limit, and nothing is no prize.
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, Pool())),
              testing::ElementsAre("draw.prizes[0].series_code"));
}

TEST_F(DrawsTest, APrizeThatExpiresBeforeTheDrawIsToldOf) {
  Apply(FetchedUntil("2027-01-01"));
  v1::CommitDrawRequest draw = Spring();
  draw.mutable_draw()->mutable_prizes()->DeleteSubrange(1, 1);
  v1::CommitDrawRequest pool = Pool();
  pool.mutable_draw()->mutable_prizes(0)->set_series_code("pack");
  const auto expires = [](int64_t after_close_s, v1::CommitDrawRequest* request) {
    v1::Prize& prize = *request->mutable_draw()->mutable_prizes(0);
    prize.mutable_expires_at()->set_seconds(kNoon_s + kOpen_s + after_close_s);
  };
  // A draw's prizes are given from closes_at on, a pool's until before it.
  for (const bool validate_only : {true, false}) {
    draw.set_validate_only(validate_only);
    pool.set_validate_only(validate_only);
    expires(1, &draw);
    draw.mutable_draw()->set_draw_code("in-time");
    EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, draw)), testing::ElementsAre("draw.closes_at"));
    expires(0, &draw);
    draw.mutable_draw()->set_draw_code("too-early");
    const v1::CommitDrawResponse answer = Ok(&Draws::CommitDraw, draw);
    ASSERT_THAT(FieldsOf(answer),
                testing::ElementsAre("draw.closes_at", "draw.prizes[0].expires_at"));
    EXPECT_TRUE(answer.created()) << "it is told, and done all the same";
    EXPECT_THAT(answer.warnings(1).message(), testing::StartsWith("the prize expires at "));
    EXPECT_THAT(answer.warnings(1).message(), testing::HasSubstr("before the draw closes at "));
    EXPECT_THAT(answer.warnings(1).message(),
                testing::HasSubstr("抽签截止时奖品已过期，中签者无法使用"));
    EXPECT_THAT(answer.warnings(1).hint(), testing::HasSubstr("请推迟奖品的到期日"));
    expires(0, &pool);
    pool.mutable_draw()->set_draw_code("pool-in-time");
    EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, pool)), testing::IsEmpty());
    expires(-1, &pool);
    pool.mutable_draw()->set_draw_code("pool-too-early");
    const v1::CommitDrawResponse pooled = Ok(&Draws::CommitDraw, pool);
    ASSERT_THAT(FieldsOf(pooled), testing::ElementsAre("draw.prizes[0].expires_at"));
    EXPECT_THAT(pooled.warnings(0).message(), testing::HasSubstr("before the pool ends at "));
    EXPECT_THAT(pooled.warnings(0).message(), testing::HasSubstr("此后抽中者无法使用"));
  }
  // A pool's prize is used until then, if anybody takes it.
  pool.mutable_draw()->mutable_prizes(0)->set_series_code("power-bank");
  pool.mutable_draw()->set_draw_code("pool-for-nobody");
  EXPECT_THAT(FieldsOf(Ok(&Draws::CommitDraw, pool)),
              testing::ElementsAre("draw.prizes[0].expires_at", "draw.prizes[0].series_code"));
}

// Entries that were given back are none; a step that fails is taken again.
TEST_F(DrawsTest, WhatStopsOnTheWayGoesOn) {
  const v1::Draw committed = Ok(&Draws::CommitDraw, Spring()).draw();
  Enter(60);
  v1::AuthorizeRequest request = Purchase(0);
  request.set_card_number(kCard1);
  request.set_programme_code("gifts");
  const v1::Transaction taken_back = Decide(request);
  v1::ReverseRequest reverse = About<v1::ReverseRequest>(taken_back);
  reverse.set_reversal_reason(v1::REVERSAL_REASON_CUSTOMER_CANCELLATION);
  EXPECT_EQ(Decide(reverse).outcome(), v1::OUTCOME_APPROVED);
  clock_.Advance(kOpen_s);

  harness_.draws().Fail(true);
  ExpectRefused(
      &Draws::SettleDraw, Settle("spring"), StatusCode::INTERNAL, "DRAW_STORE_FAILED", "");
  EXPECT_EQ(Get("spring").state(), v1::DRAW_STATE_COMMITTED);
  harness_.draws().Fail(false);

  // Killed after it was closed, and after the first of the winners had their vouchers.
  std::vector<MemberId> entries;
  EntriesHash hash;
  for (int i = 1; i <= 60; ++i) {
    entries.push_back(*ParseCode<MemberId>(absl::StrFormat("E%d", i)));
    hash.Add(entries.back());
  }
  const DrawCode code = *ParseCode<DrawCode>("spring");
  CloseDrawRequest close{code, hash.Finish(), hash.count()};
  ASSERT_TRUE(harness_.draws().PutEntriesBlocking({code, close.entries_hash}, entries).ok());
  const Seed seed = **harness_.draws().GetSeedBlocking(code);
  const std::vector<uint32_t> winners = WinnersOf(seed, "spring", 60, kPacks + kTickets);
  std::vector<VoucherToIssue> first;
  for (uint32_t rank = 1; rank <= 4; ++rank) {
    first.push_back({DrawKey(code, rank), entries[winners[rank - 1]]});
  }
  IssueVouchersRequest issue;
  issue.series = *ParseCode<SeriesCode>("pack");
  issue.valid_from = TimestampNs{kNoonNs};
  issue.expires_at = TimestampNs{kNoonNs + 30 * int64_t{kDay_s} * kNsPerSecond};
  issue.draw = code;
  issue.vouchers = first;
  std::array<Command, 2> commands;
  commands[0].kind = CommandKind::kCloseDraw;
  commands[0].close_draw = &close;
  commands[1].kind = CommandKind::kIssueVouchers;
  commands[1].issue_vouchers = &issue;
  std::array<Result, 2> results;
  ASSERT_TRUE(harness_.engine().RunBlocking(commands, results).ok());
  EXPECT_EQ(results[0].verdict, Verdict::kDecided);
  EXPECT_EQ(results[1].verdict, Verdict::kDecided);
  Restart();

  const v1::SettleDrawResponse settled = Ok(&Draws::SettleDraw, Settle("spring"));
  EXPECT_EQ(settled.draw().seed_hash(), committed.seed_hash());
  EXPECT_EQ(settled.draw().entry_count(), 60U);
  ExpectDrawnFairly(settled.draw(), Entries("spring"));
}

// Killed between its seed and its commitment: the hash that is made known is that of the seed
// which is kept, or nobody could ever draw.
TEST_F(DrawsTest, ASeedThatWasLeftBehindIsTheOneThatIsDrawnBy) {
  Seed left_behind{};
  left_behind.fill(7);
  ASSERT_TRUE(*harness_.draws().PutSeedBlocking(*ParseCode<DrawCode>("spring"), left_behind));
  const v1::Draw committed = Ok(&Draws::CommitDraw, Spring()).draw();
  EXPECT_EQ(committed.seed_hash(), DigestText(SeedHashOf(left_behind)));
  Enter(5);
  clock_.Advance(kOpen_s);
  const v1::Draw settled = Ok(&Draws::SettleDraw, Settle("spring")).draw();
  EXPECT_EQ(settled.seed_hash(), committed.seed_hash());
  EXPECT_EQ(settled.seed(), DigestText(left_behind));
  ExpectDrawnFairly(settled, Entries("spring"));
}

// Longer than any page, of counters, entries or vouchers.
TEST_F(DrawsTest, AHundredThousandAreDrawnFromToo) {
  constexpr int kCrowd = 100'000;
  v1::CommitDrawRequest request = Spring();
  request.mutable_draw()->mutable_prizes(1)->set_count(2'500);
  Ok(&Draws::CommitDraw, request);
  EnterAtOnce(kCrowd);
  clock_.Advance(kOpen_s);
  const v1::SettleDrawResponse settled = Ok(&Draws::SettleDraw, Settle("spring"));
  EXPECT_EQ(settled.draw().entry_count(), static_cast<uint32_t>(kCrowd));
  EXPECT_EQ(settled.draw().won_count(), kPacks + 2'500U);
  EXPECT_EQ(settled.winner_ids_size(), 1'000);
  EXPECT_TRUE(settled.winners_truncated());
  const std::vector<std::string> entries = Entries("spring", 10'000);
  ASSERT_EQ(entries.size(), static_cast<size_t>(kCrowd));
  EXPECT_EQ(entries[54'320], "E54321");
  ExpectDrawnFairly(settled.draw(), entries);
  EXPECT_EQ(Winners("spring", 10'000).size(), kPacks + 2'500U);
}

TEST_F(DrawsTest, ADrawWithoutEntriesHasNoWinners) {
  Ok(&Draws::CommitDraw, Spring());
  clock_.Advance(kOpen_s);
  const v1::SettleDrawResponse settled = Ok(&Draws::SettleDraw, Settle("spring"));
  EXPECT_EQ(settled.draw().state(), v1::DRAW_STATE_SETTLED);
  EXPECT_EQ(settled.draw().entry_count(), 0U);
  EXPECT_EQ(settled.winner_ids_size(), 0);
  EXPECT_TRUE(Entries("spring").empty());
  EXPECT_TRUE(Winners("spring", 10).empty());
}

TEST_F(DrawsTest, WhatIsNotWhatWasMadeKnownIsNeverDrawnFrom) {
  Ok(&Draws::CommitDraw, Spring());
  Enter(3);
  clock_.Advance(kOpen_s);
  harness_.draws().Clear();
  ExpectRefused(&Draws::SettleDraw, Settle("spring"), StatusCode::DATA_LOSS, "DRAW_DAMAGED", "");
  Seed another{};
  another.fill(7);
  ASSERT_TRUE(*harness_.draws().PutSeedBlocking(*ParseCode<DrawCode>("spring"), another));
  ExpectRefused(&Draws::SettleDraw, Settle("spring"), StatusCode::DATA_LOSS, "DRAW_DAMAGED", "");
  EXPECT_EQ(Get("spring").won_count(), 0U);
  EXPECT_EQ(Get("spring").seed(), "");
}

// One of the same length, under the same hash.
TEST_F(DrawsTest, AListThatIsAnotherIsNeverDrawnFrom) {
  Ok(&Draws::CommitDraw, Spring());
  Enter(3);
  clock_.Advance(kOpen_s);
  const DrawCode code = *ParseCode<DrawCode>("spring");
  EntriesHash hash;
  for (const char* const id : {"E1", "E2", "E3"}) {
    hash.Add(std::string_view(id));
  }
  CloseDrawRequest close{code, hash.Finish(), hash.count()};
  const std::vector<MemberId> others(3, *ParseCode<MemberId>("E1"));
  ASSERT_TRUE(harness_.draws().PutEntriesBlocking({code, close.entries_hash}, others).ok());
  Command command;
  command.kind = CommandKind::kCloseDraw;
  command.close_draw = &close;
  Result result;
  ASSERT_TRUE(harness_.engine().RunBlocking({&command, 1}, {&result, 1}).ok());
  ASSERT_EQ(result.verdict, Verdict::kDecided);
  ExpectRefused(&Draws::SettleDraw, Settle("spring"), StatusCode::DATA_LOSS, "DRAW_DAMAGED", "");
  EXPECT_EQ(Get("spring").won_count(), 0U);
}

TEST_F(DrawsTest, APoolAnswersEachEventOnceAndCanBeCheckedAfterwards) {
  const v1::Draw committed = Ok(&Draws::CommitDraw, Pool()).draw();
  std::map<int, v1::Voucher> won;
  for (int i = 0; i < 30; ++i) {
    const auto answer = Ok(&Draws::DrawPrize, Event(i));
    EXPECT_FALSE(answer.idempotent_replay());
    EXPECT_EQ(answer.voucher().member_id(), "M1");
    EXPECT_EQ(answer.voucher().draw_code(), "quiz");
    won[i] = answer.voucher();
  }
  Restart();
  for (int i = 0; i < 30; ++i) {
    const auto again = Ok(&Draws::DrawPrize, Event(i));
    EXPECT_TRUE(again.idempotent_replay());
    EXPECT_EQ(again.voucher().SerializeAsString(), won[i].SerializeAsString());
  }
  ExpectRefused(&Draws::DrawPrize,
                Event(1, "M2"),
                StatusCode::FAILED_PRECONDITION,
                "BELONGS_TO_ANOTHER",
                "event_id");
  ExpectRefused(
      &Draws::DrawPrize, Event(99, "M9"), StatusCode::NOT_FOUND, "UNKNOWN_REFERENCE", "member_id");
  ExpectRefused(&Draws::SettleDraw,
                Settle("quiz"),
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "closes_at");
  clock_.Advance(kOpen_s);
  ExpectRefused(&Draws::DrawPrize,
                Event(99),
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "closes_at");
  const v1::Draw settled = Ok(&Draws::SettleDraw, Settle("quiz")).draw();
  EXPECT_EQ(settled.state(), v1::DRAW_STATE_SETTLED);
  EXPECT_EQ(settled.seed_hash(), committed.seed_hash());
  EXPECT_EQ(settled.entry_count(), 30U);
  const Seed seed = DigestOf(settled.seed());
  EXPECT_EQ(DigestText(SeedHashOf(seed)), committed.seed_hash());
  // By weight, 1 of 3 wins while there are some.
  uint32_t left = 3;
  for (int i = 0; i < 30; ++i) {
    const uint64_t number = PoolNumber(seed, "quiz", "app", Event(i).event_id());
    const uint64_t weights = left > 0 ? 3 : 2;
    const auto place = static_cast<uint64_t>(static_cast<UInt128>(number) * weights >> 64);
    const bool wins = left > 0 && place == 0;
    left -= wins ? 1 : 0;
    EXPECT_EQ(won[i].state(), wins ? v1::VOUCHER_STATE_ISSUED : v1::VOUCHER_STATE_BLANK) << i;
    EXPECT_EQ(won[i].series_code(), wins ? "power-bank" : "") << i;
  }
  EXPECT_EQ(settled.won_count(), 3 - left);
  EXPECT_TRUE(Ok(&Draws::DrawPrize, Event(1)).idempotent_replay());
  v1::ListDrawEntriesRequest list;
  list.set_draw_code("quiz");
  ExpectRefused(&Draws::ListDrawEntries,
                list,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "draw_code");
}

TEST_F(DrawsTest, WhatIsNotThereIsNotFound) {
  ExpectRefused(
      &Draws::SettleDraw, Settle("none"), StatusCode::NOT_FOUND, "NOT_FOUND", "draw_code");
  ExpectRefused(&Draws::DrawPrize, Event(1), StatusCode::NOT_FOUND, "NOT_FOUND", "draw_code");
  ExpectRefused(&Draws::SettleDraw,
                Settle("no code"),
                StatusCode::INVALID_ARGUMENT,
                "INVALID_FIELD",
                "draw_code");
  Ok(&Draws::CommitDraw, Spring());
  v1::DrawPrizeRequest request = Event(1);
  request.set_draw_code("spring");
  ExpectRefused(&Draws::DrawPrize,
                request,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "draw_code");
}

}  // namespace
}  // namespace gonghui
