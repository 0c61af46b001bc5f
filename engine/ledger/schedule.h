// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which programme has a version that becomes active next, and when: a binary heap by
// (instant, head), in which each head stands at most once.
//
// Not state: it follows from the ledger's heads.  Thread safety: the ledger thread alone.

#ifndef GONGHUI_ENGINE_LEDGER_SCHEDULE_H_
#define GONGHUI_ENGINE_LEDGER_SCHEDULE_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/virtual_array.h"
#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"

namespace gonghui {

class Schedule {
 public:
  explicit Schedule(uint32_t heads_max)
      : heap_(size_t{heads_max} + 1), places_(size_t{heads_max} + 1) {}

  [[nodiscard]] uint32_t size() const { return size_; }
  // kTimestampMax = nothing is scheduled.
  [[nodiscard]] TimestampNs next_at() const { return size_ == 0 ? kTimestampMax : heap_[1].at; }
  // Of equal instants the first head; none = nothing is scheduled.
  [[nodiscard]] ProgrammeHeadRow next() const {
    return size_ == 0 ? ProgrammeHeadRow{} : heap_[1].head;
  }

  // In place of another instant, if the head has one.
  void Set(ProgrammeHeadRow head, TimestampNs at);
  void Remove(ProgrammeHeadRow head);
  void Clear();

 private:
  struct Due {
    TimestampNs at;
    ProgrammeHeadRow head;
    uint32_t reserved;
  };
  static bool IsBefore(const Due& a, const Due& b) {
    return a.at != b.at ? a.at < b.at : a.head < b.head;
  }

  void Put(uint32_t place, const Due& due);
  // From `place`, which is free, to where `due` belongs.
  void Settle(uint32_t place, const Due& due);

  VirtualArray<Due> heap_;         // [1, size_]
  VirtualArray<uint32_t> places_;  // by head; 0 = it is not there
  uint32_t size_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_SCHEDULE_H_
