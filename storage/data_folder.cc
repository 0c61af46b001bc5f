// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/data_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "storage/spare_log.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

// Files that RocksDB makes before CURRENT names a manifest; a first start may have been cut
// off there.
bool IsOfFirstStart(const std::string& name) {
  return name == "LOCK" || name == "IDENTITY" || name == "lost+found" ||
         name == "MANIFEST-000001" || absl::StartsWith(name, "LOG") ||
         absl::EndsWith(name, ".dbtmp");
}

// And those that it makes later.
bool IsOfDatabase(const std::string& name) {
  return absl::StartsWith(name, "MANIFEST-") || absl::StartsWith(name, "OPTIONS-") ||
         absl::EndsWith(name, ".log") || absl::EndsWith(name, ".sst") || name == "SYNCED" ||
         name == kSpareLogFile || name == kUnfinishedSpareLogFile;
}

// "a/b/" is "a/b".
fs::path WithoutSlash(const std::string& folder) {
  const fs::path path(folder);
  return path.has_filename() ? path : path.parent_path();
}

absl::Status CannotBeMade(const std::string& folder, const std::error_code& error) {
  return absl::FailedPreconditionError(
      absl::StrCat(Described(folder), " cannot be made: ", error.message()));
}

std::error_code LastError() {
  return {errno, std::generic_category()};
}

}  // namespace

std::string Described(const std::string& folder) {
  return absl::StrCat("data folder ", folder);
}

absl::StatusOr<FolderState> LookInto(const std::string& folder) {
  std::error_code error;
  const fs::file_status found = fs::status(folder, error);
  if (found.type() == fs::file_type::not_found) {
    return FolderState::kAbsent;
  }
  if (found.type() == fs::file_type::none) {
    return absl::FailedPreconditionError(
        absl::StrCat(Described(folder), " cannot be looked at: ", error.message()));
  }
  if (found.type() != fs::file_type::directory) {
    return absl::FailedPreconditionError(absl::StrCat(Described(folder), " is not a folder"));
  }
  fs::directory_iterator entries(folder, error);
  const bool has_database = !error && fs::exists(fs::path(folder) / "CURRENT", error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(Described(folder), " cannot be read: ", error.message()));
  }
  if (has_database) {
    return FolderState::kDatabase;
  }
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (IsOfFirstStart(name)) {
      continue;
    }
    if (IsOfDatabase(name)) {
      return absl::DataLossError(absl::StrCat(
          Described(folder), " has lost its file CURRENT, but holds ", name, ": restore a backup"));
    }
    return absl::FailedPreconditionError(absl::StrCat(
        Described(folder), " is not one of Gonghui's: it is not empty and holds ", name));
  }
  return FolderState::kEmpty;
}

absl::Status SyncFolderBlocking(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int error = fd < 0 || ::fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) {
    ::close(fd);
  }
  // Who may make a name in a folder need not be allowed to read it, and not every file system
  // knows how to sync one: neither is a reason to do without the folder.
  if (error == EACCES || error == EINVAL) {
    error = 0;
  }
  return error == 0 ? absl::OkStatus()
                    : absl::InternalError(absl::StrCat("folder ",
                                                       folder,
                                                       " cannot be synced: ",
                                                       std::generic_category().message(error)));
}

absl::Status MakeFolderBlocking(const std::string& folder) {
  std::error_code error;
  const fs::path path = fs::absolute(WithoutSlash(folder), error);
  if (error) {
    return CannotBeMade(folder, error);
  }
  // Those whose list of names changes, the innermost first.
  std::vector<fs::path> changed{path.parent_path()};
  while (changed.back().has_relative_path() && !fs::exists(changed.back(), error)) {
    changed.push_back(changed.back().parent_path());
  }
  fs::create_directories(path.parent_path(), error);
  if (error) {
    return CannotBeMade(folder, error);
  }
  // Never wider, not even for a moment.
  if (::mkdir(path.c_str(), 0700) != 0) {
    return CannotBeMade(folder, LastError());
  }
  for (const fs::path& parent : changed) {
    GH_RETURN_IF_ERROR(SyncFolderBlocking(parent.string()));
  }
  return absl::OkStatus();
}

absl::Status CheckFolderUsable(const std::string& folder) {
  GH_ASSIGN_OR_RETURN(const FolderState found, LookInto(folder));
  if (found != FolderState::kAbsent) {
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(Described(folder), " cannot be written to: ", LastError().message()));
    }
    return absl::OkStatus();
  }
  // Where it would be made, only trying tells: rights are not all that can be missing.
  std::error_code error;
  fs::path there = fs::absolute(WithoutSlash(folder), error).parent_path();
  while (there.has_relative_path() && !fs::exists(there, error)) {
    there = there.parent_path();
  }
  std::string trial = (there / ".gonghui-check.XXXXXX").string();
  if (::mkdtemp(trial.data()) == nullptr) {
    return CannotBeMade(folder, LastError());
  }
  ::rmdir(trial.c_str());
  return absl::OkStatus();
}

}  // namespace gonghui
