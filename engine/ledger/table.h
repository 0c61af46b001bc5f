// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A dense table of rows, numbered from 1, at addresses that never move.
//
// Besides holding rows a table does two things for everybody:
//
// - It keeps a digest: the sum over the words of its rows of a hash of (table,
//   row number, place in the row, word).  A sum does not depend on order, so it
//   is updated with each write, by the words that the write changes, and
//   recomputing it from scratch after a load must give the same.  Who never asks
//   for it (a ledger that only tries things out) can do without: ForgoDigest().
//
// - It can be photographed while it is being written.  BeginPhoto() marks every
//   page that changed since the last photo; from then on a marked page is copied
//   out *before* its next write (or by CopyPages() when there is time), so that
//   the copies together are the table exactly as it was at BeginPhoto().
//
// Thread safety: the ledger thread alone, except that fields which never change
// once a row is appended (codes) may be read by a thread that learnt of the row
// from a completed command.

#ifndef GONGHUI_ENGINE_LEDGER_TABLE_H_
#define GONGHUI_ENGINE_LEDGER_TABLE_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/base/int128.h"
#include "engine/base/virtual_array.h"

namespace gonghui {

// Numbers are stored in checkpoints: do not change, only add.
enum class TableId : uint8_t {
  kUnionNodes = 1,
  kSegments = 2,
  kMembers = 3,
  kStatusChanges = 4,
  kSegmentSpans = 5,
  kCards = 6,
  kMerchants = 7,
  kTerminals = 8,
  kFunds = 9,
  kCalendars = 10,
  kProgrammes = 11,
  kBenefits = 12,
  kLimits = 13,
  kMccPool = 14,
  kMerchantPool = 15,
  kHoursPool = 16,
  kCounterSeries = 17,
  kCounters = 18,
  kTransactions = 19,
  kApplied = 20,
  kUses = 21,
  kGlobals = 22,
  kMerchantNames = 23,
  kFundNames = 24,
  kOverCapturePool = 25,
  kLines = 26,
  kAdvices = 27,
  kOpenBatches = 28,
  kBatches = 29,
  kCodeUses = 30,
  kProgrammeHeads = 31,
  kActivations = 32,
  kTerminalPool = 33,
  kItemPool = 34,
  kStepPool = 35,
  kDayPool = 36,
  kBenefitTerms = 37,
  kVoucherSeries = 38,
  kVouchers = 39,
  kOccasions = 40,
  kApprovals = 41,
  kDraws = 42,
  kPrizes = 43,
  kContributions = 44,
};
inline constexpr int kTableCount = 44;

// Receives the pages of a photo.  `bytes` are valid during the call only.
class PageSink {
 public:
  virtual ~PageSink() = default;
  virtual void AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) = 0;
};

// What every table offers to checkpoints, whatever its rows are.
class TableBase {
 public:
  virtual ~TableBase() = default;

  [[nodiscard]] TableId id() const { return id_; }
  // The number of the last row; row 0 is "none".
  [[nodiscard]] uint32_t size() const { return size_; }
  // Rows in use are [first, size]; those before have left (EvictBefore).
  [[nodiscard]] uint32_t first() const { return first_; }
  [[nodiscard]] uint32_t size_max() const { return size_max_; }
  [[nodiscard]] uint32_t row_bytes() const { return row_bytes_; }
  // REQUIRES: not forgone.
  [[nodiscard]] uint64_t digest() const {
    GH_DCHECK(keeps_digest_, "table=", id_);
    return digest_;
  }
  [[nodiscard]] bool keeps_digest() const { return keeps_digest_; }
  [[nodiscard]] uint32_t rows_per_page() const { return 1u << page_shift_; }

  // Starts a photo of the table as it is now; returns how many pages it has.
  uint32_t BeginPhoto();
  // Copies up to `pages_max` pages that are still to be copied; returns how many
  // were.  When fewer than asked, the photo is complete.
  uint32_t CopyPages(uint32_t pages_max, PageSink& sink);
  // From BeginPhoto() on: where to copy a page before it is overwritten.
  void set_photo_sink(PageSink* sink) { sink_ = sink; }
  // Memory that the next rows will be the first to write.  Each part is told once,
  // in time for somebody else to have it populated; empty = nothing to do yet.
  MemoryRange TakeUpcomingMemory();
  // The same further ahead: a part of the memory that lies at most `ahead` bytes beyond the
  // rows in use.  Empty = all of that was told.
  MemoryRange TakeReserveMemory(size_t ahead);
  // Of rows in use.
  [[nodiscard]] size_t bytes_in_use() const { return (size_t{size_} + 1 - first_) * row_bytes_; }

