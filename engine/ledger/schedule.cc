// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/schedule.h"

namespace gonghui {

void Schedule::Put(uint32_t place, const Due& due) {
  heap_[place] = due;
  places_[due.head.value()] = place;
}

void Schedule::Settle(uint32_t place, const Due& due) {
  while (place > 1 && IsBefore(due, heap_[place / 2])) {
    Put(place, heap_[place / 2]);
    place /= 2;
  }
  for (uint32_t child = 2 * place; child <= size_; child = 2 * place) {
    if (child < size_ && IsBefore(heap_[child + 1], heap_[child])) {
      ++child;
    }
    if (!IsBefore(heap_[child], due)) {
      break;
    }
    Put(place, heap_[child]);
    place = child;
  }
  Put(place, due);
}

void Schedule::Set(ProgrammeHeadRow head, TimestampNs at) {
  const uint32_t place = places_[head.value()];
  Settle(place != 0 ? place : ++size_, Due{at, head, 0});
}

void Schedule::Remove(ProgrammeHeadRow head) {
  const uint32_t place = places_[head.value()];
  if (place == 0) {
    return;
  }
  places_[head.value()] = 0;
  const Due last = heap_[size_--];
  if (place <= size_) {
    Settle(place, last);
  }
}

void Schedule::Clear() {
  places_.Reset();
  size_ = 0;
}

}  // namespace gonghui
