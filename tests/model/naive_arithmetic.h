// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a price rule takes off and how an amount is split, a second time: see
// naive_ledger.h.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_ARITHMETIC_H_
#define GONGHUI_TESTS_MODEL_NAIVE_ARITHMETIC_H_

#include <cstdint>
#include <vector>

#include "engine/domain/programme.h"

namespace gonghui {

// Of a price: the list price, or what else the benefit is reckoned on.  Bands begin after the
// earlier prices.
int64_t TakenOff(const PriceRule& rule,
                 const std::vector<PriceStep>& steps,
                 int64_t list,
                 int64_t earlier_prices = 0);

// By largest remainder, ties to the first.  REQUIRES: amount is 0 if all weights are.
std::vector<Fen> Split(int64_t amount, const std::vector<int64_t>& weights);

// amount x numerator / denominator, as if with unlimited digits.
int64_t ScaledDown(int64_t amount, int64_t numerator, int64_t denominator);
int64_t ScaledHalfUp(int64_t amount, int64_t numerator, int64_t denominator);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_ARITHMETIC_H_
