// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Plots as inline SVG: columns side by side, or lines, over a row of labels.  Colours are
// classes ("before", "after", "gained", "lost"), which the page gives for light and dark.

#ifndef GONGHUI_TOOLS_GONGHUICTL_SVG_PLOT_H_
#define GONGHUI_TOOLS_GONGHUICTL_SVG_PLOT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gonghui::ctl {

struct PlotSeries {
  std::string name;
  std::string_view css_class;
  std::vector<int64_t> values;
};

struct Plot {
  std::string title;                // told to who can not see it, too
  std::vector<std::string> labels;  // of the values, e.g. days
  std::vector<PlotSeries> series;   // each with as many values
  bool lines = false;               // rather than columns
  // What a value reads as on the axis.
  std::string (*format)(int64_t value) = nullptr;
};

[[nodiscard]] std::string RenderSvg(const Plot& plot);

// Steps of 1, 2 or 5 times a power of ten, about four of them from low to high.
[[nodiscard]] int64_t NiceStep(int64_t low, int64_t high);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_SVG_PLOT_H_
