// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_checkpoint.h"

#include <array>
#include <cstring>
#include <utility>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "storage/meta_keys.h"

namespace gonghui {
namespace {

constexpr size_t kKeyBytes = 2 + 1 + 4 + 8;
constexpr size_t kKeyBytesBeforeNumber = 2 + 1 + 4;
constexpr size_t kChecksumBytes = 8;

constexpr uint32_t kMetaVersion = 2;
constexpr size_t kMetaHeadBytes = 4 + 4 + 8 + 8 + 8 + 8;
constexpr size_t kMetaTableBytes = 16;

// One write of pages keeps the journal's writer out for as long as it takes to
// copy this much.
constexpr size_t kBatchBytes = 256 << 10;
// And this much is in memory before it is flushed; under a write buffer's size, so
// that pages never fill one by themselves.
constexpr uint64_t kFlushBytes = 32 << 20;

std::string MetaKey(std::string_view prefix, uint16_t shard) {
  std::string key(prefix);
  AppendBigEndian16(shard, &key);
  return key;
}

// Of the key and the bytes, so that a page under another's key does not pass.
uint64_t ChecksumOf(std::string_view key, const void* bytes, size_t size) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, key.data(), key.size());
  XXH3_64bits_update(&state, bytes, size);
  return XXH3_64bits_digest(&state);
}

void AppendLittle(uint64_t value, size_t bytes, std::string* out) {
  for (size_t i = 0; i < bytes; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }
}
uint64_t LittleAt(std::string_view in, size_t offset, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= uint64_t{static_cast<uint8_t>(in[offset + i])} << (8 * i);
  }
  return value;
}

rocksdb::ReadOptions ScanOptions() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  options.total_order_seek = true;
  return options;
}

std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

uint8_t TableOf(std::string_view key) {
  return static_cast<uint8_t>(key[2]);
}
uint32_t PageOf(std::string_view key) {
  return BigEndian32At(key, 3);
}
// Of the key's table.
uint32_t FirstPageOf(const CheckpointMeta& meta, std::string_view key) {
  const uint8_t table = TableOf(key);
  return table < kCheckpointTablesMax ? meta.first_pages[table] : 0;
}

std::string Where(std::string_view key) {
  return absl::StrCat("checkpoint of shard ",
                      BigEndian16At(key, 0),
                      ", table ",
                      static_cast<int>(TableOf(key)),
                      ", page ",
                      PageOf(key),
                      ", number ",
                      BigEndian64At(key, kKeyBytesBeforeNumber));
}

}  // namespace

struct RocksdbCheckpointStore::Batch {
  rocksdb::WriteBatch pages;
};

std::string PageKey(uint16_t shard, uint8_t table, uint32_t page, uint64_t number) {
  std::string key;
  AppendBigEndian16(shard, &key);
  key.push_back(static_cast<char>(table));
  AppendBigEndian32(page, &key);
  AppendBigEndian64(number, &key);
  return key;
}

std::string EncodeCheckpointMeta(uint64_t number, const CheckpointMeta& meta) {
  uint32_t tables = 0;
  std::string entries;
  for (uint32_t id = 0; id < kCheckpointTablesMax; ++id) {
    if (meta.row_bytes[id] != 0) {
      ++tables;
      AppendLittle(id, 4, &entries);
      AppendLittle(meta.table_sizes[id], 4, &entries);
      AppendLittle(meta.row_bytes[id], 4, &entries);
      AppendLittle(meta.first_pages[id], 4, &entries);
    }
  }
  std::string value;
  AppendLittle(kMetaVersion, 2, &value);
  AppendLittle(meta.shard, 2, &value);
  AppendLittle(tables, 4, &value);
  AppendLittle(number, 8, &value);
  AppendLittle(meta.applied_seq, 8, &value);
  AppendLittle(static_cast<uint64_t>(meta.applied_at.value()), 8, &value);
  AppendLittle(meta.state_hash, 8, &value);
  value += entries;
  AppendLittle(HashBytes(value.data(), value.size()), kChecksumBytes, &value);
  return value;
}

