// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who calls: the terminal that a client certificate names.

#ifndef GONGHUI_ENGINE_SERVER_CALLER_H_
#define GONGHUI_ENGINE_SERVER_CALLER_H_

#include "engine/server/refusal.h"
#include "engine/server/translate.h"

namespace grpc {
class ServerContext;
}  // namespace grpc

namespace gonghui {

// The certificate was verified in the handshake; its subject alternative name
// `urn:gonghui:terminal:ID` says whose it is.  False: it names none, or several.
bool IdentifyTerminal(const grpc::ServerContext& context, Caller* caller, Refusal* refusal);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_CALLER_H_
