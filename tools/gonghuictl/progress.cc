// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// ASCII only: a bar must look right also where the font has no blocks.

#include "tools/gonghuictl/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr int64_t kBarEveryNs = 100'000'000;
constexpr int64_t kLineEveryNs = 5'000'000'000;
constexpr size_t kBarCellsMin = 10;
constexpr size_t kBarCellsMax = 40;
constexpr size_t kColumnsDefault = 80;

uint64_t PerSecond(const ProgressNumbers& n) {
  const uint64_t rows = n.rows_done - n.rows_before;
  const auto ms = static_cast<uint64_t>(std::max<int64_t>(n.elapsed_ns / 1'000'000, 1));
  return rows * 1'000 / ms;
}

std::string Figures(const ProgressNumbers& n) {
  const uint64_t rate = PerSecond(n);
  std::string out = fmt::format(
      "{}/{}  {}/s", FormatCount(n.rows_done), FormatCount(n.rows_total), FormatCount(rate));
  if (rate > 0 && n.rows_done < n.rows_total) {
    const uint64_t left_ms = (n.rows_total - n.rows_done) * 1'000 / rate;
    out += "  ETA " + FormatDuration(static_cast<int64_t>(left_ms) * 1'000'000);
  }
  if (n.rows_rejected > 0) {
    out += fmt::format("  {} rejected", FormatCount(n.rows_rejected));
  }
  return out;
}

uint64_t Percent(const ProgressNumbers& n) {
  return n.rows_total == 0 ? 100 : n.rows_done * 100 / n.rows_total;
}

size_t TerminalColumns(std::FILE* file) {
  winsize size{};
  if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kColumnsDefault;
  }
  return size.ws_col;
}

}  // namespace

std::string FormatProgressBar(const std::string& label,
                              const ProgressNumbers& numbers,
                              size_t columns) {
  const std::string figures = fmt::format("{:3}%  {}", Percent(numbers), Figures(numbers));
  const size_t taken = DisplayWidth(label) + figures.size() + std::string("  []  ").size() + 1;
  if (columns < taken + kBarCellsMin) {
    return label + "  " + figures;
  }
  const size_t cells = std::min(columns - taken, kBarCellsMax);
  const auto full = static_cast<size_t>(Percent(numbers) * cells / 100);
  return fmt::format(
      "{}  [{}{}]  {}", label, std::string(full, '#'), std::string(cells - full, '.'), figures);
}

std::string FormatProgressLine(const std::string& label, const ProgressNumbers& numbers) {
  return fmt::format("{}: {}%  {}", label, Percent(numbers), Figures(numbers));
}

Progress::Progress(ProgressMode mode, std::string label, std::FILE* file, const Clock* clock)
    : mode_(mode),
      label_(std::move(label)),
      file_(file),
      clock_(clock),
      started_ns_(clock->MonotonicNs()),
      drawn_ns_(started_ns_) {}

Progress::~Progress() {
  Clear();
}

void Progress::Update(ProgressNumbers numbers) {
  const int64_t now_ns = clock_->MonotonicNs();
  numbers.elapsed_ns = now_ns - started_ns_;
  const int64_t every_ns = mode_ == ProgressMode::kBar ? kBarEveryNs : kLineEveryNs;
  if (mode_ == ProgressMode::kNone || now_ns - drawn_ns_ < every_ns) {
    return;
  }
  drawn_ns_ = now_ns;
  if (mode_ == ProgressMode::kLines) {
    fmt::print(file_, "{}\n", FormatProgressLine(label_, numbers));
  } else {
    // Return to the line's beginning, draw, erase what an older bar left.
    fmt::print(file_, "\r{}\033[K", FormatProgressBar(label_, numbers, TerminalColumns(file_)));
    bar_is_drawn_ = true;
  }
  std::fflush(file_);
}

void Progress::Clear() {
  if (bar_is_drawn_) {
    fmt::print(file_, "\r\033[K");
    std::fflush(file_);
    bar_is_drawn_ = false;
  }
}

}  // namespace gonghui::ctl
