// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "tools/gonghuictl/exit_code.h"
#include "tools/gonghuictl/rpc_status.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

TEST(ExitCodeTest, EveryGrpcCode) {
  const ExitCode expected[] = {
      ExitCode::kOk,           // OK
      ExitCode::kError,        // CANCELLED
      ExitCode::kError,        // UNKNOWN
      ExitCode::kRefused,      // INVALID_ARGUMENT
      ExitCode::kTimeout,      // DEADLINE_EXCEEDED
      ExitCode::kNotFound,     // NOT_FOUND
      ExitCode::kRefused,      // ALREADY_EXISTS
      ExitCode::kAuth,         // PERMISSION_DENIED
      ExitCode::kUnreachable,  // RESOURCE_EXHAUSTED
      ExitCode::kRefused,      // FAILED_PRECONDITION
      ExitCode::kError,        // ABORTED
      ExitCode::kRefused,      // OUT_OF_RANGE
      ExitCode::kError,        // UNIMPLEMENTED
      ExitCode::kError,        // INTERNAL
      ExitCode::kUnreachable,  // UNAVAILABLE
      ExitCode::kError,        // DATA_LOSS
      ExitCode::kAuth,         // UNAUTHENTICATED
  };
  for (int code = 0; code <= 16; ++code) {
    EXPECT_EQ(ExitCodeForRpc(code), expected[code]) << RpcCodeName(code);
  }
  EXPECT_EQ(ExitCodeForRpc(17), ExitCode::kError);
  EXPECT_EQ(ExitCodeForRpc(-1), ExitCode::kError);
}

TEST(ExitCodeTest, HelpNamesEachOnce) {
  const std::string help = ExitCodesHelp();
  for (const char* line : {"\n    0  ok",
                           "\n    1  ",
                           "\n    2  usage",
                           "\n    3  not found",
                           "\n    4  refused",
                           "\n    5  not allowed",
                           "\n    6  unreachable",
                           "\n    7  timeout",
                           "\n    8  partly done",
                           "\n  130  interrupted"}) {
    EXPECT_THAT(help, HasSubstr(line));
  }
}

TEST(ExitCodeTest, NumbersAreFrozen) {
  EXPECT_EQ(static_cast<int>(ExitCode::kRefused), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kPartlyDone), 8);
  EXPECT_EQ(static_cast<int>(ExitCode::kInterrupted), 130);
}

TEST(RpcStatusTest, Plain) {
  RpcStatus status;
  status.code = 14;
  status.message = "no connection";
  EXPECT_EQ(FormatRpcStatus(status), "UNAVAILABLE: no connection\n");
  EXPECT_EQ(ExitCodeFor(status), ExitCode::kUnreachable);
}

TEST(RpcStatusTest, Interrupted) {
  RpcStatus status;
  status.code = 1;
  status.interrupted = true;
  EXPECT_EQ(FormatRpcStatus(status), "interrupted\n");
  EXPECT_EQ(ExitCodeFor(status), ExitCode::kInterrupted);
}

TEST(RpcStatusTest, AllDetails) {
  RpcStatus status;
  status.code = 3;
  status.message = "two fields are wrong";
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELDS");
  info.set_domain("gonghui");
  (*info.mutable_metadata())["field"] = "card_number";
  (*info.mutable_metadata())["attempt"] = "1";
  status.details.add_details()->PackFrom(info);
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("card_number");
  violation->set_description("8 to 19 digits");
  violation = bad.add_field_violations();
  violation->set_field("list_price_fen");
  violation->set_description("0 or more");
  status.details.add_details()->PackFrom(bad);
  google::rpc::PreconditionFailure precondition;
  auto* unmet = precondition.add_violations();
  unmet->set_type("CARD_CLOSED");
  unmet->set_subject("62");
  unmet->set_description("is final");
  status.details.add_details()->PackFrom(precondition);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(250'000'000);
  status.details.add_details()->PackFrom(retry);
  google::protobuf::StringValue unknown;
  status.details.add_details()->PackFrom(unknown);
  EXPECT_EQ(FormatRpcStatus(status),
            "INVALID_ARGUMENT: two fields are wrong (INVALID_FIELDS)\n"
            "  attempt = 1\n"
            "  card_number: 8 to 19 digits\n"
            "  list_price_fen: 0 or more\n"
            "  CARD_CLOSED 62: is final\n"
            "  try again after 250 ms\n"
            "  (details of type type.googleapis.com/google.protobuf.StringValue)\n");
}

TEST(RpcStatusTest, ASingleViolationIsSaidOnce) {
  RpcStatus status;
  status.code = 3;
  status.message = "card_number: must be 8 to 19 digits";
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("card_number");
  violation->set_description("must be 8 to 19 digits");
  status.details.set_message(status.message);
  status.details.add_details()->PackFrom(bad);
  EXPECT_EQ(FormatRpcStatus(status), "INVALID_ARGUMENT: card_number: must be 8 to 19 digits\n");
}

