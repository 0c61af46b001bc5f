// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws and pools, end to end, and the proof of a draw without a server.

#include "tests/e2e/ctl/ctl_fixture.h"
#include "tests/testing/known_draw.h"

namespace gonghui::testing_e2e {
namespace {

using known_draw::kEntriesHash;
using known_draw::kSeed;
using known_draw::kSeedHash;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kDrawPrizes =
    "series_code,count,valid_from,expires_at\n"
    "gold,1,2026-06-01,2026-06-08\n"
    "silver,2,2026-06-01,2026-06-08\n";

class CtlDrawsTest : public CtlTest {
 protected:
  std::vector<std::string> CommitCommand(const std::string& code) const {
    return {"draw",
            "commit",
            code,
            Write("prizes.csv", kDrawPrizes),
            "--programme",
            "spring",
            "--limit",
            "entered",
            "--closes",
            "2026-05-01 20:00:00"};
  }
  // Of the known draw.
  std::vector<std::string> VerifyCommand(const std::string& entries,
                                         const std::string& seed = kSeed) const {
    return {"draw",
            "verify",
            "--code",
            "spring-2026",
            "--seed",
            seed,
            "--seed-hash",
            kSeedHash,
            "--entries",
            entries,
            "--prizes",
            Write("prizes.csv", kDrawPrizes)};
  }
};

TEST_F(CtlDrawsTest, CommitShowsAsksAndTellsTheHash) {
  const std::vector<std::string> command = CommitCommand("spring-2026");
  const RunResult bare = Run(command);
  EXPECT_EQ(bare.exit, 2);
  EXPECT_THAT(bare.err, HasSubstr("gold"));
  EXPECT_THAT(bare.err, HasSubstr("It can not be changed afterwards"));
  EXPECT_THAT(bare.err, HasSubstr("add --yes"));
  const RunResult dry = Run(With(command, {"--dry-run"}));
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.err, HasSubstr("nothing was changed"));
  EXPECT_THAT(dry.err, HasSubstr("none of this can be changed (登记后均不可更改)"));
  EXPECT_THAT(dry.err, Not(HasSubstr(kSeedHash)));
  EXPECT_EQ(RunOnTerminal(command, "n\n").exit, 1);
  EXPECT_EQ(server_->change_count(), 0U);

  const RunResult result = Run(With(command, {"--yes"}));
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("committed (已承诺种子)"));
  EXPECT_THAT(result.out, HasSubstr(kSeedHash));
  EXPECT_THAT(result.err, HasSubstr("make the seed hash known before anybody takes part"));
  EXPECT_THAT(result.err, HasSubstr(kSeedHash));
  const v1::Draw draw = server_->occasions().commit.draw();
  EXPECT_EQ(draw.kind(), v1::DRAW_KIND_DRAW);
  EXPECT_EQ(draw.programme_code(), "spring");
  EXPECT_EQ(draw.limit_code(), "entered");
  EXPECT_EQ(draw.closes_at().seconds(), 1'777'636'800);
  ASSERT_EQ(draw.prizes_size(), 2);
  EXPECT_EQ(draw.prizes(1).series_code(), "silver");
  EXPECT_EQ(draw.prizes(1).count(), 2U);

  const RunResult again = Run(With(command, {"--yes"}));
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.err, HasSubstr("it was committed before"));
  EXPECT_EQ(Run(With(CommitCommand("FINAL"), {"--yes"})).exit, 4);
}

