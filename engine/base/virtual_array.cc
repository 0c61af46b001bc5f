// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/virtual_array.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

namespace gonghui {

VirtualMemory::VirtualMemory(size_t bytes, Use use) : size_(bytes) {
  if (bytes == 0) {
    return;
  }
  void* const mapped = mmap(nullptr,
                            bytes,
                            PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                            /*fd=*/-1,
                            /*offset=*/0);
  GH_CHECK(mapped != MAP_FAILED, "no address space for ", bytes, " bytes; errno ", errno);
  data_ = mapped;
  // What grows this large is read at random: with 4 KiB pages nearly every read of
  // it would miss the TLB as well.  Advice only.
  constexpr size_t kSparseHugePagesFrom = size_t{1} << 30;
  constexpr size_t kDenseHugePagesFrom = size_t{4} << 20;
  if (bytes >= (use == Use::kSparse ? kSparseHugePagesFrom : kDenseHugePagesFrom)) {
    (void)madvise(mapped, bytes, MADV_HUGEPAGE);
  }
}

void PopulateMemory(MemoryRange range) {
  (void)madvise(range.data, range.size, MADV_POPULATE_WRITE);
}

void ReleaseMemory(MemoryRange range) {
  constexpr uintptr_t kPage = 4096;
  const auto data = reinterpret_cast<uintptr_t>(range.data);
  const uintptr_t begin = (data + kPage - 1) / kPage * kPage;
  const uintptr_t end = (data + range.size) / kPage * kPage;
  if (begin < end) {
    GH_CHECK(
        madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) == 0, "errno ", errno);
  }
}

VirtualMemory::~VirtualMemory() {
  if (data_ != nullptr) {
    GH_CHECK(munmap(data_, size_) == 0, "errno ", errno);
  }
}

void VirtualMemory::Reset() {
  if (data_ != nullptr) {
    // For private anonymous memory Linux promises zeroes on the next touch.
    GH_CHECK(madvise(data_, size_, MADV_DONTNEED) == 0, "errno ", errno);
  }
}

}  // namespace gonghui
