// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

// The import against a stream that plays a server, well or badly.

#include "tools/gonghuictl/import_run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "tests/unit/gonghuictl/fake_stream.h"

namespace gonghui::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Request = v1::ImportSegmentsRequest;
using Response = v1::ImportSegmentsResponse;

// Answers with what `summarise` makes of a request.
template <typename Summarise>
std::function<Response(const Request&)> Summaries(Summarise summarise) {
  return [summarise](const Request& request) {
    Response response;
    *response.mutable_summary() = summarise(request);
    return response;
  };
}

// By default every row is accepted.
struct ImportServer : FakeServer<Request, Response> {
  ImportServer() {
    answer = Summaries([](const Request& request) {
      v1::ImportSummary summary;
      summary.set_accepted_count(static_cast<uint32_t>(request.segments_size()));
      return summary;
    });
  }
};

class ImportRunTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "import_" + std::to_string(getpid());
    mkdir(folder_.c_str(), 0755);
    path_ = folder_ + "/s.csv";
    options_.kind = FindImportKind("segments");
    options_.path = path_;
    options_.rows.zone = "Asia/Shanghai";
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  void WriteRows(size_t count) const {
    std::string text = "segment_code,display_name\n";
    for (size_t i = 0; i < count; ++i) {
      text += "s" + std::to_string(i) + ",段" + std::to_string(i) + "\n";
    }
    Write(text);
  }
  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  ImportReport Run() {
    char* text = nullptr;
    size_t size = 0;
    std::FILE* err = open_memstream(&text, &size);
    const ImportReport report = RunImport(
        options_,
        [this] {
          ++streams_;
          return std::make_unique<FakeStream<Request, Response>>(&server_);
        },
        clock_,
        err);
    std::fclose(err);
    err_.assign(text, size);
    std::free(text);
    return report;
  }

  bool Exists(const char* name) const {
    struct stat info {};
    return stat((folder_ + name).c_str(), &info) == 0;
  }
  std::string Read(const char* name) const {
    std::ifstream file(folder_ + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> SentCodes() const {
    std::vector<std::string> codes;
    for (const auto& request : server_.requests) {
      for (const auto& segment : request.segments()) {
        codes.push_back(segment.segment_code());
      }
    }
    return codes;
  }

  std::string folder_;
  std::string path_;
  std::string err_;
  ImportOptions options_;
  ImportServer server_;
  TickingClock clock_;
  int streams_ = 0;
};

TEST_F(ImportRunTest, AllRowsInOrder) {
  WriteRows(200);
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kOk) << err_;
  EXPECT_TRUE(report.finished);
  EXPECT_EQ(report.row_count, 200U);
  EXPECT_EQ(report.summary.accepted_count(), 200U);
  EXPECT_EQ(report.rejects_path, "");
  const auto codes = SentCodes();
  ASSERT_EQ(codes.size(), 200U);
  for (size_t i = 0; i < codes.size(); ++i) {
    EXPECT_EQ(codes[i], "s" + std::to_string(i));
  }
  EXPECT_EQ(server_.requests.size(), 4U) << "segments go 64 at a time";
  EXPECT_FALSE(Exists("/s.csv.progress"));
  EXPECT_FALSE(Exists("/s.rejects.csv"));
}

TEST_F(ImportRunTest, SeveralMessagesInFlightAndNoMore) {
  WriteRows(100);
  options_.batch_rows = 5;
  server_.answer_late = true;
  EXPECT_EQ(Run().exit, ExitCode::kOk) << err_;
  EXPECT_EQ(server_.in_flight_max, kBatchesInFlightMax);
  EXPECT_EQ(SentCodes().size(), 100U);
}

TEST_F(ImportRunTest, NoRows) {
  Write("segment_code,display_name\n");
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kOk) << err_;
  EXPECT_EQ(report.row_count, 0U);
}

