// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every store of draws must do; see journal_conformance.h.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_DRAW_STORE_CONFORMANCE_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_DRAW_STORE_CONFORMANCE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/draw_store.h"

namespace gonghui {

class DrawStoreUnderTest {
 public:
  virtual ~DrawStoreUnderTest() = default;
  virtual DrawStore& store() = 0;
  // The process ends without a word and another opens what is durable.
  virtual void Crash() = 0;
};

using MakeDrawStoreUnderTest = std::unique_ptr<DrawStoreUnderTest> (*)();

class DrawStoreConformanceTest : public testing::TestWithParam<MakeDrawStoreUnderTest> {
 protected:
  DrawStoreConformanceTest() : under_test_(GetParam()()) {}

  DrawStore& store() { return under_test_->store(); }

  static DrawCode NameOf(std::string_view text);
  // All bytes alike.
  static Digest DigestOf(uint8_t byte);
  static EntryListKey ListOf(std::string_view draw, uint8_t hash) {
    return {NameOf(draw), DigestOf(hash)};
  }
  // M1 .. Mcount.
  static std::vector<MemberId> Members(uint32_t count);
  // The first byte of the seed as a number; "-" = there is none, "!" = it can not be told.
  std::string Seed(std::string_view draw);
  // Ids with a space after each; "-" and "!" as above.
  std::string Entries(const EntryListKey& key, uint32_t first = 0, size_t count_max = 100);
  // "-" and "!" as above.
  std::string Count(const EntryListKey& key);

  const std::unique_ptr<DrawStoreUnderTest> under_test_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_DRAW_STORE_CONFORMANCE_H_
