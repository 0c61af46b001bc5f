// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/unsent_calls.h"

#include <gtest/gtest.h>

namespace gonghui {
namespace {

class Call final : public UnsentCall {
 public:
  void Cut() override { ++cuts; }
  int cuts = 0;
};

TEST(UnsentCallsTest, TheOldestIsCutOnceItIsOld) {
  UnsentCalls calls;
  Call first;
  Call second;
  calls.CutOldest();  // of none
  calls.Add(&first);
  calls.Age();
  calls.Add(&second);
  calls.CutOldest();
  EXPECT_EQ(first.cuts, 0) << "once is not twice: its answer may be about to leave";
  calls.Age();
  calls.CutOldest();
  EXPECT_EQ(first.cuts, 1);
  EXPECT_EQ(calls.size(), 1U);
  calls.CutOldest();
  EXPECT_EQ(second.cuts, 0);
  calls.Age();
  calls.CutOldest();
  EXPECT_EQ(second.cuts, 1);
  EXPECT_EQ(calls.size(), 0U);
}

TEST(UnsentCallsTest, AnyMayLeaveFirst) {
  UnsentCalls calls;
  Call call[3];
  for (int leaves = 0; leaves < 3; ++leaves) {
    for (Call& each : call) {
      calls.Add(&each);
    }
    calls.Remove(&call[leaves]);
    calls.Remove(&call[leaves]);  // without effect
    EXPECT_EQ(calls.size(), 2U);
    calls.Age();
    calls.Age();
    calls.CutOldest();
    calls.CutOldest();
    EXPECT_EQ(calls.size(), 0U);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(call[i].cuts, i == leaves ? 0 : 1);
      call[i].cuts = 0;
    }
  }
}

TEST(UnsentCallsTest, OneThatWasCutMayComeAgain) {
  UnsentCalls calls;
  Call call;
  calls.Add(&call);
  calls.Age();
  calls.Age();
  calls.CutOldest();
  calls.Remove(&call);  // its tag comes back
  calls.Add(&call);
  EXPECT_EQ(calls.size(), 1U);
  calls.CutOldest();
  EXPECT_EQ(call.cuts, 1) << "young again";
}

}  // namespace
}  // namespace gonghui
