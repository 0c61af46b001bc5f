// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

// Advices from file to answer, against a stream that plays a server.

#include "tools/gonghuictl/advice_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "tests/unit/gonghuictl/fake_stream.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

using Request = v1::SubmitAdvicesRequest;
using Response = v1::SubmitAdvicesResponse;

constexpr int64_t kNowSeconds = 1'777'767'300;  // 2026-05-03 08:15:00 in Shanghai

// By default every advice is accepted.
struct AdviceServer : FakeServer<Request, Response> {
  AdviceServer() {
    answer = [](const Request& request) {
      Response response;
      for (const v1::Advice& advice : request.advices()) {
        v1::AdviceResult& result = *response.add_results();
        result.set_accepted(true);
        result.mutable_transaction()->set_request_id(RequestIdOf(advice));
      }
      return response;
    };
  }
};

class AdviceRunTest : public testing::Test {
 protected:
  AdviceRunTest() : path_(testing::TempDir() + "advices_" + std::to_string(getpid()) + ".csv") {
    options_.terminal_id = "T1";
    options_.rows.zone = "Asia/Shanghai";
  }
  ~AdviceRunTest() override { std::remove(path_.c_str()); }

  static constexpr const char* kHeader =
      "request_id,occurred_at,terminal_sequence,business_date,card_number,amount_fen,"
      "member_paid_fen\n";
  static std::string Id(size_t i) { return fmt::format("8c9f3a52-6a0e-4d3c-9a57-{:012}", i); }
  static std::string Row(size_t i, const std::string& occurred_at = "2026-05-03 08:00:00") {
    return fmt::format("{},{},{},2026-05-03,62530110,1000,800\n", Id(i), occurred_at, i);
  }
  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  void WriteRows(size_t count) const {
    std::string text = kHeader;
    for (size_t i = 1; i <= count; ++i) {
      text += Row(i);
    }
    Write(text);
  }

  ExitCode Load() {
    return WithErr(
        [this](std::FILE* err) { return LoadAdvices(path_, options_.rows, clock_, err, &file_); });
  }
  ExitCode Submit() {
    return WithErr([this](std::FILE* err) {
      return SubmitAdvices(
          options_,
          [this] {
            ++streams_;
            return std::make_unique<FakeStream<Request, Response>>(&server_);
          },
          clock_,
          err,
          &file_);
    });
  }
  ExitCode LoadAndSubmit() {
    EXPECT_EQ(Load(), ExitCode::kOk) << err_;
    return Submit();
  }

  const std::string path_;
  AdviceOptions options_;
  AdviceFile file_;
  AdviceServer server_;
  TickingClock clock_{kNowSeconds * 1'000'000'000};
  std::string err_;
  int streams_ = 0;

 private:
  template <typename Do>
  ExitCode WithErr(Do what) {
    char* text = nullptr;
    size_t size = 0;
    std::FILE* err = open_memstream(&text, &size);
    const ExitCode exit = what(err);
    std::fclose(err);
    err_.assign(text, size);
    std::free(text);
    return exit;
  }
};

TEST_F(AdviceRunTest, AllInOrder) {
  WriteRows(600);
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kOk) << err_;
  EXPECT_EQ(err_, "");
  ASSERT_EQ(server_.requests.size(), 3U) << "256 at a time";
  EXPECT_EQ(server_.requests[0].terminal_id(), "T1");
  EXPECT_EQ(server_.requests[2].advices_size(), 88);
  ASSERT_EQ(file_.advices.size(), 600U);
  for (size_t i = 0; i < file_.advices.size(); ++i) {
    EXPECT_EQ(file_.advices[i].line, i + 2);
    EXPECT_EQ(file_.advices[i].result->transaction().request_id(), Id(i + 1));
  }
}

TEST_F(AdviceRunTest, SeveralMessagesInFlightAndNoMore) {
  WriteRows(2'000);
  server_.answer_late = true;
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kOk) << err_;
  EXPECT_EQ(server_.in_flight_max, kAdviceMessagesInFlightMax);
  EXPECT_EQ(server_.requests.size(), 8U);
}

TEST_F(AdviceRunTest, NoRowsNoCall) {
  Write(kHeader);
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kOk);
  EXPECT_EQ(streams_, 0);
}

// --- the file ---

TEST_F(AdviceRunTest, EveryErrorIsToldAndNothingIsRight) {
  Write(kHeader + Row(1) + Row(1) + "x,,,,,,\n" + Row(2, "noon") + "a,b\n");
  EXPECT_EQ(Load(), ExitCode::kRefused);
  EXPECT_EQ(err_,
            path_ + ":3:1: request_id: stands in line 2 already (REPEATED_ROW)\n" +  //
                path_ + ":4:1: request_id: \"x\" is not a UUID (INVALID_VALUE)\n" + path_ +
                ":5:2: occurred_at: \"noon\" is not a time such as 2026-01-31 08:15:00 or "
                "2026-01-31T00:15:00Z (时间应如 2026-01-31 08:15:00，或带时区 "
                "2026-01-31T08:15:00+08:00) (INVALID_VALUE)\n" +
                path_ + ":6:1: 2 fields, but the header has 7\n" + "gonghuictl: " + path_ +
                " has errors; nothing was sent\n");
}

