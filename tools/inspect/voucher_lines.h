// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a line says of vouchers, draws, claims and contributions.

#ifndef GONGHUI_TOOLS_INSPECT_VOUCHER_LINES_H_
#define GONGHUI_TOOLS_INSPECT_VOUCHER_LINES_H_

#include "engine/domain/command.h"
#include "engine/domain/programme.h"
#include "tools/inspect/json_line.h"

namespace gonghui {

// The content of a command of a kind from kIssueVouchers to kRejectClaim; of others nothing.
void PutVoucherCommand(JsonLine& line, const Command& command);

// What a benefit asks for beside a card and a price.
void PutTerms(JsonLine& line, const BenefitSpec& benefit);

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_VOUCHER_LINES_H_
