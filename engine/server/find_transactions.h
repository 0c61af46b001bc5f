// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions as they stand, for operators: by id, whatever terminal they are of.

#ifndef GONGHUI_ENGINE_SERVER_FIND_TRANSACTIONS_H_
#define GONGHUI_ENGINE_SERVER_FIND_TRANSACTIONS_H_

#include <span>
#include <vector>

#include <grpcpp/support/status.h>

#include "engine/domain/transaction.h"
#include "engine/pipeline/engine.h"
#include "gonghui/v1/transaction.pb.h"

namespace gonghui {

struct FoundTransaction {
  bool found = false;  // false: there is no such transaction
  Transaction row;
  BenefitRow benefit;  // that was applied first; none = none was
  v1::Transaction wire;
};

// In order of the ids.  They are asked for with commands, and not looked at in the ledger,
// because they may be in the archive.
grpc::Status FindTransactionsBlocking(Engine* engine,
                                      std::span<const TransactionId> ids,
                                      std::vector<FoundTransaction>* found);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_FIND_TRANSACTIONS_H_
