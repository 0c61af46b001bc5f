// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_journal.h"

#include <memory>
#include <mutex>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/durability/block_format.h"
#include "engine/durability/chain.h"
#include "storage/journal_fence.h"
#include "storage/meta_keys.h"

namespace gonghui {
namespace {

constexpr size_t kKeyBytes = 10;

std::string EpochKey(uint16_t shard) {
  std::string key(kEpochKey);
  AppendBigEndian16(shard, &key);
  return key;
}

std::span<const uint8_t> BytesOf(const rocksdb::Slice& slice) {
  return {reinterpret_cast<const uint8_t*>(slice.data()), slice.size()};
}

std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// An iterator that reads ahead, past every cache, and checks what it reads.
rocksdb::ReadOptions ScanOptions() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  options.total_order_seek = true;
  return options;
}

bool IsOfShard(const rocksdb::Iterator& it, uint16_t shard) {
  return it.Valid() && it.key().size() >= 2 && BigEndian16At(ViewOf(it.key()), 0) == shard;
}

absl::Status CheckKey(const rocksdb::Slice& key) {
  return key.size() == kKeyBytes
             ? absl::OkStatus()
             : absl::DataLossError(absl::StrCat("journal: a key of ", key.size(), " bytes"));
}

}  // namespace

std::string JournalKey(uint16_t shard, uint64_t first_seq) {
  std::string key;
  AppendBigEndian16(shard, &key);
  AppendBigEndian64(first_seq, &key);
  return key;
}

absl::StatusOr<std::vector<uint16_t>> ShardsBlocking(const RocksdbStore& store) {
  std::vector<uint16_t> shards;
  const std::unique_ptr<rocksdb::Iterator> it(
      store.db()->NewIterator(ScanOptions(), store.family(Family::kMeta)));
  const std::string first = EpochKey(0);
  for (it->Seek(first);
       it->Valid() && it->key().starts_with(rocksdb::Slice(kEpochKey.data(), kEpochKey.size()));
       it->Next()) {
    if (it->key().size() == first.size()) {
      shards.push_back(BigEndian16At(ViewOf(it->key()), kEpochKey.size()));
    }
  }
  if (!it->status().ok()) {
    return ToStatus(it->status(), "meta: the shards");
  }
  return shards;
}

absl::StatusOr<uint64_t> RocksdbJournal::EpochBlocking(uint16_t shard) const {
  std::string value;
  GH_ASSIGN_OR_RETURN(const bool found, store_.GetBlocking(Family::kMeta, EpochKey(shard), &value));
  if (!found) {
    return 0;
  }
  if (value.size() != 8) {
    return absl::DataLossError(
        absl::StrCat("meta: the epoch of shard ", shard, " has ", value.size(), " bytes, not 8"));
  }
  return BigEndian64At(value, 0);
}

absl::StatusOr<uint64_t> RocksdbJournal::Acquire(uint16_t shard) {
  const std::scoped_lock lock(fence_.mutex);
  GH_ASSIGN_OR_RETURN(const JournalTail tail, TailBlocking(shard));
  GH_ASSIGN_OR_RETURN(const uint64_t before, EpochBlocking(shard));
  const uint64_t epoch = before + 1;
  std::string value;
  AppendBigEndian64(epoch, &value);
  GH_RETURN_IF_ERROR(store_.PutBlocking(Family::kMeta, EpochKey(shard), value));
  fence_.epochs[shard] = epoch;
  tails_[shard] = tail;
  return epoch;
}

