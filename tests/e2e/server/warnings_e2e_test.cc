// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is done though it is hardly meant, and told of: a programme that becomes active when it
// is over, codes that nobody can use, draws that are left behind.  Warnings of draws that are
// committed are in draws_e2e_test.cc, of files in tests/unit/server/programme_warnings_test.cc.

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/office.h"
#include "tests/unit/programmes/both_languages.h"

namespace gonghui {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two benefits, of which one ends earlier.
constexpr const char* kYaml = R"(gonghui: 1
programme:
  code: heat
  name: 清凉
  zone: Asia/Shanghai
  starts: 2025-01-01
  until: UNTIL
benefits:
  - {code: all, name: 全部, at: {mcc: [5411]}, price: {free: true}, limits: [once]}
  - code: early
    name: 早
    at: {mcc: [5411]}
    when: {until: EARLY}
    price: {free: true}
limits:
  - {code: once, per: person, each: day, uses: 1}
)";

class WarningsTest : public OfficeTest {
 protected:
  using Programmes = v1::ProgrammeService::Stub;

  static v1::ApplyProgrammeRequest FileOf(const std::string& until, const std::string& early) {
    v1::ApplyProgrammeRequest request;
    request.set_content(absl::StrReplaceAll(kYaml, {{"UNTIL", until}, {"EARLY", early}}));
    return request;
  }
  // "7:3 programme.until"
  template <class Response>
  static std::vector<std::string> PlacesOf(const Response& response) {
    std::vector<std::string> places;
    for (const v1::Diagnostic& warning : response.warnings()) {
      places.push_back(absl::StrCat(warning.line(), ":", warning.column(), " ", warning.path()));
      EXPECT_TRUE(InBothLanguages(Words(warning.message(), warning.message_zh())));
      EXPECT_TRUE(InBothLanguages(Words(warning.hint(), warning.hint_zh())));
    }
    return places;
  }
  // The business day so many days from now.
  static std::string Day(int64_t days) {
    const CivilDate date = DateOf(static_cast<CivilDay>(kNoon_s / kDay_s + days));
    return absl::StrFormat("%04d-%02d-%02d", date.year, date.month, date.day);
  }
};

TEST_F(WarningsTest, AProgrammeThatIsOverWhenItBecomesActive) {
  v1::ApplyProgrammeRequest request = FileOf(Day(30), Day(10));
  EXPECT_THAT(PlacesOf(Ok(&Programmes::ApplyProgramme, request)), IsEmpty());
  for (const bool validate_only : {true, false}) {
    request = FileOf(Day(-1), Day(-10));
    request.set_validate_only(validate_only);
    const v1::ApplyProgrammeResponse answer = Ok(&Programmes::ApplyProgramme, request);
    EXPECT_THAT(PlacesOf(answer), ElementsAre("7:10 programme.until"));
    EXPECT_EQ(answer.warnings(0).message(),
              "the programme is over when it becomes active: it ends with 'until' " + Day(-1));
    EXPECT_EQ(answer.diagnostics_size(), 0);
    EXPECT_EQ(answer.has_programme(), !validate_only) << "it is told, and done all the same";
  }
  // One of its benefits.
  request = FileOf(Day(31), Day(-1));
  v1::ApplyProgrammeResponse answer = Ok(&Programmes::ApplyProgramme, request);
  EXPECT_THAT(PlacesOf(answer), ElementsAre("10:11 benefits[1].code"));
  EXPECT_EQ(answer.warnings(0).message(),
            "the benefit 'early' is over when the programme becomes active: it ends with 'until' " +
                Day(-1));
  // What decides nothing is not about to end.
  request = FileOf(Day(32), Day(-1));
  request.set_stage(v1::STAGE_VALIDATED);
  EXPECT_THAT(PlacesOf(Ok(&Programmes::ApplyProgramme, request)), IsEmpty());
}

