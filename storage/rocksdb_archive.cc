// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_archive.h"

#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <variant>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "engine/base/status_macros.h"
#include "engine/durability/archived_codec.h"

namespace gonghui {
namespace {

// One write keeps the journal's writer out for as long as it takes to put its keys into the
// memtables, which for random ids is some microseconds each: less than a sync takes.
constexpr size_t kBatchBytes = 32 << 10;

// Memtables of one family that wait to be flushed, half of what would stop every writer.
constexpr uint64_t kWaitingMemtablesMax = 3;
constexpr std::chrono::milliseconds kFlushPoll{2};
constexpr int kFlushPollsMax = 5'000;

std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::string Where(uint16_t shard, const ArchivePlace& place) {
  return absl::StrCat("archive of shard ",
                      shard,
                      place.tombstone ? ", tombstone of seq " : ", seq ",
                      place.seq.value());
}

// `status` is that of something in the archive.
absl::Status At(const absl::Status& status, uint16_t shard, const ArchivePlace& place) {
  return absl::DataLossError(
      absl::StrCat(Where(shard, place), ": ", std::string(status.message())));
}

absl::Status DecodeAt(std::string_view value,
                      uint16_t shard,
                      const ArchivePlace& place,
                      ArchivedTransaction* found,
                      TerminalId* terminal) {
  if (const absl::Status decoded = DecodeArchiveValue(value, found, terminal); !decoded.ok()) {
    return At(decoded, shard, place);
  }
  const Transaction& transaction = found->transaction;
  if (ArchivePlace{transaction.seq, transaction.tombstone} != place) {
    return absl::DataLossError(
        absl::StrCat(Where(shard, place), ": holds seq ", transaction.seq.value()));
  }
  return absl::OkStatus();
}

rocksdb::ReadOptions ScanOptions() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  return options;
}

}  // namespace

// ---- Putting -------------------------------------------------------------------

// Not for ever: a flush that is stuck RocksDB tells by itself.
void RocksdbArchive::WaitForFlushesBlocking() const {
  int polls = 0;
  for (const Family family : {Family::kArchive, Family::kArchiveIds}) {
    uint64_t waiting = 0;
    while (store_.db()->GetIntProperty(
               store_.family(family), rocksdb::DB::Properties::kNumImmutableMemTable, &waiting) &&
           waiting >= kWaitingMemtablesMax && polls++ < kFlushPollsMax) {
      std::this_thread::sleep_for(kFlushPoll);
    }
  }
}

absl::Status RocksdbArchive::PutBlocking(uint16_t shard, std::span<const Entry> entries) {
  rocksdb::ColumnFamilyHandle* const archive = store_.family(Family::kArchive);
  rocksdb::ColumnFamilyHandle* const ids = store_.family(Family::kArchiveIds);
  rocksdb::WriteBatch batch;
  std::map<std::string, ArchivePlace, std::less<>> names;  // of the batch
  const auto write = [&]() -> absl::Status {
    WaitForFlushesBlocking();
    rocksdb::WriteOptions options;
    // Each, not the last alone: of several records a power cut could leave a later one and not an
    // earlier one, which a start could not tell from damage.
    options.sync = true;
    const rocksdb::Status written = store_.db()->Write(options, &batch);
    batch.Clear();
    names.clear();
    return ToStatus(written, absl::StrCat("archive of shard ", shard, ": putting"));
  };
  std::string value;
  for (const Entry& entry : entries) {
    if (batch.GetDataSize() >= kBatchBytes) {
      GH_RETURN_IF_ERROR(write());
    }
    const Transaction& transaction = entry.transaction.transaction;
    const ArchivePlace place{transaction.seq, transaction.tombstone};
    value.clear();
    AppendArchiveValue(entry.transaction, entry.terminal, &value);
    batch.Put(archive, ArchiveKey(shard, place.seq, place.tombstone), value);
    const std::string leads_to = ArchiveIdValue(place.seq, place.tombstone);
    batch.Put(ids, ArchiveIdKey(shard, transaction.request_id, entry.terminal), leads_to);
    if (transaction.advice() == AdviceRow{} || transaction.reason == Reason::kAdviceTooOld) {
      continue;
    }
    // The one that was decided first stays.
    const std::string key = ArchiveNameKey(shard, AdviceNameOf(entry.transaction, entry.terminal));
    ArchivePlace first;
    bool found = false;
    if (const auto it = names.find(key); it != names.end()) {
      first = it->second;
      found = true;
    } else {
      GH_ASSIGN_OR_RETURN(found, FindPlaceBlocking(key, &first));
    }
    if (!found || place < first) {
      batch.Put(ids, key, leads_to);
      names[key] = place;
    }
  }
  return entries.empty() ? absl::OkStatus() : write();
}

// ---- Finding --------------------------------------------------------------------

absl::StatusOr<bool> RocksdbArchive::FindPlaceBlocking(std::string_view id_key,
                                                       ArchivePlace* place) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status got =
      store_.db()->Get({}, store_.family(Family::kArchiveIds), ToSlice(id_key), &value);
  if (got.IsNotFound()) {
    return false;
  }
  if (!got.ok()) {
    return ToStatus(got, "archive: reading an id");
  }
  GH_ASSIGN_OR_RETURN(*place, ParseArchiveIdValue(ViewOf(value)));
  return true;
}