  // Writes leave the digest alone from now on.  For good.
  void ForgoDigest() { keeps_digest_ = false; }

  // All pages count as changed: the next photo is complete in itself.
  void MarkAllChanged();

  // Rows before `first` leave: they may not be read any more, and `digest`, the sum of
  // theirs, goes from the table's.  REQUIRES: no photo is under way.
  void EvictBefore(uint32_t first, uint64_t digest);
  // Memory of rows that have left, whole huge pages of it; each part is told once.
  MemoryRange TakeReleasedMemory();
  [[nodiscard]] uint32_t first_page() const { return first_ >> page_shift_; }

  // Loading.  Pages in any order, then FinishLoad(), which recomputes the digest.
  // False when the page lies outside the table or has the wrong size.
  [[nodiscard]] bool LoadPage(uint32_t page, std::span<const uint8_t> bytes);
  [[nodiscard]] bool BeginLoad(uint32_t size);
  // Rows before `first` had left.  REQUIRES: 1 <= first <= size() + 1.
  void FinishLoad(uint32_t first) {
    GH_CHECK(first >= 1 && first <= size_ + 1, "table=", id_, " first=", first, " size=", size_);
    first_ = first;
    digest_ = RecomputeDigest();
  }

  // From the rows alone, O(size); equals digest().
  [[nodiscard]] virtual uint64_t RecomputeDigest() const = 0;

 protected:
  enum PageFlag : uint8_t { kChanged = 1, kToCopy = 2 };

  TableBase(TableId id, uint32_t row_bytes, uint32_t size_max);

  [[nodiscard]] virtual uint8_t* bytes() = 0;

  void CopyPage(uint32_t page, PageSink& sink);

  // To be called before a row is written.  Mostly its page was written before.
  void Touch(uint32_t row) {
    const uint32_t page = row >> page_shift_;
    if (page_flags_[page] != kChanged) [[unlikely]] {
      TouchPage(page);
    }
  }
  void TouchPage(uint32_t page);
  MemoryRange Tell(size_t ahead, size_t most);

  const TableId id_;
  const uint32_t row_bytes_;
  const uint32_t size_max_;
  const uint32_t page_shift_;
  bool keeps_digest_ = true;
  uint32_t size_ = 0;
  uint32_t first_ = 1;
  uint64_t digest_ = 0;
  size_t released_bytes_ = 0;  // up to here TakeReleasedMemory() has told
  VirtualArray<uint8_t> page_flags_;
  // The photo in progress, if any: rows [1, photo_size_], pages below photo_page_ done.
  size_t told_bytes_ = 0;  // up to here TakeUpcomingMemory() has told
  uint32_t photo_size_ = 0;
  uint32_t photo_page_ = 1;  // behind the last: none is
  PageSink* sink_ = nullptr;
};