absl::Status DecodeCheckpointMeta(std::string_view value, uint64_t* number, CheckpointMeta* meta) {
  if (value.size() < kMetaHeadBytes + kChecksumBytes) {
    return absl::DataLossError("checkpoint record: too short");
  }
  if (LittleAt(value, 0, 2) != kMetaVersion) {
    return absl::DataLossError(
        absl::StrCat("checkpoint record: version ", LittleAt(value, 0, 2), " is not known"));
  }
  const std::string_view body = value.substr(0, value.size() - kChecksumBytes);
  if (HashBytes(body.data(), body.size()) != LittleAt(value, body.size(), kChecksumBytes)) {
    return absl::DataLossError("checkpoint record: checksum does not match the bytes");
  }
  const uint64_t tables = LittleAt(value, 4, 4);
  if (body.size() != kMetaHeadBytes + tables * kMetaTableBytes) {
    return absl::DataLossError("checkpoint record: its length does not fit its tables");
  }
  *meta = CheckpointMeta{};
  meta->shard = static_cast<uint16_t>(LittleAt(value, 2, 2));
  *number = LittleAt(value, 8, 8);
  meta->applied_seq = LittleAt(value, 16, 8);
  meta->applied_at = TimestampNs{static_cast<int64_t>(LittleAt(value, 24, 8))};
  meta->state_hash = LittleAt(value, 32, 8);
  for (uint64_t i = 0; i < tables; ++i) {
    const size_t at = kMetaHeadBytes + i * kMetaTableBytes;
    const uint64_t id = LittleAt(value, at, 4);
    if (id >= kCheckpointTablesMax) {
      return absl::DataLossError(absl::StrCat("checkpoint record: table ", id, " is not known"));
    }
    meta->table_sizes[id] = static_cast<uint32_t>(LittleAt(value, at + 4, 4));
    meta->row_bytes[id] = static_cast<uint32_t>(LittleAt(value, at + 8, 4));
    meta->first_pages[id] = static_cast<uint32_t>(LittleAt(value, at + 12, 4));
  }
  return absl::OkStatus();
}

RocksdbCheckpointStore::RocksdbCheckpointStore(RocksdbStore& store)
    : store_(store), batch_(std::make_unique<Batch>()) {}
RocksdbCheckpointStore::~RocksdbCheckpointStore() = default;

absl::StatusOr<RocksdbCheckpointStore::Committed> RocksdbCheckpointStore::CommittedBlocking(
    uint16_t shard) const {
  Committed committed;
  std::string value;
  GH_ASSIGN_OR_RETURN(const bool found,
                      store_.GetBlocking(Family::kMeta, MetaKey(kCheckpointKey, shard), &value));
  if (!found) {
    return committed;
  }
  GH_RETURN_IF_ERROR(DecodeCheckpointMeta(value, &committed.number, &committed.meta));
  if (committed.meta.shard != shard || committed.number == 0) {
    return absl::DataLossError(absl::StrCat("checkpoint record of shard ",
                                            shard,
                                            ": says shard ",
                                            committed.meta.shard,
                                            ", number ",
                                            committed.number));
  }
  return committed;
}

absl::StatusOr<std::optional<CheckpointMeta>> RocksdbCheckpointStore::LatestBlocking(
    uint16_t shard) {
  GH_ASSIGN_OR_RETURN(const Committed committed, CommittedBlocking(shard));
  if (committed.number == 0) {
    return std::optional<CheckpointMeta>();
  }
  return std::optional<CheckpointMeta>(committed.meta);
}

