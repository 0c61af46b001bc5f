// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/wire.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "gonghui/v1/transaction.pb.h"

namespace gonghui::load {
namespace {

TEST(WireTest, WritesWhatProtobufReads) {
  for (const uint64_t number : {uint64_t{1}, uint64_t{127}, uint64_t{128}, uint64_t{INT64_MAX}}) {
    char bytes[64];
    char* end = PutBytes(bytes, v1::AppliedBenefit::kFundCodeFieldNumber, "KM-2022");
    end = PutNumber(end, v1::AppliedBenefit::kAmountFenFieldNumber, number);
    v1::AppliedBenefit parsed;
    ASSERT_TRUE(parsed.ParseFromArray(bytes, static_cast<int>(end - bytes)));
    EXPECT_EQ(parsed.fund_code(), "KM-2022");
    EXPECT_EQ(parsed.amount_fen(), static_cast<int64_t>(number));
  }
}

TEST(WireTest, ZeroIsNotWritten) {
  char bytes[16];
  EXPECT_EQ(PutNumber(bytes, 1, 0), bytes);
}

TEST(WireTest, ReadsWhatProtobufWrites) {
  v1::LimitState limit;
  limit.set_limit_code("person-per-day");
  limit.set_left(-3);
  limit.mutable_resets_at()->set_seconds(1);
  const std::string bytes = limit.SerializeAsString();
  std::string code;
  int64_t left = 0;
  int fields = 0;
  WireReader in(bytes);
  for (; in.Next(); ++fields) {
    if (in.field() == v1::LimitState::kLimitCodeFieldNumber) {
      code = in.Bytes();
    } else if (in.field() == v1::LimitState::kLeftFieldNumber) {
      left = in.Signed();
    }
  }
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(fields, 3);
  EXPECT_EQ(code, "person-per-day");
  EXPECT_EQ(left, -3);
}

TEST(WireTest, SkipsFixedFields) {
  const std::string bytes("\x09\1\2\3\4\5\6\7\x08\x15\1\2\3\4\x18\x05", 16);
  WireReader in(bytes);
  ASSERT_TRUE(in.Next());
  ASSERT_TRUE(in.Next());
  ASSERT_TRUE(in.Next());
  EXPECT_EQ(in.field(), 3U);
  EXPECT_EQ(in.Number(), 5U);
  EXPECT_FALSE(in.Next());
  EXPECT_TRUE(in.ok());
}

TEST(WireTest, RefusesDamage) {
  const std::vector<std::string> damaged = {
      std::string("\x08", 1),                                               // a number is missing
      std::string("\x08\x80", 2),                                           // it has no end
      std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12),  // nor here
      std::string("\x0a\x05"
                  "abc",
                  5),                                               // text cut off
      std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10),  // absurd length
      std::string("\x0b", 1),                                       // a group
      std::string("\x09\1\2", 3),                                   // fixed64 cut off
      std::string("\x0d\1\2", 3),                                   // fixed32 cut off
  };
  for (const std::string& bytes : damaged) {
    WireReader in(bytes);
    while (in.Next()) {
    }
    EXPECT_FALSE(in.ok()) << testing::PrintToString(bytes);
  }
}

// Run under ASan this shows that the reader never leaves the bytes.
TEST(WireTest, AnyBytesAreSafe) {
  constexpr uint64_t kSeed = 7;
  Prng prng(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> bytes(prng.Below(40));
    for (char& byte : bytes) {
      byte = static_cast<char>(prng.Next());
    }
    WireReader in({bytes.data(), bytes.size()});
    while (in.Next()) {
    }
  }
}

}  // namespace
}  // namespace gonghui::load
