// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts very many transactions into the archive of a stopped server at once: those of a
// former system, which this ledger never decided and which are in none of its accounts.
//
//   GH_ASSIGN_OR_RETURN(auto loader, ArchiveBulkLoader::BeginBlocking(store, shard, options));
//   for (...) { GH_RETURN_IF_ERROR(loader->AddBlocking(transaction, terminal)); }
//   GH_ASSIGN_OR_RETURN(const BulkLoaded loaded, loader->FinishBlocking());
//
// They are written as sorted files beside the database, which then takes all of them in
// one step: a crash, a full disk or an object that is dropped before it has finished
// leaves the database as it was.  Neither the journal nor the ledger hears of it: their
// numbers lie above every one that the ledger will ever give (kImportedSeqFirst).
//
// Memory: 40 bytes an id up to `ids_in_memory_max` of them, and RocksDB's buffers.
//
// Thread safety: none.

#ifndef GONGHUI_STORAGE_ARCHIVE_BULK_LOADER_H_
#define GONGHUI_STORAGE_ARCHIVE_BULK_LOADER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/archive.h"
#include "engine/domain/ids.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

struct BulkLoadOptions {
  size_t ids_in_memory_max = size_t{4} << 20;
  uint64_t file_bytes = 256u << 20;
  // Called now and then, if given, with how many have been added, or put in order.  When
  // it answers false the load ends: CANCELLED.
  std::function<bool(const char* what, uint64_t count)> progress;
};

struct BulkLoaded {
  uint64_t transactions = 0;
  CommandSeq first_seq;  // none when there were none
  CommandSeq last_seq;
  uint64_t record_bytes = 0;  // of the files of each family
  uint64_t id_bytes = 0;
  // Everything is loaded, but the ids could not be merged with those of before, which makes
  // looking them up slower; empty = nothing to tell.
  std::string warning;
};

class ArchiveBulkLoader {
 public:
  // `store` is open for writing and outlives this.
  static absl::StatusOr<std::unique_ptr<ArchiveBulkLoader>> BeginBlocking(RocksdbStore& store,
                                                                          uint16_t shard,
                                                                          BulkLoadOptions options);
  ~ArchiveBulkLoader();
  ArchiveBulkLoader(const ArchiveBulkLoader&) = delete;
  ArchiveBulkLoader& operator=(const ArchiveBulkLoader&) = delete;

  // Whether the disk has room for so many; RESOURCE_EXHAUSTED says how much is missing.
  absl::Status CheckRoomBlocking(uint64_t transactions) const;

  // Which number the next one gets: after all that were loaded before.
  [[nodiscard]] CommandSeq next_seq() const;

  // REQUIRES: transaction.seq is next_seq(), there is no advice, nothing is held.
  absl::Status AddBlocking(const ArchivedTransaction& transaction, const TerminalId& terminal);

  // Once, after the last.  ALREADY_EXISTS: two have one terminal's same request id.
  absl::StatusOr<BulkLoaded> FinishBlocking();

 private:
  struct Impl;
  explicit ArchiveBulkLoader(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ARCHIVE_BULK_LOADER_H_
