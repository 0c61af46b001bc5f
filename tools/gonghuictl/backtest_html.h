// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The report of a backtest or simulation as one HTML file that needs nothing else: no
// script, no font, no network.  English with Chinese beside it; light and dark as the reader
// has it; every plot has its numbers in a table below.

#ifndef GONGHUI_TOOLS_GONGHUICTL_BACKTEST_HTML_H_
#define GONGHUI_TOOLS_GONGHUICTL_BACKTEST_HTML_H_

#include <string>
#include <string_view>

#include "gonghui/v1/backtest_service.pb.h"

namespace gonghui::ctl {

struct BacktestHtmlOptions {
  bool simulated = false;
  std::string file_name;  // of the draft
};

// Well-formed XML, too.
[[nodiscard]] std::string BacktestHtml(const v1::BacktestReport& report,
                                       const BacktestHtmlOptions& options);

// For text and attributes; what XML can not hold becomes U+FFFD.
[[nodiscard]] std::string EscapeHtml(std::string_view text);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_BACKTEST_HTML_H_
