// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "tools/gonghuictl/backtest_html.h"

namespace gonghui::ctl {
namespace {

constexpr int kWidth = 760;
constexpr int kHeight = 260;
constexpr int kLeft = 96;
constexpr int kRight = 12;
constexpr int kTop = 28;
constexpr int kBottom = 40;
constexpr int kLabelsMax = 12;
constexpr int kSteps = 4;
constexpr double kGap = 0.2;       // of a place, between groups of columns
constexpr double kColumnMax = 48;  // a day alone is no wall
constexpr double kPointRadius = 3;

struct Scale {
  int64_t low = 0;
  int64_t high = 1;

  [[nodiscard]] double Y(int64_t value) const {
    const auto from_top = static_cast<double>(high) - static_cast<double>(value);
    const auto range = static_cast<double>(high) - static_cast<double>(low);
    return kTop + (kHeight - kTop - kBottom) * from_top / range;
  }
};

// Both ends on a step, 0 among them.
Scale ScaleOf(const Plot& plot, int64_t* step) {
  int64_t low = 0;
  int64_t high = 0;
  for (const PlotSeries& series : plot.series) {
    for (const int64_t value : series.values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  *step = NiceStep(low, high);
  Scale scale;
  scale.low = low == 0 ? 0 : -((-low + *step - 1) / *step) * *step;
  scale.high = std::max((high + *step - 1) / *step * *step, scale.low + *step);
  return scale;
}

std::string ValueWord(const Plot& plot, int64_t value) {
  return plot.format == nullptr ? std::to_string(value) : plot.format(value);
}

double PlaceWidth(const Plot& plot) {
  return static_cast<double>(kWidth - kLeft - kRight) /
         static_cast<double>(std::max<size_t>(plot.labels.size(), 1));
}

std::string Axis(const Plot& plot, const Scale& scale, int64_t step) {
  std::string out;
  for (int64_t value = scale.low; value <= scale.high; value += step) {
    const double y = scale.Y(value);
    out += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\"/>\n",
                       value == 0 ? "zero" : "grid",
                       kLeft,
                       y,
                       kWidth - kRight,
                       y);
    out += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                       kLeft - 6,
                       y + 4,
                       EscapeHtml(ValueWord(plot, value)));
  }
  const size_t every = (plot.labels.size() + kLabelsMax - 1) / kLabelsMax;
  for (size_t i = 0; i < plot.labels.size(); i += every) {
    out +=
        fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                    kLeft + PlaceWidth(plot) * (static_cast<double>(i) + 0.5),
                    kHeight - kBottom + 18,
                    EscapeHtml(plot.labels[i]));
  }
  return out;
}

std::string Columns(const Plot& plot, const Scale& scale) {
  std::string out;
  const double place = PlaceWidth(plot);
  const auto count = static_cast<double>(plot.series.size());
  const double width = std::min(place * (1 - kGap) / count, kColumnMax);
  const double margin = (place - width * count) / 2;
  for (size_t s = 0; s < plot.series.size(); ++s) {
    const PlotSeries& series = plot.series[s];
    for (size_t i = 0; i < series.values.size(); ++i) {
      const int64_t value = series.values[i];
      if (value == 0) {
        continue;
      }
      const double y = std::min(scale.Y(value), scale.Y(0));
      const double height = std::max(std::abs(scale.Y(value) - scale.Y(0)), 0.5);
      out += fmt::format(
          "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\">"
          "<title>{} {}: {}</title></rect>\n",
          series.css_class,
          kLeft + place * static_cast<double>(i) + margin + width * static_cast<double>(s),
          y,
          width,
          height,
          EscapeHtml(plot.labels[i]),
          EscapeHtml(series.name),
          EscapeHtml(ValueWord(plot, value)));
    }
  }
  return out;
}

std::string Lines(const Plot& plot, const Scale& scale) {
  std::string out;
  const double place = PlaceWidth(plot);
  for (const PlotSeries& series : plot.series) {
    std::string points;
    for (size_t i = 0; i < series.values.size(); ++i) {
      const double x = kLeft + place * (static_cast<double>(i) + 0.5);
      const double y = scale.Y(series.values[i]);
      points += fmt::format("{}{:.2f},{:.2f}", i == 0 ? "" : " ", x, y);
      // A day alone makes no line, and a point tells its number to who points at it.
      out += fmt::format(
          "<circle class=\"{}\" cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{}\"><title>{} {}: "
          "{}</title></circle>\n",
          series.css_class,
          x,
          y,
          kPointRadius,
          EscapeHtml(plot.labels[i]),
          EscapeHtml(series.name),
          EscapeHtml(ValueWord(plot, series.values[i])));
    }
    out += fmt::format("<polyline class=\"{} stroke\" points=\"{}\"><title>{}</title></polyline>\n",
                       series.css_class,
                       points,
                       EscapeHtml(series.name));
  }
  return out;
}

std::string Legend(const Plot& plot) {
  std::string out;
  int x = kLeft;
  for (const PlotSeries& series : plot.series) {
    out += fmt::format(
        "<rect class=\"{}\" x=\"{}\" y=\"6\" width=\"12\" height=\"12\"/>\n"
        "<text class=\"key\" x=\"{}\" y=\"16\">{}</text>\n",
        series.css_class,
        x,
        x + 18,
        EscapeHtml(series.name));
    x += 190;
  }
  return out;
}

}  // namespace

int64_t NiceStep(int64_t low, int64_t high) {
  const int64_t wanted = std::max<int64_t>((high - low) / kSteps, 1);
  int64_t power = 1;
  while (power <= wanted / 10) {
    power *= 10;
  }
  for (const int64_t factor : {1, 2, 5}) {
    if (power * factor >= wanted) {
      return power * factor;
    }
  }
  return power * 10;
}

std::string RenderSvg(const Plot& plot) {
  int64_t step = 1;
  const Scale scale = ScaleOf(plot, &step);
  const std::string title = EscapeHtml(plot.title);
  return fmt::format(
             "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
             "xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>\n",
             kWidth,
             kHeight,
             title,
             title) +
         Axis(plot, scale, step) + (plot.lines ? Lines(plot, scale) : Columns(plot, scale)) +
         Legend(plot) + "</svg>\n";
}

}  // namespace gonghui::ctl
