// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/import_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include <absl/strings/str_cat.h>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr std::string_view kFormat = "gonghui-import-progress=2";
constexpr size_t kHashChunkBytes = 1 << 20;
constexpr size_t kStateBytesMax = 4096;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

absl::Status ErrnoStatus(const char* what, const std::string& path) {
  return absl::UnknownError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

// The numbers of the state, by key.
struct Number {
  std::string_view key;
  uint64_t* value;
};
std::array<Number, 8> Numbers(ImportState* state) {
  return {Number{"file_size_bytes", &state->file.size_bytes},
          Number{"file_xxh3", &state->file.hash},
          Number{"row_count", &state->row_count},
          Number{"accepted_count", &state->accepted_count},
          Number{"created_count", &state->created_count},
          Number{"unchanged_count", &state->unchanged_count},
          Number{"rejected_count", &state->rejected_count},
          Number{"rejects_bytes", &state->rejects_bytes}};
}

bool ParseState(std::string_view text, ImportState* state) {
  size_t found = 0;
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return false;  // cut off
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      if (line != kFormat) {
        return false;
      }
      first = false;
      continue;
    }
    const std::string_view key = line.substr(0, line.find('='));
    if (key.size() == line.size()) {
      return false;
    }
    const std::string_view value = line.substr(key.size() + 1);
    if (key == "kind") {
      state->kind = value;
      ++found;
    }
    for (const Number& number : Numbers(state)) {
      if (key == number.key) {
        const absl::StatusOr<uint64_t> parsed =
            ParseUnsigned(value, std::numeric_limits<uint64_t>::max());
        if (!parsed.ok()) {
          return false;
        }
        *number.value = *parsed;
        ++found;
      }
    }
  }
  return found == Numbers(state).size() + 1;
}

}  // namespace

absl::StatusOr<FileIdentity> IdentifyFile(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    return ErrnoStatus("can not open", path);
  }
  FileIdentity identity;
  std::vector<char> chunk(kHashChunkBytes);
  while (true) {
    const size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get());
    if (got == 0) {
      break;
    }
    identity.size_bytes += got;
    identity.hash = HashBytes(chunk.data(), got, identity.hash);
  }
  if (std::ferror(file.get()) != 0) {
    return ErrnoStatus("can not read", path);
  }
  return identity;
}

std::FILE* OpenPrivateFile(const std::string& path, bool append) {
  const int fd = open(path.c_str(),
                      O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC),
                      S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return nullptr;
  }
  // One that was there before has the mode it was made with.
  std::FILE* file = fchmod(fd, S_IRUSR | S_IWUSR) == 0 ? fdopen(fd, append ? "ab" : "wb") : nullptr;
  if (file == nullptr) {
    const int error = errno;
    close(fd);
    errno = error;
  }
  return file;
}

absl::Status SaveImportState(const std::string& path, const ImportState& state) {
  const std::string temporary = path + ".new";
  File file(OpenPrivateFile(temporary, /*append=*/false));
  if (file == nullptr) {
    return ErrnoStatus("can not write", temporary);
  }
  ImportState copy = state;
  std::string text = fmt::format("{}\nkind={}\n", kFormat, state.kind);
  for (const Number& number : Numbers(&copy)) {
    text += fmt::format("{}={}\n", number.key, *number.value);
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  if (std::fclose(file.release()) != 0 || !written) {
    return ErrnoStatus("can not write", temporary);
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    return ErrnoStatus("can not rename to", path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ImportState>> LoadImportState(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    if (errno == ENOENT) {
      return std::optional<ImportState>();
    }
    return ErrnoStatus("can not open", path);
  }
  std::string text(kStateBytesMax, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  ImportState state;
  if (!ParseState(text, &state)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is not a progress file; remove it and begin again"));
  }
  return std::optional<ImportState>(state);
}

std::string ProgressPath(const std::string& csv_path) {
  return csv_path + ".progress";
}

std::string RejectsPath(const std::string& csv_path) {
  constexpr std::string_view kSuffix = ".csv";
  const bool has = csv_path.size() > kSuffix.size() && csv_path.ends_with(kSuffix);
  return csv_path.substr(0, csv_path.size() - (has ? kSuffix.size() : 0)) + ".rejects.csv";
}

}  // namespace gonghui::ctl
