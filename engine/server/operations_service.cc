// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// OperationsService.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/strings/str_format.h>
#include <grpcpp/grpcpp.h>

#include "engine/server/find_transactions.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/table_watch.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/operations_service.grpc.pb.h"

namespace gonghui {
namespace {

constexpr std::string_view kNoTransactionText = "000000000000";

// What is measured on the monotonic clock: never negative.
void ToProto(int64_t ns, google::protobuf::Duration* duration) {
  duration->set_seconds(ns / kNsPerSecond);
  duration->set_nanos(static_cast<int32_t>(ns % kNsPerSecond));
}

class OperationsService final : public v1::OperationsService::Service {
 public:
  explicit OperationsService(const OperatorContext& context) : context_(context) {}

  grpc::Status GetStatus(grpc::ServerContext* /*context*/,
                         const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* response) override {
    uint64_t state_hash = 0;
    const grpc::Status status = Inspect(context_.engine, [&](const Ledger& ledger) {
      state_hash = ledger.StateHash();
      response->set_applied_seq(ledger.applied_seq().value());
      response->mutable_archive()->set_archived_count(ledger.globals().archived_count);
      response->mutable_archive()->set_memory_count(ledger.transactions().size() -
                                                    ledger.archived_rows());
      response->clear_tables();
      ForEachTable(ledger, [response](const char* name, const TableBase& table) {
        v1::TableStatus* const added = response->add_tables();
        added->set_name(name);
        added->set_row_count(table.size());
        added->set_row_count_max(table.size_max());
        added->set_bytes(uint64_t{table.size() - table.first() + 1} * table.row_bytes());
      });
    });
    if (!status.ok()) {
      return status;
    }
    const EngineStats stats = context_.engine->stats();
    response->set_version(context_.version);
    ToProto(TimestampNs{context_.started_at_ns}, response->mutable_started_at());
    response->set_durable_seq(stats.durable_seq);
    response->set_state_hash(absl::StrFormat("%016x", state_hash));
    response->set_block_count(stats.blocks);
    response->set_decision_count(stats.commands);
    response->set_overload_count(stats.submissions_refused);
    response->set_checkpoint_seq(stats.checkpoint_seq);
    response->set_checkpoint_count(stats.checkpoints);
    ToProto(stats.sync_ns_last, response->mutable_sync_last());
    ToProto(stats.sync_ns_max, response->mutable_sync_max());
    ToProto(stats.ledger_pause_ns_max, response->mutable_ledger_pause_max());
    response->set_memory_reserved_bytes(stats.memory_reserved_bytes);
    response->set_recovery_summary(context_.engine->recovery().Summary());
    v1::ArchiveStatus* const archive = response->mutable_archive();
    archive->set_thawed_count(stats.thawed_transactions);
    archive->set_put_count(stats.archive_puts);
    archive->set_disk_lookup_count(stats.archive_disk_lookups);
    archive->set_filter_bytes(stats.archive_filter_bytes);
    archive->set_filter_complete(stats.archive_filter_complete);
    return status;
  }

  grpc::Status FindTransaction(grpc::ServerContext* /*context*/,
                               const v1::FindTransactionRequest* request,
                               v1::FindTransactionResponse* response) override {
    const auto id = ParseTransactionId(request->transaction_id());
    if (!id.has_value() && request->transaction_id() == kNoTransactionText) {
      // Well formed, but the number 0: no transaction has it.
      return ToGrpcStatus(NotFound("transaction", "transaction_id"));
    }
    if (!id.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("transaction_id",
                          "must be 12 characters of Crockford's base 32; a request id, which is a "
                          "UUID, is known to its terminal only"));
    }
    std::vector<FoundTransaction> found;
    const grpc::Status status = FindTransactionsBlocking(context_.engine, {&*id, 1}, &found);
    if (!status.ok()) {
      return status;
    }
    if (!found.front().found) {
      return ToGrpcStatus(NotFound("transaction", "transaction_id"));
    }
    *response->mutable_transaction() = std::move(found.front().wire);
    return status;
  }

 private:
  const OperatorContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOperationsService(const OperatorContext& context) {
  return std::make_unique<OperationsService>(context);
}

}  // namespace gonghui
