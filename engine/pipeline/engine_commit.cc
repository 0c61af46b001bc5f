// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Blocks on their way to the journal and back: one fills while the other is written.

#include <algorithm>
#include <string>

#include "engine/pipeline/engine_impl.h"

namespace gonghui {

// ---- Ledger thread ---------------------------------------------------------------

// May return early.
void Engine::Impl::AwaitJournal() {
  if (!has_threads()) {
    JournalStepBlocking();  // there is nobody else to do it
    return;
  }
  ledger_bell_.PrepareToDoze();
  if (JournalIdle()) {
    ledger_bell_.Cancel();
  } else {
    ledger_bell_.Sleep(kSleepNsMax);
  }
}

// Gives the block to the journal if that is idle; with `wait`, as soon as it is.
void Engine::Impl::HandOver(bool wait) {
  if (filling_->empty()) {
    return;
  }
  while (!JournalIdle()) {
    if (!wait || failed_.load(std::memory_order_acquire)) {
      return;
    }
    AwaitJournal();
  }
  // A failed block keeps its waiters for ever; see Commit().
  if (failed_.load(std::memory_order_acquire)) {
    return;
  }
  Block& block = *filling_;
  filling_ = filling_ == &blocks_[0] ? &blocks_[1] : &blocks_[0];
  filling_->Reset(block.next_seq());
  if (block.has_events()) {
    block.Close(options_.shard, epoch_, ledger_.StateHash());
    journal_bytes_since_photo_ += block.size_bytes();
    PopulateAhead();
  }
  const bool here =
      options_.pipeline == CommitPipeline::kOneThread ||
      (options_.pipeline == CommitPipeline::kAdaptive && block.size_bytes() <= kSmallBlockBytes) ||
      // Nothing to write, and all before it written: its waiters can go.
      !block.has_events();
  if (here) {
    Commit(block);
    return;
  }
  // Release: the journal thread sees the whole block; pairs with its acquire.
  in_journal_.store(&block, std::memory_order_release);
  journal_bell_.Ring();
}

// ---- Whoever commits: the journal thread, or the ledger thread ----------------------

// One write, one sync; then everyone who waited is told.
void Engine::Impl::Commit(Block& block) {
  if (failed_.load(std::memory_order_acquire)) {
    return;
  }
  const int64_t begin_ns = clock_.MonotonicNs();
  std::string why;
  if (!committer_->CommitBlocking(block, &why)) {
    FailStop("journal: " + why);
    return;
  }
  if (block.has_events()) {
    const int64_t sync_ns = clock_.MonotonicNs() - begin_ns;
    sync_ns_last_.store(sync_ns, std::memory_order_relaxed);
    if (sync_ns > sync_ns_max_.load(std::memory_order_relaxed)) {
      sync_ns_max_.store(sync_ns, std::memory_order_relaxed);
    }
    blocks_committed_.fetch_add(1, std::memory_order_relaxed);
    block_bytes_.fetch_add(block.size_bytes(), std::memory_order_relaxed);
    // Release: pairs with the checkpoint thread's acquire.
    durable_seq_.store(block.next_seq() - 1, std::memory_order_release);
    if (checkpointer_ != nullptr) {
      checkpointer_->OnDurable();
    }
    if (archiver_ != nullptr) {
      archiver_->OnDurable();
    }
  }
  uint64_t commands = 0;
  Submission* const waiters = block.TakeWaiters();
  for (const Submission* waiter = waiters; waiter != nullptr; waiter = waiter->next) {
    commands += std::max<uint64_t>(1, waiter->commands.size());
  }
  // Before they are told, so that whoever hears of room finds it.
  in_flight_commands_.fetch_sub(commands, std::memory_order_seq_cst);
  CompleteAll(waiters);
  committer_->Chain(block);
}

// False: there is no block.
bool Engine::Impl::JournalStepBlocking() {
  Block* const block = in_journal_.load(std::memory_order_acquire);
  if (block == nullptr) {
    return false;
  }
  Commit(*block);
  // Release: the ledger thread may fill the block again; pairs with JournalIdle().
  in_journal_.store(nullptr, std::memory_order_release);
  ledger_bell_.Ring();
  return true;
}

void Engine::Impl::RunJournal() {
  for (;;) {
    if (JournalStepBlocking()) {
      continue;
    }
    journal_bell_.Prepare();
    if (in_journal_.load(std::memory_order_acquire) != nullptr) {
      journal_bell_.Cancel();
      continue;
    }
    // The ledger thread ends only with nothing left in the journal.
    if (ledger_ended_.load(std::memory_order_acquire)) {
      journal_bell_.Cancel();
      return;
    }
    journal_bell_.Sleep(kSleepNsMax);
  }
}

}  // namespace gonghui
