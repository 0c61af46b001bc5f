// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is said of a backtest or simulation, in tables and in the HTML report alike.

#ifndef GONGHUI_TOOLS_GONGHUICTL_BACKTEST_WORDS_H_
#define GONGHUI_TOOLS_GONGHUICTL_BACKTEST_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/timestamp.pb.h>

#include "engine/programmes/words.h"
#include "gonghui/v1/backtest_service.pb.h"

namespace gonghui::ctl {

// "approved", "exceeds_frequency_limit (701)".
[[nodiscard]] std::string AnswerWord(v1::Reason reason);

// The same as members and cashiers are told it: "优惠次数已用完".  Empty for what a newer
// server has added.
[[nodiscard]] std::string_view AnswerWordInChinese(v1::Reason reason);

// When a fund ran out, in the draft's zone; "-" = it did not.
[[nodiscard]] std::string RanOut(bool did,
                                 const google::protobuf::Timestamp& at,
                                 const std::string& zone);

// "2026-05-02 to 2026-05-31 (Asia/Shanghai), last decision at ...".
[[nodiscard]] Words PeriodWords(const v1::BacktestReport& report);

// That the draft gave nothing although there was something to decide, and why, as far as the
// report tells; empty when it gave something.
[[nodiscard]] std::vector<Words> NothingGivenNotes(const v1::BacktestReport& report);

// What limits the answer, a sentence each, the above first; empty = nothing does.
[[nodiscard]] std::vector<Words> BacktestNotes(const v1::BacktestReport& report);

// What the figures are: before and after, and subsidy beside what funds paid, which a reader
// expects to be the same sum and need not be.
[[nodiscard]] Words BeforeAndAfterWords(bool simulated);
[[nodiscard]] Words SubsidyWords();
[[nodiscard]] Words PaidWords();

// All of these; what is paid only when the report has funds.
[[nodiscard]] std::vector<Words> FigureNotes(const v1::BacktestReport& report, bool simulated);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_BACKTEST_WORDS_H_
