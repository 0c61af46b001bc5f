// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A backtest's report as messages.

#ifndef GONGHUI_ENGINE_SERVER_BACKTEST_REPLY_H_
#define GONGHUI_ENGINE_SERVER_BACKTEST_REPLY_H_

#include <functional>
#include <string>
#include <vector>

#include "engine/backtest/progress.h"
#include "engine/backtest/report.h"
#include "engine/domain/programme.h"
#include "gonghui/v1/backtest_service.pb.h"

namespace gonghui {

// Calls write(part) for each part of the report; lists go on from part to part.  Ends early
// with false when `write` answers false.  `merchant_names` are row for row those of
// report.merchants.
bool WriteReport(const BacktestReport& report,
                 const ProgrammeSpec& programme,
                 const std::vector<std::string>& merchant_names,
                 const std::function<bool(const v1::BacktestReport& part)>& write);

void ToProto(const BacktestProgress& progress, v1::BacktestProgress* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_BACKTEST_REPLY_H_