AppendResult RocksdbJournal::AppendBlocking(const BlockHeader& header,
                                            std::span<const uint8_t> block,
                                            std::string* why) {
  const std::scoped_lock lock(fence_.mutex);
  if (failed_) {
    *why = "an earlier write failed";
    return AppendResult::kUnknown;
  }
  const auto tail = tails_.find(header.shard);
  if (tail == tails_.end()) {
    *why = absl::StrCat("shard ", header.shard, " is not acquired by this writer");
    return AppendResult::kFenced;
  }
  const auto epoch = fence_.epochs.find(header.shard);
  GH_CHECK(epoch != fence_.epochs.end(), "shard=", header.shard);  // as it is in tails_
  if (const AppendResult result = CheckAppend(header, epoch->second, tail->second, why);
      result != AppendResult::kCommitted) {
    return result;
  }
  GH_CHECK(
      block.size() > kBlockHeaderBytes && block.size() <= kBlockBytesMax, "bytes=", block.size());
#ifdef GONGHUI_DCHECK
  // A block that will not be read back must not be acknowledged.
  const absl::StatusOr<BlockView> view = OpenBlock(block);
  GH_CHECK(view.ok(), view.status().message());
  GH_CHECK(view->header.previous == tail->second.last_hash, "first_seq=", header.first_seq);
  tail->second.last_hash = view->hash;
#endif

  rocksdb::WriteOptions synced;
  synced.sync = true;
  synced.protection_bytes_per_key = 8;
  const rocksdb::Status written =
      store_.db()->Put(synced,
                       store_.family(Family::kJournal),
                       JournalKey(header.shard, header.first_seq),
                       rocksdb::Slice(reinterpret_cast<const char*>(block.data()), block.size()));
  if (!written.ok()) {
    failed_ = true;
    *why = absl::StrCat("writing block ", header.first_seq, ": ", written.ToString());
    return AppendResult::kUnknown;
  }
  tail->second.next_seq = header.first_seq + header.event_count;
  return AppendResult::kCommitted;
}

absl::Status RocksdbJournal::ReadBlocking(
    uint16_t shard, uint64_t from_seq, const std::function<absl::Status(const BlockView&)>& visit) {
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kJournal)));
  // The block that holds from_seq, and the one before it, so that the link between
  // them is verified.
  ChainVerifier chain(shard);
  it->SeekForPrev(JournalKey(shard, from_seq));
  if (IsOfShard(*it, shard)) {
    it->Prev();
  }
  if (IsOfShard(*it, shard)) {
    chain.StartAnywhere();
  } else if (it->status().ok()) {
    it->Seek(JournalKey(shard, 0));
  }
  uint64_t last_read = 0;
  for (; IsOfShard(*it, shard); it->Next()) {
    GH_RETURN_IF_ERROR(CheckKey(it->key()));
    last_read = BigEndian64At(ViewOf(it->key()), 2);
    GH_ASSIGN_OR_RETURN(const BlockView view, chain.Next(last_read, BytesOf(it->value())));
    if (chain.tail().next_seq > from_seq) {
      GH_RETURN_IF_ERROR(visit(view));
    }
  }
  if (!it->status().ok()) {
    return ToStatus(
        it->status(),
        absl::StrCat("journal of shard ", shard, ", after ", chain.tail().next_seq - 1));
  }
  // A damaged table may end a scan early without a word; what the same snapshot says is last
  // tells.
  it->SeekForPrev(JournalKey(shard, UINT64_MAX));
  if (!it->status().ok()) {
    return ToStatus(it->status(), absl::StrCat("journal of shard ", shard, ", its end"));
  }
  if (IsOfShard(*it, shard) && it->key().size() == kKeyBytes &&
      BigEndian64At(ViewOf(it->key()), 2) != last_read) {
    return store_.WithDamagedTablesBlocking(
        absl::DataLossError(absl::StrCat("journal of shard ",
                                         shard,
                                         ": reading ended at block ",
                                         last_read,
                                         ", but block ",
                                         BigEndian64At(ViewOf(it->key()), 2),
                                         " is there")),
        Family::kJournal);
  }
  return CheckReadEnd(shard, from_seq, chain.tail());
}

absl::StatusOr<JournalTail> RocksdbJournal::TailBlocking(uint16_t shard) {
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kJournal)));
  it->SeekForPrev(JournalKey(shard, UINT64_MAX));
  if (!it->status().ok()) {
    return ToStatus(it->status(), absl::StrCat("journal of shard ", shard, ", its end"));
  }
  if (!IsOfShard(*it, shard)) {
    return JournalTail{};
  }
  GH_RETURN_IF_ERROR(CheckKey(it->key()));
  ChainVerifier chain(shard);
  chain.StartAnywhere();
  GH_ASSIGN_OR_RETURN(const BlockView view,
                      chain.Next(BigEndian64At(ViewOf(it->key()), 2), BytesOf(it->value())));
  GH_ASSIGN_OR_RETURN(const uint64_t epoch, EpochBlocking(shard));
  if (view.header.epoch > epoch) {
    return absl::DataLossError(absl::StrCat("journal of shard ",
                                            shard,
                                            ": its last block was written in epoch ",
                                            view.header.epoch,
                                            ", but meta knows ",
                                            epoch,
                                            " only"));
  }
  return chain.tail();
}

}  // namespace gonghui
