// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Says what an operator should do when RocksDB ends the process while it reads a folder.  Debian
// builds it with its assertions, and some of what a damaged table file says of itself (its
// properties, which RocksDB 7.8 reads without comparing their checksum) it asserts instead of
// checking it.  Nothing is served and nothing is lost by that, but all that it prints is a line of
// its own source code.

#ifndef GONGHUI_STORAGE_ABORT_NOTICE_H_
#define GONGHUI_STORAGE_ABORT_NOTICE_H_

#include <csignal>
#include <mutex>
#include <string>

namespace gonghui {

// While it lives, SIGABRT prints `text` to standard error before it ends the process.  Other
// reasons to abort are not told apart, so `text` should not be too sure.  One at a time in a
// process: another waits.
class AbortNotice {
 public:
  explicit AbortNotice(const std::string& text);
  ~AbortNotice();
  AbortNotice(const AbortNotice&) = delete;
  AbortNotice& operator=(const AbortNotice&) = delete;

 private:
  const std::unique_lock<std::mutex> only_one_;
  struct sigaction before_ {};
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ABORT_NOTICE_H_
