// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What operators' calls have in common: running commands, pages, imports.
// Internal to the operators' services.

#ifndef GONGHUI_ENGINE_SERVER_OPERATOR_CALL_H_
#define GONGHUI_ENGINE_SERVER_OPERATOR_CALL_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include "engine/base/clock.h"
#include "engine/domain/command.h"
#include "engine/domain/result.h"
#include "engine/server/grpc_status.h"
#include "engine/server/operator_services.h"
#include "engine/server/translate_rows.h"

namespace gonghui {

inline constexpr uint32_t kPageRowsDefault = 100;
inline constexpr uint32_t kPageRowsMax = 1'000;
inline constexpr int kImportRowsMax = 1'000;

// Runs commands in submissions small enough that a tap waits for none of them for
// long.  Waits a little while the engine is full.
grpc::Status RunCommands(Engine* engine,
                         std::span<const Command> commands,
                         std::span<Result> results);
// The same as one submission: all are decided one after another.
grpc::Status RunTogether(Engine* engine,
                         std::span<const Command> commands,
                         std::span<Result> results);
// One command whose refusal is the call's.  `field_of` tells the wrong field as the call's
// own message names it; null = as FieldName() does.
grpc::Status RunOne(Engine* engine,
                    const Command& command,
                    Result* result,
                    const std::function<std::string(const Result&)>& field_of = nullptr);
grpc::Status Inspect(Engine* engine, const std::function<void(const Ledger&)>& read);

// Leaves the cores to whoever stands at a till: what is done piece by piece (an import) pauses
// after each piece for twice as long as it took, at most kPauseNsMax, if anybody else's commands
// were decided meanwhile.  On a quiet server there is no pause.  One thread.
class BulkPace {
 public:
  static constexpr int64_t kPauseNsMax = 100'000'000;

  // Where a piece begins.
  explicit BulkPace(Engine* engine, const Clock& clock = SystemClock::Instance());
  // Where it ends, having been `own` commands.
  void PauseBlocking(uint64_t own) const;

  [[nodiscard]] static int64_t PauseNsAfter(int64_t took_ns, uint64_t others);

 private:
  Engine* const engine_;
  const Clock& clock_;
  const int64_t began_ns_;
  const uint64_t commands_;
};

grpc::Status ToGrpcStatus(const RowError& error);

// A page token is the number of the next row.
struct Page {
  uint32_t first = 1;
  uint32_t rows_max = kPageRowsDefault;
};
grpc::Status ReadPage(int32_t page_size, const std::string& page_token, Page* page);
std::string PageToken(uint32_t next_row);

// Copies rows of a table for which keep(row) holds, looking at no more than
// kPageRowsMax of them; answers the next page's token.
template <class Row, class RowId, class Keep>
std::string CopyPage(const Table<Row, RowId>& table, const Page& page, const Keep& keep) {
  uint32_t kept = 0;
  uint32_t looked_at = 0;
  uint32_t number = page.first;
  for (; number <= table.size() && kept < page.rows_max && looked_at < kPageRowsMax; ++number) {
    ++looked_at;
    kept += keep(RowId{number}, table[RowId{number}]) ? 1U : 0U;
  }
  return number <= table.size() ? PageToken(number) : std::string();
}

// Members by card or terminals by merchant: the rows of a table that belong to one
// parent, which never changes.  Built from the rows as they come, when somebody
// asks.  Any thread.
class ChildIndex {
 public:
  // `parent_of` is asked for rows up to `size`.
  void Extend(uint32_t size, const std::function<uint32_t(uint32_t row)>& parent_of);
  // In order of creation, the newest `count_max` of them.
  [[nodiscard]] std::vector<uint32_t> ChildrenOf(uint32_t parent, size_t count_max) const;

