// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows about vouchers, draws, contributions and claims.  Any word is a voucher's key, a seed
// or a hash of its own.

#ifndef GONGHUI_TESTS_TABLES_TABLE_OCCASIONS_H_
#define GONGHUI_TESTS_TABLES_TABLE_OCCASIONS_H_

#include <optional>
#include <string>

#include "engine/ledger/ledger.h"
#include "tests/tables/table_commands.h"
#include "tests/tables/table_words.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

// none = no voucher.
VoucherKey VoucherOf(const std::string& text);

// voucher=V1 slot=TIME event=TIME filed-by=NAME; nothing when none of these is there.
std::optional<OccasionRequest> ReadOccasion(RowWords& row);

// voucher-returns, slots=30m ahead=30d grace=30m, claim=180d approvals=2, counts-on=LIMIT
void ReadAsks(RowWords& row, const OwnedProgramme& programme, BenefitSpec* benefit);

// Nothing: it is no verb of these.
std::optional<OwnedCommand> ReadOccasionAdmin(const std::string& verb,
                                              const GivenIds& given,
                                              RowWords& row);

// False: `what` is none of these.
bool ExpectOccasion(const std::string& what,
                    const Ledger& ledger,
                    const GivenIds& given,
                    RowWords& row);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_OCCASIONS_H_