TEST_F(AdviceRunTest, ManyErrorsAreCounted) {
  std::string text = kHeader;
  for (int i = 0; i < 30; ++i) {
    text += ",,,,,,\n";
  }
  for (int i = 0; i < 7; ++i) {
    text += "a\n";
  }
  Write(text);
  EXPECT_EQ(Load(), ExitCode::kRefused);
  EXPECT_THAT(err_, HasSubstr("and 17 more\n"));
  EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 22);
}

TEST_F(AdviceRunTest, FilesThatAreNoGood) {
  for (const char* text : {"",
                           "request_id\n",
                           "nonsense,request_id\n",
                           "request_id,request_id\n",
                           "request_id,\"occurred_at\n",
                           "\xD2\xD2\n"}) {
    Write(text);
    EXPECT_EQ(Load(), ExitCode::kRefused) << text;
    EXPECT_THAT(err_, HasSubstr(path_ + ":1:")) << text;
    EXPECT_THAT(err_, HasSubstr("nothing was sent")) << text;
  }
  std::remove(path_.c_str());
  EXPECT_EQ(Load(), ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("can not open"));
}

TEST_F(AdviceRunTest, AFileMayBeSoLongAndNoLonger) {
  WriteRows(kAdvicesPerFileMax);
  EXPECT_EQ(Load(), ExitCode::kOk) << err_;
  file_ = AdviceFile();
  WriteRows(kAdvicesPerFileMax + 1);
  EXPECT_EQ(Load(), ExitCode::kRefused);
  EXPECT_THAT(err_, HasSubstr(":100002:1: more than 100,000 advices; divide the file\n"));
}

TEST_F(AdviceRunTest, OldAndFutureAdvicesAreTold) {
  Write(kHeader + Row(1, "2026-03-04 08:15:00") + Row(2, "2026-05-03 08:20:00"));
  EXPECT_EQ(Load(), ExitCode::kOk);
  EXPECT_EQ(err_, "") << "60 days, and five minutes, to the second";
  file_ = AdviceFile();
  Write(kHeader + Row(1, "2026-03-04 08:14:59") + Row(2, "2026-05-03 08:20:01") +
        Row(3, "2025-01-01 00:00:00"));
  EXPECT_EQ(Load(), ExitCode::kOk) << "it is no error";
  EXPECT_THAT(err_,
              HasSubstr(path_ + ":2: 2 advices older than 60 days: not accepted, a person "
                                "has to look at them (advice_too_old, 需人工处理)\n"));
  EXPECT_THAT(err_, HasSubstr(path_ + ":3: an advice of the future: judged as of when"));
}

// --- the last one ---

TEST_F(AdviceRunTest, TheLastGoesAloneWhenTheQueueIsEmpty) {
  WriteRows(257);
  options_.queue_empty = true;
  server_.answer_late = true;
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kOk) << err_;
  ASSERT_EQ(server_.requests.size(), 2U);
  EXPECT_EQ(server_.requests[0].advices_size(), 256);
  ASSERT_EQ(server_.requests[1].advices_size(), 1);
  EXPECT_TRUE(server_.requests[1].advices(0).queue_empty());
  for (const v1::Advice& advice : server_.requests[0].advices()) {
    EXPECT_FALSE(advice.queue_empty());
  }
  EXPECT_EQ(server_.in_flight_max, 1U) << "after all the others were answered";
}

TEST_F(AdviceRunTest, OneAloneIsTheLast) {
  WriteRows(1);
  options_.queue_empty = true;
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kOk);
  ASSERT_EQ(server_.requests.size(), 1U);
  EXPECT_TRUE(server_.requests[0].advices(0).queue_empty());
}

TEST_F(AdviceRunTest, WhatHasToBeSentAgainKeepsTheQueueOpen) {
  WriteRows(3);
  options_.queue_empty = true;
  const auto accept = server_.answer;
  server_.answer = [accept](const Request& request) {
    Response response = accept(request);
    if (request.advices_size() > 1) {
      response.mutable_results(0)->set_accepted(false);
      response.mutable_results(0)->mutable_error()->set_code(8);
    }
    return response;
  };
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kPartlyDone);
  EXPECT_FALSE(server_.requests[1].advices(0).queue_empty());
}

// --- answers ---

TEST_F(AdviceRunTest, DeclinesAndErrors) {
  WriteRows(3);
  server_.answer = [](const Request&) {
    Response response;
    response.add_results()->set_accepted(true);
    v1::AdviceResult& declined = *response.add_results();
    declined.mutable_transaction()->set_reason(v1::REASON_ADVICE_TOO_OLD);
    google::rpc::Status& error = *response.add_results()->mutable_error();
    error.set_code(3);
    error.set_message("advices[2].sale.list_price_fen: is too much");
    google::rpc::ErrorInfo info;
    info.set_reason("INVALID_FIELD");
    (*info.mutable_metadata())["field"] = "advices[2].sale.list_price_fen";
    error.add_details()->PackFrom(info);
    return response;
  };
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kPartlyDone);
  EXPECT_THAT(
      err_,
      HasSubstr(path_ + ":4:6: INVALID_ARGUMENT: advices[2].sale.list_price_fen: is too much "
                        "(INVALID_FIELD)\n"));
  EXPECT_EQ(file_.advices[1].result->transaction().reason(), v1::REASON_ADVICE_TOO_OLD);
}

