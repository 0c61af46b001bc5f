// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/checkpointer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"

namespace gonghui {

Checkpointer::Checkpointer(Ledger& ledger,
                           CheckpointStore& store,
                           const std::atomic<uint64_t>& durable_seq,
                           const Clock& clock,
                           std::function<void(const std::string&)> fail_stop)
    : ledger_(ledger),
      store_(store),
      durable_seq_(durable_seq),
      clock_(clock),
      fail_stop_(std::move(fail_stop)),
      full_(kChunkSlots),
      free_(kChunkSlots) {
  for (TableBase* table : ledger_.tables()) {
    table->set_photo_sink(this);
  }
}

void Checkpointer::StartThread() {
  thread_ = std::thread([this] {
    SetThreadName("checkpoint");
    Run();
  });
}

Checkpointer::~Checkpointer() {
  Stop();
  Chunk* chunk = nullptr;
  while (full_.Pop(&chunk) || free_.Pop(&chunk)) {
    delete chunk;
  }
  delete filling_;
  delete writing_chunk_;
}

void Checkpointer::Stop() {
  stopping_.store(true, std::memory_order_release);
  bell_.Ring();
  if (thread_.joinable()) {
    thread_.join();
  }
}

// ---- Ledger thread -------------------------------------------------------------

void Checkpointer::Begin() {
  GH_CHECK(!active_);
  meta_ = CheckpointMeta{};
  meta_.shard = ledger_.shard();
  meta_.applied_seq = ledger_.applied_seq().value();
  meta_.applied_at = ledger_.applied_at();
  meta_.state_hash = ledger_.StateHash();
  for (TableBase* table : ledger_.tables()) {
    const size_t id = static_cast<size_t>(table->id());
    meta_.table_sizes[id] = table->size();
    meta_.row_bytes[id] = table->row_bytes();
    meta_.first_pages[id] = table->first_page();
    table->BeginPhoto();
  }
  table_ = 0;
  active_ = true;
}

void Checkpointer::Continue() {
  if (!can_continue()) {
    return;
  }
  uint32_t pages = kPagesPerStep;
  while (table_ < ledger_.tables().size()) {
    const uint32_t copied = ledger_.tables()[table_]->CopyPages(pages, *this);
    pages -= copied;
    if (pages == 0) {
      return;
    }
    ++table_;
  }
  Flush(/*last=*/true);
  active_ = false;
}

Checkpointer::Chunk* Checkpointer::NewChunk() {
  Chunk* chunk = nullptr;
  if (!free_.Pop(&chunk)) {
    chunk = new Chunk;
  }
  chunk->size = 0;
  chunk->last = false;
  chunks_in_use_.fetch_add(1, std::memory_order_relaxed);
  return chunk;
}

void Checkpointer::AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) {
  const size_t need = sizeof(PageHeader) + bytes.size();
  GH_CHECK(need <= kChunkBytes, "table=", table, " bytes=", bytes.size());
  if (filling_ != nullptr && filling_->size + need > kChunkBytes) {
    Flush(/*last=*/false);
  }
  if (filling_ == nullptr) {
    filling_ = NewChunk();
  }
  const PageHeader header{static_cast<uint32_t>(table), page, bytes.size()};
  std::memcpy(filling_->bytes + filling_->size, &header, sizeof(header));
  std::memcpy(filling_->bytes + filling_->size + sizeof(header), bytes.data(), bytes.size());
  filling_->size += need;
}

void Checkpointer::Flush(bool last) {
  if (filling_ == nullptr) {
    filling_ = NewChunk();
  }
  filling_->last = last;
  filling_->meta = meta_;
  // 4 GiB of copies in flight means that the store has stopped working.
  GH_CHECK(full_.Push(std::exchange(filling_, nullptr)), "the checkpoint store is stuck");
  bell_.Ring();
}

// ---- Checkpoint thread -----------------------------------------------------------

