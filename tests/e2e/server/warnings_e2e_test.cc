// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is done though it is hardly meant, and told of: a programme that becomes active when it
// is over.  Warnings of draws are in draws_e2e_test.cc.

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/office.h"

namespace gonghui {
namespace {

using testing::ElementsAre;
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
      EXPECT_NE(warning.message(), "");
      EXPECT_NE(warning.hint(), "");
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

}  // namespace
}  // namespace gonghui
