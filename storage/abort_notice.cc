// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/abort_notice.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/base/check.h"

namespace gonghui {
namespace {

std::mutex only_one;

// What a signal handler may read: no memory that somebody may be allocating.
std::array<char, 1'024> notice;
size_t notice_size = 0;

void Tell(int signal) {
  (void)!::write(STDERR_FILENO, notice.data(), notice_size);
  // By now with the action of before (SA_RESETHAND): whoever sent it means it.
  (void)::raise(signal);
}

}  // namespace

AbortNotice::AbortNotice(const std::string& text) : only_one_(only_one) {
  notice_size = std::min(text.size(), notice.size());
  std::copy_n(text.begin(), notice_size, notice.begin());
  struct sigaction tell {};
  tell.sa_handler = Tell;
  tell.sa_flags = static_cast<int>(SA_RESETHAND);
  GH_CHECK(::sigaction(SIGABRT, &tell, &before_) == 0);
}

AbortNotice::~AbortNotice() {
  (void)::sigaction(SIGABRT, &before_, nullptr);
}

}  // namespace gonghui
