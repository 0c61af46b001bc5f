// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/programme_sources_conformance.h"

#include <span>

#include "engine/base/check.h"

namespace gonghui {
namespace {

template <class Code>
Code Parsed(std::string_view text) {
  const auto code = Code::Parse(std::span<const char>(text.data(), text.size()));
  GH_CHECK(code.has_value(), text);
  return *code;
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProgrammeSourcesConformanceTest);

DraftName ProgrammeSourcesConformanceTest::NameOf(std::string_view text) {
  return text.empty() ? DraftName{} : Parsed<DraftName>(text);
}

SourceKey ProgrammeSourcesConformanceTest::KeyOf(std::string_view programme,
                                                 uint64_t content_hash) {
  return {Parsed<ProgrammeCode>(programme), content_hash};
}

SourceFacts ProgrammeSourcesConformanceTest::FactsOf(std::string_view note) {
  SourceFacts facts;
  facts.file_name = "metro.yaml";
  facts.author = "王";
  facts.note = std::string(note);
  facts.at = TimestampNs{1'781'496'000'000'000'000};
  facts.diagnostic_count = 3;
  return facts;
}

std::string ProgrammeSourcesConformanceTest::Draft(std::string_view name) {
  SourceFacts facts;
  std::string text;
  const auto found = sources().GetDraftBlocking(NameOf(name), &facts, &text);
  return !found.ok() ? "!" : *found ? facts.note + ": " + text : "-";
}

std::string ProgrammeSourcesConformanceTest::Source(const SourceKey& key) {
  SourceFacts facts;
  std::string text;
  const auto found = sources().GetSourceBlocking(key, &facts, &text);
  return !found.ok() ? "!" : *found ? facts.note + ": " + text : "-";
}

std::string ProgrammeSourcesConformanceTest::Drafts(std::string_view first, size_t count_max) {
  const auto drafts = sources().ListDraftsBlocking(NameOf(first), count_max);
  if (!drafts.ok()) {
    return "!";
  }
  std::string names;
  for (const DraftFacts& draft : *drafts) {
    const auto text = draft.name.Text();
    names.append(text.data(), text.size);
    names.push_back(' ');
  }
  return names;
}

TEST_P(ProgrammeSourcesConformanceTest, ADraftIsReplacedAndThrownAway) {
  EXPECT_EQ(Draft("metro"), "-");
  EXPECT_TRUE(*sources().PutDraftBlocking(NameOf("metro"), FactsOf("one"), "a: 1\n"));
  EXPECT_EQ(Draft("metro"), "one: a: 1\n");
  EXPECT_FALSE(*sources().PutDraftBlocking(NameOf("metro"), FactsOf("two"), ""));
  EXPECT_EQ(Draft("metro"), "two: ");
  EXPECT_TRUE(*sources().DeleteDraftBlocking(NameOf("metro")));
  EXPECT_FALSE(*sources().DeleteDraftBlocking(NameOf("metro")));
  EXPECT_EQ(Draft("metro"), "-");
}

TEST_P(ProgrammeSourcesConformanceTest, FactsComeBackAsTheyWere) {
  SourceFacts facts = FactsOf("说明");
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), facts, "four").ok());
  facts.text_bytes = 4;
  const auto drafts = sources().ListDraftsBlocking(DraftName{}, 10);
  ASSERT_TRUE(drafts.ok());
  ASSERT_EQ(drafts->size(), 1U);
  EXPECT_EQ((*drafts)[0], (DraftFacts{NameOf("metro"), facts}));
  ASSERT_TRUE(sources().PutSourceBlocking(KeyOf("metro", 7), facts, "four").ok());
  const auto source = sources().GetSourceFactsBlocking(KeyOf("metro", 7));
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(*source, facts);
}

TEST_P(ProgrammeSourcesConformanceTest, DraftsAreListedByName) {
  for (const char* name : {"b", "a", "ab", "z-32-characters-are-the-longest", "A"}) {
    ASSERT_TRUE(sources().PutDraftBlocking(NameOf(name), FactsOf("n"), "t").ok());
  }
  EXPECT_EQ(Drafts(), "A a ab b z-32-characters-are-the-longest ");
  EXPECT_EQ(Drafts("ab", 2), "ab b ");
  EXPECT_EQ(Drafts("ac", 2), "b z-32-characters-are-the-longest ");
  EXPECT_EQ(Drafts("zz"), "");
}

