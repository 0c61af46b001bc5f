// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls to a server, by the full name of the RPC.  The descriptors say what its
// request and response are, so that one function serves every unary RPC and one
// class every stream; gRPC itself is seen by client.cc alone.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CLIENT_H_
#define GONGHUI_TOOLS_GONGHUICTL_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "tools/gonghuictl/call_stream.h"
#include "tools/gonghuictl/rpc_status.h"

namespace gonghui::ctl {

struct Endpoint {
  std::string target;  // "unix:/run/gonghui/operator.sock", "127.0.0.1:7443"
  bool plaintext = false;
  // Which option and variable say the target, for hints.
  std::string option = "--server";
  std::string variable = "GONGHUI_SERVER";
  // PEM texts; used unless plaintext.
  std::string ca_pem;
  std::string cert_pem;
  std::string key_pem;
};

class Client {
 public:
  virtual ~Client() = default;

  // Does not connect yet.
  static std::unique_ptr<Client> Create(const Endpoint& endpoint);

  // One call.  Gives up after `timeout_ms`, and at once when the user presses
  // Ctrl-C.  REQUIRES: request and response are of the types of that RPC.
  [[nodiscard]] virtual RpcStatus CallBlocking(std::string_view method,
                                               const google::protobuf::Message& request,
                                               google::protobuf::Message* response,
                                               int64_t timeout_ms) = 0;

  // Opens a stream.  REQUIRES: the server's side of that RPC streams; where the client's does
  // not, it sends one message.
  [[nodiscard]] virtual std::unique_ptr<CallStream> StartStream(std::string_view method) = 0;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CLIENT_H_
