// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/reported_names.h"

#include <algorithm>

#include "engine/domain/programme.h"

namespace gonghui {
namespace {

template <class First, class Second>
std::array<uint64_t, 8> PairOf(const First& first, const Second& second) {
  std::array<uint64_t, 8> pair{};
  std::copy(std::begin(first.words), std::end(first.words), pair.begin());
  std::copy(std::begin(second.words), std::end(second.words), pair.begin() + 4);
  return pair;
}

template <class Key, class Name>
NameKey Intern(const Key& key,
               const Name& name,
               absl::flat_hash_map<Key, NameKey>* keys,
               std::vector<Name>* names) {
  const auto [place, is_new] = keys->try_emplace(key, static_cast<NameKey>(names->size()));
  if (is_new) {
    names->push_back(name);
  }
  return place->second;
}

}  // namespace

ReportedNames::ReportedNames() : benefits_(1), limits_(1), funds_(1) {}

NameKey ReportedNames::KeyOf(const ProgrammeCode& programme, const BenefitCode& benefit) {
  return Intern(
      PairOf(programme, benefit), Benefit{programme, benefit}, &benefit_keys_, &benefits_);
}

NameKey ReportedNames::KeyOf(const ProgrammeCode& programme, const LimitCode& limit) {
  return Intern(PairOf(programme, limit), Limit{programme, limit}, &limit_keys_, &limits_);
}

NameKey ReportedNames::KeyOf(const FundCode& fund, Asset asset) {
  return Intern(PairOf(fund, FundCode{}), Fund{fund, asset}, &fund_keys_, &funds_);
}

void RowNames::AddRowsOf(const Ledger& ledger) {
  for (size_t i = funds_.size(); i <= ledger.funds().size(); ++i) {
    const Fund& fund = ledger.funds()[FundRow{static_cast<uint32_t>(i)}];
    funds_.push_back(names_->KeyOf(fund.code, fund.asset));
  }
  for (size_t i = programmes_.size(); i <= ledger.programmes().size(); ++i) {
    programmes_.push_back(ledger.programmes()[ProgrammeRow{static_cast<uint32_t>(i)}].code);
  }
  for (size_t i = limits_.size(); i <= ledger.limits().size(); ++i) {
    const gonghui::Limit& limit = ledger.limits()[LimitRow{static_cast<uint32_t>(i)}];
    limits_.push_back(names_->KeyOf(programmes_[limit.programme.value()], limit.code));
  }
  for (size_t i = benefits_.size(); i <= ledger.benefits().size(); ++i) {
    const gonghui::Benefit& row = ledger.benefits()[BenefitRow{static_cast<uint32_t>(i)}];
    benefits_.push_back(names_->KeyOf(programmes_[row.programme.value()], row.code));
  }
}

void RowNames::AddRowsOf(const Event& recorded) {
  if (recorded.kind == EventKind::kFundSet && recorded.row == funds_.size()) {
    const FundRequest& request = *recorded.command->fund;
    funds_.push_back(names_->KeyOf(request.code, request.asset));
  }
  if (recorded.kind != EventKind::kProgrammeApplied || recorded.row != programmes_.size()) {
    return;  // one that was there already has only come to another stage
  }
  const ProgrammeImage& image = *recorded.command->programme;
  const ProgrammeCode code = image.programme.code;
  programmes_.push_back(code);
  for (const LimitSpec& limit : image.limits) {
    limits_.push_back(names_->KeyOf(code, limit.code));
  }
  for (const BenefitSpec& spec : image.benefits) {
    benefits_.push_back(names_->KeyOf(code, spec.code));
  }
}

}  // namespace gonghui
