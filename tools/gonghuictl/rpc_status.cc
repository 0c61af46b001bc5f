// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Details of types that we do not know are named, not dropped.

#include "tools/gonghuictl/rpc_status.h"

#include <fmt/format.h>

#include <algorithm>
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
      // The message of a single one is the violation.
      if (status.message() == violation.field() + ": " + violation.description()) {
        continue;
      }
      out += fmt::format(
          "  {}: {}\n", Printable(violation.field()), Printable(violation.description()));
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

void DropUnreadableDetails(google::rpc::Status* status) {
  auto* details = status->mutable_details();
  details->erase(std::remove_if(details->begin(),
                                details->end(),
                                [](const google::protobuf::Any& any) { return !IsReadable(any); }),
                 details->end());
}

}  // namespace gonghui::ctl
