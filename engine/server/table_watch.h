// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How full the ledger's tables are: for the status, and in the log before one is full.
// Rows' numbers are never given out again, also not those of transactions that have left
// memory, so a table of a shard fills up once in its life.

#ifndef GONGHUI_ENGINE_SERVER_TABLE_WATCH_H_
#define GONGHUI_ENGINE_SERVER_TABLE_WATCH_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "engine/ledger/ledger.h"
#include "engine/pipeline/engine.h"

namespace gonghui {

// Those that an operator makes grow, by their names in the status.
void ForEachTable(const Ledger& ledger,
                  const std::function<void(const char* name, const TableBase& table)>& visit);

// Full steps of a tenth from 80 % on that `size` has reached of `size_max`: 0, 80, 90, 100.
uint32_t FillPercent(uint32_t size, uint32_t size_max);

// Warns when a table has reached a step that it had not when it was last looked at.
class TableWatch {
 public:
  // Looks now and then each minute.  The engine outlives it.
  explicit TableWatch(Engine* engine);
  ~TableWatch();
  TableWatch(const TableWatch&) = delete;
  TableWatch& operator=(const TableWatch&) = delete;

  // Idempotent; before the engine stops.
  void Stop();

 private:
  void Run();
  void LookBlocking();

  Engine* const engine_;
  std::map<std::string, uint32_t> warned_percent_;  // its thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the others
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TABLE_WATCH_H_