TEST_F(WarningsTest, AProgrammeThatIsOverWhenItsInstantComes) {
  v1::ApplyProgrammeRequest request = FileOf(Day(30), Day(10));
  request.set_stage(v1::STAGE_SCHEDULED);
  request.mutable_activates_at()->set_seconds(kNoon_s + 9 * int64_t{kDay_s});
  EXPECT_THAT(PlacesOf(Ok(&Programmes::ApplyProgramme, request)), IsEmpty());
  request.mutable_activates_at()->set_seconds(kNoon_s + 10 * int64_t{kDay_s});
  EXPECT_THAT(PlacesOf(Ok(&Programmes::ApplyProgramme, request)),
              ElementsAre("10:11 benefits[1].code"));
  v1::StageProgrammeRequest stage;
  stage.set_programme_code("heat");
  stage.set_version(1);
  stage.set_stage(v1::STAGE_SCHEDULED);
  stage.mutable_activates_at()->set_seconds(kNoon_s + 40 * int64_t{kDay_s});
  EXPECT_THAT(PlacesOf(Ok(&Programmes::StageProgramme, stage)), ElementsAre("0:0 programme.until"));
  stage.set_stage(v1::STAGE_ACTIVE);
  stage.clear_activates_at();
  EXPECT_THAT(PlacesOf(Ok(&Programmes::StageProgramme, stage)), IsEmpty());
}

TEST_F(WarningsTest, AVersionThatIsRolledBackToWhenItIsOver) {
  Ok(&Programmes::ApplyProgramme, FileOf(Day(2), Day(1)));
  Ok(&Programmes::ApplyProgramme, FileOf(Day(30), Day(20)));
  v1::RollbackProgrammeRequest request;
  request.set_programme_code("heat");
  request.set_validate_only(true);
  EXPECT_THAT(PlacesOf(Ok(&Programmes::RollbackProgramme, request)), IsEmpty());
  clock_.Advance(int64_t{kDay_s});
  EXPECT_THAT(PlacesOf(Ok(&Programmes::RollbackProgramme, request)), ElementsAre("0:0 benefits"));
  clock_.Advance(int64_t{kDay_s});
  EXPECT_THAT(PlacesOf(Ok(&Programmes::RollbackProgramme, request)),
              ElementsAre("0:0 programme.until"));
}

// ---- Everywhere ------------------------------------------------------------------

constexpr const char* kEverywhereYaml = R"(gonghui: 1
programme: {code: open, name: 处处, zone: Asia/Shanghai, starts: 2025-01-01, until: 2099-01-01}
benefits:
  - {code: all, name: 全部, price: {free: true}, limits: [once]}
limits:
  - {code: once, per: person, each: day, uses: 1}
)";

// In whatever stage a version begins, because that is when the file is at hand; and again when
// it is to decide.
TEST_F(WarningsTest, ABenefitThatIsOfferedEverywhere) {
  v1::ApplyProgrammeRequest request;
  request.set_content(kEverywhereYaml);
  request.set_stage(v1::STAGE_VALIDATED);
  for (const bool validate_only : {true, false}) {
    request.set_validate_only(validate_only);
    EXPECT_THAT(PlacesOf(Ok(&Programmes::ApplyProgramme, request)),
                ElementsAre("4:12 benefits[0].code"));
  }
  v1::StageProgrammeRequest stage;
  stage.set_programme_code("open");
  stage.set_version(1);
  stage.set_stage(v1::STAGE_ACTIVE);
  const v1::StageProgrammeResponse answer = Ok(&Programmes::StageProgramme, stage);
  EXPECT_THAT(PlacesOf(answer), ElementsAre("0:0 benefits"));
  EXPECT_THAT(answer.warnings(0).message(), HasSubstr("'all' is offered at every merchant"));
  EXPECT_EQ(answer.programme().stage(), v1::STAGE_ACTIVE);
}

// ---- Codes -----------------------------------------------------------------------

constexpr const char* kGiftYaml = R"(gonghui: 1
programme: {code: CODE, name: 礼品, zone: Asia/Shanghai, starts: 2025-01-01, until: 2099-01-01}
funds:
  - {code: gifts, name: 礼品, budget: 100 pieces}
limits:
  - {code: entry, per: person, each: programme, uses: 1}
benefits:
  - {code: enter, name: 报名, at: {mcc: [5411]}, price: {free: true}, limits: [entry]}
  - code: fetch
    name: 领取
    at: {mcc: [5411]}
    when: {starts: STARTS, until: UNTIL}
    price: {free: true}
    stock: {fund: gifts, units: 1}
    voucher: gift
)";