inline uint64_t FoldedMultiply(uint64_t a, uint64_t b) {
  const UInt128 product = static_cast<UInt128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Digests of a row's words, taken in pairs and keyed by where they stand.  One
// multiplication a pair, none waiting for another: a new row's overlap, and a change
// costs what it changes.  Part of stored formats (blocks and checkpoints carry sums
// of these): the values never change.  A row that ends within a word is read
// as if zeroes followed.
template <class Row>
class RowDigester {
  static_assert(sizeof(Row) % 4 == 0);
  static constexpr size_t kWords = (sizeof(Row) + 7) / 8;

 public:
  static constexpr size_t kPairs = (kWords + 1) / 2;

  RowDigester(TableId table, uint32_t number) {
    const uint64_t place = uint64_t{static_cast<uint8_t>(table)} << 32 | number;
    key_ = FoldedMultiply(place ^ 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93);
    key_2_ = std::rotl(key_, 32) ^ 0xa0761d6478bd642f;
  }

  [[nodiscard]] uint64_t OfPair(const Row& row, size_t pair) const {
    const uint8_t* const at = reinterpret_cast<const uint8_t*>(&row) + pair * 16;
    uint64_t first = 0;
    uint64_t second = 0;
    if constexpr (sizeof(Row) % 8 == 0) {
      std::memcpy(&first, at, 8);
      if (pair * 2 + 1 < kWords) {
        std::memcpy(&second, at + 8, 8);
      }
    } else {
      const size_t left = sizeof(Row) - pair * 16;
      std::memcpy(&first, at, left < 8 ? left : 8);
      if (left > 8) {
        std::memcpy(&second, at + 8, left < 16 ? left - 8 : 8);
      }
    }
    return OfWords(first, second, pair);
  }

  [[nodiscard]] uint64_t OfRow(const Row& row) const {
    uint64_t digest = 0;
    for (size_t pair = 0; pair < kPairs; ++pair) {
      digest += OfPair(row, pair);
    }
    return digest;
  }

  // OfRow(), and the row copied meanwhile, word by word: each is read once, and as narrow as it
  // may just have been written.  (A read that is wider than the writes before it waits until
  // they have left the processor's store buffer.)
  [[nodiscard]] uint64_t Copy(const Row& from, Row* to) const {
    if constexpr (sizeof(Row) % 8 != 0) {
      *to = from;
      return OfRow(from);
    } else {
      const auto* const source = reinterpret_cast<const uint8_t*>(&from);
      auto* const target = reinterpret_cast<uint8_t*>(to);
      uint64_t digest = 0;
      for (size_t pair = 0; pair < kPairs; ++pair) {
        uint64_t first = 0;
        uint64_t second = 0;
        std::memcpy(&first, source + pair * 16, 8);
        std::memcpy(target + pair * 16, &first, 8);
        if (pair * 2 + 1 < kWords) {
          std::memcpy(&second, source + pair * 16 + 8, 8);
          std::memcpy(target + pair * 16 + 8, &second, 8);
        }
        digest += OfWords(first, second, pair);
      }
      return digest;
    }
  }

  [[nodiscard]] uint64_t OfWords(uint64_t first, uint64_t second, size_t pair) const {
    return FoldedMultiply(first ^ (key_ + kStep * pair), second ^ key_2_);
  }

  // OfRow(after) - OfRow(before).
  [[nodiscard]] uint64_t OfChange(const Row& before, const Row& after) const {
    uint64_t change = 0;
    for (size_t pair = 0; pair < kPairs; ++pair) {
      change += OfPair(after, pair) - OfPair(before, pair);
    }
    return change;
  }

 private:
  static constexpr uint64_t kStep = 0x8ebc6af09c88c6e3;

  uint64_t key_;
  uint64_t key_2_;
};

template <class Row>
uint64_t RowDigest(TableId table, uint32_t number, const Row& row) {
  return RowDigester<Row>(table, number).OfRow(row);
}

template <class Row, class RowId>
class Table final : public TableBase {
  static_assert(std::is_trivially_copyable_v<Row>);
  // The digest reads every byte, so there may be no padding with stray values.
  static_assert(std::has_unique_object_representations_v<Row>);

 public:
  Table(TableId id, uint32_t size_max, VirtualMemory::Use use = VirtualMemory::Use::kSparse)
      : TableBase(id, sizeof(Row), size_max), rows_(size_t{size_max} + 1, use) {}

  // REQUIRES: row is none or in use.
  [[nodiscard]] const Row& operator[](RowId row) const {
    GH_DCHECK(row == RowId{} || Contains(row),
              "table=",
              id_,
              " row=",
              row.value(),
              " first=",
              first_,
              " size=",
              size_);
    return rows_[row.value()];
  }
  [[nodiscard]] bool Contains(RowId row) const {
    return row.value() >= first_ && row.value() <= size_;
  }
  [[nodiscard]] bool full() const { return size_ == size_max_; }
  [[nodiscard]] RowId next() const { return RowId{size_ + 1}; }

  // REQUIRES: !full().
  RowId Append(const Row& row) {
    GH_CHECK(size_ < size_max_, "table=", id_, " size=", size_);
    const uint32_t number = ++size_;
    Touch(number);
    if (keeps_digest_) [[likely]] {
      digest_ += RowDigester<Row>(id_, number).Copy(row, &rows_[number]);
    } else {
      rows_[number] = row;
    }
    return RowId{number};
  }

  // Calls change(Row&) on a row in use.
  template <class Change>
  void Update(RowId row, Change&& change) {
    GH_DCHECK(Contains(row), "table=", id_, " row=", row.value(), " size=", size_);
    const uint32_t number = row.value();
    Touch(number);
    Row& stored = rows_[number];
    if (!keeps_digest_) [[unlikely]] {
      change(stored);
      return;
    }
    const Row before = stored;
    change(stored);
    digest_ += RowDigester<Row>(id_, number).OfChange(before, stored);
  }

  // For a row that every event changes: its table's digest is out of date afterwards,
  // and whoever wants it takes it from the rows, as StateHash() does.
  template <class Change>
  void UpdateUndigested(RowId row, Change&& change) {
    GH_DCHECK(Contains(row), "table=", id_, " row=", row.value(), " size=", size_);
    Touch(row.value());
    change(rows_[row.value()]);
  }

  // For what every decision writes: adds to the row's 64-bit words from pair kFirst on, modulo
  // 2^64 each, and pays for these alone.  What is written is not read again.
  template <size_t kFirst, size_t kWords>
  void AddToWords(RowId row, const std::array<uint64_t, kWords>& deltas) {
    static_assert(kWords % 2 == 0 && kFirst * 2 + kWords <= sizeof(Row) / 8);
    GH_DCHECK(Contains(row), "table=", id_, " row=", row.value(), " size=", size_);
    const uint32_t number = row.value();
    Touch(number);
    auto* const bytes = reinterpret_cast<uint8_t*>(&rows_[number]) + kFirst * 16;
    const RowDigester<Row> digester(id_, number);
    uint64_t change = 0;
    for (size_t i = 0; i < kWords; i += 2) {
      std::array<uint64_t, 2> words;
      std::memcpy(words.data(), bytes + i * 8, 16);
      change -= digester.OfWords(words[0], words[1], kFirst + i / 2);
      words[0] += deltas[i];
      words[1] += deltas[i + 1];
      change += digester.OfWords(words[0], words[1], kFirst + i / 2);
      std::memcpy(bytes + i * 8, words.data(), 16);
    }
    digest_ += keeps_digest_ ? change : 0;
  }

  // Update() for a change within the row's pairs of words [kFirst, kFirst + kCount) alone.
  template <size_t kFirst, size_t kCount, class Change>
  void UpdatePairs(RowId row, Change&& change) {
    static_assert(kFirst + kCount <= RowDigester<Row>::kPairs);
    GH_DCHECK(Contains(row), "table=", id_, " row=", row.value(), " size=", size_);
    const uint32_t number = row.value();
    Touch(number);
    Row& stored = rows_[number];
    if (!keeps_digest_) [[unlikely]] {
      change(stored);
      return;
    }
    const RowDigester<Row> digester(id_, number);
    for (size_t pair = kFirst; pair < kFirst + kCount; ++pair) {
      digest_ -= digester.OfPair(stored, pair);
    }
    change(stored);
    for (size_t pair = kFirst; pair < kFirst + kCount; ++pair) {
      digest_ += digester.OfPair(stored, pair);
    }
  }

  // For what every decision writes: adds to two amounts that are neighbours in the
  // row, and pays for these alone.
  template <class Amount>
  void AddPair(RowId row,
               Amount Row::*first,
               const std::type_identity_t<Amount>& first_delta,
               Amount Row::*second,
               const std::type_identity_t<Amount>& second_delta) {
    static_assert(sizeof(Amount) == 8);
    GH_DCHECK(Contains(row), "table=", id_, " row=", row.value(), " size=", size_);
    const uint32_t number = row.value();
    Touch(number);
    Row& stored = rows_[number];
    const auto pair = static_cast<size_t>(reinterpret_cast<uint8_t*>(&(stored.*first)) -
                                          reinterpret_cast<uint8_t*>(&stored)) /
                      16;
    GH_DCHECK(reinterpret_cast<uint8_t*>(&(stored.*second)) ==
              reinterpret_cast<uint8_t*>(&stored) + pair * 16 + 8);
    if (!keeps_digest_) [[unlikely]] {
      stored.*first += first_delta;
      stored.*second += second_delta;
      return;
    }
    const RowDigester<Row> digester(id_, number);
    digest_ -= digester.OfPair(stored, pair);
    stored.*first += first_delta;
    stored.*second += second_delta;
    digest_ += digester.OfPair(stored, pair);
  }

  void Set(RowId row, const Row& value) {
    Update(row, [&value](Row& stored) { stored = value; });
  }

  // Hints for the cache.  A row that lies across two lines has both fetched.
  void Prefetch(RowId row) const {
    const auto* const bytes = reinterpret_cast<const char*>(rows_.data() + row.value());
    __builtin_prefetch(bytes);
    if constexpr (64 % sizeof(Row) != 0) {
      __builtin_prefetch(bytes + sizeof(Row) - 1);
    }
  }
  void PrefetchFirstLine(RowId row) const { __builtin_prefetch(rows_.data() + row.value()); }
  // The row that the `ahead`-th Append() from now will write.
  void PrefetchAppend(uint32_t ahead) const {
    const size_t row = size_t{size_} + ahead;
    if (row <= size_max_) {
      const auto* const bytes = reinterpret_cast<const char*>(rows_.data() + row);
      for (size_t at = 0; at < sizeof(Row); at += 64) {
        __builtin_prefetch(bytes + at, /*rw=*/1);
      }
    }
  }

  [[nodiscard]] uint64_t RecomputeDigest() const override {
    uint64_t digest = 0;
    for (uint32_t number = first_; number <= size_; ++number) {
      digest += RowDigest(id_, number, rows_[number]);
    }
    return digest;
  }

 private:
  [[nodiscard]] uint8_t* bytes() override { return reinterpret_cast<uint8_t*>(rows_.data()); }

  VirtualArray<Row> rows_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_TABLE_H_
