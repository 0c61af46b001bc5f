// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A list of ids, looked up one after another.  A file may name tens of thousands of
// merchants while taps wait: the fetches of the next few are under way meanwhile.

#ifndef GONGHUI_ENGINE_LEDGER_LIST_SEARCH_H_
#define GONGHUI_ENGINE_LEDGER_LIST_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/ledger/keys.h"
#include "engine/ledger/row_index.h"
#include "engine/ledger/table.h"

namespace gonghui {

// Calls visit(i, row) for each id, in order, until it answers false; row none = there is
// no such thing.  `index` finds rows of `table` by their field `id`.
template <class Id, class Row, class RowId, class Visit>
void SearchList(std::span<const Id> ids,
                const RowIndex& index,
                const Table<Row, RowId>& table,
                Visit&& visit) {
  constexpr size_t kBucketsAhead = 16;
  constexpr size_t kRowsAhead = 8;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i + kBucketsAhead < ids.size()) {
      index.Prefetch(HashOf(ids[i + kBucketsAhead]));
    }
    if (i + kRowsAhead < ids.size()) {
      table.Prefetch(RowId{index.Guess(HashOf(ids[i + kRowsAhead]))});
    }
    const RowId found{
        index.Find(HashOf(ids[i]), [&](uint32_t row) { return table[RowId{row}].id == ids[i]; })};
    if (!visit(i, found)) {
      return;
    }
  }
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_LIST_SEARCH_H_
