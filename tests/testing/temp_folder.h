// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A folder for one test, removed with all it holds when the object goes.

#ifndef GONGHUI_TESTS_TESTING_TEMP_FOLDER_H_
#define GONGHUI_TESTS_TESTING_TEMP_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/base/check.h"

namespace gonghui {

class TempFolder {
 public:
  TempFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "gonghui_test_XXXXXX").string();
    GH_CHECK(::mkdtemp(path.data()) != nullptr, "path=", path);
    path_ = path;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] std::string path(std::string_view name = "") const {
    return (name.empty() ? path_ : path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

// What is on the disk at this moment, as a killed process would leave it.  The
// lock is not part of it.  Begins again when a file goes or comes meanwhile (a store clears
// away behind its back what it no longer needs): the files would be of two moments.
inline void CopyFolder(const std::string& from, const std::string& to) {
  constexpr int kTries = 100;
  const auto names = [&] {
    std::set<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
      found.insert(entry.path().filename());
    }
    return found;
  };
  const auto copy_once = [&] {
    const std::set<std::filesystem::path> before = names();
    std::filesystem::remove_all(to);
    std::filesystem::create_directories(to);
    for (const std::filesystem::path& name : before) {
      if (name == "LOCK") {
        continue;
      }
      std::error_code error;
      std::filesystem::copy(
          std::filesystem::path(from) / name, std::filesystem::path(to) / name, error);
      if (error == std::errc::no_such_file_or_directory) {
        return false;
      }
      GH_CHECK(!error, "path=", name.string(), " error=", error.message());
    }
    return names() == before;
  };
  for (int tries = 0; !copy_once(); ++tries) {
    GH_CHECK(tries < kTries, "from=", from);
  }
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// The one file with this ending, or the newest of them by name.
inline std::filesystem::path NewestFile(const std::string& folder, std::string_view ending) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ending && entry.path() > newest) {
      newest = entry.path();
    }
  }
  return newest;
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_TEMP_FOLDER_H_
