// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Strict reading of the YAML tree.  Every function reports what is wrong to the
// list it is given, with the place, and returns nothing; the caller goes on with
// the rest of the file.

#ifndef GONGHUI_ENGINE_PROGRAMMES_READER_H_
#define GONGHUI_ENGINE_PROGRAMMES_READER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/domain/code.h"
#include "engine/programmes/diagnostic.h"
#include "engine/programmes/language.h"
#include "engine/programmes/scalars.h"
#include "engine/programmes/yaml_tree.h"

namespace gonghui {

// A node and how the file's reader would call it.
struct Value {
  const YamlNode* node = nullptr;
  std::string path;

  explicit operator bool() const { return node != nullptr; }
};

// REQUIRES: `list` is a list of more than `index` items.
[[nodiscard]] inline Value ItemOf(const Value& list, size_t index) {
  return {&list.node->items[index], list.path + "[" + std::to_string(index) + "]"};
}

inline void AddAt(const Value& value, Words message, Words hint, DiagnosticList* out) {
  out->Add(value.node->at, value.path, std::move(message), std::move(hint));
}
inline void AddAt(const Value& value, Words message, DiagnosticList* out) {
  AddAt(value, std::move(message), {}, out);
}

// Of two keys or words.
[[nodiscard]] inline Words DoesNotGoWith(std::string_view key, std::string_view other) {
  return Say("'$0' does not go with '$1'", "'$0' 不能与 '$1' 同用", key, other);
}

// Where what stands there twice stands for the first time, as a hint.
[[nodiscard]] inline Words FirstInLine(uint32_t line) {
  return Say("first in line $0", "第一次在第$0行", line);
}

// "N benefits are too many (at most M)".
void ReportTooMany(
    const Value& value, size_t count, const Words& what, size_t count_max, DiagnosticList* out);

// An item that is in its list already.
void ReportListedTwice(const Value& item, DiagnosticList* out);

// A number of things where money belongs.
void ReportPieces(const Value& value, Words hint, DiagnosticList* out);

// A mapping that may hold `keys` and no others, each once.
class MapReader {
 public:
  // Reports a wrong type, and unknown and repeated keys.  *out must outlive this.
  MapReader(Value map, std::span<const std::string_view> keys, DiagnosticList* out);

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const Value& map() const { return map_; }

  [[nodiscard]] bool Has(std::string_view key) const { return IndexOf(key).has_value(); }

  // The key's value; nothing when it is not there, or empty (reported).
  [[nodiscard]] Value Find(std::string_view key) const;

  // The same, and a missing key is reported; `expected` says what belongs there.
  [[nodiscard]] Value Need(std::string_view key, const Words& expected) const;

  // The key itself, for findings about its being there.  REQUIRES: Has(key).
  [[nodiscard]] Value Key(std::string_view key) const;

 private:
  [[nodiscard]] std::optional<size_t> IndexOf(std::string_view key) const;
  [[nodiscard]] std::string PathOf(std::string_view key) const;

