// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/protobuf_log.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "engine/server/log.h"
#include "engine/server/translate.h"
#include "tests/unit/server/requests.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;

TEST(ProtobufLogTest, TextThatIsNotUtf8FillsNoLog) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("gh-proto-log." + std::to_string(::getpid())))
          .string();
  ASSERT_TRUE(InitLogging(LogLevel::kInfo, LogFormat::kText, file).ok());
  auto* const before = google::protobuf::SetLogHandler(nullptr);
  TakeOverProtobufLog();
  v1::ReverseRequest request = GoodReverse();
  std::string bytes = request.SerializeAsString();
  bytes[bytes.find("6ba7")] = '\xff';
  Refusal refusal;
  for (int i = 0; i < 1'000; ++i) {
    TerminalCall call;
    ASSERT_FALSE(ToCommand(CommandKind::kReverse, bytes, {}, &call, &refusal));
  }
  EXPECT_STREQ(refusal.reason, "MALFORMED_MESSAGE");
  google::protobuf::SetLogHandler(before);
  ASSERT_TRUE(InitLogging(LogLevel::kError, LogFormat::kText, "").ok());

  std::ifstream written(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(written, line);) {
    EXPECT_THAT(line, HasSubstr("warning Protocol Buffers text="));
    EXPECT_THAT(line, HasSubstr("request_id"));
    EXPECT_THAT(line, HasSubstr("left_out_before=0"));
    lines.push_back(line);
  }
  EXPECT_EQ(lines.size(), 10U);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace gonghui