template <class Visit>
absl::Status RocksdbCheckpointStore::ForEachPageBlocking(uint16_t shard, Visit&& visit) const {
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kState)));
  std::string prefix;
  AppendBigEndian16(shard, &prefix);
  std::string last;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const std::string_view key = ViewOf(it->key());
    if (key.size() != kKeyBytes) {
      return absl::DataLossError(
          absl::StrCat("checkpoint of shard ", shard, ": a key of ", key.size(), " bytes"));
    }
    GH_RETURN_IF_ERROR(visit(key, ViewOf(it->value())));
    last.assign(key);
  }
  return ToStatus(it->status(),
                  last.empty() ? absl::StrCat("checkpoint of shard ", shard)
                               : absl::StrCat("after ", Where(last)));
}

// Keys of one page come one after the other, the oldest first.
void RocksdbCheckpointStore::Stored::Note(std::string_view key) {
  if (TableOf(key) >= kCheckpointTablesMax) {
    return;  // whoever loads it will say so
  }
  uint64_t& number = numbers[{TableOf(key), PageOf(key)}];
  if (number != 0) {
    superseded.push_back(PageKey(shard, TableOf(key), PageOf(key), number));
  }
  number = BigEndian64At(key, kKeyBytesBeforeNumber);
}

absl::Status RocksdbCheckpointStore::LoadBlocking(uint16_t shard, const PageVisitor& visit) {
  GH_ASSIGN_OR_RETURN(const Committed committed, CommittedBlocking(shard));
  if (committed.number == 0) {
    return absl::NotFoundError(absl::StrCat("shard ", shard, " has no checkpoint"));
  }
  // Keys of one page stand together, oldest first: the one to load is the last
  // that is not above the committed number.
  std::string key;  // of the newest version seen of the page at hand
  std::string value;
  const auto deliver = [&key, &value, &visit, &committed]() -> absl::Status {
    if (key.empty() || PageOf(key) < FirstPageOf(committed.meta, key)) {
      return absl::OkStatus();
    }
    if (value.size() < kChecksumBytes) {
      return absl::DataLossError(absl::StrCat(Where(key), ": too short"));
    }
    const char* const bytes = value.data() + kChecksumBytes;
    const size_t size = value.size() - kChecksumBytes;
    if (ChecksumOf(key, bytes, size) != LittleAt(value, 0, kChecksumBytes)) {
      return absl::DataLossError(absl::StrCat(Where(key), ": checksum does not match the bytes"));
    }
    return visit(TableOf(key), PageOf(key), {reinterpret_cast<const uint8_t*>(bytes), size});
  };
  Stored stored;
  stored.shard = shard;
  const absl::Status read = ForEachPageBlocking(
      shard, [&](std::string_view found, std::string_view bytes) -> absl::Status {
        if (BigEndian64At(found, kKeyBytesBeforeNumber) > committed.number) {
          return absl::OkStatus();
        }
        if (found.compare(0, kKeyBytesBeforeNumber, key, 0, kKeyBytesBeforeNumber) != 0) {
          GH_RETURN_IF_ERROR(deliver());
        }
        stored.Note(found);
        key.assign(found);
        value.assign(bytes);
        return absl::OkStatus();
      });
  GH_RETURN_IF_ERROR(store_.WithDamagedTablesBlocking(read, Family::kState));
  GH_RETURN_IF_ERROR(store_.WithDamagedTablesBlocking(deliver(), Family::kState));
  if (!shard_) {  // else a checkpoint is being written, which knows its own
    stored_ = std::move(stored);
  }
  return absl::OkStatus();
}

absl::StatusOr<RocksdbCheckpointStore::Stored> RocksdbCheckpointStore::StoredBlocking(
    uint16_t shard, uint64_t committed) const {
  Stored stored;
  stored.shard = shard;
  GH_RETURN_IF_ERROR(
      ForEachPageBlocking(shard, [&](std::string_view key, std::string_view) -> absl::Status {
        if (BigEndian64At(key, kKeyBytesBeforeNumber) <= committed) {
          stored.Note(key);
        }
        return absl::OkStatus();
      }));
  return stored;
}

