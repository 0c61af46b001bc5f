// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/caller.h"

#include <optional>
#include <string_view>

#include <grpc/grpc_security_constants.h>
#include <grpcpp/server_context.h>

#include "engine/server/text_codec.h"

namespace gonghui {

bool IdentifyTerminal(const grpc::ServerContext& context, Caller* caller, Refusal* refusal) {
  constexpr std::string_view kPrefix = "urn:gonghui:terminal:";
  int found = 0;
  for (const grpc::string_ref& value :
       context.auth_context()->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    const std::string_view uri(value.data(), value.size());
    if (uri.substr(0, kPrefix.size()) != kPrefix) {
      continue;
    }
    const std::optional<TerminalId> id = ParseCode<TerminalId>(uri.substr(kPrefix.size()));
    if (id.has_value()) {
      caller->terminal = *id;
      ++found;
    }
  }
  if (found == 1) {
    return true;
  }
  refusal->code = StatusCode::kUnauthenticated;
  refusal->reason = "CERTIFICATE_NAMES_NO_TERMINAL";
  refusal->message =
      "the client certificate must hold exactly one subject alternative name "
      "urn:gonghui:terminal:ID";
  return false;
}

}  // namespace gonghui
