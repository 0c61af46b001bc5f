// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a write-ahead log or a manifest of RocksDB's is damaged.  RocksDB says that one is, but
// neither which nor where; operators need both.  The format is RocksDB's: blocks of 32 KiB, in
// each records of checksum (4), length (2), type (1) and payload.

#ifndef GONGHUI_STORAGE_LOG_DAMAGE_H_
#define GONGHUI_STORAGE_LOG_DAMAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace gonghui {

struct LogDamage {
  uint64_t at = 0;  // where the first record begins that does not hold together
  // No other record begins after it.  What of it is not damaged may follow: a disk writes the
  // sectors of one write in any order.
  bool is_last = false;
  // Part of it is zeroes from one sector of the disk to the next, or to its end, as of room that
  // was made for it but not written when the power went.  Such a record was never synced, just
  // like one that is cut off: bytes do not rot by sectors, to nothing.
  bool is_unwritten = false;
};

enum class LogSearch : uint8_t {
  kAll,
  // What RocksDB takes for room that was never written to, or for a record that the end of the
  // file cuts off, and drops without a word with what is behind it: much faster.
  kWhatRocksdbMisses,
};

// Nothing when there is none, or the file can not be read.  `synced`: so much of it is known to
// have been on the disk, so that a record in it that is cut off is damage, too.
std::optional<LogDamage> FindLogDamageBlocking(rocksdb::Env& env,
                                               const std::string& path,
                                               uint64_t synced,
                                               LogSearch search = LogSearch::kAll);

// Looks where RocksDB does not.  DATA_LOSS names each file and place that is damaged, by all
// checksums.
absl::Status CheckLogsBlocking(rocksdb::Env& env, const std::string& folder);

// Whether all that is damaged are the unwritten ends of the newest log, of the manifest, or of both
// (a power cut may meet both being written), behind what is known to have been synced
// (synced_sizes.h).
bool OnlyEndsAreUnwrittenBlocking(rocksdb::Env& env, const std::string& folder);

struct CutEnd {
  std::string name;  // in the folder
  uint64_t at = 0;   // where the file ends now
  uint64_t bytes = 0;
  bool is_unwritten = false;  // it was never finished; else it is damaged, and may have been
};

// Cuts off the last record of the manifest and of the newest log where it was never written to
// its end, or, with `damaged_too`, is damaged; never what is known to have been synced.  A manifest
// because RocksDB has no option to read one whose end does not hold together; a log because RocksDB
// would start the next one behind it, which is then in its way for ever: a log that is damaged
// and not the newest is a damaged folder.  The manifest's damage is looked for by checksums, the
// log's as `search` says.  DATA_LOSS: the manifest is damaged elsewhere.
absl::StatusOr<std::vector<CutEnd>> CutUnfinishedEndsBlocking(rocksdb::Env& env,
                                                              const std::string& folder,
                                                              LogSearch search,
                                                              bool damaged_too);

// `status` with the file and the place, when it is DATA_LOSS: where a log or the manifest is
// damaged, or which table file is missing or can not be opened.
absl::Status WithPlaceBlocking(const absl::Status& status,
                               rocksdb::Env& env,
                               const std::string& folder);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_LOG_DAMAGE_H_
