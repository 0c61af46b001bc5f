// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <absl/strings/str_cat.h>

namespace gonghui::ctl {
namespace {

absl::Status ErrnoStatus(const char* what, const std::string& path) {
  return absl::UnknownError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateFile>> PrivateFile::Create(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return errno == EEXIST
               ? absl::AlreadyExistsError(absl::StrCat(path, " is there; it is not written over"))
               : ErrnoStatus("can not make", path);
  }
  return std::unique_ptr<PrivateFile>(new PrivateFile(path, fd, 0));
}

absl::StatusOr<std::unique_ptr<PrivateFile>> PrivateFile::Open(const std::string& path,
                                                               std::string_view head) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return ErrnoStatus("can not open", path);
  }
  struct stat info {};
  if (fchmod(fd, S_IRUSR | S_IWUSR) != 0 || fstat(fd, &info) != 0) {
    const absl::Status status = ErrnoStatus("can not open", path);
    close(fd);
    return status;
  }
  std::unique_ptr<PrivateFile> file(new PrivateFile(path, fd, info.st_size));
  std::string begin(head.size(), '\0');
  char last = '\0';
  const bool whole =
      info.st_size >= static_cast<off_t>(head.size()) && info.st_size > 0 &&
      pread(fd, begin.data(), begin.size(), 0) == static_cast<ssize_t>(head.size()) &&
      pread(fd, &last, 1, info.st_size - 1) == 1;
  if (!whole || begin != head || last != '\n') {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not as it was written: its columns or its last line have changed"));
  }
  return file;
}

PrivateFile::~PrivateFile() {
  close(fd_);
}

absl::Status PrivateFile::AppendBlocking(std::string_view piece) {
  off_t at = size_;
  absl::Status status;
  while (!piece.empty() && status.ok()) {
    const ssize_t written = pwrite(fd_, piece.data(), piece.size(), at);
    if (written > 0) {
      piece.remove_prefix(static_cast<size_t>(written));
      at += written;
    } else if (written == 0 || errno != EINTR) {
      status = ErrnoStatus("can not write", path_);
    }
  }
  if (status.ok() && fsync(fd_) != 0) {
    status = ErrnoStatus("can not write", path_);
  }
  if (!status.ok()) {
    if (ftruncate(fd_, size_) != 0) {
      // What is left of the piece is told with it; there is nothing more to be done.
      status = absl::UnknownError(absl::StrCat(status.message(), "; its last lines are not whole"));
    }
    return status;
  }
  size_ = at;
  return absl::OkStatus();
}

void PrivateFile::Remove() {
  (void)unlink(path_.c_str());
}

}  // namespace gonghui::ctl
