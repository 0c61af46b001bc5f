// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/json_text.h"

#include <gtest/gtest.h>

namespace gonghui::load {
namespace {

TEST(JsonTextTest, EscapesWhatWouldEndTheText) {
  EXPECT_EQ(Escaped(""), "");
  EXPECT_EQ(Escaped("工会 unary"), "工会 unary");
  EXPECT_EQ(Escaped("say \"a\\b\""), "say \\\"a\\\\b\\\"");
  EXPECT_EQ(Escaped("a\nb\tc"), "abc") << "control characters are left out";
}

TEST(JsonTextTest, LatenciesAreMicroseconds) {
  Histogram latency_ns;
  latency_ns.Record(100'000, 98);
  latency_ns.Record(200'000, 1);
  latency_ns.Record(250, 1);
  const std::string json = LatencyJson(latency_ns);
  EXPECT_EQ(json.substr(0, 14), "\"p50_us\": 100.") << json;
  EXPECT_NE(json.find("\"min_us\": 0.2"), std::string::npos) << json;
  EXPECT_NE(json.find("\"max_us\": 200.0"), std::string::npos) << json;
  EXPECT_EQ(LatencyJson(Histogram()),
            "\"p50_us\": 0.0, \"p90_us\": 0.0, \"p99_us\": 0.0, \"p999_us\": 0.0, "
            "\"p9999_us\": 0.0, \"min_us\": 0.0, \"max_us\": 0.0");
}

}  // namespace
}  // namespace gonghui::load
