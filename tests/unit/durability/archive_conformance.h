// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every archive must do; see journal_conformance.h.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_ARCHIVE_CONFORMANCE_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_ARCHIVE_CONFORMANCE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/archive.h"

namespace gonghui {

class ArchiveUnderTest {
 public:
  virtual ~ArchiveUnderTest() = default;
  virtual Archive& archive() = 0;
  // The process ends without a word and another opens what is durable.
  virtual void Crash() = 0;
};

using MakeArchiveUnderTest = std::unique_ptr<ArchiveUnderTest> (*)();

class ArchiveConformanceTest : public testing::TestWithParam<MakeArchiveUnderTest> {
 protected:
  static constexpr uint16_t kShard = 5;

  ArchiveConformanceTest() : under_test_(GetParam()()) {}

  Archive& archive() { return under_test_->archive(); }

  // A sale that was decided as number `seq`, with a request id of its own.
  static Archive::Entry SaleOf(uint64_t seq, std::string_view terminal = "KM004217");
  static Archive::Entry AdviceOf(uint64_t seq, uint32_t sequence);
  void Put(const std::vector<Archive::Entry>& entries, uint16_t shard = kShard);
  // The seq of what is found; 0 = there is none, UINT64_MAX = it can not be told.
  uint64_t FindSeq(uint64_t seq, uint16_t shard = kShard);
  uint64_t FindRequest(const Archive::Entry& entry, uint16_t shard = kShard);
  uint64_t FindName(const AdviceName& name, uint16_t shard = kShard);
  std::vector<uint64_t> AllSeqs(uint16_t shard = kShard);
  std::vector<uint64_t> AllHashes(uint16_t shard = kShard);

  const std::unique_ptr<ArchiveUnderTest> under_test_;
  ArchivedTransaction found_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_ARCHIVE_CONFORMANCE_H_
