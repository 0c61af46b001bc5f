// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Details of types that we do not know are named, not dropped.

#include "tools/gonghuictl/rpc_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "google/rpc/error_details.pb.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr std::string_view kNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};
constexpr int kNamesCount = static_cast<int>(std::size(kNames));
static_assert(static_cast<int>(absl::StatusCode::kUnauthenticated) == kNamesCount - 1);

// Whether BadRequest says the same, and more.
bool IsViolated(const google::rpc::Status& status, const std::string& field) {
  for (const google::protobuf::Any& any : status.details()) {
    google::rpc::BadRequest bad_request;
    if (!any.UnpackTo(&bad_request)) {
      continue;
    }
    for (const auto& violation : bad_request.field_violations()) {
      if (violation.field() == field) {
        return true;
      }
    }
  }
  return false;
}

// Of the path "grants[17].member_id" row 17 and "member_id: what is wrong with it".
std::optional<RefusedRow> RefusedRowOf(std::string_view path,
                                       std::string_view description,
                                       std::string_view field) {
  if (!path.starts_with(field) || path.size() == field.size() || path[field.size()] != '[') {
    return std::nullopt;
  }
  std::string_view rest = path.substr(field.size() + 1);
  const size_t end = rest.find(']');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const absl::StatusOr<uint64_t> index =
      ParseUnsigned(rest.substr(0, end), std::numeric_limits<uint32_t>::max());
  if (!index.ok()) {
    return std::nullopt;
  }
  rest.remove_prefix(end + 1);
  rest.remove_prefix(rest.starts_with('.') ? 1 : 0);
  // A message that repeats the path need not do so twice.
  if (const std::string said = std::string(path) + ": "; description.starts_with(said)) {
    description.remove_prefix(said.size());
  }
  return RefusedRow{
      static_cast<size_t>(*index),
      fmt::format("{}{}{}", Printable(rest), rest.empty() ? "" : ": ", Printable(description))};
}

// Whether the JSON mapping can show it.
bool IsReadable(const google::protobuf::Any& any) {
  constexpr std::string_view kPrefix = "type.googleapis.com/";
  if (!any.type_url().starts_with(kPrefix)) {
    return false;
  }
  const google::protobuf::Descriptor* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          any.type_url().substr(kPrefix.size()));
  if (type == nullptr) {
    return false;
  }
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  return message->ParseFromString(any.value());
}

std::string FormatDetail(const google::rpc::Status& status,
                         const google::protobuf::Any& any,
                         std::string* reason) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::PreconditionFailure precondition;
  google::rpc::RetryInfo retry;
  std::string out;
  if (any.UnpackTo(&info)) {
    *reason = info.reason();
    const std::map<std::string, std::string> sorted(info.metadata().begin(), info.metadata().end());
    for (const auto& [key, value] : sorted) {
      if (key == "field" && IsViolated(status, value)) {
        continue;
      }
      out += fmt::format("  {} = {}\n", Printable(key), Printable(value));
    }
  } else if (any.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      // What is wrong with the request as a whole names no field.
      const std::string said = violation.field().empty()
                                   ? violation.description()
                                   : violation.field() + ": " + violation.description();
      // The message of a single one is the violation.
      if (status.message() != said) {
        out += fmt::format("  {}\n", Printable(said));
      }
    }
  } else if (any.UnpackTo(&precondition)) {
    for (const auto& violation : precondition.violations()) {
      out += fmt::format("  {} {}: {}\n",
                         Printable(violation.type()),
                         Printable(violation.subject()),
                         Printable(violation.description()));
    }
  } else if (any.UnpackTo(&retry)) {
    const int64_t delay_ns =
        retry.retry_delay().seconds() * 1'000'000'000 + int64_t{retry.retry_delay().nanos()};
    out += fmt::format("  try again after {}\n", FormatDuration(delay_ns));
  } else {
    out += fmt::format("  (details of type {})\n", Printable(any.type_url()));
  }
  return out;
}

}  // namespace

std::string_view RpcCodeName(int code) {
  return code >= 0 && code < kNamesCount ? kNames[code] : "UNKNOWN";
}

ExitCode ExitCodeFor(const RpcStatus& status) {
  return status.interrupted ? ExitCode::kInterrupted : ExitCodeForRpc(status.code);
}

std::string FormatRpcStatus(const RpcStatus& status) {
  if (status.interrupted) {
    return "interrupted\n";
  }
  std::string reason;
  std::string lines;
  for (const google::protobuf::Any& any : status.details.details()) {
    lines += FormatDetail(status.details, any, &reason);
  }
  std::string head = fmt::format("{}: {}", RpcCodeName(status.code), Printable(status.message));
  if (!reason.empty()) {
    head += fmt::format(" ({})", Printable(reason));
  }
  if (!status.hint.empty()) {
    lines += "  " + status.hint + "\n";
  }
  return head + "\n" + lines;
}

std::optional<RefusedRow> FindRefusedRow(const RpcStatus& status, std::string_view field) {
  const ExitCode exit = ExitCodeFor(status);
  if (exit != ExitCode::kRefused && exit != ExitCode::kNotFound) {
    return std::nullopt;
  }
  for (const google::protobuf::Any& any : status.details.details()) {
    google::rpc::BadRequest bad_request;
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        if (auto row = RefusedRowOf(violation.field(), violation.description(), field)) {
          return row;
        }
      }
    } else if (any.UnpackTo(&info)) {
      const auto named = info.metadata().find("field");
      if (named == info.metadata().end()) {
        continue;
      }
      if (auto row = RefusedRowOf(named->second, status.message, field)) {
        return row;
      }
    }
  }
  return std::nullopt;
}

void DropUnreadableDetails(google::rpc::Status* status) {
  auto* details = status->mutable_details();
  details->erase(std::remove_if(details->begin(),
                                details->end(),
                                [](const google::protobuf::Any& any) { return !IsReadable(any); }),
                 details->end());
}

}  // namespace gonghui::ctl
