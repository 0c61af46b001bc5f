// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/archive_id_sort.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace gonghui {
namespace {

// Of each run that is merged.
constexpr size_t kBufferedIds = 16 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

absl::Status FileError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT ? absl::ResourceExhaustedError(message)
                                            : absl::InternalError(message);
}

// A run on its way back.
class RunReader {
 public:
  absl::Status OpenBlocking(const std::string& path) {
    path_ = path;
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (file_ == nullptr) {
      return FileError(path, errno);
    }
    buffer_.resize(kBufferedIds);
    return FillBlocking();
  }

  [[nodiscard]] bool at_end() const { return next_ == size_; }
  [[nodiscard]] const ArchivedId& current() const { return buffer_[next_]; }

  absl::Status AdvanceBlocking() { return ++next_ == size_ ? FillBlocking() : absl::OkStatus(); }

 private:
  absl::Status FillBlocking() {
    next_ = 0;
    size_ = std::fread(buffer_.data(), sizeof(ArchivedId), buffer_.size(), file_.get());
    return std::ferror(file_.get()) != 0 ? FileError(path_, errno) : absl::OkStatus();
  }

  std::string path_;
  File file_;
  std::vector<ArchivedId> buffer_;
  size_t next_ = 0;
  size_t size_ = 0;
};

}  // namespace

ArchiveIdSort::ArchiveIdSort(std::string folder, size_t in_memory_max)
    : folder_(std::move(folder)), in_memory_max_(in_memory_max) {
  GH_CHECK(in_memory_max > 0);
}

absl::Status ArchiveIdSort::AddBlocking(const ArchivedId& id) {
  if (ids_.size() == in_memory_max_) {
    GH_RETURN_IF_ERROR(WriteRunBlocking());
  }
  ids_.push_back(id);
  ++count_;
  return absl::OkStatus();
}

absl::Status ArchiveIdSort::WriteRunBlocking() {
  std::sort(ids_.begin(), ids_.end());
  const std::string path = absl::StrCat(folder_, "/run-", runs_.size());
  File file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr) {
    return FileError(path, errno);
  }
  const bool written =
      std::fwrite(ids_.data(), sizeof(ArchivedId), ids_.size(), file.get()) == ids_.size();
  const int error = errno;
  // Closing writes what is left in the buffer, and may be what finds the disk full.
  if (std::fclose(file.release()) != 0 || !written) {
    return FileError(path, written ? errno : error);
  }
  runs_.push_back(path);
  ids_.clear();
  return absl::OkStatus();
}

absl::Status ArchiveIdSort::ForEachBlocking(
    const std::function<absl::Status(const ArchivedId&)>& visit) {
  if (runs_.empty()) {
    std::sort(ids_.begin(), ids_.end());
    for (const ArchivedId& id : ids_) {
      GH_RETURN_IF_ERROR(visit(id));
    }
    return absl::OkStatus();
  }
  if (!ids_.empty()) {
    GH_RETURN_IF_ERROR(WriteRunBlocking());
  }
  ids_ = {};  // the merge has its own buffers
  std::vector<RunReader> readers(runs_.size());
  std::vector<RunReader*> heap;
  for (size_t i = 0; i < runs_.size(); ++i) {
    GH_RETURN_IF_ERROR(readers[i].OpenBlocking(runs_[i]));
    heap.push_back(&readers[i]);  // none is empty
  }
  const auto later = [](const RunReader* a, const RunReader* b) {
    return a->current() > b->current();
  };
  std::make_heap(heap.begin(), heap.end(), later);
  uint64_t visited = 0;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    RunReader* const first = heap.back();
    GH_RETURN_IF_ERROR(visit(first->current()));
    ++visited;
    GH_RETURN_IF_ERROR(first->AdvanceBlocking());
    if (first->at_end()) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
  // A file that somebody cut short would lose ids silently.
  if (visited != count_) {
    return absl::DataLossError(
        absl::StrCat(folder_, ": ", visited, " ids came back from the sorted runs, not ", count_));
  }
  return absl::OkStatus();
}

}  // namespace gonghui