 private:
  mutable std::mutex mutex_;
  std::vector<uint32_t> newest_;    // by parent
  std::vector<uint32_t> previous_;  // by child: the one before, of the same parent
};

// One import: each message of rows becomes commands, and is answered by what
// became of them.  `make` turns a row into its request; `finish` is called with
// the results of the commands and the summary before it is sent.
template <class Request, class Response, class DomainRow>
struct ImportPlan {
  CommandKind kind;
  // Rows of a message.
  std::function<int(const Request&)> row_count;
  // Looks at what a message says of all its rows.  Null = nothing to do.
  std::function<grpc::Status(const Request&)> begin;
  // False: the row is refused.
  std::function<bool(const Request&, int row, DomainRow*, RowError*)> make;
  // Points the command to its request.
  std::function<void(Command*, const DomainRow*)> attach;
  // rows[i] is the index in the message of results[i].  Null = nothing to do.  Called
  // for validate_only, too, to say what would change.
  std::function<grpc::Status(const Request&, std::span<const int> rows, std::span<Result> results)>
      finish;
  // Says more of a row that the ledger has refused, when all are finished.  Null = nothing.
  std::function<void(const DomainRow&, const Result&, RowError*)> explain;
  int rows_max = kImportRowsMax;
};

void AddRejected(int row, const RowError& error, v1::ImportSummary* summary);

// Which fields the rows of a message say.  No mask = all of them.
template <class Request, class Fields>
grpc::Status ReadMask(const Request& request, Fields* fields) {
  *fields = Fields();
  RowError error;
  if (request.has_update_mask() && !FromProto(request.update_mask(), fields, &error)) {
    return ToGrpcStatus(error);
  }
  return grpc::Status::OK;
}

template <class Request, class Response, class DomainRow>
grpc::Status RunImport(Engine* engine,
                       grpc::ServerReaderWriter<Response, Request>* stream,
                       const ImportPlan<Request, Response, DomainRow>& plan) {
  Request request;
  while (stream->Read(&request)) {
    const BulkPace pace(engine);
    const int count = plan.row_count(request);
    if (count < 1 || count > plan.rows_max) {
      return ToGrpcStatus(InvalidArgument(
          "", "a message must hold 1 to " + std::to_string(plan.rows_max) + " rows"));
    }
    if (plan.begin != nullptr) {
      grpc::Status begun = plan.begin(request);
      if (!begun.ok()) {
        return begun;
      }
    }
    Response response;
    v1::ImportSummary* const summary = response.mutable_summary();
    std::vector<DomainRow> made(static_cast<size_t>(count));
    std::vector<int> rows;
    std::vector<Command> commands;
    for (int i = 0; i < count; ++i) {
      RowError error;
      if (!plan.make(request, i, &made[static_cast<size_t>(i)], &error)) {
        AddRejected(i, error, summary);
        continue;
      }
      Command command;
      command.kind = plan.kind;
      command.validate_only = request.validate_only();
      plan.attach(&command, &made[static_cast<size_t>(i)]);
      commands.push_back(command);
      rows.push_back(i);
    }
    std::vector<Result> results(commands.size());
    grpc::Status status = RunCommands(engine, commands, results);
    if (status.ok() && plan.finish != nullptr) {
      status = plan.finish(request, rows, results);
    }
    if (!status.ok()) {
      return status;
    }
    uint32_t accepted = 0;
    uint32_t created = 0;
    uint32_t unchanged = 0;
    for (size_t i = 0; i < results.size(); ++i) {
      RowError error;
      if (IsRejected(results[i], &error, plan.kind)) {
        if (plan.explain != nullptr) {
          plan.explain(made[static_cast<size_t>(rows[i])], results[i], &error);
        }
        AddRejected(rows[i], error, summary);
      } else if (results[i].verdict == Verdict::kUnchanged) {
        ++unchanged;
      } else {
        ++accepted;
        created += results[i].created ? 1U : 0U;
      }
    }
    summary->set_accepted_count(accepted);
    summary->set_created_count(created);
    summary->set_unchanged_count(unchanged);
    std::sort(summary->mutable_rejected_rows()->begin(),
              summary->mutable_rejected_rows()->end(),
              [](const auto& a, const auto& b) { return a.index() < b.index(); });
    if (!stream->Write(response)) {
      break;  // the client is gone
    }
    pace.PauseBlocking(commands.size());
  }
  return grpc::Status::OK;
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_OPERATOR_CALL_H_
