// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the person at the till may do about a refusal.  What it means is told by the server
// (display_message); what to do is the same whatever the server says.

#ifndef GONGHUI_TOOLS_GONGHUICTL_REASON_HELP_H_
#define GONGHUI_TOOLS_GONGHUICTL_REASON_HELP_H_

#include <string>
#include <string_view>

#include "gonghui/v1/reason.pb.h"
#include "gonghui/v1/transaction.pb.h"

namespace gonghui::ctl {

struct ReasonHelp {
  std::string_view english;
  std::string_view chinese;
};

// Empty for REASON_UNSPECIFIED, and for a reason of a newer server.
[[nodiscard]] ReasonHelp HelpOf(v1::Reason reason);

// Of a whole answer, which may know more; empty of what was approved.
[[nodiscard]] ReasonHelp HelpOf(const v1::Transaction& transaction);

// "100.00 yuan; the price was 88.00 yuan": the least amount that a decline is about.  Empty of
// another one.
[[nodiscard]] std::string LeastAmountWords(const v1::Transaction& declined);

// "city-2026: needs 5.00, has 3.20 yuan (需要 5.00 元，可用 3.20 元)": the fund or stock that a
// decline is about.  Empty of another one.
[[nodiscard]] std::string FailedFundWords(const v1::Transaction& declined);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_REASON_HELP_H_