TEST_F(ImportRunTest, RejectsOfBothSidesInFileOrder) {
  Write("display_name,segment_code\n甲,a\n,b\n丙,c\n\"丁,\n戊\",d\n");
  server_.answer = Summaries([](const Request& request) {
    v1::ImportSummary summary;
    summary.set_accepted_count(static_cast<uint32_t>(request.segments_size()) - 1);
    auto* row = summary.add_rejected_rows();
    row->set_index(2);  // d; b was not sent
    row->set_field("segment_code");
    row->set_reason("TOO_MANY_SEGMENTS");
    row->set_description("at most 64");
    return summary;
  });
  std::vector<std::string> accepted;
  options_.on_accepted = [&accepted](uint64_t line, const auto& row, auto said) {
    EXPECT_THAT(said, testing::ElementsAre("segment_code", "display_name"));
    accepted.push_back(std::to_string(line) + ":" +
                       static_cast<const v1::Segment&>(row).segment_code());
  };
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kPartlyDone);
  EXPECT_THAT(accepted, ElementsAre("2:a", "4:c"));
  EXPECT_EQ(report.row_count, 4U);
  EXPECT_EQ(report.summary.accepted_count(), 2U);
  ASSERT_EQ(report.summary.rejected_rows_size(), 2);
  EXPECT_EQ(report.summary.rejected_rows(0).index(), 1U);
  EXPECT_EQ(report.summary.rejected_rows(1).index(), 3U);
  EXPECT_EQ(Read("/s.rejects.csv"),
            "reject_line,reject_column,reject_column_name,reject_reason,reject_description,"
            "display_name,segment_code\n"
            "3,1,display_name,REQUIRED_VALUE,is empty,,b\n"
            "5,2,segment_code,TOO_MANY_SEGMENTS,at most 64,\"丁,\n戊\",d\n");
  EXPECT_THAT(err_, HasSubstr("s.csv:3:1: display_name: is empty (REQUIRED_VALUE)\n"));
  EXPECT_FALSE(Exists("/s.csv.progress")) << "all rows were answered for";
}

TEST_F(ImportRunTest, AMendedRejectsFileCanBeImported) {
  Write(
      "reject_line,reject_column,reject_column_name,reject_reason,reject_description,"
      "display_name,segment_code\n3,1,display_name,REQUIRED_VALUE,is empty,乙,b\n,,,,,,c\n");
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kPartlyDone);
  EXPECT_THAT(SentCodes(), ElementsAre("b"));
  EXPECT_EQ(Read("/s.rejects.csv"),
            "reject_line,reject_column,reject_column_name,reject_reason,reject_description,"
            "display_name,segment_code\n3,6,display_name,REQUIRED_VALUE,is empty,,c\n");
}

TEST_F(ImportRunTest, OnlyWrongRows) {
  std::string text = "segment_code,display_name\n";
  for (int i = 0; i < 25'000; ++i) {
    text += ",x\n";
  }
  Write(text);
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kPartlyDone) << err_;
  EXPECT_EQ(report.row_count, 25'000U);
  EXPECT_THAT(SentCodes(), IsEmpty());
  EXPECT_EQ(report.summary.rejected_rows_size(), static_cast<int>(kRejectsReportedMax));
  const std::string rejects = Read("/s.rejects.csv");
  EXPECT_EQ(std::count(rejects.begin(), rejects.end(), '\n'), 25'001);
  EXPECT_THAT(err_, HasSubstr("further rejected rows are in"));
  EXPECT_LT(std::count(err_.begin(), err_.end(), '\n'), 10);
}

TEST_F(ImportRunTest, MalformedFileIsRefusedBeforeAnythingIsSent) {
  for (const char* text : {"segment_code,display_name\na,甲\nb,\"乙\n",      // unterminated
                           "segment_code,display_name\na,甲\nb\n",           // field count
                           "segment_code,display_name\na,甲\nb,\xD2\xD2\n",  // GBK
                           "segment_code,nonsense\na,b\n",                   // header
                           "segment_code\na\n",
                           ""}) {
    Write(text);
    const ImportReport report = Run();
    EXPECT_EQ(report.exit, ExitCode::kRefused) << text;
    EXPECT_FALSE(report.finished);
    EXPECT_THAT(err_, HasSubstr("s.csv:"));
  }
  EXPECT_EQ(streams_, 0);
}

TEST_F(ImportRunTest, AllMalformedRowsAreTold) {
  Write("segment_code,display_name\na\nb,x\nc\nd\ne\nf\ng\n");
  EXPECT_EQ(Run().exit, ExitCode::kRefused);
  EXPECT_THAT(err_, HasSubstr("s.csv:2:1: 1 field, but the header has 2\n"));
  EXPECT_THAT(err_, HasSubstr("s.csv:7:1: 1 field, but the header has 2\nand 1 more\n"));
  EXPECT_THAT(err_, HasSubstr("s.csv is malformed; nothing was imported\n"));
  EXPECT_EQ(streams_, 0);
}

TEST_F(ImportRunTest, ARowThatComesTwice) {
  Write("segment_code,display_name\na,x\n,y\nb,y\na,z\n,z\nc,\nc,z\n");
  options_.batch_rows = 2;
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kPartlyDone);
  EXPECT_THAT(SentCodes(), ElementsAre("a", "b", "c")) << "c was wrong when it came first";
  EXPECT_THAT(err_,
              HasSubstr("s.csv:5:1: segment_code: stands in line 2 already; one of the two must "
                        "go (REPEATED_ROW)\n"));
  ASSERT_EQ(report.summary.rejected_rows_size(), 4);
  EXPECT_EQ(report.summary.rejected_rows(1).line(), 5U);
  EXPECT_EQ(report.summary.rejected_rows(1).index(), 3U);
}