TEST_F(AdviceRunTest, TheExitCodeOfAFileOfWhichNothingWasAccepted) {
  WriteRows(1);
  for (const auto& [code, exit] : {std::pair{3, ExitCode::kRefused},
                                   std::pair{7, ExitCode::kAuth},
                                   std::pair{8, ExitCode::kUnreachable}}) {
    file_ = AdviceFile();
    server_.answer = [code = code](const Request&) {
      Response response;
      response.add_results()->mutable_error()->set_code(code);
      return response;
    };
    EXPECT_EQ(LoadAndSubmit(), exit) << code;
    EXPECT_THAT(err_, HasSubstr(path_ + ":2:0: ")) << "no field, no column";
  }
  file_ = AdviceFile();
  server_.answer = [](const Request&) {
    Response response;
    response.add_results()->mutable_transaction();
    return response;
  };
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kRefused) << "declined";
}

TEST_F(AdviceRunTest, FieldsOfErrorsAreFoundInTheFile) {
  WriteRows(1);
  EXPECT_EQ(Load(), ExitCode::kOk);
  for (const auto& [field, column] : {std::pair{"advices[0].occurred_at", "2"},
                                      std::pair{"advices[0].sale.card_number", "5"},
                                      std::pair{"sale.request_id", "1"},
                                      std::pair{"member_paid_fen", "7"},
                                      std::pair{"advices[0].capture.amount_fen", "6"},
                                      std::pair{"advices[0].sale.lines[3].price_fen", "0"},
                                      std::pair{"advices[0].capture.original_request_id", "0"},
                                      std::pair{"advices[0]", "0"},
                                      std::pair{"advices[", "0"}}) {
    server_.answer = [field = field](const Request&) {
      Response response;
      google::rpc::ErrorInfo info;
      (*info.mutable_metadata())["field"] = field;
      response.add_results()->mutable_error()->set_code(3);
      response.mutable_results(0)->mutable_error()->add_details()->PackFrom(info);
      return response;
    };
    EXPECT_EQ(Submit(), ExitCode::kRefused);
    EXPECT_THAT(err_, HasSubstr(path_ + ":2:" + column + ": INVALID_ARGUMENT")) << field;
  }
}

TEST_F(AdviceRunTest, AViolationNamesTheFieldToo) {
  WriteRows(1);
  server_.answer = [](const Request&) {
    Response response;
    google::rpc::Status& error = *response.add_results()->mutable_error();
    error.set_code(3);
    error.add_details()->PackFrom(google::rpc::ErrorInfo());
    google::rpc::BadRequest bad;
    bad.add_field_violations()->set_field("advices[0].sale.card_number");
    bad.add_field_violations()->set_field("advices[0].occurred_at");
    error.add_details()->PackFrom(bad);
    return response;
  };
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kRefused);
  EXPECT_THAT(err_, HasSubstr(path_ + ":2:5: INVALID_ARGUMENT")) << "the first of them";
}

// --- streams that end ---

TEST_F(AdviceRunTest, ACallThatEndsBeforeItsEnd) {
  WriteRows(600);
  server_.answers_max = 1;
  server_.end.code = 14;
  server_.end.message = "stopping";
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kUnreachable);
  EXPECT_EQ(err_,
            "gonghuictl: UNAVAILABLE: stopping\n"
            "256 of 600 advices were answered; submit the same file again: what the ledger has is "
            "answered as a repeat\n");
  EXPECT_TRUE(file_.advices[255].result.has_value());
  EXPECT_FALSE(file_.advices[256].result.has_value());
  file_ = AdviceFile();
  server_.end.code = 0;
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("the server closed the stream before its end"));
}

TEST_F(AdviceRunTest, AServerThatIsSilent) {
  WriteRows(1);
  server_.silent = true;
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kTimeout);
  EXPECT_THAT(err_, HasSubstr("no answer for 1:00\n"));
}

TEST_F(AdviceRunTest, AServerThatMiscounts) {
  WriteRows(2);
  server_.answer = [](const Request&) {
    Response response;
    response.add_results();
    return response;
  };
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("the server answered 1 advices of 2"));
  EXPECT_THAT(err_, HasSubstr("0 of 2 advices were answered"));
  EXPECT_THAT(err_, Not(HasSubstr("closed the stream")));
}

TEST_F(AdviceRunTest, AServerThatAnswersOnceMore) {
  WriteRows(2);
  server_.one_too_many = true;
  EXPECT_EQ(LoadAndSubmit(), ExitCode::kError);
  EXPECT_THAT(err_, HasSubstr("the server answered a message that was not sent"));
  EXPECT_THAT(err_, HasSubstr("2 of 2 advices were answered"));
}

}  // namespace
}  // namespace gonghui::ctl