TEST_P(ProgrammeSourcesConformanceTest, SourcesAreByProgrammeAndContent) {
  ASSERT_TRUE(sources().PutSourceBlocking(KeyOf("metro", 1), FactsOf("n"), "one").ok());
  ASSERT_TRUE(sources().PutSourceBlocking(KeyOf("metro", 2), FactsOf("n"), "two").ok());
  EXPECT_EQ(Source(KeyOf("metro", 1)), "n: one");
  EXPECT_EQ(Source(KeyOf("metro", 2)), "n: two");
  EXPECT_EQ(Source(KeyOf("metro", 3)), "-");
  EXPECT_EQ(Source(KeyOf("shops", 1)), "-");
  EXPECT_FALSE(sources().GetSourceFactsBlocking(KeyOf("shops", 1))->has_value());
  EXPECT_EQ(Drafts(), "") << "a source is no draft";
}

TEST_P(ProgrammeSourcesConformanceTest, StagingsAreReplaced) {
  const SourceKey key = KeyOf("metro", 1);
  EXPECT_FALSE(sources().GetStagingBlocking(key)->has_value());
  ASSERT_TRUE(sources().PutStagingBlocking(key, {"王", "why", TimestampNs{5}}).ok());
  const StagingFacts second{"李", "", TimestampNs{6}};
  ASSERT_TRUE(sources().PutStagingBlocking(key, second).ok());
  EXPECT_EQ(*sources().GetStagingBlocking(key), second);
}

TEST_P(ProgrammeSourcesConformanceTest, WhatIsTooLongIsRefused) {
  const std::string longest(kProgrammeTextBytesMax, 'x');
  EXPECT_TRUE(sources().PutDraftBlocking(NameOf("a"), FactsOf("n"), longest).ok());
  EXPECT_EQ(Draft("a"), "n: " + longest);
  EXPECT_EQ(sources().PutDraftBlocking(NameOf("b"), FactsOf("n"), longest + "x").status().code(),
            absl::StatusCode::kInvalidArgument);
  SourceFacts facts = FactsOf(std::string(kSourceNoteBytesMax + 1, 'x'));
  EXPECT_FALSE(sources().PutDraftBlocking(NameOf("b"), facts, "").ok());
  facts = FactsOf("n");
  facts.author = std::string(kSourceAuthorBytesMax + 1, 'x');
  EXPECT_FALSE(sources().PutSourceBlocking(KeyOf("metro", 1), facts, "").ok());
  facts = FactsOf("n");
  facts.file_name = std::string(kSourceFileNameBytesMax + 1, 'x');
  EXPECT_FALSE(sources().PutSourceBlocking(KeyOf("metro", 1), facts, "").ok());
  EXPECT_FALSE(
      sources().PutStagingBlocking(KeyOf("metro", 1), {facts.file_name, "", TimestampNs{5}}).ok());
  EXPECT_EQ(Drafts(), "a ");
}

TEST_P(ProgrammeSourcesConformanceTest, SurvivesACrash) {
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), FactsOf("one"), "draft").ok());
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("gone"), FactsOf("one"), "draft").ok());
  ASSERT_TRUE(sources().DeleteDraftBlocking(NameOf("gone")).ok());
  ASSERT_TRUE(sources().PutSourceBlocking(KeyOf("metro", 1), FactsOf("two"), "source").ok());
  ASSERT_TRUE(sources().PutStagingBlocking(KeyOf("metro", 1), {"a", "b", TimestampNs{5}}).ok());
  under_test_->Crash();
  EXPECT_EQ(Draft("metro"), "one: draft");
  EXPECT_EQ(Draft("gone"), "-");
  EXPECT_EQ(Source(KeyOf("metro", 1)), "two: source");
  EXPECT_EQ((*sources().GetStagingBlocking(KeyOf("metro", 1)))->note, "b");
}

}  // namespace gonghui
