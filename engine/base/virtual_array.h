// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger's table: a fixed range of address space for as many rows as there
// may ever be, of which the kernel backs only the pages that were touched.
//
//   VirtualArray<MemberRow> members(kMembersMax);   // costs nothing yet
//   members[row].status = ...;                      // this page exists now
//
// Why not std::vector: it moves its rows when it grows, which stalls the engine
// thread for as long as the copy takes and needs twice the memory while it
// lasts.  Here a row's address never changes and growth costs one page fault.
//
// Rows start as all bits zero, so T must mean something then.  T is trivially
// copyable and no destructor runs.  Thread safety: as of a plain array.

#ifndef GONGHUI_ENGINE_BASE_VIRTUAL_ARRAY_H_
#define GONGHUI_ENGINE_BASE_VIRTUAL_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"

namespace gonghui {

struct MemoryRange {
  void* data = nullptr;
  size_t size = 0;
};

// Has the kernel back the range with cleared pages now, so that nobody waits for it
// at the first write.  Content stays; any thread may write the range meanwhile.  A
// kernel that can not (before 5.14, or out of memory) does it at the first write.
void PopulateMemory(MemoryRange range);

// Gives the whole pages of the range back; they are zero when they are next touched.
void ReleaseMemory(MemoryRange range);

// The mapping behind a VirtualArray; move-only.
class VirtualMemory {
 public:
  enum class Use {
    kSparse,  // address space for as much as there may ever be
    kDense,   // most of it is touched soon
  };

  VirtualMemory() = default;
  // Reserves `bytes` of zeroes.  A kernel that refuses the address space (a
  // ulimit -v, or vm.overcommit_memory=2) ends the process with a message:
  // sizes come from limits.h and nothing works without them.
  explicit VirtualMemory(size_t bytes, Use use = Use::kSparse);
  ~VirtualMemory();

  VirtualMemory(VirtualMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  VirtualMemory& operator=(VirtualMemory&& other) noexcept {
    VirtualMemory old = std::move(*this);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  VirtualMemory(const VirtualMemory&) = delete;
  VirtualMemory& operator=(const VirtualMemory&) = delete;

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }

  // Gives every touched page back; all bytes are zero again.
  void Reset();

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

template <typename T>
class VirtualArray {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(std::is_trivially_destructible_v<T>);
  static_assert(alignof(T) <= 4096, "rows start at a page");

 public:
  VirtualArray() = default;
  explicit VirtualArray(size_t rows_max, VirtualMemory::Use use = VirtualMemory::Use::kSparse)
      : memory_(BytesFor(rows_max), use), capacity_(rows_max) {}

  VirtualArray(VirtualArray&& other) noexcept
      : memory_(std::move(other.memory_)), capacity_(std::exchange(other.capacity_, 0)) {}
  VirtualArray& operator=(VirtualArray&& other) noexcept {
    memory_ = std::move(other.memory_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  // REQUIRES: index < capacity().  Checked by GH_DCHECK only.
  T& operator[](size_t index) {
    GH_DCHECK(index < capacity_, "index=", index, " capacity=", capacity_);
    return data()[index];
  }
  const T& operator[](size_t index) const {
    GH_DCHECK(index < capacity_, "index=", index, " capacity=", capacity_);
    return data()[index];
  }

  T* data() { return static_cast<T*>(memory_.data()); }
  [[nodiscard]] const T* data() const { return static_cast<const T*>(memory_.data()); }

  // Rows there is address space for; how many are in use is the owner's count.
  [[nodiscard]] size_t capacity() const { return capacity_; }

  // Every row is zero again and its memory given back.
  void Reset() { memory_.Reset(); }

 private:
  static size_t BytesFor(size_t rows_max) {
    GH_CHECK(rows_max <= SIZE_MAX / 2 / sizeof(T), "rows_max=", rows_max, " of ", sizeof(T));
    return rows_max * sizeof(T);
  }

  VirtualMemory memory_;
  size_t capacity_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_VIRTUAL_ARRAY_H_
