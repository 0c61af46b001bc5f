// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GONGHUI_TOOLS_GONGHUICTL_VIEWS_BACKTEST_H_
#define GONGHUI_TOOLS_GONGHUICTL_VIEWS_BACKTEST_H_

#include "gonghui/v1/backtest_service.pb.h"
#include "tools/gonghuictl/output.h"

namespace gonghui::ctl {

// All of it for people; as JSON the report; as CSV its days, or the days of each merchant when
// it has these.
void ShowBacktest(const v1::BacktestReport& report, Output* out);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEWS_BACKTEST_H_
