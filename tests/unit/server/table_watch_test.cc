// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/table_watch.h"

#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/durability/memory_journal.h"
#include "engine/server/translate.h"

namespace gonghui {
namespace {

TEST(TableWatchTest, StepsBeginAtFourFifths) {
  EXPECT_EQ(FillPercent(0, 0), 0U);
  EXPECT_EQ(FillPercent(0, 100), 0U);
  EXPECT_EQ(FillPercent(79, 100), 0U);
  EXPECT_EQ(FillPercent(80, 100), 80U);
  EXPECT_EQ(FillPercent(89, 100), 80U);
  EXPECT_EQ(FillPercent(90, 100), 90U);
  EXPECT_EQ(FillPercent(100, 100), 100U);
  EXPECT_EQ(FillPercent(kTransactionsMax, kTransactionsMax), 100U);
  EXPECT_EQ(FillPercent(kTransactionsMax / 10 * 8, kTransactionsMax), 0U) << "just below";
}

TEST(TableWatchTest, NamesEachTableOnce) {
  const auto ledger = std::make_unique<Ledger>(0, LedgerLimits{});
  std::set<std::string> names;
  std::set<TableId> ids;
  size_t count = 0;
  ForEachTable(*ledger, [&](const char* name, const TableBase& table) {
    names.insert(name);
    ids.insert(table.id());
    ++count;
  });
  EXPECT_EQ(names.size(), count);
  EXPECT_EQ(ids.size(), count);
  EXPECT_TRUE(names.contains("transactions"));
  // As a refusal calls one that is full.
  for (const Field field : {Field::kVouchers,
                            Field::kSeries,
                            Field::kOccasions,
                            Field::kApprovals,
                            Field::kDraws,
                            Field::kPrize,
                            Field::kContributions}) {
    EXPECT_TRUE(names.contains(std::string(FieldName(field)))) << FieldName(field);
  }
}

TEST(TableWatchTest, StopsAtOnce) {
  MemoryJournal journal;
  auto engine = Engine::Start(EngineOptions{}, SystemClock::Instance(), journal, nullptr);
  ASSERT_TRUE(engine.ok()) << engine.status();
  TableWatch watch(engine->get());
  watch.Stop();
  watch.Stop();
}

}  // namespace
}  // namespace gonghui