  Value map_;
  bool valid_ = false;
  DiagnosticList* out_;
};

// What every code is asked for.
[[nodiscard]] inline Value NeedCode(const MapReader& map) {
  return map.Need("code", Say("a short name that never changes", "永远不变的简短代码"));
}

// The items of a list that holds 1 to items_max of `expected`.
[[nodiscard]] std::vector<Value> ReadList(const Value& list,
                                          const Words& expected,
                                          size_t items_max,
                                          DiagnosticList* out);

// One piece of text.
[[nodiscard]] std::optional<std::string_view> ReadText(const Value& value,
                                                       const Words& expected,
                                                       DiagnosticList* out);

// One piece of text, through one of the functions of scalars.h.
template <typename Parse>
[[nodiscard]] auto ReadScalar(const Value& value,
                              const Words& expected,
                              DiagnosticList* out,
                              Parse parse) -> decltype(parse(std::string_view{}).value) {
  const std::optional<std::string_view> text = ReadText(value, expected, out);
  if (!text.has_value()) {
    return std::nullopt;
  }
  auto parsed = parse(*text);
  if (!parsed.value.has_value()) {
    AddAt(value, std::move(parsed.message), std::move(parsed.hint), out);
  }
  return parsed.value;
}

// ReadScalar() of what is read in more than one place.
[[nodiscard]] std::optional<Amount> ReadAmount(const Value& value, Fen max, DiagnosticList* out);
// More than 0, in money; `units` is the hint when it is in pieces.
[[nodiscard]] std::optional<Fen> ReadMoney(const Value& value,
                                           Fen max,
                                           Words units,
                                           DiagnosticList* out);
[[nodiscard]] std::optional<Bps> ReadPercent(const Value& value, DiagnosticList* out);
[[nodiscard]] std::optional<MccRange> ReadMccRange(const Value& value, DiagnosticList* out);
[[nodiscard]] std::optional<uint16_t> ReadDays(const Value& value,
                                               uint16_t max,
                                               DiagnosticList* out);
[[nodiscard]] std::optional<int64_t> ReadDuration(const Value& value,
                                                  int64_t max,
                                                  DiagnosticList* out);

// true or false, nothing else.
[[nodiscard]] std::optional<bool> ReadBool(const Value& value, DiagnosticList* out);

// A number is not text: quotes are refused.
[[nodiscard]] std::optional<int64_t> ReadWhole(const Value& value,
                                               int64_t min,
                                               int64_t max,
                                               DiagnosticList* out);

[[nodiscard]] std::optional<DisplayName> ReadName(const Value& value, DiagnosticList* out);

// What is wrong with text that is no code of at most `bytes_max` characters.
void ReportBadCode(const Value& value,
                   std::string_view text,
                   size_t bytes_max,
                   DiagnosticList* out);

template <typename C>
[[nodiscard]] std::optional<C> ReadCode(const Value& value, DiagnosticList* out) {
  const std::optional<std::string_view> text = ReadText(value, Say("a code", "代码"), out);
  if (!text.has_value()) {
    return std::nullopt;
  }
  std::optional<C> code = C::Parse({text->data(), text->size()});
  if (!code.has_value()) {
    ReportBadCode(value, *text, C::kBytes, out);
  }
  return code;
}

template <typename C>
[[nodiscard]] std::string CodeString(const C& code) {
  const auto text = code.Text();
  return {text.data(), text.size};
}

// What is wrong with a value that is none of `words`.
void ReportNotOneOf(const Value& value,
                    const std::vector<std::string_view>& words,
                    DiagnosticList* out);

// One of a few words.
template <typename T, size_t kCount>
[[nodiscard]] std::optional<T> ReadWord(const Value& value,
                                        const Word<T> (&words)[kCount],
                                        DiagnosticList* out) {
  std::vector<std::string_view> known;
  for (const Word<T>& word : words) {
    if (value.node->kind == YamlNode::Kind::kScalar && value.node->text == word.text) {
      return word.meaning;
    }
    known.push_back(word.text);
  }
  ReportNotOneOf(value, known, out);
  return std::nullopt;
}

// Reports every range that begins inside another one.  `last` of a range is its
// last element; two ranges may touch.
template <typename Range, typename First, typename Last, typename Format>
void ReportOverlaps(const std::vector<Range>& ranges,
                    const std::vector<Value>& places,
                    First first,
                    Last last,
                    Format format,
                    DiagnosticList* out) {
  std::vector<size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return first(ranges[a]) < first(ranges[b]);
  });
  size_t widest = 0;  // position in `order` of the range that reaches furthest
  for (size_t i = 1; i < order.size(); ++i) {
    const size_t other = order[widest];
    const size_t self = order[i];
    if (first(ranges[self]) <= last(ranges[other])) {
      const auto [earlier, later] = std::minmax(self, other);
      AddAt(places[later],
            Say("$0 overlaps with $1",
                "$0 与 $1 重叠",
                format(ranges[later]),
                format(ranges[earlier])),
            out);
    }
    if (last(ranges[self]) > last(ranges[other])) {
      widest = i;
    }
  }
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_READER_H_
