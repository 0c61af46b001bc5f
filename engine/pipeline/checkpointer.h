// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Background checkpoints.  The ledger thread copies pages (a few at a time, and
// each page before its next write) into chunks; the checkpoint thread writes the
// chunks to the store and commits once the journal is durable up to the photo.
//
// The ledger thread never waits for the checkpoint thread: when chunks run
// short it copies only the pages that it is about to overwrite.

#ifndef GONGHUI_ENGINE_PIPELINE_CHECKPOINTER_H_
#define GONGHUI_ENGINE_PIPELINE_CHECKPOINTER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "engine/base/clock.h"
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/page_codec.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/ring.h"

namespace gonghui {

class Checkpointer final : private PageSink {
 public:
  // `durable_seq` is how far the journal is durable; `fail_stop` is called when
  // the store fails, with why.
  Checkpointer(Ledger& ledger,
               CheckpointStore& store,
               const std::atomic<uint64_t>& durable_seq,
               const Clock& clock,
               std::function<void(const std::string&)> fail_stop);
  ~Checkpointer() override;

  // The checkpoint thread, which does what StepBlocking() does until Stop().
  void StartThread();

  // ---- The ledger thread ----

  [[nodiscard]] bool active() const { return active_; }
  // Continue() would get on: the disk is not too far behind.
  [[nodiscard]] bool can_continue() const {
    return active_ && chunks_in_use_.load(std::memory_order_relaxed) < kChunks;
  }
  // Takes the photo: everything after this moment is not in it.
  void Begin();
  // Copies a few pages; to be called between commands while active().
  void Continue();

  // ---- Any thread ----

  [[nodiscard]] uint64_t committed_seq() const {
    return committed_seq_.load(std::memory_order_acquire);
  }
  [[nodiscard]] uint64_t committed_count() const {
    return committed_count_.load(std::memory_order_acquire);
  }
  // durable_seq has risen, which the checkpoint thread may wait for.
  void OnDurable() {
    // Pairs with the fence in bell_.Prepare(): either this sees that it waits, or it
    // sees the new durable_seq.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (awaits_durable_.load(std::memory_order_relaxed)) {
      bell_.Ring();
    }
  }
  // Ends the thread; a checkpoint in progress is abandoned (the last one stands).
  void Stop();

  // ---- The checkpoint thread, or whoever plays it ----

  // Writes a chunk, or commits once the journal is durable as far as the photo.  False: there
  // is nothing to do yet, or the store has failed.
  bool StepBlocking();

  // How long the checkpoint thread rests after a chunk that took `took_ns`: while others are
  // being answered, four times as long, so that a checkpoint has a fifth of a core.  Whoever
  // is asked for half of what the machine can do has no more to spare.  Not at all when
  // `waiting` chunks, a MiB of memory each, are too many.
  [[nodiscard]] static int64_t PauseNsAfter(int64_t took_ns, bool others, uint32_t waiting);

 private:
  static constexpr size_t kChunkBytes = 1u << 20;
  static constexpr uint32_t kChunks = 8;         // that Continue() may have in use
  static constexpr uint32_t kChunkSlots = 4096;  // with those for pages about to change
  static constexpr uint32_t kPagesPerStep = 24;

  // Pages, one after another: {table, page, bytes} header and the bytes; or, when
  // `last`, the end of the photo.
  struct Chunk {
    size_t size = 0;
    bool last = false;
    CheckpointMeta meta;
    alignas(8) uint8_t bytes[kChunkBytes];
  };
  struct PageHeader {
    uint32_t table;
    uint32_t page;
    uint64_t bytes;
  };

  void AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) override;
  Chunk* NewChunk();
  void Flush(bool last);
  void Run();
  absl::Status WritePagesBlocking(const Chunk& chunk);
  absl::Status CommitBlocking(const CheckpointMeta& meta);
  [[nodiscard]] bool HasWork() const;
  void EndChunk();
  // Ends early when the engine stops, or when nobody is kept waiting any more.
  void PauseBlocking(int64_t ns) const;

  Ledger& ledger_;
  CheckpointStore& store_;
  const std::atomic<uint64_t>& durable_seq_;
  const Clock& clock_;
  const std::function<void(const std::string&)> fail_stop_;

  // Ledger thread.
  bool active_ = false;
  size_t table_ = 0;  // tables before this one are copied
  Chunk* filling_ = nullptr;
  CheckpointMeta meta_;

  // Full chunks to the checkpoint thread, free ones back.
  MpscRing<Chunk*> full_;
  MpscRing<Chunk*> free_;
  std::atomic<uint32_t> chunks_in_use_{0};

  // Checkpoint thread.
  Chunk* writing_chunk_ = nullptr;  // its pages are written; it waits for the journal
  bool writing_ = false;            // between Begin and Commit of the store
  bool store_failed_ = false;
  PagePacker packer_;

  std::atomic<uint64_t> committed_seq_{0};
  std::atomic<uint64_t> committed_count_{0};
  std::atomic<bool> awaits_durable_{false};
  std::atomic<bool> stopping_{false};
  Doorbell bell_;
  std::thread thread_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_CHECKPOINTER_H_
