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

#include <absl/status/status.h>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace gonghui {

struct LogDamage {
  uint64_t at = 0;  // where the first record begins that does not hold together
  // No other record begins after it.  What of it is not damaged may follow: a disk writes the
  // sectors of one write in any order.
  bool is_last = false;
  // Its end, and all of the file from there on, is zeroes, as of room that was made for it but
  // not written when the power went.  Such a record was never synced, just like one that is
  // cut off: bytes that rot do not rot to the end of a file.
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

// Looks where RocksDB does not.  DATA_LOSS names the file and the place.
absl::Status CheckLogsBlocking(rocksdb::Env& env, const std::string& folder);

// Whether all that is damaged is the unwritten end of the newest log, behind what is known to
// have been synced (synced_sizes.h).
bool OnlyAnEndIsUnwrittenBlocking(rocksdb::Env& env, const std::string& folder);

// Cuts off the manifest's end when it is damaged behind what is known to have been synced and
// was never written, or, with `damaged_too`, is its last record: RocksDB reads a manifest that
// ends early, as it does a log, but has no option to read one whose end does not hold together.
absl::Status CutEndOfManifestBlocking(rocksdb::Env& env,
                                      const std::string& folder,
                                      bool damaged_too);

// `status` with the file and the place, when it is DATA_LOSS: where a log or the manifest is
// damaged, or which table file is missing or can not be opened.
absl::Status WithPlaceBlocking(const absl::Status& status,
                               rocksdb::Env& env,
                               const std::string& folder);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_LOG_DAMAGE_H_
