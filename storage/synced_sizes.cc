// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/synced_sizes.h"

#include <algorithm>
#include <memory>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "storage/data_folder.h"
#include "storage/quiet_database.h"
#include "storage/rocksdb_options.h"
#include "storage/rocksdb_store.h"

namespace gonghui {
namespace {

constexpr absl::string_view kTitle = "gonghui synced 1";
constexpr absl::string_view kManifestPrefix = "MANIFEST-";
constexpr absl::string_view kLogSuffix = ".log";

std::string ManifestName(uint64_t number) {
  return absl::StrFormat("MANIFEST-%06d", number);
}
std::string LogName(uint64_t number) {
  return absl::StrFormat("%06d.log", number);
}

std::optional<uint64_t> NumberOf(absl::string_view digits) {
  uint64_t number = 0;
  return !digits.empty() && absl::SimpleAtoi(digits, &number) ? std::optional(number)
                                                              : std::nullopt;
}
absl::string_view NameOf(std::string_view path) {
  return ToAbsl(path.substr(path.rfind('/') + 1));
}

std::string ChecksumLine(absl::string_view text) {
  return absl::StrFormat("xxh3 %016x\n", HashBytes(text.data(), text.size()));
}

std::string PathOf(const std::string& folder, absl::string_view name) {
  return absl::StrCat(folder, "/", name);
}

// By number.
absl::StatusOr<std::vector<SyncedFile>> LogsBlocking(rocksdb::Env& env, const std::string& folder) {
  std::vector<std::string> names;
  GH_RETURN_IF_ERROR(ToStatus(env.GetChildren(folder, &names), Described(folder)));
  std::vector<SyncedFile> logs;
  for (const std::string& name : names) {
    const std::optional<uint64_t> number = LogNumberOf(name);
    if (!number) {
      continue;
    }
    SyncedFile log{*number, 0};
    const rocksdb::Status sized = env.GetFileSize(PathOf(folder, name), &log.bytes);
    if (sized.ok()) {
      logs.push_back(log);
    } else if (env.FileExists(PathOf(folder, name)).ok()) {
      return ToStatus(sized, absl::StrCat(Described(folder), ": ", name));
    }  // else it was deleted under our eyes
  }
  std::sort(logs.begin(), logs.end(), [](const SyncedFile& a, const SyncedFile& b) {
    return a.number < b.number;
  });
  return logs;
}

absl::Status Shorter(const std::string& folder,
                     const std::string& name,
                     uint64_t bytes,
                     uint64_t synced) {
  return absl::DataLossError(absl::StrCat(Described(folder),
                                          ": ",
                                          name,
                                          " ends at byte ",
                                          bytes,
                                          ", but ",
                                          synced,
                                          " bytes of it were on the disk: its end is lost; restore "
                                          "a backup"));
}

// Logs before that one are in table files, as the manifest says; 0 = it can not be read.
uint64_t OldestNeededLogBlocking(rocksdb::Env& env, const std::string& folder) {
  RocksdbStoreOptions reader;
  reader.folder = folder;
  reader.read_only = true;
  rocksdb::DBOptions options = DbOptionsOf(reader, nullptr);
  options.env = &env;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, folder, &names).ok()) {
    return 0;
  }
  // It has read the logs, but the manifest does not know what became of them.
  const auto quiet = QuietDatabase::OpenBlocking(options, folder, names);
  uint64_t oldest = 0;
  if (quiet.ok()) {
    (*quiet)->db().GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &oldest);
  }
  return oldest;
}