// Of the request as a whole: no colon stands where a field would.
TEST(RpcStatusTest, AViolationWithoutAFieldIsTheMessage) {
  RpcStatus status;
  status.code = 3;
  status.message = "no member has a card that can be used";
  status.details.set_message(status.message);
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_description(status.message);
  google::protobuf::Any* const detail = status.details.add_details();
  detail->PackFrom(bad);
  EXPECT_EQ(FormatRpcStatus(status), "INVALID_ARGUMENT: no member has a card that can be used\n");
  bad.add_field_violations()->set_description("and no terminal");
  detail->PackFrom(bad);
  EXPECT_EQ(FormatRpcStatus(status),
            "INVALID_ARGUMENT: no member has a card that can be used\n  and no terminal\n");
}

TEST(RpcStatusTest, AHintComesLast) {
  RpcStatus status;
  status.code = 14;
  status.message = "no connection";
  status.hint = "is it running?";
  EXPECT_EQ(FormatRpcStatus(status), "UNAVAILABLE: no connection\n  is it running?\n");
}

TEST(RpcStatusTest, FieldWithoutViolationIsSaid) {
  RpcStatus status;
  status.code = 6;
  status.message = "used before";
  google::rpc::ErrorInfo info;
  info.set_reason("DUPLICATE_MISMATCH");
  (*info.mutable_metadata())["field"] = "list_price_fen";
  status.details.add_details()->PackFrom(info);
  EXPECT_EQ(FormatRpcStatus(status),
            "ALREADY_EXISTS: used before (DUPLICATE_MISMATCH)\n  field = list_price_fen\n");
}

TEST(RpcStatusTest, ServersTextCanNotMoveTheCursor) {
  RpcStatus status;
  status.code = 2;
  status.message = "\x1b[2J";
  EXPECT_EQ(FormatRpcStatus(status).find('\x1b'), std::string::npos);
}

TEST(RpcStatusTest, DetailsThatCanNotBeReadAreDropped) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  status.add_details()->PackFrom(info);
  status.add_details()->set_type_url("type.googleapis.com/of.a.newer.Server");
  auto* broken = status.add_details();
  broken->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  broken->set_value("\xff");
  auto* elsewhere = status.add_details();
  elsewhere->PackFrom(info);
  elsewhere->set_type_url("example.com/google.rpc.ErrorInfo");
  DropUnreadableDetails(&status);
  ASSERT_EQ(status.details_size(), 1);
  google::rpc::ErrorInfo left;
  ASSERT_TRUE(status.details(0).UnpackTo(&left));
  EXPECT_EQ(left.reason(), "INVALID_FIELD");
}

// --- rows of calls that take all of them or none ---

RpcStatus Refusal(int code, const std::string& field, const std::string& description) {
  RpcStatus status;
  status.code = code;
  status.message = field + ": " + description;
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field(field);
  violation->set_description(description);
  status.details.add_details()->PackFrom(bad_request);
  return status;
}

TEST(RefusedRowTest, ByTheViolation) {
  const auto row =
      FindRefusedRow(Refusal(3, "grants[17].member_id", "there is no such member"), "grants");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 17U);
  EXPECT_EQ(row->description, "member_id: there is no such member");
  const auto whole = FindRefusedRow(Refusal(9, "voucher_keys[0]", "is used"), "voucher_keys");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->index, 0U);
  EXPECT_EQ(whole->description, "is used");
}

TEST(RefusedRowTest, ByTheErrorsInfo) {
  RpcStatus status;
  status.code = 5;
  status.message = "grants[3].member_id: there is no such member";
  google::rpc::ErrorInfo info;
  (*info.mutable_metadata())["field"] = "grants[3].member_id";
  status.details.add_details()->PackFrom(info);
  const auto row = FindRefusedRow(status, "grants");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->index, 3U);
  EXPECT_EQ(row->description, "member_id: there is no such member");
}

TEST(RefusedRowTest, NotAboutARow) {
  EXPECT_FALSE(FindRefusedRow(Refusal(3, "grants", "too many"), "grants"));
  EXPECT_FALSE(FindRefusedRow(Refusal(3, "grantsmen[1]", "x"), "grants"));
  EXPECT_FALSE(FindRefusedRow(Refusal(3, "source", "x"), "grants"));
  EXPECT_FALSE(FindRefusedRow(Refusal(3, "grants[x]", "x"), "grants"));
  EXPECT_FALSE(FindRefusedRow(Refusal(3, "grants[1", "x"), "grants"));
  EXPECT_FALSE(FindRefusedRow(RpcStatus(), "grants"));
  // Nothing was decided about it.
  EXPECT_FALSE(FindRefusedRow(Refusal(14, "grants[1]", "x"), "grants"));
  EXPECT_FALSE(FindRefusedRow(Refusal(4, "grants[1]", "x"), "grants"));
}

}  // namespace
}  // namespace gonghui::ctl
