// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an operator reads, in both languages.
//
// How the Chinese is written: the nouns are those of the glossary in docs/PROGRAMMES.md; what
// stands in the file, and the keys and words that may stand there, are as they are and in the
// same 'quotes' as in English, so that both lines can be searched for in the file; other
// punctuation is Chinese; there is no space around a number (最多48个), one around a date and
// other Latin text (缺少 'code').  Like the English, it has no full stop at the end.

#ifndef GONGHUI_ENGINE_PROGRAMMES_WORDS_H_
#define GONGHUI_ENGINE_PROGRAMMES_WORDS_H_

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <absl/strings/substitute.h>

#include "engine/base/strings.h"

namespace gonghui {

struct Words {
  std::string en;
  std::string zh;

  // Nothing is said, or both: a text in one language does not compile.
  Words() = default;
  Words(std::string english, std::string chinese)
      : en(std::move(english)), zh(std::move(chinese)) {}

  [[nodiscard]] bool empty() const { return en.empty(); }

  friend bool operator==(const Words&, const Words&) = default;
  friend auto operator<=>(const Words&, const Words&) = default;
};

namespace internal {

// Calls to it are not constant expressions: the compiler's message names it.
inline void EveryPartNeedsItsPlaceAndEveryPlaceItsPart() {}

// A text with the places $0 to $9 for its parts.
template <size_t kParts>
struct Wording {
  const char* text;

  // That each part has its place, and nothing else has one, is known when this is compiled.
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is meant to convert.
  consteval Wording(const char* literal) : text(literal) {
    static_assert(kParts <= 10);
    const std::string_view view(literal);
    size_t used = 0;  // a bit for each part
    for (size_t i = view.find('$'); i != view.npos; i = view.find('$', i + 1)) {
      const size_t part = i + 1 < view.size() ? static_cast<size_t>(view[i + 1] - '0') : kParts;
      if (part >= kParts) {
        EveryPartNeedsItsPlaceAndEveryPlaceItsPart();
      }
      used |= size_t{1} << part;
    }
    if (view.empty() || used != (size_t{1} << kParts) - 1) {
      EveryPartNeedsItsPlaceAndEveryPlaceItsPart();
    }
  }
};

template <class Part>
const Part& EnglishOf(const Part& part) {
  return part;
}
inline const std::string& EnglishOf(const Words& part) {
  return part.en;
}
inline absl::string_view EnglishOf(std::string_view part) {
  return ToAbsl(part);
}

template <class Part>
const Part& ChineseOf(const Part& part) {
  return part;
}
inline const std::string& ChineseOf(const Words& part) {
  return part.zh;
}
inline absl::string_view ChineseOf(std::string_view part) {
  return ToAbsl(part);
}

}  // namespace internal

// $0, $1 ... stand for the parts, each in its own language where it has two; the languages may
// put them in another order.  At most ten.
//
//   Say("$0 is not between $1 and $2", "$0 不在$1到$2之间", Quoted(text), min, max)
template <class... Parts>
[[nodiscard]] Words Say(internal::Wording<sizeof...(Parts)> en,
                        internal::Wording<sizeof...(Parts)> zh,
                        const Parts&... parts) {
  return {absl::Substitute(en.text, internal::EnglishOf(parts)...),
          absl::Substitute(zh.text, internal::ChineseOf(parts)...)};
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_WORDS_H_