// All that would be fixed, and what there is not yet.
TEST_F(CtlDrawsTest, ATrialShowsTheWholeCommitment) {
  const std::vector<std::string> command =
      With(CommitCommand("spring-2026"), {"--dry-run", "--zone", "Asia/Shanghai"});
  EXPECT_EQ(Run(command).out,
            "draw          spring-2026\n"
            "kind          draw\n"
            "programme     spring\n"
            "who has used  entered\n"
            "closes at     2026-05-01 20:00:00 +08:00\n"
            "entries       counted when it is settled (开奖时统计)\n"
            "seed hash     none yet: committing makes the seed (尚无，登记时生成种子)\n"
            "\n"
            "Prizes (奖项)\n"
            "PRIZE   COUNT  RANKS 名次  VALID FROM                  EXPIRES AT\n"
            "gold        1           1  2026-06-01 00:00:00 +08:00  2026-06-08 00:00:00 +08:00\n"
            "silver      2      2 to 3  2026-06-01 00:00:00 +08:00  2026-06-08 00:00:00 +08:00\n");
  const RunResult json = Run(With(command, {"-o", "json"}));
  EXPECT_THAT(json.out, HasSubstr("\"drawCode\": \"spring-2026\""));
  EXPECT_THAT(json.out, HasSubstr("\"seriesCode\": \"silver\""));
  EXPECT_EQ(Run(With(command, {"-o", "csv"})).out,
            "draw_code,kind,programme_code,limit_code,closes_at\n"
            "spring-2026,draw,spring,entered,2026-05-01T12:00:00Z\n");
  const std::string pool = Write("pool.csv",
                                 "series_code,count,weight,valid_from,expires_at\n"
                                 "tea,500,10,2026-06-01,2026-07-01\n,0,90,,\n");
  const RunResult chances = Run({"pool",
                                 "commit",
                                 "quiz-2026",
                                 pool,
                                 "--until",
                                 "2026-07-01",
                                 "--zone",
                                 "Asia/Shanghai",
                                 "--dry-run"});
  EXPECT_EQ(chances.exit, 0) << chances.err;
  EXPECT_THAT(chances.out, HasSubstr("each event draws once"));
  EXPECT_THAT(chances.out, HasSubstr("tea                       500    10 of 100  2026-06-01"));
  EXPECT_THAT(chances.out, HasSubstr("nothing (未中奖)  without end    90 of 100\n"));
  EXPECT_EQ(server_->change_count(), 0U);
}

// Of what is committed there is more to show: its hash.
TEST_F(CtlDrawsTest, ATrialOfWhatIsCommittedShowsThat) {
  const std::vector<std::string> command = CommitCommand("spring-2026");
  ASSERT_EQ(Run(With(command, {"--yes"})).exit, 0);
  const RunResult again = Run(With(command, {"--dry-run"}));
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("it was committed before"));
  EXPECT_THAT(again.err, Not(HasSubstr("none of this can be changed")));
  EXPECT_THAT(again.out, Not(HasSubstr("none yet")));
  // Nobody is asked for what is done already.
  const RunResult bare = Run(command);
  EXPECT_EQ(bare.exit, 0) << bare.err;
  EXPECT_THAT(bare.err, Not(HasSubstr("add --yes")));
}

// Before it is asked whether to do what can not be undone.
TEST_F(CtlDrawsTest, WarningsOfACommitment) {
  const std::string warning =
      "warning (提示): no benefit asks for a voucher of 'gold'; apply a programme\n";
  const std::vector<std::string> command = CommitCommand("HASTY");
  EXPECT_THAT(Run(command).err, HasSubstr(warning));
  EXPECT_EQ(server_->change_count(), 0U);
  EXPECT_THAT(Run(With(command, {"--dry-run"})).err, HasSubstr(warning));
  const RunResult result = Run(With(command, {"--yes"}));
  EXPECT_EQ(result.exit, 0);
  EXPECT_LT(result.err.find(warning), result.err.find("make the seed hash known"));
  EXPECT_THAT(Run(With(CommitCommand("spring-2026"), {"--yes"})).err, Not(HasSubstr("warning")));
}