class LeftBehindTest : public WarningsTest {
 protected:
  // The series `gift` may be fetched on the days [first, end) from now.
  static std::string GiftFile(const std::string& code, int64_t first, int64_t end) {
    return absl::StrReplaceAll(kGiftYaml,
                               {{"CODE", code}, {"STARTS", Day(first)}, {"UNTIL", Day(end)}});
  }
  template <class Message>
  static void SetTimes(int64_t first, int64_t end, Message* message) {
    message->mutable_valid_from()->set_seconds(kNoon_s + first * kDay_s);
    message->mutable_expires_at()->set_seconds(kNoon_s + end * kDay_s);
  }
  v1::IssueCodesResponse Issue(const std::string& series, int64_t first, int64_t end) {
    v1::IssueCodesRequest request;
    request.set_series_code(series);
    request.set_count(1);
    SetTimes(first, end, &request);
    request.set_validate_only(true);
    const v1::IssueCodesResponse tried = Ok(&v1::VoucherService::Stub::IssueCodes, request);
    EXPECT_EQ(tried.codes_size(), 0);
    request.set_validate_only(false);
    v1::IssueCodesResponse made = Ok(&v1::VoucherService::Stub::IssueCodes, request);
    EXPECT_EQ(made.codes_size(), 1) << "it is told, and done all the same";
    EXPECT_EQ(PlacesOf(tried), PlacesOf(made));
    return made;
  }
  // Of one prize, `series`, in a draw of `programme` or, if there is none, in a pool.
  void Commit(const std::string& code, const std::string& programme, const std::string& series) {
    v1::CommitDrawRequest request;
    v1::Draw* const draw = request.mutable_draw();
    draw->set_draw_code(code);
    draw->set_kind(programme.empty() ? v1::DRAW_KIND_POOL : v1::DRAW_KIND_DRAW);
    draw->mutable_closes_at()->set_seconds(kNoon_s + int64_t{kDay_s});
    v1::Prize* const prize = draw->add_prizes();
    prize->set_series_code(series);
    prize->set_count(1);
    SetTimes(2, 20, prize);
    if (programme.empty()) {
      prize->set_weight(1);
      draw->add_prizes()->set_weight(1);  // nothing
    } else {
      draw->set_programme_code(programme);
      draw->set_limit_code("entry");
    }
    EXPECT_TRUE(Ok(&v1::DrawService::Stub::CommitDraw, request).created());
  }
  std::vector<std::string> Retire(const std::string& code, bool validate_only = false) {
    v1::RetireProgrammeRequest request;
    request.set_programme_code(code);
    request.set_validate_only(validate_only);
    const v1::RetireProgrammeResponse response = Ok(&Programmes::RetireProgramme, request);
    std::vector<std::string> messages;
    for (const v1::Diagnostic& warning : response.warnings()) {
      messages.push_back(warning.message());
    }
    EXPECT_EQ(PlacesOf(response), std::vector<std::string>(messages.size(), "0:0 "));
    return messages;
  }
};

TEST_F(LeftBehindTest, CodesThatNobodyCanUse) {
  const v1::IssueCodesResponse nowhere = Issue("gift", 0, 30);
  EXPECT_THAT(PlacesOf(nowhere), ElementsAre("0:0 series_code"));
  EXPECT_EQ(nowhere.warnings(0).message(),
            "no benefit that is active or scheduled asks for a voucher of 'gift': the codes can be "
            "used nowhere");
  Apply(GiftFile("gifts", 5, 40));
  EXPECT_THAT(PlacesOf(Issue("gift", 0, 30)), IsEmpty());
  EXPECT_THAT(PlacesOf(Issue("gitf", 0, 30)), ElementsAre("0:0 series_code"));
  // Not yet, no longer, and not to the end.
  EXPECT_THAT(PlacesOf(Issue("gift", 0, 3)), ElementsAre("0:0 expires_at"));
  const v1::IssueCodesResponse over = Issue("gift", 41, 50);
  EXPECT_THAT(PlacesOf(over), ElementsAre("0:0 valid_from"));
  EXPECT_EQ(over.warnings(0).message(),
            "the benefit 'fetch' of programme 'gifts' ends with 'until' " + Day(40) +
                ", before the codes may be used");
  EXPECT_EQ(over.warnings(0).message_zh(),
            "优惠 'fetch'（项目 'gifts'）的 'until' 是 " + Day(40) +
                "，码还没到可用的日子，它就已经结束");
  EXPECT_THAT(PlacesOf(Issue("gift", 30, 50)), ElementsAre("0:0 expires_at"));
  // Another benefit of the same series goes on.
  Apply(GiftFile("more", 0, 60));
  EXPECT_THAT(PlacesOf(Issue("gift", 30, 50)), IsEmpty());
  // What is scheduled will be there; what has gone will not.
  Retire("gifts");
  Retire("more");
  EXPECT_THAT(PlacesOf(Issue("gift", 0, 30)), ElementsAre("0:0 series_code"));
  v1::ApplyProgrammeRequest later;
  later.set_content(GiftFile("later", 0, 40));
  later.set_stage(v1::STAGE_SCHEDULED);
  later.mutable_activates_at()->set_seconds(kNoon_s + int64_t{kDay_s});
  EXPECT_TRUE(Ok(&Programmes::ApplyProgramme, later).has_programme());
  EXPECT_THAT(PlacesOf(Issue("gift", 0, 30)), IsEmpty());
}