absl::Status RocksdbCheckpointStore::BeginBlocking(uint16_t shard) {
  GH_ASSIGN_OR_RETURN(const Committed committed, CommittedBlocking(shard));
  batch_->pages.Clear();
  pages_.clear();
  unflushed_bytes_ = 0;
  shard_.reset();

  std::string value;
  const std::string writing_key = MetaKey(kCheckpointWritingKey, shard);
  GH_ASSIGN_OR_RETURN(const bool unfinished,
                      store_.GetBlocking(Family::kMeta, writing_key, &value));
  if (unfinished && (value.size() != 8 || BigEndian64At(value, 0) > committed.number)) {
    GH_RETURN_IF_ERROR(ClearUnfinishedBlocking(shard, committed.number));
  }
  if (!stored_ || stored_->shard != shard) {
    stored_.reset();
    GH_ASSIGN_OR_RETURN(stored_, StoredBlocking(shard, committed.number));
  }
  value.clear();
  AppendBigEndian64(committed.number + 1, &value);
  GH_RETURN_IF_ERROR(store_.PutBlocking(Family::kMeta, writing_key, value));
  shard_ = shard;
  number_ = committed.number + 1;
  return absl::OkStatus();
}

absl::Status RocksdbCheckpointStore::AddPageBlocking(uint8_t table,
                                                     uint32_t page,
                                                     std::span<const uint8_t> bytes) {
  if (!shard_) {
    return absl::FailedPreconditionError("no checkpoint is being written");
  }
  GH_CHECK(table < kCheckpointTablesMax, "table=", table);
  const std::string key = PageKey(*shard_, table, page, number_);
  const uint64_t checksum = ChecksumOf(key, bytes.data(), bytes.size());
  const std::array<rocksdb::Slice, 2> parts = {
      rocksdb::Slice(reinterpret_cast<const char*>(&checksum), kChecksumBytes),
      rocksdb::Slice(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
  const rocksdb::Slice key_part(key);
  const rocksdb::Status put = batch_->pages.Put(store_.family(Family::kState),
                                                rocksdb::SliceParts(&key_part, 1),
                                                rocksdb::SliceParts(parts.data(), 2));
  if (!put.ok()) {
    return ToStatus(put, "checkpoint: collecting pages");
  }
  pages_.emplace_back(table, page);
  if (batch_->pages.GetDataSize() >= kBatchBytes) {
    GH_RETURN_IF_ERROR(WriteBatchBlocking());
  }
  if (unflushed_bytes_ >= kFlushBytes) {
    GH_RETURN_IF_ERROR(FlushBlocking());
  }
  return absl::OkStatus();
}

absl::Status RocksdbCheckpointStore::WriteBatchBlocking() {
  if (batch_->pages.Count() == 0) {
    return absl::OkStatus();
  }
  rocksdb::WriteOptions without_wal;
  without_wal.disableWAL = true;
  unflushed_bytes_ += batch_->pages.GetDataSize();
  const rocksdb::Status written = store_.db()->Write(without_wal, &batch_->pages);
  batch_->pages.Clear();
  return ToStatus(written, "checkpoint: writing pages");
}

absl::Status RocksdbCheckpointStore::FlushBlocking() {
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;  // there are none, see rocksdb_store.h
  unflushed_bytes_ = 0;
  return ToStatus(store_.db()->Flush(options, store_.family(Family::kState)),
                  "checkpoint: flushing pages");
}

absl::Status RocksdbCheckpointStore::CommitBlocking(const CheckpointMeta& meta) {
  if (shard_ != meta.shard) {
    return absl::FailedPreconditionError("no checkpoint of this shard is being written");
  }
  GH_RETURN_IF_ERROR(WriteBatchBlocking());
  GH_RETURN_IF_ERROR(FlushBlocking());
  // From here on a crash finds every page of this checkpoint.
  const uint16_t shard = *shard_;
  GH_ASSIGN_OR_RETURN(const Committed before, CommittedBlocking(shard));
  rocksdb::WriteBatch batch;
  batch.Put(store_.family(Family::kMeta),
            MetaKey(kCheckpointKey, shard),
            EncodeCheckpointMeta(number_, meta));
  // With the commit, so that none is left that nobody looks for any more.
  bool have_left = false;
  for (uint32_t id = 0; id < kCheckpointTablesMax; ++id) {
    const auto table = static_cast<uint8_t>(id);
    const uint32_t first = meta.first_pages[id];
    GH_CHECK(first >= before.meta.first_pages[id], "table=", id, " first=", first);
    if (first != before.meta.first_pages[id]) {
      have_left = true;
      batch.DeleteRange(store_.family(Family::kState),
                        PageKey(shard, table, before.meta.first_pages[id], 0),
                        PageKey(shard, table, first, 0));
    }
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  GH_RETURN_IF_ERROR(ToStatus(store_.db()->Write(synced, &batch), "checkpoint: committing"));
  // Nothing depends on it; a log that can not be synced RocksDB tells by itself.
  (void)store_.MarkSyncedBlocking();
  shard_.reset();
  const absl::Status cleared = ClearSupersededBlocking(shard);
  if (!cleared.ok()) {
    stored_.reset();  // the next one looks again
    return cleared;
  }
  if (have_left) {
    absl::erase_if(stored_->numbers, [&meta](const auto& entry) {
      return entry.first.second < meta.first_pages[entry.first.first];
    });
  }
  return absl::OkStatus();
}

absl::Status RocksdbCheckpointStore::ClearUnfinishedBlocking(uint16_t shard, uint64_t committed) {
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kState)));
  std::string prefix;
  AppendBigEndian16(shard, &prefix);
  rocksdb::WriteBatch batch;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (it->key().size() == kKeyBytes &&
        BigEndian64At(ViewOf(it->key()), kKeyBytesBeforeNumber) > committed) {
      batch.Delete(store_.family(Family::kState), it->key());
    }
  }
  if (!it->status().ok()) {
    return ToStatus(it->status(), "checkpoint: clearing an unfinished one");
  }
  // Through the WAL and synced: these numbers are used again.
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(store_.db()->Write(synced, &batch), "checkpoint: clearing an unfinished one");
}

