// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// FILE.progress: what is needed to go on with an import that was cut off.
// Written after each acknowledged message, by a rename, so that it is whole
// whenever it is read; not synced, since repeating rows changes nothing.
//
// Text, one "key=value" a line, the first line is the format.

#ifndef GONGHUI_TOOLS_GONGHUICTL_IMPORT_STATE_H_
#define GONGHUI_TOOLS_GONGHUICTL_IMPORT_STATE_H_

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace gonghui::ctl {

// Tells one content of a file from another.
struct FileIdentity {
  uint64_t size_bytes = 0;
  uint64_t hash = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Reads the whole file.
[[nodiscard]] absl::StatusOr<FileIdentity> IdentifyFile(const std::string& path);

struct ImportState {
  std::string kind;
  FileIdentity file;
  // Data rows from the beginning of the file that the server has answered for,
  // and what became of them.
  uint64_t row_count = 0;
  uint64_t accepted_count = 0;
  uint64_t created_count = 0;  // of accepted_count
  uint64_t unchanged_count = 0;
  uint64_t rejected_count = 0;
  // Length of the rejects file at that moment; what is beyond is repeated.
  uint64_t rejects_bytes = 0;
};

// A file that only its owner may read, since rows of an import are personal data.
// Truncated unless `append`; errno says why when null.
[[nodiscard]] std::FILE* OpenPrivateFile(const std::string& path, bool append);

[[nodiscard]] absl::Status SaveImportState(const std::string& path, const ImportState& state);

// Nothing when there is no such file.
[[nodiscard]] absl::StatusOr<std::optional<ImportState>> LoadImportState(const std::string& path);

// "members.csv" -> "members.csv.progress", "members.rejects.csv".
[[nodiscard]] std::string ProgressPath(const std::string& csv_path);
[[nodiscard]] std::string RejectsPath(const std::string& csv_path);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_IMPORT_STATE_H_
