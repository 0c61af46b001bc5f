// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The commands, one function for each group of them: adds its subcommands to
// the application, each of which sets Context::action when it is chosen.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMMANDS_COMMANDS_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMMANDS_COMMANDS_H_

#include <string>

namespace CLI {
class App;
}

namespace gonghui::ctl {

class Context;
struct ImportKind;

void AddImportCommands(CLI::App* app, Context* context);
void AddMemberCommands(CLI::App* app, Context* context);  // union, segment, member
void AddCardCommands(CLI::App* app, Context* context);
void AddEntitlementCommands(CLI::App* app, Context* context);
void AddMerchantCommands(CLI::App* app, Context* context);  // merchant, terminal
void AddProgrammeCommands(CLI::App* app, Context* context);
void AddFundCommands(CLI::App* app, Context* context);
void AddVoucherCommands(CLI::App* app, Context* context);
void AddDrawCommands(CLI::App* app, Context* context);  // draw, pool
void AddClaimCommands(CLI::App* app, Context* context);
void AddContributionCommands(CLI::App* app, Context* context);
void AddTransactionCommands(CLI::App* app, Context* context);
void AddAdviceCommands(CLI::App* app, Context* context);
void AddBatchCommands(CLI::App* app, Context* context);
void AddOperationsCommands(CLI::App* app, Context* context);  // status, version

// Imports of one kind: below `import`, and `contribution import`.
void AddImportCommand(CLI::App* group,
                      Context* context,
                      const ImportKind& kind,
                      const std::string& path,
                      const std::string& name);

// Below `voucher`.
void AddVoucherIssueCommand(CLI::App* group, Context* context);

// Below `programme`.
void AddProgrammeVersionCommands(CLI::App* group, Context* context);
void AddProgrammeDraftCommands(CLI::App* group, Context* context);
void AddBacktestCommands(CLI::App* group, Context* context);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMMANDS_COMMANDS_H_