absl::Status RocksdbCheckpointStore::ClearSupersededBlocking(uint16_t shard) {
  // No harm if a crash loses some of it: an older version is not looked at, and the next
  // load, or the first checkpoint that is begun, notes it.
  rocksdb::WriteOptions without_wal;
  without_wal.disableWAL = true;
  rocksdb::WriteBatch batch;
  const auto clear = [&](const std::string& key) -> absl::Status {
    batch.Delete(store_.family(Family::kState), key);
    if (batch.GetDataSize() < kBatchBytes) {
      return absl::OkStatus();
    }
    const rocksdb::Status written = store_.db()->Write(without_wal, &batch);
    batch.Clear();
    return ToStatus(written, "checkpoint: clearing what it replaced");
  };
  for (const std::string& key : std::exchange(stored_->superseded, {})) {
    GH_RETURN_IF_ERROR(clear(key));
  }
  for (const auto& page : std::exchange(pages_, {})) {
    uint64_t& number = stored_->numbers[page];
    if (number != 0 && number != number_) {  // a page may have been added twice
      GH_RETURN_IF_ERROR(clear(PageKey(shard, page.first, page.second, number)));
    }
    number = number_;
  }
  return ToStatus(store_.db()->Write(without_wal, &batch), "checkpoint: clearing what it replaced");
}

absl::StatusOr<uint64_t> RocksdbCheckpointStore::CountStoredPagesBlocking(uint16_t shard) const {
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kState)));
  std::string prefix;
  AppendBigEndian16(shard, &prefix);
  uint64_t pages = 0;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    ++pages;
  }
  if (!it->status().ok()) {
    return ToStatus(it->status(), "checkpoint: counting pages");
  }
  return pages;
}

}  // namespace gonghui