absl::Status CheckLogsBlocking(rocksdb::Env& env,
                               const std::string& folder,
                               const std::vector<SyncedFile>& were,
                               const std::vector<SyncedFile>& are,
                               bool manifest_unchanged) {
  std::optional<uint64_t> oldest_needed;  // looked up when it is needed, which is seldom
  for (const SyncedFile& log : were) {
    const auto found = std::find_if(
        are.begin(), are.end(), [&log](const SyncedFile& is) { return is.number == log.number; });
    if (found != are.end()) {
      if (found->bytes < log.bytes) {
        return Shorter(folder, LogName(log.number), found->bytes, log.bytes);
      }
      continue;
    }
    if (log.bytes == 0) {
      continue;
    }
    // A log is deleted when its content is in table files, which the manifest says, and when
    // a newer one is there.
    bool is_missed = manifest_unchanged || are.empty() || are.back().number < log.number;
    if (!is_missed) {
      if (!oldest_needed) {
        oldest_needed = OldestNeededLogBlocking(env, folder);
      }
      is_missed = *oldest_needed != 0 && log.number >= *oldest_needed;
    }
    if (is_missed) {
      return absl::DataLossError(absl::StrCat(Described(folder),
                                              ": ",
                                              LogName(log.number),
                                              " is missing, of which ",
                                              log.bytes,
                                              " bytes were on the disk: restore a backup"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<uint64_t> LogNumberOf(std::string_view path) {
  absl::string_view name = NameOf(path);
  return absl::ConsumeSuffix(&name, kLogSuffix) ? NumberOf(name) : std::nullopt;
}
std::optional<uint64_t> ManifestNumberOf(std::string_view path) {
  absl::string_view name = NameOf(path);
  return absl::ConsumePrefix(&name, kManifestPrefix) ? NumberOf(name) : std::nullopt;
}

std::string EncodeSyncedSizes(const SyncedSizes& sizes) {
  std::string text = absl::StrCat(
      kTitle, "\n", ManifestName(sizes.manifest.number), " ", sizes.manifest.bytes, "\n");
  for (const SyncedFile& log : sizes.logs) {
    absl::StrAppend(&text, LogName(log.number), " ", log.bytes, "\n");
  }
  return text + ChecksumLine(text);
}

std::optional<SyncedSizes> DecodeSyncedSizes(std::string_view bytes) {
  const absl::string_view text = ToAbsl(bytes);
  const size_t last_line =
      text.size() < 2 ? absl::string_view::npos : text.rfind('\n', text.size() - 2);
  if (last_line == absl::string_view::npos) {
    return std::nullopt;
  }
  const absl::string_view content = text.substr(0, last_line + 1);
  if (text.substr(last_line + 1) != ChecksumLine(content)) {
    return std::nullopt;
  }
  const std::vector<absl::string_view> lines = absl::StrSplit(content, '\n', absl::SkipEmpty());
  if (lines.size() < 2 || lines[0] != kTitle) {
    return std::nullopt;
  }
  SyncedSizes sizes;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> line = absl::StrSplit(lines[i], ' ');
    const std::optional<uint64_t> number =
        i == 1 ? ManifestNumberOf(ToStd(line.first)) : LogNumberOf(ToStd(line.first));
    const std::optional<uint64_t> size = NumberOf(line.second);
    if (!number || !size) {
      return std::nullopt;
    }
    if (i == 1) {
      sizes.manifest = {*number, *size};
    } else {
      sizes.logs.push_back({*number, *size});
    }
  }
  return sizes;
}

absl::Status WriteSyncedSizesBlocking(rocksdb::DB& db,
                                      std::vector<SyncedFile> logs,
                                      const std::string& folder) {
  rocksdb::Env& env = *db.GetEnv();
  SyncedSizes sizes;
  std::vector<std::string> live;
  GH_RETURN_IF_ERROR(
      ToStatus(db.GetLiveFiles(live, &sizes.manifest.bytes, /*flush_memtable=*/false),
               absl::StrCat(Described(folder), ": its live files")));
  for (const std::string& name : live) {
    if (const auto number = ManifestNumberOf(name)) {
      sizes.manifest.number = *number;
    }
  }
  uint64_t oldest_needed = 0;
  db.GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &oldest_needed);
  sizes.logs = std::move(logs);
  std::erase_if(sizes.logs,
                [oldest_needed](const SyncedFile& log) { return log.number < oldest_needed; });
  const std::string path = PathOf(folder, ToAbsl(kSyncedSizesFile));
  const std::string unfinished = path + ".dbtmp";
  GH_RETURN_IF_ERROR(ToStatus(
      rocksdb::WriteStringToFile(&env, EncodeSyncedSizes(sizes), unfinished, /*should_sync=*/false),
      unfinished));
  // Neither is synced: after a power cut an older file says less, half a one nothing.
  return ToStatus(env.RenameFile(unfinished, path), path);
}

uint64_t SyncedBytesOfBlocking(rocksdb::Env& env,
                               const std::string& folder,
                               const std::string& name) {
  std::string text;
  (void)rocksdb::ReadFileToString(&env, PathOf(folder, ToAbsl(kSyncedSizesFile)), &text);
  const std::optional<SyncedSizes> sizes = DecodeSyncedSizes(text);
  if (!sizes) {
    return 0;
  }
  if (name == ManifestName(sizes->manifest.number)) {
    return sizes->manifest.bytes;
  }
  for (const SyncedFile& log : sizes->logs) {
    if (name == LogName(log.number)) {
      return log.bytes;
    }
  }
  return 0;
}

absl::Status CheckSyncedSizesBlocking(rocksdb::Env& env, const std::string& folder) {
  std::string current;
  GH_RETURN_IF_ERROR(ToStatus(rocksdb::ReadFileToString(&env, PathOf(folder, "CURRENT"), &current),
                              PathOf(folder, "CURRENT")));
  const std::optional<uint64_t> manifest =
      ManifestNumberOf(ToStd(absl::StripSuffix(current, "\n")));
  // Which of the two is wrong RocksDB does not say.
  if (manifest && env.FileExists(PathOf(folder, ManifestName(*manifest))).IsNotFound()) {
    return absl::DataLossError(absl::StrCat(Described(folder),
                                            ": CURRENT names ",
                                            ManifestName(*manifest),
                                            ", which is not there: restore a backup"));
  }
  const std::string path = PathOf(folder, ToAbsl(kSyncedSizesFile));
  if (env.FileExists(path).IsNotFound()) {
    return absl::OkStatus();
  }
  std::string text;
  GH_RETURN_IF_ERROR(ToStatus(rocksdb::ReadFileToString(&env, path, &text), path));
  const std::optional<SyncedSizes> were = DecodeSyncedSizes(text);
  if (!were || !manifest) {
    return absl::OkStatus();  // RocksDB says what is wrong with CURRENT
  }
  if (*manifest < were->manifest.number) {
    return absl::DataLossError(absl::StrCat(Described(folder),
                                            ": CURRENT names ",
                                            ManifestName(*manifest),
                                            ", but ",
                                            ManifestName(were->manifest.number),
                                            " was in use since: restore a backup"));
  }
  bool manifest_unchanged = false;
  if (*manifest == were->manifest.number) {
    uint64_t bytes = 0;
    const std::string name = ManifestName(*manifest);
    GH_RETURN_IF_ERROR(
        ToStatus(env.GetFileSize(PathOf(folder, name), &bytes), PathOf(folder, name)));
    if (bytes < were->manifest.bytes) {
      return Shorter(folder, name, bytes, were->manifest.bytes);
    }
    manifest_unchanged = bytes == were->manifest.bytes;
  }
  GH_ASSIGN_OR_RETURN(const std::vector<SyncedFile> are, LogsBlocking(env, folder));
  return CheckLogsBlocking(env, folder, were->logs, are, manifest_unchanged);
}

}  // namespace gonghui
