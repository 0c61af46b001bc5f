// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Amounts and prices as people say them.

#ifndef GONGHUI_ENGINE_SERVER_PRICE_WORDS_H_
#define GONGHUI_ENGINE_SERVER_PRICE_WORDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/domain/money.h"
#include "engine/domain/programme.h"

namespace gonghui {

// "1,234.50 yuan", "1,234", "12.50%".
std::string YuanInWords(Fen fen);
std::string ThousandsOf(int64_t number);
std::string PercentInWords(Bps rate);

// "60% off, at most 50.00 yuan", "10% off from 50.00 yuan, 20% off from 200.00 yuan".
// `steps` are those that the rule's range refers to.
std::string PriceInWords(const PriceRule& price, std::span<const PriceStep> steps = {});
// Behind a price of bands that go on where earlier prices ended: ", counted on from limit year".
std::string CountedOnInWords(std::string_view limit);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PRICE_WORDS_H_