TEST_F(CtlDrawsTest, CommitOfAPool) {
  const std::string prizes = Write("pool.csv",
                                   "series_code,count,weight,valid_from,expires_at\n"
                                   "tea,500,10,2026-06-01,2026-07-01\n,0,90,,\n");
  const RunResult result =
      Run({"pool", "commit", "quiz-2026", prizes, "--until", "2026-07-01", "--yes", "-o", "json"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\"weight\": 90"));
  const v1::Draw draw = server_->occasions().commit.draw();
  EXPECT_EQ(draw.kind(), v1::DRAW_KIND_POOL);
  EXPECT_EQ(draw.programme_code(), "");
  EXPECT_EQ(draw.closes_at().seconds(), 1'782'835'200);
}

TEST_F(CtlDrawsTest, CommitOfAWrongFileAsksNobody) {
  const std::string prizes = Write("bad.csv",
                                   "series_code,count,valid_from,expires_at\n"
                                   "gold,0,2026-06-01,2026-06-08\n"
                                   "silver,2,2026-06-08,2026-06-01\n");
  const RunResult result = Run({"draw",
                                "commit",
                                "x",
                                prizes,
                                "--programme",
                                "p",
                                "--limit",
                                "l",
                                "--closes",
                                "2026-05-01",
                                "--yes"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_THAT(result.err, HasSubstr(prizes + ":2:2: count: 1 or more"));
  EXPECT_THAT(result.err, HasSubstr(prizes + ":3:4: expires_at: it ends before it begins"));
  EXPECT_EQ(server_->change_count(), 0U);
  std::string many = kDrawPrizes;
  for (int i = 0; i < 63; ++i) {
    many += "tea,1,2026-06-01,2026-06-08\n";
  }
  EXPECT_THAT(Run({"draw",
                   "commit",
                   "x",
                   Write("many.csv", many),
                   "--programme",
                   "p",
                   "--limit",
                   "l",
                   "--closes",
                   "2026-05-01",
                   "--yes"})
                  .err,
              HasSubstr("many.csv:66:1: more than 64 rows"));
  EXPECT_EQ(Run({"draw",
                 "commit",
                 "x",
                 prizes,
                 "--programme",
                 "p",
                 "--limit",
                 "l",
                 "--closes",
                 "soon",
                 "--yes"})
                .exit,
            2);
  EXPECT_EQ(Run({"draw", "commit", "x", prizes, "--closes", "2026-05-01", "--yes"}).exit, 2);
  EXPECT_EQ(Run({"pool", "commit", "x", prizes, "--yes"}).exit, 2);
}

TEST_F(CtlDrawsTest, Settle) {
  EXPECT_EQ(Run({"draw", "settle", "spring-2026"}).exit, 2);
  const RunResult result = Run({"draw", "settle", "spring-2026", "--yes"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("settled (已开奖)"));
  EXPECT_THAT(result.out, HasSubstr("\nWinners (中签名单)\n"));
  EXPECT_THAT(result.out, HasSubstr("   2  M0000009  silver\n"));
  EXPECT_EQ(Run({"draw", "settle", "spring-2026", "--yes", "-o", "csv"}).out,
            "rank,member_id,series_code\n1,M0000005,gold\n2,M0000009,silver\n3,M0000001,silver\n");
  EXPECT_THAT(Run({"draw", "settle", "MANY", "--yes", "-o", "json"}).err,
              HasSubstr("these are the first; draw winners MANY lists all of them"));
  EXPECT_EQ(Run({"draw", "winners", "MANY", "-o", "csv"}).out,
            "rank,member_id,series_code,voucher_key\n"
            "1,M0000005,gold,00000000000000000000000000000001\n"
            "2,M0000009,silver,00000000000000000000000000000002\n");
  EXPECT_EQ(Run({"draw", "winners", "EARLY"}).exit, 4);
  EXPECT_EQ(Run({"draw", "settle", "NONE"}).exit, 3);
  const RunResult pool = Run({"pool", "settle", "pool-2026", "--yes"});
  EXPECT_EQ(pool.exit, 0) << pool.err;
  EXPECT_THAT(pool.out, HasSubstr(kSeed));
  EXPECT_THAT(pool.out, Not(HasSubstr("Winners")));
  const RunResult slow = Run({"draw", "settle", "SLOW", "--yes", "--timeout-ms", "200"});
  EXPECT_EQ(slow.exit, 7);
  EXPECT_THAT(slow.err, HasSubstr("the same command again goes on where it stopped"));
}

// Nobody is asked about what can not be done; what may be done when is told.
TEST_F(CtlDrawsTest, SettleBeforeItsTime) {
  const RunResult early = Run({"draw", "settle", "EARLY", "--zone", "Asia/Shanghai"});
  EXPECT_EQ(early.exit, 4);
  EXPECT_EQ(early.err,
            "gonghuictl: too early: EARLY closes and may be settled from 2100-01-01 00:00:01 "
            "+08:00 on (未到截止时间，届时方可开奖)\n");
  // With --yes the server's clock has the word.
  const RunResult told = Run({"draw", "settle", "EARLY", "--yes", "--zone", "Asia/Shanghai"});
  EXPECT_EQ(told.exit, 4);
  EXPECT_THAT(told.err, HasSubstr("closes_at has not come"));
  EXPECT_THAT(told.err, HasSubstr("it may be settled from 2100-01-01 00:00:01 +08:00 on"));
  // What is refused for something else may not wait for a time that has come.
  const RunResult full = Run({"draw", "settle", "FULL", "--yes"});
  EXPECT_EQ(full.exit, 4);
  EXPECT_THAT(full.err, HasSubstr("no vouchers are left"));
  EXPECT_THAT(full.err, Not(HasSubstr("it may be settled")));
  EXPECT_EQ(server_->change_count(), 0U);
}

TEST_F(CtlDrawsTest, ShowAndList) {
  EXPECT_THAT(Run({"draw", "show", "spring-2026"}).out, HasSubstr("\nPrizes (奖项)\n"));
  EXPECT_THAT(Run({"pool", "show", "pool-2026"}).out, HasSubstr("kind       pool\n"));
  EXPECT_THAT(Run({"draw", "show", "spring-2026", "-o", "json"}).out,
              HasSubstr("\"entryCount\": 10"));
  EXPECT_EQ(Run({"draw", "show", "NONE"}).exit, 3);
  EXPECT_THAT(Run({"draw", "list", "-o", "csv"}).out, HasSubstr("\npool-2026,pool,settled,"));
}

TEST_F(CtlDrawsTest, DrawsFromAPoolOnce) {
  const std::vector<std::string> command = {
      "draw", "prize", "quiz-2026", "--source", "quiz", "--event", "e1", "--member", "M1"};
  const RunResult first = Run(command);
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("blank (未中奖)"));
  EXPECT_EQ(first.err, "");
  EXPECT_THAT(Run(command).err, HasSubstr("the event had drawn before"));
  EXPECT_EQ(server_->occasions().prize.member_id(), "M1");
  EXPECT_EQ(Run({"pool",
                 "draw",
                 "quiz-2026",
                 "--source",
                 "quiz",
                 "--event",
                 "e2",
                 "--member",
                 "M1",
                 "-o",
                 "json"})
                .exit,
            0);
  const RunResult cut_off =
      Run({"draw", "prize", "quiz-2026", "--source", "SLOW", "--event", "e1", "--member", "M1"});
  EXPECT_EQ(cut_off.exit, 6);
  EXPECT_THAT(cut_off.err, HasSubstr("the same command again tells what was drawn"));
}

// --- the proof ---

TEST_F(CtlDrawsTest, EntriesAreWrittenAsTheyWereFixed) {
  const std::string path = folder_ + "/entries.txt";
  const RunResult result = Run({"draw", "entries", "spring-2026", "--output", path});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("10 entries in " + path));
  EXPECT_THAT(Read("entries.txt"), testing::StartsWith("M0000001\nM0000002\n"));
  EXPECT_THAT(RunProgram({"/usr/bin/sha256sum", path}).out, HasSubstr(kEntriesHash));
  EXPECT_EQ(Run({"draw", "entries", "spring-2026", "--output", path}).exit, 1);
  const RunResult wrong = Run({"draw", "entries", "WRONG", "--output", folder_ + "/wrong.txt"});
  EXPECT_EQ(wrong.exit, 1);
  EXPECT_THAT(wrong.err, HasSubstr("does not fit the hash that was fixed"));
  EXPECT_FALSE(Exists("wrong.txt"));
  EXPECT_EQ(Run({"draw", "entries", "NONE", "--output", folder_ + "/none.txt"}).exit, 3);
}

TEST_F(CtlDrawsTest, AnybodyChecksWithoutAServer) {
  const std::string entries = folder_ + "/entries.txt";
  ASSERT_EQ(Run({"draw", "entries", "spring-2026", "--output", entries}).exit, 0);
  const std::string winners =
      Write("winners.csv", Run({"draw", "settle", "spring-2026", "--yes", "-o", "csv"}).out);
  options_.environment["GONGHUI_SERVER"] = "unix:/tmp/none.sock";
  const std::vector<std::string> command = VerifyCommand(entries);
  const RunResult result =
      Run(With(command, {"--entries-hash", kEntriesHash, "--winners", winners, "-o", "csv"}));
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out, Read("winners.csv"));
  EXPECT_EQ(result.err, "seed, entries and winners fit: 3 of 10 have won (核验一致)\n");
  EXPECT_THAT(Run(command).out, HasSubstr("   1  M0000005  gold\n"));
  EXPECT_THAT(Run(With(command, {"-o", "json"})).out, HasSubstr("\"M0000005\""));

  const RunResult told = Run(
      With(command, {"--winners", Write("told.csv", "member_id\nM0000005\nM0000002\nM0000001\n")}));
  EXPECT_EQ(told.exit, 4);
  EXPECT_THAT(told.err, HasSubstr("rank 2 is M0000009 (silver), not M0000002"));
  EXPECT_THAT(told.err, HasSubstr("does not fit together (核验不符)"));
}

TEST_F(CtlDrawsTest, TheRanksOfAListOfWinnersAreChecked) {
  const std::string entries = folder_ + "/entries.txt";
  ASSERT_EQ(Run({"draw", "entries", "spring-2026", "--output", entries}).exit, 0);
  options_.environment["GONGHUI_SERVER"] = "unix:/tmp/none.sock";
  const auto verify = [&](const std::string& winners) {
    return Run(With(VerifyCommand(entries), {"--winners", Write("winners.csv", winners)}));
  };
  // In any order of rows.
  const RunResult good = verify("rank,member_id\n3,M0000001\n1,M0000005\n2,M0000009\n");
  EXPECT_EQ(good.exit, 0) << good.err;
  // The rows stand as they must, the ranks say otherwise.
  const RunResult wrong = verify("rank,member_id\n2,M0000005\n1,M0000009\n3,M0000001\n");
  EXPECT_EQ(wrong.exit, 4);
  EXPECT_THAT(wrong.err, HasSubstr("rank 2 is M0000009 (silver), not M0000005"));
  EXPECT_THAT(wrong.err, HasSubstr("rank 1 is M0000005 (gold), not M0000009"));
}

TEST_F(CtlDrawsTest, AnybodyChecksAPoolWithoutAServer) {
  options_.environment["GONGHUI_SERVER"] = "unix:/tmp/none.sock";
  const auto verify = [&](const std::string& events) {
    return Run({"pool",
                "verify",
                "--code",
                "quiz",
                "--seed",
                kSeed,
                "--seed-hash",
                kSeedHash,
                "--prizes",
                Write("prizes.csv",
                      "series_code,count,valid_from,expires_at,weight\n"
                      "cup,1,2026-06-01,2026-07-01,20\npen,2,2026-06-01,2026-07-01,30\n,0,,,50\n"),
                "--events",
                Write("events.csv", events),
                "-o",
                "csv"});
  };
  const std::string events =
      "source,event_id,series_code\napp,E1,pen\napp,E2,pen\napp,E3,cup\napp,E4,\napp,E5,\napp,E6,"
      "\napp,E7,\napp,E8,\napp,E9,\napp,E10,\napp,E11,\napp,E12,\n";
  const RunResult good = verify(events);
  EXPECT_EQ(good.exit, 0) << good.err;
  EXPECT_EQ(good.err, "seed and events fit: 3 of 12 events have won (核验一致)\n");
  EXPECT_THAT(good.out, testing::StartsWith("source,event_id,series_code,voucher_key\napp,E1,"));
  EXPECT_EQ(verify(good.out).exit, 0) << "what it prints it reads";
  const RunResult untold = verify("source,event_id\napp,E1\n");
  EXPECT_EQ(untold.exit, 0);
  EXPECT_THAT(untold.err, HasSubstr("what was won was not given to compare"));
  const RunResult wrong = verify("source,event_id,series_code\napp,E1,car\n");
  EXPECT_EQ(wrong.exit, 4);
  EXPECT_THAT(wrong.err, HasSubstr("not car"));
  EXPECT_THAT(wrong.err, HasSubstr("does not fit together (核验不符)"));
}

TEST_F(CtlDrawsTest, WhatDoesNotFitIsTold) {
  std::string entries;
  for (int i = 1; i <= 10; ++i) {
    entries += "M00000" + std::string(i < 10 ? "0" : "") + std::to_string(i) + "\n";
  }
  const auto verify = [&](const std::string& seed, const std::string& path) {
    return Run(With(VerifyCommand(path, seed), {"--entries-hash", kEntriesHash}));
  };
  const std::string good = Write("good.txt", entries);
  EXPECT_EQ(verify(kSeed, good).exit, 0);
  const RunResult seed = verify(std::string(64, '0'), good);
  EXPECT_EQ(seed.exit, 4);
  EXPECT_EQ(seed.out, "");
  EXPECT_THAT(seed.err, HasSubstr("the seed is not the one that was committed"));
  const RunResult longer = verify(kSeed, Write("longer.txt", entries + "M0000011\n"));
  EXPECT_EQ(longer.exit, 4);
  EXPECT_THAT(longer.err, HasSubstr("the list of entries is not the one that was fixed"));
  const RunResult malformed = verify(kSeed, Write("malformed.txt", "member_id\n\nM1\n"));
  EXPECT_EQ(malformed.exit, 4);
  EXPECT_THAT(malformed.err, HasSubstr("malformed.txt:2:1: not a member id"));
  EXPECT_EQ(verify("00", good).exit, 2);
  EXPECT_EQ(verify(kSeed, folder_ + "/none.txt").exit, 1);
}

}  // namespace
}  // namespace gonghui::testing_e2e
