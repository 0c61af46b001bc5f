// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What tells an advice that comes again under a new request id, of the command that is asked
// and of the transaction that it became: both must say the same, or it would be granted twice
// (docs/decisions/0003-lines-advices-batches.md).
//
// `Name` is AdviceName, or what calls the terminal otherwise and has the same fields: the
// ledger's AdviceKey has its row.

#ifndef GONGHUI_ENGINE_DOMAIN_ADVICE_NAME_H_
#define GONGHUI_ENGINE_DOMAIN_ADVICE_NAME_H_

#include "engine/domain/advice.h"
#include "engine/domain/command.h"
#include "engine/domain/money.h"
#include "engine/domain/transaction.h"

namespace gonghui {

// REQUIRES: the command has an advice: it is a sale or a capture.
template <class Name, class Terminal>
[[nodiscard]] Name AdviceNameAs(const Terminal& terminal, const Command& command) {
  Name name;
  name.terminal = terminal;
  name.sequence = command.advice->sequence;
  name.business_day = command.advice->business_day;
  if (command.kind == CommandKind::kAuthorize) {
    name.kind = TransactionKind::kAuthorization;
    name.amount = command.authorize.list_price;
    name.card = command.authorize.card;
  } else {
    name.kind = TransactionKind::kCapture;
    name.amount = command.capture.has_amount ? command.capture.amount : Fen{0};
    name.original = command.capture.original;
    name.original_request_id = command.capture.original_request_id;
  }
  return name;
}

// REQUIRES: the advice is the transaction's.
template <class Name, class Terminal>
[[nodiscard]] Name AdviceNameAs(const Terminal& terminal,
                                const Transaction& transaction,
                                const Advice& advice) {
  Name name;
  name.terminal = terminal;
  name.sequence = advice.sequence;
  name.business_day = advice.business_day;
  name.kind = transaction.kind;
  if (transaction.IsAuthorization()) {
    name.amount = transaction.list_price;
    name.card = transaction.card;
  } else {
    name.amount = transaction.reference.asked_amount;
    name.original = transaction.reference.original_id;
    name.original_request_id = transaction.reference.original_request_id;
  }
  return name;
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_ADVICE_NAME_H_
