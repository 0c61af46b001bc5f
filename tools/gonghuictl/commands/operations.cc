// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// status, version

#include <fmt/format.h>

#include <string>

#include "gonghui/v1/operations_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

constexpr const char* kGroup = "Operations";
constexpr const char* kGetStatus = "gonghui.v1.OperationsService.GetStatus";

ExitCode Status(Context* context) {
  v1::GetStatusResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, kGetStatus, v1::GetStatusRequest(), &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  ShowOne(context, response, response, StatusView());
  if (context->out().format() == OutputFormat::kTable && !response.tables().empty()) {
    context->out().Heading("Tables");
    context->out().TableOf<v1::TableStatus>(response.tables(), TableStatusView());
  }
  return exit;
}

// An unreachable server is no error here: the client's own version is known.
ExitCode Version(Context* context) {
  v1::GetStatusResponse response;
  const RpcStatus status =
      context->CallQuietly(Listener::kOperator, kGetStatus, v1::GetStatusRequest(), &response);
  if (status.interrupted) {
    return ExitCode::kInterrupted;
  }
  Output& out = context->out();
  const std::string server = status.ok() ? response.version() : "";
  if (out.is_json()) {
    out.Text(fmt::format("{{\"client\":\"{}\",\"server\":\"{}\"}}\n", GONGHUI_VERSION, server));
  } else if (out.format() == OutputFormat::kCsv) {
    out.Text(fmt::format("client,server\n{},{}\n", GONGHUI_VERSION, server));
  } else {
    out.Text(RenderRecord({{"gonghuictl", GONGHUI_VERSION},
                           {"server",
                            status.ok() ? server
                                        : fmt::format("not reachable at {} ({})",
                                                      context->options.server,
                                                      RpcCodeName(status.code))}},
                          out.colour()));
  }
  return ExitCode::kOk;
}

}  // namespace

void AddOperationsCommands(CLI::App* app, Context* context) {
  AddCommand(app,
             context,
             "status",
             "Shows the server's version, position and tables (运行状态)",
             {"status", "status -o json"},
             [context] { return Status(context); })
      ->group(kGroup);
  AddCommand(app,
             context,
             "version",
             "Shows the version of this program and of the server (版本)",
             {"version", "version -o json"},
             [context] { return Version(context); })
      ->group(kGroup);
}

}  // namespace gonghui::ctl
