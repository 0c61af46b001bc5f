// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A city (tests/testing/city.h) put through an engine, as an import would: many commands at a
// time, so that millions of members wait for some thousand syncs, not for one each.

#ifndef GONGHUI_BENCH_STORED_CITY_H_
#define GONGHUI_BENCH_STORED_CITY_H_

#include <cstdint>

#include "engine/base/prng.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"

namespace gonghui {

// Every command must do something: the engine's ledger knew nothing of the city before.
void StoreCity(const CityOptions& options, Engine& engine);

// Random sales, each approved.
void StoreSales(const CityOptions& options, uint64_t count, Prng& prng, Engine& engine);

}  // namespace gonghui

#endif  // GONGHUI_BENCH_STORED_CITY_H_
