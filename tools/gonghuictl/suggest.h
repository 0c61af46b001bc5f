// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean ...?": words that are typed wrong, and those that are right elsewhere.

#ifndef GONGHUI_TOOLS_GONGHUICTL_SUGGEST_H_
#define GONGHUI_TOOLS_GONGHUICTL_SUGGEST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gonghui::ctl {

// Insertions, deletions, replacements and swaps of neighbours that lead from
// one word to the other.
[[nodiscard]] size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or empty when none is near.
[[nodiscard]] std::string Nearest(std::string_view word,
                                  const std::vector<std::string>& candidates);

// What does here what `word` asks for: "card block CARD --reason pause" for "pause" of the
// command "card", which has none of that name.  Empty when nothing is known to.
[[nodiscard]] std::string_view OtherName(std::string_view command, std::string_view word);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_SUGGEST_H_
