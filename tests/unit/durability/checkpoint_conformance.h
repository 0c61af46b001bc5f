// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every checkpoint store must do; see journal_conformance.h.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_CHECKPOINT_CONFORMANCE_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_CHECKPOINT_CONFORMANCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "engine/durability/checkpoint_store.h"

namespace gonghui {

class CheckpointStoreUnderTest {
 public:
  virtual ~CheckpointStoreUnderTest() = default;
  virtual CheckpointStore& store() = 0;
  // The process ends without a word and another opens what is durable.
  virtual void Crash() = 0;
};

using MakeCheckpointStore = std::unique_ptr<CheckpointStoreUnderTest> (*)();

class CheckpointConformanceTest : public testing::TestWithParam<MakeCheckpointStore> {
 protected:
  using Pages = std::map<std::pair<int, uint32_t>, std::string>;

  CheckpointConformanceTest() : under_test_(GetParam()()) {}

  CheckpointStore& store() { return under_test_->store(); }
  static CheckpointMeta MakeMeta(uint16_t shard, uint64_t seq);
  void AddPages(const Pages& pages);
  // Begins, adds, commits.
  void Write(uint16_t shard, uint64_t seq, const Pages& pages);
  Pages Load(uint16_t shard);

  const std::unique_ptr<CheckpointStoreUnderTest> under_test_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_CHECKPOINT_CONFORMANCE_H_