TEST_F(ImportRunTest, ARowThatComesTwiceIsFoundAfterResuming) {
  Write("segment_code,display_name\na,x\nb,\na,z\nb,z\n");
  options_.batch_rows = 1;
  server_.answers_max = 1;
  server_.end.code = 14;
  EXPECT_EQ(Run().exit, ExitCode::kUnreachable);
  server_ = ImportServer();
  options_.resume = true;
  EXPECT_EQ(Run().exit, ExitCode::kPartlyDone) << err_;
  EXPECT_THAT(SentCodes(), ElementsAre("b"));
  EXPECT_THAT(Read("/s.rejects.csv"), HasSubstr("4,1,segment_code,REPEATED_ROW,"));
}

TEST_F(ImportRunTest, FilesAreTheirOwnersAlone) {
  Write("segment_code,display_name\na,x\n,y\nb,y\n");
  options_.batch_rows = 1;
  server_.answers_max = 2;
  server_.end.code = 14;
  const mode_t before = umask(0);
  EXPECT_EQ(Run().exit, ExitCode::kUnreachable);
  umask(before);
  for (const char* name : {"/s.rejects.csv", "/s.csv.progress"}) {
    struct stat info {};
    ASSERT_EQ(stat((folder_ + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << name;
  }
}

TEST_F(ImportRunTest, CreatedIsCountedApart) {
  WriteRows(30);
  options_.batch_rows = 10;
  server_.answer = Summaries([](const Request&) {
    v1::ImportSummary summary;
    summary.set_accepted_count(7);
    summary.set_created_count(4);
    summary.set_unchanged_count(3);
    return summary;
  });
  const ImportReport report = Run();
  EXPECT_EQ(report.summary.accepted_count(), 21U);
  EXPECT_EQ(report.summary.created_count(), 12U);
  EXPECT_EQ(report.summary.unchanged_count(), 9U);
}

TEST_F(ImportRunTest, ADryRunLeavesTheRejectsOfTheImportAlone) {
  Write("segment_code,display_name\n,x\n");
  EXPECT_EQ(Run().exit, ExitCode::kPartlyDone);
  const std::string rejects = Read("/s.rejects.csv");
  std::string text = "segment_code,display_name\n";
  for (int i = 0; i < 25; ++i) {
    text += ",x\n";
  }
  Write(text);
  options_.validate_only = true;
  const ImportReport report = Run();
  EXPECT_EQ(report.exit, ExitCode::kPartlyDone);
  EXPECT_EQ(report.rejects_path, "");
  EXPECT_EQ(Read("/s.rejects.csv"), rejects);
  EXPECT_EQ(report.summary.rejected_rows_size(), 25);
  EXPECT_THAT(err_, HasSubstr("further rejected rows are not shown; -o json tells"));
  EXPECT_THAT(err_, HasSubstr("s.csv:21:1:"));
}

TEST_F(ImportRunTest, MissingFile) {
  EXPECT_EQ(Run().exit, ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("No such file"));
}

TEST_F(ImportRunTest, ResumesAfterTheLastAnswer) {
  WriteRows(50);
  options_.batch_rows = 10;
  server_.answers_max = 2;
  server_.end.code = 14;
  server_.end.message = "stopping";
  const ImportReport first = Run();
  EXPECT_EQ(first.exit, ExitCode::kUnreachable);
  EXPECT_FALSE(first.finished);
  EXPECT_THAT(err_, HasSubstr("UNAVAILABLE: stopping"));
  EXPECT_THAT(err_,
              HasSubstr("20 of 50 rows were answered for; go on with: gonghuictl import "
                        "segments " +
                        path_ + " --resume"));
  EXPECT_TRUE(Exists("/s.csv.progress"));

  server_ = ImportServer();
  options_.resume = true;
  const ImportReport second = Run();
  EXPECT_EQ(second.exit, ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("going on after row 20 of 50"));
  EXPECT_EQ(SentCodes().front(), "s20");
  EXPECT_EQ(SentCodes().size(), 30U);
  EXPECT_EQ(second.row_count, 50U);
  EXPECT_EQ(second.summary.accepted_count(), 50U) << "of both runs";
  EXPECT_FALSE(Exists("/s.csv.progress"));
}

TEST_F(ImportRunTest, ResumeKeepsRejectsAndCutsWhatIsRepeated) {
  Write("segment_code,display_name\n,x\na,x\n,y\nb,y\nc,z\n");
  options_.batch_rows = 1;
  server_.answers_max = 1;
  server_.end.code = 14;
  EXPECT_EQ(Run().exit, ExitCode::kUnreachable);
  const std::string rejects = Read("/s.rejects.csv");
  EXPECT_THAT(rejects, HasSubstr("\n2,1,segment_code,REQUIRED_VALUE,is empty,,x\n"));
  // As if a crash had come between the two files.
  std::ofstream(folder_ + "/s.rejects.csv", std::ios::app) << "half a li";

  server_ = ImportServer();
  options_.resume = true;
  EXPECT_EQ(Run().exit, ExitCode::kPartlyDone) << err_;
  EXPECT_THAT(SentCodes(), ElementsAre("b", "c"));
  EXPECT_EQ(Read("/s.rejects.csv"), rejects + "4,1,segment_code,REQUIRED_VALUE,is empty,,y\n");
}

TEST_F(ImportRunTest, ResumeRefusesAnotherFile) {
  WriteRows(50);
  options_.batch_rows = 10;
  server_.answers_max = 2;
  server_.end.code = 14;
  EXPECT_EQ(Run().exit, ExitCode::kUnreachable);
  WriteRows(51);
  options_.resume = true;
  EXPECT_EQ(Run().exit, ExitCode::kRefused);
  EXPECT_THAT(err_, HasSubstr("has changed since"));
  // The same rows as another kind.
  WriteRows(50);
  options_.kind = FindImportKind("segments");
  std::string progress = Read("/s.csv.progress");
  progress.replace(progress.find("kind=segments"), 13, "kind=members");
  std::ofstream(path_ + ".progress", std::ios::binary) << progress;
  EXPECT_EQ(Run().exit, ExitCode::kRefused);
  EXPECT_THAT(err_, HasSubstr("is of an import of members, not of segments"));
  std::ofstream(path_ + ".progress", std::ios::binary) << "nonsense";
  EXPECT_EQ(Run().exit, ExitCode::kRefused);
  EXPECT_EQ(streams_, 1);
}

TEST_F(ImportRunTest, WithoutResumeItBeginsAgain) {
  WriteRows(50);
  options_.batch_rows = 10;
  server_.answers_max = 2;
  server_.end.code = 14;
  EXPECT_EQ(Run().exit, ExitCode::kUnreachable);
  server_ = ImportServer();
  EXPECT_EQ(Run().exit, ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("stopped after row 20; beginning again (--resume would go on)"));
  EXPECT_EQ(SentCodes().size(), 50U);
}

TEST_F(ImportRunTest, ResumeWithoutAnEarlierImport) {
  WriteRows(3);
  options_.resume = true;
  EXPECT_EQ(Run().exit, ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("beginning with the first row"));
}

TEST_F(ImportRunTest, DryRunLeavesNoProgress) {
  WriteRows(30);
  options_.validate_only = true;
  options_.batch_rows = 10;
  server_.answers_max = 2;
  server_.end.code = 14;
  EXPECT_EQ(Run().exit, ExitCode::kUnreachable);
  EXPECT_FALSE(Exists("/s.csv.progress"));
  for (const auto& request : server_.requests) {
    EXPECT_TRUE(request.validate_only());
  }
}

TEST_F(ImportRunTest, SilentServer) {
  WriteRows(30);
  options_.idle_timeout_ms = 100;
  server_.silent = true;
  EXPECT_EQ(Run().exit, ExitCode::kTimeout);
  EXPECT_THAT(err_, HasSubstr("no answer for 100 ms"));
}

TEST_F(ImportRunTest, AnswersThatMakeNoSense) {
  WriteRows(3);
  server_.answer = Summaries([](const Request&) { return v1::ImportSummary(); });
  EXPECT_EQ(Run().exit, ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("answered for 0 rows of 3"));
  server_.answer = Summaries([](const Request&) {
    v1::ImportSummary summary;
    summary.set_accepted_count(2);
    summary.add_rejected_rows()->set_index(3);
    return summary;
  });
  EXPECT_EQ(Run().exit, ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("refused a row that was not sent"));
}

TEST_F(ImportRunTest, CallThatEndsTooSoon) {
  WriteRows(30);
  options_.batch_rows = 10;
  server_.answers_max = 2;  // and then OK
  EXPECT_EQ(Run().exit, ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("closed the import before its end"));
}

TEST_F(ImportRunTest, ServersFieldsBecomeColumns) {
  Write("segment_code,display_name\na,x\n");
  server_.answer = Summaries([](const Request&) {
    v1::ImportSummary summary;
    auto* row = summary.add_rejected_rows();
    row->set_field("something_new");
    row->set_reason("ODD");
    return summary;
  });
  EXPECT_EQ(Run().exit, ExitCode::kPartlyDone);
  EXPECT_THAT(Read("/s.rejects.csv"), HasSubstr("\n2,,,ODD,,a,x\n"));
}

// A receipt is unique within its fund.
TEST_F(ImportRunTest, AKeyOfTwoColumns) {
  Write(
      "fund_code,receipt_code,member_id,segment_code,amount_fen,covers_from,covers_until\n"
      "a,R1,M1,s,1,2026-01-01,2027-01-01\n"
      "b,R1,M1,s,1,2026-01-01,2027-01-01\n"
      "a,R1,M2,s,1,2026-01-01,2027-01-01\n");
  options_.kind = FindImportKind("contributions");
  using Contributions = FakeStream<v1::ImportContributionsRequest, v1::ImportContributionsResponse>;
  FakeServer<v1::ImportContributionsRequest, v1::ImportContributionsResponse> server;
  server.answer = [](const v1::ImportContributionsRequest& request) {
    v1::ImportContributionsResponse response;
    response.mutable_summary()->set_accepted_count(
        static_cast<uint32_t>(request.contributions_size()));
    return response;
  };
  std::FILE* err = std::tmpfile();
  const ImportReport report = RunImport(
      options_, [&] { return std::make_unique<Contributions>(&server); }, clock_, err);
  std::fclose(err);
  EXPECT_EQ(report.exit, ExitCode::kPartlyDone);
  EXPECT_EQ(report.summary.accepted_count(), 2U);
  ASSERT_EQ(report.summary.rejected_rows_size(), 1);
  EXPECT_EQ(report.summary.rejected_rows(0).line(), 4U);
  EXPECT_EQ(report.summary.rejected_rows(0).reason(), "REPEATED_ROW");
}

}  // namespace
}  // namespace gonghui::ctl
