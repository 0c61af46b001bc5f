// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/find_transactions.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/domain/command.h"
#include "engine/domain/details.h"
#include "engine/domain/result.h"
#include "engine/server/grpc_status.h"
#include "engine/server/operator_call.h"
#include "engine/server/translate.h"
#include "engine/server/wire.h"

namespace gonghui {

namespace {

// Each has room for details, 4 KB, and a result.
constexpr size_t kAtOnce = 64;

grpc::Status FindSome(Engine* engine,
                      std::span<const TransactionId> ids,
                      std::vector<FoundTransaction>* found) {
  std::vector<Details> details(ids.size());
  std::vector<Command> commands(ids.size());
  std::vector<Result> results(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    commands[i].kind = CommandKind::kGetTransaction;
    commands[i].inquiry = InquiryRequest{ids[i], RequestId{}};
    commands[i].details = &details[i];
  }
  const grpc::Status status = RunCommands(engine, commands, results);
  if (!status.ok()) {
    return status;
  }
  WireWriter writer;
  for (size_t i = 0; i < ids.size(); ++i) {
    FoundTransaction& item = found->emplace_back();
    const Result& result = results[i];
    if (result.verdict == Verdict::kNotFound) {
      continue;
    }
    if (Refusal refusal; IsRefused(commands[i], result, &refusal)) {
      return ToGrpcStatus(refusal);
    }
    writer.Clear();
    writer.Reserve(kReplyBytesMax);
    AppendTransaction(engine->names(), commands[i], result, &writer);
    GH_CHECK(item.wire.ParseFromArray(writer.data(), static_cast<int>(writer.size())),
             "transaction=",
             ids[i].value());
    item.found = true;
    item.row = result.transaction;
    item.benefit = result.transaction.benefit_without_share();
    if (item.benefit == BenefitRow{} && result.share_count > 0) {
      item.benefit = result.shares[0].benefit;
    }
  }
  return status;
}

}  // namespace

grpc::Status FindTransactionsBlocking(Engine* engine,
                                      std::span<const TransactionId> ids,
                                      std::vector<FoundTransaction>* found) {
  for (size_t first = 0; first < ids.size(); first += kAtOnce) {
    const grpc::Status status =
        FindSome(engine, ids.subspan(first, std::min(kAtOnce, ids.size() - first)), found);
    if (!status.ok()) {
      return status;
    }
  }
  return grpc::Status::OK;
}

}  // namespace gonghui
