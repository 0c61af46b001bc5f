// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// union, segment, member

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "gonghui/v1/member_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

struct ShowFlags {
  std::string member_id;
  std::string card_number;
};

ExitCode ShowMember(Context* context, const ShowFlags& flags) {
  if (flags.member_id.empty() == flags.card_number.empty()) {
    return context->Fail(ExitCode::kUsage, "give a member id or --card, one of them");
  }
  v1::GetMemberRequest request;
  request.set_member_id(flags.member_id);
  request.set_card_number(flags.card_number);
  v1::GetMemberResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.MemberService.GetMember", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  ShowOne(context, response, response.member(), MemberView());
  if (context->out().format() == OutputFormat::kTable && !response.cards().empty()) {
    context->out().Heading("Cards");
    context->out().TableOf<v1::Card>(response.cards(), CardView());
  }
  return exit;
}

struct StatusFlags {
  std::vector<std::string> member_ids;
  bool dry_run = false;
  bool yes = false;
};

ExitCode SetMemberStatus(Context* context, const StatusFlags& flags, v1::MemberStatus status) {
  ExitCodes exits;
  std::vector<v1::Member> members;
  for (const std::string& id : flags.member_ids) {
    v1::SetMemberStatusRequest request;
    request.set_member_id(id);
    request.set_status(status);
    request.set_validate_only(flags.dry_run);
    v1::SetMemberStatusResponse response;
    const ExitCode exit = context->Call(Listener::kOperator,
                                        "gonghui.v1.MemberService.SetMemberStatus",
                                        request,
                                        &response,
                                        "member " + id);
    exits.Add(exit);
    if (exit == ExitCode::kInterrupted) {
      break;
    }
    if (exit == ExitCode::kOk) {
      if (context->out().is_json()) {
        context->out().Json(response);
      } else {
        members.push_back(response.member());
      }
    }
  }
  if (!members.empty()) {
    context->out().TableOf<v1::Member>(members, MemberView());
  }
  if (flags.dry_run && !members.empty()) {
    NoteDryRun(*context);
  }
  return exits.Combined();
}

ExitCode SuspendMembers(Context* context, const StatusFlags& flags) {
  if (!flags.dry_run) {
    const std::string whom = flags.member_ids.size() == 1
                                 ? "member " + flags.member_ids.front()
                                 : fmt::format("{} members", flags.member_ids.size());
    const ExitCode asked = context->Confirm("Suspend " + whom + "?", flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  return SetMemberStatus(context, flags, v1::MEMBER_STATUS_SUSPENDED);
}

void AddUnionAndSegment(CLI::App* app, Context* context) {
  CLI::App* unions =
      AddGroup(app, "union", "The tree of unions (工会组织)", "Members", {"union list"});
  const auto page = std::make_shared<PageOptions>();
  CLI::App* list =
      AddCommand(unions,
                 context,
                 "list",
                 "Lists union nodes in order of creation",
                 {"union list", "union list --limit 0 -o csv"},
                 [context, page] {
                   return ListRows<v1::UnionNode>(context,
                                                  "gonghui.v1.MemberService.ListUnionNodes",
                                                  v1::ListUnionNodesRequest(),
                                                  &v1::ListUnionNodesResponse::mutable_union_nodes,
                                                  UnionNodeView(),
                                                  *page);
                 });
  AddPageOptions(list, page.get());

  CLI::App* segments =
      AddGroup(app, "segment", "Kinds of members (群体)", "Members", {"segment list"});
  AddCommand(segments,
             context,
             "list",
             "Lists segments in order of definition",
             {"segment list", "segment list -o jsonl"},
             [context] {
               v1::ListSegmentsResponse response;
               const ExitCode exit = context->Call(Listener::kOperator,
                                                   "gonghui.v1.MemberService.ListSegments",
                                                   v1::ListSegmentsRequest(),
                                                   &response);
               Output& out = context->out();
               if (exit != ExitCode::kOk) {
                 return exit;
               }
               if (out.format() == OutputFormat::kJsonl) {
                 for (const v1::Segment& segment : response.segments()) {
                   out.Json(segment);
                 }
               } else if (out.is_json()) {
                 out.Json(response);
               } else {
                 out.TableOf<v1::Segment>(response.segments(), SegmentView());
               }
               return exit;
             });
}

}  // namespace

void AddMemberCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "member",
                             "Members and their standing (会员)",
                             "Members",
                             {"member show --card 6253011000000016",
                              "member suspend M0000001 --dry-run",
                              "member reinstate M0000001"});

  const auto show_flags = std::make_shared<ShowFlags>();
  CLI::App* show =
      AddCommand(group,
                 context,
                 "show",
                 "Shows a member with cards; personal data is masked",
                 {"member show M0000001", "member show --card 6253011000000016 -o json"},
                 [context, show_flags] { return ShowMember(context, *show_flags); });
  show->add_option("MEMBER", show_flags->member_id, "Member id");
  show->add_option("--card", show_flags->card_number, "Find the member by a card");

  struct ListFlags {
    PageOptions page;
    std::string union_node_id;
  };
  const auto list_flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(
      group,
      context,
      "list",
      "Lists members in order of creation",
      {"member list", "member list --union U530102 --limit 20", "member list --limit 0 -o jsonl"},
      [context, list_flags] {
        v1::ListMembersRequest request;
        request.set_union_node_id(list_flags->union_node_id);
        return ListRows<v1::Member>(context,
                                    "gonghui.v1.MemberService.ListMembers",
                                    request,
                                    &v1::ListMembersResponse::mutable_members,
                                    MemberView(),
                                    list_flags->page);
      });
  AddPageOptions(list, &list_flags->page);
  list->add_option("--union", list_flags->union_node_id, "Only this union node and below");

  const auto suspend_flags = std::make_shared<StatusFlags>();
  CLI::App* suspend =
      AddCommand(group,
                 context,
                 "suspend",
                 "Suspends members from now on (停用)",
                 {"member suspend M0000001",
                  "member suspend M0000001 M0000002 --yes",
                  "member suspend M0000001 --dry-run"},
                 [context, suspend_flags] { return SuspendMembers(context, *suspend_flags); });
  suspend->add_option("MEMBER", suspend_flags->member_ids, "Member ids")->required();
  AddDryRun(suspend, &suspend_flags->dry_run);
  AddYes(suspend, &suspend_flags->yes);

  const auto reinstate_flags = std::make_shared<StatusFlags>();
  CLI::App* reinstate =
      AddCommand(group,
                 context,
                 "reinstate",
                 "Makes suspended or lapsed members active again",
                 {"member reinstate M0000001", "member reinstate M0000001 --dry-run"},
                 [context, reinstate_flags] {
                   return SetMemberStatus(context, *reinstate_flags, v1::MEMBER_STATUS_ACTIVE);
                 });
  reinstate->add_option("MEMBER", reinstate_flags->member_ids, "Member ids")->required();
  AddDryRun(reinstate, &reinstate_flags->dry_run);

  AddUnionAndSegment(app, context);
}

}  // namespace gonghui::ctl
