// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A city of any size: the canonical workload of benchmarks and pipeline tests
// (bench/README.md).  Members with one card each, merchants of six categories
// with one terminal each, one programme of benefits over several funds; every
// sale is of a random card at a random merchant.

#ifndef GONGHUI_TESTS_TESTING_CITY_H_
#define GONGHUI_TESTS_TESTING_CITY_H_

#include <cstdint>
#include <functional>

#include "engine/base/prng.h"
#include "engine/domain/command.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

struct CityOptions {
  uint32_t members = 1000;
  uint32_t merchants = 50;
  uint32_t benefits_per_category = 4;  // of six categories
  uint32_t funds = 8;                  // benefits are spread over these
  int64_t fund_budget_fen = 1'000'000'000'000'000;
  int64_t uses_per_day = 1'000'000;  // of the per-person limit
};

// Calls run(command) for every command that builds the city; what a command
// points to lives during the call only.
void BuildCity(const CityOptions& options, const std::function<void(const Command&)>& run);

CardNumber CardOf(uint32_t member);        // member 1 .. members
MerchantId MerchantOf(uint32_t merchant);  // merchant 1 .. merchants
TerminalId TerminalOf(uint32_t merchant);
FundCode FundOf(uint32_t fund);  // fund 1 .. funds
// The instant at which the city's programme is surely on.
inline constexpr TimestampNs kCityNoon{1'777'777'200'000'000'000};  // 2026-05-03

// A sale captured at once, under a fresh request id drawn from `prng`.
Command RandomSale(const CityOptions& options, Prng& prng);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_CITY_H_
