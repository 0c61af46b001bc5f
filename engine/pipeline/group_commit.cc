// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/group_commit.h"

#include <array>
#include <utility>

#include "engine/base/check.h"
#include "engine/domain/rules_version.h"
#include "engine/durability/record_format.h"

namespace gonghui {
namespace {

const char* NameOf(AppendResult result) {
  switch (result) {
    case AppendResult::kCommitted:
      return "committed";
    case AppendResult::kConflict:
      return "conflict";
    case AppendResult::kFenced:
      return "fenced";
    case AppendResult::kUnknown:
      return "outcome unknown";
  }
  return "?";
}

}  // namespace

Block::Block() : bytes_(kBlockBytesMax) {}

void Block::Reset(uint64_t first_seq) {
  GH_CHECK(first_waiter_ == nullptr, "a block with waiters is reset, first_seq=", first_seq);
  header_ = BlockHeader{};
  header_.first_seq = first_seq;
  size_ = kBlockHeaderBytes;
}

void Block::Add(const Event& event) {
  GH_CHECK_EQ(event.seq.value(), next_seq());
  const TimestampNs previous_at = has_events() ? header_.at : TimestampNs{};
  size_ += EncodeRecord(event, previous_at, bytes_.data() + size_);
  GH_CHECK(size_ <= kBlockBytesMax, "size=", size_);
  header_.at = event.at;
  ++header_.event_count;
}

void Block::AddWaiter(Submission* submission) {
  submission->next = nullptr;
  (first_waiter_ == nullptr ? first_waiter_ : last_waiter_->next) = submission;
  last_waiter_ = submission;
}

void Block::Close(uint16_t shard, uint64_t epoch, uint64_t state_hash) {
  header_.shard = shard;
  header_.epoch = epoch;
  header_.rules_version = kRulesVersion;
  header_.state_hash = state_hash;
}

Submission* Block::TakeWaiters() {
  last_waiter_ = nullptr;
  return std::exchange(first_waiter_, nullptr);
}

bool Committer::CommitBlocking(Block& block, std::string* why) {
  if (!block.has_events()) {
    return true;  // its waiters only waited for the blocks before
  }
  GH_CHECK(chained_, "the block before was not chained, first_seq=", block.header().first_seq);
  block.header().previous = last_hash_;
  SealBlock(block.header(), block.bytes());
  const AppendResult result = journal_.AppendBlocking(block.header(), block.bytes(), why);
  if (result != AppendResult::kCommitted) {
    *why = std::string("append ") + NameOf(result) + ": " + *why;
    return false;
  }
  chained_ = false;
  return true;
}

void Committer::Chain(const Block& block) {
  if (block.has_events()) {
    last_hash_ = HashBlock(block.bytes());
    chained_ = true;
  }
}

void CompleteAll(Submission* first) {
  // Few objects take completions (one for each completion queue), so a short
  // list of them is searched for each submission.
  struct List {
    Completions* completions;
    Submission* first;
    Submission* last;
  };
  std::array<List, 16> lists{};
  size_t list_count = 0;
  while (first != nullptr) {
    Submission* const submission = first;
    first = submission->next;
    submission->next = nullptr;
    size_t i = 0;
    while (i < list_count && lists[i].completions != submission->completions) {
      ++i;
    }
    if (i < list_count) {
      lists[i].last->next = submission;
      lists[i].last = submission;
    } else if (list_count < lists.size()) {
      lists[list_count++] = List{submission->completions, submission, submission};
    } else {
      submission->completions->Complete(submission);
    }
  }
  for (size_t i = 0; i < list_count; ++i) {
    lists[i].completions->Complete(lists[i].first);
  }
}

}  // namespace gonghui
