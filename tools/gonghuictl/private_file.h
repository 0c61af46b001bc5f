// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A file that only its owner may read and that grows by whole pieces: pick-up codes, which
// nobody can ask for again.  What Append() has answered OK for is on the disk; a piece that
// could not be written leaves nothing behind.

#ifndef GONGHUI_TOOLS_GONGHUICTL_PRIVATE_FILE_H_
#define GONGHUI_TOOLS_GONGHUICTL_PRIVATE_FILE_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace gonghui::ctl {

class PrivateFile {
 public:
  // Makes it; never writes over one that is there.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PrivateFile>> Create(const std::string& path);
  // One that is there, to write behind what it has: it must begin with `head` and end with a
  // whole line, as no program leaves it that has changed it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PrivateFile>> Open(const std::string& path,
                                                                         std::string_view head);

  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  [[nodiscard]] absl::Status AppendBlocking(std::string_view piece);

  // Takes away one that Create() made, as nothing is in it that anybody wants.
  void Remove();

 private:
  PrivateFile(std::string path, int fd, off_t size)
      : path_(std::move(path)), fd_(fd), size_(size) {}

  const std::string path_;
  const int fd_;
  off_t size_;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_PRIVATE_FILE_H_
