// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/reader.h"

#include <algorithm>

#include "engine/base/check.h"

namespace gonghui {
namespace {

Words KeysAndValues() {
  return Say("keys and values", "关键字和值");
}

Words WholeNumber() {
  return Say("a whole number", "整数");
}

Words WithoutQuotes() {
  return Say("without quotes", "不要加引号");
}

Words TrueOrFalse() {
  return Say("true or false", "true 或 false");
}

Words Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return Say("nothing", "空白");
    case YamlNode::Kind::kScalar:
      return Say("text", "文字");
    case YamlNode::Kind::kList:
      return Say("a list", "列表");
    case YamlNode::Kind::kMap:
      return KeysAndValues();
  }
  return {};
}

void ReportWrongKind(const Value& value, const Words& expected, Words hint, DiagnosticList* out) {
  AddAt(value,
        Say("expected $0, found $1", "应为：$0；实际是：$1", expected, Describe(*value.node)),
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

void ReportTooMany(
    const Value& value, size_t count, const Words& what, size_t count_max, DiagnosticList* out) {
  AddAt(value, Say("$0 $1 are too many", "$1共$0个，太多", count, what), AtMost(count_max), out);
}

void ReportListedTwice(const Value& item, DiagnosticList* out) {
  AddAt(item, Say("$0 is listed twice", "$0 重复列出", Quoted(item.node->text)), out);
}

void ReportPieces(const Value& value, Words hint, DiagnosticList* out) {
  AddAt(
      value, Say("expected money, found pieces", "应为：金额；实际是：件数"), std::move(hint), out);
}

MapReader::MapReader(Value map, std::span<const std::string_view> known, DiagnosticList* out)
    : map_(std::move(map)), out_(out) {
  const std::vector<std::string_view> keys(known.begin(), known.end());
  const auto all_keys = [&keys] { return Say("keys: $0", "可写：$0", Joined(keys)); };
  GH_CHECK(map_.node != nullptr);
  const YamlNode& node = *map_.node;
  if (node.kind != YamlNode::Kind::kMap) {
    ReportWrongKind(map_, KeysAndValues(), all_keys(), out);
    return;
  }
  valid_ = true;
  // At most once for each known key, so a file of nothing but repeated keys
  // takes no longer than any other.
  std::vector<const YamlNode*> seen(keys.size());
  for (const YamlNode& key : node.keys) {
    if (key.kind != YamlNode::Kind::kScalar) {
      out->Add(key.at,
               map_.path,
               Say("a key is a word, not $0", "关键字应为一个词，不能是$0", Describe(key)));
      continue;
    }
    const auto found = std::find(keys.begin(), keys.end(), key.text);
    if (found == keys.end()) {
      out->Add(key.at,
               map_.path,
               Say("unknown key $0", "不认识的关键字 $0", Quoted(key.text)),
               Suggest(key.text, keys, all_keys()));
      continue;
    }
    const YamlNode*& first = seen[static_cast<size_t>(found - keys.begin())];
    if (first != nullptr) {
      out->Add(key.at,
               map_.path,
               Say("'$0' is given twice", "'$0' 写了两次", key.text),
               FirstInLine(first->at.line));
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
  return (map_.path.empty() ? "" : map_.path + ".").append(key);
}

Value MapReader::Find(std::string_view key) const {
  const std::optional<size_t> index = IndexOf(key);
  if (!index.has_value()) {
    return {};
  }
  Value value{&map_.node->items[*index], PathOf(key)};
  if (value.node->kind == YamlNode::Kind::kNull) {
    AddAt(value,
          Say("'$0' has no value", "'$0' 没有值", key),
          Say("write one, or leave the key out", "请写上值，或删去这个关键字"),
          out_);
    return {};
  }
  return value;
}

Value MapReader::Need(std::string_view key, const Words& expected) const {
  if (valid_ && !Has(key)) {
    AddAt(map_, Say("'$0' is missing", "缺少 '$0'", key), expected, out_);
  }
  return Find(key);
}

Value MapReader::Key(std::string_view key) const {
  const std::optional<size_t> index = IndexOf(key);
  GH_CHECK(index.has_value(), "no key ", key);
  return {&map_.node->keys[*index], PathOf(key)};
}

std::vector<Value> ReadList(const Value& list,
                            const Words& expected,
                            size_t items_max,
                            DiagnosticList* out) {
  const YamlNode& node = *list.node;
  if (node.kind != YamlNode::Kind::kList) {
    // Of text that can not be shown as it stands nobody could write that.
    const bool one = node.kind == YamlNode::Kind::kScalar && Shown(node.text) == node.text;
    ReportWrongKind(list,
                    Say("a list of $0", "$0的列表", expected),
                    one ? Say("write [$0]", "请写 [$0]", node.text) : Words{},
                    out);
    return {};
  }
  if (node.items.empty()) {
    AddAt(list,
          Say("the list is empty", "列表是空的"),
          Say("list at least one", "至少列出一个"),
          out);
    return {};
  }
  if (node.items.size() > items_max) {
    ReportTooMany(list, node.items.size(), expected, items_max, out);
    return {};
  }
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (size_t i = 0; i < node.items.size(); ++i) {
    items.push_back(ItemOf(list, i));
  }
  return items;
}

std::optional<std::string_view> ReadText(const Value& value,
                                         const Words& expected,
                                         DiagnosticList* out) {
  if (value.node->kind != YamlNode::Kind::kScalar) {
    ReportWrongKind(value, expected, {}, out);
    return std::nullopt;
  }
  return value.node->text;
}

std::optional<Amount> ReadAmount(const Value& value, Fen max, DiagnosticList* out) {
  return ReadScalar(value, Say("an amount", "金额"), out, [max](std::string_view text) {
    return ParseAmount(text, max);
  });
}

std::optional<Fen> ReadMoney(const Value& value, Fen max, Words units, DiagnosticList* out) {
  const std::optional<Amount> amount = ReadAmount(value, max, out);
  if (!amount.has_value()) {
    return std::nullopt;
  }
  if (amount->asset != Asset::kMoney) {
    ReportPieces(value, std::move(units), out);
    return std::nullopt;
  }
  if (amount->value == Fen{0}) {
    AddAt(value, Say("the amount is 0", "金额是0"), Say("at least 1 fen", "至少1分"), out);
    return std::nullopt;
  }
  return amount->value;
}

std::optional<Bps> ReadPercent(const Value& value, DiagnosticList* out) {
  return ReadScalar(value, Say("a percentage", "百分比"), out, ParsePercent);
}

std::optional<MccRange> ReadMccRange(const Value& value, DiagnosticList* out) {
  return ReadScalar(value, Say("a merchant category", "商户类别"), out, ParseMccRange);
}

std::optional<uint16_t> ReadDays(const Value& value, uint16_t max, DiagnosticList* out) {
  return ReadScalar(value, Say("a number of days", "天数"), out, [max](std::string_view text) {
    return ParseDays(text, max);
  });
}

std::optional<int64_t> ReadDuration(const Value& value, int64_t max, DiagnosticList* out) {
  return ReadScalar(value, Say("a length of time", "时长"), out, [max](std::string_view text) {
    return ParseDuration(text, max);
  });
}

std::optional<bool> ReadBool(const Value& value, DiagnosticList* out) {
  const std::optional<std::string_view> text = ReadText(value, TrueOrFalse(), out);
  if (!text.has_value()) {
    return std::nullopt;
  }
  if (!value.node->quoted && (*text == "true" || *text == "false")) {
    return *text == "true";
  }
  AddAt(value,
        Say("$0 is neither true nor false", "$0 不是 true 或 false", Quoted(*text)),
        value.node->quoted ? WithoutQuotes() : Words{},
        out);
  return std::nullopt;
}

std::optional<int64_t> ReadWhole(const Value& value,
                                 int64_t min,
                                 int64_t max,
                                 DiagnosticList* out) {
  if (value.node->kind == YamlNode::Kind::kScalar && value.node->quoted) {
    ReportWrongKind(value, WholeNumber(), WithoutQuotes(), out);
    return std::nullopt;
  }
  return ReadScalar(
      value, WholeNumber(), out, [&](std::string_view text) { return ParseWhole(text, min, max); });
}

std::optional<DisplayName> ReadName(const Value& value, DiagnosticList* out) {
  const std::optional<std::string_view> text = ReadText(value, Say("a name", "名称"), out);
  if (!text.has_value()) {
    return std::nullopt;
  }
  if (text->empty()) {
    AddAt(value, Say("the name is empty", "名称是空的"), out);
    return std::nullopt;
  }
  // An escape in double quotes can write what the file itself may not hold.
  size_t bad_byte = 0;
  if (!IsUtf8(*text, &bad_byte) || HasControlCharacter(*text)) {
    AddAt(value,
          Say("a name holds no control characters", "名称里不能有控制字符"),
          Say("one line of text", "写成一行文字"),
          out);
    return std::nullopt;
  }
  std::optional<DisplayName> name = DisplayName::From({text->data(), text->size()});
  if (!name.has_value()) {
    AddAt(value,
          Say("the name is $0 bytes long", "名称长$0字节", text->size()),
          Say("at most $0, which is $1 Chinese characters",
              "最多$0字节，即$1个汉字",
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
          Say("the code $0 is $1 characters long", "代码 $0 长$1个字符", Quoted(text), text.size()),
          AtMost(bytes_max),
          out);
    return;
  }
  AddAt(value,
        Say("$0 is not a code", "$0 不是代码", Quoted(text)),
        Say("1 to $0 of A-Z a-z 0-9 . _ : -", "1到$0个字符，限 A-Z a-z 0-9 . _ : -", bytes_max),
        out);
}

void ReportNotOneOf(const Value& value,
                    const std::vector<std::string_view>& words,
                    DiagnosticList* out) {
  const Words expected = OneOf(words);
  const std::optional<std::string_view> text = ReadText(value, expected, out);
  if (!text.has_value()) {
    return;
  }
  const std::string quoted = Quoted(*text);
  AddAt(value,
        words.size() == 1 ? Say("$0 is not $1", "$0 不是 $1", quoted, Joined(words))
                          : Say("$0 is none of $1", "$0 不是 $1 之一", quoted, Joined(words)),
        Suggest(*text, words, {}),
        out);
}

}  // namespace gonghui
