// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean ...?"

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

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_SUGGEST_H_
