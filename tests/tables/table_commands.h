// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal asks in a table.

#ifndef GONGHUI_TESTS_TABLES_TABLE_COMMANDS_H_
#define GONGHUI_TESTS_TABLES_TABLE_COMMANDS_H_

#include <map>
#include <optional>
#include <string>

#include "tests/tables/table_words.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

// The transaction ids that were given, by the words for their requests.
class GivenIds {
 public:
  void Note(const std::string& request, const std::string& terminal, TransactionId id);
  // "#K1" the id that was given to K1 ("#K1@T2" to T2's), else a request id.
  void Read(const std::string& text, TransactionId* id, RequestId* request_id) const;

 private:
  std::map<std::string, TransactionId> ids_;
};

struct AskedCommand {
  OwnedCommand command;
  std::string request;
  std::string terminal;
};

// Nothing when no terminal asks with this verb.
std::optional<AskedCommand> ReadTerminalCommand(const std::string& verb,
                                                TimestampNs now,
                                                const GivenIds& given,
                                                RowWords& row);

// "2:700,1:100,0:0,300": captures, refunds and reversals, each with its sum, and the
// subsidy.
Totals TotalsOf(const std::string& text);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_COMMANDS_H_
