// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/table.h"

#include <algorithm>

namespace gonghui {
namespace {

// A page is as many rows as fit, a power of two so that its number is a shift.
constexpr uint32_t kPageBytesAim = 8192;

constexpr size_t kHugePageBytes = size_t{2} << 20;

uint32_t PageShift(uint32_t row_bytes) {
  const uint32_t rows = std::max(1u, kPageBytesAim / row_bytes);
  return static_cast<uint32_t>(std::bit_width(rows)) - 1;
}

}  // namespace

TableBase::TableBase(TableId id, uint32_t row_bytes, uint32_t size_max)
    : id_(id),
      row_bytes_(row_bytes),
      size_max_(size_max),
      page_shift_(PageShift(row_bytes)),
      page_flags_((size_t{size_max} >> page_shift_) + 1) {}

uint32_t TableBase::BeginPhoto() {
  photo_size_ = size_;
  photo_page_ = first_page();
  const uint32_t pages = (photo_size_ >> page_shift_) + 1;
  uint32_t to_copy = 0;
  uint8_t* flags = page_flags_.data();
  for (uint32_t page = first_page(); page < pages; ++page) {
    // A page that a photo left uncopied stays in the next one.
    const uint8_t marked = flags[page] != 0 ? 1 : 0;
    flags[page] = static_cast<uint8_t>(marked << 1);
    to_copy += marked;
  }
  return to_copy;
}

void TableBase::MarkAllChanged() {
  uint8_t* const flags = page_flags_.data();
  const uint32_t end = (size_ >> page_shift_) + 1;
  std::fill(flags + std::min(first_page(), end), flags + end, uint8_t{kChanged});
}

void TableBase::TouchPage(uint32_t page) {
  if ((page_flags_[page] & kToCopy) != 0) {
    CopyPage(page, *sink_);
  }
  page_flags_[page] = kChanged;
}

void TableBase::CopyPage(uint32_t page, PageSink& sink) {
  // Rows that were appended after BeginPhoto() are not in the picture.
  const uint32_t first = page << page_shift_;
  const uint32_t end = std::min(first + rows_per_page(), photo_size_ + 1);
  GH_CHECK(first < end, "table=", id_, " page=", page, " photo_size=", photo_size_);
  sink.AddPage(id_, page, {bytes() + size_t{first} * row_bytes_, size_t{end - first} * row_bytes_});
}

uint32_t TableBase::CopyPages(uint32_t pages_max, PageSink& sink) {
  const uint32_t pages = (photo_size_ >> page_shift_) + 1;
  uint32_t copied = 0;
  for (; photo_page_ < pages && copied < pages_max; ++photo_page_) {
    uint8_t& flags = page_flags_[photo_page_];
    if ((flags & kToCopy) != 0) {
      CopyPage(photo_page_, sink);
      flags = static_cast<uint8_t>(flags & ~kToCopy);
      ++copied;
    }
  }
  return copied;
}

MemoryRange TableBase::TakeUpcomingMemory() {
  // A large table is told of in large parts: an eighth of what it has.
  constexpr size_t kAheadMax = size_t{64} << 20;
  const size_t used = (size_t{size_} + 1) * row_bytes_;
  const size_t ahead = std::clamp(used / 8, kHugePageBytes, kAheadMax);
  if (used < kHugePageBytes / 2 || told_bytes_ >= used + ahead / 2) {
    return {};
  }
  return Tell(ahead, /*most=*/SIZE_MAX);
}

MemoryRange TableBase::TakeReserveMemory(size_t ahead) {
  return ahead < kHugePageBytes ? MemoryRange{} : Tell(ahead, /*most=*/kHugePageBytes);
}

// Of what lies at most `ahead` bytes beyond the rows in use, in whole huge pages: the next
// `most` bytes that were not told.
MemoryRange TableBase::Tell(size_t ahead, size_t most) {
  const auto round_up = [](size_t bytes) {
    return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  };
  const size_t used = (size_t{size_} + 1) * row_bytes_;
  const size_t from = std::max(told_bytes_, round_up(used));
  const size_t to = std::min(round_up(used + ahead), (size_t{size_max_} + 1) * row_bytes_);
  if (from >= to) {
    return {};
  }
  told_bytes_ = from + std::min(to - from, most);
  return {bytes() + from, told_bytes_ - from};
}

void TableBase::EvictBefore(uint32_t first, uint64_t digest) {
  GH_CHECK(first >= first_ && first <= size_ + 1,
           "table=",
           id_,
           " first=",
           first,
           " was=",
           first_,
           " size=",
           size_);
  GH_CHECK(photo_page_ > photo_size_ >> page_shift_,
           "table=",
           id_,
           " photo_page=",
           photo_page_,
           " photo_size=",
           photo_size_);
  first_ = first;
  digest_ -= digest;
}

MemoryRange TableBase::TakeReleasedMemory() {
  // Whole pages of photos: a photo reads all of the page that the first row is in.
  const size_t left = (size_t{first_page()} << page_shift_) * row_bytes_;
  const auto base = reinterpret_cast<uintptr_t>(bytes());
  const uintptr_t end = (base + left) / kHugePageBytes * kHugePageBytes;
  if (end <= base + released_bytes_) {
    return {};
  }
  const size_t from = released_bytes_;
  released_bytes_ = end - base;
  return {bytes() + from, released_bytes_ - from};
}

bool TableBase::BeginLoad(uint32_t size) {
  if (size > size_max_) {
    return false;
  }
  size_ = size;
  return true;
}

bool TableBase::LoadPage(uint32_t page, std::span<const uint8_t> page_bytes) {
  const uint64_t first = uint64_t{page} << page_shift_;
  if (first > size_) {
    return false;
  }
  const uint64_t rows = std::min<uint64_t>(rows_per_page(), uint64_t{size_} + 1 - first);
  if (page_bytes.size() != rows * row_bytes_) {
    return false;
  }
  std::memcpy(bytes() + first * row_bytes_, page_bytes.data(), page_bytes.size());
  return true;
}

}  // namespace gonghui
