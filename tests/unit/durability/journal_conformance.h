// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every journal must do, whatever it is made of: the contract of
// engine/durability/journal.h as tests.  An implementation makes a test program of
// journal_conformance.cc and INSTANTIATE_TEST_SUITE_P with itself.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_JOURNAL_CONFORMANCE_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_JOURNAL_CONFORMANCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/journal.h"

namespace gonghui {

// A journal with the means to hurt it.
class JournalUnderTest {
 public:
  virtual ~JournalUnderTest() = default;
  virtual Journal& journal() = 0;
  // The process ends without a word and another opens what is durable.
  virtual void Crash() = 0;
  // Changes what is stored, past the journal's own methods.
  virtual std::vector<uint8_t> StoredBlock(uint16_t shard, uint64_t first_seq) = 0;
  virtual void ReplaceBlock(uint16_t shard, uint64_t first_seq, std::vector<uint8_t> bytes) = 0;
  virtual void RemoveBlock(uint16_t shard, uint64_t first_seq) = 0;
};

using MakeJournal = std::unique_ptr<JournalUnderTest> (*)();

class JournalConformanceTest : public testing::TestWithParam<MakeJournal> {
 protected:
  JournalConformanceTest() : under_test_(GetParam()()) {}

  Journal& journal() { return under_test_->journal(); }

  // A block of `event_count` sales that follows `tail`; advances it.
  struct Block {
    BlockHeader header;
    std::vector<uint8_t> bytes;
  };
  static Block MakeBlock(uint16_t shard, uint64_t epoch, JournalTail* tail, uint32_t event_count);
  // Acquires and appends blocks of 1, 2, 3 ... events; returns where they end.
  JournalTail Fill(uint16_t shard, int blocks);
  // First sequences of the blocks that a read visits, or its error.
  absl::StatusOr<std::vector<uint64_t>> Read(uint16_t shard, uint64_t from_seq);

  const std::unique_ptr<JournalUnderTest> under_test_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_JOURNAL_CONFORMANCE_H_
