// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// "No decision was made": what a call answers instead of a reply.  A google.rpc
// Status with ErrorInfo always, BadRequest for wrong fields, RetryInfo when the
// same call can succeed later.

#ifndef GONGHUI_ENGINE_SERVER_REFUSAL_H_
#define GONGHUI_ENGINE_SERVER_REFUSAL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "google/rpc/status.pb.h"

namespace gonghui {

// gRPC status codes, by their numbers on the wire; the names are gRPC's.
enum class StatusCode : int32_t {
  kOk = 0,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

struct FieldViolation {
  std::string field;  // path, e.g. "requests[3].list_price_fen"
  std::string description;
};

struct Refusal {
  StatusCode code = StatusCode::kOk;
  const char* reason = "";  // ErrorInfo.reason; static text
  std::string message;
  std::string field;              // ErrorInfo.metadata["field"], if any
  std::optional<uint32_t> index;  // ErrorInfo.metadata["index"]: which of the field's items
  std::vector<FieldViolation> violations;  // BadRequest
  int64_t retry_delay_ms = 0;              // RetryInfo, if any

  [[nodiscard]] bool ok() const { return code == StatusCode::kOk; }
};

// `untold`: how many more there are.  REQUIRES: at least one is told.
Refusal InvalidArgument(std::vector<FieldViolation> violations, size_t untold = 0);
Refusal InvalidArgument(std::string_view field, std::string_view description);
Refusal Overloaded();
Refusal Draining();
Refusal NotFound(std::string_view what, std::string_view field);

void FillStatus(const Refusal& refusal, google::rpc::Status* status);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_REFUSAL_H_
