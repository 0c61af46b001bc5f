// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/reader.h"

#include <algorithm>

#include "engine/base/check.h"

namespace gonghui {
namespace {

std::string_view Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "keys and values";
  }
  return "";
}

void ReportWrongKind(const Value& value,
                     std::string_view expected,
                     std::string hint,
                     DiagnosticList* out) {
  AddAt(value,
        fmt::format("expected {}, found {}", expected, Describe(*value.node)),
        std::move(hint),
        out);
}

// REQUIRES: `text` is UTF-8.
bool HasControlCharacter(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    // U+0080 to U+009F are written c2 80 to c2 9f.
    if (byte < 0x20 || byte == 0x7f ||
        (byte == 0xc2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xa0)) {
      return true;
    }
  }
  return false;
}

}  // namespace

MapReader::MapReader(Value map, std::span<const std::string_view> known, DiagnosticList* out)
    : map_(std::move(map)), out_(out) {
  const std::vector<std::string_view> keys(known.begin(), known.end());
  GH_CHECK(map_.node != nullptr);
  const YamlNode& node = *map_.node;
  if (node.kind != YamlNode::Kind::kMap) {
    ReportWrongKind(map_, "keys and values", "keys: " + Joined(keys), out);
    return;
  }
  valid_ = true;
  // At most once for each known key, so a file of nothing but repeated keys
  // takes no longer than any other.
  std::vector<const YamlNode*> seen(keys.size());
  for (const YamlNode& key : node.keys) {
    if (key.kind != YamlNode::Kind::kScalar) {
      out->Add(key.at, map_.path, fmt::format("a key is a word, not {}", Describe(key)));
      continue;
    }
    const auto found = std::find(keys.begin(), keys.end(), key.text);
    if (found == keys.end()) {
      out->Add(key.at,
               map_.path,
               fmt::format("unknown key {}", Quoted(key.text)),
               Suggest(key.text, keys, "keys: " + Joined(keys)));
      continue;
    }
    const YamlNode*& first = seen[static_cast<size_t>(found - keys.begin())];
    if (first != nullptr) {
      out->Add(key.at,
               map_.path,
               fmt::format("'{}' is given twice", key.text),
               fmt::format("first in line {}", first->at.line));
      continue;
    }
    first = &key;
  }
}

std::optional<size_t> MapReader::IndexOf(std::string_view key) const {
  if (!valid_) {
    return std::nullopt;
  }
  const std::vector<YamlNode>& keys = map_.node->keys;
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const YamlNode& node) {
    return node.kind == YamlNode::Kind::kScalar && node.text == key;
  });
  if (found == keys.end()) {
    return std::nullopt;
  }
  return static_cast<size_t>(found - keys.begin());
}

std::string MapReader::PathOf(std::string_view key) const {
  return map_.path.empty() ? std::string(key) : fmt::format("{}.{}", map_.path, key);
}

Value MapReader::Find(std::string_view key) const {
  const std::optional<size_t> index = IndexOf(key);
  if (!index.has_value()) {
    return {};
  }
  Value value{&map_.node->items[*index], PathOf(key)};
  if (value.node->kind == YamlNode::Kind::kNull) {
    AddAt(value, fmt::format("'{}' has no value", key), "write one, or leave the key out", out_);
    return {};
  }
  return value;
}

Value MapReader::Need(std::string_view key, std::string_view expected) const {
  if (valid_ && !Has(key)) {
    AddAt(map_, fmt::format("'{}' is missing", key), std::string(expected), out_);
  }
  return Find(key);
}

Value MapReader::Key(std::string_view key) const {
  const std::optional<size_t> index = IndexOf(key);
  GH_CHECK(index.has_value(), "no key ", key);
  return {&map_.node->keys[*index], PathOf(key)};
}

std::vector<Value> ReadList(const Value& list,
                            std::string_view expected,
                            size_t items_max,
                            DiagnosticList* out) {
  const YamlNode& node = *list.node;
  if (node.kind != YamlNode::Kind::kList) {
    ReportWrongKind(
        list,
        fmt::format("a list of {}", expected),
        node.kind == YamlNode::Kind::kScalar ? fmt::format("write [{}]", node.text) : "",
        out);
    return {};
  }
  if (node.items.empty()) {
    AddAt(list, "the list is empty", "list at least one", out);
    return {};
  }
  if (node.items.size() > items_max) {
    AddAt(list,
          fmt::format("{} {} are too many", node.items.size(), expected),
          fmt::format("at most {}", items_max),
          out);
    return {};
  }
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (size_t i = 0; i < node.items.size(); ++i) {
    items.push_back({&node.items[i], fmt::format("{}[{}]", list.path, i)});
  }
  return items;
}

std::optional<std::string_view> ReadText(const Value& value,
                                         std::string_view expected,
                                         DiagnosticList* out) {
  if (value.node->kind != YamlNode::Kind::kScalar) {
    ReportWrongKind(value, expected, "", out);
    return std::nullopt;
  }
  return value.node->text;
}

std::optional<bool> ReadBool(const Value& value, DiagnosticList* out) {
  const std::optional<std::string_view> text = ReadText(value, "true or false", out);
  if (!text.has_value()) {
    return std::nullopt;
  }
  if (!value.node->quoted && (*text == "true" || *text == "false")) {
    return *text == "true";
  }
  AddAt(value,
        fmt::format("{} is neither true nor false", Quoted(*text)),
        value.node->quoted ? "without quotes" : "",
        out);
  return std::nullopt;
}

std::optional<int64_t> ReadWhole(const Value& value,
                                 int64_t min,
                                 int64_t max,
                                 DiagnosticList* out) {
  if (value.node->kind == YamlNode::Kind::kScalar && value.node->quoted) {
    AddAt(value, "expected a whole number, found text", "without quotes", out);
    return std::nullopt;
  }
  return ReadScalar(value, "a whole number", out, [&](std::string_view text) {
    return ParseWhole(text, min, max);
  });
}

std::optional<DisplayName> ReadName(const Value& value, DiagnosticList* out) {
  const std::optional<std::string_view> text = ReadText(value, "a name", out);
  if (!text.has_value()) {
    return std::nullopt;
  }
  if (text->empty()) {
    AddAt(value, "the name is empty", "", out);
    return std::nullopt;
  }
  // An escape in double quotes can write what the file itself may not hold.
  size_t bad_byte = 0;
  if (!IsUtf8(*text, &bad_byte) || HasControlCharacter(*text)) {
    AddAt(value, "a name holds no control characters", "one line of text", out);
    return std::nullopt;
  }
  std::optional<DisplayName> name = DisplayName::From({text->data(), text->size()});
  if (!name.has_value()) {
    AddAt(value,
          fmt::format("the name is {} bytes long", text->size()),
          fmt::format("at most {}, which is {} Chinese characters",
                      sizeof(DisplayName),
                      sizeof(DisplayName) / 3),
          out);
  }
  return name;
}

void ReportBadCode(const Value& value,
                   std::string_view text,
                   size_t bytes_max,
                   DiagnosticList* out) {
  if (text.size() > bytes_max &&
      std::all_of(text.begin(), text.end(), [](char c) { return IsCodeCharacter(c); })) {
    AddAt(value,
          fmt::format("the code {} is {} characters long", Quoted(text), text.size()),
          fmt::format("at most {}", bytes_max),
          out);
    return;
  }
  AddAt(value,
        fmt::format("{} is not a code", Quoted(text)),
        fmt::format("1 to {} of A-Z a-z 0-9 . _ : -", bytes_max),
        out);
}

}  // namespace gonghui