TEST_F(LeftBehindTest, CodesThatHaveExpiredAlready) {
  Apply(GiftFile("gifts", 5, 40));
  // That the benefit begins later is beside the point.
  const v1::IssueCodesResponse expired = Issue("gift", -3, -1);
  EXPECT_THAT(PlacesOf(expired), ElementsAre("0:0 expires_at"));
  EXPECT_EQ(expired.warnings(0).message(),
            "the codes have expired already: valid until " + Day(-1) + " 12:00");
  EXPECT_EQ(expired.warnings(0).message_zh(), "这些码已经过期：有效期至 " + Day(-1) + " 12:00");
  EXPECT_THAT(Issue("gift", -3, 0).warnings(0).message(), HasSubstr("have expired already"));
  EXPECT_THAT(Issue("gift", -3, 1).warnings(0).message(), HasSubstr("begins only when"));
  EXPECT_THAT(PlacesOf(Issue("gift", -3, 6)), IsEmpty());
}

// As codes; but once a second at most is looked at what is live, because other systems send
// grants one by one.
TEST_F(LeftBehindTest, VouchersThatNobodyCanUse) {
  int event = 0;
  const auto grant = [&](const std::string& series, int64_t first, int64_t end) {
    v1::GrantVouchersRequest request;
    request.set_source("quiz-2026");
    request.set_series_code(series);
    SetTimes(first, end, &request);
    v1::Grant* const to = request.add_grants();
    to->set_event_id(absl::StrCat("e-", ++event));
    to->set_member_id("M1");
    request.set_validate_only(true);
    const v1::GrantVouchersResponse tried = Ok(&v1::VoucherService::Stub::GrantVouchers, request);
    request.set_validate_only(false);
    v1::GrantVouchersResponse made = Ok(&v1::VoucherService::Stub::GrantVouchers, request);
    EXPECT_EQ(made.created_count(), 1U) << "it is told, and done all the same";
    EXPECT_EQ(PlacesOf(tried), PlacesOf(made));
    EXPECT_THAT(PlacesOf(Ok(&v1::VoucherService::Stub::GrantVouchers, request)), IsEmpty())
        << "granted before";
    return made;
  };
  const v1::GrantVouchersResponse nowhere = grant("gift", 0, 30);
  ASSERT_THAT(PlacesOf(nowhere), ElementsAre("0:0 series_code"));
  EXPECT_EQ(nowhere.warnings(0).message(),
            "no benefit that is active or scheduled asks for a voucher of 'gift': the vouchers can "
            "be used nowhere");
  EXPECT_EQ(nowhere.warnings(0).message_zh(),
            "没有生效或已排期的优惠使用 'gift' 系列：这些券没有地方可用");
  Apply(GiftFile("gifts", 5, 40));
  clock_.Advance(1);
  EXPECT_THAT(PlacesOf(grant("gift", 0, 30)), IsEmpty());
  EXPECT_THAT(PlacesOf(grant("gitf", 0, 30)), ElementsAre("0:0 series_code"));
  EXPECT_THAT(grant("gift", 0, 3).warnings(0).message(),
              HasSubstr("begins only when the vouchers have expired"));
  const v1::GrantVouchersResponse over = grant("gift", 41, 50);
  ASSERT_THAT(PlacesOf(over), ElementsAre("0:0 valid_from"));
  EXPECT_THAT(over.warnings(0).message_zh(), HasSubstr("券还没到可用的日子，它就已经结束"));
  EXPECT_THAT(over.warnings(0).hint(), HasSubstr("let the vouchers expire earlier"));
  EXPECT_THAT(PlacesOf(grant("gift", 30, 50)), ElementsAre("0:0 expires_at"));
  const v1::GrantVouchersResponse expired = grant("gift", -3, -1);
  ASSERT_THAT(PlacesOf(expired), ElementsAre("0:0 expires_at"));
  EXPECT_THAT(expired.warnings(0).message(), HasSubstr("the vouchers have expired already"));
  // What is live is not asked for again in the same second.
  Retire("gifts");
  EXPECT_THAT(PlacesOf(grant("gift", 0, 30)), IsEmpty());
  clock_.Advance(1);
  EXPECT_THAT(PlacesOf(grant("gift", 0, 30)), ElementsAre("0:0 series_code"));
}

