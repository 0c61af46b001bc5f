// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Benefits, limits and funds as a report names them: by code, whatever their version and
// whichever ledger their row is of.  The recorded history and the scratch ledger number
// rows alike up to where the draft comes in, and each in its own way from there on.

#ifndef GONGHUI_ENGINE_BACKTEST_REPORTED_NAMES_H_
#define GONGHUI_ENGINE_BACKTEST_REPORTED_NAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/domain/event.h"
#include "engine/domain/ids.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

// An index into the names below; 0 = none.
using NameKey = uint32_t;

class ReportedNames {
 public:
  struct Benefit {
    ProgrammeCode programme;
    BenefitCode benefit;
  };
  struct Limit {
    ProgrammeCode programme;
    LimitCode limit;
  };
  struct Fund {
    FundCode code;
    Asset asset = Asset::kMoney;
  };

  ReportedNames();

  NameKey KeyOf(const ProgrammeCode& programme, const BenefitCode& benefit);
  NameKey KeyOf(const ProgrammeCode& programme, const LimitCode& limit);
  NameKey KeyOf(const FundCode& fund, Asset asset);

  // By key; [0] is nobody's.
  [[nodiscard]] const std::vector<Benefit>& benefits() const { return benefits_; }
  [[nodiscard]] const std::vector<Limit>& limits() const { return limits_; }
  [[nodiscard]] const std::vector<Fund>& funds() const { return funds_; }

 private:
  // A code's words, two after another.
  using Pair = std::array<uint64_t, 8>;

  std::vector<Benefit> benefits_;
  std::vector<Limit> limits_;
  std::vector<Fund> funds_;
  absl::flat_hash_map<Pair, NameKey> benefit_keys_;
  absl::flat_hash_map<Pair, NameKey> limit_keys_;
  absl::flat_hash_map<Pair, NameKey> fund_keys_;
};

// The names of one ledger's rows.
class RowNames {
 public:
  explicit RowNames(ReportedNames* names) : names_(names) {}

  // Rows that `ledger` has beyond those that are known.
  void AddRowsOf(const Ledger& ledger);
  // The same of a recorded operator's event, without its ledger.
  void AddRowsOf(const Event& recorded);

  [[nodiscard]] NameKey benefit(BenefitRow row) const {
    return row.value() < benefits_.size() ? benefits_[row.value()] : 0;
  }
  [[nodiscard]] NameKey limit(LimitRow row) const {
    return row.value() < limits_.size() ? limits_[row.value()] : 0;
  }
  [[nodiscard]] NameKey fund(FundRow row) const {
    return row.value() < funds_.size() ? funds_[row.value()] : 0;
  }
  // Of a version; none when it is not known.
  [[nodiscard]] ProgrammeCode programme(uint32_t row) const {
    return row < programmes_.size() ? programmes_[row] : ProgrammeCode{};
  }

 private:
  ReportedNames* const names_;
  std::vector<NameKey> benefits_{0};
  std::vector<NameKey> limits_{0};
  std::vector<NameKey> funds_{0};
  std::vector<ProgrammeCode> programmes_{1};
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_REPORTED_NAMES_H_
