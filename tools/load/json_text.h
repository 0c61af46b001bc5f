// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pieces of the JSON objects that gonghui-load and gonghui-peers write, so that whoever
// reads one of them can read the other.

#ifndef GONGHUI_TOOLS_LOAD_JSON_TEXT_H_
#define GONGHUI_TOOLS_LOAD_JSON_TEXT_H_

#include <string>
#include <string_view>

#include "tools/load/histogram.h"

namespace gonghui::load {

// What goes between the quotes.  Control characters are left out: they would only be noise
// in a label.
std::string Escaped(std::string_view text);

// "p50_us" and so on up to "max_us", without braces.
std::string LatencyJson(const Histogram& latency_ns);

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_JSON_TEXT_H_
