// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What was bought, line by line, and what of the subsidy each line bears.  The split is
// frozen with the authorization (docs/decisions/0003-lines-advices-batches.md).

#ifndef GONGHUI_ENGINE_DOMAIN_LINE_H_
#define GONGHUI_ENGINE_DOMAIN_LINE_H_

#include <cstdint>

#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui {

// As asked by an authorization: quantity 1 .. kLineQuantityMax, price of the whole line.
struct LineItem {
  ItemCode item;
  Fen price;
  uint32_t quantity = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(LineItem) == 48);

// As asked by a refund: so many pieces of that line.
struct ReturnedLine {
  uint32_t number = 0;    // of the authorization's line, from 1
  uint32_t quantity = 0;  // pieces, at least 1
};

// A row: of an authorization a line; of a refund what it gave back of one.
struct Line {
  ItemCode item;
  Fen price;              // authorization: of the whole line; refund: given back
  Fen subsidy;            // authorization: frozen; refund: given back
  uint32_t number = 0;    // in the authorization, from 1
  uint32_t quantity = 0;  // pieces; refund: given back
  uint32_t returned = 0;  // authorization: pieces given back so far
  uint32_t reserved = 0;
};
static_assert(sizeof(Line) == 64);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_LINE_H_
