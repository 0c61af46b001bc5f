// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The compiler and programme.schema.json know the same keys and words.  The schema is
// JSON, and so YAML that the compiler's own reader takes.

#include "engine/programmes/language.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/programmes/diagnostic.h"
#include "engine/programmes/yaml_tree.h"

namespace gonghui {
namespace {

using Words = std::set<std::string>;

Words SetOf(std::span<const std::string_view> words) {
  return {words.begin(), words.end()};
}

template <typename T, size_t kCount>
Words SetOf(const Word<T> (&words)[kCount]) {
  Words texts;
  for (const Word<T>& word : words) {
    texts.insert(std::string(word.text));
  }
  return texts;
}

// The value of a key, or null.
const YamlNode* Find(const YamlNode* map, std::string_view key) {
  if (map == nullptr || map->kind != YamlNode::Kind::kMap) {
    return nullptr;
  }
  for (size_t i = 0; i < map->keys.size(); ++i) {
    if (map->keys[i].text == key) {
      return &map->items[i];
    }
  }
  return nullptr;
}

Words KeysOf(const YamlNode* map) {
  Words keys;
  if (map != nullptr) {
    for (const YamlNode& key : map->keys) {
      keys.insert(key.text);
    }
  }
  return keys;
}

Words ItemsOf(const YamlNode* list) {
  Words items;
  if (list != nullptr) {
    for (const YamlNode& item : list->items) {
      items.insert(item.text);
    }
  }
  return items;
}

// The words of every "enum" and "const" of text under `node`, joined.
void CollectWords(const YamlNode& node, Words* words) {
  for (size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const std::string key = node.kind == YamlNode::Kind::kMap ? node.keys[i].text : "";
    if (key == "enum") {
      words->merge(ItemsOf(&item));
    } else if (key == "const" && item.kind == YamlNode::Kind::kScalar && item.quoted) {
      words->insert(item.text);
    } else {
      CollectWords(item, words);
    }
  }
}

class LanguageTest : public testing::Test {
 protected:
  void SetUp() override {
    // Tests run in the source folder.
    std::ifstream stream("engine/programmes/programme.schema.json", std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    DiagnosticList findings(10);
    const std::optional<YamlNode> root = ParseYaml(text.str(), &findings);
    for (const Diagnostic& finding : findings.Take()) {
      ADD_FAILURE() << Render(finding, "programme.schema.json");
    }
    ASSERT_TRUE(root.has_value());
    root_ = *root;
  }

  // The root describes the file itself.
  [[nodiscard]] const YamlNode* Definition(std::string_view name) const {
    return name == "file" ? &root_ : Find(Find(&root_, "definitions"), name);
  }
  [[nodiscard]] const YamlNode* Property(std::string_view definition, std::string_view key) const {
    return Find(Find(Definition(definition), "properties"), key);
  }

  YamlNode root_;
};

TEST_F(LanguageTest, KeysAreTheSame) {
  Words described;
  for (const KeyList& list : kKeyLists) {
    SCOPED_TRACE(list.definition);
    described.insert(std::string(list.definition));
    const YamlNode* const definition = Definition(list.definition);
    ASSERT_NE(definition, nullptr);
    EXPECT_EQ(KeysOf(Find(definition, "properties")), SetOf(list.keys));
    const YamlNode* const others = Find(definition, "additionalProperties");
    ASSERT_NE(others, nullptr);
    EXPECT_EQ(others->text, "false");
  }
  // And there is no map in the schema that the compiler has no list for.
  described.insert("price");
  const YamlNode& definitions = *Find(&root_, "definitions");
  for (size_t i = 0; i < definitions.keys.size(); ++i) {
    if (Find(&definitions.items[i], "properties") != nullptr) {
      EXPECT_TRUE(described.contains(definitions.keys[i].text)) << definitions.keys[i].text;
    }
  }
}

TEST_F(LanguageTest, PricesAreTheSame) {
  Words keys = SetOf(kPriceCompanions);
  for (const PriceForm& form : kPriceForms) {
    keys.insert(std::string(form.key));
  }
  EXPECT_EQ(KeysOf(Find(Definition("price"), "properties")), keys);

  const YamlNode* const forms = Find(Definition("price"), "oneOf");
  ASSERT_NE(forms, nullptr);
  ASSERT_EQ(forms->items.size(), std::size(kPriceForms));
  for (size_t i = 0; i < forms->items.size(); ++i) {
    const PriceForm& form = kPriceForms[i];
    SCOPED_TRACE(form.key);
    EXPECT_THAT(ItemsOf(Find(&forms->items[i], "required")),
                testing::Contains(std::string(form.key)));
    Words refused = SetOf(kPriceCompanions);
    for (const std::string_view key : form.companions) {
      refused.erase(std::string(key));
    }
    EXPECT_EQ(KeysOf(Find(&forms->items[i], "properties")), refused);
  }
}

TEST_F(LanguageTest, WordsAreTheSame) {
  const Words unlimited = {std::string(kUnlimited)};
  struct Place {
    std::string_view definition;
    std::string_view key;
    Words words;
  };
  const std::vector<Place> places = {
      {"programme", "late_capture", SetOf(kLateCaptures)},
      {"fund", "paid_by", SetOf(kPayers)},
      {"limit", "per", SetOf(kLimitSubjects)},
      {"limit", "level", SetOf(kUnionLevels)},
      {"limit", "each", SetOf(kWindows)},
      {"limit", "uses", unlimited},
      {"limit", "amount", unlimited},
      {"limit", "price", unlimited},
      {"limit", "only", SetOf(kLimitScopes)},
      {"limit", "when_exceeded", SetOf(kWhenExceeded)},
      {"limit", "refund_to", SetOf(kRefundTo)},
      {"for", "sex", SetOf(kSexMasks)},
      {"at", "terminals", SetOf(kTerminalKinds)},
      {"when", "weekdays", SetOf(kWeekdays)},
      {"when", "days", SetOf(kDayKinds)},
      {"price", "rounding", SetOf(kRoundings)},
      {"price", "on_return", SetOf(kOnReturn)},
      {"price_case", "sex", SetOf(kSexMasks)},
      {"benefit", "split", SetOf(kShareSplits)},
      {"benefit", "offline", SetOf(kOfflinePolicies)},
      {"combine", "base", SetOf(kStackBases)},
      {"no_shows", "each", SetOf(kWindows)},
  };
  for (const Place& place : places) {
    SCOPED_TRACE(std::string(place.definition) + "." + std::string(place.key));
    const YamlNode* const property = Property(place.definition, place.key);
    ASSERT_NE(property, nullptr);
    Words words;
    CollectWords(*property, &words);
    EXPECT_EQ(words, place.words);
  }
  // And there is no list of words in the schema that is not among these.
  std::set<std::string> checked;
  for (const Place& place : places) {
    checked.insert(std::string(place.definition) + "." + std::string(place.key));
  }
  for (const KeyList& list : kKeyLists) {
    for (const std::string_view key : list.keys) {
      Words words;
      CollectWords(*Property(list.definition, key), &words);
      const std::string name = std::string(list.definition) + "." + std::string(key);
      EXPECT_TRUE(words.empty() || checked.contains(name)) << name;
    }
  }
}

}  // namespace
}  // namespace gonghui
