// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every store of programme sources must do; see journal_conformance.h.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_PROGRAMME_SOURCES_CONFORMANCE_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_PROGRAMME_SOURCES_CONFORMANCE_H_

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/durability/programme_sources.h"

namespace gonghui {

class ProgrammeSourcesUnderTest {
 public:
  virtual ~ProgrammeSourcesUnderTest() = default;
  virtual ProgrammeSources& sources() = 0;
  // The process ends without a word and another opens what is durable.
  virtual void Crash() = 0;
};

using MakeProgrammeSourcesUnderTest = std::unique_ptr<ProgrammeSourcesUnderTest> (*)();

class ProgrammeSourcesConformanceTest
    : public testing::TestWithParam<MakeProgrammeSourcesUnderTest> {
 protected:
  ProgrammeSourcesConformanceTest() : under_test_(GetParam()()) {}

  ProgrammeSources& sources() { return under_test_->sources(); }

  static DraftName NameOf(std::string_view text);
  static SourceKey KeyOf(std::string_view programme, uint64_t content_hash);
  static SourceFacts FactsOf(std::string_view note);
  // "note: text" of what is found; "-" = there is none, "!" = it can not be told.
  std::string Draft(std::string_view name);
  std::string Source(const SourceKey& key);
  // Names, with a space after each.
  std::string Drafts(std::string_view first = "", size_t count_max = 100);

  const std::unique_ptr<ProgrammeSourcesUnderTest> under_test_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_PROGRAMME_SOURCES_CONFORMANCE_H_
