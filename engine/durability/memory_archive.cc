// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_archive.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/durability/archived_codec.h"

namespace gonghui {
namespace {

absl::Status Injected() {
  return absl::UnavailableError("injected failure");
}

}  // namespace

bool MemoryArchive::NameOrder::operator()(const AdviceName& a, const AdviceName& b) const {
  const auto key = [](const AdviceName& name) {
    return std::tie(name.terminal,
                    name.sequence,
                    name.business_day,
                    name.kind,
                    name.amount,
                    name.card,
                    name.original,
                    name.original_request_id);
  };
  return key(a) < key(b);
}

absl::Status MemoryArchive::PutBlocking(uint16_t shard, std::span<const Entry> entries) {
  const std::scoped_lock lock(mutex_);
  Shard& to = shards_[shard];
  for (const Entry& entry : entries) {
    if (put_failure_armed_ && put_failure_after_-- == 0) {
      put_failure_armed_ = false;
      return Injected();
    }
    const Transaction& transaction = entry.transaction.transaction;
    const Place place(transaction.seq, transaction.tombstone);
    std::string& value = to.values[place];
    value.clear();
    AppendArchiveValue(entry.transaction, entry.terminal, &value);
    to.ids[{transaction.request_id, entry.terminal}] = place;
    if (transaction.advice() != AdviceRow{} && transaction.reason != Reason::kAdviceTooOld) {
      const auto [it, is_new] =
          to.names.emplace(AdviceNameOf(entry.transaction, entry.terminal), place);
      it->second = std::min(it->second, place);
    }
  }
  return absl::OkStatus();
}

const MemoryArchive::Shard* MemoryArchive::FindShard(uint16_t shard) const {
  const auto it = shards_.find(shard);
  return it == shards_.end() ? nullptr : &it->second;
}

absl::StatusOr<bool> MemoryArchive::GetLocked(const Shard& shard,
                                              const Place& place,
                                              ArchivedTransaction* found) {
  const auto value = shard.values.find(place);
  if (value == shard.values.end()) {
    return false;
  }
  TerminalId terminal;
  GH_RETURN_IF_ERROR(DecodeArchiveValue(value->second, found, &terminal));
  return true;
}

absl::StatusOr<bool> MemoryArchive::FindBlocking(uint16_t shard,
                                                 TransactionId id,
                                                 ArchivedTransaction* found) const {
  const std::scoped_lock lock(mutex_);
  if (finds_fail_) {
    return Injected();
  }
  const Shard* const in = FindShard(shard);
  if (in == nullptr || ShardOf(id) != shard) {
    return false;
  }
  return GetLocked(*in, {SeqOf(id), false}, found);
}

absl::StatusOr<bool> MemoryArchive::FindBlocking(uint16_t shard,
                                                 const TerminalId& terminal,
                                                 const RequestId& id,
                                                 ArchivedTransaction* found) const {
  const std::scoped_lock lock(mutex_);
  if (finds_fail_) {
    return Injected();
  }
  const Shard* const in = FindShard(shard);
  if (in == nullptr) {
    return false;
  }
  const auto it = in->ids.find({id, terminal});
  return it == in->ids.end() ? false : GetLocked(*in, it->second, found);
}

absl::StatusOr<bool> MemoryArchive::FindBlocking(uint16_t shard,
                                                 const AdviceName& name,
                                                 ArchivedTransaction* found) const {
  const std::scoped_lock lock(mutex_);
  if (finds_fail_) {
    return Injected();
  }
  const Shard* const in = FindShard(shard);
  if (in == nullptr) {
    return false;
  }
  const auto it = in->names.find(name);
  return it == in->names.end() ? false : GetLocked(*in, it->second, found);
}

absl::Status MemoryArchive::ForEachBlocking(
    uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const {
  std::map<Place, std::string> values;  // a copy, so that `visit` may call back
  {
    const std::scoped_lock lock(mutex_);
    if (const Shard* const in = FindShard(shard); in != nullptr) {
      values = in->values;
    }
  }
  Entry entry;
  for (const auto& [place, value] : values) {
    GH_RETURN_IF_ERROR(DecodeArchiveValue(value, &entry.transaction, &entry.terminal));
    GH_RETURN_IF_ERROR(visit(entry));
  }
  return absl::OkStatus();
}

absl::Status MemoryArchive::ForEachHashBlocking(uint16_t shard,
                                                const std::function<bool(uint64_t)>& visit) const {
  std::vector<uint64_t> hashes;
  {
    const std::scoped_lock lock(mutex_);
    if (const Shard* const in = FindShard(shard); in != nullptr) {
      for (const auto& [key, place] : in->ids) {
        hashes.push_back(ArchiveHash(key.first));
      }
      for (const auto& [name, place] : in->names) {
        hashes.push_back(ArchiveHash(name));
      }
    }
  }
  for (const uint64_t hash : hashes) {
    if (!visit(hash)) {
      break;
    }
  }
  return absl::OkStatus();
}

uint64_t MemoryArchive::ApproximateHashes(uint16_t shard) const {
  const std::scoped_lock lock(mutex_);
  const Shard* const in = FindShard(shard);
  return in == nullptr ? 0 : in->ids.size() + in->names.size();
}

uint64_t MemoryArchive::size() const {
  const std::scoped_lock lock(mutex_);
  uint64_t size = 0;
  for (const auto& [shard, of_it] : shards_) {
    size += of_it.values.size();
  }
  return size;
}

void MemoryArchive::FailNextPut(uint64_t entries_before) {
  const std::scoped_lock lock(mutex_);
  put_failure_armed_ = true;
  put_failure_after_ = entries_before;
}

void MemoryArchive::FailFinds(bool fail) {
  const std::scoped_lock lock(mutex_);
  finds_fail_ = fail;
}

}  // namespace gonghui
