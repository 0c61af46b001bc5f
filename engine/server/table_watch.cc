// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/table_watch.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/server/log.h"

namespace gonghui {
namespace {

constexpr std::chrono::minutes kPause{1};
constexpr uint32_t kWarnFromPercent = 80;

}  // namespace

void ForEachTable(const Ledger& ledger,
                  const std::function<void(const char* name, const TableBase& table)>& visit) {
  visit("union_nodes", ledger.union_nodes());
  visit("segments", ledger.segments());
  visit("members", ledger.members());
  visit("cards", ledger.cards());
  visit("merchants", ledger.merchants());
  visit("terminals", ledger.terminals());
  visit("funds", ledger.funds());
  visit("programmes", ledger.programmes());
  visit("activations", ledger.activations());
  visit("benefits", ledger.benefits());
  visit("benefit_terms", ledger.benefit_terms());
  visit("limits", ledger.limits());
  visit("counters", ledger.counters());
  visit("transactions", ledger.transactions());
  visit("applied", ledger.applied());
  visit("uses", ledger.uses());
  visit("lines", ledger.lines());
  visit("advices", ledger.advices());
  visit("batches", ledger.batches());
  visit("codes", ledger.code_uses());
  visit("voucher_series", ledger.voucher_series());
  visit("vouchers", ledger.vouchers());
  visit("occasions", ledger.occasions());
  visit("approvals", ledger.approvals());
  visit("draws", ledger.draws());
  visit("prizes", ledger.prizes());
  visit("contributions", ledger.contributions());
}

uint32_t FillPercent(uint32_t size, uint32_t size_max) {
  if (size_max == 0) {
    return 0;
  }
  const auto percent = static_cast<uint32_t>(uint64_t{size} * 100 / size_max);
  return percent < kWarnFromPercent ? 0 : percent / 10 * 10;
}

TableWatch::TableWatch(Engine* engine) : engine_(engine), thread_([this] { Run(); }) {}

TableWatch::~TableWatch() {
  Stop();
}

void TableWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void TableWatch::Run() {
  for (;;) {
    LookBlocking();
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kPause, [this] { return stopping_; })) {
      return;
    }
  }
}

void TableWatch::LookBlocking() {
  struct Fill {
    const char* name;
    uint32_t size;
    uint32_t size_max;
  };
  std::vector<Fill> tables;
  const absl::Status status = engine_->InspectBlocking([&tables](const Ledger& ledger) {
    ForEachTable(ledger, [&tables](const char* name, const TableBase& table) {
      tables.push_back({name, table.size(), table.size_max()});
    });
  });
  if (!status.ok()) {
    return;  // busy, or stopping; there is a next time
  }
  for (const Fill& table : tables) {
    const uint32_t percent = FillPercent(table.size, table.size_max);
    uint32_t& warned = warned_percent_[table.name];
    if (percent > warned) {
      warned = percent;
      LogWarn("a table fills up; when it is full, what needs a row of it is refused for ever",
              {{"table", table.name},
               {"percent", percent},
               {"rows", table.size},
               {"rows_max", table.size_max}});
    }
  }
}

}  // namespace gonghui