absl::Status Checkpointer::WritePagesBlocking(const Chunk& chunk) {
  if (!writing_) {
    GH_RETURN_IF_ERROR(store_.BeginBlocking(chunk.meta.shard));
    writing_ = true;
  }
  for (size_t at = 0; at < chunk.size;) {
    PageHeader header;
    std::memcpy(&header, chunk.bytes + at, sizeof(header));
    at += sizeof(header);
    GH_RETURN_IF_ERROR(store_.AddPageBlocking(
        static_cast<uint8_t>(header.table),
        header.page,
        packer_.Pack({chunk.bytes + at, header.bytes}, chunk.meta.row_bytes[header.table])));
    at += header.bytes;
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::CommitBlocking(const CheckpointMeta& meta) {
  GH_RETURN_IF_ERROR(store_.CommitBlocking(meta));
  writing_ = false;
  committed_seq_.store(meta.applied_seq, std::memory_order_release);
  committed_count_.fetch_add(1, std::memory_order_acq_rel);
  return absl::OkStatus();
}

void Checkpointer::EndChunk() {
  Chunk* const chunk = std::exchange(writing_chunk_, nullptr);
  if (!free_.Push(chunk)) {
    delete chunk;
  }
  chunks_in_use_.fetch_sub(1, std::memory_order_relaxed);
}

bool Checkpointer::StepBlocking() {
  if (store_failed_) {
    return false;
  }
  absl::Status status;
  if (writing_chunk_ == nullptr) {
    if (!full_.Pop(&writing_chunk_)) {
      return false;
    }
    status = WritePagesBlocking(*writing_chunk_);
  }
  if (status.ok() && writing_chunk_->last) {
    // A checkpoint must never be ahead of the journal.  Announced before the look, so that
    // whoever makes it durable rings (see OnDurable()).
    awaits_durable_.store(true, std::memory_order_relaxed);
    if (durable_seq_.load(std::memory_order_acquire) < writing_chunk_->meta.applied_seq) {
      return false;
    }
    awaits_durable_.store(false, std::memory_order_relaxed);
    status = CommitBlocking(writing_chunk_->meta);
  }
  EndChunk();
  if (!status.ok()) {
    store_failed_ = true;
    fail_stop_("checkpoint: " + std::string(status.message()));
  }
  return status.ok();
}

bool Checkpointer::HasWork() const {
  return writing_chunk_ == nullptr
             ? !full_.Empty()
             : durable_seq_.load(std::memory_order_acquire) >= writing_chunk_->meta.applied_seq;
}

int64_t Checkpointer::PauseNsAfter(int64_t took_ns, bool others, uint32_t waiting) {
  constexpr int64_t kTimes = 4;
  constexpr int64_t kPauseNsMax = 500'000'000;
  constexpr uint32_t kWaitingMax = 256;
  return others && waiting <= kWaitingMax ? std::min(kTimes * took_ns, kPauseNsMax) : 0;
}

void Checkpointer::PauseBlocking(int64_t ns) const {
  constexpr int64_t kSliceNs = 10'000'000;
  while (ns > 0 && !stopping_.load(std::memory_order_acquire)) {
    const uint64_t durable = durable_seq_.load(std::memory_order_relaxed);
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(ns, kSliceNs)));
    ns -= kSliceNs;
    if (durable_seq_.load(std::memory_order_relaxed) == durable) {
      return;
    }
  }
}

void Checkpointer::Run() {
  constexpr int64_t kSleepNsMax = 1'000'000'000;
  while (!stopping_.load(std::memory_order_acquire) && !store_failed_) {
    const uint64_t durable = durable_seq_.load(std::memory_order_relaxed);
    const int64_t begin_ns = clock_.MonotonicNs();
    if (StepBlocking()) {
      const int64_t took_ns = clock_.MonotonicNs() - begin_ns;
      const bool others = writing_ && durable_seq_.load(std::memory_order_relaxed) != durable;
      PauseBlocking(PauseNsAfter(took_ns, others, chunks_in_use_.load(std::memory_order_relaxed)));
      continue;
    }
    bell_.Prepare();
    if (HasWork() || stopping_.load(std::memory_order_acquire)) {
      bell_.Cancel();
    } else {
      bell_.Sleep(kSleepNsMax);
    }
  }
}

}  // namespace gonghui
