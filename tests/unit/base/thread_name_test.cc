// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/thread_name.h"

#include <pthread.h>

#include <array>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

std::string NameOfThisThread() {
  std::array<char, 32> name{};
  EXPECT_EQ(pthread_getname_np(pthread_self(), name.data(), name.size()), 0);
  return name.data();
}

TEST(ThreadNameTest, IsOfTheThreadThatCalls) {
  const std::string mine = NameOfThisThread();
  std::thread([] {
    SetThreadName("checkpoint");
    EXPECT_EQ(NameOfThisThread(), "checkpoint");
    SetThreadName("fifteen letters");
    EXPECT_EQ(NameOfThisThread(), "fifteen letters");
    SetThreadName("sixteen  letters");
    EXPECT_EQ(NameOfThisThread(), "fifteen letters") << "one that is too long is not taken";
  }).join();
  EXPECT_EQ(NameOfThisThread(), mine);
}

}  // namespace
}  // namespace gonghui