// ---- Programmes that are retired ---------------------------------------------------

// Whoever named it by its code before goes on to: the words fit both mistakes, and say which to
// look for.
TEST_F(LeftBehindTest, AProgrammeThatIsNamedAndRetired) {
  Apply(GiftFile("gifts", 0, 40));
  v1::AuthorizeRequest request = Purchase(0, /*sale=*/true);
  request.set_programme_code("gifts");
  EXPECT_EQ(Decide(request).outcome(), v1::OUTCOME_APPROVED);
  Retire("gifts");
  for (const char* code : {"gifts", "never"}) {
    request.set_request_id(NextUuid());
    request.set_programme_code(code);
    const v1::Transaction declined = Decide(request);
    EXPECT_EQ(declined.reason(), v1::REASON_PROGRAMME_NOT_FOUND) << declined.DebugString();
    EXPECT_EQ(declined.display_message(), "Programme not known, or not active");
    EXPECT_EQ(declined.display_message_zh(), "无此活动或活动已停用");
  }
}

TEST_F(LeftBehindTest, DrawsThatAreNotSettled) {
  Apply(GiftFile("gifts", 0, 40));
  EXPECT_THAT(Retire("gifts", true), IsEmpty());
  Commit("spring", "gifts", "gift");
  Commit("quiz", "", "gift");
  Commit("other", "", "towel");  // which nobody asks for anyway
  const std::string open =
      "the draw 'spring' is still open for entries, and nobody can enter any more";
  const std::string drawn =
      "no other benefit asks for a voucher of 'gift', which the draw 'spring' still gives: who "
      "wins "
      "it can use it nowhere";
  const std::string pooled =
      "no other benefit asks for a voucher of 'gift', which the prize pool 'quiz' still gives: who "
      "wins it can use it nowhere";
  EXPECT_THAT(Retire("gifts", true), ElementsAre(open, drawn, pooled));
  // With another programme for the prizes there is the draw alone.
  Apply(GiftFile("more", 0, 60));
  EXPECT_THAT(Retire("gifts", true), ElementsAre(open));
  EXPECT_THAT(Retire("more", true), IsEmpty());
  clock_.Advance(int64_t{kDay_s});
  EXPECT_THAT(Retire("gifts", true), ElementsAre("the draw 'spring' is closed and not settled"));
  v1::SettleDrawRequest settle;
  settle.set_draw_code("spring");
  Ok(&v1::DrawService::Stub::SettleDraw, settle);
  EXPECT_THAT(Retire("gifts"), IsEmpty());
  // Now it is the last one that asks for the pool's prizes, and the pool is over.
  EXPECT_THAT(Retire("more"), IsEmpty());
}

// By a pool while it is open, of what is left; what has been given is told of nowhere.
TEST_F(LeftBehindTest, PrizesThatAreStillGiven) {
  Apply(GiftFile("gifts", 0, 40));
  Commit("quiz", "", "gift");
  Commit("late", "", "gift");
  const auto still_gives = [](const std::string& pool) {
    return "no other benefit asks for a voucher of 'gift', which the prize pool '" + pool +
           "' still gives: who wins it can use it nowhere";
  };
  EXPECT_THAT(Retire("gifts", true), ElementsAre(still_gives("quiz"), still_gives("late")));
  // Every other event wins the one prize that there is.
  bool won = false;
  for (int i = 0; i < 100 && !won; ++i) {
    v1::DrawPrizeRequest event;
    event.set_draw_code("quiz");
    event.set_source("app");
    event.set_event_id(absl::StrCat("event ", i));
    event.set_member_id("M1");
    won = Ok(&v1::DrawService::Stub::DrawPrize, event).voucher().series_code() == "gift";
  }
  ASSERT_TRUE(won);
  EXPECT_THAT(Retire("gifts", true), ElementsAre(still_gives("late")));
  clock_.Advance(int64_t{kDay_s} - 1);
  EXPECT_THAT(Retire("gifts", true), ElementsAre(still_gives("late")));
  clock_.Advance(1);
  EXPECT_THAT(Retire("gifts"), IsEmpty());
  for (const bool validate_only : {true, false}) {
    EXPECT_THAT(Retire("gifts", validate_only),
                ElementsAre("it was ended before, or never began: nothing changed"));
  }
}

}  // namespace
}  // namespace gonghui
