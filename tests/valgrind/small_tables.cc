// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a gonghuid under valgrind, which has less address space for a program than the
// ledger's tables reserve for as many rows as there may ever be (engine/base/virtual_array.h).
// Of a reservation that is larger than a test can fill it makes only the beginning; what lies
// behind is not there, so a row that is nevertheless written there ends the process.

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace {

constexpr size_t kReservedMax = size_t{1} << 30;

size_t Reserved(size_t size) {
  return std::min(size, kReservedMax);
}

}  // namespace

// No call of the C library: valgrind sees the system call, and that is enough.
extern "C" {

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  const bool table = (flags & MAP_NORESERVE) != 0 && (flags & MAP_ANONYMOUS) != 0;
  return reinterpret_cast<void*>(
      ::syscall(SYS_mmap, address, table ? Reserved(size) : size, protection, flags, fd, offset));
}

int munmap(void* address, size_t size) noexcept {
  return static_cast<int>(::syscall(SYS_munmap, address, Reserved(size)));
}

int madvise(void* address, size_t size, int advice) noexcept {
  return static_cast<int>(::syscall(SYS_madvise, address, Reserved(size), advice));
}
}
