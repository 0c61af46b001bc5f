// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which card is presented next: any of them alike, or a few of them much more often than
// the others.  Shared by gonghui-load and the benchmarks in process (bench/ledger_bench.cc),
// so that both mean the same by "Zipf".

#ifndef GONGHUI_TOOLS_LOAD_CARD_PICKER_H_
#define GONGHUI_TOOLS_LOAD_CARD_PICKER_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/prng.h"

namespace gonghui::load {

// `random` scaled to [0, bound) without a division.  The bias is below
// bound / 2^32, nothing that a load generator could show.  REQUIRES: bound < 2^42.
inline uint64_t Scaled(uint64_t random, uint64_t bound) {
  const uint64_t high = random >> 32;
  // bound * high / 2^32, in two parts so that nothing overflows.
  return (bound >> 32) * high + ((bound & 0xffff'ffff) * high >> 32);
}

enum class CardOrder { kUniform, kZipf };

// Zipf's law by the method of Gray et al. ("Quickly generating billion-record
// synthetic databases", 1994): the card of rank r is drawn in proportion to
// 1 / r^0.99.  Ranks are spread over the cards, so that the hot ones are not
// neighbours in the file.
class CardPicker {
 public:
  CardPicker(CardOrder order, size_t card_count);

  size_t Pick(Prng* prng) const;

 private:
  const CardOrder order_;
  const size_t card_count_;
  double zeta_ = 0;
  double alpha_ = 0;
  double eta_ = 0;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_CARD_PICKER_H_