absl::StatusOr<bool> RocksdbArchive::FindAtBlocking(uint16_t shard,
                                                    const ArchivePlace& place,
                                                    ArchivedTransaction* found,
                                                    TerminalId* terminal) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status got = store_.db()->Get(
      {}, store_.family(Family::kArchive), ArchiveKey(shard, place.seq, place.tombstone), &value);
  if (got.IsNotFound()) {
    return false;
  }
  if (!got.ok()) {
    return ToStatus(got, Where(shard, place));
  }
  GH_RETURN_IF_ERROR(DecodeAt(ViewOf(value), shard, place, found, terminal));
  return true;
}

absl::Status RocksdbArchive::GetAtBlocking(uint16_t shard,
                                           const ArchivePlace& place,
                                           ArchivedTransaction* found,
                                           TerminalId* terminal) const {
  GH_ASSIGN_OR_RETURN(const bool is_there, FindAtBlocking(shard, place, found, terminal));
  return is_there ? absl::OkStatus()
                  : absl::DataLossError(absl::StrCat(Where(shard, place),
                                                     ": an id leads to it, but it is not there"));
}

absl::StatusOr<bool> RocksdbArchive::FindBlocking(uint16_t shard,
                                                  TransactionId id,
                                                  ArchivedTransaction* found) const {
  if (ShardOf(id) != shard) {
    return false;
  }
  TerminalId terminal;
  return FindAtBlocking(shard, {SeqOf(id), /*tombstone=*/false}, found, &terminal);
}

absl::StatusOr<bool> RocksdbArchive::FindBlocking(uint16_t shard,
                                                  const TerminalId& terminal,
                                                  const RequestId& id,
                                                  ArchivedTransaction* found) const {
  ArchivePlace place;
  GH_ASSIGN_OR_RETURN(const bool is_there,
                      FindPlaceBlocking(ArchiveIdKey(shard, id, terminal), &place));
  if (!is_there) {
    return false;
  }
  TerminalId of;
  GH_RETURN_IF_ERROR(GetAtBlocking(shard, place, found, &of));
  if (found->transaction.request_id != id || of != terminal) {
    return absl::DataLossError(
        absl::StrCat(Where(shard, place), ": another's request id leads to it"));
  }
  return true;
}

absl::StatusOr<bool> RocksdbArchive::FindBlocking(uint16_t shard,
                                                  const AdviceName& name,
                                                  ArchivedTransaction* found) const {
  ArchivePlace place;
  GH_ASSIGN_OR_RETURN(const bool is_there, FindPlaceBlocking(ArchiveNameKey(shard, name), &place));
  if (!is_there) {
    return false;
  }
  TerminalId of;
  GH_RETURN_IF_ERROR(GetAtBlocking(shard, place, found, &of));
  if (found->transaction.advice() == AdviceRow{} || AdviceNameOf(*found, of) != name) {
    return absl::DataLossError(
        absl::StrCat(Where(shard, place), ": another advice's name leads to it"));
  }
  return true;
}

// ---- All of it ------------------------------------------------------------------

absl::Status RocksdbArchive::ForEachBlocking(
    uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const {
  const std::string prefix = ArchiveShardPrefix(shard);
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kArchive)));
  Entry entry;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    GH_ASSIGN_OR_RETURN(const ArchivePlace place, ParseArchiveKey(ViewOf(it->key())));
    GH_RETURN_IF_ERROR(
        DecodeAt(ViewOf(it->value()), shard, place, &entry.transaction, &entry.terminal));
    GH_RETURN_IF_ERROR(visit(entry));
  }
  return ToStatus(it->status(), absl::StrCat("archive of shard ", shard));
}

absl::Status RocksdbArchive::ForEachHashBlocking(uint16_t shard,
                                                 const std::function<bool(uint64_t)>& visit) const {
  const std::string prefix = ArchiveShardPrefix(shard);
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator(ScanOptions(), store_.family(Family::kArchiveIds)));
  std::string last;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    last.assign(it->key().data(), it->key().size());
    GH_ASSIGN_OR_RETURN(const auto id, ParseArchiveIdKey(ViewOf(it->key())));
    const auto* const request = std::get_if<ArchivedRequest>(&id);
    if (!visit(request != nullptr ? ArchiveHash(request->id)
                                  : ArchiveHash(std::get<AdviceName>(id)))) {
      return absl::OkStatus();
    }
  }
  GH_RETURN_IF_ERROR(ToStatus(it->status(), absl::StrCat("archive of shard ", shard, ": ids")));
  // A damaged table may end a scan early without a word; what the same snapshot says is last
  // tells.
  it->SeekForPrev(prefix + '\xff');  // behind both tags
  GH_RETURN_IF_ERROR(ToStatus(it->status(), absl::StrCat("archive of shard ", shard, ": ids")));
  if (it->Valid() && it->key().starts_with(prefix) && it->key() != last) {
    return store_.WithDamagedTablesBlocking(
        absl::DataLossError(
            absl::StrCat("archive of shard ", shard, ": reading its ids ended before the last")),
        Family::kArchiveIds);
  }
  return absl::OkStatus();
}

uint64_t RocksdbArchive::ApproximateKeys(Family family) const {
  uint64_t keys = 0;
  store_.db()->GetIntProperty(
      store_.family(family), rocksdb::DB::Properties::kEstimateNumKeys, &keys);
  return keys;
}

uint64_t RocksdbArchive::ApproximateHashes(uint16_t /*shard*/) const {
  return ApproximateKeys(Family::kArchiveIds);
}

uint64_t RocksdbArchive::ApproximateTransactions() const {
  return ApproximateKeys(Family::kArchive);
}

}  // namespace gonghui
