// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/refusal.h"

#include <utility>

#include "google/rpc/error_details.pb.h"

namespace gonghui {

Refusal InvalidArgument(std::vector<FieldViolation> violations, size_t untold) {
  Refusal refusal;
  refusal.code = StatusCode::kInvalidArgument;
  refusal.reason = "INVALID_FIELD";
  refusal.violations = std::move(violations);
  if (!refusal.violations.empty()) {
    const FieldViolation& first = refusal.violations.front();
    refusal.field = first.field;
    refusal.message =
        first.field.empty() ? first.description : first.field + ": " + first.description;
    if (const size_t more = refusal.violations.size() - 1 + untold; more > 0) {
      refusal.message += " (and " + std::to_string(more) + " more)";
    }
  }
  return refusal;
}

Refusal InvalidArgument(std::string_view field, std::string_view description) {
  return InvalidArgument({FieldViolation{std::string(field), std::string(description)}});
}

Refusal Overloaded() {
  Refusal refusal;
  refusal.code = StatusCode::kResourceExhausted;
  refusal.reason = "OVERLOADED";
  refusal.message = "the engine is full; nothing was decided; send the same request again later";
  refusal.retry_delay_ms = 100;
  return refusal;
}

Refusal Draining() {
  Refusal refusal;
  refusal.code = StatusCode::kUnavailable;
  refusal.reason = "DRAINING";
  refusal.message = "the server is stopping; send the same request, with the same id, to another";
  refusal.retry_delay_ms = 1'000;
  return refusal;
}

Refusal NotFound(std::string_view what, std::string_view field) {
  Refusal refusal;
  refusal.code = StatusCode::kNotFound;
  refusal.reason = "NOT_FOUND";
  refusal.message = "there is no such " + std::string(what);
  refusal.field = std::string(field);
  return refusal;
}

void FillStatus(const Refusal& refusal, google::rpc::Status* status) {
  status->set_code(static_cast<int32_t>(refusal.code));
  status->set_message(refusal.message);
  google::rpc::ErrorInfo info;
  info.set_reason(refusal.reason);
  info.set_domain("gonghui");
  if (!refusal.field.empty()) {
    (*info.mutable_metadata())["field"] = refusal.field;
  }
  if (refusal.index.has_value()) {
    (*info.mutable_metadata())["index"] = std::to_string(*refusal.index);
  }
  status->add_details()->PackFrom(info);
  if (!refusal.violations.empty()) {
    google::rpc::BadRequest bad_request;
    for (const FieldViolation& violation : refusal.violations) {
      google::rpc::BadRequest::FieldViolation* added = bad_request.add_field_violations();
      added->set_field(violation.field);
      added->set_description(violation.description);
    }
    status->add_details()->PackFrom(bad_request);
  }
  if (refusal.retry_delay_ms > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(refusal.retry_delay_ms / 1'000);
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(refusal.retry_delay_ms % 1'000 * 1'000'000));
    status->add_details()->PackFrom(retry);
  }
}

}  // namespace gonghui
