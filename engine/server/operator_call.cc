// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/operator_call.h"

#include <chrono>
#include <thread>

#include <absl/strings/numbers.h>

namespace gonghui {
namespace {

constexpr size_t kCommandsPerSubmission = 128;
constexpr int kTries = 50;
constexpr std::chrono::milliseconds kPause{20};

// An operator waits where a terminal is told to come again.
template <class Run>
grpc::Status UntilRoom(const Run& run) {
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    status = run();
    if (!absl::IsResourceExhausted(status)) {
      break;
    }
    std::this_thread::sleep_for(kPause);
  }
  if (status.ok()) {
    return grpc::Status::OK;
  }
  return ToGrpcStatus(Overloaded());
}

}  // namespace

grpc::Status RunTogether(Engine* engine,
                         std::span<const Command> commands,
                         std::span<Result> results) {
  return UntilRoom([&] { return engine->RunBlocking(commands, results); });
}

grpc::Status RunCommands(Engine* engine,
                         std::span<const Command> commands,
                         std::span<Result> results) {
  for (size_t i = 0; i < commands.size(); i += kCommandsPerSubmission) {
    const size_t count = std::min(kCommandsPerSubmission, commands.size() - i);
    const grpc::Status status =
        RunTogether(engine, commands.subspan(i, count), results.subspan(i, count));
    if (!status.ok()) {
      return status;
    }
  }
  return grpc::Status::OK;
}

BulkPace::BulkPace(Engine* engine, const Clock& clock)
    : engine_(engine),
      clock_(clock),
      began_ns_(clock.MonotonicNs()),
      commands_(engine->stats().commands) {}

void BulkPace::PauseBlocking(uint64_t own) const {
  const int64_t took_ns = clock_.MonotonicNs() - began_ns_;
  const uint64_t decided = engine_->stats().commands - commands_;
  std::this_thread::sleep_for(
      std::chrono::nanoseconds{PauseNsAfter(took_ns, decided - std::min(own, decided))});
}

int64_t BulkPace::PauseNsAfter(int64_t took_ns, uint64_t others) {
  return others == 0 ? 0 : std::clamp(2 * took_ns, int64_t{0}, kPauseNsMax);
}

grpc::Status RunOne(Engine* engine,
                    const Command& command,
                    Result* result,
                    const std::function<std::string(const Result&)>& field_of) {
  const grpc::Status status = RunTogether(engine, {&command, 1}, {result, 1});
  RowError error;
  if (!status.ok() || !IsRejected(*result, &error, command.kind)) {
    return status;
  }
  if (field_of != nullptr && result->verdict == Verdict::kRefused) {
    error.field = field_of(*result);
  }
  return ToGrpcStatus(error);
}

grpc::Status Inspect(Engine* engine, const std::function<void(const Ledger&)>& read) {
  return UntilRoom([&] { return engine->InspectBlocking(read); });
}

grpc::Status ToGrpcStatus(const RowError& error) {
  Refusal refusal;
  refusal.field = error.field;
  refusal.message =
      error.field.empty() ? error.description : error.field + ": " + error.description;
  if (error.reason == "INVALID_FIELD") {
    refusal = InvalidArgument(error.field, error.description);
  } else if (error.reason == "TABLE_FULL") {
    refusal.code = StatusCode::kResourceExhausted;
    refusal.reason = "TABLE_FULL";
    refusal.retry_delay_ms = 60'000;
  } else {
    refusal.code = error.reason == "UNKNOWN_REFERENCE" ? StatusCode::kNotFound
                                                       : StatusCode::kFailedPrecondition;
    refusal.reason = error.reason.c_str();
  }
  return ToGrpcStatus(refusal);
}

grpc::Status ReadPage(int32_t page_size, const std::string& page_token, Page* page) {
  if (page_size < 0) {
    return ToGrpcStatus(InvalidArgument("page_size", "must not be negative"));
  }
  if (page_size > 0) {
    page->rows_max = std::min(static_cast<uint32_t>(page_size), kPageRowsMax);
  }
  if (!page_token.empty()) {
    uint32_t first = 0;
    if (!absl::SimpleAtoi(page_token, &first) || first == 0) {
      return ToGrpcStatus(
          InvalidArgument("page_token", "must be empty or the token of the previous page"));
    }
    page->first = first;
  }
  return grpc::Status::OK;
}

std::string PageToken(uint32_t next_row) {
  return std::to_string(next_row);
}

void ChildIndex::Extend(uint32_t size, const std::function<uint32_t(uint32_t row)>& parent_of) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (previous_.empty()) {
    previous_.push_back(0);  // row 0 is none
  }
  for (auto row = static_cast<uint32_t>(previous_.size()); row <= size; ++row) {
    const uint32_t parent = parent_of(row);
    if (parent >= newest_.size()) {
      newest_.resize(size_t{parent} + 1);
    }
    previous_.push_back(newest_[parent]);
    newest_[parent] = row;
  }
}

std::vector<uint32_t> ChildIndex::ChildrenOf(uint32_t parent, size_t count_max) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<uint32_t> children;
  uint32_t row = parent < newest_.size() ? newest_[parent] : 0;
  while (row != 0 && children.size() < count_max) {
    children.push_back(row);
    row = previous_[row];
  }
  std::reverse(children.begin(), children.end());
  return children;
}

void AddRejected(int row, const RowError& error, v1::ImportSummary* summary) {
  v1::RejectedRow* const rejected = summary->add_rejected_rows();
  rejected->set_index(static_cast<uint32_t>(row));
  rejected->set_field(error.field);
  rejected->set_reason(error.reason);
  rejected->set_description(error.description);
}

}  // namespace gonghui
